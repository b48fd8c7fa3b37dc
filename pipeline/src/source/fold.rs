//! Header texts made comparable, and parted from their units.

use unicode_normalization::UnicodeNormalization as _;

use crate::domain::Unit;

/// Folds a header text for comparison: NFKC, lower case, no blanks, no line breaks, no underscores.
///
/// Brackets stay: they hold units. `Rp0,2` and `Rp0.2` stay different, for a profile to list.
pub fn fold(text: &str) -> String {
    // NFKC leaves ASCII as it is, and nearly all text is ASCII.
    if text.is_ascii() {
        return text
            .chars()
            .filter(|c| !c.is_whitespace() && *c != '_' && *c != '"')
            .map(|c| c.to_ascii_lowercase())
            .collect();
    }
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace() && *c != '_' && *c != '"')
        .collect()
}

/// Folds further: brackets and the marks that labels end in go as well.
pub(super) fn fold_loosely(text: &str) -> String {
    let mut folded = fold(text);
    folded.retain(|c| !"()[]{}<>【】*:;：#'".contains(c));
    folded
}

/// NFKC, which turns full-width letters and brackets into plain ones.
pub(super) fn plain(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    text.nfkc().collect()
}

/// Ways to part a header text into a name and a unit word, the surest first.
///
/// `Rm [MPa]`, `Rm (MPa)`, `Rm（MPa）`, `w(Si)/%`, `Rm / MPa`, `Rm, MPa`, `Zugfestigkeit in MPa`, `Rm MPa`.
/// Brackets, ` / ` and ` in ` part a text whatever follows them, so that an unknown unit can be named;
/// the others only before a known unit.
pub(super) fn unit_splits(header: &str) -> Vec<(String, String)> {
    let header = plain(header);
    let header = header.trim();
    let mut splits = Vec::new();
    let mut doubtful = Vec::new();
    let mut add = |name: &str, unit: &str, sure: bool| {
        let name = name.trim_end().trim_end_matches([',', '/']).trim_end();
        let unit = unit.trim();
        if name.is_empty() || unit.is_empty() {
            return;
        }
        let split = (name.to_owned(), unit.to_owned());
        if Unit::parse(unit).is_some() {
            splits.push(split);
        } else if sure {
            doubtful.push(split);
        }
    };
    for (open, close) in [('[', ']'), ('(', ')'), ('{', '}'), ('【', '】')] {
        if let Some(inner) = header.strip_suffix(close)
            && let Some(start) = inner.rfind(open)
        {
            add(&inner[..start], &inner[start + open.len_utf8()..], true);
        }
    }
    for separator in [" / ", " in "] {
        if let Some((name, unit)) = header.rsplit_once(separator) {
            add(name, unit, true);
        }
    }
    // `Dehnung/%`, but `N/mm²` and `mm/min` are units with a stroke in them: try the longest first.
    for (at, separator) in header.match_indices(['/', ',', ';']) {
        add(&header[..at], &header[at + separator.len()..], false);
    }
    if let Some((name, unit)) = header.rsplit_once(char::is_whitespace)
        && (unit.chars().count() > 1 || unit == "%")
    {
        add(name, unit, false);
    }
    if let Some(name) = header.strip_suffix('%') {
        add(name, "%", false);
    }
    splits.extend(doubtful);
    splits
}

/// The unit that a cell of a units row holds; `None` when it holds something else.
pub(super) fn unit_of(text: &str) -> Option<Unit> {
    Unit::parse(text).or_else(|| Unit::parse(&plain(text)))
}

/// Whether a text is a unit and can hardly be anything else: not `-`, not `1`.
pub(super) fn is_unit_word(text: &str) -> bool {
    let text = text.trim();
    unit_of(text).is_some()
        && text
            .chars()
            .any(|c| c.is_alphabetic() || "%°\"".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_split_off_a_header() {
        for (header, name, unit) in [
            ("Rm [MPa]", "Rm", "MPa"),
            ("Rm (N/mm²)", "Rm", "N/mm2"),
            ("抗拉强度（MPa）", "抗拉强度", "MPa"),
            ("w(Si) / %", "w(Si)", "%"),
            ("w(Si)/%", "w(Si)", "%"),
            ("Spannung/N/mm²", "Spannung", "N/mm2"),
            ("Zugfestigkeit in MPa", "Zugfestigkeit", "MPa"),
            ("Rm, MPa", "Rm", "MPa"),
            ("Rm MPa", "Rm", "MPa"),
            ("El%", "El", "%"),
            ("Fm [lbs]", "Fm", "lbs"),
        ] {
            let splits = unit_splits(header);
            let first = splits
                .first()
                .map(|(name, unit)| (name.as_str(), unit.as_str()));
            assert_eq!(first, Some((name, unit)), "{header}");
        }
        for header in ["rm_mpa", "Probe F", "Heat No.", "Rp0,2", ""] {
            assert_eq!(unit_splits(header), [], "{header}");
        }
    }

    #[test]
    fn folding_keeps_what_matters() {
        assert_eq!(fold("Heat\n No."), "heatno.");
        assert_eq!(fold("ＲＭ_MPa"), "rmmpa");
        assert_eq!(fold_loosely("Dehngrenze (Rp0,2):"), "dehngrenzerp0,2");
    }
}
