//! One panel of a curve's picture: ranges, axes, and the shapes drawn in it.

use plotters::coord::Shift;
use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::labels::ticks;
use super::numbers::fixed;
use crate::curve::{Mark, Reduction};

/// Drawn pixels per shown pixel: the backend places whole pixels only.
pub(super) const SCALE: i32 = 10;
pub(super) const WIDTH: i32 = 880;
pub(super) const HEIGHT: i32 = 380;
pub(super) const TOP: i32 = 34;
pub(super) const BOTTOM: i32 = HEIGHT - 46;
/// Left and right edge of both panels, shown pixels.
pub(super) const RISE: (i32, i32) = (46, 386);
pub(super) const WHOLE: (i32, i32) = (448, 868);
/// Height of a line of text, shown pixels.
pub(super) const LINE: i32 = 16;

pub(super) const THIN: u32 = SCALE as u32;
pub(super) const MEDIUM: u32 = 16 * SCALE as u32 / 10;
pub(super) const THICK: u32 = 5 * SCALE as u32;

// Okabe and Ito (2008), as in the charts; every line also has a pattern of its own.
pub(super) const INK: RGBColor = RGBColor(26, 26, 26);
pub(super) const QUIET: RGBColor = RGBColor(89, 89, 89);
pub(super) const FRAME: RGBColor = RGBColor(150, 150, 150);
pub(super) const GRID: RGBColor = RGBColor(232, 232, 230);
pub(super) const ELASTIC: RGBColor = RGBColor(0, 114, 178);
pub(super) const OFFSET: RGBColor = RGBColor(190, 80, 0);
pub(super) const EXTENSION: RGBColor = RGBColor(0, 120, 88);

pub(super) type Root<'b> = DrawingArea<SVGBackend<'b>, Shift>;
pub(super) type Fault = DrawingAreaErrorKind<std::io::Error>;

/// A rectangle of the drawing with its ranges of strain (%) and stress (MPa).
pub(super) struct Panel {
    edges: (i32, i32),
    pub x: (f64, f64),
    pub y: (f64, f64),
}

impl Panel {
    /// The rise: from before the foot of the line to well past Rp0.2, or past the window without it.
    pub fn of_rise(points: &[(f64, f64)], reduction: &Reduction) -> Option<Panel> {
        let line = reduction.elastic.as_ref()?;
        let foot = 100.0 * line.foot();
        let reached = match reduction.marks.rp02 {
            Some(mark) => 100.0 * mark.strain,
            None => foot + 100.0 * line.to_mpa / line.slope_mpa,
        };
        let far = reduction
            .marks
            .reh
            .map_or(reached, |mark| reached.max(100.0 * mark.strain));
        let span = far - foot;
        let x = (foot.min(points[0].0) - 0.03 * span, far + 0.6 * span);
        let top = points
            .iter()
            .filter(|point| point.0 <= x.1)
            .fold(line.to_mpa, |top, point| top.max(point.1));
        Some(Panel {
            edges: RISE,
            x,
            y: (0.0, 1.12 * top),
        })
    }

    pub fn of_whole(points: &[(f64, f64)], reduction: &Reduction) -> Panel {
        let all = || {
            let carried = reduction.carried_on.iter();
            points
                .iter()
                .copied()
                .chain(carried.map(|mark| (100.0 * mark.strain, mark.stress)))
        };
        let right = all().fold(f64::NEG_INFINITY, |most, point| most.max(point.0));
        let left = all().fold(0.0_f64, |least, point| least.min(point.0));
        let top = all().fold(1e-9_f64, |most, point| most.max(point.1));
        let span = (right - left).max(1e-9);
        Panel {
            edges: WHOLE,
            x: (left - 0.01 * span, right + 0.05 * span),
            y: (0.0, 1.14 * top),
        }
    }

    /// A point in drawn pixels.
    pub fn place(&self, (strain, stress): (f64, f64)) -> (i32, i32) {
        let share = |number: f64, (from, to): (f64, f64)| (number - from) / (to - from);
        let (left, right) = self.edges;
        let x = f64::from(left) + share(strain, self.x) * f64::from(right - left);
        let y = f64::from(BOTTOM) - share(stress, self.y) * f64::from(BOTTOM - TOP);
        let drawn = |pixel: f64| (pixel * f64::from(SCALE)).round() as i32;
        (drawn(x), drawn(y))
    }

    pub fn place_mark(&self, mark: Mark) -> (i32, i32) {
        self.place((100.0 * mark.strain, mark.stress))
    }

