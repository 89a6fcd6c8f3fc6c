//! Which of several snapshots are of one process.

use heapglass_analysis::{is_one_process, is_one_program};
use heapglass_graph::Graph;
use heapglass_report::wire::SnapshotEntry;

use crate::open::Opened;

/// For each process the positions of its snapshots, in the order in which they were given.
///
/// Where no two are of one process by their ids, those of one program and container are taken together, in the order of
/// time as far as that is known: V8 numbers objects anew whenever an inspector session has ended.
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
    let is_alone = |members: &Vec<usize>| members.len() == 1;
    if found.iter().all(is_alone) { by_program(opened) } else { found }
}

/// The same by program and container.
fn by_program(opened: &[(Opened, Graph)]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..opened.len()).collect();
    let time = |at: &usize| opened.get(*at).and_then(|(open, _)| open.entry.taken_at.clone());
    if order.iter().all(|at| time(at).is_some()) {
        order.sort_by_key(time);
    }
    let mut found: Vec<Vec<usize>> = Vec::new();
    for at in order {
        let Some((open, graph)) = opened.get(at) else { continue };
        let its = found.iter().position(|members| {
            let latest = members.last().and_then(|&latest| opened.get(latest));
            latest.is_some_and(|(before, older)| {
                // Of a known container and of an unknown one are not one.
                before.entry.pod.is_some() == open.entry.pod.is_some()
                    && !are_of_two_containers(&before.entry, &open.entry)
                    && is_one_program(older, graph)
            })
        });
        match its.and_then(|its| found.get_mut(its)) {
            Some(members) => members.push(at),
            None => found.push(vec![at]),
        }
    }
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
