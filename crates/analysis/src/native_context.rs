//! Which native context (realm) an object belongs to.

use heapglass_graph::{Edge, EdgeType, Graph, Ordinal};
use rustc_hash::FxHashMap;

use crate::edge::internal;
use crate::strings::StringSet;
use crate::{NodeSet, ObjectSummary, describe};

/// Whose an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// It is reached from no native context.
    None,
    /// It is reached from several.
    Shared,
    /// It belongs to this one alone.
    Context(Ordinal),
}

/// A native context and the memory attributed to it.
#[derive(Debug, Clone, PartialEq)]
pub struct NativeContext {
    /// The `system / NativeContext` node.
    pub object: ObjectSummary,
    /// Shallow sizes of everything that belongs to it alone, in bytes.
    pub attributed_size: u64,
}

/// DevTools' native context attribution of a whole heap.
#[derive(Debug, Clone)]
pub struct NativeContexts {
    /// The native contexts, in the file's order.
    pub contexts: Vec<NativeContext>,
    /// Shallow sizes of everything that several contexts reach, in bytes.
    pub shared_size: u64,
    /// Shallow sizes of everything that no context reaches, in bytes.
    pub unattributed_size: u64,
    /// For each node ordinal [`NONE`], [`SHARED`], or a position in `contexts`.
    owners: Vec<u32>,
}

const NONE: u32 = u32::MAX;
const SHARED: u32 = u32::MAX - 1;

impl NativeContexts {
    /// Whose a node is.
    pub fn owner(&self, node: Ordinal) -> Owner {
        match self.owners.get(node.index()).copied().unwrap_or(NONE) {
            NONE => Owner::None,
            SHARED => Owner::Shared,
            at => self
                .contexts
                .get(at as usize)
                .map_or(Owner::None, |context| Owner::Context(context.object.ordinal)),
        }
    }
}

/// Attributes every node to a native context. Cost: two passes over all edges.
///
/// An object belongs to the context of its map, if that says so; everything else belongs to the
/// contexts from which it is reached.
///
/// Source: `HeapSnapshot.calculateNativeContextAttribution`.
pub fn native_contexts(graph: &Graph) -> NativeContexts {
    let names = EdgeNames::of(graph);
    let found: Vec<Ordinal> = graph
        .nodes()
        .filter(|&node| names.native_context_node.contains(graph.name_index(node)))
        .collect();
    let mut owners = vec![NONE; graph.node_count() as usize];
    if !found.is_empty() {
        let fixed = attribute_by_map(graph, &names, &found, &mut owners);
        spread(graph, &fixed, &mut owners);
    }
    sum_up(graph, &found, owners)
}

/// The native context that the node's own map names. Cost: three short walks over edges.
pub(crate) fn native_context_of_map(graph: &Graph, node: Ordinal) -> Option<Ordinal> {
    let map_of = |node| internal(graph, node, "map");
    let meta_map = map_of(map_of(node)?)?;
    internal(graph, meta_map, "native_context")
}

struct EdgeNames {
    native_context_node: StringSet,
    native_context: StringSet,
    map: StringSet,
}

impl EdgeNames {
    fn of(graph: &Graph) -> EdgeNames {
        EdgeNames {
            native_context_node: StringSet::matching(graph, |name| {
                let name = name.strip_prefix(b"Detached ").unwrap_or(name);
                name == b"system / NativeContext" || name.starts_with(b"system / NativeContext / ")
            }),
            native_context: StringSet::equal(graph, "native_context"),
            map: StringSet::equal(graph, "map"),
        }
    }

    /// The node's map: the target of its first internal edge of this name.
    fn map_of(&self, graph: &Graph, node: Ordinal) -> Option<Ordinal> {
        let is_map =
            |edge: &Edge| edge.edge_type == EdgeType::Internal && self.map.names(edge.name);
        graph.edges(node).find(is_map).map(|edge| edge.to)
    }

    /// The native context that a map of maps names.
    fn named_by(&self, graph: &Graph, meta_map: Ordinal) -> Option<Ordinal> {
        let is_context = |edge: &Edge| {
            edge.edge_type == EdgeType::Internal
                && self.native_context.names(edge.name)
                && self.native_context_node.contains(graph.name_index(edge.to))
        };
        graph.edges(meta_map).find(is_context).map(|edge| edge.to)
    }
}

/// Attributes the contexts themselves and all objects whose map's map names a context; says which
/// these are.
fn attribute_by_map(
    graph: &Graph,
    names: &EdgeNames,
    found: &[Ordinal],
    owners: &mut [u32],
) -> NodeSet {
    let positions: FxHashMap<Ordinal, u32> = found.iter().copied().zip(0..).collect();
    let mut owner_of_map: FxHashMap<Ordinal, Option<u32>> = FxHashMap::default();
    let mut fixed = NodeSet::empty(graph.node_count());
    for (node, owner) in graph.nodes().zip(owners) {
        let position = positions.get(&node).copied().or_else(|| {
            let map = names.map_of(graph, node)?;
            *owner_of_map.entry(map).or_insert_with(|| {
                let context = names.named_by(graph, names.map_of(graph, map)?)?;
                positions.get(&context).copied()
            })
        });
        if let Some(position) = position {
            *owner = position;
            fixed.insert(node);
        }
    }
    fixed
}

/// Gives owners to everything that fixed nodes reach. What two owners reach is shared; each node
/// is opened twice at most.
fn spread(graph: &Graph, fixed: &NodeSet, owners: &mut [u32]) {
    let mut open: Vec<Ordinal> = fixed.iter().collect();
    while let Some(node) = open.pop() {
        let Some(&incoming) = owners.get(node.index()) else { continue };
        for edge in graph.edges(node) {
            if matches!(edge.edge_type, EdgeType::Shortcut | EdgeType::Weak)
                || fixed.contains(edge.to)
            {
                continue;
            }
            let Some(owner) = owners.get_mut(edge.to.index()) else { continue };
            let merged = if *owner == NONE || *owner == incoming { incoming } else { SHARED };
            if merged != *owner {
                *owner = merged;
                open.push(edge.to);
            }
        }
    }
}

fn sum_up(graph: &Graph, found: &[Ordinal], owners: Vec<u32>) -> NativeContexts {
    let mut attributed = vec![0u64; found.len()];
    let (mut shared_size, mut unattributed_size) = (0u64, 0u64);
    for (node, &owner) in graph.nodes().zip(&owners) {
        let sum = match owner {
            NONE => Some(&mut unattributed_size),
            SHARED => Some(&mut shared_size),
            at => attributed.get_mut(at as usize),
        };
        if let Some(sum) = sum {
            *sum = sum.saturating_add(graph.shallow_size(node));
        }
    }
    let contexts = found
        .iter()
        .zip(attributed)
        .map(|(&node, attributed_size)| NativeContext {
            object: describe(graph, node),
            attributed_size,
        })
        .collect();
    NativeContexts { contexts, shared_size, unattributed_size, owners }
}
