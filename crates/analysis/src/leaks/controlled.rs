//! What leaks in one run and not in another.

use heapglass_graph::Graph;
use rustc_hash::FxHashSet;

use super::{LeakOptions, LeakSuspect, leaks};

/// What goes on growing in the snapshots of `treatment` and, by its fingerprint, not in those of `control`, the most certain
/// and largest first; `None` unless each are two or more of one process. Cost: that of [`leaks`] for both.
pub fn controlled_leaks(
    control: &[Graph],
    treatment: &[Graph],
    options: &LeakOptions,
) -> Option<Vec<LeakSuspect>> {
    if control.len().min(treatment.len()) < 2 {
        return None;
    }
    let all = LeakOptions { limit: usize::MAX, ..options.clone() };
    let (control, treatment) = (leaks(control, &all), leaks(treatment, &all));
    if !control.is_one_process || !treatment.is_one_process {
        return None;
    }
    let known: FxHashSet<&str> =
        control.suspects.iter().map(|suspect| suspect.fingerprint.as_str()).collect();
    let mut suspects = treatment.suspects;
    suspects.retain(|suspect| !known.contains(suspect.fingerprint.as_str()));
    suspects.truncate(options.limit);
    Some(suspects)
}
