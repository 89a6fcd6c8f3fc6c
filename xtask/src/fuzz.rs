//! `cargo xtask fuzz`: the fuzz targets in fuzz/, each for a given time.

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace;

/// The targets in fuzz/fuzz_targets, and how large an input each may get, in bytes.
const TARGETS: &[(&str, u32)] =
    &[("snapshot", 65_536), ("index", 524_288), ("integers", 4_096), ("redact", 65_536)];

/// An input that takes more memory or time than this is reported like a crash. The address
/// sanitizer itself takes about 200 MB of it.
const MEMORY_MB: u32 = 1024;
const SECONDS_PER_INPUT: u32 = 10;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Targets to run [default: all].
    #[arg(value_parser = ["snapshot", "index", "integers", "redact"])]
    targets: Vec<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    if !workspace::cargo().args(["fuzz", "--version"]).output().is_ok_and(|o| o.status.success()) {
        bail!("cargo-fuzz is not installed\nhint: cargo install cargo-fuzz --locked");
    }
    let fuzz = workspace::root().join("fuzz");
    println!("== seeds");
    workspace::run(workspace::cargo().current_dir(&fuzz).args([
        "run",
        "--quiet",
        "--example",
        "seeds",
    ]))?;
    let chosen = |target: &str| args.targets.is_empty() || args.targets.iter().any(|t| t == target);
    let targets: Vec<_> = TARGETS.iter().filter(|(target, _)| chosen(target)).collect();
    println!("\n== building");
    workspace::run(fuzzer().arg("build"))?;
    // The fuzzer uses one processor.
    for pair in targets.chunks(2) {
        std::thread::scope(|scope| {
            let runs: Vec<_> =
                pair.iter().map(|target| scope.spawn(|| fuzz_one(target, args.seconds))).collect();
            runs.into_iter().try_for_each(|run| {
                run.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })?;
    }
    Ok(())
}

/// `cargo fuzz`. Instrumentation is behind unstable flags; this lets the stable compiler have them.
fn fuzzer() -> Command {
    let mut cargo = workspace::cargo();
    cargo.env("RUSTC_BOOTSTRAP", "1").arg("fuzz");
    cargo
}

fn fuzz_one(&(target, max_bytes): &(&str, u32), seconds: u32) -> Result<()> {
    println!("\n== fuzzing {target} for {seconds} s");
    workspace::run(
        fuzzer()
            .args(["run", target, "--"])
            .arg(format!("-max_total_time={seconds}"))
            .arg(format!("-max_len={max_bytes}"))
            .arg(format!("-rss_limit_mb={MEMORY_MB}"))
            .arg(format!("-malloc_limit_mb={}", MEMORY_MB / 2))
            .arg(format!("-timeout={SECONDS_PER_INPUT}"))
            .args(["-print_final_stats=1", "-verbosity=0"]),
    )
}
