//! How verdicts differ from those of the run before, and what has brought it about.

use std::collections::{BTreeMap, BTreeSet};

use super::OpenLab;
use super::past::{PastRun, Terms};
use crate::contract::{Cell, Column, Rows};
use crate::domain::rounding::half_even;
use crate::domain::{Grade, Property};
use crate::error::Error;
use crate::qualify::{Kind, RequirementOutcome, Status, Verdict};
use crate::report::{Change, ChangeKind, Standing};

/// Ids or values named in one reason; what is beyond is counted.
const NAMED: usize = 4;

/// How `after`, judged on the rows `heats` by `terms`, differs from an earlier run, worst news first.
///
/// Without an earlier run nothing differs.
///
/// # Errors
/// When the heats of the earlier run cannot be read.
pub(super) fn changes_since(
    lab: &OpenLab,
    before: Option<&PastRun>,
    (after, heats, terms): (&[Verdict], &Rows, &Terms),
) -> Result<Vec<Change>, Error> {
    let Some(before) = before else {
        return Ok(Vec::new());
    };
    let mut changes = changes(&before.verdicts, after);
    if changes.is_empty() {
        return Ok(changes);
    }
    let heats_before = lab.lake.at(&before.terms.versions).read("heats")?;
    let of = |verdicts: &'_ [Verdict], change: &Change| -> Option<Verdict> {
        let here = |v: &&Verdict| v.component == change.component && v.grade == change.grade;
        verdicts.iter().find(here).cloned()
    };
    for change in &mut changes {
        let (earlier, now) = (of(&before.verdicts, change), of(after, change));
        let mut why = Vec::new();
        if let (Some(earlier), Some(now)) = (&earlier, &now) {
            why.extend(limits_changed(earlier, now));
            why.extend(proofs_changed(earlier, now));
        }
        why.extend(heats_changed(&change.grade, &heats_before, heats)?);
        // What an older lake does not say is not said to have changed.
        let differs = |old: &str, new: &str| !old.is_empty() && old != new;
        if differs(&before.terms.settings_sha256, &terms.settings_sha256) {
            why.push("the settings of the lab were edited".to_owned());
        }
        if differs(&before.terms.program_version, &terms.program_version) {
            why.push(format!(
                "version {} of the program, {} before",
                terms.program_version, before.terms.program_version
            ));
        }
        if why.is_empty() && differs(&before.terms.schemas_sha256, &terms.schemas_sha256) {
            why.push("data files of the lab were edited".to_owned());
        }
        change.why = why;
    }
    Ok(changes)
}

/// Limits that are new, gone or other than they were.
fn limits_changed(before: &Verdict, after: &Verdict) -> Vec<String> {
    let mut why = Vec::new();
    let (mut earlier, now) = (limits_of(before), limits_of(after));
    for (what, limits) in &now {
        match earlier.remove(what) {
            None => why.push(format!("new limit: {what} {}", limits.join(" and "))),
            Some(old) if old != *limits => why.push(format!(
                "limit of {what}: {}, {} before",
                limits.join(" and "),
                old.join(" and ")
            )),
            Some(_) => {}
        }
    }
    why.extend(
        earlier
            .keys()
            .map(|what| format!("no longer limited: {what}")),
    );
    why
}

/// Limits in words by what they limit.
fn limits_of(verdict: &Verdict) -> BTreeMap<String, Vec<String>> {
    let mut limits: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for requirement in &verdict.requirements {
        let (Some(limit), Some(direction)) = (requirement.limit, requirement.direction) else {
            continue;
        };
        let direction = direction.as_str().replace('_', " ");
        let mut text = format!("{direction} {limit} {}", requirement.unit);
        if let Some(basis) = requirement.basis {
            text.push_str(&format!(" ({basis}"));
            if let Some(digits) = requirement.rounded_to {
                text.push_str(&format!(", rounded to {digits} decimals"));
            }
            text.push(')');
        }
        limits.entry(named(requirement)).or_default().push(text);
    }
    limits
}

fn named(requirement: &RequirementOutcome) -> String {
    Property::from_column(&requirement.subject)
        .map_or(requirement.subject.as_str(), |property| property.symbol())
        .to_owned()
}

