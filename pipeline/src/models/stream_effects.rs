//! Which stream brings an element: the composition of heats regressed on what was charged.
//!
//! With s_hj the share of stream j in the charge of heat h, Σⱼ s_hj = 1, a heat's content is
//!
//! y_h = Σⱼ s_hj cⱼ + e_h,
//!
//! without an intercept: cⱼ is the content that stream j brings, in wt% of the heat per whole share,
//! burn-off and metal yield included. s̄ⱼcⱼ is what it contributes to the mean; contributions sum to
//! the mean of y. Intervals are Student's, heats independent and alike in scatter.
//!
//! In: one content and the shares per heat. Out: [`StreamEffects`]. Streams seen in few heats are
//! pooled into `other`; streams that were always charged in (nearly) the same proportions cannot be
//! told apart by any regression and become one, called by all their names. Refused: shares that do not
//! sum to 1, too few heats, and charges that never differ.

use std::collections::BTreeMap;

use linfa_linalg::eigh::Eigh as _;
use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::design::{Design, Predictor};
use super::distributions::{check_probability, student_quantile};
use super::double_double::{DoubleDouble, dot, mean, sum};
use super::error::ModelError;
use super::least_squares::solve;

/// The pool of streams seen in few heats.
pub const OTHER: &str = "other";
/// Degrees of freedom without which nothing is claimed: heats must exceed columns by more than this.
const FEWEST_SPARE_HEATS: usize = 3;
/// Shares of a heat may miss 1 by this much, the rounding of masses to grams.
const SHARES_MISS_AT_MOST: f64 = 1e-6;

/// What is asked.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamSettings {
    /// Confidence of the intervals, in (0, 1).
    pub confidence: f64,
    /// Streams charged in fewer heats than this are pooled into [`OTHER`].
    pub fewest_heats: usize,
    /// Largest condition index of the shares, columns scaled to length 1; streams are made one until
    /// it is met. From 30 on, estimates suffer (Belsley, Kuh & Welsch, 1980, section 3.2).
    pub worst_condition: f64,
}

impl Default for StreamSettings {
    /// 95 %, 5 heats, condition index 30.
    fn default() -> StreamSettings {
        StreamSettings {
            confidence: 0.95,
            fewest_heats: 5,
            worst_condition: 30.0,
        }
    }
}

/// An estimate with its confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The estimate.
    pub estimate: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl Interval {
    fn times(self, factor: f64) -> Interval {
        Interval {
            estimate: factor * self.estimate,
            low: factor * self.low,
            high: factor * self.high,
        }
    }
}

/// What one stream brings.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamEffect {
    /// The stream, [`OTHER`], or the names of streams that are one here, joined by ` + `.
    pub stream: String,
    /// The streams in it, by name.
    pub members: Vec<String>,
    /// Heats that were charged with it.
    pub heats: usize,
    /// Its mean share of the charge over all heats, a fraction.
    pub mean_share: f64,
    /// Content it brings, wt%. Negative within scatter, or where the model is wrong.
    pub content: Interval,
    /// What it contributes to the mean content of heats, wt%.
    pub contribution: Interval,
}

/// Streams that were put together, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pooled {
    /// The streams.
    pub streams: Vec<String>,
    /// What they are part of, a [`StreamEffect::stream`].
    pub into: String,
    /// Why, in words.
    pub reason: String,
}

/// Which stream brings the element.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StreamEffects {
    /// Heats.
    pub heats: usize,
    /// Degrees of freedom, heats − streams.
    pub dof: usize,
    /// Residual standard deviation, wt%.
    pub sigma: f64,
    /// Mean content of heats, wt%: the sum of the contributions.
    pub mean: f64,
    /// Condition index of the shares.
    pub condition: f64,
    /// Confidence of the intervals.
    pub confidence: f64,
    /// Every stream, the largest contribution first.
    pub effects: Vec<StreamEffect>,
    /// What was put together.
    pub pooled: Vec<Pooled>,
}

