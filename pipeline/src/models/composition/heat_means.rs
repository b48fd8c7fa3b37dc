//! Rows → one mean per heat and column, and which columns can be used.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::{CompositionError, CompositionSettings};

/// A column whose standard deviation is below this share of its largest value does not vary; the same
/// share of a column's spread must be left once the columns before it are accounted for.
const NO_VARIATION: f64 = 1e-9;
/// Aluminium makes up the balance to 100 %: it is the sum of all others, by contract never a column.
const BALANCE: &str = "al";

/// Composition, indices and response, one row per specimen or heat.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct CompositionData {
    /// Names of the columns, elements before indices; `al` or `al_…` is the balance element.
    pub names: Vec<String>,
    /// One column per name, one value per row; `None` is not measured.
    pub columns: Vec<Vec<Option<f64>>>,
    /// The response on the modelling scale.
    pub y: Vec<f64>,
    /// The heat of each row.
    pub heats: Vec<usize>,
    /// The scrap ratio of each row, 0 to 1.
    pub scrap: Option<Vec<f64>>,
}

/// A column that is not in the models.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dropped {
    /// Its name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// The usable columns as heat means, heats in the order of their numbers.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct HeatMeans {
    pub(super) names: Vec<String>,
    pub(super) columns: Vec<Vec<f64>>,
    pub(super) y: Vec<f64>,
    /// `None` when not given or the same in all heats.
    pub(super) scrap: Option<Vec<f64>>,
}

impl HeatMeans {
    /// Heat means, the columns dropped, and how many heats have no composition at all.
    ///
    /// A heat without a single measured column is left out. Of the others, a column that even one
    /// heat lacks is dropped: an invented value would carry an invented effect.
    pub(super) fn of(
        data: &CompositionData,
        settings: &CompositionSettings,
    ) -> Result<(HeatMeans, Vec<Dropped>, usize), CompositionError> {
        check(data)?;
        let mut rows_of: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (row, &heat) in data.heats.iter().enumerate() {
            rows_of.entry(heat).or_default().push(row);
        }
        let all = rows_of.len();
        rows_of.retain(|_, rows| {
            let measured =
                |column: &Vec<Option<f64>>| rows.iter().any(|&row| column[row].is_some());
            data.columns.iter().any(measured)
        });
        let heats = rows_of.len();
        if heats < settings.fewest_heats {
            let needed = settings.fewest_heats;
            return Err(CompositionError::TooFewHeats { heats, needed });
        }
        let means = |value: &dyn Fn(usize) -> Option<f64>| -> Vec<Option<f64>> {
            let mean = |rows: &Vec<usize>| mean_of(rows.iter().filter_map(|&row| value(row)));
            rows_of.values().map(mean).collect()
        };
        let complete = |values: Vec<Option<f64>>| values.into_iter().collect::<Option<Vec<f64>>>();

        let y = complete(means(&|row| Some(data.y[row]))).unwrap_or_default();
        if !varies(&y) {
            return Err(CompositionError::ResponseConstant);
        }
        let scrap = data
            .scrap
            .as_ref()
            .and_then(|scrap| complete(means(&|row| Some(scrap[row]))))
            .filter(|scrap| varies(scrap));

        let mut basis = Basis::new(scrap.as_deref());
        let (mut names, mut columns, mut dropped) = (Vec::new(), Vec::new(), Vec::new());
        for (name, column) in data.names.iter().zip(&data.columns) {
            let mean = means(&|row| column[row]);
            let measured = mean.iter().flatten().count();
            let reason = match complete(mean) {
                _ if is_balance(name) => "the balance element".to_owned(),
                None => format!("measured in {measured} of {heats} heats"),
                Some(mean) if !varies(&mean) => "the same in all heats".to_owned(),
                Some(mean) => match basis.add(&mean) {
                    Ok(()) => {
                        names.push(name.clone());
                        columns.push(mean);
                        continue;
                    }
                    Err(reason) => reason.to_owned(),
                },
            };
            let name = name.clone();
            dropped.push(Dropped { name, reason });
        }
        if columns.is_empty() {
            let reasons: Vec<String> = dropped
                .iter()
                .map(|dropped| format!("{}: {}", dropped.name, dropped.reason))
                .collect();
            let reasons = reasons.join("; ");
            return Err(CompositionError::NothingVaries { reasons });
        }
        let means = HeatMeans {
            names,
            columns,
            y,
            scrap,
        };
        Ok((means, dropped, all - heats))
    }

