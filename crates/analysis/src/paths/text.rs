//! A path as one line.

use heapglass_graph::{Edge, EdgeType, Graph, NodeType, Ordinal};

use super::module::{Module, last_module};
use crate::edge::leads_to_value_of_weak_map;
use crate::names::{short_name, value_text};
use crate::object::is_context;
use crate::roles::{is_cpp_class, is_list_of_timers, is_name_of_global};
use crate::source::module_scope::is_table_of_scripts;
use crate::strings::is_number;
use crate::tables::{Kind, key_of, table_of};
use crate::{edge_label, name_with_original};

/// The variable of Node.js in which each list of timers hangs on its duration in milliseconds.
const LISTS_BY_DURATION: &str = "timerListMap";
/// Pieces that a line has at most. Longer ones lose their middle.
const MAX_PIECES: usize = 30;

/// A path in words: `global.app.routes.cache : Map → table → ["key"] : Session`, or, of what hangs on a
/// module of the program, `module /app/server.mjs → variable cache : Map`.
pub(crate) fn path_text(graph: &Graph, first: Ordinal, edges: &[Edge]) -> String {
    let mut line = Line::default();
    let (first, edges) = match last_module(graph, edges) {
        Some(module) => {
            line.push(module.in_words());
            let Module { next, export, .. } = module;
            let value = next.checked_sub(1).and_then(|at| edges.get(at)).map(|edge| edge.to);
            if let (Some(export), Some(value)) = (&export, value) {
                line.export(export, class_of(graph, value), next == edges.len());
            }
            match edges.get(next..).unwrap_or_default() {
                // A dot after a file's name would read as part of it.
                [edge, rest @ ..] if edge.edge_type == EdgeType::Property && export.is_none() => {
                    let property = edge_label(graph, *edge).text;
                    line.push(format!(" → {}", property.trim_start_matches('.')));
                    (edge.to, rest)
                }
                rest => (rest.first().map_or(first, |edge| edge.from), rest),
            }
        }
        None => match from_script_scope(graph, edges) {
            Some((scope, edges)) => {
                line.push("script".to_owned());
                (scope, edges)
            }
            None => {
                let (first, edges) = from_global(graph, first, edges);
                match from_timers(graph, edges) {
                    Some((name, list, edges)) => {
                        line.push(name);
                        (list, edges)
                    }
                    None => {
                        line.push(root_name(graph, first));
                        (first, edges)
                    }
                }
            }
        },
    };
    let mut at = Place { node: first, table: None };
    for (number, &edge) in edges.iter().enumerate() {
        let next = edges.get(number + 1);
        at = step(graph, &mut line, &at, edge, next);
    }
    if let Some(last) = edges.last() {
        line.annotate(class_of(graph, last.to));
    }
    line.finish()
}

/// Where the walk along a path stands.
struct Place {
    node: Ordinal,
    /// If it is the table of a collection, of which kind.
    table: Option<Kind>,
}

/// The part of a path from the scope on that holds what a script declares at its top with `let`, `const` and `class`; the
/// way to it is the same for all scripts. `None` where there is no such scope on the path, or nothing after it.
fn from_script_scope<'a>(graph: &Graph, edges: &'a [Edge]) -> Option<(Ordinal, &'a [Edge])> {
    let is_scope =
        |edge: &Edge| is_context(graph, edge.to) && is_table_of_scripts(graph, edge.from);
    let at = edges.iter().rposition(is_scope)?;
    let rest = edges.get(at + 1..).filter(|rest| !rest.is_empty())?;
    Some((edges.get(at)?.to, rest))
}

/// The part of a path from its global object, or from `process`, on: what lies before is Node's plumbing, and the same for
/// everything.
fn from_global<'a>(graph: &Graph, first: Ordinal, edges: &'a [Edge]) -> (Ordinal, &'a [Edge]) {
    let is_to_global = |edge: &Edge| {
        edge.edge_type == EdgeType::Internal
            && matches!(&*graph.edge_name(*edge), "global_object" | "global_proxy_object")
    };
    // Which of Node's functions is on the way to `process` says nothing; the way to that itself is told.
    let is_through_process = |at: usize, edge: &Edge| {
        at + 1 < edges.len()
            && graph.node_type(edge.to) == NodeType::Object
            && graph.raw_name(edge.to) == "process"
    };
    let start =
        edges.iter().enumerate().rev().find_map(|(at, edge)| {
            (is_to_global(edge) || is_through_process(at, edge)).then_some(at)
        });
    match start {
        Some(at) => (edges[at].to, edges.get(at + 1..).unwrap_or_default()),
        None => from_last_table(graph, first, edges),
    }
}

