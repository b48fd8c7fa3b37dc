//! Serrated flow (Portevin–Le Chatelier, the 5xxx alloys): how many teeth, and the hull over them.

use super::record::Point;
use super::settings::SerrationSettings;

/// Number of teeth among `points`: falls of the load by `drop` (MPa) or more from the highest stress
/// since the last tooth, each followed by a rise of at least half of it.
pub(super) fn teeth(points: &[Point], drop: f64) -> usize {
    let mut count = 0;
    let (mut top, mut foot) = (f64::NEG_INFINITY, f64::INFINITY);
    for point in points {
        let depth = top - foot;
        if depth >= drop && point.stress - foot >= 0.5 * depth {
            count += 1;
            (top, foot) = (point.stress, point.stress);
        } else if point.stress > top {
            (top, foot) = (point.stress, point.stress);
        }
        foot = foot.min(point.stress);
    }
    count
}

/// True when `points` (from the end of the elastic window on) flow in serrations.
pub(super) fn is_serrated(points: &[Point], rm: f64, settings: &SerrationSettings) -> bool {
    teeth(points, settings.drop_fraction * rm) >= settings.min_teeth
}

/// First and last position at which the hull over the curve reaches `level`.
///
/// The hull rises to the maximum and falls after it (the highest stress so far, and the highest
/// stress still to come), so a tooth does not end it. `None` when no point reaches the level.
pub(super) fn hull_span(points: &[Point], level: f64) -> Option<(usize, usize)> {
    let reaches = |point: &Point| point.stress >= level;
    Some((
        points.iter().position(reaches)?,
        points.iter().rposition(reaches)?,
    ))
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may stop")]
mod tests {
    use super::*;

    fn points(stress: &[f64]) -> Vec<Point> {
        let place = |(index, &stress): (usize, &f64)| Point {
            strain: index as f64 * 1e-3,
            stress,
            index,
        };
        stress.iter().enumerate().map(place).collect()
    }

    #[test]
    fn a_tooth_is_a_fall_that_comes_back() {
        let saw = points(&[0.0, 10.0, 8.0, 11.0, 9.0, 12.0, 10.0, 9.9]);
        assert_eq!(teeth(&saw, 1.5), 2, "the last fall does not come back");
        assert_eq!(teeth(&saw, 2.5), 0);
        assert_eq!(teeth(&[], 1.0), 0);
        // Necking is one long fall.
        assert_eq!(teeth(&points(&[10.0, 9.0, 8.0, 7.0, 6.0]), 1.0), 0);
    }

    #[test]
    fn the_hull_goes_over_the_teeth() {
        let saw = points(&[0.0, 9.0, 10.0, 5.0, 10.1, 5.0, 10.0, 4.0, 3.0]);
        assert_eq!(hull_span(&saw, 9.9), Some((2, 6)));
        assert_eq!(hull_span(&saw, 11.0), None);
    }
}
