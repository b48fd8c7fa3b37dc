//! The header: where it is, and which column is which field, in which unit.

mod lexicon;

use std::collections::BTreeMap;

use super::fold::{fold, fold_loosely, is_unit_word, unit_of, unit_splits};
use super::grid::{GridCell, GridRow, Merged};
use super::job::Job;
use super::stream::RowStream;
use crate::contract::{Contract, Field, FieldType};
use crate::domain::{Finding, Severity, Unit};
pub(super) use lexicon::Lexicon;

/// One column of the file that is a field of the contract.
#[derive(Clone, Debug)]
pub(super) struct MappedColumn {
    /// Position in the row, from 0.
    pub position: usize,
    /// Position of the field in the contract.
    pub field: usize,
    /// From the file's unit to the contract's; `None` where the field has no unit.
    pub units: Option<(Unit, Unit)>,
    /// Another field and what the header says it is: a column named `A50` holds elongations of type A50.
    pub implied: Option<(usize, String)>,
}

/// The texts of one column of the header.
#[derive(Clone, Debug, Default)]
pub(super) struct HeaderText {
    /// The cells of the header's rows from the top, merged cells filled; same texts once.
    pub parts: Vec<String>,
    /// The cell of the units row.
    pub unit_row: String,
}

impl HeaderText {
    /// The whole text.
    pub(super) fn text(&self) -> String {
        self.parts.join(" ")
    }
}

/// The header as found, and what stands above it.
#[derive(Clone, Debug, Default)]
pub(super) struct Header {
    /// Rows above it.
    pub above: Vec<GridRow>,
    /// Its line, from 1.
    pub line: u64,
    /// Its columns.
    pub columns: Vec<HeaderText>,
    /// Its first row as it stood.
    pub raw: String,
    /// Cells that a row must have at least: up to the last column with a name.
    pub named: usize,
}

impl Header {
    /// The texts of all columns, for a message.
    pub(super) fn reads(&self) -> String {
        let texts: Vec<String> = self.columns.iter().map(HeaderText::text).collect();
        texts.join(", ")
    }
}

/// Finds the header, takes it from the stream together with the rows above it and the units row.
///
/// # Errors
/// A finding about the file as a whole: it has no such header.
pub(super) fn locate(job: &Job<'_>, rows: &mut RowStream<'_>) -> Result<Header, Box<Finding>> {
    let rule = &job.profile.header;
    let mut above = Vec::new();
    let start = if let Some(line) = rule.line {
        let reach = usize::try_from(line).unwrap_or(usize::MAX);
        rows.look(reach)
            .iter()
            .position(|row| row.line == line && !row.is_blank())
            .ok_or_else(|| {
                no_header(
                    job,
                    format!("line {line}, where the header should be, is blank or missing"),
                )
            })?
    } else if rule.find.is_empty() {
        while rows.look(1).first().is_some_and(GridRow::is_blank) {
            above.extend(rows.take(1));
        }
        0
    } else {
        let found = (0..rule.within)
            .map_while(|at| {
                // The header stands near the top: what lies further down is looked at when need be.
                let window = rows.look(at + rule.rows).get(at..)?;
                // The first row must hold a word itself: a window over several rows slides in from above.
                let is_header = !window.is_empty()
                    && words_missing(&rule.find, window, rule.rows).is_empty()
                    && words_missing(&rule.find, window, 1).len() < rule.find.len();
                (!window.is_empty()).then_some((at, is_header))
            })
            .find_map(|(at, is_header)| is_header.then_some(at));
        match found {
            Some(at) => at,
            None => {
                let window = rows.look(rule.within + rule.rows);
                return Err(no_header(job, closest(&rule.find, window, rule.rows)));
            }
        }
    };
    above.extend(rows.take(start));
    let merged = rows.merged();
    let head = rows.take(rule.rows);
    let Some(first) = head.first() else {
        return Err(Box::new(Finding::of_file(
            job.path,
            "empty",
            "the file has no header row".to_owned(),
            "",
        )));
    };
    let width = head.iter().map(|row| row.cells.len()).max().unwrap_or(0);
    let width = rule.columns.map_or(width, |columns| width.min(columns));
    let filled: Vec<Vec<String>> = (0..head.len())
        .map(|at| filled_row(&head, at, width, merged, &above))
        .collect();
    let mut header = Header {
        line: first.line,
        raw: first.raw.clone(),
        columns: (0..width)
            .map(|column| {
                let mut parts: Vec<String> = Vec::new();
                for row in &filled {
                    let text = row[column].trim();
                    if !text.is_empty() && parts.iter().all(|part| part != text) {
                        parts.push(text.to_owned());
                    }
                }
                HeaderText {
                    parts,
                    unit_row: String::new(),
                }
            })
            .collect(),
        named: 0,
        above,
    };
    header.named = header
        .columns
        .iter()
        .rposition(|column| !column.parts.is_empty())
        .map_or(0, |last| last + 1);
    let units_row = match rule.units_row {
        Some(row) => row,
        None => usize::from(rows.look(1).first().is_some_and(is_units_row)),
    };
    if let Some(units) = rows.take(units_row).last() {
        for (column, text) in header.columns.iter_mut().enumerate() {
            text.unit_row = units.cell(column).text().trim().to_owned();
        }
    }
    Ok(header)
}

