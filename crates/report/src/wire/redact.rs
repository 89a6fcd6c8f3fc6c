//! `redact`: what was taken out, and the proof.

use heapglass_redact::{Coverage, Kind, Policy, Proven};
use schemars::JsonSchema;
use serde::Serialize;

use super::Failure;
use crate::SCHEMA_VERSION;
use crate::text::redact_words;

/// What `redact` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RedactDocument {
    /// Version of this document's form.
    pub schema_version: u32,
    /// `strict`, `structure` or `secrets`.
    pub policy: String,
    /// The answer in sentences.
    pub text: Vec<String>,
    /// What was written: one entry for each file.
    pub files: Vec<RedactedEntry>,
    /// Files of a directory that were left out, and why: nothing is copied that cannot be looked through.
    pub left_out: Vec<Failure>,
    /// What could not be redacted. No file was written for it.
    pub errors: Vec<Failure>,
}

/// A file that was redacted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RedactedEntry {
    /// The original.
    pub input: String,
    /// What may be shared.
    pub output: String,
    /// For a snapshot: its figures, and what became of its texts.
    pub snapshot: Option<RedactedSnapshotEntry>,
    /// For a text file: how many credentials were masked in it.
    pub masked: Option<u64>,
}

/// A snapshot that was redacted.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RedactedSnapshotEntry {
    /// Nodes, as many as before.
    pub node_count: u64,
    /// Edges, as many as before.
    pub edge_count: u64,
    /// Texts in the original's table of strings.
    pub string_count: u64,
    /// Bytes read, decompressed.
    pub bytes_read: u64,
    /// Bytes written, before compression.
    pub bytes_written: u64,
    /// What became of the texts, by what they are used for.
    pub coverage: Vec<RedactedKindEntry>,
    /// Different values that became equal, since there are no more texts as short.
    pub became_equal: u64,
    /// Sections that V8 does not write; they were left out.
    pub sections_left_out: Vec<String>,
    /// Values and names of the original that the result was searched for, each in every string of the file.
    pub values_looked_for: u64,
    /// Strings of the result that were looked at.
    pub strings_looked_at: u64,
}

/// Texts of one kind.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct RedactedKindEntry {
    /// What they are used for.
    pub kind: &'static str,
    /// Why they were kept or not.
    pub why: &'static str,
    /// As they were.
    pub kept: u64,
    /// With a part taken out.
    pub changed: u64,
    /// Other letters stand there.
    pub replaced: u64,
}

impl RedactDocument {
    /// The answer about these files.
    pub fn new(
        policy: Policy,
        files: Vec<RedactedEntry>,
        left_out: Vec<Failure>,
        errors: Vec<Failure>,
    ) -> RedactDocument {
        let text = redact_words::sentences(policy, &files, &left_out, &errors);
        let policy = policy.name().to_owned();
        RedactDocument { schema_version: SCHEMA_VERSION, policy, text, files, left_out, errors }
    }
}

impl RedactedSnapshotEntry {
    /// What was done to a snapshot, and what the proof found in the result.
    pub fn new(policy: Policy, coverage: &Coverage, proven: &Proven) -> RedactedSnapshotEntry {
        let kinds = Kind::ALL.into_iter().map(|kind| {
            let tally = coverage.tally(kind);
            RedactedKindEntry {
                kind: kind.name(),
                why: redact_words::why(policy, kind),
                kept: tally.kept,
                changed: tally.changed,
                replaced: tally.replaced,
            }
        });
        RedactedSnapshotEntry {
            node_count: coverage.nodes,
            edge_count: coverage.edges,
            string_count: coverage.strings,
            bytes_read: coverage.bytes_read,
            bytes_written: coverage.bytes_written,
            coverage: kinds.filter(|kind| kind.kept + kind.changed + kind.replaced > 0).collect(),
            became_equal: coverage.became_equal,
            sections_left_out: coverage.sections_left_out.clone(),
            values_looked_for: proven.values,
            strings_looked_at: proven.strings,
        }
    }
}
