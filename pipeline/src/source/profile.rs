//! A profile: how to read one instrument's export. Data, written by a metallurgist.

use std::collections::BTreeMap;

use regex::Regex;
use serde::Deserialize;

use super::header::fold;
use crate::contract::{Contracts, Schemas};
use crate::domain::Unit;

/// What the body of the file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Layout {
    /// A header and rows of one table.
    Table,
    /// A header and the points of one specimen's stress–strain curve.
    Curve,
}

/// Delimiter, decimal sign and the like.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// WHATWG name of the encoding; a byte order mark wins over it.
    pub encoding: String,
    /// Field delimiter.
    pub delimiter: char,
    /// Decimal sign.
    pub decimal: char,
    /// Texts that mean "missing".
    pub missing: Vec<String>,
}

/// Names of one field in a header, and the unit where the header has none.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ColumnRule {
    /// The contract's field.
    pub field: String,
    /// Header texts that mean it.
    pub names: Vec<String>,
    /// Its unit where the header states none.
    pub unit: Option<String>,
}

/// Which files the profile fits.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedMatch {
    file_name: String,
    #[serde(default)]
    head: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedProfile {
    id: String,
    title: String,
    layout: Layout,
    table: String,
    #[serde(rename = "match")]
    matching: UncheckedMatch,
    format: Format,
    #[serde(default)]
    column: Vec<ColumnRule>,
    #[serde(default)]
    constants: BTreeMap<String, toml::Value>,
    #[serde(default)]
    values: BTreeMap<String, BTreeMap<String, String>>,
}

/// A checked profile.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Short name.
    pub id: String,
    /// Title for people.
    pub title: String,
    /// What the body looks like.
    pub layout: Layout,
    /// The table its rows belong to.
    pub table: String,
    /// Pattern of the file name; its named groups are fields.
    pub file_name: Regex,
    /// Words that the first line with content must hold.
    pub head: Vec<String>,
    /// Delimiter and the like.
    pub format: Format,
    /// Header names.
    pub columns: Vec<ColumnRule>,
    /// Fields that are the same in every row, as text.
    pub constants: BTreeMap<String, String>,
    /// Translations of cell texts, by field.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// SHA-256 of the profile's text: a changed profile gives a refused file another chance.
    pub sha256: String,
}

/// Every profile by id.
#[derive(Clone, Debug)]
pub struct Profiles {
    profiles: BTreeMap<String, Profile>,
}

impl Profiles {
    /// Reads and checks every `sources/*.toml`.
    ///
    /// # Errors
    /// Every problem of every profile, one line each, naming the file.
    pub fn load(schemas: &Schemas, contracts: &Contracts) -> Result<Profiles, Vec<String>> {
        let mut profiles = BTreeMap::new();
        let mut problems = Vec::new();
        for (_, file) in schemas.below("sources") {
            match Profile::from_toml(&file.text, contracts) {
                Ok(profile) => {
                    profiles.insert(profile.id.clone(), profile);
                }
                Err(found) => {
                    problems.extend(
                        found
                            .into_iter()
                            .map(|problem| format!("{}: {problem}", file.origin)),
                    );
                }
            }
        }
        if problems.is_empty() {
            Ok(Profiles { profiles })
        } else {
            Err(problems)
        }
    }

    /// The profile named `id`.
    pub fn get(&self, id: &str) -> Option<&Profile> {
        self.profiles.get(id)
    }

    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The profile that fits a file by its name and the words of its head.
    ///
    /// The one that asks for the most words of the head wins; `None` when none fits.
    pub fn detect(&self, name: &str, bytes: &[u8]) -> Option<&Profile> {
        self.profiles
            .values()
            .filter(|profile| profile.fits(name, bytes))
            .max_by_key(|profile| (profile.head.len(), std::cmp::Reverse(profile.id.clone())))
    }
}

