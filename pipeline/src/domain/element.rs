//! Chemical elements as columns of a composition.

use serde::{Deserialize, Serialize};

/// A chemical symbol such as `Fe`: one capital and at most one small letter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Element(String);

impl Element {
    /// Reads a symbol; `None` when the text is not shaped like one.
    pub fn parse(symbol: &str) -> Option<Element> {
        let mut letters = symbol.chars();
        let capital = letters.next().is_some_and(|c| c.is_ascii_uppercase());
        let small = letters.next().is_none_or(|c| c.is_ascii_lowercase());
        (capital && small && letters.next().is_none()).then(|| Element(symbol.to_owned()))
    }

    /// The symbol.
    pub fn symbol(&self) -> &str {
        &self.0
    }

    /// The column of `heats` that holds its mean mass fraction, for example `fe_wt_pct`.
    pub fn column(&self) -> String {
        format!("{}_wt_pct", self.0.to_ascii_lowercase())
    }
}

impl TryFrom<String> for Element {
    type Error = String;

    fn try_from(symbol: String) -> Result<Element, String> {
        Element::parse(&symbol).ok_or_else(|| format!("`{symbol}` is not a chemical symbol"))
    }
}

impl From<Element> for String {
    fn from(element: Element) -> String {
        element.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_are_told_from_other_words() {
        assert_eq!(
            Element::parse("Fe").map(|e| e.column()).as_deref(),
            Some("fe_wt_pct")
        );
        assert_eq!(
            Element::parse("V").map(|e| e.column()).as_deref(),
            Some("v_wt_pct")
        );
        for word in ["", "fe", "FE", "Fee", "F1", "Ｆe"] {
            assert_eq!(Element::parse(word), None, "{word}");
        }
    }
}
