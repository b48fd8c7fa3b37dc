//! Basis values of one group of measurements: the library behind `regrade basis`.
//!
//! In: a [`Sample`] and a [`Request`]. Out: a [`BasisReport`] whose JSON keys other programs may
//! rely on. A request that makes no sense is an error; a model that the data refuse is a report
//! without bounds whose `warnings` say why, so that one bad group does not hide the others.

use serde::Serialize;

use super::basis_request::{check, choose};
use super::design::{Design, Predictor};
use super::diagnostics::{self, Diagnostic};
use super::double_double::mean;
use super::error::ModelError;
use super::heat_fit::{HeatFit, Model};
use super::independent::IndependentFit;
use super::random_heats::{Observations, fit};

pub use super::basis_request::{A_BASIS, B_BASIS, BASIS_CONFIDENCE, Method, Request, Sample};

/// One lower bound.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct BoundEntry {
    /// x; null without x.
    pub at: Option<f64>,
    /// Share of specimens that lie above.
    pub content: f64,
    /// Confidence of that claim.
    pub confidence: f64,
    /// The estimated mean.
    pub estimate: f64,
    /// The bound.
    pub bound: f64,
    /// (estimate − bound) over the residual standard deviation of the plain regression.
    pub k: f64,
}

/// Variances in squared units of y.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Variance {
    /// Between heats; null where heats are not part of the model or cannot be told apart.
    pub between: Option<f64>,
    /// Within heats, or of independent specimens; null where it cannot be told apart.
    pub within: Option<f64>,
}

/// What `regrade basis --format json` prints per group.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BasisReport {
    /// Name of the group.
    pub group: String,
    /// `normal`, `regression` or `random-heats`.
    pub method: String,
    /// Specimens.
    pub n: usize,
    /// Heats; null when none were given.
    pub groups: Option<usize>,
    /// Bounds, by x and then content A before B; empty when the model was refused.
    pub bounds: Vec<BoundEntry>,
    /// Estimated variances.
    pub variance: Variance,
    /// Tests of the assumptions.
    pub diagnostics: Vec<Diagnostic>,
    /// What the reader must know, refusals first.
    pub warnings: Vec<String>,
}

impl BasisReport {
    /// Whether the model was refused, so that there is not a single bound.
    pub fn refused(&self) -> bool {
        self.bounds.is_empty()
    }
}

/// Lower bounds, variances and diagnostics of one group.
///
/// # Errors
/// Requests that make no sense, see [`ModelError::is_usage`]. Data that refuse the model give a
/// report without bounds.
pub fn basis(sample: &Sample<'_>, request: &Request) -> Result<BasisReport, ModelError> {
    check(sample, request)?;
    let method = choose(sample, request)?;
    let mut report = BasisReport {
        group: sample.group.to_owned(),
        method: method.to_string(),
        n: sample.y.len(),
        groups: sample.heats.map(distinct),
        bounds: Vec::new(),
        variance: Variance::default(),
        diagnostics: Vec::new(),
        warnings: Vec::new(),
    };
    match fitted(sample, request, method) {
        Ok(fitted) => fitted.fill(sample, request, &mut report),
        Err(error) if error.is_usage() => return Err(error),
        Err(error) => report.warnings.push(format!("{method} refused: {error}")),
    }
    Ok(report)
}

/// A fit of either kind.
enum Fitted {
    Heats(Box<HeatFit>),
    Independent {
        fit: Box<IndependentFit>,
        on_x: bool,
    },
}

