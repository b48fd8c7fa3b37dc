//! Exactly once: the same bytes under other names, corrected results, and runs that are killed.

use std::process::Stdio;
use std::thread::sleep;
use std::time::Duration;

use regrade::contract::Schemas;

use crate::lab::{Lab, command, regrade};

const HEADER: &str = "specimen_id,heat_id,alloy,temper,product_form,rm_mpa,rp02_mpa,a_pct\n";

#[test]
fn the_same_bytes_count_once_under_whatever_name() {
    let lab = Lab::new();
    let file = format!("{HEADER}S1,H1,6082,T6,sheet,310,280,12\n");
    lab.put("inbox/monday.csv", &file);
    lab.put("inbox/copy of monday.csv", &file);
    assert_eq!(lab.run(&["ingest"]).code, 0);
    lab.put("inbox/later/monday-again.csv", &file);
    let again = lab.run(&["ingest"]);
    assert_eq!(again.code, 4, "{again:?}");
    assert!(
        again.stderr.contains("nothing new in 3 files"),
        "{}",
        again.stderr
    );
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "1");
    assert_eq!(lab.ask("SELECT COUNT(*) FROM files"), "1");
}

#[test]
fn a_corrected_result_is_a_new_revision_and_the_old_one_stays() {
    let lab = Lab::new();
    lab.put(
        "inbox/a.csv",
        format!("{HEADER}S1,H1,6082,T6,sheet,310,280,12\n"),
    );
    assert_eq!(lab.run(&["ingest"]).code, 0);
    lab.put(
        "inbox/b.csv",
        format!("{HEADER}S1,H1,6082,T6,sheet,320,280,12\n"),
    );
    assert_eq!(lab.run(&["ingest"]).code, 0);
    // A query sees the newest revision unless asked otherwise.
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "1");
    assert_eq!(lab.ask("SELECT rm_mpa FROM tensile_tests"), "320");
    let all = lab.ask_with(
        "SELECT SUM(rm_mpa) FROM tensile_tests",
        &["--all-revisions"],
    );
    assert_eq!(all, "630");
    assert_eq!(lab.run(&["fit"]).code, 5, "one heat is too few for a model");
    assert_eq!(lab.ask("SELECT rm_mpa_mean FROM heats"), "320");
    // Version 0 made the table, version 1 holds the first delivery.
    let then = lab.ask_with("SELECT COUNT(*) FROM tensile_tests", &["--as-of", "1"]);
    assert_eq!(then, "1");
}

#[test]
fn the_report_of_the_next_run_shows_what_was_corrected() {
    let lab = Lab::synthetic(5);
    assert!([0, 5].contains(&lab.run(&["run"]).code));
    let specimen = lab.ask("SELECT specimen_id FROM tensile_tests ORDER BY specimen_id LIMIT 1");
    let row = lab.ask(&format!(
        "SELECT heat_id || ',' || alloy || ',' || temper || ',' || product_form FROM tensile_tests \
         WHERE specimen_id = '{specimen}'"
    ));
    let row = row.trim_matches('"').to_owned();
    lab.put(
        "inbox/tensile/correction.csv",
        format!("{HEADER}{specimen},{row},290.5,,9\n"),
    );
    assert!([0, 5, 6].contains(&lab.run(&["run"]).code));
    let summary = std::fs::read_to_string(lab.path("report/summary.json")).expect("the summary");
    let summary: serde_json::Value = serde_json::from_str(&summary).expect("JSON");
    let corrections = summary["corrections"].as_array().expect("corrections");
    let key = format!("{specimen}, reported");
    let rm = corrections
        .iter()
        .find(|one| one["column"] == "rm_mpa")
        .expect("a corrected Rm");
    assert_eq!(
        (&rm["key"], &rm["after"], &rm["revision"]),
        (&key.as_str().into(), &"290.5".into(), &2.into())
    );
    let index = std::fs::read_to_string(lab.path("report/index.html")).expect("the report");
    assert!(
        index.contains(&format!("{key}: rm_mpa was ")) && index.contains("is 290.5 (revision 2")
    );
}

