//! Everything of a profile that surrounds its columns: id, file name, words of the head and the header.

use super::heads::missing;
use super::propose::Proposal;
use super::render::{Page, dates_of, render};
use super::words::{id_of, is_numeric, on_one_line, shown, stem_of};
use crate::contract::Contract;
use crate::source::Layout;
use crate::source::delimited::Delimiter;
use crate::source::fold::{fold, fold_loosely, unit_splits};
use crate::source::grid::GridRow;

/// Lines in which a profile's `match.head` looks for its words.
const HEAD_LINES: usize = 80;

impl Proposal<'_> {
    /// The profile's text, its id and what it lacks.
    pub(super) fn write(&self, by_line: bool) -> (String, String, Vec<String>) {
        let draft = &self.draft;
        let mut lacking = self.lacking();
        let id = id_of(self.name, &|id| self.profiles.get(id).is_some());
        let (stem, extension) = stem_of(self.name);
        let mut file_name_remarks = Vec::new();
        let key = match (draft.layout, lacking.first().map(String::as_str)) {
            (Layout::Curve, Some("specimen_id")) => "specimen_id",
            (_, Some("sample_id")) if draft.layout != Layout::Table => "sample_id",
            _ => "",
        };
        let file_name = if key.is_empty() {
            format!(r"(?i)\.{}$", regex::escape(extension))
        } else {
            lacking.retain(|field| field != key);
            file_name_remarks.extend(heat_in_name(key, stem, extension, &lacking));
            file_name_remarks.push(format!(
                "the file holds no {key}: its name is taken, here \"{}\"",
                shown(stem)
            ));
            format!(r"(?i)^(?<{key}>.+)\.{}$", regex::escape(extension))
        };
        let file_name = if extension.is_empty() {
            "^[^.]*$".to_owned()
        } else {
            file_name
        };
        let find = self.find_words();
        let head = self.head_words(&find);
        let (dates, date_doubts) = dates_of(draft);
        let page = Page {
            draft,
            file: self.name,
            id: &id,
            remarks: self.remarks(),
            file_name,
            file_name_remarks,
            head,
            by_line: by_line || find.is_empty(),
            find,
            encoding: self.sight.encoding.clone(),
            delimiter: self.sight.dialect.map(|dialect| match dialect.delimiter {
                Delimiter::Char(b'\t') => "tab".to_owned(),
                Delimiter::Char(byte) => char::from(byte).to_string(),
                Delimiter::Whitespace => "whitespace".to_owned(),
            }),
            decimal: self.decimal(),
            thousands: self.thousands(),
            sheet: self.sheet(),
            missing_words: self.missing_words(),
            flags: self.flags(),
            dates,
            date_doubts,
            lacking: lacking.clone(),
        };
        (render(&page), id, lacking)
    }

    /// Doubts about the profile as a whole.
    pub(super) fn remarks(&self) -> Vec<String> {
        let again = self.headers() - 1;
        if again == 0 || self.draft.layout != Layout::Curve {
            return Vec::new();
        }
        vec![
            format!("CHECK: the header stands {} times, so there are several specimens in the file. The layout", again + 1),
            "`blocks` reads them: the profiles `trapezium` (below each other) and `zwick-xlsx` (side by side, a".to_owned(),
            "sheet each) show how; this proposal reads the first one.".to_owned(),
        ]
    }

    /// How often the header stands in the file: further right, further down, or in other sheets.
    pub(super) fn headers(&self) -> usize {
        let key = |row: &GridRow| {
            let cells = row.cells.iter().filter(|cell| !cell.is_empty());
            cells.map(|cell| fold(&cell.text())).collect::<Vec<_>>()
        };
        let at = self.draft.at + self.draft.rows.saturating_sub(1);
        let Some(own) = self.grid.rows.get(at) else {
            return 1;
        };
        let texts = key(own);
        let rows = self.sight.grids.iter().flat_map(|grid| &grid.rows);
        let may_be = |row: &&GridRow| {
            // Nearly all rows are numbers: told from a header without folding them.
            row.cells
                .iter()
                .find(|cell| !cell.is_empty())
                .is_some_and(|cell| !is_numeric(cell))
        };
        let same = rows.filter(may_be).filter(|row| key(row) == texts).count();
        same.max(1) + usize::from(self.draft.limit.is_some())
    }

    /// Fields that nothing gives, those of the section among them where only force is recorded.
    pub(super) fn lacking(&self) -> Vec<String> {
        let contract = |table: &str| self.reading.contracts.table(table).ok();
        let tables: &[&str] = if self.draft.layout == Layout::Curve {
            &["tensile_curves", "tensile_tests"]
        } else {
            &[self.draft.table.as_str()]
        };
        let contracts: Vec<&Contract> = tables
            .iter()
            .filter_map(|table| contract(table).map(AsRef::as_ref))
            .collect();
        let mut lacking = missing(&contracts, &self.draft);
        if self.draft.layout == Layout::Curve {
            let gives = |field: &str| self.draft.gives(field);
            let section = gives("area_mm2") || (gives("thickness_mm") && gives("width_mm"));
            if !gives("stress_mpa") && !section {
                lacking.push("area_mm2".to_owned());
            }
            if !gives("strain") && !gives("extension_mm") {
                lacking.push("strain or extension_mm".to_owned());
            }
            if !gives("strain") && !gives("gauge_length_mm") {
                lacking.push("gauge_length_mm".to_owned());
            }
        }
        lacking
    }

    /// Words of the header by which it is found: names of mapped columns, two or three.
    pub(super) fn find_words(&self) -> Vec<String> {
        let cells = self
            .grid
            .rows
            .get(self.draft.at..self.draft.at + self.draft.rows);
        let cells: Vec<String> = cells
            .unwrap_or_default()
            .iter()
            .flat_map(|row| &row.cells)
            .map(|cell| fold_loosely(&cell.text()))
            .collect();
        let columns = self
            .draft
            .columns
            .iter()
            .map(|column| (&column.name, &column.header));
        let elements = self.draft.elements.iter().flat_map(|elements| {
            let found = elements.found.iter().map(|(_, text, ..)| (text, text));
            let shape = elements.element.iter().chain(&elements.replicates);
            let shape: Vec<_> = shape.map(|text| (text, text)).collect();
            let found: Vec<_> = if shape.is_empty() {
                found.collect()
            } else {
                Vec::new()
            };
            shape.into_iter().chain(found)
        });
        let mut words: Vec<String> = Vec::new();
        for (name, header) in columns.chain(elements) {
            let in_cell = |text: &str| cells.contains(&fold_loosely(text));
            let word = [name, header].into_iter().find(|text| in_cell(text));
            let lines = || header.lines().find(|line| !line.trim().is_empty());
            let word = word.cloned().or_else(|| {
                // With its unit split off, or one line of it: the reader compares those as well.
                let split = unit_splits(header);
                split
                    .first()
                    .map(|(name, _)| name.clone())
                    .or_else(|| lines().map(str::to_owned))
            });
            let Some(word) = word else { continue };
            let word = on_one_line(&word);
            if !word.contains('|') && !word.trim().is_empty() && !words.contains(&word) {
                words.push(word);
            }
            if words.len() == 3 {
                break;
            }
        }
        words
    }

    /// Words of the first lines that tell this export from others.
    pub(super) fn head_words(&self, find: &[String]) -> Vec<String> {
        let mut words: Vec<String> = Vec::new();
        let draft = &self.draft;
        let columns = draft.columns.iter().map(|column| column.header.as_str());
        let leftovers = draft
            .leftovers
            .iter()
            .map(|leftover| leftover.header.as_str());
        let elements = draft.elements.iter().flat_map(|elements| &elements.found);
        let elements = elements.map(|(_, text, ..)| text.as_str());
        let mut texts: Vec<&str> = columns.chain(leftovers).chain(elements).collect();
        // The longest say most about where a file comes from.
        texts.sort_by_key(|text| std::cmp::Reverse(text.chars().count().min(24)));
        for text in texts.into_iter().chain(find.iter().map(String::as_str)) {
            let line = text.lines().find(|line| !line.trim().is_empty());
            let word = line.unwrap_or_default().trim();
            if word.is_empty()
                || word.contains(['|', '"'])
                || words.iter().any(|known| known == word)
            {
                continue;
            }
            if self.stands_in_file(word) {
                words.push(word.to_owned());
            }
            if words.len() == 4 {
                break;
            }
        }
        words
    }

    /// Whether the profiles' own look at a file finds a word in it.
    pub(super) fn stands_in_file(&self, word: &str) -> bool {
        let word = fold(word);
        let mut rows = self
            .sight
            .grids
            .iter()
            .flat_map(|grid| grid.rows.iter().take(HEAD_LINES));
        rows.any(|row| {
            let mut lines = row.raw.lines().zip(row.line..);
            lines.any(|(line, number)| number <= HEAD_LINES as u64 && fold(line).contains(&word))
        })
    }
}

/// The remark that the heat may be the beginning of the file's name.
fn heat_in_name(key: &str, stem: &str, extension: &str, lacking: &[String]) -> Option<String> {
    let separator = ['_', '-', ' ']
        .into_iter()
        .find(|&sign| stem.contains(sign))?;
    lacking.iter().any(|field| field == "heat_id").then(|| {
        format!(
            r"when the name begins with the heat: '(?i)^(?<{key}>(?<heat_id>[^{separator}]+){separator}.+)\.{}$'",
            regex::escape(extension)
        )
    })
}
