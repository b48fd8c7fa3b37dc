//! From the extensometer to the crosshead, where the extensometer is taken off before the break.
//!
//! The crosshead moves by what the specimen, the grips and the frame give together. Two steps turn
//! that into strain of the gauge length. Everything elastic (specimen, grips, frame) goes with the
//! load: its compliance is fitted over the elastic window and taken off, which leaves the plastic
//! travel. Up to the maximum the parallel length strains evenly, so plastic travel is plastic strain
//! times one length; that length is fitted where both signals are there. After the maximum only the
//! neck strains, and it lies in the gauge length, so the plastic travel is divided by the gauge length.

use super::elastic::Fitted;
use super::record::Point;
use super::settings::HandoverSettings;

/// The travel of the crosshead beside a [`super::Curve`].
#[derive(Clone, Copy, Debug)]
pub struct Crosshead<'a> {
    /// Travel, mm, as long as the lists of the curve; any zero.
    pub travel_mm: &'a [f64],
    /// Original gauge length L0 that A refers to, mm; above 0.
    pub gauge_length_mm: f64,
}

/// The points after the end of the extensometer's signal, with strains from the crosshead.
///
/// `strained` are the points with an extensometer, `rest` those after it (finite stress, in order,
/// up to the break). `None` when the travel does not follow the extensometer where both are there,
/// runs back, or is missing: then it is no crosshead, or not of this test.
pub(super) fn carry_on(
    strained: &[Point],
    rest: &[Point],
    fitted: &Fitted,
    crosshead: &Crosshead<'_>,
    settings: &HandoverSettings,
) -> Option<Vec<Point>> {
    let travel = |point: &Point| crosshead.travel_mm.get(point.index).copied();
    let window = &strained[fitted.first..=fitted.last];
    let compliance = slope(window.iter().map(|p| Some((p.stress, travel(p)?))))?.slope;
    let plastic_travel = |point: &Point| Some(travel(point)? - compliance * point.stress);
    let plastic_strain = |point: &Point| fitted.line.plastic_strain(point.strain, point.stress);

    // Where both are there and the metal flows evenly: the last part of the plastic strain.
    let last = strained.last()?;
    let overlap_from = (1.0 - settings.overlap_fraction) * plastic_strain(last);
    let overlap = strained[fitted.last..]
        .iter()
        .filter(|point| plastic_strain(point) >= overlap_from);
    let length = slope(overlap.map(|p| Some((plastic_strain(p), plastic_travel(p)?))))?;
    if length.points < settings.min_points
        || length.r2 < settings.min_r2
        || length.slope < settings.length_min_fraction * crosshead.gauge_length_mm
    {
        return None;
    }

    let peak = rest
        .iter()
        .enumerate()
        .max_by(|a, b| a.1.stress.total_cmp(&b.1.stress).then(b.0.cmp(&a.0)))
        .filter(|(_, point)| point.stress > last.stress)
        .map_or(0, |(position, _)| position);
    let (mut strain, mut from) = (plastic_strain(last), plastic_travel(last)?);
    let mut points = Vec::with_capacity(rest.len());
    for (position, point) in rest.iter().enumerate() {
        let to = plastic_travel(point).filter(|travel| travel.is_finite())?;
        let over = if position <= peak {
            length.slope
        } else {
            crosshead.gauge_length_mm
        };
        strain += (to - from) / over;
        from = to;
        points.push(Point {
            strain: strain + fitted.line.foot() + point.stress / fitted.line.slope_mpa,
            ..*point
        });
    }
    let gained = points.last()?.strain - last.strain;
    (gained > 0.0 && gained.is_finite()).then_some(points)
}

/// A least-squares slope with its squared correlation.
struct Slope {
    slope: f64,
    r2: f64,
    points: usize,
}

/// Slope of the second number over the first; `None` when a pair is missing or they do not vary.
fn slope(pairs: impl Iterator<Item = Option<(f64, f64)>>) -> Option<Slope> {
    let pairs: Vec<(f64, f64)> = pairs.collect::<Option<_>>()?;
    let count = pairs.len() as f64;
    let (mean_x, mean_y) = (
        pairs.iter().map(|pair| pair.0).sum::<f64>() / count,
        pairs.iter().map(|pair| pair.1).sum::<f64>() / count,
    );
    let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
    for (x, y) in &pairs {
        let (x, y) = (x - mean_x, y - mean_y);
        xx += x * x;
        xy += x * y;
        yy += y * y;
    }
    let slope = xy / xx;
    let r2 = xy * slope / yy;
    (slope.is_finite() && r2.is_finite()).then_some(Slope {
        slope,
        r2,
        points: pairs.len(),
    })
}