/// Evidence that stands otherwise than before.
fn proofs_changed(before: &Verdict, after: &Verdict) -> Vec<String> {
    let proofs = |verdict: &Verdict| -> BTreeMap<String, String> {
        let of = verdict.requirements.iter();
        of.filter(|requirement| requirement.kind == Kind::Evidence)
            .map(|requirement| (requirement.subject.clone(), requirement.reason.clone()))
            .collect()
    };
    let earlier = proofs(before);
    proofs(after)
        .into_iter()
        .filter(|(kind, reason)| earlier.get(kind) != Some(reason))
        .map(|(_, reason)| reason)
        .collect()
}

/// A heat in one class of test temperature, °C.
type HeatRow = (String, Option<i64>);

/// Heats of a grade that are new, gone or have other values than before.
fn heats_changed(grade: &Grade, before: &Rows, after: &Rows) -> Result<Vec<String>, Error> {
    let (mut earlier, now) = (heats_of(grade, before)?, heats_of(grade, after)?);
    let classes: BTreeSet<Option<i64>> =
        now.keys().chain(earlier.keys()).map(|row| row.1).collect();
    let named = |(heat, class): &HeatRow| match class {
        Some(class) if classes.len() > 1 => format!("{heat} at {class} °C"),
        _ => heat.clone(),
    };
    let new_columns = columns_without_values(before);
    let (mut new, mut other) = (Vec::new(), Vec::new());
    for (heat, row) in &now {
        match earlier.remove(heat) {
            None => new.push(named(heat)),
            Some(old) => {
                let found = values_changed((before, old), (after, *row), &new_columns);
                other.extend(
                    found
                        .into_iter()
                        .map(|change| format!("{} {change}", named(heat))),
                );
            }
        }
    }
    let gone: Vec<String> = earlier.keys().map(named).collect();
    let mut why = Vec::new();
    for (what, heats) in [("new heats", new), ("heats that are gone", gone)] {
        if !heats.is_empty() {
            why.push(format!("{what}: {}", listed(&heats)));
        }
    }
    if !other.is_empty() {
        why.push(format!("other values: {}", listed(&other)));
    }
    Ok(why)
}

/// Rows of a grade by heat and class.
fn heats_of(grade: &Grade, rows: &Rows) -> Result<BTreeMap<HeatRow, usize>, Error> {
    let classes = rows.integer("test_temp_class_c")?;
    let mut here = BTreeMap::new();
    for (row, class) in classes.iter().enumerate() {
        let text = |name: &str| -> Result<&str, Error> {
            Ok(rows.text(name)?.get(row).unwrap_or_default())
        };
        if text("alloy")? == grade.alloy
            && text("temper")? == grade.temper
            && text("product_form")? == grade.product_form
        {
            here.insert((text("heat_id")?.to_owned(), *class), row);
        }
    }
    Ok(here)
}

/// Columns without a single value, as those are that the table did not have yet.
fn columns_without_values(rows: &Rows) -> BTreeSet<&str> {
    let empty = |column: &Column| (0..rows.len()).all(|row| column.cell(row) == Cell::Null);
    rows.columns()
        .filter(|(_, column)| empty(column))
        .map(|(field, _)| field.name.as_str())
        .collect()
}

/// Columns of one heat that say something else than before, but for those that are new.
fn values_changed(
    (before, old): (&Rows, usize),
    (after, new): (&Rows, usize),
    new_columns: &BTreeSet<&str>,
) -> Vec<String> {
    let earlier: BTreeMap<&str, Cell> = before
        .columns()
        .map(|(field, column)| (field.name.as_str(), column.cell(old)))
        .collect();
    let shown = |cell: &Cell| match cell {
        Cell::Null => "nothing".to_owned(),
        Cell::Number(number) => half_even(*number, 4).to_string(),
        cell => cell.to_string(),
    };
    let cells = after
        .columns()
        .map(|(field, column)| (field.name.as_str(), column.cell(new)));
    cells
        .filter(|(name, _)| *name != "run_id" && !new_columns.contains(name))
        .filter_map(|(name, now)| {
            let old = earlier.get(name).filter(|old| **old != now)?;
            Some(format!("{name} {}, {} before", shown(&now), shown(old)))
        })
        .collect()
}

fn listed(names: &[String]) -> String {
    match names.len().checked_sub(NAMED) {
        None | Some(0) => names.join(", "),
        Some(more) => format!("{} and {more} more", names[..NAMED].join(", ")),
    }
}

