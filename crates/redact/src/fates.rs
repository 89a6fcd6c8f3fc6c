//! What became of each text that is long enough to be looked for, as hashes for the proof.

use std::io::{self, BufReader, BufWriter, Read, Seek, SeekFrom, Write};

use crate::prints::Prints;
use crate::spool::{Spool, Waiting};

/// What one list has beyond so many bytes waits on the disk: hashes say nothing there, since their key stays in memory.
const IN_MEMORY: usize = 1 << 20;

/// What the proof has to know of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    StaysAsValue,
    /// It is no value.
    StaysAsName,
    /// As a name it stays.
    GoesAsValue,
    Goes,
    /// It goes as a whole, since it stood under the name of a credential.
    GoesAsWhole,
}

/// The hashes of the texts, by what became of them.
///
/// What has to be gone is in memory, 8 bytes for each. Of what stays only those count whose hash is also of something
/// that has to be gone, which is known at the end: until then they are in files.
pub(crate) struct Fates {
    gone: Vec<u64>,
    wholes: Vec<u64>,
    beside_names: Vec<u64>,
    names: BufWriter<Waiting>,
    kept: BufWriter<Waiting>,
}

/// What the proof looks for.
#[derive(Debug, Default)]
pub(crate) struct LookedFor {
    /// Values, or with [`crate::Policy::Secrets`] the credentials in them.
    pub(crate) prints: Prints,
    /// With [`crate::Policy::Secrets`] texts that went as a whole.
    pub(crate) wholes: Prints,
    /// Values that are names as well: they may be anywhere but among the values.
    pub(crate) among_values: Prints,
}

impl Fates {
    /// At most `values` texts will go; with 0 it is not known how many.
    pub(crate) fn new(values: usize, spool: &Spool) -> Fates {
        let list = || BufWriter::with_capacity(1 << 16, spool.file(IN_MEMORY));
        Fates {
            // All at once: what grows has its double while it does, and a capture has little memory.
            gone: Vec::with_capacity(values),
            wholes: Vec::new(),
            beside_names: Vec::new(),
            names: list(),
            kept: list(),
        }
    }

    /// Remembers the fate of the text with this hash.
    pub(crate) fn push(&mut self, fate: Fate, print: u64) -> io::Result<()> {
        match fate {
            Fate::StaysAsValue => self.kept.write_all(&print.to_le_bytes())?,
            Fate::StaysAsName => self.names.write_all(&print.to_le_bytes())?,
            Fate::GoesAsValue => self.beside_names.push(print),
            Fate::Goes => self.gone.push(print),
            Fate::GoesAsWhole => self.wholes.push(print),
        }
        Ok(())
    }

    /// What has to be gone and where: nothing that stays as a value somewhere, and among the values alone what is a name or
    /// one of the `words` that the file has in any case.
    ///
    /// Cost: sorting what has to be gone, a lookup for each text that stays.
    pub(crate) fn settle(self, words: impl Iterator<Item = u64>) -> io::Result<LookedFor> {
        let gone = Prints::new(self.gone);
        let wholes = Prints::new(self.wholes);
        let beside = Prints::new(self.beside_names);
        let counts = |print: &u64| gone.has(*print) || wholes.has(*print) || beside.has(*print);
        let mut names: Vec<u64> = words.filter(counts).collect();
        each(self.names, |print| names.extend(Some(print).filter(counts)))?;
        let mut kept = Vec::new();
        each(self.kept, |print| kept.extend(Some(print).filter(counts)))?;
        let (names, kept) = (Prints::new(names), Prints::new(kept));
        let mut among_values = Vec::new();
        let [prints, wholes] = [gone, wholes].map(|prints| {
            let mut prints = prints.into_sorted();
            prints.retain(|print| {
                let is_name = names.has(*print) || beside.has(*print);
                among_values.extend(is_name.then_some(*print));
                !is_name && !kept.has(*print)
            });
            Prints::new(prints)
        });
        among_values.extend(beside.into_sorted());
        among_values.retain(|print| !kept.has(*print));
        Ok(LookedFor { prints, wholes, among_values: Prints::new(among_values) })
    }
}

/// Hands over each hash of a list.
fn each(list: BufWriter<Waiting>, mut take: impl FnMut(u64)) -> io::Result<()> {
    let mut file = list.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.seek(SeekFrom::Start(0))?;
    let mut file = BufReader::with_capacity(1 << 16, file);
    let mut print = [0; 8];
    loop {
        match file.read_exact(&mut print) {
            Ok(()) => take(u64::from_le_bytes(print)),
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::{Fate, Fates, LookedFor, Spool};

    const FATES: [Fate; 5] =
        [Fate::StaysAsValue, Fate::StaysAsName, Fate::GoesAsValue, Fate::Goes, Fate::GoesAsWhole];

    fn settled(given: &[(usize, u64)], words: &[u64]) -> LookedFor {
        let mut fates = Fates::new(0, &Spool::default());
        for &(fate, print) in given {
            fates.push(FATES[fate], print).expect("room");
        }
        fates.settle(words.iter().copied()).expect("read")
    }

    proptest! {
        #[test]
        fn what_is_looked_for_is_as_the_sets_say(
            given in proptest::collection::vec((0usize..5, 0u64..40), 0..60),
            words in proptest::collection::vec(0u64..40, 0..4),
        ) {
            let of = |wanted: &[Fate]| -> BTreeSet<u64> {
                let has = given.iter().filter(|(fate, _)| wanted.contains(&FATES[*fate]));
                has.map(|(_, print)| *print).collect()
            };
            let names: BTreeSet<u64> = of(&[Fate::StaysAsName, Fate::GoesAsValue])
                .into_iter()
                .chain(words.iter().copied())
                .collect();
            let kept = of(&[Fate::StaysAsValue]);
            let looked = settled(&given, &words);
            for print in 0..40u64 {
                let goes = |fate| of(&[fate]).contains(&print) && !names.contains(&print);
                prop_assert_eq!(looked.prints.has(print), goes(Fate::Goes) && !kept.contains(&print));
                let as_whole = goes(Fate::GoesAsWhole) && !kept.contains(&print);
                prop_assert_eq!(looked.wholes.has(print), as_whole);
                let all = of(&[Fate::Goes, Fate::GoesAsWhole, Fate::GoesAsValue]);
                let is_name = all.contains(&print) && names.contains(&print);
                prop_assert_eq!(looked.among_values.has(print), is_name && !kept.contains(&print));
            }
        }
    }

    #[test]
    fn lists_longer_than_memory_is_for_them_come_back() {
        let print = |number: u64| (number + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        let count = 2 * super::IN_MEMORY as u64 / 8;
        let mut fates = Fates::new(2, &Spool::default());
        fates.push(Fate::Goes, print(count - 1)).expect("room");
        fates.push(Fate::Goes, print(count)).expect("room");
        for number in 0..count {
            fates.push(Fate::StaysAsName, print(number)).expect("room");
        }
        let looked = fates.settle(std::iter::empty()).expect("read");
        assert!(looked.prints.has(print(count)) && looked.prints.len() == 1);
        assert!(looked.among_values.has(print(count - 1)) && looked.among_values.len() == 1);
    }
}
