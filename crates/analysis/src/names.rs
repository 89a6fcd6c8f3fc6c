//! Names of objects: DevTools' display names, and short labels for people.

use heapglass_graph::{Graph, Ordinal};

/// What DevTools writes for the object itself: a string's text (concatenated strings are put
/// together up to 1,024 UTF-16 units), `{a, b, …, z}` for plain objects, else V8's raw name.
///
/// Source: `JSHeapSnapshotNode.name`.
pub fn display_name(graph: &Graph, node: Ordinal) -> String {
    let _ = (graph, node);
    unimplemented!()
}

/// A closure's function name; `None` for other nodes and for anonymous functions.
pub fn closure_name(graph: &Graph, node: Ordinal) -> Option<String> {
    let _ = (graph, node);
    unimplemented!()
}

/// A short readable name with class and id: `Session @123`, `{id, name} @5`, `fetch() @7`,
/// `"text…" @9`.
pub fn label(graph: &Graph, node: Ordinal) -> String {
    let _ = (graph, node);
    unimplemented!()
}
