//! What is special about single nodes and edges: one walk over the names.

use heapglass_format::buffer::Buffer;
use heapglass_format::column::Column;
use heapglass_format::container::ContainerWriter;
use heapglass_format::scan::Tables;
use heapglass_format::strings::StringTable;
use heapglass_format::{EdgeType, NodeType, Result};

use super::Adjacency;
use super::bits::{Bits, get, set};
use super::text::{Known, Text};

/// Facts about nodes, a bit for each ordinal.
pub(super) struct NodeFacts {
    /// Hidden objects, arrays and external string data: their size goes to their owner.
    pub(super) ownable: Bits,
    /// Plain JavaScript objects, which get their class from an interface.
    pub(super) plain: Bits,
    /// JavaScript arrays, as the Statistics view counts them.
    pub(super) arrays: Bits,
    /// Old V8's descriptor arrays.
    descriptors: Bits,
    /// Hidden nodes that are native contexts.
    native_contexts: Vec<u32>,
    /// The synthetic parents of document trees.
    pub(super) document_trees: Vec<u32>,
}

/// Facts about edges, a bit for each ordinal.
pub(super) struct EdgeFacts {
    /// Neither weak nor broken.
    pub(super) strong: Buffer<u64>,
    /// Essential for the dominator tree, leaving aside what the page owns.
    pub(super) essential: Buffer<u64>,
    /// Strong, but never followed for distances; empty if there is none.
    pub(super) skipped: Buffer<u64>,
    /// Is in `weak_map`; empty if that is.
    pub(super) is_weak_map: Buffer<u64>,
    /// `(edge ordinal, pair)` of the edges that hold WeakMap values, ascending.
    pub(super) weak_map: Vec<(u32, u32)>,
    /// For each node ordinal: is the `elements` store of a JavaScript array.
    pub(super) elements: Bits,
    /// Whether a strong edge leads to the root.
    pub(super) root_is_held: bool,
}

/// Looks at each node's type and name.
pub(super) fn nodes(tables: &Tables, names: &[u32], text: &Text) -> Result<NodeFacts> {
    let count = tables.node_count();
    let mut facts = NodeFacts {
        ownable: Bits::new(count)?,
        plain: Bits::new(count)?,
        arrays: Bits::new(count)?,
        descriptors: Bits::new(count)?,
        native_contexts: Vec::new(),
        document_trees: Vec::new(),
    };
    let interesting = interesting_names(tables.string_count, text)?;
    for ((node, &code), &name) in (0u32..).zip(&*tables.node_type).zip(names) {
        let kind = NodeType::from_code(code);
        if matches!(kind, NodeType::Hidden | NodeType::Array) {
            set(facts.ownable.words_mut(), node);
        }
        let known = (name < tables.string_count && get(interesting.words(), name))
            .then(|| text.known(name));
        match (known.flatten(), kind) {
            (None, _) => {}
            (Some(Known::ExternalStringData), NodeType::Native) => {
                set(facts.ownable.words_mut(), node);
            }
            (Some(Known::Object), NodeType::Object) => {
                set(facts.plain.words_mut(), node);
            }
            (Some(Known::Array), kind) if may_be_js_array(kind) => {
                set(facts.arrays.words_mut(), node);
            }
            (Some(Known::MapDescriptors), NodeType::Array) => {
                set(facts.descriptors.words_mut(), node);
            }
            (Some(Known::NativeContext), NodeType::Hidden) => facts.native_contexts.push(node),
            (Some(Known::DocumentDomTrees), NodeType::Synthetic) => facts.document_trees.push(node),
            _ => {}
        }
    }
    Ok(facts)
}

/// DevTools asks for the name "Array" only of nodes of the other types.
fn may_be_js_array(kind: NodeType) -> bool {
    use NodeType::{Code, ConcatenatedString, Hidden, Native, SlicedString, String};
    !matches!(
        kind,
        Hidden | Native | Code | ConcatenatedString | SlicedString | String
    )
}

fn interesting_names(strings: u32, text: &Text) -> Result<Bits> {
    use Known::{
        Array, DocumentDomTrees, ExternalStringData, MapDescriptors, NativeContext, Object,
    };
    let mut bits = Bits::new(strings as usize)?;
    for known in [
        Array,
        DocumentDomTrees,
        ExternalStringData,
        MapDescriptors,
        NativeContext,
        Object,
    ] {
        for index in text.indexes(known) {
            set(bits.words_mut(), index);
        }
    }
    Ok(bits)
}

