//! Suspects: objects and groups of objects whose retained size stands out.
//!
//! After Eclipse MAT's leak suspects (`FindLeaksQuery`), adapted to V8's heap.

mod biggest;
pub(crate) mod groups;
mod held;
mod runtime;
mod shared;
pub(crate) mod walk;

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, Edge, EdgeType, Graph, Location, NodeType, Ordinal, Original};

pub use biggest::biggest_objects;
pub(crate) use held::name_of_script;
pub use held::{HeldObject, held_as};

use crate::dominators::groups_below;
use crate::edge::{internal, is_prototype};
use crate::object::source_of;
use crate::paths::common_way;
use crate::proxy::{is_proxy, name_of_proxies};
use crate::source::{Scripts, Source};
use crate::sums::saturating_sum;
use crate::{ObjectSummary, RootPath, describe, name_with_original, path_to};
use walk::{Weighing, Weighty};

/// When something stands out.
#[derive(Debug, Clone)]
pub struct SuspectOptions {
    /// Share of the whole heap that makes a suspect (0.1 is 10 %).
    pub threshold: f64,
    /// The walk to the accumulation point goes on while the largest child retains at least this
    /// share of its parent.
    pub big_drop_ratio: f64,
    /// At most this many suspects.
    pub limit: usize,
    /// At most this many parts of what a suspect scatters into.
    pub scatter_limit: usize,
}

impl Default for SuspectOptions {
    fn default() -> Self {
        SuspectOptions { threshold: 0.1, big_drop_ratio: 0.7, limit: 10, scatter_limit: 3 }
    }
}

/// A class that an accumulation point's memory scatters into: `1234 × Session`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// The class.
    pub class: ClassIndex,
    /// Its name; of proxies, which are all of V8's own class, `Proxy of Model`.
    pub class_name: String,
    /// How many instances the accumulation point holds (itself or through its table or backing
    /// store); if not `is_direct`, how many it dominates by other ways, with those inside of each other.
    pub count: u64,
    /// How many of the `count` nothing else holds: those that the object dominates.
    pub exclusive_count: u64,
    /// Whether it holds them itself or through its table or backing store.
    pub is_direct: bool,
    /// What they retain, in bytes.
    pub retained_size: u64,
    /// The one that retains most.
    pub example: ObjectSummary,
    /// Where the class is written, 0-based.
    pub location: Option<Location>,
    /// Name of the script of `location`.
    pub script: Option<String>,
}

/// Where a suspect's memory is gathered.
#[derive(Debug, Clone, PartialEq)]
pub struct Accumulation {
    /// The object below which the size scatters.
    pub object: ObjectSummary,
    /// The path that keeps it alive.
    pub path: Option<RootPath>,
    /// What it scatters into, most bytes first.
    pub scatter: Vec<Scatter>,
}

/// What stands out.
#[derive(Debug, Clone, PartialEq)]
pub enum SuspectKind {
    /// One object retains much.
    Object {
        /// The object.
        object: ObjectSummary,
        /// Where its memory is gathered: itself, or another object below it.
        accumulation: Accumulation,
    },
    /// The objects of one class, none of which stands out, retain much together.
    Group {
        /// The class.
        class: ClassIndex,
        /// Its name.
        class_name: String,
        /// Number of topmost instances (those not inside another of the class).
        count: u64,
        /// The one that retains most.
        largest: ObjectSummary,
        /// The object that most of them hang below, if there is one.
        accumulation: Option<Accumulation>,
        /// Number of the instances that hang below it.
        gathered: u64,
        /// Another object that holds more than half of the instances as well, if one does.
        also_held_by: Option<Box<HeldObject>>,
        /// Whether `gathered`, and the counts in the suspect's line, are estimates: of very many
        /// instances only some are looked at.
        is_estimate: bool,
    },
}

