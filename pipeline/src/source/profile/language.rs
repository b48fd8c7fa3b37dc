//! The profile language as data: every key, what it takes and what it means.
//!
//! One table serves the check of a profile's shape (`document`), with every problem and its place, and
//! the JSON Schema that editors use (`json_schema`). What the keys have to do with each other is checked
//! in `check`.

/// One key of a table.
pub(super) struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub shape: Shape,
    /// Whether a profile makes no sense without it.
    pub required: bool,
    /// What it means.
    pub help: &'static str,
}

/// What a key takes.
pub(super) enum Shape {
    /// A text.
    Text,
    /// A regular expression.
    Regex,
    /// One of a few words.
    Word(&'static [&'static str]),
    /// true or false.
    Truth,
    /// A whole number from … to ….
    Count(i64, i64),
    /// A text or a whole number.
    TextOrCount,
    /// A text or a list of texts.
    TextOrTexts,
    /// A list of texts.
    Texts,
    /// Any key = a text, a number or a truth value.
    Scalars,
    /// Any key = a text.
    TextMap,
    /// Any key = a table of texts.
    TextMaps,
    /// A table with these keys.
    Table(&'static [Key]),
    /// A list of such tables, each under `[[…]]`.
    Tables(&'static [Key]),
}

const fn required(name: &'static str, shape: Shape, help: &'static str) -> Key {
    Key {
        name,
        shape,
        required: true,
        help,
    }
}

const fn optional(name: &'static str, shape: Shape, help: &'static str) -> Key {
    Key {
        name,
        shape,
        required: false,
        help,
    }
}

/// The words of `layout`.
pub(super) const LAYOUTS: &[&str] = &[
    "table",
    "wide_chemistry",
    "element_rows",
    "curve",
    "blocks",
    "text_lines",
];

/// The whole language.
pub(super) const PROFILE: &[Key] = &[
    required(
        "id",
        Shape::Text,
        "Short name, unique among all profiles; settings and findings use it.",
    ),
    required("title", Shape::Text, "Name for people."),
    required(
        "table",
        Shape::Text,
        "The contract's table that the rows belong to, for example tensile_tests, oes_burns or tensile_curves.",
    ),
    required(
        "layout",
        Shape::Word(LAYOUTS),
        "What the body looks like: `table` a header and rows; `wide_chemistry` one burn a row, elements as columns; `element_rows` one element a row, repeated readings as columns; `curve` the points of one specimen; `blocks` several specimens below or beside each other; `text_lines` lines such as `Si  10.23`.",
    ),
    optional(
        "on_error",
        Shape::Word(&["quarantine", "reject_file"]),
        "What a bad row costs: itself (`quarantine`, the default) or the whole file (`reject_file`).",
    ),
    optional(
        "aliases",
        Shape::Truth,
        "Whether the names of schemas/aliases.toml are known on top of `[[column]]`; false when not given.",
    ),
    required(
        "match",
        Shape::Table(MATCH),
        "Which files the profile is for.",
    ),
    optional(
        "format",
        Shape::Table(FORMAT),
        "How characters, cells and numbers are written; what is not given is told from the file.",
    ),
    optional(
        "header",
        Shape::Table(HEADER),
        "Where the header is; without it, the first row that is not blank.",
    ),
    optional(
        "head",
        Shape::Tables(HEAD),
        "A value of the block of keys and values above the table.",
    ),
    optional(
        "column",
        Shape::Tables(COLUMN),
        "The names that a field has in the header.",
    ),
    optional(
        "constants",
        Shape::Scalars,
        "Fields that are the same in every row, in the contract's unit.",
    ),
    optional(
        "values",
        Shape::TextMaps,
        "Translations: `[values.FIELD]` with `\"word in the file\" = \"word of the contract\"`.",
    ),
    optional(
        "skip_rows",
        Shape::Tables(SKIP_ROWS),
        "Rows that are no data, such as means and standard deviations.",
    ),
    optional(
        "elements",
        Shape::Table(ELEMENTS),
        "How the chemistry layouts name elements and their unit.",
    ),
    optional(
        "blocks",
        Shape::Table(BLOCKS),
        "How the blocks of the layout `blocks` are told apart.",
    ),
];

const MATCH: &[Key] = &[
    required(
        "file_name",
        Shape::Regex,
        "Pattern of the bare file name; its named groups `(?<heat_id>…)` are fields.",
    ),
    optional(
        "folder",
        Shape::Regex,
        "Pattern of the folder below the inbox; its named groups are fields.",
    ),
    optional(
        "head",
        Shape::Texts,
        "Words that must all occur in the first 80 lines, compared folded. Of several profiles that fit, the one with the most words wins.",
    ),
];

const FORMAT: &[Key] = &[
    optional(
        "encoding",
        Shape::Text,
        "WHATWG name such as utf-8, gb18030, shift_jis, windows-1252, utf-16le; `auto` (the default) tells it from the bytes. A byte order mark wins.",
    ),
    optional(
        "delimiter",
        Shape::Text,
        "One ASCII character, `tab`, `whitespace` (any run of blanks) or `auto` (the default).",
    ),
    optional(
        "decimal",
        Shape::Word(&[".", ",", "auto"]),
        "Decimal sign; `auto` (the default) tells it from the numbers.",
    ),
    optional(
        "thousands",
        Shape::Text,
        "Thousands separator, one character; none when not given, and never guessed.",
    ),
    optional(
        "quote",
        Shape::Text,
        "What a cell may be wrapped in: one ASCII character, \"\" for nothing; a double quote when not given.",
    ),
    optional(
        "sheet",
        Shape::TextOrCount,
        "Sheet of a workbook: its name, `/regex/` (every sheet that matches; named groups are fields), its number from 1, or `auto` (the default: the first whose head matches).",
    ),
    optional("missing", Shape::Texts, "Cells that mean \"no value\"."),
    optional(
        "flags",
        Shape::Texts,
        "Signs such as ! * ↑ ↓ that may stand around a number and are dropped.",
    ),
    optional(
        "dates",
        Shape::Texts,
        "Date formats besides ISO, as in %d.%m.%Y.",
    ),
    optional(
        "date_order",
        Shape::Word(&["dmy", "mdy", "ymd"]),
        "Order of day and month where a date such as 03/04/2026 does not tell; without it such a date is a finding.",
    ),
];

const HEADER: &[Key] = &[
    optional(
        "find",
        Shape::Texts,
        "Words that the header must hold, its first row at least one of them; it is looked for in the first `within` rows.",
    ),
    optional(
        "line",
        Shape::Count(1, 1_000_000),
        "Line of the header, from 1, where it is always the same.",
    ),
    optional(
        "rows",
        Shape::Count(1, 4),
        "Rows that the header takes, 1 when not given; merged cells are filled.",
    ),
    optional(
        "units_row",
        Shape::Count(0, 3),
        "Which row below the header holds units, 0 for none; when not given, the next row is taken as units if every cell of it is one.",
    ),
    optional(
        "within",
        Shape::Count(1, 100_000),
        "Rows in which `find` looks, 80 when not given.",
    ),
    optional(
        "columns",
        Shape::Count(1, 16_384),
        "Only the first so many columns are read; what stands right of them is somebody's notes.",
    ),
];

const HEAD: &[Key] = &[
    required(
        "key",
        Shape::TextOrTexts,
        "Texts of the key cell, compared folded; `Section : Name` may be given whole or by its last part.",
    ),
    required(
        "field",
        Shape::Text,
        "The contract's field; `width_mm` and `diameter_mm` may be given as well and give the area.",
    ),
    optional("unit", Shape::Text, "Its unit where the file states none."),
    optional(
        "place",
        Shape::Word(&["right", "below"]),
        "Where the value is from the key: the next filled cell to the `right` (the default) or `below`; a cell that is a unit is passed over and counts.",
    ),
    optional(
        "pattern",
        Shape::Regex,
        "The part of the cell that is the value: the group `value`, or the whole match.",
    ),
    optional(
        "sheet",
        Shape::TextOrCount,
        "The sheet of the workbook where the key is, when it is another than the table's.",
    ),
];

const COLUMN: &[Key] = &[
    required("field", Shape::Text, "The contract's field."),
    required(
        "names",
        Shape::Texts,
        "Header texts that mean it, compared folded and without their unit. A name may stand under two fields when the unit tells which it is.",
    ),
    optional(
        "unit",
        Shape::Text,
        "Its unit where neither the header nor a units row states one.",
    ),
    optional(
        "first_of",
        Shape::Truth,
        "When several columns have one of the names, take the one whose name comes first here; without it that is an error.",
    ),
];

const SKIP_ROWS: &[Key] = &[
    required(
        "pattern",
        Shape::Regex,
        "Pattern of the row's first filled cell, or of its burn column.",
    ),
    optional(
        "checked",
        Shape::Truth,
        "The row holds means: they are compared with the mean of the burns read before it.",
    ),
];

const ELEMENTS: &[Key] = &[
    optional(
        "unit",
        Shape::Text,
        "Unit of the readings where neither the header nor the cell states one.",
    ),
    optional(
        "units",
        Shape::TextMap,
        "The same for single elements, as `B = \"mg/kg\"`.",
    ),
    optional(
        "names",
        Shape::TextMap,
        "Elements by other names, as `\"Silizium\" = \"Si\"`.",
    ),
    optional(
        "burn",
        Shape::Texts,
        "Names of the column that holds the number of the burn; without one, burns of a sample are counted.",
    ),
    optional(
        "element",
        Shape::Texts,
        "`element_rows`: names of the column that holds the element.",
    ),
    optional(
        "replicates",
        Shape::TextOrTexts,
        "`element_rows`: names of the columns of repeated readings, or one `/regex/` for all.",
    ),
];

const BLOCKS: &[Key] = &[
    optional(
        "start",
        Shape::Regex,
        "Blocks one below the other: pattern of the first filled cell of a block's first row; its named groups are fields.",
    ),
    optional(
        "width",
        Shape::Count(1, 1000),
        "Blocks side by side: columns of each, blank ones included.",
    ),
    optional(
        "repeat",
        Shape::Truth,
        "Blocks side by side: each begins where the header's first name is repeated.",
    ),
    optional(
        "title",
        Shape::Regex,
        "Pattern of a cell of the block above its header; its named groups are fields.",
    ),
];
