//! The command line: clap types only.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use crate::console::Format;

/// Which recycled-aluminium grades qualify for which car components, up to which scrap ratio.
#[derive(Debug, Parser)]
#[command(name = "regrade", version, max_term_width = 100, after_help = EXIT_CODES)]
pub struct Cli {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// How data is printed.
    #[arg(long, global = true, value_enum, default_value_t)]
    pub format: Format,
    /// Print data and errors only.
    #[arg(long, short, global = true)]
    pub quiet: bool,
    /// No progress bars, one line per stage.
    #[arg(long, global = true)]
    pub no_progress: bool,
    /// Take this as the present moment (RFC 3339): same inputs, same bytes.
    #[arg(long, global = true, value_name = "TIME")]
    pub now: Option<String>,
}

const EXIT_CODES: &str = "Exit codes: 0 done · 1 bug or IO · 2 usage or settings · 3 done, but rows were quarantined · \
4 nothing to do · 5 a model was refused · 6 a grade that qualified before no longer does";

/// The settings of a lab.
#[derive(Debug, Args)]
pub struct Lab {
    /// Settings of the lab.
    #[arg(long, value_name = "FILE", default_value = "lab.toml")]
    pub config: PathBuf,
    /// Put lake, report and published snapshot below this folder instead of where the settings say.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a synthetic lab, run the whole pipeline on it and print where the report is.
    Demo {
        /// Folder for the lab and its results.
        #[arg(long, value_name = "DIR", default_value = "regrade-demo")]
        out: PathBuf,
    },
    /// Write lab.toml and the folders for a new lab.
    Init {
        /// The folder.
        #[arg(default_value = ".")]
        dir: PathBuf,
    },
    /// The nightly job: ingest, heats, fit, qualify, report, publish.
    Run(Lab),
    /// Take new files of the inboxes into the lake.
    Ingest(Lab),
    /// Compute heats and fit strength on scrap ratio.
    Fit(Lab),
    /// Fit, and judge every grade for every component.
    Qualify(Lab),
    /// Write the report of the newest verdicts.
    Report(Lab),
    /// Compute every verdict of a report again from the lake as it was, and show the first difference.
    Verify {
        /// Folder of the report; the lab's own when left out.
        report: Option<PathBuf>,
        /// The lab.
        #[command(flatten)]
        lab: Lab,
    },
    /// Replace the published snapshot: plain Parquet with units, and a data package.
    Publish(Lab),
    /// Dry run: what would be ingested and what is wrong; writes nothing.
    Check {
        /// Files to look at.
        #[arg(required = true, value_name = "FILE")]
        files: Vec<PathBuf>,
        /// Id of the profile; told from the file when left out.
        #[arg(long)]
        profile: Option<String>,
        /// The lab whose own profiles count too.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
        /// Propose a profile for a file that none fits, as TOML to be saved in schemas/sources.
        #[arg(long, conflicts_with = "profile")]
        suggest: bool,
    },
    /// Read Rm, Rp0.2, A, Ag, Agt and the slope off stress-strain curves.
    Reduce {
        /// Curve files.
        #[arg(required = true, value_name = "CURVE")]
        files: Vec<PathBuf>,
        /// Id of the profile; told from the file when left out.
        #[arg(long)]
        profile: Option<String>,
        /// Cross-section in mm², for curves that hold force.
        #[arg(long, value_name = "MM2")]
        area: Option<f64>,
        /// Gauge length in mm, for curves that hold extension.
        #[arg(long, value_name = "MM")]
        gauge: Option<f64>,
        /// Draw every curve with its lines and marks into this folder, as SVG.
        #[arg(long, value_name = "DIR")]
        plot: Option<PathBuf>,
        /// The lab whose own profiles count too.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Least squares with standard errors and honest rank.
    Regress {
        /// CSV, Parquet, or the name of a lake table.
        file: String,
        /// Column to explain.
        #[arg(long, value_name = "COL")]
        y: String,
        /// Columns that explain it, separated by commas.
        #[arg(long, value_name = "COL[,COL]", value_delimiter = ',', required = true)]
        x: Vec<String>,
        /// Degree of the polynomial in a single x.
        #[arg(long, default_value_t = 1)]
        degree: usize,
        /// Fit through the origin.
        #[arg(long)]
        no_intercept: bool,
        /// Column of the heat: the fit becomes the random-heat regression.
        #[arg(long, value_name = "COL")]
        group: Option<String>,
        /// The lab whose lake tables can be named.
        #[command(flatten)]
        lab: Lab,
    },
    /// Tolerance bounds (A and B basis values) that know specimens of one heat resemble each other.
    Basis {
        /// CSV, Parquet, or the name of a lake table.
        file: String,
        /// Column of the measured property.
        #[arg(long, value_name = "COL")]
        y: String,
        /// Column of the covariate.
        #[arg(long, value_name = "COL")]
        x: Option<String>,
        /// Degree of the polynomial in x.
        #[arg(long, default_value_t = 1)]
        degree: usize,
        /// Values of x at which to give bounds.
        #[arg(long, value_name = "V,…", value_delimiter = ',')]
        at: Vec<f64>,
        /// Column of the heat.
        #[arg(long, value_name = "COL")]
        group: Option<String>,
        /// Columns whose values split the file into separate answers.
        #[arg(long, value_name = "COL,…", value_delimiter = ',')]
        by: Vec<String>,
        /// auto, normal, lognormal, weibull, hanson-koopmans, nonparametric, anova, regression or
        /// random-heats.
        #[arg(long, default_value = "auto")]
        method: String,
        /// Side that the bound guards: lower for strengths, upper for iron or scatter.
        #[arg(long, value_name = "SIDE", default_value = "lower", value_parser = ["lower", "upper"])]
        side: String,
        /// Lower specification limit: adds Cpk with its lower confidence bound.
        #[arg(long, value_name = "V", allow_negative_numbers = true)]
        lower_limit: Option<f64>,
        /// Upper specification limit, likewise.
        #[arg(long, value_name = "V", allow_negative_numbers = true)]
        upper_limit: Option<f64>,
        /// Share of specimens on the good side of the bound; both A and B when left out.
        #[arg(long)]
        content: Option<f64>,
        /// Confidence of the bound; the settings' when left out.
        #[arg(long)]
        confidence: Option<f64>,
        /// The lab whose lake tables can be named.
        #[command(flatten)]
        lab: Lab,
    },
    /// Query the lake's tables in SQL.
    Sql {
        /// The query.
        query: String,
        /// Look at the lake as it was at this version of every table, or at this moment (RFC 3339).
        #[arg(long, value_name = "VERSION|TIMESTAMP")]
        as_of: Option<String>,
        /// Show every revision of a corrected row, not the newest only.
        #[arg(long)]
        all_revisions: bool,
        /// The lab.
        #[command(flatten)]
        lab: Lab,
    },
    /// The data dictionary: columns, units, ranges, keys.
    Describe {
        /// A table; all tables when left out.
        table: Option<String>,
    },
    /// Write an empty CSV and XLSX of a table to fill in, with units and allowed values.
    Template {
        /// The table: charge_lines, oes_burns, tensile_tests or evidence.
        table: String,
        /// Folder to write them to.
        #[arg(long, value_name = "DIR", default_value = ".")]
        out: PathBuf,
    },
    /// Grades and components with their limits, sources and status.
    Catalogue {
        /// Id or another name of one of them; all in a row each when left out.
        id: Option<String>,
        /// Settings of a lab whose own catalogue lies over the shipped one.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Past runs and table versions.
    History(Lab),
    /// Write the synthetic lab alone, with its planted truth.
    Synth {
        /// Folder to write it to.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
        /// Heats per grade.
        #[arg(long, default_value_t = 40)]
        heats: usize,
        /// Specimens per heat.
        #[arg(long, default_value_t = 5)]
        specimens: usize,
        /// Seed of every random number.
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Spoil the files in every way that real ones are; faults.json lists what must be found.
        #[arg(long)]
        faults: bool,
    },
}
