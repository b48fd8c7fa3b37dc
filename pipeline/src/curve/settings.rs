//! Every numeric choice of the reduction, read from `schemas/reduction.toml`.

use serde::{Deserialize, Deserializer, de::Error as _};
use thiserror::Error;

/// A closed range of numbers, written `{ min = 40, max = 85 }`.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Range {
    /// Lower end, included.
    pub min: f64,
    /// Upper end, included.
    pub max: f64,
}

impl Range {
    /// True when `number` lies in the range; never for NaN.
    pub fn contains(self, number: f64) -> bool {
        self.min <= number && number <= self.max
    }
}

/// The numeric choices of the reduction.
///
/// There are no defaults in the code: the shipped ones, each with its reason, are in
/// `schemas/reduction.toml`. Reading through serde checks every range, so a value that is read is
/// usable; one built by hand can be checked with [`ReductionSettings::check`]. [`super::reduce`]
/// does not panic on any values, checked or not.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(remote = "Self", deny_unknown_fields)]
pub struct ReductionSettings {
    /// Fewest points (finite strain and stress) of a curve that is evaluated; at least 3.
    pub min_points: usize,
    /// A stress below this fraction of Rm after the maximum means "broken", in (0, 1).
    pub broken_fraction: f64,
    /// A single step that loses more than this fraction of Rm belongs to the break, in (0, 1).
    pub collapse_step_fraction: f64,
    /// True when the machine cuts its record at the break, so that the last point is the break.
    pub record_ends_at_break: bool,
    /// Strain that must be lost under load before the extensometer counts as off, mm/mm, at least 0.
    pub strain_loss_min: f64,
    /// The same as a fraction of the highest strain so far, in (0, 1).
    pub strain_loss_fraction: f64,
    /// Share of the highest stress so far that is still on while a strain is lost, in (0, 1).
    pub strain_loss_stress_fraction: f64,
    /// Share of the elastic recoil that must show for an end to count as unloading, in (0, 1).
    pub unloading_recoil_fraction: f64,
    /// The maximum is a spike when both neighbours lie lower by this fraction of Rm, in (0, 1).
    pub spike_fraction: f64,
    /// The plateau at the maximum holds all neighbours within this fraction of Rm, at least 0.
    pub plateau_fraction: f64,
    /// A rise that departs from its chord by less than this fraction of both ranges has no knee and
    /// is searched to its top, in (0, 1).
    pub knee_departure: f64,
    /// Most window ends that are tried; at least 10. Time grows with its square.
    pub max_candidates: usize,
    /// Shortest window as a fraction of the stress from the start to the knee, in (0, 1).
    pub window_min_fraction: f64,
    /// Fewest points in a window; at least 3.
    pub window_min_points: usize,
    /// Windows whose residual is within this factor of the smallest are as good; at least 1.
    pub residual_factor: f64,
    /// Relative residual that no instrument is below, so smaller ones are as good; at least 0.
    pub residual_floor: f64,
    /// Windows below this squared correlation are no line, in (0, 1).
    pub min_r2: f64,
    /// Lines below this squared correlation are flagged, in (0, 1).
    pub good_r2: f64,
    /// Lines on fewer points than this are flagged.
    pub few_elastic_points: usize,
    /// Slopes of the metal under test, GPa; others are flagged.
    pub slope_expected_gpa: Range,
    /// Slopes that any metal on any machine can give, GPa; others are not read.
    pub slope_possible_gpa: Range,
    /// A foot of the line further than this from zero strain is flagged, mm/mm, at least 0.
    pub toe_strain: f64,
    /// Half-width of the band in which a noisy curve may cross the offset line again, in standard
    /// deviations of the strain about the elastic line; at least 0.
    pub crossing_noise_factor: f64,
    /// A proof strength between points whose stresses differ by more than this fraction of Rm is
    /// not read, in (0, 1).
    pub coarse_crossing_fraction: f64,
}

/// A setting that makes no sense.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("reduction setting {name} is {found}, but must be {must_be}")]
pub struct SettingsError {
    /// The setting.
    pub name: &'static str,
    /// What it was.
    pub found: String,
    /// What it may be.
    pub must_be: &'static str,
}

