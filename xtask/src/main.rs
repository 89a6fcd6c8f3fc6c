//! Chores of the heapglass workspace: `cargo xtask --help`.
//!
//! Everything that a person or CI does to the repository beyond plain cargo is a subcommand here,
//! so that it is written once, in Rust, and runs the same everywhere.
#![allow(
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::exit,
    reason = "this is a program for people at a terminal"
)]

mod bench;
mod capture;
mod cluster;
mod corpus;
mod fuzz;
mod generate;
mod leaks;
mod oracle;
mod test;
mod tidy;
mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Chores of the heapglass workspace")]
struct Args {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Run every fast test: unit, property and command-line tests, then the program against
    /// DevTools' figures of the snapshots in fixtures/.
    Test(test::Args),
    /// Check what the compiler does not: layers, heavy dependencies, unsafe, file sizes.
    Tidy,
    /// Write the generated files (JSON Schema, command reference), or check that they are current.
    Generate(generate::Args),
    /// Make a folder of real snapshots from many runtimes.
    Corpus(corpus::Args),
    /// Compare every figure of every node and class with DevTools' own engine.
    Oracle(oracle::Args),
    /// Run small programs that leak, and some that do not, and see whether `leaks` says so.
    Leaks(leaks::Args),
    /// Measure time and memory on big snapshots, beside DevTools' engine.
    Bench(bench::Args),
    /// Capture real processes of every major version of Node.js, and disturb them.
    Capture(capture::Args),
    /// Test the collector on the cluster that KUBECONFIG names.
    Cluster(cluster::Args),
    /// Run the fuzz targets.
    Fuzz(fuzz::Args),
    /// Run one command and print its cost as JSON; `bench` runs itself this way.
    #[command(hide = true)]
    Measure(bench::measure::Args),
}

fn main() -> ExitCode {
    match run(Args::parse().task) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<()> {
    match task {
        Task::Test(args) => test::run(&args),
        Task::Tidy => tidy::run(),
        Task::Generate(args) => generate::run(&args),
        Task::Corpus(args) => corpus::run(&args),
        Task::Oracle(args) => oracle::run(&args),
        Task::Leaks(args) => leaks::run(&args),
        Task::Bench(args) => bench::run(&args),
        Task::Capture(args) => capture::run(&args),
        Task::Cluster(args) => cluster::run(&args),
        Task::Fuzz(args) => fuzz::run(&args),
        Task::Measure(args) => bench::measure::run(&args),
    }
}
