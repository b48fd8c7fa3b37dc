//! The block of keys and values above the table → fields that are the same for every row.

use super::dates::Dates;
use super::draft::{Draft, FieldDraft, Leftover, UnitFrom};
use super::mapping::Judge;
use super::words::shown;
use crate::contract::{Contract, FieldType};
use crate::source::fold::{fold_loosely, is_unit_word, unit_of};
use crate::source::grid::{GridCell, GridRow};
use crate::source::header::HeaderText;

/// Keys that give the width of a flat specimen, folded: with the thickness they make its section.
const WIDTHS: [&str; 9] = [
    "width",
    "specimenwidth",
    "breite",
    "probenbreite",
    "b0",
    "宽度",
    "试样宽度",
    "largeur",
    "largeuréprouvette",
];

/// One key with its value and the unit beside it.
struct Pair<'g> {
    line: u64,
    key: String,
    value: GridCell,
    unit: Option<&'g str>,
}

/// Maps the keys above the table onto the fields of these judges, in this order.
pub(super) fn heads(judges: &[Judge<'_>], above: &[GridRow], draft: &mut Draft) {
    for (at, row) in above.iter().enumerate().filter(|(_, row)| !row.is_blank()) {
        if is_row_of_keys(judges, row) {
            for pair in pairs_below(row, &above[at + 1..]) {
                if let Ok(Some(found)) = field_of(judges, &pair, draft) {
                    draft.heads.push(FieldDraft {
                        below: true,
                        ..found
                    });
                }
            }
            continue;
        }
        let mut used = false;
        let texts: Vec<String> = row
            .cells
            .iter()
            .map(|cell| cell.text().into_owned())
            .collect();
        for position in 0..row.cells.len() {
            let Some(pair) = pair_at(row, &texts, position) else {
                continue;
            };
            let reason = match field_of(judges, &pair, draft) {
                Ok(Some(found)) => {
                    // `Specimen number (included)` gives way to `Specimen label`.
                    draft.heads.retain(|head| head.field != found.field);
                    draft.heads.push(found);
                    used = true;
                    continue;
                }
                Ok(None) => String::new(),
                Err(reason) => reason,
            };
            let first = row
                .first_filled()
                .is_some_and(|(first, _)| first == position);
            if (first || !reason.is_empty()) && !used {
                draft.leftovers.push(Leftover {
                    header: pair.key.clone(),
                    column: 0,
                    sample: shown(&pair.value.text()),
                    reason,
                });
                used = !first;
            }
        }
    }
    add_width(above, draft);
}

/// Whether the row holds keys whose values stand below them: two known ones side by side, of more than
/// one letter, because `A` and `F` are tempers too.
fn is_row_of_keys(judges: &[Judge<'_>], row: &GridRow) -> bool {
    let filled = row.cells.iter().filter(|cell| !cell.is_empty());
    let known: Vec<bool> = filled
        .map(|cell| {
            let text = cell.text().trim().to_owned();
            let header = HeaderText {
                parts: vec![text.clone()],
                unit_row: String::new(),
            };
            let mut judges = judges.iter();
            text.chars().count() > 1
                && judges.any(|judge| !judge.lexicon.candidates(&header).is_empty())
        })
        .collect();
    known.len() >= 3 && known.windows(2).any(|pair| pair[0] && pair[1])
}

/// Every cell of a row of keys with the first value in the four rows below it, as the reader looks.
fn pairs_below<'g>(row: &GridRow, below: &'g [GridRow]) -> Vec<Pair<'g>> {
    let pair = |position: usize| {
        let GridCell::Text(key) = row.cell(position) else {
            return None;
        };
        let rows = below.iter().take(4).take_while(|row| !row.is_blank());
        let mut cells = rows
            .map(|row| row.cell(position))
            .filter(|cell| !cell.is_empty());
        let first = cells.next()?;
        let (unit, value) = match first {
            GridCell::Text(text) if is_unit_word(text) => (Some(text.trim()), cells.next()?),
            _ => (None, first),
        };
        Some(Pair {
            line: row.line,
            key: key.trim().to_owned(),
            value: value.clone(),
            unit,
        })
    };
    (0..row.cells.len()).filter_map(pair).collect()
}

