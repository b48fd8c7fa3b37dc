//! Words of exports that mean the same everywhere: no value, a mean, a limit flag.

use std::fmt::Write as _;

use crate::source::fold::{fold_loosely, is_unit_word, unit_of};
use crate::source::grid::{GridCell, GridRow};

/// Texts that programs and people write where there is no value.
pub(super) const MISSING: [&str; 30] = [
    "",
    "-",
    "--",
    "---",
    "-----",
    "—",
    "/",
    "?",
    ".",
    "...",
    "ND",
    "nd",
    "n.d.",
    "N/A",
    "n/a",
    "NA",
    "n.a.",
    "n.b.",
    "<None>",
    "None",
    "null",
    "NULL",
    "NaN",
    "nan",
    "nicht bekannt",
    "inconnu",
    "无",
    "未检",
    "unknown",
    "unbekannt",
];

/// Signs beside a number that say something about its limits.
pub(super) const FLAGS: [&str; 5] = ["!", "*", "#", "↑", "↓"];

/// First words of rows that hold statistics, folded.
const STATISTICS: [&str; 38] = [
    "mean",
    "average",
    "avg",
    "median",
    "mittelwert",
    "mittel",
    "mw",
    "moyenne",
    "平均值",
    "平均",
    "均值",
    "standarddeviation",
    "standardabweichung",
    "standarddev",
    "std.dev.",
    "std",
    "stdev",
    "stdabw",
    "sd",
    "%rsd",
    "rsd",
    "rel.sd",
    "cv",
    "coefficientofvariation",
    "variance",
    "minimum",
    "min",
    "maximum",
    "max",
    "range",
    "标准差",
    "最大值",
    "最小值",
    "合计",
    "小计",
    "总计",
    "total",
    "summe",
];

/// Those of them that are means of the burns above.
const MEANS: [&str; 11] = [
    "mean",
    "average",
    "avg",
    "mittelwert",
    "mittel",
    "mw",
    "moyenne",
    "平均值",
    "平均",
    "均值",
    "x̄",
];

/// The statistic that a row holds by its first word: the word as written, and whether it is a mean.
pub(super) fn statistic(cell: &GridCell) -> Option<(String, bool)> {
    let GridCell::Text(text) = cell else {
        return None;
    };
    let text = text.trim();
    let folded = fold_loosely(text);
    let starts = |word: &&str| {
        folded.strip_prefix(*word).is_some_and(|rest| {
            // `Max-01` is a specimen, `Mean +/- 3 SD` is none.
            !rest.starts_with(|c: char| c.is_alphanumeric() || "-_.".contains(c))
        })
    };
    STATISTICS.iter().find(|word| starts(word))?;
    let mean = MEANS.iter().any(|word| folded == **word);
    Some((text.to_owned(), mean))
}

/// Whether a row below the header holds units: no number, every word a unit, in brackets, or a dash.
pub(super) fn is_units_row(row: &GridRow) -> bool {
    let mut units = 0;
    let mut others = 0;
    for cell in row.cells.iter().filter(|cell| !cell.is_empty()) {
        let GridCell::Text(text) = cell else {
            return false;
        };
        let text = text.trim();
        let bracketed = text.starts_with(['[', '(']) && text.ends_with([']', ')']);
        if is_unit_word(text) || (bracketed && unit_of(text).is_some()) {
            units += 1;
        } else if bracketed || matches!(text, "-" | "1") {
            others += 1;
        } else if text.parse::<f64>().is_ok() || text.chars().count() > 12 {
            return false;
        } else {
            others += 2;
        }
    }
    units > 0 && units >= others
}

/// Whether a cell is a number in any of the ways of writing: digits, signs and an exponent.
pub(super) fn is_numeric(cell: &GridCell) -> bool {
    match cell {
        GridCell::Number(_) | GridCell::Date { .. } => true,
        GridCell::Text(text) => {
            let text = text.trim().trim_start_matches(['<', '>']).trim_start();
            text.starts_with(|c: char| c.is_ascii_digit() || "+-.,".contains(c))
                && text.chars().any(|c| c.is_ascii_digit())
                && text
                    .chars()
                    .all(|c| c.is_ascii_digit() || "+-.,eE:/ ".contains(c))
        }
        _ => false,
    }
}

