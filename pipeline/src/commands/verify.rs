//! `verify`: computes every verdict of a report again, from the lake as it was, and compares.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use chrono::DateTime;
use serde::Serialize;
use serde_json::Value;

use super::manifest::{self, LakeFiles, MANIFEST, Manifest};
use super::{OpenLab, fit, past, qualify, report, rulebook};
use crate::cli;
use crate::console::Console;
use crate::domain::sha256;
use crate::error::{Error, Exit};
use crate::features;
use crate::qualify::Verdict;
use crate::report::VerdictsFile;

/// One thing that was proven, or where it first differs.
#[derive(Debug, Serialize)]
struct Check {
    what: &'static str,
    holds: bool,
    detail: String,
}

/// Proves that a report is what was written, rests on the lake files it was made from, and that its
/// verdicts follow from them by the settings and data files of back then.
///
/// Ends with [`Exit::Failed`] when anything differs; every check names its first difference.
///
/// # Errors
/// When the folder holds no report of this program or the lake cannot be opened.
pub fn verify(console: &Console, lab: &cli::Lab, folder: Option<&Path>) -> Result<Exit, Error> {
    let lab = OpenLab::open(lab)?;
    let folder = folder.map_or_else(|| lab.settings.report.clone(), Path::to_path_buf);
    let stage = console.stage("verify", 0);
    let (manifest, manifest_bytes) = read_manifest(&folder)?;
    let mut checks = vec![
        check("report files", report_files(&folder, &manifest), |n| {
            format!("{n} files are as they were written")
        }),
        check("manifest", on_record(&lab, &manifest_bytes), |()| {
            format!("on record in the lake, of run {}", manifest.run_id)
        }),
        check("lake files", lake_files(&lab, &manifest), |n| {
            format!("{n} Parquet files are as they were when the report was made")
        }),
    ];
    checks.push(check("verdicts", verdicts(&lab, &folder, &manifest), |n| {
        format!("{n} verdicts computed again, equal to the last digit")
    }));
    let failed = checks.iter().filter(|check| !check.holds).count();
    stage.done(&match failed {
        0 => format!("{}: proven", folder.display()),
        _ => format!(
            "{}: {failed} of {} checks fail",
            folder.display(),
            checks.len()
        ),
    });
    if manifest.program_version != env!("CARGO_PKG_VERSION") {
        console.say(&format!(
            "the report was made by version {}, this is {}",
            manifest.program_version,
            env!("CARGO_PKG_VERSION")
        ));
    }
    let rows: Vec<Vec<String>> = checks
        .iter()
        .map(|check| {
            let outcome = if check.holds { "equal" } else { "differs" };
            vec![
                check.what.to_owned(),
                outcome.to_owned(),
                check.detail.clone(),
            ]
        })
        .collect();
    console.rows(&["check", "outcome", "detail"], &rows, &checks);
    Ok(if failed == 0 {
        Exit::Done
    } else {
        Exit::Failed
    })
}

fn check<T>(what: &'static str, found: Result<T, String>, told: impl FnOnce(T) -> String) -> Check {
    let holds = found.is_ok();
    Check {
        what,
        holds,
        detail: found.map_or_else(|difference| difference, told),
    }
}

fn read_manifest(folder: &Path) -> Result<(Manifest, Vec<u8>), Error> {
    let path = folder.join(MANIFEST);
    let bytes = fs::read(&path).map_err(|error| Error::Usage {
        message: format!("{}: cannot be read: {error}", path.display()),
        hint: "name the folder of a report that `regrade run` or `regrade report` has written"
            .to_owned(),
    })?;
    let manifest = serde_json::from_slice(&bytes).map_err(|error| Error::Damaged {
        what: path.display().to_string(),
        message: error.to_string(),
    })?;
    Ok((manifest, bytes))
}

