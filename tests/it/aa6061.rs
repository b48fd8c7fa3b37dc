//! The real main job: 6061-T651 plate of nine lots at six temperatures.
//!
//! Published means: "aakash results.xlsx" with Shields, Aakash, Connors (2019), Mendeley Data,
//! doi 10.17632/rd6jm9tyb6.2, CC BY 4.0. Its E at 200 °C (5.2 GPa) is a misprint and is not used.

use std::path::Path;

use crate::lab::command;
use crate::real_data;

/// Temperature °C, published Rm MPa, published Rp0.2 MPa.
const PUBLISHED: [(i64, f64, f64); 6] = [
    (20, 288.0, 259.0),
    (100, 261.0, 245.0),
    (150, 234.0, 229.0),
    (200, 195.0, 194.0),
    (250, 142.0, 141.0),
    (300, 84.1, 82.9),
];

fn run(out: &Path, arguments: &[&str], data: &Path) -> (i32, String, String) {
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/labs/aa6061/lab.toml");
    let output = command(arguments)
        .arg("--config")
        .arg(config)
        .arg("--out")
        .arg(out)
        .env("REGRADE_REAL_DATA", data)
        .output()
        .expect("the binary starts");
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    (
        output.status.code().unwrap_or(-1),
        text(output.stdout),
        text(output.stderr),
    )
}

#[test]
fn the_published_means_come_out_and_the_lots_differ() {
    let Some(data) = real_data::folder() else {
        return;
    };
    let out = tempfile::tempdir().expect("a temporary folder");
    let (code, stdout, stderr) = run(out.path(), &["run", "--format", "json"], &data);
    assert_eq!(code, 3, "rows were quarantined: {stderr}");

    // The file that begins with the text NaN: four findings with their lines, its good rows count.
    for line in 2..=5 {
        let place = format!("T_020_C_3_009_047_03.csv:{line}:2: field stress_mpa: \"NaN\"");
        assert!(stderr.contains(&place), "{place} is not in {stderr}");
    }
    assert!(
        stderr.contains("100 new of 100 files: 65666 rows in, 4 rows to findings"),
        "{stderr}"
    );

    let query = "SELECT test_temp_class_c, COUNT(*) AS n, AVG(rm_mpa) AS rm, AVG(rp02_mpa) AS rp02 FROM \
                 (SELECT *, CAST(ROUND(test_temp_c, 0) AS BIGINT) AS test_temp_class_c FROM tensile_tests) \
                 GROUP BY test_temp_class_c ORDER BY test_temp_class_c";
    let (code, means, stderr) = run(out.path(), &["sql", query, "--format", "csv"], &data);
    assert_eq!(code, 0, "{stderr}");
    let rows: Vec<Vec<f64>> = means
        .lines()
        .skip(1)
        .map(|line| {
            line.split(',')
                .map(|cell| cell.parse().expect("a number"))
                .collect()
        })
        .collect();
    assert_eq!(rows.len(), PUBLISHED.len(), "{means}");
    for (row, (temperature, rm, rp02)) in rows.iter().zip(PUBLISHED) {
        let off = |ours: f64, published: f64| (ours / published - 1.0).abs() * 100.0;
        println!(
            "{temperature} °C: n {}, Rm {:.2} MPa ({:.2} % off {rm}), Rp0.2 {:.2} MPa ({:.2} % off {rp02})",
            row[1],
            row[2],
            off(row[2], rm),
            row[3],
            off(row[3], rp02)
        );
        assert!(off(row[2], rm) < 0.5, "Rm at {temperature} °C: {}", row[2]);
        assert!(
            off(row[3], rp02) < 1.5,
            "Rp0.2 at {temperature} °C: {}",
            row[3]
        );
    }

    let query = "SELECT heat_variance_share FROM fits WHERE test_temp_class_c = 20 AND property IN \
                 ('rm_mpa', 'rp02_mpa') ORDER BY property";
    let (_, shares, _) = run(out.path(), &["sql", query, "--format", "csv"], &data);
    for share in shares.lines().skip(1) {
        let share: f64 = share.parse().expect("a number");
        println!("between-lot share of variance at 20 °C: {share:.3}");
        assert!((0.85..0.97).contains(&share), "{share}");
    }
    assert_eq!(shares.lines().count(), 3, "{shares}");

    let verdicts: serde_json::Value = serde_json::from_str(&stdout).expect("verdicts as JSON");
    let verdict = &verdicts[0];
    assert_eq!(verdict["status"], "not_qualified");
    assert!(
        verdict["max_scrap_ratio"].is_null(),
        "no charge records, no scrap claim"
    );
    let rp02 = &verdict["requirements"][0];
    let (bound, estimate) = (rp02["bound"].as_f64(), rp02["estimate"].as_f64());
    println!("6061-T651 plate at 20 °C: {}", rp02["reason"]);
    assert!(
        bound < estimate && bound > Some(200.0) && bound < Some(225.0),
        "{rp02}"
    );
}

#[test]
fn the_same_drop_twice_changes_nothing_and_says_so() {
    let Some(data) = real_data::folder() else {
        return;
    };
    let out = tempfile::tempdir().expect("a temporary folder");
    assert_eq!(run(out.path(), &["run"], &data).0, 3);
    let before = crate::lab::bytes_below(out.path());
    let (code, _, stderr) = run(out.path(), &["run"], &data);
    assert_eq!(code, 4, "{stderr}");
    assert!(
        stderr.contains("nothing new since the last run"),
        "{stderr}"
    );
    let names = |files: &[(std::path::PathBuf, Vec<u8>)]| {
        files
            .iter()
            .filter(|(path, _)| !path.ends_with(".regrade.lock"))
            .cloned()
            .collect::<Vec<_>>()
    };
    assert!(
        names(&before) == names(&crate::lab::bytes_below(out.path())),
        "a byte has changed"
    );
}
