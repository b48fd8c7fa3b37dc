//! The files for programs: verdicts and totals as JSON in full precision, findings as CSV.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::error::ReportError;
use super::input::{Change, ChangeKind, Correction, ReportInput, Totals};
use super::wording::STATUSES;
use crate::domain::Finding;
use crate::qualify::verdict::Verdict;

/// Path of the verdicts, relative to the report.
pub(super) const VERDICTS: &str = "verdicts.json";
/// Path of the totals, relative to the report.
pub(super) const SUMMARY: &str = "summary.json";
/// Path of the findings, relative to the report.
pub(super) const FINDINGS: &str = "findings.csv";

/// `verdicts.json`: every verdict with what is needed to compute it again.
///
/// Keys stand in the order of the fields; verdicts are ordered by component, then grade. Numbers are in
/// full and scrap ratios are fractions; a number that is missing or not finite is null.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictsFile {
    /// When the run was made, RFC 3339.
    pub generated_at: String,
    /// Id of the run in the lake.
    pub run_id: String,
    /// Version of the program.
    pub program_version: String,
    /// SHA-256 of the settings, hexadecimal.
    pub settings_sha256: String,
    /// SHA-256 of the schemas, hexadecimal.
    pub schemas_sha256: String,
    /// Version of every lake table the verdicts were computed from.
    pub table_versions: BTreeMap<String, i64>,
    /// The verdicts.
    pub verdicts: Vec<Verdict>,
}

/// `summary.json`: the night in a few numbers.
#[derive(Serialize)]
struct Summary<'a> {
    generated_at: &'a str,
    run_id: &'a str,
    program_version: &'a str,
    first_run: bool,
    totals: &'a Totals,
    verdicts: usize,
    statuses: BTreeMap<&'static str, usize>,
    changes: BTreeMap<ChangeKind, usize>,
    changed: Vec<&'a Change>,
    corrections: &'a [Correction],
}

/// The bytes of `verdicts.json`; `verdicts` must already be in order.
pub(super) fn verdicts(input: &ReportInput, verdicts: &[&Verdict]) -> Result<Vec<u8>, ReportError> {
    let file = VerdictsFile {
        generated_at: input.generated_at.clone(),
        run_id: input.run_id.clone(),
        program_version: input.program_version.clone(),
        settings_sha256: input.settings_sha256.clone(),
        schemas_sha256: input.schemas_sha256.clone(),
        table_versions: input.table_versions.clone(),
        verdicts: verdicts.iter().map(|v| (*v).clone()).collect(),
    };
    json(VERDICTS, &file)
}

/// The bytes of `summary.json`. Every status is there, also with zero verdicts.
pub(super) fn summary(input: &ReportInput) -> Result<Vec<u8>, ReportError> {
    let mut statuses: BTreeMap<&'static str, usize> = STATUSES
        .into_iter()
        .map(|status| (status.as_str(), 0))
        .collect();
    for verdict in &input.verdicts {
        *statuses.entry(verdict.status.as_str()).or_insert(0) += 1;
    }
    let mut changes = BTreeMap::new();
    for change in &input.changes {
        *changes.entry(change.kind).or_insert(0) += 1;
    }
    let mut changed: Vec<&Change> = input.changes.iter().collect();
    changed.sort_by(|a, b| (a.kind, &a.component, &a.grade).cmp(&(b.kind, &b.component, &b.grade)));
    let summary = Summary {
        generated_at: &input.generated_at,
        run_id: &input.run_id,
        program_version: &input.program_version,
        first_run: input.first_run,
        totals: &input.totals,
        verdicts: input.verdicts.len(),
        statuses,
        changes,
        changed,
        corrections: &input.corrections,
    };
    json(SUMMARY, &summary)
}

