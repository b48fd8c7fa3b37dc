//! One property by supplier or by lab: whether they pool, and each alone.

use serde::Serialize;

use super::grade_input::GroupView;
use super::input::PropertySheet;
use super::numbers;
use super::text::{Texts, fill};
use super::wording;

/// A property by one grouping.
#[derive(Serialize)]
pub(super) struct GroupsView {
    summary: String,
    /// Unfolded where the groups do not pool: then one fit for all is not the whole story.
    open: bool,
    note: String,
    caption: String,
    heading: String,
    rows: Vec<GroupLine>,
}

#[derive(Serialize)]
struct GroupLine {
    name: String,
    heats: usize,
    specimens: usize,
    mean: String,
    b_bound: String,
    refused: String,
}

/// The groups of a property, a table each; one without rows says only whether they pool.
pub(super) fn views(sheet: &PropertySheet, t: &Texts) -> Vec<GroupsView> {
    sheet.groups.iter().map(|by| view(sheet, by, t)).collect()
}

fn view(sheet: &PropertySheet, by: &GroupView, t: &Texts) -> GroupsView {
    let p = &t.panel;
    let (heading, one, many) = match by.by.as_str() {
        "supplier" => (p.supplier_heading, p.supplier, p.suppliers),
        "lab" => (p.lab_heading, p.lab, p.labs),
        other => (other, other, other),
    };
    let (summary, note) = match by.pools {
        Some(true) => (p.groups_pool, p.groups_pool_note),
        Some(false) => (p.groups_apart, p.groups_apart_note),
        None => (p.groups_unknown, p.groups_unknown_note),
    };
    let words = [
        ("group", one),
        ("groups", many),
        ("reason", &by.reason),
        ("property", wording::property_name(sheet.property, t)),
    ];
    let digits = numbers::property_digits(sheet.property);
    GroupsView {
        summary: fill(summary, &words),
        open: by.pools == Some(false),
        note: fill(note, &words),
        caption: fill(p.groups_caption, &words),
        heading: heading.to_owned(),
        rows: by
            .rows
            .iter()
            .map(|row| GroupLine {
                name: row.name.clone(),
                heats: row.heats,
                specimens: row.specimens,
                mean: numbers::fixed_or_none(row.mean, digits),
                b_bound: numbers::fixed_or_none(row.b_bound, digits),
                refused: row.refused.clone().unwrap_or_default(),
            })
            .collect(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;
    use crate::report::sample;
    use crate::report::text::EN;

    #[test]
    fn groups_that_do_not_pool_are_unfolded_and_say_what_that_means() {
        let input = sample::input();
        let mut sheet = input.sheets[0].properties[2].clone();
        let of = |sheet: &PropertySheet, i: usize| views(sheet, &EN).swap_remove(i);
        let apart = of(&sheet, 0);
        assert_eq!(apart.summary, "By supplier: suppliers do not pool");
        assert!(apart.open && apart.note.contains("stand beside the verdicts"));
        assert_eq!(apart.rows[1].b_bound, numbers::NONE);
        assert!(apart.rows[1].refused.contains("3 heats"));
        let pool = of(&sheet, 1);
        assert!(!pool.open && pool.note.starts_with("One fit may hold for all labs: "));
        sheet.groups[0].pools = None;
        assert!(of(&sheet, 0).note.contains("cannot be told"));
        sheet.groups[0].by = "<furnace>".into();
        assert!(of(&sheet, 0).summary.starts_with("By <furnace>: "));
    }
}
