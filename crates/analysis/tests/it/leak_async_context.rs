//! Leaks that a store of AsyncLocalStorage keeps.

use heapglass_analysis::LeakKind;
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::leaks::ask;
use crate::open;
use crate::support::fill;

/// How a resource keeps a store.
#[derive(Clone, Copy)]
enum Keeps {
    /// By a symbol, as Node 16 to 22.
    BySymbol,
    /// By a Map of all stores, as Node 24 and later.
    ByFrame,
    /// As a field that the program gave it.
    AsField,
}

/// Lets a resource keep a store.
fn keep(heap: &mut SnapshotBuilder, resource: NodeRef, store: NodeRef, how: Keeps) {
    match how {
        Keeps::BySymbol => heap.property(resource, "<symbol kResourceStore>", store),
        Keeps::AsField => heap.property(resource, "state", store),
        Keeps::ByFrame => {
            let (frame, table) = (heap.object("AsyncContextFrame", 32), heap.node("array", "", 64));
            heap.property(resource, "<symbol async_context_frame>", frame);
            heap.internal(frame, "table", table);
            heap.internal(table, "6", store);
        }
    }
}

/// A connection with a store that has a list of jobs.
fn jobs(how: Keeps, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (connection, store) = (heap.object("Connection", 64), heap.object("Object", 24));
    let list = heap.object("Array", 16);
    heap.property(heap.global(), "connection", connection);
    keep(&mut heap, connection, store, how);
    heap.property(store, "jobs", list);
    fill(&mut heap, &[list], ("Job", 100), count);
    open(&heap)
}

#[test]
fn what_gathers_in_a_store_is_kept_by_it() {
    let kind = |how| {
        let report = ask(&[50, 100, 150].map(|count| jobs(how, count)));
        let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
        assert_eq!(suspect.class_name, "Job");
        let title = suspect.knowledge.map(|known| known.title.clone()).unwrap_or_default();
        (suspect.kind, title.contains("AsyncLocalStorage's store"))
    };
    assert_eq!(kind(Keeps::BySymbol), (LeakKind::AsyncContext, true));
    assert_eq!(kind(Keeps::ByFrame), (LeakKind::AsyncContext, true));
    assert_eq!(kind(Keeps::AsField), (LeakKind::GrowingArray, false));
}

/// Sockets that are there from the beginning, of which more and more get a store. The program may list the stores too.
fn stores(is_listed: bool, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (pool, list) = (heap.object("Array", 16), heap.object("Array", 16));
    heap.property(heap.global(), "pool", pool);
    heap.property(heap.global(), "stores", list);
    for number in 0..400 {
        let socket = heap.object("Socket", 64);
        heap.spec(socket).id = 5001 + 2 * number;
        heap.element(pool, number as u32, socket);
        if number < count {
            let store = heap.object("RequestContext", 200);
            heap.spec(store).id = 10_001 + 2 * number;
            keep(&mut heap, socket, store, Keeps::BySymbol);
            if is_listed {
                heap.element(list, number as u32, store);
            }
        }
    }
    open(&heap)
}

#[test]
fn an_object_that_only_resources_keep_is_a_store() {
    let kinds = |is_listed| -> Vec<LeakKind> {
        let report = ask(&[100, 200, 300].map(|count| stores(is_listed, count)));
        let found = report.suspects.iter();
        let found = found.filter(|suspect| suspect.class_name == "RequestContext");
        found.map(|suspect| suspect.kind).collect()
    };
    assert_eq!(kinds(false), [LeakKind::AsyncContext]);
    // What the program lists is its own to forget.
    let listed = kinds(true);
    assert!(!listed.is_empty() && !listed.contains(&LeakKind::AsyncContext), "{listed:?}");
}
