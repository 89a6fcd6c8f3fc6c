//! What heapglass itself has written about a snapshot, told by how it begins.

use std::io::{self, Read};

/// As much of a file as is looked at.
const HEAD: u64 = 8 << 10;

/// What of heapglass a file with these bytes is, in words for the report; such a file has texts of a snapshot.
///
/// Cost: reads a few kilobytes.
pub(super) fn kind(bytes: impl Read) -> io::Result<Option<&'static str>> {
    let mut head = Vec::new();
    bytes.take(HEAD).read_to_end(&mut head)?;
    Ok(kind_of(&String::from_utf8_lossy(&head)))
}

fn kind_of(head: &str) -> Option<&'static str> {
    let head = head.trim_start_matches('\u{feff}').trim_start();
    let first = head.lines().next().unwrap_or_default();
    if first.starts_with("id,type,class_name,name,")
        || first.starts_with("{\"id\":") && first.contains(",\"class_name\":")
    {
        return Some("rows of a snapshot's nodes");
    }
    if first.starts_with("{\"original\":\"") {
        return Some("a map of what stands for what");
    }
    if first.contains(" strings with ") && first.contains(" different texts") {
        return Some("an answer of heapglass");
    }
    is_document(head).then_some("an answer of heapglass")
}

/// Whether it begins with the version of a document of ours, and goes on like one that is about a snapshot's contents:
/// those of `capture` and `gather` say how it was taken.
fn is_document(head: &str) -> bool {
    let mut rest = head;
    for part in ["{", "\"schema_version\"", ":"] {
        let Some(after) = rest.strip_prefix(part) else { return false };
        rest = after.trim_start();
    }
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let rest = rest.get(digits..).unwrap_or_default().trim_start();
    let Some(rest) = rest.strip_prefix(',') else { return false };
    let taken = ["\"tool\"", "\"outcome\""];
    digits > 0 && !taken.iter().any(|key| rest.trim_start().starts_with(key))
}

#[cfg(test)]
mod tests {
    use super::kind_of;

    #[test]
    fn documents_of_heapglass_are_told_by_how_they_begin() {
        for head in [
            "id,type,class_name,name,distance,shallow_size,retained_size,dominator_id\n1,",
            r#"{"id":1,"type":"synthetic","class_name":"(synthetic)","name":"""#,
            r#"{"original":"a@example.com","redacted":"b@fgxnfll.xyz"}"#,
            "{\n  \"schema_version\": 1,\n  \"snapshot\": {",
            r#"{"schema_version":1,"policy":"strict","text":[]}"#,
            "\u{feff}12,141 strings with 10,663 different texts, 414.0 kB in all.",
        ] {
            assert!(kind_of(head).is_some(), "{head}");
        }
        for head in [
            "",
            "id,name\n1,x",
            r#"{"id":1,"name":"x"}"#,
            r#"{"schema_version":1,"tool":"heapglass 1","started":"x"}"#,
            r#"{"schema_version":1,"outcome":"captured"}"#,
            r#"{"schema_version":"1.2","snapshot":{}}"#,
            r#"{"level":"info","schema_version":1,"snapshot":{}}"#,
            "12 strings",
        ] {
            assert!(kind_of(head).is_none(), "{head}");
        }
    }
}
