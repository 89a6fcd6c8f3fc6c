//! The same heap in every form that a file may have gives the same figures.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use heapglass_graph::{EdgeName, Ordinal, Snapshot};
use heapglass_testkit::{Layout, Newlines, Section, SnapshotBuilder};

use crate::common::{Folder, everything, graph, graph_of, ordinal};

/// A heap with something in every section.
fn heap() -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let cache = heap.object("Cache", 40);
    let text = heap.string("Zo\u{eb} \u{1f600} \"quoted\" \\ \n", 24);
    let store = heap.node("array", "(object elements)", 160);
    heap.property(heap.global(), "cache", cache);
    heap.internal(cache, "elements", store);
    heap.element(store, 7, text);
    heap.weak(text, "back", cache);
    heap.locate(cache, 5, 6, 7);
    heap.locate(text, 8, 9, 10);
    heap
}

fn with_layout(change: impl FnOnce(&mut Layout)) -> Vec<u8> {
    let mut heap = heap();
    change(heap.layout_mut());
    heap.to_bytes()
}

/// All figures; string indexes and the size of the file may differ between forms.
fn figures(bytes: &[u8]) -> String {
    let snapshot = Folder::new().open(bytes, 2).unwrap();
    assert_eq!(snapshot.overview().findings, [], "a whole file");
    plain_figures(&snapshot)
}

fn plain_figures(snapshot: &Snapshot) -> String {
    let graph = snapshot.graph().unwrap();
    let overview = snapshot.overview();
    let mut text = format!("{:?}\n{:?}\n", overview.statistics, overview.classes);
    for node in graph.nodes() {
        let edges = graph.edges(node);
        let edges: Vec<_> =
            edges.map(|e| (e.edge_type, graph.edge_name(e).into_owned(), e.to)).collect();
        text += &format!(
            "{} {} {} {:?} {} {} {:?} {:?} {edges:?}\n",
            graph.node_type_name(node),
            graph.id(node),
            graph.raw_name(node),
            graph.distance(node),
            graph.shallow_size(node),
            graph.retained_size(node),
            graph.dominator(node),
            graph.location(node),
        );
    }
    text
}

#[test]
fn every_version_and_kind_of_line_end() {
    let expected = figures(&heap().to_bytes());
    assert!(expected.contains("Zo\u{eb} \u{1f600} \"quoted\" \\ \n"), "{expected}");
    for layout in [Layout::node_12(), Layout::node_20(), Layout::node_24()] {
        for newlines in [Newlines::AsV8, Newlines::Windows, Newlines::None, Newlines::Everywhere] {
            let bytes = with_layout(|l| *l = Layout { newlines, ..layout.clone() });
            assert_eq!(figures(&bytes), expected, "{newlines:?}, {:?}", layout.node_fields);
        }
    }
}

#[test]
fn fields_that_nobody_knows_and_another_order() {
    let expected = figures(&heap().to_bytes());
    for at in 0..=6 {
        let bytes = with_layout(|l| l.node_fields.insert(at.max(1), format!("novel_{at}")));
        assert_eq!(figures(&bytes), expected, "node field {at}");
    }
    for at in 1..=3 {
        let bytes = with_layout(|l| l.edge_fields.insert(at, "novel".to_owned()));
        assert_eq!(figures(&bytes), expected, "edge field {at}");
    }
    let bytes = with_layout(|l| {
        l.node_fields[1..].reverse();
        l.edge_fields[1..].reverse();
    });
    assert_eq!(figures(&bytes), expected, "another order");
    let many = with_layout(|l| {
        l.node_fields.extend((0..64 - l.node_fields.len()).map(|n| format!("novel_{n}")));
    });
    assert_eq!(figures(&many), expected, "64 fields");
}

