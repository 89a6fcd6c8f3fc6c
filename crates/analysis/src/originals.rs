//! Where code was written that a compiler or a bundler moved: what source maps say of a heap.

use std::sync::Arc;

use heapglass_graph::{
    EdgeType, Graph, Location, NodeType, Ordinal, Original, Originals, SharedScope,
};
use rustc_hash::FxHashMap;

use crate::object::is_context;
use crate::source::Scripts;

/// Source maps, however the caller came by them.
pub trait SourceMaps {
    /// The map of a script, by the script's path or URL.
    fn of_script(&self, script: &str) -> Option<&dyn SourceMap>;
}

/// What is known of one script that a compiler or a bundler made.
pub trait SourceMap {
    /// Where the function or the class that begins at a place was written, with its name there. Line and column count
    /// from 0; `name` is what it is called in the script, empty if it has no name.
    fn original(&self, script: &str, line: u32, column: u32, name: &str) -> Option<Original>;

    /// Where the variables of one scope are declared, in the order of their `names` in the script; nothing of those of
    /// which it is not known. At the places `within`, as lines and columns from 0, stands code that sees the scope.
    fn variables(
        &self,
        script: &str,
        names: &[String],
        within: &[(u32, u32)],
    ) -> Vec<Option<Original>>;
}

/// The same graph that knows where the code of the scripts that `maps` knows was written. No figure changes by it.
///
/// Cost: a pass over the located nodes, in which each place is asked for once, and one over the functions of these
/// scripts and their scopes.
pub fn with_originals(graph: &Graph, maps: &dyn SourceMaps) -> Graph {
    let scripts = Scripts::of(graph);
    let mut known: FxHashMap<u32, Option<Script<'_>>> = FxHashMap::default();
    let mut places: FxHashMap<Location, Option<Original>> = FxHashMap::default();
    let mut originals = Originals::default();
    for (node, place) in graph.located_nodes() {
        let script = known.entry(place.script_id).or_insert_with(|| {
            let name = scripts.name(place.script_id)?;
            Some(Script { name: name.to_owned(), map: maps.of_script(name)? })
        });
        let Some(script) = script else { continue };
        let (name, is_object) = match graph.node_type(node) {
            NodeType::Closure => (graph.raw_name(node), false),
            _ => (graph.class_name(node).into(), graph.node_type(node) == NodeType::Object),
        };
        // What V8 makes of a class's fields stands where the class does.
        if name.starts_with('<') {
            continue;
        }
        let original = places
            .entry(place)
            .or_insert_with(|| script.map.original(&script.name, place.line, place.column, &name));
        let class = graph.class(node);
        if is_object
            && !originals.class_names.contains_key(&class)
            && let Some(written) = original.as_ref().and_then(|original| original.name.as_ref())
            && **written != *name
        {
            originals.class_names.insert(class, Arc::clone(written));
        }
    }
    for frame in graph.recorded_functions() {
        if let Some(place) = frame.place()
            && let Some(map) = maps.of_script(&frame.script)
        {
            places.entry(place).or_insert_with(|| {
                map.original(&frame.script, place.line, place.column, &frame.function)
            });
        }
    }
    originals.places =
        places.into_iter().filter_map(|(place, original)| Some((place, original?))).collect();
    let scripts = known.into_iter().filter_map(|(id, script)| Some((id, script?))).collect();
    originals.shared_scopes = shared_scopes(graph, &originals.places, &scripts);
    graph.with_originals(originals)
}

/// A script with its map.
struct Script<'a> {
    name: String,
    map: &'a dyn SourceMap,
}

/// Whose the functions are that see a scope, and where.
#[derive(Clone, Copy)]
struct Seen {
    /// The original file of the first of them, by its number; 0 for what the bundler added.
    file: u32,
    at: Location,
    /// The first one of another file.
    other: Option<Location>,
}

/// The scopes that functions of several original files see, with the places of their variables. A scope is looked at
/// once for each file up to the second, so that the cost is that of the functions and the scopes.
fn shared_scopes(
    graph: &Graph,
    places: &FxHashMap<Location, Original>,
    scripts: &FxHashMap<u32, Script<'_>>,
) -> FxHashMap<Ordinal, SharedScope> {
    let mut files: FxHashMap<&str, u32> = FxHashMap::default();
    let mut seen: FxHashMap<Ordinal, Seen> = FxHashMap::default();
    for (node, place) in graph.located_nodes() {
        let is_mapped = scripts.contains_key(&place.script_id);
        if !is_mapped || graph.node_type(node) != NodeType::Closure {
            continue;
        }
        let next = files.len() as u32 + 1;
        let file = match places.get(&place) {
            Some(original) => *files.entry(&original.file).or_insert(next),
            None => 0,
        };
        let mut scope = internal(graph, node, "context");
        while let Some(context) = scope.filter(|&context| is_context(graph, context)) {
            match seen.get_mut(&context) {
                None => {
                    seen.insert(context, Seen { file, at: place, other: None });
                }
                Some(known) if known.file != file && known.other.is_none() => {
                    known.other = Some(place);
                }
                // What is around it was looked at with it.
                Some(_) => break,
            }
            scope = internal(graph, context, "previous");
        }
    }
    let mut shared = FxHashMap::default();
    for (context, seen) in seen {
        if let Some(other) = seen.other
            && let Some(script) = scripts.get(&seen.at.script_id)
        {
            let within = [seen.at, other].map(|at| (at.line, at.column));
            shared.insert(context, shared_scope(graph, context, script, &within));
        }
    }
    shared
}

fn shared_scope(
    graph: &Graph,
    context: Ordinal,
    script: &Script<'_>,
    within: &[(u32, u32)],
) -> SharedScope {
    let variables = graph.edges(context).filter(|edge| edge.edge_type == EdgeType::Context);
    let names: Vec<String> = variables.map(|edge| graph.edge_name(edge).into_owned()).collect();
    let declared = script.map.variables(&script.name, &names, within);
    let known = names.into_iter().zip(declared).filter_map(|(name, place)| Some((name, place?)));
    SharedScope { script: script.name.clone(), variables: known.collect() }
}

fn internal(graph: &Graph, node: Ordinal, name: &str) -> Option<Ordinal> {
    graph.edge_named(node, EdgeType::Internal, name).map(|edge| edge.to)
}

/// A name with the one that it has in the script that ran, if that is another: `Session (a)`.
pub fn name_with_original(name: &str, original: Option<&str>) -> String {
    match original {
        Some(original) => format!("{original} ({name})"),
        None => name.to_owned(),
    }
}