/// Whether the folder holds exactly the files of the manifest, each with its hash.
fn report_files(folder: &Path, manifest: &Manifest) -> Result<usize, String> {
    for (path, hash) in &manifest.report_files {
        same_file(&folder.join(path), path, hash)?;
    }
    let known = |path: &String| manifest.report_files.contains_key(path) || path == MANIFEST;
    match files_below(folder)?.into_iter().find(|path| !known(path)) {
        Some(path) => Err(format!("{path}: is not part of the report")),
        None => Ok(manifest.report_files.len()),
    }
}

fn same_file(path: &Path, shown: &str, hash: &str) -> Result<(), String> {
    let found =
        manifest::hash_of(path).map_err(|error| format!("{shown}: cannot be read: {error}"))?;
    if found == *hash {
        Ok(())
    } else {
        Err(format!("{shown}: SHA-256 is {found}, and was {hash}"))
    }
}

/// Paths of all files below a folder, relative to it, with `/`.
fn files_below(folder: &Path) -> Result<BTreeSet<String>, String> {
    let mut files = BTreeSet::new();
    let mut pending: Vec<PathBuf> = vec![folder.to_path_buf()];
    while let Some(directory) = pending.pop() {
        let shown = || directory.display().to_string();
        let entries = fs::read_dir(&directory).map_err(|error| format!("{}: {error}", shown()))?;
        for entry in entries {
            let path = entry
                .map_err(|error| format!("{}: {error}", shown()))?
                .path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let inside = path.strip_prefix(folder).unwrap_or(&path);
                files.insert(inside.to_string_lossy().replace('\\', "/"));
            }
        }
    }
    Ok(files)
}

/// Whether a manifest is on record.
fn on_record(lab: &OpenLab, bytes: &[u8]) -> Result<(), String> {
    let hash = sha256(bytes);
    match manifest::is_on_record(lab, &hash) {
        Ok(true) => Ok(()),
        Ok(false) => Err(format!(
            "{MANIFEST}: no report with SHA-256 {hash} is on record in this lake"
        )),
        Err(error) => Err(error.to_string()),
    }
}

/// Whether the files of the versions have the hashes on record, and these give the figures of the manifest.
fn lake_files(lab: &OpenLab, manifest: &Manifest) -> Result<usize, String> {
    let there = manifest::files_of(lab, &manifest.table_versions);
    let there = there.map_err(|error| error.to_string())?;
    let known = manifest::recorded(lab).map_err(|error| error.to_string())?;
    let mut files = LakeFiles::new();
    for file in there {
        let Some(hash) = known.get(&file) else {
            return Err(format!("{file}: is on record with no report"));
        };
        same_file(&lab.lake.root().join(&file), &file, hash)?;
        files.insert(file, hash.clone());
    }
    let digests = manifest::digests(&files);
    let mut tables = manifest.lake_sha256.keys().chain(digests.keys());
    match tables.find(|&table| digests.get(table) != manifest.lake_sha256.get(table)) {
        Some(table) => Err(format!(
            "{table}: its files on record are not those the report was made from"
        )),
        None => Ok(files.len()),
    }
}

/// Whether the verdicts of the report are those on record, and come out again.
fn verdicts(lab: &OpenLab, folder: &Path, manifest: &Manifest) -> Result<usize, String> {
    let path = folder.join(report::MARK);
    let shown = path.display();
    let bytes = fs::read(&path).map_err(|error| format!("{shown}: cannot be read: {error}"))?;
    let reported: VerdictsFile =
        serde_json::from_slice(&bytes).map_err(|error| format!("{shown}: {error}"))?;
    let recorded = past::run(lab, &manifest.run_id)
        .map_err(|error| error.to_string())?
        .ok_or_else(|| format!("run {} is not on record in the lake", manifest.run_id))?;
    same_verdicts(&reported.verdicts, &recorded.verdicts, "on record")?;
    let again = judged_again(lab, manifest)?;
    same_verdicts(&reported.verdicts, &again, "computed again")?;
    Ok(again.len())
}

