//! The `table` layout: headers, units, encodings, rows that go wrong.

use super::{Shipped, column, opening, places};

const TENSILE: &str = r#"
[match]
file_name = '\.csv$'

[[column]]
field = "specimen_id"
names = ["Probe", "试样编号"]

[[column]]
field = "heat_id"
names = ["Heat No.", "炉号"]

[[column]]
field = "rm_mpa"
names = ["Rm", "抗拉强度"]

[[column]]
field = "rp02_mpa"
names = ["Rp0.2", "Yield Strength"]

[[column]]
field = "a_pct"
names = ["A", "断后伸长率"]

[constants]
alloy = "AlSi10MnMg"
temper = "T7"
product_form = "die_casting"
"#;

fn tensile(more: &str) -> String {
    // Keys of the top level come first in TOML.
    let (top, tables) = more
        .split_once("[[")
        .map_or((more, String::new()), |(top, rest)| {
            (top, format!("[[{rest}"))
        });
    format!(
        "{}{top}{TENSILE}{tables}",
        opening("table", "tensile_tests")
    )
}

#[test]
fn a_good_file_with_decimal_commas_and_a_head_is_read_right() {
    let shipped = Shipped::new();
    let text = "Prüfbericht 17;;;;\n;;;;\nProbe;Heat\nNo.;;;\nx;y;;;\n\
                Probe;Heat No.;Rm [ksi];Rp0.2 (N/mm²);A/%\n\
                P1;3-12;38,0;128,7;11,6\n\nP2;1E5;40;;-\n";
    let profile = tensile("header.find = [\"Probe\", \"Rm\"]\n");
    let file = shipped.read(&profile, "a.csv", text.as_bytes());
    assert_eq!(places(&file), []);
    assert_eq!((file.rows_ok, file.rows_rejected), (2, 0));
    assert_eq!(column(&file, "tensile_tests", "heat_id"), ["3-12", "1E5"]);
    assert_eq!(column(&file, "tensile_tests", "rp02_mpa"), ["128.7", "-"]);
    assert_eq!(column(&file, "tensile_tests", "source_line"), ["7", "9"]);
    let rm = file.rows["tensile_tests"].number("rm_mpa").unwrap()[0].unwrap();
    assert!((rm - 262.000_777_140_397_7).abs() < 1e-9, "{rm}");
}

#[test]
fn units_come_from_the_header_the_units_row_or_the_profile_and_must_agree() {
    let shipped = Shipped::new();
    let profile = tensile("");
    for (text, expected) in [
        ("Probe,Heat No.,Rm,A\n,,MPa,%\nP1,H1,250,3\n", vec![]),
        ("Probe,Heat No.,Rm (MPa),A [%]\nP1,H1,250,3\n", vec![]),
        (
            "Probe,Heat No.,抗拉强度（MPa）,断后伸长率/%\nP1,H1,250,3\n",
            vec![],
        ),
        (
            "Probe,Heat No.,\"Rm\n(MPa)\",\"A\n%\"\nP1,H1,250,3\n",
            vec![],
        ),
        (
            "Probe,Heat No.,抗拉强度 Rm (MPa),A %\nP1,H1,250,3\n",
            vec![],
        ),
        (
            "Probe,Heat No.,Rm (MPa),A\n,,ksi,%\nP1,H1,250,3\n",
            vec![(0, 3, "rm_mpa", "unit_conflict")],
        ),
        (
            "Probe,Heat No.,rm_mpa,a_pct\n,,ksi,%\nP1,H1,50,3\n",
            vec![(0, 3, "rm_mpa", "unit_conflict")],
        ),
        (
            "Probe,Heat No.,rm_mpa\n,,ksi\nP1,H1,50\n",
            vec![(0, 3, "rm_mpa", "unit_conflict")],
        ),
        (
            "Probe,Heat No.,rm_mpa,a_pct,rate\n,,MPa,mm/mm,1/s\nP1,H1,250,3,0.0067\n",
            vec![(0, 4, "a_pct", "unit_conflict")],
        ),
        (
            "Probe,Heat No.,rm_mpa [MPa],remark\n,,MPa,text\nP1,H1,250,x\n",
            vec![],
        ),
        ("Probe,Heat No.,rm_mpa [ksi],a_pct\nP1,H1,50,3\n", vec![]),
        (
            "Probe,Heat No.,Rm (MPa),A\nP1,H1,250,3\n",
            vec![(0, 4, "a_pct", "unit")],
        ),
        (
            "Probe,Heat No.,Rm (furlong),A (%)\nP1,H1,250,3\n",
            vec![(0, 3, "rm_mpa", "unit")],
        ),
        (
            "Probe,Heat No.,Rm (kg),A (%)\nP1,H1,250,3\n",
            vec![(0, 3, "rm_mpa", "unit")],
        ),
    ] {
        let file = shipped.read(&profile, "a.csv", text.as_bytes());
        assert_eq!(places(&file), expected, "{text}: {:?}", file.findings);
        assert_eq!(file.rows_ok, usize::from(expected.is_empty()), "{text}");
    }
}

