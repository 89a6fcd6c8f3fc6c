//! Where what waits is kept past a few megabytes: files without a name.

use std::path::{Path, PathBuf};

use tempfile::SpooledTempFile;

/// A directory, or the system's one for temporary files.
#[derive(Debug, Default)]
pub(crate) struct Spool(Option<PathBuf>);

impl Spool {
    pub(crate) fn within(directory: &Path) -> Spool {
        Spool(Some(directory.to_owned()))
    }

    /// A file that is on the disk once it has more than `in_memory` bytes.
    pub(crate) fn file(&self, in_memory: usize) -> SpooledTempFile {
        match &self.0 {
            Some(directory) => SpooledTempFile::new_in(in_memory, directory),
            None => SpooledTempFile::new(in_memory),
        }
    }
}
