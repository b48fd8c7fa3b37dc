//! `template`: an empty CSV and XLSX to fill in.

use std::path::Path;

use crate::console::Console;
use crate::contract::{Contracts, Schemas};
use crate::error::{Error, Exit};
use crate::output;
use crate::report::{csv_template, xlsx_template};

/// Writes `TABLE.csv` and `TABLE.xlsx` into `folder`; files that are there already are left alone.
///
/// # Errors
/// When there is no such table, rows of it do not come from files, a file is there already, or the folder
/// cannot be written.
pub fn template(console: &Console, table: &str, folder: &Path) -> Result<Exit, Error> {
    let contracts = Contracts::load(&Schemas::embedded())?;
    let contract = contracts.table(table)?;
    if !contract.is_ingested() {
        let ingested = contracts.iter().filter(|contract| contract.is_ingested());
        let names: Vec<&str> = ingested.map(|contract| contract.name.as_str()).collect();
        return Err(Error::Usage {
            message: format!("rows of `{table}` are made by the program, not by people"),
            hint: format!("the tables to fill in are: {}", names.join(", ")),
        });
    }
    let files = [
        (folder.join(format!("{table}.csv")), csv_template(contract)),
        (
            folder.join(format!("{table}.xlsx")),
            xlsx_template(contract)?,
        ),
    ];
    for (path, _) in &files {
        if path.exists() {
            return Err(Error::Usage {
                message: format!("{}: is there already", path.display()),
                hint: "name another folder with --out".to_owned(),
            });
        }
    }
    for (path, bytes) in &files {
        output::write_file(path, bytes)?;
        console.say(&format!("wrote {}", path.display()));
    }
    Ok(Exit::Done)
}
