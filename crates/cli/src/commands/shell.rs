//! `completions` and `man`.

use std::fs;
use std::io::{self, Write};
use std::path::Path;

use clap::CommandFactory;

use crate::args::Cli;
use crate::exit::{ExitStatus, Failure};
use crate::hints;

/// Writes the completion script for a shell.
pub(crate) fn completions(shell: clap_complete::Shell) -> anyhow::Result<ExitStatus> {
    // Into memory first: clap_complete panics where a pipe's reader went away.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "heapglass", &mut script);
    io::stdout().write_all(&script)?;
    Ok(ExitStatus::Fine)
}

/// Writes the main man page to standard output, or a page for each command into a directory.
pub(crate) fn man(dir: Option<&Path>) -> anyhow::Result<ExitStatus> {
    let Some(dir) = dir else {
        clap_mangen::Man::new(Cli::command()).render(&mut io::stdout().lock())?;
        return Ok(ExitStatus::Fine);
    };
    fs::create_dir_all(dir)
        .and_then(|()| clap_mangen::generate_to(Cli::command(), dir))
        .map_err(|error| Failure::usage(hints::cannot("write to", dir, &error)))?;
    Ok(ExitStatus::Fine)
}
