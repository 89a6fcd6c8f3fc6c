//! The depth-first search that numbers nodes for the dominator tree.
//!
//! Which edges count: DevTools' `computeIsEssentialEdge` and `markPageOwnedNodes`; what is done
//! with nodes that no essential edge reaches: its `calculateDominatorsAndRetainedSizes`.

use heapglass_format::Result;
use heapglass_format::buffer::{Buffer, Scratch};
use heapglass_format::container::RowReader;
use heapglass_format::prefetch::prefetch;

use super::Adjacency;
use super::bits::{Bits, get, ones, set};

/// A preorder numbering of all nodes.
#[derive(Debug)]
pub(super) struct Preorder {
    /// For each node ordinal its number.
    pub(super) number: Buffer<u32>,
    /// For each number that of its parent in the search tree; 0 for the root.
    pub(super) parent: Buffer<u32>,
    /// How many nodes the search reached; those numbered later are held only by each other.
    pub(super) reached: usize,
    /// For each edge ordinal: the search came to the edge's target through it.
    pub(super) tree_edges: Bits,
    /// For each node ordinal: an edge of `tree_edges` leads to it. It does not to the root, to roots of the
    /// page that the search started from, and to nodes that are numbered as if the root held them.
    pub(super) tree_nodes: Bits,
    /// For each node ordinal: owned by the page.
    pub(super) page_owned: Bits,
}

/// What the search is told of the graph.
pub(super) struct SearchRules<'a> {
    pub(super) root: u32,
    /// For each edge ordinal: essential, leaving aside who owns source and target and whether they
    /// are the same.
    pub(super) essential: &'a [u64],
    /// For each edge ordinal: neither weak nor broken.
    pub(super) strong: &'a [u64],
    /// Whether a strong edge leads to the root, which V8 never writes.
    pub(super) root_is_held: bool,
    /// The root's children from which the page owns what it reaches: windows and document trees.
    pub(super) page_roots: &'a [u32],
}

/// Numbers the nodes.
///
/// What the page owns is found on the way: the search enters the page's roots first, and what it
/// reaches from them belongs to the page; strong edges that are not essential are followed
/// afterwards. That saves a walk of its own over all edges.
///
/// Cost: each edge is looked at once. Memory: 8 bytes a node, 16 for each on the path, a bit for each
/// edge.
pub(super) fn preorder(
    graph: Adjacency<'_>,
    rules: &SearchRules<'_>,
    scratch: &Scratch,
) -> Result<Preorder> {
    let nodes = graph.node_count();
    let mut search = Search {
        graph,
        rules,
        seen: Bits::new(nodes)?,
        page: Bits::new(nodes)?,
        tree_edges: Bits::new(graph.to.len())?,
        tree_nodes: Bits::new(nodes)?,
        number: scratch.take(nodes)?,
        parent: scratch.take(nodes)?,
        next: 0,
        stack: Vec::new(),
        beyond: Vec::new(),
    };
    search.visit(rules.root, 0);
    for &node in rules.page_roots {
        if !get(search.seen.words(), node) {
            search.visit(node, 0);
            search.run::<true>();
        }
    }
    search.close_page();
    let edges = graph.edges(rules.root);
    search.stack.push(Open { node: rules.root, number: 0, next: edges.start, end: edges.end });
    search.run::<false>();
    search.orphans()?;
    let reached = search.next as usize;
    search.the_rest();
    let Search { number, parent, page, tree_edges, tree_nodes, .. } = search;
    Ok(Preorder { number, parent, reached, tree_edges, tree_nodes, page_owned: page })
}

/// For each preorder number the node's ordinal, from what each node's number is. The search does without,
/// so that it and what runs beside it need no memory for that.
pub(super) fn order(numbers: &RowReader<u32>, scratch: &Scratch) -> Result<Buffer<u32>> {
    /// Numbers read at once.
    const ROWS: usize = 1 << 16;
    let mut order = scratch.take::<u32>(numbers.len())?;
    let mut block = Vec::new();
    for start in (0..numbers.len()).step_by(ROWS) {
        numbers.read(start, ROWS, &mut block)?;
        let slots = &mut *order;
        for (&number, node) in block.iter().zip(start as u32..) {
            slots[number as usize] = node;
        }
    }
    Ok(order)
}

/// A node on the path: its edges from `next` to `end` are still to be looked at.
#[derive(Clone, Copy)]
struct Open {
    node: u32,
    number: u32,
    next: u32,
    end: u32,
}

struct Search<'a> {
    graph: Adjacency<'a>,
    rules: &'a SearchRules<'a>,
    seen: Bits,
    page: Bits,
    tree_edges: Bits,
    tree_nodes: Bits,
    number: Buffer<u32>,
    parent: Buffer<u32>,
    next: u32,
    stack: Vec<Open>,
    /// Targets of strong edges of the page that are not essential.
    beyond: Vec<u32>,
}

