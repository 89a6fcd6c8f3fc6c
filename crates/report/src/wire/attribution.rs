//! Whose code holds the memory.

use heapglass_analysis::{AttributeBy, Attribution, CodeGroup};
use schemars::JsonSchema;
use serde::Serialize;

use super::ObjectEntry;

/// The memory by what holds it.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AttributionEntry {
    /// What it is grouped by.
    pub by: AttributeByEntry,
    /// Number of groups.
    pub group_count: u64,
    /// The groups that hold most. Their `held_size` and that of the groups that are not shown add up to the heap with
    /// `unattributed_size`.
    pub groups: Vec<CodeGroupEntry>,
    /// Bytes of what no group holds alone.
    pub unattributed_size: u64,
    /// By code: scripts that look like bundles, of which no source map says what in them is of which file.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unmapped_bundles: Vec<String>,
}

/// What memory is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AttributeByEntry {
    /// By npm package.
    Package,
    /// By script.
    File,
    /// By Backstage plugin.
    Plugin,
    /// By class of objects.
    Class,
    /// By native context.
    Context,
    /// By the function that allocated it.
    Function,
    /// By component of React.
    Component,
}

/// A package, a file, a class …
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CodeGroupEntry {
    /// Its name; `(application)`, `(Node.js)`, `(evaluated code)` and `(other packages)` for what is in no package or
    /// plugin, `(shared)` for what several native contexts reach.
    pub name: String,
    /// The version of a package, where its path or its own package.json in the heap tells it.
    pub version: Option<String>,
    /// The folder of a package of which there is more than one copy with this name and version.
    pub folder: Option<String>,
    /// Of code the functions, scopes, scripts and modules in the heap, and objects of its classes that no code holds. Of
    /// a class its objects, of a context or function all that belongs to it.
    pub seed_count: u64,
    /// Bytes of which it is the nearest owner; of a context or function those of its own objects.
    pub held_size: u64,
    /// Bytes that these retain, with what other groups hold below them.
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
            unmapped_bundles: attribution.unmapped_bundles.clone(),
        }
    }
}

impl From<AttributeBy> for AttributeByEntry {
    fn from(by: AttributeBy) -> AttributeByEntry {
        match by {
            AttributeBy::Package => AttributeByEntry::Package,
            AttributeBy::File => AttributeByEntry::File,
            AttributeBy::Plugin => AttributeByEntry::Plugin,
            AttributeBy::Class => AttributeByEntry::Class,
            AttributeBy::Context => AttributeByEntry::Context,
            AttributeBy::Function => AttributeByEntry::Function,
            AttributeBy::Component => AttributeByEntry::Component,
        }
    }
}

impl From<&CodeGroup> for CodeGroupEntry {
    fn from(group: &CodeGroup) -> CodeGroupEntry {
        CodeGroupEntry {
            name: group.name.name.clone(),
            version: group.name.version.clone(),
            folder: group.name.folder.clone(),
            seed_count: group.seed_count,
            held_size: group.held_size,
            retained_size: group.retained_size,
            saved_size: group.saved_size,
            biggest: ObjectEntry::from(&group.biggest),
        }
    }
}
