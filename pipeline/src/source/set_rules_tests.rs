#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::contract::{Contracts, FieldType, Schemas};
use crate::source::IngestSettings;

fn limits() -> PlausibilityLimits {
    IngestSettings::load(&Schemas::embedded())
        .unwrap()
        .plausibility
}

/// Rows of `table` from a header and lines of cells, blanks between them; `.` stands for nothing.
fn rows(table: &str, header: &str, lines: &[String]) -> Rows {
    let contracts = Contracts::load(&Schemas::embedded()).unwrap();
    let contract = contracts.table(table).unwrap();
    let mut rows = Rows::new(contract);
    for line in lines {
        let mut cells = vec![Cell::Null; contract.fields.len()];
        for (name, text) in header.split_whitespace().zip(line.split_whitespace()) {
            let at = contract.position(name).unwrap();
            cells[at] = match contract.fields[at].kind {
                _ if text == "." => Cell::Null,
                FieldType::Number => Cell::Number(text.parse().unwrap()),
                FieldType::Integer => Cell::Integer(text.parse().unwrap()),
                _ => Cell::Text(text.to_owned()),
            };
        }
        rows.push(cells);
    }
    rows
}

fn lines(lines: &[&str]) -> Vec<String> {
    lines.iter().map(|&line| line.to_owned()).collect()
}

fn burns(text: &[&str]) -> Rows {
    rows(
        "oes_burns",
        "sample_id burn_no element heat_id value_wt_pct",
        &lines(text),
    )
}

fn told(faults: &[SetFault]) -> Vec<(&'static str, &'static str, Vec<usize>)> {
    faults
        .iter()
        .map(|broken| (broken.fault.rule, broken.field, broken.rows.clone()))
        .collect()
}

fn in_file(rows: Rows) -> Vec<(&'static str, &'static str, Vec<usize>)> {
    told(&check_rows(&limits(), &rows, true).unwrap())
}

#[test]
fn the_burn_that_lies_off_is_named() {
    let sample = |fe: [&str; 4]| {
        let lines: Vec<String> = (1..)
            .zip(fe)
            .map(|(burn, fe)| format!("P1 {burn} Fe H1 {fe}"))
            .collect();
        in_file(rows(
            "oes_burns",
            "sample_id burn_no element heat_id value_wt_pct",
            &lines,
        ))
    };
    assert_eq!(sample(["0.180", "0.182", "0.179", "0.184"]), []);
    assert_eq!(
        sample(["0.180", "0.182", "0.260", "0.184"]),
        [("burn_scatter", "value_wt_pct", vec![2, 1, 0, 3])]
    );
    // 30 % at 0.004 wt% is the noise of the instrument.
    assert_eq!(sample(["0.004", "0.003", "0.005", "0.006"]), []);
    // Readings below a limit have no number to judge.
    assert_eq!(sample(["0.180", "0.182", "0.260", "."]), []);
    assert_eq!(in_file(burns(&["P1 1 Fe H1 0.18", "P1 2 Fe H1 0.9"])), []);
}

#[test]
fn a_burn_that_lacks_an_element_is_not_too_low() {
    let text = [
        "P1 1 Al H1 89.0",
        "P1 1 Si H1 10.5",
        "P1 2 Al H1 89.0",
        "P1 2 Si H1 8.0",
    ];
    let low = [("element_sum", "value_wt_pct", vec![2, 3])];
    assert_eq!(in_file(burns(&text)), low);
    let told_already = check_rows(&limits(), &burns(&text), false).unwrap();
    assert_eq!(told(&told_already), [], "a row was refused");
    assert_eq!(
        in_file(burns(&text[..3])),
        [],
        "Si of the second burn is blank"
    );
}

#[test]
fn a_burn_of_more_than_everything_is_left_out() {
    let faults = in_file(burns(&[
        "P1 1 Al H1 89.9",
        "P1 1 Si H1 10.0",
        "P1 2 Al H1 89.9",
        "P1 2 Si H1 12.0",
        "P1 3 Al H1 89.9",
        "P1 3 Si H1 8.0",
    ]));
    assert_eq!(
        faults,
        [
            ("element_sum", "value_wt_pct", vec![2, 3]),
            ("element_sum", "value_wt_pct", vec![4, 5])
        ]
    );
}

#[test]
fn elongations_that_are_all_fractions() {
    let file = |a: [&str; 3]| {
        let row = |(specimen, a): (u32, &str)| format!("S{specimen} H1 6082 T6 sheet 310 {a} A");
        let lines: Vec<String> = (1..).zip(a).map(row).collect();
        let header = "specimen_id heat_id alloy temper product_form rm_mpa a_pct elongation_type";
        in_file(rows("tensile_tests", header, &lines))
    };
    assert_eq!(file(["12", "0.11", "11"]), []);
    assert_eq!(file(["0.7", "0.6", "0.9"]), [], "a brittle casting");
    assert_eq!(
        file(["0.12", "0.11", "0.13"]),
        [("elongation_fraction", "a_pct", vec![0, 1, 2])]
    );
    assert_eq!(file([".", "0.11", "0.13"]), [], "two are too few");
    let header = "specimen_id heat_id alloy temper product_form rm_mpa a_pct elongation_type";
    let mut text = lines(&[
        "S1 H1 6082 T6 sheet 310 0.12 A",
        "S2 H1 6082 T6 sheet 310 0.11 A",
        "S3 H1 6082 T6 sheet 310 0.13 A",
        "S4 H1 6082 T6 sheet . 0.13 A",
    ]);
    let found = in_file(rows("tensile_tests", header, &text));
    assert_eq!(found.len(), 1, "one without strengths changes nothing");
    text.truncate(2);
    assert_eq!(in_file(rows("tensile_tests", header, &text)), []);
}

#[test]
fn charge_against_its_total() {
    let lines = rows(
        "charge_lines",
        "heat_id line_no mass_kg charge_total_kg",
        &lines(&[
            "H1 1 500 1000",
            "H1 2 495 1000",
            "H2 1 500 .",
            "H2 2 300 1000",
            "H3 1 500 .",
        ]),
    );
    assert_eq!(
        in_file(lines),
        [("charge_total", "charge_total_kg", vec![3])]
    );
}
