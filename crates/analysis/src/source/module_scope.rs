//! Whether a context holds the variables at the top of a module.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};

use super::is_module_of_ecmascript;
use crate::edge::internal;
use crate::object::{is_context, script_of_shared};

/// What holds a context is looked at up to this number: a module may have thousands of functions.
const MOST_HOLDERS: usize = 64;
/// What Node.js gives the function that it wraps a module of CommonJS in.
const PARAMETERS: [&str; 5] = ["exports", "require", "module", "__filename", "__dirname"];
/// What holds a function, or what that is held by, is looked at up to this number for a module that exports it.
const EXPORTED: usize = 16;
/// V8 numbers the functions of a script as they begin: 0 is the script, then the wrapper, then what is written first in it.
const WRAPPER: &str = "1";
const FIRST_IN_WRAPPER: &str = "2";
/// What V8 calls a script's list of its functions; the V8 of Node 12 and 14 says no more of what is its own.
const LISTS: [&str; 2] = ["system / WeakFixedArray", "system"];

/// A function, or what runs the top of a module, of the module whose variables a context holds; `None` for other
/// contexts, and where the snapshot does not tell. Cost: the edges of the context and of the functions made in it.
pub(super) fn part_of_module(graph: &Graph, context: Ordinal) -> Option<Ordinal> {
    if !is_context(graph, context) {
        return None;
    }
    let is_of_ecmascript = internal(graph, context, "extension")
        .is_some_and(|module| graph.raw_name(module) == "system / SourceTextModule");
    let is_outermost = internal(graph, context, "previous")
        .is_some_and(|outer| graph.raw_name(outer).starts_with("system / NativeContext"));
    if !is_of_ecmascript && !is_outermost {
        return None;
    }
    let parts: Vec<Ordinal> = graph
        .each_retaining_node(context)
        .take(MOST_HOLDERS)
        .filter(|&node| internal(graph, node, "context") == Some(context))
        .collect();
    let is_function = |node: &Ordinal| graph.node_type(*node) == NodeType::Closure;
    let function = parts.iter().copied().find(is_function);
    if is_of_ecmascript || parts.iter().any(|&node| is_module_of_ecmascript(graph, node)) {
        return function.or_else(|| parts.first().copied());
    }
    let function = function?;
    let is_wrapper = is_script_scope(graph, context)
        || has_parameter(graph, context)
        || holds_first_function(graph, context, function)
        || parts.iter().any(|&part| is_exported(graph, part))
        || exports_from_within(graph, context);
    is_wrapper.then_some(function)
}

/// Whether a context holds what a script that is no module declares at its top with `let`, `const` and `class`: V8 keeps a
/// table of these. Cost: the first retainers of the context.
pub(super) fn is_script_scope(graph: &Graph, context: Ordinal) -> bool {
    let mut holders = graph.each_retaining_node(context).take(MOST_HOLDERS);
    holders.any(|holder| is_table_of_scripts(graph, holder))
}

/// Whether a node is V8's table of the scopes of scripts.
pub(crate) fn is_table_of_scripts(graph: &Graph, node: Ordinal) -> bool {
    graph.raw_name(node).starts_with("system / ScriptContextTable")
}

/// Whether a module of CommonJS exports a function, by itself or as a property. Of a function made in a scope around which
/// there is none that is the module's own, or that of a function whose one result it exports.
fn is_exported(graph: &Graph, function: Ordinal) -> bool {
    let is_exports = |node: Ordinal| {
        graph.each_retaining_node(node).take(EXPORTED).any(|module| {
            let exports = || graph.edge_named(module, EdgeType::Property, "exports");
            graph.class_name(module) == "Module" && exports().is_some_and(|edge| edge.to == node)
        })
    };
    let holders = graph.each_retaining_node(function).take(EXPORTED);
    graph.node_type(function) == NodeType::Closure
        && std::iter::once(function).chain(holders).any(is_exports)
}

