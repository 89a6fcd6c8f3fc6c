//! What `compare` is told.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use heapglass_analysis::ChangeSort;

use super::Grouping;
use super::choice::choices;

#[derive(Debug, Args)]
pub(crate) struct CompareArgs {
    /// Snapshots in order of time (plain, .gz or .zst), or directories of them
    #[arg(value_name = "FILE", required_unless_present = "control")]
    pub(crate) files: Vec<PathBuf>,
    /// Two or more snapshots of a run without the change in question
    #[arg(long, value_names = ["FIRST", "LAST"], num_args = 2.., requires = "treatment", conflicts_with = "files")]
    pub(crate) control: Vec<PathBuf>,
    /// Two or more snapshots of a run with it: what grows here beyond the control is shown, and what leaks in it alone
    #[arg(long, value_names = ["FIRST", "LAST"], num_args = 2.., requires = "control")]
    pub(crate) treatment: Vec<PathBuf>,
    /// How objects are found again: by id within one process, else by class
    #[arg(long = "match", value_name = "HOW", default_value = "auto")]
    pub(crate) matching: MatchBy,
    /// What to sort the classes by; growth, name, delta or size-delta if the snapshots are not two
    #[arg(long, value_name = "COLUMN", default_value = "growth")]
    pub(crate) sort: CompareColumn,
    /// Only classes (or what else --by says) whose name matches this regular expression, in any case
    #[arg(long, value_name = "REGEX")]
    pub(crate) filter: Option<String>,
    /// Rows to show, 0 for all [default: 30, without classes whose objects were only replaced; with --json all]
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<usize>,
    /// Objects to list that grew most; of a control and a treatment what leaks in the latter alone
    #[arg(long, value_name = "N", default_value_t = 10)]
    pub(crate) top: usize,
    /// Say what each of these holds in each snapshot, instead of comparing classes by their objects
    #[arg(long, value_name = "WHAT", conflicts_with_all = ["control", "objects", "matching", "sort", "top"])]
    pub(crate) by: Option<Grouping>,
    /// List the new and the deleted objects of this class (a name as shown, or a class key)
    #[arg(long, value_name = "CLASS", conflicts_with_all = ["control", "sort"])]
    pub(crate) objects: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum MatchBy {
    /// By id if the snapshots look like those of one process
    Auto,
    /// By id
    Ids,
    /// By class
    Classes,
}

choices! {
    CompareColumn for ChangeSort {
        /// Bytes that the class has more, in new and in old objects
        Growth,
        Name,
        New,
        Deleted,
        Delta,
        Allocated,
        Freed,
        SizeDelta,
        /// Bytes by which old objects grew
        Grown,
    }
}
