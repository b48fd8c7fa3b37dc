//! How many more heats would decide what cannot be decided, or not be met, with those there are.

use super::component::{Demand, Limit};
use super::gauge::Gauge;
use super::grade_data::{Fitted, Policy};
use super::phrase;
use super::verdict::{Basis, MoreHeats};
use crate::models::Side;
use crate::models::distributions::{normal_cdf, normal_quantile};

/// What there is of the minimum; `None` of what is not asked for.
pub(super) struct Have {
    pub(super) heats: usize,
    pub(super) specimens: Option<usize>,
    pub(super) scrap_ratios: Option<usize>,
}

/// Specimens that a heat of the grade brings, to the nearest whole one; where there is none yet, as
/// many as the minimum needs of a heat.
pub(super) fn per_heat(specimens: usize, heats: usize, policy: &Policy) -> usize {
    let (specimens, heats) = if specimens == 0 || heats == 0 {
        // Rounded up: fewer would not reach the minimum.
        let heats = policy.min_heats.max(1);
        (policy.min_specimens.div_ceil(heats), 1)
    } else {
        (specimens, heats)
    };
    ((2 * specimens + heats) / (2 * heats)).max(1)
}

/// The plain difference to the policy's minimum, in heats of `per_heat` specimens that each bring a new
/// scrap ratio where those are too few; `None` when nothing is missing.
pub(super) fn to_minimum(
    whom: &str,
    have: Have,
    per_heat: usize,
    policy: &Policy,
) -> Option<MoreHeats> {
    let missing =
        |have: Option<usize>, need: usize| have.map_or(0, |have| need.saturating_sub(have));
    let heats = missing(Some(have.heats), policy.min_heats);
    let specimens = missing(have.specimens, policy.min_specimens);
    let ratios = missing(have.scrap_ratios, policy.min_scrap_ratios);
    let more = heats.max(specimens.div_ceil(per_heat.max(1))).max(ratios);
    if more == 0 {
        return None;
    }
    let minimum: Vec<String> = [
        (heats, policy.min_heats, "heats"),
        (specimens, policy.min_specimens, "specimens"),
        (ratios, policy.min_scrap_ratios, "distinct scrap ratios"),
    ]
    .into_iter()
    .filter(|(missing, _, _)| *missing > 0)
    .map(|(_, need, what)| format!("{need} {what}"))
    .collect();
    let fresh = if ratios > 0 {
        ", at scrap ratios not yet seen,"
    } else {
        ""
    };
    let verb = if more == 1 { "reaches" } else { "reach" };
    Some(MoreHeats {
        heats: more,
        specimens_per_heat: per_heat,
        for_what: format!(
            "{}{fresh} {verb} the minimum of {} for {whom}",
            counted(more, per_heat),
            minimum.join(" and ")
        ),
    })
}

/// What more heats would do for a bound that misses its limit at the low end of the window.
pub(super) enum Outlook {
    /// So many would make the expected bound meet the limit.
    Heats(MoreHeats),
    /// No number would, or no practical one; in words.
    Hopeless(String),
}

/// The outlook of a requirement that fails at `start`; `None` when its number is not a confidence bound
/// or the estimate itself is on the wrong side, which more heats do not change.
///
/// "Expected" is the bound that heats with the same scatter between and within them, the same number of
/// specimens each and the same spread of scrap ratios would give; see [`Fitted::heats_for`].
pub(super) fn outlook<F: Fitted>(
    demand: &Demand,
    gauge: &Gauge<'_, F>,
    start: f64,
    shown_at: Option<f64>,
    policy: &Policy,
) -> Option<Outlook> {
    let Gauge::Fit {
        fit,
        property,
        limit,
    } = gauge
    else {
        return None;
    };
    // A Cpk is reached where the bound of its share of specimens keeps to the limit.
    let cpk = limit.cpk_at_least.filter(|_| limit.basis == Basis::Cpk);
    let content = cpk
        .map(|cpk| normal_cdf(3.0 * cpk))
        .or(policy.content(limit.basis))?;
    let (low, high) = fit.x_range();
    let x = start.min(high).max(low);
    let (scale, side) = (property.scale(), limit.direction.side());
    let wanted = scale.forward(cpk.map_or_else(|| limit.rule().threshold(), |_| limit.value));
    let estimate = fit.estimate(x);
    if side.distance(estimate, wanted) <= 0.0 {
        return None;
    }
    let name = format!("{} bound of {}", limit.basis, property.symbol());
    if let Some(total) = fit.heats_for(x, side, content, policy.confidence, wanted) {
        let more = total.checked_sub(fit.heats()).filter(|more| *more > 0)?;
        let per_heat = per_heat(fit.n(), fit.heats(), policy);
        let place = shown_at.map_or(String::new(), |at| {
            format!(" at {} scrap", phrase::ratio(at))
        });
        let alike = match shown_at {
            Some(_) => "with the same scatter and spread of scrap ratios",
            None => "with the same scatter",
        };
        return Some(Outlook::Heats(MoreHeats {
            heats: more,
            specimens_per_heat: per_heat,
            for_what: format!(
                "{} ({total} in all), {alike}, would bring the expected {name}{place} to {}",
                counted(more, per_heat),
                cpk.map_or_else(|| asked(demand, limit), |cpk| format!("at least {cpk}"))
            ),
        }));
    }
    // With the scatter known exactly, the bound is the quantile itself.
    let known = side.away(estimate, normal_quantile(content).ok()? * fit.sigma());
    if let Some(cpk) = cpk {
        let point = side.distance(estimate, wanted) / (3.0 * fit.sigma());
        return Some(Outlook::Hopeless(if point < cpk {
            let point = phrase::number(point, cpk);
            format!(
                "no number of heats would mend that: with this scatter the Cpk itself is only {point}"
            )
        } else {
            "the Cpk itself is so near that no practical number of heats would show it".to_owned()
        }));
    }
    let share = 100.0 * content;
    Some(Outlook::Hopeless(if side.distance(known, wanted) < 0.0 {
        let number = phrase::with_unit(
            &phrase::number(scale.back(known), limit.value),
            demand.unit(),
        );
        let lies = match side {
            Side::Lower => "exceed",
            Side::Upper => "stay below",
        };
        format!(
            "no number of heats would mend that: with this scatter, {share} % of specimens {lies} only {number}"
        )
    } else {
        format!(
            "the limit is so near what {share} % of specimens reach that no practical number of heats would show it"
        )
    }))
}

/// `2 more heats of 5 specimens each`.
fn counted(heats: usize, per_heat: usize) -> String {
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let each = if heats == 1 { "" } else { " each" };
    format!(
        "{heats} more heat{} of {per_heat} specimen{}{each}",
        plural(heats),
        plural(per_heat)
    )
}

/// `at least 225 MPa`.
fn asked(demand: &Demand, limit: &Limit) -> String {
    let wanted = format!("{} {}", phrase::side(limit.direction), limit.value);
    phrase::with_unit(&wanted, demand.unit())
}
