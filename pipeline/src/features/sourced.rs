//! A fact of the data files with where it comes from.

use serde::Serialize;

/// Whether a fact stood in the source it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum FactStatus {
    /// It stood in the named source.
    Verified,
    /// It is from memory or second hand.
    Unverified,
}

impl FactStatus {
    /// Both, in the order of messages.
    pub(super) const ALL: [FactStatus; 2] = [FactStatus::Verified, FactStatus::Unverified];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            FactStatus::Verified => "verified",
            FactStatus::Unverified => "unverified",
        }
    }
}

/// A fact, where it comes from, and whether it stood there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sourced<T> {
    /// The fact.
    pub value: T,
    /// Where it comes from, in words.
    pub source: String,
    /// Whether it stood there.
    pub status: FactStatus,
}
