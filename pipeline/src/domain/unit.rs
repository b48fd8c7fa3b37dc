//! Units of laboratory files and their conversion to the unit a contract declares.
//!
//! A unit is only ever read from a header, a units row or a profile; it is never guessed from the
//! size of a number. Factors are exact by definition where a definition exists (kgf, inch, pound).

/// What a unit measures; only units of one dimension convert into each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Dimension {
    Stress,
    Ratio,
    Length,
    Area,
    Mass,
    Force,
    Temperature,
    Time,
}

/// A unit: `value × factor + offset` is the value in the dimension's base unit.
#[derive(Clone, Copy, Debug)]
pub struct Unit {
    name: &'static str,
    dimension: Dimension,
    factor: f64,
    offset: f64,
}

impl PartialEq for Unit {
    /// Units are the same when they have the same name in the table below.
    fn eq(&self, other: &Unit) -> bool {
        self.name == other.name
    }
}

/// Name, spellings, dimension, factor, offset. The first spelling is the one shown.
///
/// Base units: MPa, fraction, mm, mm², kg, N, °C, s. `psi` follows from the international pound
/// (0.45359237 kg), standard gravity (9.80665 m/s²) and the inch (25.4 mm).
const TABLE: &[(&[&str], Dimension, f64, f64)] = &[
    (
        &["MPa", "N/mm2", "N/mm^2", "N/mm²", "Mpa", "mpa"],
        Dimension::Stress,
        1.0,
        0.0,
    ),
    (
        &["GPa", "Gpa", "kN/mm2", "kN/mm²"],
        Dimension::Stress,
        1000.0,
        0.0,
    ),
    (&["kPa"], Dimension::Stress, 0.001, 0.0),
    (&["Pa"], Dimension::Stress, 1e-6, 0.0),
    (
        &["kgf/mm2", "kgf/mm²", "kp/mm2", "kp/mm²"],
        Dimension::Stress,
        9.80665,
        0.0,
    ),
    (&["ksi"], Dimension::Stress, 6.894_757_293_168_361, 0.0),
    (&["psi"], Dimension::Stress, 0.006_894_757_293_168_361, 0.0),
    (
        &["1", "kg/kg", "mm/mm", "m/m", "in/in", "fraction", "-"],
        Dimension::Ratio,
        1.0,
        0.0,
    ),
    (
        &[
            "%", "pct", "percent", "wt%", "wt.%", "wt.-%", "m%", "mass%", "Gew.-%", "Ma.-%",
        ],
        Dimension::Ratio,
        0.01,
        0.0,
    ),
    (&["ppm", "mg/kg", "µm/m", "µε"], Dimension::Ratio, 1e-6, 0.0),
    (&["mm"], Dimension::Length, 1.0, 0.0),
    (&["µm", "um"], Dimension::Length, 0.001, 0.0),
    (&["cm"], Dimension::Length, 10.0, 0.0),
    (&["m"], Dimension::Length, 1000.0, 0.0),
    (&["in", "inch", "\""], Dimension::Length, 25.4, 0.0),
    (&["mm2", "mm²", "mm^2"], Dimension::Area, 1.0, 0.0),
    (&["in2", "in²", "sq in"], Dimension::Area, 645.16, 0.0),
    (&["kg"], Dimension::Mass, 1.0, 0.0),
    (&["g"], Dimension::Mass, 0.001, 0.0),
    (&["t"], Dimension::Mass, 1000.0, 0.0),
    (&["lb"], Dimension::Mass, 0.453_592_37, 0.0),
    (&["N"], Dimension::Force, 1.0, 0.0),
    (&["kN"], Dimension::Force, 1000.0, 0.0),
    (&["kgf", "kp"], Dimension::Force, 9.80665, 0.0),
    (&["lbf"], Dimension::Force, 4.448_221_615_260_5, 0.0),
    (&["°C", "degC", "C", "℃"], Dimension::Temperature, 1.0, 0.0),
    (&["K"], Dimension::Temperature, 1.0, -273.15),
    (
        &["°F", "degF", "F"],
        Dimension::Temperature,
        5.0 / 9.0,
        -160.0 / 9.0,
    ),
    (
        &["°R", "degR", "R"],
        Dimension::Temperature,
        5.0 / 9.0,
        -273.15,
    ),
    (&["s", "sec"], Dimension::Time, 1.0, 0.0),
    (&["min"], Dimension::Time, 60.0, 0.0),
    (&["ms"], Dimension::Time, 0.001, 0.0),
];

