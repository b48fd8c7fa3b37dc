//! `regress` and `basis`: the statistics of the nightly job, for any file.

use std::collections::BTreeMap;

use serde::Serialize;

use super::table_file::{Selected, TextTable};
use crate::cli;
use crate::console::Console;
use crate::contract::Schemas;
use crate::error::{Error, Exit};
use crate::models::basis::{self, BasisReport, Request, Sample, Variance};
use crate::models::capability::Limits;
use crate::models::design::Predictor;
use crate::models::regression::{self, TermEstimate};
use crate::models::{self, HeatFit, Model, ModelError, Observations, Side};
use crate::settings::Settings;

/// What `regress` is asked for.
#[derive(Debug)]
pub struct RegressRequest<'a> {
    /// File or lake table.
    pub file: &'a str,
    /// Response.
    pub y: &'a str,
    /// Covariates.
    pub x: &'a [String],
    /// Degree of the polynomial in a single x.
    pub degree: usize,
    /// Whether there is an intercept.
    pub intercept: bool,
    /// Column of the heat.
    pub group: Option<&'a str>,
}

/// Fits and prints a regression.
///
/// # Errors
/// When the file or a column is not there, a cell is not a number, or the model is refused.
pub fn regress(
    console: &Console,
    lab: &cli::Lab,
    request: &RegressRequest<'_>,
) -> Result<Exit, Error> {
    let table = TextTable::open(request.file, lab)?;
    let mut numbers = vec![request.y];
    numbers.extend(request.x.iter().map(String::as_str));
    let Selected {
        numbers: columns,
        texts: heats,
    } = table.select(console, &numbers, request.group.as_slice())?;
    let degree = degree_of(request.degree)?;
    if let (Some(group), Some(heats)) = (request.group, heats.first()) {
        return regress_heats(console, request, group, &columns, heats);
    }
    let predictors: Vec<(&str, &[f64])> = request
        .x
        .iter()
        .map(String::as_str)
        .zip(columns[1..].iter().map(Vec::as_slice))
        .collect();
    let fit = regression::regress(&columns[0], &predictors, degree, request.intercept)
        .map_err(refused)?;
    print_terms(console, &fit.terms, &fit);
    console.say(&format!(
        "n {}, rank {} of {}, {} degrees of freedom, residual sd {}, R² {}",
        fit.n,
        fit.rank,
        fit.p,
        fit.dof,
        fit.sigma
            .map_or_else(|| "–".to_owned(), |sigma| format!("{sigma:.6}")),
        fit.r2
            .map_or_else(|| "–".to_owned(), |r2| format!("{r2:.6}")),
    ));
    Ok(Exit::Done)
}

fn regress_heats(
    console: &Console,
    request: &RegressRequest<'_>,
    group: &str,
    columns: &[Vec<f64>],
    heats: &[String],
) -> Result<Exit, Error> {
    #[derive(Serialize)]
    struct HeatRegression<'a> {
        group: &'a str,
        n: usize,
        heats: usize,
        p: usize,
        rank: usize,
        dof: usize,
        sigma: f64,
        condition: f64,
        terms: &'a [TermEstimate],
        variance: Variance,
        heat_variance_share: f64,
    }
    if !request.intercept {
        return Err(Error::Usage {
            message: "with --group the regression has an intercept".to_owned(),
            hint: "leave --no-intercept out".to_owned(),
        });
    }
    let degree = degree_of(request.degree)?;
    let heats = models::index_heats(heats);
    let fit = match request.x {
        [_] => {
            let observations = Observations {
                y: columns[0].clone(),
                x: columns[1].clone(),
                heats,
            };
            models::fit(&observations, Model::of_degree(degree))
        }
        several => {
            if degree != 1 {
                let columns = several.len();
                return Err(refused(ModelError::PowersNeedOneColumn { degree, columns }));
            }
            let regressors: Vec<Predictor> = several
                .iter()
                .zip(&columns[1..])
                .map(|(name, values)| Predictor {
                    name: name.clone(),
                    values: values.clone(),
                })
                .collect();
            models::fit_regressors(&columns[0], &regressors, &heats)
        }
    };
    let fit = fit.map_err(refused)?;
    let terms = heat_terms(&fit, request.x);
    let answer = HeatRegression {
        group,
        n: fit.n,
        heats: fit.heats,
        p: terms.len(),
        rank: fit.rank,
        dof: fit.dof,
        sigma: fit.sigma,
        condition: fit.condition,
        terms: &terms,
        variance: Variance {
            between: Some(fit.between_variance),
            within: Some(fit.within_variance),
        },
        heat_variance_share: fit.heat_variance_share(),
    };
    print_terms(console, &terms, &answer);
    console.say(&format!(
        "n {} in {} heats, sd between heats {:.6}, within {:.6}, between-heat share {:.3}",
        fit.n,
        fit.heats,
        fit.between_variance.sqrt(),
        fit.within_variance.sqrt(),
        fit.heat_variance_share()
    ));
    Ok(Exit::Done)
}

