//! One specimen's curve as an SVG: the rise with the elastic and the offset line, and the whole curve.
//!
//! In: a curve and what was read off it. Out: an `<svg>` with a title and a description, or none when
//! there are not two points to draw. The same input gives the same bytes.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, VPos};

use super::curve_panel::{
    BOTTOM, ELASTIC, EXTENSION, Fault, HEIGHT, INK, LINE, MEDIUM, OFFSET, Panel, QUIET, RISE, Root,
    SCALE, THICK, TOP, WHOLE, WIDTH, cross, dashed, dot, line, text,
};
use super::error::ReportError;
use super::numbers::fixed;
use crate::curve::{Curve, Reduction, Verdict};

/// What is drawn.
#[derive(Clone, Copy, Debug)]
pub struct CurvePicture<'a> {
    /// Prefix of element ids, unique on the page.
    pub id: &'a str,
    /// The specimen, as text.
    pub specimen: &'a str,
    /// The curve.
    pub curve: &'a Curve,
    /// What was read off it.
    pub reduction: &'a Reduction,
}

/// The picture of a curve; none when fewer than two of its points are finite.
///
/// # Errors
///
/// What the drawing library said; no data should make it complain.
pub fn curve_svg(picture: &CurvePicture<'_>) -> Result<Option<String>, ReportError> {
    let last = picture.reduction.marks.last_index.unwrap_or(usize::MAX);
    let points: Vec<(f64, f64)> = picture
        .curve
        .strain
        .iter()
        .zip(&picture.curve.stress)
        .take(last.saturating_add(1))
        .filter(|(strain, stress)| strain.is_finite() && stress.is_finite())
        .map(|(strain, stress)| (100.0 * strain, *stress))
        .collect();
    if points.len() < 2 {
        return Ok(None);
    }
    let mut svg = String::new();
    paint(&mut svg, &points, picture.reduction).map_err(|fault| ReportError::Curve {
        specimen: picture.specimen.to_owned(),
        reason: fault.to_string(),
    })?;
    let body = svg.split_once('>').map_or(svg.as_str(), |(_, body)| body);
    let id = picture.id;
    Ok(Some(format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>{body}",
        WIDTH * SCALE,
        HEIGHT * SCALE,
        escaped(&format!("Stress–strain curve of {}", picture.specimen)),
        escaped(&described(picture.reduction)),
    )))
}

fn paint(svg: &mut String, points: &[(f64, f64)], reduction: &Reduction) -> Result<(), Fault> {
    let root = SVGBackend::with_string(svg, ((WIDTH * SCALE) as u32, (HEIGHT * SCALE) as u32))
        .into_drawing_area();
    if let Some(rise) = Panel::of_rise(points, reduction) {
        rise.axes(&root, 5)?;
        draw_rise(&root, &rise, points, reduction)?;
    }
    let whole = Panel::of_whole(points, reduction);
    whole.axes(&root, 6)?;
    draw_whole(&root, &whole, points, reduction)?;
    root.present()
}

/// Elastic line with its window, offset line, Rp0.2, the yield point.
fn draw_rise(
    root: &Root<'_>,
    panel: &Panel,
    points: &[(f64, f64)],
    reduction: &Reduction,
) -> Result<(), Fault> {
    let Some(elastic) = &reduction.elastic else {
        return Ok(());
    };
    let (foot, slope) = (100.0 * elastic.foot(), elastic.slope_mpa / 100.0);
    let window = [elastic.from_mpa, elastic.to_mpa]
        .map(|stress| panel.place((foot + stress / slope, stress)));
    line(
        root,
        window.to_vec(),
        ELASTIC.mix(0.3).stroke_width(2 * THICK),
    )?;
    let top = 0.97 * panel.y.1;
    dashed(root, panel.sloped(foot, slope, top), (9, 5), &ELASTIC)?;
    if let Some(rp02) = reduction.marks.rp02 {
        let end = (rp02.stress * 1.08).min(top);
        dashed(root, panel.sloped(foot + 0.2, slope, end), (4, 4), &OFFSET)?;
    }
    let curve = panel.curve(points.iter().copied());
    line(root, curve, INK.stroke_width(MEDIUM))?;
    let marks = &reduction.marks;
    let mut lowest_label = 0;
    if let Some(mark) = marks.rp02 {
        let at = panel.place_mark(mark);
        dot(root, at, &OFFSET)?;
        let label = format!("Rp0.2 {} MPa", fixed(mark.stress, 1));
        let beside = (at.0 + 9 * SCALE, at.1 + 15 * SCALE);
        text(root, label, beside, &OFFSET, (HPos::Left, VPos::Center))?;
        lowest_label = beside.1;
    }
    if let Some(mark) = marks.reh {
        let at = panel.place_mark(mark);
        dot(root, at, &INK)?;
        let label = format!("ReH {} MPa", fixed(mark.stress, 1));
        let above = (at.0 - 4 * SCALE, at.1 - 13 * SCALE);
        text(root, label, above, &INK, (HPos::Left, VPos::Center))?;
    }
    if let Some(mark) = marks.rel.filter(|mark| 100.0 * mark.strain < panel.x.1) {
        let at = panel.place_mark(mark);
        dot(root, at, &INK)?;
        let label = format!("ReL {} MPa", fixed(mark.stress, 1));
        let below = (
            at.0 - 4 * SCALE,
            (at.1 + 15 * SCALE).max(lowest_label + LINE * SCALE),
        );
        text(root, label, below, &INK, (HPos::Left, VPos::Center))?;
    }
    let words = line_words(reduction);
    for (above, words) in words.into_iter().rev().enumerate() {
        let y = (BOTTOM - 12 - LINE * above as i32) * SCALE;
        let at = ((RISE.1 - 4) * SCALE, y);
        text(root, words, at, &ELASTIC, (HPos::Right, VPos::Center))?;
    }
    Ok(())
}

