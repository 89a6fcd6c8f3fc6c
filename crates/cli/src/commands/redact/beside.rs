//! Texts of a snapshot in the files beside it.

use std::borrow::Cow;
use std::collections::HashSet;

use heapglass_redact::Proof;

/// Shorter texts are in files that have nothing to do with a snapshot.
const LONG: usize = 12;
/// So many different ones are chance: a host, an address, the name of an image.
const HANDFUL: usize = 5;
/// One in so many of the lines that have a long text: a log has some texts of its process, a dump has little else.
const SHARE: u64 = 10;
/// So many entries of a table of strings, a line each, are a part of a snapshot.
const ENTRIES: usize = 20;

/// What has been seen of a file, line by line.
pub(super) struct Beside<'a> {
    proofs: &'a [Proof],
    /// Lines with a long text, and those of them in which one is a value.
    lines: u64,
    telling: u64,
    /// The first different values.
    values: HashSet<String>,
    entries: usize,
}

impl<'a> Beside<'a> {
    pub(super) fn new(proofs: &'a [Proof]) -> Beside<'a> {
        Beside { proofs, lines: 0, telling: 0, values: HashSet::new(), entries: 0 }
    }

    /// Looks at the next line. Cost: a hash for each long text in it and each snapshot.
    pub(super) fn line(&mut self, line: &str) {
        if self.entries < ENTRIES {
            self.entries = if is_entry(line) { self.entries + 1 } else { 0 };
        }
        if self.proofs.is_empty() {
            return;
        }
        let (mut is_long, mut is_telling) = (false, false);
        each_text(line, |text| {
            if text.chars().nth(LONG - 1).is_none() {
                return;
            }
            is_long = true;
            if self.proofs.iter().any(|proof| proof.is_value(text)) {
                is_telling = true;
                if self.values.len() <= HANDFUL && !self.values.contains(text) {
                    self.values.insert(text.to_owned());
                }
            }
        });
        self.lines += u64::from(is_long);
        self.telling += u64::from(is_telling);
    }

    /// Why the file is not to be shared, when all of it has been seen.
    pub(super) fn verdict(&self) -> Option<&'static str> {
        if self.entries >= ENTRIES {
            return Some("it looks like a part of a snapshot");
        }
        let is_dump = self.values.len() > HANDFUL && self.telling * SHARE >= self.lines;
        is_dump.then_some("it has the texts of a snapshot beside it")
    }
}

/// Whether a line is an entry of the table of strings, as V8 writes them: a string, from the line's beginning, and a
/// comma.
fn is_entry(line: &str) -> bool {
    let inner = line.trim_end_matches('\r').strip_prefix('"');
    let Some(inner) = inner.and_then(|inner| inner.strip_suffix("\",")) else { return false };
    let mut is_escaped = false;
    inner.bytes().all(|byte| {
        let is_inside = is_escaped || byte != b'"';
        is_escaped = !is_escaped && byte == b'\\';
        is_inside
    })
}

/// The line, what follows a dash, a colon or an equals sign, each word, and each text in quotes.
fn each_text(line: &str, mut each: impl FnMut(&str)) {
    let line = line.trim();
    each(line);
    let values = [line.strip_prefix("- "), after(line, ": "), after(line, "=")];
    values.into_iter().flatten().for_each(|value| each(value.trim()));
    for word in line.split(|c: char| c.is_whitespace() || c == ',') {
        let bare = word.trim_matches(|c: char| c.is_ascii_punctuation());
        each(bare);
        if bare.len() < word.len() && word.len() < line.len() {
            each(word);
        }
    }
    let mut rest = line;
    while let Some((_, quoted)) = rest.split_once('"') {
        let Some(end) = end_of_quoted(quoted) else { return };
        let (text, after) = quoted.split_at(end);
        each(&unescaped(text));
        rest = after.get(1..).unwrap_or_default();
    }
}

fn after<'a>(line: &'a str, separator: &str) -> Option<&'a str> {
    line.split_once(separator).map(|(_, value)| value)
}

/// Where the quote is that ends a text.
fn end_of_quoted(text: &str) -> Option<usize> {
    let mut is_escaped = false;
    text.bytes().position(|byte| {
        let is_end = !is_escaped && byte == b'"';
        is_escaped = !is_escaped && byte == b'\\';
        is_end
    })
}

fn unescaped(text: &str) -> Cow<'_, str> {
    if !text.contains('\\') {
        return Cow::Borrowed(text);
    }
    serde_json::from_str(&format!("\"{text}\"")).map_or(Cow::Borrowed(text), Cow::Owned)
}

#[cfg(test)]
mod tests {
    use super::{Beside, each_text, is_entry};

    #[test]
    fn lines_words_and_quoted_texts_are_looked_at() {
        let mut texts = Vec::new();
        each_text(r#"- user: "Ada \"L\" Lovelace", (ada@example.org)"#, |text| {
            texts.push(text.to_owned());
        });
        for text in ["Ada \"L\" Lovelace", "ada@example.org", "(ada@example.org)", "user"] {
            assert!(texts.iter().any(|it| it == text), "{text}: {texts:?}");
        }
    }

    #[test]
    fn a_run_of_strings_is_a_part_of_a_snapshot() {
        assert!(is_entry(r#""a \"b\"","#) && !is_entry(r#""a": "b","#) && !is_entry(r#"  "a","#));
        for (count, is_part) in [(19, false), (20, true)] {
            let mut beside = Beside::new(&[]);
            for _ in 0..count {
                beside.line("\"text\",");
            }
            beside.line("and more");
            assert_eq!(beside.verdict().is_some(), is_part, "{count}");
        }
    }
}