/// A finding about weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// What stands out.
    pub kind: SuspectKind,
    /// What the object retains, or the objects of the group together, in bytes. Suspects may lie
    /// inside each other.
    pub retained_size: u64,
    /// What it retains without the suspects inside it, in bytes. These add up.
    pub own_size: u64,
    /// `retained_size` as a share of the whole heap, 0 to 1.
    pub share: f64,
    /// The path that keeps the object, or the largest of the group, alive.
    pub path: Option<RootPath>,
    /// The way to the memory as one line, down to where it scatters:
    /// `global.app.routes.cache : Map → table → [1234 × Session]`; empty if no root leads there.
    pub line: String,
    /// Where the owner is written: position of the object's, the accumulation point's or the
    /// nearest closure's code; 0-based.
    pub location: Option<Location>,
    /// Name of the script of `location`.
    pub script: Option<String>,
    /// Where that was written before a bundler moved it, if a source map says so.
    pub original: Option<Original>,
    /// The first object on the path, from the suspect upwards, that is of the program's own making
    /// rather than V8's or Node's.
    pub owner: Option<ObjectSummary>,
}

/// Finds the suspects, largest first. Cost: one pass over the dominator tree for the single
/// objects, one for each class whose retained size is over the threshold, and the paths.
pub fn suspects(graph: &Graph, options: &SuspectOptions) -> Vec<Suspect> {
    let least = least_bytes(graph, options);
    let heap = Weighing::by_retained_size(graph);
    let scripts = Scripts::of(graph);
    let singles = walk::weighty_objects(&heap, least, options.big_drop_ratio);
    let mut suspects: Vec<Suspect> = singles
        .iter()
        .map(|weighty| single_suspect(graph, &scripts, weighty, least, options))
        .filter(|suspect| !runtime::is_class_of_runtime(graph, &scripts, suspect))
        .collect();
    for suspect in &mut suspects {
        runtime::name_callbacks(graph, &scripts, suspect);
        held::name_by_script(graph, &scripts, suspect);
    }
    let tops: Vec<Ordinal> = singles.iter().map(|weighty| weighty.top).collect();
    suspects.extend(groups::group_suspects(graph, &scripts, &tops, least));
    suspects.sort_by_key(|suspect| Reverse(suspect.retained_size));
    suspects.truncate(options.limit);
    count_once(graph, &mut suspects);
    suspects
}

/// Takes from each single object's own size what the single objects inside it retain. Groups are
/// in no single object, and leave out what is in them.
fn count_once(graph: &Graph, suspects: &mut [Suspect]) {
    let mut singles: Vec<Ordinal> =
        suspects.iter().filter_map(Suspect::single).map(|object| object.ordinal).collect();
    singles.sort_by_key(|&node| graph.tree_position(node));
    for suspect in suspects {
        let Some(outer) = suspect.single().map(|object| object.ordinal) else { continue };
        let mut covered_until = 0;
        let mut inside = 0;
        for &node in singles.iter().filter(|&&node| node != outer && graph.dominates(outer, node)) {
            let start = graph.tree_position(node);
            if start >= covered_until {
                covered_until = start + graph.retained_count(node);
                inside = graph.retained_size(node).saturating_add(inside);
            }
        }
        suspect.own_size = suspect.retained_size.saturating_sub(inside);
    }
}

impl Suspect {
    /// The object, if it is a single one.
    fn single(&self) -> Option<&ObjectSummary> {
        match &self.kind {
            SuspectKind::Object { object, .. } => Some(object),
            SuspectKind::Group { .. } => None,
        }
    }
}

/// The threshold in bytes; never 0, so that an empty heap has no suspects.
fn least_bytes(graph: &Graph, options: &SuspectOptions) -> u64 {
    ((graph.overview().info.total_size as f64 * options.threshold).ceil() as u64).max(1)
}

fn share(graph: &Graph, bytes: u64) -> f64 {
    match graph.overview().info.total_size {
        0 => 0.0,
        total => bytes as f64 / total as f64,
    }
}

