//! Streams, carbon factors and densities from the data files: the lab's own over the shipped ones.

use crate::contract::{SchemaFile, Schemas};
use crate::features::{ChargeRules, Densities, Factors, HeatRules, Streams};
use crate::settings::Settings;

/// Loads what `heats` is computed by besides the lake.
///
/// # Errors
/// Every problem of every file, one line each.
pub(super) fn heat_rules_of(
    schemas: &Schemas,
    settings: &Settings,
) -> Result<HeatRules, Vec<String>> {
    let mut problems = Vec::new();
    let (streams, carbon) = (
        schemas.layers("streams.toml"),
        schemas.layers("carbon.toml"),
    );
    let streams = streams_of(&streams).map_err(|found| problems.extend(found));
    let texts: Vec<(&str, &str)> = carbon
        .iter()
        .map(|file| (file.text.as_str(), file.origin.as_str()))
        .collect();
    let factors = Factors::load(&texts).map_err(|found| problems.extend(found));
    let densities = schemas
        .file("densities.toml")
        .map_err(|error| error.to_string())
        .and_then(|file| Densities::load(&file.text, &file.origin))
        .map_err(|found| problems.push(found));
    if let (Ok(streams), Ok(factors)) = (&streams, &factors) {
        problems.extend(factors.unknown_streams(streams));
        if factors.set(&settings.carbon.set).is_none() {
            let known: Vec<&str> = factors.sets().map(|set| set.id.as_str()).collect();
            problems.push(format!(
                "lab.toml: `carbon.set` = \"{}\": there is no such factor set; there are {}",
                settings.carbon.set,
                known.join(", ")
            ));
        }
    }
    match (streams, factors, densities) {
        (Ok(streams), Ok(factors), Ok(densities)) if problems.is_empty() => Ok(HeatRules {
            charge: ChargeRules {
                streams,
                factors,
                set: settings.carbon.set.clone(),
                pre_consumer: settings.carbon.pre_consumer,
                melting: settings.carbon.melting,
            },
            densities,
        }),
        _ => Err(problems),
    }
}

fn streams_of(files: &[&SchemaFile]) -> Result<Streams, Vec<String>> {
    let (mut streams, mut problems) = (None::<Streams>, Vec::new());
    for file in files {
        match Streams::load(&file.text, &file.origin) {
            Ok(own) => {
                streams = Some(match streams.take() {
                    None => own,
                    Some(earlier) => earlier.merged(own),
                });
            }
            Err(found) => problems.extend(found),
        }
    }
    match streams {
        Some(streams) if problems.is_empty() => Ok(streams),
        _ => Err(problems),
    }
}
