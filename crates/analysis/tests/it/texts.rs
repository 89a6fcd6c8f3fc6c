//! Texts of heaps written by hand.

use heapglass_analysis::{TextList, TextOptions, TextSort, class_pattern, texts};
use heapglass_testkit::SnapshotBuilder;

use crate::{id, open};

fn list(heap: &SnapshotBuilder, options: &TextOptions) -> TextList {
    texts(&open(heap), options)
}

fn words(list: &TextList) -> Vec<(&str, u64)> {
    list.rows.iter().map(|row| (row.text.as_str(), row.count)).collect()
}

/// Three times "again", once "alone" and once "a long text".
fn heap() -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let users = heap.object("Users", 40);
    heap.property(heap.global(), "users", users);
    for (name, text, size) in
        [("a", "again", 24), ("b", "again", 32), ("c", "alone", 100), ("d", "a long text", 64)]
    {
        let string = heap.string(text, size);
        heap.property(users, name, string);
    }
    let (list, store) = (heap.object("Array", 16), heap.node("array", "(object elements)", 64));
    heap.property(users, "list", list);
    heap.internal(list, "elements", store);
    let third = heap.string("again", 24);
    heap.internal(store, "7", third);
    heap
}

#[test]
fn the_names_of_properties_are_told_as_names() {
    let mut heap = SnapshotBuilder::new();
    let (owner, table) = (heap.object("Owner", 24), heap.node("array", "(object properties)", 96));
    heap.property(heap.global(), "owner", owner);
    heap.internal(owner, "properties", table);
    let (name, value) = (heap.string("kind", 24), heap.string("a value", 24));
    heap.internal(table, "3", name);
    heap.internal(table, "4", value);
    heap.property(owner, "kind", value);
    let (bound, arguments) = (heap.object("Bound", 24), heap.node("array", "", 32));
    heap.property(heap.global(), "bound", bound);
    heap.internal(bound, "bound_arguments", arguments);
    let argument = heap.string("an argument", 24);
    heap.internal(arguments, "0", argument);
    let list = list(&heap, &TextOptions::default());
    let edge = |text: &str| {
        let row = list.rows.iter().find(|row| row.text == text).expect("a row");
        row.holders.first().expect("a holder").edge.as_str()
    };
    assert_eq!(edge("kind"), "a property's name");
    assert_eq!(edge("a value"), ".kind");
    assert_eq!(edge("an argument"), "[…]");
}

#[test]
fn strings_of_one_text_are_one_row() {
    let heap = heap();
    let list = list(&heap, &TextOptions::default());
    assert_eq!(words(&list), [("alone", 1), ("again", 3), ("a long text", 1)]);
    assert_eq!((list.text_count, list.string_count), (3, 5));
    assert_eq!((list.shallow_size, list.wasted_size), (244, 48));
    let again = list.rows.get(1).expect("a row");
    assert_eq!((again.shallow_size, again.wasted_size, again.example.shallow_size), (80, 48, 32));
    assert_eq!(again.path.as_deref(), Some("global.users.b : (string)"));
    let holders: Vec<_> =
        again.holders.iter().map(|h| (h.class_name.as_str(), h.edge.as_str(), h.count)).collect();
    assert_eq!(holders, [("Array", "[…]", 1), ("Users", ".a", 1), ("Users", ".b", 1)]);
}

#[test]
fn the_example_of_a_text_is_one_that_is_held_as_most_are() {
    let mut heap = SnapshotBuilder::new();
    // V8 has a copy of its own of each text that is written in a script, and it comes first.
    let own = heap.string("open", 24);
    heap.element(heap.gc_roots(), 1, own);
    let orders = heap.object("Array", 16);
    heap.property(heap.global(), "orders", orders);
    for number in 0..3 {
        let (order, text) = (heap.object("Order", 24), heap.string("open", 24));
        heap.element(orders, number, order);
        heap.property(order, "state", text);
    }
    let list = list(&heap, &TextOptions::default());
    let row = list.rows.first().expect("a row");
    assert_eq!((row.count, row.wasted_size), (4, 72));
    assert_eq!(row.path.as_deref(), Some("global.orders[0].state : (string)"));
}

