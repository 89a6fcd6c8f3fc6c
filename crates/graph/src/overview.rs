//! What is known of a snapshot without touching its graph: small, stored whole in the index.

use heapglass_format::Finding;
use heapglass_format::meta::RedactionMark;
use serde::{Deserialize, Serialize};

use crate::ClassTable;

/// Facts, statistics and classes of a snapshot: all that `statistics` and `summary` need.
#[derive(Debug, Clone)]
pub struct Overview {
    /// Counts and facts.
    pub info: SnapshotInfo,
    /// DevTools' Statistics view.
    pub statistics: Statistics,
    /// DevTools' Summary view, unfiltered: one row per class key, in order of first appearance.
    pub classes: ClassTable,
    /// What was odd in the file; empty for a whole, plain snapshot.
    pub findings: Vec<Finding>,
}

/// Counts and facts of a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SnapshotInfo {
    /// Nodes in the table.
    pub node_count: u32,
    /// Edges in the table.
    pub edge_count: u32,
    /// Strings in the table.
    pub string_count: u32,
    /// Retained size of the root plus `extra_native_bytes`, in bytes: DevTools' total.
    pub total_size: u64,
    /// Memory outside V8's heap that the writer added up, in bytes.
    pub extra_native_bytes: u64,
    /// Ordinal of the root node.
    pub root: u32,
    /// Largest id of a JavaScript object (odd), as DevTools' `maxJSObjectId`; 0 if there is none.
    pub max_js_object_id: u64,
    /// Whether any child of the root is a user root. Without them (snapshots taken with
    /// `exposeInternals`) sizes are not moved to owners and distances start at the root.
    pub has_user_roots: bool,
    /// Whether the file has the `detachedness` column.
    pub has_detachedness: bool,
    /// Number of located objects (closures, generators, instances of JavaScript classes).
    pub location_count: u32,
    /// Number of functions with allocation stacks; 0 for a plain snapshot.
    pub trace_function_count: u64,
    /// Number of samples of an allocation timeline; 0 for a plain snapshot.
    pub sample_count: u32,
    /// Size of the (decompressed) snapshot in bytes.
    pub file_bytes: u64,
    /// Names of node types by code, see [`heapglass_format::NodeType::code`].
    pub node_type_names: Vec<String>,
    /// Names of edge types by code, see [`heapglass_format::EdgeType::code`].
    pub edge_type_names: Vec<String>,
    /// What a redacted snapshot says of that; `None` for others.
    #[serde(default)]
    pub redaction: Option<RedactionMark>,
}

/// DevTools' Statistics view, in bytes. Total is the sum of the other seven.
///
/// Source: `JSHeapSnapshot.calculateStatistics`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Statistics {
    /// The whole heap.
    pub total: u64,
    /// Compiled code.
    pub code: u64,
    /// Strings, with concatenated and sliced ones.
    pub strings: u64,
    /// Arrays with the element stores that only they use.
    pub js_arrays: u64,
    /// Backing stores of typed arrays and buffers, outside V8's heap.
    pub typed_arrays: u64,
    /// V8's hidden objects.
    pub system: u64,
    /// Every other object in V8's heap. Signed, because an `elements` store that is also counted
    /// elsewhere can make the rest negative in damaged files.
    pub other_js: i64,
    /// Other native memory.
    pub other_native: u64,
}
