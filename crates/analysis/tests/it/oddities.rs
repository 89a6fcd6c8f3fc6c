//! What stands out in heaps written by hand.

use heapglass_analysis::{LEAST_ENTRIES, Oddity, OddityKind, oddities};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::open;
use crate::support::function;

fn of(heap: &SnapshotBuilder) -> Vec<Oddity> {
    oddities(&open(heap), usize::MAX)
}

/// An emitter in a global with this many listeners of `data`.
fn emitter(heap: &mut SnapshotBuilder, listeners: u32) {
    let emitter = heap.object("Bus", 24);
    let events = heap.object("Object", 24);
    let list = heap.object("Array", 16);
    heap.property(heap.global(), &format!("bus{listeners}"), emitter);
    heap.property(emitter, "_events", events);
    heap.property(events, "data", list);
    for at in 0..listeners {
        let listener = heap.object("Listening", 32);
        heap.element(list, at, listener);
    }
}

#[test]
fn more_listeners_than_node_lets_pass() {
    let mut heap = SnapshotBuilder::new();
    emitter(&mut heap, 10);
    emitter(&mut heap, 11);
    let found = of(&heap);
    let [odd] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(odd.kind, OddityKind::ManyListeners { event: "data".to_owned() });
    assert_eq!((odd.count, odd.object.class_name.as_str()), (11, "Bus"));
    assert_eq!(odd.retained_size, 16 + 11 * 32);
    assert!(odd.line.contains("bus11"), "{}", odd.line);
}

/// An array in a global with so many functions of one place, and as many of places of their own.
fn hooks(heap: &mut SnapshotBuilder, functions: u32) -> NodeRef {
    let list = heap.object("Array", 16);
    heap.property(heap.global(), "hooks", list);
    let shared = heap.node("code", "system / SharedFunctionInfo", 48);
    for at in 0..functions {
        let hook = heap.closure("onSave", 64);
        heap.internal(hook, "shared", shared);
        heap.element(list, 2 * at, hook);
        let route = function(heap, at, "/srv/app/routes.js", "route");
        heap.element(list, 2 * at + 1, route);
    }
    list
}

#[test]
fn many_functions_of_one_place() {
    let mut heap = SnapshotBuilder::new();
    hooks(&mut heap, 99);
    assert!(of(&heap).is_empty());
    let mut heap = SnapshotBuilder::new();
    let list = hooks(&mut heap, 100);
    let found = of(&heap);
    let [odd] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(odd.kind, OddityKind::ManyFunctions { function: "onSave()".to_owned() });
    assert_eq!((odd.count, odd.object.class_name.as_str()), (100, "Array"));
    // As listeners they are told as listeners.
    let (emitter, events) = (heap.object("Bus", 24), heap.object("Object", 24));
    heap.property(heap.global(), "bus", emitter);
    heap.property(emitter, "_events", events);
    heap.property(events, "save", list);
    let found = of(&heap);
    let [odd] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(odd.kind, OddityKind::ManyListeners { event: "save".to_owned() });
}

/// An event target as Node builds it: a Map from the event to the head of a linked list.
fn target(heap: &mut SnapshotBuilder, listeners: u32) -> NodeRef {
    let target = heap.object("AbortSignal", 24);
    let events = heap.object("Map", 32);
    let table = heap.node("array", "", 64);
    let head = heap.object("Object", 24);
    let abort = heap.string("abort", 24);
    heap.property(heap.global(), "signal", target);
    heap.property(target, "<symbol kEvents>", events);
    heap.internal(events, "table", table);
    heap.internal(table, "5", abort);
    heap.internal(table, "6", head);
    let mut last = head;
    for _ in 0..listeners {
        let listener = heap.object("Listener", 40);
        heap.property(last, "next", listener);
        last = listener;
    }
    last
}

