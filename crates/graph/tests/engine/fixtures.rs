//! Real snapshots against the figures that Chrome DevTools' own engine gives for them.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use heapglass_graph::{Graph, Snapshot, StackFrame};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use crate::common::{Folder, open};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fixtures").join(name)
}

fn unpacked(path: &Path) -> Vec<u8> {
    zstd::decode_all(std::fs::File::open(path).unwrap()).unwrap()
}

/// The bytes of a fixture.
pub(crate) fn unpacked_fixture(name: &str) -> Vec<u8> {
    unpacked(&fixture(&format!("{name}.zst")))
}

fn opened(name: &str) -> Snapshot {
    let folder = Folder::new();
    open(&fixture(&format!("{name}.zst")), &folder.options(2)).unwrap()
}

/// Holds everything there is of a fixture against its gold files.
fn agrees(name: &str) {
    let snapshot = opened(name);
    let gold = std::fs::read(fixture(&format!("gold/{name}.summary.json"))).unwrap();
    let gold: Value = serde_json::from_slice(&gold).unwrap();
    assert_eq!(snapshot.overview().findings, []);
    let info = &snapshot.overview().info;
    let counts = json!({
        "node_count": info.node_count,
        "edge_count": info.edge_count,
        "total_size": info.total_size,
    });
    assert_eq!(counts, gold["snapshot"]);
    assert_eq!(serde_json::to_value(snapshot.overview().statistics).unwrap(), gold["statistics"]);
    same_classes(&snapshot, &gold["classes"]);
    same_nodes(name, &snapshot.graph().unwrap());
}

/// DevTools keeps two rows of one key apart where heapglass has one for both.
fn same_classes(snapshot: &Snapshot, gold: &Value) {
    let mut expected: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
    for row in gold.as_array().unwrap() {
        expected.entry(row["class_key"].as_str().unwrap()).or_default().push(row);
    }
    let rows: Vec<_> = snapshot.overview().classes.shown().map(|(_, row)| row).collect();
    assert_eq!(rows.len(), expected.len(), "number of classes");
    for row in rows {
        let expected = &expected[&*row.class_key];
        let sum = |field: &str| expected.iter().map(|e| e[field].as_u64().unwrap()).sum::<u64>();
        let key = &row.class_key;
        assert!(expected.iter().all(|e| e["class_name"] == *row.class_name), "name of {key}");
        assert_eq!(row.count, sum("count"), "count of {key}");
        assert_eq!(row.shallow_size, sum("shallow_size"), "shallow size of {key}");
        let distance = expected.iter().filter_map(|e| e["distance"].as_u64()).min();
        assert_eq!(row.distance().shown().map(u64::from), distance, "distance of {key}");
        // What one of the rows retains of the other counts once.
        let largest = expected.iter().map(|e| e["retained_size"].as_u64().unwrap()).max().unwrap();
        assert!(
            (largest..=sum("retained_size")).contains(&row.retained_size),
            "retained size of {key}: {} for {expected:?}",
            row.retained_size
        );
    }
}

fn same_nodes(name: &str, graph: &Graph) {
    let ours = csv(graph);
    let whole = fixture(&format!("gold/{name}.nodes.csv.zst"));
    if whole.exists() {
        let gold = String::from_utf8(unpacked(&whole)).unwrap();
        for (ours, gold) in ours.lines().zip(gold.lines()) {
            assert_eq!(ours, gold);
        }
    }
    let sum = std::fs::read_to_string(fixture(&format!("gold/{name}.nodes.sha256"))).unwrap();
    let hex = |mut text: String, byte: &u8| {
        write!(text, "{byte:02x}").unwrap();
        text
    };
    assert_eq!(
        Sha256::digest(&ours).iter().fold(String::new(), hex),
        sum.trim(),
        "some node differs"
    );
}

/// All nodes, as `oracle/devtools.mjs --nodes` writes them.
fn csv(graph: &Graph) -> String {
    let quoted = |text: &str| match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    let mut rows =
        "id,type,class_name,name,distance,shallow_size,retained_size,dominator_id\n".to_owned();
    for node in graph.nodes() {
        let distance = graph.distance(node).shown().map(|d| d.to_string()).unwrap_or_default();
        writeln!(
            rows,
            "{},{},{},{},{distance},{},{},{}",
            graph.id(node).0,
            graph.node_type_name(node),
            quoted(graph.class_name(node)),
            quoted(&graph.raw_name(node)),
            graph.shallow_size(node),
            graph.retained_size(node),
            graph.id(graph.dominator(node)).0,
        )
        .unwrap();
    }
    rows
}

#[test]
fn node_12() {
    agrees("small-node12.heapsnapshot");
}

#[test]
fn node_22() {
    agrees("app-node22.heapsnapshot");
}

#[test]
fn node_26_with_internals_and_numbers() {
    agrees("small-node26-internals-numeric.heapsnapshot");
}

#[test]
fn chromium_page() {
    agrees("page-chromium.heapsnapshot");
}

#[test]
fn node_20_recording() {
    agrees("record-node20.heaptimeline");
}

const RECORDING: &str = "record-node20.heaptimeline";

#[test]
fn functions_of_a_recording() {
    let graph = opened(RECORDING).graph().unwrap();
    let ours: Vec<Value> = graph
        .function_allocations()
        .into_iter()
        .map(|function| {
            json!({
                "function_name": function.frame.function,
                "script_name": function.frame.script,
                "script_id": function.frame.script_id,
                "line": function.frame.line,
                "column": function.frame.column,
                "count": function.total_count,
                "size": function.total_size,
                "live_count": function.live_count,
                "live_size": function.live_size,
            })
        })
        .collect();
    let gold = std::fs::read(fixture(&format!("gold/{RECORDING}.summary.json"))).unwrap();
    let gold: Value = serde_json::from_slice(&gold).unwrap();
    assert_eq!(Value::Array(ours), gold["allocations"]);
    assert_eq!(graph.overview().info.trace_function_count, 29, "22 by the header");
}

/// The recorded program made 1,000 `Kept` objects: 700 by way of `callFromA`, 300 of `callFromB`.
#[test]
fn stacks_of_a_recording() {
    let graph = opened(RECORDING).graph().unwrap();
    let stacks = |class: &str| -> Vec<Vec<StackFrame>> {
        let nodes = graph.nodes().filter(|&node| graph.class_name(node) == class);
        nodes.map(|node| graph.allocation_stack(node)).collect()
    };
    let kept = stacks("Kept");
    let made_by = |caller: &str| {
        let calls = ["Kept", "makeKept", caller];
        let same = |names: &[&str]| calls.iter().zip(names).all(|(call, name)| call == name);
        let names = kept.iter().map(|s| s.iter().map(|f| &*f.function).collect::<Vec<_>>());
        // The object is allocated by `new` in makeKept, or in the constructor itself.
        names.filter(|names| same(names) || names.starts_with(&calls[1..])).count()
    };
    assert_eq!((made_by("callFromA"), made_by("callFromB")), (700, 300));
    let inner = &kept.iter().find(|stack| !stack.is_empty()).unwrap()[0];
    assert_eq!(inner.script, "/srv/app/record.js");
    assert_eq!(stacks("Dropped").len(), 0, "none is alive");
    assert_eq!(graph.allocation_stack(graph.root()), [], "nothing is known of the root");
}

#[test]
fn a_plain_snapshot_has_no_stacks() {
    let graph = opened("small-node12.heapsnapshot").graph().unwrap();
    assert_eq!(graph.function_allocations(), []);
    assert!(graph.nodes().all(|node| graph.allocation_stack(node).is_empty()));
}
