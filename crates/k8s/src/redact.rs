//! Descriptions of objects as YAML, without credentials.

use heapglass_secrets::Rules;
use serde_json::Value;

/// The annotation in which `kubectl apply` keeps a second copy of the object.
const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// An object as YAML. `with_secrets` leaves in it what looks like a credential.
pub(crate) fn yaml(object: &Value, with_secrets: bool) -> String {
    let mut object = object.clone();
    // A history of who changed which field, longer than the object itself.
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        metadata.remove("managedFields");
    }
    if !with_secrets {
        clean(&mut object);
    }
    match serde_saphyr::to_string(&object) {
        Ok(text) => text,
        // JSON is YAML.
        Err(_) => format!("{object:#}\n"),
    }
}

/// Masks every credential in an object.
fn clean(value: &mut Value) {
    match value {
        Value::Object(map) => {
            let variable = map.get("name").and_then(Value::as_str).map(str::to_owned);
            for (key, value) in map.iter_mut() {
                match value {
                    Value::String(text) if key == LAST_APPLIED => *text = copy(text),
                    Value::String(text) => {
                        let name = if key == "value" { variable.as_deref() } else { None };
                        *text = mask(name.unwrap_or(key), text);
                    }
                    other => clean(other),
                }
            }
        }
        Value::Array(items) => {
            let mut option: Option<String> = None;
            for item in items {
                if let Value::String(text) = item {
                    // `--password`, `x`: two arguments that belong together.
                    let masked = match option.take() {
                        Some(option) if !text.starts_with('-') => mask(&option, text),
                        _ => mask("", text),
                    };
                    if let Some(name) = text.strip_prefix("--").filter(|name| !name.contains('=')) {
                        option = Some(name.to_owned());
                    }
                    *text = masked;
                } else {
                    clean(item);
                }
            }
        }
        _ => {}
    }
}

/// A command line, from its arguments with NULs between, on one line.
pub(crate) fn command(arguments: &[u8], with_secrets: bool) -> String {
    let text = String::from_utf8_lossy(arguments).into_owned();
    let mut arguments: Value = text.trim_end_matches('\0').split('\0').collect();
    if !with_secrets {
        clean(&mut arguments);
    }
    let words = arguments.as_array().into_iter().flatten().filter_map(Value::as_str);
    words.collect::<Vec<_>>().join(" ")
}

/// A text of our own that may quote a command line.
pub(crate) fn text(text: &str, with_secrets: bool) -> String {
    if with_secrets { text.to_owned() } else { Rules::standard().mask(text).into_owned() }
}

fn mask(name: &str, text: &str) -> String {
    Rules::standard().mask_value(name, text).into_owned()
}

/// The second copy, cleaned as the first is.
fn copy(text: &str) -> String {
    match serde_json::from_str::<Value>(text) {
        Ok(mut object) => {
            clean(&mut object);
            object.to_string()
        }
        Err(_) => Rules::standard().mask(text).into_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn credentials_are_masked_wherever_they_are() {
        let object = json!({
            "metadata": {
                "managedFields": [{"manager": "kubectl"}],
                "annotations": {LAST_APPLIED: "{\"env\":[{\"name\":\"DB_PASSWORD\",\"value\":\"hunter22\"}]}"},
            },
            "spec": {"containers": [{
                "name": "app",
                "args": ["--db-password", "hunter22", "--port", "80", "--token=abcdef123456"],
                "env": [
                    {"name": "DB_PASSWORD", "value": "hunter22"},
                    {"name": "NODE_OPTIONS", "value": "--heapsnapshot-signal=SIGUSR2"},
                    {"name": "URL", "value": "postgres://a:hunter22@db/x"},
                    {"name": "K", "valueFrom": {"secretKeyRef": {"name": "s", "key": "password"}}},
                ],
            }]},
        });
        let text = yaml(&object, false);
        assert!(!text.contains("hunter22") && !text.contains("abcdef123456"), "{text}");
        assert!(!text.contains("managedFields"), "{text}");
        for kept in ["--heapsnapshot-signal=SIGUSR2", "key: password", "name: app", "postgres://a:"]
        {
            assert!(text.contains(kept), "{kept}: {text}");
        }
        assert!(yaml(&object, true).contains("hunter22"));
    }

    #[test]
    fn options_and_their_values_are_masked_together() {
        let line = b"node\0app.js\0--db-password\0hunter22\0--port\x0080\0";
        assert_eq!(command(line, false), "node app.js --db-password [REDACTED:named] --port 80");
        assert!(command(line, true).contains("hunter22"));
    }

    #[test]
    fn texts_that_look_like_something_else_stay_texts() {
        let object = json!({"a": "yes", "b": "012", "c": "null", "d": "1e3", "e": "x: y", "f": "line\nline", "g": "#"});
        let back: Value = serde_saphyr::from_str(&yaml(&object, false)).expect("YAML");
        assert_eq!(back, object);
    }
}
