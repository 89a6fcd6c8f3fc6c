//! `cargo xtask oracle`: every figure of every node and class against DevTools' own engine.
//!
//! DevTools' engine runs under Node (`oracle/devtools.mjs`) and writes one CSV row per node and
//! its class table as JSON; heapglass is asked for the same, through its command line as a user
//! would. Nodes are compared as two streams, so memory does not grow with the snapshot.

mod classes;
mod known;
mod nodes;
mod ours;
mod pairs;
mod theirs;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use regex::Regex;
use serde_json::Value;

use self::known::{Refusal, Sizes};
use self::ours::Ours;
use self::theirs::{Answer, Nodes, Theirs};
use crate::workspace::{self, Profile, oracle_folder};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Snapshots, or folders to look for them in [default: fixtures/].
    paths: Vec<PathBuf>,
    /// Compare with the figures kept in gold/ beside each snapshot instead of asking DevTools'
    /// engine now: quick, and needs no Node.
    #[arg(long)]
    gold: bool,
    /// Only hold pairs of snapshots of one process (`…-pair-1…`, `…-pair-2…`) against DevTools'
    /// Comparison; without this it is done, too.
    #[arg(long, conflicts_with = "gold")]
    compare: bool,
    /// Compare only files whose name matches.
    #[arg(long, value_name = "REGEX")]
    only: Option<Regex>,
    /// Test the quickly built program instead of the release build.
    #[arg(long)]
    dev: bool,
    /// Test this program, without building one.
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// How many differences to print for each snapshot.
    #[arg(long, default_value_t = 5, value_name = "N")]
    show: usize,
}

impl Args {
    /// The fixtures, against the figures that are kept of them.
    pub(crate) fn fixtures() -> Args {
        Args {
            paths: vec![],
            gold: true,
            compare: false,
            only: None,
            dev: true,
            program: None,
            show: 5,
        }
    }

    /// All snapshots in `folder`, against DevTools' engine.
    pub(crate) fn live(folder: PathBuf) -> Args {
        Args {
            paths: vec![folder],
            gold: false,
            compare: false,
            only: None,
            dev: false,
            program: None,
            show: 5,
        }
    }
}

/// What is compared at once.
enum Task {
    /// Figures of one snapshot.
    Figures(PathBuf),
    /// The Comparison of two snapshots of one process.
    Pair { base: PathBuf, newer: PathBuf },
}

impl Task {
    /// The snapshot by which the outcome is told.
    fn file(&self) -> &Path {
        match self {
            Task::Figures(file) | Task::Pair { newer: file, .. } => file,
        }
    }

    /// Whether the engine wants so much memory for it that there is none for a second one of its kind.
    fn is_large(&self) -> bool {
        /// The engine takes up to seven bytes of memory for each of these.
        const BYTES: u64 = 300_000_000;
        std::fs::metadata(self.file()).is_ok_and(|file| file.len() > BYTES)
    }
}

/// Compares with two at work, since the engine uses one processor most of the time; one of two large ones waits.
/// After the first error that is not a difference nothing is begun.
fn side_by_side(
    tasks: Vec<Task>,
    compare: impl Fn(&Task) -> Result<Outcome> + Sync,
) -> Result<Tally> {
    const AT_WORK: usize = 2;
    let (tally, large) = (Mutex::new(Tally::default()), Mutex::new(()));
    let waiting = Mutex::new(tasks.into_iter());
    let failed = AtomicBool::new(false);
    let next = || match failed.load(Ordering::Relaxed) {
        true => None,
        false => waiting.lock().unwrap_or_else(PoisonError::into_inner).next(),
    };
    let work = || -> Result<()> {
        while let Some(task) = next() {
            let alone =
                task.is_large().then(|| large.lock().unwrap_or_else(PoisonError::into_inner));
            let outcome = compare(&task)
                .with_context(|| task.file().display().to_string())
                .inspect_err(|_| failed.store(true, Ordering::Relaxed))?;
            drop(alone);
            tally.lock().unwrap_or_else(PoisonError::into_inner).add(task.file(), outcome);
        }
        Ok(())
    };
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..AT_WORK).map(|_| scope.spawn(work)).collect();
        workers.into_iter().try_for_each(|worker| {
            worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        })
    })?;
    Ok(tally.into_inner().unwrap_or_else(PoisonError::into_inner))
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
    let heapglass = workspace::given_or_built(args.program.as_ref(), profile)?;
    let oracle = if args.gold { None } else { Some(oracle_folder()?) };
    let mut tasks = Vec::new();
    if !args.compare {
        tasks.extend(files.iter().map(|file| Task::Figures(file.clone())));
    }
    if oracle.is_some() {
        let pairs = pairs::among(&files).into_iter();
        tasks.extend(pairs.map(|(base, newer)| Task::Pair { base, newer }));
    }
    let Tally { passed, failed, skipped } = side_by_side(tasks, |task| match (task, &oracle) {
        (Task::Figures(file), Some(oracle)) => compare_live(file, &heapglass, oracle, args.show),
        (Task::Figures(file), None) => compare_kept(file, &heapglass, args.show),
        (Task::Pair { base, newer }, Some(oracle)) => {
            pairs::compare(base, newer, &heapglass, oracle, args.show)
        }
        (Task::Pair { .. }, None) => bail!("pairs are held against the engine alone"),
    })?;
    if passed + failed + skipped == 0 {
        bail!("no pairs to compare: their names hold pair-1 and pair-2");
    }
    println!("oracle: {passed} passed, {failed} failed, {skipped} skipped");
    if failed > 0 {
        bail!(
            "{failed} snapshots differ; one that is right where DevTools is wrong belongs in docs/differences.md"
        );
    }
    Ok(())
}

