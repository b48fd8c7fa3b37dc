//! Rounding as GB/T 8170 and ASTM E29 do it: half to even, once, on the decimal number.

/// Rounds `number` to `digits` decimals, ties to the even digit, in one step.
///
/// The tie is judged on the decimal number a laboratory reads, so `2.675` is a tie (as the laboratory
/// that wrote `2.675` means it) although its binary value lies below, and so is a mean that should be
/// 2.675 and came out as 2.6750000000000003: a number that is a tie in its first fourteen significant
/// digits counts as one. Any other number is rounded from its shortest decimal text. Non-finite numbers
/// come back as they are. `digits` is at most 15; more leaves the number as it is.
///
/// ```
/// # use regrade::domain::rounding::half_even;
/// assert_eq!(half_even(0.305, 2), 0.30);
/// assert_eq!(half_even(0.315, 2), 0.32);
/// assert_eq!(half_even(12.5, 0), 12.0);
/// ```
pub fn half_even(number: f64, digits: u32) -> f64 {
    if !number.is_finite() {
        return number;
    }
    let text = tie_without_dust(number.abs(), digits).unwrap_or_else(|| number.abs().to_string());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let digits = digits as usize;
    if fraction.len() <= digits {
        return number;
    }
    let (kept, dropped) = fraction.split_at(digits);
    let mut decimal: Vec<u8> = whole.bytes().chain(kept.bytes()).collect();
    let last_is_odd = decimal.last().is_some_and(|d| (d - b'0') % 2 == 1);
    let first_dropped = dropped.as_bytes()[0];
    let beyond_half = dropped.bytes().skip(1).any(|d| d != b'0');
    let up = first_dropped > b'5' || (first_dropped == b'5' && (beyond_half || last_is_odd));
    if up {
        let mut carry = true;
        for digit in decimal.iter_mut().rev() {
            if *digit == b'9' {
                *digit = b'0';
            } else {
                *digit += 1;
                carry = false;
                break;
            }
        }
        if carry {
            decimal.insert(0, b'1');
        }
    }
    let split = decimal.len() - digits;
    let rounded: String = decimal[..split]
        .iter()
        .chain(if digits > 0 { b"." } else { &b""[..] })
        .chain(&decimal[split..])
        .map(|&d| char::from(d))
        .collect();
    rounded
        .parse::<f64>()
        .map_or(number, |magnitude| magnitude.copysign(number))
}

/// The decimal text of a magnitude that is a tie at `digits` decimals once what sums and quotients leave
/// in the last places of a binary number is taken off; `None` when it is no tie.
fn tie_without_dust(magnitude: f64, digits: u32) -> Option<String> {
    let read: f64 = format!("{magnitude:.13e}").parse().ok()?;
    let text = read.to_string();
    let (_, fraction) = text.split_once('.')?;
    let tie = fraction.len() == digits as usize + 1 && fraction.ends_with('5');
    tie.then_some(text)
}

/// Rounds `number` down to a multiple of `step`, safe against binary dust just below a multiple.
///
/// Used for the reported maximum scrap ratio: a claim is never rounded up. `step` must be positive.
pub fn down_to_step(number: f64, step: f64) -> f64 {
    let steps = (number / step + 1e-9).floor();
    half_even(steps * step, 6)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Cases of GB/T 8170: six up, four down, five to the even digit unless something follows.
    #[test]
    fn gbt_8170_cases() {
        for (number, digits, expected) in [
            (12.1498, 1, 12.1),
            (12.1498, 0, 12.0),
            (1268.0, 0, 1268.0),
            (10.5002, 0, 11.0),
            (1.050, 1, 1.0),
            (0.35, 1, 0.4),
            (2.5, 0, 2.0),
            (3.5, 0, 4.0),
            (-0.125, 2, -0.12),
            (15.4546, 0, 15.0),
            (99.95, 1, 100.0),
            (1e-9, 3, 0.0),
        ] {
            let rounded = half_even(number, digits);
            assert!(
                (rounded - expected).abs() < 1e-12,
                "{number} to {digits}: {rounded}"
            );
        }
    }

    /// Ties go to the even digit, rounding is done once, and a tie is one as the laboratory reads it.
    #[test]
    fn ties_are_those_of_the_decimal_number() {
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        // 0.1 + 0.2 is just above 0.3, and 0.345 so computed is just above the tie.
        let above = 0.1 + 0.2 + 0.045;
        assert!(above > 0.345, "the example must carry dust");
        // Its sum is just below 1.005, which as a decimal is a tie.
        let below = 1.005 - f64::EPSILON;
        assert!(below < 1.005 && below.to_string() != "1.005");
        for (number, digits, expected) in [
            (0.125, 2, 0.12),
            (0.135, 2, 0.14),
            (2.5, 0, 2.0),
            (60.25, 1, 60.2),
            (0.3649, 2, 0.36),
            (0.364_999_999, 2, 0.36),
            (above, 2, 0.34),
            (below, 2, 1.0),
            (mean(&[0.344, 0.345, 0.346]), 2, 0.34),
            (-above, 2, -0.34),
            // What a laboratory could read as more than the tie is more than the tie.
            (0.345_000_01, 2, 0.35),
            (0.344_999_99, 2, 0.34),
        ] {
            let rounded = half_even(number, digits);
            assert!(
                (rounded - expected).abs() < 1e-12,
                "{number} to {digits}: {rounded}"
            );
        }
    }

    #[test]
    fn a_claim_is_rounded_down() {
        for (number, expected) in [(0.4999, 0.495), (0.5, 0.5), (0.3, 0.3), (0.0049, 0.0)] {
            assert!(
                (down_to_step(number, 0.005) - expected).abs() < 1e-12,
                "{number}"
            );
        }
    }
}
