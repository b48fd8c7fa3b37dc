//! One stress–strain curve of 5,000 points: the reading of its file, and its reduction.
//!
//!     cargo bench --bench curve

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regrade::contract::{Contracts, Schemas};
use regrade::curve::{self, ReductionSettings};
use regrade::source::{self, Profiles, Reading};

/// Points of the curve.
const POINTS: usize = 5_000;

/// Ramberg–Osgood up to 20 % above Rp0.2 = 250 MPa in equal steps of stress, then a break: time, extension,
/// force, strain, stress, as an Instron exports them. With `quoted`, forces stand in quotes.
fn raw_data(quoted: bool) -> String {
    let mut text = "Time,Extension,Load,Tensile strain,Tensile stress\n\
                    (s),(mm),(N),(mm/mm),(MPa)\n"
        .to_owned();
    let quote = if quoted { "\"" } else { "" };
    for point in 0..POINTS {
        let stress = if point + 1 == POINTS {
            1.0
        } else {
            300.0 * point as f64 / POINTS as f64
        };
        let strain = if point + 1 == POINTS {
            0.082
        } else {
            stress / 70_000.0 + 0.002 * (stress / 250.0_f64).powi(20)
        };
        writeln!(
            text,
            "{:.3},{:.5},{quote}{:.3}{quote},{strain:.7},{stress:.4}",
            0.02 * point as f64,
            70.0 * strain,
            30.0 * stress
        )
        .expect("a line");
    }
    text
}

fn curves(criterion: &mut Criterion) {
    let schemas = Schemas::embedded();
    let contracts = Contracts::load(&schemas).expect("contracts");
    let profiles = Profiles::load(&schemas, &contracts).expect("profiles");
    let reduction = &schemas.file("reduction.toml").expect("reduction.toml").text;
    let reduction: ReductionSettings = toml::from_str(reduction).expect("reduction settings");
    let reading = Reading {
        contracts: &contracts,
        reduction: &reduction,
    };
    let known = BTreeMap::new();
    let mut group = criterion.benchmark_group("curve");
    for (name, quoted) in [("read", false), ("read_quoted", true)] {
        let text = raw_data(quoted);
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let bytes = black_box(text.as_bytes());
                let profile = profiles.detect("c.csv", bytes).expect("a profile");
                let (curve, _) =
                    source::read_curve(reading, profile, ("c.csv", "c.csv"), bytes, &known);
                let points = curve.map(|file| file.curve.strain.len());
                assert_eq!(points, Some(POINTS));
            });
        });
    }
    let text = raw_data(false);
    let profile = profiles.get("bluehill-raw").expect("a shipped profile");
    let place = ("c.csv", "c.csv");
    let (file, _) = source::read_curve(reading, profile, place, text.as_bytes(), &known);
    let curve = file.expect("a curve").curve;
    group.throughput(Throughput::Elements(POINTS as u64));
    group.bench_function("reduce", |bench| {
        bench.iter(|| {
            let reduced = curve::reduce(black_box(&curve), &reduction);
            assert!(
                reduced
                    .rp02_mpa
                    .is_some_and(|rp02| (rp02 - 250.0).abs() < 1.0)
            );
        });
    });
    group.finish();
}

criterion_group!(benches, curves);
criterion_main!(benches);
