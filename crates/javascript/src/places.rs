//! Lines and columns, as V8 counts them, in bytes.

use crate::{Place, Position};

/// For each place its byte, or `None` where the text has no such place. Cost: one pass over the text, and sorting.
pub(crate) fn offsets(text: &str, places: &[Place<'_>]) -> Vec<Option<u32>> {
    let mut wanted: Vec<(u32, u32, usize)> =
        places.iter().enumerate().map(|(index, place)| (place.line, place.column, index)).collect();
    wanted.sort_unstable();
    let mut found = vec![None; places.len()];
    let mut wanted = wanted.into_iter().peekable();
    let mut letters = Letters::of(text);
    loop {
        let at = (letters.at.line, letters.at.column);
        while let Some((line, column, index)) =
            wanted.next_if(|&(line, column, _)| (line, column) <= at)
        {
            if (line, column) == at
                && let Some(slot) = found.get_mut(index)
            {
                *slot = u32::try_from(letters.byte).ok();
            }
        }
        if letters.next().is_none() {
            return found;
        }
    }
}

/// A text letter by letter, with the place that it is at.
struct Letters<'a> {
    text: &'a str,
    byte: usize,
    at: Position,
}

impl<'a> Letters<'a> {
    fn of(text: &'a str) -> Letters<'a> {
        Letters { text, byte: 0, at: Position::default() }
    }

    /// Behind the next letter; `None` at the end.
    fn next(&mut self) -> Option<()> {
        let mut letters = self.text.get(self.byte..)?.chars();
        let letter = letters.next()?;
        self.byte += letter.len_utf8();
        let is_pair = letter == '\r' && letters.next() == Some('\n');
        let Position { line, column } = self.at;
        self.at = if matches!(letter, '\n' | '\r' | '\u{2028}' | '\u{2029}') && !is_pair {
            Position { line: line.saturating_add(1), column: 0 }
        } else {
            Position { line, column: column.saturating_add(letter.len_utf16() as u32) }
        };
        Some(())
    }
}

/// For each byte its line and column; of a byte within a letter those of the next one. Cost: one pass over the text, and
/// sorting.
pub(crate) fn positions(text: &str, offsets: &[u32]) -> Vec<Position> {
    let mut wanted: Vec<(u32, usize)> = offsets.iter().copied().zip(0..).collect();
    wanted.sort_unstable();
    let mut found = vec![Position { line: u32::MAX, column: u32::MAX }; offsets.len()];
    let mut wanted = wanted.into_iter().peekable();
    let mut letters = Letters::of(text);
    while wanted.peek().is_some() {
        while let Some((_, index)) = wanted.next_if(|&(offset, _)| offset as usize <= letters.byte)
        {
            if let Some(slot) = found.get_mut(index) {
                *slot = letters.at;
            }
        }
        if letters.next().is_none() {
            break;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_counted_in_utf16_units_and_in_lines_of_javascript() {
        let text = "ab\r\nä😀x\u{2028}c\rd";
        let at = |line, column| Place { line, column, name: None };
        let places = [
            at(1, 3),
            at(0, 0),
            at(1, 2),
            at(2, 0),
            at(3, 0),
            at(3, 1),
            at(3, 2),
            at(9, 0),
            at(0, 2),
        ];
        let byte = |letter: char| Some(text.find(letter).expect("there") as u32);
        let end = Some(text.len() as u32);
        assert_eq!(
            offsets(text, &places),
            [byte('x'), Some(0), None, byte('c'), byte('d'), end, None, None, byte('\r')]
        );
    }

    #[test]
    fn bytes_have_the_places_that_they_are_found_by() {
        let text = "ab\r\nä😀x\u{2028}c\rd";
        let offsets: Vec<u32> = (0..text.len() as u32 + 1).rev().collect();
        for (&offset, at) in offsets.iter().zip(positions(text, &offsets)) {
            let place = Place { line: at.line, column: at.column, name: None };
            let back = super::offsets(text, &[place])[0].expect("a place");
            let next = (offset as usize..).find(|&byte| text.is_char_boundary(byte));
            assert_eq!(Some(back as usize), next, "{offset}");
        }
        let last = Position { line: u32::MAX, column: u32::MAX };
        assert_eq!(positions(text, &[u32::MAX]), [last]);
    }
}
