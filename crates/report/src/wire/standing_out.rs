//! What one snapshot shows of leaks: what stands out by weight, and by how it is built.

use heapglass_analysis::{Oddity, OddityKind, Suspect};
use schemars::JsonSchema;
use serde::Serialize;

use super::objects::entries;
use super::{ObjectEntry, SourceEntry, SuspectEntry};
use crate::text::{SizeStyle, standing_out_words};

/// What stands out in one snapshot.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct StandingOutEntry {
    /// What retains much of the heap, largest first.
    pub by_weight: Vec<SuspectEntry>,
    /// What is built unlike its like, that which retains most first.
    pub by_structure: Vec<OddityEntry>,
}

/// In what way something is built unlike its like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OddityKindEntry {
    /// An emitter with more listeners of one event than Node.js lets pass without a warning.
    ManyListeners,
    /// A collection of many functions that were made in one place.
    ManyFunctions,
    /// A collection far larger than others that are held in the same way.
    LargeCollection,
}

/// Something that is built unlike its like.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct OddityEntry {
    /// The finding in sentences.
    pub text: Vec<String>,
    /// In what way.
    pub kind: OddityKindEntry,
    /// The emitter or the collection.
    pub object: ObjectEntry,
    /// Number of listeners, of functions, or of entries.
    pub count: u64,
    /// The event that is listened to.
    pub event: Option<String>,
    /// One of the functions by its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub function: Option<String>,
    /// Entries of the one in the middle of the other collections.
    pub usual_count: Option<u64>,
    /// Number of the other collections.
    pub others: Option<u64>,
    /// What the listeners or the collection retain.
    pub retained_size: u64,
    /// The way to the object as one line; empty if only weak edges lead there.
    pub line: String,
    /// Where the nearest object on that way is written of which it is known, or the functions are.
    pub source: Option<SourceEntry>,
    /// The npm package it belongs to.
    pub package: Option<String>,
}

impl StandingOutEntry {
    pub(super) fn new(suspects: &[Suspect], oddities: &[Oddity]) -> StandingOutEntry {
        StandingOutEntry { by_weight: entries(suspects), by_structure: entries(oddities) }
    }
}

impl From<&Oddity> for OddityEntry {
    fn from(oddity: &Oddity) -> OddityEntry {
        let kind = match &oddity.kind {
            OddityKind::ManyListeners { .. } => OddityKindEntry::ManyListeners,
            OddityKind::ManyFunctions { .. } => OddityKindEntry::ManyFunctions,
            OddityKind::LargeCollection { .. } => OddityKindEntry::LargeCollection,
        };
        let (event, function, usual_count, others) = match &oddity.kind {
            OddityKind::ManyListeners { event } => (Some(event.clone()), None, None, None),
            OddityKind::ManyFunctions { function } => (None, Some(function.clone()), None, None),
            &OddityKind::LargeCollection { median, others } => {
                (None, None, Some(median), Some(others))
            }
        };
        let mut entry = OddityEntry {
            text: Vec::new(),
            kind,
            object: ObjectEntry::from(&oddity.object),
            count: oddity.count,
            event,
            function,
            usual_count,
            others,
            retained_size: oddity.retained_size,
            line: oddity.line.clone(),
            source: SourceEntry::new(
                oddity.location,
                oddity.script.as_deref(),
                oddity.original.as_ref(),
            ),
            package: oddity.package.clone(),
        };
        entry.text = standing_out_words::oddity(&entry, SizeStyle::Human);
        entry
    }
}
