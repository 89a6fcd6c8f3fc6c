//! The file's numbers for types, and what is stored for them.

/// For each type number of a file the stored code.
pub(super) struct Codes {
    /// The last one stands for every number past the 256 that a file can list.
    codes: [u8; 257],
    /// Numbers from here on are not listed in the file.
    listed: u32,
}

impl Codes {
    /// The codes of the numbers that the file lists, and `unknown` for all others.
    pub(super) fn new(listed: &[u8], unknown: u8) -> Codes {
        let mut codes = [unknown; 257];
        let listed = &listed[..listed.len().min(256)];
        codes[..listed.len()].copy_from_slice(listed);
        Codes { codes, listed: listed.len() as u32 }
    }

    /// The stored code of a type number.
    #[inline(always)]
    pub(super) fn get(&self, raw: u32) -> u8 {
        self.codes[raw.min(256) as usize]
    }

    /// Whether the file does not list the type.
    #[inline(always)]
    pub(super) fn is_unknown(&self, raw: u32) -> bool {
        raw >= self.listed
    }
}
