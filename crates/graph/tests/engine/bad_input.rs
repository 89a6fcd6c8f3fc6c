//! Damaged, wrong and lying files: a clear error, or right figures with a finding; never a panic,
//! never memory for a number that stands in the file.

use std::io::Write as _;
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;
use heapglass_format::source::Source;
use heapglass_graph::{Error, Finding, FindingKind, Ordinal, Snapshot};
use heapglass_testkit::{Layout, Newlines, NodeRef, Section, SnapshotBuilder};
use proptest::prelude::*;

use crate::common::{Folder, cases, everything, open};
use crate::fixtures::unpacked_fixture;

const LOCATION: FindingKind = FindingKind::LocationOutOfRange;

/// A heap whose figures do not depend on names, so that they stand before `strings` arrives.
fn heap() -> SnapshotBuilder {
    heap_with(12)
}

fn heap_with(entries: u32) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let cache = heap.object("Cache", 40);
    let store = heap.node("array", "(object elements)", 160);
    heap.property(heap.global(), "cache", cache);
    heap.internal(cache, "elements", store);
    for at in 0..entries {
        let entry = heap.object("Entry", u64::from(at) + 10);
        let text = heap.string(&format!("text {at}"), 24);
        heap.element(store, at, entry);
        heap.property(entry, "text", text);
        heap.weak(text, "owner", entry);
    }
    heap.locate(cache, 5, 6, 7);
    heap
}

fn kinds(snapshot: &Snapshot) -> Vec<FindingKind> {
    snapshot.overview().findings.iter().map(|finding| finding.kind).collect()
}

fn finding(snapshot: &Snapshot, kind: FindingKind) -> Option<Finding> {
    snapshot.overview().findings.iter().find(|finding| finding.kind == kind).cloned()
}

/// Sizes, distances and dominators of all nodes.
fn figures(snapshot: &Snapshot) -> Vec<(u64, u64, i32, Ordinal)> {
    let graph = snapshot.graph().unwrap();
    let figures = |node| {
        let (shallow, retained) = (graph.shallow_size(node), graph.retained_size(node));
        (shallow, retained, graph.distance(node).0, graph.dominator(node))
    };
    graph.nodes().map(figures).collect()
}

/// An error says which file, and something more.
fn is_clear(error: &Error, path: &Path) {
    let message = error.to_string();
    let path = path.display().to_string();
    assert!(message.contains(&path) && message.len() > path.len() + 10, "{message}");
}

/// Opens damaged bytes and looks at everything that comes out.
fn touch(folder: &Folder, bytes: &[u8], threads: usize) -> Result<Snapshot, Error> {
    let result = folder.open(bytes, threads);
    match &result {
        Ok(snapshot) => assert_ne!(everything(snapshot), ""),
        Err(error) => is_clear(error, &folder.path().join("snapshot")),
    }
    assert_eq!(folder.files(), ["snapshot"], "a work file is left");
    result
}

fn after(text: &str, what: &str) -> usize {
    text.find(what).unwrap() + what.len()
}

#[test]
fn cut_off_at_every_byte() {
    for (newlines, step) in [(Newlines::AsV8, 1), (Newlines::None, 5)] {
        let mut heap = heap_with(1);
        heap.layout_mut().newlines = newlines;
        let text = heap.to_json();
        let whole = Folder::new().open(text.as_bytes(), 2).unwrap();
        let expected = figures(&whole);
        let total = whole.overview().info.total_size;
        let end = text.rfind('}').unwrap() + 1;
        let end_of = |section: &str| {
            let start = after(&text, section);
            start + text[start..].find(']').unwrap()
        };
        let nodes_start = after(&text, "\"nodes\":[");
        let (nodes_end, edges_end) = (end_of("\"nodes\":["), end_of("\"edges\":["));
        let folder = Folder::new();
        for cut in (0..text.len()).step_by(step) {
            let threads = 1 + cut % 2;
            let snapshot = match touch(&folder, &text.as_bytes()[..cut], threads) {
                Ok(snapshot) => snapshot,
                Err(error) => {
                    // A row has arrived when the comma after it has.
                    let first_row = text[nodes_start..].match_indices(',').nth(5).unwrap().0;
                    assert!(cut <= nodes_start + first_row, "cut at {cut}: {error}");
                    assert!(matches!(error, Error::NotASnapshot { .. }), "cut at {cut}: {error}");
                    continue;
                }
            };
            if cut >= end {
                assert_eq!(kinds(&snapshot), [], "cut at {cut}");
                continue;
            }
            let truncated = finding(&snapshot, FindingKind::Truncated);
            assert_eq!(truncated.unwrap().offset, Some(cut as u64), "cut at {cut}");
            let found = figures(&snapshot);
            if cut > nodes_end {
                assert_eq!(found.len(), expected.len(), "cut at {cut}");
                assert_eq!(snapshot.overview().info.total_size, total, "cut at {cut}");
            }
            if cut > edges_end {
                assert_eq!(found, expected, "cut at {cut}");
            }
        }
    }
}

