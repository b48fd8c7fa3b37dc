//! A curve as recorded: which points count, where the strain signal ends, where the specimen broke.

use super::flag::Flag;
use super::settings::ReductionSettings;

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
    let loaded: Vec<Point> = (0..pairs)
        .map(|index| Point {
            strain: curve.strain[index],
            stress: curve.stress[index],
            index,
        })
        .filter(|point| point.stress.is_finite())
        .collect();
    if loaded.len() < pairs {
        flags.push(Flag::NotFinite);
    }
    if loaded
        .iter()
        .filter(|point| point.strain.is_finite())
        .count()
        < settings.min_points
    {
        flags.push(Flag::FewPoints);
        return None;
    }

    let peak = first_highest(&loaded, |point| point.stress)?;
    let peak_stress = loaded[peak].stress;
    if peak_stress <= 0.0 {
        flags.push(Flag::NoTension);
        return None;
    }

    let (last, ending) = find_end(&loaded, peak, settings);
    if last + 1 < loaded.len() {
        flags.push(Flag::EndPointDropped);
    }
    let before_break = &loaded[..=last];
    let strained = strained_count(before_break, settings);
    let strain_lost = strained < before_break.len();
    if strain_lost {
        flags.push(Flag::StrainLost);
    }
    let points: Vec<Point> = before_break[..strained]
        .iter()
        .copied()
        .filter(|point| point.strain.is_finite())
        .collect();
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
        peak_index: loaded[peak].index,
        last_index: loaded[last].index,
        last_stress: loaded[last].stress,
        ending,
        strain_lost,
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
/// there back over every step that alone lost more than `collapse_step_fraction`·Rm, because a
/// fast recorder puts several points into the fall.
fn find_end(loaded: &[Point], peak: usize, settings: &ReductionSettings) -> (usize, Ending) {
    let rm = loaded[peak].stress;
    let gone = (peak + 1..loaded.len())
        .find(|&position| loaded[position].stress < settings.broken_fraction * rm);
    let Some(gone) = gone else {
        return (loaded.len() - 1, Ending::Open);
    };
    let fell = |position: usize| {
        loaded[position - 1].stress - loaded[position].stress > settings.collapse_step_fraction * rm
    };
    let mut last = gone - 1;
    while last > peak && fell(last) {
        last -= 1;
    }
    let ending = if last + 1 < gone || fell(gone) {
        Ending::Collapse
    } else {
        Ending::Fade
    };
    (last, ending)
}

/// How many of `points` come before the strain signal ends.
///
/// It ends after the last finite strain, or where the strain falls back by more than
/// `strain_loss_fraction` of the highest strain so far (and more than `strain_loss_min`) while at
/// least `strain_loss_stress_fraction` of the highest stress so far is still on the specimen. No
/// specimen contracts so under load: the extensometer was taken off, slipped or was set to zero.
fn strained_count(points: &[Point], settings: &ReductionSettings) -> usize {
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
