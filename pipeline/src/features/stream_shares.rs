//! What one heat was made of, by stream.

use std::collections::BTreeMap;

use serde::Serialize;

use super::charge_line::{ChargeLine, kilograms};
use super::streams::Streams;

/// One stream's part of the charge of one heat.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct StreamShare {
    /// Mass charged, kg.
    pub mass_kg: f64,
    /// Mass / mass of the charge without heel, a fraction; the shares of a heat sum to 1.
    pub share: f64,
    /// Mass × metal yield, kg; see [`ChargeLine::metal_yield`].
    pub metal_kg: f64,
}

/// The charge of one heat by stream.
///
/// The key is the id of the line's stream, or the word of its source class (`primary`,
/// `internal_return`, `post_consumer`, …) for a line without a known stream; the two cannot clash,
/// because no stream may be called like a class. The heel is not part of the charge and not in here.
/// Empty for a heat without charge lines. Sums are over whole grams, as in `charge.sql`, so that the
/// order of lines does not matter.
pub fn breakdown(lines: &[ChargeLine<'_>], streams: &Streams) -> BTreeMap<String, StreamShare> {
    let mut sums: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    let mut charge_g: i64 = 0;
    for line in lines.iter().filter(|line| line.is_charged()) {
        let key = match streams.of_line(line) {
            Some(stream) => stream.id.clone(),
            None => line.source_class.as_str().to_owned(),
        };
        let sum = sums.entry(key).or_default();
        sum.0 = sum.0.saturating_add(line.mass_g());
        sum.1 = sum.1.saturating_add(line.metal_g(streams));
        charge_g = charge_g.saturating_add(line.mass_g());
    }
    let charge_kg = kilograms(charge_g);
    sums.into_iter()
        .map(|(key, (mass_g, metal_g))| {
            let mass_kg = kilograms(mass_g);
            let share = StreamShare {
                mass_kg,
                share: mass_kg / charge_kg,
                metal_kg: kilograms(metal_g),
            };
            (key, share)
        })
        .collect()
}
