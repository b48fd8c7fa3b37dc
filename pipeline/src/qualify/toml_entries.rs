//! A catalogue text split into its head and its lists of entries, each read and checked by itself.
//!
//! Entries are read one by one so that a mistake in the third does not hide one in the fifth, and
//! every value keeps its place in the text so that a message can name its line.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::catalogue_error::CatalogueError;
use super::verdict::Direction;
use crate::domain::Property;

/// Longest piece of a file that is repeated in a message, in characters.
const FOUND_AT_MOST: usize = 60;

/// One catalogue text and everything found wrong with it so far.
pub(super) struct Checker<'t> {
    file: &'t str,
    text: &'t str,
    errors: Vec<CatalogueError>,
}

/// A parsed document: the lists that were asked for, and everything else.
pub(super) struct Document<'t> {
    /// The document without its lists.
    pub(super) head: Spanned<DeValue<'t>>,
    /// One list of entries per name, in the order asked for; empty when the document has none.
    pub(super) lists: Vec<Vec<Spanned<DeValue<'t>>>>,
}

impl<'t> Checker<'t> {
    /// Starts on `text`, which came from `file`.
    pub(super) fn new(file: &'t str, text: &'t str) -> Checker<'t> {
        Checker {
            file,
            text,
            errors: Vec::new(),
        }
    }

    /// What was read, unless something is wrong with the file.
    ///
    /// # Errors
    ///
    /// Everything found wrong, by line.
    pub(super) fn finish<T>(mut self, read: Option<T>) -> Result<T, Vec<CatalogueError>> {
        match read {
            Some(read) if self.errors.is_empty() => Ok(read),
            _ => {
                self.errors.sort_by_key(CatalogueError::line);
                Err(self.errors)
            }
        }
    }

    /// Parses the text and takes the named lists of tables out of it; `None` when it is not TOML.
    pub(super) fn document(&mut self, names: &[&str]) -> Option<Document<'t>> {
        let (root, syntax) = DeTable::parse_recoverable(self.text);
        if !syntax.is_empty() {
            for error in syntax {
                let (line, column) = self.place(error.span().map_or(0, |span| span.start));
                self.errors.push(CatalogueError::Syntax {
                    file: self.file.to_owned(),
                    line,
                    column,
                    message: error.message().trim().to_owned(),
                });
            }
            return None;
        }
        let span = root.span();
        let mut table = root.into_inner();
        let mut lists = Vec::with_capacity(names.len());
        for name in names {
            let list = table.remove(*name).map_or(Vec::new(), |list| {
                let place = list.span();
                if let DeValue::Array(entries) = list.into_inner() {
                    return entries.into_iter().collect();
                }
                let line = self.place(place.start).0;
                let message = format!("must be a list of tables, each under [[{name}]]");
                self.push_shape(line, name, place, message);
                Vec::new()
            });
            lists.push(list);
        }
        Some(Document {
            head: Spanned::new(span, DeValue::Table(table)),
            lists,
        })
    }

    /// Reads one entry into its unchecked shape; `None` (and an error) when it does not fit.
    pub(super) fn shape<T: Deserialize<'t>>(
        &mut self,
        entry: &str,
        value: Spanned<DeValue<'t>>,
    ) -> Option<(T, Range<usize>)> {
        let span = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(shape) => Some((shape, span)),
            Err(error) => {
                let place = error.span().unwrap_or(span);
                let line = self.place(place.start).0;
                self.push_shape(line, entry, place, error.message().trim().to_owned());
                None
            }
        }
    }

    /// Starts on the checks of one entry, whose place is `span`.
    pub(super) fn entry(&mut self, name: &str, span: Range<usize>) -> Entry<'_, 't> {
        Entry {
            checker: self,
            name: name.to_owned(),
            span,
        }
    }

    fn push_shape(&mut self, line: usize, entry: &str, place: Range<usize>, message: String) {
        let found = self.text.get(place).unwrap_or("");
        let found = found
            .lines()
            .next()
            .unwrap_or("")
            .chars()
            .take(FOUND_AT_MOST)
            .collect();
        let file = self.file.to_owned();
        self.errors.push(CatalogueError::Shape {
            file,
            line,
            entry: entry.to_owned(),
            found,
            message,
        });
    }

    /// Line and column, both from 1, of a byte offset.
    fn place(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset.min(self.text.len())).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }
}

/// One entry under check; every method reports what is wrong and goes on.
pub(super) struct Entry<'c, 't> {
    checker: &'c mut Checker<'t>,
    name: String,
    span: Range<usize>,
}

impl Entry<'_, '_> {
    /// Reports a broken rule at `span`.
    pub(super) fn reject(
        &mut self,
        span: Range<usize>,
        key: &str,
        rule: &'static str,
        message: String,
    ) {
        let found = self.checker.text.get(span.clone()).unwrap_or("");
        let value = found
            .trim_matches(['"', '\''])
            .chars()
            .take(FOUND_AT_MOST)
            .collect();
        self.push(span.start, key, value, rule, message);
    }

    /// Reports a key that is not there, or two keys that clash, at the entry itself.
    pub(super) fn reject_entry(&mut self, key: &str, rule: &'static str, message: &str) {
        self.push(
            self.span.start,
            key,
            String::new(),
            rule,
            message.to_owned(),
        );
    }

