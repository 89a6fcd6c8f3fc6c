//! Scopes with variables, as V8 keeps them: contexts, whose edges have the variables' names.

use heapglass_graph::{EdgeName, EdgeType, Graph, NodeType, Ordinal, StringIndex};
use rustc_hash::FxHashMap;

use crate::NodeSet;
use crate::object::is_name_of_context;
use crate::strings::StringSet;
use crate::sums::saturating_sum;

/// A name of a variable that is in some context.
pub(super) type NameId = u32;

/// The contexts of a heap.
pub(super) struct Contexts {
    /// All of functions, blocks and modules.
    pub(super) all: NodeSet,
    /// Those in which variables are named. Of a block V8 names none.
    pub(super) named: NodeSet,
    /// The context around each.
    outer: FxHashMap<Ordinal, Ordinal>,
    ids: FxHashMap<String, NameId>,
    by_string: FxHashMap<StringIndex, NameId>,
}

impl Contexts {
    /// Cost: one pass over the nodes, and the edges of contexts.
    pub(super) fn of(graph: &Graph) -> Contexts {
        let is_context = StringSet::matching(graph, is_name_of_context);
        let all = NodeSet::from_fn(graph.node_count(), |node| {
            graph.node_type(node) == NodeType::Object && is_context.contains(graph.name_index(node))
        });
        let mut contexts = Contexts {
            named: NodeSet::empty(graph.node_count()),
            outer: FxHashMap::default(),
            ids: FxHashMap::default(),
            by_string: FxHashMap::default(),
            all,
        };
        let previous = StringSet::equal(graph, "previous");
        for context in contexts.all.iter() {
            for edge in graph.edges(context) {
                match (edge.edge_type, edge.name) {
                    (EdgeType::Context, EdgeName::String(name)) => {
                        contexts.named.insert(context);
                        let next = contexts.ids.len() as NameId;
                        let (ids, by_string) = (&mut contexts.ids, &mut contexts.by_string);
                        by_string.entry(name).or_insert_with(|| {
                            *ids.entry(graph.string(name).into_owned()).or_insert(next)
                        });
                    }
                    (EdgeType::Internal, name)
                        if previous.names(name) && contexts.all.contains(edge.to) =>
                    {
                        contexts.outer.insert(context, edge.to);
                    }
                    _ => {}
                }
            }
        }
        contexts
    }

    /// The context around one.
    pub(super) fn outer(&self, context: Ordinal) -> Option<Ordinal> {
        self.outer.get(&context).copied()
    }

    /// A context and those around it, from the inside out. A file whose contexts go round in a circle is followed once
    /// around at most.
    pub(super) fn chain(&self, context: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        let start = self.all.contains(context).then_some(context);
        let most = self.outer.len() + 1;
        std::iter::successors(start, |&context| self.outer(context)).take(most)
    }

    /// The number of a variable's name, if some context has such a variable.
    pub(super) fn id(&self, name: &str) -> Option<NameId> {
        self.ids.get(name).copied()
    }

    /// The variables of a context with what is in them. What V8 adds for itself has names that no program can write.
    pub(super) fn variables<'a>(
        &'a self,
        graph: &'a Graph,
        context: Ordinal,
    ) -> impl Iterator<Item = (NameId, Ordinal)> + 'a {
        graph.edges(context).filter(|edge| edge.edge_type == EdgeType::Context).filter_map(|edge| {
            let EdgeName::String(name) = edge.name else { return None };
            Some((self.by_string.get(&name).copied()?, edge.to))
        })
    }

    /// Bytes that only variables of a context keep alive, and each alone.
    pub(super) fn held_size(&self, graph: &Graph, context: Ordinal) -> u64 {
        let mut targets: Vec<Ordinal> = self
            .variables(graph, context)
            .map(|(_, to)| to)
            .filter(|&to| graph.dominator(to) == context)
            .collect();
        targets.sort_unstable();
        targets.dedup();
        saturating_sum(targets.iter().map(|&to| graph.retained_size(to)))
    }
}
