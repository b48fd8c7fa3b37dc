//! The shipped streams, what the reader refuses, and the breakdown of a heat by hand.

use super::super::stream_shares::{StreamShare, breakdown};
use super::*;
use crate::domain::SourceClass;
use crate::features::YieldSource;

const SHIPPED: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../schemas/streams.toml"
));
const SYNTH: &str = include_str!(concat!(
    env!("CARGO_MANIFEST_DIR"),
    "/../schemas/synth.toml"
));
/// A stream in six lines.
const CHIPS: &str = "[[stream]]\nid = \"chips\"\ntitle = { en = \"Chips\" }\nnames = [\n  \
                     { name = \"Chip A\", system = \"trade\", source = \"us\", status = \"verified\" },\n]\n";

fn shipped() -> Streams {
    Streams::load(SHIPPED, "streams.toml").unwrap()
}

fn errors(text: &str) -> Vec<String> {
    Streams::load(text, "own.toml").unwrap_err()
}

fn line(class: SourceClass, stream: &'static str, mass_kg: f64) -> ChargeLine<'static> {
    ChargeLine {
        material: "",
        source_class: class,
        stream: (!stream.is_empty()).then_some(stream),
        vehicle_part: None,
        supplier: None,
        mass_kg,
        metal_yield: None,
    }
}

fn id<'s>(
    streams: &'s Streams,
    stream: Option<&str>,
    part: Option<&str>,
    material: &str,
) -> Option<&'s str> {
    streams
        .of(stream, part, material)
        .map(|stream| stream.id.as_str())
}

#[test]
fn every_word_of_the_synthetic_lab_is_found() {
    #[derive(serde::Deserialize)]
    struct Lab {
        grade: Vec<Grade>,
    }
    #[derive(serde::Deserialize)]
    struct Grade {
        materials: Vec<Material>,
    }
    #[derive(serde::Deserialize)]
    struct Material {
        stream: Option<String>,
        vehicle_part: Option<String>,
    }
    let lab: Lab = toml::from_str(SYNTH).unwrap();
    let streams = shipped();
    let (mut codes, mut parts) = (0, 0);
    for material in lab.grade.iter().flat_map(|grade| &grade.materials) {
        let stream = material.stream.as_deref();
        let by_code = stream.map(|code| id(&streams, Some(code), None, "").unwrap());
        codes += usize::from(by_code.is_some());
        if let Some(part) = material.vehicle_part.as_deref() {
            parts += 1;
            // The part leads to the same stream as the code beside it.
            let by_part = id(&streams, None, Some(part), "");
            assert!(
                by_part.is_some() && by_part == by_code,
                "{part}: {by_part:?}"
            );
        }
    }
    assert!(codes >= 10 && parts >= 5, "{codes} codes, {parts} parts");
}

#[test]
fn a_stream_is_found_by_exact_words_only() {
    let streams = shipped();
    for (cells, expected) in [
        ((Some("Taint/Tabor"), None, ""), Some("taint-tabor")),
        ((Some(" taint / TABOR "), None, ""), Some("taint-tabor")),
        ((Some("ＴＷＩＴＣＨ"), None, ""), Some("twitch")),
        ((Some("EN 13920-7"), None, ""), Some("tense")),
        ((Some("en13920-7"), None, ""), Some("tense")),
        ((Some("生铝"), None, ""), Some("tense")),
        ((None, Some("Motor  Housing"), ""), Some("tense")),
        ((None, Some("电池托盘"), ""), Some("tutu")),
        ((None, Some("Stromschiene"), ""), Some("talon")),
        ((None, None, "Twitch"), Some("twitch")),
        ((None, None, "轮毂"), Some("troma")),
        // The code wins over the part, the part over an unknown code.
        ((Some("Twitch"), Some("wheel"), ""), Some("twitch")),
        ((Some("bay 4"), Some("wheel"), ""), Some("troma")),
        // No guess from a part of a text; no part in the cell of the code.
        ((Some("Twitch, bay 4"), None, ""), None),
        ((Some("wheel"), None, ""), None),
        ((None, Some("wheel nuts"), ""), None),
        ((None, Some("Twitch"), ""), None),
        ((None, None, "Twitch and Tense"), None),
        ((Some(""), Some(" "), ""), None),
        ((None, None, ""), None),
    ] {
        let (stream, part, material) = cells;
        assert_eq!(id(&streams, stream, part, material), expected, "{cells:?}");
    }
}

