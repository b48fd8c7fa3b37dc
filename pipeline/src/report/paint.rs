//! A drawing → SVG shapes.
//!
//! Colours are those of Okabe and Ito (2008), two of them darkened, and every line also has a pattern of
//! its own, so the chart survives colour blindness and black-and-white print.

use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use super::drawing::Drawing;
use super::labels;
use super::numbers;

/// Drawn pixels per shown pixel: the backend places whole pixels only.
const SCALE: i32 = 10;
/// Size of the drawing, drawn pixels.
pub(super) const SIZE: (u32, u32) = ((WIDTH * SCALE) as u32, (HEIGHT * SCALE) as u32);
const WIDTH: i32 = 880;
const HEIGHT: i32 = 400;
const LEFT: i32 = 52;
const RIGHT: i32 = 208;
const TOP: i32 = 30;
const BOTTOM: i32 = 46;
/// Height of a line of text beside the chart, shown pixels.
const LINE: i32 = 15;
/// Letters that fit beside the chart.
const LABEL_WIDTH: usize = 31;
/// Widths of lines, drawn pixels.
const THIN: u32 = SCALE as u32;
const MEDIUM: u32 = 2 * SCALE as u32;
const THICK: u32 = 5 * SCALE as u32 / 2;

const INK: RGBColor = RGBColor(26, 26, 26);
const QUIET: RGBColor = RGBColor(89, 89, 89);
const FRAME: RGBColor = RGBColor(150, 150, 150);
const GRID: RGBColor = RGBColor(232, 232, 230);
const SPECIMEN: RGBColor = RGBColor(110, 110, 110);
const HEAT: RGBColor = RGBColor(0, 114, 178);
const B_BOUND: RGBColor = RGBColor(213, 94, 0);
const A_BOUND: RGBColor = RGBColor(158, 74, 126);
const WINDOW: RGBColor = RGBColor(0, 158, 115);

type Frame<'b> = ChartContext<'b, SVGBackend<'b>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

type Root<'b> = DrawingArea<SVGBackend<'b>, Shift>;

type Fault = DrawingAreaErrorKind<std::io::Error>;

/// What is written on a chart.
pub(super) struct Words {
    /// Name and unit of the vertical axis.
    pub y_name: String,
    /// Name and unit of the horizontal axis.
    pub x_name: String,
    /// At the upper end of the window.
    pub window: String,
    /// Lines across the chart, highest first.
    pub levels: Vec<Level>,
}

/// A line across the chart and, beside it, what it is; outside the chart it is named at the edge.
pub(super) struct Level {
    /// Where, in chart units.
    pub y: f64,
    /// What it is; shown on one line.
    pub name: String,
    /// What belongs to it; broken into at most two lines.
    pub detail: String,
}

/// Draws onto `svg`.
///
/// # Errors
///
/// What the backend said; writing into a string does not fail.
pub(super) fn paint(svg: &mut String, drawing: &Drawing, words: &Words) -> Result<(), Fault> {
    let root = SVGBackend::with_string(svg, SIZE).into_drawing_area();
    let mut frame: Frame<'_> = ChartBuilder::on(&root)
        .margin_top(TOP * SCALE)
        .margin_right(RIGHT * SCALE)
        .x_label_area_size(BOTTOM * SCALE)
        .y_label_area_size(LEFT * SCALE)
        .build_cartesian_2d(drawing.x.0..drawing.x.1, drawing.y.0..drawing.y.1)?;

    if let Some((from, to)) = drawing.window {
        frame.draw_series([Rectangle::new(
            [(from, drawing.y.0), (to, drawing.y.1)],
            WINDOW.mix(0.10).filled(),
        )])?;
    }
    axes(&root, &frame, drawing)?;
    data(&mut frame, drawing)?;
    names(&root, &frame, drawing, words)?;
    level_labels(&root, &frame, drawing, &words.levels)?;
    root.present()
}

fn font(size: i32) -> TextStyle<'static> {
    // The backend divides by 1.24 on its way from a font's box to its size.
    TextStyle::from(("sans-serif", f64::from(size * SCALE) * 1.24).into_font())
}

