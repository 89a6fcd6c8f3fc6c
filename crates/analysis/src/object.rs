//! One object in readable form.

use heapglass_graph::{Graph, Location, Ordinal};

use crate::{EdgeLabel, ObjectSummary};

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
    /// The key in short; `None` where the snapshot does not hold it (a small integer).
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
    /// For strings.
    pub string: Option<StringValue>,
    /// Where its constructor, or the function itself, is written; 0-based.
    pub location: Option<Location>,
    /// Name of the script of `location`, where it could be found.
    pub script: Option<String>,
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

/// Describes one object. Cost: its out-edges, and those of its table, elements and contexts.
pub fn object(graph: &Graph, node: Ordinal, options: &ObjectOptions) -> ObjectReport {
    let _ = (graph, node, options);
    unimplemented!()
}
