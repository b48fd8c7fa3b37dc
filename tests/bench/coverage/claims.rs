//! How often a verdict claims more scrap than the truth allows, and how much it gives away.
//!
//! Each lab is judged by the product's own `qualify::judge`, once with each estimator, against limits
//! whose true crossing is known: the ratio at which the true 10 % quantile meets the limit.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use regrade::domain::rounding::down_to_step;
use regrade::domain::{Grade, Property, ScrapDefinition};
use regrade::models::design::{Design, Predictor};
use regrade::models::distributions::normal_quantile;
use regrade::models::independent::IndependentFit;
use regrade::models::{HeatFit, Model, ModelError, Observations, Side, fit};
use regrade::qualify::{
    Basis, Component, Conditions, Demand, Direction, Fitted, GradeData, HeatData, Limit,
    LimitStatus, Policy, PropertyData, Requirement, Title, judge,
};

use super::labs::{EVEN_RATIOS, Plan, deviations, stream};
use super::workers;

/// The shipped policy; claims are rounded down to its step.
pub const POLICY: Policy = Policy {
    min_heats: 5,
    min_specimens: 15,
    min_scrap_ratios: 3,
    confidence: 0.95,
    content_a: 0.99,
    content_b: 0.90,
    claim_step: 0.005,
};
/// Bins of the histogram of claim − truth, in steps of the claim: ± the whole range of ratios.
const BINS: usize = 401;
/// Correlation of the scatter of Rm and Rp0.2, between heats and between specimens.
const STRENGTH_CORRELATION: f64 = 0.7;

/// How a claim is made, in the order of [`Tally`].
pub const METHODS: [&str; 3] = ["regrade", "plain OLS", "mean against limit"];

/// One property of the alloy, on its modelling scale (ln for elongation).
#[derive(Clone, Copy, Debug)]
struct Truth {
    property: Property,
    /// Lower limit, MPa or %; basis B.
    limit: f64,
    /// Change of the mean per unit of scrap ratio.
    slope: f64,
    /// Scatter of one specimen of a new heat.
    sigma: f64,
}

/// The alloy: an extruded 6082-T6 with the limits of the shipped grade file. The rest is invented:
/// scatter about that of the synthetic lab's 6082, slopes far steeper, so that a limit is crossed
/// inside the observed range: +10 % scrap costs 6 and 5 MPa and 7 % of the elongation.
const ALLOY: [Truth; 3] = [
    Truth {
        property: Property::Rp02,
        limit: 250.0,
        slope: -60.0,
        sigma: 6.0,
    },
    Truth {
        property: Property::Rm,
        limit: 290.0,
        slope: -50.0,
        sigma: 7.0,
    },
    Truth {
        property: Property::A,
        limit: 8.0,
        slope: -0.7,
        sigma: 0.12,
    },
];

/// How the ratios of the heats come about.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ratios {
    /// As the plan has them.
    Planned,
    /// Drawn for each lab, most of them low.
    Ragged,
}

/// A kind of lab.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Position in the list; decides the random numbers.
    number: u64,
    /// What the tables call it.
    pub name: &'static str,
    /// The heats.
    pub plan: Plan,
    ratios: Ratios,
    /// Share of the variance that is between heats.
    pub share: f64,
    /// Ratio at which the true quantile of Rp0.2, Rm and A meets its limit.
    crossings: [f64; 3],
}

impl Scenario {
    /// The highest ratio at which every property's true quantile meets its limit.
    pub fn truth(&self) -> f64 {
        self.crossings.iter().copied().fold(f64::INFINITY, f64::min)
    }

    /// Whether the plan is the one for which the distance of the median claim is promised.
    pub fn promises_median(&self) -> bool {
        self.plan.sizes.len() >= 30
    }
}

/// What became of the labs of a scenario, by method.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Labs in all.
    pub labs: u32,
    /// Claims above the truth.
    pub above: [u32; 3],
    /// Labs without a claim.
    pub none: [u32; 3],
    /// Claims by (claim − truth) in steps, the middle bin being none above and less than one below.
    histogram: Vec<[u32; 3]>,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            labs: 0,
            above: [0; 3],
            none: [0; 3],
            histogram: vec![[0; 3]; BINS],
        }
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.labs += other.labs;
        let lines = self.histogram.iter_mut().zip(&other.histogram);
        for (mine, theirs) in lines.chain([
            (&mut self.above, &other.above),
            (&mut self.none, &other.none),
        ]) {
            for (mine, theirs) in mine.iter_mut().zip(theirs) {
                *mine += theirs;
            }
        }
    }
}

