//! What Node.js keeps of each file that it has loaded: no leak while there are files that were not loaded yet.

use heapglass_graph::{ClassIndex, EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashSet;

use super::LeakSuspect;
use crate::source::file_of_module;

/// Modules in an interval, and since the first snapshot, up to which a program loads what it has not needed before. A server
/// that makes a script for each request has more.
const MOST_AT_ONCE: f64 = 200.0;
const MOST: u64 = 1_000;
/// Steps from the end of a path to what belongs to the loader.
const STEPS: usize = 3;
/// Tables of the loader by their names: of files that were found, and of their real paths.
const TABLES: &[&str] = &["relativeResolveCache", "_pathCache", "realpathCache"];
/// Node's own classes that have an entry for each module.
const CLASSES: &[&str] =
    &["CompiledFnEntry", "ESMLoader", "LoadCache", "ModuleLoader", "ModuleMap", "ResolveCache"];

/// Whether what grows is what the loader keeps of modules, of which each was loaded once. The same file that is loaded again and
/// again, as under addresses with another query each time, stays a leak. Cost: the edges of the samples, for modules a pass over
/// the nodes.
pub(super) fn is_loading(last: &Graph, suspect: &LeakSuspect) -> bool {
    if suspect.count_per_interval > MOST_AT_ONCE || suspect.instance_count > MOST {
        return false;
    }
    let samples: Vec<Ordinal> = suspect.instances.iter().map(|object| object.ordinal).collect();
    let files: Vec<String> =
        samples.iter().filter_map(|&node| file_of_module(last, node)).collect();
    if !files.is_empty() && files.len() == samples.len() {
        return !files.iter().any(|file| is_made_up(file))
            && are_loaded_once(last, &samples, &files);
    }
    // What the program wrote itself is called anything.
    let is_nobodys = suspect.owner.is_none() && suspect.location.is_none();
    is_nobodys
        && is_of_loader(suspect)
        && !samples.iter().any(|&node| address(last, node).is_some_and(|at| is_made_up(&at)))
}

fn is_of_loader(suspect: &LeakSuspect) -> bool {
    let steps = suspect.path.as_ref().map(|path| path.steps.as_slice()).unwrap_or_default();
    steps.iter().rev().take(STEPS).any(|step| {
        CLASSES.contains(&step.object.class_name.as_str())
            || step.edge.as_ref().is_some_and(|edge| TABLES.contains(&edge.name.as_str()))
    })
}

/// What a module was loaded from, as an entry of the loader says: a text, or what has one as its `url`, under the type of the
/// module from Node 18 on.
fn address(graph: &Graph, node: Ordinal) -> Option<String> {
    let property =
        |node, name| graph.edge_named(node, EdgeType::Property, name).map(|edge| edge.to);
    let job = property(node, "javascript").unwrap_or(node);
    let text = property(job, "url").unwrap_or(job);
    let is_text = graph.node_type(text) == NodeType::String;
    is_text.then(|| graph.raw_name(text).into_owned())
}

/// Whether each of these files has one module in the whole heap: a handful that is loaded anew in turn, as by what reloads
/// them when they change, differ among the samples. Cost: a pass over the nodes.
fn are_loaded_once(graph: &Graph, samples: &[Ordinal], files: &[String]) -> bool {
    let of_samples: FxHashSet<&str> = files.iter().map(String::as_str).collect();
    let classes: FxHashSet<ClassIndex> = samples.iter().map(|&node| graph.class(node)).collect();
    let alike = graph.nodes().filter(|&node| classes.contains(&graph.class(node)));
    let all = alike.filter_map(|node| file_of_module(graph, node));
    all.filter(|file| of_samples.contains(file.as_str())).count() <= of_samples.len()
        && of_samples.len() == files.len()
}

/// Whether an address was put together at run time: there is no end of those.
fn is_made_up(address: &str) -> bool {
    address.contains(['?', '#']) || address.starts_with("data:")
}
