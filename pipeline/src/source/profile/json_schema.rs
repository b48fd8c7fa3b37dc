//! The profile language as a JSON Schema, for editors and for whoever reads it.

use serde_json::{Map, Value, json};

use super::language::{Key, PROFILE, Shape};

/// The JSON Schema (2020-12) of a profile, as `schemas/source-profile.schema.json` holds it.
pub fn profile_json_schema() -> String {
    let mut root = object_schema(PROFILE);
    root.insert(
        "$schema".to_owned(),
        json!("https://json-schema.org/draft/2020-12/schema"),
    );
    root.insert("title".to_owned(), json!("regrade source profile"));
    root.insert(
        "description".to_owned(),
        json!("How to read one kind of file that a laboratory's instruments export; schemas/sources/*.toml."),
    );
    let mut text = serde_json::to_string_pretty(&sorted(Value::Object(root))).unwrap_or_default();
    text.push('\n');
    text
}

/// The same value with every object's keys in order, however `serde_json` was built.
fn sorted(value: Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut entries: Vec<(String, Value)> = map.into_iter().collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(
                entries
                    .into_iter()
                    .map(|(key, value)| (key, sorted(value)))
                    .collect(),
            )
        }
        Value::Array(values) => Value::Array(values.into_iter().map(sorted).collect()),
        other => other,
    }
}

fn object_schema(keys: &[Key]) -> Map<String, Value> {
    let mut properties = Map::new();
    for key in keys {
        let mut schema = shape_schema(&key.shape);
        schema.insert("description".to_owned(), json!(key.help));
        properties.insert(key.name.to_owned(), Value::Object(schema));
    }
    let needed: Vec<&str> = keys
        .iter()
        .filter(|key| key.required)
        .map(|key| key.name)
        .collect();
    let mut schema = Map::new();
    schema.insert("type".to_owned(), json!("object"));
    schema.insert("additionalProperties".to_owned(), json!(false));
    schema.insert("properties".to_owned(), Value::Object(properties));
    if !needed.is_empty() {
        schema.insert("required".to_owned(), json!(needed));
    }
    schema
}

fn shape_schema(shape: &Shape) -> Map<String, Value> {
    let schema = match shape {
        Shape::Text => json!({"type": "string"}),
        // Not `format: regex`: the dialect is Rust's, with `(?<name>…)`.
        Shape::Regex => json!({"type": "string", "minLength": 1}),
        Shape::Word(words) => json!({"enum": words}),
        Shape::Truth => json!({"type": "boolean"}),
        Shape::Count(least, most) => json!({"type": "integer", "minimum": least, "maximum": most}),
        Shape::TextOrCount => json!({"type": ["string", "integer"]}),
        Shape::TextOrTexts => json!({"type": ["string", "array"], "items": {"type": "string"}}),
        Shape::Texts => json!({"type": "array", "items": {"type": "string"}}),
        Shape::Scalars => json!({
            "type": "object",
            "additionalProperties": {"type": ["string", "number", "boolean"]}
        }),
        Shape::TextMap => json!({"type": "object", "additionalProperties": {"type": "string"}}),
        Shape::TextMaps => json!({
            "type": "object",
            "additionalProperties": {"type": "object", "additionalProperties": {"type": "string"}}
        }),
        Shape::Table(keys) => Value::Object(object_schema(keys)),
        Shape::Tables(keys) => json!({"type": "array", "items": object_schema(keys)}),
    };
    match schema {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;

    #[test]
    fn the_schema_file_is_up_to_date() {
        let path = concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../schemas/source-profile.schema.json"
        );
        let committed = std::fs::read_to_string(path).unwrap_or_default();
        assert_eq!(
            committed,
            profile_json_schema(),
            "write it anew with `cargo run --example profile_schema > schemas/source-profile.schema.json`"
        );
    }
}
