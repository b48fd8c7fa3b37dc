//! Rounding as GB/T 8170 and ASTM E29 do it: half to even, once, on the decimal number.

/// Rounds `number` to `digits` decimals, ties to the even digit, in one step.
///
/// The tie is judged on the shortest decimal text of the number, so `2.675` is a tie (as the
/// laboratory that wrote `2.675` means it) although its binary value lies below. Non-finite numbers
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
    let text = format!("{}", number.abs());
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
