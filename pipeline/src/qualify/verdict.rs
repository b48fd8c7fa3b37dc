//! The shape of a verdict: what the report, the lake and `verdicts.json` carry.

use std::fmt;

use serde::{Deserialize, Serialize};

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
}

/// How one requirement came out, with everything needed to see why.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RequirementOutcome {
    /// What it is about.
    pub kind: Kind,
    /// Column of a property (`rp02_mpa`), symbol of an element (`Cu`), kind of evidence (`leak`).
    pub subject: String,
    /// Side of the limit; null for evidence.
    pub direction: Option<Direction>,
    /// The limit, in `unit`; null for evidence.
    pub limit: Option<f64>,
    /// Unit of limit, estimate, bound and margin.
    pub unit: String,
    /// Which number is compared; null for evidence.
    pub basis: Option<Basis>,
    /// Decimals to which the number is rounded (half to even, once) before it is compared; null compares in full.
    pub rounded_to: Option<u32>,
    /// The fitted value at `at_scrap_ratio`.
    pub estimate: Option<f64>,
    /// The number compared with the limit, at `at_scrap_ratio`.
    pub bound: Option<f64>,
    /// Distance of `bound` from `limit`, positive on the good side.
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
    pub const ALL: [Basis; 5] = [Basis::A, Basis::B, Basis::Mean, Basis::Min, Basis::Max];

    /// The word of the catalogue and of `verdicts.json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Basis::A => "A",
            Basis::B => "B",
            Basis::Mean => "mean",
            Basis::Min => "min",
            Basis::Max => "max",
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
        same(&[Kind::Property, Kind::Element, Kind::Evidence]);
        same(&LimitStatus::ALL);
        same(&[Direction::AtLeast, Direction::AtMost]);
        same(&Basis::ALL);
    }
}
