//! Bytes → rows and findings, as a profile says.
//!
//! In: the bytes of one file, its name and a [`Profile`]. Out: [`SourceFile`]: rows under their
//! contracts and every finding, in file order. What can go wrong never stops the reading of the rest:
//! a bad cell costs its row, a file that cannot be understood at all gives findings and no rows.

mod cell;
mod cells;
mod cutter;
mod date;
mod decode;
mod delimited;
mod elements;
mod fold;
mod grid;
mod head;
mod header;
mod identifier;
mod job;
mod judged;
mod keys;
mod layouts;
mod limits;
mod lines;
mod number;
mod open;
mod ordered;
mod piece_keys;
mod pieces;
mod plain_points;
mod plain_rows;
mod plausibility;
mod profile;
mod read;
mod row_rules;
mod set_rules;
mod spreadsheet;
mod stream;
mod suggest;
mod unmatched;

#[cfg(test)]
mod tests;

pub use decode::{DecodeFault, Decoded, decode};
pub use delimited::{Delimiter, Dialect, Reader, grid_of_text, sniff_decimal, sniff_delimiter};
pub use fold::fold;
pub use grid::{Grid, GridCell, GridRow, Merged, RowFault};
pub use layouts::CurveFile;
pub use limits::{IngestSettings, Limits};
pub use number::parse_decimal;
pub use pieces::{Piece, StreamEnd, can_stream, stream};
pub use plausibility::{AlloyNames, PlausibilityLimits};
pub use profile::{Layout, Profile, Profiles, profile_json_schema};
pub use read::{Reading, SourceFile, read, read_curve};
pub use row_rules::swapped_si_fe;
pub use spreadsheet::{SpreadsheetFault, is_workbook, sheets_of};
pub use suggest::{Leftover, Matched, SuggestError, Suggestion, suggest};
pub use unmatched::unmatched;
