//! Strings that only the name they stand under tells to be credentials.
//!
//! Which property leads to which string is known with the edges, what the two say only with the last texts. So
//! pairs of numbers wait until the names have been read, and the texts wait with them ([`crate::held`]).

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use heapglass_secrets::{NameKind, Rules};
use rustc_hash::FxHashMap;

use crate::kinds::{self, Kind};
use crate::spool::{Spool, Waiting};

/// Of a node that more than one name leads to.
const SEVERAL: u64 = u64::MAX;
/// More than this of one list waits on the disk.
const IN_MEMORY: usize = 1 << 20;

/// Which names lead to which strings.
pub(crate) struct Named {
    /// For each string node, in order, the index of its text.
    texts: BufWriter<Waiting>,
    /// For each property or variable that leads to a string: the index of its name, the node's ordinal.
    pairs: BufWriter<Waiting>,
    /// Names that tell, by the index of their text.
    telling: FxHashMap<u64, Kinds>,
}

/// For each text that stands under telling names of what these tell. A text is not under itself.
pub(crate) type Suspects = FxHashMap<u64, Kinds>;

/// Kinds of names, one bit each: a text may stand under any number of names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Kinds(u8);

const KINDS: [NameKind; 3] = [NameKind::Password, NameKind::Token, NameKind::Cookie];

impl Kinds {
    fn of(name: &str) -> Option<Kinds> {
        let kind = Rules::standard().kind_of_name(name)?;
        KINDS.iter().position(|other| *other == kind).map(|at| Kinds(1 << at))
    }

    fn each(self) -> impl Iterator<Item = NameKind> {
        KINDS
            .into_iter()
            .enumerate()
            .filter(move |(at, _)| self.0 >> at & 1 == 1)
            .map(|(_, kind)| kind)
    }
}

impl Named {
    pub(crate) fn new(spool: &Spool) -> Named {
        let list = || BufWriter::with_capacity(1 << 16, spool.file(IN_MEMORY));
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
        if let Some(kinds) = Kinds::of(text) {
            self.telling.insert(index, kinds);
        }
    }

    /// The texts that stand under telling names. `kinds` says which nodes are strings.
    ///
    /// Cost: a step for each pair and each string node.
    pub(crate) fn suspects(self, kinds: &kinds::Kinds) -> io::Result<Suspects> {
        if self.telling.is_empty() {
            return Ok(Suspects::default());
        }
        // A node stands under the names of its pairs; its text is that of the node.
        let mut under: FxHashMap<u64, (Kinds, u64)> = FxHashMap::default();
        let mut pairs = reader(self.pairs)?;
        while let Some(name) = read(&mut pairs)? {
            let Some(node) = read(&mut pairs)? else { break };
            if let Some(kinds) = self.telling.get(&name) {
                let (all, only) = under.entry(node).or_insert((*kinds, name));
                all.0 |= kinds.0;
                *only = if *only == name { name } else { SEVERAL };
            }
        }
        let mut suspects = Suspects::default();
        let mut texts = reader(self.texts)?;
        for node in (0..kinds.count()).filter(|node| kinds.of(*node) == Kind::STRING) {
            let Some(text) = read(&mut texts)? else { break };
            // A name that leads to itself says nothing.
            if let Some((kinds, only)) = under.get(&node)
                && *only != text
            {
                suspects.entry(text).or_default().0 |= kinds.0;
            }
        }
        Ok(suspects)
    }
}

fn write(list: &mut impl Write, number: u64) -> io::Result<()> {
    // Indices of texts and ordinals fit into 32 bits; what does not is no node and no text of a file.
    list.write_all(&u32::try_from(number).unwrap_or(u32::MAX).to_le_bytes())
}

fn reader(list: BufWriter<Waiting>) -> io::Result<BufReader<Waiting>> {
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

/// Where in a text the credentials are that names of these kinds tell of, in bytes.
pub(crate) fn credentials_under(kinds: Kinds, text: &str) -> Vec<std::ops::Range<usize>> {
    let places = kinds.each().filter_map(|kind| {
        let part = Rules::standard().named_as(kind, text)?;
        let at = text.find(part)?;
        // Behind one cookie there may be others.
        let end = if kind == NameKind::Cookie { text.trim_end().len() } else { at + part.len() };
        Some(at..end)
    });
    places.collect()
}

#[cfg(test)]
mod tests {
    use heapglass_secrets::NameKind;

    use super::{Kind, Named, Spool, credentials_under};
    use crate::kinds::Kinds;

    /// With a list of names for each text this took minutes.
    #[test]
    fn a_text_under_many_names_costs_a_step_for_each() {
        let (mut named, mut kinds) = (Named::new(&Spool::default()), Kinds::default());
        kinds.push(Kind::STRING);
        named.string(7).expect("noted");
        for name in 0..100_000 {
            named.pair(100 + name, 0).expect("noted");
            named.name(100 + name, &format!("password{name}_token"));
        }
        let started = std::time::Instant::now();
        let suspects = named.suspects(&kinds).expect("read");
        assert!(started.elapsed().as_secs() < 2, "{:?}", started.elapsed());
        let all: Vec<NameKind> =
            suspects.get(&7).into_iter().flat_map(|kinds| kinds.each()).collect();
        assert_eq!(all, [NameKind::Token]);
    }

    #[test]
    fn all_cookies_from_the_first_long_one_on_are_one() {
        let kinds = super::Kinds::of("cookie").expect("a telling name");
        let text = "theme=dark; sid=9f8e7d6c5b4a39281706; jwt=0a1b2c3d4e5f60718293";
        assert_eq!(credentials_under(kinds, text).first(), Some(&(12..text.len())));
    }

    #[test]
    fn kinds_of_all_names_count_and_a_name_says_nothing_of_itself() {
        let (mut named, mut kinds) = (Named::new(&Spool::default()), Kinds::default());
        for text in [7, 8] {
            kinds.push(Kind::STRING);
            named.string(text).expect("noted");
        }
        for (name, node) in [(1, 0), (2, 0), (8, 1)] {
            named.pair(name, node).expect("noted");
        }
        for (index, name) in [(1, "password"), (2, "authToken"), (8, "passphrase")] {
            named.name(index, name);
        }
        let suspects = named.suspects(&kinds).expect("read");
        let all: Vec<NameKind> =
            suspects.get(&7).into_iter().flat_map(|kinds| kinds.each()).collect();
        assert_eq!(all, [NameKind::Password, NameKind::Token]);
        assert!(!suspects.contains_key(&8));
        let kinds = suspects.get(&7).copied().expect("kinds");
        assert!(!credentials_under(kinds, "zaphod-42-tricia").is_empty());
    }
}
