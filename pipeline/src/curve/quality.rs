//! How good the elastic line is, and whether its slope may be called a modulus of elasticity.

use serde::{Deserialize, Serialize};

use super::elastic::Fitted;
use super::record::Point;
use super::settings::ModulusSettings;

/// Changes below this share of the rise are rounding of the decimals, not a resolution.
const ROUNDING_DUST: f64 = 1e-6;

/// Fewest points of a quarter of the window whose slope means something (ASTM E3076-18, 6.7).
const QUARTER_POINTS: usize = 5;

/// The elastic line's window and what it rests on.
///
/// Resolution and noise are shares of the rise up to the knee, as ASTM E3076-18 has them.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Quality {
    /// What the slope may be called.
    pub verdict: Verdict,
    /// What keeps the slope from being a modulus, in the order of [`Shortfall`].
    pub shortfalls: Vec<Shortfall>,
    /// Points in the window.
    pub window_points: usize,
    /// Stress of the window's first point, MPa.
    pub window_from_mpa: f64,
    /// Stress of the window's last point, MPa.
    pub window_to_mpa: f64,
    /// Squared correlation in the window, 0 to 1.
    pub r2: f64,
    /// Standard error of the slope, GPa.
    pub slope_se_gpa: f64,
    /// Digital step of the strain over the rise's range of strain, 0 to 1; 0 where none shows.
    pub strain_resolution: f64,
    /// Digital step of the stress over the rise's range of stress, 0 to 1; 0 where none shows.
    pub stress_resolution: f64,
    /// Standard deviation of the strain about the line over the rise's range of strain, 0 to 1.
    pub noise: f64,
    /// Larger slope of what is left in the first and in the last quarter of the window, over the slope; `None`
    /// when a quarter holds fewer than five points.
    pub curvature: Option<f64>,
}

/// What the slope of the elastic part may be called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The curve meets every condition on a modulus of elasticity that a curve can show.
    Modulus,
    /// A slope (mE): good for the offset line, not a property of the metal.
    SlopeOnly,
}

/// A condition on a modulus of elasticity that the elastic line does not meet.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shortfall {
    /// Fewer points in the window than `min_points`.
    FewPoints,
    /// r² below `min_r2`.
    LowR2,
    /// Standard error of the slope above `max_slope_error`.
    UnsureSlope,
    /// Digital step of the strain above `max_resolution`.
    CoarseStrain,
    /// Digital step of the stress above `max_resolution`.
    CoarseStress,
    /// Noise above `max_noise`.
    Noise,
    /// The window bends: curvature above `max_curvature`, or too few points to tell.
    Curved,
    /// The slope lies outside `plausible_gpa`.
    Implausible,
}

impl Shortfall {
    /// The stable word, as in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Shortfall::FewPoints => "few_points",
            Shortfall::LowR2 => "low_r2",
            Shortfall::UnsureSlope => "unsure_slope",
            Shortfall::CoarseStrain => "coarse_strain",
            Shortfall::CoarseStress => "coarse_stress",
            Shortfall::Noise => "noise",
            Shortfall::Curved => "curved",
            Shortfall::Implausible => "implausible",
        }
    }
}

/// Judges the line that was fitted to a window of `points`.
pub(super) fn judge(points: &[Point], fitted: &Fitted, settings: &ModulusSettings) -> Quality {
    let line = &fitted.line;
    let window = &points[fitted.first..=fitted.last];
    let mut quality = Quality {
        verdict: Verdict::SlopeOnly,
        shortfalls: Vec::new(),
        window_points: line.points,
        window_from_mpa: line.from_mpa,
        window_to_mpa: line.to_mpa,
        r2: line.r2,
        slope_se_gpa: line.slope_se_mpa / 1000.0,
        strain_resolution: resolution(window, fitted.rise_strain, |point| point.strain),
        stress_resolution: resolution(window, fitted.rise_stress, |point| point.stress),
        noise: line.strain_noise / fitted.rise_strain,
        curvature: curvature(window, fitted),
    };
    for (shortfall, meets) in [
        (Shortfall::FewPoints, line.points >= settings.min_points),
        (Shortfall::LowR2, line.r2 >= settings.min_r2),
        (
            Shortfall::UnsureSlope,
            line.slope_se_mpa <= settings.max_slope_error * line.slope_mpa,
        ),
        (
            Shortfall::CoarseStrain,
            quality.strain_resolution <= settings.max_resolution,
        ),
        (
            Shortfall::CoarseStress,
            quality.stress_resolution <= settings.max_resolution,
        ),
        (Shortfall::Noise, quality.noise <= settings.max_noise),
        (
            Shortfall::Curved,
            quality
                .curvature
                .is_some_and(|curvature| curvature <= settings.max_curvature),
        ),
        (
            Shortfall::Implausible,
            settings.plausible_gpa.contains(line.slope_mpa / 1000.0),
        ),
    ] {
        if !meets {
            quality.shortfalls.push(shortfall);
        }
    }
    if quality.shortfalls.is_empty() {
        quality.verdict = Verdict::Modulus;
    }
    quality
}

/// The digital step of a channel over `range`; 0 where none shows.
///
/// Steps between neighbours change by whole multiples of the digital step (the second differences of ASTM
/// E3076-18, 6.5); a channel with more digits than its noise needs has no such grid, and neither has a steady ramp.
fn resolution(window: &[Point], range: f64, of: impl Fn(&Point) -> f64) -> f64 {
    let changes = || {
        window
            .windows(3)
            .map(|three| (of(&three[2]) - 2.0 * of(&three[1]) + of(&three[0])).abs() / range)
            .filter(|change| *change > ROUNDING_DUST)
    };
    match changes().min_by(f64::total_cmp) {
        Some(least) if is_grid(changes(), least) => least,
        _ => 0.0,
    }
}

/// True when every change is a whole multiple of `least`, but for rounding.
fn is_grid(changes: impl Iterator<Item = f64>, least: f64) -> bool {
    changes
        .map(|change| change / least)
        .all(|multiple| (multiple - multiple.round()).abs() < 1e-3 * multiple.max(1.0))
}

/// Larger relative slope of the residuals in the first and last quarter of the window's strain.
fn curvature(window: &[Point], fitted: &Fitted) -> Option<f64> {
    let (first, last) = (window.first()?, window.last()?);
    let span = last.strain - first.strain;
    let quarter = |inside: &dyn Fn(f64) -> bool| {
        let points: Vec<&Point> = window
            .iter()
            .filter(|point| inside((point.strain - first.strain) / span))
            .collect();
        let count = points.len() as f64;
        let strain = points.iter().map(|p| p.strain).sum::<f64>() / count;
        let stress = points.iter().map(|p| p.stress).sum::<f64>() / count;
        let (mut xx, mut xy) = (0.0, 0.0);
        for point in &points {
            let x = point.strain - strain;
            xx += x * x;
            xy += x * (point.stress - stress);
        }
        let left = (xy / xx / fitted.line.slope_mpa - 1.0).abs();
        (points.len() >= QUARTER_POINTS && left.is_finite()).then_some(left)
    };
    Some(quarter(&|share| share <= 0.25)?.max(quarter(&|share| share >= 0.75)?))
}
