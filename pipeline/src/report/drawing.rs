//! What a chart shows and where, before any of it is drawn.
//!
//! In: a [`PropertySheet`]. Out: points, lines and ranges in chart units, percent scrap or the number of
//! the heat across and the property upwards.

use super::input::{CurvePoint, LimitLine, PropertySheet};
use crate::qualify::verdict::Basis;

/// A limit further from the data than this many data ranges is named at the edge, not drawn.
const FAR: f64 = 2.0;

/// What is drawn, in chart units: percent scrap, or the number of the heat.
pub(super) struct Drawing {
    pub by_heat: bool,
    pub specimens: Vec<(f64, f64)>,
    pub means: Vec<(f64, f64)>,
    pub fit: Vec<(f64, f64)>,
    pub b_bound: Vec<(f64, f64)>,
    pub a_bound: Vec<(f64, f64)>,
    pub window: Option<(f64, f64)>,
    pub observed: Option<(f64, f64)>,
    pub x: (f64, f64),
    pub y: (f64, f64),
}

/// Limits that share one line: same side, same basis, same number.
pub(super) struct SharedLimit<'a> {
    pub limit: f64,
    pub at_least: bool,
    pub basis: Basis,
    pub components: Vec<&'a str>,
}

/// True when no specimen and no heat of the sheet has a scrap ratio.
pub(super) fn is_by_heat(sheet: &PropertySheet) -> bool {
    sheet.specimens.iter().all(|s| s.x.is_none()) && sheet.heat_means.iter().all(|h| h.x.is_none())
}

/// The limits of a sheet, highest first, with the ones that coincide put together; non-finite ones left out.
pub(super) fn share(limits: &[LimitLine]) -> Vec<SharedLimit<'_>> {
    let mut shared: Vec<SharedLimit<'_>> = Vec::new();
    for line in limits.iter().filter(|l| l.limit.is_finite()) {
        let same = shared.iter_mut().find(|s| {
            s.at_least == line.at_least
                && s.basis == line.basis
                && (s.limit - line.limit).abs() < 1e-9
        });
        match same {
            Some(s) if s.components.contains(&line.component.as_str()) => {}
            Some(s) => s.components.push(&line.component),
            None => shared.push(SharedLimit {
                limit: line.limit,
                at_least: line.at_least,
                basis: line.basis,
                components: vec![&line.component],
            }),
        }
    }
    // Highest first: the order of their labels from the top.
    shared.sort_by(|a, b| b.limit.total_cmp(&a.limit).then(a.basis.cmp(&b.basis)));
    shared
}

/// Places everything in chart units; none when there is neither a finite measurement nor a fit.
pub(super) fn arrange(sheet: &PropertySheet, limits: &[SharedLimit<'_>]) -> Option<Drawing> {
    let by_heat = is_by_heat(sheet);
    let heat_number = |id: &str| {
        sheet
            .heat_means
            .iter()
            .position(|h| h.heat_id == id)
            .map(|i| (i + 1) as f64)
    };
    let place = |x: Option<f64>, id: &str| {
        if by_heat {
            heat_number(id)
        } else {
            x.map(|x| x * 100.0)
        }
    };
    let finite = |(x, y): (f64, f64)| (x.is_finite() && y.is_finite()).then_some((x, y));
    let specimens: Vec<_> = sheet
        .specimens
        .iter()
        .filter_map(|s| finite((place(s.x, &s.heat_id)?, s.y)))
        .collect();
    let means: Vec<_> = sheet
        .heat_means
        .iter()
        .filter_map(|h| finite((place(h.x, &h.heat_id)?, h.y)))
        .collect();
    let last_heat = sheet.heat_means.len().max(1) as f64;
    let line = |value: &dyn Fn(&CurvePoint) -> Option<f64>| -> Vec<(f64, f64)> {
        if by_heat {
            let level = sheet
                .curve
                .first()
                .and_then(value)
                .filter(|y| y.is_finite());
            return level.map_or_else(Vec::new, |y| vec![(0.5, y), (last_heat + 0.5, y)]);
        }
        sheet
            .curve
            .iter()
            .filter_map(|p| finite((p.x * 100.0, value(p)?)))
            .collect()
    };
    let fit = line(&|p| Some(p.estimate));
    let b_bound = line(&|p| p.b_bound);
    let a_bound = line(&|p| p.a_bound);

    let all = || {
        [&specimens, &means, &fit, &b_bound, &a_bound]
            .into_iter()
            .flatten()
    };
    let (low, high) = range(all().map(|p| p.1))?;
    let span = (high - low).max(high.abs() * 0.02).max(1e-6);
    let near = limits
        .iter()
        .map(|l| l.limit)
        .filter(|l| is_near(*l, (low, high)));
    let (low, high) = range(near.chain([low, high]))?;
    let pad = (high - low).max(span) * 0.1;

    let percent = |pair: Option<[f64; 2]>| {
        pair.filter(|p| !by_heat && p.iter().all(|v| v.is_finite()))
            .map(|[from, to]| (from * 100.0, to * 100.0))
    };
    let window = percent(sheet.window);
    let observed = percent(sheet.observed);
    let x = if by_heat {
        (0.5, last_heat + 0.5)
    } else {
        let edges = [window, observed]
            .into_iter()
            .flatten()
            .flat_map(|(a, b)| [a, b]);
        let (from, to) = range(all().map(|p| p.0).chain(edges))?;
        let pad = ((to - from) * 0.04).max(1.0);
        (from - pad, to + pad)
    };
    // Room below for the mark of the observed range, above for the label of the window.
    let y = (low - pad * 1.1, high + pad * 1.2);
    Some(Drawing {
        by_heat,
        specimens,
        means,
        fit,
        b_bound,
        a_bound,
        window,
        observed,
        x,
        y,
    })
}

fn range(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |seen, v| match seen {
        None => Some((v, v)),
        Some((low, high)) => Some((f64::min(low, v), f64::max(high, v))),
    })
}

