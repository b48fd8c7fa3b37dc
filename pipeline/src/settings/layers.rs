//! Layers of settings: the shipped defaults, those on record, a lab's own keys; and the environment in paths.

use super::SettingsError;
use crate::contract::{SchemaFile, Schemas};

/// A table of the defaults with the lab's own keys over it, as settings of one kind.
pub(super) fn laid_over<T: serde::de::DeserializeOwned>(
    mut default: toml::Table,
    own: toml::Table,
    key: &str,
) -> Result<T, String> {
    default.extend(own);
    default
        .try_into()
        .map_err(|error: toml::de::Error| format!("`{key}`: {}", error.message().trim_end()))
}

/// The shipped defaults as a table; `recorded` ones, of an earlier version, lie over them.
pub(super) fn default_table(recorded: Option<&SchemaFile>) -> Result<toml::Table, SettingsError> {
    let embedded = Schemas::embedded();
    let embedded = embedded.file("lab.toml").ok();
    let mut table = toml::Table::new();
    for file in embedded.into_iter().chain(recorded) {
        let layer: toml::Table =
            toml::from_str(&file.text).map_err(|error| SettingsError::Invalid {
                file: file.origin.clone(),
                problem: error.to_string().trim_end().to_owned(),
            })?;
        lay_over(&mut table, layer);
    }
    Ok(table)
}

/// Puts the keys of a table over those of another, table by table.
fn lay_over(table: &mut toml::Table, over: toml::Table) {
    for (key, value) in over {
        match (table.get_mut(&key), value) {
            (Some(toml::Value::Table(inner)), toml::Value::Table(over)) => lay_over(inner, over),
            (_, value) => {
                table.insert(key, value);
            }
        }
    }
}

/// Replaces `${NAME}` and `${NAME:-otherwise}` from the environment.
pub(super) fn expand(text: &str) -> Result<String, String> {
    let mut expanded = String::new();
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let end = rest[start..]
            .find('}')
            .ok_or_else(|| format!("`{text}` has a `${{` without `}}`"))?;
        let (name, otherwise) = match rest[start + 2..start + end].split_once(":-") {
            Some((name, otherwise)) => (name, Some(otherwise)),
            None => (&rest[start + 2..start + end], None),
        };
        expanded.push_str(&rest[..start]);
        match (std::env::var(name), otherwise) {
            (Ok(value), _) if !value.is_empty() => expanded.push_str(&value),
            (_, Some(otherwise)) => expanded.push_str(otherwise),
            _ => return Err(format!("the environment has no variable {name}")),
        }
        rest = &rest[start + end + 1..];
    }
    expanded.push_str(rest);
    Ok(expanded)
}
