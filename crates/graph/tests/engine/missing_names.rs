//! Names whose strings are past a cut, beside names that the engine makes itself.

use heapglass_graph::{Detachedness, EdgeName, FindingKind, Graph, Ordinal};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::common::Folder;

/// A detached element, whose name the engine puts a word before, and what gets its name later in the string table.
fn heap() -> (SnapshotBuilder, NodeRef, NodeRef) {
    let mut heap = SnapshotBuilder::new();
    let element = heap.node("native", "<div>", 8);
    let session = heap.object("Session", 40);
    let list = heap.node("array", "(object elements)", 160);
    heap.detachedness(element, 2);
    heap.property(heap.global(), "element", element);
    heap.property(heap.global(), "session", session);
    heap.internal(session, "elements", list);
    // More than there are strings, and no string's index.
    heap.element(list, 1000, session);
    (heap, element, session)
}

/// The names of all nodes and edges.
fn names(graph: &Graph) -> Vec<String> {
    let of_edge = |name: EdgeName| match name {
        EdgeName::Index(index) => index.to_string(),
        EdgeName::String(index) => graph.string(index).into_owned(),
    };
    let nodes = graph.nodes().map(|node| graph.raw_name(node).into_owned());
    let edges = graph.nodes().flat_map(|node| graph.edges(node)).map(|edge| of_edge(edge.name));
    nodes.chain(edges).collect()
}

#[test]
fn a_name_past_the_cut_is_no_other_name() {
    let (heap, element, session) = heap();
    let text = heap.to_json();
    let folder = Folder::new();
    let whole = names(&folder.open(text.as_bytes(), 1).unwrap().graph().unwrap());
    let start = text.find("\"strings\":[").unwrap() + "\"strings\":[".len();
    // No string has a quote in it.
    let quotes: Vec<usize> = text[start..].match_indices('"').map(|(at, _)| start + at).collect();
    assert_eq!(quotes.len(), 2 * 10);
    for literal in quotes.chunks(2) {
        let snapshot = folder.open(&text.as_bytes()[..literal[0]], 2).unwrap();
        let graph = snapshot.graph().unwrap();
        let found = names(&graph);
        assert_eq!(found.len(), whole.len());
        for (found, whole) in found.iter().zip(&whole) {
            assert!(found == whole || found.is_empty(), "{whole:?} reads as {found:?}");
        }
        let (element, session) = (Ordinal(element.0), Ordinal(session.0));
        assert_eq!(graph.detachedness(element), Detachedness::Detached);
        let next = &text[literal[0] + 1..literal[1]];
        if next == "<div>" {
            assert_eq!(graph.class_name(element), "(name missing in the file)");
        }
        if next == "Session" {
            assert_eq!(graph.class_name(element), "Detached <div>");
            assert_eq!(graph.class_name(session), "(name missing in the file)");
            let findings = &snapshot.overview().findings;
            assert!(findings.iter().any(|found| found.kind == FindingKind::StringOutOfRange));
        }
    }
}

#[test]
fn without_strings_no_name_is_made() {
    let (heap, element, _) = heap();
    let text = heap.to_json();
    let end = text.find(",\n\"strings\"").unwrap();
    let graph =
        Folder::new().open(format!("{}}}", &text[..end]).as_bytes(), 1).unwrap().graph().unwrap();
    assert_eq!(graph.detachedness(Ordinal(element.0)), Detachedness::Detached);
    for node in graph.nodes() {
        assert_eq!(graph.raw_name(node), "");
    }
}
