//! One heat: its charge, its metal, its burns and its specimens.

use std::collections::BTreeMap;

use rand::{Rng, RngExt};
use rand_distr::StandardNormal;

use super::plan::{GradePlan, Plan, PropertyPlan};
use crate::domain::property::Scale;
use crate::domain::rounding::half_even;
use crate::domain::{Element, Grade, Property, SourceClass};

/// The yield of a material scatters by up to this much around its plan.
const YIELD_JITTER: f64 = 0.005;

/// A laboratory states Rm and Rp0.2 to 0.1 MPa and A to 0.1 %.
const PROPERTY_DIGITS: u32 = 1;

/// The lowest value that can be written, so that no elongation reads as zero.
const LOWEST_READING: f64 = 0.1;

/// Decimals of a mass fraction, from 1 wt% up and below.
const COARSE_DIGITS: u32 = 3;
const FINE_DIGITS: u32 = 4;

/// One heat of the synthetic laboratory.
#[derive(Clone, Debug)]
pub struct Heat {
    /// Its number, unique in the laboratory.
    pub heat_id: String,
    /// The grade it was made for.
    pub grade: Grade,
    /// (Pre- + post-consumer) / charge, exactly as it follows from the written masses.
    pub iso14021_ratio: f64,
    /// Its charge, in the order of the charge sheet.
    pub charge: Vec<ChargeLine>,
    /// Its chemistry, burn by burn.
    pub burns: Vec<Burn>,
    /// Its tensile specimens.
    pub specimens: Vec<Specimen>,
    /// Position of the grade in the plan.
    pub(super) grade_index: usize,
    /// Number of the heat within its grade, from 0.
    pub(super) heat_index: usize,
}

/// One material charged.
#[derive(Clone, Debug)]
pub struct ChargeLine {
    /// The material's name.
    pub material: String,
    /// Where it comes from.
    pub source_class: SourceClass,
    /// Trade code; empty for metal that is not scrap.
    pub stream: String,
    /// Vehicle part; empty where unknown.
    pub vehicle_part: String,
    /// Supplier; empty for metal of the house.
    pub supplier: String,
    /// Mass charged, kg, a whole number as the scale shows it.
    pub mass_kg: u32,
    /// Metal recovered per mass charged, in (0, 1].
    pub metal_yield: f64,
}

/// One burn of the spectrometer: a reading of every element of the grade.
#[derive(Clone, Debug)]
pub struct Burn {
    /// The readings.
    pub readings: BTreeMap<Element, Reading>,
}

/// What the spectrometer shows for one element, wt%.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Reading {
    /// A mass fraction.
    Measured(f64),
    /// Less than this detection limit.
    Below(f64),
}

/// One tensile specimen: its properties as the laboratory states them, in MPa and %.
#[derive(Clone, Debug)]
pub struct Specimen {
    /// The properties.
    pub properties: BTreeMap<Property, f64>,
}

/// What is made and when: which grade, which of its heats, how many specimens.
#[derive(Clone, Copy, Debug)]
pub(super) struct Order {
    pub(super) grade_index: usize,
    pub(super) heat_index: usize,
    pub(super) specimens: usize,
}

/// Melts and tests one heat of `plan.grades[order.grade_index]`.
pub(super) fn melt(plan: &Plan, grade: &GradePlan, order: Order, rng: &mut impl Rng) -> Heat {
    let level = plan.scrap_levels[order.heat_index % plan.scrap_levels.len()];
    let planned = (level + plan.ratio_jitter * rng.random_range(-1.0..=1.0)).clamp(0.0, 1.0);
    let charge = charge(plan, grade, planned, rng);
    let iso14021_ratio = iso14021_ratio(&charge);
    let metal = metal(grade, iso14021_ratio, rng);
    let burns = (0..plan.burns_per_heat)
        .map(|_| burn(plan, &metal, rng))
        .collect();
    let level = heat_level(grade, &metal, rng);
    let specimens = (0..order.specimens)
        .map(|_| specimen(grade, &level, rng))
        .collect();
    // Numbered by night, so that a laboratory with more heats contains the one with fewer.
    let number = order.heat_index * plan.grades.len() + order.grade_index + 1;
    Heat {
        heat_id: format!("H26-{number:04}"),
        grade: grade.grade(),
        iso14021_ratio,
        charge,
        burns,
        specimens,
        grade_index: order.grade_index,
        heat_index: order.heat_index,
    }
}

/// A charge sheet for a planned scrap ratio; materials whose mass rounds to nothing are not charged.
fn charge(plan: &Plan, grade: &GradePlan, planned: f64, rng: &mut impl Rng) -> Vec<ChargeLine> {
    let [lightest, heaviest] = plan.charge_kg;
    let total = rng.random_range(lightest..=heaviest);
    let scrap = total * planned;
    let rest = total - scrap;
    let class_mass = |class: SourceClass| match class {
        SourceClass::PreConsumer => scrap * grade.pre_consumer_share,
        SourceClass::PostConsumer => scrap * (1.0 - grade.pre_consumer_share),
        SourceClass::InternalReturn => rest * grade.internal_return_share,
        SourceClass::Alloying => rest * grade.alloying_share,
        SourceClass::Primary => rest * (1.0 - grade.internal_return_share - grade.alloying_share),
        // The plan refuses materials of these.
        SourceClass::Heel | SourceClass::Unknown => 0.0,
    };
    let mut lines = Vec::new();
    for material in &grade.materials {
        let of_class = grade.materials.iter().filter(|m| m.class == material.class);
        let share = material.share / of_class.map(|m| m.share).sum::<f64>();
        let mass_kg = (class_mass(material.class) * share).round() as u32;
        // Drawn for every material, charged or not, so that a heat's later draws do not hang on it.
        let supplier = match material.suppliers.len() {
            0 => String::new(),
            n => material.suppliers[rng.random_range(0..n)].clone(),
        };
        let metal_yield = material.metal_yield + YIELD_JITTER * rng.random_range(-1.0..=1.0);
        if mass_kg == 0 {
            continue;
        }
        lines.push(ChargeLine {
            material: material.name.clone(),
            source_class: material.class,
            stream: material.stream.clone(),
            vehicle_part: material.vehicle_part.clone(),
            supplier,
            mass_kg,
            metal_yield: half_even(metal_yield.clamp(0.01, 1.0), 3),
        });
    }
    lines
}

