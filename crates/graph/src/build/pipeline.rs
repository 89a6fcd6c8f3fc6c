//! Runs the passes, on two threads where two can run, and keeps only what the next one needs.

use heapglass_format::buffer::{Buffer, Scratch, trim_heap};
use heapglass_format::column::Column;
use heapglass_format::container::{ContainerWriter, RowReader};
use heapglass_format::scan::{self, Tables};
use heapglass_format::source::Source;
use heapglass_format::strings::StringTable;
use heapglass_format::{EdgeType, Finding, FindingKind, NodeType, Phase, Progress, Result, Step};

use super::bits::get;
use super::classes::{self, Classes};
use super::detached::{self, Detached};
use super::dominators::immediate_dominators;
use super::duplicates::{self, Duplicates};
use super::facts::{self, EdgeFacts, NodeFacts};
use super::interfaces::{Interfaces, PlainObjects};
use super::missing;
use super::predecessors::{self, Retainers, SortRules};
use super::search::{self, Preorder, SearchRules};
use super::sizes::Sizes;
use super::text::Text;
use super::tree::{self, Tree};
use super::{Adjacency, distance, shallow, statistics};
use crate::graph::NO_PARENT;
use crate::{ClassTable, Overview, SnapshotInfo, Statistics};

/// Climbs per node that the last step of Semi-NCA may take on average.
const LAST_STEP_BOUND: usize = 32;
/// How many passes progress counts.
const PASSES: u64 = 5;

/// Reads `source` and runs all passes. All columns are in `writer`'s sections afterwards; the
/// small results are returned.
///
/// Memory at the peak: about 7 bytes an edge and 25 a node.
pub(crate) fn build(
    source: &Source,
    writer: &ContainerWriter,
    threads: usize,
    progress: &dyn Progress,
) -> Result<Overview> {
    let begin = |done: u64, step: Step| {
        // What the step before had no more use for is not part of this one's peak.
        trim_heap();
        progress.update(Phase::Analyse, done, PASSES);
        progress.begin(step);
        if progress.cancelled() { Err(heapglass_format::Error::Cancelled) } else { Ok(()) }
    };
    let scratch = &Scratch::default();
    let mut text = Text::default();
    let visit = &mut |index: u32, string: &[u8]| text.visit(index, string);
    progress.begin(Step::Read);
    let tables = scan::read(source, writer, threads, progress, visit)?;
    begin(0, Step::Facts)?;
    let named = Named::new(writer, tables, text, threads)?;
    let edges = named.edges(writer, threads)?;
    begin(1, Step::Walks)?;
    let Walked { preorder, numbers, labels, shallow, mut rest } =
        walk(writer, named, edges, threads, scratch)?;
    begin(2, Step::Dominators)?;
    let Held { dominators, order, unshared_elements, mut classes, duplicates } =
        hold(writer, &mut rest, (preorder, numbers), labels, &shallow, threads, scratch)?;
    rest.findings.extend(duplicates.map(finding));
    rest.findings.extend(overflow(&shallow, rest.info.extra_native_bytes));
    begin(3, Step::Tree)?;
    let tree = tree::build(writer, &dominators, &order, &shallow, threads, scratch)?;
    scratch.give(order);
    scratch.give(dominators);
    begin(4, Step::Sums)?;
    let class_sizes = || {
        write_tree(writer, &tree)?;
        classes::add_up_retained(&mut classes, &shallow, &tree);
        Ok(())
    };
    let statistics = || {
        Ok(statistics::compute(&statistics::Sources {
            node_type: &rest.node_type,
            shallow: &shallow,
            buffers: rest.facts.buffers.words(),
            arrays: rest.facts.arrays.words(),
            unshared_elements: &unshared_elements,
            extra_native_bytes: rest.info.extra_native_bytes,
            root_retained: tree.retained.get(rest.info.root),
        }))
    };
    let ((), statistics) = both(threads, class_sizes, statistics)?;
    begin(5, Step::Write)?;
    Ok(overview(rest, statistics, classes))
}

/// Runs two passes at once if there is a second thread.
pub(super) fn both<A: Send, B: Send>(
    threads: usize,
    a: impl FnOnce() -> Result<A> + Send,
    b: impl FnOnce() -> Result<B> + Send,
) -> Result<(A, B)> {
    if threads < 2 {
        return Ok((a()?, b()?));
    }
    std::thread::scope(|scope| {
        let b = scope.spawn(b);
        let a = a();
        let b = b.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
        Ok((a?, b?))
    })
}

/// The tables with names that can be read.
struct Named {
    tables: Tables,
    text: Text,
    strings: StringTable,
    detached: Buffer<u8>,
    facts: NodeFacts,
}

