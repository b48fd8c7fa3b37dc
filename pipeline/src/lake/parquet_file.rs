//! Plain Parquet files: the published snapshot, and whatever a researcher points a command at.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{Array, RecordBatch};
use arrow::util::display::{ArrayFormatter, FormatOptions};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::{ArrowWriter, ProjectionMask};
use parquet::basic::{Compression, Encoding, ZstdLevel};
use parquet::errors::ParquetError;
use parquet::file::properties::{EnabledStatistics, WriterProperties, WriterPropertiesBuilder};
use parquet::schema::types::ColumnPath;

use super::{LakeError, arrow_rows};
use crate::contract::{Contract, FieldType, Rows};

/// Level of zstd for the points of curves, which are written once and kept.
const POINTS_ZSTD: i32 = 3;

/// Lists whose numbers go on in even steps: zstd finds more in them when their bytes are sorted by rank.
const EVEN_STEPS: [&str; 2] = ["time_s", "strain"];

/// Rows of one page at most: a page is compressed and indexed for itself, which costs more than its
/// content where a column repeats a few words.
const ROWS_PER_PAGE: usize = 100_000;

/// Values that are encoded at a time.
const VALUES_PER_BATCH: usize = 8192;

/// How every Parquet file of the lake and of the snapshot is written: zstd, page index, no dictionary
/// for ids, of which a table has so many that it is slow and large, and lines as steps from one to the
/// next.
pub(super) fn writer_properties(contract: &Contract) -> WriterProperties {
    let mut properties = WriterProperties::builder()
        .set_compression(Compression::ZSTD(ZstdLevel::default()))
        .set_statistics_enabled(EnabledStatistics::Page)
        .set_data_page_row_count_limit(ROWS_PER_PAGE)
        .set_write_batch_size(VALUES_PER_BATCH)
        .set_created_by(format!("regrade {}", env!("CARGO_PKG_VERSION")));
    if contract.position("source_line").is_some() {
        properties = properties
            .set_column_dictionary_enabled("source_line".into(), false)
            .set_column_encoding("source_line".into(), Encoding::DELTA_BINARY_PACKED);
    }
    for id in contract.fields.iter().filter(|field| field.is_id()) {
        properties = properties.set_column_dictionary_enabled(id.name.as_str().into(), false);
    }
    points_properties(properties, contract).build()
}

/// How lists of numbers are written: without a dictionary, which a measured number outgrows, and by the
/// encoding that `tests/bench/ENCODINGS.md` found best for each. Every one keeps every bit.
fn points_properties(
    mut properties: WriterPropertiesBuilder,
    contract: &Contract,
) -> WriterPropertiesBuilder {
    let level = ZstdLevel::try_new(POINTS_ZSTD).unwrap_or_default();
    let lists = contract.fields.iter();
    for field in lists.filter(|field| field.kind == FieldType::Array) {
        let path = [field.name.as_str(), "list", "element"].map(str::to_owned);
        let points = ColumnPath::new(path.to_vec());
        properties = properties
            .set_column_dictionary_enabled(points.clone(), false)
            .set_column_compression(points.clone(), Compression::ZSTD(level));
        if EVEN_STEPS.contains(&field.name.as_str()) {
            properties = properties.set_column_encoding(points, Encoding::BYTE_STREAM_SPLIT);
        }
    }
    properties
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

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may panic")]
mod tests {
    use super::*;
    use crate::contract::{Cell, Contracts, Schemas};

    #[test]
    fn points_of_curves_keep_every_bit_in_the_encodings_measured() {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let contract = contracts.table("tensile_curves").unwrap();
        let numbers: Vec<f64> = vec![0.1 + 0.2, -0.0, 1e-310, f64::MAX, 0.0001983, 310.25];
        let mut rows = Rows::new(contract);
        let mut cells = vec![Cell::Null; contract.fields.len()];
        for (name, cell) in [
            ("specimen_id", Cell::Text("S1".to_owned())),
            ("heat_id", Cell::Text("H1".to_owned())),
            ("strain", Cell::Numbers(numbers.clone())),
            ("stress_mpa", Cell::Numbers(numbers.clone())),
            ("source_sha256", Cell::Text("0".repeat(64))),
            ("source_line", Cell::Integer(1)),
            ("ingested_at", Cell::Datetime(0)),
            ("run_id", Cell::Text("r".to_owned())),
            ("revision", Cell::Integer(1)),
        ] {
            cells[contract.position(name).unwrap()] = cell;
        }
        rows.push(cells);
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("curves.parquet");
        #[expect(clippy::disallowed_methods, reason = "a test's own file")]
        std::fs::write(&path, to_parquet(&rows).unwrap()).unwrap();

        let back = read_parquet(contract, &[&path], None).unwrap();
        let bits = |numbers: &[f64]| numbers.iter().map(|n| n.to_bits()).collect::<Vec<_>>();
        for name in ["strain", "stress_mpa"] {
            let Cell::Numbers(read) = back.column(name).unwrap().cell(0) else {
                panic!("{name} is no list");
            };
            assert_eq!(bits(&read), bits(&numbers), "{name}");
        }
        let opened = File::open(&path).unwrap();
        let reader = ParquetRecordBatchReaderBuilder::try_new(opened).unwrap();
        let columns = reader.metadata().row_group(0).columns();
        for (name, encoding) in [
            ("strain", Encoding::BYTE_STREAM_SPLIT),
            ("stress_mpa", Encoding::PLAIN),
        ] {
            let column = columns
                .iter()
                .find(|column| column.column_path().parts()[0] == name)
                .unwrap();
            let encodings: Vec<Encoding> = column.encodings().collect();
            assert!(encodings.contains(&encoding), "{name}: {encodings:?}");
            assert!(!encodings.contains(&Encoding::RLE_DICTIONARY), "{name}");
        }
    }
}
