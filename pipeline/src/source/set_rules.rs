//! Rules that tie the rows of one file together.
//!
//! Nothing here reads or writes. What is found names rows by their position, the one to point at first,
//! so that the caller can look up line and cell. Rules over everything in the lake stand behind it, in
//! the room of features.

use std::collections::{BTreeMap, BTreeSet};

use super::cell::fault;
use super::plausibility::PlausibilityLimits;
use super::row_rules::check_composition;
use crate::contract::{Cell, CellFault, ContractError, Rows};
use crate::domain::{Element, Severity};

/// A rule that rows break together.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct SetFault {
    /// The table.
    pub table: &'static str,
    /// The field to point at.
    pub field: &'static str,
    /// The rows concerned, by position; the first is the one to point at. Never empty.
    pub rows: Vec<usize>,
    /// What the field of the first row holds, as text.
    pub value: String,
    /// What is wrong.
    pub fault: CellFault,
    /// An error keeps all the rows concerned out, a warning lets them in.
    pub severity: Severity,
}

/// Warnings of single rows that [`check_file`]'s `elongation_fraction` says once for all of them.
pub(super) const TOLD_BY_ELONGATION_FRACTION: [&str; 2] = ["probable_yield", "quality_index"];

/// The rows of one table of one file that break rules together.
///
/// `element_sum` (error): a burn whose elements sum to more than the limit, or with Al to less than its
/// lower end. `burn_scatter`: burns of one sample that differ by more than the limit of their level.
/// `elongation_fraction`: all elongations look like fractions; its single rows may already be warned of,
/// see [`TOLD_BY_ELONGATION_FRACTION`]. `charge_total`: lines of a charge that do not sum to its total.
///
/// # Errors
/// When the table lacks one of the contract's columns.
pub(super) fn check_rows(
    limits: &PlausibilityLimits,
    rows: &Rows,
    complete: bool,
) -> Result<Vec<SetFault>, ContractError> {
    match rows.contract().name.as_str() {
        "oes_burns" => {
            let mut faults = element_sums(limits, rows, complete)?;
            let out: BTreeSet<usize> = faults.iter().flat_map(|sum| sum.rows.clone()).collect();
            faults.extend(burn_scatter(limits, rows, &out)?);
            Ok(faults)
        }
        "tensile_tests" => elongation_fraction(limits, rows),
        "charge_lines" if complete => charge_totals(limits, rows),
        _ => Ok(Vec::new()),
    }
}

fn warning(
    (table, field): (&'static str, &'static str),
    rows: Vec<usize>,
    value: &str,
    fault: CellFault,
) -> SetFault {
    SetFault {
        table,
        field,
        rows,
        value: value.to_owned(),
        fault,
        severity: Severity::Warning,
    }
}

/// A text column with "" where nothing stands.
fn texts<'a>(rows: &'a Rows, name: &str) -> Result<Vec<&'a str>, ContractError> {
    let column = rows.text(name)?;
    Ok(column.iter().map(Option::unwrap_or_default).collect())
}

/// Positions of the rows that share a key, in order of their keys.
fn grouped<K: Ord>(keys: impl IntoIterator<Item = K>) -> BTreeMap<K, Vec<usize>> {
    let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
    for (row, key) in keys.into_iter().enumerate() {
        groups.entry(key).or_default().push(row);
    }
    groups
}

/// `n specimens` or `1 specimen`.
fn counted(n: usize, what: &str) -> String {
    format!("{n} {what}{}", if n == 1 { "" } else { "s" })
}

