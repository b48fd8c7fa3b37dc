#![allow(clippy::unwrap_used, reason = "a test may panic")]

use super::*;
use std::sync::LazyLock;

use crate::contract::{Contracts, Schemas};
use crate::curve::ReductionSettings;
use crate::source::{Profiles, read};

const HEADER: &str = "specimen_id,heat_id,alloy,temper,product_form,rm_mpa,rp02_mpa [ksi],a_pct\n";

/// Rows of every kind: plain, quoted, over two lines, blank, ragged, wrong, repeated.
const ROWS: &[&str] = &[
    "S1,H1,6082,T6,sheet,310,40,12\n",
    "S2,H1,6082,T6,sheet, 310.5 ,40,\r\n",
    "\n",
    "\"S3\",H1,6082,T6,sheet,310,40,12\n",
    "\"S4 \n second line\",H1,6082,T6,sheet,310,40,12\n",
    "S5,H1,6082,T6,sheet,310\n",
    "12-Mar,H1,6082,T6,sheet,310,40,12\n",
    "S13,H1,#N/A,T6,sheet,310,40,12\n",
    "S14,H1,6082,T6,sheet,310 MPa,40!,12\n",
    "S6,H1,6082,T6,sheet,abc,40,-\n",
    "S1,H2,6082,T6,sheet,311,40,12\n",
    "S7,H1,6082,T6,sheet,210,40,12\n",
    "S8,H1,6082,T6,SHEET,310,40,12\n",
    "炉号-1,H1,6082,T6,sheet,３１０,40,12\n",
    "S9,,6082,T6,sheet,310,40,12\n",
    "S10,H1,6082,T6,sheet,1e999,40,12\n",
    "S11,H1,6082,T6,sheet,310,40,0\n",
    "S12,H1,6082,T6,sheet,310,40,12",
];

fn streamed(
    profiles: &Profiles,
    reading: Reading<'_>,
    text: &str,
    threads: usize,
    piece: usize,
) -> (Rows, Vec<Finding>, usize) {
    let profile = profiles.get("regrade-tensile").unwrap();
    let mut rows = Rows::new(reading.contracts.table("tensile_tests").unwrap());
    let (mut findings, mut rejected) = (Vec::new(), 0);
    let end = stream_in_pieces(
        reading,
        profile,
        ("t.csv", "t.csv"),
        text.as_bytes(),
        (threads, piece),
        &mut |piece| {
            rows.append(piece.rows.into_rows());
            findings.extend(piece.findings);
            rejected += piece.rows_rejected;
            Ok::<(), ()>(())
        },
    );
    end.unwrap();
    (rows, findings, rejected)
}

#[test]
fn piece_by_piece_is_the_same_as_at_once() {
    let schemas = Schemas::embedded();
    let contracts = Contracts::load(&schemas).unwrap();
    let profiles = Profiles::load(&schemas, &contracts).unwrap();
    let reduction = toml::from_str(&schemas.file("reduction.toml").unwrap().text).unwrap();
    let reading = Reading {
        contracts: &contracts,
        reduction: &reduction,
    };
    let text = format!("{HEADER}{}", ROWS.concat());
    let profile = profiles.get("regrade-tensile").unwrap();
    let whole = read(reading, profile, "t.csv", "t.csv", text.as_bytes());
    let expected = &whole.rows["tensile_tests"];
    assert_eq!(
        (whole.rows_ok, whole.rows_rejected),
        (7, 10),
        "{:#?}",
        whole.findings
    );
    for piece in [1, 7, 64, 150, 1000, PIECE] {
        for threads in [1, 3] {
            let (rows, findings, rejected) = streamed(&profiles, reading, &text, threads, piece);
            assert_eq!(findings, whole.findings, "piece {piece}");
            assert_eq!(rejected, whole.rows_rejected);
            for ((field, a), (_, b)) in rows.columns().zip(expected.columns()) {
                assert_eq!(a, b, "{} in pieces of {piece}", field.name);
            }
        }
    }
}

