//! From a builder to bytes.

use std::collections::HashMap;
use std::fmt::Write as _;

use crate::builder::{EdgeSpec, NodeSpec};
use crate::{Newlines, Section, SnapshotBuilder};

/// What unknown fields hold.
const UNKNOWN: u64 = 7;

impl SnapshotBuilder {
    /// The snapshot as V8 would write it.
    pub fn to_bytes(&self) -> Vec<u8> {
        self.to_json().into_bytes()
    }

    /// The snapshot as text.
    pub fn to_json(&self) -> String {
        let mut strings = Strings::default();
        // V8's first string is a filler that no node uses.
        strings.index("<dummy>");
        let nodes = rows(self.nodes.iter().map(|node| self.node_row(node, &mut strings)));
        let edges = rows(
            self.nodes
                .iter()
                .flat_map(|node| &node.edges)
                .map(|edge| self.edge_row(edge, &mut strings)),
        );
        let members: Vec<String> = self
            .layout
            .sections
            .iter()
            .map(|section| match section {
                Section::Snapshot => format!("\"snapshot\":{}", self.header()),
                Section::Nodes => format!("\"nodes\":[{nodes}]"),
                Section::Edges => format!("\"edges\":[{edges}]"),
                Section::TraceFunctionInfos => "\"trace_function_infos\":[]".to_owned(),
                Section::TraceTree => "\"trace_tree\":[]".to_owned(),
                Section::Samples => "\"samples\":[]".to_owned(),
                Section::Locations => format!("\"locations\":[{}]", self.location_rows()),
                Section::Strings => format!("\"strings\":[{}]", strings.literals(&self.literals)),
                Section::Unknown(name, json) => format!("\"{name}\":{json}"),
            })
            .collect();
        break_lines(&format!("{{{}}}\n", members.join(",\n")), self.layout.newlines)
    }

    fn header(&self) -> String {
        let layout = &self.layout;
        let edge_count: usize = self.nodes.iter().map(|node| node.edges.len()).sum();
        let others = |names: &[String], type_names: &[String]| -> String {
            let mut types = vec![serde_json::json!(type_names)];
            types.extend(names.iter().skip(1).map(|name| match name.as_str() {
                "name" => serde_json::json!("string"),
                "name_or_index" => serde_json::json!("string_or_number"),
                "to_node" => serde_json::json!("node"),
                _ => serde_json::json!("number"),
            }));
            serde_json::Value::Array(types).to_string()
        };
        let mut text = format!(
            "{{\"meta\":{{\"node_fields\":{},\"node_types\":{},\"edge_fields\":{},\"edge_types\":{},\
             \"trace_function_info_fields\":[\"function_id\",\"name\",\"script_name\",\"script_id\",\"line\",\"column\"],\
             \"trace_node_fields\":[\"id\",\"function_info_index\",\"count\",\"size\",\"children\"],\
             \"sample_fields\":[\"timestamp_us\",\"last_assigned_id\"],\
             \"location_fields\":[\"object_index\",\"script_id\",\"line\",\"column\"]}},\
             \"node_count\":{},\"edge_count\":{},\"trace_function_count\":0",
            serde_json::json!(layout.node_fields),
            others(&layout.node_fields, &layout.node_types),
            serde_json::json!(layout.edge_fields),
            others(&layout.edge_fields, &layout.edge_types),
            self.node_count.unwrap_or(self.nodes.len() as u64),
            self.edge_count.unwrap_or(edge_count as u64),
        );
        if let Some(bytes) = self.extra_native_bytes {
            let _ = write!(text, ",\"extra_native_bytes\":{bytes}");
        }
        if self.root != 0 {
            let _ =
                write!(text, ",\"root_index\":{}", self.root as usize * layout.node_fields.len());
        }
        text.push('}');
        text
    }

    fn node_row(&self, node: &NodeSpec, strings: &mut Strings) -> String {
        let layout = &self.layout;
        let fields = layout.node_fields.iter().map(|field| match field.as_str() {
            "type" => type_number(&layout.node_types, &node.node_type),
            "name" => strings.index(&node.name),
            "id" => node.id,
            "self_size" => node.self_size,
            "edge_count" => node.edges.len() as u64,
            "trace_node_id" => u64::from(node.trace_node_id),
            "detachedness" => u64::from(node.detachedness),
            _ => UNKNOWN,
        });
        join(fields)
    }

    fn edge_row(&self, edge: &EdgeSpec, strings: &mut Strings) -> String {
        let layout = &self.layout;
        let indexed = matches!(edge.edge_type.as_str(), "element" | "hidden");
        let fields = layout.edge_fields.iter().map(|field| match field.as_str() {
            "type" => type_number(&layout.edge_types, &edge.edge_type),
            "name_or_index" if indexed => edge.name.parse().expect("elements have numbers"),
            "name_or_index" => strings.index(&edge.name),
            "to_node" => edge.to * layout.node_fields.len() as u64,
            _ => UNKNOWN,
        });
        join(fields)
    }

