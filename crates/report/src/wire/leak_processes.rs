//! `leaks` of several processes: a verdict for each.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Failure, FindingEntry, LeakVerdictEntry, LeaksDocument};
use crate::SCHEMA_VERSION;

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
    /// One document for each process, as it would be printed alone.
    pub processes: Vec<LeaksDocument>,
    /// Snapshots that were left out, and why.
    pub findings: Vec<FindingEntry>,
    /// The inputs that could not be read.
    pub errors: Vec<Failure>,
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
        LeakProcessesDocument {
            schema_version: SCHEMA_VERSION,
            verdict: verdict.unwrap_or(LeakVerdictEntry::NotEnoughData),
            processes,
            findings,
            errors,
        }
    }
}

fn gravity(verdict: LeakVerdictEntry) -> u8 {
    match verdict {
        LeakVerdictEntry::NoLeak => 0,
        LeakVerdictEntry::NotEnoughData => 1,
        LeakVerdictEntry::Probable => 2,
        LeakVerdictEntry::Leak => 3,
    }
}