/// Estimates of a fit with random heats; its errors have no single degree of freedom, so no t and no p.
fn heat_terms(fit: &HeatFit, x: &[String]) -> Vec<TermEstimate> {
    // The terms of one x are named after `x` and its powers.
    let named = |name: &str| match x {
        [only] => name.strip_prefix('x').map(|power| format!("{only}{power}")),
        _ => None,
    };
    fit.term_names
        .iter()
        .zip(&fit.coefficients)
        .zip(&fit.covariance)
        .enumerate()
        .map(|(at, ((name, &estimate), covariance))| TermEstimate {
            name: named(name).unwrap_or_else(|| name.clone()),
            estimate,
            se: covariance.get(at).copied().map(f64::sqrt),
            t: None,
            p: None,
        })
        .collect()
}

fn print_terms(console: &Console, terms: &[TermEstimate], json: &impl Serialize) {
    let shown =
        |number: Option<f64>| number.map_or_else(|| "–".to_owned(), |number| number.to_string());
    let rows: Vec<Vec<String>> = terms
        .iter()
        .map(|term| {
            vec![
                term.name.clone(),
                term.estimate.to_string(),
                shown(term.se),
                shown(term.t),
                shown(term.p),
            ]
        })
        .collect();
    console.rows(&["term", "estimate", "se", "t", "p"], &rows, json);
}

/// What `basis` is asked for.
#[derive(Debug)]
pub struct BasisRequest<'a> {
    /// File or lake table.
    pub file: &'a str,
    /// Response.
    pub y: &'a str,
    /// Covariate.
    pub x: Option<&'a str>,
    /// Degree in x.
    pub degree: usize,
    /// Where bounds are wanted.
    pub at: &'a [f64],
    /// Column of the heat.
    pub group: Option<&'a str>,
    /// Columns that split the file.
    pub by: &'a [String],
    /// Name of the method.
    pub method: &'a str,
    /// Side that the bounds guard.
    pub side: Side,
    /// Lower and upper specification limit.
    pub limits: (Option<f64>, Option<f64>),
    /// One content, or both A and B.
    pub content: Option<f64>,
    /// Confidence; the settings' by default.
    pub confidence: Option<f64>,
}

