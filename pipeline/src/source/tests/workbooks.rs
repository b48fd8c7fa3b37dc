//! Workbooks: typed cells, merged headers, damaged and hostile files.

use std::fmt::Write as _;
use std::io::{Cursor, Write as _};

use zip::write::{SimpleFileOptions, ZipWriter};

use super::{Shipped, column, opening, places};
use crate::contract::{Contracts, Schemas};
use crate::source::{
    GridCell, IngestSettings, Limits, Profiles, SpreadsheetFault, is_workbook, sheets_of, unmatched,
};

const XML: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
const MAIN: &str = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";

fn limits() -> Limits {
    IngestSettings::load(&Schemas::embedded())
        .unwrap()
        .spreadsheet
}

/// The parts of a small workbook: one string of `sheetData` and what follows it per sheet. Style 1 is
/// a date.
fn parts(sheets: &[(&str, &str)]) -> Vec<(String, String)> {
    let mut types = String::new();
    let mut names = String::new();
    let mut relations = String::new();
    let mut parts = Vec::new();
    for (index, (name, body)) in sheets.iter().enumerate() {
        let number = index + 1;
        write!(types, "<Override PartName=\"/xl/worksheets/sheet{number}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>").unwrap();
        write!(
            names,
            "<sheet name=\"{name}\" sheetId=\"{number}\" r:id=\"rId{number}\"/>"
        )
        .unwrap();
        write!(relations, "<Relationship Id=\"rId{number}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{number}.xml\"/>").unwrap();
        parts.push((
            format!("xl/worksheets/sheet{number}.xml"),
            format!("{XML}<worksheet xmlns=\"{MAIN}\">{body}</worksheet>"),
        ));
    }
    let own = |path: &str, text: String| (path.to_owned(), text);
    parts.extend([
        own("[Content_Types].xml", format!("{XML}<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>")),
        own("_rels/.rels", format!("{XML}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>")),
        own("xl/workbook.xml", format!("{XML}<workbook xmlns=\"{MAIN}\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{names}</sheets></workbook>")),
        own("xl/_rels/workbook.xml.rels", format!("{XML}<Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{relations}<Relationship Id=\"rIdS\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles\" Target=\"styles.xml\"/></Relationships>")),
        own("xl/styles.xml", format!("{XML}<styleSheet xmlns=\"{MAIN}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\" applyNumberFormat=\"1\"/></cellXfs></styleSheet>")),
    ]);
    parts
}

