//! `cargo xtask corpus`: real snapshots from every supported runtime.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use crate::workspace::{self, oracle_folder};

#[derive(clap::Args, Default)]
pub(crate) struct Args {
    /// Make only the snapshots whose file name matches.
    #[arg(long, value_name = "REGEX")]
    only: Option<String>,
    /// Folder to write to [default: oracle/.corpus].
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Name the snapshots without making them.
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let folder = oracle_folder()?;
    let mut command = Command::new("node");
    command.arg(folder.join("corpus.mjs"));
    if let Some(only) = &args.only {
        command.args(["--only", only]);
    }
    if let Some(out) = &args.out {
        command.arg("--out").arg(out);
    }
    if args.list {
        command.arg("--list");
    }
    workspace::run(&mut command)
}
