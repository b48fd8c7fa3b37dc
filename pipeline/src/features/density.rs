//! The density of an alloy by mixture.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::domain::Element;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unchecked {
    source: String,
    status: String,
    kg_per_m3: BTreeMap<String, f64>,
}

/// Densities of the elements, kg/m³.
#[derive(Clone, Debug, PartialEq)]
pub struct Densities {
    aluminium: f64,
    of: BTreeMap<Element, f64>,
}

impl Densities {
    /// Reads `densities.toml`; `file` names it in messages.
    ///
    /// # Errors
    /// In words: not TOML, an unknown key or symbol, a density that is not positive, no aluminium, no
    /// source.
    pub fn load(text: &str, file: &str) -> Result<Densities, String> {
        let unchecked: Unchecked = toml::from_str(text)
            .map_err(|error| format!("{file}: {}", error.to_string().trim_end()))?;
        if unchecked.source.trim().is_empty() || unchecked.status.trim().is_empty() {
            return Err(format!("{file}: source and status must say something"));
        }
        let mut of = BTreeMap::new();
        for (symbol, density) in unchecked.kg_per_m3 {
            let element = Element::parse(&symbol)
                .ok_or_else(|| format!("{file}: kg_per_m3.{symbol}: there is no such element"))?;
            if !(density.is_finite() && density > 0.0) {
                return Err(format!(
                    "{file}: kg_per_m3.{symbol} = {density} must lie above zero"
                ));
            }
            of.insert(element, density);
        }
        let aluminium = Element::parse("Al").and_then(|element| of.remove(&element));
        let aluminium = aluminium.ok_or_else(|| format!("{file}: kg_per_m3.Al is missing"))?;
        Ok(Densities { aluminium, of })
    }

    /// 1 / Σ wᵢ/ρᵢ with aluminium as the rest, kg/m³; contents in wt%, in a fixed order.
    ///
    /// `None` when nothing was measured, or the contents leave no aluminium. An element whose density is
    /// not in the file counts as aluminium, as one that was not measured does.
    pub fn of_mixture<'a>(
        &self,
        contents: impl IntoIterator<Item = (&'a Element, f64)>,
    ) -> Option<f64> {
        let (mut volume, mut rest, mut measured) = (0.0, 1.0, false);
        for (element, wt_pct) in contents {
            measured = true;
            if let Some(density) = self.of.get(element) {
                let fraction = wt_pct / 100.0;
                volume += fraction / density;
                rest -= fraction;
            }
        }
        (measured && rest > 0.0).then(|| 1.0 / (volume + rest / self.aluminium))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;
    use crate::contract::Schemas;

    fn shipped() -> Densities {
        let schemas = Schemas::embedded();
        let file = schemas.file("densities.toml").unwrap();
        Densities::load(&file.text, &file.origin).unwrap()
    }

    #[test]
    fn a_mixture_is_computed_by_volume() {
        let (silicon, copper) = (Element::parse("Si").unwrap(), Element::parse("Cu").unwrap());
        let contents = [(&silicon, 10.0), (&copper, 3.0)];
        let expected = 1.0 / (0.10 / 2330.0 + 0.03 / 8960.0 + 0.87 / 2700.0);
        let density = shipped().of_mixture(contents).unwrap();
        assert!((density - expected).abs() < 1e-9, "{density}");
        assert!((2600.0..2800.0).contains(&density), "{density}");
    }

    #[test]
    fn nothing_measured_or_no_aluminium_left_gives_no_density() {
        let copper = Element::parse("Cu").unwrap();
        assert_eq!(shipped().of_mixture([]), None);
        assert_eq!(shipped().of_mixture([(&copper, 100.0)]), None);
    }

    #[test]
    fn mistakes_in_the_file_are_named() {
        let head = "source = \"s\"\nstatus = \"unverified\"\n[kg_per_m3]\n";
        for (body, named) in [
            ("Al = 2700\nSilicon = 1", "kg_per_m3.Silicon"),
            ("Al = 2700\nSi = -1", "kg_per_m3.Si = -1"),
            ("Si = 2330", "kg_per_m3.Al is missing"),
        ] {
            let error = Densities::load(&format!("{head}{body}"), "densities.toml").unwrap_err();
            assert!(error.contains(named), "{error}");
        }
    }
}
