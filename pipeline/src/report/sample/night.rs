//! The night itself: grades, verdicts, changes and findings.

use std::collections::BTreeMap;

use super::outcomes::{element, evidence, property, verdict};
use super::panels::{enrich, furnish};
use super::sheets::{Truth, sheet};
use crate::domain::{Finding, Grade, Property, Severity};
use crate::qualify::verdict::{Basis, Kind, Outcome, RequirementOutcome, Status};
use crate::report::input::{
    Change, ChangeKind, ComponentTitle, Correction, GradeSheet, LimitLine, ReportInput, Standing,
    Totals,
};

const COMPONENTS: [(&str, &str); 8] = [
    ("shock-tower", "Shock tower"),
    ("gigacast-underbody", "Gigacast underbody"),
    ("e-motor-housing", "E-motor housing"),
    ("e-drive-housing", "E-drive housing, merged unit"),
    ("battery-tray-extrusion", "Battery tray, extruded frame"),
    ("bumper-beam", "Bumper beam and crash box"),
    ("door-ring", "Door ring <img src=x onerror=alert(2)>"),
    ("cast-wheel", "Cast wheel"),
];

/// Markup where a name belongs.
pub(in crate::report) const ATTACK: &str = "<script>alert(1)</script>";

/// The grade whose first heat has a hostile name.
pub(in crate::report) fn die_casting() -> Grade {
    grade("AlSi10MnMg", "T7", "die_casting")
}

fn grade(alloy: &str, temper: &str, form: &str) -> Grade {
    Grade {
        alloy: alloy.into(),
        temper: temper.into(),
        product_form: form.into(),
    }
}

