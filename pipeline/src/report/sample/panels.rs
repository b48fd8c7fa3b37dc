//! What stands beside the fits: carbon, streams, groups, curves, and what the verdicts hang on.

use std::collections::BTreeMap;

use super::night::ATTACK;
use crate::curve::{Curve, ReductionSettings, reduce};
use crate::qualify::verdict::{
    Basis, Comparison, Direction, Kind, LimitStatus, LimitingElement, MoreHeats, Outcome,
    Overruled, RequirementOutcome, SpecificStrength, Status, Verdict, VerdictCarbon,
    WithoutOutliers,
};
use crate::qualify::{ElongationType, SpecimenOrigin};
use crate::report::grade_input::{
    CarbonSheet, GroupRow, GroupView, SpecimenCurve, StreamElement, StreamLine, StreamRow,
    StreamSheet,
};
use crate::report::input::{GradeSheet, Range};

const PRIMARY: f64 = 15.947;
const LINE: (f64, f64) = (15.63, -14.6);
const FACTORS: &str = "cn-2020-cut-off";

/// Every panel on the sheet.
pub(super) fn furnish(sheet: &mut GradeSheet) {
    sheet.carbon = Some(carbon(sheet));
    sheet.streams = Some(streams());
    sheet.curves = curves(sheet);
    if let Some(elongation) = sheet.properties.get_mut(2) {
        elongation.groups = groups();
    }
}

fn carbon(sheet: &GradeSheet) -> CarbonSheet {
    let footprint = |(i, x): (usize, f64)| LINE.0 + LINE.1 * x + [0.4, -0.35, 0.1, -0.2][i % 4];
    CarbonSheet {
        points: sheet
            .heats
            .iter()
            .enumerate()
            .filter_map(|(i, heat)| {
                let x = heat.scrap_ratio?;
                Some((heat.heat_id.clone(), x, footprint((i, x))))
            })
            .collect(),
        line: LINE,
        primary: PRIMARY,
        factor_set: FACTORS.into(),
        set_title: format!("China 2020 averages, cut-off {ATTACK}"),
        assumed_yields: 2,
    }
}

fn streams() -> StreamSheet {
    let range = |estimate: f64, interval: Option<(f64, f64)>| Range {
        estimate,
        low: interval.map(|i| i.0),
        high: interval.map(|i| i.1),
    };
    let row = |stream: &str, title: &str, content, brings| StreamRow {
        stream: stream.into(),
        title: title.into(),
        content_wt_pct: content,
        contribution_wt_pct: brings,
    };
    let line = |stream: &str, title: &str, mean_share, heats| StreamLine {
        stream: stream.into(),
        title: title.into(),
        mean_share,
        heats,
    };
    let turnings = format!("Machining turnings {ATTACK}");
    StreamSheet {
        shares: vec![
            line("primary", "Primary ingot", 0.58, 14),
            line("castings", "Old castings, shredded", 0.27, 13),
            line("returns", "Gates and runners, own", 0.11, 14),
            line("turnings", &turnings, 0.03, 3),
            line("wheels", "Cast wheels", 0.01, 1),
        ],
        element: Some(StreamElement {
            element: "Fe".into(),
            rows: vec![
                row(
                    "primary",
                    "Primary ingot",
                    range(0.118, Some((0.092, 0.147))),
                    range(0.068, Some((0.053, 0.085))),
                ),
                row(
                    "castings",
                    "Old castings, shredded",
                    range(0.807, Some((0.670, 0.952))),
                    range(0.218, Some((0.181, 0.257))),
                ),
                row(
                    "returns",
                    "Gates and runners, own",
                    range(0.182, Some((0.110, 0.265))),
                    range(0.020, Some((0.012, 0.029))),
                ),
                row(
                    "pooled",
                    "Rare streams together",
                    range(0.61, None),
                    range(0.024, None),
                ),
            ],
            pooled: vec![turnings, "Cast wheels".into()],
        }),
        refused: None,
    }
}

