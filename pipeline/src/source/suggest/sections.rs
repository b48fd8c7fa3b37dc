//! The sections of a profile behind its columns: elements, words, constants, rows to skip, and all that
//! is left over.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::draft::{Draft, Leftover};
use super::render::{Page, pattern, push};
use super::words::{list, quoted, shown};

pub(super) fn elements(out: &mut String, draft: &Draft) {
    let Some(elements) = &draft.elements else {
        return;
    };
    out.push('\n');
    for (_, text, symbol, unit, sample) in &elements.found {
        let (word, from) = unit.words();
        let unit = match (word, from) {
            ("", _) => String::new(),
            (_, "assumed") => "; no unit in the file".to_owned(),
            (word, from) => format!("; unit {word}, {from}"),
        };
        let line = format!(
            "# {symbol}: `{}`, for example {}{unit}",
            shown(text),
            quoted(sample)
        );
        push(out, &line);
    }
    push(out, "[elements]");
    if let Some(element) = &elements.element {
        push(out, &format!("element = {}", list(&[element])));
    }
    if !elements.replicates.is_empty() {
        push(out, &format!("replicates = {}", list(&elements.replicates)));
    }
    if let Some((unit, remark)) = &elements.unit {
        push(out, &format!("unit = {} # {remark}", quoted(unit)));
    }
    if let Some(burn) = &elements.burn {
        push(out, &format!("burn = {}", list(&[burn])));
    }
    if !elements.names.is_empty() {
        let names: Vec<String> = elements
            .names
            .iter()
            .map(|(name, symbol)| format!("{} = {}", quoted(name), quoted(symbol)))
            .collect();
        push(out, &format!("names = {{ {} }}", names.join(", ")));
    }
}

pub(super) fn values(out: &mut String, draft: &Draft) {
    let mut fields: BTreeMap<&str, BTreeMap<&str, Option<&str>>> = BTreeMap::new();
    for found in draft.columns.iter().chain(&draft.heads) {
        for (word, meaning) in &found.fit.words {
            let words = fields.entry(&found.field).or_default();
            words.insert(word, meaning.as_deref());
        }
    }
    for (field, words) in fields {
        push(out, &format!("\n[values.{field}]"));
        for (word, meaning) in words {
            match meaning {
                Some(meaning) => push(out, &format!("{} = {}", quoted(word), quoted(meaning))),
                None => push(
                    out,
                    &format!(
                        "# CHECK: {} = \"…\" # its word in the contract; rows with it are refused until then",
                        quoted(&shown(word))
                    ),
                ),
            }
        }
    }
}

pub(super) fn constants(out: &mut String, draft: &Draft) {
    let mut constants: BTreeMap<&str, (&str, &str)> = BTreeMap::new();
    for column in &draft.columns {
        if let Some((field, value)) = &column.implied
            && !draft.gives(field)
        {
            constants.insert(field, (value, &column.header));
        }
    }
    if constants.is_empty() {
        return;
    }
    push(out, "\n[constants]");
    for (field, (value, header)) in constants {
        push(
            out,
            &format!(
                "{field} = {} # the name `{}` says so",
                quoted(value),
                shown(header)
            ),
        );
    }
}

pub(super) fn skipped(out: &mut String, draft: &Draft) {
    for means in [true, false] {
        let words: Vec<String> = draft
            .skipped
            .iter()
            .filter(|(_, mean)| *mean == means)
            .map(|(word, _)| regex::escape(word))
            .collect();
        if words.is_empty() {
            continue;
        }
        push(out, "\n[[skip_rows]]");
        push(
            out,
            &format!(
                "pattern = {}",
                pattern(&format!("(?i)^({})$", words.join("|")))
            ),
        );
        if means {
            push(
                out,
                "checked = true # compared with the mean of the burns above",
            );
        }
    }
}

pub(super) fn lacking(out: &mut String, page: &Page<'_>) {
    if page.lacking.is_empty() {
        return;
    }
    push(out, "");
    let names: Vec<&str> = page
        .draft
        .leftovers
        .iter()
        .map(|leftover| leftover.header.as_str())
        .take(12)
        .collect();
    push(
        out,
        "# The following is needed and nothing gives it. Name its column or key, or take it from the file's",
    );
    push(
        out,
        "# name by a group such as (?<heat_id>[^_]+), or give it under [constants] when it never changes:",
    );
    for field in &page.lacking {
        push(out, &format!("# {field}"));
    }
    if !names.is_empty() {
        let names: Vec<String> = names.iter().map(|name| shown(name)).collect();
        push(
            out,
            &format!("# Left over to choose from: {}", names.join(", ")),
        );
    }
}

pub(super) fn leftovers(out: &mut String, leftovers: &[Leftover]) {
    if leftovers.is_empty() {
        return;
    }
    push(out, "\n# Not used:");
    for leftover in leftovers {
        let place = if leftover.column == 0 {
            "key".to_owned()
        } else {
            format!("column {}", leftover.column)
        };
        let mut line = format!("# {place} `{}`", shown(&leftover.header));
        if !leftover.sample.is_empty() {
            let _ = write!(line, ", for example {}", quoted(&leftover.sample));
        }
        if !leftover.reason.is_empty() {
            let _ = write!(line, ": {}", leftover.reason);
        }
        push(out, &line);
    }
}
