//! Carbon footprint against scrap ratio: the chart, its words, and a row per heat.

use serde::Serialize;

use super::chart::entitle;
use super::drawing::Drawing;
use super::error::ReportError;
use super::grade_input::CarbonSheet;
use super::numbers;
use super::paint::{self, Level, Words};
use super::text::{Texts, fill};
use crate::domain::Grade;

/// Prefix of element ids, unique on the page of a grade.
const ID: &str = "chart-carbon";
/// Decimals of kg CO₂e per kg.
const DIGITS: u32 = 2;

/// The carbon of one grade.
#[derive(Serialize)]
pub(super) struct CarbonView {
    svg: Option<String>,
    has_line: bool,
    notes: Vec<String>,
    rows: Vec<CarbonRow>,
}

#[derive(Serialize)]
struct CarbonRow {
    heat: String,
    scrap: String,
    kg: String,
    saving: String,
}

/// The carbon of `grade`.
///
/// # Errors
///
/// [`ReportError::Chart`] when the drawing library complains.
pub(super) fn view(
    sheet: &CarbonSheet,
    grade: &Grade,
    t: &Texts,
) -> Result<CarbonView, ReportError> {
    let svg = draw(sheet, grade, t).map_err(|reason| ReportError::Chart {
        grade: grade.to_string(),
        property: "kg_co2e_per_kg".to_owned(),
        reason,
    })?;
    let kg = |value: f64| numbers::fixed(value, DIGITS);
    let (intercept, slope) = sheet.line;
    let has_line = intercept.is_finite() && slope.is_finite();
    let mut notes = Vec::new();
    if has_line {
        notes.push(fill(
            t.panel.carbon_line,
            &[
                ("change", &numbers::signed(0.1 * slope, DIGITS)),
                ("intercept", &kg(intercept)),
                ("primary", &kg(sheet.primary)),
            ],
        ));
    }
    notes.push(fill(
        t.panel.carbon_set,
        &[("title", &sheet.set_title), ("id", &sheet.factor_set)],
    ));
    if sheet.assumed_yields > 0 {
        notes.push(fill(
            t.panel.carbon_assumed,
            &[("n", &sheet.assumed_yields.to_string())],
        ));
    }
    Ok(CarbonView {
        has_line: has_line && svg.is_some(),
        svg,
        notes,
        rows: sheet
            .points
            .iter()
            .map(|(heat, ratio, footprint)| CarbonRow {
                heat: heat.clone(),
                scrap: numbers::percent(*ratio),
                kg: kg(*footprint),
                saving: numbers::signed(sheet.primary - footprint, DIGITS),
            })
            .collect(),
    })
}

/// The chart; none without a heat that has both numbers.
fn draw(sheet: &CarbonSheet, grade: &Grade, t: &Texts) -> Result<Option<String>, String> {
    let Some(drawing) = arrange(sheet) else {
        return Ok(None);
    };
    let kg = |value: f64| numbers::fixed(value, DIGITS);
    let primary = kg(sheet.primary);
    let words = Words {
        y_name: t.panel.carbon_axis.to_owned(),
        x_name: t.axis_scrap.to_owned(),
        window: String::new(),
        levels: vec![Level {
            y: sheet.primary,
            name: fill(t.panel.carbon_primary, &[("primary", &primary)]),
            detail: sheet.factor_set.clone(),
        }],
    };
    let mut svg = String::new();
    paint::paint(&mut svg, &drawing, &words).map_err(|e| e.to_string())?;
    let title = fill(t.panel.carbon_title, &[("grade", &grade.to_string())]);
    let end = |point: Option<&(f64, f64)>| {
        point.map_or_else(
            || (numbers::NONE.to_owned(), numbers::NONE.to_owned()),
            |(x, y)| (numbers::fixed(*x, 1), kg(*y)),
        )
    };
    let (low, from) = end(drawing.fit.first());
    let (high, to) = end(drawing.fit.last());
    let description = fill(
        t.panel.carbon_desc,
        &[
            ("heats", &drawing.means.len().to_string()),
            ("from", &from),
            ("low", &low),
            ("to", &to),
            ("high", &high),
            ("primary", &primary),
        ],
    );
    Ok(Some(entitle(&svg, ID, &title, &description)))
}

