//! The nightly job: the order of the stages and nothing else.

use crate::commands::{
    FitResult, IngestResult, Moment, OpenLab, QualifyResult, fit, ingest, publish, qualify, report,
};
use crate::console::{Console, Format};
use crate::contract::{Cell, Rows};
use crate::domain::rounding::down_to_step;
use crate::domain::{Grade, Property};
use crate::error::{Error, Exit};
use crate::features;
use crate::qualify::Verdict;
use crate::report::{Change, Standing};

/// What a run did.
#[derive(Debug)]
pub struct Outcome {
    /// How it ended.
    pub exit: Exit,
    /// The verdicts; empty when there was nothing to do.
    pub verdicts: Vec<Verdict>,
    /// How they differ from the run before.
    pub changes: Vec<Change>,
    /// What was ingested.
    pub ingested: IngestResult,
}

/// Runs every stage under the lake's lock: ingest, heats, fit, qualify, report, publish.
///
/// A run that finds nothing new since the last complete one ends after `ingest` with
/// [`Exit::NothingToDo`]. A run that was killed leaves no row in `runs`: the next one does what is left.
///
/// # Errors
/// When an output cannot be written (found before any work), the lock is held, or a stage fails.
pub fn run_lab(lab: &OpenLab, console: &Console, now: Moment) -> Result<Outcome, Error> {
    lab.check_outputs()?;
    let _lock = lab.lake.lock()?;
    let run_id = now.run_id();
    let mut ingested = ingest(lab, console, now, &run_id)?;
    if ingested.files == 0 && !ingested.new_trouble && is_up_to_date(lab)? {
        return Ok(Outcome {
            exit: Exit::NothingToDo,
            verdicts: Vec::new(),
            changes: Vec::new(),
            ingested,
        });
    }
    let heats = features::heats(lab.lake.newest(), &lab.heat_rules, &run_id)?;
    let mut fitted = fit(lab, console, &heats, now, &run_id)?;
    ingested.findings.add(std::mem::take(&mut fitted.findings));
    let judged = qualify(lab, console, &heats, now, &run_id)?;
    if !judged.verdicts.is_empty() {
        report(lab, console)?;
    }
    publish(lab, console, &run_id, &now.rfc3339())?;
    let exit = exit_of(&ingested, &fitted, &judged);
    record(lab, now, &run_id, &ingested, &judged, exit)?;
    console.findings(
        &ingested.findings.first,
        ingested.findings.total,
        "findings.csv of the report and the table `findings`",
    );
    Ok(Outcome {
        exit,
        verdicts: judged.verdicts,
        changes: judged.changes,
        ingested,
    })
}

fn exit_of(ingested: &IngestResult, fitted: &FitResult, judged: &QualifyResult) -> Exit {
    let lost = judged.lost().then_some(Exit::QualificationLost);
    let refused = (!fitted.refused.is_empty()).then_some(Exit::ModelRefused);
    let quarantined = ingested.quarantined().then_some(Exit::RowsQuarantined);
    Exit::worst_of([lost, refused, quarantined].into_iter().flatten())
}

/// Whether the last complete run saw the same data, settings, data files and program, and its report stands.
fn is_up_to_date(lab: &OpenLab) -> Result<bool, Error> {
    let rows = lab.lake.newest().read("runs")?;
    let Some(last) = rows.len().checked_sub(1) else {
        return Ok(false);
    };
    let text = |name: &str| -> Result<String, Error> {
        Ok(rows.text(name)?.get(last).unwrap_or_default().to_owned())
    };
    let same = text("settings_sha256")? == lab.settings.sha256()
        && text("schemas_sha256")? == lab.schemas.sha256()
        && text("version")? == env!("CARGO_PKG_VERSION")
        && text("table_versions")? == source_versions(lab)?;
    Ok(same && lab.settings.report.join("index.html").exists())
}

/// Versions of the tables that come from source files, as JSON.
fn source_versions(lab: &OpenLab) -> Result<String, Error> {
    let mut versions = lab.lake.versions()?;
    versions.retain(|table, _| {
        lab.contracts
            .table(table)
            .is_ok_and(|contract| contract.is_ingested())
    });
    serde_json::to_string(&versions).map_err(|error| Error::Damaged {
        what: "runs".to_owned(),
        message: error.to_string(),
    })
}

