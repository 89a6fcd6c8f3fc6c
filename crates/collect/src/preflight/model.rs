//! What V8 needs while it takes a snapshot, predicted from what can be known before.
//!
//! V8 keeps a record for each node and each edge while it builds and writes, so that the need goes by their
//! number and not by the heap's bytes. Objects that one list leads to first, an array or the table of a Map, cost
//! four times as much as those that lead to each other, as if V8 kept something for each of them until it is done with
//! the list. Before the snapshot only bytes are known; how many nodes they are, and in how large lists,
//! depends on the program, and so the prediction is a range. What V8 says of its large objects bounds how large a list
//! can be. The constants were fitted to measurements of real processes: see docs/capture-measured.md.

use std::time::Duration;

use crate::facts::ProcessFacts;
use crate::inspector::Identity;

/// Bytes of ordinary heap space per node: of programs with objects of many kinds, and of the smallest objects.
const BYTES_PER_NODE: [f64; 2] = [48.0, 28.0];
/// Bytes that V8 takes for each node while it works, its edges among them.
const NEED_PER_NODE: f64 = 350.0;
/// Bytes more for each object that one list leads to, at most.
const NEED_IN_A_LIST: f64 = 1500.0;
/// Bytes of a list for each object in it.
const SLOT: u64 = 8;
/// Objects that a list holds which is no large object of its own, at most.
const SMALL_LIST: u64 = 16_384;
/// The share of the resident memory that stands for lists where V8 was not asked. The need is 25 times that memory
/// then; heaps that are one long list were measured at up to 36 times the heap, which is a part of it.
const LISTS: f64 = 0.1;
/// The share of nodes that may be texts in the table of unique ones, which is a list that nobody tells the size of.
const UNIQUE_TEXTS: f64 = 0.5;
/// Bytes in the file for each node.
const FILE_PER_NODE: [f64; 2] = [80.0, 110.0];
/// Bytes in the file for each byte of texts: a letter beyond ASCII with one byte in the heap is written as `\u00e9`.
const FILE_PER_LETTER: f64 = 6.0;
/// Nodes in a second: with a processor to itself, and on a machine that has more to do.
const NODES_PER_SECOND: [f64; 2] = [200_000.0, 30_000.0];
/// The slower one for Node.js up to 18, or where the version is not known: 13,000 were measured there.
const OLD_NODES_PER_SECOND: f64 = 12_000.0;
/// The last major version for which that holds.
const LAST_OLD: u32 = 18;
/// What a snapshot takes of the smallest heap: Node's own objects are more than those of most programs.
const BASE: [f64; 2] = [31_457_280.0, 52_428_800.0];
/// Bytes of the smallest heap, whose need is in [`BASE`] whatever its shape is.
const OWN_HEAP: f64 = 2.5e6;
/// The least of a processor that a quota is believed to leave.
const LEAST_CPU: f64 = 0.001;

/// What V8 will need: each figure as it usually is, and as it is at most.
#[derive(Debug, Clone, PartialEq)]
pub struct Prediction {
    /// Bytes of the heap that the prediction goes by.
    pub heap: u64,
    /// Whether those come from V8; if not, they are the process's resident memory, which is more.
    pub from_v8: bool,
    /// Nodes.
    pub nodes: Range<u64>,
    /// Bytes of memory on top of what the process has now.
    pub memory: Range<u64>,
    /// The same, if what V8 keeps as large objects are lists of small ones: arrays and Maps that grow without end
    /// are such. Where only the resident memory is known, a share of it stands for them.
    pub memory_with_lists: u64,
    /// Bytes of the snapshot.
    pub file: Range<u64>,
    /// How long the event loop stands still.
    pub pause: Range<Duration>,
    /// The part of a processor that a quota leaves, where it is less than one: the pause goes by that.
    pub cpu: Option<f64>,
}

/// A figure as it usually is, and as it is at most.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range<T> {
    /// As it usually is.
    pub usual: T,
    /// As it is at most.
    pub most: T,
}

impl Prediction {
    /// Bytes on the disk here: see [`on_disk`].
    pub fn on_disk(&self, compress: bool, holds_back: bool) -> Range<u64> {
        let all = |bytes: u64| on_disk(bytes, compress, holds_back);
        Range { usual: all(self.file.usual), most: all(self.file.most) }
    }
}

