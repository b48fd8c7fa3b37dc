//! Chemical elements as laboratories write them in a header or a cell.

use std::collections::BTreeMap;

use super::Profile;
use super::fold::{fold_loosely, plain, unit_of, unit_splits};
use crate::domain::Unit;

/// Elements that a spectrometer may report, by symbol. A word that merely looks like a symbol (`No`,
/// `Id`) is none.
const SYMBOLS: &[&str] = &[
    "H", "Li", "Be", "B", "C", "N", "O", "F", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "K", "Ca",
    "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Rb",
    "Sr", "Y", "Zr", "Nb", "Mo", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Cs",
    "Ba", "La", "Ce", "Pr", "Nd", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu", "Hf",
    "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Th", "U",
];

/// Chinese names, which say the element without doubt.
const CHINESE: &[(&str, &str)] = &[
    ("硅", "Si"),
    ("铁", "Fe"),
    ("铜", "Cu"),
    ("锰", "Mn"),
    ("镁", "Mg"),
    ("铬", "Cr"),
    ("镍", "Ni"),
    ("锌", "Zn"),
    ("钛", "Ti"),
    ("锆", "Zr"),
    ("钒", "V"),
    ("锡", "Sn"),
    ("铅", "Pb"),
    ("铋", "Bi"),
    ("锶", "Sr"),
    ("钠", "Na"),
    ("钙", "Ca"),
    ("铍", "Be"),
    ("硼", "B"),
    ("磷", "P"),
    ("镉", "Cd"),
    ("镓", "Ga"),
    ("锂", "Li"),
    ("钴", "Co"),
    ("锑", "Sb"),
    ("银", "Ag"),
    ("汞", "Hg"),
    ("铝", "Al"),
    ("钪", "Sc"),
    ("铈", "Ce"),
    ("镧", "La"),
    ("砷", "As"),
    ("钼", "Mo"),
    ("钨", "W"),
    ("铌", "Nb"),
    ("铟", "In"),
    ("氢", "H"),
    ("钾", "K"),
];

/// The names of elements that a profile knows.
pub(super) struct ElementNames {
    names: BTreeMap<String, String>,
}

impl ElementNames {
    /// Symbols, Chinese names, the shared aliases if the profile asks for them, and its own names.
    pub(super) fn of(profile: &Profile) -> ElementNames {
        let mut names: BTreeMap<String, String> = CHINESE
            .iter()
            .map(|&(name, symbol)| (name.to_owned(), symbol.to_owned()))
            .collect();
        let shared = profile.aliases.iter().flat_map(|aliases| &aliases.elements);
        for (symbol, others) in shared {
            names.extend(
                others
                    .iter()
                    .map(|name| (fold_loosely(name), symbol.clone())),
            );
        }
        let own = profile.elements.names.iter();
        names.extend(own.map(|(name, symbol)| (fold_loosely(name), symbol.clone())));
        ElementNames { names }
    }

    /// The element that a word is: a symbol as it is written, `SI` for `Si`, or a name.
    pub(super) fn element(&self, word: &str) -> Option<&str> {
        let word = plain(word);
        let word = word.trim().trim_end_matches([':', '=']).trim_end();
        if let Some(symbol) = SYMBOLS.iter().find(|symbol| **symbol == word) {
            return Some(symbol);
        }
        if let Some(symbol) = self.names.get(&fold_loosely(word)) {
            return Some(symbol);
        }
        let shouted = |symbol: &&&str| symbol.len() == 2 && symbol.to_ascii_uppercase() == word;
        SYMBOLS.iter().find(shouted).copied()
    }

    /// The element and the unit that a header names: `Si`, `硅含量`, `Si %`, `Si(wt%)`, `Si[ppm]`,
    /// `w(Si)/%`, `%Si`, `si_wt_pct`.
    pub(super) fn header(&self, text: &str) -> Option<(&str, Option<Unit>)> {
        if let Some(element) = self.element(text) {
            return Some((element, None));
        }
        let text = plain(text);
        let text = text.trim();
        if let Some(element) = text.strip_suffix("_wt_pct").and_then(|symbol| {
            let mut letters = symbol.chars();
            let capital = letters.next()?.to_ascii_uppercase();
            self.element(&format!("{capital}{}", letters.as_str()))
        }) {
            return Some((element, Unit::parse("wt%")));
        }
        let named = |name: &str| {
            let name = name.trim();
            let inner = name
                .strip_prefix("w(")
                .or_else(|| name.strip_prefix("W("))
                .and_then(|name| name.strip_suffix(')'));
            let name = inner.unwrap_or(name);
            let name = name.strip_suffix("含量").unwrap_or(name);
            let name = name.strip_prefix('%').unwrap_or(name);
            self.element(name)
        };
        for (name, unit) in unit_splits(text) {
            if let (Some(element), Some(unit)) = (named(&name), unit_of(&unit)) {
                return Some((element, Some(unit)));
            }
        }
        let percent = text.starts_with('%').then(|| Unit::parse("%")).flatten();
        named(text).map(|element| (element, percent))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::{Contracts, Schemas};

    #[test]
    fn headers_of_elements_are_told_from_other_words() {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let text = "id = \"p\"\ntitle = \"t\"\nlayout = \"wide_chemistry\"\ntable = \"oes_burns\"\n\
                    [match]\nfile_name = 'x'\n[elements]\nnames = { Silizium = \"Si\" }\n";
        let profile = Profile::from_toml(text, &contracts).unwrap();
        let names = ElementNames::of(&profile);
        for (header, element, unit) in [
            ("Si", "Si", None),
            (" FE ", "Fe", None),
            ("硅", "Si", None),
            ("硅含量", "Si", None),
            ("硅含量(%)", "Si", Some("%")),
            ("Si %", "Si", Some("%")),
            ("%Si", "Si", Some("%")),
            ("Si(wt%)", "Si", Some("wt%")),
            ("Si（wt%）", "Si", Some("wt%")),
            ("Si[ppm]", "Si", Some("ppm")),
            ("w(Si)/%", "Si", Some("%")),
            ("Silizium", "Si", None),
            ("si_wt_pct", "Si", Some("wt%")),
            ("Mn\n(mg/kg)", "Mn", Some("mg/kg")),
        ] {
            let found = names.header(header);
            let unit = unit.map(|unit| Unit::parse(unit).unwrap());
            assert_eq!(found, Some((element, unit)), "{header}");
        }
        for header in ["No", "Id", "Rm", "Mean", "si", "Si+Fe", "", "Agt", "S %/x"] {
            assert_eq!(names.header(header), None, "{header}");
        }
    }
}
