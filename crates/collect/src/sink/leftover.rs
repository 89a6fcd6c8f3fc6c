//! Temporary files of captures that were killed before they could give them their name (`kill -9`, no memory left).
//!
//! A capture has a lock on its file, which ends with it, also where its number means nothing here, as in another container.

use std::fs::File;
use std::path::{Path, PathBuf};

use super::directory_of;

/// A file that nobody writes any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leftover {
    /// The file.
    pub path: PathBuf,
    /// Its bytes.
    pub bytes: u64,
}

/// Those in the directory where `path` is or will be, in the order of their names; none where that cannot be told. Cost: one
/// look into the directory.
pub fn leftovers(path: &Path) -> Vec<Leftover> {
    let Ok(entries) = std::fs::read_dir(directory_of(path)) else { return Vec::new() };
    let left = |entry: std::fs::DirEntry| {
        let owner = owner(entry.file_name().to_str()?)?;
        let metadata = entry.metadata().ok().filter(std::fs::Metadata::is_file)?;
        let path = entry.path();
        let is_left = !is_there(owner) && is_unlocked(&path);
        is_left.then_some(Leftover { path, bytes: metadata.len() })
    };
    let mut found: Vec<Leftover> = entries.flatten().filter_map(left).collect();
    found.sort_by(|one, other| one.path.cmp(&other.path));
    found
}

/// Locks a temporary file for as long as it is open. Not every file system has locks: then nothing is left, as far as is
/// known.
pub(super) fn claim(file: &File) {
    let _ = lock(file);
}

/// The process in a temporary name: `.a.heapsnapshot.zst.4242.part`.
fn owner(name: &str) -> Option<u32> {
    let (name, pid) = name.strip_prefix('.')?.strip_suffix(".part")?.rsplit_once('.')?;
    if name.contains(".heapsnapshot") { pid.parse().ok() } else { None }
}

fn is_unlocked(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| lock(&file))
}

/// Whether the lock on a file was free, and is ours now.
#[cfg(unix)]
fn lock(file: &File) -> bool {
    rustix::fs::flock(file, rustix::fs::FlockOperation::NonBlockingLockExclusive).is_ok()
}

#[cfg(not(unix))]
fn lock(_: &File) -> bool {
    false
}

/// Whether there is a process of this number.
#[cfg(unix)]
fn is_there(pid: u32) -> bool {
    let id = i32::try_from(pid).ok().and_then(rustix::process::Pid::from_raw);
    id.is_some_and(|id| rustix::process::test_kill_process(id) != Err(rustix::io::Errno::SRCH))
}

#[cfg(not(unix))]
fn is_there(_: u32) -> bool {
    true
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_writes_any_more_is_left() {
        let directory = tempfile::tempdir().unwrap();
        let mut process = std::process::Command::new("true").spawn().unwrap();
        let (own, dead) = (std::process::id(), process.id());
        process.wait().unwrap();
        let make = |name: String| {
            let path = directory.path().join(name);
            std::fs::write(&path, "four").unwrap();
            path
        };
        let left = make(format!(".a.heapsnapshot.{dead}.part"));
        let held = make(format!(".b.heapsnapshot.zst.{dead}.part"));
        for name in [
            // Of a process that is there, of no snapshot, of no process, and a snapshot.
            format!(".c.heapsnapshot.{own}.part"),
            format!(".film.{dead}.part"),
            ".d.heapsnapshot.part".to_owned(),
            "e.heapsnapshot".to_owned(),
        ] {
            make(name);
        }
        // Another container's processes have numbers of their own.
        let lock = File::open(&held).unwrap();
        claim(&lock);
        let found = || leftovers(&directory.path().join("new.heapsnapshot"));
        let of = |path: &PathBuf| Leftover { path: path.clone(), bytes: 4 };
        assert_eq!(found(), [of(&left)]);
        drop(lock);
        assert_eq!(found(), [of(&left), of(&held)]);
        assert_eq!(leftovers(Path::new("/nowhere/at/all/a.heapsnapshot")), []);
    }
}
