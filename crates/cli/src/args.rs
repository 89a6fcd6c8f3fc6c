//! The command line as it is typed: flags and their help, nothing resolved.

mod capture;
mod check;
mod choice;
mod compare;
mod force;
mod redact;
mod secrets;
mod strings;
mod value;
mod waste;

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

pub(crate) use capture::{CaptureArgs, CaptureMethod};
pub(crate) use check::CheckArgs;
pub(crate) use choice::choices;
pub(crate) use compare::{CompareArgs, CompareColumn, MatchBy};
pub(crate) use force::ForceArg;
pub(crate) use redact::{PolicyChoice, RedactArgs};
pub(crate) use secrets::SecretsArgs;
pub(crate) use strings::StringsArgs;
pub(crate) use value::{ContextChoice, IdRange, InspectorAddress, object_id};
pub(crate) use waste::WasteArgs;

use crate::gather::args::GatherArgs;
use crate::help;

/// Open any V8 heap snapshot and say what is using the memory
#[derive(Debug, Parser)]
#[command(
    name = "heapglass",
    version,
    long_about = help::ABOUT,
    after_long_help = help::MAIN,
    after_help = "See --help for examples and exit codes.",
    override_usage = "heapglass [OPTIONS] FILE...\n       heapglass COMMAND [OPTIONS] FILE...",
    subcommand_negates_reqs = true,
    disable_help_subcommand = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Option<Command>,
    #[command(flatten)]
    pub(crate) report: ReportArgs,
    #[command(flatten)]
    pub(crate) common: CommonArgs,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Say what uses the memory: verdict, owners, statistics, biggest classes and objects (the default)
    #[command(after_long_help = help::REPORT)]
    Report(ReportArgs),
    /// List the classes with their counts and sizes, or the objects of a class
    #[command(after_long_help = help::SUMMARY)]
    Summary(SummaryArgs),
    /// Compare snapshots: what is new, what is gone, what grew
    #[command(
        after_long_help = help::COMPARE,
        override_usage = "heapglass compare [OPTIONS] BEFORE AFTER\n       heapglass compare [OPTIONS] FILE FILE FILE...\n       heapglass compare [OPTIONS] --control A1 A2 --treatment B1 B2"
    )]
    Compare(CompareArgs),
    /// Say what kinds of things the heap consists of
    #[command(after_long_help = help::STATISTICS)]
    Statistics(StatisticsArgs),
    /// Show what an object holds, as a tree from the roots or from any object
    #[command(after_long_help = help::CONTAINMENT)]
    Containment(ContainmentArgs),
    /// Show who retains the memory, as a tree of dominators
    #[command(after_long_help = help::DOMINATORS)]
    Dominators(DominatorsArgs),
    /// Show one object: its fields, elements, entries, variables, text and place in the source
    #[command(after_long_help = help::OBJECT, override_usage = "heapglass object [OPTIONS] FILE... @ID")]
    Object(ObjectArgs),
    /// Show who holds an object, nearest first
    #[command(after_long_help = help::RETAINERS, override_usage = "heapglass retainers [OPTIONS] FILE... @ID")]
    Retainers(RetainersArgs),
    /// Show the shortest paths that keep an object, or the objects of a class, alive
    #[command(
        after_long_help = help::PATHS,
        override_usage = "heapglass paths [OPTIONS] FILE... @ID\n       heapglass paths [OPTIONS] FILE... --class CLASS"
    )]
    Paths(PathsArgs),
    /// List the texts of the heap: the largest, the duplicated, those that match, and what holds them
    #[command(after_long_help = help::STRINGS)]
    Strings(StringsArgs),
    /// Say what memory could be saved: copies, empty and oversized collections, costly representations
    #[command(after_long_help = help::WASTE)]
    Waste(WasteArgs),
    /// Say what leaks: what goes on growing over snapshots of one process, and who holds it
    #[command(after_long_help = help::LEAKS)]
    Leaks(LeaksArgs),
    /// Check snapshots against budgets, assertions and rules, for CI
    #[command(after_long_help = help::CHECK)]
    Check(CheckArgs),
    /// Find credentials in the strings of the heap, and say what holds them
    #[command(after_long_help = help::SECRETS)]
    Secrets(SecretsArgs),
    /// Make a snapshot or a must-gather safe to share: the same figures, none of the data
    #[command(after_long_help = help::REDACT)]
    Redact(RedactArgs),
    /// Write one row for each node, as CSV or as JSON lines
    #[command(after_long_help = help::EXPORT)]
    Export(ExportArgs),
    /// Make the index of a snapshot, with which it opens at once
    #[command(after_long_help = help::INDEX)]
    Index(IndexArgs),
    /// List or clear the indexes that heapglass keeps
    #[command(after_long_help = help::CACHE)]
    Cache(CacheArgs),
    /// Take a snapshot of a running process, without harming it
    #[command(after_long_help = help::CAPTURE)]
    Capture(Box<CaptureArgs>),
    /// Take snapshots of a cluster's workloads: Backstage by itself, anything else by its labels
    #[command(after_long_help = help::GATHER)]
    Gather(Box<GatherArgs>),
    /// Write a completion script for a shell
    #[command(after_long_help = help::COMPLETIONS)]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the man page, or all man pages into a directory
    #[command(after_long_help = help::MAN)]
    Man {
        /// Directory for one page per command; without it the main page goes to standard output
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Write the generated documents of the repository
    #[command(name = "__generate", hide = true)]
    Generate {
        /// The repository
        dir: PathBuf,
    },
}

