//! One night of an invented lab, for tests: four grades, seven components with verdicts, every status,
//! and names that try to be markup or formulas.

mod night;
mod outcomes;
mod panels;
mod sheets;

pub(super) use night::{die_casting, input};
pub(super) use outcomes::element;
