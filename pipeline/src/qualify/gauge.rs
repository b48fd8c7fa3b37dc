//! The number of one tensile or chemistry requirement as a function of the scrap ratio.

use super::component::Limit;
use super::grade_data::{Fitted, Policy};
use super::verdict::{Basis, Direction};
use super::window::{self, Window};
use crate::domain::Property;
use crate::models::Side;

/// Two scrap ratios closer than this are one: ratios are quotients of sums of masses and carry dust.
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
    /// Mass fraction, index or mean property.
    pub(super) value: f64,
    /// The heat.
    pub(super) heat_id: &'d str,
}

/// What a gauge shows at one scrap ratio, on the measured scale.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    /// Fitted mean (median of a log-scale property) or mean of the heats.
    pub(super) estimate: f64,
    /// The number to compare, before any rounding; of basis Cpk the Cpk.
    pub(super) number: f64,
}

impl Direction {
    /// The side of the scatter that a limit in this direction guards.
    pub(super) fn side(self) -> Side {
        match self {
            Direction::AtLeast => Side::Lower,
            Direction::AtMost => Side::Upper,
        }
    }
}

impl Policy {
    /// The share of specimens a tolerance bound of this basis speaks of; `None` for other bases.
    pub(super) fn content(&self, basis: Basis) -> Option<f64> {
        match basis {
            Basis::A => Some(self.content_a),
            Basis::B => Some(self.content_b),
            Basis::Mean | Basis::Min | Basis::Max | Basis::Cpk => None,
        }
    }
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
    let modelled = fit.estimate(x);
    let estimate = scale.back(modelled);
    let side = limit.direction.side();
    let number = match (limit.basis, policy.content(limit.basis)) {
        // The scales rise, so a bound keeps its side and its content when it is taken back.
        (_, Some(content)) => scale.back(match side {
            Side::Lower => fit.lower_bound(x, content, policy.confidence)?,
            Side::Upper => fit.upper_bound(x, content, policy.confidence)?,
        }),
        (Basis::Cpk, None) => {
            let sigma = fit.sigma();
            if !(sigma.is_finite() && sigma > 0.0) {
                return Err("there is no scatter to measure a capability by".to_owned());
            }
            side.distance(modelled, scale.forward(limit.value)) / (3.0 * sigma)
        }
        _ => estimate,
    };
    Ok(Reading { estimate, number })
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
        Basis::Mean | Basis::A | Basis::B | Basis::Cpk => estimate,
        Basis::Min => in_window().fold(f64::INFINITY, f64::min),
        Basis::Max => in_window().fold(f64::NEG_INFINITY, f64::max),
    };
    Reading { estimate, number }
}
