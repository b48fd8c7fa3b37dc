//! The program: parse, run, exit code.

use std::process::ExitCode;

use clap::Parser as _;
use regrade::cli::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    ExitCode::from(regrade::dispatch::dispatch(&cli) as u8)
}
