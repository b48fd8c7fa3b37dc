//! The plan of a synthetic laboratory: what it melts and how its metal answers to scrap.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::error::SynthError;
use crate::domain::{Element, Grade, Property, SourceClass};

/// Smallest detection limit that four decimals can show.
const FINEST_DETECTION_LIMIT: f64 = 0.0001;

/// Standard deviations that an element's mean must lie above zero, so that no heat is melted with
/// less than none of it and the scatter stays normal.
const SCATTER_ROOM: f64 = 4.0;

/// How a synthetic laboratory's metal behaves, read from `schemas/synth.toml` and checked.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// Planned scrap ratios, taken in turn by the heats of a grade, each in \[0, 1\].
    pub(super) scrap_levels: Vec<f64>,
    /// A heat misses its planned ratio by up to this much, uniformly.
    pub(super) ratio_jitter: f64,
    /// Nights from one heat of a grade to the next.
    pub(super) nights_between_heats: usize,
    /// Lightest and heaviest charge, kg.
    pub(super) charge_kg: [f64; 2],
    /// Furnaces, used in turn.
    pub(super) furnaces: Vec<String>,
    /// Temperature of every tensile test, °C.
    pub(super) test_temp_c: f64,
    /// Burns of each chemistry sample.
    pub(super) burns_per_heat: u32,
    /// Spectrometer.
    pub(super) instrument: String,
    /// Analytical programme.
    pub(super) method: String,
    /// Repeatability of one burn by level, highest level first, the last from 0 wt%.
    pub(super) repeatability: Vec<Repeatability>,
    /// Detection limits, wt%.
    pub(super) detection_limit_wt_pct: BTreeMap<Element, f64>,
    /// The grades.
    #[serde(rename = "grade")]
    pub(super) grades: Vec<GradePlan>,
}

/// Repeatability of one burn above a level.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Repeatability {
    /// Lowest mass fraction it holds for, wt%.
    pub(super) from_wt_pct: f64,
    /// Relative standard deviation, a fraction.
    pub(super) rsd: f64,
}

/// One grade of the laboratory.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradePlan {
    alloy: String,
    temper: String,
    product_form: String,
    /// Gauge length the elongation refers to, as in the contract: `A`, `A50`, …
    pub(super) elongation_type: String,
    pub(super) specimen_origin: String,
    /// Places specimens are cut from, in turn.
    pub(super) locations: Vec<String>,
    pub(super) orientation: String,
    pub(super) thickness_mm: f64,
    pub(super) area_mm2: f64,
    pub(super) gauge_length_mm: f64,
    pub(super) standard: String,
    /// Correlation between the scatter of the properties in MPa, in \[0, 1).
    pub(super) strength_correlation: f64,
    /// Internal returns per part of the charge that is not pre- or post-consumer scrap.
    pub(super) internal_return_share: f64,
    /// Alloying metal per the same part; primary metal is the rest.
    pub(super) alloying_share: f64,
    /// Pre-consumer per pre- and post-consumer scrap.
    pub(super) pre_consumer_share: f64,
    pub(super) materials: Vec<Material>,
    pub(super) composition: BTreeMap<Element, ElementPlan>,
    pub(super) properties: BTreeMap<Property, PropertyPlan>,
}

/// One material that goes into the charge of a grade.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Material {
    pub(super) name: String,
    pub(super) class: SourceClass,
    /// Share within its class, against the other materials of the class.
    pub(super) share: f64,
    /// Metal recovered per mass charged, in (0, 1].
    #[serde(rename = "yield")]
    pub(super) metal_yield: f64,
    /// Suppliers, one drawn per heat; none for metal of the house.
    pub(super) suppliers: Vec<String>,
    #[serde(default)]
    pub(super) stream: String,
    #[serde(default)]
    pub(super) vehicle_part: String,
}

/// One element of a grade.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ElementPlan {
    /// Mean without scrap, wt%.
    pub(super) mean: f64,
    /// Standard deviation between heats, wt%.
    pub(super) heat_sd: f64,
    /// Rise from no to nothing but post-consumer scrap, wt%.
    #[serde(default)]
    pub(super) rise_per_post_consumer: f64,
}

/// One property of a grade; scatter and effects are on its modelling scale.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PropertyPlan {
    /// Value without scrap in the property's unit; the median where the scale is logarithmic.
    pub(super) at_zero_scrap: f64,
    /// Scatter between heats that composition does not explain.
    pub(super) heat_sd: f64,
    /// Scatter between specimens of one heat.
    pub(super) specimen_sd: f64,
    /// Change per +0.1 wt% of an element.
    pub(super) per_tenth_wt_pct: BTreeMap<Element, f64>,
}

