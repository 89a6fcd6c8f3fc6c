//! Paths and names without credentials: keys of a Map and names of properties may be some.

use heapglass_graph::Graph;
use heapglass_secrets::{Rules, TextKind};

use super::search::Found;

/// Shorter values are words that stand in paths by themselves.
const SHORTEST: usize = 6;
/// Characters of a value by which it is recognised: paths show but the beginning of a long key.
const BEGINNING: usize = 12;
/// Values that are looked for. Where there are more, no key is shown.
const MOST_VALUES: usize = 10_000;

const MASK: &str = "[REDACTED]";

/// Knows the credentials of a heap, to take them out of what is shown.
pub(super) struct Masking {
    values: Vec<String>,
    hides_keys: bool,
}

impl Masking {
    pub(super) fn of(graph: &Graph, found: &[Found]) -> Masking {
        let known = found.iter().take(MOST_VALUES).filter_map(|found| found.value(graph));
        let values = known.filter(|value| value.chars().count() >= SHORTEST).collect();
        Masking { values, hides_keys: found.len() > MOST_VALUES }
    }

    /// A text without credentials.
    pub(super) fn mask(&self, text: &str) -> String {
        let mut text = text.to_owned();
        if self.hides_keys {
            text = without_keys(&text);
        }
        // From the back, so that what is found stays where it was found.
        for finding in Rules::standard().scan(&text, TextKind::Data).into_iter().rev() {
            let end = run(&text, finding.range.end);
            text.replace_range(finding.range.start..end, MASK);
        }
        for value in &self.values {
            let mut from = 0;
            let beginning: String = value.chars().take(BEGINNING).collect();
            while let Some(at) = text.get(from..).and_then(|rest| rest.find(&beginning)) {
                let start = from + at;
                let end = run(&text, start + common(&text[start..], value));
                text.replace_range(start..end, MASK);
                from = start + MASK.len();
            }
        }
        text
    }
}

/// Bytes that two texts begin with in common.
fn common(a: &str, b: &str) -> usize {
    let same = a.chars().zip(b.chars()).take_while(|(a, b)| a == b);
    same.map(|(c, _)| c.len_utf8()).sum()
}

/// The end of the word that goes on at `from`.
fn run(text: &str, from: usize) -> usize {
    let rest = text.get(from..).unwrap_or_default();
    let end = rest.find(|c: char| c.is_whitespace() || "\"'`]},…".contains(c));
    from + end.unwrap_or(rest.len())
}

/// A path without what stands in quotes.
fn without_keys(text: &str) -> String {
    let mut shown = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('"') {
        shown.push_str(before);
        shown.push_str("\"…\"");
        let mut is_escaped = false;
        let end = after.char_indices().find(|&(_, c)| {
            let ends = c == '"' && !is_escaped;
            is_escaped = c == '\\' && !is_escaped;
            ends
        });
        rest = end.and_then(|(at, _)| after.get(at + 1..)).unwrap_or_default();
    }
    shown.push_str(rest);
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_what_is_left_of_them_go() {
        let masking = Masking {
            values: vec!["correct horse battery".to_owned(), "hunter2hunter2hunter2".to_owned()],
            hides_keys: false,
        };
        assert_eq!(
            masking.mask(r#"global.x → ["hunter2hunter2h…"] : (string)"#),
            r#"global.x → ["[REDACTED]…"] : (string)"#
        );
        assert_eq!(masking.mask("a.correct horse battery.b"), "a.[REDACTED]");
        assert_eq!(masking.mask("global.app.routes"), "global.app.routes");
    }

    #[test]
    fn keys_go_where_values_are_too_many() {
        assert_eq!(without_keys(r#"a["x\"y"].b["z"] : C"#), r#"a["…"].b["…"] : C"#);
        assert_eq!(without_keys(r#"a["x"#), r#"a["…""#);
    }
}
