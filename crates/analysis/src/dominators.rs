//! The dominator tree.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, Graph, Ordinal};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::proxy::{is_proxy, name_of_proxies};
use crate::row::{Children, Shown, grow};
use crate::{ObjectSummary, Row, describe};

/// How much of the dominator tree to give.
#[derive(Debug, Clone)]
pub struct DominatorOptions {
    /// Levels below the start, at least 1.
    pub depth: u32,
    /// At most this many rows below each node; `None` for all.
    pub limit: Option<usize>,
    /// Leave out what retains less than this share of the whole heap (0.01 is 1 %).
    pub min_share: f64,
    /// Put siblings of one class together when there are at least this many of them. One that
    /// alone retains `min_share` (with a `min_share` of 0: 1 %) stands for itself.
    pub group_from: usize,
    /// At most this many rows altogether.
    pub max_rows: usize,
}

impl Default for DominatorOptions {
    fn default() -> Self {
        DominatorOptions {
            depth: 4,
            limit: Some(20),
            min_share: 0.01,
            group_from: 10,
            max_rows: 100_000,
        }
    }
}

/// A row of the dominator tree.
#[derive(Debug, Clone, PartialEq)]
pub enum Dominated {
    /// One object.
    Object(ObjectSummary),
    /// Siblings of one class: `[1234 × Session]`. Their own subtrees are not opened.
    Group {
        /// Their class.
        class: ClassIndex,
        /// Its name; of proxies, which are all of V8's own class, `Proxy of Model`.
        class_name: String,
        /// How many they are.
        count: u64,
        /// Sum of their shallow sizes, in bytes.
        shallow_size: u64,
        /// Sum of their retained sizes (siblings do not overlap), in bytes.
        retained_size: u64,
        /// The one that retains most.
        largest: Box<ObjectSummary>,
    },
}

impl Dominated {
    /// What the row retains, in bytes.
    pub fn retained_size(&self) -> u64 {
        match self {
            Dominated::Object(object) => object.retained_size,
            Dominated::Group { retained_size, .. } => *retained_size,
        }
    }
}

/// The dominator tree below `from` (its first row), largest retained size first. Cost: the
/// children of the opened nodes.
pub fn dominators(graph: &Graph, from: Ordinal, options: &DominatorOptions) -> Vec<Row<Dominated>> {
    let top = Children { shown: vec![shown(graph, &Part::Object(from), true)], hidden: 0 };
    let tree = grow(top, options.max_rows, |path| {
        let Some(&Some(node)) = path.last() else {
            return Children { shown: Vec::new(), hidden: 0 };
        };
        let is_last_level = path.len() >= options.depth as usize;
        let (parts, hidden) = parts_below(graph, node, options);
        Children {
            shown: parts.iter().map(|part| shown(graph, part, !is_last_level)).collect(),
            hidden,
        }
    });
    tree.rows
}

/// Share of the heap from which on an object is in no group, if no share was asked for.
const ALONE: f64 = 0.01;

/// A node, or siblings of one class with the name to show.
enum Part {
    Object(Ordinal),
    Group(Group, String),
}

pub(crate) struct Group {
    pub(crate) class: ClassIndex,
    pub(crate) count: u64,
    pub(crate) shallow_size: u64,
    pub(crate) retained_size: u64,
    /// Sum of the numbers of retained nodes.
    pub(crate) retained_count: u64,
    pub(crate) largest: Ordinal,
}

/// The children of `node` by class, largest retained size first.
pub(crate) fn groups_below(graph: &Graph, nodes: impl Iterator<Item = Ordinal>) -> Vec<Group> {
    let mut groups: FxHashMap<ClassIndex, Group> = FxHashMap::default();
    for node in nodes {
        let group = groups.entry(graph.class(node)).or_insert_with(|| Group {
            class: graph.class(node),
            count: 0,
            shallow_size: 0,
            retained_size: 0,
            retained_count: 0,
            largest: node,
        });
        group.count += 1;
        group.shallow_size = group.shallow_size.saturating_add(graph.shallow_size(node));
        group.retained_size = group.retained_size.saturating_add(graph.retained_size(node));
        group.retained_count += u64::from(graph.retained_count(node));
        if graph.retained_size(node) > graph.retained_size(group.largest) {
            group.largest = node;
        }
    }
    let mut groups: Vec<Group> = groups.into_values().collect();
    groups.sort_by_key(|group| (Reverse(group.retained_size), group.largest));
    groups
}

/// The rows below a node, and the number of children that are in none.
fn parts_below(graph: &Graph, node: Ordinal, options: &DominatorOptions) -> (Vec<Part>, u64) {
    let bytes = |share: f64| (graph.overview().info.total_size as f64 * share).ceil() as u64;
    let least = bytes(options.min_share);
    let stands_alone = bytes(if options.min_share > 0.0 { options.min_share } else { ALONE });
    let group_from = (options.group_from.max(2)) as u64;
    let mut parts: Vec<(u64, Part)> = Vec::new();
    let mut grouped: FxHashSet<ClassIndex> = FxHashSet::default();
    let mut alone: FxHashMap<ClassIndex, u64> = FxHashMap::default();
    let mut children = 0;
    let mut shown_children = 0;
    let is_small = |&child: &Ordinal| graph.retained_size(child) < stands_alone;
    for child in graph.dominated(node).filter(|child| !is_small(child)) {
        children += 1;
        *alone.entry(graph.class(child)).or_default() += 1;
    }
    for group in groups_below(graph, graph.dominated(node).filter(is_small)) {
        children += group.count;
        let of_class = group.count + alone.get(&group.class).copied().unwrap_or_default();
        if group.count > 1 && of_class >= group_from {
            grouped.insert(group.class);
            if group.retained_size >= least {
                let alike = |child: &Ordinal| is_small(child) && graph.class(*child) == group.class;
                let name = is_proxy(graph, group.largest)
                    .then(|| name_of_proxies(graph, graph.dominated(node).filter(alike)))
                    .flatten()
                    .unwrap_or_else(|| graph.class_row(group.class).class_name.clone());
                parts.push((group.retained_size, Part::Group(group, name)));
            }
        }
    }
    for child in graph.dominated(node) {
        let is_grouped = is_small(&child) && grouped.contains(&graph.class(child));
        if graph.retained_size(child) >= least && !is_grouped {
            parts.push((graph.retained_size(child), Part::Object(child)));
        }
    }
    parts.sort_by_key(|&(retained_size, _)| Reverse(retained_size));
    parts.truncate(options.limit.unwrap_or(usize::MAX));
    for (_, part) in &parts {
        shown_children += match part {
            Part::Object(_) => 1,
            Part::Group(group, _) => group.count,
        };
    }
    (parts.into_iter().map(|(_, part)| part).collect(), children - shown_children)
}

fn shown(graph: &Graph, part: &Part, open: bool) -> Shown<Option<Ordinal>, Dominated> {
    match part {
        Part::Object(node) => Shown {
            key: Some(*node),
            item: Dominated::Object(describe(graph, *node)),
            open,
            children: graph.dominated(*node).count() as u64,
        },
        Part::Group(group, name) => Shown {
            key: None,
            item: Dominated::Group {
                class: group.class,
                class_name: name.clone(),
                count: group.count,
                shallow_size: group.shallow_size,
                retained_size: group.retained_size,
                largest: Box::new(describe(graph, group.largest)),
            },
            open: false,
            children: 0,
        },
    }
}
