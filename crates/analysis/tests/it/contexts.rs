use heapglass_analysis::{Error, Filter, Owner, native_contexts, nodes_passing};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::{at, id, open};

/// A native context with the map of maps that names it, and a map.
fn realm(heap: &mut SnapshotBuilder, name: &str) -> (NodeRef, NodeRef) {
    let context = heap.node("hidden", name, 100);
    let meta_map = heap.node("object shape", "system / Map", 10);
    let map = heap.node("object shape", "system / Map", 10);
    heap.element(heap.gc_roots(), 7, context);
    heap.internal(meta_map, "native_context", context);
    heap.internal(map, "map", meta_map);
    (context, map)
}

#[test]
fn objects_belong_to_the_context_of_their_map_or_to_who_reaches_them() {
    let mut heap = SnapshotBuilder::new();
    let (first, first_map) = realm(&mut heap, "system / NativeContext");
    let (second, second_map) = realm(&mut heap, "system / NativeContext / https://example.org");
    let (a, b) = (heap.object("A", 16), heap.object("B", 16));
    heap.internal(a, "map", first_map);
    heap.internal(b, "map", second_map);
    heap.property(heap.global(), "a", a);
    heap.property(a, "b", b);
    let (of_a, of_b, of_both) =
        (heap.string("a", 16), heap.string("b", 16), heap.string("both", 16));
    let below_both = heap.string("below", 16);
    heap.property(a, "own", of_a);
    heap.property(b, "own", of_b);
    heap.property(a, "both", of_both);
    heap.property(b, "both", of_both);
    heap.internal(of_both, "below", below_both);
    let of_nobody = heap.string("nobody", 16);
    heap.property(heap.global(), "nobody", of_nobody);
    heap.weak(a, "nobody", of_nobody);
    heap.shortcut(a, "nobody", of_nobody);

    let graph = open(&heap);
    let contexts = native_contexts(&graph);
    let owner = |node| contexts.owner(at(node));
    assert_eq!(owner(first), Owner::Context(at(first)));
    assert_eq!(owner(a), Owner::Context(at(first)));
    assert_eq!(owner(b), Owner::Context(at(second)), "its map says so, though A reaches it");
    assert_eq!(owner(of_a), Owner::Context(at(first)));
    assert_eq!(owner(of_b), Owner::Context(at(second)));
    assert_eq!(owner(of_both), Owner::Shared);
    assert_eq!(owner(below_both), Owner::Shared);
    assert_eq!(owner(of_nobody), Owner::None);
    let sum: u64 = contexts.contexts.iter().map(|context| context.attributed_size).sum();
    assert_eq!(
        sum + contexts.shared_size + contexts.unattributed_size,
        graph.retained_size(graph.root())
    );

    let mine = nodes_passing(&graph, Filter::NativeContext(id(&heap, second))).expect("a context");
    assert!(mine.contains(at(of_b)) && !mine.contains(at(of_both)) && !mine.contains(at(a)));
    let refused = nodes_passing(&graph, Filter::NativeContext(id(&heap, a)));
    assert_eq!(refused, Err(Error::NotANativeContext(id(&heap, a))));
}
