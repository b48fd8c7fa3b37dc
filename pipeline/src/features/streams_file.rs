//! `schemas/streams.toml`: the unchecked shape of a stream and its checks.

use std::collections::BTreeMap;
use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

use super::checked_toml::{Checker, Entry, RawOrigin, RawTitle};
use super::sourced::Sourced;
use super::streams::{NameSystem, Stream, StreamName, Tramp};
use crate::domain::{Element, SourceClass};
use crate::source::fold;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawStream {
    id: Option<Spanned<String>>,
    title: Option<RawTitle>,
    meaning: Option<RawMeaning>,
    #[serde(default)]
    names: Vec<RawName>,
    scrap_class: Option<RawClass>,
    #[serde(default)]
    vehicle_parts: Vec<RawParts>,
    #[serde(default)]
    sinks: Vec<RawSinks>,
    #[serde(default)]
    tramp: Vec<RawTramp>,
    metal_yield: Option<RawYield>,
}

/// A fact's own keys, then its source and status.
macro_rules! raw_fact {
    ($name:ident { $($key:ident: $type:ty,)+ }) => {
        #[derive(Deserialize)]
        #[serde(deny_unknown_fields)]
        struct $name {
            $($key: $type,)+
            source: Option<Spanned<String>>,
            status: Option<Spanned<String>>,
        }
    };
}

raw_fact!(RawMeaning {
    text: Option<Spanned<String>>,
});
raw_fact!(RawName {
    name: Option<Spanned<String>>,
    system: Option<Spanned<String>>,
});
raw_fact!(RawClass {
    standard: Option<Spanned<String>>,
    class: Option<Spanned<String>>,
});
raw_fact!(RawParts {
    names: Option<Spanned<Vec<Spanned<String>>>>,
});
raw_fact!(RawSinks {
    grades: Option<Spanned<Vec<Spanned<String>>>>,
});
raw_fact!(RawTramp {
    elements: Option<Vec<Spanned<String>>>,
    other: Option<Vec<Spanned<String>>>,
});
raw_fact!(RawYield {
    low: Option<Spanned<f64>>,
    high: Option<Spanned<f64>>,
});

/// Which stream a folded word belongs to, and on which line it was given.
type Owners = BTreeMap<String, (String, usize)>;

/// A word with its place.
type Word = (String, Range<usize>);

/// Reads and checks every stream of one text.
pub(super) fn read(text: &str, file: &str) -> Result<Vec<Stream>, Vec<String>> {
    let mut checker = Checker::new(text, file);
    let mut streams = Vec::new();
    if let Some((head, lists)) = checker.document(&["stream"]) {
        checker.shape::<RawHead>("head".to_owned(), head);
        let (mut names, mut parts) = (Owners::new(), Owners::new());
        let mut ids: BTreeMap<String, usize> = BTreeMap::new();
        for (position, value) in lists.into_iter().flatten().enumerate() {
            let name = format!("stream {}", position + 1);
            if let Some((raw, entry)) = checker.shape::<RawStream>(name, value)
                && let Some(read) = stream(&mut checker, &entry, raw, file)
            {
                let id = &read.stream.id;
                if let Some(earlier) = ids.insert(id.clone(), checker.line(entry.span.start)) {
                    let message = format!("`{id}` is already the stream on line {earlier}");
                    checker.reject_entry(&entry, "id", "unique", &message);
                    continue;
                }
                claim(&mut checker, &entry, "names", &read.words, id, &mut names);
                claim(
                    &mut checker,
                    &entry,
                    "vehicle_parts",
                    &read.parts,
                    id,
                    &mut parts,
                );
                streams.push(read.stream);
            }
        }
    }
    let errors = checker.into_errors();
    if errors.is_empty() {
        Ok(streams)
    } else {
        Err(errors)
    }
}

/// A stream with the places of its names and parts.
struct Read {
    stream: Stream,
    words: Vec<Word>,
    parts: Vec<Word>,
}

fn stream(checker: &mut Checker<'_>, entry: &Entry, raw: RawStream, file: &str) -> Option<Read> {
    let id = checker.id(entry, raw.id, "name the stream, for example twitch");
    if let Some(id) = &id
        && SourceClass::parse(id.get_ref()).is_some()
    {
        let message = "is the word of a source class, which stands for metal without a stream";
        checker.reject(entry, id.span(), "id", "conflict", message);
    }
    let title = checker.title(entry, raw.title);
    let meaning = raw.meaning.and_then(|raw| {
        let text = checker.text(entry, "meaning.text", raw.text, "say what it consists of");
        let text = text.map(Spanned::into_inner);
        checker.sourced(entry, text, origin(raw.source, raw.status))
    });
    let mut words: Vec<Word> = Vec::new();
    let mut names = Vec::new();
    for raw in raw.names {
        names.extend(name(checker, entry, raw, &mut words));
    }
    let scrap_class = raw.scrap_class.and_then(|raw| {
        let standard = checker.text(entry, "scrap_class.standard", raw.standard, "name it");
        let class = checker.text(entry, "scrap_class.class", raw.class, "name it");
        let both = standard.zip(class);
        let both = both.map(|(standard, class)| (standard.into_inner(), class.into_inner()));
        checker.sourced(entry, both, origin(raw.source, raw.status))
    });
    let mut parts = Vec::new();
    let mut vehicle_parts = Vec::new();
    for raw in raw.vehicle_parts {
        let found = texts(checker, entry, "vehicle_parts.names", raw.names);
        if let Some(found) = &found {
            parts.extend(
                found
                    .iter()
                    .map(|text| (text.get_ref().clone(), text.span())),
            );
        }
        let found = found.map(plain);
        vehicle_parts.extend(checker.sourced(entry, found, origin(raw.source, raw.status)));
    }
    let mut sinks = Vec::new();
    for raw in raw.sinks {
        let grades = texts(checker, entry, "sinks.grades", raw.grades).map(plain);
        sinks.extend(checker.sourced(entry, grades, origin(raw.source, raw.status)));
    }
    let mut tramp = Vec::new();
    for raw in raw.tramp {
        tramp.extend(tramp_of(checker, entry, raw));
    }
    let metal_yield = raw
        .metal_yield
        .and_then(|raw| yield_of(checker, entry, raw));
    let id = id?;
    words.push((id.get_ref().clone(), id.span()));
    Some(Read {
        stream: Stream {
            id: id.into_inner(),
            title: title?,
            meaning,
            names,
            scrap_class,
            vehicle_parts,
            sinks,
            tramp,
            metal_yield,
            file: file.to_owned(),
        },
        words,
        parts,
    })
}

