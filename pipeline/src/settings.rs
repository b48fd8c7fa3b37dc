//! `lab.toml`: unchecked (serde) → checked.
//!
//! In: the lab's file and the commented default that the binary carries. Out: [`Settings`] with every
//! value filled in and checked. What can go wrong: a key that does not exist, a value out of its range,
//! a variable of the environment that a path needs; each message names the file and the key.

use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::contract::Schemas;
use crate::domain::{Grade, Property, ScrapDefinition};
use crate::models::composition::CompositionSettings;
use crate::models::rounded::RoundingRule;
use crate::models::stream_effects::StreamSettings;
use crate::qualify::Policy;

mod layers;

use layers::{default_table, expand, laid_over};

/// Why settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// The file cannot be read.
    #[error("{}: cannot be read: {source}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file says something that cannot be.
    #[error("{file}: {problem}")]
    Invalid {
        /// The file.
        file: String,
        /// What is wrong, with the key or the line.
        problem: String,
    },
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Unchecked {
    lab: UncheckedLab,
    paths: UncheckedPaths,
    inbox: Option<Vec<UncheckedInbox>>,
    scrap: UncheckedScrap,
    evidence: UncheckedEvidence,
    bounds: UncheckedBounds,
    claim: UncheckedClaim,
    models: UncheckedModels,
    carbon: UncheckedCarbon,
    report: UncheckedReport,
    #[serde(rename = "override")]
    overrides: Vec<Override>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UncheckedLab {
    name: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UncheckedPaths {
    lake: Option<String>,
    report: Option<String>,
    published: Option<String>,
    schemas: Option<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedInbox {
    folder: String,
    include: Option<Vec<String>>,
    profile: Option<String>,
    lab: Option<String>,
    supplier: Option<String>,
    archive: Option<UncheckedArchive>,
    archive_folder: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum UncheckedArchive {
    Keep,
    Move,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UncheckedScrap {
    ratio: Option<ScrapDefinition>,
    max_unknown_share: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UncheckedEvidence {
    min_heats: Option<usize>,
    min_specimens: Option<usize>,
    min_scrap_ratios: Option<usize>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UncheckedBounds {
    confidence: Option<f64>,
    content_a: Option<f64>,
    content_b: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UncheckedClaim {
    step: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UncheckedCarbon {
    set: Option<String>,
    pre_consumer: Option<f64>,
    melting: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UncheckedReport {
    curves_per_grade: Option<usize>,
}

/// By which factors the carbon footprint of heats is reckoned.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CarbonSettings {
    /// Id of the factor set in `schemas/carbon.toml`.
    pub set: String,
    /// The lab's own factor of pre-consumer scrap in place of the set's, kg CO2e per kg.
    pub pre_consumer: Option<f64>,
    /// The furnace's own energy in place of the set's, kg CO2e per kg of heat.
    pub melting: Option<f64>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct UncheckedModels {
    composition: toml::Table,
    streams: toml::Table,
    elongation_rounding: toml::Table,
}

/// A failed test of a fit's assumptions that a named person has decided to overrule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// Name of the test, as in `fits.diagnostics`.
    pub test: String,
    /// Alloy of the grade; every one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alloy: Option<String>,
    /// Temper of the grade; every one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub temper: Option<String>,
    /// Column of the property; every one when left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub property: Option<String>,
    /// Who decided.
    pub by: String,
    /// Why.
    pub reason: String,
}

impl Override {
    /// Whether it speaks of this test of this fit.
    pub fn applies(&self, test: &str, grade: &Grade, property: Property) -> bool {
        let is = |asked: &Option<String>, there: &str| {
            asked.as_deref().is_none_or(|asked| asked == there)
        };
        self.test == test
            && is(&self.alloy, &grade.alloy)
            && is(&self.temper, &grade.temper)
            && is(&self.property, property.column())
    }
}

/// Where instruments drop their files.
#[derive(Clone, Debug, Serialize)]
pub struct Inbox {
    /// The folder, absolute.
    #[serde(skip)]
    pub folder: PathBuf,
    /// File names to take, with `*` and `?`.
    pub include: Vec<String>,
    /// Id of the profile; `None` to tell it from each file.
    pub profile: Option<String>,
    /// Laboratory to write on rows that name none.
    pub lab: Option<String>,
    /// Supplier to write on rows that name none.
    pub supplier: Option<String>,
    /// Folder to which a file moves once its rows are committed; `None` leaves the inbox as it is.
    #[serde(skip)]
    pub archive: Option<PathBuf>,
}

/// Checked settings.
#[derive(Clone, Debug, Serialize)]
pub struct Settings {
    /// The text of `lab.toml` itself.
    #[serde(skip)]
    pub text: String,
    /// The folder it stands in.
    #[serde(skip)]
    pub folder: PathBuf,
    /// Name of the lab, for the report.
    pub name: String,
    /// Folder of the Delta tables.
    #[serde(skip)]
    pub lake: PathBuf,
    /// Folder of the report.
    #[serde(skip)]
    pub report: PathBuf,
    /// Folder of the published snapshot.
    #[serde(skip)]
    pub published: PathBuf,
    /// Folder of the lab's own data files, when there is one.
    #[serde(skip)]
    pub schemas: Option<PathBuf>,
    /// Inboxes in order.
    pub inboxes: Vec<Inbox>,
    /// The scrap ratio that fits and verdicts use.
    pub scrap_definition: ScrapDefinition,
    /// Largest share of material of unknown origin in a heat that is fitted.
    pub max_unknown_share: f64,
    /// What counts as enough evidence, what the bases mean, and how claims are rounded.
    pub policy: Policy,
    /// How composition is asked which element carries the effect of scrap.
    pub composition: CompositionSettings,
    /// How streams are asked which of them brings an element.
    pub streams: StreamSettings,
    /// When it matters that elongations were rounded.
    pub elongation_rounding: RoundingRule,
    /// Failed tests that somebody overrules.
    pub overrides: Vec<Override>,
    /// Factors of the carbon footprint.
    pub carbon: CarbonSettings,
    /// Specimens of a grade whose curve gets a page in the report.
    pub curves_per_grade: usize,
}

impl Settings {
    /// Reads `lab.toml` at `path`; with `out`, lake, report and snapshot go below that folder instead.
    ///
    /// # Errors
    /// When the file cannot be read or says something that cannot be.
    pub fn load(path: &Path, out: Option<&Path>) -> Result<Settings, SettingsError> {
        let text = std::fs::read_to_string(path).map_err(|source| SettingsError::Unreadable {
            path: path.to_path_buf(),
            source,
        })?;
        let folder = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        Settings::from_text(&path.display().to_string(), &text, folder, out)
    }

    /// Checks the text of a `lab.toml` that stands in `folder`.
    ///
    /// # Errors
    /// When it says something that cannot be.
    pub fn from_text(
        file: &str,
        text: &str,
        folder: &Path,
        out: Option<&Path>,
    ) -> Result<Settings, SettingsError> {
        Settings::from_parts(file, text, (folder, out), (default_table(None)?, true))
    }

    /// The settings of a text on record, with the defaults of back then and, for keys that did not exist yet,
    /// those of now. Its paths may hold variables that are long gone, and are not made use of.
    ///
    /// # Errors
    /// When it says something that cannot be.
    pub fn recalled(
        text: &str,
        folder: &Path,
        schemas: &Schemas,
    ) -> Result<Settings, SettingsError> {
        // Of a lab.toml in the lab's own data folder nothing was ever read.
        let defaults = schemas.layers("lab.toml").first().copied();
        let parts = (default_table(defaults)?, false);
        Settings::from_parts("settings on record", text, (folder, None), parts)
    }

    fn from_parts(
        file: &str,
        text: &str,
        (folder, out): (&Path, Option<&Path>),
        (defaults, expand_paths): (toml::Table, bool),
    ) -> Result<Settings, SettingsError> {
        let invalid = |problem: String| SettingsError::Invalid {
            file: file.to_owned(),
            problem,
        };
        let own: Unchecked = toml::from_str(text)
            .map_err(|error| invalid(error.to_string().trim_end().to_owned()))?;
        let default: Unchecked = defaults
            .try_into()
            .map_err(|error| invalid(format!("defaults: {error}")))?;
        let lacks = |key: &str| invalid(format!("`{key}` has no value and the defaults have none"));
        let path = |own: Option<String>, default: Option<String>, key: &str, base: &Path| {
            let text = own.or(default).ok_or_else(|| lacks(key))?;
            let text = match expand_paths {
                true => expand(&text).map_err(|problem| invalid(format!("`{key}`: {problem}")))?,
                false => text,
            };
            Ok::<PathBuf, SettingsError>(base.join(text))
        };
        let base = out.unwrap_or(folder);
        let schemas = path(
            own.paths.schemas,
            default.paths.schemas,
            "paths.schemas",
            folder,
        )?;
        let mut inboxes = Vec::new();
        let unchecked = own.inbox.or(default.inbox).unwrap_or_default();
        for inbox in unchecked {
            let archive = match inbox.archive.unwrap_or(UncheckedArchive::Keep) {
                UncheckedArchive::Keep => None,
                UncheckedArchive::Move => {
                    let folder_name = inbox.archive_folder.or(Some("archive".to_owned()));
                    Some(path(folder_name, None, "inbox.archive_folder", folder)?)
                }
            };
            inboxes.push(Inbox {
                archive,
                folder: path(Some(inbox.folder), None, "inbox.folder", folder)?,
                include: inbox.include.unwrap_or_else(|| vec!["*".to_owned()]),
                profile: inbox.profile.filter(|profile| profile != "auto"),
                lab: inbox.lab,
                supplier: inbox.supplier,
            });
        }
        let number = |own: Option<f64>, default: Option<f64>, key: &str, low: f64, high: f64| {
            let number = own.or(default).ok_or_else(|| lacks(key))?;
            if number > low && number < high {
                Ok(number)
            } else {
                Err(invalid(format!(
                    "`{key}` = {number} must lie between {low} and {high}"
                )))
            }
        };
        let count = |own: Option<usize>, default: Option<usize>, key: &str| {
            own.or(default).ok_or_else(|| lacks(key))
        };
        let (default_models, own_models) = (default.models, own.models);
        let composition: CompositionSettings = laid_over(
            default_models.composition,
            own_models.composition,
            "models.composition",
        )
        .map_err(invalid)?;
        let streams: StreamSettings =
            laid_over(default_models.streams, own_models.streams, "models.streams")
                .map_err(invalid)?;
        let rounding: RoundingRule = laid_over(
            default_models.elongation_rounding,
            own_models.elongation_rounding,
            "models.elongation_rounding",
        )
        .map_err(invalid)?;
        if !(rounding.step > 0.0 && rounding.matters_from > 0.0) {
            let problem = "`models.elongation_rounding`: step and matters_from must lie above zero";
            return Err(invalid(problem.to_owned()));
        }
        composition
            .check()
            .map_err(|error| invalid(format!("`{error}`")))?;
        let nameless =
            |rule: &&Override| rule.by.trim().is_empty() || rule.reason.trim().is_empty();
        if let Some(rule) = own.overrides.iter().find(nameless) {
            return Err(invalid(format!(
                "`override` of {}: `by` and `reason` must name a person and why",
                rule.test
            )));
        }
        let (bounds, by_default) = (own.bounds, default.bounds);
        let factor = |own: Option<f64>, default: Option<f64>, key: &str| match own.or(default) {
            Some(factor) if !(factor.is_finite() && factor >= 0.0) => Err(invalid(format!(
                "`carbon.{key}` = {factor} must not lie below zero"
            ))),
            factor => Ok(factor),
        };
        let carbon = CarbonSettings {
            set: own
                .carbon
                .set
                .or(default.carbon.set)
                .ok_or_else(|| lacks("carbon.set"))?,
            pre_consumer: factor(
                own.carbon.pre_consumer,
                default.carbon.pre_consumer,
                "pre_consumer",
            )?,
            melting: factor(own.carbon.melting, default.carbon.melting, "melting")?,
        };
        Ok(Settings {
            carbon,
            curves_per_grade: count(
                own.report.curves_per_grade,
                default.report.curves_per_grade,
                "report.curves_per_grade",
            )?,
            text: text.to_owned(),
            folder: folder.to_path_buf(),
            name: own
                .lab
                .name
                .or(default.lab.name)
                .ok_or_else(|| lacks("lab.name"))?,
            lake: path(own.paths.lake, default.paths.lake, "paths.lake", base)?,
            report: path(own.paths.report, default.paths.report, "paths.report", base)?,
            published: path(
                own.paths.published,
                default.paths.published,
                "paths.published",
                base,
            )?,
            schemas: schemas.is_dir().then_some(schemas),
            inboxes,
            scrap_definition: own
                .scrap
                .ratio
                .or(default.scrap.ratio)
                .ok_or_else(|| lacks("scrap.ratio"))?,
            max_unknown_share: number(
                own.scrap.max_unknown_share,
                default.scrap.max_unknown_share,
                "scrap.max_unknown_share",
                -f64::EPSILON,
                1.0,
            )?,
            policy: Policy {
                min_heats: count(
                    own.evidence.min_heats,
                    default.evidence.min_heats,
                    "evidence.min_heats",
                )?,
                min_specimens: count(
                    own.evidence.min_specimens,
                    default.evidence.min_specimens,
                    "evidence.min_specimens",
                )?,
                min_scrap_ratios: count(
                    own.evidence.min_scrap_ratios,
                    default.evidence.min_scrap_ratios,
                    "evidence.min_scrap_ratios",
                )?,
                confidence: number(
                    bounds.confidence,
                    by_default.confidence,
                    "bounds.confidence",
                    0.5,
                    1.0,
                )?,
                content_a: number(
                    bounds.content_a,
                    by_default.content_a,
                    "bounds.content_a",
                    0.5,
                    1.0,
                )?,
                content_b: number(
                    bounds.content_b,
                    by_default.content_b,
                    "bounds.content_b",
                    0.5,
                    1.0,
                )?,
                claim_step: number(own.claim.step, default.claim.step, "claim.step", 0.0, 1.0)?,
            },
            composition,
            streams,
            elongation_rounding: rounding,
            overrides: own.overrides,
        })
    }

    /// SHA-256 over everything that can change a number, paths excluded.
    pub fn sha256(&self) -> String {
        crate::domain::sha256(serde_json::to_string(self).unwrap_or_default().as_bytes())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn load(text: &str) -> Result<Settings, SettingsError> {
        Settings::from_text("lab.toml", text, Path::new("/lab"), None)
    }

    #[test]
    fn an_empty_file_means_the_defaults() {
        let settings = load("").unwrap();
        assert_eq!(settings.scrap_definition, ScrapDefinition::Iso14021Ratio);
        assert_eq!(settings.lake, Path::new("/lab/lake"));
        assert_eq!(settings.inboxes.len(), 1);
        assert_eq!(
            (settings.policy.min_heats, settings.policy.min_specimens),
            (5, 15)
        );
    }

    #[test]
    fn mistakes_are_named_with_their_place() {
        for (text, part) in [
            ("[lab]\nnmae = \"x\"", "line 2"),
            (
                "[bounds]\nconfidence = 95",
                "`bounds.confidence` = 95 must lie between 0.5 and 1",
            ),
            ("[scrap]\nratio = \"scrap\"", "unknown variant `scrap`"),
            (
                "[paths]\nlake = \"${REGRADE_NO_SUCH}/lake\"",
                "no variable REGRADE_NO_SUCH",
            ),
        ] {
            let message = load(text).unwrap_err().to_string();
            assert!(
                message.starts_with("lab.toml: ") && message.contains(part),
                "{message}"
            );
        }
    }

    #[test]
    fn paths_take_variables_with_a_way_out() {
        assert_eq!(
            expand("${REGRADE_NO_SUCH:-../data}/raw").unwrap(),
            "../data/raw"
        );
        assert_eq!(expand("plain").unwrap(), "plain");
        assert!(expand("${open").is_err());
    }

    #[test]
    fn where_things_lie_does_not_change_the_hash() {
        let at = |folder: &str| {
            Settings::from_text("lab.toml", "", Path::new(folder), None)
                .unwrap()
                .sha256()
        };
        assert_eq!(at("/a"), at("/b"));
        assert_ne!(at("/a"), load("[claim]\nstep = 0.01").unwrap().sha256());
    }
}
