//! Values that are read well and cannot be: counts, indexes and ids that nothing in the file answers to.

use heapglass_graph::{FindingKind, Ordinal};
use heapglass_testkit::NodeRef;

use super::{after, figures, finding, gz, heap, kinds, syntax_error, touch};
use crate::common::Folder;

#[test]
fn lying_counts() {
    let expected = figures(&Folder::new().open(&heap().to_bytes(), 2).unwrap());
    let promises = [0, 1, 4_000_000_000, 1_000_000_000_000_000_000, u64::MAX];
    for promise in promises {
        for packed in [false, true] {
            let mut heap = heap();
            heap.lie_about_counts(Some(promise), Some(promise));
            let bytes = heap.to_bytes();
            let bytes = if packed { gz(&bytes) } else { bytes };
            let snapshot = Folder::new().open(&bytes, 2).unwrap();
            assert_eq!(figures(&snapshot), expected);
            assert_eq!(kinds(&snapshot), [FindingKind::CountMismatch; 2]);
            let message = &snapshot.overview().findings[0].message;
            let message = message.replace(',', "");
            assert!(message.contains(&promise.to_string()) && message.contains("29"), "{message}");
        }
    }
    for wrong in ["-1", "1.5", "1e30", "\"1\"", "null", "[]"] {
        let text =
            heap().to_json().replace("\"node_count\":29", &format!("\"node_count\":{wrong}"));
        let (offset, message) = syntax_error(text.as_bytes(), 1);
        assert_eq!(offset, 12, "where the section starts");
        assert!(message.contains("as V8 writes it"), "{message}");
    }
}

#[test]
fn edges_that_lead_nowhere() {
    let mut heap = heap();
    let expected = figures(&Folder::new().open(&heap.to_bytes(), 1).unwrap());
    for to in [29, 1 << 20, 1 << 32, 1 << 40, u64::MAX / 8] {
        heap.edge_to_anywhere(heap.global(), "property", "nowhere", to);
    }
    let bytes = heap.to_bytes();
    for threads in [1, 2] {
        let snapshot = Folder::new().open(&bytes, threads).unwrap();
        assert_eq!(kinds(&snapshot), [FindingKind::EdgeOutOfRange]);
        assert!(snapshot.overview().findings[0].message.starts_with("5 edges"));
        assert_eq!(figures(&snapshot), expected);
        let graph = snapshot.graph().unwrap();
        assert_eq!(graph.edges(Ordinal(2)).count(), 1, "only the cache");
        let retainers: Vec<Ordinal> = graph.retaining_nodes(Ordinal(2)).collect();
        assert_eq!(retainers, [Ordinal(0), Ordinal(1)], "a broken edge holds nothing");
    }
    // Between two nodes.
    let text = self::heap().to_json();
    let start = after(&text, "\"edges\":[1,1,");
    let wrong = [&text[..start], "7", &text[start + 1..]].concat();
    let snapshot = Folder::new().open(wrong.as_bytes(), 1).unwrap();
    assert_eq!(kinds(&snapshot), [FindingKind::EdgeOutOfRange]);
}

#[test]
fn edge_counts_that_do_not_add_up() {
    let text = heap().to_json();
    let cases = [
        ("3", "the nodes promise 42 edges, the file holds 41"),
        ("9000000000", " edges, the file holds 41"),
        ("1", "1 edge belongs to no node and was left out"),
    ];
    for (count, message) in cases {
        let row = format!("\"nodes\":[9,1,2,0,{count},0");
        let wrong = text.replacen("\"nodes\":[9,1,2,0,2,0", &row, 1);
        assert_ne!(wrong, text);
        let snapshot = touch(&Folder::new(), wrong.as_bytes(), 2).unwrap();
        let found = finding(&snapshot, FindingKind::EdgeCountMismatch).unwrap().message;
        assert!(found.ends_with(message), "{found}");
    }
}

#[test]
fn names_past_the_strings() {
    let text = heap().to_json();
    for name in ["1000", "4294967295", "4294967296", "18446744073709551615"] {
        let start = after(&text, "\"nodes\":[9,");
        let wrong = [&text[..start], name, &text[start + 1..]].concat();
        let snapshot = touch(&Folder::new(), wrong.as_bytes(), 2).unwrap();
        assert_eq!(kinds(&snapshot), [FindingKind::StringOutOfRange], "{name}");
        assert_eq!(snapshot.graph().unwrap().raw_name(Ordinal(0)), "");
    }
}