/// The verdicts of a manifest's lake versions, by its settings and data files.
fn judged_again(lab: &OpenLab, manifest: &Manifest) -> Result<Vec<Verdict>, String> {
    let back_then = rulebook::recall(lab, &manifest.settings_sha256, &manifest.schemas_sha256)?;
    let told = |error: &dyn std::fmt::Display| error.to_string();
    let judged_at = DateTime::parse_from_rfc3339(&manifest.judged_at)
        .map_err(|error| format!("{MANIFEST}: judged_at: {error}"))?;
    let today = judged_at.to_utc().format("%Y-%m-%d").to_string();
    let lake = back_then.lake.at(&manifest.table_versions);
    let run_id = &manifest.run_id;
    let heats =
        features::heats(lake, &back_then.heat_rules, run_id).map_err(|error| told(&error))?;
    let fits = fit::fits_of(&back_then, None, &heats, run_id).map_err(|error| told(&error))?;
    qualify::verdicts_of(&back_then, lake, &heats, &fits.stored, &today)
        .map_err(|error| told(&error))
}

/// Whether two sets of verdicts are equal; else their first difference in words.
fn same_verdicts(reported: &[Verdict], others: &[Verdict], of: &str) -> Result<(), String> {
    let by_key = |verdicts: &[Verdict]| -> Result<BTreeMap<String, Value>, String> {
        let entry = |verdict: &Verdict| {
            let value = serde_json::to_value(verdict).map_err(|error| error.to_string())?;
            Ok((format!("{} × {}", verdict.component, verdict.grade), value))
        };
        verdicts.iter().map(entry).collect()
    };
    if reported.len() != others.len() {
        return Err(format!(
            "{} verdicts in the report, {} {of}",
            reported.len(),
            others.len()
        ));
    }
    let (reported, others) = (by_key(reported)?, by_key(others)?);
    for (key, verdict) in &reported {
        let Some(other) = others.get(key) else {
            return Err(format!("{key}: there is no such verdict {of}"));
        };
        if let Some(difference) = first_difference("", verdict, other) {
            return Err(format!("{key}: {difference} {of}"));
        }
    }
    match others.keys().find(|key| !reported.contains_key(*key)) {
        Some(key) => Err(format!("{key}: is {of}, and not in the report")),
        None => Ok(()),
    }
}

/// Where two JSON values first differ: `requirements[0].bound is 231.2 in the report, 231.3`.
fn first_difference(place: &str, reported: &Value, other: &Value) -> Option<String> {
    let inside = |key: &str| {
        if place.is_empty() {
            key.to_owned()
        } else {
            format!("{place}.{key}")
        }
    };
    match (reported, other) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            keys.into_iter().find_map(|key| {
                let of = |object: &serde_json::Map<String, Value>| {
                    object.get(key).cloned().unwrap_or(Value::Null)
                };
                first_difference(&inside(key), &of(a), &of(b))
            })
        }
        (Value::Array(a), Value::Array(b)) if a.len() == b.len() => {
            let mut pairs = a.iter().zip(b).enumerate();
            pairs.find_map(|(at, (a, b))| first_difference(&format!("{place}[{at}]"), a, b))
        }
        _ if reported == other => None,
        _ => Some(format!("{place} is {reported} in the report, {other}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn the_first_difference_is_named_by_its_place() {
        let a = json!({"status": "qualified", "requirements": [{"bound": 231.2}, {"bound": 1}]});
        let mut b = a.clone();
        assert_eq!(first_difference("", &a, &b), None);
        b["requirements"][1]["bound"] = json!(2);
        assert_eq!(
            first_difference("", &a, &b).as_deref(),
            Some("requirements[1].bound is 1 in the report, 2")
        );
        b["requirements"] = json!([]);
        let told = first_difference("", &a, &b).unwrap_or_default();
        assert!(told.starts_with("requirements is ["), "{told}");
        assert!(
            first_difference("", &json!({"a": 1}), &json!({})).is_some(),
            "a key that is gone differs"
        );
    }
}
