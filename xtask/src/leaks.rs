//! `cargo xtask leaks`: small programs that leak, and some that do not, against the verdict of `leaks`.
//!
//! Each program of `oracle/leaks/programs` runs under a real Node, beside noise that allocates more
//! than it, and has three snapshots taken; each page of `oracle/leaks/pages` the same in a real Chromium. What is to be
//! found stands in the program.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use regex::Regex;
use serde::Deserialize;
use serde_json::Value;

use crate::workspace::{self, Profile};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Only the programs whose name matches.
    #[arg(long, value_name = "REGEX")]
    only: Option<Regex>,
    /// Instead, programs that use npm packages in ways that are known to leak: the package has to be named.
    #[arg(long)]
    libraries: bool,
    /// Each of these as a minified bundle, told by its source map.
    #[arg(long, requires = "libraries")]
    bundled: bool,
    /// Instead, pages, in a headless Chromium (`CHROMIUM` or `chromium`).
    #[arg(long, conflicts_with = "libraries")]
    pages: bool,
    /// The Node to run them with.
    #[arg(long, value_name = "PATH", default_value = NODE)]
    node: PathBuf,
    /// Test this program, without building one.
    #[arg(long, value_name = "PATH")]
    program: Option<PathBuf>,
}

/// A leak that has to be found.
#[derive(Deserialize)]
struct Expected {
    /// Any of these kinds; any at all if there is none.
    kinds: Vec<String>,
    /// Occurs in the way from the root.
    path: String,
    /// Occurs in the class of what grows.
    class: String,
    /// The npm package that is known for it.
    library: Option<String>,
}

/// The Node that is installed.
const NODE: &str = "node";
/// Share of the leaks that have to be in front.
const FIRST: f64 = 0.9;
/// Share of the leaks that have to be found in minified bundles, in front and at all.
const BUNDLED: f64 = 0.7;

pub(crate) fn run(args: &Args) -> Result<()> {
    let heapglass = workspace::given_or_built(args.program.as_ref(), Profile::Dev)?;
    let folder = workspace::root().join("oracle/leaks");
    let programs = programs(&folder, args)?;
    let name =
        |program: &Path| program.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    let wanted =
        |program: &&PathBuf| args.only.as_ref().is_none_or(|only| only.is_match(&name(program)));
    let (mut leaks, mut first, mut among, mut healthy, mut alarms) = (0u32, 0u32, 0u32, 0, 0);
    let mut skipped = 0;
    for program in programs.iter().filter(wanted) {
        let (expected, answer) = match ask(args, &heapglass, &folder, program)? {
            Ok(answer) => answer,
            Err(reason) => {
                skipped += 1;
                println!("skipped {}: {reason}", name(program));
                continue;
            }
        };
        let verdict = answer["verdict"].as_str().unwrap_or("?");
        let suspects = answer["suspects"].as_array().map(Vec::as_slice).unwrap_or_default();
        let what = suspects.first().map(in_short).unwrap_or_default();
        if expected.is_empty() {
            healthy += 1;
            let is_quiet = verdict == "no_leak";
            alarms += u32::from(!is_quiet);
            let word = if is_quiet { "quiet  " } else { "ALARM  " };
            println!("{word} {}: {verdict} {what}", name(program));
            continue;
        }
        for (number, leak) in expected.iter().enumerate() {
            leaks += 1;
            let place = place_of(leak, suspects)?;
            let is_first = place.is_some_and(|place| place < expected.len().max(number + 1));
            let is_found = is_first || place.is_some_and(|place| place < 3);
            let is_found = is_found && verdict == "leak";
            first += u32::from(is_first && is_found);
            among += u32::from(is_found);
            let word = match (is_first && is_found, is_found) {
                (true, _) => "first  ",
                (_, true) => "found  ",
                _ => "MISSED ",
            };
            println!("{word} {} {}: {verdict} {what}", name(program), leak.path);
        }
    }
    println!(
        "leaks: {first} of {leaks} first, {among} among the first three; {alarms} false alarms in {healthy}; \
         {skipped} skipped"
    );
    ensure!(leaks + healthy > 0, "no program ran");
    // Another Node may lack what a program needs, and this one may not.
    ensure!(skipped == 0 || args.node != Path::new(NODE), "{skipped} programs could not be run");
    ensure!(alarms == 0, "{alarms} false alarms");
    let share = if args.bundled { BUNDLED } else { 1.0 };
    let is_enough = |found: u32, share: f64| f64::from(found) >= f64::from(leaks) * share;
    ensure!(is_enough(among, share), "{} leaks were not found", leaks - among);
    ensure!(is_enough(first, share.min(FIRST)), "too few were first");
    Ok(())
}

