//! `cargo xtask generate`: files that are made from the program itself and committed.

use std::path::Path;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Profile};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a file is not what it would be.
    #[arg(long)]
    check: bool,
}

/// A committed file and the arguments with which the program prints it.
const FILES: &[(&str, &[&str])] = &[];

pub(crate) fn run(args: &Args) -> Result<()> {
    let program = workspace::heapglass(Profile::Dev)?;
    let mut stale = Vec::new();
    for (file, arguments) in FILES {
        let text = workspace::output(std::process::Command::new(&program).args(*arguments))?;
        if text == std::fs::read_to_string(workspace::root().join(file)).unwrap_or_default() {
            continue;
        }
        if args.check {
            stale.push(*file);
        } else {
            write(&workspace::root().join(file), &text)?;
            println!("wrote {file}");
        }
    }
    if !stale.is_empty() {
        bail!("not current: {}\nhint: run `cargo xtask generate` and commit", stale.join(", "));
    }
    println!("{} generated files are current", FILES.len());
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))
}
