//! `fit`: heats and specimens → one fit per grade, temperature class and property.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{Moment, OpenLab, finding_rows, grouping};
use crate::console::Console;
use crate::contract::{Cell, Rows};
use crate::domain::property::Scale;
use crate::domain::{Finding, Grade, Property, ScrapDefinition, Severity, sha256};
use crate::error::Error;
use crate::features::{Heats, Specimen};
use crate::models::diagnostics::{self, Diagnostic};
use crate::models::{self, HeatFit, Model, Observations};
use crate::report::CurvePoint;
use crate::settings::Settings;

/// What a fit stage did.
#[derive(Debug, Default)]
pub struct FitResult {
    /// Models fitted.
    pub fitted: usize,
    /// Models refused, each `grade, property: reason`.
    pub refused: Vec<String>,
    /// Heats that had to be left out, and the like.
    pub findings: Vec<Finding>,
}

/// What `fits.fit` holds, as JSON: everything needed to recompute the bounds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredFit {
    /// The fit, or null when it was refused.
    pub fit: Option<HeatFit>,
    /// Why it was refused.
    pub refused: Option<String>,
    /// Gauge length of the elongations, when there is only one.
    pub elongation_type: Option<String>,
    /// Specimens with a value.
    pub specimens: usize,
    /// Heats among them.
    pub heats: usize,
    /// Fit and bounds between the lowest and the highest observed scrap ratio, on the measured scale.
    pub curve: Vec<CurvePoint>,
}

/// Points of a stored curve; a mean has one.
const CURVE_POINTS: usize = 81;

/// The specimens of one grade and temperature class with the scrap ratios of their heats.
#[derive(Debug)]
pub(super) struct GradeGroup<'a> {
    pub grade: &'a Grade,
    pub class: i64,
    /// Lowest and highest test temperature of the specimens, °C; where none is stated, the class.
    pub temperatures: (f64, f64),
    /// `None` when no heat has charge records.
    pub scrap_definition: Option<ScrapDefinition>,
    /// Scrap ratio by heat.
    pub ratios: BTreeMap<&'a str, f64>,
    /// Heats left out of fits.
    pub left_out: BTreeSet<&'a str>,
    pub specimens: Vec<&'a Specimen>,
}

/// Fits every grade, temperature class and property and replaces `heats` and `fits` in the lake.
///
/// # Errors
/// When a commit fails.
pub fn fit(
    lab: &OpenLab,
    console: &Console,
    heats: &Heats,
    now: Moment,
    run_id: &str,
) -> Result<FitResult, Error> {
    let mut findings = Vec::new();
    let groups = grouping::groups(lab, heats, &mut findings)?;
    let stage = console.stage("fit", groups.len() * Property::ALL.len());
    let mut result = FitResult {
        findings,
        ..FitResult::default()
    };
    let mut rows = Rows::new(lab.contracts.table("fits")?);
    for group in &groups {
        for property in Property::ALL {
            stage.step(&format!("{} {}", group.grade, property.symbol()));
            let observed = observed(group, property);
            if observed.specimens.is_empty() {
                continue;
            }
            let mut attempt = fit_one(group, property, &observed);
            if let Some(fit) = &attempt.stored.fit {
                attempt.stored.curve = curve(fit, property.scale(), &lab.settings);
            }
            match &attempt.stored.refused {
                None => result.fitted += 1,
                Some(reason) => {
                    result
                        .refused
                        .push(format!("{}, {}: {reason}", group.grade, property.symbol()))
                }
            }
            rows.push_named(fit_row(group, property, &observed, &attempt, run_id)?)?;
        }
    }
    finding_rows::write_new(lab, &result.findings, now, run_id)?;
    lab.lake.replace(&heats.rows)?;
    lab.lake.replace(&rows)?;
    stage.done(&format!(
        "{} heats, {} models fitted, {} refused",
        heats.rows.len(),
        result.fitted,
        result.refused.len()
    ));
    Ok(result)
}

/// Specimens of a group that count for a property, with their values and scrap ratios.
struct Observed<'a> {
    specimens: Vec<&'a Specimen>,
    measured: Vec<f64>,
    ratios: Vec<f64>,
}

