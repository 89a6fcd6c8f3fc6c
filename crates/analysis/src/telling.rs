//! The fields of an object that tell one from another.

use heapglass_graph::{Edge, EdgeType, Graph, NodeType, Ordinal};
use heapglass_secrets::Rules;

use crate::edge::is_prototype;
use crate::names::{clipped, display_name, oddball, quoted, short_name, value_text};

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
/// Characters of a value that are shown.
const SHOWN: usize = 80;
/// Bytes of a value that are looked through for credentials.
const LONGEST: usize = 8 << 10;
/// What stands for a text of which nothing may be shown.
const MASK: &str = "[REDACTED]";
/// Fields that are looked at: a dictionary has millions.
const MOST_LOOKED_AT: usize = 100;

/// The fields of an object that tell most: first those with texts and numbers, then others, as the object has them.
/// Functions and the prototype tell nothing. Cost: its first edges.
pub(crate) fn telling_fields(graph: &Graph, object: Ordinal) -> Vec<TellingField> {
    if graph.node_type(object) != NodeType::Object {
        return Vec::new();
    }
    let mut fields: Vec<Edge> = graph
        .edges(object)
        .take(MOST_LOOKED_AT)
        .filter(|&edge| edge.edge_type == EdgeType::Property && !is_prototype(graph, edge))
        .filter(|edge| graph.node_type(edge.to) != NodeType::Closure)
        .collect();
    fields.sort_by_key(|edge| !is_plain_value(graph, edge.to));
    fields.truncate(MOST);
    fields.into_iter().map(|edge| field(graph, edge)).collect()
}

fn field(graph: &Graph, edge: Edge) -> TellingField {
    let name = graph.edge_name(edge);
    let value = match text_of(graph, edge.to) {
        Some(text) => quoted(&masked(&name, &text), SHOWN),
        None if is_plain_value(graph, edge.to) => value_text(graph, edge.to),
        None => short_name(graph, edge.to),
    };
    let name = clipped(&Rules::standard().mask(clip(&name, LONGEST)), SHOWN);
    TellingField { name, value }
}

/// The beginning of a text; of a slice that of the text it is a part of.
fn text_of(graph: &Graph, node: Ordinal) -> Option<String> {
    let text = match graph.node_type(node) {
        NodeType::String | NodeType::ConcatenatedString => display_name(graph, node),
        NodeType::SlicedString => {
            let parent = graph.edge_named(node, EdgeType::Internal, "parent");
            display_name(graph, parent.map_or(node, |parent| parent.to))
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
    matches!(
        graph.node_type(node),
        NodeType::String
            | NodeType::ConcatenatedString
            | NodeType::SlicedString
            | NodeType::Number
            | NodeType::BigInt
    ) || oddball(graph, node).is_some()
}
