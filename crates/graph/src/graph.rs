//! The graph: columns and the small accessors over them.

use std::borrow::Cow;
use std::sync::Arc;

use heapglass_format::NodeType;
use heapglass_format::column::{Column, WideColumn};
use heapglass_format::container::Container;
use heapglass_format::strings::StringTable;
use heapglass_format::{Error, Result};

use crate::known_names::KnownNames;
use crate::{
    ClassIndex, ClassRow, Detachedness, Distance, Edge, EdgeName, NodeId, Ordinal, Originals,
    Overview, StringIndex,
};

/// A whole heap graph, read-only, cheap to clone and to share between threads.
///
/// Ordinals come from the graph itself, or from [`Graph::ordinal_of`]. Of one that is out of range
/// every accessor gives nothing (0, an empty name, no edges), and an edge that leads out of range is
/// none: the numbers of an index are those of a file, whose sums anybody can make right.
#[derive(Debug, Clone)]
pub struct Graph {
    pub(crate) overview: Arc<Overview>,
    pub(crate) columns: Columns,
    pub(crate) strings: StringTable,
    /// Of source maps, if the caller has any; not in an index.
    pub(crate) originals: Option<Arc<Originals>>,
    pub(crate) known_names: Arc<KnownNames>,
}

/// The columns of a graph. "For each node ordinal" is written N, "for each edge ordinal" E.
#[derive(Debug, Clone)]
pub(crate) struct Columns {
    /// N: [`NodeType::code`]. Filled by the scanner.
    pub node_type: Column<u8>,
    /// N: string index of the name, "Detached …" names in place. Scanner, then the DOM pass.
    pub node_name: Column<u32>,
    /// N: V8's id. Scanner.
    pub node_id: WideColumn,
    /// N: shallow size in bytes after DevTools' moving to owners. Shallow-size pass.
    pub shallow: WideColumn,
    /// N: retained size in bytes. Dominator pass.
    pub retained: WideColumn,
    /// N+1: ordinal of the node's first edge; its edges end where the next node's begin.
    pub first_edge: Column<u32>,
    /// N: distance, see [`Distance`]. Distance pass.
    pub distance: Column<i32>,
    /// N: ordinal of the immediate dominator; the root's is itself. Dominator pass.
    pub dominator: Column<u32>,
    /// N: the node's position in a preorder of the dominator tree; children of a node stand in the
    /// order of the depth-first search. Dominator pass.
    pub tree_position: Column<u32>,
    /// Inverse of `tree_position`.
    pub tree_order: Column<u32>,
    /// N: number of nodes in the dominator subtree, the node included. Dominator pass.
    pub tree_size: Column<u32>,
    /// N: class. Class pass.
    pub class: Column<u32>,
    /// N: 0 unknown, 1 attached, 2 detached; empty when no node is known. DOM pass.
    pub detachedness: Column<u8>,
    /// N: trace node id; empty when allocations were not tracked. Scanner.
    pub trace_node: Column<u32>,
    /// `[id, function, count, size, parent's row]` of each node of the trace tree, parents first;
    /// the function is a row of `trace_functions`. Scanner.
    pub trace_tree: Column<[u64; 5]>,
    /// `[function id, name, script name, script id, line, column]`, names as string indexes.
    /// Scanner.
    pub trace_functions: Column<[u32; 6]>,
    /// E: [`code`](heapglass_format::EdgeType::code). Scanner.
    pub edge_type: Column<u8>,
    /// E: string index or number, see [`is_indexed`](heapglass_format::EdgeType::is_indexed). Scanner.
    pub edge_name: Column<u32>,
    /// E: ordinal of the target. Scanner.
    pub edge_to: Column<u32>,
    /// N: the node that has this number in the depth-first preorder of the dominator pass.
    pub preorder_node: Column<u32>,
    /// N: the preorder number of the node from which that search came, by an essential edge, or
    /// [`NO_PARENT`].
    pub search_parent: Column<u32>,
    /// N+1: start of the node's predecessors in `predecessor_from`.
    pub predecessor_first: Column<u32>,
    /// For each other essential edge, sorted by target, the preorder number of its source.
    pub predecessor_from: Column<u32>,
    /// `[target, source]` ordinals of the edges that are not essential, ascending.
    pub other_retainers: Column<[u32; 2]>,
    /// `[ordinal, script id, line, column]` of located nodes, ascending by ordinal. Scanner.
    pub locations: Column<[u32; 4]>,
    /// The names of plain objects and their properties, see `interfaces::encode`. Class pass.
    pub interfaces: Column<u8>,
}

