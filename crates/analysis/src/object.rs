//! One object in readable form.

mod details;
mod function;

use heapglass_format::strings::utf16_units;
use heapglass_graph::{Edge, EdgeType, Graph, Location, NodeType, Ordinal, Original};

pub use details::{Detail, DetailKind};
use function::variables;
pub(crate) use function::{
    constructor_of, is_context, is_name_of_context, script_name, script_of_closure,
    script_of_shared, source_of,
};

use crate::filter::duplicates::{is_truncated, known_number};
use crate::names::{SLICE, display_name, value_text};
use crate::native_context::native_context_of_map;
use crate::source::Scripts;
use crate::tables::{self, Kind};
use crate::{EdgeLabel, ObjectSummary, describe, edge_label};

/// Length at which V8 cuts a string's text off, in UTF-16 units.
const CUT_AT: usize = 1024;

/// How much of an object to give.
#[derive(Debug, Clone)]
pub struct ObjectOptions {
    /// At most this many rows in each list (properties, elements, entries, other edges); `None`
    /// for all.
    pub limit: Option<usize>,
    /// Also list internal, hidden, shortcut and weak edges.
    pub internals: bool,
}

impl Default for ObjectOptions {
    fn default() -> Self {
        ObjectOptions { limit: Some(100), internals: false }
    }
}

/// An edge to a value.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// The edge.
    pub edge: EdgeLabel,
    /// The value in short: `"text"`, `42`, `true`, `undefined`, `Session @123`.
    pub value: String,
    /// The value's node.
    pub object: ObjectSummary,
}

/// Elements of an array or of an object with numbered properties.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Elements {
    /// The first of them.
    pub items: Vec<Field>,
    /// How many edges to elements there are (small integers and holes have none).
    pub count: u64,
    /// The array's `length`, where the snapshot knows it.
    pub length: Option<u64>,
}

/// An entry of a Map, Set, WeakMap or WeakSet.
#[derive(Debug, Clone, PartialEq)]
pub struct MapEntry {
    /// The key in short; `None` where the snapshot does not hold it: a small integer, `true`, `false`, `null`, `undefined`.
    pub key: Option<String>,
    /// The key's node.
    pub key_object: Option<ObjectSummary>,
    /// The value in short; `None` for sets and where the snapshot does not hold it.
    pub value: Option<String>,
    /// The value's node.
    pub value_object: Option<ObjectSummary>,
}

/// A variable that a closure sees.
#[derive(Debug, Clone, PartialEq)]
pub struct ContextVariable {
    /// Its name.
    pub name: String,
    /// What it was called before a minifier gave it that name, if a source map says so.
    pub original_name: Option<String>,
    /// Scopes between the closure and the variable: 0 is the closure's own context.
    pub scope: u32,
    /// The value in short.
    pub value: String,
    /// The value's node.
    pub object: ObjectSummary,
}

/// What is known of a function.
#[derive(Debug, Clone, PartialEq)]
pub struct ClosureInfo {
    /// The function's name; empty for anonymous ones.
    pub name: String,
    /// Name of the script it is written in, usually a URL or a path.
    pub script: Option<String>,
    /// The variables it sees, the nearest scope first.
    pub variables: Vec<ContextVariable>,
    /// Variables that are not in `variables`.
    pub more_variables: u64,
}

/// A string's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StringValue {
    /// The text as far as the snapshot holds it.
    pub text: String,
    /// Length of the whole string in UTF-16 units, where the snapshot knows it.
    pub length: Option<u64>,
    /// Whether `text` is less than the whole.
    pub truncated: bool,
}

