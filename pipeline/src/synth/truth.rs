//! What is true of the synthetic metal, worked out from the plan alone.

use std::collections::BTreeMap;

use serde::Serialize;

use super::error::SynthError;
use super::melt::Heat;
use super::normal;
use super::plan::{GradePlan, Plan};
use crate::domain::property::Scale;
use crate::domain::{Grade, Property, ScrapDefinition};

/// A lower limit whose true highest scrap ratio is wanted.
#[derive(Clone, Debug)]
pub struct TruthLimit {
    /// Component that sets it.
    pub component: String,
    /// Grade it applies to.
    pub grade: Grade,
    /// Property it is set on.
    pub property: Property,
    /// The limit, in the property's unit.
    pub at_least: f64,
    /// Share of specimens that must reach it, in (0, 1): 0.90 for basis B, 0.99 for basis A.
    pub content: f64,
}

/// Where on the observed scrap ratios a limit truly holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TruthStatus {
    /// At every observed ratio.
    HoldsEverywhere,
    /// From the lowest observed ratio up to the true maximum.
    HoldsUpTo,
    /// Not at the lowest observed ratio, though at the highest: no window begins at the low end.
    FailsAtLowest,
    /// At no observed ratio.
    FailsEverywhere,
}

/// The planted truth of a synthetic laboratory.
#[derive(Clone, Debug, Serialize)]
pub struct Truth {
    /// Seed the laboratory was drawn with.
    pub seed: u64,
    /// Heats of each grade.
    pub heats_per_grade: usize,
    /// Specimens of each heat.
    pub specimens_per_heat: usize,
    /// Definition of every scrap ratio here.
    pub scrap_definition: ScrapDefinition,
    /// What the numbers mean.
    pub definitions: BTreeMap<&'static str, &'static str>,
    /// How each grade behaves, in the order of the plan.
    pub grades: Vec<GradeTruth>,
    /// What holds for each component and grade, sorted.
    pub components: Vec<ComponentTruth>,
}

/// How one grade truly behaves.
#[derive(Clone, Debug, Serialize)]
pub struct GradeTruth {
    /// The grade.
    #[serde(flatten)]
    pub grade: Grade,
    /// Lowest and highest scrap ratio among its heats.
    pub observed_scrap_ratio: [f64; 2],
    /// Its properties.
    pub properties: Vec<PropertyTruth>,
}

/// How one property truly depends on the scrap ratio x: intercept + slope x + heat + specimen.
#[derive(Clone, Debug, Serialize)]
pub struct PropertyTruth {
    /// The property.
    pub property: Property,
    /// Scale of the numbers that follow.
    pub scale: Scale,
    /// Mean at x = 0.
    pub intercept: f64,
    /// Change of the mean from x = 0 to x = 1.
    pub slope: f64,
    /// Standard deviation between heats of equal x, scatter of the elements included.
    pub sigma_heat: f64,
    /// Standard deviation between specimens of one heat.
    pub sigma_specimen: f64,
}

/// What is true of one limit.
#[derive(Clone, Debug, Serialize)]
pub struct LimitTruth {
    /// The property.
    pub property: Property,
    /// The limit, in the property's unit.
    pub at_least: f64,
    /// Share of specimens that must reach it.
    pub content: f64,
    /// Where it holds.
    pub status: TruthStatus,
    /// Highest scrap ratio of the window that begins at the lowest observed ratio; null without one.
    pub true_max_scrap_ratio: Option<f64>,
    /// Value that the share `content` of specimens exceeds at the lowest and at the highest
    /// observed ratio, in the property's unit.
    pub quantile_at_ends: [f64; 2],
}

/// What is true of one component made of one grade.
#[derive(Clone, Debug, Serialize)]
pub struct ComponentTruth {
    /// The component.
    pub component: String,
    /// The grade.
    #[serde(flatten)]
    pub grade: Grade,
    /// The worst of its limits.
    pub status: TruthStatus,
    /// Lowest of its limits' maxima; null when any limit has none.
    pub true_max_scrap_ratio: Option<f64>,
    /// Its limits, in the order given.
    pub limits: Vec<LimitTruth>,
}

impl PropertyTruth {
    /// Works out the truth of one property from the plan.
    ///
    /// With effects k per wt%, rises r and scatters s of the elements, and π the pre-consumer share:
    /// slope = Σ k r (1 - π) and `sigma_heat`² = Σ (k s)² + `heat_sd`².
    fn of(grade: &GradePlan, property: Property) -> Option<PropertyTruth> {
        let figures = grade.properties.get(&property)?;
        let mut slope = 0.0;
        let mut heat_variance = figures.heat_sd.powi(2);
        for (element, effect) in &figures.per_tenth_wt_pct {
            let content = grade.composition.get(element)?;
            let per_wt_pct = effect / 0.1;
            slope += per_wt_pct * content.rise_per_post_consumer * (1.0 - grade.pre_consumer_share);
            heat_variance += (per_wt_pct * content.heat_sd).powi(2);
        }
        Some(PropertyTruth {
            property,
            scale: property.scale(),
            intercept: property.scale().forward(figures.at_zero_scrap),
            slope,
            sigma_heat: heat_variance.sqrt(),
            sigma_specimen: figures.specimen_sd,
        })
    }