/// The sum of the elements of every burn.
///
/// The lower end counts for burns that hold every element the file has, in a file of which nothing was
/// refused: elsewhere a sum is low because something is missing.
fn element_sums(
    limits: &PlausibilityLimits,
    burns: &Rows,
    complete: bool,
) -> Result<Vec<SetFault>, ContractError> {
    let (samples, elements) = (texts(burns, "sample_id")?, texts(burns, "element")?);
    let (numbers, contents) = (burns.integer("burn_no")?, burns.number("value_wt_pct")?);
    let all: BTreeSet<&str> = elements.iter().copied().collect();
    let mut faults = Vec::new();
    for ((sample, burn), rows) in grouped(samples.iter().zip(numbers)) {
        let composition: BTreeMap<Element, f64> = rows
            .iter()
            .filter_map(|&row| Some((Element::parse(elements[row])?, contents[row]?)))
            .collect();
        let broken = check_composition(limits, "", &composition);
        let sum = broken.into_iter().find(|b| b.severity == Severity::Error);
        let total: f64 = composition.values().sum();
        let is_low = total < limits.composition.sum_wt_pct[0];
        let is_whole = complete && rows.len() >= all.len();
        if let Some(sum) = sum.filter(|_| !is_low || is_whole) {
            let burn = burn.map_or_else(String::new, |burn| burn.to_string());
            faults.push(SetFault {
                table: "oes_burns",
                field: "value_wt_pct",
                value: Cell::number(contents[rows[0]]).to_string(),
                rows,
                fault: CellFault {
                    message: format!("sample {sample}, burn {burn}: {}", sum.fault.message),
                    ..sum.fault
                },
                severity: Severity::Error,
            });
        }
    }
    Ok(faults)
}

/// Burns of one sample that differ by more than the limit of their level; points at the burn that lies
/// farthest from the median.
///
/// The relative standard deviation is that of the sample (n - 1). A group with a reading below its
/// detection limit is not judged, nor are the rows in `out`.
fn burn_scatter(
    limits: &PlausibilityLimits,
    burns: &Rows,
    out: &BTreeSet<usize>,
) -> Result<Vec<SetFault>, ContractError> {
    let (samples, elements) = (texts(burns, "sample_id")?, texts(burns, "element")?);
    let contents = burns.number("value_wt_pct")?;
    let mut faults = Vec::new();
    for ((sample, element), mut rows) in grouped(samples.iter().zip(&elements)) {
        rows.retain(|row| !out.contains(row));
        let values: Vec<f64> = rows.iter().filter_map(|&row| contents[row]).collect();
        if values.len() < rows.len() || values.len() < limits.burns.fewest.max(2) {
            continue;
        }
        #[allow(clippy::cast_precision_loss, reason = "burns of one sample are few")]
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
        let rsd = (squares / (n - 1.0)).sqrt() / mean;
        let mut levels = limits.burns.levels.iter();
        let Some(level) = levels.find(|level| mean >= level.from_wt_pct) else {
            continue;
        };
        if rsd <= level.highest_rsd {
            continue;
        }
        let median = {
            let mut sorted = values.clone();
            sorted.sort_by(f64::total_cmp);
            0.5 * (sorted[(sorted.len() - 1) / 2] + sorted[sorted.len() / 2])
        };
        let off = |row: usize| (contents[row].unwrap_or(median) - median).abs();
        // Of two that lie equally far the first is named.
        let farthest = (0..rows.len()).fold(0, |worst, at| {
            if off(rows[at]) > off(rows[worst]) {
                at
            } else {
                worst
            }
        });
        rows.swap(0, farthest);
        let message = format!(
            "the {} of {element} in sample {sample} differ by {:.1} % (relative standard deviation), above \
             {:.0} % at {mean:.3} wt%; this one lies farthest off",
            counted(values.len(), "burn"),
            100.0 * rsd,
            100.0 * level.highest_rsd
        );
        let value = Cell::number(contents[rows[0]]).to_string();
        faults.push(warning(
            ("oes_burns", "value_wt_pct"),
            rows,
            &value,
            fault(
                "burn_scatter",
                message,
                "a bad burn, or one of another sample? the mean of the heat counts all of them",
            ),
        ));
    }
    Ok(faults)
}

/// Whether the rows of a table are judged together in ways that need all of them at once.
pub(super) fn judged_together(table: &str) -> bool {
    matches!(table, "oes_burns" | "charge_lines")
}

/// Line, value and fault of a finding about many rows.
pub(super) type Told = (u64, String, CellFault);

