//! Between the lake's files, polars' frames and our rows.

use std::path::PathBuf;
use std::sync::Arc;

use polars::prelude::*;
use polars::sql::SQLContext;

use super::FeatureError;
use crate::contract::{Cell, Contract, FieldType, Rows};
use crate::lake::Snapshot;

/// The answer to a researcher's query: column names and cells as text.
#[derive(Debug)]
pub struct Answer {
    /// Column names.
    pub columns: Vec<String>,
    /// Rows of cells; a missing value is `None`.
    pub rows: Vec<Vec<Option<String>>>,
}

/// Runs a researcher's SQL over the lake's tables of a snapshot: over the newest revision of every row, or
/// over all of them.
///
/// # Errors
/// When a table cannot be read or polars does not accept the query.
pub fn query(lake: Snapshot<'_>, sql: &str, all_revisions: bool) -> Result<Answer, FeatureError> {
    let mut context = tables(lake, all_revisions)?;
    let frame = run(&mut context, "query", sql)?;
    let columns = frame
        .get_column_names()
        .iter()
        .map(ToString::to_string)
        .collect();
    let texts = frame
        .columns()
        .iter()
        .map(|column| {
            (0..column.len())
                .map(|row| {
                    Ok(
                        match column.get(row).map_err(|error| failed("query", &error))? {
                            AnyValue::Null => None,
                            AnyValue::String(text) => Some(text.to_owned()),
                            AnyValue::StringOwned(text) => Some(text.to_string()),
                            AnyValue::Float64(number) => Some(number.to_string()),
                            value => Some(value.to_string()),
                        },
                    )
                })
                .collect::<Result<Vec<_>, FeatureError>>()
        })
        .collect::<Result<Vec<_>, _>>()?;
    let rows = (0..frame.height())
        .map(|row| texts.iter().map(|column| column[row].clone()).collect())
        .collect();
    Ok(Answer { columns, rows })
}

/// The newest revision of every row. Few rows have more than one, so that only their keys are looked up; a
/// table without any is left as it is.
fn newest_revisions(table: LazyFrame, contract: &Contract) -> PolarsResult<LazyFrame> {
    const NEWEST: &str = "newest revision";
    let key: Vec<Expr> = contract.primary_key.iter().map(col).collect();
    let corrected = table
        .clone()
        .filter(col("revision").gt(lit(1)))
        .group_by(&key)
        .agg([col("revision").max().alias(NEWEST)])
        .collect()?;
    if corrected.height() == 0 {
        return Ok(table);
    }
    let is_newest = col(NEWEST).is_null().or(col("revision").eq(col(NEWEST)));
    let columns = contract.fields.iter().map(|field| col(&field.name));
    Ok(table
        .join_builder()
        .with(corrected.lazy())
        .on(key)
        .how(JoinType::Left)
        // A missing part of a key is a part like any other.
        .join_nulls(true)
        .finish()
        .filter(is_newest)
        .select(columns.collect::<Vec<_>>()))
}

/// A SQL context with every table of the lake, all revisions of it.
pub(super) fn context(lake: Snapshot<'_>) -> Result<SQLContext, FeatureError> {
    tables(lake, true)
}

fn tables(lake: Snapshot<'_>, all_revisions: bool) -> Result<SQLContext, FeatureError> {
    let context = SQLContext::new();
    for contract in lake.contracts().iter() {
        let mut table = scan(contract, &lake.files(&contract.name)?)?;
        if !all_revisions && contract.position("revision").is_some() {
            table = newest_revisions(table, contract)
                .map_err(|error| failed("newest revisions", &error))?;
        }
        context.register(&contract.name, table);
    }
    Ok(context)
}

/// Runs one SQL text to its end.
pub(super) fn run(
    context: &mut SQLContext,
    name: &'static str,
    sql: &str,
) -> Result<DataFrame, FeatureError> {
    context
        .execute(sql)
        .and_then(LazyFrame::collect)
        .map_err(|error| failed(name, &error))
}

