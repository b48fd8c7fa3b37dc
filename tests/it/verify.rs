//! `verify`: a report of yesterday stays proven whatever came in since, and a changed byte is found.

use std::fs;
use std::path::{Path, PathBuf};

use crate::lab::{Lab, Ran, bytes_below};

/// A copy of a folder.
fn copy(from: &Path, to: &Path) {
    for (path, bytes) in bytes_below(from) {
        write(&to.join(path.strip_prefix(from).expect("inside")), &bytes);
    }
}

/// Turns over one bit in the middle of a file; the bytes as they were.
fn spoil(path: &Path) -> Vec<u8> {
    let good = fs::read(path).expect("a file");
    let mut bad = good.clone();
    let middle = bad.len() / 2;
    bad[middle] ^= 1;
    write(path, &bad);
    good
}

fn write(path: &Path, bytes: &[u8]) {
    fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
    #[expect(clippy::disallowed_methods, reason = "a test plays the vandal")]
    fs::write(path, bytes).expect("a file");
}

fn outcomes(ran: &Ran) -> Vec<(String, bool, String)> {
    let checks = ran.json();
    let checks = checks.as_array().expect("checks").iter();
    checks
        .map(|check| {
            let text = |key: &str| check[key].as_str().expect("text").to_owned();
            let holds = check["holds"].as_bool().expect("a truth");
            (text("what"), holds, text("detail"))
        })
        .collect()
}

fn verify(lab: &Lab, report: &Path) -> Ran {
    let report = report.display().to_string();
    lab.run(&["verify", &report, "--format", "json"])
}

fn run(lab: &Lab, now: &str) {
    let ran = lab.run(&["run", "--now", now]);
    assert!([0, 3, 5, 6].contains(&ran.code), "{ran:?}");
}

fn oldest_file_of(lab: &Lab, table: &str) -> PathBuf {
    let mut files: Vec<PathBuf> = fs::read_dir(lab.path(&format!("lake/{table}")))
        .expect("a table")
        .map(|entry| entry.expect("an entry").path())
        .filter(|path| path.extension().is_some_and(|kind| kind == "parquet"))
        .collect();
    files.sort_by_key(|path| {
        path.metadata()
            .and_then(|data| data.modified())
            .expect("a time")
    });
    files.remove(0)
}

#[test]
fn a_report_of_yesterday_stays_proven_and_a_changed_byte_is_found() {
    let lab = Lab::synthetic(6);
    run(&lab, "2026-03-05T21:40:00Z");
    let archive = lab.path("archive/monday");
    copy(&lab.path("report"), &archive);
    let ran = verify(&lab, &archive);
    assert_eq!(ran.code, 0, "{ran:?}");
    let checks = outcomes(&ran);
    assert_eq!(checks.len(), 4);
    assert!(checks.iter().all(|(_, holds, _)| *holds), "{checks:?}");

    // The next day: new data, a corrected result, an edited limit.
    let specimen = lab.ask("SELECT specimen_id FROM tensile_tests ORDER BY specimen_id LIMIT 1");
    let row = lab.ask(&format!(
        "SELECT heat_id || ',' || alloy || ',' || temper || ',' || product_form FROM tensile_tests \
         WHERE specimen_id = '{specimen}'"
    ));
    let row = row.trim_matches('"');
    lab.put(
        "inbox/tensile/tuesday.csv",
        format!(
            "specimen_id,heat_id,alloy,temper,product_form,rm_mpa,rp02_mpa,a_pct\n\
             {specimen},{row},290.5,,9\nNEW-1,{row},301,250,8\n"
        ),
    );
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../schemas/components/battery-tray-extrusion.toml");
    let limit = fs::read_to_string(shipped).expect("a component");
    assert!(limit.contains("at_least = 270"));
    lab.put(
        "schemas/components/battery-tray-extrusion.toml",
        limit.replace("at_least = 270", "at_least = 299"),
    );
    run(&lab, "2026-03-06T21:40:00Z");
    let before = fs::read(archive.join("verdicts.json")).expect("a file");
    let after = fs::read(lab.path("report/verdicts.json")).expect("a file");
    assert_ne!(before, after, "something has changed");
    for report in [archive.clone(), lab.path("report")] {
        let ran = verify(&lab, &report);
        assert_eq!(ran.code, 0, "{ran:?}");
    }

    // One bit of a historic Parquet file.
    for table in ["tensile_tests", "heats"] {
        let file = oldest_file_of(&lab, table);
        let good = spoil(&file);
        let ran = verify(&lab, &archive);
        assert_eq!(ran.code, 1, "{ran:?}");
        let name = file
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let named = outcomes(&ran)
            .into_iter()
            .any(|(what, holds, detail)| what == "lake files" && !holds && detail.contains(&name));
        assert!(named, "{ran:?}");
        write(&file, &good);
    }
    assert_eq!(verify(&lab, &archive).code, 0);

    // One bit of a file of the report, the manifest among them.
    for name in ["index.html", "verdicts.json", "manifest.json"] {
        let file = archive.join(name);
        let good = spoil(&file);
        let ran = verify(&lab, &archive);
        assert_ne!(ran.code, 0, "{}: {ran:?}", file.display());
        write(&file, &good);
    }
    write(&archive.join("extra.html"), b"<p>not ours</p>");
    let ran = verify(&lab, &archive);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stdout.contains("extra.html: is not part of the report"),
        "{ran:?}"
    );
}

#[test]
fn a_folder_without_a_report_is_refused() {
    let lab = Lab::new();
    let ran = lab.run(&["verify"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("manifest.json"), "{}", ran.stderr);
}
