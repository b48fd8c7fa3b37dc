//! `fit`: heats and specimens → one fit per grade, temperature class and property.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::carriers::Compositions;
use super::fit_checks::{self, CheckedAssumption, HeatFacts, Names};
use super::fit_views::{self, WithoutFlagged};
use super::observed::{self, Observed};
use super::{Moment, OpenLab, finding_rows, grouping};
use crate::console::Console;
use crate::contract::{Cell, Rows};
use crate::domain::property::Scale;
use crate::domain::{Finding, Grade, Property, ScrapDefinition, Severity};
use crate::error::Error;
use crate::features::{self, Heats, Specimen};
use crate::models::composition::CompositionReport;
use crate::models::group_view::GroupView;
use crate::models::heat_effects::HeatInterval;
use crate::models::model_choice::{self, ModelChoice};
use crate::models::rounded::Rounding;
use crate::models::{self, HeatFit, Model, Observations};
use crate::qualify::Conditions;
use crate::report::CurvePoint;
use crate::settings::Settings;

/// What a fit stage did.
#[derive(Debug, Default)]
pub struct FitResult {
    /// Models fitted.
    pub fitted: usize,
    /// Models refused, each `grade, property: reason`.
    pub refused: Vec<String>,
    /// Rows that do not belong together and heats that had to be left out, as far as they are news.
    pub findings: Vec<Finding>,
}

/// What `fits.fit` holds, as JSON: everything needed to recompute the bounds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct StoredFit {
    /// What the specimens were chosen by; nothing for all of the grade's.
    #[serde(default)]
    pub conditions: Conditions,
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
    /// Distinct origins of the test pieces, sorted; null among them when some do not state one.
    #[serde(default)]
    pub origins: Vec<Option<String>>,
    /// Lowest and highest thickness, mm; null when a specimen does not state it.
    #[serde(default)]
    pub thickness_mm: Option<[f64; 2]>,
    /// Mean of each heat over these specimens, on the measured scale.
    #[serde(default)]
    pub heat_means: BTreeMap<String, f64>,
    /// SHA-256 over the specimens with their values and scrap ratios.
    #[serde(default)]
    pub row_ids_sha256: Option<String>,
    /// Specimens that the outlier tests flag, and the fit without them; null when none is flagged.
    #[serde(default)]
    pub without_outliers: Option<WithoutFlagged>,
    /// The step to which elongations were rounded in the source, and whether it matters.
    pub rounding: Option<Rounding>,
    /// The models compared by leaving whole heats out, every score, and why this one was chosen.
    pub choice: Option<ModelChoice>,
    /// What +10 percentage points of scrap do on the modelling scale; over the observed range where the
    /// model is curved.
    pub effect_per_10pct: Option<HeatInterval>,
    /// Every test of the fit's assumptions.
    #[serde(default)]
    pub checks: Vec<CheckedAssumption>,
    /// Suppliers and laboratories side by side, where there are several, each with a fit of its own.
    #[serde(default)]
    pub groups: BTreeMap<String, GroupView>,
    /// Which element carries the effect of scrap.
    pub composition: Option<CompositionReport>,
    /// Why composition says nothing.
    pub composition_refused: Option<String>,
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

/// Every fit of a lab, not yet in the lake.
#[derive(Debug)]
pub(super) struct Fits {
    /// Rows of the table `fits`.
    pub rows: Rows,
    /// The same by grade, class and property: of all specimens first, then under conditions.
    pub stored: StoredFits,
    fitted: usize,
    refused: Vec<String>,
    /// Names of the tests of assumptions that were made.
    tests: BTreeSet<String>,
    /// Heats that had to be left out.
    findings: Vec<Finding>,
}

/// Fits by grade, class and property: of all specimens first, then one per set of conditions that a
/// component asks for and only some specimens meet.
pub(super) type StoredFits = BTreeMap<(Grade, i64, Property), Vec<StoredFit>>;

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
    let mut findings = features::out_of_place(lab.lake.newest(), lab.profiles.plausibility())?;
    let limits = &lab.reduction.reported;
    findings.extend(features::disagreements(lab.lake.newest(), limits)?);
    let fits = fits_of(lab, Some(console), heats, run_id)?;
    findings.extend(fits.findings);
    findings.extend(fit_checks::unknown_overrides(lab, &fits.tests));
    let findings = finding_rows::write_new(lab, &findings, now, run_id)?;
    lab.lake.replace(&heats.rows)?;
    lab.lake.replace(&heats.streams)?;
    lab.lake.replace(&fits.rows)?;
    Ok(FitResult {
        fitted: fits.fitted,
        refused: fits.refused,
        findings,
    })
}