/// Prints tolerance bounds.
///
/// # Errors
/// When the file or a column is not there, a cell is not a number, or a value of the command line is out
/// of its range. A group whose model is refused is printed with the reason and ends in
/// [`Exit::ModelRefused`].
pub fn basis(console: &Console, lab: &cli::Lab, request: &BasisRequest<'_>) -> Result<Exit, Error> {
    if request.x.is_none() && request.degree > 1 {
        return Err(Error::Usage {
            message: format!("--degree {} needs an x column", request.degree),
            hint: "name it with --x".to_owned(),
        });
    }
    let table = TextTable::open(request.file, lab)?;
    let mut numbers = vec![request.y];
    numbers.extend(request.x);
    let mut texts: Vec<&str> = request.by.iter().map(String::as_str).collect();
    texts.extend(request.group);
    let Selected {
        numbers: columns,
        texts: words,
    } = table.select(console, &numbers, &texts)?;
    let asked = Request {
        degree: degree_of(request.degree)?,
        at: request.at.to_vec(),
        content: request.content,
        confidence: match request.confidence {
            Some(confidence) => confidence,
            None => default_confidence()?,
        },
        method: request.method.parse().map_err(refused)?,
        limits: Limits {
            lower: request.limits.0,
            upper: request.limits.1,
        },
        side: request.side,
    };
    let mut rows_of: BTreeMap<Vec<&str>, Vec<usize>> = BTreeMap::new();
    for row in 0..columns[0].len() {
        let key = words[..request.by.len()]
            .iter()
            .map(|column| column[row].as_str())
            .collect();
        rows_of.entry(key).or_default().push(row);
    }
    if rows_of.is_empty() {
        rows_of.insert(Vec::new(), Vec::new());
    }
    let report_of = |(key, rows): &(Vec<&str>, Vec<usize>)| {
        let pick = |column: &Vec<f64>| rows.iter().map(|&row| column[row]).collect::<Vec<f64>>();
        let y = pick(&columns[0]);
        let x = request.x.map(|_| pick(&columns[1]));
        let heats = request.group.map(|_| {
            let ids: Vec<&str> = rows
                .iter()
                .map(|&row| words[request.by.len()][row].as_str())
                .collect();
            models::index_heats(&ids)
        });
        let group = key.join(", ");
        let sample = Sample {
            group: &group,
            y: &y,
            x: x.as_deref(),
            heats: heats.as_deref(),
        };
        basis::basis(&sample, &asked)
    };
    let groups: Vec<(Vec<&str>, Vec<usize>)> = rows_of.into_iter().collect();
    let reports = on_all_cores(&groups, &report_of)
        .into_iter()
        .collect::<Result<Vec<_>, _>>()
        .map_err(refused)?;
    let rows: Vec<Vec<String>> = reports.iter().flat_map(basis_rows).collect();
    let columns = [
        "group", "method", "n", "heats", "at", "content", "estimate", "bound", "k",
    ];
    console.rows(&columns, &rows, &reports);
    for report in &reports {
        let name = if report.group.is_empty() {
            String::new()
        } else {
            format!("{}: ", report.group)
        };
        // Over many groups the reasons stand in the JSON.
        for reason in report.reasons.iter().filter(|_| reports.len() == 1) {
            console.say(reason);
        }
        if let Some(found) = &report.capability {
            let (cpk, lower) = found.cpk();
            console.say(&format!("{name}Cpk {cpk:.3}, at least {lower:.3}"));
        }
        for warning in &report.warnings {
            console.say(&format!("warning: {name}{warning}"));
        }
    }
    let any_refused = reports.iter().any(BasisReport::refused);
    Ok(if any_refused {
        Exit::ModelRefused
    } else {
        Exit::Done
    })
}

/// What `of` makes of every item, in order; a stretch of items on each core.
fn on_all_cores<T: Sync, U: Send>(items: &[T], of: &(impl Fn(&T) -> U + Sync)) -> Vec<U> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let stretch = items.len().div_ceil(cores).max(1);
    std::thread::scope(|scope| {
        let running: Vec<_> = items
            .chunks(stretch)
            .map(|items| scope.spawn(move || items.iter().map(of).collect::<Vec<U>>()))
            .collect();
        running
            .into_iter()
            .flat_map(|thread| {
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
            .collect()
    })
}

fn basis_rows(report: &BasisReport) -> Vec<Vec<String>> {
    let head = || {
        vec![
            report.group.clone(),
            report.method.clone(),
            report.n.to_string(),
            report
                .groups
                .map_or_else(|| "–".to_owned(), |groups| groups.to_string()),
        ]
    };
    if report.refused() {
        return vec![head()];
    }
    let row = |entry: &basis::BoundEntry| {
        let mut row = head();
        entry.method.clone_into(&mut row[1]);
        row.extend([
            entry.at.map_or_else(|| "–".to_owned(), |at| at.to_string()),
            entry.content.to_string(),
            format!("{:.6}", entry.estimate),
            format!("{:.6}", entry.bound),
            format!("{:.6}", entry.k),
        ]);
        row
    };
    report.bounds.iter().map(row).collect()
}

fn degree_of(degree: usize) -> Result<u32, Error> {
    u32::try_from(degree).map_err(|_| Error::Usage {
        message: format!("--degree {degree} is too large"),
        hint: String::new(),
    })
}

/// The confidence of the shipped settings.
fn default_confidence() -> Result<f64, Error> {
    let schemas = Schemas::embedded();
    let file = schemas.file("lab.toml")?;
    Ok(
        Settings::from_text(&file.origin, "", std::path::Path::new("."), None)?
            .policy
            .confidence,
    )
}

/// A refusal of the model, or of what was asked for.
fn refused(error: ModelError) -> Error {
    if error.is_usage() {
        Error::Usage {
            message: error.to_string(),
            hint: String::new(),
        }
    } else {
        Error::Model {
            message: error.to_string(),
        }
    }
}
