//! Ordinary regression for `regrade regress`: coefficients with standard errors and their tests.

use serde::Serialize;

use super::design::{Design, Predictor};
use super::distributions::student_two_sided_p;
use super::error::ModelError;
use super::least_squares::{LeastSquares, solve};

/// One coefficient.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TermEstimate {
    /// `intercept`, the column's name, or `x^2` and so on.
    pub name: String,
    /// The coefficient in the units of y over the units of the term.
    pub estimate: f64,
    /// Standard error σ̂·√((X'X)⁻¹)ⱼⱼ; null without residual degrees of freedom.
    pub se: Option<f64>,
    /// estimate / se; null when se is null or zero (a perfect fit).
    pub t: Option<f64>,
    /// Two-sided p of the coefficient being zero; null when t is null.
    pub p: Option<f64>,
}

/// A regression as `regrade regress --format json` prints it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Regression {
    /// Rows.
    pub n: usize,
    /// Coefficients, the intercept included.
    pub p: usize,
    /// Rank of the design; equals `p`, since a lower rank is refused.
    pub rank: usize,
    /// Residual degrees of freedom.
    pub dof: usize,
    /// Residual standard deviation; null without degrees of freedom.
    pub sigma: Option<f64>,
    /// 1 − RSS/TSS. TSS is about the mean with an intercept and about zero without one, so the two
    /// must not be compared with each other. Null when y does not vary.
    pub r2: Option<f64>,
    /// 1 − (1 − r2)·(n − 1)/dof, with n in place of n − 1 without an intercept; null where r2 is
    /// null or dof is zero.
    pub adj_r2: Option<f64>,
    /// Condition number of the centred and scaled design, in the 1-norm.
    pub condition: f64,
    /// The coefficients, intercept first.
    pub terms: Vec<TermEstimate>,
}

/// Regresses `y` on named columns.
///
/// `degree` above 1 adds the powers `x^2`, `x^3`, … of a single column; 1 takes all columns as they
/// stand; 0 leaves the intercept alone. A perfect fit has σ̂ = 0 and null t and p.
///
/// # Errors
/// [`ModelError::PowersNeedOneColumn`], and everything [`solve`] refuses.
pub fn regress(
    y: &[f64],
    columns: &[(&str, &[f64])],
    degree: u32,
    intercept: bool,
) -> Result<Regression, ModelError> {
    let predictor = |&(name, values): &(&str, &[f64])| Predictor {
        name: name.to_owned(),
        values: values.to_vec(),
    };
    let design = match (degree, columns) {
        (0, _) => Design::linear(Vec::new(), intercept),
        (1, columns) => Design::linear(columns.iter().map(predictor).collect(), intercept),
        (degree, [column]) => Design::polynomial(predictor(column), degree, intercept),
        (degree, columns) => {
            return Err(ModelError::PowersNeedOneColumn {
                degree,
                columns: columns.len(),
            });
        }
    };
    let fit = solve(&design, y)?;
    Ok(summarise(&fit, y))
}

/// The printed form of a fit.
fn summarise(fit: &LeastSquares, y: &[f64]) -> Regression {
    let sigma = fit.sigma();
    let intercept = fit.design.has_intercept();
    let total = total_sum_of_squares(y, intercept);
    let r2 = (total > 0.0).then(|| 1.0 - fit.rss / total);
    let total_dof = (fit.n - usize::from(intercept)) as f64;
    let adj_r2 = r2
        .filter(|_| fit.dof > 0)
        .map(|r2| 1.0 - (1.0 - r2) * total_dof / fit.dof as f64);
    let terms = fit
        .design
        .coefficient_names()
        .into_iter()
        .enumerate()
        .map(|(j, name)| {
            let estimate = fit.coefficients[j];
            let se = sigma.map(|sigma| sigma * fit.inverse[j][j].sqrt());
            let t = se.filter(|&se| se > 0.0).map(|se| estimate / se);
            let p = t.map(|t| student_two_sided_p(t, fit.dof as f64));
            TermEstimate {
                name,
                estimate,
                se,
                t,
                p,
            }
        })
        .collect();
    Regression {
        n: fit.n,
        p: fit.rank,
        rank: fit.rank,
        dof: fit.dof,
        sigma,
        r2,
        adj_r2,
        condition: fit.condition,
        terms,
    }
}

