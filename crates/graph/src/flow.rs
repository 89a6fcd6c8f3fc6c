//! What stays alive when some nodes go: the edges that dominators follow, forward.

use crate::{Graph, Ordinal};

/// The essential edges by their source. Nodes are preorder numbers of the dominator pass.
///
/// Cost: 4 bytes for each essential edge and 5 for each node (9 while it is made), and three passes over both.
#[derive(Debug)]
pub struct Flow<'a> {
    graph: &'a Graph,
    /// N+1: start of the node's targets in `to`.
    first: Vec<u32>,
    to: Vec<u32>,
    /// The root, and the nodes that no other leads to, which count as held by it.
    starts: Vec<u32>,
    /// What these lead to: all but circles that nothing keeps alive.
    alive: Vec<bool>,
}

impl<'a> Flow<'a> {
    /// Turns the graph's predecessors around.
    pub fn of(graph: &'a Graph) -> Flow<'a> {
        let count = graph.node_count();
        let mut first = vec![0u32; count as usize + 1];
        for from in (0..count).flat_map(|number| graph.predecessors(number)) {
            if let Some(slot) = first.get_mut(from as usize + 1) {
                *slot += 1;
            }
        }
        let mut sum = 0;
        for slot in &mut first {
            sum += *slot;
            *slot = sum;
        }
        let mut next = first.clone();
        let mut to = vec![0u32; sum as usize];
        for number in 0..count {
            for from in graph.predecessors(number) {
                let Some(at) = next.get_mut(from as usize) else { continue };
                if let Some(slot) = to.get_mut(*at as usize) {
                    *slot = number;
                }
                *at += 1;
            }
        }
        let is_start =
            |&number: &u32| number == 0 || graph.predecessors(number).all(|from| from == number);
        let starts = (0..count).filter(is_start).collect();
        let mut flow = Flow { graph, first, to, starts, alive: Vec::new() };
        flow.alive = flow.reached(vec![false; count as usize]);
        flow
    }

    /// The nodes that nothing would keep alive without those that `is_removed` names; these are among them. For one
    /// node that is its retained set. Cost: one look at every essential edge that is left.
    pub fn lost_without(
        &self,
        is_removed: impl Fn(Ordinal) -> bool,
    ) -> impl Iterator<Item = Ordinal> + '_ {
        let numbers = 0..self.graph.node_count();
        let removed: Vec<bool> = numbers
            .clone()
            .map(|number| self.graph.node_of_number(number).is_some_and(&is_removed))
            .collect();
        let reached = self.reached(removed.clone());
        numbers.filter_map(move |number| {
            let is = |marks: &[bool]| marks.get(number as usize).copied().unwrap_or(false);
            let is_lost = is(&removed) || is(&self.alive) && !is(&reached);
            self.graph.node_of_number(number).filter(|_| is_lost)
        })
    }

    /// The nodes that everything alive is reached from: the root, and those that no other leads to.
    pub fn starts(&self) -> impl Iterator<Item = Ordinal> + '_ {
        self.starts.iter().filter_map(|&number| self.graph.node_of_number(number))
    }

    /// What a node keeps alive by itself: the targets of its essential edges, one for each edge.
    pub fn targets(&self, node: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        let at = |number: usize| self.first.get(number).map_or(0, |&at| at as usize);
        let number = self.graph.number_of(node).map_or(usize::MAX - 1, |number| number as usize);
        let targets = self.to.get(at(number)..at(number + 1)).unwrap_or_default();
        targets.iter().filter_map(|&number| self.graph.node_of_number(number))
    }

    /// Marks what the starts lead to without entering what is marked already.
    fn reached(&self, mut marks: Vec<bool>) -> Vec<bool> {
        let mut open: Vec<u32> = Vec::new();
        let mut mark = |number: u32, open: &mut Vec<u32>| {
            if let Some(mark) = marks.get_mut(number as usize).filter(|mark| !**mark) {
                *mark = true;
                open.push(number);
            }
        };
        let at = |number: usize| self.first.get(number).map_or(0, |&at| at as usize);
        for &start in &self.starts {
            mark(start, &mut open);
            while let Some(number) = open.pop() {
                let targets = at(number as usize)..at(number as usize + 1);
                for &target in self.to.get(targets).unwrap_or_default() {
                    mark(target, &mut open);
                }
            }
        }
        marks
    }
}
