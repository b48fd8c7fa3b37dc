//! Plain Parquet files: the published snapshot, and whatever a researcher points a command at.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties};

use super::{LakeError, arrow_rows};
use crate::contract::{Contract, Rows};

/// How every Parquet file of the lake and of the snapshot is written: zstd, page index, and no
/// dictionary for a column that is a key by itself, in which no value comes twice.
pub(super) fn writer_properties(contract: &Contract) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_created_by(format!("regrade {}", env!("CARGO_PKG_VERSION")));
    if let [key] = contract.primary_key.as_slice() {
        properties = properties.set_column_dictionary_enabled(key.as_str().into(), false);
    }
    properties.build()
}

/// Rows as the bytes of a Parquet file; units and descriptions in the field metadata.
///
/// The same rows give the same bytes.
///
/// # Errors
/// When a required column holds a null.
pub fn to_parquet(rows: &Rows) -> Result<Vec<u8>, LakeError> {
    let table = || rows.contract().name.clone();
    let batch = arrow_rows::to_batch(rows).map_err(|source| LakeError::Arrow {
        table: table(),
        action: "cannot be written",
        source,
    })?;
    let mut bytes = Vec::new();
    let parquet = |source| LakeError::Parquet {
        file: table(),
        source,
    };
    let mut writer = ArrowWriter::try_new(
        &mut bytes,
        batch.schema(),
        Some(writer_properties(rows.contract())),
    )
    .map_err(parquet)?;
    writer.write(&batch).map_err(parquet)?;
    writer.close().map_err(parquet)?;
    Ok(bytes)
}

/// Reads files under a contract, appending in the order of `files`; of all columns, or of `columns` only.
///
/// # Errors
/// When a file cannot be opened, is not Parquet, or holds a column of another type.
pub fn read_parquet(
    contract: &Arc<Contract>,
    files: &[impl AsRef<Path>],
    columns: Option<&[&str]>,
) -> Result<Rows, LakeError> {
    let mut rows = Rows::new(contract);
    for file in files {
        for batch in batches(file.as_ref(), columns)? {
            arrow_rows::append_batch(&mut rows, &batch).map_err(|source| LakeError::Arrow {
                table: contract.name.clone(),
                action: "cannot be read",
                source,
            })?;
        }
    }
    Ok(rows)
}

/// Reads a Parquet file of any schema as text cells: column names, then rows.
///
/// Numbers come in their shortest exact form, nulls as empty text.
///
/// # Errors
/// When the file cannot be opened or is not Parquet.
pub fn read_parquet_columns(file: &Path) -> Result<(Vec<String>, Vec<Vec<String>>), LakeError> {
    let mut names = Vec::new();
    let mut rows = Vec::new();
    for batch in batches(file, None)? {
        names = batch
            .schema()
            .fields()
            .iter()
            .map(|field| field.name().clone())
            .collect();
        let options = FormatOptions::default();
        let cannot = |source| LakeError::Arrow {
            table: file.display().to_string(),
            action: "cannot be shown",
            source,
        };
        let columns = batch
            .columns()
            .iter()
            .map(|column| {
                let display = ArrayFormatter::try_new(column.as_ref(), &options)?;
                (0..column.len())
                    .map(|row| {
                        if column.is_null(row) {
                            Ok(String::new())
                        } else {
                            display.value(row).try_to_string()
                        }
                    })
                    .collect::<Result<Vec<_>, _>>()
            })
            .collect::<Result<Vec<_>, _>>()
            .map_err(cannot)?;
        for row in 0..batch.num_rows() {
            rows.push(columns.iter().map(|column| column[row].clone()).collect());
        }
    }
    Ok((names, rows))
}

fn batches(file: &Path, columns: Option<&[&str]>) -> Result<Vec<RecordBatch>, LakeError> {
    let parquet = |source| LakeError::Parquet {
        file: file.display().to_string(),
        source,
    };
    let opened =
        File::open(file).map_err(|source| parquet(ParquetError::External(source.into())))?;
    ParquetRecordBatchReaderBuilder::try_new(opened)
        .and_then(|builder| {
            let mask = match columns {
                Some(columns) => {
                    ProjectionMask::columns(builder.parquet_schema(), columns.iter().copied())
                }
                None => ProjectionMask::all(),
            };
            builder.with_projection(mask).build()
        })
        .map_err(parquet)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(|source| parquet(ParquetError::ArrowError(source.to_string())))
}
