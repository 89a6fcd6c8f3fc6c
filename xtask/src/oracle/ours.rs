//! What heapglass says of a snapshot, asked through its command line.

use std::path::{Path, PathBuf};
use std::process::{ChildStderr, ChildStdout, Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The program, with a cache of its own: the first question of a snapshot makes its index and the
/// others are answered from it, so that both ways are compared.
pub(super) struct Ours {
    program: PathBuf,
    cache: PathBuf,
}

/// A run of `heapglass export`.
pub(super) struct Export {
    child: std::process::Child,
    pub(super) rows: ChildStdout,
    errors: ChildStderr,
}

impl Ours {
    pub(super) fn new(program: &Path, cache: PathBuf) -> Ours {
        Ours { program: program.to_owned(), cache }
    }

    /// All node rows as CSV, read from the snapshot itself.
    pub(super) fn export(&self, file: &Path) -> Result<Export> {
        let mut command = self.command("export", file, &["--format", "csv", "--no-index"]);
        let mut child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .with_context(|| format!("failed to start {}", self.program.display()))?;
        let rows = child.stdout.take().context("no pipe")?;
        let errors = child.stderr.take().context("no pipe")?;
        Ok(Export { child, rows, errors })
    }

    /// What a command prints with `--json`; an error holds what it says when it fails.
    pub(super) fn json(&self, command: &str, file: &Path, arguments: &[&str]) -> Result<Value> {
        let output = self.command(command, file, arguments).arg("--json").output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            bail!(
                "heapglass {command} {}: {}: {}",
                arguments.join(" "),
                output.status,
                said.trim()
            );
        }
        serde_json::from_slice(&output.stdout)
            .with_context(|| format!("heapglass {command} {}", arguments.join(" ")))
    }

    fn command(&self, command: &str, file: &Path, arguments: &[&str]) -> Command {
        let mut program = Command::new(&self.program);
        program.arg(command).arg(file).args(arguments).stdin(Stdio::null());
        program.env("HEAPGLASS_CACHE_DIR", &self.cache);
        program
    }
}

impl Export {
    /// Waits for the end; an error holds what the program said.
    pub(super) fn finish(self) -> Result<()> {
        let Export { mut child, rows, errors } = self;
        drop(rows);
        let said = std::io::read_to_string(errors)?;
        let status = child.wait()?;
        if !status.success() {
            bail!("heapglass export: {status}: {}", said.trim());
        }
        Ok(())
    }
}
