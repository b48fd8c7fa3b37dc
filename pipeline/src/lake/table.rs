//! The Delta tables themselves.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::RecordBatch;
use deltalake_core::kernel::engine::arrow_conversion::TryIntoKernel;
use deltalake_core::kernel::transaction::{CommitBuilder, CommitProperties};
use deltalake_core::kernel::{Action, StructField, StructType, Transaction};
use deltalake_core::operations::create::CreateBuilder;
use deltalake_core::protocol::{DeltaOperation, SaveMode};
use deltalake_core::table::config::TableProperty;
use deltalake_core::writer::{DeltaWriter, RecordBatchWriter};
use deltalake_core::{DeltaTable, DeltaTableBuilder, DeltaTableError, ensure_table_uri};
use parquet::file::properties::WriterProperties;
use tokio::runtime::Runtime;

use super::parquet_file::{read_parquet, writer_properties};
use super::{LakeError, LakeLock, TableWriter, arrow_rows};
use crate::contract::{Cell, Contract, Contracts, Rows};

/// By fingerprint of the key: the newest revision, and the fingerprint of what it says.
pub type Revisions = BTreeMap<u128, (i64, u128)>;

/// A folder of Delta tables, one per contract.
#[derive(Debug)]
pub struct Lake {
    root: PathBuf,
    contracts: Contracts,
    pub(super) runtime: Runtime,
}

impl Lake {
    /// Opens the lake in `root` for reading; the folder need not exist yet.
    ///
    /// # Errors
    /// When the threads for deltalake cannot be started.
    pub fn open(root: &Path, contracts: Contracts) -> Result<Lake, LakeError> {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .map_err(|source| LakeError::Unwritable {
                path: root.to_path_buf(),
                source,
            })?;
        let root = std::path::absolute(root).map_err(|source| LakeError::Unwritable {
            path: root.to_path_buf(),
            source,
        })?;
        Ok(Lake {
            root,
            contracts,
            runtime,
        })
    }

    /// Makes the folder where needed, proves that it can be written and takes its lock.
    ///
    /// # Errors
    /// When it cannot be made or written, or another process holds the lock.
    pub fn lock(&self) -> Result<LakeLock, LakeError> {
        fs::create_dir_all(&self.root).map_err(|source| LakeError::Unwritable {
            path: self.root.clone(),
            source,
        })?;
        LakeLock::take(&self.root)
    }

    /// The contracts of the tables.
    pub fn contracts(&self) -> &Contracts {
        &self.contracts
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Appends rows in one atomic commit and records `file_ids` as done in it.
    ///
    /// Returns the new version. Rows whose `file_ids` are already in must be left out by the caller
    /// (see [`Lake::held`]): Delta keeps the ids but refuses nothing.
    ///
    /// # Errors
    /// When the commit fails; nothing of it is visible then.
    pub fn append(&self, rows: &Rows, file_ids: &[String]) -> Result<i64, LakeError> {
        self.commit(rows, file_ids, SaveMode::Append)
    }

    /// Replaces the whole content of a derived table in one atomic commit; old versions stay readable.
    ///
    /// # Errors
    /// When the commit fails; the old content stays then.
    pub fn replace(&self, rows: &Rows) -> Result<i64, LakeError> {
        self.commit(rows, &[], SaveMode::Overwrite)
    }

    /// Starts a commit that is written piece by piece, in bounded memory.
    ///
    /// # Errors
    /// When the table cannot be opened or made.
    pub fn writer(&self, table: &str) -> Result<TableWriter<'_>, LakeError> {
        let contract = self.contracts.table(table)?;
        let delta_table = self.runtime.block_on(self.opened(contract))?;
        TableWriter::new(self, contract, delta_table)
    }

    fn commit(&self, rows: &Rows, file_ids: &[String], mode: SaveMode) -> Result<i64, LakeError> {
        let contract = rows.contract();
        let name = contract.name.as_str();
        let batch = arrow_rows::to_batch(rows).map_err(|source| LakeError::Arrow {
            table: name.to_owned(),
            action: "rows break the contract",
            source,
        })?;
        let version = self.runtime.block_on(async {
            let table = self.opened(contract).await?;
            commit_batch(&table, (batch, writer_properties(contract)), file_ids, mode)
                .await
                .map_err(delta(name, "cannot commit"))
        })?;
        Ok(i64::try_from(version).unwrap_or(i64::MAX))
    }

    /// Which of `file_ids` some commit of `table` has recorded.
    ///
    /// # Errors
    /// When the table's log cannot be read.
    pub fn held(&self, table: &str, file_ids: &[String]) -> Result<BTreeSet<String>, LakeError> {
        self.runtime.block_on(async {
            let mut held = BTreeSet::new();
            let Some(delta_table) = self.load(table, None).await? else {
                return Ok(held);
            };
            let snapshot = delta_table
                .snapshot()
                .map_err(delta(table, "cannot be read"))?;
            let log = delta_table.log_store();
            for id in file_ids {
                let seen = snapshot
                    .transaction_version(log.as_ref(), id)
                    .await
                    .map_err(delta(table, "its log cannot be read"))?;
                if seen.is_some() {
                    held.insert(id.clone());
                }
            }
            Ok(held)
        })
    }

