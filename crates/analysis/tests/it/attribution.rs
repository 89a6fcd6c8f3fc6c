//! Heaps written by hand with code of two packages, and random ones.

use heapglass_analysis::{
    Assertion, AttributeBy, Attribution, AttributionOptions, CodeGroup, CodeSeries, Error,
    Measures, WasteKind, attribution, attribution_series,
};
use heapglass_graph::{EdgeType, Flow, Ordinal};
use heapglass_testkit::{NodeRef, SnapshotBuilder, random};
use proptest::prelude::*;

use crate::support::waste_of;
use crate::{id, open};

const ALPHA: &str = "/app/node_modules/alpha/index.js";
const BETA: &str = "/app/node_modules/@scope/beta/index.js";

/// A function of a script, with its scope.
fn function(heap: &mut SnapshotBuilder, script: NodeRef, name: &str) -> (NodeRef, NodeRef) {
    let closure = heap.function(name, script);
    let scope = heap.node("object", "system / Context", 32);
    heap.internal(closure, "context", scope);
    (closure, scope)
}

fn by(heap: &SnapshotBuilder, by: AttributeBy) -> Attribution {
    attribution(&open(heap), &AttributionOptions { by, limit: None })
}

/// Sum of all shallow sizes.
fn total(graph: &heapglass_graph::Graph) -> u64 {
    graph.nodes().map(|node| graph.shallow_size(node)).sum()
}

/// Name, held, retained and saved bytes.
fn figures(attribution: &Attribution) -> Vec<(String, u64, u64, u64)> {
    let figures = |group: &CodeGroup| {
        (group.name.name.clone(), group.held_size, group.retained_size, group.saved_size)
    };
    attribution.groups.iter().map(figures).collect()
}

#[test]
fn a_variable_of_a_module_belongs_to_its_package_and_what_is_below_to_that_below() {
    let mut heap = SnapshotBuilder::new();
    let (alpha, beta) = (heap.node("code", ALPHA, 100), heap.node("code", BETA, 200));
    let (outer, scope) = function(&mut heap, alpha, "outer");
    heap.property(heap.global(), "outer", outer);
    let cache = heap.object("Cache", 1000);
    heap.context(scope, "cache", cache);
    let (inner, inner_scope) = function(&mut heap, beta, "inner");
    heap.property(cache, "loader", inner);
    let text = heap.string("text", 5000);
    heap.context(inner_scope, "text", text);
    let own = 64 + 48 + 32;
    let found = by(&heap, AttributeBy::Package);
    let (held_alpha, held_beta) = (own + 100 + 1000, own + 200 + 5000);
    assert_eq!(
        figures(&found),
        [
            ("@scope/beta".to_owned(), held_beta, held_beta, held_beta),
            ("alpha".to_owned(), held_alpha, held_alpha + held_beta, held_alpha + held_beta),
        ]
    );
    assert_eq!(total(&open(&heap)), held_alpha + held_beta + found.unattributed_size);
    assert_eq!(found.groups.last().expect("two").biggest.id, id(&heap, outer));
    let files = by(&heap, AttributeBy::File);
    assert_eq!(files.groups.first().expect("two").name.name, BETA);
}

/// A heap in which a package caches this many bytes; another is there if it has any.
fn cached(alpha: u64, beta: u64) -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    for (path, size) in [(ALPHA, alpha), (BETA, beta)].into_iter().filter(|&(_, size)| size > 0) {
        let script = heap.node("code", path, 100);
        let (closure, scope) = function(&mut heap, script, "use");
        heap.property(heap.global(), path, closure);
        let cache = heap.object("Cache", size);
        heap.context(scope, "cache", cache);
    }
    heap
}

#[test]
fn series_say_whose_code_grew_and_add_up_to_the_heaps() {
    let graphs = [cached(1000, 0), cached(3000, 500), cached(9000, 100)].map(|heap| open(&heap));
    let growth = attribution_series(&graphs.each_ref(), AttributeBy::Package);
    let own = 64 + 48 + 32 + 100;
    let rows: Vec<_> =
        growth.groups.iter().map(|group| (group.name.name.as_str(), group.growth())).collect();
    assert_eq!(rows, [("alpha", 8000), ("@scope/beta", 100 + own as i64)]);
    assert_eq!(growth.groups[0].held_sizes, [1000 + own, 3000 + own, 9000 + own]);
    assert_eq!(growth.groups[1].held_sizes, [0, 500 + own, 100 + own]);
    for (at, graph) in graphs.iter().enumerate() {
        let held: u64 = growth.groups.iter().map(|group| group.held_sizes[at]).sum();
        assert_eq!(held + growth.unattributed_sizes[at], total(graph));
    }
    let files = attribution_series(&graphs.each_ref(), AttributeBy::File);
    assert_eq!(files.groups.first().map(|group| group.name.name.as_str()), Some(ALPHA));
}

