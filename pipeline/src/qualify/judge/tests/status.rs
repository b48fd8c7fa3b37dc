//! Which status a verdict gets, and what its reasons say.

use super::*;

#[test]
fn evidence_decides_between_qualified_conditional_and_not() {
    let leak = "evidence = \"leak\"; mandatory = true; criterion = \"5 sccm\"";
    let optional = "evidence = \"leak\"; mandatory = false";
    let strength = rp02("at_least = 210; basis = \"B\"");
    let rows = |evidence: &'static str| [strength.clone(), evidence.to_owned()];
    let verdict = |evidence: &'static str, proofs: Vec<EvidenceData>| {
        let rows = rows(evidence);
        judged(
            &[&rows[0], &rows[1]],
            &GradeData {
                evidence: proofs,
                ..data()
            },
        )
    };
    let passed = || proof(EvidenceKind::Leak, true, "2027-01-01");
    let expired = || proof(EvidenceKind::Leak, true, "2026-11-22");
    let failed = || proof(EvidenceKind::Leak, false, "2027-01-01");
    for (evidence, proofs, status, outcome) in [
        (leak, vec![], Status::Conditional, Outcome::Missing),
        (leak, vec![expired()], Status::Conditional, Outcome::Missing),
        (leak, vec![failed()], Status::NotQualified, Outcome::Fail),
        (leak, vec![passed()], Status::QualifiedUpTo, Outcome::Pass),
        (optional, vec![], Status::QualifiedUpTo, Outcome::Missing),
        (
            optional,
            vec![failed()],
            Status::QualifiedUpTo,
            Outcome::Fail,
        ),
    ] {
        let verdict = verdict(evidence, proofs);
        assert_eq!(
            (verdict.status, verdict.requirements[1].outcome),
            (status, outcome)
        );
        let claims = status != Status::NotQualified;
        assert_eq!(verdict.max_scrap_ratio.is_some(), claims, "{status}");
        assert_eq!(
            verdict.limiting,
            Some(if claims { 0 } else { 1 }),
            "{status}"
        );
    }
    let conditional = verdict(leak, vec![]);
    near(conditional.max_scrap_ratio, 0.3);
    let reason = &conditional.reasons[0];
    assert!(
        reason.contains("up to 30 %") || reason.contains("up to 29.5 %"),
        "{reason}"
    );
    assert!(
        reason.ends_with("proof missing or expired: leak"),
        "{reason}"
    );
    assert!(conditional.requirements[1].reason.contains("5 sccm"));
    assert!(
        verdict(leak, vec![expired()]).requirements[1]
            .reason
            .contains("2026-11-22")
    );
}

#[test]
fn too_little_data_says_what_is_missing_and_never_passes() {
    let short = |change: fn(&mut GradeData<Line>), row: &str, expected: &str| {
        let mut data = data();
        change(&mut data);
        let verdict = judged(&[row], &data);
        assert_eq!(verdict.status, Status::InsufficientData, "{expected}");
        assert_eq!(verdict.max_scrap_ratio, None);
        assert_eq!(
            verdict.requirements[0].outcome,
            Outcome::Missing,
            "{expected}"
        );
        let all = verdict.reasons.join("\n");
        assert!(all.contains(expected), "{expected} not in\n{all}");
    };
    let strength = rp02("at_least = 180; basis = \"B\"");
    short(
        |data| data.heats.truncate(3),
        &strength,
        "needs 2 more heats (3 of 5)",
    );
    short(
        |data| data.specimens = 14,
        &strength,
        "needs 1 more specimen (14 of 15)",
    );
    let same = |data: &mut GradeData<Line>| {
        for heat in &mut data.heats {
            heat.scrap_ratio = Some(0.2);
        }
    };
    short(
        same,
        &strength,
        "needs 2 more distinct scrap ratios (1 of 3)",
    );
    let few = |data: &mut GradeData<Line>| {
        of(data, Property::Rp02).specimens = 9;
    };
    short(few, &strength, "needs 6 more specimens (9 of 15)");
    let refused = |data: &mut GradeData<Line>| {
        let refusal = Err("scrap ratio does not vary".to_owned());
        of(data, Property::Rp02).fit = refusal;
    };
    short(
        refused,
        &strength,
        "Rp0.2; no fit was made: scrap ratio does not vary",
    );
    let none = |data: &mut GradeData<Line>| drop(data.properties.remove(&Property::Rp02));
    short(none, &strength, "Rp0.2; not measured");
    let unbounded = |data: &mut GradeData<Line>| {
        let fit = Line {
            refused_from: 0.0,
            ..line(250.0, 0.0)
        };
        *of(data, Property::Rp02) = property(fit);
    };
    short(unbounded, &strength, "heat variance not estimable");
    short(
        |_| (),
        "element = \"Zn\"; at_most = 0.1; basis = \"max\"",
        "Zn; not measured",
    );
    // Failing numbers of too few heats prove nothing either.
    let failing = rp02("at_least = 300; basis = \"B\"");
    short(
        |data| data.heats.truncate(3),
        &failing,
        "needs 2 more heats (3 of 5)",
    );
}