/// What the elongations of a file have in common, however many there are.
#[derive(Debug, Default)]
pub(super) struct Elongations {
    n: usize,
    highest: f64,
    /// Line and value of the first.
    first: Option<(u64, f64)>,
}

impl Elongations {
    /// What [`Elongations::look`] looks at.
    pub(super) const COLUMNS: [&str; 4] = ["a_pct", "rm_mpa", "rp02_mpa", "source_line"];

    /// Looks at more rows; those of another table tell nothing, and a column without cells is missing.
    pub(super) fn look(&mut self, tests: &Rows) {
        let (Ok(elongations), Ok(rm), Ok(rp02)) = (
            tests.number("a_pct"),
            tests.number("rm_mpa"),
            tests.number("rp02_mpa"),
        ) else {
            return;
        };
        for (row, elongation) in elongations.iter().enumerate() {
            let Some(elongation) = *elongation else {
                continue;
            };
            let missing =
                |strengths: &[Option<f64>]| strengths.get(row).is_none_or(Option::is_none);
            if missing(rm) && missing(rp02) {
                continue; // no specimen of which anything else is known
            }
            self.n += 1;
            self.highest = self.highest.max(elongation);
            if self.first.is_none() {
                let lines = tests.integer("source_line").ok();
                let line = lines.and_then(|lines| *lines.get(row)?);
                let line = line.and_then(|line| u64::try_from(line).ok());
                self.first = Some((line.unwrap_or_default(), elongation));
            }
        }
    }

    /// All of them look like fractions while their strengths are there.
    pub(super) fn fault(&self, limits: &PlausibilityLimits) -> Option<Told> {
        let below = limits.elongation.fraction_below_pct;
        let (line, first) = self.first?;
        if self.n < limits.elongation.fraction_fewest.max(1) || self.highest >= below {
            return None;
        }
        let message = format!(
            "all {} elongations of the file lie below {below} %, the highest at {} %",
            self.n, self.highest
        );
        let fault = fault(
            "elongation_fraction",
            message,
            "are these fractions under a header in %? nothing was converted; write `[mm/mm]` behind the \
             column's name",
        );
        Some((line, first.to_string(), fault))
    }
}

/// All elongations of the file look like fractions while its strengths are there.
fn elongation_fraction(
    limits: &PlausibilityLimits,
    tests: &Rows,
) -> Result<Vec<SetFault>, ContractError> {
    let mut elongations = Elongations::default();
    elongations.look(tests);
    let Some((_, value, fault)) = elongations.fault(limits) else {
        return Ok(Vec::new());
    };
    let all = tests.number("a_pct")?.iter().enumerate();
    let rows = all.filter_map(|(row, a)| a.map(|_| row)).collect();
    Ok(vec![warning(
        ("tensile_tests", "a_pct"),
        rows,
        &value,
        fault,
    )])
}

/// Charges whose lines do not sum to the total that their lines state.
fn charge_totals(
    limits: &PlausibilityLimits,
    lines: &Rows,
) -> Result<Vec<SetFault>, ContractError> {
    let (masses, totals) = (lines.number("mass_kg")?, lines.number("charge_total_kg")?);
    let mut faults = Vec::new();
    for (heat, rows) in grouped(texts(lines, "heat_id")?) {
        let sum: f64 = rows.iter().filter_map(|&row| masses[row]).sum();
        let off = |&row: &usize| {
            let total = totals[row]?;
            let far = (sum - total).abs() > limits.heat.charge_total_tolerance * total;
            far.then_some((row, total))
        };
        let Some((first, total)) = rows.iter().find_map(off) else {
            continue;
        };
        let message = format!(
            "the {} of heat {heat} sum to {:.1} kg, but its stated total is {total} kg",
            counted(rows.len(), "charge line"),
            sum
        );
        faults.push(warning(
            ("charge_lines", "charge_total_kg"),
            vec![first],
            &Cell::Number(total).to_string(),
            fault(
                "charge_total",
                message,
                "a line missing, charged twice, or in another unit?",
            ),
        ));
    }
    Ok(faults)
}

#[cfg(test)]
#[path = "set_rules_tests.rs"]
mod tests;
