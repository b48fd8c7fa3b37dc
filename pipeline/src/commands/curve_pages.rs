//! The curves of a grade that get a page of their own in the report.

use std::collections::{BTreeMap, BTreeSet};

use super::OpenLab;
use super::fit::{GradeGroup, StoredFits};
use crate::contract::{Column, Rows};
use crate::curve::{self, COMPARED, Crosshead, Curve, Reduction};
use crate::domain::{Grade, Property};
use crate::error::Error;
use crate::lake::{Snapshot, read_parquet};
use crate::report::SpecimenCurve;

/// The curves of every grade that are shown, by grade and in the order of specimens.
pub(super) type CurvePages = BTreeMap<Grade, Vec<SpecimenCurve>>;

/// Which curve of the lake is shown: the newest revision of a specimen's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    specimen: String,
    revision: i64,
}

/// Reads and reduces the curves that are shown: of each grade the flagged specimens first, then the last
/// tested, at most as many as the settings say.
///
/// The lake's files are gone through one after another, so that only the points that are shown, and those
/// of one commit, are held at a time.
///
/// # Errors
/// When a table cannot be read.
pub(super) fn curve_pages(
    lab: &OpenLab,
    lake: Snapshot<'_>,
    groups: &[GradeGroup<'_>],
    fits: &StoredFits,
) -> Result<CurvePages, Error> {
    let contract = lab.contracts.table("tensile_curves")?;
    let files = lake.files("tensile_curves")?;
    if files.is_empty() || lab.settings.curves_per_grade == 0 {
        return Ok(CurvePages::new());
    }
    const ABOUT: [&str; 3] = ["specimen_id", "revision", "tested_at"];
    let about = files
        .iter()
        .map(|file| read_parquet(contract, &[file], Some(&ABOUT)))
        .collect::<Result<Vec<Rows>, _>>()?;
    let chosen = chosen(lab, &about, groups, fits)?;
    let reported = reported(lake, &chosen)?;
    let mut pages = CurvePages::new();
    let mut seen = BTreeSet::new();
    for (file, about) in files.iter().zip(&about) {
        let mut holds_one = false;
        for row in 0..about.len() {
            holds_one |= chosen.contains_key(&key(about, row)?);
        }
        if !holds_one {
            continue;
        }
        let rows = read_parquet(contract, &[file], None)?;
        for row in 0..rows.len() {
            let key = key(&rows, row)?;
            let Some((grade, heat)) = chosen.get(&key) else {
                continue;
            };
            if !seen.insert(key.clone()) {
                continue;
            }
            if let Some(page) = page(lab, (&rows, row), &key.specimen, heat, &reported)? {
                pages.entry(grade.clone()).or_default().push(page);
            }
        }
    }
    for curves in pages.values_mut() {
        curves.sort_by(|a, b| a.specimen_id.cmp(&b.specimen_id));
    }
    Ok(pages)
}

fn key(rows: &Rows, row: usize) -> Result<Key, Error> {
    Ok(Key {
        specimen: rows
            .text("specimen_id")?
            .get(row)
            .unwrap_or_default()
            .to_owned(),
        revision: rows.integer("revision")?[row].unwrap_or(1),
    })
}

/// The newest revisions that are shown, with grade and heat of the specimen.
fn chosen(
    lab: &OpenLab,
    about: &[Rows],
    groups: &[GradeGroup<'_>],
    fits: &StoredFits,
) -> Result<BTreeMap<Key, (Grade, String)>, Error> {
    let mut newest: BTreeMap<String, (i64, String)> = BTreeMap::new();
    for rows in about {
        let tested = rows.column("tested_at")?;
        for row in 0..rows.len() {
            let key = key(rows, row)?;
            let day = tested.cell(row).to_string();
            let known = newest
                .entry(key.specimen)
                .or_insert((key.revision, String::new()));
            if key.revision >= known.0 {
                *known = (key.revision, day);
            }
        }
    }
    let mut chosen = BTreeMap::new();
    let mut room_of: BTreeMap<&Grade, usize> = BTreeMap::new();
    for group in groups {
        let room = room_of
            .entry(group.grade)
            .or_insert(lab.settings.curves_per_grade);
        let flagged: BTreeSet<&str> = Property::ALL
            .into_iter()
            .filter_map(|property| fits.get(&(group.grade.clone(), group.class, property)))
            .flatten()
            .filter_map(|fit| fit.without_outliers.as_ref())
            .flat_map(|without| without.specimens.iter().map(String::as_str))
            .collect();
        let mut with_curve: Vec<(bool, &str, &str, &str, i64)> = group
            .specimens
            .iter()
            .filter_map(|specimen| {
                let id = specimen.specimen_id.as_str();
                let (revision, day) = newest.get(id)?;
                let heat = specimen.heat_id.as_str();
                Some((flagged.contains(id), day.as_str(), id, heat, *revision))
            })
            .collect();
        // Flagged ones first, then the last tested.
        with_curve.sort_by(|a, b| (b.0, b.1, b.2).cmp(&(a.0, a.1, a.2)));
        with_curve.truncate(*room);
        *room -= with_curve.len();
        for (_, _, id, heat, revision) in with_curve {
            let key = Key {
                specimen: id.to_owned(),
                revision,
            };
            chosen.insert(key, (group.grade.clone(), heat.to_owned()));
        }
    }
    Ok(chosen)
}

/// What the laboratory reports for the specimens that are shown, by specimen and column.
fn reported(
    lake: Snapshot<'_>,
    chosen: &BTreeMap<Key, (Grade, String)>,
) -> Result<BTreeMap<String, BTreeMap<String, f64>>, Error> {
    let ids: BTreeSet<&str> = chosen.keys().map(|key| key.specimen.as_str()).collect();
    let mut reported = BTreeMap::new();
    if ids.is_empty() {
        return Ok(reported);
    }
    let rows = lake.read_newest("tensile_tests")?;
    for row in 0..rows.len() {
        let id = rows.text("specimen_id")?.get(row).unwrap_or_default();
        if !ids.contains(id) || rows.text("origin")?.get(row) == Some("reduced") {
            continue;
        }
        let mut values = BTreeMap::new();
        for field in COMPARED {
            if let Some(value) = rows.number(field)?[row] {
                values.insert(field.to_owned(), value);
            }
        }
        reported.insert(id.to_owned(), values);
    }
    Ok(reported)
}

/// One specimen's curve, reduced again; `None` where the row has no stress or no strain.
fn page(
    lab: &OpenLab,
    (rows, row): (&Rows, usize),
    specimen: &str,
    heat: &str,
    reported: &BTreeMap<String, BTreeMap<String, f64>>,
) -> Result<Option<SpecimenCurve>, Error> {
    let Some((curve, travel)) = curve_of(rows, row)? else {
        return Ok(None);
    };
    let crosshead = travel
        .as_ref()
        .map(|(travel_mm, gauge_length_mm)| Crosshead {
            travel_mm,
            gauge_length_mm: *gauge_length_mm,
        });
    let reduction = curve::reduce_with_crosshead(&curve, crosshead.as_ref(), &lab.reduction);
    let reported = reported.get(specimen).cloned().unwrap_or_default();
    let compared = compared(lab, &reported, &reduction);
    Ok(Some(SpecimenCurve {
        specimen_id: specimen.to_owned(),
        heat_id: heat.to_owned(),
        curve,
        reduction,
        reported,
        compared,
    }))
}

/// Where the laboratory's results and the curve's do not agree, a sentence each.
fn compared(lab: &OpenLab, reported: &BTreeMap<String, f64>, reduction: &Reduction) -> Vec<String> {
    let found = curve::compare(reported, reduction, &lab.reduction.reported);
    let mut sentences: Vec<String> = found
        .disagreements
        .iter()
        .map(|one| {
            let name = Property::from_column(one.field).map_or(one.field, |of| of.symbol());
            format!(
                "{name}: {} is reported, the curve gives {:.1} ({:+.1} %)",
                one.reported,
                one.reduced,
                100.0 * one.relative_difference
            )
        })
        .collect();
    sentences.extend(found.area_factor.map(|factor| {
        format!("every strength differs by the factor {factor:.3}: a wrong cross-section?")
    }));
    sentences
}

/// A crosshead's travel in mm, and the gauge length, mm.
type Travel = (Vec<f64>, f64);

/// The curve of a row, from stress and strain or from force and extension over the geometry; with the
/// travel of the crosshead where an extensometer's strain stands beside it.
fn curve_of(rows: &Rows, row: usize) -> Result<Option<(Curve, Option<Travel>)>, Error> {
    let channel = |name: &str| -> Result<Option<Vec<f64>>, Error> {
        Ok(match rows.column(name)? {
            Column::Numbers(cells) => cells[row].clone(),
            _ => None,
        })
    };
    let over = |numbers: Option<Vec<f64>>, divisor: Option<f64>| {
        let divisor = divisor.filter(|divisor| *divisor > 0.0)?;
        Some(
            numbers?
                .into_iter()
                .map(|number| number / divisor)
                .collect(),
        )
    };
    let gauge_length = rows.number("gauge_length_mm")?[row];
    let extension = channel("extension_mm")?;
    let stress = match channel("stress_mpa")? {
        Some(stress) => Some(stress),
        None => over(channel("force_n")?, rows.number("area_mm2")?[row]),
    };
    let (strain, travel) = match channel("strain")? {
        Some(strain) => (
            Some(strain),
            extension.zip(gauge_length.filter(|length| *length > 0.0)),
        ),
        None => (over(extension, gauge_length), None),
    };
    Ok(strain
        .zip(stress)
        .map(|(strain, stress)| (Curve { strain, stress }, travel)))
}
