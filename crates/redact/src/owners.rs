//! How many edges each node has, from the node table to the edge table that comes after it.
//!
//! They are asked for in the order in which they were told, so past a few megabytes they wait in a file without a
//! name. It holds counts alone, nothing of what the heap says.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use crate::spool::{Spool, Waiting};

/// More than this waits on the disk.
const IN_MEMORY: usize = 4 << 20;

/// A node that has edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Owner {
    pub(crate) edges: u64,
    /// The class name's text, for an object.
    pub(crate) class: Option<u32>,
}

/// Nodes being told.
pub(crate) struct Told {
    file: BufWriter<Waiting>,
}

/// Nodes being asked for.
pub(crate) struct Owners {
    file: BufReader<Waiting>,
}

impl Told {
    pub(crate) fn new(spool: &Spool) -> Told {
        Told { file: BufWriter::with_capacity(1 << 16, spool.file(IN_MEMORY)) }
    }

    pub(crate) fn push(&mut self, owner: Owner) -> io::Result<()> {
        if owner.edges == 0 {
            return Ok(());
        }
        self.number(owner.edges << 1 | u64::from(owner.class.is_some()))?;
        owner.class.map_or(Ok(()), |class| self.number(u64::from(class)))
    }

    fn number(&mut self, mut value: u64) -> io::Result<()> {
        loop {
            let low = (value & 0x7f) as u8;
            value >>= 7;
            if value == 0 {
                return self.file.write_all(&[low]);
            }
            self.file.write_all(&[low | 0x80])?;
        }
    }

    pub(crate) fn ask(self) -> io::Result<Owners> {
        let mut file = self.file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.seek(SeekFrom::Start(0))?;
        Ok(Owners { file: BufReader::with_capacity(1 << 16, file) })
    }
}

impl Owners {
    /// The next node that has edges.
    pub(crate) fn next(&mut self) -> io::Result<Option<Owner>> {
        let Some(first) = self.number()? else { return Ok(None) };
        let class = if first & 1 == 1 { self.number()? } else { None };
        Ok(Some(Owner {
            edges: first >> 1,
            class: class.and_then(|class| u32::try_from(class).ok()),
        }))
    }

    fn number(&mut self) -> io::Result<Option<u64>> {
        let (mut value, mut shift) = (0u64, 0u32);
        loop {
            let mut byte = [0];
            if self.file.read(&mut byte)? == 0 {
                return Ok(None);
            }
            let [byte] = byte;
            value |= u64::from(byte & 0x7f).checked_shl(shift).unwrap_or_default();
            shift += 7;
            if byte & 0x80 == 0 {
                return Ok(Some(value));
            }
        }
    }
}
