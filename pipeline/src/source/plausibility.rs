//! The limits of checks that look at more than one cell, read from `schemas/ingest.toml`.

use serde::Deserialize;

use crate::domain::Element;

/// Every limit of the rules for rows, files and the lake. All of them only point at things: no limit
/// changes a number.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlausibilityLimits {
    /// One analysis.
    pub composition: CompositionLimits,
    /// The burns of one sample.
    pub burns: BurnLimits,
    /// Elongation and gauge length.
    pub elongation: ElongationLimits,
    /// Al-Si-Mg castings.
    pub al_si_mg: AlSiMgLimits,
    /// The rows of one heat.
    pub heat: HeatLimits,
}

/// Limits of one analysis, wt%.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CompositionLimits {
    /// Lowest and highest sum of all elements; the lowest counts where the balance is given.
    pub sum_wt_pct: [f64; 2],
    /// An element above this looks like another unit.
    pub highest_wt_pct: f64,
    /// Elements that may lie higher.
    pub may_be_higher: Vec<Element>,
    /// A reading above zero and below this looks like another unit.
    pub lowest_wt_pct: f64,
    /// Castings that hold more Si than Fe by name.
    pub al_si_alloys: AlloyNames,
}

/// Limits of the scatter of the burns of one sample.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BurnLimits {
    /// Fewest burns that are judged.
    pub fewest: usize,
    /// Limits by level, highest level first.
    pub levels: Vec<BurnLevel>,
}

/// The limit of scatter above one level.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BurnLevel {
    /// Lowest mean it holds for, wt%.
    pub from_wt_pct: f64,
    /// Highest relative standard deviation, a fraction.
    pub highest_rsd: f64,
}

/// Limits of elongation and gauge length.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ElongationLimits {
    /// Elongations that all lie below this look like fractions.
    pub fraction_below_pct: f64,
    /// Fewest specimens of a file that are judged.
    pub fraction_fewest: usize,
    /// Highest relative difference between the stated gauge length and that of the elongation's type.
    pub gauge_length_tolerance: f64,
}

/// Limits of Al-Si-Mg castings.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AlSiMgLimits {
    /// The alloys.
    pub alloys: AlloyNames,
    /// Tempers in which they are not hardened by Mg2Si.
    pub not_tempers: Vec<String>,
    /// Highest |YS* - Rp0.2|, MPa.
    pub highest_yield_off_mpa: f64,
    /// Lowest and highest quality index, MPa.
    pub quality_index_mpa: [f64; 2],
}

/// Limits of the rows of one heat.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeatLimits {
    /// Fewest other specimens that must agree before a single different temper is doubted.
    pub temper_fewest_others: usize,
    /// Highest relative difference between a charge's stated total and the sum of its lines.
    pub charge_total_tolerance: f64,
}

/// Names of alloys, `*` for any ending.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(from = "Vec<String>")]
pub struct AlloyNames(Vec<(String, bool)>);

impl From<Vec<String>> for AlloyNames {
    fn from(names: Vec<String>) -> AlloyNames {
        let name = |name: &String| match name.strip_suffix('*') {
            Some(start) => (folded(start), true),
            None => (folded(name), false),
        };
        AlloyNames(names.iter().map(name).collect())
    }
}

impl AlloyNames {
    /// Whether `alloy`, however it is written, is one of them: `EN AC-42100`, `42100`, `AC 42100`.
    pub fn hold(&self, alloy: &str) -> bool {
        let alloy = folded(alloy);
        let bare = ["ENAC", "ENAB", "AC", "AB"]
            .iter()
            .filter_map(|prefix| alloy.strip_prefix(prefix))
            .find(|bare| bare.starts_with(|c: char| c.is_ascii_digit() && bare.len() >= 5));
        let is = |written: &str| {
            self.0.iter().any(|(name, any_ending)| {
                written == name || (*any_ending && written.starts_with(name.as_str()))
            })
        };
        is(&alloy) || bare.is_some_and(is)
    }
}

/// Letters and digits only, in capitals.
fn folded(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect()
}

