//! One tensile or chemistry requirement held against a grade's data: the number and its limit.

use super::component::{Demand, Limit};
use super::grade_data::{Fitted, GradeData, HeatData, Policy, PropertyData};
use super::verdict::{Basis, Direction};
use super::vocabulary::ElongationType;
use super::window::{self, Window};
use crate::domain::rounding::half_even;
use crate::domain::{Element, Property};

/// Relative distance within which two numbers are the same: sums and logarithms leave binary dust in
/// the last places, and a heat at exactly the limit must not fail for it.
const DUST: f64 = 1e-12;

/// Two scrap ratios closer than this are one: ratios are quotients of sums of masses and carry dust too.
pub(super) const SAME_RATIO: f64 = 1e-9;

/// A requirement's number as a function of the scrap ratio.
pub(super) enum Gauge<'d, F> {
    /// Read off a fit.
    Fit {
        /// The fit.
        fit: &'d F,
        /// Its property, for the scale.
        property: Property,
        /// The limit.
        limit: Limit,
    },
    /// Every heat up to the scrap ratio, or (basis mean) all of them.
    Heats {
        /// By scrap ratio, then id.
        heats: Vec<HeatValue<'d>>,
        /// The limit.
        limit: Limit,
    },
}

/// One number of one heat.
#[derive(Clone, Copy, Debug)]
pub(super) struct HeatValue<'d> {
    /// Scrap ratio; 0 for a grade without charge records.
    pub(super) ratio: f64,
    /// Mass fraction or mean property.
    pub(super) value: f64,
    /// The heat.
    pub(super) heat_id: &'d str,
}

/// What a gauge shows at one scrap ratio, on the measured scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Fitted mean (median of a log-scale property) or mean of the heats.
    pub(super) estimate: f64,
    /// The number to compare, before any rounding.
    pub(super) number: f64,
}

/// A requirement with what is known about it.
pub(super) struct Screened<'d, F> {
    /// How to read its number; `None` when there is nothing to read.
    pub(super) gauge: Option<Gauge<'d, F>>,
    /// What is lacking for a judgement; empty when it can be judged.
    pub(super) lacking: Vec<String>,
    /// Specimens, or heats for chemistry.
    pub(super) n: usize,
    /// Heats.
    pub(super) heats: usize,
    /// Name of the model.
    pub(super) model: Option<String>,
}

impl Limit {
    /// The number as it is compared: rounded when the rule says so.
    pub(super) fn compared(&self, number: f64) -> f64 {
        self.rounded_to
            .map_or(number, |digits| half_even(number, digits))
    }

    /// Distance from the limit, positive on the good side.
    pub(super) fn margin(&self, number: f64) -> f64 {
        let compared = self.compared(number);
        match self.direction {
            Direction::AtLeast => compared - self.value,
            Direction::AtMost => self.value - compared,
        }
    }

    /// Whether the number is on the good side; the limit itself is. NaN is not.
    pub(super) fn holds(&self, number: f64) -> bool {
        self.margin(number) >= -DUST * self.value.abs()
    }
}

/// Prepares one tensile or chemistry requirement; evidence has nothing to screen.
pub(super) fn prepare<'d, F: Fitted>(
    demand: &Demand,
    data: &'d GradeData<F>,
    heats: &[(f64, &'d HeatData)],
    policy: &Policy,
) -> Screened<'d, F> {
    match demand {
        Demand::Property {
            property,
            limit,
            test_temp_c,
            elongation_type,
        } => {
            let screened = property_gauge(*property, *limit, data, heats, policy);
            let mismatch = temperature_mismatch(*test_temp_c, data.test_temp_c)
                .or_else(|| elongation_mismatch(*elongation_type, data.properties.get(property)?));
            match mismatch {
                // Numbers of other conditions are not shown beside this limit at all.
                Some(reason) => Screened {
                    gauge: None,
                    lacking: vec![reason],
                    ..screened
                },
                None => screened,
            }
        }
        Demand::Element { element, limit } => element_gauge(element, *limit, heats, policy),
        Demand::Evidence { .. } => Screened {
            gauge: None,
            lacking: Vec::new(),
            n: 0,
            heats: 0,
            model: None,
        },
    }
}

