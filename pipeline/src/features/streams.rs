//! Scrap streams: what the trade calls them, which vehicle parts lead to them, what they bring along.
//!
//! In: `schemas/streams.toml` and a lab's own over it. Out: [`Streams`], which finds the stream of a
//! charge line by the exact words of its cells. What can go wrong: a text that is not TOML, breaks a
//! rule, or gives one name to two streams; every mistake is reported with its line.

use std::collections::BTreeMap;

use serde::Serialize;

use super::charge_line::ChargeLine;
use super::sourced::Sourced;
use crate::domain::Element;
use crate::source::fold;

/// A title in the languages of the report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Title {
    /// English.
    pub en: String,
    /// Chinese.
    pub zh: Option<String>,
}

/// Whose name a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum NameSystem {
    /// ReMA (formerly ISRI) scrap specifications.
    Rema,
    /// A part of EN 13920.
    En,
    /// A Chinese standard.
    Gb,
    /// Trade talk, or a lab's own word.
    Trade,
}

impl NameSystem {
    /// Every system, in the order of messages.
    pub(super) const ALL: [NameSystem; 4] = [
        NameSystem::Rema,
        NameSystem::En,
        NameSystem::Gb,
        NameSystem::Trade,
    ];

    /// The word in the file.
    pub fn as_str(self) -> &'static str {
        match self {
            NameSystem::Rema => "rema",
            NameSystem::En => "en",
            NameSystem::Gb => "gb",
            NameSystem::Trade => "trade",
        }
    }
}

/// A name by which a stream is found.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StreamName {
    /// The name, for example `Taint/Tabor` or `EN 13920-7`.
    pub name: String,
    /// Whose name it is.
    pub system: NameSystem,
}

/// What a stream brings along that nobody ordered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Tramp {
    /// Elements.
    pub elements: Vec<Element>,
    /// Anything else, in words.
    pub other: Vec<String>,
}

/// A scrap stream.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Stream {
    /// Its id: lower-case letters, digits and hyphens; never a word of [`crate::domain::SourceClass`].
    pub id: String,
    /// Its title.
    pub title: Title,
    /// What it consists of, in words.
    pub meaning: Option<Sourced<String>>,
    /// Its names, besides the id.
    pub names: Vec<Sourced<StreamName>>,
    /// Its class in a Chinese standard: the standard and the class. Several streams share one, so
    /// that a class finds none.
    pub scrap_class: Option<Sourced<(String, String)>>,
    /// Dismantled vehicle parts that lead to it.
    pub vehicle_parts: Vec<Sourced<Vec<String>>>,
    /// Grades that usually take it.
    pub sinks: Vec<Sourced<Vec<String>>>,
    /// What it brings along.
    pub tramp: Vec<Sourced<Tramp>>,
    /// Lowest and highest typical metal recovered per mass charged, in (0, 1].
    pub metal_yield: Option<Sourced<[f64; 2]>>,
    /// The file it stands in.
    pub file: String,
}

impl Stream {
    /// Middle of the typical metal yields; `None` where none is given.
    pub fn typical_yield(&self) -> Option<f64> {
        let [low, high] = self.metal_yield.as_ref()?.value;
        Some(0.5 * (low + high))
    }

    /// Every element it is known to bring along, once.
    pub fn tramp_elements(&self) -> Vec<&Element> {
        let all = self.tramp.iter().flat_map(|tramp| &tramp.value.elements);
        let mut elements: Vec<&Element> = all.collect();
        elements.sort();
        elements.dedup();
        elements
    }

    /// Its names, folded: the id and all others.
    pub(super) fn folded_names(&self) -> Vec<String> {
        let names = self.names.iter().map(|name| name.value.name.as_str());
        let mut folded: Vec<String> = names.chain([self.id.as_str()]).map(fold).collect();
        folded.sort();
        folded.dedup();
        folded
    }

    /// Its vehicle parts, folded.
    pub(super) fn folded_parts(&self) -> Vec<String> {
        let parts = self.vehicle_parts.iter().flat_map(|parts| &parts.value);
        let mut folded: Vec<String> = parts.map(|part| fold(part)).collect();
        folded.sort();
        folded.dedup();
        folded
    }
}

/// Every stream, found by id, name or vehicle part.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Streams {
    by_id: BTreeMap<String, Stream>,
    /// Folded name → id.
    names: BTreeMap<String, String>,
    /// Folded vehicle part → id.
    parts: BTreeMap<String, String>,
}

impl Streams {
    /// Reads one text; `file` is named in messages.
    ///
    /// # Errors
    /// Every mistake in it, by line: no TOML, unknown keys, broken rules, an id, name or vehicle part
    /// that already belongs to another stream.
    pub fn load(text: &str, file: &str) -> Result<Streams, Vec<String>> {
        super::streams_file::read(text, file).map(|streams| {
            let mut all = Streams::default();
            for stream in streams {
                all.insert(stream);
            }
            all
        })
    }

    /// These streams with others over them: a stream with the id of one here replaces it as a whole,
    /// and a name or vehicle part of theirs no longer finds one here.
    pub fn merged(mut self, over: Streams) -> Streams {
        for (id, stream) in over.by_id {
            if self.by_id.contains_key(&id) {
                self.names.retain(|_, owner| *owner != id);
                self.parts.retain(|_, owner| *owner != id);
            }
            self.insert(stream);
        }
        self
    }

    fn insert(&mut self, stream: Stream) {
        for name in stream.folded_names() {
            self.names.insert(name, stream.id.clone());
        }
        for part in stream.folded_parts() {
            self.parts.insert(part, stream.id.clone());
        }
        self.by_id.insert(stream.id.clone(), stream);
    }

    /// Every stream, by id.
    pub fn iter(&self) -> impl Iterator<Item = &Stream> {
        self.by_id.values()
    }

    /// The stream with this id.
    pub fn get(&self, id: &str) -> Option<&Stream> {
        self.by_id.get(id)
    }

    /// The stream that the cells of a charge line name: `stream` by id or name; else `vehicle_part`
    /// by vehicle part; else `material` by either.
    ///
    /// A whole cell must be the name, whatever its case, blanks and width of letters; a name inside a
    /// longer text is a guess and finds nothing.
    pub fn of(
        &self,
        stream: Option<&str>,
        vehicle_part: Option<&str>,
        material: &str,
    ) -> Option<&Stream> {
        let name = |cell: &str| self.names.get(&fold(cell));
        let part = |cell: &str| self.parts.get(&fold(cell));
        let id = stream
            .and_then(name)
            .or_else(|| vehicle_part.and_then(part))
            .or_else(|| name(material))
            .or_else(|| part(material))?;
        self.by_id.get(id)
    }

    /// The stream of a charge line; none for classes that stand for themselves, see
    /// [`crate::domain::SourceClass::has_stream`].
    pub fn of_line(&self, line: &ChargeLine<'_>) -> Option<&Stream> {
        if !line.source_class.has_stream() {
            return None;
        }
        self.of(line.stream, line.vehicle_part, line.material)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests may stop at the first surprise")]
#[path = "streams_tests.rs"]
mod tests;
