//! What DevTools' engine says of a snapshot: asked now, or kept in `fixtures/gold`.

use std::fs::File;
use std::io::{BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use super::known::{self, Refusal};

/// The engine's figures of one snapshot.
pub(super) struct Theirs {
    pub(super) nodes: Nodes,
    /// Totals, statistics, classes, filters, native contexts.
    pub(super) summary: Value,
    /// Whether a wrong number in the header had to be corrected for the engine.
    pub(super) repaired: bool,
}

/// All node rows.
pub(super) enum Nodes {
    /// As CSV.
    Csv(Box<dyn Read>),
    /// The SHA-256 of the CSV, in hexadecimal.
    Sha256(String),
}

/// What came of asking.
pub(super) enum Answer {
    Figures(Theirs),
    Refused(Refusal, String),
}

/// Asks the engine in `folder` (the oracle's) for `file`; `scratch` is for what it writes.
pub(super) fn ask(folder: &Path, file: &Path, scratch: &Path) -> Result<Answer> {
    let plain = scratch.join("plain.heapsnapshot");
    let file = match file.extension().is_some_and(|e| e == "zst") {
        true => unpacked(file, plain)?,
        false => file.to_owned(),
    };
    match run(folder, &file, scratch, false)? {
        Ok(figures) => Ok(Answer::Figures(figures)),
        Err(said) => match known::refusal(&said) {
            Refusal::Repairable => Ok(match run(folder, &file, scratch, true)? {
                Ok(figures) => Answer::Figures(figures),
                Err(said) => Answer::Refused(Refusal::Unknown, said),
            }),
            refusal => Ok(Answer::Refused(refusal, said)),
        },
    }
}

/// Runs the engine: its figures, or what it said when it failed.
fn run(
    folder: &Path,
    file: &Path,
    scratch: &Path,
    repaired: bool,
) -> Result<Result<Theirs, String>> {
    let (nodes, summary) = (scratch.join("nodes.csv"), scratch.join("summary.json"));
    let mut command = Command::new("node");
    command.arg(folder.join("devtools.mjs")).arg(file);
    command.arg("--nodes").arg(&nodes).arg("--summary").arg(&summary).arg("--filters");
    if repaired {
        command.arg("--repair-trace-count");
    }
    let output = command.stdin(Stdio::null()).output().context("failed to start node")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        return Ok(Err(format!("{said}\n{}", output.status)));
    }
    let nodes = Nodes::Csv(Box::new(File::open(nodes)?));
    Ok(Ok(Theirs { nodes, summary: json(&summary)?, repaired }))
}

/// The figures kept for `file`, or nothing if there are none.
pub(super) fn kept(file: &Path) -> Result<Option<Theirs>> {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".zst").unwrap_or(&name);
    let gold = file.parent().unwrap_or(Path::new(".")).join("gold");
    let summary = gold.join(format!("{name}.summary.json"));
    if !summary.exists() {
        return Ok(None);
    }
    let csv = gold.join(format!("{name}.nodes.csv.zst"));
    let nodes = if csv.exists() {
        Nodes::Csv(Box::new(zstd::Decoder::new(File::open(csv)?)?))
    } else {
        let sum = std::fs::read_to_string(gold.join(format!("{name}.nodes.sha256")))?;
        Nodes::Sha256(sum.trim().to_owned())
    };
    Ok(Some(Theirs { nodes, summary: json(&summary)?, repaired: name.ends_with(".heaptimeline") }))
}

/// Writes `file` without its compression to `to`.
fn unpacked(file: &Path, to: PathBuf) -> Result<PathBuf> {
    let mut decoder = zstd::Decoder::new(File::open(file)?)?;
    decoder.window_log_max(31)?;
    std::io::copy(&mut decoder, &mut File::create(&to)?)?;
    Ok(to)
}

fn json(file: &Path) -> Result<Value> {
    let open = File::open(file).with_context(|| file.display().to_string())?;
    serde_json::from_reader(BufReader::new(open)).with_context(|| file.display().to_string())
}
