//! The fixtures of the shipped profiles, each without its own: the proposal reads the same rows.
//!
//! Not among them, for a reason: `trapezium` and `zwick-xlsx` hold several specimens, which is pointed
//! out; the extension of `walter-bai` and of the French `zwick-tra` goes by a maker's own name; the
//! second unit of `interlab-chemistry` stands nowhere in the file.

use super::{Bench, fixture, suggest};
use crate::contract::{Cell, Rows};
use crate::source::{SourceFile, read};

/// A fixture, and fields that its proposal must fill beside those of the key.
const FIXTURES: &[(&str, &str, &[&str])] = &[
    (
        "arl-oes",
        "H26-0620.txt",
        &["heat_id", "value_wt_pct", "method"],
    ),
    (
        "bam-lis",
        "Zug_K_02.lis",
        &["strain", "stress_mpa", "rm_mpa", "rp02_mpa", "area_mm2"],
    ),
    (
        "bluehill-raw",
        "Specimen_RawData_1.csv",
        &["strain", "stress_mpa", "force_n", "area_mm2"],
    ),
    (
        "bluehill-results",
        "H26-0531 results.csv",
        &["rm_mpa", "rp02_mpa", "slope_gpa", "tested_at"],
    ),
    (
        "bruker-oes",
        "day.csv",
        &["heat_id", "value_wt_pct", "measured_at"],
    ),
    (
        "composition-tensile-wide",
        "series.csv",
        &["rm_mpa", "a_pct", "value_wt_pct"],
    ),
    ("die-caster-shot", "3260312-Q1.txt", &["value_wt_pct"]),
    ("instron-4505-raw", "W3.csv", &["strain", "force_n"]),
    (
        "instron-4505-results",
        "sheet.csv",
        &["rm_mpa", "rp02_mpa", "a_pct", "tested_at", "area_mm2"],
    ),
    (
        "lims-chinese-charge",
        "投料台账.csv",
        &["mass_kg", "source_class", "metal_yield", "charged_at"],
    ),
    (
        "lims-chinese-chemistry",
        "成分.csv",
        &["heat_id", "value_wt_pct", "measured_at"],
    ),
    (
        "lims-chinese-csv",
        "力学性能.csv",
        &["rm_mpa", "rp02_mpa", "a_pct", "elongation_type"],
    ),
    (
        "lims-chinese-xlsx",
        "力学性能.xlsx",
        &["rm_mpa", "rp02_mpa", "a_pct", "elongation_type"],
    ),
    (
        "lims-english-csv",
        "tensile march.csv",
        &["rm_mpa", "rp02_mpa", "area_mm2", "tested_at"],
    ),
    (
        "lims-english-xlsx",
        "tensile.xlsx",
        &["rm_mpa", "rp02_mpa", "a_pct", "tested_at"],
    ),
    (
        "mts-testsuite",
        "H26-0550-1.csv",
        &["force_n", "extension_mm"],
    ),
    ("regrade-charge", "charge.csv", &["mass_kg", "source_class"]),
    ("regrade-chemistry", "chemistry.csv", &["value_wt_pct"]),
    (
        "regrade-evidence",
        "evidence.csv",
        &["kind", "outcome", "value"],
    ),
    (
        "regrade-tensile",
        "tensile.csv",
        &["rm_mpa", "a_pct", "elongation_type"],
    ),
    (
        "spectro",
        "H26-0600-P1.csv",
        &["heat_id", "value_wt_pct", "measured_at"],
    ),
    ("strain-stress-csv", "K-17.csv", &["strain", "stress_mpa"]),
    (
        "strain-stress-named",
        "H26-0312_6082_T6_open-profile_020C_2.csv",
        &["strain", "stress_mpa"],
    ),
    (
        "zwick-tra",
        "AB-12.tra",
        &["force_n", "extension_mm", "area_mm2"],
    ),
    (
        "zwick-tra",
        "Probe 7.TRA",
        &["force_n", "strain", "area_mm2", "tested_at"],
    ),
];

