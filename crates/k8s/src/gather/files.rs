//! Files of the collection.

use std::io;
use std::path::Path;

use super::Run;
use crate::client::ApiError;

/// Makes a directory, readable by its owner alone: snapshots hold whatever the process held.
pub(crate) fn make_directory(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder.create(path)
}

/// Writes a file, and the directories that it needs.
pub(crate) fn write(path: &Path, text: &str) -> io::Result<()> {
    if let Some(parent) = path.parent() {
        make_directory(parent)?;
    }
    std::fs::write(path, text)
}

impl Run<'_> {
    /// Writes a file; that it cannot be written is kept as an error.
    pub(crate) fn write(&self, path: &Path, text: &str) {
        if let Err(error) = write(path, text) {
            self.failed(&ApiError::Other {
                what: format!("cannot write {}", path.display()),
                why: error.to_string(),
            });
        }
    }

    /// Writes an object as YAML.
    pub(crate) fn write_yaml(&self, path: &Path, object: &serde_json::Value) {
        if !object.is_null() {
            self.write(path, &crate::redact::yaml(object, self.options.with_secrets));
        }
    }
}
