//! A curve as recorded: which points count, where the strain signal ends, where the specimen broke.

use std::cell::OnceCell;

use super::flag::Flag;
use super::settings::ReductionSettings;
use super::signal;

/// One recorded tensile curve: engineering strain and stress, point by point in file order.
///
/// Both lists should be of one length; of a longer one the surplus is passed over. A point whose
/// stress is not finite is passed over too. A point whose stress is finite and whose strain is not
/// (NaN) means "the extensometer was off here": it still counts for Rm and for finding the break,
/// but for nothing that needs a strain.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Curve {
    /// Engineering strain, mm/mm (not %).
    pub strain: Vec<f64>,
    /// Engineering stress, MPa.
    pub stress: Vec<f64>,
}

/// A point with a finite strain and stress.
#[derive(Clone, Copy, Debug)]
pub(super) struct Point {
    /// Engineering strain, mm/mm.
    pub strain: f64,
    /// Engineering stress, MPa.
    pub stress: f64,
    /// Place in the lists of the [`Curve`].
    pub index: usize,
}

/// How a record ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The load fell to nothing at once: a break.
    Collapse,
    /// The load went down to nothing step by step: necking through, or unloading.
    Fade,
    /// The load had not fallen to nothing at the last point.
    Open,
}

/// The part of a curve that can be evaluated.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Points with a trustworthy strain, up to the break, in file order.
    pub points: Vec<Point>,
    /// Highest stress, with or without a strain, MPa; positive and finite.
    pub peak_stress: f64,
    /// Place of the highest stress in the lists of the [`Curve`], the first of equals.
    pub peak_index: usize,
    /// Place of the last point before the break in the lists of the [`Curve`].
    pub last_index: usize,
    /// Stress of that point, MPa.
    pub last_stress: f64,
    /// How the record ends.
    pub ending: Ending,
    /// True when the strain signal ends before the record does.
    pub strain_lost: bool,
    /// Points after the end of the strain signal, up to the break; their strains mean nothing.
    pub unstrained: Vec<Point>,
    /// The load at which its channel was at the end of its range, MPa.
    pub saturated_at: Option<f64>,
}

/// Sorts out the points of `curve`, adding to `flags` what was met on the way.
///
/// `None`, with a flag, when there is nothing to evaluate: fewer finite points than
/// `settings.min_points`, or no point in tension.
pub(super) fn examine(
    curve: &Curve,
    settings: &ReductionSettings,
    flags: &mut Vec<Flag>,
) -> Option<Record> {
    let pairs = curve.strain.len().min(curve.stress.len());
    if curve.strain.len() != curve.stress.len() {
        flags.push(Flag::UnequalLengths);
    }
    let mut loaded: Vec<Point> = Vec::with_capacity(pairs);
    let (mut peak, mut lowest, mut strained) = (0, 0, 0);
    for (index, (&strain, &stress)) in curve.strain.iter().zip(&curve.stress).enumerate() {
        if !stress.is_finite() {
            continue;
        }
        loaded.push(Point {
            strain,
            stress,
            index,
        });
        let latest = loaded.len() - 1;
        strained += usize::from(strain.is_finite());
        if stress > loaded[peak].stress {
            peak = latest;
        }
        if stress < loaded[lowest].stress {
            lowest = latest;
        }
    }
    if loaded.len() < pairs {
        flags.push(Flag::NotFinite);
    }
    if strained < settings.min_points || loaded.is_empty() {
        flags.push(Flag::FewPoints);
        return None;
    }
    let (peak_stress, peak_index) = (loaded[peak].stress, loaded[peak].index);
    if peak_stress <= 0.0 || -loaded[lowest].stress > peak_stress {
        flags.push(turned_round(&loaded, lowest));
        return None;
    }

    let (last, ending) = find_end(&loaded, peak, settings);
    if last + 1 < loaded.len() {
        flags.push(Flag::EndPointDropped);
    }
    let (last_index, last_stress) = (loaded[last].index, loaded[last].stress);
    let saturated_at =
        signal::is_stuck(&loaded[..=last], peak, |p| p.stress, settings).then_some(peak_stress);
    if saturated_at.is_some() {
        flags.push(Flag::LoadSaturated);
    }
    let strained = strained_count(&loaded[..=last], peak_stress, settings, flags);
    let strain_lost = strained <= last;
    if strain_lost {
        flags.push(Flag::StrainLost);
    }
    let unstrained = loaded[strained..=last].to_vec();
    let mut points = loaded;
    points.truncate(strained);
    points.retain(|point| point.strain.is_finite());
    if points.len() < settings.min_points {
        flags.push(Flag::FewPoints);
        return None;
    }
    if points
        .first()
        .is_some_and(|first| first.strain < 0.0 || first.stress < 0.0)
    {
        flags.push(Flag::NegativeStart);
    }
    if points
        .windows(2)
        .any(|pair| pair[1].strain < pair[0].strain)
    {
        flags.push(Flag::NonMonotoneStrain);
    }
    Some(Record {
        points,
        peak_stress,
        peak_index,
        last_index,
        last_stress,
        ending,
        strain_lost,
        unstrained,
        saturated_at,
    })
}

