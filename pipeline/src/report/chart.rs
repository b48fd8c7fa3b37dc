//! One property of one grade as an inline SVG.
//!
//! In: a [`PropertySheet`]. Out: an `<svg>` with a title and a description, or none when there is nothing
//! to draw.

use super::drawing::{self, Drawing, SharedLimit};
use super::input::PropertySheet;
use super::numbers::{self, Claims};
use super::paint::{self, Level, Words};
use super::text::{Texts, fill};
use super::wording::{self, Titles};

/// The words of one chart.
pub(super) struct Names<'a> {
    /// Prefix of element ids, unique on the page.
    pub id: &'a str,
    /// The grade, as text.
    pub grade: &'a str,
    /// How claims are shown.
    pub claims: Claims,
    /// Titles of components.
    pub titles: &'a Titles<'a>,
    /// The catalogue.
    pub texts: &'a Texts,
}

/// The chart of `sheet`; none when it has neither a finite measurement nor a fit.
///
/// # Errors
///
/// What the drawing library said; no data should make it complain.
pub(super) fn draw(sheet: &PropertySheet, names: &Names<'_>) -> Result<Option<String>, String> {
    let limits = drawing::share(&sheet.limits);
    let Some(drawing) = drawing::arrange(sheet, &limits) else {
        return Ok(None);
    };
    let mut svg = String::new();
    let t = names.texts;
    let to = drawing.window.map_or(0.0, |(_, to)| to / 100.0);
    let words = Words {
        y_name: format!("{}, {}", sheet.property.symbol(), sheet.property.unit()),
        x_name: if drawing.by_heat {
            t.axis_heat
        } else {
            t.axis_scrap
        }
        .to_owned(),
        window: fill(t.window_label, &[("ratio", &names.claims.text(to))]),
        levels: limits
            .iter()
            .map(|shared| Level {
                y: shared.limit,
                name: limit_text(shared, t),
                detail: component_text(shared, names),
            })
            .collect(),
    };
    paint::paint(&mut svg, &drawing, &words).map_err(|e| e.to_string())?;
    let title = fill(
        if drawing.by_heat {
            t.chart_title_strip
        } else {
            t.chart_title
        },
        &[
            ("property", wording::property_name(sheet.property, t)),
            ("grade", names.grade),
        ],
    );
    let description = describe(sheet, &drawing, &limits, names);
    Ok(Some(entitle(&svg, names.id, &title, &description)))
}

/// `≥ 225 (B bound)`.
fn limit_text(shared: &SharedLimit<'_>, t: &Texts) -> String {
    format!(
        "{} {} ({})",
        wording::relation(shared.at_least),
        numbers::limit(shared.limit, 0),
        wording::basis(shared.basis, t)
    )
}

/// The components that share a limit, the first two and how many more where they are many.
fn component_text(shared: &SharedLimit<'_>, names: &Names<'_>) -> String {
    let named = if shared.components.len() > 3 {
        2
    } else {
        shared.components.len()
    };
    let mut text = shared.components[..named]
        .iter()
        .map(|id| names.titles.of(id))
        .collect::<Vec<_>>()
        .join(" · ");
    let more = shared.components.len() - named;
    if more > 0 {
        text.push(' ');
        text.push_str(&fill(
            names.texts.more_components,
            &[("n", &more.to_string())],
        ));
    }
    text
}

/// Replaces the backend's opening tag by one with a role, a title, a description and no fixed size.
pub(super) fn entitle(svg: &str, id: &str, title: &str, description: &str) -> String {
    let body = svg.split_once('>').map_or(svg, |(_, body)| body);
    format!(
        "<svg viewBox=\"0 0 {} {}\" role=\"img\" aria-labelledby=\"{id}-title {id}-desc\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <title id=\"{id}-title\">{}</title>\n<desc id=\"{id}-desc\">{}</desc>{body}",
        paint::SIZE.0,
        paint::SIZE.1,
        escaped(title),
        escaped(description),
    )
}

