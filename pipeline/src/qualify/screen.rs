//! One tensile or chemistry requirement prepared for judging: the right data, and what they lack.

use std::collections::BTreeMap;

use super::component::{Demand, Limit};
use super::conditions::{self, Conditions, Unfit};
use super::gauge::{Gauge, HeatValue};
use super::grade_data::{Fitted, GradeData, HeatData, Policy, PropertyData};
use super::phrase;
use super::power::{self, Have};
use super::verdict::{Basis, MoreHeats};
use crate::domain::Property;

/// A requirement with what is known about it.
pub(super) struct Screened<'d, F> {
    /// How to read its number; `None` when there is nothing to read.
    pub(super) gauge: Option<Gauge<'d, F>>,
    /// What is lacking for a judgement; empty when it can be judged.
    pub(super) lacking: Vec<String>,
    /// How many more heats would mend that, where heats would.
    pub(super) more: Option<MoreHeats>,
    /// Specimens, or heats for chemistry.
    pub(super) n: usize,
    /// Heats.
    pub(super) heats: usize,
    /// How many heats of those that count were measured, in words, where some were not.
    pub(super) partly: Option<String>,
    /// Name of the model.
    pub(super) model: Option<String>,
    /// The data of a property it is held against.
    pub(super) data: Option<&'d PropertyData<F>>,
}

/// The grade as a verdict looks at it.
pub(super) struct Sight<'s, 'd, F> {
    /// Everything known about it.
    pub(super) grade: &'d GradeData<F>,
    /// The heats that count, each with its scrap ratio (0 without charge records).
    pub(super) heats: &'s [(f64, &'d HeatData)],
    /// Whether fits are those without flagged specimens.
    pub(super) unflagged: bool,
    /// Minimum evidence.
    pub(super) policy: &'s Policy,
}

/// Prepares one requirement; evidence has nothing to screen.
pub(super) fn prepare<'d, F: Fitted>(demand: &Demand, sight: &Sight<'_, 'd, F>) -> Screened<'d, F> {
    let named = phrase::subject(demand);
    match demand {
        Demand::Property {
            property,
            limit,
            test_temp_c,
            ..
        } => {
            let measured = sight.grade.properties.get(property);
            let measured = measured.map_or(&[][..], Vec::as_slice);
            let chosen = conditions::select(measured, &Conditions::of(demand));
            let chosen = match temperature_mismatch(*test_temp_c, sight.grade.test_temp_c) {
                // Without specimens there is no temperature to speak of.
                Some(reason) if !measured.is_empty() => Err(Unfit {
                    reason,
                    heats_help: true,
                }),
                _ => chosen,
            };
            match chosen {
                Ok(data) => property_gauge(*property, *limit, data, sight),
                // Numbers of other conditions are not shown beside this limit at all.
                Err(Unfit { reason, heats_help }) => Screened {
                    more: heats_help
                        .then(|| sight.to_minimum(named, 0, Some(0)))
                        .flatten(),
                    ..lacking(reason)
                },
            }
        }
        Demand::Element { element, limit } => {
            sight.heat_gauge(named, *limit, |heat| heat.composition.get(element).copied())
        }
        Demand::Index { index, limit } => {
            sight.heat_gauge(named, *limit, |heat| heat.indices.get(index).copied())
        }
        Demand::Evidence { .. } => Screened {
            lacking: Vec::new(),
            ..lacking(String::new())
        },
    }
}