#[test]
fn assertions_of_code_measure_what_the_groups_have() {
    let graphs = [cached(1000, 0), cached(3000, 500)].map(|heap| open(&heap));
    let [first, last] = &graphs.each_ref().map(Measures::of);
    let own = 64 + 48 + 32 + 100;
    let judge = |text: &str| {
        let assertion: Assertion = text.parse().expect("an assertion");
        match assertion.growth {
            true => assertion.judge_growth(first, last).expect("a figure"),
            false => assertion.judge(last).expect("a figure"),
        }
    };
    for (text, measured) in [
        ("held(package alpha) <= 1", 3000 + own),
        ("retained(package alpha) <= 1", 3000 + own),
        ("saved(package /./) <= 1", 3500 + 2 * own),
        ("held(file /beta/) <= 1", 500 + own),
        ("growth(held(package alpha)) <= 1", 2000),
        ("held(package nobody) <= 1", 0),
        ("held(Cache) <= 1", 3500),
        ("saved(Cache) <= 1", 3500),
    ] {
        let judged = judge(text);
        assert_eq!((judged.measured, judged.holds), (measured, measured <= 1), "{text}");
    }
    let assertion = |text: &str| text.parse::<Assertion>().expect("an assertion");
    assert!(assertion("held(package alpha) <= 1").has_subject(last));
    assert!(!assertion("held(package nobody) <= 1").has_subject(last));
}

#[test]
fn what_objects_hold_is_no_figure_of_classes_without_any() {
    let mut heap = SnapshotBuilder::new();
    let user = heap.object("{id, name}", 40);
    heap.property(heap.global(), "user", user);
    for at in 0..3 {
        let text = heap.string("text", 1000);
        heap.element(user, at, text);
    }
    let function = heap.closure("f", 64);
    heap.property(heap.global(), "f", function);
    let (empty, graph) = (open(&SnapshotBuilder::new()), open(&heap));
    let [first, last] = [&empty, &graph].map(Measures::of);
    let assertion = |text: &str| text.parse::<Assertion>().expect("an assertion");
    for text in ["held((string)) <= 1", "saved(/string/) <= 1", "held(Function) <= 1"] {
        let said = assertion(text).judge(&last);
        assert!(matches!(said, Err(Error::NoGroup { .. })), "{text}: {said:?}");
        assert!(assertion(text).has_subject(&last), "{text}");
        let growth = assertion(&format!("growth({}) <= 1", text.trim_end_matches(" <= 1")));
        let said = growth.judge_growth(&first, &last);
        assert!(matches!(said, Err(Error::NoGroup { .. })), "{text}: {said:?}");
    }
    // Plain objects are one group, whatever they are called; there is none of a class that there is not.
    for (text, measured) in [
        ("held(Object) <= 1", 3040),
        ("held(/string|Object/) <= 1", 3040),
        ("held(Nobody) <= 1", 0),
        ("retained((string)) <= 1", 3000),
    ] {
        let judged = assertion(text).judge(&last).map(|judged| judged.measured);
        assert_eq!(judged, Ok(measured), "{text}");
    }
    assert!(matches!(assertion("held({id, name}) <= 1").judge(&last), Err(Error::NoGroup { .. })));
}

/// Loads the `package.json` of a package as a module.
fn load_package_json(heap: &mut SnapshotBuilder, path: &str, name: &str, version: &str) {
    let module = heap.object("Module", 40);
    let file = heap.string(path, 48);
    heap.property(heap.global(), path, module);
    heap.property(module, "filename", file);
    let exports = heap.object("Object", 40);
    heap.property(module, "exports", exports);
    for (name, value) in [("name", name), ("version", version)] {
        let value = heap.string(value, 16);
        heap.property(exports, name, value);
    }
}