/// One object in readable form.
#[derive(Debug, Clone, PartialEq)]
pub struct ObjectReport {
    /// Names, sizes, distance.
    pub object: ObjectSummary,
    /// The value in short, see [`Field::value`].
    pub value: String,
    /// For strings whose text the snapshot holds; V8 writes none for sliced strings.
    pub string: Option<StringValue>,
    /// What else the snapshot tells of an object of this kind.
    pub details: Vec<Detail>,
    /// What it is, or its owner is, if it is a Map, Set, WeakMap, WeakSet or the table of one.
    pub collection: Option<Kind>,
    /// Where its constructor, or the function itself, is written; 0-based.
    pub location: Option<Location>,
    /// Name of the script of `location`, where it could be found.
    pub script: Option<String>,
    /// Where that was written before a bundler moved it, if a source map says so.
    pub original: Option<Original>,
    /// What dominates it; `None` for the root.
    pub dominator: Option<ObjectSummary>,
    /// Number of nodes it retains, itself included.
    pub retained_count: u32,
    /// Number of edges into it.
    pub retainer_count: u64,
    /// Number of edges out of it.
    pub edge_count: u64,
    /// The native context of its map, if that can be told from the object alone.
    pub native_context: Option<ObjectSummary>,
    /// For functions.
    pub closure: Option<ClosureInfo>,
    /// Its prototype (`__proto__`).
    pub prototype: Option<ObjectSummary>,
    /// Named properties, in order.
    pub properties: Vec<Field>,
    /// Properties that are not in `properties`.
    pub more_properties: u64,
    /// Elements.
    pub elements: Elements,
    /// Entries of a Map, Set, WeakMap, WeakSet, or of their tables.
    pub entries: Vec<MapEntry>,
    /// Entries that are not in `entries`.
    pub more_entries: u64,
    /// Context variables, for contexts themselves.
    pub variables: Vec<ContextVariable>,
    /// Internal, hidden, shortcut and weak edges, if asked for.
    pub internals: Vec<Field>,
    /// Edges of those kinds that are not in `internals`.
    pub more_internals: u64,
}

/// Describes one object. Cost: its out-edges, and those of its table, elements and contexts; a pass over the functions where
/// nothing but the script's number tells where it is written.
pub fn object(graph: &Graph, node: Ordinal, options: &ObjectOptions) -> ObjectReport {
    let limit = options.limit.unwrap_or(usize::MAX);
    let fields = Fields::of(graph, node, options.internals, limit);
    let table = table_of(graph, node);
    let (entries, more_entries) = match table {
        Some((table, kind)) => map_entries(graph, table, kind, limit),
        None => (Vec::new(), 0),
    };
    let (variables, _) = match graph.node_type(node) {
        NodeType::Object | NodeType::Hidden => variables(graph, node, 1, limit),
        _ => (Vec::new(), 0),
    };
    ObjectReport {
        object: describe(graph, node),
        value: value_text(graph, node),
        string: string_value(graph, node),
        details: details::details(graph, node),
        collection: table.map(|(_, kind)| kind),
        location: graph.location(node),
        script: Scripts::of(graph).of_node(node).1,
        original: graph.location(node).and_then(|at| graph.original(at)).cloned(),
        dominator: (node != graph.root()).then(|| describe(graph, graph.dominator(node))),
        retained_count: graph.retained_count(node),
        retainer_count: graph.retainer_count(node),
        edge_count: graph.edge_range(node).len() as u64,
        native_context: native_context_of_map(graph, node).map(|context| describe(graph, context)),
        closure: (graph.node_type(node) == NodeType::Closure)
            .then(|| function::closure_info(graph, node, limit)),
        prototype: fields.prototype.map(|prototype| describe(graph, prototype)),
        properties: fields.properties.shown,
        more_properties: fields.properties.more,
        elements: Elements {
            count: fields.elements.shown.len() as u64 + fields.elements.more,
            items: fields.elements.shown,
            length: captured_length(graph, node),
        },
        entries,
        more_entries,
        variables,
        internals: fields.internals.shown,
        more_internals: fields.internals.more,
    }
}

/// The first of many edges, and the number of the others.
struct List {
    shown: Vec<Field>,
    more: u64,
    limit: usize,
}

impl List {
    fn is_full(&self) -> bool {
        self.shown.len() >= self.limit
    }

    fn push(&mut self, graph: &Graph, edge: Edge) {
        if !self.is_full() {
            self.shown.push(Field {
                edge: edge_label(graph, edge),
                value: value_text(graph, edge.to),
                object: describe(graph, edge.to),
            });
        } else {
            self.more += 1;
        }
    }
}

/// A node's edges by what they are to people.
struct Fields {
    properties: List,
    elements: List,
    internals: List,
    prototype: Option<Ordinal>,
}

