//! The section `snapshot`: of it only what V8 writes there is written again.

use std::io::Write;

use heapglass_format::meta::Header;
use serde_json::{Map, Value, json};

use super::Redactor;
use crate::error::{Error, Result};
use crate::layout::Layout;
use crate::names::is_of_code;

/// Counts that V8 writes.
const COUNTS: [&str; 5] =
    ["node_count", "edge_count", "trace_function_count", "extra_native_bytes", "root_index"];

impl<W: Write> Redactor<W> {
    /// Writes the header with the mark of what was done, and without what V8 does not write there.
    ///
    /// Errors: the tables are not described, or in words that V8 would not use.
    pub(super) fn header(&mut self, text: &[u8]) -> Result<()> {
        let bad = |what: String| Error::Syntax { offset: 0, message: what };
        let not_v8s = |error: serde_json::Error| {
            bad(format!("the snapshot section is not as V8 writes it: {error}"))
        };
        let header: Header = serde_json::from_slice(text).map_err(not_v8s)?;
        self.layout = Some(Layout::new(&header).map_err(bad)?);
        let given: Map<String, Value> = serde_json::from_slice(text).map_err(not_v8s)?;
        let mut kept = Map::new();
        kept.insert("meta".into(), known_fields(&header, given.get("meta")).map_err(not_v8s)?);
        for name in COUNTS {
            if let Some(count) = given.get(name).filter(|count| count.is_u64()) {
                kept.insert(name.into(), count.clone());
            }
        }
        let mut described = Vec::new();
        words_of(kept.get("meta").unwrap_or(&Value::Null), &mut described);
        if !described.iter().all(|word| word.split(' ').all(is_of_code) && is_lower(word)) {
            return Err(bad("snapshot.meta names a field or a type as V8 does not".to_owned()));
        }
        kept.insert(
            "heapglass_redacted".into(),
            json!({ "policy": self.policy.name(), "version": 1, "key_id": self.key_id }),
        );
        let kept = Value::Object(kept);
        words_of(&kept, &mut self.words);
        self.written.extend_from_slice(kept.to_string().as_bytes());
        Ok(())
    }
}

/// Fields and types of V8 have no capitals: `name_or_index`, `concatenated string`.
fn is_lower(word: &str) -> bool {
    !word.bytes().any(|byte| byte.is_ascii_uppercase())
}

/// The description of the tables, as far as it is read, without fields that were not given.
fn known_fields(header: &Header, given: Option<&Value>) -> serde_json::Result<Value> {
    let mut meta = serde_json::to_value(&header.meta)?;
    if let (Some(fields), Some(given)) = (meta.as_object_mut(), given) {
        fields.retain(|name, _| given.get(name).is_some());
    }
    Ok(meta)
}

/// All texts of a JSON value, however deep.
fn words_of(value: &Value, words: &mut Vec<String>) {
    let mut open = vec![value];
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => words.push(text.clone()),
            Value::Array(values) => open.extend(values),
            Value::Object(fields) => {
                words.extend(fields.keys().cloned());
                open.extend(fields.values());
            }
            _ => {}
        }
    }
}
