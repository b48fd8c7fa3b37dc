//! Do the statistics hold? Simulated labs with a known truth: how often the bounds keep their
//! promise, and how often a verdict claims more scrap than the truth allows.
//!
//! ```text
//! cargo bench --profile dev --config profile.dev.opt-level=1 --bench coverage -- [--labs 4000] [--seed 1] [--threads N]
//!                                               [--only coverage|strained|claims] [--markdown FILE]
//! ```
//!
//! or `just coverage`. The tables go to standard output as Markdown. Exit code 1 when a row lies
//! outside what is demanded by more than three binomial standard deviations.

mod claims;
mod confidence;
mod labs;
mod options;
mod strained;
mod tables;
mod workers;

use std::env;
use std::io::{self, Write};
use std::process::ExitCode;

use options::{Options, Table};

/// Binomial standard deviations of chance allowed: some 200 shares are compared.
const CHANCE: f64 = 3.0;
/// Points of scrap ratio within which the median claim of 30 heats of 5 must lie.
const NEAR: f64 = 10.0;
/// Share of claims that may be too high.
const FALSE_CLAIMS: f64 = 0.05;

fn main() -> ExitCode {
    let outcome = Options::parse(env::args().skip(1)).and_then(|options| simulate(&options));
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(message) => {
            let _ = writeln!(io::stderr(), "error: {message}");
            ExitCode::from(2)
        }
    }
}

/// Runs what is asked for; true when every row is as wanted.
fn simulate(options: &Options) -> Result<bool, String> {
    let mut texts = Vec::new();
    let mut sound = true;
    let tables = [
        (Table::Coverage, coverage as fn(&Options) -> Outcome),
        (Table::Strained, under_strain),
        (Table::Claims, claims_of_scrap),
    ];
    for (table, run) in tables {
        if options.only.is_none_or(|only| only == table) {
            let (text, as_wanted) = run(options)?;
            texts.push(text);
            sound &= as_wanted;
        }
    }
    let (labs, seed) = (options.labs, options.seed);
    texts.insert(0, format!("`just coverage --labs {labs} --seed {seed}`\n"));
    let text = texts.join("\n");
    io::stdout()
        .write_all(text.as_bytes())
        .map_err(|error| error.to_string())?;
    if let Some(path) = &options.markdown {
        regrade::output::write_file(path, text.as_bytes()).map_err(|error| error.to_string())?;
    }
    Ok(sound)
}

/// A table, and whether every row of it is as wanted.
type Outcome = Result<(String, bool), String>;

fn coverage(options: &Options) -> Outcome {
    let mut rows = Vec::new();
    for cell in confidence::cells() {
        progress(cell.plan.name, cell.share);
        let counts = confidence::run(&cell, options.labs, options.seed, options.threads)
            .map_err(|error| format!("{}: {error}", cell.plan.name))?;
        let failed = !counts.within(0, confidence::WANTED, CHANCE);
        rows.push((cell, counts, failed));
    }
    let sound = rows.iter().all(|(_, _, failed)| !failed);
    let title = "## True confidence of the bounds\n\n";
    let (chosen, chosen_sound) = as_chosen(options)?;
    let text = format!("{title}{}\n{chosen}", tables::coverage(&rows));
    Ok((text, sound && chosen_sound))
}

/// The B bound of the model that leaving whole heats out chooses, where scrap has no effect: a parabola is
/// then chance.
fn as_chosen(options: &Options) -> Outcome {
    let labs = options.labs / 2;
    let mut text = "## The same, of the model that is chosen\n\n\
        | heats | ρ | parabola chosen, % | B at low end, centre, high end, % |\n|---|---|---|---|\n"
        .to_owned();
    let mut sound = true;
    for cell in confidence::cells()
        .iter()
        .filter(|cell| cell.slope.abs() < f64::EPSILON)
    {
        progress(cell.plan.name, cell.share);
        let found = confidence::run_chosen(cell, labs, options.seed, options.threads)
            .map_err(|error| format!("{}: {error}", cell.plan.name))?;
        let share = |count: u32| f64::from(count) / f64::from(found.labs);
        let [low, centre, high] = found.kept.map(share);
        let least = confidence::WANTED[0];
        let margin = CHANCE * confidence::binomial_error(least, labs);
        sound &= low.min(centre).min(high) >= least - margin;
        text.push_str(&format!(
            "| {} | {} | {:.1} | {:.1}, {:.1}, {:.1} |\n",
            cell.plan.name,
            cell.share,
            100.0 * share(found.parabola),
            100.0 * low,
            100.0 * centre,
            100.0 * high
        ));
    }
    Ok((text, sound))
}

fn under_strain(options: &Options) -> Outcome {
    let labs = options.labs / 2;
    let mut rows = Vec::new();
    for (number, plan) in (0..).zip(strained::plans()) {
        progress(plan.name, 0.0);
        let row = strained::run(&plan, number, labs, options.seed, options.threads)
            .map_err(|error| format!("{}: {error}", plan.name))?;
        rows.push(row);
    }
    let as_wanted = |row: &strained::Row| row.sound(CHANCE);
    let title = "## Heats under which the bound strains\n\n";
    let text = format!("{title}{}", tables::strained(&rows, as_wanted));
    Ok((text, rows.iter().all(as_wanted)))
}

fn claims_of_scrap(options: &Options) -> Outcome {
    let labs = options.labs / 2;
    let mut rows = Vec::new();
    for scenario in claims::scenarios() {
        progress(scenario.name, scenario.share);
        let tally = claims::run(&scenario, labs, options.seed, options.threads)
            .map_err(|error| format!("{}: {error}", scenario.name))?;
        let most = FALSE_CLAIMS + CHANCE * confidence::binomial_error(FALSE_CLAIMS, labs);
        let near = tally
            .median_distance(0)
            .is_some_and(|points| points.abs() <= NEAR);
        let failed = tally.false_claims(0) > most || scenario.promises_median() && !near;
        rows.push((scenario, tally, failed));
    }
    let sound = rows.iter().all(|(_, _, failed)| !failed);
    let title = "## Claims of scrap\n\n";
    Ok((format!("{title}{}", tables::claims(&rows)), sound))
}

fn progress(name: &str, share: f64) {
    let _ = writeln!(io::stderr(), "{name}, ρ = {share}");
}
