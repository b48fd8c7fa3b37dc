//! The six layouts: what the body of a file looks like, and how its rows become rows of contracts.

mod blocks;
mod curve;
mod element_rows;
mod readings;
mod table;
mod text_lines;
mod wide_chemistry;

use super::job::Job;
use super::profile::Layout;
use super::read::SourceFile;
use super::stream::RowStream;
use crate::domain::Finding;

pub(super) use blocks::read_points;
pub use curve::CurveFile;
pub(super) use table::{RowPlan, no_rows};

/// Reads the rows of a text or a sheet in the layout of the profile.
///
/// # Errors
/// A finding about the file as a whole when it cannot be understood.
pub(super) fn read(
    job: &Job<'_>,
    rows: &mut RowStream<'_>,
    file: &mut SourceFile,
) -> Result<(), Box<Finding>> {
    match job.profile.layout {
        Layout::Table => table::read(job, rows, file),
        Layout::WideChemistry => wide_chemistry::read(job, rows, file),
        Layout::ElementRows => element_rows::read(job, rows, file),
        Layout::Curve => curve::read(job, rows, file),
        Layout::Blocks => blocks::read(job, rows, file),
        Layout::TextLines => text_lines::read(job, rows, file),
    }
}
