//! Why a verdict is what it is, in sentences, the most important first.

use super::component::Component;
use super::grade_data::Policy;
use super::phrase;
use super::verdict::{
    Kind, LimitStatus, Outcome, RequirementOutcome, Status, Verdict, WithoutOutliers,
};

/// Flagged specimens that are named before the rest is counted.
const NAMED_AT_MOST: usize = 5;

/// The reasons of a verdict whose other fields are final.
pub(super) fn of(
    component: &Component,
    verdict: &Verdict,
    shortages: Vec<String>,
    left_out: usize,
    policy: &Policy,
) -> Vec<String> {
    let mut reasons = vec![summary(component, verdict, policy)];
    reasons.extend(shortages.iter().cloned());
    let pairs = || component.requirements.iter().zip(&verdict.requirements);
    let tell = |keep: &dyn Fn(&RequirementOutcome, bool) -> bool| -> Vec<String> {
        pairs()
            .filter(|(part, outcome)| keep(outcome, !part.demand.is_mandatory()))
            .map(|(_, outcome)| outcome.reason.clone())
            .collect()
    };
    reasons.extend(tell(&|outcome, optional| {
        outcome.outcome == Outcome::Fail && !optional
    }));
    // When the whole grade is short, every number is missing for the one reason given above.
    reasons.extend(tell(&|outcome, optional| {
        let explained = outcome.kind != Kind::Evidence && !shortages.is_empty();
        outcome.outcome == Outcome::Missing && !optional && !explained
    }));
    reasons.extend(tell(&|outcome, optional| {
        outcome.outcome != Outcome::Pass && optional
    }));
    let limits = matches!(
        verdict.status,
        Status::Qualified | Status::QualifiedUpTo | Status::Conditional
    );
    if let Some(outcome) = verdict.limiting.and_then(|i| verdict.requirements.get(i))
        && limits
        && outcome.outcome == Outcome::Pass
    {
        reasons.push(format!("limiting: {}", outcome.reason));
    }
    reasons.extend(verdict.judged_from.map(|start| {
        format!(
            "judged from {} scrap on: not every number needed was observed below",
            phrase::ratio(start)
        )
    }));
    if verdict.status == Status::InsufficientData {
        reasons.extend(verdict.more_heats.iter().map(|more| more.for_what.clone()));
    }
    if left_out > 0 {
        let plural = if left_out == 1 { "" } else { "s" };
        reasons.push(format!(
            "{left_out} heat{plural} without a scrap ratio left out"
        ));
    }
    if verdict.rests_on_unverified_limit {
        let unverified: Vec<&str> = pairs()
            .filter(|(_, outcome)| {
                outcome.limit.is_some() && outcome.limit_status == LimitStatus::Unverified
            })
            .map(|(part, _)| phrase::subject(&part.demand))
            .collect();
        reasons.push(format!(
            "rests on unverified limits: {}",
            unverified.join(", ")
        ));
    }
    reasons
}

/// The sentence of a verdict that flagged specimens change.
pub(super) fn without_outliers(found: &WithoutOutliers, policy: &Policy) -> String {
    let named = &found.specimens[..found.specimens.len().min(NAMED_AT_MOST)];
    let others = found.specimens.len() - named.len();
    let others = if others > 0 {
        format!(" and {others} more")
    } else {
        String::new()
    };
    let end = found.max_scrap_ratio.map_or(String::new(), |end| {
        format!(", up to {} scrap", phrase::claim(end, policy.claim_step))
    });
    format!(
        "flagged specimens change the verdict: without {}{others} it would be {}{end}",
        named.join(", "),
        found.status
    )
}

fn summary(component: &Component, verdict: &Verdict, policy: &Policy) -> String {
    let claim = verdict
        .max_scrap_ratio
        .map(|end| phrase::claim(end, policy.claim_step));
    let definition = verdict
        .scrap_definition
        .map_or(String::new(), |name| format!(" ({name})"));
    match (verdict.status, claim) {
        (Status::Qualified, Some(end)) => {
            format!(
                "every requirement holds over the observed scrap window, up to {end}{definition}"
            )
        }
        (Status::Qualified, None) => "every requirement holds as tested; no scrap claim".to_owned(),
        (Status::QualifiedUpTo, end) => {
            let end = end.unwrap_or_default();
            let start = verdict.judged_from.map_or(String::new(), |start| {
                format!("from {} ", phrase::ratio(start))
            });
            format!("every requirement holds {start}up to {end} scrap{definition}")
        }
        (Status::Conditional, end) => {
            let limit = end.map_or_else(
                || "as tested, without a scrap claim".to_owned(),
                |end| format!("up to {end} scrap{definition}"),
            );
            let unproven: Vec<&str> = component
                .requirements
                .iter()
                .zip(&verdict.requirements)
                .filter(|(part, outcome)| {
                    let evidence = part.demand.kind() == Kind::Evidence;
                    let missing = outcome.outcome == Outcome::Missing;
                    evidence && part.demand.is_mandatory() && missing
                })
                .map(|(part, _)| part.demand.subject())
                .collect();
            format!(
                "passes the tensile and chemistry screen {limit}; proof missing or expired: {}",
                unproven.join(", ")
            )
        }
        (Status::NotQualified, _) => {
            let failed = verdict
                .requirements
                .iter()
                .zip(&component.requirements)
                .filter(|(outcome, part)| {
                    outcome.outcome == Outcome::Fail && part.demand.is_mandatory()
                })
                .map(|(_, part)| phrase::subject(&part.demand))
                .collect::<Vec<&str>>();
            format!("fails on {}", failed.join(", "))
        }
        (Status::InsufficientData, _) => "too little data for a verdict".to_owned(),
    }
}
