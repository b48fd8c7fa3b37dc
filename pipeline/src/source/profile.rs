//! A profile: how to read one instrument's export. Data, written by a metallurgist.

mod aliases;
mod check;
mod document;
mod json_schema;
mod language;
mod raw;
mod sniff;

#[cfg(test)]
mod check_tests;

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use regex::Regex;

pub use aliases::Aliases;
pub use json_schema::profile_json_schema;

use super::cell::{CellFormat, formats_of_order};
use super::delimited::Delimiter;
use super::limits::IngestSettings;
use super::plausibility::PlausibilityLimits;
use crate::contract::{Contracts, Schemas};
use crate::domain::Unit;
use sniff::Sniffed;

/// What the body of the file looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// A header and rows of one table.
    Table,
    /// One burn a row, elements as columns.
    WideChemistry,
    /// One element a row, repeated readings as columns.
    ElementRows,
    /// A header and the points of one specimen's stress–strain curve.
    Curve,
    /// Several specimens, one below or beside the other.
    Blocks,
    /// Lines such as `Si  10.23`.
    TextLines,
}

/// What happens to a file with a bad row in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnError {
    /// The row goes to findings, the rest goes in.
    Quarantine,
    /// Nothing of the file goes in.
    RejectFile,
}

/// How numbers and dates are written, with everything told that the profile leaves open.
#[derive(Clone, Debug)]
pub struct Format {
    /// Decimal sign.
    pub decimal: char,
    /// Thousands separator; none unless the profile declares it.
    pub thousands: Option<char>,
    /// Texts that mean "missing".
    pub missing: Vec<String>,
    /// Signs that may stand around a number and are dropped.
    pub flags: Vec<String>,
    /// Date formats besides ISO, as chrono writes them.
    pub dates: Vec<String>,
    /// `dmy`, `mdy` or `ymd`, where a date does not tell.
    pub date_order: Option<String>,
    /// The same for the reading of cells, made at its first use.
    pub(super) of_cells: OnceLock<CellFormat>,
}

impl Format {
    /// What the reading of cells goes by.
    pub(super) fn of_cells(&self) -> &CellFormat {
        self.of_cells.get_or_init(|| {
            let order = self.date_order.as_deref().map_or(&[][..], formats_of_order);
            let ordered = order.iter().map(|format| (*format).to_owned());
            CellFormat {
                decimal: self.decimal,
                thousands: self.thousands,
                missing: self.missing.clone(),
                flags: self.flags.clone(),
                dates: self.dates.iter().cloned().chain(ordered).collect(),
            }
        })
    }

    /// Whether a text without blanks around it is one of the declared words for "missing".
    pub(super) fn is_missing(&self, trimmed: &str) -> bool {
        trimmed.is_empty() || self.missing.iter().any(|word| word == trimmed)
    }

    /// The contract's own way of writing: a decimal point, and only an empty text is missing.
    pub(super) fn plain() -> Format {
        Format {
            decimal: '.',
            thousands: None,
            missing: vec![String::new()],
            flags: Vec::new(),
            dates: Vec::new(),
            date_order: None,
            of_cells: OnceLock::new(),
        }
    }
}

/// How characters and cells are written; `None` is told from the file.
#[derive(Clone, Debug)]
pub struct FormatRule {
    /// WHATWG label, or `auto`.
    pub encoding: String,
    /// What stands between cells.
    pub delimiter: Option<Delimiter>,
    /// What a cell may be wrapped in.
    pub quote: Option<u8>,
    /// Decimal sign.
    pub decimal: Option<char>,
    /// Which sheet of a workbook.
    pub sheet: SheetRule,
    /// The rest, as declared; its decimal sign is a point until it is told.
    pub numbers: Format,
}

/// Which sheet of a workbook.
#[derive(Clone, Debug)]
pub enum SheetRule {
    /// The first whose head matches.
    Auto,
    /// By name, compared folded.
    Name(String),
    /// Every one that matches.
    Pattern(Regex),
    /// By number, from 1.
    Number(usize),
}

/// Where the header is.
#[derive(Clone, Debug)]
pub struct HeaderRule {
    /// Words that it holds.
    pub find: Vec<String>,
    /// Its line, from 1.
    pub line: Option<u64>,
    /// Rows that it takes.
    pub rows: usize,
    /// Which row below it holds units, 0 for none; `None` looks whether the next one does.
    pub units_row: Option<usize>,
    /// Rows in which `find` looks.
    pub within: usize,
    /// Columns that are read.
    pub columns: Option<usize>,
}

/// A value of the head block.
#[derive(Clone, Debug)]
pub struct HeadRule {
    /// Texts of the key.
    pub keys: Vec<String>,
    /// The field.
    pub field: String,
    /// Its unit where the file states none.
    pub unit: Option<String>,
    /// Whether the value is below the key rather than right of it.
    pub below: bool,
    /// The part of the cell that is the value.
    pub pattern: Option<Regex>,
    /// The sheet where the key is.
    pub sheet: Option<SheetRule>,
}

