//! The page of one specimen: its curve, what was read off it beside what the lab reports, the remarks.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde::Serialize;

use super::curve_picture::{CurvePicture, curve_svg};
use super::error::ReportError;
use super::grade_input::SpecimenCurve;
use super::input::GradeSheet;
use super::numbers;
use super::site::Site;
use super::text::{Texts, fill};
use super::wording;
use crate::curve::Reduction;
use crate::domain::Grade;

/// Letters of an id in a file name: a file system takes 255 bytes.
const NAME_LENGTH: usize = 120;

/// What `specimen.html` shows.
#[derive(Serialize)]
pub(super) struct SpecimenView {
    title: String,
    facts: String,
    /// The page of the grade, relative to this one.
    back: String,
    grade: String,
    svg: Option<String>,
    rows: Vec<NumberRow>,
    disagreements: Vec<String>,
    /// Said where there is none.
    agreement: &'static str,
    flags: Vec<FlagRow>,
}

#[derive(Serialize)]
struct NumberRow {
    base: String,
    sub: &'static str,
    unit: &'static str,
    reduced: String,
    reported: String,
    difference: String,
}

#[derive(Serialize)]
struct FlagRow {
    word: String,
    meaning: &'static str,
}

/// The specimens with a curve, on the page of their grade.
#[derive(Serialize)]
pub(super) struct CurveList {
    columns: Vec<Column>,
    rows: Vec<CurveRow>,
}

#[derive(Serialize)]
struct Column {
    base: &'static str,
    sub: &'static str,
    unit: &'static str,
}

#[derive(Serialize)]
struct CurveRow {
    specimen: String,
    heat: String,
    href: String,
    numbers: Vec<String>,
    flags: usize,
    disagreements: usize,
}

/// A result of a curve: its column of `tensile_tests`, how it is written, and where it stands.
struct Quantity {
    column: &'static str,
    base: &'static str,
    sub: &'static str,
    unit: &'static str,
    digits: u32,
    of: fn(&Reduction) -> Option<f64>,
}

const fn quantity(
    column: &'static str,
    (base, sub): (&'static str, &'static str),
    (unit, digits): (&'static str, u32),
    of: fn(&Reduction) -> Option<f64>,
) -> Quantity {
    Quantity {
        column,
        base,
        sub,
        unit,
        digits,
        of,
    }
}

/// One decimal more than the verdicts show: here two readings of one curve are held side by side.
const QUANTITIES: [Quantity; 11] = [
    quantity("rm_mpa", ("R", "m"), ("MPa", 1), |r| r.rm_mpa),
    quantity("rp02_mpa", ("R", "p0.2"), ("MPa", 1), |r| r.rp02_mpa),
    quantity("rp10_mpa", ("R", "p1.0"), ("MPa", 1), |r| r.rp10_mpa),
    quantity("reh_mpa", ("R", "eH"), ("MPa", 1), |r| r.reh_mpa),
    quantity("rel_mpa", ("R", "eL"), ("MPa", 1), |r| r.rel_mpa),
    quantity("a_pct", ("A", ""), ("%", 2), |r| r.a_pct),
    quantity("at_pct", ("A", "t"), ("%", 2), |r| r.at_pct),
    quantity("ag_pct", ("A", "g"), ("%", 2), |r| r.ag_pct),
    quantity("agt_pct", ("A", "gt"), ("%", 2), |r| r.agt_pct),
    quantity("slope_gpa", ("", ""), ("GPa", 1), |r| r.slope_gpa),
    quantity("energy_mj_m3", ("", ""), ("MJ/m³", 1), |r| r.energy_mj_m3),
];

/// Columns of the list on the page of a grade.
const LISTED: [&str; 3] = ["rm_mpa", "rp02_mpa", "a_pct"];

impl SpecimenView {
    /// The heading of the page.
    pub(super) fn title(&self) -> &str {
        &self.title
    }
}

/// The page of every curve, relative to the index: a safe file name, unique where letter case does not count.
///
/// Two ids that would share a page are told apart by a number behind the second.
pub(super) fn pages<'a>(
    grades: &[(&'a Grade, Option<&'a GradeSheet>)],
) -> BTreeMap<(&'a Grade, usize), String> {
    let mut taken = BTreeSet::new();
    let mut pages = BTreeMap::new();
    for &(grade, sheet) in grades {
        let curves = sheet.map_or(&[][..], |sheet| &sheet.curves);
        for (position, curve) in curves.iter().enumerate() {
            let name = file_name(&curve.specimen_id);
            let mut page = format!("specimens/{name}.html");
            let mut copy = 1;
            while !taken.insert(page.to_lowercase()) {
                copy += 1;
                page = format!("specimens/{name}~{copy}.html");
            }
            pages.insert((grade, position), page);
        }
    }
    pages
}

