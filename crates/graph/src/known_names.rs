//! Edge names that are looked for among millions of edges.

use std::sync::OnceLock;

use heapglass_format::strings::{StringTable, Texts};

use crate::{EdgeName, StringIndex};

/// Tells which edges have a name. Among many edges some names are told by the string's index, which is in the edge
/// column; other names, and all among few edges, by the string's bytes.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    texts: Texts<'a>,
    name: &'a [u8],
    /// All strings with this text, ascending, if they were looked up.
    strings: Option<&'a [u32]>,
}

impl Named<'_> {
    /// Whether an edge of this name is meant.
    #[inline]
    pub fn is(&self, name: EdgeName) -> bool {
        matches!(name, EdgeName::String(string) if self.is_string(string))
    }

    /// The one string with this text, where that is known. Where it is known that there is none, a string that no file has.
    pub(crate) fn only(&self) -> Option<u32> {
        match self.strings? {
            [] => Some(u32::MAX),
            [only] => Some(*only),
            _ => None,
        }
    }

    #[inline]
    pub(crate) fn is_string(&self, string: StringIndex) -> bool {
        match self.strings {
            // Of every text there is one string, but in odd files.
            Some([only]) => *only == string.0,
            Some(strings) => strings.binary_search(&string.0).is_ok(),
            None => self.texts.get(string.0) == Some(self.name),
        }
    }
}

/// The names that questions about one object look for among all its edges.
const NAMES: [&str; 6] = ["__proto__", "constructor", "length", "map", "native_context", "table"];

/// From so many edges on, strings are looked up.
pub(crate) const MANY: usize = 1 << 16;

/// For each of [`NAMES`] the strings with that text, ascending; looked up when they are first needed.
#[derive(Debug, Default)]
pub(crate) struct KnownNames(OnceLock<[Vec<u32>; NAMES.len()]>);

impl KnownNames {
    /// What tells a name among so many edges. Cost: once one look at the length of each string, if they are many.
    pub(crate) fn named<'a>(
        &'a self,
        table: &'a StringTable,
        edges: usize,
        name: &'a str,
    ) -> Named<'a> {
        let texts = table.texts();
        let position = || NAMES.iter().position(|known| *known == name);
        let known = if edges < MANY { None } else { position() };
        let strings = known.and_then(|at| self.0.get_or_init(|| look_up(texts)).get(at));
        Named { texts, name: name.as_bytes(), strings: strings.map(Vec::as_slice) }
    }
}

fn look_up(texts: Texts<'_>) -> [Vec<u32>; NAMES.len()] {
    let lengths = NAMES.iter().fold(0u64, |lengths, name| lengths | 1 << name.len());
    let mut found: [Vec<u32>; NAMES.len()] = Default::default();
    texts.lengths().zip(0u32..).for_each(|(length, index)| {
        if length < 64
            && lengths >> length & 1 == 1
            && let Some(text) = texts.get(index)
        {
            for (found, name) in found.iter_mut().zip(NAMES) {
                if text == name.as_bytes() {
                    found.push(index);
                }
            }
        }
    });
    found
}
