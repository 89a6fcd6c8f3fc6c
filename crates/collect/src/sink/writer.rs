//! The thread behind the queue.

use std::fs::OpenOptions;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use heapglass_format::check::{Check, Checked};
use heapglass_redact::Proof;
use tokio::sync::{Semaphore, mpsc};

use super::encoder::Encoder;
use super::redacted::{Redacting, prove};
use super::{Shared, SinkError, SinkOptions, free_space};

/// Free space is asked for after so many bytes.
const ASK_EVERY: u64 = 8 << 20;

/// Checks and writes.
pub(super) struct Writer {
    path: PathBuf,
    encoder: Encoder,
    redacting: Option<Redacting>,
    check: Check,
    shared: Arc<Shared>,
    room: Arc<Semaphore>,
    queue: u64,
    reserve: u64,
    asked_at: u64,
    hurried: bool,
}

/// What came of it.
#[derive(Debug)]
pub(super) struct Done {
    pub(super) checked: Checked,
    pub(super) bytes: u64,
    pub(super) stopped: Option<SinkError>,
    pub(super) hurried: bool,
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
        let encoder = Encoder::new(file, options.compress)
            .map_err(|e| SinkError::io("write", temporary, e))?;
        Ok(Writer {
            path: temporary.to_owned(),
            encoder,
            redacting: options.redaction.as_ref().map(Redacting::new),
            check: Check::new(),
            shared,
            room,
            queue: options.queue as u64,
            reserve: options.reserve,
            asked_at: 0,
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
        let proof = match self.end_of_redaction(stopped.is_none()).transpose() {
            Ok(proof) => proof,
            Err(error) => {
                stopped = stopped.or(Some(error));
                None
            }
        };
        let bytes = match self.encoder.finish() {
            Ok(bytes) => bytes,
            Err(e) => {
                stopped = stopped.or(Some(SinkError::io("write", &self.path, e)));
                std::fs::metadata(&self.path).map_or(0, |metadata| metadata.len())
            }
        };
        self.shared.tell(bytes, true);
        let unproven = proof.and_then(|proof| prove(&proof, &self.path).err());
        Done {
            checked: self.check.finish(),
            bytes,
            unproven: unproven.is_some(),
            stopped: stopped.or(unproven),
            hurried: self.hurried,
        }
    }

    /// Writes what the redaction held back, if all of the snapshot has come.
    fn end_of_redaction(&mut self, all_came: bool) -> Option<Result<Proof, SinkError>> {
        let redacting = self.redacting.take().filter(|_| all_came && self.check.has_ended())?;
        Some(redacting.finish().and_then(|(rest, proof)| {
            self.encoder.write(&rest).map_err(|e| SinkError::io("write", &self.path, e))?;
            Ok(proof)
        }))
    }

    fn piece(&mut self, piece: &[u8]) -> Result<(), SinkError> {
        let failed = |e: io::Error| SinkError::io("write", &self.path, e);
        // The fuller the queue, the faster the level.
        let waiting = self.shared.waiting.load(Ordering::Relaxed);
        let level = usize::from(waiting > self.queue / 4) + usize::from(waiting > self.queue / 2);
        if level > 0 {
            self.hurried |= self.encoder.hurry(level).map_err(failed)?;
        }
        match &mut self.redacting {
            Some(redacting) => {
                let redacted = redacting.feed(piece)?;
                self.encoder.write(&redacted).map_err(failed)?;
            }
            None => self.encoder.write(piece).map_err(failed)?,
        }
        let bytes = self.encoder.bytes();
        self.shared.tell(bytes, false);
        if bytes >= self.asked_at {
            self.asked_at = bytes + ASK_EVERY;
            if let Some(free) = free_space(&self.path).filter(|free| *free < self.reserve) {
                return Err(SinkError::Full { path: self.path.clone(), free });
            }
        }
        Ok(())
    }
}
