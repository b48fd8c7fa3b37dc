//! Which side of the scatter a bound guards.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Which side of the scatter a bound guards.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// The content lies above the bound: strengths and elongations.
    #[default]
    Lower,
    /// The content lies below the bound: iron, copper, sludge factor, scatter.
    Upper,
}

impl Side {
    /// The name in JSON and on the command line.
    pub fn as_str(self) -> &'static str {
        match self {
            Side::Lower => "lower",
            Side::Upper => "upper",
        }
    }

    /// `centre` less or plus `distance`.
    pub fn away(self, centre: f64, distance: f64) -> f64 {
        match self {
            Side::Lower => centre - distance,
            Side::Upper => centre + distance,
        }
    }

    /// How far `bound` lies outwards of `centre`; negative when it lies inwards.
    pub fn distance(self, centre: f64, bound: f64) -> f64 {
        match self {
            Side::Lower => centre - bound,
            Side::Upper => bound - centre,
        }
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
