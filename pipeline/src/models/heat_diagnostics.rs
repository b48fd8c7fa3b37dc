//! Whether a random-heat regression should be believed: its shape, its heats and its time.
//!
//! In: specimens and their fit. Out: one [`Diagnostic`] per question, each pass, fail or skipped with
//! the reason; nothing is deleted and nothing fails for want of data. Heats are named by their index
//! from 1. Significance is [`SIGNIFICANCE`].
//!
//! | test | fails when |
//! |---|---|
//! | `lack_of_fit` | heats about the curve scatter more than heats that share an x, by an F test; or, where heats share no x, the next power is significant |
//! | `heat_leverage` | a heat's leverage exceeds three times the average |
//! | `one_heat_decides` | one heat holds more than half of the information on a slope, or turns its sign |
//! | `cooks_distance_by_heat` | leaving a heat out moves the fit beyond its 50 % confidence region |
//! | `rank_and_condition` | coefficients cannot be told apart |
//! | `residual_trend` | heat means of the residuals rise or fall with time |

use super::design::{Design, Predictor};
use super::diagnostics::{Diagnostic, Outcome, SIGNIFICANCE};
use super::distributions::{f_critical, f_upper_p, student_quantile, student_two_sided_p};
use super::error::ModelError;
use super::heat_deletion::{Cholesky, Deletions};
use super::heat_fit::{HeatFit, Model};
use super::least_squares::solve;
use super::random_heats::{Observations, fit};
use super::rank_correlation::spearman;

/// A heat's leverage counts as large beyond this many times the average (Velleman & Welsch, The
/// American Statistician 35, 1981).
const LARGE_LEVERAGE: f64 = 3.0;
/// One heat may hold this share of the information on a slope.
const MOST_INFORMATION: f64 = 0.5;
/// Beyond this condition number coefficients of collinear columns mean little one by one (Belsley,
/// Kuh & Welsch, *Regression Diagnostics*, 1980, ch. 3).
const LARGEST_CONDITION: f64 = 30.0;
/// Heats beyond one per x that an estimate of their scatter needs.
const FEWEST_REPLICATES: usize = 2;
/// With fewer heats no order of their residuals is rare enough to be significant.
const FEWEST_FOR_TREND: usize = 5;

/// All diagnostics of a fit in one x, in the order of the table above.
///
/// `days` is a time per specimen in any unit, such as the day its heat was cast; a heat's time is
/// the mean over its specimens that have one.
///
/// # Errors
/// [`ModelError::Length`] or [`ModelError::HeatsNotDense`] when the specimens are not those of the
/// fit.
pub fn diagnose(
    observations: &Observations,
    fitted: &HeatFit,
    days: Option<&[Option<f64>]>,
) -> Result<Vec<Diagnostic>, ModelError> {
    let points: Vec<Vec<f64>> = observations.x.iter().map(|&x| vec![x]).collect();
    let heats = &observations.heats;
    let deletions = Deletions::of(fitted, &observations.y, &points, heats)?;
    let shape = lack_of_fit(observations, fitted);
    Ok(with_shape(shape, fitted, &deletions, days))
}

/// As [`diagnose`], for several regressors; lack of fit is skipped.
///
/// # Errors
/// As for [`diagnose`].
pub fn diagnose_regressors(
    y: &[f64],
    regressors: &[Predictor],
    heats: &[usize],
    fitted: &HeatFit,
    days: Option<&[Option<f64>]>,
) -> Result<Vec<Diagnostic>, ModelError> {
    if let Some(short) = regressors.iter().find(|r| r.values.len() != y.len()) {
        return Err(ModelError::Length {
            what: format!("column {}", short.name),
            expected: y.len(),
            found: short.values.len(),
        });
    }
    let at = |row: usize| regressors.iter().map(|r| r.values[row]).collect();
    let points: Vec<Vec<f64>> = (0..y.len()).map(at).collect();
    let deletions = Deletions::of(fitted, y, &points, heats)?;
    let shape = Diagnostic::skipped(
        "lack_of_fit",
        "several regressors have no common next power",
    );
    Ok(with_shape(shape, fitted, &deletions, days))
}

fn with_shape(
    shape: Diagnostic,
    fitted: &HeatFit,
    deletions: &Deletions,
    days: Option<&[Option<f64>]>,
) -> Vec<Diagnostic> {
    vec![
        shape,
        heat_leverage(fitted, deletions),
        one_heat_decides(fitted, deletions),
        cooks_distance(fitted, deletions),
        rank_and_condition(fitted),
        residual_trend(deletions, days),
    ]
}