#[test]
fn types_that_are_not_listed() {
    let mut heap = heap();
    let odd = heap.node("no such type", "odd", 10);
    heap.element(heap.global(), 9, odd);
    heap.edge(odd, "no such edge", "1", heap.global());
    let snapshot = touch(&Folder::new(), &heap.to_bytes(), 2).unwrap();
    assert_eq!(kinds(&snapshot), [FindingKind::UnknownType]);
    assert!(snapshot.overview().findings[0].message.starts_with("2 nodes or edges"));
    let graph = snapshot.graph().unwrap();
    assert_eq!(graph.class_name(Ordinal(odd.0)), "(unknown)");
    // Lists of types that are empty or no lists: all are unknown, and sizes still add up.
    for types in ["[[],", "[\"string\",", "[null,"] {
        let text = self::heap().to_json();
        let start = after(&text, "\"node_types\":");
        let end = text[start..].find("],").unwrap() + start + 2;
        let wrong = [&text[..start], types, &text[end..]].concat();
        match touch(&Folder::new(), wrong.as_bytes(), 1) {
            Ok(snapshot) => {
                assert_eq!(kinds(&snapshot), [FindingKind::UnknownType]);
                assert_eq!(snapshot.overview().statistics.total, 66 + 12 * (10 + 24) + 200);
            }
            Err(error) => assert_eq!(types, "[null,", "{error}"),
        }
    }
}

#[test]
fn a_root_that_is_no_node() {
    let text = heap().to_json();
    for root in ["174", "3", "4000000000000", "18446744073709551615"] {
        let wrong = text.replace(
            "\"trace_function_count\"",
            &format!("\"root_index\":{root},\"trace_function_count\""),
        );
        let snapshot = touch(&Folder::new(), wrong.as_bytes(), 1).unwrap();
        assert_eq!(kinds(&snapshot), [FindingKind::RootOutOfRange], "{root}");
    }
}

#[test]
fn locations_of_no_node() {
    let mut heap = heap();
    let count = heap.nodes().len() as u32;
    let width = heap.layout_mut().node_fields.len() as u32;
    heap.locate(NodeRef(count), 1, 2, 3);
    heap.locate(NodeRef(count - 1), 1, 2, 3);
    let text = heap.to_json();
    let outside = |text: &str, threads| {
        let snapshot = touch(&Folder::new(), text.as_bytes(), threads).unwrap();
        (finding(&snapshot, FindingKind::LocationOutOfRange).unwrap(), snapshot)
    };
    let (found, _) = outside(&text, 2);
    assert_eq!(found.message, "1 location is of no node and was left out");
    // An index in the middle of a row is that of no node either.
    let between = text.replace(
        &format!("{},1,2,3", (count - 1) * width),
        &format!("{},1,2,3", (count - 1) * width + 1),
    );
    assert_ne!(between, text);
    let (found, snapshot) = outside(&between, 1);
    assert_eq!(found.message, "2 locations are of no node and were left out");
    assert_eq!(snapshot.overview().info.location_count, 1);
}

#[test]
fn strings_that_need_repair() {
    let literals: [&[u8]; 8] = [
        b"\"\xff\"",
        b"\"a\xc3\"",
        b"\"\xed\xa0\x80\"",
        b"\"\xf0\x9f\x98\"",
        b"\"\\x\"",
        b"\"\\u12\"",
        b"\"\\uZZZZ\"",
        b"\"\xc3\xc3\xa9\"",
    ];
    for literal in literals {
        let mut heap = heap();
        let node = heap.object("here", 8);
        let text = heap.to_bytes();
        let at = text.windows(6).position(|window| window == b"\"here\"").unwrap();
        let wrong = [&text[..at], literal, &text[at + 6..]].concat();
        let snapshot = touch(&Folder::new(), &wrong, 1).unwrap();
        let repaired = finding(&snapshot, FindingKind::BadString).unwrap();
        assert!(repaired.message.starts_with("1 string "), "{}", repaired.message);
        let name = snapshot.graph().unwrap().raw_name(Ordinal(node.0)).into_owned();
        assert!(name.contains(['\u{fffd}', '\u{1a}']), "{literal:?} became {name:?}");
    }
}

#[test]
fn ids_that_several_nodes_have() {
    let mut heap = heap();
    let twins = [heap.object("Twin", 8), heap.object("Twin", 8), heap.object("Twin", 8)];
    let id = heap.id(twins[0]);
    for twin in twins {
        heap.spec(twin).id = id;
        heap.property(heap.global(), "twin", twin);
    }
    for threads in [1, 2] {
        let snapshot = touch(&Folder::new(), &heap.to_bytes(), threads).unwrap();
        assert_eq!(kinds(&snapshot), [FindingKind::DuplicateId]);
        let message = &snapshot.overview().findings[0].message;
        assert_eq!(*message, format!("3 nodes have the id @{id}; asking for it gives the first"));
    }
}
