//! The sums over heats against the matrices of the definition, and the refusals.

use linfa::traits::Predict;

use super::*;

type Matrix = Vec<Vec<f64>>;

fn product(a: &Matrix, b: &Matrix) -> Matrix {
    let entry = |row: &[f64], j: usize| row.iter().zip(b).map(|(a, line)| a * line[j]).sum();
    a.iter()
        .map(|row| (0..b[0].len()).map(|j| entry(row, j)).collect())
        .collect()
}

fn transposed(a: &Matrix) -> Matrix {
    (0..a[0].len())
        .map(|j| a.iter().map(|row| row[j]).collect())
        .collect()
}

fn inverse2(a: &Matrix) -> Matrix {
    let determinant = a[0][0] * a[1][1] - a[0][1] * a[1][0];
    vec![
        vec![a[1][1] / determinant, -a[0][1] / determinant],
        vec![-a[1][0] / determinant, a[0][0] / determinant],
    ]
}

fn trace(a: &Matrix) -> f64 {
    (0..a.len()).map(|i| a[i][i]).sum()
}

fn near(actual: f64, expected: f64) -> bool {
    (actual - expected).abs() <= 1e-10 * expected.abs().max(1e-3)
}

/// Four heats; x varies inside the last two.
fn example() -> Observations {
    Observations {
        y: vec![20.0, 21.5, 19.0, 21.0, 20.5, 14.0, 15.5, 19.0, 18.5, 18.0],
        x: vec![0.5, 0.5, 0.5, 0.2, 0.2, 0.8, 0.7, 0.9, 0.9, 0.4],
        heats: vec![0, 0, 0, 1, 1, 2, 2, 3, 3, 2],
    }
}

/// Every number of the fit against the matrices of the definition, written out in full.
#[test]
fn sums_over_heats_equal_the_matrices_they_stand_for() {
    let data = example();
    let fit = fit(&data, Model::Linear).unwrap();
    let x: Matrix = data.x.iter().map(|&x| vec![1.0, x]).collect();
    let z: Matrix = data
        .heats
        .iter()
        .map(|&h| (0..4).map(|j| f64::from(u8::from(j == h))).collect())
        .collect();
    let inverse = inverse2(&product(&transposed(&x), &x));
    let hat = product(&product(&x, &inverse), &transposed(&x));
    let zz = product(&transposed(&z), &z);
    let zhz = product(&product(&transposed(&z), &hat), &z);
    let b: Matrix = (0..4)
        .map(|i| (0..4).map(|j| zz[i][j] - zhz[i][j]).collect())
        .collect();
    assert!(near(fit.tr1, trace(&b)) && near(fit.tr2, trace(&product(&b, &b))));

    let y: Matrix = data.y.iter().map(|&y| vec![y]).collect();
    let theta = product(&inverse, &product(&transposed(&x), &y));
    assert!(near(fit.coefficients[0], theta[0][0]) && near(fit.coefficients[1], theta[1][0]));
    let fitted = product(&x, &theta);
    let rss: f64 = y
        .iter()
        .zip(&fitted)
        .map(|(y, f)| (y[0] - f[0]).powi(2))
        .sum();
    assert!(near(fit.rmsa, rss / 8.0) && fit.dof == 8);

    // [X Z] has rank 5: the line's slope beside four heat means.
    assert_eq!((fit.r1, fit.r2, fit.heats), (2, 5, 4));
    let group_mean = |values: &[f64], h: usize| {
        let members = values.iter().zip(&data.heats).filter(|&(_, &g)| g == h);
        members.clone().map(|(v, _)| v).sum::<f64>() / members.count() as f64
    };
    let within: Vec<(f64, f64)> = (0..10)
        .map(|i| {
            let h = data.heats[i];
            (
                data.x[i] - group_mean(&data.x, h),
                data.y[i] - group_mean(&data.y, h),
            )
        })
        .collect();
    let slope = within.iter().map(|(x, y)| x * y).sum::<f64>()
        / within.iter().map(|(x, _)| x * x).sum::<f64>();
    let rss = within
        .iter()
        .map(|(x, y)| (y - slope * x).powi(2))
        .sum::<f64>();
    assert!(near(fit.rmsb, rss / 5.0));
    let between = (8.0 / fit.tr1 * (fit.rmsa - fit.rmsb)).max(0.0);
    assert!(between > 0.0 && near(fit.between_variance, between));

    let zxi = product(&product(&transposed(&z), &x), &inverse);
    for at in [0.2, 0.5, 0.9] {
        let w = vec![vec![1.0], vec![at]];
        let (eta0, eta1) = fit.effective_sizes(at);
        let q0 = product(&product(&transposed(&w), &inverse), &w)[0][0];
        let sums = product(&zxi, &w);
        let q1: f64 = sums.iter().map(|s| s[0] * s[0]).sum();
        assert!(near(eta0, q0.recip()) && near(eta1, q1.recip()));
    }
    let middle = product(&transposed(&zxi), &zxi);
    for (i, line) in fit.covariance.iter().enumerate() {
        for (j, &entry) in line.iter().enumerate() {
            let expected = between * middle[i][j] + fit.rmsb * inverse[i][j];
            assert!(near(entry, expected), "{i} {j}: {entry} {expected}");
        }
    }
}