impl Named {
    fn new(
        writer: &ContainerWriter,
        mut tables: Tables,
        text: Text,
        threads: usize,
    ) -> Result<Named> {
        let mut strings = StringTable {
            bytes: writer.sparse_column("string_bytes")?,
            starts: writer.sparse_column("string_starts")?,
            derived_bytes: Column::empty(),
            derived_starts: Column::empty(),
        };
        let mut names = writer.column::<u32>("node_name")?;
        let detached = detached::states(writer, &mut tables, &names, &strings)?;
        if !detached.strings.is_empty() {
            missing::blank_names(writer, &tables, &mut names)?;
        }
        write_derived(writer, &detached)?;
        if !detached.renamed.is_empty() {
            let mut renamed = Buffer::<u32>::zeroed(names.len())?;
            renamed.copy_from_slice(&names);
            for &(node, name) in &detached.renamed {
                renamed[node as usize] = name;
            }
            writer.replace("node_name", &renamed)?;
            names = writer.column("node_name")?;
        }
        strings.derived_bytes = writer.column("derived_bytes")?;
        strings.derived_starts = writer.column("derived_starts")?;
        let facts = facts::nodes(&tables, &names, &text, threads)?;
        Ok(Named { tables, text, strings, detached: detached.state, facts })
    }

    fn edges(&self, writer: &ContainerWriter, threads: usize) -> Result<EdgeFacts> {
        facts::edges(writer, &self.tables, &self.facts, &self.text, &self.strings, threads)
    }
}

fn write_derived(writer: &ContainerWriter, detached: &Detached) -> Result<()> {
    let mut starts = vec![0u64];
    for string in &detached.strings {
        starts.push(starts[starts.len() - 1] + string.len() as u64);
    }
    writer.put("derived_bytes", &detached.strings.concat())?;
    writer.put("derived_starts", &starts)
}

/// What the walks over the edges gave.
struct Walked {
    preorder: Preorder,
    /// For each node ordinal its preorder number.
    numbers: RowReader<u32>,
    labels: Labels,
    shallow: Sizes,
    rest: Rest,
}

/// What the classes are made of once edges are no longer needed.
struct Labels {
    distances: RowReader<i32>,
    interfaces: Interfaces,
    strings: StringTable,
}

/// What later passes still need of what was read.
struct Rest {
    node_type: Buffer<u8>,
    first_edge: Buffer<u32>,
    edge_to: Buffer<u32>,
    facts: NodeFacts,
    edges: EdgeFacts,
    info: SnapshotInfo,
    findings: Vec<Finding>,
}

/// Numbers the nodes and finds shallow sizes on one thread; distances and interfaces on the other.
fn walk(
    writer: &ContainerWriter,
    named: Named,
    edges: EdgeFacts,
    threads: usize,
    scratch: &Scratch,
) -> Result<Walked> {
    let Named { mut tables, text, strings, detached, facts } = named;
    drop(text);
    let own_sizes = std::mem::replace(&mut tables.self_size, Buffer::zeroed(0)?);
    let mut shallow = Sizes::new(own_sizes, &tables.self_size_wide);
    let roots = Roots::new(writer, &tables, &facts)?;
    let graph = Adjacency { first_edge: &tables.first_edge, to: &tables.edge_to };
    let search_rules = SearchRules {
        root: tables.root,
        essential: &edges.essential,
        strong: &edges.strong,
        root_is_held: edges.root_is_held,
        page_roots: &roots.page,
    };
    let in_depth = || {
        let mut preorder = search::preorder(graph, &search_rules, scratch)?;
        if writer.is_index() {
            write_parents(writer, &preorder, scratch)?;
        }
        // When the edges are sorted memory is at its peak, and numbers and distances are wanted in order.
        let numbers = writer.set_aside(&preorder.number)?;
        scratch.give(std::mem::replace(&mut preorder.number, Buffer::zeroed(0)?));
        if !roots.user.is_empty() {
            move_sizes(graph, &tables, &facts, &edges, &mut shallow, scratch)?;
        }
        writer.keep("node_type", &tables.node_type)?;
        writer.keep("first_edge", &tables.first_edge)?;
        Ok((preorder, numbers))
    };
    let in_breadth = || {
        let distances = find_distances(graph, &tables, &edges, &roots, scratch)?;
        writer.put("distance", &distances)?;
        scratch.give(distances);
        writer.keep("detachedness", &detached)?;
        let plain = facts.plain.words();
        let interfaces = PlainObjects { graph, writer, plain, strings: &strings }.interfaces()?;
        writer.put("interfaces", &crate::interfaces::encode(&interfaces.definitions))?;
        Ok(interfaces)
    };
    let ((preorder, numbers), interfaces) = both(threads, in_depth, in_breadth)?;
    let info = info(&tables, !roots.user.is_empty());
    let Tables { node_type, first_edge, findings, edge_to, .. } = tables;
    let rest = Rest { node_type, first_edge, edge_to, facts, edges, info, findings };
    let labels = Labels { distances: writer.rows("distance")?, interfaces, strings };
    Ok(Walked { preorder, numbers, labels, shallow, rest })
}