#[test]
fn a_byte_that_is_no_text_refuses_the_file() {
    let schemas = Schemas::embedded();
    let contracts = Contracts::load(&schemas).unwrap();
    let profiles = Profiles::load(&schemas, &contracts).unwrap();
    let reduction = toml::from_str(&schemas.file("reduction.toml").unwrap().text).unwrap();
    let reading = Reading {
        contracts: &contracts,
        reduction: &reduction,
    };
    let mut bytes = format!("{HEADER}{}", ROWS[0]).into_bytes();
    bytes.extend([0xE9, b'\n']);
    let profile = profiles.get("regrade-tensile").unwrap();
    let end = stream(
        reading,
        profile,
        ("t.csv", "t.csv"),
        bytes.as_slice(),
        1,
        &mut |_| Ok::<(), ()>(()),
    );
    assert!(matches!(end, Err(StreamEnd::Refused(finding)) if finding.rule == "encoding"));
}

/// What a small file and a streamed one make of the same text.
fn both_ways(text: &str, piece: usize) -> [(usize, usize, Vec<Finding>); 2] {
    static SHIPPED: LazyLock<(Contracts, Profiles, ReductionSettings)> = LazyLock::new(|| {
        let schemas = Schemas::embedded();
        let contracts = Contracts::load(&schemas).unwrap();
        let profiles = Profiles::load(&schemas, &contracts).unwrap();
        let reduction = toml::from_str(&schemas.file("reduction.toml").unwrap().text).unwrap();
        (contracts, profiles, reduction)
    });
    let (contracts, profiles, reduction) = &*SHIPPED;
    let reading = Reading {
        contracts,
        reduction,
    };
    let profile = profiles.get("regrade-tensile").unwrap();
    let whole = read(reading, profile, "t.csv", "t.csv", text.as_bytes());
    let (rows, findings, rejected) = streamed(profiles, reading, text, 2, piece);
    [
        (whole.rows_ok, whole.rows_rejected, whole.findings),
        (rows.len(), rejected, findings),
    ]
}

#[test]
fn an_open_quote_and_every_line_end_cost_no_row() {
    let row = |n: usize| format!("S{n},H1,6082,T6,sheet,310,40,12");
    let rows: Vec<String> = (0..200).map(row).collect();
    let mut open = rows.clone();
    open[9] = "S9,H1,6082,T6,\"2 plate,310,40,12".to_owned();
    let mut over_lines = rows.clone();
    over_lines[9] = "S9,H1,6082,T6,sheet,310,40,\"1\n2\"".to_owned();
    for (rows, end, good) in [
        (&rows, "\r", 200),
        (&rows, "\r\n", 200),
        (&open, "\n", 199),
        (&open, "\r", 199),
        (&over_lines, "\n", 199),
    ] {
        let text = format!("{}{}", HEADER.replace('\n', end), rows.join(end));
        for piece in [64, 1000, 5000, PIECE] {
            let [whole, pieces] = both_ways(&text, piece);
            assert_eq!(whole.0, good, "{end:?}: {:?}", whole.2);
            assert_eq!(whole, pieces, "{end:?} in pieces of {piece}");
        }
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn any_text_is_the_same_in_pieces(
        parts in proptest::collection::vec(
            proptest::sample::select(vec![
                "\"", "\"", "\n", "\r", "\r\n", ",", "a", "12", "\0", "é",
                "S1,H1,6082,T6,sheet,310,40,12\n", "S2,H1,6082,T6,sheet,310,40,12\r",
                "\"S3\",H1,6082,T6,sheet,310,40,12\n", "S4,H1,\"6082\"x,T6,sheet,310,40,12\n",
            ]),
            0..60,
        ),
        piece in 1_usize..400,
    ) {
        let text = format!("{HEADER}{}", parts.concat());
        let [whole, pieces] = both_ways(&text, piece.max(HEADER.len()));
        proptest::prop_assert_eq!(whole, pieces);
    }
}
