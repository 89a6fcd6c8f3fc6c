//! `redact`: a snapshot, or all of a must-gather, without what is private.

mod beside;
mod directory;
mod map;
mod own;
mod paths;
mod pipeline;

use std::fs::File;
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;

use heapglass_format::pack::Packer;
use heapglass_format::source::{Reader, Source};
use heapglass_graph::{Phase, Progress};
use heapglass_redact::{Coverage, Error, Looked, Proof, Proven, Redaction, Redactor};
use heapglass_report::text::write_redacted;
use heapglass_report::wire::{RedactDocument, RedactedEntry, RedactedSnapshotEntry};
use tempfile::{NamedTempFile, TempDir};

use crate::args::RedactArgs;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::hints;
use crate::interrupt::{CleansUp, Interrupt};
use crate::progress::Bar;
pub(crate) use map::refuse_to_share;

/// Writes the redacted copy and says what was done.
pub(crate) fn run(context: &Context, args: &RedactArgs) -> anyhow::Result<ExitStatus> {
    if let Some(key) = &args.key {
        map::refuse_key(key, args)?;
    }
    let redaction = args.policy.redaction(args.key.as_deref())?;
    let map = map::PrivateMap::begin(context, args)?;
    let rows = map.as_ref().map(map::PrivateMap::file);
    let (document, status) = if args.input.is_dir() {
        directory::redact(context, args, &redaction, rows)?
    } else {
        refuse_to_replace(&args.input, &args.output, args.force)?;
        let (file, _) = snapshot(context, &args.input, &args.output, &redaction, rows)?;
        (
            RedactDocument::new(redaction.policy, vec![file], Vec::new(), Vec::new()),
            ExitStatus::Fine,
        )
    };
    if let Some(map) = map {
        map.keep(args.force)?;
    }
    let mut out = io::stdout().lock();
    if context.settings.json {
        writeln!(out, "{}", serde_json::to_string_pretty(&document)?)?;
    } else {
        write_redacted(&document, &context.settings.look, &mut out)?;
    }
    Ok(status)
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::usage(hints::cannot("write", path, error))
}

/// The original is never replaced, another file only if that is meant.
fn refuse_to_replace(input: &Path, output: &Path, force: bool) -> Result<(), Failure> {
    let same = match (input.canonicalize(), output.canonicalize()) {
        (Ok(input), Ok(output)) => input == output,
        _ => false,
    };
    if same {
        return Err(Failure::usage("IN and OUT are the same file").hint("give OUT another name"));
    }
    if output.is_dir() {
        let name = input.file_name().unwrap_or_default().to_string_lossy();
        return Err(Failure::usage(format!("{} is a directory", output.display()))
            .hint(format!("name the file: {}", output.join(&*name).display())));
    }
    refuse_what_is_no_file(output)?;
    if output.exists() && !force {
        return Err(Failure::usage(format!("{} is there already", output.display()))
            .hint("give OUT another name, or --force to replace the file"));
    }
    Ok(())
}

/// What is written takes the place of what has its name: of a device or a pipe that would be the end.
fn refuse_what_is_no_file(output: &Path) -> Result<(), Failure> {
    match output.metadata() {
        Ok(there) if !there.is_file() => {
            Err(Failure::usage(format!("{} is no plain file", output.display()))
                .hint("name a file: what is there would be replaced"))
        }
        _ => Ok(()),
    }
}

/// Redacts one snapshot. What is written gets its name when it has been read again and proven. The proof knows the
/// values of the original.
fn snapshot(
    context: &Context,
    input: &Path,
    output: &Path,
    redaction: &Redaction,
    map: Option<&File>,
) -> anyhow::Result<(RedactedEntry, Proof)> {
    let source = if input == Path::new("-") { Ok(Source::stdin()) } else { Source::file(input) };
    let reader = source.and_then(|source| source.reader()).map_err(hints::opening)?;
    let work = Work::beside(context, output)?;
    let file = work.file().map_err(|error| cannot_write(output, &error))?;
    let name = input.file_name().unwrap_or(input.as_os_str()).to_string_lossy().into_owned();
    let mut bar = Bar::new(name, context.settings.progress, context.interrupt.clone());
    let map: Option<Box<dyn Write + Send>> = match map {
        Some(map) => Some(Box::new(BufWriter::new(map.try_clone()?))),
        None => None,
    };
    let out = file.reopen().map_err(|error| cannot_write(output, &error))?;
    let packer = Packer::for_name(output, out).map_err(|error| cannot_write(output, &error))?;
    let (behind, ahead) = pipeline::pieces(context.interrupt.clone());
    let redactor =
        Redactor::new(behind, redaction.policy, redaction.key.clone(), map).within(work.dir.path());
    let names = Names { input, output };
    let on_disk = |error: io::Error| cannot_write(output, &error);
    let (behind_it, follow) = pipeline::following(file.reopen().map_err(on_disk)?);
    let (keeping, keep) = pipeline::keeping(file.as_file()).map_err(on_disk)?;
    let ended = |who: &str| io::Error::other(format!("{who} has ended"));
    let interrupt = context.interrupt.clone();
    let redacted: anyhow::Result<_> = std::thread::scope(|scope| {
        let writing = scope.spawn(move || ahead.write(packer, follow, keep));
        let kept = scope.spawn(move || keeping.keep(&interrupt));
        // What has been written is read again meanwhile, for its form.
        let path = file.path();
        let form = scope.spawn(move || {
            let written = Reader::following(behind_it, path).map_err(io::Error::other)?;
            heapglass_redact::form_of(written)
        });
        let redacted = feed(context, redactor, reader, &names, &mut bar);
        // What the disk says comes before what the redaction says of a writer that has ended.
        writing.join().unwrap_or_else(|_| Err(ended("the writer"))).map_err(on_disk)?;
        let (coverage, proof) = redacted?;
        bar.doing("proving");
        let looked = look(context, &file, &proof)?;
        let form = form.join().unwrap_or_else(|_| Err(ended("the check")))?;
        kept.join().unwrap_or_else(|_| Err(ended("who keeps it"))).map_err(on_disk)?;
        Ok((coverage, proof.conclude(form, looked), proof))
    });
    let (coverage, proven, proof) = unless_interrupted(context, redacted)?;
    bar.finish();
    if !proven.holds() {
        let why = why_not_proven(&proven);
        return Err(Failure::usage(format!("{} was not redacted: {why}", input.display()))
            .hint("nothing was written; this is a fault of heapglass, or the snapshot is odd")
            .into());
    }
    file.persist(output).map_err(|error| cannot_write(output, &error.error))?;
    let entry = RedactedEntry {
        input: input.display().to_string(),
        output: output.display().to_string(),
        snapshot: Some(RedactedSnapshotEntry::new(redaction.policy, &coverage, &proven)),
        masked: None,
    };
    Ok((entry, proof))
}

