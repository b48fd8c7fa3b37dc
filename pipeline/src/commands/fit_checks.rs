//! The tests of a fit's assumptions, with the names of those who decided to overrule one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::{Deserialize, Serialize};

use super::OpenLab;
use crate::contract::Column;
use crate::domain::{Finding, Grade, Property, Severity};
use crate::error::Error;
use crate::features::{Heats, Specimen};
use crate::models::diagnostics::{self, Diagnostic, Outcome};
use crate::models::group_view::poolability;
use crate::models::{HeatFit, ModelError, Observations, heat_diagnostics};
use crate::settings::Override;

/// A test of a fit, and who overruled it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CheckedAssumption {
    /// The test.
    #[serde(flatten)]
    pub diagnostic: Diagnostic,
    /// The person and the reason, when a failed test was overruled in `lab.toml`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overruled: Option<Override>,
}

/// When heats were charged, in days since 1970-01-01, and with whose metal.
#[derive(Debug, Default)]
pub(super) struct HeatFacts {
    days: BTreeMap<String, f64>,
    suppliers: BTreeMap<String, String>,
}

impl HeatFacts {
    /// From the table `heats`.
    ///
    /// # Errors
    /// When its contract lacks a column.
    pub(super) fn of(heats: &Heats) -> Result<HeatFacts, Error> {
        const MICROS_PER_DAY: f64 = 86_400e6;
        let ids = heats.rows.text("heat_id")?;
        let supplier = |(id, supplier): (Option<&str>, Option<&str>)| {
            Some((id?.to_owned(), supplier?.to_owned()))
        };
        let suppliers = heats.rows.text("supplier")?;
        let suppliers = ids
            .iter()
            .zip(suppliers.iter())
            .filter_map(supplier)
            .collect();
        let Column::Datetime(moments) = heats.rows.column("charged_at")? else {
            return Ok(HeatFacts::default());
        };
        let day = |(id, moment): (Option<&str>, &Option<i64>)| {
            #[allow(clippy::cast_precision_loss, reason = "microseconds of our days")]
            let day = (*moment)? as f64 / MICROS_PER_DAY;
            Some((id?.to_owned(), day))
        };
        Ok(HeatFacts {
            days: ids.iter().zip(moments).filter_map(day).collect(),
            suppliers,
        })
    }

    /// The day of each of some heats; `None` when not one is known.
    pub(super) fn days(&self, heats: &[&str]) -> Option<Vec<Option<f64>>> {
        let days: Vec<Option<f64>> = heats.iter().map(|id| self.days.get(*id).copied()).collect();
        days.iter().any(Option::is_some).then_some(days)
    }

    /// Whose specimens these are: the suppliers they name where all do, else those with whose metal their
    /// heats were charged; the two are never mixed.
    pub(super) fn suppliers<'a>(&'a self, specimens: &[&'a Specimen]) -> Vec<Option<&'a str>> {
        let named = |one: &&'a Specimen| one.supplier.as_deref();
        if specimens.iter().all(|one| one.supplier.is_some()) {
            return specimens.iter().map(named).collect();
        }
        let of_heat = |one: &&'a Specimen| self.suppliers.get(&one.heat_id).map(String::as_str);
        specimens.iter().map(of_heat).collect()
    }
}

/// Overrides of `lab.toml` that name no test of any fit, and so overrule nothing.
///
/// Without a fit that stands nothing can be said.
pub(super) fn unknown_overrides(lab: &OpenLab, tests: &BTreeSet<String>) -> Vec<Finding> {
    let unknown = |rule: &&Override| !tests.is_empty() && !tests.contains(&rule.test);
    let told = |rule: &Override| {
        let names: Vec<&str> = tests.iter().map(String::as_str).collect();
        Finding {
            field: "override".to_owned(),
            value: rule.test.clone(),
            severity: Severity::Warning,
            ..Finding::of_file(
                "lab.toml",
                "unknown_test",
                format!("there is no test `{}`, so nothing is overruled", rule.test),
                &format!("the tests are: {}", names.join(", ")),
            )
        }
    };
    lab.settings
        .overrides
        .iter()
        .filter(unknown)
        .map(told)
        .collect()
}

/// What a laboratory calls the specimens and heats that models only number, from 1.
#[derive(Debug)]
pub(super) struct Names<'a> {
    specimens: Vec<&'a str>,
    heats: BTreeMap<usize, (&'a str, Vec<&'a str>)>,
}

