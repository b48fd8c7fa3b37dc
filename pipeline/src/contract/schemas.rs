//! The data files of `schemas/`: those embedded in the binary, with a lab's own laid over them.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::ContractError;

/// Embedded files: path below `schemas/`, text.
static EMBEDDED: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/schemas.rs"));

/// One data file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct SchemaFile {
    /// Where messages say it is: `schemas/grades/….toml`, or the path in the lab's own folder.
    pub origin: String,
    /// Its text.
    pub text: String,
    /// Whether it belongs to the lab rather than to the program.
    pub of_lab: bool,
    /// The shipped file it lies over, for those data files whose entries are merged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub under: Option<Box<SchemaFile>>,
}

/// All data files by their path below `schemas/`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Schemas {
    files: BTreeMap<String, SchemaFile>,
}

impl Schemas {
    /// What the program ships.
    pub fn embedded() -> Schemas {
        let file = |text: &&str, path: &&str| SchemaFile {
            origin: format!("schemas/{path}"),
            text: (*text).to_owned(),
            of_lab: false,
            under: None,
        };
        Schemas {
            files: EMBEDDED
                .iter()
                .map(|(path, text)| ((*path).to_owned(), file(text, path)))
                .collect(),
        }
    }

    /// Lays the files of a lab's own `schemas` folder over the shipped ones, path by path.
    ///
    /// A file with the path of a shipped one replaces it; any other is added.
    ///
    /// # Errors
    /// When the folder or one of its files cannot be read as UTF-8 text.
    pub fn with_folder(mut self, folder: &Path) -> Result<Schemas, ContractError> {
        let mut pending = vec![(folder.to_path_buf(), String::new())];
        while let Some((directory, prefix)) = pending.pop() {
            let unreadable = |source| ContractError::Unreadable {
                path: directory.display().to_string(),
                source,
            };
            for entry in fs::read_dir(&directory).map_err(unreadable)? {
                let entry = entry.map_err(unreadable)?;
                let path = entry.path();
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if path.is_dir() {
                    pending.push((path, format!("{name}/")));
                } else if name.ends_with(".toml") || name.ends_with(".json") {
                    let origin = path.display().to_string();
                    let text =
                        fs::read_to_string(&path).map_err(|source| ContractError::Unreadable {
                            path: origin.clone(),
                            source,
                        })?;
                    let under = self.files.remove(&name).map(Box::new);
                    self.files.insert(
                        name,
                        SchemaFile {
                            origin,
                            text,
                            of_lab: true,
                            under,
                        },
                    );
                }
            }
        }
        Ok(self)
    }

    /// The file at `path`, for example `reduction.toml`.
    ///
    /// # Errors
    /// When there is no such file.
    pub fn file(&self, path: &str) -> Result<&SchemaFile, ContractError> {
        self.files.get(path).ok_or_else(|| ContractError::NoSchema {
            path: path.to_owned(),
        })
    }

    /// The file at `path` and the shipped one it lies over, that one first; none when there is no such file.
    pub fn layers(&self, path: &str) -> Vec<&SchemaFile> {
        let file = self.files.get(path);
        let under = file.and_then(|file| file.under.as_deref());
        under.into_iter().chain(file).collect()
    }

    /// The files below `folder`, by name.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, &'a SchemaFile)> {
        self.files.iter().filter_map(move |(path, file)| {
            path.strip_prefix(folder)?
                .strip_prefix('/')
                .map(|name| (name, file))
        })
    }

    /// SHA-256 over every path and text, in order: one figure for "the data the program believed in".
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for (path, file) in &self.files {
            let under = file.under.as_ref().map(|under| under.text.as_bytes());
            let parts = [path.as_bytes(), file.text.as_bytes()];
            for part in parts.into_iter().chain(under) {
                hash.update((part.len() as u64).to_le_bytes());
                hash.update(part);
            }
        }
        crate::domain::hex(&hash.finalize())
    }
}