/// Σ(y − ȳ)², or Σy² without an intercept.
fn total_sum_of_squares(y: &[f64], intercept: bool) -> f64 {
    let centre = if intercept {
        super::double_double::mean(y).to_f64()
    } else {
        0.0
    };
    y.iter().map(|v| (v - centre) * (v - centre)).sum()
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
mod tests {
    use super::*;
    use crate::models::reference::assert_digits;

    #[test]
    fn a_line_by_hand_with_and_without_intercept() {
        // Sxx = 10, Sxy = 8, Syy = 10, so the slope is 0.8 and RSS = 10 − 0.8·8 = 3.6.
        let (x, y) = ([0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 3.0, 2.0, 5.0, 4.0]);
        let line = regress(&y, &[("x", &x)], 1, true).unwrap();
        assert_digits("R²", line.r2.unwrap(), 0.64, 14.0);
        assert_digits("adjusted R²", line.adj_r2.unwrap(), 0.52, 14.0);
        assert_digits("σ", line.sigma.unwrap(), 1.2_f64.sqrt(), 14.0);
        for (term, estimate, variance) in [(0, 1.4, 1.2 * 0.6), (1, 0.8, 1.2 / 10.0)] {
            let term = &line.terms[term];
            assert_digits(&term.name, term.estimate, estimate, 14.0);
            assert_digits(&term.name, term.se.unwrap(), f64::sqrt(variance), 14.0);
        }
        // Through the origin: Σxy = 38, Σx² = 30, Σy² = 55, and R² is about zero.
        let ray = regress(&y, &[("x", &x)], 1, false).unwrap();
        assert_eq!((ray.p, ray.dof), (1, 4));
        assert_digits("slope", ray.terms[0].estimate, 38.0 / 30.0, 14.0);
        let r2 = 38.0 * 38.0 / (30.0 * 55.0);
        assert_digits("R²", ray.r2.unwrap(), r2, 14.0);
        assert_digits(
            "adjusted R²",
            ray.adj_r2.unwrap(),
            1.0 - (1.0 - r2) * 5.0 / 4.0,
            14.0,
        );
    }

    #[test]
    fn json_has_the_documented_keys() {
        let x = [0.0, 0.1, 0.2, 0.3, 0.4, 0.5];
        let y = [200.0, 201.0, 196.0, 197.0, 190.0, 188.0];
        let regression = regress(&y, &[("scrap", &x)], 2, true).unwrap();
        let text = serde_json::to_string(&regression).unwrap();
        let mut from = 0;
        for key in [
            "n",
            "p",
            "rank",
            "dof",
            "sigma",
            "r2",
            "adj_r2",
            "condition",
            "terms",
            "name",
            "estimate",
            "se",
            "t",
            "p",
        ] {
            let key = format!("\"{key}\":");
            from += text[from..]
                .find(&key)
                .unwrap_or_else(|| panic!("{key} missing in {text}"));
        }
        let names: Vec<_> = regression
            .terms
            .iter()
            .map(|term| term.name.as_str())
            .collect();
        assert_eq!(names, ["intercept", "scrap", "scrap^2"]);
        assert_eq!(
            (regression.n, regression.p, regression.rank, regression.dof),
            (6, 3, 3, 3)
        );
        let slope = &regression.terms[1];
        assert!((slope.t.unwrap() - slope.estimate / slope.se.unwrap()).abs() < 1e-12);
        assert!(slope.p.unwrap() > 0.0 && slope.p.unwrap() < 1.0);
        assert!(regression.adj_r2.unwrap() < regression.r2.unwrap());
    }

    #[test]
    fn a_perfect_fit_has_no_t() {
        let regression = regress(
            &[1.0, 3.0, 5.0, 7.0],
            &[("x", &[0.0, 1.0, 2.0, 3.0])],
            1,
            true,
        )
        .unwrap();
        assert_eq!((regression.sigma, regression.r2), (Some(0.0), Some(1.0)));
        assert!(
            regression
                .terms
                .iter()
                .all(|term| term.se == Some(0.0) && term.t.is_none() && term.p.is_none())
        );
        let saturated = regress(&[1.0, 3.0], &[("x", &[0.0, 1.0])], 1, true).unwrap();
        assert_eq!((saturated.sigma, saturated.adj_r2), (None, None));
        assert!(saturated.terms.iter().all(|term| term.se.is_none()));
        let constant = regress(&[2.0, 2.0, 2.0], &[], 0, true).unwrap();
        assert_eq!(constant.r2, None);
    }

    #[test]
    fn powers_of_several_columns_are_refused() {
        let x = [1.0, 2.0, 3.0];
        let error = regress(&x, &[("a", &x), ("b", &x)], 2, true).unwrap_err();
        assert_eq!(
            error,
            ModelError::PowersNeedOneColumn {
                degree: 2,
                columns: 2
            }
        );
        assert!(error.is_usage());
    }
}
