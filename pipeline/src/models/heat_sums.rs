//! Which specimen belongs to which heat: indices, sizes, and what is left of values within heats.

use std::collections::BTreeMap;

use super::double_double::{DoubleDouble, dot, mean};
use super::error::ModelError;
use super::householder::Factor;

/// Numbers heat ids from 0 in the order of their names, so that the order of rows does not matter.
pub fn index_heats<S: AsRef<str>>(ids: &[S]) -> Vec<usize> {
    let mut numbers: BTreeMap<&str, usize> = ids.iter().map(|id| (id.as_ref(), 0)).collect();
    for (number, entry) in numbers.values_mut().enumerate() {
        *entry = number;
    }
    ids.iter()
        .map(|id| numbers.get(id.as_ref()).copied().unwrap_or_default())
        .collect()
}

/// Specimens per heat.
pub(super) fn heat_sizes(heats: &[usize]) -> Result<Vec<usize>, ModelError> {
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    for &heat in heats {
        *counts.entry(heat).or_default() += 1;
    }
    match counts
        .keys()
        .enumerate()
        .find(|&(expected, &heat)| expected != heat)
    {
        Some((missing, _)) => Err(ModelError::HeatsNotDense { missing }),
        None => Ok(counts.into_values().collect()),
    }
}

/// Residual sum of squares within heats and the rank of [X Z].
pub(super) struct Within {
    pub(super) rss: f64,
    pub(super) rank: usize,
}

/// Fits [X Z]: values less their heat's mean, on x less its heat's mean where x varies in heats.
pub(super) fn within_heats(
    y: &[f64],
    x: Option<&[f64]>,
    heats: &[usize],
    sizes: &[usize],
) -> Within {
    let y = less_heat_means(y, heats, sizes);
    let syy: f64 = y.iter().map(|v| v * v).sum();
    let Some(raw) = x else {
        return Within {
            rss: syy,
            rank: sizes.len(),
        };
    };
    let centre = mean(raw).to_f64();
    let total: f64 = raw.iter().map(|x| (x - centre) * (x - centre)).sum();
    let x = less_heat_means(raw, heats, sizes);
    let sxx: f64 = x.iter().map(|x| x * x).sum();
    // The rank tolerance of the plain fit: rounding of x within a heat is not variation.
    let tolerance = raw.len() as f64 * f64::EPSILON;
    let rounding = tolerance * (total.sqrt() + centre.abs());
    if sxx.sqrt() <= rounding {
        return Within {
            rss: syy,
            rank: sizes.len(),
        };
    }
    let slope = x.iter().zip(&y).map(|(x, y)| x * y).sum::<f64>() / sxx;
    let rss = x
        .iter()
        .zip(&y)
        .map(|(x, y)| (y - slope * x) * (y - slope * x))
        .sum();
    Within {
        rss,
        rank: sizes.len() + 1,
    }
}

/// A column of X over the specimens, and what counts as rounding of n of its values.
pub(super) struct WithinColumn {
    pub(super) values: Vec<f64>,
    pub(super) rounding: f64,
}

/// Fits [X Z] for any X: everything less its heat's mean, by pivoted QR.
///
/// A column that does not vary within heats, or varies there only as others do, adds nothing to
/// the rank and is left out.
pub(super) fn within_heats_of_columns(
    y: &[f64],
    columns: &[WithinColumn],
    heats: &[usize],
    sizes: &[usize],
) -> Within {
    let mut kept: Vec<Vec<DoubleDouble>> = Vec::new();
    let mut tolerance = y.len() as f64 * f64::EPSILON;
    for column in columns {
        let values = less_heat_means(&column.values, heats, sizes);
        let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
        if norm > column.rounding {
            tolerance = tolerance.max(column.rounding / norm);
            kept.push(
                values
                    .iter()
                    .map(|v| DoubleDouble::from(v / norm))
                    .collect(),
            );
        }
    }
    let response: Vec<DoubleDouble> = less_heat_means(y, heats, sizes)
        .into_iter()
        .map(DoubleDouble::from)
        .collect();
    let factor = loop {
        match Factor::new(kept.clone(), tolerance) {
            Ok(factor) => break factor,
            Err(dependent) => {
                kept.remove(dependent);
            }
        }
    };
    let mut residuals = response.clone();
    for (column, slope) in kept.iter().zip(factor.solve(&response)) {
        for (residual, &value) in residuals.iter_mut().zip(column) {
            *residual = *residual - slope * value;
        }
    }
    Within {
        rss: dot(&residuals, &residuals).to_f64(),
        rank: sizes.len() + kept.len(),
    }
}

