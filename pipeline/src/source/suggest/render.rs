//! A draft as a profile's text, with a remark behind every decision.

use std::fmt::Write as _;

use super::dates::Dates;
use super::draft::{Draft, FieldDraft, UnitFrom};
use super::sections::{constants, elements, lacking, leftovers, skipped, values};
use super::words::{list, on_one_line, quoted, shown};
use crate::source::Layout;

/// Everything of a profile besides the draft.
pub(super) struct Page<'a> {
    pub draft: &'a Draft,
    pub file: &'a str,
    pub id: &'a str,
    /// Doubts about the profile as a whole.
    pub remarks: Vec<String>,
    pub file_name: String,
    pub file_name_remarks: Vec<String>,
    pub head: Vec<String>,
    pub find: Vec<String>,
    pub by_line: bool,
    pub encoding: (String, &'static str),
    pub delimiter: Option<String>,
    pub decimal: (String, String),
    pub thousands: Option<String>,
    pub sheet: Option<String>,
    pub missing_words: Vec<String>,
    pub flags: Vec<String>,
    pub dates: Vec<String>,
    pub date_doubts: Vec<String>,
    /// Fields that nothing gives, with the names of tables' unused columns to choose from.
    pub lacking: Vec<String>,
}

/// Writes the profile.
pub(super) fn render(page: &Page<'_>) -> String {
    let draft = page.draft;
    let mut out = String::new();
    for line in [
        format!(
            "# A proposal for files like `{}`; every remark says where it comes from.",
            shown(page.file)
        ),
        "# Lines with CHECK or ASSUMED need a person who knows the instrument.".to_owned(),
        format!(
            "id = {} # call it after the machine or the laboratory",
            quoted(page.id)
        ),
        format!("title = {}", quoted(&title(page))),
        format!("layout = {}", quoted(layout_word(draft.layout))),
        format!("table = {}", quoted(&draft.table)),
    ] {
        push(&mut out, &line);
    }
    for remark in &page.remarks {
        push(&mut out, &format!("# {remark}"));
    }
    push(&mut out, "\n[match]");
    for remark in &page.file_name_remarks {
        push(&mut out, &format!("# {remark}"));
    }
    push(
        &mut out,
        &format!("file_name = {}", pattern(&page.file_name)),
    );
    if !page.head.is_empty() {
        let line = format!(
            "head = {} # words of the file's first lines; keep those that only this export writes",
            list(&page.head)
        );
        push(&mut out, &line);
    }
    format(&mut out, page);
    header(&mut out, page);
    for head in &draft.heads {
        push(
            &mut out,
            &format!("\n# line {}: {}", head.line, remark(head)),
        );
        remarks(&mut out, head);
        push(&mut out, "[[head]]");
        push(&mut out, &format!("key = {}", list(&[&head.name])));
        push(&mut out, &format!("field = {}", quoted(&head.field)));
        unit(&mut out, head);
        if head.below {
            push(&mut out, "place = \"below\"");
        }
    }
    for column in &draft.columns {
        push(
            &mut out,
            &format!("\n# column {}: {}", column.position + 1, remark(column)),
        );
        remarks(&mut out, column);
        push(&mut out, "[[column]]");
        push(&mut out, &format!("field = {}", quoted(&column.field)));
        push(&mut out, &format!("names = {}", list(&[&column.name])));
        unit(&mut out, column);
    }
    elements(&mut out, draft);
    values(&mut out, draft);
    constants(&mut out, draft);
    skipped(&mut out, draft);
    lacking(&mut out, page);
    leftovers(&mut out, &draft.leftovers);
    out
}

pub(super) fn push(out: &mut String, line: &str) {
    out.push_str(line);
    out.push('\n');
}

fn title(page: &Page<'_>) -> String {
    let what = match (page.draft.layout, page.draft.table.as_str()) {
        (Layout::Curve, _) => "curves",
        (_, "oes_burns") => "compositions",
        (_, "tensile_tests") => "tensile results",
        (_, "charge_lines") => "charge lines",
        _ => "evidence",
    };
    format!("{}: {what}", shown(page.id))
}

pub(super) fn layout_word(layout: Layout) -> &'static str {
    match layout {
        Layout::Table => "table",
        Layout::WideChemistry => "wide_chemistry",
        Layout::ElementRows => "element_rows",
        Layout::Curve => "curve",
        Layout::Blocks => "blocks",
        Layout::TextLines => "text_lines",
    }
}

/// A regular expression as a TOML literal where it can be one.
pub(super) fn pattern(text: &str) -> String {
    if text.contains('\'') || text.chars().any(char::is_control) {
        quoted(text)
    } else {
        format!("'{text}'")
    }
}

