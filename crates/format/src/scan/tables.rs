//! What reading a snapshot leaves in memory.

use crate::buffer::Buffer;
use crate::finding::Finding;
use crate::meta::Header;

/// The columns that graph passes need at random, and what else is small.
///
/// In the container's sections by then: `node_name`, `node_id_low`, `node_id_wide`, `trace_node`
/// (empty if no node has one), `edge_type`, `edge_name`, `edge_to`, `locations`, `string_bytes`,
/// `string_starts`, `samples`, `trace_functions`, `trace_tree`.
#[derive(Debug)]
pub struct Tables {
    /// The `snapshot` section.
    pub header: Header,
    /// Names of node types by code.
    pub node_type_names: Vec<String>,
    /// Names of edge types by code.
    pub edge_type_names: Vec<String>,
    /// For each node ordinal its type's code.
    pub node_type: Buffer<u8>,
    /// For each node ordinal its self size in bytes; `u32::MAX` refers to `self_size_wide`.
    pub self_size: Buffer<u32>,
    /// `(ordinal, bytes)` of self sizes of `u32::MAX` and more, ascending.
    pub self_size_wide: Vec<[u64; 2]>,
    /// For each node ordinal, and one more, the ordinal of its first edge.
    pub first_edge: Buffer<u32>,
    /// For each node ordinal 0, 1 or 2; empty if the file does not have the field.
    pub detachedness: Buffer<u8>,
    /// For each edge ordinal the ordinal of its target.
    pub edge_to: Buffer<u32>,
    /// Ordinal of the root.
    pub root: u32,
    /// Number of strings.
    pub string_count: u32,
    /// Number of located objects.
    pub location_count: u32,
    /// Number of samples.
    pub sample_count: u32,
    /// Number of functions with allocation stacks; the header's is often too low.
    pub trace_function_count: u64,
    /// Largest odd id.
    pub max_js_object_id: u64,
    /// Bytes read, decompressed.
    pub file_bytes: u64,
    /// What was odd.
    pub findings: Vec<Finding>,
}

impl Tables {
    /// Number of nodes.
    pub fn node_count(&self) -> usize {
        self.node_type.len()
    }

    /// Number of edges.
    pub fn edge_count(&self) -> usize {
        self.edge_to.len()
    }
}