/// Whether a row holds units and nothing that could be data. Units that nobody knows may stand among those
/// that are known, as of a column that is not used; whether they matter is for their columns to tell.
fn is_units_row(row: &GridRow) -> bool {
    let mut units = 0;
    for cell in row.cells.iter().filter(|cell| !cell.is_empty()) {
        match cell {
            GridCell::Text(text) if is_unit_word(text) => units += 1,
            GridCell::Text(text) if may_be_unit(text.trim()) => {}
            _ => return false,
        }
    }
    // What stands in the first column is mostly an id, and a table of words may hold an `A` or a `T`.
    let names_nothing = row.cells.first().is_some_and(GridCell::is_empty);
    units >= 2 || (units == 1 && names_nothing)
}

/// Whether a text looks like a unit, or like the sign of a column without one: `-`, `1`, `1/s`, `mm/min`,
/// `HV10`, `[J]`, `text`.
fn may_be_unit(text: &str) -> bool {
    /// `[MN/m^2]` and the like; words are longer.
    const LONGEST: usize = 8;
    let has_digit = text.bytes().any(|byte| byte.is_ascii_digit());
    let is_hardness = ["HB", "HV", "HRB", "HRC", "HR"]
        .iter()
        .any(|scale| text.starts_with(scale));
    text == "1"
        || text.chars().count() <= LONGEST
            && !text.contains(char::is_whitespace)
            && (!has_digit || is_hardness || text.contains('/') || text.starts_with(['[', '(']))
            && text.parse::<f64>().is_err()
}

/// The texts of one header row, with merged cells filled; in a row that has another below it, a gap
/// is filled from the left, because a text file cannot merge cells.
fn filled_row(
    head: &[GridRow],
    at: usize,
    width: usize,
    merged: &[Merged],
    above: &[GridRow],
) -> Vec<String> {
    let row = &head[at];
    let value = |line: u64, column: usize| {
        let found = above.iter().chain(head).find(|row| row.line == line);
        found.map_or_else(String::new, |row| row.cell(column).text().into_owned())
    };
    let line0 = row.line.saturating_sub(1);
    let touches = |area: &&Merged| (u64::from(area.top)..=u64::from(area.bottom)).contains(&line0);
    let merges: Vec<&Merged> = merged.iter().filter(touches).collect();
    let gaps_are_filled = merges.is_empty() && at + 1 < head.len();
    let mut texts: Vec<String> = Vec::with_capacity(width);
    for column in 0..width {
        let own = row.cell(column);
        let text = if !own.is_empty() {
            own.text().into_owned()
        } else if let Some(area) = merges
            .iter()
            .find(|area| (area.left as usize..=area.right as usize).contains(&column))
        {
            value(u64::from(area.top) + 1, area.left as usize)
        } else if gaps_are_filled && column > 0 && !head[at + 1].cell(column).is_empty() {
            texts[column - 1].clone()
        } else {
            String::new()
        };
        texts.push(text);
    }
    texts
}

