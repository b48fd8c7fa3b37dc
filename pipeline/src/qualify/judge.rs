//! Component × grade → verdict.
//!
//! In: the component, the grade's data, the policy, the day. Out: a verdict with every requirement's
//! number, margin and reason. Nothing can go wrong: what cannot be judged is `missing`, and says why.

use super::component::{Component, Demand};
use super::conditions::{self, Conditions};
use super::gauge::{Gauge, SAME_RATIO};
use super::grade_data::{Fitted, GradeData, HeatData, Policy};
use super::outcome::{self, Scene};
use super::power::{self, Have};
use super::proof::{self, Proof};
use super::screen::{self, Screened, Sight};
use super::verdict::{
    Kind, LimitStatus, MoreHeats, Outcome, RequirementOutcome, Status, Verdict, WithoutOutliers,
};
use super::window::Window;
use super::{limiting, metal, phrase, reasons};
use crate::domain::rounding::down_to_step;

/// Judges whether a grade can carry a component, and up to what scrap ratio.
///
/// The qualified window is the contiguous stretch, from the lowest observed scrap ratio, on which every
/// requirement holds; it never leaves the range in which every number needed was observed, and is not
/// rounded. A grade without a scrap definition is judged as tested and gets no scrap claim. Whether the
/// component can be made from the grade's product form ([`Component::fits`]) is for the caller to ask.
///
/// The status is the first that applies:
///
/// 1. `not_qualified`: a requirement with enough data fails at the low end of the window, or the proof
///    that counts for mandatory evidence was failed;
/// 2. `insufficient_data`: the policy's minimum is missed, or a property or element was not measured
///    under the limit's conditions, or its fit was refused;
/// 3. `conditional`: mandatory evidence is missing or expired;
/// 4. `qualified_up_to`: the window ends below the highest observed scrap ratio, or starts above the
///    lowest because a number needed was not observed below;
/// 5. `qualified`.
///
/// `today` is a day, `YYYY-MM-DD`, against which proofs expire. Heats without a scrap ratio are left
/// out of a grade that has a scrap definition, and counted in the reasons. An evidence that is not
/// mandatory is reported and changes nothing.
///
/// Where specimens of a fit it rests on are flagged as outliers, the grade is judged a second time with
/// the fits without them ([`Verdict::without_outliers`]); the verdict itself always rests on all. Single
/// heats (bases min and max) and chemistry are the same in both.
pub fn judge<F: Fitted>(
    component: &Component,
    data: &GradeData<F>,
    policy: &Policy,
    today: &str,
) -> Verdict {
    let mut verdict = judge_with(component, data, policy, today, None);
    let flagged = flagged(component, data);
    if !flagged.is_empty() {
        let without = judge_with(component, data, policy, today, Some(flagged.len()));
        let found = compared(&verdict, &without, flagged, policy);
        if found.differs {
            let reason = reasons::without_outliers(&found, policy);
            verdict.reasons.push(reason);
        }
        verdict.without_outliers = Some(found);
    }
    verdict
}

/// Ids of the flagged specimens of the fits a component looks at, sorted.
fn flagged<F>(component: &Component, data: &GradeData<F>) -> Vec<String> {
    let mut ids: Vec<String> = component
        .requirements
        .iter()
        .filter_map(|requirement| {
            let demand = &requirement.demand;
            let Demand::Property { property, .. } = demand else {
                return None;
            };
            let measured = data.properties.get(property)?;
            let chosen = conditions::select(measured, &Conditions::of(demand)).ok()?;
            Some(&chosen.without_outliers.as_ref()?.0)
        })
        .flatten()
        .cloned()
        .collect();
    ids.sort();
    ids.dedup();
    ids
}

/// The verdict without flagged specimens beside the one that counts.
fn compared(
    verdict: &Verdict,
    without: &Verdict,
    specimens: Vec<String>,
    policy: &Policy,
) -> WithoutOutliers {
    // Every specimen moves the end of the window by something; what matters is what would be claimed.
    let claim = |end: f64| claim(end, policy);
    let same_end = match (verdict.max_scrap_ratio, without.max_scrap_ratio) {
        (Some(one), Some(other)) => (claim(one) - claim(other)).abs() <= SAME_RATIO,
        (one, other) => one.is_none() && other.is_none(),
    };
    WithoutOutliers {
        specimens,
        status: without.status,
        max_scrap_ratio: without.max_scrap_ratio,
        differs: verdict.status != without.status || !same_end,
    }
}