/// Values less the mean of their heat; exactly zero where a heat's values are all equal.
fn less_heat_means(values: &[f64], heats: &[usize], sizes: &[usize]) -> Vec<f64> {
    // Taking a heat's first value off before averaging keeps the digits of the differences.
    let mut first: Vec<Option<f64>> = vec![None; sizes.len()];
    let mut sums = vec![0.0; sizes.len()];
    let mut differences = Vec::with_capacity(values.len());
    for (&value, &heat) in values.iter().zip(heats) {
        let difference = value - *first[heat].get_or_insert(value);
        sums[heat] += difference;
        differences.push(difference);
    }
    for (difference, &heat) in differences.iter_mut().zip(heats) {
        *difference -= sums[heat] / sizes[heat] as f64;
    }
    differences
}

#[cfg(test)]
#[allow(clippy::float_cmp, reason = "exact zeros are the point")]
mod tests {
    use super::*;

    #[test]
    fn heats_are_numbered_by_name() {
        assert_eq!(index_heats(&["H-2", "H-1", "H-2", "H-3"]), [1, 0, 1, 2]);
        assert!(index_heats::<&str>(&[]).is_empty());
    }

    #[test]
    fn equal_values_within_heats_leave_exactly_nothing() {
        // 0.1 three times does not sum to 0.3 in doubles.
        let left = less_heat_means(&[0.1, 0.7, 0.1, 0.1, 0.9], &[0, 1, 0, 0, 1], &[3, 2]);
        assert_eq!([left[0], left[2], left[3]], [0.0; 3]);
        assert!((left[4] - 0.1).abs() < 1e-15 && (left[1] + 0.1).abs() < 1e-15);
    }

    #[test]
    fn columns_count_as_often_as_they_vary_on_their_own_within_heats() {
        let y = [1.0, 2.0, 4.0, 3.0, 5.0, 6.5, 7.0];
        let (heats, sizes) = ([0, 0, 1, 1, 2, 2, 2], [2, 2, 3]);
        let column = |values: &[f64; 7], power: i32| WithinColumn {
            values: values.iter().map(|x| x.powi(power)).collect(),
            rounding: 1e-14,
        };
        let within =
            |columns: &[WithinColumn]| within_heats_of_columns(&y, columns, &heats, &sizes);
        // Two places in one heat: a slope, but no bend beside it.
        let one = [-1.0, -1.0, 0.1, 0.3, 0.1 + 0.2, 0.3, 0.3];
        let line = within_heats(&y, Some(&one), &heats, &sizes);
        for columns in [
            vec![column(&one, 1)],
            vec![column(&one, 1), column(&one, 2)],
        ] {
            let found = within(&columns);
            assert_eq!((found.rank, line.rank), (4, 4));
            assert!((found.rss / line.rss - 1.0).abs() < 1e-12);
        }
        // Three places in one heat show the bend, and y of that heat is then met exactly.
        let two = [-1.0, -1.0, 0.1, 0.1, 0.1, 0.5, 0.9];
        let found = within(&[column(&two, 1), column(&two, 2)]);
        assert_eq!(found.rank, 5);
        assert!((found.rss - 1.0).abs() < 1e-12, "{}", found.rss);
        // No place but one in each heat: the scatter about the heat means is left.
        let none = [-1.0, -1.0, 0.1, 0.1, 0.9, 0.9, 0.9];
        let found = within(&[column(&none, 1), column(&none, 2)]);
        let means = within_heats(&y, None, &heats, &sizes);
        assert_eq!((found.rank, means.rank), (3, 3));
        assert!((found.rss / means.rss - 1.0).abs() < 1e-12);
    }

    #[test]
    fn rounding_of_x_within_a_heat_is_not_variation() {
        let (y, heats, sizes) = (
            [1.0, 2.0, 4.0, 3.0, 5.0, 6.0],
            [0, 0, 1, 1, 2, 2],
            [2, 2, 2],
        );
        let rank = |x: [f64; 6]| within_heats(&y, Some(&x), &heats, &sizes).rank;
        assert_eq!(rank([0.3, 0.1 + 0.2, 0.5, 0.5, 0.7, 0.7]), 3);
        assert_eq!(rank([0.3, 0.31, 0.5, 0.5, 0.7, 0.7]), 4);
    }
}