fn observed<'a>(group: &GradeGroup<'a>, property: Property) -> Observed<'a> {
    let mut observed = Observed {
        specimens: Vec::new(),
        measured: Vec::new(),
        ratios: Vec::new(),
    };
    for &specimen in &group.specimens {
        let heat = specimen.heat_id.as_str();
        let Some(&measured) = specimen.values.get(&property) else {
            continue;
        };
        if group.left_out.contains(heat) {
            continue;
        }
        observed.specimens.push(specimen);
        observed.measured.push(measured);
        observed
            .ratios
            .push(group.ratios.get(heat).copied().unwrap_or(0.0));
    }
    observed
}

struct Attempt {
    model: Model,
    stored: StoredFit,
    diagnostics: Vec<Diagnostic>,
}

fn fit_one(group: &GradeGroup<'_>, property: Property, observed: &Observed<'_>) -> Attempt {
    let ids: Vec<&str> = observed
        .specimens
        .iter()
        .map(|specimen| specimen.heat_id.as_str())
        .collect();
    let heats = models::index_heats(&ids);
    let heat_count = heats.iter().max().map_or(0, |&last| last + 1);
    let first = observed.ratios.first().copied().unwrap_or(0.0);
    let varies = observed
        .ratios
        .iter()
        .any(|ratio| (ratio - first).abs() > 0.0);
    let model = if group.scrap_definition.is_some() && varies {
        Model::Linear
    } else {
        Model::Mean
    };
    let types: BTreeSet<Option<&str>> = observed
        .specimens
        .iter()
        .map(|specimen| specimen.elongation_type.as_deref())
        .collect();
    let elongation_type = match types.first() {
        Some(&only) if types.len() == 1 => only.map(str::to_owned),
        _ => None,
    };
    let mut attempt = Attempt {
        model,
        stored: StoredFit {
            fit: None,
            refused: None,
            elongation_type,
            specimens: observed.specimens.len(),
            heats: heat_count,
            curve: Vec::new(),
        },
        diagnostics: Vec::new(),
    };
    if property == Property::A && types.len() > 1 {
        let names: Vec<&str> = types
            .iter()
            .map(|name| name.unwrap_or("not stated"))
            .collect();
        attempt.stored.refused = Some(format!(
            "elongations of different gauge lengths are never mixed ({})",
            names.join(", ")
        ));
        return attempt;
    }
    let y: Vec<f64> = observed
        .measured
        .iter()
        .map(|&measured| property.scale().forward(measured))
        .collect();
    let observations = Observations {
        y,
        x: observed.ratios.clone(),
        heats,
    };
    match models::fit(&observations, model) {
        Ok(fit) => {
            let residuals: Vec<f64> = observations
                .y
                .iter()
                .zip(&observations.x)
                .map(|(y, &x)| y - fit.estimate(x))
                .collect();
            attempt.diagnostics = vec![
                diagnostics::max_normed_residual_within_heats(&observations.y, &observations.heats),
                diagnostics::max_normed_residual(&residuals),
                diagnostics::anderson_darling_normal(&residuals),
                diagnostics::brown_forsythe(&residuals, &observations.heats),
            ];
            attempt.stored.fit = Some(fit);
        }
        Err(error) => attempt.stored.refused = Some(error.to_string()),
    }
    attempt
}

