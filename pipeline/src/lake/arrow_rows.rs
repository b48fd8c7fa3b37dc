//! Rows ↔ Arrow batches; the contract's units and descriptions become field metadata.

use std::collections::BTreeMap;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, ArrowPrimitiveType, AsArray, BooleanArray, Float64Builder, ListBuilder,
    PrimitiveArray, RecordBatch, StringArray, new_null_array,
};
use arrow::buffer::{Buffer, NullBuffer, OffsetBuffer};
use arrow::datatypes::{
    DataType, Date32Type, Field as ArrowField, Float64Type, Int64Type, Schema, TimeUnit,
    TimestampMicrosecondType,
};
use arrow::error::ArrowError;

use crate::contract::{Cell, Column, Contract, Field, FieldType, Rows, Texts};

/// The Arrow schema of a contract; every field carries `unit` and `description` as metadata.
pub(super) fn arrow_schema(contract: &Contract) -> Schema {
    Schema::new(contract.fields.iter().map(arrow_field).collect::<Vec<_>>())
}

fn arrow_field(field: &Field) -> ArrowField {
    let kind = match field.kind {
        FieldType::String => DataType::Utf8,
        FieldType::Integer => DataType::Int64,
        FieldType::Number => DataType::Float64,
        FieldType::Boolean => DataType::Boolean,
        FieldType::Date => DataType::Date32,
        FieldType::Datetime => DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into())),
        FieldType::Array => DataType::List(Arc::new(ArrowField::new(
            "element",
            DataType::Float64,
            true,
        ))),
    };
    let metadata = BTreeMap::from([
        ("description".to_owned(), field.description.clone()),
        ("unit".to_owned(), field.unit.clone()),
    ]);
    ArrowField::new(&field.name, kind, !field.constraints.required)
        .with_metadata(metadata.into_iter().collect())
}

/// Rows as one batch under the contract's schema.
pub(super) fn to_batch(rows: &Rows) -> Result<RecordBatch, ArrowError> {
    let schema = Arc::new(arrow_schema(rows.contract()));
    let arrays = rows.columns().map(|(_, column)| to_array(column.clone()));
    RecordBatch::try_new(schema, arrays.collect())
}

/// The same cell `len` times.
pub(super) fn repeated(field: &Field, cell: &Cell, len: usize) -> ArrayRef {
    match cell {
        Cell::Null => new_null_array(arrow_field(field).data_type(), len),
        cell => to_array(Column::repeated(field.kind, cell, len)),
    }
}

/// The cells of a column.
pub(super) fn to_array(column: Column) -> ArrayRef {
    match column {
        Column::Text(cells) => text_array(cells),
        Column::Integer(cells) => Arc::new(primitive::<Int64Type>(&cells)),
        Column::Number(cells) => Arc::new(primitive::<Float64Type>(&cells)),
        Column::Boolean(cells) => Arc::new(BooleanArray::from(cells)),
        Column::Date(cells) => Arc::new(primitive::<Date32Type>(&cells)),
        Column::Datetime(cells) => {
            Arc::new(primitive::<TimestampMicrosecondType>(&cells).with_timezone("UTC"))
        }
        Column::Numbers(cells) => {
            let item = ArrowField::new("element", DataType::Float64, true);
            let mut lists = ListBuilder::new(Float64Builder::new()).with_field(item);
            for cell in &cells {
                // A point without a value is a NaN in a curve and a null in a file.
                let some = |&number: &f64| (!number.is_nan()).then_some(number);
                lists.append_option(cell.as_ref().map(|numbers| numbers.iter().map(some)));
            }
            Arc::new(lists.finish())
        }
    }
}

/// Numbers with a mask of missing ones, or without one where none is missing, which is written faster.
fn primitive<T: ArrowPrimitiveType>(cells: &[Option<T::Native>]) -> PrimitiveArray<T> {
    let numbers = cells.iter().map(|cell| cell.unwrap_or_default());
    let numbers: Vec<T::Native> = numbers.collect();
    PrimitiveArray::new(numbers.into(), missing(cells.iter().map(Option::is_some)))
}

/// The mask of the cells that are missing; `None` where none is.
fn missing(present: impl Iterator<Item = bool> + Clone) -> Option<NullBuffer> {
    let all = present.clone().all(|present| present);
    (!all).then(|| present.collect())
}