/// Fits every grade, temperature class and property; progress goes to `console` where there is one.
///
/// # Errors
/// When a contract lacks a column.
pub(super) fn fits_of(
    lab: &OpenLab,
    console: Option<&Console>,
    heats: &Heats,
    run_id: &str,
) -> Result<Fits, Error> {
    let mut findings = Vec::new();
    let groups = grouping::groups(lab, heats, &mut findings)?;
    let stage = console.map(|console| console.stage("fit", groups.len() * Property::ALL.len()));
    let mut fits = Fits {
        rows: Rows::new(lab.contracts.table("fits")?),
        stored: StoredFits::new(),
        fitted: 0,
        refused: Vec::new(),
        tests: BTreeSet::new(),
        findings,
    };
    let facts = HeatFacts::of(heats)?;
    for group in &groups {
        let compositions = Compositions::of(heats, group)?;
        for property in Property::ALL {
            if let Some(stage) = &stage {
                stage.step(&format!("{} {}", group.grade, property.symbol()));
            }
            let all = Observed::of(group, property, &Conditions::default());
            if all.specimens.is_empty() {
                continue;
            }
            let partly = observed::partly_met(lab, group, property, &all);
            for conditions in std::iter::once(Conditions::default()).chain(partly) {
                let observed = Observed::of(group, property, &conditions);
                let mut attempt = fit_one(group, property, &observed, &lab.settings);
                attempt.stored.conditions = conditions;
                attempt.explain(lab, (group, property), &observed, (&facts, &compositions));
                fits.add((group, property), &observed, attempt, run_id)?;
            }
        }
    }
    if let Some(stage) = stage {
        stage.done(&format!(
            "{} heats, {} models fitted, {} refused",
            heats.rows.len(),
            fits.fitted,
            fits.refused.len()
        ));
    }
    Ok(fits)
}

