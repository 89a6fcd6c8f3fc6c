//! Text that comes out of a heap, made safe for a terminal and fitted into a width.

use std::borrow::Cow;

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

const ELLIPSIS: char = '…';

/// Columns that `text` takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    text.width()
}

/// `text` with everything that could move the cursor, change colours or reorder the line written
/// as an escape: a heap holds other people's strings.
pub fn clean(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unsafe) {
        return Cow::Borrowed(text);
    }
    let mut cleaned = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\n' => cleaned.push_str("\\n"),
            '\r' => cleaned.push_str("\\r"),
            '\t' => cleaned.push_str("\\t"),
            c if is_unsafe(c) => cleaned.extend(c.escape_unicode()),
            c => cleaned.push(c),
        }
    }
    Cow::Owned(cleaned)
}

fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// `text` cut at its end to at most `columns`.
pub(super) fn cut_end(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else { return Cow::Borrowed("") };
    let mut cut = take_columns(text.chars(), room);
    cut.push(ELLIPSIS);
    Cow::Owned(cut)
}

/// `text` cut in its middle to at most `columns`: for paths, whose both ends tell something.
pub(super) fn cut_middle(text: &str, columns: usize) -> Cow<'_, str> {
    if width(text) <= columns {
        return Cow::Borrowed(text);
    }
    let Some(room) = columns.checked_sub(1) else { return Cow::Borrowed("") };
    let mut cut = take_columns(text.chars(), room.div_ceil(2));
    let tail = take_columns(text.chars().rev(), room / 2);
    cut.push(ELLIPSIS);
    cut.extend(tail.chars().rev());
    Cow::Owned(cut)
}

fn take_columns(chars: impl Iterator<Item = char>, columns: usize) -> String {
    let mut used = 0;
    chars
        .take_while(|c| {
            used += c.width().unwrap_or(0);
            used <= columns
        })
        .collect()
}

/// `text` in pieces of at most `columns`, whatever is in it.
pub(super) fn chunks(text: &str, columns: usize) -> Vec<String> {
    let mut chunks = vec![String::new()];
    let mut used = 0;
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if used + wide > columns.max(1) && used > 0 {
            chunks.push(String::new());
            used = 0;
        }
        used += wide;
        if let Some(last) = chunks.last_mut() {
            last.push(c);
        }
    }
    chunks
}

/// Words that stay on the line of the word before them: units, and the sign in `1,234 × Session`.
const CLINGING: [&str; 9] = ["B", "kB", "MB", "GB", "TB", "PB", "EB", "bytes", "×"];

/// `text` broken at spaces into lines of at most `columns`. A longer word is broken before a point,
/// bracket or slash; where there is none it keeps a line of its own.
pub(super) fn wrap(text: &str, columns: usize) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for word in text.split(' ') {
        let bare = word.trim_end_matches(['.', ',', ';', ':', ')']);
        match words.last_mut() {
            Some(previous) if CLINGING.contains(&bare) => {
                previous.push(' ');
                previous.push_str(word);
            }
            _ => words.push(word.to_owned()),
        }
    }
    join_into_lines(&words, columns)
}

fn join_into_lines(words: &[String], columns: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in words {
        let pieces = pieces(word, columns);
        let (word, rest) = pieces.split_last().map_or((word, &[][..]), |(last, rest)| (last, rest));
        for piece in rest {
            if used > 0 {
                lines.push(std::mem::take(&mut line));
                used = 0;
            }
            lines.push(piece.clone());
        }
        let wide = width(word);
        if used > 0 && used + 1 + wide > columns {
            lines.push(std::mem::take(&mut line));
            used = 0;
        }
        if used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += wide;
    }
    lines.push(line);
    lines
}

/// A word as pieces of at most `columns`, as far as it can be broken.
fn pieces(word: &str, columns: usize) -> Vec<String> {
    let mut pieces = vec![String::new()];
    if width(word) <= columns {
        return vec![word.to_owned()];
    }
    let breaks = word.match_indices(['.', '[', '/']).map(|(at, _)| at).filter(|&at| at > 0);
    let ends: Vec<usize> = breaks.chain([word.len()]).collect();
    let mut start = 0;
    for end in ends {
        let part = word.get(start..end).unwrap_or_default();
        start = end;
        match pieces.last_mut() {
            Some(last) if last.is_empty() || width(last) + width(part) <= columns => {
                last.push_str(part);
            }
            _ => pieces.push(part.to_owned()),
        }
    }
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn escapes_cannot_reach_the_terminal() {
        assert_eq!(clean("plain ✓"), "plain ✓");
        assert_eq!(clean("a\nb\u{1b}[31m"), "a\\nb\\u{1b}[31m");
        assert_eq!(clean("a\u{202e}b"), "a\\u{202e}b");
        assert_eq!(clean("\u{9b}31m"), "\\u{9b}31m");
    }

    #[test]
    fn cuts_count_columns_not_bytes() {
        assert_eq!(cut_end("abcdef", 6), "abcdef");
        assert_eq!(cut_end("abcdef", 4), "abc…");
        assert_eq!(cut_end("日本語", 4), "日…");
        assert_eq!(cut_middle("abcdefgh", 5), "ab…gh");
        assert_eq!(cut_middle("日本語日本語", 6), "日…語");
        assert_eq!(cut_end("abc", 0), "");
    }

    #[test]
    fn wraps_at_spaces() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a-very-long-word b", 4), ["a-very-long-word", "b"]);
        assert_eq!(wrap("", 4), [""]);
        assert_eq!(chunks("abc日本d", 4), ["abc", "日本", "d"]);
        assert_eq!(wrap("x global.app.cache[1] y", 10), ["x", "global.app", ".cache[1]", "y"]);
        assert_eq!(wrap("it holds 5.2 MB.", 12), ["it holds", "5.2 MB."]);
    }
}
