//! A grade: alloy, temper and product form.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is qualified: an alloy in a temper and a product form.
///
/// The three parts stay apart, because limits are keyed by each of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Grade {
    /// Alloy designation as the lab writes it, for example `6061` or `AlSi10MnMg`.
    pub alloy: String,
    /// Temper, for example `T6`, `T7` or `F`.
    pub temper: String,
    /// Product form, for example `die_casting`, `hollow_profile`, `sheet` or `plate`.
    pub product_form: String,
}

impl Grade {
    /// A name that is safe in a file name: letters and digits kept, all else folded to `-`.
    ///
    /// Characters outside ASCII letters and digits are written as their code point in hexadecimal,
    /// so two grades never share a slug.
    pub fn slug(&self) -> String {
        let mut slug = String::new();
        for part in [&self.alloy, &self.temper, &self.product_form] {
            if !slug.is_empty() {
                slug.push('-');
            }
            for c in part.chars() {
                if c.is_ascii_alphanumeric() || c == '_' || c == '.' {
                    slug.push(c);
                } else {
                    slug.push_str(&format!("~{:x}", u32::from(c)));
                }
            }
        }
        slug
    }
}

impl fmt::Display for Grade {
    /// `6061-T651 plate`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{}-{} {}",
            self.alloy,
            self.temper,
            self.product_form.replace('_', " ")
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slug_is_a_safe_file_name_and_tells_grades_apart() {
        let grade = |alloy: &str| Grade {
            alloy: alloy.into(),
            temper: "T6".into(),
            product_form: "sheet".into(),
        };
        assert_eq!(grade("6061").slug(), "6061-T6-sheet");
        assert_eq!(grade("<a/b>").slug(), "~3ca~2fb~3e-T6-sheet");
        assert_ne!(grade("a b").slug(), grade("a/b").slug());
    }
}