impl Fields {
    fn of(graph: &Graph, node: Ordinal, internals: bool, limit: usize) -> Fields {
        let list = |limit| List { shown: Vec::new(), more: 0, limit };
        let mut fields = Fields {
            properties: list(limit),
            elements: list(limit),
            internals: list(if internals { limit } else { 0 }),
            prototype: None,
        };
        let prototype = graph.named(node, "__proto__");
        for edges in graph.edges(node).blocks() {
            // Of arrays and tables with millions of edges nearly all are only counted.
            let counted = match edges.only_type() {
                None | Some(EdgeType::Property | EdgeType::Context | EdgeType::Broken) => None,
                Some(EdgeType::Element) => Some(&mut fields.elements),
                Some(_) => Some(&mut fields.internals),
            };
            if let Some(list) = counted.filter(|list| list.is_full()) {
                list.more += edges.there() as u64;
                continue;
            }
            edges.for_each(|edge| match edge.edge_type {
                EdgeType::Property if prototype.is(edge.name) => fields.prototype = Some(edge.to),
                EdgeType::Property => fields.properties.push(graph, edge),
                EdgeType::Element => fields.elements.push(graph, edge),
                EdgeType::Context => {}
                _ => fields.internals.push(graph, edge),
            });
        }
        fields
    }
}

/// The table whose entries are the node's: a collection's, or the node itself if it is one.
fn table_of(graph: &Graph, node: Ordinal) -> Option<(Ordinal, Kind)> {
    match graph.node_type(node) {
        NodeType::Object => tables::table_of(graph, node),
        NodeType::Array => graph
            .each_retaining_node(node)
            .take(4)
            .find_map(|owner| tables::table_of(graph, owner).filter(|&(table, _)| table == node)),
        _ => None,
    }
}

fn map_entries(graph: &Graph, table: Ordinal, kind: Kind, limit: usize) -> (Vec<MapEntry>, u64) {
    let (first, more) = tables::entries(graph, table, kind, limit);
    let text = |node: Option<Ordinal>| node.map(|node| value_text(graph, node));
    let object = |node: Option<Ordinal>| node.map(|node| describe(graph, node));
    let first = first.into_iter().filter(|entry| !entry.key.is_some_and(|key| is_hole(graph, key)));
    let entries = first.map(|entry| {
        let value = entry.value.filter(|_| matches!(kind, Kind::Map | Kind::WeakMap));
        MapEntry {
            key: text(entry.key),
            key_object: object(entry.key),
            value: text(value),
            value_object: object(value),
        }
    });
    (entries.collect(), more)
}

/// Whether a node stands for a removed entry.
fn is_hole(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) != NodeType::Object
        && matches!(&*graph.raw_name(node), "system / Hole" | "hole" | "hash_table_hole")
}

fn string_value(graph: &Graph, node: Ordinal) -> Option<StringValue> {
    if !graph.node_type(node).is_string() {
        return None;
    }
    let text = display_name(graph, node);
    if graph.node_type(node) == NodeType::SlicedString && text == SLICE {
        return None;
    }
    let units = utf16_units(text.as_bytes());
    let known = known_number(graph, node, "length").and_then(|length| u64::try_from(length).ok());
    // A concatenated string with a slice in it shows V8's word in place of the slice.
    let has_gap = graph.node_type(node) == NodeType::ConcatenatedString && text.contains(SLICE);
    let truncated = match known {
        _ if has_gap => true,
        Some(length) => length > units as u64,
        None => is_truncated(graph, node) || units >= CUT_AT,
    };
    let length = known.or((!truncated).then_some(units as u64));
    Some(StringValue { text, length, truncated })
}

/// An array's length where numbers were captured.
fn captured_length(graph: &Graph, node: Ordinal) -> Option<u64> {
    let length = graph
        .edge_named(node, EdgeType::Internal, "length")
        .or_else(|| graph.edge_named(node, EdgeType::Property, "length"))?;
    let is_number = graph.node_type(length.to) == NodeType::Number;
    value_text(graph, length.to).parse().ok().filter(|_| is_number)
}
