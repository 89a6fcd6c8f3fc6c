//! A small language for snapshots.

use std::collections::HashMap;
use std::fmt;

use crate::Layout;

/// A node of a [`SnapshotBuilder`]: its position in the node table, and so its ordinal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeRef(pub u32);

/// A row of the node table.
#[derive(Debug, Clone)]
pub struct NodeSpec {
    /// Type, by V8's name.
    pub node_type: String,
    /// Name.
    pub name: String,
    /// V8's id.
    pub id: u64,
    /// Size in bytes.
    pub self_size: u64,
    /// 0 unknown, 1 attached, 2 detached.
    pub detachedness: u8,
    /// Trace node id.
    pub trace_node_id: u32,
    /// Its edges, in order.
    pub edges: Vec<EdgeSpec>,
}

/// A row of the edge table.
#[derive(Debug, Clone)]
pub struct EdgeSpec {
    /// Type, by V8's name.
    pub edge_type: String,
    /// Name; a number for elements and hidden edges.
    pub name: String,
    /// `to_node` in units of nodes; may lie outside the table.
    pub to: u64,
}

/// Makes snapshots as V8 writes them.
///
/// ```
/// use heapglass_testkit::SnapshotBuilder;
///
/// let mut heap = SnapshotBuilder::new();
/// let cache = heap.object("Cache", 40);
/// let entry = heap.string("hello", 24);
/// heap.property(heap.global(), "cache", cache);
/// heap.element(cache, 0, entry);
/// let json: Vec<u8> = heap.to_bytes();
/// ```
#[derive(Clone, Default)]
pub struct SnapshotBuilder {
    pub(crate) nodes: Vec<NodeSpec>,
    pub(crate) locations: Vec<[u32; 4]>,
    pub(crate) root: u32,
    pub(crate) layout: Layout,
    pub(crate) node_count: Option<u64>,
    pub(crate) edge_count: Option<u64>,
    pub(crate) extra_native_bytes: Option<u64>,
    pub(crate) literals: HashMap<String, String>,
}

/// The snapshot itself: shorter than its rows, and ready to be opened elsewhere.
impl fmt::Debug for SnapshotBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_json())
    }
}

impl SnapshotBuilder {
    /// A heap like every real one: the root, `(GC roots)` below it, and a global object that the
    /// root reaches by a shortcut and `(GC roots)` by an element.
    pub fn new() -> SnapshotBuilder {
        let mut heap = SnapshotBuilder::empty();
        let root = heap.node("synthetic", "", 0);
        let gc_roots = heap.node("synthetic", "(GC roots)", 0);
        let global = heap.node("object", "global", 0);
        heap.edge(root, "element", "1", gc_roots);
        heap.edge(root, "shortcut", "global", global);
        heap.edge(gc_roots, "element", "1", global);
        heap
    }

    /// No node at all. The first node made is the root.
    pub fn empty() -> SnapshotBuilder {
        SnapshotBuilder::default()
    }

    /// The root of [`SnapshotBuilder::new`].
    pub fn root(&self) -> NodeRef {
        NodeRef(0)
    }

    /// `(GC roots)` of [`SnapshotBuilder::new`].
    pub fn gc_roots(&self) -> NodeRef {
        NodeRef(1)
    }

    /// The global object of [`SnapshotBuilder::new`].
    pub fn global(&self) -> NodeRef {
        NodeRef(2)
    }

    /// A node of any type. Its id is odd, or even for native and synthetic ones, as V8's are.
    pub fn node(&mut self, node_type: &str, name: &str, self_size: u64) -> NodeRef {
        let at = u32::try_from(self.nodes.len()).expect("a test has few nodes");
        let even = matches!(node_type, "native" | "synthetic");
        self.nodes.push(NodeSpec {
            node_type: node_type.to_owned(),
            name: name.to_owned(),
            id: u64::from(at) * 2 + if even { 2 } else { 1 },
            self_size,
            detachedness: 0,
            trace_node_id: 0,
            edges: Vec::new(),
        });
        NodeRef(at)
    }

    /// An object of a class.
    pub fn object(&mut self, class_name: &str, self_size: u64) -> NodeRef {
        self.node("object", class_name, self_size)
    }

    /// A string.
    pub fn string(&mut self, text: &str, self_size: u64) -> NodeRef {
        self.node("string", text, self_size)
    }

    /// A function without a script.
    pub fn closure(&mut self, name: &str, self_size: u64) -> NodeRef {
        self.node("closure", name, self_size)
    }

    /// A function of a script: a closure, and what V8 knows of its text.
    pub fn function(&mut self, name: &str, script: NodeRef) -> NodeRef {
        let closure = self.closure(name, 64);
        let shared = self.node("code", "system / SharedFunctionInfo", 48);
        self.internal(closure, "shared", shared);
        self.internal(shared, "script", script);
        closure
    }

