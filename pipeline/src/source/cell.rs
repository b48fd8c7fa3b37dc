//! One cell: text → value in the contract's unit, or the rule it breaks.

use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime};
use unicode_normalization::UnicodeNormalization as _;

use super::profile::Format;
use crate::contract::{Cell, CellFault, Field, FieldType};
use crate::domain::Unit;

/// A parsed cell: a value, or a reading below its detection limit.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Parsed {
    Value(Cell),
    /// `<0.001`: the limit, in the contract's unit.
    Censored(f64),
}

fn fault(rule: &'static str, message: String, hint: &str) -> CellFault {
    CellFault {
        rule,
        message,
        hint: hint.to_owned(),
    }
}

/// Parses and checks one cell of `field`.
pub(super) fn parse(
    field: &Field,
    units: Option<(Unit, Unit)>,
    format: &Format,
    text: &str,
) -> Result<Parsed, CellFault> {
    let trimmed = text.trim();
    let cell = if is_missing(format, trimmed) {
        Cell::Null
    } else {
        match field.kind {
            FieldType::String => Cell::Text(trimmed.to_owned()),
            FieldType::Number | FieldType::Array => {
                if let Some(limit) = trimmed.strip_prefix('<') {
                    let limit = convert(parse_decimal(limit, format.decimal)?, units);
                    return if field.censored_into.is_some() {
                        Ok(Parsed::Censored(limit))
                    } else {
                        Err(fault(
                            "censored",
                            format!(
                                "\"{text}\" is a reading below a limit, which this field cannot hold"
                            ),
                            "",
                        ))
                    };
                }
                Cell::Number(convert(parse_decimal(trimmed, format.decimal)?, units))
            }
            FieldType::Integer => {
                let number = trimmed.parse::<i64>().map_err(|_| {
                    fault("integer", format!("\"{text}\" is not a whole number"), "")
                })?;
                Cell::Integer(number)
            }
            FieldType::Boolean => Cell::Boolean(parse_boolean(trimmed)?),
            FieldType::Date => Cell::Date(parse_date(trimmed)?),
            FieldType::Datetime => Cell::Datetime(parse_datetime(trimmed)?),
        }
    };
    field.check_cell(&cell)?;
    Ok(Parsed::Value(cell))
}

/// Whether a trimmed text is one of the profile's words for "missing".
pub(super) fn is_missing(format: &Format, trimmed: &str) -> bool {
    trimmed.is_empty() || format.missing.iter().any(|word| word == trimmed)
}

fn convert(number: f64, units: Option<(Unit, Unit)>) -> f64 {
    // `units_of` has made sure that the two convert.
    units
        .and_then(|(from, to)| from.convert(number, to))
        .unwrap_or(number)
}

/// Reads a decimal number with the given decimal sign; full-width digits are read, anything else is not.
///
/// No thousands separators, no `nan`, no `inf`, no hexadecimal; exponents such as `5e-005` are fine.
///
/// # Errors
/// The rule `number` or `finite`, with a hint where the likely cause is known.
pub fn parse_decimal(text: &str, decimal: char) -> Result<f64, CellFault> {
    let not_a_number = |hint: &str| fault("number", format!("\"{text}\" is not a number"), hint);
    let folded: String;
    let mut plain = text.trim();
    if !plain.is_ascii() {
        folded = plain
            .nfkc()
            .map(|c| if c == '−' { '-' } else { c })
            .collect();
        plain = &folded;
    }
    if let Some(word) = [
        "nan",
        "inf",
        "+inf",
        "-inf",
        "infinity",
        "-infinity",
        "+infinity",
    ]
    .into_iter()
    .find(|word| plain.eq_ignore_ascii_case(word))
    {
        return Err(fault(
            "finite",
            format!("\"{text}\" is not a finite number"),
            if word == "nan" {
                "the instrument had no reading here"
            } else {
                ""
            },
        ));
    }
    let other = if decimal == ',' { '.' } else { ',' };
    if plain.contains(other) {
        let hint = if other == ',' {
            "decimal comma? set decimal = \",\" in the profile"
        } else {
            "decimal point? set decimal = \".\" in the profile"
        };
        return Err(not_a_number(hint));
    }
    let shape = |c: char| c.is_ascii_digit() || matches!(c, '+' | '-' | 'e' | 'E') || c == decimal;
    if !plain.chars().all(shape) || !plain.contains(|c: char| c.is_ascii_digit()) {
        return Err(not_a_number(""));
    }
    let number = if decimal == '.' {
        plain.parse::<f64>()
    } else {
        plain.replace(decimal, ".").parse()
    };
    match number {
        Ok(number) if number.is_finite() => Ok(number),
        Ok(_) => Err(fault(
            "finite",
            format!("\"{text}\" is too large for a number"),
            "",
        )),
        Err(_) => Err(not_a_number("")),
    }
}

