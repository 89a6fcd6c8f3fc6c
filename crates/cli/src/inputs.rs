//! What the user named, as a list of snapshots.

use std::fs;
use std::path::{Component, Path, PathBuf};

use heapglass_report::wire::SnapshotEntry;

use crate::exit::Failure;
use crate::hints;
use crate::messages::Messages;

/// A snapshot to read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Input {
    /// The file; `-` for standard input.
    pub(crate) path: PathBuf,
    pub(crate) origin: Origin,
}

/// What a file's path says of where it comes from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Origin {
    namespace: Option<String>,
    pod: Option<String>,
    container: Option<String>,
    taken_at: Option<String>,
    partial: bool,
}

/// The snapshots that the user named.
#[derive(Debug)]
pub(crate) struct Inputs {
    /// Each snapshot, or why a directory has none.
    pub(crate) items: Vec<Result<Input, (PathBuf, Failure)>>,
    /// Whether the answer is about one snapshot by the form of the question: one file.
    pub(crate) single: bool,
}

impl Inputs {
    pub(crate) fn find(paths: &[PathBuf], messages: &Messages) -> Result<Inputs, Failure> {
        if paths.iter().filter(|path| is_stdin(path)).count() > 1 {
            return Err(Failure::usage("standard input can be read only once"));
        }
        let mut items = Vec::new();
        let mut single = paths.len() == 1;
        for path in paths {
            if is_stdin(path) || !path.is_dir() {
                items.push(Ok(Input { path: path.clone(), origin: Origin::of(path) }));
                continue;
            }
            single = false;
            match in_directory(path, messages) {
                Ok(found) => items.extend(found.into_iter().map(Ok)),
                Err(failure) => items.push(Err((path.clone(), failure))),
            }
        }
        Ok(Inputs { items, single })
    }
}

impl Input {
    pub(crate) fn is_stdin(&self) -> bool {
        is_stdin(&self.path)
    }

    /// When it was taken, as the file's name says.
    pub(crate) fn taken_at(&self) -> Option<&str> {
        self.origin.taken_at.as_deref()
    }

    /// Adds what the path says to a snapshot's entry.
    pub(crate) fn describe(&self, entry: &mut SnapshotEntry) {
        let Origin { namespace, pod, container, taken_at, partial } = self.origin.clone();
        (entry.namespace, entry.pod, entry.container) = (namespace, pod, container);
        (entry.taken_at, entry.partial) = (taken_at, partial);
    }
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == "-"
}

/// Levels of directories that are searched: a must-gather's snapshots lie about ten deep, and the
/// search must end somewhere.
const DEEPEST: usize = 64;

/// The snapshots in `dir` at any depth: those of a must-gather, else all that are called so.
fn in_directory(dir: &Path, messages: &Messages) -> Result<Vec<Input>, Failure> {
    let mut found = Found::default();
    search(dir, 0, &mut found)
        .map_err(|error| Failure::unreadable(hints::cannot("read", dir, &error)))?;
    found.skipped.sort();
    for path in &found.skipped {
        messages.note(&format!("{}: skipped, its name is not that of a snapshot", path.display()));
    }
    let mut paths = found.snapshots;
    if paths.is_empty() {
        paths = found.loose;
    }
    paths.sort();
    if paths.is_empty() {
        let failure =
            Failure::unreadable(format!("{}: no heap snapshot in this directory", dir.display()));
        return Err(match found.collection_failed {
            Some(note) => {
                failure.hint(format!("the collector failed, and says why in {}", note.display()))
            }
            None => failure.hint(
                "give a snapshot file, or a must-gather directory made with --with-heap-dumps \
                 (heap-dumps/pod=*/container=*/*.heapsnapshot)",
            ),
        });
    }
    Ok(paths.into_iter().map(|path| Input { origin: Origin::of(&path), path }).collect())
}

#[derive(Debug, Default)]
struct Found {
    /// Snapshots in a must-gather's layout.
    snapshots: Vec<PathBuf>,
    /// Snapshots that lie anywhere else.
    loose: Vec<PathBuf>,
    /// Files beside a must-gather's snapshots that are neither those nor the collector's notes.
    skipped: Vec<PathBuf>,
    /// A collector's note that it failed.
    collection_failed: Option<PathBuf>,
}

fn search(dir: &Path, depth: usize, found: &mut Found) -> std::io::Result<()> {
    for entry in fs::read_dir(dir)? {
        let path = entry?.path();
        if path.is_dir() {
            // What cannot be read inside is passed over: a must-gather holds many other things.
            if depth < DEEPEST && !path.is_symlink() {
                let _ = search(&path, depth + 1, found);
            }
        } else if is_snapshot_name(&path) {
            if in_heap_dumps(&path) {
                found.snapshots.push(path);
            } else {
                found.loose.push(path);
            }
        } else if path.file_name().is_some_and(|name| name == "collection-failed.txt") {
            found.collection_failed = Some(path);
        } else if in_heap_dumps(&path) && !is_note(&path) {
            found.skipped.push(path);
        }
    }
    Ok(())
}

