use super::*;

const HEADER: &str = r#"{"snapshot":{"meta":{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["object"],"string","number","number","number"],"edge_fields":["type","name_or_index","to_node"],"edge_types":[["context","element","property"],"string_or_number","node"]},"node_count":2,"edge_count":1},"#;

fn check(text: &str) -> Checked {
    let mut check = Check::new();
    check.feed(text.as_bytes());
    let whole = check.finish();
    // The same in pieces of every small size.
    for size in 1..8 {
        let mut check = Check::new();
        for piece in text.as_bytes().chunks(size) {
            check.feed(piece);
        }
        assert_eq!(check.finish(), whole, "in pieces of {size}");
    }
    whole
}

fn kinds(text: &str) -> Vec<FindingKind> {
    check(text).findings.iter().map(|finding| finding.kind).collect()
}

#[test]
fn a_whole_snapshot_is_whole() {
    let text = format!(
        "{HEADER}\n\"nodes\":[0,0,1,8,1,\n0,1,3,8,0],\n\"edges\":[2,1,5\n],\"x\":7,\"y\":\"a\\\"]\",\"samples\":[],\"strings\":[\"<dummy>\",\n\"a\\\\\"]}}\n"
    );
    let checked = check(&text);
    assert_eq!(checked.findings, []);
    assert_eq!((checked.nodes, checked.edges, checked.strings), (2, 1, 2));
    assert_eq!(checked.bytes, text.len() as u64);
}

#[test]
fn every_prefix_is_cut_off() {
    let text = format!(
        "{HEADER}\"nodes\":[0,0,1,8,1,0,1,3,8,0],\"edges\":[2,1,5],\"x\":-1.5,\"strings\":[\"\",\"a\"]}}"
    );
    assert!(check(&text).is_whole());
    for end in 0..text.len() {
        assert_eq!(kinds(&text[..end]), [FindingKind::Truncated], "{}", &text[..end]);
    }
}

#[test]
fn what_does_not_fit_together_is_told() {
    let with = |nodes: &str, edges: &str, strings: &str| {
        kinds(&format!("{HEADER}\"nodes\":[{nodes}],\"edges\":[{edges}],\"strings\":[{strings}]}}"))
    };
    let two = "0,0,1,8,1,0,1,3,8,0";
    let strings = r#""","""#;
    assert_eq!(with(two, "2,1,5", strings), []);
    assert_eq!(with(two, "1,99,5", strings), [], "an element's name is a number");
    assert_eq!(with(two, "2,2,5", strings), [FindingKind::StringOutOfRange]);
    assert_eq!(with(two, "2,1,10", strings), [FindingKind::EdgeOutOfRange]);
    assert_eq!(with(two, "2,1,5", "\"\""), [FindingKind::StringOutOfRange]);
    assert_eq!(
        with("0,0,1,8,1", "2,1,0", strings),
        [FindingKind::CountMismatch],
        "a node is missing"
    );
    assert_eq!(with("0,0,1,8,0,0,1,3,8,0", "2,1,5", strings), [FindingKind::EdgeCountMismatch]);
    assert_eq!(with(&format!("{two},0"), "2,1,5", strings), [FindingKind::CountMismatch]);
    for bad in ["0,,1", "a", "1,", "-1", "[1]"] {
        assert_eq!(with(bad, "2,1,5", strings), [FindingKind::Malformed], "{bad}");
    }
}

#[test]
fn what_is_no_snapshot_is_told() {
    assert_eq!(kinds(""), [FindingKind::Truncated]);
    assert_eq!(kinds("hello"), [FindingKind::Malformed]);
    assert_eq!(kinds("[]"), [FindingKind::Malformed]);
    assert_eq!(kinds("{}"), [FindingKind::MissingSection; 4]);
    assert_eq!(kinds("{} x"), [FindingKind::TrailingBytes]);
    assert_eq!(kinds("{\"snapshot\":{\"x\":1}}"), [FindingKind::Malformed]);
    assert_eq!(kinds("{\"snapshot\":5}"), [FindingKind::Malformed]);
}
