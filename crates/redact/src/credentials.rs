//! Where credentials are in a text, and what only stands in the place of one.

use std::ops::Range;

use heapglass_secrets::Rules;

/// Where the credentials in a text are, in bytes.
pub(crate) fn credentials(text: &str) -> Vec<Range<usize>> {
    let mut found = Rules::standard().find(text);
    found.retain(|finding| finding.rule != "named" || !is_code(text, &finding.range));
    found.into_iter().map(|finding| finding.range).collect()
}

/// Whether what stands behind a telling name is code: `token = next(`, `password: options.password`, the name of a variable
/// of the environment.
fn is_code(text: &str, range: &Range<usize>) -> bool {
    const OBJECTS: [&str; 10] = [
        "config", "exports", "module", "options", "opts", "params", "process", "props", "req",
        "this",
    ];
    let value = text.get(range.clone()).unwrap_or_default();
    if is_line(text, range) {
        return false;
    }
    let is_quoted =
        text.get(..range.start).is_some_and(|before| before.ends_with(['"', '\'', '`']));
    if is_quoted {
        let is_constant = value.bytes().all(|byte| byte.is_ascii_uppercase() || byte == b'_');
        return is_constant && value.contains('_') && Rules::standard().is_telling_name(value);
    }
    let (name, call) = value.split_at(value.find('(').unwrap_or(value.len()));
    let is_named = |of: fn(u8) -> bool| {
        name.bytes().all(|byte| of(byte) || matches!(byte, b'_' | b'$' | b'.'))
    };
    // A password may have a bracket, too, but few are a name before it.
    let behind = text.get(range.end..).unwrap_or_default();
    let is_called = call.ends_with(['(', ')']) || call.is_empty() && behind.starts_with('(');
    let is_field = name.split_once('.').is_some_and(|(object, _)| OBJECTS.contains(&object));
    is_called && !name.is_empty() && is_named(|byte| byte.is_ascii_alphabetic())
        || is_field && call.is_empty() && is_named(|byte| byte.is_ascii_alphanumeric())
}

/// Whether a value is all that stands in its line behind a name and a sign, `DB_PASSWORD=Hello(World)`, as in settings:
/// code has more there.
fn is_line(text: &str, range: &Range<usize>) -> bool {
    let before = text.get(..range.start).unwrap_or_default();
    let behind = text.get(range.end..).unwrap_or_default();
    let Some(named) = before.strip_suffix('=') else { return false };
    // Not by the line, which may be a whole script.
    let is_of_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    let above = named.trim_end_matches(is_of_name);
    above.len() < named.len()
        && (above.is_empty() || above.ends_with('\n'))
        && (behind.trim_start_matches(['\r', ' ']).starts_with('\n')
            || behind.trim_start().is_empty())
}

/// Shorter names hold no credential that a rule could tell.
pub(crate) fn holds_credential(text: &str) -> bool {
    text.len() >= 16 && !credentials(text).is_empty()
}

/// All places in order, none within another.
pub(crate) fn apart(mut found: Vec<Range<usize>>, more: Vec<Range<usize>>) -> Vec<Range<usize>> {
    found.extend(more);
    found.sort_by_key(|range| (range.start, usize::MAX - range.end));
    let mut end = 0;
    found.retain_mut(|range| {
        range.start = range.start.max(end);
        end = end.max(range.end);
        range.start < range.end
    });
    found
}

/// Whether it is where a program puts a value: `$1`, `?`, `:name`, `%s`, `${x}`, `{0}`.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let bare = text.trim_matches([' ', '"', '\'', '`', '(', ')', ',', ';']);
    let Some(first) = bare.chars().next() else { return true };
    let rest = bare.get(first.len_utf8()..).unwrap_or_default();
    let is_number = rest.len() <= 3 && rest.bytes().all(|byte| byte.is_ascii_digit());
    let is_name = rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    match first {
        '?' => is_number,
        // A rule may have cut off `${env.PASSWORD`; nothing follows the brace.
        '$' => {
            is_number && !rest.is_empty()
                || rest.starts_with('{') && rest.find('}').is_none_or(|at| at + 1 == rest.len())
        }
        ':' => is_name && !rest.is_empty(),
        '%' => matches!(rest, "s" | "d" | "i" | "f" | "j" | "o" | "O" | "v" | "q" | "p"),
        '{' => rest.is_empty() || rest.strip_suffix('}').is_some_and(is_variable),
        _ => false,
    }
}

/// What stands between braces, and is no JSON.
fn is_variable(name: &str) -> bool {
    let is_of_name = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.');
    name.len() <= 32 && name.bytes().all(is_of_name)
}

#[cfg(test)]
mod tests {
    use super::{apart, credentials, is_placeholder};

    #[test]
    fn code_behind_a_telling_name_is_none() {
        for text in [
            "const credentials = internalBinding('credentials');",
            "exports.AuthenticationMD5Password = exports.ParameterStatusMessage = 1",
            "{ password: options.password }",
            "token = next();",
            "let dbpassword=read(file);",
            r#"const ENV_SECRET = "AWS_SECRET_ACCESS_KEY";"#,
        ] {
            assert!(credentials(text).is_empty(), "{text}");
        }
        for text in [
            "const password = 'hunter2hunter';",
            "DB_PASSWORD=john.smith",
            "DB_PASSWORD=Tr0ub(ador)",
            "A=1\nDB_PASSWORD=Hello(World)\nB=2",
            "<password>(sunflower)</password>",
            "token: 'd34db33f99' (old)",
            r#"{"password":"WINTER_SUN"}"#,
        ] {
            assert_eq!(credentials(text).len(), 1, "{text}");
        }
    }

    #[test]
    fn placeholders_are_told_from_passwords() {
        for text in ["$1", "$12)", "?", "?;", ":name", "%s", "${x}", "${env.DB_PASS", "{0}", "{}"] {
            assert!(is_placeholder(text), "{text}");
        }
        for text in [
            "p",
            "ab;",
            "$ecret",
            "?hunter2",
            ":hunter2",
            "%secret",
            "$1234567",
            "王伟",
            "${PREFIX}s3cr3t",
            r#"{"jwt":"eyJhbGci"}"#,
        ] {
            assert!(!is_placeholder(text), "{text}");
        }
    }

    #[test]
    fn places_that_overlap_are_one_after_the_other() {
        assert_eq!(apart(vec![4..8, 0..2], vec![1..6, 7..8]), [0..2, 2..6, 6..8]);
    }
}
