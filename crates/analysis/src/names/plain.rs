//! Names of plain objects: `{a, b, …, z}`.

use heapglass_format::strings::utf16_units;
use heapglass_graph::{Edge, EdgeType, Graph, Ordinal};

use crate::edge::is_prototype;

/// Longest name in UTF-16 units, unless one property alone is longer.
const MAX_UNITS: usize = 100;

/// The names of a plain object's properties, taken from the front and the back in turn until they
/// get too long. Cost: the edges that are looked at; an object with a million properties costs no
/// more than one with twenty.
///
/// Source: `JSHeapSnapshotNode.#plainObjectName`.
pub(super) fn plain_object_name(graph: &Graph, node: Ordinal) -> String {
    let mut properties = properties(graph, node);
    let (mut start, mut end) = (String::from("{"), String::from("}"));
    let mut from_back = false;
    while let Some(edge) = if from_back { properties.next_back() } else { properties.next() } {
        let name = formatted(&graph.edge_name(edge));
        if start.len() > 1 && units(&start) + units(&end) + units(&name) > MAX_UNITS {
            start.push_str(", …");
            break;
        }
        if from_back {
            let separator = if end.len() > 1 { ", " } else { "" };
            end = format!("{name}{separator}{end}");
        } else {
            start.push_str(if start.len() > 1 { ", " } else { "" });
            start.push_str(&name);
        }
        from_back = !from_back;
    }
    let separator = if end.len() > 1 { ", " } else { "" };
    format!("{start}{separator}{end}")
}

/// Properties that are counted at most.
const MOST_COUNTED: usize = 10_000;
/// Numbers of properties that are told, the largest first. A number that is exact would be wrong where values are small
/// integers, which are in no snapshot, and with them their names.
const MANY: [usize; 3] = [MOST_COUNTED, 1_000, DICTIONARY];
/// More properties than people give an object by name.
const DICTIONARY: usize = 100;

/// The same for a label. That an object has very many properties, as one that is used as a dictionary, says more of it than
/// the names of the first few: `{over 1000 keys: a, b, …, z}`. Cost: its edges, up to the one after [`MOST_COUNTED`] properties.
pub(super) fn short_plain_name(graph: &Graph, node: Ordinal) -> String {
    let name = plain_object_name(graph, node);
    let count = properties(graph, node).take(MOST_COUNTED + 1).count();
    match (MANY.into_iter().find(|&many| count > many), name.strip_prefix('{')) {
        (Some(many), Some(names)) => format!("{{over {many} keys: {names}"),
        _ => name,
    }
}

/// Whether an object has so many properties that it is a dictionary. Cost: its edges, as many as tell that.
pub(super) fn is_dictionary(graph: &Graph, node: Ordinal) -> bool {
    properties(graph, node).nth(DICTIONARY).is_some()
}

fn properties(graph: &Graph, node: Ordinal) -> impl DoubleEndedIterator<Item = Edge> {
    graph
        .edges(node)
        .filter(|edge| edge.edge_type == EdgeType::Property && !is_prototype(graph, *edge))
}

fn units(text: &str) -> usize {
    utf16_units(text.as_bytes())
}

/// A property's name; one that could be mistaken for punctuation is quoted.
fn formatted(name: &str) -> String {
    if !name.contains([',', '\'', '"', '{', '}']) {
        return name.to_owned();
    }
    let mut quoted = String::from("\"");
    for char in name.chars() {
        match char {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '\u{8}' => quoted.push_str("\\b"),
            '\u{c}' => quoted.push_str("\\f"),
            '\0'..'\u{20}' => quoted.push_str(&format!("\\u{:04x}", u32::from(char))),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odd_property_names_are_quoted() {
        assert_eq!(formatted("plain name"), "plain name");
        assert_eq!(formatted("a,\"b\n\u{1}"), r#""a,\"b\n\u0001""#);
    }
}
