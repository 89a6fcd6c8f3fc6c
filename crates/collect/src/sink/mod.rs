//! From the wire to the disk: pieces through a bounded queue to one thread that checks and writes.

mod booked;
mod encoder;
mod leftover;
mod redacted;
mod watched;
mod writer;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use heapglass_format::check::Checked;
use heapglass_redact::Redaction;
use heapglass_secrets::Noted;
use tokio::sync::{Semaphore, mpsc, oneshot};

use crate::words::size;

pub use booked::{Booked, Until};
pub use leftover::{Leftover, leftovers};

/// Bytes that may wait for the disk. Less, and a disk that is busy for a moment makes the process keep
/// what was not read; more, and a small must-gather pod has no room for the collector.
pub const QUEUE: usize = 32 << 20;
/// Free bytes below which writing stops, so that the disk is not left full.
pub const RESERVE: u64 = 64 << 20;

/// Where a snapshot is written and how.
#[derive(Debug, Clone)]
pub struct SinkOptions {
    /// The file that it will be.
    pub path: PathBuf,
    /// Whether it is compressed with zstd.
    pub compress: bool,
    /// Bytes that may wait for the disk.
    pub queue: usize,
    /// Free bytes below which writing stops.
    pub reserve: u64,
    /// Whether it is redacted as it comes, so that what is private never is on the disk.
    pub redaction: Option<Redaction>,
}

impl SinkOptions {
    /// A file with the usual queue; compressed if its name ends in `.zst`.
    pub fn new(path: impl Into<PathBuf>) -> SinkOptions {
        let path = path.into();
        let compress = path.extension().is_some_and(|extension| extension == "zst");
        SinkOptions { path, compress, queue: QUEUE, reserve: RESERVE, redaction: None }
    }

    /// The name under which it is written before it is checked.
    pub fn temporary(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.path.with_file_name(format!(".{name}.{}.part", std::process::id()))
    }

    /// The name of what is not whole: `a.PARTIAL.heapsnapshot.zst`.
    pub fn partial(&self) -> PathBuf {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let ending = [".heapsnapshot.zst", ".heapsnapshot", ".zst"]
            .into_iter()
            .find(|ending| name.ends_with(ending))
            .unwrap_or_default();
        let stem = name.strip_suffix(ending).unwrap_or(&name);
        let ending = if ending.contains("heapsnapshot") {
            ending.to_owned()
        } else {
            format!(".heapsnapshot{ending}")
        };
        self.path.with_file_name(format!("{stem}.PARTIAL{ending}"))
    }
}

/// Why nothing can be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SinkError {
    /// The file is there already.
    #[error("{} is there already", .0.display())]
    Exists(PathBuf),
    /// Files cannot be made in the directory.
    #[error("cannot write into {}: {source}", directory.display())]
    Place {
        /// The directory.
        directory: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The system said no.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On which file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// It cannot be redacted; what was written is, and is not whole.
    #[error("it cannot be redacted: {0}")]
    Redact(String),
    /// The disk is nearly full.
    #[error("writing stopped before the disk was full: {} are left for {}", size(*free), path.display())]
    Full {
        /// The file that was written.
        path: PathBuf,
        /// Free bytes.
        free: u64,
    },
}

impl SinkError {
    fn io(action: &'static str, path: &Path, source: std::io::Error) -> SinkError {
        SinkError::Io { action, path: path.to_owned(), source }
    }

    fn place(directory: &Path, source: std::io::Error) -> SinkError {
        SinkError::Place { directory: directory.to_owned(), source }
    }
}

/// What was written.
#[derive(Debug)]
pub struct Written {
    /// The file; with `PARTIAL` in its name if it is not whole. `None` if nothing arrived.
    pub path: Option<PathBuf>,
    /// What the bytes were.
    pub checked: Checked,
    /// Bytes of the file.
    pub bytes_on_disk: u64,
    /// Why writing stopped before the end, if it did.
    pub stopped: Option<SinkError>,
    /// Most bytes that waited in the queue at once.
    pub deepest: u64,
    /// How long the reading had to wait because the queue was full.
    pub stalled: Duration,
    /// Whether the compressor had to fall back to a faster level.
    pub hurried: bool,
    /// The credentials of the clear bytes, if it was redacted and they were noted.
    pub noted: Option<Noted>,
}

