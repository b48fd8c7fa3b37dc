//! What a proposal holds before it is written.

use std::collections::BTreeMap;

use super::dates::Dates;
use crate::source::Layout;

/// One column or key of the file that became a field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Matched {
    /// The contract's field, or the element's symbol.
    pub field: String,
    /// The header as the file has it.
    pub header: String,
    /// The known name that it was recognised by.
    pub alias: String,
    /// The unit, as the file or the contract writes it; empty for a field without one.
    pub unit: String,
    /// Where the unit stands.
    pub unit_from: &'static str,
    /// A value of the file.
    pub sample: String,
}

/// One column or key of the file that became none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leftover {
    /// The header as the file has it.
    pub header: String,
    /// Its column, from 1; 0 for a key of the head.
    pub column: usize,
    /// A value of the file.
    pub sample: String,
    /// Why it is left over; empty where its name is simply not known.
    pub reason: String,
}

/// Where a unit was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum UnitFrom {
    /// The field has none, or is a count.
    None,
    /// In the header, behind the name.
    Header(String),
    /// In the row below the header, or in a cell beside the value.
    Beside(String),
    /// In the contract's own name, `rm_mpa`.
    Name(String),
    /// Nowhere: the contract's.
    Assumed(String),
}

impl UnitFrom {
    /// The unit word, and where it stands.
    pub fn words(&self) -> (&str, &'static str) {
        match self {
            UnitFrom::None => ("", ""),
            UnitFrom::Header(word) => (word, "header"),
            UnitFrom::Beside(word) => (word, "units row"),
            UnitFrom::Name(word) => (word, "name"),
            UnitFrom::Assumed(word) => (word, "assumed"),
        }
    }
}

/// One field and the column or key that gives it.
#[derive(Clone, Debug)]
pub(super) struct FieldDraft {
    /// Position of the column, from 0.
    pub position: usize,
    /// Line of the key, from 1; 0 for a column.
    pub line: u64,
    /// The header as it stands.
    pub header: String,
    /// The name that the profile lists.
    pub name: String,
    /// The field.
    pub field: String,
    /// The known name.
    pub alias: String,
    /// Its unit.
    pub unit: UnitFrom,
    /// Whether the profile must state the unit although the header has one.
    pub unit_is_written: bool,
    /// Whether a key stands above its value rather than left of it.
    pub below: bool,
    /// Whether a bracket that is no unit stands behind the known name.
    pub is_vague: bool,
    /// What the data says.
    pub fit: Fit,
    /// Further remarks.
    pub remarks: Vec<String>,
    /// Whether the name says which elongation it is.
    pub implied: Option<(String, String)>,
}

impl FieldDraft {
    /// How sure the mapping is: a stated unit, then the better-known name.
    pub fn rank(&self) -> usize {
        match self.unit {
            UnitFrom::Assumed(_) => 0,
            _ => 1,
        }
    }
}

/// What the cells of a column say about a field.
#[derive(Clone, Debug, Default)]
pub(super) struct Fit {
    /// Cells that hold something.
    pub filled: usize,
    /// The first of them.
    pub sample: String,
    /// Values beyond the contract's range.
    pub out_of_range: usize,
    /// Cells that cannot be read, as they stand.
    pub odd: Vec<String>,
    /// Words of the file and the contract's, where known.
    pub words: BTreeMap<String, Option<String>>,
    /// How dates are written.
    pub dates: Option<Dates>,
}

/// The whole proposal.
#[derive(Clone, Debug)]
pub(super) struct Draft {
    /// What the body looks like.
    pub layout: Layout,
    /// The table.
    pub table: String,
    /// Row of the header in its grid, from 0.
    pub at: usize,
    /// Rows that the header takes.
    pub rows: usize,
    /// Rows of units below it, 0 or 1.
    pub units_row: usize,
    /// Line of the header, from 1; 0 without one.
    pub line: u64,
    /// Columns that are read, where a repetition follows further right.
    pub limit: Option<usize>,
    /// Columns that are fields.
    pub columns: Vec<FieldDraft>,
    /// Keys above the table that are fields.
    pub heads: Vec<FieldDraft>,
    /// Columns and keys that are none.
    pub leftovers: Vec<Leftover>,
    /// Elements.
    pub elements: Option<ElementsDraft>,
    /// First words of rows that are no data; whether they are means.
    pub skipped: Vec<(String, bool)>,
    /// How good it is.
    pub score: usize,
}

/// How elements are written.
#[derive(Clone, Debug, Default)]
pub(super) struct ElementsDraft {
    /// Header or word, symbol, unit and sample of each.
    pub found: Vec<(usize, String, String, UnitFrom, String)>,
    /// Header of the column that numbers the burns.
    pub burn: Option<String>,
    /// Header of the column of elements.
    pub element: Option<String>,
    /// Headers of the readings.
    pub replicates: Vec<String>,
    /// Unit for all that state none, and a remark.
    pub unit: Option<(String, String)>,
    /// Names that only the shared aliases know.
    pub names: BTreeMap<String, String>,
    /// Signs behind the numbers.
    pub flags: Vec<String>,
}

impl Draft {
    /// Every field that a column or a key gives.
    pub fn gives(&self, field: &str) -> bool {
        self.columns
            .iter()
            .chain(&self.heads)
            .any(|draft| draft.field == field)
    }
}
