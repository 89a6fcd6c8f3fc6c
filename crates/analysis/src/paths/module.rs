//! Paths that go through a module of the program: what lies above it is Node.js, and the same for
//! everything in the module.

use heapglass_graph::{Edge, EdgeType, Graph, Ordinal};

use crate::names::display_name;
use crate::object::is_context;
use crate::package::within_packages;
use crate::source::text_module::{export_of, is_text_module, script_of_text_module};
use crate::source::{file_of_module, is_own_code_of_runtime};
use crate::tables::{key_of, table_of};

/// Edges between a module's entry in the loader's table and the variables at its top, at most.
const PLUMBING: usize = 12;
/// Longest name of a module that is looked for.
const LONGEST: usize = 1024;

/// A module on a path.
pub(super) struct Module {
    /// Its path or URL, without `file://`.
    pub(super) name: String,
    /// The exported variable that the path goes on with, where its name is known.
    pub(super) export: Option<String>,
    /// The edge that goes on from it.
    pub(super) next: usize,
    /// Whether the path leads through the loader's table of modules.
    pub(super) is_in_table: bool,
}

impl Module {
    /// `module /app/server.mjs`: what a line begins with.
    pub(super) fn in_words(&self) -> String {
        format!("module {}", within_packages(&self.name))
    }
}

/// The last module on a path: the entry of a loader's table, or of `require.cache`, under the name of
/// a file; a module of CommonJS that tells its file; what V8 knows of one of ECMAScript. For modules of ECMAScript the
/// way on begins with the variable at their top.
pub(super) fn last_module(graph: &Graph, edges: &[Edge]) -> Option<Module> {
    let found = |at: usize| {
        let of_table = file_name(graph, edges, at).map(|name| in_table(graph, edges, at, &name));
        of_table.or_else(|| of_node(graph, edges, at))
    };
    (0..edges.len()).rev().find_map(found)
}

/// A module by the entry of a table of modules.
fn in_table(graph: &Graph, edges: &[Edge], at: usize, name: &str) -> Module {
    let inside = edges.get(at + 1..).unwrap_or_default();
    // A module of CommonJS is left by a property: `exports`, which is the program's own.
    let is_plumbing = inside.iter().take(2).any(|edge| graph.edge_name(*edge) != "exports");
    let skipped = steps_to_variable(graph, inside).filter(|_| is_plumbing).unwrap_or(0);
    let name = without_scheme(name);
    Module { name, export: None, next: at + 1 + skipped, is_in_table: true }
}

/// A module by the object that an edge leads to, which stands for it.
fn of_node(graph: &Graph, edges: &[Edge], at: usize) -> Option<Module> {
    let edge = edges.get(at)?;
    let next = at + 1;
    let module = |name: &str, export: Option<String>, next: usize| Module {
        name: without_scheme(name),
        export,
        next,
        is_in_table: false,
    };
    // What imports a variable holds its cell too: it is the exporting module's.
    if edge.edge_type == EdgeType::Internal
        && let Some(export) = export_of(graph, edge.from)
    {
        let script = script_of_program(graph, export.module)?;
        return Some(module(&script, export.name, next));
    }
    if is_text_module(graph, edge.to) {
        let script = script_of_program(graph, edge.to)?;
        let inside = edges.get(next..).unwrap_or_default();
        return Some(module(&script, None, next + steps_to_variable(graph, inside).unwrap_or(0)));
    }
    let file = file_of_module(graph, edge.to).filter(|file| is_whole(file))?;
    Some(module(&file, None, next))
}

/// The script of a module of ECMAScript that is the program's.
fn script_of_program(graph: &Graph, module: Ordinal) -> Option<String> {
    script_of_text_module(graph, module).filter(|script| !is_own_code_of_runtime(script))
}

/// The number of edges before the one to a variable at the top of a module.
fn steps_to_variable(graph: &Graph, inside: &[Edge]) -> Option<usize> {
    let is_variable =
        |edge: &Edge| is_context(graph, edge.from) && edge.edge_type == EdgeType::Context;
    inside.iter().take(PLUMBING).position(is_variable)
}

fn without_scheme(name: &str) -> String {
    name.strip_prefix("file://").unwrap_or(name).to_owned()
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
    let endings = [".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx"];
    is_whole(name) && endings.iter().any(|ending| name.ends_with(ending))
}

/// Whether a text is a whole path or a `file:` URL.
fn is_whole(name: &str) -> bool {
    let begins_at_top = name.starts_with('/')
        || name.starts_with("file://")
        || name.get(1..3).is_some_and(|drive| matches!(drive, ":\\" | ":/"));
    name.len() <= LONGEST && begins_at_top
}
