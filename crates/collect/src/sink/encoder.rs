//! Plain or compressed bytes into a file.

use std::fs::File;
use std::io::{self, Write};

use zstd::stream::write::Encoder as Zstd;

/// Levels of zstd, from what is used when there is time to what keeps up with anything.
const LEVELS: [i32; 3] = [3, 1, -7];

/// Writes to a file.
pub(super) enum Encoder {
    Plain(Counted),
    /// With the position in [`LEVELS`].
    Compressed(Zstd<'static, Counted>, usize),
    /// Between two frames, or after an error.
    Closed,
}

/// A file, and how many bytes went into it.
pub(super) struct Counted {
    pub(super) file: File,
    pub(super) bytes: u64,
}

impl Write for Counted {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let n = self.file.write(buffer)?;
        self.bytes += n as u64;
        Ok(n)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl Encoder {
    pub(super) fn new(file: File, compress: bool) -> io::Result<Encoder> {
        let file = Counted { file, bytes: 0 };
        if compress {
            Ok(Encoder::Compressed(frame(file, 0)?, 0))
        } else {
            Ok(Encoder::Plain(file))
        }
    }

    pub(super) fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        match self {
            Encoder::Plain(file) => file.write_all(bytes),
            Encoder::Compressed(zstd, _) => zstd.write_all(bytes),
            Encoder::Closed => Err(closed()),
        }
    }

    /// Goes on with a faster level if there is one at or past `level`: the frame ends and another begins,
    /// which decoders read as one.
    pub(super) fn hurry(&mut self, level: usize) -> io::Result<bool> {
        let level = level.min(LEVELS.len() - 1);
        match std::mem::replace(self, Encoder::Closed) {
            Encoder::Compressed(zstd, current) if current < level => {
                *self = Encoder::Compressed(frame(zstd.finish()?, level)?, level);
                Ok(true)
            }
            same => {
                *self = same;
                Ok(false)
            }
        }
    }

    /// Bytes in the file so far.
    pub(super) fn bytes(&self) -> u64 {
        match self {
            Encoder::Plain(file) => file.bytes,
            Encoder::Compressed(zstd, _) => zstd.get_ref().bytes,
            Encoder::Closed => 0,
        }
    }

    /// Ends the file and puts it on the disk. Gives its bytes; an error if they are not all there.
    pub(super) fn finish(self) -> io::Result<u64> {
        let mut file = match self {
            Encoder::Plain(file) => file,
            Encoder::Compressed(zstd, _) => zstd.finish()?,
            Encoder::Closed => return Err(closed()),
        };
        file.flush()?;
        file.file.sync_all()?;
        Ok(file.bytes)
    }
}

fn closed() -> io::Error {
    io::Error::other("the file is closed")
}

fn frame(file: Counted, level: usize) -> io::Result<Zstd<'static, Counted>> {
    let mut frame = Zstd::new(file, LEVELS[level])?;
    frame.include_checksum(true)?;
    Ok(frame)
}
