//! Assertions and rules: what is measured, and which objects are meant.

use heapglass_analysis::{
    Assertion, Judged, Measures, NamePattern, Rule, VerdictOptions, matching, verdict,
};
use heapglass_graph::{EdgeName, EdgeType, Graph, NodeType, Ordinal};
use heapglass_testkit::SnapshotBuilder;
use proptest::prelude::*;

use crate::open;

fn name(text: &str) -> NamePattern {
    text.parse().expect("a pattern")
}

fn judge(graph: &Graph, text: &str) -> Judged {
    let assertion = text.parse::<Assertion>().expect("an assertion");
    assertion.judge(&Measures::of(graph)).expect("a figure")
}

/// `global.app` has a cache of `open` sessions, the first half of them closed, and a list with one
/// more; each session holds a user.
fn sessions(open_sessions: u32) -> Graph {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 64);
    let cache = heap.object("Map", 32);
    let list = heap.object("Array", 16);
    heap.property(heap.global(), "app", app);
    heap.property(app, "cache", cache);
    heap.property(app, "list", list);
    for at in 0..=open_sessions {
        let session = heap.object("Session", 100);
        let user = heap.object("User", 10);
        heap.spec(session).id = 10_001 + 4 * u64::from(at);
        heap.spec(user).id = 10_003 + 4 * u64::from(at);
        heap.property(session, "user", user);
        heap.element(if at == open_sessions { list } else { cache }, at, session);
        if at < open_sessions / 2 {
            heap.property(session, "closedAt", user);
        }
    }
    open(&heap)
}

#[test]
fn figures_of_classes_are_those_of_the_summary() {
    let graph = sessions(10);
    let measured = |text: &str| judge(&graph, text).measured;
    assert_eq!(measured("count(Session) <= 0"), 11);
    assert_eq!(measured("shallow(Session) <= 0"), 1100);
    assert_eq!(measured("retained(Session) <= 0"), 1210);
    assert_eq!(measured("count(Nothing) <= 0"), 0);
    // Users lie inside sessions: each byte counts once.
    assert_eq!(measured("retained(/^(Session|User)$/) <= 0"), 1210);
    assert_eq!(measured("shallow(/^(Session|User)$/) <= 0"), 1210);
    assert_eq!(measured("nodes > 0"), i128::from(graph.node_count()));
    assert_eq!(measured("total > 0"), i128::from(graph.overview().info.total_size));
}

#[test]
fn native_objects_of_runtimes_are_no_detached_dom_nodes() {
    let mut heap = SnapshotBuilder::new();
    let of_browser = ["blink::FrameShapeCache", "InternalNode"];
    let names = ["Node / BindingData", "<a title=\"this / that\">", "HTMLDivElement"];
    for (number, name) in names.into_iter().chain(of_browser).enumerate() {
        let native = heap.node("native", name, 40);
        heap.detachedness(native, 2);
        heap.element(heap.global(), number as u32, native);
    }
    let graph = open(&heap);
    assert_eq!(judge(&graph, "detached == 0").measured, 2);
    let told = verdict(&graph, &VerdictOptions::default());
    assert_eq!(told.detached.map(|detached| detached.count), Some(2));
}

#[test]
fn bounds_are_in_bytes_and_per_cent() {
    let graph = sessions(10);
    assert!(judge(&graph, "retained(Session) <= 1.21 kB").holds);
    assert!(!judge(&graph, "retained(Session) < 1210").holds);
    let total = i128::from(graph.overview().info.total_size);
    assert_eq!(judge(&graph, "total <= 50%").allowed, total / 2);
    assert!(!judge(&graph, "total <= 50%").holds && judge(&graph, "total == 100%").holds);
}

#[test]
fn growth_is_the_last_against_the_first() {
    let (first, last) = (sessions(10), sessions(20));
    let judge = |text: &str, first: &Graph, last: &Graph| {
        let assertion = text.parse::<Assertion>().expect("an assertion");
        let [first, last] = [first, last].map(Measures::of);
        assertion.judge_growth(&first, &last).expect("a figure")
    };
    assert_eq!(judge("growth(count(Session)) <= 9", &first, &last).measured, 10);
    assert!(!judge("growth(count(Session)) <= 90%", &first, &last).holds);
    assert!(judge("growth(count(Session)) <= 91%", &first, &last).holds);
    assert_eq!(judge("growth(count(Session)) <= 0", &last, &first).measured, -10);
}

