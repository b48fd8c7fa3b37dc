//! Labels beside a chart: kept next to what they name, and never on top of each other.

/// Tops of labels of the given heights, near the wanted tops, inside `low..high`, in the order given.
///
/// `wanted` holds (top, height) pairs sorted by top. Labels are pushed down until they no longer touch,
/// then the ones that fell off the bottom are pushed up again. When they do not fit together at all, they
/// are spread evenly and overlap alike. Empty in, empty out.
pub(super) fn spread(wanted: &[(f64, f64)], low: f64, high: f64) -> Vec<f64> {
    let total: f64 = wanted.iter().map(|(_, height)| height).sum();
    if total > high - low {
        let squeeze = (high - low) / total;
        let mut top = low;
        return wanted
            .iter()
            .map(|(_, height)| {
                let this = top;
                top += height * squeeze;
                this
            })
            .collect();
    }
    let mut tops: Vec<f64> = Vec::with_capacity(wanted.len());
    let mut free_from = low;
    for &(top, height) in wanted {
        let placed = top.max(free_from);
        tops.push(placed);
        free_from = placed + height;
    }
    let mut free_to = high;
    for (top, &(_, height)) in tops.iter_mut().zip(wanted).rev() {
        *top = top.min(free_to - height);
        free_to = *top;
    }
    tops
}

/// `text` broken between words into lines of at most `width` characters.
///
/// A word longer than a line is cut and marked with an ellipsis; text that needs more than `lines` lines
/// ends in an ellipsis.
pub(super) fn wrap(text: &str, width: usize, lines: usize) -> Vec<String> {
    let mut wrapped: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        let word: String = if word.chars().count() > width {
            word.chars()
                .take(width.saturating_sub(1))
                .chain(['…'])
                .collect()
        } else {
            word.to_owned()
        };
        match wrapped.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(&word);
            }
            _ => wrapped.push(word),
        }
    }
    if wrapped.len() > lines {
        wrapped.truncate(lines);
        if let Some(last) = wrapped.last_mut() {
            let kept: String = last.chars().take(width.saturating_sub(2)).collect();
            *last = format!("{} …", kept.trim_end());
        }
    }
    wrapped
}

/// Round ticks that cover `low..=high` from inside, about `count` of them, and their decimals.
///
/// Steps are 1, 2, 2.5 or 5 times a power of ten. An empty or non-finite range gives no ticks.
pub(super) fn ticks(low: f64, high: f64, count: usize) -> (Vec<f64>, u32) {
    let span = high - low;
    if !(span.is_finite() && span > 0.0) || count == 0 {
        return (Vec::new(), 0);
    }
    let rough = span / count as f64;
    let power = rough.log10().floor();
    let unit = 10f64.powf(power);
    let factor = [1.0, 2.0, 2.5, 5.0, 10.0]
        .into_iter()
        .find(|f| f * unit >= rough * 0.999)
        .unwrap_or(10.0);
    let step = factor * unit;
    let decimals = (0..6u32)
        .find(|d| {
            let scaled = step * 10f64.powi(*d as i32);
            (scaled - scaled.round()).abs() < 1e-6
        })
        .unwrap_or(6);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    ((first..=last).map(|i| i as f64 * step).collect(), decimals)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_keep_their_order_and_never_overlap_where_they_fit() {
        let wanted = [(10.0, 12.0), (11.0, 24.0), (11.5, 12.0), (95.0, 12.0)];
        let tops = spread(&wanted, 0.0, 100.0);
        for (i, pair) in tops.windows(2).enumerate() {
            assert!(pair[0] + wanted[i].1 <= pair[1] + 1e-9, "{tops:?}");
        }
        assert!(
            (tops[0] - 10.0).abs() < 1e-9,
            "the first stays where it is wanted"
        );
        assert!(
            tops[3] + 12.0 <= 100.0 + 1e-9,
            "the last is pushed back inside"
        );
    }

    #[test]
    fn labels_that_cannot_fit_are_spread_evenly_inside() {
        let tops = spread(&[(0.0, 60.0), (0.0, 60.0)], 0.0, 100.0);
        assert_eq!(tops, vec![0.0, 50.0]);
        assert!(spread(&[], 0.0, 1.0).is_empty());
    }

    #[test]
    fn lines_are_broken_between_words_and_cut_at_the_end() {
        assert_eq!(
            wrap("shock tower, subframe", 12, 3),
            ["shock tower,", "subframe"]
        );
        assert_eq!(wrap("one two three four", 7, 1), ["one t …"]);
        assert_eq!(wrap("Stoßfängerquerträger", 10, 2), ["Stoßfänge…"]);
        assert!(wrap("", 5, 2).is_empty());
    }

    #[test]
    fn ticks_are_round_and_inside() {
        assert_eq!(ticks(0.0, 45.0, 5), (vec![0.0, 10.0, 20.0, 30.0, 40.0], 0));
        let (fine, decimals) = ticks(8.1, 9.3, 5);
        assert_eq!(decimals, 2);
        assert!(
            fine.first().is_some_and(|f| (f - 8.25).abs() < 1e-9),
            "{fine:?}"
        );
        assert!(ticks(1.0, 1.0, 5).0.is_empty());
        assert!(ticks(f64::NAN, 1.0, 5).0.is_empty());
    }
}
