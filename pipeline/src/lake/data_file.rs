//! One Parquet file of a large commit, encoded in memory row group by row group.
//!
//! A column that says the same throughout a row group is encoded once, and its bytes serve every later
//! row group of that length: where rows came from, and what an export leaves out, is most of the columns
//! of a results table.

use std::sync::Arc;

use arrow::array::{Array as _, ArrayRef, RecordBatch};
use arrow::datatypes::{FieldRef, Schema, SchemaRef};
use bytes::Bytes;
use parquet::arrow::arrow_writer::{ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves};
use parquet::arrow::{ArrowSchemaConverter, ArrowWriter, add_encoded_arrow_schema_to_metadata};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::metadata::{PageIndexPolicy, ParquetMetaData, ParquetMetaDataReader};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;

use super::arrow_rows::{arrow_schema, repeated, to_array};
use super::parquet_file::writer_properties;
use crate::contract::{Cell, Contract, Said, SparseRows};

/// Rows of a row group.
const ROWS_PER_GROUP: usize = 1 << 18;

/// A file that grows.
pub(super) struct DataFile {
    contract: Arc<Contract>,
    schema: SchemaRef,
    properties: WriterProperties,
    file: SerializedFileWriter<Vec<u8>>,
    groups: ArrowRowGroupWriterFactory,
    /// Columns of the row group that is open; none when none is.
    open: Vec<OpenColumn>,
    /// Rows of that row group.
    rows: usize,
    /// Rows of a row group that is full.
    rows_per_group: usize,
    /// Of every column the last chunk that says one thing.
    same: Vec<Option<SameChunk>>,
}

/// A column of a row group that is open.
struct OpenColumn {
    writer: ArrowColumnWriter,
    /// What all rows so far say, as long as that is one thing; nothing of it is written then.
    once: Option<Cell>,
}

/// A column chunk that says one thing throughout.
struct SameChunk {
    cell: Cell,
    rows: usize,
    bytes: Bytes,
    closed: ColumnCloseResult,
}

/// What a column of a piece says, ready to be written.
enum Piece {
    Once(Cell),
    Each(ArrayRef),
}

impl DataFile {
    /// An empty file for rows under `contract`.
    ///
    /// # Errors
    /// When the contract has no Parquet schema.
    pub(super) fn new(contract: &Arc<Contract>) -> Result<DataFile, ParquetError> {
        let schema = Arc::new(arrow_schema(contract));
        let parquet_schema = ArrowSchemaConverter::new().convert(&schema)?;
        let mut properties = writer_properties(contract);
        add_encoded_arrow_schema_to_metadata(&schema, &mut properties);
        let root = parquet_schema.root_schema_ptr();
        let file = SerializedFileWriter::new(Vec::new(), root, Arc::new(properties))?;
        Ok(DataFile {
            contract: Arc::clone(contract),
            groups: ArrowRowGroupWriterFactory::new(&file, Arc::clone(&schema)),
            properties: writer_properties(contract),
            same: schema.fields().iter().map(|_| None).collect(),
            schema,
            file,
            open: Vec::new(),
            rows: 0,
            rows_per_group: ROWS_PER_GROUP,
        })
    }

    /// Bytes so far, without the row group that is open.
    pub(super) fn len(&self) -> usize {
        self.file.bytes_written()
    }

    /// Adds rows.
    ///
    /// # Errors
    /// When a required column holds a missing cell.
    pub(super) fn add(&mut self, rows: SparseRows) -> Result<(), ParquetError> {
        let len = rows.len();
        let mut columns = Vec::new();
        for (said, field) in rows.into_columns().zip(self.schema.fields()) {
            let (piece, lacks) = match said {
                Said::Once(cell) => {
                    let lacks = cell == Cell::Null;
                    (Piece::Once(cell), lacks)
                }
                Said::Each(column) => {
                    let array = to_array(column);
                    let lacks = array.null_count() > 0;
                    (Piece::Each(array), lacks)
                }
            };
            if lacks && len > 0 && !field.is_nullable() {
                let message = format!(
                    "column `{}` is required, but a cell is missing",
                    field.name()
                );
                return Err(ParquetError::General(message));
            }
            columns.push(piece);
        }
        let mut from = 0;
        while from < len {
            let more = (len - from).min(self.rows_per_group - self.rows);
            self.add_to_group(&columns, from, more)?;
            from += more;
            if self.rows == self.rows_per_group {
                self.close_group()?;
            }
        }
        Ok(())
    }

