//! `leaks` of several processes: a verdict for each.

use std::cmp::Reverse;
use std::collections::HashMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Failure, FindingEntry, LeakKindEntry, LeakSuspectEntry, LeakVerdictEntry, LeaksDocument,
};
use crate::SCHEMA_VERSION;
use crate::text::leak_processes_words;

/// What `leaks` prints with `--json`.
#[derive(Debug, Clone, Serialize, JsonSchema)]
#[serde(untagged)]
pub enum LeaksOutput {
    /// The snapshots are of one process, or no two of them are.
    One(Box<LeaksDocument>),
    /// There are two snapshots or more of each of several processes.
    Processes(LeakProcessesDocument),
}

/// A verdict for each of several processes.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct LeakProcessesDocument {
    /// Version of this document's form.
    pub schema_version: u32,
    /// The gravest of the verdicts.
    pub verdict: LeakVerdictEntry,
    /// How many processes leak, and what grows in several of them, in sentences.
    pub text: Vec<String>,
    /// What grows in two processes or more, that of most processes first.
    pub shared: Vec<SharedLeakEntry>,
    /// One document for each process, as it would be printed alone.
    pub processes: Vec<LeaksDocument>,
    /// Snapshots that were left out, and why.
    pub findings: Vec<FindingEntry>,
    /// The inputs that could not be read.
    pub errors: Vec<Failure>,
}

/// One thing that grows in several processes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SharedLeakEntry {
    /// What the suspects have in common by which it is known.
    pub fingerprint: String,
    /// What kind of leak it is, where it is told first.
    pub kind: LeakKindEntry,
    /// The same in words.
    pub title: String,
    /// Class of what grows.
    pub class_name: String,
    /// The processes, as positions in `processes`.
    pub processes: Vec<u32>,
}

impl LeakProcessesDocument {
    /// Puts the answers of all processes into one document.
    pub fn new(
        processes: Vec<LeaksDocument>,
        findings: Vec<FindingEntry>,
        errors: Vec<Failure>,
    ) -> LeakProcessesDocument {
        let verdicts = processes.iter().map(|document| document.verdict);
        let verdict = verdicts.max_by_key(|&verdict| gravity(verdict));
        let mut document = LeakProcessesDocument {
            schema_version: SCHEMA_VERSION,
            verdict: verdict.unwrap_or(LeakVerdictEntry::NotEnoughData),
            text: Vec::new(),
            shared: shared(&processes),
            processes,
            findings,
            errors,
        };
        document.text = leak_processes_words::answer(&document);
        document
    }
}

/// What grows in two processes or more, by fingerprint: that of most processes first, then in the order of the suspects.
fn shared(processes: &[LeaksDocument]) -> Vec<SharedLeakEntry> {
    let mut known: HashMap<&str, usize> = HashMap::new();
    let mut found: Vec<(&LeakSuspectEntry, Vec<u32>)> = Vec::new();
    for (number, process) in (0..).zip(processes) {
        for suspect in &process.suspects {
            let at = *known.entry(&suspect.fingerprint).or_insert(found.len());
            match found.get_mut(at) {
                // Two of one process may be known by the same.
                Some((_, numbers)) if numbers.last() == Some(&number) => {}
                Some((_, numbers)) => numbers.push(number),
                None => found.push((suspect, vec![number])),
            }
        }
    }
    found.retain(|(_, numbers)| numbers.len() > 1);
    found.sort_by_key(|(suspect, numbers)| (Reverse(numbers.len()), suspect.rank));
    let entry = |(suspect, processes): (&LeakSuspectEntry, Vec<u32>)| SharedLeakEntry {
        fingerprint: suspect.fingerprint.clone(),
        kind: suspect.kind,
        title: suspect.title.clone(),
        class_name: suspect.class_name.clone(),
        processes,
    };
    found.into_iter().map(entry).collect()
}

fn gravity(verdict: LeakVerdictEntry) -> u8 {
    match verdict {
        LeakVerdictEntry::NoLeak => 0,
        LeakVerdictEntry::NotEnoughData => 1,
        LeakVerdictEntry::Probable => 2,
        LeakVerdictEntry::Leak => 3,
    }
}
