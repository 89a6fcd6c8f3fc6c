//! Runs of integers: `1,2,3` with white space anywhere between.
//!
//! Three ways read them: `plain` byte by byte, which takes every run and says what is wrong with
//! a bad one, and `avx2` and `avx512`, which take 64 bytes at a time, only what V8 writes, and give up on
//! anything else.

#[cfg(target_arch = "x86_64")]
mod avx2;
#[cfg(target_arch = "x86_64")]
mod avx512;
#[cfg(target_arch = "x86_64")]
mod block;
mod plain;

/// Why a run of integers could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BadInteger {
    /// Offset into the run.
    pub offset: usize,
    /// What is wrong there.
    pub what: &'static str,
}

/// The values of a run: 32 bits each, the few larger ones beside them.
#[derive(Debug, Default, Clone)]
pub struct Integers {
    /// Room for values, of which the first `len` are there. It only grows, so that no chunk pays
    /// for clearing it again.
    low: Vec<u32>,
    len: usize,
    /// `(position, value)` of values of `u32::MAX` and more, ascending.
    wide: Vec<(usize, u64)>,
}

impl Integers {
    /// The values; where one does not fit, `u32::MAX` stands, and the value is in
    /// [`Integers::wide`].
    pub fn low(&self) -> &[u32] {
        &self.low[..self.len]
    }

    /// `(position, value)` of values of `u32::MAX` and more, ascending.
    pub fn wide(&self) -> &[(usize, u64)] {
        &self.wide
    }

    /// The value at a position.
    pub fn get(&self, at: usize) -> u64 {
        match self.low()[at] {
            u32::MAX => match self.wide.binary_search_by_key(&at, |w| w.0) {
                Ok(found) => self.wide[found].1,
                Err(_) => u64::from(u32::MAX),
            },
            low => u64::from(low),
        }
    }

    /// Forgets the values past `len`.
    pub fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
        self.wide.retain(|&(at, _)| at < len);
    }

    fn clear(&mut self) {
        self.len = 0;
        self.wide.clear();
    }

    /// Makes room for all values that a run of `bytes` bytes can hold, and for the seven more that
    /// vectors of eight write past the last.
    fn make_room(&mut self, bytes: usize) {
        let most = self.len + bytes / 2 + 8;
        if self.low.len() < most {
            self.low.resize(most, 0);
        }
    }

    /// Appends a value below `u32::MAX`; [`Integers::make_room`] has been called.
    #[cfg(target_arch = "x86_64")]
    #[inline(always)]
    fn push_small(&mut self, value: u32) {
        self.low[self.len] = value;
        self.len += 1;
    }

    /// Appends a value; [`Integers::make_room`] has been called.
    #[inline(always)]
    fn push(&mut self, value: u64) {
        self.len += 1;
        self.put(self.len - 1, value);
    }

    /// Puts a value in place of one that is there; wide ones from front to back.
    #[inline(always)]
    fn put(&mut self, at: usize, value: u64) {
        self.low[at] = match u32::try_from(value) {
            Ok(low) if low != u32::MAX => low,
            _ => {
                self.wide.push((at, value));
                u32::MAX
            }
        };
    }
}

/// Reads the integers of `run` into `out` in the fastest way that this processor has.
pub(crate) fn parse(run: &[u8], out: &mut Integers) -> Result<(), BadInteger> {
    Way::fastest().parse(run, out)
}

/// How runs are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Byte by byte: the twin for tests.
    Plain,
    /// With the instructions of most processors.
    #[cfg(target_arch = "x86_64")]
    Avx2,
    /// With those of servers and some others.
    #[cfg(target_arch = "x86_64")]
    Avx512,
}

impl Way {
    /// Those that this processor has, the fastest last.
    pub fn available() -> impl Iterator<Item = Way> {
        #[cfg(target_arch = "x86_64")]
        let ways = [
            Some(Way::Plain),
            avx2::is_available().then_some(Way::Avx2),
            avx512::is_available().then_some(Way::Avx512),
        ];
        #[cfg(not(target_arch = "x86_64"))]
        let ways = [Some(Way::Plain)];
        ways.into_iter().flatten()
    }

    fn fastest() -> Way {
        Way::available().last().unwrap_or(Way::Plain)
    }

    /// Reads the integers of `run` into `out`, which is emptied before.
    ///
    /// Grammar: white space, or integers without sign separated by one comma each, white space
    /// around each. On an error, `out` holds the integers before it.
    ///
    /// Panics if the processor does not have it.
    pub fn parse(self, run: &[u8], out: &mut Integers) -> Result<(), BadInteger> {
        out.clear();
        out.make_room(run.len());
        let at = match self {
            Way::Plain => 0,
            #[cfg(target_arch = "x86_64")]
            Way::Avx2 => avx2::parse(run, out),
            #[cfg(target_arch = "x86_64")]
            Way::Avx512 => avx512::parse(run, out),
        };
        plain::parse(run, at, out)
    }
}

#[cfg(test)]
mod tests;
