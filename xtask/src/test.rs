//! `cargo xtask test`: what the README promises to a newcomer, in one command.

use std::process::Command;

use anyhow::Result;

use crate::{corpus, oracle, workspace};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Also make the corpus of real snapshots (minutes and gigabytes: runtimes come from npm) and
    /// hold the release build against DevTools on every one of them.
    #[arg(long)]
    slow: bool,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let has_nextest = workspace::cargo()
        .args(["nextest", "--version"])
        .output()
        .is_ok_and(|o| o.status.success());
    let mut tests = workspace::cargo();
    if has_nextest {
        tests.args(["nextest", "run", "--workspace"]);
    } else {
        tests.args(["test", "--workspace", "--lib", "--bins", "--tests"]);
    }
    step(&mut tests)?;
    step(workspace::cargo().args(["test", "--workspace", "--doc", "--quiet"]))?;

    println!("\n== DevTools' figures of the fixtures");
    oracle::run(&oracle::Args::fixtures())?;
    if args.slow {
        println!("\n== DevTools' engine against the corpus");
        corpus::run(&corpus::Args::default())?;
        oracle::run(&oracle::Args::live(workspace::root().join("oracle/.corpus")))?;
    }
    Ok(())
}

fn step(command: &mut Command) -> Result<()> {
    println!("\n== {}", workspace::shown(command));
    workspace::run(command)
}