/// Writes for each ordinal the preorder number of its parent in the search, or [`NO_PARENT`].
fn write_parents(writer: &ContainerWriter, preorder: &Preorder, scratch: &Scratch) -> Result<()> {
    let Preorder { number, parent, tree_nodes, .. } = preorder;
    let mut parents = scratch.take::<u32>(number.len())?;
    for ((slot, &number), node) in parents.iter_mut().zip(&**number).zip(0..) {
        let is_known = get(tree_nodes.words(), node);
        *slot = if is_known { parent[number as usize] } else { NO_PARENT };
    }
    writer.put("search_parent", &parents)?;
    scratch.give(parents);
    Ok(())
}

fn find_distances(
    graph: Adjacency<'_>,
    tables: &Tables,
    edges: &EdgeFacts,
    roots: &Roots,
    scratch: &Scratch,
) -> Result<Buffer<i32>> {
    let rules = distance::EdgeRules {
        strong: &edges.strong,
        skipped: &edges.skipped,
        weak_map: &edges.weak_map,
        is_weak_map: &edges.is_weak_map,
    };
    distance::distances(graph, &rules, tables.root, &roots.user, scratch)
}

fn move_sizes(
    graph: Adjacency<'_>,
    tables: &Tables,
    facts: &NodeFacts,
    edges: &EdgeFacts,
    sizes: &mut Sizes,
    scratch: &Scratch,
) -> Result<()> {
    let ownable = facts.ownable.words();
    let owners = shallow::owners(graph, &edges.strong, ownable, scratch)?;
    let synthetic = NodeType::Synthetic.code();
    let receives = |node: u32| node != tables.root && tables.node_type[node as usize] != synthetic;
    shallow::move_sizes(&owners, ownable, sizes, receives);
    scratch.give(owners);
    Ok(())
}

/// Finds each node's class, and adds up all but their retained sizes.
fn classify(
    writer: &ContainerWriter,
    rest: &Rest,
    labels: Labels,
    shallow: &Sizes,
    scratch: &Scratch,
) -> Result<Classes> {
    let Labels { distances, interfaces, strings } = labels;
    let sources = classes::Sources {
        node_type: &rest.node_type,
        names: writer.rows("node_name")?,
        type_names: &rest.info.node_type_names,
        strings: &strings,
        locations: writer.rows("locations")?,
        plain: rest.facts.plain.words(),
        interfaces: &interfaces,
    };
    let mut classes = classes::assign(&sources, scratch)?;
    classes::add_up(&mut classes, shallow, &distances)?;
    writer.keep("class", &classes.of)?;
    Ok(classes)
}

/// The root's children that searches start from, in edge order.
struct Roots {
    /// DevTools' user roots: not synthetic, or the parents of document trees.
    user: Vec<u32>,
    /// Windows and document trees: what they reach belongs to the page.
    page: Vec<u32>,
}

impl Roots {
    fn new(writer: &ContainerWriter, tables: &Tables, facts: &NodeFacts) -> Result<Roots> {
        let kinds = writer.column::<u8>("edge_type")?;
        let graph = Adjacency { first_edge: &tables.first_edge, to: &tables.edge_to };
        let mut roots = Roots { user: Vec::new(), page: Vec::new() };
        for edge in graph.edges(tables.root) {
            let child = graph.to[edge as usize];
            let is_documents = facts.document_trees.binary_search(&child).is_ok();
            let synthetic = tables.node_type[child as usize] == NodeType::Synthetic.code();
            let kind = EdgeType::from_code(kinds[edge as usize]);
            if kind != EdgeType::Broken && (!synthetic || is_documents) {
                roots.user.push(child);
            }
            if kind == EdgeType::Shortcut || kind == EdgeType::Element && is_documents {
                roots.page.push(child);
            }
        }
        Ok(roots)
    }
}

fn info(tables: &Tables, has_user_roots: bool) -> SnapshotInfo {
    SnapshotInfo {
        node_count: tables.node_count() as u32,
        edge_count: tables.edge_count() as u32,
        string_count: tables.string_count,
        total_size: 0,
        extra_native_bytes: tables.header.extra_native_bytes,
        root: tables.root,
        max_js_object_id: tables.max_js_object_id,
        has_user_roots,
        has_detachedness: tables.header.meta.node_field("detachedness").is_some(),
        location_count: tables.location_count,
        trace_function_count: tables.trace_function_count,
        sample_count: tables.sample_count,
        file_bytes: tables.file_bytes,
        node_type_names: tables.node_type_names.clone(),
        edge_type_names: tables.edge_type_names.clone(),
        redaction: tables.header.redaction(),
    }
}