/// Why nothing is said about streams.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum StreamEffectsError {
    /// A share is no fraction.
    #[error("heat {}: the share of {stream} is {share}, not a fraction", heat + 1)]
    Share {
        /// Index of the heat, from 0; the message counts from 1.
        heat: usize,
        /// The stream.
        stream: String,
        /// Its share.
        share: f64,
    },
    /// The shares of a heat do not sum to 1.
    #[error("heat {}: the shares of its streams sum to {sum}, not to 1", heat + 1)]
    SharesDoNotSum {
        /// Index of the heat, from 0; the message counts from 1.
        heat: usize,
        /// Their sum.
        sum: f64,
    },
    /// Too few heats for so many streams.
    #[error(
        "{heats} heats are too few to tell {columns} streams apart: at least {needed} are needed"
    )]
    TooFewHeats {
        /// Heats given.
        heats: usize,
        /// Streams after pooling.
        columns: usize,
        /// Heats needed.
        needed: usize,
    },
    /// The charge never changed.
    #[error(
        "all heats were charged in the same proportions: no stream can be told from the others"
    )]
    OneMixture,
    /// What the regression refuses.
    #[error("{0}")]
    Model(ModelError),
}

/// A column of the regression: one or several streams.
#[derive(Clone, Debug)]
struct Column {
    name: String,
    members: Vec<String>,
    shares: Vec<f64>,
}

impl Column {
    fn present(&self) -> usize {
        self.shares.iter().filter(|share| **share > 0.0).count()
    }

    fn joined(&self, other: &Column, name: Option<&str>) -> Column {
        let mut members: Vec<String> = self.members.iter().chain(&other.members).cloned().collect();
        members.sort();
        let mut names = [self.name.as_str(), other.name.as_str()];
        names.sort_unstable();
        let add = |(a, b): (&f64, &f64)| a + b;
        Column {
            name: name.map_or_else(|| names.join(" + "), str::to_owned),
            members,
            shares: self.shares.iter().zip(&other.shares).map(add).collect(),
        }
    }
}

/// Estimates what each stream brings of an element.
///
/// `content_wt_pct` has one entry per heat, and so has every entry of `shares`, which maps the streams
/// to their shares of the charge. A stream that was never charged is left out.
///
/// # Errors
/// [`StreamEffectsError`]; among them [`ModelError::Length`], [`ModelError::NotFinite`] and
/// [`ModelError::Probability`].
pub fn stream_effects(
    content_wt_pct: &[f64],
    shares: &BTreeMap<String, Vec<f64>>,
    settings: &StreamSettings,
) -> Result<StreamEffects, StreamEffectsError> {
    check_probability("confidence", settings.confidence).map_err(StreamEffectsError::Model)?;
    let heats = content_wt_pct.len();
    check(content_wt_pct, shares)?;
    let all = shares.iter().map(|(stream, shares)| Column {
        name: stream.clone(),
        members: vec![stream.clone()],
        shares: shares.clone(),
    });
    let all = all.filter(|column| column.present() > 0).collect();
    let (columns, mut pooled) = pool_rare(all, settings.fewest_heats);
    let before = columns.len();
    let (columns, condition) = join_alike(columns, settings.worst_condition, &mut pooled)?;
    if columns.len() == 1 && before > 1 {
        return Err(StreamEffectsError::OneMixture);
    }
    let needed = columns.len() + FEWEST_SPARE_HEATS + 1;
    if heats < needed {
        return Err(StreamEffectsError::TooFewHeats {
            heats,
            columns: columns.len(),
            needed,
        });
    }
    let predictors = columns.iter().map(|column| Predictor {
        name: column.name.clone(),
        values: column.shares.clone(),
    });
    let design = Design::linear(predictors.collect(), false);
    let fit = solve(&design, content_wt_pct).map_err(StreamEffectsError::Model)?;
    let sigma = fit.sigma().unwrap_or(0.0);
    let two_sided = 0.5 * (1.0 + settings.confidence);
    let t = student_quantile(two_sided, fit.dof as f64).map_err(StreamEffectsError::Model)?;
    let mut effects: Vec<StreamEffect> = columns
        .into_iter()
        .zip(&fit.coefficients)
        .enumerate()
        .map(|(position, (column, &estimate))| {
            let half = t * sigma * fit.inverse[position][position].sqrt();
            let content = Interval {
                estimate,
                low: estimate - half,
                high: estimate + half,
            };
            let mean_share = mean(&column.shares).to_f64();
            StreamEffect {
                heats: column.present(),
                stream: column.name,
                members: column.members,
                mean_share,
                content,
                contribution: content.times(mean_share),
            }
        })
        .collect();
    let contribution = |effect: &StreamEffect| effect.contribution.estimate;
    // Stable: equal contributions stay in the order of names.
    effects.sort_by(|a, b| contribution(b).total_cmp(&contribution(a)));
    Ok(StreamEffects {
        heats,
        dof: fit.dof,
        sigma,
        mean: mean(content_wt_pct).to_f64(),
        condition,
        confidence: settings.confidence,
        effects,
        pooled,
    })
}

