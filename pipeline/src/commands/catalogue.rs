//! `catalogue`: grades and components with their limits, sources and status.

use std::path::Path;

use super::catalogue_of::catalogue_of;
use crate::console::Console;
use crate::contract::Schemas;
use crate::error::{Error, Exit};
use crate::qualify::listing::{self, Details};
use crate::settings::Settings;

/// Prints every grade and component in one row each, or one of them with every limit.
///
/// With `config` the lab's own `schemas` folder lies over the shipped catalogue.
///
/// # Errors
/// Every problem of the catalogue at once; or when there is no such id or name, with the nearest ones.
pub fn catalogue(
    console: &Console,
    id: Option<&str>,
    config: Option<&Path>,
) -> Result<Exit, Error> {
    let mut schemas = Schemas::embedded();
    if let Some(config) = config
        && let Some(folder) = Settings::load(config, None)?.schemas
    {
        schemas = schemas.with_folder(&folder)?;
    }
    let catalogue = catalogue_of(&schemas).map_err(|problems| Error::Schemas { problems })?;
    let Some(id) = id else {
        let overview = listing::overview(&catalogue);
        let rows: Vec<Vec<String>> = overview
            .iter()
            .map(|row| {
                vec![
                    word(&row.kind),
                    row.id.clone(),
                    row.about.clone(),
                    row.conditions.join(", "),
                    row.limits.to_string(),
                    row.unverified.to_string(),
                    if row.of_lab { "lab" } else { "shipped" }.to_owned(),
                ]
            })
            .collect();
        let columns = [
            "kind",
            "id",
            "what",
            "tempers or forms",
            "limits",
            "unverified",
            "of",
        ];
        console.rows(&columns, &rows, &overview);
        return Ok(Exit::Done);
    };
    let Some(details) = listing::details(&catalogue, id) else {
        let near = listing::near(&catalogue, id);
        return Err(Error::Usage {
            message: format!("there is no grade or component `{id}`"),
            hint: if near.is_empty() {
                "`regrade catalogue` lists all of them".to_owned()
            } else {
                format!("near it: {}", near.join(", "))
            },
        });
    };
    print(console, &details);
    Ok(Exit::Done)
}

fn print(console: &Console, details: &Details) {
    console.say(&format!("{}: {}", details.id, details.about));
    if let Some(note) = &details.note {
        console.say(note);
    }
    let names: Vec<&str> = details
        .names
        .iter()
        .map(|name| name.name.as_str())
        .collect();
    let lists = [
        ("also called", names.join(", ")),
        ("made as", details.product_forms.join(", ")),
        ("critical for", details.critical.join(", ")),
        ("file", details.file.clone()),
    ];
    for (what, list) in lists {
        if !list.is_empty() {
            console.say(&format!("{what}: {list}"));
        }
    }
    let rows: Vec<Vec<String>> = details
        .rows
        .iter()
        .map(|row| {
            vec![
                row.what.clone(),
                row.applies_to.clone(),
                row.limit.clone(),
                row.basis.clone(),
                row.comparison.clone(),
                row.status.to_string(),
                [row.standard.as_str(), row.source.as_str()]
                    .into_iter()
                    .filter(|part| !part.is_empty())
                    .collect::<Vec<_>>()
                    .join("; "),
            ]
        })
        .collect();
    let columns = [
        "what",
        "applies to",
        "limit",
        "basis",
        "compared",
        "status",
        "source",
    ];
    console.rows(&columns, &rows, details);
}

/// What a kind of entry is called.
fn word(kind: &listing::EntryKind) -> String {
    match kind {
        listing::EntryKind::Grade => "grade",
        listing::EntryKind::Component => "component",
    }
    .to_owned()
}
