#![allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "a test may panic; what is read is exact"
)]

use std::collections::BTreeMap;
use std::sync::LazyLock;

use proptest::prelude::*;

use super::*;
use crate::contract::{Contracts, Schemas};
use crate::curve::ReductionSettings;
use crate::source::{Profile, Reading, read_curve};

struct Shipped {
    contracts: Contracts,
    reduction: ReductionSettings,
}

static SHIPPED: LazyLock<Shipped> = LazyLock::new(|| {
    let schemas = Schemas::embedded();
    Shipped {
        contracts: Contracts::load(&schemas).unwrap(),
        reduction: toml::from_str(&schemas.file("reduction.toml").unwrap().text).unwrap(),
    }
});

/// The number and the end of its line that the short way reads from a line `time,strain,stress`, the strain
/// in percent; `None` where it leaves the line alone.
fn taken(line: &str, delimiter: Delimiter, decimal: char) -> Option<([f64; 3], usize)> {
    let contract = SHIPPED.contracts.table("tensile_curves").unwrap();
    let format = Format {
        decimal,
        ..Format::plain()
    };
    let dialect = Dialect {
        delimiter,
        quote: Some(b'"'),
    };
    let unit = |name: &str| Unit::parse(name).unwrap();
    let columns: Vec<MappedColumn> = [
        ("time_s", "s", "s"),
        ("strain", "%", "1"),
        ("stress_mpa", "MPa", "MPa"),
    ]
    .iter()
    .enumerate()
    .map(|(position, (field, from, to))| MappedColumn {
        position,
        field: contract.position(field).unwrap(),
        units: Some((unit(from), unit(to))),
        implied: None,
    })
    .collect();
    let plain = PlainPoints::new(contract, dialect, &format, &columns, |field| {
        field == "strain"
    });
    let mut point = [0.0; 3];
    let end = plain.unwrap().take(line, 0, &mut point)?;
    Some((point, end))
}

#[test]
fn plain_lines_are_taken_whatever_parts_their_cells() {
    for (line, delimiter, decimal) in [
        ("1.5,25,-3e2\nnext", Delimiter::Char(b','), '.'),
        ("1,5;25,0;-300\r\nnext", Delimiter::Char(b';'), ','),
        ("  1.50\t25.  -300.0 \nnext", Delimiter::Whitespace, '.'),
        (
            " 1.5 ,\"25\",-300,a word,\nnext",
            Delimiter::Char(b','),
            '.',
        ),
        ("+1.5 2.5E+1 -300 a\rnext", Delimiter::Char(b' '), '.'),
        (
            "0.00000000000000000000000015e25,25,-300\nnext",
            Delimiter::Char(b','),
            '.',
        ),
    ] {
        let (point, end) = taken(line, delimiter, decimal).unwrap();
        assert_eq!(point, [1.5, 0.25, -300.0], "{line:?}");
        assert_eq!(&line[end..], "next", "{line:?}");
    }
    let (point, end) = taken("1.5,,-300", Delimiter::Char(b','), '.').unwrap();
    assert!(point[1].is_nan() && end == 9, "the extensometer is off");
}

#[test]
fn whatever_else_stands_in_a_line_is_left_alone() {
    for line in [
        "",
        "\n",
        ",,\n",
        "1,2\n",
        "1,2,\n",
        ",2,3\n",
        "a,2,3\n",
        "1,2,3 MPa\n",
        "1,2,!3\n",
        "1.2.3,2,3\n",
        "1,2,NaN\n",
        "1,2,1e999\n",
        "1,2,1e-320\n",
        "1,2,-\n",
        "1,2,.\n",
        "1,2,5e\n",
        "1,\"2,3\n",
        "1,\"2\"x,3\n",
        "1,2,3,\0\n",
        "1,2,3,\"\n",
        "1,2,１\n",
        "1,\t2,3\n",
    ] {
        assert_eq!(taken(line, Delimiter::Char(b','), '.'), None, "{line:?}");
    }
}

/// A profile of a curve; with `long_way`, a rule that skips no row but must look at every one.
fn profile(delimiter: &str, decimal: char, long_way: bool) -> Profile {
    let skip = if long_way {
        "[[skip_rows]]\npattern = 'no row holds this'\n"
    } else {
        ""
    };
    let text = format!(
        "id = \"p\"\ntitle = \"t\"\nlayout = \"curve\"\ntable = \"tensile_curves\"\n\
         header.find = [\"F\", \"e\"]\n[match]\nfile_name = ''\n\
         [format]\ndelimiter = \"{delimiter}\"\ndecimal = \"{decimal}\"\nmissing = [\"\", \"-\", \"NaN\"]\n{skip}\
         [[column]]\nfield = \"force_n\"\nnames = [\"F\"]\nunit = \"kN\"\n\
         [[column]]\nfield = \"strain\"\nnames = [\"e\"]\nunit = \"%\"\n\
         [constants]\nspecimen_id = \"S\"\narea_mm2 = \"20\"\n"
    );
    Profile::from_toml(&text, &SHIPPED.contracts).unwrap()
}

/// Everything that a file gives, as text; two numbers read the same here exactly when all of their bits do.
fn read(profile: &Profile, text: &str) -> String {
    let reading = Reading {
        contracts: &SHIPPED.contracts,
        reduction: &SHIPPED.reduction,
    };
    let place = ("x.csv", "x.csv");
    let (curve, file) = read_curve(reading, profile, place, text.as_bytes(), &BTreeMap::new());
    format!(
        "{curve:?} {:?} {} {}",
        file.findings, file.rows_ok, file.rows_rejected
    )
}

proptest! {
    #[test]
    fn both_ways_read_the_same(
        rows in prop::collection::vec(
            prop::collection::vec(
                prop_oneof![
                    8 => "-?[0-9]{1,4}[.,][0-9]{1,8}",
                    3 => "[+-]?[0-9]{0,20}[.,]?[0-9]{0,20}(e[+-]?[0-9]{1,3})?",
                    1 => "\"?-?[0-9.]{1,4}\"?",
                    1 => "[ \t]?[0-9]{1,3}[ \t]?",
                    1 => "[-a!<\"０１ \0]{0,3}",
                    1 => Just("NaN".to_owned()),
                    1 => Just(String::new()),
                ],
                1..5,
            ),
            0..30,
        ),
        ends in prop::sample::select(vec!["\n", "\r\n", "\r"]),
        (delimiter, decimal, between) in prop::sample::select(vec![
            (",", '.', ","), (";", ',', ";"), ("tab", '.', "\t"), ("whitespace", '.', "  "),
        ]),
    ) {
        let head = ["F", "t", "e"].join(between);
        let rows: Vec<String> = rows.iter().map(|cells| cells.join(between)).collect();
        let text = format!("{head}{ends}{}", rows.join(ends));
        let short = read(&profile(delimiter, decimal, false), &text);
        let long = read(&profile(delimiter, decimal, true), &text);
        prop_assert_eq!(short, long);
    }
}