/// `specimen-` and the id with all but letters, digits, `-`, `_` and `.` written as `~` and their code. The
/// word in front keeps an id such as `NUL` from naming a device.
fn file_name(id: &str) -> String {
    let mut name = String::from("specimen-");
    for c in id.chars() {
        if name.len() >= NAME_LENGTH {
            break;
        }
        if c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.') {
            name.push(c);
        } else {
            // Writing into a String cannot fail.
            let _ = write!(name, "~{:x}", u32::from(c));
        }
    }
    name
}

/// The view of one curve of `grade`.
///
/// # Errors
///
/// [`ReportError::Curve`] when the drawing library complains.
pub(super) fn view(
    site: &Site<'_>,
    grade: &Grade,
    curve: &SpecimenCurve,
) -> Result<SpecimenView, ReportError> {
    let t = site.texts;
    let p = &t.panel;
    let svg = curve_svg(&CurvePicture {
        id: "curve",
        specimen: &curve.specimen_id,
        curve: &curve.curve,
        reduction: &curve.reduction,
    })?;
    let grade_text = grade.to_string();
    Ok(SpecimenView {
        title: fill(p.specimen_title, &[("specimen", &curve.specimen_id)]),
        facts: fill(
            p.specimen_heat,
            &[("heat", &curve.heat_id), ("grade", &grade_text)],
        ),
        back: format!("../{}", wording::grade_page(grade)),
        grade: fill(p.specimen_back, &[("grade", &grade_text)]),
        svg,
        rows: rows(curve, t),
        disagreements: curve.compared.clone(),
        agreement: if curve.reported.is_empty() {
            p.nothing_reported
        } else {
            p.agreement
        },
        flags: curve
            .reduction
            .flags
            .iter()
            .map(|flag| FlagRow {
                word: flag.as_str().replace('_', " "),
                meaning: flag.meaning(),
            })
            .collect(),
    })
}

/// Every result that the curve or the lab has, then what the lab has besides.
fn rows(curve: &SpecimenCurve, t: &Texts) -> Vec<NumberRow> {
    let mut rows = Vec::new();
    for quantity in &QUANTITIES {
        let reduced = (quantity.of)(&curve.reduction);
        let reported = curve.reported.get(quantity.column).copied();
        if reduced.is_none() && reported.is_none() {
            continue;
        }
        let difference = reduced.zip(reported).map(|(a, b)| a - b);
        let digits = quantity.digits;
        rows.push(NumberRow {
            base: match quantity.column {
                "slope_gpa" => t.panel.slope,
                "energy_mj_m3" => t.panel.energy,
                _ => quantity.base,
            }
            .to_owned(),
            sub: quantity.sub,
            unit: quantity.unit,
            reduced: numbers::fixed_or_none(reduced, digits),
            reported: numbers::fixed_or_none(reported, digits),
            difference: difference.map_or_else(
                || numbers::NONE.to_owned(),
                |difference| numbers::signed(difference, digits),
            ),
        });
    }
    let known = |column: &str| QUANTITIES.iter().any(|q| q.column == column);
    let others = curve.reported.iter().filter(|(column, _)| !known(column));
    rows.extend(others.map(|(column, value)| NumberRow {
        base: column.clone(),
        sub: "",
        unit: "",
        reduced: numbers::NONE.to_owned(),
        reported: numbers::fixed(*value, 2),
        difference: numbers::NONE.to_owned(),
    }));
    rows
}

