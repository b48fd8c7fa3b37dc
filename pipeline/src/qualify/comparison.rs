//! How one number is held against one limit: in full, rounded, and which of the two decides.

use super::component::{EvidenceLimit, Limit};
use super::phrase;
use super::verdict::{Basis, Comparison, Direction};
use crate::domain::rounding::half_even;

/// Relative distance within which two numbers are the same: sums and logarithms leave binary dust in
/// the last places, and a heat at exactly the limit must not fail for it.
const DUST: f64 = 1e-12;

/// A limit reduced to what a comparison needs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Rule {
    /// The side on which the number must be; the limit itself is allowed.
    pub(super) direction: Direction,
    /// The limit; of a capability the Cpk that must be reached.
    pub(super) value: f64,
    rounded_to: Option<u32>,
    digits: Option<u32>,
}

impl Rule {
    /// The number as it is compared: rounded when the rule says so.
    pub(super) fn compared(&self, number: f64) -> f64 {
        self.rounded_to
            .map_or(number, |digits| half_even(number, digits))
    }

    /// Distance from the limit, positive on the good side.
    pub(super) fn margin(&self, number: f64) -> f64 {
        self.distance(self.compared(number))
    }

    /// Whether the number is on the good side; the limit itself is. NaN is not.
    pub(super) fn holds(&self, number: f64) -> bool {
        self.allows(self.compared(number))
    }

    /// Both comparisons, as far as the limit names digits.
    pub(super) fn comparison(&self, number: f64) -> Comparison {
        let rounded = self.digits.map(|digits| half_even(number, digits));
        Comparison {
            full: self.allows(number),
            rounded: rounded.map(|rounded| self.allows(rounded)),
            rounded_number: rounded,
        }
    }

    /// The sentence that says so where the two comparisons come out differently.
    pub(super) fn disagreement(&self, number: f64) -> Option<String> {
        let found = self.comparison(number);
        let (digits, rounded) = self.digits.zip(found.rounded_number)?;
        if found.rounded == Some(found.full) {
            return None;
        }
        let (full, limit) = (phrase::number(number, self.value), self.value);
        let side = if number > limit { "above" } else { "below" };
        let decimals = if digits == 1 { "decimal" } else { "decimals" };
        let asked = ", which this limit asks for";
        let (of_full, of_rounded) = match self.rounded_to {
            Some(_) => ("", asked),
            None => (asked, ""),
        };
        let met = if self.holds(number) { "met" } else { "not met" };
        Some(format!(
            "{full} is {side} {limit} in full{of_full}, and {rounded} after rounding to {digits} {decimals} \
             (half to even){of_rounded}: {met}"
        ))
    }

    /// The number that just meets the limit, before any rounding.
    ///
    /// A tie that rounds away from the limit's side differs from it by nothing that matters here.
    pub(super) fn threshold(&self) -> f64 {
        let half = self
            .rounded_to
            .map_or(0.0, |digits| 0.5 * 10_f64.powf(-f64::from(digits)));
        match self.direction {
            Direction::AtLeast => self.value - half,
            Direction::AtMost => self.value + half,
        }
    }

    fn distance(&self, compared: f64) -> f64 {
        match self.direction {
            Direction::AtLeast => compared - self.value,
            Direction::AtMost => self.value - compared,
        }
    }

    fn allows(&self, compared: f64) -> bool {
        self.distance(compared) >= -DUST * self.value.abs()
    }
}

impl Limit {
    /// What the number of its basis is held against; a Cpk, in full, against the Cpk that must be reached.
    pub(super) fn rule(&self) -> Rule {
        let capability = self.cpk_at_least.filter(|_| self.basis == Basis::Cpk);
        Rule {
            direction: capability.map_or(self.direction, |_| Direction::AtLeast),
            value: capability.unwrap_or(self.value),
            rounded_to: self.rounded_to.filter(|_| capability.is_none()),
            digits: self.digits.filter(|_| capability.is_none()),
        }
    }

    /// Whether the number is on the good side.
    pub(super) fn holds(&self, number: f64) -> bool {
        self.rule().holds(number)
    }
}

impl EvidenceLimit {
    /// What the number of a proof is held against.
    pub(super) fn rule(&self) -> Rule {
        Rule {
            direction: self.direction,
            value: self.value,
            rounded_to: self.rounded_to,
            digits: self.digits,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    fn at_most(value: f64, rounded_to: Option<u32>, digits: Option<u32>) -> Rule {
        Rule {
            direction: Direction::AtMost,
            value,
            rounded_to,
            digits,
        }
    }

    #[test]
    fn the_sentence_names_both_numbers_and_the_one_that_decides() {
        assert_eq!(
            at_most(0.35, Some(2), Some(2))
                .disagreement(0.354)
                .as_deref(),
            Some(
                "0.354 is above 0.35 in full, and 0.35 after rounding to 2 decimals (half to even), \
                 which this limit asks for: met"
            )
        );
        assert_eq!(
            at_most(0.35, None, Some(2)).disagreement(0.354).as_deref(),
            Some(
                "0.354 is above 0.35 in full, which this limit asks for, and 0.35 after rounding to 2 \
                 decimals (half to even): not met"
            )
        );
        for silent in [
            at_most(0.35, None, None).disagreement(0.354),
            at_most(0.35, Some(2), Some(2)).disagreement(0.35),
            at_most(0.35, Some(2), Some(2)).disagreement(0.361),
        ] {
            assert_eq!(silent, None);
        }
    }

    #[test]
    fn rounding_can_also_fail_what_holds_in_full() {
        let rule = Rule {
            direction: Direction::AtMost,
            ..at_most(0.135, Some(2), Some(2))
        };
        // 0.135 itself is allowed in full, and is 0.14 rounded.
        let found = rule.comparison(0.135);
        assert!(found.full && found.rounded == Some(false) && !rule.holds(0.135));
        assert_eq!(found.rounded_number, Some(0.14));
        assert!(rule.disagreement(0.135).unwrap().ends_with("not met"));
    }

    /// The loader refuses such a limit; one made by hand is compared in full all the same.
    #[test]
    fn a_capability_is_never_rounded() {
        let limit = Limit {
            direction: Direction::AtMost,
            value: 273.0,
            basis: Basis::Cpk,
            rounded_to: Some(2),
            digits: Some(2),
            cpk_at_least: Some(1.33),
        };
        assert!(!limit.holds(1.3296) && limit.holds(1.33));
        assert_eq!(limit.rule().comparison(1.3296).rounded, None);
    }

    #[test]
    fn the_threshold_is_half_a_step_on_the_generous_side() {
        assert!((at_most(0.35, Some(2), Some(2)).threshold() - 0.355).abs() < 1e-12);
        assert!((at_most(0.35, None, Some(2)).threshold() - 0.35).abs() < 1e-12);
    }
}
