//! `cargo xtask fuzz`: the fuzz targets in fuzz/, for a given time.

use std::process::Command;

use anyhow::{Result, bail};

use crate::workspace;

/// The targets in fuzz/fuzz_targets.
const TARGETS: &[&str] = &["snapshot", "index"];

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Targets to run [default: all].
    targets: Vec<String>,
    /// How long each target runs.
    #[arg(long, default_value_t = 60)]
    seconds: u32,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let targets: Vec<&str> = match args.targets.as_slice() {
        [] => TARGETS.to_vec(),
        named => named.iter().map(String::as_str).collect(),
    };
    if !workspace::cargo().args(["fuzz", "--version"]).output().is_ok_and(|o| o.status.success()) {
        bail!("cargo-fuzz is not installed\nhint: cargo install cargo-fuzz --locked");
    }
    for target in targets {
        println!("\n== fuzzing {target} for {} s", args.seconds);
        let mut command = Command::new("cargo");
        command
            .current_dir(workspace::root())
            // The instrumentation is behind an unstable flag; this lets the stable compiler have it.
            .env("RUSTC_BOOTSTRAP", "1")
            .args(["fuzz", "run", target, "--"])
            .arg(format!("-max_total_time={}", args.seconds))
            .args(["-rss_limit_mb=1024", "-timeout=10", "-print_final_stats=1", "-verbosity=0"]);
        workspace::run(&mut command)?;
    }
    Ok(())
}