#[test]
fn the_shipped_facts_are_those_of_the_design() {
    let streams = shipped();
    assert!(streams.iter().count() >= 25);
    let twitch = streams.get("twitch").unwrap();
    assert_eq!(twitch.typical_yield(), Some(0.5 * (0.90 + 0.95)));
    let elements: Vec<&str> = twitch.tramp_elements().iter().map(|e| e.symbol()).collect();
    assert_eq!(elements, ["Fe", "Mg", "Zn"]);
    let tense = streams.get("tense").unwrap();
    let elements: Vec<&str> = tense.tramp_elements().iter().map(|e| e.symbol()).collect();
    assert_eq!(elements, ["Cu", "Fe", "Si", "Zn"]);
    assert_eq!(streams.get("zorba").unwrap().typical_yield(), None);
    for stream in streams.iter() {
        assert!(stream.title.zh.is_some(), "{}", stream.id);
    }
}

#[test]
fn mistakes_are_all_reported_with_their_lines() {
    assert!(Streams::load(CHIPS, "own.toml").is_ok());
    let text = "colour = 1\n\
                [[stream]]\n\
                id = \"primary\"\n\
                title = { en = \" \" }\n\
                names = [{ name = \"X\", system = \"isri\", source = \"us\" }]\n\
                metal_yield = { low = 0.9, high = 93, source = \"us\", status = \"verified\" }\n\
                [[stream]]\n\
                id = \"Big One\"\n\
                tramp = [{ elements = [\"iron\"], source = \"\", status = \"sure\" }]\n\
                [[stream]]\n\
                id = \"b\"\n\
                colour = \"red\"\n";
    let found = errors(text);
    let expected = [
        "own.toml:1: head: `colour`: unknown field `colour`, there are no fields [shape]",
        "own.toml:2: stream 1: key `status`: missing: say verified or unverified [required]",
        "own.toml:3: stream 1: key `id`: `primary` is the word of a source class, which stands for metal without a stream [conflict]",
        "own.toml:4: stream 1: key `title.en`: ` ` must not be blank: give the English title [text]",
        "own.toml:5: stream 1: key `names.system`: `isri` must be one of rema, en, gb, trade [vocabulary]",
        "own.toml:6: stream 1: key `metal_yield.high`: `93` must lie between 0.1 and 1 [range]",
        "own.toml:7: stream 2: key `title`: missing: give title = { en = …, zh = … } [required]",
        "own.toml:8: stream 2: key `id`: `Big One` may hold only lower-case letters, digits and hyphens [id]",
        "own.toml:9: stream 2: key `tramp.elements`: `iron` is not a chemical symbol [vocabulary]",
        "own.toml:9: stream 2: key `source`: `` must not be blank: every fact names where it comes from [text]",
        "own.toml:9: stream 2: key `status`: `sure` must be one of verified, unverified [vocabulary]",
    ];
    for message in expected {
        assert!(
            found.iter().any(|found| found == message),
            "{message}\n{found:#?}"
        );
    }
    assert_eq!(found.len(), expected.len() + 1, "{found:#?}");
    let shape = &found[found.len() - 1];
    assert!(
        shape.starts_with("own.toml:12: stream 3: `colour`: unknown field"),
        "{shape}"
    );
    assert!(errors("id = ")[0].starts_with("own.toml:1:6: not valid TOML"));
    assert!(errors("stream = 3")[0].contains("each under [[stream]]"));
}

#[test]
fn a_name_belongs_to_one_stream() {
    let other = CHIPS.replace("\"chips\"", "\"swarf\"");
    let found = errors(&format!("{CHIPS}{other}"));
    assert_eq!(
        found,
        [
            "own.toml:11: stream 2: key `names`: `Chip A` already belongs to `chips` on line 5 [unique]"
        ]
    );
    let found = errors(&format!("{CHIPS}{CHIPS}"));
    assert_eq!(
        found,
        ["own.toml:7: stream 2: key `id`: `chips` is already the stream on line 1 [unique]"]
    );
    let falling = CHIPS.to_owned()
        + "metal_yield = { low = 0.9, high = 0.8, source = \"us\", status = \"verified\" }\n";
    assert!(errors(&falling)[0].contains("must not be below the low end 0.9 [order]"));
}

