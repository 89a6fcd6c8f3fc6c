//! Functions that handle DOM events.

use heapglass_graph::{EdgeType, Graph, Ordinal};

use crate::NodeSet;
use crate::strings::{StringSet, leading_integer};

/// The handlers of all event listeners: the callback of a listener if it is a function, else the
/// first function right below it (frameworks wrap the handler), else the callback itself.
pub(super) fn event_handlers(graph: &Graph) -> NodeSet {
    let listener = StringSet::equal(graph, "V8EventListener");
    let mut handlers = NodeSet::empty(graph.node_count());
    if listener.is_empty() {
        return handlers;
    }
    for node in graph.nodes().filter(|&node| listener.contains(graph.name_index(node))) {
        let Some(callback) = target(graph, node, "1") else { continue };
        let is_function = |node: Ordinal| target(graph, node, "code").is_some();
        let handler = if is_function(callback) {
            callback
        } else {
            let child = graph.edges(callback).map(|edge| edge.to).find(|&child| is_function(child));
            child.unwrap_or(callback)
        };
        handlers.insert(handler);
    }
    handlers
}

/// Where the first edge of this name leads, of whatever type.
fn target(graph: &Graph, node: Ordinal, name: &str) -> Option<Ordinal> {
    let found = graph.edges(node).find(|&edge| {
        let own = graph.edge_name(edge);
        match (edge.edge_type, leading_integer(&own)) {
            // DevTools takes a shortcut whose name starts with digits for a number.
            (EdgeType::Shortcut, Some(number)) => number.to_string() == name,
            _ => own == name,
        }
    });
    found.map(|edge| edge.to)
}