/// The whole night.
pub(in crate::report) fn input() -> ReportInput {
    let truth = |property, at_zero, per_unit, depth| Truth {
        property,
        at_zero,
        per_unit,
        depth,
    };
    let mut cast = sheet(
        die_casting(),
        14,
        Some(0.60),
        &[
            truth(Property::Rm, 268.0, -22.0, 13.0),
            truth(Property::Rp02, 141.0, 9.0, 7.5),
            truth(Property::A, 12.4, -10.5, 2.1),
        ],
        7,
    );
    let mut extruded = sheet(
        grade("6061", "T6", "hollow_profile"),
        12,
        Some(0.45),
        &[
            truth(Property::Rm, 302.0, -12.0, 9.0),
            truth(Property::Rp02, 274.0, -14.0, 10.0),
            truth(Property::A, 13.6, -6.0, 1.6),
        ],
        11,
    );
    let mut secondary = sheet(
        grade("EN AC-46000", "F", "die_casting"),
        9,
        None,
        &[
            truth(Property::Rm, 252.0, 0.0, 22.0),
            truth(Property::Rp02, 148.0, 0.0, 8.0),
        ],
        5,
    );
    let mut rolled = sheet(
        grade("5754", "O", "sheet"),
        3,
        Some(0.12),
        &[truth(Property::A, 22.0, -8.0, 2.0)],
        3,
    );
    for data in &mut rolled.properties {
        data.model = None;
        data.curve.clear();
        data.effect_per_10pct = None;
        data.sigma_between = None;
        data.sigma_within = None;
        data.heat_variance_share = None;
        data.refused = Some("3 heats at 3 scrap ratios, 5 heats at 4 ratios are needed".into());
    }

    let (pass, fail) = (Outcome::Pass, Outcome::Fail);
    let mut verdicts = vec![
        verdict(
            &cast,
            "shock-tower",
            Status::QualifiedUpTo,
            Some(0.3279),
            vec![
                property(&cast, 1, 120.0, Some(0.3279), pass),
                property(&cast, 2, 6.6, Some(0.3279), pass),
                element("Fe", 0.40, 0.312, Some(0.3279)),
                element("Cu", 0.30, 0.192, Some(0.3279)),
            ],
            Some(1),
            "elongation: the B bound meets 6.6 % up to 32.8 % scrap and no further",
        ),
        verdict(
            &cast,
            "gigacast-underbody",
            Status::Conditional,
            Some(0.415),
            vec![
                property(&cast, 0, 230.0, Some(0.415), pass),
                property(&cast, 1, 120.0, Some(0.415), pass),
                property(&cast, 2, 5.5, Some(0.415), pass),
                evidence("crash"),
                evidence("fatigue"),
            ],
            Some(3),
            "tensile and chemistry screen passed; crash and fatigue proofs are missing",
        ),
        verdict(
            &cast,
            "e-motor-housing",
            Status::Qualified,
            Some(0.6),
            vec![
                property(&cast, 0, 210.0, Some(0.6), pass),
                property(&cast, 1, 120.0, Some(0.6), pass),
            ],
            Some(1),
            "every requirement is met over the whole observed range",
        ),
        verdict(
            &cast,
            "e-drive-housing",
            Status::NotQualified,
            None,
            vec![
                property(&cast, 0, 210.0, Some(0.0), pass),
                property(&cast, 1, 140.0, Some(0.0), fail),
            ],
            Some(1),
            "proof strength: the B bound is below 140 MPa at every observed ratio",
        ),
        verdict(
            &secondary,
            "shock-tower",
            Status::NotQualified,
            None,
            vec![
                property(&secondary, 1, 120.0, None, pass),
                RequirementOutcome {
                    estimate: None,
                    bound: None,
                    margin: None,
                    n: 0,
                    heats: 0,
                    subject: "a_pct".into(),
                    unit: "%".into(),
                    limit: Some(6.6),
                    reason: "no elongation was measured inside the conditions".into(),
                    ..property(&secondary, 0, 6.6, None, Outcome::Missing)
                },
                RequirementOutcome {
                    outcome: fail,
                    reason: "the highest heat is above the limit".into(),
                    ..element("Fe", 0.40, 0.914, None)
                },
            ],
            Some(2),
            "iron: the highest heat has 0.91 %, 0.40 % is allowed",
        ),
        verdict(
            &secondary,
            "gigacast-underbody",
            Status::NotQualified,
            None,
            vec![property(&secondary, 0, 230.0, None, fail)],
            Some(0),
            "tensile strength: the B bound is below 230 MPa",
        ),
        verdict(
            &secondary,
            "e-motor-housing",
            Status::Qualified,
            None,
            vec![
                property(&secondary, 0, 210.0, None, pass),
                property(&secondary, 1, 120.0, None, pass),
            ],
            Some(0),
            "every requirement is met; without charge records nothing is claimed about scrap",
        ),
        verdict(
            &secondary,
            "e-drive-housing",
            Status::NotQualified,
            None,
            vec![property(&secondary, 1, 140.0, None, fail)],
            Some(0),
            "proof strength: the B bound is below 140 MPa",
        ),
        verdict(
            &extruded,
            "battery-tray-extrusion",
            Status::Qualified,
            Some(0.45),
            vec![
                property(&extruded, 1, 240.0, Some(0.45), pass),
                property(&extruded, 2, 8.0, Some(0.45), pass),
                element("Cu", 0.40, 0.218, Some(0.45)),
            ],
            Some(2),
            "every requirement is met over the whole observed range",
        ),
        verdict(
            &extruded,
            "bumper-beam",
            Status::QualifiedUpTo,
            Some(0.207),
            vec![
                property(&extruded, 1, 261.0, Some(0.207), pass),
                property(&extruded, 2, 10.0, Some(0.207), pass),
            ],
            Some(0),
            "proof strength: the B bound meets 261 MPa up to 20.7 % scrap and no further",
        ),
        verdict(
            &rolled,
            "door-ring",
            Status::InsufficientData,
            None,
            vec![RequirementOutcome {
                estimate: None,
                bound: None,
                margin: None,
                reason: "the model was refused".into(),
                ..element("Mg", 3.6, 3.1, None)
            }],
            None,
            "3 heats; 2 more are needed",
        ),
    ];

    for sheet in [&mut cast, &mut extruded, &mut secondary, &mut rolled] {
        for v in verdicts.iter().filter(|v| v.grade == sheet.grade) {
            for r in v.requirements.iter().filter(|r| r.kind == Kind::Property) {
                if let Some(data) = sheet
                    .properties
                    .iter_mut()
                    .find(|p| p.property.column() == r.subject)
                {
                    data.limits.push(LimitLine {
                        component: v.component.clone(),
                        limit: r.limit.unwrap_or(f64::NAN),
                        basis: Basis::B,
                        at_least: true,
                    });
                }
            }
        }
    }
    enrich(&mut verdicts[0]);
    furnish(&mut cast);
    for data in &mut cast.properties {
        data.window = Some([0.0, 0.3279]);
    }
    for data in &mut extruded.properties {
        data.window = Some([0.0, 0.45]);
    }

    let change = |component: &str, sheet: &GradeSheet, kind, before, after| Change {
        component: component.into(),
        grade: sheet.grade.clone(),
        kind,
        before: Some(before),
        after: Some(after),
        why: match kind {
            ChangeKind::Lost => vec![
                "2 new heats: C26-4107-12, C26-4107-13".into(),
                format!("the limit of Rp0.2 is 140 MPa, it was 130 MPa {ATTACK}"),
            ],
            ChangeKind::Lowered => vec!["1 new heat: C26-4107-13".into()],
            _ => Vec::new(),
        },
    };
    let stood = |status, max_scrap_ratio| Standing {
        status,
        max_scrap_ratio,
    };
    let changes = vec![
        change(
            "e-drive-housing",
            &cast,
            ChangeKind::Lost,
            stood(Status::QualifiedUpTo, Some(0.28)),
            stood(Status::NotQualified, None),
        ),
        change(
            "shock-tower",
            &cast,
            ChangeKind::Lowered,
            stood(Status::QualifiedUpTo, Some(0.351)),
            stood(Status::QualifiedUpTo, Some(0.3279)),
        ),
        change(
            "bumper-beam",
            &extruded,
            ChangeKind::New,
            stood(Status::InsufficientData, None),
            stood(Status::QualifiedUpTo, Some(0.207)),
        ),
    ];
    ReportInput {
        title: String::new(),
        lab: "Liangjiang Recycled Alloys Laboratory".into(),
        generated_at: "2026-11-23T06:02:11+08:00".into(),
        run_id: "2026-11-23-1".into(),
        program_version: "0.1.0".into(),
        settings_sha256: "3f1c".repeat(16),
        claim_step: 0.005,
        schemas_sha256: "9ab0".repeat(16),
        table_versions: BTreeMap::from([
            ("charges".to_owned(), 41),
            ("chemistry".to_owned(), 41),
            ("tensile_tests".to_owned(), 43),
        ]),
        totals: Totals {
            files_seen: 37,
            files_new: 6,
            rows_ok: 1844,
            rows_rejected: 25,
            findings: BTreeMap::from([
                ("number".to_owned(), 14),
                ("range".to_owned(), 8),
                ("duplicate".to_owned(), 4),
                ("unit".to_owned(), 1),
            ]),
        },
        components: COMPONENTS
            .iter()
            .map(|(id, title)| ComponentTitle {
                id: (*id).into(),
                title: (*title).into(),
            })
            .collect(),
        verdicts,
        sheets: vec![cast, secondary, extruded, rolled],
        findings: findings(),
        changes,
        corrections: vec![Correction {
            table: "tensile_tests".to_owned(),
            key: "<b>H26-0312-T3</b>".to_owned(),
            column: "rm_mpa".to_owned(),
            before: "310".to_owned(),
            after: "320".to_owned(),
            revision: 2,
        }],
        first_run: false,
    }
}