/// The part of a path from a list of Node's timers on, which is called by how long they wait: any of Node's functions may lead
/// to the table of all lists.
fn from_timers<'a>(graph: &Graph, edges: &'a [Edge]) -> Option<(String, Ordinal, &'a [Edge])> {
    let at = edges.iter().rposition(|edge| is_list_of_timers(graph, edge.to))?;
    let (table, list) = (edges.get(at.checked_sub(1)?)?, edges.get(at)?);
    let duration = graph.edge_name(*list);
    let is_by_duration =
        graph.edge_name(*table) == LISTS_BY_DURATION && is_number(duration.as_bytes());
    let rest = edges.get(at + 1..).unwrap_or_default();
    is_by_duration.then(|| (format!("timers[{duration} ms]"), list.to, rest))
}

/// The part of a path from the last of V8's tables of roots on: `(Handle scope)` says that it hangs
/// below `(GC roots)`.
fn from_last_table<'a>(graph: &Graph, first: Ordinal, edges: &'a [Edge]) -> (Ordinal, &'a [Edge]) {
    let is_table = |edge: &Edge| graph.node_type(edge.to) == NodeType::Synthetic;
    match edges.iter().rposition(is_table) {
        Some(at) if at + 1 < edges.len() => (edges[at].to, edges.get(at + 1..).unwrap_or_default()),
        _ => (first, edges),
    }
}

/// `global` for what V8 calls `global / https://example.org/`, `global (global*)` or
/// `global [JSGlobalObject]`.
fn root_name(graph: &Graph, node: Ordinal) -> String {
    let name = short_name(graph, node);
    match graph.node_type(node) {
        // Browsers' global objects are native ones.
        NodeType::Native if !is_name_of_global(&name) => name,
        NodeType::Object | NodeType::Native => {
            let end = [" / ", " (", " ["]
                .iter()
                .filter_map(|cut| name.find(cut))
                .min()
                .unwrap_or(name.len());
            name.get(..end).unwrap_or(&name).to_owned()
        }
        _ => name,
    }
}

fn step(graph: &Graph, line: &mut Line, at: &Place, edge: Edge, next: Option<&Edge>) -> Place {
    let name = graph.edge_name(edge);
    let there = Place { node: edge.to, table: None };
    match edge.edge_type {
        _ if graph.node_type(edge.to) == NodeType::Synthetic => {
            line.arrow(None, short_name(graph, edge.to));
        }
        // Lists and tables of a browser's insides: what is in them says more.
        _ if is_container_of_cpp(graph, edge.to) => {}
        // The number of a field of a browser's insides says nothing, and what it leads to does.
        EdgeType::Internal | EdgeType::Element
            if (is_of_cpp(graph, edge.from) || is_of_cpp(graph, edge.to))
                && (name.parse::<u32>().is_ok() || name.contains("::")) =>
        {
            let class = class_of(graph, edge.to);
            line.arrow(None, class.unwrap_or_else(|| short_name(graph, edge.to)));
            line.annotated = true;
        }
        // The number of a place in one of V8's own tables says nothing.
        EdgeType::Internal | EdgeType::Element
            if name.parse::<u32>().is_ok() && graph.node_type(edge.from) == NodeType::Synthetic =>
        {
            line.arrow(None, "[entry]".to_owned());
        }
        EdgeType::Property | EdgeType::Element | EdgeType::Shortcut => {
            line.push(edge_label(graph, edge).text);
        }
        // Whole, and not cut at some length: fingerprints are made of it.
        EdgeType::Context => {
            let name = name_with_original(&name, graph.original_variable(edge.from, &name));
            line.arrow(class_of(graph, at.node), format!("variable {name}"));
        }
        // V8 knows the names of a function's variables, not of a block's.
        EdgeType::Hidden if is_context(graph, edge.from) => {
            line.arrow(class_of(graph, at.node), "variable".to_owned());
        }
        // What a variable hangs on is said by the variable.
        EdgeType::Internal
            if is_context(graph, edge.to) && next.is_some_and(|next| is_scope(graph, *next)) =>
        {
            return Place { node: at.node, table: None };
        }
        EdgeType::Internal if at.table.is_some() && name.parse::<u32>().is_ok() => {
            let key = at.table.and_then(|kind| key_of(graph, edge, kind));
            line.arrow(
                None,
                key.map_or_else(
                    || "[entry]".to_owned(),
                    |key| format!("[{}]", value_text(graph, key)),
                ),
            );
        }
        EdgeType::Internal if leads_to_value_of_weak_map(&name) => {
            line.arrow(class_of(graph, at.node), "value in WeakMap".to_owned());
        }
        EdgeType::Internal if name.parse::<u32>().is_ok() => {
            line.push(format!("[{name}]"));
        }
        EdgeType::Internal if name.is_empty() => {
            line.arrow(class_of(graph, at.node), "(internal)".to_owned());
        }
        EdgeType::Internal => {
            line.arrow(class_of(graph, at.node), name.clone().into_owned());
            if name == "table" {
                return Place { table: table_of(graph, at.node).map(|(_, kind)| kind), ..there };
            }
        }
        _ => line.arrow(class_of(graph, at.node), edge_label(graph, edge).text),
    }
    there
}

