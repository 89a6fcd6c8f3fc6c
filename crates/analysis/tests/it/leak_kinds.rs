//! What kind of leak it is, by what gathers, what is gathered and what both are called.

use heapglass_analysis::{LeakKind, LeakSuspect};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::leaks::ask;
use crate::open;

/// The first suspect of a program that has so many objects more in each of three snapshots. `gather` puts them where it
/// likes.
fn suspect(
    member: fn(&mut SnapshotBuilder) -> NodeRef,
    gather: impl Fn(&mut SnapshotBuilder, &[NodeRef]),
) -> LeakSuspect {
    let snapshots = [50, 100, 150].map(|count: u32| {
        let mut heap = SnapshotBuilder::new();
        let members: Vec<NodeRef> = (0..count)
            .map(|number| {
                let node = member(&mut heap);
                heap.spec(node).id = u64::from(10_001 + 2 * number);
                node
            })
            .collect();
        gather(&mut heap, &members);
        // What was there before is the same object in each.
        let nodes = u32::try_from(heap.nodes().len()).expect("few nodes");
        for (at, number) in (count + 3..nodes).zip(0..) {
            heap.spec(NodeRef(at)).id = 1_001 + 2 * number;
        }
        open(&heap)
    });
    ask(&snapshots).suspects.into_iter().next().expect("a leak")
}

/// Puts them into a list in this field of an object of a class, which the global object holds.
fn list_in(class: &str, field: &str) -> impl Fn(&mut SnapshotBuilder, &[NodeRef]) {
    move |heap, members| {
        let (holder, list) = (heap.object(class, 32), heap.object("Array", 16));
        heap.property(heap.global(), "feed", holder);
        heap.property(holder, field, list);
        for (at, &member) in (0..).zip(members) {
            heap.element(list, at, member);
        }
    }
}

fn a_price(heap: &mut SnapshotBuilder) -> NodeRef {
    heap.object("Price", 200)
}

fn a_function(heap: &mut SnapshotBuilder) -> NodeRef {
    heap.closure("handle", 200)
}

#[test]
fn a_history_of_events_is_no_list_of_listeners() {
    let events = list_in("ReplaySubject", "_events");
    assert_eq!(suspect(a_price, &events).kind, LeakKind::GrowingArray);
    assert_eq!(suspect(a_function, &events).kind, LeakKind::Listeners);
}

#[test]
fn functions_in_a_list_that_is_called_so_are_listeners() {
    for field in ["subscribers", "currentListeners", "_observers", "observers_"] {
        assert_eq!(
            suspect(a_function, list_in("Config", field)).kind,
            LeakKind::Listeners,
            "{field}"
        );
    }
    for field in ["jobs", "listenersCount"] {
        let kind = suspect(a_function, list_in("Config", field)).kind;
        assert_eq!(kind, LeakKind::GrowingArray, "{field}");
    }
    let of_objects = suspect(a_price, list_in("Config", "subscribers"));
    assert_eq!(of_objects.kind, LeakKind::GrowingArray);
}

#[test]
fn elements_in_a_list_are_no_native_memory_whatever_their_attributes_say() {
    let element = |heap: &mut SnapshotBuilder| heap.node("native", "<li class=\"hover::on\">", 200);
    assert_eq!(suspect(element, list_in("Feed", "rows")).kind, LeakKind::GrowingArray);
}

/// Puts them into the fields of a function, or into a variable of it, under a field of this name.
fn at_function(name: &str, is_variable: bool) -> impl Fn(&mut SnapshotBuilder, &[NodeRef]) {
    move |heap, members| {
        let (function, scope) = (heap.closure("insert", 64), heap.object("system / Context", 32));
        heap.property(heap.global(), name, function);
        heap.internal(function, "context", scope);
        for (at, &member) in members.iter().enumerate() {
            match is_variable {
                true => heap.context(scope, &format!("v{at}"), member),
                false => heap.property(function, &format!("css-{at}"), member),
            }
        }
    }
}

#[test]
fn what_hangs_on_a_function_as_fields_is_no_variable_of_its() {
    let kind = |name, is_variable| suspect(a_price, at_function(name, is_variable)).kind;
    assert_eq!(kind("insert", false), LeakKind::GrowingObject);
    assert_eq!(kind("styleCache", false), LeakKind::Cache);
    assert_eq!(kind("insert", true), LeakKind::ClosureContext);
}

#[test]
fn linked_entries_in_an_object_that_is_called_a_cache_are_a_cache() {
    let table = |name: &'static str| {
        move |heap: &mut SnapshotBuilder, members: &[NodeRef]| {
            let (holder, entries) = (heap.object("Ring", 32), heap.object("Object", 16));
            heap.property(heap.global(), "ring", holder);
            heap.property(holder, name, entries);
            for (at, &member) in members.iter().enumerate() {
                heap.property(entries, &format!("k{at}"), member);
                if let Some(&previous) = at.checked_sub(1).and_then(|at| members.get(at)) {
                    heap.property(member, "prev", previous);
                }
            }
        }
    };
    assert_eq!(suspect(a_price, table("cache")).kind, LeakKind::Cache);
    assert_eq!(suspect(a_price, table("journal")).kind, LeakKind::LinkedList);
}

#[test]
fn the_owner_is_who_has_it_in_a_field_if_no_code_is_known_to_hold_it() {
    let owner = |suspect: LeakSuspect| suspect.owner.expect("an owner");
    let of_worker = suspect(a_function, |heap, members| {
        let (worker, events) = (heap.object("Worker", 32), heap.object("Object", 16));
        let list = heap.object("Array", 16);
        heap.property(heap.global(), "pool", worker);
        heap.property(worker, "_events", events);
        heap.property(events, "message", list);
        for (at, &member) in (0..).zip(members) {
            heap.element(list, at, member);
        }
    });
    assert_eq!(owner(of_worker).class_name, "Worker");
    let of_global = suspect(a_price, |heap, members| {
        let list = heap.object("Array", 16);
        heap.property(heap.global(), "scheduledTasks", list);
        for (at, &member) in (0..).zip(members) {
            heap.element(list, at, member);
        }
    });
    assert_eq!(owner(of_global).label, "global.scheduledTasks");
}

#[test]
fn promises_of_a_library_are_not_known_to_be_pending() {
    let rejected = list_in("Tracker", "rejections");
    let of_v8 = |heap: &mut SnapshotBuilder| heap.object("Promise", 200);
    let of_library = |heap: &mut SnapshotBuilder| {
        let promise = heap.object("Promise", 200);
        heap.locate(promise, 7, 787, 16);
        promise
    };
    assert_eq!(suspect(of_v8, &rejected).kind, LeakKind::Promises);
    assert_eq!(suspect(of_library, &rejected).kind, LeakKind::GrowingArray);
}