    fn push(
        &mut self,
        offset: usize,
        key: &str,
        value: String,
        rule: &'static str,
        message: String,
    ) {
        self.checker.errors.push(CatalogueError::Rule {
            file: self.checker.file.to_owned(),
            line: self.checker.place(offset).0,
            entry: self.name.clone(),
            key: key.to_owned(),
            value,
            rule,
            message,
        });
    }

    /// The value of a required key.
    pub(super) fn required<T>(
        &mut self,
        key: &str,
        value: Option<Spanned<T>>,
        message: &str,
    ) -> Option<Spanned<T>> {
        if value.is_none() {
            self.reject_entry(key, "required", message);
        }
        value
    }

    /// A required text that is not blank.
    pub(super) fn text(
        &mut self,
        key: &str,
        value: Option<Spanned<String>>,
        message: &str,
    ) -> Option<String> {
        let text = self.required(key, value, message)?;
        if text.get_ref().trim().is_empty() {
            self.reject(
                text.span(),
                key,
                "text",
                format!("must not be blank: {message}"),
            );
            return None;
        }
        Some(text.into_inner())
    }

    /// A word of a closed list.
    pub(super) fn word<T: Copy>(
        &mut self,
        key: &str,
        value: &Spanned<String>,
        words: &[T],
        spelling: fn(T) -> &'static str,
    ) -> Option<T> {
        let word = words
            .iter()
            .copied()
            .find(|word| spelling(*word) == value.get_ref());
        if word.is_none() {
            let list: Vec<&str> = words.iter().map(|word| spelling(*word)).collect();
            let message = format!("must be one of {}", list.join(", "));
            self.reject(value.span(), key, "vocabulary", message);
        }
        word
    }

    /// A list of words of a closed list; an empty list is refused when `needed`.
    pub(super) fn words<T: Copy>(
        &mut self,
        key: &str,
        values: Option<Spanned<Vec<Spanned<String>>>>,
        words: &[T],
        spelling: fn(T) -> &'static str,
        needed: bool,
    ) -> Vec<T> {
        let Some(values) = values else {
            if needed {
                self.reject_entry(key, "required", "list at least one word");
            }
            return Vec::new();
        };
        if needed && values.get_ref().is_empty() {
            self.reject(
                values.span(),
                key,
                "required",
                "list at least one word".to_owned(),
            );
        }
        let values = values.into_inner();
        values
            .iter()
            .filter_map(|value| self.word(key, value, words, spelling))
            .collect()
    }

    /// A finite number in `[low, high]`.
    pub(super) fn number(
        &mut self,
        key: &str,
        value: &Spanned<f64>,
        low: f64,
        high: f64,
    ) -> Option<f64> {
        let number = *value.get_ref();
        if !number.is_finite() {
            self.reject(
                value.span(),
                key,
                "number",
                "must be a finite number".to_owned(),
            );
        } else if !(low..=high).contains(&number) {
            let message = format!("must lie between {low} and {high}");
            self.reject(value.span(), key, "range", message);
        } else {
            return Some(number);
        }
        None
    }

    /// An interval, lowest first, inside `[low, high]`.
    pub(super) fn interval(
        &mut self,
        key: &str,
        value: &Spanned<[f64; 2]>,
        low: f64,
        high: f64,
    ) -> Option<[f64; 2]> {
        let [from, to] = *value.get_ref();
        if !from.is_finite() || !to.is_finite() {
            self.reject(
                value.span(),
                key,
                "number",
                "must be two finite numbers".to_owned(),
            );
        } else if from > to {
            let message = "the first number must not exceed the second".to_owned();
            self.reject(value.span(), key, "order", message);
        } else if from < low || to > high {
            let message = format!("must lie between {low} and {high}");
            self.reject(value.span(), key, "range", message);
        } else {
            return Some([from, to]);
        }
        None
    }

    /// The one side of a limit.
    pub(super) fn side(
        &mut self,
        at_least: Option<Spanned<f64>>,
        at_most: Option<Spanned<f64>>,
    ) -> Option<(Direction, Spanned<f64>)> {
        match (at_least, at_most) {
            (Some(limit), None) => Some((Direction::AtLeast, limit)),
            (None, Some(limit)) => Some((Direction::AtMost, limit)),
            (None, None) => {
                let message = "a limit needs one of at_least, at_most";
                self.reject_entry("at_least", "required", message);
                None
            }
            (Some(_), Some(limit)) => {
                let message = "a limit has one side: write at_least and at_most as two entries";
                self.reject(limit.span(), "at_most", "conflict", message.to_owned());
                None
            }
        }
    }

    /// A property by its column.
    pub(super) fn property(&mut self, value: &Spanned<String>) -> Option<Property> {
        self.word("property", value, &Property::ALL, Property::column)
    }
}

/// The highest value a limit on `property` may have: beyond it, a unit slipped.
///
/// 1000 MPa is above every aluminium alloy (a limit in kPa or psi lies beyond); an elongation is a
/// percentage.
pub(super) fn highest_limit(property: Property) -> f64 {
    match property {
        Property::Rm | Property::Rp02 => 1000.0,
        Property::A => 100.0,
    }
}
