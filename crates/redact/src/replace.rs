//! What stands in the place of a text: as long, made of its keyed hash, the same for the same text.

use std::hash::{BuildHasher, Hasher, RandomState};

use crate::given::Given;
use crate::public::is_public;

/// A secret that texts are hashed with. Whoever has it can test whether a text was in the snapshot, so it is made
/// anew for each run and kept nowhere.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

impl Key {
    /// A key of these bytes, which should come from the system's random numbers.
    pub fn new(bytes: [u8; 32]) -> Key {
        Key(bytes)
    }

    /// Tells this key from others, and nothing of it or of the texts that are hashed with it.
    pub(crate) fn id(&self) -> String {
        let derived = blake3::derive_key("heapglass redaction: id of the key", &self.0);
        let [a, b, c, d, e, f, g, h, ..] = derived;
        format!("{:016x}", u64::from_be_bytes([a, b, c, d, e, f, g, h]))
    }
}

/// Texts of up to this many characters stay if they say nothing, as most do: letters and signs of the program.
pub(crate) const STAYS: usize = 2;
/// Up to so many letters, what stands for a text may by chance be that of another text, or a text of the original. Of ten
/// million texts of one letter more, two meet once in seven hundred snapshots.
const MAY_MEET: usize = 10;
/// Names that are replaced word by word and have up to so many bytes are remembered.
pub(crate) const WORDS_MAY_MEET: usize = 2 * MAY_MEET;
/// There are as many numbers of so many digits.
const DIGITS_MAY_MEET: usize = 16;
/// How often other letters are tried for a text whose first ones another has.
const TRIES: u64 = 64;

/// Makes replacements.
#[derive(Debug)]
pub(crate) struct Replacer {
    key: Key,
    given: Given,
    /// The keys of prints. They stay in memory, so a fast hash does: with the one that replacements are made of, the proof's
    /// lookups took twice as long.
    prints: RandomState,
    /// Different texts that became equal, since there are no more texts of their length.
    pub(crate) met: u64,
}

/// A text that is hashed as it comes.
pub(crate) type Running = blake3::Hasher;

impl Replacer {
    pub(crate) fn new(key: Key) -> Replacer {
        Replacer { key, given: Given::default(), prints: RandomState::new(), met: 0 }
    }

    /// So many texts may come.
    pub(crate) fn make_room(&mut self, texts: usize) {
        self.given.make_room(texts);
    }

    /// Appends what stands in the place of `text`: as many UTF-16 units, in ASCII.
    pub(crate) fn replace(&mut self, text: &str, out: &mut Vec<u8>) {
        if !stays(text) {
            return self.replace_all(text, out);
        }
        let escaped = serde_json::to_string(text).unwrap_or_default();
        let inner = escaped.len().saturating_sub(1);
        out.extend_from_slice(escaped.as_bytes().get(1..inner).unwrap_or_default());
    }

    /// As [`Replacer::replace`], also for the shortest texts.
    pub(crate) fn replace_all(&mut self, text: &str, out: &mut Vec<u8>) {
        if text.is_empty() {
            return;
        }
        let length = utf16_units(text);
        let form = Form::of(text);
        let is_number = form == Form::Number;
        let free = match form {
            Form::Number => text.bytes().filter(u8::is_ascii_digit).count(),
            Form::Identifier => length,
            Form::Other => length - 1,
        };
        let start = out.len();
        if free > if is_number { DIGITS_MAY_MEET } else { MAY_MEET } {
            return self.other_signs(text, 0, length, form, out);
        }
        let own = self.print_of(text.as_bytes());
        for attempt in 0..TRIES {
            out.truncate(start);
            self.other_signs(text, attempt, length, form, out);
            let written = out.get(start..).unwrap_or_default();
            if is_taken(written) {
                continue;
            }
            if written != text.as_bytes() && self.given.is_free(written, own) {
                return;
            }
        }
        // No text of this length is left; one that is another's is still better than the text itself.
        let made = out.get_mut(start..).unwrap_or_default();
        if made == text.as_bytes() {
            another_sign(made);
        }
        self.met += 1;
    }