/// What is claimed in words of a window that ends here.
fn claim(end: f64, policy: &Policy) -> f64 {
    match policy.claim_step {
        step if step > 0.0 => down_to_step(end, step),
        _ => end,
    }
}

/// The verdict on all specimens, or without so many flagged ones.
fn judge_with<F: Fitted>(
    component: &Component,
    data: &GradeData<F>,
    policy: &Policy,
    today: &str,
    without: Option<usize>,
) -> Verdict {
    let observed = Observed::of(data);
    let specimens = data.specimens.saturating_sub(without.unwrap_or(0));
    let (shortages, more_for_grade) = shortages(component, data, &observed, specimens, policy);
    let sight = Sight {
        grade: data,
        heats: &observed.heats,
        unflagged: without.is_some(),
        policy,
    };
    let mut screened: Vec<Screened<'_, F>> = component
        .requirements
        .iter()
        .map(|requirement| screen::prepare(&requirement.demand, &sight))
        .collect();
    let start = start_of_window(&observed, &screened);
    let windows: Vec<Option<Window>> = screened
        .iter_mut()
        .map(|part| window_of(part, start, observed.range, policy))
        .collect();
    let proofs: Vec<Option<Proof<'_>>> = component
        .requirements
        .iter()
        .map(|requirement| match &requirement.demand {
            Demand::Evidence {
                evidence, limit, ..
            } => {
                let found = proof::find(
                    &data.evidence,
                    *evidence,
                    &component.id,
                    limit.as_ref(),
                    today,
                );
                Some(found.against(limit.as_ref()))
            }
            _ => None,
        })
        .collect();

    let highest = observed.range.map(|[_, highest]| highest);
    let end = highest.and_then(|_| end_of_window(&screened, &windows));
    let findings = Findings::of(component, &shortages, &screened, &windows, &proofs);
    let judged_from = observed
        .range
        .filter(|[lowest, _]| start > *lowest)
        .map(|_| start);
    let status = findings.status(judged_from.is_none(), end, highest);
    let passes = match status {
        Status::Qualified | Status::QualifiedUpTo | Status::Conditional => true,
        Status::NotQualified | Status::InsufficientData => false,
    };
    let claimed = end.filter(|_| passes);

    let read_at = claimed.unwrap_or(start);
    let scene = Scene {
        policy,
        start,
        read_at,
        shown_at: highest.map(|_| read_at),
        short: !shortages.is_empty(),
    };
    let requirements: Vec<RequirementOutcome> = component
        .requirements
        .iter()
        .zip(&screened)
        .zip(windows.iter().zip(&proofs))
        .map(|((requirement, part), (window, proof))| match proof {
            Some(proof) => outcome::proof_outcome(requirement, proof),
            None => scene.number_outcome(requirement, part, *window),
        })
        .collect();
    let limiting = limiting::requirement(component, &requirements, status, highest);
    let limiting_element = limiting.and_then(|at| {
        let demand = &component.requirements.get(at)?.demand;
        limiting::element(
            demand,
            screened.get(at)?,
            &observed.heats,
            highest.is_some(),
        )
    });
    let mut verdict = Verdict {
        component: component.id.clone(),
        grade: data.grade.clone(),
        status,
        max_scrap_ratio: claimed,
        judged_from,
        scrap_definition: data.scrap_definition,
        observed_scrap_ratio: observed.range,
        limiting,
        specimens,
        heats: observed.heats.len(),
        scrap_ratios: observed.distinct,
        rests_on_unverified_limit: requirements.iter().any(|outcome| {
            outcome.limit.is_some() && outcome.limit_status == LimitStatus::Unverified
        }),
        limiting_element,
        carbon: data
            .carbon
            .as_ref()
            .zip(claimed)
            // At the ratio that is claimed in words, which is rounded down.
            .map(|(line, at)| metal::carbon(line, claim(at, policy))),
        specific_strength: passes
            .then(|| metal::specific_strength(component, data, read_at))
            .flatten(),
        without_outliers: None,
        missing_evidence: missing_evidence(component, &proofs),
        more_heats: more_heats(component, &requirements, more_for_grade),
        requirements,
        reasons: Vec::new(),
    };
    verdict.reasons = reasons::of(component, &verdict, shortages, observed.left_out, policy);
    verdict
}

