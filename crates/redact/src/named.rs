//! Strings that only the name they stand under tells to be credentials.
//!
//! Which property leads to which string is known with the edges, what the two say only with the last texts. So
//! pairs of numbers wait until the names have been read, and the texts wait with them ([`crate::held`]).

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use heapglass_secrets::Rules;
use rustc_hash::FxHashMap;
use tempfile::SpooledTempFile;

use crate::kinds::{Kind, Kinds};

/// More than this of one list waits on the disk.
const IN_MEMORY: usize = 4 << 20;

/// Which names lead to which strings.
pub(crate) struct Named {
    /// For each string node, in order, the index of its text.
    texts: BufWriter<SpooledTempFile>,
    /// For each property or variable that leads to a string: the index of its name, the node's ordinal.
    pairs: BufWriter<SpooledTempFile>,
    /// Names that tell, by the index of their text.
    telling: FxHashMap<u64, String>,
}

/// For each text that stands under a telling name these names.
pub(crate) type Suspects = FxHashMap<u64, Vec<String>>;

impl Named {
    pub(crate) fn new() -> Named {
        let list = || BufWriter::with_capacity(1 << 16, SpooledTempFile::new(IN_MEMORY));
        Named { texts: list(), pairs: list(), telling: FxHashMap::default() }
    }

    /// The next string node, by the index of its text.
    pub(crate) fn string(&mut self, text: u64) -> io::Result<()> {
        write(&mut self.texts, text)
    }

    /// A property or variable, by the index of its name, and the string node that it leads to.
    pub(crate) fn pair(&mut self, name: u64, node: u64) -> io::Result<()> {
        write(&mut self.pairs, name)?;
        write(&mut self.pairs, node)
    }

    /// A text that is the name of a property or a variable.
    pub(crate) fn name(&mut self, index: u64, text: &str) {
        if Rules::standard().is_telling_name(text) {
            self.telling.insert(index, text.to_owned());
        }
    }

    /// The texts that stand under telling names. `kinds` says which nodes are strings.
    pub(crate) fn suspects(self, kinds: &Kinds) -> io::Result<Suspects> {
        let mut under: FxHashMap<u64, Vec<u64>> = FxHashMap::default();
        if self.telling.is_empty() {
            return Ok(Suspects::default());
        }
        let mut pairs = reader(self.pairs)?;
        while let Some(name) = read(&mut pairs)? {
            let Some(node) = read(&mut pairs)? else { break };
            if self.telling.contains_key(&name) {
                let names = under.entry(node).or_default();
                if !names.contains(&name) {
                    names.push(name);
                }
            }
        }
        let mut suspects = Suspects::default();
        let mut texts = reader(self.texts)?;
        for node in (0..kinds.count()).filter(|node| kinds.of(*node) == Kind::STRING) {
            let Some(text) = read(&mut texts)? else { break };
            for name in under.get(&node).into_iter().flatten() {
                let names = suspects.entry(text).or_default();
                if let Some(name) = self.telling.get(name).filter(|name| !names.contains(name)) {
                    names.push(name.clone());
                }
            }
        }
        Ok(suspects)
    }
}

fn write(list: &mut impl Write, number: u64) -> io::Result<()> {
    // Indices of texts and ordinals fit into 32 bits; what does not is no node and no text of a file.
    list.write_all(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes())
}

fn reader(list: BufWriter<SpooledTempFile>) -> io::Result<BufReader<SpooledTempFile>> {
    let mut file = list.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(0))?;
    Ok(BufReader::with_capacity(1 << 16, file))
}

fn read(list: &mut impl Read) -> io::Result<Option<u64>> {
    let mut bytes = [0; 4];
    match list.read_exact(&mut bytes) {
        Ok(()) => Ok(Some(u32::from_le_bytes(bytes).into())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Where in a text the credentials are that these names tell of, in bytes.
pub(crate) fn credentials_under(names: &[String], text: &str) -> Vec<std::ops::Range<usize>> {
    let rules = Rules::standard();
    let parts = names.iter().filter_map(|name| rules.named(name, text));
    let places = parts.filter_map(|part| text.find(part).map(|at| at..at + part.len()));
    places.collect()
}
