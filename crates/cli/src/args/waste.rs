//! What `waste` is told.

use std::path::PathBuf;

use clap::Args;
use heapglass_analysis::WasteKind;

use super::FilesArg;
use super::choice::choices;

#[derive(Debug, Args)]
pub(crate) struct WasteArgs {
    #[command(flatten)]
    pub(crate) files: FilesArg,
    /// Look for these kinds alone; may be given more than once, or as a list with commas
    #[arg(long, value_name = "KIND", value_delimiter = ',')]
    pub(crate) kind: Vec<WasteChoice>,
    /// Rows of each kind, 0 for all
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) limit: usize,
    /// A folder with the program's files, for unread-variables: snapshots have the first 1,024 characters of a script.
    /// May be given more than once
    #[arg(long, value_name = "DIR")]
    pub(crate) sources: Vec<PathBuf>,
}

choices! {
    WasteChoice for WasteKind {
        /// Strings with the same text
        DuplicateStrings,
        /// Objects of one shape with the same values
        IdenticalObjects,
        /// Large strings that only slices of them keep alive
        SlicedStrings,
        /// Strings joined with + that were never made flat
        JoinedStrings,
        /// Maps, Sets, arrays and objects with nothing in them
        EmptyCollections,
        /// Room for more than is in Maps, Sets and arrays
        SpareRoom,
        /// Arrays with nothing in most of their places
        SparseArrays,
        /// Objects with few properties that V8 keeps as tables
        DictionaryObjects,
        /// Numbers that are objects of their own
        BoxedNumbers,
        /// Packages that were loaded from more than one folder
        PackageCopies,
        /// Maps, Sets and arrays that hold detached DOM nodes or unmounted fibers of React
        StaleEntries,
        /// Variables that no function that can still be called reads
        UnreadVariables,
    }
}
