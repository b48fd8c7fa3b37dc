//! A profile's text: its shape checked against the language, and the line of every key.

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::language::{Key, PROFILE, Shape};

/// One thing wrong with a profile.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Problem {
    /// Line in the TOML, from 1.
    pub line: usize,
    /// The key, as in `column[2].unit`.
    pub key: String,
    /// What is wrong, a lowercase fragment.
    pub message: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: ", self.line)?;
        if !self.key.is_empty() {
            write!(f, "{}: ", self.key)?;
        }
        f.write_str(&self.message)
    }
}

/// A parsed profile text: finds the line of a key, and collects problems.
pub(super) struct Document<'t> {
    text: &'t str,
    root: Spanned<DeTable<'t>>,
    /// Everything wrong so far.
    pub problems: Vec<Problem>,
}

impl<'t> Document<'t> {
    /// Parses the text and checks its shape; `problems` is empty when every key is known, of the right
    /// kind, and every required one is there.
    pub fn new(text: &'t str) -> Document<'t> {
        let (root, syntax) = DeTable::parse_recoverable(text);
        let mut problems: Vec<Problem> = syntax
            .iter()
            .map(|error| Problem {
                line: line_of(text, error.span().map_or(0, |span| span.start)),
                key: String::new(),
                message: error.message().trim().to_owned(),
            })
            .collect();
        if problems.is_empty() {
            let mut shape = ShapeCheck {
                text,
                problems: Vec::new(),
            };
            shape.table(PROFILE, root.get_ref(), "", 1);
            problems = shape.problems;
        }
        Document {
            text,
            root,
            problems,
        }
    }

    /// Adds a problem about the value at `key`, as in `column[2].unit`.
    pub fn add(&mut self, key: &str, message: String) {
        let line = self.line(key);
        self.problems.push(Problem {
            line,
            key: key.to_owned(),
            message,
        });
    }

    /// The line of the deepest part of the key there is.
    fn line(&self, key: &str) -> usize {
        let mut table = self.root.get_ref();
        let mut start = 0;
        for segment in key.split('.') {
            let (name, index) = segment
                .split_once('[')
                .map_or((segment, None), |(name, index)| {
                    (name, index.trim_end_matches(']').parse::<usize>().ok())
                });
            let Some((found, value)) = table.iter().find(|(known, _)| known.get_ref() == name)
            else {
                break;
            };
            start = found.span().start;
            let mut value = value.get_ref();
            if let (Some(index), DeValue::Array(entries)) = (index, value) {
                let Some(entry) = index.checked_sub(1).and_then(|index| entries.get(index)) else {
                    break;
                };
                start = entry.span().start;
                value = entry.get_ref();
            }
            match value {
                DeValue::Table(inner) => table = inner,
                _ => break,
            }
        }
        line_of(self.text, start)
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    let before = text.get(..offset.min(text.len())).unwrap_or(text);
    before.matches('\n').count() + 1
}

struct ShapeCheck<'t> {
    text: &'t str,
    problems: Vec<Problem>,
}

impl ShapeCheck<'_> {
    fn add(&mut self, line: usize, key: &str, message: String) {
        self.problems.push(Problem {
            line,
            key: key.to_owned(),
            message,
        });
    }

    fn table(&mut self, keys: &[Key], table: &DeTable<'_>, path: &str, line: usize) {
        let below = |name: &str| {
            if path.is_empty() {
                name.to_owned()
            } else {
                format!("{path}.{name}")
            }
        };
        for (name, value) in table {
            let at = line_of(self.text, name.span().start);
            let path = below(name.get_ref());
            match keys.iter().find(|key| key.name == name.get_ref().as_ref()) {
                Some(key) => self.value(&key.shape, value, &path, at),
                None => {
                    let known: Vec<&str> = keys.iter().map(|key| key.name).collect();
                    self.add(
                        at,
                        &path,
                        format!("is not a key; the keys here are: {}", known.join(", ")),
                    );
                }
            }
        }
        for key in keys.iter().filter(|key| key.required) {
            if !table.iter().any(|(name, _)| name.get_ref() == key.name) {
                self.add(line, &below(key.name), "is missing".to_owned());
            }
        }
    }