/// Names of one field in a header, and the unit where the header has none.
#[derive(Clone, Debug)]
pub struct ColumnRule {
    /// The contract's field.
    pub field: String,
    /// Header texts that mean it.
    pub names: Vec<String>,
    /// Its unit where the header states none.
    pub unit: Option<String>,
    /// Whether the first of several columns is taken, in the order of the names.
    pub first_of: bool,
}

/// Rows that are no data.
#[derive(Clone, Debug)]
pub struct SkipRule {
    /// Pattern of the first filled cell.
    pub pattern: Regex,
    /// Whether the row holds means, to be compared.
    pub checked: bool,
}

/// Columns of repeated readings.
#[derive(Clone, Debug)]
pub enum Replicates {
    /// By name.
    Names(Vec<String>),
    /// By pattern.
    Pattern(Regex),
}

/// How the chemistry layouts name elements and their unit.
#[derive(Clone, Debug, Default)]
pub struct ElementRules {
    /// Whether the profile has `[elements]` at all.
    pub declared: bool,
    /// Unit where neither header nor cell states one.
    pub unit: Option<String>,
    /// The same by element.
    pub units: BTreeMap<String, String>,
    /// Element by other name.
    pub names: BTreeMap<String, String>,
    /// Names of the burn column.
    pub burn: Vec<String>,
    /// Names of the element column.
    pub element: Vec<String>,
    /// Columns of repeated readings.
    pub replicates: Option<Replicates>,
}

/// How blocks are told apart.
#[derive(Clone, Debug)]
pub enum BlockRule {
    /// One below the other.
    Start(Regex),
    /// Side by side, so many columns each.
    Width(usize),
    /// Side by side, each beginning where the header's first name is repeated.
    Repeat,
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
    /// What a bad row costs.
    pub on_error: OnError,
    /// Pattern of the file name; its named groups are fields.
    pub file_name: Regex,
    /// Pattern of the folder below the inbox; its named groups are fields.
    pub folder: Option<Regex>,
    /// Words that the first 80 lines must hold.
    pub head: Vec<String>,
    /// How characters and cells are written.
    pub format: FormatRule,
    /// Where the header is.
    pub header: HeaderRule,
    /// Values of the head block.
    pub heads: Vec<HeadRule>,
    /// Header names.
    pub columns: Vec<ColumnRule>,
    /// Fields that are the same in every row, as text.
    pub constants: BTreeMap<String, String>,
    /// Translations of cell texts, by field.
    pub values: BTreeMap<String, BTreeMap<String, String>>,
    /// Rows that are no data.
    pub skip_rows: Vec<SkipRule>,
    /// Elements.
    pub elements: ElementRules,
    /// Blocks, and the pattern of their title.
    pub blocks: Option<(BlockRule, Option<Regex>)>,
    /// Shared names, when the profile asks for them.
    pub(super) aliases: Option<Arc<Aliases>>,
    /// Bounds and tolerances of reading.
    pub(super) settings: IngestSettings,
    /// SHA-256 of the profile's text: a changed profile gives a refused file another chance.
    pub sha256: String,
}

/// Every profile by id.
#[derive(Clone, Debug)]
pub struct Profiles {
    profiles: BTreeMap<String, Profile>,
    settings: IngestSettings,
    aliases: Arc<Aliases>,
}

impl Profiles {
    /// Reads and checks every `sources/*.toml`.
    ///
    /// # Errors
    /// Every problem of every profile, one line each: `FILE:LINE: KEY: PROBLEM`.
    pub fn load(schemas: &Schemas, contracts: &Contracts) -> Result<Profiles, Vec<String>> {
        let settings = IngestSettings::load(schemas).map_err(|problem| vec![problem])?;
        let aliases = Aliases::load(schemas).map_err(|problem| vec![problem])?;
        let aliases = Arc::new(aliases);
        let mut profiles: BTreeMap<String, Profile> = BTreeMap::new();
        let mut problems = Vec::new();
        for (_, file) in schemas.below("sources") {
            match check::profile(&file.text, contracts, &aliases, &settings) {
                Ok(profile) if profiles.contains_key(&profile.id) => problems.push(format!(
                    "{}: id: `{}` is the id of another profile too",
                    file.origin, profile.id
                )),
                Ok(profile) => {
                    profiles.insert(profile.id.clone(), profile);
                }
                Err(found) => {
                    problems.extend(
                        found
                            .into_iter()
                            .map(|problem| format!("{}:{problem}", file.origin)),
                    );
                }
            }
        }
        if problems.is_empty() {
            Ok(Profiles {
                profiles,
                settings,
                aliases,
            })
        } else {
            Err(problems)
        }
    }

    /// The profile named `id`.
    pub fn get(&self, id: &str) -> Option<&Profile> {
        self.profiles.get(id)
    }

    /// The same set without one profile.
    #[cfg(test)]
    pub(super) fn without(&self, id: &str) -> Profiles {
        let mut rest = self.clone();
        rest.profiles.remove(id);
        rest
    }

