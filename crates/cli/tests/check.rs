//! `check` as CI sees it.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::path::Path;

use insta::assert_snapshot;
use serde_json::Value;
use support::sessions::{program, renumbered, two_processes};
use support::{Said, heapglass, root, said};

fn snapshots() -> tempfile::TempDir {
    support::sessions::snapshots(2)
}

fn check(dir: &Path, args: &[&str]) -> Said {
    let mut command = heapglass(&[]);
    command.arg("check").args(args).current_dir(dir);
    said(command.output().expect("the program runs"))
}

const ALL: [&str; 3] = ["1.heapsnapshot", "2.heapsnapshot", "3.heapsnapshot"];

const BUDGET: &str = r#"
assert = ["detached == 0"]

[heap]
total = "1 MB"
growth = "10 %"

[[budget]]
class = "Session"
count = 250
growth = { retained = "100 kB" }

[[rule]]
name = "users go with their sessions"
class = "Session"
properties = ["user"]
path = ["sessions"]
survived = true

[leaks]
known = []
"#;

#[test]
fn what_holds_passes_in_one_line() {
    let dir = snapshots();
    let said = check(dir.path(), &[ALL[0], "--assert", "count(Session) <= 100"]);
    assert_eq!(
        (said.code, said.stdout.as_str(), said.stderr.as_str()),
        (0, "The check passed.\n", "")
    );
    let verbose = check(dir.path(), &[ALL[0], "--assert", "count(Session) <= 100", "--verbose"]);
    assert_snapshot!(verbose.stdout, @r"
    The check passed.

    ok      count(Session) <= 100: is 100, at most 100 is allowed
    ");
}

#[test]
fn a_budget_with_everything() {
    let dir = snapshots();
    std::fs::write(dir.path().join("budget.toml"), BUDGET).expect("written");
    let said = check(dir.path(), &[ALL[0], ALL[1], ALL[2], "--budget", "budget.toml"]);
    assert_eq!((said.code, said.stderr.as_str()), (1, ""));
    assert_snapshot!(said.stdout);
}

#[test]
fn a_known_leak_passes() {
    let dir = snapshots();
    let ask = |policy: &str| {
        std::fs::write(dir.path().join("budget.toml"), policy).expect("written");
        check(dir.path(), &[ALL[0], ALL[1], ALL[2], "--budget", "budget.toml", "--json"])
    };
    let first = ask("[leaks]");
    assert_eq!(first.code, 1);
    let document: Value = serde_json::from_str(&first.stdout).expect("JSON");
    let fingerprint = &document["checks"][0]["suspects"][0]["fingerprint"];
    let known =
        format!("[leaks]\nknown = [{{ fingerprint = {fingerprint}, reason = \"wanted\" }}]");
    let second = ask(&known);
    assert_eq!(second.code, 0, "{}", second.stdout);
    let text =
        serde_json::from_str::<Value>(&second.stdout).expect("JSON")["checks"][0]["text"].clone();
    assert_eq!(text, "nothing goes on growing but what is known; known: Session (wanted)");
}

#[test]
fn what_cannot_be_judged_has_not_passed() {
    let dir = snapshots();
    let cut = check(dir.path(), &["cut.heapsnapshot", "--assert", "count(Session) <= 1000"]);
    assert_eq!(cut.code, 1);
    assert!(cut.stdout.contains("could not be judged"), "{}", cut.stdout);
    for args in [
        &[ALL[0], "--assert", "growth(total) <= 5%"][..],
        &[ALL[0], ALL[1], "--no-leak"],
        &[ALL[0], ALL[1], "other.heapsnapshot", "--no-leak"],
    ] {
        let said = check(dir.path(), args);
        assert_eq!(said.code, 1, "{args:?}");
        assert!(said.stdout.contains("UNKNOWN"), "{args:?}: {}", said.stdout);
    }
    let unread = check(dir.path(), &[ALL[0], "none.heapsnapshot", "--assert", "nodes > 0"]);
    assert_eq!(unread.code, 3, "{}", unread.stdout);
}

/// The document, which has to fit its schema.
fn json(said: &Said) -> Value {
    let document: Value = serde_json::from_str(&said.stdout).expect("JSON");
    let schema = root().join("docs/schema/check.schema.json");
    let schema: Value =
        serde_json::from_str(&std::fs::read_to_string(schema).expect("a schema")).expect("JSON");
    assert_eq!(support::schema::violations(&schema, &document), [""; 0]);
    document
}

#[test]
fn each_process_is_judged_by_itself() {
    for in_pods in [true, false] {
        let dir = two_processes(in_pods);
        let said = check(dir.path(), &[".", "--no-leak"]);
        assert_eq!(said.code, 1, "{}", said.stderr);
        assert!(said.stdout.starts_with("1 of 2 checks failed."), "{}", said.stdout);
        let (failed, passed) = said.stdout.split_once("\nok ").expect("both");
        assert!(failed.contains("shop-1") && !failed.contains("shop-2"), "{failed}");
        let passed = passed.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(passed.contains("shop-2") && passed.contains("and 2 more: no leak"), "{passed}");
        let document = json(&check(dir.path(), &[".", "--no-leak", "--json"]));
        for (at, status, pod) in [(0_usize, "failed", "shop-1"), (1, "passed", "shop-2")] {
            let check = &document["checks"][at];
            assert_eq!((&check["status"], &check["file"]), (&status.into(), &Value::Null));
            let files = check["files"].as_array().expect("files");
            let is_of_pod = |file: &Value| file.as_str().is_some_and(|file| file.contains(pod));
            assert!(files.len() == 3 && files.iter().all(is_of_pod), "{files:?}");
        }
    }
}

#[test]
fn a_process_of_too_few_snapshots_is_left_out_with_a_word() {
    let dir = two_processes(false);
    let healthy = ["shop-2-1.heapsnapshot", "shop-2-2.heapsnapshot", "shop-2-3.heapsnapshot"];
    let files = [&healthy[..], &["shop-1-1.heapsnapshot", "--no-leak"]].concat();
    let said = check(dir.path(), &files);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{}", said.stdout);
    let left_out = "shop-1-1.heapsnapshot: left out: no leak can be told by the only snapshot";
    assert!(said.stdout.starts_with("! Some snapshots were left out."), "{}", said.stdout);
    assert!(said.stdout.contains(left_out), "{}", said.stdout);
    assert!(said.stdout.contains("\nThe check passed."), "{}", said.stdout);
    let documents = ["--json", "--junit", "out.xml", "--markdown", "out.md"];
    let document = json(&check(dir.path(), &[&files[..], &documents].concat()));
    assert_eq!(document["findings"][0]["kind"], "left_out");
    assert_eq!(document["checks"].as_array().map(Vec::len), Some(1));
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).expect("written");
    let (junit, markdown) = (read("out.xml"), read("out.md"));
    let case = format!("<testcase classname=\"{}\" name=\"no leak\"/>", healthy.join(" "));
    assert!(junit.contains(&case) && junit.contains(&format!("<system-out>{left_out}")), "{junit}");
    let row = "<code>no leak</code> in <code>shop-2-1.heapsnapshot and 2 more</code>";
    assert!(markdown.contains(row) && markdown.contains(&format!("\n- {left_out}")), "{markdown}");
    // With no process that can be judged, nothing is said to be well.
    let few = check(dir.path(), &[healthy[0], healthy[1], "shop-1-1.heapsnapshot", "--no-leak"]);
    assert_eq!(few.code, 1, "{}", few.stdout);
    let text = few.stdout.replace("\n        ", " ");
    assert!(text.contains("UNKNOWN no leak: the snapshots are not of one process"), "{text}");
}

