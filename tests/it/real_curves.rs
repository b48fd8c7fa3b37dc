//! Curves of other people against what those people read off them; skipped where they are missing.

use std::collections::BTreeMap;
use std::fs;

use regrade::contract::{Contracts, Schemas};
use regrade::curve::{Flag, Reduction, ReductionSettings, compare, reduce_with_crosshead};
use regrade::source::{Profile, Reading, read_curve};

use crate::real_data;

/// Reduces one file of the real data with what the file does not say.
fn reduced(profile: &str, path: &str, known: &[(&str, &str)]) -> Option<Reduction> {
    let folder = real_data::folder()?;
    let schemas = Schemas::embedded();
    let contracts = Contracts::load(&schemas).expect("contracts");
    let text = &schemas.file("reduction.toml").expect("settings").text;
    let reduction: ReductionSettings = toml::from_str(text).expect("settings");
    let profile = format!(
        "{}/../tests/fixtures/real-profiles/{profile}.toml",
        env!("CARGO_MANIFEST_DIR")
    );
    let profile = Profile::from_toml(&fs::read_to_string(profile).expect("profile"), &contracts)
        .expect("profile");
    let path = folder.join(path);
    let name = path.file_name().expect("a name").to_string_lossy();
    let bytes = fs::read(&path).expect("real data");
    let pairs = known.iter();
    let known: BTreeMap<String, String> = pairs
        .map(|(field, value)| ((*field).to_owned(), (*value).to_owned()))
        .collect();
    let reading = Reading {
        contracts: &contracts,
        reduction: &reduction,
    };
    let (curve, _) = read_curve(reading, &profile, (&name, &name), &bytes, &known);
    let curve = curve.expect("a curve");
    Some(reduce_with_crosshead(
        &curve.curve,
        curve.crosshead().as_ref(),
        &reduction,
    ))
}

fn off(found: Option<f64>, stated: f64) -> f64 {
    found.expect("read") / stated - 1.0
}

/// The ten S355 curves against the laboratory's sheet: specimen, S0, Rp0.2, ReH, Rm, A (0: not stated).
///
/// BAM, doi 10.5281/zenodo.6778336, CC BY 4.0. A is measured on the broken halves (L0 60 mm); here it comes
/// from the crosshead, which took over at 3.9 % strain.
#[test]
fn s355_curves_agree_with_the_laboratorys_sheet() {
    for (specimen, area, rp02, reh, rm, a) in [
        ("Zx1", "120.636", 375.0, 380.0, 514.0, 0.0),
        ("Zx2", "120.444", 374.0, 379.0, 504.0, 35.0),
        ("Zx3", "120.396", 376.0, 379.0, 504.0, 35.0),
        ("Zx4", "120.014", 382.0, 388.0, 519.0, 35.0),
        ("Zy1", "120.679", 396.0, 399.0, 508.0, 0.0),
        ("Zy2", "120.710", 390.0, 399.0, 507.0, 35.0),
        ("Zy3", "120.663", 0.0, 408.0, 505.0, 33.5),
        ("Zy4", "120.583", 402.0, 407.0, 514.0, 33.0),
        ("Zd2", "120.715", 390.0, 399.0, 515.0, 33.5),
        ("Zd3", "120.707", 0.0, 396.0, 511.0, 33.0),
    ] {
        let path = format!("steel-s355-bam-instron/raw/{specimen}.csv");
        let known = [("area_mm2", area), ("gauge_length_mm", "60")];
        let Some(reduction) = reduced("s355-curve", &path, &known) else {
            return;
        };
        assert!(
            (reduction.rm_mpa.expect("Rm").round() - rm).abs() < 0.5,
            "{specimen}: Rm {:?}",
            reduction.rm_mpa
        );
        let reh = off(reduction.reh_mpa, reh);
        assert!(reh.abs() < 0.01, "{specimen}: ReH off by {reh}");
        if rp02 > 0.0 {
            let rp02 = off(reduction.rp02_mpa, rp02);
            assert!(rp02.abs() < 0.01, "{specimen}: Rp0.2 off by {rp02}");
        }
        if a > 0.0 {
            // The halves are put together by hand and read to 0.5 %.
            let a = reduction.a_pct.expect("A") - a;
            assert!(a.abs() < 2.2, "{specimen}: A off by {a} points");
            assert!(reduction.flags.contains(&Flag::HandedOver), "{specimen}");
        }
    }
}

