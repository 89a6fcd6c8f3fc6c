//! The fields of an object that tell one from another.

use heapglass_graph::{Edge, EdgeType, Graph, NodeType, Ordinal};
use heapglass_secrets::Rules;

use crate::edge::is_prototype;
use crate::names::{oddball, short_name, value_text};

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
    let name = graph.edge_name(edge).into_owned();
    let value = match is_plain_value(graph, edge.to) {
        true => value_text(graph, edge.to),
        false => short_name(graph, edge.to),
    };
    let value = Rules::standard().mask_value(&name, &value).into_owned();
    TellingField { name, value }
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