/// Mandatory evidence without a valid proof, in words.
fn missing_evidence(component: &Component, proofs: &[Option<Proof<'_>>]) -> Vec<String> {
    let missing = component.requirements.iter().zip(proofs);
    missing
        .filter_map(|(requirement, proof)| {
            let (demand, proof) = (&requirement.demand, proof.as_ref()?);
            let Demand::Evidence { limit, .. } = demand else {
                return None;
            };
            (demand.is_mandatory() && proof.is_missing()).then(|| {
                let found = outcome::proof_found(proof, limit.as_ref());
                format!("{}: {found}", demand.subject())
            })
        })
        .collect()
}

/// The most that is missing, of the whole grade or of one requirement.
///
/// None when a mandatory requirement fails that more heats would not mend: they would not decide then.
fn more_heats(
    component: &Component,
    outcomes: &[RequirementOutcome],
    of_grade: Option<MoreHeats>,
) -> Option<MoreHeats> {
    let hopeless = component
        .requirements
        .iter()
        .zip(outcomes)
        .any(|(part, outcome)| {
            let fails = outcome.outcome == Outcome::Fail && outcome.more_heats.is_none();
            part.demand.is_mandatory() && fails
        });
    if hopeless {
        return None;
    }
    let parts = outcomes
        .iter()
        .filter_map(|outcome| outcome.more_heats.as_ref());
    let mut most = of_grade;
    for part in parts {
        if most.as_ref().is_none_or(|most| part.heats > most.heats) {
            most = Some(part.clone());
        }
    }
    most
}

/// The heats a verdict looks at.
struct Observed<'d> {
    /// Scrap ratio (0 without charge records) and heat, by ratio, then id.
    heats: Vec<(f64, &'d HeatData)>,
    /// Lowest and highest scrap ratio; `None` without charge records.
    range: Option<[f64; 2]>,
    /// Distinct scrap ratios.
    distinct: usize,
    /// Heats without the scrap ratio they should have.
    left_out: usize,
}

impl<'d> Observed<'d> {
    fn of<F>(data: &'d GradeData<F>) -> Observed<'d> {
        let claims = data.scrap_definition.is_some();
        let mut heats: Vec<(f64, &HeatData)> = data
            .heats
            .iter()
            .filter_map(|heat| {
                let ratio = heat.scrap_ratio.filter(|ratio| ratio.is_finite());
                let ratio = if claims { ratio? } else { 0.0 };
                Some((ratio, heat))
            })
            .collect();
        heats.sort_by(|a, b| {
            a.0.total_cmp(&b.0)
                .then_with(|| a.1.heat_id.cmp(&b.1.heat_id))
        });
        let mut distinct = 0;
        let mut last = f64::NEG_INFINITY;
        for (ratio, _) in heats.iter().filter(|_| claims) {
            if *ratio - last > SAME_RATIO {
                distinct += 1;
                last = *ratio;
            }
        }
        let range = match (heats.first(), heats.last()) {
            (Some((low, _)), Some((high, _))) if claims => Some([*low, *high]),
            _ => None,
        };
        Observed {
            left_out: data.heats.len() - heats.len(),
            heats,
            range,
            distinct,
        }
    }
}

/// What the whole grade is short of, in words and in heats.
fn shortages<F>(
    component: &Component,
    data: &GradeData<F>,
    observed: &Observed<'_>,
    specimens: usize,
    policy: &Policy,
) -> (Vec<String>, Option<MoreHeats>) {
    let asks_for_specimens = component
        .requirements
        .iter()
        .any(|part| part.demand.kind() == Kind::Property);
    let have = Have {
        heats: observed.heats.len(),
        specimens: asks_for_specimens.then_some(specimens),
        scrap_ratios: data.scrap_definition.map(|_| observed.distinct),
    };
    let need = [
        ("heat", Some(have.heats), policy.min_heats),
        ("specimen", have.specimens, policy.min_specimens),
        (
            "distinct scrap ratio",
            have.scrap_ratios,
            policy.min_scrap_ratios,
        ),
    ];
    let short = need
        .into_iter()
        .filter_map(|(what, have, need)| screen::shortage(what, have?, need))
        .collect();
    let per_heat = power::per_heat(specimens, observed.heats.len(), policy);
    let more = power::to_minimum("the grade", have, per_heat, policy);
    (short, more)
}

/// The low end of the window: the lowest scrap ratio at which every number needed was observed.
fn start_of_window<F: Fitted>(observed: &Observed<'_>, screened: &[Screened<'_, F>]) -> f64 {
    let lowest = observed.range.map_or(f64::NEG_INFINITY, |[low, _]| low);
    let start = screened
        .iter()
        .filter(|part| part.lacking.is_empty())
        .filter_map(|part| part.gauge.as_ref())
        .filter(|gauge| gauge.depends_on_scrap())
        .map(|gauge| gauge.range().0)
        .filter(|low| *low - lowest > SAME_RATIO)
        .fold(lowest, f64::max);
    if start.is_finite() { start } else { 0.0 }
}

/// The window of one requirement; notes in `lacking` why there is none to speak of.
fn window_of<F: Fitted>(
    part: &mut Screened<'_, F>,
    start: f64,
    observed: Option<[f64; 2]>,
    policy: &Policy,
) -> Option<Window> {
    let gauge = part.gauge.as_ref().filter(|_| part.lacking.is_empty())?;
    let reading = match gauge.read(start, policy) {
        Ok(reading) => reading,
        Err(refusal) => {
            let place = observed.map_or(String::new(), |_| format!(" at {}", phrase::ratio(start)));
            part.lacking.push(format!("no number{place}: {refusal}"));
            return None;
        }
    };
    let Some([_, highest]) = observed else {
        // As tested: there is one number, and no stretch of scrap ratios.
        let holds = gauge.limit().holds(reading.number);
        return Some(if holds {
            Window::UpTo(start)
        } else {
            Window::Fails {
                holds_higher: false,
            }
        });
    };
    let (low, high) = gauge.range();
    if gauge.depends_on_scrap() && start - high > SAME_RATIO {
        let (low, high, start) = (
            phrase::ratio(low),
            phrase::ratio(high),
            phrase::ratio(start),
        );
        part.lacking.push(format!(
            "observed at {low} to {high} scrap, the others from {start}"
        ));
        return None;
    }
    Some(match gauge.window(start, policy) {
        Window::UpTo(end) if highest - end < SAME_RATIO => Window::UpTo(highest),
        window => window,
    })
}

/// Where the windows of all requirements end together; `None` when no requirement speaks of the scrap
/// ratio or one of them fails.
fn end_of_window<F: Fitted>(
    screened: &[Screened<'_, F>],
    windows: &[Option<Window>],
) -> Option<f64> {
    let mut end: Option<f64> = None;
    for (part, window) in screened.iter().zip(windows) {
        match window {
            Some(Window::Fails { .. }) => return None,
            Some(Window::UpTo(own)) if part.gauge.as_ref().is_some_and(Gauge::depends_on_scrap) => {
                end = Some(end.map_or(*own, |end| end.min(*own)));
            }
            _ => {}
        }
    }
    end
}

/// What decides the status.
struct Findings {
    fails: bool,
    lacks: bool,
    unproven: bool,
}

impl Findings {
    fn of<F>(
        component: &Component,
        shortages: &[String],
        screened: &[Screened<'_, F>],
        windows: &[Option<Window>],
        proofs: &[Option<Proof<'_>>],
    ) -> Findings {
        let proof = |wanted: fn(&Proof<'_>) -> bool| {
            let pairs = component.requirements.iter().zip(proofs);
            pairs.into_iter().any(|(part, proof)| {
                part.demand.is_mandatory() && proof.as_ref().is_some_and(wanted)
            })
        };
        let number_fails = shortages.is_empty()
            && windows
                .iter()
                .any(|window| matches!(window, Some(Window::Fails { .. })));
        Findings {
            fails: number_fails || proof(|proof| proof.is_failed()),
            lacks: !shortages.is_empty() || screened.iter().any(|part| !part.lacking.is_empty()),
            unproven: proof(|proof| proof.is_missing()),
        }
    }

    /// The first status that applies, for a window that ends at `end` where `highest` was observed, and
    /// starts at the lowest observed ratio or not.
    fn status(&self, from_lowest: bool, end: Option<f64>, highest: Option<f64>) -> Status {
        if self.fails {
            Status::NotQualified
        } else if self.lacks {
            Status::InsufficientData
        } else if self.unproven {
            Status::Conditional
        } else if !from_lowest || end.zip(highest).is_some_and(|(end, highest)| end < highest) {
            Status::QualifiedUpTo
        } else {
            Status::Qualified
        }
    }
}

#[cfg(test)]
mod tests;