impl GradePlan {
    /// The grade.
    pub fn grade(&self) -> Grade {
        Grade {
            alloy: self.alloy.clone(),
            temper: self.temper.clone(),
            product_form: self.product_form.clone(),
        }
    }
}

impl Plan {
    /// Reads a plan and checks it.
    ///
    /// # Errors
    ///
    /// [`SynthError::Syntax`] when the text is not TOML of the plan's shape, and
    /// [`SynthError::Plan`] for the first figure that makes no sense: a share, ratio or yield
    /// outside its range, negative scatter, an element without detection limit, whose mean is less
    /// than four standard deviations, or that a property answers to but the grade does not contain,
    /// a class of material that is charged but not listed, a missing property.
    pub fn parse(text: &str) -> Result<Plan, SynthError> {
        let plan: Plan =
            toml::from_str(text).map_err(|error| SynthError::Syntax(error.to_string()))?;
        plan.check()?;
        for grade in &plan.grades {
            grade.check(&plan.detection_limit_wt_pct)?;
        }
        Ok(plan)
    }

    /// The grades the laboratory makes, in the order of the plan.
    pub fn grades(&self) -> impl Iterator<Item = Grade> {
        self.grades.iter().map(GradePlan::grade)
    }

    fn check(&self) -> Result<(), SynthError> {
        let ensure = ensurer("the laboratory");
        let ratio = |x: &f64| (0.0..=1.0).contains(x);
        ensure(!self.grades.is_empty(), "there is no grade")?;
        ensure(!self.scrap_levels.is_empty(), "`scrap_levels` is empty")?;
        ensure(
            self.scrap_levels.iter().all(ratio),
            "`scrap_levels` must lie in 0 to 1",
        )?;
        ensure(
            ratio(&self.ratio_jitter),
            "`ratio_jitter` must lie in 0 to 1",
        )?;
        let [lightest, heaviest] = self.charge_kg;
        ensure(
            (1000.0..=heaviest).contains(&lightest) && heaviest <= 200_000.0,
            "`charge_kg` must be two rising masses from 1000 to 200000",
        )?;
        ensure(!self.furnaces.is_empty(), "there is no furnace")?;
        ensure(
            self.nights_between_heats > 0,
            "`nights_between_heats` must be at least 1",
        )?;
        ensure(
            self.burns_per_heat > 0,
            "`burns_per_heat` must be at least 1",
        )?;
        ensure(
            self.repeatability
                .last()
                .is_some_and(|tier| tier.from_wt_pct <= 0.0),
            "the last line of `repeatability` must start from 0",
        )?;
        ensure(
            self.repeatability
                .is_sorted_by(|a, b| a.from_wt_pct > b.from_wt_pct),
            "`repeatability` must fall from high to low levels",
        )?;
        ensure(
            self.repeatability.iter().all(|tier| ratio(&tier.rsd)),
            "`rsd` must lie in 0 to 1",
        )?;
        ensure(
            self.detection_limit_wt_pct
                .values()
                .all(|l| (FINEST_DETECTION_LIMIT..1.0).contains(l)),
            "detection limits must lie in 0.0001 to 1",
        )
    }
}

