//! The page of one grade: its verdicts, the charts and panels behind them, every requirement, every heat.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::carbon::{self, CarbonView};
use super::chart::{self, Names};
use super::drawing;
use super::error::ReportError;
use super::evidence::{self, CarriersView, ChecksView};
use super::groups::{self, GroupsView};
use super::input::{GradeSheet, HeatRow, PropertySheet};
use super::numbers;
use super::site::Site;
use super::specimen::{self, CurveList};
use super::streams::{self, StreamsView};
use super::text::{Texts, fill};
use super::verdict_box::{self, VerdictView};
use super::wording::{self, Symbol};
use crate::domain::property::Scale;
use crate::domain::{Grade, Property};
use crate::qualify::verdict::Verdict;

/// Points of a curve shown in its table.
const CURVE_ROWS: usize = 11;

/// What `grade.html` shows.
#[derive(Serialize)]
pub(super) struct GradeView {
    alloy: String,
    form: String,
    run_line: String,
    facts: Vec<String>,
    scrap: &'static str,
    verdicts: Vec<VerdictView>,
    figures: Vec<Figure>,
    has_scrap: bool,
    carbon: Option<CarbonView>,
    streams: Option<StreamsView>,
    heats: Option<HeatTable>,
    curves: Option<CurveList>,
    unverified: bool,
}

#[derive(Serialize)]
struct Figure {
    id: String,
    name: &'static str,
    symbol: Symbol,
    unit: &'static str,
    temperature: String,
    svg: Option<String>,
    by_heat: bool,
    has_curve: bool,
    has_b: bool,
    has_a: bool,
    has_limits: bool,
    has_window: bool,
    has_observed: bool,
    notes: Vec<String>,
    curve: Vec<[String; 4]>,
    means: Vec<MeanRow>,
    checks: Option<ChecksView>,
    carriers: Option<CarriersView>,
    groups: Vec<GroupsView>,
}

#[derive(Serialize)]
struct MeanRow {
    heat: String,
    scrap: String,
    mean: String,
    singles: String,
}

#[derive(Serialize)]
struct HeatTable {
    summary: String,
    columns: Vec<HeatColumn>,
    rows: Vec<HeatLine>,
}

#[derive(Serialize)]
struct HeatColumn {
    symbol: Symbol,
    unit: &'static str,
}

#[derive(Serialize)]
struct HeatLine {
    heat: String,
    /// Scrap, specimens, then the columns: as shown, and in full for sorting.
    cells: Vec<(String, Option<f64>)>,
}

/// The view of `grade`.
///
/// # Errors
///
/// [`ReportError::Chart`] when the drawing library complains.
pub(super) fn view(
    site: &Site<'_>,
    grade: &Grade,
    sheet: Option<&GradeSheet>,
) -> Result<GradeView, ReportError> {
    let (input, t) = (site.input, site.texts);
    let ids = {
        let known = input.components.iter().map(|c| c.id.as_str());
        let unknown = site
            .judged
            .iter()
            .copied()
            .filter(|id| input.components.iter().all(|c| c.id != *id));
        known.chain(unknown)
    };
    let verdicts: Vec<&Verdict> = ids.filter_map(|id| site.verdict(id, grade)).collect();
    let figures = match sheet {
        Some(sheet) => figures(site, grade, sheet)?,
        None => Vec::new(),
    };
    let definition = sheet
        .and_then(|s| s.scrap_definition)
        .or_else(|| verdicts.iter().find_map(|v| v.scrap_definition));
    Ok(GradeView {
        alloy: format!("{}-{}", grade.alloy, grade.temper),
        form: grade.product_form.replace('_', " "),
        run_line: fill(
            t.run_line,
            &[
                ("lab", &input.lab),
                ("run", &input.run_id),
                ("date", &wording::date(&input.generated_at)),
            ],
        ),
        facts: facts(&verdicts, sheet, t),
        scrap: definition.map_or("", |d| wording::scrap_definition(d, t)),
        unverified: verdicts.iter().any(|v| v.rests_on_unverified_limit),
        verdicts: verdicts
            .iter()
            .map(|v| verdict_box::view(site, v))
            .collect(),
        figures,
        has_scrap: definition.is_some(),
        carbon: sheet
            .and_then(|s| s.carbon.as_ref())
            .map(|carbon| carbon::view(carbon, grade, t))
            .transpose()?,
        streams: sheet
            .and_then(|s| s.streams.as_ref())
            .map(|s| streams::view(s, t)),
        curves: sheet.and_then(|sheet| specimen::list(site, sheet)),
        heats: sheet
            .filter(|s| !s.heats.is_empty())
            .map(|s| heat_table(&s.heats, t)),
    })
}

