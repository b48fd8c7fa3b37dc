//! What a laboratory reports for a specimen beside what its curve says.

use std::collections::BTreeMap;

use serde::Serialize;

use super::flag::Flag;
use super::reduction::Reduction;
use super::settings::ReportedSettings;

/// One result that the laboratory and the curve do not agree on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Disagreement {
    /// Column of `tensile_tests`.
    pub field: &'static str,
    /// What the laboratory reports, in the unit of the column.
    pub reported: f64,
    /// What the curve gives, in the unit of the column.
    pub reduced: f64,
    /// (reduced − reported) / |reported|; infinite for a reported zero.
    pub relative_difference: f64,
    /// Largest difference that would have passed, in the unit of the column.
    pub allowed: f64,
}

/// All disagreements of one specimen.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Comparison {
    /// The results that differ by more than their limit, in the order of [`COMPARED`].
    pub disagreements: Vec<Disagreement>,
    /// Factor by which every strength of the curve differs from the reported one, when there are two or more
    /// strengths, all of them disagree, and all by the same factor within `same_factor`: the cross-section is
    /// wrong by it, not the numbers. Above 1 when the curve's strengths are too high.
    pub area_factor: Option<f64>,
}

/// Columns of `tensile_tests` that are compared, strengths first.
pub const COMPARED: [&str; 10] = [
    "rm_mpa",
    "rp02_mpa",
    "rp10_mpa",
    "reh_mpa",
    "rel_mpa",
    "slope_gpa",
    "a_pct",
    "at_pct",
    "ag_pct",
    "agt_pct",
];

/// How many of [`COMPARED`] are forces over the cross-section that no choice of window moves.
const STRENGTHS: usize = 5;

/// Compares what is `reported` (by column of `tensile_tests`) with `reduction`.
///
/// A result passes when it differs by at most the larger of `absolute` and `relative`·|reported|
/// of its entry in `limits.fields`, `estimate_factor` times that for an extension which the crosshead helped
/// to read. A result that only one side has, one without a limit, and one that
/// is not finite are no disagreement.
pub fn compare(
    reported: &BTreeMap<String, f64>,
    reduction: &Reduction,
    limits: &ReportedSettings,
) -> Comparison {
    let mut comparison = Comparison::default();
    let mut factors = Vec::new();
    let mut strengths = 0;
    let handed_over = reduction.flags.contains(&Flag::HandedOver);
    for (place, field) in COMPARED.into_iter().enumerate() {
        let (Some(&reported), Some(reduced), Some(limit)) = (
            reported.get(field),
            reduced(reduction, field),
            limits.fields.get(field),
        ) else {
            continue;
        };
        if !reported.is_finite() {
            continue;
        }
        strengths += usize::from(place < STRENGTHS);
        let estimated = handed_over && place > STRENGTHS;
        let factor = if estimated {
            limits.estimate_factor
        } else {
            1.0
        };
        let allowed = factor * limit.absolute.max(limit.relative * reported.abs());
        if (reduced - reported).abs() <= allowed {
            continue;
        }
        if place < STRENGTHS {
            factors.push(reduced / reported);
        }
        comparison.disagreements.push(Disagreement {
            field,
            reported,
            reduced,
            relative_difference: (reduced - reported) / reported.abs(),
            allowed,
        });
    }
    if factors.len() == strengths {
        comparison.area_factor = common_factor(&factors, limits.same_factor);
    }
    comparison
}

/// The mean of two or more factors that all lie within `tolerance` of it.
fn common_factor(factors: &[f64], tolerance: f64) -> Option<f64> {
    let mean = factors.iter().sum::<f64>() / factors.len() as f64;
    let same = |factor: &f64| (factor / mean - 1.0).abs() <= tolerance;
    (factors.len() >= 2 && mean.is_finite() && factors.iter().all(same)).then_some(mean)
}

impl Reduction {
    /// Sets a result by its column of `tensile_tests`; one that is not among [`COMPARED`] is passed over.
    pub fn put(&mut self, field: &str, number: Option<f64>) {
        let place = match field {
            "rm_mpa" => &mut self.rm_mpa,
            "rp02_mpa" => &mut self.rp02_mpa,
            "rp10_mpa" => &mut self.rp10_mpa,
            "reh_mpa" => &mut self.reh_mpa,
            "rel_mpa" => &mut self.rel_mpa,
            "slope_gpa" => &mut self.slope_gpa,
            "a_pct" => &mut self.a_pct,
            "at_pct" => &mut self.at_pct,
            "ag_pct" => &mut self.ag_pct,
            "agt_pct" => &mut self.agt_pct,
            _ => return,
        };
        *place = number;
    }
}

/// A result of a reduction by its column of `tensile_tests`.
fn reduced(reduction: &Reduction, field: &str) -> Option<f64> {
    match field {
        "rm_mpa" => reduction.rm_mpa,
        "rp02_mpa" => reduction.rp02_mpa,
        "rp10_mpa" => reduction.rp10_mpa,
        "reh_mpa" => reduction.reh_mpa,
        "rel_mpa" => reduction.rel_mpa,
        "slope_gpa" => reduction.slope_gpa,
        "a_pct" => reduction.a_pct,
        "at_pct" => reduction.at_pct,
        "ag_pct" => reduction.ag_pct,
        "agt_pct" => reduction.agt_pct,
        _ => None,
    }
}
