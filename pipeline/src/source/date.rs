//! Days and moments as laboratories write them.
//!
//! Read without being told: ISO 8601 (`2026-03-05`, `20260305`), year first with any separator
//! (`2026/3/5`), day first with full stops (`5.3.2026`), and `2026年3月5日`. Everything whose order of
//! day and month can be doubted (`03/05/2026`, `5.3.26`) is read only in a declared format, and so
//! are serial numbers of spreadsheets. The written day counts: no time zone moves it.

use chrono::{DateTime, Datelike as _, Days, NaiveDate, NaiveDateTime, NaiveTime};

use super::cell::{fault, shown};
use super::number::folded;
use crate::contract::CellFault;

/// Declares numbers as spreadsheet serials: 1 is 1900-01-01 (1900 system) or 1904-01-02 (1904 system).
const SERIAL_1900: &str = "excel";
const SERIAL_1904: &str = "excel1904";

/// A laboratory's own results lie within these years.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2199;

const EPOCH: NaiveDate = NaiveDate::from_ymd_opt(1970, 1, 1).expect("a real day");

/// The formats that a declared order of day and month (`dmy`, `mdy`, `ymd`) stands for, with two or four
/// digits of the year; none for any other word.
///
/// A year of two digits counts from 1970 to 2069.
pub fn formats_of_order(order: &str) -> &'static [&'static str] {
    // Two digits first: a year of four is not taken for one, and the other way round it would be.
    match order {
        "dmy" => &[
            "%d/%m/%y", "%d-%m-%y", "%d.%m.%y", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y",
        ],
        "mdy" => &[
            "%m/%d/%y", "%m-%d-%y", "%m.%d.%y", "%m/%d/%Y", "%m-%d-%Y", "%m.%d.%Y",
        ],
        "ymd" => &["%y/%m/%d", "%y-%m-%d", "%y.%m.%d"],
        _ => &[],
    }
}

/// Reads a day, as days since 1970-01-01; a time behind it is passed over.
///
/// `formats` are chrono formats, tried first and in order, or `excel` / `excel1904`.
pub(super) fn parse_date(text: &str, formats: &[String]) -> Result<i32, CellFault> {
    let day = moment(text, formats, false).ok_or_else(|| not_a_date("date", "a date", text))?;
    days(day.date()).ok_or_else(|| far_away("date", text))
}

/// Reads a moment, as microseconds since 1970-01-01T00:00:00Z; one without a zone counts as UTC, a
/// day without a time as its midnight.
pub(super) fn parse_datetime(text: &str, formats: &[String]) -> Result<i64, CellFault> {
    let moment = moment(text, formats, true)
        .ok_or_else(|| not_a_date("datetime", "a date and time", text))?;
    days(moment.date()).ok_or_else(|| far_away("datetime", text))?;
    Ok(moment.and_utc().timestamp_micros())
}

/// The moment of a serial number of the 1900 date system of spreadsheets.
///
/// Serial 60 is 29 February 1900, a day that never was: `None`, as beyond the years 1900 to 9999.
/// Times are rounded to the millisecond: a serial of double precision holds no more.
pub(super) fn of_serial(serial: f64) -> Option<NaiveDateTime> {
    if !(1.0..2_958_466.0).contains(&serial) || (60.0..61.0).contains(&serial) {
        return None;
    }
    let first = NaiveDate::from_ymd_opt(1899, 12, if serial < 60.0 { 31 } else { 30 })?;
    at_serial(first, serial)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "both callers bound the serial"
)]
fn at_serial(first: NaiveDate, serial: f64) -> Option<NaiveDateTime> {
    let milliseconds = ((serial - serial.floor()) * 86_400_000.0).round() as i64;
    let day = first.checked_add_days(Days::new(serial.floor() as u64))?;
    day.and_time(NaiveTime::MIN)
        .checked_add_signed(chrono::TimeDelta::milliseconds(milliseconds))
}

fn days(day: NaiveDate) -> Option<i32> {
    YEARS
        .contains(&day.year())
        .then(|| i32::try_from(day.signed_duration_since(EPOCH).num_days()).ok())?
}

fn not_a_date(rule: &'static str, what: &str, text: &str) -> CellFault {
    let digits = text
        .bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.');
    let parts = text.split(['/', '-', '.']).count();
    let hint = if digits && (4..=6).contains(&text.len()) {
        "a spreadsheet's serial number? add \"excel\" to the profile's `dates`"
    } else if parts == 3 {
        "which is the day and which the month? declare it in the profile's `dates`, such as \"%d/%m/%Y\""
    } else if rule == "datetime" {
        "write 2026-03-05T21:40:00Z, or declare the format in the profile's `dates`"
    } else {
        "write dates as 2026-03-05, or declare the format in the profile's `dates`"
    };
    fault(rule, format!("{} is not {what}", shown(text)), hint)
}

fn far_away(rule: &'static str, text: &str) -> CellFault {
    let message = format!("{} lies outside the years 1900 to 2199", shown(text));
    fault(rule, message, "a slipped digit?")
}

