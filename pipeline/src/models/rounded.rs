//! Values that were rounded when they were written down: what of it matters for a lower bound.
//!
//! ISO 6892-1 lets an elongation be given to the nearest 0.5 %. A value v then stands for anything in
//! v ± h/2, h being the step. Among elongations of 15 % that is nothing; among those of 1 % of a brittle
//! casting it is half of the scatter, and on a logarithm it is not even symmetric. Where it matters the
//! fit takes the lower end of every interval, v − h/2. The population of lower ends lies wholly below
//! that of the true values, so that a lower bound of the one is a lower bound of the other; in a single
//! sample rounding may still hide some of the scatter.

use serde::{Deserialize, Serialize};

/// When rounding is looked for, and when it matters.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoundingRule {
    /// The step that is looked for, in the unit of the values.
    pub step: f64,
    /// Fewest values that must all be multiples of the step.
    pub fewest: usize,
    /// The standard deviation of the rounding, step/√12, over that of the specimens of one heat, from
    /// which on it matters.
    pub matters_from: f64,
}

/// What rounding did to some values.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Rounding {
    /// The step of which every value is a multiple.
    pub step: f64,
    /// Standard deviation of the rounding over that within heats.
    pub share: f64,
    /// Whether the fit takes the lower ends of the intervals.
    pub lower_ends: bool,
}

impl RoundingRule {
    /// What rounding did to `values`, whose standard deviation within heats `within` computes; it is asked
    /// only when all of them are rounded.
    ///
    /// `None` when some value is no multiple of the step, or there are too few to tell. Where the lower
    /// end of an interval is not above zero, or nothing scatters within heats, it matters in any case.
    pub fn of(&self, values: &[f64], within: impl FnOnce() -> f64) -> Option<Rounding> {
        /// A decimal number is no multiple of 0.5 to the last bit.
        const NEAR: f64 = 1e-9;
        let is_multiple = |value: &f64| {
            let steps = value / self.step;
            (steps - steps.round()).abs() <= NEAR * steps.abs().max(1.0)
        };
        if values.len() < self.fewest || !values.iter().all(is_multiple) {
            return None;
        }
        let share = self.step / 12f64.sqrt() / within();
        Some(Rounding {
            step: self.step,
            share: if share.is_finite() { share } else { 1.0 },
            lower_ends: share.is_nan() || share >= self.matters_from,
        })
    }
}

impl Rounding {
    /// The value to fit instead of a recorded one, never below a tenth of the step: the interval around
    /// zero has no logarithm at its lower end.
    pub fn lower_end(&self, value: f64) -> f64 {
        (value - 0.5 * self.step).max(0.1 * self.step)
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests {
    use super::*;

    const RULE: RoundingRule = RoundingRule {
        step: 0.5,
        fewest: 4,
        matters_from: 0.33,
    };

    #[test]
    fn rounding_matters_where_it_is_large_beside_the_scatter() {
        let brittle = [1.0, 1.5, 0.5, 2.0, 1.0];
        let found = RULE.of(&brittle, || 0.35).unwrap();
        assert!(found.lower_ends && (found.share - 0.412).abs() < 1e-3);
        assert_eq!(found.lower_end(1.5), 1.25);
        assert_eq!(
            found.lower_end(0.0),
            0.05,
            "a value of zero keeps a logarithm"
        );
        let ductile = [12.0, 13.5, 11.5, 14.0];
        assert!(!RULE.of(&ductile, || 1.4).unwrap().lower_ends);
        assert!(RULE.of(&ductile, || 0.0).unwrap().lower_ends);
        assert_eq!(
            RULE.of(&[12.0, 13.4, 11.5, 14.0], || 0.3),
            None,
            "not rounded"
        );
        assert_eq!(RULE.of(&brittle[..3], || 0.3), None, "too few");
    }
}
