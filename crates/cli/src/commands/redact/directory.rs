//! All of a must-gather: snapshots, logs, manifests, text.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, BufWriter, IntoInnerError, Read, Write};
use std::path::{Path, PathBuf};

use heapglass_format::pack::Packer;
use heapglass_format::source::Source;
use heapglass_redact::{Policy, Proof, Redaction};
use heapglass_report::wire::{self, RedactDocument, RedactedEntry};
use heapglass_secrets::Documents;

use super::beside::Beside;
use super::paths::SharedPaths;
use super::{cannot_write, own, snapshot};
use crate::args::RedactArgs;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;
use crate::inputs::is_snapshot_name;

/// The report, in the directory that is shared.
const REPORT: &str = "redaction-report.json";
/// Longer lines are no lines of text.
const LONGEST_LINE: u64 = 16 << 20;
const NO_TEXT: &str = "it is no text";
const NO_END: &str = "it cannot be read to its end";

/// Redacts each file of the directory into a new one.
pub(super) fn redact(
    context: &Context,
    args: &RedactArgs,
    redaction: &Redaction,
    map: Option<&File>,
) -> anyhow::Result<(RedactDocument, ExitStatus)> {
    let (root, output) = (&args.input, &args.output);
    refuse_output(root, output, args.force)?;
    let mut walked = walk(root)?;
    let mut paths = SharedPaths::default();
    let mut of = |path: &Path| {
        let below = path.strip_prefix(root).unwrap_or(path);
        paths.of(below, map).map_err(|error| cannot_write(output, &error))
    };
    let (mut files, mut left_out, mut errors) = (Vec::new(), Vec::new(), Vec::new());
    for path in &walked.odd {
        left_out.push(failure(&of(path)?, "it is no plain file"));
    }
    // Snapshots come first: what they have is looked for in the other files.
    walked.files.sort_by_cached_key(|path| !matches!(kind_of(path), Ok(Kind::Snapshot)));
    let mut status = ExitStatus::Fine;
    let mut proofs = Vec::new();
    for path in walked.files {
        let shared = of(&path)?;
        let to = output.join(&shared);
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent).map_err(|error| cannot_write(parent, &error))?;
        }
        match one(context, &path, &to, redaction, map, &mut proofs) {
            Ok(Ok(mut file)) => {
                file.input = shared.display().to_string();
                file.output.clone_from(&file.input);
                files.push(file);
            }
            Ok(Err(why)) => left_out.push(failure(&shared, &why)),
            Err(error) => {
                let wrong = error.downcast::<Failure>()?;
                if context.interrupt.asked().is_some() {
                    return Err(wrong.into());
                }
                status = status.worse(wrong.status);
                // The report is shared: where the files lie, and what they are called there, is not.
                let message =
                    wrong.message.replace(&*path.to_string_lossy(), &shared.to_string_lossy());
                let message = message.replace(&*to.to_string_lossy(), &shared.to_string_lossy());
                errors.push(failure(&shared, &message));
            }
        }
    }
    if files.is_empty() && errors.is_empty() && left_out.is_empty() {
        return Err(Failure::unreadable(format!("{} has no files", root.display())).into());
    }
    files.sort_by(|a, b| a.input.cmp(&b.input));
    left_out.sort_by(|a, b| a.file.cmp(&b.file));
    errors.sort_by(|a, b| a.file.cmp(&b.file));
    let document = RedactDocument::new(redaction.policy, files, left_out, errors);
    fs::create_dir_all(output).map_err(|error| cannot_write(output, &error))?;
    let report = output.join(REPORT);
    fs::write(&report, serde_json::to_vec_pretty(&document)?)
        .map_err(|error| cannot_write(&report, &error))?;
    Ok((document, status))
}

/// A directory that is there already, or that would be read as it is written.
fn refuse_output(root: &Path, output: &Path, force: bool) -> Result<(), Failure> {
    if output.exists() && !force {
        return Err(Failure::usage(format!("{} is there already", output.display()))
            .hint("give OUT a name that is not there yet, or --force"));
    }
    let inside = output.parent().and_then(|parent| parent.canonicalize().ok());
    match (inside, root.canonicalize()) {
        (Some(inside), Ok(root)) if inside.starts_with(&root) => {
            Err(Failure::usage("OUT is inside IN").hint("name a directory beside it"))
        }
        _ => Ok(()),
    }
}

/// Redacts one file by what it is. An error within says why the file is left out; nothing is written then. `proofs` are
/// those of the snapshots so far.
fn one(
    context: &Context,
    from: &Path,
    to: &Path,
    redaction: &Redaction,
    map: Option<&File>,
    proofs: &mut Vec<Proof>,
) -> anyhow::Result<Result<RedactedEntry, String>> {
    let kind =
        kind_of(from).map_err(|error| Failure::unreadable(hints::cannot("read", from, &error)))?;
    match kind {
        Kind::Snapshot => {
            let (entry, proof) = snapshot(context, from, to, redaction, map)?;
            if redaction.policy != Policy::Secrets {
                proofs.push(proof.for_texts_beside());
            }
            Ok(Ok(entry))
        }
        Kind::Own(what) => Ok(Err(format!("it is {what}, with texts of a snapshot: make it anew"))),
        Kind::Other => {
            let done = text(from, to, proofs).map_err(|error| cannot_write(to, &error))?;
            Ok(done.map_err(str::to_owned))
        }
    }
}

