//! How often a bound keeps its promise: the share of labs in which it lies on the safe side of the
//! true quantile.

use std::ops::AddAssign;

use regrade::models::design::{Design, Predictor};
use regrade::models::distributions::normal_quantile;
use regrade::models::independent::IndependentFit;
use regrade::models::model_choice::choose;
use regrade::models::{Model, ModelError, fit, fit_for_verdict};

use super::labs::{Plan, deviations, on_line, stream};
use super::workers;

/// Nominal confidence of every bound here.
pub const CONFIDENCE: f64 = 0.95;
/// In which the true confidence of the verdicts' bound must lie.
pub const WANTED: [f64; 2] = [0.93, 0.98];

/// A bound: content and side.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Claim {
    /// What the tables call it.
    pub name: &'static str,
    /// Share of specimens on the good side.
    pub content: f64,
    /// Whether those specimens lie below instead of above.
    pub upper: bool,
}

/// The bounds looked at, in the order of [`Counts`].
pub const CLAIMS: [Claim; 3] = [
    Claim {
        name: "B",
        content: 0.90,
        upper: false,
    },
    Claim {
        name: "A",
        content: 0.99,
        upper: false,
    },
    Claim {
        name: "B upper",
        content: 0.90,
        upper: true,
    },
];

/// One cell of the table.
#[derive(Clone, Debug)]
pub struct Cell {
    /// Position in the list of all cells; decides the random numbers.
    pub number: u64,
    /// The heats.
    pub plan: Plan,
    /// Share of the variance that is between heats, the intra-heat correlation.
    pub share: f64,
    /// Change of the mean from no scrap to all scrap, in standard deviations of one specimen.
    pub slope: f64,
}

/// Labs in which a bound kept its promise: by method (random heats, plain regression, mean with random
/// heats), claim and place (low end, centre, high end).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Labs in all.
    pub labs: u32,
    /// Of which kept.
    pub kept: [[[u32; 3]; 3]; 3],
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.labs += other.labs;
        let flat = |kept: &mut [[[u32; 3]; 3]; 3], other: &[[[u32; 3]; 3]; 3]| {
            let mine = kept.iter_mut().flatten().flatten();
            for (mine, theirs) in mine.zip(other.iter().flatten().flatten()) {
                *mine += theirs;
            }
        };
        flat(&mut self.kept, &other.kept);
    }
}

impl Counts {
    /// Share of labs kept, per place.
    pub fn confidence(&self, method: usize, claim: usize) -> [f64; 3] {
        self.kept[method][claim].map(|kept| f64::from(kept) / f64::from(self.labs))
    }

    /// The lowest and the highest share over the places.
    pub fn extremes(&self, method: usize, claim: usize) -> [f64; 2] {
        let shares = self.confidence(method, claim);
        [
            shares.into_iter().fold(1.0, f64::min),
            shares.into_iter().fold(0.0, f64::max),
        ]
    }

    /// Whether every share of a method lies in `wanted`, give or take `deviations` binomial standard
    /// deviations at the edge.
    pub fn within(&self, method: usize, [least, most]: [f64; 2], deviations: f64) -> bool {
        let margin = |share: f64| deviations * binomial_error(share, self.labs);
        let allowed = least - margin(least)..=most + margin(most);
        (0..CLAIMS.len())
            .flat_map(|claim| self.confidence(method, claim))
            .all(|share| allowed.contains(&share))
    }
}

/// Standard deviation of a share counted in `labs` labs.
pub fn binomial_error(share: f64, labs: u32) -> f64 {
    (share * (1.0 - share) / f64::from(labs)).sqrt()
}

/// Runs the labs of one cell.
///
/// # Errors
/// A lab whose data a model refuses, which a sound cell does not have.
pub fn run(cell: &Cell, labs: u32, seed: u64, threads: usize) -> Result<Counts, ModelError> {
    workers::sum(labs, threads, |lab| one_lab(cell, seed, lab))
}

