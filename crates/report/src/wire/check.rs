//! `check`: what a heap is expected to be, and whether it is so.

use heapglass_analysis::{Assertion, Judged, RuleMatches};
use schemars::JsonSchema;
use serde::Serialize;

use super::objects::entries;
use super::{Failure, FindingEntry, LeakSuspectEntry, ObjectEntry, SnapshotEntry};
use crate::SCHEMA_VERSION;
use crate::text::{SizeStyle, check_words};

/// What `check` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckDocument {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Whether every check has passed.
    pub passed: bool,
    /// The outcome in a sentence.
    pub text: String,
    /// The snapshots, in the order of time as far as it is known.
    pub snapshots: Vec<SnapshotEntry>,
    /// What was checked, in the order in which it was asked for.
    pub checks: Vec<CheckEntry>,
    /// What was odd in the snapshots, with the file in front.
    pub findings: Vec<FindingEntry>,
    /// The inputs that could not be read.
    pub errors: Vec<Failure>,
}

/// One check of one snapshot, of those of one process, or of all of them.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CheckEntry {
    /// The assertion as it was written, the rule's name, or `no leak`.
    pub name: String,
    /// What kind of check it is.
    pub kind: CheckKindEntry,
    /// How it ended.
    pub status: CheckStatusEntry,
    /// The snapshot; `null` where it is about all of them, or about `files`.
    pub file: Option<String>,
    /// The snapshots of the process that it is about in the order of time, where they are of several; else empty.
    pub files: Vec<String>,
    /// The outcome in a sentence.
    pub text: String,
    /// The figure: bytes or a number of things; for growth the difference.
    pub measured: Option<i64>,
    /// The bound in the same unit.
    pub allowed: Option<i64>,
    /// Whether the figures are bytes.
    pub is_size: bool,
    /// For a rule that is broken: what keeps the largest of its objects alive.
    pub path: Option<String>,
    /// For a rule that is broken: some of its objects, the largest first.
    pub instances: Vec<ObjectEntry>,
    /// For leaks: what goes on growing, known leaks left out.
    pub suspects: Vec<LeakSuspectEntry>,
    /// What is to be said even if it passed, as that an assertion is about nothing that is there; `text` says it as well.
    #[serde(skip)]
    pub(crate) reservation: Option<&'static str>,
}

/// What kind of check it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckKindEntry {
    /// A figure and a bound.
    Assertion,
    /// A rule on objects.
    Rule,
    /// Whether something leaks.
    Leak,
}

/// How a check ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CheckStatusEntry {
    /// The heap is as expected.
    Passed,
    /// It is not.
    Failed,
    /// There was too little to judge by, which does not count as passed.
    NotJudged,
}

impl CheckDocument {
    /// The answer, from its parts.
    pub fn new(
        snapshots: Vec<SnapshotEntry>,
        checks: Vec<CheckEntry>,
        findings: Vec<FindingEntry>,
        errors: Vec<Failure>,
    ) -> CheckDocument {
        let passed = errors.is_empty()
            && checks.iter().all(|check| check.status == CheckStatusEntry::Passed);
        let mut document = CheckDocument {
            schema_version: SCHEMA_VERSION,
            passed,
            text: String::new(),
            snapshots,
            checks,
            findings,
            errors,
        };
        document.text = check_words::outcome(&document);
        document
    }

    /// Number of checks that ended so.
    pub fn count(&self, status: CheckStatusEntry) -> usize {
        self.checks.iter().filter(|check| check.status == status).count()
    }
}

impl CheckEntry {
    fn new(name: &str, kind: CheckKindEntry, file: Option<&str>, text: String) -> CheckEntry {
        CheckEntry {
            name: name.to_owned(),
            kind,
            status: CheckStatusEntry::NotJudged,
            file: file.map(str::to_owned),
            files: Vec::new(),
            text,
            measured: None,
            allowed: None,
            is_size: false,
            path: None,
            instances: Vec::new(),
            suspects: Vec::new(),
            reservation: None,
        }
    }

    /// A check for which there was too little to judge by.
    pub fn not_judged(
        name: &str,
        kind: CheckKindEntry,
        file: Option<&str>,
        reason: String,
    ) -> CheckEntry {
        CheckEntry::new(name, kind, file, reason)
    }

    /// An assertion that was judged. `is_named` says whether there is anything that it speaks of.
    pub fn assertion(
        assertion: &Assertion,
        judged: Judged,
        file: Option<&str>,
        is_named: bool,
    ) -> CheckEntry {
        let text = check_words::assertion(assertion, judged, is_named, SizeStyle::Human);
        CheckEntry {
            status: status(judged.holds),
            measured: Some(clamped(judged.measured)),
            allowed: Some(clamped(judged.allowed)),
            is_size: assertion.figure.is_size(),
            reservation: (!is_named).then(|| check_words::nothing_named(assertion)),
            ..CheckEntry::new(&assertion.text, CheckKindEntry::Assertion, file, text)
        }
    }

    /// A rule that was judged: at most `at_most` objects may meet it.
    pub fn rule(name: &str, at_most: u64, matches: &RuleMatches, file: Option<&str>) -> CheckEntry {
        let holds = matches.count <= at_most;
        let text = check_words::rule(at_most, matches, SizeStyle::Human);
        let shown = !holds;
        CheckEntry {
            status: status(holds),
            measured: Some(clamped(matches.count.into())),
            allowed: Some(clamped(at_most.into())),
            path: matches.path.as_ref().filter(|_| shown).map(|path| path.text.clone()),
            instances: if shown { entries(&matches.largest) } else { Vec::new() },
            ..CheckEntry::new(name, CheckKindEntry::Rule, file, text)
        }
    }

    /// Whether something leaks, with what goes on growing.
    pub fn leaks(holds: bool, suspects: Vec<LeakSuspectEntry>, text: String) -> CheckEntry {
        CheckEntry {
            status: status(holds),
            suspects,
            ..CheckEntry::new("no leak", CheckKindEntry::Leak, None, text)
        }
    }

    /// The same, of snapshots whose objects have other ids in each.
    pub fn by_places(self) -> CheckEntry {
        let text = format!("{}; {}", self.text, check_words::BY_PLACES);
        CheckEntry { text, reservation: Some(check_words::BY_PLACES), ..self }
    }

    /// The same, about these snapshots of one of several processes.
    pub fn of_process(self, files: Vec<String>) -> CheckEntry {
        CheckEntry { files, ..self }
    }

    /// What it is about, if not all snapshots: a file, or the first one of a process with the number of the others.
    pub(crate) fn about(&self) -> Option<String> {
        match (&self.file, self.files.as_slice()) {
            (Some(only), _) | (None, [only]) => Some(only.clone()),
            (None, []) => None,
            (None, [first, others @ ..]) => Some(format!("{first} and {} more", others.len())),
        }
    }
}

fn status(holds: bool) -> CheckStatusEntry {
    if holds { CheckStatusEntry::Passed } else { CheckStatusEntry::Failed }
}

/// Sizes beyond 2^63 are those of falsified files.
fn clamped(number: i128) -> i64 {
    i64::try_from(number).unwrap_or(if number < 0 { i64::MIN } else { i64::MAX })
}
