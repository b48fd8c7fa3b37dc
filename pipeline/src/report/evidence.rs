//! What stands behind a fit besides its chart: the tests of its assumptions, and the elements that
//! carry the effect of scrap.

use serde::Serialize;

use super::input::{Carriers, PropertySheet, Range};
use super::numbers;
use super::text::{Texts, fill};
use super::wording;
use crate::domain::property::Scale;

/// Elements shown, by rank; the table `fits` holds all of them.
const CARRIERS_SHOWN: usize = 10;

/// The tests of one fit.
#[derive(Serialize)]
pub(super) struct ChecksView {
    summary: String,
    rows: Vec<CheckRow>,
}

#[derive(Serialize)]
struct CheckRow {
    test: String,
    key: &'static str,
    outcome: &'static str,
    reason: String,
    overruled: String,
}

/// The tests of a fit as a table; none when there are none.
pub(super) fn checks(sheet: &PropertySheet, t: &Texts) -> Option<ChecksView> {
    if sheet.checks.is_empty() {
        return None;
    }
    let count = |outcome: &str| {
        let those = sheet.checks.iter().filter(|check| check.outcome == outcome);
        those.count().to_string()
    };
    let rows = sheet.checks.iter().map(|check| {
        let (key, outcome) = match check.outcome.as_str() {
            "pass" => ("pass", t.check_pass),
            "fail" => ("fail", t.check_fail),
            _ => ("missing", t.check_skipped),
        };
        let overruled = check
            .overruled
            .as_ref()
            .map(|(by, reason)| fill(t.check_overruled, &[("by", by), ("reason", reason)]));
        CheckRow {
            test: check.test.replace('_', " "),
            key,
            outcome,
            reason: check.reason.clone(),
            overruled: overruled.unwrap_or_default(),
        }
    });
    Some(ChecksView {
        summary: fill(
            t.checks_open,
            &[
                ("pass", &count("pass")),
                ("fail", &count("fail")),
                ("skipped", &count("skipped")),
            ],
        ),
        rows: rows.collect(),
    })
}

/// Which elements carry the effect.
#[derive(Serialize)]
pub(super) struct CarriersView {
    summary: String,
    sentences: Vec<String>,
    unit: String,
    has_scrap: bool,
    rows: Vec<CarrierRow>,
}

#[derive(Serialize)]
struct CarrierRow {
    element: String,
    sd: String,
    per_sd: String,
    carried: String,
}

/// The elements behind the effect of scrap as a table; the reason alone when there is none.
pub(super) fn carriers(sheet: &PropertySheet, t: &Texts) -> Option<CarriersView> {
    let Some(found) = &sheet.carriers else {
        let reason = sheet.carriers_refused.as_ref()?;
        return Some(CarriersView {
            summary: t.carriers_open.to_owned(),
            sentences: vec![fill(t.carriers_refused, &[("reason", reason)])],
            unit: String::new(),
            has_scrap: false,
            rows: Vec::new(),
        });
    };
    let unit = match sheet.property.scale() {
        Scale::Identity => sheet.property.unit().to_owned(),
        Scale::Log => t.percent_of_value.to_owned(),
    };
    let shown = |number: f64| match sheet.property.scale() {
        Scale::Identity => number,
        // An effect on the logarithm is a factor of the value.
        Scale::Log => 100.0 * number.exp_m1(),
    };
    let range = |range: &Range| {
        let range = Range {
            estimate: shown(range.estimate),
            low: range.low.map(shown),
            high: range.high.map(shown),
        };
        wording::range(&range, 1.0, 2, true, t)
    };
    let mut sentences = Vec::new();
    if let Some([total, carried, remainder]) = &found.scrap {
        sentences.push(fill(
            t.carriers_scrap,
            &[
                ("total", &range(total)),
                ("carried", &range(carried)),
                ("remainder", &range(remainder)),
                ("unit", &unit),
            ],
        ));
    }
    let confidence = numbers::fixed(100.0 * found.confidence, 0);
    sentences.push(fill(
        t.carriers_how,
        &[
            ("heats", &found.heats.to_string()),
            ("confidence", &confidence),
        ],
    ));
    let scores: Vec<String> = found
        .scores
        .iter()
        .map(|(model, rmse, se)| {
            let number = |value: f64| numbers::fixed(shown(value), 2);
            format!("{model} {} ± {}", number(*rmse), number(*se))
        })
        .collect();
    sentences.push(fill(
        t.carriers_scores,
        &[("scores", &scores.join(", ")), ("unit", &unit)],
    ));
    sentences.extend(found.remarks.iter().cloned());
    let more = found.elements.len().saturating_sub(CARRIERS_SHOWN);
    if more > 0 {
        sentences.push(fill(t.carriers_more, &[("n", &more.to_string())]));
    }
    if !found.dropped.is_empty() {
        let dropped: Vec<String> = found
            .dropped
            .iter()
            .map(|(name, reason)| format!("{name} ({reason})"))
            .collect();
        sentences.push(fill(
            t.carriers_dropped,
            &[("columns", &dropped.join(", "))],
        ));
    }
    Some(view_of(found, sentences, unit, &range, t))
}

fn view_of(
    found: &Carriers,
    sentences: Vec<String>,
    unit: String,
    range: &dyn Fn(&Range) -> String,
    t: &Texts,
) -> CarriersView {
    CarriersView {
        summary: t.carriers_open.to_owned(),
        sentences,
        unit,
        has_scrap: found.scrap.is_some(),
        rows: found
            .elements
            .iter()
            .take(CARRIERS_SHOWN)
            .map(|element| CarrierRow {
                element: element.name.clone(),
                sd: numbers::fixed(element.sd, 4),
                per_sd: range(&element.per_sd),
                carried: element
                    .per_10pct_scrap
                    .as_ref()
                    .map_or_else(|| numbers::NONE.to_owned(), range),
            })
            .collect(),
    }
}
