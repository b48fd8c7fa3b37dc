//! What the page of a grade shows besides its properties, gathered by the caller.
//!
//! As in `input`: scrap ratios and shares are fractions in \[0, 1\], mass fractions are wt%, properties
//! are on the measured scale, and numbers are as computed.

use std::collections::BTreeMap;

use super::input::Range;
use crate::curve::{Curve, Reduction};

/// Carbon footprint of a grade's heats against their scrap ratio.
#[derive(Clone, Debug, PartialEq)]
pub struct CarbonSheet {
    /// Heat id, scrap ratio and kg CO₂e per kg of heat, in the order of the table. A heat whose numbers
    /// are not finite is in the table and not in the chart.
    pub points: Vec<(String, f64, f64)>,
    /// kg CO₂e per kg at a scrap ratio of 0, and its change from 0 to 1. Not finite where the heats show
    /// no line: then none is drawn.
    pub line: (f64, f64),
    /// kg CO₂e per kg of metal made from primary aluminium alone.
    pub primary: f64,
    /// Id of the set of emission factors; printed wherever a figure is.
    pub factor_set: String,
    /// Title of that set, with year and system model.
    pub set_title: String,
    /// Heats whose metal yield was assumed, not recorded.
    pub assumed_yields: usize,
}

/// Which streams a grade's metal came from, and which of them brings an element.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamSheet {
    /// Every stream, in the order of the table.
    pub shares: Vec<StreamLine>,
    /// The limiting element, by stream.
    pub element: Option<StreamElement>,
    /// Why no element is traced to its streams.
    pub refused: Option<String>,
}

/// How much of the charge one stream is.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamLine {
    /// Its id.
    pub stream: String,
    /// Its title in the language of the report.
    pub title: String,
    /// Mean share of the charge over all heats, a fraction.
    pub mean_share: f64,
    /// Heats that hold any of it.
    pub heats: usize,
}

/// Where one element comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamElement {
    /// Its symbol.
    pub element: String,
    /// A row per stream; one that is not in [`StreamSheet::shares`] comes last.
    pub rows: Vec<StreamRow>,
    /// Titles of the streams that were too rare to be told apart and are estimated together.
    pub pooled: Vec<String>,
}

/// What one stream holds of the element, and brings of it.
#[derive(Clone, Debug, PartialEq)]
pub struct StreamRow {
    /// Id of the stream.
    pub stream: String,
    /// Its title.
    pub title: String,
    /// Content of the stream, wt%.
    pub content_wt_pct: Range,
    /// What it adds to the mean heat: content times mean share, wt%.
    pub contribution_wt_pct: Range,
}

/// One property of one grade, by supplier or by lab.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupView {
    /// `supplier` or `lab`; another word is shown as it is.
    pub by: String,
    /// Whether one fit may hold for all; none where that cannot be told.
    pub pools: Option<bool>,
    /// Why, a fragment such as `significance 0.42 is not below 0.25`.
    pub reason: String,
    /// A row per group, in this order.
    pub rows: Vec<GroupRow>,
}

/// The property in one group alone, on the measured scale.
#[derive(Clone, Debug, PartialEq)]
pub struct GroupRow {
    /// Name of the supplier or lab.
    pub name: String,
    /// Heats.
    pub heats: usize,
    /// Specimens.
    pub specimens: usize,
    /// Fitted mean.
    pub mean: Option<f64>,
    /// Lower B bound.
    pub b_bound: Option<f64>,
    /// Why this group has no bound of its own.
    pub refused: Option<String>,
}

/// One specimen with its curve, what was read off it and what the lab reports.
#[derive(Clone, Debug, PartialEq)]
pub struct SpecimenCurve {
    /// Id of the specimen.
    pub specimen_id: String,
    /// Id of its heat.
    pub heat_id: String,
    /// The curve; thinned to what can be seen when it is drawn.
    pub curve: Curve,
    /// What was read off it.
    pub reduction: Reduction,
    /// What the lab's sheet reports, by column of `tensile_tests`.
    pub reported: BTreeMap<String, f64>,
    /// Where the two do not agree, a sentence each.
    pub compared: Vec<String>,
}
