//! Whose variable it is that a leak hangs on.

use heapglass_analysis::{LeakOptions, LeakSuspect, leaks};
use heapglass_graph::Graph;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::open;
use crate::support::{cell, fill, function, table_of, text_module};

/// What a snapshot knows of the function whose variable the leak is.
#[derive(Clone, Copy)]
enum Fact {
    /// It is the scope of a module of ECMAScript.
    ModuleOfEcmascript,
    /// A parameter of the wrapper is one of its variables.
    Parameter,
    /// The first function of the wrapped script has its context.
    FirstFunction,
    /// The same in Node 12 and 14.
    FirstFunctionUnnamedList,
    /// The first function was not called yet, and keeps its scope.
    FirstFunctionWaits,
    /// The first function is that of a class with a scope of its own.
    FirstClass,
    /// The module exports a function with this scope.
    Exported,
    /// The module exports a getter with a scope within this one.
    ExportedFromWithin,
    /// The wrapper itself is still there.
    Wrapper,
    /// Another function is the first one.
    LaterFunction,
    /// Its function is the first one of a script that is no module.
    NotWrapped,
    /// It lies within another scope.
    Inner,
}

/// A script's own functions by number, and what it was compiled as.
fn script(
    heap: &mut SnapshotBuilder,
    is_wrapped: bool,
    (list_type, list_name): (&str, &str),
    functions: &[(u32, NodeRef)],
) -> NodeRef {
    let script = heap.node("code", "/srv/app/lib/cache.js", 100);
    let list = heap.node(list_type, list_name, 40);
    heap.hidden(script, 2, list);
    for (number, shared) in functions {
        heap.weak(list, &number.to_string(), *shared);
    }
    if is_wrapped {
        let parameters = heap.node("array", "", 56);
        heap.hidden(script, 1, parameters);
        for (at, name) in ["exports", "require", "module", "__filename"].into_iter().enumerate() {
            let name = heap.string(name, 16);
            heap.internal(parameters, &at.to_string(), name);
        }
    }
    script
}

/// Sessions in a variable that a function of a script sees.
fn sessions(fact: Fact, name: &str, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let put = heap.closure(name, 64);
    let shared_info = |heap: &mut SnapshotBuilder| heap.node("code", "(shared function info)", 48);
    let (shared, other) = (shared_info(&mut heap), shared_info(&mut heap));
    let scope = heap.node("code", "system / ScopeInfo", 40);
    let context = heap.object("system / Context", 48);
    let functions = match fact {
        Fact::FirstFunction | Fact::FirstFunctionUnnamedList | Fact::Inner => vec![(2, shared)],
        Fact::FirstFunctionWaits => {
            heap.internal(other, "raw_outer_scope_info_or_feedback_metadata", scope);
            vec![(2, other), (3, shared)]
        }
        Fact::Wrapper => {
            heap.internal(other, "name_or_scope_info", scope);
            vec![(1, other), (3, shared)]
        }
        Fact::NotWrapped => vec![(1, other), (2, shared)],
        _ => vec![(2, other), (3, shared)],
    };
    let list = match fact {
        Fact::FirstFunctionUnnamedList => ("hidden", "system"),
        _ => ("code", "system / WeakFixedArray"),
    };
    let script = script(&mut heap, !matches!(fact, Fact::NotWrapped), list, &functions);
    let native = heap.node("hidden", "system / NativeContext", 500);
    let outer = match fact {
        Fact::Inner => {
            let around = heap.object("system / Context", 48);
            heap.internal(around, "previous", native);
            around
        }
        _ => native,
    };
    heap.property(heap.global(), "put", put);
    heap.property(heap.global(), "other", other);
    heap.locate(put, 1, 9, 2);
    heap.internal(put, "shared", shared);
    heap.internal(put, "context", context);
    heap.internal(shared, "script_or_debug_info", script);
    heap.internal(context, "scope_info", scope);
    heap.internal(context, "previous", outer);
    match fact {
        Fact::ModuleOfEcmascript => {
            let module = heap.node("hidden", "system / SourceTextModule", 100);
            heap.internal(context, "extension", module);
        }
        Fact::FirstClass => {
            let (class, around) = (heap.closure("Store", 64), heap.object("system / Context", 40));
            heap.property(heap.global(), "Store", class);
            heap.internal(class, "shared", other);
            heap.internal(class, "context", around);
            heap.internal(around, "previous", context);
        }
        Fact::Exported => {
            let (module, exports) = (heap.object("Module", 80), heap.object("Object", 24));
            heap.property(heap.global(), "module", module);
            heap.property(module, "exports", exports);
            heap.property(exports, "put", put);
        }
        Fact::ExportedFromWithin => {
            let (module, exports) = (heap.object("Module", 80), heap.object("Object", 24));
            let (getter, within) = (heap.closure("get", 64), heap.object("system / Context", 40));
            heap.property(heap.global(), "module", module);
            heap.property(module, "exports", exports);
            heap.property(exports, "get put", getter);
            heap.internal(getter, "shared", other);
            heap.internal(getter, "context", within);
            heap.internal(within, "previous", context);
        }
        Fact::Parameter => {
            let exports = heap.object("Object", 24);
            heap.context(context, "exports", exports);
        }
        _ => {}
    }
    let map = heap.object("Map", 32);
    heap.context(context, "cache", map);
    let table = table_of(&mut heap, map);
    fill(&mut heap, &[table], ("Session", 200), count);
    open(&heap)
}