fn property_gauge<'d, F: Fitted>(
    property: Property,
    limit: Limit,
    data: &'d GradeData<F>,
    heats: &[(f64, &'d HeatData)],
    policy: &Policy,
) -> Screened<'d, F> {
    let measured = data
        .properties
        .get(&property)
        .filter(|measured| measured.specimens > 0);
    let Some(measured) = measured else {
        return not_measured();
    };
    let mut lacking = Vec::new();
    lacking.extend(shortage("heat", measured.heats, policy.min_heats));
    lacking.extend(shortage(
        "specimen",
        measured.specimens,
        policy.min_specimens,
    ));
    if matches!(limit.basis, Basis::Min | Basis::Max) {
        let heats = heat_values(heats, |heat| heat.means.get(&property).copied());
        if heats.is_empty() {
            lacking.push("no heat mean".to_owned());
        }
        return Screened {
            n: measured.specimens,
            heats: heats.len(),
            gauge: (!heats.is_empty()).then_some(Gauge::Heats { heats, limit }),
            lacking,
            model: None,
        };
    }
    match &measured.fit {
        Ok(fit) => Screened {
            n: fit.n(),
            heats: fit.heats(),
            model: Some(fit.model()),
            gauge: Some(Gauge::Fit {
                fit,
                property,
                limit,
            }),
            lacking,
        },
        Err(refusal) => {
            lacking.push(format!("no fit was made: {refusal}"));
            Screened {
                n: measured.specimens,
                heats: measured.heats,
                model: None,
                gauge: None,
                lacking,
            }
        }
    }
}

fn element_gauge<'d, F>(
    element: &Element,
    limit: Limit,
    heats: &[(f64, &'d HeatData)],
    policy: &Policy,
) -> Screened<'d, F> {
    let values = heat_values(heats, |heat| heat.composition.get(element).copied());
    if values.is_empty() {
        return not_measured();
    }
    Screened {
        n: values.len(),
        heats: values.len(),
        model: None,
        lacking: shortage("heat", values.len(), policy.min_heats)
            .into_iter()
            .collect(),
        gauge: Some(Gauge::Heats {
            heats: values,
            limit,
        }),
    }
}