fn failure(path: &Path, message: &str) -> wire::Failure {
    wire::Failure { file: path.display().to_string(), message: message.to_owned() }
}

/// What is below a directory.
#[derive(Default)]
struct Walked {
    /// Sorted.
    files: Vec<PathBuf>,
    /// Links, pipes and the like.
    odd: Vec<PathBuf>,
}

/// All files below a directory, sorted. Links are not followed.
fn walk(root: &Path) -> Result<Walked, Failure> {
    let (mut walked, mut open) = (Walked::default(), vec![root.to_owned()]);
    while let Some(directory) = open.pop() {
        let unreadable =
            |error: io::Error| Failure::unreadable(hints::cannot("read", &directory, &error));
        for entry in fs::read_dir(&directory).map_err(unreadable)? {
            let entry = entry.map_err(unreadable)?;
            let kind = entry.file_type().map_err(unreadable)?;
            if kind.is_dir() {
                open.push(entry.path());
            } else if kind.is_file() {
                walked.files.push(entry.path());
            } else {
                walked.odd.push(entry.path());
            }
        }
    }
    walked.files.sort();
    walked.odd.sort();
    Ok(walked)
}

/// What a file is, as far as it is treated alike.
enum Kind {
    Snapshot,
    /// What heapglass itself has written about a snapshot.
    Own(&'static str),
    Other,
}

/// By the name, else by what it begins with: a collector's leftover may be called anything.
fn kind_of(path: &Path) -> io::Result<Kind> {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let is_of_snapshot = [".heapsnapshot", ".heaptimeline"].iter().any(|part| name.contains(part));
    if is_of_snapshot && (name.ends_with(".csv") || name.ends_with(".ndjson")) {
        return Ok(Kind::Own("rows of a snapshot's nodes"));
    }
    // What cannot be read on is for whoever copies it to notice.
    if let Ok(Some(what)) = own::kind(bytes_of(path)?) {
        return Ok(Kind::Own(what));
    }
    let begins_like_it = begins_like_snapshot(BufReader::new(bytes_of(path)?)).unwrap_or(false);
    let is_snapshot = is_snapshot_name(path) || begins_like_it;
    Ok(if is_snapshot { Kind::Snapshot } else { Kind::Other })
}

/// The bytes of a file, decompressed if its name says that they are compressed, as those of logs that were rotated.
fn bytes_of(path: &Path) -> io::Result<Box<dyn Read>> {
    let file = File::open(path)?;
    if path.extension().is_some_and(|ending| ending == "gz" || ending == "zst")
        && let Ok(reader) = Source::file(path).and_then(|source| source.reader())
    {
        return Ok(Box::new(reader));
    }
    Ok(Box::new(file))
}

/// Whether it begins with `{"snapshot"`, after a mark of the byte order and blanks.
fn begins_like_snapshot(reader: impl BufRead) -> io::Result<bool> {
    let mut expected = b"{\"snapshot\"".iter().peekable();
    let mut is_begun = false;
    for byte in reader.bytes() {
        let byte = byte?;
        let is_mark = !is_begun && matches!(byte, 0xef | 0xbb | 0xbf);
        if is_mark || byte.is_ascii_whitespace() {
            continue;
        }
        is_begun = true;
        if expected.next() != Some(&byte) {
            return Ok(false);
        }
        if expected.peek().is_none() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Copies a text file without its credentials, compressed if it was. An error within says why the file is left out;
/// nothing is written then.
fn text(
    from: &Path,
    to: &Path,
    proofs: &[Proof],
) -> io::Result<Result<RedactedEntry, &'static str>> {
    let mut reader = BufReader::new(bytes_of(from)?);
    let folder = to.parent().unwrap_or(Path::new("."));
    let file = tempfile::NamedTempFile::new_in(folder)?;
    let mut out = BufWriter::new(Packer::for_name(from, file.reopen()?)?);
    let mut documents = Documents::default();
    let mut beside = Beside::new(proofs);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = Read::take(&mut reader, LONGEST_LINE).read_until(b'\n', &mut line);
        let Ok(got) = read else { return Ok(Err(NO_END)) };
        if got == 0 {
            break;
        }
        if got as u64 == LONGEST_LINE || line.contains(&0) {
            return Ok(Err(NO_TEXT));
        }
        let Ok(said) = str::from_utf8(&line) else { return Ok(Err(NO_TEXT)) };
        beside.line(said.strip_suffix('\n').unwrap_or(said));
        out.write_all(documents.push(said).as_bytes())?;
    }
    if let Some(why) = beside.verdict() {
        return Ok(Err(why));
    }
    out.write_all(documents.finish().as_bytes())?;
    out.into_inner().map_err(IntoInnerError::into_error)?.finish()?;
    file.persist(to).map_err(|error| error.error)?;
    Ok(Ok(RedactedEntry {
        input: from.display().to_string(),
        output: to.display().to_string(),
        snapshot: None,
        masked: Some(documents.masked()),
    }))
}