impl GradePlan {
    fn check(&self, detection_limits: &BTreeMap<Element, f64>) -> Result<(), SynthError> {
        let name = self.grade().to_string();
        let ensure = ensurer(&name);
        let share = |x: f64| (0.0..1.0).contains(&x);
        ensure(
            share(self.strength_correlation),
            "`strength_correlation` must lie in 0 to below 1",
        )?;
        ensure(
            share(self.pre_consumer_share),
            "`pre_consumer_share` must lie in 0 to below 1",
        )?;
        ensure(
            self.internal_return_share >= 0.0
                && self.alloying_share >= 0.0
                && share(self.internal_return_share + self.alloying_share),
            "internal returns and alloying metal must leave room for primary metal",
        )?;
        ensure(!self.locations.is_empty(), "`locations` is empty")?;
        for (class, charged) in [
            (SourceClass::Primary, true),
            (SourceClass::Alloying, self.alloying_share > 0.0),
            (
                SourceClass::InternalReturn,
                self.internal_return_share > 0.0,
            ),
            (SourceClass::PreConsumer, self.pre_consumer_share > 0.0),
            (SourceClass::PostConsumer, true),
            (SourceClass::Heel, false),
            (SourceClass::Unknown, false),
        ] {
            let listed = self.materials.iter().any(|m| m.class == class);
            ensure(
                listed == charged,
                &format!(
                    "class `{}` must be listed exactly if it is charged",
                    class.as_str()
                ),
            )?;
        }
        for material in &self.materials {
            let place = format!("{name}, material `{}`", material.name);
            let ensure = ensurer(&place);
            ensure(
                material.share > 0.0 && material.share.is_finite(),
                "`share` must be above 0",
            )?;
            ensure(
                material.metal_yield > 0.0 && material.metal_yield <= 1.0,
                "`yield` must lie above 0 and not above 1",
            )?;
        }
        for (element, figures) in &self.composition {
            let place = format!("{name}, composition of {}", element.symbol());
            let ensure = ensurer(&place);
            ensure(
                figures.heat_sd >= 0.0 && figures.mean >= SCATTER_ROOM * figures.heat_sd,
                "`mean` must be at least four times `heat_sd`, and neither negative",
            )?;
            ensure(
                figures.mean <= 100.0 && figures.rise_per_post_consumer.is_finite(),
                "figures must be mass fractions in percent",
            )?;
            ensure(
                detection_limits.contains_key(element),
                "there is no detection limit",
            )?;
        }
        for property in Property::ALL {
            let place = format!("{name}, {}", property.column());
            let ensure = ensurer(&place);
            let figures = self.properties.get(&property);
            let Some(figures) = figures else {
                return ensure(false, "the property is missing");
            };
            ensure(
                figures.at_zero_scrap > 0.0 && figures.at_zero_scrap.is_finite(),
                "`at_zero_scrap` must be above 0",
            )?;
            ensure(
                [figures.heat_sd, figures.specimen_sd]
                    .iter()
                    .all(|s| *s >= 0.0 && s.is_finite()),
                "scatter must not be negative",
            )?;
            for (element, effect) in &figures.per_tenth_wt_pct {
                ensure(
                    self.composition.contains_key(element) && effect.is_finite(),
                    &format!(
                        "it answers to {}, which the grade does not contain",
                        element.symbol()
                    ),
                )?;
            }
        }
        Ok(())
    }
}

/// A check that names `place` when it fails.
fn ensurer(place: &str) -> impl Fn(bool, &str) -> Result<(), SynthError> {
    move |holds, what| {
        if holds {
            return Ok(());
        }
        Err(SynthError::Plan {
            place: place.to_owned(),
            what: what.to_owned(),
        })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
pub(super) mod tests {
    use super::*;

    const SHIPPED: &str = include_str!(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../schemas/synth.toml"
    ));

    /// The shipped plan.
    pub(in crate::synth) fn shipped() -> Plan {
        Plan::parse(SHIPPED).unwrap()
    }

    #[test]
    fn the_shipped_plan_has_the_four_grades() {
        let grades: Vec<String> = shipped().grades().map(|g| g.to_string()).collect();
        assert_eq!(
            grades,
            [
                "AlSi10MnMg-T7 die casting",
                "EN AC-46000-F die casting",
                "6082-T6 open profile",
                "A356.0-T6 permanent mould casting",
            ]
        );
    }

    #[test]
    fn a_figure_without_sense_is_named_with_its_place() {
        for (from, to, message) in [
            (
                "ratio_jitter = 0.03",
                "ratio_jitter = 1.3",
                "`ratio_jitter` must lie in 0 to 1",
            ),
            (
                "yield = 0.99",
                "yield = 1.01",
                "material `Primary ingot Al99.7`",
            ),
            (
                "Mn = { mean = 0.55, heat_sd = 0.03 }",
                "Mn = { mean = 0.1, heat_sd = 0.03 }",
                "Mn",
            ),
            ("Fe = -1.5,", "W = -1.5,", "rm_mpa: it answers to W"),
            (
                "specimen_sd = 6.5",
                "specimen_sd = -6.5",
                "rm_mpa: scatter must not be negative",
            ),
            (
                "Ga = 0.0005\n",
                "",
                "composition of Ga: there is no detection limit",
            ),
            (
                "class = \"pre_consumer\"",
                "class = \"primary\"",
                "class `pre_consumer` must be",
            ),
            (
                "{ from_wt_pct = 0.0, rsd = 0.08 },",
                "",
                "`repeatability` must start from 0",
            ),
            ("furnaces =", "furnace =", "unknown field `furnace`"),
        ] {
            assert!(SHIPPED.contains(from), "{from}");
            let error = Plan::parse(&SHIPPED.replacen(from, to, 1))
                .unwrap_err()
                .to_string();
            assert!(error.contains(message), "{from} -> {to}: {error}");
        }
    }
}
