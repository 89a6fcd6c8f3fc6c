//! What is special about single nodes and edges: one walk over the types and names of each.

mod edges;
mod masks;

use heapglass_format::buffer::Buffer;
use heapglass_format::scan::Tables;
use heapglass_format::{NodeType, Result};

use super::bits::{Bits, get, set};
use super::text::{Known, Text};
pub(super) use edges::edges;

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
    /// Essential for the dominator tree, leaving aside what the page owns and that an edge from a
    /// node to itself never is.
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

/// Looks at each node's type and name, on `threads` threads.
pub(super) fn nodes(
    tables: &Tables,
    names: &[u32],
    text: &Text,
    threads: usize,
) -> Result<NodeFacts> {
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
    let look = |part: Part<'_>| part.look(tables, names, text, interesting.words());
    let words = count.div_ceil(64).div_ceil(threads.max(1)).max(1);
    let mut specials = Vec::new();
    std::thread::scope(|scope| {
        let workers: Vec<_> =
            facts.parts(words).into_iter().map(|part| scope.spawn(|| look(part))).collect();
        for worker in workers {
            specials.push(worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
    });
    for (contexts, trees) in specials {
        facts.native_contexts.extend(contexts);
        facts.document_trees.extend(trees);
    }
    Ok(facts)
}

/// The bits of some neighbouring nodes.
struct Part<'a> {
    start: u32,
    ownable: &'a mut [u64],
    plain: &'a mut [u64],
    arrays: &'a mut [u64],
    buffers: &'a mut [u64],
    descriptors: &'a mut [u64],
}

impl NodeFacts {
    /// Parts of `words` words each.
    fn parts(&mut self, words: usize) -> Vec<Part<'_>> {
        let ownable = self.ownable.words_mut().chunks_mut(words);
        let plain = self.plain.words_mut().chunks_mut(words);
        let arrays = self.arrays.words_mut().chunks_mut(words);
        let buffers = self.buffers.words_mut().chunks_mut(words);
        let descriptors = self.descriptors.words_mut().chunks_mut(words);
        let together = ownable.zip(plain).zip(arrays).zip(buffers).zip(descriptors);
        (0u32..)
            .zip(together)
            .map(|(part, ((((ownable, plain), arrays), buffers), descriptors))| {
                let start = part * words as u32 * 64;
                Part { start, ownable, plain, arrays, buffers, descriptors }
            })
            .collect()
    }
}

impl Part<'_> {
    /// Sets the bits; returns the native contexts and the parents of document trees.
    fn look(
        self,
        tables: &Tables,
        names: &[u32],
        text: &Text,
        interesting: &[u64],
    ) -> (Vec<u32>, Vec<u32>) {
        let start = self.start as usize;
        let end = (start + self.ownable.len() * 64).min(tables.node_count());
        let (mut native_contexts, mut document_trees) = (Vec::new(), Vec::new());
        let rows = tables.node_type[start..end].iter().zip(&names[start..end]);
        for ((at, node), (&code, &name)) in (0u32..).zip(self.start..).zip(rows) {
            let kind = NodeType::from_code(code);
            if matches!(kind, NodeType::Hidden | NodeType::Array) {
                set(self.ownable, at);
            }
            let known = (name < tables.string_count && get(interesting, name))
                .then(|| text.known(name))
                .flatten();
            match (known, kind) {
                (None, _) => {}
                (Some(Known::ExternalStringData), NodeType::Native) => {
                    set(self.ownable, at);
                }
                (Some(Known::ArrayBufferData), NodeType::Native) => {
                    set(self.buffers, at);
                }
                (Some(Known::Object), NodeType::Object) => {
                    set(self.plain, at);
                }
                (Some(Known::Array), kind) if may_be_js_array(kind) => {
                    set(self.arrays, at);
                }
                (Some(Known::MapDescriptors), NodeType::Array) => {
                    set(self.descriptors, at);
                }
                (Some(Known::NativeContext), NodeType::Hidden) => native_contexts.push(node),
                (Some(Known::DocumentDomTrees), NodeType::Synthetic) => document_trees.push(node),
                _ => {}
            }
        }
        (native_contexts, document_trees)
    }
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
