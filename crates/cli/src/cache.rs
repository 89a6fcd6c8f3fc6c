//! The directory of indexes: one for each snapshot, bounded in size, least recently used out first.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use xxhash_rust::xxh3::xxh3_128;

use crate::settings::CacheSettings;

/// What the names of indexes end in.
const EXTENSION: &str = "heapglass-index";
/// Most bytes that the indexes may take by default, and the part of the disk: the smaller counts.
const DEFAULT_MAX: u64 = 20_000_000_000;
const DEFAULT_DISK_PART: u64 = 10;
/// Characters of a snapshot's name in its index's name, for people who look into the directory.
const NAME_CHARS: usize = 60;
/// An index that is not complete and this old was left by a run that was killed.
const LEFTOVER_AGE: Duration = Duration::from_secs(24 * 3600);

/// The directory of indexes.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: PathBuf,
    max_bytes: u64,
}

/// A file in the cache.
#[derive(Debug)]
pub(crate) struct Entry {
    pub(crate) path: PathBuf,
    pub(crate) bytes: u64,
    pub(crate) last_used: SystemTime,
}

impl Cache {
    /// The cache, its directory made if it is not there. Indexes hold what the heap holds, so
    /// nobody else may look.
    pub(crate) fn open(settings: &CacheSettings) -> io::Result<Cache> {
        create_private_dir(&settings.dir)?;
        let max_bytes = settings.max_bytes.unwrap_or_else(|| default_max(&settings.dir));
        Ok(Cache { dir: settings.dir.clone(), max_bytes })
    }

    /// Whether anything may be kept at all.
    pub(crate) fn keeps_anything(&self) -> bool {
        self.max_bytes > 0
    }

    pub(crate) fn dir(&self) -> &Path {
        &self.dir
    }

    pub(crate) fn max_bytes(&self) -> u64 {
        self.max_bytes
    }

    /// Where the index of `snapshot` lies or shall lie. The same file has the same index by
    /// whatever path it is named.
    pub(crate) fn index_of(&self, snapshot: &Path) -> io::Result<PathBuf> {
        let whole = fs::canonicalize(snapshot)?;
        let key = xxh3_128(whole.as_os_str().as_encoded_bytes());
        let name = whole.file_name().map(|name| name.to_string_lossy()).unwrap_or_default();
        let kept = |c: char| if c.is_ascii_alphanumeric() || "-_.=".contains(c) { c } else { '_' };
        let name: String = name.chars().take(NAME_CHARS).map(kept).collect();
        Ok(self.dir.join(format!("{name}-{key:032x}.{EXTENSION}")))
    }

    /// Marks `index` as just used and makes room: the least recently used go first, `index` goes
    /// last and only if it alone is too large.
    pub(crate) fn used(&self, index: &Path) -> io::Result<()> {
        if let Ok(file) = File::open(index) {
            make_private(&file)?;
            // A file system without times keeps the order of making, which is good enough.
            let _ = file.set_modified(SystemTime::now());
        }
        let mut entries = self.entries()?;
        entries.sort_by_key(|entry| (entry.path == index, entry.last_used));
        let mut total: u64 = entries.iter().map(|entry| entry.bytes).sum();
        for entry in &entries {
            let leftover =
                !entry.is_index() && entry.last_used.elapsed().is_ok_and(|age| age > LEFTOVER_AGE);
            if leftover || (entry.is_index() && total > self.max_bytes) {
                // Another run may have removed it, or may still read it: both are fine.
                let _ = fs::remove_file(&entry.path);
                total -= entry.bytes;
            }
        }
        Ok(())
    }

    /// The indexes, and what runs that were killed left of theirs.
    pub(crate) fn entries(&self) -> io::Result<Vec<Entry>> {
        let files = fs::read_dir(&self.dir)?.filter_map(|entry| {
            let entry = entry.ok()?;
            let facts = entry.metadata().ok().filter(fs::Metadata::is_file)?;
            let last_used = facts.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            Some(Entry { path: entry.path(), bytes: facts.len(), last_used })
        });
        Ok(files.filter(Entry::is_ours).collect())
    }

    /// Removes all indexes; says how many, and how many bytes that freed.
    pub(crate) fn clear(&self) -> io::Result<(usize, u64)> {
        let mut freed = (0, 0);
        for entry in self.entries()? {
            if entry.remove()? {
                freed = (freed.0 + 1, freed.1 + entry.bytes);
            }
        }
        Ok(freed)
    }
}

impl Entry {
    fn is_index(&self) -> bool {
        self.path.extension().is_some_and(|extension| extension == EXTENSION)
    }

