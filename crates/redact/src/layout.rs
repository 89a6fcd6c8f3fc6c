//! Where fields stand in the rows of the tables, from the file's own description.

use heapglass_format::meta::Header;

use crate::roles::Role;
use crate::table::WIDEST_ROW;

/// Where fields stand, and what types mean.
pub(crate) struct Layout {
    pub(crate) node_width: usize,
    pub(crate) node_type: usize,
    pub(crate) node_name: usize,
    pub(crate) node_edges: usize,
    pub(crate) edge_width: usize,
    pub(crate) edge_type: usize,
    pub(crate) edge_name: usize,
    pub(crate) edge_to: usize,
    pub(crate) trace_width: usize,
    pub(crate) trace_names: Vec<usize>,
    /// What the name of a node is, by the file's number of its type; for others [`Role::VALUE`].
    pub(crate) node_roles: Vec<Role>,
    pub(crate) object: Option<usize>,
    pub(crate) array: Option<usize>,
    pub(crate) string: Option<usize>,
    /// What the name of an edge is, `None` where it is a number; for others [`Role::VALUE`].
    pub(crate) edge_roles: Vec<Option<Role>>,
}

impl Layout {
    /// From the header; an error says what is missing in it.
    pub(crate) fn new(header: &Header) -> Result<Layout, String> {
        let meta = &header.meta;
        let widest = [&meta.node_fields, &meta.edge_fields, &meta.trace_function_info_fields];
        if widest.iter().any(|fields| fields.len() > WIDEST_ROW) {
            return Err(format!("a table with more than {WIDEST_ROW} fields"));
        }
        let needed = |found: Option<usize>, name: &str| {
            found.ok_or_else(|| format!("snapshot.meta lists no field `{name}`"))
        };
        let node_roles = meta.node_type_names().iter().map(|name| match name.as_str() {
            "object" | "wasm object" => Role::CLASS,
            "closure" => Role::FUNCTION,
            "code" => Role::CODE,
            "symbol" => Role::SYMBOL,
            "native" => Role::NATIVE,
            "hidden" | "array" | "number" | "synthetic" | "object shape" => Role::SYSTEM,
            // Strings of all kinds, and what a later V8 may add.
            _ => Role::VALUE,
        });
        let edge_roles = meta.edge_type_names().iter().map(|name| match name.as_str() {
            "element" | "hidden" => None,
            "context" => Some(Role::VARIABLE),
            "property" => Some(Role::PROPERTY),
            "internal" | "shortcut" | "weak" => Some(Role::INTERNAL),
            _ => Some(Role::VALUE),
        });
        let type_of = |name: &str| meta.node_type_names().iter().position(|other| other == name);
        let has_properties = meta.edge_type_names().iter().any(|name| name == "property");
        if type_of("string").is_none() || !has_properties {
            return Err(
                "snapshot.meta lists no type `string` of nodes, or `property` of edges".into()
            );
        }
        let traces = &meta.trace_function_info_fields;
        let trace_names = ["name", "script_name"]
            .iter()
            .filter_map(|name| traces.iter().position(|field| field == name));
        Ok(Layout {
            node_width: meta.node_fields.len(),
            node_type: needed(meta.node_field("type"), "type")?,
            node_name: needed(meta.node_field("name"), "name")?,
            node_edges: needed(meta.node_field("edge_count"), "edge_count")?,
            edge_width: meta.edge_fields.len(),
            edge_type: needed(meta.edge_field("type"), "type")?,
            edge_name: needed(meta.edge_field("name_or_index"), "name_or_index")?,
            edge_to: needed(meta.edge_field("to_node"), "to_node")?,
            trace_width: traces.len().max(1),
            trace_names: trace_names.collect(),
            node_roles: node_roles.collect(),
            object: type_of("object"),
            array: type_of("array"),
            string: type_of("string"),
            edge_roles: edge_roles.collect(),
        })
    }
}
