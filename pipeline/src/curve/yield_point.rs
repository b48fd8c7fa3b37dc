//! The yield point of a metal that yields at once: upper and lower yield strength.

use super::elastic::Fitted;
use super::record::Point;
use super::settings::YieldPointSettings;

/// Upper and lower yield point.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct YieldPoint {
    /// Position of the upper yield point (ReH) in the searched points.
    pub upper: usize,
    /// Position of the lower yield point (ReL) in the searched points.
    pub lower: usize,
}

/// Looks for a yield point in `points` after the elastic window; `None` when the curve has none.
///
/// ReH is the highest stress before the first fall of the load (ISO 6892-1:2019, 3.10.2.1). As its
/// annex A puts it for computers, the fall must be `drop_fraction` of it, and the curve must stay below it
/// over `hold_strain`. ReL is the lowest stress of the yielding that follows, without the first
/// swing back of the machine (3.10.2.2). Two more conditions tell a yield point from what looks like one: it stands at
/// the end of the elastic line (at most `plastic_max`), so a serration later on is none; and the
/// metal hardens again by `hardening_fraction`, so a hot alloy that softens from its maximum on has none.
pub(super) fn find(
    points: &[Point],
    fitted: &Fitted,
    settings: &YieldPointSettings,
) -> Option<YieldPoint> {
    let upper = upper_yield(points, fitted, settings)?;
    let top = points[upper].stress;
    let yielding = points[upper + 1..]
        .iter()
        .position(|point| point.stress > top)
        .map_or(points.len(), |above| upper + 1 + above);
    let lowest_from = |from: usize| {
        (from..yielding).min_by(|a, b| points[*a].stress.total_cmp(&points[*b].stress))
    };
    let lower = lowest_from(after_swing(points, upper, yielding, settings))?;
    let hardens = points[lower..]
        .iter()
        .any(|point| point.stress >= (1.0 + settings.hardening_fraction) * points[lower].stress);
    hardens.then_some(YieldPoint { upper, lower })
}

/// Position of the highest point before the first fall that is one.
fn upper_yield(points: &[Point], fitted: &Fitted, settings: &YieldPointSettings) -> Option<usize> {
    let plastic = |point: &Point| fitted.line.plastic_strain(point.strain, point.stress);
    let mut top = fitted.last;
    for position in fitted.last + 1..points.len() {
        if points[position].stress > points[top].stress {
            top = position;
        }
        if plastic(&points[top]) > settings.plastic_max {
            return None;
        }
        if points[position].stress < (1.0 - settings.drop_fraction) * points[top].stress {
            let held_to = points[top].strain + settings.hold_strain;
            let next_above = points[position..]
                .iter()
                .find(|point| point.stress > points[top].stress);
            let holds = next_above.is_none_or(|above| above.strain >= held_to)
                && points.last().is_some_and(|last| last.strain >= held_to);
            if holds {
                return Some(top);
            }
        }
    }
    None
}

/// Position from which on the swing of the machine after the fall is over.
///
/// A swing is a first minimum after ReH from which the load comes back by `swing_fraction` of ReH
/// within `swing_strain`; it is over at the highest load within that strain, unless the load never
/// comes back down to that: then it was hardening already, and nothing is left out.
fn after_swing(
    points: &[Point],
    upper: usize,
    yielding: usize,
    settings: &YieldPointSettings,
) -> usize {
    let back = settings.swing_fraction * points[upper].stress;
    let swing_to = points[upper].strain + settings.swing_strain;
    let (mut least, mut over) = (f64::INFINITY, None::<usize>);
    for position in upper + 1..yielding {
        let point = &points[position];
        if point.strain > swing_to {
            break;
        }
        least = least.min(point.stress);
        let higher = over.is_none_or(|over| point.stress > points[over].stress);
        if point.stress >= least + back && higher {
            over = Some(position);
        }
    }
    let comes_down = |over: &usize| {
        let after = &points[over + 1..yielding];
        after
            .iter()
            .any(|point| point.stress <= points[*over].stress)
    };
    over.filter(comes_down).unwrap_or(upper + 1)
}