#[test]
fn listeners_of_an_event_target_are_a_linked_list() {
    let mut heap = SnapshotBuilder::new();
    target(&mut heap, 25);
    let found = of(&heap);
    let [odd] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(odd.kind, OddityKind::ManyListeners { event: "abort".to_owned() });
    assert_eq!(odd.count, 25);
    // A list in a circle ends as well, with each link once.
    let mut heap = SnapshotBuilder::new();
    let last = target(&mut heap, 25);
    heap.property(last, "next", last);
    assert_eq!(of(&heap).first().map(|odd| odd.count), Some(25));
}

#[test]
fn listeners_that_emitters_share_count_once() {
    let mut heap = SnapshotBuilder::new();
    emitter(&mut heap, 20);
    let events = NodeRef(heap.global().0 + 2);
    for at in 0..5 {
        let other = heap.object("Bus", 24);
        heap.property(heap.global(), &format!("other{at}"), other);
        heap.property(other, "_events", events);
    }
    assert_eq!(of(&heap).len(), 1);
}

/// `count` rooms in a global Map, each with an array of guests in a field; returns the arrays.
fn rooms(heap: &mut SnapshotBuilder, guests: &[u64]) {
    let rooms = heap.object("Map", 32);
    let table = heap.node("array", "", 64);
    heap.property(heap.global(), "rooms", rooms);
    heap.internal(rooms, "table", table);
    for (at, &guests) in (0u32..).zip(guests) {
        let room = heap.object("Room", 24);
        let list = heap.object("Array", 16);
        heap.internal(table, &(1027 + 3 * at).to_string(), room);
        heap.property(room, "guests", list);
        for guest in 0..guests {
            let guest_object = heap.object("Guest", 16);
            heap.element(list, guest as u32, guest_object);
        }
    }
}

#[test]
fn a_collection_far_larger_than_those_in_the_same_field() {
    let mut heap = SnapshotBuilder::new();
    rooms(&mut heap, &[30, 40, 50, 60, 70, LEAST_ENTRIES]);
    let found = of(&heap);
    let [odd] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(odd.kind, OddityKind::LargeCollection { median: 50, others: 5 });
    assert_eq!((odd.count, odd.object.class_name.as_str()), (LEAST_ENTRIES, "Array"));
    assert!(odd.line.contains("rooms"), "{}", odd.line);
}

#[test]
fn what_is_as_large_as_the_others_or_has_few_to_compare_with_is_nothing_odd() {
    for guests in [
        vec![300, 400, 500, 600, 700, LEAST_ENTRIES],
        vec![30, 40, 50, 60, LEAST_ENTRIES],
        vec![30, 40, 50, 60, 70, LEAST_ENTRIES - 1],
    ] {
        let mut heap = SnapshotBuilder::new();
        rooms(&mut heap, &guests);
        assert_eq!(of(&heap), [], "{guests:?}");
    }
}

#[test]
fn a_collection_far_larger_than_those_in_the_same_collection() {
    let mut heap = SnapshotBuilder::new();
    let topics = heap.object("Map", 32);
    let table = heap.node("array", "", 64);
    heap.property(heap.global(), "topics", topics);
    heap.internal(topics, "table", table);
    for at in 0..8u32 {
        let name = heap.string(&format!("topic {at}"), 24);
        let list = heap.object("Set", 16);
        let store = heap.node("array", "", 64);
        heap.internal(table, &(1027 + 3 * at).to_string(), name);
        heap.internal(table, &(1028 + 3 * at).to_string(), list);
        heap.internal(list, "table", store);
        for entry in 0..if at == 3 { 2000 } else { 3u32 } {
            let subscriber = heap.object("Subscriber", 16);
            heap.internal(store, &(4099 + 2 * entry).to_string(), subscriber);
        }
    }
    let found = of(&heap);
    let [odd] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(odd.kind, OddityKind::LargeCollection { median: 3, others: 7 });
    assert_eq!(odd.count, 2000);
}