    fn value(&mut self, shape: &Shape, value: &Spanned<DeValue<'_>>, path: &str, line: usize) {
        let wrong = match (shape, value.get_ref()) {
            (Shape::Text | Shape::TextOrCount | Shape::TextOrTexts, DeValue::String(_))
            | (Shape::Truth, DeValue::Boolean(_)) => None,
            (Shape::Regex, DeValue::String(pattern)) => {
                regex::Regex::new(pattern).err().map(|error| {
                    format!(
                        "is not a regular expression: {}",
                        last_line(&error.to_string())
                    )
                })
            }
            (Shape::Word(words), DeValue::String(word)) if words.contains(&word.as_ref()) => None,
            (Shape::Word(words), _) => Some(format!("must be one of: {}", words.join(", "))),
            (Shape::TextOrCount, DeValue::Integer(_)) => None,
            (Shape::Count(least, most), DeValue::Integer(number)) => {
                let number = number.to_string().parse::<i64>().ok();
                number
                    .is_none_or(|number| !(*least..=*most).contains(&number))
                    .then(|| format!("must be a whole number from {least} to {most}"))
            }
            (Shape::Count(least, most), _) => {
                Some(format!("must be a whole number from {least} to {most}"))
            }
            (Shape::Texts | Shape::TextOrTexts, DeValue::Array(entries)) => {
                let bad = entries
                    .iter()
                    .find(|entry| !matches!(entry.get_ref(), DeValue::String(_)));
                bad.map(|_| "must be a list of texts".to_owned())
            }
            (Shape::Scalars | Shape::TextMap | Shape::TextMaps, DeValue::Table(table)) => {
                for (name, value) in table {
                    let at = line_of(self.text, name.span().start);
                    let path = format!("{path}.{}", name.get_ref());
                    match (shape, value.get_ref()) {
                        (Shape::TextMap, DeValue::String(_))
                        | (
                            Shape::Scalars,
                            DeValue::String(_)
                            | DeValue::Integer(_)
                            | DeValue::Float(_)
                            | DeValue::Boolean(_)
                            | DeValue::Datetime(_),
                        ) => {}
                        (Shape::TextMaps, DeValue::Table(_)) => {
                            self.value(&Shape::TextMap, value, &path, at);
                        }
                        (Shape::TextMap, _) => self.add(at, &path, "must be a text".to_owned()),
                        (Shape::Scalars, _) => {
                            self.add(
                                at,
                                &path,
                                "must be a text, a number or a truth value".to_owned(),
                            );
                        }
                        _ => self.add(at, &path, "must be a table of texts".to_owned()),
                    }
                }
                None
            }
            (Shape::Table(keys), DeValue::Table(table)) => {
                self.table(keys, table, path, line);
                None
            }
            (Shape::Tables(keys), DeValue::Array(entries)) => {
                for (index, entry) in entries.iter().enumerate() {
                    let path = format!("{path}[{}]", index + 1);
                    let at = line_of(self.text, entry.span().start);
                    match entry.get_ref() {
                        DeValue::Table(table) => self.table(keys, table, &path, at),
                        _ => self.add(at, &path, "must be a table".to_owned()),
                    }
                }
                None
            }
            (Shape::Text | Shape::Regex, _) => Some("must be a text".to_owned()),
            (Shape::Truth, _) => Some("must be true or false".to_owned()),
            (Shape::TextOrCount, _) => Some("must be a text or a whole number".to_owned()),
            (Shape::Texts, _) => Some("must be a list of texts".to_owned()),
            (Shape::TextOrTexts, _) => Some("must be a text or a list of texts".to_owned()),
            (Shape::Table(_) | Shape::Scalars | Shape::TextMap | Shape::TextMaps, _) => {
                Some("must be a table".to_owned())
            }
            (Shape::Tables(_), _) => {
                Some(format!("must be a list of tables, each under [[{path}]]"))
            }
        };
        if let Some(message) = wrong {
            self.add(line, path, message);
        }
    }
}

fn last_line(text: &str) -> String {
    let line = text.lines().last().unwrap_or_default();
    line.trim_start_matches("error: ").to_owned()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn every_problem_is_found_at_once_with_its_line() {
        let text = "id = 3\ntitle = \"t\"\nlayuot = \"table\"\n\n[match]\nfile_name = '('\n\n\
                    [header]\nrows = 9\n\n[[column]]\nfield = \"rm_mpa\"\nnames = \"Rm\"\n\n\
                    [values.temper]\nT6 = 6\n";
        let document = Document::new(text);
        let mut found: Vec<(usize, &str)> = document
            .problems
            .iter()
            .map(|problem| (problem.line, problem.key.as_str()))
            .collect();
        found.sort_unstable();
        assert_eq!(
            found,
            [
                (1, "id"),
                (1, "layout"),
                (1, "table"),
                (3, "layuot"),
                (6, "match.file_name"),
                (9, "header.rows"),
                (13, "column[1].names"),
                (16, "values.temper.T6"),
            ]
        );
        let broken = Document::new("id = \n");
        assert_eq!(broken.problems.len(), 1);
        assert_eq!(broken.problems[0].line, 1);
    }
}
