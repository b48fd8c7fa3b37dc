//! A file that no profile fits → a profile to edit.
//!
//! The file is looked at the way a profile would have it read: every way to part its cells, every row
//! that may be a header, every table that its names may belong to. Names are known from the contracts
//! and `aliases.toml`, and count only where the cells below them are of the field's kind. What is found
//! is written as a profile with a remark behind every decision; what is not found is written as a
//! comment. The profile is checked, and the file read with it, before it is handed out.

mod burns;
mod dates;
mod draft;
mod error;
mod fit;
mod heads;
mod mapping;
mod numbers;
mod opening;
mod page;
mod propose;
mod render;
mod rows;
mod search;
mod sections;
mod words;

#[cfg(test)]
mod tests;

pub use draft::{Leftover, Matched};
pub use error::SuggestError;
pub use propose::{Suggestion, suggest};