fn zipped(parts: &[(String, String)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, text) in parts {
        writer
            .start_file(path.as_str(), SimpleFileOptions::default())
            .unwrap();
        writer.write_all(text.as_bytes()).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

fn workbook(sheets: &[(&str, &str)]) -> Vec<u8> {
    zipped(&parts(sheets))
}

/// `sheetData` of rows of cells: a text, `=12` a number, `#x` an error, `@45000` a date, empty nothing.
fn data(rows: &[&[&str]]) -> String {
    let mut xml = String::from("<sheetData>");
    for (row, cells) in rows.iter().enumerate() {
        write!(xml, "<row r=\"{}\">", row + 1).unwrap();
        for (column, cell) in cells.iter().enumerate() {
            let place = format!("{}{}", char::from(b'A' + column as u8), row + 1);
            match cell.chars().next() {
                None => Ok(()),
                Some('=') => write!(xml, "<c r=\"{place}\"><v>{}</v></c>", &cell[1..]),
                Some('@') => write!(xml, "<c r=\"{place}\" s=\"1\"><v>{}</v></c>", &cell[1..]),
                Some('#') => write!(xml, "<c r=\"{place}\" t=\"e\"><v>{cell}</v></c>"),
                Some(_) => write!(
                    xml,
                    "<c r=\"{place}\" t=\"inlineStr\"><is><t>{cell}</t></is></c>"
                ),
            }
            .unwrap();
        }
        xml.push_str("</row>");
    }
    xml + "</sheetData>"
}

fn profile(more: &str) -> String {
    format!(
        "{}{more}{}",
        opening("table", "tensile_tests"),
        r#"
[match]
file_name = '\.xlsx?$'
head = ["抗拉强度"]

[header]
find = ["炉号", "抗拉强度"]
rows = 2

[[column]]
field = "heat_id"
names = ["炉号"]

[[column]]
field = "specimen_id"
names = ["试样编号"]

[[column]]
field = "rm_mpa"
names = ["抗拉强度"]

[[column]]
field = "a_pct"
names = ["断后伸长率"]

[[column]]
field = "tested_at"
names = ["试验日期"]

[constants]
alloy = "AlSi10MnMg"
temper = "T7"
product_form = "die_casting"
"#
    )
}

const MERGES: &str = "<mergeCells count=\"4\"><mergeCell ref=\"A2:A3\"/><mergeCell ref=\"B2:B3\"/><mergeCell ref=\"C2:D2\"/><mergeCell ref=\"E2:E3\"/></mergeCells>";

fn lims(rows: &[&[&str]]) -> Vec<u8> {
    let mut all: Vec<&[&str]> = vec![
        &["检测报告"],
        &["炉号", "试样编号", "力学性能", "", "试验日期"],
        &["", "", "抗拉强度(MPa)", "断后伸长率(%)", ""],
    ];
    all.extend(rows);
    let sheet = data(&all) + MERGES;
    workbook(&[("封面", &data(&[&["说明"]])), ("数据", &sheet)])
}

#[test]
fn a_lims_sheet_with_merged_headers_is_read_and_odd_cells_are_findings() {
    let shipped = Shipped::new();
    let bytes = lims(&[
        &["H1", "P1", "=245.5", "=3.5", "@46086"],
        &["=12", "P2", "246,5", "=3", ""],
        &["@46086", "P3", "=247", "=3", ""],
        &["H1", "P4", "#DIV/0!", "=3", ""],
        &["H1", "P5", "@46086", "=3", ""],
        &["", "", "", "", ""],
        &["H1", "P6", "=250", "", "@46086.5"],
    ]);
    assert!(shipped.profile(&profile("")).fits("a.xlsx", &bytes));
    let file = shipped.read(&profile(""), "a.xlsx", &bytes);
    assert_eq!(
        places(&file),
        [
            (6, 1, "heat_id", "id_as_date"),
            (7, 3, "rm_mpa", "formula_error"),
            (8, 3, "rm_mpa", "number_as_date"),
            (5, 1, "heat_id", "id_number"),
        ]
    );
    assert!(file.findings[0].message.starts_with("sheet `数据`: "));
    assert_eq!((file.rows_ok, file.rows_rejected), (3, 3));
    assert_eq!(
        column(&file, "tensile_tests", "heat_id"),
        ["H1", "12", "H1"]
    );
    assert_eq!(
        column(&file, "tensile_tests", "rm_mpa"),
        ["245.5", "246.5", "250"]
    );
    assert_eq!(
        column(&file, "tensile_tests", "tested_at"),
        ["2026-03-05", "-", "2026-03-05"]
    );
    assert_eq!(
        column(&file, "tensile_tests", "source_line"),
        ["4", "5", "10"]
    );
}

#[test]
fn sheets_are_chosen_by_name_number_and_pattern() {
    let shipped = Shipped::new();
    let sheet = |heat: &str, specimen: &str| {
        data(&[
            &[],
            &["炉号", "试样编号", "力学性能", ""],
            &["", "", "抗拉强度(MPa)"],
            &[heat, specimen, "=250"],
        ])
    };
    let (one, two) = (sheet("H1", "P1"), sheet("H2", "P2"));
    let bytes = workbook(&[("Values a", &one), ("Values b", &two)]);
    for (rule, heats) in [
        ("format.sheet = \"values B\"\n", vec!["H2"]),
        ("format.sheet = 1\n", vec!["H1"]),
        (
            "format.sheet = '/^Values (?<location>.)$/'\n",
            vec!["H1", "H2"],
        ),
        ("", vec!["H1"]),
    ] {
        let file = shipped.read(&profile(rule), "a.xlsx", &bytes);
        assert_eq!(places(&file), [], "{rule}");
        assert_eq!(column(&file, "tensile_tests", "heat_id"), heats, "{rule}");
    }
    let file = shipped.read(&profile("format.sheet = \"Results\"\n"), "a.xlsx", &bytes);
    assert_eq!(places(&file), [(0, 0, "", "no_sheet")]);
    assert!(file.findings[0].message.contains("Values a, Values b"));
}

#[test]
fn typed_cells_keep_their_kind() {
    let bytes = workbook(&[(
        "s",
        &data(&[&[], &["a", "=0.1", "@46086.25", "#N/A", "=12"]]),
    )]);
    let sheets = sheets_of(&bytes, &limits()).unwrap();
    assert_eq!(sheets[0].rows.len(), 2);
    assert!(sheets[0].rows[0].cells.is_empty());
    assert_eq!(
        sheets[0].rows[1].cells,
        [
            GridCell::Text("a".to_owned()),
            GridCell::Number(0.1),
            GridCell::Date {
                serial: 46086.25,
                iso: "2026-03-05T06:00:00".to_owned()
            },
            GridCell::Error("#N/A".to_owned()),
            GridCell::Number(12.0),
        ]
    );
    assert_eq!(
        sheets[0].rows[1].raw,
        "a\t0.1\t2026-03-05T06:00:00\t#N/A\t12"
    );
}

#[test]
fn hostile_workbooks_are_refused_before_they_fill_the_memory() {
    let too_large = |bytes: &[u8], limits: &Limits| {
        matches!(sheets_of(bytes, limits), Err(SpreadsheetFault::TooLarge(_)))
    };
    let good = parts(&[("s", &data(&[&["a"]]))]);
    // A part of blanks packs a thousand to one.
    let mut bomb = good.clone();
    bomb.push(("xl/media/x.xml".to_owned(), " ".repeat(4_000_000)));
    assert!(too_large(&zipped(&bomb), &limits()));
    // Two cells at opposite corners span a sheet of 17 thousand million cells.
    let corners = "<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"XFD1048576\"><v>1</v></c></row></sheetData>";
    let sheet = sheets_of(&workbook(&[("s", corners)]), &limits()).unwrap();
    assert_eq!(sheet[0].rows.len(), 1_048_576);
    let tight = Limits {
        max_cells: 1_000_000,
        ..limits()
    };
    assert!(too_large(&workbook(&[("s", corners)]), &tight));
    // A long string that many cells share.
    let tight = Limits {
        max_text_bytes: 5_000,
        ..limits()
    };
    let long = "x".repeat(2_000);
    let shared = data(&[&[&long], &[&long], &[&long]]);
    assert!(too_large(&workbook(&[("s", &shared)]), &tight));
    let few = Limits {
        max_sheets: 1,
        ..limits()
    };
    assert!(too_large(
        &workbook(&[("s", &shared), ("t", &shared)]),
        &few
    ));
    // A claim of more strings than memory.
    let mut claim = good.clone();
    claim.push((
        "xl/sharedStrings.xml".to_owned(),
        format!("{XML}<sst xmlns=\"{MAIN}\" count=\"1\" uniqueCount=\"99999999999\"><si><t>a</t></si></sst>"),
    ));
    assert!(matches!(
        sheets_of(&zipped(&claim), &limits()),
        Err(SpreadsheetFault::Corrupt(_))
    ));
    // A directory that lies about a size.
    let mut lie = zipped(&good);
    let at = lie
        .windows(4)
        .rposition(|bytes| bytes == b"PK\x01\x02")
        .unwrap()
        + 24;
    lie[at] = lie[at].wrapping_add(1);
    assert!(matches!(
        sheets_of(&lie, &limits()),
        Err(SpreadsheetFault::Corrupt(_))
    ));
}

#[test]
fn a_damaged_workbook_that_no_profile_fits_is_called_damaged() {
    let schemas = Schemas::embedded();
    let contracts = Contracts::load(&schemas).unwrap();
    let profiles = Profiles::load(&schemas, &contracts).unwrap();
    let good = workbook(&[("s", &data(&[&["a", "=1"]]))]);
    let of = |bytes: &[u8]| unmatched(&profiles, "a.xlsx", bytes).rule;
    assert_eq!(of(&good), "no_profile");
    assert_eq!(of(&good[..good.len() / 2]), "workbook");
    assert_eq!(of(b""), "empty");
    assert_eq!(of(b"a;b\n1;2\n"), "no_profile");
}

#[test]
fn other_and_damaged_files_are_findings() {
    let shipped = Shipped::new();
    let good = lims(&[&["H1", "P1", "=245.5", "=3.5", ""]]);
    let ods = zipped(&[(
        "mimetype".to_owned(),
        "application/vnd.oasis.opendocument.spreadsheet".to_owned(),
    )]);
    let archive = zipped(&[("a.txt".to_owned(), "a".to_owned())]);
    let empty = workbook(&[("s", "<sheetData/>")]);
    for (bytes, rule) in [
        (&good[..good.len() / 2], "workbook"),
        (&good[..10], "workbook"),
        (&ods, "workbook_kind"),
        (&archive, "workbook_kind"),
        (&empty, "empty"),
        (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1 and nothing", "workbook"),
    ] {
        assert!(is_workbook(bytes));
        let file = shipped.read(&profile(""), "a.xlsx", bytes);
        assert_eq!(places(&file), [(0, 0, "", rule)]);
        assert!(file.is_refused());
    }
    // A flipped byte anywhere is a finding or makes no difference, and never a panic.
    for at in (0..good.len()).step_by(7) {
        let mut bytes = good.clone();
        bytes[at] ^= 0x55;
        let file = shipped.read(&profile(""), "a.xlsx", &bytes);
        assert!(
            file.is_refused() || file.rows_ok + file.rows_rejected == 1,
            "{at}"
        );
    }
}

/// Made with xlwt: sheet `Werte`, a merged header, numbers, text, a date and an error.
const XLS: &[u8] = include_bytes!("small.xls");

#[test]
fn an_old_workbook_is_read_and_its_claims_are_checked() {
    let sheets = sheets_of(XLS, &limits()).unwrap();
    assert_eq!(sheets[0].sheet.as_deref(), Some("Werte"));
    let texts: Vec<String> = sheets[0].rows.iter().map(|row| row.raw.clone()).collect();
    assert_eq!(
        texts,
        [
            "Probe\tWerte",
            "\tRm [MPa]\tDatum",
            "P1\t245.5\t2026-03-05",
            "12\t246"
        ]
    );
    assert_eq!(sheets[0].merged.len(), 1);
    let tight = Limits {
        max_cells: 8,
        ..limits()
    };
    assert!(matches!(
        sheets_of(XLS, &tight),
        Err(SpreadsheetFault::TooLarge(_))
    ));
    // The claimed rectangle of the sheet, made as large as the format allows.
    let at = XLS
        .windows(4)
        .position(|bytes| bytes == [0x00, 0x02, 0x0E, 0x00])
        .unwrap()
        + 4;
    let mut claim = XLS.to_vec();
    claim[at + 4..at + 8].copy_from_slice(&u32::MAX.to_le_bytes());
    assert!(matches!(
        sheets_of(&claim, &limits()),
        Err(SpreadsheetFault::TooLarge(_))
    ));
    for at in (0..XLS.len()).step_by(3) {
        let mut bytes = XLS.to_vec();
        bytes[at] ^= 0xFF;
        let _ = sheets_of(&bytes, &limits());
    }
    for end in (0..XLS.len()).step_by(101) {
        let _ = sheets_of(&XLS[..end], &limits());
    }
}
