//! Numbers as people read them; JSON keeps them in full.
//!
//! Strengths to 1 MPa, elongation to 0.1 %, margins and claims rounded down: what is promised on
//! paper is never more than what was computed. A number that is missing or not finite is an en dash.

use crate::domain::Property;
use crate::domain::rounding::{down_to_step, half_even};

/// Shown where there is no number.
pub(super) const NONE: &str = "–";

/// What a maximum scrap ratio is shown to, whatever its step: a tenth of a percent.
const CLAIM_SHOWN: f64 = 0.001;

/// `number` with `digits` decimals, half to even, a real minus sign and never a negative zero.
pub(super) fn fixed(number: f64, digits: u32) -> String {
    if !number.is_finite() {
        return NONE.to_owned();
    }
    let rounded = half_even(number, digits);
    let text = format!("{:.*}", digits as usize, rounded.abs());
    let is_zero = text.bytes().all(|b| b == b'0' || b == b'.');
    if rounded < 0.0 && !is_zero {
        format!("−{text}")
    } else {
        text
    }
}

/// As [`fixed`], an en dash for none.
pub(super) fn fixed_or_none(number: Option<f64>, digits: u32) -> String {
    number.map_or_else(|| NONE.to_owned(), |n| fixed(n, digits))
}

/// As [`fixed`], with a plus sign where positive.
pub(super) fn signed(number: f64, digits: u32) -> String {
    let text = fixed(number, digits);
    let plain = text.bytes().all(|b| b == b'0' || b == b'.');
    if number > 0.0 && number.is_finite() && !plain {
        format!("+{text}")
    } else {
        text
    }
}

/// How a maximum scrap ratio is shown: in the lab's steps, rounded down.
#[derive(Clone, Copy, Debug)]
pub(super) struct Claims {
    /// The step, a fraction; none where it is zero.
    pub step: f64,
}

impl Claims {
    /// In percent and without the sign: in steps of 0.005, `0.3279` is `32.5`.
    pub(super) fn number(self, ratio: f64) -> String {
        if !ratio.is_finite() {
            return NONE.to_owned();
        }
        let claimed = if self.step > 0.0 {
            down_to_step(ratio, self.step)
        } else {
            ratio
        };
        fixed(down_to_step(claimed, CLAIM_SHOWN) * 100.0, 1)
    }

    /// What a ratio is rounded down to, as `0.5 %`.
    pub(super) fn step_text(self) -> String {
        let step = half_even(self.step.max(CLAIM_SHOWN) * 100.0, 6);
        with_unit(&step.to_string(), "%")
    }

    /// As [`Claims::number`], with the sign behind a no-break space.
    pub(super) fn text(self, ratio: f64) -> String {
        with_unit(&self.number(ratio), "%")
    }
}

/// `number` and `unit`, kept on one line; no unit, no space.
pub(super) fn with_unit(number: &str, unit: &str) -> String {
    if unit.is_empty() || number == NONE {
        number.to_owned()
    } else {
        format!("{number}\u{a0}{unit}")
    }
}

/// A scrap ratio that claims nothing, in percent with one decimal and without the sign.
pub(super) fn percent(ratio: f64) -> String {
    fixed(ratio * 100.0, 1)
}

/// A margin rounded down to `digits` decimals, so that a miss never reads as zero.
pub(super) fn margin(margin: f64, digits: u32) -> String {
    if !margin.is_finite() {
        return NONE.to_owned();
    }
    let step = 10f64.powi(-i32::try_from(digits.min(6)).unwrap_or(6));
    signed(down_to_step(margin, step), digits)
}

/// A limit as its source gives it: in full, and at least `digits` decimals.
pub(super) fn limit(limit: f64, digits: u32) -> String {
    if !limit.is_finite() {
        return NONE.to_owned();
    }
    let full = format!("{}", limit.abs());
    let decimals = full
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    fixed(
        limit,
        u32::try_from(decimals).unwrap_or(15).max(digits).min(15),
    )
}

/// Decimals in which a property is shown.
pub(super) fn property_digits(property: Property) -> u32 {
    match property {
        Property::Rm | Property::Rp02 => 0,
        Property::A => 1,
    }
}

/// Decimals in which a column of `heats` is shown; mass fractions have three.
pub(super) fn column_digits(column: &str) -> u32 {
    match Property::from_column(column) {
        Some(property) => property_digits(property),
        None if column.ends_with("_mpa") => 0,
        None if super::wording::element(column).is_some() => 3,
        None => 2,
    }
}

/// `12,345` as `12 345` with narrow no-break spaces.
pub(super) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_claim_is_never_rounded_up() {
        for (step, ratio, text) in [
            (0.005, 0.3279, "32.5\u{a0}%"),
            (0.005, 0.32999999, "32.5\u{a0}%"),
            (0.005, 0.33, "33.0\u{a0}%"),
            (0.005, 0.004, "0.0\u{a0}%"),
            (0.005, 1.0, "100.0\u{a0}%"),
            (0.005, f64::NAN, NONE),
            (0.05, 0.3279, "30.0\u{a0}%"),
            (0.001, 0.3279, "32.7\u{a0}%"),
            (0.0025, 0.3279, "32.7\u{a0}%"),
            (0.0, 0.3279, "32.7\u{a0}%"),
        ] {
            assert_eq!(
                Claims { step }.text(ratio),
                text,
                "{ratio} in steps of {step}"
            );
        }
        for (step, text) in [
            (0.005, "0.5\u{a0}%"),
            (0.05, "5\u{a0}%"),
            (0.0025, "0.25\u{a0}%"),
            (0.0, "0.1\u{a0}%"),
        ] {
            assert_eq!(Claims { step }.step_text(), text);
        }
    }

    #[test]
    fn a_miss_never_reads_as_zero_and_a_margin_is_never_flattered() {
        for (value, digits, text) in [
            (-0.04, 1, "−0.1"),
            (0.04, 1, "0.0"),
            (4.29, 1, "+4.2"),
            (-4.21, 1, "−4.3"),
            (0.0, 1, "0.0"),
            (0.0149, 2, "+0.01"),
            (f64::INFINITY, 1, NONE),
        ] {
            assert_eq!(margin(value, digits), text, "{value}");
        }
    }

    #[test]
    fn numbers_have_a_real_minus_and_no_negative_zero() {
        assert_eq!(fixed(-3.0, 0), "−3");
        assert_eq!(fixed(-0.04, 1), "0.0");
        assert_eq!(fixed(224.6, 0), "225");
        assert_eq!(fixed(f64::NAN, 0), NONE);
        assert_eq!(signed(0.6, 0), "+1");
        assert_eq!(limit(0.3, 2), "0.30");
        assert_eq!(limit(225.0, 0), "225");
        assert_eq!(limit(0.125, 2), "0.125");
        assert_eq!(count(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(123), "123");
    }
}
