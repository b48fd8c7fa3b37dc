//! `reduce`: stress–strain curves → properties.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use serde::Serialize;

use super::check::Readers;
use crate::console::Console;
use crate::curve::{self, Curve, Reduction};
use crate::domain::{Finding, Severity};
use crate::error::{Error, Exit};
use crate::output;
use crate::report::{CurvePicture, curve_svg};
use crate::source;

/// One curve's answer, with the keys that other programs rely on.
#[derive(Serialize)]
struct Reduced {
    file: String,
    specimen_id: Option<String>,
    #[serde(flatten)]
    reduction: Option<Reduction>,
    findings: Vec<Finding>,
}

/// Prints the properties of every curve, in the order of the files; with `plot`, draws each into that folder as
/// `FILE.svg`. The files are read on all cores, and no more of them than that are in memory at once.
///
/// # Errors
/// When a file cannot be read at all, no profile fits it, or the folder cannot be written.
pub fn reduce(
    console: &Console,
    files: &[PathBuf],
    profile: Option<&str>,
    (area, gauge): (Option<f64>, Option<f64>),
    plot: Option<&Path>,
    config: Option<&Path>,
) -> Result<Exit, Error> {
    let readers = Readers::open(config)?;
    let mut known = BTreeMap::new();
    for (field, number) in [("area_mm2", area), ("gauge_length_mm", gauge)] {
        if let Some(number) = number {
            known.insert(field.to_owned(), number.to_string());
        }
    }
    // Files of one name in several folders are drawn under one name: the last one stands.
    let last_of: BTreeMap<Option<&OsStr>, usize> = files
        .iter()
        .enumerate()
        .map(|(at, path)| (path.file_name(), at))
        .collect();
    let answers = in_order(files.len(), |at| {
        let path = &files[at];
        let plot = plot.filter(|_| last_of.get(&path.file_name()) == Some(&at));
        reduce_file(&readers, path, profile, &known, plot)
    })?;
    let rows: Vec<Vec<String>> = answers.iter().map(row).collect();
    let columns = [
        "file",
        "Rm MPa",
        "Rp0.2 MPa",
        "Rp1.0 MPa",
        "ReH MPa",
        "ReL MPa",
        "slope GPa",
        "A %",
        "At %",
        "Ag %",
        "Agt %",
        "points",
        "flags",
    ];
    console.rows(&columns, &rows, &answers);
    let findings: Vec<Finding> = answers
        .iter()
        .flat_map(|answer| answer.findings.clone())
        .collect();
    console.findings(&findings, findings.len(), "the JSON of --format json");
    let bad = findings
        .iter()
        .any(|finding| finding.severity == Severity::Error);
    Ok(if bad {
        Exit::RowsQuarantined
    } else {
        Exit::Done
    })
}

/// Reads and reduces one file; its points are gone when this returns.
fn reduce_file(
    readers: &Readers,
    path: &Path,
    profile: Option<&str>,
    known: &BTreeMap<String, String>,
    plot: Option<&Path>,
) -> Result<Reduced, Error> {
    let (shown, name, bytes) = Readers::read_file(path)?;
    let Some(profile) = readers.profile(profile, &name, &bytes)? else {
        return Err(Error::Usage {
            message: format!("{shown}: no profile fits its name and header"),
            hint: "name one with --profile".to_owned(),
        });
    };
    let (curve, file) =
        source::read_curve(readers.reading(), profile, (&shown, &name), &bytes, known);
    let specimen_id = curve
        .as_ref()
        .and_then(|curve| curve.given.get("specimen_id").cloned());
    let mut reduction = curve.as_ref().map(|file| {
        let crosshead = file.crosshead();
        curve::reduce_with_crosshead(&file.curve, crosshead.as_ref(), &readers.reduction)
    });
    if let (Some(folder), Some(file), Some(reduction)) = (plot, &curve, &reduction) {
        let specimen = specimen_id.as_deref().unwrap_or(&name);
        draw(folder, &name, specimen, (&file.curve, reduction))?;
    }
    if let Some(reduction) = &mut reduction {
        // Only the picture needs these points.
        reduction.carried_on = Vec::new();
    }
    Ok(Reduced {
        file: shown,
        specimen_id,
        reduction,
        findings: file.findings,
    })
}

