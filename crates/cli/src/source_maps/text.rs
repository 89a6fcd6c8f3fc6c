//! Places in a text, as source maps and V8 count them: lines and UTF-16 units from 0.

pub(super) use heapglass_javascript::Position;

/// Letters of a line after which a place is marked: lines may be as long as a file.
const APART: usize = 1024;

/// Where places of a text are, in bytes: the beginnings of its lines, and places in long lines.
#[derive(Debug)]
pub(super) struct Marks(Vec<(Position, usize)>);

impl Marks {
    /// Of a whole text. Cost: one pass over it.
    pub(super) fn of(text: &str) -> Marks {
        let mut marks = vec![(Position::default(), 0)];
        let (mut at, mut letters) = (Position::default(), 0);
        for (start, letter) in text.char_indices() {
            if letter == '\n' {
                at = Position { line: at.line.saturating_add(1), column: 0 };
                letters = 0;
                marks.push((at, start + 1));
                continue;
            }
            if letters == APART {
                letters = 0;
                marks.push((at, start));
            }
            letters += 1;
            at.column = at.column.saturating_add(if letter.len_utf16() == 2 { 2 } else { 1 });
        }
        Marks(marks)
    }

    /// The text before a place and from it on; `None` if the text has no such place. Cost: at most [`APART`] letters.
    pub(super) fn split_at<'a>(&self, text: &'a str, at: Position) -> Option<(&'a str, &'a str)> {
        let next = self.0.partition_point(|&(mark, _)| mark <= at);
        let &(mark, start) = self.0.get(next.checked_sub(1)?)?;
        if mark.line != at.line {
            return None;
        }
        let mut left = (at.column - mark.column) as usize;
        let mut length = 0;
        for letter in text.get(start..)?.chars().take_while(|&letter| letter != '\n') {
            if left == 0 {
                break;
            }
            left = left.saturating_sub(letter.len_utf16());
            length += letter.len_utf8();
        }
        if left > 0 { None } else { text.split_at_checked(start + length) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The same from the beginning of the text.
    fn slowly(text: &str, at: Position) -> Option<usize> {
        let line = text.split('\n').nth(at.line as usize)?;
        let start = line.as_ptr() as usize - text.as_ptr() as usize;
        let mut column = 0;
        for (length, letter) in line.char_indices() {
            if column >= at.column as usize {
                return Some(start + length);
            }
            column += letter.len_utf16();
        }
        (column >= at.column as usize).then_some(start + line.len())
    }

    proptest::proptest! {
        #[test]
        fn a_place_is_where_counting_from_the_beginning_finds_it(
            lines in proptest::collection::vec(("[aä€😀]{0,3}", 0usize..900), 0..5),
            places in proptest::collection::vec((0u32..6, 0u32..4000), 1..8),
        ) {
            let lines: Vec<String> = lines.into_iter().map(|(text, times)| text.repeat(times)).collect();
            let text = lines.join("\n");
            let marks = Marks::of(&text);
            for (line, column) in places {
                let at = Position { line, column };
                let found = marks.split_at(&text, at).map(|(before, _)| before.len());
                assert_eq!(found, slowly(&text, at), "{at:?}");
            }
        }
    }

    #[test]
    fn long_lines_are_marked_on_their_way() {
        let text = "x".repeat(10 * APART);
        assert_eq!(Marks::of(&text).0.len(), 10);
        assert_eq!(Marks::of("a\nb\n").0.len(), 3);
    }
}
