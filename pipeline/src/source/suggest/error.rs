//! Why there is nothing to propose.

use crate::source::spreadsheet::SpreadsheetFault;

/// Why no profile can be proposed for a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SuggestError {
    /// There is nothing in it.
    #[error("the file is empty")]
    Empty,
    /// It is neither text nor a workbook.
    #[error("the file is neither text nor a workbook: {reason}")]
    NotText {
        /// The first thing that says so.
        reason: String,
    },
    /// It is a workbook that cannot be read.
    #[error("{0}")]
    Workbook(#[from] SpreadsheetFault),
    /// Its lines are not parted into cells.
    #[error("the file has one column: no tab, semicolon, bar, comma or blank parts its lines")]
    OneColumn,
    /// No row of it is a header with known names.
    #[error("no row is the header of a table of charges, chemistry or tensile tests: {closest}")]
    NoTable {
        /// The row that comes closest, as it reads.
        closest: String,
    },
    /// What was found makes no profile.
    #[error("the proposal is no profile: {}", problems.join("; "))]
    Unsound {
        /// What the check of profiles says, one line each.
        problems: Vec<String>,
    },
}

impl SuggestError {
    /// What to do about it; may be empty.
    pub fn hint(&self) -> &'static str {
        match self {
            SuggestError::Empty => "an export that was cut short? export it again",
            SuggestError::NotText { .. } => {
                "export it as CSV or XLSX; the instrument's own database files are not read"
            }
            SuggestError::Workbook(_) => "save it again as XLSX, without a password",
            SuggestError::OneColumn => "export it with a delimiter, such as a semicolon",
            SuggestError::NoTable { .. } => {
                "copy the shipped profile that is most like it and name the columns by hand"
            }
            SuggestError::Unsound { .. } => "please report it with the header of the file",
        }
    }
}
