//! The faults of whole files: headers, encodings, deliveries, and files that are hardly any.

use super::error::SynthError;
use super::fault_sheets::{Sheet, Sheets};
use super::faults::{FaultyLab, shortest, take};
use crate::domain::Severity;

/// One ksi, MPa (0.45359237 kg × 9.80665 m/s² × 1000 / (25.4 mm)²).
const KSI: f64 = 6.894_757_293_168_361;

/// Adds files to those of the laboratory. Their specimens are new ones of its heats, with the results of
/// a specimen that was tested before.
pub(super) fn plant(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    other_units(sheets, faulty)?;
    headers(sheets, faulty)?;
    encodings(sheets, faulty)?;
    hardly_files(sheets, faulty)?;
    fractions(sheets, faulty)?;
    line_numbers(sheets, faulty)?;
    chemistry(sheets, faulty)?;
    deliveries(sheets, faulty)
}

/// A sheet of `rows` new specimens.
fn specimens(sheets: &mut Sheets, name: &str, rows: usize) -> Result<Sheet, SynthError> {
    specimens_of(sheets, name, rows, |_, _| true)
}

fn specimens_of(
    sheets: &mut Sheets,
    name: &str,
    rows: usize,
    fits: impl Fn(&Sheet, usize) -> bool,
) -> Result<Sheet, SynthError> {
    let mut made = Sheet {
        path: format!("tensile/{name}.csv"),
        header: Vec::new(),
        rows: Vec::new(),
    };
    for number in 1..=rows {
        let (sheet, row) = take(sheets, "tensile", |sheet, row| {
            fits(sheet, row) && sheet.cell(row, "elongation_type") == "A"
        })?;
        let original = &sheets.originals[sheet];
        made.header.clone_from(&original.header);
        let mut cells = original.rows[row].clone();
        if let Some(id) = cells.first_mut() {
            *id = format!("{}-{name}-{number}", original.cell(row, "heat_id"));
        }
        made.rows.push(cells);
    }
    Ok(made)
}

impl Sheet {
    fn rename(&mut self, column: &str, header: &str) -> usize {
        let at = self.position(column);
        if let Some(name) = self.header.get_mut(at) {
            header.clone_into(name);
        }
        at
    }

    fn change(&mut self, column: usize, change: impl Fn(&str) -> String) {
        for cell in self.rows.iter_mut().filter_map(|row| row.get_mut(column)) {
            *cell = change(cell);
        }
    }
}

fn add(faulty: &mut FaultyLab, sheet: &Sheet) -> Result<(), SynthError> {
    faulty.files.push((sheet.path.clone(), sheet.bytes()?));
    Ok(())
}

/// Expects every row of the file to go in, and the given column's values.
fn expect_rows(
    faulty: &mut FaultyLab,
    fault: &str,
    sheet: &Sheet,
    column: &str,
    values: &[String],
) {
    let rows = sheet.rows.len().to_string();
    faulty.expect_read(fault, (&sheet.path, 0), ("", &rows));
    for (row, value) in values.iter().enumerate() {
        faulty.expect_read(fault, (&sheet.path, Sheet::line(row)), (column, value));
    }
}

fn column(sheet: &Sheet, name: &str) -> Vec<String> {
    (0..sheet.rows.len())
        .map(|row| shortest(sheet.cell(row, name)))
        .collect()
}

/// Other units, stated in the header: read right.
fn other_units(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let mut ksi = specimens(sheets, "ksi", 3)?;
    for strength in ["rm_mpa", "rp02_mpa"] {
        let at = ksi.rename(strength, &format!("{strength} [ksi]"));
        ksi.change(at, |mpa| {
            format!("{:.2}", mpa.parse::<f64>().unwrap_or_default() / KSI)
        });
    }
    let read: Vec<String> = column(&ksi, "rm_mpa [ksi]")
        .iter()
        .map(|ksi| (ksi.parse::<f64>().unwrap_or_default() * KSI).to_string())
        .collect();
    expect_rows(faulty, "ksi", &ksi, "rm_mpa", &read);
    add(faulty, &ksi)?;

    let mut fraction = specimens(sheets, "fraction", 3)?;
    let values = column(&fraction, "a_pct");
    let at = fraction.rename("a_pct", "a_pct [mm/mm]");
    fraction.change(at, |percent| {
        let thousandths = percent.parse::<f64>().unwrap_or_default() * 10.0;
        format!("{:.3}", thousandths.round() / 1000.0)
    });
    expect_rows(
        faulty,
        "elongation_declared_as_fraction",
        &fraction,
        "a_pct",
        &values,
    );
    add(faulty, &fraction)
}