fn property_gauge<'d, F: Fitted>(
    property: Property,
    limit: Limit,
    data: &'d PropertyData<F>,
    sight: &Sight<'_, 'd, F>,
) -> Screened<'d, F> {
    let (mut fit, mut specimens, mut heats) = (&data.fit, data.specimens, data.heats);
    if let Some((flagged, without)) = data.without_outliers.as_ref().filter(|_| sight.unflagged) {
        fit = without;
        specimens = specimens.saturating_sub(flagged.len());
        heats = without.as_ref().map_or(heats, Fitted::heats);
    }
    let policy = sight.policy;
    let short = [
        shortage("heat", heats, policy.min_heats),
        shortage("specimen", specimens, policy.min_specimens),
    ];
    let mut screened = Screened {
        n: specimens,
        heats,
        lacking: short.into_iter().flatten().collect(),
        more: sight.to_minimum(property.symbol(), heats, Some(specimens)),
        data: Some(data),
        ..lacking(String::new())
    };
    if matches!(limit.basis, Basis::Min | Basis::Max) {
        let means = |heat: &HeatData| {
            let own: &BTreeMap<String, f64> = &data.heat_means;
            if data.conditions.is_none() {
                heat.means.get(&property).copied()
            } else {
                own.get(&heat.heat_id).copied()
            }
        };
        let values = heat_values(sight.heats, means);
        if values.is_empty() {
            screened.lacking.push("no heat mean".to_owned());
        } else {
            screened.heats = values.len();
            screened.partly = partly(values.len(), sight.heats.len());
            screened.gauge = Some(Gauge::Heats {
                heats: values,
                limit,
            });
        }
        return screened;
    }
    match fit {
        Ok(fit) => {
            (screened.n, screened.heats) = (fit.n(), fit.heats());
            screened.model = Some(fit.model());
            screened.gauge = Some(Gauge::Fit {
                fit,
                property,
                limit,
            });
        }
        Err(refusal) => {
            let reason = format!("no fit was made: {refusal}");
            screened.lacking.push(reason);
        }
    }
    screened
}

impl<'d, F: Fitted> Sight<'_, 'd, F> {
    /// A requirement on one number per heat.
    fn heat_gauge(
        &self,
        named: &str,
        limit: Limit,
        value: impl Fn(&HeatData) -> Option<f64>,
    ) -> Screened<'d, F> {
        let values = heat_values(self.heats, value);
        let more = self.to_minimum(named, values.len(), None);
        if values.is_empty() {
            return Screened {
                more,
                ..lacking("not measured".to_owned())
            };
        }
        let short = shortage("heat", values.len(), self.policy.min_heats);
        Screened {
            n: values.len(),
            heats: values.len(),
            partly: partly(values.len(), self.heats.len()),
            lacking: short.into_iter().collect(),
            more,
            gauge: Some(Gauge::Heats {
                heats: values,
                limit,
            }),
            ..lacking(String::new())
        }
    }

    /// The heats that are missing to the minimum for `whom`.
    fn to_minimum(&self, whom: &str, heats: usize, specimens: Option<usize>) -> Option<MoreHeats> {
        let have = Have {
            heats,
            specimens,
            scrap_ratios: None,
        };
        let per_heat = power::per_heat(self.grade.specimens, self.heats.len(), self.policy);
        power::to_minimum(whom, have, per_heat, self.policy)
    }
}

/// Nothing to read, for one reason.
fn lacking<'d, F>(reason: String) -> Screened<'d, F> {
    Screened {
        gauge: None,
        lacking: vec![reason],
        more: None,
        n: 0,
        heats: 0,
        partly: None,
        model: None,
        data: None,
    }
}

/// `measured on 5 of 40 heats`, or nothing when all were.
fn partly(measured: usize, heats: usize) -> Option<String> {
    (measured < heats).then(|| format!("measured on {measured} of {heats} heats"))
}

/// `needs 2 more heats (3 of 5)`, or nothing when there are enough.
pub(super) fn shortage(what: &str, have: usize, need: usize) -> Option<String> {
    let more = need.checked_sub(have).filter(|more| *more > 0)?;
    let plural = if more == 1 { "" } else { "s" };
    Some(format!(
        "needs {more} more {what}{plural} ({have} of {need})"
    ))
}

fn temperature_mismatch(window: [f64; 2], tested: (f64, f64)) -> Option<String> {
    let inside = tested.0 >= window[0] && tested.1 <= window[1];
    (!inside).then(|| {
        format!(
            "the limit is for {} to {} °C, the specimens were tested at {} to {} °C",
            window[0], window[1], tested.0, tested.1
        )
    })
}

/// Finite values of the heats that have one, by scrap ratio, then id.
fn heat_values<'d>(
    heats: &[(f64, &'d HeatData)],
    value: impl Fn(&HeatData) -> Option<f64>,
) -> Vec<HeatValue<'d>> {
    let mut values: Vec<HeatValue<'d>> = heats
        .iter()
        .filter_map(|&(ratio, heat)| {
            let value = value(heat).filter(|value| value.is_finite())?;
            Some(HeatValue {
                ratio,
                value,
                heat_id: &heat.heat_id,
            })
        })
        .collect();
    values.sort_by(|a, b| {
        a.ratio
            .total_cmp(&b.ratio)
            .then_with(|| a.heat_id.cmp(b.heat_id))
    });
    values
}
