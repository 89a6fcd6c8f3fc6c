//! An index file in the making, several columns at a time.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use bytemuck::Pod;
use tempfile::{Builder, NamedTempFile};
use xxhash_rust::xxh3::Xxh3;

use super::{
    ALIGNMENT, FIRST_SECTION, HEADER_BYTES, MAGIC, RowReader, STREAM_BYTES, Section, SectionReader,
    Toc, VERSION,
};
use crate::column::{Column, Mapping};
use crate::{Error, Result};

/// An index file being written. Sections may be written from several threads at once.
#[derive(Debug)]
pub struct ContainerWriter {
    file: NamedTempFile,
    /// The same open file, shared with the section writers.
    handle: Arc<File>,
    path: PathBuf,
    end: AtomicU64,
    sections: Mutex<Vec<Section>>,
    /// Whether the file will be an index; otherwise it only serves the passes.
    is_index: bool,
}

impl ContainerWriter {
    /// A new work file in `dir`, readable by its owner only, removed when dropped unless
    /// [`ContainerWriter::persist`] gives it a name.
    pub fn create(dir: &Path) -> Result<ContainerWriter> {
        let make = || {
            let file = Builder::new().prefix(".heapglass-").suffix(".tmp").tempfile_in(dir)?;
            let handle = Arc::new(file.reopen()?);
            Ok((file, handle))
        };
        let (file, handle) = make().map_err(|e| Error::io("create a work file in", dir, e))?;
        let path = file.path().to_owned();
        let (end, sections) = (AtomicU64::new(FIRST_SECTION), Mutex::new(Vec::new()));
        Ok(ContainerWriter { file, handle, path, end, sections, is_index: true })
    }

    /// The same for a file that is read by the passes alone and never again: it has no sums, and
    /// what [`ContainerWriter::keep`] is given is dropped. For a snapshot of 1.1 GB that leaves
    /// out more than half of 1.5 GB (2026-11-29).
    pub fn create_for_passes(dir: &Path) -> Result<ContainerWriter> {
        Ok(ContainerWriter { is_index: false, ..ContainerWriter::create(dir)? })
    }

    /// Whether [`ContainerWriter::keep`] writes.
    pub fn is_index(&self) -> bool {
        self.is_index
    }

    /// Starts a section whose rows arrive bit by bit; `capacity` rows get space at once, more
    /// cost a copy. The space is address space in a sparse file, not memory.
    pub fn stream<T: Pod>(&self, name: &'static str, capacity: u64) -> SectionWriter<'_> {
        let capacity = capacity.saturating_mul(size_of::<T>() as u64);
        SectionWriter {
            writer: self,
            name,
            element: size_of::<T>() as u64,
            offset: self.allocate(capacity),
            capacity,
            flushed: 0,
            buffer: Vec::with_capacity(STREAM_BYTES),
            hash: Xxh3::new(),
        }
    }

    /// As [`ContainerWriter::stream`] for a section that no pass reads; `None` if the file will not
    /// be an index.
    pub(crate) fn keep_stream<T: Pod>(
        &self,
        name: &'static str,
        capacity: u64,
    ) -> Option<SectionWriter<'_>> {
        self.is_index.then(|| self.stream::<T>(name, capacity))
    }

    /// Writes a whole section.
    pub fn put<T: Pod>(&self, name: &'static str, rows: &[T]) -> Result<()> {
        let mut section = self.stream::<T>(name, rows.len() as u64);
        section.append(rows)?;
        section.finish()
    }

    /// Writes a whole section that no pass reads, only questions to the graph.
    pub fn keep<T: Pod>(&self, name: &'static str, rows: &[T]) -> Result<()> {
        if self.is_index { self.put(name, rows) } else { Ok(()) }
    }

    /// Writes a section anew in place of the one with the same name.
    pub fn replace<T: Pod>(&self, name: &'static str, rows: &[T]) -> Result<()> {
        self.lock().retain(|section| section.name != name);
        self.put(name, rows)
    }

    /// Puts rows aside that are wanted again in order, in a file of their own without a name, which is
    /// gone with the reader.
    pub fn set_aside<T: Pod>(&self, rows: &[T]) -> Result<RowReader<T>> {
        let dir = self.path.parent().unwrap_or(Path::new("."));
        let bytes: &[u8] = bytemuck::cast_slice(rows);
        let write = || {
            let file = tempfile::tempfile_in(dir)?;
            file.write_all_at(bytes, 0)?;
            Ok(file)
        };
        let file = write().map_err(|e| Error::io("write a work file in", dir, e))?;
        Ok(RowReader::new(Arc::new(file), self.path.clone(), 0, bytes.len() as u64))
    }

    /// Maps a finished section. Sections do not change once they are finished.
    pub fn column<T: Pod>(&self, name: &str) -> Result<Column<T>> {
        self.map(name, super::read::map(&self.handle, &self.path)?)
    }

    /// As [`ContainerWriter::column`], for few accesses far apart: the system does not read
    /// ahead, and what lies between does not become resident.
    pub fn sparse_column<T: Pod>(&self, name: &str) -> Result<Column<T>> {
        let mapping = super::read::map(&self.handle, &self.path)?;
        if let Mapping::Mapped(map) = &mapping {
            let _ = map.advise(memmap2::Advice::Random);
        }
        self.map(name, mapping)
    }

