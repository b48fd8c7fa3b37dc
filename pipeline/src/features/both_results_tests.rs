#![allow(clippy::unwrap_used, reason = "a test may panic")]

use polars::prelude::{IntoLazy as _, NamedFrom as _, Series};
use polars::sql::SQLContext;

use super::*;
use crate::contract::Schemas;
use crate::curve::ReductionSettings;

fn limits() -> ReportedSettings {
    let schemas = Schemas::embedded();
    let text = &schemas.file("reduction.toml").unwrap().text;
    toml::from_str::<ReductionSettings>(text).unwrap().reported
}

/// Results of a specimen whose strengths are those of the curve times `factor`.
fn both(factor: f64) -> Both {
    let mut reduction = Reduction::default();
    let mut reported = BTreeMap::new();
    for (field, number) in [("rm_mpa", 300.0), ("rp02_mpa", 250.0), ("a_pct", 11.0)] {
        reduction.put(field, Some(number));
        let factor = if field == "a_pct" { 1.0 } else { factor };
        reported.insert(field.to_owned(), factor * number);
    }
    Both {
        specimen: "S1".to_owned(),
        reported_at: Place {
            file: "sheet.csv".to_owned(),
            line: 7,
        },
        curve: "S1.csv".to_owned(),
        reported,
        reduction,
    }
}

#[test]
fn results_that_agree_are_no_finding() {
    assert_eq!(judged(&both(1.0), &limits()), []);
    assert_eq!(judged(&both(1.005), &limits()), []);
}

#[test]
fn a_wrong_cross_section_names_both_values_and_the_factor() {
    let found = judged(&both(1.1), &limits());
    let told: Vec<_> = found
        .iter()
        .map(|f| (f.rule.as_str(), f.file.as_str(), f.line, f.field.as_str()))
        .collect();
    let at = |field| ("reported_result", "sheet.csv", 7, field);
    assert_eq!(told, [at("rm_mpa"), at("rp02_mpa")]);
    assert!(
        found[0].message.contains("330")
            && found[0].message.contains("S1.csv gives 300.0 (-9.1 %)"),
        "{}",
        found[0].message
    );
    assert!(found[0].hint.contains("factor 0.909"), "{}", found[0].hint);
}

#[test]
fn a_mistyped_number_is_not_taken_for_a_wrong_cross_section() {
    let mut both = both(1.0);
    both.reported.insert("rm_mpa".to_owned(), 330.0);
    let found = judged(&both, &limits());
    assert_eq!(found.len(), 1);
    assert!(found[0].hint.contains("typing error"), "{}", found[0].hint);
}

/// The rows that the SQL text gives for results from lines
/// `specimen origin revision file elongation_type rm_mpa a_pct`; `.` is nothing.
fn queried(lines: &[&str], handed_over: &[&str]) -> Vec<Both> {
    let words: Vec<Vec<&str>> = lines
        .iter()
        .map(|line| line.split_whitespace().collect())
        .collect();
    let text = |at: usize| -> Vec<Option<&str>> {
        let cells = words
            .iter()
            .map(|row| Some(row[at]).filter(|cell| *cell != "."));
        cells.collect()
    };
    let number = |at: usize| -> Vec<Option<f64>> {
        text(at)
            .into_iter()
            .map(|cell| Some(cell?.parse().unwrap()))
            .collect()
    };
    let revisions: Vec<i64> = words.iter().map(|row| row[2].parse().unwrap()).collect();
    let line: Vec<i64> = (1..).take(words.len()).collect();
    let mut columns = vec![
        Series::new("specimen_id".into(), text(0)),
        Series::new("origin".into(), text(1)),
        Series::new("revision".into(), revisions.clone()),
        Series::new("ingested_at".into(), revisions),
        Series::new("source_sha256".into(), text(3)),
        Series::new("source_line".into(), line),
        Series::new("elongation_type".into(), text(4)),
    ];
    for field in COMPARED {
        let at = match field {
            "rm_mpa" => Some(5),
            "a_pct" => Some(6),
            _ => None,
        };
        let cells = at.map_or_else(|| vec![None; words.len()], number);
        columns.push(Series::new(field.into(), cells));
    }
    let tests = DataFrame::new_infer_height(columns.into_iter().map(Into::into).collect()).unwrap();
    let rules = vec!["handed_over"; handed_over.len()];
    let findings = DataFrame::new_infer_height(vec![
        Series::new("source_sha256".into(), handed_over.to_vec()).into(),
        Series::new("rule".into(), rules).into(),
    ])
    .unwrap();
    let mut tables = SQLContext::new();
    tables.register("tensile_tests", tests.lazy());
    tables.register("findings", findings.lazy());
    let frame = run(
        &mut tables,
        QUERY,
        include_str!("../../sql/both_results.sql"),
    )
    .unwrap();
    both_of(&frame, &BTreeMap::new()).unwrap()
}

#[test]
fn the_newest_result_of_either_kind_counts_and_only_across_files() {
    let found = queried(
        &[
            "S1 reduced 1 curve1 . 300 10",
            "S1 reported 1 sheet1 . 280 10",
            "S1 reported 2 sheet2 . 305 10",
            "S1 reduced 2 curve2 . 301 10",
            "S2 reported 1 sheet1 . 280 10",
            "S3 reduced 1 curve3 . 280 10",
            // The head of a curve file over its own curve was judged when it was read.
            "S4 reported 1 curve4 . 280 10",
            "S4 reduced 1 curve4 . 300 10",
            // What a lake from before the column was filled holds.
            "S5 . 1 sheet1 . 280 10",
            "S5 reduced 1 curve5 . 300 10",
        ],
        &["curve2", "curve2", "elsewhere"],
    );
    let told: Vec<_> = found
        .iter()
        .map(|both| {
            let strengths = (both.reported["rm_mpa"], both.reduction.rm_mpa);
            let handed_over = both.reduction.flags.contains(&Flag::HandedOver);
            (
                both.specimen.as_str(),
                both.reported_at.line,
                strengths,
                handed_over,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("S1", 3, (305.0, Some(301.0)), true),
            ("S5", 9, (280.0, Some(300.0)), false),
        ]
    );
}

#[test]
fn elongations_of_different_types_are_not_compared() {
    let of = |kind: &str| {
        let found = queried(
            &[
                &format!("S1 reported 1 sheet {kind} 300 25"),
                "S1 reduced 1 curve A 300 10",
            ],
            &[],
        );
        judged(&found[0], &limits()).len()
    };
    assert_eq!((of("A"), of("."), of("A50")), (1, 1, 0));
}
