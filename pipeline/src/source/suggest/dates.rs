//! How a column of dates is written, and whether the day or the month comes first.

use crate::source::date::parse_date;

/// Days that only a declared format reads.
const DAYS: [&str; 18] = [
    "%d/%m/%Y",
    "%m/%d/%Y",
    "%d-%m-%Y",
    "%m-%d-%Y",
    "%d/%m/%y",
    "%m/%d/%y",
    "%y/%m/%d",
    "%d-%m-%y",
    "%m-%d-%y",
    "%y-%m-%d",
    "%d.%m.%y",
    "%d %b %Y",
    "%d %B %Y",
    "%d. %B %Y",
    "%b %d, %Y",
    "%B %d, %Y",
    "%d-%b-%Y",
    "%d-%b-%y",
];

/// Times behind them.
const TIMES: [&str; 5] = ["", " %H:%M:%S", " %H:%M", " %I:%M:%S %p", " %I:%M %p"];

/// How dates are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Dates {
    /// In these formats, besides those that nobody can misread.
    Told(Vec<String>),
    /// Several formats read every one of them, and give different days.
    Doubtful(Vec<String>),
}

/// Judges the texts of a column; `None` when they are hardly dates.
pub(super) fn dates(texts: &[String]) -> Option<Dates> {
    let plain = |text: &&String| parse_date(text, &[]).is_err();
    let mut open: Vec<&String> = texts.iter().filter(plain).collect();
    let read = texts.len() - open.len();
    if texts.is_empty() {
        return Some(Dates::Told(Vec::new()));
    }
    if open.is_empty() {
        return Some(Dates::Told(Vec::new()));
    }
    let serials = open.iter().filter(|text| is_serial(text)).count();
    if serials == open.len() {
        return Some(Dates::Told(vec!["excel".to_owned()]));
    }
    let all = || {
        let days = DAYS.iter();
        days.flat_map(|day| TIMES.iter().map(move |time| format!("{day}{time}")))
    };
    let reads = |format: &String, text: &str| parse_date(text, std::slice::from_ref(format)).ok();
    let mut chosen: Vec<String> = Vec::new();
    let mut covered = read;
    while !open.is_empty() {
        let count = |format: &String| {
            open.iter()
                .filter(|text| reads(format, text).is_some())
                .count()
        };
        // The first of the best: `max_by_key` would take the last.
        let mut best: Option<(usize, String)> = None;
        for format in all() {
            let count = count(&format);
            if count > best.as_ref().map_or(0, |(most, _)| *most) {
                best = Some((count, format));
            }
        }
        let Some((count, format)) = best else { break };
        let own: Vec<&String> = open
            .iter()
            .copied()
            .filter(|text| reads(&format, text).is_some())
            .collect();
        let others = all().filter(|other| {
            *other != format
                && own.iter().all(|text| reads(other, text).is_some())
                && own
                    .iter()
                    .any(|text| reads(other, text) != reads(&format, text))
        });
        let mut alternatives = vec![format.clone()];
        alternatives.extend(others);
        if alternatives.len() > 1 {
            return Some(Dates::Doubtful(alternatives));
        }
        open.retain(|text| reads(&format, text).is_none());
        covered += count;
        chosen.push(format);
    }
    (10 * covered >= 6 * texts.len()).then_some(Dates::Told(chosen))
}

/// A spreadsheet's number of a day between 1954 and 2119, with its time behind a point or comma.
fn is_serial(text: &str) -> bool {
    let (whole, rest) = text.split_once(['.', ',']).unwrap_or((text, ""));
    rest.bytes().all(|byte| byte.is_ascii_digit())
        && whole.len() == 5
        && whole
            .parse::<u32>()
            .is_ok_and(|serial| (20_000..80_000).contains(&serial))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(texts: &[&str]) -> Option<Dates> {
        let texts: Vec<String> = texts.iter().map(|&text| text.to_owned()).collect();
        dates(&texts)
    }

    #[test]
    fn one_day_after_the_twelfth_settles_the_order() {
        let formats = |formats: &[&str]| {
            Some(Dates::Told(
                formats.iter().map(|&format| format.to_owned()).collect(),
            ))
        };
        assert_eq!(told(&["05/03/2026", "13/03/2026"]), formats(&["%d/%m/%Y"]));
        assert_eq!(told(&["03/13/2026", "03/05/2026"]), formats(&["%m/%d/%Y"]));
        assert_eq!(
            told(&["2026-03-05", "5.3.2026", "2026年3月5日"]),
            formats(&[])
        );
        assert_eq!(told(&["10 Mar 2026", "2026-03-10"]), formats(&["%d %b %Y"]));
        assert_eq!(told(&["46090,4"]), formats(&["excel"]));
        assert_eq!(
            told(&["3/25/2026 4:12:09 PM"]),
            formats(&["%m/%d/%Y %I:%M:%S %p"])
        );
    }

    #[test]
    fn a_doubt_stays_a_doubt() {
        let Some(Dates::Doubtful(formats)) = told(&["05/03/2026", "06/03/2026"]) else {
            panic!("no doubt");
        };
        assert_eq!(formats, ["%d/%m/%Y", "%m/%d/%Y"]);
        assert!(
            matches!(told(&["05-06-07"]), Some(Dates::Doubtful(formats)) if formats.len() == 3)
        );
        assert_eq!(told(&["yes", "no"]), None);
    }
}
