//! Every row that may be a header × every table its names may belong to → the best draft.

use std::collections::BTreeMap;

use super::burns::{AT_LEAST, burn_column, element_columns, element_rows};
use super::draft::{Draft, ElementsDraft, Leftover};
use super::mapping::{Judge, Mapping, map, sample_of};
use super::rows::{
    WITHIN, data_rows, has_values, is_all_numbers, may_be_header, repetition, skipped,
};
use super::words::is_units_row;
use crate::contract::Contracts;
use crate::domain::Unit;
use crate::source::elements::ElementNames;
use crate::source::fold::{fold_loosely, unit_of, unit_splits};
use crate::source::grid::{Grid, GridCell, GridRow};
use crate::source::header::{self, Header, HeaderText, Lexicon};
use crate::source::job::Job;
use crate::source::profile::{Aliases, Format};
use crate::source::stream::RowStream;
use crate::source::{Layout, Profile, Reading};

/// Points that a curve has at least.
const POINTS: usize = 8;

/// Results that make a table one of tensile tests.
const RESULTS: [&str; 7] = [
    "rm_mpa",
    "rp02_mpa",
    "a_pct",
    "ag_pct",
    "agt_pct",
    "z_pct",
    "slope_gpa",
];

/// What the search rests on.
pub(super) struct Search<'a> {
    pub reading: Reading<'a>,
    pub contracts: &'a Contracts,
    pub aliases: &'a Aliases,
    pub names: ElementNames,
    /// A profile that knows every shared name, one for each table, and those names.
    pub bases: Vec<(&'a Profile, Lexicon<'a>)>,
}

