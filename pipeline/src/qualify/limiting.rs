//! Which requirement limits a verdict, and which element is behind it.

use super::component::{Component, Demand};
use super::grade_data::HeatData;
use super::screen::Screened;
use super::verdict::{
    Basis, Direction, Kind, LimitingElement, Outcome, RequirementOutcome, Status,
};
use crate::domain::Element;
use crate::models::distributions::student_quantile;

/// The scrap ratio step of an effect: +10 %.
const STEP: f64 = 0.1;

/// Confidence of the interval of an effect, two-sided.
const CONFIDENCE: f64 = 0.95;

/// The requirement that limits: fails; else lacks data; else ends the window first; else has the least
/// margin relative to its limit. Without tensile and chemistry requirements, the unproven evidence.
pub(super) fn requirement(
    component: &Component,
    outcomes: &[RequirementOutcome],
    status: Status,
    highest: Option<f64>,
) -> Option<usize> {
    let least = |keep: &dyn Fn(&RequirementOutcome) -> bool,
                 key: &dyn Fn(&RequirementOutcome) -> f64| {
        outcomes
            .iter()
            .enumerate()
            .filter(|(_, outcome)| keep(outcome))
            .min_by(|a, b| {
                key(a.1)
                    .total_cmp(&key(b.1))
                    .then_with(|| relative_margin(a.1).total_cmp(&relative_margin(b.1)))
            })
            .map(|(position, _)| position)
    };
    let has_number = |outcome: &RequirementOutcome| outcome.kind != Kind::Evidence;
    let unproven = |wanted: Outcome| {
        let mut pairs = component.requirements.iter().zip(outcomes);
        pairs.position(|(part, outcome)| {
            let evidence = part.demand.kind() == Kind::Evidence && part.demand.is_mandatory();
            evidence && outcome.outcome == wanted
        })
    };
    match status {
        Status::NotQualified => least(
            &|outcome| has_number(outcome) && outcome.outcome == Outcome::Fail,
            &relative_margin,
        )
        .or_else(|| unproven(Outcome::Fail)),
        Status::InsufficientData => {
            let mut lacking = outcomes.iter();
            lacking.position(|outcome| has_number(outcome) && outcome.outcome == Outcome::Missing)
        }
        Status::Qualified | Status::QualifiedUpTo | Status::Conditional => {
            let ends_early = |outcome: &RequirementOutcome| {
                outcome
                    .max_scrap_ratio
                    .zip(highest)
                    .is_some_and(|(end, high)| end < high)
            };
            least(&ends_early, &|outcome| {
                outcome.max_scrap_ratio.unwrap_or(f64::INFINITY)
            })
            .or_else(|| least(&has_number, &relative_margin))
            .or_else(|| unproven(Outcome::Missing))
        }
    }
}

/// The margin over what it is a distance from: the limit, or the Cpk that must be reached.
fn relative_margin(outcome: &RequirementOutcome) -> f64 {
    let against = match outcome.basis {
        Some(Basis::Cpk) => outcome.cpk_at_least,
        _ => outcome.limit,
    };
    match (outcome.margin, against) {
        (Some(margin), Some(against)) if against > 0.0 => margin / against,
        (Some(margin), _) => margin,
        _ => f64::INFINITY,
    }
}

/// The element behind the requirement that limits: of a property the one by which scrap pushes hardest
/// towards its limit, of an element that element itself with its change over the heats; of anything else
/// none.
pub(super) fn element<F>(
    demand: &Demand,
    part: &Screened<'_, F>,
    heats: &[(f64, &HeatData)],
    has_scrap_ratios: bool,
) -> Option<LimitingElement> {
    match demand {
        Demand::Property { limit, .. } => towards(limit.direction, &part.data?.carriers).cloned(),
        Demand::Element { element, .. } if has_scrap_ratios => over_heats(element, heats),
        Demand::Element { .. } | Demand::Index { .. } | Demand::Evidence { .. } => None,
    }
}

/// The carrier with the greatest effect towards a limit, of equals the first; `None` when none pushes
/// that way: less of an element that helps would only hurt.
fn towards(direction: Direction, carriers: &[LimitingElement]) -> Option<&LimitingElement> {
    let push = |carrier: &LimitingElement| match direction {
        Direction::AtLeast => -carrier.per_10pct_scrap,
        Direction::AtMost => carrier.per_10pct_scrap,
    };
    let mut hardest: Option<&LimitingElement> = None;
    // Not a number is not above 0 either.
    for carrier in carriers.iter().filter(|carrier| push(carrier) > 0.0) {
        if hardest.is_none_or(|hardest| push(carrier) > push(hardest)) {
            hardest = Some(carrier);
        }
    }
    hardest
}