#[test]
fn duplicates_alone_by_what_they_waste() {
    let options =
        TextOptions { duplicates: true, sort: TextSort::Wasted, ..TextOptions::default() };
    let list = list(&heap(), &options);
    assert_eq!(words(&list), [("again", 3)]);
    assert_eq!((list.text_count, list.wasted_size), (1, 48));
}

#[test]
fn a_pattern_selects_and_a_limit_hides() {
    let pattern = class_pattern("^AL|long").expect("a pattern");
    let options = TextOptions { pattern: Some(pattern), limit: Some(1), ..TextOptions::default() };
    let list = list(&heap(), &options);
    assert_eq!(words(&list), [("alone", 1)]);
    assert_eq!((list.text_count, list.string_count, list.shallow_size), (2, 2, 164));
}

#[test]
fn texts_that_may_be_the_same_are_counted_if_they_match() {
    let mut heap = heap();
    for (name, letter) in [("e", "x"), ("f", "x"), ("g", "y"), ("h", "y"), ("i", "y")] {
        let cut_off = heap.string(&letter.repeat(1024), 2000);
        heap.property(heap.global(), name, cut_off);
    }
    for duplicates in [false, true] {
        for (pattern, unsure_count) in [(None, 5), (Some("^x"), 2), (Some("again"), 0)] {
            let pattern = pattern.map(|text| class_pattern(text).expect("a pattern"));
            let options = TextOptions { pattern, duplicates, ..TextOptions::default() };
            let list = list(&heap, &options);
            assert_eq!(list.unsure_count, unsure_count, "{:?}", options.pattern);
            let is_shown = list.rows.iter().any(|row| row.text.starts_with('x'));
            assert_eq!(is_shown, unsure_count > 0 && !duplicates, "{:?}", options.pattern);
        }
    }
}

#[test]
fn concatenated_strings_count_by_their_text_and_slices_not_at_all() {
    let mut heap = heap();
    let (first, second) = (heap.string("aga", 16), heap.string("in", 16));
    let rope = heap.cons_string(first, second, 20);
    heap.property(heap.global(), "rope", rope);
    let slice = heap.node("sliced string", "(sliced string)", 20);
    heap.property(heap.global(), "slice", slice);
    let list = list(&heap, &TextOptions { sort: TextSort::Count, ..TextOptions::default() });
    assert_eq!(words(&list).first(), Some(&("again", 4)));
    assert_eq!(list.slice_count, 1);
    let holders = &list.rows.first().expect("a row").holders;
    assert!(holders.iter().any(|holder| holder.edge == ".rope"), "{holders:?}");
}

#[test]
fn entries_of_a_map_are_held_by_the_map() {
    let mut heap = SnapshotBuilder::new();
    let (map, table) = (heap.object("Map", 32), heap.node("array", "", 64));
    heap.property(heap.global(), "cache", map);
    heap.internal(map, "table", table);
    let key = heap.string("a key", 24);
    heap.internal(table, "5", key);
    let list = list(&heap, &TextOptions::default());
    let holder = list.rows.first().and_then(|row| row.holders.first()).expect("a holder");
    assert_eq!((holder.class_name.as_str(), holder.edge.as_str()), ("Map", "entry"));
    assert_eq!(holder.example, id(&heap, map));
}

#[test]
fn what_holds_a_string_is_no_weak_edge_however_near() {
    let mut heap = SnapshotBuilder::new();
    let (near, far, farther) =
        (heap.object("Near", 16), heap.object("Far", 16), heap.object("Farther", 16));
    heap.property(heap.global(), "near", near);
    heap.property(heap.global(), "far", far);
    heap.property(far, "next", farther);
    // Two of one text in one list: each is told by the same look at the list.
    for index in 0..2 {
        let string = heap.string("text", 24);
        heap.weak(near, &format!("w{index}"), string);
        heap.element(farther, index, string);
    }
    let list = list(&heap, &TextOptions::default());
    let text = list.rows.iter().find(|row| row.text == "text").expect("a row");
    let holders: Vec<_> =
        text.holders.iter().map(|h| (h.class_name.as_str(), h.edge.as_str(), h.count)).collect();
    assert_eq!(holders, [("Farther", "[…]", 2)]);
}
