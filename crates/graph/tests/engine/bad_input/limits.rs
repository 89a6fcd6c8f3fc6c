//! What is deeper, longer or larger than any heap: no stack, no memory and no sum runs over.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use heapglass_graph::{FindingKind, Ordinal};
use heapglass_testkit::{Layout, SnapshotBuilder};

use super::{figures, gz, heap, kinds, syntax_error, touch};
use crate::common::Folder;

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
