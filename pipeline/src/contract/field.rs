//! One column: its type, unit and rules, and the check of a cell against them.

use std::sync::OnceLock;

use regex::Regex;
use serde::{Deserialize, Serialize};

use super::Cell;

/// The type of a column, in Frictionless words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FieldType {
    /// Text; ids are always text.
    String,
    /// A whole number.
    Integer,
    /// A decimal number, always finite.
    Number,
    /// `true` or `false`.
    Boolean,
    /// A day.
    Date,
    /// A point in time, UTC.
    Datetime,
    /// A list of numbers.
    Array,
}

impl FieldType {
    /// The word used in contracts and messages.
    pub fn as_str(self) -> &'static str {
        match self {
            FieldType::String => "string",
            FieldType::Integer => "integer",
            FieldType::Number => "number",
            FieldType::Boolean => "boolean",
            FieldType::Date => "date",
            FieldType::Datetime => "datetime",
            FieldType::Array => "array",
        }
    }
}

/// The rules a value must obey, in Frictionless words.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Constraints {
    /// A row without a value makes no sense.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub required: bool,
    /// No two rows share a value.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub unique: bool,
    /// Lowest allowed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum: Option<f64>,
    /// Highest allowed number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub maximum: Option<f64>,
    /// The number must lie above this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive_minimum: Option<f64>,
    /// The number must lie below this.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exclusive_maximum: Option<f64>,
    /// The allowed texts.
    #[serde(default, rename = "enum", skip_serializing_if = "Option::is_none")]
    pub allowed: Option<Vec<String>>,
    /// A regular expression the whole text must match.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
}

/// One column of a contract.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Field {
    /// Name, with the unit in it.
    pub name: String,
    /// Type.
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// Item type of an array; kept for the published package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub array_item: Option<serde_json::Value>,
    /// Format, as Frictionless has it; kept for the published package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub format: Option<String>,
    /// Symbol or short name.
    pub title: String,
    /// What the value is.
    pub description: String,
    /// Unit; empty for text.
    pub unit: String,
    /// An example value.
    pub example: serde_json::Value,
    /// Whether the program fills the column in, for tracing a row back to its file.
    #[serde(
        default,
        rename = "regrade:provenance",
        skip_serializing_if = "std::ops::Not::not"
    )]
    pub provenance: bool,
    /// Boolean and number column that take a reading below its detection limit (`<0.001`): the flag
    /// and the limit. Without them such a reading is a finding.
    #[serde(
        default,
        rename = "regrade:censoredInto",
        skip_serializing_if = "Option::is_none"
    )]
    pub censored_into: Option<(String, String)>,
    /// The rules.
    #[serde(default)]
    pub constraints: Constraints,
    /// The pattern of the rules, compiled at its first use.
    #[serde(skip)]
    compiled: OnceLock<Option<Regex>>,
}

/// Why a cell is not what its field allows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFault {
    /// Stable word of the rule: `required`, `number`, `range`, `allowed`, `pattern`, …
    pub rule: &'static str,
    /// What is wrong, a lowercase fragment.
    pub message: String,
    /// What to do about it; may be empty.
    pub hint: String,
}

impl Field {
    /// Checks the declaration itself.
    pub(super) fn check(&self) -> Result<(), String> {
        if let Some(pattern) = &self.constraints.pattern {
            Regex::new(pattern).map_err(|error| format!("pattern: {error}"))?;
        }
        let Constraints {
            minimum, maximum, ..
        } = self.constraints;
        if let (Some(low), Some(high)) = (minimum, maximum)
            && low > high
        {
            return Err(format!("minimum {low} lies above maximum {high}"));
        }
        Ok(())
    }

    /// Checks a value against the rules of the field; a null breaks only `required`.
    ///
    /// # Errors
    /// The first rule that is broken, with the limits from the contract in its message.
    pub fn check_cell(&self, cell: &Cell) -> Result<(), CellFault> {
        let rules = &self.constraints;
        match cell {
            Cell::Null if rules.required => Err(CellFault {
                rule: "required",
                message: "is empty, but a row makes no sense without it".to_owned(),
                hint: "fill it in, or map another column to it".to_owned(),
            }),
            Cell::Number(number) => self.check_range(*number),
            #[allow(clippy::cast_precision_loss, reason = "a range check on whole numbers")]
            Cell::Integer(number) => self.check_range(*number as f64),
            Cell::Text(text) => {
                if let Some(allowed) = &rules.allowed
                    && !allowed.contains(text)
                {
                    return Err(CellFault {
                        rule: "allowed",
                        message: format!("\"{text}\" is not one of: {}", allowed.join(", ")),
                        hint: "correct the word, or translate it in the profile's `values`"
                            .to_owned(),
                    });
                }
                if let Some(pattern) = &rules.pattern
                    && !self.matches(text)
                {
                    return Err(CellFault {
                        rule: "pattern",
                        message: format!("\"{text}\" does not match `{pattern}`"),
                        hint: String::new(),
                    });
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Whether the field names things of the lab: a heat, a specimen, a sample, a proof.
    pub fn is_id(&self) -> bool {
        !self.provenance && self.kind == FieldType::String && self.name.ends_with("_id")
    }

    /// Whether a number lies in the field's range.
    pub fn holds(&self, number: f64) -> bool {
        let rules = &self.constraints;
        rules.minimum.is_none_or(|low| number >= low)
            && rules.maximum.is_none_or(|high| number <= high)
            && rules.exclusive_minimum.is_none_or(|low| number > low)
            && rules.exclusive_maximum.is_none_or(|high| number < high)
    }

    /// Whether a text matches the field's pattern, if it has one.
    pub fn matches(&self, text: &str) -> bool {
        let Some(pattern) = &self.constraints.pattern else {
            return true;
        };
        let compiled = self.compiled.get_or_init(|| Regex::new(pattern).ok());
        compiled.as_ref().is_some_and(|regex| regex.is_match(text))
    }

    fn check_range(&self, number: f64) -> Result<(), CellFault> {
        if self.holds(number) {
            return Ok(());
        }
        let rules = &self.constraints;
        let unit = if self.unit.is_empty() || self.unit == "1" {
            String::new()
        } else {
            format!(" {}", self.unit)
        };
        let low = (rules.minimum.map(|low| format!("≥ {low}")))
            .or(rules.exclusive_minimum.map(|low| format!("> {low}")));
        let high = (rules.maximum.map(|high| format!("≤ {high}")))
            .or(rules.exclusive_maximum.map(|high| format!("< {high}")));
        let range = [low, high]
            .into_iter()
            .flatten()
            .collect::<Vec<_>>()
            .join(" and ");
        Err(CellFault {
            rule: "range",
            message: format!("{number}{unit} is outside the contract's range, {range}{unit}"),
            hint: "a wrong unit or a slipped decimal point? the unit is read from the header"
                .to_owned(),
        })
    }
}
