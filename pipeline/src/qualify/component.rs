//! A component and its requirements, checked.

use serde::Serialize;

use super::verdict::{Basis, Direction, Kind, LimitStatus};
use super::vocabulary::{Criticality, ElongationType, EvidenceKind, ProductForm};
use crate::domain::{Element, Grade, Property};

/// A car part with its requirements.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Component {
    /// Lower-case letters, digits and hyphens; also part of file names.
    pub id: String,
    /// What people call it.
    pub title: Title,
    /// What can go wrong with it in service.
    pub critical: Vec<Criticality>,
    /// Product forms it can be made from.
    pub product_forms: Vec<ProductForm>,
    /// At least one requirement, in the order of the file.
    pub requirements: Vec<Requirement>,
    /// The file it came from.
    pub file: String,
}

/// The title of a component.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Title {
    /// English.
    pub en: String,
    /// Chinese, where given.
    pub zh: Option<String>,
}

/// One requirement with where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Requirement {
    /// What is demanded.
    pub demand: Demand,
    /// Where the limit comes from.
    pub source: String,
    /// Whether the figure stood in that source.
    pub status: LimitStatus,
}

/// What a requirement demands.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub enum Demand {
    /// A limit on a tensile property.
    Property {
        /// The property.
        property: Property,
        /// The limit, MPa or %.
        limit: Limit,
        /// Lowest and highest test temperature at which the limit applies, °C.
        test_temp_c: [f64; 2],
        /// The elongation type the limit is for; always present for `a_pct`, never otherwise.
        elongation_type: Option<ElongationType>,
    },
    /// A limit on a mass fraction.
    Element {
        /// The element.
        element: Element,
        /// The limit, wt%; its basis is `mean`, `min` or `max`.
        limit: Limit,
    },
    /// A proof that is neither tensile nor chemistry.
    Evidence {
        /// The kind of proof.
        evidence: EvidenceKind,
        /// Whether the grade is only conditional without it.
        mandatory: bool,
        /// What the proof must show, in words; empty when the source does not say.
        criterion: String,
    },
}

/// One side of a range, and how a number is held against it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// The side on which the metal must be; the limit itself is allowed.
    pub direction: Direction,
    /// The limit.
    pub value: f64,
    /// Which number is compared.
    pub basis: Basis,
    /// Decimals to which the number is rounded (half to even, once) first; `None` compares in full.
    pub rounded_to: Option<u32>,
}

impl Component {
    /// Whether it can be made from the grade's product form.
    pub fn fits(&self, grade: &Grade) -> bool {
        self.product_forms
            .iter()
            .any(|form| form.as_str() == grade.product_form)
    }
}

impl Demand {
    /// What kind of requirement it is.
    pub fn kind(&self) -> Kind {
        match self {
            Demand::Property { .. } => Kind::Property,
            Demand::Element { .. } => Kind::Element,
            Demand::Evidence { .. } => Kind::Evidence,
        }
    }

    /// Column of a property, symbol of an element, kind of evidence.
    pub fn subject(&self) -> &str {
        match self {
            Demand::Property { property, .. } => property.column(),
            Demand::Element { element, .. } => element.symbol(),
            Demand::Evidence { evidence, .. } => evidence.as_str(),
        }
    }

    /// The limit, for properties and elements.
    pub fn limit(&self) -> Option<&Limit> {
        match self {
            Demand::Property { limit, .. } | Demand::Element { limit, .. } => Some(limit),
            Demand::Evidence { .. } => None,
        }
    }

    /// Unit of the limit; empty for evidence.
    pub fn unit(&self) -> &'static str {
        match self {
            Demand::Property { property, .. } => property.unit(),
            Demand::Element { .. } => "wt%",
            Demand::Evidence { .. } => "",
        }
    }
}
