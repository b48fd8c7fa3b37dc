#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test may panic; parsing is exact"
)]

use std::sync::LazyLock;

use super::*;
use crate::contract::{Contracts, Schemas};

static CONTRACTS: LazyLock<Contracts> =
    LazyLock::new(|| Contracts::load(&Schemas::embedded()).unwrap());

fn field(table: &str, name: &str) -> Field {
    CONTRACTS.table(table).unwrap().field(name).unwrap().clone()
}

fn rm() -> Field {
    field("tensile_tests", "rm_mpa")
}

fn heat() -> Field {
    field("tensile_tests", "heat_id")
}

fn format() -> CellFormat {
    CellFormat {
        decimal: '.',
        thousands: None,
        missing: ["", "-", "/", "ND", "N/A", "nicht bekannt"]
            .map(str::to_owned)
            .to_vec(),
        flags: ["!", "*", "↑", "↓"].map(str::to_owned).to_vec(),
        dates: Vec::new(),
    }
}

fn units(from: &str, to: &str) -> Option<(Unit, Unit)> {
    Some((Unit::parse(from).unwrap(), Unit::parse(to).unwrap()))
}

fn text(field: &Field, column: &str, text: &str) -> Result<Parsed, &'static str> {
    let units = Unit::parse(&field.unit).map(|to| (Unit::parse(column).unwrap(), to));
    parse(field, units, &format(), &GridCell::Text(text.to_owned())).map_err(|fault| fault.rule)
}

fn number(number: f64) -> Result<Parsed, &'static str> {
    Ok(Parsed::Value(Cell::Number(number)))
}

#[test]
fn flags_and_units_around_a_number_are_read() {
    for cell in [
        "245",
        "245MPa",
        "245 N/mm²",
        "２４５ＭＰａ",
        "!245",
        "245 !",
        "*245*",
        "↑ 245",
        "245↓",
        "245 MPa !",
        "! 245 MPa",
        "\u{a0}245\u{a0}MPa",
        "245.0",
        "2.45e2",
        "2.45E+002",
    ] {
        assert_eq!(text(&rm(), "MPa", cell), number(245.0), "{cell}");
    }
    assert_eq!(
        text(&rm(), "ksi", "35 ksi"),
        number(35.0 * 6.894_757_293_168_361)
    );
}

#[test]
fn what_is_not_wholly_understood_is_refused() {
    for (cell, rule) in [
        ("245 ksi", "unit_conflict"),
        ("245 kg", "unit"),
        ("245 foo", "number"),
        ("245 ?", "number"),
        ("245 1", "number"),
        ("245-", "number"),
        ("245..", "number"),
        ("24 5", "number"),
        ("245,0", "number"),
        ("<245", "censored"),
        ("＜245", "censored"),
        (">245", "above_limit"),
        ("≥ 245", "above_limit"),
        ("!", "number"),
        ("n.n.", "number"),
        ("NaN", "finite"),
        ("1e400", "finite"),
        ("0.000", "range"),
        ("2450000", "range"),
        ("#DIV/0!", "formula_error"),
        ("#####", "formula_error"),
        ("24\u{0}5", "nul"),
        ("24\u{7}5", "control_character"),
        ("(245)", "number"),
        ("true", "number"),
        ("12-Mar", "number"),
    ] {
        assert_eq!(text(&rm(), "MPa", cell), Err(rule), "{cell:?}");
    }
    let refused = |cell: &str| {
        parse_text(&rm(), units("MPa", "MPa"), &CellFormat::default(), cell).unwrap_err()
    };
    assert!(refused("245!").hint.contains("`flags`"));
    assert!(refused("245 foo").hint.contains("\"foo\""));
    assert_eq!(refused(&"x".repeat(5000)).message.chars().count(), 99);
}

#[test]
fn a_unit_in_the_cell_counts_where_the_column_has_none() {
    let parse = |cell: &str| parse_text(&rm(), None, &format(), cell).map_err(|fault| fault.rule);
    assert_eq!(parse("35 ksi"), number(35.0 * 6.894_757_293_168_361));
    assert_eq!(parse("300"), number(300.0));
    assert_eq!(parse("300 °C"), Err("unit"));
    let value = field("evidence", "value");
    assert_eq!(
        parse_text(&value, None, &format(), "34 mm")
            .unwrap_err()
            .rule,
        "unit"
    );
}