impl Profile {
    /// Reads and checks one profile.
    ///
    /// # Errors
    /// Every problem found, each naming its key.
    pub fn from_toml(text: &str, contracts: &Contracts) -> Result<Profile, Vec<String>> {
        let unchecked: UncheckedProfile =
            toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
        let contract = contracts
            .table(&unchecked.table)
            .map_err(|error| vec![error.to_string()])?;
        // Points of a curve are columns of the curve table, its specimen of the table of tests.
        let tables = match unchecked.layout {
            Layout::Table => vec![contract],
            Layout::Curve => contracts
                .table("tensile_tests")
                .map(|tests| vec![contract, tests])
                .map_err(|error| vec![error.to_string()])?,
        };
        let mut problems = Vec::new();
        let known = |field: &str| tables.iter().any(|table| table.field(field).is_some());
        let file_name = match Regex::new(&unchecked.matching.file_name) {
            Ok(pattern) => Some(pattern),
            Err(error) => {
                problems.push(format!("match.file_name: {error}"));
                None
            }
        };
        let groups = file_name.iter().flat_map(Regex::capture_names).flatten();
        let from_groups = groups.map(|group| ("match.file_name", group));
        let from_columns = unchecked
            .column
            .iter()
            .map(|rule| ("column", rule.field.as_str()));
        let from_constants = unchecked
            .constants
            .keys()
            .map(|field| ("constants", field.as_str()));
        let from_values = unchecked
            .values
            .keys()
            .map(|field| ("values", field.as_str()));
        for (key, field) in from_groups
            .chain(from_columns)
            .chain(from_constants)
            .chain(from_values)
        {
            if !known(field) {
                problems.push(format!(
                    "{key}: `{field}` is not a field of `{}`",
                    unchecked.table
                ));
            }
        }
        for rule in &unchecked.column {
            if let Some(unit) = &rule.unit
                && Unit::parse(unit).is_none()
            {
                problems.push(format!(
                    "column `{}`: unit `{unit}` is not known",
                    rule.field
                ));
            }
        }
        if !unchecked.format.delimiter.is_ascii() {
            problems.push("format.delimiter: must be one ASCII character".to_owned());
        }
        if unchecked.format.decimal != '.' && unchecked.format.decimal != ',' {
            problems.push("format.decimal: must be `.` or `,`".to_owned());
        }
        let Some(file_name) = file_name.filter(|_| problems.is_empty()) else {
            return Err(problems);
        };
        let as_text = |constant: &toml::Value| match constant {
            toml::Value::String(text) => text.clone(),
            other => other.to_string(),
        };
        Ok(Profile {
            id: unchecked.id,
            title: unchecked.title,
            layout: unchecked.layout,
            table: unchecked.table,
            file_name,
            head: unchecked.matching.head,
            format: unchecked.format,
            columns: unchecked.column,
            constants: unchecked
                .constants
                .iter()
                .map(|(key, constant)| (key.clone(), as_text(constant)))
                .collect(),
            values: unchecked.values,
            sha256: crate::domain::sha256(text.as_bytes()),
        })
    }

    /// Whether the profile fits a file: its name matches and its head holds every word.
    pub fn fits(&self, name: &str, bytes: &[u8]) -> bool {
        if !self.file_name.is_match(name) {
            return false;
        }
        let head = String::from_utf8_lossy(&bytes[..bytes.len().min(4096)]);
        let first = fold(
            head.lines()
                .find(|line| !line.trim().is_empty())
                .unwrap_or_default(),
        );
        self.head.iter().all(|word| first.contains(&fold(word)))
    }

    /// Fields read from the file's name.
    pub(super) fn fields_of_name(&self, name: &str) -> BTreeMap<String, String> {
        let Some(captures) = self.file_name.captures(name) else {
            return BTreeMap::new();
        };
        self.file_name
            .capture_names()
            .flatten()
            .filter_map(|group| Some((group.to_owned(), captures.name(group)?.as_str().to_owned())))
            .collect()
    }
}