#[test]
fn rules_look_at_class_properties_and_path() {
    let graph = sessions(10);
    let count = |rule: &Rule| matching(&[&graph], rule, 3).count;
    let session = || Rule { class: Some(name("Session")), ..Rule::default() };
    assert_eq!(count(&session()), 11);
    assert_eq!(count(&Rule { properties: vec![name("closedAt")], ..session() }), 5);
    assert_eq!(count(&Rule { properties: vec![name("closedAt"), name("id")], ..session() }), 0);
    assert_eq!(count(&Rule { path: vec![name("cache")], ..session() }), 10);
    assert_eq!(count(&Rule { path: vec![name("list"), name("/^App/")], ..session() }), 1);
    assert_eq!(count(&Rule { path: vec![name("list"), name("cache")], ..session() }), 0);
    assert_eq!(count(&Rule { retains_at_least: 111, ..session() }), 0);
    let found = matching(&[&graph], &session(), 3);
    assert_eq!((found.shallow_size, found.retained_size, found.largest.len()), (1100, 1210, 3));
    assert!(found.path.expect("a path").text.contains("app"));
}

#[test]
fn survivors_came_after_the_first_and_were_there_in_the_last_but_one() {
    let (a, b, c) = (sessions(10), sessions(20), sessions(30));
    let rule = Rule { class: Some(name("Session")), survived: true, ..Rule::default() };
    assert_eq!(matching(&[&a, &b, &c], &rule, 0).count, 10);
    assert_eq!(matching(&[&b, &c], &rule, 0).count, 21);
    assert_eq!(matching(&[&c], &rule, 0).count, 0);
}

/// The conditions met on some shortest path to each node, by going on until nothing changes.
fn met_slowly(graph: &Graph, conditions: &[NamePattern]) -> Vec<Vec<bool>> {
    let judge = |text: &str| conditions.iter().map(|c| c.matches(text)).collect::<Vec<bool>>();
    let mut met: Vec<Vec<bool>> = graph.nodes().map(|node| judge(graph.class_name(node))).collect();
    loop {
        let mut changed = false;
        for node in graph.nodes().filter(|&node| graph.distance(node).0 >= 0) {
            for edge in graph.edges(node) {
                let is_step = graph.distance(edge.to).0 == graph.distance(node).0 + 1;
                if !is_step || matches!(edge.edge_type, EdgeType::Weak | EdgeType::Invisible) {
                    continue;
                }
                let named = match edge.name {
                    EdgeName::String(name) => judge(&graph.string(name)),
                    EdgeName::Index(_) => vec![false; conditions.len()],
                };
                for at in 0..conditions.len() {
                    let is_met = met[node.index()][at] || named[at];
                    changed |= is_met && !met[edge.to.index()][at];
                    met[edge.to.index()][at] |= is_met;
                }
            }
        }
        if !changed {
            return met;
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn paths_are_those_of_the_twin(heap in heapglass_testkit::random::heap(40)) {
        let graph = open(&heap);
        let conditions = [name("31"), name("/^[AB]$/"), name("next")];
        let met = met_slowly(&graph, &conditions);
        for (at, condition) in conditions.iter().enumerate() {
            let rule = Rule { path: vec![condition.clone()], ..Rule::default() };
            let expected = graph
                .nodes()
                .filter(|node| met[node.index()][at] && graph.shallow_size(*node) > 0)
                .count() as u64;
            prop_assert_eq!(matching(&[&graph], &rule, 0).count, expected);
        }
    }

    #[test]
    fn retained_sizes_count_each_byte_once(heap in heapglass_testkit::random::heap(40)) {
        let graph = open(&heap);
        let pattern = name("/^[ABC]$/");
        let counts = |node: Ordinal| {
            pattern.matches(graph.class_name(node)) && graph.shallow_size(node) > 0
        };
        let held = graph.nodes().filter(|&node| {
            let mut at = node;
            loop {
                if counts(at) {
                    return true;
                }
                if at == graph.root() {
                    return false;
                }
                at = graph.dominator(at);
            }
        });
        let expected: u64 = held.map(|node| graph.shallow_size(node)).sum();
        prop_assume!(graph.node_type(graph.root()) == NodeType::Synthetic);
        prop_assert_eq!(judge(&graph, "retained(/^[ABC]$/) > 0").measured, i128::from(expected));
    }
}
