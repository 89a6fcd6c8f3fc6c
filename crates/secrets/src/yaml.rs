//! A line of YAML, or of JSON that is a line for each value, taken apart.

use std::ops::Range;

/// A key with its value, or an item of a list.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry<'a> {
    /// Bytes before the first dash or sign.
    pub(crate) indent: usize,
    /// Bytes before the key, or the text, behind dashes.
    pub(crate) column: usize,
    /// Whether a dash stands before it.
    pub(crate) is_item: bool,
    /// Without its quotes.
    pub(crate) key: Option<&'a str>,
    /// The value, or all of the text where there is no key: without quotes and the comma behind them.
    pub(crate) value: &'a str,
    /// Where that is in the line.
    pub(crate) range: Range<usize>,
    /// Whether it stands in quotes.
    pub(crate) is_quoted: bool,
}

impl<'a> Entry<'a> {
    /// `None` for a blank line and a remark. Cost: linear in the line.
    pub(crate) fn read(line: &'a str) -> Option<Entry<'a>> {
        let blanks = |text: &str| text.len() - text.trim_start_matches([' ', '\t']).len();
        let line = line.trim_end();
        let indent = blanks(line);
        let (mut column, mut is_item) = (indent, false);
        while line.get(column..)?.starts_with("- ") {
            is_item = true;
            column += 1 + blanks(line.get(column + 1..)?);
        }
        let text = line.get(column..).filter(|text| !text.is_empty() && !text.starts_with('#'))?;
        let (key, behind) = match key(text) {
            Some((key, behind)) => (Some(key), behind),
            None => (None, 0),
        };
        let start = column + behind + blanks(text.get(behind..)?);
        let said = line.get(start..)?;
        let quote = said.chars().next().filter(|quote| matches!(quote, '"' | '\''));
        let inner = quote.and_then(|quote| {
            let said = said.strip_suffix(',').unwrap_or(said);
            said.strip_prefix(quote)?.strip_suffix(quote)
        });
        let (value, start) = inner.map_or((said, start), |inner| (inner, start + 1));
        let (range, is_quoted) = (start..start + value.len(), inner.is_some());
        Some(Entry { indent, column, is_item, key, value, range, is_quoted })
    }

    /// Whether the value is that of the lines below: `|`, `>-`.
    pub(crate) fn is_block(&self) -> bool {
        let mark = self.value.strip_prefix(['|', '>']);
        !self.is_quoted
            && mark.is_some_and(|rest| rest.bytes().all(|byte| b"+-0123456789".contains(&byte)))
    }
}

/// The key that a text begins with, and how many bytes it has with its colon.
fn key(text: &str) -> Option<(&str, usize)> {
    let (key, before) = match text.chars().next().filter(|quote| matches!(quote, '"' | '\'')) {
        Some(quote) => (text.get(1..)?.split_once(quote)?.0, 2),
        None => {
            let is_of_name = |byte: &u8| byte.is_ascii_alphanumeric() || b"_-./$".contains(byte);
            let length = text.bytes().take_while(|byte| is_of_name(byte)).count();
            (text.get(..length).filter(|key| !key.is_empty())?, 0)
        }
    };
    let end = key.len() + before;
    let rest = text.get(end..)?;
    let colon = rest.len() - rest.trim_start().len();
    let behind = rest.get(colon..)?.strip_prefix(':')?;
    let is_value = behind.is_empty() || behind.starts_with([' ', '\t']) || before > 0;
    is_value.then_some((key, end + colon + 1))
}

#[cfg(test)]
mod tests {
    use super::Entry;

    #[test]
    fn lines_are_taken_apart() {
        for (line, column, key, value) in [
            ("  password: x y", 2, Some("password"), "x y"),
            ("- name: 'A B'", 2, Some("name"), "A B"),
            ("  - - \"k\": \"v\",", 6, Some("k"), "v"),
            ("\"data\": {", 0, Some("data"), "{"),
            ("data:", 0, Some("data"), ""),
            ("- --password", 2, None, "--password"),
            ("   \"hunter2\",", 3, None, "hunter2"),
            ("2026-11-22T10:00:00Z token", 0, None, "2026-11-22T10:00:00Z token"),
            ("http://a", 0, None, "http://a"),
        ] {
            let entry = Entry::read(line).expect("an entry");
            assert_eq!((entry.column, entry.key, entry.value), (column, key, value), "{line}");
            assert_eq!(line.get(entry.range.clone()), Some(value), "{line}");
        }
        assert_eq!(Entry::read("  "), None);
        assert_eq!(Entry::read("# password: x"), None);
        assert!(Entry::read("a: >-").is_some_and(|entry| entry.is_block()));
        assert!(Entry::read("a: '|'").is_some_and(|entry| !entry.is_block()));
    }
}
