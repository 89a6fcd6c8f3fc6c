//! Names of objects: DevTools' display names, and short labels for people.

mod cons;
mod plain;

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};

use crate::edge::internal;
use crate::name_with_original;
use crate::source::short_path;

pub(crate) use cons::{ConsStrings, ENOUGH_UNITS, cons_text, halves};

/// Characters of a string, or of a plain object's name, that a label shows.
const LABEL_CHARS: usize = 40;

/// What DevTools writes for the object itself: a string's text (concatenated strings are put
/// together up to 1,024 UTF-16 units), `{a, b, …, z}` for plain objects, else V8's raw name.
///
/// Source: `JSHeapSnapshotNode.name`.
pub fn display_name(graph: &Graph, node: Ordinal) -> String {
    match graph.node_type(node) {
        NodeType::ConcatenatedString => cons_text(graph, node),
        NodeType::Object if is_plain(graph, node) => plain::plain_object_name(graph, node),
        _ => graph.raw_name(node).into_owned(),
    }
}

/// A closure's function name; `None` for other nodes and for anonymous functions.
pub fn closure_name(graph: &Graph, node: Ordinal) -> Option<String> {
    let name = graph.raw_name(node);
    (graph.node_type(node) == NodeType::Closure && !name.is_empty()).then(|| name.into_owned())
}

/// A short readable name with class and id: `Session @123`, `{id, name} @5`, `fetch() @7`,
/// `"text…" @9`.
pub fn label(graph: &Graph, node: Ordinal) -> String {
    format!("{} {}", short_name(graph, node), graph.id(node))
}

/// The same without the id.
pub(crate) fn short_name(graph: &Graph, node: Ordinal) -> String {
    match graph.node_type(node) {
        NodeType::SlicedString => slice_text(graph, node, LABEL_CHARS),
        NodeType::String | NodeType::ConcatenatedString => {
            quoted(&display_name(graph, node), LABEL_CHARS)
        }
        NodeType::Symbol => symbol_text(graph, node),
        NodeType::Closure => {
            let name = closure_name(graph, node);
            let written = graph.location(node).and_then(|at| graph.original(at)?.name.as_deref());
            match (name, written) {
                // A method is `get size` or `onChange` of something, which says no less.
                (Some(name), Some(written)) if !name.ends_with(written) => {
                    format!("{written}() ({name})")
                }
                (None, Some(written)) => format!("{written}()"),
                (name, _) => format!("{}()", name.as_deref().unwrap_or("(anonymous)")),
            }
        }
        NodeType::Object if is_plain(graph, node) => {
            clipped(&plain::short_plain_name(graph, node), LABEL_CHARS)
        }
        NodeType::Object | NodeType::Native => {
            name_with_original(graph.class_name(node), graph.original_class_name(node))
        }
        NodeType::RegExp => format!("/{}/", clipped(&graph.raw_name(node), LABEL_CHARS)),
        NodeType::Number => number_text(graph, node),
        _ if node == graph.root() => "(root)".to_owned(),
        _ if let Some(word) = oddball(graph, node) => word.to_owned(),
        _ => {
            let name = graph.raw_name(node);
            let said = match &*name {
                "" => graph.class_name(node),
                // A script: the end of its path says which.
                path if is_path(path) => short_path(path),
                name => name,
            };
            clipped(said, LABEL_CHARS)
        }
    }
}

/// Whether a name is the whole path of a file, or its URL.
fn is_path(name: &str) -> bool {
    name.starts_with('/') || name.contains("://") || name.get(1..3) == Some(":\\")
}

/// A value in short: `"text"`, `42`, `true`, `undefined`, else a label with the id.
pub(crate) fn value_text(graph: &Graph, node: Ordinal) -> String {
    match graph.node_type(node) {
        NodeType::SlicedString => slice_text(graph, node, 2 * LABEL_CHARS),
        NodeType::String | NodeType::ConcatenatedString => {
            quoted(&display_name(graph, node), 2 * LABEL_CHARS)
        }
        NodeType::Number => number_text(graph, node),
        _ => match oddball(graph, node) {
            Some(word) => word.to_owned(),
            None => label(graph, node),
        },
    }
}

