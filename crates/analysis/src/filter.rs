//! DevTools' filters of the Summary view.

pub(crate) mod duplicates;
mod event_handlers;

use heapglass_graph::{Detachedness, Distance, Edge, EdgeType, Graph, NodeId, NodeType};

use crate::native_context::{Owner, native_contexts};
use crate::object::is_name_of_context;
use crate::react::Fibers;
use crate::strings::{StringSet, leading_integer};
use crate::{Error, NodeSet, Result};

/// A filter of DevTools' Summary view, but for [`Filter::UnmountedFibers`]. The nodes that pass it: [`nodes_passing`].
///
/// Source: `HeapSnapshot.createNamedFilter` and `createNodeIdFilter`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Filter {
    /// Strings of which there is another one with the same text.
    DuplicatedStrings,
    /// What only detached DOM nodes keep alive.
    RetainedByDetachedDomNodes,
    /// What only contexts of closures keep alive.
    RetainedByContexts,
    /// What only the DevTools console keeps alive.
    RetainedByConsole,
    /// What only event handlers of DOM nodes keep alive.
    RetainedByEventHandlers,
    /// Fibers of React that are unmounted: the way up from them does not end in a root.
    UnmountedFibers,
    /// What belongs to the native context with this id alone.
    NativeContext(NodeId),
    /// What belongs to several native contexts.
    SharedNativeContext,
    /// What belongs to no native context.
    NoNativeContext,
    /// Ids in `(min, max]`: objects allocated between two snapshots of one process.
    IdRange {
        /// The largest id that does not pass.
        min: u64,
        /// The largest id that passes.
        max: u64,
    },
}

/// The nodes that pass `filter`. Cost: one or two passes over all edges, for id ranges one over the
/// nodes.
pub fn nodes_passing(graph: &Graph, filter: Filter) -> Result<NodeSet> {
    Ok(match filter {
        Filter::DuplicatedStrings => duplicates::duplicated_strings(graph),
        Filter::RetainedByDetachedDomNodes => {
            let detached = NodeSet::from_fn(graph.node_count(), |node| {
                graph.detachedness(node) == Detachedness::Detached
            });
            unreached(graph, |edge| !detached.contains(edge.to))
        }
        Filter::RetainedByContexts => {
            let names = StringSet::matching(graph, is_name_of_context);
            let contexts =
                NodeSet::from_fn(graph.node_count(), |node| names.contains(graph.name_index(node)));
            unreached(graph, |edge| !contexts.contains(edge.to))
        }
        Filter::RetainedByConsole => {
            let names = StringSet::matching(graph, |name| name.ends_with(b" / DevTools console"));
            unreached(graph, |edge| !(names.names(edge.name) && is_console_edge(graph, edge)))
        }
        Filter::RetainedByEventHandlers => {
            let handlers = event_handlers::event_handlers(graph);
            unreached(graph, |edge| !handlers.contains(edge.to))
        }
        Filter::UnmountedFibers => {
            let fibers = Fibers::of(graph).all();
            NodeSet::from_fn(graph.node_count(), |node| fibers.get(&node) == Some(&true))
        }
        Filter::NativeContext(id) => {
            let context = graph.ordinal_of(id).ok_or(Error::NoSuchObject(id))?;
            let contexts = native_contexts(graph);
            if contexts.contexts.iter().all(|known| known.object.ordinal != context) {
                return Err(Error::NotANativeContext(id));
            }
            NodeSet::from_fn(graph.node_count(), |node| {
                contexts.owner(node) == Owner::Context(context)
            })
        }
        Filter::SharedNativeContext => owned(graph, Owner::Shared),
        Filter::NoNativeContext => owned(graph, Owner::None),
        Filter::IdRange { min, max } => NodeSet::from_fn(graph.node_count(), |node| {
            let id = graph.id(node).0;
            id > min && id <= max
        }),
    })
}

fn owned(graph: &Graph, owner: Owner) -> NodeSet {
    let contexts = native_contexts(graph);
    NodeSet::from_fn(graph.node_count(), |node| contexts.owner(node) == owner)
}

/// The nodes that have a distance, but are not reached from the root over the edges that `follow`
/// allows.
fn unreached(graph: &Graph, follow: impl Fn(Edge) -> bool) -> NodeSet {
    let mut reached = NodeSet::empty(graph.node_count());
    let mut open = vec![graph.root()];
    reached.insert(graph.root());
    while let Some(node) = open.pop() {
        for edge in graph.edges(node) {
            if edge.edge_type != EdgeType::Weak && !reached.contains(edge.to) && follow(edge) {
                reached.insert(edge.to);
                open.push(edge.to);
            }
        }
    }
    let distances = graph.distances();
    NodeSet::from_fn(graph.node_count(), |node| {
        !reached.contains(node) && distances.get(node.index()) != Some(&Distance::NONE.0)
    })
}

/// Whether an edge whose name says "DevTools console" is a console's.
fn is_console_edge(graph: &Graph, edge: Edge) -> bool {
    // DevTools takes a shortcut whose name starts with digits for a number.
    graph.node_type(edge.from) == NodeType::Synthetic
        && !(edge.edge_type == EdgeType::Shortcut
            && leading_integer(&graph.edge_name(edge)).is_some())
}
