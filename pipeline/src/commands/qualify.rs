//! `qualify`: fits, heats and proofs → one verdict per component and grade.

use std::collections::{BTreeMap, BTreeSet};

use super::changes::changes_since;
use super::fit::{GradeGroup, StoredFit, StoredFits};
use super::fit_checks::CheckedAssumption;
use super::past::{self, Terms};
use super::{Moment, OpenLab, grade_panels, grouping, rulebook};
use crate::console::Console;
use crate::contract::{Cell, Rows};
use crate::domain::property::Scale;
use crate::domain::{Grade, Property};
use crate::error::Error;
use crate::features::{self, Heats};
use crate::lake::Snapshot;
use crate::models::diagnostics::Outcome;
use crate::qualify::{
    Component, Demand, EvidenceData, EvidenceKind, GradeData, HeatData, Index, LimitingElement,
    Overruled, PropertyData, Verdict, judge,
};
use crate::report::{Change, ChangeKind};

/// What a qualify stage found.
#[derive(Debug)]
pub struct QualifyResult {
    /// One verdict per component and grade.
    pub verdicts: Vec<Verdict>,
    /// How they differ from the run before.
    pub changes: Vec<Change>,
    /// Whether there was no run before.
    pub first_run: bool,
}

impl QualifyResult {
    /// Whether a grade that qualified before no longer does.
    pub fn lost(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.kind == ChangeKind::Lost)
    }
}

/// Judges every grade of the lake for every component that takes its product form, and appends the verdicts.
///
/// # Errors
/// When a table cannot be read or a commit fails.
pub fn qualify(
    lab: &OpenLab,
    console: &Console,
    heats: &Heats,
    now: Moment,
    run_id: &str,
) -> Result<QualifyResult, Error> {
    let stage = console.stage("qualify", 0);
    rulebook::remember(lab, run_id)?;
    let before = past::completed_before(lab, run_id)?;
    let terms = Terms {
        judged_at: now.rfc3339(),
        versions: lab.lake.versions()?,
        settings_sha256: lab.settings.sha256(),
        schemas_sha256: lab.schemas.sha256(),
        program_version: env!("CARGO_PKG_VERSION").to_owned(),
    };
    let fits = stored_fits(lab.lake.newest())?;
    let verdicts = verdicts_of(lab, lab.lake.newest(), heats, &fits, &now.day())?;
    let mut rows = Rows::new(lab.contracts.table("verdicts")?);
    for verdict in &verdicts {
        rows.push_named(verdict_row(verdict, &terms, now, run_id)?)?;
    }
    match past::run(lab, run_id)? {
        None if rows.is_empty() => {}
        None => {
            lab.lake.append(&rows, &[])?;
        }
        // A run that was killed and is started again with the same `--now`.
        Some(past) if past.verdicts == verdicts => {}
        Some(_) => {
            return Err(Error::Usage {
                message: format!("run {run_id} is on record with other verdicts"),
                hint: "give another --now: a run is named by its moment".to_owned(),
            });
        }
    }
    let changes = changes_since(lab, before.as_ref(), (&verdicts, &heats.rows, &terms))?;
    stage.done(&match &before {
        Some(_) => format!("{} verdicts, {} changed", verdicts.len(), changes.len()),
        None => format!("{} verdicts, the first of this lab", verdicts.len()),
    });
    Ok(QualifyResult {
        verdicts,
        changes,
        first_run: before.is_none(),
    })
}

/// Judges every grade for every component that takes its product form; proofs are those of `lake`, and
/// expire against `today`.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn verdicts_of(
    lab: &OpenLab,
    lake: Snapshot<'_>,
    heats: &Heats,
    fits: &StoredFits,
    today: &str,
) -> Result<Vec<Verdict>, Error> {
    let mut by_grade: BTreeMap<&Grade, Vec<GradeData>> = BTreeMap::new();
    let groups = grouping::groups(lab, heats, &mut Vec::new())?;
    let evidence = evidence(lake)?;
    for group in &groups {
        let data = grade_data(lab, heats, group, fits, &evidence)?;
        by_grade.entry(group.grade).or_default().push(data);
    }
    let mut verdicts = Vec::new();
    for component in lab.catalogue.components() {
        for (grade, classes) in &by_grade {
            if component.fits(grade)
                && let Some(data) = class_for(component, classes)
            {
                verdicts.push(judge(component, data, &lab.settings.policy, today));
            }
        }
    }
    Ok(verdicts)
}

