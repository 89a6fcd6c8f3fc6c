//! Sections and fields that are missing, empty, or there twice.

use heapglass_graph::{Error, FindingKind};
use heapglass_testkit::{Layout, Section};

use super::{after, figures, finding, heap, heap_with, kinds, touch};
use crate::common::Folder;

#[test]
fn sections_that_occur_twice() {
    let text = heap().to_json();
    let expected = figures(&Folder::new().open(text.as_bytes(), 1).unwrap());
    for section in [
        "snapshot",
        "nodes",
        "edges",
        "strings",
        "samples",
        "locations",
        "trace_tree",
        "trace_function_infos",
    ] {
        let end = text.rfind('}').unwrap();
        let again = format!("{},\"{section}\":[1,2,[\"]\"]]}}", &text[..end]);
        let snapshot = touch(&Folder::new(), again.as_bytes(), 1).unwrap();
        assert_eq!(kinds(&snapshot), [FindingKind::DuplicateSection], "{section}");
        let message = &snapshot.overview().findings[0].message;
        assert!(message.contains(section), "{message}");
        assert_eq!(figures(&snapshot), expected);
    }
}

#[test]
fn sections_that_are_missing() {
    let without = |section: Section| {
        let mut heap = heap();
        heap.layout_mut().sections.retain(|s| *s != section);
        Folder::new().open(&heap.to_bytes(), 2)
    };
    let snapshot = without(Section::Edges).unwrap();
    assert!(kinds(&snapshot).contains(&FindingKind::MissingSection));
    assert_eq!(snapshot.overview().info.total_size, 66 + 12 * (10 + 24) + 200);
    let mut alone = heap_with(0);
    let element = alone.node("native", "<div>", 8);
    alone.detachedness(element, 2);
    alone.layout_mut().sections = vec![Section::Snapshot, Section::Strings, Section::Nodes];
    let snapshot = Folder::new().open(&alone.to_bytes(), 2).unwrap();
    assert!(kinds(&snapshot).contains(&FindingKind::MissingSection));
    let snapshot = without(Section::Strings).unwrap();
    assert_eq!(kinds(&snapshot), [FindingKind::MissingSection]);
    let whole = Folder::new().open(&heap().to_bytes(), 2).unwrap();
    assert_eq!(figures(&snapshot), figures(&whole));
    for needed in [Section::Snapshot, Section::Nodes] {
        let error = without(needed).unwrap_err();
        assert!(matches!(error, Error::NotASnapshot { .. }), "{error}");
    }
    for optional in [Section::Locations, Section::Samples, Section::TraceTree] {
        assert_eq!(kinds(&without(optional).unwrap()), []);
    }
}

#[test]
fn fields_that_are_missing_repeated_or_too_many() {
    let with = |change: &dyn Fn(&mut Layout)| {
        let mut heap = heap();
        change(heap.layout_mut());
        touch(&Folder::new(), &heap.to_bytes(), 1)
    };
    for field in ["type", "name", "id", "self_size", "edge_count"] {
        let error = with(&|l| l.node_fields.retain(|f| f != field)).unwrap_err().to_string();
        assert!(error.contains(&format!("`{field}`")), "{error}");
    }
    for field in ["type", "name_or_index", "to_node"] {
        let error = with(&|l| l.edge_fields.retain(|f| f != field)).unwrap_err().to_string();
        assert!(error.contains(&format!("`{field}`")), "{error}");
    }
    assert!(with(&|l| l.node_fields.truncate(1)).is_err(), "rows of one field");
    assert!(with(&|l| l.node_fields.clear()).is_err(), "no fields");
    let many = with(&|l| l.node_fields.extend((0..60).map(|n| n.to_string()))).unwrap_err();
    assert!(many.to_string().contains("more than 64 fields"), "{many}");
    // The first of two fields of one name counts.
    let twice = with(&|l| l.node_fields.push("id".to_owned())).unwrap();
    assert_eq!(kinds(&twice), []);
}

#[test]
fn values_after_the_last_whole_row() {
    let text = heap().to_json();
    for section in ["nodes", "edges", "locations"] {
        let at = after(&text, &format!("\"{section}\":["));
        let end = at + text[at..].find(']').unwrap();
        let wrong = [&text[..end], ",0,0", &text[end..]].concat();
        let snapshot = touch(&Folder::new(), wrong.as_bytes(), 1).unwrap();
        let message = finding(&snapshot, FindingKind::Malformed).unwrap().message;
        assert_eq!(message, format!("`{section}` ends with 2 values that are no whole row"));
    }
}

#[test]
fn empty_tables() {
    let text = heap().to_json();
    let emptied = |section: &str| {
        let at = after(&text, &format!("\"{section}\":["));
        let end = at + text[at..].find(']').unwrap();
        touch(&Folder::new(), [&text[..at], &text[end..]].concat().as_bytes(), 2)
    };
    let error = emptied("nodes").unwrap_err();
    assert!(error.to_string().contains("it has no nodes"), "{error}");
    assert!(kinds(&emptied("edges").unwrap()).contains(&FindingKind::EdgeCountMismatch));
    let snapshot = emptied("strings").unwrap();
    assert_eq!(kinds(&snapshot), [FindingKind::StringOutOfRange]);
}
