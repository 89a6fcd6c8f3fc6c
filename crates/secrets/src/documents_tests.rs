//! What a manifest tells of its lines.

use crate::{Documents, Lines};

fn masked(text: &str) -> String {
    let mut documents = Documents::default();
    let mut out: String = text.split_inclusive('\n').map(|line| documents.push(line)).collect();
    out.push_str(&documents.finish());
    out
}

fn check(text: &str, expected: &str) {
    assert_eq!(masked(text), expected, "{text}");
}

#[test]
fn a_secret_is_masked_whole_wherever_its_kind_is() {
    check(
        "apiVersion: v1\ndata:\n  user: YWRh\n  ca.crt: |\n    one\n    two\n  long: abc\n    def\nkind: Secret\nmetadata:\n  name: app\n---\nkind: ConfigMap\ndata:\n  user: ada\n",
        "apiVersion: v1\ndata:\n  user: [REDACTED:kubernetes-secret]\n  ca.crt: |\n    [REDACTED:kubernetes-secret]\n  long: [REDACTED:kubernetes-secret]\nkind: Secret\nmetadata:\n  name: app\n---\nkind: ConfigMap\ndata:\n  user: ada\n",
    );
    check(
        "items:\n- kind: Secret\n  stringData: {a: b c}\n- data:\n    a: b\n  kind: ConfigMap\n",
        "items:\n- kind: Secret\n  stringData: [REDACTED:kubernetes-secret]\n- data:\n    a: b\n  kind: ConfigMap\n",
    );
    check(
        "{\n  \"data\": {\n    \"user\": \"YWRh\",\n    \"x\": \"eA==\"\n  },\n  \"kind\": \"Secret\"\n}\n",
        "{\n  \"data\": {\n    \"user\": \"[REDACTED:kubernetes-secret]\",\n    \"x\": \"[REDACTED:kubernetes-secret]\"\n  },\n  \"kind\": \"Secret\"\n}\n",
    );
    check(
        r#"{"items":[{"data":{"a":"YWRh"},"kind":"Secret"},{"data":{"a":"b"},"kind":"ConfigMap"}]}"#,
        r#"{"items":[{"data":{"a":"[REDACTED:kubernetes-secret]"},"kind":"Secret"},{"data":{"a":"b"},"kind":"ConfigMap"}]}"#,
    );
    let copy = r#"  last-applied: "{\"data\":{\"a\":\"YWRh\"},\"kind\":\"Secret\"}""#;
    assert!(!masked(copy).contains("YWRh"), "{}", masked(copy));
}

#[test]
fn secrets_in_flow_mappings_and_in_lists_of_them_are_masked() {
    check(
        "{kind: Secret, data: {a: YWRh}}\n---\n- {data: {\n    a: YWRh}, kind: Secret}\n",
        "{kind: Secret, data: {a: [REDACTED:kubernetes-secret]}}\n---\n- {data: {\n    a: [REDACTED:kubernetes-secret]}, kind: Secret}\n",
    );
    check(
        "{\"items\":[{\"data\":{\"a\":\n\"YWRh\"}}],\n\"kind\":\"SecretList\"}\n",
        "{\"items\":[{\"data\":{\"a\":\n\"[REDACTED:kubernetes-secret]\"}}],\n\"kind\":\"SecretList\"}\n",
    );
    check(
        "kind: SecretList\nitems:\n- data:\n    a: YWRh\n  metadata:\n    name: x\n- kind: ConfigMap\n  data:\n    a: b\n",
        "kind: SecretList\nitems:\n- data:\n    a: [REDACTED:kubernetes-secret]\n  metadata:\n    name: x\n- kind: ConfigMap\n  data:\n    a: b\n",
    );
    // The block that a flow collection is in says what it is.
    check(
        "kind: SecretList\nitems:\n- {data: {a: YWRh}}\n- {kind: ConfigMap, data: {a: b}}\n",
        "kind: SecretList\nitems:\n- {data: {a: [REDACTED:kubernetes-secret]}}\n- {kind: ConfigMap, data: {a: b}}\n",
    );
    check(
        "items: [{data: {a: YWRh}}]\nkind: SecretList\n---\nitems: [{data: {a: b}}]\nkind: List\n",
        "items: [{data: {a: [REDACTED:kubernetes-secret]}}]\nkind: SecretList\n---\nitems: [{data: {a: b}}]\nkind: List\n",
    );
    check(
        "\u{feff}kind: Secret\ndata:\n  a: YWRh\n",
        "\u{feff}kind: Secret\ndata:\n  a: [REDACTED:kubernetes-secret]\n",
    );
    let mut documents = Documents::default();
    documents.push("{\"kind\":\"Secret\",\n\"data\":{\"a\":\"YWRh\",\"b\":\"YWRh\"}}\n");
    documents.finish();
    assert_eq!(documents.masked(), 2, "each is counted once");
}

