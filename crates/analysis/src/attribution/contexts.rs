//! Objects by the native context that they belong to, by DevTools' rules.

use heapglass_graph::Graph;
use rustc_hash::FxHashMap;

use super::groups::{Groups, NOBODY, Share};
use crate::{Owner, native_contexts};

/// What several contexts reach.
const SHARED: &str = "(shared)";

/// Every node by its native context. Cost: that of [`native_contexts`].
pub(super) fn contexts(graph: &Graph) -> Groups {
    let owners = native_contexts(graph);
    let mut groups = Groups::empty(graph, Share::Members);
    let of_context: FxHashMap<_, u32> = owners
        .contexts
        .iter()
        .map(|context| (context.object.ordinal, groups.add(&context.object.label)))
        .collect();
    let shared = groups.add(SHARED);
    for node in graph.nodes() {
        let group = match owners.owner(node) {
            Owner::None => NOBODY,
            Owner::Shared => shared,
            Owner::Context(context) => of_context.get(&context).copied().unwrap_or(NOBODY),
        };
        groups.mark(node, group);
    }
    groups
}
