//! Where a snapshot's bytes come from: a file, plain or compressed, or standard input.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::members::Members;
use crate::{Error, Result};

/// A snapshot's bytes. Compression is told by the first bytes, not by the name.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
    stdin: bool,
    stream: bool,
}

impl Source {
    /// The file at `path`. Fails if there is none or if it is a directory.
    pub fn file(path: &Path) -> Result<Source> {
        let metadata = path.metadata().map_err(|e| Error::io("open", path, e))?;
        if metadata.is_dir() {
            let error = io::Error::new(io::ErrorKind::IsADirectory, "it is a directory");
            return Err(Error::io("read", path, error));
        }
        Ok(Source { path: path.to_owned(), stdin: false, stream: !metadata.is_file() })
    }

    /// Standard input.
    pub fn stdin() -> Source {
        Source { path: PathBuf::from("-"), stdin: true, stream: true }
    }

    /// The file's path; `-` for standard input.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the bytes come from standard input.
    pub fn is_stdin(&self) -> bool {
        self.stdin
    }

    /// Whether the bytes can be read only once: standard input, a pipe with a name, a device.
    pub fn is_stream(&self) -> bool {
        self.stream
    }

    /// Opens the decompressed bytes for reading, for who does not want tables.
    pub fn reader(&self) -> Result<Reader> {
        Ok(Reader { input: self.open()? })
    }

    /// Opens the bytes for reading.
    pub(crate) fn open(&self) -> Result<Input> {
        if self.stdin {
            return Input::new(Box::new(io::stdin()), None, &self.path);
        }
        let file = File::open(&self.path).map_err(|e| Error::io("open", &self.path, e))?;
        let metadata = file.metadata().map_err(|e| Error::io("read", &self.path, e))?;
        let size = metadata.is_file().then_some(metadata.len());
        Input::new(Box::new(file), size, &self.path)
    }
}

/// The decompressed bytes of a source, in order, and how far they are.
pub struct Reader {
    input: Input,
}

impl Reader {
    /// What is in a file that is still being written: `bytes` waits for more of them until that has ended.
    pub fn following(bytes: impl Read + Send + 'static, path: &Path) -> Result<Reader> {
        Ok(Reader { input: Input::new(Box::new(bytes), None, path)? })
    }

    /// Bytes taken from the file so far, before decompression.
    pub fn consumed(&self) -> u64 {
        self.input.consumed()
    }

    /// Size of the file on disk; 0 where it is not known.
    pub fn disk_size(&self) -> u64 {
        self.input.disk_size
    }
}

impl Read for Reader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.input.fill(buffer).map_err(io::Error::other)
    }
}

/// The decompressed bytes of a source, in order.
pub(crate) struct Input {
    reader: Box<dyn Read + Send>,
    /// Bytes of the snapshot where that is known beforehand (plain files).
    pub(crate) size: Option<u64>,
    /// Bytes taken from the file so far, before decompression.
    consumed: Arc<AtomicU64>,
    /// Bytes given out so far.
    produced: u64,
    compressed: bool,
    /// The compressed bytes end before their stream does.
    pub(crate) cut_off: bool,
    /// Bytes follow the compressed stream.
    trailing: Arc<AtomicBool>,
    /// Size of the file on disk, for progress; 0 where not known.
    pub(crate) disk_size: u64,
    path: PathBuf,
}

/// Real snapshots shrink 5 to 20 times. Past this much output a stream that has shrunk more
/// than [`BOMB_RATIO`] times is taken for an attack on the disk.
const BOMB_BYTES: u64 = 4 << 30;
const BOMB_RATIO: u64 = 250;
/// A file that a collector packed and somebody packed again is ordinary; more is not.
const MOST_LAYERS: u32 = 2;

/// How bytes are compressed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Compression {
    Gzip,
    Zstd,
}

impl Compression {
    /// What the first bytes say.
    fn of(head: &[u8]) -> Option<Compression> {
        if head.starts_with(&[0x1f, 0x8b]) {
            Some(Compression::Gzip)
        } else if head.starts_with(&[0x28, 0xb5, 0x2f, 0xfd]) {
            Some(Compression::Zstd)
        } else {
            None
        }
    }

    /// Decompresses `reader`; `trailing` is set when bytes after the end of the gzip are met.
    fn decoder(
        self,
        reader: Box<dyn Read + Send>,
        trailing: &Arc<AtomicBool>,
    ) -> io::Result<Box<dyn Read + Send>> {
        Ok(match self {
            Compression::Gzip => Box::new(Members::new(reader, trailing.clone())),
            Compression::Zstd => Box::new(zstd::stream::read::Decoder::new(reader)?),
        })
    }
}