fn facts(verdicts: &[&Verdict], sheet: Option<&GradeSheet>, t: &Texts) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(sheet) = sheet {
        let specimens: usize = sheet.heats.iter().map(|h| h.specimens).sum();
        // A heat tested at several temperatures has a row for each.
        let heats: BTreeSet<&str> = sheet.heats.iter().map(|h| h.heat_id.as_str()).collect();
        facts.push(fill(
            t.grade_data,
            &[
                ("specimens", &specimens.to_string()),
                ("heats", &heats.len().to_string()),
            ],
        ));
    }
    let observed = verdicts
        .iter()
        .find_map(|v| v.observed_scrap_ratio)
        .or_else(|| sheet.and_then(|s| s.properties.iter().find_map(|p| p.observed)));
    facts.push(match observed {
        Some([low, high]) => fill(
            t.grade_observed,
            &[
                ("low", &numbers::percent(low)),
                ("high", &numbers::percent(high)),
            ],
        ),
        None => t.grade_no_scrap.to_owned(),
    });
    facts
}

fn figures(site: &Site<'_>, grade: &Grade, sheet: &GradeSheet) -> Result<Vec<Figure>, ReportError> {
    let grade_text = grade.to_string();
    sheet
        .properties
        .iter()
        .enumerate()
        .map(|(i, property)| {
            let id = format!("chart-{}", i + 1);
            let names = Names {
                id: &id,
                grade: &grade_text,
                claims: site.claims(),
                titles: &site.titles,
                texts: site.texts,
            };
            let svg = chart::draw(property, &names).map_err(|reason| ReportError::Chart {
                grade: grade_text.clone(),
                property: property.property.column().to_owned(),
                reason,
            })?;
            Ok(figure(id.clone(), svg, property, site.texts))
        })
        .collect()
}

fn figure(id: String, svg: Option<String>, sheet: &PropertySheet, t: &Texts) -> Figure {
    let property = sheet.property;
    let by_heat = drawing::is_by_heat(sheet);
    let (symbol, unit) = wording::column(property.column(), t);
    Figure {
        id,
        name: wording::property_name(property, t),
        symbol,
        unit,
        temperature: sheet.test_temp_c.clone(),
        svg,
        by_heat,
        has_curve: !sheet.curve.is_empty(),
        has_b: sheet.curve.iter().any(|p| p.b_bound.is_some()),
        has_a: sheet.curve.iter().any(|p| p.a_bound.is_some()),
        has_limits: !sheet.limits.is_empty(),
        has_window: sheet.window.is_some() && !by_heat,
        has_observed: sheet.observed.is_some() && !by_heat,
        notes: notes(sheet, by_heat, t),
        curve: curve_rows(sheet, by_heat),
        means: mean_rows(sheet),
        checks: evidence::checks(sheet, t),
        carriers: evidence::carriers(sheet, t),
        groups: groups::views(sheet, t),
    }
}

fn notes(sheet: &PropertySheet, by_heat: bool, t: &Texts) -> Vec<String> {
    let property = sheet.property;
    let mut notes = Vec::new();
    if let Some(reason) = &sheet.refused {
        notes.push(fill(t.refused, &[("reason", reason)]));
    }
    if let Some(effect) = sheet.effect_per_10pct {
        let relative = property.scale() == Scale::Log;
        // exp(e) − 1 is the effect on a logarithm as a fraction of the value.
        let shown = |effect: f64| {
            let effect = match property.scale() {
                Scale::Identity => effect,
                Scale::Log => 100.0 * effect.exp_m1(),
            };
            numbers::signed(effect, 1)
        };
        notes.push(fill(
            if relative {
                t.effect_relative
            } else {
                t.effect
            },
            &[
                ("symbol", property.symbol()),
                ("estimate", &shown(effect.estimate)),
                ("low", &shown(effect.low)),
                ("high", &shown(effect.high)),
                ("unit", property.unit()),
            ],
        ));
    }
    if let (Some(between), Some(within)) = (sheet.sigma_between, sheet.sigma_within) {
        let sigma = |s: f64| match property.scale() {
            Scale::Identity => format!("{} {}", numbers::fixed(s, 1), property.unit()),
            Scale::Log => format!("{} %", numbers::fixed(s * 100.0, 1)),
        };
        notes.push(fill(
            t.scatter,
            &[("between", &sigma(between)), ("within", &sigma(within))],
        ));
    }
    if let Some(share) = sheet.heat_variance_share {
        notes.push(fill(
            t.heat_share,
            &[("share", &numbers::fixed(share * 100.0, 0))],
        ));
    }
    if let Some(model) = &sheet.model {
        let reason = match sheet.model_reason.as_str() {
            "" => String::new(),
            reason => format!(" ({reason})"),
        };
        notes.push(fill(
            t.fitted_with,
            &[("model", model), ("reason", &reason)],
        ));
    }
    let left_out = sheet.specimens.iter().filter(|s| s.x.is_none()).count();
    if !by_heat && left_out > 0 {
        notes.push(fill(t.not_drawn, &[("n", &left_out.to_string())]));
    }
    notes
}