fn single_suspect(
    graph: &Graph,
    scripts: &Scripts<'_>,
    weighty: &Weighty,
    least: u64,
    options: &SuspectOptions,
) -> Suspect {
    let heap = Weighing::by_retained_size(graph);
    let object = weighty.named_top(&heap, least);
    let accumulation_point = weighty.named_point(graph);
    let scatter = scatter(graph, weighty, options.scatter_limit);
    let path = path_to(graph, weighty.point()).or_else(|| path_to(graph, object));
    let mut line = path.as_ref().map(|path| path.text.clone()).unwrap_or_default();
    let content = weighty.own_weight(&heap).saturating_sub(slots_of(graph, weighty));
    let says_most =
        |most: &&Scatter| most.count > 1 && most.is_direct && most.retained_size >= content / 2;
    if let Some(most) = scatter.first().filter(says_most)
        && !line.is_empty()
    {
        let class =
            name_with_original(&most.class_name, most.example.original_class_name.as_deref());
        line.push_str(&format!(" → [{} × {class}]", most.count));
    } else if let Some(most) = scatter.first().filter(|most| !most.is_direct)
        && let Some(way) = way_to_scattered(graph, weighty, most)
    {
        line = way;
    }
    let source = Source::of(scripts, path.as_ref(), accumulation_point);
    let retained_size = graph.retained_size(object);
    Suspect {
        retained_size,
        own_size: retained_size,
        share: share(graph, retained_size),
        line,
        location: source.location,
        script: source.script,
        original: source.original,
        owner: source.owner,
        path: path_to(graph, object),
        kind: SuspectKind::Object {
            object: describe(graph, object),
            accumulation: Accumulation {
                object: describe(graph, accumulation_point),
                path,
                scatter,
            },
        },
    }
}

/// The way to what hangs below an accumulation point without being held by it, as one line.
fn way_to_scattered(graph: &Graph, weighty: &Weighty, most: &Scatter) -> Option<String> {
    let point = weighty.point();
    let mut members = Vec::new();
    let mut covered_until = 0;
    for (node, position) in graph.retained_set(point).zip(graph.tree_position(point)..) {
        // What is in a part that is found for itself is not of this suspect.
        if position >= covered_until {
            if weighty.apart.contains(&node) {
                covered_until = position + graph.retained_count(node);
            } else if graph.class(node) == most.class {
                members.push(node);
            }
        }
    }
    let way = common_way(graph, &members, groups::MAX_PATHS);
    let gathered_at = way.gathered_at?.ordinal;
    let is_below = graph.dominates(point, gathered_at) || gathered_at == weighty.named_point(graph);
    (is_below && !way.line.is_empty()).then_some(way.line)
}

/// Parts of less than one in so many of a suspect's bytes are not worth a word.
const SMALL_PART: u64 = 200;

/// Of a class what hangs below the accumulation point by other ways is left out, if that is one in so many and bytes at
/// most: a handler that all others know does not make their array hold them by other ways.
const FEW_OTHERS: u64 = 100;

/// What a suspect's memory consists of below its accumulation point, most bytes first.
fn scatter(graph: &Graph, weighty: &Weighty, limit: usize) -> Vec<Scatter> {
    let point = weighty.point();
    if weighty.is_list {
        return links_below(graph, point).into_iter().collect();
    }
    let apart = |node: &Ordinal| weighty.apart.contains(node);
    let held = held_by(graph, [weighty.named_point(graph), point]);
    let least = weighty.own_weight(&Weighing::by_retained_size(graph)) / SMALL_PART;
    // What a dictionary keeps its entries in, with their names, is no part of its content.
    let own_table = internal(graph, point, "properties");
    let is_own_table = |node: Ordinal| own_table == Some(node);
    groups_below(graph, graph.dominated(point).filter(|node| !apart(node)))
        .into_iter()
        .filter(|group| group.retained_size > 0 && group.retained_size >= least)
        .enumerate()
        .filter(|(place, group)| *place == 0 || group.count > 1 || !is_own_table(group.largest))
        .map(|(_, group)| group)
        .take(limit)
        .map(|group| {
            let mut scatter = scatter_of(graph, group.largest, group.count, group.retained_size);
            let mut of_class: Vec<Ordinal> =
                held.iter().copied().filter(|&node| graph.class(node) == group.class).collect();
            of_class.retain(|node| !apart(node) && !graph.dominates(*node, point));
            if is_proxy(graph, group.largest) {
                let below = graph.dominated(point).filter(|node| !apart(node));
                let alike = below.filter(|&node| graph.class(node) == group.class);
                let all = of_class.iter().copied().chain(alike);
                scatter.class_name = name_of_proxies(graph, all).unwrap_or(scatter.class_name);
            }
            let count = of_class.len() as u64;
            let owner = weighty.named_point(graph);
            let exclusive = of_class.iter().filter(|&&node| graph.dominates(owner, node));
            let exclusive_count = exclusive.count() as u64;
            let retained_size =
                saturating_sum(of_class.iter().map(|&node| graph.retained_size(node)));
            let are_few = group.count.saturating_sub(count) <= group.count / FEW_OTHERS
                && retained_size >= group.retained_size - group.retained_size / FEW_OTHERS;
            if !are_few {
                // With those inside of them, as the nodes of a tree have.
                let is_alike = |node: &Ordinal| graph.class(*node) == group.class;
                let outermost =
                    graph.dominated(point).filter(|node| !apart(node) && is_alike(node));
                let all = outermost.flat_map(|node| graph.retained_set(node)).filter(is_alike);
                let count = all.count() as u64;
                return Scatter { count, exclusive_count: count, is_direct: false, ..scatter };
            }
            Scatter { count, exclusive_count, retained_size, ..scatter }
        })
        .collect()
}