#[test]
fn two_row_headers_are_put_together() {
    let shipped = Shipped::new();
    let profile = tensile("header.rows = 2\n");
    let text = "炉号,试样编号,力学性能,,\n,,Rm (MPa),Rp0.2 (MPa),A (%)\nH1,P1,250,200,3\n";
    let file = shipped.read(&profile, "a.csv", text.as_bytes());
    assert_eq!(places(&file), []);
    assert_eq!(column(&file, "tensile_tests", "rp02_mpa"), ["200"]);
    // The same with a second row that is units for some columns.
    let text = "Heat No.,Probe,Rm,A\n,,MPa,%\nH1,P1,250,3\n";
    let file = shipped.read(&profile, "a.csv", text.as_bytes());
    assert_eq!(places(&file), []);
    assert_eq!(column(&file, "tensile_tests", "rm_mpa"), ["250"]);
}

#[test]
fn headers_that_do_not_fit_refuse_the_file_and_say_why() {
    let shipped = Shipped::new();
    let profile = tensile("");
    for (text, expected) in [
        (
            "Probe,Rm (MPa)\nP1,250\n",
            (0, 0, "heat_id", "missing_column"),
        ),
        (
            "Probe,Heat No.,Rm (MPa),Rm (MPa)\nP1,H1,250,251\n",
            (0, 4, "rm_mpa", "duplicate_column"),
        ),
        (
            "Probe,Heat No.,Rm (MPa),抗拉强度 (MPa)\nP1,H1,250,251\n",
            (0, 4, "rm_mpa", "two_columns"),
        ),
        ("", (0, 0, "", "empty")),
        ("\n\n\n", (0, 0, "", "empty")),
    ] {
        let file = shipped.read(&profile, "a.csv", text.as_bytes());
        assert_eq!(places(&file), [expected], "{text}");
        assert!(file.is_refused() && file.rows.is_empty(), "{text}");
    }
    let searching = tensile("header.find = [\"Probe\", \"Fm\"]\n");
    let file = shipped.read(&searching, "a.csv", b"x\nProbe,Heat No.\nP1,H1\n");
    assert_eq!(places(&file), [(0, 0, "", "no_header")]);
    assert!(
        file.findings[0].message.contains("line 2 comes closest"),
        "{}",
        file.findings[0].message
    );
}

#[test]
fn an_unused_column_is_a_note_and_two_of_one_name_a_warning() {
    let shipped = Shipped::new();
    let text = "Probe,Heat No.,Rm (MPa),Remark,Remark\nP1,H1,250,a,b\n";
    let file = shipped.read(&tensile(""), "a.csv", text.as_bytes());
    assert_eq!(places(&file), [(1, 5, "Remark", "duplicate_column")]);
    assert_eq!(file.findings.len(), 2);
    assert_eq!(file.rows_ok, 1);
}

#[test]
fn bad_rows_cost_themselves_only_or_the_file_as_declared() {
    let shipped = Shipped::new();
    let text = "Probe,Heat No.,Rm (MPa)\nP1,H1,250\nP2,H1,\"1,82\"\nP3,H1\nP4,H1,260,9\nP1,H1,270\n\
                P\u{0}5,H1,250\nP6,H1,\"250\nMean,,250\nP7,H1,251,\n";
    let profile = tensile("format.decimal = \".\"\n[[skip_rows]]\npattern = '^(Mean|SD)'\n");
    let file = shipped.read(&profile, "a.csv", text.as_bytes());
    assert_eq!(
        places(&file),
        [
            (3, 3, "rm_mpa", "number"),
            (4, 0, "", "ragged"),
            (5, 0, "", "ragged"),
            (6, 1, "specimen_id", "unique"),
            (7, 0, "", "nul"),
            (8, 0, "", "quote"),
        ]
    );
    assert_eq!((file.rows_ok, file.rows_rejected), (2, 6));
    assert_eq!(file.findings[1].raw_row, "P3,H1");
    let whole = tensile(
        "on_error = \"reject_file\"\nformat.decimal = \".\"\n[[skip_rows]]\npattern = '^(Mean|SD)'\n",
    );
    let file = shipped.read(&whole, "a.csv", text.as_bytes());
    assert_eq!((file.rows_ok, file.rows_rejected), (0, 8));
    assert!(file.is_refused() && file.rows.is_empty());
    assert_eq!(places(&file).last(), Some(&(0, 0, "", "rejected")));
}

