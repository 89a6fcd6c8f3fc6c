//! Data of Secrets in JSON and in flow mappings of YAML, over as many lines as they have.

use std::ops::Range;

use crate::yaml::Entry;

/// An object or a list that is not ended.
#[derive(Default)]
struct Open<'a> {
    is_list: bool,
    /// Of what comes next.
    key: Option<&'a str>,
    kind: Option<&'a str>,
    /// The nearest open object that it is in the data of.
    owner: Option<usize>,
    /// The values of its data, and in these those of objects that are no Secrets.
    data: Vec<Range<usize>>,
    /// Those of objects in it that do not say what they are.
    of_items: Vec<Range<usize>>,
}

/// Where the values of Secrets are, and copies of whole ones in a string. In order, none within another. `is_part`: the
/// document goes on, so that what an object is may be said behind its end.
///
/// No text goes over the end of a line, so that one quote too many in a log hides little. Cost: linear; ranges in nested data
/// are moved as often as the logarithm of their number.
pub(crate) fn of_secrets(document: &str, is_part: bool) -> Vec<Range<usize>> {
    if !document.contains('{') || !is_part && !document.contains("Secret") {
        return Vec::new();
    }
    let mut scan = Scan { text: document, open: Vec::new(), too_deep: 0, found: Vec::new() };
    let mut at = 0;
    for line in document.split_inclusive('\n') {
        let start = if scan.open.is_empty() { begins(line) } else { Some(0) };
        if let Some(start) = start {
            scan.line(at + start, at + line.len());
        }
        at += line.len();
    }
    while !scan.open.is_empty() {
        scan.end(is_part);
    }
    scan.found.sort_by_key(|range| range.start);
    scan.found
}

/// Where an object or a list begins that is the value of a line.
fn begins(line: &str) -> Option<usize> {
    // A document may stand behind the mark that begins it.
    let content = line.strip_prefix("--- ").unwrap_or(line);
    let entry = Entry::read(content)?;
    let is_flow = !entry.is_quoted && entry.value.starts_with(['{', '[']);
    is_flow.then_some(line.len() - content.len() + entry.range.start)
}

struct Scan<'a> {
    text: &'a str,
    open: Vec<Open<'a>>,
    /// Those open below the deepest level, which are taken for parts of what is on that.
    too_deep: usize,
    found: Vec<Range<usize>>,
}

/// Levels that are told apart. A line of brackets alone, 16 MB long, would take more than a gigabyte.
pub(crate) const DEEPEST: usize = 100_000;

