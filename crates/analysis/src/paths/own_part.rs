//! The part of a path that belongs to the program. How a path gets there through Node's insides differs between runs: any of
//! its functions may hold the scope of its timers.

use heapglass_graph::{Edge, EdgeType, Graph, NodeType, Ordinal};

use super::module::last_module;
use super::text::path_text;
use crate::roles::is_name_of_global;
use crate::source::{Scripts, is_own_code_of_runtime};

/// The path along `edges` to `node` in words, from its first variable that is the program's on, with the file that it is
/// written in; the whole path where it does not lead through Node's own functions or V8's tables of roots before that.
/// Cost: the names of the scripts of the functions on the path.
pub(crate) fn own_part_text(
    graph: &Graph,
    scripts: &Scripts<'_>,
    edges: &[Edge],
    node: Ordinal,
) -> String {
    let first = edges.first().map_or(node, |edge| edge.from);
    let own = own_part(graph, scripts, edges).filter(|_| last_module(graph, edges).is_none());
    let Some(OwnPart { start, script }) = own else { return path_text(graph, first, edges) };
    let part = edges.get(start..).unwrap_or_default();
    let first = part.first().map_or(node, |edge| edge.from);
    let file = script.rsplit(['/', '\\']).next().unwrap_or_default();
    format!("{file}: {}", path_text(graph, first, part))
}

/// Where the program's part of a path begins.
struct OwnPart {
    start: usize,
    /// Empty where all of the path is Node's.
    script: String,
}

fn own_part(graph: &Graph, scripts: &Scripts<'_>, edges: &[Edge]) -> Option<OwnPart> {
    let top = edges.first()?.from;
    let is_global =
        graph.node_type(top) == NodeType::Object && is_name_of_global(&graph.raw_name(top));
    let mut functions = edges.iter().enumerate().filter_map(|(at, edge)| {
        let is_function = graph.node_type(edge.from) == NodeType::Closure;
        Some((at, is_function.then(|| scripts.of_function(edge.from)).flatten()?))
    });
    let mut runtime = None;
    let programs = functions.find(|(at, script)| {
        let is_runtime = is_own_code_of_runtime(script);
        if is_runtime {
            runtime = runtime.or(Some(*at));
        }
        !is_runtime
    });
    let (from, script) = match (programs, runtime) {
        // What a program keeps in a global variable begins there.
        (Some(_), None) if is_global => return None,
        (Some((at, script)), _) => (at, script),
        (None, Some(at)) => (at, String::new()),
        (None, None) => return None,
    };
    let is_variable = |edge: &Edge| edge.edge_type == EdgeType::Context;
    let variable = edges.get(from..)?.iter().position(is_variable);
    Some(OwnPart { start: from + variable.unwrap_or(0), script })
}