/// Headers: those that are read right, and those that cost the file.
fn headers(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let mut wide = specimens(sheets, "full-width-header", 2)?;
    let values = column(&wide, "rm_mpa");
    wide.rename("rm_mpa", "ＲＭ＿ＭＰＡ");
    expect_rows(faulty, "full_width_header", &wide, "rm_mpa", &values);
    add(faulty, &wide)?;

    let mut unused = specimens(sheets, "unused-column", 2)?;
    unused.header.push("Remark".to_owned());
    unused
        .rows
        .iter_mut()
        .for_each(|row| row.push("fine".to_owned()));
    let place = (unused.path.as_str(), 1, unused.header.len() as u64);
    faulty.expect(
        "unused_column",
        place,
        "Remark",
        ("unknown_column", Severity::Note),
    );
    let values = column(&unused, "rm_mpa");
    expect_rows(faulty, "unused_column", &unused, "rm_mpa", &values);
    add(faulty, &unused)?;

    let refused =
        |faulty: &mut FaultyLab, fault: &str, sheet: &Sheet, at: usize, field: &str, rule: &str| {
            let place = (sheet.path.as_str(), 0, at as u64);
            faulty.expect(fault, place, field, (rule, Severity::Error));
            add(faulty, sheet)
        };
    let mut two = specimens(sheets, "two-columns", 2)?;
    let at = two.rename("slope_gpa", "Rm [MPa]");
    refused(
        faulty,
        "two_columns_for_one_field",
        &two,
        at + 1,
        "rm_mpa",
        "two_columns",
    )?;

    let mut same = specimens(sheets, "same-column-twice", 2)?;
    let at = same.rename("slope_gpa", "rm_mpa");
    refused(
        faulty,
        "duplicate_column_name",
        &same,
        at + 1,
        "rm_mpa",
        "duplicate_column",
    )?;

    let mut contradicting = specimens(sheets, "contradicting-unit", 2)?;
    let at = contradicting.rename("rm_mpa", "rm_mpa [kg]");
    refused(
        faulty,
        "unit_contradicts_its_column",
        &contradicting,
        at + 1,
        "rm_mpa",
        "unit",
    )?;

    let mut unknown = specimens(sheets, "unknown-unit", 2)?;
    let at = unknown.rename("rm_mpa", "rm_mpa [Mpsi]");
    refused(faulty, "unknown_unit", &unknown, at + 1, "rm_mpa", "unit")?;

    let mut missing = specimens(sheets, "missing-column", 2)?;
    missing.rename("product_form", "Remark");
    let place = (
        missing.path.as_str(),
        1,
        missing.position("Remark") as u64 + 1,
    );
    faulty.expect(
        "missing_column",
        place,
        "Remark",
        ("unknown_column", Severity::Note),
    );
    refused(
        faulty,
        "missing_column",
        &missing,
        0,
        "product_form",
        "missing_column",
    )
}

/// Encodings that the file itself tells: read right.
fn encodings(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    const PLACE: &str = "减震塔，位置 1";
    const PLACE_GB18030: &[u8] = &[
        0xBC, 0xF5, 0xD5, 0xF0, 0xCB, 0xFE, 0xA3, 0xAC, 0xCE, 0xBB, 0xD6, 0xC3, 0x20, 0x31,
    ];
    let mut sheet = |name: &str| {
        let mut sheet = specimens(sheets, name, 2)?;
        let at = sheet.position("location");
        sheet.change(at, |_| PLACE.to_owned());
        let text = String::from_utf8_lossy(&sheet.bytes()?).into_owned();
        Ok::<_, SynthError>((sheet, text))
    };
    let mut read = |sheet: &Sheet, fault: &str, bytes: Vec<u8>| {
        let places = vec![PLACE.to_owned(); sheet.rows.len()];
        expect_rows(faulty, fault, sheet, "location", &places);
        faulty.files.push((sheet.path.clone(), bytes));
    };
    let (bom, text) = sheet("utf-8-bom")?;
    read(
        &bom,
        "utf_8_with_mark",
        [b"\xEF\xBB\xBF", text.as_bytes()].concat(),
    );

    let (little, text) = sheet("utf-16le")?;
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    read(
        &little,
        "utf_16le",
        units.flat_map(u16::to_le_bytes).collect(),
    );

    let (big, text) = sheet("utf-16be")?;
    let units = std::iter::once(0xFEFF).chain(text.encode_utf16());
    read(&big, "utf_16be", units.flat_map(u16::to_be_bytes).collect());

    // All of the file but the place is ASCII, which GB18030 writes as it is.
    let (chinese, text) = sheet("gb18030")?;
    let parts: Vec<&[u8]> = text.split(PLACE).map(str::as_bytes).collect();
    read(&chinese, "gb18030", parts.join(PLACE_GB18030));
    Ok(())
}