/// What was read of a real snapshot stays as it is in the whole one.
fn cut_fixture(cuts: impl Iterator<Item = usize>) {
    let bytes = unpacked_fixture("small-node12.heapsnapshot");
    let folder = Folder::new();
    let whole = folder.open(&bytes, 2).unwrap().graph().unwrap();
    let mut sum = 0;
    let sums: Vec<u64> = whole
        .nodes()
        .map(|node| {
            sum += whole.shallow_size(node);
            sum
        })
        .collect();
    let text = String::from_utf8_lossy(&bytes);
    let (nodes_end, edges_end) =
        (text.find("],\n\"edges\"").unwrap(), text.find("],\n\"trace_function_infos\"").unwrap());
    drop(text);
    for cut in cuts.filter(|&cut| cut < bytes.len() - 2) {
        let Ok(snapshot) = folder.open(&bytes[..cut], 2) else {
            assert!(cut < 2000, "cut at {cut}");
            continue;
        };
        assert!(kinds(&snapshot).contains(&FindingKind::Truncated), "cut at {cut}");
        let graph = snapshot.graph().unwrap();
        let types = |graph: &heapglass_graph::Graph| {
            graph.nodes().map(|node| (graph.id(node), graph.node_type(node))).collect::<Vec<_>>()
        };
        let found = types(&graph);
        assert_eq!(found, types(&whole)[..found.len()], "cut at {cut}");
        if cut > nodes_end {
            assert_eq!(graph.node_count(), whole.node_count(), "cut at {cut}");
            let total = graph.overview().info.total_size;
            assert_eq!(total, sums[sums.len() - 1], "cut at {cut}");
        }
        if cut > edges_end {
            assert_eq!(graph.edge_count(), whole.edge_count(), "cut at {cut}");
        }
    }
}

#[test]
fn a_real_snapshot_cut_off() {
    cut_fixture([1000, 5000, 900_000, 1_900_000, 2_500_000].into_iter());
}

#[test]
#[ignore = "slow: opens a real snapshot 130 times"]
fn a_real_snapshot_cut_off_at_many_places() {
    cut_fixture((0..130).map(|at| at * 20_011));
}