#[test]
fn data_that_cannot_carry_the_model_are_refused_with_the_reason() {
    let refused = |change: &dyn Fn(&mut Observations), model: Model| {
        let mut data = example();
        change(&mut data);
        fit(&data, model).unwrap_err()
    };
    let line = Model::Linear;
    let heats = |list: [usize; 10]| move |d: &mut Observations| d.heats = list.to_vec();
    assert_eq!(
        refused(&heats([0, 0, 0, 0, 0, 1, 1, 1, 1, 1]), line),
        ModelError::TooFewHeats {
            heats: 2,
            needed: 3
        }
    );
    assert_eq!(
        refused(&heats([0, 0, 0, 0, 3, 1, 1, 1, 1, 1]), line),
        ModelError::HeatsNotDense { missing: 2 }
    );
    assert_eq!(
        refused(&|d| d.x = vec![0.1; 10], line),
        ModelError::ConstantX
    );
    assert_eq!(
        refused(&|d| d.y[3] = f64::NAN, line),
        ModelError::NotFinite {
            row: 4,
            column: "y".to_owned()
        }
    );
    assert_eq!(
        refused(&|d| d.x[0] = f64::INFINITY, line),
        ModelError::NotFinite {
            row: 1,
            column: "x".to_owned()
        }
    );
    assert_eq!(
        refused(&|d| d.y = d.x.iter().map(|x| 3.0 - x).collect(), line),
        ModelError::NoScatter
    );
    assert_eq!(
        refused(&|d| d.y = vec![0.1; 10], Model::Mean),
        ModelError::NoScatter
    );
    assert!(matches!(
        refused(&|d| d.heats.truncate(4), line),
        ModelError::Length { .. }
    ));
    assert!(matches!(
        refused(&|d| d.x.truncate(4), line),
        ModelError::Length { .. }
    ));
    // Nine heats, one of two specimens, and a slope inside it: nothing is left for s_e.
    assert_eq!(
        refused(&heats([0, 1, 2, 3, 4, 5, 6, 7, 8, 8]), line),
        ModelError::Confounded
    );
    let nothing = Observations {
        y: vec![],
        x: vec![],
        heats: vec![],
    };
    assert_eq!(
        fit(&nothing, Model::Mean).unwrap_err(),
        ModelError::TooFewHeats {
            heats: 0,
            needed: 3
        }
    );
}

