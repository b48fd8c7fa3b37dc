//! From a curve to the properties of ISO 6892-1.

use serde::Serialize;

use super::elastic::{ElasticLine, Fitted, find_line};
use super::flag::Flag;
use super::offset::cross;
use super::record::{Curve, Ending, Point, Record, examine, first_highest};
use super::settings::ReductionSettings;

/// What a curve says. A property that it does not show is `None`, and a flag says why.
///
/// Symbols after ISO 6892-1:2019. All strains are counted from the foot of the elastic line. A, Ag
/// and Agt are read from the extensometer signal (the standard's A_t less its elastic part), over
/// the gauge length that signal refers to; they are not made comparable between gauge lengths.
///
/// Serialises with the stable keys of `regrade reduce`; the elastic line is not one of them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reduction {
    /// Tensile strength Rm, the highest stress, MPa.
    pub rm_mpa: Option<f64>,
    /// Proof strength Rp0.2 at 0.2 % plastic strain, MPa.
    pub rp02_mpa: Option<f64>,
    /// Proof strength Rp1.0 at 1 % plastic strain, MPa.
    pub rp10_mpa: Option<f64>,
    /// Slope of the elastic part (mE, not a modulus of elasticity), GPa.
    pub slope_gpa: Option<f64>,
    /// Elongation after fracture A, the plastic strain at the last point before the break, %.
    pub a_pct: Option<f64>,
    /// Plastic extension at maximum force Ag, %.
    pub ag_pct: Option<f64>,
    /// Total extension at maximum force Agt, %; the middle of the plateau when there is one.
    pub agt_pct: Option<f64>,
    /// Points with a finite strain and stress that were evaluated, up to the break.
    pub points: usize,
    /// Remarks, each at most once, in the order of [`Flag`].
    pub flags: Vec<Flag>,
    /// The line that the proof strengths and strains hang on.
    #[serde(skip)]
    pub elastic: Option<ElasticLine>,
}

/// Reads Rm, Rp0.2, Rp1.0, the slope, A, Ag and Agt from `curve`.
///
/// Never panics and never gives a number that is not finite, whatever the curve: an empty one, one
/// or two points, a constant stress, compression, NaN, or numbers near the limits of `f64` give
/// `None` and flags.
pub fn reduce(curve: &Curve, settings: &ReductionSettings) -> Reduction {
    let mut reduction = Reduction {
        rm_mpa: None,
        rp02_mpa: None,
        rp10_mpa: None,
        slope_gpa: None,
        a_pct: None,
        ag_pct: None,
        agt_pct: None,
        points: 0,
        flags: Vec::new(),
        elastic: None,
    };
    if let Some(record) = examine(curve, settings, &mut reduction.flags) {
        reduction.points = record.points.len();
        reduction.evaluate(curve, &record, settings);
    }
    reduction.flags.sort_unstable();
    reduction.flags.dedup();
    reduction
}

impl Reduction {
    fn evaluate(&mut self, curve: &Curve, record: &Record, settings: &ReductionSettings) {
        let maximum_is_read = self.read_maximum(curve, record, settings);
        let Some(fitted) = self.read_slope(&record.points, settings) else {
            return;
        };
        let band = settings.crossing_noise_factor * fitted.line.strain_noise;
        let coarse = settings.coarse_crossing_fraction * record.peak_stress;
        let mut proof = |offset: f64, none: Flag| match cross(&record.points, &fitted, offset, band)
        {
            Some(crossing) if crossing.gap <= coarse => Some(crossing.stress),
            Some(_) => {
                self.flags.push(Flag::CoarseCrossing);
                None
            }
            None => {
                self.flags.push(none);
                None
            }
        };
        (self.rp02_mpa, self.rp10_mpa) = (
            proof(0.002, Flag::NoRp02Crossing),
            proof(0.01, Flag::NoRp10Crossing),
        );
        if maximum_is_read {
            self.read_uniform_extension(record, &fitted.line, settings);
        }
        self.read_elongation(record, &fitted.line, settings);
        self.elastic = Some(fitted.line);
    }