fn record(
    lab: &OpenLab,
    now: Moment,
    run_id: &str,
    ingested: &IngestResult,
    judged: &QualifyResult,
    exit: Exit,
) -> Result<(), Error> {
    let mut rows = Rows::new(lab.contracts.table("runs")?);
    rows.push_named(vec![
        ("run_id", Cell::Text(run_id.to_owned())),
        ("version", Cell::Text(env!("CARGO_PKG_VERSION").to_owned())),
        ("started_at", Cell::Datetime(now.micros())),
        ("ended_at", Cell::Datetime(Moment::new(None)?.micros())),
        ("settings_sha256", Cell::Text(lab.settings.sha256())),
        ("schemas_sha256", Cell::Text(lab.schemas.sha256())),
        ("files_new", Cell::count(ingested.files)),
        ("rows_ok", Cell::count(ingested.rows_ok)),
        ("rows_rejected", Cell::count(ingested.rows_rejected)),
        ("findings", Cell::count(ingested.findings.total)),
        ("verdicts", Cell::count(judged.verdicts.len())),
        ("table_versions", Cell::Text(source_versions(lab)?)),
        ("exit_code", Cell::Integer(exit as i64)),
    ])?;
    lab.lake.append(&rows, &[])?;
    Ok(())
}

/// What is known of the truth about a component and a grade, as text.
pub type TruthOf<'a> = &'a dyn Fn(&str, &Grade) -> String;

/// Rows of a table on a terminal: about a screen.
const ROWS_SHOWN: usize = 40;

/// The symbol of a property; elements, indices and kinds of evidence by their own names in words.
fn named(subject: &str) -> String {
    Property::from_column(subject).map_or_else(
        || subject.replace('_', " "),
        |property| property.symbol().to_owned(),
    )
}

/// Says which verdicts changed since the run before and why, worst news first; a screen's worth.
pub fn say_changes(console: &Console, changes: &[Change], claim_step: f64) {
    const SHOWN: usize = 10;
    let standing = |standing: &Option<Standing>| match standing {
        None => "not judged".to_owned(),
        Some(standing) => {
            let status = standing.status.as_str().replace('_', " ");
            match standing.max_scrap_ratio {
                None => status,
                Some(ratio) => {
                    format!("{status} {:.1} %", down_to_step(ratio, claim_step) * 100.0)
                }
            }
        }
    };
    for change in changes.iter().take(SHOWN) {
        console.say(&format!(
            "{}: {} for {}: {}, {} before; {}",
            change.kind.as_str(),
            change.grade,
            change.component,
            standing(&change.after),
            standing(&change.before),
            match change.why.is_empty() {
                true => "no reason found".to_owned(),
                false => change.why.join("; "),
            }
        ));
    }
    if let Some(more) = changes.len().checked_sub(SHOWN).filter(|&more| more > 0) {
        console.say(&format!("… and {more} more changes in the report"));
    }
}

/// Prints the verdicts as one table, of a screen at most; a planted truth gets a column of its own.
///
/// CSV and JSON hold all of them.
pub fn print_verdicts(
    console: &Console,
    verdicts: &[Verdict],
    claim_step: f64,
    truth: Option<TruthOf<'_>>,
) {
    let mut columns = vec!["grade", "component", "status", "max scrap"];
    if truth.is_some() {
        columns.push("truth");
    }
    columns.push("limited by");
    let rows: Vec<Vec<String>> = verdicts
        .iter()
        .map(|verdict| {
            let claim = verdict.max_scrap_ratio.map_or_else(
                || "–".to_owned(),
                |ratio| format!("{:.1} %", down_to_step(ratio, claim_step) * 100.0),
            );
            let mut row = vec![
                verdict.grade.to_string(),
                verdict.component.clone(),
                verdict.status.as_str().to_owned(),
                claim,
            ];
            row.extend(truth.map(|truth| truth(&verdict.component, &verdict.grade)));
            let limiting = verdict.limiting.and_then(|at| verdict.requirements.get(at));
            row.push(limiting.map_or_else(String::new, |requirement| named(&requirement.subject)));
            row
        })
        .collect();
    let shown = if console.format() == Format::Table {
        ROWS_SHOWN
    } else {
        usize::MAX
    };
    console.rows(&columns, &rows[..rows.len().min(shown)], &verdicts);
    if let Some(more) = rows.len().checked_sub(shown).filter(|&more| more > 0) {
        console.say(&format!("… and {more} more verdicts in the report"));
    }
}
