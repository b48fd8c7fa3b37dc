//! A lab with everything opened and checked, before any long work begins.

use chrono::{DateTime, SecondsFormat, Utc};

use crate::cli;
use crate::contract::{Contracts, Schemas};
use crate::curve::ReductionSettings;
use crate::error::Error;
use crate::features::HeatRules;
use crate::lake::Lake;
use crate::output;
use crate::qualify::Catalogue;
use crate::settings::Settings;
use crate::source::{Profiles, Reading};

use super::catalogue_of::catalogue_of;
use super::heat_rules_of::heat_rules_of;

/// The present moment, taken once: everything a run writes carries the same one.
#[derive(Clone, Copy, Debug)]
pub struct Moment(DateTime<Utc>);

impl Moment {
    /// The moment given on the command line, or the clock's.
    ///
    /// # Errors
    /// When `given` is not RFC 3339.
    pub fn new(given: Option<&str>) -> Result<Moment, Error> {
        let Some(given) = given else {
            return Ok(Moment(Utc::now()));
        };
        DateTime::parse_from_rfc3339(given)
            .map(|moment| Moment(moment.to_utc()))
            .map_err(|_| Error::Usage {
                message: format!("--now: \"{given}\" is not a moment"),
                hint: "write it as 2026-03-05T21:40:00Z".to_owned(),
            })
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub fn micros(self) -> i64 {
        self.0.timestamp_micros()
    }

    /// As RFC 3339 in UTC, to the second.
    pub fn rfc3339(self) -> String {
        self.0.to_rfc3339_opts(SecondsFormat::Secs, true)
    }

    /// The day, as `2026-03-05`.
    pub fn day(self) -> String {
        self.0.format("%Y-%m-%d").to_string()
    }

    /// An id for the run that begins now: sorts by time.
    pub fn run_id(self) -> String {
        self.0.format("%Y%m%dT%H%M%S%3fZ").to_string()
    }
}

/// A lab with its settings, data files and lake.
#[derive(Debug)]
pub struct OpenLab {
    /// Its settings.
    pub settings: Settings,
    /// Every data file that counts.
    pub schemas: Schemas,
    /// The contracts.
    pub contracts: Contracts,
    /// The profiles.
    pub profiles: Profiles,
    /// Grades and components.
    pub catalogue: Catalogue,
    /// How curves are reduced.
    pub reduction: ReductionSettings,
    /// Streams, carbon factors and densities.
    pub heat_rules: HeatRules,
    /// The lake.
    pub lake: Lake,
}

impl OpenLab {
    /// Reads settings and data files, and opens the lake for reading.
    ///
    /// # Errors
    /// Every problem of a data file at once; or the settings' first.
    pub fn open(lab: &cli::Lab) -> Result<OpenLab, Error> {
        OpenLab::with_settings(Settings::load(&lab.config, lab.out.as_deref())?)
    }

    /// As [`OpenLab::open`], with settings at hand.
    ///
    /// # Errors
    /// Every problem of a data file at once.
    pub fn with_settings(settings: Settings) -> Result<OpenLab, Error> {
        let mut schemas = Schemas::embedded();
        if let Some(folder) = &settings.schemas {
            schemas = schemas.with_folder(folder)?;
        }
        let contracts = Contracts::load(&schemas)?;
        let lab = OpenLab::assemble(settings, schemas, contracts)?;
        for inbox in &lab.settings.inboxes {
            if let Some(id) = inbox
                .profile
                .as_deref()
                .filter(|id| lab.profiles.get(id).is_none())
            {
                return Err(no_profile(id, &lab.profiles));
            }
        }
        Ok(lab)
    }

    /// A lab on the same lake that goes by other settings and data files; the contracts stay.
    ///
    /// # Errors
    /// Every problem of a data file at once.
    pub(super) fn believing(&self, settings: Settings, schemas: Schemas) -> Result<OpenLab, Error> {
        let settings = Settings {
            lake: self.settings.lake.clone(),
            ..settings
        };
        OpenLab::assemble(settings, schemas, self.contracts.clone())
    }

    fn assemble(
        settings: Settings,
        schemas: Schemas,
        contracts: Contracts,
    ) -> Result<OpenLab, Error> {
        let mut problems = Vec::new();
        let profiles = Profiles::load(&schemas, &contracts).map_err(|found| problems.extend(found));
        let catalogue = catalogue_of(&schemas).map_err(|found| problems.extend(found));
        let reduction = reduction_of(&schemas).map_err(|found| problems.push(found));
        let heat_rules = heat_rules_of(&schemas, &settings).map_err(|found| problems.extend(found));
        let (Ok(profiles), Ok(catalogue), Ok(reduction), Ok(heat_rules)) =
            (profiles, catalogue, reduction, heat_rules)
        else {
            return Err(Error::Schemas { problems });
        };
        let lake = Lake::open(&settings.lake, contracts.clone())?;
        Ok(OpenLab {
            settings,
            schemas,
            contracts,
            profiles,
            catalogue,
            reduction,
            heat_rules,
            lake,
        })
    }

    /// What the reading of a source file rests on.
    pub fn reading(&self) -> Reading<'_> {
        Reading {
            contracts: &self.contracts,
            reduction: &self.reduction,
        }
    }

    /// Proves that report and snapshot can be written, before the long work.
    ///
    /// # Errors
    /// When one of them cannot.
    pub fn check_outputs(&self) -> Result<(), Error> {
        output::check_replaceable(&self.settings.report, super::report::MARK)?;
        output::check_replaceable(&self.settings.published, super::publish::MARK)?;
        Ok(())
    }
}

/// The error for a profile that is not there.
pub(super) fn no_profile(id: &str, profiles: &Profiles) -> Error {
    Error::Usage {
        message: format!("there is no profile `{id}`"),
        hint: format!(
            "the profiles are: {}",
            profiles.ids().collect::<Vec<_>>().join(", ")
        ),
    }
}

pub(super) fn reduction_of(schemas: &Schemas) -> Result<ReductionSettings, String> {
    let file = schemas
        .file("reduction.toml")
        .map_err(|error| error.to_string())?;
    toml::from_str(&file.text)
        .map_err(|error| format!("{}: {}", file.origin, error.to_string().trim_end()))
}