/// A test with a p, failing below [`SIGNIFICANCE`].
fn judged(
    test: &str,
    statistic: f64,
    critical: Option<f64>,
    p: f64,
    reasons: [&str; 2],
) -> Diagnostic {
    let fails = p < SIGNIFICANCE;
    Diagnostic {
        test: test.to_owned(),
        statistic: Some(statistic),
        critical,
        p: Some(p),
        outcome: outcome(fails),
        reason: reasons[usize::from(fails)].to_owned(),
    }
}

/// A test without a p, failing beyond its critical value.
fn measured(test: &str, statistic: f64, critical: f64, fails: bool, reason: String) -> Diagnostic {
    Diagnostic {
        test: test.to_owned(),
        statistic: Some(statistic),
        critical: Some(critical),
        p: None,
        outcome: outcome(fails),
        reason,
    }
}

fn outcome(fails: bool) -> Outcome {
    if fails { Outcome::Fail } else { Outcome::Pass }
}

/// Heat means about the curve against heats that share an x; or the next power.
///
/// With H heats at d different x and a curve of p coefficients, heat means are weighted by
/// 1/(s_b² + s_e²/m); F = [(WSS about the curve − WSS about the means at each x)/(d − p)] /
/// [WSS about those means/(H − d)], exact for heats of equal size. Where fewer than
/// [`FEWEST_REPLICATES`] heats are to spare, x varies inside heats, or heats of one x agree, the next power of x is fitted
/// with random heats and its coefficient tested by t with Satterthwaite's degrees of freedom.
fn lack_of_fit(observations: &Observations, fitted: &HeatFit) -> Diagnostic {
    const TEST: &str = "lack_of_fit";
    let degree = match fitted.model.canonical() {
        Model::Mean => return Diagnostic::skipped(TEST, "a mean has no shape in x"),
        Model::Linear | Model::Regressors => 1,
        Model::Quadratic => 2,
        Model::Polynomial(degree) => degree,
    };
    if let Some(found) = replicated_heats(TEST, observations, fitted, degree) {
        return found;
    }
    let higher = match fit(observations, Model::of_degree(degree + 1)) {
        Ok(higher) => higher,
        Err(error) => {
            return Diagnostic::skipped(TEST, format!("the next power cannot be fitted: {error}"));
        }
    };
    // The last orthonormal function is the only one that contains the highest power.
    let mut direction = vec![0.0; higher.rank];
    direction[higher.rank - 1] = 1.0;
    let (error, dof) = higher.standard_error(&direction);
    let t = (higher.weighed(&direction) / error).abs();
    let critical = student_quantile(1.0 - 0.5 * SIGNIFICANCE, dof).ok();
    let reasons = [
        "the next power of x adds nothing significant",
        "the next power of x is significant: the curve is too stiff",
    ];
    judged(TEST, t, critical, student_two_sided_p(t, dof), reasons)
}

/// The F test against heats that share an x; `None` where there are too few.
fn replicated_heats(
    test: &str,
    observations: &Observations,
    fitted: &HeatFit,
    degree: u32,
) -> Option<Diagnostic> {
    let mut sums = vec![(0.0_f64, 0.0_f64); fitted.heats];
    let mut x: Vec<Option<f64>> = vec![None; fitted.heats];
    for ((&value, &at), &heat) in observations
        .y
        .iter()
        .zip(&observations.x)
        .zip(&observations.heats)
    {
        if x[heat].get_or_insert(at).total_cmp(&at).is_ne() {
            return None;
        }
        // Residuals instead of values keep the digits.
        sums[heat].0 += value - fitted.estimate(at);
        sums[heat].1 += 1.0;
    }
    let x: Vec<f64> = x.into_iter().flatten().collect();
    let mut order: Vec<usize> = (0..x.len()).collect();
    order.sort_by(|&a, &b| x[a].total_cmp(&x[b]));
    let groups: Vec<&[usize]> = order
        .chunk_by(|&a, &b| x[a].total_cmp(&x[b]).is_eq())
        .collect();
    let (heats, distinct, p) = (x.len(), groups.len(), fitted.rank);
    if heats < distinct + FEWEST_REPLICATES || distinct <= p {
        return None;
    }
    let weight =
        |heat: usize| (fitted.between_variance + fitted.within_variance / sums[heat].1).recip();
    let mean = |heat: usize| sums[heat].0 / sums[heat].1;
    let pure: f64 = groups
        .iter()
        .map(|group| {
            let total: f64 = group.iter().map(|&h| weight(h)).sum();
            let centre = group.iter().map(|&h| weight(h) * mean(h)).sum::<f64>() / total;
            let scatter = group
                .iter()
                .map(|&h| weight(h) * (mean(h) - centre).powi(2));
            scatter.sum::<f64>()
        })
        .sum();
    if pure <= 0.0 {
        return None;
    }
    let columns = (0..=degree)
        .map(|power| Predictor {
            name: format!("x^{power}"),
            values: (0..heats)
                .map(|h| {
                    let u = (x[h] - fitted.x_centre) / fitted.x_spread;
                    weight(h).sqrt() * (0..power).fold(1.0, |product, _| product * u)
                })
                .collect(),
        })
        .collect();
    let response: Vec<f64> = (0..heats).map(|h| weight(h).sqrt() * mean(h)).collect();
    let curve = solve(&Design::linear(columns, false), &response).ok()?;
    let dof = ((distinct - p) as f64, (heats - distinct) as f64);
    let f = (curve.rss - pure).max(0.0) / dof.0 / (pure / dof.1);
    let reasons = [
        "heats about the curve scatter no more than heats that share an x",
        "heats lie further from the curve than heats that share an x from each other",
    ];
    let critical = f_critical(SIGNIFICANCE, dof.0, dof.1).ok();
    Some(judged(
        test,
        f,
        critical,
        f_upper_p(f, dof.0, dof.1),
        reasons,
    ))
}