impl Search<'_> {
    /// The best draft for a grid.
    pub(super) fn best(&self, grid: &Grid, format: &Format) -> Option<Draft> {
        let mut best: Option<Draft> = None;
        let within = grid.rows.len().min(WITHIN);
        let mut take = |draft: Option<Draft>| {
            let score = |draft: &Option<Draft>| draft.as_ref().map_or(0, |draft| draft.score);
            if score(&draft) > score(&best) {
                best = draft;
            }
        };
        let (base, _) = self.bases.first()?;
        let mut profile = (*base).clone();
        for at in (0..within).filter(|&at| may_be_header(&grid.rows[at])) {
            for rows in 1..=2 {
                let Some(last) = grid.rows.get(at + rows - 1) else {
                    break;
                };
                let line0 = grid.rows[at].line.saturating_sub(1);
                let merged = grid.merged.iter().any(|area| u64::from(area.top) == line0);
                let joined = grid.merged.iter().any(|area| {
                    u64::from(area.top) == line0 && u64::from(area.bottom) == line0 + 1
                });
                if rows == 2 && ((!may_be_header(last) && !merged) || is_units_row(last)) {
                    break;
                }
                let units_row = usize::from(grid.rows.get(at + rows).is_some_and(is_units_row));
                profile.header.line = Some(grid.rows[at].line);
                profile.header.rows = rows;
                profile.header.units_row = Some(units_row);
                let Some(header) = self.header(grid, format, &profile) else {
                    continue;
                };
                let data = data_rows(grid, at + rows + units_row);
                for (base, lexicon) in &self.bases {
                    let draft = self.draft((base, lexicon), format, &header, &data);
                    take(draft.map(|draft| {
                        Draft {
                            at,
                            rows,
                            units_row,
                            line: header.line,
                            // A row above the header is hardly ever part of it, unless cells join them.
                            score: draft.score.saturating_sub(if joined {
                                0
                            } else {
                                2 * (rows - 1)
                            }),
                            ..draft
                        }
                    }));
                }
            }
        }
        best.map(|draft| Draft {
            skipped: skipped(grid, &draft),
            ..draft
        })
    }

    /// The header at a place, read as the profile would.
    pub(super) fn header(&self, grid: &Grid, format: &Format, profile: &Profile) -> Option<Header> {
        let none = BTreeMap::new();
        let job = Job {
            reading: self.reading,
            profile,
            format,
            dialect: None,
            path: "",
            name: "",
            known: &none,
            titled: &none,
            sheets: &[],
            shared: &[],
            offset: 0,
        };
        header::locate(&job, &mut RowStream::of_grid(grid)).ok()
    }

    /// What a header means under one table; `None` when it lacks what makes the table.
    fn draft(
        &self,
        (base, lexicon): (&Profile, &Lexicon<'_>),
        format: &Format,
        header: &Header,
        data: &[&GridRow],
    ) -> Option<Draft> {
        let limit = repetition(&header.columns);
        let columns = &header.columns[..limit.unwrap_or(header.columns.len())];
        let judge = Judge {
            lexicon,
            aliases: self.aliases,
            format,
            points_only: base.table == "tensile_curves",
        };
        let mut draft = Draft {
            layout: Layout::Table,
            table: base.table.clone(),
            at: 0,
            rows: 1,
            units_row: 0,
            line: 0,
            limit,
            columns: Vec::new(),
            heads: Vec::new(),
            leftovers: Vec::new(),
            elements: None,
            skipped: Vec::new(),
            score: 0,
        };
        if data.is_empty() {
            return None;
        }
        let mut elements = ElementsDraft::default();
        if matches!(base.table.as_str(), "oes_burns" | "tensile_tests") {
            elements = element_columns(&self.names, self.aliases, columns, data);
        }
        if elements.found.len() < AT_LEAST {
            elements = ElementsDraft::default();
        }
        let mut burn = None;
        if base.table == "oes_burns" && !elements.found.is_empty() {
            draft.layout = Layout::WideChemistry;
            burn = burn_column(columns, data).filter(|&at| !columns[at].text().is_empty());
            elements.burn = burn.map(|at| columns[at].text());
        }
        if base.table == "oes_burns"
            && elements.found.is_empty()
            && let Some(rows) = element_rows(&self.names, self.aliases, columns, data)
            && !has_values(columns)
        {
            draft.layout = Layout::ElementRows;
            elements = rows;
        }
        let is_reading = |text: &str| {
            let readings = elements.replicates.iter().chain(&elements.element);
            readings
                .into_iter()
                .any(|name| fold_loosely(name) == fold_loosely(text))
        };
        let is_element = |position: usize| {
            Some(position) == burn
                || elements.found.iter().any(|(at, ..)| *at == position)
                || is_reading(&columns[position].text())
                || columns[position].parts.iter().any(|part| is_reading(part))
        };
        let Mapping {
            columns: mapped,
            leftovers,
        } = map(judge, columns, data, &is_element);
        draft.columns = mapped;
        draft.leftovers = leftovers;
        if base.table == "tensile_curves" && !draft.gives("strain") && !draft.gives("extension_mm")
        {
            point_at_lengths(&mut draft, columns);
        }
        for (position, column) in header.columns.iter().enumerate().skip(columns.len()) {
            let cells: Vec<&GridCell> = data.iter().map(|row| row.cell(position)).collect();
            if !column.text().is_empty() {
                draft.leftovers.push(Leftover {
                    header: column.text(),
                    column: position + 1,
                    sample: sample_of(&cells),
                    reason: "right of the repetition".to_owned(),
                });
            }
        }
        draft.score = self.score(&draft, &elements, data)?;
        if !elements.found.is_empty() {
            draft.elements = Some(elements);
        }
        if draft.table == "tensile_curves" {
            draft.layout = Layout::Curve;
        }
        Some(draft)
    }

    /// How much of the table there is; `None` when what makes it is not.
    fn score(&self, draft: &Draft, elements: &ElementsDraft, data: &[&GridRow]) -> Option<usize> {
        let contract = self.contracts.table(&draft.table).ok()?;
        let filled = |name: &&str| {
            let mut columns = draft.columns.iter();
            columns.any(|column| column.field == **name && column.fit.filled > 0)
        };
        let has = |names: &[&str]| names.iter().any(filled);
        let bonus = match draft.table.as_str() {
            "tensile_curves" => {
                let whole =
                    has(&["force_n", "stress_mpa"]) && has(&["strain", "extension_mm", "time_s"]);
                let points = data.len() >= POINTS && data.iter().all(|row| is_all_numbers(row));
                if !whole || !points {
                    return None;
                }
                8
            }
            "tensile_tests" => {
                if !has(&RESULTS) {
                    return None;
                }
                3 * RESULTS.iter().filter(|name| filled(name)).count()
            }
            "oes_burns" => match draft.layout {
                Layout::Table if !has(&["value_wt_pct"]) => return None,
                Layout::Table => 8,
                Layout::ElementRows => 12 + elements.replicates.len().min(9),
                _ => 2 * elements.found.len().min(12),
            },
            "charge_lines" => {
                if !has(&["mass_kg"]) || !has(&["source_class", "material", "line_no", "stream"]) {
                    return None;
                }
                8
            }
            _ => {
                if !has(&["kind"]) || !has(&["outcome", "evidence_id"]) {
                    return None;
                }
                4
            }
        };
        let worth = |field: &str| {
            let required = contract.field(field);
            let required = required.is_some_and(|field| field.constraints.required);
            if required { 3 } else { 1 }
        };
        // One name alone may be a word of a sentence.
        let recognised = draft.columns.iter().filter(|column| column.fit.filled > 0);
        if recognised.count() < 2 && elements.found.is_empty() {
            return None;
        }
        let columns = draft.columns.iter().filter(|column| column.fit.filled > 0);
        let columns: usize = columns.map(|column| worth(&column.field)).sum();
        let beside = if draft.table == "tensile_tests" {
            elements.found.len().min(12)
        } else {
            0
        };
        // A unit that stands in the file is a sign of having read it right.
        let stated = draft
            .columns
            .iter()
            .filter(|column| !column.unit.words().0.is_empty() && column.rank() > 0)
            .count();
        Some(bonus + columns + beside + stated)
    }
}

/// Says of columns in a unit of length that they may be the extension that a curve lacks.
fn point_at_lengths(draft: &mut Draft, columns: &[HeaderText]) {
    let Some(mm) = Unit::parse("mm") else { return };
    for leftover in &mut draft.leftovers {
        let Some(column) = leftover
            .column
            .checked_sub(1)
            .and_then(|at| columns.get(at))
        else {
            continue;
        };
        let splits = unit_splits(&column.text())
            .into_iter()
            .map(|(_, unit)| unit);
        let mut words = [column.unit_row.clone()].into_iter().chain(splits);
        let length = words.find_map(|word| unit_of(&word).filter(|unit| unit.converts_to(mm)));
        if let Some(unit) = length.filter(|_| leftover.reason.is_empty()) {
            leftover.reason = format!(
                "in {}: extension_mm, if it is the extensometer's and not the crosshead's",
                unit.name()
            );
        }
    }
}
