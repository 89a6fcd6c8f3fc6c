//! Any bytes as an index file: noticed or read, never a panic. An index that the fuzzer broke is
//! also tried with its checksums made right again, so that the checks behind them are reached.
#![no_main]

use heapglass_fuzz::{peek, scratch, walk};
use heapglass_graph::Snapshot;
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

fuzz_target!(|bytes: &[u8]| {
    let file = scratch("input.index");
    std::fs::write(&file, bytes).expect("room for the input");
    if let Ok(snapshot) = Snapshot::open_index(&file)
        && snapshot.graph().is_ok()
    {
        walk(&snapshot);
    }
    // Columns that hold nonsense under a right sum are beyond what a checksum is for: of the graph over them it is only asked
    // that it can be looked at.
    if let Some(signed) = signed(bytes) {
        std::fs::write(&file, signed).expect("room for the input");
        if let Ok(snapshot) = Snapshot::open_index(&file)
            && let Ok(graph) = snapshot.graph()
        {
            peek(&graph);
        }
    }
});

/// The index with right checksums, if its table of contents can still be found. The layout is that
/// of `heapglass_format::container`.
fn signed(bytes: &[u8]) -> Option<Vec<u8>> {
    let word = |at: usize| Some(u64::from_le_bytes(bytes.get(at..at + 8)?.try_into().ok()?));
    let start = usize::try_from(word(16)?).ok()?;
    let length = usize::try_from(word(24)?).ok()?;
    let mut toc: Value =
        serde_json::from_slice(bytes.get(start..start.checked_add(length)?)?).ok()?;
    for section in toc.get_mut("sections")?.as_array_mut()? {
        let section = section.as_object_mut()?;
        let number = |section: &Map<String, Value>, name| section.get(name)?.as_u64();
        let offset = usize::try_from(number(section, "offset")?).ok()?;
        let length = usize::try_from(number(section, "bytes")?).ok()?;
        if let Some(content) = bytes.get(offset..offset.saturating_add(length)) {
            section.insert("xxh3".into(), xxh3_64(content).into());
        }
    }
    let toc = serde_json::to_vec(&toc).ok()?;
    let mut out = bytes.get(..start)?.to_vec();
    out.extend_from_slice(&toc);
    out[24..32].copy_from_slice(&(toc.len() as u64).to_le_bytes());
    out[32..40].copy_from_slice(&xxh3_64(&toc).to_le_bytes());
    Some(out)
}
