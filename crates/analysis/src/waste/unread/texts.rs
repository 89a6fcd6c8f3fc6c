//! Texts of scripts: from the snapshot where it has them whole, else from a file that is the same as far as it can be
//! seen.

use std::borrow::Cow;

use heapglass_format::strings::utf16_units;
use heapglass_graph::{Graph, NodeType, Ordinal};
use heapglass_javascript::{LONGEST_UNTRUSTED, Language};

use crate::edge::internal;
use crate::filter::duplicates::{is_truncated, known_number};
use crate::names::{ENOUGH_UNITS, cons_text};
use crate::object::script_name;

/// Texts of scripts from outside of the snapshot, which has the first 1,024 characters of most of them.
pub trait SourceFiles {
    /// The text of the script of this name for which `fits` holds, which has at most `longest` bytes.
    fn read(&self, script: &str, longest: u64, fits: &dyn Fn(&str) -> bool) -> SourceFile;
}

/// What there is of a script outside of the snapshot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SourceFile {
    /// A text that fits.
    Text(String),
    /// Files that may be the script's, but none whose text fits.
    Other,
    /// Nothing.
    None,
}

/// No texts but those in the snapshot.
impl SourceFiles for () {
    fn read(&self, _: &str, _: u64, _: &dyn Fn(&str) -> bool) -> SourceFile {
        SourceFile::None
    }
}

/// What a snapshot has of the text of a script.
pub(super) struct Script<'a> {
    pub(super) name: String,
    /// The text, or its beginning.
    text: Cow<'a, str>,
    is_whole: bool,
    /// UTF-16 units of the whole text, where V8 wrote that.
    length: Option<u64>,
    /// Bytes that V8 keeps the text in, header included; `None` where it keeps it elsewhere or in parts.
    size: Option<u64>,
}

/// Bytes of a string beyond its characters: 12 or 16 for the header, and up to 7 for rounding.
const BEYOND: std::ops::RangeInclusive<u64> = 12..=23;

impl<'a> Script<'a> {
    pub(super) fn of(graph: &'a Graph, script: Ordinal) -> Script<'a> {
        let name = script_name(graph, script).unwrap_or_default();
        let Some(source) = internal(graph, script, "source") else {
            return Script {
                name,
                text: Cow::Borrowed(""),
                is_whole: false,
                length: None,
                size: None,
            };
        };
        let text = match graph.node_type(source) {
            NodeType::String => graph.raw_name(source),
            NodeType::ConcatenatedString => Cow::Owned(cons_text(graph, source)),
            _ => Cow::Borrowed(""),
        };
        let units = utf16_units(text.as_bytes()) as u64;
        let length = known_number(graph, source, "length").and_then(|n| u64::try_from(n).ok());
        // V8 with another limit than the usual one says of each string that it cut off that it did.
        let is_whole = match length {
            Some(length) => length == units,
            None => !text.is_empty() && !is_truncated(graph, source) && units < ENOUGH_UNITS as u64,
        };
        let size = graph.shallow_size(source);
        let is_flat = graph.node_type(source) == NodeType::String && size > units;
        Script { name, text, is_whole, length, size: is_flat.then_some(size) }
    }

    pub(super) fn language(&self) -> Language {
        let path = self.name.split(['?', '#']).next().unwrap_or_default();
        match [".ts", ".mts", ".cts"].iter().any(|end| path.ends_with(end)) {
            true => Language::TypeScript,
            false => Language::JavaScript,
        }
    }

    /// The whole text.
    pub(super) fn text(&self, files: &dyn SourceFiles) -> SourceFile {
        if self.is_whole && self.text.len() <= LONGEST_UNTRUSTED {
            return SourceFile::Text(self.text.clone().into_owned());
        }
        // A unit of UTF-16 takes three bytes of UTF-8 at most, as does the mark before the text.
        let units = self.length.or(self.size).unwrap_or_default();
        let longest = units.saturating_add(1).saturating_mul(3);
        match files.read(&self.name, longest, &|text| self.fits(without_mark(text))) {
            SourceFile::Text(text) => SourceFile::Text(without_mark(&text).to_owned()),
            none => none,
        }
    }

    /// Whether a text may be the whole of this script: it begins like it, and is as long as V8 says, or V8's string is as
    /// large as one of it. Where neither is known a beginning that is the same, which may be a licence, is not enough.
    fn fits(&self, text: &str) -> bool {
        // A pair that was cut in two reads as one that is none.
        let beginning = self.text.trim_end_matches('\u{fffd}');
        let blanks = self.language() == Language::TypeScript;
        let mut letters = text.chars();
        let begins = beginning.chars().all(|ran| {
            letters.next().is_some_and(|written| {
                // Node puts blanks in the place of types, and now and then something that ends a statement.
                ran == written || blanks && (ran.is_whitespace() || matches!(ran, ';' | '(' | ')'))
            })
        });
        begins && self.is_as_long(text) && !beginning.is_empty()
    }

    /// Whether V8's string may have the length of a text.
    fn is_as_long(&self, text: &str) -> bool {
        let units = utf16_units(text.as_bytes()) as u64;
        if let Some(length) = self.length {
            return length == units;
        }
        // V8 takes one byte for each character where all are of Latin-1, else two. Of TypeScript the letters beyond may
        // have been in types alone.
        let is_wide = text.chars().any(|letter| letter > '\u{ff}');
        let fits = |bytes: u64| {
            let beyond = self.size.and_then(|size| size.checked_sub(bytes));
            beyond.is_some_and(|beyond| BEYOND.contains(&beyond))
        };
        let wide = units.saturating_mul(2);
        match (is_wide, self.language()) {
            (true, Language::TypeScript) => fits(wide) || fits(units),
            (true, Language::JavaScript) => fits(wide),
            (false, _) => fits(units),
        }
    }
}

/// A text without the mark that tells the order of bytes, which Node takes away.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}
