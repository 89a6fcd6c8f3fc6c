//! `cargo xtask bench`: time and memory on big snapshots, for people to read.
//!
//! Nothing here is a test: a busy machine gives other figures. Ratios within one run mean more
//! than seconds, so DevTools' engine is measured in the same run, in turn with ours. Instructions
//! (`--instructions`) are the same on every run and can be compared across commits.

pub(crate) mod measure;
mod table;

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use self::measure::{Cost, cost_of};
use self::table::{Row, Table};
use crate::workspace::{self, Profile, oracle_folder};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Snapshots to measure, beside the generated ones.
    files: Vec<PathBuf>,
    /// Generated snapshots: 100mb, 500mb, 1100mb, 2200mb, 4000mb, or any number of megabytes.
    #[arg(long, value_delimiter = ',', value_name = "SIZE")]
    sizes: Vec<String>,
    /// Where generated snapshots are kept [default: target/bench].
    #[arg(long, env = "HEAPGLASS_BENCH_DIR", value_name = "FOLDER")]
    dir: Option<PathBuf>,
    /// Measure this program, without building one.
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
    /// Runs of each kind; the fastest is shown.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Measure DevTools' engine too, in turn with ours.
    #[arg(long)]
    with_oracle: bool,
    /// Runs of DevTools' engine; the fastest is shown.
    #[arg(long, default_value_t = 1, value_name = "ROUNDS")]
    oracle_rounds: usize,
    /// Count instructions under valgrind's callgrind (50 times slower: for small files).
    #[arg(long)]
    instructions: bool,
    /// Print the program's own figures for each step of opening: seconds, memory allocated, mapped
    /// and resident.
    #[arg(long)]
    phases: bool,
    /// Do not measure whole runs: only what other flags ask for.
    #[arg(long)]
    no_table: bool,
    /// Measure instead how long questions to a loaded graph take.
    #[arg(long)]
    latency: bool,
}

/// The ways of opening that are measured. The index of a file is made by `Index::Cold` and used by
/// the rows after it.
const WAYS: &[Way] = &[
    Way { name: "two threads", args: &["--no-index", "--threads", "2"], index: Index::None },
    Way { name: "one thread", args: &["--no-index", "--threads", "1"], index: Index::None },
    Way { name: "making the index", args: &["--threads", "2"], index: Index::Cold },
    Way { name: "from the index", args: &[], index: Index::Warm },
];

struct Way {
    name: &'static str,
    args: &'static [&'static str],
    index: Index,
}

#[derive(PartialEq, Eq)]
enum Index {
    None,
    Cold,
    Warm,
}

pub(crate) fn run(args: &Args) -> Result<()> {
    let files = files(args)?;
    if files.is_empty() {
        bail!("nothing to measure: name files, or --sizes 100mb,500mb,1100mb");
    }
    if args.latency {
        return files.iter().try_for_each(|file| latency(file));
    }
    let program = workspace::given_or_built(args.program.as_ref(), Profile::Release)?;
    println!("{}\n", machine()?);
    if !args.no_table {
        print_table(&program, &files, args)?;
    }
    if args.instructions {
        files.iter().try_for_each(|file| instructions(&program, file))?;
    }
    if args.phases {
        phases(&files, args)?;
    }
    Ok(())
}

fn print_table(program: &Path, files: &[PathBuf], args: &Args) -> Result<()> {
    let mut table = Table::default();
    for file in files {
        eprintln!("measuring {}", file.display());
        table.rows.extend(rows(program, file, args)?);
        // Shown file by file: a long run that is interrupted has not been for nothing.
        eprintln!("{table}");
    }
    println!("{table}");
    print!("{}", table.scaling());
    Ok(())
}

/// The program's own account. Without `--program` it is a build that counts what it allocates,
/// which makes it a little slower.
fn phases(files: &[PathBuf], args: &Args) -> Result<()> {
    let program = match &args.program {
        Some(program) => program.clone(),
        None => workspace::heapglass_with(Profile::Release, &["count-allocations"])?,
    };
    for file in files {
        let mut command = summary(&program, file);
        command.args(["--no-index", "--threads", "2", "--timings"]);
        let output = command.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        if !output.status.success() {
            bail!("{}: {}", workspace::shown(&command), said.trim());
        }
        println!("\nsteps of opening {} on two threads:\n\n{said}", name(file));
    }
    if args.program.is_none() {
        // The counting build is not left where people look for the program.
        workspace::heapglass(Profile::Release)?;
    }
    Ok(())
}

fn latency(file: &Path) -> Result<()> {
    let work = tempfile::tempdir_in(workspace::target_directory()?)?;
    println!("\nquestions to {}:\n", name(file));
    let mut command = workspace::cargo();
    command.args(["run", "--release", "--quiet", "--package", "heapglass-analysis"]);
    command.args(["--example", "latency", "--"]);
    command.arg(std::path::absolute(file)?).arg(work.path());
    workspace::run(&mut command)
}

/// The files to measure, generated ones first; those that are missing are made.
fn files(args: &Args) -> Result<Vec<PathBuf>> {
    let dir = match &args.dir {
        Some(dir) => dir.clone(),
        None => workspace::target_directory()?.join("bench"),
    };
    let mut files = Vec::new();
    for size in &args.sizes {
        let file = dir.join(format!("{size}.heapsnapshot"));
        if !file.exists() {
            std::fs::create_dir_all(&dir)?;
            eprintln!("generating {}", file.display());
            let script = oracle_folder()?.join("generate.mjs");
            workspace::run(Command::new("node").arg(script).arg(size).arg(&file))?;
        }
        files.push(file);
    }
    files.extend(args.files.iter().cloned());
    Ok(files)
}

