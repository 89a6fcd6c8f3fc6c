//! Waste in heaps written by hand, with the sizes that Node.js has.

use heapglass_analysis::WasteKind;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::id;
use crate::support::waste_of;

/// Objects and bytes.
fn figures(heap: &SnapshotBuilder, kind: WasteKind) -> (u64, u64) {
    let wasted = waste_of(heap, kind);
    (wasted.object_count, wasted.saved_size)
}

/// A heap with one object in a global, to which all else is added.
fn heap() -> (SnapshotBuilder, NodeRef) {
    let mut heap = SnapshotBuilder::new();
    let owner = heap.object("Owner", 24);
    heap.property(heap.global(), "owner", owner);
    (heap, owner)
}

/// A Map or a Set under `owner` with a table of so many bytes and these slots filled.
fn collection(
    heap: &mut SnapshotBuilder,
    owner: NodeRef,
    class: &str,
    name: &str,
    size: u64,
    slots: &[u32],
) -> NodeRef {
    let map = heap.object(class, 32);
    let table = heap.node("array", "", size);
    heap.property(owner, name, map);
    heap.internal(map, "table", table);
    for slot in slots {
        let entry = heap.object("Entry", 16);
        heap.internal(table, &slot.to_string(), entry);
    }
    map
}

/// A shape with these property names.
fn shape(heap: &mut SnapshotBuilder, keys: &[&str]) -> NodeRef {
    let shape = heap.node("object shape", "system / Map", 72);
    if !keys.is_empty() {
        let list = heap.node("object shape", "system / DescriptorArray", 96);
        heap.internal(shape, "descriptors", list);
        for (at, key) in (0..).zip(keys) {
            let text = heap.string(key, 24);
            heap.internal(list, &(3 * at).to_string(), text);
        }
    }
    shape
}

fn array(heap: &mut SnapshotBuilder, owner: NodeRef, slots: u64, elements: &[(u32, u32)]) {
    let (array, shape) = (heap.object("Array", 32), shape(heap, &["length"]));
    heap.property(owner, "list", array);
    heap.internal(array, "map", shape);
    if slots > 0 {
        let store = heap.node("array", "(object elements)", 16 + 8 * slots);
        heap.internal(array, "elements", store);
        for &(index, slot) in elements {
            let element = heap.object("Element", 16);
            heap.element(array, index, element);
            heap.internal(store, &slot.to_string(), element);
        }
    }
}

#[test]
fn maps_and_sets_without_entries_are_empty_only_as_new_ones() {
    let (mut heap, owner) = heap();
    let map = collection(&mut heap, owner, "Map", "map", 152, &[]);
    let _ = collection(&mut heap, owner, "Set", "set", 120, &[]);
    // 100 small integers, which have no edges.
    let _ = collection(&mut heap, owner, "Map", "numbers", 3624, &[]);
    let _ = collection(&mut heap, owner, "Map", "used", 152, &[5, 6]);
    let wasted = waste_of(&heap, WasteKind::EmptyCollections);
    assert_eq!((wasted.object_count, wasted.saved_size), (2, 184 + 152));
    let row = wasted.rows.first().expect("two rows");
    assert_eq!((row.what.as_str(), row.saved_size, row.example.id), ("Map", 184, id(&heap, map)));
    let holder = row.holder.as_ref().expect("a holder");
    assert_eq!((holder.class_name.as_str(), holder.edge.as_str()), ("Owner", ".map"));
    assert_eq!(row.path.as_deref(), Some("global.owner.map : Map"));
    assert_eq!(figures(&heap, WasteKind::SpareRoom), (0, 0));
}

#[test]
fn arrays_and_plain_objects_are_empty_without_store_and_fields() {
    let (mut heap, owner) = heap();
    array(&mut heap, owner, 0, &[]);
    let empty = heap.object("Object", 56);
    let (no_keys, keys) = (shape(&mut heap, &[]), shape(&mut heap, &["count"]));
    heap.property(owner, "empty", empty);
    heap.internal(empty, "map", no_keys);
    // One with a small integer, which has no edge, and one of a class.
    let counter = heap.object("Object", 56);
    heap.property(owner, "counter", counter);
    heap.internal(counter, "map", keys);
    let session = heap.object("Session", 56);
    heap.property(owner, "session", session);
    heap.internal(session, "map", no_keys);
    assert_eq!(figures(&heap, WasteKind::EmptyCollections), (2, 32 + 56));
}

