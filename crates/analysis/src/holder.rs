//! What holds an object: the nearest holder of many objects at once, and how in words that are the same for all
//! elements of a collection.

use heapglass_graph::{Edge, EdgeName, EdgeType, Graph, NodeType, Ordinal, StringIndex};
use rustc_hash::FxHashMap;

use crate::edge::{have_same_text, text_from, text_of};
use crate::edge_label;
use crate::names::is_dictionary;
use crate::strings::is_number;

/// Retainers that are looked at to find the nearest: a constant has millions.
const MOST_RETAINERS: usize = 64;
/// Retainers in turn that are tried for an edge that is not weak.
const MOST_TRIES: usize = 4;
/// Owners of a store that are looked at.
const MOST_OWNERS: usize = 4;

/// What holds an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Holder {
    /// The holder; the collection in place of its store.
    pub(crate) node: Ordinal,
    /// By what.
    pub(crate) how: How,
}

/// How an object holds another, the same for all elements.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum How {
    /// An element of an array.
    Element,
    /// An entry of a Map or a Set.
    Entry,
    /// A property of a plain object that has so many of them that it is a dictionary.
    Key,
    /// As the name of a property, in an object that keeps its properties as a table.
    Name,
    /// A field whose name is not in the snapshot: V8 writes fields with boxed numbers so.
    Field,
    /// By an edge of this type and name.
    Named(EdgeType, StringIndex),
}

impl How {
    fn of(graph: &Graph, edge: Edge) -> How {
        match edge.name {
            EdgeName::Index(_) if edge.edge_type == EdgeType::Hidden => How::Field,
            EdgeName::Index(_) => How::Element,
            EdgeName::String(name)
                if is_number(graph.strings().get(name.0).unwrap_or_default()) =>
            {
                How::Element
            }
            EdgeName::String(name) => How::Named(edge.edge_type, name),
        }
    }

    /// How all holders do it: `[…]`, `entry`, `[key]`, `.name`, `variable x`.
    pub(crate) fn plain_text(self, graph: &Graph) -> String {
        match self {
            How::Element => "[…]".to_owned(),
            How::Entry => "entry".to_owned(),
            How::Key => "[key]".to_owned(),
            How::Name => "a property's name".to_owned(),
            How::Field => "a field".to_owned(),
            How::Named(edge_type, name) => text_of(edge_type, &graph.string(name)),
        }
    }

    /// How `holder` does it: the same, with a source map `variable cache (x)`.
    pub(crate) fn text(self, graph: &Graph, holder: Ordinal) -> String {
        match self {
            How::Named(edge_type, name) => text_from(graph, holder, edge_type, &graph.string(name)),
            _ => self.plain_text(graph),
        }
    }

    /// Whether that is the same text of two holders.
    pub(crate) fn has_same_text(self, graph: &Graph, one: Ordinal, other: Ordinal) -> bool {
        match self {
            How::Named(edge_type, name) => have_same_text(graph, (edge_type, name), one, other),
            _ => true,
        }
    }
}

/// For each of `nodes`, which must be different, what is nearest to the roots of that which holds it by an edge that
/// is not weak.
///
/// Cost: [`MOST_RETAINERS`] for each node, and the out-edges of each holder once for each try, however many of the
/// nodes it holds.
pub(crate) fn holders(graph: &Graph, nodes: &[Ordinal]) -> Vec<Option<Holder>> {
    let mut found: Vec<Option<Holder>> = vec![None; nodes.len()];
    let mut open: Vec<usize> = (0..nodes.len()).collect();
    let mut stores: FxHashMap<Ordinal, (Option<Holder>, bool)> = FxHashMap::default();
    let mut dictionaries: FxHashMap<Ordinal, bool> = FxHashMap::default();
    for rank in 0..MOST_TRIES {
        // By holder, so that its edges are looked through once.
        let mut wanted: Vec<(Ordinal, Ordinal, usize)> = open
            .iter()
            .filter_map(|&at| {
                let &node = nodes.get(at)?;
                Some((near(graph, node, rank)?, node, at))
            })
            .collect();
        wanted.sort_unstable();
        for group in wanted.chunk_by(|a, b| a.0 == b.0) {
            let Some(&(from, ..)) = group.first() else { continue };
            for edge in graph.edges(from).filter(|edge| edge.edge_type != EdgeType::Weak) {
                let Ok(place) = group.binary_search_by_key(&edge.to, |&(_, node, _)| node) else {
                    continue;
                };
                let at = group.get(place).map_or(usize::MAX, |&(.., at)| at);
                if let Some(slot @ None) = found.get_mut(at) {
                    let is_key = edge.edge_type == EdgeType::Property
                        && *dictionaries
                            .entry(edge.from)
                            .or_insert_with(|| is_dictionary(graph, edge.from));
                    *slot = Some(match is_key {
                        true => Holder { node: edge.from, how: How::Key },
                        false => in_collection(graph, edge, &mut stores),
                    });
                }
            }
        }
        open.retain(|&at| found.get(at).is_some_and(Option::is_none));
        if open.is_empty() {
            break;
        }
    }
    found
}

/// The retainer of a node that is nearest to the roots but for `rank` others.
fn near(graph: &Graph, node: Ordinal, rank: usize) -> Option<Ordinal> {
    let far = |node: Ordinal| graph.distance(node).shown().unwrap_or(u32::MAX);
    let retainers = || graph.each_retaining_node(node).take(MOST_RETAINERS);
    if rank == 0 {
        return retainers().min_by_key(|&from| far(from));
    }
    let mut all: Vec<Ordinal> = retainers().collect();
    all.sort_by_key(|&from| far(from));
    all.dedup();
    all.get(rank).copied()
}

/// `stores` are what is known of stores: whose they are, and whether they are those of properties.
fn in_collection(
    graph: &Graph,
    edge: Edge,
    stores: &mut FxHashMap<Ordinal, (Option<Holder>, bool)>,
) -> Holder {
    let plain = Holder { node: edge.from, how: How::of(graph, edge) };
    if graph.node_type(edge.from) != NodeType::Array {
        return plain;
    }
    let (owner, has_properties) = *stores.entry(edge.from).or_insert_with(|| {
        let owner = owner_of(graph, edge.from);
        let has_properties = owner.is_some_and(|owner| {
            let mut ways = graph.edges_between(owner.node, edge.from);
            ways.any(|way| graph.edge_name(way) == "properties")
        });
        (owner, has_properties)
    });
    match owner {
        // The store of out-of-line properties: the slot says nothing.
        Some(Holder { node, how: How::Field }) => {
            // A text that a property leads to is held by that, which is nearer.
            let is_name = has_properties
                && plain.how == How::Element
                && graph.node_type(edge.to) == NodeType::String;
            Holder { node, how: if is_name { How::Name } else { plain.how } }
        }
        Some(owner) => owner,
        None => plain,
    }
}

/// The collection whose store an array is, and how it holds what is in there; [`How::Field`] if that is not the same
/// for all.
pub(crate) fn owner_of(graph: &Graph, store: Ordinal) -> Option<Holder> {
    graph.each_retaining_node(store).take(MOST_OWNERS).find_map(|node| {
        if graph.node_type(node) != NodeType::Object {
            return None;
        }
        let of_store =
            graph.edges_between(node, store).find(|edge| edge.edge_type == EdgeType::Internal)?;
        let how = match edge_label(graph, of_store).name.as_str() {
            "elements" => How::Element,
            "table" => How::Entry,
            _ => How::Field,
        };
        Some(Holder { node, how })
    })
}
