//! Which names are those of code and may stay, and which are data.

use std::borrow::Cow;

/// Longest name that is believed to be one.
const LONGEST_NAME: usize = 100;
/// Longest path of a script.
const LONGEST_PATH: usize = 1024;

/// Whether a name reads as one that a programmer wrote: words of letters with few digits, joined as code joins
/// them. Whatever holds an `@` within it, a blank, a long number or a mix of digits and letters is data.
///
/// Cost: linear in the text, which is cut off at [`LONGEST_NAME`].
pub(crate) fn is_of_code(text: &str) -> bool {
    if text.is_empty() || text.len() > LONGEST_NAME {
        return text.is_empty();
    }
    // What a regular expression matched last, and a symbol without a description.
    if matches!(text, "$&" | "$`" | "$'" | "$+" | "<symbol>") {
        return true;
    }
    if let Some(name) = text.strip_prefix("get ").or_else(|| text.strip_prefix("set ")) {
        // An accessor may have a name of several words: `get key length`.
        return is_of_code(name) || name.split(' ').all(is_word);
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
    digits <= 5 && turns <= 4 && !word.starts_with(|first: char| first.is_ascii_digit())
}

/// Whether V8 or Node made the name up of its own words: `system / Map`, `(object elements)`, `Node / FileHandle`.
/// For names that no program gives ([`crate::forms`] is for the others).
pub(crate) fn is_of_runtime(text: &str) -> bool {
    text.len() <= 2 * LONGEST_NAME
        && text
            .split([' ', '(', ')', '[', ']', '/', ',', '{', '}', '<', '>', '+', '=', '*'])
            .all(|word| is_of_code(word) || is_index(word))
}

/// A number that V8 gave: of a slot, of a builtin.
pub(crate) fn is_index(text: &str) -> bool {
    text.len() <= 6 && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether it is where a script is: an absolute path, a `file:` address, or a module of Node's own.
pub(crate) fn is_script_path(text: &str) -> bool {
    const SCHEMES: &[&str] =
        &["file://", "node:", "webpack:", "webpack-internal:", "evalmachine.", "internal/", "ext:"];
    const ENDINGS: &[&str] =
        &[".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".json", ".node", ".wasm"];
    let is_windows = {
        let bytes = text.as_bytes();
        bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && bytes.get(1..3).is_some_and(|b| b == b":\\" || b == b":/")
    };
    let is_absolute = text.starts_with('/') || is_windows;
    text.len() <= LONGEST_PATH
        && !text.contains(['\n', '\r', '\t', '"', '\'', '<', '>', '?', '@']) | is_scoped(text)
        && (SCHEMES.iter().any(|scheme| text.starts_with(scheme)) && !text.contains(' ')
            || is_absolute && ENDINGS.iter().any(|ending| text.ends_with(ending)))
}

/// Whether every `@` begins the name of a scope or follows a package's name with its version, as in paths of packages.
fn is_scoped(text: &str) -> bool {
    text.contains("/node_modules/") && !text.contains(['\n', '\r', '\t', '"', '\'', '<', '>', '?'])
}

/// A path without the name of the person whose directory it is in: what follows `/home/`, `/Users/` or `\Users\` is
/// replaced by `x`, one for each character.
pub(crate) fn without_user(path: &str) -> Cow<'_, str> {
    let lower = path.to_ascii_lowercase();
    let homes = ["/home/", "/users/", "\\users\\", "\\documents and settings\\"];
    let Some((at, home)) =
        homes.iter().filter_map(|home| lower.find(home).map(|at| (at, home))).min()
    else {
        return Cow::Borrowed(path);
    };
    let start = at + home.len();
    let (Some(before), Some(after)) = (path.get(..start), path.get(start..)) else {
        return Cow::Borrowed(path);
    };
    let end = after.find(['/', '\\']).unwrap_or(after.len());
    let (user, rest) = after.split_at(end);
    let mask: String = user.chars().flat_map(|c| std::iter::repeat_n('x', c.len_utf16())).collect();
    Cow::Owned(format!("{before}{mask}{rest}"))
}

#[cfg(test)]
mod tests {
    use super::{is_of_code, is_of_runtime, is_script_path, without_user};

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
        ] {
            assert!(is_of_runtime(name), "{name}");
        }
        for name in ["system / alice@example.com", "(code for 9f8e7d6c5b4a)"] {
            assert!(!is_of_runtime(name), "{name}");
        }
    }

    #[test]
    fn paths_of_scripts_are_known_and_lose_their_user() {
        for path in [
            "/app/server.js",
            "file:///app/x.mjs",
            "node:internal/fs",
            "C:\\app\\x.js",
            "/app/node_modules/@scope/x/index.js",
            "/app/node_modules/.pnpm/a@1.2.3/node_modules/a/i.js",
        ] {
            assert!(is_script_path(path), "{path}");
        }
        for text in [
            "/etc/passwd",
            "server.js",
            "/mail/alice@example.com.js",
            "GET /x.js?token=1",
            "/a\n/b.js",
        ] {
            assert!(!is_script_path(text), "{text}");
        }
        assert_eq!(without_user("/home/alice/app/x.js"), "/home/xxxxx/app/x.js");
        assert_eq!(without_user("file:///Users/Bob/x.js"), "file:///Users/xxx/x.js");
        assert_eq!(without_user("C:\\Users\\Zoë\\x.js"), "C:\\Users\\xxx\\x.js");
        assert_eq!(without_user("/app/x.js"), "/app/x.js");
    }
}
