//! Objects with very many edges or retainers: answers choose what is shown from all of them, and say the same as
//! answers that look at everything.

use std::cmp::Reverse;

use heapglass_analysis::{
    ContainmentOptions, ObjectOptions, RetainerOptions, containment, object, retainers,
};
use heapglass_graph::{Distance, Edge, EdgeName, EdgeType, Graph, Ordinal};
use heapglass_testkit::SnapshotBuilder;
use proptest::prelude::*;

use crate::{at, open};

/// Enough edges for two threads, and for names to be looked up.
const MANY: u32 = 140_000;

/// Where an edge leads or comes from, and its name.
type Shown = (Ordinal, String);

/// The first retainers, and the number of the others, by sorting all.
fn sorted_retainers(graph: &Graph, node: Ordinal, options: &RetainerOptions) -> (Vec<Shown>, u64) {
    let mut holders: Vec<Ordinal> = graph.retaining_nodes(node).collect();
    holders.dedup();
    holders.sort_by_key(|&from| match graph.distance(from) {
        Distance::NONE => i32::MAX,
        Distance(distance) => distance,
    });
    let limit = options.limit.unwrap_or(usize::MAX);
    let (mut shown, mut not_shown) = (Vec::new(), 0);
    for holder in holders {
        if shown.len() >= limit {
            break;
        }
        for edge in graph.edges(holder).filter(|edge| edge.to == node) {
            let is_shown = (options.root || edge.from != graph.root())
                && (options.weak || edge.edge_type != EdgeType::Weak)
                && edge.edge_type != EdgeType::Invisible;
            if is_shown {
                shown.push((edge.from, graph.edge_name(edge).into_owned()));
            } else {
                not_shown += 1;
            }
        }
    }
    shown.truncate(limit);
    let hidden = graph.retainer_count(node) - not_shown - shown.len() as u64;
    (shown, hidden)
}

fn first_retainers(graph: &Graph, node: Ordinal, options: &RetainerOptions) -> (Vec<Shown>, u64) {
    let found = retainers(graph, node, options);
    let shown = found.rows.into_iter().map(|row| (row.item.object.ordinal, row.item.edge.name));
    (shown.collect(), found.hidden)
}

fn first_children(graph: &Graph, node: Ordinal, options: &ContainmentOptions) -> (Vec<Shown>, u64) {
    let found = containment(graph, node, options);
    let shown = found.rows.into_iter().map(|row| (row.item.object.ordinal, row.item.edge.name));
    (shown.collect(), found.hidden)
}

/// The first children, and the number of the others, by sorting all.
fn sorted_children(
    graph: &Graph,
    node: Ordinal,
    options: &ContainmentOptions,
) -> (Vec<Shown>, u64) {
    let mut edges: Vec<Edge> = Vec::new();
    for edge in graph.edges(node) {
        if edge.edge_type != EdgeType::Invisible {
            edges.push(edge);
        }
    }
    if options.by_retained_size {
        edges.sort_by_key(|edge| Reverse(graph.retained_size(edge.to)));
    }
    let count = edges.len();
    edges.truncate(options.limit.unwrap_or(usize::MAX));
    let hidden = (count - edges.len()) as u64;
    let shown = edges.iter().map(|&edge| (edge.to, graph.edge_name(edge).into_owned()));
    (shown.collect(), hidden)
}

