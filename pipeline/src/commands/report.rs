//! `report`: the newest verdicts, with fits and specimens, as a static site.

use std::collections::BTreeMap;

use super::changes::changes_since;
use super::curve_pages::curve_pages;
use super::fit::{GradeGroup, StoredFit, StoredFits};
use super::fit_checks::CheckedAssumption;
use super::manifest::{self, MANIFEST, Manifest};
use super::past::{self, PastRun};
use super::qualify;
use super::{OpenLab, grade_panels, grouping};
use crate::console::Console;
use crate::contract::Rows;
use crate::domain::{Element, Finding, Grade, Property, Severity, sha256};
use crate::error::Error;
use crate::features::{self, Heats};
use crate::lake::Snapshot;
use crate::models::HeatFit;
use crate::models::composition::{self, CompositionReport};
use crate::models::diagnostics::Outcome;
use crate::output;
use crate::qualify::{Demand, Direction, Status, Verdict};
use crate::report::{
    self, Carrier, Carriers, CheckLine, ComponentTitle, Correction, Effect, GradeSheet, HeatMean,
    HeatRow, LimitLine, PropertySheet, Range, ReportInput, SpecimenPoint, Totals,
};

/// The file by which a report of ours is known.
pub const MARK: &str = "verdicts.json";

/// Writes the report of the newest verdicts; the folder is replaced as a whole.
///
/// # Errors
/// When there are no verdicts yet, a table cannot be read or the folder cannot be replaced.
pub fn report(lab: &OpenLab, console: &Console) -> Result<(), Error> {
    let stage = console.stage("report", 0);
    let input = input(lab)?;
    let mut files = report::build(&input)?;
    let (lake_files, new_files) =
        manifest::hashes_of(lab, manifest::files_of(lab, &input.table_versions)?)?;
    let manifest = manifest(&input, &files, &lake_files);
    let bytes = manifest.bytes()?;
    files.push((MANIFEST.to_owned(), bytes.clone()));
    // On record first: a kill in between leaves a record without a report, not a report nobody can prove.
    manifest::record(lab, &manifest, &bytes, &new_files)?;
    output::replace_folder(&lab.settings.report, MARK, &files)?;
    stage.done(&format!("{} files", files.len()));
    Ok(())
}

fn manifest(
    input: &ReportInput,
    files: &[(String, Vec<u8>)],
    lake_files: &manifest::LakeFiles,
) -> Manifest {
    Manifest {
        run_id: input.run_id.clone(),
        judged_at: input.generated_at.clone(),
        program_version: input.program_version.clone(),
        settings_sha256: input.settings_sha256.clone(),
        schemas_sha256: input.schemas_sha256.clone(),
        table_versions: input.table_versions.clone(),
        report_files: files
            .iter()
            .map(|(path, bytes)| (path.clone(), sha256(bytes)))
            .collect(),
        lake_sha256: manifest::digests(lake_files),
    }
}

fn input(lab: &OpenLab) -> Result<ReportInput, Error> {
    let Some(PastRun {
        run_id,
        verdicts,
        terms,
    }) = past::newest(lab)?
    else {
        return Err(Error::Usage {
            message: "the lake holds no verdicts yet".to_owned(),
            hint: "`regrade run` makes them".to_owned(),
        });
    };
    let before = past::completed_before(lab, &run_id)?;
    // The verdicts rest on the lake as it was then, and so does everything drawn beside them.
    let heats = features::heats(lab.lake.at(&terms.versions), &lab.heat_rules, &run_id)?;
    let findings = findings(&lab.lake.newest().read("findings")?)?;
    let changes = changes_since(lab, before.as_ref(), (&verdicts, &heats.rows, &terms))?;
    let sheets = sheets(lab, lab.lake.at(&terms.versions), &heats, &verdicts)?;
    Ok(ReportInput {
        title: format!("{}: which grade for which component", lab.settings.name),
        lab: lab.settings.name.clone(),
        generated_at: terms.judged_at,
        run_id: run_id.clone(),
        program_version: terms.program_version,
        settings_sha256: terms.settings_sha256,
        claim_step: lab.settings.policy.claim_step,
        schemas_sha256: terms.schemas_sha256,
        table_versions: terms.versions,
        totals: totals(lab, &findings, &run_id)?,
        components: lab
            .catalogue
            .components()
            .map(|component| ComponentTitle {
                id: component.id.clone(),
                title: component.title.en.clone(),
            })
            .collect(),
        sheets,
        findings: findings.into_iter().map(|(finding, _)| finding).collect(),
        changes,
        corrections: corrections(lab, &run_id)?,
        first_run: before.is_none(),
        verdicts,
    })
}

