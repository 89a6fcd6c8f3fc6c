//! Emitters with many listeners of one event: Node's `EventEmitter` and what is made like it, and `EventTarget`.

use heapglass_graph::{Edge, EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashSet;

use super::{Found, OddityKind, USUAL_LISTENERS};
use crate::edge::is_prototype;
use crate::strings::StringSet;
use crate::tables;

/// What was found of listeners.
pub(super) struct Listeners {
    pub(super) found: Vec<Found>,
    /// All lists of listeners, few or many, among other objects.
    pub(super) lists: FxHashSet<Ordinal>,
}

/// Every event with more listeners than usual. Cost: a pass over the edges of all objects.
pub(super) fn many(graph: &Graph) -> Listeners {
    // What Node keeps listeners in: an object of arrays, a Map of linked lists.
    let arrays = StringSet::equal(graph, "_events");
    let lists = StringSet::equal(graph, "<symbol kEvents>");
    let mut seen = Seen::default();
    if arrays.is_empty() && lists.is_empty() {
        return seen.into();
    }
    for emitter in graph.nodes().filter(|&node| graph.node_type(node) == NodeType::Object) {
        for edge in graph.edges(emitter).filter(|edge| edge.edge_type == EdgeType::Property) {
            if arrays.names(edge.name) {
                seen.arrays(graph, emitter, edge.to);
            } else if lists.names(edge.name) {
                seen.lists(graph, emitter, edge.to);
            }
        }
    }
    seen.into()
}

/// What was found, and what was looked at already: emitters may share their listeners.
#[derive(Default)]
struct Seen {
    found: Vec<Found>,
    nodes: FxHashSet<Ordinal>,
}

impl From<Seen> for Listeners {
    fn from(Seen { found, nodes }: Seen) -> Listeners {
        Listeners { found, lists: nodes }
    }
}

impl Seen {
    /// The events of an `EventEmitter`: a property for each, which holds the listener, or an array of them.
    fn arrays(&mut self, graph: &Graph, emitter: Ordinal, events: Ordinal) {
        if !self.nodes.insert(events) {
            return;
        }
        let is_event =
            |edge: &Edge| edge.edge_type == EdgeType::Property && !is_prototype(graph, *edge);
        for edge in graph.edges(events).filter(is_event) {
            if graph.class_name(edge.to) != "Array" || !self.nodes.insert(edge.to) {
                continue;
            }
            let is_listener = |edge: &Edge| edge.edge_type == EdgeType::Element;
            let count = graph.edges(edge.to).filter(is_listener).count() as u64;
            let event = || graph.edge_name(edge).into_owned();
            self.found.extend(of_event(graph, emitter, edge.to, count, event));
        }
    }

    /// The events of an `EventTarget`: an entry for each, whose value begins a linked list.
    fn lists(&mut self, graph: &Graph, emitter: Ordinal, events: Ordinal) {
        if !self.nodes.insert(events) {
            return;
        }
        let Some((table, kind)) = tables::table_of(graph, events) else { return };
        let (entries, _) = tables::entries(graph, table, kind, usize::MAX);
        for entry in entries {
            let Some(head) = entry.value else { continue };
            let next =
                |node| graph.edge_named(node, EdgeType::Property, "next").map(|edge| edge.to);
            let (mut count, mut at) = (0, next(head));
            // A link that was met already makes a circle, or belongs to another list.
            while let Some(link) = at.filter(|&link| graph.node_type(link) == NodeType::Object)
                && self.nodes.insert(link)
            {
                count += 1;
                at = next(link);
            }
            let event =
                || entry.key.map(|key| graph.raw_name(key).into_owned()).unwrap_or_default();
            self.found.extend(of_event(graph, emitter, head, count, event));
        }
    }
}

fn of_event(
    graph: &Graph,
    emitter: Ordinal,
    list: Ordinal,
    count: u64,
    event: impl Fn() -> String,
) -> Option<Found> {
    (count > USUAL_LISTENERS).then(|| Found {
        kind: OddityKind::ManyListeners { event: event() },
        node: emitter,
        count,
        retained_size: graph.retained_size(list),
        written: None,
    })
}
