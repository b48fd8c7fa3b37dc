//! The number of one tensile or chemistry requirement as a function of the scrap ratio.

use super::component::Limit;
use super::grade_data::{Fitted, Policy};
use super::verdict::{Basis, Direction};
use super::window::{self, Window};
use crate::domain::Property;
use crate::models::Side;
use crate::models::distributions::normal_cdf;

/// Two scrap ratios closer than this are one: ratios are quotients of sums of masses and carry dust.
pub(super) const SAME_RATIO: f64 = 1e-9;

/// Where the lower confidence bound of a Cpk is looked for; what lies outside is told as the nearer end.
///
/// Far inside the upper end, at about 2.7, Φ(3c) is 1 in double precision and no bound of that content
/// exists, so no greater Cpk is ever shown.
const CPK_RANGE: (f64, f64) = (-5.0, 10.0);

/// Width at which the bisection of a Cpk stops; far below the two decimals in which one is told.
const CPK_RESOLUTION: f64 = 1e-9;

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
    /// The number to compare, before any rounding; of basis Cpk its lower confidence bound.
    pub(super) number: f64,
    /// What a capability is told with, for basis Cpk.
    pub(super) capability: Option<Capability>,
}

/// What stands beside the lower confidence bound of a Cpk.
#[derive(Clone, Copy, Debug)]
pub(super) struct Capability {
    /// The Cpk of the estimate and the scatter as they are.
    pub(super) point: f64,
    /// Confidence of the bound, in (0, 1).
    pub(super) confidence: f64,
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
        let holds = |x: f64| self.holds(x, policy);
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

    /// Whether the number can be read at `x` and is on the good side.
    fn holds(&self, x: f64, policy: &Policy) -> bool {
        if let Gauge::Fit {
            fit,
            property,
            limit,
        } = self
            && let (Basis::Cpk, Some(demanded)) = (limit.basis, limit.cpk_at_least)
        {
            // One tolerance bound answers what `read` needs some forty for.
            return Tail::of(*fit, *property, *limit, x, policy)
                .is_ok_and(|tail| tail.reaches(demanded));
        }
        self.read(x, policy)
            .is_ok_and(|reading| self.limit().holds(reading.number))
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
    let mut capability = None;
    let number = match (limit.basis, policy.content(limit.basis)) {
        // The scales rise, so a bound keeps its side and its content when it is taken back.
        (_, Some(content)) => scale.back(match side {
            Side::Lower => fit.lower_bound(x, content, policy.confidence)?,
            Side::Upper => fit.upper_bound(x, content, policy.confidence)?,
        }),
        (Basis::Cpk, None) => {
            let tail = Tail::of(fit, property, limit, x, policy)?;
            capability = Some(Capability {
                point: side.distance(modelled, tail.limit) / (3.0 * fit.sigma()),
                confidence: policy.confidence,
            });
            tail.cpk_lower(limit.cpk_at_least)
        }
        _ => estimate,
    };
    Ok(Reading {
        estimate,
        number,
        capability,
    })
}

/// The scatter of a fit at one scrap ratio against a specification limit, on the modelling scale.
struct Tail<'f, F> {
    fit: &'f F,
    x: f64,
    side: Side,
    /// The specification limit.
    limit: f64,
    confidence: f64,
}

impl<'f, F: Fitted> Tail<'f, F> {
    /// `x` is drawn into the observed range.
    ///
    /// # Errors
    ///
    /// In words, without scatter or where the fit gives no tolerance bound at all.
    fn of(
        fit: &'f F,
        property: Property,
        limit: Limit,
        x: f64,
        policy: &Policy,
    ) -> Result<Tail<'f, F>, String> {
        let sigma = fit.sigma();
        if !(sigma.is_finite() && sigma > 0.0) {
            return Err("there is no scatter to measure a capability by".to_owned());
        }
        let (low, high) = fit.x_range();
        let tail = Tail {
            fit,
            x: x.min(high).max(low),
            side: limit.direction.side(),
            limit: property.scale().forward(limit.value),
            confidence: policy.confidence,
        };
        // A bound that is refused for the median is refused for the data, not for its content.
        tail.bound(0.0)?;
        Ok(tail)
    }

    /// The tolerance bound of content Φ(3 `cpk`).
    fn bound(&self, cpk: f64) -> Result<f64, String> {
        let content = normal_cdf(3.0 * cpk);
        match self.side {
            Side::Lower => self.fit.lower_bound(self.x, content, self.confidence),
            Side::Upper => self.fit.upper_bound(self.x, content, self.confidence),
        }
    }

    /// Whether the Cpk is at least `cpk` with the confidence asked for: exactly when the tolerance bound
    /// of content Φ(3 `cpk`) keeps to the limit. A content too near 0 or 1 for a bound is not reached.
    fn reaches(&self, cpk: f64) -> bool {
        self.bound(cpk)
            .is_ok_and(|bound| self.side.distance(bound, self.limit) >= 0.0)
    }

    /// The lower confidence bound of the Cpk: the largest that [`Tail::reaches`], by bisection.
    ///
    /// Split at `demanded` first, so that the number and the answer for that Cpk never disagree in the
    /// last places.
    fn cpk_lower(&self, demanded: Option<f64>) -> f64 {
        let (mut reached, mut missed) = CPK_RANGE;
        let mut halve = |middle: f64| {
            if self.reaches(middle) {
                reached = middle;
            } else {
                missed = middle;
            }
            (reached, missed)
        };
        let (mut low, mut high) = halve(demanded.unwrap_or(0.0));
        while high - low > CPK_RESOLUTION {
            (low, high) = halve(low + (high - low) / 2.0);
        }
        low
    }
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
    Reading {
        estimate,
        number,
        capability: None,
    }
}
