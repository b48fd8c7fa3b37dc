//! Basis values of one group of measurements: the library behind `regrade basis`.
//!
//! In: a [`Sample`] and a [`Request`]. Out: a [`BasisReport`] whose JSON keys other programs may
//! rely on. A request that makes no sense is an error; a model that the data refuse is a report
//! without bounds whose `warnings` say why, so that one bad group does not hide the others.

use serde::Serialize;

use super::anova_bound::AnovaFit;
use super::basis_choice::{Choice, choose};
use super::basis_fit::Fitted;
use super::basis_request::check;
use super::capability::{Capability, HeatCapability, Limits, heat_capability, sample_capability};
use super::diagnostics::Diagnostic;
use super::error::ModelError;
use super::independent::Interval;
use super::side::Side;

pub use super::basis_request::{A_BASIS, B_BASIS, BASIS_CONFIDENCE, Method, Request, Sample};

/// One bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BoundEntry {
    /// x; null without x.
    pub at: Option<f64>,
    /// Share of specimens that lie above a lower bound, or below an upper one.
    pub content: f64,
    /// Confidence of that claim.
    pub confidence: f64,
    /// The estimated mean; the median where the method is lognormal, weibull, hanson-koopmans or
    /// nonparametric.
    pub estimate: f64,
    /// The bound.
    pub bound: f64,
    /// Distance from the estimate outwards to the bound over a standard deviation: that of the plain
    /// regression, S of the one-way layout, or that of the sample (for lognormal, of the
    /// logarithms).
    pub k: f64,
    /// The method of this bound: where `auto` falls back on order statistics, a small sample may
    /// have its B value from nonparametric and its A value from hanson-koopmans.
    pub method: &'static str,
}

/// Two-sided intervals at one x, where the method has them: normal, lognormal and regression.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct IntervalEntry {
    /// x; null without x.
    pub at: Option<f64>,
    /// Two-sided confidence of both intervals.
    pub confidence: f64,
    /// Where the mean lies (the median of a lognormal sample).
    pub mean: Interval,
    /// Where the next specimen lies.
    pub next: Interval,
}

/// Variances in squared units of y.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Variance {
    /// Between heats; null where heats are not part of the model or cannot be told apart.
    pub between: Option<f64>,
    /// Within heats, or of independent specimens; null where it cannot be told apart.
    pub within: Option<f64>,
}

/// Capability, by what is known of heats.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum CapabilityEntry {
    /// Of independent specimens.
    Sample(Capability),
    /// Of random heats.
    Heats(HeatCapability),
}

impl CapabilityEntry {
    /// Cpk and its one-sided lower bound.
    pub fn cpk(&self) -> (f64, f64) {
        match self {
            CapabilityEntry::Sample(found) => (found.cpk, found.cpk_lower),
            CapabilityEntry::Heats(found) => (found.cpk, found.cpk_lower),
        }
    }
}

/// What `regrade basis --format json` prints per group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BasisReport {
    /// Name of the group.
    pub group: String,
    /// Name of the [`Method`] that was used, never `auto`.
    pub method: String,
    /// Whether `auto` chose the method, and why; empty when the method was asked for.
    pub reasons: Vec<String>,
    /// Whether the bounds guard the lower or the upper side.
    pub side: Side,
    /// Specimens.
    pub n: usize,
    /// Heats; null when none were given.
    pub groups: Option<usize>,
    /// Bounds, by x and then content A before B; empty when the model was refused.
    pub bounds: Vec<BoundEntry>,
    /// Confidence and prediction intervals, by x; empty for methods that have none.
    pub intervals: Vec<IntervalEntry>,
    /// Cp and Cpk against the limits asked for; null without limits.
    pub capability: Option<CapabilityEntry>,
    /// Estimated variances.
    pub variance: Variance,
    /// Tests of the assumptions.
    pub diagnostics: Vec<Diagnostic>,
    /// What the reader must know, refusals first.
    pub warnings: Vec<String>,
}

impl BasisReport {
    /// Whether the model was refused, so that there is not a single bound.
    pub fn refused(&self) -> bool {
        self.bounds.is_empty()
    }
}

/// Bounds, intervals, variances and diagnostics of one group.
///
/// # Errors
/// Requests that make no sense, see [`ModelError::is_usage`]. Data that refuse the model give a
/// report without bounds.
pub fn basis(sample: &Sample<'_>, request: &Request) -> Result<BasisReport, ModelError> {
    check(sample, request)?;
    let Choice {
        method,
        degree,
        reasons,
    } = choose(sample, request)?;
    let mut report = BasisReport {
        group: sample.group.to_owned(),
        method: method.to_string(),
        reasons,
        side: request.side,
        n: sample.y.len(),
        groups: sample.heats.map(distinct),
        bounds: Vec::new(),
        intervals: Vec::new(),
        capability: None,
        variance: Variance::default(),
        diagnostics: Vec::new(),
        warnings: Vec::new(),
    };
    match Fitted::new(sample, method, degree) {
        Ok(fitted) => fitted.fill(sample, request, &mut report),
        Err(error) if error.is_usage() => return Err(error),
        Err(error) => report.warnings.push(format!("{method} refused: {error}")),
    }
    if request.limits != Limits::default() {
        match capability_of(sample, request) {
            Ok(found) => report.capability = Some(found),
            Err(error) if error.is_usage() => return Err(error),
            Err(error) => report.warnings.push(format!("capability refused: {error}")),
        }
    }
    Ok(report)
}

/// With heats by the one-way layout of random heats, else of independent specimens; x plays no part.
fn capability_of(sample: &Sample<'_>, request: &Request) -> Result<CapabilityEntry, ModelError> {
    let (limits, confidence) = (request.limits, request.confidence);
    Ok(match sample.heats {
        Some(heats) => {
            let fit = AnovaFit::new(sample.y, heats)?;
            CapabilityEntry::Heats(heat_capability(&fit, limits, confidence)?)
        }
        None => CapabilityEntry::Sample(sample_capability(sample.y, limits, confidence)?),
    })
}

/// Number of different heats.
fn distinct(heats: &[usize]) -> usize {
    heats
        .iter()
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests;

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests_of_methods;
