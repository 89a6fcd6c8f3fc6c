//! Proxies. DevTools puts them into one class with all that is V8's own; people know them by what they stand for.

use heapglass_graph::{ClassIndex, Edge, EdgeType, Graph, NodeType, Ordinal};

/// The hidden edge to a proxy's target.
pub(crate) const TARGET: &str = "1";
/// The hidden edge to its handler.
pub(crate) const HANDLER: &str = "2";

/// What to call nodes all of which are proxies: `Proxy of Model` where all targets are of one class that says something, else
/// `Proxy`; `None` if there is another node among them, or none at all. Cost: the out-edges of the proxies.
pub(crate) fn name_of_proxies(
    graph: &Graph,
    nodes: impl IntoIterator<Item = Ordinal>,
) -> Option<String> {
    let target = |node| {
        let edge = graph.edges(node).find(|&edge| is_target(graph, edge));
        edge.map(|edge| graph.class(edge.to))
    };
    let mut nodes = nodes.into_iter();
    let first = nodes.next().filter(|&node| is_proxy(graph, node))?;
    let class: Option<ClassIndex> = target(first);
    let mut is_of_one = true;
    for node in nodes {
        if !is_proxy(graph, node) {
            return None;
        }
        is_of_one &= target(node) == class;
    }
    let class = class.filter(|_| is_of_one).map(|class| &*graph.class_row(class).class_name);
    Some(match class.filter(|name| !name.starts_with('(')) {
        Some(name) => format!("Proxy of {name}"),
        None => "Proxy".to_owned(),
    })
}

/// Whether a node is a proxy.
pub(crate) fn is_proxy(graph: &Graph, node: Ordinal) -> bool {
    matches!(graph.node_type(node), NodeType::Hidden | NodeType::Native)
        && &*graph.raw_name(node) == "system / JSProxy"
}

/// Whether an edge leads from a proxy to its target.
pub(crate) fn is_to_target(graph: &Graph, edge: Edge) -> bool {
    is_target(graph, edge) && is_proxy(graph, edge.from)
}

fn is_target(graph: &Graph, edge: Edge) -> bool {
    edge.edge_type == EdgeType::Hidden && graph.edge_name(edge) == TARGET
}