/// What `work` gives for 0, 1, 2, … up to `count`, worked out on all cores and put in order.
///
/// # Errors
/// The first one in that order, whichever thread met its own first; nothing new is begun after one.
fn in_order<T: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, Error> + Sync,
) -> Result<Vec<T>, Error> {
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    // Numbers are handed out in order: whatever comes before a failure has been begun, and is finished.
    let (next, failed) = (AtomicUsize::new(0), AtomicBool::new(false));
    let run = || {
        let mut done = Vec::new();
        while !failed.load(Ordering::Relaxed) {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                break;
            }
            let result = work(at);
            failed.fetch_or(result.is_err(), Ordering::Relaxed);
            done.push((at, result));
        }
        done
    };
    let mut done = std::thread::scope(|scope| {
        let running: Vec<_> = (1..threads.min(count)).map(|_| scope.spawn(run)).collect();
        let mut done = run();
        for thread in running {
            done.extend(
                thread
                    .join()
                    .unwrap_or_else(|panic| std::panic::resume_unwind(panic)),
            );
        }
        done
    });
    done.sort_unstable_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

/// Draws one curve as `NAME.svg` in `folder`; a curve without two points is not drawn.
fn draw(
    folder: &Path,
    name: &str,
    specimen: &str,
    (curve, reduction): (&Curve, &Reduction),
) -> Result<(), Error> {
    let picture = CurvePicture {
        id: "curve",
        specimen,
        curve,
        reduction,
    };
    if let Some(svg) = curve_svg(&picture)? {
        output::write_file(&folder.join(format!("{name}.svg")), svg.as_bytes())?;
    }
    Ok(())
}

fn row(answer: &Reduced) -> Vec<String> {
    let mut row = vec![answer.file.clone()];
    let Some(reduction) = &answer.reduction else {
        return row;
    };
    let decimals = |number: Option<f64>, digits: usize| {
        number.map_or_else(|| "–".to_owned(), |number| format!("{number:.digits$}"))
    };
    row.extend([
        decimals(reduction.rm_mpa, 1),
        decimals(reduction.rp02_mpa, 1),
        decimals(reduction.rp10_mpa, 1),
        decimals(reduction.reh_mpa, 1),
        decimals(reduction.rel_mpa, 1),
        decimals(reduction.slope_gpa, 1),
        decimals(reduction.a_pct, 1),
        decimals(reduction.at_pct, 1),
        decimals(reduction.ag_pct, 1),
        decimals(reduction.agt_pct, 1),
        reduction.points.to_string(),
        reduction
            .flags
            .iter()
            .map(|flag| flag.as_str())
            .collect::<Vec<_>>()
            .join(" "),
    ]);
    row
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_and_the_first_failure_counts() {
        let squares = in_order(1000, |at| Ok(at * at));
        assert_eq!(
            squares.ok(),
            Some((0..1000).map(|at| at * at).collect::<Vec<_>>())
        );
        assert_eq!(in_order(0, Ok).ok(), Some(Vec::new()));
        let usage = |at: usize| Error::Usage {
            message: at.to_string(),
            hint: String::new(),
        };
        for _ in 0..20 {
            let failed = in_order(1000, |at| {
                if at == 17 {
                    // The later failures are met long before this one.
                    std::thread::sleep(std::time::Duration::from_millis(2));
                }
                if at >= 17 { Err(usage(at)) } else { Ok(at) }
            });
            assert!(
                matches!(&failed, Err(Error::Usage { message, .. }) if message == "17"),
                "{failed:?}"
            );
        }
    }
}
