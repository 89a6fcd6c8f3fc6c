//! Text whose lines are told by others of the same document: manifests.

use crate::Lines;
use crate::Rules;
use crate::flow::of_secrets;
use crate::told::{Mark, OF_SECRET};
use crate::yaml::Entry;

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
        let parts = of_secrets(&waiting, is_cut).into_iter().map(|range| (range, OF_SECRET));
        let waiting = self.lines.without(&waiting, parts.collect());
        let marks = marks(&waiting, is_cut || self.is_continued);
        let mut text = String::with_capacity(waiting.len());
        for (line, mark) in waiting.split_inclusive('\n').zip(marks) {
            let bare = line.strip_suffix('\n');
            if let Some(masked) = self.lines.marked(bare.unwrap_or(line), mark) {
                text.push_str(&masked);
                text.push_str(if bare.is_some() { "\n" } else { "" });
            }
        }
        text
    }
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
    /// Lines that have its data, and its values.
    data: Vec<usize>,
    values: Vec<usize>,
}

/// What the document tells of each of its lines. `is_part`: it is not whole.
///
/// Cost: linear.
fn marks(document: &str, is_part: bool) -> Vec<Mark> {
    let rules = Rules::standard();
    let mut marks = Vec::new();
    let mut open: Vec<Mapping> = Vec::new();
    for (at, line) in document.split_inclusive('\n').enumerate() {
        marks.push(Mark::None);
        let Some(entry) = Entry::read(line) else { continue };
        while open.last().is_some_and(|last| {
            last.column > entry.column || entry.is_item && last.column == entry.column
        }) {
            let ended = open.pop();
            end(ended, open.last_mut(), is_part, &mut marks);
        }
        let Some(key) = entry.key else { continue };
        if open.last().is_none_or(|last| last.column < entry.column) {
            open.push(Mapping { column: entry.column, ..Mapping::default() });
        }
        let Some(mapping) = open.last_mut() else { continue };
        match key {
            "kind" => {
                let said = entry.value.split(" #").next().unwrap_or_default();
                let said = said.trim_end().trim_end_matches(',').trim_matches(['"', '\'']);
                mapping.is_secret = Some(said == "Secret");
                mapping.is_of_secrets = said == "SecretList";
            }
            "name" => mapping.is_named = rules.is_secret_name(entry.value),
            "data" | "stringData" => mapping.data.push(at),
            "value" => mapping.values.push(at),
            _ => {}
        }
    }
    while let Some(ended) = open.pop() {
        end(Some(ended), open.last_mut(), is_part, &mut marks);
    }
    marks
}

fn end(mapping: Option<Mapping>, above: Option<&mut Mapping>, is_part: bool, marks: &mut [Mark]) {
    let Some(mut mapping) = mapping else { return };
    if mapping.is_secret.is_none()
        && let Some(above) = above
    {
        above.of_items.extend(&mapping.data);
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
    if mapping.is_secret.unwrap_or(is_part) {
        mark(&mapping.data, Mark::Data);
    }
    if mapping.is_named {
        mark(&mapping.values, Mark::Value);
    }
}