/// The class of test temperature that a component asks for, else the one nearest to room temperature.
fn class_for<'a>(component: &Component, classes: &'a [GradeData]) -> Option<&'a GradeData> {
    let asked = component
        .requirements
        .iter()
        .find_map(|requirement| match requirement.demand {
            Demand::Property { test_temp_c, .. } => Some(test_temp_c),
            Demand::Element { .. } | Demand::Index { .. } | Demand::Evidence { .. } => None,
        });
    let inside = |data: &&GradeData| {
        asked.is_none_or(|[low, high]| data.test_temp_c.0 >= low && data.test_temp_c.1 <= high)
    };
    let from_room = |data: &&GradeData| (data.test_temp_c.0 - 20.0).abs();
    classes
        .iter()
        .filter(inside)
        .min_by(|a, b| from_room(a).total_cmp(&from_room(b)))
        .or_else(|| {
            classes
                .iter()
                .min_by(|a, b| from_room(a).total_cmp(&from_room(b)))
        })
}

/// The fits as they were stored.
pub(super) fn stored_fits(lake: Snapshot<'_>) -> Result<StoredFits, Error> {
    let rows = lake.read("fits")?;
    let mut fits = StoredFits::new();
    for row in 0..rows.len() {
        let text = |name: &str| -> Result<String, Error> {
            Ok(rows.text(name)?.get(row).unwrap_or_default().to_owned())
        };
        let Some(property) = Property::from_column(&text("property")?) else {
            continue;
        };
        let grade = Grade {
            alloy: text("alloy")?,
            temper: text("temper")?,
            product_form: text("product_form")?,
        };
        let class = rows.integer("test_temp_class_c")?[row].unwrap_or_default();
        let fit: StoredFit =
            serde_json::from_str(&text("fit")?).map_err(|error| Error::Damaged {
                what: format!("fits: {grade}, {}", property.column()),
                message: error.to_string(),
            })?;
        fits.entry((grade, class, property)).or_default().push(fit);
    }
    for alike in fits.values_mut() {
        // Of all specimens first; the order of the others is that of their rows.
        alike.sort_by_key(|fit| !fit.conditions.is_none());
    }
    Ok(fits)
}

/// Proofs by grade.
fn evidence(lake: Snapshot<'_>) -> Result<Vec<(Grade, EvidenceData)>, Error> {
    let rows = lake.read("evidence")?;
    let mut newest = BTreeMap::new();
    for row in 0..rows.len() {
        let text = |name: &str| -> Result<Option<String>, Error> {
            Ok(rows.text(name)?.get(row).map(str::to_owned))
        };
        let day = |name: &str| -> Result<Option<String>, Error> {
            Ok(Some(rows.column(name)?.cell(row).to_string()).filter(|day| !day.is_empty()))
        };
        let kind = text("kind")?.unwrap_or_default();
        let Some(kind) = EvidenceKind::parse(&kind) else {
            continue;
        };
        let grade = Grade {
            alloy: text("alloy")?.unwrap_or_default(),
            temper: text("temper")?.unwrap_or_default(),
            product_form: text("product_form")?.unwrap_or_default(),
        };
        let evidence_id = text("evidence_id")?.unwrap_or_default();
        let proof = EvidenceData {
            evidence_id: evidence_id.clone(),
            kind,
            component: text("component")?,
            passed: text("outcome")?.as_deref() == Some("pass"),
            dated: day("dated")?,
            valid_until: day("valid_until")?,
            value: rows.number("value")?[row],
            unit: text("unit")?,
        };
        // Rows come in order of key and revision: the last of a key is its newest revision.
        newest.insert(evidence_id, (grade, proof));
    }
    Ok(newest.into_values().collect())
}

