//! What a function or a class is called in the source that it was written in.

use heapglass_javascript::is_reserved;

/// Letters of a source that are looked back at for the head of a class.
const FAR: usize = 200_000;

/// The name of what begins at a place, of which the text before and from it on is given: a function's or class's own,
/// or that of the variable or property it is the value of; `None` where that cannot be told.
pub(super) fn name_at<'a>(before: &'a str, from: &'a str) -> Option<&'a str> {
    let (head, mut rest) = (before, from);
    loop {
        let word = leading(rest);
        let behind = rest.get(word.len()..)?.trim_start();
        match word {
            "export" | "default" | "async" | "abstract" | "static" => rest = behind,
            "class" => {
                return Some(leading(behind))
                    .filter(|name| !matches!(*name, "" | "extends" | "implements"))
                    .or_else(|| assigned(head));
            }
            "function" => {
                let name = leading(behind.trim_start_matches('*').trim_start());
                return Some(name).filter(|name| !name.is_empty()).or_else(|| assigned(head));
            }
            "constructor" => return class_around(head),
            "" if rest.starts_with('(') => return of_parameters(head),
            _ => {
                let is_method = head.trim_end().ends_with(['{', '}', ';', ',', '*', ')'])
                    || head.trim_end().is_empty()
                    || matches!(
                        trailing(head.trim_end()),
                        "function" | "get" | "set" | "static" | "async"
                    );
                return (is_method && behind.starts_with(['(', '<'])).then_some(word);
            }
        }
    }
}

/// The name of the function whose parameters follow.
fn of_parameters(head: &str) -> Option<&str> {
    let head = head.trim_end();
    let name = trailing(head);
    match name {
        "" => assigned(head),
        "constructor" => class_around(head.strip_suffix(name)?),
        "function" | "async" => assigned(head.strip_suffix(name)?),
        "if" | "for" | "while" | "switch" | "catch" | "return" => None,
        _ => Some(name),
    }
}

/// The variable or property that a value is given to: `name = `, `name: `.
fn assigned(head: &str) -> Option<&str> {
    let head = head.trim_end();
    let head = head.strip_suffix("async").map_or(head, str::trim_end);
    let target = head.strip_suffix(['=', ':'])?;
    if target.ends_with(['=', '!', '<', '>', '+', '?']) {
        return None;
    }
    Some(trailing(target.trim_end())).filter(|name| !name.is_empty())
}

/// The class whose body is open at the end of a text.
fn class_around(text: &str) -> Option<&str> {
    let start = text.len().saturating_sub(FAR);
    let near = text.get(text.ceil_char_boundary(start)..)?;
    let mut depth = 0u32;
    let (open, _) = near.char_indices().rev().find(|&(_, letter)| match letter {
        '}' => {
            depth += 1;
            false
        }
        '{' if depth == 0 => true,
        '{' => {
            depth -= 1;
            false
        }
        _ => false,
    })?;
    let head = near.get(..open)?;
    let from = head.rfind(['{', '}', ';']).map_or(0, |at| at + 1);
    let head = head.get(from..)?;
    let at = head.rmatch_indices("class").map(|(at, _)| at).find(|&at| {
        let ends = |text: &str| !text.ends_with(is_of_name);
        let starts = |text: &str| !text.starts_with(is_of_name);
        head.get(..at).is_some_and(ends) && head.get(at + 5..).is_some_and(starts)
    })?;
    name_at(head.get(..at)?, head.get(at..)?)
}

/// The name of the variable that a text begins with, if it begins with one.
pub(super) fn variable(text: &str) -> Option<&str> {
    let name = leading(text);
    let begins = |letter: char| is_of_name(letter) && !letter.is_numeric() && letter != '#';
    (name.starts_with(begins) && !is_reserved(name)).then_some(name)
}

/// The name that a text begins with.
fn leading(text: &str) -> &str {
    let end = text.find(|letter| !is_of_name(letter)).unwrap_or(text.len());
    text.get(..end).unwrap_or_default()
}

/// The name that a text ends with.
fn trailing(text: &str) -> &str {
    let start = text.char_indices().rev().take_while(|&(_, letter)| is_of_name(letter)).last();
    start.and_then(|(at, _)| text.get(at..)).unwrap_or_default()
}

fn is_of_name(letter: char) -> bool {
    letter.is_alphanumeric() || matches!(letter, '_' | '$' | '#')
}

#[cfg(test)]
mod tests {
    use super::{name_at, variable};

    #[test]
    fn a_variable_is_no_word_of_the_language_and_no_number() {
        for (text, name) in [
            ("recent = []", Some("recent")),
            ("$", Some("$")),
            ("_a1}", Some("_a1")),
            ("größe,", Some("größe")),
            ("of", Some("of")),
            ("format()", Some("format")),
            ("for (const a", None),
            ("function a", None),
            ("this.a", None),
            ("let", None),
            ("implements A", None),
            ("1 + a", None),
            ("#a", None),
            ("(a", None),
            ("", None),
        ] {
            assert_eq!(variable(text), name, "{text}");
        }
    }

    /// `|` is the place.
    #[test]
    fn what_begins_at_a_place_has_a_name() {
        for (source, name) in [
            ("|class Session {", Some("Session")),
            ("|export default class Session extends Base {", Some("Session")),
            ("export |class Session<T> {", Some("Session")),
            ("const Session = |class {", Some("Session")),
            ("exports.Session = |class extends Base {", Some("Session")),
            ("f(|class {", None),
            ("class A { a() { if (b) { c({}) } }\n  |constructor(x) {", Some("A")),
            ("class A extends mixin(B) {\n  constructor|(x) {", Some("A")),
            ("const A = class {\n  |constructor(x) {", Some("A")),
            ("class A { b = { |constructor() {", None),
            ("function |Visit(path) {", Some("Visit")),
            ("function Visit|(path) {", Some("Visit")),
            ("|function Visit(path) {", Some("Visit")),
            ("|async function* visit(path) {", Some("visit")),
            ("const memo = |function () {", Some("memo")),
            ("const memo = function|() {", Some("memo")),
            ("const memo = async |(a) => a", Some("memo")),
            ("{ memo: |(a) => a }", Some("memo")),
            ("x.map(|(a) => a)", None),
            ("const t = memoize(|id => id)", None),
            ("if |(a) {", None),
            ("a == |function () {", None),
            ("class A { |open(id) {", Some("open")),
            ("class A { get |size() {", Some("size")),
            ("|", None),
            ("größe = |(é) => 1", Some("größe")),
        ] {
            let (before, from) = source.split_once('|').expect("a place");
            assert_eq!(name_at(before, from), name, "{source}");
        }
    }
}