#[test]
fn a_sure_failure_outranks_missing_data() {
    let rows = [
        "element = \"Zn\"; at_most = 0.1; basis = \"max\"".to_owned(),
        rp02("at_least = 300; basis = \"B\""),
        "evidence = \"leak\"".to_owned(),
    ];
    let verdict = judged(&[&rows[0], &rows[1], &rows[2]], &data());
    assert_eq!(
        (verdict.status, verdict.limiting),
        (Status::NotQualified, Some(1))
    );
    assert_eq!(verdict.reasons[0], "fails on Rp0.2");
    let lacking = judged(&[&rows[0], &rows[2]], &data());
    assert_eq!(
        (lacking.status, lacking.limiting),
        (Status::InsufficientData, Some(0))
    );
}

#[test]
fn a_bound_refused_halfway_ends_the_window_there() {
    let mut data = data();
    let fit = Line {
        refused_from: 0.35,
        ..line(250.0, 0.0)
    };
    *of(&mut data, Property::Rp02) = property(fit);
    let verdict = judged(&[&rp02("at_least = 200; basis = \"B\"")], &data);
    assert_eq!(verdict.status, Status::QualifiedUpTo);
    near(verdict.max_scrap_ratio, 0.35);
    assert!(
        verdict.requirements[0]
            .reason
            .ends_with("beyond, heat variance not estimable")
    );
}

#[test]
fn figures_of_other_conditions_are_missing_not_compared() {
    let row = |temperature: &str, kind: &str| {
        format!(
            "property = \"a_pct\"; at_least = 1; basis = \"mean\"; \
             test_temp_c = {temperature}; elongation_type = \"{kind}\""
        )
    };
    let verdict = judged(&[&row("[10, 35]", "A")], &data());
    assert_eq!(verdict.status, Status::Qualified);
    for (temperature, kind, given, expected) in [
        (
            "[10, 35]",
            "A50",
            Some("A"),
            "the limit is for A50, the specimens give A",
        ),
        ("[10, 35]", "A", None, "no or several elongation types"),
        ("[150, 200]", "A", Some("A"), "tested at 20 to 24 °C"),
        ("[10, 23]", "A", Some("A"), "the limit is for 10 to 23 °C"),
    ] {
        let mut data = data();
        of(&mut data, Property::A).elongation_type = given.map(Into::into);
        let verdict = judged(&[&row(temperature, kind)], &data);
        assert_eq!(verdict.status, Status::InsufficientData);
        let outcome = &verdict.requirements[0];
        assert_eq!((outcome.outcome, outcome.bound), (Outcome::Missing, None));
        assert!(outcome.reason.contains(expected), "{}", outcome.reason);
    }
}

#[test]
fn without_charge_records_it_is_judged_as_tested() {
    let mut data = data();
    data.scrap_definition = None;
    for heat in &mut data.heats {
        heat.scrap_ratio = None;
    }
    for property in data.properties.values_mut().flatten() {
        property.fit = property.fit.clone().map(|fit| Line {
            range: (0.0, 0.0),
            ..fit
        });
    }
    let fe = "element = \"Fe\"; at_most = 0.16; basis = \"max\"";
    let strength = rp02("at_least = 240; basis = \"B\"");
    let verdict = judged(&[&strength, fe], &data);
    assert_eq!(verdict.status, Status::Qualified, "{:?}", verdict.reasons);
    assert_eq!(verdict.max_scrap_ratio, None);
    assert_eq!(verdict.observed_scrap_ratio, None);
    assert_eq!((verdict.heats, verdict.scrap_ratios), (7, 0));
    let outcome = &verdict.requirements[0];
    assert_eq!(
        (outcome.at_scrap_ratio, outcome.max_scrap_ratio),
        (None, None)
    );
    near(outcome.bound, 240.0);
    assert!(outcome.reason.contains("as tested"), "{}", outcome.reason);
    for failing in [
        &rp02("at_least = 241; basis = \"B\""),
        "element = \"Fe\"; at_most = 0.15; basis = \"max\"",
    ] {
        assert_eq!(
            judged(&[failing], &data).status,
            Status::NotQualified,
            "{failing}"
        );
    }
}

