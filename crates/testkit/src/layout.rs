//! How a snapshot is laid out in its file: what differs between the versions of V8.

/// Names of the edge types, by number, in every version.
pub(crate) const EDGE_TYPES: [&str; 7] =
    ["context", "element", "property", "internal", "hidden", "shortcut", "weak"];

const BASE_NODE_TYPES: [&str; 14] = [
    "hidden",
    "array",
    "string",
    "object",
    "code",
    "closure",
    "regexp",
    "number",
    "native",
    "synthetic",
    "concatenated string",
    "sliced string",
    "symbol",
    "bigint",
];

/// Fields, types and order of the sections of a snapshot file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// `meta.node_fields`. Fields that the builder does not know are written as 7.
    pub node_fields: Vec<String>,
    /// `meta.node_types[0]`.
    pub node_types: Vec<String>,
    /// `meta.edge_fields`. Fields that the builder does not know are written as 7.
    pub edge_fields: Vec<String>,
    /// `meta.edge_types[0]`.
    pub edge_types: Vec<String>,
    /// The sections in order, `snapshot` included. What is not named here is left out.
    pub sections: Vec<Section>,
    /// Where lines are broken.
    pub newlines: Newlines,
}

/// A top-level member of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Section {
    /// `snapshot`: the header.
    Snapshot,
    /// `nodes`.
    Nodes,
    /// `edges`.
    Edges,
    /// `trace_function_infos`, always empty.
    TraceFunctionInfos,
    /// `trace_tree`, always empty.
    TraceTree,
    /// `samples`, always empty.
    Samples,
    /// `locations`.
    Locations,
    /// `strings`.
    Strings,
    /// A member that no reader knows: its name, and its value as JSON.
    Unknown(String, String),
}

/// Where lines are broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Newlines {
    /// As V8 does: after each row, with `\n`.
    AsV8,
    /// The same with `\r\n`.
    Windows,
    /// Nowhere.
    None,
    /// Between any two tokens, with blanks, as a pretty-printer would.
    Everywhere,
}

impl Layout {
    /// Node 12 and 14: no `detachedness`.
    pub fn node_12() -> Layout {
        Layout {
            node_fields: names(&["type", "name", "id", "self_size", "edge_count", "trace_node_id"]),
            node_types: names(&BASE_NODE_TYPES),
            edge_fields: names(&["type", "name_or_index", "to_node"]),
            edge_types: names(&EDGE_TYPES),
            sections: vec![
                Section::Snapshot,
                Section::Nodes,
                Section::Edges,
                Section::TraceFunctionInfos,
                Section::TraceTree,
                Section::Samples,
                Section::Locations,
                Section::Strings,
            ],
            newlines: Newlines::AsV8,
        }
    }

    /// Node 20: seven node fields.
    pub fn node_20() -> Layout {
        let mut layout = Layout::node_12();
        layout.node_fields.push("detachedness".to_owned());
        layout.node_types.push("object shape".to_owned());
        layout.node_types.push("wasm object".to_owned());
        layout
    }

    /// Node 24: `trace_node_id` only when allocations are tracked.
    pub fn node_24() -> Layout {
        let mut layout = Layout::node_20();
        layout.node_fields.retain(|field| field != "trace_node_id");
        layout.node_types.pop();
        layout
    }
}

impl Default for Layout {
    fn default() -> Self {
        Layout::node_24()
    }
}

fn names(list: &[&str]) -> Vec<String> {
    list.iter().map(|&name| name.to_owned()).collect()
}
