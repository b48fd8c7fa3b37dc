//! The carbon footprint of a heat from its charge lines.
//!
//! In: charge lines, a factor set, a lab's own figures. Out: kg CO2e per kg of heat,
//!
//! Σ (mᵢ / output)·EFᵢ + melting, output = Σ mᵢyᵢ over the charge without its heel.
//!
//! The factor EFᵢ of a line is the first that exists of: the supplier's own figure for its stream; the
//! supplier's own figure for its class; for alloying lines, that of the element its material names;
//! for pre-consumer scrap, the lab's own value; the set's factor of its class. A line of class
//! `unknown` takes the factor of primary metal, because metal of unknown origin must not look clean.
//! The heel is left out of masses and output alike, as in `charge.sql`: its burden was booked with the
//! heat before, and it carries that heat's footprint, not this one's.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::carbon_file;
use super::charge_line::{ChargeLine, YieldSource, kilograms};
use super::sourced::{FactStatus, Sourced};
use super::streams::{Streams, Title};
use crate::domain::{Element, SourceClass};
use crate::source::fold;

/// How recycled metal is accounted for; results of different models are not comparable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SystemModel {
    /// Recycled content: scrap enters free of burden.
    CutOff,
    /// End of life: scrap carries a burden and earns a credit.
    Substitution,
}

impl SystemModel {
    /// Both, in the order of messages.
    pub(super) const ALL: [SystemModel; 2] = [SystemModel::CutOff, SystemModel::Substitution];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            SystemModel::CutOff => "cut_off",
            SystemModel::Substitution => "substitution",
        }
    }
}

/// A factor, kg CO2e per kg of material, in \[0, 100\].
pub type Factor = Sourced<f64>;

/// The factor of an alloying element and the materials that are it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ElementFactor {
    /// The factor of the pure element.
    pub factor: Factor,
    /// Materials that are the element, each in folded words; see [`FactorSet::of_material`].
    pub materials: Vec<Vec<String>>,
}

/// Factors that belong together.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FactorSet {
    /// Its id, printed wherever a figure is.
    pub id: String,
    /// Its title.
    pub title: Title,
    /// Year the figures speak of.
    pub year: u16,
    /// How recycled metal is accounted for.
    pub system_model: SystemModel,
    /// Where the set as a whole comes from.
    pub source: String,
    /// The factor of every class but heel and unknown.
    pub classes: BTreeMap<SourceClass, Factor>,
    /// Factors of alloying elements.
    pub elements: BTreeMap<Element, ElementFactor>,
    /// The furnace's own energy, kg CO2e per kg of heat; none when the factors include it.
    pub melting: Option<Factor>,
}

impl FactorSet {
    /// The classes a set must have a factor for.
    pub(super) const CLASSES: [SourceClass; 5] = [
        SourceClass::Primary,
        SourceClass::Alloying,
        SourceClass::InternalReturn,
        SourceClass::PreConsumer,
        SourceClass::PostConsumer,
    ];

    /// The factor of a class: that of primary metal for `unknown`, none for the heel.
    pub fn of_class(&self, class: SourceClass) -> Option<&Factor> {
        match class {
            SourceClass::Unknown => self.classes.get(&SourceClass::Primary),
            class => self.classes.get(&class),
        }
    }

    /// Factor and status of an alloying material by its name; `None` when the name tells no element.
    ///
    /// The name begins with the words of one of an element's `materials`, of which the longest counts
    /// (`Silicon metal 553`, `金属硅553`); or its first word is a master alloy such as `AlSi50`, which
    /// has 50 % of the element's factor and 50 % of the set's factor for alloying.
    pub fn of_material(&self, material: &str) -> Option<(f64, FactStatus)> {
        let words = words_of(material);
        let mut longest: Option<(usize, &Factor)> = None;
        for element in self.elements.values() {
            for name in element
                .materials
                .iter()
                .filter(|name| words.starts_with(name))
            {
                if longest.is_none_or(|(length, _)| length < name.len()) {
                    longest = Some((name.len(), &element.factor));
                }
            }
        }
        if let Some((_, factor)) = longest {
            return Some((factor.value, factor.status));
        }
        let (element, share) = master_alloy(material)?;
        let element = &self.elements.get(&element)?.factor;
        let rest = self.classes.get(&SourceClass::Alloying)?;
        let factor = share * element.value + (1.0 - share) * rest.value;
        Some((factor, element.status.max(rest.status)))
    }
}

/// Folded runs of letters and of digits; anything else parts words.
pub(super) fn words_of(text: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut kind_before = 0;
    for c in text.chars() {
        let kind = match c {
            c if c.is_alphabetic() => 1,
            c if c.is_numeric() => 2,
            _ => 0,
        };
        match words.last_mut() {
            Some(word) if kind == kind_before && kind > 0 => word.push(c),
            _ if kind > 0 => words.push(c.to_string()),
            _ => {}
        }
        kind_before = kind;
    }
    words.iter().map(|word| fold(word)).collect()
}