    /// Checks one more profile against the same names and bounds.
    ///
    /// # Errors
    /// Every problem found, one line each: `LINE: KEY: PROBLEM`.
    pub(super) fn checked(
        &self,
        text: &str,
        contracts: &Contracts,
    ) -> Result<Profile, Vec<String>> {
        check::profile(text, contracts, &self.aliases, &self.settings)
    }

    /// Names that laboratories give to fields, elements and words.
    pub(super) fn aliases(&self) -> &Aliases {
        &self.aliases
    }

    /// What looks like an error though each cell for itself is right.
    pub fn plausibility(&self) -> &PlausibilityLimits {
        &self.settings.plausibility
    }

    /// Bounds and tolerances of reading.
    pub fn settings(&self) -> &IngestSettings {
        &self.settings
    }

    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.profiles.keys().map(String::as_str)
    }

    /// The profile that fits a file by its name and the words of its head.
    ///
    /// The one that asks for the most words of the head wins; `None` when none fits.
    pub fn detect(&self, name: &str, bytes: &[u8]) -> Option<&Profile> {
        self.detect_in("", name, bytes)
    }

    /// Like [`Profiles::detect`], for a file in `folder` below the inbox.
    pub fn detect_in(&self, folder: &str, name: &str, bytes: &[u8]) -> Option<&Profile> {
        let mut sniffed: Option<Sniffed> = None;
        self.profiles
            .values()
            .filter(|profile| profile.fits_name(folder, name))
            .filter(|profile| {
                // The file is opened once, and only when a profile asks what is in it.
                profile.head.is_empty()
                    || sniffed
                        .get_or_insert_with(|| Sniffed::new(bytes, &self.settings.spreadsheet))
                        .holds(&profile.head)
            })
            .max_by_key(|profile| {
                let asks_for_folder = profile.folder.is_some();
                (
                    profile.head.len(),
                    asks_for_folder,
                    profile.file_name.captures_len(),
                    std::cmp::Reverse(profile.id.clone()),
                )
            })
    }
}

impl Profile {
    /// Reads and checks one profile, with the shipped settings.
    ///
    /// # Errors
    /// Every problem found, one line each: `LINE: KEY: PROBLEM`.
    pub fn from_toml(text: &str, contracts: &Contracts) -> Result<Profile, Vec<String>> {
        let schemas = Schemas::embedded();
        let settings = IngestSettings::load(&schemas).map_err(|problem| vec![problem])?;
        let aliases = Aliases::load(&schemas).map_err(|problem| vec![problem])?;
        check::profile(text, contracts, &Arc::new(aliases), &settings)
    }

    /// Whether the profile fits a file: its name matches and its head holds every word.
    pub fn fits(&self, name: &str, bytes: &[u8]) -> bool {
        self.fits_name("", name)
            && (self.head.is_empty()
                || Sniffed::new(bytes, &self.settings.spreadsheet).holds(&self.head))
    }

    fn fits_name(&self, folder: &str, name: &str) -> bool {
        self.file_name.is_match(name)
            && self
                .folder
                .as_ref()
                .is_none_or(|pattern| pattern.is_match(folder))
    }

    /// Fields read from the file's path and name; the name wins.
    pub(super) fn fields_of_path(&self, path: &str, name: &str) -> BTreeMap<String, String> {
        let folder = path
            .strip_suffix(name)
            .unwrap_or(path)
            .trim_end_matches(['/', '\\']);
        let mut fields = BTreeMap::new();
        if let Some(pattern) = &self.folder {
            fields.extend(groups_of(pattern, folder));
        }
        fields.extend(groups_of(&self.file_name, name));
        fields
    }

    /// Texts that a file under this profile is expected to hold, as evidence for its encoding.
    pub(super) fn expected_words(&self) -> Vec<&str> {
        let columns = self.columns.iter().flat_map(|rule| &rule.names);
        let heads = self.heads.iter().flat_map(|rule| &rule.keys);
        self.head
            .iter()
            .chain(&self.header.find)
            .chain(columns)
            .chain(heads)
            .map(String::as_str)
            .collect()
    }
}

/// The named groups of a pattern that took part in its first match in `text`.
pub(super) fn groups_of(pattern: &Regex, text: &str) -> BTreeMap<String, String> {
    let Some(captures) = pattern.captures(text) else {
        return BTreeMap::new();
    };
    pattern
        .capture_names()
        .flatten()
        .filter_map(|group| Some((group.to_owned(), captures.name(group)?.as_str().to_owned())))
        .collect()
}

/// Whether `unit` is a known unit that converts to the field's.
pub(super) fn unit_fits(unit: &str, field_unit: &str) -> Result<(), String> {
    let Some(from) = Unit::parse(unit) else {
        return Err(format!("unit `{unit}` is not known"));
    };
    match Unit::parse(field_unit) {
        Some(to) if !from.converts_to(to) => {
            Err(format!("unit `{unit}` does not convert to {field_unit}"))
        }
        Some(_) => Ok(()),
        None => Err("the field has no unit".to_owned()),
    }
}
