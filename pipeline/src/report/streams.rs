//! Which stream the metal came from, and which brings the limiting element.

use std::collections::BTreeSet;

use serde::Serialize;

use super::grade_input::{StreamElement, StreamRow, StreamSheet};
use super::input::Range;
use super::numbers;
use super::text::{Texts, fill};
use super::wording;

/// Decimals of a mass fraction.
const DIGITS: u32 = 3;

/// The streams of one grade.
#[derive(Serialize)]
pub(super) struct StreamsView {
    caption: String,
    /// Headings of the columns on the element; none without one.
    content: Option<String>,
    brings: Option<String>,
    rows: Vec<StreamView>,
    notes: Vec<String>,
}

#[derive(Serialize)]
struct StreamView {
    title: String,
    share: String,
    heats: String,
    content: String,
    /// In full, for sorting: the text holds an interval.
    content_number: Option<f64>,
    brings: String,
    brings_number: Option<f64>,
}

/// The streams of `sheet` as one table.
pub(super) fn view(sheet: &StreamSheet, t: &Texts) -> StreamsView {
    let p = &t.panel;
    let element = sheet.element.as_ref();
    let named = |text: &str, e: &StreamElement| fill(text, &[("element", &e.element)]);
    let mut notes = Vec::new();
    if let Some(element) = element {
        notes.push(p.streams_how.to_owned());
        if !element.pooled.is_empty() {
            let streams = element.pooled.join(", ");
            notes.push(fill(p.streams_pooled, &[("streams", &streams)]));
        }
    }
    if let Some(reason) = &sheet.refused {
        notes.push(fill(p.streams_refused, &[("reason", reason)]));
    }
    StreamsView {
        caption: element.map_or_else(
            || p.streams_caption_shares.to_owned(),
            |e| named(p.streams_caption, e),
        ),
        content: element.map(|e| named(p.stream_content, e)),
        brings: element.map(|e| named(p.stream_brings, e)),
        rows: rows(sheet, t),
        notes,
    }
}

/// The shares in their order with what each stream brings, then what has no share of its own.
fn rows(sheet: &StreamSheet, t: &Texts) -> Vec<StreamView> {
    let element = sheet.element.as_ref();
    let traced = element.map_or(&[][..], |element| &element.rows);
    let mut shown = BTreeSet::new();
    let mut rows = Vec::new();
    for line in &sheet.shares {
        let row = traced.iter().find(|row| row.stream == line.stream);
        shown.insert(line.stream.as_str());
        let (share, heats) = (numbers::percent(line.mean_share), line.heats.to_string());
        rows.push(stream(&line.title, share, heats, row, t));
    }
    let none = || numbers::NONE.to_owned();
    let rest = traced
        .iter()
        .filter(|row| !shown.contains(row.stream.as_str()));
    rows.extend(rest.map(|row| stream(&row.title, none(), none(), Some(row), t)));
    rows
}

fn stream(
    title: &str,
    share: String,
    heats: String,
    row: Option<&StreamRow>,
    t: &Texts,
) -> StreamView {
    let text = |range: &Range| wording::range(range, 1.0, DIGITS, false, t);
    let none = || numbers::NONE.to_owned();
    let finite = |range: &Range| Some(range.estimate).filter(|number| number.is_finite());
    StreamView {
        title: title.to_owned(),
        share,
        heats,
        content: row.map_or_else(none, |row| text(&row.content_wt_pct)),
        content_number: row.and_then(|row| finite(&row.content_wt_pct)),
        brings: row.map_or_else(none, |row| text(&row.contribution_wt_pct)),
        brings_number: row.and_then(|row| finite(&row.contribution_wt_pct)),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::report::text::EN;

    fn streams(change: impl FnOnce(&mut StreamSheet)) -> StreamsView {
        let input = sample::input();
        let mut sheet = input.sheets[0].streams.clone().unwrap();
        change(&mut sheet);
        view(&sheet, &EN)
    }

    #[test]
    fn shares_and_what_they_bring_stand_in_one_row_and_pooled_streams_last() {
        let all = streams(|_| ());
        assert_eq!(all.caption, "Which stream brings Fe");
        assert_eq!(all.rows[0].share, "58.0");
        assert_eq!(all.rows[1].brings, "0.218 [0.181, 0.257]");
        let last = all.rows.last().unwrap();
        assert_eq!((last.share.as_str(), last.heats.as_str()), ("–", "–"));
        assert_eq!(last.content, "0.610", "no interval, no brackets");
        assert!(all.notes[1].contains("turnings"), "{:?}", all.notes);
    }

    #[test]
    fn shares_alone_are_a_table_without_the_element_and_say_why() {
        let alone = streams(|sheet| {
            sheet.element = None;
            sheet.refused = Some("4 heats are too few".into());
        });
        assert_eq!(alone.caption, EN.panel.streams_caption_shares);
        assert!(alone.content.is_none() && alone.brings.is_none());
        assert_eq!(
            alone.notes,
            ["No element is traced to its streams: 4 heats are too few."]
        );
    }
}
