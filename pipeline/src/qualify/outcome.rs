//! How one requirement came out, with the sentence that says why.

use super::comparison::Rule;
use super::component::{Demand, EvidenceLimit, Requirement};
use super::conditions::Conditions;
use super::gauge::Gauge;
use super::grade_data::{EvidenceData, Fitted, Policy};
use super::phrase;
use super::power::{self, Outlook};
use super::proof::Proof;
use super::screen::Screened;
use super::verdict::{Outcome, RequirementOutcome};
use super::window::Window;

/// Where and how the outcomes are read.
pub(super) struct Scene<'p> {
    /// The meaning of the bases, and the claim step.
    pub(super) policy: &'p Policy,
    /// The low end of the window, where a requirement fails or not.
    pub(super) start: f64,
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
            told.extend(limit.rule().disagreement(reading.number));
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
            let differing = limit.rule().disagreement(heat.value);
            // The first offender can be the very heat that was read.
            let differing = differing.filter(|sentence| !told.contains(sentence));
            told.extend(differing);
        }
        told.extend(part.partly.clone());
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
        let mut more_heats = part.more.clone();
        if outcome == Outcome::Fail
            && let Some(gauge) = gauge
        {
            let shown_at = self.shown_at.map(|_| self.start);
            match power::outlook(demand, gauge, self.start, shown_at, self.policy) {
                Some(Outlook::Heats(more)) => {
                    told.push(more.for_what.clone());
                    more_heats = Some(more);
                }
                Some(Outlook::Hopeless(why)) => told.push(why),
                None => {}
            }
        }
        let rule = demand.limit().map(|limit| limit.rule());
        let number = reading.map(|reading| reading.number);
        let compare = |with: fn(&Rule, f64) -> f64| Some(with(rule.as_ref()?, number?));
        RequirementOutcome {
            estimate: reading.map(|reading| reading.estimate),
            bound: compare(Rule::compared),
            margin: compare(Rule::margin),
            comparison: rule
                .zip(number)
                .map(|(rule, number)| rule.comparison(number)),
            failed_checks: part
                .data
                .map_or(Vec::new(), |data| data.failed_checks.clone()),
            overruled: part.data.map_or(Vec::new(), |data| data.overruled.clone()),
            row_ids_sha256: part.data.and_then(|data| data.row_ids_sha256.clone()),
            more_heats,
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
    let Demand::Evidence {
        criterion,
        mandatory,
        limit,
        ..
    } = &requirement.demand
    else {
        return outcome_of(requirement, Outcome::Missing, String::new());
    };
    let outcome = if proof.is_missing() {
        Outcome::Missing
    } else if proof.is_failed() {
        Outcome::Fail
    } else {
        Outcome::Pass
    };
    let found = proof_found(proof, limit.as_ref());
    let mut reason = format!("{}: {found}", phrase::subject(&requirement.demand));
    if !criterion.is_empty() {
        reason.push_str(&format!(" (wanted: {criterion})"));
    }
    if !mandatory {
        reason.push_str("; not mandatory");
    }
    let rule = limit.as_ref().map(EvidenceLimit::rule);
    let number = proof.compared().and_then(|proof| proof.value);
    let compared = rule.zip(number);
    RequirementOutcome {
        bound: compared.map(|(rule, number)| rule.compared(number)),
        margin: compared.map(|(rule, number)| rule.margin(number)),
        comparison: compared.map(|(rule, number)| rule.comparison(number)),
        ..outcome_of(requirement, outcome, reason)
    }
}

/// What there is of a piece of evidence, without its name: `no proof on record`.
pub(super) fn proof_found(proof: &Proof<'_>, limit: Option<&EvidenceLimit>) -> String {
    let value = |proof: &EvidenceData, limit: &EvidenceLimit| {
        let value = proof.value.unwrap_or(f64::NAN);
        let number = phrase::with_unit(&phrase::number(value, limit.value), &limit.unit);
        let differing = limit.rule().disagreement(value);
        (
            number,
            differing.map_or(String::new(), |text| format!("; {text}")),
        )
    };
    let wanted = |limit: &EvidenceLimit| {
        phrase::with_unit(
            &format!("{} {}", phrase::side(limit.direction), limit.value),
            &limit.unit,
        )
    };
    match (proof, limit) {
        (Proof::None, _) => "no proof on record".to_owned(),
        (Proof::Expired(proof), _) => {
            let day = proof.valid_until.as_deref().unwrap_or("");
            format!("proof {} was valid until {day}", proof.evidence_id)
        }
        (Proof::Failed(proof), _) => format!("proof {} was failed", proof.evidence_id),
        (Proof::NotComparable(proof), Some(limit)) => {
            let given = match (proof.value, proof.unit.as_deref()) {
                (Some(_), Some(unit)) => format!("is in {unit}"),
                (Some(_), None) => "states no unit".to_owned(),
                (None, _) => "gives no number".to_owned(),
            };
            format!(
                "proof {} {given}, the limit is {}",
                proof.evidence_id,
                wanted(limit)
            )
        }
        (Proof::OffLimit(proof), Some(limit)) => {
            let (number, differing) = value(proof, limit);
            format!(
                "proof {} gives {number}, which misses {}{differing}",
                proof.evidence_id,
                wanted(limit)
            )
        }
        (Proof::Passed(proof), Some(limit)) => {
            let (number, differing) = value(proof, limit);
            format!(
                "proof {} was passed and gives {number}, which meets {}{differing}",
                proof.evidence_id,
                wanted(limit)
            )
        }
        (Proof::Passed(proof) | Proof::NotComparable(proof) | Proof::OffLimit(proof), None) => {
            format!("proof {} was passed", proof.evidence_id)
        }
    }
}

/// The part of an outcome that comes from the requirement alone.
fn outcome_of(requirement: &Requirement, outcome: Outcome, reason: String) -> RequirementOutcome {
    let demand = &requirement.demand;
    let limit = demand.limit();
    let of_proof = match demand {
        Demand::Evidence { limit, .. } => limit.as_ref(),
        _ => None,
    };
    let conditions = Conditions::of(demand);
    RequirementOutcome {
        kind: demand.kind(),
        subject: demand.subject().to_owned(),
        direction: limit
            .map(|limit| limit.direction)
            .or(of_proof.map(|limit| limit.direction)),
        limit: limit
            .map(|limit| limit.value)
            .or(of_proof.map(|limit| limit.value)),
        unit: demand.unit().to_owned(),
        basis: limit.map(|limit| limit.basis),
        rounded_to: limit
            .and_then(|limit| limit.rounded_to)
            .or(of_proof.and_then(|limit| limit.rounded_to)),
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
        cpk_at_least: limit.and_then(|limit| limit.cpk_at_least),
        specimen_origin: conditions.specimen_origin,
        thickness_mm: conditions.thickness_mm,
        elongation_type: conditions.elongation_type,
        comparison: None,
        failed_checks: Vec::new(),
        overruled: Vec::new(),
        row_ids_sha256: None,
        more_heats: None,
    }
}
