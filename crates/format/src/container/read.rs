//! An index file that is whole, mapped into memory.

use std::fs::File;
use std::marker::PhantomData;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use bytemuck::Pod;
use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::{FIRST_SECTION, HEADER_BYTES, MAGIC, STREAM_BYTES, Section, Toc, VERSION};
use crate::column::{Column, Mapping};
use crate::{Error, Result};

/// An index file opened for reading.
#[derive(Debug)]
pub struct Container {
    file: Arc<File>,
    path: PathBuf,
    toc: Toc,
    mapping: Arc<Mapping>,
}

impl Container {
    /// Opens the index at `path`. Checks header and table of contents, and that every section
    /// lies inside the file; section contents are checked by [`Container::verify`].
    pub fn open(path: &Path) -> Result<Container> {
        let file = File::open(path).map_err(|e| Error::io("open", path, e))?;
        Self::from_file(file, path)
    }

    /// As [`Container::open`], of an open file; `path` is for messages.
    pub fn from_file(file: File, path: &Path) -> Result<Container> {
        let size = file.metadata().map_err(|e| Error::io("read", path, e))?.len();
        let toc = read_toc(&file, path, size)?;
        for section in &toc.sections {
            let end = section.offset.checked_add(section.bytes);
            if section.offset < FIRST_SECTION || end.is_none_or(|end| end > size) {
                return Err(damaged(
                    path,
                    format!("section {} lies outside the file", section.name),
                ));
            }
        }
        let mapping = Arc::new(map(&file, path)?);
        Ok(Container { file: Arc::new(file), path: path.to_owned(), toc, mapping })
    }

    /// Whether an index file starts with these bytes.
    pub fn is_magic(bytes: &[u8]) -> bool {
        bytes == MAGIC
    }

    /// The facts given to [`super::ContainerWriter::seal`].
    pub fn facts(&self) -> &serde_json::Value {
        &self.toc.facts
    }

    /// The index file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The rows of section `name`, unchecked; see [`Container::verify`].
    pub fn column<T: Pod>(&self, name: &str) -> Result<Column<T>> {
        let section = self.section(name)?;
        let range = section.offset as usize..(section.offset + section.bytes) as usize;
        Some(section)
            .filter(|s| s.element == size_of::<T>() as u64)
            .and_then(|_| Column::new(self.mapping.clone(), range))
            .ok_or_else(|| damaged(&self.path, format!("section {name} has another shape")))
    }

    /// The bytes of a small section, checked, as a copy.
    pub fn small(&self, name: &str) -> Result<Vec<u8>> {
        let section = self.section(name)?;
        let mut bytes = vec![0; section.bytes as usize];
        self.file
            .read_exact_at(&mut bytes, section.offset)
            .map_err(|e| Error::io("read", &self.path, e))?;
        if xxh3_64(&bytes) != section.xxh3 {
            return Err(damaged(&self.path, format!("section {name} does not match its sum")));
        }
        Ok(bytes)
    }

    /// Reads every section and compares it with its sum, on `threads` threads. Reads through
    /// small buffers, not the mapping, so that nothing becomes resident.
    pub fn verify(&self, threads: usize) -> Result<()> {
        let next = std::sync::atomic::AtomicUsize::new(0);
        let mut order: Vec<&Section> = self.toc.sections.iter().collect();
        order.sort_by_key(|s| std::cmp::Reverse(s.bytes));
        let work = || -> Result<()> {
            loop {
                let at = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                let Some(section) = order.get(at) else {
                    return Ok(());
                };
                self.verify_section(section)?;
            }
        };
        std::thread::scope(|scope| {
            let helpers: Vec<_> = (1..threads.max(1)).map(|_| scope.spawn(work)).collect();
            let mut result = work();
            for helper in helpers {
                result = result
                    .and(helper.join().unwrap_or(Err(damaged(&self.path, "unreadable".into()))));
            }
            result
        })
    }

    fn verify_section(&self, section: &Section) -> Result<()> {
        let mut reader =
            SectionReader::new(self.file.clone(), self.path.clone(), section.offset, section.bytes);
        let mut hash = Xxh3::new();
        while let Some(bytes) = reader.next_bytes()? {
            hash.update(bytes);
        }
        if hash.digest() != section.xxh3 {
            return Err(damaged(
                &self.path,
                format!("section {} does not match its sum", section.name),
            ));
        }
        Ok(())
    }

    fn section(&self, name: &str) -> Result<&Section> {
        let found = self.toc.sections.iter().find(|s| s.name == name);
        found.ok_or_else(|| damaged(&self.path, format!("no section {name}")))
    }
}

