//! Elements as columns, as rows or as lines: the three shapes of a composition.

use super::draft::{Draft, ElementsDraft, UnitFrom};
use super::words::{is_numeric, shown};
use crate::source::Layout;
use crate::source::elements::ElementNames;
use crate::source::fold::{fold_loosely, unit_of};
use crate::source::grid::{Grid, GridCell, GridRow};
use crate::source::header::HeaderText;
use crate::source::profile::Aliases;

/// Elements that a table of compositions has at least.
pub(super) const AT_LEAST: usize = 3;

/// Headers of a column of elements, folded.
const ELEMENTS: [&str; 8] = [
    "element",
    "elements",
    "analyte",
    "analyt",
    "symbol",
    "元素",
    "élément",
    "elem",
];

/// Headers of the column that numbers the burns, folded.
const BURNS: [&str; 14] = [
    "burn",
    "burnno.",
    "run",
    "runno.",
    "spark",
    "no.",
    "nr.",
    "abfunkung",
    "messung",
    "激发次数",
    "激发号",
    "measurement",
    "replicate",
    "name",
];

/// The columns that are elements, each with numbers below it.
pub(super) fn element_columns(
    names: &ElementNames,
    aliases: &Aliases,
    columns: &[HeaderText],
    data: &[&GridRow],
) -> ElementsDraft {
    let mut draft = ElementsDraft::default();
    let mut with_numbers = 0;
    for (position, column) in columns.iter().enumerate() {
        let text = column.text();
        let texts = [text.clone()]
            .into_iter()
            .chain(column.parts.iter().cloned());
        let found = texts.into_iter().find_map(|text| {
            let (symbol, unit) = names.header(&text)?;
            Some((symbol.to_owned(), unit.map(|unit| unit.name())))
        });
        let Some((symbol, in_header)) = found else {
            continue;
        };
        let cells: Vec<&GridCell> = data.iter().map(|row| row.cell(position)).collect();
        let filled: Vec<&&GridCell> = cells.iter().filter(|cell| !cell.is_empty()).collect();
        let numbers = filled
            .iter()
            .filter(|cell| cell.text().chars().any(|c| c.is_ascii_digit()))
            .count();
        with_numbers += usize::from(numbers > 0);
        if 2 * numbers < filled.len()
            || draft.found.iter().any(|(_, _, known, ..)| *known == symbol)
        {
            continue;
        }
        let unit = match in_header {
            Some(unit) => UnitFrom::Header(unit.to_owned()),
            None if unit_of(&column.unit_row).is_some() => {
                UnitFrom::Beside(column.unit_row.clone())
            }
            None => UnitFrom::Assumed("wt%".to_owned()),
        };
        if matches!(unit, UnitFrom::Assumed(_)) && draft.unit.is_none() {
            let remark = "ASSUMED: neither header nor units row states it; ask, it may be ppm";
            draft.unit = Some(("wt%".to_owned(), remark.to_owned()));
        }
        note_name(&mut draft, aliases, &symbol, &text);
        let sample = filled
            .first()
            .map_or_else(String::new, |cell| shown(&cell.text()));
        draft.found.push((position, text, symbol, unit, sample));
    }
    if with_numbers < AT_LEAST {
        return ElementsDraft::default();
    }
    draft
}

/// Remembers a name that only the shared aliases know: a profile without them must list it.
fn note_name(draft: &mut ElementsDraft, aliases: &Aliases, symbol: &str, text: &str) {
    let names = aliases.elements.get(symbol);
    let used = names.and_then(|names| {
        let name = |name: &&String| {
            name.is_ascii()
                && fold_loosely(text).starts_with(&fold_loosely(name))
                && *name != symbol
        };
        names.iter().find(name)
    });
    if let Some(name) = used {
        draft.names.insert(name.clone(), symbol.to_owned());
    }
}

/// The column that numbers the burns: a known name over cells with a number or a statistic in each.
pub(super) fn burn_column(columns: &[HeaderText], data: &[&GridRow]) -> Option<usize> {
    (0..columns.len()).find(|&position| {
        let name = fold_loosely(&columns[position].text());
        let known = BURNS.contains(&name.as_str()) || (name.is_empty() && position == 0);
        let filled: Vec<String> = data
            .iter()
            .map(|row| row.cell(position).text().trim().to_owned())
            .filter(|text| !text.is_empty())
            .collect();
        known
            && !filled.is_empty()
            && filled.iter().all(|text| {
                let parts = text.split(|c: char| !c.is_ascii_digit());
                let numbers: Vec<&str> = parts.filter(|part| !part.is_empty()).collect();
                numbers.len() == 1 && numbers[0].len() <= 3 && !text.contains(['.', ','])
            })
    })
}

