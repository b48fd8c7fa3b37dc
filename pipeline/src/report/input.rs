//! Everything a report is made from, gathered by the caller.
//!
//! Scrap ratios are fractions in \[0, 1\]; properties are on the measured scale in the unit of
//! [`Property::unit`]; numbers are as computed, the report alone rounds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::grade_input::{CarbonSheet, GroupView, SpecimenCurve, StreamSheet};
use crate::domain::{Finding, Grade, Property, ScrapDefinition};
use crate::qualify::verdict::{Basis, Status, Verdict};

/// One night's results.
#[derive(Clone, Debug, PartialEq)]
pub struct ReportInput {
    /// Title of the report as the lab wants it; empty for the catalogue's own title.
    pub title: String,
    /// Name of the lab.
    pub lab: String,
    /// When the run was made, RFC 3339; passed in, because a report reads no clock.
    pub generated_at: String,
    /// Id of the run in the lake.
    pub run_id: String,
    /// Version of the program.
    pub program_version: String,
    /// SHA-256 of the settings, hexadecimal.
    pub settings_sha256: String,
    /// Step of the settings to which a maximum scrap ratio is rounded down in words, a fraction; zero
    /// for none.
    pub claim_step: f64,
    /// SHA-256 of the schemas, hexadecimal.
    pub schemas_sha256: String,
    /// Version of every lake table the verdicts were computed from.
    pub table_versions: BTreeMap<String, i64>,
    /// What came in.
    pub totals: Totals,
    /// Every component of the catalogue, in the order of the matrix.
    pub components: Vec<ComponentTitle>,
    /// Every verdict; the report orders them by component and grade.
    pub verdicts: Vec<Verdict>,
    /// One sheet per grade with data; the report orders them by grade.
    pub sheets: Vec<GradeSheet>,
    /// Every finding of the run, in the order of its files and lines.
    pub findings: Vec<Finding>,
    /// What is different from the previous run.
    pub changes: Vec<Change>,
    /// Results that were delivered again with another value, in this order.
    pub corrections: Vec<Correction>,
    /// True when there is no previous run to compare with.
    pub first_run: bool,
}

/// What one run took in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Files in the inbox.
    pub files_seen: u64,
    /// Files that were not in the lake before.
    pub files_new: u64,
    /// Rows taken in.
    pub rows_ok: u64,
    /// Rows set aside with a reason.
    pub rows_rejected: u64,
    /// Findings per rule.
    pub findings: BTreeMap<String, u64>,
}

/// How a component is called on paper.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ComponentTitle {
    /// Its id, as in [`Verdict::component`].
    pub id: String,
    /// Its title in the language of the report.
    pub title: String,
}

/// How a component × grade differs from the previous run.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    /// Id of the component.
    pub component: String,
    /// The grade.
    pub grade: Grade,
    /// Which way it went.
    pub kind: ChangeKind,
    /// How it stood before; none when it was not judged.
    pub before: Option<Standing>,
    /// How it stands now; none when it is no longer judged.
    pub after: Option<Standing>,
    /// Why, one sentence each, the weightiest first: new heats, a changed limit; empty to say nothing.
    pub why: Vec<String>,
}

/// One value that a later delivery has corrected; the old one stays in the lake.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correction {
    /// The table.
    pub table: String,
    /// Key of the row, its parts joined by commas.
    pub key: String,
    /// The column.
    pub column: String,
    /// What it said before; empty for missing.
    pub before: String,
    /// What it says now; empty for missing.
    pub after: String,
    /// Revision of the row.
    pub revision: i64,
}

/// Which way a verdict went, worst news first: the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// Qualified before, not any more.
    Lost,
    /// Still qualified, to a lower scrap ratio.
    Lowered,
    /// Another status, neither gained nor lost.
    Status,
    /// Still qualified, to a higher scrap ratio.
    Raised,
    /// Qualified for the first time.
    New,
}

impl ChangeKind {
    /// Its word in `summary.json` and on the terminal.
    pub fn as_str(self) -> &'static str {
        match self {
            ChangeKind::Lost => "lost",
            ChangeKind::Lowered => "lowered",
            ChangeKind::Status => "status",
            ChangeKind::Raised => "raised",
            ChangeKind::New => "new",
        }
    }
}

/// A verdict in short.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// The answer.
    pub status: Status,
    /// Upper end of the qualified window, a fraction.
    pub max_scrap_ratio: Option<f64>,
}

/// Everything shown on the page of one grade besides its verdicts.
#[derive(Clone, Debug, PartialEq)]
pub struct GradeSheet {
    /// The grade.
    pub grade: Grade,
    /// Which scrap ratio is on the horizontal axis; none when the grade has no charge records.
    pub scrap_definition: Option<ScrapDefinition>,
    /// One chart each, in this order.
    pub properties: Vec<PropertySheet>,
    /// The heats behind them, in this order.
    pub heats: Vec<HeatRow>,
    /// Carbon against scrap ratio; none where nothing was computed.
    pub carbon: Option<CarbonSheet>,
    /// Which streams the metal came from; none where nothing was computed.
    pub streams: Option<StreamSheet>,
    /// Specimens whose stress–strain curve is shown, a page each, in this order. The caller limits how many.
    pub curves: Vec<SpecimenCurve>,
}