/// Heats, line and ranges in percent scrap and kg CO₂e per kg, from zero up: a footprint is a whole, and
/// its share saved should look like what it is.
fn arrange(sheet: &CarbonSheet) -> Option<Drawing> {
    let means: Vec<(f64, f64)> = sheet
        .points
        .iter()
        .filter(|(_, x, y)| x.is_finite() && y.is_finite())
        .map(|(_, x, y)| (100.0 * x, *y))
        .collect();
    let (first, rest) = means.split_first()?;
    let (low, high) = rest.iter().fold((first.0, first.0), |(low, high), (x, _)| {
        (low.min(*x), high.max(*x))
    });
    let (intercept, slope) = sheet.line;
    let fit: Vec<(f64, f64)> = [low, high]
        .into_iter()
        .map(|x| (x, intercept + slope * x / 100.0))
        .filter(|(_, y)| y.is_finite())
        .collect();
    let all = || means.iter().chain(&fit).map(|(_, y)| *y);
    let top = all()
        .chain([sheet.primary])
        .filter(|y| y.is_finite())
        .fold(1e-6, f64::max);
    // Below zero only where a substitution set credits more than was spent.
    let bottom = all().fold(0.0, f64::min);
    let pad = ((high - low) * 0.04).max(1.0);
    Some(Drawing {
        by_heat: false,
        specimens: Vec::new(),
        means,
        fit,
        b_bound: Vec::new(),
        a_bound: Vec::new(),
        window: None,
        observed: None,
        x: (low - pad, high + pad),
        y: (1.08 * bottom, 1.1 * top),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::report::text::EN;

    fn carbon(change: impl FnOnce(&mut CarbonSheet)) -> CarbonView {
        let input = sample::input();
        let mut sheet = input.sheets[0].carbon.clone().unwrap();
        change(&mut sheet);
        view(&sheet, &sample::die_casting(), &EN).unwrap()
    }

    #[test]
    fn the_factor_set_stands_with_the_figures_and_in_the_chart() {
        let view = carbon(|_| ());
        let notes = view.notes.join(" ");
        for words in [
            "changes the footprint by −1.46 kg CO₂e/kg",
            "(cn-2020-cut-off)",
            "assumed metal yield: 2",
        ] {
            assert!(notes.contains(words), "{words}: {notes}");
        }
        let svg = view.svg.unwrap();
        assert!(svg.contains("primary metal 15.95") && svg.contains("cn-2020-cut-off"));
        assert!(
            svg.contains("kg CO₂e per kg of heat")
                && svg.contains("<desc id=\"chart-carbon-desc\">14 heats.")
        );
        assert_eq!(view.rows.len(), 14);
        assert_eq!(view.rows[0].scrap, "0.0");
    }

    #[test]
    fn the_footprint_is_drawn_from_zero_and_a_missing_line_is_not_drawn() {
        let input = sample::input();
        let mut sheet = input.sheets[0].carbon.clone().unwrap();
        let drawing = arrange(&sheet).unwrap();
        assert!(drawing.y.0.abs() < 1e-12 && drawing.y.1 > sheet.primary);
        assert_eq!(drawing.fit.len(), 2);
        sheet.line = (f64::NAN, f64::NAN);
        assert!(arrange(&sheet).unwrap().fit.is_empty());
        let view = view(&sheet, &sample::die_casting(), &EN).unwrap();
        assert!(!view.has_line && view.svg.is_some());
        assert!(!view.notes.join(" ").contains("changes the footprint"));
    }

    #[test]
    fn no_heat_is_no_chart_and_nothing_assumed_is_not_mentioned() {
        let view = carbon(|sheet| {
            sheet.points = vec![("H".into(), f64::NAN, 9.0)];
            sheet.assumed_yields = 0;
        });
        assert!(view.svg.is_none());
        assert_eq!(view.rows[0].scrap, numbers::NONE, "but it is in the table");
        assert!(!view.notes.join(" ").contains("assumed"));
    }
}