/// Values that rows of this run have corrected, by table and key.
fn corrections(lab: &OpenLab, run_id: &str) -> Result<Vec<Correction>, Error> {
    let mut corrections = Vec::new();
    for table in ["charge_lines", "oes_burns", "tensile_tests", "evidence"] {
        let rows = lab.lake.newest().read(table)?;
        let (keys, revisions, runs) =
            (rows.keys(), rows.integer("revision")?, rows.text("run_id")?);
        for row in 1..rows.len() {
            let revision = revisions[row].unwrap_or(1);
            if runs.get(row) != Some(run_id) || revision < 2 || keys[row - 1] != keys[row] {
                continue;
            }
            for (field, column) in rows.columns().filter(|(field, _)| !field.provenance) {
                let (before, after) = (column.cell(row - 1), column.cell(row));
                if before != after {
                    corrections.push(Correction {
                        table: table.to_owned(),
                        key: keys[row].join(", "),
                        column: field.name.clone(),
                        before: before.to_string(),
                        after: after.to_string(),
                        revision,
                    });
                }
            }
        }
    }
    Ok(corrections)
}

/// Every finding on record with the run that found it.
fn findings(rows: &Rows) -> Result<Vec<(Finding, String)>, Error> {
    let number = |name: &str, row: usize| -> Result<u64, Error> {
        Ok(rows.integer(name)?[row]
            .and_then(|number| u64::try_from(number).ok())
            .unwrap_or(0))
    };
    (0..rows.len())
        .map(|row| {
            let text = |name: &str| -> Result<String, Error> {
                Ok(rows.text(name)?.get(row).unwrap_or_default().to_owned())
            };
            let severity = match text("severity")?.as_str() {
                "error" => Severity::Error,
                "warning" => Severity::Warning,
                _ => Severity::Note,
            };
            let finding = Finding {
                file: text("file")?,
                line: number("line", row)?,
                column: number("column", row)?,
                field: text("field")?,
                value: text("value")?,
                rule: text("rule")?,
                severity,
                message: text("message")?,
                hint: text("hint")?,
                raw_row: text("raw_row")?,
            };
            Ok((finding, text("run_id")?))
        })
        .collect()
}

fn totals(lab: &OpenLab, findings: &[(Finding, String)], run_id: &str) -> Result<Totals, Error> {
    let files = lab.lake.newest().read("files")?;
    let (ok, rejected, runs) = (
        files.integer("rows_ok")?,
        files.integer("rows_rejected")?,
        files.text("run_id")?,
    );
    let mut totals = Totals {
        files_seen: files.len() as u64,
        ..Totals::default()
    };
    let count = |cell: Option<i64>| {
        cell.and_then(|number| u64::try_from(number).ok())
            .unwrap_or(0)
    };
    for row in 0..files.len() {
        if runs.get(row) == Some(run_id) {
            totals.files_new += 1;
            totals.rows_ok += count(ok[row]);
            totals.rows_rejected += count(rejected[row]);
        }
    }
    for (finding, _) in findings {
        *totals.findings.entry(finding.rule.clone()).or_default() += 1;
    }
    Ok(totals)
}

fn sheets(
    lab: &OpenLab,
    lake: Snapshot<'_>,
    heats: &Heats,
    verdicts: &[Verdict],
) -> Result<Vec<GradeSheet>, Error> {
    let groups = grouping::groups(lab, heats, &mut Vec::new())?;
    let fits = qualify::stored_fits(lake)?;
    let mut curves = curve_pages(lab, lake, &groups, &fits)?;
    let mut sheets: Vec<GradeSheet> = Vec::new();
    for group in &groups {
        let properties: Vec<PropertySheet> = Property::ALL
            .into_iter()
            .filter_map(|property| property_sheet(lab, group, property, &fits, verdicts))
            .collect();
        let rows = heat_rows(heats, group)?;
        match sheets
            .last_mut()
            .filter(|sheet| sheet.grade == *group.grade)
        {
            Some(sheet) => {
                sheet.properties.extend(properties);
                sheet.heats.extend(rows);
            }
            None => sheets.push(GradeSheet {
                grade: group.grade.clone(),
                scrap_definition: group.scrap_definition,
                properties,
                heats: rows,
                carbon: grade_panels::carbon_sheet(lab, heats, group),
                streams: grade_panels::stream_sheet(lab, heats, group, verdicts),
                curves: curves.remove(group.grade).unwrap_or_default(),
            }),
        }
    }
    Ok(sheets)
}