/// Words that the header's rows do not hold.
fn words_missing<'w>(words: &'w [String], rows: &[GridRow], count: usize) -> Vec<&'w str> {
    let cells: Vec<String> = rows
        .iter()
        .take(count)
        .flat_map(|row| &row.cells)
        .filter(|cell| !cell.is_empty())
        .flat_map(|cell| {
            let text = cell.text();
            let splits = unit_splits(&text).into_iter().map(|(name, _)| name);
            let lines: Vec<String> = text.lines().map(str::to_owned).collect();
            let whole = text.into_owned();
            [whole]
                .into_iter()
                .chain(splits)
                .chain(lines)
                .collect::<Vec<_>>()
        })
        .map(|text| fold_loosely(&text))
        .collect();
    words
        .iter()
        .filter(|word| {
            !word
                .split('|')
                .any(|word| cells.contains(&fold_loosely(word)))
        })
        .map(String::as_str)
        .collect()
}

/// What the row that comes closest to being the header lacks.
fn closest(words: &[String], window: &[GridRow], count: usize) -> String {
    let best = (0..window.len())
        .map(|at| (words_missing(words, &window[at..], count), window[at].line))
        .min_by_key(|(missing, _)| missing.len())
        .filter(|(missing, _)| missing.len() < words.len());
    match best {
        Some((missing, line)) => format!(
            "no row is the header: line {line} comes closest, but has no `{}`",
            missing.join("`, `")
        ),
        None => format!(
            "no row of the first {} holds any of `{}`",
            window.len(),
            words.join("`, `")
        ),
    }
}

fn no_header(job: &Job<'_>, message: String) -> Box<Finding> {
    Box::new(Finding::of_file(
        job.path,
        "no_header",
        message,
        "correct `header` in the profile, or write a profile for this kind of file",
    ))
}