/// The joined texts as they lie in memory; cell by cell where they are too long for 32-bit offsets.
fn text_array(cells: Texts) -> ArrayRef {
    if i32::try_from(cells.joined_len()).is_err() {
        return Arc::new(StringArray::from_iter(cells.iter()));
    }
    let (joined, ends, present) = cells.into_parts();
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_possible_wrap,
        reason = "the last end fits, so do all"
    )]
    let offsets: Vec<i32> = std::iter::once(0)
        .chain(ends.iter().map(|&end| end as i32))
        .collect();
    let offsets = OffsetBuffer::new(offsets.into());
    let joined = Buffer::from_vec(joined.into_bytes());
    Arc::new(StringArray::new(
        offsets,
        joined,
        missing(present.iter().copied()),
    ))
}

/// Appends a batch to `rows`, matching columns by name; a column the batch lacks is null.
pub(super) fn append_batch(rows: &mut Rows, batch: &RecordBatch) -> Result<(), ArrowError> {
    let fields = rows.contract().fields.clone();
    let columns = fields
        .iter()
        .map(|field| {
            batch
                .column_by_name(&field.name)
                .map(|array| from_array(field, array))
                .transpose()
        })
        .collect::<Result<Vec<_>, _>>()?;
    for row in 0..batch.num_rows() {
        let cells = columns
            .iter()
            .map(|column| {
                column
                    .as_ref()
                    .map_or(Cell::Null, |column| column.cell(row))
            })
            .collect();
        rows.push(cells);
    }
    Ok(())
}

fn from_array(field: &Field, array: &ArrayRef) -> Result<Column, ArrowError> {
    let wanted = arrow_field(field).data_type().clone();
    let array = arrow::compute::cast(array, &wanted)?;
    Ok(match field.kind {
        FieldType::String => Column::Text(array.as_string::<i32>().iter().collect()),
        FieldType::Integer => Column::Integer(array.as_primitive::<Int64Type>().iter().collect()),
        FieldType::Number => Column::Number(array.as_primitive::<Float64Type>().iter().collect()),
        FieldType::Boolean => Column::Boolean(array.as_boolean().iter().collect()),
        FieldType::Date => Column::Date(array.as_primitive::<Date32Type>().iter().collect()),
        FieldType::Datetime => Column::Datetime(
            array
                .as_primitive::<TimestampMicrosecondType>()
                .iter()
                .collect(),
        ),
        FieldType::Array => Column::Numbers(
            array
                .as_list::<i32>()
                .iter()
                .map(|list| {
                    let number = |cell: Option<f64>| cell.unwrap_or(f64::NAN);
                    list.map(|numbers| {
                        numbers
                            .as_primitive::<Float64Type>()
                            .iter()
                            .map(number)
                            .collect()
                    })
                })
                .collect(),
        ),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::{Contracts, Schemas};

    #[test]
    fn every_contract_survives_the_round_trip_with_units_and_nulls() {
        for contract in Contracts::load(&Schemas::embedded()).unwrap().iter() {
            let schema = arrow_schema(contract);
            let mut rows = Rows::new(contract);
            let full = |field: &Field| match field.kind {
                FieldType::String => Cell::Text("3-12".to_owned()),
                FieldType::Integer => Cell::Integer(7),
                FieldType::Number => Cell::Number(0.1),
                FieldType::Boolean => Cell::Boolean(true),
                FieldType::Date => Cell::Date(20_000),
                FieldType::Datetime => Cell::Datetime(1_700_000_000_000_001),
                FieldType::Array => Cell::Numbers(vec![1.0, -2.5]),
            };
            rows.push(contract.fields.iter().map(full).collect());
            let sparse = |field: &Field| {
                if field.constraints.required {
                    full(field)
                } else {
                    Cell::Null
                }
            };
            rows.push(contract.fields.iter().map(sparse).collect());
            let batch = to_batch(&rows).unwrap();
            let mut back = Rows::new(contract);
            append_batch(&mut back, &batch).unwrap();
            for ((field, before), (_, after)) in rows.columns().zip(back.columns()) {
                assert_eq!(before, after, "{}.{}", contract.name, field.name);
                let metadata = schema.field_with_name(&field.name).unwrap().metadata();
                assert_eq!(metadata["unit"], field.unit);
                assert!(
                    !metadata["description"].is_empty(),
                    "{}.{}",
                    contract.name,
                    field.name
                );
            }
        }
    }
}
