//! Which DOM nodes are attached to a document, and which are detached and still alive.
//!
//! Source: DevTools' `initDetachednessAndClassIndex` and `propagateDOMState` (HeapSnapshot.ts).

use heapglass_format::buffer::Buffer;
use heapglass_format::container::ContainerWriter;
use heapglass_format::scan::Tables;
use heapglass_format::strings::StringTable;
use heapglass_format::{EdgeType, NodeType, Result};
use rustc_hash::FxHashMap;

use super::Adjacency;

const UNKNOWN: u8 = 0;
const ATTACHED: u8 = 1;
const DETACHED: u8 = 2;

/// The string that DevTools puts in front of detached nodes' names.
const PREFIX: &[u8] = b"Detached ";

/// What the pass found.
pub(super) struct Detached {
    /// For each node ordinal its state; empty if none is known.
    pub(super) state: Buffer<u8>,
    /// `(ordinal, string index)` of the nodes whose name changes, ascending by ordinal.
    pub(super) renamed: Vec<(u32, u32)>,
    /// The new strings; their indexes follow on the file's.
    pub(super) strings: Vec<Vec<u8>>,
}

/// Finds the state of every node.
pub(super) fn states(
    writer: &ContainerWriter,
    tables: &mut Tables,
    names: &[u32],
    strings: &StringTable,
) -> Result<Detached> {
    let mut found =
        Detached { state: Buffer::zeroed(0)?, renamed: Vec::new(), strings: Vec::new() };
    let state = std::mem::replace(&mut tables.detachedness, Buffer::zeroed(0)?);
    if state.is_empty() {
        found.state = by_name(tables, names, strings)?;
    } else if state.iter().any(|&state| state != UNKNOWN) {
        found.state = state;
        let kinds = writer.column::<u8>("edge_type")?;
        let changed = spread(tables, &kinds, &mut found.state);
        rename(changed, names, strings, &mut found);
    }
    Ok(found)
}

/// Files without the field (V8 before 9): native nodes called "Detached …" are detached.
fn by_name(tables: &Tables, names: &[u32], strings: &StringTable) -> Result<Buffer<u8>> {
    let detached = |(&code, &name): (&u8, &u32)| {
        NodeType::from_code(code) == NodeType::Native
            && strings.get(name).is_some_and(|name| name.starts_with(PREFIX))
    };
    let nodes = || tables.node_type.iter().zip(names);
    if !nodes().any(detached) {
        return Buffer::zeroed(0);
    }
    let mut state = Buffer::<u8>::zeroed(tables.node_count())?;
    for (slot, node) in state.iter_mut().zip(nodes()) {
        *slot = if detached(node) { DETACHED } else { UNKNOWN };
    }
    Ok(state)
}

/// Spreads the known states over native nodes: first attached, then detached. Returns the
/// detached nodes.
fn spread(tables: &Tables, kinds: &[u8], state: &mut [u8]) -> Vec<u32> {
    let graph = Adjacency { first_edge: &tables.first_edge, to: &tables.edge_to };
    let native = |node: u32| tables.node_type[node as usize] == NodeType::Native.code();
    // A seed keeps its state; other native nodes take the first that reaches them.
    let mut settled: Vec<bool> = state.iter().map(|&state| state != UNKNOWN).collect();
    let mut detached = Vec::new();
    for new_state in [ATTACHED, DETACHED] {
        let seeds = |&node: &u32| native(node) && state[node as usize] == new_state;
        let mut waiting: Vec<u32> = (0..state.len() as u32).filter(seeds).collect();
        // Nodes that turned attached in the first round are no seeds of the second.
        if new_state == DETACHED {
            detached.clone_from(&waiting);
        }
        while let Some(node) = waiting.pop() {
            for edge in graph.edges(node) {
                let kind = EdgeType::from_code(kinds[edge as usize]);
                let target = graph.to[edge as usize];
                let passes = !matches!(
                    kind,
                    EdgeType::Hidden | EdgeType::Invisible | EdgeType::Weak | EdgeType::Broken
                );
                if !passes
                    || std::mem::replace(&mut settled[target as usize], true)
                    || !native(target)
                {
                    continue;
                }
                state[target as usize] = new_state;
                waiting.push(target);
                if new_state == DETACHED {
                    detached.push(target);
                }
            }
        }
    }
    detached.sort_unstable();
    detached
}

fn rename(detached: Vec<u32>, names: &[u32], strings: &StringTable, found: &mut Detached) {
    let first = strings.file_len() as u32;
    let mut renamed = FxHashMap::default();
    for node in detached {
        let old = names.get(node as usize).copied();
        // A name that the file lacks stays so.
        let Some((old, text)) = old.and_then(|old| Some((old, strings.get(old)?))) else {
            continue;
        };
        let new = *renamed.entry(old).or_insert_with(|| {
            found.strings.push([PREFIX, text].concat());
            first + found.strings.len() as u32 - 1
        });
        found.renamed.push((node, new));
    }
}
