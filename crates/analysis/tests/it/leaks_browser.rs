//! What grows in a page: a browser's own objects, what the console keeps, and what scripts declare at their top.

use heapglass_analysis::{LeakKind, LeakReport, LeakSuspect};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::leaks::ask;
use crate::open;
use crate::support::function;

const LIST: &str = "blink::HeapVectorBacking<cppgc::internal::BasicMember<blink::Thing>>";

/// The page's global object with its native context.
fn page(heap: &mut SnapshotBuilder) -> (NodeRef, NodeRef) {
    let handles = heap.node("synthetic", "(Global handles)", 0);
    let gc_roots = heap.gc_roots();
    heap.element(gc_roots, 10, handles);
    let context = heap.node("object", "system / NativeContext / file://", 1200);
    heap.internal(handles, "7 / V8PerContextData::context_", context);
    let window = heap.node("native", "Window / file://", 900);
    heap.internal(context, "global_proxy_object", window);
    (context, window)
}

/// In a list of the browser so many chains of these of its objects, each with a function of the program at its end that keeps
/// a panel. `round` is in the ids of the newest.
fn chains(classes: &[&str], count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (_, window) = page(&mut heap);
    let data = heap.node("native", "blink::EventTargetData", 56);
    heap.internal(window, "23", data);
    let list = heap.node("native", LIST, 520);
    heap.internal(data, "1", list);
    for number in 0..count {
        let mut holder = list;
        for (at, class) in (0u64..).zip(classes) {
            let native = heap.node("native", class, 40);
            heap.spec(native).id = 20_000 * (at + 1) + 2 * number;
            heap.internal(holder, &(number * u64::from(holder == list) + 1).to_string(), native);
            holder = native;
        }
        let state = heap.node("native", "blink::ScriptStateImpl", 72);
        heap.internal(holder, "2", state);
        let callback = function(&mut heap, 7, "/app/panel.js", "onResize");
        heap.spec(callback).id = 10_001 + 4 * number;
        heap.internal(holder, "1", callback);
        let panel = heap.object("Panel", 2000);
        heap.spec(panel).id = 10_003 + 4 * number;
        heap.context(callback, "this", panel);
    }
    open(&heap)
}

fn only(report: &LeakReport) -> &LeakSuspect {
    let [suspect] = report.suspects.as_slice() else { panic!("{:?}", report.suspects) };
    suspect
}

#[test]
fn objects_of_the_browser_are_told_by_the_functions_that_they_call() {
    let listeners = ["blink::RegisteredEventListener", "EventListener", "V8EventListener"];
    let timers = ["DOMTimer", "ScheduledAction", "V8Function"];
    let observers = ["MutationObserverRegistration", "MutationObserver", "V8MutationCallback"];
    for (classes, kind) in [
        (listeners, LeakKind::Listeners),
        (timers, LeakKind::Timers),
        (observers, LeakKind::Observers),
    ] {
        let report = ask(&[chains(&classes, 40), chains(&classes, 80), chains(&classes, 120)]);
        let suspect = only(&report);
        assert_eq!((suspect.kind, suspect.class_name.as_str()), (kind, "Function"));
        assert_eq!(suspect.line, "Window → blink::EventTargetData → [80 × Function]");
        assert_eq!(suspect.script.as_deref(), Some("/app/panel.js"));
        assert!(suspect.telling_fields.iter().any(|field| field.value.contains("onResize")));
    }
}

/// Objects that the console keeps, or a handle of somebody else.
fn logged(by: &str, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let handles = heap.node("synthetic", "(Global handles)", 0);
    let gc_roots = heap.gc_roots();
    heap.element(gc_roots, 10, handles);
    for number in 0..count {
        let object = heap.object("Order", 2000);
        heap.spec(object).id = 10_001 + 2 * number;
        heap.internal(handles, &format!("{} / {by}", number + 8), object);
    }
    open(&heap)
}

#[test]
fn what_was_logged_is_kept_by_the_console() {
    for (by, kind) in [("DevTools console", LeakKind::Console), ("addon", LeakKind::GrowingClass)] {
        let report = ask(&[logged(by, 40), logged(by, 80), logged(by, 120)]);
        assert_eq!(only(&report).kind, kind, "{by}");
    }
}

/// Orders in an array, each of which was logged.
fn logged_and_gathered(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let handles = heap.node("synthetic", "(Global handles)", 0);
    let gc_roots = heap.gc_roots();
    heap.element(gc_roots, 10, handles);
    let orders = heap.object("Array", 16);
    heap.property(heap.global(), "orders", orders);
    for number in 0..count {
        let order = heap.object("Order", 2000);
        heap.spec(order).id = 10_001 + 2 * number;
        heap.internal(handles, &format!("{} / DevTools console", number + 8), order);
        heap.element(orders, number as u32, order);
    }
    open(&heap)
}

#[test]
fn what_a_program_gathers_is_its_own_though_it_was_logged() {
    let report = ask(&[logged_and_gathered(40), logged_and_gathered(80), logged_and_gathered(120)]);
    let suspect = only(&report);
    assert_eq!(suspect.kind, LeakKind::GrowingArray);
    assert!(suspect.line.contains("orders : Array → "), "{}", suspect.line);
}

/// A variable that a script declares at its top, with so many objects in it.
fn script_variable(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (native_context, _) = page(&mut heap);
    let table = heap.node("array", "system / ScriptContextTable", 40);
    heap.internal(native_context, "script_context_table", table);
    let scope = heap.node("object", "system / Context / scope @45501", 32);
    heap.hidden(table, 2, scope);
    heap.internal(scope, "previous", native_context);
    let step = function(&mut heap, 7, "/app/bus.js", "step");
    heap.internal(step, "context", scope);
    heap.context(scope, "step", step);
    let rows = heap.object("Array", 16);
    heap.context(scope, "rows", rows);
    for number in 0..count {
        let row = heap.object("Row", 2000);
        heap.spec(row).id = 10_001 + 2 * number;
        heap.element(rows, number as u32, row);
    }
    open(&heap)
}

#[test]
fn a_variable_of_a_script_is_named_without_the_way_to_it() {
    let report = ask(&[script_variable(40), script_variable(80), script_variable(120)]);
    let suspect = only(&report);
    assert_eq!(suspect.line, "script → variable rows : Array → [80 × Row]");
    let owner = suspect.owner.as_ref().map(|owner| owner.label.as_str());
    assert_eq!(owner, Some("script variable `rows` of app/bus.js"));
}

/// Elements out of every document, and what the browser makes for them: the latter only.
fn made_for_detached(count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (_, window) = page(&mut heap);
    let list = heap.node("native", "blink::FontCache", 520);
    heap.internal(window, "23", list);
    for number in 0..count {
        let native = heap.node("native", "Detached blink::FrameShapeCache", 2000);
        heap.spec(native).id = 20_000 + 2 * number;
        heap.detachedness(native, 2);
        heap.internal(list, &(number + 1).to_string(), native);
        let request = heap.object("Request", 16);
        heap.spec(request).id = 10_001 + 2 * number;
        heap.property(heap.global(), "current", request);
    }
    open(&heap)
}

#[test]
fn what_the_browser_makes_for_elements_is_no_element() {
    let report = ask(&[made_for_detached(40), made_for_detached(80), made_for_detached(120)]);
    assert!(!report.suspects.is_empty());
    let dom = report.suspects.iter().filter(|suspect| suspect.kind == LeakKind::DetachedDom);
    assert_eq!(dom.count(), 0, "{:?}", report.suspects);
}