    fn add_to_group(
        &mut self,
        columns: &[Piece],
        from: usize,
        more: usize,
    ) -> Result<(), ParquetError> {
        let is_new = self.rows == 0;
        if is_new {
            let number = self.file.flushed_row_groups().len();
            let writers = self.groups.create_column_writers(number)?;
            let open = |writer| OpenColumn { writer, once: None };
            self.open = writers.into_iter().map(open).collect();
        }
        for (at, (open, piece)) in self.open.iter_mut().zip(columns).enumerate() {
            let field = &self.schema.fields()[at];
            let repeat = |cell: &Cell, len| repeated(&self.contract.fields[at], cell, len);
            match piece {
                Piece::Once(cell) if is_new => open.once = Some(cell.clone()),
                Piece::Once(cell) if open.once.as_ref().is_some_and(|once| once.is(cell)) => {}
                piece => {
                    if let Some(before) = open.once.take() {
                        write(&mut open.writer, field, &repeat(&before, self.rows))?;
                    }
                    let array = match piece {
                        Piece::Once(cell) => repeat(cell, more),
                        Piece::Each(array) => array.slice(from, more),
                    };
                    write(&mut open.writer, field, &array)?;
                }
            }
        }
        self.rows += more;
        Ok(())
    }

    fn close_group(&mut self) -> Result<(), ParquetError> {
        let rows = std::mem::take(&mut self.rows);
        let mut group = self.file.next_row_group()?;
        for (at, open) in std::mem::take(&mut self.open).into_iter().enumerate() {
            let Some(cell) = open.once else {
                open.writer.close()?.append_to_row_group(&mut group)?;
                continue;
            };
            let last = &mut self.same[at];
            let chunk = match last.take() {
                Some(chunk) if chunk.rows == rows && chunk.cell.is(&cell) => chunk,
                _ => {
                    let array = repeated(&self.contract.fields[at], &cell, rows);
                    SameChunk::new(&self.schema.fields()[at], (cell, array), &self.properties)?
                }
            };
            group.append_column(&chunk.bytes, chunk.closed.clone())?;
            *last = Some(chunk);
        }
        group.close()?;
        Ok(())
    }

    /// The bytes of the file, and what it says of itself.
    ///
    /// # Errors
    /// When it cannot be encoded.
    pub(super) fn finish(mut self) -> Result<(Vec<u8>, ParquetMetaData), ParquetError> {
        if self.rows > 0 {
            self.close_group()?;
        }
        let metadata = self.file.finish()?;
        // All of it is there, footer and all; nothing more is written.
        Ok((std::mem::take(self.file.inner_mut()), metadata))
    }
}

fn write(
    writer: &mut ArrowColumnWriter,
    field: &FieldRef,
    array: &ArrayRef,
) -> Result<(), ParquetError> {
    for leaf in compute_leaves(field, array)? {
        writer.write(&leaf)?;
    }
    Ok(())
}

impl SameChunk {
    /// Encodes the chunk as the only one of a file of its own.
    fn new(
        field: &FieldRef,
        (cell, array): (Cell, ArrayRef),
        properties: &WriterProperties,
    ) -> Result<SameChunk, ParquetError> {
        let rows = array.len();
        let schema = Arc::new(Schema::new(vec![Arc::clone(field)]));
        let batch = RecordBatch::try_new(Arc::clone(&schema), vec![array])?;
        // Once in a dictionary and never again, whatever the column is at other times.
        let properties = properties.clone().into_builder();
        let properties = properties
            .set_column_dictionary_enabled(field.name().as_str().into(), true)
            .build();
        let mut file = ArrowWriter::try_new(Vec::new(), schema, Some(properties))?;
        file.write(&batch)?;
        let bytes = Bytes::from(file.into_inner()?);
        let metadata = ParquetMetaDataReader::new()
            .with_page_index_policy(PageIndexPolicy::Optional)
            .parse_and_finish(&bytes)?;
        let chunk = metadata.row_group(0).column(0).clone();
        Ok(SameChunk {
            cell,
            rows,
            bytes,
            closed: ColumnCloseResult {
                bytes_written: u64::try_from(chunk.compressed_size()).unwrap_or_default(),
                rows_written: rows as u64,
                metadata: chunk,
                bloom_filter: None,
                column_index: metadata
                    .column_index()
                    .and_then(|i| i.first()?.first().cloned()),
                offset_index: metadata
                    .offset_index()
                    .and_then(|i| i.first()?.first().cloned()),
            },
        })
    }
}

#[cfg(test)]
#[allow(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "a test may panic, and writes where it likes"
)]
mod tests {
    use super::super::file_stats::entry;
    use super::super::read_parquet;
    use super::*;
    use crate::contract::{CellRef, Contracts, RowFiller, Rows, Schemas};