/// Bytes on the disk here of a snapshot of so many: those of the file, and with texts that are held back those of the
/// snapshot once more.
pub fn on_disk(bytes: u64, compress: bool, holds_back: bool) -> u64 {
    // zstd's fastest level leaves less than half of any snapshot that was measured.
    let file = if compress { bytes / 2 } else { bytes };
    file.saturating_add(if holds_back { bytes } else { 0 })
}

/// Predicts from V8's own figures, else from the resident memory; `None` where neither is known. `cpus` is what the
/// quotas of its control groups leave the process, in processors. `left` is the part of its memory that is no heap but what
/// earlier snapshots left to the next one.
pub fn predict(
    identity: Option<&Identity>,
    process: Option<&ProcessFacts>,
    cpus: Option<f64>,
    left: u64,
) -> Option<Prediction> {
    let heap = identity.and_then(|identity| identity.heap.as_ref());
    let (bytes, large, from_v8) = match heap {
        Some(heap) if heap.used_heap_size > 0 => {
            (heap.used_heap_size, heap.large_object_size.min(heap.used_heap_size), true)
        }
        _ => {
            let status = &process?.status;
            (status.anonymous.or(status.resident)?.saturating_sub(left), 0, false)
        }
    };
    let small = (bytes - large) as f64;
    let nodes = BYTES_PER_NODE.map(|each| small / each);
    let range = |per: [f64; 2]| Range {
        usual: (nodes[0] * per[0]) as u64,
        most: (nodes[1] * per[1]) as u64,
    };
    let file = range(FILE_PER_NODE);
    let with_lists = if from_v8 {
        memory_with_lists(small, large)
    } else {
        let lists = (small * LISTS) as u64;
        memory_with_lists((bytes - lists) as f64, lists)
    };
    let more = |need: f64| (need as u64).saturating_sub(left);
    let [fast, slow] = NODES_PER_SECOND;
    let is_old = identity.is_none_or(|identity| is_old(identity.version.as_deref()));
    let slow = if is_old { OLD_NODES_PER_SECOND } else { slow };
    // One thread writes the snapshot, so that more than one processor is of no use.
    let cpu = cpus.filter(|cpus| *cpus < 1.0).map(|cpus| cpus.max(LEAST_CPU));
    let stands = |nodes: f64, rate: f64| Duration::from_secs_f64(nodes / rate / cpu.unwrap_or(1.0));
    Some(Prediction {
        heap: bytes,
        from_v8,
        nodes: range([1.0, 1.0]),
        memory: Range {
            usual: more(usual_memory(small) + BASE[0]),
            most: more(most_memory(small, large).max(with_lists)),
        },
        memory_with_lists: more(with_lists),
        // Long strings are cut and numbers are left out: large objects add next to nothing.
        file: Range { most: file.most.max((small * FILE_PER_LETTER) as u64), ..file },
        pause: Range { usual: stands(nodes[0], fast), most: stands(nodes[1], slow) },
        cpu,
    })
}

/// The usual need of so many bytes of small objects, without that of the smallest heap.
fn usual_memory(small: f64) -> f64 {
    small / BYTES_PER_NODE[0] * NEED_PER_NODE
}

/// The need if the large objects are lists of the smallest ones.
fn memory_with_lists(small: f64, large: u64) -> f64 {
    let in_a_list = smallest_nodes(small).min((large / SLOT) as f64);
    usual_memory(small) + in_a_list * NEED_IN_A_LIST + BASE[1]
}

/// The most memory that so many bytes of small and of large objects can need. No process of Node.js is without large
/// objects: none means that they are not known, and then all may be in one list.
fn most_memory(small: f64, large: u64) -> f64 {
    let nodes = smallest_nodes(small);
    let in_a_list = match large {
        0 => nodes,
        large => nodes.min((large / SLOT).max(SMALL_LIST) as f64 + nodes * UNIQUE_TEXTS),
    };
    let most = nodes * NEED_PER_NODE + in_a_list * NEED_IN_A_LIST + BASE[1];
    most.max(memory_with_lists(small, large))
}

/// How many objects it is if all are of the smallest, those of Node.js itself left out.
fn smallest_nodes(small: f64) -> f64 {
    (small - OWN_HEAP).max(0.0) / BYTES_PER_NODE[1]
}

