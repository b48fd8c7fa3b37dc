//! What goes wrong is said once, clearly, and leaves nothing half-written.

use crate::lab::{Lab, regrade};

const TENSILE: &str = "specimen_id,heat_id,alloy,temper,product_form,rm_mpa,rp02_mpa,a_pct\n";

/// The finding that a file in the inbox gives, as it is printed.
fn finding_of(file: &str, text: impl AsRef<[u8]>) -> (Lab, String) {
    let lab = Lab::new();
    lab.put(&format!("inbox/{file}"), text);
    let ran = lab.run(&["ingest"]);
    assert_eq!(ran.code, 3, "{ran:?}");
    let printed: Vec<&str> = ran
        .stderr
        .lines()
        .filter(|line| !line.contains("ingest "))
        .collect();
    (lab, printed.join("\n"))
}

#[test]
fn a_wrong_file() {
    let (lab, message) = finding_of("holiday.csv", "beach,sun\n1,2\n");
    assert_eq!(
        message,
        "error: holiday.csv: no profile fits the file's name and header [no_profile]\n\
         hint: name one (`profile` of the [[inbox]], or --profile), or let `regrade check --suggest FILE` write one"
    );
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "0");
    assert_eq!(lab.ask("SELECT outcome FROM files"), "unmatched");
}

#[test]
fn a_missing_column() {
    let (lab, message) = finding_of(
        "t.csv",
        "specimen_id,alloy,temper,product_form\nS1,6082,T6,sheet\n",
    );
    assert_eq!(
        message,
        "error: t.csv: field heat_id: header line 1 has no column for it; the header reads: \
         specimen_id, alloy, temper, product_form [missing_column]\n\
         hint: give it a column named `heat_id`, or add its header to the profile `regrade-tensile`"
    );
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "0");
}

#[test]
fn a_wrong_unit_word() {
    let (lab, message) = finding_of(
        "t.csv",
        "specimen_id,heat_id,alloy,temper,product_form,Rm [furlong]\nS1,H1,6082,T6,sheet,310\n",
    );
    assert_eq!(
        message,
        "error: t.csv: field rm_mpa: header line 1: `Rm [furlong]`: unit `furlong` is not known [unit]\n\
         hint: write a unit that converts to MPa, such as `[MPa]`; if it is a remark, list the whole header in the profile's `names`"
    );
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "0");
}

#[test]
fn a_unit_of_another_kind_and_no_unit_at_all() {
    let header = |rm: &str| {
        format!("specimen_id,heat_id,alloy,temper,product_form,{rm}\nS1,H1,6082,T6,sheet,310\n")
    };
    let (_, message) = finding_of("t.csv", header("Rm [kg]"));
    assert!(
        message.contains("unit `kg` does not convert to MPa"),
        "{message}"
    );
    let (_, message) = finding_of("t.csv", header("Rm"));
    assert!(
        message.contains("the column names no unit; rm_mpa is kept in MPa"),
        "{message}"
    );
}