#[test]
fn readings_below_a_limit_keep_it() {
    let fe = field("oes_burns", "value_wt_pct");
    for cell in [
        "<0.001",
        "< 0.001",
        "＜０．００１",
        "≤0.001",
        "<=0.001",
        "!<0.001",
        "< 0.001 %",
    ] {
        assert_eq!(
            text(&fe, "wt%", cell),
            Ok(Parsed::Censored(0.001)),
            "{cell}"
        );
    }
    assert_eq!(text(&fe, "ppm", "<10"), Ok(Parsed::Censored(0.001)));
    assert_eq!(text(&fe, "wt%", "0.000"), number(0.0));
    assert_eq!(text(&fe, "wt%", "<0"), Err("censored"));
    assert_eq!(text(&fe, "wt%", "<"), Err("number"));
    assert_eq!(text(&fe, "wt%", "<200"), Err("range"));
    assert_eq!(text(&fe, "wt%", "<10 ppm"), Err("unit_conflict"));
    assert_eq!(text(&fe, "wt%", ">12"), Err("above_limit"));
    // A flag never hides the mark, even when a profile says so.
    let mut flags = format();
    flags.flags = vec!["<".to_owned()];
    assert_eq!(
        parse_text(&fe, units("%", "wt%"), &flags, "<0.001"),
        Ok(Parsed::Censored(0.001))
    );
}

#[test]
fn missing_words_and_blanks() {
    let missing = Ok(Parsed::Value(Cell::Null));
    for cell in [
        "",
        "  ",
        "-",
        "/",
        "ND",
        "nd",
        "N/A",
        "－",
        "／",
        "–",
        "nicht bekannt",
        "\u{3000}",
    ] {
        assert_eq!(text(&rm(), "MPa", cell), missing, "{cell}");
    }
    assert_eq!(text(&heat(), "", "-"), Err("required"));
    // In text only the very word counts.
    let location = field("tensile_tests", "location");
    assert_eq!(text(&location, "", "ND"), missing);
    assert_eq!(
        text(&location, "", "nd"),
        Ok(Parsed::Value(Cell::Text("nd".to_owned())))
    );
    let mut format = format();
    format.missing.push("-999".to_owned());
    let parse = |cell| parse(&rm(), None, &format, &cell);
    assert_eq!(
        parse(GridCell::Text("-999".into())).ok(),
        missing.clone().ok()
    );
    assert_eq!(parse(GridCell::Number(-999.0)).ok(), missing.clone().ok());
    assert_eq!(parse(GridCell::Empty).ok(), missing.ok());
}

#[test]
fn thousands_only_as_declared() {
    let mass = field("charge_lines", "mass_kg");
    let mut format = format();
    let read = |format: &CellFormat, cell: &str| {
        parse_text(&mass, units("kg", "kg"), format, cell).map_err(|fault| fault.rule)
    };
    assert_eq!(read(&format, "1,424.96"), Err("number"));
    format.thousands = Some(',');
    assert_eq!(read(&format, "1,424.96"), number(1424.96));
    assert_eq!(read(&format, "1,424.96 kg"), number(1424.96));
    assert_eq!(read(&format, "0,12"), Err("number"));
    assert_eq!(read(&format, "1.424,96"), Err("number"));
}

#[test]
fn whole_numbers() {
    let burn = field("oes_burns", "burn_no");
    let whole = |number| Ok(Parsed::Value(Cell::Integer(number)));
    assert_eq!(text(&burn, "1", "3"), whole(3));
    assert_eq!(text(&burn, "1", "3.0"), whole(3));
    assert_eq!(text(&burn, "1", "３"), whole(3));
    assert_eq!(text(&burn, "1", "3.5"), Err("integer"));
    assert_eq!(text(&burn, "1", "0"), Err("range"));
    assert_eq!(text(&burn, "1", "Mean"), Err("number"));
    let typed = |number| {
        parse(&burn, None, &format(), &GridCell::Number(number)).map_err(|fault| fault.rule)
    };
    assert_eq!(typed(3.0), whole(3));
    assert_eq!(typed(2.5), Err("integer"));
    assert_eq!(typed(f64::NAN), Err("finite"));
}

#[test]
fn ids_stay_the_text_they_are() {
    for id in [
        "3-12",
        "1E5",
        "0479480001",
        "3/12",
        "12.03",
        "炉 7",
        "H26-0312",
        "Mai-2026",
    ] {
        assert_eq!(
            text(&heat(), "", id),
            Ok(Parsed::Value(Cell::Text(id.to_owned()))),
            "{id}"
        );
    }
    for (id, rule) in [
        ("12-Mar", "id_as_date"),
        ("Mar-12", "id_as_date"),
        ("12. Mrz", "id_as_date"),
        ("3月12日", "id_as_date"),
        ("4.79E+08", "id_as_number"),
        ("4,79E+08", "id_as_number"),
    ] {
        match text(&heat(), "", id) {
            Ok(Parsed::Doubtful(Cell::Text(read), warning)) => {
                assert_eq!((read.as_str(), warning.rule), (id, rule));
            }
            other => panic!("{id}: {other:?}"),
        }
    }
    assert_eq!(text(&heat(), "", "H1\u{200b}"), Err("invisible_character"));
    assert_eq!(text(&heat(), "", "H\u{0}1"), Err("nul"));
    assert_eq!(text(&heat(), "", "H\n1"), Err("control_character"));
    assert!(
        text(
            &field("tensile_tests", "location"),
            "",
            "tower,\nposition 4"
        )
        .is_ok()
    );
    assert_eq!(
        text(&field("tensile_tests", "location"), "", "#REF!"),
        Err("formula_error")
    );
}

