//! Which native context (realm) an object belongs to.

use heapglass_graph::{Graph, Ordinal};

use crate::ObjectSummary;

/// Whose an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// It is reached from no native context.
    None,
    /// It is reached from several.
    Shared,
    /// It belongs to this one alone.
    Context(Ordinal),
}

/// A native context and the memory attributed to it.
#[derive(Debug, Clone, PartialEq)]
pub struct NativeContext {
    /// The `system / NativeContext` node.
    pub object: ObjectSummary,
    /// Shallow sizes of everything that belongs to it alone, in bytes.
    pub attributed_size: u64,
}

/// DevTools' native context attribution of a whole heap.
#[derive(Debug, Clone)]
pub struct NativeContexts {
    /// The native contexts, in the file's order.
    pub contexts: Vec<NativeContext>,
    /// Shallow sizes of everything that several contexts reach, in bytes.
    pub shared_size: u64,
    /// Shallow sizes of everything that no context reaches, in bytes.
    pub unattributed_size: u64,
    owners: Vec<i32>,
}

impl NativeContexts {
    /// Whose a node is.
    pub fn owner(&self, node: Ordinal) -> Owner {
        let _ = (node, &self.owners);
        unimplemented!()
    }
}

/// Attributes every node to a native context. Cost: two passes over all edges.
///
/// Source: `HeapSnapshot.calculateNativeContextAttribution`.
pub fn native_contexts(graph: &Graph) -> NativeContexts {
    let _ = graph;
    unimplemented!()
}