/// The specimens of `sheet` that have a curve; none when there are none.
pub(super) fn list(site: &Site<'_>, sheet: &GradeSheet) -> Option<CurveList> {
    let listed = || {
        LISTED
            .iter()
            .filter_map(|c| QUANTITIES.iter().find(|q| q.column == *c))
    };
    let rows: Vec<CurveRow> = sheet
        .curves
        .iter()
        .enumerate()
        .filter_map(|(position, curve)| {
            let page = site.curve_page(&sheet.grade, position)?;
            let number = |q: &Quantity| numbers::fixed_or_none((q.of)(&curve.reduction), q.digits);
            Some(CurveRow {
                specimen: curve.specimen_id.clone(),
                heat: curve.heat_id.clone(),
                href: format!("../{page}"),
                numbers: listed().map(number).collect(),
                flags: curve.reduction.flags.len(),
                disagreements: curve.compared.len(),
            })
        })
        .collect();
    (!rows.is_empty()).then(|| CurveList {
        columns: listed()
            .map(|q| Column {
                base: q.base,
                sub: q.sub,
                unit: q.unit,
            })
            .collect(),
        rows,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::report::text::EN;

    fn names(ids: &[&str]) -> Vec<String> {
        let input = sample::input();
        let mut sheet = input.sheets[0].clone();
        let model = sheet.curves[0].clone();
        sheet.curves = ids
            .iter()
            .map(|id| SpecimenCurve {
                specimen_id: (*id).to_owned(),
                ..model.clone()
            })
            .collect();
        let grade = sheet.grade.clone();
        let pages = pages(&[(&grade, Some(&sheet))]);
        (0..ids.len())
            .map(|i| pages[&(&grade, i)].clone())
            .collect()
    }

    #[test]
    fn a_page_has_a_safe_name_of_its_own() {
        assert_eq!(
            names(&["H26-0312-T3", "../a", "h26-0312-t3", "../a", "试样"]),
            [
                "specimens/specimen-H26-0312-T3.html",
                "specimens/specimen-..~2fa.html",
                "specimens/specimen-h26-0312-t3~2.html",
                "specimens/specimen-..~2fa~2.html",
                "specimens/specimen-~8bd5~6837.html",
            ]
        );
        let long = "试".repeat(300);
        let two = names(&[&long, &long]);
        assert!(two[0].len() < 150 && two[0] != two[1], "{two:?}");
    }

    #[test]
    fn both_readings_stand_side_by_side_and_what_only_one_has_is_a_dash() {
        let input = sample::input();
        let mut curve = input.sheets[0].curves[0].clone();
        curve.reported = BTreeMap::from([
            ("rm_mpa".to_owned(), 250.0),
            ("reh_mpa".to_owned(), 180.0),
            ("hv10".to_owned(), 92.0),
        ]);
        curve.reduction.rm_mpa = Some(248.75);
        curve.reduction.rp02_mpa = Some(140.0);
        let rows = rows(&curve, &EN);
        let of = |base: &str, sub: &str| {
            let row = rows
                .iter()
                .find(|r| r.base == base && r.sub == sub)
                .unwrap();
            [&row.reduced, &row.reported, &row.difference].map(String::as_str)
        };
        assert_eq!(of("R", "m"), ["248.8", "250.0", "−1.2"]);
        assert_eq!(of("R", "p0.2"), ["140.0", "–", "–"]);
        assert_eq!(of("R", "eH"), ["–", "180.0", "–"]);
        assert_eq!(of("hv10", ""), ["–", "92.00", "–"]);
        assert!(
            !rows.iter().any(|r| r.sub == "eL"),
            "what nobody has is no row"
        );
    }
}
