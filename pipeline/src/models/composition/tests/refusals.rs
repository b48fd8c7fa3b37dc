//! What is dropped, what is refused, and that degenerate heats are no reason to panic.

use super::*;

const MG: [f64; 12] = [0.3, 0.5, 0.4, 0.6, 0.7, 0.5, 0.8, 0.6, 0.4, 0.9, 0.7, 0.6];
const FE: [f64; 12] = [
    0.12, 0.15, 0.18, 0.14, 0.20, 0.22, 0.17, 0.25, 0.21, 0.19, 0.26, 0.28,
];
const MN: [f64; 12] = [
    0.05, 0.02, 0.07, 0.03, 0.06, 0.05, 0.01, 0.04, 0.08, 0.02, 0.05, 0.03,
];
const SCRAP: [f64; 12] = [
    0.20, 0.25, 0.35, 0.30, 0.50, 0.45, 0.60, 0.55, 0.70, 0.65, 0.80, 0.75,
];
const Y: [f64; 12] = [
    212.0, 220.0, 214.0, 227.0, 230.0, 219.0, 238.0, 224.0, 213.0, 243.0, 229.0, 223.0,
];

fn refusal(data: &CompositionData) -> CompositionError {
    composition_report(data, &settings()).unwrap_err()
}

#[test]
fn columns_are_dropped_by_name_with_a_reason() {
    let aluminium = MG.map(|mg| 99.0 - mg);
    let sludge: Vec<f64> = FE.iter().zip(&MN).map(|(fe, mn)| fe + 2.0 * mn).collect();
    let lead = SCRAP.map(|scrap| 0.01 + 0.1 * scrap);
    let mut data = heats(
        &[
            ("al_wt_pct", &aluminium),
            ("pb_wt_pct", &lead),
            ("mg_wt_pct", &MG),
            ("fe_wt_pct", &FE),
            ("mn_wt_pct", &MN),
            ("be_wt_pct", &[0.0; 12]),
            ("zn_wt_pct", &[0.1 + 0.2; 12]),
            ("sr_wt_pct", &MG),
            ("sludge_factor", &sludge),
        ],
        Some(&SCRAP),
        &Y,
    );
    data.columns[7][4] = None;
    // A heat without any composition is left out instead of dropping every column.
    for column in &mut data.columns {
        column.push(None);
    }
    data.y.push(220.0);
    data.heats.push(12);
    data.scrap.as_mut().unwrap().push(0.9);
    let report = composition_report(&data, &settings()).unwrap();
    assert_eq!((report.heats, report.heats_without_composition), (12, 1));
    let dropped: Vec<(&str, &str)> = report
        .dropped
        .iter()
        .map(|dropped| (dropped.name.as_str(), dropped.reason.as_str()))
        .collect();
    assert_eq!(
        dropped,
        [
            ("al_wt_pct", "the balance element"),
            (
                "pb_wt_pct",
                "follows the scrap ratio exactly: the two effects cannot be told apart"
            ),
            ("be_wt_pct", "the same in all heats"),
            ("zn_wt_pct", "the same in all heats"),
            ("sr_wt_pct", "measured in 11 of 12 heats"),
            (
                "sludge_factor",
                "a linear combination of the columns before it"
            ),
        ]
    );
    let mut kept: Vec<&str> = report.effects.iter().map(|e| e.name.as_str()).collect();
    kept.sort_unstable();
    assert_eq!(kept, ["fe_wt_pct", "mg_wt_pct", "mn_wt_pct"]);
}

#[test]
fn refused_with_a_reason() {
    let good = heats(&[("mg", &MG), ("fe", &FE)], Some(&SCRAP), &Y);
    let with = |change: &dyn Fn(&mut CompositionData)| {
        let mut data = good.clone();
        change(&mut data);
        refusal(&data).to_string()
    };
    let few = with(&|data| data.heats = (0..12).map(|row| row % 9).collect());
    assert_eq!(
        few,
        "9 heats with a composition are too few: at least 10 are needed"
    );
    let none = refusal(&CompositionData::default());
    assert_eq!(
        none,
        CompositionError::TooFewHeats {
            heats: 0,
            needed: 10
        }
    );
    let flat = with(&|data| data.y = vec![0.1 + 0.2; 12]);
    assert_eq!(
        flat,
        "y is the same in all heats: there is no effect to attribute"
    );
    let still = with(&|data| data.columns = vec![vec![Some(0.4); 12]; 2]);
    assert_eq!(
        still,
        "no element can be used: mg: the same in all heats; fe: the same in all heats"
    );
    let missing = with(&|data| data.columns[1][2] = Some(f64::NAN));
    assert_eq!(missing, "row 3, column fe: not a finite number");
    let endless = with(&|data| data.y[11] = f64::INFINITY);
    assert_eq!(endless, "row 12, column y: not a finite number");
    let unknown = with(&|data| data.scrap.as_mut().unwrap()[0] = f64::NAN);
    assert_eq!(unknown, "row 1, column scrap ratio: not a finite number");
    let twice = with(&|data| data.names[1] = "mg".to_owned());
    assert_eq!(twice, "column mg is given twice");
    for short in [
        with(&|data| data.columns[0].truncate(11)),
        with(&|data| data.heats.truncate(11)),
        with(&|data| data.scrap.as_mut().unwrap().truncate(11)),
    ] {
        assert!(
            short.ends_with("has 11 values where 12 were expected"),
            "{short}"
        );
    }
    let unnamed = with(&|data| data.names.truncate(1));
    assert_eq!(unnamed, "columns has 2 values where 1 were expected");
}

