use proptest::prelude::*;

use super::*;

/// A graph by its edges; node 0 is the root.
#[derive(Debug, Clone)]
struct Flow {
    out: Vec<Vec<u32>>,
}

impl Flow {
    fn new(nodes: usize, edges: impl IntoIterator<Item = (u32, u32)>) -> Flow {
        let mut out = vec![Vec::new(); nodes];
        for (from, to) in edges {
            out[from as usize].push(to);
        }
        Flow { out }
    }

    /// Immediate dominators by node from the pass under test: as the engine asks for them, and so
    /// that the first climb of Semi-NCA's last step already is too many.
    fn dominators(&self) -> [Vec<u32>; 2] {
        let numbered = Numbered::new(self);
        let predecessors = numbered.predecessors(self);
        let scratch = Scratch::default();
        [32, 0].map(|last_step_bound| {
            let parent = scratch.copy(&numbered.parent).unwrap();
            let reached = numbered.reached;
            let dominators = immediate_dominators(
                &predecessors,
                &numbered.order,
                parent,
                reached,
                last_step_bound,
                &scratch,
            )
            .unwrap();
            let mut by_node = vec![0; self.out.len()];
            for (number, &node) in numbered.order.iter().enumerate() {
                by_node[node as usize] = numbered.order[dominators[number] as usize];
            }
            by_node
        })
    }

    /// Nodes that only themselves point to, or nobody: the root holds them.
    fn orphans(&self) -> Vec<u32> {
        let mut held = vec![false; self.out.len()];
        for (from, targets) in self.out.iter().enumerate() {
            for &to in targets.iter().filter(|&&to| to as usize != from) {
                held[to as usize] = true;
            }
        }
        (1..self.out.len() as u32).filter(|&node| !held[node as usize]).collect()
    }

    /// Nodes reached from the root and the orphans without passing `removed`.
    fn reached_without(&self, removed: Option<u32>) -> Vec<bool> {
        let mut seen = vec![false; self.out.len()];
        let mut waiting = self.orphans();
        waiting.push(0);
        while let Some(node) = waiting.pop() {
            if Some(node) != removed && !std::mem::replace(&mut seen[node as usize], true) {
                waiting.extend(&self.out[node as usize]);
            }
        }
        seen
    }

    /// The definition: `v` dominates `w` if without `v` nothing reaches `w`; the immediate
    /// dominator is the one that all others dominate.
    fn slow_dominators(&self) -> Vec<u32> {
        let nodes = self.out.len() as u32;
        let reached = self.reached_without(None);
        let without: Vec<Vec<bool>> =
            (0..nodes).map(|removed| self.reached_without(Some(removed))).collect();
        let dominates = |v: u32, w: u32| v == 0 || v == w || !without[v as usize][w as usize];
        (0..nodes)
            .map(|w| {
                let strict: Vec<u32> = (0..nodes)
                    .filter(|&v| reached[w as usize] && reached[v as usize])
                    .filter(|&v| v != w && dominates(v, w))
                    .collect();
                let is_nearest = |&v: &u32| strict.iter().all(|&other| dominates(other, v));
                // The root has none, and what nothing reaches is the root's.
                strict.iter().copied().find(is_nearest).unwrap_or(0)
            })
            .collect()
    }
}

/// A depth-first numbering, as the search pass makes it.
struct Numbered {
    order: Vec<u32>,
    number: Vec<u32>,
    parent: Vec<u32>,
    reached: usize,
}

impl Numbered {
    fn new(flow: &Flow) -> Numbered {
        const UNSEEN: u32 = u32::MAX;
        let mut this = Numbered {
            order: Vec::new(),
            number: vec![UNSEEN; flow.out.len()],
            parent: Vec::new(),
            reached: 0,
        };
        for start in std::iter::once(0).chain(flow.orphans()) {
            this.search(flow, start);
        }
        this.reached = this.order.len();
        for node in 0..flow.out.len() as u32 {
            if this.number[node as usize] == UNSEEN {
                this.visit(node, 0);
            }
        }
        this
    }

