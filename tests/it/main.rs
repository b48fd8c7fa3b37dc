//! Integration tests: the real binary in a temporary folder, as a person runs it.

#![expect(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "tests show figures with --nocapture"
)]

mod aa6061;
mod both_results;
mod coverage;
mod demo;
mod failures;
mod faults;
mod ingest;
mod lab;
mod layout;
mod metamorphic;
mod nist_anova;
mod nist_strd;
mod overrides;
mod planted;
mod real_curves;
mod real_data;
mod real_files;
mod statistics;
mod vectors;
mod vectors_sample;
mod verify;
mod views;
