//! Suspects: objects and groups of objects whose retained size stands out.
//!
//! After Eclipse MAT's leak suspects (`FindLeaksQuery`), adapted to V8's heap.

use heapglass_graph::{ClassIndex, Graph, Location};

use crate::{ObjectSummary, RootPath};

/// When something stands out.
#[derive(Debug, Clone)]
pub struct SuspectOptions {
    /// Share of the whole heap that makes a suspect (0.1 is 10 %).
    pub threshold: f64,
    /// The walk to the accumulation point goes on while the largest child retains at least this
    /// share of its parent.
    pub big_drop_ratio: f64,
    /// At most this many suspects.
    pub limit: usize,
    /// At most this many parts of what a suspect scatters into.
    pub scatter_limit: usize,
}

impl Default for SuspectOptions {
    fn default() -> Self {
        SuspectOptions { threshold: 0.1, big_drop_ratio: 0.7, limit: 10, scatter_limit: 3 }
    }
}

/// A class that an accumulation point's memory scatters into: `1234 × Session`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scatter {
    /// The class.
    pub class: ClassIndex,
    /// Its name.
    pub class_name: String,
    /// How many instances the accumulation point dominates directly (or through its table or
    /// backing store).
    pub count: u64,
    /// What they retain, in bytes.
    pub retained_size: u64,
    /// The one that retains most.
    pub example: ObjectSummary,
}

/// Where a suspect's memory is gathered.
#[derive(Debug, Clone, PartialEq)]
pub struct Accumulation {
    /// The object below which the size scatters.
    pub object: ObjectSummary,
    /// The path that keeps it alive.
    pub path: Option<RootPath>,
    /// What it scatters into, most bytes first.
    pub scatter: Vec<Scatter>,
}

/// What stands out.
#[derive(Debug, Clone, PartialEq)]
pub enum SuspectKind {
    /// One object retains much.
    Object {
        /// The object.
        object: ObjectSummary,
        /// Where its memory is gathered, if that is another object below it or itself.
        accumulation: Accumulation,
    },
    /// The objects of one class, none of which stands out, retain much together.
    Group {
        /// The class.
        class: ClassIndex,
        /// Its name.
        class_name: String,
        /// Number of topmost instances (those not inside another of the class).
        count: u64,
        /// The one that retains most.
        largest: ObjectSummary,
        /// The object that most of them hang below, if there is one.
        accumulation: Option<Accumulation>,
        /// Number of the instances that hang below it.
        gathered: u64,
    },
}

/// A finding about weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Suspect {
    /// What stands out.
    pub kind: SuspectKind,
    /// What it retains, in bytes. Suspects do not overlap: their sizes add up.
    pub retained_size: u64,
    /// The same as a share of the whole heap, 0 to 1.
    pub share: f64,
    /// The path that keeps the object, or the largest of the group, alive.
    pub path: Option<RootPath>,
    /// Where the owner is written: position of the object's, the accumulation point's or the
    /// nearest closure's code; 0-based.
    pub location: Option<Location>,
    /// Name of the script of `location`.
    pub script: Option<String>,
    /// The first object on the path, from the suspect upwards, that is of the program's own making
    /// rather than V8's or Node's.
    pub owner: Option<ObjectSummary>,
}

/// Finds the suspects, largest first. Cost: one pass over the nodes, and little more.
pub fn suspects(graph: &Graph, options: &SuspectOptions) -> Vec<Suspect> {
    let _ = (graph, options);
    unimplemented!()
}

/// The `count` objects that retain most, largest first, roots left out. Without `nested` none of
/// them lies inside another (except for the owners of nearly everything, which are left out).
pub fn biggest_objects(graph: &Graph, count: usize, nested: bool) -> Vec<ObjectSummary> {
    let _ = (graph, count, nested);
    unimplemented!()
}
