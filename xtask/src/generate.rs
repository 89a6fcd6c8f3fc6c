//! `cargo xtask generate`: files that the program writes about itself, and that are committed.
//!
//! The program has a hidden command that writes them into a folder: the command reference and the
//! JSON Schemas. The output that README.md shows is the program's own, too.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};

use crate::workspace::{self, Profile};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write nothing; fail if a file is not what it would be.
    #[arg(long)]
    check: bool,
}

/// What stands in README.md before the block with the output.
const SHOWN: &str =
    "<!-- The output of the command above; `cargo xtask generate` keeps it true. -->\n```text\n";

/// The snapshot of which README.md shows the report.
const SHOWN_SNAPSHOT: &str = "fixtures/app-node22.heapsnapshot.zst";

/// Folders that hold nothing but generated files.
const FOLDERS: &[&str] = &["docs/schema"];

pub(crate) fn run(args: &Args) -> Result<()> {
    let program = workspace::heapglass(Profile::Dev)?;
    let folder = tempfile::tempdir()?;
    workspace::run(Command::new(&program).arg("__generate").arg(folder.path()))?;
    let mut fresh = contents(folder.path(), folder.path())?;
    if fresh.is_empty() {
        bail!("the program generated nothing");
    }
    let root = workspace::root();
    let output = workspace::output(
        Command::new(&program)
            .args([SHOWN_SNAPSHOT, "--no-index", "--color", "never"])
            .env("COLUMNS", "100")
            .current_dir(root),
    )?;
    let readme = std::fs::read_to_string(root.join("README.md"))?;
    fresh.insert("README.md".into(), with_output(&readme, &output)?.into_bytes());
    let mut committed = BTreeMap::new();
    for folder in FOLDERS {
        committed.extend(contents(root, &root.join(folder))?);
    }
    let changed: Vec<_> = fresh
        .iter()
        .filter(|(file, text)| std::fs::read(root.join(file)).ok().as_ref() != Some(text))
        .collect();
    let gone: Vec<_> = committed.keys().filter(|file| !fresh.contains_key(*file)).collect();
    if args.check {
        let stale = changed.iter().map(|(file, _)| *file).chain(gone.iter().copied());
        let stale: Vec<_> = stale.map(|file| file.display().to_string()).collect();
        if !stale.is_empty() {
            bail!("not current: {}\nhint: run `cargo xtask generate` and commit", stale.join(", "));
        }
    }
    for (file, text) in changed {
        let path = root.join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(root))?;
        std::fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("wrote {}", file.display());
    }
    for file in gone {
        std::fs::remove_file(root.join(file))?;
        println!("removed {}", file.display());
    }
    println!("{} generated files are current", fresh.len());
    Ok(())
}

/// The README with `output` in its block.
fn with_output(readme: &str, output: &str) -> Result<String> {
    let (before, rest) = readme.split_once(SHOWN).context("README.md has no place for output")?;
    let (_, after) = rest.split_once("```\n").context("README.md does not end its output")?;
    Ok(format!("{before}{SHOWN}{}\n```\n{after}", output.trim_end()))
}

/// All files under `folder`, by their path below `root`; nothing if there is no such folder.
fn contents(root: &Path, folder: &Path) -> Result<BTreeMap<PathBuf, Vec<u8>>> {
    let mut files = BTreeMap::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(&folder) else { continue };
        for entry in entries {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.strip_prefix(root)?.to_owned(), std::fs::read(&path)?);
            }
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    #[test]
    fn output_takes_the_place_of_what_was_there() {
        let readme = format!("# A\n\n{}old\n```\n\nB\n", super::SHOWN);
        let expected = format!("# A\n\n{}new\n```\n\nB\n", super::SHOWN);
        assert_eq!(super::with_output(&readme, "new\n\n").unwrap(), expected);
        assert!(super::with_output("# A\n", "new").is_err());
    }

    #[test]
    fn contents_are_found_below_folders() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        std::fs::write(folder.path().join("a/b.json"), "{}").unwrap();
        let files = super::contents(folder.path(), folder.path()).unwrap();
        assert_eq!(files.into_iter().collect::<Vec<_>>(), [("a/b.json".into(), b"{}".to_vec())]);
        assert!(super::contents(folder.path(), &folder.path().join("none")).unwrap().is_empty());
    }
}
