//! Lines and columns, as V8 counts them, in bytes.

use crate::Place;

/// For each place its byte, or `None` where the text has no such place. Cost: one pass over the text, and sorting.
pub(crate) fn offsets(text: &str, places: &[Place<'_>]) -> Vec<Option<u32>> {
    let mut wanted: Vec<(u32, u32, usize)> =
        places.iter().enumerate().map(|(index, place)| (place.line, place.column, index)).collect();
    wanted.sort_unstable();
    let mut found = vec![None; places.len()];
    let mut wanted = wanted.into_iter().peekable();
    let (mut line, mut column) = (0u32, 0u32);
    let mut letters = text.char_indices().peekable();
    loop {
        let next = letters.next();
        let at = next.map_or(text.len(), |(at, _)| at);
        while let Some(&(wanted_line, wanted_column, index)) = wanted.peek()
            && (wanted_line, wanted_column) <= (line, column)
        {
            if (wanted_line, wanted_column) == (line, column)
                && let Some(slot) = found.get_mut(index)
            {
                *slot = u32::try_from(at).ok();
            }
            wanted.next();
        }
        let Some((_, letter)) = next else { return found };
        let is_pair = letter == '\r' && letters.peek().is_some_and(|&(_, next)| next == '\n');
        if matches!(letter, '\n' | '\r' | '\u{2028}' | '\u{2029}') && !is_pair {
            (line, column) = (line.saturating_add(1), 0);
        } else {
            column = column.saturating_add(letter.len_utf16() as u32);
        }
    }
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
}
