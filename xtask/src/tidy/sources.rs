//! Rules on the text of source files.

use std::path::{Path, PathBuf};

use anyhow::Result;

/// A file longer than this is split.
const MAX_LINES: usize = 600;

/// The only files under `crates/` with unsafe code.
const UNSAFE: &[&str] = &[
    // A view of numbers as atomic ones, for threads that write side by side; a word to glibc's allocator.
    "crates/format/src/buffer.rs",
    // Maps the index file.
    "crates/format/src/container/read.rs",
    // A hint to the processor, without effect on what is computed.
    "crates/format/src/prefetch.rs",
    // Vector instructions for runs of integers; the twin of both is `plain` beside them.
    "crates/format/src/scan/integers/avx2.rs",
    "crates/format/src/scan/integers/avx512.rs",
];

/// Crates that never print, read the environment or open a socket; `report` renders text but does
/// not write it anywhere.
const PURE: &[&str] = &[
    "crates/format/src",
    "crates/graph/src",
    "crates/javascript/src",
    "crates/analysis/src",
    "crates/report/src",
];

/// What a pure crate does not say, and why.
const IMPURE: &[(&str, &str)] = &[
    ("println!", "prints"),
    ("print!", "prints"),
    ("eprintln!", "prints"),
    ("eprint!", "prints"),
    ("std::env", "reads the environment"),
    ("env::var", "reads the environment"),
    ("std::net", "opens a socket"),
    ("process::exit", "ends the process"),
    ("process::Command", "starts a process"),
];

/// What stands for work that is not done.
const UNFINISHED: &[&str] = &["todo!(", "unimplemented!(", "TODO", "FIXME", "XXX"];

/// All files with this extension under `folder`, sorted.
pub(super) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == extension) {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// Breaches in one file; `path` is relative to the repository's root.
pub(super) fn breaches(path: &str, source: &str) -> Vec<String> {
    let mut found = Vec::new();
    let is_test = path.contains("/tests/") || path.ends_with("/tests.rs");
    let lines = source.lines().count();
    if lines > MAX_LINES && !is_test {
        found.push(format!("{path}: {lines} lines, more than {MAX_LINES}: split it"));
    }
    let is_pure = PURE.iter().any(|folder| path.starts_with(folder));
    let mut in_test_module = false;
    let mut has_safety_note = false;
    for (index, line) in source.lines().enumerate() {
        let at = format!("{path}:{}", index + 1);
        for word in UNFINISHED {
            if contains_word(line, word) {
                found.push(format!("{at}: {word} left open"));
            }
        }
        in_test_module |= line.starts_with("#[cfg(test)]");
        let (code, comment) = split_comment(line);
        if contains_word(code, "unsafe") {
            if !UNSAFE.contains(&path) {
                found.push(format!("{at}: unsafe outside of the modules named for it"));
            } else if !has_safety_note && !comment.contains("SAFETY:") {
                found.push(format!("{at}: unsafe without a SAFETY note above it"));
            }
        }
        if is_pure && !is_test && !in_test_module {
            for (word, what) in IMPURE {
                if contains_word(code, word) {
                    found.push(format!("{at}: this crate {what} ({word})"));
                }
            }
        }
        // A note holds for the line after its comment, attributes and an opening `let x =` apart.
        has_safety_note = comment.contains("SAFETY:")
            || has_safety_note
                && (code.trim().is_empty() && !comment.is_empty()
                    || code.trim_start().starts_with("#[")
                    || code.trim_end().ends_with(['=', '(']));
    }
    found
}

/// The code and the `//` comment of a line. Strings that hold `//` are cut too, which only ever
/// hides code from the rules above, and none that matters.
fn split_comment(line: &str) -> (&str, &str) {
    line.find("//").map_or((line, ""), |at| line.split_at(at))
}

/// Whether `word` stands in `text` as a word of its own, not as part of a longer name.
fn contains_word(text: &str, word: &str) -> bool {
    let is_letter = |c: char| c.is_alphanumeric() || c == '_';
    let word_ends_in_letter = word.ends_with(is_letter);
    text.match_indices(word).any(|(at, _)| {
        let goes_on_before = text[..at].ends_with(is_letter);
        let goes_on_after = text[at + word.len()..].starts_with(is_letter);
        !goes_on_before && (!goes_on_after || !word_ends_in_letter)
    })
}

#[cfg(test)]
mod tests {
    use super::breaches;

    #[test]
    fn plain_code_is_fine() {
        let source = "//! What is unsafe is said elsewhere.\nfn f() -> u32 {\n    1\n}\n";
        assert!(breaches("crates/format/src/lib.rs", source).is_empty());
    }

    #[test]
    fn unsafe_is_named() {
        assert_eq!(
            breaches("crates/graph/src/a.rs", "fn f() { unsafe { g() } }\n"),
            ["crates/graph/src/a.rs:1: unsafe outside of the modules named for it"]
        );
        // Attributes that speak of it are not it.
        assert!(breaches("crates/graph/src/a.rs", "#![forbid(unsafe_code)]\n").is_empty());
    }

    #[test]
    fn work_left_open_is_noticed() {
        let todo = ["to", "do!()"].concat();
        assert_eq!(breaches("crates/graph/src/a.rs", &format!("fn f() {{ {todo} }}\n")).len(), 1);
    }

    #[test]
    fn the_engine_is_pure() {
        let source = "fn f() { std::env::var(\"X\"); }\n";
        assert!(!breaches("crates/graph/src/a.rs", source).is_empty());
        assert!(breaches("crates/cli/src/a.rs", source).is_empty());
        let tested = "#[cfg(test)]\nmod tests { fn f() { println!(); } }\n";
        assert!(breaches("crates/graph/src/a.rs", tested).is_empty());
    }

    #[test]
    fn long_files_are_split() {
        let long = "\n".repeat(601);
        assert_eq!(breaches("crates/graph/src/a.rs", &long).len(), 1);
        assert!(breaches("crates/graph/tests/a.rs", &long).is_empty());
    }
}