#[test]
fn room_beyond_what_v8_would_take_is_spare() {
    let (mut heap, owner) = heap();
    // Three of 100 entries are left in a table for 128: one for four is enough for them.
    let slots = [67 + 3 * 97, 68 + 3 * 97, 67 + 3 * 98, 68 + 3 * 98, 67 + 3 * 99, 68 + 3 * 99];
    let _ = collection(&mut heap, owner, "Map", "map", 3624, &slots);
    assert_eq!(figures(&heap, WasteKind::SpareRoom), (1, 3624 - 152));
    // The other 97 as Node 22 and 24 write them.
    let deleted = collection(&mut heap, owner, "Map", "deleted", 3624, &slots);
    let (table, hole) = (NodeRef(deleted.0 + 1), heap.node("hidden", "system / Hole", 16));
    for slot in (67..67 + 3 * 97).filter(|slot| (slot - 67) % 3 < 2) {
        heap.internal(table, &slot.to_string(), hole);
    }
    assert_eq!(figures(&heap, WasteKind::SpareRoom), (2, 2 * (3624 - 152)));
    // push() made room for 17 elements.
    array(&mut heap, owner, 17, &[(0, 0)]);
    assert_eq!(figures(&heap, WasteKind::SpareRoom), (3, 2 * (3624 - 152) + 16 * 8));
    // Of one with numbers alone nothing can be said.
    array(&mut heap, owner, 1000, &[]);
    assert_eq!(figures(&heap, WasteKind::SpareRoom).0, 3);
    assert_eq!(figures(&heap, WasteKind::SparseArrays), (0, 0));
}

#[test]
fn gaps_and_tables_of_indexes_make_arrays_sparse() {
    let (mut heap, owner) = heap();
    array(&mut heap, owner, 100, &[(0, 0), (99, 99)]);
    assert_eq!(figures(&heap, WasteKind::SparseArrays), (1, 98 * 8));
    assert_eq!(figures(&heap, WasteKind::SpareRoom), (0, 0));
    // At 5000 in a table of 16 slots, as V8 keeps it: one slot would do.
    array(&mut heap, owner, 16, &[(5000, 14)]);
    assert_eq!(figures(&heap, WasteKind::SparseArrays), (2, 98 * 8 + 15 * 8));
}

#[test]
fn objects_whose_properties_lie_beside_their_names_are_tables() {
    let (mut heap, owner) = heap();
    let slow_shape = shape(&mut heap, &[]);
    let slow = heap.object("Slow", 24);
    let table = heap.node("array", "(object properties)", 256);
    heap.property(owner, "slow", slow);
    heap.internal(slow, "map", slow_shape);
    heap.internal(slow, "properties", table);
    for (slot, name) in [(12, "c"), (18, "d")] {
        let (key, value) = (heap.string(name, 24), heap.object("Value", 16));
        heap.property(slow, name, value);
        heap.internal(table, &slot.to_string(), key);
        heap.internal(table, &(slot + 1).to_string(), value);
    }
    assert_eq!(figures(&heap, WasteKind::DictionaryObjects), (1, 256 - (16 + 2 * 8)));
    // A list of values, one of which is the text of its name, belongs to an object with a shape.
    let fast_shape = shape(&mut heap, &["name"]);
    let (fast, values) = (heap.object("Fast", 24), heap.node("array", "(object properties)", 40));
    let name = heap.string("name", 24);
    heap.property(owner, "fast", fast);
    heap.internal(fast, "map", fast_shape);
    heap.internal(fast, "properties", values);
    heap.property(fast, "name", name);
    heap.internal(values, "0", name);
    assert_eq!(figures(&heap, WasteKind::DictionaryObjects).0, 1);
}

