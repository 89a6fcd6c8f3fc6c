//! Errors of the layers below, as the user reads them: what is wrong, and what to do.

use std::io;
use std::path::{Path, PathBuf};

use clap::CommandFactory;
use heapglass_graph::Error;

use crate::args::Cli;
use crate::exit::{ExitStatus, Failure};

/// Puts an error that stopped the opening of a snapshot in words.
pub(crate) fn opening(error: Error) -> Failure {
    let message = message(&error);
    let hint = hint(&error);
    let status = match error {
        Error::Cancelled => ExitStatus::Interrupted,
        _ => ExitStatus::Unreadable,
    };
    Failure { status, message, hint }
}

/// Puts an error of a question to an open snapshot in words.
pub(crate) fn question(error: &anyhow::Error) -> Failure {
    let failure = Failure::usage(format!("{error:#}"));
    match error.downcast_ref::<heapglass_analysis::Error>() {
        Some(heapglass_analysis::Error::NoSuchObject(_)) => {
            failure.hint("ids are those of this snapshot, or of another one of the same process")
        }
        Some(heapglass_analysis::Error::NoSuchClass(_)) => failure
            .hint("`heapglass summary FILE --filter PART` finds classes by a part of their name"),
        Some(heapglass_analysis::Error::NotANativeContext(_)) => failure.hint(
            "`heapglass summary FILE --objects 'system / NativeContext'` lists the native contexts",
        ),
        Some(heapglass_analysis::Error::Pattern(text)) => {
            // The parser draws a picture of several lines, and says what is wrong in the last.
            let last = text.lines().last().unwrap_or(text).trim();
            let reason = last.strip_prefix("error: ").unwrap_or(last);
            let hint = "a backslash before it makes a sign stand for itself: \\( \\[ \\$";
            Failure::usage(format!("--filter is not a regular expression: {reason}")).hint(hint)
        }
        _ => failure,
    }
}

fn message(error: &Error) -> String {
    match error {
        // Its hint is printed on a line of its own.
        Error::NotASnapshot { path, .. } if is_cpu_profile(path) => {
            format!("{}: it is a CPU profile, not a heap snapshot", name(path))
        }
        Error::NotASnapshot { path, what, .. } => format!("{}: {what}", name(path)),
        Error::Io { action, path, source } => {
            format!("cannot {action} {}: {}", name(path), reason(source))
        }
        other => other.to_string(),
    }
}

fn name(path: &Path) -> String {
    if path.as_os_str() == "-" { "standard input".to_owned() } else { path.display().to_string() }
}

/// "cannot read FILE: permission denied".
pub(crate) fn cannot(what: &str, path: &Path, error: &io::Error) -> String {
    format!("cannot {what} {}: {}", path.display(), reason(error))
}

/// A text with a system's answer at its end, without the number that only programs need.
pub(crate) fn without_number(text: &str) -> &str {
    text.split(" (os error").next().unwrap_or(text)
}

/// The system's words, to be read inside a sentence.
pub(crate) fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = without_number(&text);
    match text.chars().next() {
        Some(first) => first.to_lowercase().chain(text.chars().skip(1)).collect(),
        None => text.to_owned(),
    }
}

fn hint(error: &Error) -> Option<String> {
    match error {
        Error::NotASnapshot { path, .. } if is_cpu_profile(path) => {
            Some("DevTools' Performance panel opens it".to_owned())
        }
        Error::NotASnapshot { path, .. } if is_archive(path) => Some(UNPACK.to_owned()),
        Error::NotASnapshot { path, .. } if is_packed(path) => {
            Some("unpack it first: only gzip and zstd are read as they are".to_owned())
        }
        Error::NotASnapshot { hint, .. } => Some(hint.clone()),
        Error::Io { path, source, .. } => io_hint(path, source.kind()),
        Error::Syntax { path, .. } => Some(syntax_hint(path)),
        Error::Decompress { .. } => Some(
            "the file is damaged: copy it again, or decompress it by hand to keep what it has"
                .to_owned(),
        ),
        Error::Index { .. } => Some(
            "`heapglass cache clear` removes the kept indexes, --no-index does without one, and \
             `heapglass index` makes one anew"
                .to_owned(),
        ),
        _ => None,
    }
}