fn heat_rows(heats: &Heats, group: &GradeGroup<'_>) -> Result<Vec<HeatRow>, Error> {
    let shown: Vec<Element> = ["Si", "Fe", "Cu", "Mn", "Mg", "Zn"]
        .into_iter()
        .filter_map(Element::parse)
        .collect();
    let mut specimens: BTreeMap<&str, usize> = BTreeMap::new();
    for specimen in &group.specimens {
        *specimens.entry(specimen.heat_id.as_str()).or_default() += 1;
    }
    let rows = qualify::heat_data(heats, group)?.into_iter().map(|heat| {
        let mut means: BTreeMap<String, f64> = heat
            .means
            .iter()
            .map(|(property, mean)| (property.column().to_owned(), *mean))
            .collect();
        for element in &shown {
            if let Some(mean) = heat.composition.get(element) {
                means.insert(element.symbol().to_owned(), *mean);
            }
        }
        HeatRow {
            specimens: specimens.get(heat.heat_id.as_str()).copied().unwrap_or(0),
            scrap_ratio: heat.scrap_ratio,
            means,
            heat_id: heat.heat_id,
        }
    });
    Ok(rows.collect())
}

fn property_sheet(
    lab: &OpenLab,
    group: &GradeGroup<'_>,
    property: Property,
    fits: &StoredFits,
    verdicts: &[Verdict],
) -> Option<PropertySheet> {
    let stored = fits
        .get(&(group.grade.clone(), group.class, property))?
        .first()?;
    let x_of = |heat: &str| group.scrap_definition.and(group.ratios.get(heat).copied());
    let mut specimens = Vec::new();
    let mut sums: BTreeMap<&str, (f64, usize)> = BTreeMap::new();
    for specimen in &group.specimens {
        let heat = specimen.heat_id.as_str();
        let Some(&y) = specimen.values.get(&property) else {
            continue;
        };
        if group.left_out.contains(heat) {
            continue;
        }
        specimens.push(SpecimenPoint {
            specimen_id: specimen.specimen_id.clone(),
            heat_id: heat.to_owned(),
            x: x_of(heat),
            y,
        });
        let sum = sums.entry(heat).or_default();
        *sum = (sum.0 + y, sum.1 + 1);
    }
    let heat_means = sums
        .into_iter()
        .map(|(heat, (sum, n))| {
            #[allow(clippy::cast_precision_loss, reason = "specimens of one heat")]
            let y = sum / n as f64;
            HeatMean {
                heat_id: heat.to_owned(),
                x: x_of(heat),
                y,
                n,
            }
        })
        .collect();
    let fit = stored.fit.as_ref();
    let limits = limits(lab, group, property);
    let temperatures: Vec<f64> = group
        .specimens
        .iter()
        .filter_map(|specimen| specimen.test_temp_c)
        .collect();
    Some(PropertySheet {
        property,
        test_temp_c: temperature_label(&temperatures),
        model: fit.map(|fit| fit.model.to_string()),
        refused: stored.refused.clone(),
        specimens,
        heat_means,
        curve: stored.curve.clone(),
        window: window(group.grade, verdicts).filter(|_| !limits.is_empty()),
        limits,
        observed: group
            .scrap_definition
            .and(fit)
            .map(|fit| fit.x_range().into()),
        effect_per_10pct: stored.effect_per_10pct.as_ref().map(|effect| Effect {
            estimate: effect.estimate,
            low: effect.lower,
            high: effect.upper,
        }),
        model_reason: model_reason(stored),
        checks: stored.checks.iter().map(check_line).collect(),
        carriers: stored.composition.as_ref().map(carriers),
        carriers_refused: stored.composition_refused.clone(),
        sigma_between: fit.map(|fit| fit.between_variance.sqrt()),
        sigma_within: fit.map(|fit| fit.within_variance.sqrt()),
        heat_variance_share: fit.map(HeatFit::heat_variance_share),
        groups: grade_panels::group_views(property, stored),
    })
}

fn temperature_label(temperatures: &[f64]) -> String {
    let low = temperatures.iter().copied().fold(f64::INFINITY, f64::min);
    let high = temperatures
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    if temperatures.is_empty() {
        "temperature not stated".to_owned()
    } else if high > low {
        format!("{low}–{high} °C")
    } else {
        format!("{low} °C")
    }
}

