//! One object, one edge, one position, as every document names them.

use heapglass_analysis::{EdgeLabel, HeldObject, ObjectSummary};
use heapglass_graph::{self as graph, Location, Original};
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
    /// What the class was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_class_name: Option<String>,
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
    /// What holds it, where a report lists the biggest objects, or `compare` those that grew: `.routes in App`,
    /// `variable cache`, `source of lib/app.js`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held_as: Option<String>,
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
    /// Where it is in the script that ran, if a source map says where that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<Place>,
}

/// A place in a file of which all is known. Line and column count from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Place {
    /// Path or URL.
    pub file: String,
    /// Line.
    pub line: u64,
    /// Column.
    pub column: u64,
}

impl ObjectEntry {
    /// Whether it is a string, however V8 keeps it.
    pub(crate) fn is_string(&self) -> bool {
        matches!(&*self.node_type, "string" | "concatenated string" | "sliced string")
    }
}

impl From<&ObjectSummary> for ObjectEntry {
    fn from(object: &ObjectSummary) -> ObjectEntry {
        ObjectEntry {
            id: object.id.0,
            node_type: object.node_type.clone(),
            class_name: object.class_name.clone(),
            original_class_name: object.original_class_name.clone(),
            name: object.name.clone(),
            label: object.label.clone(),
            distance: object.distance.shown(),
            shallow_size: object.shallow_size,
            retained_size: object.retained_size,
            edge_count: None,
            held_as: None,
            detachedness: match object.detachedness {
                graph::Detachedness::Unknown => None,
                graph::Detachedness::Attached => Some(Detachedness::Attached),
                graph::Detachedness::Detached => Some(Detachedness::Detached),
            },
        }
    }
}

impl From<&HeldObject> for ObjectEntry {
    fn from(held: &HeldObject) -> ObjectEntry {
        ObjectEntry { held_as: held.held_as.clone(), ..ObjectEntry::from(&held.object) }
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
    /// Where `location` is, in the script called `script`; where it was written, if that is known.
    pub fn new(
        location: Location,
        script: Option<&str>,
        original: Option<&Original>,
    ) -> LocationEntry {
        let from_one = |number: u32| u64::from(number) + 1;
        let (line, column) = (from_one(location.line), from_one(location.column));
        let entry = LocationEntry {
            script: script.map(str::to_owned),
            script_id: location.script_id,
            line,
            column,
            generated: None,
        };
        match original {
            None => entry,
            Some(original) => LocationEntry {
                generated: script.map(|file| Place { file: file.to_owned(), line, column }),
                script: Some(original.file.to_string()),
                line: from_one(original.line),
                column: from_one(original.column),
                ..entry
            },
        }
    }
}

/// Converts a list.
pub(super) fn entries<'a, T: 'a, E: From<&'a T>>(items: impl IntoIterator<Item = &'a T>) -> Vec<E> {
    items.into_iter().map(E::from).collect()
}
