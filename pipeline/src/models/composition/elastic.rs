//! Elastic net on standardised composition with the scrap ratio unpenalised.
//!
//! Minimises ‖u − Zw‖²/(2n) + penalty·(l1_ratio·‖w‖₁ + (1 − l1_ratio)·‖w‖²/2) (Zou & Hastie, 2005),
//! where u and Z are y and the columns less their regression on the scrap ratio, over their standard
//! deviations. To regress on the scrap ratio first is the same as to leave it unpenalised in the model
//! (Frisch & Waugh, 1933).

use linfa::Dataset;
use linfa::traits::Fit as _;
use linfa_elasticnet::ElasticNet;
use linfa_linalg::cholesky::SolveC as _;
use ndarray::{Array1, Array2, Axis, Ix1};

use super::cross_validation::{Score, cross_validate};
use super::heat_means::{HeatMeans, mean_and_deviation, varies};
use super::{CompositionError, CompositionSettings, ElasticNetReport, ElasticNetScore};

/// Coordinate descent stops at a relative step and a relative duality gap of this.
const TOLERANCE: f64 = 1e-6;
/// Sweeps after which a fit counts as not converged.
const MOST_SWEEPS: u32 = 2_000;

/// y = level + Σ slope·(x − centre) + scrap slope·(scrap ratio − its centre).
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Line {
    level: f64,
    centres: Vec<f64>,
    /// Change of y per unit of a column.
    pub(super) slopes: Vec<f64>,
    scrap_centre: f64,
    /// Change of y per unit of the scrap ratio, the columns held.
    pub(super) scrap_slope: f64,
}

impl Line {
    /// The value of the line for a heat.
    pub(super) fn at(&self, means: &HeatMeans, heat: usize) -> f64 {
        let columns = means.columns.iter().zip(&self.centres).zip(&self.slopes);
        let composition: f64 = columns
            .map(|((column, centre), slope)| slope * (column[heat] - centre))
            .sum();
        let scrap = means.scrap.as_ref().map_or(0.0, |scrap| {
            self.scrap_slope * (scrap[heat] - self.scrap_centre)
        });
        self.level + composition + scrap
    }
}

/// Heats centred and scaled, with the scrap ratio taken out: ready for any penalty.
pub(super) struct Conditioned {
    level: f64,
    spread: f64,
    centres: Vec<f64>,
    /// 0 for a column that does not vary in these heats.
    spreads: Vec<f64>,
    scrap_centre: f64,
    /// Slope of each column on the scrap ratio; 0 without scrap ratio.
    pub(super) on_scrap: Vec<f64>,
    /// Slope of y on the scrap ratio alone.
    pub(super) total: f64,
    dataset: Dataset<f64, f64, Ix1>,
}

impl Conditioned {
    /// `heats` may name a heat more than once, as a resample does.
    pub(super) fn of(means: &HeatMeans, heats: &[usize]) -> Conditioned {
        let pick =
            |values: &[f64]| -> Vec<f64> { heats.iter().map(|&heat| values[heat]).collect() };
        let scrap = means
            .scrap
            .as_deref()
            .map(pick)
            .filter(|scrap| varies(scrap));
        let scrap_centre = scrap.as_deref().map_or(0.0, |s| mean_and_deviation(s).0);
        let scrap = scrap.map(|s| s.iter().map(|v| v - scrap_centre).collect::<Vec<f64>>());
        let condition = |values: &[f64]| {
            let values = pick(values);
            let (centre, spread) = mean_and_deviation(&values);
            let spread = if varies(&values) { spread } else { 0.0 };
            let centred: Vec<f64> = values.iter().map(|v| v - centre).collect();
            let slope = scrap
                .as_deref()
                .map_or(0.0, |s| dot(s, &centred) / dot(s, s));
            let scaled: Vec<f64> = match (&scrap, spread > 0.0) {
                (_, false) => vec![0.0; centred.len()],
                (None, true) => centred.iter().map(|v| v / spread).collect(),
                (Some(scrap), true) => centred
                    .iter()
                    .zip(scrap)
                    .map(|(v, s)| (v - slope * s) / spread)
                    .collect(),
            };
            (centre, spread, slope, scaled)
        };
        let (level, spread, total, target) = condition(&means.y);
        let mut records = Array2::zeros((heats.len(), means.columns.len()));
        let (mut centres, mut spreads, mut on_scrap) = (Vec::new(), Vec::new(), Vec::new());
        for (column, mut record) in means.columns.iter().zip(records.columns_mut()) {
            let (centre, spread, slope, scaled) = condition(column);
            record.assign(&Array1::from_vec(scaled));
            centres.push(centre);
            spreads.push(spread);
            on_scrap.push(slope);
        }
        Conditioned {
            level,
            spread,
            centres,
            spreads,
            scrap_centre,
            on_scrap,
            total,
            dataset: Dataset::new(records, Array1::from_vec(target)),
        }
    }

    /// The straight line in the scrap ratio alone.
    pub(super) fn line(&self) -> Line {
        self.with_slopes(vec![0.0; self.centres.len()])
    }

    /// The elastic net; `None` when it does not converge.
    pub(super) fn fit(&self, l1_ratio: f64, penalty: f64) -> Option<Line> {
        if self.spread <= 0.0 {
            return Some(self.line());
        }
        let weights = solve(&self.dataset, l1_ratio, penalty)?;
        Some(self.with_weights(&weights, &vec![0.0; weights.len()]))
    }

