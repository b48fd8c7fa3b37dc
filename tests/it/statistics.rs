//! `regress`, `basis`, `reduce` and `describe` from the command line.

use crate::lab::{Lab, regrade};
use crate::real_data;

fn keys(value: &serde_json::Value) -> Vec<&str> {
    value
        .as_object()
        .expect("an object")
        .keys()
        .map(String::as_str)
        .collect()
}

#[test]
fn basis_of_38_strengths_is_the_published_one() {
    let Some(data) = real_data::folder() else {
        return;
    };
    let text = std::fs::read_to_string(data.join("nist-vangel/VANGEL31.DAT")).expect("the file");
    let values: Vec<&str> = text
        .lines()
        .skip(25)
        .map(str::trim)
        .filter(|line| !line.is_empty())
        .collect();
    assert_eq!(values.len(), 38);
    let lab = Lab::new();
    lab.put("v.csv", format!("strength\n{}\n", values.join("\n")));
    let file = lab.path("v.csv").display().to_string();
    let ran = regrade(&["basis", &file, "--y", "strength", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let answer = &ran.json()[0];
    assert_eq!(answer["n"], 38);
    for key in [
        "group",
        "method",
        "n",
        "groups",
        "bounds",
        "variance",
        "diagnostics",
        "warnings",
    ] {
        assert!(keys(answer).contains(&key), "{key} is missing: {answer}");
    }
    // NIST, RECIPE: B and A basis of the same values; the mean is their arithmetic mean.
    let bounds = answer["bounds"].as_array().expect("bounds");
    let at = |content: f64, key: &str| {
        let entry = bounds
            .iter()
            .find(|entry| entry["content"].as_f64() == Some(content))
            .expect("a content");
        entry[key].as_f64().expect("a number")
    };
    for (computed, published) in [
        (at(0.90, "estimate"), 185.7894736842),
        (at(0.90, "bound"), 153.98656143),
        (at(0.99, "bound"), 130.73000034),
    ] {
        assert!(
            (computed - published).abs() < 5e-9,
            "{computed} against {published}"
        );
    }
}

#[test]
fn basis_by_group_with_heats_and_a_refusal() {
    let lab = Lab::new();
    let mut text = String::from("grade,heat,x,rm\n");
    for heat in 0..8 {
        for specimen in 0..4 {
            let rm = 300.0 - 20.0 * f64::from(heat) / 8.0
                + [3.0, -2.0, 1.5, -2.5][specimen]
                + [4.0, -4.0][heat as usize % 2];
            text.push_str(&format!("a,h{heat},{},{rm}\n", f64::from(heat) / 10.0));
        }
    }
    text.push_str("b,h1,0,300\nb,h1,0,301\nb,h2,0.1,299\nb,h2,0.1,\n");
    lab.put("t.csv", text);
    let file = lab.path("t.csv").display().to_string();
    let ran = regrade(&[
        "basis", &file, "--y", "rm", "--x", "x", "--group", "heat", "--by", "grade", "--format",
        "json",
    ]);
    assert_eq!(ran.code, 5, "two heats are refused: {ran:?}");
    assert!(
        ran.stderr.contains("1 of 36 rows have an empty cell"),
        "{}",
        ran.stderr
    );
    let answer = ran.json();
    assert_eq!(
        (&answer[0]["group"], &answer[1]["group"]),
        (&"a".into(), &"b".into())
    );
    assert_eq!(answer[0]["method"], "random-heats");
    assert_eq!(
        answer[0]["bounds"].as_array().map(Vec::len),
        Some(6),
        "three x, A and B"
    );
    assert!(answer[1]["bounds"].as_array().is_some_and(Vec::is_empty));
    assert!(
        answer[1]["warnings"][0]
            .as_str()
            .is_some_and(|warning| warning.contains("heats")),
        "{answer}"
    );
}

#[test]
fn regress_prints_its_keys_and_names_a_dependent_column() {
    let lab = Lab::new();
    lab.put("r.csv", "x,twice,y\n1,2,2.1\n2,4,3.9\n3,6,6.2\n4,8,7.8\n");
    let file = lab.path("r.csv").display().to_string();
    let ran = regrade(&["regress", &file, "--y", "y", "--x", "x", "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let answer = ran.json();
    for key in [
        "n",
        "p",
        "rank",
        "dof",
        "sigma",
        "r2",
        "adj_r2",
        "condition",
        "terms",
    ] {
        assert!(keys(&answer).contains(&key), "{key} is missing");
    }
    // By hand: x̄ = 2.5, ȳ = 5, Sxy = 9.7, Sxx = 5.
    let slope = answer["terms"][1]["estimate"].as_f64().expect("a slope");
    assert!((slope - 1.94).abs() < 1e-12, "{slope}");
    let ran = regrade(&["regress", &file, "--y", "y", "--x", "x,twice"]);
    assert_eq!(ran.code, 5, "{ran:?}");
    assert!(
        ran.stderr.contains("twice") || ran.stderr.contains("`x`"),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_cell_that_is_no_number_is_named_with_its_place() {
    let lab = Lab::new();
    lab.put("r.csv", "x,y\n1,2.1\n2,abc\n");
    let file = lab.path("r.csv").display().to_string();
    let ran = regrade(&["regress", &file, "--y", "y", "--x", "x"]);
    assert_eq!(ran.code, 2);
    assert!(
        ran.stderr
            .contains("r.csv:3:2: field y: \"abc\" is not a number"),
        "{}",
        ran.stderr
    );
}

#[test]
fn reduce_reads_a_real_curve() {
    let Some(data) = real_data::folder() else {
        return;
    };
    let file = data
        .join("al6061-aakash/raw/T_020_A_1_001_022_03.csv")
        .display()
        .to_string();
    let ran = regrade(&["reduce", &file, "--format", "json"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let answer = &ran.json()[0];
    for key in [
        "file",
        "specimen_id",
        "rm_mpa",
        "rp02_mpa",
        "rp10_mpa",
        "slope_gpa",
        "a_pct",
        "ag_pct",
        "agt_pct",
        "points",
        "flags",
        "findings",
    ] {
        assert!(keys(answer).contains(&key), "{key} is missing");
    }
    assert!(
        (250.0..350.0).contains(&answer["rm_mpa"].as_f64().expect("Rm")),
        "{answer}"
    );
}

#[test]
fn the_data_dictionary_has_a_unit_for_every_number() {
    let ran = regrade(&["describe", "tensile_tests", "--format", "json"]);
    assert_eq!(ran.code, 0);
    let contract = ran.json();
    let fields = contract["fields"].as_array().expect("fields");
    assert!(
        fields
            .iter()
            .any(|field| field["name"] == "rp02_mpa" && field["unit"] == "MPa")
    );
    let table = regrade(&["describe", "tensile_tests"]).stdout;
    assert!(
        table
            .lines()
            .any(|line| line.starts_with("rm_mpa") && line.contains("MPa")),
        "{table}"
    );
}
