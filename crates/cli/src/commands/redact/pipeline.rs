//! Reading, redacting and writing beside each other.

use std::fs::File;
use std::io::{self, Read, Write};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use heapglass_format::pack::Packer;
use heapglass_format::source::Reader;

use crate::interrupt::Interrupt;

/// Pieces that wait between two steps.
const WAITING: usize = 4;
/// Bytes of a piece: with a megabyte each the program took 8 MB of 102 more (1.12 GB, 2026-11-30).
const PIECE: usize = 1 << 18;

/// What was written is made to reach the disk after so many bytes.
const KEEP_EVERY: usize = 32 << 20;

/// What was read, and how far the file on the disk is. An empty one is the end: without it the reader has failed.
pub(super) type Piece = io::Result<(Vec<u8>, u64)>;

/// Reads ahead, on a thread of its own, until the end or an error. Buffers come back through the sender.
///
/// Nobody waits for the thread: standard input may never end, and an error of the redaction is told at once.
pub(super) fn read_ahead(reader: impl Source) -> io::Result<(Receiver<Piece>, Sender<Vec<u8>>)> {
    let (full, pieces) = sync_channel(WAITING);
    let (give_back, empty) = channel();
    let thread = std::thread::Builder::new().name("reading".to_owned());
    thread.spawn(move || read(reader, &full, &empty))?;
    Ok((pieces, give_back))
}

/// What is read ahead, and how far it is.
pub(super) trait Source: Read + Send + 'static {
    fn consumed(&self) -> u64;
}

impl Source for Reader {
    fn consumed(&self) -> u64 {
        Reader::consumed(self)
    }
}

/// The next piece, or `None` at the end.
pub(super) fn next(pieces: &Receiver<Piece>) -> io::Result<Option<(Vec<u8>, u64)>> {
    let ended = || io::Error::other("reading has ended before the end of the file");
    let piece = pieces.recv().map_err(|_| ended())??;
    Ok(Some(piece).filter(|(bytes, _)| !bytes.is_empty()))
}

fn read(mut reader: impl Source, full: &SyncSender<Piece>, empty: &Receiver<Vec<u8>>) {
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
    interrupt: Interrupt,
}

/// The other end, which tells when there is more in the file.
pub(super) struct Ahead {
    full: Receiver<Vec<u8>>,
    empty: Sender<Vec<u8>>,
}

/// Both ends.
pub(super) fn pieces(interrupt: Interrupt) -> (Behind, Ahead) {
    let (full, filled) = sync_channel(WAITING);
    let (empty, emptied) = channel();
    (Behind { full, empty: emptied, interrupt }, Ahead { full: filled, empty })
}

impl Write for Behind {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.interrupt.asked().is_some() {
            return Err(io::Error::other("interrupted"));
        }
        let bytes = bytes.get(..PIECE).unwrap_or(bytes);
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
    /// Writes all pieces until there will be no more, and tells that there is more to follow and to have on the disk.
    pub(super) fn write(
        self,
        mut packer: Packer<File>,
        follow: SyncSender<()>,
        keep: SyncSender<()>,
    ) -> io::Result<()> {
        let mut unkept = 0;
        for piece in &self.full {
            packer.write_all(&piece)?;
            unkept += piece.len();
            let _ = self.empty.send(piece);
            // Whoever is told has been told already, or is gone.
            let _ = follow.try_send(());
            if unkept >= KEEP_EVERY {
                let _ = keep.try_send(());
                unkept = 0;
            }
        }
        packer.finish().map(drop)
    }
}

/// What makes a file reach the disk while it is written, and what it is to be told by that there is more in it.
pub(super) fn keeping(file: &File) -> io::Result<(Keeping, SyncSender<()>)> {
    let (told, more) = sync_channel(1);
    Ok((Keeping { file: file.try_clone()?, more }, told))
}

/// Makes a file reach the disk behind who writes it. The system would begin at the end, when all wait for it: a gigabyte took
/// 2 to 7 s then (2026-11-30).
pub(super) struct Keeping {
    file: File,
    more: Receiver<()>,
}