impl Scan<'_> {
    /// Takes what is from `at` to the end of its line.
    fn line(&mut self, mut at: usize, end: usize) {
        loop {
            let rest = self.text.get(at..end).unwrap_or_default();
            let bare = rest.trim_start();
            at += rest.len() - bare.len();
            let Some(sign) = bare.chars().next() else { return };
            match sign {
                '{' | '[' => self.begin(sign == '['),
                '}' | ']' => self.end(false),
                ',' => {
                    if let Some(open) = self.open.last_mut() {
                        open.key = None;
                    }
                }
                ':' => {}
                // A remark.
                '#' => return,
                _ => {
                    at = self.scalar(at, end);
                    continue;
                }
            }
            at += 1;
            // Behind the end of the outermost one only another one matters.
            if self.open.is_empty()
                && !self.text.get(at..end).is_some_and(|rest| rest.trim_start().starts_with('{'))
            {
                return;
            }
        }
    }

    fn begin(&mut self, is_list: bool) {
        if self.open.len() >= DEEPEST {
            self.too_deep += 1;
            return;
        }
        let above = self.open.len().checked_sub(1);
        let (key, owner) = match self.open.last_mut() {
            Some(open) => (open.key.take(), open.owner),
            None => (None, None),
        };
        let is_data = matches!(key, Some("data" | "stringData"));
        let owner = above.filter(|_| is_data).or(owner);
        self.open.push(Open { is_list, owner, ..Open::default() });
    }

    fn end(&mut self, is_cut: bool) {
        if let Some(fewer) = self.too_deep.checked_sub(1) {
            self.too_deep = fewer;
            return;
        }
        let Some(mut ended) = self.open.pop() else { return };
        match ended.kind {
            Some("Secret") => self.found.append(&mut ended.data),
            Some("SecretList") => self.found.append(&mut ended.of_items),
            None if is_cut => {
                self.found.append(&mut ended.data);
                self.found.append(&mut ended.of_items);
            }
            _ => {}
        }
        // From a list straight to the object that has it.
        let top = self.open.len();
        let mut near = (top.saturating_sub(2)..top).rev();
        let above = near.find(|&at| self.open.get(at).is_some_and(|open| !open.is_list));
        // What is in the data of a Secret is masked whatever it is itself, so all goes on to the owner, at last.
        if ended.kind.is_none()
            && above > ended.owner
            && let Some(above) = above.and_then(|at| self.open.get_mut(at))
        {
            join(&mut above.of_items, ended.data);
        } else if let Some(owner) = ended.owner.and_then(|at| self.open.get_mut(at)) {
            join(&mut owner.data, ended.data);
        }
        if let Some(owner) = ended.owner.and_then(|at| self.open.get_mut(at)) {
            join(&mut owner.data, ended.of_items);
        }
    }

    /// Takes a key or a value that is neither object nor list; gives where it ends.
    fn scalar(&mut self, at: usize, end: usize) -> usize {
        let rest = self.text.get(at..end).unwrap_or_default();
        let quote = rest.chars().next().filter(|first| matches!(first, '"' | '\''));
        let (inner, taken) = match quote {
            Some(quote) => {
                let inner = rest.get(1..).unwrap_or_default();
                match length_of_quoted(inner, quote) {
                    Some(length) => (1..1 + length, length + 2),
                    None => (1..1 + inner.trim_end().len(), rest.len()),
                }
            }
            None => {
                let length = length_of_plain(rest);
                (0..rest.get(..length).unwrap_or_default().trim_end().len(), length)
            }
        };
        let said = rest.get(inner.clone()).unwrap_or_default();
        let behind = rest.get(taken..).unwrap_or_default().trim_start();
        let top = self.open.len().checked_sub(1);
        let Some(open) = self.open.last_mut() else { return end };
        if behind.starts_with(':') && !open.is_list {
            open.key = Some(said);
            return at + taken;
        }
        let key = open.key.take();
        let range = at + inner.start..at + inner.end;
        let owner = match key {
            Some("data" | "stringData") => top,
            Some("kind") => {
                open.kind = Some(said);
                open.owner
            }
            _ => open.owner,
        };
        if quote.is_some() && holds_secret(said) {
            self.found.push(range);
        } else if !said.is_empty() && (quote.is_some() || !matches!(said, "null" | "~")) {
            let owner = owner.and_then(|owner| self.open.get_mut(owner));
            if let Some(owner) = owner {
                owner.data.push(range);
            }
        }
        // What is taken has one byte at least, or there would be no end.
        at + taken.max(1)
    }
}

/// Puts all into the first list, in any order: the shorter one is moved, so that a deep document costs no square.
fn join(all: &mut Vec<Range<usize>>, mut more: Vec<Range<usize>>) {
    if all.len() < more.len() {
        std::mem::swap(all, &mut more);
    }
    all.append(&mut more);
}

/// Whether a text is JSON of a Secret, as `kubectl apply` keeps it.
pub(crate) fn holds_secret(text: &str) -> bool {
    let parts = [
        r#"\"kind\":\"Secret\""#,
        r#"\"kind\": \"Secret\""#,
        r#""kind":"Secret""#,
        r#""kind": "Secret""#,
    ];
    parts.iter().any(|part| text.contains(part))
}

/// How long a text is before the quote that ends it.
fn length_of_quoted(text: &str, quote: char) -> Option<usize> {
    let mut signs = text.char_indices();
    while let Some((at, sign)) = signs.next() {
        if sign == '\\' && quote == '"' {
            signs.next();
        } else if sign == quote {
            // Of two single quotes in a row none ends the text.
            let is_twice = quote == '\'' && text.get(at + 1..).is_some_and(|t| t.starts_with('\''));
            if !is_twice {
                return Some(at);
            }
            signs.next();
        }
    }
    None
}

