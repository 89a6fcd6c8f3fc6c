//! Edges in words.

use heapglass_graph::{Edge, EdgeType, Graph};

/// An edge in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeLabel {
    /// V8's word for the type: `property`, `element`, `context`, `internal` …
    pub edge_type: String,
    /// The bare name: a property's, or a number in digits.
    pub name: String,
    /// As people write it: `.name`, `["odd name"]`, `[3]`, `→ variable x`, `{internal}`.
    pub text: String,
}

/// Puts an edge in words.
pub fn edge_label(graph: &Graph, edge: Edge) -> EdgeLabel {
    let _: (&Graph, EdgeType) = (graph, edge.edge_type);
    unimplemented!()
}
