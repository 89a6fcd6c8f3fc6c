//! Finds credentials in text and masks them, by rules that are data.
//!
//! [`Rules::find`] says where credentials are, [`Rules::mask`] takes them out, [`Lines`] does so for text that
//! comes line by line, and [`Rules::is_secret_name`] tells from a variable's name that its value is one.

#![forbid(unsafe_code)]

mod lines;
mod rules;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::OnceLock;

use memchr::memmem::Finder;
use regex::Regex;

pub use lines::Lines;

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
    rules: Vec<Compiled>,
    names: Regex,
    harmless_names: Regex,
}

#[derive(Debug)]
struct Compiled {
    name: &'static str,
    /// One of these, in lower case, is in every text with such a credential.
    keywords: Vec<Finder<'static>>,
    pattern: Regex,
    /// Bits per character that the credential has at least; what has less is a placeholder.
    entropy: f64,
}

impl Rules {
    /// The rules that heapglass comes with.
    pub fn standard() -> &'static Rules {
        static RULES: OnceLock<Rules> = OnceLock::new();
        RULES.get_or_init(Rules::compile)
    }

    #[expect(clippy::expect_used, reason = "the patterns are constants, and a test compiles them")]
    fn compile() -> Rules {
        let compile = |pattern: &str| Regex::new(pattern).expect("a valid pattern");
        let rules = rules::RULES.iter().map(|rule| Compiled {
            name: rule.name,
            keywords: rule.keywords.iter().map(|keyword| Finder::new(*keyword)).collect(),
            pattern: compile(rule.pattern),
            entropy: rule.entropy,
        });
        Rules {
            rules: rules.collect(),
            names: compile(rules::SECRET_NAMES),
            harmless_names: compile(rules::HARMLESS_NAMES),
        }
    }

    /// Where the credentials in `text` are, in order, none within another.
    pub fn find(&self, text: &str) -> Vec<Finding> {
        let lower = text.to_ascii_lowercase();
        let mut found = Vec::new();
        for rule in &self.rules {
            if !rule.keywords.iter().any(|keyword| keyword.find(lower.as_bytes()).is_some()) {
                continue;
            }
            for captures in rule.pattern.captures_iter(text) {
                // The credential is the group, if the pattern has one; the rest is where it stands.
                let group = captures.iter().skip(1).flatten().next();
                let Some(secret) = group.or_else(|| captures.get(0)) else { continue };
                if is_placeholder(secret.as_str()) || entropy(secret.as_str()) < rule.entropy {
                    continue;
                }
                found.push(Finding { rule: rule.name, range: secret.range() });
            }
        }
        found.sort_by_key(|finding| (finding.range.start, usize::MAX - finding.range.end));
        let mut end = 0;
        found.retain(|finding| {
            let apart = finding.range.start >= end;
            if apart {
                end = finding.range.end;
            }
            apart
        });
        found
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

fn mask_of(rule: &str) -> String {
    format!("[REDACTED:{rule}]")
}

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
fn is_placeholder(text: &str) -> bool {
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
fn entropy(text: &str) -> f64 {
    let mut counts = [0u32; 256];
    for byte in text.bytes() {
        counts[usize::from(byte)] += 1;
    }
    let length = text.len() as f64;
    let share = |&count: &u32| f64::from(count) / length;
    counts.iter().filter(|&&count| count > 0).map(share).map(|p| -p * p.log2()).sum()
}

#[cfg(test)]
mod tests;
