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
    let module = last_module(graph, edges);
    // A module that lies on the way to the first function of the program is whatever loaded that.
    let is_own = |own: &OwnPart| {
        module.as_ref().is_none_or(|module| !module.is_in_table && module.next <= own.start)
    };
    let own = own_part(graph, scripts, edges).filter(is_own);
    let Some(OwnPart { start, script }) = own else {
        let text = path_text(graph, first, edges);
        // The folder that a program runs in is no part of it.
        return match module.filter(|module| !module.is_in_table) {
            Some(module) => match text.strip_prefix(&module.in_words()) {
                Some(rest) => format!("{}:{rest}", file_of(&module.name)),
                None => text,
            },
            None => text,
        };
    };
    let part = edges.get(start..).unwrap_or_default();
    let first = part.first().map_or(node, |edge| edge.from);
    format!("{}: {}", file_of(&script), path_text(graph, first, part))
}

/// A script's name without its folders.
fn file_of(script: &str) -> &str {
    script.rsplit(['/', '\\']).next().unwrap_or_default()
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
