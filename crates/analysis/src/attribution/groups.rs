//! Which nodes belong to which group by themselves, whatever the groups are.

use heapglass_graph::{Graph, Ordinal};

/// Belongs to no group.
pub(super) const NOBODY: u32 = u32::MAX;

/// What a group holds of what belongs to no group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Share {
    /// What the group's own nodes are the nearest to dominate.
    Dominated,
    /// Nothing: the group is its own nodes.
    Members,
}

/// The group of each node that belongs to one by itself.
pub(super) struct Groups {
    /// For each node its group, or [`NOBODY`].
    of_node: Vec<u32>,
    /// The groups' names.
    pub(super) names: Vec<String>,
    /// For each group up to the last one of which it is true: it holds only what no other kind of group dominates.
    is_container: Vec<bool>,
    pub(super) share: Share,
}

impl Groups {
    /// No groups. Cost: 4 bytes for each node.
    pub(super) fn empty(graph: &Graph, share: Share) -> Groups {
        Groups {
            of_node: vec![NOBODY; graph.node_count() as usize],
            names: Vec::new(),
            is_container: Vec::new(),
            share,
        }
    }

    pub(super) fn add(&mut self, name: &str) -> u32 {
        let group = u32::try_from(self.names.len()).unwrap_or(NOBODY);
        self.names.push(name.to_owned());
        group
    }

    /// Adds a group that holds only what no other kind of group dominates.
    pub(super) fn add_container(&mut self, name: &str) -> u32 {
        let group = self.add(name);
        self.is_container.resize(group as usize, false);
        self.is_container.push(true);
        group
    }

    pub(super) fn of_node(&self, node: Ordinal) -> u32 {
        self.of_node.get(node.index()).copied().unwrap_or(NOBODY)
    }

    pub(super) fn is_container(&self, group: u32) -> bool {
        self.is_container.get(group as usize) == Some(&true)
    }

    /// Puts a node into a group; whether it belonged to nobody before.
    pub(super) fn mark(&mut self, node: Ordinal, group: u32) -> bool {
        match self.of_node.get_mut(node.index()) {
            Some(own) if *own == NOBODY => {
                *own = group;
                true
            }
            _ => false,
        }
    }
}
