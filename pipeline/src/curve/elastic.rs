//! The straight part of the rise: a search over windows for the line that fits best.
//!
//! After ASTM E3076-18 (described by E. Lucon, NIST TN 2050, 2019), in outline: the rise is cut at
//! its knee, both axes are scaled to the cut part, and every window that is long enough gets a
//! least-squares line, judged by its residual relative to what it explains. Prefix sums make each
//! line O(1), and the window ends are thinned to a bounded number of steps of stress (the sums are
//! not: every point counts in every window), so the time is O(points + candidates²).
//!
//! Among windows that fit about as well as the best one the steepest wins: the toe below and the
//! yielding above both bend a line down and neither can bend it up, and in a window that holds a
//! little of each the two bends cancel in the residual but not in the slope.

use super::record::{Point, first_highest};
use super::settings::ReductionSettings;

/// The line fitted to the elastic part: stress = intercept + slope · strain.
#[derive(Clone, Debug, PartialEq)]
pub struct ElasticLine {
    /// Slope, MPa.
    pub slope_mpa: f64,
    /// Stress at zero strain, MPa.
    pub intercept_mpa: f64,
    /// Place of the window's first point in the lists of the curve.
    pub from: usize,
    /// Place of the window's last point in the lists of the curve.
    pub to: usize,
    /// Points in the window.
    pub points: usize,
    /// Squared correlation of stress and strain in the window, 0 to 1.
    pub r2: f64,
    /// Standard error of the slope from the scatter about the line, MPa: slope · √((1/r² − 1)/(n − 2)).
    pub slope_se_mpa: f64,
    /// Stress of the window's first point, MPa.
    pub from_mpa: f64,
    /// Stress of the window's last point, MPa.
    pub to_mpa: f64,
    /// Standard deviation of the strain about the line, mm/mm.
    pub strain_noise: f64,
}

impl ElasticLine {
    /// Strain where the line meets zero stress: the toe correction, mm/mm.
    pub fn foot(&self) -> f64 {
        -self.intercept_mpa / self.slope_mpa
    }

    /// Plastic strain of a point, counted from the foot of the line, mm/mm.
    pub fn plastic_strain(&self, strain: f64, stress: f64) -> f64 {
        strain - self.foot() - stress / self.slope_mpa
    }
}

/// A line together with the position of its last point among the points that were searched.
#[derive(Clone, Debug)]
pub(super) struct Fitted {
    /// The line.
    pub line: ElasticLine,
    /// Position of the window's first point in the searched slice.
    pub first: usize,
    /// Position of the window's last point in the searched slice.
    pub last: usize,
    /// Range of strain of the rise up to its knee, mm/mm.
    pub rise_strain: f64,
    /// Range of stress of the rise up to its knee, MPa.
    pub rise_stress: f64,
}

/// Finds the elastic line in `points`; `None` when no window is long and straight enough.
pub(super) fn find_line(points: &[Point], settings: &ReductionSettings) -> Option<Fitted> {
    let peak = first_highest(points, |point| point.stress)?;
    let rise = &points[..=knee(&points[..=peak], settings.knee_departure)];
    let scaled = Scaled::new(rise)?;
    let ends = window_ends(&scaled, settings.max_candidates);

    let fit = steepest_good(&scaled, &ends, settings)?;
    let line = scaled.line_of(rise, &fit)?;
    Some(Fitted {
        line,
        first: fit.from,
        last: fit.to,
        rise_strain: scaled.width,
        rise_stress: scaled.height,
    })
}

/// The steepest of the windows that fit about as well as the best one, the first of equals.
fn steepest_good(
    scaled: &Scaled,
    ends: &[usize],
    settings: &ReductionSettings,
) -> Option<WindowFit> {
    // The bar only rises while better windows turn up, so what fails it now fails it at the end.
    let mut best_r2 = 0.0;
    let mut bar = 0.0;
    let mut fits: Vec<WindowFit> = Vec::new();
    for_each_window(scaled, ends, settings, |fit| {
        if fit.r2 > best_r2 {
            best_r2 = fit.r2;
            let as_good = residual_of(best_r2) * settings.residual_factor;
            let as_good = as_good.max(settings.residual_floor);
            // residual ≤ as_good, without a root for every window.
            bar = 1.0 / (1.0 + as_good * as_good);
        }
        if fit.r2 >= bar {
            fits.push(fit);
        }
    });
    let mut steepest: Option<WindowFit> = None;
    for fit in fits {
        if fit.r2 >= bar && steepest.is_none_or(|other| fit.slope > other.slope) {
            steepest = Some(fit);
        }
    }
    steepest
}

/// Residual of a line relative to what it explains, √(1/r² − 1): rms of the residuals over rms of
/// the line's own rise. Unlike the slope's standard error it does not shrink with the number of
/// points, so a dense record does not buy a bent window.
fn residual_of(r2: f64) -> f64 {
    (1.0 / r2 - 1.0).max(0.0).sqrt()
}

/// Position of the knee: the point that lies furthest above the chord of the rise, both axes scaled
/// to the rise. A rise without a knee (a brittle specimen) ends at its top.
fn knee(rise: &[Point], least_departure: f64) -> usize {
    let top = rise.len() - 1;
    let (first, last) = (rise[0], rise[top]);
    let (width, height) = (last.strain - first.strain, last.stress - first.stress);
    let departure = |point: &Point| {
        (point.stress - first.stress) / height - (point.strain - first.strain) / width
    };
    match first_highest(rise, departure) {
        Some(position) if position > 0 && departure(&rise[position]) >= least_departure => position,
        _ => top,
    }
}

