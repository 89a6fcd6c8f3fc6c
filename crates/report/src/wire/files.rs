//! The documents about files: `index`, `cache`, and the rows of `export`.

use schemars::JsonSchema;
use serde::Serialize;

use crate::SCHEMA_VERSION;

/// What `index` prints: one line for each snapshot.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct IndexDocument {
    /// Version of this document's form.
    pub schema_version: u32,
    /// The index's file.
    pub index: String,
    /// Its size.
    pub size: u64,
}

/// What `cache` and `cache list` print.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CacheDocument {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Where the indexes are.
    pub directory: String,
    /// The most that they may take.
    pub max_size: u64,
    /// The indexes, the last used first.
    pub indexes: Vec<KeptIndexEntry>,
}

/// An index in the cache.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct KeptIndexEntry {
    /// Its file.
    pub path: String,
    /// Its size.
    pub size: u64,
}

/// What `cache clear` prints.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct CacheClearedDocument {
    /// Version of this document's form.
    pub schema_version: u32,
    /// Indexes that were removed.
    pub removed: u64,
    /// Their sizes together.
    pub freed_size: u64,
}

/// A line of `export --format ndjson`. The program writes it by hand, as there are millions.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ExportRow {
    /// V8's id.
    pub id: u64,
    /// V8's word for the node's type: `object`, `closure`, `string` …
    #[serde(rename = "type")]
    pub node_type: String,
    /// DevTools' constructor column.
    pub class_name: String,
    /// DevTools' name of the object itself.
    pub name: String,
    /// Distance from the user roots; `null` where DevTools shows a dash.
    pub distance: Option<u32>,
    /// Bytes of the object itself, as DevTools counts them.
    pub shallow_size: u64,
    /// Bytes that would be freed with it.
    pub retained_size: u64,
    /// Id of the node that dominates it; the root's is its own.
    pub dominator_id: u64,
}

impl IndexDocument {
    /// Says where an index is.
    pub fn new(index: String, size: u64) -> IndexDocument {
        IndexDocument { schema_version: SCHEMA_VERSION, index, size }
    }
}

impl CacheDocument {
    /// Lists a cache.
    pub fn new(directory: String, max_size: u64, indexes: Vec<KeptIndexEntry>) -> CacheDocument {
        CacheDocument { schema_version: SCHEMA_VERSION, directory, max_size, indexes }
    }
}

impl CacheClearedDocument {
    /// Says what was removed.
    pub fn new(removed: u64, freed_size: u64) -> CacheClearedDocument {
        CacheClearedDocument { schema_version: SCHEMA_VERSION, removed, freed_size }
    }
}
