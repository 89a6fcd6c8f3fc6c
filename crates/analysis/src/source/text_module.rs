//! Modules of ECMAScript as V8 keeps them: which file each is, and what it exports under which name.
//!
//! Source: V8's `SourceTextModule`. Its first field is the table of exports: a name in one slot, the cell of the variable
//! in the next. What runs the module, and by it the script, is another field, which one depends on the version.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use crate::edge::internal;
use crate::object::{script_name, script_of_closure, script_of_shared};
use crate::tables::slot;

/// What holds a cell, or a list of cells, is looked at up to this number: a module may be imported by thousands.
const MOST_HOLDERS: usize = 1000;
/// What `export default` exports. Another name of the same value says more.
const DEFAULT: &str = "default";

/// A variable that a module exports.
pub(crate) struct Export {
    /// The module.
    pub(crate) module: Ordinal,
    /// What it is called outside; `None` where the snapshot does not tell.
    pub(crate) name: Option<String>,
}

/// Whether a node is what V8 knows of a module of ECMAScript.
pub(crate) fn is_text_module(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) != NodeType::String && graph.raw_name(node) == "system / SourceTextModule"
}

/// The name of a module's script; `None` where the snapshot does not tell. Cost: the module's out-edges.
pub(crate) fn script_of_text_module(graph: &Graph, module: Ordinal) -> Option<String> {
    let fields = graph.edges(module).filter(|edge| edge.edge_type == EdgeType::Hidden);
    fields.map(|edge| edge.to).find_map(|code| match graph.node_type(code) {
        NodeType::Closure => script_of_closure(graph, code),
        // What runs the module once it has begun.
        NodeType::Object => script_of_closure(graph, internal(graph, code, "function")?),
        // What it is made of before.
        NodeType::Code => script_name(graph, script_of_shared(graph, code)?),
        _ => None,
    })
}

/// Of which module a cell is an exported variable; `None` for other nodes. Of several that have it, as one exports what
/// another does, the one that declares it. Cost: the edges of the lists that hold the cell.
pub(crate) fn export_of(graph: &Graph, cell: Ordinal) -> Option<Export> {
    if graph.node_type(cell) == NodeType::String || graph.raw_name(cell) != "system / Cell" {
        return None;
    }
    let lists = graph.each_retaining_node(cell).take(MOST_HOLDERS);
    let lists = lists.filter(|&list| graph.node_type(list) == NodeType::Array);
    let mut tables: Vec<(Ordinal, Ordinal)> = Vec::new();
    let mut declaring: Vec<Ordinal> = Vec::new();
    for list in lists {
        let modules = graph.each_retaining_node(list).take(MOST_HOLDERS);
        for module in modules.filter(|&module| is_text_module(graph, module)) {
            if exports(graph, module) == Some(list) {
                tables.push((module, list));
            } else {
                // The cells of a module's own variables are in a list as well.
                declaring.push(module);
            }
        }
    }
    let rank = |&(module, _): &(Ordinal, Ordinal)| (!declaring.contains(&module), module);
    let (module, table) = tables.into_iter().min_by_key(rank)?;
    Some(Export { module, name: name_of(graph, table, cell) })
}

/// A module's table of exports.
fn exports(graph: &Graph, module: Ordinal) -> Option<Ordinal> {
    let mut edges = graph.edges(module);
    edges
        .find(|edge| edge.edge_type == EdgeType::Hidden && slot(graph, *edge) == Some(0))
        .map(|edge| edge.to)
}

/// What a cell, or another one with the same value, is called in a table of exports.
fn name_of(graph: &Graph, table: Ordinal, cell: Ordinal) -> Option<String> {
    let value = internal(graph, cell, "value");
    let slots: FxHashMap<u32, Ordinal> = graph
        .edges(table)
        .filter(|edge| edge.edge_type == EdgeType::Internal)
        .filter_map(|edge| Some((slot(graph, edge)?, edge.to)))
        .collect();
    let name_before = |at: u32| {
        let name = *slots.get(&at.checked_sub(1)?)?;
        let is_text = graph.node_type(name) == NodeType::String;
        is_text.then(|| graph.raw_name(name).into_owned())
    };
    let mut names: Vec<(bool, u32, String)> = slots
        .iter()
        .filter(|&(_, &other)| {
            other == cell || value.is_some() && internal(graph, other, "value") == value
        })
        .filter_map(|(&at, &other)| Some((other != cell, at, name_before(at)?)))
        .collect();
    // Slots are in the order of hashes, which differ in each process.
    names.sort_unstable_by(|a, b| (a.0, &a.2).cmp(&(b.0, &b.2)));
    let own = names.iter().find(|(is_other, ..)| !is_other);
    let better = names.iter().find(|(.., name)| name != DEFAULT);
    let is_default = own.is_some_and(|(.., name)| name == DEFAULT);
    let best = if is_default { better.or(own) } else { own };
    best.map(|(.., name)| name.clone())
}
