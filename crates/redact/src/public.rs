//! Names that Node.js and public npm packages use, which say nothing about the program that was captured.

use std::sync::LazyLock;

use rustc_hash::FxHashSet;

/// One a line, sorted; made by `oracle/names.mjs`, which says of what.
static NAMES: &str = include_str!("public_names.txt");

/// Whether a name of a property, a variable or a symbol is used by the runtime or by public packages.
///
/// What only marks it does not count: `#` of a private one, `get` of an accessor, `<symbol …>`.
pub(crate) fn is_public(name: &str) -> bool {
    is_listed(bare(name).1)
}

/// Headers of HTTP that are one word.
const HEADERS: [&str; 25] = [
    "accept",
    "age",
    "allow",
    "authorization",
    "connection",
    "cookie",
    "date",
    "dnt",
    "etag",
    "expect",
    "expires",
    "forwarded",
    "host",
    "location",
    "origin",
    "pragma",
    "range",
    "referer",
    "te",
    "trailer",
    "upgrade",
    "vary",
    "via",
    "warning",
    "server",
];

/// Whether it is a public name of several words (`content-type`, `objectMode`, `ERR_INVALID_ARG`) or of a header: none that
/// a word or a person would have as the key of a dictionary.
pub(crate) fn is_of_words(name: &str) -> bool {
    let bytes = bare(name).1.as_bytes();
    let is_joined = |three: &[u8]| {
        matches!(three, [before, b'-' | b'_', after]
            if before.is_ascii_alphanumeric() && after.is_ascii_alphanumeric())
    };
    let is_camel = |two: &[u8]| matches!(two, [before, after] if before.is_ascii_lowercase() && after.is_ascii_uppercase());
    let has_words = bytes.windows(3).any(is_joined) || bytes.windows(2).any(is_camel);
    has_words && is_public(name) || HEADERS.iter().any(|header| header.eq_ignore_ascii_case(name))
}

/// A name's mark, and the name without it and without what ends it.
pub(crate) fn bare(name: &str) -> (&str, &str) {
    const MARKS: [&str; 8] = ["get ", "set ", "static ", "async ", "bound ", "<symbol ", "#", "@"];
    let mut rest = name;
    while let Some(next) = MARKS.iter().find_map(|mark| rest.strip_prefix(mark)) {
        rest = next;
    }
    let mark = name.get(..name.len() - rest.len()).unwrap_or_default();
    let inner = rest.strip_suffix('>').filter(|_| mark.contains('<')).unwrap_or(rest);
    (mark, inner)
}

/// Whether it is a whole line. Each short text that is made is looked for: with a search among the lines in place of the set, a
/// redaction of 600,000 short texts took 3.15 s of processor in place of 2.85 (2026-11-29). The set takes about a megabyte.
fn is_listed(name: &str) -> bool {
    static LINES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| NAMES.lines().collect());
    LINES.contains(name)
}

#[cfg(test)]
mod tests {
    use super::{NAMES, bare, is_listed, is_of_words, is_public};

    #[test]
    fn every_line_is_found_and_nothing_between_them() {
        let lines: Vec<&str> = NAMES.lines().collect();
        assert!(lines.len() > 1000 && lines.is_sorted());
        for line in &lines {
            assert!(is_listed(line), "{line}");
        }
        for none in ["", "\n", "!", "zzzzzzzzz", "iban_of_customer", "salaryBand", "headers\nhost"]
        {
            assert!(!is_listed(none), "{none:?}");
        }
    }

    #[test]
    fn names_of_the_runtime_and_of_packages_are_public() {
        for name in [
            "prototype",
            "_events",
            "#headers",
            "get byteLength",
            "<symbol Symbol.iterator>",
            "<symbol kHeaders>",
            "user-agent",
            "httpOnly",
            "middleware",
        ] {
            assert!(is_public(name), "{name}");
        }
        for name in ["salaryBand", "#ibanOfCustomer", "get patientRecord", "<symbol kPatient>"] {
            assert!(!is_public(name), "{name}");
        }
    }

    #[test]
    fn headers_and_names_of_words_are_told_from_words() {
        for name in
            ["content-type", "user-agent", "cookie", "Host", "objectMode", "get readableLength"]
        {
            assert!(is_of_words(name), "{name}");
        }
        for name in ["mark", "rose", "map", "Mark", "-x", "salaryBand", "jean-pierre", ""] {
            assert!(!is_of_words(name), "{name}");
        }
    }

    #[test]
    fn marks_are_told_from_names() {
        assert_eq!(bare("get #size"), ("get #", "size"));
        assert_eq!(bare("<symbol a.b>"), ("<symbol ", "a.b"));
        assert_eq!(bare("plain"), ("", "plain"));
    }
}
