//! Designs under which Vangel's T is said to strain: its true confidence beside that of the pivotal
//! bound, and what [`vangel_confidence`] says of the design before any lab is simulated.

use std::ops::AddAssign;

use regrade::models::distributions::normal_quantile;
use regrade::models::heat_summary::HeatSummary;
use regrade::models::pivotal_bound::PivotalBound;
use regrade::models::vangel_confidence::{LEAST_CONFIDENCE, vangel_confidence};
use regrade::models::{Model, ModelError, fit};

use super::confidence::{CONFIDENCE, binomial_error};
use super::labs::{Plan, deviations, on_line, stream};
use super::workers;

/// Contents of the two bounds, B and A.
const CONTENTS: [f64; 2] = [0.90, 0.99];
/// Shares of variance between heats.
pub const SHARES: [f64; 5] = [0.0, 0.25, 0.5, 0.75, 0.95];

/// Labs in which the lower bound kept its promise: T and pivotal, by content and place.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    labs: u32,
    kept: [[[u32; 3]; 2]; 2],
}

impl AddAssign for Kept {
    fn add_assign(&mut self, other: Kept) {
        self.labs += other.labs;
        let mine = self.kept.iter_mut().flatten().flatten();
        for (mine, theirs) in mine.zip(other.kept.iter().flatten().flatten()) {
            *mine += theirs;
        }
    }
}

impl Kept {
    /// The least confidence of T (0) or the pivotal bound (1), over contents and places.
    fn least(&self, method: usize) -> f64 {
        let kept = self.kept[method].iter().flatten().min();
        kept.map_or(f64::NAN, |&kept| f64::from(kept) / f64::from(self.labs))
    }
}

/// What was found of one plan.
#[derive(Clone, Debug)]
pub struct Row {
    /// The heats.
    pub plan: Plan,
    /// Labs per share.
    pub labs: u32,
    /// Least confidence of T that the design alone predicts.
    pub predicted: f64,
    /// Least confidence by share, T and pivotal.
    pub least: [[f64; 2]; 5],
}

impl Row {
    /// Whether the design asks for the pivotal bound.
    pub fn strained(&self) -> bool {
        self.predicted < LEAST_CONFIDENCE
    }

    /// Whether the bound that the design asks for keeps the least confidence wanted, give or take
    /// `deviations` binomial standard deviations.
    pub fn sound(&self, deviations: f64) -> bool {
        let margin = deviations * binomial_error(LEAST_CONFIDENCE, self.labs);
        let method = usize::from(self.strained());
        self.least
            .iter()
            .all(|least| least[method] >= LEAST_CONFIDENCE - margin)
    }
}

/// Runs the labs of one plan; `number` decides the random numbers.
///
/// # Errors
/// A lab whose data a model refuses, which a sound plan does not have.
pub fn run(
    plan: &Plan,
    number: u64,
    labs: u32,
    seed: u64,
    threads: usize,
) -> Result<Row, ModelError> {
    let mut least = [[f64::NAN; 2]; 5];
    for (position, (share, least)) in SHARES.into_iter().zip(&mut least).enumerate() {
        // Apart from the streams of the other tables.
        let cell = (2 << 32) + 16 * number + position as u64;
        let kept = workers::sum(labs, threads, |lab| one_lab(plan, share, (seed, cell, lab)))?;
        *least = [kept.least(0), kept.least(1)];
    }
    let mut random = stream(seed, 3 << 32, 0);
    let any = on_line(plan, 0.0, &deviations(plan, 0.5, &mut random));
    let summary = HeatSummary::new(&any, Model::Linear)?;
    Ok(Row {
        plan: plan.clone(),
        labs,
        predicted: vangel_confidence(&fit(&any, Model::Linear)?, &summary)?,
        least,
    })
}

fn one_lab(
    plan: &Plan,
    share: f64,
    (seed, cell, lab): (u64, u64, u32),
) -> Result<Kept, ModelError> {
    let mut random = stream(seed, cell, lab);
    let observations = on_line(plan, 0.0, &deviations(plan, share, &mut random));
    let vangel = fit(&observations, Model::Linear)?;
    let summary = HeatSummary::new(&observations, Model::Linear)?;
    let pivotal = PivotalBound::new(&summary, vangel.x_range())?;
    let mut kept = Kept {
        labs: 1,
        ..Kept::default()
    };
    for (place, x) in plan.places().into_iter().enumerate() {
        for (number, content) in CONTENTS.into_iter().enumerate() {
            let truth = -normal_quantile(content)?;
            let bounds = [
                vangel.lower_bound(x, content, CONFIDENCE)?.bound,
                pivotal.lower_bound(x, content, CONFIDENCE)?.bound,
            ];
            for (method, bound) in bounds.into_iter().enumerate() {
                kept.kept[method][number][place] = u32::from(bound <= truth);
            }
        }
    }
    Ok(kept)
}

/// The plans of the table, from sound to hopeless.
pub fn plans() -> Vec<Plan> {
    let mut one_large = [1; 12];
    one_large[11] = 40;
    let mut half = [5; 12];
    half[11] = 55;
    let mut two_large = [1; 12];
    (two_large[0], two_large[11]) = (60, 60);
    vec![
        Plan::even("12 heats of 3 to 9", &[3, 4, 5, 6, 7, 8, 9, 3, 4, 5, 6, 7]),
        Plan::even(
            "6 heats of 1 to 15, more with more scrap",
            &[1, 3, 5, 8, 12, 15],
        ),
        Plan::even("11 heats of 5, the highest of 55", &half),
        Plan::even("5 heats of 3", &[3; 5]),
        Plan::even("6 heats of 1 and 15 in turn", &[1, 15, 1, 15, 1, 15]),
        Plan {
            name: "7 heats of 2 near 0.1, one of 20 at 0.8",
            ratios: vec![0.1, 0.1, 0.12, 0.12, 0.15, 0.15, 0.2, 0.8],
            sizes: vec![2, 2, 2, 2, 2, 2, 2, 20],
        },
        Plan::even("11 heats of 1, the highest of 40", &one_large),
        Plan::even("4 heats of 1, the highest of 11", &[1, 1, 1, 1, 11]),
        Plan::even("10 heats of 1, lowest and highest of 60", &two_large),
        Plan::even("3 heats of 5", &[5; 3]),
    ]
}
