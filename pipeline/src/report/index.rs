//! The index: what changed, the matrix grade × component, the night's data, how to read it.

use std::collections::BTreeMap;

use serde::Serialize;

use super::input::{Change, Correction, ReportInput, Totals};
use super::matrix::{self, Matrix};
use super::numbers;
use super::site::Site;
use super::tables;
use super::text::{Texts, fill};
use super::wording;
use crate::domain::{Finding, ScrapDefinition, Severity};

/// Changes shown at once; the rest unfold, so that the matrix stays in sight.
const CHANGES_SHOWN: usize = 8;
/// Corrected values shown on the page; all are in `summary.json`.
const CORRECTIONS_SHOWN: usize = 50;
/// Findings shown on the page; all are in the file.
const FINDINGS_SHOWN: usize = 20;

/// What `index.html` shows.
#[derive(Serialize)]
pub(super) struct IndexView {
    title: String,
    run_line: String,
    headline: String,
    /// The first few, then the rest if there are more.
    changes: Vec<Vec<ChangeLine>>,
    changes_more: String,
    corrections_sum: String,
    corrections: Vec<String>,
    verdict_sum: String,
    shown_pattern: &'static str,
    matrix: Matrix,
    unverified: bool,
    totals: Vec<Total>,
    rules: Vec<RuleSum>,
    findings: Vec<FindingLine>,
    findings_first: String,
    findings_all: String,
    scrap: Vec<&'static str>,
    provenance: Vec<Fact>,
    files: [&'static str; 3],
}

#[derive(Serialize)]
struct ChangeLine {
    key: &'static str,
    word: &'static str,
    grade: String,
    component: String,
    href: String,
    before: String,
    after: String,
    why: Vec<String>,
}

#[derive(Serialize)]
struct Total {
    n: String,
    what: &'static str,
}

#[derive(Serialize)]
struct RuleSum {
    rule: String,
    n: String,
}

#[derive(Serialize)]
struct FindingLine {
    place: String,
    field: String,
    value: String,
    severity: &'static str,
    severity_word: &'static str,
    message: String,
    hint: String,
    rule: String,
}

#[derive(Serialize)]
struct Fact {
    what: String,
    value: String,
}

/// The view of `site`.
pub(super) fn view(site: &Site<'_>) -> IndexView {
    let (input, t) = (site.input, site.texts);
    let total = input
        .totals
        .findings
        .values()
        .sum::<u64>()
        .max(input.findings.len() as u64);
    let shown = input.findings.len().min(FINDINGS_SHOWN);
    IndexView {
        title: site.title().to_owned(),
        run_line: fill(
            t.run_line,
            &[
                ("lab", &input.lab),
                ("run", &input.run_id),
                ("date", &wording::date(&input.generated_at)),
            ],
        ),
        headline: headline(input, t),
        changes_more: fill(
            t.changes_more,
            &[(
                "n",
                &input
                    .changes
                    .len()
                    .saturating_sub(CHANGES_SHOWN)
                    .to_string(),
            )],
        ),
        changes: if input.first_run {
            Vec::new()
        } else {
            changes(site)
        },
        corrections_sum: fill(
            t.corrections,
            &[("n", &input.corrections.len().to_string())],
        ),
        corrections: corrections(input, t),
        verdict_sum: fill(t.status_sums, &[("n", &input.verdicts.len().to_string())]),
        shown_pattern: t.shown,
        matrix: matrix::view(site),
        unverified: input.verdicts.iter().any(|v| v.rests_on_unverified_limit),
        totals: totals(&input.totals, total, t),
        rules: rules(&input.totals),
        findings: input
            .findings
            .iter()
            .take(shown)
            .map(|f| finding(f, t))
            .collect(),
        findings_first: fill(
            if shown as u64 == total {
                t.findings_all
            } else {
                t.findings_first
            },
            &[("n", &shown.to_string()), ("all", &numbers::count(total))],
        ),
        findings_all: fill(t.findings_all, &[("all", &numbers::count(total))]),
        scrap: scrap(input, t),
        provenance: provenance(input, t),
        files: [tables::VERDICTS, tables::SUMMARY, tables::FINDINGS],
    }
}

/// One line per corrected value, the first few.
fn corrections(input: &ReportInput, t: &Texts) -> Vec<String> {
    let said = |value: &str| {
        if value.is_empty() {
            t.correction_missing.to_owned()
        } else {
            value.to_owned()
        }
    };
    let line = |correction: &Correction| {
        fill(
            t.correction,
            &[
                ("key", &correction.key),
                ("column", &correction.column),
                ("before", &said(&correction.before)),
                ("after", &said(&correction.after)),
                ("revision", &correction.revision.to_string()),
                ("table", &correction.table),
            ],
        )
    };
    input
        .corrections
        .iter()
        .take(CORRECTIONS_SHOWN)
        .map(line)
        .collect()
}

fn headline(input: &ReportInput, t: &Texts) -> String {
    if input.first_run {
        return t.changes_first_run.to_owned();
    }
    if input.changes.is_empty() {
        return t.changes_none.to_owned();
    }
    let mut sums = BTreeMap::new();
    for change in &input.changes {
        *sums.entry(change.kind).or_insert(0usize) += 1;
    }
    let parts: Vec<String> = sums
        .into_iter()
        .map(|(kind, n)| fill(wording::change(kind, t).2, &[("n", &n.to_string())]))
        .collect();
    parts.join(", ")
}

fn changes(site: &Site<'_>) -> Vec<Vec<ChangeLine>> {
    let mut changes: Vec<_> = site.input.changes.iter().collect();
    changes.sort_by(|a, b| (a.kind, &a.component, &a.grade).cmp(&(b.kind, &b.component, &b.grade)));
    let (first, rest) = changes.split_at(changes.len().min(CHANGES_SHOWN));
    [first, rest]
        .into_iter()
        .filter(|group| !group.is_empty())
        .map(|group| {
            group
                .iter()
                .map(|change| change_line(site, change))
                .collect()
        })
        .collect()
}

fn change_line(site: &Site<'_>, change: &Change) -> ChangeLine {
    let t = site.texts;
    let (key, word, _) = wording::change(change.kind, t);
    let mut href = String::new();
    if site.grades.iter().any(|(grade, _)| **grade == change.grade) {
        href = wording::grade_page(&change.grade);
        if site.verdict(&change.component, &change.grade).is_some() {
            href.push('#');
            href.push_str(&wording::anchor(&change.component));
        }
    }
    ChangeLine {
        key,
        word,
        grade: change.grade.to_string(),
        component: site.titles.of(&change.component).to_owned(),
        href,
        before: wording::standing(change.before, site.claims(), t),
        after: wording::standing(change.after, site.claims(), t),
        why: change.why.clone(),
    }
}

fn totals(totals: &Totals, findings: u64, t: &'static Texts) -> Vec<Total> {
    [
        (totals.files_seen, t.files_seen),
        (totals.files_new, t.files_new),
        (totals.rows_ok, t.rows_ok),
        (totals.rows_rejected, t.rows_rejected),
        (findings, t.findings),
    ]
    .into_iter()
    .map(|(n, what)| Total {
        n: numbers::count(n),
        what,
    })
    .collect()
}

fn rules(totals: &Totals) -> Vec<RuleSum> {
    let mut rules: Vec<_> = totals.findings.iter().collect();
    rules.sort_by(|a, b| b.1.cmp(a.1).then(a.0.cmp(b.0)));
    rules
        .into_iter()
        .map(|(rule, n)| RuleSum {
            rule: rule.clone(),
            n: numbers::count(*n),
        })
        .collect()
}

fn finding(finding: &Finding, t: &Texts) -> FindingLine {
    let place = match (finding.line, finding.column) {
        (0, _) => format!("{}, {}", finding.file, t.whole_file),
        (line, 0) => format!("{}:{line}", finding.file),
        (line, column) => format!("{}:{line}:{column}", finding.file),
    };
    FindingLine {
        place,
        field: finding.field.clone(),
        value: finding.value.clone(),
        severity: finding.severity.as_str(),
        severity_word: match finding.severity {
            Severity::Error => t.severity_error,
            Severity::Warning => t.severity_warning,
            Severity::Note => t.severity_note,
        },
        message: finding.message.clone(),
        hint: finding.hint.clone(),
        rule: finding.rule.clone(),
    }
}

/// The definitions in use, each once.
fn scrap(input: &ReportInput, t: &Texts) -> Vec<&'static str> {
    let mut used: Vec<ScrapDefinition> = input
        .verdicts
        .iter()
        .map(|v| v.scrap_definition)
        .chain(input.sheets.iter().map(|s| s.scrap_definition))
        .flatten()
        .collect();
    used.sort();
    used.dedup();
    if used.is_empty() {
        return vec![t.scrap_none];
    }
    used.into_iter()
        .map(|definition| wording::scrap_definition(definition, t))
        .collect()
}

fn provenance(input: &ReportInput, t: &Texts) -> Vec<Fact> {
    let versions: Vec<String> = input
        .table_versions
        .iter()
        .map(|(table, version)| {
            fill(
                t.table_version,
                &[("table", table), ("version", &version.to_string())],
            )
        })
        .collect();
    [
        (t.run, input.run_id.clone()),
        (t.generated, input.generated_at.clone()),
        (t.program, format!("regrade {}", input.program_version)),
        (t.settings_hash, input.settings_sha256.clone()),
        (t.schemas_hash, input.schemas_sha256.clone()),
        (t.tables, versions.join(", ")),
    ]
    .into_iter()
    .map(|(what, value)| Fact {
        what: what.to_owned(),
        value,
    })
    .collect()
}