/// Takes a snapshot's bytes.
#[derive(Debug)]
pub struct Sink {
    options: SinkOptions,
    queue: mpsc::UnboundedSender<Vec<u8>>,
    room: Arc<Semaphore>,
    shared: Arc<Shared>,
    done: oneshot::Receiver<writer::Done>,
    bytes: u64,
    stalled: Duration,
}

/// What both sides of the queue know.
#[derive(Debug, Default)]
struct Shared {
    waiting: AtomicU64,
    deepest: AtomicU64,
    failed: AtomicBool,
    interrupted: AtomicBool,
    /// Bytes that reached the file, and whether there will be no more, for those who read it as it grows.
    on_disk: Mutex<(u64, bool)>,
    grown: Condvar,
}

impl Shared {
    /// Tells how far the file is.
    fn tell(&self, bytes: u64, finished: bool) {
        *self.on_disk.lock().unwrap_or_else(PoisonError::into_inner) = (bytes, finished);
        self.grown.notify_all();
    }
}

/// Follows the growing file.
#[derive(Debug, Clone)]
pub struct Growing {
    /// The file.
    pub path: PathBuf,
    shared: Arc<Shared>,
}

impl Growing {
    /// Waits until there are more than `read` bytes, or until there will be no more. Returns how many there
    /// are, and whether that is all.
    pub fn more_than(&self, read: u64) -> (u64, bool) {
        let on_disk = self.shared.on_disk.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = |state: &mut (u64, bool)| state.0 <= read && !state.1;
        *self.shared.grown.wait_while(on_disk, waits).unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink {
    /// Makes the temporary file and starts the thread that writes.
    pub fn create(options: SinkOptions) -> Result<Sink, SinkError> {
        if options.path.symlink_metadata().is_ok() {
            return Err(SinkError::Exists(options.path));
        }
        let temporary = options.temporary();
        let (queue, pieces) = mpsc::unbounded_channel();
        let (tell, done) = oneshot::channel();
        let shared = Arc::new(Shared::default());
        let room = Arc::new(Semaphore::new(options.queue));
        let writer = writer::Writer::create(&options, &temporary, shared.clone(), room.clone())?;
        std::thread::Builder::new()
            .name("snapshot-writer".to_owned())
            .spawn(move || {
                let _ = tell.send(writer.run(pieces));
            })
            .map_err(|e| SinkError::io("start a thread for", &temporary, e))?;
        Ok(Sink { options, queue, room, shared, done, bytes: 0, stalled: Duration::ZERO })
    }

    /// The file as it grows.
    pub fn growing(&self) -> Growing {
        Growing { path: self.options.temporary(), shared: self.shared.clone() }
    }

    /// Hands over a piece. Waits only if the queue is full; false if writing has failed, so that more
    /// pieces are of no use.
    pub async fn push(&mut self, piece: Vec<u8>) -> bool {
        self.bytes += piece.len() as u64;
        let size = piece.len().min(self.options.queue);
        let permits = u32::try_from(size).unwrap_or(u32::MAX);
        let room = match self.room.try_acquire_many(permits) {
            Ok(room) => room,
            Err(_) => {
                let since = Instant::now();
                let room = self.room.acquire_many(permits).await;
                self.stalled += since.elapsed();
                match room {
                    Ok(room) => room,
                    Err(_) => return false,
                }
            }
        };
        room.forget();
        let waiting = self.shared.waiting.fetch_add(size as u64, Ordering::Relaxed) + size as u64;
        self.shared.deepest.fetch_max(waiting, Ordering::Relaxed);
        !self.shared.failed.load(Ordering::Relaxed) && self.queue.send(piece).is_ok()
    }

    /// Bytes that were handed over.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether writing has failed.
    pub fn has_failed(&self) -> bool {
        self.shared.failed.load(Ordering::Relaxed)
    }

    /// Nobody waits any more: if the snapshot is not all there, [`Sink::finish`] drops what was held back for its
    /// redaction, which may be most of it and takes long to write.
    pub fn interrupt(&self) {
        self.shared.interrupted.store(true, Ordering::Relaxed);
    }

    /// Waits until all is on the disk, and gives the file its name: the wanted one if the snapshot is
    /// whole, one with `PARTIAL` in it otherwise. A file without any bytes is removed.
    pub async fn finish(self) -> Result<Written, SinkError> {
        let Sink { options, queue, shared, done, stalled, .. } = self;
        drop(queue);
        let temporary = options.temporary();
        let gone = || std::io::Error::other("the thread that writes has ended");
        let done = done.await.map_err(|_| SinkError::io("write", &temporary, gone()))?;
        let whole = done.stopped.is_none() && done.checked.is_whole();
        let path = if done.checked.bytes == 0 || done.unproven {
            let _ = std::fs::remove_file(&temporary);
            None
        } else {
            let wanted = if whole { options.path.clone() } else { options.partial() };
            Some(give_name(&temporary, &wanted)?)
        };
        Ok(Written {
            path,
            checked: done.checked,
            bytes_on_disk: done.bytes,
            stopped: done.stopped,
            deepest: shared.deepest.load(Ordering::Relaxed),
            stalled,
            hurried: done.hurried,
            noted: done.noted,
        })
    }
}

/// Whether a file can be made here, as far as can be told without making it.
pub fn check_place(path: &Path) -> Result<(), SinkError> {
    if path.symlink_metadata().is_ok() {
        return Err(SinkError::Exists(path.to_owned()));
    }
    let directory = directory_of(path);
    match directory.metadata() {
        Ok(metadata) if metadata.is_dir() => may_be_written(directory),
        Ok(_) => Err(SinkError::place(directory, std::io::ErrorKind::NotADirectory.into())),
        Err(e) => Err(SinkError::place(directory, e)),
    }
}

/// An error if files cannot be made in a directory, as far as the system tells without making one.
fn may_be_written(directory: &Path) -> Result<(), SinkError> {
    #[cfg(unix)]
    rustix::fs::access(directory, rustix::fs::Access::WRITE_OK | rustix::fs::Access::EXEC_OK)
        .map_err(|e| SinkError::place(directory, e.into()))?;
    Ok(())
}

/// Renames without replacing what somebody put there meanwhile.
fn give_name(temporary: &Path, wanted: &Path) -> Result<PathBuf, SinkError> {
    let stem = wanted.to_string_lossy().into_owned();
    for number in 1..1000u32 {
        let path = match number {
            1 => wanted.to_owned(),
            n => PathBuf::from(match stem.split_once(".heapsnapshot") {
                Some((before, after)) => format!("{before}-{n}.heapsnapshot{after}"),
                None => format!("{stem}-{n}"),
            }),
        };
        // A second name and then the removal of the first: unlike a rename it never replaces.
        match std::fs::hard_link(temporary, &path) {
            Ok(()) => {
                let _ = std::fs::remove_file(temporary);
                sync_directory(&path);
                return Ok(path);
            }
            Err(e) if e.kind() == std::io::ErrorKind::AlreadyExists => {}
            // A rename would replace it.
            Err(_) if path.symlink_metadata().is_ok() => {}
            // Not every file system has second names.
            Err(_) => {
                std::fs::rename(temporary, &path)
                    .map_err(|e| SinkError::io("rename", temporary, e))?;
                sync_directory(&path);
                return Ok(path);
            }
        }
    }
    Err(SinkError::Exists(wanted.to_owned()))
}

fn sync_directory(path: &Path) {
    if let Ok(directory) = std::fs::File::open(directory_of(path)) {
        let _ = directory.sync_all();
    }
}

/// The directory that a file is in or will be: a bare name is in the current one.
fn directory_of(path: &Path) -> &Path {
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    directory.unwrap_or(Path::new("."))
}

/// Bytes that are free to us where `path` is or will be; `None` where that cannot be known.
pub fn free_space(path: &Path) -> Option<u64> {
    let directory = directory_of(path);
    #[cfg(unix)]
    {
        let space = rustix::fs::statvfs(directory).ok()?;
        Some(space.f_bavail.saturating_mul(space.f_frsize))
    }
    #[cfg(not(unix))]
    {
        let _ = directory;
        None
    }
}

#[cfg(test)]
mod tests;
