//! Reading, redacting and writing beside each other.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use heapglass_format::pack::Packer;
use heapglass_format::source::Reader;

/// Pieces that wait between two steps, of at most a megabyte each.
const WAITING: usize = 4;
const PIECE: usize = 1 << 20;

/// What was read, and how far the file on the disk is.
pub(super) type Piece = io::Result<(Vec<u8>, u64)>;

/// Reads ahead until the end or an error. Buffers come back through `empty`.
pub(super) fn read(mut reader: Reader, full: &SyncSender<Piece>, empty: &Receiver<Vec<u8>>) {
    loop {
        let mut buffer = empty.try_recv().unwrap_or_default();
        buffer.resize(PIECE, 0);
        let piece = reader.read(&mut buffer).map(|got| {
            buffer.truncate(got);
            (buffer, reader.consumed())
        });
        let is_last = piece.as_ref().map_or(true, |(bytes, _)| bytes.is_empty());
        // Nobody takes it if the redaction has failed.
        if full.send(piece).is_err() || is_last {
            return;
        }
    }
}

/// What the redactor writes into: pieces go to the thread that compresses and writes them.
pub(super) struct Behind {
    full: SyncSender<Vec<u8>>,
    empty: Receiver<Vec<u8>>,
}

/// The other end.
pub(super) struct Ahead {
    full: Receiver<Vec<u8>>,
    empty: Sender<Vec<u8>>,
}

/// Both ends.
pub(super) fn pieces() -> (Behind, Ahead) {
    let (full, filled) = sync_channel(WAITING);
    let (empty, emptied) = channel();
    (Behind { full, empty: emptied }, Ahead { full: filled, empty })
}

/// The ends of what is read.
pub(super) fn read_ahead() -> (SyncSender<Piece>, Receiver<Piece>) {
    sync_channel(WAITING)
}

impl Write for Behind {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut piece = self.empty.try_recv().unwrap_or_default();
        piece.clear();
        piece.extend_from_slice(bytes);
        // Why it has ended the other end says itself.
        self.full.send(piece).map_err(|_| io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Ahead {
    /// Writes all pieces until there will be no more.
    pub(super) fn write(self, mut packer: Packer<File>) -> io::Result<()> {
        for piece in &self.full {
            packer.write_all(&piece)?;
            let _ = self.empty.send(piece);
        }
        packer.finish().map(drop)
    }
}
