//! What stands out in one snapshot by how it is built: emitters with many listeners of one event, collections of many
//! functions that were made in one place, and collections far larger than others of their kind.
//!
//! One snapshot knows nothing of growth. These are places to look at, and no verdict.

mod collections;
mod functions;
mod listeners;

use std::cmp::Reverse;

use heapglass_graph::{Graph, Location, Ordinal, Original};
use rustc_hash::FxHashMap;

use crate::source::{Scripts, Source};
use crate::{ObjectSummary, describe, path_to};

/// Something that stands out.
#[derive(Debug, Clone, PartialEq)]
pub struct Oddity {
    /// In what way.
    pub kind: OddityKind,
    /// The emitter or the collection.
    pub object: ObjectSummary,
    /// Number of listeners, of functions, or of entries.
    pub count: u64,
    /// What the listeners' list or the collection retains, in bytes.
    pub retained_size: u64,
    /// The way from a root to the object as one line; empty if only weak edges lead there.
    pub line: String,
    /// Where the nearest object on that way is written of which it is known, or the functions are; 0-based.
    pub location: Option<Location>,
    /// Name of the script of `location`.
    pub script: Option<String>,
    /// Where that was written before a bundler moved it, if a source map says so.
    pub original: Option<Original>,
    /// The npm package of the script, if it is of one.
    pub package: Option<String>,
}

/// In what way something stands out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OddityKind {
    /// More listeners of one event than [`USUAL_LISTENERS`].
    ManyListeners {
        /// The event's name.
        event: String,
    },
    /// A collection with at least [`MANY_FUNCTIONS`] functions that were made in one place.
    ManyFunctions {
        /// One of them by its name, as `onClose()`.
        function: String,
    },
    /// A collection with at least [`LEAST_ENTRIES`] entries that has [`TIMES_LARGER`] times as many as those that
    /// are held in the same way have in the middle.
    LargeCollection {
        /// Entries of the one in the middle of the others.
        median: u64,
        /// Number of the others.
        others: u64,
    },
}

/// Listeners of one event up to which Node.js says nothing (`EventEmitter.defaultMaxListeners`).
pub const USUAL_LISTENERS: u64 = 10;
/// Functions of one place from which on a collection of them stands out: a program has some dozens of routes or plugins.
pub const MANY_FUNCTIONS: u64 = 100;
/// Entries from which on a collection is compared with others.
pub const LEAST_ENTRIES: u64 = 1000;
/// How many times larger than the others it has to be.
pub const TIMES_LARGER: u64 = 10;

/// What was found, before anything is told of it.
struct Found {
    kind: OddityKind,
    node: Ordinal,
    count: u64,
    retained_size: u64,
    /// What says where it is written, if that is not the object.
    written: Option<Ordinal>,
}

/// The `limit` oddities that retain most.
///
/// Cost: a pass over the properties of all objects for listeners, one over arrays and tables for functions, and one over
/// those of the holders of large collections; the paths of what is told.
pub fn oddities(graph: &Graph, limit: usize) -> Vec<Oddity> {
    let listeners::Listeners { mut found, lists } = listeners::many(graph);
    let of_functions = functions::many(graph, &lists);
    // What most entries of a collection are says more than that they are many.
    let told: FxHashMap<Ordinal, u64> =
        of_functions.iter().map(|found| (found.node, found.count)).collect();
    let is_told = |large: &Found| {
        told.get(&large.node).is_some_and(|&count| count >= large.count.div_ceil(2))
    };
    found.extend(of_functions);
    found.extend(collections::large(graph).into_iter().filter(|large| !is_told(large)));
    found.sort_by_key(|found| (Reverse(found.retained_size), Reverse(found.count), found.node));
    let scripts = Scripts::of(graph);
    found.into_iter().take(limit).map(|found| tell(graph, &scripts, found)).collect()
}

fn tell(graph: &Graph, scripts: &Scripts<'_>, found: Found) -> Oddity {
    let path = path_to(graph, found.node);
    let source = match found.written {
        Some(function) => Source::of(scripts, None, function),
        None => Source::of(scripts, path.as_ref(), found.node),
    };
    Oddity {
        kind: found.kind,
        object: describe(graph, found.node),
        count: found.count,
        retained_size: found.retained_size,
        line: path.map(|path| path.text).unwrap_or_default(),
        package: source.package().map(str::to_owned),
        location: source.location,
        script: source.script,
        original: source.original,
    }
}