    /// A concatenated string of two halves.
    pub fn cons_string(&mut self, first: NodeRef, second: NodeRef, self_size: u64) -> NodeRef {
        let cons = self.node("concatenated string", "(concatenated string)", self_size);
        self.internal(cons, "first", first);
        self.internal(cons, "second", second);
        cons
    }

    /// A number as V8 writes it when numeric values are captured: `int`, `double` or `bool` with
    /// its value in a string of size 0.
    pub fn number(&mut self, kind: &str, value: &str) -> NodeRef {
        let number = self.node("number", kind, 0);
        let text = self.string(value, 0);
        self.internal(number, "value", text);
        number
    }

    /// An edge of any type. `name` must be a number for elements and hidden edges.
    pub fn edge(&mut self, from: NodeRef, edge_type: &str, name: &str, to: NodeRef) {
        self.edge_to_anywhere(from, edge_type, name, u64::from(to.0));
    }

    /// An edge that may lead outside the node table; `to` counts nodes.
    pub fn edge_to_anywhere(&mut self, from: NodeRef, edge_type: &str, name: &str, to: u64) {
        self.spec(from).edges.push(EdgeSpec {
            edge_type: edge_type.to_owned(),
            name: name.to_owned(),
            to,
        });
    }

    /// A property.
    pub fn property(&mut self, from: NodeRef, name: &str, to: NodeRef) {
        self.edge(from, "property", name, to);
    }

    /// An element.
    pub fn element(&mut self, from: NodeRef, index: u32, to: NodeRef) {
        self.edge(from, "element", &index.to_string(), to);
    }

    /// A variable in a context.
    pub fn context(&mut self, from: NodeRef, name: &str, to: NodeRef) {
        self.edge(from, "context", name, to);
    }

    /// An internal edge.
    pub fn internal(&mut self, from: NodeRef, name: &str, to: NodeRef) {
        self.edge(from, "internal", name, to);
    }

    /// A hidden edge.
    pub fn hidden(&mut self, from: NodeRef, index: u32, to: NodeRef) {
        self.edge(from, "hidden", &index.to_string(), to);
    }

    /// A shortcut.
    pub fn shortcut(&mut self, from: NodeRef, name: &str, to: NodeRef) {
        self.edge(from, "shortcut", name, to);
    }

    /// A weak edge.
    pub fn weak(&mut self, from: NodeRef, name: &str, to: NodeRef) {
        self.edge(from, "weak", name, to);
    }

    /// An entry of a WeakMap: the pair of edges that V8 writes for it.
    pub fn weak_map_entry(&mut self, table: NodeRef, key: NodeRef, value: NodeRef) {
        let text = |node: NodeRef| {
            let spec = &self.nodes[node.0 as usize];
            (spec.name.clone(), spec.id)
        };
        let ((key_name, key_id), (value_name, value_id), (_, table_id)) =
            (text(key), text(value), text(table));
        let name = format!(
            "3 / part of key ({key_name} @{key_id}) -> value ({value_name} @{value_id}) pair in WeakMap (table @{table_id})"
        );
        self.internal(key, &name, value);
        self.internal(table, &name, value);
    }

    /// A node's row, to change anything about it.
    pub fn spec(&mut self, node: NodeRef) -> &mut NodeSpec {
        &mut self.nodes[node.0 as usize]
    }

    /// All rows.
    pub fn nodes(&self) -> &[NodeSpec] {
        &self.nodes
    }

    /// A node's id.
    pub fn id(&self, node: NodeRef) -> u64 {
        self.nodes[node.0 as usize].id
    }

    /// Gives a node a source position, 0-based.
    pub fn locate(&mut self, node: NodeRef, script_id: u32, line: u32, column: u32) {
        self.locations.push([node.0, script_id, line, column]);
    }

    /// Says whether a DOM node is attached (1) or detached (2).
    pub fn detachedness(&mut self, node: NodeRef, state: u8) {
        self.spec(node).detachedness = state;
    }

    /// Makes another node the root (`root_index`).
    pub fn set_root(&mut self, node: NodeRef) {
        self.root = node.0;
    }

    /// Lays the file out as another V8 does, or as none does.
    pub fn layout(&mut self, layout: Layout) {
        self.layout = layout;
    }

    /// The layout, to change details.
    pub fn layout_mut(&mut self) -> &mut Layout {
        &mut self.layout
    }

    /// Writes other counts into the header than the tables have.
    pub fn lie_about_counts(&mut self, node_count: Option<u64>, edge_count: Option<u64>) {
        self.node_count = node_count;
        self.edge_count = edge_count;
    }

    /// Writes `extra_native_bytes` into the header.
    pub fn extra_native_bytes(&mut self, bytes: u64) {
        self.extra_native_bytes = Some(bytes);
    }

    /// Writes the string `text` as this JSON literal (quotes included) wherever it occurs.
    pub fn literal(&mut self, text: &str, json: &str) {
        self.literals.insert(text.to_owned(), json.to_owned());
    }
}
