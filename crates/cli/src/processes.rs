//! Which of several snapshots are of one process.

use heapglass_analysis::is_one_process;
use heapglass_graph::Graph;
use heapglass_report::wire::SnapshotEntry;

use crate::open::Opened;

/// For each process the positions of its snapshots, in the order in which they were given.
///
/// Cost: for each snapshot and each process whose container it may be of, a pass over the ids of one.
pub(crate) fn processes(opened: &[(Opened, Graph)]) -> Vec<Vec<usize>> {
    // Within a process ids only rise, so that each is held against the one before it.
    let mut order: Vec<usize> = (0..opened.len()).collect();
    order
        .sort_by_key(|&at| opened.get(at).map(|(_, graph)| graph.overview().info.max_js_object_id));
    let mut found: Vec<Vec<usize>> = Vec::new();
    for at in order {
        let Some(newer) = opened.get(at) else { continue };
        let its = found.iter().position(|members| {
            let latest = members.last().and_then(|&latest| opened.get(latest));
            latest.is_some_and(|older| is_one(older, newer))
        });
        match its.and_then(|its| found.get_mut(its)) {
            Some(members) => members.push(at),
            None => found.push(vec![at]),
        }
    }
    for members in &mut found {
        members.sort_unstable();
    }
    found.sort_unstable();
    found
}

fn is_one((older, before): &(Opened, Graph), (newer, after): &(Opened, Graph)) -> bool {
    !are_of_two_containers(&older.entry, &newer.entry) && is_one_process(&[before, after])
}

/// Whether their paths name two containers. One path alone that names one says nothing of the other.
fn are_of_two_containers(a: &SnapshotEntry, b: &SnapshotEntry) -> bool {
    let differ = |of: fn(&SnapshotEntry) -> &Option<String>| matches!((of(a), of(b)), (Some(a), Some(b)) if a != b);
    a.pod.is_some()
        && b.pod.is_some()
        && (differ(|entry| &entry.namespace)
            || differ(|entry| &entry.pod)
            || differ(|entry| &entry.container))
}