fn gz(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn compressed_files_cut_off() {
    let plain = heap_with(1).to_bytes();
    for packed in [gz(&plain), zstd::encode_all(&plain[..], 3).unwrap()] {
        let folder = Folder::new();
        for cut in (0..packed.len()).step_by(5).chain(packed.len() - 10..packed.len()) {
            if let Ok(snapshot) = touch(&folder, &packed[..cut], 1) {
                assert!(finding(&snapshot, FindingKind::Truncated).is_some(), "cut at {cut}");
            }
        }
    }
}

#[test]
fn compressed_files_with_a_wrong_byte() {
    let plain = heap_with(1).to_bytes();
    let expected = everything(&Folder::new().open(&plain, 1).unwrap());
    let packed = gz(&plain);
    let folder = Folder::new();
    for at in (10..packed.len()).step_by(3) {
        let mut wrong = packed.clone();
        wrong[at] ^= 0x24;
        // A sum at the end of the stream tells, unless the damage makes that end unreachable.
        match folder.open(&wrong, 1) {
            Ok(snapshot) if finding(&snapshot, FindingKind::Truncated).is_some() => {}
            Ok(snapshot) => assert_eq!(everything(&snapshot), expected, "byte {at}"),
            Err(error) => is_clear(&error, &folder.path().join("snapshot")),
        }
    }
}

/// What happens to bytes on their way.
#[derive(Debug, Clone)]
enum Damage {
    Flip(prop::sample::Index, u8),
    Replace(prop::sample::Index, Vec<u8>),
    Insert(prop::sample::Index, Vec<u8>),
    Delete(prop::sample::Index, usize),
    Repeat(prop::sample::Index, usize),
}

fn damages() -> impl Strategy<Value = Vec<Damage>> {
    let at = any::<prop::sample::Index>;
    let token = prop::sample::select(vec![
        "[",
        "]",
        "{",
        "}",
        ",",
        ":",
        "\"",
        "\\",
        "-",
        "1e9",
        "0.5",
        "null",
        "18446744073709551616",
        "99999999999",
        "4294967295",
        "[1]",
        "\"nodes\":",
        "\n",
        "\u{e9}",
        "\\ud800",
        "\0",
    ]);
    let token = token.prop_map(|token| token.as_bytes().to_vec());
    let damage = prop_oneof![
        (at(), 1u8..).prop_map(|(at, mask)| Damage::Flip(at, mask)),
        (at(), token.clone()).prop_map(|(at, bytes)| Damage::Replace(at, bytes)),
        (at(), token).prop_map(|(at, bytes)| Damage::Insert(at, bytes)),
        (at(), 1usize..100).prop_map(|(at, count)| Damage::Delete(at, count)),
        (at(), 1usize..100).prop_map(|(at, count)| Damage::Repeat(at, count)),
    ];
    prop::collection::vec(damage, 1..4)
}

fn damaged(mut bytes: Vec<u8>, damages: &[Damage]) -> Vec<u8> {
    for damage in damages {
        let length = bytes.len().max(1);
        let range = |at: &prop::sample::Index, count: usize| {
            let start = at.index(length).min(bytes.len());
            start..(start + count).min(bytes.len())
        };
        match damage {
            Damage::Flip(at, mask) => bytes[at.index(length)] ^= mask,
            Damage::Replace(at, token) => {
                let range = range(at, token.len());
                drop(bytes.splice(range, token.iter().copied()));
            }
            Damage::Insert(at, token) => {
                let range = range(at, 0);
                drop(bytes.splice(range, token.iter().copied()));
            }
            Damage::Delete(at, count) => drop(bytes.drain(range(at, *count))),
            Damage::Repeat(at, count) => {
                let range = range(at, *count);
                let piece = bytes[range.clone()].to_vec();
                drop(bytes.splice(range.start..range.start, piece));
            }
        }
    }
    bytes
}

proptest! {
    #![proptest_config(cases(300))]

    #[test]
    fn no_damage_panics(damages in damages()) {
        let _ = touch(&Folder::new(), &damaged(heap().to_bytes(), &damages), 1);
    }
}

proptest! {
    #![proptest_config(cases(20_000))]

    #[test]
    #[ignore = "slow: twenty thousand files"]
    fn no_damage_of_many_panics(damages in damages(), compress in any::<bool>()) {
        let bytes = damaged(heap().to_bytes(), &damages);
        let bytes = if compress { gz(&bytes) } else { bytes };
        let _ = touch(&Folder::new(), &bytes, 2);
    }
}

/// The offset and message of the syntax error that these bytes are.
fn syntax_error(bytes: &[u8], threads: usize) -> (u64, String) {
    match Folder::new().open(bytes, threads) {
        Err(Error::Syntax { offset, message, .. }) => (offset, message),
        other => panic!("no syntax error but {:?}", other.map(|s| kinds(&s))),
    }
}

#[test]
fn a_wrong_byte_in_a_table_is_told_exactly() {
    let text = heap_with(2).to_json();
    for section in ["\"nodes\":[", "\"edges\":[", "\"locations\":["] {
        let start = after(&text, section);
        for at in start..=start + text[start..].find(']').unwrap() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = b'x';
            let (offset, message) = syntax_error(&bytes, 1 + at % 2);
            assert_eq!((offset, &*message), (at as u64, "something that is no number"));
        }
    }
}