fn findings() -> Vec<Finding> {
    let finding =
        |line: u64, field: &str, value: &str, rule: &str, message: &str, hint: &str| Finding {
            file: "inbox/tensile/2026-11-22_zwick.csv".into(),
            line,
            column: if line == 0 { 0 } else { 5 },
            field: field.into(),
            value: value.into(),
            rule: rule.into(),
            severity: if rule == "duplicate" {
                Severity::Warning
            } else {
                Severity::Error
            },
            message: message.into(),
            hint: hint.into(),
            raw_row: format!("{field},{value}"),
        };
    let mut findings = vec![finding(
        0,
        "",
        "",
        "unit",
        "no unit is declared for rm_mpa",
        "",
    )];
    for i in 0..14 {
        let hint = "decimal comma? set decimal = \",\" in the profile";
        findings.push(finding(
            12 + i,
            "rm_mpa",
            "1,82",
            "number",
            "\"1,82\" is not a number",
            hint,
        ));
    }
    for i in 0..8 {
        let value = if i == 0 { "=cmd|'/C calc'!A0" } else { "2450" };
        findings.push(finding(
            40 + i,
            "rp02_mpa",
            value,
            "range",
            "outside 0 to 1000 MPa",
            "",
        ));
    }
    for i in 0..4 {
        findings.push(finding(
            60 + i,
            "specimen_id",
            "S-17",
            "duplicate",
            "the key was seen before",
            "",
        ));
    }
    findings
}
