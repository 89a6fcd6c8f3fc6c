//! What a snapshot knows of functions: names, scripts, variables.

use heapglass_graph::{EdgeType, Graph, Location, NodeType, Ordinal};

use super::{ClosureInfo, ContextVariable};
use crate::describe;
use crate::edge::internal;
use crate::names::{closure_name, value_text};

/// Scopes to look through.
const MAX_SCOPES: u32 = 100;

/// Describes a function. Cost: the out-edges of the scopes it sees.
pub(super) fn closure_info(graph: &Graph, closure: Ordinal, limit: usize) -> ClosureInfo {
    let context = internal(graph, closure, "context");
    let (variables, more_variables) = match context {
        Some(context) => variables(graph, context, MAX_SCOPES, limit),
        None => (Vec::new(), 0),
    };
    ClosureInfo {
        name: closure_name(graph, closure).unwrap_or_default(),
        script: script_of_closure(graph, closure),
        variables,
        more_variables,
    }
}

/// The variables of a context and those around it, nearest scope first, and the number of those
/// beyond `limit`. V8 knows the names of a function's variables, not of a block's.
pub(super) fn variables(
    graph: &Graph,
    context: Ordinal,
    scopes: u32,
    limit: usize,
) -> (Vec<ContextVariable>, u64) {
    let (mut shown, mut more) = (Vec::new(), 0);
    let mut at = Some(context).filter(|&context| is_context(graph, context));
    let mut scope = 0;
    while let Some(context) = at
        && scope < scopes
    {
        for edge in graph.edges(context) {
            let is_variable = match edge.edge_type {
                EdgeType::Context => true,
                EdgeType::Hidden => {
                    !matches!(graph.node_type(edge.to), NodeType::Hidden | NodeType::Code)
                }
                _ => false,
            };
            if is_variable && shown.len() < limit {
                let is_named = edge.edge_type == EdgeType::Context;
                let name =
                    if is_named { graph.edge_name(edge).into_owned() } else { String::new() };
                shown.push(ContextVariable {
                    original_name: graph.original_variable(context, &name).map(str::to_owned),
                    name,
                    scope,
                    value: value_text(graph, edge.to),
                    object: describe(graph, edge.to),
                });
            } else if is_variable {
                more += 1;
            }
        }
        at = internal(graph, context, "previous").filter(|&outer| is_context(graph, outer));
        scope += 1;
    }
    (shown, more)
}

/// Where a function, or the constructor of an object, is written, and in which script.
pub(crate) fn source_of(graph: &Graph, node: Ordinal) -> (Option<Location>, Option<String>) {
    let location = graph.location(node);
    let script = match graph.node_type(node) {
        NodeType::Closure => script_of_closure(graph, node),
        NodeType::Object if location.is_some() => function_of(graph, node)
            .or_else(|| constructor_of(graph, node))
            .and_then(|function| script_of_closure(graph, function)),
        _ => None,
    };
    (location, script)
}

/// The function that a generator, or a call of an async function, runs.
fn function_of(graph: &Graph, node: Ordinal) -> Option<Ordinal> {
    internal(graph, node, "function")
        .filter(|&function| graph.node_type(function) == NodeType::Closure)
}

/// The function that made an object, by its prototype.
pub(crate) fn constructor_of(graph: &Graph, node: Ordinal) -> Option<Ordinal> {
    let prototype = graph.edge_named(node, EdgeType::Property, "__proto__")?.to;
    let constructor = graph.edge_named(prototype, EdgeType::Property, "constructor")?.to;
    (graph.node_type(constructor) == NodeType::Closure).then_some(constructor)
}

/// Name of the script that a function is written in.
pub(crate) fn script_of_closure(graph: &Graph, closure: Ordinal) -> Option<String> {
    let shared = internal(graph, closure, "shared")?;
    script_name(graph, script_of_shared(graph, shared)?)
}

/// The script of a function, from what all its closures share.
pub(crate) fn script_of_shared(graph: &Graph, shared: Ordinal) -> Option<Ordinal> {
    let script =
        ["script", "script_or_debug_info"].iter().find_map(|edge| internal(graph, shared, edge))?;
    // A function that is being debugged has its script one step further.
    Some(internal(graph, script, "script").unwrap_or(script))
}

/// A script's name, usually a path or a URL; `None` where it has none.
pub(crate) fn script_name(graph: &Graph, script: Ordinal) -> Option<String> {
    let name = match internal(graph, script, "name") {
        Some(name) if graph.node_type(name) == NodeType::String => graph.raw_name(name),
        _ => graph.raw_name(script),
    };
    (!name.is_empty() && !name.starts_with("system")).then(|| name.into_owned())
}

/// Whether a node is a context of a function or block.
pub(crate) fn is_context(graph: &Graph, node: Ordinal) -> bool {
    is_name_of_context(graph.strings().get(graph.name_index(node).0).unwrap_or_default())
}

/// Whether V8 names contexts so.
pub(crate) fn is_name_of_context(name: &[u8]) -> bool {
    name == b"system / Context" || name.starts_with(b"system / Context / ")
}
