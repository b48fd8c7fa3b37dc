//! Rules that tie the rows of several files together: specimens, samples and charges of one heat.
//!
//! All of them warn. They look at groups of alike rows, so that their memory grows with heats and
//! samples and not with specimens.

use std::collections::{BTreeMap, BTreeSet};

use polars::prelude::{DataFrame, DataType, PolarsResult};

use super::FeatureError;
use super::frames::{context, failed, run};
use crate::contract::{ContractError, Rows};
use crate::domain::{Finding, Severity};
use crate::lake::Snapshot;
use crate::source::{PlausibilityLimits, swapped_si_fe};

/// Where a group of rows begins: file and line.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub file: String,
    pub line: u64,
}

/// Specimens that agree in all that the rules look at.
#[derive(Clone, Debug, PartialEq, Eq)]
struct AlikeSpecimens {
    heat: String,
    /// Alloy, temper, product form.
    grade: [String; 3],
    elongation_type: String,
    specimens: usize,
    first: Place,
}

/// A sample with its means, wt%.
#[derive(Clone, Debug, PartialEq)]
struct Sample {
    heat: String,
    name: String,
    silicon: Option<f64>,
    iron: Option<f64>,
    first: Place,
    /// The first reading of Fe.
    iron_at: Place,
}

/// What the rules look at.
#[derive(Clone, Debug, Default, PartialEq)]
struct Groups {
    charged: BTreeSet<String>,
    samples: Vec<Sample>,
    specimens: Vec<AlikeSpecimens>,
}

/// Rows of the lake, newest revisions only, that do not belong together; warnings in the order of rules.
///
/// `unknown_heat`: specimens of a heat of which there is neither charge nor chemistry (not judged in a
/// lake without either). `heat_without_charge`: a heat with chemistry but no charge lines (not judged in a
/// lake without charge lines: then nothing is claimed about scrap anyway). `mixed_elongation`: a grade
/// with more than one type of elongation; the rarer ones are named. `odd_temper`: one specimen whose
/// temper differs from that of all others of its heat. `swapped_elements`: more Fe than Si in a sample of
/// an Al-Si casting. Each names the first row concerned by file and line.
///
/// # Errors
/// When a table cannot be read or a query fails.
pub fn out_of_place(
    lake: Snapshot<'_>,
    limits: &PlausibilityLimits,
) -> Result<Vec<Finding>, FeatureError> {
    let groups = groups(lake)?;
    let mut findings = unknown_heats(&groups);
    findings.extend(heats_without_charge(&groups));
    findings.extend(mixed_elongation(&groups.specimens));
    findings.extend(odd_temper(limits, &groups.specimens));
    findings.extend(swapped_elements(limits, &groups));
    Ok(findings)
}

fn groups(lake: Snapshot<'_>) -> Result<Groups, FeatureError> {
    let files = lake.read("files")?;
    let path_of = paths(&files)?;
    let mut tables = context(lake)?;
    let mut frame = |name: &'static str, sql: &str| run(&mut tables, name, sql);
    let sql = include_str!("../../sql/charged_heats.sql");
    let charged = frame("charged_heats.sql", sql)?;
    let sql = include_str!("../../sql/analysed_samples.sql");
    let samples = frame("analysed_samples.sql", sql)?;
    let sql = include_str!("../../sql/alike_specimens.sql");
    let specimens = frame("alike_specimens.sql", sql)?;
    Ok(Groups {
        charged: texts(&charged, "heat_id")
            .map_err(|error| failed("charged_heats.sql", &error))?
            .into_iter()
            .collect(),
        samples: samples_of(&samples, &path_of)
            .map_err(|error| failed("analysed_samples.sql", &error))?,
        specimens: specimens_of(&specimens, &path_of)
            .map_err(|error| failed("alike_specimens.sql", &error))?,
    })
}

/// Path of every file by its hash.
pub(super) fn paths(files: &Rows) -> Result<BTreeMap<&str, &str>, ContractError> {
    let (hashes, paths) = (files.text("sha256")?, files.text("path")?);
    let pairs = hashes.iter().zip(paths.iter());
    Ok(pairs
        .filter_map(|(hash, path)| Some((hash?, path?)))
        .collect())
}

/// A text column with "" where nothing stands.
pub(super) fn texts(frame: &DataFrame, name: &str) -> PolarsResult<Vec<String>> {
    let column = frame.column(name)?.cast(&DataType::String)?;
    let cells = column.str()?.iter();
    Ok(cells
        .map(|cell| cell.unwrap_or_default().to_owned())
        .collect())
}

fn integers(frame: &DataFrame, name: &str) -> PolarsResult<Vec<Option<i64>>> {
    let column = frame.column(name)?.cast(&DataType::Int64)?;
    Ok(column.i64()?.iter().collect())
}

