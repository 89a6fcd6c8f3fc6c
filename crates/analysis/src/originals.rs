//! Where code was written that a compiler or a bundler moved: what source maps say of a heap.

use std::sync::Arc;

use heapglass_graph::{
    EdgeName, EdgeType, Graph, Location, NodeType, Ordinal, Original, Originals, StackFrame,
    StringIndex, WrittenScope,
};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::edge::internal;
use crate::object::is_context;
use crate::source::Scripts;

/// Source maps, however the caller came by them.
pub trait SourceMaps {
    /// The maps of the scripts of one heap, by the scripts' paths or URLs, each in the place of its script. All are asked
    /// for at once, each name once: which script a map is of may be told by the others of its name.
    fn of_scripts(&self, scripts: &[&str]) -> Vec<Option<&dyn SourceMap>>;
}

/// What is known of one script that a compiler or a bundler made.
pub trait SourceMap {
    /// Where the function or the class that begins at a place was written, with its name there. Line and column count
    /// from 0; `name` is what it is called in the script, empty if it has no name.
    fn original(&self, script: &str, line: u32, column: u32, name: &str) -> Option<Original>;

    /// Where the variables of the last of `scopes` are declared, in the order of their names in the script; nothing of
    /// those of which it is not known. At the places `within`, as lines and columns from 0, stands code that sees the
    /// scope; `scopes` has the names in those that the code at the first place sees, the nearest first.
    fn variables(
        &self,
        script: &str,
        scopes: &[&[String]],
        within: &[(u32, u32)],
    ) -> Vec<Option<Original>>;
}

/// The same graph that knows where the code of the scripts that `maps` knows was written. No figure changes by it.
///
/// Cost: that of [`with_original_code`], and a pass over the functions of these scripts and their scopes. The variables of
/// scopes that the same code made are asked for once.
pub fn with_originals(graph: &Graph, maps: &dyn SourceMaps) -> Graph {
    let (mut originals, mapped) = code(graph, maps);
    originals.scopes = scopes(graph, &originals.places, &mapped.by_number);
    graph.with_originals(originals)
}

/// The same without scopes and their variables, for answers that tell nothing of them: a map may have to parse a whole
/// script before it knows them.
///
/// Cost: a pass over the located nodes, in which each place is asked for once.
pub fn with_original_code(graph: &Graph, maps: &dyn SourceMaps) -> Graph {
    graph.with_originals(code(graph, maps).0)
}

/// The places and the names of classes, and the scripts that have a map.
fn code<'a>(graph: &Graph, maps: &'a dyn SourceMaps) -> (Originals, Mapped<'a>) {
    let frames: Vec<StackFrame> = graph.recorded_functions().collect();
    let mapped = Mapped::of(graph, &frames, maps);
    let mut places: FxHashMap<Location, Option<Original>> = FxHashMap::default();
    let mut originals = Originals::default();
    for (node, place) in graph.located_nodes() {
        let Some(script) = mapped.by_number.get(&place.script_id) else { continue };
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
    for frame in &frames {
        if let Some(place) = frame.place()
            && let Some(map) = mapped.by_name.get(&frame.script)
        {
            places.entry(place).or_insert_with(|| {
                map.original(&frame.script, place.line, place.column, &frame.function)
            });
        }
    }
    originals.places =
        places.into_iter().filter_map(|(place, original)| Some((place, original?))).collect();
    (originals, mapped)
}

/// A script with its map.
struct Script<'a> {
    name: String,
    map: &'a dyn SourceMap,
}

/// The scripts of a heap that have a map.
struct Mapped<'a> {
    by_number: FxHashMap<u32, Script<'a>>,
    by_name: FxHashMap<String, &'a dyn SourceMap>,
}

