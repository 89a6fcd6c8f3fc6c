//! Every environment variable that heapglass reads.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

use clap::ValueEnum;

use crate::exit::Failure;

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

/// The variables of `gather`: those of RHDH's must-gather, with its names. Variables that are empty count as
/// not set. Three have no meaning here: `HEAP_DUMP_BUFFER_SIZE` and `KUBECTL_CMD` are about other programs, and
/// `HEAP_DUMP_SIGUSR2_STABLE_SECONDS` is a guess at what is known here, where a snapshot ends.
#[derive(Debug, Default)]
pub(crate) struct GatherEnvironment {
    values: std::collections::BTreeMap<&'static str, String>,
}

const GATHER: &[&str] = &[
    "BASE_COLLECTION_PATH",
    "CMD_TIMEOUT",
    "HEAP_DUMP_REMOTE_DIR",
    "HEAP_DUMP_TIMEOUT",
    "LOG_LEVEL",
    "MUST_GATHER_SINCE",
    "MUST_GATHER_SINCE_TIME",
    "RHDH_HEAP_DUMP_INSTANCES",
    "RHDH_HEAP_DUMP_METHOD",
    "RHDH_TARGET_NAMESPACES",
    "RHDH_WITH_HEAP_DUMPS",
];

impl GatherEnvironment {
    pub(crate) fn read() -> GatherEnvironment {
        let value = |&name: &&'static str| Some((name, env::var(name).ok()?));
        let values = GATHER.iter().filter_map(value).filter(|(_, value)| !value.trim().is_empty());
        GatherEnvironment { values: values.collect() }
    }

    pub(crate) fn text(&self, name: &str) -> Option<String> {
        self.values.get(name).map(|value| value.trim().to_owned())
    }

    pub(crate) fn list(&self, name: &str) -> Vec<String> {
        let text = self.text(name).unwrap_or_default();
        text.split(',').map(str::to_owned).filter(|item| !item.is_empty()).collect()
    }

    pub(crate) fn is_true(&self, name: &str) -> bool {
        self.text(name).as_deref() == Some("true")
    }

    /// Whole seconds.
    pub(crate) fn number(&self, name: &str, default: u64) -> Result<u64, Failure> {
        let Some(text) = self.text(name) else { return Ok(default) };
        text.trim_end_matches('s').parse().ok().filter(|&seconds| seconds > 0).ok_or_else(|| {
            Failure::usage(format!("{name} is not a number of seconds: {text}"))
                .hint(format!("for example {name}={default}"))
        })
    }

    pub(crate) fn choice<T: ValueEnum>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some(text) = self.text(name) else { return Ok(None) };
        T::from_str(&text, true).map(Some).map_err(|_| {
            let all = T::value_variants().iter().filter_map(T::to_possible_value);
            let all: Vec<String> = all.map(|value| value.get_name().to_owned()).collect();
            Failure::usage(format!("{name} is {text}")).hint(format!("one of {}", all.join(", ")))
        })
    }

    pub(crate) fn log_level_is_debug(&self) -> bool {
        matches!(self.text("LOG_LEVEL").as_deref(), Some("debug" | "trace"))
    }
}
