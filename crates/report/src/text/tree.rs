//! Tree lines: the strokes in front of each row of a tree.

/// The most levels that strokes are drawn for, and the fewest.
const DRAWN_LEVELS: [usize; 2] = [16, 2];
/// Columns that a row needs beside its strokes: some of a name, an id, sizes.
const BESIDE: usize = 46;

/// Levels that strokes are drawn for on a page of `width` columns. Beyond them the strokes give way
/// to the level's number: a linked list of a million nodes is an ordinary tree.
pub(super) fn drawn_levels(width: usize) -> usize {
    (width.saturating_sub(BESIDE) / 3).clamp(DRAWN_LEVELS[1], DRAWN_LEVELS[0])
}

/// A row to be drawn: one of the tree's own, or a note of how many children are not shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// The row at this position; it has this many children, and none of them is shown.
    Row { at: usize, folded: u64 },
    /// This many children more are not shown.
    Hidden(u64),
}

/// The lines of a tree given as the depth and the number of hidden children of each row in
/// preorder, each with its strokes; `hidden_on_top` topmost rows more are not there. Rows of depth
/// below `bare` get no strokes, more than `drawn` levels are a number.
pub(super) fn lines(
    rows: impl Iterator<Item = (u32, u64)>,
    bare: u32,
    hidden_on_top: u64,
    drawn: usize,
) -> Vec<(String, Line)> {
    let mut flat: Vec<(u32, Line)> = Vec::new();
    let mut pending: Vec<(u32, u64)> = Vec::new();
    let mut rows = rows.enumerate().peekable();
    while let Some((at, (depth, hidden))) = rows.next() {
        while let Some((above, count)) = pending.pop_if(|(above, _)| *above >= depth) {
            flat.push((above + 1, Line::Hidden(count)));
        }
        let opened = rows.peek().is_some_and(|&(_, (next, _))| next > depth);
        flat.push((depth, Line::Row { at, folded: if opened { 0 } else { hidden } }));
        if opened && hidden > 0 {
            pending.push((depth, hidden));
        }
    }
    while let Some((above, count)) = pending.pop() {
        flat.push((above + 1, Line::Hidden(count)));
    }
    if hidden_on_top > 0 {
        flat.push((0, Line::Hidden(hidden_on_top)));
    }

    let last = last_siblings(&flat);
    let mut ancestors_last: Vec<bool> = Vec::new();
    let strokes = flat.iter().zip(last).map(|(&(depth, line), is_last)| {
        let depth = depth as usize;
        ancestors_last.resize(depth, true);
        let text = strokes(&ancestors_last, bare as usize, drawn, is_last);
        ancestors_last.push(is_last);
        (text, line)
    });
    strokes.collect()
}

/// For each line whether no sibling follows.
fn last_siblings(flat: &[(u32, Line)]) -> Vec<bool> {
    let mut last = vec![false; flat.len()];
    let mut sibling_below: Vec<bool> = Vec::new();
    for (at, &(depth, _)) in flat.iter().enumerate().rev() {
        let depth = depth as usize;
        last[at] = !sibling_below.get(depth).copied().unwrap_or(false);
        sibling_below.resize(depth, false);
        sibling_below.push(true);
    }
    last
}

fn strokes(ancestors_last: &[bool], bare: usize, drawn: usize, is_last: bool) -> String {
    let depth = ancestors_last.len();
    if depth < bare {
        return String::new();
    }
    let own = if is_last { "└─ " } else { "├─ " };
    if depth - bare > drawn {
        return format!("⋯{depth} {own}");
    }
    let above = ancestors_last.iter().skip(bare).map(|&last| if last { "   " } else { "│  " });
    above.chain([own]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw(rows: &[(u32, u64)], bare: u32) -> String {
        lines(rows.iter().copied(), bare, 0, 16)
            .into_iter()
            .map(|(strokes, line)| match line {
                Line::Row { at, folded: 0 } => format!("{strokes}{at}\n"),
                Line::Row { at, folded } => format!("{strokes}{at} ({folded})\n"),
                Line::Hidden(count) => format!("{strokes}+{count}\n"),
            })
            .collect()
    }

    #[test]
    fn strokes_join_siblings() {
        let drawn = draw(&[(0, 0), (1, 3), (2, 0), (1, 0), (0, 0)], 0);
        assert_eq!(drawn, "├─ 0\n│  ├─ 1\n│  │  ├─ 2\n│  │  └─ +3\n│  └─ 3\n└─ 4\n");
    }

    #[test]
    fn children_that_are_not_opened_take_no_line() {
        assert_eq!(draw(&[(0, 7), (0, 0)], 0), "├─ 0 (7)\n└─ 1\n");
    }

    #[test]
    fn the_start_of_a_tree_is_bare() {
        assert_eq!(draw(&[(0, 2), (1, 0), (2, 0)], 1), "0\n├─ 1\n│  └─ 2\n└─ +2\n");
    }

    #[test]
    fn what_is_missing_on_top_stands_last() {
        let drawn = lines([(0, 2), (1, 0)].into_iter(), 0, 5, 16);
        let strokes: Vec<(&str, Line)> =
            drawn.iter().map(|(strokes, line)| (strokes.as_str(), *line)).collect();
        assert_eq!(strokes[2..], [("│  └─ ", Line::Hidden(2)), ("└─ ", Line::Hidden(5))]);
    }

    #[test]
    fn a_million_levels_are_no_trouble() {
        let rows: Vec<(u32, u64)> = (0..1_000_000).map(|depth| (depth, 0)).collect();
        let lines = lines(rows.into_iter(), 0, 0, 16);
        assert_eq!(lines.last().map(|(strokes, _)| strokes.as_str()), Some("⋯999999 └─ "));
    }

    #[test]
    fn narrow_pages_draw_fewer_levels() {
        assert_eq!([40, 60, 80, 200].map(drawn_levels), [2, 4, 11, 16]);
        let lines = lines((0..5).map(|depth| (depth, 0)), 0, 0, 2);
        let strokes: Vec<&str> = lines.iter().map(|(strokes, _)| strokes.as_str()).collect();
        assert_eq!(strokes, ["└─ ", "   └─ ", "      └─ ", "⋯3 └─ ", "⋯4 └─ "]);
    }
}
