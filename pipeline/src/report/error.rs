//! What can go wrong while a report is made.

use thiserror::Error;

/// A report that could not be made, with the page or file it stopped at.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ReportError {
    /// Two grades would be written to one page, because their names differ in letter case only or not at all.
    #[error("grades `{first}` and `{second}` would share the page {path}")]
    SharedPage {
        /// The grade that came first.
        first: String,
        /// The grade that came second.
        second: String,
        /// The page both want.
        path: String,
    },
    /// A page could not be filled in; a fault of the program, not of the data.
    #[error("page {page}: {reason}")]
    Page {
        /// Relative path of the page.
        page: String,
        /// What the template engine said.
        reason: String,
    },
    /// A chart could not be drawn; a fault of the program, not of the data.
    #[error("chart of {property} for grade `{grade}`: {reason}")]
    Chart {
        /// The grade.
        grade: String,
        /// Column of the property.
        property: String,
        /// What the drawing library said.
        reason: String,
    },
    /// A stress–strain curve could not be drawn; a fault of the program, not of the data.
    #[error("curve of specimen `{specimen}`: {reason}")]
    Curve {
        /// The specimen.
        specimen: String,
        /// What the drawing library said.
        reason: String,
    },
    /// A table could not be written as text; a fault of the program, not of the data.
    #[error("file {file}: {reason}")]
    Table {
        /// Relative path of the file.
        file: String,
        /// What the writer said.
        reason: String,
    },
}