/// Bytes of a collection that are not what is in it: those of its slots, which count with it.
fn slots_of(graph: &Graph, weighty: &Weighty) -> u64 {
    let is_at_store = graph.node_type(weighty.point()) == NodeType::Array;
    if is_at_store { graph.shallow_size(weighty.named_point(graph)) } else { 0 }
}

/// What hangs below the first link of a list or the root of a tree, which is not counted itself. Cost: the nodes below.
fn links_below(graph: &Graph, first: Ordinal) -> Option<Scatter> {
    let mut count = 0;
    let largest = graph
        .retained_set(first)
        .filter(|&node| node != first && graph.class(node) == graph.class(first))
        .inspect(|_| count += 1)
        .max_by_key(|&node| (graph.retained_size(node), Reverse(node)))?;
    let below = graph.retained_size(first).saturating_sub(graph.shallow_size(first));
    Some(scatter_of(graph, largest, count, below))
}

/// The content of some nodes, each once: of a collection its entries, of an array its elements, of other objects what they
/// hold themselves or through their stores. The prototype is none.
fn held_by(graph: &Graph, holders: [Ordinal; 2]) -> Vec<Ordinal> {
    let strong = |node: Ordinal| graph.edges(node).filter(|edge| edge.edge_type != EdgeType::Weak);
    let is_to_store = |edge: &Edge| {
        edge.edge_type == EdgeType::Internal && graph.node_type(edge.to) == NodeType::Array
    };
    let mut held: Vec<Ordinal> = Vec::new();
    let mut stores: Vec<Ordinal> = Vec::new();
    for holder in holders {
        let is_object = graph.node_type(holder) == NodeType::Object;
        let is_to_table = |edge: &Edge| is_to_store(edge) && graph.edge_name(*edge) == "table";
        if is_object && let Some(table) = strong(holder).find(is_to_table) {
            stores.push(table.to);
            continue;
        }
        let is_array = is_object && graph.class_name(holder) == "Array";
        for edge in strong(holder) {
            if is_to_store(&edge) {
                stores.push(edge.to);
            }
            let is_content = !is_array || edge.edge_type == EdgeType::Element;
            if is_content && !is_prototype(graph, edge) {
                held.push(edge.to);
            }
        }
    }
    stores.sort_unstable();
    stores.dedup();
    held.extend(stores.iter().flat_map(|&store| strong(store)).map(|edge| edge.to));
    held.sort_unstable();
    held.dedup();
    held
}

fn scatter_of(graph: &Graph, example: Ordinal, count: u64, retained_size: u64) -> Scatter {
    let (location, script) = source_of(graph, example);
    Scatter {
        class: graph.class(example),
        class_name: graph.class_name(example).to_owned(),
        count,
        exclusive_count: count,
        is_direct: true,
        retained_size,
        example: describe(graph, example),
        location,
        script,
    }
}
