//! The columns of one header → fields of one table, judged by name, unit and cells.

use std::collections::BTreeMap;

use super::draft::{FieldDraft, Leftover, UnitFrom};
use super::fit::fit;
use super::words::{on_one_line, shown};
use crate::contract::{Field, FieldType};
use crate::domain::Unit;
use crate::source::fold::{fold, fold_loosely, unit_of, unit_splits};
use crate::source::grid::{GridCell, GridRow};
use crate::source::header::{HeaderText, Lexicon};
use crate::source::profile::{Aliases, Format};

/// Fields that the same word may mean; the unit decides.
const SIBLINGS: [(&str, &str); 4] = [
    ("strain", "extension_mm"),
    ("extension_mm", "strain"),
    ("force_n", "stress_mpa"),
    ("stress_mpa", "force_n"),
];

/// What columns are judged by.
#[derive(Clone, Copy)]
pub(super) struct Judge<'a> {
    /// Names of the table's fields.
    pub lexicon: &'a Lexicon<'a>,
    /// Names, words and what they imply.
    pub aliases: &'a Aliases,
    /// How the file writes numbers.
    pub format: &'a Format,
    /// Whether only the points of a curve count.
    pub points_only: bool,
}

/// Columns that became fields, and those that did not.
#[derive(Clone, Default)]
pub(super) struct Mapping {
    pub columns: Vec<FieldDraft>,
    pub leftovers: Vec<Leftover>,
}

/// Maps every column that is not somebody else's.
pub(super) fn map(
    judge: Judge<'_>,
    columns: &[HeaderText],
    data: &[&GridRow],
    is_other: &dyn Fn(usize) -> bool,
) -> Mapping {
    let mut mapping = Mapping::default();
    for (position, column) in columns.iter().enumerate() {
        if column.text().is_empty() || is_other(position) {
            continue;
        }
        let cells: Vec<&GridCell> = data.iter().map(|row| row.cell(position)).collect();
        match judge.column(column, &cells) {
            Ok(draft) => mapping.columns.push(FieldDraft { position, ..draft }),
            Err(reason) => mapping.leftovers.push(Leftover {
                header: column.text(),
                column: position + 1,
                sample: sample_of(&cells),
                reason,
            }),
        }
    }
    one_column_a_field(&mut mapping);
    unlike_names(&mut mapping, columns);
    mapping
}

/// The first cell that holds something.
pub(super) fn sample_of(cells: &[&GridCell]) -> String {
    let filled = cells.iter().find(|cell| !cell.is_empty());
    filled.map_or_else(String::new, |cell| shown(&cell.text()))
}

