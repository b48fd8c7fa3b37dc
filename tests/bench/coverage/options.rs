//! What can be asked of the program.

use std::num::NonZero;
use std::path::PathBuf;
use std::thread;

/// One of the tables.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Table {
    /// How often bounds hold.
    Coverage,
    /// How often they do under heats that strain them.
    Strained,
    /// How often verdicts claim too much.
    Claims,
}

/// Options with their defaults.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Options {
    /// Labs per row of the first table; the others run half as many.
    pub labs: u32,
    /// Seed of every random number.
    pub seed: u64,
    /// Threads; changes no result.
    pub threads: usize,
    /// One table alone.
    pub only: Option<Table>,
    /// Where the tables also go as Markdown.
    pub markdown: Option<PathBuf>,
}

impl Options {
    /// Reads the words behind the program's name.
    ///
    /// # Errors
    /// In words, for an unknown option or a value that does not fit.
    pub fn parse(words: impl IntoIterator<Item = String>) -> Result<Options, String> {
        let mut options = Options {
            labs: 4000,
            seed: 1,
            threads: thread::available_parallelism().map_or(1, NonZero::get),
            only: None,
            markdown: None,
        };
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            // Cargo adds this word when it runs a bench.
            if word == "--bench" {
                continue;
            }
            let value = words
                .next()
                .ok_or_else(|| format!("`{word}` needs a value"))?;
            let bad = || format!("`{word} {value}` makes no sense");
            match word.as_str() {
                "--labs" => options.labs = value.parse().map_err(|_| bad())?,
                "--seed" => options.seed = value.parse().map_err(|_| bad())?,
                "--threads" => options.threads = value.parse().map_err(|_| bad())?,
                "--markdown" => options.markdown = Some(PathBuf::from(value)),
                "--only" => {
                    options.only = Some(match value.as_str() {
                        "coverage" => Table::Coverage,
                        "strained" => Table::Strained,
                        "claims" => Table::Claims,
                        _ => return Err(bad()),
                    });
                }
                _ => return Err(format!("unknown option `{word}`")),
            }
        }
        if options.labs < 100 || options.threads == 0 {
            return Err("at least 100 labs and one thread are needed".to_owned());
        }
        Ok(options)
    }
}
