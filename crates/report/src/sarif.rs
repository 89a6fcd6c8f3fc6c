//! The outcome of `secrets` as SARIF 2.1.0, which code scanners and CI servers read.

use std::io::{self, Write};

use heapglass_analysis::name_with_original;
use heapglass_secrets::Rules;
use serde_json::{Value, json};

use crate::text::counted;
use crate::text::prose::capital;
use crate::wire::{ConfidenceEntry, SecretEntry, SecretHolderEntry, SecretsBody, SnapshotEntry};

/// Writes the credentials of some snapshots as one run. No credential itself is in it, whatever is in the answers.
pub fn write_sarif(
    answers: &[(SnapshotEntry, SecretsBody)],
    version: &str,
    out: &mut dyn Write,
) -> io::Result<()> {
    let rules: Vec<Value> = Rules::all()
        .map(|rule| {
            json!({
                "id": rule.id,
                "name": rule.id,
                "shortDescription": { "text": capital(rule.title) },
                "defaultConfiguration": { "level": level(rule.confidence.into()) },
                "properties": { "tags": ["security"] },
            })
        })
        .collect();
    let mut artifacts = Vec::new();
    let mut results = Vec::new();
    for (index, (snapshot, body)) in answers.iter().enumerate() {
        artifacts.push(json!({ "location": { "uri": uri(&snapshot.file) } }));
        results.extend(body.secrets.iter().map(|secret| result(secret, &snapshot.file, index)));
    }
    let document = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": { "name": "heapglass", "version": version, "rules": rules } },
            "artifacts": artifacts,
            "results": results,
            "columnKind": "utf16CodeUnits",
        }],
    });
    serde_json::to_writer_pretty(&mut *out, &document)?;
    writeln!(out)
}

fn result(secret: &SecretEntry, file: &str, artifact: usize) -> Value {
    let holder = secret.holder.as_ref();
    let held = |holder: &SecretHolderEntry| {
        let class = name_with_original(&holder.class_name, holder.original_class_name.as_deref());
        format!(", held by {class} @{}", holder.id)
    };
    let held = holder.map(held).unwrap_or_default();
    let path = secret.path.as_ref().map(|path| format!(": {path}")).unwrap_or_default();
    let copies = counted(secret.copies.max(1), "string", "strings");
    let text = format!("{} {} in {copies}{held}{path}", capital(&secret.title), secret.preview);
    let name = holder.map_or_else(|| format!("@{}", secret.string_id), |it| it.edge.text.clone());
    let qualified = secret.path.clone().unwrap_or_else(|| format!("@{}", secret.string_id));
    json!({
        "ruleId": secret.rule,
        "ruleIndex": Rules::all().position(|rule| rule.id == secret.rule),
        "level": level(secret.confidence),
        "message": { "text": text },
        "locations": [{
            "physicalLocation": { "artifactLocation": { "uri": uri(file), "index": artifact } },
            "logicalLocations": [{ "name": name, "fullyQualifiedName": qualified, "kind": "member" }],
        }],
        "properties": {
            "stringId": secret.string_id,
            "holderId": holder.map(|holder| holder.id),
            "copies": secret.copies,
            "preview": secret.preview,
        },
    })
}

fn level(confidence: ConfidenceEntry) -> &'static str {
    match confidence {
        ConfidenceEntry::High => "error",
        ConfidenceEntry::Medium => "warning",
        ConfidenceEntry::Low => "note",
    }
}

/// A file's name as the reference that SARIF wants.
fn uri(file: &str) -> String {
    if file == "-" {
        return "stdin".to_owned();
    }
    let mut uri = String::from(if file.starts_with('/') { "file://" } else { "" });
    for byte in file.bytes() {
        match byte {
            b'/' | b'-' | b'_' | b'.' | b'~' => uri.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => uri.push(char::from(byte)),
            b'\\' => uri.push('/'),
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    #[test]
    fn files_are_references() {
        assert_eq!(super::uri("a b/ö.heapsnapshot"), "a%20b/%C3%B6.heapsnapshot");
        assert_eq!(super::uri("/tmp/x"), "file:///tmp/x");
        assert_eq!(super::uri("-"), "stdin");
    }
}
