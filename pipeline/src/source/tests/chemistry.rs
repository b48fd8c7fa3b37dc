//! The chemistry layouts.

use super::{Shipped, column, opening, places};
use crate::source::SourceFile;

/// The mass fractions, `None` for a censored one; conversion may cost the last bit.
fn assert_values(file: &SourceFile, expected: &[Option<f64>]) {
    let values = file.rows["oes_burns"].number("value_wt_pct").unwrap();
    assert_eq!(values.len(), expected.len());
    for (value, expected) in values.iter().zip(expected) {
        match (value, expected) {
            (Some(value), Some(expected)) => {
                assert!(
                    (value - expected).abs() <= 1e-15 * expected.abs().max(1.0),
                    "{value} {expected}"
                );
            }
            (value, expected) => assert_eq!(value, expected),
        }
    }
}

fn wide(more: &str) -> String {
    format!(
        "{}{}",
        opening("wide_chemistry", "oes_burns"),
        r#"
[match]
file_name = '\.csv$'

[[column]]
field = "sample_id"
names = ["Sample"]

[[column]]
field = "heat_id"
names = ["Heat"]

[[skip_rows]]
pattern = '^Mean'
checked = true

[[skip_rows]]
pattern = '^(SD|RSD)'

[elements]
burn = ["Burn"]
"#
    ) + more
}

#[test]
fn burns_are_turned_into_one_row_an_element_and_their_means_are_checked() {
    let shipped = Shipped::new();
    let text = "Burn;Sample;Heat;Si %;Fe(wt%);w(Cu)/%;硅铁;Sr [ppm]\n\
                1;S1;H1;10,20;0,150;<0,001;x;120\n\
                2;S1;H1;10,30;0,160;0,002;x;\n\
                Mean;S1;H1;10,25;0,165;0,002;;120\n\
                SD;S1;H1;0,07;0,007;;;\n\
                1;S2;H1;10,1;oops;0,003;x;118\n";
    let profile = wide("unit = \"wt%\"\n[format]\ndecimal = \",\"\n");
    let file = shipped.read(&profile, "a.csv", text.as_bytes());
    assert_eq!(
        places(&file),
        [
            (4, 5, "value_wt_pct", "mean"),
            (6, 5, "value_wt_pct", "number")
        ]
    );
    assert_eq!((file.rows_ok, file.rows_rejected), (2, 1));
    assert_eq!(
        column(&file, "oes_burns", "element"),
        ["Si", "Fe", "Cu", "Sr", "Si", "Fe", "Cu"]
    );
    assert_eq!(
        column(&file, "oes_burns", "burn_no"),
        ["1", "1", "1", "1", "2", "2", "2"]
    );
    let expected = [
        Some(10.2),
        Some(0.15),
        None,
        Some(0.012),
        Some(10.3),
        Some(0.16),
        Some(0.002),
    ];
    assert_values(&file, &expected);
    assert_eq!(
        column(&file, "oes_burns", "detection_limit_wt_pct")[2],
        "0.001"
    );
    assert_eq!(column(&file, "oes_burns", "below_detection")[2], "true");
}

