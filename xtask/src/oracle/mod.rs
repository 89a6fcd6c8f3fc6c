//! `cargo xtask oracle`: every figure of every node and class against DevTools' own engine.
//!
//! DevTools' engine runs under Node (`oracle/devtools.mjs`) and writes one CSV row per node and
//! its class table as JSON; heapglass is asked for the same, through its command line as a user
//! would. Nodes are compared as two streams, so memory does not grow with the snapshot.

mod classes;
mod known;
mod nodes;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use regex::Regex;
use serde_json::Value;

use self::known::Refusal;
use crate::workspace::{self, Profile, oracle_folder};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Snapshots, or folders to look for them in [default: fixtures/].
    paths: Vec<PathBuf>,
    /// Compare only files whose name matches.
    #[arg(long, value_name = "REGEX")]
    only: Option<Regex>,
    /// Test the quickly built program instead of the release build.
    #[arg(long)]
    dev: bool,
    /// How many differences to print for each snapshot.
    #[arg(long, default_value_t = 5, value_name = "N")]
    show: usize,
}

impl Args {
    /// All snapshots in `paths`.
    pub(crate) fn on(paths: Vec<PathBuf>, profile: Profile) -> Args {
        Args { paths, only: None, dev: profile == Profile::Dev, show: 5 }
    }
}

/// What came of one snapshot.
enum Outcome {
    /// All figures are equal; a sentence on how many.
    Equal(String),
    /// There is nothing to compare with, for a known reason.
    Skipped(String),
    /// The first differences and their number, or another failure.
    Failed(Vec<String>),
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let files = snapshots(args)?;
    if files.is_empty() {
        bail!("no snapshots to compare");
    }
    let profile = if args.dev { Profile::Dev } else { Profile::Release };
    let pair = Pair { heapglass: workspace::heapglass(profile)?, oracle: oracle_folder()? };
    let (mut passed, mut failed, mut skipped) = (0, 0, 0);
    for file in &files {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match pair.compare(file, args.show).with_context(|| file.display().to_string())? {
            Outcome::Equal(what) => {
                passed += 1;
                println!("equal    {name}: {what}");
            }
            Outcome::Skipped(why) => {
                skipped += 1;
                println!("skipped  {name}: {why}");
            }
            Outcome::Failed(differences) => {
                failed += 1;
                println!("FAILED   {name}");
                for difference in differences {
                    println!("         {difference}");
                }
            }
        }
    }
    println!("oracle: {passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 {
        bail!(
            "{failed} snapshots differ; one that is right where DevTools is wrong belongs in docs/differences.md"
        );
    }
    Ok(())
}

/// The snapshots that `args` name, sorted.
fn snapshots(args: &Args) -> Result<Vec<PathBuf>> {
    let paths = match args.paths.as_slice() {
        [] => &[workspace::root().join("fixtures")][..],
        paths => paths,
    };
    let mut files = Vec::new();
    for path in paths {
        if path.is_dir() {
            for entry in std::fs::read_dir(path)? {
                let file = entry?.path();
                if looks_like_snapshot(&file) {
                    files.push(file);
                }
            }
        } else {
            files.push(path.clone());
        }
    }
    if let Some(only) = &args.only {
        files.retain(|f| only.is_match(&f.file_name().unwrap_or_default().to_string_lossy()));
    }
    files.sort();
    Ok(files)
}

fn looks_like_snapshot(file: &Path) -> bool {
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.ends_with(".heapsnapshot") || name.ends_with(".heaptimeline")
}

/// The two programs that are held against each other.
struct Pair {
    heapglass: PathBuf,
    oracle: PathBuf,
}

impl Pair {
    fn compare(&self, file: &Path, show: usize) -> Result<Outcome> {
        let folder = tempfile::tempdir()?;
        let nodes = folder.path().join("nodes.csv");
        let summary = folder.path().join("summary.json");
        let mut repaired = false;
        let warnings = match self.devtools(file, &nodes, &summary, repaired)? {
            Ok(warnings) => warnings,
            Err(said) => match known::refusal(&said) {
                Refusal::Repairable => {
                    repaired = true;
                    match self.devtools(file, &nodes, &summary, repaired)? {
                        Ok(warnings) => warnings,
                        Err(said) => return Ok(Outcome::Failed(vec![first_line(&said)])),
                    }
                }
                Refusal::Limit(sentence) => return self.alone(file, sentence),
                Refusal::NotASnapshot => return self.both_refuse(file),
                Refusal::Unknown => return Ok(Outcome::Failed(vec![first_line(&said)])),
            },
        };

        let mut differences = nodes::Differences::new(known::excused_columns(&warnings), show);
        let mut export = self.heapglass("export", file, &["--format", "csv"]);
        let mut child = export.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
        let ours = child.stdout.take().context("no pipe")?;
        let compared = nodes::compare(std::fs::File::open(&nodes)?, ours, &mut differences);
        let output = child.wait_with_output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            return Ok(Outcome::Failed(vec![format!("export: {}: {said}", output.status)]));
        }
        let rows = compared?;
        let mut found = differences.into_lines();

