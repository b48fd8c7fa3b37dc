//! Effects of the elements and what they carry of the effect of scrap, with bootstrap intervals.
//!
//! An elastic net predicts well because it pulls every effect towards zero, and for the same reason its
//! effects are too small: in simulated labs with 12 columns its bootstrap intervals for iron held the
//! truth in half of the labs at best. It therefore ranks the elements, and their effects are estimated
//! by least squares that starts from it ([`Conditioned::refine`]).
//!
//! For the intervals heats are drawn with replacement and everything but the starting point is estimated
//! again: centres, spreads, slopes of elements on the scrap ratio, effects. Intervals are percentiles
//! (Efron, 1979).

use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use super::elastic::{Conditioned, Line};
use super::heat_means::{HeatMeans, mean_and_deviation, varies};
use super::{CompositionError, CompositionSettings, ElasticNetReport, PlsReport, latent};
use crate::models::diagnostics::{Diagnostic, Outcome};

/// A scrap ratio step the effects are printed for: +10 %.
const STEP: f64 = 0.1;
/// The folds use the seed's first stream of random numbers.
const STREAM: u64 = 1;

/// An estimate with its percentile interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// From all heats.
    pub estimate: f64,
    /// Lower end; null when no resample could be used.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// The effect of one element or index, the others and the scrap ratio held.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ElementEffect {
    /// Name of the column.
    pub name: String,
    /// Sample standard deviation over heats, in the unit of the column.
    pub sd: f64,
    /// Change of y per standard deviation of the column.
    pub per_sd: Estimate,
    /// Change of y per unit of the column, for an element per wt%.
    pub per_unit: f64,
    /// The same as `per_sd` by the elastic net: pulled towards zero, and zero where the heats show
    /// nothing. The ranking goes by it.
    pub elastic_net_per_sd: f64,
    /// The same as `per_sd` by partial least squares, for comparison.
    pub pls_per_sd: f64,
    /// Change of the column per +10 % scrap, in its unit; null without scrap ratio.
    pub column_per_10pct_scrap: Option<f64>,
    /// Change of y per +10 % scrap that this column carries: the product of `column_per_10pct_scrap`
    /// and `per_unit`; null without scrap ratio.
    pub per_10pct_scrap: Option<Estimate>,
}

/// The effect of scrap: all of it, and how much of it composition carries. Per +10 % scrap.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScrapEffect {
    /// Slope of y on the scrap ratio alone: the total effect.
    pub total_per_10pct: Estimate,
    /// Σ of what the columns carry: the mediated effect.
    pub carried_per_10pct: Estimate,
    /// total − carried: the slope on scrap with the composition held.
    pub remainder_per_10pct: Estimate,
}

/// What comes out.
pub(super) struct Explained {
    pub(super) effects: Vec<ElementEffect>,
    pub(super) scrap: Option<ScrapEffect>,
    pub(super) resamples: usize,
    pub(super) evidence: Diagnostic,
}

/// The numbers of one sample of heats.
struct Sample {
    /// Change of y per unit of a column.
    slopes: Vec<f64>,
    /// Slope of a column on the scrap ratio.
    on_scrap: Vec<f64>,
    total: f64,
    remainder: f64,
}

impl Sample {
    /// `None` when the effects cannot be computed.
    fn of(means: &HeatMeans, heats: &[usize], from: &[f64], ridge: f64) -> Option<Sample> {
        let conditioned = Conditioned::of(means, heats);
        let line = conditioned.refine(from, ridge)?;
        Some(Sample::with(conditioned, line))
    }

    fn with(conditioned: Conditioned, line: Line) -> Sample {
        Sample {
            slopes: line.slopes,
            on_scrap: conditioned.on_scrap,
            total: conditioned.total,
            remainder: line.scrap_slope,
        }
    }
}

