//! What V8 needs while it takes a snapshot, predicted from what can be known before.
//!
//! V8 keeps a record for each node and each edge while it builds and writes, so that the need goes by their
//! number and not by the heap's bytes. Before the snapshot only bytes are known; how many nodes
//! they are depends on the program, and so the prediction is a range. The constants were fitted to
//! measurements of real processes: see docs/capture-measured.md.

use std::time::Duration;

use crate::facts::ProcessFacts;
use crate::inspector::Identity;

/// Bytes of ordinary heap space per node: of programs with objects of many kinds, and of the smallest objects.
const BYTES_PER_NODE: [f64; 2] = [48.0, 32.0];
/// Bytes that V8 takes for each node while it works, its edges among them: with two or three edges for
/// each node, and the most that was measured.
const NEED_PER_NODE: [f64; 2] = [350.0, 1250.0];
/// Bytes in the file for each node.
const FILE_PER_NODE: [f64; 2] = [80.0, 110.0];
/// Nodes in a second: with a processor to itself, and on a machine that has more to do.
const NODES_PER_SECOND: [f64; 2] = [200_000.0, 30_000.0];
/// The slower one for Node.js up to 18, or where the version is not known: 13,000 were measured there.
const OLD_NODES_PER_SECOND: f64 = 12_000.0;
/// The last major version for which that holds.
const LAST_OLD: u32 = 18;
/// What a snapshot takes of the smallest heap: Node's own objects are more than those of most programs.
const BASE: u64 = 30 << 20;

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
    /// Bytes of the snapshot.
    pub file: Range<u64>,
    /// How long the event loop stands still.
    pub pause: Range<Duration>,
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

/// Predicts from V8's own figures, else from the resident memory; `None` where neither is known.
pub fn predict(identity: Option<&Identity>, process: Option<&ProcessFacts>) -> Option<Prediction> {
    let heap = identity.and_then(|identity| identity.heap.as_ref());
    let (bytes, large, from_v8) = match heap {
        Some(heap) if heap.used_heap_size > 0 => {
            (heap.used_heap_size, heap.large_object_size.min(heap.used_heap_size), true)
        }
        _ => {
            let status = &process?.status;
            (status.anonymous.or(status.resident)?, 0, false)
        }
    };
    let small = (bytes - large) as f64;
    let nodes = BYTES_PER_NODE.map(|each| small / each);
    let range = |per: [f64; 2], add: f64| Range {
        usual: (nodes[0] * per[0] + add) as u64,
        most: (nodes[1] * per[1] + add) as u64,
    };
    let [fast, slow] = NODES_PER_SECOND;
    let is_old = identity.is_none_or(|identity| is_old(identity.version.as_deref()));
    let slow = if is_old { OLD_NODES_PER_SECOND } else { slow };
    Some(Prediction {
        heap: bytes,
        from_v8,
        nodes: range([1.0, 1.0], 0.0),
        memory: range(NEED_PER_NODE, BASE as f64),
        // Long strings are cut and numbers are left out: large objects add next to nothing.
        file: range(FILE_PER_NODE, 0.0),
        pause: Range {
            usual: Duration::from_secs_f64(nodes[0] / fast),
            most: Duration::from_secs_f64(nodes[1] / slow),
        },
    })
}

/// Whether a version of Node.js, `v18.20.8`, is one of the slow ones.
fn is_old(version: Option<&str>) -> bool {
    let major = version.and_then(|version| version.trim_start_matches('v').split('.').next());
    major.and_then(|major| major.parse::<u32>().ok()).is_none_or(|major| major <= LAST_OLD)
}
