//! `synth`: the synthetic lab alone, as the files a lab would drop, with its planted truth beside them.

use std::path::Path;

use super::OpenLab;
use crate::console::Console;
use crate::contract::Schemas;
use crate::error::{Error, Exit};
use crate::output;
use crate::qualify::{Basis, Catalogue, Demand, Direction};
use crate::settings::Settings;
use crate::synth::{self, Plan, SyntheticLab, TruthLimit};

/// The file by which a synthetic lab is known.
pub const MARK: &str = "truth.json";

/// How large a synthetic lab is.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// Heats per grade.
    pub heats: usize,
    /// Specimens per heat.
    pub specimens: usize,
    /// Seed of every random number.
    pub seed: u64,
}

/// Writes a synthetic lab into `folder`; with `faults`, a spoilt one and the list of what is wrong in it.
///
/// # Errors
/// When the folder holds something else or cannot be written, or the lab is too small for every fault.
pub fn synth(console: &Console, folder: &Path, size: Size, faults: bool) -> Result<Exit, Error> {
    let lab = generate(folder, size)?;
    if faults {
        let spoilt = synth::plant(&lab, size.seed).map_err(|error| problem(error.to_string()))?;
        let list = serde_json::json!({
            "planted": spoilt.planted,
            "read_right": spoilt.read_right,
        });
        let list = serde_json::to_vec_pretty(&list).map_err(|error| problem(error.to_string()))?;
        write_files(
            folder,
            &spoilt.files,
            vec![("faults.json".to_owned(), list)],
        )?;
        console.say(&format!(
            "wrote {} files with {} planted faults into {}",
            spoilt.files.len(),
            spoilt.planted.len(),
            folder.display()
        ));
    } else {
        write_files(folder, &lab.files, Vec::new())?;
        console.say(&format!(
            "wrote {} files into {}",
            lab.files.len(),
            folder.display()
        ));
    }
    console.say(&format!(
        "next: `regrade run --config {}`",
        folder.join("lab.toml").display()
    ));
    Ok(Exit::Done)
}

/// Makes the lab and replaces `folder` by it: `lab.toml`, `inbox/…`, `truth.json`.
pub(super) fn write(folder: &Path, size: Size) -> Result<SyntheticLab, Error> {
    let lab = generate(folder, size)?;
    write_files(folder, &lab.files, Vec::new())?;
    Ok(lab)
}

fn problem(message: String) -> Error {
    Error::Damaged {
        what: "synthetic lab".to_owned(),
        message,
    }
}

fn generate(folder: &Path, size: Size) -> Result<SyntheticLab, Error> {
    let schemas = Schemas::embedded();
    let plan = Plan::parse(&schemas.file("synth.toml")?.text)
        .map_err(|error| problem(error.to_string()))?;
    let settings = Settings::from_text("lab.toml", &settings_text(), folder, None)?;
    let shipped = OpenLab::with_settings(settings)?;
    let limits = limits(&plan, &shipped.catalogue, &shipped.settings);
    synth::generate(&plan, &limits, size.heats, size.specimens, size.seed)
        .map_err(|error| problem(error.to_string()))
}

fn write_files(
    folder: &Path,
    of_lab: &[(String, Vec<u8>)],
    mut files: Vec<(String, Vec<u8>)>,
) -> Result<(), Error> {
    files.push(("lab.toml".to_owned(), settings_text().into_bytes()));
    for (path, bytes) in of_lab {
        let path = if path == MARK {
            path.clone()
        } else {
            format!("inbox/{path}")
        };
        files.push((path, bytes.clone()));
    }
    let proofs = Schemas::embedded();
    let proofs = proofs.file("synth-evidence.toml")?;
    files.push((
        "inbox/evidence/proofs.csv".to_owned(),
        proofs_csv(&proofs.text)?,
    ));
    output::replace_folder(folder, MARK, &files)?;
    Ok(())
}

fn settings_text() -> String {
    "# A synthetic lab; every setting that is not here has its default.\n[lab]\nname = \"Synthetic lab\"\n".to_owned()
}

/// Every tolerance-bound requirement that the catalogue has for a grade of the plan.
fn limits(plan: &Plan, catalogue: &Catalogue, settings: &Settings) -> Vec<TruthLimit> {
    let mut limits = Vec::new();
    for grade in plan.grades() {
        for component in catalogue
            .components()
            .filter(|component| component.fits(&grade))
        {
            for requirement in &component.requirements {
                let Demand::Property {
                    property, limit, ..
                } = &requirement.demand
                else {
                    continue;
                };
                let content = match limit.basis {
                    Basis::A => settings.policy.content_a,
                    Basis::B => settings.policy.content_b,
                    Basis::Mean | Basis::Min | Basis::Max | Basis::Cpk => continue,
                };
                if limit.direction == Direction::AtLeast {
                    limits.push(TruthLimit {
                        component: component.id.clone(),
                        grade: grade.clone(),
                        property: *property,
                        at_least: limit.value,
                        content,
                    });
                }
            }
        }
    }
    limits
}

/// The planted proofs as a file in the template of `evidence`.
fn proofs_csv(text: &str) -> Result<Vec<u8>, Error> {
    #[derive(serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Proofs {
        proof: Vec<Proof>,
    }
    #[derive(serde::Deserialize, serde::Serialize)]
    #[serde(deny_unknown_fields)]
    struct Proof {
        evidence_id: String,
        component: String,
        alloy: String,
        temper: String,
        product_form: String,
        kind: String,
        #[serde(default)]
        value: Option<f64>,
        #[serde(default)]
        unit: Option<String>,
        outcome: String,
        document: String,
        dated: String,
        valid_until: String,
    }
    let damaged = |message: String| Error::Damaged {
        what: "schemas/synth-evidence.toml".to_owned(),
        message,
    };
    let proofs: Proofs = toml::from_str(text).map_err(|error| damaged(error.to_string()))?;
    let mut writer = csv::Writer::from_writer(Vec::new());
    for proof in proofs.proof {
        writer
            .serialize(proof)
            .map_err(|error| damaged(error.to_string()))?;
    }
    writer
        .into_inner()
        .map_err(|error| damaged(error.to_string()))
}
