//! Every numeric choice of the reduction, read from `schemas/reduction.toml`.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, de::Error as _};
use thiserror::Error;

use super::compare::COMPARED;

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
    /// A single step that loses more than this fraction of Rm belongs to the break too when it is sudden,
    /// in (0, 1).
    pub sudden_step_fraction: f64,
    /// A step is sudden when it loses this many times the usual loss from the maximum on; at least 1.
    pub sudden_factor: f64,
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
    /// Points that a channel must stay at its highest value, to the last bit, to be at the end of its
    /// range; at least 3.
    pub saturation_points: usize,
    /// Jump of the strain that may be a slip of the extensometer, mm/mm, at least 0.
    pub slip_min: f64,
    /// How many times the usual step such a jump must be; at least 1.
    pub slip_factor: f64,
    /// Most that the load may change over a slip, as a fraction of Rm, in (0, 1).
    pub slip_stress_fraction: f64,
    /// Fall of the load from the maximum to the break, as a fraction of Rm, from which on the strain must
    /// show the neck, in (0, 1).
    pub necking_fraction: f64,
    /// Upper and lower yield point.
    pub yield_point: YieldPointSettings,
    /// Serrated flow.
    pub serration: SerrationSettings,
    /// From the extensometer to the crosshead.
    pub handover: HandoverSettings,
    /// When a slope may be called a modulus.
    pub modulus: ModulusSettings,
    /// Limits between reported and reduced results.
    pub reported: ReportedSettings,
}

/// What is a yield point, `[yield_point]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct YieldPointSettings {
    /// Fall of the load after ReH as a fraction of it, in (0, 1).
    pub drop_fraction: f64,
    /// Strain over which the load stays below ReH, mm/mm, at least 0.
    pub hold_strain: f64,
    /// Most plastic strain at ReH, mm/mm, at least 0.
    pub plastic_max: f64,
    /// Rise of the load from its first minimum, as a fraction of ReH, that ends the machine's swing, in
    /// (0, 1).
    pub swing_fraction: f64,
    /// Strain after ReH within which the swing must end to be one, mm/mm, at least 0.
    pub swing_strain: f64,
    /// Hardening after ReL as a fraction of it, in (0, 1).
    pub hardening_fraction: f64,
}

/// What is serrated flow, `[serration]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SerrationSettings {
    /// Fall of the load that is a tooth, as a fraction of Rm, in (0, 1).
    pub drop_fraction: f64,
    /// Fewest teeth; at least 1.
    pub min_teeth: usize,
    /// The plateau at the maximum of the hull, as a fraction of Rm, at least 0.
    pub hull_fraction: f64,
}

/// When the crosshead may take over, `[handover]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HandoverSettings {
    /// Last part of the plastic strain over which both signals are compared, in (0, 1).
    pub overlap_fraction: f64,
    /// Fewest points in that part; at least 3.
    pub min_points: usize,
    /// Least squared correlation of both signals there, in (0, 1).
    pub min_r2: f64,
    /// Least straining length found there, as a fraction of the gauge length; in (0, 1).
    pub length_min_fraction: f64,
}

/// When the slope may be called a modulus, `[modulus]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModulusSettings {
    /// Fewest points in the window; at least 3.
    pub min_points: usize,
    /// Least squared correlation, in (0, 1).
    pub min_r2: f64,
    /// Largest standard error of the slope, as a fraction of it, in (0, 1).
    pub max_slope_error: f64,
    /// Largest digital step of strain and of stress, as a fraction of the rise to the knee, in (0, 1).
    pub max_resolution: f64,
    /// Largest rms about the line, as a fraction of the rise to the knee, in (0, 1).
    pub max_noise: f64,
    /// Largest slope left in the first and in the last quarter of the window, as a fraction of the slope,
    /// in (0, 1).
    pub max_curvature: f64,
    /// Moduli of the metal under test, GPa.
    pub plausible_gpa: Range,
}

/// Limits between what a laboratory reports and what its curve gives, `[reported]`.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportedSettings {
    /// Strengths that differ by one factor, within this, point to the cross-section; in (0, 1).
    pub same_factor: f64,
    /// How many times its limit an extension may differ that the crosshead helped to read; at least 1.
    pub estimate_factor: f64,
    /// Limit of each result, by its column of `tensile_tests`.
    pub fields: BTreeMap<String, Limit>,
}

/// A difference that passes: the larger of both.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limit {
    /// As a fraction of the reported number, at least 0.
    pub relative: f64,
    /// In the unit of the column, at least 0.
    pub absolute: f64,
}

/// A setting that makes no sense.
#[derive(Clone, Debug, Error, PartialEq)]
#[error("reduction setting {name} is {found}, but must be {must_be}")]
pub struct SettingsError {
    /// The setting.
    pub name: String,
    /// What it was.
    pub found: String,
    /// What it may be.
    pub must_be: String,
}

