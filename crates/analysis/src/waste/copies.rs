//! Packages of which there is more than one copy.

use std::cmp::Reverse;

use heapglass_graph::Graph;
use rustc_hash::FxHashMap;

use super::{PackageCopy, WasteKind, WasteRow, Wasted};
use crate::attribution::{Held, held_by_code};
use crate::describe;
use crate::package::{package_copy, package_folder, package_of};
use crate::sums::saturating_sum;

/// Packages whose scripts come from more than one folder: two versions, or one version that was installed twice. All
/// but the largest copy count as waste.
pub(super) fn copies(graph: &Graph, limit: usize) -> Wasted {
    let mut packages: FxHashMap<String, Vec<(String, Held)>> = FxHashMap::default();
    for (folder, held) in held_by_code(graph, |script| package_folder(script).unwrap_or_default()) {
        if let Some(package) = package_of(&folder) {
            packages.entry(package.to_owned()).or_default().push((folder, held));
        }
    }
    packages.retain(|_, folders| folders.len() > 1);
    let rows = packages.into_iter().filter_map(|(package, folders)| row(graph, package, folders));
    let mut rows: Vec<WasteRow> = rows.collect();
    rows.sort_by(|a, b| (Reverse(a.saved_size), &a.what).cmp(&(Reverse(b.saved_size), &b.what)));
    let object_count = saturating_sum(rows.iter().map(|row| row.object_count));
    let saved_size = saturating_sum(rows.iter().map(|row| row.saved_size));
    let row_count = rows.len() as u64;
    rows.truncate(limit);
    Wasted {
        kind: WasteKind::PackageCopies,
        object_count,
        saved_size,
        rows,
        row_count,
        unjudged: Vec::new(),
    }
}

fn row(graph: &Graph, package: String, mut folders: Vec<(String, Held)>) -> Option<WasteRow> {
    folders.sort_by(|(a_name, a), (b_name, b)| {
        (Reverse(a.held_size), a_name).cmp(&(Reverse(b.held_size), b_name))
    });
    let ((_, first), others) = folders.split_first()?;
    let saved_size = saturating_sum(others.iter().map(|(_, copy)| copy.held_size));
    let (example, object_count) = (describe(graph, first.biggest), folders.len() as u64);
    let copy = |(folder, held): (String, Held)| PackageCopy {
        version: package_copy(&folder)
            .and_then(|copy| copy.version)
            .map(str::to_owned)
            .or(held.version),
        folder,
        held_size: held.held_size,
        retained_size: held.retained_size,
    };
    Some(WasteRow {
        what: package,
        object_count,
        saved_size,
        example,
        holder: None,
        path: None,
        copies: folders.into_iter().map(copy).collect(),
        script: None,
    })
}