fn format(out: &mut String, page: &Page<'_>) {
    push(out, "\n[format]");
    let behind = |remark: &str| {
        if remark.is_empty() {
            String::new()
        } else {
            format!(" # {remark}")
        }
    };
    let (encoding, remark) = &page.encoding;
    push(
        out,
        &format!("encoding = {}{}", quoted(encoding), behind(remark)),
    );
    if let Some(delimiter) = &page.delimiter {
        push(out, &format!("delimiter = {}", quoted(delimiter)));
    }
    let (decimal, remark) = &page.decimal;
    push(
        out,
        &format!("decimal = {}{}", quoted(decimal), behind(remark)),
    );
    if let Some(remark) = &page.thousands {
        push(out, remark);
    }
    if let Some(sheet) = &page.sheet {
        push(out, &format!("sheet = {}", quoted(sheet)));
    }
    push(out, &format!("missing = {}", list(&page.missing_words)));
    if !page.flags.is_empty() {
        push(
            out,
            &format!("flags = {} # dropped beside a number", list(&page.flags)),
        );
    }
    if !page.dates.is_empty() {
        push(out, &format!("dates = {}", list(&page.dates)));
    }
    for doubt in &page.date_doubts {
        push(out, &format!("# {doubt}"));
    }
}

fn header(out: &mut String, page: &Page<'_>) {
    let draft = page.draft;
    if draft.line == 0 {
        return;
    }
    push(
        out,
        &format!("\n[header] # line {} of this file", draft.line),
    );
    if page.by_line {
        push(out, &format!("line = {}", draft.line));
    } else {
        push(out, &format!("find = {}", list(&page.find)));
    }
    if draft.rows > 1 {
        push(out, &format!("rows = {}", draft.rows));
    }
    if draft.units_row > 0 {
        push(out, &format!("units_row = {}", draft.units_row));
    }
    if let Some(limit) = draft.limit {
        push(
            out,
            &format!("columns = {limit} # the header repeats itself further right"),
        );
    }
}

/// How a mapping came about, in one line.
fn remark(draft: &FieldDraft) -> String {
    let mut text = format!("`{}`", shown(&draft.header));
    let _ = if draft.alias == on_one_line(&draft.header) {
        write!(text, ", a known name")
    } else {
        write!(text, ", known as `{}`", shown(&draft.alias))
    };
    if draft.fit.filled == 0 {
        text.push_str("; empty in this file");
    } else {
        let _ = write!(text, "; for example {}", quoted(&shown(&draft.fit.sample)));
    }
    let _ = match &draft.unit {
        UnitFrom::None => Ok(()),
        UnitFrom::Header(word) => write!(text, "; unit {word} in the header"),
        UnitFrom::Beside(word) if draft.line > 0 => write!(text, "; unit {word} beside it"),
        UnitFrom::Beside(word) => write!(text, "; unit {word} in the units row"),
        UnitFrom::Name(word) => write!(text, "; unit {word} by the contract's own name"),
        UnitFrom::Assumed(_) => write!(text, "; no unit in the file"),
    };
    text
}

fn remarks(out: &mut String, draft: &FieldDraft) {
    for remark in &draft.remarks {
        push(out, &format!("# {remark}"));
    }
    if draft.fit.out_of_range > 0 {
        let line = format!(
            "# CHECK: {} of {} values lie outside the contract's range: is it the right unit and column?",
            draft.fit.out_of_range, draft.fit.filled
        );
        push(out, &line);
    }
    if !draft.fit.odd.is_empty() {
        let odd: Vec<String> = draft.fit.odd.iter().map(|text| shown(text)).collect();
        push(out, &format!("# CHECK: not to be read: {}", list(&odd)));
    }
}

fn unit(out: &mut String, draft: &FieldDraft) {
    let (word, from) = draft.unit.words();
    if !draft.unit_is_written || word.is_empty() {
        return;
    }
    let remark = if from == "assumed" {
        " # ASSUMED: the contract's unit; ask whoever runs the machine"
    } else {
        ""
    };
    push(out, &format!("unit = {}{remark}", quoted(word)));
}

/// What the dates of a draft need declared, and what cannot be told.
pub(super) fn dates_of(draft: &Draft) -> (Vec<String>, Vec<String>) {
    let (mut told, mut doubts) = (Vec::new(), Vec::new());
    for found in draft.columns.iter().chain(&draft.heads) {
        match &found.fit.dates {
            Some(Dates::Told(formats)) => {
                for format in formats {
                    if !told.contains(format) {
                        told.push(format.clone());
                    }
                }
            }
            Some(Dates::Doubtful(formats)) => {
                let formats: Vec<String> = formats.iter().map(|format| list(&[format])).collect();
                doubts.push(format!(
                    "CHECK: {} such as {}: day or month first? dates = {}",
                    found.field,
                    quoted(&shown(&found.fit.sample)),
                    formats.join(" or ")
                ));
            }
            None => {}
        }
    }
    (told, doubts)
}
