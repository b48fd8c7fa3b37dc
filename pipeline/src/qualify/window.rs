//! The stretch of scrap ratios, from the low end, on which one requirement holds.

use std::ops::ControlFlow;

/// Points of the grid that looks for the first failure before it is bracketed.
///
/// A tolerance bound need not be monotone in the scrap ratio (it is widest at both ends), so the
/// first failure is looked for from the low end; 101 points are one per percent of the range.
const GRID: usize = 101;

/// Width at which bracketing stops, a fraction of scrap.
pub(super) const RESOLUTION: f64 = 1e-6;

/// Where one requirement alone lets the window go.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Window {
    /// It holds from the low end to here, this ratio included.
    UpTo(f64),
    /// It fails at the low end; `holds_higher` when it holds at some higher ratio.
    Fails {
        /// Whether a ratio above the low end was found at which it holds.
        holds_higher: bool,
    },
}

/// The window of a requirement that is a function of the scrap ratio on `[low, high]`.
///
/// The end is on the passing side, less than [`RESOLUTION`] from a failure, or `high` itself. A failure
/// narrower than a hundredth of the range can hide between two points of the grid.
pub(super) fn of_function(low: f64, high: f64, holds: impl Fn(f64) -> bool) -> Window {
    let point = |i: usize| match i {
        0 => low,
        i if i + 1 == GRID => high,
        i => low + (high - low) * (i as f64) / ((GRID - 1) as f64),
    };
    if !holds(low) {
        return Window::Fails {
            holds_higher: (1..GRID).any(|i| holds(point(i))),
        };
    }
    let failing = (1..GRID).find(|&i| !holds(point(i)));
    let Some(failing) = failing else {
        return Window::UpTo(high);
    };
    let (mut passing, mut failing) = (point(failing - 1), point(failing));
    while failing - passing > RESOLUTION {
        let middle = passing + (failing - passing) / 2.0;
        if middle <= passing || middle >= failing {
            break; // The two are neighbours in binary: nothing lies between them.
        }
        if holds(middle) {
            passing = middle;
        } else {
            failing = middle;
        }
    }
    Window::UpTo(passing)
}

/// The window of a requirement on every heat: `ratios` are the observed ones, ascending, the first of
/// them the low end.
///
/// The end is the highest observed ratio below the first failure.
pub(super) fn of_heats(ratios: &[f64], holds: impl Fn(f64) -> bool) -> Window {
    let walk = ratios.iter().try_fold(None, |last, &ratio| {
        if holds(ratio) {
            ControlFlow::Continue(Some(ratio))
        } else {
            ControlFlow::Break(last)
        }
    });
    match walk {
        ControlFlow::Continue(last) | ControlFlow::Break(last) => last.map_or(
            Window::Fails {
                holds_higher: false,
            },
            Window::UpTo,
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(window: Window) -> f64 {
        match window {
            Window::UpTo(end) => end,
            Window::Fails { .. } => f64::NAN,
        }
    }

    #[test]
    fn a_crossing_is_bracketed_from_the_passing_side() {
        for crossing in [0.100_000_4, 0.25, 0.333_333, 0.512_345_6, 0.799_999] {
            let end = end(of_function(0.1, 0.8, |x| x <= crossing));
            assert!(
                end <= crossing && crossing - end <= RESOLUTION,
                "{crossing}: {end}"
            );
        }
    }

    #[test]
    fn the_first_of_several_failures_ends_the_window() {
        let end = end(of_function(0.0, 1.0, |x| !(0.4..0.6).contains(&x)));
        assert!(end < 0.4 && 0.4 - end <= RESOLUTION, "{end}");
    }

    #[test]
    fn a_window_without_failure_ends_exactly_at_the_highest_ratio() {
        let high = 0.1 + 0.2;
        assert_eq!(of_function(0.07, high, |_| true), Window::UpTo(high));
        assert_eq!(of_function(0.3, 0.3, |_| true), Window::UpTo(0.3));
    }

    #[test]
    fn failing_at_the_low_end_leaves_no_window() {
        assert_eq!(
            of_function(0.0, 1.0, |x| x > 0.5),
            Window::Fails { holds_higher: true }
        );
        assert_eq!(
            of_function(0.0, 1.0, |_| false),
            Window::Fails {
                holds_higher: false
            }
        );
    }

    #[test]
    fn heats_end_the_window_at_an_observed_ratio() {
        let ratios = [0.0, 0.2, 0.4, 0.6];
        assert_eq!(of_heats(&ratios, |x| x < 0.5), Window::UpTo(0.4));
        assert_eq!(of_heats(&ratios, |x| x < 0.2), Window::UpTo(0.0));
        assert_eq!(
            of_heats(&ratios, |_| false),
            Window::Fails {
                holds_higher: false
            }
        );
        assert_eq!(of_heats(&ratios, |_| true), Window::UpTo(0.6));
    }
}