/// Change of an element per +10 % scrap: the slope of least squares over the heats, each counted once,
/// with its 95 % t interval (n − 2 degrees of freedom; none with two heats).
fn over_heats(element: &Element, heats: &[(f64, &HeatData)]) -> Option<LimitingElement> {
    let points: Vec<(f64, f64)> = heats
        .iter()
        .filter_map(|(ratio, heat)| Some((*ratio, *heat.composition.get(element)?)))
        .filter(|(_, value)| value.is_finite())
        .collect();
    let n = points.len() as f64;
    let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / n;
    let (x_mean, y_mean) = (mean(|point| point.0), mean(|point| point.1));
    let (mut xx, mut xy) = (0.0, 0.0);
    for (x, y) in &points {
        xx += (x - x_mean) * (x - x_mean);
        xy += (x - x_mean) * (y - y_mean);
    }
    let slope = xy / xx;
    if !slope.is_finite() {
        return None; // No heat, or all at one scrap ratio.
    }
    let half = || {
        let rss: f64 = points
            .iter()
            .map(|(x, y)| (y - y_mean - slope * (x - x_mean)).powi(2))
            .sum();
        let dof = n - 2.0;
        let t = student_quantile(0.5 + 0.5 * CONFIDENCE, dof).ok()?;
        Some(t * (rss / dof / xx).sqrt())
    };
    let half = if points.len() > 2 { half() } else { None };
    Some(LimitingElement {
        element: element.symbol().to_owned(),
        unit: "wt%".to_owned(),
        property: None,
        per_10pct_scrap: STEP * slope,
        low: half.map(|half| STEP * (slope - half)),
        high: half.map(|half| STEP * (slope + half)),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn heats(points: &[(f64, f64)]) -> Vec<(f64, HeatData)> {
        let iron = Element::parse("Fe").unwrap();
        points
            .iter()
            .map(|&(ratio, value)| {
                let heat = HeatData {
                    heat_id: ratio.to_string(),
                    scrap_ratio: Some(ratio),
                    composition: BTreeMap::from([(iron.clone(), value)]),
                    means: BTreeMap::new(),
                    indices: BTreeMap::new(),
                };
                (ratio, heat)
            })
            .collect()
    }

    fn effect(points: &[(f64, f64)]) -> Option<LimitingElement> {
        let heats = heats(points);
        let heats: Vec<(f64, &HeatData)> = heats.iter().map(|(x, heat)| (*x, heat)).collect();
        over_heats(&Element::parse("Fe").unwrap(), &heats)
    }

    #[test]
    fn an_element_that_helps_is_never_named() {
        let carrier = |element: &str, effect: f64| LimitingElement {
            element: element.to_owned(),
            unit: "MPa".to_owned(),
            property: Some("rp02_mpa".to_owned()),
            per_10pct_scrap: effect,
            low: None,
            high: None,
        };
        let named = |direction, carriers: &[LimitingElement]| {
            towards(direction, carriers).map(|carrier| carrier.element.clone())
        };
        let mixed = [
            carrier("Mg", 4.0),
            carrier("Fe", -1.0),
            carrier("Zn", f64::NAN),
            carrier("Cu", -2.5),
            carrier("Mn", -2.5),
            carrier("Si", 6.0),
        ];
        assert_eq!(named(Direction::AtLeast, &mixed).as_deref(), Some("Cu"));
        assert_eq!(named(Direction::AtMost, &mixed).as_deref(), Some("Si"));
        let helping = [carrier("Mg", 4.0), carrier("Cr", 0.0)];
        assert_eq!(named(Direction::AtLeast, &helping), None);
        assert_eq!(named(Direction::AtMost, &[carrier("Fe", -1.0)]), None);
        assert_eq!(named(Direction::AtMost, &[]), None);
    }

    /// By hand: y = 0.10, 0.13, 0.13 at x = 0, 0.1, 0.2: slope 0.15, RSS 0.00015, se √(0.00015/0.02);
    /// t of 0.975 with one degree of freedom is 12.706.
    #[test]
    fn the_slope_over_heats_has_its_t_interval() {
        let found = effect(&[(0.0, 0.10), (0.1, 0.13), (0.2, 0.13)]).unwrap();
        assert!((found.per_10pct_scrap - 0.015).abs() < 1e-12);
        let half = 0.1 * 12.706_204_736 * (0.000_15_f64 / 0.02).sqrt();
        assert!((found.low.unwrap() - (0.015 - half)).abs() < 1e-9);
        assert!((found.high.unwrap() - (0.015 + half)).abs() < 1e-9);
    }

    #[test]
    fn too_few_heats_give_no_interval_or_no_slope() {
        let two = effect(&[(0.0, 0.10), (0.2, 0.14)]).unwrap();
        assert!((two.per_10pct_scrap - 0.02).abs() < 1e-12);
        assert_eq!((two.low, two.high), (None, None));
        assert_eq!(effect(&[(0.3, 0.10), (0.3, 0.14)]), None);
        assert_eq!(effect(&[]), None);
    }
}
