//! What is read at the maximum and at the break: Ag, Agt, A, At and the energy.

use super::elastic::{ElasticLine, Fitted};
use super::flag::Flag;
use super::record::{Ending, Point, Record, first_highest};
use super::serration;
use super::settings::ReductionSettings;

/// Plastic and total extension at maximum force, mm/mm from the foot of the line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Uniform {
    /// Ag.
    pub plastic: f64,
    /// Agt.
    pub total: f64,
}

/// Reads Agt in the middle of the plateau at the maximum; of serrated flow, of the plateau of the hull.
///
/// `None` when the maximum lies where no strain was recorded.
pub(super) fn at_maximum(
    points: &[Point],
    rm: f64,
    fitted: &Fitted,
    serrated: bool,
    settings: &ReductionSettings,
) -> Option<Uniform> {
    let peak = first_highest(points, |point| point.stress)?;
    let level = |fraction: f64| (1.0 - fraction) * rm;
    let plateau = level(settings.plateau_fraction);
    if points[peak].stress < plateau {
        return None;
    }
    let (from, to) = if serrated {
        let hull = settings
            .serration
            .hull_fraction
            .max(settings.plateau_fraction);
        serration::hull_span(points, level(hull))?
    } else {
        plateau_span(points, peak, plateau)
    };
    let line = &fitted.line;
    let total = 0.5 * points[from].strain + 0.5 * points[to].strain - line.foot();
    Some(Uniform {
        plastic: total - rm / line.slope_mpa,
        total,
    })
}

/// First and last of the neighbours of `peak` that do not fall below `level`.
fn plateau_span(points: &[Point], peak: usize, level: f64) -> (usize, usize) {
    let from = points[..peak]
        .iter()
        .rposition(|point| point.stress < level)
        .map_or(0, |below| below + 1);
    let to = points[peak..]
        .iter()
        .position(|point| point.stress < level)
        .map_or(points.len() - 1, |below| peak + below - 1);
    (from, to)
}

/// The last of `points` as the point of fracture; `None`, with a flag, when it is not one.
pub(super) fn fracture(
    points: &[Point],
    record: &Record,
    line: &ElasticLine,
    settings: &ReductionSettings,
    flags: &mut Vec<Flag>,
) -> Option<Point> {
    let last = *points.last()?;
    let furthest = points[first_highest(points, |point| point.strain)?];
    let unloaded = furthest.stress - last.stress;
    let recoil = furthest.strain - last.strain;
    let recoils = |least_unloaded: f64| {
        unloaded > least_unloaded * record.peak_stress
            && recoil > settings.unloading_recoil_fraction * unloaded / line.slope_mpa
    };
    match record.ending {
        Ending::Collapse if recoils(settings.necking_fraction) => {
            flags.push(Flag::BrokenOutside);
            return None;
        }
        Ending::Fade | Ending::Open if recoils(settings.broken_fraction) => {
            flags.push(Flag::UnloadedAtEnd);
            return None;
        }
        Ending::Open if !settings.record_ends_at_break => {
            flags.push(Flag::NoBreakSeen);
            return None;
        }
        Ending::Open => flags.push(Flag::BreakAssumed),
        Ending::Collapse | Ending::Fade => {}
    }
    Some(last)
}

/// Energy to fracture per volume, MPa·mm/mm = MJ/m³: the area below the curve, the toe replaced by the line.
///
/// σ²/2E up to the first point of the elastic window, the trapezoidal rule from there on.
pub(super) fn energy(points: &[Point], fitted: &Fitted) -> f64 {
    let line = &fitted.line;
    let elastic = line.from_mpa * line.from_mpa / (2.0 * line.slope_mpa);
    points[fitted.first..]
        .windows(2)
        .map(|pair| 0.5 * (pair[0].stress + pair[1].stress) * (pair[1].strain - pair[0].strain))
        .fold(elastic, |sum, strip| sum + strip)
}