/// What is written about the elastic line, a line each.
fn line_words(reduction: &Reduction) -> Vec<String> {
    let (Some(line), Some(quality)) = (&reduction.elastic, &reduction.quality) else {
        return Vec::new();
    };
    let name = match quality.verdict {
        Verdict::Modulus => "modulus",
        Verdict::SlopeOnly => "slope",
    };
    vec![
        format!(
            "{name} {} ± {} GPa",
            fixed(line.slope_mpa / 1000.0, 1),
            fixed(quality.slope_se_gpa, 2)
        ),
        format!("{} points, r² {}", line.points, fixed(line.r2, 5)),
        format!(
            "{} to {} MPa",
            fixed(line.from_mpa, 0),
            fixed(line.to_mpa, 0)
        ),
    ]
}

/// The whole curve with Rm, Agt, Ag, fracture, At and A.
fn draw_whole(
    root: &Root<'_>,
    panel: &Panel,
    points: &[(f64, f64)],
    reduction: &Reduction,
) -> Result<(), Fault> {
    let marks = &reduction.marks;
    if let Some(line) = &reduction.elastic {
        let slope = line.slope_mpa / 100.0;
        for mark in [marks.maximum, marks.fracture].into_iter().flatten() {
            let foot = 100.0 * mark.strain - mark.stress / slope;
            dashed(
                root,
                panel.sloped(foot, slope, mark.stress),
                (2, 4),
                &EXTENSION,
            )?;
        }
    }
    line(
        root,
        panel.curve(points.iter().copied()),
        INK.stroke_width(MEDIUM),
    )?;
    if !reduction.carried_on.is_empty() {
        let join = points.last().copied().into_iter();
        let carried = reduction.carried_on.iter();
        let carried = carried.map(|mark| (100.0 * mark.strain, mark.stress));
        dashed(root, panel.curve(join.chain(carried)), (6, 3), &INK)?;
        let at = ((WHOLE.0 + 45) * SCALE, (TOP - 22) * SCALE);
        let words = "dashed: strain from the crosshead".to_owned();
        text(root, words, at, &QUIET, (HPos::Left, VPos::Center))?;
    }
    if let Some(mark) = marks.maximum {
        let at = panel.place_mark(mark);
        dot(root, at, &INK)?;
        let label = format!("Rm {} MPa", fixed(mark.stress, 1));
        let half = 45 * SCALE;
        let x = at.0.clamp(WHOLE.0 * SCALE + half, WHOLE.1 * SCALE - half);
        text(
            root,
            label,
            (x, at.1 - 13 * SCALE),
            &INK,
            (HPos::Center, VPos::Center),
        )?;
    }
    if let Some(mark) = marks.fracture {
        cross(root, panel.place_mark(mark))?;
    }
    extension_words(root, panel, reduction)?;
    if let Some(energy) = reduction.energy_mj_m3 {
        let at = (WHOLE.1 * SCALE, (TOP - 22) * SCALE);
        let words = format!("energy to fracture {} MJ/m³", fixed(energy, 1));
        text(root, words, at, &QUIET, (HPos::Right, VPos::Center))?;
    }
    Ok(())
}