    /// Value on the modelling scale that the share `content` of all specimens of all heats at scrap
    /// ratio `x` exceeds: intercept + slope x - z √(`sigma_heat`² + `sigma_specimen`²).
    pub fn quantile(&self, x: f64, content: f64) -> f64 {
        let sigma = self.sigma_heat.hypot(self.sigma_specimen);
        self.intercept + self.slope * x - normal::quantile(content) * sigma
    }

    /// Where between `low` and `high` the limit holds.
    fn judge(&self, limit: &TruthLimit, [low, high]: [f64; 2]) -> LimitTruth {
        let required = match self.scale {
            Scale::Log if limit.at_least <= 0.0 => f64::NEG_INFINITY,
            scale => scale.forward(limit.at_least),
        };
        let ends = [low, high].map(|x| self.quantile(x, limit.content));
        let [at_low, at_high] = ends.map(|quantile| quantile - required);
        let (status, max) = match (at_low >= 0.0, at_high >= 0.0) {
            (true, true) => (TruthStatus::HoldsEverywhere, Some(high)),
            (true, false) => {
                let x = low + (high - low) * at_low / (at_low - at_high);
                (TruthStatus::HoldsUpTo, Some(x))
            }
            (false, true) => (TruthStatus::FailsAtLowest, None),
            (false, false) => (TruthStatus::FailsEverywhere, None),
        };
        LimitTruth {
            property: self.property,
            at_least: limit.at_least,
            content: limit.content,
            status,
            true_max_scrap_ratio: max,
            quantile_at_ends: ends.map(|quantile| self.scale.back(quantile)),
        }
    }
}

impl Truth {
    /// Works out the truth for the grades of `plan` over the scrap ratios that `heats` show.
    ///
    /// Limits on grades that are not in the plan, and grades without heats, are left out.
    pub fn new(plan: &Plan, heats: &[Heat], limits: &[TruthLimit], seed: u64) -> Truth {
        let mut grades = Vec::new();
        for plan in &plan.grades {
            let grade = plan.grade();
            let ratios = heats
                .iter()
                .filter(|h| h.grade == grade)
                .map(|h| h.iso14021_ratio);
            let observed = ratios.fold(None, |ends: Option<[f64; 2]>, x| {
                let [low, high] = ends.unwrap_or([x, x]);
                Some([low.min(x), high.max(x)])
            });
            let Some(observed_scrap_ratio) = observed else {
                continue;
            };
            let properties = Property::ALL
                .into_iter()
                .filter_map(|p| PropertyTruth::of(plan, p))
                .collect();
            grades.push(GradeTruth {
                grade,
                observed_scrap_ratio,
                properties,
            });
        }
        let count = |grade: &Grade| heats.iter().filter(|h| h.grade == *grade).count();
        Truth {
            seed,
            heats_per_grade: grades.first().map_or(0, |g| count(&g.grade)),
            specimens_per_heat: heats.first().map_or(0, |h| h.specimens.len()),
            scrap_definition: ScrapDefinition::Iso14021Ratio,
            definitions: DEFINITIONS.into_iter().collect(),
            components: components(&grades, limits),
            grades,
        }
    }

    /// The truth as JSON, ending with a line break.
    ///
    /// # Errors
    ///
    /// [`SynthError::Write`] when a number of a limit cannot be written.
    pub fn to_json(&self) -> Result<Vec<u8>, SynthError> {
        let mut json = serde_json::to_vec_pretty(self).map_err(|error| SynthError::Write {
            path: "truth.json".to_owned(),
            cause: error.to_string(),
        })?;
        json.push(b'\n');
        Ok(json)
    }
}

const DEFINITIONS: [(&str, &str); 4] = [
    (
        "model",
        "y = intercept + slope x + heat + specimen on the modelling scale (ln for a_pct), \
         heat ~ N(0, sigma_heat²), specimen ~ N(0, sigma_specimen²), x the scrap ratio of the heat",
    ),
    (
        "quantile",
        "what the share `content` of specimens exceeds: intercept + slope x - \
         z(content) √(sigma_heat² + sigma_specimen²)",
    ),
    (
        "true_max_scrap_ratio",
        "upper end of the stretch of observed scrap ratios, from the lowest, on which the quantile \
         reaches the limit; null when it does not at the lowest",
    ),
    (
        "use",
        "synthetic data only: no figure here is reference data",
    ),
];

