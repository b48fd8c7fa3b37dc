//! A charge line as the breakdown and the carbon footprint of a heat see it.

use super::streams::Streams;
use crate::domain::SourceClass;

/// One material charged into one heat: the columns of `charge_lines` that matter here.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ChargeLine<'a> {
    /// Material as the charge sheet names it; empty when not stated.
    pub material: &'a str,
    /// Where it comes from.
    pub source_class: SourceClass,
    /// Trade code.
    pub stream: Option<&'a str>,
    /// Dismantled vehicle part.
    pub vehicle_part: Option<&'a str>,
    /// Supplier.
    pub supplier: Option<&'a str>,
    /// Mass charged, kg.
    pub mass_kg: f64,
    /// Metal recovered per mass charged, in (0, 1].
    pub metal_yield: Option<f64>,
}

/// Where a line's metal yield comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum YieldSource {
    /// The line states it.
    Line,
    /// Middle of the typical range of its stream.
    Stream,
    /// Nothing is known: 1, as `charge.sql` has it.
    Assumed,
}

impl ChargeLine<'_> {
    /// Metal yield and where it comes from: the line's own; else the middle of its stream's typical
    /// range; else 1. A stated yield outside (0, 1] counts as not stated.
    pub fn metal_yield(&self, streams: &Streams) -> (f64, YieldSource) {
        let stated = self.metal_yield.filter(|y| *y > 0.0 && *y <= 1.0);
        if let Some(stated) = stated {
            return (stated, YieldSource::Line);
        }
        let typical = streams
            .of_line(self)
            .and_then(|stream| stream.typical_yield());
        match typical {
            Some(typical) => (typical, YieldSource::Stream),
            None => (1.0, YieldSource::Assumed),
        }
    }

    /// Mass in whole grams, so that no sum depends on the order of lines; 0 for what is no mass.
    pub(super) fn mass_g(&self) -> i64 {
        grams(self.mass_kg)
    }

    /// Metal in whole grams, as `charge.sql` rounds it.
    pub(super) fn metal_g(&self, streams: &Streams) -> i64 {
        grams(self.mass_kg * self.metal_yield(streams).0)
    }

    /// Whether the line is part of the charge: it has a mass, and is not the heel.
    pub(super) fn is_charged(&self) -> bool {
        self.source_class != SourceClass::Heel && self.mass_g() > 0
    }
}

/// Kilograms in whole grams; 0 for a negative mass or NaN.
fn grams(kg: f64) -> i64 {
    #[expect(
        clippy::cast_possible_truncation,
        reason = "a charge of 9e15 g does not exist; the conversion saturates and NaN becomes 0"
    )]
    let grams = (kg * 1000.0).round() as i64;
    grams.max(0)
}

/// Whole grams in kilograms; exact up to 9 million tonnes.
#[expect(
    clippy::cast_precision_loss,
    reason = "a charge is far below 2^53 grams"
)]
pub(super) fn kilograms(grams: i64) -> f64 {
    grams as f64 / 1000.0
}