/// Largest trace H_gg against three times the average p/H.
///
/// Skipped where that is 1 or more: with so few heats each weighs much.
fn heat_leverage(fitted: &HeatFit, deletions: &Deletions) -> Diagnostic {
    const TEST: &str = "heat_leverage";
    let critical = LARGE_LEVERAGE * fitted.rank as f64 / fitted.heats as f64;
    if critical >= 1.0 {
        let heats = fitted.heats;
        return Diagnostic::skipped(TEST, format!("with {heats} heats each of them weighs much"));
    }
    let (heat, largest) = worst(deletions.parts.iter().map(|part| part.leverage));
    let fails = largest > critical;
    let reason = if fails {
        format!(
            "heat {} lies far from the others in x and pulls the fit",
            heat + 1
        )
    } else {
        format!("no heat pulls the fit; the furthest is heat {}", heat + 1)
    };
    measured(TEST, largest, critical, fails, reason)
}

/// Whether one heat decides a slope: largest share of its information held by one heat.
///
/// The share is 1 less the ratio of the least-squares variances of the slope with and without the
/// heat; of a curve the average slope over the observed range is taken. A sign counts as turned only
/// where the slope differs from zero at [`SIGNIFICANCE`]: one that does not has no sign to turn.
fn one_heat_decides(fitted: &HeatFit, deletions: &Deletions) -> Diagnostic {
    const TEST: &str = "one_heat_decides";
    let slopes: Vec<Vec<f64>> = (0..fitted.ranges().len())
        .filter_map(|regressor| fitted.effect_direction(regressor).ok())
        .collect();
    if slopes.is_empty() {
        return Diagnostic::skipped(TEST, "a mean has no slope");
    }
    let mut most = (0, 0.0);
    let mut turned = None;
    for (regressor, direction) in slopes.iter().enumerate() {
        let shares = deletions
            .parts
            .iter()
            .map(|part| part.information(direction));
        let (heat, share) = worst(shares);
        if share > most.1 {
            most = (heat, share);
        }
        let clear = fitted
            .effect_per(regressor, 1.0, 1.0 - SIGNIFICANCE)
            .is_ok_and(|interval| interval.excludes_zero());
        if !clear || turned.is_some() {
            continue;
        }
        let slope = fitted.weighed(direction);
        turned = deletions.parts.iter().position(|part| {
            part.shift.as_ref().is_some_and(|shift| {
                let change: f64 = direction.iter().zip(shift).map(|(d, s)| d * s).sum();
                (slope - change) * slope < 0.0
            })
        });
    }
    let (heat, share) = most;
    // Five heats at even distances hold exactly half; rounding must not decide.
    let decides = share > MOST_INFORMATION + 1e-9;
    let reason = match (decides, turned) {
        (true, _) => format!(
            "heat {} holds {:.1} % of what is known of a slope",
            heat + 1,
            100.0 * share
        ),
        (false, Some(heat)) => format!("without heat {} a slope changes its sign", heat + 1),
        (false, None) => format!("no heat decides; heat {} holds most", heat + 1),
    };
    measured(
        TEST,
        share,
        MOST_INFORMATION,
        decides || turned.is_some(),
        reason,
    )
}