impl Keeping {
    /// Until whoever writes has ended and all is on the disk, or nobody wants it any more.
    pub(super) fn keep(self, interrupt: &Interrupt) -> io::Result<()> {
        while self.more.recv().is_ok() {
            self.file.sync_data()?;
        }
        if interrupt.asked().is_none() { self.file.sync_all() } else { Ok(()) }
    }
}

/// Reads a file behind who writes it, and waits for more at its end until that one has ended.
pub(super) struct Following {
    file: File,
    more: Receiver<()>,
    ended: bool,
}

/// One that follows in this file, and what it is to be told by that there is more in it.
pub(super) fn following(file: File) -> (Following, SyncSender<()>) {
    let (told, more) = sync_channel(1);
    (Following { file, more, ended: false }, told)
}

impl Read for Following {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let got = self.file.read(buffer)?;
            if got > 0 || buffer.is_empty() || self.ended {
                return Ok(got);
            }
            // Whoever writes has written before it is gone.
            self.ended = self.more.recv().is_err();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{self, Read, Write};
    use std::path::Path;
    use std::sync::mpsc::sync_channel;

    use heapglass_format::pack::Packer;

    use super::{KEEP_EVERY, PIECE, Source, following, keeping, next, pieces, read_ahead};
    use crate::interrupt::Interrupt;

    struct Odd(&'static [u8]);

    impl Read for Odd {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            assert!(!self.0.is_empty(), "as a fault of a decoder would end the thread");
            self.0.read(buffer)
        }
    }

    impl Source for Odd {
        fn consumed(&self) -> u64 {
            0
        }
    }

    #[test]
    fn a_reader_that_ends_without_saying_so_is_an_error() {
        let (pieces, _give_back) = read_ahead(Odd(b"abc")).expect("a thread");
        let first = next(&pieces).expect("a piece").expect("bytes");
        assert_eq!(first.0, b"abc");
        assert!(next(&pieces).is_err());
    }

    #[test]
    fn what_waits_is_cut_into_pieces() {
        let (mut behind, ahead) = pieces(Interrupt::default());
        let writing = std::thread::spawn(move || ahead.full.iter().map(|p| p.len()).max());
        behind.write_all(&vec![b'x'; 3 * PIECE + 1]).expect("written");
        drop(behind);
        assert_eq!(writing.join().expect("it ends"), Some(PIECE));
    }

    #[test]
    fn who_follows_reads_all_that_is_written() {
        let mut file = tempfile::NamedTempFile::new().expect("a file");
        let (mut follows, told) = following(file.reopen().expect("opened"));
        let reading = std::thread::spawn(move || {
            let mut all = Vec::new();
            follows.read_to_end(&mut all).map(|_| all)
        });
        let mut written = Vec::new();
        for piece in 0..50u8 {
            let bytes = vec![piece; 1000 * usize::from(piece)];
            file.write_all(&bytes).expect("written");
            written.extend(bytes);
            // Told or not: who is told once looks until there is no more.
            if piece % 3 == 0 {
                let _ = told.try_send(());
            }
        }
        drop(told);
        assert!(reading.join().expect("it ends").expect("read") == written);
    }

    #[test]
    fn what_is_written_reaches_the_disk_on_the_way_and_at_the_end() {
        let file = tempfile::NamedTempFile::new().expect("a file");
        let packer = Packer::for_name(Path::new("a"), file.reopen().expect("opened"));
        let (mut behind, ahead) = pieces(Interrupt::default());
        let (follow, _) = sync_channel(1);
        let (keep, told) = sync_channel(1);
        let packer = packer.expect("a packer");
        let writing = std::thread::spawn(move || ahead.write(packer, follow, keep));
        behind.write_all(&vec![b'x'; KEEP_EVERY]).expect("written");
        drop(behind);
        writing.join().expect("it ends").expect("written");
        assert!(told.recv().is_ok() && told.recv().is_err(), "once, then the end");
        let (keeps, told) = keeping(file.as_file()).expect("the file again");
        told.send(()).expect("it listens");
        drop(told);
        keeps.keep(&Interrupt::default()).expect("it is on the disk");
    }
}