#[test]
fn encodings_are_declared_or_told() {
    let shipped = Shipped::new();
    let text = "炉号,试样编号,抗拉强度(MPa)\nH1,P1,250\n";
    let wide: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let (gb, ..) = encoding_rs::GB18030.encode(text);
    let marked = format!("\u{feff}{text}");
    for bytes in [text.as_bytes(), marked.as_bytes(), &wide, &gb] {
        let file = shipped.read(&tensile(""), "a.csv", bytes);
        assert_eq!(places(&file), []);
        assert_eq!(column(&file, "tensile_tests", "heat_id"), ["H1"]);
    }
    let file = shipped.read(&tensile("format.encoding = \"utf-8\"\n"), "a.csv", &gb);
    assert_eq!(places(&file), [(1, 0, "", "encoding")]);
    assert!(file.is_refused());
}

#[test]
fn an_open_decimal_sign_is_a_finding() {
    let shipped = Shipped::new();
    let text = "Probe;Heat No.;Rm (MPa)\nP1;H1;1.250\n";
    let file = shipped.read(&tensile(""), "a.csv", text.as_bytes());
    assert_eq!(places(&file), [(0, 0, "", "decimal")]);
    let file = shipped.read(
        &tensile("format.decimal = \".\"\n"),
        "a.csv",
        text.as_bytes(),
    );
    assert_eq!(column(&file, "tensile_tests", "rm_mpa"), ["1.25"]);
}

#[test]
fn shared_aliases_are_known_when_asked_for() {
    let shipped = Shipped::new();
    let text = "specimen_id,heat_id,UTS (MPa),A50 (%)\nP1,H1,250,3\n";
    let file = shipped.read(&tensile(""), "a.csv", text.as_bytes());
    assert_eq!(column(&file, "tensile_tests", "rm_mpa"), ["-"]);
    let profile = shipped.profile(&tensile("aliases = true\n"));
    if profile
        .aliases
        .as_ref()
        .is_some_and(|aliases| !aliases.fields.is_empty())
    {
        let file = shipped.read(&tensile("aliases = true\n"), "a.csv", text.as_bytes());
        assert_eq!(places(&file), []);
        assert_eq!(column(&file, "tensile_tests", "rm_mpa"), ["250"]);
        assert_eq!(column(&file, "tensile_tests", "elongation_type"), ["A50"]);
    }
}

#[test]
fn specimens_below_and_beside_each_other_are_tables_of_their_own() {
    let shipped = Shipped::new();
    let blocks = |rule: &str| tensile("").replace("\"table\"\n", "\"blocks\"\n") + rule;
    let below = "Report\nSpecimen P1\nHeat No.,Rm (MPa)\nH1,250\n\nSpecimen P2\nHeat No.,Rm (MPa)\nH2,260\n";
    let profile = blocks(
        "[header]\nfind = [\"Heat No.\"]\n[blocks]\nstart = '^Specimen (?<specimen_id>.+)$'\n",
    );
    let file = shipped.read(&profile, "a.csv", below.as_bytes());
    assert_eq!(places(&file), []);
    assert_eq!(column(&file, "tensile_tests", "specimen_id"), ["P1", "P2"]);
    assert_eq!(column(&file, "tensile_tests", "source_line"), ["4", "8"]);
    let beside = "P1,,,P2,\nHeat No.,Rm (MPa),,Heat No.,Rm (MPa)\nH1,250,,H2,oops\n";
    for rule in ["width = 3", "repeat = true"] {
        let profile = blocks(&format!(
            "[header]\nfind = [\"Heat No.\"]\n[blocks]\n{rule}\ntitle = '^(?<specimen_id>P\\d)$'\n"
        ));
        let file = shipped.read(&profile, "a.csv", beside.as_bytes());
        assert_eq!(places(&file), [(3, 5, "rm_mpa", "number")], "{rule}");
        assert_eq!(column(&file, "tensile_tests", "specimen_id"), ["P1"]);
        assert_eq!((file.rows_ok, file.rows_rejected), (1, 1));
    }
}