/// Places by the hash of the file and the line; an unknown file is named by its hash.
pub(super) fn places(
    frame: &DataFrame,
    line: &str,
    path_of: &BTreeMap<&str, &str>,
) -> PolarsResult<Vec<Place>> {
    let hashes = texts(frame, "source_sha256")?;
    let lines = integers(frame, line)?;
    let place = |(hash, line): (&String, Option<i64>)| Place {
        file: path_of
            .get(hash.as_str())
            .map_or_else(|| hash.clone(), |path| (*path).to_owned()),
        line: line
            .and_then(|line| u64::try_from(line).ok())
            .unwrap_or_default(),
    };
    Ok(hashes.iter().zip(lines).map(place).collect())
}

fn samples_of(frame: &DataFrame, path_of: &BTreeMap<&str, &str>) -> PolarsResult<Vec<Sample>> {
    let (heats, names) = (texts(frame, "heat_id")?, texts(frame, "sample_id")?);
    let first = places(frame, "source_line", path_of)?;
    let iron_at = places(frame, "iron_line", path_of)?;
    let mean = |units: &str, readings: &str| -> PolarsResult<Vec<Option<f64>>> {
        let pairs = integers(frame, units)?
            .into_iter()
            .zip(integers(frame, readings)?);
        #[allow(clippy::cast_precision_loss, reason = "whole units of one sample")]
        let mean = |(units, readings): (Option<i64>, Option<i64>)| {
            let readings = readings.filter(|&readings| readings > 0)?;
            Some(units? as f64 / (1e8 * readings as f64))
        };
        Ok(pairs.map(mean).collect())
    };
    let silicon = mean("silicon_units", "silicon_readings")?;
    let iron = mean("iron_units", "iron_readings")?;
    Ok((0..frame.height())
        .map(|row| Sample {
            heat: heats[row].clone(),
            name: names[row].clone(),
            silicon: silicon[row],
            iron: iron[row],
            first: first[row].clone(),
            iron_at: iron_at[row].clone(),
        })
        .collect())
}

fn specimens_of(
    frame: &DataFrame,
    path_of: &BTreeMap<&str, &str>,
) -> PolarsResult<Vec<AlikeSpecimens>> {
    let heats = texts(frame, "heat_id")?;
    let grades = [
        texts(frame, "alloy")?,
        texts(frame, "temper")?,
        texts(frame, "product_form")?,
    ];
    let kinds = texts(frame, "elongation_type")?;
    let first = places(frame, "source_line", path_of)?;
    let counts = integers(frame, "specimens")?;
    Ok((0..frame.height())
        .map(|row| AlikeSpecimens {
            heat: heats[row].clone(),
            grade: [0, 1, 2].map(|part| grades[part][row].clone()),
            elongation_type: kinds[row].clone(),
            specimens: counts[row]
                .and_then(|n| usize::try_from(n).ok())
                .unwrap_or_default(),
            first: first[row].clone(),
        })
        .collect())
}

/// A warning at a place: field and value, rule and hint, message.
pub(super) fn warning(
    place: &Place,
    (field, value): (&str, &str),
    (rule, hint): (&str, &str),
    message: String,
) -> Finding {
    Finding {
        line: place.line,
        field: field.to_owned(),
        value: value.to_owned(),
        severity: Severity::Warning,
        ..Finding::of_file(&place.file, rule, message, hint)
    }
}

/// `n specimens` or `1 specimen`.
fn specimens(n: usize) -> String {
    format!("{n} specimen{}", if n == 1 { "" } else { "s" })
}

/// How many specimens there are in some groups, and where the first of them stands.
fn together<'a>(groups: impl IntoIterator<Item = &'a AlikeSpecimens>) -> (usize, Place) {
    let mut groups = groups.into_iter();
    let Some(first) = groups.next() else {
        return (0, Place::default());
    };
    groups.fold(
        (first.specimens, first.first.clone()),
        |(n, place), group| (n + group.specimens, place.min(group.first.clone())),
    )
}