fn fit_row(
    group: &GradeGroup<'_>,
    property: Property,
    observed: &Observed<'_>,
    attempt: &Attempt,
    run_id: &str,
) -> Result<Vec<(&'static str, Cell)>, Error> {
    let fit = attempt.stored.fit.as_ref();
    let json = |value: &serde_json::Result<String>| match value {
        Ok(text) => Ok(Cell::Text(text.clone())),
        Err(error) => Err(Error::Damaged {
            what: "fits".to_owned(),
            message: error.to_string(),
        }),
    };
    let slope = fit.filter(|fit| fit.model == Model::Linear).map(|fit| {
        let variance = fit.covariance.last().and_then(|row| row.last()).copied();
        (fit.coefficients.last().copied(), variance.map(f64::sqrt))
    });
    let terms: Vec<serde_json::Value> = fit.map_or_else(Vec::new, |fit| {
        fit.term_names
            .iter()
            .zip(&fit.coefficients)
            .zip(&fit.covariance)
            .enumerate()
            .map(|(at, ((name, estimate), covariance))| {
                serde_json::json!({
                    "name": name,
                    "estimate": estimate,
                    "se": covariance.get(at).copied().map(f64::sqrt),
                })
            })
            .collect()
    });
    let x = |pick: fn((f64, f64)) -> f64| {
        group
            .scrap_definition
            .and_then(|_| fit.map(|fit| pick(fit.x_range())))
    };
    Ok(vec![
        ("alloy", Cell::Text(group.grade.alloy.clone())),
        ("temper", Cell::Text(group.grade.temper.clone())),
        ("product_form", Cell::Text(group.grade.product_form.clone())),
        ("test_temp_class_c", Cell::Integer(group.class)),
        ("property", Cell::Text(property.column().to_owned())),
        ("model", Cell::Text(attempt.model.to_string())),
        (
            "scrap_definition",
            Cell::text(group.scrap_definition.map(ScrapDefinition::column)),
        ),
        ("n", Cell::count(attempt.stored.specimens)),
        ("heats", Cell::count(attempt.stored.heats)),
        ("x_min", Cell::number(x(|range| range.0))),
        ("x_max", Cell::number(x(|range| range.1))),
        (
            "estimate_at_x_min",
            Cell::number(fit.map(|fit| fit.estimate(fit.x_range().0))),
        ),
        (
            "slope_per_10pct_scrap",
            Cell::number(slope.and_then(|(slope, _)| slope).map(|slope| slope / 10.0)),
        ),
        (
            "se_slope_per_10pct_scrap",
            Cell::number(slope.and_then(|(_, se)| se).map(|se| se / 10.0)),
        ),
        (
            "sigma_between",
            Cell::number(fit.map(|fit| fit.between_variance.sqrt())),
        ),
        (
            "sigma_within",
            Cell::number(fit.map(|fit| fit.within_variance.sqrt())),
        ),
        (
            "heat_variance_share",
            Cell::number(fit.map(HeatFit::heat_variance_share)),
        ),
        ("refused", Cell::text(attempt.stored.refused.clone())),
        ("terms", json(&serde_json::to_string(&terms))?),
        (
            "covariance",
            json(&serde_json::to_string(&fit.map(|fit| &fit.covariance)))?,
        ),
        (
            "diagnostics",
            json(&serde_json::to_string(&attempt.diagnostics))?,
        ),
        ("fit", json(&serde_json::to_string(&attempt.stored))?),
        ("row_ids_sha256", Cell::Text(row_ids_sha256(observed))),
        ("run_id", Cell::Text(run_id.to_owned())),
    ])
}

/// Fit and bounds between the lowest and the highest observed ratio, on the measured scale.
fn curve(fit: &HeatFit, scale: Scale, settings: &Settings) -> Vec<CurvePoint> {
    let (low, high) = fit.x_range();
    let points = if high > low { CURVE_POINTS } else { 1 };
    (0..points)
        .map(|at| {
            #[allow(clippy::cast_precision_loss, reason = "a few points")]
            let x = if at + 1 == points && points > 1 {
                high
            } else {
                low + (high - low) * at as f64 / (CURVE_POINTS - 1) as f64
            };
            let bound = |content: f64| {
                let bound = fit
                    .lower_bound(x, content, settings.policy.confidence)
                    .ok()?;
                Some(scale.back(bound.bound))
            };
            CurvePoint {
                x,
                estimate: scale.back(fit.estimate(x)),
                b_bound: bound(settings.policy.content_b),
                a_bound: bound(settings.policy.content_a),
            }
        })
        .collect()
}

/// One figure for "these specimens with these values and ratios", in their fixed order.
fn row_ids_sha256(observed: &Observed<'_>) -> String {
    let mut text = String::new();
    for ((specimen, measured), ratio) in observed
        .specimens
        .iter()
        .zip(&observed.measured)
        .zip(&observed.ratios)
    {
        text.push_str(&format!(
            "{}\t{}\t{measured:?}\t{ratio:?}\n",
            specimen.specimen_id, specimen.heat_id
        ));
    }
    sha256(text.as_bytes())
}

/// A finding about a heat rather than a file.
pub(super) fn about_heat(
    heat: &str,
    field: &str,
    rule: &str,
    message: String,
    hint: &str,
) -> Finding {
    Finding {
        field: field.to_owned(),
        severity: Severity::Warning,
        ..Finding::of_file(&format!("heat {heat}"), rule, message, hint)
    }
}
