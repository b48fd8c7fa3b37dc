//! The faults of single cells, as a table: where, what is written, and what must come of it.

use crate::domain::Severity;

/// What must come of a spoilt cell.
#[derive(Clone, Copy, Debug)]
pub(super) enum Outcome {
    /// A finding of this rule at the spoilt cell.
    Finding(&'static str, Severity),
    /// A warning of this rule at another field of the row, with which the cell does not agree.
    WarnsAt(&'static str, &'static str),
    /// The value that stood there before.
    SameValue,
    /// Nothing: the cell is missing.
    Missing,
}

/// Which rows a fault can be shown in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fits {
    /// Any row.
    Any,
    /// A hardened Al-Si-Mg casting, in which Rm, Rp0.2 and A hang together.
    HardenedAlSiMg,
    /// A reading that is a number.
    Measured,
    /// A reading below its detection limit.
    Below,
}

/// One way to spoil a cell.
#[derive(Clone, Copy, Debug)]
pub(super) struct CellFault {
    /// The class of fault.
    pub fault: &'static str,
    /// The folder of the sheet.
    pub folder: &'static str,
    /// The column.
    pub column: &'static str,
    /// The rows it fits.
    pub fits: Fits,
    /// What is written instead of what stood there.
    pub write: fn(&str) -> String,
    /// What must come of it.
    pub outcome: Outcome,
}

const fn cell(
    fault: &'static str,
    (folder, column): (&'static str, &'static str),
    fits: Fits,
    write: fn(&str) -> String,
    outcome: Outcome,
) -> CellFault {
    CellFault {
        fault,
        folder,
        column,
        fits,
        write,
        outcome,
    }
}

const RM: (&str, &str) = ("tensile", "rm_mpa");
const A: (&str, &str) = ("tensile", "a_pct");
const VALUE: (&str, &str) = ("chemistry", "value_wt_pct");
const MASS: (&str, &str) = ("charge", "mass_kg");
const YIELD: (&str, &str) = ("charge", "metal_yield");

const fn error(rule: &'static str) -> Outcome {
    Outcome::Finding(rule, Severity::Error)
}

const fn warns(rule: &'static str) -> Outcome {
    Outcome::Finding(rule, Severity::Warning)
}

