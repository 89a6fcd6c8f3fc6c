//! What the lines before tell of a line: that it is of a Secret, of a block, or the value of a telling name.

use std::ops::Range;

use crate::Rules;
use crate::value::is_placeholder;
use crate::yaml::Entry;

/// What all of a document tells of one of its lines.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Mark {
    #[default]
    None,
    /// It is the `data` of a Secret.
    Data,
    /// It is the `value` of a name that is telling.
    Value,
}

/// What is to be done with a line.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Stays,
    /// This part of it is a credential.
    Masked(Range<usize>, &'static str),
    /// It goes on with what was masked.
    Out,
}

/// The rule's name of what stands in a Secret.
pub(crate) const OF_SECRET: &str = "kubernetes-secret";
/// The rule's name of what only a name tells of.
pub(crate) const NAMED: &str = "named";

/// Where in a document the lines are.
#[derive(Debug, Default)]
pub(crate) struct Told {
    /// Column of the `data` of a Secret.
    secret: Option<usize>,
    /// A value that goes on for as long as lines stand behind this column.
    value: Option<Open>,
    /// Column of a telling `name`.
    name: Option<usize>,
    /// Column of an argument that says that the next one is a credential.
    argument: Option<usize>,
}

#[derive(Debug, Clone, Copy)]
struct Open {
    column: usize,
    is_masked: bool,
    rule: &'static str,
}

impl Told {
    /// Cost: linear in the line.
    pub(crate) fn line(&mut self, rules: &Rules, line: &str, mark: Mark) -> Fate {
        let Some(entry) = Entry::read(line) else { return Fate::Stays };
        if let Some(open) = &mut self.value {
            if entry.indent > open.column {
                if open.is_masked {
                    return Fate::Out;
                }
                open.is_masked = true;
                return Fate::Masked(entry.indent..line.trim_end().len(), open.rule);
            }
            self.value = None;
        }
        if let Some(column) = self.secret {
            if entry.indent > column {
                return self.of_secret(&entry);
            }
            self.secret = None;
        }
        let is_told = self.is_told(rules, &entry) || mark == Mark::Value;
        match entry.key {
            Some("data" | "stringData") if mark == Mark::Data => self.data(&entry),
            Some(_) if is_told => self.mask(&entry, NAMED),
            Some(key) if entry.is_block() && rules.is_secret_name(key) => self.mask(&entry, NAMED),
            None if is_told => self.mask(&entry, NAMED),
            _ => Fate::Stays,
        }
    }

    /// Whether a line before says that this value is a credential.
    fn is_told(&mut self, rules: &Rules, entry: &Entry<'_>) -> bool {
        let argument = self.argument.take();
        if self
            .name
            .is_some_and(|column| entry.column < column || entry.is_item && entry.column == column)
        {
            self.name = None;
        }
        match entry.key {
            Some(key @ ("name" | "key")) => {
                if rules.is_secret_name(entry.value) {
                    self.name = Some(entry.column);
                } else if key == "name" {
                    self.name = None;
                }
                false
            }
            Some("value") => self.name == Some(entry.column),
            Some(_) => false,
            None => {
                let name = entry.value.trim_start_matches('-');
                let is_argument = name.len() < entry.value.len();
                // `kubectl describe` writes arguments below each other.
                let is_listed = entry.is_item || entry.is_quoted || entry.column > 0;
                if is_argument && is_listed {
                    let is_telling = !name.contains(['=', ' ']) && rules.is_secret_name(name);
                    self.argument = is_telling.then_some(entry.column);
                }
                let is_word = entry.is_item || entry.is_quoted || !entry.value.contains(' ');
                !is_argument && is_word && argument == Some(entry.column)
            }
        }
    }

    /// The line on which the data of a Secret begin.
    fn data(&mut self, entry: &Entry<'_>) -> Fate {
        if matches!(entry.value, "{}" | "{}," | "null" | "null," | "~") {
            return Fate::Stays;
        }
        self.secret = Some(entry.column);
        if matches!(entry.value, "" | "{") {
            return Fate::Stays;
        }
        let end = entry.value.trim_end_matches(',').len();
        Fate::Masked(entry.range.start..entry.range.start + end, OF_SECRET)
    }

    fn of_secret(&mut self, entry: &Entry<'_>) -> Fate {
        let is_sign = matches!(entry.value, "{" | "}" | "}," | "[" | "]" | "],");
        match entry.key {
            _ if is_sign => Fate::Stays,
            // All that is deeper goes on with it.
            Some(_) => self.mask(entry, OF_SECRET),
            None => Fate::Masked(entry.range.clone(), OF_SECRET),
        }
    }

    /// Masks the value of a line, and what of it is in the next ones.
    fn mask(&mut self, entry: &Entry<'_>, rule: &'static str) -> Fate {
        if entry.is_block() {
            self.value = Some(Open { column: entry.column, is_masked: false, rule });
            return Fate::Stays;
        }
        let is_open = entry.value.starts_with(['{', '[']) && !entry.is_quoted;
        if rule == NAMED && (is_open || is_placeholder(entry.value)) {
            return Fate::Stays;
        }
        if entry.value.is_empty() {
            return Fate::Stays;
        }
        if entry.key.is_some() {
            self.value = Some(Open { column: entry.column, is_masked: true, rule });
        }
        Fate::Masked(entry.range.clone(), rule)
    }
}
