//! From the parsed command line to the command, and from its outcome to the exit code.

use crate::cli::{Cli, Command};
use crate::commands::{self, BasisRequest, Moment, OpenLab, RegressRequest, Size};
use crate::console::{Console, Format};
use crate::error::{Error, Exit};
use crate::features;
use crate::models::Side;
use crate::run;

/// Runs the command and reports its error, if any.
pub fn dispatch(cli: &Cli) -> Exit {
    let console = Console::new(cli.format, cli.quiet, cli.no_progress);
    run_command(cli, &console).unwrap_or_else(|error| {
        console.error(&error.to_string(), &error.hints());
        error.exit()
    })
}

fn run_command(cli: &Cli, console: &Console) -> Result<Exit, Error> {
    let now = Moment::new(cli.now.as_deref())?;
    match &cli.command {
        Command::Demo { out } => commands::demo(console, out, now),
        Command::Init { dir } => commands::init(console, dir),
        Command::Run(lab) => {
            let lab = OpenLab::open(lab)?;
            let outcome = run::run_lab(&lab, console, now)?;
            let report = lab.settings.report.join("index.html").display().to_string();
            if outcome.exit == Exit::NothingToDo {
                console.say(&format!(
                    "nothing new since the last run; the report is {report}"
                ));
            } else {
                run::print_verdicts(
                    console,
                    &outcome.verdicts,
                    lab.settings.policy.claim_step,
                    None,
                );
                run::say_changes(console, &outcome.changes, lab.settings.policy.claim_step);
                if outcome.verdicts.is_empty() {
                    console.say("no component of the catalogue takes a product form of this lab, so there are no verdicts and no report");
                } else {
                    console.say(&format!("report: {report}"));
                }
            }
            Ok(outcome.exit)
        }
        Command::Ingest(lab) => {
            let lab = OpenLab::open(lab)?;
            let _lock = lab.lake.lock()?;
            let result = commands::ingest(&lab, console, now, &now.run_id())?;
            if console.format() == Format::Json {
                console.rows(&[], &[], &result);
            }
            console.findings(
                &result.findings.first,
                result.findings.total,
                "the table `findings`",
            );
            Ok(match (result.files, result.quarantined()) {
                // A trouble that was told in an earlier night is no news.
                (0, _) if !result.new_trouble => Exit::NothingToDo,
                (_, true) => Exit::RowsQuarantined,
                (_, false) => Exit::Done,
            })
        }
        Command::Fit(lab) => {
            let lab = OpenLab::open(lab)?;
            let _lock = lab.lake.lock()?;
            let heats = features::heats(lab.lake.newest(), &lab.heat_rules, &now.run_id())?;
            let result = commands::fit(&lab, console, &heats, now, &now.run_id())?;
            let found = &result.findings;
            console.findings(found, found.len(), "the table `findings`");
            for refusal in &result.refused {
                console.say(&format!("refused: {refusal}"));
            }
            Ok(if result.refused.is_empty() {
                Exit::Done
            } else {
                Exit::ModelRefused
            })
        }
        Command::Qualify(lab) => {
            let lab = OpenLab::open(lab)?;
            let _lock = lab.lake.lock()?;
            let heats = features::heats(lab.lake.newest(), &lab.heat_rules, &now.run_id())?;
            // Verdicts follow from the data they name, so that fits of older data do not do.
            commands::fit(&lab, console, &heats, now, &now.run_id())?;
            let result = commands::qualify(&lab, console, &heats, now, &now.run_id())?;
            run::print_verdicts(
                console,
                &result.verdicts,
                lab.settings.policy.claim_step,
                None,
            );
            run::say_changes(console, &result.changes, lab.settings.policy.claim_step);
            Ok(if result.lost() {
                Exit::QualificationLost
            } else {
                Exit::Done
            })
        }
        Command::Report(lab) => {
            let lab = OpenLab::open(lab)?;
            let _lock = lab.lake.lock()?;
            commands::report(&lab, console)?;
            console.say(&format!(
                "report: {}",
                lab.settings.report.join("index.html").display()
            ));
            Ok(Exit::Done)
        }
        Command::Verify { report, lab } => commands::verify(console, lab, report.as_deref()),
        Command::Publish(lab) => {
            let lab = OpenLab::open(lab)?;
            commands::publish(&lab, console, &now.run_id(), &now.rfc3339())?;
            Ok(Exit::Done)
        }
        Command::Check {
            files,
            profile: _,
            config,
            suggest: true,
        } => commands::suggest(console, files, config.as_deref()),
        Command::Check {
            files,
            profile,
            config,
            suggest: false,
        } => commands::check(console, files, profile.as_deref(), config.as_deref()),
        Command::Reduce {
            files,
            profile,
            area,
            gauge,
            plot,
            config,
        } => commands::reduce(
            console,
            files,
            profile.as_deref(),
            (*area, *gauge),
            plot.as_deref(),
            config.as_deref(),
        ),
        Command::Regress {
            file,
            y,
            x,
            degree,
            no_intercept,
            group,
            lab,
        } => {
            let request = RegressRequest {
                file,
                y,
                x,
                degree: *degree,
                intercept: !no_intercept,
                group: group.as_deref(),
            };
            commands::regress(console, lab, &request)
        }
        Command::Basis {
            file,
            y,
            x,
            degree,
            at,
            group,
            by,
            method,
            side,
            lower_limit,
            upper_limit,
            content,
            confidence,
            lab,
        } => {
            let request = BasisRequest {
                file,
                y,
                x: x.as_deref(),
                degree: *degree,
                at,
                group: group.as_deref(),
                by,
                method,
                side: if side == "upper" {
                    Side::Upper
                } else {
                    Side::Lower
                },
                limits: (*lower_limit, *upper_limit),
                content: *content,
                confidence: *confidence,
            };
            commands::basis(console, lab, &request)
        }
        Command::Sql {
            query,
            as_of,
            all_revisions,
            lab,
        } => commands::sql(console, lab, query, as_of.as_deref(), *all_revisions),
        Command::Describe { table } => commands::describe(console, table.as_deref()),
        Command::Template { table, out } => commands::template(console, table, out),
        Command::Catalogue { id, config } => {
            commands::catalogue(console, id.as_deref(), config.as_deref())
        }
        Command::History(lab) => commands::history(console, lab),
        Command::Synth {
            out,
            heats,
            specimens,
            seed,
            faults,
        } => {
            let size = Size {
                heats: *heats,
                specimens: *specimens,
                seed: *seed,
            };
            commands::synth(console, out, size, *faults)
        }
    }
}
