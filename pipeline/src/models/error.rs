//! Why a model was refused.

use thiserror::Error;

/// Why a fit or a bound was refused, in words a metallurgist can act on.
///
/// Rows count from 1 in the order in which the values were handed over.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ModelError {
    /// Two inputs that belong together differ in length.
    #[error("{what} has {found} values where {expected} were expected")]
    Length {
        /// The input that is too short or too long.
        what: String,
        /// The number of responses.
        expected: usize,
        /// The length found.
        found: usize,
    },
    /// The pivotal bound was asked of a model that it is not made for.
    #[error("the pivotal bound is made for a mean or a line, not for {model}")]
    PivotalModel {
        /// The model asked for.
        model: super::heat_fit::Model,
    },
    /// A value is NaN or infinite.
    #[error("row {row}, column {column}: not a finite number")]
    NotFinite {
        /// Row, from 1.
        row: usize,
        /// Name of the column.
        column: String,
    },
    /// Fewer values than the model has coefficients, or than a scatter needs.
    #[error("{n} values are too few: this model needs at least {needed}")]
    TooFewValues {
        /// Values given.
        n: usize,
        /// Values needed.
        needed: usize,
    },
    /// More values than a method for small samples takes.
    #[error("{n} values are too many: this method takes at most {most}, use nonparametric")]
    TooManyValues {
        /// Values given.
        n: usize,
        /// Values taken.
        most: usize,
    },
    /// A value is not above zero where a method needs its logarithm.
    #[error("row {row}: method {method} needs values above zero, not {value}")]
    NotPositive {
        /// Row, from 1.
        row: usize,
        /// The value.
        value: f64,
        /// The method.
        method: &'static str,
    },
    /// A method for independent specimens was asked for, but heats differ.
    #[error("method {method} needs independent specimens, but heats differ ({test}): use anova")]
    HeatsDiffer {
        /// The method.
        method: &'static str,
        /// The test that says so, with its figures.
        test: String,
    },
    /// An upper bound is beyond the largest double.
    #[error("the bound is larger than any number: too few values for this content and confidence")]
    BoundNotFinite,
    /// A model without intercept and without columns.
    #[error("the model has neither an intercept nor a column")]
    NoTerms,
    /// Powers were asked of more than one column.
    #[error("degree {degree} was asked for with {columns} x columns: powers need exactly one")]
    PowersNeedOneColumn {
        /// The degree asked for.
        degree: u32,
        /// The number of x columns.
        columns: usize,
    },
    /// A column is a linear combination of the others.
    #[error("column {column} is a linear combination of the other columns")]
    RankDeficient {
        /// Name of the dependent column.
        column: String,
    },
    /// A slope was asked for, but x does not vary.
    #[error("x is the same for every specimen: a slope cannot be estimated")]
    ConstantX,
    /// A polynomial has more bends than x has values.
    #[error("degree {degree} needs at least {needed} different values of x, not {distinct}")]
    TooFewDistinct {
        /// The degree asked for.
        degree: u32,
        /// Different values found.
        distinct: usize,
        /// Different values needed.
        needed: usize,
    },
    /// Heat numbers leave gaps.
    #[error("heat index {missing} has no specimen: indices must run from 0 without gaps")]
    HeatsNotDense {
        /// The first index without a specimen.
        missing: usize,
    },
    /// Too few heats to see the scatter between them.
    #[error("{heats} heats are too few: scatter between heats needs at least {needed}")]
    TooFewHeats {
        /// Heats given.
        heats: usize,
        /// Heats needed.
        needed: usize,
    },
    /// Heats and covariate explain the same differences.
    #[error("heat and x are confounded: no specimens are left over to measure scatter in a heat")]
    Confounded,
    /// tr₂ is too small: the regression absorbs the heats.
    #[error("scatter between heats cannot be estimated (tr2 = {tr2:e}): x absorbs the heats")]
    HeatScatterNotEstimable {
        /// The trace that would be divided by.
        tr2: f64,
    },
    /// All values lie on the fitted line.
    #[error("the values show no scatter at all: a bound would claim certainty")]
    NoScatter,
    /// A bound was asked for outside the observed range.
    #[error("x = {at} is outside the observed range {min} to {max}: no extrapolation")]
    Extrapolation {
        /// Where the bound was asked for.
        at: f64,
        /// Smallest observed x.
        min: f64,
        /// Largest observed x.
        max: f64,
    },
    /// A bound was asked for outside the observed range of one of several regressors.
    #[error("{column} = {at} is outside the observed range {min} to {max}: no extrapolation")]
    OutsideRange {
        /// Name of the regressor.
        column: String,
        /// Its value where the bound was asked for.
        at: f64,
        /// Smallest observed value.
        min: f64,
        /// Largest observed value.
        max: f64,
    },
    /// An effect was asked of something that is not in the model.
    #[error("the model has no regressor {}: an effect cannot be given", regressor + 1)]
    NoRegressor {
        /// Index of the regressor, from 0; the message counts from 1.
        regressor: usize,
    },
    /// The model cannot be fitted without one of the heats.
    #[error("without heat {} the model cannot be fitted: that heat alone determines it", heat + 1)]
    HeatIndispensable {
        /// Index of the heat, from 0; the message counts from 1.
        heat: usize,
    },
    /// Fewer heats than groups to put them in.
    #[error("{heats} heats cannot be put into {folds} groups: between 2 and {heats} are possible")]
    Folds {
        /// Groups asked for.
        folds: usize,
        /// Heats there are.
        heats: usize,
    },
    /// A content or confidence is not a probability.
    #[error("{what} must lie strictly between 0 and 1, not {value}")]
    Probability {
        /// `content`, `confidence` or `probability`.
        what: &'static str,
        /// The value given.
        value: f64,
    },
    /// A distribution's parameter is out of range.
    #[error("{what} = {value} is outside the distribution's range")]
    Parameter {
        /// Name of the parameter.
        what: &'static str,
        /// The value given.
        value: f64,
    },
    /// A method nobody knows.
    #[error(
        "method {name} is not known: use auto, normal, lognormal, weibull, hanson-koopmans, \
         nonparametric, anova, regression or random-heats"
    )]
    UnknownMethod {
        /// The name given.
        name: String,
    },
    /// A method lacks something it needs.
    #[error("method {method} needs {what}")]
    MethodNeeds {
        /// The method.
        method: &'static str,
        /// What is missing.
        what: &'static str,
    },
    /// A message of the linfa traits.
    #[error("model library: {0}")]
    Library(String),
}

impl From<linfa::Error> for ModelError {
    /// `linfa::traits::Fit` demands this conversion; nothing in this room relies on it.
    fn from(error: linfa::Error) -> ModelError {
        ModelError::Library(error.to_string())
    }
}

impl ModelError {
    /// Whether the request, rather than the data, is at fault (exit code 2 rather than 5).
    pub fn is_usage(&self) -> bool {
        matches!(
            self,
            ModelError::NoTerms
                | ModelError::PowersNeedOneColumn { .. }
                | ModelError::Probability { .. }
                | ModelError::Parameter { .. }
                | ModelError::UnknownMethod { .. }
                | ModelError::MethodNeeds { .. }
                | ModelError::Folds { .. }
                | ModelError::NoRegressor { .. }
                | ModelError::Length { .. }
        )
    }
}
