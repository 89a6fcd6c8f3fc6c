//! The whole answer of `report`, as data.

use heapglass_graph::{Finding, Graph, NodeType, Ordinal, SnapshotInfo, Statistics};

use crate::edge::internal;
use crate::roles::is_detached_dom_node;
use crate::sums::saturating_sum;
use crate::{HeldObject, Suspect, SuspectOptions, biggest_objects, held_as, suspects};

/// What goes into a verdict.
#[derive(Debug, Clone)]
pub struct VerdictOptions {
    /// When something stands out.
    pub suspects: SuspectOptions,
    /// How many of the biggest objects to list.
    pub objects: usize,
}

impl Default for VerdictOptions {
    fn default() -> Self {
        VerdictOptions { suspects: SuspectOptions::default(), objects: 10 }
    }
}

/// The verdict on a snapshot. Wording is the report's business.
#[derive(Debug, Clone)]
pub struct Verdict {
    /// Counts and sizes.
    pub info: SnapshotInfo,
    /// What the heap consists of.
    pub statistics: Statistics,
    /// What stands out, largest first; empty is a verdict too: nothing does.
    pub suspects: Vec<Suspect>,
    /// What the suspects retain together, in bytes; what is in two of them counts once.
    pub explained_size: u64,
    /// The biggest objects, none inside another.
    pub biggest_objects: Vec<HeldObject>,
    /// Detached DOM nodes, if there are any.
    pub detached: Option<Detached>,
    /// Texts of scripts, if there are any.
    pub script_sources: Option<ScriptSources>,
    /// What was odd in the file.
    pub findings: Vec<Finding>,
}

/// The texts that scripts were compiled from. V8 keeps them for as long as one of their functions lives, to compile those
/// that were not called yet; in a heap snapshot they are strings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ScriptSources {
    /// Scripts.
    pub count: u64,
    /// Shallow sizes of their texts together, in bytes; a text that scripts share counts once.
    pub size: u64,
}

/// Detached DOM nodes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Detached {
    /// How many there are.
    pub count: u64,
    /// What they retain together, in bytes.
    pub retained_size: u64,
}

/// Passes the verdict. Cost: a few passes over the nodes, and the paths to what is named.
pub fn verdict(graph: &Graph, options: &VerdictOptions) -> Verdict {
    let overview = graph.overview();
    let suspects = suspects(graph, &options.suspects);
    Verdict {
        info: overview.info.clone(),
        statistics: overview.statistics,
        explained_size: saturating_sum(suspects.iter().map(|suspect| suspect.own_size)),
        suspects,
        biggest_objects: biggest_objects(graph, options.objects)
            .into_iter()
            .map(|object| HeldObject { held_as: held_as(graph, object.ordinal), object })
            .collect(),
        detached: detached(graph),
        script_sources: script_sources(graph),
        findings: overview.findings.clone(),
    }
}

/// Cost: the edges of the nodes of code.
fn script_sources(graph: &Graph) -> Option<ScriptSources> {
    let mut texts: Vec<Ordinal> = graph
        .nodes()
        .filter(|&node| graph.node_type(node) == NodeType::Code)
        .filter_map(|node| internal(graph, node, "source"))
        .filter(|&text| graph.node_type(text) == NodeType::String)
        .collect();
    let count = texts.len() as u64;
    texts.sort_unstable();
    texts.dedup();
    let size = saturating_sum(texts.iter().map(|&text| graph.shallow_size(text)));
    (count > 0).then_some(ScriptSources { count, size })
}

fn detached(graph: &Graph) -> Option<Detached> {
    let mut detached = Detached { count: 0, retained_size: 0 };
    let mut covered_until = 0;
    for (position, node) in graph.dominator_preorder().iter().map(|&node| Ordinal(node)).enumerate()
    {
        if !is_detached_dom_node(graph, node) {
            continue;
        }
        detached.count += 1;
        if position >= covered_until {
            let size = graph.retained_size(node);
            detached.retained_size = detached.retained_size.saturating_add(size);
            covered_until = position + graph.retained_count(node) as usize;
        }
    }
    (detached.count > 0).then_some(detached)
}
