//! Pairs of snapshots of one process, held against DevTools' Comparison.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result};
use serde_json::Value;

use super::known::{self, Refusal, Sizes};
use super::{Ours, Outcome, last_words};

/// What both sides have in a row.
const NUMBERS: [&str; 6] =
    ["new_count", "deleted_count", "count_delta", "allocated_size", "freed_size", "size_delta"];

/// The pairs among `files`: `…pair-1…` with its `…pair-2…`.
pub(super) fn among(files: &[PathBuf]) -> Vec<(PathBuf, PathBuf)> {
    let second = |first: &PathBuf| {
        let name = first.file_name()?.to_str()?;
        let other = name.contains("pair-1").then(|| name.replace("pair-1", "pair-2"))?;
        let newer = first.with_file_name(other);
        newer.exists().then(|| (first.clone(), newer))
    };
    files.iter().filter_map(second).collect()
}

/// Asks DevTools' engine and heapglass for the Comparison of two snapshots.
pub(super) fn compare(
    base: &Path,
    newer: &Path,
    heapglass: &Path,
    oracle: &Path,
    show: usize,
) -> Result<Outcome> {
    let scratch = tempfile::tempdir()?;
    let diff = scratch.path().join("diff.json");
    let output = Command::new("node")
        .arg(oracle.join("devtools.mjs"))
        .arg(newer)
        .arg("--compare")
        .arg(base)
        .arg("--diff")
        .arg(&diff)
        .stdin(Stdio::null())
        .output()
        .context("failed to start node")?;
    if !output.status.success() {
        let said = format!("{}\n{}", String::from_utf8_lossy(&output.stderr), output.status);
        return Ok(match known::refusal(&said) {
            Refusal::Starved => Outcome::Skipped("no room for the engine here".to_owned()),
            _ => Outcome::Failed(vec![last_words(&said)]),
        });
    }
    let theirs: Value = serde_json::from_slice(&std::fs::read(&diff)?)?;
    let ours = Ours::new(heapglass, scratch.path().join("cache"));
    let newer = newer.display().to_string();
    let ours = ours.json("compare", base, &[&newer, "--limit", "0"])?;
    Ok(compare_rows(&theirs, &ours, show))
}

fn compare_rows(theirs: &Value, ours: &Value, show: usize) -> Outcome {
    let sizes = Sizes::of(&theirs["warnings"]);
    let mut lines = Vec::new();
    if ours["same_process"] != Value::Bool(true) {
        lines.push("heapglass takes them for snapshots of two processes".to_owned());
    }
    if ours["reconciliation"]["rest"] != 0 {
        lines.push(format!("the rows do not add up: {}", ours["reconciliation"]));
    }
    let (theirs, ours) = (rows(theirs), rows(ours));
    for (key, their) in &theirs {
        let Some(our) = ours.get(key) else {
            lines.push(format!("{key}: only in DevTools: {their}"));
            continue;
        };
        for field in NUMBERS {
            let (a, b) = (their[field].as_i64(), our[field].as_i64());
            let is_same = match (a, b) {
                (Some(a), Some(b)) if field.ends_with("_size") => sizes.same(a, b),
                _ => a == b || field == "size_delta" && sizes == Sizes::Wrapped,
            };
            if !is_same {
                lines.push(format!("{key}: {field}: DevTools {a:?}, heapglass {b:?}"));
            }
        }
        // DevTools names a class that is gone as its last object was called before.
        let is_gone = our["count"] == 0;
        if !is_gone && their["class_name"] != our["class_name"] {
            let (a, b) = (&their["class_name"], &our["class_name"]);
            lines.push(format!("{key}: class_name: DevTools {a}, heapglass {b}"));
        }
    }
    for (key, our) in ours.iter().filter(|(key, _)| !theirs.contains_key(*key)) {
        lines.push(format!("{key}: only in heapglass: {our}"));
    }
    if lines.is_empty() {
        return Outcome::Equal(format!("{} classes of the Comparison", theirs.len()));
    }
    let count = lines.len();
    let mut lines: Vec<String> = lines.into_iter().take(show).collect();
    lines.insert(0, format!("{count} differences in {} classes", theirs.len()));
    Outcome::Failed(lines)
}

/// The rows that DevTools shows: those with new or deleted objects.
fn rows(document: &Value) -> BTreeMap<&str, &Value> {
    let rows = document["classes"].as_array().into_iter().flatten();
    rows.filter(|row| row["new_count"] != 0 || row["deleted_count"] != 0)
        .map(|row| (row["class_key"].as_str().unwrap_or_default(), row))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn row(key: &str, new_count: u64, allocated_size: u64) -> Value {
        json!({ "class_key": key, "class_name": "A", "count": 1, "new_count": new_count,
            "deleted_count": 0, "count_delta": new_count, "allocated_size": allocated_size,
            "freed_size": 0, "size_delta": allocated_size })
    }

    fn check(theirs: Vec<Value>, ours: Vec<Value>) -> Outcome {
        let ours =
            json!({ "same_process": true, "reconciliation": { "rest": 0 }, "classes": ours });
        compare_rows(&json!({ "classes": theirs }), &ours, 9)
    }

    #[test]
    fn equal_rows_are_equal_whatever_did_not_change() {
        let outcome = check(vec![row("a", 1, 30)], vec![row("b", 0, 0), row("a", 1, 30)]);
        assert!(matches!(outcome, Outcome::Equal(_)));
    }

    #[test]
    fn differences_are_named() {
        for (theirs, ours) in [
            (vec![row("a", 1, 30)], vec![row("a", 1, 31)]),
            (vec![row("a", 1, 30)], vec![]),
            (vec![], vec![row("a", 1, 30)]),
        ] {
            assert!(matches!(check(theirs, ours), Outcome::Failed(_)));
        }
    }
}