fn not_measured<'d, F>() -> Screened<'d, F> {
    let lacking = vec!["not measured".to_owned()];
    Screened {
        gauge: None,
        lacking,
        n: 0,
        heats: 0,
        model: None,
    }
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

fn elongation_mismatch<F>(
    wanted: Option<ElongationType>,
    measured: &PropertyData<F>,
) -> Option<String> {
    let wanted = wanted?;
    match measured.elongation_type.as_deref() {
        Some(given) if given == wanted.as_str() => None,
        Some(given) => Some(format!(
            "the limit is for {wanted}, the specimens give {given}"
        )),
        None => Some(format!(
            "the limit is for {wanted}, the specimens give no or several elongation types"
        )),
    }
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

impl<F: Fitted> Gauge<'_, F> {
    /// Lowest and highest scrap ratio it can be read at.
    pub(super) fn range(&self) -> (f64, f64) {
        match self {
            Gauge::Fit { fit, .. } => fit.x_range(),
            Gauge::Heats { heats, .. } => {
                let ratio = |heat: Option<&HeatValue<'_>>| heat.map_or(f64::NAN, |heat| heat.ratio);
                (ratio(heats.first()), ratio(heats.last()))
            }
        }
    }

    /// Whether its number depends on the scrap ratio; the mean of all heats does not.
    pub(super) fn depends_on_scrap(&self) -> bool {
        !matches!(
            self,
            Gauge::Heats {
                limit: Limit {
                    basis: Basis::Mean,
                    ..
                },
                ..
            }
        )
    }

    /// The number at scrap ratio `x`, which is drawn into the observed range: never beyond it.
    pub(super) fn read(&self, x: f64, policy: &Policy) -> Result<Reading, String> {
        let reading = match self {
            Gauge::Fit {
                fit,
                property,
                limit,
            } => read_fit(*fit, *property, *limit, x, policy)?,
            Gauge::Heats { heats, limit } => read_heats(heats, *limit, x),
        };
        if reading.number.is_nan() {
            return Err("the number compared is not defined".to_owned());
        }
        Ok(reading)
    }

    /// The limit it is held against.
    pub(super) fn limit(&self) -> &Limit {
        match self {
            Gauge::Fit { limit, .. } | Gauge::Heats { limit, .. } => limit,
        }
    }

    /// Why it could not be read just beyond `end`, where its window ended for that.
    pub(super) fn refusal_beyond(&self, end: f64, policy: &Policy) -> Option<String> {
        let beyond = end + 2.0 * window::RESOLUTION;
        (beyond < self.range().1)
            .then(|| self.read(beyond, policy).err())
            .flatten()
    }

    /// How far it lets the window go from `start`.
    pub(super) fn window(&self, start: f64, policy: &Policy) -> Window {
        let holds = |x: f64| {
            self.read(x, policy)
                .is_ok_and(|reading| self.limit().holds(reading.number))
        };
        let (_, end) = self.range();
        match self {
            Gauge::Fit { .. } => window::of_function(start, end.max(start), holds),
            Gauge::Heats { heats, limit } => {
                let mut ratios = vec![start];
                ratios.extend(
                    heats
                        .iter()
                        .map(|heat| heat.ratio)
                        .filter(|ratio| *ratio > start),
                );
                match window::of_heats(&ratios, holds) {
                    Window::UpTo(end) => Window::UpTo(end),
                    Window::Fails { .. } => Window::Fails {
                        holds_higher: heats
                            .iter()
                            .any(|heat| heat.ratio > start && limit.holds(heat.value)),
                    },
                }
            }
        }
    }

    /// The first heat, by scrap ratio, on the wrong side of the limit of an every-heat basis.
    pub(super) fn first_offender(&self) -> Option<HeatValue<'_>> {
        match self {
            Gauge::Heats { heats, limit } if self.depends_on_scrap() => {
                heats.iter().find(|heat| !limit.holds(heat.value)).copied()
            }
            _ => None,
        }
    }
}

fn read_fit<F: Fitted>(
    fit: &F,
    property: Property,
    limit: Limit,
    x: f64,
    policy: &Policy,
) -> Result<Reading, String> {
    let (low, high) = fit.x_range();
    let x = x.min(high).max(low);
    let scale = property.scale();
    let estimate = scale.back(fit.estimate(x));
    let content = match limit.basis {
        Basis::A => policy.content_a,
        Basis::B => policy.content_b,
        Basis::Mean | Basis::Min | Basis::Max => {
            return Ok(Reading {
                estimate,
                number: estimate,
            });
        }
    };
    // The scales rise, so a bound keeps its side and its content when it is taken back.
    let number = match limit.direction {
        Direction::AtLeast => fit.lower_bound(x, content, policy.confidence)?,
        Direction::AtMost => fit.upper_bound(x, content, policy.confidence)?,
    };
    Ok(Reading {
        estimate,
        number: scale.back(number),
    })
}

fn read_heats(heats: &[HeatValue<'_>], limit: Limit, x: f64) -> Reading {
    let lowest = heats.first().map_or(x, |heat| heat.ratio);
    let end = x.max(lowest) + SAME_RATIO;
    let everywhere = limit.basis == Basis::Mean;
    let in_window = || {
        heats
            .iter()
            .filter(move |heat| everywhere || heat.ratio <= end)
            .map(|heat| heat.value)
    };
    let count = in_window().count();
    // Summed in the order of ratio and id, so the last digit does not depend on the order of rows.
    let estimate = in_window().sum::<f64>() / count as f64;
    let number = match limit.basis {
        Basis::Mean | Basis::A | Basis::B => estimate,
        Basis::Min => in_window().fold(f64::INFINITY, f64::min),
        Basis::Max => in_window().fold(f64::NEG_INFINITY, f64::max),
    };
    Reading { estimate, number }
}
