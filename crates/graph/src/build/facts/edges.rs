//! Edges that are weak, essential, or need a closer look.
//!
//! 64 edges at a time: their types become bits, and only the few whose name or source decides
//! over something are looked at one by one. Looking at each cost 0.68 s of processor time for 41
//! million edges (2026-11-22).

use heapglass_format::buffer::Buffer;
use heapglass_format::column::WideColumn;
use heapglass_format::container::ContainerWriter;
use heapglass_format::scan::Tables;
use heapglass_format::strings::StringTable;
use heapglass_format::{EdgeType, Result};

use super::masks::Kinds;
use super::{EdgeFacts, NodeFacts};
use crate::build::Adjacency;
use crate::build::bits::{Bits, get, ones, set};
use crate::build::text::{Known, Text};
use crate::build::window::EdgeWindow;

/// Looks at each edge's type and name, on `threads` threads.
pub(in crate::build) fn edges(
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
    /// For each string: is the name of a WeakMap's edge, or of an array's edge to its elements.
    names: Bits,
    /// Descriptor arrays and native contexts, ascending: all their edges are looked at.
    special_sources: Vec<u32>,
}

/// Some neighbouring edges, and where the bits for them are.
struct Block<'a> {
    /// Ordinal of the first one; its bit is the first of a word.
    start: usize,
    kinds: &'a [u8],
    names: &'a [u32],
    strong: &'a mut [u64],
    essential: &'a mut [u64],
}

/// The node that an edge comes from, for edges in ascending order.
struct Sources<'a> {
    first_edge: &'a [u32],
    node: usize,
}

impl Sources<'_> {
    #[inline(always)]
    fn of(&mut self, edge: u32) -> u32 {
        while self.first_edge.get(self.node + 1).is_some_and(|&end| end <= edge) {
            self.node += 1;
        }
        self.node as u32
    }
}

