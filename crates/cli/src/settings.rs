//! Flags, environment and terminal put together into what the commands go by.

use std::ffi::OsStr;
use std::io::IsTerminal;
use std::path::PathBuf;

use heapglass_collect::words::parse_size;
use heapglass_report::text::{Look, SizeStyle};

use crate::args::{ColorChoice, CommonArgs};
use crate::env::{CACHE_MAX, Environment};
use crate::exit::Failure;

/// How the commands read and write.
#[derive(Debug)]
pub(crate) struct Settings {
    pub(crate) json: bool,
    /// How text on standard output looks.
    pub(crate) look: Look,
    /// Whether messages on standard error are painted.
    pub(crate) paint_messages: bool,
    pub(crate) progress: bool,
    /// Whether to say what each step of opening took.
    pub(crate) timings: bool,
    pub(crate) threads: usize,
    pub(crate) temp_dir: PathBuf,
    /// Where indexes are kept; `None` if the user wants none or there is no place.
    pub(crate) cache: Option<CacheSettings>,
}

/// Where indexes are kept, and how many.
#[derive(Debug, Clone)]
pub(crate) struct CacheSettings {
    pub(crate) dir: PathBuf,
    /// Most bytes that all indexes may take together; `None` for the default, which depends on
    /// the disk.
    pub(crate) max_bytes: Option<u64>,
}

/// Width of tables when standard output is no terminal.
const WIDTH_WITHOUT_TERMINAL: usize = 100;
/// Tables are not made narrower than this.
const LEAST_WIDTH: usize = 40;

impl Settings {
    pub(crate) fn resolve(args: &CommonArgs, env: &Environment) -> Result<Settings, Failure> {
        let stdout_is_terminal = std::io::stdout().is_terminal();
        let stderr_is_terminal = std::io::stderr().is_terminal();
        let paint = |is_terminal: bool| match args.color {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto => is_terminal && !env.no_color,
        };
        let sizes = if args.bytes { SizeStyle::Exact } else { SizeStyle::Human };
        let threads = args.threads.map_or_else(
            || std::thread::available_parallelism().map_or(1, std::num::NonZero::get),
            usize::from,
        );
        Ok(Settings {
            json: args.json,
            look: Look { width: width(env), colour: paint(stdout_is_terminal), sizes },
            paint_messages: paint(stderr_is_terminal),
            progress: stderr_is_terminal && !args.no_progress,
            timings: args.timings,
            threads,
            temp_dir: env.temp_dir.clone(),
            cache: if args.no_index { None } else { Self::cache(env)? },
        })
    }

    /// Where indexes are kept, whether or not this run uses them.
    pub(crate) fn cache(env: &Environment) -> Result<Option<CacheSettings>, Failure> {
        let max_bytes = env.cache_max.as_deref().map(parse_max).transpose()?;
        let dir = env.cache_dir.clone().or_else(|| env.default_cache_dir.clone());
        Ok(dir.map(|dir| CacheSettings { dir, max_bytes }))
    }
}

fn width(env: &Environment) -> usize {
    let terminal = || {
        terminal_size::terminal_size_of(std::io::stdout()).map(|(width, _)| usize::from(width.0))
    };
    let columns = env.columns.or_else(terminal).filter(|&columns| columns > 0);
    columns.unwrap_or(WIDTH_WITHOUT_TERMINAL).max(LEAST_WIDTH)
}

fn parse_max(text: &OsStr) -> Result<u64, Failure> {
    text.to_str().and_then(parse_size).ok_or_else(|| {
        Failure::usage(format!("{CACHE_MAX} is not a size: {}", text.display()))
            .hint("write it like 5GB, 500MB or 0")
    })
}
