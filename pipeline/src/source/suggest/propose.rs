//! The way from bytes to a checked proposal.

use std::collections::BTreeMap;

use super::burns::text_lines;
use super::dates::Dates;
use super::draft::{Draft, Leftover, Matched};
use super::error::SuggestError;
use super::heads::heads;
use super::mapping::Judge;
use super::opening::{Sight, looked_at, sights};
use super::rows::closest;
use super::search::Search;
use super::words::{FLAGS, MISSING, shown};
use crate::domain::{Finding, Severity};
use crate::source::delimited::Delimiter;
use crate::source::elements::ElementNames;
use crate::source::grid::Grid;
use crate::source::header::Lexicon;
use crate::source::profile::{Format, Profiles};
use crate::source::{Layout, Profile, Reading, read};

/// Tables that files are read into, in the order in which they win a tie.
const TABLES: [&str; 5] = [
    "tensile_tests",
    "tensile_curves",
    "oes_burns",
    "charge_lines",
    "evidence",
];

/// A profile for a file that has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// Its short name, not used by another profile.
    pub id: String,
    /// The profile, with a remark behind every decision, to save under `schemas/sources`.
    pub toml: String,
    /// The table that the rows belong to.
    pub table: String,
    /// Columns, keys and elements that were recognised.
    pub matched: Vec<Matched>,
    /// Columns and keys that were not.
    pub unmatched: Vec<Leftover>,
    /// Fields that a row needs and nothing in the file gives.
    pub missing: Vec<String>,
    /// Rows that the file gives under the proposal as it stands.
    pub rows_ok: usize,
    /// Rows that would go to findings.
    pub rows_rejected: usize,
    /// What a person should look at, one line each.
    pub notes: Vec<String>,
}

/// Proposes a profile for a file called `name`.
///
/// Text is looked at up to its first MiB. Nothing is decided by the size of a number: a unit comes from
/// the header, the units row or the cell beside a key, and where none of them states it, the contract's
/// is written down as assumed. Day and month are told apart only by a day after the twelfth.
///
/// # Errors
/// The file is empty, no text and no workbook, has one column, or no row of it is a known header.
pub fn suggest(
    reading: Reading<'_>,
    profiles: &Profiles,
    name: &str,
    bytes: &[u8],
) -> Result<Suggestion, SuggestError> {
    let bytes = looked_at(bytes);
    let aliases = profiles.aliases();
    let mut bases = BTreeMap::new();
    let mut problems = Vec::new();
    for table in TABLES {
        match profiles.checked(&base(table), reading.contracts) {
            Ok(profile) => drop(bases.insert(table.to_owned(), profile)),
            Err(found) => problems.extend(found),
        }
    }
    let Some(burns) = bases.get("oes_burns") else {
        return Err(SuggestError::Unsound { problems });
    };
    let mut lexicons = Vec::new();
    for table in TABLES {
        if let (Some(base), Ok(contract)) = (bases.get(table), reading.contracts.table(table)) {
            lexicons.push((base, Lexicon::new(base, contract)));
        }
    }
    let search = Search {
        reading,
        contracts: reading.contracts,
        aliases,
        names: ElementNames::of(burns),
        bases: lexicons,
    };
    let words: Vec<&str> = aliases
        .fields
        .values()
        .flatten()
        .map(String::as_str)
        .collect();
    let words: Vec<&str> = words.into_iter().filter(|word| !word.is_ascii()).collect();
    let sights = sights(bytes, &profiles.settings().spreadsheet, &words)?;
    let mut best: Option<(Draft, &Sight, &Grid)> = None;
    for sight in &sights {
        let format = format_of(sight.decimal);
        for grid in &sight.grids {
            let table = search.best(grid, &format);
            let is_text = sight
                .dialect
                .is_some_and(|dialect| dialect.delimiter == Delimiter::Whitespace);
            let lines = text_lines(&search.names, grid).filter(|_| is_text);
            for draft in table.into_iter().chain(lines) {
                if best
                    .as_ref()
                    .is_none_or(|(best, ..)| draft.score > best.score)
                {
                    best = Some((draft, sight, grid));
                }
            }
        }
    }
    let Some((draft, sight, grid)) = best else {
        let first = sights
            .iter()
            .flat_map(|sight| &sight.grids)
            .find_map(closest);
        return Err(SuggestError::NoTable {
            closest: first.unwrap_or_else(|| "no row holds words".to_owned()),
        });
    };
    Proposal {
        reading,
        profiles,
        search: &search,
        name,
        bytes,
        sight,
        grid,
        draft,
    }
    .finish()
}

