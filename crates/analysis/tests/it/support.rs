//! Parts of programs that many tests are about.

use heapglass_analysis::{WasteKind, WasteOptions, Wasted, waste};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::open;

/// The waste of one kind.
pub fn waste_of(heap: &SnapshotBuilder, kind: WasteKind) -> Wasted {
    let found = waste(&open(heap), &WasteOptions { kinds: vec![kind], limit: None }, &());
    found.into_iter().next().expect("one kind was asked for")
}

/// A function of a script with this number.
pub fn function(heap: &mut SnapshotBuilder, number: u32, script: &str, name: &str) -> NodeRef {
    let (closure, shared) =
        (heap.closure(name, 64), heap.node("code", "system / SharedFunctionInfo", 48));
    let script = heap.node("code", script, 100);
    heap.internal(closure, "shared", shared);
    heap.internal(shared, "script", script);
    heap.locate(closure, number, 9, 2);
    closure
}

/// An object in this field of another.
pub fn field(heap: &mut SnapshotBuilder, of: NodeRef, name: &str, class: &str) -> NodeRef {
    let object = heap.object(class, 32);
    heap.property(of, name, object);
    object
}

/// The last of some objects, each in this field of the one before, and the first in one of the global object.
pub fn chain(heap: &mut SnapshotBuilder, fields: &[(&str, &str)]) -> NodeRef {
    let global = heap.global();
    fields.iter().fold(global, |holder, &(name, class)| field(heap, holder, name, class))
}

/// An object with this id, which says when it came: those that a process makes later have higher ones.
pub fn dated(heap: &mut SnapshotBuilder, class: &str, size: u64, id: u64) -> NodeRef {
    let object = heap.object(class, size);
    heap.spec(object).id = id;
    object
}

/// One of the lists in which Node.js keeps timers.
pub fn timers_list(heap: &mut SnapshotBuilder) -> NodeRef {
    chain(heap, &[("timerListMap", "Object"), ("t1000", "TimersList")])
}

/// A heap as `exposeInternals` writes it: the global object is no child of the root, and sizes stay where they are.
pub fn without_user_roots() -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::empty();
    let root = heap.node("synthetic", "", 0);
    let gc_roots = heap.node("synthetic", "(GC roots)", 0);
    let global = heap.node("object", "global", 0);
    heap.edge(root, "element", "1", gc_roots);
    let context = heap.node("native", "system / NativeContext / ", 8);
    heap.element(gc_roots, 1, context);
    heap.internal(context, "global_object", global);
    heap
}

/// The table of a Map, which holds its entries.
pub fn table_of(heap: &mut SnapshotBuilder, map: NodeRef) -> NodeRef {
    let table = heap.node("array", "", 64);
    heap.internal(map, "table", table);
    table
}

/// So many objects of a class in a list or a table.
pub fn objects_in(
    heap: &mut SnapshotBuilder,
    list: NodeRef,
    class: &str,
    count: u32,
) -> Vec<NodeRef> {
    let mut objects = Vec::new();
    for number in 0..count {
        let object = heap.object(class, 32);
        heap.element(list, number, object);
        objects.push(object);
    }
    objects
}

/// A list for each of these objects, in this field of it.
pub fn lists_of(heap: &mut SnapshotBuilder, objects: &[NodeRef], field: &str) -> Vec<NodeRef> {
    let mut lists = Vec::new();
    for &object in objects {
        let list = heap.object("Array", 16);
        heap.property(object, field, list);
        lists.push(list);
    }
    lists
}

/// Puts so many objects of a class into each of these lists or tables. They come in turn, with ids as V8 gives them.
pub fn fill(heap: &mut SnapshotBuilder, lists: &[NodeRef], (class, size): (&str, u64), count: u64) {
    let mut id = 10_001;
    for at in 0..count {
        for &list in lists {
            let object = dated(heap, class, size, id);
            heap.element(list, at as u32, object);
            id += 2;
        }
    }
}

/// What V8 knows of a module of ECMAScript that has run: its table of exports with these names and cells, the list of its own
/// cells, and its script by the generator that ran it, the field of this number.
pub fn text_module(
    heap: &mut SnapshotBuilder,
    file: &str,
    generator_field: u32,
    exports: &[(&str, NodeRef)],
) -> (NodeRef, NodeRef) {
    let module = heap.node("hidden", "system / SourceTextModule", 100);
    let (table, own) = (heap.node("array", "", 64), heap.node("array", "", 64));
    heap.hidden(module, 0, table);
    let (generator, run) = (heap.object("Generator", 64), heap.closure("", 64));
    heap.hidden(module, generator_field, generator);
    let context = heap.node("object", "system / Context", 32);
    let shared = heap.node("code", "(shared function info)", 48);
    let script = heap.node("code", file, 48);
    heap.internal(generator, "function", run);
    heap.internal(generator, "context", context);
    heap.internal(run, "shared", shared);
    heap.internal(shared, "script", script);
    heap.hidden(module, generator_field + 1, own);
    for (number, &(name, cell)) in (0u32..).zip(exports) {
        let key = heap.string(name, 16);
        heap.internal(table, &(3 + 2 * number).to_string(), key);
        heap.internal(table, &(4 + 2 * number).to_string(), cell);
        heap.internal(own, &number.to_string(), cell);
    }
    (module, context)
}

/// The cell of a variable that a module exports.
pub fn cell(heap: &mut SnapshotBuilder, value: NodeRef) -> NodeRef {
    let cell = heap.node("hidden", "system / Cell", 16);
    heap.internal(cell, "value", value);
    cell
}