/// Effects by rank, and the decomposition of the effect of scrap.
///
/// # Errors
/// [`CompositionError::NoFit`] when the chosen net does not converge on all heats together.
pub(super) fn explain(
    means: &HeatMeans,
    net: &ElasticNetReport,
    pls: &PlsReport,
    settings: &CompositionSettings,
) -> Result<Explained, CompositionError> {
    const NO_FIT: CompositionError = CompositionError::NoFit {
        model: "elastic net",
    };
    let heats: Vec<usize> = (0..means.y.len()).collect();
    let conditioned = Conditioned::of(means, &heats);
    let line = conditioned.fit(net.l1_ratio, net.penalty).ok_or(NO_FIT)?;
    let net_slopes = line.slopes.clone();
    let evidence = spare_heats(means, settings);
    let (whole, resampled) = if evidence.outcome == Outcome::Pass {
        let whole = Sample::of(means, &heats, &net_slopes, settings.ridge).ok_or(NO_FIT)?;
        (whole, resample(means, &net_slopes, settings))
    } else {
        (Sample::with(conditioned, line), Vec::new())
    };
    let latent = latent::fits(&means.with_scrap(), &means.y, &heats, pls.components).pop();
    let estimate = |of: &dyn Fn(&Sample) -> f64| Estimate {
        estimate: of(&whole),
        ..interval(resampled.iter().map(of).collect(), settings.confidence)
    };
    let mut effects: Vec<ElementEffect> = means
        .names
        .iter()
        .enumerate()
        .map(|(j, name)| {
            let (_, sd) = mean_and_deviation(&means.columns[j]);
            let scrap = means.scrap.as_ref();
            ElementEffect {
                name: name.clone(),
                sd,
                per_sd: estimate(&|sample| sample.slopes[j] * sd),
                per_unit: whole.slopes[j],
                elastic_net_per_sd: net_slopes[j] * sd,
                pls_per_sd: latent.as_ref().map_or(0.0, |fit| fit.per_deviation[j]),
                column_per_10pct_scrap: scrap.map(|_| whole.on_scrap[j] * STEP),
                per_10pct_scrap: scrap
                    .map(|_| estimate(&|sample| sample.on_scrap[j] * sample.slopes[j] * STEP)),
            }
        })
        .collect();
    effects.sort_by(|a, b| {
        let rank = |effect: &ElementEffect| {
            [effect.elastic_net_per_sd, effect.per_sd.estimate].map(f64::abs)
        };
        let ([a_net, a_own], [b_net, b_own]) = (rank(a), rank(b));
        b_net
            .total_cmp(&a_net)
            .then(b_own.total_cmp(&a_own))
            .then(a.name.cmp(&b.name))
    });
    let scrap = means.scrap.as_ref().map(|_| ScrapEffect {
        total_per_10pct: estimate(&|sample| sample.total * STEP),
        carried_per_10pct: estimate(&|sample| (sample.total - sample.remainder) * STEP),
        remainder_per_10pct: estimate(&|sample| sample.remainder * STEP),
    });
    Ok(Explained {
        effects,
        scrap,
        resamples: resampled.len(),
        evidence,
    })
}

/// Whether there are heats enough beyond the columns to estimate effects without a penalty.
fn spare_heats(means: &HeatMeans, settings: &CompositionSettings) -> Diagnostic {
    let (heats, columns) = (means.y.len(), means.columns.len());
    let coefficients = 1 + columns + usize::from(means.scrap.is_some());
    let spare = heats.saturating_sub(coefficients);
    let enough = spare >= settings.spare_heats;
    let reason = if enough {
        format!("{heats} heats for {columns} columns")
    } else {
        format!(
            "{heats} heats for {columns} columns leave {spare} where {} are needed: effects are those \
             of the elastic net, without intervals",
            settings.spare_heats
        )
    };
    Diagnostic {
        test: "spare_heats".to_owned(),
        statistic: Some(spare as f64),
        critical: Some(settings.spare_heats as f64),
        p: None,
        outcome: if enough { Outcome::Pass } else { Outcome::Fail },
        reason,
    }
}

/// Samples of heats drawn with replacement, without those in which y or the scrap ratio is constant.
fn resample(means: &HeatMeans, from: &[f64], settings: &CompositionSettings) -> Vec<Sample> {
    let mut random = ChaCha8Rng::seed_from_u64(settings.seed);
    random.set_stream(STREAM);
    let heats = means.y.len();
    let mut samples = Vec::with_capacity(settings.resamples);
    for _ in 0..settings.resamples {
        let mut drawn: Vec<usize> = (0..heats).map(|_| random.random_range(0..heats)).collect();
        drawn.sort_unstable();
        let of = |values: &[f64]| drawn.iter().map(|&heat| values[heat]).collect::<Vec<f64>>();
        let scrap_varies = means
            .scrap
            .as_deref()
            .is_none_or(|scrap| varies(&of(scrap)));
        if scrap_varies && varies(&of(&means.y)) {
            samples.extend(Sample::of(means, &drawn, from, settings.ridge));
        }
    }
    samples
}

/// The central `confidence` of `values`, by linear interpolation between order statistics.
fn interval(mut values: Vec<f64>, confidence: f64) -> Estimate {
    values.sort_by(f64::total_cmp);
    let quantile = |share: f64| {
        let position = share * values.len().saturating_sub(1) as f64;
        let (below, above) = (position.floor() as usize, position.ceil() as usize);
        let (below, above) = (*values.get(below)?, *values.get(above)?);
        Some(below + (above - below) * position.fract())
    };
    let tail = (1.0 - confidence) / 2.0;
    Estimate {
        estimate: 0.0,
        low: quantile(tail),
        high: quantile(1.0 - tail),
    }
}
