//! Bytes → rows and findings, as a profile says.
//!
//! In: the bytes of one file, its name and a [`Profile`]. Out: [`SourceFile`]: rows under their
//! contracts and every finding, in file order. What can go wrong never stops the reading of the rest:
//! a bad cell costs its row, a file that cannot be understood at all gives findings and no rows.

mod cell;
mod curve_file;
mod header;
mod plain_rows;
mod profile;
mod row_rules;
mod stream;
mod table_file;
mod text;
mod unmatched;

use std::borrow::Cow;
use std::collections::BTreeMap;

pub use cell::parse_decimal;
pub use curve_file::CurveFile;
pub use header::fold;
pub use profile::{Layout, Profile, Profiles};
pub use stream::{Piece, StreamEnd, can_stream, stream};
pub use unmatched::unmatched;

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
    let result = text_of(profile, path, bytes).and_then(|text| match profile.layout {
        Layout::Table => table_file::read(reading, profile, path, name, &text, &mut file),
        Layout::Curve => curve_file::read(reading, profile, path, name, &text, &mut file),
    });
    if let Err(finding) = result {
        file.rows.clear();
        file.rows_ok = 0;
        file.findings.push(*finding);
    }
    file
}

/// Reads the curve of one file without asking which specimen it belongs to.
///
/// `known` holds fields such as `area_mm2` that win over the profile. `None` when the file holds no
/// curve; the findings say why.
pub fn read_curve(
    reading: Reading<'_>,
    profile: &Profile,
    (path, name): (&str, &str),
    bytes: &[u8],
    known: &BTreeMap<String, String>,
) -> (Option<CurveFile>, SourceFile) {
    let mut file = SourceFile::default();
    let points = text_of(profile, path, bytes).and_then(|text| {
        curve_file::read_points(reading, profile, (path, name), &text, known, &mut file)
    });
    let points = points.map_err(|finding| file.findings.push(*finding)).ok();
    (points, file)
}

fn text_of<'a>(
    profile: &Profile,
    path: &str,
    bytes: &'a [u8],
) -> Result<Cow<'a, str>, Box<Finding>> {
    if bytes.is_empty() {
        return Err(Box::new(unmatched::empty(path)));
    }
    text::decode(bytes, &profile.format.encoding)
        .map_err(|fault| Box::new(fault.into_finding(path)))
}