impl Tally {
    /// Share of labs that claim more than the truth.
    pub fn false_claims(&self, method: usize) -> f64 {
        f64::from(self.above[method]) / f64::from(self.labs)
    }

    /// Claim − truth exceeded by half of the labs, in points of scrap ratio, to half a point; a lab
    /// without a claim counts as furthest below. `None` when most labs have no claim.
    pub fn median_distance(&self, method: usize) -> Option<f64> {
        let mut reached = self.none[method];
        if 2 * reached >= self.labs {
            return None;
        }
        for (bin, counts) in self.histogram.iter().enumerate() {
            reached += counts[method];
            if 2 * reached >= self.labs {
                let steps = bin as f64 - (BINS / 2) as f64;
                return Some(100.0 * POLICY.claim_step * steps);
            }
        }
        None
    }

    fn record(&mut self, method: usize, claim: Option<f64>, truth: f64) {
        let Some(claim) = claim else {
            self.none[method] += 1;
            return;
        };
        self.above[method] += u32::from(claim > truth);
        let middle = (BINS / 2) as f64;
        let steps = ((claim - truth) / POLICY.claim_step).ceil() + middle;
        self.histogram[steps.clamp(0.0, (BINS - 1) as f64) as usize][method] += 1;
    }
}

/// An estimator as `judge` sees it.
enum Estimator {
    /// The verdict model.
    RandomHeats(HeatFit),
    /// Tolerance bound of a regression that takes specimens for independent.
    Plain(IndependentFit, [f64; 2]),
    /// The fitted line itself against the limit, as a quick script does.
    Line(HeatFit),
}

impl Fitted for Estimator {
    fn estimate(&self, x: f64) -> f64 {
        match self {
            Estimator::RandomHeats(fit) | Estimator::Line(fit) => fit.estimate(x),
            Estimator::Plain(fit, _) => fit.predict(&[x]).map_or(f64::NAN, |at| at.estimate),
        }
    }

    fn lower_bound(&self, x: f64, content: f64, confidence: f64) -> Result<f64, String> {
        match self {
            Estimator::RandomHeats(fit) => Fitted::lower_bound(fit, x, content, confidence),
            Estimator::Plain(fit, _) => fit
                .lower_bound(&[x], content, confidence)
                .map(|bound| bound.bound)
                .map_err(|error| error.to_string()),
            Estimator::Line(fit) => Ok(fit.estimate(x)),
        }
    }

    fn upper_bound(&self, _: f64, _: f64, _: f64) -> Result<f64, String> {
        Err("no requirement of this component is an upper limit".to_owned())
    }

    fn sigma(&self) -> f64 {
        match self {
            Estimator::RandomHeats(fit) | Estimator::Line(fit) => fit.sigma,
            Estimator::Plain(fit, _) => fit.least_squares().sigma().unwrap_or(f64::NAN),
        }
    }

    /// Only claims are counted here; what more heats would do is not asked.
    fn heats_for(&self, _: f64, _: Side, _: f64, _: f64, _: f64) -> Option<usize> {
        None
    }

    fn x_range(&self) -> (f64, f64) {
        match self {
            Estimator::RandomHeats(fit) | Estimator::Line(fit) => fit.x_range(),
            Estimator::Plain(_, [low, high]) => (*low, *high),
        }
    }

    fn n(&self) -> usize {
        match self {
            Estimator::RandomHeats(fit) | Estimator::Line(fit) => fit.n,
            Estimator::Plain(fit, _) => fit.least_squares().n,
        }
    }

    fn heats(&self) -> usize {
        match self {
            Estimator::RandomHeats(fit) | Estimator::Line(fit) => fit.heats,
            Estimator::Plain(fit, _) => fit.least_squares().n,
        }
    }

    fn model(&self) -> String {
        "linear".to_owned()
    }
}

