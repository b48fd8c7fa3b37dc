//! The architecture, checked: one direction of flow, heavy crates in their rooms, top level as designed.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Rooms and root files in the order of the flow; each may use those before it.
const ORDER: &[&[&str]] = &[
    &["domain"],
    &["contract"],
    &["curve"],
    &["source"],
    &["lake"],
    &["features"],
    &["models"],
    &["qualify"],
    &["report"],
    &["synth"],
    &["output"],
    &["settings"],
    &["error"],
    &["console"],
    &["cli"],
    // The commands call the run (the demonstration), and the run calls the commands, which are the
    // stages: one rank.
    &["commands", "run"],
    &["dispatch"],
];

/// Crates that only one room may name.
const HEAVY: &[(&str, &str)] = &[
    ("polars", "features"),
    ("arrow", "lake"),
    ("parquet", "lake"),
    ("deltalake_core", "lake"),
    ("linfa", "models"),
    ("ndarray", "models"),
    ("statrs", "models"),
    ("minijinja", "report"),
    ("plotters", "report"),
    ("rust_xlsxwriter", "report"),
    ("indicatif", "console"),
    ("encoding_rs", "source"),
    ("calamine", "source"),
    ("zip", "source"),
];

fn project() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// Every Rust file of the crate with the room it belongs to.
fn sources() -> Vec<(String, PathBuf, String)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut pending = vec![root.clone()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let inside = path.strip_prefix(&root).expect("below the root");
                let room = inside.iter().next().expect("a name").to_string_lossy();
                let room = room.trim_end_matches(".rs").to_owned();
                let text = fs::read_to_string(&path).expect("a source file");
                sources.push((room, path, text));
            }
        }
    }
    assert!(sources.len() > 50, "the source files were found");
    sources
}

fn rank(room: &str) -> Option<usize> {
    ORDER.iter().position(|rooms| rooms.contains(&room))
}

/// Code without what belongs to tests and comments.
fn code(text: &str) -> impl Iterator<Item = &str> {
    text.lines()
        .take_while(|line| *line != "#[cfg(test)]")
        .filter(|line| !line.trim_start().starts_with("//"))
}

/// The lines that use a room behind their own.
fn backward_uses(room: &str, text: &str) -> Vec<String> {
    let Some(own) = rank(room) else {
        return Vec::new();
    };
    let mut uses = Vec::new();
    for line in code(text) {
        for (at, _) in line.match_indices("crate::") {
            let used: String = line[at + "crate::".len()..]
                .chars()
                .take_while(|c| c.is_alphanumeric() || *c == '_')
                .collect();
            if rank(&used).is_some_and(|used| used > own) {
                uses.push(line.trim().to_owned());
            }
        }
    }
    uses
}

#[test]
fn no_room_uses_one_behind_it() {
    for (room, path, text) in sources() {
        assert!(
            rank(&room).is_some() || ["main", "lib"].contains(&room.as_str()),
            "{}: the room `{room}` has no place in the order",
            path.display()
        );
        let uses = backward_uses(&room, &text);
        assert!(uses.is_empty(), "{}: {uses:?}", path.display());
    }
}

#[test]
fn the_test_of_direction_can_fail() {
    assert_eq!(
        backward_uses("lake", "use crate::report::build;\n").len(),
        1
    );
    assert_eq!(
        backward_uses("lake", "let x = crate::qualify::judge;\n").len(),
        1
    );
    assert!(backward_uses("report", "use crate::lake::Lake;\n").is_empty());
    assert!(backward_uses("lake", "// use crate::report::build;\n").is_empty());
}

#[test]
fn a_heavy_crate_stays_in_its_room() {
    for (room, path, text) in sources() {
        for (name, home) in HEAVY {
            let named = code(&text).any(|line| {
                line.contains(&format!("{name}::"))
                    || line.trim().starts_with(&format!("use {name}"))
            });
            assert!(
                !named || room == *home,
                "{}: `{name}` belongs to `{home}`",
                path.display()
            );
        }
    }
}

#[test]
fn no_file_grows_out_of_its_job() {
    for (_, path, text) in sources() {
        let lines = text.lines().count();
        assert!(
            lines <= 600,
            "{} has {lines} lines: two jobs in one?",
            path.display()
        );
    }
}

#[test]
fn the_top_level_is_as_designed() {
    let allowed: BTreeSet<&str> = [
        "Cargo.toml",
        "Cargo.lock",
        "justfile",
        "pipeline",
        "schemas",
        "notebooks-data",
        "tests",
        "README.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "LICENSE-APACHE",
        "LICENSE-MIT",
        "deny.toml",
        "clippy.toml",
        "target",
        "regrade-demo",
    ]
    .into();
    for entry in fs::read_dir(project()).expect("the project") {
        let name = entry
            .expect("an entry")
            .file_name()
            .to_string_lossy()
            .into_owned();
        assert!(
            name.starts_with('.') || allowed.contains(name.as_str()),
            "{name} at the top level"
        );
    }
}
