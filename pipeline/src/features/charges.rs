//! What the charge lines of each heat amount to: shares by stream, and the carbon footprint.

use std::collections::BTreeMap;

use super::carbon::{Factors, HeatCarbon, Overrides, of_heat, of_primary};
use super::charge_line::ChargeLine;
use super::stream_shares::{StreamShare, breakdown};
use super::streams::Streams;
use super::{FactorSet, FeatureError};
use crate::contract::Rows;
use crate::domain::SourceClass;
use crate::lake::Snapshot;

/// By which streams and factors charge lines are read.
#[derive(Clone, Debug)]
pub struct ChargeRules {
    /// Scrap streams.
    pub streams: Streams,
    /// Carbon factors.
    pub factors: Factors,
    /// The factor set that counts.
    pub set: String,
    /// The lab's own factor of pre-consumer scrap, kg CO2e per kg.
    pub pre_consumer: Option<f64>,
    /// The furnace's own energy, kg CO2e per kg of heat.
    pub melting: Option<f64>,
}

impl ChargeRules {
    /// The factor set that counts; `None` when there is no such set.
    pub fn factor_set(&self) -> Option<&FactorSet> {
        self.factors.set(&self.set)
    }

    /// kg CO2e per kg of all-primary metal.
    pub fn primary(&self) -> Option<f64> {
        of_primary(self.factor_set()?, &self.overrides(None))
    }

    fn overrides<'a>(&'a self, day: Option<&'a str>) -> Overrides<'a> {
        Overrides {
            pre_consumer: self.pre_consumer,
            melting: self.melting,
            suppliers: self.factors.suppliers(),
            day,
        }
    }
}

/// What one heat was made of.
#[derive(Clone, Debug, PartialEq)]
pub struct Charge {
    /// Its charge by stream, or by source class where a line has no known stream.
    pub shares: BTreeMap<String, StreamShare>,
    /// Its carbon footprint; `None` when no metal comes of it or a factor is missing.
    pub carbon: Option<HeatCarbon>,
}

/// The charge of every heat with charge lines, newest revisions only.
///
/// # Errors
/// When the table cannot be read.
pub(super) fn charges(
    lake: Snapshot<'_>,
    rules: &ChargeRules,
) -> Result<BTreeMap<String, Charge>, FeatureError> {
    let rows = lake.read_newest("charge_lines")?;
    let mut lines_of: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    let heats = rows.text("heat_id")?;
    for row in 0..rows.len() {
        lines_of
            .entry(heats.get(row).unwrap_or_default())
            .or_default()
            .push(row);
    }
    let moments = rows.column("charged_at")?;
    let mut charges = BTreeMap::new();
    for (heat, of_heat_rows) in lines_of {
        let lines = of_heat_rows
            .iter()
            .map(|&row| line(&rows, row))
            .collect::<Result<Vec<_>, _>>()?;
        // The first line's moment, as `charge.sql` takes the earliest; its day is enough here.
        let stated = of_heat_rows
            .iter()
            .map(|&row| moments.cell(row).to_string())
            .filter(|moment| !moment.is_empty())
            .min();
        let day = stated.as_deref().and_then(|moment| moment.get(..10));
        let carbon = rules
            .factor_set()
            .and_then(|set| of_heat(&lines, set, &rules.overrides(day), &rules.streams));
        let shares = breakdown(&lines, &rules.streams);
        charges.insert(heat.to_owned(), Charge { shares, carbon });
    }
    Ok(charges)
}

fn line(rows: &Rows, row: usize) -> Result<ChargeLine<'_>, FeatureError> {
    let class = rows.text("source_class")?.get(row).unwrap_or_default();
    Ok(ChargeLine {
        material: rows.text("material")?.get(row).unwrap_or_default(),
        // The contract lets no other word in.
        source_class: SourceClass::parse(class).unwrap_or(SourceClass::Unknown),
        stream: rows.text("stream")?.get(row),
        vehicle_part: rows.text("vehicle_part")?.get(row),
        supplier: rows.text("supplier")?.get(row),
        mass_kg: rows.number("mass_kg")?[row].unwrap_or(0.0),
        metal_yield: rows.number("metal_yield")?[row],
    })
}