#[test]
fn what_a_spreadsheet_makes_of_ids_is_never_taken_for_them() {
    let typed = |field: &Field, cell: GridCell| {
        parse(field, None, &format(), &cell).map_err(|fault| fault.rule)
    };
    match typed(&heat(), GridCell::Number(479_480_001.0)) {
        Ok(Parsed::Doubtful(Cell::Text(id), warning)) => {
            assert_eq!((id.as_str(), warning.rule), ("479480001", "id_as_number"));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(
        typed(&heat(), GridCell::Number(1_234_567_890_123_456.0)),
        Err("id_as_number")
    );
    let day = GridCell::Date {
        serial: 46_093.0,
        iso: "2026-03-12".to_owned(),
    };
    let fault = parse(&heat(), None, &format(), &day).unwrap_err();
    assert_eq!(fault.rule, "id_as_date");
    assert!(fault.hint.contains("`3-12` or `12-3`"), "{}", fault.hint);
    assert_eq!(typed(&rm(), day.clone()), Err("number_as_date"));
    assert_eq!(
        typed(&field("tensile_tests", "alloy"), GridCell::Number(6082.0)),
        Ok(Parsed::Value(Cell::Text("6082".to_owned())))
    );
    assert_eq!(
        typed(&field("tensile_tests", "tested_at"), day),
        Ok(Parsed::Value(Cell::Date(20_524)))
    );
    assert_eq!(
        typed(&heat(), GridCell::Error("#DIV/0!".to_owned())),
        Err("formula_error")
    );
}

#[test]
fn typed_dates_truth_and_numbers() {
    let (day, truth) = (
        field("tensile_tests", "tested_at"),
        field("tensile_tests", "valid"),
    );
    let typed = |field: &Field, format: &CellFormat, cell: GridCell| {
        parse(field, None, format, &cell).map_err(|fault| fault.rule)
    };
    let bare = GridCell::Date {
        serial: 46_093.5,
        iso: String::new(),
    };
    assert_eq!(
        typed(&day, &format(), bare),
        Ok(Parsed::Value(Cell::Date(20_524)))
    );
    assert_eq!(
        typed(&day, &format(), GridCell::Number(46_093.0)),
        Err("date")
    );
    assert_eq!(
        typed(&day, &format(), GridCell::Number(20_260_312.0)),
        Ok(Parsed::Value(Cell::Date(20_524)))
    );
    let mut declared = format();
    declared.dates = vec!["excel".to_owned()];
    assert_eq!(
        typed(&day, &declared, GridCell::Number(46_093.0)),
        Ok(Parsed::Value(Cell::Date(20_524)))
    );
    let is = |truth| Ok(Parsed::Value(Cell::Boolean(truth)));
    assert_eq!(
        typed(&truth, &format(), GridCell::Boolean(false)),
        is(false)
    );
    assert_eq!(typed(&truth, &format(), GridCell::Number(1.0)), is(true));
    assert_eq!(
        typed(&truth, &format(), GridCell::Text("No".into())),
        is(false)
    );
    assert_eq!(
        typed(&truth, &format(), GridCell::Text("maybe".into())),
        Err("boolean")
    );
    assert_eq!(
        typed(&rm(), &format(), GridCell::Boolean(true)),
        Err("number")
    );
    assert_eq!(
        typed(&rm(), &format(), GridCell::Number(f64::INFINITY)),
        Err("finite")
    );
}

proptest::proptest! {
    /// Whatever stands in a cell, reading it neither panics nor gives a number that is not finite.
    #[test]
    fn no_text_gives_a_number_that_is_none(cell in "\\PC{0,12}|[-+0-9.,eE<>!*% ０-９，．MPakgm²]{0,10}") {
        for decimal in ['.', ','] {
            for thousands in [None, Some(','), Some(' ')] {
                let format = CellFormat { decimal, thousands, ..format() };
                for field in [rm(), field("oes_burns", "value_wt_pct"), field("tensile_tests", "tested_at"), heat()] {
                    match parse_text(&field, None, &format, &cell) {
                        Ok(Parsed::Value(Cell::Number(number)) | Parsed::Censored(number)) => {
                            proptest::prop_assert!(number.is_finite());
                        }
                        Ok(Parsed::Value(Cell::Text(text))) => proptest::prop_assert_eq!(text, cell.trim()),
                        _ => {}
                    }
                }
            }
        }
    }
}