fn groups() -> Vec<GroupView> {
    let row = |name: &str, heats, mean, b_bound| GroupRow {
        name: name.into(),
        heats,
        specimens: 6 * heats,
        mean: Some(mean),
        b_bound,
        refused: None,
    };
    vec![
        GroupView {
            by: "supplier".into(),
            pools: Some(false),
            reason: "significance 0.004 of the difference between them is below 0.05".into(),
            rows: vec![
                row("Chongqing Metals", 11, 10.4, Some(7.9)),
                GroupRow {
                    refused: Some("3 heats, 5 are needed".into()),
                    ..row("<img src=x onerror=alert(3)>", 3, 8.1, None)
                },
            ],
        },
        GroupView {
            by: "lab".into(),
            pools: Some(true),
            reason: "significance 0.62 is not below 0.25".into(),
            rows: vec![
                row("Liangjiang", 9, 9.8, Some(7.4)),
                row("Round robin partner", 5, 9.5, Some(6.9)),
            ],
        },
    ]
}

/// Three curves: an ordinary one, one whose record ends early, one with nothing on it.
fn curves(sheet: &GradeSheet) -> Vec<SpecimenCurve> {
    // A test that cannot read the shipped settings has nothing to show.
    let Ok(settings) =
        toml::from_str::<ReductionSettings>(include_str!("../../../../schemas/reduction.toml"))
    else {
        return Vec::new();
    };
    let last = sheet.heats.last().map_or("", |heat| &heat.heat_id);
    [
        (format!("{ATTACK}-0"), ATTACK, ramberg_osgood(1200, true)),
        (format!("{last}-1"), last, ramberg_osgood(900, false)),
        (format!("{last}-2"), last, Curve::default()),
    ]
    .into_iter()
    .map(|(specimen_id, heat, curve)| {
        let reduction = reduce(&curve, &settings);
        let reported = reduction.rm_mpa.map_or_else(BTreeMap::new, |rm| {
            BTreeMap::from([
                ("rm_mpa".to_owned(), (rm + 0.2).round()),
                ("rp02_mpa".to_owned(), 131.0),
                ("a_pct".to_owned(), 9.2),
            ])
        });
        SpecimenCurve {
            specimen_id,
            heat_id: heat.into(),
            compared: if reported.is_empty() {
                Vec::new()
            } else {
                vec![format!(
                    "Rp0.2: the sheet says 131 MPa, the curve 139.0 MPa {ATTACK}"
                )]
            },
            curve,
            reduction,
            reported,
        }
    })
    .collect()
}

/// E 70 GPa, Rp0.2 139 MPa, hardening exponent 8 (Ramberg and Osgood 1943), with or without a break.
fn ramberg_osgood(points: u32, breaks: bool) -> Curve {
    let mut curve = Curve::default();
    for k in 0..=points {
        let stress = 225.0 * (f64::from(k) / f64::from(points)).sqrt();
        curve.stress.push(stress);
        curve
            .strain
            .push(stress / 70_000.0 + 0.002 * (stress / 139.0).powi(8));
    }
    if breaks {
        let end = curve.strain.last().copied().unwrap_or(0.0);
        curve.strain.extend([end + 1e-4, end + 2e-4, end + 3e-4]);
        curve.stress.extend([220.0, 4.0, 0.0]);
    }
    curve
}

