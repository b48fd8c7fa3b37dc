//! Suppliers, or laboratories, side by side: one grade and property, a fit for each, and whether they
//! may be pooled.
//!
//! In: specimens on the modelling scale with their heat and the label of their group. Out: a
//! [`GroupView`]: per group its size, mean and tolerance bound by the usual fit for a verdict, and the
//! k-sample Anderson–Darling test on the heat means of the pooled fit's residuals. When groups do not
//! pool, a verdict belongs to each of them and not to all together.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::diagnostics::{Diagnostic, Outcome};
use super::distributions::check_probability;
use super::double_double::mean;
use super::error::ModelError;
use super::heat_fit::{Bound, Model};
use super::k_sample::anderson_darling_k_sample;
use super::random_heats::{Observations, fit_for_verdict};
use super::side::Side;

/// Fewest heats of a group that is compared with others.
const FEWEST_HEATS: usize = 2;

/// The bound that is asked of each group.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoundRequest {
    /// x at which the bound is wanted; without it, the mean x of the group's specimens. No matter for
    /// [`Model::Mean`].
    pub at: Option<f64>,
    /// Share of specimens it speaks of, in (0, 1); 0.90 for a B basis.
    pub content: f64,
    /// Confidence, in (0, 1).
    pub confidence: f64,
    /// Whether specimens must lie above the bound or below it.
    pub side: Side,
}

impl Default for BoundRequest {
    /// The lower B basis: 90 % of specimens, 95 % confidence.
    fn default() -> BoundRequest {
        BoundRequest {
            at: None,
            content: 0.90,
            confidence: 0.95,
            side: Side::Lower,
        }
    }
}

/// One group by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupSummary {
    /// Its label.
    pub group: String,
    /// Specimens.
    pub n: usize,
    /// Heats.
    pub heats: usize,
    /// Arithmetic mean of its specimens, on the modelling scale.
    pub mean: f64,
    /// The bound of its own fit.
    pub bound: Option<Bound>,
    /// Why there is no bound; absent when there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Groups side by side.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupView {
    /// Every group, by label.
    pub groups: Vec<GroupSummary>,
    /// Specimens without a label, which are in the pooled fit and in no group.
    pub unlabelled: usize,
    /// The test that the groups may be pooled.
    pub poolability: Diagnostic,
    /// False when the test says that groups differ; true also where it could not be made.
    pub pools: bool,
}

/// Summarises every group and tests whether they may be pooled.
///
/// `labels` has the group of each specimen, `None` where it is not known. `test` names the diagnostic,
/// for example `poolability_of_suppliers`. The residuals are those of `model` fitted to all specimens;
/// where that fit is refused the test is skipped with its reason. A group whose own fit is refused
/// keeps its mean and says why it has no bound.
///
/// # Errors
/// [`ModelError::Length`] when lengths differ, [`ModelError::Probability`].
pub fn group_view(
    observations: &Observations,
    labels: &[Option<&str>],
    model: Model,
    request: &BoundRequest,
    test: &str,
) -> Result<GroupView, ModelError> {
    check_probability("content", request.content)?;
    check_probability("confidence", request.confidence)?;
    let Observations { y, x, heats } = observations;
    for (what, found) in [
        ("x", x.len()),
        ("heats", heats.len()),
        ("labels", labels.len()),
    ] {
        if found != y.len() {
            return Err(ModelError::Length {
                what: what.to_owned(),
                expected: y.len(),
                found,
            });
        }
    }
    let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (row, label) in labels.iter().enumerate() {
        if let Some(label) = label {
            rows.entry(label).or_default().push(row);
        }
    }
    let groups: Vec<GroupSummary> = rows
        .iter()
        .map(|(label, rows)| summary(label, &part(observations, rows), model, request))
        .collect();
    let poolability = match fit_for_verdict(observations, model) {
        Ok(fit) => {
            let residual = |(y, x): (&f64, &f64)| y - fit.estimate(*x);
            let residuals: Vec<f64> = y.iter().zip(x).map(residual).collect();
            poolability(test, &residuals, heats, labels)
        }
        Err(error) => Diagnostic::skipped(test, format!("no fit of all specimens: {error}")),
    };
    Ok(GroupView {
        groups,
        unlabelled: labels.iter().filter(|label| label.is_none()).count(),
        pools: poolability.outcome != Outcome::Fail,
        poolability,
    })
}

/// Whether heats of different groups may be pooled: the k-sample Anderson–Darling test on the mean
/// residuals of heats.
///
/// `heat_ids` and `groups` have one entry per residual; a heat whose specimens belong to several
/// groups, as when two laboratories test it, counts once in each. Groups of one heat and residuals
/// without a group say nothing and are passed over; skipped when fewer than two groups are left.
///
/// The order of residuals does not matter but for the rounding of the heat means.
pub fn poolability<H: Ord>(
    test: &str,
    residuals: &[f64],
    heat_ids: &[H],
    groups: &[Option<&str>],
) -> Diagnostic {
    let mut heats: BTreeMap<(&str, &H), (f64, f64)> = BTreeMap::new();
    for ((residual, heat), group) in residuals.iter().zip(heat_ids).zip(groups) {
        if let Some(group) = group {
            let sum = heats.entry((group, heat)).or_default();
            *sum = (sum.0 + residual, sum.1 + 1.0);
        }
    }
    let mut of_group: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
    for ((group, _), (sum, n)) in heats {
        of_group.entry(group).or_default().push(sum / n);
    }
    let compared = of_group
        .into_values()
        .filter(|heats| heats.len() >= FEWEST_HEATS);
    let (mut means, mut numbers) = (Vec::new(), Vec::new());
    for (number, heats) in compared.enumerate() {
        numbers.extend(vec![number; heats.len()]);
        means.extend(heats);
    }
    let mut found = anderson_darling_k_sample(&means, &numbers);
    test.clone_into(&mut found.test);
    found
}

/// The specimens of some rows, their heats numbered anew without gaps.
fn part(observations: &Observations, rows: &[usize]) -> Observations {
    let mut numbers: BTreeMap<usize, usize> = rows
        .iter()
        .map(|&row| (observations.heats[row], 0))
        .collect();
    for (number, entry) in numbers.values_mut().enumerate() {
        *entry = number;
    }
    let heat = |&row: &usize| numbers.get(&observations.heats[row]).copied();
    Observations {
        y: rows.iter().map(|&row| observations.y[row]).collect(),
        x: rows.iter().map(|&row| observations.x[row]).collect(),
        heats: rows.iter().filter_map(heat).collect(),
    }
}

fn summary(
    label: &str,
    specimens: &Observations,
    model: Model,
    request: &BoundRequest,
) -> GroupSummary {
    let bound = fit_for_verdict(specimens, model).and_then(|fit| {
        let at = request.at.unwrap_or_else(|| mean(&specimens.x).to_f64());
        match request.side {
            Side::Lower => fit.lower_bound(at, request.content, request.confidence),
            Side::Upper => fit.upper_bound(at, request.content, request.confidence),
        }
    });
    let (bound, refused) = match bound {
        Ok(bound) => (Some(bound), None),
        Err(error) => (None, Some(error.to_string())),
    };
    GroupSummary {
        group: label.to_owned(),
        n: specimens.y.len(),
        heats: specimens.heats.iter().max().map_or(0, |last| last + 1),
        mean: mean(&specimens.y).to_f64(),
        bound,
        refused,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests;