/// A profile of a table that knows every shared name.
fn base(table: &str) -> String {
    format!(
        "id = \"base\"\ntitle = \"base\"\nlayout = \"{}\"\ntable = \"{table}\"\naliases = true\n\
         [match]\nfile_name = '.'\n",
        if table == "tensile_curves" {
            "curve"
        } else {
            "table"
        }
    )
}

/// How cells are read while it is not yet known how they are written.
fn format_of(decimal: char) -> Format {
    Format {
        decimal,
        missing: MISSING.map(str::to_owned).to_vec(),
        flags: FLAGS.map(str::to_owned).to_vec(),
        ..Format::plain()
    }
}

/// A draft on its way to a profile.
pub(super) struct Proposal<'a> {
    pub(super) reading: Reading<'a>,
    pub(super) profiles: &'a Profiles,
    pub(super) search: &'a Search<'a>,
    pub(super) name: &'a str,
    pub(super) bytes: &'a [u8],
    pub(super) sight: &'a Sight,
    pub(super) grid: &'a Grid,
    pub(super) draft: Draft,
}

impl Proposal<'_> {
    fn finish(mut self) -> Result<Suggestion, SuggestError> {
        self.read_head();
        self.set_doubtful_dates_aside();
        self.forgive_thousands();
        let mut by_line = false;
        // Every round takes one column out or changes how the header is found.
        let mut rounds = self.draft.columns.len() + 3;
        loop {
            let (toml, id, missing) = self.write(by_line);
            let profile = self
                .profiles
                .checked(&toml, self.reading.contracts)
                .map_err(|problems| SuggestError::Unsound { problems })?;
            let file = read(self.reading, &profile, self.name, self.name, self.bytes);
            rounds = rounds.saturating_sub(1);
            let format = format_of(self.sight.decimal);
            let found = self.search.header(self.grid, &format, &profile);
            let is_found = found.is_some_and(|header| header.line == self.draft.line);
            if rounds > 0 && !by_line && self.draft.line > 0 && !is_found {
                by_line = true;
                continue;
            }
            if rounds > 0 && self.take_out(&file.findings) {
                continue;
            }
            return Ok(self.suggestion(toml, id, missing, &profile, &file));
        }
    }

    /// Maps the keys above the table, or of the whole file where elements are lines.
    fn read_head(&mut self) {
        let above = &self.grid.rows[..self.draft.at.min(self.grid.rows.len())];
        let tables: &[&str] = match self.draft.table.as_str() {
            "tensile_curves" => &["tensile_curves", "tensile_tests"],
            "tensile_tests" => &["tensile_tests"],
            "oes_burns" => &["oes_burns"],
            "charge_lines" => &["charge_lines"],
            _ => &["evidence"],
        };
        let format = format_of(self.sight.decimal);
        let lexicon_of = |table: &&str| {
            let mut bases = self.search.bases.iter();
            bases.find(|(base, _)| base.table == **table)
        };
        let judges: Vec<Judge<'_>> = tables
            .iter()
            .filter_map(lexicon_of)
            .map(|(_, lexicon)| Judge {
                lexicon,
                aliases: self.search.aliases,
                format: &format,
                points_only: false,
            })
            .collect();
        let lines = above.to_vec();
        let lines: Vec<_> = lines
            .into_iter()
            .filter(|row| {
                let first = row.first_filled().map(|(_, cell)| cell.text().into_owned());
                self.draft.layout != Layout::TextLines
                    || first.is_some_and(|text| self.search.names.element(&text).is_none())
            })
            .collect();
        heads(&judges, &lines, &mut self.draft);
    }

    /// A column of dates that can be read in two ways is not read until a person says which.
    fn set_doubtful_dates_aside(&mut self) {
        let (kept, doubtful): (Vec<_>, Vec<_>) = std::mem::take(&mut self.draft.columns)
            .into_iter()
            .partition(|column| !matches!(column.fit.dates, Some(Dates::Doubtful(_))));
        self.draft.columns = kept;
        for column in doubtful {
            let Some(Dates::Doubtful(formats)) = &column.fit.dates else {
                continue;
            };
            self.draft.leftovers.push(Leftover {
                header: column.header.clone(),
                column: column.position + 1,
                sample: shown(&column.fit.sample),
                reason: format!(
                    "{} by its name, but day or month first? when you know, add it as [[column]] with `dates` = {}",
                    column.field,
                    formats.join(" or ")
                ),
            });
        }
        self.draft.leftovers.sort_by_key(|leftover| leftover.column);
    }

    /// Numbers that only lack the declared thousands separator are not odd.
    fn forgive_thousands(&mut self) {
        if self
            .thousands()
            .is_some_and(|line| line.starts_with("thousands"))
        {
            for column in &mut self.draft.columns {
                let separated = |text: &String| text.contains([',', '.']);
                column.fit.odd.retain(|text| !separated(text));
            }
        }
    }

    /// Takes out the column that a finding about the whole file names; `false` when there is none.
    fn take_out(&mut self, findings: &[Finding]) -> bool {
        let about = |finding: &&Finding| {
            finding.severity == Severity::Error
                && finding.line == 0
                && finding.column > 0
                && matches!(
                    finding.rule.as_str(),
                    "two_columns" | "duplicate_column" | "unit" | "unit_conflict"
                )
        };
        let Some(finding) = findings.iter().find(about) else {
            return false;
        };
        let column = usize::try_from(finding.column).unwrap_or(usize::MAX);
        let at = self
            .draft
            .columns
            .iter()
            .position(|draft| draft.position + 1 == column || draft.field == finding.field);
        let Some(at) = at else { return false };
        let draft = self.draft.columns.remove(at);
        self.draft.leftovers.push(Leftover {
            header: draft.header,
            column: draft.position + 1,
            sample: shown(&draft.fit.sample),
            reason: finding.message.clone(),
        });
        self.draft.leftovers.sort_by_key(|leftover| leftover.column);
        true
    }

    fn suggestion(
        self,
        toml: String,
        id: String,
        missing: Vec<String>,
        profile: &Profile,
        file: &crate::source::SourceFile,
    ) -> Suggestion {
        let draft = self.draft;
        let mut matched: Vec<Matched> = draft
            .heads
            .iter()
            .chain(&draft.columns)
            .map(|found| {
                let (unit, unit_from) = found.unit.words();
                Matched {
                    field: found.field.clone(),
                    header: found.header.clone(),
                    alias: found.alias.clone(),
                    unit: unit.to_owned(),
                    unit_from,
                    sample: shown(&found.fit.sample),
                }
            })
            .collect();
        let elements = draft.elements.iter().flat_map(|elements| &elements.found);
        matched.extend(elements.map(|(_, text, symbol, unit, sample)| {
            let (unit, unit_from) = unit.words();
            Matched {
                field: symbol.clone(),
                header: text.clone(),
                alias: symbol.clone(),
                unit: unit.to_owned(),
                unit_from,
                sample: sample.clone(),
            }
        }));
        let mut notes = Vec::new();
        if let Some(other) = self.profiles.detect(self.name, self.bytes) {
            notes.push(format!("the profile `{}` fits this file already", other.id));
        }
        if !profile.fits(self.name, self.bytes) {
            notes.push("`match` does not fit the file's own name: correct `file_name`".to_owned());
        }
        let assumed = matched
            .iter()
            .filter(|found| found.unit_from == "assumed")
            .count();
        if assumed > 0 {
            notes.push(format!(
                "{assumed} units stand nowhere in the file and were assumed"
            ));
        }
        if !missing.is_empty() {
            notes.push(format!("nothing in the file gives {}", missing.join(", ")));
        }
        let errors = file
            .findings
            .iter()
            .filter(|finding| finding.severity == Severity::Error);
        notes.extend(errors.take(3).map(ToString::to_string));
        Suggestion {
            id,
            toml,
            table: draft.table,
            matched,
            unmatched: draft.leftovers,
            missing,
            rows_ok: file.rows_ok,
            rows_rejected: file.rows_rejected,
            notes,
        }
    }
}