/// The programs of a folder; the npm packages that they, or what opens pages, need are installed.
fn programs(folder: &Path, args: &Args) -> Result<Vec<PathBuf>> {
    let (kind, packages) = match (args.pages, args.libraries) {
        (true, _) => ("pages", folder.parent().map(Path::to_owned)),
        (_, true) => ("libraries", Some(folder.join("libraries"))),
        _ => ("programs", None),
    };
    if let Some(packages) = packages.filter(|at| !at.join("node_modules").exists()) {
        println!("installing the npm packages of {}", packages.display());
        let npm = ["ci", "--silent", "--ignore-scripts", "--no-audit", "--no-fund"];
        workspace::run(Command::new("npm").args(npm).current_dir(&packages))?;
    }
    let mut programs: Vec<PathBuf> = std::fs::read_dir(folder.join(kind))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_>>()?;
    let is_program = |kind: &str| matches!(kind, "mjs" | "cjs") || args.pages && kind == "js";
    programs.retain(|path| path.extension().and_then(|kind| kind.to_str()).is_some_and(is_program));
    programs.sort();
    Ok(programs)
}

/// What a program expects, and the answer; or why this Node cannot run it.
type Asked = std::result::Result<(Vec<Expected>, Value), String>;

/// Exit code of the runner for a program that needs what this Node does not have.
const NOT_HERE: i32 = 3;

/// Runs a program and asks for its leaks.
fn ask(args: &Args, heapglass: &Path, folder: &Path, program: &Path) -> Result<Asked> {
    let (out, dist) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let program = match args.bundled {
        true => bundle(folder, program, dist.path())?,
        false => program.to_owned(),
    };
    let mut run = Command::new(&args.node);
    match args.pages {
        true => run.arg(folder.join("page.mjs")),
        false => run.arg("--expose-gc").arg(folder.join("run.mjs")),
    };
    run.arg(&program).arg(out.path());
    let output = run.stdin(Stdio::null()).output().context("failed to start node")?;
    let said = String::from_utf8_lossy(&output.stderr);
    if output.status.code() == Some(NOT_HERE) {
        return Ok(Err(said.trim().to_owned()));
    }
    ensure!(output.status.success(), "{}: {said}", program.display());
    let expected = std::fs::read_to_string(out.path().join("expect.json"))?;
    let mut leaks = Command::new(heapglass);
    leaks.arg("leaks").arg(out.path()).args(["--json", "--no-index"]);
    if args.bundled {
        leaks.arg("--source-map").arg(dist.path());
    }
    let answer = workspace::output(&mut leaks)?;
    Ok(Ok((serde_json::from_str(&expected)?, serde_json::from_str(&answer)?)))
}

/// Makes a minified bundle of a program, with its map beside it.
fn bundle(folder: &Path, program: &Path, dist: &Path) -> Result<PathBuf> {
    let bundle = dist.join("server.cjs");
    let mut esbuild = Command::new(folder.join("libraries/node_modules/.bin/esbuild"));
    esbuild.arg(program).args(["--bundle", "--minify", "--platform=node", "--sourcemap"]);
    esbuild.args(["--log-level=error", "--external:bufferutil", "--external:utf-8-validate"]);
    workspace::run(esbuild.arg(format!("--outfile={}", bundle.display())))?;
    Ok(bundle)
}

/// At which place among the suspects a leak stands.
fn place_of(leak: &Expected, suspects: &[Value]) -> Result<Option<usize>> {
    let (path, class) = (Regex::new(&leak.path)?, Regex::new(&leak.class)?);
    let text = |suspect: &Value, field: &str| suspect[field].as_str().unwrap_or("").to_owned();
    Ok(suspects.iter().position(|suspect| {
        (leak.kinds.is_empty() || leak.kinds.contains(&text(suspect, "kind")))
            && leak.library.as_deref().is_none_or(|name| suspect["library"]["package"] == name)
            && path.is_match(&text(suspect, "line"))
            && ["class_name", "original_class_name"]
                .iter()
                .any(|name| class.is_match(&text(suspect, name)))
    }))
}

/// The first suspect in one line.
fn in_short(suspect: &Value) -> String {
    let line = suspect["line"].as_str().unwrap_or("");
    let end: String = line.chars().skip(line.chars().count().saturating_sub(90)).collect();
    format!("({}) …{end}", suspect["kind"].as_str().unwrap_or("?"))
}