/// All rows of one file. Ways take turns, so that a busy minute hits all of them.
fn rows(program: &Path, file: &Path, args: &Args) -> Result<Vec<Row>> {
    let bytes =
        std::fs::metadata(file).with_context(|| format!("cannot read {}", file.display()))?.len();
    // Not in /tmp, which may be in memory: an index takes about half the size of its snapshot.
    let cache = tempfile::tempdir_in(workspace::target_directory()?)?;
    let mut best: Vec<Option<Cost>> = vec![None; WAYS.len()];
    let mut devtools = None;
    let mut devtools_failure = None;
    for round in 0..args.rounds.max(1) {
        for (way, best) in WAYS.iter().zip(&mut best) {
            if way.index == Index::Cold {
                std::fs::remove_dir_all(cache.path())?;
                std::fs::create_dir_all(cache.path())?;
            }
            let mut command = summary(program, file);
            command.args(way.args);
            command.env("HEAPGLASS_CACHE_DIR", cache.path()).env("HEAPGLASS_CACHE_MAX", "100GB");
            command.env("TMPDIR", cache.path());
            let cost = cost_of(&command).with_context(|| workspace::shown(&command))?;
            keep_fastest(best, cost);
        }
        if args.with_oracle && round < args.oracle_rounds && devtools_failure.is_none() {
            match devtools_cost(file) {
                Ok(cost) => keep_fastest(&mut devtools, cost),
                Err(error) => devtools_failure = Some(error.to_string()),
            }
        }
    }
    let mut rows: Vec<Row> = WAYS
        .iter()
        .zip(best)
        .filter_map(|(way, cost)| {
            let cost = cost?;
            Some(Row { file: name(file), bytes, way: way.name.into(), cost: Ok(cost), devtools })
        })
        .collect();
    let devtools_cost = match (devtools, devtools_failure) {
        (Some(cost), _) => Some(Ok(cost)),
        (None, Some(reason)) => Some(Err(reason)),
        (None, None) => None,
    };
    if let Some(cost) = devtools_cost {
        rows.push(Row { file: name(file), bytes, way: "DevTools' engine".into(), cost, devtools });
    }
    Ok(rows)
}

fn keep_fastest(best: &mut Option<Cost>, cost: Cost) {
    if best.is_none_or(|b| cost.wall_s < b.wall_s) {
        *best = Some(cost);
    }
}

fn name(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// The command that is measured: a summary of all classes with their retained sizes.
fn summary(program: &Path, file: &Path) -> Command {
    let mut command = Command::new(program);
    command.arg("summary").arg(file).arg("--json");
    command
}

/// What DevTools' engine takes until its Summary view has its rows, by its own account: without
/// starting Node and loading the engine.
fn devtools_cost(file: &Path) -> Result<Cost> {
    let output = Command::new("node")
        .arg(oracle_folder()?.join("devtools.mjs"))
        .arg(file)
        .arg("--time")
        .stdin(Stdio::null())
        .output()?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{}", said.lines().next().unwrap_or("failed without a word"));
    }
    let text = String::from_utf8(output.stdout)?;
    let line = text.lines().find(|line| line.starts_with('{')).context("no figures")?;
    Ok(serde_json::from_str(line)?)
}

fn instructions(program: &Path, file: &Path) -> Result<()> {
    let mut command = Command::new("valgrind");
    command
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(program)
        .arg("summary")
        .arg(file)
        .args(["--json", "--no-index", "--threads", "1"]);
    let output = command.stdin(Stdio::null()).output().context("failed to start valgrind")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        bail!("valgrind: {}", said.trim());
    }
    let count: u64 = said
        .lines()
        .find_map(|line| line.split_once("Collected :")?.1.trim().parse().ok())
        .context("valgrind printed no count")?;
    let bytes = std::fs::metadata(file)?.len();
    println!(
        "\ninstructions of {} on one thread: {count}, {:.2} for each byte of input",
        name(file),
        count as f64 / bytes as f64
    );
    Ok(())
}

/// When, on what machine and with what program.
fn machine() -> Result<String> {
    let read = |file| std::fs::read_to_string(file).unwrap_or_default();
    let field = |text: &str, key: &str| {
        text.lines()
            .find_map(|line| {
                Some(line.strip_prefix(key)?.trim_start_matches([' ', '\t', ':']).to_owned())
            })
            .unwrap_or_default()
    };
    let processors = std::thread::available_parallelism()?;
    let date = workspace::output(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
    let commit = workspace::output(
        Command::new("git").args(["rev-parse", "--short", "HEAD"]).current_dir(workspace::root()),
    )
    .unwrap_or_default();
    let rustc = workspace::output(Command::new("rustc").arg("--version"))?;
    Ok(format!(
        "{}, commit {}, {}; {processors} processors ({}), {} of memory, load {}",
        date.trim(),
        commit.trim(),
        rustc.trim(),
        field(&read("/proc/cpuinfo"), "model name"),
        field(&read("/proc/meminfo"), "MemTotal"),
        read("/proc/loadavg").split(' ').next().unwrap_or_default(),
    ))
}
