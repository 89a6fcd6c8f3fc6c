//! What is special about single nodes and edges: one walk over the names.

use heapglass_format::buffer::Buffer;
use heapglass_format::column::WideColumn;
use heapglass_format::container::ContainerWriter;
use heapglass_format::scan::Tables;
use heapglass_format::strings::StringTable;
use heapglass_format::{EdgeType, NodeType, Result};

use super::Adjacency;
use super::bits::{Bits, get, set};
use super::text::{Known, Text};
use super::window::EdgeWindow;

/// Facts about nodes, a bit for each ordinal.
pub(super) struct NodeFacts {
    /// Hidden objects, arrays and external string data: their size goes to their owner.
    pub(super) ownable: Bits,
    /// Plain JavaScript objects, which get their class from an interface.
    pub(super) plain: Bits,
    /// JavaScript arrays, as the Statistics view counts them.
    pub(super) arrays: Bits,
    /// Native memory of array buffers.
    pub(super) buffers: Bits,
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
    /// Ordinals of the broken edges, ascending.
    pub(super) broken: Vec<u32>,
}

/// Looks at each node's type and name.
pub(super) fn nodes(tables: &Tables, names: &[u32], text: &Text) -> Result<NodeFacts> {
    let count = tables.node_count();
    let mut facts = NodeFacts {
        ownable: Bits::new(count)?,
        plain: Bits::new(count)?,
        arrays: Bits::new(count)?,
        buffers: Bits::new(count)?,
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
            (Some(Known::ArrayBufferData), NodeType::Native) => {
                set(facts.buffers.words_mut(), node);
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
    !matches!(kind, Hidden | Native | Code | ConcatenatedString | SlicedString | String)
}

fn interesting_names(strings: u32, text: &Text) -> Result<Bits> {
    let mut bits = Bits::new(strings as usize)?;
    for index in text.known_indexes() {
        set(bits.words_mut(), index);
    }
    Ok(bits)
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
    let count = tables.edge_count();
    let words = count.div_ceil(64);
    let mut strong = Buffer::<u64>::zeroed(words)?;
    let mut essential = Buffer::<u64>::zeroed(words)?;
    let walk = Walk::new(writer, tables, facts, text, strings)?;
    let per_thread = words.div_ceil(threads.max(1)).max(1);
    let parts = strong.chunks_mut(per_thread).zip(essential.chunks_mut(per_thread)).enumerate();
    let specials: Vec<Result<Specials>> = std::thread::scope(|scope| {
        let walk = &walk;
        let workers: Vec<_> = parts
            .map(|(part, (strong, essential))| {
                scope.spawn(move || walk.part(part * per_thread * 64, strong, essential))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
            .collect()
    });
    let specials = specials.into_iter().collect::<Result<Vec<_>>>()?;
    collect(specials, strong, essential, tables)
}

/// Edges that need more than their bit, found by one thread.
#[derive(Default)]
struct Specials {
    weak_map: Vec<(u32, u32)>,
    skipped: Vec<u32>,
    /// `(array, its element store)`.
    elements: Vec<(u32, u32)>,
    root_is_held: bool,
    broken: Vec<u32>,
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
        broken: Vec::new(),
    };
    if specials.iter().any(|s| !s.skipped.is_empty()) {
        facts.skipped = Buffer::zeroed(words)?;
    }
    if specials.iter().any(|s| !s.weak_map.is_empty()) {
        facts.is_weak_map = Buffer::zeroed(words)?;
    }
    let mut last_array = None;
    for found in specials {
        for &edge in &found.skipped {
            set(&mut facts.skipped, edge);
        }
        for &(edge, _) in &found.weak_map {
            set(&mut facts.is_weak_map, edge);
        }
        for &(array, store) in &found.elements {
            // An array's first `elements` edge counts; two threads may share an array.
            if last_array.replace(array) != Some(array) {
                set(facts.elements.words_mut(), store);
            }
        }
        facts.weak_map.extend_from_slice(&found.weak_map);
        facts.root_is_held |= found.root_is_held;
        facts.broken.extend_from_slice(&found.broken);
    }
    Ok(facts)
}

/// What the walk over the edges looks things up in.
struct Walk<'a> {
    writer: &'a ContainerWriter,
    graph: Adjacency<'a>,
    root: u32,
    /// For each node ordinal its id.
    ids: WideColumn,
    facts: &'a NodeFacts,
    text: &'a Text,
    strings: &'a StringTable,
    /// For each string: is the name of a WeakMap's edge. Empty if there is none.
    weak_map_names: Bits,
}

/// Why the edges of a node are looked at more closely.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Special {
    No,
    Array,
    Descriptors,
    NativeContext,
}

/// One edge.
struct Edge {
    source: u32,
    ordinal: usize,
    kind: u8,
    name: u32,
}

impl<'a> Walk<'a> {
    fn new(
        writer: &'a ContainerWriter,
        tables: &'a Tables,
        facts: &'a NodeFacts,
        text: &'a Text,
        strings: &'a StringTable,
    ) -> Result<Walk<'a>> {
        let any = text.weak_map_indexes().next().is_some();
        let mut weak_map_names = Bits::new(if any { tables.string_count as usize } else { 0 })?;
        for index in text.weak_map_indexes() {
            set(weak_map_names.words_mut(), index);
        }
        let graph = Adjacency { first_edge: &tables.first_edge, to: &tables.edge_to };
        let ids =
            WideColumn { low: writer.column("node_id_low")?, wide: writer.column("node_id_wide")? };
        Ok(Walk { writer, graph, root: tables.root, ids, facts, text, strings, weak_map_names })
    }

    /// Walks the edges whose bits are `strong` and `essential`, from edge ordinal `start` on.
    fn part(&self, start: usize, strong: &mut [u64], essential: &mut [u64]) -> Result<Specials> {
        let end = (start + strong.len() * 64).min(self.graph.to.len());
        let first_edge = self.graph.first_edge;
        let mut window = EdgeWindow::new(self.writer)?;
        let mut specials = Specials::default();
        let mut node =
            first_edge.partition_point(|&first| first as usize <= start).saturating_sub(1);
        let mut edge = start;
        while edge < end && node + 1 < first_edge.len() {
            let after = (first_edge[node + 1] as usize).min(end);
            let special = self.special(node as u32);
            while edge < after {
                let (kinds, names) = window.from(edge)?;
                let count = kinds.len().min(after - edge);
                if count == 0 {
                    return Ok(specials);
                }
                for (&kind, &name) in kinds[..count].iter().zip(names) {
                    let one = Edge { source: node as u32, ordinal: edge, kind, name };
                    let (is_strong, is_essential) = self.bits(&one, special, &mut specials);
                    let at = edge - start;
                    strong[at / 64] |= u64::from(is_strong) << (at % 64);
                    essential[at / 64] |= u64::from(is_essential) << (at % 64);
                    if special != Special::No {
                        self.look_closely(special, &one, &mut specials);
                    }
                    edge += 1;
                }
            }
            node += 1;
        }
        Ok(specials)
    }

    /// Whether the edge is strong, and whether it is essential.
    #[inline(always)]
    fn bits(&self, edge: &Edge, special: Special, specials: &mut Specials) -> (bool, bool) {
        const WEAK: u8 = EdgeType::Weak.code();
        const BROKEN: u8 = EdgeType::Broken.code();
        const SHORTCUT: u8 = EdgeType::Shortcut.code();
        const INTERNAL: u8 = EdgeType::Internal.code();
        let (kind, source, target) = (edge.kind, edge.source, self.graph.to[edge.ordinal]);
        let is_strong = kind != WEAK && kind != BROKEN;
        let mut is_essential =
            is_strong && target != source && (kind != SHORTCUT || source == self.root);
        if kind == INTERNAL
            && self.is_weak_map_name(edge.name)
            && let Some(name) = self.text.weak_map(edge.name)
        {
            // DevTools' filter has decided on a descriptor array's edges before it comes to pairs.
            if special != Special::Descriptors {
                specials.weak_map.push((edge.ordinal as u32, name.pair));
            }
            is_essential &= self.ids.get(source as usize) != name.table;
        }
        if kind == BROKEN {
            specials.broken.push(edge.ordinal as u32);
        }
        specials.root_is_held |= is_strong && target == self.root;
        (is_strong, is_essential)
    }

    #[inline(always)]
    fn is_weak_map_name(&self, name: u32) -> bool {
        let words = self.weak_map_names.words();
        ((name / 64) as usize) < words.len() && get(words, name)
    }

    #[inline(always)]
    fn special(&self, node: u32) -> Special {
        if get(self.facts.arrays.words(), node) {
            Special::Array
        } else if get(self.facts.descriptors.words(), node) {
            Special::Descriptors
        } else if self.facts.native_contexts.binary_search(&node).is_ok() {
            Special::NativeContext
        } else {
            Special::No
        }
    }

    /// Looks at an edge that matters because of the node it comes from.
    fn look_closely(&self, special: Special, edge: &Edge, specials: &mut Specials) {
        let kind = EdgeType::from_code(edge.kind);
        let known = || if kind.is_indexed() { None } else { self.text.known(edge.name) };
        match special {
            // Only the first such edge of an array counts.
            Special::Array
                if kind == EdgeType::Internal
                    && known() == Some(Known::Elements)
                    && specials.elements.last().is_none_or(|last| last.0 != edge.source) =>
            {
                specials.elements.push((edge.source, self.graph.to[edge.ordinal]));
            }
            Special::Descriptors if self.is_descriptor(kind, edge.name) => {
                specials.skipped.push(edge.ordinal as u32);
            }
            Special::NativeContext if known() == Some(Known::SloppyFunctionMap) => {
                specials.skipped.push(edge.ordinal as u32);
            }
            _ => {}
        }
    }

    /// DevTools skips the descriptors in descriptor arrays: entries 4, 7, 10 … Their edges are
    /// numbered; a named one is followed.
    fn is_descriptor(&self, kind: EdgeType, name: u32) -> bool {
        let index = match kind.is_indexed() {
            true => Some(name),
            false => self.strings.get(name).and_then(leading_number),
        };
        index.is_some_and(|index| index >= 2 && index % 3 == 1)
    }
}

/// The number that JavaScript's `parseInt` reads from the start of a short name.
fn leading_number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&text[..digits]).ok()?.parse().ok()
}
