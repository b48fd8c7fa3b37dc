//! Empty files for people to fill in: the columns of a contract with units, ranges and allowed values.

use rust_xlsxwriter::{
    Color, DataValidation, DocProperties, ExcelDateTime, Format, FormatAlign, Note, Workbook,
    XlsxError,
};

use super::ReportError;
use crate::contract::{Contract, Field, FieldType};

/// The columns that a person fills in: provenance is the program's.
fn fields(contract: &Contract) -> impl Iterator<Item = &Field> {
    contract
        .fields
        .iter()
        .filter(|field| !field.provenance && field.kind != FieldType::Array)
}

/// A header text: the name, with its unit in brackets where it has one.
fn header(field: &Field) -> String {
    if field.unit.is_empty() || field.unit == "1" {
        field.name.clone()
    } else {
        format!("{} [{}]", field.name, field.unit)
    }
}

/// The header row as CSV, in UTF-8 with a byte order mark so that spreadsheets read it right.
pub fn csv_template(contract: &Contract) -> Vec<u8> {
    let names: Vec<String> = fields(contract).map(header).collect();
    format!("\u{feff}{}\r\n", names.join(",")).into_bytes()
}

/// A workbook with the header row, a note on every column and lists of the allowed values.
///
/// The same contract gives the same bytes: the workbook carries no date of its making.
///
/// # Errors
/// When a name or list is longer than the format allows.
pub fn xlsx_template(contract: &Contract) -> Result<Vec<u8>, ReportError> {
    workbook(contract).map_err(|error| ReportError::Table {
        file: format!("{}.xlsx", contract.name),
        reason: error.to_string(),
    })
}

fn workbook(contract: &Contract) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    let epoch = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&epoch));
    let required = Format::new()
        .set_bold()
        .set_background_color(Color::RGB(0x00DC_E9F5))
        .set_align(FormatAlign::Top);
    let optional = Format::new().set_bold().set_align(FormatAlign::Top);
    let text = Format::new().set_num_format("@");
    let sheet = workbook.add_worksheet();
    sheet.set_name(&contract.name)?;
    for (at, field) in fields(contract).enumerate() {
        let column = u16::try_from(at).unwrap_or(u16::MAX);
        let title = header(field);
        #[allow(clippy::cast_precision_loss, reason = "a column width")]
        let width = title.chars().count().max(10) as f64 + 2.0;
        sheet.set_column_width(column, width)?;
        let style = if field.constraints.required {
            &required
        } else {
            &optional
        };
        sheet.write_string_with_format(0, column, &title, style)?;
        sheet.insert_note(0, column, &Note::new(note(field)).set_author("regrade"))?;
        if field.kind == FieldType::String {
            // Ids such as 3-12 and 1E5 stay text only in cells that are told so.
            sheet.set_column_format(column, &text)?;
        }
        if let Some(allowed) = &field.constraints.allowed {
            let list = DataValidation::new().allow_list_strings(allowed)?;
            sheet.add_data_validation(1, column, 9999, column, &list)?;
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    workbook.save_to_buffer()
}

/// What a column is, its rules and an example.
fn note(field: &Field) -> String {
    let mut lines = vec![field.description.clone()];
    let rules = &field.constraints;
    if rules.required {
        lines.push("Required.".to_owned());
    }
    let range = [
        rules.minimum.map(|low| format!("at least {low}")),
        rules.maximum.map(|high| format!("at most {high}")),
    ];
    let range: Vec<String> = range.into_iter().flatten().collect();
    if !range.is_empty() {
        lines.push(format!("Range: {} {}.", range.join(", "), field.unit).replace(" .", "."));
    }
    let example = field
        .example
        .as_str()
        .map_or_else(|| field.example.to_string(), str::to_owned);
    lines.push(format!("Example: {example}"));
    lines.join("\n")
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::{Contracts, Schemas};

    #[test]
    fn a_template_leaves_out_what_the_program_fills_in() {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let text =
            String::from_utf8(csv_template(contracts.table("charge_lines").unwrap())).unwrap();
        assert!(text.starts_with("\u{feff}heat_id,line_no,"), "{text}");
        assert!(
            text.contains("mass_kg [kg]") && !text.contains("source_sha256"),
            "{text}"
        );
    }

    #[test]
    fn every_contract_has_a_workbook_and_the_same_one_twice() {
        for contract in Contracts::load(&Schemas::embedded()).unwrap().iter() {
            let bytes = xlsx_template(contract).unwrap();
            assert!(bytes.starts_with(b"PK"), "{}", contract.name);
            assert!(
                bytes == xlsx_template(contract).unwrap(),
                "{}",
                contract.name
            );
        }
    }
}
