//! How much memory the process of a snapshot had: as the user says, or as the collector wrote it down beside the file.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use heapglass_collect::facts::Status;
use heapglass_collect::words::parse_size;
use heapglass_report::wire::ResidentMemory;

/// What `gather`, and rhdh-must-gather before it, call the file of a process's facts.
const FILE: &str = "process-info.txt";
/// Bytes of it that are read; the process's status stands at its beginning.
const MOST_BYTES: u64 = 1 << 20;

/// A size on the command line.
pub(crate) fn size(text: &str) -> Result<u64, String> {
    parse_size(text).ok_or_else(|| "a size looks like 512MiB, 1.5GB or 500000000".to_owned())
}

/// The resident memory of the process that `snapshot` is of: `asked`, else what is written beside the file. A snapshot
/// from standard input lies beside nothing.
pub(crate) fn resident(snapshot: &Path, asked: Option<u64>) -> Option<ResidentMemory> {
    if let Some(resident_size) = asked {
        let source = "--rss".to_owned();
        return Some(ResidentMemory { resident_size, mapped_size: None, source });
    }
    let path = snapshot.parent().filter(|_| snapshot != Path::new("-"))?.join(FILE);
    let mut text = Vec::new();
    File::open(&path).ok()?.take(MOST_BYTES).read_to_end(&mut text).ok()?;
    let status = Status::new(&String::from_utf8_lossy(&text));
    let resident_size = status.resident?;
    let mapped_size = status.anonymous.map(|anonymous| resident_size.saturating_sub(anonymous));
    Some(ResidentMemory { resident_size, mapped_size, source: FILE.to_owned() })
}
