//! One file per command: each takes the parsed command line, calls the rooms in order and hands what
//! comes out to the console. No arithmetic happens here.

mod carriers;
mod catalogue_of;
mod check;
mod demo;
mod describe;
mod finding_rows;
mod fit;
mod fit_checks;
mod grouping;
mod history;
mod inbox;
mod ingest;
mod init;
mod lab;
mod large_file;
mod ledger;
mod publish;
mod qualify;
mod reduce;
mod report;
mod sql;
mod statistics;
mod suggest;
mod synth;
mod table_file;
mod template;

pub use check::check;
pub use demo::demo;
pub use describe::describe;
pub use fit::{FitResult, fit};
pub use fit_checks::CheckedAssumption;
pub use history::history;
pub use ingest::{IngestResult, ingest};
pub use init::init;
pub use lab::{Moment, OpenLab};
pub use publish::publish;
pub use qualify::{QualifyResult, qualify};
pub use reduce::reduce;
pub use report::report;
pub use sql::sql;
pub use statistics::{BasisRequest, RegressRequest, basis, regress};
pub use suggest::suggest;
pub use synth::{Size, synth};
pub use template::template;
