//! What leaks in one run and not in another.

use heapglass_graph::Graph;
use rustc_hash::FxHashSet;

use super::{LeakOptions, LeakSuspect, leaks};
use crate::is_one_process;

/// What goes on growing in the snapshots of `treatment` and, by its fingerprint, not in those of `control`, the most certain
/// and largest first; `None` unless each are two or more of one process. Cost: that of [`leaks`] for both.
pub fn controlled_leaks(
    control: &[Graph],
    treatment: &[Graph],
    options: &LeakOptions,
) -> Option<Vec<LeakSuspect>> {
    let is_one =
        |side: &[Graph]| side.len() >= 2 && is_one_process(&side.iter().collect::<Vec<_>>());
    if !is_one(control) || !is_one(treatment) {
        return None;
    }
    let all = LeakOptions { limit: usize::MAX, ..options.clone() };
    // What grows in the control too may do so by less than is told of alone.
    let slight = LeakOptions { least_bytes: 1, least_objects: 1, ..all.clone() };
    let (control, treatment) = (leaks(control, &slight), leaks(treatment, &all));
    let known: FxHashSet<&str> =
        control.suspects.iter().map(|suspect| suspect.fingerprint.as_str()).collect();
    let mut suspects = treatment.suspects;
    suspects.retain(|suspect| !known.contains(suspect.fingerprint.as_str()));
    suspects.truncate(options.limit);
    Some(suspects)
}
