//! What a snapshot says of itself: the `snapshot` section.

use serde::{Deserialize, Serialize};

/// The `snapshot` section: counts and the layout of every table.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Header {
    /// How rows are laid out.
    pub meta: Meta,
    /// Number of nodes the writer promised; the tables decide.
    #[serde(default)]
    pub node_count: u64,
    /// Number of edges the writer promised; the tables decide.
    #[serde(default)]
    pub edge_count: u64,
    /// Number of functions with allocation stacks; 0 when allocations were not tracked.
    #[serde(default)]
    pub trace_function_count: u64,
    /// Memory outside V8's heap that the writer added up, in bytes (Node 24 and newer).
    #[serde(default)]
    pub extra_native_bytes: u64,
    /// Raw index (not ordinal) of the root node.
    #[serde(default)]
    pub root_index: u64,
    /// What `heapglass redact` wrote here, or somebody else; see [`Header::redaction`].
    #[serde(default, skip_serializing_if = "serde_json::Value::is_null")]
    pub heapglass_redacted: serde_json::Value,
}

/// The mark of a snapshot in which other letters stand for texts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedactionMark {
    /// What was taken out, as on the command line.
    pub policy: String,
    /// Tells the key that the letters were made with from other keys, and nothing else of it.
    pub key_id: Option<String>,
}

impl RedactionMark {
    /// Whether the texts that are left are those of the program, but for credentials.
    pub fn leaves_texts(&self) -> bool {
        self.policy == "secrets"
    }
}

impl Header {
    /// The mark, if the snapshot was redacted.
    pub fn redaction(&self) -> Option<RedactionMark> {
        let mark = self.heapglass_redacted.as_object()?;
        let text = |name: &str| mark.get(name).and_then(serde_json::Value::as_str);
        let policy = text("policy").unwrap_or_default().to_owned();
        Some(RedactionMark { policy, key_id: text("key_id").map(str::to_owned) })
    }
}

/// `snapshot.meta`: names of the fields of each table and of their enumerations.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
pub struct Meta {
    /// Fields of a node row.
    #[serde(default)]
    pub node_fields: Vec<String>,
    /// For each node field its type: a list of names for an enumeration, else one word.
    #[serde(default)]
    pub node_types: Vec<FieldType>,
    /// Fields of an edge row.
    #[serde(default)]
    pub edge_fields: Vec<String>,
    /// For each edge field its type.
    #[serde(default)]
    pub edge_types: Vec<FieldType>,
    /// Fields of a row of `locations`.
    #[serde(default)]
    pub location_fields: Vec<String>,
    /// Fields of a row of `trace_function_infos`.
    #[serde(default)]
    pub trace_function_info_fields: Vec<String>,
    /// Fields of a row of `trace_tree`.
    #[serde(default)]
    pub trace_node_fields: Vec<String>,
    /// Fields of a row of `samples`.
    #[serde(default)]
    pub sample_fields: Vec<String>,
}

/// The type of one field.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FieldType {
    /// An enumeration: the value is a position in this list.
    Names(Vec<String>),
    /// "string", "number", "node", "string_or_number" …
    Word(String),
}

impl Meta {
    /// Position of `name` in a node row.
    pub fn node_field(&self, name: &str) -> Option<usize> {
        self.node_fields.iter().position(|f| f == name)
    }

    /// Position of `name` in an edge row.
    pub fn edge_field(&self, name: &str) -> Option<usize> {
        self.edge_fields.iter().position(|f| f == name)
    }

    /// Names of the node types, by the file's own numbers.
    pub fn node_type_names(&self) -> &[String] {
        enumeration(&self.node_types, self.node_field("type"))
    }

    /// Names of the edge types, by the file's own numbers.
    pub fn edge_type_names(&self) -> &[String] {
        enumeration(&self.edge_types, self.edge_field("type"))
    }
}

fn enumeration(types: &[FieldType], field: Option<usize>) -> &[String] {
    match field.and_then(|f| types.get(f)) {
        Some(FieldType::Names(names)) => names,
        _ => &[],
    }
}
