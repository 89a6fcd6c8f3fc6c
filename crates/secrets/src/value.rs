//! What a value looks like.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// Words that stand where a credential would.
const HARMLESS: &[&str] = &[
    "true",
    "false",
    "null",
    "none",
    "undefined",
    "yes",
    "no",
    "string",
    "is",
    "was",
    "has",
    "not",
    "must",
    "may",
    "cannot",
    "should",
    "required",
    "missing",
    "invalid",
    "incorrect",
    "expired",
];

/// What stands where a credential would, and is none: `${VAR}`, `***`, `<token>`, a mask of ours, yes and no,
/// the next word of a sentence.
pub(crate) fn is_placeholder(text: &str) -> bool {
    let text = text.trim().trim_matches(['"', '\'']);
    text.is_empty()
        || HARMLESS.iter().any(|word| text.eq_ignore_ascii_case(word))
        || text.starts_with("${") && text.ends_with('}')
        || text.starts_with("$(") && text.ends_with(')')
        || text.starts_with('<') && text.ends_with('>')
        || text.starts_with("[REDACTED")
        || text.bytes().all(|byte| matches!(byte, b'*' | b'x' | b'X' | b'.' | b'-'))
}

/// Shannon's entropy in bits per byte.
pub(crate) fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f64;
    let share = |&count: &u32| f64::from(count) / length;
    counts.iter().filter(|&&count| count > 0).map(share).map(|p| -p * p.log2()).sum()
}

/// Whether a text is a user and a password in base64, as it stands behind `Basic `: at least seven bytes of text with a
/// colon, in either alphabet, padded or not.
///
/// Random letters are seldom one, since what they stand for is no text. Cost: linear, and nothing for what is longer
/// than a login.
pub fn is_login(text: &str) -> bool {
    if !(10..=1024).contains(&text.len()) {
        return false;
    }
    let Some(login) = decoded(text) else { return false };
    let Some((user, password)) = str::from_utf8(&login).ok().and_then(|it| it.split_once(':'))
    else {
        return false;
    };
    let is_of_user = |byte: u8| byte.is_ascii_alphanumeric() || b"._@+-\\%".contains(&byte);
    let is_user = (1..=128).contains(&user.len()) && user.bytes().all(is_of_user);
    // A place has a scheme before its colon.
    let is_password = !password.is_empty() && !password.starts_with("//");
    is_user && is_password && !password.chars().any(char::is_control)
}

/// What a text in base64 stands for, in either alphabet, padded or not.
pub(crate) fn decoded(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    let is_padded = bare.len() == text.len() || text.len().is_multiple_of(4);
    let of = if bare.contains(['-', '_']) { &URL_SAFE_NO_PAD } else { &STANDARD_NO_PAD };
    of.decode(bare).ok().filter(|_| is_padded)
}

/// What may be shown of a credential: its length, and its first four characters if they are few of many.
pub fn preview(secret: &str) -> String {
    let length = secret.chars().count();
    let start: String = match length {
        LONG.. => secret.chars().take(4).map(|c| if c.is_control() { ' ' } else { c }).collect(),
        _ => String::new(),
    };
    start + &length_alone(length)
}

/// What may be shown of a credential of which only the length is known, in characters.
pub fn length_alone(length: usize) -> String {
    let characters = if length == 1 { "character" } else { "characters" };
    format!("… ({length} {characters})")
}

/// Characters from which on four of them give nothing away.
const LONG: usize = 20;

/// Values that stand in documentation and in examples, whole.
const EXAMPLES: &[&str] = &[
    "pass",
    "passwd",
    "password",
    "pwd",
    "passwort",
    "secret",
    "token",
    "user",
    "username",
    "credential",
    "credentials",
    "example",
    "placeholder",
    "redacted",
    "hidden",
    "default",
    "optional",
    "unknown",
    "text",
    "email",
    "number",
    "boolean",
    "object",
    "function",
    "symbol",
    "include",
    "omit",
    "same-origin",
    "identifier",
    "keyword",
    "bearer",
    "basic",
    "digest",
    "utf8",
    "utf-8",
    "base64",
    "hex",
];

/// How the key begins that Azure's storage emulator has everywhere.
const EMULATOR: &str = "Eby8vdM02xNOcqFl";

/// Whether a value says of itself that it is none.
pub(crate) fn is_example(value: &str) -> bool {
    let lower = value.trim().to_ascii_lowercase();
    is_placeholder(value)
        || EXAMPLES.contains(&lower.as_str())
        || lower.ends_with("example")
        || lower.ends_with("examplekey")
        || value.starts_with(EMULATOR)
        || ["your", "my-", "my_", "<", "{{", "${", "%{", "$"]
            .iter()
            .any(|start| lower.starts_with(start))
        || lower.contains("${")
}

/// Whether a value looks as if a machine had made it: no word, no sentence, no place.
pub(crate) fn looks_random(value: &str) -> bool {
    let has = |of: fn(&u8) -> bool| value.as_bytes().iter().any(of);
    let length = value.len();
    let is_plain = value.bytes().all(|byte| byte.is_ascii_graphic());
    let mixed = has(u8::is_ascii_digit) && has(u8::is_ascii_alphabetic)
        || length >= 24
            && has(u8::is_ascii_uppercase)
            && has(u8::is_ascii_lowercase)
            && !is_camel(value);
    length >= 8
        && is_plain
        && mixed
        && !is_place(value)
        && !is_name_of_secret(value)
        && !is_of_algorithm(value)
        && entropy(value) >= 2.5
}

