//! Other people's files, read where they are; skipped where they are missing.

#![expect(clippy::float_cmp, reason = "numbers are read exactly")]

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use regrade::contract::{Contracts, Schemas};
use regrade::curve::{ReductionSettings, reduce};
use regrade::domain::Severity;
use regrade::source::{Profile, Reading, SourceFile, read, read_curve};

use crate::real_data;

struct Real {
    folder: PathBuf,
    contracts: Contracts,
    reduction: ReductionSettings,
}

impl Real {
    fn data() -> Option<Real> {
        let folder = real_data::folder()?;
        let schemas = Schemas::embedded();
        Some(Real {
            folder,
            contracts: Contracts::load(&schemas).expect("real data"),
            reduction: toml::from_str(&schemas.file("reduction.toml").expect("real data").text)
                .expect("real data"),
        })
    }

    fn reading(&self) -> Reading<'_> {
        Reading {
            contracts: &self.contracts,
            reduction: &self.reduction,
        }
    }

    fn profile(&self, id: &str) -> Profile {
        let path = format!(
            "{}/../tests/fixtures/real-profiles/{id}.toml",
            env!("CARGO_MANIFEST_DIR")
        );
        Profile::from_toml(
            &fs::read_to_string(path).expect("real data"),
            &self.contracts,
        )
        .expect("real data")
    }

    fn bytes(&self, path: &str) -> (String, Vec<u8>) {
        let path = self.folder.join(path);
        let name = path
            .file_name()
            .expect("real data")
            .to_string_lossy()
            .into_owned();
        (name, fs::read(path).expect("real data"))
    }

    fn read(&self, profile: &str, path: &str) -> SourceFile {
        let (name, bytes) = self.bytes(path);
        let profile = self.profile(profile);
        assert!(profile.fits(&name, &bytes), "{path}");
        let file = read(self.reading(), &profile, &name, &name, &bytes);
        assert!(!file.is_refused(), "{path}: {:?}", file.findings);
        file
    }
}

fn number(file: &SourceFile, table: &str, column: &str) -> f64 {
    file.rows[table].number(column).expect("real data")[0].expect("real data")
}

fn errors(file: &SourceFile) -> usize {
    file.findings
        .iter()
        .filter(|finding| finding.severity == Severity::Error)
        .count()
}

#[test]
fn zwick_text_and_workbooks() {
    let Some(real) = Real::data() else { return };
    // Section and gauge length as the heads print them; points counted with `wc -l` less the head.
    for (path, points, area) in [
        ("zwick-imap-uclouvain/tra/Allong 1.TRA", 2184, 5.96),
        ("zwick-imap-uclouvain/tra/mDB1pct.TRA", 3415, 6.3812),
    ] {
        let file = real.read("zwick-tra", path);
        assert_eq!((file.rows_ok, file.rows_rejected), (points, 0), "{path}");
        assert_eq!(number(&file, "tensile_tests", "area_mm2"), area);
    }
    // Fmax and S0 as the workbooks' own result sheets print them.
    for (path, points, fmax, area) in [
        (
            "zwick-imap-uclouvain/aluminium/AA2050_BM_T8_155c18h_L1.xlsx",
            11_356,
            14_839.939_453_125,
            28.274_333_886,
        ),
        (
            "zwick-imap-uclouvain/aluminium/FSP_AB_1_Traction-11.XLSX",
            12_330,
            5_939.499_023_437_5,
            12.566_370_616,
        ),
    ] {
        let file = real.read("zwick-xlsx", path);
        assert_eq!((file.rows_ok, file.rows_rejected), (points, 0), "{path}");
        let rm = number(&file, "tensile_tests", "rm_mpa");
        assert!((rm - fmax / area).abs() < 1e-3 * rm, "{path}: {rm}");
    }
}

#[test]
fn bluehill_heads_and_points() {
    let Some(real) = Real::data() else { return };
    for (file, points, area) in [
        ("Al5005", 573, 35.7),
        ("St1594", 1285, 33.93),
        ("St1595", 2010, 35.496),
    ] {
        let file = real.read(
            "bluehill",
            &format!("instron-bluehill-bezborodow/{file}.csv"),
        );
        assert_eq!((file.rows_ok, file.rows_rejected), (points, 0));
        assert_eq!(number(&file, "tensile_tests", "area_mm2"), area);
    }
}

#[test]
fn bam_listings_state_results_that_their_curves_confirm() {
    let Some(real) = Real::data() else { return };
    // Rp0.2 and Rm as the heads print them; a difference of more than 2 % would be a warning.
    for (file, points, rp02, rm) in [
        ("Tensile_C_08", 2131, 80.7, 236.0),
        ("Tensile_E_01", 1229, 169.0, 331.0),
        ("Tensile_F_01", 1611, 409.0, 637.0),
    ] {
        let file = real.read("bam-lis", &format!("bam-lis-cu-alloys/{file}.lis"));
        assert_eq!((file.rows_ok, file.rows_rejected), (points, 0));
        assert_eq!(number(&file, "tensile_tests", "rp02_mpa"), rp02);
        assert_eq!(number(&file, "tensile_tests", "rm_mpa"), rm);
        assert_eq!(file.findings, []);
    }
}