impl ReductionSettings {
    /// Checks every range that the fields document.
    ///
    /// # Errors
    ///
    /// The first setting that lies outside its range.
    pub fn check(&self) -> Result<(), SettingsError> {
        let (yielding, serration, handover, modulus) = (
            &self.yield_point,
            &self.serration,
            &self.handover,
            &self.modulus,
        );
        for (name, found, least) in [
            ("min_points", self.min_points, 3),
            ("max_candidates", self.max_candidates, 10),
            ("window_min_points", self.window_min_points, 3),
            ("saturation_points", self.saturation_points, 3),
            ("serration.min_teeth", serration.min_teeth, 1),
            ("handover.min_points", handover.min_points, 3),
            ("modulus.min_points", modulus.min_points, 3),
        ] {
            refuse(found < least, name, found, || format!("at least {least}"))?;
        }
        for (name, found) in [
            ("broken_fraction", self.broken_fraction),
            ("collapse_step_fraction", self.collapse_step_fraction),
            ("sudden_step_fraction", self.sudden_step_fraction),
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
            ("slip_stress_fraction", self.slip_stress_fraction),
            ("necking_fraction", self.necking_fraction),
            ("yield_point.drop_fraction", yielding.drop_fraction),
            ("yield_point.swing_fraction", yielding.swing_fraction),
            (
                "yield_point.hardening_fraction",
                yielding.hardening_fraction,
            ),
            ("serration.drop_fraction", serration.drop_fraction),
            ("handover.overlap_fraction", handover.overlap_fraction),
            ("handover.min_r2", handover.min_r2),
            ("handover.length_min_fraction", handover.length_min_fraction),
            ("modulus.min_r2", modulus.min_r2),
            ("modulus.max_slope_error", modulus.max_slope_error),
            ("modulus.max_resolution", modulus.max_resolution),
            ("modulus.max_noise", modulus.max_noise),
            ("modulus.max_curvature", modulus.max_curvature),
            ("reported.same_factor", self.reported.same_factor),
        ] {
            refuse(!(0.0 < found && found < 1.0), name, found, || {
                "between 0 and 1, ends excluded".to_owned()
            })?;
        }
        for (name, found, least) in [
            ("strain_loss_min", self.strain_loss_min, 0.0),
            ("plateau_fraction", self.plateau_fraction, 0.0),
            ("residual_factor", self.residual_factor, 1.0),
            ("residual_floor", self.residual_floor, 0.0),
            ("toe_strain", self.toe_strain, 0.0),
            ("crossing_noise_factor", self.crossing_noise_factor, 0.0),
            ("slip_min", self.slip_min, 0.0),
            ("slip_factor", self.slip_factor, 1.0),
            ("sudden_factor", self.sudden_factor, 1.0),
            (
                "reported.estimate_factor",
                self.reported.estimate_factor,
                1.0,
            ),
            ("yield_point.hold_strain", yielding.hold_strain, 0.0),
            ("yield_point.plastic_max", yielding.plastic_max, 0.0),
            ("yield_point.swing_strain", yielding.swing_strain, 0.0),
            ("serration.hull_fraction", serration.hull_fraction, 0.0),
        ] {
            refuse(!(found.is_finite() && found >= least), name, found, || {
                format!("finite and at least {least}")
            })?;
        }
        for (name, range) in [
            ("slope_expected_gpa", self.slope_expected_gpa),
            ("slope_possible_gpa", self.slope_possible_gpa),
            ("modulus.plausible_gpa", modulus.plausible_gpa),
        ] {
            let usable = 0.0 < range.min && range.min < range.max && range.max.is_finite();
            let found = format!("{} to {}", range.min, range.max);
            refuse(!usable, name, found, || {
                "a finite range above 0 with min below max".to_owned()
            })?;
        }
        for (field, limit) in &self.reported.fields {
            let name = format!("reported.fields.{field}");
            refuse(!COMPARED.contains(&field.as_str()), &name, "given", || {
                format!("one of {}", COMPARED.join(", "))
            })?;
            let usable = |number: f64| number.is_finite() && number >= 0.0;
            let found = format!("{} and {}", limit.relative, limit.absolute);
            refuse(
                !(usable(limit.relative) && usable(limit.absolute)),
                &name,
                found,
                || "two finite numbers, at least 0".to_owned(),
            )?;
        }
        Ok(())
    }
}

/// An error about `name` when it is `wrong`.
fn refuse(
    wrong: bool,
    name: &str,
    found: impl ToString,
    must_be: impl FnOnce() -> String,
) -> Result<(), SettingsError> {
    if !wrong {
        return Ok(());
    }
    Err(SettingsError {
        name: name.to_owned(),
        found: found.to_string(),
        must_be: must_be(),
    })
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
