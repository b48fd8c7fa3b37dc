//! One thing wrong with one cell, row or file.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How bad a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The row (or file) was not taken in.
    Error,
    /// The row was taken in, but somebody should look.
    Warning,
    /// Something was passed over, as told.
    Note,
}

impl Severity {
    /// The word used in messages and in the `findings` table.
    pub fn as_str(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        }
    }
}

/// One thing wrong with one cell, row or file, with where it is and what to do about it.
///
/// `line` and `column` count from 1; `column` is the number of the field in its row, as a
/// spreadsheet counts, and `0` in either means "the whole row" or "the whole file".
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The file as the inbox names it.
    pub file: String,
    /// Line in the file, from 1; 0 for the file as a whole.
    pub line: u64,
    /// Number of the field in its row, from 1; 0 for the row as a whole.
    pub column: u64,
    /// The contract's name of the field, or the header's where no field is mapped.
    pub field: String,
    /// The cell as it stood in the file.
    pub value: String,
    /// The rule that was broken, a stable word such as `number`, `range`, `required`.
    pub rule: String,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, as a lowercase fragment without a full stop.
    pub message: String,
    /// What to do about it; empty when nothing sensible can be said.
    pub hint: String,
    /// The whole row as it stood in the file, so that nothing is lost.
    pub raw_row: String,
}

impl Finding {
    /// A finding about a file as a whole.
    pub fn of_file(file: &str, rule: &str, message: String, hint: &str) -> Finding {
        Finding {
            file: file.to_owned(),
            line: 0,
            column: 0,
            field: String::new(),
            value: String::new(),
            rule: rule.to_owned(),
            severity: Severity::Error,
            message,
            hint: hint.to_owned(),
            raw_row: String::new(),
        }
    }
}

impl fmt::Display for Finding {
    /// `error: FILE:LINE:COLUMN: field NAME: MESSAGE` and, on a line of its own, `hint: …`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.severity.as_str(), self.file)?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
            if self.column > 0 {
                write!(f, ":{}", self.column)?;
            }
        }
        if !self.field.is_empty() {
            write!(f, ": field {}", self.field)?;
        }
        write!(f, ": {} [{}]", self.message, self.rule)?;
        if !self.hint.is_empty() {
            write!(f, "\nhint: {}", self.hint)?;
        }
        Ok(())
    }
}
