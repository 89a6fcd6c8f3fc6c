//! Class keys that mean the same in every process: with the script's name instead of its number.

use heapglass_graph::{Graph, NodeType};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::object::script_of_closure;

/// Functions of one script that are asked for its name.
const MAX_ASKED: u32 = 16;

/// Names of the scripts that class keys of the graph name by number. A script's name is found at one
/// of its functions. Cost: one pass over the node types, and the places of functions.
pub(super) fn script_names(graph: &Graph) -> FxHashMap<u32, String> {
    let keys = graph.overview().classes.rows.iter();
    let mut wanted: FxHashSet<u32> =
        keys.filter_map(|row| split(&row.class_key)?.0.parse().ok()).collect();
    let mut names = FxHashMap::default();
    let mut asked: FxHashMap<u32, u32> = FxHashMap::default();
    for node in graph.nodes() {
        if wanted.is_empty() {
            break;
        }
        if graph.node_type(node) != NodeType::Closure {
            continue;
        }
        let Some(place) = graph.location(node).filter(|at| wanted.contains(&at.script_id)) else {
            continue;
        };
        let times = asked.entry(place.script_id).or_default();
        *times += 1;
        let name = script_of_closure(graph, node);
        if name.is_some() || *times >= MAX_ASKED {
            wanted.remove(&place.script_id);
        }
        names.extend(name.map(|name| (place.script_id, name)));
    }
    names
}

/// A class key with the script's name for its number; one without a place as it is.
pub(super) fn portable_key(key: &str, names: &FxHashMap<u32, String>) -> String {
    let Some((script, rest)) = split(key) else { return key.to_owned() };
    let name = script.parse().ok().and_then(|script: u32| names.get(&script));
    format!("{},{rest}", name.map_or("", |name| name))
}

/// The script's number and the rest of the key of a class that has a place.
fn split(key: &str) -> Option<(&str, &str)> {
    let (script, rest) = key.split_once(',')?;
    (!script.is_empty()).then_some((script, rest))
}