/// The rise on scaled axes (x strain, y stress, both 0 to 1 over the rise) with its running sums.
struct Scaled {
    x0: f64,
    y0: f64,
    width: f64,
    height: f64,
    y: Vec<f64>,
    /// Sums of x, y, x², xy, y² over the points before each position, about the middle (½, ½) so
    /// that differences of them lose few digits.
    sums: Vec<[f64; 5]>,
}

impl Scaled {
    fn new(rise: &[Point]) -> Option<Scaled> {
        let (mut x0, mut x1) = (f64::INFINITY, f64::NEG_INFINITY);
        let (mut y0, mut y1) = (f64::INFINITY, f64::NEG_INFINITY);
        for point in rise {
            (x0, x1) = (x0.min(point.strain), x1.max(point.strain));
            (y0, y1) = (y0.min(point.stress), y1.max(point.stress));
        }
        let (width, height) = (x1 - x0, y1 - y0);
        if !(width > 0.0 && height > 0.0 && width.is_finite() && height.is_finite()) {
            return None;
        }
        let mut y = Vec::with_capacity(rise.len());
        let mut sums = Vec::with_capacity(rise.len() + 1);
        let mut running = [0.0; 5];
        sums.push(running);
        for point in rise {
            let scaled_y = (point.stress - y0) / height;
            let (u, v) = ((point.strain - x0) / width - 0.5, scaled_y - 0.5);
            running[0] += u;
            running[1] += v;
            running[2] += u * u;
            running[3] += u * v;
            running[4] += v * v;
            y.push(scaled_y);
            sums.push(running);
        }
        Some(Scaled {
            x0,
            y0,
            width,
            height,
            y,
            sums,
        })
    }

    /// Least-squares line over the points `from..=to`; `None` where a line has no meaning or its r²
    /// lies below `min_r2`.
    fn fit(&self, from: usize, to: usize, min_r2: f64) -> Option<WindowFit> {
        let count = (to + 1 - from) as f64;
        let (before, through) = (&self.sums[from], &self.sums[to + 1]);
        let (x, y) = (through[0] - before[0], through[1] - before[1]);
        let (xx, xy) = (through[2] - before[2], through[3] - before[3]);
        let yy = through[4] - before[4];
        let (mean_x, mean_y) = (x / count, y / count);
        let (xx, xy, yy) = (xx - x * mean_x, xy - x * mean_y, yy - y * mean_y);
        if !(xx > 0.0 && xy > 0.0 && yy > 0.0) {
            return None;
        }
        let (explained, whole) = (xy * xy, xx * yy);
        if explained < min_r2 * whole {
            return None;
        }
        let slope = xy / xx;
        // Rounding can lift r² over 1 on an exact line.
        let r2 = (explained / whole).min(1.0);
        let middle = (mean_x + 0.5, mean_y + 0.5);
        Some(WindowFit {
            from,
            to,
            slope,
            middle,
            r2,
            xx,
            count,
        })
    }

    /// The fit back on the axes of the curve; `None` when it overflows there.
    fn line_of(&self, rise: &[Point], fit: &WindowFit) -> Option<ElasticLine> {
        let slope_mpa = fit.slope * self.height / self.width;
        let (strain, stress) = (
            self.x0 + fit.middle.0 * self.width,
            self.y0 + fit.middle.1 * self.height,
        );
        let intercept_mpa = stress - slope_mpa * strain;
        let line = ElasticLine {
            slope_mpa,
            intercept_mpa,
            from: rise[fit.from].index,
            to: rise[fit.to].index,
            points: fit.to + 1 - fit.from,
            r2: fit.r2,
            slope_se_mpa: slope_mpa * residual_of(fit.r2) / (fit.count - 2.0).max(1.0).sqrt(),
            from_mpa: rise[fit.from].stress,
            to_mpa: rise[fit.to].stress,
            strain_noise: residual_of(fit.r2) * (fit.xx / fit.count).sqrt() * self.width,
        };
        let usable = slope_mpa > 0.0 && slope_mpa.is_finite() && line.foot().is_finite();
        usable.then_some(line)
    }
}

/// A line over one window, on scaled axes.
#[derive(Clone, Copy, Debug)]
struct WindowFit {
    from: usize,
    to: usize,
    slope: f64,
    middle: (f64, f64),
    r2: f64,
    xx: f64,
    count: f64,
}

/// Positions that may begin or end a window: one for each step of stress, at most `most` of them.
///
/// Steps of stress, not of index, because a record can dwell for thousands of points before the
/// crosshead moves.
fn window_ends(scaled: &Scaled, most: usize) -> Vec<usize> {
    let step = 1.0 / most as f64;
    let mut ends = vec![0];
    let mut latest = scaled.y[0];
    for (position, &y) in scaled.y.iter().enumerate().skip(1) {
        if (y - latest).abs() >= step || position + 1 == scaled.y.len() {
            ends.push(position);
            latest = y;
        }
    }
    if ends.len() <= most {
        return ends;
    }
    // A noisy record passes the same level many times: thin evenly, keeping both ends.
    (0..most)
        .map(|k| ends[k * (ends.len() - 1) / (most - 1).max(1)])
        .collect()
}

/// Calls `visit` with the fit of every window that is long, full and straight enough, in order of
/// its first point, then of its last.
fn for_each_window(
    scaled: &Scaled,
    ends: &[usize],
    settings: &ReductionSettings,
    mut visit: impl FnMut(WindowFit),
) {
    for (place, &from) in ends.iter().enumerate() {
        for &to in &ends[place + 1..] {
            let length = scaled.y[to] - scaled.y[from];
            if length < settings.window_min_fraction || to + 1 - from < settings.window_min_points {
                continue;
            }
            if let Some(fit) = scaled.fit(from, to, settings.min_r2) {
                visit(fit);
            }
        }
    }
}
