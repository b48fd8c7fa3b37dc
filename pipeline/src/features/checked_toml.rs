//! A data file of lists of tables, each entry read and checked by itself.
//!
//! Entries are read one by one so that a mistake in the third does not hide one in the fifth. Messages
//! have the form of the catalogue's: `file:line: entry: key `k`: `value` what is wrong [rule]`.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use super::sourced::{FactStatus, Sourced};
use super::streams::Title;

/// Longest piece of a file that is repeated in a message, in characters.
const FOUND_AT_MOST: usize = 60;

/// One text and everything found wrong with it so far.
pub(super) struct Checker<'t> {
    file: &'t str,
    text: &'t str,
    /// Line and message.
    errors: Vec<(usize, String)>,
}

/// The head of a document, and one list of entries per name asked for.
pub(super) type Document<'t> = (Spanned<DeValue<'t>>, Vec<Vec<Spanned<DeValue<'t>>>>);

/// An entry that is being checked: its name in messages and its place.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) span: Range<usize>,
}

/// The two keys every fact has.
#[derive(Deserialize)]
pub(super) struct RawOrigin {
    pub(super) source: Option<Spanned<String>>,
    pub(super) status: Option<Spanned<String>>,
}

/// A title as it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTitle {
    en: Option<Spanned<String>>,
    zh: Option<String>,
}

