//! `init`: a lab.toml with every default spelled out, and an inbox.

use std::fs;
use std::path::Path;

use crate::console::Console;
use crate::contract::Schemas;
use crate::error::{Error, Exit};
use crate::output;

/// Writes `lab.toml` and `inbox/` into `folder`; an existing lab.toml is left alone.
///
/// # Errors
/// When there is a lab.toml already, or the folder cannot be written.
pub fn init(console: &Console, folder: &Path) -> Result<Exit, Error> {
    let settings = folder.join("lab.toml");
    if settings.exists() {
        return Err(Error::Usage {
            message: format!("{}: is there already", settings.display()),
            hint: "edit it, or name another folder".to_owned(),
        });
    }
    output::write_file(
        &settings,
        Schemas::embedded().file("lab.toml")?.text.as_bytes(),
    )?;
    let inbox = folder.join("inbox");
    fs::create_dir_all(&inbox).map_err(|source| output::OutputError::Unwritable {
        path: inbox.clone(),
        source,
    })?;
    console.say(&format!(
        "wrote {} and {}",
        settings.display(),
        inbox.display()
    ));
    console.say(&format!(
        "next: drop files into the inbox, then `regrade run --config {}`",
        settings.display()
    ));
    Ok(Exit::Done)
}