/// Cook's distance of whole heats: D_g = Δ_g'C⁻¹Δ_g/p, Δ_g the change of the fit without the heat
/// and C its covariance under the model with random heats.
///
/// Critical is the median of F with p and H − p degrees of freedom: beyond it the fit leaves its
/// 50 % confidence region (Cook, Technometrics 19, 1977). With one specimen per heat this is Cook's
/// distance as usual.
fn cooks_distance(fitted: &HeatFit, deletions: &Deletions) -> Diagnostic {
    const TEST: &str = "cooks_distance_by_heat";
    let (p, heats) = (fitted.rank, fitted.heats);
    if heats <= p {
        return Diagnostic::skipped(
            TEST,
            format!("{heats} heats are too few for {p} coefficients"),
        );
    }
    if let Some(heat) = deletions.parts.iter().position(|part| part.shift.is_none()) {
        let reason = format!("without heat {} the model cannot be fitted", heat + 1);
        return Diagnostic {
            outcome: Outcome::Fail,
            ..Diagnostic::skipped(TEST, reason)
        };
    }
    let Some(distances) = cooks_distances(fitted, deletions) else {
        return Diagnostic::skipped(TEST, "the covariance of the fit is singular");
    };
    let Ok(critical) = f_critical(0.5, p as f64, (heats - p) as f64) else {
        return Diagnostic::skipped(TEST, "no critical value");
    };
    let (heat, largest) = worst(distances.into_iter());
    let fails = largest > critical;
    let reason = if fails {
        format!(
            "heat {} moves the fit: look at it, and at the verdict without it",
            heat + 1
        )
    } else {
        format!("no heat moves the fit; heat {} does most", heat + 1)
    };
    measured(TEST, largest, critical, fails, reason)
}

/// D_g of every heat; `None` when one cannot be left out or the covariance is singular.
fn cooks_distances(fitted: &HeatFit, deletions: &Deletions) -> Option<Vec<f64>> {
    let p = fitted.rank;
    let covariance: Vec<Vec<f64>> = (0..p)
        .map(|j| {
            (0..p)
                .map(|k| {
                    let within = if j == k { fitted.within_variance } else { 0.0 };
                    fitted.between_variance * fitted.heat_moment[j][k] + within
                })
                .collect()
        })
        .collect();
    let largest = (0..p).fold(0.0_f64, |largest, j| largest.max(covariance[j][j]));
    let covariance = Cholesky::new(&covariance, largest * 1e-12)?;
    deletions
        .parts
        .iter()
        .map(|part| {
            let shift = part.shift.as_ref()?;
            let solved = covariance.solve(shift);
            Some(shift.iter().zip(&solved).map(|(a, b)| a * b).sum::<f64>() / p as f64)
        })
        .collect()
}

/// The condition number of the centred and scaled X; its rank is full, or the fit would not exist.
fn rank_and_condition(fitted: &HeatFit) -> Diagnostic {
    let fails = fitted.condition > LARGEST_CONDITION;
    let reason = if fails {
        "columns are nearly dependent: single coefficients mean little, estimates and bounds hold"
            .to_owned()
    } else {
        format!("full rank {}, columns well apart", fitted.rank)
    };
    measured(
        "rank_and_condition",
        fitted.condition,
        LARGEST_CONDITION,
        fails,
        reason,
    )
}

/// Spearman's rank correlation of the heats' mean residuals with time.
fn residual_trend(deletions: &Deletions, days: Option<&[Option<f64>]>) -> Diagnostic {
    const TEST: &str = "residual_trend";
    let Some(days) = days else {
        return Diagnostic::skipped(TEST, "no dates");
    };
    if days.len() != deletions.residuals.len() {
        let reason = format!(
            "{} dates for {} specimens",
            days.len(),
            deletions.residuals.len()
        );
        return Diagnostic::skipped(TEST, reason);
    }
    let average = |values: Vec<f64>| values.iter().sum::<f64>() / values.len() as f64;
    let (mut times, mut residuals) = (Vec::new(), Vec::new());
    for part in &deletions.parts {
        let known: Vec<f64> = part.rows.iter().filter_map(|&row| days[row]).collect();
        if !known.is_empty() && known.iter().all(|day| day.is_finite()) {
            times.push(average(known));
            residuals.push(average(
                part.rows
                    .iter()
                    .map(|&row| deletions.residuals[row])
                    .collect(),
            ));
        }
    }
    if times.len() < FEWEST_FOR_TREND {
        let reason = format!(
            "{} heats with a date; needs at least {FEWEST_FOR_TREND}",
            times.len()
        );
        return Diagnostic::skipped(TEST, reason);
    }
    let Some(found) = spearman(&times, &residuals) else {
        return Diagnostic::skipped(TEST, "all heats have the same date, or no residual differs");
    };
    let reasons = [
        "residuals do not drift with time",
        "residuals rise or fall with time: something beside x has changed",
    ];
    judged(TEST, found.rho, None, found.p, reasons)
}

/// Place and value of the largest, the first of equals.
fn worst(values: impl Iterator<Item = f64>) -> (usize, f64) {
    let mut found = (0, f64::NEG_INFINITY);
    for (place, value) in values.enumerate() {
        if value > found.1 {
            found = (place, value);
        }
    }
    found
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests;