impl PlausibilityLimits {
    /// Limits that contradict each other or cannot be: the key below `plausibility`, and what is wrong.
    pub(super) fn contradiction(&self) -> Option<String> {
        let ordered = |name: &str, [low, high]: [f64; 2]| {
            (low.is_nan() || high.is_nan() || low >= high)
                .then(|| format!("{name}: {low} does not lie below {high}"))
        };
        let positive = |name: &str, number: f64| {
            (!number.is_finite() || number <= 0.0)
                .then(|| format!("{name}: {number} does not lie above zero"))
        };
        let levels = &self.burns.levels;
        let falling = levels
            .windows(2)
            .any(|pair| pair[0].from_wt_pct <= pair[1].from_wt_pct)
            .then(|| "burns.levels: the highest level must come first".to_owned());
        ordered("composition.sum_wt_pct", self.composition.sum_wt_pct)
            .or_else(|| {
                let span = [
                    self.composition.lowest_wt_pct,
                    self.composition.highest_wt_pct,
                ];
                ordered("composition.lowest_wt_pct and highest_wt_pct", span)
            })
            .or(falling)
            .or_else(|| {
                let mut rsds = levels.iter().map(|level| level.highest_rsd);
                rsds.find_map(|rsd| positive("burns.levels.highest_rsd", rsd))
            })
            .or_else(|| {
                let below = self.elongation.fraction_below_pct;
                positive("elongation.fraction_below_pct", below)
            })
            .or_else(|| {
                let tolerance = self.elongation.gauge_length_tolerance;
                positive("elongation.gauge_length_tolerance", tolerance)
            })
            .or_else(|| {
                ordered(
                    "al_si_mg.quality_index_mpa",
                    self.al_si_mg.quality_index_mpa,
                )
            })
            .or_else(|| {
                let off = self.al_si_mg.highest_yield_off_mpa;
                positive("al_si_mg.highest_yield_off_mpa", off)
            })
            .or_else(|| {
                let tolerance = self.heat.charge_total_tolerance;
                positive("heat.charge_total_tolerance", tolerance)
            })
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::Schemas;
    use crate::source::IngestSettings;

    fn shipped() -> PlausibilityLimits {
        IngestSettings::load(&Schemas::embedded())
            .unwrap()
            .plausibility
    }

    #[test]
    fn alloys_are_known_however_they_are_written() {
        let limits = shipped();
        for alloy in [
            "A356.0",
            "EN AC-42100",
            "AC-42100",
            "42100 T6",
            "AlSi7Mg0.3",
            "ZL101A",
            "AlSi10MnMg",
            "Silafont-36",
            "356.0",
            "en ac 43500",
        ] {
            assert!(limits.al_si_mg.alloys.hold(alloy), "{alloy}");
            assert!(limits.composition.al_si_alloys.hold(alloy), "{alloy}");
        }
        for alloy in ["EN AC-46000", "ADC12", "AlSi9Cu3(Fe)", "A380.0", "YL113"] {
            assert!(!limits.al_si_mg.alloys.hold(alloy), "{alloy}");
            assert!(limits.composition.al_si_alloys.hold(alloy), "{alloy}");
        }
        for alloy in ["6082", "EN AW-6061", "5754", "EN AC-51500", "3003", ""] {
            assert!(!limits.composition.al_si_alloys.hold(alloy), "{alloy}");
        }
    }

    #[test]
    fn limits_that_contradict_each_other_are_refused() {
        let mut limits = shipped();
        assert_eq!(limits.contradiction(), None);
        limits.burns.levels.reverse();
        assert!(limits.contradiction().unwrap().contains("burns.levels"));
        let mut limits = shipped();
        limits.composition.sum_wt_pct = [100.5, 99.0];
        assert!(limits.contradiction().unwrap().contains("sum_wt_pct"));
        let mut limits = shipped();
        limits.al_si_mg.highest_yield_off_mpa = f64::NAN;
        assert!(
            limits
                .contradiction()
                .unwrap()
                .contains("highest_yield_off")
        );
    }
}
