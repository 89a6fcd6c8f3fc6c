//! React's fibers: the objects that stand for the components of an application, mounted or not.
//!
//! Source: React's `ReactFiber.js`; MemLab's `isFiberNode` and `hasHostRoot`, which follow `return` in the same way.

use heapglass_graph::{EdgeName, EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::FxHashMap;

use crate::names::closure_name;
use crate::strings::StringSet;

/// Properties that every fiber has, whatever a minifier called its class.
const FIELDS: [&str; 9] = [
    "alternate",
    "child",
    "elementType",
    "memoizedProps",
    "memoizedState",
    "return",
    "sibling",
    "stateNode",
    "type",
];
/// Properties of the object that a tree of fibers hangs in, next to its DOM node.
const ROOT_FIELDS: [&str; 2] = ["containerInfo", "current"];
/// Objects of a class that are looked at: its prototype is among them, which has none of the properties.
const MOST_LOOKED_AT: u32 = 4;
/// Wrappers around a component: `memo(forwardRef(…))`.
const MOST_WRAPPERS: usize = 8;

/// The fibers of a heap. Making it costs the edges of a few objects of each class.
pub(crate) struct Fibers<'a> {
    graph: &'a Graph,
    /// For each class whether its objects are fibers.
    is_fiber: Vec<bool>,
}

impl<'a> Fibers<'a> {
    pub(crate) fn of(graph: &'a Graph) -> Fibers<'a> {
        let classes = graph.overview().classes.rows.len();
        let (mut looked_at, mut is_fiber) = (vec![0u32; classes], vec![false; classes]);
        let fields = FIELDS.map(|field| StringSet::equal(graph, field));
        // No heap without React has all of these names.
        if fields.iter().any(StringSet::is_empty) {
            return Fibers { graph, is_fiber };
        }
        for node in graph.nodes().filter(|&node| graph.node_type(node) == NodeType::Object) {
            let class = graph.class(node).index();
            let Some(times) = looked_at.get_mut(class).filter(|times| **times < MOST_LOOKED_AT)
            else {
                continue;
            };
            *times += 1;
            if let Some(slot @ false) = is_fiber.get_mut(class) {
                *slot = has_all(graph, node, &fields);
            }
        }
        Fibers { graph, is_fiber }
    }

    pub(crate) fn is_fiber(&self, node: Ordinal) -> bool {
        self.graph.node_type(node) == NodeType::Object
            && self.is_fiber.get(self.graph.class(node).index()) == Some(&true)
    }

    /// Every fiber with whether it is unmounted: the way up by `return` does not end in a root. Cost: one pass over the
    /// nodes, and the edges of the fibers.
    pub(crate) fn all(&self) -> FxHashMap<Ordinal, bool> {
        let mut known: FxHashMap<Ordinal, bool> = FxHashMap::default();
        if !self.is_fiber.contains(&true) {
            return known;
        }
        let mut way: Vec<Ordinal> = Vec::new();
        for fiber in self.graph.nodes().filter(|&node| self.is_fiber(node)) {
            let mut at = fiber;
            let is_unmounted = loop {
                if let Some(&is_unmounted) = known.get(&at) {
                    break is_unmounted;
                }
                // Whatever is met again on this way is a circle without a root.
                known.insert(at, true);
                way.push(at);
                if self.is_root(at) {
                    break false;
                }
                match self.property(at, "return").filter(|&above| self.is_fiber(above)) {
                    Some(above) => at = above,
                    None => break true,
                }
            };
            for fiber in way.drain(..) {
                known.insert(fiber, is_unmounted);
            }
        }
        known
    }

    /// What a fiber is of, the same for all fibers of a component; nothing for roots.
    pub(crate) fn component(&self, fiber: Ordinal) -> Option<Ordinal> {
        self.property(fiber, "type")
    }

    /// The name of a component, `<div>` for elements; `None` for fragments and texts. Cost: its edges, and those of what
    /// it wraps.
    pub(crate) fn name(&self, component: Ordinal) -> Option<String> {
        let graph = self.graph;
        let mut at = component;
        for _ in 0..MOST_WRAPPERS {
            if let Some(name) = self.text(at, "displayName") {
                return Some(name);
            }
            match graph.node_type(at) {
                NodeType::Closure => {
                    let name = closure_name(graph, at);
                    return Some(name.unwrap_or_else(|| "(anonymous)".to_owned()));
                }
                NodeType::String => return Some(format!("<{}>", graph.raw_name(at))),
                NodeType::Object => {
                    let inner = ["type", "render"].iter().find_map(|name| self.property(at, name));
                    at = inner?;
                }
                _ => return None,
            }
        }
        None
    }

    fn is_root(&self, fiber: Ordinal) -> bool {
        let is_object = |node: &Ordinal| self.graph.node_type(*node) == NodeType::Object;
        self.property(fiber, "stateNode").filter(is_object).is_some_and(|state| {
            ROOT_FIELDS.iter().all(|field| self.property(state, field).is_some())
        })
    }

    fn property(&self, node: Ordinal, name: &str) -> Option<Ordinal> {
        self.graph.edge_named(node, EdgeType::Property, name).map(|edge| edge.to)
    }

    fn text(&self, node: Ordinal, name: &str) -> Option<String> {
        let text = self.property(node, name)?;
        let is_text = self.graph.node_type(text) == NodeType::String;
        is_text.then(|| self.graph.raw_name(text).into_owned())
    }
}

fn has_all(graph: &Graph, node: Ordinal, fields: &[StringSet]) -> bool {
    fields.iter().all(|field| {
        graph.edges(node).any(|edge| {
            let is_field = matches!(edge.name, EdgeName::String(name) if field.contains(name));
            edge.edge_type == EdgeType::Property && is_field
        })
    })
}
