//! What a verdict says beside its status, and that verdicts stored before it said so can be read.

use super::*;
use crate::models::carbon_line::CarbonLine;
use crate::qualify::verdict::{LimitingElement, Overruled};

fn carrier() -> LimitingElement {
    LimitingElement {
        element: "Fe".into(),
        unit: "MPa".into(),
        property: Some("rp02_mpa".into()),
        per_10pct_scrap: -8.5,
        low: Some(-10.0),
        high: Some(-7.0),
    }
}

fn full_data() -> GradeData<Line> {
    let mut data = data();
    data.carbon = Some(CarbonLine {
        intercept: 16.0,
        slope: -15.0,
        primary: 16.5,
        factor_set: "cn-2020".into(),
    });
    data.density_kg_m3 = Some(2700.0);
    let own = of(&mut data, Property::Rp02);
    // Mg rises with scrap and helps; Mn hurts less.
    own.carriers = [("Mg", 12.0), ("Fe", -8.5), ("Mn", -2.0)]
        .map(|(element, effect)| LimitingElement {
            element: element.into(),
            per_10pct_scrap: effect,
            ..carrier()
        })
        .into();
    own.failed_checks = vec!["normality".into()];
    own.overruled = vec![Overruled {
        test: "equal_spread".into(),
        by: "Li Wei".into(),
        reason: "two furnaces".into(),
    }];
    own.row_ids_sha256 = Some("ab12".into());
    data
}

/// At the end of the window, 30 % scrap: 16 − 4.5 kg, Rp0.2 220 MPa.
#[test]
fn carbon_and_specific_strength_are_those_of_the_end_of_the_window() {
    let verdict = judged(&[&rp02("at_least = 210; basis = 'B'")], &full_data());
    let carbon = verdict.carbon.clone().unwrap();
    near(Some(carbon.at_scrap_ratio), 0.3);
    near(Some(carbon.kg_co2e_per_kg), 11.5);
    near(Some(carbon.saving_kg_co2e_per_kg), 5.0);
    assert_eq!(carbon.factor_set, "cn-2020");
    let strength = verdict.specific_strength.unwrap();
    near(Some(strength.rp02_mpa), 220.0);
    near(Some(strength.kn_m_per_kg), 220.0 / 2.7);
    let failing = judged(&[&rp02("at_least = 260; basis = 'B'")], &full_data());
    assert_eq!((failing.carbon, failing.specific_strength), (None, None));
    let mut light = full_data();
    light.density_kg_m3 = Some(0.0);
    let verdict = judged(&[&rp02("at_least = 210; basis = 'B'")], &light);
    assert_eq!(verdict.specific_strength, None);
}

#[test]
fn the_limiting_element_is_the_carrier_or_the_element_itself() {
    let strength = rp02("at_least = 210; basis = 'B'");
    let verdict = judged(&[&strength], &full_data());
    assert_eq!(verdict.limiting_element, Some(carrier()));
    let iron = "element = 'Fe'; at_most = 0.11; basis = 'max'";
    let verdict = judged(&[&strength, iron], &full_data());
    assert_eq!(verdict.limiting, Some(1));
    let found = verdict.limiting_element.unwrap();
    assert_eq!(
        (found.element.as_str(), found.unit.as_str(), found.property),
        ("Fe", "wt%", None)
    );
    // Fe rises by exactly 0.01 wt% per heat, so the interval is as narrow as the arithmetic.
    near(Some(found.per_10pct_scrap), 0.01);
    near(found.low, 0.01);
    near(found.high, 0.01);
    let proof = judged(&["evidence = 'leak'"], &full_data());
    assert_eq!(proof.limiting_element, None);
}

#[test]
fn an_outcome_carries_what_is_behind_its_fit() {
    let verdict = judged(
        &[&rp02(
            "at_least = 210; basis = 'B'; thickness_mm = [0, 9]; specimen_origin = 'cut_from_product'",
        )],
        &{
            let mut data = full_data();
            let own = of(&mut data, Property::Rp02);
            own.thickness_mm = Some([2.0, 3.0]);
            own.origins = vec![Some("cut_from_product".into())];
            data
        },
    );
    let outcome = &verdict.requirements[0];
    assert_eq!(outcome.failed_checks, ["normality"]);
    assert_eq!(outcome.overruled[0].by, "Li Wei");
    assert_eq!(outcome.row_ids_sha256.as_deref(), Some("ab12"));
    assert_eq!(outcome.thickness_mm, Some([0.0, 9.0]));
    assert_eq!(
        outcome.specimen_origin.map(|origin| origin.as_str()),
        Some("cut_from_product")
    );
}

#[test]
fn missing_evidence_is_listed_in_words() {
    let rows = [
        "evidence = 'leak'",
        "evidence = 'fatigue'; mandatory = false",
        "evidence = 'bend'",
    ];
    let mut data = full_data();
    data.evidence
        .push(proof(EvidenceKind::Bend, true, "2026-11-22"));
    let verdict = judged(&rows, &data);
    assert_eq!(
        verdict.missing_evidence,
        [
            "leak: no proof on record",
            "bend: proof E-1 was valid until 2026-11-22"
        ]
    );
    assert_eq!(verdict.status, Status::Conditional);
}

/// A verdict as it was stored before these fields: none of them is there, and all are empty when read.
#[test]
fn verdicts_stored_before_still_read() {
    let row = rp02("at_least = 210; basis = 'B'");
    let verdict = judged(&[&row], &data());
    let mut stored = serde_json::to_value(&verdict).unwrap();
    let of_outcome = [
        "cpk_at_least",
        "specimen_origin",
        "thickness_mm",
        "elongation_type",
        "comparison",
        "failed_checks",
        "overruled",
        "row_ids_sha256",
        "more_heats",
    ];
    let of_verdict = [
        "limiting_element",
        "carbon",
        "specific_strength",
        "without_outliers",
        "missing_evidence",
        "more_heats",
    ];
    let mut strip = |pointer: &str, names: &[&str]| {
        let object = stored
            .pointer_mut(pointer)
            .unwrap()
            .as_object_mut()
            .unwrap();
        for name in names {
            assert!(object.remove(*name).is_some(), "{name} is not written");
        }
    };
    strip("/requirements/0", &of_outcome);
    strip("", &of_verdict);
    let read: Verdict = serde_json::from_value(stored).unwrap();
    let mut expected = verdict;
    expected.requirements[0].comparison = None;
    expected.specific_strength = None;
    assert_eq!(read, expected);
}

#[test]
fn a_verdict_with_everything_reads_back() {
    let rows = [
        rp02("at_least = 243; basis = 'B'; compare = 'rounded'; digits = 0"),
        rp02("at_least = 200; basis = 'Cpk'; cpk_at_least = 1.33"),
        "evidence = 'conductivity'; at_least = 55; unit = '%IACS'".to_owned(),
    ];
    let mut data = full_data();
    of(&mut data, Property::Rp02).without_outliers =
        Some((vec!["S1".into()], Ok(line(262.0, -90.0))));
    let verdict = judged(&[&rows[0], &rows[1], &rows[2]], &data);
    assert!(verdict.without_outliers.is_some() && verdict.limiting_element.is_some());
    let text = serde_json::to_string(&verdict).unwrap();
    assert!(text.contains("\"basis\":\"Cpk\""), "{text}");
    assert_eq!(serde_json::from_str::<Verdict>(&text).unwrap(), verdict);
}
