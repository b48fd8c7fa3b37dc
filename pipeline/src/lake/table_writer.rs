//! A commit that is too large to be held: rows come in piece by piece, become the Parquet files of the
//! commit on several threads, and are visible all at once or not at all.

use std::panic::resume_unwind;
use std::sync::Arc;
use std::time::SystemTime;

use arrow::array::RecordBatch;
use deltalake_core::kernel::{Action, Add};
use deltalake_core::logstore::object_store::ObjectStoreExt as _;
use deltalake_core::protocol::SaveMode;
use deltalake_core::writer::{DeltaWriter as _, RecordBatchWriter};
use deltalake_core::{DeltaTable, DeltaTableError, ObjectStore, Path};
use parquet::errors::ParquetError;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::task::JoinHandle;

use super::arrow_rows::arrow_schema;
use super::data_file::DataFile;
use super::file_stats::entry;
use super::table::{commit_actions, delta};
use super::{Lake, LakeError};
use crate::contract::{Contract, SparseRows};
use crate::domain::sha256;

/// Files that are encoded at the same time.
const ENCODERS: usize = 2;

/// Pieces that wait for an encoder: enough to keep it busy, few enough for memory.
const WAITING: usize = 1;

/// Bytes after which a file is full: it is held in memory until then.
const FILE: usize = 64 << 20;

/// A commit that is written piece by piece; dropped without [`TableWriter::commit`], nothing is visible.
#[derive(Debug)]
pub struct TableWriter<'a> {
    lake: &'a Lake,
    contract: Arc<Contract>,
    delta_table: DeltaTable,
    encoders: Vec<Running>,
    pieces: usize,
}

/// An encoder at work.
#[derive(Debug)]
struct Running {
    orders: Sender<Order>,
    outcome: JoinHandle<Result<Vec<Add>, LakeError>>,
}

/// What an encoder is to do next; one that is left without orders gives its last file up.
enum Order {
    Write(Box<SparseRows>),
    Finish,
}

/// Turns pieces into files of the table.
struct Encoder {
    contract: Arc<Contract>,
    store: Arc<dyn ObjectStore>,
    /// What the names of its files begin with.
    name: String,
    file: Option<DataFile>,
    adds: Vec<Add>,
}

impl<'a> TableWriter<'a> {
    /// A commit to a table of this contract.
    ///
    /// # Errors
    /// When rows of the contract do not fit the table.
    pub(super) fn new(
        lake: &'a Lake,
        contract: &Arc<Contract>,
        delta_table: DeltaTable,
    ) -> Result<TableWriter<'a>, LakeError> {
        lake.runtime
            .block_on(fits(&delta_table, contract))
            .map_err(delta(&contract.name, "cannot be written"))?;
        let commit = name_of_commit(&delta_table);
        let start = |number| {
            let encoder = Encoder {
                contract: Arc::clone(contract),
                store: delta_table.object_store(),
                name: format!("part-{commit}-{number}"),
                file: None,
                adds: Vec::new(),
            };
            let (orders, received) = channel(WAITING);
            let outcome = lake.runtime.spawn(encoder.run(received));
            Running { orders, outcome }
        };
        Ok(TableWriter {
            encoders: (0..ENCODERS).map(start).collect(),
            lake,
            contract: Arc::clone(contract),
            delta_table,
            pieces: 0,
        })
    }

    /// Writes some rows; what is wrong with them may only be told by a later call.
    ///
    /// # Errors
    /// When rows break the contract or the system refuses.
    pub fn write(&mut self, rows: SparseRows) -> Result<(), LakeError> {
        if rows.is_empty() {
            return Ok(());
        }
        // In turn, so that the same pieces always go to the same files.
        let turn = self.pieces % self.encoders.len();
        self.pieces += 1;
        let order = Order::Write(Box::new(rows));
        if self.encoders[turn].orders.blocking_send(order).is_err() {
            let failed = self.encoders.swap_remove(turn);
            let outcome = outcome(&self.contract.name, failed.outcome);
            self.lake.runtime.block_on(outcome)?;
        }
        Ok(())
    }

    /// Makes everything written visible in one atomic commit that records `file_ids` as done.
    ///
    /// Without a single row nothing is committed.
    ///
    /// # Errors
    /// When an encoder or the commit fails; nothing of it is visible then.
    pub fn commit(self, file_ids: &[String]) -> Result<(), LakeError> {
        if self.pieces == 0 {
            return Ok(());
        }
        let name = &self.contract.name;
        self.lake.runtime.block_on(async {
            for encoder in &self.encoders {
                // One that has failed takes no order; it is asked for its error below.
                let _ = encoder.orders.send(Order::Finish).await;
            }
            let mut actions = Vec::new();
            for encoder in self.encoders {
                let adds = outcome(name, encoder.outcome).await?;
                actions.extend(adds.into_iter().map(Action::Add));
            }
            commit_actions(&self.delta_table, actions, file_ids, SaveMode::Append)
                .await
                .map(|_| ())
                .map_err(delta(name, "cannot commit"))
        })
    }
}

