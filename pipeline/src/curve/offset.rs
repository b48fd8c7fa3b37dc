//! Where a curve crosses a line parallel to its elastic line.

use super::elastic::{ElasticLine, Fitted};
use super::record::Point;

/// One crossing of an offset line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Crossing {
    /// Stress at the crossing, MPa.
    pub stress: f64,
    /// Largest difference of stress between the two points round a crossing, MPa.
    pub gap: f64,
}

/// The stress at which the plastic strain of `points` first reaches `offset` (mm/mm) after the
/// elastic window; `None` when it never does.
///
/// The plastic strain hardly changes while a serration unloads and loads again, so serrations need
/// no care. Noise of the strain does: within a band of `noise_band` (mm/mm) above the offset the
/// curve may fall back and cross again, and the answer is the mean of the stresses of all upward
/// crossings until it leaves the band, since the first one alone comes early. On a curve that does
/// not step back there is one crossing, interpolated between its two points.
pub(super) fn cross(
    points: &[Point],
    fitted: &Fitted,
    offset: f64,
    noise_band: f64,
) -> Option<Crossing> {
    let beyond = |point: &Point| plastic(&fitted.line, point) - offset;
    let mut crossings = 0_u32;
    let (mut stress_sum, mut gap) = (0.0, 0.0_f64);
    for pair in points[fitted.last..].windows(2) {
        let (before, after) = (beyond(&pair[0]), beyond(&pair[1]));
        if before < 0.0 && after >= 0.0 {
            let share = -before / (after - before);
            let step = pair[1].stress - pair[0].stress;
            stress_sum += pair[0].stress + share * step;
            gap = gap.max(step.abs());
            crossings += 1;
        }
        if crossings > 0 && after > noise_band {
            break;
        }
    }
    (crossings > 0).then(|| Crossing {
        stress: stress_sum / f64::from(crossings),
        gap,
    })
}

fn plastic(line: &ElasticLine, point: &Point) -> f64 {
    line.plastic_strain(point.strain, point.stress)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Points at the given plastic strains (in thousandths) on a line of 1000 MPa through zero, with
    /// a stress that goes up by 1 MPa from point to point.
    fn crossing(plastic: &[f64], noise_band: f64) -> Option<Crossing> {
        let points: Vec<Point> = plastic
            .iter()
            .enumerate()
            .map(|(index, plastic)| {
                let stress = 10.0 + index as f64;
                Point {
                    strain: plastic / 1000.0 + stress / 1000.0,
                    stress,
                    index,
                }
            })
            .collect();
        let line = ElasticLine {
            slope_mpa: 1000.0,
            intercept_mpa: 0.0,
            from: 0,
            to: 1,
            points: 2,
            r2: 1.0,
            slope_se_mpa: 0.0,
            from_mpa: 10.0,
            to_mpa: 11.0,
            strain_noise: 0.0,
        };
        let fitted = Fitted {
            line,
            first: 0,
            last: 1,
            rise_strain: 1.0,
            rise_stress: 1000.0,
        };
        cross(&points, &fitted, 0.002, noise_band)
    }

    #[track_caller]
    fn assert_stress(found: Option<Crossing>, exact: f64) {
        assert!(
            found.is_some_and(|c| (c.stress - exact).abs() < 1e-9),
            "{found:?}, not {exact}"
        );
    }

    #[test]
    fn a_single_crossing_lies_between_its_two_points() {
        assert_stress(crossing(&[0.0, 0.0, 1.5, 3.5, 4.0], 0.0), 12.25);
        assert_stress(crossing(&[0.0, 0.0, 1.5, 2.0, 4.0], 0.0), 13.0);
    }

    #[test]
    fn noise_inside_the_band_is_averaged_and_a_later_return_is_not() {
        // Up at 12.5, down, up at 14.5, past the band, then a return that is no noise.
        let plastic = [0.0, 0.0, 1.5, 2.5, 1.5, 2.5, 4.0, 1.0, 5.0];
        assert_stress(crossing(&plastic, 0.001), 13.5);
        // Without a band only the first one counts.
        assert_stress(crossing(&plastic, 0.0), 12.5);
    }

    #[test]
    fn what_is_never_reached_or_lies_in_the_window_is_no_crossing() {
        assert_eq!(crossing(&[0.0, 0.0, 0.5, 1.9], 0.0), None);
        assert_eq!(crossing(&[0.0, 3.0, 4.0], 0.0), None);
        assert_eq!(crossing(&[0.0, 0.0], 0.0), None);
    }
}