    /// Reads Rm; true when the maximum can be trusted.
    fn read_maximum(
        &mut self,
        curve: &Curve,
        record: &Record,
        settings: &ReductionSettings,
    ) -> bool {
        let peak = record.peak_index;
        let plateau = (1.0 - settings.plateau_fraction) * record.peak_stress;
        if record.ending == Ending::Open
            && record.last_stress >= plateau
            && !settings.record_ends_at_break
        {
            self.flags.push(Flag::MaximumAtEnd);
            return false;
        }
        let spike_foot = (1.0 - settings.spike_fraction) * record.peak_stress;
        let lower = |neighbour: Option<&f64>| neighbour.is_some_and(|stress| *stress < spike_foot);
        let before = peak
            .checked_sub(1)
            .and_then(|index| curve.stress.get(index));
        let after = curve
            .stress
            .get(peak + 1)
            .filter(|_| peak < record.last_index);
        if lower(before) && lower(after) {
            self.flags.push(Flag::SpikeAtMaximum);
            return false;
        }
        self.rm_mpa = Some(record.peak_stress);
        true
    }

    /// Fits the elastic line and reads its slope.
    fn read_slope(&mut self, points: &[Point], settings: &ReductionSettings) -> Option<Fitted> {
        let Some(fitted) = find_line(points, settings) else {
            self.flags.push(Flag::NoElasticWindow);
            return None;
        };
        let slope_gpa = fitted.line.slope_mpa / 1000.0;
        if !settings.slope_possible_gpa.contains(slope_gpa) {
            self.flags.push(Flag::ImpossibleSlope);
            return None;
        }
        for (flag, holds) in [
            (
                Flag::UnexpectedSlope,
                !settings.slope_expected_gpa.contains(slope_gpa),
            ),
            (
                Flag::FewElasticPoints,
                fitted.line.points < settings.few_elastic_points,
            ),
            (Flag::LowR2, fitted.line.r2 < settings.good_r2),
            (
                Flag::ToeCorrected,
                fitted.line.foot().abs() > settings.toe_strain,
            ),
        ] {
            if holds {
                self.flags.push(flag);
            }
        }
        self.slope_gpa = Some(slope_gpa);
        Some(fitted)
    }

    /// Reads Agt and Ag at the maximum, or at the middle of the plateau round it.
    fn read_uniform_extension(
        &mut self,
        record: &Record,
        line: &ElasticLine,
        settings: &ReductionSettings,
    ) {
        let level = (1.0 - settings.plateau_fraction) * record.peak_stress;
        let points = &record.points;
        let Some(peak) = first_highest(points, |point| point.stress) else {
            return;
        };
        // The maximum may lie where no strain was recorded any more; `examine` flags that.
        if points[peak].stress < level {
            return;
        }
        let from = points[..peak]
            .iter()
            .rposition(|p| p.stress < level)
            .map_or(0, |below| below + 1);
        let to = points[peak..].iter().position(|p| p.stress < level);
        let to = to.map_or(points.len() - 1, |below| peak + below - 1);
        let total = 0.5 * points[from].strain + 0.5 * points[to].strain - line.foot();
        let plastic = total - record.peak_stress / line.slope_mpa;
        self.ag_pct = self.extension_pct(plastic);
        self.agt_pct = self.ag_pct.map(|_| 100.0 * total);
    }

    /// Reads A at the last point before the break.
    fn read_elongation(
        &mut self,
        record: &Record,
        line: &ElasticLine,
        settings: &ReductionSettings,
    ) {
        let (Some(last), Some(furthest)) = (
            record.points.last(),
            first_highest(&record.points, |point| point.strain),
        ) else {
            return;
        };
        if record.strain_lost {
            return;
        }
        let furthest = record.points[furthest];
        let unloaded = furthest.stress - last.stress;
        let recoil = furthest.strain - last.strain;
        if record.ending != Ending::Collapse
            && unloaded > settings.broken_fraction * record.peak_stress
            && recoil > settings.unloading_recoil_fraction * unloaded / line.slope_mpa
        {
            self.flags.push(Flag::UnloadedAtEnd);
            return;
        }
        if record.ending == Ending::Open {
            if !settings.record_ends_at_break {
                self.flags.push(Flag::NoBreakSeen);
                return;
            }
            self.flags.push(Flag::BreakAssumed);
        }
        self.a_pct = self.extension_pct(line.plastic_strain(last.strain, last.stress));
    }

    /// A plastic strain (mm/mm) as a percentage; `None`, with a flag, when it is not above zero.
    fn extension_pct(&mut self, plastic_strain: f64) -> Option<f64> {
        let percent = 100.0 * plastic_strain;
        if percent > 0.0 && percent.is_finite() {
            return Some(percent);
        }
        self.flags.push(Flag::NoPlasticStrain);
        None
    }
}
