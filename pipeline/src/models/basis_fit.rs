//! The fit behind a basis report, of whichever method, and what the report takes from it.

use super::anova_bound::AnovaFit;
use super::basis::{BasisReport, BoundEntry, IntervalEntry, Variance};
use super::basis_choice::{by_size, check_independence};
use super::basis_request::{Method, Request, Sample};
use super::design::{Design, Predictor};
use super::diagnostics::{self, Diagnostic};
use super::double_double::mean;
use super::error::ModelError;
use super::goodness_of_fit::{anderson_darling_lognormal, anderson_darling_weibull};
use super::heat_fit::{HeatFit, Model};
use super::independent::IndependentFit;
use super::k_sample::anderson_darling_k_sample;
use super::random_heats::{Observations, fit};
use super::sample_bounds::lognormal::LognormalFit;
use super::sample_bounds::weibull::WeibullFit;
use super::sample_bounds::{hanson_koopmans, nonparametric};
use super::side::Side;

/// A fit of any method.
pub(super) enum Fitted {
    /// Mean or line with random heats.
    Heats(Box<HeatFit>),
    /// One-way layout.
    Anova(AnovaFit),
    /// Normal sample, or regression where `on_x`.
    Independent {
        fit: Box<IndependentFit>,
        on_x: bool,
    },
    /// Lognormal sample.
    Lognormal(Box<LognormalFit>),
    /// Weibull sample.
    Weibull(Box<WeibullFit>),
    /// Order statistics, which have nothing to fit.
    Ordered(Method),
}

/// Estimate, bound and k.
type Found = (f64, f64, f64);

/// Up to so many heats, or with a heat that holds more than this share of the specimens, the usual bound
/// was seen to strain in simulations (`tests/bench/coverage`).
const FEW_HEATS: usize = 5;
const LARGE_SHARE: f64 = 0.3;

/// Specimens of the largest heat over all.
fn largest_share(sample: &Sample<'_>) -> f64 {
    let heats = sample.heats.unwrap_or_default();
    let mut sizes = std::collections::BTreeMap::new();
    heats
        .iter()
        .for_each(|heat| *sizes.entry(heat).or_insert(0.0) += 1.0);
    sizes.into_values().fold(0.0, f64::max) / heats.len().max(1) as f64
}

impl Fitted {
    /// Fits the method to the sample.
    ///
    /// # Errors
    /// What the method refuses; heats that differ, for methods that need independent specimens.
    pub(super) fn new(
        sample: &Sample<'_>,
        method: Method,
        degree: u32,
    ) -> Result<Fitted, ModelError> {
        if matches!(
            method,
            Method::Weibull | Method::HansonKoopmans | Method::Nonparametric
        ) && let Some(heats) = sample.heats
        {
            check_independence(method, sample.y, heats)?;
        }
        let line = sample.x.filter(|_| degree > 0);
        match (method, sample.heats) {
            (Method::RandomHeats, Some(heats)) => {
                let x = sample.x.filter(|x| x.len() == sample.y.len());
                let observations = Observations {
                    y: sample.y.to_vec(),
                    x: x.map_or_else(|| vec![0.0; sample.y.len()], <[f64]>::to_vec),
                    heats: heats.to_vec(),
                };
                let model = Model::of_degree(line.map_or(0, |_| degree));
                fit(&observations, model).map(|fit| Fitted::Heats(Box::new(fit)))
            }
            (Method::Anova, Some(heats)) => AnovaFit::new(sample.y, heats).map(Fitted::Anova),
            (Method::Lognormal, _) => {
                LognormalFit::new(sample.y).map(|fit| Fitted::Lognormal(Box::new(fit)))
            }
            (Method::Weibull, _) => {
                WeibullFit::new(sample.y).map(|fit| Fitted::Weibull(Box::new(fit)))
            }
            (Method::HansonKoopmans | Method::Nonparametric, _) => Ok(Fitted::Ordered(method)),
            (Method::Regression, _) if line.is_some() => {
                let predictor = Predictor {
                    name: "x".to_owned(),
                    values: line.unwrap_or_default().to_vec(),
                };
                let design = Design::polynomial(predictor, degree, true);
                let fit = Box::new(IndependentFit::new(&design, sample.y)?);
                Ok(Fitted::Independent { fit, on_x: true })
            }
            _ => {
                let fit = Box::new(IndependentFit::new(&Design::mean(), sample.y)?);
                Ok(Fitted::Independent { fit, on_x: false })
            }
        }
    }

