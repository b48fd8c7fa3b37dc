//! What was met on a curve that a reader of its numbers should know.

use serde::{Deserialize, Serialize};

/// One remark on a reduction. The words are stable; a reduction lists each at most once, in the
/// order of this list.
///
/// "Withheld" means: the property is `None`, because the curve does not show it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Flag {
    /// The lists of strain and stress differ in length; the surplus was passed over.
    UnequalLengths,
    /// Points whose stress is not a finite number were passed over.
    NotFinite,
    /// Fewer usable points than `min_points`; everything is withheld.
    FewPoints,
    /// No stress above zero: compression, or the sign of the load is turned round; everything is
    /// withheld.
    NoTension,
    /// The load goes down while the strain grows: the load cell counts tension as negative; everything is
    /// withheld.
    LoadReversed,
    /// Points after the break (load gone, or a closing zero that software added) were left out.
    EndPointDropped,
    /// The load stays at its highest value to the last bit while the strain goes on: the channel is at the end
    /// of its range. Rm, Ag, Agt and the energy are withheld, and what lies at that load.
    LoadSaturated,
    /// The strain signal ends before the record does (extensometer taken off or slipped): A is
    /// withheld, and Ag and Agt too when the maximum comes after it.
    StrainLost,
    /// The strain stays at its highest value to the last bit: the extensometer is at the end of its range.
    /// Its signal ends there; see `StrainLost`.
    StrainSaturated,
    /// The strain jumps while the load does not feel it: the extensometer slipped. Its signal ends there; see
    /// `StrainLost`.
    ExtensometerSlip,
    /// After the end of the extensometer's signal the crosshead took over: A, At and the energy, and Ag and Agt
    /// when the maximum comes later, are estimates. Stands in place of `StrainLost`.
    HandedOver,
    /// The first point has a negative strain or stress.
    NegativeStart,
    /// The strain steps back somewhere before the break (camera noise, unloading).
    NonMonotoneStrain,
    /// One point stands alone above both its neighbours at the maximum: Rm, Ag and Agt are withheld.
    SpikeAtMaximum,
    /// The record ends at its highest stress (within `plateau_fraction`) and shows no break, so the
    /// specimen may have carried more: Rm, Ag and Agt are withheld.
    MaximumAtEnd,
    /// No break was recorded: A is withheld.
    NoBreakSeen,
    /// The load was taken off slowly and the strain went back with it, so the test was stopped
    /// before the break: A is withheld.
    UnloadedAtEnd,
    /// The strain went back with the load from the maximum to a sudden break: the neck lies outside the
    /// extensometer. A, At and the energy are withheld.
    BrokenOutside,
    /// The last point was taken as the break because `record_ends_at_break` says so.
    BreakAssumed,
    /// The plastic strain at the maximum or at the break is not above zero, less than the line can
    /// resolve: Ag and Agt, or A, are withheld.
    NoPlasticStrain,
    /// The flow is serrated (Portevin–Le Chatelier). Agt is read from the hull over the teeth.
    Serrated,
    /// The metal has a yield point: ReH and ReL are read, and Rp0.2 stands in the yielding.
    YieldPoint,
    /// No part of the rise is long and straight enough for a line: the slope and all that hangs on
    /// it (Rp0.2, Rp1.0, A, Ag, Agt) are withheld.
    NoElasticWindow,
    /// The line rests on fewer points than `few_elastic_points`.
    FewElasticPoints,
    /// The correlation of the line lies below `good_r2`.
    LowR2,
    /// The slope lies outside `slope_expected_gpa`: another metal, or a strain from the crosshead.
    UnexpectedSlope,
    /// The slope lies outside `slope_possible_gpa`, so strain or stress is in another unit: the
    /// slope and all that hangs on it are withheld.
    ImpossibleSlope,
    /// The line meets zero stress further than `toe_strain` from zero strain; strains were counted
    /// from the line's foot.
    ToeCorrected,
    /// The curve does not reach the 0.2 % offset line before its end: Rp0.2 is withheld.
    NoRp02Crossing,
    /// The curve does not reach the 1 % offset line before its end: Rp1.0 is withheld.
    NoRp10Crossing,
    /// A proof strength stands between two points whose stresses differ by more than
    /// `coarse_crossing_fraction`·Rm; that proof strength is withheld.
    CoarseCrossing,
}

