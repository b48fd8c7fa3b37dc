//! The demonstration: the whole pipeline on a lab whose truth is known.

use std::collections::BTreeMap;
use std::fs;

use crate::lab::{Lab, bytes_below, regrade};

#[test]
fn the_demo_ends_with_a_report_and_no_claim_above_the_truth() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let out = folder.path().join("demo");
    let ran = regrade(&["demo", "--out", &out.display().to_string()]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let last = ran.stderr.lines().last().expect("a last line");
    assert!(
        last.starts_with("report: ") && last.ends_with("index.html"),
        "{last}"
    );
    assert!(out.join("report/index.html").is_file());
    assert!(
        ran.stdout.contains("truth"),
        "claims stand beside the truth: {}",
        ran.stdout
    );

    let read = |path: &str| -> serde_json::Value {
        serde_json::from_slice(&fs::read(out.join(path)).expect("a file")).expect("JSON")
    };
    let key = |value: &serde_json::Value| {
        ["component", "alloy", "temper", "product_form"]
            .map(|part| value[part].as_str().unwrap_or("").to_owned())
    };
    let truth = read("truth.json");
    let truths: BTreeMap<_, _> = truth["components"]
        .as_array()
        .expect("components")
        .iter()
        .map(|one| (key(one), one["true_max_scrap_ratio"].as_f64()))
        .collect();
    let verdicts = read("report/verdicts.json");
    let verdicts = verdicts["verdicts"].as_array().expect("verdicts");
    let (mut claims, mut above) = (0, Vec::new());
    for verdict in verdicts {
        let (Some(claim), Some(truth)) = (
            verdict["max_scrap_ratio"].as_f64(),
            truths.get(&key(verdict)),
        ) else {
            continue;
        };
        claims += 1;
        println!("{:?}: claim {claim:.3}, truth {truth:?}", key(verdict));
        if truth.is_none_or(|truth| claim > truth + 1e-9) {
            above.push(key(verdict));
        }
    }
    // Each claim is above the truth with a chance of at most 5 %: for a dozen claims of one draw, none
    // or one is what to expect, more than two (chance under 2 %) would be a wrong bound.
    assert!(claims >= 8, "{claims} claims have a planted truth");
    assert!(above.len() <= 2, "claims above the truth: {above:?}");

    let statuses: std::collections::BTreeSet<_> = verdicts
        .iter()
        .filter_map(|verdict| verdict["status"].as_str())
        .collect();
    assert_eq!(statuses.len(), 5, "all five statuses: {statuses:?}");
}

#[test]
fn the_same_inputs_give_the_same_bytes() {
    let lab = Lab::synthetic(8);
    let now = ["--now", "2026-03-05T21:40:00Z"];
    let outputs: Vec<_> = ["a", "b"]
        .into_iter()
        .map(|out| {
            let folder = lab.path(out).display().to_string();
            let mut arguments = vec!["run", "--out", &folder];
            arguments.extend(now);
            let ran = lab.run(&arguments);
            assert!(ran.code == 0 || ran.code == 5, "{ran:?}");
            let mut files = bytes_below(&lab.path(out).join("report"));
            files.extend(bytes_below(&lab.path(out).join("notebooks-data")));
            files
                .into_iter()
                .map(|(path, bytes)| {
                    (
                        path.strip_prefix(lab.path(out)).map(ToOwned::to_owned),
                        bytes,
                    )
                })
                .collect::<Vec<_>>()
        })
        .collect();
    assert!(outputs[0].len() > 8, "{} files", outputs[0].len());
    for ((path, a), (_, b)) in outputs[0].iter().zip(&outputs[1]) {
        assert!(a == b, "{path:?} differs");
    }
}

#[test]
fn a_demo_does_not_replace_somebody_elses_folder() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let lab = Lab::new();
    lab.put("thesis/chapter1.txt", "years of work");
    let ran = regrade(&["demo", "--out", &lab.path("thesis").display().to_string()]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr
            .contains("is not empty and holds no `truth.json`"),
        "{}",
        ran.stderr
    );
    assert!(lab.path("thesis/chapter1.txt").exists());
    drop(folder);
}