#[test]
fn location_rows_with_other_fields() {
    let text = heap().to_json();
    let wide = text
        .replace(
            "\"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]",
            "\"location_fields\":[\"column\",\"novel\",\"line\",\"object_index\",\"script_id\"]",
        )
        .replace(
            "\"locations\":[18,5,6,7\n,24,8,9,10\n]",
            "\"locations\":[7,1,6,18,5\n,10,1,9,24,8\n]",
        );
    assert!(wide.contains("\"locations\":[7,1,6,18,5") && wide.contains("[\"column\",\"novel\""));
    assert_eq!(figures(wide.as_bytes()), figures(text.as_bytes()));
}

#[test]
fn sections_in_any_order() {
    use Section::{Edges, Locations, Nodes, Strings};
    let expected = figures(&heap().to_bytes());
    // All orders of the five sections, by Heap's algorithm.
    let mut order = [Section::Snapshot, Nodes, Edges, Locations, Strings];
    let mut counters = [0; 5];
    let mut at = 0;
    let mut orders = 0;
    let mut check = |order: &[Section]| {
        let bytes = with_layout(|l| l.sections = order.to_vec());
        assert_eq!(figures(&bytes), expected, "{order:?}");
        orders += 1;
    };
    check(&order);
    while at < 5 {
        if counters[at] < at {
            let other = if at % 2 == 0 { 0 } else { counters[at] };
            order.swap(other, at);
            check(&order);
            counters[at] += 1;
            at = 0;
        } else {
            counters[at] = 0;
            at += 1;
        }
    }
    assert_eq!(orders, 120);
}

#[test]
fn sections_that_nobody_knows() {
    let expected = figures(&heap().to_bytes());
    let odd = [
        "null",
        "-1.5e3",
        "true",
        "\"a ] } \\\" string\"",
        "[]",
        "{}",
        "[1,[2,{\"nodes\":[3]}],\"]\"]",
        "{\"snapshot\":{\"meta\":{}},\"a\":[{\"b\":[]}]}",
    ];
    for json in odd {
        let count = heap().layout_mut().sections.len();
        for at in 0..=count {
            let novel = Section::Unknown("novel".to_owned(), json.to_owned());
            let bytes = with_layout(|l| l.sections.insert(at, novel));
            assert_eq!(figures(&bytes), expected, "{json} at {at}");
        }
    }
}

#[test]
fn unknown_sections_before_tables_that_come_before_the_header() {
    use Section::{Edges, Locations, Nodes, Snapshot, Strings};
    let novel = Section::Unknown("novel".to_owned(), "[[1]]".to_owned());
    let bytes = with_layout(|l| {
        l.sections = vec![novel, Strings, Nodes, Edges, Locations, Snapshot];
    });
    assert_eq!(figures(&bytes), figures(&heap().to_bytes()));
}

#[test]
fn byte_order_mark_and_blanks_around() {
    let expected = figures(&heap().to_bytes());
    let marked = [b"\xef\xbb\xbf", &heap().to_bytes()[..]].concat();
    assert_eq!(figures(&marked), expected);
    let padded = [b" \r\n\t", &heap().to_bytes()[..], b" \r\n\t\n"].concat();
    assert_eq!(figures(&padded), expected);
}

#[test]
fn compressed_files() {
    let plain = heap().to_bytes();
    let expected = figures(&plain);
    let gz = |bytes: &[u8]| {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    };
    let zst = |bytes: &[u8]| zstd::encode_all(bytes, 1).unwrap();
    assert_eq!(figures(&gz(&plain)), expected);
    assert_eq!(figures(&zst(&plain)), expected);
    for cut in [1, 100, plain.len() / 2, plain.len() - 1] {
        let (start, end) = plain.split_at(cut);
        assert_eq!(figures(&[gz(start), gz(end)].concat()), expected, "two members");
        assert_eq!(figures(&[zst(start), zst(end)].concat()), expected, "two frames");
    }
    assert_eq!(figures(&[gz(b""), gz(&plain), gz(b"")].concat()), expected, "empty members");
    for twice in [gz(&gz(&plain)), gz(&zst(&plain)), zst(&gz(&plain)), zst(&zst(&plain))] {
        assert_eq!(figures(&twice), expected, "packed twice");
    }
    let folder = Folder::new();
    let error = folder.open(&gz(&zst(&gz(&plain))), 1).unwrap_err().to_string();
    assert!(error.contains("it is compressed more than 2 times over"), "{error}");
}