    /// The columns, with the scrap ratio as the last one where there is one.
    pub(super) fn with_scrap(&self) -> Vec<Vec<f64>> {
        self.columns.iter().chain(&self.scrap).cloned().collect()
    }
}

/// Mean of values summed in the order of their size, so that the order of rows cannot show.
fn mean_of(values: impl Iterator<Item = f64>) -> Option<f64> {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    let count = values.len() as f64;
    (count > 0.0).then(|| values.iter().sum::<f64>() / count)
}

/// Whether a column differs between heats by more than rounding.
pub(super) fn varies(values: &[f64]) -> bool {
    let largest = values.iter().fold(0.0_f64, |most, v| most.max(v.abs()));
    let (_, deviation) = mean_and_deviation(values);
    deviation > NO_VARIATION * largest
}

/// Mean and sample standard deviation; 0 and 0 without values.
pub(super) fn mean_and_deviation(values: &[f64]) -> (f64, f64) {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean) * (v - mean)).sum();
    (mean, (squares / (count - 1.0).max(1.0)).sqrt())
}

fn is_balance(name: &str) -> bool {
    name.split('_')
        .next()
        .is_some_and(|symbol| symbol.eq_ignore_ascii_case(BALANCE))
}

/// Orthonormal directions of the columns so far, with which a linear combination is told.
struct Basis {
    directions: Vec<Vec<f64>>,
    scrap: bool,
}

impl Basis {
    fn new(scrap: Option<&[f64]>) -> Basis {
        let mut basis = Basis {
            directions: Vec::new(),
            scrap: false,
        };
        if let Some(scrap) = scrap {
            basis.scrap = basis.add(scrap).is_ok();
        }
        basis
    }

    /// Takes a column in, or says what it repeats. With as many columns as heats any further one is a
    /// combination of the others by number alone: that says nothing, and the penalty deals with it.
    fn add(&mut self, column: &[f64]) -> Result<(), &'static str> {
        if self.directions.len() + 2 >= column.len() {
            return Ok(());
        }
        let (mean, _) = mean_and_deviation(column);
        let mut rest: Vec<f64> = column.iter().map(|v| v - mean).collect();
        let before = norm(&rest);
        // Twice is enough (Kahan and Parlett): the second pass removes what rounding left.
        for direction in self.directions.iter().chain(&self.directions) {
            let share: f64 = rest.iter().zip(direction).map(|(r, d)| r * d).sum();
            for (r, d) in rest.iter_mut().zip(direction) {
                *r -= share * d;
            }
        }
        let after = norm(&rest);
        if after <= NO_VARIATION * before {
            return Err(if self.scrap && self.directions.len() == 1 {
                "follows the scrap ratio exactly: the two effects cannot be told apart"
            } else {
                "a linear combination of the columns before it"
            });
        }
        self.directions
            .push(rest.into_iter().map(|r| r / after).collect());
        Ok(())
    }
}

fn norm(values: &[f64]) -> f64 {
    values.iter().map(|v| v * v).sum::<f64>().sqrt()
}

fn check(data: &CompositionData) -> Result<(), CompositionError> {
    let length = |what: &str, expected: usize, found: usize| {
        let what = what.to_owned();
        Err(CompositionError::Length {
            what,
            expected,
            found,
        })
    };
    let rows = data.y.len();
    if data.columns.len() != data.names.len() {
        return length("columns", data.names.len(), data.columns.len());
    }
    if data.heats.len() != rows {
        return length("heats", rows, data.heats.len());
    }
    if let Some(scrap) = data.scrap.as_ref().filter(|scrap| scrap.len() != rows) {
        return length("scrap ratio", rows, scrap.len());
    }
    let mut seen = BTreeSet::new();
    for (name, column) in data.names.iter().zip(&data.columns) {
        if column.len() != rows {
            return length(&format!("column {name}"), rows, column.len());
        }
        if !seen.insert(name) {
            let column = name.clone();
            return Err(CompositionError::Twice { column });
        }
    }
    let finite = |column: &str, row: usize, value: f64| {
        if value.is_finite() {
            return Ok(());
        }
        let (row, column) = (row + 1, column.to_owned());
        Err(CompositionError::NotFinite { row, column })
    };
    for row in 0..rows {
        finite("y", row, data.y[row])?;
        if let Some(scrap) = &data.scrap {
            finite("scrap ratio", row, scrap[row])?;
        }
        for (name, column) in data.names.iter().zip(&data.columns) {
            finite(name, row, column[row].unwrap_or_default())?;
        }
    }
    Ok(())
}
