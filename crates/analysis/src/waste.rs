//! Memory that a program could do without: copies, room that nothing is in, costly representations.

mod copies;
mod identical;
mod layout;
mod objects;
mod parts;
mod rows;
mod stale;
mod text;
mod unread;

use heapglass_graph::{Graph, NodeId, NodeType, Ordinal};

use crate::ObjectSummary;

pub use unread::{MOST_SCRIPTS, SourceFile, SourceFiles, Unjudged, Unknown};

/// Kinds of waste.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WasteKind {
    /// Strings with the same text.
    DuplicateStrings,
    /// Objects of one shape whose values are the same.
    IdenticalObjects,
    /// Large strings that only slices of them keep alive.
    SlicedStrings,
    /// Strings joined with `+` that were never made flat.
    JoinedStrings,
    /// Maps, Sets, arrays and objects with nothing in them.
    EmptyCollections,
    /// Room at the end of Maps, Sets and arrays.
    SpareRoom,
    /// Arrays of which most places hold nothing, or that V8 keeps as a table of indexes.
    SparseArrays,
    /// Objects with few properties that V8 keeps as a table.
    DictionaryObjects,
    /// Numbers that are objects of their own.
    BoxedNumbers,
    /// The same package from several folders.
    PackageCopies,
    /// Entries of Maps, Sets and arrays that are detached DOM nodes or unmounted fibers of React.
    StaleEntries,
    /// Variables that no function reads which can still be called.
    UnreadVariables,
}

impl WasteKind {
    /// All kinds.
    pub const ALL: [WasteKind; 12] = [
        WasteKind::DuplicateStrings,
        WasteKind::IdenticalObjects,
        WasteKind::SlicedStrings,
        WasteKind::JoinedStrings,
        WasteKind::EmptyCollections,
        WasteKind::SpareRoom,
        WasteKind::SparseArrays,
        WasteKind::DictionaryObjects,
        WasteKind::BoxedNumbers,
        WasteKind::PackageCopies,
        WasteKind::StaleEntries,
        WasteKind::UnreadVariables,
    ];
}

/// What to look for, and how much of it to tell.
#[derive(Debug, Clone)]
pub struct WasteOptions {
    /// The kinds to look for.
    pub kinds: Vec<WasteKind>,
    /// Rows of each kind; `None` for all.
    pub limit: Option<usize>,
}

/// Waste of one kind.
#[derive(Debug, Clone, PartialEq)]
pub struct Wasted {
    /// Which.
    pub kind: WasteKind,
    /// Number of objects that it is seen at: of strings all with the text, of identical objects those beyond the first.
    pub object_count: u64,
    /// Bytes that could be saved; see [`WasteKind`] and `docs/waste.md` for what would have to be done.
    pub saved_size: u64,
    /// What it is seen at, the most bytes first.
    pub rows: Vec<WasteRow>,
    /// Number of rows, those beyond the limit included.
    pub row_count: u64,
    /// Of [`WasteKind::UnreadVariables`] the scopes of which it is not known whether they are waste, by reason.
    pub unjudged: Vec<Unjudged>,
}

/// Waste of one kind that has one cause, as far as can be seen: one text, or objects of one class that are held in the
/// same way.
#[derive(Debug, Clone, PartialEq)]
pub struct WasteRow {
    /// A text, a shape, a package, or a class.
    pub what: String,
    /// Number of objects.
    pub object_count: u64,
    /// Bytes that could be saved.
    pub saved_size: u64,
    /// The one of them that wastes most.
    pub example: ObjectSummary,
    /// What holds that; all objects of a row are held by the same class in the same way, but for strings. `None` where
    /// only weak edges lead to it, and for packages.
    pub holder: Option<WasteHolder>,
    /// The shortest way to the example in words; `None` where only weak edges lead to it.
    pub path: Option<String>,
    /// Of a package its copies, the largest first.
    pub copies: Vec<PackageCopy>,
    /// Of an unread variable the script that it is written in.
    pub script: Option<String>,
}

