//! What a node is to people: a root, a part of V8's, or an object of the program.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};

use crate::distance::is_user_root;

/// Whether a node owns memory without being anybody's: roots, global objects, V8's inner nodes.
/// They are walked through and never blamed.
pub(crate) fn is_nobody(graph: &Graph, node: Ordinal) -> bool {
    match graph.node_type(node) {
        NodeType::Synthetic | NodeType::Hidden | NodeType::Code | NodeType::ObjectShape => true,
        NodeType::Object => is_global(graph, node),
        _ => false,
    }
}

/// Whether a node is a global object: a user root, or named so by its native context.
fn is_global(graph: &Graph, node: Ordinal) -> bool {
    let is_name = |name: &str| {
        ["global", "Window", "GlobalObject", "DedicatedWorkerGlobalScope"].iter().any(|known| {
            name == *known || name.strip_prefix(known).is_some_and(|rest| rest.starts_with(" "))
        })
    };
    let is_below_root = || graph.retaining_nodes(node).any(|from| from == graph.root());
    let is_named_by_context = || {
        graph.retainers(node).take(64).any(|edge| {
            edge.edge_type == EdgeType::Internal
                && matches!(&*graph.edge_name(edge), "global_object" | "global_proxy_object")
        })
    };
    let is_system = graph.raw_name(node).starts_with("system / NativeContext");
    is_system
        || graph.distance(node).0 <= 1 && is_below_root() && is_user_root(graph, node)
        || is_name(&graph.raw_name(node)) && is_named_by_context()
}

/// Whether a node is something a program makes and people know, rather than a part of it.
pub(crate) fn is_program_object(graph: &Graph, node: Ordinal) -> bool {
    match graph.node_type(node) {
        NodeType::Object | NodeType::Native => {
            let name = graph.raw_name(node);
            !name.starts_with("system / ") && !is_nobody(graph, node)
        }
        NodeType::Closure
        | NodeType::String
        | NodeType::ConcatenatedString
        | NodeType::SlicedString
        | NodeType::RegExp
        | NodeType::BigInt
        | NodeType::Symbol
        | NodeType::WasmObject => true,
        _ => false,
    }
}
