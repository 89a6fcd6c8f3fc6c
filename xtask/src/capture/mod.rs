//! `cargo xtask capture`: the built program against real processes of every major version of Node.js.

mod cases;
mod edges;
mod guide;
mod harm;
mod node;
mod series;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Profile};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only these major versions.
    #[arg(long, value_name = "MAJOR,…", value_delimiter = ',')]
    node: Vec<u32>,
    /// Only the cases whose name contains this.
    #[arg(long, value_name = "PART")]
    only: Option<String>,
    /// Use the release build, whose figures are worth writing down.
    #[arg(long)]
    release: bool,
}

/// What a case works with.
pub(crate) struct Bench {
    /// The built program.
    program: PathBuf,
    /// The runtime.
    node: PathBuf,
    /// Whether this is the newest version, for what is needed only once.
    newest: bool,
}

/// How a case ended well.
pub(crate) enum Outcome {
    Passed,
    /// It cannot be tested here, and why.
    Skipped(String),
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let profile = if args.release { Profile::Release } else { Profile::Dev };
    let program = workspace::heapglass(profile)?;
    let runtimes = runtimes()?;
    let newest = runtimes.iter().map(|(major, _)| *major).max().unwrap_or_default();
    let mut failures = Vec::new();
    let began = Instant::now();
    for (major, node) in runtimes {
        if !args.node.is_empty() && !args.node.contains(&major) {
            continue;
        }
        let bench = Bench { program: program.clone(), node, newest: major == newest };
        for (name, case) in cases::ALL {
            if args.only.as_ref().is_some_and(|part| !name.contains(part.as_str())) {
                continue;
            }
            let start = Instant::now();
            let result = case(&bench);
            let took = start.elapsed().as_secs_f64();
            match result {
                Ok(Outcome::Passed) => println!("Node.js {major:<3} {took:>5.1} s  {name}"),
                Ok(Outcome::Skipped(why)) => println!("Node.js {major:<3}  skipped  {name}: {why}"),
                Err(error) => {
                    println!("Node.js {major:<3}  FAILED  {name}: {error:#}");
                    failures.push(format!("Node.js {major}, {name}"));
                }
            }
        }
    }
    println!("done in {:.0} s", began.elapsed().as_secs_f64());
    if !failures.is_empty() {
        bail!("{} failed: {}", failures.len(), failures.join("; "));
    }
    Ok(())
}

/// The major versions and their programs, fetched from npm where they are not there yet.
fn runtimes() -> Result<Vec<(u32, PathBuf)>> {
    let script = "import('./runtimes.mjs').then(m => \
                  m.NODES.forEach(v => console.log(v.split('.')[0] + ' ' + m.node(v))))";
    let mut command = Command::new("node");
    command.args(["-e", script]).current_dir(workspace::root().join("oracle"));
    let list = workspace::output(&mut command)?;
    let runtime = |line: &str| -> Result<(u32, PathBuf)> {
        let (major, path) = line.split_once(' ').context("a line without a path")?;
        Ok((major.parse()?, Path::new(path).to_owned()))
    };
    list.lines().map(runtime).collect()
}
