//! Proposals for the fixtures of the shipped profiles, for a format of nobody's, and for what is none.

#![allow(clippy::unwrap_used, reason = "a test may panic")]

mod fixtures;
mod random;

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use super::{SuggestError, Suggestion, suggest};
use crate::source::tests::{Shipped, column};
use crate::source::{Profile, Profiles, SourceFile, read};

fn fixture(path: &str) -> (String, Vec<u8>) {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/good");
    let path = root.join(path);
    let name = path.file_name().unwrap().to_string_lossy().into_owned();
    (name, fs::read(path).unwrap())
}

struct Bench {
    shipped: Shipped,
    profiles: Profiles,
}

impl Bench {
    fn new() -> Bench {
        let shipped = Shipped::new();
        let schemas = crate::contract::Schemas::embedded();
        let profiles = Profiles::load(&schemas, &shipped.contracts).unwrap();
        Bench { shipped, profiles }
    }

    fn suggest(&self, name: &str, bytes: &[u8]) -> Result<Suggestion, SuggestError> {
        suggest(self.shipped.reading(), &self.profiles, name, bytes)
    }

    /// The rows that a proposal gives as it stands, without a hand laid on it.
    fn read(&self, name: &str, bytes: &[u8]) -> (Suggestion, SourceFile) {
        let found = self
            .suggest(name, bytes)
            .unwrap_or_else(|error| panic!("{name}: {error}"));
        let profile = self.profile(&found);
        assert!(profile.fits(name, bytes), "{name}: {}", found.toml);
        let file = read(self.shipped.reading(), &profile, name, name, bytes);
        (found, file)
    }

    fn profile(&self, found: &Suggestion) -> Profile {
        let checked = self.profiles.checked(&found.toml, &self.shipped.contracts);
        checked.unwrap_or_else(|problems| panic!("{problems:?}\n{}", found.toml))
    }
}

const KESTREL: &str = "Kestrel TX-4;Export 3\nLabor;Giesserei Nord\nWerkstoff;EN AC-43500\n\
    Heat treatment;T7\nHalbzeug;Druckguss\n\n\
    Proben-Nr.;Schmelze;Dicke a0;Rp0,2;Tensile strength;A50mm;Prüfdatum;Bemerkung\n\
    ;;mm;N/mm²;N/mm²;%;;\n\
    K-1;H26-0700;3,02;128,7;203,4;11,6;17.03.2026;Kaltlauf, klein\n\
    K-2;H26-0700;2,98;n.b.;205,2!;10,9;17.03.2026;\n\
    K-3;H26-0701;3,00;126,0;198,0;9,5;18.03.2026;\n\
    Mittelwert;;3,00;127,4;202,2;10,7;;\n";

#[test]
fn an_unknown_format_is_read_without_a_hand_laid_on_its_profile() {
    let bench = Bench::new();
    let (bytes, _, lossy) = encoding_rs::WINDOWS_1252.encode(KESTREL);
    assert!(!lossy);
    let (found, file) = bench.read("kestrel 17.csv", &bytes);
    assert_eq!(found.table, "tensile_tests");
    assert_eq!(found.missing, [""; 0]);
    assert_eq!(
        (file.rows_ok, file.rows_rejected),
        (3, 0),
        "{:?}",
        file.findings
    );
    for (field, expected) in [
        ("specimen_id", ["K-1", "K-2", "K-3"]),
        ("heat_id", ["H26-0700", "H26-0700", "H26-0701"]),
        ("alloy", ["EN AC-43500"; 3]),
        ("temper", ["T7"; 3]),
        ("product_form", ["die_casting"; 3]),
        ("thickness_mm", ["3.02", "2.98", "3"]),
        ("rp02_mpa", ["128.7", "-", "126"]),
        ("rm_mpa", ["203.4", "205.2", "198"]),
        ("a_pct", ["11.6", "10.9", "9.5"]),
        ("elongation_type", ["A50"; 3]),
        ("tested_at", ["2026-03-17", "2026-03-17", "2026-03-18"]),
        ("lab", ["Giesserei Nord"; 3]),
    ] {
        assert_eq!(column(&file, "tensile_tests", field), expected, "{field}");
    }
    let rm = found
        .matched
        .iter()
        .find(|matched| matched.field == "rm_mpa")
        .unwrap();
    assert_eq!((rm.unit.as_str(), rm.unit_from), ("N/mm²", "units row"));
    assert_eq!(
        (rm.alias.as_str(), rm.sample.as_str()),
        ("Tensile strength", "203,4")
    );
    let unused: Vec<&str> = found
        .unmatched
        .iter()
        .map(|left| left.header.as_str())
        .collect();
    assert_eq!(unused, ["Kestrel TX-4", "Bemerkung"]);
    assert!(
        found
            .toml
            .contains("# column 8 `Bemerkung`, for example \"Kaltlauf, klein\"")
    );
}

#[test]
fn units_are_stated_or_marked_as_assumed() {
    let bench = Bench::new();
    let text = "Heat;Specimen;Alloy;Temper;Form;Rm;Rp0.2 [ksi];A [lbs]\n\
                H1;S1;6082;T6;sheet;310.5;40.1;8\nH1;S2;6082;T6;sheet;312.5;40.3;9\n";
    let (found, file) = bench.read("a.csv", text.as_bytes());
    let from = |field: &str| {
        let matched = found.matched.iter().find(|matched| matched.field == field);
        matched.map(|matched| (matched.unit.as_str(), matched.unit_from))
    };
    assert_eq!(from("rm_mpa"), Some(("MPa", "assumed")));
    assert_eq!(from("rp02_mpa"), Some(("ksi", "header")));
    assert_eq!(from("a_pct"), None);
    assert!(
        found.toml.contains("unit = \"MPa\" # ASSUMED"),
        "{}",
        found.toml
    );
    let left = &found.unmatched[0];
    assert_eq!((left.header.as_str(), left.column), ("A [lbs]", 8));
    assert!(
        left.reason.contains("`lbs` is not known"),
        "{}",
        left.reason
    );
    assert_eq!(column(&file, "tensile_tests", "rm_mpa"), ["310.5", "312.5"]);
}

