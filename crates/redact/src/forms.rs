//! Names with blanks and brackets that V8, Node.js and Blink give to what a program may name as well.
//!
//! A class is named by `Symbol.toStringTag`, a function by any computed key, so a name of theirs may be any text. What
//! is no single name of code stays only in the forms listed here, with words of code in their places.

use crate::drawn::is_registered;
use crate::located::is_located;
use crate::names::{is_index, is_joined, is_of_code, unmarked};
use crate::paths::{is_of_home, is_script_path};
use crate::roles::Role;

/// Longest name, but for types of C++.
const LONGEST: usize = 200;
/// Longest type of C++, with its parameters: those of Blink reach 1,000.
const LONGEST_TYPE: usize = 4096;

/// Names that have no form in common.
const FIXED: [&str; 9] = [
    "heap number",
    "smi number",
    "private symbol",
    "Pending activities",
    "<anonymous>",
    "<instance_members_initializer>",
    "<static_initializer>",
    "[worker eval]",
    "evalmachine.<anonymous>",
];

/// What follows a class in brackets, where V8 tells objects of one class apart.
const TOLD_APART: [&str; 8] = [
    " (prototype)",
    " (internal cache)",
    " (global)",
    " (global*)",
    " (wasm)",
    " (builtin)",
    " [JSGlobalObject]",
    " [JSGlobalProxy]",
];

/// Whether a class, a function, code or an object outside the heap is named as a programmer names it, or in a form of
/// the runtime's own.
pub(crate) fn is_named_by_code(text: &str, uses: Role) -> bool {
    let has_form = || {
        is_function(text)
            || is_owned(text)
            || uses.has(Role::CLASS | Role::NATIVE) && is_class(text)
            || uses.has(Role::CODE | Role::NATIVE) && is_in_brackets(text)
    };
    text.len() <= LONGEST && has_form()
        || text.len() <= LONGEST_TYPE && uses.has(Role::NATIVE) && is_of_cpp(text)
}

/// A function's name with what V8 puts before it: `bound get size`, `async #load`.
fn is_function(text: &str) -> bool {
    let mut bare = text;
    // A name is at most so often bound that this ends at once.
    while let Some(rest) =
        ["bound ", "async ", "static "].iter().find_map(|mark| bare.strip_prefix(mark))
    {
        bare = rest;
    }
    is_named(bare)
        || FIXED.contains(&bare)
        || matches!(bare, "get $'" | "set $'")
        || is_iterator(bare)
}

/// Whether a class or a function of code may be called so. Only a computed name has a dash in it.
fn is_named(name: &str) -> bool {
    let named = unmarked(name);
    let is_registration = named.contains('-') && is_registered(named);
    is_of_code(name) && !is_located(named) && !is_registration && !is_of_home(named)
}

/// `Array Iterator`, `RegExp String Iterator`, `Iterator Helper`.
fn is_iterator(text: &str) -> bool {
    const KINDS: [&str; 4] = ["Array", "Map", "Set", "String"];
    let Some(of) = text.strip_suffix(" Iterator").or_else(|| text.strip_suffix(" AsyncIterator"))
    else {
        return matches!(text, "Iterator Helper" | "Async Iterator Helper" | "Wrap for Iterator");
    };
    let of = match of.split_once(' ') {
        Some((first, "String")) => first,
        Some(_) => return false,
        None => of,
    };
    KINDS.contains(&of) || is_of_code(of)
}

/// A class, as it is told apart: `Window (prototype) / file://`, `Detached Text`.
fn is_class(text: &str) -> bool {
    let bare = text.strip_prefix("Detached ").unwrap_or(text);
    // The global object of a page has its address.
    let (class, address) = bare.split_once(" / ").unwrap_or((bare, ""));
    (address.is_empty() || is_address(address)) && is_named(without_mark(class))
}

/// Where a page is from: `file://`, `https://shop.example.com`, `about:blank`.
fn is_address(text: &str) -> bool {
    match text.split_once("://") {
        Some((scheme, rest)) => is_of_code(scheme) && is_of_code(rest),
        None => text.starts_with("about:") && is_of_code(text),
    }
}