/// Listings of BAM (MIT, github.com/malwinabelczewska/strenpy): Rp0.2, Rm, mE and A of the heads.
#[test]
fn bam_listings_agree_with_their_heads() {
    for (file, rp02, rm, slope, a) in [
        ("Tensile_C_08", 80.7, 236.0, 64.9, 43.0),
        ("Tensile_E_01", 169.0, 331.0, 102.0, 11.0),
        ("Tensile_F_01", 409.0, 637.0, 114.0, 24.5),
    ] {
        let path = format!("bam-lis-cu-alloys/{file}.lis");
        let Some(reduction) = reduced("bam-lis", &path, &[]) else {
            return;
        };
        assert!(off(reduction.rm_mpa, rm).abs() < 0.002, "{file}: Rm");
        assert!(off(reduction.rp02_mpa, rp02).abs() < 0.005, "{file}: Rp0.2");
        assert!(
            off(reduction.slope_gpa, slope).abs() < 0.015,
            "{file}: slope"
        );
        let schemas = Schemas::embedded();
        let text = &schemas.file("reduction.toml").expect("settings").text;
        let limits: ReductionSettings = toml::from_str(text).expect("settings");
        let head = BTreeMap::from([
            ("rm_mpa".to_owned(), rm),
            ("rp02_mpa".to_owned(), rp02),
            ("slope_gpa".to_owned(), slope),
            ("a_pct".to_owned(), a),
        ]);
        let found = compare(&head, &reduction, &limits.reported);
        assert_eq!(found.disagreements, [], "{file}");
        let typed = BTreeMap::from([("rm_mpa".to_owned(), rm * 1.1)]);
        let found = compare(&typed, &reduction, &limits.reported);
        assert_eq!(found.disagreements.len(), 1, "{file}");
    }
}

/// Zwick and Bluehill: plausible numbers, and flags for what is odd about each.
#[test]
fn zwick_and_bluehill_files_are_plausible_with_flags() {
    for (profile, path, rm, rp02, flags) in [
        (
            "bluehill",
            "instron-bluehill-bezborodow/Al5005.csv",
            198.4,
            144.0,
            &[Flag::Serrated, Flag::FewElasticPoints][..],
        ),
        (
            "zwick-tra",
            "zwick-imap-uclouvain/tra/Allong 1.TRA",
            409.9,
            399.3,
            &[Flag::UnloadedAtEnd, Flag::YieldPoint][..],
        ),
        (
            "zwick-xlsx",
            "zwick-imap-uclouvain/aluminium/FSP_AB_1_Traction-11.XLSX",
            472.7,
            469.7,
            &[Flag::NoBreakSeen][..],
        ),
    ] {
        let Some(reduction) = reduced(profile, path, &[]) else {
            return;
        };
        assert!(off(reduction.rm_mpa, rm).abs() < 0.001, "{path}: Rm");
        assert!(off(reduction.rp02_mpa, rp02).abs() < 0.005, "{path}: Rp0.2");
        for flag in flags {
            let found = &reduction.flags;
            assert!(found.contains(flag), "{path}: {flag:?} not in {found:?}");
        }
    }
}

/// 6061-T651 plate: mean of every temperature against the published Rm, Rp0.2 and strain at Rm.
///
/// Aakash, Connors, Shields 2019, doi 10.17632/rd6jm9tyb6.2, CC BY 4.0.
#[test]
fn aa6061_means_agree_with_the_published_ones() {
    let Some(folder) = real_data::folder() else {
        return;
    };
    for (temperature, rm, rp02, agt) in [
        ("020", 288.0, 259.0, 8.23),
        ("100", 261.0, 245.0, 6.91),
        ("150", 234.0, 229.0, 3.47),
        ("200", 195.0, 194.0, 0.924),
        ("250", 142.0, 141.0, 0.686),
        ("300", 84.1, 82.9, 0.724),
    ] {
        let mut sums = [0.0; 3];
        let mut count = 0.0;
        let mut names: Vec<String> = fs::read_dir(folder.join("al6061-aakash/raw"))
            .expect("real data")
            .map(|entry| {
                entry
                    .expect("real data")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .filter(|name| name.starts_with(&format!("T_{temperature}_")))
            .collect();
        names.sort();
        for name in names {
            let path = format!("al6061-aakash/raw/{name}");
            let Some(reduction) = reduced("aa6061", &path, &[]) else {
                return;
            };
            count += 1.0;
            for (sum, number) in
                sums.iter_mut()
                    .zip([reduction.rm_mpa, reduction.rp02_mpa, reduction.agt_pct])
            {
                *sum += number.unwrap_or_else(|| panic!("{name}: {:?}", reduction.flags));
            }
        }
        for ((sum, stated), (what, limit)) in sums.into_iter().zip([rm, rp02, agt]).zip([
            ("Rm", 0.002),
            ("Rp0.2", 0.01),
            ("Agt", 0.03),
        ]) {
            let off = sum / count / stated - 1.0;
            assert!(off.abs() < limit, "{temperature} °C: {what} off by {off}");
        }
    }
}