/// Element and mass fraction of a master alloy named like `AlSi50`, the first word of `material`.
fn master_alloy(material: &str) -> Option<(Element, f64)> {
    let word = material.split_whitespace().next()?;
    let rest = word.strip_prefix("Al")?;
    let digits = rest.find(|c: char| c.is_ascii_digit())?;
    let (symbol, percent) = rest.split_at(digits);
    let element = Element::parse(symbol)?;
    if percent.len() > 2 || !percent.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let percent: f64 = percent.parse().ok()?;
    (percent > 0.0).then_some((element, percent / 100.0))
}

/// A supplier's own figure.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SupplierFactor {
    /// The supplier, as charge lines name it whatever the case and blanks.
    pub supplier: String,
    /// What it is about.
    pub covers: Covers,
    /// The figure.
    pub factor: Factor,
    /// How it accounts for recycled metal; it counts only in sets that do the same.
    pub system_model: SystemModel,
    /// Last day on which a heat may rest on it, `YYYY-MM-DD`.
    pub valid_until: Option<String>,
    /// File and line it stands on, for messages.
    pub place: String,
}

/// What a supplier's figure is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Covers {
    /// A scrap stream, by id or name.
    Stream(String),
    /// A class of material.
    SourceClass(SourceClass),
}

/// Every factor set and suppliers' own figures.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
    pub(super) default: String,
    pub(super) sets: BTreeMap<String, FactorSet>,
    pub(super) suppliers: Vec<SupplierFactor>,
}

impl Factors {
    /// Reads texts, each with the file named in messages, the later over the earlier: a later entry
    /// replaces the one with the same keys, so that a lab's file may give a single factor.
    ///
    /// # Errors
    /// Every mistake in all texts: no TOML, unknown keys, broken rules; then an unknown set, a set
    /// without the factor of a class, no default.
    pub fn load(layers: &[(&str, &str)]) -> Result<Factors, Vec<String>> {
        carbon_file::read(layers)
    }

    /// The set with this id.
    pub fn set(&self, id: &str) -> Option<&FactorSet> {
        self.sets.get(id)
    }

    /// The set that is taken when the settings name none.
    pub fn default_set(&self) -> Option<&FactorSet> {
        self.sets.get(&self.default)
    }

    /// Every set, by id.
    pub fn sets(&self) -> impl Iterator<Item = &FactorSet> {
        self.sets.values()
    }

    /// Suppliers' own figures.
    pub fn suppliers(&self) -> &[SupplierFactor] {
        &self.suppliers
    }

    /// A message per supplier's figure whose stream nobody knows, so that it never counts.
    pub fn unknown_streams(&self, streams: &Streams) -> Vec<String> {
        let told = |own: &SupplierFactor| match &own.covers {
            Covers::Stream(stream) if streams.of(Some(stream), None, "").is_none() => {
                Some(format!(
                    "{}: supplier `{}`: key `stream`: `{stream}` is no stream of streams.toml [vocabulary]",
                    own.place, own.supplier
                ))
            }
            _ => None,
        };
        self.suppliers.iter().filter_map(told).collect()
    }
}

/// What a lab puts over a set.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Overrides<'a> {
    /// Factor of pre-consumer scrap, which is contested; kg CO2e per kg.
    pub pre_consumer: Option<f64>,
    /// The furnace's own energy, kg CO2e per kg of heat, in place of the set's.
    pub melting: Option<f64>,
    /// Suppliers' own figures.
    pub suppliers: &'a [SupplierFactor],
    /// Day of the heat, `YYYY-MM-DD`; without it a figure that expires does not count.
    pub day: Option<&'a str>,
}

/// The carbon footprint of one heat.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HeatCarbon {
    /// kg CO2e per kg of heat.
    pub kg_co2e_per_kg: f64,
    /// What each class adds to it; with `melting` they sum to it.
    pub by_class: BTreeMap<SourceClass, f64>,
    /// What the furnace's own energy adds.
    pub melting: f64,
    /// Metal of the charge without heel, Σ mᵢyᵢ, kg.
    pub output_kg: f64,
    /// Mass of the charge without heel, kg.
    pub charge_kg: f64,
    /// Mass of unknown origin, counted as primary, over the mass of the charge.
    pub unknown_share: f64,
    /// Whether a line states no metal yield, so that its stream's typical one, or 1, was taken.
    pub assumed_yield: bool,
    /// Whether a factor in it is unverified; a lab's own values of the settings count as verified.
    pub unverified: bool,
    /// Suppliers whose own figures are in it.
    pub suppliers: BTreeSet<String>,
    /// Id of the factor set.
    pub factor_set: String,
}

