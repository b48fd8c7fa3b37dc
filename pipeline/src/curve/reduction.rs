//! From a curve to the properties of ISO 6892-1.

use serde::Serialize;

use super::elastic::{ElasticLine, Fitted, find_line};
use super::extension;
use super::flag::Flag;
use super::handover::{self, Crosshead};
use super::offset::{Crossing, cross};
use super::quality::{self, Quality};
use super::record::{Curve, Ending, Point, Record, examine};
use super::serration;
use super::settings::ReductionSettings;
use super::yield_point;

/// What a curve says. A property that it does not show is `None`, and a flag says why.
///
/// Symbols after ISO 6892-1:2019, clause 3. All strains are counted from the foot of the elastic line. A, At,
/// Ag and Agt are read from the extensometer signal, over the gauge length that signal refers to; they are not
/// made comparable between gauge lengths.
///
/// Serialises with the stable keys of `regrade reduce`; the line, the marks and the carried-on points are not
/// among them.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Reduction {
    /// Tensile strength Rm, the highest stress, MPa. Where ReH is higher than all that follows, this is ReH.
    pub rm_mpa: Option<f64>,
    /// Proof strength Rp0.2 at 0.2 % plastic strain, MPa.
    pub rp02_mpa: Option<f64>,
    /// Proof strength Rp1.0 at 1 % plastic strain, MPa.
    pub rp10_mpa: Option<f64>,
    /// Upper yield strength ReH, MPa; `None` without a yield point, which needs no flag.
    pub reh_mpa: Option<f64>,
    /// Lower yield strength ReL, MPa; `None` without a yield point, which needs no flag.
    pub rel_mpa: Option<f64>,
    /// Slope of the elastic part (mE), GPa; a modulus of elasticity only where `quality` says so.
    pub slope_gpa: Option<f64>,
    /// Elongation after fracture A, the plastic strain at the last point before the break, %.
    pub a_pct: Option<f64>,
    /// Total extension at fracture At: A and the elastic strain at the last point before the break, %.
    pub at_pct: Option<f64>,
    /// Plastic extension at maximum force Ag, %.
    pub ag_pct: Option<f64>,
    /// Total extension at maximum force Agt, %; the middle of the plateau when there is one.
    pub agt_pct: Option<f64>,
    /// Energy to fracture per volume of the gauge length, MJ/m³.
    pub energy_mj_m3: Option<f64>,
    /// Points with a finite strain and stress that were evaluated, up to the break.
    pub points: usize,
    /// Remarks, each at most once, in the order of [`Flag`].
    pub flags: Vec<Flag>,
    /// What the elastic line rests on; `None` without a line.
    pub quality: Option<Quality>,
    /// The line that the proof strengths and strains hang on.
    #[serde(skip)]
    pub elastic: Option<ElasticLine>,
    /// Where on the curve the properties were read.
    #[serde(skip)]
    pub marks: Marks,
    /// The curve after the end of the extensometer's signal, with strains from the crosshead.
    #[serde(skip)]
    pub carried_on: Vec<Mark>,
}

/// A point of the curve in its own coordinates: strain as recorded, not from the foot of the line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Mark {
    /// Strain, mm/mm.
    pub strain: f64,
    /// Stress, MPa.
    pub stress: f64,
}

/// Where on the curve the properties were read, for a picture.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Marks {
    /// Rp0.2.
    pub rp02: Option<Mark>,
    /// Rp1.0.
    pub rp10: Option<Mark>,
    /// ReH.
    pub reh: Option<Mark>,
    /// ReL.
    pub rel: Option<Mark>,
    /// Rm at Agt.
    pub maximum: Option<Mark>,
    /// The last point before the break.
    pub fracture: Option<Mark>,
    /// Place in the lists of the curve of the last point with a trustworthy strain before the break.
    pub last_index: Option<usize>,
}

/// Reads every property of [`Reduction`] from `curve`.
///
/// Never panics and never gives a number that is not finite, whatever the curve: an empty one, one
/// or two points, a constant stress, compression, NaN, or numbers near the limits of `f64` give
/// `None` and flags.
pub fn reduce(curve: &Curve, settings: &ReductionSettings) -> Reduction {
    reduce_with_crosshead(curve, None, settings)
}

/// The same, with the crosshead taking over where the extensometer's signal ends before the break.
///
/// [`Flag::HandedOver`] then stands in place of [`Flag::StrainLost`], and what was read beyond is an estimate.
pub fn reduce_with_crosshead(
    curve: &Curve,
    crosshead: Option<&Crosshead<'_>>,
    settings: &ReductionSettings,
) -> Reduction {
    let mut reduction = Reduction::default();
    if let Some(record) = examine(curve, settings, &mut reduction.flags) {
        reduction.points = record.points.len();
        reduction.marks.last_index = record.points.last().map(|point| point.index);
        reduction.evaluate(curve, record, crosshead, settings);
    }
    reduction.flags.sort_unstable();
    reduction.flags.dedup();
    reduction
}