/// Position of the highest `of` among `points`, the first of equals; `None` for no points.
pub(super) fn first_highest(points: &[Point], of: impl Fn(&Point) -> f64) -> Option<usize> {
    let mut highest = None;
    for (position, point) in points.iter().enumerate() {
        if highest.is_none_or(|(_, most)| of(point) > most) {
            highest = Some((position, of(point)));
        }
    }
    highest.map(|(position, _)| position)
}

/// Position of the last point before the break, and how the record ends.
///
/// The break is looked for after the peak: the first stress below `broken_fraction`·Rm, and from
/// there back over every step of the fall, because a fast recorder puts several points into it. A
/// step belongs to the fall when it alone lost more than `collapse_step_fraction`·Rm, or more than
/// `sudden_step_fraction`·Rm and `sudden_factor` times what the load usually loses from the peak on. A
/// record that stops within the fall ends in it too.
fn find_end(loaded: &[Point], peak: usize, settings: &ReductionSettings) -> (usize, Ending) {
    let rm = loaded[peak].stress;
    let loss = |position: usize| loaded[position - 1].stress - loaded[position].stress;
    let gone = (peak + 1..loaded.len())
        .find(|&position| loaded[position].stress < settings.broken_fraction * rm);
    let fallen = gone.unwrap_or(loaded.len() - 1);
    // Only a fall that is neither steep nor flat needs to know what is usual.
    let usual = OnceCell::new();
    let fell = |position: usize| {
        let lost = loss(position);
        lost > settings.collapse_step_fraction * rm
            || lost > settings.sudden_step_fraction * rm
                && lost
                    > settings.sudden_factor
                        * usual.get_or_init(|| median((peak + 1..=fallen).map(loss).collect()))
    };
    if gone.is_none()
        && !(fallen > peak
            && fell(fallen)
            && settings.necking_fraction * rm < rm - loaded[fallen].stress)
    {
        return (loaded.len() - 1, Ending::Open);
    }
    let mut last = fallen - 1;
    while last > peak && fell(last) {
        last -= 1;
    }
    let ending = if last + 1 < fallen || fell(fallen) {
        Ending::Collapse
    } else {
        Ending::Fade
    };
    (last, ending)
}

/// The middle of `numbers`, the upper one of two; 0 for none.
fn median(mut numbers: Vec<f64>) -> f64 {
    let middle = numbers.len() / 2;
    if numbers.is_empty() {
        return 0.0;
    }
    *numbers.select_nth_unstable_by(middle, f64::total_cmp).1
}

/// Which flag a record without tension gets: the strain grows while a load of the wrong sign does, or
/// it shrinks with it.
fn turned_round(loaded: &[Point], lowest: usize) -> Flag {
    let start = loaded.iter().find(|point| point.strain.is_finite());
    let grown = start.is_some_and(|start| loaded[lowest].strain > start.strain);
    if grown && loaded[lowest].stress < 0.0 {
        Flag::LoadReversed
    } else {
        Flag::NoTension
    }
}

/// How many of `points` come before the strain signal ends; why, in `flags`.
///
/// It ends after the last finite strain, where it stops at the end of its range, where the
/// extensometer slips, or where it falls back (`signal_count`).
fn strained_count(
    points: &[Point],
    rm: f64,
    settings: &ReductionSettings,
    flags: &mut Vec<Flag>,
) -> usize {
    let count = signal_count(points, settings);
    let signal = &points[..count];
    let mut furthest = 0;
    for (position, point) in signal.iter().enumerate() {
        if point.strain > signal[furthest].strain {
            furthest = position;
        }
    }
    if signal::is_stuck(signal, furthest, |point| point.strain, settings) {
        flags.push(Flag::StrainSaturated);
        return furthest + 1;
    }
    if let Some(before) = signal::slip(signal, rm, settings) {
        flags.push(Flag::ExtensometerSlip);
        return before + 1;
    }
    count
}

/// How many of `points` come before the strain is missing for good or falls back under load.
///
/// It falls back when it loses more than
/// `strain_loss_fraction` of the highest strain so far (and more than `strain_loss_min`) while at
/// least `strain_loss_stress_fraction` of the highest stress so far is still on the specimen. No
/// specimen contracts so under load: the extensometer was taken off, slipped or was set to zero.
fn signal_count(points: &[Point], settings: &ReductionSettings) -> usize {
    let mut count = 0;
    let mut most_strain = f64::NEG_INFINITY;
    let mut most_stress = f64::NEG_INFINITY;
    for (position, point) in points.iter().enumerate() {
        most_stress = most_stress.max(point.stress);
        if !point.strain.is_finite() {
            continue;
        }
        let fall = most_strain - point.strain;
        if fall > settings.strain_loss_min
            && fall > settings.strain_loss_fraction * most_strain
            && point.stress >= settings.strain_loss_stress_fraction * most_stress
        {
            break;
        }
        most_strain = most_strain.max(point.strain);
        count = position + 1;
    }
    count
}
