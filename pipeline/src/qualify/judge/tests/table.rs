//! Hand-made labs and the verdicts they must get: one row each.

use super::*;
use crate::qualify::Basis;
use crate::qualify::conditions::Conditions;
use crate::qualify::verdict::Status::{
    Conditional, InsufficientData, NotQualified, Qualified, QualifiedUpTo,
};
use crate::qualify::vocabulary::{ElongationType, Index, SpecimenOrigin};

/// No end of a window.
const NONE: f64 = f64::NAN;

/// One lab: what is asked, what is changed in [`data`], and what the verdict must be.
struct Row {
    name: &'static str,
    asked: &'static [&'static str],
    change: fn(&mut GradeData<Line>),
    status: Status,
    /// End of the window; [`NONE`] for no scrap claim.
    end: f64,
    /// One letter per requirement: p(ass), f(ail), m(issing).
    outcomes: &'static str,
    /// What the reasons must say somewhere.
    says: &'static str,
}

fn row(
    (name, asked): (&'static str, &'static [&'static str]),
    change: fn(&mut GradeData<Line>),
    (status, end, outcomes): (Status, f64, &'static str),
    says: &'static str,
) -> Row {
    Row {
        name,
        asked,
        change,
        status,
        end,
        outcomes,
        says,
    }
}

/// A requirement as written in the table, `Rp0.2: at_least = 210; basis = 'B'`, as the file has it.
fn spelled(asked: &str) -> String {
    let (subject, rest) = asked.split_once(": ").unwrap();
    match subject {
        "Rp0.2" => rp02(rest),
        "A" => format!("property = 'a_pct'; {RT}; {rest}"),
        "Fe" => format!("element = 'Fe'; {rest}"),
        "Mg2Si" => format!("index = 'mg2si_wt_pct'; {rest}"),
        kind => format!("evidence = '{kind}'; {rest}"),
    }
}

fn judge_row(row: &Row) -> Verdict {
    let mut data = data();
    (row.change)(&mut data);
    let asked: Vec<String> = row.asked.iter().map(|asked| spelled(asked)).collect();
    let asked: Vec<&str> = asked.iter().map(String::as_str).collect();
    judged(&asked, &data)
}

fn as_it_is(_: &mut GradeData<Line>) {}

/// Cast bars and pieces cut from the casting together, level 250; those cut from it alone, level 240.
fn mixed_origins(data: &mut GradeData<Line>) {
    let all = of(data, Property::Rp02);
    all.origins = vec![
        Some("cut_from_casting".into()),
        Some("separately_cast".into()),
    ];
    let cut = PropertyData {
        conditions: Conditions {
            specimen_origin: Some(SpecimenOrigin::CutFromCasting),
            ..Conditions::default()
        },
        origins: vec![Some("cut_from_casting".into())],
        ..property(line(240.0, -100.0))
    };
    data.properties.get_mut(&Property::Rp02).unwrap().push(cut);
    data.grade.product_form = "die_casting".into();
}

/// Elongations of A and A50 together, and those of A50 alone: median 20 %.
fn mixed_elongation_types(data: &mut GradeData<Line>) {
    of(data, Property::A).elongation_type = None;
    let own = PropertyData {
        conditions: Conditions {
            elongation_type: Some(ElongationType::A50),
            ..Conditions::default()
        },
        elongation_type: Some("A50".into()),
        ..property(line(20.0_f64.ln(), 0.0))
    };
    data.properties.get_mut(&Property::A).unwrap().push(own);
}

/// Walls of 2 to 6 mm, and those of 2 to 4 mm alone with level 255.
fn thickness(data: &mut GradeData<Line>) {
    of(data, Property::Rp02).thickness_mm = Some([2.0, 6.0]);
    let thin = PropertyData {
        conditions: Conditions {
            thickness_mm: Some([2.0, 4.0]),
            ..Conditions::default()
        },
        thickness_mm: Some([2.0, 3.9]),
        heat_means: (0..7_u32)
            .map(|i| (format!("H{i}"), 230.0 - f64::from(i)))
            .collect(),
        ..property(line(255.0, -100.0))
    };
    data.properties.get_mut(&Property::Rp02).unwrap().push(thin);
}

/// Fe of the seven heats, around 0.13.
fn iron_around_a_limit(data: &mut GradeData<Line>) {
    let values = [0.120, 0.125, 0.130, 0.134, 0.135, 0.136, 0.14];
    for (heat, fe) in data.heats.iter_mut().zip(values) {
        heat.composition.insert(element("Fe"), fe);
    }
}

/// Mg2Si falls from 0.90 by 0.05 per heat.
fn magnesium_silicide(data: &mut GradeData<Line>) {
    for (i, heat) in (0_u32..).zip(&mut data.heats) {
        let value = f64::from(90 - 5 * i) / 100.0;
        heat.indices.insert(Index::Mg2Si, value);
    }
}

/// A flagged specimen, and the fit without it.
fn flagged(data: &mut GradeData<Line>, without: Line) {
    of(data, Property::Rp02).without_outliers = Some((vec!["S3".into()], Ok(without)));
}

fn conductivity(data: &mut GradeData<Line>, value: f64, unit: &str) {
    data.evidence.push(EvidenceData {
        value: Some(value),
        unit: Some(unit.into()),
        ..proof(EvidenceKind::Conductivity, true, "2027-01-01")
    });
}

/// On the data as they are: Rp0.2 has the mean 250 − 100 x, B bound 10 and A bound 20 below, σ 4;
/// A a median of 12 %; Fe 0.10 to 0.16; seven heats of five specimens at 0, 10, … 60 % scrap.
#[rustfmt::skip]
fn table() -> Vec<Row> {
    vec![
        // The five statuses.
        row(("qualified", &["Rp0.2: at_least = 180; basis = 'B'"]), as_it_is, (Qualified, 0.6, "p"), "over the observed scrap window"),
        row(("qualified up to", &["Rp0.2: at_least = 210; basis = 'B'"]), as_it_is, (QualifiedUpTo, 0.3, "p"), "limiting: Rp0.2"),
        row(("conditional", &["Rp0.2: at_least = 210; basis = 'B'", "leak: mandatory = true"]), as_it_is, (Conditional, 0.3, "pm"), "proof missing or expired: leak"),
        row(("not qualified", &["Rp0.2: at_least = 260; basis = 'B'"]), as_it_is, (NotQualified, NONE, "f"), "fails on Rp0.2"),
        row(("insufficient data", &["Rp0.2: at_least = 180; basis = 'B'"]), |data| data.heats.truncate(3), (InsufficientData, NONE, "m"),
            "2 more heats of 12 specimens each reach the minimum of 5 heats for the grade"),
        // Each basis.
        row(("basis A", &["Rp0.2: at_least = 210; basis = 'A'"]), as_it_is, (QualifiedUpTo, 0.2, "p"), "A bound"),
        row(("basis B", &["Rp0.2: at_least = 210; basis = 'B'"]), as_it_is, (QualifiedUpTo, 0.3, "p"), "B bound"),
        row(("basis mean", &["Rp0.2: at_least = 210; basis = 'mean'"]), as_it_is, (QualifiedUpTo, 0.4, "p"), "fitted value"),
        row(("basis min", &["Rp0.2: at_least = 205; basis = 'min'"]), as_it_is, (QualifiedUpTo, 0.4, "p"), "lowest heat"),
        row(("basis max", &["Fe: at_most = 0.14; basis = 'max'"]), as_it_is, (QualifiedUpTo, 0.4, "p"), "highest heat"),
        // The bound of the Cpk is (250 − 100 x − 212)/(3·1.25·4), 1.5 at x = 0.155.
        row(("basis Cpk, lower limit", &["Rp0.2: at_least = 212; basis = 'Cpk'; cpk_at_least = 1.5"]), as_it_is, (QualifiedUpTo, 0.155, "p"),
            "to spare (a random specimen against at least 212 MPa)"),
        row(("basis Cpk, upper limit", &["Rp0.2: at_most = 273; basis = 'Cpk'; cpk_at_least = 1.5"]), as_it_is, (Qualified, 0.6, "p"), "against at most 273 MPa"),
        row(("basis Cpk, missed", &["Rp0.2: at_least = 233; basis = 'Cpk'; cpk_at_least = 1.5"]), as_it_is, (NotQualified, NONE, "f"), "Rp0.2: Cpk at least 1.13 with 95 % confidence (point 1.42) at 0 % scrap misses at least 1.5"),
        // The point is (250 − 230)/(3·4) = 1.67, its bound only 1.33.
        row(("basis Cpk, reached by the point alone", &["Rp0.2: at_least = 230; basis = 'Cpk'; cpk_at_least = 1.5"]), as_it_is, (NotQualified, NONE, "f"),
            "5 more heats of 5 specimens each (12 in all), with the same scatter and spread of scrap ratios, would bring the expected Cpk bound of Rp0.2 at 0 % scrap to at least 1.5"),
        row(("basis Cpk, missed by the point", &["Rp0.2: at_least = 240; basis = 'Cpk'; cpk_at_least = 1.5"]), as_it_is, (NotQualified, NONE, "f"),
            "no number of heats would mend that: with this scatter the Cpk itself is only 0.833"),
        row(("basis Cpk on the log scale", &["A: at_least = 6; basis = 'Cpk'; cpk_at_least = 1; elongation_type = 'A'"]),
            |data| of(data, Property::A).fit = Ok(Line { sigma: 0.1, ..line(12_f64.ln(), -1.0) }), (QualifiedUpTo, std::f64::consts::LN_2 - 0.375, "p"), "against at least 6 %"),
        row(("basis Cpk without scatter", &["Rp0.2: at_least = 212; basis = 'Cpk'; cpk_at_least = 1.5"]),
            |data| of(data, Property::Rp02).fit = Ok(Line { sigma: 0.0, ..line(250.0, 0.0) }), (InsufficientData, NONE, "m"), "no scatter to measure a capability by"),
        row(("basis Cpk without a bound", &["Rp0.2: at_least = 212; basis = 'Cpk'; cpk_at_least = 1.5"]),
            |data| of(data, Property::Rp02).fit = Ok(Line { refused_from: 0.0, ..line(250.0, 0.0) }), (InsufficientData, NONE, "m"), "heat variance not estimable"),
        // Indices, like elements.
        row(("index min", &["Mg2Si: at_least = 0.75; basis = 'min'"]), magnesium_silicide, (QualifiedUpTo, 0.3, "p"), "Mg2Si: lowest heat 0.75"),
        row(("index max", &["Mg2Si: at_most = 0.9; basis = 'max'"]), magnesium_silicide, (Qualified, 0.6, "p"), ""),
        row(("index mean", &["Mg2Si: at_least = 0.75; basis = 'mean'"]), magnesium_silicide, (Qualified, NONE, "p"), "mean of the heats"),
        row(("index outside its validity", &["Mg2Si: at_least = 0.75; basis = 'min'"]), as_it_is, (InsufficientData, NONE, "m"), "Mg2Si; not measured"),
        // Full against rounded.
        row(("rounded decides", &["Fe: at_most = 0.13; basis = 'max'; compare = 'rounded'; digits = 2"]), iron_around_a_limit, (QualifiedUpTo, 0.3, "p"),
            "0.134 is above 0.13 in full, and 0.13 after rounding to 2 decimals (half to even), which this limit asks for: met"),
        row(("full decides", &["Fe: at_most = 0.13; basis = 'max'; compare = 'full'; digits = 2"]), iron_around_a_limit, (QualifiedUpTo, 0.2, "p"),
            "0.134 is above 0.13 in full, which this limit asks for, and 0.13 after rounding to 2 decimals (half to even): not met"),
        row(("full alone", &["Fe: at_most = 0.13; basis = 'max'"]), iron_around_a_limit, (QualifiedUpTo, 0.2, "p"), ""),
        // Evidence.
        row(("no proof", &["Fe: at_most = 0.2; basis = 'max'", "leak: mandatory = true"]), as_it_is, (Conditional, 0.6, "pm"), "leak: no proof on record"),
        row(("expired proof", &["Fe: at_most = 0.2; basis = 'max'", "leak: mandatory = true"]),
            |data| data.evidence.push(proof(EvidenceKind::Leak, true, "2026-11-22")), (Conditional, 0.6, "pm"), "proof E-1 was valid until 2026-11-22"),
        row(("failed proof", &["Fe: at_most = 0.2; basis = 'max'", "leak: mandatory = true"]),
            |data| data.evidence.push(proof(EvidenceKind::Leak, false, "2027-01-01")), (NotQualified, NONE, "pf"), "fails on leak"),
        row(("valid proof", &["Fe: at_most = 0.2; basis = 'max'", "leak: mandatory = true"]),
            |data| data.evidence.push(proof(EvidenceKind::Leak, true, "2027-01-01")), (Qualified, 0.6, "pp"), ""),
        row(("proof with a number", &["Fe: at_most = 0.2; basis = 'max'", "conductivity: at_least = 55; unit = '%IACS'"]), |data| conductivity(data, 56.0, "%IACS"), (Qualified, 0.6, "pp"), ""),
        row(("proof below the number", &["Fe: at_most = 0.2; basis = 'max'", "conductivity: at_least = 55; unit = '%IACS'"]), |data| conductivity(data, 54.6, "%IACS"), (NotQualified, NONE, "pf"),
            "proof E-1 gives 54.6 %IACS, which misses at least 55 %IACS"),
        row(("proof rounded to the number", &["Fe: at_most = 0.2; basis = 'max'", "conductivity: at_least = 55; unit = '%IACS'; compare = 'rounded'; digits = 0"]),
            |data| conductivity(data, 54.6, "%IACS"), (Qualified, 0.6, "pp"), ""),
        row(("proof in another unit", &["Fe: at_most = 0.2; basis = 'max'", "conductivity: at_least = 55; unit = '%IACS'"]), |data| conductivity(data, 56.0, "MS/m"), (Conditional, 0.6, "pm"),
            "proof E-1 is in MS/m, the limit is at least 55 %IACS"),
        row(("proof without a number", &["Fe: at_most = 0.2; basis = 'max'", "conductivity: at_least = 55; unit = '%IACS'"]),
            |data| data.evidence.push(proof(EvidenceKind::Conductivity, true, "2027-01-01")), (Conditional, 0.6, "pm"), "proof E-1 gives no number"),
        row(("optional proof below the number", &["Fe: at_most = 0.2; basis = 'max'", "conductivity: at_least = 55; unit = '%IACS'; mandatory = false"]),
            |data| conductivity(data, 50.0, "%IACS"), (Qualified, 0.6, "pf"), "not mandatory"),
        // Conditions are matched, never mixed.
        row(("elongation types mixed", &["A: at_least = 10; basis = 'mean'; elongation_type = 'A80'"]), mixed_elongation_types, (InsufficientData, NONE, "m"), "no or several elongation types"),
        row(("elongation type with a fit of its own", &["A: at_least = 15; basis = 'mean'; elongation_type = 'A50'"]), mixed_elongation_types, (Qualified, 0.6, "p"), ""),
        row(("origins mixed, none named", &["Rp0.2: at_least = 180; basis = 'B'"]), mixed_origins, (InsufficientData, NONE, "m"),
            "test pieces of different origin are never mixed: there are cut_from_casting, separately_cast"),
        row(("origin with a fit of its own", &["Rp0.2: at_least = 210; basis = 'B'; specimen_origin = 'cut_from_casting'"]), mixed_origins, (QualifiedUpTo, 0.2, "p"), ""),
        row(("origin among others", &["Rp0.2: at_least = 210; basis = 'B'; specimen_origin = 'separately_cast'"]), mixed_origins, (InsufficientData, NONE, "m"),
            "the limit is for test pieces separately_cast, there are cut_from_casting, separately_cast"),
        row(("origin not stated", &["Rp0.2: at_least = 210; basis = 'B'; specimen_origin = 'cut_from_product'"]), as_it_is, (InsufficientData, NONE, "m"), "only some that state none"),
        row(("origin stated by some, none named", &["Rp0.2: at_least = 210; basis = 'B'"]),
            |data| of(data, Property::Rp02).origins = vec![None, Some("cut_from_product".into())], (QualifiedUpTo, 0.3, "p"), ""),
        row(("origin named, stated by some", &["Rp0.2: at_least = 210; basis = 'B'; specimen_origin = 'cut_from_product'"]),
            |data| of(data, Property::Rp02).origins = vec![None, Some("cut_from_product".into())], (InsufficientData, NONE, "m"), "cut_from_product and some that state none"),
        row(("one origin, as named", &["Rp0.2: at_least = 210; basis = 'B'; specimen_origin = 'cut_from_product'"]),
            |data| of(data, Property::Rp02).origins = vec![Some("cut_from_product".into())], (QualifiedUpTo, 0.3, "p"), ""),
        row(("thickness inside", &["Rp0.2: at_least = 210; basis = 'B'; thickness_mm = [2, 6]"]), thickness, (QualifiedUpTo, 0.3, "p"), ""),
        row(("thickness with a fit of its own", &["Rp0.2: at_least = 210; basis = 'B'; thickness_mm = [2, 4]"]), thickness, (QualifiedUpTo, 0.35, "p"), ""),
        row(("thickness with heats of its own", &["Rp0.2: at_least = 228; basis = 'min'; thickness_mm = [2, 4]"]), thickness, (QualifiedUpTo, 0.2, "p"), "heat H3 at 30 % has 227 MPa"),
        row(("thickness outside", &["Rp0.2: at_least = 210; basis = 'B'; thickness_mm = [2, 5]"]), thickness, (InsufficientData, NONE, "m"),
            "the limit is for 2 to 5 mm thickness, the test pieces have 2 to 6 mm"),
        row(("thickness not stated", &["Rp0.2: at_least = 210; basis = 'B'; thickness_mm = [2, 5]"]), as_it_is, (InsufficientData, NONE, "m"), "not every test piece states its own"),
        row(("another test temperature", &["Rp0.2: at_least = 210; basis = 'B'"]), |data| data.test_temp_c = (150.0, 151.0), (InsufficientData, NONE, "m"), "tested at 150 to 151 °C"),
        // Unverified limits.
        row(("unverified limit", &["Rp0.2: at_least = 180; basis = 'B'; status = 'unverified'"]), as_it_is, (Qualified, 0.6, "p"), "rests on unverified limits: Rp0.2"),
        // Outliers: flagged, never deleted.
        row(("an outlier decides", &["Rp0.2: at_least = 241; basis = 'B'"]), |data| flagged(data, line(255.0, -100.0)), (NotQualified, NONE, "f"),
            "flagged specimens change the verdict: without S3 it would be qualified_up_to, up to "),
        row(("an outlier moves the claim", &["Rp0.2: at_least = 210; basis = 'B'"]), |data| flagged(data, line(252.0, -100.0)), (QualifiedUpTo, 0.3, "p"), "without S3 it would be qualified_up_to, up to 3"),
        row(("a verdict that hangs on an outlier", &["Rp0.2: at_least = 210; basis = 'B'"]), |data| flagged(data, line(215.0, -100.0)), (QualifiedUpTo, 0.3, "p"), "without S3 it would be not_qualified"),
        // How many more heats would decide.
        row(("more heats would do", &["Rp0.2: at_least = 243; basis = 'B'"]), as_it_is, (NotQualified, NONE, "f"),
            "37 more heats of 5 specimens each (44 in all), with the same scatter and spread of scrap ratios, would bring the expected B bound of Rp0.2 at 0 % scrap to at least 243 MPa"),
        row(("no number of heats would do", &["Rp0.2: at_least = 245; basis = 'B'"]), as_it_is, (NotQualified, NONE, "f"),
            "no number of heats would mend that: with this scatter, 90 % of specimens exceed only 244.9 MPa"),
        row(("no practical number would do", &["Rp0.2: at_least = 244.8; basis = 'B'"]), as_it_is, (NotQualified, NONE, "f"), "no practical number of heats"),
        row(("specimens are short", &["Rp0.2: at_least = 180; basis = 'B'"]), |data| of(data, Property::Rp02).specimens = 9, (InsufficientData, NONE, "m"),
            "2 more heats of 5 specimens each reach the minimum of 15 specimens for Rp0.2"),
    ]
}

#[test]
fn every_lab_gets_its_verdict() {
    let mut wrong = Vec::new();
    for row in table() {
        let verdict = judge_row(&row);
        let outcomes: String = verdict
            .requirements
            .iter()
            .map(|outcome| &outcome.outcome.as_str()[..1])
            .collect();
        let end = verdict.max_scrap_ratio;
        let same_end = match end {
            Some(end) => (end - row.end).abs() <= 2e-6,
            None => row.end.is_nan(),
        };
        let all = verdict.reasons.join("\n");
        let says = all.contains(row.says);
        if verdict.status != row.status || !same_end || outcomes != row.outcomes || !says {
            let found = format!("{} {end:?} {outcomes}\n{all}", verdict.status);
            wrong.push(format!("{}: {found}\n", row.name));
        }
        // Whatever the verdict: every number beside a limit is explained by its two comparisons.
        for outcome in &verdict.requirements {
            assert_eq!(
                outcome.bound.is_some(),
                outcome.comparison.is_some(),
                "{}",
                row.name
            );
        }
        let silent = verdict
            .without_outliers
            .as_ref()
            .is_none_or(|found| !found.differs);
        assert_eq!(silent, !all.contains("flagged specimens"), "{}", row.name);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn named(name: &str) -> Verdict {
    let table = table();
    judge_row(table.iter().find(|row| row.name == name).unwrap())
}

#[test]
fn a_capability_is_reported_beside_its_limit() {
    let verdict = named("basis Cpk, missed");
    let outcome = &verdict.requirements[0];
    assert_eq!(
        (outcome.limit, outcome.cpk_at_least),
        (Some(233.0), Some(1.5))
    );
    near(outcome.bound, 17.0 / 15.0);
    near(outcome.margin, 17.0 / 15.0 - 1.5);
    near(outcome.estimate, 250.0);
    assert_eq!(outcome.basis, Some(Basis::Cpk));
    // Unlike an estimate, a confidence bound moves with more heats.
    assert_eq!(verdict.more_heats.map(|more| more.heats), Some(20));
}

#[test]
fn a_capability_far_off_is_told_as_the_end_of_its_range() {
    let bound = |limit: f64| {
        let asked = rp02(&format!(
            "at_least = {limit}; basis = 'Cpk'; cpk_at_least = 1.5"
        ));
        judged(&[&asked], &data()).requirements[0].clone()
    };
    // (250 − 400)/15 = −10; −7.5/15 is negative but inside.
    near(bound(400.0).bound, -5.0);
    near(bound(257.5).bound, -0.5);
    // (250 − 60 − 20)/15 = 11.3, but no bound of content 1 exists, so the number stops where Φ(3c) is 1.
    let far = bound(20.0);
    assert_eq!(far.outcome, Outcome::Pass);
    assert!((2.5..2.8).contains(&far.bound.unwrap()), "{:?}", far.bound);
}

#[test]
fn the_reason_says_how_many_heats_were_not_measured() {
    let reason = |asked: &str, measured: usize| {
        let mut data = data();
        for heat in data.heats.iter_mut().skip(measured) {
            heat.composition.clear();
            heat.means.clear();
        }
        judged(&[&spelled(asked)], &data).requirements[0]
            .reason
            .clone()
    };
    for asked in [
        "Fe: at_most = 0.2; basis = 'max'",
        "Fe: at_most = 0.2; basis = 'mean'",
        "Rp0.2: at_least = 150; basis = 'min'",
    ] {
        let some = reason(asked, 5);
        assert!(some.contains("; measured on 5 of 7 heats"), "{some}");
        let few = reason(asked, 3);
        assert!(few.contains("; measured on 3 of 7 heats"), "{few}");
        let all = reason(asked, 7);
        assert!(!all.contains("measured on"), "{all}");
    }
}

#[test]
fn both_comparisons_are_on_record() {
    let comparison = |name: &str| named(name).requirements[0].comparison.unwrap();
    let rounded = comparison("rounded decides");
    assert_eq!(
        (rounded.full, rounded.rounded, rounded.rounded_number),
        (false, Some(true), Some(0.13))
    );
    let alone = comparison("full alone");
    assert_eq!(
        (alone.full, alone.rounded, alone.rounded_number),
        (true, None, None)
    );
    let proof = named("proof rounded to the number");
    let proof = &proof.requirements[1];
    assert_eq!(
        (proof.bound, proof.margin, proof.basis),
        (Some(55.0), Some(0.0), None)
    );
    assert_eq!((proof.limit, proof.unit.as_str()), (Some(55.0), "%IACS"));
    assert!(
        proof.reason.contains("which this limit asks for: met"),
        "{}",
        proof.reason
    );
}

#[test]
fn what_is_missing_is_counted_in_heats() {
    let heats = |name: &str| {
        named(name)
            .more_heats
            .map(|more| (more.heats, more.specimens_per_heat))
    };
    assert_eq!(heats("insufficient data"), Some((2, 12)));
    assert_eq!(heats("specimens are short"), Some((2, 5)));
    assert_eq!(heats("more heats would do"), Some((37, 5)));
    assert_eq!(heats("origin not stated"), Some((5, 5)));
    for name in [
        "no number of heats would do",
        "not qualified",
        "origins mixed, none named",
        "qualified up to",
        "failed proof",
    ] {
        assert_eq!(heats(name), None, "{name}");
    }
    // More heats would lift Rp0.2, but not iron: no number of them would decide.
    let rows = [
        rp02("at_least = 243; basis = 'B'"),
        "element = 'Fe'; at_most = 0.05; basis = 'max'".into(),
    ];
    let verdict = judged(&[&rows[0], &rows[1]], &data());
    assert!(verdict.requirements[0].more_heats.is_some());
    assert_eq!(verdict.more_heats, None);
    // The largest of what is missing.
    let mut two = data();
    of(&mut two, Property::Rp02).specimens = 9;
    of(&mut two, Property::Rm).heats = 1;
    let rows = [
        rp02("at_least = 180; basis = 'B'"),
        format!("property = 'rm_mpa'; {RT}; at_least = 200; basis = 'B'"),
    ];
    let verdict = judged(&[&rows[0], &rows[1]], &two);
    assert_eq!(verdict.more_heats.unwrap().heats, 4);
    // Heats at the same ratio: as many more as ratios are missing.
    let mut same = data();
    same.heats
        .iter_mut()
        .for_each(|heat| heat.scrap_ratio = Some(0.2));
    let more = judged(&[&rows[0]], &same).more_heats.unwrap();
    assert_eq!(more.heats, 2);
    assert!(
        more.for_what.contains("at scrap ratios not yet seen"),
        "{}",
        more.for_what
    );
}

#[test]
fn flagged_specimens_are_named_and_judged_without() {
    let found = named("an outlier decides").without_outliers.unwrap();
    assert_eq!(found.specimens, ["S3"]);
    assert_eq!((found.status, found.differs), (QualifiedUpTo, true));
    near(found.max_scrap_ratio, 0.04);
    // Less than a claim step apart is no difference.
    let mut same = data();
    flagged(&mut same, line(250.01, -100.0));
    let row = rp02("at_least = 209.8; basis = 'B'");
    let found = judged(&[&row], &same).without_outliers.unwrap();
    assert_eq!((found.status, found.differs), (QualifiedUpTo, false));
    // A flag in a property nobody asks about says nothing about this verdict.
    let other = judged(&["element = 'Fe'; at_most = 0.2; basis = 'max'"], &same);
    assert_eq!(other.without_outliers, None);
    // What is left can be too little.
    of(&mut same, Property::Rp02).specimens = 15;
    let found = judged(&[&row], &same).without_outliers.unwrap();
    assert_eq!((found.status, found.differs), (InsufficientData, true));
    of(&mut same, Property::Rp02).without_outliers =
        Some((vec!["S3".into()], Err("no line".into())));
    let found = judged(&[&row], &same).without_outliers.unwrap();
    assert_eq!(found.status, InsufficientData);
}
