//! Edges in words.

use heapglass_graph::{Edge, EdgeName, EdgeType, Graph, NodeId, Ordinal, StringIndex};

use crate::name_with_original;
use crate::names::clipped;
use crate::strings::is_number;

/// Characters of a name that a text shows.
const TEXT_CHARS: usize = 80;
/// What holds a value in a WeakMap, or its table, is looked at up to this number.
const MOST_HOLDERS: usize = 64;

/// An edge in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EdgeLabel {
    /// The type.
    pub kind: EdgeType,
    /// V8's word for the type: `property`, `element`, `context`, `internal` …
    pub edge_type: String,
    /// The bare name: a property's, or a number in digits.
    pub name: String,
    /// As people write it: `.name`, `["odd name"]`, `[3]`, `variable x`, `{internal}`, `value in WeakMap @123`; with a
    /// source map `variable cache (x)`.
    pub text: String,
}

/// Puts an edge in words.
pub fn edge_label(graph: &Graph, edge: Edge) -> EdgeLabel {
    let name = graph.edge_name(edge).into_owned();
    let text = match weak_map_of(graph, edge, &name) {
        Some(map) => format!("value in WeakMap @{}", map.0),
        None => text_from(graph, edge.from, edge.edge_type, &name),
    };
    let edge_type = type_name(graph, edge.edge_type).to_owned();
    EdgeLabel { kind: edge.edge_type, edge_type, name, text }
}

/// An edge from a node, of this type and name, as people write it.
pub(crate) fn text_from(graph: &Graph, from: Ordinal, edge_type: EdgeType, name: &str) -> String {
    let original = (edge_type == EdgeType::Context).then(|| graph.original_variable(from, name));
    match original.flatten() {
        Some(original) => text_of(edge_type, &name_with_original(name, Some(original))),
        None => text_of(edge_type, name),
    }
}

/// Whether edges of this type and name from two nodes have the same text. Minifiers call different variables the same.
pub(crate) fn have_same_text(
    graph: &Graph,
    (edge_type, name): (EdgeType, StringIndex),
    one: Ordinal,
    other: Ordinal,
) -> bool {
    if edge_type != EdgeType::Context || one == other || graph.originals().is_none() {
        return true;
    }
    let name = graph.string(name);
    graph.original_variable(one, &name) == graph.original_variable(other, &name)
}

/// Where the first internal edge of a node with this name leads. Cost: its out-edges.
pub(crate) fn internal(graph: &Graph, node: Ordinal, name: &str) -> Option<Ordinal> {
    Some(graph.edge_named(node, EdgeType::Internal, name)?.to)
}

/// Whether an edge leads to the prototype. Compares bytes: objects have up to millions of properties.
pub(crate) fn is_prototype(graph: &Graph, edge: Edge) -> bool {
    edge.edge_type == EdgeType::Property
        && matches!(edge.name, EdgeName::String(index)
            if graph.strings().get(index.0) == Some(b"__proto__"))
}

/// An edge of this type and name as people write it, whatever it is called in the source.
pub(crate) fn text_of(edge_type: EdgeType, name: &str) -> String {
    if edge_type == EdgeType::Internal && leads_to_value_of_weak_map(name) {
        return "value in WeakMap".to_owned();
    }
    let short = clipped(name, TEXT_CHARS);
    match edge_type {
        EdgeType::Property | EdgeType::Shortcut if is_identifier(name) => format!(".{short}"),
        EdgeType::Property | EdgeType::Shortcut if name.parse::<u32>().is_ok() => {
            format!("[{short}]")
        }
        EdgeType::Property | EdgeType::Shortcut => format!("[{:?}]", short),
        EdgeType::Element => format!("[{short}]"),
        EdgeType::Context => format!("variable {short}"),
        EdgeType::Weak => format!("weak {{{short}}}"),
        EdgeType::Hidden => format!("{{hidden {short}}}"),
        _ => format!("{{{short}}}"),
    }
}

/// The id of the table of a WeakMap, in digits, by the name of the edges that lead to a value in it from its key and from the
/// table: `3 / part of key (Key @1) -> value (Info @2) pair in WeakMap (table @5)`.
pub(crate) fn weak_table_of(name: &str) -> Option<&str> {
    let (pair, table) = name.rsplit_once(" pair in WeakMap (table @")?;
    let table = table.strip_suffix(')')?;
    (is_number(table.as_bytes()) && pair.contains(" / part of key (")).then_some(table)
}

/// Whether an edge of this name leads from a key of a WeakMap, or from its table, to the value. Up to Node 12 it does not say
/// which table: `9 / key Session in WeakMap`.
pub(crate) fn leads_to_value_of_weak_map(name: &str) -> bool {
    let is_old = || {
        let pair = name.strip_suffix(" in WeakMap").and_then(|name| name.split_once(" / key "));
        pair.is_some_and(|(number, _)| is_number(number.as_bytes()))
    };
    weak_table_of(name).is_some() || is_old()
}

/// The id of the WeakMap that an edge of this name leads to a value in; `None` for other edges, and where its table is not
/// among the first that hold the value.
fn weak_map_of(graph: &Graph, edge: Edge, name: &str) -> Option<NodeId> {
    if edge.edge_type != EdgeType::Internal {
        return None;
    }
    let id = NodeId(weak_table_of(name)?.parse().ok()?);
    let holders = graph.each_retaining_node(edge.to).take(MOST_HOLDERS);
    let table = std::iter::once(edge.from).chain(holders).find(|&node| graph.id(node) == id)?;
    let mut holders = graph.each_retaining_node(table).take(MOST_HOLDERS);
    let map = holders.find(|&holder| internal(graph, holder, "table") == Some(table))?;
    Some(graph.id(map))
}

/// Whether a property of this name can be written with a dot. `<symbol x>`, V8's name for a
/// property with a symbol, cannot.
pub(crate) fn is_identifier(name: &str) -> bool {
    let mut chars = name.chars();
    chars.next().is_some_and(|first| first.is_alphabetic() || "_$#".contains(first))
        && chars.all(|char| char.is_alphanumeric() || "_$".contains(char))
}

fn type_name(graph: &Graph, edge_type: EdgeType) -> &str {
    match edge_type {
        EdgeType::Other(raw) => graph
            .overview()
            .info
            .edge_type_names
            .get(usize::from(raw))
            .map_or("unknown", |name| name),
        known => known.name().unwrap_or("unknown"),
    }
}
