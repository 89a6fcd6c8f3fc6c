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
    for (fingerprint, bytes) in control.suspects.iter().flat_map(sides) {
        *known.entry(fingerprint).or_default() += bytes;
    }
    let mut suspects = treatment.suspects;
    // Which side of a leak is told may differ from run to run.
    suspects.retain(|suspect| {
        let mut sides = sides(suspect);
        !sides.any(|(fingerprint, bytes)| {
            known.get(fingerprint).is_some_and(|&known| known >= bytes * SHARE)
        })
    });
    suspects.truncate(options.limit);
    Some(suspects)
}

/// What a leak may be known by, with how much it grows by as such: as the suspect, and as those that come with it.
fn sides(suspect: &LeakSuspect) -> impl Iterator<Item = (&str, f64)> {
    let own = (suspect.fingerprint.as_str(), suspect.bytes_per_interval);
    let others = suspect.comes_with.iter();
    std::iter::once(own)
        .chain(others.map(|other| (other.fingerprint.as_str(), other.bytes_per_interval)))
}