impl Encoder {
    async fn run(mut self, mut orders: Receiver<Order>) -> Result<Vec<Add>, LakeError> {
        while let Some(order) = orders.recv().await {
            match order {
                Order::Write(rows) => self.write(*rows).await?,
                Order::Finish => {
                    self.finish_file().await?;
                    return Ok(self.adds);
                }
            }
        }
        // Given up: what lies in the table's folder already belongs to no commit.
        for add in &self.adds {
            let _ = self.store.delete(&Path::from(add.path.as_str())).await;
        }
        Ok(Vec::new())
    }

    async fn write(&mut self, rows: SparseRows) -> Result<(), LakeError> {
        let file = match self.file.take() {
            Some(file) => Ok(file),
            None => DataFile::new(&self.contract),
        };
        let added = file.and_then(|mut file| {
            file.add(rows)?;
            Ok(file)
        });
        let file = self
            .file
            .insert(added.map_err(|error| self.parquet(error))?);
        if file.len() >= FILE {
            self.finish_file().await?;
        }
        Ok(())
    }

    /// Stores the file that is open, if one is; no commit names it yet.
    async fn finish_file(&mut self) -> Result<(), LakeError> {
        let Some(file) = self.file.take() else {
            return Ok(());
        };
        let (bytes, metadata) = file.finish().map_err(|error| self.parquet(error))?;
        let path = format!("{}-{:05}.zstd.parquet", self.name, self.adds.len());
        let add = entry(path.clone(), bytes.len(), &metadata, &self.contract);
        self.store
            .put(&Path::from(path), bytes.into())
            .await
            .map_err(|source| delta(&self.contract.name, "cannot be written")(source.into()))?;
        self.adds.push(add);
        Ok(())
    }

    fn parquet(&self, source: ParquetError) -> LakeError {
        LakeError::Parquet {
            file: self.contract.name.clone(),
            source,
        }
    }
}

/// Whether rows of a contract fit a table, as deltalake's own writer has it.
async fn fits(delta_table: &DeltaTable, contract: &Contract) -> Result<(), DeltaTableError> {
    let none = RecordBatch::new_empty(Arc::new(arrow_schema(contract)));
    RecordBatchWriter::for_table(delta_table)?.write(none).await
}

/// A name that no file of the table has: whoever writes holds the lake's lock, and clocks go on.
fn name_of_commit(delta_table: &DeltaTable) -> String {
    let moment = (SystemTime::now(), std::process::id());
    sha256(format!("{:?} {moment:?}", delta_table.version()).as_bytes())[..32].to_owned()
}

/// What an encoder ended with; its panic goes on.
async fn outcome(
    table: &str,
    running: JoinHandle<Result<Vec<Add>, LakeError>>,
) -> Result<Vec<Add>, LakeError> {
    match running.await {
        Ok(outcome) => outcome,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => resume_unwind(panic),
            Err(error) => Err(delta(table, "cannot be written")(DeltaTableError::generic(
                error.to_string(),
            ))),
        },
    }
}
