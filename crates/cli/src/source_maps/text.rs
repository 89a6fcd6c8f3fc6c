//! Places in a text, as source maps and V8 count them: lines and UTF-16 units from 0.

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Hash)]
pub(super) struct Position {
    pub(super) line: u32,
    pub(super) column: u32,
}

impl Position {
    /// Behind every place.
    pub(super) const LAST: Position = Position { line: u32::MAX, column: u32::MAX };
}

/// Where the lines of a text begin, in bytes.
pub(super) fn line_starts(text: &str) -> Vec<usize> {
    let breaks = text.bytes().enumerate().filter(|&(_, byte)| byte == b'\n');
    std::iter::once(0).chain(breaks.map(|(at, _)| at + 1)).collect()
}

/// The text before a place and from it on; `None` if the text has no such place. Cost: the line.
pub(super) fn split_at<'a>(
    text: &'a str,
    starts: &[usize],
    at: Position,
) -> Option<(&'a str, &'a str)> {
    let start = *starts.get(at.line as usize)?;
    let mut left = at.column as usize;
    let line = text.get(start..)?;
    let mut length = 0;
    for letter in line.chars().take_while(|&letter| letter != '\n') {
        if left == 0 {
            break;
        }
        left = left.saturating_sub(letter.len_utf16());
        length += letter.len_utf8();
    }
    if left > 0 { None } else { text.split_at_checked(start + length) }
}