/// The limits that components set at the test temperatures of a group.
fn limits(lab: &OpenLab, group: &GradeGroup<'_>, property: Property) -> Vec<LimitLine> {
    let mut lines = Vec::new();
    for component in lab
        .catalogue
        .components()
        .filter(|component| component.fits(group.grade))
    {
        for requirement in &component.requirements {
            if let Demand::Property {
                property: of,
                limit,
                test_temp_c: [low, high],
                ..
            } = &requirement.demand
                && *of == property
                && (*low..=*high).contains(&group.temperatures.0)
                && (*low..=*high).contains(&group.temperatures.1)
            {
                lines.push(LimitLine {
                    component: component.id.clone(),
                    limit: limit.value,
                    basis: limit.basis,
                    at_least: limit.direction == Direction::AtLeast,
                });
            }
        }
    }
    lines
}

/// The widest window that any component grants the grade.
fn window(grade: &Grade, verdicts: &[Verdict]) -> Option<[f64; 2]> {
    verdicts
        .iter()
        .filter(|verdict| verdict.grade == *grade)
        .filter(|verdict| {
            matches!(
                verdict.status,
                Status::Qualified | Status::QualifiedUpTo | Status::Conditional
            )
        })
        .filter_map(|verdict| {
            let [lowest, _] = verdict.observed_scrap_ratio?;
            Some([
                verdict.judged_from.unwrap_or(lowest),
                verdict.max_scrap_ratio?,
            ])
        })
        .max_by(|a, b| a[1].total_cmp(&b[1]))
}

/// Why the model was chosen; empty where there was no choice.
fn model_reason(stored: &StoredFit) -> String {
    let choice = stored
        .choice
        .as_ref()
        .filter(|choice| choice.scores.len() > 1);
    let mut reasons: Vec<String> = choice.iter().map(|choice| choice.reason.clone()).collect();
    if let Some(rounding) = stored.rounding.filter(|rounding| rounding.lower_ends) {
        reasons.push(format!(
            "the source gives values to {} %, so the lower end of each is fitted",
            rounding.step
        ));
    }
    if let Some(fit) = stored.fit.as_ref().filter(|fit| fit.pivotal.is_some()) {
        let confidence = 100.0 * fit.vangel_confidence.unwrap_or_default();
        reasons.push(format!(
            "pivotal bounds, because the usual ones would hold in {confidence:.0} % of labs with heats as \
             few or as unequal as these"
        ));
    }
    reasons.join("; ")
}

fn check_line(check: &CheckedAssumption) -> CheckLine {
    let overruled = check.overruled.as_ref();
    CheckLine {
        test: check.diagnostic.test.clone(),
        outcome: match check.diagnostic.outcome {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Skipped => "skipped",
        }
        .to_owned(),
        reason: check.diagnostic.reason.clone(),
        overruled: overruled.map(|rule| (rule.by.clone(), rule.reason.clone())),
    }
}

fn carriers(report: &CompositionReport) -> Carriers {
    let range = |of: &composition::Estimate| Range {
        estimate: of.estimate,
        low: of.low,
        high: of.high,
    };
    let mut scores = vec![("mean", &report.mean)];
    scores.extend(
        report
            .linear_in_scrap
            .as_ref()
            .map(|score| ("line in scrap", score)),
    );
    scores.extend([
        ("elastic net", &report.elastic_net.score),
        ("partial least squares", &report.pls.score),
        ("forest", &report.forest),
    ]);
    let doubtful = [&report.nonlinearity, &report.evidence]
        .into_iter()
        .filter(|test| test.outcome != Outcome::Pass);
    Carriers {
        heats: report.heats,
        elements: report
            .effects
            .iter()
            .map(|effect| Carrier {
                name: effect.name.clone(),
                sd: effect.sd,
                per_sd: range(&effect.per_sd),
                per_10pct_scrap: effect.per_10pct_scrap.as_ref().map(range),
            })
            .collect(),
        scrap: report.scrap.as_ref().map(|scrap| {
            [
                range(&scrap.total_per_10pct),
                range(&scrap.carried_per_10pct),
                range(&scrap.remainder_per_10pct),
            ]
        }),
        scores: scores
            .into_iter()
            .map(|(name, score)| (name.to_owned(), score.cv_rmse, score.cv_se))
            .collect(),
        remarks: doubtful
            .map(|test| format!("{}: {}.", test.test.replace('_', " "), test.reason))
            .collect(),
        dropped: report
            .dropped
            .iter()
            .map(|dropped| (dropped.name.clone(), dropped.reason.clone()))
            .collect(),
        confidence: report.confidence,
    }
}
