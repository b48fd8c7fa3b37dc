//! What a verdict is judged on: one grade's fits, heats and proofs inside one test-temperature class.

use std::collections::BTreeMap;

use serde::Serialize;

use super::conditions::Conditions;
use super::verdict::{LimitingElement, Overruled};
use super::vocabulary::{EvidenceKind, Index};
use crate::domain::{Element, Grade, Property, ScrapDefinition};
use crate::models::carbon_line::CarbonLine;
use crate::models::{HeatFit, Side};

/// Everything known about a grade inside one test-temperature class.
///
/// Generic over the fit so that the rules of judging can be tested with a bound planted by hand.
#[derive(Clone, Debug, PartialEq)]
pub struct GradeData<F = HeatFit> {
    /// The grade.
    pub grade: Grade,
    /// What the scrap ratios below mean; `None` for a grade without charge records, which is judged as
    /// tested and gets no scrap claim.
    pub scrap_definition: Option<ScrapDefinition>,
    /// Lowest and highest test temperature of the specimens, °C.
    pub test_temp_c: (f64, f64),
    /// Specimens of the grade in the class.
    pub specimens: usize,
    /// One per heat, in any order.
    pub heats: Vec<HeatData>,
    /// Per property with at least one specimen: all of its specimens first, then one entry per set of
    /// conditions that a component asks for.
    pub properties: BTreeMap<Property, Vec<PropertyData<F>>>,
    /// Proofs for this alloy, temper and product form.
    pub evidence: Vec<EvidenceData>,
    /// Carbon footprint over the scrap ratio; `None` when there are no factors or no charge records.
    pub carbon: Option<CarbonLine>,
    /// Mean density of the heats, kg/m³.
    pub density_kg_m3: Option<f64>,
}

/// One heat of the grade.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatData {
    /// The heat.
    pub heat_id: String,
    /// Its scrap ratio by the grade's definition, a fraction; `None` without charge lines.
    pub scrap_ratio: Option<f64>,
    /// Mean mass fraction of each element measured, wt%. An element that is not here was not measured.
    pub composition: BTreeMap<Element, f64>,
    /// Mean over its specimens of each property, on the measured scale.
    pub means: BTreeMap<Property, f64>,
    /// Each metallurgical index inside its range of validity.
    pub indices: BTreeMap<Index, f64>,
}

/// One property of the grade, of all specimens or of those under some conditions.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertyData<F = HeatFit> {
    /// The conditions the specimens were chosen by; none for all of them.
    pub conditions: Conditions,
    /// The fit on the property's modelling scale, or in words why none was made.
    pub fit: Result<F, String>,
    /// The one elongation type of the specimens (`a_pct` only); `None` when unknown or mixed.
    pub elongation_type: Option<String>,
    /// Specimens with a value.
    pub specimens: usize,
    /// Heats among them.
    pub heats: usize,
    /// Distinct origins of the specimens, sorted; `None` among them when some do not state one.
    pub origins: Vec<Option<String>>,
    /// Lowest and highest thickness, mm; `None` when one specimen does not state it.
    pub thickness_mm: Option<[f64; 2]>,
    /// Mean of each heat over the specimens inside `conditions`, measured scale, for the bases min and
    /// max; not used where the conditions are none, for which [`HeatData::means`] counts.
    pub heat_means: BTreeMap<String, f64>,
    /// Names of failed tests of assumptions that nobody overruled.
    pub failed_checks: Vec<String>,
    /// Failed tests that somebody did overrule.
    pub overruled: Vec<Overruled>,
    /// SHA-256 of the ids of the specimens.
    pub row_ids_sha256: Option<String>,
    /// All elements of the composition model by which scrap acts on the property, by rank.
    pub carriers: Vec<LimitingElement>,
    /// Ids of flagged specimens, and the fit without them; `None` when none is flagged.
    pub without_outliers: Option<(Vec<String>, Result<F, String>)>,
}