    fn location_rows(&self) -> String {
        let width = self.layout.node_fields.len() as u64;
        rows(self.locations.iter().map(|&[node, script, line, column]| {
            join([u64::from(node) * width, script.into(), line.into(), column.into()].into_iter())
        }))
    }
}

/// The strings of a snapshot, each once, in order of first use.
#[derive(Default)]
struct Strings {
    indexes: HashMap<String, u64>,
    texts: Vec<String>,
}

impl Strings {
    fn index(&mut self, text: &str) -> u64 {
        if let Some(&index) = self.indexes.get(text) {
            return index;
        }
        let index = self.texts.len() as u64;
        self.indexes.insert(text.to_owned(), index);
        self.texts.push(text.to_owned());
        index
    }

    fn literals(&self, given: &HashMap<String, String>) -> String {
        let literals: Vec<String> = self
            .texts
            .iter()
            .map(|text| given.get(text).cloned().unwrap_or_else(|| ascii_literal(text)))
            .collect();
        literals.join(",\n")
    }
}

/// A JSON string in which everything beyond ASCII is escaped, as V8 does.
fn ascii_literal(text: &str) -> String {
    let mut literal = String::new();
    for char in serde_json::Value::from(text).to_string().chars() {
        if char.is_ascii() {
            literal.push(char);
        } else {
            for unit in char.encode_utf16(&mut [0; 2]) {
                let _ = write!(literal, "\\u{unit:04X}");
            }
        }
    }
    literal
}

/// The number of a type. A type that the layout does not have gets a number past the list.
fn type_number(types: &[String], name: &str) -> u64 {
    types.iter().position(|t| t == name).unwrap_or(types.len()) as u64
}

fn join(fields: impl Iterator<Item = u64>) -> String {
    fields.map(|field| field.to_string()).collect::<Vec<_>>().join(",")
}

/// Rows as V8 writes them: a comma at the start of every line but the first.
fn rows(rows: impl Iterator<Item = String>) -> String {
    let mut text = rows.collect::<Vec<_>>().join("\n,");
    if !text.is_empty() {
        text.push('\n');
    }
    text
}

fn break_lines(json: &str, newlines: Newlines) -> String {
    match newlines {
        Newlines::AsV8 => json.to_owned(),
        Newlines::Windows => json.replace('\n', "\r\n"),
        Newlines::None => json.replace('\n', ""),
        Newlines::Everywhere => spread(json),
    }
}

/// Puts blanks and line ends between all tokens.
fn spread(json: &str) -> String {
    let mut text = String::with_capacity(json.len() * 2);
    let (mut in_string, mut escaped) = (false, false);
    for char in json.chars() {
        if in_string {
            text.push(char);
            in_string = escaped || char != '"';
            escaped = !escaped && char == '\\';
        } else if char == '"' {
            text.push(char);
            in_string = true;
        } else if matches!(char, '{' | '}' | '[' | ']' | ',' | ':') {
            text.push('\n');
            text.push_str("  ");
            text.push(char);
            text.push_str(" \t");
        } else if char != '\n' {
            text.push(char);
        }
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Layout;

    fn heap() -> SnapshotBuilder {
        let mut heap = SnapshotBuilder::new();
        let name = heap.string("Zoë \u{1f600} \"quoted\"", 32);
        heap.property(heap.global(), "name", name);
        heap.element(heap.global(), 4, name);
        heap.locate(name, 5, 6, 7);
        heap
    }

    #[test]
    fn every_layout_is_json_with_whole_tables() {
        for layout in [Layout::node_12(), Layout::node_20(), Layout::node_24()] {
            for newlines in
                [Newlines::AsV8, Newlines::Windows, Newlines::None, Newlines::Everywhere]
            {
                let mut heap = heap();
                let mut layout = layout.clone();
                layout.newlines = newlines;
                layout.node_fields.insert(2, "novel".to_owned());
                let width = layout.node_fields.len();
                heap.layout(layout);
                let text = heap.to_json();
                assert!(text.is_ascii());
                let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
                assert_eq!(json["nodes"].as_array().map(Vec::len), Some(4 * width));
                assert_eq!(json["edges"].as_array().map(Vec::len), Some(5 * 3));
                assert_eq!(json["locations"][0], 3 * width);
                assert_eq!(json["snapshot"]["node_count"], 4);
                let strings = json["strings"].as_array().expect("an array");
                assert!(strings.contains(&"Zoë \u{1f600} \"quoted\"".into()));
            }
        }
    }
}
