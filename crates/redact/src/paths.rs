//! Paths of scripts: what they look like, and which parts of them are about people.

use std::borrow::Cow;
use std::ops::Range;

use crate::credentials::{apart, credentials};
use crate::drawn::is_drawn;

/// Longest path of a script.
const LONGEST_PATH: usize = 1024;
/// Of as many digits in a row none is a version.
const LONG_NUMBER: usize = 7;
/// A script that was evaluated without a name.
const EVALUATED: &str = "evalmachine.<anonymous>";

const ENDINGS: &[&str] =
    &[".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx", ".json", ".node", ".wasm"];
/// Directories whose directories are called like people.
const HOMES: &[&str] =
    &["home", "users", "documents and settings", "benutzer", "utilisateurs", "usuarios", "utenti"];

/// Whether it is where a script is: an absolute path, a `file:` address, or a module of Node's own.
pub(crate) fn is_script_path(text: &str) -> bool {
    const SCHEMES: &[&str] = &["file://", "webpack:", "webpack-internal:", "internal/", "ext:"];
    let is_windows = {
        let bytes = text.as_bytes();
        bytes.first().is_some_and(u8::is_ascii_alphabetic)
            && bytes.get(1..3).is_some_and(|b| b == b":\\" || b == b":/")
    };
    let is_absolute = text.starts_with('/') || is_windows;
    text == EVALUATED
        || is_module(text)
        || text.len() <= LONGEST_PATH
            && !text.contains(['\n', '\r', '\t', '"', '\'', '<', '>', '?', '@']) | is_scoped(text)
            && (SCHEMES.iter().any(|scheme| text.starts_with(scheme)) && !text.contains(' ')
                || is_absolute && ENDINGS.iter().any(|ending| text.ends_with(ending)))
}

/// Whether it is where a file of a package is. Such a path is as public as the package, whatever leads to it: JSON that was
/// loaded as a module has no script that would tell.
pub(crate) fn is_of_package(text: &str) -> bool {
    let is_place = text.starts_with('/') || text.as_bytes().get(1) == Some(&b':');
    is_place
        && ["/node_modules/", "\\node_modules\\"].iter().any(|folder| text.contains(folder))
        && is_script_path(text)
}

/// `node:fs`, `node:internal/fs/promises`.
fn is_module(text: &str) -> bool {
    let Some(path) = text.strip_prefix("node:") else { return false };
    let first = path.split('/').next().unwrap_or_default();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_-./".contains(&byte);
    path.len() <= 100
        && !first.is_empty()
        && !first.bytes().any(|byte| byte.is_ascii_uppercase())
        && path.bytes().all(is_plain)
}

/// Whether every `@` begins the name of a scope or follows a package's name with its version, as in paths of packages.
fn is_scoped(text: &str) -> bool {
    text.contains("/node_modules/") && !text.contains(['\n', '\r', '\t', '"', '\'', '<', '>', '?'])
}

/// Whether a name is a path below the directory of a person.
pub(crate) fn is_of_home(name: &str) -> bool {
    name.starts_with("/home/") || name.starts_with("/Users/")
}

/// A path without the name of the person whose directory it is in: what follows `/home/`, `/Users/` or `\Users\` is
/// replaced by `x`, one for each character.
pub(crate) fn without_user(path: &str) -> Cow<'_, str> {
    let lower = path.to_ascii_lowercase();
    let starts = HOMES.iter().flat_map(|home| {
        let begins = ["/", "\\"].map(|sign| format!("{sign}{home}{sign}"));
        begins.map(|begin| lower.find(&begin).map(|at| at + begin.len()))
    });
    let Some(start) = starts.flatten().min() else { return Cow::Borrowed(path) };
    let (Some(before), Some(after)) = (path.get(..start), path.get(start..)) else {
        return Cow::Borrowed(path);
    };
    let end = after.find(['/', '\\']).unwrap_or(after.len());
    let (user, rest) = after.split_at(end);
    let mask: String = user.chars().flat_map(|c| std::iter::repeat_n('x', c.len_utf16())).collect();
    Cow::Owned(format!("{before}{mask}{rest}"))
}

/// The parts of a path that are about people, apart from the first home: credentials, directories and files that
/// are called by more than words, further homes. In bytes, in order.
///
/// Of a file its ending stays, and a hash of what is in it before that (`main.3f2a9c81.js`).
pub(crate) fn private_parts(path: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let (mut at, mut before, mut is_package) = (0, "", false);
    for segment in path.split(['/', '\\']) {
        let end = at + segment.len();
        let is_file = end == path.len();
        let stem = if is_file { without_ending(segment) } else { segment };
        // The first home was looked at; what is masked already consists of one letter.
        let is_user = HOMES.iter().any(|home| before.eq_ignore_ascii_case(home))
            && !is_file
            && !is_package
            && segment.bytes().any(|byte| byte != b'x');
        if is_user || is_private(stem, is_file, is_package) {
            found.push(at..at + stem.len());
        }
        is_package |= segment == "node_modules";
        before = segment;
        at = end + 1;
    }
    apart(found, credentials(path))
}

fn without_ending(file: &str) -> &str {
    ENDINGS.iter().find_map(|ending| file.strip_suffix(ending)).unwrap_or(file)
}