/// Groups by a key, in its order.
fn grouped<'a, T, K: Ord>(groups: &'a [T], key: impl Fn(&'a T) -> K) -> BTreeMap<K, Vec<&'a T>> {
    let mut by_key: BTreeMap<K, Vec<&T>> = BTreeMap::new();
    for group in groups {
        by_key.entry(key(group)).or_default().push(group);
    }
    by_key
}

/// Specimens of heats of which nothing else is known, one finding for each heat.
fn unknown_heats(groups: &Groups) -> Vec<Finding> {
    let analysed = groups.samples.iter().map(|sample| sample.heat.as_str());
    let known: BTreeSet<&str> = analysed
        .chain(groups.charged.iter().map(String::as_str))
        .collect();
    if known.is_empty() {
        return Vec::new();
    }
    grouped(&groups.specimens, |group| group.heat.as_str())
        .into_iter()
        .filter(|(heat, _)| !known.contains(heat))
        .map(|(heat, of_heat)| {
            let (n, first) = together(of_heat);
            let message = format!(
                "{} of heat {heat}, of which there is neither charge nor chemistry",
                specimens(n)
            );
            let hint = "a mistyped heat, or is its charge sheet still to come?";
            warning(&first, ("heat_id", heat), ("unknown_heat", hint), message)
        })
        .collect()
}

/// Heats with chemistry but without charge lines, one finding for each.
fn heats_without_charge(groups: &Groups) -> Vec<Finding> {
    if groups.charged.is_empty() {
        return Vec::new();
    }
    grouped(&groups.samples, |sample| sample.heat.as_str())
        .into_iter()
        .filter(|(heat, _)| !groups.charged.contains(*heat))
        .filter_map(|(heat, samples)| {
            let first = samples.iter().map(|sample| &sample.first).min()?;
            let message = format!("heat {heat} has chemistry but no charge lines");
            let hint = "without its charge nothing is known of its scrap, and no fit uses it";
            let rule = ("heat_without_charge", hint);
            Some(warning(first, ("heat_id", heat), rule, message))
        })
        .collect()
}

/// Grades with more than one type of elongation: one finding for each type but the most frequent.
fn mixed_elongation(groups: &[AlikeSpecimens]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for ([alloy, temper, form], of_grade) in grouped(groups, |group| &group.grade) {
        let mut kinds: BTreeMap<&str, Vec<&AlikeSpecimens>> = BTreeMap::new();
        for group in of_grade.iter().filter(|g| !g.elongation_type.is_empty()) {
            kinds.entry(&group.elongation_type).or_default().push(group);
        }
        let kinds: Vec<_> = kinds
            .into_iter()
            .map(|(kind, groups)| (kind, together(groups)))
            .collect();
        let all: usize = kinds.iter().map(|(_, (n, _))| n).sum();
        // The first of several equally frequent ones counts as the usual one.
        let usual = kinds.iter().fold(
            ("", 0),
            |best, (kind, (n, _))| {
                if *n > best.1 { (kind, *n) } else { best }
            },
        );
        for (kind, (n, first)) in kinds.iter().filter(|(kind, _)| *kind != usual.0) {
            let message = format!(
                "{n} of {all} specimens of {alloy}-{temper} {} give {kind}, most give {}",
                form.replace('_', " "),
                usual.0
            );
            let hint = "types of elongation do not convert into each other; is the type right?";
            let rule = ("mixed_elongation", hint);
            findings.push(warning(first, ("elongation_type", kind), rule, message));
        }
    }
    findings
}

/// A specimen whose temper differs from that of every other specimen of its heat, which all agree.
fn odd_temper(limits: &PlausibilityLimits, groups: &[AlikeSpecimens]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (heat, of_heat) in grouped(groups, |group| group.heat.as_str()) {
        let mut tempers: BTreeMap<&str, Vec<&AlikeSpecimens>> = BTreeMap::new();
        for group in of_heat {
            tempers.entry(&group.grade[1]).or_default().push(group);
        }
        let mut tempers: Vec<_> = tempers
            .into_iter()
            .map(|(temper, groups)| (temper, together(groups)))
            .collect();
        tempers.sort_by_key(|(_, (n, _))| *n);
        let [(odd, (1, place)), (usual, (others, _))] = tempers.as_slice() else {
            continue;
        };
        if *others < limits.heat.temper_fewest_others.max(2) {
            continue;
        }
        let message =
            format!("temper {odd}, but the {others} other specimens of heat {heat} are {usual}");
        let hint = "is it a specimen of another heat, or a slip?";
        findings.push(warning(
            place,
            ("temper", odd),
            ("odd_temper", hint),
            message,
        ));
    }
    findings
}

/// Samples of Al-Si castings with more Fe than Si.
fn swapped_elements(limits: &PlausibilityLimits, groups: &Groups) -> Vec<Finding> {
    let alloy_of: BTreeMap<&str, &str> = groups
        .specimens
        .iter()
        .map(|group| (group.heat.as_str(), group.grade[0].as_str()))
        .rev()
        .collect();
    let swapped = |sample: &Sample| {
        let alloy = alloy_of.get(sample.heat.as_str())?;
        let (silicon, iron) = (sample.silicon?, sample.iron?);
        let fault = swapped_si_fe(limits, alloy, silicon, iron)?;
        let message = format!("sample {}: {}", sample.name, fault.message);
        let (value, rule) = (iron.to_string(), (fault.rule, fault.hint.as_str()));
        Some(warning(
            &sample.iron_at,
            ("value_wt_pct", &value),
            rule,
            message,
        ))
    };
    groups.samples.iter().filter_map(swapped).collect()
}

#[cfg(test)]
#[path = "belonging_tests.rs"]
mod tests;
