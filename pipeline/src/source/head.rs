//! The block of keys and values above the table, and everything else that is the same for all rows.

use std::collections::BTreeMap;

use super::cell::Parsed;
use super::cells::{parse_cell, translated};
use super::fold::{fold_loosely, is_unit_word, unit_of, unit_splits};
use super::grid::{GridCell, GridRow};
use super::header::units_of;
use super::job::Job;
use super::profile::{Format, HeadRule};
use crate::contract::{Cell, Contract, Field, FieldType};
use crate::domain::Finding;

/// Fields of a head that are no columns of any table, but give the cross-section: width of a flat
/// specimen (with `thickness_mm`) and diameter of a round one, both in mm.
pub(super) const VIRTUAL_FIELDS: [&str; 2] = ["width_mm", "diameter_mm"];

/// Fields that the profile, the head block, the path, the block's title or the caller gives, as text in
/// the contract's unit. Of several, the last in this order wins.
///
/// # Errors
/// A finding about the file as a whole: a value of the head that its field cannot hold.
pub(super) fn given_fields(
    job: &Job<'_>,
    tables: &[&Contract],
    above: &[GridRow],
) -> Result<BTreeMap<String, String>, Box<Finding>> {
    let mut given = job.profile.constants.clone();
    given.extend(job.profile.fields_of_path(job.path, job.name));
    for rule in &job.profile.heads {
        let rows: Vec<&GridRow> = match &rule.sheet {
            None => above.iter().chain(job.shared).collect(),
            Some(sheet) => super::open::sheets_that_match(sheet, job.sheets)
                .into_iter()
                .flat_map(|(sheet, _)| &job.sheets[sheet].rows)
                .collect(),
        };
        if let Some(text) = head_value(job, tables, rule, &rows)? {
            given.insert(rule.field.clone(), text);
        }
    }
    given.extend(job.titled.clone());
    given.extend(job.known.clone());
    add_area(&mut given);
    Ok(given)
}

/// S0 from the dimensions, when nothing gives it: a0·b0, or π/4·d0².
fn add_area(given: &mut BTreeMap<String, String>) {
    let number = |name: &str| given.get(name)?.parse::<f64>().ok();
    if given.contains_key("area_mm2") {
        return;
    }
    let flat = number("thickness_mm")
        .zip(number("width_mm"))
        .map(|(a, b)| a * b);
    let round = number("diameter_mm").map(|d| std::f64::consts::FRAC_PI_4 * d * d);
    if let Some(area) = flat.or(round) {
        given.insert("area_mm2".to_owned(), area.to_string());
    }
}

/// The value of one rule in the contract's unit; `None` when the key is not there or has no value.
fn head_value(
    job: &Job<'_>,
    tables: &[&Contract],
    rule: &HeadRule,
    rows: &[&GridRow],
) -> Result<Option<String>, Box<Finding>> {
    let field = tables.iter().find_map(|table| table.field(&rule.field));
    // The dimensions that are no columns are lengths like the thickness.
    let stand_in = || {
        let mut field = tables
            .iter()
            .find_map(|table| table.field("thickness_mm"))?
            .clone();
        field.name.clone_from(&rule.field);
        Some(field)
    };
    let Some(field) = field.cloned().or_else(stand_in) else {
        return Ok(None);
    };
    let keys: Vec<String> = rule.keys.iter().map(|key| fold_loosely(key)).collect();
    let Some(found) = find_value(
        rule,
        &keys,
        &field,
        rows,
        job.titled.get("specimen_id").map(String::as_str),
    ) else {
        return Ok(None);
    };
    let about = |rule_name: &str, message: String, hint: &str| {
        Box::new(Finding {
            line: found.row.line,
            column: job.column(found.column),
            field: rule.field.clone(),
            value: found.cell.text().into_owned(),
            raw_row: found.row.raw.clone(),
            ..Finding::of_file(job.path, rule_name, message, hint)
        })
    };
    let cell = match &rule.pattern {
        None => found.cell.clone(),
        Some(pattern) => {
            let text = found.cell.text();
            let Some(captures) = pattern.captures(&text) else {
                return Ok(None);
            };
            let part = captures.name("value").or_else(|| captures.get(0));
            GridCell::Text(part.map_or("", |part| part.as_str()).to_owned())
        }
    };
    if field.kind == FieldType::String {
        // Words are translated and checked where the row is made, with those of the other sources.
        let text = cell.text().trim().to_owned();
        return Ok((!job.format.is_missing(&text)).then_some(text));
    }
    let unit = found.unit.as_deref().or(rule.unit.as_deref());
    let units = units_of(&field, unit).map_err(|(message, _)| {
        about(
            "unit",
            message,
            "add `unit` to the head rule in the profile",
        )
    })?;
    let word = translated(job.profile, &field.name, &cell);
    // A head is written by a machine or by hand: an empty required value is for the table to miss.
    let mut lenient = field.clone();
    lenient.constraints.required = false;
    match parse_cell(&lenient, units, job.format, word.as_ref().unwrap_or(&cell)) {
        Ok((Parsed::Value(Cell::Null), _)) => Ok(None),
        Ok((Parsed::Value(cell) | Parsed::Doubtful(cell, _), _)) => Ok(Some(cell.to_string())),
        Ok((Parsed::Censored(_), _)) => Err(about(
            "censored",
            "a value below a limit cannot stand in the head".to_owned(),
            "",
        )),
        Err(fault) => Err(about(fault.rule, fault.message, &fault.hint)),
    }
}

struct Found<'r> {
    row: &'r GridRow,
    column: usize,
    cell: GridCell,
    unit: Option<String>,
}