fn moment(text: &str, formats: &[String], in_utc: bool) -> Option<NaiveDateTime> {
    let text = folded(text.trim());
    let text = text.as_ref();
    for format in formats {
        let read = match format.as_str() {
            SERIAL_1900 => serial_of(text).and_then(of_serial),
            SERIAL_1904 => serial_of(text)
                .filter(|serial| (0.0..2_957_004.0).contains(serial))
                .and_then(|serial| at_serial(NaiveDate::from_ymd_opt(1904, 1, 1)?, serial)),
            format => NaiveDateTime::parse_from_str(text, format)
                .ok()
                .or_else(|| {
                    let day = NaiveDate::parse_from_str(text, format).ok()?;
                    Some(day.and_time(NaiveTime::MIN))
                })
                .or_else(|| {
                    let moment = DateTime::parse_from_str(text, format).ok()?;
                    Some(local_or_utc(&moment, in_utc))
                }),
        };
        if read.is_some() {
            return read;
        }
    }
    let (day, rest) = leading_day(text)?;
    let rest = rest.strip_prefix(['T', 't', ' ']).map_or(rest, str::trim);
    if rest.is_empty() {
        return Some(day.and_time(NaiveTime::MIN));
    }
    let (time, shift) = split_zone(rest)?;
    let time = ["%H:%M:%S%.f", "%H:%M"]
        .iter()
        .find_map(|format| NaiveTime::parse_from_str(time, format).ok())?;
    let written = day.and_time(time);
    if in_utc {
        written.checked_sub_signed(chrono::TimeDelta::minutes(shift))
    } else {
        Some(written)
    }
}

fn local_or_utc(moment: &DateTime<chrono::FixedOffset>, in_utc: bool) -> NaiveDateTime {
    if in_utc {
        moment.naive_utc()
    } else {
        moment.naive_local()
    }
}

/// A number that is nothing but digits and a decimal point.
fn serial_of(text: &str) -> Option<f64> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit() || byte == b'.')
        .then(|| text.parse().ok())?
}

/// The day at the start of a text in one of the forms that nobody can misread, and what follows it.
fn leading_day(text: &str) -> Option<(NaiveDate, &str)> {
    let (first, rest) = digits(text)?;
    if first.len() == 8 {
        // ISO 8601 in its basic form.
        let part = |range: std::ops::Range<usize>| first[range].parse::<u32>().ok();
        let day = NaiveDate::from_ymd_opt(first[..4].parse().ok()?, part(4..6)?, part(6..8)?)?;
        return Some((day, rest));
    }
    let (separator, rest) = separator(rest)?;
    let (second, rest) = digits(rest)?;
    let (other, rest) = self::separator(rest)?;
    let (third, rest) = digits(rest)?;
    let small = |part: &str| part.parse::<u32>().ok().filter(|_| part.len() <= 2);
    let year = |part: &str| part.parse::<i32>().ok().filter(|_| part.len() == 4);
    match (separator, other) {
        ('年', '月') => {
            let rest = rest.trim_start();
            let rest = rest.strip_prefix(['日', '号']).unwrap_or(rest);
            let day = NaiveDate::from_ymd_opt(year(first)?, small(second)?, small(third)?)?;
            Some((day, rest))
        }
        ('-', '-') | ('/', '/') | ('.', '.') if first.len() == 4 => {
            let day = NaiveDate::from_ymd_opt(year(first)?, small(second)?, small(third)?)?;
            Some((day, rest))
        }
        ('.', '.') => {
            let day = NaiveDate::from_ymd_opt(year(third)?, small(second)?, small(first)?)?;
            Some((day, rest))
        }
        _ => None,
    }
}

fn digits(text: &str) -> Option<(&str, &str)> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    (end > 0).then(|| text.split_at(end))
}

/// The separator between two parts of a day, with blanks around it passed over.
fn separator(text: &str) -> Option<(char, &str)> {
    let text = text.trim_start();
    let separator = text.chars().next()?;
    Some((separator, text[separator.len_utf8()..].trim_start()))
}