/// The cells of a column.
fn cells(rows: &Rows, field: &str) -> Vec<Cell> {
    let column = rows.column(field).unwrap();
    (0..rows.len()).map(|row| column.cell(row)).collect()
}

/// Every difference between the rows of two files, over the fields that both fill.
fn differences(
    shipped: &SourceFile,
    proposed: &SourceFile,
    keys: &[&str],
    words: &[&str],
) -> Vec<String> {
    let mut found = Vec::new();
    for (table, theirs) in &shipped.rows {
        let Some(ours) = proposed.rows.get(table) else {
            found.push(format!("no rows of {table}"));
            continue;
        };
        if ours.len() != theirs.len() {
            found.push(format!(
                "{table}: {} rows, not {}",
                ours.len(),
                theirs.len()
            ));
            continue;
        }
        let fields = theirs.columns().map(|(field, _)| field);
        for field in
            fields.filter(|field| !field.provenance && !words.contains(&field.name.as_str()))
        {
            for (ours, theirs) in cells(ours, &field.name)
                .iter()
                .zip(cells(theirs, &field.name))
            {
                // Texts, because a curve may hold NaN where its extensometer was off.
                if *ours != Cell::Null
                    && theirs != Cell::Null
                    && ours.to_string() != theirs.to_string()
                {
                    found.push(format!(
                        "{table} {}: {ours:.40}, not {theirs:.40}",
                        field.name
                    ));
                }
            }
        }
    }
    for key in keys {
        let filled = proposed.rows.values().any(|rows| {
            rows.column(key).is_ok() && cells(rows, key).iter().any(|cell| *cell != Cell::Null)
        });
        if !filled {
            found.push(format!("{key} is filled nowhere"));
        }
    }
    found
}

/// What stands in no file is given by hand to both: the proposal names exactly these fields.
#[test]
fn the_fixtures_give_the_same_rows_as_with_their_own_profiles() {
    let bench = Bench::new();
    let mut problems = Vec::new();
    for (id, file, keys) in FIXTURES {
        let (name, bytes) = fixture(&format!("{id}/{file}"));
        let mut own = bench.profiles.get(id).unwrap().clone();
        let (_, expected) = fixture(&format!("{id}/expected.json"));
        let expected: serde_json::Value = serde_json::from_slice(&expected).unwrap();
        for (field, value) in expected["constants"].as_object().into_iter().flatten() {
            let text = value
                .as_str()
                .map_or_else(|| value.to_string(), str::to_owned);
            own.constants.insert(field.clone(), text);
        }
        let reading = bench.shipped.reading();
        let shipped = read(reading, &own, &name, &name, &bytes);
        assert!(shipped.rows_ok > 0, "{id}: the fixture itself is not read");

        let rest = bench.profiles.without(id);
        let found = suggest(reading, &rest, &name, &bytes).unwrap();
        let mut profile = bench.profile(&found);
        assert!(profile.fits(&name, &bytes), "{id}: {}", found.toml);
        for field in &found.missing {
            let given = shipped
                .rows
                .values()
                .find_map(|rows| rows.column(field).ok());
            if let Some(value) = given
                .map(|column| column.cell(0))
                .filter(|cell| *cell != Cell::Null)
            {
                profile.constants.insert(field.clone(), value.to_string());
            }
        }
        let proposed = read(reading, &profile, &name, &name, &bytes);
        // Words of one laboratory, which its profile translates and nobody else knows.
        let words: &[&str] = match *id {
            "instron-4505-results" => &["product_form", "orientation"],
            _ => &[],
        };
        let found = differences(&shipped, &proposed, keys, words);
        problems.extend(
            found
                .into_iter()
                .map(|problem| format!("{id}/{name}: {problem}")),
        );
    }
    assert!(problems.is_empty(), "{}", problems.join("\n"));
}