#[test]
fn an_element_without_a_unit_or_with_two_refuses_the_file() {
    let shipped = Shipped::new();
    for (text, expected) in [
        ("Sample,Heat,Si\nS1,H1,10\n", (0, 3, "value_wt_pct", "unit")),
        (
            "Sample,Heat,Si (%)\n,,ppm\nS1,H1,10\n",
            (0, 3, "value_wt_pct", "unit_conflict"),
        ),
        (
            "Sample,Heat,Si %,Si %\nS1,H1,10,11\n",
            (0, 4, "value_wt_pct", "duplicate_column"),
        ),
        (
            "Sample,Heat,Rm\nS1,H1,10\n",
            (0, 0, "value_wt_pct", "missing_column"),
        ),
    ] {
        let profile = if text.contains("ppm") {
            wide("[header]\nunits_row = 1\n")
        } else {
            wide("")
        };
        let file = shipped.read(&profile, "a.csv", text.as_bytes());
        assert_eq!(places(&file), [expected], "{text}");
    }
    // Burns without a number are counted sample by sample; elements have units of their own.
    let profile = wide("unit = \"%\"\nunits = { Sr = \"ppm\" }\n");
    let text = "Sample,Heat,Si,Sr\nS1,H1,10,100\nS2,H1,9,100\nS1,H1,11,120\n";
    let file = shipped.read(&profile, "a.csv", text.as_bytes());
    assert_eq!(places(&file), []);
    assert_eq!(
        column(&file, "oes_burns", "burn_no"),
        ["1", "1", "1", "1", "2", "2"]
    );
    assert_values(&file, &[10.0, 0.01, 9.0, 0.01, 11.0, 0.012].map(Some));
}

#[test]
fn element_rows_take_repeated_readings_in_the_unit_of_their_element() {
    let shipped = Shipped::new();
    let profile = format!(
        "{}{}",
        opening("element_rows", "oes_burns"),
        r#"
[match]
file_name = '^(?<heat_id>H\d)\.csv$'

[header]
find = ["Element"]
rows = 2
columns = 5

[[head]]
key = "Probe"
field = "sample_id"

[elements]
element = ["Element"]
replicates = '/^w\d$/'
unit = "%"
units = { B = "mg/kg" }
names = { Silizium = "Si" }
"#
    );
    let text = "Labor,X,,,,\nProbe:,A1,,,,\nElement,Soll,Einzelwerte,,,Element\n,,w1,w2,w3,\n\
                Silizium,10,10.1,10.2,,Si\nB,5,4,5,6,B\nFe,,,,,Fe\nXx,1,2,,,\n*) Anmerkung,,,,,\n";
    let file = shipped.read(&profile, "H1.csv", text.as_bytes());
    assert_eq!(places(&file), [(8, 1, "element", "element")]);
    assert_eq!((file.rows_ok, file.rows_rejected), (3, 1));
    assert_eq!(column(&file, "oes_burns", "sample_id"), ["A1"; 5]);
    assert_eq!(
        column(&file, "oes_burns", "element"),
        ["Si", "Si", "B", "B", "B"]
    );
    assert_eq!(
        column(&file, "oes_burns", "burn_no"),
        ["1", "2", "1", "2", "3"]
    );
    assert_values(&file, &[10.1, 10.2, 0.0004, 0.0005, 0.0006].map(Some));
}

#[test]
fn a_text_file_per_shot_is_read_line_by_line() {
    let shipped = Shipped::new();
    let profile = format!(
        "{}{}",
        opening("text_lines", "oes_burns"),
        "[match]\nfile_name = '^(?<sample_id>(?<heat_id>\\d+)-.+)\\.txt$'\n[elements]\nunit = \"%\"\n"
    );
    let text =
        "ADC12Z/AlSi10MnMg\nSi  10.23\nFe\t0.8\nSn <0.001\nS1 10.23\nMg: 0.3\nCu oops\nSi 10.25\n";
    let file = shipped.read(&profile, "1123-Q1.txt", text.as_bytes());
    assert_eq!(
        places(&file),
        [
            (5, 0, "element", "element"),
            (7, 2, "value_wt_pct", "number")
        ]
    );
    assert_eq!((file.rows_ok, file.rows_rejected), (5, 2));
    assert_eq!(
        column(&file, "oes_burns", "element"),
        ["Si", "Fe", "Sn", "Mg", "Si"]
    );
    assert_eq!(
        column(&file, "oes_burns", "burn_no"),
        ["1", "1", "1", "1", "2"]
    );
    assert_eq!(column(&file, "oes_burns", "heat_id"), ["1123"; 5]);
    let empty = shipped.read(&profile, "1123-Q1.txt", b"nothing here\n");
    assert!(empty.is_refused());
}
