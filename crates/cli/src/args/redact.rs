//! What `redact` is told.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use clap::Args;
use heapglass_redact::{Key, Policy, Redaction};

use super::choice::choices;
use crate::exit::Failure;
use crate::hints;

/// Bytes of a key.
const KEY_BYTES: usize = 32;

#[derive(Debug, Args)]
pub(crate) struct RedactArgs {
    /// A snapshot (plain, .gz or .zst), `-` for standard input, or a directory of a must-gather
    #[arg(value_name = "IN")]
    pub(crate) input: PathBuf,
    /// File to write (compressed if it ends in .gz or .zst), or a directory that is not there yet
    #[arg(value_name = "OUT")]
    pub(crate) output: PathBuf,
    /// What is taken out
    #[arg(long, value_name = "POLICY", default_value = "strict")]
    pub(crate) policy: PolicyChoice,
    /// Write what stands for what, as JSON lines: for you alone, not to be shared
    #[arg(long, value_name = "FILE")]
    pub(crate) map: Option<PathBuf>,
    /// Take the key for other letters from this file, or make it: the same text becomes the same in all files of one key
    #[arg(long, value_name = "FILE")]
    pub(crate) key: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long)]
    pub(crate) force: bool,
}

choices! {
    PolicyChoice for Policy {
        /// Every value, and names that are data
        Strict,
        /// As strict, and names of properties and variables that neither Node.js nor public npm packages use
        Structure,
        /// Credentials alone, as far as rules recognise them by their form or the name they stand under
        Secrets,
    }
}

impl PolicyChoice {
    /// This policy with the key in a file, which is made if it is not there; without a file with a key for this run.
    pub(crate) fn redaction(self, file: Option<&Path>) -> Result<Redaction, Failure> {
        let bytes = file.map_or_else(random_bytes, key_in)?;
        Ok(Redaction { policy: self.into(), key: Key::new(bytes), notes: false })
    }
}

fn random_bytes() -> Result<[u8; KEY_BYTES], Failure> {
    let mut bytes = [0; KEY_BYTES];
    getrandom::fill(&mut bytes)
        .map_err(|error| Failure::usage(format!("the system gives no random numbers: {error}")))?;
    Ok(bytes)
}

/// The key in this file. Where there is none it is made, for its owner alone to read.
fn key_in(file: &Path) -> Result<[u8; KEY_BYTES], Failure> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(0o600).open(file) {
        Ok(mut made) => {
            let bytes = random_bytes()?;
            made.write_all(&bytes).map_err(|error| of_key("write", file, &error))?;
            Ok(bytes)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            let mut found = Vec::new();
            let opened = File::open(file);
            let read =
                opened.and_then(|file| file.take(KEY_BYTES as u64 + 1).read_to_end(&mut found));
            read.map_err(|error| of_key("read", file, &error))?;
            <[u8; KEY_BYTES]>::try_from(found).map_err(|_| {
                let message =
                    format!("{} holds no key, which has {KEY_BYTES} bytes", file.display());
                Failure::usage(message).hint("name a file that is not there yet: a key is made")
            })
        }
        Err(error) => Err(of_key("write", file, &error)),
    }
}

fn of_key(what: &str, file: &Path, error: &io::Error) -> Failure {
    Failure::usage(format!("cannot {what} the key {}: {}", file.display(), hints::reason(error)))
}
