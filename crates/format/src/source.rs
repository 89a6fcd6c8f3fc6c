//! Where a snapshot's bytes come from.

use std::path::{Path, PathBuf};

use crate::Result;

/// A snapshot's bytes: a file, plain or compressed (told by its first bytes, not its name), or
/// standard input.
#[derive(Debug, Clone)]
pub struct Source {
    path: PathBuf,
}

impl Source {
    /// The file at `path`. Fails if it cannot be opened or is a directory.
    pub fn file(path: &Path) -> Result<Source> {
        Ok(Source { path: path.to_owned() })
    }

    /// Standard input.
    pub fn stdin() -> Source {
        Source { path: PathBuf::from("-") }
    }

    /// The file's path; `-` for standard input.
    pub fn path(&self) -> &Path {
        &self.path
    }
}