impl Search<'_> {
    /// Numbers `node` as a child of the node numbered `parent`, and opens it unless it is the
    /// root.
    fn visit(&mut self, node: u32, parent: u32) {
        set(self.seen.words_mut(), node);
        self.number[node as usize] = self.next;
        self.parent[self.next as usize] = parent;
        if node != self.rules.root {
            let edges = self.graph.edges(node);
            self.stack.push(Open { node, number: self.next, next: edges.start, end: edges.end });
        }
        self.next += 1;
    }

    /// Runs until the stack is empty. `PAGE`: all that is reached belongs to the page; otherwise
    /// edges from outside the page into it are not followed.
    fn run<const PAGE: bool>(&mut self) {
        let Adjacency { first_edge, to } = self.graph;
        let (essential, strong) = (self.rules.essential, self.rules.strong);
        let (seen, page) = (self.seen.words_mut(), self.page.words_mut());
        let (tree_edges, tree_nodes) = (self.tree_edges.words_mut(), self.tree_nodes.words_mut());
        let (number, parent) = (&mut *self.number, &mut *self.parent);
        let root = self.rules.root;
        if PAGE {
            for open in &self.stack {
                set(page, open.node);
            }
        }
        while let Some(open) = self.stack.last_mut() {
            let mut found = None;
            while open.next < open.end {
                let edge = open.next;
                open.next += 1;
                let target = to[edge as usize];
                if get(seen, target) {
                    continue;
                }
                if !get(essential, edge) {
                    if PAGE && get(strong, edge) {
                        self.beyond.push(target);
                    }
                    continue;
                }
                if !PAGE && get(page, target) && open.node != root && !get(page, open.node) {
                    continue;
                }
                found = Some((edge, target));
                // The search will be back for the next edges.
                if open.next < open.end {
                    prefetch(to, first_edge[to[open.next as usize] as usize] as usize);
                    if open.next + 1 < open.end {
                        prefetch(first_edge, to[open.next as usize + 1] as usize);
                    }
                }
                break;
            }
            let Some((edge, target)) = found else {
                self.stack.pop();
                continue;
            };
            let parent_number = open.number;
            set(seen, target);
            set(tree_edges, edge);
            set(tree_nodes, target);
            if PAGE {
                set(page, target);
            }
            number[target as usize] = self.next;
            parent[self.next as usize] = parent_number;
            let (start, end) = (first_edge[target as usize], first_edge[target as usize + 1]);
            self.stack.push(Open { node: target, number: self.next, next: start, end });
            self.next += 1;
        }
    }

    /// Adds to the page what only edges that are not essential lead to. The root was seen before
    /// the page's search began, so edges back to it are looked for here.
    fn close_page(&mut self) {
        let (graph, strong) = (self.graph, self.rules.strong);
        let page = self.page.words_mut();
        let mut waiting = std::mem::take(&mut self.beyond);
        waiting.retain(|&node| !set(page, node));
        if self.rules.root_is_held {
            let root = self.rules.root;
            let into_root = |node: u32| {
                graph.edges(node).any(|edge| graph.to[edge as usize] == root && get(strong, edge))
            };
            let mut holders = ones(self.seen.words()).filter(|&node| node != root);
            let is_page = self.rules.page_roots.contains(&root) || holders.any(into_root);
            if is_page && !set(page, root) {
                waiting.push(root);
            }
        }
        while let Some(node) = waiting.pop() {
            for edge in graph.edges(node) {
                let target = graph.to[edge as usize];
                if get(strong, edge) && !set(page, target) {
                    waiting.push(target);
                }
            }
        }
    }

    /// Enters, as if the root held them, nodes that no essential edge leads to; in ordinal order.
    fn orphans(&mut self) -> Result<()> {
        let nodes = self.graph.node_count();
        if self.next as usize == nodes {
            return Ok(());
        }
        // An essential edge from a reached node would have reached its target, so only edges
        // from nodes that were not reached can hold an unreached node.
        let mut held = Bits::new(nodes)?;
        let page = self.page.words();
        for node in (0..nodes as u32).filter(|&node| !get(self.seen.words(), node)) {
            let inside = get(page, node);
            for edge in self.graph.edges(node) {
                let target = self.graph.to[edge as usize];
                let is_essential = target != node && get(self.rules.essential, edge);
                if is_essential && (inside || !get(page, target)) {
                    set(held.words_mut(), target);
                }
            }
        }
        for node in 0..nodes as u32 {
            if !get(self.seen.words(), node) && !get(held.words(), node) {
                self.visit(node, 0);
                self.run::<false>();
            }
        }
        Ok(())
    }

    /// Numbers what is left: nodes that hold only each other.
    fn the_rest(&mut self) {
        if self.next as usize == self.graph.node_count() {
            return;
        }
        for node in 0..self.graph.node_count() as u32 {
            if !get(self.seen.words(), node) {
                self.visit(node, 0);
            }
        }
    }
}
