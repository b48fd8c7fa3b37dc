//! Whether the cells of a column are what a field holds.

use super::dates::dates;
use super::draft::Fit;
use super::words::is_numeric;
use crate::contract::{Cell, Field, FieldType};
use crate::domain::Unit;
use crate::source::cells::parse_cell;
use crate::source::grid::GridCell;
use crate::source::profile::{Aliases, Format};

/// Odd cells that are kept to be shown.
const SHOWN: usize = 3;

/// Looks at the cells; `None` when they speak against the field: more than four in ten cannot be read.
///
/// A column without any value speaks for nothing and against nothing.
pub(super) fn fit(
    field: &Field,
    units: Option<(Unit, Unit)>,
    format: &Format,
    aliases: &Aliases,
    cells: &[&GridCell],
) -> Option<Fit> {
    let is_filled = |cell: &&&GridCell| !cell.is_empty() && !format.is_missing(cell.text().trim());
    let filled: Vec<&GridCell> = cells.iter().filter(is_filled).copied().collect();
    let mut found = Fit {
        filled: filled.len(),
        sample: filled
            .first()
            .map_or_else(String::new, |cell| cell.text().trim().to_owned()),
        ..Fit::default()
    };
    if filled.is_empty() {
        return Some(found);
    }
    match field.kind {
        FieldType::Number | FieldType::Array | FieldType::Integer => {
            let mut read = 0;
            for cell in &filled {
                match parse_cell(field, units, format, cell) {
                    Ok(_) => read += 1,
                    Err(fault) if matches!(fault.rule, "range" | "above_limit") => {
                        read += 1;
                        found.out_of_range += usize::from(fault.rule == "range");
                    }
                    Err(_) => {
                        if found.odd.len() < SHOWN {
                            found.odd.push(cell.text().trim().to_owned());
                        }
                    }
                }
            }
            (10 * read >= 6 * filled.len()).then_some(found)
        }
        FieldType::Date | FieldType::Datetime => {
            let typed = |cell: &&&GridCell| matches!(cell, GridCell::Date { .. });
            let texts: Vec<String> = filled
                .iter()
                .filter(|cell| !typed(cell))
                .map(|cell| cell.text().trim().to_owned())
                .collect();
            found.dates = Some(dates(&texts)?);
            Some(found)
        }
        FieldType::Boolean => {
            let words = aliases.values.get(&field.name);
            let mut read = 0;
            for cell in &filled {
                let text = cell.text().trim().to_owned();
                let meaning = words.and_then(|words| words.get(&text));
                if meaning.is_some() {
                    found.words.insert(text, meaning.cloned());
                    read += 1;
                } else if parse_cell(field, None, format, cell).is_ok() {
                    read += 1;
                }
            }
            (10 * read >= 6 * filled.len()).then_some(found)
        }
        FieldType::String => {
            let fractions = filled.iter().filter(|cell| is_fraction(cell)).count();
            if 10 * fractions >= 6 * filled.len() {
                return None;
            }
            let words = aliases.values.get(&field.name);
            for cell in &filled {
                let text = cell.text().trim().to_owned();
                let meaning = words.and_then(|words| words.get(&text)).cloned();
                if meaning.is_some() || field.check_cell(&Cell::Text(text.clone())).is_err() {
                    found.words.insert(text, meaning);
                }
            }
            // A word of the contract or of the aliases, or at least words that could be translated.
            let known = found.words.values().filter(|meaning| meaning.is_some());
            let strange = found.words.len() - known.count();
            (strange <= 12).then_some(found)
        }
    }
}

/// A number with a fraction, which is no name of anything.
fn is_fraction(cell: &GridCell) -> bool {
    match cell {
        GridCell::Number(number) => number.fract().abs() > 0.0,
        GridCell::Date { .. } => true,
        GridCell::Text(text) => {
            is_numeric(cell)
                && text.matches(['.', ',']).count() == 1
                && !text.contains([':', '/', ' '])
                && text.trim_start_matches(['+', '-']).len() + 1 >= text.len()
        }
        _ => false,
    }
}