/// A text as it is shown in a comment: one line, cut where it is long.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 48;
    let line: String = text
        .trim()
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let mut short: String = line.chars().take(LONGEST).collect();
    if line.chars().count() > LONGEST {
        short.push('…');
    }
    short
}

/// A TOML basic string, on one line.
pub(super) fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\t' => quoted.push_str("\\t"),
            // Writing to a string cannot fail.
            c if c.is_control() => drop(write!(quoted, "\\u{:04X}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

/// A text with every run of blanks and line breaks as one blank.
pub(super) fn on_one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A list of TOML strings.
pub(super) fn list<S: AsRef<str>>(texts: &[S]) -> String {
    let texts: Vec<String> = texts.iter().map(|text| quoted(text.as_ref())).collect();
    format!("[{}]", texts.join(", "))
}

/// A file's stem and its extension.
pub(super) fn stem_of(name: &str) -> (&str, &str) {
    match name.rsplit_once('.') {
        Some((stem, extension)) if !stem.is_empty() && !extension.contains([' ', '/', '\\']) => {
            (stem, extension)
        }
        _ => (name, ""),
    }
}

/// A short name of plain letters from a file's name: `Kestrel March.csv` gives `kestrel-march`.
pub(super) fn id_of(name: &str, taken: &dyn Fn(&str) -> bool) -> String {
    let mut id = String::new();
    for c in stem_of(name).0.chars().take(40) {
        if c.is_ascii_alphanumeric() {
            id.push(c.to_ascii_lowercase());
        } else if !id.is_empty() && !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_end_matches('-');
    let id = if id.is_empty() { "instrument" } else { id };
    if !taken(id) {
        return id.to_owned();
    }
    (2..1000)
        .map(|number| format!("{id}-{number}"))
        .find(|id| !taken(id))
        .unwrap_or_else(|| format!("{id}-new"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> GridCell {
        GridCell::Text(text.to_owned())
    }

    #[test]
    fn statistics_are_told_from_specimens() {
        for (word, mean) in [
            ("Mean", true),
            ("Mittelwert", true),
            ("平均值", true),
            ("%RSD", false),
            ("Standard deviation", false),
            ("Mean +/- 3 SD", false),
            ("合计", false),
        ] {
            let found = statistic(&text(word)).map(|(_, mean)| mean);
            assert_eq!(found, Some(mean), "{word}");
        }
        for word in ["Max-01", "Meander", "H26-0312", "SD12", "1", ""] {
            assert_eq!(statistic(&text(word)), None, "{word}");
        }
    }

    #[test]
    fn units_rows_are_told_from_names_and_numbers() {
        let row = |cells: &[&str]| GridRow {
            cells: cells.iter().map(|cell| text(cell)).collect(),
            ..GridRow::default()
        };
        for cells in [
            &["(s)", "(mm)", "(kN)"][..],
            &["", "MPa", "%"],
            &["[-]", "[MPa]", "[Bar]"],
        ] {
            assert!(is_units_row(&row(cells)), "{cells:?}");
        }
        for cells in [
            &["1", "2.5"][..],
            &["Time", "Load"],
            &["A", "B", "C"],
            &[""],
        ] {
            assert!(!is_units_row(&row(cells)), "{cells:?}");
        }
    }

    #[test]
    fn ids_are_short_plain_and_new() {
        assert_eq!(
            id_of("Kestrel März 2026.csv", &|_| false),
            "kestrel-m-rz-2026"
        );
        assert_eq!(id_of("力学性能.xlsx", &|_| false), "instrument");
        assert_eq!(id_of("a.csv", &|id| id == "a"), "a-2");
    }
}