/// How long a text without quotes is before what ends it: a sign of the flow, a colon with a blank, a remark.
fn length_of_plain(text: &str) -> usize {
    let bytes = text.as_bytes();
    let ends = |at: usize| {
        let next = bytes.get(at + 1).copied().unwrap_or(b'\n');
        match bytes.get(at) {
            Some(b',' | b'{' | b'}' | b'[' | b']') => true,
            Some(b':') => next.is_ascii_whitespace() || b",{}[]".contains(&next),
            Some(b' ' | b'\t') => next == b'#',
            _ => false,
        }
    };
    (0..bytes.len()).find(|&at| ends(at)).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests {
    use super::{DEEPEST, of_secrets};

    fn found(text: &str) -> Vec<&str> {
        of_secrets(text, false).into_iter().filter_map(|range| text.get(range)).collect()
    }

    #[test]
    fn values_of_secrets_are_found_over_lines() {
        for (text, values) in [
            (
                r#"{apiVersion: v1, kind: Secret, data: {token: a1==, "k b": b:2}}"#,
                &["a1==", "b:2"][..],
            ),
            ("- {data: {y: c3}, kind: Secret} # {\n- x: {y: z}\n", &["c3"]),
            (
                "{\"kind\":\"List\",\"items\":[\n {\"kind\":\"Secret\",\"data\":{\"a\":\"d\",\n \"b\":\n \"e\\\"}\"}},\n",
                &["d", "e\\\"}"],
            ),
            (
                "{\"items\":[{\"data\":\n{\"q\":\"f\",\"n\":null}}],\n\"kind\":\"SecretList\"}",
                &["f"],
            ),
            ("a: {kind: Secret, data: {x: 'it''s', y: [g, {z: h}]}}", &["it''s", "g", "h"]),
            (
                r#"{"kind":"Secret","data":{"a":"1"}} {"kind":"Secret","data":{"a":"2"}}"#,
                &["1", "2"],
            ),
            (r#"{"kind":"Secret","data":{"kind":"ConfigMap","data":"3"}}"#, &["ConfigMap", "3"]),
            (
                r#"{"kind":"Secret","data":{"data":{"x":{"data":"4"}},"y":[{"data":"5"}]}}"#,
                &["4", "5"],
            ),
            ("{status: 200, data: {kind: 'Secret', data: {p: 6}}}", &["6"]),
            (
                "{data: {items: [{data: {p: 7}}, {kind: Other, data: {q: 8}}], kind: SecretList}}",
                &["7"],
            ),
            ("--- {kind: Secret, data: {p: 9}}\n", &["9"]),
            (r#"a: {copy: '{"kind": "Secret"}'}"#, &[r#"{"kind": "Secret"}"#]),
            (
                "{\"a\":\"\u{e4}\u{20ac}\",\n\"kind\":\"Secret\",\"stringData\":{\"\u{e4}\":\"\u{20ac}\"}}",
                &["\u{20ac}"],
            ),
        ] {
            assert_eq!(found(text), values, "{text}");
        }
    }

    #[test]
    fn what_is_of_no_secret_stays() {
        for text in [
            r#"{"kind":"ConfigMap","data":{"a":"b"},"metadata":{"name":"Secret"}}"#,
            r#"{"kind":"List","items":[{"kind":"ConfigMap","data":{"a":"b"}},{"kind":"Secret"}]}"#,
            "[INFO] Secret { data: {a: b\n[INFO] x\n",
            r#"GET {"kind":"Secret","data":{"a":"b"}}"#,
            "kind: Secret\ndata: {a: b}\n",
        ] {
            assert_eq!(found(text), [""; 0], "{text}");
        }
    }

    #[test]
    fn of_what_is_cut_off_the_kind_may_come_later() {
        let text = "{\"data\":{\"a\":\"b\"},\n";
        let of_part = of_secrets(text, true);
        assert!(of_part.len() == 1 && of_part[0] == (14..15), "{of_part:?}");
        assert!(of_secrets(text, false).is_empty());
        let whole = "{\"msg\":\"x\",\"data\":{\"a\":\"b\"}}\n";
        assert!(of_secrets(whole, true).is_empty(), "a line of a long log");
        let items =
            "{\"items\":[{\"data\":{\"a\":\"b\"}},\n{\"kind\":\"X\",\"data\":{\"c\":\"d\"}},\n";
        let of_items = of_secrets(items, true);
        assert!(of_items.len() == 1 && of_items[0] == (24..25), "{of_items:?}");
    }

    #[test]
    fn any_text_is_taken_to_its_end() {
        for text in [
            "{\"",
            "{'''",
            "{:",
            "{a",
            "{a:",
            "{\"\\",
            "{}}{",
            "[[[{{{",
            "{\u{e4}:\u{20ac}\"",
            "{Secret \\",
        ] {
            of_secrets(text, true);
        }
        let deep = format!("{}Secret", "{data:[".repeat(50_000));
        assert!(of_secrets(&deep, false).is_empty());
        // What lies deeper than is told apart does not hide what comes behind it.
        let (open, close) = ("{".repeat(2 * DEEPEST), "}".repeat(2 * DEEPEST));
        let behind = format!("{open}{close}\n{{kind: Secret, data: {{a: hidden}}}}\n");
        assert_eq!(of_secrets(&behind, false).len(), 1);
        // Values of the innermost object pass all those around it.
        let kinds = "{kind: Other, data: ".repeat(50_000);
        let values = "{a: [".to_owned() + &"b,".repeat(50_000) + "]}" + &"}".repeat(50_000);
        assert!(of_secrets(&format!("{kinds}{values} # Secret"), false).is_empty());
        assert_eq!(
            of_secrets(&format!("{{kind: Secret, data: {kinds}{values}}}"), false).len(),
            100_000
        );
    }
}
