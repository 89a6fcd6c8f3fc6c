//! One object, one edge, one position, as every document names them.

use heapglass_analysis::{EdgeLabel, ObjectSummary};
use heapglass_graph::{self as graph, Location};
use schemars::JsonSchema;
use serde::Serialize;

/// One object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct ObjectEntry {
    /// V8's id.
    pub id: u64,
    /// V8's word for the node's type: `object`, `closure`, `string` …
    #[serde(rename = "type")]
    pub node_type: String,
    /// DevTools' constructor column.
    pub class_name: String,
    /// DevTools' name of the object itself.
    pub name: String,
    /// A short readable name with the id.
    pub label: String,
    /// Distance from the user roots; `null` where DevTools shows a dash.
    pub distance: Option<u32>,
    /// Bytes of the object itself, as DevTools counts them.
    pub shallow_size: u64,
    /// Bytes that would be freed with it.
    pub retained_size: u64,
    /// Number of edges that lead out of it, where objects are sorted by that: of a Map or a Set those of its table.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub edge_count: Option<u64>,
    /// For DOM nodes: whether it hangs in a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub detachedness: Option<Detachedness>,
}

/// Whether a DOM node hangs in a document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Detachedness {
    /// In a document.
    Attached,
    /// Out of every document, and still alive.
    Detached,
}

/// An edge.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct EdgeEntry {
    /// V8's word for its type: `property`, `element`, `context`, `internal` …
    #[serde(rename = "type")]
    pub edge_type: String,
    /// Its name: a property's, or a number in digits.
    pub name: String,
    /// As people write it: `.name`, `[3]`.
    pub text: String,
}

/// A position in a script. Line and column count from 1, as editors do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LocationEntry {
    /// The script's name, usually a path or a URL, where the snapshot knows it.
    pub script: Option<String>,
    /// V8's number of the script.
    pub script_id: u32,
    /// Line, from 1.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
}

impl From<&ObjectSummary> for ObjectEntry {
    fn from(object: &ObjectSummary) -> ObjectEntry {
        ObjectEntry {
            id: object.id.0,
            node_type: object.node_type.clone(),
            class_name: object.class_name.clone(),
            name: object.name.clone(),
            label: object.label.clone(),
            distance: object.distance.shown(),
            shallow_size: object.shallow_size,
            retained_size: object.retained_size,
            edge_count: None,
            detachedness: match object.detachedness {
                graph::Detachedness::Unknown => None,
                graph::Detachedness::Attached => Some(Detachedness::Attached),
                graph::Detachedness::Detached => Some(Detachedness::Detached),
            },
        }
    }
}

impl From<&EdgeLabel> for EdgeEntry {
    fn from(edge: &EdgeLabel) -> EdgeEntry {
        EdgeEntry {
            edge_type: edge.edge_type.clone(),
            name: edge.name.clone(),
            text: edge.text.clone(),
        }
    }
}

impl LocationEntry {
    /// Where `location` is, in the script called `script`.
    pub fn new(location: Location, script: Option<&str>) -> LocationEntry {
        LocationEntry {
            script: script.map(str::to_owned),
            script_id: location.script_id,
            line: u64::from(location.line) + 1,
            column: u64::from(location.column) + 1,
        }
    }
}

/// Converts a list.
pub(super) fn entries<'a, T: 'a, E: From<&'a T>>(items: impl IntoIterator<Item = &'a T>) -> Vec<E> {
    items.into_iter().map(E::from).collect()
}