#[test]
fn any_node_may_be_the_root() {
    let mut heap = SnapshotBuilder::empty();
    let leaf = heap.object("Leaf", 8);
    let middle = heap.object("Middle", 16);
    let root = heap.node("synthetic", "", 0);
    heap.set_root(root);
    heap.element(root, 1, middle);
    heap.property(middle, "leaf", leaf);
    let graph = graph(&heap);
    assert_eq!(graph.root(), ordinal(root));
    assert_eq!(graph.dominator(ordinal(leaf)), ordinal(middle));
    assert_eq!(graph.retained_size(ordinal(root)), 24);
    assert_eq!(graph.distance(ordinal(leaf)).0, 2);
    assert_eq!(graph.overview().findings, []);
}

#[test]
fn numbers_past_32_and_53_bits() {
    let limit = u64::from(u32::MAX);
    let sizes = [limit - 1, limit, limit + 1, 1 << 33, (1 << 53) + 1, 1 << 60];
    let mut heap = SnapshotBuilder::new();
    let nodes = sizes.map(|size| heap.object("Big", size));
    for (at, &node) in nodes.iter().enumerate() {
        heap.element(heap.global(), at as u32, node);
        heap.spec(node).id = sizes[at] * 2 + 1;
    }
    let snapshot = Folder::new().open(&heap.to_bytes(), 2).unwrap();
    let graph = snapshot.graph().unwrap();
    for (&node, size) in nodes.iter().zip(sizes) {
        assert_eq!(graph.shallow_size(ordinal(node)), size);
        assert_eq!(graph.retained_size(ordinal(node)), size);
        assert_eq!(graph.id(ordinal(node)).0, size * 2 + 1);
        assert_eq!(graph.ordinal_of(graph.id(ordinal(node))), Some(ordinal(node)));
    }
    let total: u64 = sizes.iter().sum();
    assert_eq!(snapshot.overview().statistics.total, total);
    assert_eq!(snapshot.overview().statistics.other_js, total as i64);
    assert_eq!(snapshot.overview().info.max_js_object_id, (1 << 61) + 1);
    let row = snapshot.overview().classes.shown().find(|(_, row)| row.class_name == "Big");
    assert_eq!(row.map(|(_, row)| row.shallow_size), Some(total));
}

#[test]
fn ids_at_the_edge_of_32_bits() {
    let mut heap = SnapshotBuilder::new();
    let ids = [u64::from(u32::MAX) - 2, u64::from(u32::MAX), u64::from(u32::MAX) + 2];
    let nodes = ids.map(|id| {
        let node = heap.object("A", 1);
        heap.spec(node).id = id;
        heap.element(heap.global(), node.0, node);
        node
    });
    let graph = graph(&heap);
    for (node, id) in nodes.into_iter().zip(ids) {
        assert_eq!(graph.id(ordinal(node)).0, id);
        assert_eq!(graph.ordinal_of(heapglass_graph::NodeId(id)), Some(ordinal(node)));
    }
    assert_eq!(graph.overview().info.max_js_object_id, u64::from(u32::MAX) + 2);
    assert_eq!(graph.ordinal_of(heapglass_graph::NodeId(12345)), None);
}

#[test]
fn extra_native_bytes_belong_to_the_total() {
    let mut heap = heap();
    let without = graph(&heap).overview().statistics;
    heap.extra_native_bytes(5_000_000_000);
    let with = graph(&heap).overview().statistics;
    assert_eq!(with.total, without.total + 5_000_000_000);
    assert_eq!(with.other_native, without.other_native + 5_000_000_000);
    assert_eq!(with.other_js, without.other_js);
}

