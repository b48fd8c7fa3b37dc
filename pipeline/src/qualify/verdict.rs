//! The shape of a verdict: what the report, the lake and `verdicts.json` carry.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::vocabulary::{ElongationType, SpecimenOrigin};
use crate::domain::{Grade, ScrapDefinition};

/// The five answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Status {
    /// Every requirement met over the whole observed scrap window; mandatory evidence valid.
    Qualified,
    /// Met up to `max_scrap_ratio`.
    QualifiedUpTo,
    /// Tensile and chemistry screen passed, mandatory evidence missing or expired.
    Conditional,
    /// At least one requirement fails at the lowest observed scrap ratio, so no window starts there, or
    /// mandatory evidence was failed.
    NotQualified,
    /// Too few heats, specimens or scrap ratios to say.
    InsufficientData,
}

/// How one requirement came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Met at the verdict's scrap ratio.
    Pass,
    /// Not met at the low end of the observed scrap ratios (and mostly nowhere), or a failed proof.
    Fail,
    /// Nothing measured or no valid proof; never counted as a pass.
    Missing,
}

/// What a requirement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A tensile property.
    Property,
    /// A mass fraction.
    Element,
    /// A metallurgical index of the heats.
    Index,
    /// A proof that is not tensile or chemistry.
    Evidence,
}

/// Whether somebody checked a limit against its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LimitStatus {
    /// The figure stood in the named source.
    Verified,
    /// The figure is from memory or second hand.
    Unverified,
}

/// On which side of the limit the metal must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// A lower limit.
    AtLeast,
    /// An upper limit.
    AtMost,
}

/// Which number is compared with the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Basis {
    /// Tolerance bound: 99 % of specimens, 95 % confidence.
    A,
    /// Tolerance bound: 90 % of specimens, 95 % confidence.
    B,
    /// The fitted mean.
    #[serde(rename = "mean")]
    Mean,
    /// The lowest single heat.
    #[serde(rename = "min")]
    Min,
    /// The highest single heat.
    #[serde(rename = "max")]
    Max,
    /// Lower confidence bound of the capability, one-sided.
    ///
    /// Cpk = (mean − limit)/(3σ) for a lower limit, (limit − mean)/(3σ) for an upper one, with
    /// σ = √(σ_b² + σ_e²): it speaks of a single specimen of a random heat, not of a heat's mean. That
    /// Cpk ≥ c is to say that a share Φ(3c) of specimens keeps to the limit, so with the policy's
    /// confidence Cpk ≥ c exactly when the tolerance bound of content Φ(3c) keeps to it. The number
    /// compared is the largest such c, between −5 and about 2.7 (beyond, Φ(3c) is 1 in double
    /// precision). Everything is taken on the property's modelling scale. The estimate beside it
    /// remains the property's; the point Cpk of estimate and σ is in the reason.
    Cpk,
}

/// Full and rounded comparison of one number with its limit.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// Whether the number as computed is on the good side.
    pub full: bool,
    /// Whether the rounded number is; `None` where the limit is compared in full and names no digits.
    pub rounded: Option<bool>,
    /// The number rounded half to even, once, to the digits of the limit.
    pub rounded_number: Option<f64>,
}

/// A failed check of a fit that a named person declared harmless.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Overruled {
    /// Name of the test of assumptions.
    pub test: String,
    /// Who overruled it.
    pub by: String,
    /// Why.
    pub reason: String,
}

/// How many more heats like those observed would help.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MoreHeats {
    /// Heats beside those there are.
    pub heats: usize,
    /// Specimens of each of them.
    pub specimens_per_heat: usize,
    /// What they would do, in one sentence that begins with their number.
    ///
    /// Heats that bring the expected bound to the limit decide with about an even chance.
    pub for_what: String,
}

/// An element by which scrap acts on a property or, of the requirement that limits, the one that pushes
/// hardest towards its limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LimitingElement {
    /// Its symbol.
    pub element: String,
    /// Unit of the effect: `MPa` or `%` of a property, `wt%` of the element itself.
    pub unit: String,
    /// Column of the property on which the effect is; `None` when the element itself limits.
    pub property: Option<String>,
    /// Change per +10 % scrap, in `unit`.
    pub per_10pct_scrap: f64,
    /// Lower end of its 95 % interval; `None` where none could be given.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// The carbon footprint of the metal at the verdict's scrap ratio.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct VerdictCarbon {
    /// The scrap ratio, a fraction.
    pub at_scrap_ratio: f64,
    /// kg CO₂e per kg of heat there.
    pub kg_co2e_per_kg: f64,
    /// kg CO₂e per kg of all-primary metal.
    pub primary_kg_co2e_per_kg: f64,
    /// The difference; negative when the metal is worse than primary.
    pub saving_kg_co2e_per_kg: f64,
    /// Id of the carbon factors behind the figures.
    pub factor_set: String,
}