/// A time without its zone, and the zone in minutes east of Greenwich; none counts as 0.
fn split_zone(text: &str) -> Option<(&str, i64)> {
    if let Some(time) = text.strip_suffix(['Z', 'z']) {
        return Some((time.trim_end(), 0));
    }
    let Some(at) = text.rfind(['+', '-']) else {
        return Some((text, 0));
    };
    let zone: String = text[at + 1..].chars().filter(|c| *c != ':').collect();
    if !zone.bytes().all(|byte| byte.is_ascii_digit()) || !matches!(zone.len(), 2 | 4) {
        return None;
    }
    let hours: i64 = zone[..2].parse().ok().filter(|hours| *hours <= 14)?;
    let minutes: i64 = zone.get(2..4).map_or(Ok(0), str::parse).ok()?;
    let shift = hours * 60 + minutes;
    let shift = if text[at..].starts_with('-') {
        -shift
    } else {
        shift
    };
    Some((text[..at].trim_end(), shift))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn day(text: &str, formats: &[&str]) -> Result<String, &'static str> {
        let formats: Vec<String> = formats.iter().map(|&format| format.to_owned()).collect();
        parse_date(text, &formats)
            .map(|days| NaiveDate::from_epoch_days(days).unwrap().to_string())
            .map_err(|fault| fault.rule)
    }

    #[test]
    fn days_that_nobody_can_misread() {
        for text in [
            "2026-03-05",
            "2026-3-5",
            "20260305",
            "2026/03/05",
            "2026.3.5",
            "5.3.2026",
            "05.03.2026",
            "2026年3月5日",
            "2026 年 03 月 05 日",
            "２０２６年３月５日",
            "2026-03-05T23:59:00-08:00",
            "2026-03-05 14:30",
            "05.03.2026 14:30:01",
            " 2026-03-05 ",
        ] {
            assert_eq!(day(text, &[]).as_deref(), Ok("2026-03-05"), "{text}");
        }
    }

    #[test]
    fn doubtful_orders_only_as_declared() {
        for text in [
            "03/05/2026",
            "13/05/2026",
            "5-3-2026",
            "5.3.26",
            "45356",
            "3-12",
            "2026-02-30",
            "2026-13-01",
            "March 5",
            "",
            "2026-03",
            "1026-03-05",
            "2026-03-05x",
            "2026-03-05 25:00",
        ] {
            assert_eq!(day(text, &[]), Err("date"), "{text}");
        }
        assert_eq!(
            day("03/05/2026", &["%d/%m/%Y"]).as_deref(),
            Ok("2026-05-03")
        );
        assert_eq!(
            day("03/05/2026", &["%m/%d/%Y"]).as_deref(),
            Ok("2026-03-05")
        );
        assert_eq!(day("5.3.26", &["%d.%m.%y"]).as_deref(), Ok("2026-03-05"));
        // What is declared wins over what would be read anyway.
        assert_eq!(
            day("03.05.2026", &["%m.%d.%Y"]).as_deref(),
            Ok("2026-03-05")
        );
        assert_eq!(
            day("05-Mar-2026", &["%d-%b-%Y"]).as_deref(),
            Ok("2026-03-05")
        );
        assert_eq!(
            day("03/05/2026 2:10 PM", &["%m/%d/%Y %I:%M %p"]).as_deref(),
            Ok("2026-03-05")
        );
        assert!(
            parse_date("03/05/2026", &[])
                .unwrap_err()
                .hint
                .contains("%d/%m/%Y")
        );
        assert!(parse_date("45356", &[]).unwrap_err().hint.contains("excel"));
    }

    #[test]
    fn a_declared_order_reads_both_lengths_of_the_year() {
        for (order, text) in [
            ("dmy", "5/3/26"),
            ("dmy", "05-03-2026"),
            ("dmy", "05.03.2026"),
            ("mdy", "3/5/26"),
            ("mdy", "03/05/2026"),
            ("ymd", "26/03/05"),
            ("ymd", "2026-03-05"),
        ] {
            let read = day(text, formats_of_order(order));
            assert_eq!(read.as_deref(), Ok("2026-03-05"), "{order} {text}");
        }
        assert_eq!(day("13/13/2026", formats_of_order("dmy")), Err("date"));
        assert!(formats_of_order("auto").is_empty());
    }

    #[test]
    fn serial_numbers_of_spreadsheets() {
        let serial = |number: f64| of_serial(number).map(|moment| moment.to_string());
        assert_eq!(serial(1.0).as_deref(), Some("1900-01-01 00:00:00"));
        assert_eq!(serial(59.0).as_deref(), Some("1900-02-28 00:00:00"));
        assert_eq!(serial(60.0), None, "29 February 1900 never was");
        assert_eq!(serial(61.0).as_deref(), Some("1900-03-01 00:00:00"));
        assert_eq!(serial(45_356.0).as_deref(), Some("2024-03-05 00:00:00"));
        assert_eq!(serial(45_356.75).as_deref(), Some("2024-03-05 18:00:00"));
        for number in [-1.0, 0.0, 3e6, f64::NAN, f64::INFINITY] {
            assert_eq!(serial(number), None, "{number}");
        }
        assert_eq!(day("45356", &["excel"]).as_deref(), Ok("2024-03-05"));
        assert_eq!(day("43894", &["excel1904"]).as_deref(), Ok("2024-03-05"));
    }

    #[test]
    fn moments() {
        let at = |text: &str| parse_datetime(text, &[]).map_err(|fault| fault.rule);
        for text in [
            "1970-01-02T03:04:05Z",
            "1970-01-02 03:04:05",
            "1970-01-02T04:04:05+01:00",
            "1970-01-02T04:04:05+0100",
            "1970-01-01 19:04:05-08",
            "1970年1月2日 03:04:05",
            "2.1.1970 03：04：05",
        ] {
            assert_eq!(at(text), Ok(97_445_000_000), "{text}");
        }
        assert_eq!(at("1970-01-02"), Ok(86_400_000_000));
        assert_eq!(at("1970-01-02T00:00:00.5Z"), Ok(86_400_500_000));
        assert_eq!(at("1970-01-02T00:00:00+99:00"), Err("datetime"));
        assert_eq!(at("yesterday"), Err("datetime"));
    }
}
