//! Credentials in heaps written by hand. They are put together here, so that no scanner takes this source for a leak.

use heapglass_analysis::{Secret, SecretOptions, SecretReport, secrets};
use heapglass_testkit::SnapshotBuilder;

use crate::{id, open};

fn github() -> String {
    format!("gh{}{}", "p_", "a1B2c3D4e5F6g7H8i9J0k1L2m3N4o5P6q7R8")
}

fn found(heap: &SnapshotBuilder) -> SecretReport {
    secrets(&open(heap), &SecretOptions::default())
}

fn only(report: &SecretReport) -> &Secret {
    assert_eq!(report.secrets.len(), 1, "{report:?}");
    report.secrets.first().expect("one")
}

fn value(secret: &Secret) -> Option<&str> {
    secret.value.as_ref().map(|value| value.reveal())
}

#[test]
fn a_token_is_found_once_with_its_copies_and_its_holder() {
    let mut heap = SnapshotBuilder::new();
    let config = heap.object("Config", 40);
    heap.property(heap.global(), "config", config);
    let (first, second) = (heap.string(&github(), 64), heap.string(&github(), 64));
    let longer = heap.string(&format!("git clone https://x:{}@github.com/a", github()), 64);
    heap.property(config, "remote", first);
    heap.element(config, 0, second);
    heap.element(config, 1, longer);
    let report = found(&heap);
    let secret = only(&report);
    assert_eq!((secret.rule.id, secret.copies, report.string_count), ("github-token", 3, 3));
    assert_eq!(value(secret), Some(github().as_str()));
    let holder = secret.holder.as_ref().expect("a holder");
    assert_eq!((holder.id, holder.class_name.as_str()), (id(&heap, config), "Config"));
    assert_eq!(holder.edge.text, ".remote");
    assert_eq!(secret.path.as_deref(), Some("global.config.remote : (string)"));
    assert_eq!(secret.preview, "ghp_… (40 characters)");
    assert!(!format!("{report:?}").contains(&github()), "a value is in a debug text");
}

#[test]
fn names_of_properties_variables_and_keys_tell() {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 40);
    heap.property(heap.global(), "app", app);
    let password = heap.string("hunter2", 24);
    heap.property(app, "password", password);
    let context = heap.node("object", "system / Context", 40);
    heap.internal(app, "context", context);
    let variable = heap.string("swordfish-4711", 24);
    heap.context(context, "apiSecret", variable);
    let (map, table) = (heap.object("Map", 32), heap.node("array", "", 64));
    heap.property(app, "headers", map);
    heap.internal(map, "table", table);
    let (key, entry) = (heap.string("passphrase", 24), heap.string("open sesame", 24));
    heap.internal(table, "5", key);
    heap.internal(table, "6", entry);
    // What people write beside a name is no value of it.
    let words = heap.node("array", "", 64);
    heap.internal(app, "elements", words);
    heap.internal(words, "0", key);
    let word = heap.string("username", 24);
    heap.internal(words, "1", word);
    let token = heap.string("identifier", 24);
    heap.property(app, "token", token);
    let report = found(&heap);
    let values: Vec<_> = report.secrets.iter().filter_map(value).collect();
    assert_eq!(values, ["hunter2", "swordfish-4711", "open sesame"]);
    assert!(report.secrets.iter().all(|secret| secret.rule.id == "named"));
    let paths: Vec<_> = report.secrets.iter().filter_map(|secret| secret.path.as_deref()).collect();
    assert_eq!(
        paths,
        [
            "global.app.password : (string)",
            "global.app : App → variable apiSecret : (string)",
            "global.app.headers : Map → table → [\"passphrase\"] : (string)",
        ]
    );
    let holder = report.secrets.last().and_then(|secret| secret.holder.as_ref()).expect("a holder");
    assert_eq!(holder.class_name, "Map");
}

#[test]
fn joined_strings_are_read_and_slices_are_named() {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 40);
    heap.property(heap.global(), "app", app);
    let token = github();
    let (head, tail) = token.split_at(15);
    let (first, second) = (heap.string(head, 32), heap.string(tail, 32));
    let joined = heap.cons_string(first, second, 32);
    heap.property(app, "text", joined);
    let slice = heap.node("sliced string", "(sliced string)", 32);
    heap.property(app, "password", slice);
    let other = heap.node("sliced string", "(sliced string)", 32);
    heap.property(app, "token", other);
    let report = found(&heap);
    let said: Vec<_> =
        report.secrets.iter().map(|secret| (secret.rule.id, value(secret))).collect();
    assert_eq!(said, [("github-token", Some(token.as_str())), ("named", None)]);
    assert_eq!(report.secrets[1].preview, "part of another string");
    assert_eq!((report.count, report.string_count), (2, 2));
}

#[test]
fn source_code_counts_for_what_nothing_else_looks_like_only() {
    let mut heap = SnapshotBuilder::new();
    let script = heap.node("code", "/app/a.js", 40);
    heap.property(heap.global(), "script", script);
    let source = heap.string(&format!("x = '{}'; db('redis://u:pw-123456@h')", github()), 64);
    heap.internal(script, "source", source);
    let report = found(&heap);
    assert_eq!(only(&report).rule.id, "github-token");
}

#[test]
fn keys_that_are_credentials_are_masked_in_paths() {
    let mut heap = SnapshotBuilder::new();
    let sessions = heap.object("Object", 40);
    heap.property(heap.global(), "sessions", sessions);
    let session = heap.object("Session", 40);
    heap.property(sessions, &github(), session);
    let key = heap.string(&github(), 64);
    heap.property(session, "id", key);
    let password = heap.string("hunter2-hunter2", 32);
    heap.property(session, "password", password);
    let (map, table) = (heap.object("Map", 32), heap.node("array", "", 64));
    heap.property(session, "users", map);
    heap.internal(map, "table", table);
    let secret = heap.string("9f8e7d6c5b4a", 24);
    let holder = heap.object("User", 24);
    heap.internal(table, "5", password);
    heap.internal(table, "6", holder);
    heap.property(holder, "apiKey", secret);
    let report = found(&heap);
    assert_eq!(report.count, 3, "{report:?}");
    for secret in &report.secrets {
        let path = secret.path.as_deref().unwrap_or_default();
        assert!(path.contains("[REDACTED]"), "{path}");
        assert!(!path.contains(&github()[..12]) && !path.contains("hunter2"), "{path}");
    }
}

#[test]
fn the_limit_is_for_what_is_described() {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 40);
    heap.property(heap.global(), "app", app);
    for at in 0..10 {
        let text = heap.string(&format!("{}{at}", github()), 64);
        heap.element(app, at, text);
    }
    let report = secrets(&open(&heap), &SecretOptions { limit: Some(3) });
    assert_eq!((report.secrets.len(), report.count), (3, 10));
    let by_rule: Vec<_> = report.by_rule.iter().map(|(rule, count)| (rule.id, *count)).collect();
    assert_eq!(by_rule, [("github-token", 10)]);
    assert!(report.secrets.is_sorted_by_key(|secret| secret.string));
}

#[test]
fn chains_of_joined_strings_take_linear_time() {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 40);
    heap.property(heap.global(), "app", app);
    let mut at = heap.string("x", 24);
    for number in 0..30_000 {
        let part = heap.string("y", 24);
        at = heap.cons_string(at, part, 32);
        // Each is a password, too.
        let holder = heap.object("Holder", 24);
        heap.property(holder, "password", at);
        heap.element(app, number, holder);
    }
    assert!(found(&heap).count <= 30_000);
}
