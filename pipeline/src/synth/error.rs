//! What can go wrong with a synthetic laboratory.

use thiserror::Error;

/// Why no synthetic laboratory was made.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum SynthError {
    /// The plan is not TOML, or not of the plan's shape.
    #[error("the plan of the synthetic laboratory cannot be read: {0}")]
    Syntax(String),
    /// A figure of the plan makes no physical sense.
    #[error("the plan of the synthetic laboratory: {place}: {what}")]
    Plan {
        /// Where in the plan, for example `AlSi10MnMg-T7 die casting, composition of Fe`.
        place: String,
        /// What is wrong there.
        what: String,
    },
    /// A laboratory without heats or specimens was asked for.
    #[error("a synthetic laboratory needs at least one heat per grade and one specimen per heat")]
    Empty,
    /// There are not enough rows to plant every fault in one of its own.
    #[error(
        "the synthetic laboratory has too few rows in `{folder}` for every fault; give it more heats"
    )]
    TooSmall {
        /// Which of its folders.
        folder: &'static str,
    },
    /// A file of the laboratory could not be put together.
    #[error("`{path}` of the synthetic laboratory cannot be written: {cause}")]
    Write {
        /// The file, relative to the laboratory's folder.
        path: String,
        /// What the writer said.
        cause: String,
    },
}