fn without_mark(class: &str) -> &str {
    TOLD_APART.iter().find_map(|mark| class.strip_suffix(mark)).unwrap_or(class)
}

/// What V8 and Node.js mark as their own: `system / Code / Abort (builtin)`, `Node / FileHandle`.
fn is_owned(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("system / ").or_else(|| text.strip_prefix("Node / ")) else {
        return false;
    };
    if let Some(script) = rest.strip_prefix("Script / ") {
        return is_script_path(script) || is_function(script);
    }
    rest.split(" / ").all(|part| {
        let (name, inner) = match part.strip_suffix(')').and_then(|part| part.split_once(" (")) {
            Some((name, inner)) => (name, inner),
            None => (part, ""),
        };
        let scope = name.strip_prefix("scope @");
        (is_function(name) || scope.is_some_and(is_number) || without_mark(name) != name)
            && is_of_code(inner)
            || inner == "builtin" && is_joined(name)
            || is_class(part)
            || rest.starts_with("NativeContext / ") && is_address(part)
    })
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `(code for handleRequest)`, `(Abort builtin handle)`, `(source position table)`.
fn is_in_brackets(text: &str) -> bool {
    let Some(inner) = text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) else {
        return false;
    };
    match inner.split_once(" for ") {
        Some((words, name)) => words.split(' ').all(is_of_code) && is_function(name),
        None => inner.split(' ').all(is_joined),
    }
}

/// A type of Blink's or Node.js': `blink::HeapVector<blink::Node, 1>`, `Node / std::vector<Entry>`.
fn is_of_cpp(text: &str) -> bool {
    let text = text.strip_prefix("Detached ").unwrap_or(text);
    let text = text.strip_prefix("Node / ").unwrap_or(text);
    let first = text.split(['<', ' ']).next().unwrap_or_default();
    let is_size = |word: &str| word.len() <= 3 && is_index(word);
    first.contains("::")
        && text
            .split([' ', '(', ')', '[', ']', ',', '<', '>', '*', '&'])
            // `blink::(anonymous namespace)::Loader`
            .map(|word| word.trim_matches(':'))
            .all(|word| word.is_empty() || is_joined(word) || is_size(word))
}

/// The name of a DOM node with its attributes' values taken out, as in `Detached <div id="…">`. `None` for
/// any other name, also for one that only begins like that.
pub(crate) fn without_attributes(text: &str) -> Option<String> {
    let (before, element) = text.split_at(text.find('<')?);
    let tag = element.strip_prefix('<')?;
    let end = tag.find([' ', '>'])?;
    let (name, mut rest) = tag.split_at(end);
    let is_tag = name.starts_with(|c: char| c.is_ascii_alphabetic()) && is_of_code(name);
    if !is_tag || !matches!(before, "" | "Detached ") {
        return None;
    }
    let mut out = format!("{before}<{name}");
    while rest != ">" {
        let (name, value) = rest.strip_prefix(' ')?.split_once("=\"")?;
        if name.is_empty() || name.contains([' ', '"', '<', '>', '=']) {
            return None;
        }
        let (value, after) = value.split_once('"')?;
        out.push(' ');
        if is_of_code(name) {
            out.push_str(name)
        } else {
            mask(name, &mut out)
        }
        out.push_str("=\"");
        mask(value, &mut out);
        out.push('"');
        rest = after;
    }
    out.push('>');
    Some(out)
}

fn mask(text: &str, out: &mut String) {
    out.extend(text.chars().flat_map(|c| std::iter::repeat_n('x', c.len_utf16())));
}

#[cfg(test)]
mod tests {
    use super::{is_named_by_code, without_attributes};
    use crate::roles::Role;

