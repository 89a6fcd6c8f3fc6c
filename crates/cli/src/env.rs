//! Every environment variable that heapglass reads.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// Where indexes are kept.
pub(crate) const CACHE_DIR: &str = "HEAPGLASS_CACHE_DIR";
/// How large the kept indexes may grow together: `5GB`, `500MB`, `0`.
pub(crate) const CACHE_MAX: &str = "HEAPGLASS_CACHE_MAX";

/// The values, as they are.
#[derive(Debug, Default)]
pub(crate) struct Environment {
    pub(crate) cache_dir: Option<PathBuf>,
    pub(crate) cache_max: Option<OsString>,
    /// `$XDG_CACHE_HOME/heapglass`, else `~/.cache/heapglass`.
    pub(crate) default_cache_dir: Option<PathBuf>,
    /// `NO_COLOR` is set, or `TERM` is `dumb`.
    pub(crate) no_color: bool,
    /// `COLUMNS`.
    pub(crate) columns: Option<usize>,
    /// `TMPDIR`, else the system's directory for temporary files.
    pub(crate) temp_dir: PathBuf,
}

impl Environment {
    pub(crate) fn read() -> Environment {
        let dir =
            |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
        // The XDG specification has relative paths ignored.
        let xdg = dir("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        let caches = xdg.or_else(|| dir("HOME").map(|home| home.join(".cache")));
        let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
        Environment {
            cache_dir: dir(CACHE_DIR),
            cache_max: env::var_os(CACHE_MAX).filter(|value| !value.is_empty()),
            default_cache_dir: caches.map(|caches| caches.join("heapglass")),
            no_color: dumb || env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()),
            columns: env::var("COLUMNS").ok().and_then(|columns| columns.parse().ok()),
            temp_dir: env::temp_dir(),
        }
    }
}
