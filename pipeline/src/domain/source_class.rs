//! Where a charged material comes from, which decides the scrap ratios and the carbon factor.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The class of a charge line; the words are those of the column `charge_lines.source_class`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SourceClass {
    /// Primary ingot.
    Primary,
    /// Silicon, magnesium, master alloys and the like.
    Alloying,
    /// Scrap of the same process, which ISO 14021 does not count.
    InternalReturn,
    /// Scrap of another process, before any consumer had it.
    PreConsumer,
    /// Scrap that a consumer has had.
    PostConsumer,
    /// Metal left in the furnace by the heat before; no part of the charge.
    Heel,
    /// Not stated.
    Unknown,
}

impl SourceClass {
    /// Every class, in the order of the contract.
    pub const ALL: [SourceClass; 7] = [
        SourceClass::Primary,
        SourceClass::Alloying,
        SourceClass::InternalReturn,
        SourceClass::PreConsumer,
        SourceClass::PostConsumer,
        SourceClass::Heel,
        SourceClass::Unknown,
    ];

    /// The word in the column.
    pub fn as_str(self) -> &'static str {
        match self {
            SourceClass::Primary => "primary",
            SourceClass::Alloying => "alloying",
            SourceClass::InternalReturn => "internal_return",
            SourceClass::PreConsumer => "pre_consumer",
            SourceClass::PostConsumer => "post_consumer",
            SourceClass::Heel => "heel",
            SourceClass::Unknown => "unknown",
        }
    }

    /// The class with this word, exactly; `None` when there is none.
    pub fn parse(word: &str) -> Option<SourceClass> {
        SourceClass::ALL
            .into_iter()
            .find(|class| class.as_str() == word)
    }

    /// Whether it counts as recycled content (ISO 14021).
    pub fn is_recycled(self) -> bool {
        matches!(self, SourceClass::PreConsumer | SourceClass::PostConsumer)
    }

    /// Whether the material is bought or unexplained scrap, which trade codes and vehicle parts tell
    /// apart; primary metal, alloying elements, own returns and the heel are what their class says.
    pub fn has_stream(self) -> bool {
        matches!(
            self,
            SourceClass::PreConsumer | SourceClass::PostConsumer | SourceClass::Unknown
        )
    }
}

impl fmt::Display for SourceClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_back_exactly() {
        for class in SourceClass::ALL {
            assert_eq!(SourceClass::parse(class.as_str()), Some(class));
        }
        for word in ["", "Primary", "primary ", "scrap"] {
            assert_eq!(SourceClass::parse(word), None, "{word}");
        }
    }
}
