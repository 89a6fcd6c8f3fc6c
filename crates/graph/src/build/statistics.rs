//! The Statistics view.
//!
//! Source: DevTools' `calculateStatistics` and `calculateArraySize` (HeapSnapshot.ts).

use heapglass_format::NodeType;

use super::bits::{get, ones};
use super::predecessors::Retainers;
use super::sizes::Sizes;
use super::text::{Known, Text};
use crate::Statistics;

/// What the view is computed from.
pub(super) struct Sources<'a> {
    pub(super) node_type: &'a [u8],
    pub(super) names: &'a [u32],
    pub(super) shallow: &'a Sizes,
    pub(super) text: &'a Text,
    /// For each node ordinal: is a JavaScript array.
    pub(super) arrays: &'a [u64],
    /// For each node ordinal: is the `elements` store of a JavaScript array.
    pub(super) elements: &'a [u64],
    pub(super) retainers: &'a Retainers,
    /// For each node ordinal its preorder number.
    pub(super) number: &'a [u32],
    pub(super) extra_native_bytes: u64,
    /// Retained size of the root.
    pub(super) root_retained: u64,
}

/// Computes the view.
pub(super) fn compute(sources: &Sources<'_>) -> Statistics {
    let mut native = sources.extra_native_bytes;
    let mut found = Statistics {
        total: sources
            .root_retained
            .saturating_add(sources.extra_native_bytes),
        ..Statistics::default()
    };
    let buffers = sources.text.indexes(Known::ArrayBufferData);
    for (node, &code) in (0u32..).zip(sources.node_type) {
        let size = sources.shallow.get(node);
        if size == 0 {
            continue;
        }
        match NodeType::from_code(code) {
            NodeType::Hidden => found.system += size,
            NodeType::Native => {
                native = native.saturating_add(size);
                if buffers.contains(&sources.names[node as usize]) {
                    found.typed_arrays += size;
                }
            }
            NodeType::Code => found.code += size,
            NodeType::String | NodeType::ConcatenatedString | NodeType::SlicedString => {
                found.strings += size
            }
            _ if get(sources.arrays, node) => found.js_arrays += size,
            _ => {}
        }
    }
    found.js_arrays += unshared_elements(sources);
    found.other_native = native.saturating_sub(found.typed_arrays);
    let v8 = found.total as i128 - i128::from(native);
    let named = found.code + found.strings + found.js_arrays + found.system;
    found.other_js = (v8 - i128::from(named)) as i64;
    found
}

/// Sizes of the element stores that one edge alone leads to.
fn unshared_elements(sources: &Sources<'_>) -> u64 {
    let essential = &sources.retainers.essential.first;
    let mut others = sources
        .retainers
        .others
        .iter()
        .map(|pair| pair[0])
        .peekable();
    let mut sum = 0;
    for node in ones(sources.elements) {
        while others.next_if(|&target| target < node).is_some() {}
        let mut in_degree = 0;
        while others.next_if_eq(&node).is_some() {
            in_degree += 1;
        }
        let number = sources.number[node as usize] as usize;
        in_degree += essential[number + 1] - essential[number];
        if in_degree == 1 {
            sum += sources.shallow.get(node);
        }
    }
    sum
}