    #[test]
    fn forms_of_the_runtime_stay() {
        for (role, names) in [
            (
                Role::CLASS,
                &[
                    "Session",
                    "system / Context",
                    "system / Context / scope @457",
                    "global / ",
                    "global (global*)",
                    "Array Iterator",
                    "URLSearchParams Iterator",
                    "RegExp String Iterator",
                    "Async-from-Sync Iterator",
                    "Window [JSGlobalObject] / file://",
                    "Window / https://shop.example.com",
                    "HTMLDivElement (internal cache) / file://",
                    "Detached HTMLDivElement",
                ][..],
            ),
            (
                Role::FUNCTION,
                &["get size", "bound get size", "async load", "get $'", "<static_initializer>"],
            ),
            (
                Role::CODE,
                &[
                    "(code for get size)",
                    "(source position table)",
                    "(Abort builtin handle)",
                    "(instruction stream for #load)",
                    "system / Code / Abort (builtin)",
                    "system / Code / I32PairToBigInt (builtin)",
                    "(I32PairToBigInt builtin handle)",
                    "system / SharedFunctionInfo / get [Symbol.species]",
                    "system / SharedFunctionInfo / Array Iterator",
                    "system / Script / file:///srv/app/page.html",
                    "evalmachine.<anonymous>",
                ],
            ),
            (
                Role::NATIVE,
                &[
                    "Node / std::basic_string",
                    "system / Map (SeqOneByteString)",
                    "system / NativeContext / file://",
                    "null (wasm)",
                    "Node / std::vector<std::unique_ptr<Entry>>",
                    "Detached Node / std::vector<std::unique_ptr<Entry>>",
                    "blink::HeapVector<blink::Member<const blink::Node *>, 1>::Backing",
                ],
            ),
        ] {
            for name in names {
                assert!(is_named_by_code(name, role), "{name}");
            }
        }
    }

    #[test]
    fn data_in_the_place_of_a_name_goes() {
        let anywhere = Role::CLASS | Role::FUNCTION | Role::CODE | Role::NATIVE;
        for data in [
            "4111 1111 1111 1111",
            "+49 170 123456",
            "John Smith",
            "482913",
            "John (Smith)",
            "John / Smith",
            "12 / Smith",
            "get 4111 1111",
            "get Erika Musterfrau",
            "set Secret Recovery Phrase",
            "V1StGXR8_Z5jdHi6B-myT",
            "bound John Smith",
            "(code for John Smith)",
            "system / SharedFunctionInfo / John Smith",
            "system / Script / John Smith",
            "Node / 4111 1111",
            "John Smith Iterator",
            "a=b",
            "spiffe://corp/ns/payments",
            "db.example.com",
            "user:default/jane",
            "/home/jane/notes.txt",
            "AB-CD1234",
            "get AB-CD1234",
            "[AB-CD1234]",
            "[db.example.com]",
            "get [user:default/jane]",
            "[/home/jane/notes.txt]",
            "[f6:a5:bc:ef:de:ad]",
            "system / SharedFunctionInfo / spiffe://corp/ns/payments",
            "<b>secret of John Smith</b>",
            "<b>John</b>",
        ] {
            assert!(!is_named_by_code(data, anywhere), "{data}");
        }
        assert!(!is_named_by_code("(john smith)", Role::CLASS | Role::FUNCTION));
    }

    #[test]
    fn attributes_of_elements_go() {
        for (name, made) in [
            (
                "Detached <div id=\"alice\" class=\"a b\">",
                "Detached <div id=\"xxxxx\" class=\"xxx\">",
            ),
            ("<li>", "<li>"),
            ("<a title=\"1 > 0\">", "<a title=\"xxxxx\">"),
            ("<p data-4111111111111111=\"\">", "<p xxxxxxxxxxxxxxxxxxxxx=\"\">"),
        ] {
            assert_eq!(without_attributes(name).as_deref(), Some(made));
        }
        for other in [
            "system / Map",
            "<b>secret of John Smith</b>",
            "<John Smith>",
            "<b x>",
            "<b x=\"1\" John Smith>",
            "John <b>",
        ] {
            assert_eq!(without_attributes(other), None, "{other}");
        }
    }
}