/// (Pre- + post-consumer) / charge; masses are whole kilograms, so the sums are exact.
fn iso14021_ratio(charge: &[ChargeLine]) -> f64 {
    let recycled = charge.iter().filter(|line| line.source_class.is_recycled());
    let recycled: u32 = recycled.map(|line| line.mass_kg).sum();
    let total: u32 = charge.iter().map(|line| line.mass_kg).sum();
    f64::from(recycled) / f64::from(total)
}

/// The true mass fraction of every element, wt%.
///
/// The post-consumer share is taken as its fixed part of `iso14021_ratio` and not from the rounded
/// masses, which keeps every property exactly linear in `iso14021_ratio`.
fn metal(grade: &GradePlan, iso14021_ratio: f64, rng: &mut impl Rng) -> BTreeMap<Element, f64> {
    let post_consumer = iso14021_ratio * (1.0 - grade.pre_consumer_share);
    let mut metal = BTreeMap::new();
    for (element, figures) in &grade.composition {
        let rise = figures.rise_per_post_consumer * post_consumer;
        let scatter = figures.heat_sd * rng.sample::<f64, _>(StandardNormal);
        metal.insert(element.clone(), figures.mean + rise + scatter);
    }
    metal
}

/// One burn of a metal. Scatter is the repeatability at the element's level and, added to it, the
/// scatter of the blank, a third of the detection limit.
fn burn(plan: &Plan, metal: &BTreeMap<Element, f64>, rng: &mut impl Rng) -> Burn {
    let mut readings = BTreeMap::new();
    for (element, &truth) in metal {
        let limit = plan
            .detection_limit_wt_pct
            .get(element)
            .copied()
            .unwrap_or(0.0);
        let tier = plan
            .repeatability
            .iter()
            .find(|tier| truth >= tier.from_wt_pct);
        let repeatability = tier.map_or(0.0, |tier| tier.rsd * truth);
        let scatter = repeatability.hypot(limit / 3.0);
        let seen = truth + scatter * rng.sample::<f64, _>(StandardNormal);
        let digits = if seen >= 1.0 {
            COARSE_DIGITS
        } else {
            FINE_DIGITS
        };
        let rounded = half_even(seen, digits);
        let reading = if rounded < limit {
            Reading::Below(limit)
        } else {
            Reading::Measured(rounded)
        };
        readings.insert(element.clone(), reading);
    }
    Burn { readings }
}

/// Where the specimens of a heat scatter around, for each property on its modelling scale.
fn heat_level(
    grade: &GradePlan,
    metal: &BTreeMap<Element, f64>,
    rng: &mut impl Rng,
) -> BTreeMap<Property, f64> {
    let scatter = scatter(grade, |property| property.heat_sd, rng);
    let mut levels = BTreeMap::new();
    for (&property, figures) in &grade.properties {
        let mut level = property.scale().forward(figures.at_zero_scrap);
        for (element, effect) in &figures.per_tenth_wt_pct {
            let base = grade.composition.get(element).map_or(0.0, |c| c.mean);
            let content = metal.get(element).copied().unwrap_or(base);
            level += effect / 0.1 * (content - base);
        }
        levels.insert(
            property,
            level + scatter.get(&property).copied().unwrap_or(0.0),
        );
    }
    levels
}

fn specimen(
    grade: &GradePlan,
    heat_level: &BTreeMap<Property, f64>,
    rng: &mut impl Rng,
) -> Specimen {
    let scatter = scatter(grade, |property| property.specimen_sd, rng);
    let mut properties = BTreeMap::new();
    for (&property, &level) in heat_level {
        let modelled = level + scatter.get(&property).copied().unwrap_or(0.0);
        let measured = half_even(property.scale().back(modelled), PROPERTY_DIGITS);
        properties.insert(property, measured.max(LOWEST_READING));
    }
    Specimen { properties }
}

/// One draw of normal scatter for each property, with the standard deviation `sd` picks.
///
/// The strengths share a common part, because what makes a specimen strong raises both Rm and
/// Rp0.2; each on its own keeps its standard deviation.
fn scatter(
    grade: &GradePlan,
    sd: impl Fn(&PropertyPlan) -> f64,
    rng: &mut impl Rng,
) -> BTreeMap<Property, f64> {
    let common: f64 = rng.sample(StandardNormal);
    let shared = grade.strength_correlation;
    let mut scatter = BTreeMap::new();
    for (&property, figures) in &grade.properties {
        let own: f64 = rng.sample(StandardNormal);
        let standard = match property.scale() {
            Scale::Identity => shared.sqrt() * common + (1.0 - shared).sqrt() * own,
            Scale::Log => own,
        };
        scatter.insert(property, sd(figures) * standard);
    }
    scatter
}
