//! Bytes on their way to a file, compressed as its name says.

use std::io::{self, Write};
use std::path::Path;

/// Writes plain, gzip or zstd.
pub struct Packer<W: Write>(Inner<W>);

enum Inner<W: Write> {
    Plain(W),
    Gzip(flate2::write::GzEncoder<W>),
    Zstd(zstd::stream::write::Encoder<'static, W>),
}

impl<W: Write> Packer<W> {
    /// Compresses for a file of this name: `.gz`, `.zst`, anything else plain.
    pub fn for_name(name: &Path, out: W) -> io::Result<Packer<W>> {
        let ending = name.extension().unwrap_or_default();
        Ok(Packer(if ending == "gz" {
            Inner::Gzip(flate2::write::GzEncoder::new(out, flate2::Compression::default()))
        } else if ending == "zst" {
            Inner::Zstd(zstd::stream::write::Encoder::new(out, 3)?)
        } else {
            Inner::Plain(out)
        }))
    }

    /// Ends the compressed stream. Without it the file is cut off.
    pub fn finish(self) -> io::Result<W> {
        match self.0 {
            Inner::Plain(out) => Ok(out),
            Inner::Gzip(encoder) => encoder.finish(),
            Inner::Zstd(encoder) => encoder.finish(),
        }
    }
}

impl<W: Write> Write for Packer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.0 {
            Inner::Plain(out) => out.write(bytes),
            Inner::Gzip(encoder) => encoder.write(bytes),
            Inner::Zstd(encoder) => encoder.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.0 {
            Inner::Plain(out) => out.flush(),
            Inner::Gzip(encoder) => encoder.flush(),
            Inner::Zstd(encoder) => encoder.flush(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::path::Path;

    use super::Packer;
    use crate::source::Source;

    #[test]
    fn what_is_packed_is_read_again() {
        let dir = tempfile::tempdir().expect("a directory");
        for name in ["a.heapsnapshot", "a.heapsnapshot.gz", "a.heapsnapshot.zst"] {
            let path = dir.path().join(name);
            let file = std::fs::File::create(&path).expect("a file");
            let mut packer = Packer::for_name(Path::new(name), file).expect("a packer");
            packer.write_all(&[b'x'; 100_000]).expect("written");
            packer.finish().expect("finished");
            let mut text = Vec::new();
            let mut reader = Source::file(&path).expect("a source").reader().expect("a reader");
            reader.read_to_end(&mut text).expect("read");
            assert!(text == [b'x'; 100_000], "{name}");
            assert_eq!(name.contains("shot."), reader.consumed() < 10_000, "{name}");
        }
    }
}
