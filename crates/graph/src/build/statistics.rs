//! The Statistics view.
//!
//! Source: DevTools' `calculateStatistics` and `calculateArraySize` (HeapSnapshot.ts).

use heapglass_format::NodeType;

use super::bits::get;
use super::sizes::Sizes;
use crate::Statistics;

/// What the view is computed from.
pub(super) struct Sources<'a> {
    pub(super) node_type: &'a [u8],
    pub(super) shallow: &'a Sizes,
    /// For each node ordinal: is the memory of an array buffer.
    pub(super) buffers: &'a [u64],
    /// For each node ordinal: is a JavaScript array.
    pub(super) arrays: &'a [u64],
    /// Element stores of arrays that one edge alone leads to.
    pub(super) unshared_elements: &'a [u32],
    pub(super) extra_native_bytes: u64,
    /// Retained size of the root.
    pub(super) root_retained: u64,
}

/// Computes the view.
pub(super) fn compute(sources: &Sources<'_>) -> Statistics {
    let mut native = sources.extra_native_bytes;
    let mut found = Statistics {
        total: sources.root_retained.saturating_add(sources.extra_native_bytes),
        ..Statistics::default()
    };
    for (node, &code) in (0u32..).zip(sources.node_type) {
        let size = sources.shallow.get(node);
        if size == 0 {
            continue;
        }
        match NodeType::from_code(code) {
            NodeType::Hidden => add(&mut found.system, size),
            NodeType::Native => {
                add(&mut native, size);
                if get(sources.buffers, node) {
                    add(&mut found.typed_arrays, size);
                }
            }
            NodeType::Code => add(&mut found.code, size),
            NodeType::String | NodeType::ConcatenatedString | NodeType::SlicedString => {
                add(&mut found.strings, size);
            }
            _ if get(sources.arrays, node) => add(&mut found.js_arrays, size),
            _ => {}
        }
    }
    for &node in sources.unshared_elements {
        add(&mut found.js_arrays, sources.shallow.get(node));
    }
    found.other_native = native.saturating_sub(found.typed_arrays);
    let named = [native, found.code, found.strings, found.js_arrays, found.system];
    let rest = i128::from(found.total) - named.into_iter().map(i128::from).sum::<i128>();
    found.other_js = rest.clamp(i64::MIN.into(), i64::MAX.into()) as i64;
    found
}

/// Adds up sizes; those of damaged files may be more than 64 bits together.
fn add(sum: &mut u64, size: u64) {
    *sum = sum.saturating_add(size);
}