#[test]
fn identical_objects_are_compared_by_all_their_values() {
    let (mut heap, owner) = heap();
    let (outer, inner) = (shape(&mut heap, &["kind", "at"]), shape(&mut heap, &["unit"]));
    let mut make = |name: &str, kind: &str, unit: &str, whole: bool| {
        let (object, part) = (heap.object("Object", 40), heap.object("Object", 32));
        heap.property(owner, name, object);
        heap.internal(object, "map", outer);
        heap.internal(part, "map", inner);
        let (kind, unit) = (heap.string(kind, 24), heap.string(unit, 24));
        heap.property(object, "kind", kind);
        heap.property(part, "unit", unit);
        if whole {
            heap.property(object, "at", part);
        }
    };
    make("a", "point", "px", true);
    make("b", "point", "px", true);
    make("c", "point", "em", true);
    make("d", "line", "px", true);
    // Two whose `at` is a small integer that may differ.
    make("e", "point", "none", false);
    make("f", "point", "none", false);
    let wasted = waste_of(&heap, WasteKind::IdenticalObjects);
    // `b` with its part, and the part of `d`; those of `e` and `f` hang on nothing, but are the same.
    assert_eq!((wasted.object_count, wasted.saved_size), (4, 40 + 3 * 32));
    let outer: Vec<_> = wasted.rows.iter().filter(|row| row.what == "{kind, at}").collect();
    assert_eq!(outer.iter().map(|row| row.object_count).collect::<Vec<_>>(), [1]);
}

#[test]
fn slices_waste_what_nothing_else_holds() {
    let (mut heap, owner) = heap();
    for (name, size, is_held) in [("a", 20_000, false), ("b", 30_000, true), ("c", 64, false)] {
        let (whole, slice) =
            (heap.string(name, size), heap.node("sliced string", "(sliced string)", 32));
        let other = heap.node("sliced string", "(sliced string)", 32);
        for (number, slice) in [slice, other].into_iter().enumerate() {
            heap.internal(slice, "parent", whole);
            heap.property(owner, &format!("{name}{number}"), slice);
        }
        if is_held {
            heap.property(owner, name, whole);
        }
    }
    assert_eq!(figures(&heap, WasteKind::SlicedStrings), (1, 20_000));
}

#[test]
fn joints_within_a_joined_string_are_waste() {
    let (mut heap, owner) = heap();
    let mut text = heap.string("piece", 24);
    for _ in 0..5 {
        let piece = heap.string("piece", 24);
        text = heap.cons_string(text, piece, 32);
    }
    heap.property(owner, "text", text);
    // Flat already: the second half is empty.
    let (whole, nothing) = (heap.string("whole", 24), heap.string("", 16));
    let flat = heap.cons_string(whole, nothing, 32);
    heap.property(owner, "flat", flat);
    assert_eq!(figures(&heap, WasteKind::JoinedStrings), (1, 4 * 32));
}

#[test]
fn entries_of_a_dictionary_are_one_row() {
    let (mut heap, owner) = heap();
    let sessions = heap.object("Object", 32);
    heap.property(owner, "sessions", sessions);
    for number in 0..150 {
        let [a, b, c] = ["{", "cart", "}"].map(|piece| heap.string(piece, 24));
        let half = heap.cons_string(a, b, 32);
        let text = heap.cons_string(half, c, 32);
        heap.property(sessions, &format!("key{number}"), text);
    }
    let wasted = waste_of(&heap, WasteKind::JoinedStrings);
    let [row] = wasted.rows.as_slice() else { panic!("{wasted:?}") };
    let holder = row.holder.as_ref().expect("a holder");
    assert_eq!((row.object_count, holder.edge.as_str()), (150, "[key]"));
}