    fn map<T: Pod>(&self, name: &str, mapping: Mapping) -> Result<Column<T>> {
        let section = self.section(name)?;
        if section.bytes == 0 {
            // Its place may lie past the end of the file so far.
            return Ok(Column::empty());
        }
        let mapping = Arc::new(mapping);
        let range = section.offset as usize..(section.offset + section.bytes) as usize;
        Column::new(mapping, range).ok_or_else(|| Error::Index {
            path: self.path.clone(),
            reason: format!("damaged: section {name} has another shape"),
        })
    }

    /// Rows of a finished section, read where they are asked for and not mapped.
    pub fn rows<T: Pod>(&self, name: &str) -> Result<RowReader<T>> {
        let section = self.section(name)?;
        Ok(RowReader::new(self.handle.clone(), self.path.clone(), section.offset, section.bytes))
    }

    /// Reads a finished section back, in order, without mapping it.
    pub(crate) fn read_back(&self, name: &str) -> Result<SectionReader> {
        let section = self.section(name)?;
        Ok(SectionReader::new(
            self.handle.clone(),
            self.path.clone(),
            section.offset,
            section.bytes,
        ))
    }

    /// Completes the file: table of contents with the caller's `facts`, then the header.
    pub fn seal(&self, facts: serde_json::Value) -> Result<()> {
        let sections = std::mem::take(&mut *self.lock());
        let toc = serde_json::to_vec(&Toc { facts, sections })
            .map_err(|e| Error::io("write", &self.path, e.into()))?;
        let offset = self.allocate(toc.len() as u64);
        let mut header = [0; HEADER_BYTES];
        header[..8].copy_from_slice(&MAGIC);
        header[8..12].copy_from_slice(&VERSION.to_le_bytes());
        header[16..24].copy_from_slice(&offset.to_le_bytes());
        header[24..32].copy_from_slice(&(toc.len() as u64).to_le_bytes());
        header[32..].copy_from_slice(&xxhash_rust::xxh3::xxh3_64(&toc).to_le_bytes());
        self.write_at(offset, &toc)?;
        self.write_at(0, &header)
    }

    /// Gives the sealed file its name, atomically. The file can be read even if that fails; it is
    /// gone then when the returned handle is.
    pub fn persist(self, path: &Path) -> (File, Result<()>) {
        match self.file.persist(path) {
            Ok(file) => (file, Ok(())),
            Err(e) => (e.file.into_file(), Err(Error::io("write", path, e.error))),
        }
    }

    /// The sealed file without a name: it is gone when the returned handle is.
    pub fn into_unnamed(self) -> File {
        self.file.into_file()
    }

    /// Where the work file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn section(&self, name: &str) -> Result<Section> {
        let found = self.lock().iter().find(|s| s.name == name).cloned();
        found.ok_or_else(|| Error::Index {
            path: self.path.clone(),
            reason: format!("damaged: no section {name}"),
        })
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Section>> {
        self.sections.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    fn allocate(&self, bytes: u64) -> u64 {
        self.end.fetch_add(bytes.next_multiple_of(ALIGNMENT).max(ALIGNMENT), Ordering::Relaxed)
    }

    fn write_at(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        self.handle.write_all_at(bytes, offset).map_err(|e| Error::io("write", &self.path, e))
    }
}

/// A section that is being written.
pub struct SectionWriter<'a> {
    writer: &'a ContainerWriter,
    name: &'static str,
    element: u64,
    offset: u64,
    /// Bytes of space at `offset`.
    capacity: u64,
    /// Bytes written there.
    flushed: u64,
    buffer: Vec<u8>,
    hash: Xxh3,
}

impl SectionWriter<'_> {
    /// Appends rows.
    pub fn append<T: Pod>(&mut self, rows: &[T]) -> Result<()> {
        let bytes: &[u8] = bytemuck::cast_slice(rows);
        if self.buffer.len() + bytes.len() <= STREAM_BYTES {
            self.buffer.extend_from_slice(bytes);
            return Ok(());
        }
        self.flush()?;
        if bytes.len() <= STREAM_BYTES {
            self.buffer.extend_from_slice(bytes);
            return Ok(());
        }
        self.write(bytes)
    }

    /// Ends the section and enters it into the table of contents.
    pub fn finish(mut self) -> Result<()> {
        self.flush()?;
        let section = Section {
            name: self.name.to_owned(),
            offset: self.offset,
            bytes: self.flushed,
            element: self.element,
            xxh3: self.hash.digest(),
        };
        self.writer.lock().push(section);
        Ok(())
    }

    /// Bytes appended so far.
    pub fn bytes(&self) -> u64 {
        self.flushed + self.buffer.len() as u64
    }

    fn flush(&mut self) -> Result<()> {
        let buffer = std::mem::take(&mut self.buffer);
        self.write(&buffer)?;
        self.buffer = buffer;
        self.buffer.clear();
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        let end = self.flushed + bytes.len() as u64;
        if end > self.capacity {
            self.relocate(end.saturating_mul(2))?;
        }
        if self.writer.is_index {
            self.hash.update(bytes);
        }
        self.writer.write_at(self.offset + self.flushed, bytes)?;
        self.flushed = end;
        Ok(())
    }

    /// Moves what is written to a larger space at the end of the file.
    fn relocate(&mut self, capacity: u64) -> Result<()> {
        let writer = self.writer;
        let offset = writer.allocate(capacity);
        let mut reader = SectionReader::new(
            writer.handle.clone(),
            writer.path.clone(),
            self.offset,
            self.flushed,
        );
        let mut at = offset;
        while let Some(bytes) = reader.next_bytes()? {
            writer.write_at(at, bytes)?;
            at += bytes.len() as u64;
        }
        (self.offset, self.capacity) = (offset, capacity);
        Ok(())
    }
}
