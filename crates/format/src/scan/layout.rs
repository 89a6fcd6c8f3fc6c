//! Row layouts, from `snapshot.meta`.

use std::path::Path;

use crate::meta::{Header, Meta};
use crate::{EdgeType, Error, NodeType, Result};

/// Where each field stands in the rows of each table.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    pub(super) node: NodeLayout,
    pub(super) edge: EdgeLayout,
    pub(super) location: Option<[usize; 4]>,
    pub(super) location_width: usize,
}

#[derive(Debug, Clone)]
pub(super) struct NodeLayout {
    pub(super) width: usize,
    pub(super) kind: usize,
    pub(super) name: usize,
    pub(super) id: usize,
    pub(super) self_size: usize,
    pub(super) edge_count: usize,
    pub(super) trace_node_id: Option<usize>,
    pub(super) detachedness: Option<usize>,
    /// For each of the file's type numbers the stored code; numbers past it are unknown.
    pub(super) codes: Vec<u8>,
    /// Names by stored code.
    pub(super) type_names: Vec<String>,
}

#[derive(Debug, Clone)]
pub(super) struct EdgeLayout {
    pub(super) width: usize,
    pub(super) kind: usize,
    pub(super) name: usize,
    pub(super) to: usize,
    pub(super) codes: Vec<u8>,
    pub(super) type_names: Vec<String>,
}

/// More fields than this in a row are not believed.
const WIDEST_ROW: usize = 64;

impl Layout {
    pub(super) fn new(header: &Header, path: &Path, offset: u64) -> Result<Layout> {
        let meta = &header.meta;
        if meta.node_fields.is_empty() || meta.edge_fields.is_empty() {
            let what = format!(
                "its snapshot section, at byte {offset}, does not say how the tables are laid out \
                 (no fields in snapshot.meta)"
            );
            return Err(super::not_a_snapshot(path, &what, "is it a V8 heap snapshot?"));
        }
        let lists = [&meta.node_fields, &meta.edge_fields, &meta.location_fields];
        if lists.iter().any(|fields| fields.len() > WIDEST_ROW) {
            return Err(Error::syntax(
                path,
                offset,
                format!("a table with more than {WIDEST_ROW} fields"),
            ));
        }
        let needed = |found: Option<usize>, name: &str| {
            found.ok_or_else(|| {
                Error::syntax(
                    path,
                    offset,
                    format!("snapshot.meta lists no field `{name}`, which V8 always writes"),
                )
            })
        };
        let node = |name: &str| needed(meta.node_field(name), name);
        let edge = |name: &str| needed(meta.edge_field(name), name);
        let (node_codes, node_type_names) = node_codes(meta);
        let (edge_codes, edge_type_names) = edge_codes(meta);
        Ok(Layout {
            node: NodeLayout {
                width: meta.node_fields.len(),
                kind: node("type")?,
                name: node("name")?,
                id: node("id")?,
                self_size: node("self_size")?,
                edge_count: node("edge_count")?,
                trace_node_id: meta.node_field("trace_node_id"),
                detachedness: meta.node_field("detachedness"),
                codes: node_codes,
                type_names: node_type_names,
            },
            edge: EdgeLayout {
                width: meta.edge_fields.len(),
                kind: edge("type")?,
                name: edge("name_or_index")?,
                to: edge("to_node")?,
                codes: edge_codes,
                type_names: edge_type_names,
            },
            location: location(meta),
            location_width: meta.location_fields.len(),
        })
    }
}

fn node_codes(meta: &Meta) -> (Vec<u8>, Vec<String>) {
    codes(meta.node_type_names(), |name, raw| NodeType::from_name(name, raw).code())
}

fn edge_codes(meta: &Meta) -> (Vec<u8>, Vec<String>) {
    codes(meta.edge_type_names(), |name, raw| EdgeType::from_name(name, raw).code())
}

fn codes(names: &[String], code: impl Fn(&str, u8) -> u8) -> (Vec<u8>, Vec<String>) {
    let mut codes = Vec::new();
    let mut by_code = vec!["unknown".to_owned(); 256];
    for (raw, name) in (0..=u8::MAX).zip(names) {
        let code = code(name, raw);
        codes.push(code);
        by_code[usize::from(code)].clone_from(name);
    }
    (codes, by_code)
}

fn location(meta: &Meta) -> Option<[usize; 4]> {
    let field = |name: &str| meta.location_fields.iter().position(|f| f == name);
    Some([field("object_index")?, field("script_id")?, field("line")?, field("column")?])
}