/// Ag, Agt, A and At beside the foot of the first of their lines, where no line crosses them.
fn extension_words(root: &Root<'_>, panel: &Panel, reduction: &Reduction) -> Result<(), Fault> {
    let marks = &reduction.marks;
    let (Some(mark), Some(line)) = (marks.maximum.or(marks.fracture), &reduction.elastic) else {
        return Ok(());
    };
    let (foot, _) = panel.place((100.0 * (mark.strain - mark.stress / line.slope_mpa), 0.0));
    let (x, side) = if foot - WHOLE.0 * SCALE > 150 * SCALE {
        (foot - 8 * SCALE, HPos::Right)
    } else {
        (panel.place_mark(mark).0 + 10 * SCALE, HPos::Left)
    };
    let pair = |names: [&str; 2], numbers: [Option<f64>; 2]| {
        let [plastic, total] = numbers;
        let (plastic, total) = (fixed(plastic?, 1), fixed(total?, 1));
        Some(format!("{} {plastic} %, {} {total} %", names[0], names[1]))
    };
    let words = [
        pair(["A", "At"], [reduction.a_pct, reduction.at_pct]),
        pair(["Ag", "Agt"], [reduction.ag_pct, reduction.agt_pct]),
    ];
    for (above, words) in words.into_iter().flatten().enumerate() {
        let y = (BOTTOM - 12 - LINE * above as i32) * SCALE;
        text(root, words, (x, y), &EXTENSION, (side, VPos::Center))?;
    }
    Ok(())
}

/// What the picture shows, in a sentence for those who do not see it.
fn described(reduction: &Reduction) -> String {
    let mut words = Vec::new();
    for (name, number, unit, digits) in [
        ("Rp0.2", reduction.rp02_mpa, "MPa", 1),
        ("ReH", reduction.reh_mpa, "MPa", 1),
        ("ReL", reduction.rel_mpa, "MPa", 1),
        ("Rm", reduction.rm_mpa, "MPa", 1),
        ("Ag", reduction.ag_pct, "%", 1),
        ("Agt", reduction.agt_pct, "%", 1),
        ("A", reduction.a_pct, "%", 1),
        ("At", reduction.at_pct, "%", 1),
        ("slope", reduction.slope_gpa, "GPa", 1),
    ] {
        if let Some(number) = number {
            words.push(format!("{name} {} {unit}", fixed(number, digits)));
        }
    }
    for flag in &reduction.flags {
        words.push(flag.meaning().to_owned());
    }
    words.join("; ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
#[allow(clippy::expect_used, reason = "a test may stop")]
mod tests {
    use super::*;
    use crate::curve::{ReductionSettings, reduce};

    fn settings() -> ReductionSettings {
        toml::from_str(include_str!("../../../schemas/reduction.toml")).expect("shipped settings")
    }

    /// 70 GPa to 200 MPa, 1 GPa to 250 MPa, a break.
    fn bilinear(points: u32) -> Curve {
        let mut curve = Curve::default();
        for k in 0..=points {
            let share = 2.0 * f64::from(k) / f64::from(points);
            let (elastic, plastic) = (share.min(1.0), (share - 1.0).max(0.0));
            let stress = 200.0 * elastic + 50.0 * plastic;
            curve.stress.push(stress);
            curve
                .strain
                .push(200.0 * elastic / 70_000.0 + 0.05 * plastic);
        }
        curve.strain.push(0.0529);
        curve.stress.push(0.0);
        curve
    }

    fn drawn(curve: &Curve, specimen: &str) -> Option<String> {
        let reduction = reduce(curve, &settings());
        curve_svg(&CurvePicture {
            id: "x",
            specimen,
            curve,
            reduction: &reduction,
        })
        .expect("drawn")
    }

    #[test]
    fn the_picture_names_what_was_read_and_lets_no_markup_in() {
        let svg = drawn(&bilinear(200), "T<1>&").expect("a picture");
        for words in [
            "<title id=\"x-title\">Stress–strain curve of T&lt;1&gt;&amp;</title>",
            "Rp0.2 202.0 MPa",
            "Rm 250.0 MPa",
            "70.0 ± 0.00 GPa",
            "A 4.9 %, At 5.3 %",
            "energy to fracture",
        ] {
            assert!(svg.contains(words), "{words}");
        }
        assert!(!svg.split_once('>').expect("a tag").0.contains("width="));
        assert_eq!(svg.matches("</svg>").count(), 1);
        assert_eq!(Some(svg), drawn(&bilinear(200), "T<1>&"), "the same bytes");
    }

    #[test]
    fn a_dense_curve_is_thinned_to_what_can_be_seen() {
        let length = |points| drawn(&bilinear(points), "x").expect("a picture").len();
        assert!(length(100_000) < 3 * length(2_000), "{}", length(100_000));
    }

    #[test]
    fn a_curve_without_a_line_shows_only_itself_and_no_curve_is_no_picture() {
        let mut flat = bilinear(200);
        flat.strain.iter_mut().for_each(|strain| *strain *= 100.0);
        let svg = drawn(&flat, "x").expect("a picture");
        assert!(svg.contains("<polyline") && !svg.contains("GPa"));
        assert_eq!(drawn(&Curve::default(), "x"), None);
        let one = Curve {
            strain: vec![0.0, f64::NAN],
            stress: vec![1.0, 2.0],
        };
        assert_eq!(drawn(&one, "x"), None);
    }
}