#[test]
fn one_process_that_leaks_fails_beside_others_that_cannot_be_judged() {
    let dir = snapshots();
    let said = check(dir.path(), &[&ALL[..], &["other.heapsnapshot", "--no-leak"]].concat());
    assert_eq!(said.code, 1, "{}", said.stdout);
    assert!(said.stdout.contains("FAILED  1.heapsnapshot and 2 more: no leak"), "{}", said.stdout);
}

#[test]
fn what_was_followed_by_places_passes_with_a_word() {
    let dir = tempfile::tempdir().expect("a directory");
    for (sessions, name) in (300..).zip(ALL) {
        std::fs::write(dir.path().join(name), renumbered(sessions)).expect("written");
    }
    let said = check(dir.path(), &[&ALL[..], &["--no-leak"]].concat());
    assert_eq!((said.code, said.stderr.as_str()), (0, ""), "{}", said.stdout);
    let page = said.stdout.replace('\n', " ");
    assert!(page.starts_with("The check passed. no leak: objects have other ids"), "{page}");
    let document = json(&check(dir.path(), &[&ALL[..], &["--no-leak", "--json"]].concat()));
    let text = document["checks"][0]["text"].as_str().expect("a text");
    assert!(text.contains("may be of several processes"), "{text}");
}

#[test]
fn a_copy_counts_once() {
    let dir = snapshots();
    std::fs::write(dir.path().join("copy.heapsnapshot"), program(300, "user")).expect("written");
    let leak = check(dir.path(), &[ALL[0], ALL[1], ALL[2], "copy.heapsnapshot", "--no-leak"]);
    assert_eq!(leak.code, 1, "{}", leak.stdout);
    assert!(leak.stdout.contains("FAILED  no leak"), "{}", leak.stdout);
    assert!(leak.stderr.contains("is a copy of 3.heapsnapshot"), "{}", leak.stderr);
    let two = check(dir.path(), &[ALL[1], ALL[2], "copy.heapsnapshot", "--no-leak"]);
    assert_eq!(two.code, 1, "{}", two.stdout);
    assert!(two.stdout.contains("UNKNOWN no leak"), "{}", two.stdout);
}