    /// For every key of an ingested table its newest revision, and the fingerprint of what that says.
    ///
    /// # Errors
    /// When the table cannot be read.
    pub fn newest_revisions(&self, table: &str) -> Result<Revisions, LakeError> {
        let contract = self.contracts.table(table)?;
        let mut newest = Revisions::new();
        for file in self.files(table, None)? {
            let rows = read_parquet(contract, &[file], None)?;
            for (print, revision) in rows
                .fingerprints()
                .into_iter()
                .zip(rows.integer("revision")?)
            {
                let revision = revision.unwrap_or(0);
                let known = newest.entry(print.key).or_insert((revision, print.says));
                if revision > known.0 {
                    *known = (revision, print.says);
                }
            }
        }
        Ok(newest)
    }

    /// The current version of a table; `None` before its first commit.
    ///
    /// # Errors
    /// When the table's log cannot be read.
    pub fn version(&self, table: &str) -> Result<Option<i64>, LakeError> {
        let loaded = self.runtime.block_on(self.load(table, None))?;
        Ok(loaded
            .and_then(|table| table.version())
            .and_then(|version| i64::try_from(version).ok()))
    }

    /// The version of a table that was current at a moment, in milliseconds since 1970.
    ///
    /// # Errors
    /// When the table did not exist yet, or its log cannot be read.
    pub fn version_at(&self, table: &str, millis: i64) -> Result<i64, LakeError> {
        let newest = self.version(table)?.unwrap_or(-1);
        for version in (0..=newest).rev() {
            let loaded = self.runtime.block_on(self.load(table, Some(version)))?;
            let committed = loaded.as_ref().and_then(|loaded| {
                let version = u64::try_from(version).ok()?;
                loaded.snapshot().ok()?.version_timestamp(version)
            });
            if committed.is_some_and(|committed| committed <= millis) {
                return Ok(version);
            }
        }
        Err(LakeError::NoVersion {
            table: table.to_owned(),
            version: -1,
        })
    }

    /// The current version of every table that has one.
    ///
    /// # Errors
    /// When a table's log cannot be read.
    pub fn versions(&self) -> Result<BTreeMap<String, i64>, LakeError> {
        let mut versions = BTreeMap::new();
        for contract in self.contracts.iter() {
            if let Some(version) = self.version(&contract.name)? {
                versions.insert(contract.name.clone(), version);
            }
        }
        Ok(versions)
    }

    /// The exact Parquet files of a table at `version` (the newest when `None`), in a fixed order.
    ///
    /// # Errors
    /// When the table's log cannot be read or it has no such version.
    pub fn files(&self, table: &str, version: Option<i64>) -> Result<Vec<PathBuf>, LakeError> {
        let loaded = self.runtime.block_on(self.load(table, version))?;
        let Some(loaded) = loaded else {
            return match version {
                Some(version) => Err(LakeError::NoVersion {
                    table: table.to_owned(),
                    version,
                }),
                None => Ok(Vec::new()),
            };
        };
        let folder = self.root.join(table);
        let snapshot = loaded.snapshot().map_err(delta(table, "cannot be read"))?;
        let mut files: Vec<PathBuf> = snapshot
            .log_data()
            .iter()
            .map(|file| folder.join(file.object_store_path().as_ref()))
            .collect();
        files.sort();
        Ok(files)
    }

    async fn load(
        &self,
        name: &str,
        version: Option<i64>,
    ) -> Result<Option<DeltaTable>, LakeError> {
        let folder = self.root.join(name);
        // Asking deltalake for a table that is not there would make its folder.
        if !folder.join("_delta_log").is_dir() {
            return Ok(None);
        }
        let mut builder = self.builder(name)?;
        if let Some(version) = version {
            let no_version = || LakeError::NoVersion {
                table: name.to_owned(),
                version,
            };
            builder = builder.with_version(u64::try_from(version).map_err(|_| no_version())?);
        }
        match builder.load().await {
            Ok(table) => Ok(Some(table)),
            // A run killed while it made the table leaves an empty log folder.
            Err(DeltaTableError::NotATable(_)) => Ok(None),
            Err(source) => Err(delta(name, "cannot be opened")(source)),
        }
    }