impl Columns {
    /// Whether every column is as long as the overview says; else which one is not. Edge columns
    /// may be longer: edges that belong to no node stay behind those that do.
    fn fit(&self, overview: &Overview) -> std::result::Result<(), &'static str> {
        let (nodes, edges) = (overview.info.node_count as usize, overview.info.edge_count as usize);
        let per_node = [
            ("node_type", self.node_type.len()),
            ("node_name", self.node_name.len()),
            ("node_id", self.node_id.len()),
            ("shallow", self.shallow.len()),
            ("retained", self.retained.len()),
            ("distance", self.distance.len()),
            ("dominator", self.dominator.len()),
            ("tree_position", self.tree_position.len()),
            ("tree_order", self.tree_order.len()),
            ("tree_size", self.tree_size.len()),
            ("class", self.class.len()),
            ("preorder_node", self.preorder_node.len()),
            ("search_parent", self.search_parent.len()),
            ("first_edge", self.first_edge.len().saturating_sub(1)),
            ("predecessor_first", self.predecessor_first.len().saturating_sub(1)),
        ];
        let per_edge = [
            ("edge_type", self.edge_type.len()),
            ("edge_name", self.edge_name.len()),
            ("edge_to", self.edge_to.len()),
        ];
        let wrong = per_node.iter().find(|(_, len)| *len != nodes);
        let short = per_edge.iter().find(|(_, len)| *len < edges);
        wrong.or(short).map_or(Ok(()), |(name, _)| Err(*name))
    }
}

/// In [`Columns::search_parent`]: the search did not come to the node by an edge.
pub(crate) const NO_PARENT: u32 = u32::MAX;

/// Where in a script an object's constructor, or a function, was written. All are 0-based, as in
/// the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Location {
    /// V8's script id. The script's URL is reached through a closure's shared function.
    pub script_id: u32,
    /// Line, 0-based.
    pub line: u32,
    /// Column, 0-based.
    pub column: u32,
}

impl Graph {
    /// The graph whose columns lie in `container`.
    pub(crate) fn from_container(container: &Container, overview: Arc<Overview>) -> Result<Graph> {
        let wide = |low: &str, wide: &str| -> Result<WideColumn> {
            Ok(WideColumn { low: container.column(low)?, wide: container.column(wide)? })
        };
        let columns = Columns {
            node_type: container.column("node_type")?,
            node_name: container.column("node_name")?,
            node_id: wide("node_id_low", "node_id_wide")?,
            shallow: wide("shallow_low", "shallow_wide")?,
            retained: wide("retained_low", "retained_wide")?,
            first_edge: container.column("first_edge")?,
            distance: container.column("distance")?,
            dominator: container.column("dominator")?,
            tree_position: container.column("tree_position")?,
            tree_order: container.column("tree_order")?,
            tree_size: container.column("tree_size")?,
            class: container.column("class")?,
            detachedness: container.column("detachedness")?,
            trace_node: container.column("trace_node")?,
            trace_tree: container.column("trace_tree")?,
            trace_functions: container.column("trace_functions")?,
            edge_type: container.column("edge_type")?,
            edge_name: container.column("edge_name")?,
            edge_to: container.column("edge_to")?,
            preorder_node: container.column("preorder_node")?,
            search_parent: container.column("search_parent")?,
            predecessor_first: container.column("predecessor_first")?,
            predecessor_from: container.column("predecessor_from")?,
            other_retainers: container.column("other_retainers")?,
            locations: container.column("locations")?,
            interfaces: container.column("interfaces")?,
        };
        columns.fit(&overview).map_err(|what| Error::Index {
            path: container.path().to_owned(),
            reason: format!("damaged: {what} has another length than the overview says"),
        })?;
        let strings = StringTable {
            bytes: container.column("string_bytes")?,
            starts: container.column("string_starts")?,
            derived_bytes: container.column("derived_bytes")?,
            derived_starts: container.column("derived_starts")?,
        };
        Ok(Graph { overview, columns, strings, originals: None, known_names: Arc::default() })
    }

