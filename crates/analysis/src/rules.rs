//! Rules of a user's own: which objects there may be, and how many.

mod on_path;

use heapglass_graph::{EdgeName, EdgeType, Graph, IdIndex, Ordinal};

use crate::{NamePattern, NodeSet, ObjectSummary, RootPath, describe, path_to};

pub use on_path::MOST_PATH_CONDITIONS;
use on_path::OnPath;

/// Objects that a rule speaks of. All conditions have to be met; those left out always are.
#[derive(Debug, Clone, Default)]
pub struct Rule {
    /// What the class is called.
    pub class: Option<NamePattern>,
    /// Properties that the object has.
    pub properties: Vec<NamePattern>,
    /// Each is met by a step, an edge's or a class's name, of a shortest path to the object. At most
    /// [`MOST_PATH_CONDITIONS`]; those beyond are not looked at.
    pub path: Vec<NamePattern>,
    /// Least retained size of one object, in bytes.
    pub retains_at_least: u64,
    /// Only objects of the last snapshot that came after the first one and were there in the last
    /// but one; of two snapshots, those that are in both.
    pub survived: bool,
}

/// The objects that meet a rule.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleMatches {
    /// How many there are.
    pub count: u64,
    /// Sum of their shallow sizes.
    pub shallow_size: u64,
    /// Bytes that would be freed with all of them.
    pub retained_size: u64,
    /// Those that retain most.
    pub largest: Vec<ObjectSummary>,
    /// What keeps the largest alive.
    pub path: Option<RootPath>,
}

/// Finds the objects of the last of `snapshots` (all of one process, in order of time) that meet
/// `rule`, and shows at most `limit` of them.
///
/// Cost: a pass over the nodes; one over the out-edges of the nodes of the class if properties are
/// asked for, one over all edges if a path is; the ids of two more snapshots for `survived`.
pub fn matching(snapshots: &[&Graph], rule: &Rule, limit: usize) -> RuleMatches {
    let none = RuleMatches {
        count: 0,
        shallow_size: 0,
        retained_size: 0,
        largest: Vec::new(),
        path: None,
    };
    let Some((graph, earlier)) = snapshots.split_last() else { return none };
    let found = candidates(graph, rule, earlier);
    let mut largest: Vec<Ordinal> = Vec::new();
    let (mut count, mut shallow_size, mut retained_size) = (0u64, 0u64, 0u64);
    let mut covered_until = 0usize;
    for (position, &ordinal) in graph.dominator_preorder().iter().enumerate() {
        let node = Ordinal(ordinal);
        if !found.contains(node) {
            continue;
        }
        count += 1;
        shallow_size = shallow_size.saturating_add(graph.shallow_size(node));
        if position >= covered_until {
            retained_size = retained_size.saturating_add(graph.retained_size(node));
            covered_until = position + graph.retained_count(node) as usize;
        }
        let size = |node: &Ordinal| std::cmp::Reverse(graph.retained_size(*node));
        let at = largest.partition_point(|other| size(other) <= size(&node));
        if at < limit {
            largest.insert(at, node);
            largest.truncate(limit);
        }
    }
    RuleMatches {
        count,
        shallow_size,
        retained_size,
        path: largest.first().and_then(|&node| path_to(graph, node)),
        largest: largest.into_iter().map(|node| describe(graph, node)).collect(),
    }
}

/// The nodes that meet all conditions.
fn candidates(graph: &Graph, rule: &Rule, earlier: &[&Graph]) -> NodeSet {
    let classes: Vec<bool> = graph
        .overview()
        .classes
        .rows
        .iter()
        .map(|row| rule.class.as_ref().is_none_or(|class| row.is_named(|name| class.matches(name))))
        .collect();
    let survivors = rule.survived.then(|| Survivors::of(earlier));
    let on_path = OnPath::of(graph, &rule.path);
    NodeSet::from_fn(graph.node_count(), |node| {
        classes.get(graph.class(node).index()) == Some(&true)
            && graph.shallow_size(node) > 0
            && graph.retained_size(node) >= rule.retains_at_least
            && survivors.as_ref().is_none_or(|survivors| survivors.has(graph, node))
            && on_path.holds(node)
            && has_all(graph, node, &rule.properties)
    })
}

/// Whether an object has a property for each pattern.
fn has_all(graph: &Graph, node: Ordinal, properties: &[NamePattern]) -> bool {
    properties.iter().all(|pattern| {
        graph.edges(node).any(|edge| {
            edge.edge_type == EdgeType::Property
                && matches!(edge.name, EdgeName::String(name) if pattern.matches(&graph.string(name)))
        })
    })
}

/// What came after the first snapshot and was there in the last but one.
struct Survivors {
    before: Option<IdIndex>,
    since: Option<IdIndex>,
}

impl Survivors {
    fn of(earlier: &[&Graph]) -> Survivors {
        match earlier {
            [] => Survivors { before: None, since: None },
            [only] => Survivors { before: None, since: Some(IdIndex::of(only)) },
            [first, .., last] => {
                Survivors { before: Some(IdIndex::of(first)), since: Some(IdIndex::of(last)) }
            }
        }
    }

    fn has(&self, graph: &Graph, node: Ordinal) -> bool {
        let is_in = |ids: &Option<IdIndex>| {
            ids.as_ref().is_some_and(|ids| ids.get(graph.id(node)).is_some())
        };
        is_in(&self.since) && !is_in(&self.before)
    }
}
