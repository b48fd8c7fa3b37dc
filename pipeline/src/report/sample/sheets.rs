//! Sheets with planted lines and a scatter that is always the same.

use std::collections::BTreeMap;

use super::night::ATTACK;
use crate::domain::{Grade, Property, ScrapDefinition};
use crate::report::input::{
    CheckLine, CurvePoint, Effect, GradeSheet, HeatMean, HeatRow, PropertySheet, SpecimenPoint,
};

/// A straight line with a bound that opens towards its ends.
#[derive(Clone, Copy)]
pub(super) struct Truth {
    pub property: Property,
    pub at_zero: f64,
    pub per_unit: f64,
    pub depth: f64,
}

impl Truth {
    fn estimate(self, x: f64) -> f64 {
        self.at_zero + self.per_unit * x
    }

    fn bound(self, x: f64, highest: f64) -> f64 {
        let from_middle = 2.0 * x / highest - 1.0;
        self.estimate(x) - self.depth * (1.0 + 0.2 * from_middle * from_middle)
    }
}

/// Numbers in −1..1 that look random and are always the same.
struct Scatter(u64);

impl Scatter {
    fn next(&mut self) -> f64 {
        let mut sum = 0.0;
        for _ in 0..3 {
            self.0 = self
                .0
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            sum += (self.0 >> 11) as f64 / (1u64 << 53) as f64;
        }
        sum / 1.5 - 1.0
    }
}

/// A sheet of `heats` heats with six specimens each, up to the scrap ratio `highest`.
pub(super) fn sheet(
    grade: Grade,
    heats: usize,
    highest: Option<f64>,
    truths: &[Truth],
    seed: u64,
) -> GradeSheet {
    let mut scatter = Scatter(seed);
    let heat_ids: Vec<String> = (0..heats)
        .map(|i| match i {
            0 => ATTACK.to_owned(),
            _ => format!("C26-{}-{:02}", 4100 + seed, i),
        })
        .collect();
    let ratio = |i: usize| highest.map(|h| h * i as f64 / (heats - 1).max(1) as f64);
    let mut rows: Vec<HeatRow> = heat_ids
        .iter()
        .enumerate()
        .map(|(i, id)| HeatRow {
            heat_id: id.clone(),
            scrap_ratio: ratio(i),
            specimens: 6,
            means: BTreeMap::from([
                (
                    "fe_wt_pct".to_owned(),
                    0.12 + 0.5 * ratio(i).unwrap_or(0.4) + 0.02 * scatter.next(),
                ),
                (
                    "cu_wt_pct".to_owned(),
                    0.03 + 0.4 * ratio(i).unwrap_or(0.4) + 0.01 * scatter.next(),
                ),
            ]),
        })
        .collect();
    let properties = truths
        .iter()
        .map(|truth| {
            let mut specimens = Vec::new();
            let mut heat_means = Vec::new();
            for (i, id) in heat_ids.iter().enumerate() {
                let level =
                    truth.estimate(ratio(i).unwrap_or(0.2)) + 0.45 * truth.depth * scatter.next();
                let values: Vec<f64> = (0..6)
                    .map(|_| level + 0.5 * truth.depth * scatter.next())
                    .collect();
                let mean = values.iter().sum::<f64>() / 6.0;
                heat_means.push(HeatMean {
                    heat_id: id.clone(),
                    x: ratio(i),
                    y: mean,
                    n: 6,
                });
                rows[i]
                    .means
                    .insert(truth.property.column().to_owned(), mean);
                specimens.extend(values.into_iter().enumerate().map(|(k, y)| SpecimenPoint {
                    specimen_id: format!("{id}-{k}"),
                    heat_id: id.clone(),
                    x: ratio(i),
                    y,
                }));
            }
            let curve = (0..=40)
                .map(|i| {
                    let x = highest.unwrap_or(0.4) * f64::from(i) / 40.0;
                    let bound = truth.bound(x, highest.unwrap_or(0.4));
                    CurvePoint {
                        x,
                        estimate: truth.estimate(x),
                        b_bound: Some(bound),
                        a_bound: Some(truth.estimate(x) - 1.6 * (truth.estimate(x) - bound)),
                    }
                })
                .collect();
            PropertySheet {
                property: truth.property,
                test_temp_c: "10–35 °C".into(),
                model: Some(if highest.is_some() { "linear" } else { "mean" }.into()),
                refused: None,
                specimens,
                heat_means,
                curve,
                limits: Vec::new(),
                window: None,
                observed: highest.map(|h| [0.0, h]),
                effect_per_10pct: highest.map(|_| Effect {
                    estimate: match truth.property {
                        Property::A => (truth.per_unit * 0.1 / truth.at_zero).ln_1p(),
                        _ => truth.per_unit * 0.1,
                    },
                    low: truth.per_unit.signum() * 0.012 - 0.1,
                    high: 0.05,
                }),
                model_reason: "the parabola is not better by more than one standard error".into(),
                checks: vec![
                    CheckLine {
                        test: "anderson_darling_normal".into(),
                        outcome: "pass".into(),
                        reason: "significance 0.31 is not below 0.05".into(),
                        overruled: None,
                    },
                    CheckLine {
                        test: "brown_forsythe".into(),
                        outcome: "fail".into(),
                        reason: "significance 0.01 is below 0.05".into(),
                        overruled: Some(("M. Weber".into(), "two furnaces, both known".into())),
                    },
                ],
                carriers: None,
                carriers_refused: Some("3 heats with a composition are too few".into()),
                sigma_between: Some(if truth.property == Property::A {
                    0.05
                } else {
                    2.8
                }),
                sigma_within: Some(if truth.property == Property::A {
                    0.07
                } else {
                    3.1
                }),
                heat_variance_share: Some(0.45),
                groups: Vec::new(),
            }
        })
        .collect();
    GradeSheet {
        grade,
        scrap_definition: highest.map(|_| ScrapDefinition::Iso14021Ratio),
        properties,
        heats: rows,
        carbon: None,
        streams: None,
        curves: Vec::new(),
    }
}