#[test]
fn a_version_that_becomes_known_makes_no_other_package() {
    const PACKAGE_JSON: &str = "/app/node_modules/alpha/package.json";
    let without = open(&cached(1000, 0));
    let mut heap = cached(1000, 500);
    load_package_json(&mut heap, PACKAGE_JSON, "alpha", "1.2.3");
    let with = open(&heap);
    let mut other = cached(1000, 0);
    load_package_json(&mut other, PACKAGE_JSON, "alpha", "2.0.0");
    let other = open(&other);
    let rows = |graphs: &[&heapglass_graph::Graph]| {
        let growth = attribution_series(graphs, AttributeBy::Package);
        let row = |group: &CodeSeries| (group.name.name.clone(), group.name.version.clone());
        growth.groups.iter().map(row).collect::<Vec<_>>()
    };
    let alpha = |version: &str| ("alpha".to_owned(), Some(version.to_owned()));
    let beta = ("@scope/beta".to_owned(), None);
    assert_eq!(rows(&[&without, &with]), [beta.clone(), alpha("1.2.3")]);
    assert_eq!(rows(&[&with, &without]), [alpha("1.2.3"), beta.clone()]);
    // Two versions are two packages, and which of them one without a version is nobody knows.
    let mut found = rows(&[&without, &with, &other]);
    found.sort();
    assert_eq!(found, [beta, ("alpha".to_owned(), None), alpha("1.2.3"), alpha("2.0.0")]);
}

#[test]
fn packages_with_a_scope_have_their_version_on_windows_too() {
    let mut heap = SnapshotBuilder::new();
    load_package_json(&mut heap, r"C:\app\node_modules\@x\y\package.json", "@x/y", "1.2.3");
    let found = by(&heap, AttributeBy::Package);
    let name = found.groups.first().map(|group| group.name.clone()).expect("a package");
    assert_eq!((name.name.as_str(), name.version.as_deref()), ("@x/y", Some("1.2.3")));
}

#[test]
fn a_package_is_one_whether_its_scripts_are_named_by_path_or_by_url() {
    let mut heap = SnapshotBuilder::new();
    for path in [
        "/my apps/größe/node_modules/x/a.cjs",
        "file:///my%20apps/gr%C3%B6%C3%9Fe/node_modules/x/a.mjs",
    ] {
        let script = heap.node("code", path, 100);
        let (closure, _) = function(&mut heap, script, "use");
        heap.property(heap.global(), path, closure);
    }
    let own = 2 * (64 + 48 + 32 + 100);
    assert_eq!(figures(&by(&heap, AttributeBy::Package)), [("x".to_owned(), own, own, own)]);
    assert_eq!(waste_of(&heap, WasteKind::PackageCopies).row_count, 0);
}

#[test]
fn copies_of_a_package_are_rows_of_their_own_and_have_the_version_that_is_known() {
    let copies = |paths: &[&str]| {
        let mut heap = SnapshotBuilder::new();
        for (path, size) in paths.iter().zip(1u64..) {
            let script = heap.node("code", path, 100);
            let (closure, scope) = function(&mut heap, script, "use");
            heap.property(heap.global(), path, closure);
            let cache = heap.object("Cache", 1000 * size);
            heap.context(scope, "cache", cache);
        }
        heap
    };
    let names = |heap: &SnapshotBuilder| {
        let found = by(heap, AttributeBy::Package);
        let name = |group: CodeGroup| (group.name.name, group.name.version, group.name.folder);
        found.groups.into_iter().map(name).collect::<Vec<_>>()
    };
    let (x, text) = ("x".to_owned(), |text: &str| Some(text.to_owned()));
    // By version; and a module of each kind, whose names are a path and a URL, is of one copy.
    let heap = copies(&[
        "/app/node_modules/.pnpm/x@1.2.0/node_modules/x/a.js",
        "file:///app/node_modules/.pnpm/x@2.0.0/node_modules/x/a.mjs",
        "/app/node_modules/.pnpm/x@2.0.0/node_modules/x/a.cjs",
    ]);
    assert_eq!(names(&heap), [(x.clone(), text("2.0.0"), None), (x.clone(), text("1.2.0"), None)]);
    // By place, where there is no version; that of one is in its package.json, which is loaded.
    let mut heap = copies(&[
        "/app/node_modules/x/a.js",
        "/app/node_modules/y/node_modules/x/a.js",
        "/app/node_modules/z/node_modules/x/a.js",
    ]);
    load_package_json(&mut heap, "/app/node_modules/x/package.json", "x", "3.1.4");
    assert_eq!(
        names(&heap),
        [
            (x.clone(), None, text("/app/node_modules/z/node_modules/x")),
            (x.clone(), None, text("/app/node_modules/y/node_modules/x")),
            (x, text("3.1.4"), None),
        ]
    );
}

