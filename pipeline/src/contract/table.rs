//! One table's contract, read from a Frictionless Table Schema.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::{Field, Schemas};

/// What can go wrong with contracts and the rows under them.
#[derive(Debug, thiserror::Error)]
pub enum ContractError {
    /// A data file cannot be read.
    #[error("{path}: cannot be read: {source}")]
    Unreadable {
        /// The file or folder.
        path: String,
        /// What the system said.
        source: io::Error,
    },
    /// A data file is not there.
    #[error("schemas/{path}: no such data file")]
    NoSchema {
        /// Path below `schemas/`.
        path: String,
    },
    /// A contract is not the JSON it should be.
    #[error("{path}: {message}")]
    Invalid {
        /// The file.
        path: String,
        /// What is wrong, with line and column where known.
        message: String,
    },
    /// There is no such table.
    #[error("there is no table `{name}`; the tables are: {known}")]
    NoTable {
        /// The name asked for.
        name: String,
        /// The names there are.
        known: String,
    },
    /// A contract lacks a column that the program needs.
    #[error("table `{table}` has no {wanted} column `{column}`")]
    NoColumn {
        /// The table.
        table: String,
        /// The column.
        column: String,
        /// The type asked for.
        wanted: &'static str,
    },
}

/// The contract of one table.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Contract {
    /// Name of the table.
    pub name: String,
    /// Title for people.
    pub title: String,
    /// What one row is.
    pub description: String,
    /// Columns that together tell one row from another.
    #[serde(default)]
    pub primary_key: Vec<String>,
    /// Links to other tables, passed on to the published data package.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub foreign_keys: Option<serde_json::Value>,
    /// The columns in order.
    pub fields: Vec<Field>,
}

impl Contract {
    /// Reads and checks one contract; `origin` names the file in messages.
    ///
    /// # Errors
    /// When the JSON does not parse, two fields share a name, a key column is not a field or a
    /// pattern is not a regular expression.
    pub fn from_json(origin: &str, text: &str) -> Result<Contract, ContractError> {
        let invalid = |message: String| ContractError::Invalid {
            path: origin.to_owned(),
            message,
        };
        let contract: Contract =
            serde_json::from_str(text).map_err(|error| invalid(error.to_string()))?;
        let mut names = BTreeMap::new();
        for field in &contract.fields {
            if names.insert(field.name.as_str(), ()).is_some() {
                return Err(invalid(format!("field `{}` is declared twice", field.name)));
            }
            field
                .check()
                .map_err(|problem| invalid(format!("field `{}`: {problem}", field.name)))?;
        }
        for key in &contract.primary_key {
            if !names.contains_key(key.as_str()) {
                return Err(invalid(format!("primaryKey `{key}` is not a field")));
            }
        }
        Ok(contract)
    }

    /// Position of a column.
    pub fn position(&self, column: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name == column)
    }

    /// The field named `column`.
    pub fn field(&self, column: &str) -> Option<&Field> {
        self.fields.iter().find(|field| field.name == column)
    }

    /// Whether rows of this table come from source files and carry provenance.
    pub fn is_ingested(&self) -> bool {
        self.fields.iter().any(|field| field.provenance)
    }
}

/// Every contract by name.
#[derive(Clone, Debug)]
pub struct Contracts {
    tables: BTreeMap<String, Arc<Contract>>,
}

impl Contracts {
    /// Reads every `tables/*.json`.
    ///
    /// # Errors
    /// The first contract that is not valid, or whose name differs from its file's.
    pub fn load(schemas: &Schemas) -> Result<Contracts, ContractError> {
        let mut tables = BTreeMap::new();
        for (file, schema) in schemas.below("tables") {
            let contract = Contract::from_json(&schema.origin, &schema.text)?;
            if file.strip_suffix(".json") != Some(contract.name.as_str()) {
                return Err(ContractError::Invalid {
                    path: schema.origin.clone(),
                    message: format!("the table is named `{}`, unlike its file", contract.name),
                });
            }
            tables.insert(contract.name.clone(), Arc::new(contract));
        }
        Ok(Contracts { tables })
    }

    /// The contract of `table`.
    ///
    /// # Errors
    /// When there is no such table.
    pub fn table(&self, table: &str) -> Result<&Arc<Contract>, ContractError> {
        self.tables
            .get(table)
            .ok_or_else(|| ContractError::NoTable {
                name: table.to_owned(),
                known: self
                    .tables
                    .keys()
                    .map(String::as_str)
                    .collect::<Vec<_>>()
                    .join(", "),
            })
    }

    /// All contracts by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<Contract>> {
        self.tables.values()
    }
}
