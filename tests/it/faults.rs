//! Every folder of `tests/fixtures/bad` shows one fault, with the findings it must give and what must
//! be read right. A folder holds `expected.json`, the files, and a `profile.toml` when they are none of
//! regrade's own templates.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use regrade::contract::{Cell, Contracts, Schemas};
use regrade::curve::ReductionSettings;
use regrade::domain::{Finding, Severity, sha256};
use regrade::source::{self, Profile, Profiles, Reading, SourceFile};
use serde::Deserialize;

use crate::lab::Lab;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Expected {
    /// The fault in a sentence, for people.
    what: String,
    /// Data rows of all files that go in, a file that is delivered twice counted once.
    rows_ok: usize,
    rows_rejected: usize,
    findings: Vec<Told>,
    values: Vec<ExpectedValue>,
}

/// Where a finding is and what it is about.
#[derive(Debug, Deserialize, PartialEq, Eq, PartialOrd, Ord)]
#[serde(deny_unknown_fields)]
pub(crate) struct Told {
    pub(crate) file: String,
    pub(crate) line: u64,
    pub(crate) column: u64,
    pub(crate) field: String,
    pub(crate) rule: String,
    pub(crate) severity: Severity,
}

impl From<&Finding> for Told {
    fn from(finding: &Finding) -> Told {
        Told {
            file: finding.file.clone(),
            line: finding.line,
            column: finding.column,
            field: finding.field.clone(),
            rule: finding.rule.clone(),
            severity: finding.severity,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ExpectedValue {
    file: String,
    line: u64,
    field: String,
    /// Shortest text; empty when missing, `<` and the limit below one.
    value: String,
}

/// Rules that look at the lake as a whole, not at one file.
const OF_THE_LAKE: [&str; 5] = [
    "unknown_heat",
    "heat_without_charge",
    "mixed_elongation",
    "odd_temper",
    "swapped_elements",
];

/// What reading rests on, as shipped.
pub(crate) struct Reader {
    contracts: Contracts,
    profiles: Profiles,
    reduction: ReductionSettings,
}

impl Reader {
    pub(crate) fn new() -> Reader {
        let schemas = Schemas::embedded();
        let contracts = Contracts::load(&schemas).expect("contracts");
        let reduction = &schemas.file("reduction.toml").expect("reduction.toml").text;
        Reader {
            profiles: Profiles::load(&schemas, &contracts).expect("profiles"),
            reduction: toml::from_str(reduction).expect("reduction settings"),
            contracts,
        }
    }

    /// Reads one file with the profile given, or the one that fits it.
    pub(crate) fn read(&self, path: &str, bytes: &[u8], profile: Option<&Profile>) -> SourceFile {
        let reading = Reading {
            contracts: &self.contracts,
            reduction: &self.reduction,
        };
        let name = path.rsplit('/').next().unwrap_or(path);
        match profile.or_else(|| self.profiles.detect(name, bytes)) {
            Some(profile) => source::read(reading, profile, path, name, bytes),
            None => SourceFile {
                findings: vec![source::unmatched(&self.profiles, path, bytes)],
                ..SourceFile::default()
            },
        }
    }
}

/// The value of a field in the row that stands at `line`, as text: `<` and the limit for a reading below
/// its limit. `None` when there is no such row.
pub(crate) fn value_at(file: &SourceFile, line: u64, field: &str) -> Option<String> {
    let line = i64::try_from(line).ok()?;
    for rows in file.rows.values() {
        let lines = rows.integer("source_line").ok()?;
        let Some(row) = lines.iter().position(|at| *at == Some(line)) else {
            continue;
        };
        let cells: BTreeMap<&str, Cell> = rows
            .columns()
            .map(|(field, column)| (field.name.as_str(), column.cell(row)))
            .collect();
        if field == "value_wt_pct" && cells["below_detection"] == Cell::Boolean(true) {
            return Some(format!("<{}", cells["detection_limit_wt_pct"]));
        }
        return cells.get(field).map(Cell::to_string);
    }
    None
}

/// Whether two texts are the same, or numbers that differ by rounding only.
pub(crate) fn same(a: &str, b: &str) -> bool {
    let number = |text: &str| text.trim_start_matches('<').parse::<f64>().ok();
    match (number(a), number(b)) {
        (Some(x), Some(y)) if a.starts_with('<') == b.starts_with('<') => {
            (x - y).abs() <= 1e-12 * y.abs()
        }
        _ => a == b,
    }
}

/// What one folder holds.
struct Folder {
    expected: Expected,
    profile: Option<String>,
    files: BTreeMap<String, Vec<u8>>,
}

impl Folder {
    fn open(folder: &Path) -> Folder {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().expect("a name").to_string_lossy();
            files.insert(name.into_owned(), fs::read(&path).expect("a file"));
        }
        let expected = files.remove("expected.json").expect("expected.json");
        let expected: Expected = serde_json::from_slice(&expected)
            .unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        assert!(!expected.what.is_empty(), "{}", folder.display());
        let profile = files.remove("profile.toml");
        Folder {
            expected,
            profile: profile.map(|bytes| String::from_utf8(bytes).expect("UTF-8")),
            files,
        }
    }

    fn needs_lake(&self) -> bool {
        let rules = self.expected.findings.iter().map(|told| told.rule.as_str());
        rules.into_iter().any(|rule| OF_THE_LAKE.contains(&rule))
    }
}

/// What is wrong with the reading of one folder; nothing when all is as expected.
fn problems(reader: &Reader, folder: Folder) -> Vec<String> {
    let profile = match folder
        .profile
        .as_deref()
        .map(|text| Profile::from_toml(text, &reader.contracts))
    {
        Some(Err(problems)) => return problems,
        Some(Ok(profile)) => Some(profile),
        None => None,
    };
    let (mut seen, mut found) = (BTreeSet::new(), Vec::new());
    let mut rows = (0, 0);
    let mut read = BTreeMap::new();
    for (path, bytes) in &folder.files {
        let file = reader.read(path, bytes, profile.as_ref());
        if seen.insert(sha256(bytes)) {
            found.extend(file.findings.iter().map(Told::from));
            rows = (rows.0 + file.rows_ok, rows.1 + file.rows_rejected);
        }
        read.insert(path.clone(), file);
    }
    if folder.needs_lake() {
        assert!(profile.is_none(), "only templates go through the binary");
        (found, rows) = ingested(&folder.files);
    }
    found.sort();
    let mut wanted = folder.expected.findings;
    wanted.sort();
    let mut problems = Vec::new();
    if found != wanted {
        problems.push(format!("found {found:#?}\nwanted {wanted:#?}"));
    }
    let wanted = (folder.expected.rows_ok, folder.expected.rows_rejected);
    if rows != wanted {
        problems.push(format!("rows ok and rejected {rows:?}, wanted {wanted:?}"));
    }
    for wanted in folder.expected.values {
        let value = value_at(&read[&wanted.file], wanted.line, &wanted.field);
        if !value
            .as_deref()
            .is_some_and(|value| same(value, &wanted.value))
        {
            problems.push(format!(
                "{}:{}: {} is {value:?}, wanted {:?}",
                wanted.file, wanted.line, wanted.field, wanted.value
            ));
        }
    }
    problems
}

/// Findings and rows of files that went through the binary into a lake.
fn ingested(files: &BTreeMap<String, Vec<u8>>) -> (Vec<Told>, (usize, usize)) {
    let lab = Lab::new();
    for (name, bytes) in files {
        lab.put(&format!("inbox/{name}"), bytes);
    }
    lab.run(&["ingest"]);
    lab.run(&["fit"]);
    let rows = |column: &str| {
        let sum = lab.ask(&format!("SELECT SUM({column}) FROM files"));
        sum.parse().unwrap_or_else(|_| panic!("{column}: {sum}"))
    };
    (
        findings_in_lake(&lab),
        (rows("rows_ok"), rows("rows_rejected")),
    )
}

/// Everything in the table of findings about files; what a fit leaves out is told by heat beside it.
pub(crate) fn findings_in_lake(lab: &Lab) -> Vec<Told> {
    let query = "SELECT file, line, \"column\", field, rule, severity FROM findings WHERE file NOT LIKE 'heat %'";
    let ran = lab.run(&["sql", query, "--format", "csv"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    let mut reader = csv::Reader::from_reader(ran.stdout.as_bytes());
    let mut found: Vec<Told> = reader
        .deserialize()
        .map(|row| row.expect("a finding"))
        .collect();
    found.sort();
    found
}

#[test]
fn every_fault_is_found_where_it_is() {
    let reader = Reader::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures/bad");
    let folders: BTreeSet<_> = fs::read_dir(&root)
        .expect("tests/fixtures/bad")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    assert!(folders.len() >= 80, "{} folders", folders.len());
    let mut failed = Vec::new();
    for folder in &folders {
        let problems = problems(&reader, Folder::open(folder));
        if !problems.is_empty() {
            let name = folder.file_name().unwrap_or_default().to_string_lossy();
            failed.push(format!("{name}:\n{}", problems.join("\n")));
        }
    }
    println!(
        "{} of {} folders as expected",
        folders.len() - failed.len(),
        folders.len()
    );
    assert!(failed.is_empty(), "{}", failed.join("\n\n"));
}
