//! Runs of integers: `1,2,3` with white space anywhere between.
//!
//! Two ways read them: [`plain`] byte by byte, which takes every run and says what is wrong with
//! a bad one, and [`avx2`], which takes 64 bytes at a time, only what V8 writes, and gives up on
//! anything else.

#[cfg(target_arch = "x86_64")]
mod avx2;
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

    /// Makes room for all values that a run of `bytes` bytes can hold.
    fn make_room(&mut self, bytes: usize) {
        let most = self.len + bytes / 2 + 1;
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
        let low = match u32::try_from(value) {
            Ok(low) if low != u32::MAX => low,
            _ => {
                self.wide.push((self.len, value));
                u32::MAX
            }
        };
        self.low[self.len] = low;
        self.len += 1;
    }
}

/// Reads the integers of `run` into `out`, which is emptied before.
///
/// Grammar: white space, or integers without sign separated by one comma each, white space
/// around each. On an error, `out` holds the integers before it.
pub fn parse(run: &[u8], out: &mut Integers) -> Result<(), BadInteger> {
    out.clear();
    out.make_room(run.len());
    #[cfg(target_arch = "x86_64")]
    if avx2::is_available() {
        let at = avx2::parse(run, out);
        return plain::parse(run, at, out);
    }
    plain::parse(run, 0, out)
}

/// As [`parse`], never by anything but the plain loop: the twin for tests.
pub fn parse_plain(run: &[u8], out: &mut Integers) -> Result<(), BadInteger> {
    out.clear();
    out.make_room(run.len());
    plain::parse(run, 0, out)
}

#[cfg(test)]
mod tests;