impl<'a> Names<'a> {
    /// One entry per specimen, in the order of the observations.
    pub(super) fn new(specimens: Vec<&'a str>, heat_ids: &[&'a str], heats: &[usize]) -> Names<'a> {
        let mut by_heat: BTreeMap<usize, (&str, Vec<&str>)> = BTreeMap::new();
        for ((specimen, id), heat) in specimens.iter().zip(heat_ids).zip(heats) {
            let entry = by_heat.entry(heat + 1).or_insert((id, Vec::new()));
            entry.1.push(specimen);
        }
        Names {
            specimens,
            heats: by_heat,
        }
    }

    /// A reason with names in place of numbers: `value 2 of heat 7`, `heat 7`, `value 31`.
    fn put_into(&self, reason: &str) -> String {
        static NUMBERED: LazyLock<Option<Regex>> = LazyLock::new(|| {
            Regex::new(r"\b(?:value (\d+) of )?heat (\d+)\b|\bvalue (\d+)\b").ok()
        });
        let Some(numbered) = NUMBERED.as_ref() else {
            return reason.to_owned();
        };
        let named = |found: &Captures<'_>| {
            let number = |group: usize| found.get(group)?.as_str().parse::<usize>().ok();
            let place = |list: &[&'a str], number: usize| list.get(number.checked_sub(1)?).copied();
            let name = match (number(1), number(2), number(3)) {
                (Some(value), Some(heat), _) => self
                    .heats
                    .get(&heat)
                    .and_then(|(_, specimens)| place(specimens, value))
                    .map(|id| format!("specimen {id}")),
                (None, Some(heat), _) => self.heats.get(&heat).map(|(id, _)| format!("heat {id}")),
                (_, _, Some(value)) => {
                    place(&self.specimens, value).map(|id| format!("specimen {id}"))
                }
                _ => None,
            };
            name.unwrap_or_else(|| found[0].to_owned())
        };
        numbered.replace_all(reason, named).into_owned()
    }
}

/// Every test of a fit, in a fixed order.
///
/// # Errors
/// When the observations are not those of the fit.
pub(super) fn check(
    lab: &OpenLab,
    (grade, property): (&Grade, Property),
    (observations, names): (&Observations, &Names<'_>),
    fit: &HeatFit,
    (facts, heat_ids, specimens): (&HeatFacts, &[&str], &[&Specimen]),
) -> Result<Vec<CheckedAssumption>, ModelError> {
    let residuals: Vec<f64> = observations
        .y
        .iter()
        .zip(&observations.x)
        .map(|(y, &x)| y - fit.estimate(x))
        .collect();
    let mut found = vec![
        diagnostics::max_normed_residual_within_heats(&observations.y, &observations.heats),
        diagnostics::max_normed_residual(&residuals),
        diagnostics::anderson_darling_normal(&residuals),
        diagnostics::brown_forsythe(&residuals, &observations.heats),
    ];
    let days = facts.days(heat_ids);
    found.extend(heat_diagnostics::diagnose(
        observations,
        fit,
        days.as_deref(),
    )?);
    let pools =
        |test: &str, groups: &[Option<&str>]| poolability(test, &residuals, heat_ids, groups);
    found.push(pools(
        "poolability_of_suppliers",
        &facts.suppliers(specimens),
    ));
    let labs: Vec<Option<&str>> = specimens.iter().map(|one| one.lab.as_deref()).collect();
    if labs.iter().flatten().collect::<BTreeSet<_>>().len() > 1 {
        found.push(pools("poolability_of_labs", &labs));
    }
    let overruled = |diagnostic: &Diagnostic| {
        let applies = |rule: &&Override| rule.applies(&diagnostic.test, grade, property);
        let rule = lab.settings.overrides.iter().find(applies);
        rule.filter(|_| diagnostic.outcome == Outcome::Fail)
            .cloned()
    };
    Ok(found
        .into_iter()
        .map(|mut diagnostic| {
            diagnostic.reason = names.put_into(&diagnostic.reason);
            CheckedAssumption {
                overruled: overruled(&diagnostic),
                diagnostic,
            }
        })
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_names_of_the_laboratory() {
        let names = Names::new(vec!["a1", "a2", "b1"], &["A", "A", "B"], &[0, 0, 1]);
        for (reason, named) in [
            (
                "value 2 of heat 1 is an outlier",
                "specimen a2 is an outlier",
            ),
            (
                "heat 2 holds 51.2 % of it; heat 9",
                "heat B holds 51.2 % of it; heat 9",
            ),
            (
                "no outlier; the furthest is value 3",
                "no outlier; the furthest is specimen b1",
            ),
            ("heats do not differ", "heats do not differ"),
        ] {
            assert_eq!(names.put_into(reason), named);
        }
    }
}