    /// Facts, statistics, classes, findings.
    pub fn overview(&self) -> &Overview {
        &self.overview
    }

    /// Number of nodes.
    pub fn node_count(&self) -> u32 {
        self.overview.info.node_count
    }

    /// Number of edges.
    pub fn edge_count(&self) -> u32 {
        self.overview.info.edge_count
    }

    /// All nodes in the file's order.
    pub fn nodes(&self) -> impl ExactSizeIterator<Item = Ordinal> + Clone + use<> {
        (0..self.node_count()).map(Ordinal)
    }

    /// The synthetic root.
    pub fn root(&self) -> Ordinal {
        Ordinal(self.overview.info.root)
    }

    /// The node with V8's id `id`. Cost: one pass over the id column.
    pub fn ordinal_of(&self, id: NodeId) -> Option<Ordinal> {
        let ids = &self.columns.node_id;
        match u32::try_from(id.0) {
            Ok(low) if low != WideColumn::ESCAPE => {
                position(&ids.low, low).map(|at| Ordinal(at as u32))
            }
            _ => {
                let entry = ids.wide.iter().find(|entry| entry[1] == id.0)?;
                u32::try_from(entry[0]).ok().filter(|&node| node < self.node_count()).map(Ordinal)
            }
        }
    }

    /// The node's type.
    pub fn node_type(&self, node: Ordinal) -> NodeType {
        NodeType::from_code(self.columns.node_type.get(node.index()).copied().unwrap_or(u8::MAX))
    }

    /// For each node [`NodeType::code`] of its type: the whole column.
    pub fn node_type_codes(&self) -> &[u8] {
        &self.columns.node_type
    }

    /// The name of the node's type, as in the file.
    pub fn node_type_name(&self, node: Ordinal) -> &str {
        let code = self.columns.node_type.get(node.index()).copied().unwrap_or(u8::MAX);
        self.overview.info.node_type_names.get(usize::from(code)).map_or("unknown", |name| name)
    }

    /// V8's id of the node.
    pub fn id(&self, node: Ordinal) -> NodeId {
        NodeId(self.columns.node_id.get(node.index()))
    }

    /// String index of the node's name.
    pub fn name_index(&self, node: Ordinal) -> StringIndex {
        StringIndex(self.columns.node_name.get(node.index()).copied().unwrap_or(u32::MAX))
    }

