//! What `secrets` is told.

use std::path::PathBuf;

use clap::Args;

use super::FilesArg;

#[derive(Debug, Args)]
pub(crate) struct SecretsArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// Print the credentials themselves
    #[arg(long)]
    pub(crate) show: bool,
    /// End with exit code 1 if there is any
    #[arg(long)]
    pub(crate) fail: bool,
    /// Write the credentials as SARIF 2.1.0, too, masked in any case
    #[arg(long, value_name = "FILE")]
    pub(crate) sarif: Option<PathBuf>,
    /// Credentials to show, 0 for all [default: 100; with --json or --sarif all]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
}
