//! What one run of a program costs.
//!
//! The system keeps the peak of resident memory for all children of a process together, so each
//! run gets a process of its own that has only this one child: `cargo xtask measure -- COMMAND`.
//! A child's peak includes what its parent had resident when it was started, which for this small
//! process is about 5 MB.

use std::ffi::OsString;
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail};
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::time::TimeValLike;
use serde::{Deserialize, Serialize};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
    command: Vec<OsString>,
}

/// The cost of one run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Cost {
    /// From start to end.
    pub(crate) wall_s: f64,
    /// Processor time in the program itself, over all threads.
    pub(crate) cpu_user_s: f64,
    /// Processor time in the kernel for it.
    pub(crate) cpu_system_s: f64,
    /// Largest resident memory of any process of the run.
    pub(crate) peak_rss_bytes: u64,
}

impl Cost {
    pub(crate) fn cpu_s(&self) -> f64 {
        self.cpu_user_s + self.cpu_system_s
    }
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let (program, rest) = args.command.split_first().context("no command")?;
    let start = Instant::now();
    let output = Command::new(program)
        .args(rest)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .with_context(|| format!("failed to start {}", program.display()))?
        .wait_with_output()?;
    let wall_s = start.elapsed().as_secs_f64();
    if !output.status.success() {
        eprint!("{}", String::from_utf8_lossy(&output.stderr));
        bail!("{}: {}", program.display(), output.status);
    }
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let cost = Cost {
        wall_s,
        cpu_user_s: usage.user_time().num_microseconds() as f64 / 1e6,
        cpu_system_s: usage.system_time().num_microseconds() as f64 / 1e6,
        peak_rss_bytes: u64::try_from(usage.max_rss()).unwrap_or(0) * 1024,
    };
    println!("{}", serde_json::to_string(&cost)?);
    Ok(())
}

/// The cost of `command`, whose standard output is thrown away. An error holds what it wrote to
/// standard error.
pub(crate) fn cost_of(command: &Command) -> Result<Cost> {
    let mut measured = Command::new(std::env::current_exe()?);
    measured.args(["measure", "--"]).arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        if let Some(value) = value {
            measured.env(name, value);
        }
    }
    let output = measured.stdin(Stdio::null()).output()?;
    if !output.status.success() {
        bail!("{}", String::from_utf8_lossy(&output.stderr).trim());
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

#[cfg(test)]
mod tests {
    use super::Cost;

    #[test]
    fn user_and_system_time_add_up() {
        let cost = Cost { wall_s: 1.0, cpu_user_s: 1.5, cpu_system_s: 0.25, peak_rss_bytes: 1 };
        assert_eq!(cost.cpu_s(), 1.75);
    }
}