impl<'t> Checker<'t> {
    pub(super) fn new(text: &'t str, file: &'t str) -> Checker<'t> {
        Checker {
            file,
            text,
            errors: Vec::new(),
        }
    }

    /// Everything found wrong, by line.
    pub(super) fn into_errors(mut self) -> Vec<String> {
        self.errors.sort_by_key(|(line, _)| *line);
        self.errors
            .into_iter()
            .map(|(_, message)| message)
            .collect()
    }

    /// Parses the text and takes the named lists of tables out of it, in the order asked for; what is
    /// left is the head. `None` when the text is not TOML.
    pub(super) fn document(&mut self, names: &[&str]) -> Option<Document<'t>> {
        let (root, syntax) = DeTable::parse_recoverable(self.text);
        for error in &syntax {
            let offset = error.span().map_or(0, |span| span.start);
            let (line, column) = self.place(offset);
            let (file, message) = (self.file, error.message().trim());
            let message = format!("{file}:{line}:{column}: not valid TOML: {message}");
            self.errors.push((line, message));
        }
        if !syntax.is_empty() {
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
                let message = format!("must be a list of tables, each under [[{name}]]");
                self.push_shape(name, place, &message);
                Vec::new()
            });
            lists.push(list);
        }
        Some((Spanned::new(span, DeValue::Table(table)), lists))
    }

    /// Reads one entry into its unchecked shape; `None` (and an error) when it does not fit.
    pub(super) fn shape<T: Deserialize<'t>>(
        &mut self,
        name: String,
        value: Spanned<DeValue<'t>>,
    ) -> Option<(T, Entry)> {
        let span = value.span();
        match T::deserialize(ValueDeserializer::from(value)) {
            Ok(shape) => Some((shape, Entry { name, span })),
            Err(error) => {
                let place = error.span().unwrap_or(span);
                self.push_shape(&name, place, error.message().trim());
                None
            }
        }
    }

    /// Reports a broken rule at `span`.
    pub(super) fn reject(
        &mut self,
        entry: &Entry,
        span: Range<usize>,
        key: &str,
        rule: &str,
        message: &str,
    ) {
        let line = self.place(span.start).0;
        let found = self.text.get(span).unwrap_or("");
        let value: String = found
            .trim_matches(['"', '\''])
            .chars()
            .take(FOUND_AT_MOST)
            .collect();
        let (file, name) = (self.file, &entry.name);
        let message = format!("{file}:{line}: {name}: key `{key}`: `{value}` {message} [{rule}]");
        self.errors.push((line, message));
    }

    /// Reports a key that is not there, or keys that clash, at the entry itself.
    pub(super) fn reject_entry(&mut self, entry: &Entry, key: &str, rule: &str, message: &str) {
        let line = self.place(entry.span.start).0;
        let (file, name) = (self.file, &entry.name);
        let missing = if rule == "required" { "missing: " } else { "" };
        let message = format!("{file}:{line}: {name}: key `{key}`: {missing}{message} [{rule}]");
        self.errors.push((line, message));
    }

    fn push_shape(&mut self, name: &str, place: Range<usize>, message: &str) {
        let line = self.place(place.start).0;
        let found = self.text.get(place).unwrap_or("");
        let first = found.lines().next().unwrap_or("");
        let found: String = first.chars().take(FOUND_AT_MOST).collect();
        let file = self.file;
        let message = format!("{file}:{line}: {name}: `{found}`: {message} [shape]");
        self.errors.push((line, message));
    }

    /// Line of a byte offset, from 1.
    pub(super) fn line(&self, offset: usize) -> usize {
        self.place(offset).0
    }

    /// Line and column, both from 1, of a byte offset.
    fn place(&self, offset: usize) -> (usize, usize) {
        let before = self.text.get(..offset.min(self.text.len())).unwrap_or("");
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (line, column)
    }

    /// A required text that is not blank.
    pub(super) fn text(
        &mut self,
        entry: &Entry,
        key: &str,
        value: Option<Spanned<String>>,
        message: &str,
    ) -> Option<Spanned<String>> {
        let Some(value) = value else {
            self.reject_entry(entry, key, "required", message);
            return None;
        };
        if value.get_ref().trim().is_empty() {
            let message = format!("must not be blank: {message}");
            self.reject(entry, value.span(), key, "text", &message);
            return None;
        }
        Some(value)
    }

    /// An id: lower-case letters, digits and hyphens.
    pub(super) fn id(
        &mut self,
        entry: &Entry,
        value: Option<Spanned<String>>,
        message: &str,
    ) -> Option<Spanned<String>> {
        let id = self.text(entry, "id", value, message)?;
        let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
        if id.get_ref().bytes().all(plain) {
            return Some(id);
        }
        let message = "may hold only lower-case letters, digits and hyphens";
        self.reject(entry, id.span(), "id", "id", message);
        None
    }

    /// A title, of which the English one is required.
    pub(super) fn title(&mut self, entry: &Entry, title: Option<RawTitle>) -> Option<Title> {
        let Some(title) = title else {
            self.reject_entry(
                entry,
                "title",
                "required",
                "give title = { en = …, zh = … }",
            );
            return None;
        };
        let en = self.text(entry, "title.en", title.en, "give the English title")?;
        Some(Title {
            en: en.into_inner(),
            zh: title.zh,
        })
    }

    /// A word of a closed list.
    pub(super) fn word<T: Copy>(
        &mut self,
        entry: &Entry,
        key: &str,
        value: &Spanned<String>,
        words: &[T],
        spelling: fn(T) -> &'static str,
    ) -> Option<T> {
        let spelt = |word: &T| spelling(*word) == value.get_ref();
        let word = words.iter().copied().find(spelt);
        if word.is_none() {
            let list: Vec<&str> = words.iter().map(|word| spelling(*word)).collect();
            let message = format!("must be one of {}", list.join(", "));
            self.reject(entry, value.span(), key, "vocabulary", &message);
        }
        word
    }

    /// A finite number in `[low, high]`.
    pub(super) fn number(
        &mut self,
        entry: &Entry,
        key: &str,
        value: &Spanned<f64>,
        [low, high]: [f64; 2],
    ) -> Option<f64> {
        let number = *value.get_ref();
        // Also refuses NaN, which is in no interval.
        if (low..=high).contains(&number) {
            return Some(number);
        }
        let message = format!("must lie between {low} and {high}");
        self.reject(entry, value.span(), key, "range", &message);
        None
    }

    /// A fact with its source and status, both of which every fact must have.
    pub(super) fn sourced<T>(
        &mut self,
        entry: &Entry,
        value: Option<T>,
        origin: RawOrigin,
    ) -> Option<Sourced<T>> {
        let message = "every fact names where it comes from";
        let source = self.text(entry, "source", origin.source, message);
        let status = match origin.status {
            Some(word) => self.word(entry, "status", &word, &FactStatus::ALL, FactStatus::as_str),
            None => {
                self.reject_entry(entry, "status", "required", "say verified or unverified");
                None
            }
        };
        Some(Sourced {
            value: value?,
            source: source?.into_inner(),
            status: status?,
        })
    }
}