#[test]
fn texts_that_were_cut_off_are_no_copies() {
    let (mut heap, owner) = heap();
    let long = "x".repeat(1024);
    for (at, text) in [&long, &long, "short", "short", "short"].into_iter().enumerate() {
        let string = heap.string(text, 24);
        heap.property(owner, &format!("p{at}"), string);
    }
    let wasted = waste_of(&heap, WasteKind::DuplicateStrings);
    assert_eq!((wasted.object_count, wasted.saved_size), (3, 48));
    assert_eq!(wasted.rows.first().map(|row| row.what.as_str()), Some("short"));
}

#[test]
fn numbers_of_their_own_are_boxed() {
    let (mut heap, owner) = heap();
    for index in 0..3 {
        let number = heap.node("number", "heap number", 16);
        heap.hidden(owner, index, number);
    }
    let small = heap.node("number", "smi number", 0);
    heap.property(owner, "small", small);
    let wasted = waste_of(&heap, WasteKind::BoxedNumbers);
    assert_eq!((wasted.object_count, wasted.saved_size), (3, 48));
    let holder = wasted.rows.first().and_then(|row| row.holder.clone()).expect("a holder");
    assert_eq!(holder.edge, "a field", "whichever it is");
}

/// A function of a package that keeps so many bytes.
fn function_of_package(heap: &mut SnapshotBuilder, owner: NodeRef, folder: &str, size: u64) {
    let script = heap.node("code", &format!("{folder}/index.js"), 0);
    let name = heap.string(&format!("{folder}/index.js"), 0);
    heap.internal(script, "name", name);
    let shared = heap.node("code", "load", 0);
    heap.internal(shared, "script", script);
    let (function, data) = (heap.closure("load", 64), heap.object("Data", size));
    heap.internal(function, "shared", shared);
    heap.property(function, "data", data);
    heap.property(owner, folder, function);
}

#[test]
fn all_but_the_largest_copy_of_a_package_are_waste() {
    let (mut heap, owner) = heap();
    for (folder, size) in [
        ("/app/node_modules/left-pad", 5000),
        ("/app/node_modules/old/node_modules/left-pad", 3000),
        ("/app/node_modules/single", 7000),
    ] {
        function_of_package(&mut heap, owner, folder, size);
    }
    let wasted = waste_of(&heap, WasteKind::PackageCopies);
    assert_eq!((wasted.object_count, wasted.saved_size), (2, 3064));
    let row = wasted.rows.first().expect("one package");
    assert_eq!(row.what, "left-pad");
    let copies: Vec<_> = row.copies.iter().map(|c| (c.folder.as_str(), c.held_size)).collect();
    assert_eq!(
        copies,
        [
            ("/app/node_modules/left-pad", 5064),
            ("/app/node_modules/old/node_modules/left-pad", 3064)
        ]
    );
}

#[test]
fn copies_of_a_package_have_their_versions_where_the_heap_knows_them() {
    let (mut heap, owner) = heap();
    let folders = [
        "/app/node_modules/.pnpm/left-pad@1.3.0/node_modules/left-pad",
        "/app/node_modules/left-pad",
        "/app/node_modules/old/node_modules/left-pad",
    ];
    for (folder, size) in folders.into_iter().zip([5000, 3000, 1000]) {
        function_of_package(&mut heap, owner, folder, size);
    }
    // The second has read its own package.json, as `require("./package.json")` does.
    let (module, exports) = (heap.object("Module", 0), heap.object("Object", 0));
    let file = heap.string("/app/node_modules/left-pad/package.json", 0);
    let (name, version) = (heap.string("left-pad", 0), heap.string("1.1.3", 0));
    heap.property(owner, "package.json", module);
    heap.property(module, "filename", file);
    heap.property(module, "exports", exports);
    heap.property(exports, "name", name);
    heap.property(exports, "version", version);
    let wasted = waste_of(&heap, WasteKind::PackageCopies);
    let row = wasted.rows.first().expect("one package");
    let copies: Vec<_> = row
        .copies
        .iter()
        .map(|copy| (copy.version.as_deref(), copy.held_size, copy.retained_size))
        .collect();
    let expected = [(Some("1.3.0"), 5064, 5064), (Some("1.1.3"), 3064, 3064), (None, 1064, 1064)];
    assert_eq!(copies, expected);
}
