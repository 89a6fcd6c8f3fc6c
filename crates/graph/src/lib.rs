//! The heap graph of a V8 snapshot with DevTools' figures: node and edge columns, retainers,
//! distances, dominators, shallow and retained sizes, class names.
//!
//! [`Snapshot::open`] is the way in: from a snapshot file (or its index) to an [`Overview`] at
//! once and a [`Graph`] when something is asked of it. This crate never prints, never reads the
//! environment and never opens a socket.

mod allocation;
mod build;
mod classes;
mod edges;
mod flow;
mod graph;
mod id_index;
mod ids;
mod interfaces;
mod known_names;
mod open;
mod originals;
mod overview;
mod retaining;

pub use allocation::{AllocatingFunctions, FunctionAllocations, StackFrame};
pub use classes::{ClassRow, ClassTable};
pub use edges::{Edge, EdgeName, Edges};
pub use flow::Flow;
pub use graph::{Graph, Location};
pub use heapglass_format::meta::RedactionMark;
pub use heapglass_format::{
    EdgeType, Error, Finding, FindingKind, NodeType, Phase, Progress, Result, Step,
};
pub use id_index::IdIndex;
pub use ids::{ClassIndex, Detachedness, Distance, EdgeOrdinal, NodeId, Ordinal, StringIndex};
pub use interfaces::{ClassLabel, Interface, ReadAs};
pub use known_names::Named;
pub use open::{OpenOptions, Snapshot, Wants, is_index};
pub use originals::{Original, Originals, WrittenScope};
pub use overview::{Overview, SnapshotInfo, Statistics};
pub use retaining::Retaining;