/// Whether the module exports a function of a scope within this one, as the getters that esbuild makes of exports in a function
/// of its own. Cost: the first retainers of the scopes within.
fn exports_from_within(graph: &Graph, context: Ordinal) -> bool {
    let held_by = |scope: Ordinal, field: &'static str| {
        let holders = graph.each_retaining_node(scope).take(MOST_HOLDERS);
        holders.filter(move |&holder| internal(graph, holder, field) == Some(scope))
    };
    let mut scopes = vec![context];
    for _ in 0..BETWEEN {
        scopes = scopes.iter().flat_map(|&scope| held_by(scope, "previous")).collect();
        scopes.truncate(MOST_HOLDERS);
        let mut functions = scopes.iter().flat_map(|&scope| held_by(scope, "context"));
        if functions.any(|function| is_exported(graph, function)) {
            return true;
        }
    }
    false
}

/// Whether one of the wrapper's parameters is among the variables: a function in the module uses it.
fn has_parameter(graph: &Graph, context: Ordinal) -> bool {
    graph.edges(context).any(|edge| {
        edge.edge_type == EdgeType::Context && PARAMETERS.contains(&&*graph.edge_name(edge))
    })
}

/// Whether the script of a function is wrapped, and the context is that of the wrapper or of what is written first in it.
/// Around the first function there is nothing but the wrapper.
fn holds_first_function(graph: &Graph, context: Ordinal, function: Ordinal) -> bool {
    let script = internal(graph, function, "shared").and_then(|of| script_of_shared(graph, of));
    let scope = internal(graph, context, "scope_info");
    let (Some(script), Some(scope)) = (script, scope) else { return false };
    is_wrapped(graph, script) && {
        let lists = graph.edges(script).map(|edge| edge.to);
        let mut lists = lists.filter(|&list| LISTS.contains(&&*graph.raw_name(list)));
        lists.any(|list| {
            // Weak, because V8 forgets functions that nobody can call any more.
            let numbered =
                |number| graph.edge_named(list, EdgeType::Weak, number).map(|edge| edge.to);
            let own = numbered(WRAPPER);
            let first = numbered(FIRST_IN_WRAPPER);
            own.is_some_and(|own| internal(graph, own, "name_or_scope_info") == Some(scope))
                || first.is_some_and(|first| is_in_scope(graph, first, context, scope))
        })
    }
}

/// Scopes between the first function of a module and the module: those of a class and of blocks around it.
const BETWEEN: usize = 4;

/// Whether a function, given by what its closures share, is written in the scope of a context: it is not compiled yet and
/// keeps the scope, or one of its closures has the context, be it around that of a class or a block.
fn is_in_scope(graph: &Graph, shared: Ordinal, context: Ordinal, scope: Ordinal) -> bool {
    const OUTER: [&str; 2] = ["raw_outer_scope_info_or_feedback_metadata", "outer_scope_info"];
    let is_waiting = OUTER.iter().any(|name| internal(graph, shared, name) == Some(scope));
    let mut closures = graph.each_retaining_node(shared).take(MOST_HOLDERS);
    is_waiting
        || closures.any(|closure| {
            let scopes = std::iter::successors(internal(graph, closure, "context"), |&scope| {
                internal(graph, scope, "previous")
            });
            graph.node_type(closure) == NodeType::Closure
                && scopes.take(1 + BETWEEN).any(|scope| scope == context)
        })
}

/// Whether a script was compiled as the body of a function with a module's parameters, which V8 keeps with the script.
fn is_wrapped(graph: &Graph, script: Ordinal) -> bool {
    let lists = graph.edges(script).map(|edge| edge.to);
    let mut lists = lists.filter(|&list| graph.node_type(list) == NodeType::Array);
    lists.any(|list| {
        let names = graph.edges(list).map(|edge| graph.raw_name(edge.to));
        names.take(PARAMETERS.len()).filter(|name| PARAMETERS.contains(&&**name)).count() > 2
    })
}