    /// Least squares with a ridge that pulls to `slopes` instead of zero: the minimum of
    /// ‖u − Zw‖²/(2(n − 1)) + ridge·‖w − w₀‖²/2. Where the heats determine an effect this removes the
    /// elastic net's pull towards zero, up to a share of about `ridge`; where they do not, the elastic
    /// net's answer stays.
    pub(super) fn refine(&self, slopes: &[f64], ridge: f64) -> Option<Line> {
        if self.spread <= 0.0 {
            return Some(self.line());
        }
        let records = &self.dataset.records;
        let freedom = records.nrows() as f64 - 1.0;
        let from: Array1<f64> = slopes
            .iter()
            .zip(&self.spreads)
            .map(|(slope, spread)| slope * spread / self.spread)
            .collect();
        let left = &self.dataset.targets - &records.dot(&from);
        let gradient = records.t().dot(&left) / freedom;
        // Sum by sum: a product of matrices uses whatever the processor offers, and the last digit of
        // its sums depends on it.
        let columns = records.ncols();
        let mut normal = Array2::from_shape_fn((columns, columns), |(i, j)| {
            records.column(i).dot(&records.column(j)) / freedom
        });
        normal.diag_mut().mapv_inplace(|v| v + ridge);
        let step = normal.solvec(&gradient.insert_axis(Axis(1))).ok()?;
        let weights = from + step.column(0);
        let finite = weights.iter().all(|w| w.is_finite());
        finite.then(|| self.with_weights(&weights.to_vec(), slopes))
    }

    /// Weights on the standardised scale as slopes; `otherwise` where a column does not vary.
    fn with_weights(&self, weights: &[f64], otherwise: &[f64]) -> Line {
        let slope = |j: usize| match self.spreads[j] > 0.0 {
            true => weights[j] * self.spread / self.spreads[j],
            false => otherwise[j],
        };
        self.with_slopes((0..weights.len()).map(slope).collect())
    }

    /// What the columns do not carry of the total slope is left to the scrap ratio: the normal
    /// equation of an unpenalised column.
    fn with_slopes(&self, slopes: Vec<f64>) -> Line {
        Line {
            level: self.level,
            centres: self.centres.clone(),
            scrap_slope: self.total - dot(&self.on_scrap, &slopes),
            slopes,
            scrap_centre: self.scrap_centre,
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Weights of centred columns; `None` when the duality gap stays open or a weight is not finite.
fn solve(dataset: &Dataset<f64, f64, Ix1>, l1_ratio: f64, penalty: f64) -> Option<Vec<f64>> {
    let squares: f64 = dataset.targets.iter().map(|u| u * u).sum();
    if squares <= 0.0 {
        // y is a line in the scrap ratio: the gap could never be smaller than zero times y'y.
        return Some(vec![0.0; dataset.records.ncols()]);
    }
    let fit = ElasticNet::params()
        .with_intercept(false)
        .l1_ratio(l1_ratio)
        .penalty(penalty)
        .tolerance(TOLERANCE)
        .max_iterations(MOST_SWEEPS)
        .fit(dataset)
        .ok()?;
    let weights = fit.hyperplane().to_vec();
    let converged = fit.duality_gap() < TOLERANCE * squares;
    (converged && weights.iter().all(|w| w.is_finite())).then_some(weights)
}

/// Scores the grid and chooses; with the errors of the chosen one, heat by heat.
pub(super) fn choose(
    means: &HeatMeans,
    folds: &[usize],
    settings: &CompositionSettings,
) -> Result<(ElasticNetReport, Vec<f64>), CompositionError> {
    let last = folds.iter().copied().max().unwrap_or_default();
    let conditioned: Vec<Conditioned> = (0..=last)
        .map(|fold| {
            let train: Vec<usize> = (0..folds.len())
                .filter(|&heat| folds[heat] != fold)
                .collect();
            Conditioned::of(means, &train)
        })
        .collect();
    let mut grid: Vec<(f64, f64)> = settings
        .penalties
        .iter()
        .flat_map(|&penalty| {
            settings
                .l1_ratios
                .iter()
                .map(move |&ratio| (penalty, ratio))
        })
        .collect();
    // From strong to weak, so that at equal error the stronger penalty is met first and kept.
    grid.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.total_cmp(&a.1)));
    let mut best: Option<((f64, f64), Score, Vec<f64>)> = None;
    let mut scores = Vec::new();
    for (penalty, l1_ratio) in grid {
        let mut fold = conditioned.iter();
        let errors = cross_validate(&means.y, folds, |_, test| {
            let line = fold.next()?.fit(l1_ratio, penalty)?;
            Some(test.iter().map(|&heat| line.at(means, heat)).collect())
        });
        let score = errors.as_deref().map(Score::of);
        scores.push(ElasticNetScore {
            l1_ratio,
            penalty,
            score,
        });
        let (Some(score), Some(errors)) = (score, errors) else {
            continue;
        };
        if best
            .as_ref()
            .is_none_or(|(_, other, _)| score.cv_rmse < other.cv_rmse)
        {
            best = Some(((l1_ratio, penalty), score, errors));
        }
    }
    let Some(((l1_ratio, penalty), score, errors)) = best else {
        return Err(CompositionError::NoFit {
            model: "elastic net",
        });
    };
    let report = ElasticNetReport {
        l1_ratio,
        penalty,
        score,
        scores,
    };
    Ok((report, errors))
}