impl Judge<'_> {
    /// The field that a header and its cells agree on.
    ///
    /// # Errors
    /// Why there is none; empty when the name is not known.
    pub(super) fn column(
        self,
        column: &HeaderText,
        cells: &[&GridCell],
    ) -> Result<FieldDraft, String> {
        let contract = self.lexicon.contract;
        let mut reason = String::new();
        let known = self.lexicon.candidates(column);
        if known.is_empty()
            && let Some((shorter, name)) = without_symbol(column)
            && !self.lexicon.candidates(&shorter).is_empty()
        {
            let found = self.column(&shorter, cells)?;
            return Ok(FieldDraft {
                header: column.text(),
                name,
                ..found
            });
        }
        for (index, name, in_header) in known {
            let field = &contract.fields[index];
            let own = fold(&name) == fold(&field.name);
            // `Rm [MPa]` with its brackets folded looks like `rm_mpa`, but is a name and a unit.
            let (name, in_header) = match unit_splits(&name).into_iter().next() {
                Some((shorter, unit))
                    if in_header.is_none()
                        && !own
                        && unit_of(&unit).is_some()
                        && fold_loosely(&name) == fold_loosely(&field.name) =>
                {
                    (shorter, Some(unit))
                }
                _ => (name, in_header),
            };
            let is_point = field.kind == FieldType::Array;
            let is_stamp = field.provenance && !matches!(field.name.as_str(), "lab" | "supplier");
            if is_stamp || is_point != self.points_only {
                continue;
            }
            match self.field(field, own, column, &name, in_header.as_deref(), cells) {
                Ok(draft) => return Ok(draft),
                Err(problem) if reason.is_empty() => reason = problem,
                Err(_) => {}
            }
        }
        Err(reason)
    }

    fn field(
        self,
        field: &Field,
        own: bool,
        column: &HeaderText,
        name: &str,
        in_header: Option<&str>,
        cells: &[&GridCell],
    ) -> Result<FieldDraft, String> {
        let stated = in_header
            .filter(|word| unit_of(word).is_some())
            .map(|word| UnitFrom::Header(word.to_owned()))
            .or_else(|| {
                let word = column.unit_row.as_str();
                let bare = word.trim_matches(['[', ']', '(', ')']);
                unit_of(word).map(|_| UnitFrom::Beside(bare.to_owned()))
            });
        let mut field = field;
        let mut remarks = Vec::new();
        let needs_unit =
            |field: &Field| Unit::parse(&field.unit).filter(|_| field.kind != FieldType::Integer);
        let (unit, units) = match (needs_unit(field), stated) {
            (None, _) => (UnitFrom::None, None),
            (Some(to), Some(stated)) => {
                let word = stated.words().0.to_owned();
                let from = unit_of(&word).unwrap_or(to);
                let to = if from.converts_to(to) {
                    to
                } else {
                    let sibling = SIBLINGS.iter().find(|(of, _)| *of == field.name);
                    let other = sibling.and_then(|(_, other)| self.lexicon.contract.field(other));
                    let unit = other.and_then(|other| Unit::parse(&other.unit));
                    match (other, unit) {
                        (Some(other), Some(unit)) if from.converts_to(unit) => {
                            remarks
                                .push(format!("the unit says {}, not {}", other.name, field.name));
                            field = other;
                            unit
                        }
                        _ => {
                            return Err(format!(
                                "named like {}, but `{word}` does not convert to {}",
                                field.name, field.unit
                            ));
                        }
                    }
                };
                (stated, Some((from, to)))
            }
            (Some(to), None) => {
                let unknown = in_header.or(Some(column.unit_row.as_str()));
                let unknown = unknown.filter(|word| !word.is_empty() && !own);
                if let Some(word) = unknown {
                    return Err(format!(
                        "named like {}, but its unit `{word}` is not known",
                        field.name
                    ));
                }
                let unit = field.unit.clone();
                let from = if own {
                    UnitFrom::Name(unit)
                } else {
                    UnitFrom::Assumed(unit)
                };
                (from, Some((to, to)))
            }
        };
        // A missing value is no fault of the column's.
        let mut lenient = field.clone();
        lenient.constraints.required = false;
        let fit = fit(&lenient, units, self.format, self.aliases, cells).ok_or_else(|| {
            format!(
                "named like {}, but its cells are no {}",
                field.name,
                match field.kind {
                    FieldType::String => "words",
                    FieldType::Boolean => "yes or no",
                    FieldType::Date | FieldType::Datetime => "dates",
                    _ => "numbers",
                }
            )
        })?;
        let text = column.text();
        let split_is_unit = in_header.is_none_or(|word| unit_of(word).is_some());
        let name = if split_is_unit { name } else { text.as_str() };
        Ok(FieldDraft {
            position: 0,
            line: 0,
            header: text.clone(),
            name: on_one_line(name),
            field: field.name.clone(),
            alias: self.alias(&field.name, name),
            implied: self.implied(name),
            below: false,
            is_vague: !split_is_unit,
            unit_is_written: matches!(unit, UnitFrom::Assumed(_)),
            unit,
            fit,
            remarks,
        })
    }

    /// The known name as it is spelled in the aliases.
    fn alias(self, field: &str, name: &str) -> String {
        let known = self.aliases.fields.get(field);
        let same = |other: &&String| fold_loosely(other) == fold_loosely(name);
        let found = known.and_then(|names| names.iter().find(same));
        found.map_or_else(|| name.to_owned(), String::clone)
    }

    /// Another field that a name says something about.
    fn implied(self, name: &str) -> Option<(String, String)> {
        let names = |names: &Vec<String>| {
            let mut names = names.iter();
            names.any(|other| fold_loosely(other) == fold_loosely(name))
        };
        self.aliases.implies.iter().find_map(|(field, values)| {
            let (value, _) = values.iter().find(|(_, others)| names(others))?;
            Some((field.clone(), value.clone()))
        })
    }
}