/// The carbon footprint of a heat with these charge lines, in any order.
///
/// `None` without a charged line, or when no metal comes of it. Masses are summed in whole grams per
/// class and factor, so that neither the order of lines nor their number changes a bit of the result.
pub fn of_heat(
    lines: &[ChargeLine<'_>],
    set: &FactorSet,
    overrides: &Overrides<'_>,
    streams: &Streams,
) -> Option<HeatCarbon> {
    // By class and factor; the bits of numbers from zero up are in their order.
    let mut masses: BTreeMap<(SourceClass, u64), i64> = BTreeMap::new();
    let (mut output_g, mut charge_g, mut unknown_g): (i64, i64, i64) = (0, 0, 0);
    let (mut assumed_yield, mut unverified) = (false, false);
    let mut suppliers = BTreeSet::new();
    for line in lines.iter().filter(|line| line.is_charged()) {
        let found = factor_of(line, set, overrides, streams)?;
        let mass_g = line.mass_g();
        let mass = masses
            .entry((line.source_class, found.factor.to_bits()))
            .or_default();
        *mass = mass.saturating_add(mass_g);
        charge_g = charge_g.saturating_add(mass_g);
        output_g = output_g.saturating_add(line.metal_g(streams));
        if line.source_class == SourceClass::Unknown {
            unknown_g = unknown_g.saturating_add(mass_g);
        }
        assumed_yield |= line.metal_yield(streams).1 != YieldSource::Line;
        unverified |= found.status == FactStatus::Unverified;
        suppliers.extend(found.supplier.map(str::to_owned));
    }
    if output_g == 0 {
        return None;
    }
    let output_kg = kilograms(output_g);
    let mut by_class: BTreeMap<SourceClass, f64> = BTreeMap::new();
    for ((class, factor), mass_g) in masses {
        *by_class.entry(class).or_default() +=
            kilograms(mass_g) / output_kg * f64::from_bits(factor);
    }
    let melting = match (overrides.melting, &set.melting) {
        (Some(own), _) => own,
        (None, Some(factor)) => {
            unverified |= factor.status == FactStatus::Unverified;
            factor.value
        }
        (None, None) => 0.0,
    };
    let charge_kg = kilograms(charge_g);
    Some(HeatCarbon {
        kg_co2e_per_kg: by_class.values().sum::<f64>() + melting,
        by_class,
        melting,
        output_kg,
        charge_kg,
        unknown_share: kilograms(unknown_g) / charge_kg,
        assumed_yield,
        unverified,
        suppliers,
        factor_set: set.id.clone(),
    })
}

/// kg CO2e per kg of heat when the charge is all primary metal of metal yield 1: the set's factor for
/// primary metal and the melting.
pub fn of_primary(set: &FactorSet, overrides: &Overrides<'_>) -> Option<f64> {
    let melting = set.melting.as_ref().map(|factor| factor.value);
    let melting = overrides.melting.or(melting).unwrap_or(0.0);
    Some(set.of_class(SourceClass::Primary)?.value + melting)
}

/// The factor of a line and where it is from.
struct Found<'a> {
    factor: f64,
    status: FactStatus,
    supplier: Option<&'a str>,
}

fn factor_of<'a>(
    line: &ChargeLine<'_>,
    set: &FactorSet,
    overrides: &Overrides<'a>,
    streams: &Streams,
) -> Option<Found<'a>> {
    if let Some(own) = supplier_factor(line, set, overrides, streams) {
        return Some(Found {
            factor: own.factor.value,
            status: own.factor.status,
            supplier: Some(&own.supplier),
        });
    }
    let by_name = match line.source_class {
        SourceClass::Alloying => set.of_material(line.material),
        SourceClass::PreConsumer => overrides
            .pre_consumer
            .map(|own| (own, FactStatus::Verified)),
        _ => None,
    };
    let (factor, status) = match by_name {
        Some(found) => found,
        None => {
            let factor = set.of_class(line.source_class)?;
            (factor.value, factor.status)
        }
    };
    Some(Found {
        factor,
        status,
        supplier: None,
    })
}

/// The supplier's own figure for a line: for its stream before for its class, the last listed of
/// several.
fn supplier_factor<'a>(
    line: &ChargeLine<'_>,
    set: &FactorSet,
    overrides: &Overrides<'a>,
    streams: &Streams,
) -> Option<&'a SupplierFactor> {
    let supplier = fold(line.supplier?);
    let stream = streams.of_line(line);
    let counts = |own: &&SupplierFactor| {
        let in_time = match (&own.valid_until, overrides.day) {
            (None, _) => true,
            // Days of this form are in the order of their text.
            (Some(last), Some(day)) => day <= last.as_str(),
            (Some(_), None) => false,
        };
        in_time && own.system_model == set.system_model && fold(&own.supplier) == supplier
    };
    let of_stream = |own: &&SupplierFactor| match (&own.covers, stream) {
        (Covers::Stream(name), Some(stream)) => streams
            .of(Some(name), None, "")
            .is_some_and(|named| named.id == stream.id),
        _ => false,
    };
    let of_class = |own: &&SupplierFactor| own.covers == Covers::SourceClass(line.source_class);
    let own = || overrides.suppliers.iter().rev().filter(counts);
    own().find(of_stream).or_else(|| own().find(of_class))
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::float_cmp,
    reason = "tests may stop at the first surprise"
)]
#[path = "carbon_tests.rs"]
mod tests;