fn plain(limit: Option<usize>) -> RetainerOptions {
    RetainerOptions { limit, follow_nearest: 0, ..RetainerOptions::default() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn retainers_are_the_first_of_all(
        heap in heapglass_testkit::random::heap(40),
        limit in prop_oneof![(0usize..6).prop_map(Some), Just(None)],
        weak in any::<bool>(),
        root in any::<bool>(),
    ) {
        let graph = open(&heap);
        let options = RetainerOptions { weak, root, ..plain(limit) };
        for node in graph.nodes() {
            let ours = first_retainers(&graph, node, &options);
            prop_assert_eq!(ours, sorted_retainers(&graph, node, &options), "of {:?}", node);
        }
    }

    #[test]
    fn children_are_the_first_of_all(
        heap in heapglass_testkit::random::heap(40),
        limit in prop_oneof![(0usize..6).prop_map(Some), Just(None)],
        by_retained_size in any::<bool>(),
    ) {
        let graph = open(&heap);
        let options = ContainmentOptions { limit, by_retained_size, ..ContainmentOptions::default() };
        for node in graph.nodes() {
            let ours = first_children(&graph, node, &options);
            prop_assert_eq!(ours, sorted_children(&graph, node, &options), "of {:?}", node);
        }
    }

    #[test]
    fn edges_are_the_same_in_every_way(heap in heapglass_testkit::random::heap(40)) {
        let graph = open(&heap);
        for node in graph.nodes() {
            let mut edges = graph.edges(node);
            let one_by_one: Vec<Edge> = std::iter::from_fn(|| edges.next()).collect();
            let mut folded = Vec::new();
            graph.edges(node).for_each(|edge| folded.push(edge));
            prop_assert_eq!(&folded, &one_by_one);
            let mut from_halves = Vec::new();
            for half in graph.edges(node).halves() {
                half.for_each(|edge| from_halves.push(edge));
            }
            prop_assert_eq!(&from_halves, &one_by_one);
            let mut from_blocks = Vec::new();
            for block in graph.edges(node).blocks() {
                let before = from_blocks.len();
                let (edge_type, there) = (block.only_type(), block.there());
                block.for_each(|edge| from_blocks.push(edge));
                let edges = &from_blocks[before..];
                let first = edges.first().map(|edge| edge.edge_type);
                if let Some(edge_type) = edge_type.filter(|&only| only != EdgeType::Broken) {
                    prop_assert!(edges.iter().all(|edge| edge.edge_type == edge_type));
                    prop_assert_eq!(edges.len(), there);
                } else if edges.iter().any(|edge| Some(edge.edge_type) != first) {
                    prop_assert_eq!(edge_type, None);
                }
            }
            prop_assert_eq!(&from_blocks, &one_by_one);
            for &edge in &one_by_one {
                prop_assert_eq!(graph.edge_at(node, edge.ordinal), Some(edge));
                let name = graph.edge_name(edge);
                let named = one_by_one.iter().find(|other| {
                    other.edge_type == edge.edge_type
                        && matches!(other.name, EdgeName::String(_))
                        && graph.edge_name(**other) == name
                });
                prop_assert_eq!(graph.edge_named(node, edge.edge_type, &name), named.copied());
            }
            let [one, other] = graph.retaining(node).halves();
            let mut holders: Vec<Ordinal> = one.iter().chain(other.iter()).collect();
            holders.sort_unstable();
            prop_assert_eq!(holders, graph.retaining_nodes(node).collect::<Vec<_>>());
        }
    }
}

#[test]
fn the_nearest_of_very_many_are_found() {
    let mut heap = SnapshotBuilder::new();
    let (held, far) = (heap.string("held", 16), heap.node("array", "", 16));
    heap.property(heap.global(), "far", far);
    for number in 0..MANY / 2 {
        let holder = heap.node("array", "", 16);
        let above = if number % 1000 == 999 { heap.global() } else { far };
        heap.element(above, number, holder);
        heap.element(above, MANY + number, holder);
        heap.element(holder, 0, held);
        heap.element(holder, 1, held);
    }
    let graph = open(&heap);
    for limit in [1, 30, 100, 200] {
        let options = plain(Some(limit));
        let ours = first_retainers(&graph, at(held), &options);
        assert_eq!(ours, sorted_retainers(&graph, at(held), &options), "{limit}");
    }
    for by_retained_size in [false, true] {
        let options = ContainmentOptions { by_retained_size, ..ContainmentOptions::default() };
        let ours = first_children(&graph, at(far), &options);
        assert_eq!(ours, sorted_children(&graph, at(far), &options));
    }
}

#[test]
fn a_very_large_map_tells_its_first_entries_and_counts_the_others() {
    let mut heap = SnapshotBuilder::new();
    let (map, table) = (heap.object("Map", 32), heap.node("array", "", 64));
    let (key, value) = (heap.string("key", 16), heap.object("Session", 16));
    let hole = heap.node("hidden", "system / Hole", 16);
    let (shape, meta) = (heap.node("object shape", "", 40), heap.node("object shape", "", 40));
    let context = heap.node("hidden", "system / NativeContext", 40);
    heap.property(heap.global(), "map", map);
    heap.internal(map, "table", table);
    let count = MANY / 2;
    for entry in 0..count {
        // The first of all, and one in the middle, were deleted.
        let is_deleted = entry == 0 || entry == count / 2;
        let slot = 3 + 65_536 + 3 * entry;
        heap.internal(table, &slot.to_string(), if is_deleted { hole } else { key });
        heap.internal(table, &(slot + 1).to_string(), if is_deleted { hole } else { value });
    }
    heap.internal(table, "map", shape);
    heap.internal(shape, "map", meta);
    heap.internal(meta, "native_context", context);
    let graph = open(&heap);
    for (node, internals) in [(map, 1), (table, u64::from(2 * count) + 1)] {
        let report = object(&graph, at(node), &ObjectOptions::default());
        assert_eq!((report.entries.len(), report.more_entries), (100, u64::from(count) - 102));
        let [first, ..] = report.entries.as_slice() else { panic!("no entry") };
        assert_eq!(first.key.as_deref(), Some("\"key\""));
        assert_eq!(first.value_object.as_ref().map(|value| value.ordinal), Some(at(value)));
        assert_eq!(report.more_internals, internals);
    }
    let of_table = object(&graph, at(table), &ObjectOptions { limit: None, internals: false });
    assert_eq!((of_table.entries.len() as u64, of_table.more_entries), (u64::from(count) - 2, 0));
    assert_eq!(of_table.native_context.map(|node| node.ordinal), Some(at(context)));
    assert_eq!(of_table.elements.length, None);
}

#[test]
fn what_stands_between_many_alike_is_told() {
    let mut heap = SnapshotBuilder::new();
    let (array, value) = (heap.object("Array", 16), heap.object("Value", 16));
    heap.property(heap.global(), "array", array);
    for index in 0..3000 {
        match index {
            700 | 2900 => heap.property(array, &format!("name{index}"), value),
            1500 => heap.internal(array, "inner", value),
            _ => heap.element(array, index, value),
        }
    }
    let report = object(&open(&heap), at(array), &ObjectOptions::default());
    let names: Vec<&str> = report.properties.iter().map(|field| &*field.edge.name).collect();
    assert_eq!(names, ["name700", "name2900"]);
    assert_eq!((report.elements.items.len(), report.elements.count), (100, 2997));
    assert_eq!((report.internals.len(), report.more_internals), (0, 1));
}

#[test]
fn an_object_with_very_many_properties_knows_its_prototype() {
    let mut heap = SnapshotBuilder::new();
    let (record, prototype) = (heap.object("Record", 32), heap.object("Record", 32));
    let length = heap.number("int", "7");
    heap.property(heap.global(), "record", record);
    for number in 0..MANY / 2 {
        heap.property(record, &format!("key{number}"), prototype);
    }
    heap.property(record, "__proto__", prototype);
    heap.property(record, "length", length);
    let graph = open(&heap);
    let first = |edge_type, name: &str| {
        let mut edges = graph.edges(at(record));
        edges.find(|edge| {
            edge.edge_type == edge_type
                && matches!(edge.name, EdgeName::String(_))
                && graph.edge_name(*edge) == name
        })
    };
    for (edge_type, name) in [
        (EdgeType::Property, "key69999"),
        (EdgeType::Property, "length"),
        (EdgeType::Internal, "length"),
        (EdgeType::Internal, "map"),
        (EdgeType::Property, "none"),
        (EdgeType::Weak, "length"),
        (EdgeType::Element, "length"),
    ] {
        assert_eq!(graph.edge_named(at(record), edge_type, name), first(edge_type, name), "{name}");
    }
    let report = object(&graph, at(record), &ObjectOptions::default());
    assert_eq!(report.prototype.map(|prototype| prototype.ordinal), Some(at(prototype)));
    assert_eq!((report.properties.len(), report.more_properties), (100, u64::from(MANY / 2) - 99));
    assert_eq!(report.elements.length, Some(7));
}