/// A header without the symbol behind its name, and the name with it: `Querschnitt S0`.
fn without_symbol(column: &HeaderText) -> Option<(HeaderText, String)> {
    let text = column.text();
    let split = unit_splits(&text)
        .into_iter()
        .find(|(_, unit)| unit_of(unit).is_some());
    let (name, unit) = split.map_or((text.clone(), None), |(name, unit)| (name, Some(unit)));
    let (shorter, symbol) = name.trim().rsplit_once(char::is_whitespace)?;
    let is_symbol = symbol.chars().count() <= 3 && symbol.starts_with(char::is_alphabetic);
    let shorter = match unit {
        Some(unit) => format!("{shorter} [{unit}]"),
        None => shorter.to_owned(),
    };
    let header = HeaderText {
        parts: vec![shorter],
        unit_row: column.unit_row.clone(),
    };
    is_symbol.then(|| (header, on_one_line(&name)))
}

/// Keeps the surest of several columns for one field.
fn one_column_a_field(mapping: &mut Mapping) {
    let mut best: BTreeMap<String, usize> = BTreeMap::new();
    for (index, draft) in mapping.columns.iter().enumerate() {
        let kept = best.entry(draft.field.clone()).or_insert(index);
        let earlier = &mapping.columns[*kept];
        let better =
            (draft.fit.filled > 0, draft.rank()) > (earlier.fit.filled > 0, earlier.rank());
        if better {
            *kept = index;
        }
    }
    let mut kept = Vec::new();
    let columns = std::mem::take(&mut mapping.columns);
    let names: BTreeMap<String, String> = best
        .iter()
        .map(|(field, &index)| (field.clone(), columns[index].header.clone()))
        .collect();
    for (index, draft) in columns.into_iter().enumerate() {
        if best.get(&draft.field) == Some(&index) {
            kept.push(draft);
            continue;
        }
        let other = names.get(&draft.field).map_or("", String::as_str);
        mapping.leftovers.push(Leftover {
            header: draft.header,
            column: draft.position + 1,
            sample: shown(&draft.fit.sample),
            reason: format!(
                "also named like {}; `{}` was taken",
                draft.field,
                shown(other)
            ),
        });
    }
    mapping.columns = kept;
    mapping.leftovers.sort_by_key(|leftover| leftover.column);
}

/// Writes the whole header where the name alone would mean another column as well.
fn unlike_names(mapping: &mut Mapping, columns: &[HeaderText]) {
    for draft in &mut mapping.columns {
        let name = fold_loosely(&draft.name);
        let others = columns.iter().enumerate().filter(|(position, column)| {
            *position != draft.position && fold_loosely(&column.text()).starts_with(&name)
        });
        let clashes = others.into_iter().any(|(_, column)| {
            let splits = unit_splits(&column.text());
            splits.iter().any(|(other, _)| fold_loosely(other) == name)
        });
        if clashes && fold_loosely(&draft.header) != name {
            draft.name = on_one_line(&draft.header);
            draft.unit_is_written = !draft.unit.words().0.is_empty();
        }
    }
}