fn components(grades: &[GradeTruth], limits: &[TruthLimit]) -> Vec<ComponentTruth> {
    let mut judged: BTreeMap<(&str, &Grade), Vec<LimitTruth>> = BTreeMap::new();
    for limit in limits {
        let Some(grade) = grades.iter().find(|g| g.grade == limit.grade) else {
            continue;
        };
        let property = grade
            .properties
            .iter()
            .find(|p| p.property == limit.property);
        let Some(property) = property else { continue };
        let truth = property.judge(limit, grade.observed_scrap_ratio);
        judged
            .entry((&limit.component, &grade.grade))
            .or_default()
            .push(truth);
    }
    judged
        .into_iter()
        .filter_map(|((component, grade), limits)| {
            let status = limits.iter().map(|l| l.status).max()?;
            let maxima: Option<Vec<f64>> = limits.iter().map(|l| l.true_max_scrap_ratio).collect();
            Some(ComponentTruth {
                component: component.to_owned(),
                grade: grade.clone(),
                status,
                true_max_scrap_ratio: maxima.and_then(|m| m.into_iter().reduce(f64::min)),
                limits,
            })
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn property(scale: Scale, intercept: f64, slope: f64) -> PropertyTruth {
        PropertyTruth {
            property: if scale == Scale::Log {
                Property::A
            } else {
                Property::Rm
            },
            scale,
            intercept,
            slope,
            sigma_heat: 3.0,
            sigma_specimen: 4.0,
        }
    }

    fn limit(at_least: f64) -> TruthLimit {
        TruthLimit {
            component: "tray".into(),
            grade: Grade {
                alloy: "6082".into(),
                temper: "T6".into(),
                product_form: "p".into(),
            },
            property: Property::Rm,
            at_least,
            content: 0.90,
        }
    }

    /// σ = 5, so the 10 % quantile at x is 200 - 20 x - 6.407757827723002.
    #[test]
    fn a_falling_line_crosses_its_limit_once() {
        let line = property(Scale::Identity, 200.0, -20.0);
        let truth = line.judge(&limit(185.0), [0.05, 0.9]);
        assert_eq!(truth.status, TruthStatus::HoldsUpTo);
        let x = truth.true_max_scrap_ratio.unwrap();
        assert!((x - 8.592_242_172_276_998 / 20.0).abs() < 1e-12, "{x}");

        let truth = line.judge(&limit(175.0), [0.05, 0.9]);
        assert_eq!(
            (truth.status, truth.true_max_scrap_ratio),
            (TruthStatus::HoldsEverywhere, Some(0.9))
        );
        let truth = line.judge(&limit(193.0), [0.05, 0.9]);
        assert_eq!(
            (truth.status, truth.true_max_scrap_ratio),
            (TruthStatus::FailsEverywhere, None)
        );
    }

    #[test]
    fn a_rising_line_that_fails_at_the_low_end_opens_no_window() {
        let truth = property(Scale::Identity, 200.0, 20.0).judge(&limit(195.0), [0.0, 0.9]);
        assert_eq!(
            (truth.status, truth.true_max_scrap_ratio),
            (TruthStatus::FailsAtLowest, None)
        );
    }

    #[test]
    fn any_elongation_reaches_a_limit_of_nothing() {
        let truth = property(Scale::Log, 2.0, -1.0).judge(&limit(0.0), [0.0, 0.9]);
        assert_eq!(truth.status, TruthStatus::HoldsEverywhere);
    }

    #[test]
    fn a_component_is_as_good_as_its_worst_limit() {
        let grade = GradeTruth {
            grade: limit(0.0).grade,
            observed_scrap_ratio: [0.0, 0.9],
            properties: vec![property(Scale::Identity, 200.0, -20.0)],
        };
        let grades = [grade];
        let of = |limits: &[TruthLimit]| components(&grades, limits).remove(0);
        let single = of(&[limit(185.0)]);
        let both = of(&[limit(175.0), limit(185.0)]);
        assert_eq!(both.status, TruthStatus::HoldsUpTo);
        assert_eq!(both.true_max_scrap_ratio, single.true_max_scrap_ratio);
        let failing = of(&[limit(185.0), limit(199.0)]);
        assert_eq!(failing.status, TruthStatus::FailsEverywhere);
        assert_eq!(failing.true_max_scrap_ratio, None);
        let mut foreign = limit(185.0);
        foreign.grade.temper = "O".into();
        assert!(components(&grades, &[foreign]).is_empty());
    }
}