/// Horizontal grid lines, the horizontal axis, and the numbers of both.
///
/// Drawn by hand because the library chooses its own ticks, and too many of them.
fn axes(root: &Root<'_>, frame: &Frame<'_>, drawing: &Drawing) -> Result<(), Fault> {
    let (columns, rows) = frame.plotting_area().get_pixel_range();
    let place = |x: f64, y: f64| frame.plotting_area().map_coordinate(&(x, y));
    let (ticks, decimals) = labels::ticks(drawing.y.0, drawing.y.1, 6);
    for tick in ticks {
        let (_, y) = place(drawing.x.0, tick);
        root.draw(&PathElement::new(
            vec![(columns.start, y), (columns.end, y)],
            GRID.stroke_width(THIN),
        ))?;
        root.draw(&Text::new(
            numbers::fixed(tick, decimals),
            (columns.start - 8 * SCALE, y),
            font(12)
                .color(&QUIET)
                .pos(Pos::new(HPos::Right, VPos::Center)),
        ))?;
    }
    root.draw(&PathElement::new(
        vec![(columns.start, rows.end), (columns.end, rows.end)],
        FRAME.stroke_width(THIN),
    ))?;
    let (ticks, decimals) = labels::ticks(drawing.x.0, drawing.x.1, 9);
    let sensible = |tick: &f64| {
        if drawing.by_heat {
            (tick - tick.round()).abs() < 1e-9
        } else {
            *tick > -1e-9 && *tick < 100.0 + 1e-9
        }
    };
    for tick in ticks.into_iter().filter(sensible) {
        let (x, _) = place(tick, drawing.y.0);
        root.draw(&PathElement::new(
            vec![(x, rows.end), (x, rows.end + 4 * SCALE)],
            FRAME.stroke_width(THIN),
        ))?;
        root.draw(&Text::new(
            numbers::fixed(tick, decimals),
            (x, rows.end + 8 * SCALE),
            font(12)
                .color(&QUIET)
                .pos(Pos::new(HPos::Center, VPos::Top)),
        ))?;
    }
    Ok(())
}

/// Points and lines, from the back to the front.
fn data(frame: &mut Frame<'_>, drawing: &Drawing) -> Result<(), Fault> {
    if let Some((from, to)) = drawing.observed {
        let y = drawing.y.0 + (drawing.y.1 - drawing.y.0) * 0.025;
        let tick = (drawing.y.1 - drawing.y.0) * 0.012;
        let style = INK.stroke_width(MEDIUM);
        frame.draw_series([
            PathElement::new(vec![(from, y), (to, y)], style),
            PathElement::new(vec![(from, y - tick), (from, y + tick)], style),
            PathElement::new(vec![(to, y - tick), (to, y + tick)], style),
        ])?;
    }
    frame.draw_series(
        drawing
            .specimens
            .iter()
            .map(|p| Circle::new(*p, 2 * SCALE, SPECIMEN.mix(0.55).filled())),
    )?;
    frame.draw_series(LineSeries::new(
        drawing.fit.iter().copied(),
        INK.stroke_width(MEDIUM),
    ))?;
    frame.draw_series(DashedLineSeries::new(
        drawing.b_bound.iter().copied(),
        9 * SCALE,
        5 * SCALE,
        B_BOUND.stroke_width(THICK),
    ))?;
    frame.draw_series(DashedLineSeries::new(
        drawing.a_bound.iter().copied(),
        2 * SCALE,
        4 * SCALE,
        A_BOUND.stroke_width(THICK),
    ))?;
    frame.draw_series(
        drawing
            .means
            .iter()
            .map(|p| Circle::new(*p, 5 * SCALE, WHITE.filled())),
    )?;
    frame.draw_series(
        drawing
            .means
            .iter()
            .map(|p| Circle::new(*p, 4 * SCALE, HEAT.filled())),
    )?;
    Ok(())
}

