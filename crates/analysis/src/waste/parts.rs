//! What an object is made of, in one look at its edges.

use heapglass_graph::{Edge, EdgeName, EdgeType, Graph, NodeType, Ordinal};

use crate::strings::StringSet;

/// The names of V8's edges that are looked for.
pub(super) struct Names {
    map: StringSet,
    properties: StringSet,
    elements: StringSet,
    table: StringSet,
    prototype: StringSet,
}

impl Names {
    pub(super) fn of(graph: &Graph) -> Names {
        let equal = |text| StringSet::equal(graph, text);
        Names {
            map: equal("map"),
            properties: equal("properties"),
            elements: equal("elements"),
            table: equal("table"),
            prototype: equal("__proto__"),
        }
    }
}

/// The parts of an object.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Parts {
    /// The description of its shape (V8's `Map`).
    pub(super) shape: Option<Ordinal>,
    pub(super) properties: Option<Ordinal>,
    pub(super) elements: Option<Ordinal>,
    /// The table of a Map or a Set.
    pub(super) table: Option<Ordinal>,
    /// Own properties but for the prototype; those with small integers have no edge.
    pub(super) property_count: u64,
    pub(super) first_property: Option<Edge>,
    /// Elements, by edges of their own.
    pub(super) element_count: u64,
    pub(super) first_element: Option<Edge>,
    /// The last index of an element.
    pub(super) last_index: u64,
    /// Anything else but weak edges.
    pub(super) other_count: u64,
}

impl Parts {
    pub(super) fn of(graph: &Graph, object: Ordinal, names: &Names) -> Parts {
        let mut parts = Parts::default();
        for edge in graph.edges(object) {
            match (edge.edge_type, edge.name) {
                (EdgeType::Property, name) if names.prototype.names(name) => {}
                (EdgeType::Property, _) => {
                    parts.property_count += 1;
                    parts.first_property.get_or_insert(edge);
                }
                (EdgeType::Element, EdgeName::Index(index)) => {
                    parts.element_count += 1;
                    parts.first_element.get_or_insert(edge);
                    parts.last_index = parts.last_index.max(u64::from(index));
                }
                (EdgeType::Internal, name) if names.map.names(name) => parts.shape = Some(edge.to),
                (EdgeType::Internal, name) if is_array(graph, edge) => {
                    if names.properties.names(name) {
                        parts.properties = Some(edge.to);
                    } else if names.elements.names(name) {
                        parts.elements = Some(edge.to);
                    } else if names.table.names(name) {
                        parts.table = Some(edge.to);
                    } else {
                        parts.other_count += 1;
                    }
                }
                (EdgeType::Weak | EdgeType::Broken, _) => {}
                _ => parts.other_count += 1,
            }
        }
        parts
    }
}

fn is_array(graph: &Graph, edge: Edge) -> bool {
    graph.node_type(edge.to) == NodeType::Array
}