#[test]
fn settings_that_cannot_be() {
    type Change = fn(&mut CompositionSettings);
    let changes: [(&str, Change); 10] = [
        ("fewest_heats", |s| s.fewest_heats = 3),
        ("folds", |s| s.folds = 1),
        ("components", |s| s.components = 0),
        ("l1_ratios", |s| s.l1_ratios.push(0.0)),
        ("l1_ratios", |s| s.l1_ratios.clear()),
        ("penalties", |s| s.penalties.push(f64::NAN)),
        ("ridge", |s| s.ridge = 0.0),
        ("confidence", |s| s.confidence = 1.0),
        ("column_share", |s| s.column_share = 1.01),
        ("resamples", |s| s.resamples = 19),
    ];
    settings().check().unwrap();
    for (expected, change) in changes {
        let mut settings = settings();
        change(&mut settings);
        match settings.check().unwrap_err() {
            CompositionError::Setting { key, .. } => assert_eq!(key, expected),
            other => panic!("{other}"),
        }
    }
    let unknown = format!("{SECTION}\nfolds_of = 3");
    assert!(toml::from_str::<CompositionSettings>(&unknown).is_err());
}

/// Answers, not panics: linfa-pls goes on with rounding when its components are used up, and
/// linfa-elasticnet never closes the gap of a y that is all zeros.
#[test]
fn degenerate_heats_are_answered() {
    // y is one column exactly, and the scrap ratio exactly: components run out after the first.
    let line = MG.map(|mg| 200.0 + 40.0 * mg);
    let report = composition_report(&heats(&[("mg", &MG)], None, &line), &settings()).unwrap();
    assert!(report.pls.score.cv_rmse < 1e-9 && report.pls.components == 1);
    let scrap = SCRAP.map(|scrap| 250.0 - 40.0 * scrap);
    let data = heats(&[("mg", &MG), ("fe", &FE)], Some(&SCRAP), &scrap);
    let report = composition_report(&data, &settings()).unwrap();
    assert!(report.elastic_net.score.cv_rmse < 1e-9);
    let remainder = report.scrap.unwrap().remainder_per_10pct.estimate;
    assert!((remainder + 4.0).abs() < 1e-9, "{remainder}");
    // One heat holds all the difference: most folds and a third of the resamples see none.
    let mut spike = [0.0; 12];
    spike[5] = 1.0;
    let y: Vec<f64> = spike.iter().map(|s| 200.0 + s).collect();
    let report = composition_report(&heats(&[("ni", &spike)], Some(&spike), &y), &settings());
    assert!(matches!(
        report,
        Err(CompositionError::NothingVaries { .. })
    ));
    let model = "partial least squares";
    let data = heats(&[("ni", &spike), ("mg", &MG)], None, &y);
    assert_eq!(refusal(&data), CompositionError::NoFit { model });
    let data = heats(&[("ni", &SCRAP), ("mg", &MG)], Some(&spike), &Y);
    let report = composition_report(&data, &settings()).unwrap();
    assert!(
        report.resamples > 100 && report.resamples < 150,
        "{}",
        report.resamples
    );
    // More columns than heats.
    let many: Vec<Vec<f64>> = (0..20_i32)
        .map(|k| {
            MG.iter()
                .map(|mg| (mg * f64::from(k + 3) * 7.7).sin())
                .collect()
        })
        .collect();
    let names: Vec<String> = (0..20).map(|k| format!("x{k}")).collect();
    let columns: Vec<(&str, &[f64])> = names
        .iter()
        .zip(&many)
        .map(|(name, values)| (name.as_str(), values.as_slice()))
        .collect();
    let report = composition_report(&heats(&columns, Some(&SCRAP), &Y), &settings()).unwrap();
    assert_eq!(report.resamples, 0);
    assert!(report.mean.cv_rmse.is_finite() && report.forest.cv_rmse.is_finite());
}