fn parse_boolean(text: &str) -> Result<bool, CellFault> {
    match text.to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" => Ok(true),
        "false" | "no" | "0" => Ok(false),
        _ => Err(fault(
            "boolean",
            format!("\"{text}\" is neither true nor false"),
            "write true or false, or translate the word in the profile's `values`",
        )),
    }
}

const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a real day");

fn parse_date(text: &str) -> Result<i32, CellFault> {
    let day = NaiveDate::parse_from_str(text, "%Y-%m-%d").map_err(|_| {
        fault(
            "date",
            format!("\"{text}\" is not a date"),
            "write dates as 2026-03-05",
        )
    })?;
    i32::try_from(day.signed_duration_since(EPOCH).num_days())
        .map_err(|_| fault("date", format!("\"{text}\" lies too far away"), ""))
}

fn parse_datetime(text: &str) -> Result<i64, CellFault> {
    if let Ok(moment) = DateTime::parse_from_rfc3339(text) {
        return Ok(moment.timestamp_micros());
    }
    let naive = [
        "%Y-%m-%dT%H:%M:%S%.f",
        "%Y-%m-%d %H:%M:%S%.f",
        "%Y-%m-%d %H:%M",
        "%Y-%m-%dT%H:%M",
    ]
    .iter()
    .find_map(|format| NaiveDateTime::parse_from_str(text, format).ok())
    .or_else(|| {
        Some(
            NaiveDate::parse_from_str(text, "%Y-%m-%d")
                .ok()?
                .and_time(NaiveTime::MIN),
        )
    });
    naive
        .map(|moment| moment.and_utc().timestamp_micros())
        .ok_or_else(|| {
            fault(
                "datetime",
                format!("\"{text}\" is not a date and time"),
                "write 2026-03-05T21:40:00Z",
            )
        })
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
            ("-0", '.', 0.0),
            ("０．１２", '.', 0.12),
            ("+3", '.', 3.0),
        ] {
            assert_eq!(parse_decimal(text, decimal).unwrap(), expected, "{text}");
        }
        for text in [
            "1,82", "1 000", "12a", "0x10", "", "-", "e5", "1.2.3", "1_000", "--1",
        ] {
            assert_eq!(
                parse_decimal(text, '.').unwrap_err().rule,
                "number",
                "{text}"
            );
        }
        for text in ["NaN", "nan", "inf", "-Infinity", "1e999"] {
            assert_eq!(
                parse_decimal(text, '.').unwrap_err().rule,
                "finite",
                "{text}"
            );
        }
        assert!(
            parse_decimal("1,82", '.')
                .unwrap_err()
                .hint
                .contains("decimal = \",\"")
        );
    }

    #[test]
    fn days_and_moments() {
        assert_eq!(parse_date("1970-01-02").unwrap(), 1);
        assert!(parse_date("2026-02-30").is_err());
        assert!(parse_date("3-12").is_err());
        assert_eq!(parse_datetime("1970-01-01T00:00:01Z").unwrap(), 1_000_000);
        assert_eq!(
            parse_datetime("1970-01-01T01:00:01+01:00").unwrap(),
            1_000_000
        );
        assert_eq!(parse_datetime("1970-01-02").unwrap(), 86_400_000_000);
    }
}