/// Options of every command.
#[derive(Debug, Args)]
pub(crate) struct CommonArgs {
    /// Print the answer as JSON (see docs/schema)
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) json: bool,
    /// Print exact sizes in bytes instead of 1.2 MB
    #[arg(long, global = true, help_heading = "Output")]
    pub(crate) bytes: bool,
    /// When to use colours
    #[arg(
        long,
        global = true,
        help_heading = "Output",
        value_name = "WHEN",
        default_value = "auto"
    )]
    pub(crate) color: ColorChoice,
    /// Neither use an index nor make one
    #[arg(long, global = true, help_heading = "Reading")]
    pub(crate) no_index: bool,
    /// Threads to read with [default: one for each processor]
    #[arg(long, global = true, help_heading = "Reading", value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub(crate) threads: Option<u16>,
    /// A source map, or a directory of maps or of bundles with maps: code is told as it was written, by its files,
    /// packages and names. May be given more than once
    #[arg(long = "source-map", global = true, help_heading = "Reading", value_name = "FILE|DIR")]
    pub(crate) source_maps: Vec<PathBuf>,
    /// Show no progress bar
    #[arg(long, global = true, help_heading = "Reading")]
    pub(crate) no_progress: bool,
    /// Say on standard error what each step of opening took
    #[arg(long, global = true, hide = true)]
    pub(crate) timings: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ColorChoice {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Args)]
pub(crate) struct LeaksArgs {
    /// Snapshots of one process in any order (.heapsnapshot, also .gz or .zst), or directories. Of a single one it says
    /// what stands out
    #[arg(required = true, value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
    /// Suspects to show, 0 for all
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) top: usize,
    /// Growth below this, in bytes for each interval, is not looked at
    #[arg(long, value_name = "BYTES", default_value_t = 1024)]
    pub(crate) least: u64,
    /// Also say to which package, file or class the growth belongs
    #[arg(long, value_name = "WHAT")]
    pub(crate) by: Option<Grouping>,
    /// Resident memory of the process at each FILE, in their order, as 400MiB,520MiB,640MiB: to say so if it grows and the
    /// heap does not [default: what process-info.txt beside each snapshot says]
    #[arg(long, value_name = "SIZES", value_delimiter = ',', value_parser = crate::resident::size)]
    pub(crate) rss: Vec<u64>,
}

/// The snapshots to read.
#[derive(Debug, Args)]
pub(crate) struct FilesArg {
    /// Snapshots (plain, .gz or .zst), `-` for standard input, or must-gather directories
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
}

/// The snapshots to read, and an object in them.
#[derive(Debug, Args)]
pub(crate) struct TargetArg {
    /// A snapshot (or several, a directory, `-`) and the object's id: `@123` or `123`, in any order
    #[arg(value_name = "FILE|@ID", required = true)]
    pub(crate) values: Vec<OsString>,
}

#[derive(Debug, Args)]
pub(crate) struct ReportArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// Biggest classes and biggest objects to list, each
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) top: usize,
    /// Share of the heap, in per cent, from which an owner stands out
    #[arg(long, value_name = "PERCENT", default_value = "10", value_parser = value::percent)]
    pub(crate) threshold: f64,
    /// Also say who holds the memory: whose code, which class
    #[arg(long, value_name = "WHAT")]
    pub(crate) by: Option<Grouping>,
    /// Resident memory of the process, to say what of it the heap does not explain [default: what process-info.txt
    /// beside the snapshot says]
    #[arg(long, value_name = "SIZE", value_parser = crate::resident::size)]
    pub(crate) rss: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Grouping {
    /// By the npm package whose code holds it
    Package,
    /// By the file whose code holds it
    File,
    /// By the Backstage plugin whose code holds it, with the packages below its folder
    Plugin,
    /// By the class whose objects hold it
    Class,
    /// By native context (realm), as DevTools attributes it
    Context,
    /// By the function that allocated it: for recordings with stacks
    Function,
    /// By component of React, unmounted ones by themselves
    Component,
}

