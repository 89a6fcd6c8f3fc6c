use std::cell::RefCell;
use std::collections::BTreeSet;

use heapglass_analysis::{
    SourceMap, SourceMaps, TextOptions, edge_label, merged_paths, texts, with_originals,
};
use heapglass_graph::Original;
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::{at, open};

/// A map of every script, in which each column is a file, with the questions that it was asked.
#[derive(Default)]
struct Asked {
    scripts: RefCell<Vec<String>>,
    /// The names in the scopes, the nearest first, and the columns of the code: `a,b < c 10 20`.
    scopes: RefCell<Vec<String>>,
    /// What everything was called.
    name: Option<&'static str>,
    /// Each column has a name of its own.
    has_many_names: bool,
}

impl SourceMaps for Asked {
    fn of_scripts(&self, scripts: &[&str]) -> Vec<Option<&dyn SourceMap>> {
        self.scripts.borrow_mut().extend(scripts.iter().map(|&script| script.to_owned()));
        scripts.iter().map(|_| Some(self as &dyn SourceMap)).collect()
    }
}

impl SourceMap for Asked {
    fn original(&self, _: &str, line: u32, column: u32, _: &str) -> Option<Original> {
        let name = match self.has_many_names {
            true => Some(format!("cache{column}").into()),
            false => self.name.map(Into::into),
        };
        Some(Original { file: format!("/{column}.js").into(), line, column, name })
    }

    fn variables(
        &self,
        script: &str,
        scopes: &[&[String]],
        within: &[(u32, u32)],
    ) -> Vec<Option<Original>> {
        let names: Vec<String> = scopes.iter().map(|names| names.join(",")).collect();
        let columns: String = within.iter().map(|(_, column)| format!(" {column}")).collect();
        self.scopes.borrow_mut().push(names.join(" < ") + &columns);
        let (line, column) = within[0];
        scopes[scopes.len() - 1]
            .iter()
            .map(|name| self.original(script, line, column, name))
            .collect()
    }
}

/// A function at a place of a script, whose number and column are given, that sees a scope.
fn function(
    heap: &mut SnapshotBuilder,
    script: NodeRef,
    (number, column): (u32, u32),
    scope: NodeRef,
) -> NodeRef {
    let function = heap.function("f", script);
    heap.internal(function, "context", scope);
    heap.locate(function, number, 0, column);
    function
}

/// A scope with one variable, and what is in that.
fn scope(heap: &mut SnapshotBuilder, name: &str) -> (NodeRef, NodeRef) {
    let scope = heap.node("object", "system / Context", 64);
    let value = heap.object("Value", 16);
    heap.context(scope, name, value);
    (scope, value)
}

#[test]
fn scopes_that_the_same_code_made_are_asked_for_once() {
    let mut heap = SnapshotBuilder::new();
    let mut scopes = Vec::new();
    // Each script has two numbers, as if it were loaded twice.
    for number in 0..600u32 {
        let script = heap.node("code", "/srv/bundle.js", 64);
        let (scope, _) = scope(&mut heap, if number % 3 == 0 { "a" } else { "b" });
        for column in [10, 20] {
            let function = function(&mut heap, script, (7 + number % 2, column), scope);
            heap.element(heap.global(), number * 2 + column / 20, function);
        }
        scopes.push(scope);
    }
    let maps = Asked::default();
    let graph = with_originals(&open(&heap), &maps);
    assert_eq!(*maps.scripts.borrow(), ["/srv/bundle.js"]);
    // Two names, each in a script with two numbers.
    let asked = maps.scopes.borrow();
    assert_eq!(asked.len(), 4, "{asked:?}");
    let names: BTreeSet<&str> = asked.iter().map(String::as_str).collect();
    assert_eq!(names, BTreeSet::from(["a 10 20", "b 10 20"]));
    for (number, &scope) in scopes.iter().enumerate() {
        let scope = graph.shared_scope(at(scope)).expect("of two files");
        let name = if number % 3 == 0 { "a" } else { "b" };
        assert_eq!(scope.variables.keys().collect::<Vec<_>>(), [name]);
    }
}

#[test]
fn a_scope_of_one_file_has_the_names_of_its_variables() {
    let mut heap = SnapshotBuilder::new();
    let script = heap.node("code", "/srv/bundle.js", 64);
    let (scope, value) = scope(&mut heap, "a");
    let function = function(&mut heap, script, (7, 10), scope);
    heap.element(heap.global(), 0, function);
    let graph = with_originals(&open(&heap), &Asked { name: Some("cache"), ..Asked::default() });
    assert_eq!(graph.shared_scope(at(scope)), None);
    assert_eq!(graph.original_variable(at(scope), "a"), Some("cache"));
    assert_eq!(graph.original_variable(at(scope), "b"), None);
    let edge = graph.edges(at(scope)).find(|edge| edge.to == at(value)).expect("an edge");
    let label = edge_label(&graph, edge);
    assert_eq!((label.name.as_str(), label.text.as_str()), ("a", "variable cache (a)"));
    assert_eq!(edge_label(&graph.without_originals(), edge).text, "variable a");
}

#[test]
fn a_scope_is_asked_for_with_those_between_it_and_the_nearest_function() {
    let mut heap = SnapshotBuilder::new();
    let script = heap.node("code", "/srv/bundle.js", 64);
    let names = ["a", "b", "c", "d"];
    let scopes = names.map(|name| scope(&mut heap, name).0);
    for (inner, outer) in scopes.iter().zip(&scopes[1..]) {
        heap.internal(*inner, "previous", *outer);
    }
    // The one that stands first in the snapshot sees all scopes, the second the outer two.
    for (column, scope) in [(30, scopes[0]), (10, scopes[2])] {
        let function = function(&mut heap, script, (7, column), scope);
        heap.element(heap.global(), column, function);
    }
    let maps = Asked::default();
    with_originals(&open(&heap), &maps);
    let mut asked = maps.scopes.borrow().clone();
    asked.sort();
    // Each column is a file, so that the outer ones have code of two.
    assert_eq!(asked, ["a 30", "a < b 30", "c 10 30", "c < d 10 30"]);
}

#[test]
fn a_group_has_the_original_name_of_a_variable_that_is_that_of_all() {
    let mut heap = SnapshotBuilder::new();
    let script = heap.node("code", "/srv/bundle.js", 64);
    let mut strings = Vec::new();
    for column in [10, 20] {
        let scope = heap.node("object", "system / Context", 64);
        let string = heap.string("the same text", 64);
        heap.context(scope, "a", string);
        let function = function(&mut heap, script, (7, column), scope);
        heap.element(heap.global(), column, function);
        strings.push(at(string));
    }
    let graph = open(&heap);
    let one = Asked { name: Some("cache"), ..Asked::default() };
    let many = Asked { has_many_names: true, ..Asked::default() };
    for (maps, expected) in [(one, "variable cache (a)"), (many, "variable a")] {
        let graph = with_originals(&graph, &maps);
        let texts = texts(&graph, &TextOptions::default());
        let row = texts.rows.iter().find(|row| row.text.contains("the same text"));
        let holders: Vec<_> =
            row.expect("a row").holders.iter().map(|it| (it.edge.as_str(), it.count)).collect();
        assert_eq!(holders, [(expected, 2)]);
        let paths = merged_paths(&graph, &strings, 10);
        let edges = paths.rows.iter().filter_map(|row| row.item.edge.as_ref());
        let edges: Vec<&str> = edges.map(|edge| edge.text.as_str()).collect();
        assert!(edges.contains(&expected), "{edges:?}");
    }
}
