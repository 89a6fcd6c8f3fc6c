//! The fields of an object that tell one from another.

use heapglass_graph::{Edge, EdgeType, Graph, NodeType, Ordinal};
use heapglass_secrets::Rules;

use crate::edge::{internal, is_prototype};
use crate::name_with_original;
use crate::names::{
    captured_value, clipped, display_name, oddball, quoted, short_name, value_text,
};
use crate::object::is_context;
use crate::source::{Scripts, short_path};

/// A field with its value in short.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TellingField {
    /// Its name.
    pub name: String,
    /// `"text"`, `42`, `true`, `null`, else the class; credentials are masked.
    pub value: String,
}

/// Fields that are told.
const MOST: usize = 4;
/// Variables of a scope that are told.
const MOST_VARIABLES: usize = 3;
/// Characters of a value that are shown.
const SHOWN: usize = 80;
/// Bytes of a value that are looked through for credentials.
const LONGEST: usize = 8 << 10;
/// What stands for a text of which nothing may be shown.
const MASK: &str = "[REDACTED]";
/// Fields that are looked at: a dictionary has millions.
const MOST_LOOKED_AT: usize = 100;

/// The fields of an object that tell most: of a function its name and where it is written, of a timer what it calls and
/// when, of a scope its variables, of anything else its properties. Cost: its first edges; the name of a script costs the
/// first question a pass over the functions.
pub(crate) fn telling_fields(
    graph: &Graph,
    scripts: &Scripts<'_>,
    object: Ordinal,
) -> Vec<TellingField> {
    match graph.node_type(object) {
        NodeType::Closure => of_function(graph, scripts, object),
        NodeType::Object | NodeType::Hidden if is_context(graph, object) => of_scope(graph, object),
        NodeType::Object => of_timer(graph, scripts, object)
            .unwrap_or_else(|| told_first(graph, object, EdgeType::Property, MOST)),
        _ => Vec::new(),
    }
}

/// Those with texts and numbers first, then others, as the object has them. Functions and the prototype tell nothing.
fn told_first(graph: &Graph, object: Ordinal, kind: EdgeType, most: usize) -> Vec<TellingField> {
    let mut fields: Vec<Edge> = graph
        .edges(object)
        .take(MOST_LOOKED_AT)
        .filter(|&edge| edge.edge_type == kind && !is_prototype(graph, edge))
        .filter(|edge| graph.node_type(edge.to) != NodeType::Closure)
        .collect();
    fields.sort_by_key(|edge| !is_plain_value(graph, edge.to));
    fields.truncate(most);
    fields.into_iter().map(|edge| field(graph, edge)).collect()
}

/// The variables of a scope; its functions where it has no others.
fn of_scope(graph: &Graph, scope: Ordinal) -> Vec<TellingField> {
    let variables = told_first(graph, scope, EdgeType::Context, MOST_VARIABLES);
    if !variables.is_empty() {
        return variables;
    }
    let edges = graph.edges(scope).take(MOST_LOOKED_AT);
    let functions = edges.filter(|edge| edge.edge_type == EdgeType::Context);
    functions.take(MOST_VARIABLES).map(|edge| field(graph, edge)).collect()
}

fn of_function(graph: &Graph, scripts: &Scripts<'_>, function: Ordinal) -> Vec<TellingField> {
    let function = unbound(graph, function);
    let name = Some(("name", short_name(graph, function)));
    let place = place(graph, scripts, function).map(|place| ("written", place));
    [name, place].into_iter().flatten().map(|(name, value)| told(name, &value)).collect()
}