impl<'a> Walk<'a> {
    fn new(
        writer: &'a ContainerWriter,
        tables: &'a Tables,
        facts: &'a NodeFacts,
        text: &'a Text,
        strings: &'a StringTable,
    ) -> Result<Walk<'a>> {
        let mut names = Bits::new(tables.string_count as usize)?;
        let elements = text.known_indexes().filter(|&name| is_elements(text, name));
        for name in text.weak_map_indexes().chain(elements) {
            set(names.words_mut(), name);
        }
        let graph = Adjacency { first_edge: &tables.first_edge, to: &tables.edge_to };
        let ids =
            WideColumn { low: writer.column("node_id_low")?, wide: writer.column("node_id_wide")? };
        let mut special_sources: Vec<u32> = ones(facts.descriptors.words()).collect();
        special_sources.extend(&facts.native_contexts);
        special_sources.sort_unstable();
        let root = tables.root;
        Ok(Walk { writer, graph, root, ids, facts, text, strings, names, special_sources })
    }

    /// Walks the edges whose bits are `strong` and `essential`, from edge ordinal `start` on.
    fn part(&self, start: usize, strong: &mut [u64], essential: &mut [u64]) -> Result<Specials> {
        // Edges past the last node's belong to nobody.
        let there = self.graph.first_edge.last().map_or(0, |&end| end as usize);
        let end = (start + strong.len() * 64).min(there);
        let node = self.graph.first_edge.partition_point(|&first| first as usize <= start);
        let first_edge = self.graph.first_edge;
        let mut sources = Sources { first_edge, node: node.saturating_sub(1) };
        let mut window = EdgeWindow::new(self.writer)?;
        let mut specials = Specials::default();
        let mut edge = start;
        while edge < end {
            let (kinds, names) = window.from(edge)?;
            let count = kinds.len().min(end - edge);
            if count == 0 {
                break;
            }
            let at = (edge - start) / 64;
            let mut block = Block {
                start: edge,
                kinds: &kinds[..count],
                names: &names[..count],
                strong: &mut strong[at..],
                essential: &mut essential[at..],
            };
            self.block(&mut block, &mut sources, &mut specials);
            self.special_edges(&block, &mut specials);
            edge += count;
        }
        Ok(specials)
    }

    fn block(&self, block: &mut Block<'_>, sources: &mut Sources<'_>, specials: &mut Specials) {
        let targets = &self.graph.to[block.start..block.start + block.kinds.len()];
        let rows = block.kinds.chunks(64).zip(block.names.chunks(64)).zip(targets.chunks(64));
        let words = block.strong.iter_mut().zip(&mut *block.essential);
        for ((start, ((kinds, names), targets)), (strong, essential)) in
            (block.start as u32..).step_by(64).zip(rows).zip(words)
        {
            let kinds = Kinds::new(kinds);
            let broken = kinds.equal(EdgeType::Broken.code());
            *strong = kinds.there() & !broken & !kinds.equal(EdgeType::Weak.code());
            *essential = *strong;
            for at in bits(broken) {
                specials.broken.push(start + at);
            }
            let shortcuts = kinds.equal(EdgeType::Shortcut.code());
            let internal = kinds.equal(EdgeType::Internal.code());
            for at in bits(shortcuts | self.known_names(names, internal)) {
                let (name, target) = (names[at as usize], targets[at as usize]);
                let source = sources.of(start + at);
                let is_essential = match shortcuts >> at & 1 {
                    1 => source == self.root,
                    _ => self.internal_edge([source, start + at, name, target], specials),
                };
                *essential &= !(u64::from(!is_essential) << at);
            }
            if targets.contains(&self.root) {
                let mut held = (0..).zip(targets).filter(|&(_, &target)| target == self.root);
                specials.root_is_held |= held.any(|(at, _): (u32, _)| *strong >> at & 1 == 1);
            }
        }
    }

    /// A bit for each of the edges in `among` whose name is one of `self.names`.
    #[inline(always)]
    fn known_names(&self, names: &[u32], among: u64) -> u64 {
        let words = self.names.words();
        let is_known = |name: u32| {
            words.get((name / 64) as usize).is_some_and(|word| word >> (name % 64) & 1 == 1)
        };
        bits(among).fold(0, |mask, at| mask | u64::from(is_known(names[at as usize])) << at)
    }

    /// Looks at an internal edge with a known name: source, edge, name and target. False if the
    /// name says that the edge is not essential.
    fn internal_edge(&self, edge: [u32; 4], specials: &mut Specials) -> bool {
        let [source, ordinal, name, target] = edge;
        if let Some(name) = self.text.weak_map(name) {
            // DevTools' filter has decided on a descriptor array's edges before it comes to pairs.
            if !get(self.facts.descriptors.words(), source) {
                specials.weak_map.push((ordinal, name.pair));
            }
            return self.ids.get(source as usize) != name.table;
        }
        // Only the first such edge of an array counts.
        if get(self.facts.arrays.words(), source)
            && specials.elements.last().is_none_or(|last| last.0 != source)
        {
            specials.elements.push((source, target));
        }
        true
    }

    /// Looks at the edges in `block` of descriptor arrays and native contexts.
    fn special_edges(&self, block: &Block<'_>, specials: &mut Specials) {
        let first_edge = self.graph.first_edge;
        let end = block.start + block.kinds.len();
        let first = self
            .special_sources
            .partition_point(|&node| first_edge[node as usize + 1] as usize <= block.start);
        for &node in &self.special_sources[first..] {
            let edges = self.graph.edges(node);
            if edges.start as usize >= end {
                return;
            }
            let is_descriptors = get(self.facts.descriptors.words(), node);
            for edge in (edges.start as usize).max(block.start)..(edges.end as usize).min(end) {
                let kind = EdgeType::from_code(block.kinds[edge - block.start]);
                let name = block.names[edge - block.start];
                let skipped = match is_descriptors {
                    true => self.is_descriptor(kind, name),
                    false => !kind.is_indexed() && self.is_sloppy_function_map(name),
                };
                if skipped {
                    specials.skipped.push(edge as u32);
                }
            }
        }
    }

    fn is_sloppy_function_map(&self, name: u32) -> bool {
        self.text.known(name) == Some(Known::SloppyFunctionMap)
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

fn is_elements(text: &Text, name: u32) -> bool {
    text.known(name) == Some(Known::Elements)
}

/// The set bits of a word, ascending.
#[inline(always)]
fn bits(mut word: u64) -> impl Iterator<Item = u32> {
    std::iter::from_fn(move || {
        let at = word.trailing_zeros();
        word &= word.wrapping_sub(1);
        (at < 64).then_some(at)
    })
}

/// The number that JavaScript's `parseInt` reads from the start of a short name.
fn leading_number(text: &[u8]) -> Option<u32> {
    let digits = text.iter().take_while(|b| b.is_ascii_digit()).count();
    std::str::from_utf8(&text[..digits]).ok()?.parse().ok()
}
