//! `demo`: a synthetic lab, the whole pipeline on it, and every claim beside the planted truth.

use std::path::Path;

use super::{Moment, OpenLab, synth};
use crate::cli;
use crate::console::{Console, Format};
use crate::error::{Error, Exit};
use crate::run;
use crate::synth::{Truth, TruthStatus};

/// Heats per grade, specimens per heat and seed of the demonstration.
const SIZE: synth::Size = synth::Size {
    heats: 40,
    specimens: 5,
    seed: 1,
};

/// Makes the lab in `folder`, runs it and ends with the report's path.
///
/// # Errors
/// When the folder holds something else, or any stage fails.
pub fn demo(console: &Console, folder: &Path, now: Moment) -> Result<Exit, Error> {
    let stage = console.stage("synth", 0);
    let made = synth::write(folder, SIZE)?;
    stage.done(&format!(
        "{} grades × {} heats × {} specimens in {}",
        made.truth.grades.len(),
        SIZE.heats,
        SIZE.specimens,
        folder.display()
    ));
    let lab = OpenLab::open(&cli::Lab {
        config: folder.join("lab.toml"),
        out: None,
    })?;
    let outcome = run::run_lab(&lab, console, now)?;
    let truth =
        |component: &str, grade: &crate::domain::Grade| truth_of(&made.truth, component, grade);
    run::print_verdicts(
        console,
        &outcome.verdicts,
        lab.settings.policy.claim_step,
        Some(&truth),
    );
    if console.format() == Format::Table {
        console.say("\"truth\" is the planted scrap ratio up to which the share of specimens that a bound promises really exceeds every limit.");
    }
    console.say(&format!(
        "report: {}",
        lab.settings.report.join("index.html").display()
    ));
    // Quarantined rows or a lost grade are news for a lab; a demonstration that ran is done.
    Ok(Exit::Done)
}

fn truth_of(truth: &Truth, component: &str, grade: &crate::domain::Grade) -> String {
    let found = truth
        .components
        .iter()
        .find(|one| one.component == component && one.grade == *grade);
    match found.map(|one| (one.status, one.true_max_scrap_ratio)) {
        None => "–".to_owned(),
        Some((TruthStatus::HoldsEverywhere, _)) => "everywhere".to_owned(),
        Some((TruthStatus::HoldsUpTo, Some(ratio))) => format!("{:.1} %", ratio * 100.0),
        Some(_) => "nowhere".to_owned(),
    }
}