/// How many snapshots came to what.
#[derive(Default)]
struct Tally {
    passed: usize,
    failed: usize,
    skipped: usize,
}

impl Tally {
    /// Says what came of a file, and counts it.
    fn add(&mut self, file: &Path, outcome: Outcome) {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        match outcome {
            Outcome::Equal(what) => {
                self.passed += 1;
                println!("equal    {name}: {what}");
            }
            Outcome::Skipped(why) => {
                self.skipped += 1;
                println!("skipped  {name}: {why}");
            }
            Outcome::Failed(differences) => {
                self.failed += 1;
                println!("FAILED   {name}");
                for difference in differences {
                    println!("         {difference}");
                }
            }
        }
    }
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
    let name = name.trim_end_matches(".gz").trim_end_matches(".zst");
    name.ends_with(".heapsnapshot") || name.ends_with(".heaptimeline")
}

/// Compares `file` with the figures that `fixtures/gold` keeps.
fn compare_kept(file: &Path, heapglass: &Path, show: usize) -> Result<Outcome> {
    let scratch = tempfile::tempdir()?;
    let ours = Ours::new(heapglass, scratch.path().join("cache"));
    match theirs::kept(file)? {
        Some(figures) => compare_figures(file, figures, &ours, show),
        None => Ok(Outcome::Failed(vec!["no figures in gold/".into()])),
    }
}

/// Asks DevTools' engine now.
fn compare_live(file: &Path, heapglass: &Path, oracle: &Path, show: usize) -> Result<Outcome> {
    let scratch = tempfile::tempdir()?;
    let ours = Ours::new(heapglass, scratch.path().join("cache"));
    let opens = || ours.json("summary", file, &["--limit", "1"]);
    let (refusal, said) = match theirs::ask(oracle, file, scratch.path())? {
        Answer::Figures(figures) => return compare_figures(file, figures, &ours, show),
        Answer::Refused(refusal, said) => (refusal, said),
    };
    Ok(match (refusal, opens()) {
        (Refusal::Limit(section), Ok(_)) => {
            Outcome::Skipped(format!("{section}: only heapglass opens it"))
        }
        (Refusal::NotASnapshot, Ok(_)) => {
            Outcome::Skipped("not whole: only heapglass opens it".into())
        }
        (Refusal::NotASnapshot, Err(_)) => Outcome::Equal("refused by both".into()),
        (Refusal::Starved, Ok(_)) => {
            Outcome::Skipped(format!("no room for the engine here: {}", last_words(&said)))
        }
        (_, Ok(_)) => Outcome::Failed(vec![last_words(&said)]),
        (_, Err(error)) => Outcome::Failed(vec![last_words(&said), format!("{error:#}")]),
    })
}

/// The end of what a program said: warnings come first.
fn last_words(said: &str) -> String {
    let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(6)..].join(" | ")
}