/// Refuses columns of unequal length, shares that are no fractions, and heats whose shares miss 1.
fn check(y: &[f64], shares: &BTreeMap<String, Vec<f64>>) -> Result<(), StreamEffectsError> {
    for (stream, column) in shares {
        if column.len() != y.len() {
            return Err(StreamEffectsError::Model(ModelError::Length {
                what: format!("column {stream}"),
                expected: y.len(),
                found: column.len(),
            }));
        }
        let fraction = |share: &f64| (0.0..=1.0 + SHARES_MISS_AT_MOST).contains(share);
        if let Some(heat) = column.iter().position(|share| !fraction(share)) {
            return Err(StreamEffectsError::Share {
                heat,
                stream: stream.clone(),
                share: column[heat],
            });
        }
    }
    for heat in 0..y.len() {
        let of_heat = shares
            .values()
            .map(|column| DoubleDouble::from(column[heat]));
        let sum = sum(of_heat).to_f64();
        if (sum - 1.0).abs() > SHARES_MISS_AT_MOST {
            return Err(StreamEffectsError::SharesDoNotSum { heat, sum });
        }
    }
    Ok(())
}

/// Puts streams of few heats into one column.
fn pool_rare(columns: Vec<Column>, fewest: usize) -> (Vec<Column>, Vec<Pooled>) {
    let (rare, mut kept): (Vec<Column>, Vec<Column>) = columns
        .into_iter()
        .partition(|column| column.present() < fewest);
    let mut pooled = Vec::new();
    for column in &rare {
        let heats = column.present();
        pooled.push(Pooled {
            streams: column.members.clone(),
            into: OTHER.to_owned(),
            reason: format!("charged in {heats} heats, fewer than {fewest}"),
        });
    }
    let other = rare
        .into_iter()
        .reduce(|all, column| all.joined(&column, Some(OTHER)));
    kept.extend(other.map(|other| Column {
        name: OTHER.to_owned(),
        ..other
    }));
    (kept, pooled)
}

