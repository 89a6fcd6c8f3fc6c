//! Where what waits is kept past a few megabytes: files without a name.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::SpooledTempFile;

/// Whether there is room is asked after so many bytes of a file.
const ASK_EVERY: u64 = 8 << 20;

/// An error if the disk has no room for more.
type Room = Arc<dyn Fn() -> io::Result<()> + Send + Sync>;

/// A directory, or the system's one for temporary files.
#[derive(Default)]
pub(crate) struct Spool {
    directory: Option<PathBuf>,
    room: Option<Room>,
}

impl Spool {
    pub(crate) fn within(&mut self, directory: &Path) {
        self.directory = Some(directory.to_owned());
    }

    /// Asks before anything goes on the disk, and again every few megabytes.
    pub(crate) fn watched(&mut self, room: impl Fn() -> io::Result<()> + Send + Sync + 'static) {
        self.room = Some(Arc::new(room));
    }

    /// A file that is on the disk once it has more than `in_memory` bytes.
    pub(crate) fn file(&self, in_memory: usize) -> Waiting {
        let file = match &self.directory {
            Some(directory) => SpooledTempFile::new_in(in_memory, directory),
            None => SpooledTempFile::new(in_memory),
        };
        Waiting { file, room: self.room.clone(), written: 0, ask_at: in_memory as u64 }
    }
}

/// A file of a spool: written once from the start, then read.
pub(crate) struct Waiting {
    file: SpooledTempFile,
    room: Option<Room>,
    written: u64,
    ask_at: u64,
}

impl Write for Waiting {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let after = self.written + bytes.len() as u64;
        if after > self.ask_at {
            if let Some(room) = &self.room {
                room()?;
            }
            self.ask_at = after + ASK_EVERY;
        }
        let written = self.file.write(bytes)?;
        self.written += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Read for Waiting {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer)
    }
}

impl Seek for Waiting {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Write};
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{ASK_EVERY, Spool};

    #[test]
    fn room_is_asked_for_on_the_way_to_the_disk_and_every_few_megabytes() {
        let asked = Arc::new(AtomicUsize::new(0));
        let mut spool = Spool::default();
        spool.watched({
            let asked = asked.clone();
            move || -> io::Result<()> {
                match asked.fetch_add(1, Ordering::Relaxed) {
                    2 => Err(io::ErrorKind::StorageFull.into()),
                    _ => Ok(()),
                }
            }
        });
        let mut file = spool.file(1 << 20);
        let piece = vec![7u8; 1 << 16];
        let mut write =
            |bytes: u64| (0..bytes / piece.len() as u64).try_for_each(|_| file.write_all(&piece));
        write(1 << 20).expect("in memory");
        assert_eq!(asked.load(Ordering::Relaxed), 0);
        write(1 << 20).expect("room");
        assert_eq!(asked.load(Ordering::Relaxed), 1);
        write(ASK_EVERY).expect("room");
        assert_eq!(asked.load(Ordering::Relaxed), 2);
        let error = write(ASK_EVERY).expect_err("no room");
        assert_eq!(error.kind(), io::ErrorKind::StorageFull);
    }
}