fn one_lab(cell: &Cell, seed: u64, lab: u32) -> Result<Counts, ModelError> {
    let mut random = stream(seed, cell.number, lab);
    let deviations = deviations(&cell.plan, cell.share, &mut random);
    let observations = on_line(&cell.plan, cell.slope, &deviations);
    let heats = fit(&observations, Model::Linear)?;
    let mean = fit(&observations, Model::Mean)?;
    let predictor = Predictor {
        name: "x".to_owned(),
        values: observations.x.clone(),
    };
    let plain = IndependentFit::new(&Design::linear(vec![predictor], true), &observations.y)?;

    let mut counts = Counts {
        labs: 1,
        ..Counts::default()
    };
    for (place, x) in cell.plan.places().into_iter().enumerate() {
        for (number, claim) in CLAIMS.iter().enumerate() {
            let (p, c) = (claim.content, CONFIDENCE);
            let distance = normal_quantile(p)?;
            let truth = cell.slope * x + if claim.upper { distance } else { -distance };
            let bounds = if claim.upper {
                [
                    heats.upper_bound(x, p, c)?.bound,
                    plain.upper_bound(&[x], p, c)?.bound,
                    mean.upper_bound(x, p, c)?.bound,
                ]
            } else {
                [
                    heats.lower_bound(x, p, c)?.bound,
                    plain.lower_bound(&[x], p, c)?.bound,
                    mean.lower_bound(x, p, c)?.bound,
                ]
            };
            for (method, bound) in bounds.into_iter().enumerate() {
                let kept = if claim.upper {
                    bound >= truth
                } else {
                    bound <= truth
                };
                counts.kept[method][number][place] = u32::from(kept);
            }
        }
    }
    Ok(counts)
}

/// The cells of the table: two plans, five correlations, two slopes.
pub fn cells() -> Vec<Cell> {
    let plans = [
        Plan::even("12 heats of 5", &[5; 12]),
        Plan::even("12 heats of 3 to 9", &[3, 4, 5, 6, 7, 8, 9, 3, 4, 5, 6, 7]),
    ];
    let mut cells = Vec::new();
    for plan in plans {
        for share in [0.0, 0.25, 0.5, 0.75, 0.95] {
            for slope in [0.0, -6.0] {
                cells.push(Cell {
                    number: cells.len() as u64,
                    plan: plan.clone(),
                    share,
                    slope,
                });
            }
        }
    }
    cells
}

/// Labs whose model is chosen as the verdicts choose theirs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Chosen {
    /// Labs in all.
    pub labs: u32,
    /// Of which took the parabola.
    pub parabola: u32,
    /// B bounds below the true quantile, at the low end, the centre and the high end.
    pub kept: [u32; 3],
}

impl AddAssign for Chosen {
    fn add_assign(&mut self, other: Chosen) {
        self.labs += other.labs;
        self.parabola += other.parabola;
        for (mine, theirs) in self.kept.iter_mut().zip(other.kept) {
            *mine += theirs;
        }
    }
}

/// As [`run`], for the model that leaving whole heats out chooses; a line keeps the usual bound.
///
/// # Errors
/// As for [`run`].
pub fn run_chosen(cell: &Cell, labs: u32, seed: u64, threads: usize) -> Result<Chosen, ModelError> {
    let content = CLAIMS[0].content;
    let below_mean = normal_quantile(content)?;
    workers::sum(labs, threads, |lab| {
        let mut random = stream(seed, cell.number, lab);
        let deviations = deviations(&cell.plan, cell.share, &mut random);
        let observations = on_line(&cell.plan, cell.slope, &deviations);
        let model = choose(&observations).chosen;
        let parabola = model == Model::Quadratic;
        let fitted = if parabola {
            fit_for_verdict(&observations, model)?
        } else {
            fit(&observations, model)?
        };
        let mut kept = [0; 3];
        for (kept, x) in kept.iter_mut().zip(cell.plan.places()) {
            let bound = fitted.lower_bound(x, content, CONFIDENCE)?.bound;
            *kept = u32::from(bound <= cell.slope * x - below_mean);
        }
        Ok(Chosen {
            labs: 1,
            parabola: u32::from(parabola),
            kept,
        })
    })
}
