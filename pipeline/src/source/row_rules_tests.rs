#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::contract::{Contracts, Schemas};
use crate::source::IngestSettings;

fn limits() -> PlausibilityLimits {
    IngestSettings::load(&Schemas::embedded())
        .unwrap()
        .plausibility
}

/// What a row of `table` with these cells breaks: field, rule, severity.
fn broken(table: &str, row: &[(&str, Cell)]) -> Vec<(String, &'static str, Severity)> {
    let contracts = Contracts::load(&Schemas::embedded()).unwrap();
    let contract = contracts.table(table).unwrap();
    let mut cells = vec![Cell::Null; contract.fields.len()];
    for (name, cell) in row {
        cells[contract.position(name).unwrap()] = cell.clone();
    }
    let limits = limits();
    RowRules::new(contract, &limits)
        .check(cells.as_slice())
        .into_iter()
        .map(|broken| {
            let field = contract.fields[broken.field].name.clone();
            (field, broken.fault.rule, broken.severity)
        })
        .collect()
}

fn tensile(row: &[(&str, Cell)]) -> Vec<(String, &'static str, Severity)> {
    broken("tensile_tests", row)
}

fn text(text: &str) -> Cell {
    Cell::Text(text.to_owned())
}

fn specimen(alloy: &str, temper: &str, rm: f64, rp02: f64, a: f64) -> Vec<(&'static str, Cell)> {
    vec![
        ("alloy", text(alloy)),
        ("temper", text(temper)),
        ("rm_mpa", Cell::Number(rm)),
        ("rp02_mpa", Cell::Number(rp02)),
        ("a_pct", Cell::Number(a)),
    ]
}

#[test]
fn borrowed_cells_are_judged_alike() {
    let contracts = Contracts::load(&Schemas::embedded()).unwrap();
    let contract = contracts.table("tensile_tests").unwrap();
    let mut cells = vec![CellRef::Null; contract.fields.len()];
    for (name, cell) in [
        ("alloy", CellRef::Text("A356.0")),
        ("rm_mpa", CellRef::Number(302.0)),
        ("rp02_mpa", CellRef::Number(129.0)),
        ("a_pct", CellRef::Number(9.9)),
    ] {
        cells[contract.position(name).unwrap()] = cell;
    }
    let limits = limits();
    let found = RowRules::new(contract, &limits).check(cells.as_slice());
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].fault.rule, "probable_yield");
}

#[test]
fn order_of_properties() {
    let order = |low: &str| vec![(low.to_owned(), "order", Severity::Error)];
    assert_eq!(
        tensile(&specimen("6082", "T6", 300.0, 310.0, 9.0)),
        order("rp02_mpa")
    );
    assert_eq!(tensile(&specimen("6082", "T6", 300.0, 300.0, 9.0)), []);
    let ag = [
        ("ag_pct", Cell::Number(9.0)),
        ("agt_pct", Cell::Number(8.0)),
    ];
    assert_eq!(tensile(&ag), order("ag_pct"));
    assert_eq!(tensile(&[("rp02_mpa", Cell::Number(300.0))]), []);
}

#[test]
fn drouzys_relations_judge_hardened_al_si_mg_castings_only() {
    // The worked examples of design page 7 §3.4.
    let (quality, yielding) = quality_and_yield(290.0, 4.0);
    assert!((quality - 380.3).abs() < 0.05 && (yielding - 240.9).abs() < 0.05);
    assert!((quality_and_yield(290.0, 8.0).0 - 425.5).abs() < 0.05);

    let warning = |field: &str, rule| vec![(field.to_owned(), rule, Severity::Warning)];
    assert_eq!(tensile(&specimen("A356.0", "T6", 302.0, 229.0, 9.9)), []);
    assert_eq!(
        tensile(&specimen("A356.0", "T6", 302.0, 129.0, 9.9)),
        warning("rp02_mpa", "probable_yield")
    );
    // A as a fraction.
    assert_eq!(
        tensile(&specimen("A356.0", "T6", 302.0, 229.0, 0.099)),
        warning("rp02_mpa", "probable_yield")
    );
    assert_eq!(
        tensile(&specimen("AlSi10MnMg", "T7", 200.0, 140.0, 0.02)),
        warning("a_pct", "quality_index")
    );
    assert_eq!(tensile(&specimen("AlSi10MnMg", "F", 270.0, 130.0, 8.0)), []);
    assert_eq!(
        tensile(&specimen("EN AC-46000", "F", 270.0, 158.0, 0.02)),
        []
    );
    // EN 1706's minima are no findings.
    for (alloy, temper, rm, rp02, a) in [
        ("EN AC-42000", "T6", 260.0, 220.0, 1.0),
        ("EN AC-42100", "T6", 290.0, 210.0, 4.0),
        ("EN AC-42100", "T64", 250.0, 180.0, 8.0),
        ("EN AC-42200", "T6", 320.0, 240.0, 3.0),
    ] {
        assert_eq!(
            tensile(&specimen(alloy, temper, rm, rp02, a)),
            [],
            "{alloy}"
        );
    }
}

