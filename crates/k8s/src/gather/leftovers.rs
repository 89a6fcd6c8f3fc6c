//! Snapshots that lie in a container already: written at the end of memory, or on an earlier signal.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use heapglass_collect::facts::ProcessFacts;
use heapglass_collect::place::{Place, PlaceError, RawProcess, RemoteFile};
use heapglass_collect::preflight::model::on_disk;
use heapglass_collect::sink::{Booked, RESERVE, Sink, SinkOptions, Written, free_space};
use heapglass_collect::words::size;
use jiff::Timestamp;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::Instant;

use super::{Event, Run, Stop};
use crate::exec::Output;
use crate::pod::Pod;
use crate::volumes::Volumes;
use crate::wire;

/// What a snapshot's file is called.
const ENDING: &str = ".heapsnapshot";
/// What they have at least, however little a snapshot may take.
const LEAST: Duration = Duration::from_secs(60);

/// A snapshot that lies in a container.
#[derive(Debug)]
pub(crate) struct Leftover {
    file: RemoteFile,
    /// Its path as the container calls it.
    short: String,
}

/// Files of a container, however they are reached.
pub(crate) trait Files {
    /// Those that lie directly in what this process calls `folder`.
    async fn in_folder(&self, process: u32, folder: &str) -> Result<Vec<RemoteFile>, PlaceError>;

    /// Reads one of them.
    async fn bytes(&self, file: &RemoteFile) -> Result<Output, PlaceError>;
}

impl Files for Pod {
    async fn in_folder(&self, process: u32, folder: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        self.list(&self.path_for(process, folder)).await
    }

    async fn bytes(&self, file: &RemoteFile) -> Result<Output, PlaceError> {
        self.open(&file.path, 0).await
    }
}

impl Files for Volumes {
    async fn in_folder(&self, _: u32, folder: &str) -> Result<Vec<RemoteFile>, PlaceError> {
        self.list(folder).await
    }

    async fn bytes(&self, file: &RemoteFile) -> Result<Output, PlaceError> {
        self.read(&file.path).await
    }
}

/// Looks for them, and gives the last error back beside what was found all the same. This is done before anything is
/// taken, so that what a capture makes is not among them.
pub(crate) async fn find(
    run: &Run<'_>,
    files: &impl Files,
    name: &str,
    folders: &[(u32, String)],
) -> (Vec<Leftover>, Option<PlaceError>) {
    let (mut found, mut failed) = (Vec::new(), None);
    let mut seen = BTreeSet::new();
    for (process, folder) in folders {
        if run.options.dry_run || run.stopped() {
            break;
        }
        let listed = match files.in_folder(*process, folder).await {
            Ok(files) => files,
            Err(error) => {
                run.say(name, format!("snapshots in {folder} are not looked for: {error}"));
                failed = Some(error);
                continue;
            }
        };
        for file in listed {
            let short = shorten(&file.path, folder);
            if file.path.ends_with(ENDING) && file.size > 0 && seen.insert(short.clone()) {
                found.push(Leftover { file, short });
            }
        }
    }
    (found, failed)
}

/// Copies them, all within the time that one snapshot has. They stay where they are. This is done after the
/// living process was asked: it may be gone while old files are brought.
pub(crate) async fn collect(
    run: &Run<'_>,
    files: &impl Files,
    name: &str,
    leftovers: &[Leftover],
    directory: &Path,
) -> Vec<wire::Snapshot> {
    let mut found = Vec::new();
    let deadline = Instant::now() + run.options.timeout.max(LEAST);
    for leftover in leftovers {
        if run.stopped() {
            break;
        }
        let short = &leftover.short;
        run.say(name, format!("{short} lay there already: collecting it"));
        match one(run, files, name, leftover, directory, deadline).await {
            Ok(snapshot) => found.push(snapshot),
            Err(why) => {
                run.complain(name, format!("{short}: {why}"));
                run.error(format!("{name}: {short}: {why}"));
            }
        }
    }
    found
}

