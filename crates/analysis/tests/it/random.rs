//! Random heaps beside slow twins.

use std::collections::VecDeque;

use heapglass_analysis::{
    NodeSet, distances_without, filtered_classes, merged_paths, path_to, paths_to, suspects,
};
use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};
use proptest::prelude::*;

use crate::open;

/// Retained size of each class by looking at all dominators of each node.
fn retained_by_class(graph: &Graph, filter: &NodeSet) -> Vec<u64> {
    let mut sums = vec![0; graph.overview().classes.rows.len()];
    let counts = |node: Ordinal| filter.contains(node) && graph.shallow_size(node) > 0;
    for node in graph.nodes().filter(|&node| counts(node)) {
        let mut above = node;
        let mut is_outermost = true;
        while above != graph.root() {
            above = graph.dominator(above);
            is_outermost &= !(counts(above) && graph.class(above) == graph.class(node));
        }
        if is_outermost {
            sums[graph.class(node).index()] += graph.retained_size(node);
        }
    }
    sums
}

/// Steps from any of `from` over all edges but weak ones, not entering `ignored`.
fn steps(graph: &Graph, from: &[Ordinal], ignored: &NodeSet) -> Vec<Option<u32>> {
    let mut steps = vec![None; graph.node_count() as usize];
    let mut queue: VecDeque<Ordinal> = from.iter().copied().collect();
    for node in from {
        steps[node.index()] = Some(0);
    }
    while let Some(node) = queue.pop_front() {
        for edge in graph.edges(node) {
            if edge.edge_type != EdgeType::Weak
                && steps[edge.to.index()].is_none()
                && !ignored.contains(edge.to)
            {
                steps[edge.to.index()] = steps[node.index()].map(|step| step + 1);
                queue.push_back(edge.to);
            }
        }
    }
    steps
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn class_sizes_are_those_of_the_twin(heap in heapglass_testkit::random::heap(40), third in 0u32..4) {
        let graph = open(&heap);
        let filter = NodeSet::from_fn(graph.node_count(), |node| third == 3 || node.0 % 3 != third);
        let table = filtered_classes(&graph, &filter);
        let sizes: Vec<u64> = table.rows.iter().map(|row| row.retained_size).collect();
        prop_assert_eq!(sizes, retained_by_class(&graph, &filter));
        if third == 3 {
            prop_assert_eq!(&table.rows, &graph.overview().classes.rows);
        }
    }

    #[test]
    fn nothing_ignored_gives_the_plain_distances(heap in heapglass_testkit::random::heap(40)) {
        let graph = open(&heap);
        let nothing = NodeSet::empty(graph.node_count());
        prop_assert_eq!(distances_without(&graph, &nothing), graph.distances());
    }

    #[test]
    fn ignored_nodes_are_walked_around(heap in heapglass_testkit::random::heap(40), ignored in 1u32..40) {
        let graph = open(&heap);
        let mut set = NodeSet::empty(graph.node_count());
        set.insert(Ordinal(ignored));
        let roots: Vec<Ordinal> = graph
            .edges(graph.root())
            .map(|edge| edge.to)
            .filter(|&node| graph.node_type_name(node) != "synthetic")
            .collect();
        let twin = steps(&graph, &roots, &set);
        let ours = distances_without(&graph, &set);
        for node in graph.nodes().filter(|&node| node != graph.root()) {
            match twin[node.index()] {
                Some(step) => prop_assert_eq!(ours[node.index()], step as i32 + 1),
                None => prop_assert!(ours[node.index()] < 0 || ours[node.index()] >= 100_000_000 || roots.is_empty()),
            }
        }
    }

    #[test]
    fn paths_are_shortest_and_whole(heap in heapglass_testkit::random::heap(40)) {
        let graph = open(&heap);
        for node in graph.nodes() {
            let Some(path) = path_to(&graph, node) else {
                prop_assert!(graph.distance(node).0 < 0, "no path to {node:?}");
                continue;
            };
            let walked = path.steps.len() as i32 - 1;
            let start = graph.distance(path.steps[0].object.ordinal).0;
            let mut above = path.steps.iter().rev().skip(1);
            let holds_none = above.all(|step| graph.node_type(step.object.ordinal) != NodeType::Code);
            // A way around compiled code may be longer.
            prop_assert!(graph.distance(node).0 <= start + walked);
            prop_assert!(graph.distance(node).0 == start + walked || holds_none);
            prop_assert_eq!(path.steps.last().map(|step| step.object.ordinal), Some(node));
            for pair in path.steps.windows(2) {
                let (from, to) = (pair[0].object.ordinal, pair[1].object.ordinal);
                prop_assert!(graph.edges(from).any(|edge| edge.to == to && edge.edge_type != EdgeType::Weak));
            }
            prop_assert!(paths_to(&graph, node, 3).len() <= 3);
        }
    }

    #[test]
    fn merged_paths_count_every_target_once(heap in heapglass_testkit::random::heap(40), every in 1usize..4) {
        let graph = open(&heap);
        let targets: Vec<Ordinal> = graph.nodes().step_by(every).collect();
        let merged = merged_paths(&graph, &targets, usize::MAX);
        let reached = targets.iter().filter(|&&node| graph.distance(node).0 >= 0).count() as u64;
        prop_assert_eq!(merged.targets, targets.len() as u64);
        prop_assert_eq!(merged.unreachable, targets.len() as u64 - reached);
        let counted: u64 = merged.rows.iter().filter(|row| row.depth == 0).map(|row| row.item.targets).sum();
        prop_assert_eq!(counted, reached);
    }

    #[test]
    fn suspects_share_out_the_heap(heap in heapglass_testkit::random::heap(60), tenths in 1u32..6) {
        let graph = open(&heap);
        let options = heapglass_analysis::SuspectOptions {
            threshold: f64::from(tenths) / 10.0,
            limit: usize::MAX,
            ..heapglass_analysis::SuspectOptions::default()
        };
        let found = suspects(&graph, &options);
        let sum: u64 = found.iter().map(|suspect| suspect.own_size).sum();
        prop_assert!(sum <= graph.overview().info.total_size, "{sum} in {found:?}");
        prop_assert!(found.iter().all(|suspect| suspect.share >= options.threshold));
    }

    #[test]
    fn the_biggest_objects_lie_apart(heap in heapglass_testkit::random::heap(60)) {
        let graph = open(&heap);
        let found = heapglass_analysis::biggest_objects(&graph, usize::MAX);
        for (at, one) in found.iter().enumerate() {
            for other in &found[at + 1..] {
                let (a, b) = (one.ordinal, other.ordinal);
                prop_assert!(!graph.dominates(a, b) && !graph.dominates(b, a), "{a:?} and {b:?}");
            }
        }
    }
}
