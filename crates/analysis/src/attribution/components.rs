//! Objects by the component of React that they are of.

use heapglass_graph::{Graph, Ordinal};
use rustc_hash::FxHashMap;

use super::groups::{Groups, Share};
use crate::react::Fibers;

/// The fibers by the name of their component; those that are unmounted by themselves. Cost: that of [`Fibers::all`].
pub(super) fn components(graph: &Graph) -> Groups {
    let mut groups = Groups::empty(graph, Share::Dominated);
    let fibers = Fibers::of(graph);
    let mut known: FxHashMap<String, u32> = FxHashMap::default();
    // A component may have many fibers, and its function as many edges.
    let mut names: FxHashMap<Ordinal, Option<String>> = FxHashMap::default();
    let mut all: Vec<_> = fibers.all().into_iter().collect();
    all.sort_unstable();
    for (fiber, is_unmounted) in all {
        let Some(component) = fibers.component(fiber) else { continue };
        let name = names.entry(component).or_insert_with(|| fibers.name(component));
        let Some(mut name) = name.clone() else { continue };
        if is_unmounted {
            name.push_str(" (unmounted)");
        }
        let group = match known.get(&name) {
            Some(&group) => group,
            None => {
                let group = groups.add(&name);
                known.insert(name, group);
                group
            }
        };
        groups.mark(fiber, group);
    }
    groups
}
