//! The `curve` layout and its head block.

use std::collections::BTreeMap;

use super::{Shipped, column, opening, places};
use crate::source::read_curve;

fn points(rows: usize) -> String {
    // 70 GPa up to 200 MPa, then a little softening and a break.
    (0..rows)
        .map(|i| {
            let stress = (i as f64 * 5.0).min(200.0) - 0.02 * i.saturating_sub(40) as f64;
            format!(
                "{};{};{}\n",
                i as f64 / 10.0,
                stress * 0.02,
                stress / 70_000.0 * 100.0 + if i > 40 { (i - 40) as f64 * 0.05 } else { 0.0 }
            )
            .replace('.', ",")
        })
        .collect::<String>()
        + "99,0;0,0;8,0\n"
}

fn profile() -> String {
    format!(
        "{}{}",
        opening("curve", "tensile_curves"),
        r#"
[match]
file_name = '(?i)\.(lis|csv|tra)$'

[header]
find = ["Kraft", "Dehnung"]

[[head]]
key = ["Probenbezeichnung"]
field = "specimen_id"

[[head]]
key = "Probendicke"
field = "thickness_mm"

[[head]]
key = "Probenbreite"
field = "width_mm"

[[head]]
key = "Zugfestigkeit"
field = "rm_mpa"

[[column]]
field = "time_s"
names = ["Zeit"]

[[column]]
field = "force_n"
names = ["Kraft"]

[[column]]
field = "strain"
names = ["Dehnung"]

[[column]]
field = "extension_mm"
names = ["Dehnung", "Weg"]

[constants]
heat_id = "H1"
alloy = "6061"
temper = "T6"
product_form = "plate"
"#
    )
}

#[test]
fn heads_of_every_kind_give_the_cross_section() {
    let shipped = Shipped::new();
    for head in [
        "Probenbezeichnung\t\t\t\tP1\nProbendicke\t\t\tmm\t2\nProbenbreite\t\t\tmm\t10\n".replace('\t', ";"),
        "\"Probenbezeichnung\";P1\n\"Probendicke\";2;\"mm\"\n\"Probenbreite\";1;\"cm\"\n".to_owned(),
        "Allgemein : Probenbezeichnung;P1;;\nProbe : Probendicke;2;mm;\nProbe : Probenbreite;10;mm;\n".to_owned(),
        "Probenbezeichnung: P1\nProbendicke (mm);2\nProbenbreite [mm];10\n".to_owned(),
    ] {
        let text = format!("{head}\nZeit;Kraft;Dehnung\ns;kN;%\n{}", points(120));
        let file = shipped.read(&profile(), "x.lis", text.as_bytes());
        assert_eq!(places(&file), [], "{head}: {:?}", file.findings);
        assert_eq!(file.rows_ok, 121);
        assert_eq!(column(&file, "tensile_tests", "area_mm2"), ["20"]);
        assert_eq!(column(&file, "tensile_tests", "specimen_id"), ["P1"]);
        assert_eq!(column(&file, "tensile_tests", "rm_mpa"), ["200"]);
        assert_eq!(column(&file, "tensile_tests", "origin"), ["reduced"]);
    }
}

#[test]
fn results_stated_in_the_head_stand_and_are_compared_with_the_curve() {
    let shipped = Shipped::new();
    let text = |rm: &str| {
        format!(
            "Probenbezeichnung;P1\nProbendicke;2;mm\nProbenbreite;10;mm\nZugfestigkeit;{rm};MPa\n\n\
             Zeit;Kraft;Dehnung\ns;kN;%\n{}",
            points(120)
        )
    };
    let file = shipped.read(&profile(), "x.lis", text("201,5").as_bytes());
    assert_eq!(places(&file), []);
    assert_eq!(column(&file, "tensile_tests", "rm_mpa"), ["201.5", "200"]);
    assert_eq!(
        column(&file, "tensile_tests", "origin"),
        ["reported", "reduced"]
    );
    let file = shipped.read(&profile(), "x.lis", text("240").as_bytes());
    assert_eq!(places(&file), [(0, 0, "rm_mpa", "reported_result")]);
    assert!(!file.is_refused());
}

#[test]
fn the_unit_tells_which_of_two_fields_a_name_is() {
    let shipped = Shipped::new();
    let text = format!(
        "Probenbezeichnung;P1\n\nZeit;Kraft;Dehnung\ns;kN;mm\n{}",
        points(120)
    );
    let known: BTreeMap<String, String> = [("area_mm2", "20"), ("gauge_length_mm", "50")]
        .map(|(name, text)| (name.to_owned(), text.to_owned()))
        .into();
    let profile = shipped.profile(&profile());
    let (curve, file) = read_curve(
        shipped.reading(),
        &profile,
        ("x.csv", "x.csv"),
        text.as_bytes(),
        &known,
    );
    assert_eq!(places(&file), []);
    let curve = curve.unwrap().curve;
    assert!((curve.strain[40] - 200.0 / 70_000.0 * 100.0 / 50.0).abs() < 1e-12);
    let (curve, file) = read_curve(
        shipped.reading(),
        &profile,
        ("x.csv", "x.csv"),
        text.as_bytes(),
        &BTreeMap::new(),
    );
    assert!(curve.is_none());
    assert_eq!(places(&file), [(0, 0, "stress_mpa", "missing_column")]);
}

#[test]
fn a_blank_strain_is_kept_and_a_blank_force_is_not() {
    let shipped = Shipped::new();
    let text = format!(
        "Probenbezeichnung;P1\nProbendicke;2;mm\nProbenbreite;10;mm\n\nZeit;Kraft;Dehnung\ns;kN;%\n{}12;4,1;\n13;;1\n14;4,\n",
        points(120)
    );
    let file = shipped.read(&profile(), "x.lis", text.as_bytes());
    assert_eq!(file.rows_rejected, 1, "{:?}", file.findings);
    assert!(
        places(&file).contains(&(129, 2, "force_n", "required")),
        "{:?}",
        places(&file)
    );
}
