//! The header row: which column is which field, in which unit.

use std::collections::BTreeMap;

use unicode_normalization::UnicodeNormalization as _;

use super::Profile;
use crate::contract::{Contract, Field};
use crate::domain::{Finding, Severity, Unit};

/// One column of the file that is a field of the contract.
#[derive(Clone, Debug)]
pub(super) struct MappedColumn {
    /// Position in the row, from 0.
    pub position: usize,
    /// Position of the field in the contract.
    pub field: usize,
    /// From the file's unit to the contract's; `None` where the field has no unit.
    pub units: Option<(Unit, Unit)>,
}

/// Folds a header text for comparison: NFKC, lower case, no blanks, no line breaks, no underscores.
///
/// Brackets stay: they hold units. `Rp0,2` and `Rp0.2` stay different, for a profile to list.
pub fn fold(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace() && *c != '_' && *c != '"')
        .collect()
}

/// A header text without its unit, and the unit word: `Rm [MPa]`, `Rm (MPa)`, `Rm / MPa`, `Rm in MPa`.
fn split_unit(header: &str) -> (&str, Option<&str>) {
    let header = header.trim();
    for (open, close) in [('[', ']'), ('(', ')')] {
        if let Some(inner) = header.strip_suffix(close)
            && let Some(start) = inner.rfind(open)
        {
            return (inner[..start].trim_end(), Some(inner[start + 1..].trim()));
        }
    }
    for separator in [" / ", " in "] {
        if let Some((name, unit)) = header.rsplit_once(separator) {
            return (name.trim_end(), Some(unit.trim()));
        }
    }
    (header, None)
}

/// Maps a header row onto the contract.
///
/// # Errors
/// A finding about the file as a whole: two columns for one field, an unknown unit word, a unit that
/// measures something else, or no unit at all.
pub(super) fn map_columns(
    profile: &Profile,
    contract: &Contract,
    path: &str,
    line: u64,
    header: &[String],
    findings: &mut Vec<Finding>,
) -> Result<Vec<MappedColumn>, Box<Finding>> {
    let mut mapped: Vec<MappedColumn> = Vec::new();
    for (position, text) in header.iter().enumerate() {
        let about = |field: &str, rule: &str, message: String, hint: String| Finding {
            column: position as u64 + 1,
            field: field.to_owned(),
            value: text.clone(),
            raw_row: header.join(&profile.format.delimiter.to_string()),
            hint,
            ..Finding::of_file(path, rule, format!("header line {line}: {message}"), "")
        };
        let Some((index, unit)) = find_field(profile, contract, text) else {
            if !text.trim().is_empty() {
                findings.push(Finding {
                    line,
                    severity: Severity::Note,
                    ..about(
                        text,
                        "unknown_column",
                        format!("column `{text}` is not used"),
                        String::new(),
                    )
                });
            }
            continue;
        };
        let field = &contract.fields[index];
        if let Some(earlier) = mapped.iter().find(|column| column.field == index) {
            return Err(Box::new(about(
                &field.name,
                "two_columns",
                format!(
                    "columns {} and {} (`{}` and `{text}`) both mean {}",
                    earlier.position + 1,
                    position + 1,
                    header[earlier.position],
                    field.name
                ),
                "remove one, or take its name out of the profile".to_owned(),
            )));
        }
        let units = units_of(field, unit.as_deref()).map_err(|(message, hint)| {
            Box::new(about(
                &field.name,
                "unit",
                format!("`{text}`: {message}"),
                hint,
            ))
        })?;
        mapped.push(MappedColumn {
            position,
            field: index,
            units,
        });
    }
    Ok(mapped)
}

/// Makes sure that every required field is given by a column, the profile or the file's name.
///
/// # Errors
/// A finding about the file as a whole that names the field and the header as it stands.
pub(super) fn require_columns(
    profile: &Profile,
    contract: &Contract,
    path: &str,
    (line, header): (u64, &[String]),
    mapped: &[MappedColumn],
    given: &BTreeMap<String, String>,
) -> Result<(), Box<Finding>> {
    for (index, field) in contract.fields.iter().enumerate() {
        let is_given =
            given.contains_key(&field.name) || mapped.iter().any(|column| column.field == index);
        if field.constraints.required && !field.provenance && !is_given {
            let names = profile.columns.iter().find(|rule| rule.field == field.name);
            let known = names.map_or_else(|| field.name.clone(), |rule| rule.names.join("`, `"));
            return Err(Box::new(Finding {
                field: field.name.clone(),
                raw_row: header.join(&profile.format.delimiter.to_string()),
                hint: format!(
                    "give it a column named `{known}`, or add its header to the profile `{}`",
                    profile.id
                ),
                ..Finding::of_file(
                    path,
                    "missing_column",
                    format!(
                        "header line {line} has no column for it; the header reads: {}",
                        header.join(", ")
                    ),
                    "",
                )
            }));
        }
    }
    Ok(())
}

/// The field a header text means, with the unit word that goes with it.
fn find_field(
    profile: &Profile,
    contract: &Contract,
    text: &str,
) -> Option<(usize, Option<String>)> {
    let (name, unit) = split_unit(text);
    // The whole text first: a name may itself hold brackets, as `A (5.65)` does.
    for (candidate, unit) in [(text, None), (name, unit)] {
        let folded = fold(candidate);
        if folded.is_empty() {
            continue;
        }
        for rule in &profile.columns {
            if rule.names.iter().any(|alias| fold(alias) == folded) {
                let index = contract.position(&rule.field)?;
                return Some((index, unit.map(str::to_owned).or_else(|| rule.unit.clone())));
            }
        }
        // The contract's own name has its unit in it.
        if let Some(index) = contract
            .fields
            .iter()
            .position(|field| fold(&field.name) == folded)
        {
            let field = &contract.fields[index];
            return Some((
                index,
                Some(unit.map_or_else(|| field.unit.clone(), str::to_owned)),
            ));
        }
    }
    None
}

fn units_of(field: &Field, word: Option<&str>) -> Result<Option<(Unit, Unit)>, (String, String)> {
    let Some(to) = Unit::parse(&field.unit) else {
        return Ok(None);
    };
    let Some(word) = word else {
        return Err((
            format!(
                "the column names no unit; {} is kept in {}",
                field.name, field.unit
            ),
            format!(
                "write `[{}]` behind the name, or add `unit` to the column in the profile",
                field.unit
            ),
        ));
    };
    let from = Unit::parse(word).ok_or_else(|| {
        (
            format!("unit `{word}` is not known"),
            format!(
                "write a unit that converts to {}, such as `[{}]`",
                field.unit, field.unit
            ),
        )
    })?;
    if !from.converts_to(to) {
        return Err((
            format!("unit `{word}` does not convert to {}", field.unit),
            "is the right column mapped to this field?".to_owned(),
        ));
    }
    Ok(Some((from, to)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_split_off_a_header() {
        for (header, name, unit) in [
            ("Rm [MPa]", "Rm", Some("MPa")),
            ("Rm (N/mm²)", "Rm", Some("N/mm²")),
            ("w(Si) / %", "w(Si)", Some("%")),
            ("rm_mpa", "rm_mpa", None),
            ("Zugfestigkeit in MPa", "Zugfestigkeit", Some("MPa")),
        ] {
            assert_eq!(split_unit(header), (name, unit));
        }
    }

    #[test]
    fn folding_keeps_what_matters() {
        assert_eq!(fold("Heat\n No."), "heatno.");
        assert_eq!(fold("ＲＭ_MPa"), "rmmpa");
    }
}