/// The columns that the walk over the edges reads.
struct EdgeColumns {
    kinds: Column<u8>,
    names: Column<u32>,
    ids: Column<u32>,
}

/// Looks at each edge's type and name, on `threads` threads.
pub(super) fn edges(
    writer: &ContainerWriter,
    tables: &Tables,
    facts: &NodeFacts,
    text: &Text,
    strings: &StringTable,
    threads: usize,
) -> Result<EdgeFacts> {
    let columns = EdgeColumns {
        kinds: writer.column("edge_type")?,
        names: writer.column("edge_name")?,
        ids: writer.column("node_id_low")?,
    };
    let count = tables.edge_count();
    let words = count.div_ceil(64);
    let mut strong = Buffer::<u64>::zeroed(words)?;
    let mut essential = Buffer::<u64>::zeroed(words)?;
    let walk = Walk::new(tables, &columns, facts, text, strings)?;
    let per_thread = words.div_ceil(threads.max(1)).max(1);
    let parts = strong
        .chunks_mut(per_thread)
        .zip(essential.chunks_mut(per_thread))
        .enumerate();
    let specials: Vec<Specials> = std::thread::scope(|scope| {
        let walk = &walk;
        let workers: Vec<_> = parts
            .map(|(part, (strong, essential))| {
                scope.spawn(move || walk.part(part * per_thread * 64, strong, essential))
            })
            .collect();
        let join = |worker: std::thread::ScopedJoinHandle<'_, Specials>| {
            worker
                .join()
                .unwrap_or_else(|panic| std::panic::resume_unwind(panic))
        };
        workers.into_iter().map(join).collect()
    });
    collect(specials, strong, essential, tables)
}

/// Edges that need more than their bit, found by one thread.
#[derive(Default)]
struct Specials {
    weak_map: Vec<(u32, u32)>,
    skipped: Vec<u32>,
    elements: Vec<u32>,
    root_is_held: bool,
}

fn collect(
    specials: Vec<Specials>,
    strong: Buffer<u64>,
    essential: Buffer<u64>,
    tables: &Tables,
) -> Result<EdgeFacts> {
    let words = strong.len();
    let mut facts = EdgeFacts {
        strong,
        essential,
        skipped: Buffer::zeroed(0)?,
        is_weak_map: Buffer::zeroed(0)?,
        weak_map: Vec::new(),
        elements: Bits::new(tables.node_count())?,
        root_is_held: false,
    };
    if specials.iter().any(|s| !s.skipped.is_empty()) {
        facts.skipped = Buffer::zeroed(words)?;
    }
    if specials.iter().any(|s| !s.weak_map.is_empty()) {
        facts.is_weak_map = Buffer::zeroed(words)?;
    }
    for found in specials {
        for &edge in &found.skipped {
            set(&mut facts.skipped, edge);
        }
        for &(edge, _) in &found.weak_map {
            set(&mut facts.is_weak_map, edge);
        }
        for &node in &found.elements {
            set(facts.elements.words_mut(), node);
        }
        facts.weak_map.extend_from_slice(&found.weak_map);
        facts.root_is_held |= found.root_is_held;
    }
    Ok(facts)
}

/// What the walk over the edges looks things up in.
struct Walk<'a> {
    graph: Adjacency<'a>,
    root: u32,
    kinds: &'a [u8],
    names: &'a [u32],
    ids: &'a [u32],
    facts: &'a NodeFacts,
    text: &'a Text,
    strings: &'a StringTable,
    /// For each string: is the name of a WeakMap's edge. Empty if there is none.
    weak_map_names: Bits,
}