/// One element a row: the column of symbols, and the columns of numbers beside it.
pub(super) fn element_rows(
    names: &ElementNames,
    aliases: &Aliases,
    columns: &[HeaderText],
    data: &[&GridRow],
) -> Option<ElementsDraft> {
    let symbol_at = |position: usize| {
        let words: Vec<(&GridRow, String)> = data
            .iter()
            .map(|row| (*row, row.cell(position).text().trim().to_owned()))
            .filter(|(_, text)| !text.is_empty())
            .collect();
        let found = words
            .iter()
            .filter(|(_, word)| names.element(word).is_some())
            .count();
        (found >= AT_LEAST && 10 * found >= 7 * words.len()).then_some(position)
    };
    let named = |at: &usize| {
        let parts = columns[*at].parts.iter();
        let texts = parts.cloned().chain([columns[*at].text()]);
        texts
            .into_iter()
            .any(|text| ELEMENTS.contains(&fold_loosely(&text).as_str()))
    };
    let at = (0..columns.len()).filter(named).find_map(symbol_at)?;
    let header = columns[at].text();
    let mut draft = ElementsDraft {
        element: Some(header.clone()),
        ..ElementsDraft::default()
    };
    let rows: Vec<&&GridRow> = data
        .iter()
        .filter(|row| names.element(&row.cell(at).text()).is_some())
        .collect();
    let is_reading = |position: usize| {
        let cells: Vec<&GridCell> = rows.iter().map(|row| row.cell(position)).collect();
        let filled = cells.iter().filter(|cell| !cell.is_empty()).count();
        let numbers = cells.iter().filter(|cell| is_numeric(cell)).count();
        numbers > 0 && 10 * numbers >= 6 * filled && !columns[position].parts.is_empty()
    };
    let readings: Vec<usize> = (at + 1..columns.len())
        .take_while(|&position| fold_loosely(&columns[position].text()) != fold_loosely(&header))
        .filter(|&position| is_reading(position))
        .collect();
    let name_of = |position: usize| {
        let parts = &columns[position].parts;
        parts.last().cloned().unwrap_or_default()
    };
    let numbered = |position: &usize| {
        let name = name_of(*position);
        let digits = name.chars().filter(char::is_ascii_digit).count();
        (1..=2).contains(&digits) && name.chars().count() <= 16 && !name.contains(['%', 'σ'])
    };
    let mut chosen: Vec<usize> = readings.iter().copied().filter(|at| numbered(at)).collect();
    if chosen.is_empty() {
        chosen.extend(readings.first());
    }
    if chosen.is_empty() {
        return None;
    }
    draft.replicates = chosen.iter().map(|&position| name_of(position)).collect();
    let has_units = columns
        .iter()
        .any(|column| ["unit", "einheit", "单位"].contains(&fold_loosely(&column.text()).as_str()));
    if !has_units {
        let remark = "ASSUMED: no column named Unit states it; ask, it may differ by element";
        draft.unit = Some(("wt%".to_owned(), remark.to_owned()));
    }
    for row in rows {
        let word = row.cell(at).text().into_owned();
        let Some(symbol) = names.element(&word).map(str::to_owned) else {
            continue;
        };
        if draft.found.iter().any(|(_, _, known, ..)| *known == symbol) {
            continue;
        }
        note_name(&mut draft, aliases, &symbol, &word);
        let sample = shown(&row.cell(chosen[0]).text());
        let unit = if has_units {
            UnitFrom::Beside(String::new())
        } else {
            UnitFrom::Assumed("wt%".to_owned())
        };
        draft.found.push((chosen[0], word, symbol, unit, sample));
    }
    Some(draft)
}

/// Lines such as `Si  10.23`: most lines of the file begin with an element.
pub(super) fn text_lines(names: &ElementNames, grid: &Grid) -> Option<Draft> {
    let mut elements = ElementsDraft {
        unit: Some((
            "wt%".to_owned(),
            "ASSUMED: no line states it; ask, traces may be in ppm".to_owned(),
        )),
        ..ElementsDraft::default()
    };
    let mut lines = 0;
    for row in grid.rows.iter().filter(|row| !row.is_blank()) {
        lines += 1;
        let mut cells = row.cells.iter().filter(|cell| !cell.is_empty());
        let (Some(word), Some(value)) = (cells.next(), cells.next()) else {
            continue;
        };
        if row.cells.len() > 4 || !is_numeric(value) {
            continue;
        }
        let word = word.text().into_owned();
        let Some(symbol) = names.element(&word).map(str::to_owned) else {
            continue;
        };
        for cell in cells {
            let flag = cell.text().trim().to_owned();
            if flag.chars().count() == 1 && !elements.flags.contains(&flag) {
                elements.flags.push(flag);
            }
        }
        let sample = shown(&value.text());
        let unit = UnitFrom::Assumed("wt%".to_owned());
        elements.found.push((1, word, symbol, unit, sample));
    }
    let found = elements.found.len();
    (found >= AT_LEAST && 10 * found >= 6 * lines).then(|| Draft {
        layout: Layout::TextLines,
        table: "oes_burns".to_owned(),
        at: grid.rows.len(),
        rows: 0,
        units_row: 0,
        line: 0,
        limit: None,
        columns: Vec::new(),
        heads: Vec::new(),
        leftovers: Vec::new(),
        score: 3 * found,
        elements: Some(elements),
        skipped: Vec::new(),
    })
}
