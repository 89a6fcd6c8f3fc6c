//! One object, as every answer names it.

use heapglass_graph::{Detachedness, Distance, Graph, NodeId, Ordinal};

use crate::names;

/// One object with its figures, as every answer names it.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectSummary {
    /// Position in the node table.
    pub ordinal: Ordinal,
    /// V8's id.
    pub id: NodeId,
    /// V8's word for the node's type: `object`, `closure`, `string` …
    pub node_type: String,
    /// DevTools' constructor column.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    pub original_class_name: Option<String>,
    /// DevTools' display name of the object, see [`crate::display_name`].
    pub name: String,
    /// A short readable name with the id, see [`crate::label`].
    pub label: String,
    /// Distance from the user roots.
    pub distance: Distance,
    /// Bytes, after DevTools' moving of backing stores to their owners.
    pub shallow_size: u64,
    /// Bytes that would be freed with the object.
    pub retained_size: u64,
    /// Whether it is a DOM node in or out of a document.
    pub detachedness: Detachedness,
}

/// Describes a node. Cost: its out-edges for plain objects, little otherwise.
pub fn describe(graph: &Graph, node: Ordinal) -> ObjectSummary {
    ObjectSummary {
        ordinal: node,
        id: graph.id(node),
        node_type: graph.node_type_name(node).to_owned(),
        class_name: graph.class_name(node).to_owned(),
        original_class_name: graph.original_class_name(node).map(str::to_owned),
        name: names::display_name(graph, node),
        label: names::label(graph, node),
        distance: graph.distance(node),
        shallow_size: graph.shallow_size(node),
        retained_size: graph.retained_size(node),
        detachedness: graph.detachedness(node),
    }
}