    fn search(&mut self, flow: &Flow, start: u32) {
        let mut path = vec![(start, 0)];
        self.visit(start, 0);
        while let Some((node, next)) = path.last_mut() {
            let Some(&target) = flow.out[*node as usize].get(*next) else {
                path.pop();
                continue;
            };
            *next += 1;
            let parent = self.number[*node as usize];
            if self.number[target as usize] == u32::MAX {
                self.visit(target, parent);
                path.push((target, 0));
            }
        }
    }

    fn visit(&mut self, node: u32, parent: u32) {
        self.number[node as usize] = self.order.len() as u32;
        self.order.push(node);
        self.parent.push(parent);
    }

    /// As the engine hands them over: one edge from the parent of each node is left out.
    fn predecessors(&self, flow: &Flow) -> Predecessors {
        let orphans = flow.orphans();
        let mut pairs = Vec::new();
        let mut left_out = vec![false; self.order.len()];
        for (from, targets) in flow.out.iter().enumerate() {
            for &to in targets.iter().filter(|&&to| to as usize != from) {
                let number = self.number[to as usize] as usize;
                let is_parent = number > 0
                    && number < self.reached
                    && self.parent[number] == self.number[from]
                    && !orphans.contains(&to);
                if is_parent && !std::mem::replace(&mut left_out[to as usize], true) {
                    continue;
                }
                pairs.push((to, self.number[from]));
            }
        }
        pairs.sort_unstable();
        let mut first = Buffer::zeroed(self.order.len() + 1).unwrap();
        let mut from = Buffer::zeroed(pairs.len()).unwrap();
        for (at, &(target, source)) in (1u32..).zip(&pairs) {
            from[at as usize - 1] = source;
            first[target as usize + 1] = at;
        }
        for w in 1..first.len() {
            first[w] = first[w].max(first[w - 1]);
        }
        Predecessors { first, from }
    }
}

/// Graphs with cycles, self edges, parallel edges and parts that nothing reaches.
fn flows() -> impl Strategy<Value = Flow> {
    (1usize..40).prop_flat_map(|nodes| {
        let node = 0..nodes as u32;
        prop::collection::vec((node.clone(), node), 0..nodes * 3)
            .prop_map(move |edges| Flow::new(nodes, edges))
    })
}

/// Graphs in which each node hangs on an earlier one, and some edges lead anywhere.
fn connected_flows() -> impl Strategy<Value = Flow> {
    (2usize..40).prop_flat_map(|nodes| {
        let node = 0..nodes as u32;
        let tree = prop::collection::vec(any::<prop::sample::Index>(), nodes - 1);
        let more = prop::collection::vec((node.clone(), node), 0..nodes * 2);
        (tree, more).prop_map(move |(tree, more)| {
            let tree = tree.iter().zip(1..).map(|(parent, w)| (parent.index(w) as u32, w as u32));
            Flow::new(nodes, tree.chain(more))
        })
    })
}

proptest! {
    #[test]
    fn dominators_are_those_of_the_definition(flow in prop_oneof![flows(), connected_flows()]) {
        let expected = flow.slow_dominators();
        for dominators in flow.dominators() {
            prop_assert_eq!(&dominators, &expected);
        }
    }
}

