//! Numbers as laboratories write them: decimal comma, thousands, exponents, full-width digits.
//!
//! Nothing is guessed. What is not wholly a number of the declared form is refused, so `1,424` is
//! neither 1.424 nor 1424 unless the profile says which; `10²` is not 102.

use std::borrow::Cow;

use super::cell::{fault, shown};
use crate::contract::CellFault;

/// Why a text does not begin with a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NoNumber {
    /// There is no digit where one must stand.
    NoDigits,
    /// Thousands separators that do not part groups of three.
    Grouping,
    /// Larger than any number of double precision.
    TooLarge,
    /// Smaller than any number of double precision, and not zero.
    TooSmall,
}

/// Reads the number at the start of `text`, and gives back what follows it.
///
/// Grammar: sign, digits in groups of three where `thousands` parts them, `decimal`, digits, and an
/// exponent such as `e-005`. `text` must be [`folded`] where it is not ASCII. Allocates nothing for a
/// number of less than 64 characters.
pub(super) fn scan(
    text: &str,
    decimal: char,
    thousands: Option<char>,
) -> Result<(f64, &str), NoNumber> {
    let ascii = |c: char| u8::try_from(c).ok().filter(u8::is_ascii);
    let decimal = ascii(decimal);
    let thousands = thousands.map(fold_char).and_then(ascii);
    let thousands = thousands.filter(|separator| Some(*separator) != decimal);
    let bytes = text.as_bytes();
    let digit_at = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_digit);

    let mut at = usize::from(matches!(bytes.first(), Some(b'+' | b'-')));
    let start = at;
    let (mut group, mut separators) = (0, 0);
    loop {
        if digit_at(at) {
            group += 1;
        } else if thousands.is_some() && bytes.get(at).copied() == thousands && digit_at(at + 1) {
            let good = match separators {
                0 => (1..=3).contains(&group) && bytes[start] != b'0',
                _ => group == 3,
            };
            if !good {
                return Err(NoNumber::Grouping);
            }
            (group, separators) = (0, separators + 1);
        } else {
            break;
        }
        at += 1;
    }
    if separators > 0 && group != 3 {
        return Err(NoNumber::Grouping);
    }
    let whole = group > 0 || separators > 0;
    let mut point = None;
    if decimal.is_some() && bytes.get(at).copied() == decimal && (whole || digit_at(at + 1)) {
        point = Some(at);
        at += 1;
        while digit_at(at) {
            at += 1;
        }
    }
    if !whole && point.is_none() {
        return Err(NoNumber::NoDigits);
    }
    let mantissa = at;
    if matches!(bytes.get(at), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(bytes.get(at + 1), Some(b'+' | b'-')));
        if digit_at(at + 1 + sign) {
            at += 1 + sign;
            while digit_at(at) {
                at += 1;
            }
        }
    }
    let plain = separators == 0 && (point.is_none() || decimal == Some(b'.'));
    let number = if plain {
        text[..at].parse::<f64>()
    } else {
        let kept = bytes[..at].iter().enumerate().filter_map(|(here, &byte)| {
            if Some(here) == point {
                Some(b'.')
            } else if here < mantissa && Some(byte) == thousands {
                None
            } else {
                Some(byte)
            }
        });
        parse_bytes(kept, at)
    };
    let number = number.map_err(|_| NoNumber::NoDigits)?;
    if !number.is_finite() {
        return Err(NoNumber::TooLarge);
    }
    if number == 0.0 && bytes[..mantissa].iter().any(|b| (b'1'..=b'9').contains(b)) {
        return Err(NoNumber::TooSmall);
    }
    Ok((number, &text[at..]))
}

/// Parses at most `length` ASCII bytes, on the stack where they fit.
fn parse_bytes(
    bytes: impl Iterator<Item = u8>,
    length: usize,
) -> Result<f64, std::num::ParseFloatError> {
    let mut buffer = [0_u8; 64];
    if length > buffer.len() {
        return bytes.map(char::from).collect::<String>().parse();
    }
    let mut used = 0;
    for (place, byte) in buffer.iter_mut().zip(bytes) {
        *place = byte;
        used += 1;
    }
    std::str::from_utf8(&buffer[..used])
        .unwrap_or_default()
        .parse()
}

/// Full-width forms as the ASCII they stand for, the many blanks as one, the true minus as a hyphen.
///
/// Unlike NFKC this leaves superscripts alone: `10²` must not become 102.
fn fold_char(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => char::from_u32(u32::from(c) - 0xFEE0).unwrap_or(c),
        '−' | '–' => '-',
        '’' | '‘' => '\'',
        c if c.is_whitespace() => ' ',
        c => c,
    }
}

/// A text with every character folded as above; ASCII comes back as it is.
pub(super) fn folded(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        Cow::Borrowed(text)
    } else {
        Cow::Owned(text.chars().map(fold_char).collect())
    }
}

/// Words that programs write for "no number", also those of old Microsoft runtimes.
const NOT_FINITE: [&str; 10] = [
    "nan",
    "inf",
    "infinity",
    "1.#inf",
    "1.#infinity",
    "1.#qnan",
    "1.#snan",
    "1.#ind",
    "1.#nan",
    "-nan(ind)",
];

