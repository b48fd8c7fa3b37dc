//! Which method suits a group, and why: what `auto` stands for.

use super::anova_bound::{OneWay, by_heat};
use super::basis_request::{Method, Request, Sample};
use super::diagnostics::{Diagnostic, Outcome, SIGNIFICANCE, anderson_darling_normal};
use super::error::ModelError;
use super::goodness_of_fit::{anderson_darling_lognormal, anderson_darling_weibull};
use super::k_sample::{POOLING_SIGNIFICANCE, anderson_darling_k_sample};
use super::sample_bounds::nonparametric;

/// A method with the degree in x it is to be fitted with.
pub(super) struct Choice {
    pub(super) method: Method,
    /// 0 where x is absent, or does not vary and `auto` was asked for.
    pub(super) degree: u32,
    /// Why `auto` chose it; empty otherwise.
    pub(super) reasons: Vec<String>,
}

/// The method that `auto` stands for, and whether the sample has what the method needs.
pub(super) fn choose(sample: &Sample<'_>, request: &Request) -> Result<Choice, ModelError> {
    let asked = |method| Choice {
        method,
        degree: request.degree,
        reasons: Vec::new(),
    };
    let choice = match request.method {
        Method::Auto => automatic(sample, request)?,
        method => asked(method),
    };
    let method = choice.method.as_str();
    let what = match choice.method {
        Method::RandomHeats | Method::Anova if sample.heats.is_none() => {
            "a column that names the heats"
        }
        Method::Regression if sample.x.is_none() => "an x column",
        _ => return Ok(choice),
    };
    Err(ModelError::MethodNeeds { method, what })
}

fn automatic(sample: &Sample<'_>, request: &Request) -> Result<Choice, ModelError> {
    // A NaN counts as variation, so that the fit names its row.
    let varies = |x: &[f64]| {
        x.windows(2)
            .any(|pair| pair[0].to_bits() != pair[1].to_bits())
    };
    let constant = request.degree > 0 && sample.x.is_some_and(|x| !varies(x));
    let on_x = request.degree > 0 && sample.x.is_some() && !constant;
    let mut reasons = Vec::new();
    if constant {
        reasons.push("x is the same for every specimen: a mean instead of a line".to_owned());
    }
    let method = match (sample.heats, on_x) {
        (Some(_), true) => {
            reasons.push(format!(
                "heats are given and x varies: a {} with random heats",
                if request.degree == 1 {
                    "line"
                } else {
                    "polynomial"
                }
            ));
            Method::RandomHeats
        }
        (Some(_), false) => {
            reasons.push("heats are given: a mean with random heats".to_owned());
            Method::RandomHeats
        }
        (None, true) => {
            reasons.push("x varies and no heats are given: regression".to_owned());
            Method::Regression
        }
        (None, false) => by_shape(sample.y, request, &mut reasons)?,
    };
    Ok(Choice {
        method,
        degree: if on_x { request.degree } else { 0 },
        reasons,
    })
}

/// A goodness-of-fit test.
type ShapeTest = fn(&[f64]) -> Diagnostic;

/// The first of normal, lognormal and Weibull that the test does not reject; order statistics when
/// all three are rejected.
fn by_shape(y: &[f64], request: &Request, reasons: &mut Vec<String>) -> Result<Method, ModelError> {
    let tests: [(Method, ShapeTest); 3] = [
        (Method::Normal, anderson_darling_normal),
        (Method::Lognormal, anderson_darling_lognormal),
        (Method::Weibull, anderson_darling_weibull),
    ];
    for (method, test) in tests {
        let found = test(y);
        match (found.outcome, found.p) {
            (Outcome::Pass, Some(p)) => {
                reasons.push(format!(
                    "{method}: Anderson–Darling significance {p:.3} is above {SIGNIFICANCE}"
                ));
                return Ok(method);
            }
            (Outcome::Skipped, _) if method == Method::Normal => {
                // Too few values, or values that no method takes: the fit says which.
                reasons.push(format!(
                    "{method}: taken for granted, since its test could not be made ({})",
                    found.reason
                ));
                return Ok(method);
            }
            (_, Some(p)) => reasons.push(format!(
                "not {method}: Anderson–Darling significance {p:.2e} is not above {SIGNIFICANCE}"
            )),
            (_, None) => reasons.push(format!("not {method}: {}", found.reason)),
        }
    }
    let n = y.len();
    let mut method = Method::HansonKoopmans;
    for content in request.contents() {
        let needed = nonparametric::smallest_sample(content, request.confidence)?;
        if n >= needed {
            method = Method::Nonparametric;
            reasons.push(format!(
                "nonparametric for content {content}: {n} values, {needed} needed"
            ));
        } else {
            reasons.push(format!(
                "hanson-koopmans for content {content}: nonparametric needs {needed} values"
            ));
        }
    }
    Ok(method)
}

/// The order-statistic method of one content, when `auto` may pick it.
pub(super) fn by_size(n: usize, content: f64, confidence: f64) -> Result<Method, ModelError> {
    Ok(
        if n >= nonparametric::smallest_sample(content, confidence)? {
            Method::Nonparametric
        } else {
            Method::HansonKoopmans
        },
    )
}

/// Refuses methods that need independent specimens when heats differ, naming the test that says so.
///
/// One specimen per heat leaves nothing to compare: specimens then are as independent as heats.
pub(super) fn check_independence(
    method: Method,
    y: &[f64],
    heats: &[usize],
) -> Result<(), ModelError> {
    let refused = |test| {
        let method = method.as_str();
        Err(ModelError::HeatsDiffer { method, test })
    };
    let groups = by_heat(y, heats);
    if groups.iter().all(|group| group.len() < 2) {
        return Ok(());
    }
    if let Some((f, p)) = OneWay::new(&groups).f_test()
        && p < SIGNIFICANCE
    {
        return refused(format!("one-way ANOVA F = {f:.3}, p = {p:.2e}"));
    }
    let found = anderson_darling_k_sample(y, heats);
    if let (Outcome::Fail, Some(adk), Some(critical)) =
        (found.outcome, found.statistic, found.critical)
    {
        return refused(format!(
            "k-sample Anderson–Darling ADK = {adk:.3} above {critical:.3} at {POOLING_SIGNIFICANCE}"
        ));
    }
    Ok(())
}
