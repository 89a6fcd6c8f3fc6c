//! Which names are those of code and may stay, and which are data.

use crate::drawn::is_drawn;
use crate::public::bare;
use crate::technical::telling_digits;

/// Longest name that is believed to be one.
const LONGEST_NAME: usize = 100;

/// Whether a name reads as one that a programmer wrote: words of letters with few digits, joined as code joins
/// them. Whatever holds an `@` within it, a blank, a long number or a mix of digits and letters is data.
///
/// Cost: linear in the text, which is cut off at [`LONGEST_NAME`].
pub(crate) fn is_of_code(text: &str) -> bool {
    is_joined(text) && !is_drawn(unmarked(text))
}

/// A name without its mark, and without the brackets that a function has which is named by a symbol.
pub(crate) fn unmarked(text: &str) -> &str {
    let name = bare(text).1;
    name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name)
}

/// As [`is_of_code`], for what no program names: the runtime has names such as `I32PairToBigInt`.
pub(crate) fn is_joined(text: &str) -> bool {
    if text.is_empty() || text.len() > LONGEST_NAME {
        return text.is_empty();
    }
    // What a regular expression matched last, and a symbol without a description.
    if matches!(text, "$&" | "$`" | "$'" | "$+" | "<symbol>") {
        return true;
    }
    if let Some(name) = text.strip_prefix("get ").or_else(|| text.strip_prefix("set ")) {
        return is_joined(name);
    }
    let bare = ["static ", "async ", "bound ", "#", "@"]
        .iter()
        .fold(text, |text, prefix| text.strip_prefix(prefix).unwrap_or(text));
    if let Some(inner) = bare.strip_prefix("<symbol ").and_then(|rest| rest.strip_suffix('>')) {
        return words(inner);
    }
    let bare = bare.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(bare);
    words(bare)
}

/// Whether it is words joined by what joins words in code.
fn words(text: &str) -> bool {
    let mut rest = text;
    loop {
        let end = rest.find(['.', '/', ':', '-', '#']).unwrap_or(rest.len());
        let (word, tail) = rest.split_at(end);
        if !is_word(word) {
            return false;
        }
        match tail.char_indices().nth(1) {
            Some((next, _)) => rest = tail.get(next..).unwrap_or_default(),
            None => return tail.is_empty(),
        }
    }
}

/// Letters and at most five digits that do not alternate often: `utf8`, `Int32Array`, `x509`, not `7f3a9c`.
fn is_word(word: &str) -> bool {
    if word.is_empty() {
        return true;
    }
    let (mut digits, mut turns, mut was_digit) = (0, 0, false);
    for (at, character) in word.chars().enumerate() {
        let is_digit = character.is_ascii_digit();
        if !(character.is_ascii_alphanumeric() || matches!(character, '_' | '$')) {
            return false;
        }
        digits += u32::from(is_digit);
        turns += u32::from(at > 0 && is_digit != was_digit);
        was_digit = is_digit;
    }
    (digits <= 5 || telling_digits(word) <= 5)
        && turns <= 4
        && !word.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether V8 or Node made the name up of its own words: `system / Map`, `(object elements)`, `Node / FileHandle`.
/// For names that no program gives ([`crate::forms`] is for the others).
pub(crate) fn is_of_runtime(text: &str) -> bool {
    text.len() <= 2 * LONGEST_NAME
        && text
            .split([' ', '(', ')', '[', ']', '/', ',', '{', '}', '<', '>', '+', '=', '*'])
            .all(|word| is_joined(word) || is_index(word))
}

/// A number that V8 gave: of a slot, of a builtin.
pub(crate) fn is_index(text: &str) -> bool {
    text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::{is_of_code, is_of_runtime};

    #[test]
    fn names_of_code_stay_and_data_goes() {
        for name in [
            "sessions",
            "_cache",
            "$el",
            "#private",
            "get size",
            "content-type",
            "x-request-id",
            "ChaCha20Poly1305CipherJob",
            "utf8",
            "Int32Array",
            "sha256",
            "<symbol Symbol.iterator>",
            "<symbol nodejs.util.inspect.custom>",
            "@backstage/core",
            "node:fs",
            "Module._load",
            "[Symbol.toStringTag]",
            "",
        ] {
            assert!(is_of_code(name), "{name} is of code");
        }
        for data in [
            "alice@example.com",
            "7f3a9c21",
            "4111111111111111",
            "hello world",
            "a1b2c3d4e5",
            "192.168.0.17",
            "2024-05-06",
            "ghp_A1b2C3d4E5f6",
            "naïve",
            "550e8400-e29b-41d4-a716-446655440000",
            "<symbol two words>",
            "get Erika Musterfrau",
            "set Secret Recovery Phrase",
            "V1StGXR8_Z5jdHi6B-myT",
            "bound U024BE7LH",
            "<symbol fe80::beef:d15:ffee>",
        ] {
            assert!(!is_of_code(data), "{data} is data");
        }
    }

    #[test]
    fn names_of_the_runtime_are_known() {
        for name in [
            "system / Map",
            "(object elements)",
            "Node / FileHandle",
            "(code for handleRequest)",
            "heap number",
            "135 / I32PairToBigInt",
        ] {
            assert!(is_of_runtime(name), "{name}");
        }
        for name in ["system / alice@example.com", "(code for 9f8e7d6c5b4a)"] {
            assert!(!is_of_runtime(name), "{name}");
        }
    }
}
