//! Paths that go through a module of the program: what lies above it is Node.js, and the same for
//! everything in the module.

use heapglass_graph::{Edge, EdgeType, Graph};

use crate::names::display_name;
use crate::object::is_context;
use crate::tables::{key_of, table_of};

/// Edges between a module's entry in the loader's table and the variables at its top, at most.
const PLUMBING: usize = 12;
/// Longest name of a module that is looked for.
const LONGEST: usize = 1024;

/// A module on a path.
pub(super) struct Module {
    /// Its path or URL, as the loader knows it, without `file://`.
    pub(super) name: String,
    /// The edge that goes on from it.
    pub(super) next: usize,
}

/// The last module on a path: the entry of a loader's table, or of `require.cache`, under the name of
/// a file. For modules of ECMAScript the way on begins with the variable at their top.
pub(super) fn last_module(graph: &Graph, edges: &[Edge]) -> Option<Module> {
    let found = |at: usize| file_name(graph, edges, at).map(|name| (at, name));
    let (at, name) = (0..edges.len()).rev().find_map(found)?;
    let name = name.strip_prefix("file://").unwrap_or(&name).to_owned();
    let is_variable =
        |edge: &Edge| is_context(graph, edge.from) && edge.edge_type == EdgeType::Context;
    let inside = edges.get(at + 1..).unwrap_or_default();
    let plumbing = inside.iter().take(PLUMBING).position(is_variable);
    // A module of CommonJS is left by a property: `exports`, which is the program's own.
    let is_plumbing = inside.iter().take(2).any(|edge| graph.edge_name(*edge) != "exports");
    let skipped = plumbing.filter(|_| is_plumbing).unwrap_or(0);
    Some(Module { name, next: at + 1 + skipped })
}

/// The file that an edge is named after, or that the key of a Map's entry is.
fn file_name(graph: &Graph, edges: &[Edge], at: usize) -> Option<String> {
    let edge = edges.get(at)?;
    match edge.edge_type {
        EdgeType::Property => {
            Some(graph.edge_name(*edge).into_owned()).filter(|name| is_file(name))
        }
        EdgeType::Internal => {
            let holder = at.checked_sub(1).and_then(|before| edges.get(before))?;
            let (table, kind) = table_of(graph, holder.from)?;
            let key = key_of(graph, *edge, kind).filter(|_| table == edge.from)?;
            Some(display_name(graph, key)).filter(|name| is_file(name))
        }
        _ => None,
    }
}

/// Whether a text names a script: a whole path or a `file:` URL.
fn is_file(name: &str) -> bool {
    let is_whole = name.starts_with('/')
        || name.starts_with("file://")
        || name.get(1..3).is_some_and(|drive| matches!(drive, ":\\" | ":/"));
    let endings = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"];
    name.len() <= LONGEST && is_whole && endings.iter().any(|ending| name.ends_with(ending))
}
