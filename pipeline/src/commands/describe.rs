//! `describe`: the data dictionary, straight from the contracts.

use crate::console::Console;
use crate::contract::{Contracts, Field, Schemas};
use crate::error::{Error, Exit};

/// Prints one table's columns, or every table's title.
///
/// # Errors
/// When there is no such table.
pub fn describe(console: &Console, table: Option<&str>) -> Result<Exit, Error> {
    let contracts = Contracts::load(&Schemas::embedded())?;
    let Some(table) = table else {
        let all: Vec<_> = contracts.iter().collect();
        let rows: Vec<Vec<String>> = all
            .iter()
            .map(|contract| {
                vec![
                    contract.name.clone(),
                    contract.fields.len().to_string(),
                    contract.primary_key.join(", "),
                    contract.description.clone(),
                ]
            })
            .collect();
        let json: Vec<_> = all.iter().map(|contract| contract.as_ref()).collect();
        console.rows(&["table", "columns", "key", "one row is"], &rows, &json);
        return Ok(Exit::Done);
    };
    let contract = contracts.table(table)?;
    let rows: Vec<Vec<String>> = contract
        .fields
        .iter()
        .map(|field| {
            let key = if contract.primary_key.contains(&field.name) {
                "key"
            } else {
                ""
            };
            vec![
                field.name.clone(),
                field.kind.as_str().to_owned(),
                field.unit.clone(),
                key.to_owned(),
                rules(field),
                field.description.clone(),
            ]
        })
        .collect();
    console.rows(
        &["column", "type", "unit", "key", "rules", "description"],
        &rows,
        contract.as_ref(),
    );
    Ok(Exit::Done)
}

/// The rules of a field in a few words.
fn rules(field: &Field) -> String {
    let rules = &field.constraints;
    let mut words = Vec::new();
    if rules.required {
        words.push("required".to_owned());
    }
    match (rules.minimum, rules.maximum) {
        (Some(low), Some(high)) => words.push(format!("{low} … {high}")),
        (Some(low), None) => words.push(format!("≥ {low}")),
        (None, Some(high)) => words.push(format!("≤ {high}")),
        (None, None) => {}
    }
    if let Some(allowed) = &rules.allowed {
        words.push(allowed.join("|"));
    }
    if let Some(pattern) = &rules.pattern {
        words.push(pattern.clone());
    }
    words.join(", ")
}
