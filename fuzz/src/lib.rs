//! What the fuzz targets share: files to open, and a walk over everything a report asks.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use heapglass_analysis as analysis;
use heapglass_format::source::Source;
use heapglass_graph::{Graph, OpenOptions, Ordinal, Snapshot, Wants};

/// Nodes looked at one by one.
const NODES: usize = 300;

/// Nodes for questions that cost more than a node's own edges.
const QUESTIONS: usize = 20;

/// The file `name` of this process, in memory where the system has such a place.
pub fn scratch(name: &str) -> PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    let folder = FOLDER.get_or_init(|| {
        let memory = Path::new("/dev/shm");
        let parent = if memory.is_dir() { memory.to_owned() } else { std::env::temp_dir() };
        let folder = parent.join(format!("heapglass-fuzz-{}", std::process::id()));
        std::fs::create_dir_all(&folder).expect("a place for files");
        folder
    });
    folder.join(name)
}

/// Opens `bytes` as a snapshot file, without an index unless `index` says where.
pub fn open(bytes: &[u8], index: Option<PathBuf>, threads: usize) -> Option<Snapshot> {
    let file = scratch("input.heapsnapshot");
    std::fs::write(&file, bytes).expect("room for the input");
    let source = Source::file(&file).expect("the file is there");
    let temp_dir = scratch("");
    Snapshot::open(&source, &OpenOptions { index, temp_dir, threads, wants: Wants::Graph }, &())
        .ok()
}

/// Asks what a report asks, and checks what has to hold for any heap, damaged or not.
pub fn walk(snapshot: &Snapshot) {
    let overview = snapshot.overview();
    let statistics = overview.statistics;
    let graph = snapshot.graph().expect("a snapshot that opens has its graph");
    let count = graph.node_count() as usize;
    assert_eq!(graph.nodes().len(), count);
    if count == 0 {
        return;
    }

    let shallow: u64 = graph.nodes().map(|n| graph.shallow_size(n)).fold(0, u64::saturating_add);
    assert_eq!(graph.retained_size(graph.root()), shallow, "the root retains everything");
    assert_eq!(overview.info.total_size, statistics.total);
    let all: Vec<_> = graph.classes().to_vec();
    assert!(all.iter().all(|&class| (class as usize) < overview.classes.rows.len()));

    let step = count.div_ceil(NODES);
    for node in graph.nodes().step_by(step) {
        look_at(&graph, node);
    }
    for node in graph.nodes().step_by(count.div_ceil(QUESTIONS)) {
        ask(&graph, node);
    }
    analysis::verdict(&graph, &analysis::VerdictOptions::default());
    analysis::native_contexts(&graph);
    for filter in [
        analysis::Filter::DuplicatedStrings,
        analysis::Filter::RetainedByDetachedDomNodes,
        analysis::Filter::RetainedByContexts,
        analysis::Filter::RetainedByConsole,
        analysis::Filter::RetainedByEventHandlers,
    ] {
        if let Ok(passing) = analysis::nodes_passing(&graph, filter) {
            analysis::filtered_classes(&graph, &passing);
        }
    }
}

/// Nodes that are looked at in a graph of nonsense, and what is around each.
const PEEKS: usize = 30;

/// Asks for some nodes and what is around them where the columns may hold anything: what is said is nonsense too, and
/// nothing panics. Any list may be as long as its column, so that of each only the beginning is read.
pub fn peek(graph: &Graph) {
    let step = (graph.node_count() as usize).div_ceil(PEEKS).max(1);
    let beyond = [Ordinal(graph.node_count()), Ordinal(u32::MAX)];
    for node in graph.nodes().step_by(step).chain(beyond) {
        graph.node_type_name(node);
        graph.raw_name(node);
        graph.class_name(node);
        graph.dominates(graph.dominator(node), node);
        graph.dominated(node).take(PEEKS).for_each(drop);
        graph.retained_set(node).take(PEEKS).for_each(drop);
        graph.location(node);
        for edge in graph.edges(node).take(PEEKS) {
            graph.edge_name(edge);
            assert_eq!(graph.edge_at(node, edge.ordinal), Some(edge));
        }
        for from in graph.each_retaining_node(node).take(PEEKS) {
            graph.edges_between(from, node).take(PEEKS).for_each(drop);
        }
        if graph.retainer_count(node) <= PEEKS as u64 {
            graph.retainers(node).take(PEEKS).for_each(drop);
        }
        assert!(graph.retaining(node).iter().take(PEEKS).all(|from| from.0 < graph.node_count()));
        graph.ordinal_of(graph.id(node));
    }
}

/// The node itself.
fn look_at(graph: &Graph, node: Ordinal) {
    assert!(graph.dominates(graph.root(), node));
    let dominator = graph.dominator(node);
    assert!(graph.dominates(dominator, node));
    assert!(graph.retained_size(dominator) >= graph.retained_size(node));
    assert_eq!(graph.retained_set(node).next(), Some(node));
    assert_eq!(graph.retained_set(node).len(), graph.retained_count(node) as usize);
    assert!(graph.dominated(node).all(|child| graph.dominator(child) == node));
    for edge in graph.edges(node).take(NODES) {
        assert!(edge.to.index() < graph.node_count() as usize);
        assert!(graph.retaining_nodes(edge.to).any(|from| from == node));
        graph.edge_name(edge);
    }
    analysis::describe(graph, node);
    graph.location(node);
}

/// What a person asks of a node.
fn ask(graph: &Graph, node: Ordinal) {
    analysis::object(graph, node, &analysis::ObjectOptions::default());
    analysis::retainers(graph, node, &analysis::RetainerOptions::default());
    analysis::containment(graph, node, &analysis::ContainmentOptions::default());
    analysis::dominators(graph, node, &analysis::DominatorOptions::default());
    analysis::path_to(graph, node);
}
