//! A file that grows as long as its disk has room.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::encoder::Encoder;
use super::{SinkError, free_space};

/// Free space is asked for after so many bytes.
const ASK_EVERY: u64 = 8 << 20;

/// Writes through an encoder, and fails before the disk is full.
pub(super) struct Watched {
    pub(super) encoder: Encoder,
    path: PathBuf,
    reserve: u64,
    asked_at: u64,
}

impl Watched {
    pub(super) fn new(encoder: Encoder, path: &Path, reserve: u64) -> Watched {
        Watched { encoder, path: path.to_owned(), reserve, asked_at: 0 }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn reserve(&self) -> u64 {
        self.reserve
    }
}

/// An error if writing beside `path` would take of what has to stay free.
pub(super) fn has_room(path: &Path, reserve: u64) -> io::Result<()> {
    match free_space(path) {
        Some(free) if free < reserve => Err(io::ErrorKind::StorageFull.into()),
        _ => Ok(()),
    }
}

/// Why writing has failed.
pub(super) fn why(path: &Path, error: io::Error) -> SinkError {
    match free_space(path).filter(|_| error.kind() == io::ErrorKind::StorageFull) {
        Some(free) => SinkError::Full { path: path.to_owned(), free },
        None => SinkError::io("write", path, error),
    }
}

impl Write for Watched {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.encoder.write(bytes)?;
        let written = self.encoder.bytes();
        if written >= self.asked_at {
            self.asked_at = written + ASK_EVERY;
            has_room(&self.path, self.reserve)?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
