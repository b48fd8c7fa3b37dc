//! The mechanical properties that fits and requirements speak of.

use serde::{Deserialize, Serialize};

/// One mechanical property of a specimen, named as ISO 6892-1 names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Property {
    /// Tensile strength Rm, MPa.
    #[serde(rename = "rm_mpa")]
    Rm,
    /// Proof strength, plastic extension 0.2 %, Rp0.2, MPa.
    #[serde(rename = "rp02_mpa")]
    Rp02,
    /// Elongation after fracture A, %.
    #[serde(rename = "a_pct")]
    A,
}

/// The scale on which a property is modelled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scale {
    /// As measured.
    Identity,
    /// Natural logarithm: positive and skewed properties.
    Log,
}

impl Property {
    /// Every property, in the order of reports.
    pub const ALL: [Property; 3] = [Property::Rm, Property::Rp02, Property::A];

    /// The column of `tensile_tests` that holds it.
    pub fn column(self) -> &'static str {
        match self {
            Property::Rm => "rm_mpa",
            Property::Rp02 => "rp02_mpa",
            Property::A => "a_pct",
        }
    }

    /// The symbol of ISO 6892-1.
    pub fn symbol(self) -> &'static str {
        match self {
            Property::Rm => "Rm",
            Property::Rp02 => "Rp0.2",
            Property::A => "A",
        }
    }

    /// The unit it is stored in.
    pub fn unit(self) -> &'static str {
        match self {
            Property::Rm | Property::Rp02 => "MPa",
            Property::A => "%",
        }
    }

    /// The scale it is modelled on: elongation is positive and skewed, so its logarithm.
    pub fn scale(self) -> Scale {
        match self {
            Property::Rm | Property::Rp02 => Scale::Identity,
            Property::A => Scale::Log,
        }
    }

    /// The property stored in `column`, if it is one of these.
    pub fn from_column(column: &str) -> Option<Property> {
        Property::ALL.into_iter().find(|p| p.column() == column)
    }
}

impl Scale {
    /// Onto the modelling scale.
    pub fn forward(self, measured: f64) -> f64 {
        match self {
            Scale::Identity => measured,
            Scale::Log => measured.ln(),
        }
    }

    /// Back to the measured scale; quantiles and bounds keep their meaning, means become medians.
    pub fn back(self, modelled: f64) -> f64 {
        match self {
            Scale::Identity => modelled,
            Scale::Log => modelled.exp(),
        }
    }
}