    /// Appends the letters or digits that a text is hashed to, others with each attempt.
    fn other_signs(&self, text: &str, attempt: u64, length: usize, form: Form, out: &mut Vec<u8>) {
        let is_number = form == Form::Number;
        let again = || {
            let mut hasher = self.running();
            hasher.update(text.as_bytes());
            (0..attempt).for_each(|_| {
                hasher.update(&[0xff]);
            });
            hasher
        };
        let short = |length| length <= blake3::OUT_LEN;
        if !is_number && !short(length) {
            let start = out.len();
            out.resize(start + length, 0);
            let made = out.get_mut(start..).unwrap_or_default();
            again().finalize_xof().fill(made);
            return spell(made, form);
        }
        // One call for most texts: a hasher that can go on is ten times as large.
        let block = match attempt {
            0 => blake3::keyed_hash(&self.key.0, text.as_bytes()),
            _ => again().finalize(),
        };
        if is_number {
            digits(block.as_bytes(), text, out);
        } else {
            let start = out.len();
            out.extend(block.as_bytes().iter().take(length));
            let made = out.get_mut(start..).unwrap_or_default();
            spell(made, form);
            if length <= STAYS {
                // No text that stays has a capital in it.
                made.make_ascii_uppercase();
            }
        }
    }

    /// Remembers what stands for a text that was replaced part by part.
    pub(crate) fn remember(&mut self, made: &[u8], text: &str) {
        if made != text.as_bytes() {
            let own = self.print_of(text.as_bytes());
            self.met += u64::from(!self.given.is_free(made, own));
        }
    }

    /// For a text that is too long to be kept: to be given all of it, then to [`Replacer::end`].
    pub(crate) fn running(&self) -> Running {
        blake3::Hasher::new_keyed(&self.key.0)
    }

    /// Appends what stands in the place of a text of `length` UTF-16 units.
    pub(crate) fn end<E>(
        &self,
        text: &Running,
        length: u64,
        mut write: impl FnMut(&[u8]) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut reader = text.finalize_xof();
        let mut left = length;
        let mut block = [0u8; 4096];
        while left > 0 {
            let size = usize::try_from(left).unwrap_or(usize::MAX).min(block.len());
            let Some(part) = block.get_mut(..size) else { break };
            reader.fill(part);
            spell(part, Form::Identifier);
            write(part)?;
            left -= size as u64;
        }
        Ok(())
    }

    /// What stands for what among short texts is not needed any more.
    pub(crate) fn forget_given(&mut self) {
        self.given = Given::default();
    }

    /// Whether a text, with this print, stands for another one.
    pub(crate) fn stands_for_another(&self, text: &str, print: u64) -> bool {
        self.given.stands_for_another(text.as_bytes(), print)
    }

    /// A short keyed hash of a text, to find it again.
    pub(crate) fn print_of(&self, text: &[u8]) -> u64 {
        let mut hasher = self.prints.build_hasher();
        hasher.write(text);
        hasher.finish()
    }
}

/// How many UTF-16 units a text has.
fn utf16_units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.chars().map(char::len_utf16).sum() }
}

/// What a text is, as far as what stands for it has to be the same.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Form {
    /// A decimal number.
    Number,
    /// What can be written after a dot: where an edge has no such name, it is a key, and leaks are told apart by that.
    Identifier,
    Other,
}

impl Form {
    fn of(text: &str) -> Form {
        if is_number(text) {
            return Form::Number;
        }
        let mut chars = text.chars();
        let is_identifier =
            chars.next().is_some_and(|first| first.is_alphabetic() || "_$#".contains(first))
                && chars.all(|char| char.is_alphanumeric() || "_$".contains(char));
        if is_identifier { Form::Identifier } else { Form::Other }
    }
}

/// Whether it says nothing: a letter or a sign, or two of them that are no initials.
fn stays(text: &str) -> bool {
    text.len() <= STAYS
        && text.is_ascii()
        && (text.len() < STAYS || !text.bytes().any(|byte| byte.is_ascii_uppercase()))
        && !is_number(text)
}