/// Rp0.2 over density.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct SpecificStrength {
    /// Fitted Rp0.2 at the verdict's scrap ratio, MPa.
    pub rp02_mpa: f64,
    /// Mean density of the heats, kg/m³.
    pub density_kg_m3: f64,
    /// Their quotient, kN·m/kg.
    pub kn_m_per_kg: f64,
}

/// The verdict had the flagged specimens not been there; they stay in the verdict that counts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WithoutOutliers {
    /// Flagged specimens left out, sorted.
    pub specimens: Vec<String>,
    /// The status without them.
    pub status: Status,
    /// The end of the qualified window without them, as computed.
    pub max_scrap_ratio: Option<f64>,
    /// Whether the status, or the scrap ratio as claimed (rounded down to the claim step), is another.
    pub differs: bool,
}

/// How one requirement came out, with everything needed to see why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequirementOutcome {
    /// What it is about.
    pub kind: Kind,
    /// Column of a property (`rp02_mpa`) or index (`sludge_factor`), symbol of an element (`Cu`), kind
    /// of evidence (`leak`).
    pub subject: String,
    /// Side of the limit; null for evidence without a number.
    pub direction: Option<Direction>,
    /// The limit, in `unit`; null for evidence without a number.
    pub limit: Option<f64>,
    /// Unit of limit, estimate, bound and margin; with basis Cpk, bound and margin have none.
    pub unit: String,
    /// Which number is compared; null for evidence.
    pub basis: Option<Basis>,
    /// Decimals to which the number is rounded (half to even, once) before it is compared; null compares in full.
    pub rounded_to: Option<u32>,
    /// The fitted value at `at_scrap_ratio`.
    pub estimate: Option<f64>,
    /// The number compared with the limit, at `at_scrap_ratio`; for basis Cpk the lower confidence bound
    /// of the Cpk, for evidence the value of the newest proof in the unit of the limit.
    pub bound: Option<f64>,
    /// Distance of `bound` from `limit` (of a Cpk from `cpk_at_least`), positive on the good side.
    pub margin: Option<f64>,
    /// The scrap ratio at which estimate, bound and margin are given; null without charge records.
    pub at_scrap_ratio: Option<f64>,
    /// Where this requirement alone would end the window; null when it fails everywhere or has no window.
    pub max_scrap_ratio: Option<f64>,
    /// How it came out.
    pub outcome: Outcome,
    /// Specimens (or heats, for chemistry) behind it.
    pub n: usize,
    /// Heats behind it.
    pub heats: usize,
    /// Name of the model, for properties: `mean` or `linear`.
    pub model: Option<String>,
    /// Where the limit comes from.
    pub source: String,
    /// Whether the limit was checked against its source.
    pub limit_status: LimitStatus,
    /// Why it came out so, in one sentence.
    pub reason: String,
    /// The Cpk that must be reached, for basis Cpk.
    #[serde(default)]
    pub cpk_at_least: Option<f64>,
    /// Where the test pieces must come from.
    #[serde(default)]
    pub specimen_origin: Option<SpecimenOrigin>,
    /// Lowest and highest thickness of the test pieces, mm.
    #[serde(default)]
    pub thickness_mm: Option<[f64; 2]>,
    /// The elongation type the limit is for.
    #[serde(default)]
    pub elongation_type: Option<ElongationType>,
    /// The number compared in full and rounded; null where nothing was compared.
    #[serde(default)]
    pub comparison: Option<Comparison>,
    /// Names of the fit's failed tests of assumptions that nobody overruled.
    #[serde(default)]
    pub failed_checks: Vec<String>,
    /// Failed tests that somebody did overrule.
    #[serde(default)]
    pub overruled: Vec<Overruled>,
    /// SHA-256 of the ids of the specimens behind the fit.
    #[serde(default)]
    pub row_ids_sha256: Option<String>,
    /// What is missing for an answer, where more heats would give one.
    #[serde(default)]
    pub more_heats: Option<MoreHeats>,
}

