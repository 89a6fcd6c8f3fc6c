//! Waste in strings: copies, slices that keep what they were cut from, joined strings that were never made flat.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Found, WasteHolder, WasteKind, WasteRow, Wasted};
use crate::edge::internal;
use crate::names::ConsStrings;
use crate::texts::{TextOptions, TextRow, TextSort, texts};

/// Bytes of a string below which a copy of the slice may take as much.
const LEAST_PARENT: u64 = 1024;

/// Strings whose text another one has too.
pub(super) fn duplicates(graph: &Graph, limit: usize) -> Wasted {
    let options = TextOptions {
        duplicates: true,
        sort: TextSort::Wasted,
        limit: Some(limit),
        ..TextOptions::default()
    };
    let found = texts(graph, &options);
    Wasted {
        kind: WasteKind::DuplicateStrings,
        object_count: found.string_count,
        saved_size: found.wasted_size,
        rows: found.rows.into_iter().map(row).collect(),
        row_count: found.text_count,
        unjudged: Vec::new(),
    }
}

fn row(text: TextRow) -> WasteRow {
    let holder = text.holders.into_iter().next();
    WasteRow {
        what: text.text,
        object_count: text.count,
        saved_size: text.wasted_size,
        example: text.example,
        holder: holder.map(|holder| WasteHolder {
            class_name: holder.class_name,
            original_class_name: holder.original_class_name,
            edge: holder.edge,
            id: holder.example,
        }),
        path: text.path,
        copies: Vec::new(),
        script: None,
    }
}

/// One slice of each large string that only slices hold, with the bytes of the whole. How long slices are is in no
/// snapshot, so this is the most that could be saved.
pub(super) fn sliced(graph: &Graph) -> Vec<Found> {
    let mut seen: FxHashSet<Ordinal> = FxHashSet::default();
    let is_slice = |&node: &Ordinal| graph.node_type(node) == NodeType::SlicedString;
    graph
        .nodes()
        .filter(is_slice)
        .filter_map(|slice| {
            let whole = internal(graph, slice, "parent")?;
            let is_kept_by_slices = graph.retained_size(whole) >= LEAST_PARENT
                && seen.insert(whole)
                && graph
                    .retainers(whole)
                    .all(|edge| edge.edge_type == EdgeType::Weak || is_slice(&edge.from));
            is_kept_by_slices.then(|| Found { node: slice, saved_size: graph.retained_size(whole) })
        })
        .collect()
}

/// Joined strings that are not flat, with the bytes of the joints within, which only they keep: the text of a flat
/// string takes no more than that of its parts.
pub(super) fn joined(graph: &Graph) -> Vec<Found> {
    let strings = ConsStrings::of(graph);
    // For each joint the string that it is part of. In preorder, so that the whole is met before its parts.
    let mut whole_of: FxHashMap<Ordinal, Ordinal> = FxHashMap::default();
    let mut found: Vec<Found> = Vec::new();
    let mut places: FxHashMap<Ordinal, usize> = FxHashMap::default();
    for &node in graph.dominator_preorder() {
        let node = Ordinal(node);
        if graph.node_type(node) != NodeType::ConcatenatedString || strings.is_flat(node) {
            continue;
        }
        let Some(&whole) = whole_of.get(&graph.dominator(node)) else {
            whole_of.insert(node, node);
            continue;
        };
        whole_of.insert(node, whole);
        let place = *places.entry(whole).or_insert(found.len());
        if place == found.len() {
            found.push(Found { node: whole, saved_size: 0 });
        }
        if let Some(found) = found.get_mut(place) {
            found.saved_size = found.saved_size.saturating_add(graph.shallow_size(node));
        }
    }
    found
}