/// Signs in the second place of what is no identifier.
const SIGNS: [u8; 8] = *b"-+*~!^,;";

/// Turns random bytes into letters and digits. A name begins with a letter.
fn spell(bytes: &mut [u8], form: Form) {
    let second = bytes.get(1).copied().unwrap_or_default();
    for byte in &mut *bytes {
        let number = *byte & 31;
        *byte = if number < 26 { b'a' + number } else { b'2' + (number - 26) };
    }
    if let Some(first) = bytes.first_mut().filter(|first| first.is_ascii_digit()) {
        *first = b'a' + (*first - b'2');
    }
    if form == Form::Other && bytes.len() > STAYS {
        let sign = SIGNS.get(usize::from(second >> 5)).copied().unwrap_or(b'-');
        bytes.iter_mut().skip(1).take(1).for_each(|byte| *byte = sign);
    }
}

/// Words of the language that are no public names as well, as most are.
const RESERVED: [&str; 3] = ["implements", "interface", "protected"];

/// Whether it says something already, and so stands for nothing: a word of the language, or a public name.
fn is_taken(text: &[u8]) -> bool {
    str::from_utf8(text).is_ok_and(|text| RESERVED.contains(&text) || is_public(text))
}

/// Changes the last letter or digit to the next one.
fn another_sign(text: &mut [u8]) {
    let Some(last) = text.iter_mut().rfind(|byte| byte.is_ascii_alphanumeric()) else { return };
    *last = match *last {
        b'0'..=b'8' | b'a'..=b'y' | b'A'..=b'Y' => *last + 1,
        b'9' => b'0',
        _ => b'a',
    };
}

/// Whether a text is a decimal number, as numbers are captured.
fn is_number(text: &str) -> bool {
    text.len() <= 32
        && text.starts_with(|first: char| first.is_ascii_digit() || first == '-')
        && text.bytes().any(|byte| byte.is_ascii_digit())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'-' | b'+' | b'.' | b'e'))
}