/// A key at this cell, when a value follows it: right of it, or behind a colon.
fn pair_at<'g>(row: &GridRow, texts: &'g [String], position: usize) -> Option<Pair<'g>> {
    let GridCell::Text(text) = row.cell(position) else {
        return None;
    };
    let text = text.trim();
    if text.is_empty() || is_unit_word(text) {
        return None;
    }
    let right = || (position + 1..row.cells.len()).filter(|&at| !row.cell(at).is_empty());
    if right().next().is_none() {
        let (key, value) = text.split_once([':', '：', '='])?;
        let value = value.trim();
        return (!value.is_empty() && !key.trim().is_empty()).then(|| Pair {
            line: row.line,
            key: key.trim().to_owned(),
            value: GridCell::Text(value.to_owned()),
            unit: None,
        });
    }
    let is_unit = |at: &usize| is_unit_word(&texts[*at]);
    // `Gauge length | mm | 50` and `Gauge length | 50 | mm` are both written.
    // Alone, `F` is a temper and no unit.
    let value = right().find(|at| !is_unit(at)).or_else(|| right().next())?;
    let unit = right().take(2).find(|at| *at != value && is_unit(at));
    let key = text.rsplit_once(" : ").map_or(text, |(_, name)| name);
    Some(Pair {
        line: row.line,
        key: key.trim_end_matches([':', '：', '=']).trim().to_owned(),
        value: row.cell(value).clone(),
        unit: unit.map(|at| texts[at].trim()),
    })
}

/// The field that a key is; nothing when it is not known.
///
/// # Errors
/// Why a known key is no field here.
fn field_of(
    judges: &[Judge<'_>],
    pair: &Pair<'_>,
    draft: &Draft,
) -> Result<Option<FieldDraft>, String> {
    let header = HeaderText {
        parts: vec![pair.key.clone()],
        unit_row: pair.unit.unwrap_or_default().to_owned(),
    };
    let mut problem = None;
    for judge in judges {
        let found = match judge.column(&header, &[&pair.value]) {
            Ok(found) => found,
            Err(reason) if reason.is_empty() => continue,
            Err(reason) => {
                problem.get_or_insert(reason);
                continue;
            }
        };
        if let Some(Dates::Doubtful(formats)) = &found.fit.dates {
            return Err(format!(
                "a date: declare in `dates` whether it is {}",
                formats.join(" or ")
            ));
        }
        if !found.fit.odd.is_empty() || found.fit.out_of_range > 0 {
            problem.get_or_insert(format!("named like {}, which cannot be so", found.field));
            continue;
        }
        if draft.gives(&found.field) && !is_vague(draft, &found.field) {
            return Err(format!("also named like {}, which is given", found.field));
        }
        return Ok(Some(FieldDraft {
            line: pair.line,
            // The reader takes a unit behind the key off by itself, and needs one for every number.
            unit_is_written: !found.unit.words().0.is_empty()
                && !matches!(found.unit, UnitFrom::Header(_)),
            ..found
        }));
    }
    problem.map_or(Ok(None), Err)
}

/// Whether a field was told from a key with a bracket behind its name that is no unit.
fn is_vague(draft: &Draft, field: &str) -> bool {
    let mut heads = draft.heads.iter();
    heads.any(|head| head.field == field && head.is_vague)
}

/// Thickness times width is the section of a flat specimen, where no key states it.
fn add_width(above: &[GridRow], draft: &mut Draft) {
    if draft.gives("area_mm2") || !draft.heads.iter().any(|head| head.field == "thickness_mm") {
        return;
    }
    let leftover = draft.leftovers.iter().position(|leftover| {
        leftover.column == 0 && WIDTHS.contains(&fold_loosely(&leftover.header).as_str())
    });
    let (Some(at), Some(thickness)) = (
        leftover,
        draft.heads.iter().find(|head| head.field == "thickness_mm"),
    ) else {
        return;
    };
    let leftover = draft.leftovers[at].clone();
    let row = above.iter().find(|row| {
        row.cells
            .iter()
            .any(|cell| cell.text().contains(leftover.header.as_str()))
    });
    let unit = row.and_then(|row| {
        let texts = row.cells.iter().map(|cell| cell.text().trim().to_owned());
        texts
            .into_iter()
            .find(|text| is_unit_word(text) && unit_of(text).is_some())
    });
    let mut width = thickness.clone();
    width.field = "width_mm".to_owned();
    width.name.clone_from(&leftover.header);
    width.header.clone_from(&leftover.header);
    width.alias.clone_from(&leftover.header);
    width.unit = unit.map_or_else(|| UnitFrom::Assumed("mm".to_owned()), UnitFrom::Beside);
    width.unit_is_written = true;
    width.fit.sample.clone_from(&leftover.sample);
    width.remarks = vec!["with the thickness it gives area_mm2".to_owned()];
    draft.heads.push(width);
    draft.leftovers.remove(at);
}

/// Fields of a table that nothing gives although every row needs them.
pub(super) fn missing(contracts: &[&Contract], draft: &Draft) -> Vec<String> {
    let mut missing: Vec<String> = Vec::new();
    for contract in contracts {
        for field in &contract.fields {
            let by_layout = draft.layout != crate::source::Layout::Table
                && ["element", "value_wt_pct", "burn_no"].contains(&field.name.as_str());
            if field.constraints.required
                && !field.provenance
                && field.kind != FieldType::Array
                && !by_layout
                && !draft.gives(&field.name)
                && !missing.contains(&field.name)
            {
                missing.push(field.name.clone());
            }
        }
    }
    missing
}