impl Unit {
    /// Reads a unit word as a header writes it; `None` for a word that is not in the table.
    ///
    /// Brackets, blanks and the two micro signs are folded; case counts (`Pa`, `kN`, `MPa`), except
    /// for the spellings in the table.
    pub fn parse(word: &str) -> Option<Unit> {
        let folded: String = word
            .trim_matches(|c: char| c.is_whitespace() || "()[]{}".contains(c))
            .chars()
            .filter(|c| !c.is_whitespace())
            .map(|c| if c == 'μ' { 'µ' } else { c })
            .collect();
        TABLE
            .iter()
            .find(|(names, ..)| names.contains(&folded.as_str()))
            .map(|&(names, dimension, factor, offset)| Unit {
                name: names[0],
                dimension,
                factor,
                offset,
            })
    }

    /// The spelling shown in messages.
    pub fn name(self) -> &'static str {
        self.name
    }

    /// Converts `number` from this unit to `to`; `None` when they measure different things.
    ///
    /// A number already in the target unit comes back bit for bit.
    pub fn convert(self, number: f64, to: Unit) -> Option<f64> {
        if self == to {
            return Some(number);
        }
        if self.dimension != to.dimension {
            return None;
        }
        if same_bits(self.offset, to.offset) {
            // One rounding instead of two where no offset is involved.
            let (up, down) = (self.factor, to.factor);
            let inverse = 1.0 / down;
            let steps = inverse_of(up) / inverse_of(down);
            if steps.is_finite() && same_bits(steps, steps.round()) {
                // 100 ppm are 100/10 000 %: whole numbers all the way.
                return Some(number / steps);
            }
            // 1/100 and its like are not exact in binary, their inverses are: divide by those.
            return Some(
                if same_bits(inverse, inverse.round()) && !same_bits(down, 1.0) {
                    number * up * inverse
                } else {
                    number * up / down
                },
            );
        }
        Some((number * self.factor + self.offset - to.offset) / to.factor)
    }

    /// Whether the two units measure the same thing.
    pub fn converts_to(self, to: Unit) -> bool {
        self.dimension == to.dimension
    }
}

/// 1/factor where that is a whole number, as it is for ppm and percent; else NaN.
fn inverse_of(factor: f64) -> f64 {
    let inverse = 1.0 / factor;
    let whole = inverse.round();
    // 1e-6 is not exact in binary, and neither is its inverse.
    if (inverse - whole).abs() <= 1e-9 * whole && whole > 1.0 {
        whole
    } else {
        f64::NAN
    }
}

/// Bitwise sameness: the table's own constants are compared, never measured numbers.
fn same_bits(a: f64, b: f64) -> bool {
    a.to_bits() == b.to_bits()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    fn convert(number: f64, from: &str, to: &str) -> f64 {
        Unit::parse(from)
            .unwrap()
            .convert(number, Unit::parse(to).unwrap())
            .unwrap()
    }

    #[test]
    #[allow(clippy::float_cmp, reason = "the nearest double is what is promised")]
    fn parts_per_million_become_the_nearest_percentage() {
        for ppm in [100.0, 325.0, 1200.0, 7.0, 0.3] {
            assert_eq!(convert(ppm, "ppm", "wt%"), ppm / 1e4);
        }
    }

    #[test]
    fn conversions_of_the_trade() {
        for (number, from, to, expected) in [
            (245.0, "N/mm²", "MPa", 245.0),
            (38.0, "ksi", "MPa", 262.000_777_140_397_7),
            (25.0, "kgf/mm2", "MPa", 245.16625),
            (30_000.0, "psi", "MPa", 206.842_718_795),
            (1200.0, "ppm", "wt%", 0.12),
            (325.0, "mg/kg", "wt%", 0.0325),
            (0.12, "1", "%", 12.0),
            (1.5, "t", "kg", 1500.0),
            (12.5, "kN", "N", 12_500.0),
            (0.5, "in", "mm", 12.7),
            (68.0, "°F", "°C", 20.0),
            (293.15, "K", "°C", 20.0),
            (527.67, "°R", "°C", 20.0),
        ] {
            let converted = convert(number, from, to);
            assert!(
                (converted - expected).abs() <= 1e-9 * expected.abs(),
                "{from}: {converted}"
            );
        }
    }

    #[test]
    fn the_same_unit_changes_no_bit() {
        assert_eq!(
            convert(0.1 + 0.2, "%", "wt%").to_bits(),
            (0.1f64 + 0.2).to_bits()
        );
    }

    #[test]
    fn unknown_words_and_other_dimensions_are_refused() {
        assert!(Unit::parse("furlong").is_none());
        assert!(Unit::parse("").is_none());
        let (stress, mass) = (Unit::parse("MPa").unwrap(), Unit::parse("kg").unwrap());
        assert_eq!(stress.convert(1.0, mass), None);
    }
}