#[test]
fn templates_are_read_back_by_their_own_profiles() {
    let lab = Lab::new();
    for (table, row) in [
        (
            "charge_lines",
            "H1,1,ingot,primary,,,,500,500,0.99,2026-03-02,F1",
        ),
        ("oes_burns", "P1,1,Fe,H1,0.18,,,OES-2,spark,2026-03-02"),
    ] {
        let out = lab.path("inbox").display().to_string();
        assert_eq!(regrade(&["template", table, "--out", &out]).code, 0);
        let file = lab.path(&format!("inbox/{table}.csv"));
        let header = std::fs::read_to_string(&file).expect("the template");
        lab.put(&format!("inbox/{table}.csv"), format!("{header}{row}\r\n"));
        std::fs::remove_file(file.with_extension("xlsx")).expect("the workbook");
        assert_eq!(
            regrade(&["template", table, "--out", &out]).code,
            2,
            "it is not overwritten"
        );
    }
    let ran = lab.run(&["ingest"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert_eq!(lab.ask("SELECT mass_kg FROM charge_lines"), "500");
    assert_eq!(regrade(&["template", "heats"]).code, 2);
}

#[test]
fn an_identical_row_is_counted_but_not_stored_again() {
    let lab = Lab::new();
    lab.put(
        "inbox/a.csv",
        format!("{HEADER}S1,H1,6082,T6,sheet,310,280,12\n"),
    );
    assert_eq!(lab.run(&["ingest"]).code, 0);
    let more = "S1,H1,6082,T6,sheet,310.0,280,12\nS2,H1,6082,T6,sheet,311,281,12\n";
    lab.put("inbox/b.csv", format!("{HEADER}{more}"));
    let ran = lab.run(&["ingest"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(
        ran.stderr
            .contains("2 rows in, 0 rows to findings, 1 of them known already"),
        "{}",
        ran.stderr
    );
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "2");
    assert_eq!(lab.ask("SELECT MAX(revision) FROM tensile_tests"), "1");
}

#[test]
fn what_cannot_be_read_is_named_and_the_rest_goes_on() {
    let lab = Lab::new();
    let row = |specimen: &str| format!("{HEADER}{specimen},H1,6082,T6,sheet,310,280,12\n");
    lab.put("outside/secret.csv", row("S9"));
    lab.put("inbox/good.csv", row("S1"));
    lab.put("inbox/炉号 3-12\nline.csv", row("S2"));
    lab.put("inbox/.hidden.csv", row("S8"));
    lab.put("inbox/empty.csv", "");
    lab.put("inbox/folder.csv/inside.csv", row("S3"));
    let link = |to: &str, name: &str| {
        std::os::unix::fs::symlink(lab.path(to), lab.path(name)).expect("a link");
    };
    link("outside/secret.csv", "inbox/out.csv");
    link("inbox/good.csv", "inbox/in.csv");
    link("nowhere.csv", "inbox/broken.csv");
    link("inbox", "inbox/loop.csv");
    let pipe = std::process::Command::new("mkfifo")
        .arg(lab.path("inbox/pipe.csv"))
        .status();
    assert!(pipe.expect("mkfifo").success());
    let ran = lab.run(&["ingest"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let findings = lab.run(&[
        "sql",
        "SELECT file, rule FROM findings ORDER BY file",
        "--format",
        "csv",
    ]);
    assert_eq!(
        findings.stdout.lines().skip(1).collect::<Vec<_>>(),
        [
            "broken.csv,unreadable",
            "empty.csv,empty",
            "out.csv,outside_inbox",
            "pipe.csv,not_a_file"
        ],
    );
    let specimens = lab.run(&[
        "sql",
        "SELECT specimen_id FROM tensile_tests ORDER BY specimen_id",
        "--format",
        "csv",
    ]);
    assert_eq!(specimens.stdout, "specimen_id\nS1\nS2\nS3\n");
    assert!(
        lab.ask("SELECT path FROM files WHERE path LIKE '%line.csv'")
            .contains("\\n"),
        "one line"
    );
    assert_eq!(
        lab.run(&["ingest"]).code,
        4,
        "the same troubles are not news"
    );
    assert_eq!(lab.ask("SELECT COUNT(*) FROM findings"), "4");
    link("nowhere.csv", "inbox/also-broken.csv");
    assert_eq!(lab.run(&["ingest"]).code, 3, "a new one is");
    assert_eq!(lab.run(&["ingest"]).code, 4);
}

#[test]
fn a_large_file_ends_as_a_small_one_does() {
    let lab = Lab::new();
    lab.put(
        "lab.toml",
        "[[inbox]]\nfolder = \"inbox\"\narchive = \"move\"\n",
    );
    let shipped = Schemas::embedded();
    let shipped = &shipped.file("ingest.toml").expect("ingest.toml").text;
    let own = shipped.replace(
        "streamed_from_bytes = 33_554_432",
        "streamed_from_bytes = 50_000",
    );
    assert_ne!(&own, shipped);
    lab.put("schemas/ingest.toml", own);
    // Longer than what profiles look at.
    let table = |id: &str, rm: &str| {
        let rows = (1000..3000).map(|n| format!("{id}{n},H{},6082,T6,sheet,{rm},280,12\n", n / 5));
        format!("{HEADER}{}", rows.collect::<String>()).into_bytes()
    };
    let good = table("S", "310");
    lab.put("inbox/good.csv", &good);
    assert_eq!(lab.run(&["ingest"]).code, 0);
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "2000");
    assert!(!lab.path("inbox/good.csv").exists());
    // The same bytes under another name: not stored again, and out of the inbox.
    lab.put("inbox/copy.csv", &good);
    assert_eq!(lab.run(&["ingest"]).code, 4);
    assert!(!lab.path("inbox/copy.csv").exists());

    // One byte of another encoding, far behind the head: read as a small file is.
    let mut other = table("Pruf", "310");
    let at = other.windows(8).position(|text| text == b"Pruf2990");
    other[at.expect("the id") + 2] = 0xFC;
    lab.put("inbox/other.csv", &other);
    assert_eq!(lab.run(&["ingest"]).code, 0);
    let odd = "SELECT source_line FROM tensile_tests WHERE specimen_id = 'Prüf2990'";
    assert_eq!(lab.ask(odd), "1992");

    // No row goes in: refused, so that another profile gives it another chance, and left where it is.
    lab.put("inbox/bad.csv", table("B", "none"));
    assert_eq!(lab.run(&["ingest"]).code, 3);
    let outcome = "SELECT outcome || rows_rejected FROM files WHERE path = 'bad.csv'";
    assert_eq!(lab.ask(outcome), "rejected2000");
    assert!(lab.path("inbox/bad.csv").exists());
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "4000");
}

#[test]
fn a_file_moves_to_the_archive_only_after_its_commit() {
    let lab = Lab::new();
    lab.put(
        "lab.toml",
        "[[inbox]]\nfolder = \"inbox\"\narchive = \"move\"\n",
    );
    lab.put(
        "inbox/a/good.csv",
        format!("{HEADER}S1,H1,6082,T6,sheet,310,280,12\n"),
    );
    lab.put("inbox/bad.csv", "what,is,this\n");
    assert_eq!(lab.run(&["ingest"]).code, 3);
    assert!(lab.path("archive/a/good.csv").is_file() && !lab.path("inbox/a/good.csv").exists());
    assert!(
        lab.path("inbox/bad.csv").is_file(),
        "a refused file stays for somebody to look at"
    );
    lab.put(
        "inbox/a/good.csv",
        format!("{HEADER}S2,H1,6082,T6,sheet,310,280,12\n"),
    );
    assert_eq!(lab.run(&["ingest"]).code, 0);
    let kept = std::fs::read_dir(lab.path("archive/a"))
        .expect("the archive")
        .count();
    assert_eq!(kept, 2, "a name that is taken is not overwritten");
}

#[test]
fn a_profile_written_later_gives_a_file_another_chance() {
    let lab = Lab::new();
    lab.put(
        "inbox/probe.txt.csv",
        "Probe;Charge;Rm [MPa]\nS1;H1;310,5\n",
    );
    assert_eq!(lab.run(&["ingest"]).code, 3);
    assert_eq!(
        lab.run(&["ingest"]).code,
        4,
        "the same refusal is not reported twice"
    );
    assert_eq!(lab.ask("SELECT COUNT(*) FROM findings"), "1");
    lab.put(
        "schemas/sources/probe.toml",
        "id = \"probe\"\ntitle = \"Probe\"\nlayout = \"table\"\ntable = \"tensile_tests\"\n\
         [match]\nfile_name = 'probe.*'\nhead = [\"Probe\"]\n\
         [format]\nencoding = \"utf-8\"\ndelimiter = \";\"\ndecimal = \",\"\nmissing = [\"\"]\n\
         [[column]]\nfield = \"specimen_id\"\nnames = [\"Probe\"]\n\
         [[column]]\nfield = \"heat_id\"\nnames = [\"Charge\"]\n\
         [[column]]\nfield = \"rm_mpa\"\nnames = [\"Rm\"]\n\
         [constants]\nalloy = \"6082\"\ntemper = \"T6\"\nproduct_form = \"sheet\"\n",
    );
    assert_eq!(lab.run(&["ingest"]).code, 0);
    assert_eq!(lab.ask("SELECT rm_mpa FROM tensile_tests"), "310.5");
}

#[test]
fn a_reading_below_its_limit_is_neither_the_limit_nor_zero() {
    let lab = Lab::new();
    lab.put(
        "inbox/oes.csv",
        "sample_id,burn_no,element,heat_id,value_wt_pct [ppm]\nP1,1,Sn,H1,<10\nP1,1,Fe,H1,1200\n",
    );
    assert_eq!(lab.run(&["ingest"]).code, 0);
    let row = lab.run(&[
        "sql",
        "SELECT value_wt_pct, below_detection, detection_limit_wt_pct FROM oes_burns ORDER BY element",
        "--format",
        "csv",
    ]);
    assert_eq!(
        row.stdout.lines().skip(1).collect::<Vec<_>>(),
        ["0.12,,", ",true,0.001"]
    );
}

#[test]
fn a_heat_of_unknown_origin_is_left_out_with_a_finding() {
    let lab = Lab::new();
    let charge = |heat: &str, class: &str| {
        format!("{heat},1,ingot,primary,500\n{heat},2,scrap,{class},500\n")
    };
    let charges = ["H1", "H2", "H3", "H4"].map(|heat| {
        charge(
            heat,
            if heat == "H4" {
                "unknown"
            } else {
                "post_consumer"
            },
        )
    });
    lab.put(
        "inbox/charge.csv",
        format!(
            "heat_id,line_no,material,source_class,mass_kg\n{}",
            charges.concat()
        ),
    );
    let mut tests = String::from(HEADER);
    for heat in ["H1", "H2", "H3", "H4", "H5"] {
        for specimen in 1..=2 {
            tests.push_str(&format!(
                "{heat}-{specimen},{heat},6082,T6,sheet,31{specimen},280,12\n"
            ));
        }
    }
    lab.put("inbox/tensile.csv", tests);
    assert_eq!(lab.run(&["ingest"]).code, 0);
    lab.run(&["fit"]);
    assert_eq!(
        lab.ask("SELECT iso14021_ratio FROM heats WHERE heat_id = 'H1'"),
        "0.5"
    );
    assert_eq!(
        lab.ask("SELECT unknown_ratio FROM heats WHERE heat_id = 'H4'"),
        "0.5"
    );
    assert_eq!(
        lab.ask("SELECT rule FROM findings WHERE file = 'heat H4'"),
        "unknown_scrap"
    );
    assert_eq!(
        lab.ask("SELECT rule FROM findings WHERE file = 'heat H5'"),
        "no_charge"
    );
    assert_eq!(
        lab.ask("SELECT heats FROM fits WHERE property = 'rm_mpa'"),
        "3"
    );
    lab.run(&["fit"]);
    assert_eq!(
        lab.ask("SELECT COUNT(*) FROM findings"),
        "3",
        "the same finding is not repeated; of H5 the first one tells that nothing is known"
    );
}

/// Kills runs at many moments; the next run must always end in the state of one that was not disturbed.
#[test]
fn a_run_that_is_killed_anywhere_is_finished_by_the_next() {
    let counts = |lab: &Lab| {
        [
            "charge_lines",
            "oes_burns",
            "tensile_tests",
            "evidence",
            "files",
        ]
        .map(|table| lab.ask(&format!("SELECT COUNT(*) FROM {table}")))
    };
    let undisturbed = Lab::synthetic(3);
    undisturbed.run(&["run"]);
    let expected = counts(&undisturbed);
    assert!(expected.iter().all(|count| count != "0"), "{expected:?}");
    let mut killed = 0;
    for moment in 0..6 {
        let lab = Lab::synthetic(3);
        let config = lab.path("lab.toml").display().to_string();
        let mut child = command(&["run", "--config", &config])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("the binary starts");
        // Spread over the time that an undisturbed run takes; a slow machine only shifts the moments.
        sleep(Duration::from_millis(40 + 100 * moment));
        killed += usize::from(child.try_wait().expect("its state").is_none());
        child.kill().expect("it can be killed");
        child.wait().expect("it has ended");
        let finished = lab.run(&["run"]);
        assert!([0, 4, 5].contains(&finished.code), "{finished:?}");
        assert_eq!(
            counts(&lab),
            expected,
            "killed after {} ms",
            40 + 100 * moment
        );
        assert!(lab.path("report/index.html").is_file());
        let duplicates = lab.ask("SELECT COUNT(*) FROM (SELECT specimen_id FROM tensile_tests GROUP BY specimen_id HAVING COUNT(*) > 1)");
        assert_eq!(duplicates, "0");
    }
    assert!(killed > 0, "at least one run was killed before its end");
}