/// Axis names and the label of the window.
fn names(
    root: &Root<'_>,
    frame: &Frame<'_>,
    drawing: &Drawing,
    words: &Words,
) -> Result<(), Fault> {
    let (columns, rows) = frame.plotting_area().get_pixel_range();
    root.draw(&Text::new(
        words.y_name.clone(),
        (0, 4 * SCALE),
        font(13).color(&INK).pos(Pos::new(HPos::Left, VPos::Top)),
    ))?;
    root.draw(&Text::new(
        words.x_name.clone(),
        (columns.end, rows.end + 26 * SCALE),
        font(13).color(&INK).pos(Pos::new(HPos::Right, VPos::Top)),
    ))?;
    if let Some((_, to)) = drawing.window {
        let edge = frame.plotting_area().map_coordinate(&(to, drawing.y.1));
        // On the side of the edge where the words have room.
        let inside = edge.0 - columns.start > 150 * SCALE;
        let (x, side) = if inside {
            (edge.0 - 6 * SCALE, HPos::Right)
        } else {
            (edge.0 + 6 * SCALE, HPos::Left)
        };
        root.draw(&PathElement::new(
            vec![(edge.0, rows.start), (edge.0, rows.end)],
            WINDOW.stroke_width(THIN),
        ))?;
        root.draw(&Text::new(
            words.window.clone(),
            (x, rows.start + 6 * SCALE),
            font(12)
                .color(&RGBColor(0, 92, 66))
                .pos(Pos::new(side, VPos::Top)),
        ))?;
    }
    Ok(())
}

/// A line per level and, beside the chart, what it is.
fn level_labels(
    root: &Root<'_>,
    frame: &Frame<'_>,
    drawing: &Drawing,
    levels: &[Level],
) -> Result<(), Fault> {
    let (columns, rows) = frame.plotting_area().get_pixel_range();
    let inside = |level: f64| level > drawing.y.0 && level < drawing.y.1;
    let mut blocks: Vec<(i32, bool, Vec<String>)> = Vec::new();
    for level in levels {
        let y = if inside(level.y) {
            frame
                .plotting_area()
                .map_coordinate(&(drawing.x.0, level.y))
                .1
        } else if level.y > drawing.y.0 {
            rows.start
        } else {
            rows.end
        };
        let arrow = match (inside(level.y), y == rows.start) {
            (true, _) => "",
            (false, true) => "↑ ",
            (false, false) => "↓ ",
        };
        let mut lines = vec![format!("{arrow}{}", level.name)];
        lines.extend(labels::wrap(&level.detail, LABEL_WIDTH, 2));
        blocks.push((y, inside(level.y), lines));
    }
    let gap = 5;
    let wanted: Vec<(f64, f64)> = blocks
        .iter()
        .map(|(y, _, lines)| {
            let height = (LINE * lines.len() as i32 + gap) * SCALE;
            (f64::from(y - LINE * SCALE / 2), f64::from(height))
        })
        .collect();
    let tops = labels::spread(&wanted, 0.0, f64::from(HEIGHT * SCALE));
    for ((y, drawn, lines), top) in blocks.iter().zip(tops) {
        let middle = top.round() as i32 + LINE * SCALE / 2;
        let style = INK.stroke_width(THIN);
        if *drawn {
            root.draw(&PathElement::new(
                vec![(columns.start, *y), (columns.end, *y)],
                style,
            ))?;
        }
        root.draw(&PathElement::new(
            vec![
                (columns.end, *y),
                (columns.end + 5 * SCALE, *y),
                (columns.end + 13 * SCALE, middle),
                (columns.end + 17 * SCALE, middle),
            ],
            FRAME.stroke_width(THIN),
        ))?;
        for (i, line) in lines.iter().enumerate() {
            let colour = if i == 0 { INK } else { QUIET };
            root.draw(&Text::new(
                line.clone(),
                (columns.end + 21 * SCALE, middle + LINE * SCALE * i as i32),
                font(12)
                    .color(&colour)
                    .pos(Pos::new(HPos::Left, VPos::Center)),
            ))?;
        }
    }
    Ok(())
}