/// Whether a node is one of the objects of which snapshots say the C++ class.
fn is_of_cpp(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) == NodeType::Native && is_cpp_class(&graph.raw_name(node))
}

/// Whether it is a list or table there, whose class has parameters.
fn is_container_of_cpp(graph: &Graph, node: Ordinal) -> bool {
    is_of_cpp(graph, node) && graph.raw_name(node).contains('<')
}

/// Whether an edge leads from a context to one of its variables or to the scope around it.
fn is_scope(graph: &Graph, edge: Edge) -> bool {
    is_context(graph, edge.from)
        && (matches!(edge.edge_type, EdgeType::Context | EdgeType::Hidden)
            || is_context(graph, edge.to))
}

/// The class to name beside an object in a line; `None` where it says nothing.
fn class_of(graph: &Graph, node: Ordinal) -> Option<String> {
    match graph.node_type(node) {
        NodeType::Closure => Some(short_name(graph, node)),
        kind if kind.is_string() => Some(graph.class_name(node).to_owned()),
        NodeType::Native if is_of_cpp(graph, node) => {
            let name = graph.class_name(node);
            Some(name.split('<').next().unwrap_or(name).to_owned())
        }
        NodeType::Object | NodeType::Native => {
            let name = graph.class_name(node);
            (!name.starts_with("system / "))
                .then(|| name_with_original(name, graph.original_class_name(node)))
        }
        _ => None,
    }
}

/// A line under construction.
#[derive(Default)]
struct Line {
    pieces: Vec<(String, u64)>,
    /// Whether the class of the object that the line stands at is said already.
    annotated: bool,
}

impl Line {
    fn push(&mut self, piece: String) {
        match self.pieces.last_mut() {
            Some((last, times)) if *last == piece => *times += 1,
            _ => self.pieces.push((piece, 1)),
        }
        self.annotated = false;
    }

    /// A variable that a module exports, and of what class its value is where the line ends with it.
    fn export(&mut self, name: &str, class: Option<String>, is_last: bool) {
        self.push(format!(" → {name}"));
        // A function's name, mostly the same.
        self.annotated = class.as_ref().is_some_and(|class| class.trim_end_matches("()") == name);
        if is_last {
            self.annotate(class);
        }
    }

    /// Leaves named properties for V8's insides; says of what class the object is that is left,
    /// unless its name does.
    fn arrow(&mut self, class: Option<String>, piece: String) {
        if self.pieces.len() > 1 {
            self.annotate(class);
        }
        self.push(format!(" → {piece}"));
    }

    fn annotate(&mut self, class: Option<String>) {
        let is_said = |class: &String| {
            let name = class.trim_end_matches("()");
            self.pieces.last().is_some_and(|(piece, _)| piece.strip_prefix('.') == Some(name))
        };
        if let Some(class) = class.filter(|class| !self.annotated && !is_said(class)) {
            self.pieces.push((format!(" : {class}"), 1));
            self.annotated = true;
        }
    }

    fn finish(self) -> String {
        let mut line = String::new();
        let left_out = self.pieces.len().saturating_sub(MAX_PIECES);
        for (at, (piece, times)) in self.pieces.iter().enumerate() {
            if left_out > 0 && at == MAX_PIECES / 2 {
                line.push_str(&format!(" … {left_out} more … "));
            }
            if left_out > 0 && (MAX_PIECES / 2..MAX_PIECES / 2 + left_out).contains(&at) {
                continue;
            }
            line.push_str(piece);
            match times {
                1 => {}
                2 => line.push_str(piece),
                _ => line.push_str(&format!(" ({times} times)")),
            }
        }
        line
    }
}