fn fitted(sample: &Sample<'_>, request: &Request, method: Method) -> Result<Fitted, ModelError> {
    let line = sample.x.filter(|_| request.degree > 0);
    match (method, sample.heats) {
        (Method::RandomHeats, Some(heats)) => {
            let observations = Observations {
                y: sample.y.to_vec(),
                x: sample
                    .x
                    .map_or_else(|| vec![0.0; sample.y.len()], <[f64]>::to_vec),
                heats: heats.to_vec(),
            };
            let model = if line.is_some() {
                Model::Linear
            } else {
                Model::Mean
            };
            fit(&observations, model).map(|fit| Fitted::Heats(Box::new(fit)))
        }
        (Method::Regression, _) if line.is_some() => {
            let values = line.unwrap_or_default().to_vec();
            let predictor = Predictor {
                name: "x".to_owned(),
                values,
            };
            let design = Design::polynomial(predictor, request.degree, true);
            let fit = Box::new(IndependentFit::new(&design, sample.y)?);
            Ok(Fitted::Independent { fit, on_x: true })
        }
        _ => {
            let fit = Box::new(IndependentFit::new(&Design::mean(), sample.y)?);
            Ok(Fitted::Independent { fit, on_x: false })
        }
    }
}

impl Fitted {
    fn fill(&self, sample: &Sample<'_>, request: &Request, report: &mut BasisReport) {
        let contents = request
            .content
            .map_or_else(|| vec![A_BASIS, B_BASIS], |c| vec![c]);
        for at in self.points(sample, request) {
            for &content in &contents {
                match self.bound(at, content, request.confidence) {
                    Ok(entry) => report.bounds.push(entry),
                    Err(error) => report.warnings.push(error.to_string()),
                }
            }
        }
        // Two contents refused for the same reason are one warning.
        report.warnings.dedup();
        report.variance = self.variance();
        report.warnings.extend(self.cautions(sample, request));
        let residuals = self.residuals(sample);
        report
            .diagnostics
            .push(diagnostics::max_normed_residual(&residuals));
        if let Some(heats) = sample.heats {
            report
                .diagnostics
                .push(diagnostics::max_normed_residual_within_heats(
                    &residuals, heats,
                ));
        }
        report
            .diagnostics
            .push(diagnostics::anderson_darling_normal(&residuals));
        if let Some(heats) = sample.heats {
            report
                .diagnostics
                .push(diagnostics::brown_forsythe(&residuals, heats));
        }
    }

    /// The x column, if the fit has a slope on it.
    fn on_x<'a>(&self, sample: &Sample<'a>) -> Option<&'a [f64]> {
        let on_x = match self {
            Fitted::Heats(fit) => fit.model == Model::Linear,
            Fitted::Independent { on_x, .. } => *on_x,
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
        at: Option<f64>,
        content: f64,
        confidence: f64,
    ) -> Result<BoundEntry, ModelError> {
        let (estimate, bound, k) = match self {
            Fitted::Heats(fit) => {
                let found = fit.lower_bound(at.unwrap_or_default(), content, confidence)?;
                (found.estimate, found.bound, found.k)
            }
            Fitted::Independent { fit, .. } => {
                let point: Vec<f64> = at.into_iter().collect();
                let found = fit.lower_bound(&point, content, confidence)?;
                (found.estimate, found.bound, found.k)
            }
        };
        Ok(BoundEntry {
            at,
            content,
            confidence,
            estimate,
            bound,
            k,
        })
    }

    fn variance(&self) -> Variance {
        match self {
            Fitted::Heats(fit) if fit.separable => Variance {
                between: Some(fit.between_variance),
                within: Some(fit.within_variance),
            },
            Fitted::Heats(_) => Variance::default(),
            Fitted::Independent { fit, .. } => Variance {
                between: None,
                within: Some(fit.sigma() * fit.sigma()),
            },
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
            Fitted::Heats(_) => {}
            Fitted::Independent { .. } if sample.heats.is_some() => cautions.push(
                "specimens of one heat were treated as independent: the bound is too high where \
                 heats differ"
                    .to_owned(),
            ),
            Fitted::Independent { .. } => {}
        }
        if self.on_x(sample).is_none() && !request.at.is_empty() {
            cautions.push("the model has no x: the points asked for were ignored".to_owned());
        }
        cautions
    }

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
        }
    }
}

/// Number of different heats.
fn distinct(heats: &[usize]) -> usize {
    heats
        .iter()
        .collect::<std::collections::BTreeSet<_>>()
        .len()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests;
