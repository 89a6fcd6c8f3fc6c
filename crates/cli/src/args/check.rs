//! What `check` is told.

use std::path::PathBuf;

use clap::Args;

use heapglass_analysis::Assertion;

use super::FilesArg;

#[derive(Debug, Args)]
pub(crate) struct CheckArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// What has to hold for each snapshot, or `growth(…)` from the first to the last; may be given often
    #[arg(long = "assert", value_name = "ASSERTION", value_parser = assertion)]
    pub(crate) assertions: Vec<Assertion>,
    /// Budgets, rules and known leaks
    #[arg(long, value_name = "FILE.toml")]
    pub(crate) budget: Vec<PathBuf>,
    /// Nothing may go on growing over the snapshots: three or more of one process
    #[arg(long)]
    pub(crate) no_leak: bool,
    /// Also list the checks that passed where none failed
    #[arg(long, short)]
    pub(crate) verbose: bool,
    /// Write the outcome as JUnit XML, too
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write the outcome as Markdown, too; adds to a file that is there
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
}

fn assertion(text: &str) -> Result<Assertion, String> {
    text.parse().map_err(|error: heapglass_analysis::Error| error.to_string())
}
