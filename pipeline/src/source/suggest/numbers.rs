//! How the numbers of a file are written, judged by the columns that hold numbers alone.

use super::draft::FieldDraft;
use super::propose::Proposal;
use super::words::{FLAGS, MISSING, is_numeric, quoted};
use crate::source::Layout;
use crate::source::delimited::{DecimalEvidence, Delimiter};
use crate::source::grid::GridCell;

impl Proposal<'_> {
    /// The cells of every mapped column of numbers.
    pub(super) fn number_cells(&self) -> impl Iterator<Item = (&FieldDraft, &GridCell)> {
        let from = self.draft.at + self.draft.rows + self.draft.units_row;
        let rows = self.grid.rows.get(from..).unwrap_or_default();
        let numbers = self
            .draft
            .columns
            .iter()
            .filter(|column| !column.unit.words().0.is_empty());
        numbers.flat_map(move |column| {
            rows.iter()
                .take(2000)
                .map(move |row| (column, row.cell(column.position)))
        })
    }

    /// The cells of every column that is an element.
    pub(super) fn element_cells(&self) -> impl Iterator<Item = &GridCell> {
        let from = self.draft.at + self.draft.rows + self.draft.units_row;
        let from = if self.draft.layout == Layout::TextLines {
            0
        } else {
            from
        };
        let rows = self.grid.rows.get(from..).unwrap_or_default();
        let columns = self
            .draft
            .elements
            .iter()
            .flat_map(|elements| &elements.found);
        columns.flat_map(move |(position, ..)| {
            rows.iter().take(2000).map(move |row| row.cell(*position))
        })
    }

    pub(super) fn decimal(&self) -> (String, String) {
        if self.sight.dialect.is_none() {
            return (
                "auto".to_owned(),
                "numbers of a workbook have no decimal sign".to_owned(),
            );
        }
        let mut seen = DecimalEvidence::default();
        let cells = self
            .number_cells()
            .map(|(_, cell)| cell)
            .chain(self.element_cells());
        for cell in cells {
            seen.add(&cell.text());
        }
        let comma_parts = self
            .sight
            .dialect
            .is_some_and(|dialect| dialect.delimiter == Delimiter::Char(b','));
        match seen.decimal() {
            Some(decimal) if decimal == self.sight.decimal => (decimal.to_string(), String::new()),
            _ if comma_parts && self.sight.decimal == '.' => (".".to_owned(), String::new()),
            Some(_) => (self.sight.decimal.to_string(), String::new()),
            None => (
                "auto".to_owned(),
                "CHECK: is 1.234 a fraction or a thousand? write \".\" or \",\"".to_owned(),
            ),
        }
    }

    /// A thousands separator: declared where a number proves it, asked for where one suggests it.
    pub(super) fn thousands(&self) -> Option<String> {
        let separator = if self.sight.decimal == '.' { ',' } else { '.' };
        let proof = |text: &str| {
            let (whole, fraction) = text
                .rsplit_once(self.sight.decimal)
                .map_or((text, ""), |x| x);
            let groups: Vec<&str> = whole.split(separator).collect();
            let grouped = groups.len() > 1
                && groups[1..].iter().all(|group| group.len() == 3)
                && (1..=3).contains(&groups[0].len())
                && groups
                    .iter()
                    .all(|group| group.bytes().all(|byte| byte.is_ascii_digit()));
            (grouped && fraction.bytes().all(|byte| byte.is_ascii_digit()))
                .then_some(!fraction.is_empty() || groups.len() > 2)
        };
        let mut asked = None;
        let cells = self
            .number_cells()
            .map(|(_, cell)| cell)
            .chain(self.element_cells());
        for cell in cells {
            let GridCell::Text(text) = cell else { continue };
            match proof(text.trim()) {
                Some(true) => {
                    return Some(format!(
                        "thousands = \"{separator}\" # as in {}",
                        quoted(text.trim())
                    ));
                }
                Some(false) => asked = asked.or_else(|| Some(text.trim().to_owned())),
                None => {}
            }
        }
        asked.map(|text| {
            format!(
                "# CHECK: thousands = \"{separator}\" # if {} is a thousand; such rows are refused until then",
                quoted(&text)
            )
        })
    }

    pub(super) fn sheet(&self) -> Option<String> {
        let several = self.sight.grids.len() > 1;
        self.grid.sheet.clone().filter(|_| several)
    }

    /// Words for "no value" that stand in the columns that are read, and the common ones.
    pub(super) fn missing_words(&self) -> Vec<String> {
        let mut words: Vec<String> = ["", "-", "/", "ND", "N/A"].map(str::to_owned).to_vec();
        let from = self.draft.at + self.draft.rows;
        let rows = self.grid.rows.get(from..).unwrap_or_default();
        let cells = rows.iter().take(5000).flat_map(|row| &row.cells);
        for cell in cells.chain(
            self.grid
                .rows
                .iter()
                .take(self.draft.at)
                .flat_map(|row| &row.cells),
        ) {
            let GridCell::Text(text) = cell else { continue };
            let text = text.trim();
            if MISSING.contains(&text) && !words.iter().any(|word| word == text) {
                words.push(text.to_owned());
            }
        }
        words
    }

    /// Flags that stand beside numbers.
    pub(super) fn flags(&self) -> Vec<String> {
        let mut flags: Vec<String> = Vec::new();
        let cells = self
            .number_cells()
            .map(|(_, cell)| cell)
            .chain(self.element_cells());
        for cell in cells {
            let text = cell.text();
            let text = text.trim();
            for flag in FLAGS {
                let bare = text.strip_suffix(flag).or_else(|| text.strip_prefix(flag));
                let number = bare.is_some_and(|bare| is_numeric(&GridCell::Text(bare.to_owned())));
                if number && !flags.iter().any(|known| known == flag) {
                    flags.push(flag.to_owned());
                }
            }
        }
        let behind = self
            .draft
            .elements
            .iter()
            .flat_map(|elements| &elements.flags);
        flags.extend(behind.filter(|flag| *flag != "<" && *flag != ">").cloned());
        flags
    }
}
