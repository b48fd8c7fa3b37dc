#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use crate::contract::Schemas;
use crate::source::IngestSettings;

fn limits() -> PlausibilityLimits {
    IngestSettings::load(&Schemas::embedded())
        .unwrap()
        .plausibility
}

/// Groups of specimens from lines `heat alloy temper form type count`; `.` is no type; the line is the place.
fn specimens(lines: &[&str]) -> Vec<AlikeSpecimens> {
    lines
        .iter()
        .zip(1..)
        .map(|(text, line)| {
            let words: Vec<&str> = text.split_whitespace().collect();
            AlikeSpecimens {
                heat: words[0].to_owned(),
                grade: [1, 2, 3].map(|at| words[at].to_owned()),
                elongation_type: words[4].trim_matches('.').to_owned(),
                specimens: words[5].parse().unwrap(),
                first: at(line),
            }
        })
        .collect()
}

fn at(line: u64) -> Place {
    Place {
        file: "f.csv".to_owned(),
        line,
    }
}

fn sample(heat: &str, silicon: f64, iron: f64, line: u64) -> Sample {
    Sample {
        heat: heat.to_owned(),
        name: format!("P-{heat}"),
        silicon: Some(silicon),
        iron: Some(iron),
        first: at(line),
        iron_at: at(line + 1),
    }
}

fn told(findings: &[Finding]) -> Vec<(&str, u64, &str)> {
    findings
        .iter()
        .map(|finding| (finding.rule.as_str(), finding.line, finding.value.as_str()))
        .collect()
}

#[test]
fn heats_of_which_something_is_missing() {
    let mut groups = Groups {
        specimens: specimens(&[
            "H1 6082 T6 sheet A 1",
            "H9 6082 T6 sheet A 1",
            "H9 6082 T6 sheet A50 1",
        ]),
        ..Groups::default()
    };
    assert_eq!(unknown_heats(&groups), [], "nothing is known of any heat");
    groups.samples = vec![sample("H1", 1.0, 0.2, 7)];
    let found = unknown_heats(&groups);
    assert_eq!(told(&found), [("unknown_heat", 2, "H9")]);
    assert!(
        found[0].message.starts_with("2 specimens of heat H9"),
        "{}",
        found[0]
    );
    assert_eq!(
        heats_without_charge(&groups),
        [],
        "no charge is known of any heat"
    );
    groups.charged.insert("H2".to_owned());
    assert_eq!(
        told(&heats_without_charge(&groups)),
        [("heat_without_charge", 7, "H1")]
    );
    groups.charged.extend(["H1".to_owned(), "H9".to_owned()]);
    assert_eq!(unknown_heats(&groups), []);
    assert_eq!(heats_without_charge(&groups), []);
}

#[test]
fn an_a50_among_a() {
    let found = mixed_elongation(&specimens(&[
        "H1 6082 T6 sheet A 2",
        "H2 6082 T6 sheet A50 1",
        "H3 6082 T6 sheet A50 1",
        "H3 6082 T6 sheet A 1",
        "H4 6082 T6 sheet . 9",
        "H5 6082 T4 sheet A50 5",
    ]));
    assert_eq!(told(&found), [("mixed_elongation", 2, "A50")]);
    assert!(
        found[0].message.starts_with("2 of 5 specimens"),
        "{}",
        found[0]
    );
}

#[test]
fn an_odd_temper() {
    let found = odd_temper(
        &limits(),
        &specimens(&[
            "H1 6082 T6 sheet A 1",
            "H1 6082 T4 sheet A 1",
            "H1 6082 T6 sheet A50 1",
            "H2 6082 T6 sheet A 1",
            "H2 6082 T4 sheet A 1",
            "H3 6082 T6 sheet A 2",
            "H3 6082 T4 sheet A 2",
            "H4 6082 T6 sheet A 4",
        ]),
    );
    assert_eq!(told(&found), [("odd_temper", 2, "T4")]);
}

#[test]
fn silicon_and_iron_swapped() {
    let groups = Groups {
        charged: BTreeSet::new(),
        samples: vec![
            sample("H1", 0.12, 10.1, 10),
            sample("H2", 10.1, 0.12, 20),
            sample("H3", 0.12, 10.1, 30),
        ],
        specimens: specimens(&[
            "H1 AlSi10MnMg T7 die_casting A 1",
            "H2 AlSi10MnMg T7 die_casting A 1",
        ]),
    };
    assert_eq!(
        told(&swapped_elements(&limits(), &groups)),
        [("swapped_elements", 11, "10.1")],
        "the alloy of H3 is not known"
    );
}
