//! A temporary lab and the real binary run on it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

/// What one run of the binary gave.
#[derive(Debug)]
pub struct Ran {
    /// Exit code; -1 when it was killed.
    pub code: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

impl Ran {
    fn of(output: Output) -> Ran {
        Ran {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).expect("stdout is UTF-8"),
            stderr: String::from_utf8(output.stderr).expect("stderr is UTF-8"),
        }
    }

    /// Standard output as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// The binary with some arguments.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_regrade"));
    command.args(arguments).env_remove("NO_COLOR");
    command
}

/// Runs the binary to its end.
pub fn regrade(arguments: &[&str]) -> Ran {
    Ran::of(command(arguments).output().expect("the binary starts"))
}

/// A lab in a temporary folder.
#[derive(Debug)]
pub struct Lab {
    folder: TempDir,
}

impl Lab {
    /// An empty lab made by `init`.
    pub fn new() -> Lab {
        let lab = Lab {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let ran = regrade(&["init", &lab.path("").display().to_string()]);
        assert_eq!(ran.code, 0, "{ran:?}");
        lab
    }

    /// A synthetic lab of some heats per grade and four specimens each.
    pub fn synthetic(heats: usize) -> Lab {
        Lab::from_synth(&["--heats", &heats.to_string(), "--specimens", "4"])
    }

    /// What `synth` makes of these arguments.
    pub fn from_synth(arguments: &[&str]) -> Lab {
        let lab = Lab {
            folder: tempfile::tempdir().expect("a temporary folder"),
        };
        let out = lab.path("").display().to_string();
        let mut all = vec!["synth", "--out", &out];
        all.extend(arguments);
        let ran = regrade(&all);
        assert_eq!(ran.code, 0, "{ran:?}");
        lab
    }

    /// A path inside the lab.
    pub fn path(&self, inside: &str) -> PathBuf {
        self.folder.path().join("lab").join(inside)
    }

    /// Puts a file into the lab.
    pub fn put(&self, inside: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(inside);
        fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        #[expect(clippy::disallowed_methods, reason = "a test plays the instrument")]
        fs::write(path, bytes).expect("a file");
    }

    /// Arguments that name this lab behind a command.
    pub fn arguments<'a>(&self, arguments: &[&'a str], config: &'a str) -> Vec<&'a str> {
        let mut all = arguments.to_vec();
        all.extend(["--config", config]);
        all
    }

    /// Runs a command on this lab.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let config = self.path("lab.toml").display().to_string();
        regrade(&self.arguments(arguments, &config))
    }

    /// The single cell that a query gives.
    pub fn ask(&self, query: &str) -> String {
        self.ask_with(query, &[])
    }

    /// As [`Lab::ask`], with more arguments.
    pub fn ask_with(&self, query: &str, arguments: &[&str]) -> String {
        let ran = self.run(&[&["sql", query, "--format", "csv"], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        ran.stdout.lines().nth(1).unwrap_or_default().to_owned()
    }
}

/// Every file below a folder with its bytes, by path, without the names in `except`.
pub fn bytes_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    let mut pending = vec![folder.to_path_buf()];
    while let Some(folder) = pending.pop() {
        for entry in fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                pending.push(path);
            } else {
                files.push((path.clone(), fs::read(&path).expect("a file")));
            }
        }
    }
    files.sort();
    files
}