/// Who holds whom.
struct Held {
    /// By preorder number.
    dominators: Buffer<u32>,
    /// For each preorder number the node's ordinal.
    order: Buffer<u32>,
    /// Element stores of arrays that one edge alone leads to.
    unshared_elements: Vec<u32>,
    classes: Classes,
    duplicates: Option<Duplicates>,
}

fn finding(duplicates: Duplicates) -> Finding {
    let Duplicates { ids, nodes, smallest } = duplicates;
    let message = match ids {
        1 => format!("{nodes} nodes have the id @{smallest}; asking for it gives the first"),
        _ => format!(
            "{ids} ids are those of several nodes ({nodes} nodes, @{smallest} the smallest id); \
             asking for one gives its first node"
        ),
    };
    Finding::new(FindingKind::DuplicateId, message)
}

fn overflow(shallow: &Sizes, extra_native_bytes: u64) -> Option<Finding> {
    let message = "the sizes together are more than 64 bits hold; sums of them stop at 2^64 - 1";
    let overflows = shallow.overflow_with(extra_native_bytes);
    overflows.then(|| Finding::new(FindingKind::SizeOverflow, message))
}

fn hold(
    writer: &ContainerWriter,
    rest: &mut Rest,
    (preorder, numbers): (Preorder, RowReader<u32>),
    labels: Labels,
    shallow: &Sizes,
    threads: usize,
    scratch: &Scratch,
) -> Result<Held> {
    let rules = SortRules {
        graph: Adjacency { first_edge: &rest.first_edge, to: &rest.edge_to },
        root: rest.info.root,
        essential: &rest.edges.essential,
        broken: &rest.edges.broken,
        numbers: &numbers,
        page_owned: &preorder.page_owned,
        tree_edges: preorder.tree_edges.words(),
    };
    let mut retainers = predecessors::sort_by_target(&rules, threads, scratch)?;
    scratch.give(std::mem::replace(&mut rest.first_edge, Buffer::zeroed(0)?));
    // Not handed on: it is more than any later pass wants at once, and would stay resident whole.
    rest.edge_to = Buffer::zeroed(0)?;
    let (elements, tree_nodes) = (rest.edges.elements.words(), preorder.tree_nodes.words());
    let (order, unshared_elements) = both(
        threads,
        || search::order(&numbers, scratch),
        || Ok(retainers.with_one_edge(elements, tree_nodes)),
    )?;
    let Preorder { parent, reached, tree_edges, .. } = preorder;
    // Nothing looks at single edges any more.
    drop(tree_edges);
    (rest.edges.strong, rest.edges.essential) = (Buffer::zeroed(0)?, Buffer::zeroed(0)?);
    if !writer.is_index() {
        retainers.others = Vec::new();
        trim_heap();
    }
    let find = || {
        let Retainers { essential, .. } = &retainers;
        immediate_dominators(essential, &order, parent, reached, LAST_STEP_BOUND, scratch)
    };
    // Of what is left, this needs no edges, and half of the time that the dominators take.
    let label = || {
        let classes = classify(writer, rest, labels, shallow, scratch)?;
        writer.keep("preorder_node", &order)?;
        writer.keep("predecessor_first", &retainers.essential.first)?;
        writer.keep("predecessor_from", &retainers.essential.from)?;
        writer.keep("other_retainers", &retainers.others)?;
        writer.keep("shallow_low", shallow.low())?;
        writer.keep("shallow_wide", &shallow.wide())?;
        Ok((classes, duplicates::find(writer)?))
    };
    let (dominators, (classes, duplicates)) = both(threads, find, label)?;
    // The list of sources is not handed on: it is half as large again as what is wanted next, and would stay resident whole.
    scratch.give(retainers.essential.first);
    Ok(Held { dominators, order, unshared_elements, classes, duplicates })
}

fn write_tree(writer: &ContainerWriter, tree: &Tree) -> Result<()> {
    writer.keep("retained_low", tree.retained.low())?;
    writer.keep("retained_wide", &tree.retained.wide())?;
    writer.keep("tree_order", &tree.order)?;
    writer.keep("tree_size", &tree.size)
}

fn overview(rest: Rest, statistics: Statistics, classes: Classes) -> Overview {
    let info = SnapshotInfo { total_size: statistics.total, ..rest.info };
    Overview {
        info,
        statistics,
        classes: ClassTable { rows: classes.rows },
        findings: rest.findings,
    }
}