#[test]
fn s355_curves_give_the_strength_of_the_laboratorys_own_sheet() {
    let Some(real) = Real::data() else { return };
    let sheet = real.read("s355-sheet", "steel-s355-bam-instron/S355_data.csv");
    // The contract's range for a slope ends at 200 GPa: it is made for aluminium. Five rows go in.
    assert_eq!(
        (sheet.rows_ok, sheet.rows_rejected, errors(&sheet)),
        (5, 5, 5)
    );
    let rows = &sheet.rows["tensile_tests"];
    let profile = real.profile("s355-curve");
    for row in 0..rows.len() {
        let specimen = rows
            .text("specimen_id")
            .expect("real data")
            .get(row)
            .expect("real data")
            .to_owned();
        let area = rows.number("area_mm2").expect("real data")[row].expect("real data");
        let rm = rows.number("rm_mpa").expect("real data")[row].expect("real data");
        let (name, bytes) = real.bytes(&format!("steel-s355-bam-instron/raw/{specimen}.csv"));
        assert!(profile.fits(&name, &bytes));
        let known = BTreeMap::from([("area_mm2".to_owned(), area.to_string())]);
        let (curve, file) = read_curve(real.reading(), &profile, (&name, &name), &bytes, &known);
        assert_eq!((file.rows_rejected, errors(&file)), (0, 0), "{specimen}");
        let reduced = reduce(&curve.expect("real data").curve, &real.reduction)
            .rm_mpa
            .expect("real data");
        // The sheet prints whole MPa; the machine saw more points than it exported.
        assert!((reduced - rm).abs() <= 1.0, "{specimen}: {reduced} {rm}");
    }
}

#[test]
fn tables_of_compositions_and_replicates() {
    let Some(real) = Real::data() else { return };
    let file = real.read("al5xxx", "al5xxx-composition-tensile/Series 5000.csv");
    // 115 rows with nine elements each.
    assert_eq!((file.rows_ok, file.rows_rejected), (115, 0));
    assert_eq!(file.rows["oes_burns"].len(), 115 * 9);
    for (laboratory, readings) in [
        ("AMAG_Nasschemie", 90),
        ("Aleris_Duffel", 96),
        ("Aleris_Koblenz", 126),
        ("BAM-3", 35),
        ("BAM-ICPs", 99),
        ("BAM-photom", 36),
    ] {
        let path = format!("alchem-bam-m321-interlab/Ergebnisblatt_BAM-M321_{laboratory}_m.xlsx");
        let file = real.read("alchem", &path);
        assert_eq!((file.rows_ok, file.rows_rejected), (22, 0), "{laboratory}");
        let rows = &file.rows["oes_burns"];
        assert_eq!(rows.len(), readings, "{laboratory}");
        let elements = rows.text("element").expect("real data");
        let values = rows.number("value_wt_pct").expect("real data");
        let of = |element: &str| {
            let found: Vec<f64> = elements
                .iter()
                .zip(values)
                .filter(|(name, _)| name.as_deref() == Some(element))
                .filter_map(|(_, value)| *value)
                .collect();
            found
        };
        // The form's targets: Cu 4.3 %, Bi 300 mg/kg. A unit mixed up is a factor of ten thousand.
        for (element, target) in [("Cu", 4.3), ("Bi", 0.03), ("Si", 0.05), ("Pb", 0.01)] {
            for value in of(element) {
                assert!(
                    (0.8..1.3).contains(&(value / target)),
                    "{laboratory} {element}: {value}"
                );
            }
        }
    }
}

#[test]
fn aa6061_curves() {
    let Some(real) = Real::data() else { return };
    let profile = real.profile("aa6061");
    let (mut files, mut points, mut rejected) = (0, 0, 0);
    for entry in fs::read_dir(real.folder.join("al6061-aakash/raw")).expect("real data") {
        let path = entry.expect("real data").path();
        let name = path
            .file_name()
            .expect("real data")
            .to_string_lossy()
            .into_owned();
        let bytes = fs::read(&path).expect("real data");
        if !profile.fits(&name, &bytes) {
            continue;
        }
        let file = read(real.reading(), &profile, &name, &name, &bytes);
        files += 1;
        points += file.rows_ok;
        rejected += file.rows_rejected;
        let lines = bytes
            .split(|&byte| byte == b'\n')
            .filter(|line| line.iter().any(|byte| !byte.is_ascii_whitespace()))
            .count();
        assert_eq!(file.rows_ok + file.rows_rejected, lines - 1, "{name}");
    }
    // Four points of one file are NaN.
    assert_eq!((files, points, rejected), (154, 127_770, 4));
}
