//! Checks documents against the committed schemas: the part of JSON Schema that they use.

use serde_json::Value;

/// Every way in which `document` breaks `schema`.
pub(crate) fn violations(schema: &Value, document: &Value) -> Vec<String> {
    let mut found = Vec::new();
    check(schema, schema, document, "$", &mut found);
    found
}

fn check(root: &Value, schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    if let Some(reference) = schema["$ref"].as_str() {
        let target = root.pointer(reference.trim_start_matches('#')).expect("a known definition");
        check(root, target, value, at, found);
    }
    for part in schema["allOf"].as_array().into_iter().flatten() {
        check(root, part, value, at, found);
    }
    for choice in ["anyOf", "oneOf"] {
        let Some(options) = schema[choice].as_array() else { continue };
        let violations = options.iter().map(|option| {
            let mut inner = Vec::new();
            check(root, option, value, at, &mut inner);
            inner
        });
        // The choice that fits best says most of what is wrong.
        found.extend(violations.min_by_key(Vec::len).unwrap_or_default());
    }
    if let Some(constant) = schema.get("const").filter(|constant| *constant != value) {
        found.push(format!("{at}: is not {constant}"));
    }
    if schema["enum"].as_array().is_some_and(|known| !known.contains(value)) {
        found.push(format!("{at}: {value} is not listed"));
    }
    if !has_type(&schema["type"], value) {
        found.push(format!("{at}: is not {}", schema["type"]));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(name).is_none() {
            found.push(format!("{at}: has no {name}"));
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(inner) = value.get(name) {
            check(root, property, inner, &format!("{at}.{name}"), found);
        }
    }
    if let (Some(items), Some(list)) = (schema.get("items"), value.as_array()) {
        for (position, item) in list.iter().enumerate() {
            check(root, items, item, &format!("{at}[{position}]"), found);
        }
    }
}

fn has_type(expected: &Value, value: &Value) -> bool {
    let is = |name: &str| match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("unknown type {other}"),
    };
    match expected {
        Value::Null => true,
        Value::String(name) => is(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(is),
        other => panic!("unknown form of type {other}"),
    }
}