/// Files with nothing in them, and one that was cut off.
fn hardly_files(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let empty = "tensile/empty.csv";
    faulty.expect("empty_file", (empty, 0, 0), "", ("empty", Severity::Error));
    faulty.files.push((empty.to_owned(), Vec::new()));

    let mut bare = specimens(sheets, "header-only", 1)?;
    bare.rows.clear();
    let place = (bare.path.as_str(), 0, 0);
    faulty.expect("no_rows", place, "", ("no_rows", Severity::Warning));
    add(faulty, &bare)?;

    let cut = specimens(sheets, "cut-off", 3)?;
    let mut bytes = cut.bytes()?;
    let last_line = bytes[..bytes.len() - 1]
        .iter()
        .rposition(|&byte| byte == b'\n');
    let start = last_line.map_or(0, |at| at + 1);
    bytes.truncate(start + (bytes.len() - start) / 2);
    // Cut inside a quoted cell, the row shows it by its quote.
    let quotes = bytes[start..].iter().filter(|&&byte| byte == b'"').count();
    let rule = if quotes % 2 == 1 { "quote" } else { "ragged" };
    let place = (cut.path.as_str(), Sheet::line(2), 0);
    faulty.expect("cut_off_last_line", place, "", (rule, Severity::Error));
    faulty.files.push((cut.path, bytes));
    Ok(())
}

/// A whole file of elongations that are fractions under a header in %.
fn fractions(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    // From 2 % on a fraction lies within the contract's range.
    let mut sheet = specimens_of(sheets, "elongation-in-fractions", 4, |sheet, row| {
        let a = sheet.cell(row, "a_pct").parse::<f64>();
        a.is_ok_and(|a| (2.0..40.0).contains(&a))
    })?;
    let at = sheet.position("a_pct");
    sheet.change(at, |percent| {
        format!("{:.3}", percent.parse::<f64>().unwrap_or_default() / 100.0)
    });
    let place = (sheet.path.as_str(), Sheet::line(0), at as u64 + 1);
    let rule = ("elongation_fraction", Severity::Warning);
    faulty.expect("elongations_as_fractions", place, "a_pct", rule);
    add(faulty, &sheet)
}

/// Line breaks in the header and in a cell, and blank lines: the line of a fault behind them is right.
fn line_numbers(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let mut sheet = specimens(sheets, "line-breaks", 4)?;
    let (at, place) = (sheet.position("rm_mpa"), sheet.position("location"));
    sheet.rename("rm_mpa", "rm_mpa\n[MPa]");
    sheet.rows[0][place] = "tower,\nposition 1".to_owned();
    sheet.rows[3][at] = "245,3".to_owned();
    let text = String::from_utf8_lossy(&sheet.bytes()?).into_owned();
    // Header in lines 1 and 2, rows from line 3; the first one takes two lines, and a blank line stands
    // before the last one.
    let last = text.trim_end().rfind('\n').map_or(0, |at| at + 1);
    let text = format!("{}\n{}", &text[..last], &text[last..]);
    let read = [
        (3, "location", "tower,\nposition 1".to_owned()),
        (3, "rm_mpa", shortest(&sheet.rows[0][at])),
        (6, "rm_mpa", shortest(&sheet.rows[2][at])),
    ];
    for (line, field, value) in read {
        faulty.expect_read("line_breaks", (&sheet.path, line), (field, &value));
    }
    let wrong = (sheet.path.as_str(), 8, at as u64 + 1);
    faulty.expect("line_breaks", wrong, "rm_mpa", ("number", Severity::Error));
    faulty.files.push((sheet.path, text.into_bytes()));
    Ok(())
}

