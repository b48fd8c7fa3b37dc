//! Failed tests of a fit's assumptions that a named person overrules in `lab.toml`.

use std::fs;

use serde_json::Value;

use crate::lab::Lab;

/// Alloy, property and tests of every fit.
fn fits(lab: &Lab) -> Vec<(String, String, Vec<Value>)> {
    let query = "SELECT alloy, property, diagnostics FROM fits ORDER BY alloy, property";
    let ran = lab.run(&["sql", query, "--format", "csv"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut reader = csv::Reader::from_reader(ran.stdout.as_bytes());
    let rows = reader.deserialize::<(String, String, String)>();
    rows.map(|row| {
        let (alloy, property, tests) = row.expect("a fit");
        (
            alloy,
            property,
            serde_json::from_str(&tests).expect("tests"),
        )
    })
    .collect()
}

#[test]
fn an_override_keeps_its_name_and_reason_and_a_misspelt_one_is_told() {
    let lab = Lab::from_synth(&["--heats", "12"]);
    assert_eq!(lab.run(&["ingest"]).code, 0);
    assert_eq!(lab.run(&["fit"]).code, 0);
    let failed = |test: &Value| test["outcome"] == "fail";
    let before = fits(&lab);
    assert!(
        before.iter().all(|(.., tests)| tests.len() == 11),
        "{before:?}"
    );
    let (alloy, property, test) = before
        .iter()
        .find_map(|(alloy, property, tests)| {
            let test = tests.iter().find(|test| failed(test))?;
            Some((alloy, property, test["test"].as_str()?.to_owned()))
        })
        .expect("among so many tests one fails");
    let overrides = format!(
        "\n[[override]]\ntest = \"{test}\"\nalloy = \"{alloy}\"\nproperty = \"{property}\"\n\
         by = \"M. Weber\"\nreason = \"looked at\"\n\
         \n[[override]]\ntest = \"normalcy\"\nby = \"M. Weber\"\nreason = \"a slip\"\n"
    );
    let settings = fs::read_to_string(lab.path("lab.toml")).expect("lab.toml");
    lab.put("lab.toml", format!("{settings}{overrides}"));
    let ran = lab.run(&["fit"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stderr.contains("there is no test `normalcy`"),
        "{ran:?}"
    );
    for ((alloy_of, property_of, tests), (.., earlier)) in
        fits(&lab).into_iter().zip(before.clone())
    {
        for (now, then) in tests.iter().zip(earlier) {
            let here =
                (&alloy_of, &property_of) == (alloy, property) && now["test"] == test.as_str();
            assert_eq!(now["outcome"], then["outcome"], "it stays failed");
            assert_eq!(
                now["overruled"]["by"] == "M. Weber",
                here && failed(now),
                "{now}"
            );
        }
    }
    lab.put(
        "lab.toml",
        format!("{settings}{}", overrides.replace("M. Weber", " ")),
    );
    let ran = lab.run(&["fit"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("must name a person"), "{ran:?}");
}
