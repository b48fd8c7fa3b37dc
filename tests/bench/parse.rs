//! Reading of text: a large tensile table piece by piece, and a chemistry sheet as a whole.
//!
//!     cargo bench --bench parse

use std::fmt::Write as _;
use std::hint::black_box;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use regrade::contract::{Contracts, Schemas};
use regrade::curve::ReductionSettings;
use regrade::source::{self, Profiles, Reading};

/// Rows of the tensile table.
const ROWS: usize = 50_000;

/// Samples of the chemistry sheet, of three burns each.
const SAMPLES: usize = 500;

const ELEMENTS: [&str; 10] = ["Si", "Fe", "Cu", "Mn", "Mg", "Zn", "Ti", "Sr", "Pb", "Sn"];

struct Shipped {
    contracts: Contracts,
    profiles: Profiles,
    reduction: ReductionSettings,
}

impl Shipped {
    fn new() -> Shipped {
        let schemas = Schemas::embedded();
        let contracts = Contracts::load(&schemas).expect("contracts");
        let reduction = &schemas.file("reduction.toml").expect("reduction.toml").text;
        Shipped {
            profiles: Profiles::load(&schemas, &contracts).expect("profiles"),
            reduction: toml::from_str(reduction).expect("reduction settings"),
            contracts,
        }
    }

    fn reading(&self) -> Reading<'_> {
        Reading {
            contracts: &self.contracts,
            reduction: &self.reduction,
        }
    }
}

/// A tensile table; with `bad` no strength is a number.
fn tensile(bad: bool) -> String {
    let mut text =
        "specimen_id,heat_id,alloy,temper,product_form,rm_mpa,rp02_mpa,a_pct\n".to_owned();
    let flaw = if bad { "x" } else { "" };
    for row in 0..ROWS {
        let (heat, rm) = (row / 5, 250.0 + (row % 97) as f64 / 2.0);
        writeln!(
            text,
            "H{heat:07}-T{},H{heat:07},6082,T6,open_profile,{flaw}{rm:.1},{:.1},{:.1}",
            row % 5 + 1,
            0.8 * rm,
            10.0 + (row % 31) as f64 / 10.0
        )
        .expect("a line");
    }
    text
}

fn chemistry() -> String {
    let mut text = "sample_id,burn_no,element,heat_id,value_wt_pct\n".to_owned();
    for sample in 0..SAMPLES {
        for burn in 1..=3 {
            for (at, element) in ELEMENTS.iter().enumerate() {
                let content = 0.1 + at as f64 / 100.0 + f64::from(burn) / 10_000.0;
                writeln!(
                    text,
                    "P{sample},{burn},{element},H{},{content:.4}",
                    sample / 2
                )
                .expect("a line");
            }
        }
    }
    text
}

fn parsing(criterion: &mut Criterion) {
    let shipped = Shipped::new();
    let profile = |id: &str| shipped.profiles.get(id).expect("a shipped profile");
    let mut group = criterion.benchmark_group("read");
    group.sample_size(10);
    for (name, text) in [
        ("tensile_pieces", tensile(false)),
        ("tensile_pieces_all_bad", tensile(true)),
    ] {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_function(name, |bench| {
            bench.iter(|| {
                let mut rows = 0;
                let ended = source::stream(
                    shipped.reading(),
                    profile("regrade-tensile"),
                    ("t.csv", "t.csv"),
                    black_box(text.as_bytes()),
                    1,
                    &mut |piece| {
                        rows += piece.rows.len() + piece.rows_rejected;
                        Ok::<(), ()>(())
                    },
                );
                assert!(ended.is_ok() && rows == ROWS);
            });
        });
    }
    let text = chemistry();
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("chemistry_whole", |bench| {
        bench.iter(|| {
            let bytes = black_box(text.as_bytes());
            let profile = profile("regrade-chemistry");
            let file = source::read(shipped.reading(), profile, "c.csv", "c.csv", bytes);
            assert_eq!(file.rows_ok, 3 * SAMPLES * ELEMENTS.len());
        });
    });
    group.finish();
}

criterion_group!(benches, parsing);
criterion_main!(benches);