/// Maps the header onto the contract.
///
/// # Errors
/// A finding about the file as a whole: two columns for one field, an unknown unit word, a unit that
/// measures something else, a header and a units row that contradict each other, or no unit at all.
pub(super) fn map_columns(
    job: &Job<'_>,
    lexicon: &Lexicon<'_>,
    header: &Header,
    is_other: &dyn Fn(usize) -> bool,
    findings: &mut Vec<Finding>,
) -> Result<Vec<MappedColumn>, Box<Finding>> {
    let contract = lexicon.contract;
    let mut mapped: Vec<MappedColumn> = Vec::new();
    let mut ranks: BTreeMap<usize, usize> = BTreeMap::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    for (position, column) in header.columns.iter().enumerate() {
        let text = column.text();
        let about = |field: &str, rule: &str, message: String, hint: String| Finding {
            column: job.column(position),
            field: field.to_owned(),
            value: text.clone(),
            raw_row: header.raw.clone(),
            hint,
            ..Finding::of_file(
                job.path,
                rule,
                format!("header line {}: {message}", header.line),
                "",
            )
        };
        if text.is_empty() || is_other(position) {
            continue;
        }
        let note = |rule: &str, severity, message: String| Finding {
            line: header.line,
            severity,
            ..about(&text, rule, message, String::new())
        };
        let twin = seen.insert(fold(&text), position);
        let Some(meaning) = lexicon.meaning(column).map_err(|(field, message, hint)| {
            let rule = if message.contains("units row") {
                "unit_conflict"
            } else {
                "unit"
            };
            Box::new(about(&field, rule, format!("`{text}`: {message}"), hint))
        })?
        else {
            findings.push(match twin {
                Some(twin) => note(
                    "duplicate_column",
                    Severity::Warning,
                    format!(
                        "columns {} and {} are both named `{text}`; neither is used",
                        twin + 1,
                        position + 1
                    ),
                ),
                None => note(
                    "unknown_column",
                    Severity::Note,
                    format!("column `{text}` is not used"),
                ),
            });
            continue;
        };
        let field = &contract.fields[meaning.field];
        if let Some(earlier) = mapped
            .iter()
            .position(|column| column.field == meaning.field)
        {
            if meaning.first_of && twin.is_none() {
                let kept = ranks.get(&meaning.field).copied().unwrap_or(0);
                let (loser, replaces) = if meaning.rank < kept {
                    (mapped[earlier].position, true)
                } else {
                    (position, false)
                };
                findings.push(note(
                    "unknown_column",
                    Severity::Note,
                    format!(
                        "column `{}` is not used: another one for {} comes first in the profile",
                        header.columns[loser].text(),
                        field.name
                    ),
                ));
                if !replaces {
                    continue;
                }
                mapped.remove(earlier);
            } else {
                let earlier = mapped[earlier].position;
                return Err(Box::new(about(
                    &field.name,
                    if twin.is_some() {
                        "duplicate_column"
                    } else {
                        "two_columns"
                    },
                    format!(
                        "columns {} and {} (`{}` and `{text}`) both mean {}",
                        earlier + 1,
                        position + 1,
                        header.columns[earlier].text(),
                        field.name
                    ),
                    "remove one, or take its name out of the profile".to_owned(),
                )));
            }
        }
        ranks.insert(meaning.field, meaning.rank);
        mapped.push(MappedColumn {
            position,
            field: meaning.field,
            units: meaning.units,
            implied: meaning.implied,
        });
    }
    Ok(mapped)
}

/// Makes sure that every required field is given by a column, the profile, the head or the file's name.
///
/// # Errors
/// A finding about the file as a whole that names the field and the header as it stands.
pub(super) fn require_columns(
    job: &Job<'_>,
    contract: &Contract,
    header: &Header,
    is_given: &dyn Fn(usize) -> bool,
) -> Result<(), Box<Finding>> {
    for (index, field) in contract.fields.iter().enumerate() {
        if field.constraints.required && !field.provenance && !is_given(index) {
            let rules = &job.profile.columns;
            let names = rules.iter().find(|rule| rule.field == field.name);
            let known = names.map_or_else(|| field.name.clone(), |rule| rule.names.join("`, `"));
            return Err(Box::new(Finding {
                field: field.name.clone(),
                raw_row: header.raw.clone(),
                hint: format!(
                    "give it a column named `{known}`, or add its header to the profile `{}`",
                    job.profile.id
                ),
                ..Finding::of_file(
                    job.path,
                    "missing_column",
                    format!(
                        "header line {} has no column for it; the header reads: {}",
                        header.line,
                        header.reads()
                    ),
                    "",
                )
            }));
        }
    }
    Ok(())
}

/// What goes from the file's unit to the field's; `None` for a field without a unit.
///
/// # Errors
/// Message and hint: no unit where one is needed, an unknown one, or one that measures something else.
pub(super) fn units_of(
    field: &Field,
    word: Option<&str>,
) -> Result<Option<(Unit, Unit)>, (String, String)> {
    let Some(to) = Unit::parse(&field.unit) else {
        return Ok(None);
    };
    let Some(word) = word else {
        if field.kind == FieldType::Integer {
            return Ok(None); // a count
        }
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
    let from = unit_of(word).ok_or_else(|| {
        (
            format!("unit `{word}` is not known"),
            format!(
                "write a unit that converts to {}, such as `[{}]`; if it is a remark, list the whole header in \
                 the profile's `names`",
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