/// Whether a limit is close enough to the data to be worth the room it takes.
fn is_near(limit: f64, (low, high): (f64, f64)) -> bool {
    let reach = FAR * (high - low).max(high.abs() * 0.02);
    limit >= low - reach && limit <= high + reach
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;
    use crate::report::sample;

    fn elongation() -> PropertySheet {
        let input = sample::input();
        let sheet = input
            .sheets
            .iter()
            .find(|s| s.grade == sample::die_casting())
            .unwrap();
        sheet.properties[2].clone()
    }

    fn limit(component: &str, limit: f64) -> LimitLine {
        LimitLine {
            component: component.into(),
            limit,
            basis: Basis::B,
            at_least: true,
        }
    }

    #[test]
    fn limits_that_coincide_share_a_line_and_the_highest_comes_first() {
        let lines = [
            limit("a", 5.0),
            limit("b", 7.0),
            limit("c", 5.0),
            limit("a", 5.0),
        ];
        let shared = share(&lines);
        assert_eq!(shared.len(), 2);
        assert_eq!(shared[0].components, ["b"]);
        assert_eq!(shared[1].components, ["a", "c"]);
        assert!(share(&[limit("a", f64::NAN)]).is_empty());
    }

    #[test]
    fn a_near_limit_makes_room_for_itself_and_a_far_one_does_not() {
        let sheet = elongation();
        let reach = |l: f64| {
            let lines = [limit("a", l)];
            arrange(&sheet, &share(&lines)).unwrap().y
        };
        assert!(reach(0.5).0 < 0.5, "a limit just below the data is inside");
        let (low, high) = reach(-500.0);
        assert!(
            low > -20.0 && high < 30.0,
            "a limit far away does not flatten the data"
        );
    }

    #[test]
    fn scrap_is_in_percent_and_a_grade_without_charge_records_is_drawn_by_heat() {
        let mut sheet = elongation();
        let drawing = arrange(&sheet, &[]).unwrap();
        assert!(!drawing.by_heat);
        assert!((drawing.observed.unwrap().1 - 60.0).abs() < 1e-9);
        for specimen in &mut sheet.specimens {
            specimen.x = None;
        }
        for mean in &mut sheet.heat_means {
            mean.x = None;
        }
        let drawing = arrange(&sheet, &[]).unwrap();
        assert!(drawing.by_heat);
        assert!(
            (drawing.means[2].0 - 3.0).abs() < 1e-9,
            "the third heat is at 3"
        );
        assert_eq!(
            drawing.fit.len(),
            2,
            "the first point of the curve, drawn across"
        );
        assert!(drawing.window.is_none() && drawing.observed.is_none());
    }

    #[test]
    fn numbers_that_are_not_finite_are_left_out_and_nothing_gives_nothing() {
        let mut sheet = elongation();
        sheet.specimens[0].y = f64::NAN;
        let whole = elongation().specimens.len();
        assert_eq!(arrange(&sheet, &[]).unwrap().specimens.len(), whole - 1);
        sheet.specimens.clear();
        sheet.heat_means.clear();
        sheet.curve.clear();
        assert!(arrange(&sheet, &[]).is_none());
    }
}
