//! What `redact` is told.

use std::path::PathBuf;

use clap::Args;
use heapglass_redact::{Key, Policy, Redaction};

use super::choice::choices;
use crate::exit::Failure;

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
    /// This policy with a key for this run.
    pub(crate) fn redaction(self) -> Result<Redaction, Failure> {
        let mut bytes = [0; 32];
        getrandom::fill(&mut bytes).map_err(|error| {
            Failure::usage(format!("the system gives no random numbers: {error}"))
        })?;
        Ok(Redaction { policy: self.into(), key: Key::new(bytes) })
    }
}
