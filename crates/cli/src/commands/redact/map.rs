//! What stands for what, for its owner alone.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::NamedTempFile;

use super::{Work, cannot_write, refuse_what_is_no_file};
use crate::args::RedactArgs;
use crate::context::Context;
use crate::exit::Failure;

/// A map that is being written; it gets its name when all is done.
pub(super) struct PrivateMap {
    file: NamedTempFile,
    path: PathBuf,
    // Dropped after the file.
    _work: Work,
}

impl PrivateMap {
    /// The map that is asked for, if one is.
    ///
    /// Errors: it would replace what is read or written, be shared with it, or, without `--force`, replace any file.
    pub(super) fn begin(
        context: &Context,
        args: &RedactArgs,
    ) -> Result<Option<PrivateMap>, Failure> {
        let Some(path) = &args.map else { return Ok(None) };
        refuse_to_mix("map", path, args)?;
        if args.force {
            refuse_what_is_no_file(path)?;
        } else if path.symlink_metadata().is_ok() {
            return Err(cannot_write(path, &io::Error::from(io::ErrorKind::AlreadyExists)));
        }
        let work = Work::beside(context, path)?;
        let file = work.file().map_err(|error| cannot_write(path, &error))?;
        Ok(Some(PrivateMap { file, path: path.clone(), _work: work }))
    }

    /// Where rows are written to.
    pub(super) fn file(&self) -> &File {
        self.file.as_file()
    }

    /// Gives it its name.
    pub(super) fn keep(self, force: bool) -> Result<(), Failure> {
        let kept = if force {
            self.file.persist(&self.path)
        } else {
            self.file.persist_noclobber(&self.path)
        };
        kept.map(drop).map_err(|error| cannot_write(&self.path, &error.error))
    }
}

/// The key, with which texts can be guessed, is none of the files that are read or written, nor among those that are shared.
pub(super) fn refuse_key(key: &Path, args: &RedactArgs) -> Result<(), Failure> {
    let map = args.map.as_deref().and_then(place_of);
    if map.is_some() && map == place_of(key) {
        let failure = Failure::usage("the key and the map are the same file");
        return Err(failure.hint("give one of them another name"));
    }
    refuse_to_mix("key", key, args)
}

/// The map, or the key, is none of the files that are read or written, nor among those that are shared.
fn refuse_to_mix(what: &str, file: &Path, args: &RedactArgs) -> Result<(), Failure> {
    let Some(own) = place_of(file) else { return Ok(()) };
    for (other, name) in [(&args.input, "IN"), (&args.output, "OUT")] {
        refuse_within(what, &own, other, name)?;
    }
    Ok(())
}

/// The key is not the file that a command writes, nor in the directory, since that is what is shared.
pub(crate) fn refuse_to_share(key: &Path, output: &Path) -> Result<(), Failure> {
    let Some(own) = place_of(key) else { return Ok(()) };
    refuse_within("key", &own, output, &output.display().to_string())
}

fn refuse_within(what: &str, own: &Path, other: &Path, name: &str) -> Result<(), Failure> {
    // What is below a file is nothing, so this is about directories as well.
    if place_of(other).is_some_and(|other| own.starts_with(other)) {
        let message = format!("the {what} cannot be {name}, nor lie in it");
        return Err(Failure::usage(message).hint("name a file elsewhere: it is not to be shared"));
    }
    Ok(())
}

/// Where a file is or will be, without links.
fn place_of(path: &Path) -> Option<PathBuf> {
    // The nearest directory that is there, and what is below it.
    let absolute = std::path::absolute(path).ok()?;
    absolute.ancestors().find_map(|above| {
        let there = above.canonicalize().ok()?;
        let below = absolute.strip_prefix(above).ok()?;
        Some(if below.as_os_str().is_empty() { there } else { there.join(below) })
    })
}