/// One property of one grade at one test temperature: the data, the fit and the limits.
#[derive(Clone, Debug, PartialEq)]
pub struct PropertySheet {
    /// The property.
    pub property: Property,
    /// Test temperature as text, for example `10–35 °C`; empty to show none.
    pub test_temp_c: String,
    /// Name of the model, for example `linear`; none when nothing was fitted.
    pub model: Option<String>,
    /// Why no model was accepted.
    pub refused: Option<String>,
    /// Every specimen.
    pub specimens: Vec<SpecimenPoint>,
    /// Every heat. A grade without charge records is drawn by the position of its heats in this list.
    pub heat_means: Vec<HeatMean>,
    /// Fit and bounds, by rising scrap ratio. Without charge records the first point alone is used
    /// and drawn across the chart, whatever its `x`.
    pub curve: Vec<CurvePoint>,
    /// The limits of every component that fits the grade.
    pub limits: Vec<LimitLine>,
    /// Lower and upper end of the qualified window of the grade's best claim.
    pub window: Option<[f64; 2]>,
    /// Lowest and highest observed scrap ratio.
    pub observed: Option<[f64; 2]>,
    /// What +10 percentage points of scrap do; none without a slope.
    pub effect_per_10pct: Option<Effect>,
    /// Why this model; empty to say nothing.
    pub model_reason: String,
    /// The tests of the fit's assumptions.
    pub checks: Vec<CheckLine>,
    /// Which elements carry the effect of scrap.
    pub carriers: Option<Carriers>,
    /// Why composition says nothing.
    pub carriers_refused: Option<String>,
    /// Standard deviation between heats on the modelling scale: MPa, or of the natural logarithm,
    /// which the report shows as percent of the value.
    pub sigma_between: Option<f64>,
    /// Standard deviation within a heat, on the same scale.
    pub sigma_within: Option<f64>,
    /// σ²(between) / (σ²(between) + σ²(within)), in \[0, 1\].
    pub heat_variance_share: Option<f64>,
    /// The same property by supplier and by lab, a table each, in this order.
    pub groups: Vec<GroupView>,
}

/// One test of a fit's assumptions.
#[derive(Clone, Debug, PartialEq)]
pub struct CheckLine {
    /// Its name, words joined by underscores.
    pub test: String,
    /// `pass`, `fail` or `skipped`.
    pub outcome: String,
    /// Why, in a few words.
    pub reason: String,
    /// Who overruled a failed one, and why.
    pub overruled: Option<(String, String)>,
}

/// A number with its interval, on the modelling scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range {
    /// Best estimate.
    pub estimate: f64,
    /// Lower end; none where there are too few heats for an interval.
    pub low: Option<f64>,
    /// Upper end.
    pub high: Option<f64>,
}

/// Which elements carry the effect of scrap.
#[derive(Clone, Debug, PartialEq)]
pub struct Carriers {
    /// Heats with a composition.
    pub heats: usize,
    /// Elements by rank.
    pub elements: Vec<Carrier>,
    /// Total effect of +10 % scrap, the part that composition carries, and the rest.
    pub scrap: Option<[Range; 3]>,
    /// Models with the error of their cross-validation and its standard error.
    pub scores: Vec<(String, f64, f64)>,
    /// What a reader must know, such as a nonlinear effect or too few heats for intervals.
    pub remarks: Vec<String>,
    /// Columns left out, each with its reason.
    pub dropped: Vec<(String, String)>,
    /// Confidence of the intervals.
    pub confidence: f64,
}

/// The effect of one element, the others and the scrap ratio held.
#[derive(Clone, Debug, PartialEq)]
pub struct Carrier {
    /// Its symbol.
    pub name: String,
    /// Standard deviation over heats, wt%.
    pub sd: f64,
    /// Change of the property per standard deviation.
    pub per_sd: Range,
    /// Change of the property per +10 % scrap by way of this element.
    pub per_10pct_scrap: Option<Range>,
}

/// The effect of +10 percentage points of scrap on the modelling scale.
///
/// In the property's unit where it is modelled as measured. Where it is modelled on its natural
/// logarithm the report shows exp(estimate) − 1 as percent of the value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Best estimate.
    pub estimate: f64,
    /// Lower end of its interval.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One specimen of a chart.
#[derive(Clone, Debug, PartialEq)]
pub struct SpecimenPoint {
    /// Id of the specimen.
    pub specimen_id: String,
    /// Id of its heat.
    pub heat_id: String,
    /// Scrap ratio of the heat; none without charge records.
    pub x: Option<f64>,
    /// The measured value.
    pub y: f64,
}

/// The mean of one heat.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatMean {
    /// Id of the heat.
    pub heat_id: String,
    /// Its scrap ratio; none without charge records.
    pub x: Option<f64>,
    /// Mean of its specimens.
    pub y: f64,
    /// How many specimens.
    pub n: usize,
}

/// Fit and bounds at one scrap ratio.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    /// Scrap ratio.
    pub x: f64,
    /// Fitted value.
    pub estimate: f64,
    /// Lower B bound: 90 % of specimens with 95 % confidence.
    pub b_bound: Option<f64>,
    /// Lower A bound: 99 % of specimens with 95 % confidence.
    pub a_bound: Option<f64>,
}

/// The limit one component sets.
#[derive(Clone, Debug, PartialEq)]
pub struct LimitLine {
    /// Id of the component.
    pub component: String,
    /// The limit, in the property's unit.
    pub limit: f64,
    /// Which number is compared with it.
    pub basis: Basis,
    /// True for a lower limit, false for an upper one.
    pub at_least: bool,
}

/// One row of the heats table.
#[derive(Clone, Debug, PartialEq)]
pub struct HeatRow {
    /// Id of the heat.
    pub heat_id: String,
    /// Its scrap ratio; none without charge records.
    pub scrap_ratio: Option<f64>,
    /// How many specimens.
    pub specimens: usize,
    /// Means by column name: `rm_mpa`, `rp02_mpa`, `a_pct`, `fe_wt_pct` …; a missing key is an empty cell.
    pub means: BTreeMap<String, f64>,
}
