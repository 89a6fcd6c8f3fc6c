//! What leaks in one run and not in another.

use heapglass_graph::Graph;
use rustc_hash::FxHashMap;

use super::{LeakOptions, LeakSuspect, leaks};
use crate::is_one_process;

/// Share of a leak's growth that the control has to have for the leak to be the control's, too: an object or two that come
/// there by chance are none.
const SHARE: f64 = 0.25;

/// What goes on growing in the snapshots of `treatment` and, by its fingerprint, not or much less in those of `control`, the
/// most certain and largest first; `None` unless each are two or more of one process. Cost: that of [`leaks`] for both.
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
    let mut known: FxHashMap<&str, f64> = FxHashMap::default();
    for suspect in &control.suspects {
        *known.entry(suspect.fingerprint.as_str()).or_default() += suspect.bytes_per_interval;
    }
    let mut suspects = treatment.suspects;
    suspects.retain(|suspect| {
        let known = known.get(suspect.fingerprint.as_str());
        known.is_none_or(|&bytes| bytes < suspect.bytes_per_interval * SHARE)
    });
    suspects.truncate(options.limit);
    Some(suspects)
}