/// Where Node.js writes snapshots, with a process that sees the directory.
pub(crate) fn folders(run: &Run<'_>, node: &[(RawProcess, ProcessFacts)]) -> Vec<(u32, String)> {
    let mut folders: Vec<(u32, String)> = Vec::new();
    let mut add = |pid: u32, folder: &str| {
        let folder = folder.trim_end_matches('/');
        if folder.starts_with('/') && !folders.iter().any(|(_, known)| known == folder) {
            folders.push((pid, folder.to_owned()));
        }
    };
    for (raw, facts) in node {
        if let Some(folder) = facts.options.diagnostic_dir.as_deref() {
            let absolute = if folder.starts_with('/') {
                folder.to_owned()
            } else {
                format!("{}/{folder}", raw.cwd)
            };
            add(raw.pid, &absolute);
        }
        add(raw.pid, &run.options.remote_dir);
        add(raw.pid, "/tmp");
        add(raw.pid, &raw.cwd);
    }
    folders
}

/// A path as the container calls it: the folder's name with the file's.
fn shorten(path: &str, folder: &str) -> String {
    format!("{folder}/{}", path.rsplit('/').next().unwrap_or(path))
}

/// Keeps room for a file of so many bytes, or says that there is none.
fn room(booked: &Booked, path: &Path, bytes: u64, free: Option<u64>) -> Result<(), String> {
    let Some(free) = free else { return Ok(()) };
    let free = free.saturating_sub(RESERVE).saturating_sub(booked.by_others(path));
    if bytes > free {
        return Err(format!(
            "it needs {} and only {} are left here for it: it was not copied; use --compress, or write \
             elsewhere with --base-collection-path",
            size(bytes),
            size(free)
        ));
    }
    booked.book(path, bytes);
    Ok(())
}

async fn one(
    run: &Run<'_>,
    files: &impl Files,
    name: &str,
    leftover: &Leftover,
    directory: &Path,
    deadline: Instant,
) -> Result<wire::Snapshot, String> {
    let Leftover { file, short } = leftover;
    let time = Timestamp::from_second(file.modified).unwrap_or_default();
    let ending = if run.options.compress { ".heapsnapshot.zst" } else { ENDING };
    let stem = format!("heapdump-{}.found", super::take::stamp(time));
    let path = super::take::free_name(directory, &stem, ending);
    super::files::make_directory(directory).map_err(|error| error.to_string())?;
    let _memory = run.memory().await;
    let _booked = run.booked.until_dropped(&path);
    let is_held = run.options.redaction.as_ref().is_some_and(|how| how.holds_back());
    let bytes = on_disk(file.size, run.options.compress, is_held);
    room(&run.booked, &path, bytes, free_space(&path))?;
    let remote = files.bytes(file).await.map_err(|error| error.to_string())?;
    let mut options = SinkOptions::new(path);
    options.queue = run.queue();
    options.redaction = run.options.redaction.clone();
    let sink = Sink::create(options).map_err(|error| error.to_string())?;
    let tell = |bytes| run.listener.on(Event::Bytes { place: name.to_owned(), bytes });
    let (written, broken) = copy(remote, sink, deadline, run.stop.clone(), tell).await?;
    tell(0);
    let stopped = written.stopped.as_ref().map(ToString::to_string);
    let Some(path) = &written.path else {
        return Err(broken.or(stopped).unwrap_or_else(|| "nothing arrived".to_owned()));
    };
    let complete = written.checked.is_whole() && broken.is_none() && stopped.is_none();
    if let Some(why) = broken.or(stopped) {
        run.complain(name, format!("{short} arrived in part: {why}"));
    } else if !complete {
        run.complain(name, format!("{short} is not whole: the process died, or still writes it"));
    }
    Ok(wire::Snapshot {
        file: run.relative(path),
        bytes: written.bytes_on_disk,
        complete,
        time: time.to_string(),
        method: "found".to_owned(),
        remote_path: Some(short.to_owned()),
        nodes: Some(written.checked.nodes),
        edges: Some(written.checked.edges),
        ..wire::Snapshot::default()
    })
}

