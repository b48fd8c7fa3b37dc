//! What can be asked of `regrade basis`, and what of it makes sense.

use std::fmt;
use std::str::FromStr;

use super::capability::Limits;
use super::distributions::check_probability;
use super::error::ModelError;
use super::side::Side;

/// Content of an A-basis value.
pub const A_BASIS: f64 = 0.99;
/// Content of a B-basis value.
pub const B_BASIS: f64 = 0.90;
/// Confidence of both.
pub const BASIS_CONFIDENCE: f64 = 0.95;

/// How bounds are computed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Method {
    /// What suits the data, with the reasons in [`super::basis::BasisReport::reasons`]: random heats
    /// where heats are given, regression where only x is; otherwise the first of normal, lognormal
    /// and Weibull that the Anderson–Darling test accepts, else an order statistic, else
    /// Hanson–Koopmans.
    #[default]
    Auto,
    /// One normal sample of independent specimens.
    Normal,
    /// One sample of independent specimens whose logarithms are normal.
    Lognormal,
    /// One two-parameter Weibull sample of independent specimens.
    Weibull,
    /// Two order statistics of independent specimens, for small samples.
    HansonKoopmans,
    /// One order statistic of independent specimens.
    Nonparametric,
    /// One-way random heats without x, as CMH-17 has it.
    Anova,
    /// Least squares on x with independent specimens.
    Regression,
    /// Mean or line with random heats.
    RandomHeats,
}

impl Method {
    /// Every method, in the order in which messages list them.
    const ALL: [Method; 9] = [
        Method::Auto,
        Method::Normal,
        Method::Lognormal,
        Method::Weibull,
        Method::HansonKoopmans,
        Method::Nonparametric,
        Method::Anova,
        Method::Regression,
        Method::RandomHeats,
    ];

    /// The name on the command line and in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Method::Auto => "auto",
            Method::Normal => "normal",
            Method::Lognormal => "lognormal",
            Method::Weibull => "weibull",
            Method::HansonKoopmans => "hanson-koopmans",
            Method::Nonparametric => "nonparametric",
            Method::Anova => "anova",
            Method::Regression => "regression",
            Method::RandomHeats => "random-heats",
        }
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Method {
    type Err = ModelError;

    fn from_str(name: &str) -> Result<Method, ModelError> {
        Method::ALL
            .into_iter()
            .find(|method| method.as_str() == name)
            .ok_or_else(|| ModelError::UnknownMethod {
                name: name.to_owned(),
            })
    }
}

/// The measurements of one group, one entry per specimen in each column.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// Name of the group; empty when there is but one.
    pub group: &'a str,
    /// Response on the modelling scale.
    pub y: &'a [f64],
    /// Covariate.
    pub x: Option<&'a [f64]>,
    /// Heat index from 0 without gaps.
    pub heats: Option<&'a [usize]>,
}

/// What is asked of a group.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// Degree in x; 0 for a mean. Ignored without x.
    pub degree: u32,
    /// Where bounds are wanted; empty for the smallest, the mean and the largest x.
    pub at: Vec<f64>,
    /// One content, or `None` for A and B.
    pub content: Option<f64>,
    /// Confidence.
    pub confidence: f64,
    /// Method.
    pub method: Method,
    /// Whether specimens must lie above the bound or below it.
    pub side: Side,
    /// Specification limits for the capability; none to leave it out.
    pub limits: Limits,
}

impl Request {
    /// The contents wanted, A before B unless one is named.
    pub(super) fn contents(&self) -> Vec<f64> {
        self.content
            .map_or_else(|| vec![A_BASIS, B_BASIS], |content| vec![content])
    }
}

impl Default for Request {
    /// Lower A and B basis of a straight line at confidence .95, by the method that suits the data.
    fn default() -> Request {
        Request {
            degree: 1,
            at: Vec::new(),
            content: None,
            confidence: BASIS_CONFIDENCE,
            method: Method::Auto,
            limits: Limits::default(),
            side: Side::Lower,
        }
    }
}

/// Refuses probabilities out of range and columns of unequal length.
pub(super) fn check(sample: &Sample<'_>, request: &Request) -> Result<(), ModelError> {
    check_probability("confidence", request.confidence)?;
    if let Some(content) = request.content {
        check_probability("content", content)?;
    }
    for (what, found) in [
        ("x", sample.x.map(<[f64]>::len)),
        ("heats", sample.heats.map(<[usize]>::len)),
    ] {
        if let Some(found) = found.filter(|&found| found != sample.y.len()) {
            let (what, expected) = (what.to_owned(), sample.y.len());
            return Err(ModelError::Length {
                what,
                expected,
                found,
            });
        }
    }
    Ok(())
}