fn json<T: Serialize>(file: &str, content: &T) -> Result<Vec<u8>, ReportError> {
    let mut bytes = serde_json::to_vec_pretty(content).map_err(|e| ReportError::Table {
        file: file.to_owned(),
        reason: e.to_string(),
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// The bytes of `findings.csv`: UTF-8, a header and one row per finding with every field.
///
/// A text that a spreadsheet would take for a formula is led by an apostrophe; see [`as_text`].
pub(super) fn findings(findings: &[Finding]) -> Result<Vec<u8>, ReportError> {
    let fault = |e: String| ReportError::Table {
        file: FINDINGS.to_owned(),
        reason: e,
    };
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record([
        "file", "line", "column", "field", "value", "rule", "severity", "message", "hint",
        "raw_row",
    ])
    .map_err(|e| fault(e.to_string()))?;
    for finding in findings {
        csv.write_record([
            as_text(&finding.file),
            finding.line.to_string(),
            finding.column.to_string(),
            as_text(&finding.field),
            as_text(&finding.value),
            as_text(&finding.rule),
            finding.severity.as_str().to_owned(),
            as_text(&finding.message),
            as_text(&finding.hint),
            as_text(&finding.raw_row),
        ])
        .map_err(|e| fault(e.to_string()))?;
    }
    csv.into_inner().map_err(|e| fault(e.to_string()))
}

/// `cell`, led by an apostrophe when a spreadsheet would run it.
///
/// The leading characters are those of OWASP's page on CSV injection (2024): `=`, `+`, `-`, `@`, tab,
/// carriage return, line feed, and the full-width forms that spreadsheets read alike.
fn as_text(cell: &str) -> String {
    const RUNS: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];
    if cell.starts_with(RUNS) {
        format!("'{cell}")
    } else {
        cell.to_owned()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop where it stands")]
mod tests {
    use super::*;
    use crate::report::sample;

    #[test]
    fn a_cell_that_a_spreadsheet_would_run_is_written_as_text() {
        let formulas = ["=1+1", "+82", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"];
        for formula in formulas {
            let mut finding = Finding::of_file("inbox/a.csv", "number", "not a number".into(), "");
            finding.value = formula.into();
            finding.raw_row = format!("{formula},\"x\"");
            let bytes = findings(&[finding]).unwrap();
            let mut reader = csv::Reader::from_reader(bytes.as_slice());
            let row = reader.records().next().unwrap().unwrap();
            assert_eq!(
                &row[4],
                format!("'{formula}"),
                "the value is led by an apostrophe"
            );
            assert_eq!(
                &row[9],
                format!("'{formula},\"x\""),
                "and so is the whole row"
            );
            assert_eq!(&row[0], "inbox/a.csv", "other text is left alone");
        }
    }

    #[test]
    fn verdicts_are_read_back_and_their_numbers_are_in_full() {
        let input = sample::input();
        let refs: Vec<&Verdict> = input.verdicts.iter().collect();
        let bytes = verdicts(&input, &refs).unwrap();
        let file: VerdictsFile = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(file.table_versions, input.table_versions);
        assert_eq!(file.verdicts.len(), input.verdicts.len());
        let text = String::from_utf8(bytes).unwrap();
        for (read, written) in file.verdicts.iter().zip(&input.verdicts) {
            assert_eq!(
                (&read.component, &read.grade),
                (&written.component, &written.grade)
            );
            assert_eq!(
                (read.status, &read.reasons),
                (written.status, &written.reasons)
            );
            assert_eq!(read.max_scrap_ratio, written.max_scrap_ratio);
            assert_eq!(read.requirements.len(), written.requirements.len());
            // Compared as text: the reader of JSON may be a bit off unless it is told to be exact.
            for margin in written.requirements.iter().filter_map(|r| r.margin) {
                assert!(
                    text.contains(&format!("\"margin\": {margin:?}")),
                    "{margin:?} in full"
                );
            }
        }
    }

    #[test]
    fn the_summary_counts_every_status() {
        let input = sample::input();
        let summary: serde_json::Value = serde_json::from_slice(&summary(&input).unwrap()).unwrap();
        let statuses = summary["statuses"].as_object().unwrap();
        assert_eq!(statuses.len(), 5);
        let sum: u64 = statuses.values().map(|n| n.as_u64().unwrap()).sum();
        assert_eq!(sum, input.verdicts.len() as u64);
        assert_eq!(summary["changes"]["lost"], 1);
        assert_eq!(summary["totals"]["rows_ok"], 1844);
    }
}
