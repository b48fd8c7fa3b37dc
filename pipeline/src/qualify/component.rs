//! A component and its requirements, checked.

use serde::Serialize;

use super::verdict::{Basis, Direction, Kind, LimitStatus};
use super::vocabulary::{
    Criticality, ElongationType, EvidenceKind, Index, ProductForm, SpecimenOrigin,
};
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
        /// Where the test pieces must come from; `None` takes any, as long as all are of one origin.
        specimen_origin: Option<SpecimenOrigin>,
        /// Lowest and highest thickness of the test pieces, mm; `None` takes any.
        thickness_mm: Option<[f64; 2]>,
    },
    /// A limit on a mass fraction.
    Element {
        /// The element.
        element: Element,
        /// The limit, wt%; its basis is `mean`, `min` or `max`.
        limit: Limit,
    },
    /// A limit on a metallurgical index of the heats.
    Index {
        /// The index.
        index: Index,
        /// The limit, in the unit of the index; its basis is `mean`, `min` or `max`.
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
        /// The number the proof must reach, if any.
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<EvidenceLimit>,
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
    /// Decimals the limit names; both comparisons are then given, and `rounded_to` says which decides.
    pub digits: Option<u32>,
    /// The Cpk that must be reached; always present for basis Cpk, never otherwise.
    pub cpk_at_least: Option<f64>,
}

/// A limit on the number of a proof.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EvidenceLimit {
    /// The side on which the number must be; the limit itself is allowed.
    pub direction: Direction,
    /// The limit.
    pub value: f64,
    /// Its unit; a proof in another unit is not compared, but one unit may be spelt in several ways.
    pub unit: String,
    /// Decimals to which the number is rounded (half to even, once) first; `None` compares in full.
    pub rounded_to: Option<u32>,
    /// Decimals the limit names, as for [`Limit`].
    pub digits: Option<u32>,
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
            Demand::Index { .. } => Kind::Index,
            Demand::Evidence { .. } => Kind::Evidence,
        }
    }

    /// Column of a property or index, symbol of an element, kind of evidence.
    pub fn subject(&self) -> &str {
        match self {
            Demand::Property { property, .. } => property.column(),
            Demand::Element { element, .. } => element.symbol(),
            Demand::Index { index, .. } => index.as_str(),
            Demand::Evidence { evidence, .. } => evidence.as_str(),
        }
    }

    /// The limit, for properties, elements and indices.
    pub fn limit(&self) -> Option<&Limit> {
        match self {
            Demand::Property { limit, .. }
            | Demand::Element { limit, .. }
            | Demand::Index { limit, .. } => Some(limit),
            Demand::Evidence { .. } => None,
        }
    }

    /// Unit of the limit; empty for a ratio and for evidence without a number.
    pub fn unit(&self) -> &str {
        match self {
            Demand::Property { property, .. } => property.unit(),
            Demand::Element { .. } => "wt%",
            Demand::Index { index, .. } => index.unit(),
            Demand::Evidence { limit, .. } => limit.as_ref().map_or("", |limit| &limit.unit),
        }
    }

    /// Whether a verdict rests on it: everything but evidence that is not mandatory.
    pub fn is_mandatory(&self) -> bool {
        !matches!(
            self,
            Demand::Evidence {
                mandatory: false,
                ..
            }
        )
    }
}
