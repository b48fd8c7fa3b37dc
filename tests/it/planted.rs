//! A laboratory with planted faults: what is found in it equals the planted list, none missed, none
//! invented, and what must be read right is.

use std::collections::BTreeSet;
use std::fs;

use serde::Deserialize;

use crate::faults::{Reader, Told, findings_in_lake, same, value_at};
use crate::lab::Lab;

/// `faults.json`, as far as it is compared.
#[derive(Deserialize)]
struct Faults {
    planted: Vec<Planted>,
    read_right: Vec<ReadRight>,
}

#[derive(Deserialize)]
struct Planted {
    fault: String,
    #[serde(flatten)]
    told: serde_json::Map<String, serde_json::Value>,
}

#[derive(Debug, Deserialize)]
struct ReadRight {
    file: String,
    line: u64,
    field: String,
    value: String,
    fault: String,
}

/// What is found in a spoilt laboratory against its list; gives the classes of faults in it.
fn compare(heats: &str, specimens: &str, seed: &str) -> BTreeSet<String> {
    let lab = Lab::from_synth(&[
        "--faults",
        "--heats",
        heats,
        "--specimens",
        specimens,
        "--seed",
        seed,
    ]);
    let text = fs::read_to_string(lab.path("faults.json")).expect("faults.json");
    let faults: Faults = serde_json::from_str(&text).expect("the list of faults");
    assert_eq!(lab.run(&["ingest"]).code, 3, "rows are kept out");
    lab.run(&["fit"]);
    let found = findings_in_lake(&lab);
    let mut classes = BTreeSet::new();
    let mut planted: Vec<Told> = Vec::new();
    for fault in faults.planted {
        classes.insert(fault.fault);
        planted.push(serde_json::from_value(fault.told.into()).expect("a planted fault"));
    }
    planted.sort();
    let without = |all: &[Told], there: &[Told]| -> Vec<String> {
        let missing = all.iter().filter(|told| !there.contains(told));
        missing.map(|told| format!("{told:?}")).collect()
    };
    let missed = without(&planted, &found);
    let invented = without(&found, &planted);
    assert!(
        missed.is_empty() && invented.is_empty(),
        "missed: {missed:#?}\ninvented: {invented:#?}"
    );
    assert_eq!(found.len(), planted.len(), "as often as planted");
    let reader = Reader::new();
    for expected in faults.read_right {
        let bytes = fs::read(lab.path("inbox").join(&expected.file)).expect("a file");
        let file = reader.read(&expected.file, &bytes, None);
        let value = if expected.line == 0 {
            Some(file.rows_ok.to_string())
        } else {
            value_at(&file, expected.line, &expected.field)
        };
        let right = value.is_some_and(|value| same(&value, &expected.value));
        assert!(right, "{expected:?}");
        classes.insert(expected.fault);
    }
    println!(
        "{} findings planted, {} classes",
        planted.len(),
        classes.len()
    );
    classes
}

#[test]
fn what_is_found_is_what_was_planted() {
    let classes = compare("12", "5", "1");
    assert!(classes.len() >= 60, "{} classes", classes.len());
    compare("20", "3", "9");
}

#[test]
fn an_unspoilt_laboratory_has_no_findings() {
    for seed in ["1", "2"] {
        let lab = Lab::from_synth(&["--heats", "20", "--seed", seed]);
        assert_eq!(lab.run(&["ingest"]).code, 0);
        lab.run(&["fit"]);
        assert_eq!(findings_in_lake(&lab), [], "seed {seed}");
    }
}

#[test]
fn the_same_seed_plants_the_same_bytes() {
    let list = |seed: &str| {
        let lab = Lab::from_synth(&["--faults", "--heats", "12", "--seed", seed]);
        crate::lab::bytes_below(&lab.path(""))
            .into_iter()
            .map(|(path, bytes)| {
                (
                    path.strip_prefix(lab.path("")).expect("below").to_owned(),
                    bytes,
                )
            })
            .collect::<Vec<_>>()
    };
    let first = list("1");
    assert!(first == list("1"), "the same seed");
    assert!(first != list("2"), "another seed");
}