fn suspect(fact: Fact) -> LeakSuspect {
    held_by(fact, "put")
}

/// The same, if the function has this name.
fn held_by(fact: Fact, name: &str) -> LeakSuspect {
    let snapshots = [50, 100, 150].map(|count| sessions(fact, name, count));
    let report = leaks(&snapshots, &LeakOptions::default());
    report.suspects.into_iter().next().expect("a leak")
}

#[test]
fn a_variable_at_the_top_of_a_module_is_the_owner() {
    for fact in [
        Fact::ModuleOfEcmascript,
        Fact::Parameter,
        Fact::FirstFunction,
        Fact::FirstFunctionUnnamedList,
        Fact::FirstFunctionWaits,
        Fact::FirstClass,
        Fact::Exported,
        Fact::ExportedFromWithin,
        Fact::Wrapper,
    ] {
        let found = suspect(fact);
        let owner = found.owner.expect("an owner");
        assert_eq!(owner.label, "module variable `cache` of lib/cache.js");
        // Any function of the module may be on the path: its line says nothing.
        assert_eq!(
            (found.script.as_deref(), found.location),
            (Some("/srv/app/lib/cache.js"), None)
        );
    }
}

#[test]
fn a_variable_of_which_nothing_says_so_is_its_functions() {
    for fact in [Fact::LaterFunction, Fact::NotWrapped, Fact::Inner] {
        let found = suspect(fact);
        let owner = found.owner.expect("an owner");
        assert!(owner.label.starts_with("put() @"), "{}", owner.label);
        assert!(owner.label.ends_with(" (variable cache)"), "{}", owner.label);
        assert_eq!(found.location.map(|at| (at.line, at.column)), Some((9, 2)));
    }
}

#[test]
fn a_variable_that_a_function_without_a_name_holds_is_told_by_its_own() {
    for fact in [Fact::LaterFunction, Fact::NotWrapped, Fact::Inner] {
        let found = held_by(fact, "");
        let owner = found.owner.expect("an owner");
        assert_eq!(owner.label, "variable `cache` of lib/cache.js");
        assert_eq!(found.location.map(|at| (at.line, at.column)), Some((9, 2)));
    }
}

#[test]
fn the_fingerprint_does_not_depend_on_the_owner() {
    let known = suspect(Fact::LaterFunction).fingerprint;
    assert_eq!(suspect(Fact::FirstFunction).fingerprint, known);
    assert_eq!(suspect(Fact::ModuleOfEcmascript).fingerprint, known);
}