fn origin(source: Option<Spanned<String>>, status: Option<Spanned<String>>) -> RawOrigin {
    RawOrigin { source, status }
}

fn plain(texts: Vec<Spanned<String>>) -> Vec<String> {
    texts.into_iter().map(Spanned::into_inner).collect()
}

fn name(
    checker: &mut Checker<'_>,
    entry: &Entry,
    raw: RawName,
    words: &mut Vec<Word>,
) -> Option<Sourced<StreamName>> {
    let name = checker.text(entry, "names.name", raw.name, "give the name");
    let system = match raw.system {
        Some(word) => {
            let words = &NameSystem::ALL;
            checker.word(entry, "names.system", &word, words, NameSystem::as_str)
        }
        None => {
            let message = "say rema, en, gb or trade";
            checker.reject_entry(entry, "names.system", "required", message);
            None
        }
    };
    if let Some(name) = &name {
        words.push((name.get_ref().clone(), name.span()));
    }
    let name = name.zip(system).map(|(name, system)| StreamName {
        name: name.into_inner(),
        system,
    });
    checker.sourced(entry, name, origin(raw.source, raw.status))
}

/// A list of texts, none of them blank and at least one.
fn texts(
    checker: &mut Checker<'_>,
    entry: &Entry,
    key: &str,
    list: Option<Spanned<Vec<Spanned<String>>>>,
) -> Option<Vec<Spanned<String>>> {
    let Some(list) = list else {
        checker.reject_entry(entry, key, "required", "list at least one");
        return None;
    };
    if list.get_ref().is_empty() {
        checker.reject(entry, list.span(), key, "required", "list at least one");
        return None;
    }
    let mut kept = Vec::new();
    for text in list.into_inner() {
        kept.extend(checker.text(entry, key, Some(text), "leave it out instead"));
    }
    Some(kept)
}

fn tramp_of(checker: &mut Checker<'_>, entry: &Entry, raw: RawTramp) -> Option<Sourced<Tramp>> {
    let mut elements = Vec::new();
    for symbol in raw.elements.iter().flatten() {
        match Element::parse(symbol.get_ref()) {
            Some(element) => elements.push(element),
            None => {
                let message = "is not a chemical symbol";
                checker.reject(
                    entry,
                    symbol.span(),
                    "tramp.elements",
                    "vocabulary",
                    message,
                );
            }
        }
    }
    let other: Vec<String> = raw.other.map(plain).unwrap_or_default();
    if raw.elements.iter().flatten().next().is_none() && other.is_empty() {
        let message = "list elements, or other things in words";
        checker.reject_entry(entry, "tramp", "required", message);
    }
    let tramp = Tramp { elements, other };
    checker.sourced(entry, Some(tramp), origin(raw.source, raw.status))
}

fn yield_of(checker: &mut Checker<'_>, entry: &Entry, raw: RawYield) -> Option<Sourced<[f64; 2]>> {
    let mut end = |key: &str, value: &Option<Spanned<f64>>| match value {
        // What yields less than a tenth is no metal; above 1, per cent were given.
        Some(value) => checker.number(entry, key, value, [0.1, 1.0]),
        None => {
            checker.reject_entry(entry, key, "required", "give both ends of the range");
            None
        }
    };
    let low = end("metal_yield.low", &raw.low);
    let high = end("metal_yield.high", &raw.high);
    if let (Some(low), Some(high), Some(place)) = (low, high, &raw.high)
        && low > high
    {
        let message = format!("must not be below the low end {low}");
        checker.reject(entry, place.span(), "metal_yield.high", "order", &message);
    }
    let range = low.zip(high).map(|(low, high)| [low, high]);
    checker.sourced(entry, range, origin(raw.source, raw.status))
}

/// Books words for a stream; one that another stream of the file has is reported, because it would
/// find whichever comes last.
fn claim(
    checker: &mut Checker<'_>,
    entry: &Entry,
    key: &str,
    words: &[Word],
    id: &str,
    owners: &mut Owners,
) {
    for (word, place) in words {
        let line = checker.line(place.start);
        let owner = owners
            .entry(fold(word))
            .or_insert_with(|| (id.to_owned(), line))
            .clone();
        if owner.0 != id {
            let message = format!("already belongs to `{}` on line {}", owner.0, owner.1);
            checker.reject(entry, place.clone(), key, "unique", &message);
        }
    }
}
