//! The reading of one file: open it, choose the layout, collect rows and findings.

use std::collections::BTreeMap;

use super::Profile;
use super::grid::Grid;
use super::job::Job;
use super::layouts::{self, CurveFile};
use super::open::{Body, open};
use super::profile::OnError;
use super::stream::RowStream;
use crate::contract::{Contracts, Rows};
use crate::curve::ReductionSettings;
use crate::domain::{Finding, Severity};

/// What one file gave.
#[derive(Debug, Default)]
pub struct SourceFile {
    /// Rows by table.
    pub rows: BTreeMap<String, Rows>,
    /// Everything that is wrong, in file order.
    pub findings: Vec<Finding>,
    /// Data rows of the file that went in (points of a curve included).
    pub rows_ok: usize,
    /// Data rows that went to findings.
    pub rows_rejected: usize,
}

impl SourceFile {
    /// Whether the file as a whole was refused: an error that is not about one row.
    pub fn is_refused(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.severity == Severity::Error && finding.line == 0)
            || self.rows.values().all(Rows::is_empty)
                && self
                    .findings
                    .iter()
                    .any(|finding| finding.severity == Severity::Error)
    }

    /// Adds rows of a table to those there are.
    pub(super) fn add_rows(&mut self, rows: Rows) {
        let table = rows.contract().name.clone();
        match self.rows.get_mut(&table) {
            Some(there) => there.append(rows),
            None => {
                self.rows.insert(table, rows);
            }
        }
    }

    /// Gives up everything read: the file as a whole is refused.
    fn refuse(&mut self, finding: Finding) {
        self.rows.clear();
        self.rows_ok = 0;
        self.findings.push(finding);
    }
}

/// What the reading of a file rests on, the same for every file of a run.
#[derive(Clone, Copy, Debug)]
pub struct Reading<'a> {
    /// The contracts.
    pub contracts: &'a Contracts,
    /// How curves are reduced.
    pub reduction: &'a ReductionSettings,
}

/// Reads one file. `path` is what findings name; `name` is the bare file name that patterns see.
pub fn read(
    reading: Reading<'_>,
    profile: &Profile,
    path: &str,
    name: &str,
    bytes: &[u8],
) -> SourceFile {
    let mut file = SourceFile::default();
    let known = BTreeMap::new();
    let result = each_body(
        reading,
        profile,
        (path, name),
        bytes,
        &known,
        &mut file,
        &mut layouts::read,
    );
    if let Err(finding) = result {
        file.refuse(*finding);
    } else if profile.on_error == OnError::RejectFile && file.rows_rejected > 0 {
        let rows = file.rows_ok + file.rows_rejected;
        let message = format!(
            "{} of {rows} rows have errors, and the profile `{}` takes a file whole or not at all",
            file.rows_rejected, profile.id
        );
        file.rows_rejected = rows;
        file.refuse(Finding::of_file(
            path,
            "rejected",
            message,
            "correct the rows and send the file again, or set `on_error = \"quarantine\"`",
        ));
    }
    file
}

/// Reads the curve of one file without asking which specimen it belongs to.
///
/// `known` holds fields such as `area_mm2` that win over the profile. `None` when the file holds no
/// curve, or several; the findings say why.
pub fn read_curve(
    reading: Reading<'_>,
    profile: &Profile,
    (path, name): (&str, &str),
    bytes: &[u8],
    known: &BTreeMap<String, String>,
) -> (Option<CurveFile>, SourceFile) {
    let mut file = SourceFile::default();
    let mut curves = Vec::new();
    let result = each_body(
        reading,
        profile,
        (path, name),
        bytes,
        known,
        &mut file,
        &mut |job, rows, file| {
            curves.push(layouts::read_points(job, rows, file)?);
            Ok(())
        },
    );
    if let Err(finding) = result {
        file.findings.push(*finding);
        return (None, file);
    }
    if curves.len() > 1 {
        file.findings.push(Finding::of_file(
            path,
            "several_curves",
            format!("the file holds {} curves, one was asked for", curves.len()),
            "name one sheet in the profile's `format.sheet`",
        ));
        return (None, file);
    }
    (curves.pop(), file)
}

/// What is done with the rows of a text or a sheet.
type ReadBody<'f> =
    dyn FnMut(&Job<'_>, &mut RowStream<'_>, &mut SourceFile) -> Result<(), Box<Finding>> + 'f;

fn each_body(
    reading: Reading<'_>,
    profile: &Profile,
    (path, name): (&str, &str),
    bytes: &[u8],
    known: &BTreeMap<String, String>,
    file: &mut SourceFile,
    read_body: &mut ReadBody<'_>,
) -> Result<(), Box<Finding>> {
    let opened = open(profile, path, bytes)?;
    let untitled = BTreeMap::new();
    let mut job = Job {
        reading,
        profile,
        format: &opened.format,
        dialect: None,
        path,
        name,
        known,
        titled: &untitled,
        sheets: &[],
        shared: &[],
        offset: 0,
    };
    match &opened.body {
        Body::Text(text, dialect) => {
            job.dialect = Some(*dialect);
            let mut rows = RowStream::of_text(text, *dialect);
            read_body(&job, &mut rows, file)
        }
        Body::Sheets(sheets, chosen) => {
            job.sheets = sheets;
            for (at, titled) in chosen {
                let sheet: &Grid = &sheets[*at];
                let earlier = file.findings.len();
                let job = Job { titled, ..job };
                let result = read_body(&job, &mut RowStream::of_grid(sheet), file);
                let name = sheet.sheet.as_deref().filter(|_| sheets.len() > 1);
                let in_sheet = |finding: &mut Finding| {
                    if let Some(name) = name {
                        finding.message = format!("sheet `{name}`: {}", finding.message);
                    }
                };
                file.findings[earlier..].iter_mut().for_each(in_sheet);
                result.map_err(|mut finding| {
                    in_sheet(&mut finding);
                    finding
                })?;
            }
            Ok(())
        }
    }
}
