//! By what people know an object whose own name says little, as `Map` or `{}`: what holds it, and how.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};

use crate::holder::owner_of;
use crate::names::short_name;
use crate::paths::way_to;
use crate::source::short_path;
use crate::{EdgeLabel, edge_label};

/// What holds an object on the way that keeps it alive: `.routes in App`, `variable cache`, `entry in Map`, of the text of a
/// script `source of lib/app.js`; `None` where no root leads to it. Cost: as that of [`crate::path_to`].
pub fn held_as(graph: &Graph, object: Ordinal) -> Option<String> {
    let edge = way_to(graph, object)?.pop()?;
    let holder = edge.from;
    let EdgeLabel { name, text, .. } = edge_label(graph, edge);
    match graph.node_type(holder) {
        NodeType::Array => {
            let Some(owner) = owner_of(graph, holder) else {
                return Some(format!("{text} in {}", short_name(graph, holder)));
            };
            let how = owner.how.text(graph, owner.node);
            Some(format!("{how} in {}", short_name(graph, owner.node)))
        }
        NodeType::Code if name == "source" => {
            let script = graph.edge_named(holder, EdgeType::Internal, "name")?.to;
            let is_text = graph.node_type(script) == NodeType::String;
            is_text.then(|| format!("source of {}", short_path(&graph.raw_name(script))))
        }
        // A scope has no name of its own.
        _ if edge.edge_type == EdgeType::Context => Some(text),
        _ if holder == graph.root() => None,
        _ => Some(format!("{text} in {}", short_name(graph, holder))),
    }
}