/// The name of a node whose string is written as this JSON literal, as bytes of WTF-8.
fn name_from(literal: &str) -> Vec<u8> {
    let mut heap = SnapshotBuilder::new();
    let node = heap.object("here", 8);
    heap.literal("here", literal);
    let graph = graph(&heap);
    graph.strings().get(graph.name_index(ordinal(node)).0).unwrap().to_vec()
}

#[test]
fn strings_with_escapes() {
    let cases: &[(&str, &[u8])] = &[
        (r#""""#, b""),
        (r#""\"\\\/\b\f\n\r\t""#, b"\"\\/\x08\x0c\n\r\t"),
        (r#""\u0041\u00e9\u20aC\uFFFF""#, "A\u{e9}\u{20ac}\u{ffff}".as_bytes()),
        (r#""\ud83d\ude00""#, "\u{1f600}".as_bytes()),
        (r#""\u0000\u001f""#, b"\0\x1f"),
        ("\"\u{e9} \u{20ac} \u{1f600}\"", "\u{e9} \u{20ac} \u{1f600}".as_bytes()),
        // Lone surrogates, in WTF-8.
        (r#""\ud83d""#, b"\xed\xa0\xbd"),
        (r#""\ude00""#, b"\xed\xb8\x80"),
        (r#""\ud83dx""#, b"\xed\xa0\xbdx"),
        (r#""\ud83d\n""#, b"\xed\xa0\xbd\n"),
        (r#""\ud83d\ud83d\ude00""#, b"\xed\xa0\xbd\xf0\x9f\x98\x80"),
        (r#""\ude00\ud83d""#, b"\xed\xb8\x80\xed\xa0\xbd"),
    ];
    for (literal, expected) in cases {
        assert_eq!(name_from(literal), *expected, "{literal}");
    }
}

#[test]
fn lone_surrogates_are_shown_as_replacement_characters() {
    let mut heap = SnapshotBuilder::new();
    let node = heap.object("here", 8);
    heap.literal("here", r#""a\ud83db\ude00""#);
    let graph = graph(&heap);
    assert_eq!(graph.raw_name(ordinal(node)), "a\u{fffd}b\u{fffd}");
    assert_eq!(graph.class_name(ordinal(node)), "a\u{fffd}b\u{fffd}");
    assert_eq!(graph.overview().findings, [], "V8 writes these");
}

/// A window of the string reader is 1 MiB; what stands across its end must not matter.
#[test]
fn strings_cut_by_a_window_at_every_offset() {
    const WINDOW: usize = 1 << 20;
    let odd = "\u{e9}\u{20ac}\u{1f600}\\ud83d\\ude00\\u00e9\\n\\\"x";
    let expected = "\u{e9}\u{20ac}\u{1f600}\u{1f600}\u{e9}\n\"x";
    let mut heap = SnapshotBuilder::new();
    let padding = heap.object("padding", 8);
    let here = heap.object("here", 8);
    heap.literal("here", &format!("\"{odd}\""));
    heap.literal("padding", "\"\"");
    let start = heap.to_json().find(odd).unwrap();
    for offset in 0..=odd.len() + 1 {
        let padding_length = WINDOW - start - offset;
        heap.literal("padding", &format!("\"{}\"", "p".repeat(padding_length)));
        let graph = graph(&heap);
        assert_eq!(graph.raw_name(ordinal(here)), expected, "{offset} bytes before the end");
        let length = graph.strings().get(graph.name_index(ordinal(padding)).0).unwrap().len();
        assert_eq!(length, padding_length);
    }
}

#[test]
fn very_long_strings() {
    for unit in
        ["x", "\u{e9}", "\u{20ac}", "\u{1f600}", "\\u20ac", "\\ud83d\\ude00", "\\n", "\\ud83d"]
    {
        let count = 3 * (1 << 20) / unit.len() + 7;
        let mut heap = SnapshotBuilder::new();
        let node = heap.object("here", 8);
        heap.literal("here", &format!("\"{}\"", unit.repeat(count)));
        let graph = graph(&heap);
        let one = name_from(&format!("\"{unit}\""));
        let name = graph.strings().get(graph.name_index(ordinal(node)).0).unwrap();
        assert_eq!(name.len(), one.len() * count, "{unit}");
        assert!(name.chunks(one.len()).all(|chunk| chunk == one), "{unit}");
        assert_eq!(graph.overview().findings, []);
    }
}

#[test]
fn strings_that_repeat_are_one_class() {
    // Two strings of the table with the same text.
    let mut heap = SnapshotBuilder::new();
    for name in ["Twice", "once more"] {
        let node = heap.object(name, 8);
        heap.element(heap.global(), node.0, node);
    }
    heap.literal("once more", "\"Tw\\u0069ce\"");
    let graph = graph(&heap);
    let row = graph.class_row(graph.class(Ordinal(3)));
    assert_eq!((row.count, &*row.class_name), (2, "Twice"));
}

#[test]
fn tables_that_are_empty_but_for_the_root() {
    let mut heap = SnapshotBuilder::empty();
    heap.node("synthetic", "", 0);
    let graph = graph(&heap);
    assert_eq!((graph.node_count(), graph.edge_count()), (1, 0));
    assert_eq!(graph.retained_size(graph.root()), 0);
    assert_eq!(graph.overview().findings, []);
}

#[test]
fn no_name_is_too_odd_for_an_edge() {
    let mut heap = SnapshotBuilder::new();
    let names = ["", "\u{0}", "\\", "\u{feff}", "a\u{2028}b", "constructor"];
    for name in names {
        heap.property(heap.global(), name, heap.gc_roots());
    }
    let graph = graph_of(&heap.to_bytes());
    let edges = graph.edges(ordinal(heap.global()));
    let found: Vec<String> = edges.map(|edge| graph.edge_name(edge).into_owned()).collect();
    assert_eq!(found, names);
    let is_string = |edge: heapglass_graph::Edge| matches!(edge.name, EdgeName::String(_));
    assert!(graph.edges(ordinal(heap.global())).all(is_string));
}

/// A table of several chunks, read by one thread and by two.
#[test]
fn large_tables_in_every_form() {
    let mut heap = SnapshotBuilder::new();
    for at in 0..30_000u32 {
        let size = if at % 1000 == 0 { 5_000_000_000 } else { u64::from(at % 100) };
        let node = heap.object("Many", size);
        heap.element(heap.global(), at, node);
    }
    let expected = figures_of(&heap, 1);
    assert_eq!(figures_of(&heap, 2), expected);
    assert_eq!(figures_of(&heap, 5), expected);
    heap.layout_mut().newlines = Newlines::Everywhere;
    assert_eq!(figures_of(&heap, 2), expected);
    heap.layout_mut().newlines = Newlines::None;
    heap.layout_mut().node_fields.insert(3, "novel".to_owned());
    assert_eq!(figures_of(&heap, 2), expected);
}

fn figures_of(heap: &SnapshotBuilder, threads: usize) -> u64 {
    let snapshot = Folder::new().open(&heap.to_bytes(), threads).unwrap();
    assert_eq!(snapshot.overview().findings, []);
    heapglass_format::container::checksum(plain_figures(&snapshot).as_bytes())
}

#[test]
fn a_second_reading_says_the_same() {
    let folder = Folder::new();
    let bytes = heap().to_bytes();
    let first = folder.open(&bytes, 2).unwrap();
    assert_eq!(everything(&first), everything(&folder.open(&bytes, 1).unwrap()));
}
