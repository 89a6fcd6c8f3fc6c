//! What is found in flow collections.

use std::ops::Range;

use crate::flow::{DEEPEST, Flow, of_line};

fn of_secrets(text: &str, is_cut: bool) -> Vec<Range<usize>> {
    Flow::default().take(text, is_cut).found.into_iter().map(|(range, _)| range).collect()
}

fn found(text: &str) -> Vec<&str> {
    of_secrets(text, false).into_iter().filter_map(|range| text.get(range)).collect()
}

fn found_in_line(text: &str) -> Vec<&str> {
    of_line(text).into_iter().filter_map(|(range, _)| text.get(range)).collect()
}

#[test]
fn values_of_secrets_are_found_over_lines() {
    for (text, values) in [
        (
            r#"{apiVersion: v1, kind: Secret, data: {token: a1==, "k b": b:2}}"#,
            &["a1==", "b:2"][..],
        ),
        ("- {data: {y: c3}, kind: Secret} # {\n- x: {y: z}\n", &["c3"]),
        (
            "{\"kind\":\"List\",\"items\":[\n {\"kind\":\"Secret\",\"data\":{\"a\":\"d\",\n \"b\":\n \"e\\\"}\"}},\n",
            &["d", "e\\\"}"],
        ),
        ("{\"items\":[{\"data\":\n{\"q\":\"f\",\"n\":null}}],\n\"kind\":\"SecretList\"}", &["f"]),
        ("a: {kind: Secret, data: {x: 'it''s', y: [g, {z: h}]}}", &["it''s", "g", "h"]),
        (r#"{"kind":"Secret","data":{"a":"1"}} {"kind":"Secret","data":{"a":"2"}}"#, &["1", "2"]),
        (r#"{"kind":"Secret","data":{"kind":"ConfigMap","data":"3"}}"#, &["ConfigMap", "3"]),
        (r#"{"kind":"Secret","data":{"data":{"x":{"data":"4"}},"y":[{"data":"5"}]}}"#, &["4", "5"]),
        ("{status: 200, data: {kind: 'Secret', data: {p: 6}}}", &["6"]),
        (
            "{data: {items: [{data: {p: 7}}, {kind: Other, data: {q: 8}}], kind: SecretList}}",
            &["7"],
        ),
        ("--- {kind: Secret, data: {p: 9}}\n", &["9"]),
        (r#"a: {copy: '{"kind": "Secret"}'}"#, &[r#"{"kind": "Secret"}"#]),
        (
            "{\"a\":\"\u{e4}\u{20ac}\",\n\"kind\":\"Secret\",\"stringData\":{\"\u{e4}\":\"\u{20ac}\"}}",
            &["\u{20ac}"],
        ),
    ] {
        assert_eq!(found(text), values, "{text}");
    }
}

#[test]
fn what_is_of_no_secret_stays() {
    for text in [
        r#"{"kind":"ConfigMap","data":{"a":"b"},"metadata":{"name":"Secret"}}"#,
        r#"{"kind":"List","items":[{"kind":"ConfigMap","data":{"a":"b"}},{"kind":"Secret"}]}"#,
        "[INFO] Secret { data: {a: b\n[INFO] x\n",
        r#"GET {"kind":"Secret","data":{"a":"b"}}"#,
        "kind: Secret\ndata: {a: b}\n",
    ] {
        assert_eq!(found(text), [""; 0], "{text}");
    }
}

#[test]
fn of_what_is_cut_off_the_kind_may_come_later() {
    let text = "{\"data\":{\"a\":\"b\"},\n";
    let of_part = of_secrets(text, true);
    assert!(of_part.len() == 1 && of_part[0] == (14..15), "{of_part:?}");
    assert!(of_secrets(text, false).is_empty());
    let whole = "{\"msg\":\"x\",\"data\":{\"a\":\"b\"}}\n";
    assert!(of_secrets(whole, true).is_empty(), "a line of a long log");
    let items = "{\"items\":[{\"data\":{\"a\":\"b\"}},\n{\"kind\":\"X\",\"data\":{\"c\":\"d\"}},\n";
    let of_items = of_secrets(items, true);
    assert!(of_items.len() == 1 && of_items[0] == (24..25), "{of_items:?}");
}

#[test]
fn any_text_is_taken_to_its_end() {
    for text in [
        "{\"",
        "{'''",
        "{:",
        "{a",
        "{a:",
        "{\"\\",
        "{}}{",
        "[[[{{{",
        "{\u{e4}:\u{20ac}\"",
        "{Secret \\",
    ] {
        of_secrets(text, true);
    }
    let deep = format!("{}Secret", "{data:[".repeat(50_000));
    assert!(of_secrets(&deep, false).is_empty());
    // What lies deeper than is told apart does not hide what comes behind it.
    let (open, close) = ("{".repeat(2 * DEEPEST), "}".repeat(2 * DEEPEST));
    let behind = format!("{open}{close}\n{{kind: Secret, data: {{a: hidden}}}}\n");
    assert_eq!(of_secrets(&behind, false).len(), 1);
    // Values of the innermost object pass all those around it.
    let kinds = "{kind: Other, data: ".repeat(50_000);
    let values = "{a: [".to_owned() + &"b,".repeat(50_000) + "]}" + &"}".repeat(50_000);
    assert!(of_secrets(&format!("{kinds}{values} # Secret"), false).is_empty());
    assert_eq!(
        of_secrets(&format!("{{kind: Secret, data: {kinds}{values}}}"), false).len(),
        100_000
    );
}

#[test]
fn a_line_of_anything_is_read_wherever_its_objects_begin() {
    for (text, values) in [
        (r#"10:00 [#1] GET {"kind":"Secret","data":{"a":"b1"}} {"#, &["b1"][..]),
        ("[INFO] got { kind: 'Secret', data: { a: 'b2' } }", &["b2"]),
        (
            r#"{"msg":"{\"data\":{\"a\":\"b3\"},\"kind\":\"Secret\"}"}"#,
            &[r#"{\"data\":{\"a\":\"b3\"},\"kind\":\"Secret\"}"#],
        ),
        (r#"x: "{\"name\":\"DB_PASSWORD\",\"value\":\"b4\"}" {}"#, &["b4"]),
        ("x { name: 'DB_PASSWORD', value: 'b5' }, {value: b6, name: API_TOKEN}", &["b5", "b6"]),
        ("cmd: [--password, b7, --port, 80]", &["b7"]),
        ("rawHeaders: [ 'X-Api-Key', 'd3b07384d113', 'Accept', '*/*' ]", &["d3b07384d113"]),
        (
            "rawHeaders: [ 'Cookie', 'sid=9f8e7d6c5b4a39281706; theme=dark' ]",
            &["sid=9f8e7d6c5b4a39281706; theme=dark"],
        ),
        (r#"{"key":"DB_PASSWORD","value":"c1"}"#, &["c1"]),
        (
            r#"{"\u0070assword":"b8","\u006bind":"\u0053ecret","d\u0061ta":{"q":"b9"}}"#,
            &["b8", "b9"],
        ),
    ] {
        assert_eq!(found_in_line(text), values, "{text}");
    }
    for text in [
        r#"{"name":"gc_tokens","value":17}"#,
        r#"{"name":"DB_PASSWORD","value":"[REDACTED:named]"}"#,
        "{kind: Secret, data: {a: [REDACTED:kubernetes-secret], b: null}}",
        r#"{"user\u006eame":"ada"}"#,
        r#"["--port", "80", "--token"]"#,
    ] {
        assert_eq!(found_in_line(text), [""; 0], "{text}");
    }
}

#[test]
fn a_piece_knows_what_it_is_within() {
    let mut flow = Flow::default();
    let first = "{\"kind\":\"SecretList\",\"items\":[\n{\"data\":{\"a\":\"b\"}},\n";
    assert_eq!(flow.take(first, true).found.len(), 1);
    assert_eq!(flow.take("{\"data\":{\"a\":\"c\"}},\n", true).found.len(), 1);
    assert_eq!(flow.take("{\"data\":{\"a\":\"d\"}}]}\n", false).found.len(), 1);
    // What comes next is another document.
    assert_eq!(flow.take("{\"data\":{\"a\":\"e\"}}\n", false).found.len(), 0);
}