/// `undefined`, `null`, `true`, `false` and their like, which V8 keeps as objects without class.
pub(crate) fn oddball(graph: &Graph, node: Ordinal) -> Option<&'static str> {
    if !matches!(graph.node_type(node), NodeType::Hidden | NodeType::Native) {
        return None;
    }
    let mut name = graph.raw_name(node);
    if name == "system / Oddball" {
        // Before Node 22 the word stands beside the object, as its first hidden field.
        let word = graph.edges(node).find(|edge| edge.edge_type == EdgeType::Hidden)?;
        name = graph.raw_name(word.to);
    }
    ["undefined", "null", "true", "false"].into_iter().find(|&word| word == name)
}

/// A number's value where numeric values were captured, else its kind: `int`, `heap number`.
fn number_text(graph: &Graph, node: Ordinal) -> String {
    captured_value(graph, node).unwrap_or_else(|| graph.raw_name(node).into_owned())
}

/// A number's value where numeric values were captured.
pub(crate) fn captured_value(graph: &Graph, node: Ordinal) -> Option<String> {
    Some(graph.raw_name(internal(graph, node, "value")?).into_owned())
}

/// What V8 writes for the text of every sliced string.
pub(crate) const SLICE: &str = "(sliced string)";

/// A sliced string in short. Where its part begins and ends is not in a snapshot.
fn slice_text(graph: &Graph, node: Ordinal, chars: usize) -> String {
    let name = graph.raw_name(node);
    match internal(graph, node, "parent") {
        Some(parent) if name == SLICE => {
            format!("part of {}", quoted(&graph.raw_name(parent), chars))
        }
        _ => quoted(&name, chars),
    }
}

/// `Symbol(description)`.
fn symbol_text(graph: &Graph, node: Ordinal) -> String {
    let name = graph.raw_name(node);
    match internal(graph, node, "name") {
        Some(text) if name == "symbol" => {
            format!("Symbol({})", clipped(&graph.raw_name(text), LABEL_CHARS))
        }
        _ => clipped(&name, LABEL_CHARS),
    }
}

/// The value of a captured number of this kind (`int`, `double`, `bool`).
pub(crate) fn captured_number(graph: &Graph, node: Ordinal, kind: &str) -> Option<String> {
    let is_kind = graph.node_type(node) == NodeType::Number && graph.raw_name(node) == kind;
    if is_kind { captured_value(graph, node) } else { None }
}

fn is_plain(graph: &Graph, node: Ordinal) -> bool {
    graph.strings().get(graph.name_index(node).0) == Some(b"Object")
}

/// Whether an object is a plain one with so many properties that it is used as a dictionary: their names are data then.
pub(crate) fn is_dictionary(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) == NodeType::Object
        && is_plain(graph, node)
        && plain::is_dictionary(graph, node)
}

/// The name of a class, that of plain objects whatever their properties. Plain objects that are alike are called `{id, name}`
/// if there are enough of them, which differs from heap to heap.
pub(crate) fn unshaped(class_name: &str) -> &str {
    if class_name.starts_with('{') && class_name.ends_with('}') { "Object" } else { class_name }
}

/// A text in quotes, on one line, at most `chars` characters of it.
pub(crate) fn quoted(text: &str, chars: usize) -> String {
    let mut quoted = String::from("\"");
    for (at, char) in text.chars().enumerate() {
        if at == chars {
            quoted.push('…');
            break;
        }
        match char {
            '"' => quoted.push_str("\\\""),
            _ if char.is_control() => quoted.extend(char.escape_default()),
            _ => quoted.push(char),
        }
    }
    quoted.push('"');
    quoted
}

/// At most `chars` characters of a text, on one line.
pub(crate) fn clipped(text: &str, chars: usize) -> String {
    let mut clipped = String::new();
    for (at, char) in text.chars().enumerate() {
        if at == chars {
            clipped.push('…');
            break;
        }
        clipped.push(if char.is_control() { ' ' } else { char });
    }
    clipped
}
