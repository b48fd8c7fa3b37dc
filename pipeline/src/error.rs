//! Every way a command can end, and the one match from error to exit code.

use crate::contract::ContractError;
use crate::features::FeatureError;
use crate::lake::LakeError;
use crate::output::OutputError;
use crate::report::ReportError;
use crate::settings::SettingsError;

/// How a command ended, as the shell sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// Done.
    Done = 0,
    /// A bug, or the system refused something.
    Failed = 1,
    /// The command line or the settings ask for something that cannot be.
    Usage = 2,
    /// Done, but rows were quarantined in `findings`.
    RowsQuarantined = 3,
    /// Nothing to do: nothing new since the last run.
    NothingToDo = 4,
    /// A model was refused.
    ModelRefused = 5,
    /// A grade that qualified before no longer does.
    QualificationLost = 6,
}

impl Exit {
    /// The exit code where several apply: the smallest of 1, 2, then 6, 5, 3; then 4, 0.
    pub fn worst_of(exits: impl IntoIterator<Item = Exit>) -> Exit {
        let rank = |exit: &Exit| match exit {
            Exit::Failed => 0,
            Exit::Usage => 1,
            Exit::QualificationLost => 2,
            Exit::ModelRefused => 3,
            Exit::RowsQuarantined => 4,
            Exit::NothingToDo => 5,
            Exit::Done => 6,
        };
        exits.into_iter().min_by_key(rank).unwrap_or(Exit::Done)
    }
}

/// Everything that stops a command.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The command line asks for something that cannot be.
    #[error("{message}")]
    Usage {
        /// What is wrong.
        message: String,
        /// What to do.
        hint: String,
    },
    /// The settings.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// Data files under `schemas/`: one line per problem.
    #[error("{}", problems.join("\n"))]
    Schemas {
        /// Every problem, naming its file.
        problems: Vec<String>,
    },
    /// A contract.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The lake.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The features.
    #[error(transparent)]
    Features(#[from] FeatureError),
    /// A model was refused and the command exists for nothing else.
    #[error("{message}")]
    Model {
        /// Why.
        message: String,
    },
    /// The report.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// An output.
    #[error(transparent)]
    Output(#[from] OutputError),
    /// A file cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// What the system said.
        source: std::io::Error,
    },
    /// Something that the program itself wrote cannot be understood any more.
    #[error("{what}: {message}")]
    Damaged {
        /// What was read.
        what: String,
        /// What is wrong.
        message: String,
    },
}

impl Error {
    /// The exit code.
    pub fn exit(&self) -> Exit {
        match self {
            Error::Usage { .. } | Error::Settings(_) | Error::Schemas { .. } => Exit::Usage,
            Error::Contract(ContractError::NoTable { .. }) => Exit::Usage,
            Error::Features(FeatureError::Query { query: "query", .. }) => Exit::Usage,
            Error::Output(OutputError::NotOurs { .. }) => Exit::Usage,
            Error::Model { .. } => Exit::ModelRefused,
            Error::Contract(_)
            | Error::Lake(_)
            | Error::Features(_)
            | Error::Report(_)
            | Error::Output(_)
            | Error::Unreadable { .. }
            | Error::Damaged { .. } => Exit::Failed,
        }
    }

    /// What a person can do about it.
    pub fn hints(&self) -> Vec<String> {
        let hint = match self {
            Error::Usage { hint, .. } => hint.as_str(),
            Error::Lake(LakeError::Locked { .. }) => {
                "wait for the other run to end; the lock goes away by itself when its process does"
            }
            Error::Lake(LakeError::Unwritable { .. })
            | Error::Output(OutputError::Unwritable { .. }) => {
                "check the folder's owner and the room on the disk, or set another path in lab.toml"
            }
            Error::Output(OutputError::NotOurs { .. }) => "name an empty or new folder",
            Error::Settings(SettingsError::Unreadable { .. }) => {
                "`regrade init DIR` makes a lab.toml; `--config` names one"
            }
            _ => "",
        };
        if hint.is_empty() {
            Vec::new()
        } else {
            vec![hint.to_owned()]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gravest_outcome_wins() {
        use Exit::{Done, Failed, ModelRefused, NothingToDo, QualificationLost, RowsQuarantined};
        assert_eq!(
            Exit::worst_of([Done, RowsQuarantined, ModelRefused]),
            ModelRefused
        );
        assert_eq!(
            Exit::worst_of([RowsQuarantined, QualificationLost]),
            QualificationLost
        );
        assert_eq!(Exit::worst_of([NothingToDo, Failed]), Failed);
        assert_eq!(Exit::worst_of([]), Done);
    }
}