fn read_toc(file: &File, path: &Path, size: u64) -> Result<Toc> {
    let mut header = [0; HEADER_BYTES];
    if size < HEADER_BYTES as u64 {
        return Err(Error::Index { path: path.to_owned(), reason: "foreign: too short".into() });
    }
    file.read_exact_at(&mut header, 0).map_err(|e| Error::io("read", path, e))?;
    if header[..8] != MAGIC {
        return Err(Error::Index { path: path.to_owned(), reason: "foreign: not an index".into() });
    }
    let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|i| header[at + i]));
    let version = u32::from_le_bytes(std::array::from_fn(|i| header[8 + i]));
    if version != VERSION {
        let reason = format!("of version {version}, this program writes version {VERSION}");
        return Err(Error::Index { path: path.to_owned(), reason });
    }
    let (offset, length, sum) = (word(16), word(24), word(32));
    if offset.checked_add(length).is_none_or(|end| end > size) {
        return Err(damaged(path, "the table of contents lies outside the file".into()));
    }
    let mut bytes = vec![0; length as usize];
    file.read_exact_at(&mut bytes, offset).map_err(|e| Error::io("read", path, e))?;
    if xxh3_64(&bytes) != sum {
        return Err(damaged(path, "the table of contents does not match its sum".into()));
    }
    serde_json::from_slice(&bytes).map_err(|e| damaged(path, format!("table of contents: {e}")))
}

fn damaged(path: &Path, what: String) -> Error {
    Error::Index { path: path.to_owned(), reason: format!("damaged: {what}") }
}

/// Maps a whole file read-only; where the file system cannot, reads it into memory.
#[expect(unsafe_code, reason = "a file can be mapped in no other way")]
pub(super) fn map(file: &File, path: &Path) -> Result<Mapping> {
    // SAFETY: nobody changes bytes that are looked at. Index files are written under a temporary
    // name, sealed, and renamed; heapglass never writes to or truncates a named one, only unlinks
    // or replaces it, which leaves the mapped inode as it is. A work file is mapped while other
    // sections are still written: columns reach only into finished ones, whose bytes stay, and
    // the file only grows. Work files are made readable and writable for their owner alone.
    // A program of the same user that truncates the file meanwhile would raise SIGBUS.
    match unsafe { memmap2::Mmap::map(file) } {
        Ok(map) => Ok(Mapping::Mapped(map)),
        Err(_) => read_whole(file, path),
    }
}

/// The safe twin of mapping: the file's bytes in memory.
pub(super) fn read_whole(file: &File, path: &Path) -> Result<Mapping> {
    let io = |e| Error::io("read", path, e);
    let len = file.metadata().map_err(io)?.len() as usize;
    let mut words = Vec::new();
    let no_memory = |_| std::io::Error::from(std::io::ErrorKind::OutOfMemory);
    words.try_reserve_exact(len.div_ceil(8)).map_err(no_memory).map_err(io)?;
    words.resize(len.div_ceil(8), 0u64);
    let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut words)[..len];
    file.read_exact_at(bytes, 0).map_err(io)?;
    Ok(Mapping::Memory { words, len })
}

/// Reads a section in order through a small buffer.
#[derive(Debug)]
pub struct SectionReader {
    file: Arc<File>,
    path: PathBuf,
    at: u64,
    left: u64,
    buffer: Vec<u64>,
}

impl SectionReader {
    pub(super) fn new(file: Arc<File>, path: PathBuf, at: u64, left: u64) -> SectionReader {
        SectionReader { file, path, at, left, buffer: Vec::new() }
    }

    /// The next bytes, a multiple of 8 except at the end; `None` at the end.
    pub(crate) fn next_bytes(&mut self) -> Result<Option<&[u8]>> {
        if self.left == 0 {
            return Ok(None);
        }
        self.buffer.resize(STREAM_BYTES / 8, 0);
        let length = self.left.min(STREAM_BYTES as u64);
        let bytes = &mut bytemuck::cast_slice_mut::<u64, u8>(&mut self.buffer)[..length as usize];
        self.file.read_exact_at(bytes, self.at).map_err(|e| Error::io("read", &self.path, e))?;
        self.at += length;
        self.left -= length;
        Ok(Some(bytes))
    }
}

/// Reads rows of a section at any place.
#[derive(Debug)]
pub struct RowReader<T> {
    file: Arc<File>,
    path: PathBuf,
    offset: u64,
    rows: usize,
    of: PhantomData<T>,
}

impl<T: Pod> RowReader<T> {
    pub(super) fn new(file: Arc<File>, path: PathBuf, offset: u64, bytes: u64) -> RowReader<T> {
        RowReader { file, path, offset, rows: bytes as usize / size_of::<T>(), of: PhantomData }
    }

    /// Number of rows.
    pub fn len(&self) -> usize {
        self.rows
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// Reads up to `count` rows from `start` on into `out`, which is emptied before.
    pub fn read(&self, start: usize, count: usize, out: &mut Vec<T>) -> Result<()> {
        let count = count.min(self.rows.saturating_sub(start));
        out.resize(count, T::zeroed());
        let offset = self.offset + (start * size_of::<T>()) as u64;
        self.file
            .read_exact_at(bytemuck::cast_slice_mut(out), offset)
            .map_err(|e| Error::io("read", &self.path, e))
    }
}

#[cfg(test)]
impl Container {
    /// Byte ranges of the sections.
    pub(super) fn sections_for_test(&self) -> Vec<(u64, u64)> {
        self.toc.sections.iter().map(|s| (s.offset, s.offset + s.bytes)).collect()
    }
}
