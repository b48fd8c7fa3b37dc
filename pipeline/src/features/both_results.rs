//! What a laboratory reports for a specimen beside what its curve gives, when the two come in different files.
//!
//! Both results are kept as rows of `tensile_tests` of their own; `specimens.sql` says which one counts. Here
//! they are held against each other, whichever arrived first and however many nights lie between them.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, DataType, PolarsResult};

use super::FeatureError;
use super::belonging::{Place, paths, places, texts, warning};
use super::frames::{context, failed, run};
use crate::curve::{COMPARED, Comparison, Flag, Reduction, ReportedSettings, compare};
use crate::domain::Finding;
use crate::lake::Snapshot;

/// Name of the SQL text, for messages.
const QUERY: &str = "both_results.sql";

/// Results that hang on the gauge length of the elongation.
const OVER_GAUGE: [&str; 2] = ["a_pct", "at_pct"];

/// One specimen with both results.
#[derive(Clone, Debug, PartialEq)]
struct Both {
    specimen: String,
    /// Where the laboratory's result stands.
    reported_at: Place,
    /// The file of the curve.
    curve: String,
    /// What the laboratory reports, by column of `tensile_tests`.
    reported: BTreeMap<String, f64>,
    /// What the curve gives.
    reduction: Reduction,
}

/// Results of the laboratory that are not those of the specimen's curve; warnings in the order of specimens.
///
/// `reported_result`: the two differ by more than `limits` allow; one finding for each result, at the
/// laboratory's row, with both values and, where all strengths differ by one factor, the cross-section as the
/// likely cause. A result that only one side has is no disagreement.
///
/// # Errors
/// When a table cannot be read or the query fails.
pub fn disagreements(
    lake: Snapshot<'_>,
    limits: &ReportedSettings,
) -> Result<Vec<Finding>, FeatureError> {
    let files = lake.read("files")?;
    let path_of = paths(&files)?;
    let sql = include_str!("../../sql/both_results.sql");
    let frame = run(&mut context(lake)?, QUERY, sql)?;
    let both = both_of(&frame, &path_of).map_err(|error| failed(QUERY, &error))?;
    Ok(both.iter().flat_map(|both| judged(both, limits)).collect())
}

/// The warnings about one specimen.
fn judged(both: &Both, limits: &ReportedSettings) -> Vec<Finding> {
    let found = compare(&both.reported, &both.reduction, limits);
    let hint = hint(&found);
    let warn = |one: &crate::curve::Disagreement| {
        let message = format!(
            "specimen {}: {} is reported, its curve in {} gives {:.1} ({:+.1} %)",
            both.specimen,
            one.reported,
            both.curve,
            one.reduced,
            100.0 * one.relative_difference
        );
        let value = one.reported.to_string();
        let rule = ("reported_result", hint.as_str());
        warning(&both.reported_at, (one.field, &value), rule, message)
    };
    found.disagreements.iter().map(warn).collect()
}

/// The likely cause.
fn hint(found: &Comparison) -> String {
    match found.area_factor {
        Some(factor) => {
            format!("every strength differs by the factor {factor:.3}: a wrong cross-section?")
        }
        None => {
            "a typing error, a wrong cross-section, or the curve of another specimen?".to_owned()
        }
    }
}

fn both_of(frame: &DataFrame, path_of: &BTreeMap<&str, &str>) -> PolarsResult<Vec<Both>> {
    let specimens = texts(frame, "specimen_id")?;
    let reported_at = places(frame, "source_line", path_of)?;
    let curves = texts(frame, "curve_sha256")?;
    let kinds = [
        texts(frame, "reported_elongation_type")?,
        texts(frame, "reduced_elongation_type")?,
    ];
    let handed_over = frame.column("handed_over")?.cast(&DataType::Boolean)?;
    let handed_over: Vec<bool> = handed_over
        .bool()?
        .iter()
        .map(|cell| cell.unwrap_or_default())
        .collect();
    let mut columns = Vec::new();
    for field in COMPARED {
        columns.push((
            field,
            numbers(frame, &format!("reported_{field}"))?,
            numbers(frame, &format!("reduced_{field}"))?,
        ));
    }
    let both = |row: usize| {
        let [reported_kind, reduced_kind] = [0, 1].map(|side| kinds[side][row].as_str());
        // Elongations of different types do not convert into each other.
        let of_one_kind =
            reported_kind.is_empty() || reduced_kind.is_empty() || reported_kind == reduced_kind;
        let mut reported = BTreeMap::new();
        let mut reduction = Reduction::default();
        for (field, by_lab, by_curve) in &columns {
            if !of_one_kind && OVER_GAUGE.contains(field) {
                continue;
            }
            if let Some(number) = by_lab[row] {
                reported.insert((*field).to_owned(), number);
            }
            reduction.put(field, by_curve[row]);
        }
        if handed_over[row] {
            reduction.flags.push(Flag::HandedOver);
        }
        Both {
            specimen: specimens[row].clone(),
            reported_at: reported_at[row].clone(),
            curve: path_of
                .get(curves[row].as_str())
                .map_or_else(|| curves[row].clone(), |path| (*path).to_owned()),
            reported,
            reduction,
        }
    };
    Ok((0..frame.height()).map(both).collect())
}

fn numbers(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<f64>>> {
    let column = frame.column(name)?.cast(&DataType::Float64)?;
    Ok(column.f64()?.iter().collect())
}

#[cfg(test)]
#[path = "both_results_tests.rs"]
mod tests;