impl Flag {
    /// The stable word, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Flag::UnequalLengths => "unequal_lengths",
            Flag::NotFinite => "not_finite",
            Flag::FewPoints => "few_points",
            Flag::NoTension => "no_tension",
            Flag::LoadReversed => "load_reversed",
            Flag::EndPointDropped => "end_point_dropped",
            Flag::LoadSaturated => "load_saturated",
            Flag::StrainLost => "strain_lost",
            Flag::StrainSaturated => "strain_saturated",
            Flag::ExtensometerSlip => "extensometer_slip",
            Flag::HandedOver => "handed_over",
            Flag::NegativeStart => "negative_start",
            Flag::NonMonotoneStrain => "non_monotone_strain",
            Flag::SpikeAtMaximum => "spike_at_maximum",
            Flag::MaximumAtEnd => "maximum_at_end",
            Flag::NoBreakSeen => "no_break_seen",
            Flag::UnloadedAtEnd => "unloaded_at_end",
            Flag::BrokenOutside => "broken_outside",
            Flag::BreakAssumed => "break_assumed",
            Flag::NoPlasticStrain => "no_plastic_strain",
            Flag::Serrated => "serrated",
            Flag::YieldPoint => "yield_point",
            Flag::NoElasticWindow => "no_elastic_window",
            Flag::FewElasticPoints => "few_elastic_points",
            Flag::LowR2 => "low_r2",
            Flag::UnexpectedSlope => "unexpected_slope",
            Flag::ImpossibleSlope => "impossible_slope",
            Flag::ToeCorrected => "toe_corrected",
            Flag::NoRp02Crossing => "no_rp02_crossing",
            Flag::NoRp10Crossing => "no_rp10_crossing",
            Flag::CoarseCrossing => "coarse_crossing",
        }
    }

    /// What it means, as a lowercase fragment.
    pub fn meaning(self) -> &'static str {
        match self {
            Flag::UnequalLengths => "the lists of strain and stress differ in length",
            Flag::NotFinite => "points whose stress is not a number were passed over",
            Flag::FewPoints => "too few usable points, so nothing is read off the curve",
            Flag::NoTension => {
                "no stress above zero: compression, or the sign of the load is turned round"
            }
            Flag::LoadReversed => {
                "the load is negative while the strain grows: its sign is turned round, so nothing is read"
            }
            Flag::EndPointDropped => "points after the break were left out",
            Flag::LoadSaturated => {
                "the load stops at one value for many points: the channel was at the end of its range, so Rm, Ag and Agt are not read"
            }
            Flag::StrainLost => "the strain signal ends before the record does, so A is not read",
            Flag::StrainSaturated => {
                "the strain stops at one value for many points: the extensometer was at the end of its range"
            }
            Flag::ExtensometerSlip => {
                "the strain jumps by far more than before and after while the load does not: the extensometer slipped"
            }
            Flag::HandedOver => {
                "strains after the end of the extensometer's signal come from the crosshead"
            }
            Flag::NegativeStart => "the first point has a negative strain or stress",
            Flag::NonMonotoneStrain => "the strain steps back before the break",
            Flag::SpikeAtMaximum => {
                "one point stands alone at the maximum, so Rm, Ag and Agt are not read"
            }
            Flag::MaximumAtEnd => {
                "the record ends at its highest stress without a break, so Rm, Ag and Agt are not read"
            }
            Flag::NoBreakSeen => "no break was recorded, so A is not read",
            Flag::UnloadedAtEnd => "the test was stopped before the break, so A is not read",
            Flag::BrokenOutside => {
                "the strain of the gauge length goes back while the specimen necks: it broke outside, so A is not read"
            }
            Flag::BreakAssumed => "the last point was taken as the break",
            Flag::NoPlasticStrain => {
                "the plastic strain is smaller than the line can resolve, so Ag and Agt, or A, are not read"
            }
            Flag::Serrated => {
                "the flow is serrated: Ag and Agt are read from the hull over the teeth"
            }
            Flag::YieldPoint => {
                "the metal has a yield point: ReH and ReL are read, and Rp0.2 stands in the yielding"
            }
            Flag::NoElasticWindow => {
                "no part of the rise is straight enough, so Rp0.2 and elongations are not read"
            }
            Flag::FewElasticPoints => "the elastic line rests on few points",
            Flag::LowR2 => "the elastic line fits its points poorly",
            Flag::UnexpectedSlope => "the slope is not one of aluminium at room temperature",
            Flag::ImpossibleSlope => {
                "the slope belongs to no metal: strain or stress is in another unit than stated"
            }
            Flag::ToeCorrected => "strains were counted from the foot of the elastic line",
            Flag::NoRp02Crossing => {
                "the curve does not reach the 0.2 % offset line, so Rp0.2 is not read"
            }
            Flag::NoRp10Crossing => {
                "the curve does not reach the 1 % offset line, so Rp1.0 is not read"
            }
            Flag::CoarseCrossing => {
                "the points around the proof strength lie too far apart, so it is not read"
            }
        }
    }

    /// Columns of `tensile_tests` that may be empty because of it.
    pub fn withholds(self) -> &'static [&'static str] {
        match self {
            Flag::FewPoints | Flag::NoTension | Flag::LoadReversed => EVERYTHING,
            Flag::StrainLost | Flag::NoBreakSeen | Flag::UnloadedAtEnd | Flag::BrokenOutside => {
                &["a_pct", "at_pct", "energy_mj_m3"]
            }
            Flag::LoadSaturated => &["rm_mpa", "ag_pct", "agt_pct", "energy_mj_m3"],
            Flag::SpikeAtMaximum | Flag::MaximumAtEnd => &["rm_mpa", "ag_pct", "agt_pct"],
            Flag::NoPlasticStrain => &["a_pct", "at_pct", "ag_pct", "agt_pct"],
            Flag::NoElasticWindow | Flag::ImpossibleSlope => &EVERYTHING[1..],
            Flag::NoRp02Crossing => &["rp02_mpa"],
            Flag::CoarseCrossing => &["rp02_mpa", "rp10_mpa"],
            // A curve that ends before 1 % has no Rp1.0, as one without a yield point has no ReH.
            _ => &[],
        }
    }
}

/// What a curve gives where nothing is wrong, Rm first.
const EVERYTHING: &[&str] = &[
    "rm_mpa",
    "rp02_mpa",
    "rp10_mpa",
    "a_pct",
    "at_pct",
    "ag_pct",
    "agt_pct",
    "slope_gpa",
    "energy_mj_m3",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_word_is_the_one_of_the_json() {
        for flag in [Flag::NoRp02Crossing, Flag::LowR2, Flag::EndPointDropped] {
            assert_eq!(serde_json::to_value(flag).ok(), Some(flag.as_str().into()));
        }
    }
}
