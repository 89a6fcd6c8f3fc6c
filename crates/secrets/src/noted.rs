//! What can be said of texts that are not kept.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};

use crate::{Jwt, NameKind, Rules, TextKind, preview};

/// Credentials from which on those of no other text are noted.
const MOST: usize = 1 << 16;
/// Longer texts, in bytes, are no credentials by the name they stand under.
const LONGEST_VALUE: usize = 4096;

const KINDS: [NameKind; 3] = [NameKind::Password, NameKind::Token, NameKind::Cookie];
/// Beside a bit for each kind: what people choose looks as if a machine had made it.
const RANDOM: u8 = 1 << 7;

/// The credentials in numbered texts: which rules found them, and what may be shown. No credential is in it.
///
/// Memory: a byte for each text; about 150 bytes for each credential, of which no more are noted from 65,536 on; a few for each
/// text that tells as a name.
#[derive(Debug, Default)]
pub struct Noted {
    found: HashMap<u32, Vec<Note>>,
    /// Credentials in `found`: one text may have thousands.
    count: usize,
    names: HashMap<u32, NameKind>,
    /// For each text what it would be under a telling name, a bit for each kind.
    under: Vec<u8>,
    missed: u64,
    same: RandomState,
}

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The rule that found it.
    pub rule: &'static str,
    /// The same for equal credentials of one [`Noted`], and nothing in another one.
    pub value: u64,
    /// What may be shown of it.
    pub preview: String,
    /// What it says of itself, for JSON Web Tokens.
    pub jwt: Option<Jwt>,
}

impl Noted {
    /// Looks at the text with this number.
    ///
    /// Cost: as that of [`Rules::scan`], and for short texts of [`Rules::named_as`] for each kind of names.
    pub fn note(&mut self, number: u32, text: &str) {
        let rules = Rules::standard();
        let found: Vec<Note> = rules
            .scan(text, TextKind::Data)
            .into_iter()
            .filter_map(|finding| {
                let secret = text.get(finding.range)?;
                Some(Note {
                    rule: finding.rule,
                    value: self.same.hash_one(secret),
                    preview: preview(secret),
                    jwt: Some(secret)
                        .filter(|_| finding.rule == "json-web-token")
                        .and_then(Jwt::read),
                })
            })
            .collect();
        if !found.is_empty() && self.count < MOST {
            self.count += found.len();
            self.found.insert(number, found);
        } else if !found.is_empty() {
            self.missed += 1;
        }
        if let Some(kind) = rules.kind_of_name(text) {
            self.names.insert(number, kind);
        }
        let under = under(rules, text);
        if under != 0 {
            let at = number as usize;
            if self.under.len() <= at {
                self.under.resize(at + 1, 0);
            }
            if let Some(bits) = self.under.get_mut(at) {
                *bits = under;
            }
        }
    }

    /// The credentials in the text with this number.
    pub fn found(&self, number: u32) -> &[Note] {
        self.found.get(&number).map_or(&[], Vec::as_slice)
    }

    /// Of what the text with this number tells as a name.
    pub fn kind_of_name(&self, number: u32) -> Option<NameKind> {
        self.names.get(&number).copied()
    }

    /// As [`Rules::named_as`] for the text with this number: whether it is a credential under a name of this kind. With
    /// `beside` as [`Rules::named_beside`], for a name that only stands before it.
    pub fn is_named(&self, kind: NameKind, number: u32, beside: bool) -> bool {
        let bits = self.under.get(number as usize).copied().unwrap_or(0);
        bits & bit(kind) != 0 && (!beside || kind != NameKind::Password || bits & RANDOM != 0)
    }

    /// Texts with credentials that were not noted, since there were too many.
    pub fn missed(&self) -> u64 {
        self.missed
    }
}

fn bit(kind: NameKind) -> u8 {
    KINDS.iter().position(|other| *other == kind).map_or(0, |at| 1 << at)
}

/// What a text would be under a telling name.
fn under(rules: &Rules, text: &str) -> u8 {
    if text.len() > LONGEST_VALUE {
        return 0;
    }
    let is = |kind: &NameKind| rules.named_as(*kind, text).is_some();
    let bits = KINDS.iter().filter(|&kind| is(kind)).fold(0, |bits, kind| bits | bit(*kind));
    let is_random = bits & bit(NameKind::Token) != 0;
    if is_random { bits | RANDOM } else { bits }
}

#[cfg(test)]
mod tests {
    use super::Noted;
    use crate::NameKind;

    fn github() -> String {
        format!("gh{}{}", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
    }

    #[test]
    fn what_is_noted_tells_rules_and_no_credential() {
        let mut noted = Noted::default();
        noted.note(3, &github());
        noted.note(4, &format!("git clone https://x:{}@github.com/a", github()));
        noted.note(5, "dbPassword");
        noted.note(6, "hunter2 and more");
        noted.note(7, "d34db33f-99-0aF");
        let note = noted.found(3).first().expect("a note");
        assert_eq!((note.rule, note.preview.as_str()), ("github-token", "ghp_… (40 characters)"));
        assert_eq!(noted.found(4).first().map(|other| other.value), Some(note.value));
        assert_eq!(noted.kind_of_name(5), Some(NameKind::Password));
        assert!(noted.is_named(NameKind::Password, 6, false));
        assert!(!noted.is_named(NameKind::Password, 6, true));
        assert!(!noted.is_named(NameKind::Token, 6, false));
        assert!(noted.is_named(NameKind::Password, 7, true));
        assert!(!noted.is_named(NameKind::Password, 99, false) && noted.found(99).is_empty());
        let text = format!("{noted:?}");
        assert!(!text.contains(&github()) && !text.contains("hunter2"), "{text}");
    }
}