/// Runs the labs of one scenario.
///
/// # Errors
/// A lab whose data a model refuses, which a sound scenario does not have.
pub fn run(scenario: &Scenario, labs: u32, seed: u64, threads: usize) -> Result<Tally, ModelError> {
    let component = component();
    workers::sum(labs, threads, |lab| {
        one_lab(scenario, &component, seed, lab)
    })
}

fn one_lab(
    scenario: &Scenario,
    component: &Component,
    seed: u64,
    lab: u32,
) -> Result<Tally, ModelError> {
    // Apart from the streams of the other table.
    let mut random = stream(seed, (1 << 32) + scenario.number, lab);
    let mut plan = scenario.plan.clone();
    if scenario.ratios == Ratios::Ragged {
        draw_ratios(&mut plan.ratios, &mut random);
    }
    let measured = measure(scenario, &plan, &mut random)?;
    let mut tally = Tally {
        labs: 1,
        ..Tally::default()
    };
    for method in 0..METHODS.len() {
        let data = grade_data(&plan, &measured, method)?;
        let verdict = judge(component, &data, &POLICY, "2026-01-01");
        let claim = verdict
            .max_scrap_ratio
            .map(|ratio| down_to_step(ratio, POLICY.claim_step));
        tally.record(method, claim, scenario.truth());
    }
    Ok(tally)
}

/// Both ends of the range, and between them a density that falls to zero at the high end.
fn draw_ratios(ratios: &mut [f64], random: &mut ChaCha8Rng) {
    let [low, high] = EVEN_RATIOS;
    for ratio in ratios.iter_mut() {
        let share: f64 = random.random();
        *ratio = low + (high - low) * (1.0 - share.sqrt());
    }
    if let [first, .., last] = ratios {
        (*first, *last) = (low, high);
    }
}

/// The specimens of a lab, property by property in the order of [`ALLOY`].
fn measure(
    scenario: &Scenario,
    plan: &Plan,
    random: &mut ChaCha8Rng,
) -> Result<[Observations; 3], ModelError> {
    let z = normal_quantile(POLICY.content_b)?;
    let proof = deviations(plan, scenario.share, random);
    let own = deviations(plan, scenario.share, random);
    let elongation = deviations(plan, scenario.share, random);
    let rest = (1.0 - STRENGTH_CORRELATION * STRENGTH_CORRELATION).sqrt();
    let strength = proof
        .iter()
        .zip(&own)
        .map(|(proof, own)| STRENGTH_CORRELATION * proof + rest * own)
        .collect();
    let scatter: [Vec<f64>; 3] = [proof, strength, elongation];
    let (x, heats): (Vec<f64>, Vec<usize>) = plan.rows().unzip();
    Ok(std::array::from_fn(|number| {
        let Truth {
            property,
            limit,
            slope,
            sigma,
        } = ALLOY[number];
        let limit = property.scale().forward(limit);
        let crossing = scenario.crossings[number];
        let y = x
            .iter()
            .zip(&scatter[number])
            .map(|(x, scatter)| limit + slope * (x - crossing) + sigma * (z + scatter))
            .collect();
        Observations {
            y,
            x: x.clone(),
            heats: heats.clone(),
        }
    }))
}

fn estimator(observations: &Observations, method: usize) -> Result<Estimator, ModelError> {
    let heats = fit(observations, Model::Linear)?;
    Ok(match method {
        0 => Estimator::RandomHeats(heats),
        1 => {
            let (low, high) = heats.x_range();
            let predictor = Predictor {
                name: "x".to_owned(),
                values: observations.x.clone(),
            };
            let design = Design::linear(vec![predictor], true);
            Estimator::Plain(IndependentFit::new(&design, &observations.y)?, [low, high])
        }
        _ => Estimator::Line(heats),
    })
}

