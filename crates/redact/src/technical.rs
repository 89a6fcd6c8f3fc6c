//! Numbers of algorithms, encodings and editions of the language, which are in names of code: `SHA512`, `ES2015`.

/// Bits of keys and digests, and numbers that are a part of a name.
const NUMBERS: [&str; 25] = [
    "128", "160", "192", "224", "256", "384", "512", "521", "1024", "1250", "1251", "1252", "1253",
    "1254", "1257", "1305", "2048", "3072", "4096", "6144", "8192", "8859", "16384", "25519",
    "65536",
];

/// Words that stand beside them in names of capitals.
const WORDS: [&str; 44] = [
    "A", "AES", "ARIA", "BLAKE", "CAMELLIA", "CBC", "CCM", "CFB", "CHACHA", "CP", "CTR", "DH",
    "DSA", "ECB", "ECDH", "ECDSA", "ED", "ES", "FFDHE", "GCM", "HKDF", "HMAC", "HS", "IBM", "ISO",
    "KEM", "KMAC", "KW", "MD", "ML", "MLKEM", "OAEP", "P", "POLY", "PS", "PSS", "RS", "RSA",
    "SECP", "SHA", "SHAKE", "UTF", "WINDOWS", "X",
];

/// Whether a name of capitals is one of an algorithm, an encoding or an edition: `A128GCM`, `P-256`, not `AB-256`.
///
/// Short numbers may stand beside one that is known, but alone they are those of papers (`A12-34-5`). Cost: linear.
pub(crate) fn is_technical(name: &str) -> bool {
    if is_plate(name) {
        return false;
    }
    let (mut before, mut has_known) = ("", false);
    let is_plain = runs(name).all(|(run, is_number)| {
        let is_allowed = if is_number {
            let is_known = NUMBERS.contains(&run) || before == "ES" && is_edition(run);
            has_known |= is_known;
            is_known || run.len() < 3
        } else {
            run.split(|c: char| !c.is_ascii_alphabetic())
                .all(|word| word.is_empty() || WORDS.contains(&word))
        };
        before = run;
        is_allowed
    });
    is_plain && has_known
}

/// A district of one or two letters, one or two more, and a number: `ES-P384`.
fn is_plate(name: &str) -> bool {
    let are_few = |text: &str| {
        (1..=2).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_uppercase())
    };
    name.split_once('-').is_some_and(|(district, rest)| {
        let letters = rest.trim_end_matches(|c: char| c.is_ascii_digit());
        are_few(district) && are_few(letters) && letters.len() < rest.len()
    })
}

/// `2015` to `2039`.
fn is_edition(year: &str) -> bool {
    year.parse().is_ok_and(|year: u32| (2015..2040).contains(&year))
}

/// How many digits are in a text, but for those of the numbers above.
pub(crate) fn telling_digits(text: &str) -> usize {
    runs(text)
        .filter(|(run, is_number)| *is_number && !NUMBERS.contains(run))
        .map(|(run, _)| run.len())
        .sum()
}

/// The parts of a text that are digits, and those between them.
fn runs(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.as_bytes().chunk_by(|a, b| a.is_ascii_digit() == b.is_ascii_digit()).scan(
        0,
        move |at, run| {
            let start = *at;
            *at += run.len();
            let is_number = run.first().is_some_and(u8::is_ascii_digit);
            Some((text.get(start..*at).unwrap_or_default(), is_number))
        },
    )
}

#[cfg(test)]
mod tests {
    use super::{is_technical, telling_digits};

    #[test]
    fn names_of_algorithms_are_told_from_numbers_of_papers() {
        for name in [
            "SHA512",
            "ES2015",
            "A128GCM",
            "P-256",
            "AES-256-GCM",
            "RSA-OAEP-384",
            "ISO-8859-15",
            "X25519",
        ] {
            assert!(is_technical(name), "{name}");
        }
        for name in [
            "AB-256", "C25388", "M-AB6301", "AB-1234", "ES1987", "SHA3999", "A12-34-5", "ES-P384",
            "HS-A256",
        ] {
            assert!(!is_technical(name), "{name}");
        }
    }

    #[test]
    fn digits_of_algorithms_tell_nothing() {
        for (text, digits) in
            [("ChaCha20Poly1305CipherJob", 2), ("MLKEM1024-P384", 0), ("id2561024", 7), ("", 0)]
        {
            assert_eq!(telling_digits(text), digits, "{text}");
        }
    }
}