impl Reduction {
    fn evaluate(
        &mut self,
        curve: &Curve,
        mut record: Record,
        crosshead: Option<&Crosshead<'_>>,
        settings: &ReductionSettings,
    ) {
        let maximum_is_read = self.read_maximum(curve, &record, settings);
        let Some(fitted) = self.read_slope(&record.points, settings) else {
            return;
        };
        self.carry_on(&mut record, &fitted, crosshead, settings);
        self.read_proof_strengths(&record, &fitted, settings);
        let flows_from = self.read_yield_point(&record.points, &fitted, settings);
        if maximum_is_read {
            self.read_uniform_extension(&record, &fitted, flows_from, settings);
        }
        if !record.strain_lost {
            self.read_fracture(&record, &fitted, settings);
        }
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
        if record.saturated_at.is_some() {
            return false;
        }
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

    /// Fits the elastic line, reads its slope and judges it.
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
        self.quality = Some(quality::judge(points, &fitted, &settings.modulus));
        Some(fitted)
    }

    /// Lets the crosshead take over after the end of the extensometer's signal.
    fn carry_on(
        &mut self,
        record: &mut Record,
        fitted: &Fitted,
        crosshead: Option<&Crosshead<'_>>,
        settings: &ReductionSettings,
    ) {
        let Some(crosshead) = crosshead.filter(|_| record.strain_lost) else {
            return;
        };
        let (strained, rest) = (&record.points, &record.unstrained);
        let Some(points) =
            handover::carry_on(strained, rest, fitted, crosshead, &settings.handover)
        else {
            return;
        };
        self.flags.retain(|flag| *flag != Flag::StrainLost);
        self.flags.push(Flag::HandedOver);
        self.carried_on = points.iter().map(mark).collect();
        record.points.extend(points);
        record.strain_lost = false;
    }

    fn read_proof_strengths(
        &mut self,
        record: &Record,
        fitted: &Fitted,
        settings: &ReductionSettings,
    ) {
        let band = settings.crossing_noise_factor * fitted.line.strain_noise;
        let coarse = settings.coarse_crossing_fraction * record.peak_stress;
        let reads = |crossing: &Crossing| {
            crossing.gap <= coarse && record.saturated_at.is_none_or(|top| crossing.stress < top)
        };
        let mut proof = |offset: f64, none: Flag| {
            let crossing = cross(&record.points, fitted, offset, band);
            if crossing.is_none() {
                self.flags.push(none);
            }
            if crossing.is_some_and(|crossing| crossing.gap > coarse) {
                self.flags.push(Flag::CoarseCrossing);
            }
            crossing.filter(reads).map(|crossing| Mark {
                strain: fitted.line.foot() + crossing.stress / fitted.line.slope_mpa + offset,
                stress: crossing.stress,
            })
        };
        (self.marks.rp02, self.marks.rp10) = (
            proof(0.002, Flag::NoRp02Crossing),
            proof(0.01, Flag::NoRp10Crossing),
        );
        self.rp02_mpa = self.marks.rp02.map(|mark| mark.stress);
        self.rp10_mpa = self.marks.rp10.map(|mark| mark.stress);
    }

    /// Reads ReH and ReL; gives the position from which on the metal flows evenly.
    fn read_yield_point(
        &mut self,
        points: &[Point],
        fitted: &Fitted,
        settings: &ReductionSettings,
    ) -> usize {
        let Some(found) = yield_point::find(points, fitted, &settings.yield_point) else {
            return fitted.last;
        };
        self.flags.push(Flag::YieldPoint);
        self.marks.reh = Some(mark(&points[found.upper]));
        self.marks.rel = Some(mark(&points[found.lower]));
        self.reh_mpa = self.marks.reh.map(|mark| mark.stress);
        self.rel_mpa = self.marks.rel.map(|mark| mark.stress);
        found.lower
    }

    /// Reads Agt and Ag.
    fn read_uniform_extension(
        &mut self,
        record: &Record,
        fitted: &Fitted,
        flows_from: usize,
        settings: &ReductionSettings,
    ) {
        let (points, rm) = (&record.points, record.peak_stress);
        let serrated = serration::is_serrated(&points[flows_from..], rm, &settings.serration);
        if serrated {
            self.flags.push(Flag::Serrated);
        }
        // The maximum may lie where no strain was recorded any more; `examine` flags that.
        let Some(uniform) = extension::at_maximum(points, rm, fitted, serrated, settings) else {
            return;
        };
        self.ag_pct = self.extension_pct(uniform.plastic);
        self.agt_pct = self.ag_pct.map(|_| 100.0 * uniform.total);
        let strain = uniform.total + fitted.line.foot();
        self.marks.maximum = self.ag_pct.map(|_| Mark { strain, stress: rm });
    }

    /// Reads A, At and the energy at the last point before the break.
    fn read_fracture(&mut self, record: &Record, fitted: &Fitted, settings: &ReductionSettings) {
        let (points, line) = (&record.points, &fitted.line);
        let Some(last) = extension::fracture(points, record, line, settings, &mut self.flags)
        else {
            return;
        };
        self.marks.fracture = Some(mark(&last));
        self.a_pct = self.extension_pct(line.plastic_strain(last.strain, last.stress));
        self.at_pct = self.a_pct.map(|_| 100.0 * (last.strain - line.foot()));
        let energy = extension::energy(points, fitted);
        let sound = record.saturated_at.is_none() && energy > 0.0 && energy.is_finite();
        self.energy_mj_m3 = self.a_pct.and(sound.then_some(energy));
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

fn mark(point: &Point) -> Mark {
    Mark {
        strain: point.strain,
        stress: point.stress,
    }
}