    /// Pieces of `lens` rows: ids and lines differ, `lab` changes with the piece, `a_pct` is the same in
    /// every other piece, `rm_mpa` is missing in the first row of all.
    fn pieces(contract: &Arc<Contract>, lens: &[usize]) -> Vec<SparseRows> {
        let at = |name: &str| contract.position(name).unwrap();
        let (rm, a, line) = (at("rm_mpa"), at("a_pct"), at("source_line"));
        let required = ["heat_id", "alloy", "temper", "product_form"].map(at);
        let mut cells = vec![CellRef::Null; contract.fields.len()];
        required
            .iter()
            .for_each(|&at| cells[at] = CellRef::Text("x"));
        let mut row = 0_i64;
        let mut pieces = Vec::new();
        for (number, &len) in lens.iter().enumerate() {
            let mut filled = vec![0, rm, a, line];
            filled.extend(required);
            filled.sort_unstable();
            let mut filler = RowFiller::new(contract, filled);
            for in_piece in 0..len {
                row += 1;
                let id = format!("S{row:04}");
                let mut cells = cells.clone();
                cells[0] = CellRef::Text(&id);
                let strength = CellRef::Number(200.0 + (row % 7) as f64);
                cells[rm] = if row == 1 { CellRef::Null } else { strength };
                let differs = number % 2 == 1 && in_piece % 2 == 1;
                cells[a] = CellRef::Number(if differs { 7.5 } else { 8.0 });
                cells[line] = CellRef::Integer(row + 1);
                filler.push_some(&cells);
            }
            let mut rows = filler.finish();
            let lab = if number < 4 { "north" } else { "south" };
            rows.fill("lab", Cell::Text(lab.to_owned())).unwrap();
            rows.fill("source_sha256", Cell::Text("5e".to_owned()))
                .unwrap();
            rows.fill("ingested_at", Cell::Datetime(1_700_000_000_000_000))
                .unwrap();
            rows.fill("run_id", Cell::Text("r".to_owned())).unwrap();
            rows.fill("revision", Cell::Integer(1)).unwrap();
            pieces.push(rows);
        }
        pieces
    }

    #[test]
    fn pieces_of_any_length_come_back_as_they_were() {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let contract = contracts.table("tensile_tests").unwrap();
        let folder = tempfile::tempdir().unwrap();
        for lens in [
            &[1][..],
            &[10, 10, 10],
            &[3, 0, 8, 1, 29, 10, 4],
            &[25, 6, 7],
        ] {
            let mut file = DataFile::new(contract).unwrap();
            file.rows_per_group = 10;
            let mut wanted = Rows::new(contract);
            for piece in pieces(contract, lens) {
                wanted.append(piece.clone().into_rows());
                file.add(piece).unwrap();
            }
            let (bytes, metadata) = file.finish().unwrap();
            let groups = wanted.len().div_ceil(10);
            assert_eq!(metadata.num_row_groups(), groups);
            let path = folder.path().join("t.parquet");
            std::fs::write(&path, &bytes).unwrap();
            let read = read_parquet(contract, &[&path], None).unwrap();
            for ((field, wanted), (_, read)) in wanted.columns().zip(read.columns()) {
                assert_eq!(wanted, read, "{} of {lens:?}", field.name);
            }
            let add = entry("t.parquet".to_owned(), bytes.len(), &metadata, contract);
            let told: serde_json::Value = serde_json::from_str(&add.stats.unwrap()).unwrap();
            let rows = wanted.len();
            assert_eq!(told["numRecords"], rows);
            assert_eq!(told["minValues"]["specimen_id"], "S0001");
            assert_eq!(told["maxValues"]["specimen_id"], format!("S{rows:04}"));
            assert_eq!(told["maxValues"]["source_line"], rows + 1);
            assert_eq!(told["nullCount"]["rm_mpa"], 1);
            assert_eq!(told["nullCount"]["ag_pct"], rows);
            assert_eq!(told["minValues"].get("ag_pct"), None);
        }
    }

    #[test]
    fn a_required_cell_that_is_missing_is_refused() {
        let contracts = Contracts::load(&Schemas::embedded()).unwrap();
        let contract = contracts.table("tensile_tests").unwrap();
        let mut rows = pieces(contract, &[3]).remove(0);
        rows.fill("heat_id", Cell::Null).unwrap();
        let error = DataFile::new(contract).unwrap().add(rows).unwrap_err();
        assert!(
            error.to_string().contains("`heat_id` is required"),
            "{error}"
        );
    }
}