/// Component × grade, with the reasons.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Id of the component.
    pub component: String,
    /// The grade.
    #[serde(flatten)]
    pub grade: Grade,
    /// The answer.
    pub status: Status,
    /// Upper end of the qualified window, a fraction, as computed; null without a scrap claim.
    pub max_scrap_ratio: Option<f64>,
    /// Lower end of the window, where that lies above the lowest observed ratio because a number needed was
    /// not observed below; null where the window starts at the lowest.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub judged_from: Option<f64>,
    /// Which definition of scrap ratio; null when the grade has no charge records.
    pub scrap_definition: Option<ScrapDefinition>,
    /// Lowest and highest observed scrap ratio.
    pub observed_scrap_ratio: Option<[f64; 2]>,
    /// Position in `requirements` of the one that limits: fails, or has the least relative margin.
    pub limiting: Option<usize>,
    /// Specimens of the grade inside the conditions.
    pub specimens: usize,
    /// Heats of the grade inside the conditions.
    pub heats: usize,
    /// Distinct scrap ratios among them.
    pub scrap_ratios: usize,
    /// Every requirement of the component.
    pub requirements: Vec<RequirementOutcome>,
    /// Why, most important first.
    pub reasons: Vec<String>,
    /// True when any limit used is unverified.
    pub rests_on_unverified_limit: bool,
    /// The element behind the requirement that limits, where one is known.
    #[serde(default)]
    pub limiting_element: Option<LimitingElement>,
    /// The carbon footprint at the end of the window; null without a scrap claim.
    #[serde(default)]
    pub carbon: Option<VerdictCarbon>,
    /// Rp0.2 over density at the end of the window, or as tested; null without a passing verdict.
    #[serde(default)]
    pub specific_strength: Option<SpecificStrength>,
    /// The verdict without flagged specimens; null when none is flagged in a fit it rests on.
    #[serde(default)]
    pub without_outliers: Option<WithoutOutliers>,
    /// Mandatory evidence that is missing or expired, in words: `leak: no proof on record`.
    #[serde(default)]
    pub missing_evidence: Vec<String>,
    /// The most that any requirement is missing; null when something fails that no number of heats mends.
    #[serde(default)]
    pub more_heats: Option<MoreHeats>,
}

impl Status {
    /// The word of `verdicts.json` and the `verdicts` table.
    pub fn as_str(self) -> &'static str {
        match self {
            Status::Qualified => "qualified",
            Status::QualifiedUpTo => "qualified_up_to",
            Status::Conditional => "conditional",
            Status::NotQualified => "not_qualified",
            Status::InsufficientData => "insufficient_data",
        }
    }
}

impl fmt::Display for Status {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Outcome {
    /// The word of `verdicts.json` and the `verdicts` table.
    pub fn as_str(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Missing => "missing",
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Kind {
    /// The word of `verdicts.json` and the key of a catalogue entry.
    pub fn as_str(self) -> &'static str {
        match self {
            Kind::Property => "property",
            Kind::Element => "element",
            Kind::Index => "index",
            Kind::Evidence => "evidence",
        }
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl LimitStatus {
    /// Every status, in the order of messages.
    pub const ALL: [LimitStatus; 2] = [LimitStatus::Verified, LimitStatus::Unverified];

    /// The word of the catalogue and of `verdicts.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            LimitStatus::Verified => "verified",
            LimitStatus::Unverified => "unverified",
        }
    }
}

impl fmt::Display for LimitStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Direction {
    /// The key of the catalogue and the word of `verdicts.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Direction::AtLeast => "at_least",
            Direction::AtMost => "at_most",
        }
    }
}

impl fmt::Display for Direction {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Basis {
    /// Every basis, in the order of messages.
    pub const ALL: [Basis; 6] = [
        Basis::A,
        Basis::B,
        Basis::Mean,
        Basis::Min,
        Basis::Max,
        Basis::Cpk,
    ];

    /// The word of the catalogue and of `verdicts.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Basis::A => "A",
            Basis::B => "B",
            Basis::Mean => "mean",
            Basis::Min => "min",
            Basis::Max => "max",
            Basis::Cpk => "Cpk",
        }
    }
}

impl fmt::Display for Basis {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    /// A word that differs between `as_str` and serde would split the lake from `verdicts.json`.
    #[test]
    fn words_are_those_of_serde() {
        fn same<T: Serialize + fmt::Display>(words: &[T]) {
            for word in words {
                assert_eq!(serde_json::to_value(word).unwrap(), word.to_string());
            }
        }
        same(&[
            Status::Qualified,
            Status::QualifiedUpTo,
            Status::Conditional,
            Status::NotQualified,
            Status::InsufficientData,
        ]);
        same(&[Outcome::Pass, Outcome::Fail, Outcome::Missing]);
        same(&[Kind::Property, Kind::Element, Kind::Index, Kind::Evidence]);
        same(&LimitStatus::ALL);
        same(&[Direction::AtLeast, Direction::AtMost]);
        same(&Basis::ALL);
    }
}