    /// Fills in everything that depends on the fit.
    pub(super) fn fill(&self, sample: &Sample<'_>, request: &Request, report: &mut BasisReport) {
        for at in self.points(sample, request) {
            for content in request.contents() {
                match self.bound(sample, request, at, content) {
                    Ok(entry) => report.bounds.push(entry),
                    Err(error) => report.warnings.push(error.to_string()),
                }
            }
            report
                .intervals
                .extend(self.interval(at, request.confidence));
        }
        // Two contents refused for the same reason are one warning.
        report.warnings.dedup();
        report.variance = self.variance();
        report.warnings.extend(self.cautions(sample, request));
        report.diagnostics = self.diagnostics(sample);
    }

    /// The x column, if the fit has a slope on it.
    fn on_x<'a>(&self, sample: &Sample<'a>) -> Option<&'a [f64]> {
        let on_x = match self {
            Fitted::Heats(fit) => fit.model != Model::Mean,
            Fitted::Independent { on_x, .. } => *on_x,
            _ => false,
        };
        sample.x.filter(|_| on_x)
    }

    /// Where bounds are wanted: as asked, else smallest, mean and largest x; `None` without x.
    fn points(&self, sample: &Sample<'_>, request: &Request) -> Vec<Option<f64>> {
        let Some(x) = self.on_x(sample) else {
            return vec![None];
        };
        if !request.at.is_empty() {
            return request.at.iter().copied().map(Some).collect();
        }
        let low = x.iter().copied().fold(f64::INFINITY, f64::min);
        let high = x.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Rounding must not carry the mean outside the range.
        vec![
            Some(low),
            Some(mean(x).to_f64().clamp(low, high)),
            Some(high),
        ]
    }

    fn bound(
        &self,
        sample: &Sample<'_>,
        request: &Request,
        at: Option<f64>,
        content: f64,
    ) -> Result<BoundEntry, ModelError> {
        let (side, confidence) = (request.side, request.confidence);
        let method = match self {
            Fitted::Heats(_) => Method::RandomHeats,
            Fitted::Anova(_) => Method::Anova,
            Fitted::Independent { on_x: true, .. } => Method::Regression,
            Fitted::Independent { on_x: false, .. } => Method::Normal,
            Fitted::Lognormal(_) => Method::Lognormal,
            Fitted::Weibull(_) => Method::Weibull,
            Fitted::Ordered(_) if request.method == Method::Auto => {
                by_size(sample.y.len(), content, confidence)?
            }
            Fitted::Ordered(method) => *method,
        };
        let (estimate, bound, k) = match self {
            Fitted::Heats(fit) => of_heats(fit, side, at.unwrap_or_default(), content, confidence),
            Fitted::Anova(fit) => fit
                .bound(side, content, confidence)
                .map(|found| (found.estimate, found.bound, found.k)),
            Fitted::Independent { fit, .. } => {
                let point: Vec<f64> = at.into_iter().collect();
                match side {
                    Side::Lower => fit.lower_bound(&point, content, confidence),
                    Side::Upper => fit.upper_bound(&point, content, confidence),
                }
                .map(|found| (found.estimate, found.bound, found.k))
            }
            Fitted::Lognormal(_) | Fitted::Weibull(_) | Fitted::Ordered(_) => {
                let y = sample.y;
                match self {
                    Fitted::Lognormal(fit) => fit.bound(side, content, confidence),
                    Fitted::Weibull(fit) => fit.bound(side, content, confidence),
                    _ if method == Method::Nonparametric => {
                        nonparametric::bound(y, side, content, confidence)
                    }
                    _ => hanson_koopmans::bound(y, side, content, confidence),
                }
                .map(|found| (found.estimate, found.bound, found.k))
            }
        }?;
        Ok(BoundEntry {
            at,
            content,
            confidence,
            estimate,
            bound,
            k,
            method: method.as_str(),
        })
    }

    /// Intervals of the methods that have them; `None` also where the bounds were refused, which has
    /// been said already.
    fn interval(&self, at: Option<f64>, confidence: f64) -> Option<IntervalEntry> {
        let (mean, next) = match self {
            Fitted::Independent { fit, .. } => {
                let point: Vec<f64> = at.into_iter().collect();
                (
                    fit.confidence_interval(&point, confidence).ok()?,
                    fit.prediction_interval(&point, confidence).ok()?,
                )
            }
            Fitted::Lognormal(fit) => (
                fit.confidence_interval(confidence).ok()?,
                fit.prediction_interval(confidence).ok()?,
            ),
            _ => return None,
        };
        Some(IntervalEntry {
            at,
            confidence,
            mean,
            next,
        })
    }

    fn variance(&self) -> Variance {
        match self {
            Fitted::Heats(fit) if fit.separable => Variance {
                between: Some(fit.between_variance),
                within: Some(fit.within_variance),
            },
            Fitted::Anova(fit) => Variance {
                between: Some(fit.between_variance),
                within: Some(fit.within_variance),
            },
            Fitted::Independent { fit, .. } => Variance {
                between: None,
                within: Some(fit.sigma() * fit.sigma()),
            },
            _ => Variance::default(),
        }
    }

    fn cautions(&self, sample: &Sample<'_>, request: &Request) -> Vec<String> {
        let mut cautions = Vec::new();
        match self {
            Fitted::Heats(fit) if !fit.separable => cautions.push(
                "one specimen per heat: scatter between and within heats cannot be told apart, \
                 the bound treats heats as independent"
                    .to_owned(),
            ),
            Fitted::Heats(fit) if fit.within_variance <= 0.0 => cautions.push(
                "specimens of one heat never differ: was one value copied to all of them?"
                    .to_owned(),
            ),
            Fitted::Heats(fit) if fit.heats <= FEW_HEATS || largest_share(sample) > LARGE_SHARE => {
                cautions.push(
                    "so few or so unequal heats: the usual bound may hold in less than 93 % of labs; \
                     `regrade run` takes a pivotal one there"
                        .to_owned(),
                );
            }
            Fitted::Heats(_) => {}
            Fitted::Anova(fit) => cautions.extend(fit.warnings()),
            _ if sample.heats.is_some() => cautions.push(format!(
                "specimens of one heat were treated as independent: the bound is too {} where \
                 heats differ",
                match request.side {
                    Side::Lower => "high",
                    Side::Upper => "low",
                }
            )),
            _ => {}
        }
        if self.on_x(sample).is_none() && !request.at.is_empty() {
            cautions.push("the model has no x: the points asked for were ignored".to_owned());
        }
        cautions
    }

    fn diagnostics(&self, sample: &Sample<'_>) -> Vec<Diagnostic> {
        let residuals = self.residuals(sample);
        let mut all = vec![diagnostics::max_normed_residual(&residuals)];
        if let Some(heats) = sample.heats {
            all.push(diagnostics::max_normed_residual_within_heats(
                &residuals, heats,
            ));
        }
        all.push(match self {
            Fitted::Lognormal(_) => anderson_darling_lognormal(sample.y),
            Fitted::Weibull(_) => anderson_darling_weibull(sample.y),
            _ => diagnostics::anderson_darling_normal(&residuals),
        });
        if let Some(heats) = sample.heats {
            // Heats that differ contradict no model that has heats in it.
            if !matches!(self, Fitted::Heats(_) | Fitted::Anova(_)) {
                all.push(anderson_darling_k_sample(&residuals, heats));
            }
            all.push(diagnostics::brown_forsythe(&residuals, heats));
        }
        all
    }

    /// What the assumptions are about: residuals, or the values themselves where only their order
    /// or shape is fitted.
    fn residuals(&self, sample: &Sample<'_>) -> Vec<f64> {
        match self {
            Fitted::Heats(fit) => {
                let x = sample
                    .x
                    .map_or_else(|| vec![0.0; sample.y.len()], <[f64]>::to_vec);
                sample
                    .y
                    .iter()
                    .zip(x)
                    .map(|(y, x)| y - fit.estimate(x))
                    .collect()
            }
            Fitted::Independent { fit, .. } => fit.least_squares().residuals.clone(),
            Fitted::Lognormal(fit) => fit.of_logarithms().least_squares().residuals.clone(),
            Fitted::Anova(fit) => sample.y.iter().map(|y| y - fit.mean).collect(),
            Fitted::Weibull(_) | Fitted::Ordered(_) => sample.y.to_vec(),
        }
    }
}

fn of_heats(
    fit: &HeatFit,
    side: Side,
    at: f64,
    content: f64,
    confidence: f64,
) -> Result<Found, ModelError> {
    match side {
        Side::Lower => fit.lower_bound(at, content, confidence),
        Side::Upper => fit.upper_bound(at, content, confidence),
    }
    .map(|found| (found.estimate, found.bound, found.k))
}