    /// The table of a contract with every column that the contract has: made when there is none, and
    /// widened when it was made before a column came into the contract. Rows of then have no value there.
    async fn opened(&self, contract: &Arc<Contract>) -> Result<DeltaTable, LakeError> {
        let name = contract.name.as_str();
        let Some(table) = self.load(name, None).await? else {
            return self.create(contract).await;
        };
        let snapshot = table.snapshot().map_err(delta(name, "cannot be read"))?;
        let known = snapshot.schema();
        let new: Vec<StructField> = self
            .columns(contract)?
            .fields()
            .filter(|field| known.field(field.name()).is_none())
            .map(|field| {
                StructField::nullable(field.name(), field.data_type().clone())
                    .with_metadata(field.metadata().clone())
            })
            .collect();
        if new.is_empty() {
            return Ok(table);
        }
        table
            .add_columns()
            .with_fields(new)
            .with_commit_properties(
                CommitProperties::default().with_cleanup_expired_logs(Some(false)),
            )
            .await
            .map_err(delta(name, "cannot take the new columns of its contract"))
    }

    fn columns(&self, contract: &Contract) -> Result<StructType, LakeError> {
        (&arrow_rows::arrow_schema(contract))
            .try_into_kernel()
            .map_err(|source| LakeError::Arrow {
                table: contract.name.clone(),
                action: "its contract has no Delta schema",
                source,
            })
    }

    async fn create(&self, contract: &Arc<Contract>) -> Result<DeltaTable, LakeError> {
        let name = contract.name.as_str();
        let columns = self.columns(contract)?;
        let folder = self.root.join(name);
        fs::create_dir_all(&folder).map_err(|source| LakeError::Unwritable {
            path: folder.clone(),
            source,
        })?;
        let store = self
            .builder(name)?
            .build_storage()
            .map_err(delta(name, "cannot be opened"))?;
        CreateBuilder::new()
            .with_log_store(store)
            .with_table_name(name)
            .with_comment(contract.description.clone())
            .with_configuration_property(TableProperty::EnableExpiredLogCleanup, Some("false"))
            .with_columns(columns.fields().cloned())
            .await
            .map_err(delta(name, "cannot be made"))
    }

    fn builder(&self, name: &str) -> Result<DeltaTableBuilder, LakeError> {
        let folder = self.root.join(name).display().to_string();
        ensure_table_uri(folder)
            .and_then(DeltaTableBuilder::from_url)
            .map_err(delta(name, "has no address"))
    }
}

async fn commit_batch(
    table: &DeltaTable,
    (batch, properties): (RecordBatch, WriterProperties),
    file_ids: &[String],
    mode: SaveMode,
) -> Result<u64, DeltaTableError> {
    let mut actions: Vec<Action> = Vec::new();
    let snapshot = table.snapshot()?;
    if mode == SaveMode::Overwrite {
        let old = snapshot.log_data();
        actions.extend(
            old.iter()
                .map(|file| Action::Remove(file.remove_action(true))),
        );
    }
    if batch.num_rows() > 0 {
        let mut writer = RecordBatchWriter::for_table(table)?.with_writer_properties(properties);
        writer.write(batch).await?;
        actions.extend(writer.flush().await?.into_iter().map(Action::Add));
    }
    commit_actions(table, actions, file_ids, mode).await
}

pub(super) async fn commit_actions(
    table: &DeltaTable,
    actions: Vec<Action>,
    file_ids: &[String],
    mode: SaveMode,
) -> Result<u64, DeltaTableError> {
    let snapshot = table.snapshot()?;
    let done = file_ids.iter().map(|id| Transaction::new(id, 1)).collect();
    // deltalake tidies old versions away after a month; a report must be provable for years.
    let properties = CommitProperties::default()
        .with_application_transactions(done)
        .with_cleanup_expired_logs(Some(false));
    let operation = DeltaOperation::Write {
        mode,
        partition_by: None,
        predicate: None,
    };
    let committed = CommitBuilder::from(properties)
        .with_actions(actions)
        .build(Some(snapshot), table.log_store(), operation)
        .await?;
    Ok(committed.version())
}

/// Names the table and the action in front of what deltalake says.
pub(super) fn delta(table: &str, action: &'static str) -> impl Fn(DeltaTableError) -> LakeError {
    move |source| LakeError::Delta {
        table: table.to_owned(),
        action,
        source: Box::new(source),
    }
}

/// Rows ordered by primary key, then revision, then line, so that file names (random) do not matter.
pub(super) fn sorted_by_key(rows: &Rows) -> Rows {
    let contract = rows.contract();
    let order_by = contract
        .primary_key
        .iter()
        .map(String::as_str)
        .chain(["revision", "source_line"]);
    let keys: Vec<usize> = order_by
        .filter_map(|name| contract.position(name))
        .collect();
    let columns: Vec<_> = rows.columns().map(|(_, column)| column).collect();
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by_cached_key(|&row| {
        let part = |&position: &usize| match columns[position].cell(row) {
            Cell::Text(text) => (1, text, 0),
            Cell::Integer(number) | Cell::Datetime(number) => (1, String::new(), number),
            _ => (0, String::new(), 0),
        };
        keys.iter().map(part).collect::<Vec<(u8, String, i64)>>()
    });
    let mut sorted = Rows::new(contract);
    for row in order {
        sorted.push(columns.iter().map(|column| column.cell(row)).collect());
    }
    sorted
}