        let theirs: Value =
            serde_json::from_reader(std::io::BufReader::new(std::fs::File::open(&summary)?))?;
        let ours: Value = match self.json("summary", file, &["--limit", "0"])? {
            Ok(value) => value,
            Err(said) => return Ok(Outcome::Failed(vec![format!("summary: {said}")])),
        };
        let sizes_wrap = !known::excused_columns(&warnings).is_empty();
        let classes = classes::compare(&theirs, &ours, sizes_wrap, show, &mut found);
        for (filter, arguments) in known::FILTERS {
            let theirs = &theirs["filters"][filter];
            if !theirs.is_array() {
                continue; // The engine's filter failed: it has said so in a warning.
            }
            let mut limitless = vec!["--limit", "0"];
            limitless.extend_from_slice(arguments);
            match self.json("summary", file, &limitless)? {
                Ok(ours) => classes::compare_tables(
                    filter,
                    theirs,
                    &ours["classes"],
                    sizes_wrap,
                    show,
                    &mut found,
                ),
                Err(said) => found.push(format!("filter {filter}: {said}")),
            }
        }
        if !found.is_empty() {
            return Ok(Outcome::Failed(found));
        }
        let note = match (repaired, warnings.is_empty()) {
            (true, _) => "; trace_function_count repaired for DevTools",
            (_, false) => "; sizes of 4 GiB and more not compared",
            _ => "",
        };
        Ok(Outcome::Equal(format!("{rows} nodes, {classes} classes{note}")))
    }

    /// Runs DevTools' engine: its warnings, or what it said when it failed.
    fn devtools(
        &self,
        file: &Path,
        nodes: &Path,
        summary: &Path,
        repair: bool,
    ) -> Result<Result<Vec<String>, String>> {
        let mut command = Command::new("node");
        command.arg(self.oracle.join("devtools.mjs")).arg(file);
        command.arg("--nodes").arg(nodes).arg("--summary").arg(summary).arg("--filters");
        if repair {
            command.arg("--repair-trace-count");
        }
        let output = command.stdin(Stdio::null()).output().context("failed to start node")?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        if !output.status.success() {
            return Ok(Err(said));
        }
        Ok(Ok(said
            .lines()
            .filter_map(|l| l.strip_prefix("warning: "))
            .map(str::to_owned)
            .collect()))
    }

    /// DevTools cannot open the file: at least we do, without a finding.
    fn alone(&self, file: &Path, sentence: &str) -> Result<Outcome> {
        Ok(match self.json("summary", file, &["--limit", "1"])? {
            Ok(_) => Outcome::Skipped(format!("{sentence}; heapglass opens it")),
            Err(said) => Outcome::Failed(vec![format!("{sentence}, and heapglass says: {said}")]),
        })
    }

    fn both_refuse(&self, file: &Path) -> Result<Outcome> {
        Ok(match self.json("summary", file, &["--limit", "1"])? {
            Ok(_) => {
                Outcome::Skipped("not whole for DevTools; heapglass reads what is there".into())
            }
            Err(_) => Outcome::Equal("refused by both".into()),
        })
    }

    fn heapglass(&self, command: &str, file: &Path, arguments: &[&str]) -> Command {
        let mut program = Command::new(&self.heapglass);
        program.arg(command).arg(file).arg("--no-index").args(arguments).stdin(Stdio::null());
        program
    }

    /// What heapglass prints with `--json`, or what it says when it fails.
    fn json(
        &self,
        command: &str,
        file: &Path,
        arguments: &[&str],
    ) -> Result<Result<Value, String>> {
        let output = self.heapglass(command, file, arguments).arg("--json").output()?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr);
            return Ok(Err(format!("{}: {}", output.status, said.trim())));
        }
        Ok(Ok(serde_json::from_slice(&output.stdout).context("heapglass printed no JSON")?))
    }
}

fn first_line(said: &str) -> String {
    said.lines().next().unwrap_or("failed without a word").to_owned()
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn snapshots_are_told_by_name() {
        let is = |name| super::looks_like_snapshot(Path::new(name));
        assert!(is("a/b.heapsnapshot") && is("b.heaptimeline") && is("b.heapsnapshot.gz"));
        assert!(!is("b.heapprofile") && !is("README.md") && !is("b.summary.json"));
    }
}