/// What holds wasted memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WasteHolder {
    /// DevTools' constructor column.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    pub original_class_name: Option<String>,
    /// How: `.name`, `[…]` for an element, `entry` of a Map or a Set, `variable x`; with a source map `variable cache (x)`
    /// if the variable is called that in all of them.
    pub edge: String,
    /// Its id.
    pub id: NodeId,
}

/// A package in one folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PackageCopy {
    /// Its version, where the path tells it, or its own package.json as a module of the heap.
    pub version: Option<String>,
    /// The folder, as scripts name it.
    pub folder: String,
    /// Bytes that it holds, as [`crate::CodeGroup::held_size`]: functions, scopes, modules and what these dominate.
    pub held_size: u64,
    /// The same with what other packages hold below, as [`crate::CodeGroup::retained_size`].
    pub retained_size: u64,
}

/// An object, and what could be saved at it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Found {
    node: Ordinal,
    saved_size: u64,
}

/// Looks for memory that could be saved without losing anything. Kinds may count the same bytes; their sizes do not add
/// up.
///
/// V8 writes no small integers. A Map of them alone looks empty, and counts as such only while it is no larger than a new
/// one; an array of them alone is left out; among objects in an array they look like gaps.
///
/// Cost: for objects one pass over all edges, for texts a hash of each string, for identical objects up to four hashes
/// of each, for packages the walk of [`crate::attribution`], for unread variables the parsing of scripts, whose texts are
/// asked of `files` where the snapshot has not the whole of them, and one walk over the graph.
pub fn waste(graph: &Graph, options: &WasteOptions, files: &dyn SourceFiles) -> Vec<Wasted> {
    let limit = options.limit.unwrap_or(usize::MAX);
    let asked = WasteKind::ALL.into_iter().filter(|kind| options.kinds.contains(kind));
    let kinds: Vec<WasteKind> = asked.collect();
    // The look at every object takes about as long as all the rest.
    let (mut all, rest) = std::thread::scope(|scope| {
        let objects = scope.spawn(|| objects::wasted(graph, &kinds, limit));
        let rest: Vec<Wasted> =
            kinds.iter().filter_map(|&kind| of_kind(graph, kind, files, limit)).collect();
        (objects.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)), rest)
    });
    all.extend(rest);
    all.sort_by_key(|wasted| std::cmp::Reverse(wasted.saved_size));
    all
}

/// Waste of a kind; `None` for those of [`objects::wasted`].
fn of_kind(
    graph: &Graph,
    kind: WasteKind,
    files: &dyn SourceFiles,
    limit: usize,
) -> Option<Wasted> {
    let held = |found: Vec<Found>| rows::by_holder(graph, kind, found, limit);
    Some(match kind {
        WasteKind::DuplicateStrings => text::duplicates(graph, limit),
        WasteKind::IdenticalObjects => identical::identical(graph, limit),
        WasteKind::SlicedStrings => held(text::sliced(graph)),
        WasteKind::JoinedStrings => held(text::joined(graph)),
        WasteKind::BoxedNumbers => held(boxed_numbers(graph)),
        WasteKind::PackageCopies => copies::copies(graph, limit),
        WasteKind::StaleEntries => held(stale::stale_entries(graph)),
        WasteKind::UnreadVariables => unread::unread(graph, files, limit),
        WasteKind::EmptyCollections
        | WasteKind::SpareRoom
        | WasteKind::SparseArrays
        | WasteKind::DictionaryObjects => return None,
    })
}

/// Numbers beyond V8's small integers that are not kept in place.
fn boxed_numbers(graph: &Graph) -> Vec<Found> {
    let is_number = |&node: &Ordinal| graph.node_type(node) == NodeType::Number;
    let found = graph
        .nodes()
        .filter(is_number)
        .map(|node| Found { node, saved_size: graph.shallow_size(node) });
    found.filter(|found| found.saved_size > 0).collect()
}
