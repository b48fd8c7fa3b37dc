//! What "scrap ratio" means: each definition has its own name and column.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A definition of the scrap ratio of a heat, computed from its charge lines.
///
/// With mᵢ the mass of line i and yᵢ its metal yield; see each variant for the formula. All are
/// fractions in \[0, 1\]; all are null for a heat without charge lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScrapDefinition {
    /// All scrap including internal returns / charge.
    ScrapChargeRatio,
    /// (Pre- + post-consumer) / charge; internal returns are excluded from the numerator (ISO 14021).
    Iso14021Ratio,
    /// Post-consumer / charge.
    PostConsumerRatio,
    /// Σ mᵢyᵢ over pre- and post-consumer lines / Σ mᵢyᵢ.
    YieldAdjRatio,
    /// Rₙ = (m_heel Rₙ₋₁ + Σ mᵢyᵢrᵢ) / (m_heel + Σ mᵢyᵢ), heel from the furnace's previous heat.
    HeelAdjRatio,
}

impl ScrapDefinition {
    /// The column of `heats` that holds it, which is also its name in `lab.toml`.
    pub fn column(self) -> &'static str {
        match self {
            ScrapDefinition::ScrapChargeRatio => "scrap_charge_ratio",
            ScrapDefinition::Iso14021Ratio => "iso14021_ratio",
            ScrapDefinition::PostConsumerRatio => "post_consumer_ratio",
            ScrapDefinition::YieldAdjRatio => "yield_adj_ratio",
            ScrapDefinition::HeelAdjRatio => "heel_adj_ratio",
        }
    }
}

impl fmt::Display for ScrapDefinition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.column())
    }
}