fn describe(
    sheet: &PropertySheet,
    drawing: &Drawing,
    limits: &[SharedLimit<'_>],
    names: &Names<'_>,
) -> String {
    let t = names.texts;
    let digits = numbers::property_digits(sheet.property);
    let value = |y: f64| format!("{} {}", numbers::fixed(y, digits), sheet.property.unit());
    let mut sentences = vec![fill(
        t.chart_desc,
        &[
            ("specimens", &drawing.specimens.len().to_string()),
            ("heats", &drawing.means.len().to_string()),
        ],
    )];
    if let (false, Some(first), Some(last)) =
        (drawing.by_heat, drawing.fit.first(), drawing.fit.last())
    {
        sentences.push(fill(
            t.chart_desc_curve,
            &[
                ("from", &value(first.1)),
                ("low", &numbers::fixed(first.0, 1)),
                ("to", &value(last.1)),
                ("high", &numbers::fixed(last.0, 1)),
            ],
        ));
    }
    if !limits.is_empty() {
        let list: Vec<String> = limits
            .iter()
            .map(|l| format!("{} {}", limit_text(l, t), component_text(l, names)))
            .collect();
        sentences.push(fill(t.chart_desc_limits, &[("limits", &list.join("; "))]));
    }
    sentences.join(" ")
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;
    use crate::qualify::verdict::Basis;
    use crate::report::input::{ComponentTitle, LimitLine};
    use crate::report::sample;
    use crate::report::text::EN;

    fn chart(change: impl FnOnce(&mut PropertySheet)) -> Option<String> {
        let input = sample::input();
        let sheet = input
            .sheets
            .iter()
            .find(|s| s.grade == sample::die_casting())
            .unwrap();
        let mut property = sheet.properties[2].clone();
        change(&mut property);
        let titles = [ComponentTitle {
            id: "tray".into(),
            title: "Tray </svg><b>&".into(),
        }];
        let titles = Titles::new(&titles);
        draw(
            &property,
            &Names {
                id: "x",
                grade: "A-B <c>",
                claims: Claims { step: 0.005 },
                titles: &titles,
                texts: &EN,
            },
        )
        .unwrap()
    }

    fn only_limit(sheet: &mut PropertySheet, limit: f64) {
        sheet.limits = vec![LimitLine {
            component: "tray".into(),
            limit,
            basis: Basis::B,
            at_least: true,
        }];
    }

    #[test]
    fn a_chart_is_named_scales_and_lets_no_markup_in() {
        let svg = chart(|sheet| only_limit(sheet, 6.0)).unwrap();
        let opening = svg.split_once('>').unwrap().0;
        assert!(opening.contains("role=\"img\"") && opening.contains("viewBox"));
        assert!(!opening.contains("width=\""), "no fixed size: {opening}");
        assert!(svg.contains("<title id=\"x-title\">Elongation after fracture against scrap ratio, A-B &lt;c&gt;</title>"));
        assert!(
            svg.contains("Tray &lt;/svg&gt;&lt;b&gt;&amp;"),
            "the component is text"
        );
        assert_eq!(svg.matches("</svg>").count(), 1);
    }

    #[test]
    fn every_specimen_and_heat_is_a_mark() {
        let all = chart(|_| ()).unwrap().matches("<circle").count();
        let fewer = chart(|sheet| sheet.specimens.truncate(10))
            .unwrap()
            .matches("<circle")
            .count();
        assert_eq!(all - fewer, 84 - 10);
        let no_heat = chart(|sheet| sheet.heat_means.clear())
            .unwrap()
            .matches("<circle")
            .count();
        assert_eq!(all - no_heat, 2 * 14, "a heat is a disc on a white disc");
    }

    #[test]
    fn a_far_limit_is_named_at_the_edge_with_an_arrow() {
        assert!(!chart(|sheet| only_limit(sheet, 6.0)).unwrap().contains('↓'));
        assert!(
            chart(|sheet| only_limit(sheet, -500.0))
                .unwrap()
                .contains("↓ ≥ −500")
        );
        assert!(
            chart(|sheet| only_limit(sheet, 500.0))
                .unwrap()
                .contains("↑ ≥ 500")
        );
    }

    #[test]
    fn nothing_measured_and_nothing_fitted_is_no_chart() {
        let svg = chart(|sheet| {
            sheet.specimens.clear();
            sheet.heat_means.clear();
            sheet.curve.clear();
        });
        assert_eq!(svg, None);
    }
}
