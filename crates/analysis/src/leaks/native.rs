//! Native memory that grows where no growing object of the program is seen to hold it: classes of Node's, V8's and C++'s
//! own objects.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, ClassRow, Edge, Graph, Ordinal};
use rustc_hash::{FxHashMap, FxHashSet};

use super::found::Found;
use super::growth::counts;
use super::kind::is_native_memory;
use super::members::Members;
use super::points::{History, confidence};
use super::series::{Figures, Trend, always_adds, class_series, trend};
use super::{LeakOptions, LeakSuspect};
use crate::covered::Covered;
use crate::paths::{Budget, common_way, gathered_around, shortest_ways};
use crate::roles::{is_list_of_natives, is_nobody};
use crate::suspects::groups::may_be_blamed;

/// Classes that are looked into, the largest first.
const CLASSES: usize = 20;
/// Objects of a class that are asked who holds them.
const SAMPLE: usize = 100;
/// Objects whose paths are looked at.
const PATHS: usize = 20_000;
/// Neighbours of an object that are looked at.
const NEIGHBOURS: usize = 64;
/// What every interval has to bring: native objects come along with what a program does, and less is noise.
pub(super) const LEAST: Figures = Figures { retained_count: 0, retained_size: 16 << 10 };
/// Share of what there was that it has to bring.
pub(super) const SHARE: f64 = 0.1;

/// Native objects of a class that are in nothing that is named already.
#[derive(Default)]
struct Unnamed {
    nodes: Vec<Ordinal>,
    /// Their own sizes together, in bytes.
    size: u64,
}

impl History<'_> {
    /// Classes of native objects whose own sizes go on growing outside what the objects in `taken` retain, and that are no
    /// part of what was `found`: neither held through the same object, nor beside an object of a class that grows. Native
    /// objects have mostly new ids in each snapshot, so that the classes' figures are all that can be followed.
    ///
    /// Cost: a walk in the dominator tree's order, and the paths of the classes that are named.
    pub(super) fn native_memory(
        &self,
        last: &Graph,
        taken: &[Ordinal],
        found: &[LeakSuspect],
        options: &LeakOptions,
    ) -> Vec<LeakSuspect> {
        let mut classes: Vec<(ClassIndex, Unnamed)> =
            unnamed_natives(last, taken).into_iter().collect();
        classes.sort_by_key(|(class, unnamed)| (Reverse(unnamed.size), *class));
        classes.truncate(CLASSES);
        classes
            .into_iter()
            .filter_map(|(class, unnamed)| self.native_class(last, class, unnamed, found, options))
            .collect()
    }

    fn native_class(
        &self,
        last: &Graph,
        class: ClassIndex,
        unnamed: Unnamed,
        found: &[LeakSuspect],
        options: &LeakOptions,
    ) -> Option<LeakSuspect> {
        let own_size = |row: &ClassRow| row.shallow_size;
        let series = class_series(self.snapshots, &last.class_row(class).class_key, own_size);
        let sizes: Vec<u64> = series.iter().map(|at| at.retained_size).collect();
        let trend = trend(&sizes).beside(&series);
        let (first, now) = (*sizes.first()?, *sizes.last()?);
        let grown = now.saturating_sub(first);
        let steps = series.len().saturating_sub(1).max(1) as u64;
        if trend == Trend::Settled
            || !always_adds(&series, LEAST, SHARE)
            || grown / steps < options.least_bytes
            || unnamed.size < now / 2
        {
            return None;
        }
        let nodes = unnamed.nodes;
        let &largest =
            nodes.iter().max_by_key(|&&node| (last.shallow_size(node), Reverse(node)))?;
        let stride = nodes.len().div_ceil(SAMPLE).max(1);
        let sample: Vec<Ordinal> = nodes.iter().copied().step_by(stride).collect();
        if are_beside(last, &sample, found) {
            return None;
        }
        let point = match gathered_around(last, &sample, &mut Budget::default()) {
            Some(around) => around.point,
            None => {
                let way = common_way(last, &nodes, PATHS);
                way.gathered_at.map_or(largest, |object| object.ordinal)
            }
        };
        let is_part = |known: &LeakSuspect| {
            let known = known.retainer;
            !is_nobody(last, known)
                && (last.dominates(known, point) || last.dominates(point, known))
        };
        if !is_nobody(last, point) && found.iter().any(is_part) || is_led_to(last, &sample, found) {
            return None;
        }
        let came = series.windows(2).map(|pair| match pair {
            [before, after] => after.retained_count.saturating_sub(before.retained_count),
            _ => 0,
        });
        let members = Members {
            first_seen: std::iter::once(0).chain(came).collect(),
            samples: vec![largest],
        };
        let come_always = members.come_always(options.least_objects);
        // Who holds them is less certain than what one object gathers.
        let sure = confidence(series.len(), trend, come_always) - 0.05;
        Some(Found::of_class(point, members, series).suspect(last, &self.scripts, sure))
    }
}

/// Native objects by class, outside what is taken.
fn unnamed_natives(last: &Graph, taken: &[Ordinal]) -> FxHashMap<ClassIndex, Unnamed> {
    let covered = Covered::of(last, taken);
    let mut parts = covered.walk();
    let mut by_class: FxHashMap<ClassIndex, Unnamed> = FxHashMap::default();
    let order = last.dominator_preorder();
    let mut position = 0;
    while let Some(&node) = order.get(position) {
        if let Some(end) = parts.end_of_part_at(position) {
            position = end;
            continue;
        }
        position += 1;
        let node = Ordinal(node);
        let is_asked = is_native_memory(last, node)
            && last.shallow_size(node) > 0
            && counts(last, node)
            && !is_list_of_natives(last, node);
        if is_asked {
            let unnamed = by_class.entry(last.class(node)).or_default();
            unnamed.nodes.push(node);
            unnamed.size = unnamed.size.saturating_add(last.shallow_size(node));
        }
    }
    by_class
}

/// What Node calls its part of an object of a class.
const NODES_PART: &str = "Node / ";

/// Whether most of these objects hold an object of a class that was found to grow, or Node's part of one, or are held by one.
fn are_beside(graph: &Graph, nodes: &[Ordinal], found: &[LeakSuspect]) -> bool {
    let classes = found.iter().map(|suspect| suspect.class_name.as_str());
    let growing: FxHashSet<&str> = classes.filter(|class| may_be_blamed(class)).collect();
    let is_beside = |&&node: &&Ordinal| {
        let held = graph.edges(node).take(NEIGHBOURS).map(|edge| edge.to);
        let mut others = held.chain(graph.each_retaining_node(node).take(NEIGHBOURS));
        others.any(|other| {
            let class = graph.class_name(other);
            growing.contains(class.strip_prefix(NODES_PART).unwrap_or(class))
        })
    };
    nodes.iter().filter(is_beside).count().saturating_mul(2) > nodes.len()
}

/// Whether the shortest ways to most of these objects lead through what was found to gather others: they come along with
/// those.
fn is_led_to(graph: &Graph, nodes: &[Ordinal], found: &[LeakSuspect]) -> bool {
    let points = found.iter().map(|suspect| suspect.accumulation_point.ordinal);
    let points: FxHashSet<Ordinal> = points.filter(|&point| !is_nobody(graph, point)).collect();
    if points.is_empty() {
        return false;
    }
    let leads = |way: &Vec<Edge>| way.iter().any(|edge| points.contains(&edge.from));
    let ways = shortest_ways(graph, nodes).into_iter().flatten();
    ways.filter(leads).count().saturating_mul(2) > nodes.len()
}