/// Copies until the end, the deadline, an error or the wish to stop, and gives the file its name in every case:
/// none is left under a temporary one. Says why it broke off, if it did.
async fn copy(
    mut remote: impl AsyncRead + Unpin,
    mut sink: Sink,
    deadline: Instant,
    mut stop: Stop,
    tell: impl Fn(u64),
) -> Result<(Written, Option<String>), String> {
    let broken = loop {
        let mut piece = vec![0; 1 << 18];
        let read = tokio::select! {
            read = remote.read(&mut piece) => read,
            () = stop.asked() => break Some("it was interrupted".to_owned()),
            () = tokio::time::sleep_until(deadline) => {
                break Some("the time for it was over; HEAP_DUMP_TIMEOUT gives more".to_owned());
            }
        };
        match read {
            Ok(0) => break None,
            Ok(count) => {
                piece.truncate(count);
                if !sink.push(piece).await {
                    break None;
                }
                tell(sink.bytes());
            }
            Err(error) => break Some(error.to_string()),
        }
    };
    if stop.is_asked() {
        sink.interrupt();
    }
    let written = sink.finish().await.map_err(|error| error.to_string())?;
    Ok((written, broken))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(directory: &Path) -> Vec<String> {
        let entries = std::fs::read_dir(directory).expect("read").flatten();
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
    }

    #[tokio::test]
    async fn a_copy_that_breaks_off_leaves_no_temporary_file() {
        let bytes = &b"{\"snapshot\":{"[..];
        for (case, expected) in
            [("late", "the time for it"), ("stopped", "interrupted"), ("broken", "broken pipe")]
        {
            let dir = tempfile::tempdir().expect("a directory");
            let sink = Sink::create(SinkOptions::new(dir.path().join("a.heapsnapshot")));
            let (handle, stop) = Stop::pair();
            let _ = handle.send(case == "stopped");
            // Something arrives, then nothing more.
            let (mut far, near) = tokio::io::duplex(64);
            tokio::io::AsyncWriteExt::write_all(&mut far, bytes).await.expect("written");
            let wait = Duration::from_millis(if case == "late" { 20 } else { 60_000 });
            let error = std::io::Error::from(std::io::ErrorKind::BrokenPipe);
            let breaks = Failing(Some(error));
            let (sink, deadline) = (sink.expect("made"), Instant::now() + wait);
            let copied = match case {
                "broken" => copy(bytes.chain(breaks), sink, deadline, stop, |_| {}).await,
                _ => copy(near, sink, deadline, stop, |_| {}).await,
            };
            let (_, broken) = copied.expect("finished");
            assert!(broken.as_ref().is_some_and(|why| why.contains(expected)), "{case} {broken:?}");
            let left = names(dir.path());
            assert!(left.iter().all(|name| name == "a.PARTIAL.heapsnapshot"), "{case}: {left:?}");
        }
    }

    /// A reader that fails.
    struct Failing(Option<std::io::Error>);

    impl AsyncRead for Failing {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            _: &mut tokio::io::ReadBuf<'_>,
        ) -> std::task::Poll<std::io::Result<()>> {
            std::task::Poll::Ready(self.0.take().map_or(Ok(()), Err))
        }
    }

    #[test]
    fn what_does_not_fit_is_not_begun() {
        let booked = Booked::default();
        let (a, b) = (Path::new("a"), Path::new("b"));
        assert_eq!(room(&booked, a, 100, Some(RESERVE + 150)), Ok(()));
        let why = room(&booked, b, 100, Some(RESERVE + 150)).expect_err("no room");
        assert!(
            why.contains("100 B") && why.contains("50 B") && why.contains("--compress"),
            "{why}"
        );
        assert_eq!(room(&booked, b, 40, Some(RESERVE + 150)), Ok(()));
        assert_eq!(room(&booked, b, u64::MAX, None), Ok(()));
    }
}