#[test]
fn what_two_functions_of_a_package_share_would_be_saved() {
    let mut heap = SnapshotBuilder::new();
    let alpha = heap.node("code", ALPHA, 100);
    let shared = heap.object("Shared", 1000);
    for name in ["one", "two"] {
        let (closure, scope) = function(&mut heap, alpha, name);
        heap.property(heap.global(), name, closure);
        heap.context(scope, "shared", shared);
    }
    let found = by(&heap, AttributeBy::Package);
    let own = 2 * (64 + 48 + 32) + 100;
    assert_eq!(figures(&found), [("alpha".to_owned(), own, own, own + 1000)]);
}

#[test]
fn objects_that_no_code_holds_belong_to_the_code_of_their_class() {
    let mut heap = SnapshotBuilder::new();
    let alpha = heap.node("code", ALPHA, 100);
    let (constructor, _) = function(&mut heap, alpha, "Session");
    heap.property(heap.global(), "Session", constructor);
    let prototype = heap.object("Object", 16);
    heap.property(constructor, "prototype", prototype);
    heap.property(prototype, "constructor", constructor);
    let (session, text) = (heap.object("Session", 500), heap.string("text", 50));
    heap.property(heap.global(), "session", session);
    heap.property(session, "__proto__", prototype);
    heap.property(session, "text", text);
    let found = by(&heap, AttributeBy::Package);
    // The prototype hangs in the constructor and in the session, so it is nobody's until both go.
    let all = 64 + 48 + 32 + 100 + 500 + 50;
    assert_eq!(figures(&found), [("alpha".to_owned(), all, all, all + 16)]);
}

/// An object of a class that is written in a script.
fn instance(heap: &mut SnapshotBuilder, script: &str, class: &str, size: u64) -> NodeRef {
    let script = heap.node("code", script, 0);
    let (constructor, _) = function(heap, script, class);
    heap.property(heap.global(), class, constructor);
    let prototype = heap.object("Object", 16);
    heap.property(heap.global(), &format!("{class}.prototype"), prototype);
    heap.property(prototype, "constructor", constructor);
    let instance = heap.object(class, size);
    heap.property(instance, "__proto__", prototype);
    instance
}

#[test]
fn what_the_program_hangs_on_an_object_of_nodes_is_the_programs() {
    let mut heap = SnapshotBuilder::new();
    let server = instance(&mut heap, "node:_http_server", "Server", 300);
    let store = instance(&mut heap, ALPHA, "Store", 500);
    let (handle, inner) = (heap.object("Handle", 40), heap.string("text", 5000));
    // A class of Node's below one of a package is the package's.
    let socket = instance(&mut heap, "node:net", "Socket", 700);
    heap.property(heap.global(), "server", server);
    heap.property(server, "_handle", handle);
    heap.property(server, "store", store);
    heap.property(store, "text", inner);
    heap.property(store, "socket", socket);
    let found = by(&heap, AttributeBy::Package);
    let held: Vec<_> =
        found.groups.iter().map(|group| (group.name.name.as_str(), group.held_size)).collect();
    let code = 64 + 48 + 32;
    assert_eq!(held, [("alpha", code + 500 + 5000 + 700), ("(Node.js)", 2 * code + 300 + 40)]);
}

#[test]
fn modules_belong_to_their_file_and_enclosing_scopes_to_the_script() {
    let mut heap = SnapshotBuilder::new();
    let module = heap.object("Module", 40);
    let (path, data) = (heap.string(BETA, 48), heap.string("data", 70));
    heap.property(heap.global(), "module", module);
    heap.property(module, "filename", path);
    heap.property(module, "data", data);
    let alpha = heap.node("code", ALPHA, 100);
    let (closure, scope) = function(&mut heap, alpha, "f");
    heap.property(heap.global(), "f", closure);
    let around = heap.node("object", "system / Context", 32);
    heap.internal(scope, "previous", around);
    let list = heap.object("List", 3000);
    heap.context(around, "list", list);
    heap.property(heap.global(), "around", around);
    let found = by(&heap, AttributeBy::Package);
    let own = 64 + 48 + 32 + 100 + 32 + 3000;
    assert_eq!(
        figures(&found),
        [("alpha".to_owned(), own, own, own), ("@scope/beta".to_owned(), 158, 158, 158)]
    );
}