#[test]
fn a_labs_own_streams_win() {
    let own = CHIPS.replace("Chip A", "Twitch")
        + "[[stream]]\nid = \"troma\"\ntitle = { en = \"Wheels\" }\n\
           vehicle_parts = [{ names = [\"hubcap\"], source = \"us\", status = \"verified\" }]\n";
    let own = Streams::load(&own, "own.toml").unwrap();
    let streams = shipped().merged(own);
    assert_eq!(id(&streams, Some("Twitch"), None, ""), Some("chips"));
    // The shipped stream is still there by its id's own entry in nobody's way.
    assert!(streams.get("twitch").is_some());
    assert_eq!(id(&streams, Some("EN 13920-9"), None, ""), Some("twitch"));
    // The lab's stream replaces the shipped one as a whole.
    assert_eq!(id(&streams, None, Some("hubcap"), ""), Some("troma"));
    assert_eq!(id(&streams, None, Some("wheel"), ""), None);
    assert_eq!(id(&streams, Some("troma"), None, ""), Some("troma"));
    assert_eq!(streams.get("troma").unwrap().file, "own.toml");
}

#[test]
fn a_heat_is_broken_down_by_hand() {
    let streams = shipped();
    let mut twitch = line(SourceClass::PostConsumer, "Twitch", 1000.0);
    let mut wheels = line(SourceClass::PostConsumer, "", 500.0);
    wheels.vehicle_part = Some("wheel");
    wheels.metal_yield = Some(0.96);
    let mut lines = vec![
        line(SourceClass::Primary, "", 2000.0),
        line(SourceClass::Heel, "", 900.0),
        twitch,
        wheels,
        line(SourceClass::Unknown, "no such code", 250.0),
        // An own return stays one, whatever its cell says.
        line(SourceClass::InternalReturn, "Tense", 250.0),
    ];
    twitch.mass_kg = 0.0005;
    lines.push(twitch);
    let found = breakdown(&lines, &streams);
    let share = |mass_kg: f64, metal_kg: f64| StreamShare {
        mass_kg,
        share: mass_kg / 4000.001,
        metal_kg,
    };
    let expected: BTreeMap<String, StreamShare> = [
        ("primary", share(2000.0, 2000.0)),
        // Half a gram rounds to one gram, and its metal to none; the typical yield is 0.925.
        ("twitch", share(1000.001, 925.0)),
        ("troma", share(500.0, 480.0)),
        ("unknown", share(250.0, 250.0)),
        ("internal_return", share(250.0, 250.0)),
    ]
    .map(|(key, share)| (key.to_owned(), share))
    .into();
    assert_eq!(found, expected);
    lines.reverse();
    assert_eq!(breakdown(&lines, &streams), expected);
    assert!(breakdown(&[line(SourceClass::Heel, "", 900.0)], &streams).is_empty());
    assert!(breakdown(&[line(SourceClass::Primary, "", f64::NAN)], &streams).is_empty());
    let sum: f64 = found.values().map(|share| share.share).sum();
    assert!((sum - 1.0).abs() < 1e-15);
}

#[test]
fn the_yield_says_where_it_is_from() {
    let streams = shipped();
    let mut twitch = line(SourceClass::PostConsumer, "Twitch", 1.0);
    assert_eq!(twitch.metal_yield(&streams).1, YieldSource::Stream);
    twitch.metal_yield = Some(0.91);
    assert_eq!(twitch.metal_yield(&streams), (0.91, YieldSource::Line));
    for nonsense in [0.0, 1.01, -0.5, f64::NAN] {
        twitch.metal_yield = Some(nonsense);
        assert_eq!(twitch.metal_yield(&streams).1, YieldSource::Stream);
    }
    let zorba = line(SourceClass::PostConsumer, "Zorba", 1.0);
    assert_eq!(zorba.metal_yield(&streams), (1.0, YieldSource::Assumed));
}