    /// Removes the file; whether it was still there: another run may have made room or given it its name.
    fn remove(&self) -> io::Result<bool> {
        match fs::remove_file(&self.path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            removed => removed.map(|()| true),
        }
    }

    /// Whether it is an index, or one that is being written.
    fn is_ours(&self) -> bool {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        self.is_index() || (name.starts_with(".heapglass-") && name.ends_with(".tmp"))
    }
}

#[cfg(unix)]
fn create_private_dir(dir: &Path) -> io::Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    fs::DirBuilder::new().recursive(true).mode(0o700).create(dir)
}

#[cfg(not(unix))]
fn create_private_dir(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)
}

#[cfg(unix)]
fn make_private(file: &File) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn make_private(_: &File) -> io::Result<()> {
    Ok(())
}

#[cfg(unix)]
fn default_max(dir: &Path) -> u64 {
    let disk = rustix::fs::statvfs(dir)
        .map_or(u64::MAX, |disk| disk.f_blocks.saturating_mul(disk.f_frsize));
    DEFAULT_MAX.min(disk / DEFAULT_DISK_PART)
}

#[cfg(not(unix))]
fn default_max(_: &Path) -> u64 {
    let _ = DEFAULT_DISK_PART;
    DEFAULT_MAX
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cache(max_bytes: u64) -> (tempfile::TempDir, Cache) {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let settings = CacheSettings { dir: dir.path().join("cache"), max_bytes: Some(max_bytes) };
        let cache = Cache::open(&settings).expect("a cache");
        (dir, cache)
    }

    /// Writes an index of `bytes`, last used `age` seconds ago.
    fn index(cache: &Cache, name: &str, bytes: usize, age: u64) -> PathBuf {
        let path = cache.dir().join(format!("{name}.{EXTENSION}"));
        fs::write(&path, vec![0; bytes]).expect("written");
        let used = SystemTime::now() - Duration::from_secs(age);
        File::open(&path).and_then(|file| file.set_modified(used)).expect("time set");
        path
    }

    #[test]
    fn the_least_recently_used_go_first() {
        let (_dir, cache) = cache(250);
        let old = index(&cache, "old", 100, 300);
        let older = index(&cache, "older", 100, 900);
        let new = index(&cache, "new", 100, 10);
        cache.used(&new).expect("room made");
        assert!(!older.exists() && old.exists() && new.exists());
    }

    #[test]
    fn one_that_is_too_large_is_not_kept() {
        let (_dir, cache) = cache(50);
        let large = index(&cache, "large", 100, 0);
        cache.used(&large).expect("room made");
        assert!(!large.exists());
    }

    #[test]
    fn strangers_are_left_alone() {
        let (_dir, cache) = cache(0);
        let stranger = cache.dir().join("notes.txt");
        fs::write(&stranger, "mine").expect("written");
        index(&cache, "one", 10, 0);
        assert_eq!(cache.clear().expect("cleared"), (1, 10));
        cache.used(Path::new("none")).expect("room made");
        assert!(stranger.exists());
    }

    #[test]
    fn what_another_run_has_removed_is_no_error() {
        let (_dir, cache) = cache(1000);
        index(&cache, "one", 10, 0);
        let entries = cache.entries().expect("a list");
        let [entry] = entries.as_slice() else { panic!("{entries:?}") };
        assert!(entry.remove().expect("removed"));
        assert!(!entry.remove().expect("gone already"));
    }

    #[cfg(unix)]
    #[test]
    fn nobody_else_may_look() {
        use std::os::unix::fs::PermissionsExt;
        let (_dir, cache) = cache(1000);
        let one = index(&cache, "one", 10, 0);
        cache.used(&one).expect("marked");
        let mode = |path: &Path| fs::metadata(path).expect("there").permissions().mode() & 0o777;
        assert_eq!((mode(cache.dir()), mode(&one)), (0o700, 0o600));
    }

    #[test]
    fn one_file_has_one_index() {
        let (dir, cache) = cache(1000);
        let file = dir.path().join("a b\n.heapsnapshot");
        fs::write(&file, "").expect("written");
        let roundabout = dir.path().join("cache/../a b\n.heapsnapshot");
        let index = cache.index_of(&file).expect("a path");
        assert_eq!(index, cache.index_of(&roundabout).expect("a path"));
        let name = index.file_name().and_then(|name| name.to_str()).expect("a plain name");
        assert!(name.starts_with("a_b_.heapsnapshot-"), "{name}");
    }
}