/// Makes columns one until the condition index of what is left is at most `worst`: first the two that
/// are most nearly proportional, then of a dependency between several the two that weigh most in it.
fn join_alike(
    mut columns: Vec<Column>,
    worst: f64,
    pooled: &mut Vec<Pooled>,
) -> Result<(Vec<Column>, f64), StreamEffectsError> {
    let mut joined_into: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let condition = loop {
        let cosines = cosines(&columns);
        let (condition, weights) = weakest_direction(&cosines)?;
        if condition <= worst || columns.len() < 2 {
            break condition;
        }
        let (first, second) = match most_alike(&cosines) {
            // The condition index of two columns of length 1 is √((1 + c)/(1 − c)).
            Some((first, second, cosine)) if 1.0 + cosine > worst * worst * (1.0 - cosine) => {
                (first, second)
            }
            _ => heaviest_two(&weights),
        };
        let gone = columns.remove(second);
        let joined = columns[first].joined(&gone, None);
        for part in [&columns[first], &gone] {
            joined_into.remove(&part.name);
        }
        joined_into.insert(joined.name.clone(), joined.members.clone());
        columns[first] = joined;
    };
    for column in &columns {
        if let Some(streams) = joined_into.remove(&column.name) {
            // What was put into `other` before is now in here with it.
            for earlier in pooled.iter_mut() {
                if earlier
                    .streams
                    .iter()
                    .all(|stream| streams.contains(stream))
                {
                    earlier.into.clone_from(&column.name);
                }
            }
            pooled.push(Pooled {
                streams,
                into: column.name.clone(),
                reason: format!(
                    "charged in too nearly the same proportions to be told apart (condition index \
                     above {worst})"
                ),
            });
        }
    }
    Ok((columns, condition))
}

/// Cosines of the angles between columns; 1 on the diagonal.
fn cosines(columns: &[Column]) -> Vec<Vec<f64>> {
    let exact: Vec<Vec<DoubleDouble>> = columns
        .iter()
        .map(|column| {
            column
                .shares
                .iter()
                .map(|&s| DoubleDouble::from(s))
                .collect()
        })
        .collect();
    let lengths: Vec<f64> = exact.iter().map(|c| dot(c, c).to_f64().sqrt()).collect();
    let cosine = |i: usize, j: usize| {
        if i == j {
            1.0
        } else {
            dot(&exact[i], &exact[j]).to_f64() / (lengths[i] * lengths[j])
        }
    };
    (0..exact.len())
        .map(|i| (0..exact.len()).map(|j| cosine(i, j)).collect())
        .collect()
}

/// Condition index √(λmax/λmin) of the cosines, and the eigenvector of the smallest eigenvalue.
fn weakest_direction(cosines: &[Vec<f64>]) -> Result<(f64, Vec<f64>), StreamEffectsError> {
    let p = cosines.len();
    if p < 2 {
        return Ok((1.0, vec![1.0; p]));
    }
    let matrix = Array2::from_shape_fn((p, p), |(i, j)| cosines[i][j]);
    let (values, vectors) = matrix
        .eigh()
        .map_err(|error| StreamEffectsError::Model(ModelError::Library(error.to_string())))?;
    let (mut least, mut most) = (0, 0);
    for index in 0..p {
        if values[index] < values[least] {
            least = index;
        }
        if values[index] > values[most] {
            most = index;
        }
    }
    // Rounding may leave an eigenvalue of zero a little below it.
    let condition = if values[least] > 0.0 {
        (values[most] / values[least]).sqrt()
    } else {
        f64::INFINITY
    };
    Ok((condition, vectors.column(least).to_vec()))
}

/// The two columns with the largest cosine, the earlier pair first.
fn most_alike(cosines: &[Vec<f64>]) -> Option<(usize, usize, f64)> {
    let mut best: Option<(usize, usize, f64)> = None;
    for (i, line) in cosines.iter().enumerate() {
        for (j, &cosine) in line.iter().enumerate().skip(i + 1) {
            if best.is_none_or(|(_, _, most)| cosine > most) {
                best = Some((i, j, cosine));
            }
        }
    }
    best
}

/// Indices of the two largest weights, the smaller index first.
fn heaviest_two(weights: &[f64]) -> (usize, usize) {
    let mut order: Vec<usize> = (0..weights.len()).collect();
    order.sort_by(|&a, &b| weights[b].abs().total_cmp(&weights[a].abs()));
    let (first, second) = (order[0], order[1]);
    (first.min(second), first.max(second))
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
mod tests;