fn find_value<'r>(
    rule: &HeadRule,
    keys: &[String],
    field: &Field,
    rows: &[&'r GridRow],
    specimen: Option<&str>,
) -> Option<Found<'r>> {
    for (at, row) in rows.iter().enumerate() {
        for (column, cell) in row
            .cells
            .iter()
            .enumerate()
            .filter(|(_, cell)| !cell.is_empty())
        {
            let text = cell.text();
            let (unit_of_key, inside) = match key_of(&text, keys) {
                KeyMatch::None => continue,
                KeyMatch::Key(unit) => (unit, None),
                KeyMatch::WithValue(value) => (None, Some(value)),
            };
            if let Some(value) = inside {
                return Some(Found {
                    row,
                    column,
                    cell: GridCell::Text(value),
                    unit: None,
                });
            }
            let candidates: Vec<(&'r GridRow, usize)> = if rule.below {
                rows[at + 1..]
                    .iter()
                    .map(|row| (*row, column))
                    .take(4)
                    .collect()
            } else {
                (column + 1..row.cells.len())
                    .map(|column| (*row, column))
                    .collect()
            };
            let filled = candidates
                .iter()
                .filter(|(row, column)| !row.cell(*column).is_empty());
            let is_unit = |cell: &GridCell| {
                let text = cell.text();
                matches!(cell, GridCell::Text(_)) && may_be_unit(field, &text)
            };
            let unit = filled
                .clone()
                .find(|(row, column)| is_unit(row.cell(*column)))
                .map(|(row, column)| row.cell(*column).text().into_owned());
            if rule.below
                && let Some(specimen) = specimen
            {
                let names_it = |row: &&&GridRow| {
                    row.cells
                        .iter()
                        .any(|cell| fold_loosely(&cell.text()) == fold_loosely(specimen))
                };
                let table = rows[at + 1..].iter().take_while(|row| !row.is_blank());
                if let Some(own) = table.into_iter().find(names_it) {
                    if own.cell(column).is_empty() {
                        return None;
                    }
                    return Some(Found {
                        row: own,
                        column,
                        cell: own.cell(column).clone(),
                        unit: unit.or(unit_of_key),
                    });
                }
            }
            let mut values = filled.filter(|(row, column)| !is_unit(row.cell(*column)));
            return values.next().map(|&(row, column)| Found {
                row,
                column,
                cell: row.cell(column).clone(),
                unit: unit.or(unit_of_key),
            });
        }
    }
    None
}

enum KeyMatch {
    None,
    /// The cell is the key, perhaps with a unit behind it.
    Key(Option<String>),
    /// `key : value` in one cell.
    WithValue(String),
}

/// Whether a cell is one of the keys: whole, by the last part of `Section : Name`, with a unit behind
/// it, or with its value behind a colon.
fn key_of(text: &str, keys: &[String]) -> KeyMatch {
    let is_key = |text: &str| {
        let folded = fold_loosely(text);
        !folded.is_empty() && keys.contains(&folded)
    };
    if is_key(text) {
        return KeyMatch::Key(None);
    }
    if let Some((key, value)) = text.split_once([':', '：', '='])
        && is_key(key)
        && !value.trim().is_empty()
    {
        return KeyMatch::WithValue(value.trim().to_owned());
    }
    if let Some((_, name)) = text.rsplit_once(" : ")
        && is_key(name)
    {
        return KeyMatch::Key(None);
    }
    let with_unit = unit_splits(text)
        .into_iter()
        .find(|(name, unit)| unit_of(unit).is_some() && is_key(name));
    with_unit.map_or(KeyMatch::None, |(_, unit)| KeyMatch::Key(Some(unit)))
}

/// Whether a text may be the unit of this field rather than its value.
fn may_be_unit(field: &Field, text: &str) -> bool {
    is_unit_word(text)
        && unit_of(&field.unit)
            .zip(unit_of(text))
            .is_some_and(|(own, unit)| unit.converts_to(own))
}

/// Where the contract says whether the laboratory reports a result or the program reduced it.
const ORIGIN: &str = "origin";

/// A row that holds only what is given, reported by the laboratory unless it is said to be otherwise.
///
/// # Errors
/// A finding about the file as a whole: a given text that its field cannot hold.
pub(super) fn constant_cells(
    job: &Job<'_>,
    contract: &Contract,
    given: &BTreeMap<String, String>,
) -> Result<Vec<Cell>, Box<Finding>> {
    let mut cells = vec![Cell::Null; contract.fields.len()];
    let plain = Format::plain();
    for (name, text) in given {
        let Some(position) = contract.position(name) else {
            continue;
        };
        let field = &contract.fields[position];
        let cell = GridCell::Text(text.clone());
        let cell = translated(job.profile, name, &cell).unwrap_or(cell);
        match parse_cell(field, None, &plain, &cell) {
            Ok((Parsed::Value(cell) | Parsed::Doubtful(cell, _), _)) => cells[position] = cell,
            Ok((Parsed::Censored(_), _)) => {}
            Err(fault) => {
                return Err(Box::new(Finding {
                    field: name.clone(),
                    value: text.clone(),
                    ..Finding::of_file(
                        job.path,
                        fault.rule,
                        format!("from the profile or the file's name: {}", fault.message),
                        &fault.hint,
                    )
                }));
            }
        }
    }
    if let Some(origin) = contract.position(ORIGIN)
        && cells[origin] == Cell::Null
    {
        cells[origin] = Cell::Text("reported".to_owned());
    }
    Ok(cells)
}