impl ReductionSettings {
    /// Checks every range that the fields document.
    ///
    /// # Errors
    ///
    /// The first setting that lies outside its range.
    pub fn check(&self) -> Result<(), SettingsError> {
        for (name, count, least, must_be) in [
            ("min_points", self.min_points, 3, "at least 3"),
            ("max_candidates", self.max_candidates, 10, "at least 10"),
            ("window_min_points", self.window_min_points, 3, "at least 3"),
        ] {
            if count < least {
                return Err(SettingsError {
                    name,
                    found: count.to_string(),
                    must_be,
                });
            }
        }
        for (name, fraction) in [
            ("broken_fraction", self.broken_fraction),
            ("collapse_step_fraction", self.collapse_step_fraction),
            ("strain_loss_fraction", self.strain_loss_fraction),
            (
                "strain_loss_stress_fraction",
                self.strain_loss_stress_fraction,
            ),
            ("unloading_recoil_fraction", self.unloading_recoil_fraction),
            ("spike_fraction", self.spike_fraction),
            ("knee_departure", self.knee_departure),
            ("window_min_fraction", self.window_min_fraction),
            ("min_r2", self.min_r2),
            ("good_r2", self.good_r2),
            ("coarse_crossing_fraction", self.coarse_crossing_fraction),
        ] {
            if !(0.0 < fraction && fraction < 1.0) {
                let must_be = "between 0 and 1, ends excluded";
                return Err(SettingsError {
                    name,
                    found: fraction.to_string(),
                    must_be,
                });
            }
        }
        for (name, number, least, must_be) in [
            (
                "strain_loss_min",
                self.strain_loss_min,
                0.0,
                "finite and at least 0",
            ),
            (
                "plateau_fraction",
                self.plateau_fraction,
                0.0,
                "finite and at least 0",
            ),
            (
                "residual_factor",
                self.residual_factor,
                1.0,
                "finite and at least 1",
            ),
            (
                "residual_floor",
                self.residual_floor,
                0.0,
                "finite and at least 0",
            ),
            ("toe_strain", self.toe_strain, 0.0, "finite and at least 0"),
            (
                "crossing_noise_factor",
                self.crossing_noise_factor,
                0.0,
                "finite and at least 0",
            ),
        ] {
            if !(number.is_finite() && number >= least) {
                return Err(SettingsError {
                    name,
                    found: number.to_string(),
                    must_be,
                });
            }
        }
        for (name, range) in [
            ("slope_expected_gpa", self.slope_expected_gpa),
            ("slope_possible_gpa", self.slope_possible_gpa),
        ] {
            if !(0.0 < range.min && range.min < range.max && range.max.is_finite()) {
                return Err(SettingsError {
                    name,
                    found: format!("{} to {}", range.min, range.max),
                    must_be: "a finite range above 0 with min below max",
                });
            }
        }
        Ok(())
    }
}

impl<'de> Deserialize<'de> for ReductionSettings {
    /// Reads the fields, all of them required and none unknown, and checks their ranges.
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // `remote = "Self"` makes the derived reader an inherent function, which is meant here.
        let settings = Self::deserialize(deserializer)?;
        settings.check().map_err(D::Error::custom)?;
        Ok(settings)
    }
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may stop")]
mod tests {
    use super::*;

    const SHIPPED: &str = include_str!("../../../schemas/reduction.toml");

    #[test]
    fn the_shipped_settings_are_read_and_hold_their_ranges() {
        let settings: ReductionSettings = toml::from_str(SHIPPED).expect("shipped settings");
        assert_eq!(settings.check(), Ok(()));
    }

    #[test]
    fn an_unknown_a_missing_and_a_senseless_setting_are_refused_by_name() {
        let refused = |text: &str| {
            toml::from_str::<ReductionSettings>(text)
                .expect_err("must be refused")
                .to_string()
        };
        let unknown = format!("min_point = 20\n{SHIPPED}");
        assert!(
            refused(&unknown).contains("min_point"),
            "{}",
            refused(&unknown)
        );
        let missing = SHIPPED.replace("min_points = 20\n", "");
        assert!(
            refused(&missing).contains("min_points"),
            "{}",
            refused(&missing)
        );
        for (from, to) in [
            ("broken_fraction = 0.1", "broken_fraction = 1.5"),
            ("plateau_fraction = 0.0005", "plateau_fraction = nan"),
            ("max_candidates = 150", "max_candidates = 3"),
            ("{ min = 30, max = 85 }", "{ min = 85, max = 30 }"),
        ] {
            assert!(SHIPPED.contains(from), "{from}");
            let message = refused(&SHIPPED.replace(from, to));
            assert!(message.contains("must be"), "{message}");
        }
    }
}