/// At most [`CURVE_ROWS`] points of the curve, evenly picked, both ends included.
fn curve_rows(sheet: &PropertySheet, by_heat: bool) -> Vec<[String; 4]> {
    let curve = if by_heat {
        &sheet.curve[..sheet.curve.len().min(1)]
    } else {
        &sheet.curve[..]
    };
    let last = curve.len().saturating_sub(1);
    let rows = curve.len().min(CURVE_ROWS);
    let digits = numbers::property_digits(sheet.property);
    (0..rows)
        .filter_map(|row| curve.get(if rows > 1 { row * last / (rows - 1) } else { 0 }))
        .map(|point| {
            [
                if by_heat {
                    numbers::NONE.to_owned()
                } else {
                    numbers::percent(point.x)
                },
                numbers::fixed(point.estimate, digits),
                numbers::fixed_or_none(point.b_bound, digits),
                numbers::fixed_or_none(point.a_bound, digits),
            ]
        })
        .collect()
}

fn mean_rows(sheet: &PropertySheet) -> Vec<MeanRow> {
    let digits = numbers::property_digits(sheet.property);
    let mut singles: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for specimen in &sheet.specimens {
        let value = numbers::fixed(specimen.y, digits);
        singles.entry(&specimen.heat_id).or_default().push(value);
    }
    sheet
        .heat_means
        .iter()
        .map(|mean| MeanRow {
            heat: mean.heat_id.clone(),
            scrap: mean
                .x
                .map_or_else(|| numbers::NONE.to_owned(), numbers::percent),
            mean: numbers::fixed(mean.y, digits),
            singles: singles
                .get(mean.heat_id.as_str())
                .map_or(String::new(), |s| s.join(", ")),
        })
        .collect()
}

fn heat_table(heats: &[HeatRow], t: &Texts) -> HeatTable {
    let mut names: Vec<&str> = Property::ALL.iter().map(|p| p.column()).collect();
    let measured: BTreeMap<&str, ()> = heats
        .iter()
        .flat_map(|h| h.means.keys())
        .map(|name| (name.as_str(), ()))
        .collect();
    names.retain(|name| measured.contains_key(name));
    names.extend(
        measured
            .keys()
            .filter(|name| Property::from_column(name).is_none()),
    );
    let columns = names
        .iter()
        .map(|name| {
            let (symbol, unit) = wording::column(name, t);
            HeatColumn { symbol, unit }
        })
        .collect();
    let rows = heats
        .iter()
        .map(|heat| {
            let mut cells = vec![
                (
                    heat.scrap_ratio
                        .map_or_else(|| numbers::NONE.to_owned(), numbers::percent),
                    heat.scrap_ratio,
                ),
                (heat.specimens.to_string(), Some(heat.specimens as f64)),
            ];
            cells.extend(names.iter().map(|name| {
                let mean = heat.means.get(*name).copied().filter(|m| m.is_finite());
                (
                    numbers::fixed_or_none(mean, numbers::column_digits(name)),
                    mean,
                )
            }));
            HeatLine {
                heat: heat.heat_id.clone(),
                cells,
            }
        })
        .collect();
    let summary = fill(t.heats_open, &[("n", &heats.len().to_string())]);
    HeatTable {
        summary,
        columns,
        rows,
    }
}