#[test]
fn the_first_of_several_wrong_bytes_in_a_large_table_is_told() {
    let mut heap = heap();
    for _ in 0..100_000 {
        heap.object("Many", 100);
    }
    let text = heap.to_json();
    let start = after(&text, "\"nodes\":[");
    let length = text[start..].find(']').unwrap();
    assert!(length > 1 << 20, "several chunks");
    for part in 1..8 {
        let at = start + length * part / 8;
        let mut bytes = text.clone().into_bytes();
        for later in (at..start + length).step_by(300_001) {
            bytes[later] = b'-';
        }
        assert_eq!(syntax_error(&bytes, 1).0, at as u64);
        assert_eq!(syntax_error(&bytes, 2).0, at as u64);
    }
}

#[test]
fn values_that_a_table_does_not_hold() {
    let text = heap().to_json();
    let start = after(&text, "\"nodes\":[");
    let cases = [
        ("-1", 0, "a negative number"),
        ("1.5", 1, "a number that is no integer"),
        ("1e5", 1, "a number that is no integer"),
        ("null", 0, "something that is no number"),
        ("[1]", 0, "something that is no number"),
        ("{\"a\":1}", 0, "something that is no number"),
        ("\"1\"", 0, "something that is no number"),
        ("1 2", 2, "two numbers without a comma"),
        (",1", 0, "a comma without a number before it"),
        ("18446744073709551616", 0, "a number of more than 64 bits"),
        ("1,,2", 2, "a comma without a number before it"),
    ];
    for (value, inside, expected) in cases {
        // In the first row, and in a later one.
        for row in [start, start + text[start..].find("\n,").unwrap() + 2] {
            let field = row + text[row..].find(',').unwrap();
            let wrong = [&text[..row], value, &text[field..]].concat();
            let (offset, message) = syntax_error(wrong.as_bytes(), 2);
            assert_eq!((offset, &*message), ((row + inside) as u64, expected), "{value}");
        }
    }
}

#[test]
fn what_stands_where_a_list_or_a_name_should() {
    let text = heap().to_json();
    // A change, and the byte that is wrong then.
    let cases = [
        ("\"nodes\":[", "\"nodes\":{[", "{[", "expected the list `nodes`, found '{'"),
        ("\"edges\":[", "\"edges\":null,[", "null,[", "expected the list `edges`, found 'n'"),
        ("\"strings\":[", "\"strings\":7,[", "7,[", "expected the list `strings`, found '7'"),
        (
            "\"samples\":[",
            "\"samples\":\"\",[",
            "\"\",[",
            "expected the list `samples`, found '\"'",
        ),
        (
            "\"locations\":[",
            "\"locations\":true,[",
            "true,[",
            "expected the list `locations`, found 't'",
        ),
        (
            "\"trace_tree\":[",
            "\"trace_tree\":{[",
            "{[",
            "expected the trace tree's list, found '{'",
        ),
        ("\"edges\":[", "\"edges\";[", ";[", "expected a colon after a key, found ';'"),
        ("\"edges\":[", "edges\":[", "edges\":[", "expected a section's name, found 'e'"),
        ("\"<dummy>\"", "null", "null", "expected a string, found 'n'"),
        ("\"<dummy>\",", "\"<dummy>\" ?,", "?,", "expected a comma or `]`, found '?'"),
    ];
    for (right, wrong, at, message) in cases {
        let changed = text.replacen(right, wrong, 1);
        let offset = (changed.find(wrong).unwrap() + wrong.find(at).unwrap()) as u64;
        assert_eq!(syntax_error(changed.as_bytes(), 1), (offset, message.to_owned()));
    }
}

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
fn sections_that_occur_twice() {
    let text = heap().to_json();
    let expected = figures(&Folder::new().open(text.as_bytes(), 1).unwrap());
    for section in [
        "snapshot",
        "nodes",
        "edges",
        "strings",
        "samples",
        "locations",
        "trace_tree",
        "trace_function_infos",
    ] {
        let end = text.rfind('}').unwrap();
        let again = format!("{},\"{section}\":[1,2,[\"]\"]]}}", &text[..end]);
        let snapshot = touch(&Folder::new(), again.as_bytes(), 1).unwrap();
        assert_eq!(kinds(&snapshot), [FindingKind::DuplicateSection], "{section}");
        let message = &snapshot.overview().findings[0].message;
        assert!(message.contains(section), "{message}");
        assert_eq!(figures(&snapshot), expected);
    }
}

