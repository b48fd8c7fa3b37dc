//! Names that laboratories give to fields and elements, from `schemas/aliases.toml`.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::contract::Schemas;

/// Names of fields, elements and words, shared by the profiles that ask for them.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Aliases {
    /// Header names by field.
    pub fields: BTreeMap<String, Vec<String>>,
    /// Field → value → header names that imply it.
    pub implies: BTreeMap<String, BTreeMap<String, Vec<String>>>,
    /// Element symbol → other names.
    pub elements: BTreeMap<String, Vec<String>>,
    /// Field → word in the file → word of the contract.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
}

impl Aliases {
    /// Reads `aliases.toml`; none when there is no such file.
    ///
    /// # Errors
    /// What is wrong with the file, naming it.
    pub fn load(schemas: &Schemas) -> Result<Aliases, String> {
        let Ok(file) = schemas.file("aliases.toml") else {
            return Ok(Aliases::default());
        };
        toml::from_str(&file.text)
            .map_err(|error| format!("{}: {}", file.origin, error.to_string().trim_end()))
    }
}
