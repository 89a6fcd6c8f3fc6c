//! Files that end too early: what arrived before is as in the whole file.

use heapglass_graph::{Error, FindingKind, Graph};
use heapglass_testkit::Newlines;

use super::{after, figures, finding, gz, heap_with, kinds, touch};
use crate::common::Folder;
use crate::fixtures::unpacked_fixture;

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
        let types = |graph: &Graph| {
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
