//! When two ways to write the unit of a proof mean the same.

/// Whether two units are one, written differently.
///
/// Blanks, parentheses and middle dots are not told apart, so that `W/(m·K)`, `W/(m K)`, `W/m·K` and
/// `W/mK`, or `% IACS` and `%IACS`, agree; `°`, `deg`, `degree` and `degrees` are one, and so are `HB`
/// and `HBW`, of which the first has meant the second since steel balls were dropped (ISO 6506-1:2005).
/// Case counts (`MPa` is not `mPa`), no number is converted (`MS/m` is not `%IACS`), and an empty unit
/// is only itself. A product and a prefix such as `m·K` and `mK` cannot be told apart; no kind of proof
/// has limits in both.
pub(super) fn same_unit(one: &str, other: &str) -> bool {
    folded(one) == folded(other)
}

fn folded(unit: &str) -> String {
    let dropped = |letter: char| {
        // The middle dot, and the two operators that look like it.
        letter.is_whitespace() || matches!(letter, '(' | ')' | '\u{b7}' | '\u{22c5}' | '\u{2219}')
    };
    let folded: String = unit.chars().filter(|&letter| !dropped(letter)).collect();
    match folded.as_str() {
        "\u{b0}" | "degree" | "degrees" => "deg".to_owned(),
        "HBW" => "HB".to_owned(),
        _ => folded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_unit_has_many_spellings() {
        for spellings in [
            &["°", "deg", " degree", "degrees "][..],
            &["HB", "HBW"],
            &["W/(m K)", "W/(m·K)", "W/m·K", "W/mK", "W/(m\u{22c5}K)"],
            &["%IACS", "% IACS", " %\u{a0}IACS"],
            &["", " "],
        ] {
            for one in spellings {
                for other in spellings {
                    assert!(same_unit(one, other), "{one:?} and {other:?}");
                }
            }
        }
    }

    #[test]
    fn other_units_stay_apart() {
        for (one, other) in [
            ("MPa", "mPa"),
            ("%IACS", "MS/m"),
            ("%IACS", "%"),
            ("deg", "degC"),
            ("°", "°C"),
            ("HBW", "HV"),
            ("deg", "rad"),
            ("", "HB"),
        ] {
            assert!(!same_unit(one, other), "{one:?} and {other:?}");
        }
    }
}
