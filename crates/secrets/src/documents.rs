//! Text whose lines are told by others of the same document: manifests.

use std::ops::Range;

use crate::flow::{Flow, Taken};
use crate::told::{Mark, OF_SECRET};
use crate::yaml::Entry;
use crate::{Lines, Rules, apart};

/// Of longer documents not all is known when their first lines are written.
const LONGEST: usize = 4 << 20;

/// As [`Lines`], for a file: what a manifest is may be said behind what it has. So the values of a Secret are masked
/// whole, also where `kind` comes last, and those of telling names, also where the name comes last.
///
/// Of documents of more than 4 MB (a list, a log) all that is called `data` and not known to be of another kind is
/// taken for that of a Secret.
#[derive(Debug, Default)]
pub struct Documents {
    lines: Lines,
    /// What is open of the document where the last piece of it ended.
    flow: Flow,
    waiting: String,
    /// Whether what waits is not the beginning of a document.
    is_continued: bool,
}

impl Documents {
    /// Takes a line with its end; gives what can be written, without what should not be seen.
    pub fn push(&mut self, line: &str) -> String {
        let is_end = line.trim_end() == "---" || line.starts_with("--- ");
        let text = if is_end {
            let text = self.write(false);
            self.is_continued = false;
            text
        } else if self.waiting.len() >= LONGEST {
            let text = self.write(true);
            self.is_continued = true;
            text
        } else {
            String::new()
        };
        self.waiting.push_str(line);
        text
    }

    /// What is left when no more comes.
    pub fn finish(&mut self) -> String {
        self.write(false)
    }

    /// How many credentials were masked.
    pub fn masked(&self) -> u64 {
        self.lines.masked()
    }

    fn write(&mut self, is_cut: bool) -> String {
        let waiting = std::mem::take(&mut self.waiting);
        // The mark of the byte order is no part of the first key.
        let is_marked = waiting.starts_with(ORDER_MARK);
        let (order, document) = waiting.split_at(if is_marked { ORDER_MARK.len_utf8() } else { 0 });
        let Taken { mut found, undecided } = self.flow.take(document, is_cut);
        let part = Part { is_part: is_cut || self.is_continued, is_continued: self.is_continued };
        let (marks, of_lists) = marks(document, undecided, part);
        found.extend(of_lists.into_iter().map(|range| (range, OF_SECRET)));
        apart(&mut found, |(range, _)| range);
        let document = self.lines.without(document, found);
        let mut text = String::with_capacity(waiting.len());
        text.push_str(order);
        for (line, mark) in document.split_inclusive('\n').zip(marks) {
            let bare = line.strip_suffix('\n');
            if let Some(masked) = self.lines.marked(bare.unwrap_or(line), mark) {
                text.push_str(&masked);
                text.push_str(if bare.is_some() { "\n" } else { "" });
            }
        }
        text
    }
}

/// With which files begin that some editors write.
const ORDER_MARK: char = '\u{feff}';

/// What of a document a text is.
#[derive(Clone, Copy)]
struct Part {
    /// It is not whole.
    is_part: bool,
    /// It is not the beginning.
    is_continued: bool,
}

/// A mapping that is not ended: its column, and what is known of it.
#[derive(Default)]
struct Mapping {
    column: usize,
    is_secret: Option<bool>,
    /// It is a list, all of whose items are Secrets, which need not say so.
    is_of_secrets: bool,
    is_named: bool,
    /// Lines that have the data of those in it that do not say what they are.
    of_items: Vec<usize>,
    /// Data in flow collections in it that do not say what they are.
    of_lists: Vec<Range<usize>>,
    /// Lines that have its data, and its values.
    data: Vec<usize>,
    values: Vec<usize>,
}

/// What the document tells of each of its lines, and which of the `undecided` values are those of Secrets, since the list
/// that they are in is one of Secrets.
///
/// Cost: linear.
fn marks(
    document: &str,
    undecided: Vec<(usize, Range<usize>)>,
    part: Part,
) -> (Vec<Mark>, Vec<Range<usize>>) {
    let rules = Rules::standard();
    let (mut marks, mut found) = (Vec::new(), Vec::new());
    let mut undecided = undecided.into_iter().peekable();
    let mut open: Vec<Mapping> = Vec::new();
    for (at, line) in document.split_inclusive('\n').enumerate() {
        marks.push(Mark::None);
        let Some(entry) = Entry::read(line) else { continue };
        while open.last().is_some_and(|last| {
            last.column > entry.column || entry.is_item && last.column == entry.column
        }) {
            let ended = open.pop();
            end(ended, open.last_mut(), part, &mut marks, &mut found);
        }
        if entry.key.is_some() && open.last().is_none_or(|last| last.column < entry.column) {
            open.push(Mapping { column: entry.column, ..Mapping::default() });
        }
        let of_line = std::iter::from_fn(|| undecided.next_if(|(line, _)| *line <= at))
            .map(|(_, range)| range);
        match open.last_mut() {
            Some(mapping) => mapping.of_lists.extend(of_line),
            // What the list is was said before.
            None if part.is_continued && entry.is_item => found.extend(of_line),
            None => of_line.for_each(drop),
        }
        let (Some(key), Some(mapping)) = (entry.key, open.last_mut()) else { continue };
        match key {
            "kind" => {
                let said = entry.value.split(" #").next().unwrap_or_default();
                let said = said.trim_end().trim_end_matches(',').trim_matches(['"', '\'']);
                mapping.is_secret = Some(said == "Secret");
                mapping.is_of_secrets = said == "SecretList";
            }
            "name" | "key" => mapping.is_named |= rules.is_secret_name(entry.value),
            "data" | "stringData" => mapping.data.push(at),
            "value" => mapping.values.push(at),
            _ => {}
        }
    }
    while let Some(ended) = open.pop() {
        end(Some(ended), open.last_mut(), part, &mut marks, &mut found);
    }
    (marks, found)
}

fn end(
    mapping: Option<Mapping>,
    above: Option<&mut Mapping>,
    part: Part,
    marks: &mut [Mark],
    found: &mut Vec<Range<usize>>,
) {
    let Some(mut mapping) = mapping else { return };
    let is_unknown = mapping.is_secret.is_none();
    if mapping.is_of_secrets || is_unknown && part.is_part {
        found.append(&mut mapping.of_lists);
    }
    if is_unknown && let Some(above) = above {
        above.of_items.extend(&mapping.data);
        above.of_lists.append(&mut mapping.of_lists);
    }
    if mapping.is_of_secrets {
        mapping.data = std::mem::take(&mut mapping.of_items);
        mapping.is_secret = Some(true);
    }
    let mut mark = |lines: &[usize], as_what| {
        for &line in lines {
            if let Some(mark) = marks.get_mut(line) {
                *mark = as_what;
            }
        }
    };
    if mapping.is_secret.unwrap_or(part.is_part) {
        mark(&mapping.data, Mark::Data);
    }
    if mapping.is_named {
        mark(&mapping.values, Mark::Value);
    }
}
