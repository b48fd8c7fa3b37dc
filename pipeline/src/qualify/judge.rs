//! Component × grade → verdict.
//!
//! In: the component, the grade's data, the policy, the day. Out: a verdict with every requirement's
//! number, margin and reason. Nothing can go wrong: what cannot be judged is `missing`, and says why.

use super::component::{Component, Demand, Requirement};
use super::grade_data::{Fitted, GradeData, HeatData, Policy};
use super::outcome::{self, Scene};
use super::proof::{self, Proof};
use super::screen::{self, Gauge, SAME_RATIO, Screened};
use super::verdict::{Kind, LimitStatus, Outcome, RequirementOutcome, Status, Verdict};
use super::window::Window;
use super::{phrase, reasons};

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
/// 4. `qualified_up_to`: the window ends below the highest observed scrap ratio;
/// 5. `qualified`.
///
/// `today` is a day, `YYYY-MM-DD`, against which proofs expire. Heats without a scrap ratio are left
/// out of a grade that has a scrap definition, and counted in the reasons. An evidence that is not
/// mandatory is reported and changes nothing.
pub fn judge<F: Fitted>(
    component: &Component,
    data: &GradeData<F>,
    policy: &Policy,
    today: &str,
) -> Verdict {
    let observed = Observed::of(data);
    let shortages = shortages(component, data, &observed, policy);
    let mut screened: Vec<Screened<'_, F>> = component
        .requirements
        .iter()
        .map(|requirement| screen::prepare(&requirement.demand, data, &observed.heats, policy))
        .collect();
    let start = start_of_window(&observed, &screened);
    let windows: Vec<Option<Window>> = screened
        .iter_mut()
        .map(|part| window_of(part, start, observed.range, policy))
        .collect();
    let proofs: Vec<Option<Proof<'_>>> = component
        .requirements
        .iter()
        .map(|requirement| match requirement.demand {
            Demand::Evidence { evidence, .. } => {
                Some(proof::find(&data.evidence, evidence, &component.id, today))
            }
            _ => None,
        })
        .collect();

    let highest = observed.range.map(|[_, highest]| highest);
    let end = highest.and_then(|_| end_of_window(&screened, &windows));
    let findings = Findings::of(component, &shortages, &screened, &windows, &proofs);
    let status = findings.status(end, highest);
    let claimed = match status {
        Status::Qualified | Status::QualifiedUpTo | Status::Conditional => end,
        Status::NotQualified | Status::InsufficientData => None,
    };

    let read_at = claimed.unwrap_or(start);
    let shown_at = highest.map(|_| read_at);
    let scene = Scene {
        policy,
        read_at,
        shown_at,
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
    let limiting = limiting(component, &requirements, status, highest);
    let mut verdict = Verdict {
        component: component.id.clone(),
        grade: data.grade.clone(),
        status,
        max_scrap_ratio: claimed,
        scrap_definition: data.scrap_definition,
        observed_scrap_ratio: observed.range,
        limiting,
        specimens: data.specimens,
        heats: observed.heats.len(),
        scrap_ratios: observed.distinct,
        rests_on_unverified_limit: requirements.iter().any(|outcome| {
            outcome.limit.is_some() && outcome.limit_status == LimitStatus::Unverified
        }),
        requirements,
        reasons: Vec::new(),
    };
    verdict.reasons = reasons::of(
        component,
        &verdict,
        shortages,
        observed.left_out,
        start,
        policy,
    );
    verdict
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

/// What the whole grade is short of, in words.
fn shortages<F>(
    component: &Component,
    data: &GradeData<F>,
    observed: &Observed<'_>,
    policy: &Policy,
) -> Vec<String> {
    let mut short = Vec::new();
    short.extend(screen::shortage(
        "heat",
        observed.heats.len(),
        policy.min_heats,
    ));
    let asks_for_specimens = component
        .requirements
        .iter()
        .any(|part| part.demand.kind() == Kind::Property);
    if asks_for_specimens {
        short.extend(screen::shortage(
            "specimen",
            data.specimens,
            policy.min_specimens,
        ));
    }
    if data.scrap_definition.is_some() {
        let what = "distinct scrap ratio";
        short.extend(screen::shortage(
            what,
            observed.distinct,
            policy.min_scrap_ratios,
        ));
    }
    short
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
        let mandatory = |position: usize| {
            component
                .requirements
                .get(position)
                .is_some_and(|requirement| {
                    matches!(
                        requirement.demand,
                        Demand::Evidence {
                            mandatory: true,
                            ..
                        }
                    )
                })
        };
        let proof = |wanted: fn(&Proof<'_>) -> bool| {
            proofs
                .iter()
                .enumerate()
                .any(|(i, proof)| mandatory(i) && proof.as_ref().is_some_and(wanted))
        };
        let number_fails = shortages.is_empty()
            && windows
                .iter()
                .any(|window| matches!(window, Some(Window::Fails { .. })));
        Findings {
            fails: number_fails || proof(|proof| matches!(proof, Proof::Failed(_))),
            lacks: !shortages.is_empty() || screened.iter().any(|part| !part.lacking.is_empty()),
            unproven: proof(|proof| matches!(proof, Proof::None | Proof::Expired(_))),
        }
    }

    /// The first status that applies, for a window that ends at `end` where `highest` was observed.
    fn status(&self, end: Option<f64>, highest: Option<f64>) -> Status {
        if self.fails {
            Status::NotQualified
        } else if self.lacks {
            Status::InsufficientData
        } else if self.unproven {
            Status::Conditional
        } else if end.zip(highest).is_some_and(|(end, highest)| end < highest) {
            Status::QualifiedUpTo
        } else {
            Status::Qualified
        }
    }
}

/// The requirement that limits: fails; else lacks data; else ends the window first; else has the least
/// margin relative to its limit. Without tensile and chemistry requirements, the unproven evidence.
fn limiting(
    component: &Component,
    outcomes: &[RequirementOutcome],
    status: Status,
    highest: Option<f64>,
) -> Option<usize> {
    let relative_margin = |outcome: &RequirementOutcome| match (outcome.margin, outcome.limit) {
        (Some(margin), Some(limit)) if limit > 0.0 => margin / limit,
        (Some(margin), _) => margin,
        _ => f64::INFINITY,
    };
    let least = |keep: &dyn Fn(&RequirementOutcome) -> bool,
                 key: &dyn Fn(&RequirementOutcome) -> f64| {
        outcomes
            .iter()
            .enumerate()
            .filter(|(_, outcome)| keep(outcome))
            .min_by(|a, b| {
                key(a.1)
                    .total_cmp(&key(b.1))
                    .then_with(|| relative_margin(a.1).total_cmp(&relative_margin(b.1)))
            })
            .map(|(position, _)| position)
    };
    let has_number = |outcome: &RequirementOutcome| outcome.kind != Kind::Evidence;
    let unproven = |wanted: Outcome| {
        let mandatory = |requirement: &Requirement| {
            matches!(
                requirement.demand,
                Demand::Evidence {
                    mandatory: true,
                    ..
                }
            )
        };
        let mut pairs = component.requirements.iter().zip(outcomes);
        pairs.position(|(part, outcome)| mandatory(part) && outcome.outcome == wanted)
    };
    match status {
        Status::NotQualified => least(
            &|outcome| has_number(outcome) && outcome.outcome == Outcome::Fail,
            &relative_margin,
        )
        .or_else(|| unproven(Outcome::Fail)),
        Status::InsufficientData => {
            let mut lacking = outcomes.iter();
            lacking.position(|outcome| has_number(outcome) && outcome.outcome == Outcome::Missing)
        }
        Status::Qualified | Status::QualifiedUpTo | Status::Conditional => {
            let ends_early = |outcome: &RequirementOutcome| {
                outcome
                    .max_scrap_ratio
                    .zip(highest)
                    .is_some_and(|(end, high)| end < high)
            };
            least(&ends_early, &|outcome| {
                outcome.max_scrap_ratio.unwrap_or(f64::INFINITY)
            })
            .or_else(|| least(&has_number, &relative_margin))
            .or_else(|| unproven(Outcome::Missing))
        }
    }
}

#[cfg(test)]
mod tests;
