//! Original names of classes in rows of several snapshots.

use heapglass_graph::Graph;
use regex::Regex;
use rustc_hash::FxHashMap;

use super::source::portable_key;
use crate::source::Scripts;

/// The original names of classes by the key of their row: DevTools', or, with `same_process` being false, the portable
/// one. Empty, and for nothing, without source maps.
pub(super) fn original_names(graphs: &[&Graph], same_process: bool) -> FxHashMap<String, String> {
    let mut names = FxHashMap::default();
    for graph in graphs.iter().filter(|graph| graph.originals().is_some()) {
        let scripts = Scripts::of(graph);
        for row in &graph.overview().classes.rows {
            let Some(name) = &row.original_name else { continue };
            let key = match same_process {
                true => row.class_key.clone(),
                false => portable_key(&row.class_key, &scripts),
            };
            names.insert(key, name.clone());
        }
    }
    names
}

/// Whether a class has a name that matches, now or as it was written.
pub(super) fn is_named(pattern: Option<&Regex>, name: &str, original: Option<&String>) -> bool {
    let matches = |name: &str| pattern.is_none_or(|pattern| pattern.is_match(name));
    matches(name) || original.is_some_and(|original| matches(original))
}