fn grade_data(
    lab: &OpenLab,
    heats: &Heats,
    group: &GradeGroup<'_>,
    fits: &StoredFits,
    evidence: &[(Grade, EvidenceData)],
) -> Result<GradeData, Error> {
    let counted = group
        .specimens
        .iter()
        .filter(|specimen| !group.left_out.contains(specimen.heat_id.as_str()))
        .count();
    let mut properties = BTreeMap::new();
    for property in Property::ALL {
        let key = (group.grade.clone(), group.class, property);
        if let Some(stored) = fits.get(&key) {
            let data = stored.iter().map(|fit| property_data(property, fit));
            properties.insert(property, data.collect());
        }
    }
    Ok(GradeData {
        grade: group.grade.clone(),
        scrap_definition: group.scrap_definition,
        test_temp_c: group.temperatures,
        specimens: counted,
        heats: heat_data(heats, group)?,
        properties,
        evidence: evidence
            .iter()
            .filter(|(grade, _)| grade == group.grade)
            .map(|(_, proof)| proof.clone())
            .collect(),
        carbon: grade_panels::carbon_line(lab, heats, group),
        density_kg_m3: density(heats, group)?,
    })
}

/// Mean density of the heats of a group that count, kg/m³.
fn density(heats: &Heats, group: &GradeGroup<'_>) -> Result<Option<f64>, Error> {
    let ids = heats.rows.text("heat_id")?;
    let densities = heats.rows.number("density_kg_m3")?;
    // A heat may have several rows, all with the density of its one chemistry.
    let of_heat: BTreeMap<&str, f64> = ids
        .iter()
        .zip(densities)
        .filter_map(|(heat, density)| Some((heat?, (*density)?)))
        .collect();
    let here: BTreeSet<&str> = group
        .specimens
        .iter()
        .map(|specimen| specimen.heat_id.as_str())
        .filter(|heat| !group.left_out.contains(heat))
        .collect();
    let known: Vec<f64> = here
        .iter()
        .filter_map(|heat| of_heat.get(heat).copied())
        .collect();
    #[allow(clippy::cast_precision_loss, reason = "heats of one grade")]
    let count = known.len() as f64;
    Ok((!known.is_empty()).then(|| known.iter().sum::<f64>() / count))
}

/// A stored fit as what verdicts are judged on.
fn property_data(property: Property, stored: &StoredFit) -> PropertyData {
    let why = |refused: &Option<String>| {
        refused
            .clone()
            .unwrap_or_else(|| "no fit is stored".to_owned())
    };
    let failed = || {
        let checks = stored.checks.iter();
        checks.filter(|check| check.diagnostic.outcome == Outcome::Fail)
    };
    let overruled = |check: &CheckedAssumption| {
        check.overruled.as_ref().map(|rule| Overruled {
            test: rule.test.clone(),
            by: rule.by.clone(),
            reason: rule.reason.clone(),
        })
    };
    PropertyData {
        conditions: stored.conditions.clone(),
        fit: stored.fit.clone().ok_or_else(|| why(&stored.refused)),
        elongation_type: stored.elongation_type.clone(),
        specimens: stored.specimens,
        heats: stored.heats,
        origins: stored.origins.clone(),
        thickness_mm: stored.thickness_mm,
        heat_means: stored.heat_means.clone(),
        failed_checks: failed()
            .filter(|check| check.overruled.is_none())
            .map(|check| check.diagnostic.test.clone())
            .collect(),
        overruled: failed().filter_map(overruled).collect(),
        row_ids_sha256: stored.row_ids_sha256.clone(),
        carriers: carriers(property, stored),
        without_outliers: stored.without_outliers.as_ref().map(|without| {
            let fit = without.fit.clone().ok_or_else(|| why(&without.refused));
            (without.specimens.clone(), fit)
        }),
    }
}

/// What every element does by way of scrap, by rank; empty where composition says nothing of scrap.
fn carriers(property: Property, stored: &StoredFit) -> Vec<LimitingElement> {
    let shown = |number: f64| match property.scale() {
        Scale::Identity => number,
        // On the logarithm an effect is a factor; its percent of the value is what people read.
        Scale::Log => 100.0 * number.exp_m1(),
    };
    let effects = stored.composition.iter().flat_map(|report| &report.effects);
    effects
        .filter_map(|effect| {
            let change = effect.per_10pct_scrap.as_ref()?;
            Some(LimitingElement {
                element: effect.name.clone(),
                unit: match property.scale() {
                    Scale::Identity => property.unit().to_owned(),
                    Scale::Log => "% of its value".to_owned(),
                },
                property: Some(property.column().to_owned()),
                per_10pct_scrap: shown(change.estimate),
                low: change.low.map(shown),
                high: change.high.map(shown),
            })
        })
        .collect()
}

