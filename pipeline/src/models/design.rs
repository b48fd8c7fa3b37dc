//! What is regressed on what: predictors, their powers, and whether there is an intercept.

use super::double_double::DoubleDouble;
use super::error::ModelError;

/// A measured x column.
#[derive(Clone, Debug, PartialEq)]
pub struct Predictor {
    /// The column's name.
    pub name: String,
    /// One value per row.
    pub values: Vec<f64>,
}

/// A column of the design matrix: a power of one predictor.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Term {
    predictor: usize,
    power: u32,
}

/// The right-hand side of a regression.
#[derive(Clone, Debug, PartialEq)]
pub struct Design {
    predictors: Vec<Predictor>,
    terms: Vec<Term>,
    intercept: bool,
}

impl Design {
    /// An intercept alone: the model of a mean.
    pub fn mean() -> Design {
        Design {
            predictors: Vec::new(),
            terms: Vec::new(),
            intercept: true,
        }
    }

    /// Every predictor as it stands.
    pub fn linear(predictors: Vec<Predictor>, intercept: bool) -> Design {
        let terms = (0..predictors.len())
            .map(|predictor| Term {
                predictor,
                power: 1,
            })
            .collect();
        Design {
            predictors,
            terms,
            intercept,
        }
    }

    /// One predictor with its powers 1 to `degree`; degree 0 leaves the intercept alone.
    pub fn polynomial(predictor: Predictor, degree: u32, intercept: bool) -> Design {
        let terms = (1..=degree)
            .map(|power| Term {
                predictor: 0,
                power,
            })
            .collect();
        Design {
            predictors: vec![predictor],
            terms,
            intercept,
        }
    }

    /// Whether the model has an intercept.
    pub fn has_intercept(&self) -> bool {
        self.intercept
    }

    /// The measured columns.
    pub fn predictors(&self) -> &[Predictor] {
        &self.predictors
    }

    /// Names of the coefficients in order: `intercept`, `x`, `x^2`, ….
    pub fn coefficient_names(&self) -> Vec<String> {
        let intercept = self.intercept.then(|| "intercept".to_owned());
        intercept
            .into_iter()
            .chain((0..self.terms.len()).map(|term| self.term_name(term)))
            .collect()
    }

    /// Number of coefficients.
    pub fn coefficients(&self) -> usize {
        self.terms.len() + usize::from(self.intercept)
    }

    pub(super) fn term_name(&self, term: usize) -> String {
        let Term { predictor, power } = self.terms[term];
        let name = &self.predictors[predictor].name;
        if power == 1 {
            name.clone()
        } else {
            format!("{name}^{power}")
        }
    }

    /// The columns of the terms; powers keep the digits that a double would round away.
    pub(super) fn columns(&self) -> Vec<Vec<DoubleDouble>> {
        let column = |term: &Term| {
            let values = &self.predictors[term.predictor].values;
            values
                .iter()
                .map(|&x| DoubleDouble::from(x).powi(term.power))
                .collect()
        };
        self.terms.iter().map(column).collect()
    }

    /// The terms at one point, given one value per predictor.
    ///
    /// # Errors
    /// The number of values differs from the number of predictors, or one is not finite.
    pub(super) fn row(&self, at: &[f64]) -> Result<Vec<DoubleDouble>, ModelError> {
        if at.len() != self.predictors.len() {
            return Err(ModelError::Length {
                what: "the point".to_owned(),
                expected: self.predictors.len(),
                found: at.len(),
            });
        }
        if let Some(position) = at.iter().position(|x| !x.is_finite()) {
            let column = self.predictors[position].name.clone();
            return Err(ModelError::NotFinite { row: 1, column });
        }
        Ok(self
            .terms
            .iter()
            .map(|t| DoubleDouble::from(at[t.predictor]).powi(t.power))
            .collect())
    }

    /// Checks lengths and finiteness against `y`.
    ///
    /// # Errors
    /// A column of another length than `y`; a NaN or infinity, the earliest row first.
    pub(super) fn check(&self, y: &[f64]) -> Result<(), ModelError> {
        for predictor in &self.predictors {
            if predictor.values.len() != y.len() {
                return Err(ModelError::Length {
                    what: format!("column {}", predictor.name),
                    expected: y.len(),
                    found: predictor.values.len(),
                });
            }
        }
        for (row, response) in y.iter().enumerate() {
            let bad = self.predictors.iter().find(|p| !p.values[row].is_finite());
            let column = match bad {
                Some(predictor) => predictor.name.clone(),
                None if !response.is_finite() => "y".to_owned(),
                None => continue,
            };
            return Err(ModelError::NotFinite {
                row: row + 1,
                column,
            });
        }
        Ok(())
    }
}
