//! What groups are called.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::package::package_copy;

/// The name of a group. Two groups of a heap never have the same.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct GroupName {
    /// A package, a file, a class …
    pub name: String,
    /// The version of a package, where its path or its own package.json in the heap tells it.
    pub version: Option<String>,
    /// The folder of a package of which there is more than one copy with this name and version.
    pub folder: Option<String>,
}

impl GroupName {
    pub(super) fn plain(name: String) -> GroupName {
        GroupName { name, version: None, folder: None }
    }

    /// What a folder of a package is called; pseudo packages are called what they are.
    pub(super) fn of_package(folder: String, version: Option<&String>) -> GroupName {
        match package_copy(&folder) {
            None => GroupName::plain(folder),
            Some(copy) => GroupName {
                // On Windows with backslashes, which npm does not use.
                name: copy.name.replace('\\', "/"),
                version: copy.version.map(str::to_owned).or_else(|| version.cloned()),
                folder: Some(folder),
            },
        }
    }
}

/// A package tells its version by its own package.json, which may be loaded between two heaps. A version that is the only
/// one known of a folder is that of the folder in all of them. Folders are still those of all packages.
pub(super) fn carry_versions(heaps: &mut [Vec<GroupName>]) {
    // `None` where a folder has had two versions.
    let mut known: FxHashMap<&str, Option<&str>> = FxHashMap::default();
    for name in heaps.iter().flatten() {
        let (Some(folder), Some(version)) = (&name.folder, &name.version) else { continue };
        let one = known.entry(folder).or_insert(Some(version));
        *one = one.filter(|one| one == version);
    }
    let known: FxHashMap<String, String> = known
        .into_iter()
        .filter_map(|(folder, version)| Some((folder.to_owned(), version?.to_owned())))
        .collect();
    for name in heaps.iter_mut().flatten().filter(|name| name.version.is_none()) {
        name.version = name.folder.as_ref().and_then(|folder| known.get(folder)).cloned();
    }
}

/// Leaves folders only where they tell groups of one heap apart, so that a package is found again in the heap of another
/// installation.
pub(super) fn without_needless_folders(heaps: &mut [Vec<GroupName>]) {
    let key = |name: &GroupName| (name.name.clone(), name.version.clone());
    let mut ambiguous = FxHashSet::default();
    for heap in heaps.iter() {
        let mut seen: FxHashMap<_, u32> = FxHashMap::default();
        for name in heap {
            *seen.entry(key(name)).or_default() += 1;
        }
        ambiguous.extend(seen.into_iter().filter(|(_, times)| *times > 1).map(|(key, _)| key));
    }
    for name in heaps.iter_mut().flatten() {
        if name.folder.is_some() && !ambiguous.contains(&key(name)) {
            name.folder = None;
        }
    }
}