#[test]
fn names_count_only_over_cells_of_their_kind() {
    let bench = Bench::new();
    let text = "Heat,Specimen,Alloy,Temper,Form,Rm [MPa],A [%],Location,Date\n\
                H1,S1,6082,T6,sheet,310.5,good,0.25,03/05/2026\n\
                H1,S2,6082,T6,sheet,312.5,good,0.50,04/05/2026\n";
    let (found, file) = bench.read("a.csv", text.as_bytes());
    let reason = |header: &str| {
        let left = found.unmatched.iter().find(|left| left.header == header);
        left.map(|left| left.reason.clone()).unwrap_or_default()
    };
    assert!(reason("A [%]").contains("no numbers"), "{}", found.toml);
    assert!(reason("Location").contains("no words"), "{}", found.toml);
    assert!(
        reason("Date").contains("%d/%m/%Y or %m/%d/%Y"),
        "{}",
        found.toml
    );
    assert_eq!(file.rows_ok, 2);
    assert_eq!(column(&file, "tensile_tests", "tested_at"), ["-", "-"]);
}

#[test]
fn what_no_row_can_do_without_is_named() {
    let bench = Bench::new();
    let text = "Probe;Rm [MPa];Guss-Los\nS1;245,5;L7\nS2;246,5;L7\n";
    let found = bench.suggest("a.csv", text.as_bytes()).unwrap();
    assert_eq!(
        found.missing,
        ["heat_id", "alloy", "temper", "product_form"]
    );
    assert_eq!(found.rows_ok, 0);
    for line in ["\n# heat_id\n", "\n# Left over to choose from: Guss-Los\n"] {
        assert!(found.toml.contains(line), "{}", found.toml);
    }
    bench.profile(&found);
}

#[test]
fn what_is_no_table_is_refused_with_a_reason() {
    let bench = Bench::new();
    let noise: Vec<u8> = (0..4000u32)
        .map(|i| (i.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let refused = |name: &str, bytes: &[u8]| bench.suggest(name, bytes).unwrap_err();
    assert_eq!(refused("a.csv", b""), SuggestError::Empty);
    assert_eq!(refused("a.csv", b"\n \n"), SuggestError::Empty);
    assert!(matches!(
        refused("a.csv", &noise),
        SuggestError::NotText { .. }
    ));
    assert!(matches!(
        refused("a.csv", b"a\x01b;c\n1;2\n"),
        SuggestError::NotText { .. }
    ));
    assert!(matches!(
        refused("a.xlsx", b"PK\x03\x04 cut short"),
        SuggestError::Workbook(_)
    ));
    assert_eq!(refused("a.csv", b"Rm\n245\n246\n"), SuggestError::OneColumn);
    let prose =
        "to use, copy, modify, merge, publish, and sell copies\nin part, or not, as is, or so\n";
    let error = refused("a.txt", prose.as_bytes());
    assert!(
        matches!(&error, SuggestError::NoTable { closest } if closest.contains("modify")),
        "{error}"
    );
    let header = refused("a.csv", b"Heat,Specimen,Rm [MPa]\n");
    assert!(matches!(header, SuggestError::NoTable { .. }), "{header}");
}

#[test]
fn several_specimens_in_one_file_are_pointed_out() {
    let bench = Bench::new();
    for file in ["trapezium/引張試験.csv", "zwick-xlsx/H26-0523.xlsx"] {
        let (name, bytes) = fixture(file);
        let found = bench.suggest(&name, &bytes).unwrap();
        assert!(
            found.toml.contains("there are several specimens"),
            "{file}: {}",
            found.toml
        );
    }
}

#[test]
fn keys_may_stand_above_their_values() {
    let bench = Bench::new();
    let (name, bytes) = fixture("trapezium/引張試験.csv");
    let found = bench.suggest(&name, &bytes).unwrap();
    let sample = |field: &str| {
        let matched = found.matched.iter().find(|matched| matched.field == field);
        matched.map(|matched| (matched.sample.as_str(), matched.unit.as_str()))
    };
    assert_eq!(sample("alloy"), Some(("ADC12", "")));
    assert_eq!(sample("area_mm2"), Some(("25.00", "mm2")));
    assert_eq!(sample("specimen_id"), Some(("H26-0560-1", "")));
    assert!(found.toml.contains("place = \"below\""));
}

#[test]
fn the_same_file_gives_the_same_proposal() {
    let bench = Bench::new();
    let (name, bytes) = fixture("spectro/H26-0600-P1.csv");
    assert_eq!(bench.suggest(&name, &bytes), bench.suggest(&name, &bytes));
    let mut ids = BTreeMap::new();
    for id in bench.profiles.ids() {
        ids.insert(id, bench.suggest(&format!("{id}.csv"), &bytes).unwrap().id);
    }
    assert!(ids.iter().all(|(taken, id)| id != taken), "{ids:?}");
}

/// One bench for all random cases: contracts and profiles take longer to load than a case to run.
fn bench() -> &'static Bench {
    static BENCH: std::sync::OnceLock<Bench> = std::sync::OnceLock::new();
    BENCH.get_or_init(Bench::new)
}