/// Everything a verdict can carry, on the first; requirements of the newer kinds behind its own.
pub(super) fn enrich(verdict: &mut Verdict) {
    let ratio = verdict.max_scrap_ratio.unwrap_or(0.0);
    let kg = LINE.0 + LINE.1 * ratio;
    verdict.limiting_element = Some(LimitingElement {
        element: "Fe".into(),
        unit: "%".into(),
        property: Some("a_pct".into()),
        per_10pct_scrap: -0.83,
        low: Some(-1.12),
        high: Some(-0.51),
    });
    verdict.carbon = Some(VerdictCarbon {
        at_scrap_ratio: ratio,
        kg_co2e_per_kg: kg,
        primary_kg_co2e_per_kg: PRIMARY,
        saving_kg_co2e_per_kg: PRIMARY - kg,
        factor_set: FACTORS.into(),
    });
    verdict.specific_strength = Some(SpecificStrength {
        rp02_mpa: 137.0,
        density_kg_m3: 2670.0,
        kn_m_per_kg: 137_000.0 / 2670.0,
    });
    verdict.without_outliers = Some(WithoutOutliers {
        specimens: vec![format!("{ATTACK}-3"), "C26-4107-05-2".into()],
        status: Status::QualifiedUpTo,
        max_scrap_ratio: Some(0.391),
        differs: true,
    });
    verdict.missing_evidence = vec![
        format!("fatigue: no proof on record {ATTACK}"),
        "corrosion: proof SC-19 was valid until 2026-03-31".into(),
    ];
    let more = MoreHeats {
        heats: 7,
        specimens_per_heat: 5,
        for_what: format!(
            "7 more heats of 5 specimens each would let the expected B bound of A reach 40 % scrap {ATTACK}"
        ),
    };
    if let Some(elongation) = verdict.requirements.get_mut(1) {
        elongation.specimen_origin = Some(SpecimenOrigin::CutFromCasting);
        elongation.thickness_mm = Some([2.0, 4.0]);
        elongation.elongation_type = Some(ElongationType::A50);
        elongation.failed_checks = vec!["anderson_darling_normal".into(), ATTACK.into()];
        elongation.overruled = vec![Overruled {
            test: "brown_forsythe".into(),
            by: format!("M. Weber {ATTACK}"),
            reason: "two furnaces, both known".into(),
        }];
        elongation.row_ids_sha256 = Some("c0ffee42".repeat(8));
        elongation.more_heats = Some(more.clone());
    }
    if let Some(copper) = verdict.requirements.get_mut(3) {
        copper.comparison = Some(Comparison {
            full: false,
            rounded: Some(true),
            rounded_number: Some(0.3),
        });
    }
    verdict.more_heats = Some(more);
    let plain = verdict.requirements.first().cloned();
    verdict
        .requirements
        .extend(plain.into_iter().flat_map(newer));
}

/// A capability, an index and a proof with a number.
fn newer(plain: RequirementOutcome) -> [RequirementOutcome; 3] {
    let held = |kind, subject: &str, unit: &str, limit: f64, number: f64| RequirementOutcome {
        kind,
        subject: subject.into(),
        unit: unit.into(),
        limit: Some(limit),
        estimate: Some(number),
        bound: Some(number),
        margin: Some((number - limit).abs()),
        limit_status: LimitStatus::Verified,
        source: "Customer specification, section 5".into(),
        ..plain.clone()
    };
    [
        RequirementOutcome {
            basis: Some(Basis::Cpk),
            cpk_at_least: Some(1.33),
            limit: Some(115.0),
            bound: Some(1.474),
            margin: Some(0.144),
            reason: "the capability reaches 1.33 over the whole window".into(),
            ..plain.clone()
        },
        RequirementOutcome {
            direction: Some(Direction::AtMost),
            basis: Some(Basis::Max),
            reason: "the highest heat inside the window is below the limit".into(),
            ..held(Kind::Index, "sludge_factor", "", 1.8, 1.412)
        },
        RequirementOutcome {
            basis: None,
            at_scrap_ratio: None,
            max_scrap_ratio: None,
            model: None,
            outcome: Outcome::Pass,
            n: 0,
            heats: 0,
            reason: "conductivity: proof EC-7 was passed".into(),
            ..held(Kind::Evidence, "conductivity", "%IACS", 38.0, 40.5)
        },
    ]
}