/// What stands in the names of snapshots, whatever follows it: `.gz`, `.1`, `.PARTIAL`.
const SNAPSHOTS: [&str; 2] = [".heapsnapshot", ".heaptimeline"];
/// Ends of the names of files that are made from snapshots, and are none.
const BYPRODUCTS: [&str; 6] =
    [".heapglass-index", ".csv", ".ndjson", ".md5", ".sha256", ".sha256sum"];
/// Ends of the names of the notes that a collector leaves beside its snapshots.
const NOTES: [&str; 2] = [".txt", ".log"];

/// Whether a file is a snapshot by its name, whatever follows the ending.
pub(crate) fn is_snapshot_name(path: &Path) -> bool {
    let name = lower_name(path);
    SNAPSHOTS.iter().any(|part| name.contains(part))
        && !BYPRODUCTS.iter().chain(&NOTES).any(|end| name.ends_with(end))
}

fn is_note(path: &Path) -> bool {
    let name = lower_name(path);
    NOTES.iter().any(|end| name.ends_with(end))
}

fn lower_name(path: &Path) -> String {
    path.file_name().map_or_else(String::new, |name| name.to_string_lossy().to_lowercase())
}

/// Whether a collector says by the name that it stopped before the end: `.PARTIAL.` or `.PARTIAL`.
fn is_partial_name(name: &str) -> bool {
    name.to_lowercase().split('.').skip(1).any(|part| part == "partial")
}

/// `…/heap-dumps/pod=*/container=*/FILE`
fn in_heap_dumps(path: &Path) -> bool {
    let mut parents =
        path.ancestors().skip(1).map(|dir| dir.file_name().and_then(|name| name.to_str()));
    let starts = |name: Option<Option<&str>>, start: &str| {
        name.flatten().is_some_and(|name| name.starts_with(start))
    };
    starts(parents.next(), "container=")
        && starts(parents.next(), "pod=")
        && starts(parents.next(), "heap-dumps")
}

impl Origin {
    pub(crate) fn of(path: &Path) -> Origin {
        let value = |key: &str| {
            path.components().rev().find_map(|part| match part {
                Component::Normal(name) => name.to_str()?.strip_prefix(key).map(str::to_owned),
                _ => None,
            })
        };
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        Origin {
            namespace: value("ns="),
            pod: value("pod="),
            container: value("container="),
            taken_at: taken_at(name),
            partial: is_partial_name(name),
        }
    }
}

/// `heapdump-20250105-143022.heapsnapshot` → `2025-01-05 14:30:22`; and so for the names that
/// Node gives, `Heap.20250105.143022.…`.
fn taken_at(name: &str) -> Option<String> {
    let rest = name.strip_prefix("heapdump-").or_else(|| name.strip_prefix("Heap."))?;
    let (date, time) = (rest.get(..8)?, rest.get(9..15)?);
    let separated = rest.get(8..9).is_some_and(|separator| separator == "-" || separator == ".");
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    (separated && digits(date) && digits(time)).then(|| {
        let (year, month, day) = (&date[..4], &date[4..6], &date[6..]);
        let (hour, minute, second) = (&time[..2], &time[2..4], &time[4..]);
        format!("{year}-{month}-{day} {hour}:{minute}:{second}")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_must_gather_path_names_the_pod() {
        let path = Path::new(
            "mg/operator/backstage-crs/ns=shop/dev/deployment/heap-dumps/pod=backstage-1/container=backend/\
             heapdump-20250105-143022.PARTIAL.heapsnapshot",
        );
        assert!(in_heap_dumps(path) && is_snapshot_name(path));
        let origin = Origin::of(path);
        assert_eq!(origin.namespace.as_deref(), Some("shop"));
        assert_eq!(origin.pod.as_deref(), Some("backstage-1"));
        assert_eq!(origin.container.as_deref(), Some("backend"));
        assert_eq!(origin.taken_at.as_deref(), Some("2025-01-05 14:30:22"));
        assert!(origin.partial);
    }

    #[test]
    fn snapshots_have_many_names() {
        for name in [
            "x.heapsnapshot",
            "x.heapsnapshot.PARTIAL",
            ".x.heapsnapshot.zst.4711.part",
            ".heapsnapshot.1",
            "x.HeapSnapshot.gz.zst",
            "x.heaptimeline.zst",
        ] {
            assert!(is_snapshot_name(Path::new(name)), "{name}");
        }
        for name in ["x.txt", "heapsnapshot", "x.heapsnapshot.csv", "x.heapsnapshot.log"] {
            assert!(!is_snapshot_name(Path::new(name)), "{name}");
        }
        assert!(is_partial_name("x.heapsnapshot.PARTIAL") && is_partial_name("x.partial.gz"));
        assert!(!is_partial_name("partial") && !is_partial_name("x.partially.heapsnapshot"));
    }

    #[test]
    fn times_come_from_names() {
        assert_eq!(
            taken_at("Heap.20250105.143022.77.0.001.heapsnapshot").as_deref(),
            Some("2025-01-05 14:30:22")
        );
        assert_eq!(taken_at("heapdump-fallback-77.heapsnapshot"), None);
        assert_eq!(taken_at("heapdump-2025010"), None);
        assert_eq!(taken_at("heapdump-2025é105-143022.heapsnapshot"), None);
    }
}
