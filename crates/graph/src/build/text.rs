//! What the passes need to know of the strings, gathered while they stream by.

use rustc_hash::FxHashMap;

/// Strings that decide over figures.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Known {
    ExternalStringData,
    DocumentDomTrees,
    NativeContext,
    SloppyFunctionMap,
    MapDescriptors,
    Elements,
    Object,
    Array,
    ArrayBufferData,
}

const KNOWN: [(&[u8], Known); 9] = [
    (b"system / ExternalStringData", Known::ExternalStringData),
    (b"(Document DOM trees)", Known::DocumentDomTrees),
    (b"system / NativeContext", Known::NativeContext),
    (b"sloppy_function_map", Known::SloppyFunctionMap),
    (b"(map descriptors)", Known::MapDescriptors),
    (b"elements", Known::Elements),
    (b"Object", Known::Object),
    (b"Array", Known::Array),
    (b"system / JSArrayBufferData", Known::ArrayBufferData),
];

/// A WeakMap's value is held by two edges, one from the table and one from the key, which share
/// a long name but for the number in front.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct WeakMapName {
    /// The same for both edges of a pair.
    pub(super) pair: u32,
    /// V8's id of the table.
    pub(super) table: u64,
}

/// Facts about strings, by string index.
#[derive(Debug, Default)]
pub(super) struct Text {
    known: FxHashMap<u32, Known>,
    weak_map: FxHashMap<u32, WeakMapName>,
    pairs: FxHashMap<Box<[u8]>, u32>,
}

impl Text {
    /// Looks at a string of the file.
    pub(super) fn visit(&mut self, index: u32, text: &[u8]) {
        match text.first() {
            Some(b'0'..=b'9') => self.visit_weak_map(index, text),
            Some(b's' | b'(' | b'e' | b'O' | b'A') if text.len() < 32 => {
                if let Some(&(_, known)) = KNOWN.iter().find(|(name, _)| *name == text) {
                    self.known.insert(index, known);
                }
            }
            _ => {}
        }
    }

    pub(super) fn known(&self, index: u32) -> Option<Known> {
        self.known.get(&index).copied()
    }

    /// Indexes of all strings that decide over figures.
    pub(super) fn known_indexes(&self) -> impl Iterator<Item = u32> + '_ {
        self.known.keys().copied()
    }

    pub(super) fn weak_map(&self, index: u32) -> Option<WeakMapName> {
        self.weak_map.get(&index).copied()
    }

    /// Indexes of the names of WeakMap edges.
    pub(super) fn weak_map_indexes(&self) -> impl Iterator<Item = u32> + '_ {
        self.weak_map.keys().copied()
    }

    fn visit_weak_map(&mut self, index: u32, text: &[u8]) {
        if let Some((shared, table)) = weak_map_name(text) {
            let next = self.pairs.len() as u32;
            let pair = *self.pairs.entry(shared.into()).or_insert(next);
            self.weak_map.insert(index, WeakMapName { pair, table });
        }
    }
}

/// The class name of an element, if it is shorter than `text`: `<div id="a">` and
/// `Detached <div id="a">` are cut after the tag.
///
/// Source: DevTools' `calculateObjectNames`.
pub(super) fn tag(text: &[u8]) -> Option<Vec<u8>> {
    let from = if text.starts_with(b"<") {
        0
    } else if text.starts_with(b"Detached <") {
        10
    } else {
        return None;
    };
    let space = from + memchr::memchr(b' ', &text[from..])?;
    Some([&text[..space], b">"].concat())
}

/// Takes apart `12 / part of key (K @1) -> value (V @2) pair in WeakMap (table @3)`: what follows
/// the number, and the table's id.
///
/// Source: the expression in DevTools' `tryParseWeakMapEdgeName`.
fn weak_map_name(text: &[u8]) -> Option<(&[u8], u64)> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    let shared = &text[digits..];
    let rest = shared.strip_prefix(b" / part of key (").filter(|_| digits > 0)?;
    let (rest, table) = split_id(rest.strip_suffix(b")")?)?;
    let rest = rest.strip_suffix(b" pair in WeakMap (table")?;
    let (value_end, _) = split_id(rest.strip_suffix(b")")?)?;
    let arrow: &[u8] = b") -> value (";
    // What the expression's `.` does not match: \n, \r, U+2028, U+2029.
    let line_ends = |bytes: &[u8]| {
        memchr::memchr2(b'\n', b'\r', bytes).is_some()
            || bytes.windows(3).any(|c| matches!(c, [0xe2, 0x80, 0xa8 | 0xa9]))
    };
    // The key's own name may contain the arrow: any place will do where an id stands before it.
    let found =
        memchr::memmem::find_iter(value_end, arrow).any(|at| split_id(&value_end[..at]).is_some());
    (found && !line_ends(rest)).then_some((shared, table))
}

/// Splits `K @12` into `K` and 12.
fn split_id(text: &[u8]) -> Option<(&[u8], u64)> {
    let digits = text.iter().rev().take_while(|b| b.is_ascii_digit()).count();
    let (rest, digits) = text.split_at(text.len() - digits);
    let id = std::str::from_utf8(digits).ok()?.parse().ok()?;
    Some((rest.strip_suffix(b" @")?, id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weak_map_names() {
        let name = b"12 / part of key (Key @101) -> value (Value @7) pair in WeakMap (table @55)";
        let (shared, table) = weak_map_name(name).unwrap();
        assert_eq!((shared, table), (&name[2..], 55));
        let odd = b"1 / part of key (a) -> value (b @1) -> value (c @2) pair in WeakMap (table @3)";
        assert!(weak_map_name(odd).is_some());
        for bad in [
            &b"x / part of key (K @1) -> value (V @2) pair in WeakMap (table @3)"[..],
            b"1 / part of key (K @1) -> value (V @2) pair in WeakMap (table @3) ",
            b"1 / part of key (K) -> value (V @2) pair in WeakMap (table @3)",
            b"1 / part of key (K @1) -> value (V @) pair in WeakMap (table @3)",
            b"1 / part of key (K\n @1) -> value (V @2) pair in WeakMap (table @3)",
            b"1 / part of key (K @1) -> value (\xe2\x80\xa8 @2) pair in WeakMap (table @3)",
        ] {
            assert_eq!(weak_map_name(bad), None, "{}", String::from_utf8_lossy(bad));
        }
    }

    #[test]
    fn tags() {
        assert_eq!(tag(b"<div id=\"a\">").as_deref(), Some(&b"<div>"[..]));
        assert_eq!(tag(b"Detached <a href>").as_deref(), Some(&b"Detached <a>"[..]));
        assert_eq!(tag(b"<div>"), None);
        assert_eq!(tag(b"Detached HTML x"), None);
    }
}