#[test]
fn equal_specimens_in_each_heat_rest_the_bound_on_the_heats() {
    let heats: Vec<usize> = (0..12).map(|i| i / 3).collect();
    let of_heat = [20.1, 23.3, 21.7, 24.9];
    let data = Observations {
        y: heats.iter().map(|&h| of_heat[h]).collect(),
        x: vec![0.0; 12],
        heats,
    };
    let copied = fit(&data, Model::Mean).unwrap();
    assert_eq!(
        (copied.within_variance, copied.heat_variance_share()),
        (0.0, 1.0)
    );
    // Copying a value adds no information: the same bound as from the four heats alone.
    let alone = Observations {
        y: of_heat.to_vec(),
        x: vec![0.0; 4],
        heats: (0..4).collect(),
    };
    let alone = fit(&alone, Model::Mean).unwrap();
    let bound = |fit: &HeatFit| fit.lower_bound(0.0, 0.9, 0.95).unwrap().bound;
    assert!((bound(&copied) / bound(&alone) - 1.0).abs() < 1e-12);
}

#[test]
fn heats_that_do_not_differ_give_the_bound_of_independent_specimens() {
    // Each heat has the same three values, so RMSA < RMSB and s_b² = 0.
    let data = Observations {
        y: [10.0, 11.0, 12.0].repeat(4),
        x: vec![f64::NAN; 12],
        heats: (0..12).map(|i| i / 3).collect(),
    };
    let fit = fit(&data, Model::Mean).unwrap();
    assert_eq!(
        (fit.between_variance, fit.heat_variance_share()),
        (0.0, 0.0)
    );
    assert_eq!(fit.x_range(), (f64::NEG_INFINITY, f64::INFINITY));
    let k = crate::models::independent::k_normal(12, 0.9, 0.95).unwrap();
    assert!((fit.lower_bound(0.0, 0.9, 0.95).unwrap().k - k).abs() < 1e-12);
}

#[test]
fn linfas_traits_fit_and_predict() {
    let data = example();
    let records = Array2::from_shape_vec((10, 1), data.x.clone()).unwrap();
    let dataset = Dataset::new(records.clone(), Array1::from(data.y.clone()));
    let fitted = RandomHeatParams::new(Model::Linear, data.heats.clone())
        .fit(&dataset)
        .unwrap();
    assert_eq!(fitted, fit(&data, Model::Linear).unwrap());
    let predicted: Array1<f64> = fitted.predict(&records);
    assert_eq!(predicted[3], fitted.estimate(0.2));
}

#[test]
fn a_fit_for_a_verdict_takes_the_bound_that_its_heats_allow() {
    use crate::models::vangel_confidence::tests::lab;
    let even = fit_for_verdict(&lab(&[5; 12]), Model::Linear).unwrap();
    assert!(even.pivotal.is_none() && even.vangel_confidence.unwrap() > 0.94);
    let lab = lab(&[1, 1, 1, 1, 11]);
    let uneven = fit_for_verdict(&lab, Model::Linear).unwrap();
    assert!(uneven.pivotal.is_some() && uneven.vangel_confidence.unwrap() < 0.90);
    let usual = fit(&lab, Model::Linear).unwrap();
    let bound = |fit: &HeatFit| fit.lower_bound(0.3, 0.90, 0.95).unwrap().bound;
    assert!(bound(&uneven) < bound(&usual));
    let json = serde_json::to_string(&uneven).unwrap();
    let back: HeatFit = serde_json::from_str(&json).unwrap();
    assert_eq!(bound(&back).to_bits(), bound(&uneven).to_bits());
    // A mean without x has no range to leave.
    let mean = Observations {
        x: vec![f64::NAN; lab.y.len()],
        ..lab
    };
    let mut mean = fit_for_verdict(&mean, Model::Mean).unwrap();
    let usual = mean.lower_bound(0.0, 0.90, 0.95).unwrap().estimate;
    mean.vangel_confidence = None;
    assert!((mean.lower_bound(9.0, 0.90, 0.95).unwrap().estimate / usual - 1.0).abs() < 1e-12);
}
