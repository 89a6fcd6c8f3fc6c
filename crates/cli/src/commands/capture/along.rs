//! The report of a snapshot that is still arriving.
//!
//! The engine reads from a pipe what a thread reads from the file behind the writer. Nothing waits for the
//! engine: if it is slower than the wire, the rest is on the disk.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread::JoinHandle;

use heapglass_analysis::{SecretOptions, secrets_noted, with_originals};
use heapglass_collect::Captured;
use heapglass_collect::sink::Growing;
use heapglass_format::source::Source;
use heapglass_graph::{Graph, OpenOptions, Phase, Progress, Snapshot, Wants};
use heapglass_report::text::{Brief, heading, write_briefs};
use heapglass_report::wire::{Document, ReportBody, SecretsBody, SnapshotEntry};
use heapglass_secrets::Noted;

use crate::commands::report;
use crate::context::Context;
use crate::hints;
use crate::inputs::{Input, Origin};
use crate::interrupt::Interrupt;
use crate::open::{as_written, open};

/// Classes and objects that the report lists, and the share from which an owner stands out: what
/// `heapglass report` does by itself.
const TOP: usize = 10;
const THRESHOLD: f64 = 10.0;
/// Credentials that the report lists.
const CREDENTIALS: usize = 100;

type Opening = JoinHandle<anyhow::Result<Snapshot>>;

/// Reads along.
pub(super) struct Along<'a> {
    context: &'a Context,
    opening: Mutex<Option<Opening>>,
}

/// What the engine is told.
struct Engine {
    temp_dir: PathBuf,
    threads: usize,
    interrupt: Interrupt,
}

impl<'a> Along<'a> {
    pub(super) fn new(context: &'a Context) -> Along<'a> {
        Along { context, opening: Mutex::new(None) }
    }

    /// Begins to read.
    pub(super) fn follow(&self, growing: Growing) {
        let settings = &self.context.settings;
        let engine = Engine {
            temp_dir: settings.temp_dir.clone(),
            threads: settings.threads,
            interrupt: self.context.interrupt.clone(),
        };
        let opening = std::thread::spawn(move || open_growing(&engine, &growing));
        *self.opening.lock().unwrap_or_else(PoisonError::into_inner) = Some(opening);
    }

    /// Waits for the engine, and writes a report of each snapshot: of the first one as it arrived, of the others from
    /// their files. Of several, what cannot be read is said, and the others are done.
    pub(super) fn report(&self, captured: &Captured) -> anyhow::Result<()> {
        let files = captured
            .snapshots
            .iter()
            .filter_map(|taken| Some((taken.written.path.clone()?, taken.written.noted.as_ref())));
        let files: Vec<(PathBuf, Option<&Noted>)> = files.collect();
        let opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut arrived = opening.and_then(|opening| opening.join().ok()?.ok());
        let single = files.len() == 1;
        let look = &self.context.settings.look;
        let (mut briefs, mut unreadable) = (Vec::new(), 0);
        for (file, noted) in files {
            let document = match self.document(file, arrived.take(), noted) {
                Ok(document) => document,
                Err(error) if single => return Err(error),
                Err(error) => {
                    let asked = |error| hints::question(&error);
                    self.context.messages.error(&error.downcast().unwrap_or_else(asked));
                    unreadable += 1;
                    continue;
                }
            };
            let mut out = io::stdout().lock();
            writeln!(out)?;
            heading(&document.snapshot, look, &mut out)?;
            writeln!(out)?;
            document.write_text(look, &mut out)?;
            if single {
                document.write_next(look, &mut out)?;
            }
            briefs.extend(Brief::of(&document));
            out.flush()?;
        }
        if briefs.len() > 1 {
            let mut out = io::stdout().lock();
            writeln!(out)?;
            write_briefs(&briefs, unreadable, look, &mut out)?;
        }
        Ok(())
    }

    /// The report of the snapshot in a file, which may be open already.
    fn document(
        &self,
        path: PathBuf,
        arrived: Option<Snapshot>,
        noted: Option<&Noted>,
    ) -> anyhow::Result<Document<ReportBody>> {
        let input = Input { origin: Origin::of(&path), path };
        let Some(snapshot) = arrived else {
            let opened = open(self.context, &input, Wants::Graph)?;
            let body = body(&opened.graph("looking for what stands out in")?, noted);
            let findings = &opened.snapshot.overview().findings;
            return Ok(Document::new(opened.entry.clone(), findings, body));
        };
        let file = input.path.display().to_string();
        let graph = snapshot.graph().map_err(hints::opening)?;
        let Context { source_maps, messages, .. } = self.context;
        let graph =
            as_written(graph, source_maps, with_originals, &file, |text| messages.note(text));
        let mut entry = SnapshotEntry::new(file, graph.overview());
        input.describe(&mut entry);
        Ok(Document::new(entry, &graph.overview().findings, body(&graph, noted)))
    }
}

/// The report, with what was noted of the clear data.
fn body(graph: &Graph, noted: Option<&Noted>) -> ReportBody {
    let options = SecretOptions { limit: Some(CREDENTIALS) };
    let credentials =
        noted.map(|noted| SecretsBody::new(&secrets_noted(graph, noted, &options), false));
    report::body(graph, TOP, THRESHOLD).with_credentials(credentials)
}

/// Opens the snapshot as it arrives.
#[cfg(unix)]
fn open_growing(engine: &Engine, growing: &Growing) -> anyhow::Result<Snapshot> {
    use std::os::fd::AsRawFd;
    let file = File::open(&growing.path)?;
    let (reader, writer) = io::pipe()?;
    std::thread::scope(|scope| {
        let feeder = scope.spawn(move || feed(file, writer, growing));
        let source = Source::file(&PathBuf::from(format!("/dev/fd/{}", reader.as_raw_fd())))?;
        let work_dir =
            tempfile::Builder::new().prefix("heapglass-").tempdir_in(&engine.temp_dir)?;
        let options = OpenOptions {
            index: None,
            temp_dir: work_dir.path().to_owned(),
            threads: engine.threads,
            wants: Wants::Graph,
        };
        let opened = Snapshot::open(&source, &options, &Quiet(&engine.interrupt));
        // The feeder ends with an error once nobody reads.
        drop(reader);
        let _ = feeder.join();
        Ok(opened?)
    })
}

#[cfg(not(unix))]
fn open_growing(_: &Engine, _: &Growing) -> anyhow::Result<Snapshot> {
    anyhow::bail!("pipes cannot be opened by name")
}

/// Moves bytes from the file to the pipe as they come.
#[cfg_attr(not(unix), expect(dead_code, reason = "nothing reads along"))]
fn feed(mut file: File, mut pipe: io::PipeWriter, growing: &Growing) -> io::Result<()> {
    let mut buffer = vec![0; 1 << 18];
    let mut done = 0;
    loop {
        let (there, finished) = growing.more_than(done);
        while done < there {
            let n = match file.read(&mut buffer)? {
                0 => break,
                n => n,
            };
            pipe.write_all(&buffer[..n])?;
            done += n as u64;
        }
        if finished {
            return Ok(());
        }
    }
}

/// No bar of its own: the capture has one.
struct Quiet<'a>(&'a Interrupt);

