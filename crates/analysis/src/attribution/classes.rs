//! Objects by their class.

use heapglass_graph::{Detachedness, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use super::groups::{Groups, NOBODY, Share};
use crate::binary::is_binary;
use crate::names::unshaped;
use crate::roles::{is_name_of_global, is_nobody};

/// Classes of the language whose objects are containers, beside those of bytes: what is in them belongs to the object of a
/// class that has them, if there is one.
const CONTAINERS: [&str; 15] = [
    "Object",
    "Array",
    "Map",
    "Set",
    "WeakMap",
    "WeakSet",
    "WeakRef",
    "Promise",
    "Function",
    "Arguments",
    "Generator",
    "RegExp",
    "Date",
    "String",
    "Number",
];

/// Every object of a program by the name of its class. Cost: one pass over the nodes.
pub(super) fn classes(graph: &Graph) -> Groups {
    let rows = &graph.overview().classes.rows;
    let mut groups = Groups::empty(graph, Share::Dominated);
    let mut known: FxHashMap<&str, u32> = FxHashMap::default();
    let group_of: Vec<u32> = rows
        .iter()
        .map(|row| {
            if row.class_name.starts_with("system / ") {
                return NOBODY;
            }
            let name = unshaped(&row.class_name);
            *known.entry(name).or_insert_with(|| {
                let is_container = CONTAINERS.contains(&name) || is_binary(name);
                if is_container { groups.add_container(name) } else { groups.add(name) }
            })
        })
        .collect();
    let may_be_global: Vec<bool> =
        rows.iter().map(|row| is_name_of_global(&row.class_name)).collect();
    for node in graph.nodes().filter(|&node| is_object(graph, node)) {
        let class = graph.class(node).index();
        let is_suspicious = graph.distance(node).0 <= 1 || may_be_global.get(class) == Some(&true);
        if !(is_suspicious && is_nobody(graph, node)) {
            groups.mark(node, group_of.get(class).copied().unwrap_or(NOBODY));
        }
    }
    groups
}

/// Whether a node is an object of a class: made by a constructor, or a node of a document.
fn is_object(graph: &Graph, node: Ordinal) -> bool {
    match graph.node_type(node) {
        NodeType::Object | NodeType::WasmObject => true,
        NodeType::Native => graph.detachedness(node) != Detachedness::Unknown,
        _ => false,
    }
}
