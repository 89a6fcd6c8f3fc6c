//! Rows of waste: what objects of one class waste that are held in the same way.

use std::cmp::Reverse;
use std::hash::Hash;

use heapglass_graph::{ClassIndex, Graph, Ordinal};
use rustc_hash::FxHashMap;

use super::{Found, WasteHolder, WasteKind, WasteRow, Wasted};
use crate::describe;
use crate::holder::{Holder, How, holders};
use crate::paths::{PathEnd, paths_in_words};
use crate::sums::saturating_sum;

/// A row before it is described.
struct Draft {
    object_count: u64,
    saved_size: u64,
    example: Ordinal,
    /// The holder of the first.
    holder: Option<Ordinal>,
    /// Whether the variable that holds an object has the same name in the source of all holders.
    has_one_text: bool,
}

/// Puts objects of one class that are held in the same way by objects of one class into one row.
pub(super) fn by_holder(graph: &Graph, kind: WasteKind, found: Vec<Found>, limit: usize) -> Wasted {
    grouped(graph, kind, found, |node| graph.class(node), None, limit)
}

/// The same by `key` in place of the class, and with a name for the row's example.
pub(super) fn grouped<K: Copy + Eq + Hash>(
    graph: &Graph,
    kind: WasteKind,
    found: Vec<Found>,
    key: impl Fn(Ordinal) -> K,
    name: Option<fn(&Graph, Ordinal) -> String>,
    limit: usize,
) -> Wasted {
    let nodes: Vec<Ordinal> = found.iter().map(|found| found.node).collect();
    let mut places: FxHashMap<(K, Option<(ClassIndex, How)>), usize> = FxHashMap::default();
    let mut drafts: Vec<(Draft, u64)> = Vec::new();
    for (found, holder) in found.iter().zip(holders(graph, &nodes)) {
        let held = holder.map(|Holder { node, how }| (graph.class(node), how));
        let place = *places.entry((key(found.node), held)).or_insert(drafts.len());
        if place == drafts.len() {
            let draft = Draft {
                object_count: 0,
                saved_size: 0,
                example: found.node,
                holder: holder.map(|holder| holder.node),
                has_one_text: true,
            };
            drafts.push((draft, 0));
        }
        let Some((draft, most)) = drafts.get_mut(place) else { continue };
        draft.object_count += 1;
        if let (Some(first), Some(Holder { node, how })) = (draft.holder, holder) {
            draft.has_one_text &= how.has_same_text(graph, first, node);
        }
        draft.saved_size = draft.saved_size.saturating_add(found.saved_size);
        if found.saved_size > *most {
            (draft.example, *most) = (found.node, found.saved_size);
        }
    }
    let drafts = drafts.into_iter().map(|(draft, _)| draft).collect();
    described(graph, kind, drafts, name, limit)
}

/// Sorts rows, cuts them to the limit and describes those that are left.
fn described(
    graph: &Graph,
    kind: WasteKind,
    mut drafts: Vec<Draft>,
    name: Option<fn(&Graph, Ordinal) -> String>,
    limit: usize,
) -> Wasted {
    let object_count = saturating_sum(drafts.iter().map(|draft| draft.object_count));
    let saved_size = saturating_sum(drafts.iter().map(|draft| draft.saved_size));
    let row_count = drafts.len() as u64;
    drafts.sort_by_key(|draft| {
        (Reverse(draft.saved_size), Reverse(draft.object_count), graph.id(draft.example))
    });
    drafts.truncate(limit);
    let examples: Vec<Ordinal> = drafts.iter().map(|draft| draft.example).collect();
    let held = holders(graph, &examples);
    let ends: Vec<PathEnd> = examples.iter().map(|&node| PathEnd::Node(node)).collect();
    let paths = paths_in_words(graph, &ends);
    let rows = drafts.into_iter().zip(held).zip(paths).map(|((draft, holder), path)| WasteRow {
        what: match name {
            Some(name) => name(graph, draft.example),
            None => graph.class_name(draft.example).to_owned(),
        },
        object_count: draft.object_count,
        saved_size: draft.saved_size,
        example: describe(graph, draft.example),
        holder: holder.map(|Holder { node, how }| WasteHolder {
            class_name: graph.class_name(node).to_owned(),
            original_class_name: graph.original_class_name(node).map(str::to_owned),
            edge: match draft.has_one_text {
                true => how.text(graph, node),
                false => how.plain_text(graph),
            },
            id: graph.id(node),
        }),
        path: path.map(|(_, text)| text),
        copies: Vec::new(),
        script: None,
    });
    Wasted { kind, object_count, saved_size, rows: rows.collect(), row_count, unjudged: Vec::new() }
}
