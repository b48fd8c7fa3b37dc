//! A profile as TOML has it, once its shape is known to be right.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProfile {
    pub id: String,
    pub title: String,
    pub layout: String,
    pub table: String,
    pub on_error: Option<String>,
    #[serde(default)]
    pub aliases: bool,
    #[serde(rename = "match")]
    pub matching: RawMatch,
    #[serde(default)]
    pub format: RawFormat,
    #[serde(default)]
    pub header: RawHeader,
    #[serde(default)]
    pub head: Vec<RawHead>,
    #[serde(default)]
    pub column: Vec<RawColumn>,
    #[serde(default)]
    pub constants: BTreeMap<String, toml::Value>,
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    pub skip_rows: Vec<RawSkip>,
    pub elements: Option<RawElements>,
    pub blocks: Option<RawBlocks>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMatch {
    pub file_name: String,
    pub folder: Option<String>,
    #[serde(default)]
    pub head: Vec<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFormat {
    pub encoding: Option<String>,
    pub delimiter: Option<String>,
    pub decimal: Option<String>,
    pub thousands: Option<String>,
    pub quote: Option<String>,
    pub sheet: Option<toml::Value>,
    pub missing: Option<Vec<String>>,
    #[serde(default)]
    pub flags: Vec<String>,
    #[serde(default)]
    pub dates: Vec<String>,
    pub date_order: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHeader {
    #[serde(default)]
    pub find: Vec<String>,
    pub line: Option<u64>,
    pub rows: Option<usize>,
    pub units_row: Option<usize>,
    pub within: Option<usize>,
    pub columns: Option<usize>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawHead {
    pub key: OneOrMany,
    pub field: String,
    pub unit: Option<String>,
    pub place: Option<String>,
    pub pattern: Option<String>,
    pub sheet: Option<toml::Value>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawColumn {
    pub field: String,
    pub names: Vec<String>,
    pub unit: Option<String>,
    #[serde(default)]
    pub first_of: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSkip {
    pub pattern: String,
    #[serde(default)]
    pub checked: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawElements {
    pub unit: Option<String>,
    #[serde(default)]
    pub units: BTreeMap<String, String>,
    #[serde(default)]
    pub names: BTreeMap<String, String>,
    #[serde(default)]
    pub burn: Vec<String>,
    #[serde(default)]
    pub element: Vec<String>,
    pub replicates: Option<OneOrMany>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBlocks {
    pub start: Option<String>,
    pub width: Option<usize>,
    #[serde(default)]
    pub repeat: bool,
    pub title: Option<String>,
}
