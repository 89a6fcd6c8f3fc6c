//! What a process had in memory beside its heap.

use schemars::JsonSchema;
use serde::Serialize;

use super::StatisticsEntry;

/// The memory of a process as its system counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResidentMemory {
    /// Bytes in memory.
    pub resident_size: u64,
    /// Bytes of these that are pages of files, where that is known.
    pub mapped_size: Option<u64>,
    /// Where this is known from.
    pub source: String,
}

/// The resident memory of the process, split by what the snapshot explains.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ProcessEntry {
    /// Bytes in memory when it was looked at, which is not the moment of the snapshot.
    pub resident_size: u64,
    /// Bytes of V8's heap without code.
    pub heap_size: u64,
    /// Bytes of compiled code.
    pub code_size: u64,
    /// Bytes outside V8's heap that its objects hold: buffers, native objects.
    pub external_size: u64,
    /// The rest, which no snapshot shows; negative where the snapshot has more than was in memory.
    pub unexplained_size: i64,
    /// Bytes in memory that are pages of files: programs and libraries; `null` where that is not known.
    pub mapped_size: Option<u64>,
    /// Where the resident memory is known from: `process-info.txt` beside the snapshot, or `--rss`.
    pub source: String,
}

impl ProcessEntry {
    /// Splits `memory` by what a heap consists of.
    pub fn new(memory: &ResidentMemory, statistics: &StatisticsEntry) -> ProcessEntry {
        let external_size = statistics.typed_arrays.saturating_add(statistics.other_native);
        let outside = external_size.saturating_add(statistics.code);
        let signed = |bytes: u64| i64::try_from(bytes).unwrap_or(i64::MAX);
        ProcessEntry {
            resident_size: memory.resident_size,
            heap_size: statistics.total.saturating_sub(outside),
            code_size: statistics.code,
            external_size,
            unexplained_size: signed(memory.resident_size).saturating_sub(signed(statistics.total)),
            mapped_size: memory.mapped_size,
            source: memory.source.clone(),
        }
    }
}