/// Whether a directory or a file without its ending is called by more than words.
fn is_private(stem: &str, is_file: bool, is_package: bool) -> bool {
    // A drive, a scheme, and what is no name at all.
    if stem.is_empty() || stem.ends_with(':') || stem == EVALUATED {
        return false;
    }
    if stem.contains(' ') && !matches!(stem, "Program Files" | "Program Files (x86)") {
        return true;
    }
    let lower = stem.to_ascii_lowercase();
    if lower.contains("%40") || lower.contains("%20") || has_address(stem) {
        return true;
    }
    // What npm installs is called as its authors call it.
    if is_package {
        return false;
    }
    let words: Vec<&str> = stem.split(['.', '-', '_', '+', '~', '(', ')']).collect();
    let hash = words.len() - 1;
    words.iter().enumerate().any(|(at, word)| {
        has_long_number(word)
            || is_of_machine(word) && !(is_file && at == hash && at > 0 && is_hash(word))
    })
}

/// An `@` that neither begins a scope nor is followed by a version.
fn has_address(stem: &str) -> bool {
    stem.match_indices('@').any(|(at, _)| {
        let (before, after) = (stem.get(..at).unwrap_or_default(), stem.get(at + 1..));
        let is_version =
            after.is_some_and(|after| after.starts_with(|first: char| first.is_ascii_digit()));
        !(before.is_empty() || before.ends_with(['_', '(', '+']) || is_version)
    })
}

fn has_long_number(word: &str) -> bool {
    word.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() >= LONG_NUMBER)
}

/// A word that is drawn, or a number in base 16.
fn is_of_machine(word: &str) -> bool {
    let is_hex = word.len() >= 8
        && word.bytes().all(|byte| byte.is_ascii_hexdigit())
        && word.bytes().any(|byte| byte.is_ascii_digit());
    is_hex || is_drawn(word)
}

/// What bundlers put before the ending.
fn is_hash(word: &str) -> bool {
    (6..=20).contains(&word.len()) && word.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::{is_of_package, is_script_path, private_parts, without_user};

    #[test]
    fn paths_of_scripts_are_known_and_lose_their_user() {
        for path in [
            "/app/server.js",
            "file:///app/x.mjs",
            "node:internal/fs",
            "node:internal/deps/v8/tools/SourceMap",
            "evalmachine.<anonymous>",
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
            "evalmachine.secretQWERTZ123456",
            "node:Kriemhildis/9f8e7d6c5b",
        ] {
            assert!(!is_script_path(text) && !is_of_package(text), "{text}");
        }
        for (path, made) in [
            ("/home/alice/app/x.js", "/home/xxxxx/app/x.js"),
            ("file:///Users/Bob/x.js", "file:///Users/xxx/x.js"),
            ("C:\\Users\\Zoë\\x.js", "C:\\Users\\xxx\\x.js"),
            ("D:\\Benutzer\\Walburga\\x.js", "D:\\Benutzer\\xxxxxxxx\\x.js"),
            ("/app/x.js", "/app/x.js"),
        ] {
            assert_eq!(without_user(path), made);
        }
    }

    #[test]
    fn parts_that_are_about_people_are_found() {
        let token = format!("gh{}{}", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8");
        for (path, gone) in [
            (format!("/srv/tenants/{token}/x.js"), token.as_str()),
            (
                "/srv/customers/Herr Dietmar Doppelhuber, geb. 1971-02-03/rule.js".into(),
                "Herr Dietmar Doppelhuber, geb. 1971-02-03",
            ),
            ("/srv/cards/4222222222222/rule.js".into(), "4222222222222"),
            (
                "/mail/x/heinrich.heinesson%40example.com.js".into(),
                "heinrich.heinesson%40example.com",
            ),
            ("webpack:///customers/tok9f8e7d6c5b4a.js".into(), "tok9f8e7d6c5b4a"),
            ("/home/x/apps/home/brunhilde/x.js".into(), "brunhilde"),
            (
                "/srv/550e8400-e29b-41d4-a716-446655440000/x.js".into(),
                "550e8400-e29b-41d4-a716-446655440000",
            ),
            ("/srv/9f8e7d6c5b4a.js".into(), "9f8e7d6c5b4a"),
        ] {
            let parts: Vec<&str> =
                private_parts(&path).into_iter().filter_map(|part| path.get(part)).collect();
            assert_eq!(parts, [gone], "{path}");
        }
    }

    #[test]
    fn names_of_files_and_packages_stay() {
        for path in [
            "/srv/app/dist/main.3f2a9c81.js",
            "/srv/app/assets/index-4f3a9c81.js",
            "/app/node_modules/.pnpm/a@1.2.3_@babel+core@7.24.5/node_modules/a/dist/v20240506.js",
            "/usr/local/lib/node-v20.11.1-linux-x64/lib/x.js",
            "/srv/app/src/users/service.js",
            "C:\\Program Files\\nodejs\\node_modules\\npm\\lib\\cli.js",
            "node:internal/crypto/x509",
            "file:///app/src/XMLHttpRequest.mjs",
            "evalmachine.<anonymous>",
            "/home/xxxxx/app/x.js",
        ] {
            assert!(private_parts(path).is_empty(), "{path}");
        }
    }
}