/// The first four bytes, or as many as there are, and the error that ended them.
fn head(reader: &mut dyn Read) -> (Vec<u8>, Option<io::Error>) {
    let mut head = Vec::with_capacity(4);
    let end = reader.take(4).read_to_end(&mut head).err();
    (head, end)
}

/// Nothing but the error that ended a stream.
struct Ended(Option<io::Error>);

impl Read for Ended {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

impl Input {
    fn new(raw: Box<dyn Read + Send>, size: Option<u64>, path: &Path) -> Result<Input> {
        let consumed = Arc::new(AtomicU64::new(0));
        let mut reader: Box<dyn Read + Send> =
            Box::new(Counted { inner: raw, count: consumed.clone() });
        let trailing = Arc::new(AtomicBool::new(false));
        let mut layers = 0;
        loop {
            let failed = |source: io::Error| match layers {
                0 => Error::io("read", path, source),
                _ => {
                    let offset = consumed.load(Ordering::Relaxed);
                    Error::Decompress { path: path.to_owned(), offset, source }
                }
            };
            let (head, end) = head(&mut *reader);
            let compression = Compression::of(&head);
            if let Some(error) = end {
                // What is cut off is for whoever reads on to notice, unless there is nothing.
                let is_cut = layers > 0 && error.kind() == io::ErrorKind::UnexpectedEof;
                if !is_cut || head.is_empty() {
                    return Err(failed(error));
                }
                let rest = Ended(Some(error));
                reader = Box::new(io::Cursor::new(head).chain(rest));
            } else {
                reader = Box::new(io::Cursor::new(head).chain(reader));
            }
            let Some(compression) = compression else { break };
            if layers == MOST_LAYERS {
                let what = format!("it is compressed more than {MOST_LAYERS} times over");
                let hint = "decompress it by hand".to_owned();
                return Err(Error::NotASnapshot { path: path.to_owned(), what, hint });
            }
            layers += 1;
            reader = compression.decoder(reader, &trailing).map_err(|source| {
                let offset = consumed.load(Ordering::Relaxed);
                Error::Decompress { path: path.to_owned(), offset, source }
            })?;
        }
        let compressed = layers > 0;
        Ok(Input {
            reader,
            size: size.filter(|_| !compressed),
            consumed,
            produced: 0,
            compressed,
            cut_off: false,
            trailing,
            disk_size: size.unwrap_or(0),
            path: path.to_owned(),
        })
    }

    /// Fills `buffer` as far as there are bytes. Fewer bytes than asked for mean the end.
    pub(crate) fn fill(&mut self, mut buffer: &mut [u8]) -> Result<usize> {
        let asked = buffer.len();
        while !buffer.is_empty() {
            match self.reader.read(buffer) {
                Ok(0) => break,
                Ok(n) => buffer = &mut buffer[n..],
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) if self.compressed => return self.broken_stream(e, asked - buffer.len()),
                Err(e) => return Err(Error::io("read", &self.path, e)),
            }
        }
        let got = asked - buffer.len();
        self.produced += got as u64;
        if self.compressed
            && self.produced > BOMB_BYTES
            && self.produced / BOMB_RATIO > self.consumed()
        {
            let what = format!("it decompresses to more than {BOMB_RATIO} times its size");
            let hint = "decompress it by hand if that is meant".to_owned();
            return Err(Error::NotASnapshot { path: self.path.clone(), what, hint });
        }
        Ok(got)
    }

    /// A compressed stream that was cut off gives what came before the cut.
    fn broken_stream(&mut self, source: io::Error, got: usize) -> Result<usize> {
        let cut = source.kind() == io::ErrorKind::UnexpectedEof;
        if cut && self.produced + got as u64 > 0 {
            self.produced += got as u64;
            self.reader = Box::new(io::empty());
            self.cut_off = true;
            return Ok(got);
        }
        Err(Error::Decompress { path: self.path.clone(), offset: self.consumed(), source })
    }

    /// Whether bytes after the end of the compressed stream were met.
    pub(crate) fn has_trailing_bytes(&self) -> bool {
        self.trailing.load(Ordering::Relaxed)
    }

    /// Bytes taken from the file so far.
    pub(crate) fn consumed(&self) -> u64 {
        self.consumed.load(Ordering::Relaxed)
    }
}

struct Counted<R> {
    inner: R,
    count: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.count.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}