/// Reads again what was written, and looks for what must not be in it.
fn look(context: &Context, file: &NamedTempFile, proof: &Proof) -> anyhow::Result<Looked> {
    let again =
        Source::file(file.path()).and_then(|source| source.reader()).map_err(hints::opening)?;
    let again = Stopping { inner: again, interrupt: &context.interrupt };
    Ok(proof.strings_of(again)?)
}

fn why_not_proven(proven: &Proven) -> String {
    if let Some(survivor) = proven.survivors.first() {
        return format!(
            "string {} of the result is a value of the original ({} characters)",
            survivor.string, survivor.length
        );
    }
    match proven.checked.findings.first() {
        Some(finding) => format!("what was written is no whole snapshot: {}", finding.message),
        None => "what was written has not the same nodes and edges".to_owned(),
    }
}

/// The names in what is said.
struct Names<'a> {
    input: &'a Path,
    output: &'a Path,
}

/// What the user asked to stop failed for that reason.
fn unless_interrupted<T>(context: &Context, result: anyhow::Result<T>) -> anyhow::Result<T> {
    result.map_err(|error| match context.interrupt.asked() {
        Some(status) => Failure::new(status, "interrupted").into(),
        None => error,
    })
}

/// A directory beside what is to be written, for what has no name yet; an interrupt removes it.
struct Work {
    dir: TempDir,
    // Dropped last: once nothing cleans up, an interrupt ends the program at once.
    _cleans_up: CleansUp,
}

impl Work {
    fn beside(context: &Context, output: &Path) -> Result<Work, Failure> {
        let folder = output.parent().filter(|folder| !folder.as_os_str().is_empty());
        let dir = tempfile::Builder::new()
            .prefix(".heapglass-")
            .tempdir_in(folder.unwrap_or(Path::new(".")))
            .map_err(|error| cannot_write(output, &error))?;
        let cleans_up = context.interrupt.cleans_up(Some(&dir));
        Ok(Work { dir, _cleans_up: cleans_up })
    }

    /// A new file in it that only its owner may read.
    fn file(&self) -> io::Result<NamedTempFile> {
        NamedTempFile::new_in(self.dir.path())
    }
}

/// Reads until the user asks to stop.
struct Stopping<'a, R> {
    inner: R,
    interrupt: &'a Interrupt,
}

impl<R: Read> Read for Stopping<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.interrupt.asked() {
            Some(_) => Err(io::Error::other("interrupted")),
            None => self.inner.read(buffer),
        }
    }
}

/// Feeds all of a snapshot to the redactor, which is read on a thread of its own.
fn feed(
    context: &Context,
    mut redactor: Redactor<pipeline::Behind>,
    reader: Reader,
    names: &Names<'_>,
    bar: &mut Bar,
) -> anyhow::Result<(Coverage, Proof)> {
    let failed = |error: Error| match error {
        Error::Write(error) => cannot_write(names.output, &error),
        odd => {
            // The first byte is none of a snapshot.
            let is_other = matches!(odd, Error::Syntax { offset: 0, .. });
            Failure::unreadable(format!("{}: {odd}", names.input.display())).hint(if is_other {
                "nothing was written; logs and manifests are redacted with the directory that they are in, archives once \
                 they are unpacked: `heapglass redact DIR OUT`"
            } else {
                "nothing was written; `heapglass FILE` says what can be read of it"
            })
        }
    };
    let size = reader.disk_size();
    let unreadable =
        |error: io::Error| Failure::unreadable(format!("{}: {error}", names.input.display()));
    let (pieces, give_back) = pipeline::read_ahead(reader).map_err(unreadable)?;
    while let Some((bytes, consumed)) = pipeline::next(&pieces).map_err(unreadable)? {
        if context.interrupt.asked().is_some() {
            return Err(unreadable(io::Error::other("interrupted")).into());
        }
        redactor.feed(&bytes).map_err(failed)?;
        bar.update(Phase::Read, consumed, size);
        let _ = give_back.send(bytes);
    }
    let (_, coverage, proof) = redactor.finish().map_err(failed)?;
    Ok((coverage, proof))
}
