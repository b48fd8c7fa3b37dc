//! Requirements and verdicts about the sheets.

use crate::qualify::verdict::{
    Basis, Direction, Kind, LimitStatus, Outcome, RequirementOutcome, Status, Verdict,
};
use crate::report::input::GradeSheet;

pub(super) fn property(
    sheet: &GradeSheet,
    index: usize,
    limit: f64,
    at: Option<f64>,
    outcome: Outcome,
) -> RequirementOutcome {
    let data = &sheet.properties[index];
    let nearest = at.map_or(&data.curve[0], |x| {
        data.curve
            .iter()
            .rfind(|p| p.x <= x + 1e-9)
            .unwrap_or(&data.curve[0])
    });
    let bound = nearest.b_bound.unwrap_or(f64::NAN);
    RequirementOutcome {
        kind: Kind::Property,
        subject: data.property.column().into(),
        direction: Some(Direction::AtLeast),
        limit: Some(limit),
        unit: data.property.unit().into(),
        basis: Some(Basis::B),
        rounded_to: None,
        estimate: Some(nearest.estimate),
        bound: Some(bound),
        margin: Some(bound - limit),
        at_scrap_ratio: at,
        max_scrap_ratio: at.filter(|_| outcome == Outcome::Pass),
        outcome,
        n: data.specimens.len(),
        heats: data.heat_means.len(),
        model: data.model.clone(),
        source: "Draft customer specification, section 4.2".into(),
        limit_status: LimitStatus::Unverified,
        reason: match outcome {
            Outcome::Pass => "the B bound stays above the limit up to this ratio",
            _ => "the B bound is below the limit at every observed ratio",
        }
        .into(),
        cpk_at_least: None,
        specimen_origin: None,
        thickness_mm: None,
        elongation_type: None,
        comparison: None,
        failed_checks: Vec::new(),
        overruled: Vec::new(),
        row_ids_sha256: None,
        more_heats: None,
    }
}

pub(in crate::report) fn element(
    symbol: &str,
    limit: f64,
    highest: f64,
    at: Option<f64>,
) -> RequirementOutcome {
    RequirementOutcome {
        kind: Kind::Element,
        subject: symbol.into(),
        direction: Some(Direction::AtMost),
        limit: Some(limit),
        unit: "%".into(),
        basis: Some(Basis::Max),
        rounded_to: Some(2),
        estimate: Some(highest - 0.031),
        bound: Some(highest),
        margin: Some(limit - highest),
        at_scrap_ratio: at,
        max_scrap_ratio: at,
        outcome: Outcome::Pass,
        n: 12,
        heats: 12,
        model: None,
        source: "EN 1706:2020, table 1, as copied in example.org/document/698070239".into(),
        limit_status: LimitStatus::Verified,
        reason: "the highest heat inside the window is below the limit".into(),
        cpk_at_least: None,
        specimen_origin: None,
        thickness_mm: None,
        elongation_type: None,
        comparison: None,
        failed_checks: Vec::new(),
        overruled: Vec::new(),
        row_ids_sha256: None,
        more_heats: None,
    }
}

pub(super) fn evidence(kind: &str) -> RequirementOutcome {
    RequirementOutcome {
        kind: Kind::Evidence,
        subject: kind.into(),
        direction: None,
        limit: None,
        unit: String::new(),
        basis: None,
        rounded_to: None,
        estimate: None,
        bound: None,
        margin: None,
        at_scrap_ratio: None,
        max_scrap_ratio: None,
        outcome: Outcome::Missing,
        n: 0,
        heats: 0,
        model: None,
        source: "Draft customer specification, section 7".into(),
        limit_status: LimitStatus::Unverified,
        reason: "no valid proof is on file".into(),
        cpk_at_least: None,
        specimen_origin: None,
        thickness_mm: None,
        elongation_type: None,
        comparison: None,
        failed_checks: Vec::new(),
        overruled: Vec::new(),
        row_ids_sha256: None,
        more_heats: None,
    }
}

pub(super) fn verdict(
    sheet: &GradeSheet,
    component: &str,
    status: Status,
    at: Option<f64>,
    requirements: Vec<RequirementOutcome>,
    limiting: Option<usize>,
    reason: &str,
) -> Verdict {
    Verdict {
        component: component.into(),
        grade: sheet.grade.clone(),
        status,
        max_scrap_ratio: at,
        scrap_definition: sheet.scrap_definition,
        judged_from: None,
        observed_scrap_ratio: sheet.properties.iter().find_map(|p| p.observed),
        limiting,
        specimens: sheet.heats.iter().map(|h| h.specimens).sum(),
        heats: sheet.heats.len(),
        scrap_ratios: if sheet.scrap_definition.is_some() {
            sheet.heats.len()
        } else {
            0
        },
        rests_on_unverified_limit: requirements
            .iter()
            .any(|r| r.limit.is_some() && r.limit_status == LimitStatus::Unverified),
        requirements,
        reasons: vec![reason.into()],
        limiting_element: None,
        carbon: None,
        specific_strength: None,
        without_outliers: None,
        missing_evidence: Vec::new(),
        more_heats: None,
    }
}