fn io_hint(path: &Path, kind: io::ErrorKind) -> Option<String> {
    match kind {
        io::ErrorKind::NotFound => missing_hint(path),
        io::ErrorKind::PermissionDenied => Some("read access to the file is needed".to_owned()),
        io::ErrorKind::StorageFull => {
            Some("set TMPDIR or HEAPGLASS_CACHE_DIR to a directory with more room".to_owned())
        }
        _ => None,
    }
}

/// What was meant by the name of a file that is not there, if it looks like a command's.
fn missing_hint(path: &Path) -> Option<String> {
    if path.components().count() > 1 || path.extension().is_some() {
        return None;
    }
    let name = path.to_str()?;
    Some(if Cli::command().find_subcommand(name).is_some() {
        format!("the command stands first: `heapglass {name} FILE`")
    } else {
        "there is no command of this name either: `heapglass --help` lists the commands".to_owned()
    })
}

/// Says of the first of several files that it is more likely a command that was mistyped: a plain word, and no file of this
/// name. The answer about the other files would hide that.
pub(crate) fn mistyped_command(files: &[PathBuf]) -> Option<Failure> {
    let [first, _, ..] = files else { return None };
    let word = first.to_str()?;
    let is_word = word.starts_with(|char: char| char.is_ascii_alphabetic())
        && word.chars().all(|char| char.is_ascii_alphabetic() || char == '-');
    if !is_word || first.exists() {
        return None;
    }
    let cli = Cli::command();
    let alike = |name: &str| {
        same(name.chars(), word.chars()) + same(name.chars().rev(), word.chars().rev())
    };
    let nearest = cli.get_subcommands().map(clap::Command::get_name).max_by_key(|n| alike(n));
    let hint = match nearest.filter(|name| alike(name) >= 3) {
        Some(name) => format!("did you mean `heapglass {name}`?"),
        None => "`heapglass --help` lists the commands".to_owned(),
    };
    Some(Failure::usage(format!("there is no command {word}, and no file of this name")).hint(hint))
}

/// How many letters two words have in common before they differ.
fn same(one: impl Iterator<Item = char>, other: impl Iterator<Item = char>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

const UNPACK: &str = "this is an archive: unpack it and give the directory";

fn syntax_hint(path: &Path) -> String {
    if is_archive(path) {
        return UNPACK.to_owned();
    }
    "if this is a heap snapshot, it was damaged on its way: copy or collect it again".to_owned()
}

fn is_archive(path: &Path) -> bool {
    ends_with(path, &[".tar", ".tar.gz", ".tgz", ".tar.zst", ".zip"])
}

fn is_packed(path: &Path) -> bool {
    ends_with(path, &[".xz", ".bz2", ".7z", ".lz4", ".br"])
}

fn is_cpu_profile(path: &Path) -> bool {
    ends_with(path, &[".cpuprofile", ".cpuprofile.gz", ".cpuprofile.zst"])
}

fn ends_with(path: &Path, endings: &[&str]) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    endings.iter().any(|ending| name.ends_with(ending))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_word_before_a_file_is_taken_for_a_command() {
        let asked = |words: &[&str]| {
            let files: Vec<PathBuf> = words.iter().map(PathBuf::from).collect();
            mistyped_command(&files).map(|failure| failure.hint.unwrap_or_default())
        };
        for (word, command) in [("sumary", "summary"), ("comapre", "compare"), ("leeks", "leaks")] {
            let hint = Some(format!("did you mean `heapglass {command}`?"));
            assert_eq!(asked(&[word, "a.heapsnapshot"]), hint);
        }
        let other = Some("`heapglass --help` lists the commands".to_owned());
        assert_eq!(asked(&["diagnose", "a.heapsnapshot"]), other);
        for files in [&["sumary"][..], &["-", "a"], &["a.heapsnapshot", "b"], &["heap1", "heap2"]] {
            assert_eq!(asked(files), None, "{files:?}");
        }
    }

    #[test]
    fn system_errors_read_as_part_of_a_sentence() {
        let error = io::Error::from_raw_os_error(2);
        assert_eq!(reason(&error), "no such file or directory");
    }
}
