//! What `strings` is told.

use clap::Args;
use heapglass_analysis::TextSort;

use super::FilesArg;
use super::choice::choices;

#[derive(Debug, Args)]
pub(crate) struct StringsArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// Only texts that match this regular expression, in any case
    #[arg(long, value_name = "REGEX")]
    pub(crate) filter: Option<String>,
    /// Only texts that more than one string has
    #[arg(long)]
    pub(crate) duplicates: bool,
    /// What to sort the texts by [default: size; with --duplicates wasted]
    #[arg(long, value_name = "COLUMN")]
    pub(crate) sort: Option<TextColumn>,
    /// Texts to show, 0 for all
    #[arg(long, value_name = "N", default_value_t = 30)]
    pub(crate) limit: usize,
}

choices! {
    TextColumn for TextSort {
        /// Bytes of all strings of the text
        Size,
        /// Bytes of all copies but the largest
        Wasted,
        /// Number of strings
        Count,
    }
}