/// The heats of a group that count, with composition and means.
pub(super) fn heat_data(heats: &Heats, group: &GradeGroup<'_>) -> Result<Vec<HeatData>, Error> {
    let rows = &heats.rows;
    let elements = features::elements_of(rows.contract());
    let mut data = Vec::new();
    for row in 0..rows.len() {
        let text = |name: &str| -> Result<&str, Error> {
            Ok(rows.text(name)?.get(row).unwrap_or_default())
        };
        let here = text("alloy")? == group.grade.alloy
            && text("temper")? == group.grade.temper
            && text("product_form")? == group.grade.product_form
            && rows.integer("test_temp_class_c")?[row] == Some(group.class);
        let heat_id = text("heat_id")?;
        if !here || group.left_out.contains(heat_id) {
            continue;
        }
        let mut composition = BTreeMap::new();
        for (element, column) in &elements {
            if let Some(mean) = rows.number(column)?[row] {
                composition.insert(element.clone(), mean);
            }
        }
        let mut means = BTreeMap::new();
        for property in Property::ALL {
            if let Some(mean) = rows.number(&format!("{}_mean", property.column()))?[row] {
                means.insert(property, mean);
            }
        }
        let scrap_ratio = group
            .scrap_definition
            .and(group.ratios.get(heat_id).copied());
        data.push(HeatData {
            heat_id: heat_id.to_owned(),
            scrap_ratio,
            composition,
            means,
            indices: indices(rows, row)?,
        });
    }
    Ok(data)
}

/// The indices of one heat that are inside their range of validity.
fn indices(rows: &Rows, row: usize) -> Result<BTreeMap<Index, f64>, Error> {
    let mut indices = BTreeMap::new();
    for &index in Index::ALL {
        if let Some(number) = rows.number(index.as_str())?[row] {
            indices.insert(index, number);
        }
    }
    Ok(indices)
}

fn verdict_row(
    verdict: &Verdict,
    terms: &Terms,
    now: Moment,
    run_id: &str,
) -> Result<Vec<(&'static str, Cell)>, Error> {
    let json = |value: serde_json::Result<String>| {
        value.map(Cell::Text).map_err(|error| Error::Damaged {
            what: "verdicts".to_owned(),
            message: error.to_string(),
        })
    };
    let limiting = verdict.limiting.and_then(|at| verdict.requirements.get(at));
    Ok(vec![
        ("component", Cell::Text(verdict.component.clone())),
        ("alloy", Cell::Text(verdict.grade.alloy.clone())),
        ("temper", Cell::Text(verdict.grade.temper.clone())),
        (
            "product_form",
            Cell::Text(verdict.grade.product_form.clone()),
        ),
        ("status", Cell::Text(verdict.status.as_str().to_owned())),
        ("max_scrap_ratio", Cell::number(verdict.max_scrap_ratio)),
        (
            "scrap_definition",
            Cell::text(
                verdict
                    .scrap_definition
                    .map(|definition| definition.column()),
            ),
        ),
        (
            "limiting_requirement",
            Cell::text(limiting.map(|requirement| requirement.subject.clone())),
        ),
        (
            "limiting_margin",
            Cell::number(limiting.and_then(|requirement| requirement.margin)),
        ),
        ("specimens", Cell::count(verdict.specimens)),
        ("heats", Cell::count(verdict.heats)),
        ("scrap_ratios", Cell::count(verdict.scrap_ratios)),
        (
            "rests_on_unverified_limit",
            Cell::Boolean(verdict.rests_on_unverified_limit),
        ),
        ("reasons", json(serde_json::to_string(&verdict.reasons))?),
        (
            "requirements",
            json(serde_json::to_string(&verdict.requirements))?,
        ),
        ("verdict", json(serde_json::to_string(verdict))?),
        (
            "table_versions",
            json(serde_json::to_string(&terms.versions))?,
        ),
        ("settings_sha256", Cell::Text(terms.settings_sha256.clone())),
        ("schemas_sha256", Cell::Text(terms.schemas_sha256.clone())),
        ("program_version", Cell::Text(terms.program_version.clone())),
        ("run_id", Cell::Text(run_id.to_owned())),
        ("judged_at", Cell::Datetime(now.micros())),
    ])
}