/// Sessions in a Map that one module of ECMAScript exports, which hangs on a function of another that imports it.
fn exported(folder: &str, entry: &str, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let timer = function(&mut heap, 1, "node:timers", entry);
    let inner = heap.node("object", "system / Context", 32);
    let handler = function(&mut heap, 2, &format!("file:///{folder}/main.mjs"), "handler");
    heap.property(heap.global(), entry, timer);
    heap.internal(timer, "context", inner);
    heap.context(inner, "callback", handler);
    let cache = heap.object("Map", 32);
    let exports = [("cache", cell(&mut heap, cache))];
    let (lib, _) = text_module(&mut heap, &format!("file:///{folder}/lib.mjs"), 4, &exports);
    let (main, scope) = text_module(&mut heap, &format!("file:///{folder}/main.mjs"), 4, &[]);
    let modules = heap.node("array", "", 64);
    heap.internal(handler, "context", scope);
    heap.internal(scope, "extension", main);
    heap.hidden(main, 20, modules);
    heap.internal(modules, "0", lib);
    let table = table_of(&mut heap, cache);
    fill(&mut heap, &[table], ("Session", 200), count);
    open(&heap)
}

#[test]
fn what_a_module_of_ecmascript_exports_is_its_own_and_not_that_of_what_imports_it() {
    let leak = |folder: &str, entry: &str| {
        let snapshots = [50, 100, 150].map(|count| exported(folder, entry, count));
        let report = leaks(&snapshots, &LeakOptions::default());
        report.suspects.into_iter().next().expect("a leak")
    };
    let found = leak("srv/app", "setTimeout");
    assert_eq!(found.script.as_deref(), Some("file:///srv/app/lib.mjs"));
    let owner = found.owner.expect("an owner");
    assert_eq!(owner.label, "module variable `cache` of app/lib.mjs");
    assert!(found.line.starts_with("module /srv/app/lib.mjs → cache : Map"), "{}", found.line);
    // Neither what leads to the module nor the folder that it is in is part of the fingerprint.
    assert_eq!(leak("opt/app", "setImmediate").fingerprint, found.fingerprint);
}

/// Sessions in an object of this class that a module of CommonJS exports. The name of its file is in two parts, as Node.js may
/// leave it. Where the class is the program's it is written in another file.
fn on_exports(class: &str, count: u64) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let (module, exports) = (heap.object("Module", 32), heap.object("Object", 32));
    let (folder, name) = (heap.string("/srv/app/lib/", 24), heap.string("store.js", 24));
    let file = heap.cons_string(folder, name, 32);
    let store = heap.object(class, 32);
    if class != "Map" {
        let constructor = function(&mut heap, 1, "/srv/app/lib/registry.js", class);
        heap.property(heap.global(), "registry", constructor);
        heap.locate(store, 1, 9, 2);
    }
    let table = table_of(&mut heap, store);
    heap.property(heap.global(), "main", module);
    heap.property(module, "filename", file);
    heap.property(module, "exports", exports);
    heap.property(exports, "sessions", store);
    fill(&mut heap, &[table], ("Session", 200), count);
    open(&heap)
}

#[test]
fn what_a_module_of_commonjs_exports_is_the_owner_and_not_what_gathers_itself() {
    let found = |class: &str| {
        let snapshots = [50, 100, 150].map(|count| on_exports(class, count));
        let report = leaks(&snapshots, &LeakOptions::default());
        report.suspects.into_iter().next().expect("a leak")
    };
    for class in ["Map", "Registry"] {
        let suspect = found(class);
        assert!(suspect.line.contains("module /srv/app/lib/store.js"), "{}", suspect.line);
        let owner = suspect.owner.expect("an owner");
        assert_eq!(owner.label, "exports.sessions of lib/store.js");
    }
    assert_eq!(found("Map").script.as_deref(), Some("/srv/app/lib/store.js"));
    assert_eq!(found("Registry").script.as_deref(), Some("/srv/app/lib/registry.js"));
}
