//! A specimen with a curve and a row of the laboratory's sheet: both stay, one counts, and a difference is
//! found, in whatever order the files arrive.

use crate::lab::Lab;

const SHEET: &str = "results.csv";
const CURVE: &str = "H1_6082_T6_sheet_020C_1.csv";
const SPECIMEN: &str = "H1_6082_T6_sheet_020C_1";

/// A sheet that reports Rm for the specimen of the curve.
fn sheet(rm: &str) -> String {
    format!(
        "specimen_id,heat_id,alloy,temper,product_form,rm_mpa\n{SPECIMEN},H1,6082,T6,sheet,{rm}\nS2,H1,6082,T6,sheet,299\n"
    )
}

/// A straight rise at 70 GPa, a plateau that creeps up to 300 MPa, and a break.
fn curve() -> String {
    let mut text = "strain,stress\n".to_owned();
    for step in 0..=100 {
        let strain = f64::from(step) * 4e-5;
        text.push_str(&format!("{strain:.6},{:.2}\n", 70_000.0 * strain));
    }
    for step in 1..=200 {
        let strain = 0.004 + f64::from(step) * 5e-4;
        text.push_str(&format!(
            "{strain:.6},{:.2}\n",
            280.0 + f64::from(step) * 0.1
        ));
    }
    text + "0.104100,2.00\n"
}

/// What the lake holds and what counts, after the deliveries of several nights.
fn after(nights: &[&[(&str, String)]]) -> [String; 4] {
    let lab = Lab::new();
    for night in nights {
        for (name, text) in *night {
            lab.put(&format!("inbox/{name}"), text);
        }
        assert_eq!(lab.run(&["ingest"]).code, 0);
        lab.run(&["fit"]);
    }
    // A finding is told once, however often it is judged.
    lab.run(&["fit"]);
    let of_specimen = format!("FROM tensile_tests WHERE specimen_id = '{SPECIMEN}'");
    [
        lab.ask(&format!(
            "SELECT MIN(origin) || ' ' || MAX(origin) || ' ' || CAST(COUNT(*) AS VARCHAR) {of_specimen}"
        )),
        lab.ask("SELECT CAST(rm_mpa_n AS VARCHAR) || ' ' || CAST(rm_mpa_mean AS VARCHAR) FROM heats"),
        lab.ask("SELECT COUNT(*) FROM findings WHERE rule = 'reported_result'"),
        lab.ask("SELECT message FROM findings WHERE rule = 'reported_result'"),
    ]
}

#[test]
fn both_results_stay_and_a_difference_is_found_in_any_order() {
    let (sheet, curve) = ((SHEET, sheet("330")), (CURVE, curve()));
    let one_night = after(&[&[sheet.clone(), curve.clone()]]);
    assert_eq!(one_night[0], "reduced reported 2");
    assert_eq!(one_night[1], "2 314.5", "what is reported counts");
    assert_eq!(one_night[2], "1");
    assert!(
        one_night[3].contains("330 is reported") && one_night[3].contains("gives 300.0 (-9.1 %)"),
        "{}",
        one_night[3]
    );
    let sheet_first = after(&[std::slice::from_ref(&sheet), std::slice::from_ref(&curve)]);
    let curve_first = after(&[&[curve], &[sheet]]);
    for other in [sheet_first, curve_first] {
        assert_eq!(other[..3], one_night[..3]);
    }
}

#[test]
fn results_that_agree_are_no_finding_and_a_curve_alone_counts() {
    let agreeing = after(&[&[(SHEET, sheet("301")), (CURVE, curve())]]);
    assert_eq!(agreeing[1..3], ["2 300.0".to_owned(), "0".to_owned()]);
    let alone = after(&[&[(CURVE, curve())]]);
    assert_eq!(alone[0], "reduced reduced 1");
    assert_eq!(alone[1..3], ["1 300.0".to_owned(), "0".to_owned()]);
}