pub(super) fn failed(query: &'static str, error: &PolarsError) -> FeatureError {
    FeatureError::Query {
        query,
        message: error.to_string(),
    }
}

fn scan(contract: &Contract, files: &[PathBuf]) -> Result<LazyFrame, FeatureError> {
    let fields = contract
        .fields
        .iter()
        .map(|field| Field::new((&field.name).into(), kind_of(field.kind)));
    let schema = Schema::from_iter(fields);
    if files.is_empty() {
        return Ok(DataFrame::empty_with_schema(&schema).lazy());
    }
    let paths = files
        .iter()
        .map(|file| PlRefPath::try_from_path(file))
        .collect::<PolarsResult<Vec<_>>>()
        .map_err(|error| failed("scan", &error))?;
    let args = ScanArgsParquet {
        glob: false,
        // A file from before a column came into the contract has no values for it.
        schema: Some(Arc::new(schema)),
        allow_missing_columns: true,
        ..ScanArgsParquet::default()
    };
    LazyFrame::scan_parquet_files(paths.into_iter().collect(), args)
        .map_err(|error| failed("scan", &error))
}

fn kind_of(kind: FieldType) -> DataType {
    match kind {
        FieldType::String => DataType::String,
        FieldType::Integer => DataType::Int64,
        FieldType::Number => DataType::Float64,
        FieldType::Boolean => DataType::Boolean,
        FieldType::Date => DataType::Date,
        FieldType::Datetime => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
        FieldType::Array => DataType::List(Box::new(DataType::Float64)),
    }
}

/// A frame as rows under a contract; a column that the frame lacks is null.
pub(super) fn rows_of(frame: &DataFrame, contract: &Arc<Contract>) -> Result<Rows, FeatureError> {
    let mut columns: Vec<Vec<Cell>> = Vec::new();
    for field in &contract.fields {
        columns.push(match frame.column(&field.name) {
            Ok(column) => cells(column, field.kind).map_err(|error| failed("rows", &error))?,
            Err(_) => vec![Cell::Null; frame.height()],
        });
    }
    let mut rows = Rows::new(contract);
    let mut columns: Vec<_> = columns.into_iter().map(Vec::into_iter).collect();
    for _ in 0..frame.height() {
        rows.push(
            columns
                .iter_mut()
                .map(|column| column.next().unwrap_or(Cell::Null))
                .collect(),
        );
    }
    Ok(rows)
}

fn cells(column: &polars::prelude::Column, kind: FieldType) -> PolarsResult<Vec<Cell>> {
    fn wrap<T>(cell: Option<T>, wrap: impl Fn(T) -> Cell) -> Cell {
        cell.map_or(Cell::Null, wrap)
    }
    Ok(match kind {
        FieldType::String => {
            let texts = column.cast(&DataType::String)?;
            texts
                .str()?
                .iter()
                .map(|cell| wrap(cell, |text| Cell::Text(text.to_owned())))
                .collect()
        }
        FieldType::Integer => {
            let numbers = column.cast(&DataType::Int64)?;
            numbers
                .i64()?
                .iter()
                .map(|cell| wrap(cell, Cell::Integer))
                .collect()
        }
        FieldType::Number => {
            let numbers = column.cast(&DataType::Float64)?;
            numbers.f64()?.iter().map(Cell::number).collect()
        }
        FieldType::Boolean => {
            let truths = column.cast(&DataType::Boolean)?;
            truths
                .bool()?
                .iter()
                .map(|cell| wrap(cell, Cell::Boolean))
                .collect()
        }
        FieldType::Date => {
            let days = column.cast(&DataType::Date)?.cast(&DataType::Int32)?;
            days.i32()?
                .iter()
                .map(|cell| wrap(cell, Cell::Date))
                .collect()
        }
        FieldType::Datetime => {
            let micros = column.cast(&kind_of(kind))?.cast(&DataType::Int64)?;
            micros
                .i64()?
                .iter()
                .map(|cell| wrap(cell, Cell::Datetime))
                .collect()
        }
        FieldType::Array => vec![Cell::Null; column.len()],
    })
}