/// Other digits, signs and points where they are.
fn digits(block: &[u8; blake3::OUT_LEN], text: &str, out: &mut Vec<u8>) {
    for (byte, random) in text.bytes().zip(block) {
        out.push(if byte.is_ascii_digit() { b'0' + random % 10 } else { byte });
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::{Key, Replacer};

    fn replaced(replacer: &mut Replacer, text: &str) -> String {
        let mut out = Vec::new();
        replacer.replace(text, &mut out);
        String::from_utf8(out).expect("ASCII")
    }

    #[test]
    fn lengths_stay_equal_texts_stay_equal_and_nothing_else_does() {
        let mut replacer = Replacer::new(Key::new([7; 32]));
        for text in [
            "hunter2",
            "naïve 🔑 text",
            "a longer text that goes on for a while, over sixty-four bytes in all, yes",
        ] {
            let first = replaced(&mut replacer, text);
            assert_eq!(first.len(), text.encode_utf16().count());
            assert_eq!(first, replaced(&mut replacer, text));
            assert_ne!(first, text);
            let other = replaced(&mut Replacer::new(Key::new([8; 32])), text);
            assert_ne!(first, other, "another key gives another text");
        }
        let number = replaced(&mut replacer, "-12345.678");
        assert!(
            number.starts_with('-') && number.as_bytes()[6] == b'.' && number != "-12345.678",
            "{number}"
        );
    }

    #[test]
    fn the_shortest_stay_and_are_escaped() {
        let mut replacer = Replacer::new(Key::new([7; 32]));
        for text in ["", "a", "\"", "\\\n", "ab"] {
            let json = format!("\"{}\"", replaced(&mut replacer, text));
            assert_eq!(serde_json::from_str::<String>(&json).expect("JSON"), text);
        }
    }

    /// Initials, blood groups and whole names of two characters.
    #[test]
    fn the_shortest_go_if_they_say_something() {
        let mut replacer = Replacer::new(Key::new([7; 32]));
        for text in ["王伟", "张敏", "王", "O+", "AB", "42"] {
            let made = replaced(&mut replacer, text);
            assert_eq!(made.len(), text.encode_utf16().count());
            assert_ne!(made, text);
        }
        let mut all = Vec::new();
        replacer.replace_all("id", &mut all);
        assert!(all.len() == 2 && all != b"id", "{all:?}");
    }

    #[test]
    fn what_is_no_identifier_becomes_none() {
        for key in 0..50 {
            let mut replacer = Replacer::new(Key::new([key; 32]));
            let long = "a long text that has more than the bytes of one hash";
            for text in ["mailto:a@b.de", "x y", "7f3a9c21d0e4", long] {
                let made = replaced(&mut replacer, text);
                assert_eq!(super::Form::of(&made), super::Form::Other, "{made}");
            }
            for text in ["kowalskix", "naïve", "张敏华", "_a$b"] {
                let made = replaced(&mut replacer, text);
                assert_eq!(super::Form::of(&made), super::Form::Identifier, "{made}");
            }
        }
    }

    #[test]
    fn short_texts_do_not_meet() {
        let mut replacer = Replacer::new(Key::new([1; 32]));
        let mut seen = HashSet::new();
        for number in 0..8_000 {
            let text = format!(
                "{}{}{}",
                (b'A' + (number / 400) as u8) as char,
                (b'a' + (number / 20 % 20) as u8) as char,
                (b'A' + (number % 20) as u8) as char
            );
            assert!(seen.insert(replaced(&mut replacer, &text)), "{text}");
        }
        assert_eq!(replacer.met, 0);
    }

    /// Milliseconds of one day are 86 million of the 10^13 texts of their length, so that pairs meet by chance.
    #[test]
    fn numbers_as_long_as_times_do_not_meet() {
        let mut replacer = Replacer::new(Key::new([1; 32]));
        let text = format!("{}", 1_764_000_000_000u64);
        let mut out = Vec::new();
        replacer.replace(&text, &mut out);
        let print = replacer.print_of(&out);
        let made = String::from_utf8(out).expect("ASCII");
        assert!(replacer.stands_for_another(&made, print), "what was given out is remembered");
    }

    #[test]
    fn no_replacement_is_a_public_name_or_the_text_itself() {
        let mut replacer = Replacer::new(Key::new([1; 32]));
        for number in 0..30_000u32 {
            let letter = |place: u32| char::from(b'A' + (number / 26u32.pow(place) % 26) as u8);
            let text: String = (0..3).map(letter).collect();
            let made = replaced(&mut replacer, &text);
            assert!(made != text && !super::is_public(&made), "{made}");
        }
        // There are ten numbers of one digit, and more tries than that.
        for key in 0..50 {
            let mut replacer = Replacer::new(Key::new([key; 32]));
            for digit in 0..10 {
                let text = digit.to_string();
                assert_ne!(replaced(&mut replacer, &text), text);
            }
        }
    }

    #[test]
    fn no_replacement_is_a_word_of_the_language() {
        let words = "arguments async await break case catch class const continue debugger default delete else enum eval \
                     export extends false finally for function implements import instanceof interface let new null \
                     package private protected public return static super switch this throw true try typeof undefined \
                     var void while with yield";
        for word in words.split_whitespace() {
            assert!(super::is_taken(word.as_bytes()), "{word}");
        }
        assert!(!super::is_taken(b"qzxwvk"));
    }

    #[test]
    fn a_long_text_gives_the_same_in_pieces() {
        let replacer = Replacer::new(Key::new([3; 32]));
        let mut text = replacer.running();
        text.update(b"abc");
        text.update(b"def");
        let mut out = Vec::new();
        let mut take = |part: &[u8]| {
            out.extend_from_slice(part);
            Ok::<(), ()>(())
        };
        replacer.end(&text, 10_000, &mut take).expect("nothing fails");
        assert_eq!(out.len(), 10_000);
        let mut whole = replacer.running();
        whole.update(b"abcdef");
        let mut again = Vec::new();
        let mut take = |part: &[u8]| {
            again.extend_from_slice(part);
            Ok::<(), ()>(())
        };
        replacer.end(&whole, 10_000, &mut take).expect("nothing fails");
        assert_eq!(out, again);
    }
}
