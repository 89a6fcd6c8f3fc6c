//! The commands of docs/capture.md, as they stand there.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::cases::WORKERS;
use super::node::Node;
use super::{Bench, Outcome};
use crate::workspace;

/// What stands before a block whose commands are run.
const RUN: &str = "<!-- run by `cargo xtask capture` -->\n```";

/// Runs each command in a directory of its own, against a process with worker threads that can be taken in
/// every way. The page's numbers and names are replaced by those of the process, and its long times by short ones.
pub(crate) fn check(bench: &Bench) -> Result<Outcome> {
    if !bench.newest {
        return Ok(Outcome::Skipped("run with the newest version".to_owned()));
    }
    let page = std::fs::read_to_string(workspace::root().join("docs/capture.md"))?;
    let options = ["--inspect=127.0.0.1:PORT", "--heapsnapshot-signal=SIGUSR2"];
    let mut node = Node::start(bench, &options, WORKERS)?;
    let script = node.out("script.js");
    let (pid, port) = (node.pid().to_string(), node.port.to_string());
    let here = |command: &str| {
        command
            .replace("4242", &pid)
            .replace("--pid N", &format!("--pid {pid}"))
            .replace("9229", &port)
            .replace("server.js", &script.display().to_string())
            .replace("--interval 30m", "--interval 1s")
            .replace("heap>80%", "heap>0%")
    };
    let blocks = blocks(&page)?;
    for option in [
        "--snapshots",
        "--interval",
        "--when",
        "--report",
        "--workers",
        "--name",
        "--compress",
        "--dry-run",
        "--inspect",
        "--method sigusr2",
    ] {
        ensure!(blocks.iter().any(|it| it.contains(option)), "no command with {option} is run");
    }
    for command in &blocks {
        run(bench, &here(command)).with_context(|| command.clone())?;
    }
    for condition in conditions(&page) {
        let command = format!("heapglass capture --pid {pid} --dry-run --when '{condition}'");
        run(bench, &command).with_context(|| condition.to_owned())?;
    }
    ensure!(node.is_alive()? && node.listens(), "the process was harmed");
    // What the text advises closes the inspector, and so comes last.
    let inline: BTreeSet<&str> =
        page.split('`').filter(|it| it.starts_with("heapglass capture -")).collect();
    ensure!(!inline.is_empty(), "the text has no command");
    for command in inline {
        // The inspector of this process is one that its options ask for.
        let force = if command.contains("--close-inspector") { " --force" } else { "" };
        run(bench, &(here(command) + force)).with_context(|| command.to_owned())?;
    }
    node.wait_until_shut()?;
    ensure!(node.is_alive()? && node.files()?.is_empty(), "files: {:?}", node.files()?);
    Ok(Outcome::Passed)
}

/// The lines of the blocks that are run.
fn blocks(page: &str) -> Result<Vec<String>> {
    let mut commands = Vec::new();
    for block in page.split(RUN).skip(1) {
        let (_, rest) = block.split_once('\n').context("a block")?;
        let (lines, _) = rest.split_once("```").context("the end of a block")?;
        commands.extend(lines.lines().map(str::to_owned));
    }
    let all = page.lines().filter(|line| line.starts_with("heapglass ")).count();
    ensure!(commands.len() == all, "{all} lines are commands, {} are run", commands.len());
    Ok(commands)
}

/// The conditions of the table of `--when`.
fn conditions(page: &str) -> Vec<&str> {
    let rows =
        page.lines().filter(|line| line.starts_with("| `heap>") || line.starts_with("| `rss>"));
    let cells = rows.filter_map(|row| row.split(" | ").next());
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).collect()
}

/// Runs a command with the program on the path: it ends well, and leaves whole snapshots if it takes any.
fn run(bench: &Bench, command: &str) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let programs = tempfile::tempdir()?;
    std::os::unix::fs::symlink(&bench.program, programs.path().join("heapglass"))?;
    let path = std::env::var("PATH").unwrap_or_default();
    let output = Command::new("bash")
        .args(["-euc", command])
        .current_dir(folder.path())
        .env("PATH", format!("{}:{path}", programs.path().display()))
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "{}: {said}", output.status);
    let files = names(folder.path())?;
    let takes = !command.contains("--dry-run") && !command.contains("--close-inspector");
    let least = match command {
        _ if !takes => 0,
        _ if command.contains("--snapshots 3") || command.contains("--workers") => 3,
        _ => 1,
    };
    ensure!(files.len() == least, "files: {files:?}");
    let ending = if command.contains("--compress") { ".heapsnapshot.zst" } else { ".heapsnapshot" };
    let whole = |name: &String| name.ends_with(ending) && !name.contains("PARTIAL");
    ensure!(files.iter().all(whole), "files: {files:?}");
    let text = String::from_utf8_lossy(&output.stdout);
    let reports = text.contains("What the heap consists of");
    ensure!(reports == command.contains("--report"), "{text}");
    Ok(())
}

fn names(folder: &Path) -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        names.push(entry?.file_name().to_string_lossy().into_owned());
    }
    Ok(names)
}