#[derive(Debug, Args)]
pub(crate) struct SummaryArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// What to sort the classes by
    #[arg(long, value_name = "COLUMN", default_value = "retained")]
    pub(crate) sort: SortColumn,
    /// Only classes, or objects of classes, whose name matches this regular expression, in any case
    #[arg(long, value_name = "REGEX")]
    pub(crate) filter: Option<String>,
    /// Rows to show, 0 for all [default: 30; with --json all, but for --sort edges without --objects]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// List the objects of this class (a name as shown, or a class key)
    #[arg(long, value_name = "CLASS")]
    pub(crate) objects: Option<String>,
    /// Only some objects: by DevTools' filters, or unmounted fibers of React
    #[arg(long, value_name = "WHICH")]
    pub(crate) only: Option<OnlyFilter>,
    /// Only objects of this native context (realm): its @id, `shared` or `none`
    #[arg(long, value_name = "CONTEXT", value_parser = value::native_context)]
    pub(crate) native_context: Option<ContextChoice>,
    /// Only objects with ids above MIN and up to MAX; either may be left out
    #[arg(long, value_name = "MIN..MAX", value_parser = value::id_range)]
    pub(crate) ids: Option<IdRange>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SortColumn {
    Name,
    Count,
    Distance,
    Shallow,
    Retained,
    /// Edges that lead out: lists the objects with most of them, of all classes or of --objects
    Edges,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum OnlyFilter {
    /// Strings with the same text as another one
    DuplicatedStrings,
    /// What only detached DOM nodes keep alive
    DetachedDom,
    /// What only contexts of closures keep alive
    Contexts,
    /// What only the DevTools console keeps alive
    Console,
    /// What only event handlers keep alive
    EventHandlers,
    /// Fibers of React that are unmounted
    UnmountedFibers,
}

#[derive(Debug, Args)]
pub(crate) struct StatisticsArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
}

#[derive(Debug, Args)]
pub(crate) struct ContainmentArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// Start from this object [default: the root]
    #[arg(long, value_name = "@ID", value_parser = value::object_id)]
    pub(crate) from: Option<u64>,
    /// Levels to open
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) depth: u32,
    /// Children of each object to show, 0 for all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Largest retained size first, instead of the file's order
    #[arg(long)]
    pub(crate) by_size: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DominatorsArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// Start from this object [default: the root]
    #[arg(long, value_name = "@ID", value_parser = value::object_id)]
    pub(crate) from: Option<u64>,
    /// Leave out what retains less than this share of the heap, in per cent
    #[arg(long, value_name = "PERCENT", default_value = "1", value_parser = value::percent)]
    pub(crate) min_share: f64,
    /// Levels to open
    #[arg(long, value_name = "N", default_value_t = 6, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) depth: u32,
    /// Rows below each object to show, 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct ObjectArgs {
    #[command(flatten)]
    pub(crate) target: TargetArg,
    /// Rows of each list to show, 0 for all
    #[arg(long, value_name = "N", default_value_t = 50)]
    pub(crate) limit: usize,
    /// Also list internal, hidden, shortcut and weak edges
    #[arg(long)]
    pub(crate) internals: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RetainersArgs {
    #[command(flatten)]
    pub(crate) target: TargetArg,
    /// Also show weak edges
    #[arg(long)]
    pub(crate) weak: bool,
    /// As if no path led through this object (DevTools' "ignore this retainer"); may be repeated
    #[arg(long, value_name = "@ID", value_parser = value::object_id, value_delimiter = ',')]
    pub(crate) ignore: Vec<u64>,
    /// Levels of which every row is opened; beyond, the nearest retainer is followed to the root
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) depth: u32,
    /// Retainers of each object to show, 0 for all
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) limit: usize,
}

#[derive(Debug, Args)]
pub(crate) struct PathsArgs {
    #[command(flatten)]
    pub(crate) target: TargetArg,
    /// The paths to all objects of this class, put together
    #[arg(long, value_name = "CLASS")]
    pub(crate) class: Option<String>,
    /// Paths to show; with --class, branches of each row
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) limit: u32,
}

#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// The form of the rows
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: ExportFormat,
    /// File to write; for several snapshots a directory [default: standard output]
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum ExportFormat {
    /// Comma-separated values with a header, quoted as RFC 4180 says
    Csv,
    /// One JSON object a line
    Ndjson,
}

#[derive(Debug, Args)]
pub(crate) struct IndexArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// Where to write it [default: the cache]
    #[arg(long, value_name = "PATH")]
    pub(crate) out: Option<PathBuf>,
    /// Let --out replace a file that is no index
    #[arg(long, requires = "out")]
    pub(crate) force: bool,
}

#[derive(Debug, Args)]
pub(crate) struct CacheArgs {
    #[command(subcommand)]
    pub(crate) action: Option<CacheAction>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Subcommand)]
pub(crate) enum CacheAction {
    /// Say where the indexes are and how large (the default)
    List,
    /// Remove all indexes
    Clear,
}
