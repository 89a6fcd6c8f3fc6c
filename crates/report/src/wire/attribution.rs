//! Whose code holds the memory.

use heapglass_analysis::{AttributeBy, Attribution, CodeGroup};
use schemars::JsonSchema;
use serde::Serialize;

use super::ObjectEntry;

/// The memory by the code that holds it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AttributionEntry {
    /// What code is grouped by.
    pub by: AttributeByEntry,
    /// Number of groups.
    pub group_count: u64,
    /// The groups that hold most. Their `held_size` and that of the groups that are not shown add up to the heap with
    /// `unattributed_size`.
    pub groups: Vec<CodeGroupEntry>,
    /// Bytes of what no code holds alone.
    pub unattributed_size: u64,
}

/// What code is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttributeByEntry {
    /// By npm package.
    Package,
    /// By script.
    File,
}

/// A package or a file.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CodeGroupEntry {
    /// Its name; `(application)`, `(Node.js)` and `(evaluated code)` for what is in no package.
    pub name: String,
    /// Functions, scopes, scripts and modules of it in the heap, and objects of its classes that no code holds.
    pub seed_count: u64,
    /// Bytes of which it is the nearest owner.
    pub held_size: u64,
    /// Bytes that these retain, with what other code holds below them.
    pub retained_size: u64,
    /// Bytes that would be freed if all of these went.
    pub saved_size: u64,
    /// The one of these that retains most.
    pub biggest: ObjectEntry,
}

impl AttributionEntry {
    pub(crate) fn new(attribution: &Attribution, by: AttributeBy) -> AttributionEntry {
        AttributionEntry {
            by: by.into(),
            group_count: attribution.group_count,
            groups: attribution.groups.iter().map(CodeGroupEntry::from).collect(),
            unattributed_size: attribution.unattributed_size,
        }
    }
}

impl From<AttributeBy> for AttributeByEntry {
    fn from(by: AttributeBy) -> AttributeByEntry {
        match by {
            AttributeBy::Package => AttributeByEntry::Package,
            AttributeBy::File => AttributeByEntry::File,
        }
    }
}

impl From<&CodeGroup> for CodeGroupEntry {
    fn from(group: &CodeGroup) -> CodeGroupEntry {
        CodeGroupEntry {
            name: group.name.clone(),
            seed_count: group.seed_count,
            held_size: group.held_size,
            retained_size: group.retained_size,
            saved_size: group.saved_size,
            biggest: ObjectEntry::from(&group.biggest),
        }
    }
}