/// Delay and callback of a timer of Node.js; `None` for anything else.
fn of_timer(graph: &Graph, scripts: &Scripts<'_>, object: Ordinal) -> Option<Vec<TellingField>> {
    let callback = match graph.class_name(object) {
        "Timeout" => "_onTimeout",
        "Immediate" => "_onImmediate",
        _ => return None,
    };
    let property = |name: &str| graph.edge_named(object, EdgeType::Property, name);
    let function =
        property(callback).filter(|edge| graph.node_type(edge.to) == NodeType::Closure)?;
    let function = unbound(graph, function.to);
    // A number is in the snapshot only if numeric values were captured.
    let is_known = |edge: &Edge| {
        graph.node_type(edge.to) != NodeType::Number || captured_value(graph, edge.to).is_some()
    };
    let times = ["_idleTimeout", "_repeat"];
    let mut fields: Vec<TellingField> = times
        .into_iter()
        .filter_map(property)
        .filter(is_known)
        .map(|edge| field(graph, edge))
        .collect();
    let name = short_name(graph, function);
    let place = place(graph, scripts, function).map(|place| format!(" at {place}"));
    fields.push(told(callback, &format!("{name}{}", place.unwrap_or_default())));
    Some(fields)
}

/// The function that `bind` was called on; any other function itself.
pub(crate) fn unbound(graph: &Graph, function: Ordinal) -> Ordinal {
    internal(graph, function, "bound_function").unwrap_or(function)
}

/// The file and the line that a function is written in.
fn place(graph: &Graph, scripts: &Scripts<'_>, function: Ordinal) -> Option<String> {
    let at = graph.location(function)?;
    if let Some(original) = graph.original(at) {
        return Some(format!("{}:{}", short_path(&original.file), u64::from(original.line) + 1));
    }
    let script = scripts.of_function(function)?;
    Some(format!("{}:{}", short_path(&script), u64::from(at.line) + 1))
}

/// A field of this name with a text that is not the program's.
fn told(name: &str, text: &str) -> TellingField {
    let value = clipped(&Rules::standard().mask(clip(text, LONGEST)), SHOWN);
    TellingField { name: name.to_owned(), value }
}

fn field(graph: &Graph, edge: Edge) -> TellingField {
    let name = graph.edge_name(edge);
    let value = match text_of(graph, edge.to) {
        Some(text) => quoted(&masked(&name, &text), SHOWN),
        None if is_plain_value(graph, edge.to) => value_text(graph, edge.to),
        None => short_name(graph, edge.to),
    };
    let original = (edge.edge_type == EdgeType::Context)
        .then(|| graph.original_variable(edge.from, &name))
        .flatten();
    let name = name_with_original(&name, original);
    let name = clipped(&Rules::standard().mask(clip(&name, LONGEST)), SHOWN);
    TellingField { name, value }
}

/// The beginning of a text; of a slice that of the text it is a part of.
fn text_of(graph: &Graph, node: Ordinal) -> Option<String> {
    let text = match graph.node_type(node) {
        NodeType::String | NodeType::ConcatenatedString => display_name(graph, node),
        NodeType::SlicedString => {
            display_name(graph, internal(graph, node, "parent").unwrap_or(node))
        }
        _ => return None,
    };
    Some(clip(&text, LONGEST).to_owned())
}

/// A text without credentials. It is looked at before it is shortened and put on one line, by which some would no
/// longer be known, alone and beside its name.
fn masked(name: &str, text: &str) -> String {
    let rules = Rules::standard();
    let masked = rules.mask_value(name, text).into_owned();
    let beside = format!("{name}: {masked}");
    let beside = rules.mask(&beside);
    beside.strip_prefix(name).and_then(|rest| rest.strip_prefix(": ")).unwrap_or(MASK).to_owned()
}

/// The first `length` bytes of a text, or somewhat fewer.
fn clip(text: &str, length: usize) -> &str {
    text.get(..text.floor_char_boundary(length)).unwrap_or_default()
}

/// Whether a value is a text, a number, `true`, `null` or their like.
fn is_plain_value(graph: &Graph, node: Ordinal) -> bool {
    let kind = graph.node_type(node);
    kind.is_string()
        || matches!(kind, NodeType::Number | NodeType::BigInt)
        || oddball(graph, node).is_some()
}