impl<'a> Mapped<'a> {
    /// Of those with a located node, and of those that a recording of allocations names.
    fn of(graph: &Graph, frames: &[StackFrame], maps: &'a dyn SourceMaps) -> Mapped<'a> {
        let scripts = Scripts::of(graph);
        let numbers: FxHashSet<u32> =
            graph.located_nodes().map(|(_, place)| place.script_id).collect();
        let named = numbers.iter().filter_map(|&number| scripts.name(number));
        let names: FxHashSet<&str> =
            named.chain(frames.iter().map(|frame| frame.script.as_str())).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let known = names.iter().zip(maps.of_scripts(&names));
        let by_name: FxHashMap<String, &dyn SourceMap> =
            known.filter_map(|(name, map)| Some(((*name).to_owned(), map?))).collect();
        let script = |number: u32| {
            let name = scripts.name(number)?;
            Some((number, Script { name: name.to_owned(), map: *by_name.get(name)? }))
        };
        let by_number = numbers.iter().filter_map(|&number| script(number)).collect();
        Mapped { by_number, by_name }
    }
}

/// A function that sees a scope.
#[derive(Clone, Copy)]
struct Seer {
    function: Ordinal,
    at: Location,
    /// Its original file, by number; 0 for what the bundler added.
    file: u32,
}

/// The functions of which it depends what a scope is.
#[derive(Clone, Copy)]
struct Seen {
    /// One of those with the fewest scopes between them and this one.
    nearest: Seer,
    /// The number of these.
    between: usize,
    /// Where the nearest one of another file stands.
    other: Option<Location>,
}

/// Scopes between a function and one that it sees, of which the names are looked at; where there are more, none is.
const MOST_BETWEEN: usize = 32;

/// The scopes that functions of these scripts see, with the places of their variables.
fn scopes(
    graph: &Graph,
    places: &FxHashMap<Location, Original>,
    scripts: &FxHashMap<u32, Script<'_>>,
) -> FxHashMap<Ordinal, Arc<WrittenScope>> {
    let mut written = FxHashMap::default();
    let mut known: FxHashMap<Code, Option<Arc<WrittenScope>>> = FxHashMap::default();
    for (context, seen) in seen(graph, places, scripts) {
        let Some(script) = scripts.get(&seen.nearest.at.script_id) else { continue };
        let code = Code::of(graph, context, seen);
        let scope = known.entry(code).or_insert_with_key(|code| written_scope(graph, script, code));
        if let Some(scope) = scope {
            written.insert(context, Arc::clone(scope));
        }
    }
    written
}

/// The scopes that functions of these scripts see. A scope is looked at once for each file up to the second, so that the
/// cost is that of the functions and the scopes.
fn seen(
    graph: &Graph,
    places: &FxHashMap<Location, Original>,
    scripts: &FxHashMap<u32, Script<'_>>,
) -> FxHashMap<Ordinal, Seen> {
    let mut files: FxHashMap<&str, u32> = FxHashMap::default();
    let mut seen: FxHashMap<Ordinal, Seen> = FxHashMap::default();
    // All that are as far from their scopes at a time, so that the first one of a scope is the nearest.
    let mut open: Vec<(Seer, Ordinal)> = Vec::new();
    for (function, at) in graph.located_nodes() {
        let is_mapped = scripts.contains_key(&at.script_id);
        if !is_mapped || graph.node_type(function) != NodeType::Closure {
            continue;
        }
        let next = files.len() as u32 + 1;
        let file = match places.get(&at) {
            Some(original) => *files.entry(&original.file).or_insert(next),
            None => 0,
        };
        let scope = internal(graph, function, "context");
        let seer = Seer { function, at, file };
        open.extend(scope.and_then(|scope| Some((seer, add(graph, &mut seen, seer, scope, 0)?))));
    }
    let mut between = 1;
    while !open.is_empty() {
        let around = std::mem::take(&mut open).into_iter();
        open.extend(around.filter_map(|(seer, scope)| {
            Some((seer, add(graph, &mut seen, seer, scope, between)?))
        }));
        between += 1;
    }
    seen
}

/// Adds one that sees a scope, and gives the one around; `None` if nothing is new of that.
fn add(
    graph: &Graph,
    seen: &mut FxHashMap<Ordinal, Seen>,
    seer: Seer,
    scope: Ordinal,
    between: usize,
) -> Option<Ordinal> {
    if !is_context(graph, scope) {
        return None;
    }
    match seen.get_mut(&scope) {
        None => {
            seen.insert(scope, Seen { nearest: seer, between, other: None });
        }
        Some(known) if known.nearest.file != seer.file && known.other.is_none() => {
            known.other = Some(seer.at);
        }
        // What is around it is looked at with it.
        Some(_) => return None,
    }
    internal(graph, scope, "previous")
}

/// What made a scope, which may run often.
#[derive(PartialEq, Eq, Hash)]
struct Code {
    /// The names in the scopes that a function sees, the nearest first, up to this scope.
    scopes: Vec<Vec<StringIndex>>,
    /// Where the function stands, and one of another file that sees the scope.
    within: (Location, Option<Location>),
}

impl Code {
    /// Cost: the variables of the scope and of those between it and the function.
    fn of(graph: &Graph, context: Ordinal, seen: Seen) -> Code {
        let mut scopes = Vec::new();
        if seen.between <= MOST_BETWEEN {
            let mut next = internal(graph, seen.nearest.function, "context");
            while let Some(inner) = next.filter(|&inner| inner != context)
                && scopes.len() < seen.between
            {
                scopes.push(names(graph, inner));
                next = internal(graph, inner, "previous");
            }
        }
        scopes.push(names(graph, context));
        Code { scopes, within: (seen.nearest.at, seen.other) }
    }
}

/// The names of a scope's variables.
fn names(graph: &Graph, context: Ordinal) -> Vec<StringIndex> {
    let variables = graph.edges(context).filter(|edge| edge.edge_type == EdgeType::Context);
    let names = variables.filter_map(|edge| match edge.name {
        EdgeName::String(name) => Some(name),
        EdgeName::Index(_) => None,
    });
    names.collect()
}

/// `None` if nothing is known of it.
fn written_scope(graph: &Graph, script: &Script<'_>, code: &Code) -> Option<Arc<WrittenScope>> {
    let (first, other) = code.within;
    let within: Vec<(u32, u32)> =
        std::iter::once(first).chain(other).map(|at| (at.line, at.column)).collect();
    let text = |&name: &StringIndex| graph.string(name).into_owned();
    let scopes: Vec<Vec<String>> =
        code.scopes.iter().map(|names| names.iter().map(text).collect()).collect();
    let chain: Vec<&[String]> = scopes.iter().map(Vec::as_slice).collect();
    let declared = script.map.variables(&script.name, &chain, &within);
    let known = scopes.last().into_iter().flatten().zip(declared);
    let variables: FxHashMap<String, Original> =
        known.filter_map(|(name, place)| Some((name.clone(), place?))).collect();
    let is_shared = other.is_some();
    (is_shared || !variables.is_empty())
        .then(|| Arc::new(WrittenScope { script: script.name.clone(), is_shared, variables }))
}

/// A name with the one that it has in the script that ran, if that is another: `Session (a)`.
pub fn name_with_original(name: &str, original: Option<&str>) -> String {
    match original {
        Some(original) => format!("{original} ({name})"),
        None => name.to_owned(),
    }
}
