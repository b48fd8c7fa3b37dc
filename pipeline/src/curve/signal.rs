//! Faults of the channels: a signal that stops at the end of its range, an extensometer that slips.

use super::record::Point;
use super::settings::ReductionSettings;

/// Steps on either side of a jump that it is compared with.
const NEIGHBOURS: usize = 8;

/// True when `of` stops at its highest value and stays there to the last bit; `top` is the first
/// position of that value.
///
/// A signal at the end of its range was on its way up: most of the steps before it rise. A signal
/// of coarse resolution that passes its maximum comes to rest in ever longer steps, which do not.
pub(super) fn is_stuck(
    points: &[Point],
    top: usize,
    of: impl Fn(&Point) -> f64,
    settings: &ReductionSettings,
) -> bool {
    let least = settings.saturation_points;
    let (Some(at_top), Some(before)) = (points.get(top..), top.checked_sub(least)) else {
        return false;
    };
    let run = at_top
        .iter()
        .take(least)
        .take_while(|point| of(point).to_bits() == of(&at_top[0]).to_bits())
        .count();
    let rising = points[before..=top]
        .windows(2)
        .filter(|pair| of(&pair[1]) > of(&pair[0]))
        .count();
    // A parabola rounded to steps makes at most four of them in the length of its top run.
    run >= least && !at_top.is_empty() && 2 * rising > least
}

/// Position of the last point before the extensometer slips; `None` when it does not.
///
/// A slip is one step of strain, forward or back, of more than `slip_min` and `slip_factor` times
/// what the steps before and after it are (their medians), that neither undoes its neighbour nor is undone by it, while
/// the load changes by less than `slip_stress_fraction` of `rm`: the specimen did not feel it.
pub(super) fn slip(points: &[Point], rm: f64, settings: &ReductionSettings) -> Option<usize> {
    let step = |position: usize| points[position].strain - points[position - 1].strain;
    let usual = |from: usize, to: usize| {
        let mut steps: Vec<f64> = (from..to).map(|position| step(position).abs()).collect();
        let middle = steps.len() / 2;
        (!steps.is_empty()).then(|| *steps.select_nth_unstable_by(middle, f64::total_cmp).1)
    };
    let undoes = |jump: f64, other: f64| (jump + other).abs() < 0.5 * jump.abs();
    for position in 1 + NEIGHBOURS..points.len().saturating_sub(NEIGHBOURS) {
        let jump = step(position);
        if jump.abs() <= settings.slip_min {
            continue;
        }
        let load = (points[position].stress - points[position - 1].stress).abs();
        if load > settings.slip_stress_fraction * rm
            || undoes(jump, step(position + 1))
            || undoes(jump, step(position - 1))
        {
            continue;
        }
        let before = usual(position - NEIGHBOURS, position)?;
        let after = usual(position + 1, position + 1 + NEIGHBOURS)?;
        if jump.abs() > settings.slip_factor * before.max(after) {
            return Some(position - 1);
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may stop")]
mod tests {
    use super::*;

    fn points(strain: impl Iterator<Item = f64>) -> Vec<Point> {
        strain
            .enumerate()
            .map(|(index, strain)| Point {
                strain,
                stress: 100.0,
                index,
            })
            .collect()
    }

    #[test]
    fn a_clipped_signal_is_stuck_and_a_coarse_maximum_is_not() {
        let settings: ReductionSettings =
            toml::from_str(include_str!("../../../schemas/reduction.toml")).expect("shipped");
        let stuck = |points: &[Point], top: usize| is_stuck(points, top, |p| p.strain, &settings);
        let clipped = points((0..60).map(|k| f64::from(k.min(40))));
        assert!(stuck(&clipped, 40));
        assert!(!stuck(&clipped[..45], 40), "too short");
        let parabola = (0..200).map(|k| {
            let x = f64::from(k) - 100.0;
            (1000.0 - 0.02 * x * x).round()
        });
        assert!(!stuck(&points(parabola), 96));
        assert!(!stuck(&points((0..60).map(f64::from)), 59));
        assert!(!stuck(&[], 0));
    }
}
