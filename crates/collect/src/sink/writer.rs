//! The thread behind the queue.

use std::fs::OpenOptions;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use heapglass_format::check::{Check, Checked};
use heapglass_secrets::Noted;
use tokio::sync::{Semaphore, mpsc};

use super::encoder::Encoder;
use super::leftover::claim;
use super::redacted::{End, Ended, Out, prove};
use super::watched::{Watched, why};
use super::{Shared, SinkError, SinkOptions};

/// Checks and writes.
pub(super) struct Writer {
    path: PathBuf,
    out: Out,
    check: Check,
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    queue: u64,
    hurried: bool,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) checked: Checked,
    pub(super) bytes: u64,
    pub(super) stopped: Option<SinkError>,
    pub(super) hurried: bool,
    /// The credentials of the clear bytes, if they were noted.
    pub(super) noted: Option<Noted>,
    /// It was redacted, and what was written is not proven to be without private data.
    pub(super) unproven: bool,
}

impl Writer {
    pub(super) fn create(
        options: &SinkOptions,
        temporary: &Path,
        shared: Arc<Shared>,
        room: Arc<Semaphore>,
    ) -> Result<Writer, SinkError> {
        let mut open = OpenOptions::new();
        open.write(true).create_new(true);
        // A snapshot holds whatever the process held: passwords, tokens, users' data.
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut open, 0o600);
        let file = open.open(temporary).map_err(|e| SinkError::io("write", temporary, e))?;
        claim(&file);
        let encoder = Encoder::new(file, options.compress)
            .map_err(|e| SinkError::io("write", temporary, e))?;
        let file = Watched::new(encoder, temporary, options.reserve);
        Ok(Writer {
            path: temporary.to_owned(),
            out: Out::new(file, options.redaction.as_ref()),
            check: Check::new(),
            shared,
            room,
            queue: options.queue as u64,
            hurried: false,
        })
    }

    pub(super) fn run(mut self, mut pieces: mpsc::UnboundedReceiver<Vec<u8>>) -> Done {
        let mut stopped = None;
        while let Some(piece) = pieces.blocking_recv() {
            let size = (piece.len() as u64).min(self.queue);
            self.check.feed(&piece);
            if let Err(error) = self.piece(&piece) {
                self.shared.failed.store(true, Ordering::Relaxed);
                stopped = Some(error);
                self.room.close();
                break;
            }
            drop(piece);
            self.shared.waiting.fetch_sub(size, Ordering::Relaxed);
            self.room.add_permits(usize::try_from(size).unwrap_or(usize::MAX));
        }
        let how = match &stopped {
            None if self.check.has_ended() => End::Whole,
            None | Some(SinkError::Redact(_)) => {
                let is_interrupted = self.shared.interrupted.load(Ordering::Relaxed);
                if is_interrupted { End::Interrupted } else { End::CutOff }
            }
            Some(_) => End::Failed,
        };
        let Ended { file, proof, noted, is_unsafe } = self.out.end(how);
        let proof = proof.unwrap_or_else(|error| {
            stopped = stopped.take().or(Some(error));
            None
        });
        if is_unsafe {
            let why =
                "it ended after its texts, which only a whole snapshot proves; it was removed";
            stopped = stopped.or(Some(SinkError::Redact(why.to_owned())));
        }
        let bytes = match file.encoder.finish() {
            Ok(bytes) => bytes,
            Err(error) => {
                stopped = stopped.or(Some(why(&self.path, error)));
                std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
            }
        };
        self.shared.tell(bytes, true);
        let unproven = proof.and_then(|proof| prove(&proof, &self.path).err());
        Done {
            checked: self.check.finish(),
            bytes,
            unproven: unproven.is_some() || is_unsafe,
            stopped: stopped.or(unproven),
            hurried: self.hurried,
            noted,
        }
    }

    fn piece(&mut self, piece: &[u8]) -> Result<(), SinkError> {
        // The fuller the queue, the faster the level.
        let waiting = self.shared.waiting.load(Ordering::Relaxed);
        let level = usize::from(waiting > self.queue / 4) + usize::from(waiting > self.queue / 2);
        if level > 0 {
            let hurried = self.out.file().encoder.hurry(level);
            self.hurried |= hurried.map_err(|e| why(&self.path, e))?;
        }
        self.out.write(piece)?;
        self.shared.tell(self.out.file().encoder.bytes(), false);
        Ok(())
    }
}