/// The fault of a text that is not a number, with a hint where the likely cause is known.
///
/// `text` is the cell as it stands, `core` the part of it that should have been a number.
pub(super) fn not_a_number(
    text: &str,
    core: &str,
    decimal: char,
    thousands: Option<char>,
    why: Option<NoNumber>,
) -> CellFault {
    let unsigned = core.trim_start_matches(['+', '-']);
    if NOT_FINITE
        .iter()
        .any(|word| unsigned.eq_ignore_ascii_case(word) || core.eq_ignore_ascii_case(word))
    {
        let hint = if unsigned.to_ascii_lowercase().contains("nan") {
            "the instrument had no reading here"
        } else {
            ""
        };
        let message = format!("{} is not a finite number", shown(text));
        return fault("finite", message, hint);
    }
    match why {
        Some(NoNumber::TooLarge) => {
            return fault(
                "finite",
                format!("{} is too large for a number", shown(text)),
                "",
            );
        }
        Some(NoNumber::TooSmall) => {
            return fault(
                "number",
                format!("{} is too small for a number", shown(text)),
                "",
            );
        }
        Some(NoNumber::Grouping | NoNumber::NoDigits) | None => {}
    }
    let other = if decimal == ',' { '.' } else { ',' };
    let hint = if why == Some(NoNumber::Grouping) {
        "thousands separators part groups of three digits; is it a decimal sign?".to_owned()
    } else if core.contains(other) && thousands.is_none() {
        let after = core.rfind(decimal) > core.rfind(other);
        if core.contains(decimal) && after {
            format!("thousands separators? set thousands = \"{other}\" in the profile")
        } else if other == ',' {
            "decimal comma? set decimal = \",\" in the profile".to_owned()
        } else {
            "decimal point? set decimal = \".\" in the profile".to_owned()
        }
    } else if core.contains(' ')
        && core
            .chars()
            .all(|c| c.is_ascii_digit() || " .,".contains(c))
    {
        "blanks between thousands? set thousands = \" \" in the profile".to_owned()
    } else {
        String::new()
    };
    fault("number", format!("{} is not a number", shown(text)), &hint)
}

/// Reads a decimal number with the given decimal sign; full-width digits are read, anything else is not.
///
/// No thousands separators, no units, no `nan`, no `inf`, no hexadecimal; exponents such as `5e-005`
/// are fine.
///
/// # Errors
/// The rule `number` or `finite`, with a hint where the likely cause is known.
pub fn parse_decimal(text: &str, decimal: char) -> Result<f64, CellFault> {
    let plain = folded(text.trim());
    match scan(&plain, decimal, None) {
        Ok((number, "")) => Ok(number),
        Ok(_) => Err(not_a_number(text, &plain, decimal, None, None)),
        Err(why) => Err(not_a_number(text, &plain, decimal, None, Some(why))),
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test may panic; parsing is exact"
)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_or_refused_but_never_guessed() {
        for (text, decimal, expected) in [
            ("1.82", '.', 1.82),
            ("1,82", ',', 1.82),
            (" 5e-005 ", '.', 5e-5),
            ("5,2E+02", ',', 520.0),
            ("-0", '.', 0.0),
            ("０．１２", '.', 0.12),
            ("０，１２", ',', 0.12),
            ("0，12", ',', 0.12),
            ("−3", '.', -3.0),
            ("+3", '.', 3.0),
            (".5", '.', 0.5),
            ("5.", '.', 5.0),
        ] {
            assert_eq!(parse_decimal(text, decimal).unwrap(), expected, "{text}");
        }
        for text in [
            "1,82", "0，12", "1 000", "12a", "0x10", "", "-", "e5", "1.2.3", "1_000", "--1", "10²",
            "①", "½", "1e-999", "5e", ".", "٣",
        ] {
            assert_eq!(
                parse_decimal(text, '.').unwrap_err().rule,
                "number",
                "{text}"
            );
        }
        for text in [
            "NaN",
            "nan",
            "inf",
            "-Infinity",
            "1e999",
            "1.#INF",
            "-1.#IND",
            "-nan(ind)",
            "1.#QNAN",
        ] {
            assert_eq!(
                parse_decimal(text, '.').unwrap_err().rule,
                "finite",
                "{text}"
            );
        }
    }

    #[test]
    fn hints_name_the_likely_cause() {
        let hint = |text: &str, decimal: char| parse_decimal(text, decimal).unwrap_err().hint;
        assert!(hint("1,82", '.').contains("decimal = \",\""));
        assert!(hint("1.82", ',').contains("decimal = \".\""));
        assert!(hint("1,424.96", '.').contains("thousands = \",\""));
        assert!(hint("1.424,96", ',').contains("thousands = \".\""));
        assert!(hint("1 424", '.').contains("thousands = \" \""));
    }

    #[test]
    fn thousands_part_groups_of_three_and_nothing_else() {
        for (text, decimal, thousands, expected) in [
            ("1,424.96", '.', ',', 1424.96),
            ("1.424,96", ',', '.', 1424.96),
            ("1 424,96", ',', ' ', 1424.96),
            ("-12'000'000", '.', '’', -12e6),
            ("999", '.', ',', 999.0),
            ("1,000e3", '.', ',', 1e6),
            ("1424.96", '.', ',', 1424.96),
        ] {
            let scanned = scan(text, decimal, Some(thousands));
            assert_eq!(scanned, Ok((expected, "")), "{text}");
        }
        for text in [
            "0,12",
            "1,2",
            "1,2345",
            "12,34,567",
            "0,424",
            "1234,567",
            "1,234,5",
        ] {
            assert_eq!(
                scan(text, '.', Some(',')),
                Err(NoNumber::Grouping),
                "{text}"
            );
        }
        assert_eq!(scan("1,234,", '.', Some(',')), Ok((1234.0, ",")));
    }

    #[test]
    fn a_number_longer_than_the_buffer_is_read_all_the_same() {
        let long = format!("0,{}", "3".repeat(200));
        assert_eq!(parse_decimal(&long, ',').unwrap(), 1.0 / 3.0);
    }
}