impl<'a> Walk<'a> {
    fn new(
        tables: &'a Tables,
        columns: &'a EdgeColumns,
        facts: &'a NodeFacts,
        text: &'a Text,
        strings: &'a StringTable,
    ) -> Result<Walk<'a>> {
        let any = text.weak_map_indexes().next().is_some();
        let mut weak_map_names = Bits::new(if any { tables.string_count as usize } else { 0 })?;
        for index in text.weak_map_indexes() {
            set(weak_map_names.words_mut(), index);
        }
        let graph = Adjacency {
            first_edge: &tables.first_edge,
            to: &tables.edge_to,
        };
        let (kinds, names, ids) = (&*columns.kinds, &*columns.names, &*columns.ids);
        Ok(Walk {
            graph,
            root: tables.root,
            kinds,
            names,
            ids,
            facts,
            text,
            strings,
            weak_map_names,
        })
    }

    /// Walks the edges whose bits are `strong` and `essential`, from edge ordinal `start` on.
    fn part(&self, start: usize, strong: &mut [u64], essential: &mut [u64]) -> Specials {
        let end = (start + strong.len() * 64).min(self.graph.to.len());
        let first_edge = self.graph.first_edge;
        let mut specials = Specials::default();
        let mut node = first_edge
            .partition_point(|&first| first as usize <= start)
            .saturating_sub(1);
        let mut edge = start;
        while edge < end && node + 1 < first_edge.len() {
            let (first, after) = (first_edge[node] as usize, first_edge[node + 1] as usize);
            if first >= start && first < after {
                self.special_node(node as u32, &mut specials);
            }
            while edge < after.min(end) {
                self.edge(node as u32, edge, start, strong, essential, &mut specials);
                edge += 1;
            }
            node += 1;
        }
        specials
    }

    #[inline(always)]
    fn edge(
        &self,
        node: u32,
        edge: usize,
        start: usize,
        strong: &mut [u64],
        essential: &mut [u64],
        specials: &mut Specials,
    ) {
        const WEAK: u8 = EdgeType::Weak.code();
        const BROKEN: u8 = EdgeType::Broken.code();
        const SHORTCUT: u8 = EdgeType::Shortcut.code();
        const INTERNAL: u8 = EdgeType::Internal.code();
        let (kind, target) = (self.kinds[edge], self.graph.to[edge]);
        let is_strong = kind != WEAK && kind != BROKEN;
        let mut is_essential =
            is_strong && target != node && (kind != SHORTCUT || node == self.root);
        if kind == INTERNAL && self.is_weak_map_name(self.names[edge]) {
            if let Some(name) = self.text.weak_map(self.names[edge]) {
                specials.weak_map.push((edge as u32, name.pair));
                is_essential &= u64::from(self.ids[node as usize]) != name.table;
            }
        }
        specials.root_is_held |= is_strong && target == self.root;
        let at = edge - start;
        strong[at / 64] |= u64::from(is_strong) << (at % 64);
        essential[at / 64] |= u64::from(is_essential) << (at % 64);
    }

    #[inline(always)]
    fn is_weak_map_name(&self, name: u32) -> bool {
        let words = self.weak_map_names.words();
        ((name / 64) as usize) < words.len() && get(words, name)
    }

    /// Edges that matter because of the node they come from.
    fn special_node(&self, node: u32, specials: &mut Specials) {
        if get(self.facts.arrays.words(), node) {
            specials.elements.extend(self.elements_of(node));
        } else if get(self.facts.descriptors.words(), node) {
            specials.skipped.extend(
                self.graph
                    .edges(node)
                    .filter(|&edge| self.is_descriptor(edge)),
            );
        } else if self.facts.native_contexts.binary_search(&node).is_ok() {
            specials
                .skipped
                .extend(self.graph.edges(node).filter(|&edge| {
                    !EdgeType::from_code(self.kinds[edge as usize]).is_indexed()
                        && self.text.known(self.names[edge as usize])
                            == Some(Known::SloppyFunctionMap)
                }));
        }
    }

    /// The element store of an array: the target of its first internal edge `elements`.
    fn elements_of(&self, node: u32) -> Option<u32> {
        let found = self.graph.edges(node).find(|&edge| {
            self.kinds[edge as usize] == EdgeType::Internal.code()
                && self.text.known(self.names[edge as usize]) == Some(Known::Elements)
        });
        found.map(|edge| self.graph.to[edge as usize])
    }

    /// DevTools skips the descriptors in descriptor arrays: entries 4, 7, 10 … Their edges are
    /// numbered; a named one is followed.
    fn is_descriptor(&self, edge: u32) -> bool {
        let kind = EdgeType::from_code(self.kinds[edge as usize]);
        let index = if kind.is_indexed() {
            Some(self.names[edge as usize])
        } else {
            self.strings
                .get(self.names[edge as usize])
                .and_then(leading_number)
        };
        index.is_some_and(|index| index >= 2 && index % 3 == 1)
    }
}

/// The number that JavaScript's `parseInt` reads from the start of a short name.
fn leading_number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&text[..digits]).ok()?.parse().ok()
}