    /// The node's raw name: V8's name for it, "Detached " in front for detached DOM nodes.
    /// Lone surrogates read as U+FFFD; a name that the file does not hold reads as empty.
    pub fn raw_name(&self, node: Ordinal) -> Cow<'_, str> {
        self.string(self.name_index(node))
    }

    /// A string; see [`Graph::raw_name`] for odd ones.
    pub fn string(&self, index: StringIndex) -> Cow<'_, str> {
        self.strings.lossy(index.0)
    }

    /// The string table.
    pub fn strings(&self) -> &StringTable {
        &self.strings
    }

    /// Shallow size in bytes, after DevTools' moving of backing stores to their owners.
    pub fn shallow_size(&self, node: Ordinal) -> u64 {
        self.columns.shallow.get(node.index())
    }

    /// Retained size in bytes: what would be freed with the node.
    pub fn retained_size(&self, node: Ordinal) -> u64 {
        self.columns.retained.get(node.index())
    }

    /// Distance from the user roots.
    pub fn distance(&self, node: Ordinal) -> Distance {
        self.columns.distance.get(node.index()).map_or(Distance::NONE, |&at| Distance(at))
    }

    /// For each node its distance: the whole column.
    pub fn distances(&self) -> &[i32] {
        &self.columns.distance
    }

    /// The immediate dominator; the root's is itself.
    pub fn dominator(&self, node: Ordinal) -> Ordinal {
        let dominator = self.columns.dominator.get(node.index()).copied().map(Ordinal);
        dominator.filter(|&node| self.has(node)).unwrap_or(self.root())
    }

    /// The nodes that `node` dominates immediately, in no particular order. Cost: one step each.
    pub fn dominated(&self, node: Ordinal) -> impl Iterator<Item = Ordinal> + '_ {
        let (order, size) = (&*self.columns.tree_order, &*self.columns.tree_size);
        let (start, end) = self.subtree(node);
        let mut next = start + 1;
        std::iter::from_fn(move || {
            let child = *order.get(next).filter(|_| next < end)?;
            next += size.get(child as usize).map_or(1, |&size| size.max(1)) as usize;
            Some(Ordinal(child))
        })
    }

    /// All nodes that `node` dominates, itself first: its retained set.
    pub fn retained_set(&self, node: Ordinal) -> impl ExactSizeIterator<Item = Ordinal> + '_ {
        let (start, end) = self.subtree(node);
        self.columns.tree_order.get(start..end).unwrap_or_default().iter().map(|&o| Ordinal(o))
    }

    /// Where the dominator subtree of a node starts and ends in preorder.
    fn subtree(&self, node: Ordinal) -> (usize, usize) {
        let start = self.tree_position(node) as usize;
        let end = start + self.retained_count(node) as usize;
        (start, end.min(self.columns.tree_order.len()))
    }

    /// Whether there is such a node.
    pub(crate) fn has(&self, node: Ordinal) -> bool {
        node.0 < self.node_count()
    }

    /// All nodes in preorder of the dominator tree.
    pub fn dominator_preorder(&self) -> &[u32] {
        &self.columns.tree_order
    }

    /// Position of `node` in [`Graph::dominator_preorder`].
    pub fn tree_position(&self, node: Ordinal) -> u32 {
        self.columns.tree_position.get(node.index()).copied().unwrap_or(u32::MAX)
    }

    /// Number of nodes in the dominator subtree of `node`, itself included.
    pub fn retained_count(&self, node: Ordinal) -> u32 {
        self.columns.tree_size.get(node.index()).copied().unwrap_or(0)
    }

    /// Whether every path from the root to `node` goes through `dominator` (a node dominates
    /// itself). Constant time.
    pub fn dominates(&self, dominator: Ordinal, node: Ordinal) -> bool {
        let start = self.tree_position(dominator);
        let at = self.tree_position(node);
        at >= start && at - start < self.retained_count(dominator)
    }

    /// Whether a DOM node is attached.
    pub fn detachedness(&self, node: Ordinal) -> Detachedness {
        match self.columns.detachedness.get(node.index()) {
            Some(1) => Detachedness::Attached,
            Some(2) => Detachedness::Detached,
            _ => Detachedness::Unknown,
        }
    }

    /// The node's class.
    pub fn class(&self, node: Ordinal) -> ClassIndex {
        ClassIndex(self.columns.class.get(node.index()).copied().unwrap_or(u32::MAX))
    }

    /// For each node its class: the whole column.
    pub fn classes(&self) -> &[u32] {
        &self.columns.class
    }

    /// The Summary row of a class.
    pub fn class_row(&self, class: ClassIndex) -> &ClassRow {
        self.overview.classes.row(class)
    }

    /// What DevTools shows as the node's constructor.
    pub fn class_name(&self, node: Ordinal) -> &str {
        &self.class_row(self.class(node)).class_name
    }

    /// Where the node's constructor, or the function itself, was written.
    pub fn location(&self, node: Ordinal) -> Option<Location> {
        let locations = &*self.columns.locations;
        let at = locations.binary_search_by_key(&node.0, |row| row[0]).ok()?;
        let [_, script_id, line, column] = locations[at];
        Some(Location { script_id, line, column })
    }

    /// An edge's name as text: the string, or the number in digits.
    pub fn edge_name(&self, edge: Edge) -> Cow<'_, str> {
        match edge.name {
            EdgeName::Index(index) => Cow::Owned(index.to_string()),
            EdgeName::String(index) => self.string(index),
        }
    }
}

/// Where `value` stands first. Blocks are compared as a whole, which the compiler does with vector
/// instructions.
fn position(column: &[u32], value: u32) -> Option<usize> {
    const BLOCK: usize = 1024;
    let holds = |block: &[u32]| block.iter().fold(false, |found, &v| found | (v == value));
    let block = column.chunks(BLOCK).position(holds)? * BLOCK;
    Some(block + column[block..].iter().position(|&v| v == value)?)
}