/// Chemistry: ppm in the header, a content that looks like ppm, 0.000, and a heat without charge.
fn chemistry(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let place = take(sheets, "chemistry", |sheet, row| {
        sheet.cell(row, "element") == "Fe" && sheet.cell(row, "burn_no") == "1"
    })?;
    let original = &sheets.originals[place.0];
    let heat = original.cell(place.1, "heat_id").to_owned();
    let mut sheet = Sheet {
        path: "chemistry/ppm.csv".to_owned(),
        header: original.header.clone(),
        rows: vec![original.rows[place.1].clone(); 3],
    };
    let at = |name: &str| original.position(name);
    let cells = |sheet: &mut Sheet, row: usize, cells: &[(&str, &str)]| {
        for (name, text) in cells {
            if let Some(cell) = sheet.rows[row].get_mut(at(name)) {
                (*text).clone_into(cell);
            }
        }
    };
    let sample = format!("{heat}-S2");
    for (row, (element, value)) in [("Fe", "1820"), ("Pb", "<10"), ("Be", "0.3")]
        .iter()
        .enumerate()
    {
        cells(
            &mut sheet,
            row,
            &[
                ("sample_id", &sample),
                ("element", element),
                ("value_wt_pct", value),
            ],
        );
    }
    let values = ["0.182", "<0.001", "0.00003"].map(str::to_owned);
    sheet.rename("value_wt_pct", "value_wt_pct [ppm]");
    expect_rows(faulty, "ppm", &sheet, "value_wt_pct", &values);
    add(faulty, &sheet)?;

    let mut sheet = Sheet {
        path: "chemistry/looks-like-ppm.csv".to_owned(),
        header: original.header.clone(),
        rows: vec![original.rows[place.1].clone(); 3],
    };
    let sample = format!("{heat}-S3");
    let stranger = format!("{heat}-O");
    for (row, (element, value)) in [("Zn", "32.5"), ("Cd", "0.000"), ("Fe", "0.182")]
        .iter()
        .enumerate()
    {
        cells(
            &mut sheet,
            row,
            &[
                ("sample_id", &sample),
                ("element", element),
                ("value_wt_pct", value),
            ],
        );
    }
    cells(
        &mut sheet,
        2,
        &[
            ("heat_id", &stranger),
            ("sample_id", &format!("{stranger}-S1")),
        ],
    );
    let value = original.position("value_wt_pct") as u64 + 1;
    let odd = (sheet.path.as_str(), Sheet::line(0), value);
    faulty.expect(
        "looks_like_ppm",
        odd,
        "value_wt_pct",
        ("other_unit", Severity::Warning),
    );
    faulty.expect_read("zero", (&sheet.path, Sheet::line(1)), ("value_wt_pct", "0"));
    let no_charge = (sheet.path.as_str(), Sheet::line(2), 0);
    faulty.expect(
        "heat_without_charge",
        no_charge,
        "heat_id",
        ("heat_without_charge", Severity::Warning),
    );
    add(faulty, &sheet)
}

/// The same file under another name, and a result that was corrected: both read right.
fn deliveries(sheets: &mut Sheets, faulty: &mut FaultyLab) -> Result<(), SynthError> {
    let twice = specimens(sheets, "delivered", 2)?;
    let bytes = twice.bytes()?;
    let rows = twice.rows.len().to_string();
    for path in ["tensile/delivered.csv", "tensile/delivered-again.csv"] {
        faulty.expect_read("same_bytes_again", (path, 0), ("", &rows));
        faulty.files.push((path.to_owned(), bytes.clone()));
    }

    let (sheet, row) = take(sheets, "tensile", |_, _| true)?;
    let original = &sheets.originals[sheet];
    let mut revised = Sheet {
        // Ingested after the monthly sheet that it corrects.
        path: "tensile/revised.csv".to_owned(),
        header: original.header.clone(),
        rows: vec![original.rows[row].clone()],
    };
    let at = revised.position("rm_mpa");
    revised.change(at, |rm| {
        format!("{:.1}", rm.parse::<f64>().unwrap_or_default() + 3.0)
    });
    let values = column(&revised, "rm_mpa");
    expect_rows(faulty, "revised_result", &revised, "rm_mpa", &values);
    add(faulty, &revised)
}
