//! Names that nobody thought of: drawn at random, or given out by a registry.

use crate::public::is_public;
use crate::technical::{is_technical, telling_digits};

/// Shorter ones are too short to tell; names in minified code are.
const SHORTEST: usize = 8;
/// More digits than these are no name's.
const MOST_DIGITS: usize = 5;

/// How letters and digits follow each other in a name.
#[derive(Default)]
struct Shape {
    /// Letters and digits.
    length: usize,
    digits: usize,
    /// Digits in a row count once.
    numbers: usize,
    /// Numbers, words (`Http`) and acronyms (`XML`).
    parts: usize,
    has_upper: bool,
}

impl Shape {
    fn of(name: &str) -> Shape {
        let mut shape = Shape::default();
        let (mut before, mut uppers) = (b' ', 0);
        for byte in name.bytes() {
            shape.length += usize::from(byte.is_ascii_alphanumeric());
            if byte.is_ascii_digit() {
                shape.digits += 1;
                let begins = usize::from(!before.is_ascii_digit());
                shape.numbers += begins;
                shape.parts += begins;
            } else if byte.is_ascii_uppercase() {
                shape.has_upper = true;
                shape.parts += usize::from(!before.is_ascii_uppercase());
            } else if byte.is_ascii_lowercase() {
                // A single capital begins this word; the last one of `XMLHttp` does so, too.
                let is_inside = before.is_ascii_lowercase() || uppers == 1;
                shape.parts += usize::from(!is_inside);
            }
            uppers = if byte.is_ascii_uppercase() { uppers + 1 } else { 0 };
            before = byte;
        }
        shape
    }

    /// Case and digits change more often than between words.
    fn is_restless(&self) -> bool {
        let has_many_parts = self.parts >= 4 && self.length < 2 * self.parts;
        let has_many_numbers = self.numbers > 2 && self.length < 5 * self.numbers;
        self.length >= SHORTEST
            && (self.has_upper || self.digits > 0)
            && (has_many_parts || has_many_numbers)
    }
}

/// Whether a name is none that people use: a token, an identifier of a database, an address of a network card.
///
/// Of tokens with letters of both cases and digits, a few in a hundred read like words by chance. Names of
/// interfaces in versions (`CoreV1Api`, `IPv4Address`, `K8sClient`) have as many parts, and longer ones. Cost: linear.
pub(crate) fn is_drawn(name: &str) -> bool {
    looks_drawn(name) && !is_public(name)
}

fn looks_drawn(name: &str) -> bool {
    let shape = Shape::of(name);
    shape.digits > MOST_DIGITS && telling_digits(name) > MOST_DIGITS
        || shape.is_restless()
        || shape.digits > 0 && name.split(|c: char| !c.is_ascii_alphanumeric()).any(is_base32)
        || is_address(name)
}

/// `JBSWY3DPEHPK3PXP`, `U024BE7LH`: capitals and digits, in one word.
fn is_base32(word: &str) -> bool {
    word.len() > SHORTEST
        && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit())
        && word.bytes().any(|byte| byte.is_ascii_digit())
}

/// `fe80::beef:d15:ffee`, `f6:a5:ae:bc:ef:de`.
fn is_address(name: &str) -> bool {
    let is_group =
        |group: &str| group.len() <= 4 && group.bytes().all(|byte| byte.is_ascii_hexdigit());
    name.split(':').count() > 2 && name.split(':').all(is_group)
}

/// Whether a registry gave it out: `C25388`, `M-AB6301`, but not `SHA256`, which public code uses.
pub(crate) fn is_registered(name: &str) -> bool {
    let has_form = name.starts_with(|first: char| first.is_ascii_uppercase())
        && name.bytes().filter(u8::is_ascii_digit).count() >= 3
        && name
            .bytes()
            .all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-');
    has_form && !is_technical(name) && !is_public(name)
}

#[cfg(test)]
mod tests {
    use super::{is_drawn, is_registered};

    #[test]
    fn what_was_drawn_is_told_from_names() {
        for token in [
            "V1StGXR8_Z5jdHi6B-myT",
            "hL2kQ9vXw0aTz4RbPq7NdA",
            "k3Vf9XqTz1bYw7RmPd2LsHc8JnGe",
            "-OAbc3dEFgHiJkL0mNoP",
            "qR7xKm2VbT9z",
            "JBSWY3DPEHPK3PXP",
            "U024BE7LH",
            "fe80::beef:d15:ffee",
            "f6:a5:ae:bc:ef:de",
            "DE12-A1B2-C3D4-E43182",
        ] {
            assert!(is_drawn(token), "{token}");
        }
        for name in [
            "innerHTML",
            "CoreV1Api",
            "V1PodSpec",
            "I18nService",
            "IPv4Address",
            "OAuth2Token",
            "K8sClient",
            "ipv4ToInt32",
            "XMLHttpRequest",
            "isIPv6",
            "toJSON",
            "_events2",
            "$$typeof",
            "kHandle",
            "utf8Decoder",
            "base64url",
            "sha256",
            "x-forwarded-for",
            "http2session",
            "a1",
            "e0",
            "node:fs",
            "readUInt32LE",
            "kMaxUint32",
            "blink::Node",
            "Int32Array",
            "v8_inspector::V8Inspector",
            "TLS_AES_GCM_SHA256",
            "requestIdleCallback",
            "ChaCha20Poly1305CipherJob",
            "TLS_AES_256_GCM_SHA384",
        ] {
            assert!(!is_drawn(name), "{name}");
        }
    }

    #[test]
    fn numbers_of_papers_are_told_from_names_of_code() {
        for number in ["C25388", "M-AB6301", "AB-1234"] {
            assert!(is_registered(number), "{number}");
        }
        for name in [
            "SHA256",
            "SHA512",
            "ES2015",
            "A128GCM",
            "P-256",
            "UTF8",
            "MAX_LISTENERS_100",
            "x509",
            "Utf16",
            "A",
        ] {
            assert!(!is_registered(name), "{name}");
        }
    }
}