/// What the lab hands to `judge`.
fn grade_data(
    plan: &Plan,
    measured: &[Observations; 3],
    method: usize,
) -> Result<GradeData<Estimator>, ModelError> {
    let mut properties = BTreeMap::new();
    for (truth, observations) in ALLOY.iter().zip(measured) {
        let data = PropertyData {
            fit: Ok(estimator(observations, method)?),
            elongation_type: (truth.property == Property::A).then(|| "A".to_owned()),
            specimens: plan.specimens(),
            heats: plan.sizes.len(),
            conditions: Conditions::default(),
            origins: vec![None],
            thickness_mm: None,
            heat_means: BTreeMap::new(),
            failed_checks: Vec::new(),
            overruled: Vec::new(),
            row_ids_sha256: None,
            carriers: Vec::new(),
            without_outliers: None,
        };
        properties.insert(truth.property, vec![data]);
    }
    let heats = plan
        .ratios
        .iter()
        .enumerate()
        .map(|(heat, &ratio)| HeatData {
            heat_id: format!("H-{heat:02}"),
            scrap_ratio: Some(ratio),
            composition: BTreeMap::new(),
            means: BTreeMap::new(),
            indices: BTreeMap::new(),
        })
        .collect();
    Ok(GradeData {
        grade: Grade {
            alloy: "6082".to_owned(),
            temper: "T6".to_owned(),
            product_form: "open_profile".to_owned(),
        },
        scrap_definition: Some(ScrapDefinition::Iso14021Ratio),
        test_temp_c: (23.0, 23.0),
        specimens: plan.specimens(),
        heats,
        properties,
        evidence: Vec::new(),
        carbon: None,
        density_kg_m3: None,
    })
}

/// A component with the limits of [`ALLOY`], basis B.
fn component() -> Component {
    let requirement = |truth: &Truth| Requirement {
        demand: Demand::Property {
            property: truth.property,
            limit: Limit {
                direction: Direction::AtLeast,
                value: truth.limit,
                basis: Basis::B,
                rounded_to: None,
                digits: None,
                cpk_at_least: None,
            },
            specimen_origin: None,
            thickness_mm: None,
            test_temp_c: [10.0, 35.0],
            elongation_type: (truth.property == Property::A)
                .then_some(regrade::qualify::ElongationType::A),
        },
        source: "minimum of the shipped grade file".to_owned(),
        status: LimitStatus::Unverified,
    };
    Component {
        id: "simulated-rail".to_owned(),
        title: Title {
            en: "Simulated rail".to_owned(),
            zh: None,
        },
        critical: Vec::new(),
        product_forms: Vec::new(),
        requirements: ALLOY.iter().map(requirement).collect(),
        file: "simulated-rail.toml".to_owned(),
    }
}

/// The scenarios of the table. A property whose crossing lies beyond the observed range never limits.
pub fn scenarios() -> Vec<Scenario> {
    let thirty = || Plan::even("30 heats of 5", &[5; 30]);
    let sizes: Vec<usize> = (0..30).map(|heat| 3 + heat % 7).collect();
    let alone = [0.4537, 1.3, 1.4];
    let (planned, ragged) = (Ratios::Planned, Ratios::Ragged);
    let rows = [
        ("Rp0.2 alone limits", thirty(), planned, 0.5, alone),
        (
            "Rp0.2 and A cross together",
            thirty(),
            planned,
            0.5,
            [0.4537, 1.3, 0.4612],
        ),
        (
            "all three cross at one ratio",
            thirty(),
            planned,
            0.5,
            [0.4537; 3],
        ),
        (
            "heats nearly all of the scatter",
            thirty(),
            planned,
            0.9,
            alone,
        ),
        ("heats do not differ", thirty(), planned, 0.0, alone),
        (
            "unequal heats",
            Plan::even("30 heats of 3 to 9", &sizes),
            planned,
            0.5,
            alone,
        ),
        (
            "ragged ratios, most of them low",
            thirty(),
            ragged,
            0.5,
            alone,
        ),
        (
            "crossing near the high end",
            thirty(),
            planned,
            0.5,
            [0.7537, 1.3, 1.4],
        ),
        (
            "few heats",
            Plan::even("12 heats of 5", &[5; 12]),
            planned,
            0.5,
            alone,
        ),
    ];
    rows.into_iter()
        .enumerate()
        .map(
            |(number, (name, plan, ratios, share, crossings))| Scenario {
                number: number as u64,
                name,
                plan,
                ratios,
                share,
                crossings,
            },
        )
        .collect()
}
