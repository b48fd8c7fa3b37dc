//! What can be wrong with a catalogue text, with its place.

use crate::domain::Finding;

/// One thing wrong with a grade or component file.
///
/// Lines and columns count from 1, as an editor shows them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CatalogueError {
    /// The text is not TOML.
    #[error("{file}:{line}:{column}: not valid TOML: {message}")]
    Syntax {
        /// The file as it was handed in.
        file: String,
        /// Line of the spot.
        line: usize,
        /// Column of the spot, in characters.
        column: usize,
        /// The parser's own words.
        message: String,
    },
    /// A key that does not exist, a key that is missing, or a value of the wrong type.
    #[error("{file}:{line}: {entry}: `{found}`: {message} [shape]")]
    Shape {
        /// The file as it was handed in.
        file: String,
        /// Line of the spot.
        line: usize,
        /// Which part of the file, for example `requirement 3`.
        entry: String,
        /// The text at the spot.
        found: String,
        /// The parser's own words, with the keys or type it expected.
        message: String,
    },
    /// A value that breaks a rule of the catalogue.
    #[error("{file}:{line}: {entry}: key `{key}`: {}{message} [{rule}]", told(.value, .rule))]
    Rule {
        /// The file as it was handed in.
        file: String,
        /// Line of the value, or of the entry when the key is missing.
        line: usize,
        /// Which part of the file, for example `requirement 3`.
        entry: String,
        /// The key.
        key: String,
        /// The value as it stands in the file; empty when the key is missing.
        value: String,
        /// The rule, a stable word: `required`, `vocabulary`, `range`, `order`, `conflict`, `number`,
        /// `id` or `text`.
        rule: &'static str,
        /// What is wrong.
        message: String,
    },
    /// Two files of one layer declare the same id.
    #[error("{file}: id `{id}` is already declared by {earlier} [unique]")]
    DuplicateId {
        /// The later file.
        file: String,
        /// The id.
        id: String,
        /// The earlier file.
        earlier: String,
    },
    /// Two grades of one layer claim the same name, so it finds neither.
    #[error("{file}: name `{name}` already belongs to `{earlier}` [unique]")]
    DuplicateName {
        /// The file of the later grade.
        file: String,
        /// The name.
        name: String,
        /// Id of the grade that had it first.
        earlier: String,
    },
}

/// How a value is shown before the message: in backticks, or as `missing:` when the key is not there.
fn told(value: &str, rule: &str) -> String {
    match (value, rule) {
        ("", "required") => "missing: ".to_owned(),
        ("", _) => String::new(),
        _ => format!("`{value}` "),
    }
}

impl CatalogueError {
    /// The file it is about.
    pub fn file(&self) -> &str {
        match self {
            CatalogueError::Syntax { file, .. }
            | CatalogueError::Shape { file, .. }
            | CatalogueError::Rule { file, .. }
            | CatalogueError::DuplicateId { file, .. }
            | CatalogueError::DuplicateName { file, .. } => file,
        }
    }

    /// Line of the spot, from 1; 0 for the file as a whole.
    pub fn line(&self) -> usize {
        match self {
            CatalogueError::Syntax { line, .. }
            | CatalogueError::Shape { line, .. }
            | CatalogueError::Rule { line, .. } => *line,
            CatalogueError::DuplicateId { .. } | CatalogueError::DuplicateName { .. } => 0,
        }
    }

    /// The same as a finding of the lake: `entry` and key become the field.
    pub fn to_finding(&self) -> Finding {
        let mut finding = Finding::of_file(self.file(), "catalogue", String::new(), "");
        finding.line = self.line() as u64;
        let (field, value, rule, message) = match self {
            CatalogueError::Syntax {
                column, message, ..
            } => {
                finding.column = *column as u64;
                (String::new(), String::new(), "toml", message.clone())
            }
            CatalogueError::Shape {
                entry,
                found,
                message,
                ..
            } => (entry.clone(), found.clone(), "shape", message.clone()),
            CatalogueError::Rule {
                entry,
                key,
                value,
                rule,
                message,
                ..
            } => (
                format!("{entry}: {key}"),
                value.clone(),
                *rule,
                message.clone(),
            ),
            CatalogueError::DuplicateId { id, earlier, .. } => (
                "id".to_owned(),
                id.clone(),
                "unique",
                format!("id `{id}` is already declared by {earlier}"),
            ),
            CatalogueError::DuplicateName { name, earlier, .. } => (
                "names".to_owned(),
                name.clone(),
                "unique",
                format!("name `{name}` already belongs to `{earlier}`"),
            ),
        };
        finding.field = field;
        finding.value = value;
        finding.rule = rule.to_owned();
        finding.message = message;
        finding
    }
}
