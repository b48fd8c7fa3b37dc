//! The log entry of a data file: what it holds, so that a reader can pass it over unopened.

use std::time::{SystemTime, UNIX_EPOCH};

use chrono::NaiveDate;
use deltalake_core::kernel::Add;
use parquet::file::metadata::ParquetMetaData;
use parquet::file::statistics::Statistics;
use serde_json::{Map, Value, json};

use crate::contract::{Contract, FieldType};

/// Columns that the log tells about, counted from the first: Delta's own default.
const COLUMNS_TOLD: usize = 32;

/// The smallest or largest value of a column.
#[derive(Clone, Debug, PartialEq, PartialOrd)]
enum Bound {
    Text(String),
    Integer(i64),
    Number(f64),
    Date(NaiveDate),
}

/// The entry of a new file without partitions under `contract`.
pub(super) fn entry(
    path: String,
    size: usize,
    metadata: &ParquetMetaData,
    contract: &Contract,
) -> Add {
    let millis = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = millis.map_or(0, |since| since.as_millis());
    Add {
        path,
        partition_values: Default::default(),
        size: i64::try_from(size).unwrap_or(i64::MAX),
        modification_time: i64::try_from(millis).unwrap_or(i64::MAX),
        data_change: true,
        stats: Some(stats(metadata, contract).to_string()),
        tags: None,
        deletion_vector: None,
        base_row_id: None,
        default_row_commit_version: None,
        clustering_provider: None,
    }
}

/// Rows, and of every column that is told about how many cells are missing and where the others lie.
fn stats(metadata: &ParquetMetaData, contract: &Contract) -> Value {
    let (mut lowest, mut highest, mut missing) = (Map::new(), Map::new(), Map::new());
    for (at, field) in contract.fields.iter().enumerate().take(COLUMNS_TOLD) {
        // A list has no order and is no column of its own in Parquet's count.
        if field.kind == FieldType::Array {
            continue;
        }
        let column = metadata.row_groups().iter().map(|group| {
            let path = [field.name.clone()];
            let chunk = group
                .columns()
                .get(at)
                .filter(|c| c.column_path().parts() == path);
            (group.num_rows(), chunk.and_then(|chunk| chunk.statistics()))
        });
        let Some(found) = of_column(field.kind, column) else {
            continue;
        };
        missing.insert(field.name.clone(), found.missing.into());
        if let Some((low, high)) = found.bounds {
            lowest.insert(field.name.clone(), low.into());
            highest.insert(field.name.clone(), high.into());
        }
    }
    json!({
        "numRecords": metadata.file_metadata().num_rows(),
        "minValues": lowest,
        "maxValues": highest,
        "nullCount": missing,
    })
}

/// What is known of one column of a file.
struct ColumnStats {
    missing: u64,
    /// None for a column without values, or of a type whose bounds the log does not tell.
    bounds: Option<(Bound, Bound)>,
}

/// Adds up the row groups, each with its number of rows; `None` when one of them does not count its
/// missing cells.
fn of_column<'a>(
    kind: FieldType,
    groups: impl Iterator<Item = (i64, Option<&'a Statistics>)>,
) -> Option<ColumnStats> {
    let (mut missing, mut bounds, mut is_known) = (0, None::<(Bound, Bound)>, true);
    for (rows, statistics) in groups {
        let statistics = statistics?;
        let nulls = statistics.null_count_opt()?;
        missing += nulls;
        match (bounds_of(kind, statistics), &mut bounds) {
            (None, _) => is_known &= i64::try_from(nulls) == Ok(rows),
            (Some(of_group), None) => bounds = Some(of_group),
            (Some((low, high)), Some(so_far)) => {
                if low < so_far.0 {
                    so_far.0 = low;
                }
                if high > so_far.1 {
                    so_far.1 = high;
                }
            }
        }
    }
    Some(ColumnStats {
        missing,
        bounds: bounds.filter(|_| is_known),
    })
}

fn bounds_of(kind: FieldType, statistics: &Statistics) -> Option<(Bound, Bound)> {
    let text = |bytes: Option<&[u8]>| Some(Bound::Text(str::from_utf8(bytes?).ok()?.to_owned()));
    Some(match (kind, statistics) {
        (FieldType::String, Statistics::ByteArray(_)) => (
            text(statistics.min_bytes_opt())?,
            text(statistics.max_bytes_opt())?,
        ),
        (FieldType::Integer, Statistics::Int64(found)) => (
            Bound::Integer(*found.min_opt()?),
            Bound::Integer(*found.max_opt()?),
        ),
        (FieldType::Number, Statistics::Double(found)) => (
            Bound::Number(*found.min_opt()?),
            Bound::Number(*found.max_opt()?),
        ),
        (FieldType::Date, Statistics::Int32(found)) => (
            Bound::Date(NaiveDate::from_epoch_days(*found.min_opt()?)?),
            Bound::Date(NaiveDate::from_epoch_days(*found.max_opt()?)?),
        ),
        _ => return None,
    })
}

impl From<Bound> for Value {
    fn from(bound: Bound) -> Value {
        match bound {
            Bound::Text(text) => text.into(),
            Bound::Integer(number) => number.into(),
            Bound::Number(number) => number.into(),
            Bound::Date(day) => day.to_string().into(),
        }
    }
}
