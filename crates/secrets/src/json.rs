//! Credentials in the JSON and the flow mappings of one line that others of its fields tell of.

use std::ops::Range;
use std::sync::OnceLock;

use regex::Regex;

use crate::Rules;
use crate::flow::{DEEPEST, holds_secret};
use crate::told::OF_SECRET;
use crate::value::is_placeholder;

/// What is open: an object or a list.
#[derive(Default)]
struct Open<'a> {
    key: Option<&'a str>,
    is_secret: bool,
    is_named: bool,
    /// Whether its strings are those of `data`.
    is_data: bool,
    strings: Vec<Range<usize>>,
    /// Of a Secret, if it is one.
    data: Vec<Range<usize>>,
    values: Vec<Range<usize>>,
    /// Whether the last item was an argument that tells of the next.
    is_told: bool,
}

/// Where credentials are that fields beside them tell of: data of a Secret, the value of a telling name, the argument
/// after a telling one. In order.
///
/// Cost: linear in the line.
pub(crate) fn told(rules: &Rules, line: &str) -> Vec<(Range<usize>, &'static str)> {
    let has = |part: &str| line.contains(part);
    let mut found = Vec::new();
    if has("kind") && has("Secret") || has("\"name\"") && has("\"value\"") || has("\"-") {
        json(rules, line, &mut found);
    }
    if has("{") && has("name:") && has("value:") {
        flow(rules, line, &mut found);
    }
    found.sort_by_key(|(range, _)| (range.start, usize::MAX - range.end));
    let mut end = 0;
    found.retain(|(range, _)| {
        let is_apart = range.start >= end;
        end = end.max(range.end);
        is_apart
    });
    found
}

fn json(rules: &Rules, line: &str, found: &mut Vec<(Range<usize>, &'static str)>) {
    let mut open: Vec<Open<'_>> = Vec::new();
    let mut too_deep = 0usize;
    let bytes = line.as_bytes();
    let mut at = line.find(['{', '[']).unwrap_or(line.len());
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'{' | b'[' if open.len() >= DEEPEST => too_deep += 1,
            b'}' | b']' if too_deep > 0 => too_deep -= 1,
            b'{' | b'[' => {
                let key = open.last_mut().and_then(|above| above.key.take());
                let is_data = matches!(key, Some("data" | "stringData"));
                open.push(Open { is_data, ..Open::default() });
            }
            b'}' | b']' => {
                if let Some(ended) = open.pop() {
                    end(ended, open.last_mut(), found);
                }
            }
            b'"' => {
                let length = length_of_quoted(bytes.get(at..).unwrap_or_default());
                let range = at..at + length;
                at = range.end + 1;
                let text = line.get(range.clone()).unwrap_or_default();
                let behind = line.get(at..).unwrap_or_default();
                if let Some(open) = open.last_mut() {
                    if behind.trim_start().starts_with(':') {
                        open.key = Some(text);
                    } else {
                        open.string(rules, text, range, found);
                    }
                }
            }
            _ => {}
        }
    }
    while let Some(ended) = open.pop() {
        end(ended, open.last_mut(), found);
    }
}

impl Open<'_> {
    fn string(
        &mut self,
        rules: &Rules,
        text: &str,
        range: Range<usize>,
        found: &mut Vec<(Range<usize>, &'static str)>,
    ) {
        if holds_secret(text) {
            found.push((range, OF_SECRET));
            return;
        }
        if self.is_data && !text.is_empty() {
            self.strings.push(range.clone());
        }
        match self.key.take() {
            Some("kind") => self.is_secret = text == "Secret",
            Some("name") => self.is_named = rules.is_secret_name(text),
            Some("value") if !is_placeholder(text) => self.values.push(range),
            Some(_) => {}
            None => {
                let name = text.trim_start_matches('-');
                let is_argument = name.len() < text.len();
                if self.is_told && !is_argument && !is_placeholder(text) {
                    found.push((range, "named"));
                }
                self.is_told =
                    is_argument && !name.contains(['=', ' ']) && rules.is_secret_name(name);
            }
        }
    }
}

fn end(
    ended: Open<'_>,
    above: Option<&mut Open<'_>>,
    found: &mut Vec<(Range<usize>, &'static str)>,
) {
    if ended.is_secret {
        found.extend(ended.data.into_iter().map(|range| (range, OF_SECRET)));
    }
    if ended.is_named {
        found.extend(ended.values.into_iter().map(|range| (range, "named")));
    }
    if let Some(above) = above {
        above.data.extend(ended.strings);
    }
}

/// How long a text is before the quote that ends it.
fn length_of_quoted(bytes: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = bytes.iter().position(|&byte| {
        let is_end = !is_escaped && byte == b'"';
        is_escaped = !is_escaped && byte == b'\\';
        is_end
    });
    end.unwrap_or(bytes.len())
}

/// `{name: DB_PASSWORD, value: x}`, in either order.
fn flow(rules: &Rules, line: &str, found: &mut Vec<(Range<usize>, &'static str)>) {
    static FLOW: OnceLock<Vec<Regex>> = OnceLock::new();
    let patterns = FLOW.get_or_init(|| {
        let name = r#"name:[ \t]*["']?(?P<name>[A-Za-z0-9_.-]+)["']?"#;
        let value = r#"value:[ \t]*["']?(?P<value>[^\s"',}][^"',}]*)"#;
        let both = [
            format!(r"\{{[ \t]*{name}[ \t]*,[ \t]*{value}"),
            format!(r#"\{{[ \t]*{value}["']?[ \t]*,[ \t]*{name}"#),
        ];
        both.iter().filter_map(|pattern| Regex::new(pattern).ok()).collect()
    });
    for captures in patterns.iter().flat_map(|pattern| pattern.captures_iter(line)) {
        let (Some(name), Some(value)) = (captures.name("name"), captures.name("value")) else {
            continue;
        };
        if rules.is_secret_name(name.as_str()) && !is_placeholder(value.as_str()) {
            found.push((value.range(), "named"));
        }
    }
}