    /// Grid, axis, their numbers and names.
    pub fn axes(&self, root: &Root<'_>, columns: usize) -> Result<(), Fault> {
        let (left, right) = (self.edges.0 * SCALE, self.edges.1 * SCALE);
        let (bottom, top) = (BOTTOM * SCALE, TOP * SCALE);
        let (levels, decimals) = ticks(self.y.0, self.y.1, 6);
        for level in levels {
            let (_, y) = self.place((self.x.0, level));
            line(root, vec![(left, y), (right, y)], GRID.stroke_width(THIN))?;
            let number = fixed(level, decimals);
            text(
                root,
                number,
                (left - 7 * SCALE, y),
                &QUIET,
                (HPos::Right, VPos::Center),
            )?;
        }
        line(
            root,
            vec![(left, bottom), (right, bottom)],
            FRAME.stroke_width(THIN),
        )?;
        let (strains, decimals) = ticks(self.x.0, self.x.1, columns);
        for strain in strains {
            let (x, _) = self.place((strain, 0.0));
            let tick = vec![(x, bottom), (x, bottom + 4 * SCALE)];
            line(root, tick, FRAME.stroke_width(THIN))?;
            let number = fixed(strain, decimals);
            text(
                root,
                number,
                (x, bottom + 7 * SCALE),
                &QUIET,
                (HPos::Center, VPos::Top),
            )?;
        }
        let name = (left - 40 * SCALE, top - 22 * SCALE);
        text(
            root,
            "stress, MPa".to_owned(),
            name,
            &QUIET,
            (HPos::Left, VPos::Center),
        )?;
        let name = (right, bottom + 26 * SCALE);
        text(
            root,
            "strain, %".to_owned(),
            name,
            &QUIET,
            (HPos::Right, VPos::Top),
        )
    }

    /// The curve within the panel, thinned to what the drawing can show.
    pub fn curve(&self, points: impl Iterator<Item = (f64, f64)>) -> Vec<(i32, i32)> {
        let inside = points
            .filter(|point| point.1 >= 0.0)
            .take_while(|point| point.0 <= self.x.1)
            .map(|point| self.place(point));
        thin(inside)
    }

    /// The line through `foot` (strain, %) with `slope` (MPa per %) up to `stress`.
    pub fn sloped(&self, foot: f64, slope: f64, stress: f64) -> Vec<(i32, i32)> {
        vec![
            self.place((foot, 0.0)),
            self.place((foot + stress / slope, stress)),
        ]
    }
}

pub(super) fn line(
    root: &Root<'_>,
    points: Vec<(i32, i32)>,
    style: ShapeStyle,
) -> Result<(), Fault> {
    root.draw(&PathElement::new(points, style))
}

pub(super) fn dashed(
    root: &Root<'_>,
    points: Vec<(i32, i32)>,
    (dash, gap): (i32, i32),
    colour: &RGBColor,
) -> Result<(), Fault> {
    let style = colour.stroke_width(MEDIUM);
    root.draw(&DashedPathElement::new(
        points,
        dash * SCALE,
        gap * SCALE,
        style,
    ))
}

pub(super) fn dot(root: &Root<'_>, at: (i32, i32), colour: &RGBColor) -> Result<(), Fault> {
    root.draw(&Circle::new(at, 5 * SCALE, WHITE.filled()))?;
    root.draw(&Circle::new(at, 4 * SCALE, colour.filled()))
}

pub(super) fn cross(root: &Root<'_>, (x, y): (i32, i32)) -> Result<(), Fault> {
    let reach = 5 * SCALE;
    for sign in [-1, 1] {
        let ends = vec![(x - reach, y - sign * reach), (x + reach, y + sign * reach)];
        line(root, ends, INK.stroke_width(2 * SCALE as u32))?;
    }
    Ok(())
}

pub(super) fn text(
    root: &Root<'_>,
    words: String,
    at: (i32, i32),
    colour: &RGBColor,
    (across, along): (HPos, VPos),
) -> Result<(), Fault> {
    // The backend divides by 1.24 on its way from a font's box to its size.
    let style = TextStyle::from(("sans-serif", f64::from(12 * SCALE) * 1.24).into_font());
    let style = style.color(colour).pos(Pos::new(across, along));
    root.draw(&Text::new(words, at, style))
}

/// Leaves out what falls into one shown pixel across: of each such run the first, lowest, highest and
/// last point stay, in their order.
pub(super) fn thin(points: impl Iterator<Item = (i32, i32)>) -> Vec<(i32, i32)> {
    let mut kept = Vec::new();
    let mut run: Vec<(i32, i32)> = Vec::new();
    let mut close = |run: &mut Vec<(i32, i32)>| {
        let extreme = |better: fn(i32, i32) -> bool| {
            run.iter().enumerate().fold(0, |best, (position, point)| {
                if better(point.1, run[best].1) {
                    position
                } else {
                    best
                }
            })
        };
        if run.is_empty() {
            return;
        }
        let mut positions = [
            0,
            extreme(|a, b| a < b),
            extreme(|a, b| a > b),
            run.len() - 1,
        ];
        positions.sort_unstable();
        for (place, position) in positions.into_iter().enumerate() {
            if place == 0 || positions[place - 1] != position {
                kept.push(run[position]);
            }
        }
        run.clear();
    };
    for point in points {
        if run
            .first()
            .is_some_and(|first| first.0 / SCALE != point.0 / SCALE)
        {
            close(&mut run);
        }
        run.push(point);
    }
    close(&mut run);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_the_points_of_a_pixel_the_ends_the_highest_and_the_lowest_stay() {
        let saw = (0..100).map(|k| (k / 50, if k == 30 { 9 } else { k % 2 }));
        let kept = thin(saw);
        assert!(
            kept.contains(&(0, 9)) && kept.contains(&(0, 0)) && kept.len() <= 4,
            "{kept:?}"
        );
        assert!(thin(std::iter::empty()).is_empty());
    }
}
