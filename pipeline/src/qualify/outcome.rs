//! How one requirement came out, with the sentence that says why.

use super::component::{Demand, Requirement};
use super::grade_data::{Fitted, Policy};
use super::phrase;
use super::proof::Proof;
use super::screen::{Gauge, Screened};
use super::verdict::{Outcome, RequirementOutcome};
use super::window::Window;

/// Where and how the outcomes are read.
pub(super) struct Scene<'p> {
    /// The meaning of the bases, and the claim step.
    pub(super) policy: &'p Policy,
    /// The scrap ratio at which numbers are read.
    pub(super) read_at: f64,
    /// The same where there are scrap ratios, to be shown.
    pub(super) shown_at: Option<f64>,
    /// Whether the whole grade is short of data, so that no number counts.
    pub(super) short: bool,
}

impl Scene<'_> {
    /// The outcome of a tensile or chemistry requirement.
    pub(super) fn number_outcome<F: Fitted>(
        &self,
        requirement: &Requirement,
        part: &Screened<'_, F>,
        window: Option<Window>,
    ) -> RequirementOutcome {
        let demand = &requirement.demand;
        let gauge = part.gauge.as_ref();
        let reading = gauge.and_then(|gauge| gauge.read(self.read_at, self.policy).ok());
        let outcome = match window {
            _ if self.short => Outcome::Missing,
            Some(Window::UpTo(_)) => Outcome::Pass,
            Some(Window::Fails { .. }) => Outcome::Fail,
            None => Outcome::Missing,
        };
        let own_end = match window {
            Some(Window::UpTo(end))
                if self.shown_at.is_some() && gauge.is_some_and(Gauge::depends_on_scrap) =>
            {
                Some(end)
            }
            _ => None,
        };
        let mut told = Vec::new();
        if let (Some(reading), Some(limit)) = (&reading, demand.limit()) {
            told.push(phrase::comparison(demand, limit, reading, self.shown_at));
        } else {
            told.push(phrase::subject(demand).to_owned());
        }
        if let (Some(gauge), Some(limit)) = (gauge, demand.limit())
            && let Some(heat) = gauge.first_offender()
        {
            told.push(phrase::offender(
                demand,
                limit,
                &heat,
                self.shown_at.is_some(),
            ));
        }
        match window {
            Some(Window::Fails { holds_higher: true }) => {
                told.push(
                    "it would hold at higher scrap ratios, but the window starts at the low end"
                        .into(),
                );
            }
            Some(Window::UpTo(_)) => {
                let end = own_end.map(|end| phrase::claim(end, self.policy.claim_step));
                told.extend(end.map(|end| format!("alone it allows {end}")));
                let refusal = own_end.zip(gauge);
                let refusal = refusal.and_then(|(end, g)| g.refusal_beyond(end, self.policy));
                told.extend(refusal.map(|refusal| format!("beyond, {refusal}")));
            }
            _ => {}
        }
        told.extend(part.lacking.iter().cloned());
        RequirementOutcome {
            estimate: reading.map(|reading| reading.estimate),
            bound: reading.and_then(|reading| Some(demand.limit()?.compared(reading.number))),
            margin: reading.and_then(|reading| Some(demand.limit()?.margin(reading.number))),
            at_scrap_ratio: self.shown_at.filter(|_| reading.is_some()),
            max_scrap_ratio: own_end,
            n: part.n,
            heats: part.heats,
            model: part.model.clone(),
            ..outcome_of(requirement, outcome, told.join("; "))
        }
    }
}

/// The outcome of a piece of evidence.
pub(super) fn proof_outcome(requirement: &Requirement, proof: &Proof<'_>) -> RequirementOutcome {
    let (wanted, mandatory) = match &requirement.demand {
        Demand::Evidence {
            criterion,
            mandatory,
            ..
        } => (criterion.as_str(), *mandatory),
        _ => ("", false),
    };
    let (outcome, found) = match proof {
        Proof::None => (Outcome::Missing, "no proof on record".to_owned()),
        Proof::Expired(proof) => {
            let day = proof.valid_until.as_deref().unwrap_or("");
            (
                Outcome::Missing,
                format!("proof {} was valid until {day}", proof.evidence_id),
            )
        }
        Proof::Failed(proof) => (
            Outcome::Fail,
            format!("proof {} was failed", proof.evidence_id),
        ),
        Proof::Passed(proof) => (
            Outcome::Pass,
            format!("proof {} was passed", proof.evidence_id),
        ),
    };
    let mut reason = format!("{}: {found}", phrase::subject(&requirement.demand));
    if !wanted.is_empty() {
        reason.push_str(&format!(" (wanted: {wanted})"));
    }
    if !mandatory {
        reason.push_str("; not mandatory");
    }
    outcome_of(requirement, outcome, reason)
}

/// The part of an outcome that comes from the requirement alone.
fn outcome_of(requirement: &Requirement, outcome: Outcome, reason: String) -> RequirementOutcome {
    let demand = &requirement.demand;
    let limit = demand.limit();
    RequirementOutcome {
        kind: demand.kind(),
        subject: demand.subject().to_owned(),
        direction: limit.map(|limit| limit.direction),
        limit: limit.map(|limit| limit.value),
        unit: demand.unit().to_owned(),
        basis: limit.map(|limit| limit.basis),
        rounded_to: limit.and_then(|limit| limit.rounded_to),
        estimate: None,
        bound: None,
        margin: None,
        at_scrap_ratio: None,
        max_scrap_ratio: None,
        outcome,
        n: 0,
        heats: 0,
        model: None,
        source: requirement.source.clone(),
        limit_status: requirement.status,
        reason,
    }
}