#[test]
fn a_name_tells_of_the_value_beside_it() {
    for (text, expected) in [
        (
            "env:\n- name: DB_PASSWORD\n  value: abc\n- name: PORT\n  value: \"7007\"\n",
            "env:\n- name: DB_PASSWORD\n  value: [REDACTED:named]\n- name: PORT\n  value: \"7007\"\n",
        ),
        (
            "- value: abc\n  name: DB_PASSWORD\n- value: x\n  name: A\n",
            "- value: [REDACTED:named]\n  name: DB_PASSWORD\n- value: x\n  name: A\n",
        ),
        (
            "- {name: DB_PASSWORD, value: abc}\n- {value: abc, name: DB_PASSWORD}\n",
            "- {name: DB_PASSWORD, value: [REDACTED:named]}\n- {value: [REDACTED:named], name: DB_PASSWORD}\n",
        ),
        (
            r#"[{"value":"abc","name":"DB_PASSWORD"},{"name":"A","value":"b"}]"#,
            r#"[{"value":"[REDACTED:named]","name":"DB_PASSWORD"},{"name":"A","value":"b"}]"#,
        ),
        (
            "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: app\n      key: x\n",
            "- name: DB_PASSWORD\n  valueFrom:\n    secretKeyRef:\n      name: app\n      key: x\n",
        ),
    ] {
        check(text, expected);
    }
}

#[test]
fn blocks_and_arguments_are_told_by_what_is_before_them() {
    for (text, expected) in [
        (
            "password: >-\n  correct horse\n  battery\nuser: ada\n",
            "password: >-\n  [REDACTED:named]\nuser: ada\n",
        ),
        (
            "args:\n- --password\n- hunter2\n- --port\n- \"7007\"\n",
            "args:\n- --password\n- [REDACTED:named]\n- --port\n- \"7007\"\n",
        ),
        (
            r#"args: ["--password", "hunter2", "--port", "7007"]"#,
            r#"args: ["--password", "[REDACTED:named]", "--port", "7007"]"#,
        ),
        (
            "    Args:\n      --token\n      hunter2\n      --port\n      7007\n",
            "    Args:\n      --token\n      [REDACTED:named]\n      --port\n      7007\n",
        ),
        ("  --token\n  The token to use\n", "  --token\n  The token to use\n"),
    ] {
        check(text, expected);
        let mut lines = Lines::default();
        let out: Vec<String> = text.lines().filter_map(|line| lines.mask(line)).collect();
        assert_eq!(out.join("\n"), expected.trim_end(), "a log is not held back");
    }
}

#[test]
fn commands_and_files_of_other_programs_are_masked() {
    for (before, secret, after) in [
        ("SECRET_KEY_BASE=", "0a1b2c3d", ""),
        ("secretKey: ", "0a1b2c3d", ""),
        ("    client-key-data: ", "LS0tLS1CRUdJTg==", ""),
        ("  password ", "swordfish9", ""),
        ("+ mysql -h db -p", "swordfish9", " backstage"),
        ("+ curl -s -u ada:", "swordfish9", " https://example.org/"),
        ("run --db-password ", "swordfish9", " --port 7007"),
        ("GET /cb?code=", "4/0AX4XfWhabcdefghij0123456789", "&scope=x"),
    ] {
        let masked = masked(&format!("{before}{secret}{after}"));
        assert!(!masked.contains(secret), "{masked}");
        assert!(masked.starts_with(before) && masked.ends_with(after), "{masked}");
    }
}

#[test]
fn a_document_that_is_too_long_to_wait_for_is_taken_for_a_secret() {
    let mut text = "data:\n  a: YWRh\n".to_owned();
    text.push_str(&"# a remark that makes it long\n".repeat(200_000));
    text.push_str("kind: Secret\n");
    assert!(masked(&text).starts_with("data:\n  a: [REDACTED:kubernetes-secret]\n"));
}

#[test]
fn later_pieces_of_a_long_document_are_of_what_the_first_is() {
    for (first, item, last) in [
        ("kind: SecretList\nitems:\n", "- {metadata: {name: a}, data: {a: YWRh}}\n", "\n"),
        ("{\"kind\":\"SecretList\",\"items\":[\n", "{\"data\":{\"a\":\"YWRh\"}},\n", "{}]}\n"),
        ("{\"items\":[\n", "{\"data\":{\"a\":\"YWRh\"}},\n", "{}],\"kind\":\"SecretList\"}\n"),
    ] {
        let remark = format!("#{}\n", "x ".repeat(500)).repeat(2200);
        let text = format!("{first}{item}{remark}{item}{remark}{item}{last}");
        let masked = masked(&text);
        assert!(!masked.contains("YWRh"), "{first}{item}");
        assert_eq!(masked.matches("[REDACTED:kubernetes-secret]").count(), 3, "{first}{item}");
    }
}