impl Progress for Quiet<'_> {
    fn update(&self, _: Phase, _: u64, _: u64) {}

    fn cancelled(&self) -> bool {
        self.0.asked().is_some()
    }
}

#[cfg(test)]
mod tests {
    use heapglass_analysis::secrets;
    use heapglass_redact::{Key, Policy, Redactor};
    use heapglass_report::text::{Look, SizeStyle};
    use heapglass_testkit::SnapshotBuilder;

    use super::*;

    fn github() -> String {
        format!("gh{}{}", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
    }

    #[test]
    fn the_report_of_a_redacted_snapshot_tells_which_credentials_were_in_it() {
        let mut heap = SnapshotBuilder::new();
        let app = heap.object("App", 40);
        heap.property(heap.global(), "app", app);
        for name in ["remote", "origin"] {
            let token = heap.string(&github(), 64);
            heap.property(app, name, token);
        }
        let password = heap.string("zaphod-42-tricia", 32);
        heap.property(app, "password", password);
        let (map, table) = (heap.object("Map", 32), heap.node("array", "", 64));
        heap.property(app, "settings", map);
        heap.internal(map, "table", table);
        let (key, value) = (heap.string("mfaSeed", 24), heap.string("k5t7-x9q2-ab41", 32));
        heap.internal(table, "5", key);
        heap.internal(table, "6", value);
        for policy in [Policy::Strict, Policy::Structure, Policy::Secrets] {
            let redactor = Redactor::new(Vec::new(), policy, Key::new([7; 32]), None);
            let mut redactor = redactor.noting();
            redactor.feed(&heap.to_bytes()).expect("a snapshot");
            redactor.complete().expect("all of it");
            let noted = redactor.take_noted().expect("notes");
            let folder = tempfile::tempdir().expect("a folder");
            let path = folder.path().join("a.heapsnapshot");
            std::fs::write(&path, redactor.into_out()).expect("written");
            let options = OpenOptions {
                index: None,
                temp_dir: folder.path().to_owned(),
                threads: 1,
                wants: Wants::Graph,
            };
            let source = Source::file(&path).expect("a source");
            let snapshot = Snapshot::open(&source, &options, &()).expect("a snapshot");
            let graph = snapshot.graph().expect("a graph");
            let found = secrets(&graph, &SecretOptions::default()).count;
            assert!(found == 0 || policy == Policy::Secrets, "other letters are no credentials");
            let body = body(&graph, Some(&noted));
            let document =
                Document::new(SnapshotEntry::new("a".to_owned(), graph.overview()), &[], body);
            let look = Look { width: 100, colour: false, sizes: SizeStyle::Human };
            let mut out = Vec::new();
            document.write_text(&look, &mut out).expect("written");
            let text = String::from_utf8(out).expect("a text");
            let (_, told) = text.split_once("before it was redacted\n").expect("a section");
            assert!(told.contains("3 credentials in 4 strings: 1 GitHub token"), "{told}");
            assert!(told.contains("ghp_… (40 characters)") && told.contains(".remote"), "{told}");
            assert!(told.contains("… (16 characters)") && !told.contains("zaph"), "{told}");
            assert!(told.contains("… (14 characters)"), "{told}");
        }
    }
}