#[test]
fn nothing_is_claimed_beyond_what_each_number_was_observed_at() {
    let mut data = data();
    let fit = Line {
        range: (0.1, 0.4),
        ..line(250.0, 0.0)
    };
    *of(&mut data, Property::Rp02) = property(fit);
    let fe = "element = \"Fe\"; at_most = 0.2; basis = \"max\"";
    let verdict = judged(&[&rp02("at_least = 200; basis = \"B\""), fe], &data);
    assert_eq!(
        (verdict.status, verdict.max_scrap_ratio),
        (Status::QualifiedUpTo, Some(0.4))
    );
    assert_eq!(verdict.limiting, Some(0));
    let all = verdict.reasons.join("\n");
    assert!(all.contains("judged from 10 % scrap on"), "{all}");
    // A limit that holds wherever it was observed still says nothing of the ratios below.
    let held = Line {
        range: (0.1, 0.6),
        ..line(250.0, 0.0)
    };
    *of(&mut data, Property::Rp02) = property(held);
    let verdict = judged(&[&rp02("at_least = 200; basis = \"B\"")], &data);
    assert_eq!(
        (verdict.status, verdict.judged_from, verdict.max_scrap_ratio),
        (Status::QualifiedUpTo, Some(0.1), Some(0.6))
    );
    assert!(
        verdict.reasons[0].contains("from 10 % up to 60 %"),
        "{:?}",
        verdict.reasons
    );
    // Chemistry that stops before strength begins leaves nothing to judge together.
    for heat in data.heats.iter_mut().skip(1) {
        heat.composition.remove(&element("Fe"));
    }
    let verdict = judged(&[&rp02("at_least = 200; basis = \"B\""), fe], &data);
    assert_eq!(verdict.status, Status::InsufficientData);
}

#[test]
fn heats_without_a_ratio_are_left_out_and_counted() {
    let mut data = data();
    data.heats[6].scrap_ratio = None;
    data.heats[5].scrap_ratio = Some(f64::NAN);
    let verdict = judged(
        &["element = \"Fe\"; at_most = 0.14; basis = \"max\""],
        &data,
    );
    assert_eq!(
        (verdict.status, verdict.max_scrap_ratio),
        (Status::Qualified, Some(0.4))
    );
    assert_eq!(verdict.heats, 5);
    assert!(
        verdict
            .reasons
            .iter()
            .any(|r| r == "2 heats without a scrap ratio left out")
    );
}

#[test]
fn an_unverified_limit_is_said_to_be_one() {
    let cu = "element = \"Cu\"; at_most = 0.3; basis = \"max\"; status = \"unverified\"";
    let verdict = judged(&[cu], &data());
    assert!(verdict.rests_on_unverified_limit);
    assert!(
        verdict
            .reasons
            .iter()
            .any(|r| r == "rests on unverified limits: Cu")
    );
    assert_eq!(
        verdict.requirements[0].limit_status,
        LimitStatus::Unverified
    );
    // A proof has no limit to verify.
    let rows = [
        rp02("at_least = 180; basis = \"B\""),
        "evidence = \"leak\"; status = \"unverified\"".into(),
    ];
    assert!(!judged(&[&rows[0], &rows[1]], &data()).rests_on_unverified_limit);
}

#[test]
fn the_order_of_heats_and_proofs_changes_nothing() {
    let rows = [
        rp02("at_least = 210; basis = \"min\""),
        "element = \"Fe\"; at_most = 0.14; basis = \"max\"".to_owned(),
        "evidence = \"leak\"".to_owned(),
    ];
    let mut one = data();
    one.evidence = vec![
        proof(EvidenceKind::Leak, true, "2027-01-01"),
        EvidenceData {
            evidence_id: "E-2".into(),
            ..proof(EvidenceKind::Leak, true, "2028-01-01")
        },
    ];
    let mut other = one.clone();
    other.heats.reverse();
    other.evidence.reverse();
    let rows = [rows[0].as_str(), &rows[1], &rows[2]];
    let bytes = |data| serde_json::to_string(&judged(&rows, data)).unwrap();
    assert_eq!(bytes(&one), bytes(&other));
    let back: Verdict = serde_json::from_str(&bytes(&one)).unwrap();
    assert_eq!(back, judged(&rows, &one));
}