#[test]
fn sections_that_are_missing() {
    let without = |section: Section| {
        let mut heap = heap();
        heap.layout_mut().sections.retain(|s| *s != section);
        Folder::new().open(&heap.to_bytes(), 2)
    };
    let snapshot = without(Section::Edges).unwrap();
    assert!(kinds(&snapshot).contains(&FindingKind::MissingSection));
    assert_eq!(snapshot.overview().info.total_size, 66 + 12 * (10 + 24) + 200);
    let mut alone = heap_with(0);
    let element = alone.node("native", "<div>", 8);
    alone.detachedness(element, 2);
    alone.layout_mut().sections = vec![Section::Snapshot, Section::Strings, Section::Nodes];
    let snapshot = Folder::new().open(&alone.to_bytes(), 2).unwrap();
    assert!(kinds(&snapshot).contains(&FindingKind::MissingSection));
    let snapshot = without(Section::Strings).unwrap();
    assert_eq!(kinds(&snapshot), [FindingKind::MissingSection]);
    let whole = Folder::new().open(&heap().to_bytes(), 2).unwrap();
    assert_eq!(figures(&snapshot), figures(&whole));
    for needed in [Section::Snapshot, Section::Nodes] {
        let error = without(needed).unwrap_err();
        assert!(matches!(error, Error::NotASnapshot { .. }), "{error}");
    }
    for optional in [Section::Locations, Section::Samples, Section::TraceTree] {
        assert_eq!(kinds(&without(optional).unwrap()), []);
    }
}

#[test]
fn fields_that_are_missing_repeated_or_too_many() {
    let with = |change: &dyn Fn(&mut Layout)| {
        let mut heap = heap();
        change(heap.layout_mut());
        touch(&Folder::new(), &heap.to_bytes(), 1)
    };
    for field in ["type", "name", "id", "self_size", "edge_count"] {
        let error = with(&|l| l.node_fields.retain(|f| f != field)).unwrap_err().to_string();
        assert!(error.contains(&format!("`{field}`")), "{error}");
    }
    for field in ["type", "name_or_index", "to_node"] {
        let error = with(&|l| l.edge_fields.retain(|f| f != field)).unwrap_err().to_string();
        assert!(error.contains(&format!("`{field}`")), "{error}");
    }
    assert!(with(&|l| l.node_fields.truncate(1)).is_err(), "rows of one field");
    assert!(with(&|l| l.node_fields.clear()).is_err(), "no fields");
    let many = with(&|l| l.node_fields.extend((0..60).map(|n| n.to_string()))).unwrap_err();
    assert!(many.to_string().contains("more than 64 fields"), "{many}");
    // The first of two fields of one name counts.
    let twice = with(&|l| l.node_fields.push("id".to_owned())).unwrap();
    assert_eq!(kinds(&twice), []);
}

#[test]
fn values_after_the_last_whole_row() {
    let text = heap().to_json();
    for section in ["nodes", "edges", "locations"] {
        let at = after(&text, &format!("\"{section}\":["));
        let end = at + text[at..].find(']').unwrap();
        let wrong = [&text[..end], ",0,0", &text[end..]].concat();
        let snapshot = touch(&Folder::new(), wrong.as_bytes(), 1).unwrap();
        let message = finding(&snapshot, FindingKind::Malformed).unwrap().message;
        assert_eq!(message, format!("`{section}` ends with 2 values that are no whole row"));
    }
}