#[test]
fn the_gauge_length_belongs_to_the_type_of_elongation() {
    let row = |kind: &str, length: f64| {
        tensile(&[
            ("elongation_type", text(kind)),
            ("gauge_length_mm", Cell::Number(length)),
            ("area_mm2", Cell::Number(30.0)),
        ])
    };
    let off = vec![(
        "elongation_type".to_owned(),
        "gauge_length",
        Severity::Warning,
    )];
    for (kind, length) in [
        ("A", 30.9),
        ("A", 30.0),
        ("A11.3", 62.0),
        ("A50", 50.0),
        ("A80", 80.0),
        ("A4D", 25.0),
    ] {
        assert_eq!(row(kind, length), [], "{kind} {length}");
    }
    for (kind, length) in [("A", 50.0), ("A50", 30.9), ("A80", 50.0), ("A11.3", 31.0)] {
        assert_eq!(row(kind, length), off, "{kind} {length}");
    }
}

#[test]
fn contents_that_look_like_another_unit() {
    let burn = |element: &str, wt_pct: f64| {
        broken(
            "oes_burns",
            &[
                ("element", text(element)),
                ("value_wt_pct", Cell::Number(wt_pct)),
            ],
        )
    };
    let odd = vec![("value_wt_pct".to_owned(), "other_unit", Severity::Warning)];
    assert_eq!(burn("Fe", 25.0), odd);
    assert_eq!(burn("Mg", 0.000_001), odd);
    for (element, wt_pct) in [
        ("Si", 25.0),
        ("Al", 89.0),
        ("Fe", 20.0),
        ("Be", 0.000_01),
        ("Fe", 0.0),
    ] {
        assert_eq!(burn(element, wt_pct), [], "{element} {wt_pct}");
    }
}

#[test]
fn one_analysis() {
    let check = |alloy: &str, contents: &[(&str, f64)]| -> Vec<(String, &'static str)> {
        let composition = contents
            .iter()
            .map(|(symbol, wt_pct)| (Element::parse(symbol).unwrap(), *wt_pct))
            .collect();
        check_composition(&limits(), alloy, &composition)
            .into_iter()
            .map(|broken| {
                let element = broken
                    .element
                    .map_or(String::new(), |e| e.symbol().to_owned());
                (element, broken.fault.rule)
            })
            .collect()
    };
    let sum = vec![(String::new(), "element_sum")];
    assert_eq!(check("", &[("Si", 10.0), ("Fe", 0.2)]), []);
    assert_eq!(check("", &[("Si", 10.0), ("Fe", 0.2), ("Al", 89.5)]), []);
    assert_eq!(check("", &[("Si", 10.0), ("Fe", 0.2), ("Al", 88.5)]), sum);
    assert_eq!(check("", &[("Si", 10.0), ("Fe", 2.0), ("Al", 89.5)]), sum);
    assert_eq!(check("", &[("Si", 10.0), ("Fe", 95.0)]), sum);
    assert_eq!(
        check("", &[("Si", 10.0), ("Cu", 25.0)]),
        [("Cu".to_owned(), "other_unit")]
    );
    let swapped = [("Si", 0.12), ("Fe", 10.0)];
    assert_eq!(
        check("AlSi10MnMg", &swapped),
        [("Fe".to_owned(), "swapped_elements")]
    );
    assert_eq!(check("8006", &swapped), []);
    assert_eq!(check("", &swapped), []);
}
