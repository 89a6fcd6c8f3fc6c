//! Finds credentials in text and masks them, by rules that are data.
//!
//! [`Rules::find`] says where credentials are, [`Rules::mask`] takes them out, [`Lines`] does so for text that
//! comes line by line, [`Documents`] for files of such text, and [`Rules::is_secret_name`] tells from a variable's name that its value is one.
//! [`Rules::scan`] and [`Rules::named`] ask the same of the many texts of a heap, and believe less; [`Noted`] keeps what they
//! found of texts that are gone.

#![forbid(unsafe_code)]

mod cut;
mod documents;
mod flow;
mod jwt;
mod lines;
mod noted;
mod rules;
mod scan;
mod told;
mod value;
mod yaml;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use aho_corasick::{AhoCorasick, AhoCorasickKind, MatchKind};
use regex::Regex;

pub use documents::Documents;
pub use jwt::Jwt;
pub use lines::Lines;
pub use noted::{Note, Noted};
use rules::Pattern;
pub use rules::{Confidence, Rule};
pub use scan::{NameKind, TextKind};
use value::{entropy, is_placeholder};
pub use value::{is_login, length_alone, preview};

/// A credential in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What it is: `json-web-token`, `password-in-url`, …
    pub rule: &'static str,
    /// Where it is, in bytes.
    pub range: Range<usize>,
}

/// The rules, ready to be used.
#[derive(Debug)]
pub struct Rules {
    patterns: Vec<Compiled>,
    /// Finds all keywords of all patterns in one pass, in any case.
    keywords: AhoCorasick,
    /// For each keyword the patterns that it belongs to, one bit each.
    patterns_of: Vec<Hits>,
    names: Regex,
    harmless_names: Regex,
    scan: scan::Compiled,
}

/// Patterns, one bit each.
type Hits = u128;

/// A pattern, compiled when the first text has a keyword of it: a redaction that met few of them took 8 MB less for that
/// (2026-11-30).
#[derive(Debug)]
struct Compiled {
    rule: &'static Rule,
    pattern: &'static Pattern,
    regex: OnceLock<Regex>,
}

impl Compiled {
    fn regex(&self) -> &Regex {
        self.regex.get_or_init(|| compile(self.pattern.regex))
    }
}

#[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles them")]
fn compile(pattern: &str) -> Regex {
    Regex::new(pattern).expect("a valid pattern")
}