/// Functions of two packages are put into a random heap: each is held by one node, and its scope holds another.
fn with_code(heap: &mut SnapshotBuilder, places: &[(usize, usize, bool)]) -> Vec<Option<usize>> {
    let nodes = heap.nodes().len();
    let scripts = [heap.node("code", ALPHA, 100), heap.node("code", BETA, 200)];
    let mut owners = vec![None; nodes + 2];
    for &(from, to, is_beta) in places {
        let package = usize::from(is_beta);
        let first = heap.nodes().len();
        let (closure, scope) = function(heap, scripts[package], "f");
        heap.property(NodeRef((from % nodes) as u32), "f", closure);
        heap.context(scope, "x", NodeRef((to % nodes) as u32));
        owners.resize(first, None);
        owners.extend([Some(package); 3]);
        owners[nodes + package] = Some(package);
    }
    owners
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// For one node what would be lost is what it dominates; for two at least what they dominate, and nothing that
    /// the root leads to by properties.
    #[test]
    fn what_is_lost_without_a_node_is_its_retained_set(
        heap in random::heap(40),
        places in prop::collection::vec((0usize..1000, 0usize..1000, any::<bool>()), 0..12),
        other in 0u32..1000,
    ) {
        let mut heap = heap;
        with_code(&mut heap, &places);
        let graph = open(&heap);
        let flow = Flow::of(&graph);
        let sorted = |nodes: &mut dyn Iterator<Item = Ordinal>| {
            let mut nodes: Vec<Ordinal> = nodes.collect();
            nodes.sort_unstable();
            nodes
        };
        let other = Ordinal(other % graph.node_count());
        // The root's retained set is the heap by definition, with what it does not reach.
        for node in graph.nodes().filter(|&node| node != graph.root() && other != graph.root()) {
            let lost = sorted(&mut flow.lost_without(|removed| removed == node));
            prop_assert_eq!(&lost, &sorted(&mut graph.retained_set(node)));
            let both = sorted(&mut flow.lost_without(|removed| removed == node || removed == other));
            let is_lost = |node: Ordinal| both.binary_search(&node).is_ok();
            prop_assert!(lost.into_iter().chain(graph.retained_set(other)).all(is_lost));
            // What the root leads to by properties alone stays.
            let mut stays = vec![graph.root()];
            let mut next = 0;
            while let Some(&at) = stays.get(next) {
                next += 1;
                prop_assert!(!is_lost(at), "{at:?} is lost without {node:?} and {other:?}");
                for edge in graph.edges(at).filter(|edge| edge.edge_type == EdgeType::Property) {
                    if edge.to != node && edge.to != other && !stays.contains(&edge.to) {
                        stays.push(edge.to);
                    }
                }
            }
        }
    }

    #[test]
    fn what_is_held_is_what_looking_up_the_dominators_says(
        heap in random::heap(40),
        places in prop::collection::vec((0usize..1000, 0usize..1000, any::<bool>()), 0..12),
    ) {
        let mut heap = heap;
        let owners = with_code(&mut heap, &places);
        let graph = open(&heap);
        let (mut expected, mut rest) = ([0; 2], 0);
        for node in graph.nodes() {
            let mut at = node;
            while owners[at.index()].is_none() && at != graph.root() {
                at = graph.dominator(at);
            }
            let size = graph.shallow_size(node);
            owners[at.index()].map_or_else(|| rest += size, |package: usize| expected[package] += size);
        }
        let found = attribution(&graph, &AttributionOptions { by: AttributeBy::Package, limit: None });
        prop_assert_eq!(found.unattributed_size, rest);
        prop_assert_eq!(total(&graph), rest + expected[0] + expected[1]);
        for group in &found.groups {
            let package = usize::from(group.name.name != "alpha");
            prop_assert_eq!(group.held_size, expected[package]);
            prop_assert!(group.held_size <= group.retained_size);
            prop_assert!(group.retained_size <= group.saved_size);
            let seeds = owners.iter().zip(0..).filter(|(owner, _)| **owner == Some(package));
            let biggest = seeds.map(|(_, at)| graph.retained_size(Ordinal(at))).max();
            prop_assert_eq!(Some(group.biggest.retained_size), biggest);
        }
    }
}
