//! Verdicts → pages and files that people and programs read, and the only room that rounds.
//!
//! In: a [`ReportInput`] that the caller fills from the lake, the fits and the verdicts. Out: a list
//! of relative paths with their bytes; nothing here touches a disk or a clock, so the same input
//! gives the same bytes. The site is `index.html` (what changed, the matrix grade × component, the
//! night's data), one page per grade under `grades/` with charts and requirements, one per specimen
//! with a curve under `specimens/`, and beside them `verdicts.json`, `summary.json` and
//! `findings.csv`. Pages carry their style, script and charts inside themselves and load nothing.
//! Every sentence comes from the catalogue in `text`.

mod carbon;
mod chart;
mod curve_panel;
mod curve_picture;
mod drawing;
mod error;
mod evidence;
mod grade;
mod grade_input;
mod groups;
mod index;
mod input;
mod labels;
mod matrix;
mod numbers;
mod page;
mod paint;
mod requirement;
#[cfg(test)]
mod sample;
mod site;
mod specimen;
mod streams;
mod tables;
mod template;
mod text;
mod text_panels;
mod text_verdict;
mod verdict_box;
mod wording;

pub use curve_picture::{CurvePicture, curve_svg};
pub use error::ReportError;
pub use grade_input::{
    CarbonSheet, GroupRow, GroupView, SpecimenCurve, StreamElement, StreamLine, StreamRow,
    StreamSheet,
};
pub use input::{
    Carrier, Carriers, Change, ChangeKind, CheckLine, ComponentTitle, Correction, CurvePoint,
    Effect, GradeSheet, HeatMean, HeatRow, LimitLine, PropertySheet, Range, ReportInput,
    SpecimenPoint, Standing, Totals,
};
pub use site::build;
pub use tables::VerdictsFile;
pub use template::{csv_template, xlsx_template};