/// Every fault of a single cell that a CSV template can show.
pub(super) const CELL_FAULTS: &[CellFault] = &[
    // Numbers that are read as they are meant.
    cell(
        "full_width_digits",
        RM,
        Fits::Any,
        full_width,
        Outcome::SameValue,
    ),
    cell(
        "unit_in_cell",
        RM,
        Fits::Any,
        |rm| format!("{rm}MPa"),
        Outcome::SameValue,
    ),
    cell(
        "unit_in_cell",
        RM,
        Fits::Any,
        |rm| format!("{rm} N/mm²"),
        Outcome::SameValue,
    ),
    cell(
        "unit_in_cell",
        MASS,
        Fits::Any,
        |mass| format!("{mass} kg"),
        Outcome::SameValue,
    ),
    cell(
        "flag",
        RM,
        Fits::Any,
        |rm| format!("!{rm}"),
        Outcome::SameValue,
    ),
    cell(
        "flag",
        RM,
        Fits::Any,
        |rm| format!("{rm}*"),
        Outcome::SameValue,
    ),
    cell(
        "flag",
        VALUE,
        Fits::Measured,
        |value| format!("↑ {value}"),
        Outcome::SameValue,
    ),
    cell("exponent", RM, Fits::Any, exponent, Outcome::SameValue),
    cell(
        "below_limit",
        VALUE,
        Fits::Below,
        |value| value.replace('<', "< "),
        Outcome::SameValue,
    ),
    cell(
        "below_limit",
        VALUE,
        Fits::Below,
        |value| value.replace('<', "＜"),
        Outcome::SameValue,
    ),
    cell(
        "day_first",
        ("tensile", "tested_at"),
        Fits::Any,
        day_first,
        Outcome::SameValue,
    ),
    cell(
        "chinese_date",
        ("tensile", "tested_at"),
        Fits::Any,
        chinese_date,
        Outcome::SameValue,
    ),
    // Words for "missing".
    cell(
        "missing_dash",
        ("tensile", "area_mm2"),
        Fits::Any,
        |_| "-".into(),
        Outcome::Missing,
    ),
    cell(
        "missing_slash",
        ("tensile", "area_mm2"),
        Fits::Any,
        |_| "/".into(),
        Outcome::Missing,
    ),
    cell(
        "missing_nd",
        ("tensile", "thickness_mm"),
        Fits::Any,
        |_| "ND".into(),
        Outcome::Missing,
    ),
    cell(
        "missing_na",
        ("tensile", "thickness_mm"),
        Fits::Any,
        |_| "N/A".into(),
        Outcome::Missing,
    ),
    cell(
        "missing_full_width",
        ("tensile", "thickness_mm"),
        Fits::Any,
        |_| "－".into(),
        Outcome::Missing,
    ),
    cell(
        "blank",
        ("tensile", "thickness_mm"),
        Fits::Any,
        |_| "  ".into(),
        Outcome::Missing,
    ),
    // Numbers that are none.
    cell(
        "decimal_comma",
        RM,
        Fits::Any,
        |rm| rm.replace('.', ","),
        error("number"),
    ),
    cell(
        "full_width_comma",
        A,
        Fits::Any,
        |a| a.replace('.', "，"),
        error("number"),
    ),
    cell(
        "thousands",
        MASS,
        Fits::Any,
        |_| "1,424.96".into(),
        error("number"),
    ),
    cell(
        "unknown_word",
        RM,
        Fits::Any,
        |rm| format!("{rm} Mpsi"),
        error("number"),
    ),
    cell(
        "statistics_row",
        ("chemistry", "burn_no"),
        Fits::Any,
        |_| "Mean".into(),
        error("number"),
    ),
    cell(
        "no_reading",
        RM,
        Fits::Any,
        |_| "NaN".into(),
        error("finite"),
    ),
    cell(
        "formula_error",
        A,
        Fits::Any,
        |_| "#DIV/0!".into(),
        error("formula_error"),
    ),
    cell(
        "unit_conflict",
        RM,
        Fits::Any,
        |_| "31.5 ksi".into(),
        error("unit_conflict"),
    ),
    cell(
        "unit_conflict",
        MASS,
        Fits::Any,
        |_| "1.424 t".into(),
        error("unit_conflict"),
    ),
    cell(
        "below_limit_in_strength",
        RM,
        Fits::Any,
        |rm| format!("<{rm}"),
        error("censored"),
    ),
    cell(
        "above_limit",
        RM,
        Fits::Any,
        |rm| format!(">{rm}"),
        error("above_limit"),
    ),
    // Numbers that cannot be.
    cell(
        "force_for_stress",
        RM,
        Fits::Any,
        |_| "6420".into(),
        error("range"),
    ),
    cell(
        "zero_elongation",
        A,
        Fits::Any,
        |_| "0.000".into(),
        error("range"),
    ),
    cell("zero_mass", MASS, Fits::Any, |_| "0".into(), error("range")),
    cell(
        "yield_above_one",
        YIELD,
        Fits::Any,
        |_| "1.04".into(),
        error("range"),
    ),
    cell(
        "yield_in_percent",
        YIELD,
        Fits::Any,
        |_| "93".into(),
        error("range"),
    ),
    cell(
        "ppm_under_percent",
        VALUE,
        Fits::Measured,
        |_| "1820".into(),
        error("range"),
    ),
    // Words and dates that are none of the contract's.
    cell(
        "temper_missing",
        ("tensile", "temper"),
        Fits::Any,
        |_| String::new(),
        error("required"),
    ),
    cell(
        "unknown_word_for_class",
        ("charge", "source_class"),
        Fits::Any,
        |_| "postconsumer".into(),
        error("allowed"),
    ),
    cell(
        "element_by_name",
        ("chemistry", "element"),
        Fits::Any,
        |_| "iron".into(),
        error("pattern"),
    ),
    cell(
        "ambiguous_date",
        ("tensile", "tested_at"),
        Fits::Any,
        |_| "03/05/2026".into(),
        error("date"),
    ),
    cell(
        "no_truth_value",
        ("tensile", "valid"),
        Fits::Any,
        |_| "maybe".into(),
        error("boolean"),
    ),
    // Values that fit their field but not their row.
    cell(
        "id_as_date",
        ("tensile", "specimen_id"),
        Fits::Any,
        |_| "12-Mar".into(),
        warns("id_as_date"),
    ),
    cell(
        "elongation_as_fraction",
        A,
        Fits::HardenedAlSiMg,
        per_hundred,
        Outcome::WarnsAt("rp02_mpa", "probable_yield"),
    ),
    cell(
        "yield_of_another_specimen",
        ("tensile", "rp02_mpa"),
        Fits::HardenedAlSiMg,
        far_too_low,
        warns("probable_yield"),
    ),
    cell(
        "gauge_length_of_another_type",
        ("tensile", "gauge_length_mm"),
        Fits::Any,
        |_| "80".into(),
        Outcome::WarnsAt("elongation_type", "gauge_length"),
    ),
];

fn full_width(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '!'..='~' => char::from_u32(u32::from(c) + 0xFEE0).unwrap_or(c),
            c => c,
        })
        .collect()
}

/// `214.3` as old C runtimes print it: `2.143e+002`.
fn exponent(text: &str) -> String {
    let Some((whole, fraction)) = text.split_once('.') else {
        return format!("{text}e+000");
    };
    let (first, rest) = whole.split_at(whole.len().min(1));
    format!("{first}.{rest}{fraction}e+{:03}", rest.len())
}

/// Hundredths of a number below 100 with a decimal point: `9.9` → `0.099`.
fn per_hundred(text: &str) -> String {
    let digits = text.replace('.', "");
    let decimals = text
        .split_once('.')
        .map_or(0, |(_, fraction)| fraction.len());
    format!("0.{digits:0>width$}", width = decimals + 2)
}

/// A yield strength that no hardened casting of this strength and elongation has.
fn far_too_low(rp02: &str) -> String {
    format!("{:.1}", rp02.parse::<f64>().unwrap_or_default() - 110.0)
}

fn day_first(iso: &str) -> String {
    let mut parts: Vec<&str> = iso.split('-').collect();
    parts.reverse();
    parts.join(".")
}

fn chinese_date(iso: &str) -> String {
    let parts: Vec<&str> = iso.split('-').map(|p| p.trim_start_matches('0')).collect();
    match parts.as_slice() {
        [year, month, day] => format!("{year}年{month}月{day}日"),
        _ => iso.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ways_to_write_the_same_value() {
        assert_eq!(full_width("214.3"), "２１４．３");
        assert_eq!(exponent("214.3"), "2.143e+002");
        assert_eq!(exponent("9.0"), "9.0e+000");
        assert_eq!(per_hundred("9.9"), "0.099");
        assert_eq!(per_hundred("12.4"), "0.124");
        assert_eq!(day_first("2026-03-05"), "05.03.2026");
        assert_eq!(chinese_date("2026-03-05"), "2026年3月5日");
    }
}