#[test]
fn empty_tables() {
    let text = heap().to_json();
    let emptied = |section: &str| {
        let at = after(&text, &format!("\"{section}\":["));
        let end = at + text[at..].find(']').unwrap();
        touch(&Folder::new(), [&text[..at], &text[end..]].concat().as_bytes(), 2)
    };
    let error = emptied("nodes").unwrap_err();
    assert!(error.to_string().contains("it has no nodes"), "{error}");
    assert!(kinds(&emptied("edges").unwrap()).contains(&FindingKind::EdgeCountMismatch));
    let snapshot = emptied("strings").unwrap();
    assert_eq!(kinds(&snapshot), [FindingKind::StringOutOfRange]);
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
fn sizes_that_are_more_than_64_bits_together() {
    let mut heap = heap();
    for kind in ["hidden", "code", "string", "native", "object", "array"] {
        for name in ["Array", "system / JSArrayBufferData"] {
            for _ in 0..2 {
                let node = heap.node(kind, name, u64::MAX);
                heap.element(heap.global(), node.0, node);
            }
        }
    }
    let snapshot = touch(&Folder::new(), &heap.to_bytes(), 2).unwrap();
    let statistics = snapshot.overview().statistics;
    let parts = [statistics.total, statistics.code, statistics.strings, statistics.typed_arrays];
    assert_eq!(parts, [u64::MAX; 4]);
    assert_eq!(statistics.other_js, i64::MIN, "far below what 64 bits hold");
    assert_eq!(kinds(&snapshot), [FindingKind::SizeOverflow]);
}

#[test]
fn sums_of_sizes_are_told_from_the_first_bit_too_many() {
    for (sizes, more, overflows) in [
        ([1 << 63; 3], 0, true),
        ([1 << 62; 3], 0, false),
        ([u64::MAX - 1, 0, 0], 1, false),
        ([u64::MAX - 1, 1, 0], 1, true),
        ([u64::MAX - 1, 0, 0], 2, true),
        ([0; 3], u64::MAX, false),
        ([8, 0, 0], u64::MAX, true),
    ] {
        let mut heap = SnapshotBuilder::new();
        for size in sizes {
            let node = heap.object("Large", size);
            heap.element(heap.global(), node.0, node);
        }
        heap.extra_native_bytes(more);
        let snapshot = touch(&Folder::new(), &heap.to_bytes(), 2).unwrap();
        let found = kinds(&snapshot) == [FindingKind::SizeOverflow];
        assert_eq!(found, overflows, "{sizes:?} and {more}");
        assert!(overflows || kinds(&snapshot).is_empty());
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
    let outside = finding(&touch(&Folder::new(), text.as_bytes(), 2).unwrap(), LOCATION).unwrap();
    assert_eq!(outside.message, "1 location is of no node and was left out");
    // An index in the middle of a row is that of no node either.
    let between = text.replace(
        &format!("{},1,2,3", (count - 1) * width),
        &format!("{},1,2,3", (count - 1) * width + 1),
    );
    assert_ne!(between, text);
    let snapshot = touch(&Folder::new(), between.as_bytes(), 1).unwrap();
    let outside = finding(&snapshot, LOCATION).unwrap();
    assert_eq!(outside.message, "2 locations are of no node and were left out");
    assert_eq!(snapshot.overview().info.location_count, 1);
}

#[test]
fn bytes_after_a_compressed_file() {
    let plain = heap().to_bytes();
    let expected = figures(&Folder::new().open(&plain, 2).unwrap());
    for packed in [gz(&plain), gz(&gz(&plain)), [gz(&plain[..100]), gz(&plain[100..])].concat()] {
        let tails: [(&[u8], &[FindingKind]); 2] =
            [(b"", &[]), (b"junkjunk", &[FindingKind::TrailingBytes])];
        for (tail, found) in tails {
            let packed = [&packed[..], tail].concat();
            let snapshot = touch(&Folder::new(), &packed, 2).unwrap();
            assert_eq!(kinds(&snapshot), found);
            assert_eq!(figures(&snapshot), expected);
        }
    }
}

#[test]
fn bytes_after_the_end() {
    let text = heap().to_json();
    let end = text.rfind('}').unwrap() + 1;
    for tail in ["x", "\n\n}", "{\"snapshot\":{}}", "\0\0\0\0"] {
        let snapshot = touch(&Folder::new(), format!("{}{tail}", &text[..end]).as_bytes(), 1);
        let trailing = finding(&snapshot.unwrap(), FindingKind::TrailingBytes).unwrap();
        let blanks = tail.len() - tail.trim_start().len();
        assert_eq!(trailing.offset, Some((end + blanks) as u64));
    }
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
fn files_that_are_something_else() {
    let utf16 = |text: &str, big: bool| {
        let units = text.encode_utf16();
        units.flat_map(|u| if big { u.to_be_bytes() } else { u.to_le_bytes() }).collect::<Vec<u8>>()
    };
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (b"".to_vec(), "it is empty"),
        (b" \n ".to_vec(), "it is blank: 3 bytes"),
        (gz(b""), "it is empty"),
        (zstd::encode_all(&b""[..], 1).unwrap(), "it is empty"),
        (b"\xef\xbb\xbf".to_vec(), "it is blank"),
        (b"<!DOCTYPE html><html>".to_vec(), "byte 0 is `<`, not `{`"),
        (b"[1,2,3]".to_vec(), "byte 0 is `[`"),
        (b"  null".to_vec(), "byte 2 is `n`"),
        (b"{}".to_vec(), "JSON without a snapshot section, up to its end at byte 2"),
        (b"{".to_vec(), "it is cut off at byte 1, before its snapshot section"),
        (b"{\"snap".to_vec(), "it is cut off at byte 6, before its snapshot section"),
        (b"{\"snapshot\":{}}".to_vec(), "snapshot section"),
        (b"{\"snapshot\":{\"meta\":{}}}".to_vec(), "at byte 12, does not say how the tables"),
        (b"{\"snapshot\":[]}".to_vec(), "byte 12: the snapshot section"),
        (
            b"{\"snapshot\":{\"meta\":{\"node_fields\":[\"ty".to_vec(),
            "cut off at byte 39, inside its header",
        ),
        (b"{\"a\":1,\"b\":[2]}".to_vec(), "without a snapshot section, up to its end at byte 15"),
        (utf16("\u{feff}{\"snapshot\":", false), "it is UTF-16 text"),
        (utf16("\u{feff}{\"snapshot\":", true), "it is UTF-16 text"),
        (b"{\"head\":{\"callFrame\":{}},\"samples\":[]}".to_vec(), ".heapprofile"),
        (b"{\"nodes\":[{\"id\":1}],\"startTime\":1,\"samples\":[]}".to_vec(), ".cpuprofile"),
        (
            b"{\"version\":3,\"type\":\"Inspector\",\"nodes\":[0],\"nodeClassNames\":[]}".to_vec(),
            "JavaScriptCore",
        ),
        (b"\x7fELF\x02\x01\x01".to_vec(), "byte 0 is 0x7f"),
        (b"\x1f\x8b".to_vec(), "cannot decompress it, at or before byte 2"),
        (b"\x1f\x8b\x08garbage in a gzip file".to_vec(), "cannot decompress"),
        (b"\x28\xb5\x2f\xfdgarbage".to_vec(), "cannot decompress"),
    ];
    let folder = Folder::new();
    for (bytes, expected) in cases {
        let error = touch(&folder, &bytes, 2).unwrap_err().to_string();
        assert!(error.contains(expected), "{error} for {:?}", String::from_utf8_lossy(&bytes));
    }
}

#[test]
fn directories_and_files_that_are_not_there() {
    let folder = Folder::new();
    let options = folder.options(1);
    let error = open(folder.path(), &options).unwrap_err();
    assert!(error.to_string().ends_with("it is a directory"), "{error}");
    let error = open(&folder.path().join("nothing"), &options).unwrap_err();
    assert!(error.to_string().starts_with("cannot open "), "{error}");
    let options = heapglass_graph::OpenOptions {
        temp_dir: folder.path().join("nowhere"),
        ..folder.options(1)
    };
    let path = folder.write("snapshot", &heap().to_bytes());
    let error = open(&path, &options).unwrap_err();
    assert!(error.to_string().starts_with("cannot create a work file in "), "{error}");
}

/// A pipe with a name that these bytes come out of.
fn opened_from_pipe(bytes: Vec<u8>) -> Result<Snapshot, Error> {
    let folder = Folder::new();
    let path = folder.path().join("pipe");
    let status = std::process::Command::new("mkfifo").arg(&path).status().unwrap();
    assert!(status.success());
    let pipe = path.clone();
    let writer = std::thread::spawn(move || {
        let mut pipe = std::fs::OpenOptions::new().write(true).open(pipe).unwrap();
        // The reader may have seen enough before the end.
        let _ = pipe.write_all(&bytes);
    });
    let snapshot = open(&path, &folder.options(2));
    writer.join().unwrap();
    snapshot
}

#[test]
fn pipes_are_read_once() {
    let plain = heap().to_bytes();
    let expected = everything(&Folder::new().open(&plain, 2).unwrap());
    assert_eq!(everything(&opened_from_pipe(plain.clone()).unwrap()), expected);
    assert_eq!(everything(&opened_from_pipe(gz(&plain)).unwrap()), expected);
    let mut heap = heap();
    heap.layout_mut().sections.rotate_left(1);
    let error = opened_from_pipe(heap.to_bytes()).unwrap_err().to_string();
    assert!(error.contains("which can be read twice"), "{error}");
}

#[test]
fn deep_nesting_and_long_headers() {
    let text = heap().to_json();
    let expected = figures(&Folder::new().open(text.as_bytes(), 1).unwrap());
    let deep = "[".repeat(1_000_000) + &"]".repeat(1_000_000);
    let novel = text.replacen("\"nodes\"", &format!("\"novel\":{deep},\"nodes\""), 1);
    assert_eq!(figures(&Folder::new().open(novel.as_bytes(), 1).unwrap()), expected);
    let in_header = text.replacen("\"node_count\"", &format!("\"novel\":{deep},\"node_count\""), 1);
    assert_eq!(figures(&Folder::new().open(in_header.as_bytes(), 1).unwrap()), expected);
    let long = format!("{{\"snapshot\":{{\"novel\":\"{}\"", "x".repeat(17 << 20));
    let (offset, message) = syntax_error(long.as_bytes(), 1);
    assert_eq!(message, "the header is longer than 16 MiB");
    assert_eq!(offset, 12 + (16 << 20));
    for letter in ["x", "\\n"] {
        let long = format!("{{\"{}\":1", letter.repeat(1 << 10));
        assert_eq!(syntax_error(long.as_bytes(), 1).1, "a key of more than 256 bytes");
    }
}

#[test]
fn stacks_of_great_depth() {
    let levels = 100_000;
    let mut tree = "1,0,1,8,[".to_owned();
    for level in 2..levels {
        tree += &format!("{level},0,1,8,[");
    }
    tree += &"]".repeat(levels - 2);
    tree += "]";
    let mut heap = heap();
    heap.layout(Layout::node_20());
    heap.spec(heap.global()).trace_node_id = (levels - 1) as u32;
    let text = heap
        .to_json()
        .replace("\"trace_tree\":[]", &format!("\"trace_tree\":[{tree}]"))
        .replace("\"trace_function_infos\":[]", "\"trace_function_infos\":[1,0,0,5,6,7]");
    let graph = Folder::new().open(text.as_bytes(), 1).unwrap().graph().unwrap();
    assert_eq!(graph.allocation_stack(Ordinal(2)).len(), levels - 1);
    let functions = graph.function_allocations();
    assert_eq!(functions[0].total_count, levels as u64 - 1);
    assert_eq!((functions[0].frame.script_id, functions[0].frame.line), (5, 6));
}

#[test]
#[ignore = "slow: decompresses 4 GiB"]
fn a_bomb_is_given_up() {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(&vec![b' '; 64 << 20]).unwrap();
    let member = encoder.finish().unwrap();
    let bomb = [gz(b"{"), member.repeat(70)].concat();
    let error = Folder::new().open(&bomb, 1).unwrap_err().to_string();
    assert!(error.contains("times its size"), "{error}");
}

#[test]
fn standard_input_is_a_stream() {
    assert!(Source::stdin().is_stream() && Source::stdin().is_stdin());
    let folder = Folder::new();
    let path = folder.write("file", b"");
    assert!(!Source::file(&path).unwrap().is_stream());
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