#[test]
fn a_class_that_is_nowhere_is_said() {
    let dir = snapshots();
    let said = check(dir.path(), &[ALL[0], "--assert", "count(Sesion) <= 10", "--verbose"]);
    assert!(said.stdout.contains("no class has such a name"), "{}", said.stdout);
    let short = check(dir.path(), &[ALL[0], ALL[1], "--assert", "count(Sesion) <= 10"]);
    let outcome = "All 2 checks passed. count(Sesion) <= 10: no class has such a name.\n";
    assert_eq!((short.code, short.stdout.as_str()), (0, outcome));
    let names = ["A", "B", "C", "D"].map(|name| format!("count({name}) <= 1"));
    let many = names.iter().flat_map(|assertion| ["--assert", assertion.as_str()]);
    let args: Vec<&str> = [ALL[0]].into_iter().chain(many).collect();
    let said = check(dir.path(), &args).stdout.replace('\n', " ");
    assert!(said.contains("count(C) <= 1: no class has such a name. So it is of 1 more"), "{said}");
    assert!(!said.contains("count(D)"), "{said}");
}

#[test]
fn what_strings_hold_is_not_judged() {
    let dir = snapshots();
    let held = ["--assert", "held((string)) <= 1", "--assert", "growth(saved((string))) <= 1"];
    let said = check(dir.path(), &[&ALL[..2], &held].concat());
    assert_eq!(said.code, 1, "{}", said.stdout);
    assert!(said.stdout.contains("3 of 3 checks could not be judged"), "{}", said.stdout);
    assert!(said.stdout.contains("has none of its own there"), "{}", said.stdout);
}

#[test]
fn nothing_to_check_and_wrong_assertions_are_usage() {
    let dir = snapshots();
    assert_eq!(check(dir.path(), &[ALL[0]]).code, 2);
    let wrong = check(dir.path(), &[ALL[0], "--assert", "count(Session)"]);
    assert_eq!(wrong.code, 2);
    assert!(wrong.stderr.contains("count(Session) <= 100"), "{}", wrong.stderr);
    std::fs::write(dir.path().join("budget.toml"), "[heap]\ntotl = 3").expect("written");
    let typo = check(dir.path(), &[ALL[0], "--budget", "budget.toml"]);
    assert_eq!(typo.code, 2);
    assert!(typo.stderr.contains("budget.toml") && typo.stderr.contains("totl"), "{}", typo.stderr);
}

#[test]
fn the_documents_fit() {
    let dir = snapshots();
    std::fs::write(dir.path().join("budget.toml"), BUDGET).expect("written");
    let files = ["--junit", "out.xml", "--markdown", "out.md", "--json"];
    let args: Vec<&str> = ALL
        .iter()
        .copied()
        .chain(["cut.heapsnapshot", "--budget", "budget.toml"])
        .chain(files)
        .collect();
    let said = check(dir.path(), &args);
    let document = json(&said);
    assert_eq!((&document["passed"], said.code), (&false.into(), 1));
    let read = |name: &str| std::fs::read_to_string(dir.path().join(name)).expect("written");
    assert_snapshot!("junit", read("out.xml"));
    assert_snapshot!("markdown", read("out.md"));
}