/// Whether a version of Node.js, `v18.20.8`, is one of the slow ones.
fn is_old(version: Option<&str>) -> bool {
    let major = version.and_then(|version| version.trim_start_matches('v').split('.').next());
    major.and_then(|major| major.parse::<u32>().ok()).is_none_or(|major| major <= LAST_OLD)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::inspector::ask::HeapStatistics;

    fn of(used: u64, large: u64, cpus: Option<f64>) -> Prediction {
        let heap = HeapStatistics {
            used_heap_size: used,
            large_object_size: large,
            ..HeapStatistics::default()
        };
        let version = Some("v22.3.0".to_owned());
        let identity = Identity { version, heap: Some(heap), ..Identity::default() };
        predict(Some(&identity), None, cpus, 0).unwrap()
    }

    /// Used heap, its large objects and the memory on top, in 100 kB: Node.js 22.23.3 as in docs/capture-measured.md and
    /// more that was measured so, and what was most of 20.20.2.
    #[test]
    fn the_most_is_above_what_was_measured() {
        for (what, used, large, measured) in [
            ("an array of objects", 189, 34, 4520),
            ("small arrays of objects", 182, 3, 1090),
            ("a tree", 143, 3, 1060),
            ("objects with 100 fields each", 393, 3, 1060),
            ("an array of short texts", 141, 34, 5050),
            ("an array of large integers", 141, 34, 4350),
            ("an object with many names", 356, 128, 11_570),
            ("a Set of objects", 239, 107, 4540),
            ("an array of empty arrays", 165, 34, 4510),
            ("an array of functions", 453, 34, 6390),
            ("a linked list", 134, 3, 1040),
            ("an array of short texts, 20", 132, 34, 5060),
            ("an object with many names, 20", 349, 128, 11_710),
            ("a Set of objects, 20", 230, 107, 4420),
        ] {
            let predicted = of(used * 100_000, large * 100_000, None);
            assert!(predicted.memory.most > measured * 100_000, "{what}: {predicted:?}");
            assert!(predicted.memory_with_lists > measured * 100_000, "{what}: {predicted:?}");
        }
    }

    #[test]
    fn large_objects_bound_the_lists() {
        const MB: u64 = 1_000_000;
        let most = |large| of(100 * MB + large, large, None).memory.most;
        // Without any the sizes of lists are not known, and with many they bound nothing.
        assert_eq!(most(0), most(100 * MB));
        assert!(most(MB) < most(10 * MB) && most(10 * MB) < most(100 * MB));
        assert_eq!(most(1), most(SMALL_LIST * SLOT), "small lists are no large objects");
        for used in [1, MB, 3 * MB, 4 * MB, 1000 * MB, u64::MAX] {
            let Prediction { memory, memory_with_lists, .. } = of(used, 1, None);
            assert!(memory.most >= memory_with_lists, "{used}: {memory:?}, {memory_with_lists}");
            assert!(memory_with_lists >= memory.usual, "{used}: {memory:?}, {memory_with_lists}");
        }
    }

    #[test]
    fn letters_beyond_ascii_are_in_the_file() {
        const MB: u64 = 1_000_000;
        // Texts of 1,000 letters `é`, one byte each in the heap.
        let texts = of(100 * MB, 1, None);
        assert!(texts.file.most >= 100 * MB / 1016 * (1000 * 6), "{texts:?}");
        assert!(texts.file.most > texts.file.usual);
    }

    #[test]
    fn a_quota_makes_the_pause_longer() {
        let pause = |cpus| of(100_000_000, 1, cpus).pause.usual.as_secs_f64();
        for (cpus, factor) in [(None, 1.0), (Some(4.0), 1.0), (Some(1.0), 1.0), (Some(0.25), 4.0)] {
            assert!((pause(cpus) / pause(None) - factor).abs() < 1e-6, "{cpus:?}");
        }
        assert_eq!(of(1, 1, Some(2.0)).cpu, None);
        assert_eq!(of(1, 1, Some(0.0)).cpu, Some(LEAST_CPU));
        assert!(of(u64::MAX, 1, Some(0.0)).pause.most > of(u64::MAX, 1, None).pause.most);
    }
}