fn compare_figures(file: &Path, theirs: Theirs, ours: &Ours, show: usize) -> Result<Outcome> {
    let Theirs { nodes, summary, repaired } = theirs;
    let sizes = Sizes::of(&summary["warnings"]);
    let mut found = Vec::new();
    let nodes = match compare_nodes(file, nodes, ours, sizes, show) {
        Ok((rows, differences)) => {
            found.extend(differences);
            rows
        }
        Err(error) => return Ok(Outcome::Failed(vec![format!("{error:#}")])),
    };
    let classes = compare_summary(file, &summary, ours, sizes, show, &mut found);
    if let Err(error) = &classes {
        found.push(format!("{error:#}"));
    }
    if !found.is_empty() {
        return Ok(Outcome::Failed(found));
    }
    let mut what = format!("{nodes}, {}", classes.unwrap_or_default());
    if repaired {
        what += "; trace_function_count repaired for DevTools";
    }
    if sizes == Sizes::Wrapped {
        what += "; sizes modulo 2^32, as DevTools has them";
    }
    Ok(Outcome::Equal(what))
}

/// What was compared, and the lines on what differs.
fn compare_nodes(
    file: &Path,
    theirs: Nodes,
    ours: &Ours,
    sizes: Sizes,
    show: usize,
) -> Result<(String, Vec<String>)> {
    let mut export = ours.export(file)?;
    let compared = match theirs {
        Nodes::Csv(theirs) => {
            let mut differences = nodes::Differences::new(sizes, show);
            nodes::compare(theirs, &mut export.rows, &mut differences)
                .map(|rows| (format!("{rows} nodes"), differences.into_lines()))
        }
        Nodes::Sha256(theirs) => nodes::checksum(&mut export.rows).map(|(rows, ours)| {
            let line =
                "the checksum of the nodes differs; `cargo xtask oracle fixtures` says where";
            let lines = if ours == theirs { vec![] } else { vec![line.to_owned()] };
            (format!("{rows} nodes"), lines)
        }),
    };
    // A program that broke off is why rows are missing: its own word comes first.
    export.finish()?;
    compared
}

/// Totals, statistics, classes, filters, native contexts. Returns what was compared.
fn compare_summary(
    file: &Path,
    theirs: &Value,
    ours: &Ours,
    sizes: Sizes,
    show: usize,
    found: &mut Vec<String>,
) -> Result<String> {
    let all = ours.json("summary", file, &["--limit", "0"])?;
    let statistics = ours.json("statistics", file, &[])?;
    classes::compare_fields("snapshot", &theirs["snapshot"], &all["snapshot"], sizes, found);
    classes::compare_fields(
        "statistics",
        &theirs["statistics"],
        &statistics["statistics"],
        sizes,
        found,
    );
    let table = |what: &str, theirs: &Value, ours: &Value, found: &mut Vec<String>| {
        classes::compare_tables(what, theirs, &ours["classes"], sizes, show, found)
    };
    let classes = table("classes", &theirs["classes"], &all, found);
    let mut filters = 0;
    for (filter, which) in known::FILTERS {
        // A filter that failed in the engine is an object with its error.
        if theirs["filters"][filter].is_array() {
            let passing = ours.json("summary", file, &["--limit", "0", "--only", which])?;
            table(filter, &theirs["filters"][filter], &passing, found);
            filters += 1;
        }
    }
    let contexts = &theirs["native_contexts"];
    let mut attributed: Vec<(String, &Value)> = contexts["contexts"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|context| (format!("@{}", context["id"]), &context["attributed_size"]))
        .collect();
    if contexts.is_object() {
        attributed.push(("shared".into(), &contexts["shared_size"]));
        attributed.push(("none".into(), &contexts["no_attribution_size"]));
    }
    for (context, size) in &attributed {
        let argument = format!("--native-context={context}");
        let ours = ours.json("summary", file, &["--limit", "1", &argument])?;
        let ours = &ours["shallow_size"];
        let (theirs, mine) = (size.as_i64().unwrap_or(-1), ours.as_i64().unwrap_or(-1));
        if !sizes.same(theirs, mine) {
            found.push(format!("native context {context}: DevTools {size}, heapglass {ours}"));
        }
    }
    Ok(format!("{classes} classes, {filters} filters, {} native contexts", attributed.len()))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    #[test]
    fn snapshots_are_told_by_name() {
        let is = |name| super::looks_like_snapshot(Path::new(name));
        assert!(
            is("a/b.heapsnapshot")
                && is("b.heaptimeline")
                && is("b.heapsnapshot.gz")
                && is("b.heapsnapshot.zst")
        );
        assert!(!is("b.heapprofile") && !is("README.md") && !is("b.summary.json"));
    }
}