/// The name of a header, a variable or a setting, not what stands in it: `x-aws-ec2-metadata-token`,
/// `AWS_S3_DISABLE_EXPRESS_SESSION_AUTH`, `token_sha256_to_refresh`. Short words of one case or with a capital each, one of
/// them telling, with few digits and none at the end.
fn is_name_of_secret(value: &str) -> bool {
    /// As `authorization` has.
    const LONGEST_WORD: usize = 13;
    const TELLING: [&str; 9] = [
        "auth",
        "authorization",
        "cookie",
        "credential",
        "key",
        "password",
        "secret",
        "session",
        "token",
    ];
    /// As `sha256` has.
    const MOST_DIGITS: usize = 3;
    let is_of_words =
        value.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    let is_lower = |part: &str| !part.bytes().any(|byte| byte.is_ascii_uppercase());
    let is_upper = |part: &str| !part.bytes().any(|byte| byte.is_ascii_lowercase());
    // `X-Amz-Security-Token`, as headers are written.
    let is_headed = value.split(['-', '_']).all(|word| word.get(1..).is_some_and(is_lower));
    let is_of_one_case = is_lower(value) || is_upper(value) || is_headed;
    let digits = value.bytes().filter(u8::is_ascii_digit).count();
    // What has many digits has them together, behind letters.
    let numbers = value.split(|c: char| !c.is_ascii_digit()).filter(|run| !run.is_empty()).count();
    let mut words = value.split(['-', '_']);
    let is_short = value.split(['-', '_']).all(|word| word.len() <= LONGEST_WORD);
    let is_word = |word: &str| TELLING.iter().any(|telling| word.eq_ignore_ascii_case(telling));
    is_of_words
        && is_of_one_case
        && is_short
        && (digits <= 2 || digits <= MOST_DIGITS && numbers == 1)
        && value.ends_with(|last: char| last.is_ascii_alphabetic())
        && value.contains(['-', '_'])
        && words.any(is_word)
}

/// `someWordsInARow`, `some.words`: letters alone, with a word of at least three of one case in each part.
fn is_camel(value: &str) -> bool {
    let words = value.split(|c: char| !c.is_ascii_alphabetic()).flat_map(|part| {
        let starts = part.char_indices().filter(|(_, c)| c.is_ascii_uppercase()).map(|(at, _)| at);
        let mut starts: Vec<usize> = [0].into_iter().chain(starts).chain([part.len()]).collect();
        starts.dedup();
        starts.windows(2).map(|pair| pair[1] - pair[0]).collect::<Vec<_>>()
    });
    let (mut letters, mut count) = (0, 0);
    for length in words {
        letters += length;
        count += 1;
    }
    !value.bytes().any(|byte| byte.is_ascii_digit()) && letters >= 4 * count
}

/// The name of a field that has the algorithm of what is in it behind it: `ContentMD5`, `checksumSHA256`.
fn is_of_algorithm(value: &str) -> bool {
    const ALGORITHMS: [&str; 6] = ["MD5", "SHA1", "SHA256", "SHA512", "CRC32", "CRC32C"];
    let named = ALGORITHMS.into_iter().find_map(|algorithm| value.strip_suffix(algorithm));
    named.is_some_and(|name| name.bytes().all(|byte| byte.is_ascii_alphabetic()) && is_camel(name))
}

/// A path, or a URL without a password.
fn is_place(value: &str) -> bool {
    value.contains("://")
        || value.starts_with(['/', '.', '~', '@', '#'])
        || value.ends_with(".js")
        || value.ends_with(".json")
        || value.contains('/') && has_ending(value)
        || value.starts_with("node:")
}

/// `google/api/keys.proto`, without a place before it.
fn has_ending(value: &str) -> bool {
    let file = value.rsplit('/').next().unwrap_or_default();
    let is_ending = |ending: &str| {
        (2..=6).contains(&ending.len()) && ending.bytes().all(|byte| byte.is_ascii_lowercase())
    };
    file.rsplit_once('.').is_some_and(|(name, ending)| !name.is_empty() && is_ending(ending))
}

/// Whether a value is one that a person could have chosen as a password: not prose, not code.
pub(crate) fn may_be_password(value: &str) -> bool {
    // `Required!` is, `Winter2026!` is not.
    let has_digit = value.bytes().any(|byte| byte.is_ascii_digit());
    let is_sentence = value.contains(' ') || !has_digit;
    let is_prose =
        value.split(' ').count() > 6 || is_sentence && value.ends_with(['.', ':', '?', '!', ',']);
    let is_code = value.contains(['\n', '\r', '\t', '{', '}', '<', '>']) || is_own_name(value);
    let is_file = is_place(value) && value.contains('/') || is_object_identifier(value);
    (4..=256).contains(&value.chars().count()) && !is_prose && !is_code && !is_file
}

/// `1.2.840.113549.1.9.7`, as ASN.1 has them.
fn is_object_identifier(value: &str) -> bool {
    value.bytes().filter(|byte| *byte == b'.').count() >= 4
        && value.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
}

/// A sentence or an identifier: `Invalid password`, `passwordHash`. Lower case alone may be a password.
fn is_own_name(value: &str) -> bool {
    let lower = value.to_ascii_lowercase();
    let names_itself = ["password", "passwd", "passphrase", "secret", "token", "credential"];
    let is_word = value.bytes().all(|byte| byte.is_ascii_alphabetic() || b"_-. ".contains(&byte));
    is_word && names_itself.iter().any(|name| lower.contains(name))
}