/// One proof that is neither tensile nor chemistry.
#[derive(Clone, Debug, PartialEq)]
pub struct EvidenceData {
    /// Its id, named in reasons.
    pub evidence_id: String,
    /// What kind of proof it is.
    pub kind: EvidenceKind,
    /// The component it was made for; `None` counts for every component.
    pub component: Option<String>,
    /// Whether it was passed.
    pub passed: bool,
    /// Day of the proof, `YYYY-MM-DD`; where several count, the newest decides.
    pub dated: Option<String>,
    /// Last day on which a passed proof counts, `YYYY-MM-DD`; `None` for no end.
    pub valid_until: Option<String>,
    /// The number it gave, if any.
    pub value: Option<f64>,
    /// Unit of that number.
    pub unit: Option<String>,
}

/// Minimum evidence and the meaning of the bases, from the settings.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Policy {
    /// Heats needed for a verdict.
    pub min_heats: usize,
    /// Specimens needed for a verdict on a property.
    pub min_specimens: usize,
    /// Distinct scrap ratios needed for a scrap claim.
    pub min_scrap_ratios: usize,
    /// Confidence of the tolerance bounds, in (0, 1).
    pub confidence: f64,
    /// Share of specimens basis `A` speaks of, in (0, 1).
    pub content_a: f64,
    /// Share of specimens basis `B` speaks of, in (0, 1).
    pub content_b: f64,
    /// Step to which a claim is rounded down in words, a fraction; the verdict itself is not rounded.
    pub claim_step: f64,
}

/// What judging asks of a fit; every number is on the property's modelling scale.
pub trait Fitted {
    /// The fitted mean at scrap ratio `x`.
    fn estimate(&self, x: f64) -> f64;

    /// The value that at least `content` of specimens exceed, with `confidence`.
    ///
    /// # Errors
    ///
    /// In words, when the bound does not exist at `x`.
    fn lower_bound(&self, x: f64, content: f64, confidence: f64) -> Result<f64, String>;

    /// The value that at least `content` of specimens stay below, with `confidence`.
    ///
    /// # Errors
    ///
    /// In words, when the bound does not exist at `x`.
    fn upper_bound(&self, x: f64, content: f64, confidence: f64) -> Result<f64, String>;

    /// √(σ_b² + σ_e²), the scatter of a single specimen of a random heat.
    fn sigma(&self) -> f64;

    /// Heats in all, like those observed, with which the expected bound at `x` on this side would meet
    /// `limit`; `None` when no practical number would.
    fn heats_for(
        &self,
        x: f64,
        side: Side,
        content: f64,
        confidence: f64,
        limit: f64,
    ) -> Option<usize>;

    /// Lowest and highest observed scrap ratio.
    fn x_range(&self) -> (f64, f64);

    /// Specimens behind the fit.
    fn n(&self) -> usize;

    /// Heats behind the fit.
    fn heats(&self) -> usize;

    /// Name of the model.
    fn model(&self) -> String;
}

impl Fitted for HeatFit {
    fn estimate(&self, x: f64) -> f64 {
        HeatFit::estimate(self, x)
    }

    fn lower_bound(&self, x: f64, content: f64, confidence: f64) -> Result<f64, String> {
        HeatFit::lower_bound(self, x, content, confidence)
            .map(|bound| bound.bound)
            .map_err(|error| error.to_string())
    }

    fn upper_bound(&self, x: f64, content: f64, confidence: f64) -> Result<f64, String> {
        HeatFit::upper_bound(self, x, content, confidence)
            .map(|bound| bound.bound)
            .map_err(|error| error.to_string())
    }

    fn sigma(&self) -> f64 {
        self.sigma
    }

    fn heats_for(
        &self,
        x: f64,
        side: Side,
        content: f64,
        confidence: f64,
        limit: f64,
    ) -> Option<usize> {
        HeatFit::heats_for(self, x, side, content, confidence, limit)
            .ok()
            .flatten()
    }

    fn x_range(&self) -> (f64, f64) {
        HeatFit::x_range(self)
    }

    fn n(&self) -> usize {
        self.n
    }

    fn heats(&self) -> usize {
        self.heats
    }

    fn model(&self) -> String {
        self.model.to_string()
    }
}