/// How two sets of verdicts differ, worst news first.
fn changes(before: &[Verdict], after: &[Verdict]) -> Vec<Change> {
    let by_key = |verdicts: &[Verdict]| -> BTreeMap<(String, Grade), Standing> {
        verdicts
            .iter()
            .map(|verdict| {
                let standing = Standing {
                    status: verdict.status,
                    max_scrap_ratio: verdict.max_scrap_ratio,
                };
                ((verdict.component.clone(), verdict.grade.clone()), standing)
            })
            .collect()
    };
    let (before, after) = (by_key(before), by_key(after));
    let mut changes = Vec::new();
    for (key, now) in &after {
        let earlier = before.get(key);
        if let Some(kind) = kind_of_change(earlier, Some(now)) {
            let (component, grade) = key.clone();
            changes.push(Change {
                component,
                grade,
                kind,
                before: earlier.copied(),
                after: Some(*now),
                why: Vec::new(),
            });
        }
    }
    for (key, earlier) in before.iter().filter(|(key, _)| !after.contains_key(*key)) {
        if let Some(kind) = kind_of_change(Some(earlier), None) {
            let (component, grade) = key.clone();
            changes.push(Change {
                component,
                grade,
                kind,
                before: Some(*earlier),
                after: None,
                why: Vec::new(),
            });
        }
    }
    changes.sort_by(|a, b| (a.kind, &a.component, &a.grade).cmp(&(b.kind, &b.component, &b.grade)));
    changes
}

fn kind_of_change(before: Option<&Standing>, after: Option<&Standing>) -> Option<ChangeKind> {
    let holds = |standing: Option<&Standing>| {
        standing.is_some_and(|standing| {
            matches!(standing.status, Status::Qualified | Status::QualifiedUpTo)
        })
    };
    match (holds(before), holds(after)) {
        (true, false) => Some(ChangeKind::Lost),
        (false, true) => Some(ChangeKind::New),
        (false, false) => {
            let (before, after) = (before?, after?);
            (before.status != after.status).then_some(ChangeKind::Status)
        }
        (true, true) => {
            let (before, after) = (before?, after?);
            let ratio = |standing: &Standing| standing.max_scrap_ratio.unwrap_or(-1.0);
            match ratio(after).total_cmp(&ratio(before)) {
                std::cmp::Ordering::Less => Some(ChangeKind::Lowered),
                std::cmp::Ordering::Greater => Some(ChangeKind::Raised),
                std::cmp::Ordering::Equal => {
                    (before.status != after.status).then_some(ChangeKind::Status)
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_beyond_a_few_are_counted() {
        let names: Vec<String> = ('a'..='f').map(String::from).collect();
        assert_eq!(listed(&names[..2]), "a, b");
        assert_eq!(listed(&names[..4]), "a, b, c, d");
        assert_eq!(listed(&names), "a, b, c, d and 2 more");
    }

    #[test]
    fn every_kind_of_change_is_told_apart() {
        let at = |status, max_scrap_ratio| Standing {
            status,
            max_scrap_ratio,
        };
        let up_to = |ratio| at(Status::QualifiedUpTo, Some(ratio));
        let failed = at(Status::NotQualified, None);
        let waiting = at(Status::Conditional, Some(0.5));
        for (before, after, kind) in [
            (Some(up_to(0.5)), Some(failed), Some(ChangeKind::Lost)),
            (Some(up_to(0.5)), Some(waiting), Some(ChangeKind::Lost)),
            (Some(up_to(0.5)), None, Some(ChangeKind::Lost)),
            (None, Some(up_to(0.5)), Some(ChangeKind::New)),
            (
                Some(up_to(0.5)),
                Some(up_to(0.4)),
                Some(ChangeKind::Lowered),
            ),
            (Some(up_to(0.5)), Some(up_to(0.6)), Some(ChangeKind::Raised)),
            (Some(up_to(0.5)), Some(up_to(0.5)), None),
            (Some(failed), Some(waiting), Some(ChangeKind::Status)),
            (None, Some(failed), None),
        ] {
            assert_eq!(
                kind_of_change(before.as_ref(), after.as_ref()),
                kind,
                "{before:?} → {after:?}"
            );
        }
    }
}
