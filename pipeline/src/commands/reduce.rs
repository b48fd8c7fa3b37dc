//! `reduce`: stress–strain curves → properties.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

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

/// Prints the properties of every curve; with `plot`, draws each into that folder as `FILE.svg`.
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
    let mut answers = Vec::new();
    for path in files {
        let (shown, name, bytes) = Readers::read_file(path)?;
        let Some(profile) = readers.profile(profile, &name, &bytes)? else {
            return Err(Error::Usage {
                message: format!("{shown}: no profile fits its name and header"),
                hint: "name one with --profile".to_owned(),
            });
        };
        let (curve, file) =
            source::read_curve(readers.reading(), profile, (&shown, &name), &bytes, &known);
        let specimen_id = curve
            .as_ref()
            .and_then(|curve| curve.given.get("specimen_id").cloned());
        let reduction = curve.as_ref().map(|file| {
            let crosshead = file.crosshead();
            curve::reduce_with_crosshead(&file.curve, crosshead.as_ref(), &readers.reduction)
        });
        if let (Some(folder), Some(file), Some(reduction)) = (plot, &curve, &reduction) {
            let specimen = specimen_id.as_deref().unwrap_or(&name);
            draw(folder, &name, specimen, (&file.curve, reduction))?;
        }
        answers.push(Reduced {
            file: shown,
            specimen_id,
            reduction,
            findings: file.findings,
        });
    }
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