#[test]
fn bad_cells_cost_their_row_and_keep_their_text() {
    let rows = "S1,H1,6082,T6,sheet,310,280,12\n\
                S2,H1,6082,T6,sheet,\"1,82\",280,12\n\
                S3,H1,6082,T6,sheet,310,320,12\n\
                S1,H1,6082,T6,sheet,310,280,12\n\
                S4,H1,6082,T6,sheet,9999,280,12\n\
                S5,H1,6082,T6,sheet\n\
                S6,,6082,T6,sheet,310,280,12\n\
                S7,H1,6082,T6,sheet,<300,280,12\n\
                S8,H1,6082,T6,sheet,310,280,0\n";
    let (lab, message) = finding_of("t.csv", format!("{TENSILE}{rows}"));
    for part in [
        "error: t.csv:3:6: field rm_mpa: \"1,82\" is not a number [number]\nhint: decimal comma? set decimal = \",\" in the profile",
        "error: t.csv:4:7: field rp02_mpa: rp02_mpa = 320 lies above rm_mpa = 310 [order]",
        "error: t.csv:5:1: field specimen_id: the key (specimen_id, origin) stands already in line 2 of this file [unique]",
        "error: t.csv:6:6: field rm_mpa: 9999 MPa is outside the contract's range",
        "error: t.csv:7: the row has 5 fields, the header 8 [ragged]",
        "error: t.csv:8:2: field heat_id: is empty, but a row makes no sense without it [required]",
        "error: t.csv:9:6: field rm_mpa: \"<300\" is a reading below a limit, which this field cannot hold [censored]",
        "error: t.csv:10:8: field a_pct: 0 % is outside the contract's range",
    ] {
        assert!(message.contains(part), "{part}\nis not in\n{message}");
    }
    assert_eq!(lab.ask("SELECT COUNT(*) FROM tensile_tests"), "1");
    assert_eq!(
        lab.ask("SELECT raw_row FROM findings WHERE line = 3"),
        "\"S2,H1,6082,T6,sheet,\"\"1,82\"\",280,12\""
    );
    assert_eq!(
        lab.ask("SELECT rows_ok || '/' || rows_rejected FROM files"),
        "1/8"
    );
}

#[test]
fn an_unwritable_lake_is_found_before_the_work() {
    let lab = Lab::synthetic(3);
    lab.put("occupied", "a file where a folder should be");
    let out = lab.path("occupied").display().to_string();
    let ran = lab.run(&["run", "--out", &out]);
    assert_eq!(ran.code, 1, "{ran:?}");
    let errors: Vec<&str> = ran.stderr.lines().collect();
    assert_eq!(errors.len(), 2, "one message and its hint: {errors:?}");
    assert!(
        errors[0].starts_with("error: ") && errors[0].contains("cannot write"),
        "{errors:?}"
    );
    assert!(
        errors[1].starts_with("hint: check the folder's owner"),
        "{errors:?}"
    );
}

#[test]
fn a_second_run_at_the_same_time_waits_its_turn() {
    let lab = Lab::synthetic(3);
    std::fs::create_dir_all(lab.path("lake")).expect("a folder");
    #[expect(clippy::disallowed_methods, reason = "a test plays the other run")]
    let other = std::fs::File::create(lab.path("lake/.regrade.lock")).expect("the lock file");
    other.lock().expect("the lock");
    let ran = lab.run(&["run"]);
    assert_eq!(ran.code, 1, "{ran:?}");
    assert!(
        ran.stderr.contains("another run holds the lock"),
        "{}",
        ran.stderr
    );
    drop(other);
    let ran = lab.run(&["run"]);
    assert!(ran.code == 0 || ran.code == 5, "{ran:?}");
}

#[test]
fn settings_and_arguments() {
    let lab = Lab::new();
    lab.put("lab.toml", "[bounds]\nconfidence = 95\n");
    let ran = lab.run(&["run"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr
            .contains("lab.toml: `bounds.confidence` = 95 must lie between 0.5 and 1"),
        "{}",
        ran.stderr
    );

    lab.put(
        "lab.toml",
        "[[inbox]]\nfolder = \"inbox\"\nprofile = \"zwik\"\n",
    );
    let ran = lab.run(&["run"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr
            .contains("there is no profile `zwik`\nhint: the profiles are: "),
        "{}",
        ran.stderr
    );

    lab.put("lab.toml", "");
    lab.put(
        "schemas/components/part.toml",
        "id = \"part\"\ntitel = \"x\"\n",
    );
    let ran = lab.run(&["run"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(
        ran.stderr.contains("part.toml") && ran.stderr.contains("titel"),
        "{}",
        ran.stderr
    );

    assert_eq!(regrade(&["run", "--config", "no-such.toml"]).code, 2);
    assert_eq!(regrade(&["run", "--now", "yesterday"]).code, 2);
    assert_eq!(regrade(&["describe", "no_such_table"]).code, 2);
    assert_eq!(regrade(&["basis", "no-such.csv", "--y", "y"]).code, 2);
}