impl Rules {
    /// The rules that heapglass comes with.
    pub fn standard() -> &'static Rules {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(Rules::compile)
    }

    /// What the rules are, the sure ones first.
    pub fn all() -> impl Iterator<Item = &'static Rule> {
        rules::all()
    }

    #[expect(clippy::expect_used, reason = "the keywords are constants, and a test compiles them")]
    fn compile() -> Rules {
        let (mut patterns, mut patterns_of) = (Vec::new(), Vec::new());
        let mut keywords: Vec<&str> = Vec::new();
        for rule in rules::all() {
            for pattern in rule.patterns {
                let hits: Hits = 1 << patterns.len();
                keywords.extend(pattern.keywords);
                patterns_of.extend(pattern.keywords.iter().map(|_| hits));
                patterns.push(Compiled { rule, pattern, regex: OnceLock::new() });
            }
        }
        let keywords = AhoCorasick::builder()
            .ascii_case_insensitive(true)
            .match_kind(MatchKind::Standard)
            .kind(Some(AhoCorasickKind::DFA))
            .build(keywords)
            .expect("few keywords");
        Rules {
            patterns,
            keywords,
            patterns_of,
            names: compile(rules::SECRET_NAMES),
            harmless_names: compile(rules::HARMLESS_NAMES),
            scan: scan::Compiled::new(compile),
        }
    }

    /// The patterns of which a keyword is in `text`.
    fn hits(&self, text: &str) -> Hits {
        let matches = self.keywords.find_overlapping_iter(text);
        matches.fold(0, |hits, found| {
            hits | self.patterns_of.get(found.pattern().as_usize()).copied().unwrap_or(0)
        })
    }

    /// Where the credentials in `text` are, in order, none within another.
    pub fn find(&self, text: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut cookies = 0..0;
        self.each(text, self.hits(text), |rule, range| {
            let range = match rule.id {
                // To go to the end of the same ones from each of them would cost a square.
                "cookie" if !cookies.contains(&range.start) => {
                    cookies = range.start..end_of_cookies(text, range.end);
                    cookies.clone()
                }
                _ => range,
            };
            found.push(Finding { rule: rule.id, range });
        });
        apart(&mut found, |finding| &finding.range);
        found
    }

    /// Calls `found` for every match of the patterns in `hits`.
    fn each(&self, text: &str, hits: Hits, mut found: impl FnMut(&'static Rule, Range<usize>)) {
        for (at, compiled) in self.patterns.iter().enumerate() {
            if hits >> at & 1 == 0 {
                continue;
            }
            for captures in compiled.regex().captures_iter(text) {
                // The credential is the group, if the pattern has one; the rest is where it stands.
                let group = captures.iter().skip(1).flatten().next();
                let Some(secret) = group.or_else(|| captures.get(0)) else { continue };
                if !is_placeholder(secret.as_str())
                    && entropy(secret.as_str()) >= compiled.pattern.entropy
                {
                    found(compiled.rule, secret.range());
                }
            }
        }
    }

    /// The text with `[REDACTED:rule]` in place of each credential.
    pub fn mask<'a>(&self, text: &'a str) -> Cow<'a, str> {
        let found = self.find(text);
        if found.is_empty() {
            return Cow::Borrowed(text);
        }
        let mut masked = String::with_capacity(text.len());
        let mut at = 0;
        for Finding { rule, range } in found {
            masked.push_str(&text[at..range.start]);
            masked.push_str(&mask_of(rule));
            at = range.end;
        }
        masked.push_str(&text[at..]);
        Cow::Owned(masked)
    }

    /// Whether the value of a variable or field with this name is a credential.
    pub fn is_secret_name(&self, name: &str) -> bool {
        self.names.is_match(name) && !self.harmless_names.is_match(name)
    }

    /// The value of a variable or field, masked if its name or its text says so.
    pub fn mask_value<'a>(&self, name: &str, value: &'a str) -> Cow<'a, str> {
        if self.is_secret_name(name) && !is_placeholder(value) {
            return Cow::Owned(mask_of("named"));
        }
        self.mask(value)
    }
}

/// Where the cookies end that go on behind one which ends here.
fn end_of_cookies(text: &str, end: usize) -> usize {
    // The pattern takes the sign between them along.
    let end = text.get(..end).map_or(end, |before| before.trim_end_matches(';').len());
    let mut rest = text.get(end..).unwrap_or_default();
    while let Some(behind) = rest.strip_prefix(';') {
        let next = behind.trim_start_matches([' ', '\t']);
        let is_end = |c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '\\' | ';');
        rest = next.get(next.find(is_end).unwrap_or(next.len())..).unwrap_or_default();
    }
    text.len() - rest.len()
}

/// Leaves of findings that overlap the one that begins first, and of those the longest.
fn apart<T>(found: &mut Vec<T>, range: impl Fn(&T) -> &Range<usize>) {
    found.sort_by_key(|finding| (range(finding).start, usize::MAX - range(finding).end));
    let mut end = 0;
    found.retain(|finding| {
        let apart = range(finding).start >= end;
        if apart {
            end = range(finding).end;
        }
        apart
    });
}

fn mask_of(rule: &str) -> String {
    format!("[REDACTED:{rule}]")
}

#[cfg(test)]
mod documents_tests;
#[cfg(test)]
mod flow_tests;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod scan_tests;
#[cfg(test)]
mod tests;