impl Fits {
    fn add(
        &mut self,
        (group, property): (&GradeGroup<'_>, Property),
        observed: &Observed<'_>,
        attempt: Attempt,
        run_id: &str,
    ) -> Result<(), Error> {
        let checks = attempt.stored.checks.iter();
        self.tests
            .extend(checks.map(|check| check.diagnostic.test.clone()));
        match &attempt.stored.refused {
            None => self.fitted += 1,
            Some(reason) => {
                let conditions = &attempt.stored.conditions;
                let of = match conditions.is_none() {
                    true => String::new(),
                    false => format!(" ({})", conditions.words()),
                };
                let (grade, symbol) = (group.grade, property.symbol());
                self.refused
                    .push(format!("{grade}, {symbol}{of}: {reason}"));
            }
        }
        self.rows
            .push_named(fit_row(group, property, observed, &attempt, run_id)?)?;
        let key = (group.grade.clone(), group.class, property);
        self.stored.entry(key).or_default().push(attempt.stored);
        Ok(())
    }
}

struct Attempt {
    model: Model,
    stored: StoredFit,
    /// On the modelling scale.
    observations: Observations,
}

/// What +10 percentage points of scrap are on the scale of the scrap ratio.
const TEN_PERCENT: f64 = 0.1;

impl Attempt {
    /// Adds what a fit that stands says about scrap, its assumptions and the elements behind it.
    fn explain(
        &mut self,
        lab: &OpenLab,
        (group, property): (&GradeGroup<'_>, Property),
        observed: &Observed<'_>,
        (facts, compositions): (&HeatFacts, &Compositions),
    ) {
        let stored = &mut self.stored;
        let Some(fit) = &stored.fit else { return };
        stored.curve = curve(fit, property.scale(), &lab.settings);
        if fit.model != Model::Mean {
            let confidence = lab.settings.policy.confidence;
            stored.effect_per_10pct = fit.effect_per(0, TEN_PERCENT, confidence).ok();
        }
        let ids = observed.heat_ids();
        let specimens = observed.specimens.iter();
        let specimens = specimens.map(|s| s.specimen_id.as_str()).collect();
        let names = Names::new(specimens, &ids, &self.observations.heats);
        let (about, data) = ((group.grade, property), (&self.observations, &names));
        stored.groups = fit_views::groups(&self.observations, self.model, observed, facts, lab);
        stored.without_outliers =
            fit_views::without_flagged(&self.observations, self.model, fit, observed);
        let specimens = observed.specimens.as_slice();
        match fit_checks::check(lab, about, data, fit, (facts, &ids, specimens)) {
            Ok(checks) => stored.checks = checks,
            Err(error) => {
                stored.refused = Some(error.to_string());
                stored.fit = None;
                return;
            }
        }
        let scrap = (fit.model != Model::Mean).then_some(observed.ratios.as_slice());
        let Observations { y, heats, .. } = &self.observations;
        match compositions.explain(lab, &ids, heats, y, scrap) {
            Ok(report) => stored.composition = Some(report),
            Err(reason) => stored.composition_refused = Some(reason),
        }
    }
}

fn fit_one(
    group: &GradeGroup<'_>,
    property: Property,
    observed: &Observed<'_>,
    settings: &Settings,
) -> Attempt {
    let heats = models::index_heats(&observed.heat_ids());
    let heat_count = heats.iter().max().map_or(0, |&last| last + 1);
    let forward = |&measured: &f64| property.scale().forward(measured);
    let observations = Observations {
        y: observed.measured.iter().map(forward).collect(),
        x: observed.ratios.clone(),
        heats,
    };
    let types = observed.elongation_types();
    let elongation_type = match types.first() {
        Some(&only) if types.len() == 1 => only.map(str::to_owned),
        _ => None,
    };
    let mut attempt = Attempt {
        model: Model::Mean,
        stored: StoredFit {
            fit: None,
            refused: None,
            elongation_type,
            specimens: observed.specimens.len(),
            heats: heat_count,
            conditions: Conditions::default(),
            origins: observed
                .origins()
                .into_iter()
                .map(|origin| origin.map(str::to_owned))
                .collect(),
            thickness_mm: observed.thickness_mm(),
            heat_means: observed.heat_means(),
            row_ids_sha256: Some(observed.row_ids_sha256()),
            without_outliers: None,
            rounding: None,
            choice: None,
            effect_per_10pct: None,
            checks: Vec::new(),
            groups: BTreeMap::new(),
            composition: None,
            composition_refused: None,
            curve: Vec::new(),
        },
        observations,
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
    if property == Property::A {
        let rounding = rounding(observed, &attempt.observations, settings);
        if let Some(rounding) = rounding.filter(|rounding| rounding.lower_ends) {
            let lower = |&measured: &f64| property.scale().forward(rounding.lower_end(measured));
            attempt.observations.y = observed.measured.iter().map(lower).collect();
        }
        attempt.stored.rounding = rounding;
    }
    if group.scrap_definition.is_some() {
        let choice = model_choice::choose(&attempt.observations);
        attempt.model = choice.chosen;
        attempt.stored.choice = Some(choice);
    }
    match models::fit_for_verdict(&attempt.observations, attempt.model) {
        Ok(fit) => attempt.stored.fit = Some(fit),
        Err(error) => attempt.stored.refused = Some(error.to_string()),
    }
    attempt
}

/// Whether elongations were rounded in the source, and whether that matters beside their scatter.
fn rounding(
    observed: &Observed<'_>,
    observations: &Observations,
    settings: &Settings,
) -> Option<Rounding> {
    let within = || {
        let measured = Observations {
            y: observed.measured.clone(),
            x: observations.x.clone(),
            heats: observations.heats.clone(),
        };
        let fit = models::fit(&measured, Model::Mean).ok();
        fit.map_or(0.0, |fit| fit.within_variance.sqrt())
    };
    settings.elongation_rounding.of(&observed.measured, within)
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
    let effect = attempt.stored.effect_per_10pct.as_ref();
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
        ("conditions", Cell::Text(attempt.stored.conditions.words())),
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
            Cell::number(effect.map(|effect| effect.estimate)),
        ),
        (
            "se_slope_per_10pct_scrap",
            Cell::number(effect.map(|effect| effect.standard_error)),
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
            json(&serde_json::to_string(&attempt.stored.checks))?,
        ),
        ("fit", json(&serde_json::to_string(&attempt.stored))?),
        ("row_ids_sha256", Cell::Text(observed.row_ids_sha256())),
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
