//! Which of several snapshots are of one process.

use heapglass_analysis::{is_one_process, is_one_program};
use heapglass_graph::Graph;
use heapglass_report::wire::SnapshotEntry;

use crate::open::Opened;

/// For each process the positions of its snapshots, in the order in which they were given.
///
/// Where no two of a container are of one process by their ids, those of one program in it are taken together, in the order
/// of time as far as that is known: V8 numbers objects anew whenever an inspector session has ended. Files of which no
/// container is known are one container here.
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
    let (alone, mut found): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|members| members.len() == 1);
    // Where ids tell which are of one process, they tell as well that the others are not.
    let (apart, unknown): (Vec<usize>, Vec<usize>) = alone.into_iter().flatten().partition(|&at| {
        found.iter().flatten().any(|&known| may_share_container(opened, at, known))
    });
    found.extend(apart.into_iter().map(|at| vec![at]));
    found.extend(by_program(opened, unknown));
    found.sort_by_key(|members| members.iter().min().copied());
    found
}

/// The same by program and container.
fn by_program(opened: &[(Opened, Graph)], mut order: Vec<usize>) -> Vec<Vec<usize>> {
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
                may_be_of_one_container(&before.entry, &open.entry) && is_one_program(older, graph)
            })
        });
        match its.and_then(|its| found.get_mut(its)) {
            Some(members) => members.push(at),
            None => found.push(vec![at]),
        }
    }
    found
}

fn may_share_container(opened: &[(Opened, Graph)], a: usize, b: usize) -> bool {
    let (Some((a, _)), Some((b, _))) = (opened.get(a), opened.get(b)) else { return false };
    may_be_of_one_container(&a.entry, &b.entry)
}

/// Whether their paths name the same container or both none. Of a known one and of an unknown one are not one.
fn may_be_of_one_container(a: &SnapshotEntry, b: &SnapshotEntry) -> bool {
    a.pod.is_some() == b.pod.is_some() && !are_of_two_containers(a, b)
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