#[test]
fn small_graphs_by_hand() {
    type Case<'a> = (usize, &'a [(u32, u32)], &'a [u32]);
    let cases: &[Case<'_>] = &[
        (1, &[], &[0]),
        (1, &[(0, 0)], &[0]),
        // A diamond with its point doubled.
        (5, &[(0, 1), (0, 2), (1, 3), (2, 3), (3, 4), (3, 4)], &[0, 0, 0, 0, 3]),
        // A cycle entered at two places.
        (4, &[(0, 1), (1, 2), (2, 3), (3, 2), (0, 3)], &[0, 0, 0, 0]),
        // Two that hold only each other, one of which holds a node of the tree: no effect.
        (5, &[(0, 1), (1, 2), (3, 4), (4, 3), (4, 2)], &[0, 0, 1, 0, 0]),
        // An orphan that holds a node of the tree: the root holds both.
        (4, &[(0, 1), (1, 2), (3, 2)], &[0, 0, 0, 0]),
        // Only a self edge: still an orphan.
        (3, &[(1, 1), (1, 2)], &[0, 0, 1]),
        // Lengauer and Tarjan's own example: R A B C D E F G H I J K L.
        (
            13,
            &[
                (0, 1),
                (0, 2),
                (0, 3),
                (1, 4),
                (2, 1),
                (2, 4),
                (2, 5),
                (3, 6),
                (3, 7),
                (4, 12),
                (5, 8),
                (6, 9),
                (7, 9),
                (7, 10),
                (8, 5),
                (8, 11),
                (9, 11),
                (10, 9),
                (11, 9),
                (11, 0),
                (12, 8),
            ],
            &[0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 7, 0, 4],
        ),
    ];
    for (nodes, edges, expected) in cases {
        let flow = Flow::new(*nodes, edges.iter().copied());
        assert_eq!(flow.slow_dominators(), *expected, "the slow way, {edges:?}");
        for dominators in flow.dominators() {
            assert_eq!(dominators, *expected, "{edges:?}");
        }
    }
}

#[test]
fn a_chain_of_a_million_nodes() {
    let nodes = 1_000_000;
    let flow = Flow::new(nodes as usize, (1..nodes).map(|w| (w - 1, w)));
    for dominators in flow.dominators() {
        assert!(dominators[1..].iter().copied().eq(0..nodes - 1));
    }
}

#[test]
fn a_list_with_links_back_and_to_its_head() {
    let nodes = 300_000;
    let forth = (1..nodes).map(|w| (w - 1, w));
    let back = (2..nodes).flat_map(|w| [(w, w - 1), (w, 1)]);
    let flow = Flow::new(nodes as usize, forth.chain(back));
    for dominators in flow.dominators() {
        assert!(dominators[1..].iter().copied().eq(0..nodes - 1));
    }
}

#[test]
fn a_tree_with_parent_pointers() {
    let nodes = 300_000;
    let edges = (1..nodes).flat_map(|w| [((w - 1) / 2, w), (w, (w - 1) / 2), (w, 0)]);
    let flow = Flow::new(nodes as usize, edges);
    for dominators in flow.dominators() {
        assert!((1..nodes).all(|w| dominators[w as usize] == (w - 1) / 2));
    }
}

/// A chain, and at its end as many nodes that the root holds too: each climbs the whole chain.
fn quadratic(half: u32) -> (Flow, Vec<u32>) {
    let chain = (0..half).map(|w| (w, w + 1));
    let fan = half + 1..=2 * half;
    let edges = chain.chain(fan.clone().map(|w| (half, w))).chain(fan.map(|w| (0, w)));
    let flow = Flow::new(2 * half as usize + 1, edges);
    let expected = (0..=2 * half).map(|w| if w <= half { w.saturating_sub(1) } else { 0 });
    (flow, expected.collect())
}

#[test]
fn climbs_that_would_be_quadratic_are_given_up() {
    let (flow, expected) = quadratic(20);
    assert_eq!(flow.slow_dominators(), expected);
    // 10^10 climbs, if they were made.
    let (flow, expected) = quadratic(100_000);
    assert!(flow.dominators() == [expected.clone(), expected]);
    let numbered = Numbered::new(&flow);
    let predecessors = numbered.predecessors(&flow);
    let scratch = Scratch::default();
    let semi = semidominators(
        &predecessors,
        &numbered.order,
        &numbered.parent,
        numbered.reached,
        &scratch,
    )
    .unwrap();
    let bound = 32 * numbered.reached;
    assert!(
        !nearest_common_ancestors(&semi, &mut numbered.parent.clone(), numbered.reached, bound),
        "the climbs were not counted"
    );
}
