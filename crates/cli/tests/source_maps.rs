//! `--source-map`: a bundle as its authors wrote it, in every command.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

mod support;

use std::path::Path;

use heapglass_testkit::{NodeRef, SnapshotBuilder};
use serde_json::Value;
use support::{Said, heapglass, root, said};

/// What a bundler made of `src/session.ts`, `src/store.ts` and a package, in one scope.
const BUNDLE: &str = "\
const s=new Map,q=[];class t{constructor(e){this.e=e}}function f(){s.set(q)}function g(){q.push(s)}";

const SESSION: &str =
    "export class Session {\n  constructor(user) {\n    this.user = user;\n  }\n}\n";
const STORE: &str = "const sessions = new Map();\nexport function open(user) {\n}\n";
const QUEUE: &str = "const waiting = [];\nmodule.exports = function enqueue(task) {\n};\n";

fn column(text: &str) -> u32 {
    u32::try_from(BUNDLE.find(text).expect("in the bundle") + text.len()).expect("small")
}

/// The map of the bundle; names of variables alone are in it, those of classes and functions are in the sources.
fn map() -> String {
    map_with("sessions")
}

/// The same, if the variable that holds the sessions has this name.
fn map_with(name: &str) -> String {
    let mut map = oxc_sourcemap::SourceMapBuilder::default();
    let session = map.add_source_and_content("../src/session.ts", SESSION);
    let text = STORE.replace("sessions", name);
    let store = map.add_source_and_content("../src/store.ts", &text);
    let queue = map.add_source_and_content("../node_modules/@work/queue/index.js", QUEUE);
    let sessions = map.add_name(name);
    map.add_token(0, 0, 0, 0, Some(store), None);
    map.add_token(0, column("const "), 0, 6, Some(store), Some(sessions));
    map.add_token(0, column("new Map,"), 0, 6, Some(queue), None);
    map.add_token(0, column("class t{"), 1, 2, Some(session), None);
    map.add_token(0, column("function f"), 1, 20, Some(store), None);
    map.add_token(0, column("function g"), 1, 33, Some(queue), None);
    map.into_sourcemap().to_json_string()
}

fn function(heap: &mut SnapshotBuilder, name: &str, script: NodeRef, scope: NodeRef) -> NodeRef {
    let function = heap.function(name, script);
    heap.internal(function, "context", scope);
    heap.locate(function, 7, 0, column(&format!("function {name}")));
    heap.property(heap.global(), name, function);
    function
}

/// The bundle with so many sessions and 20 kB in the package's queue.
fn snapshot(sessions: u32) -> Vec<u8> {
    let mut heap = SnapshotBuilder::new();
    let script = heap.node("code", "/srv/dist/bundle.js", 64);
    let scope = heap.node("object", "system / Context", 64);
    function(&mut heap, "f", script, scope);
    function(&mut heap, "g", script, scope);
    let (map, table) = (heap.object("Map", 32), heap.node("array", "", 64));
    let (queue, tasks) = (heap.object("Array", 32), heap.node("array", "", 20_000));
    heap.context(scope, "s", map);
    heap.context(scope, "q", queue);
    heap.internal(map, "table", table);
    heap.internal(queue, "elements", tasks);
    for at in 0..sessions {
        let session = heap.object("t", 120);
        heap.spec(session).id = 10_001 + 2 * u64::from(at);
        heap.element(table, at, session);
        heap.locate(session, 7, 0, column("class t{constructor"));
    }
    heap.to_bytes()
}

/// Three snapshots, the map alone in `maps`, and the bundle with the map inside in `dist`.
fn lay_out() -> tempfile::TempDir {
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8]| {
        let path = dir.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        std::fs::write(path, bytes).expect("written");
    };
    for number in 1..=3 {
        write(&format!("{number}.heapsnapshot"), &snapshot(number * 100));
    }
    write("maps/bundle.js.map", map().as_bytes());
    let percent: String = map().bytes().map(|byte| format!("%{byte:02x}")).collect();
    let inside = format!("{BUNDLE}\n//# sourceMappingURL=data:application/json,{percent}\n");
    write("dist/bundle.js", inside.as_bytes());
    dir
}

fn run(dir: &Path, args: &[&str]) -> Said {
    let mut command = heapglass(args);
    command.current_dir(dir).env("COLUMNS", "120");
    said(command.output().expect("the program runs"))
}

fn page(dir: &Path, args: &[&str]) -> String {
    let said = run(dir, args);
    assert_eq!((said.code, said.stderr.as_str()), (0, ""));
    said.stdout
}

fn json(dir: &Path, args: &[&str], schema: &str) -> Value {
    let document: Value =
        serde_json::from_str(&page(dir, &[args, &["--json"]].concat())).expect("JSON");
    let path = root().join(format!("docs/schema/{schema}.schema.json"));
    let schema = serde_json::from_str(&std::fs::read_to_string(path).expect("a schema"));
    let schema: Value = schema.expect("JSON");
    assert_eq!(support::schema::violations(&schema, &document), [""; 0]);
    document
}

const LAST: &str = "3.heapsnapshot";
const MAPPED: [&str; 2] = ["--source-map", "dist"];

fn held(document: &Value) -> Vec<(String, u64)> {
    let groups = document["attribution"]["groups"].as_array().expect("groups");
    let mut held: Vec<(String, u64)> = groups
        .iter()
        .map(|group| {
            let name = group["name"].as_str().expect("a name").to_owned();
            (name, group["held_size"].as_u64().expect("a size"))
        })
        .collect();
    held.sort_unstable();
    held
}

#[test]
fn code_of_a_bundle_belongs_to_its_files_and_packages() {
    let dir = lay_out();
    let report = |by: &str, more: &[&str]| {
        held(&json(dir.path(), &[&["report", LAST, "--by", by], more].concat(), "report"))
    };
    assert_eq!(report("file", &[]).len(), 1);
    let functions = 64 + 48;
    let sessions = 32 + 64 + 300 * 120;
    let queue = 32 + 20_000;
    assert_eq!(
        report("file", &MAPPED),
        [
            ("/srv/dist/bundle.js".to_owned(), 64 + 64),
            ("/srv/node_modules/@work/queue/index.js".to_owned(), functions + queue),
            ("/srv/src/store.ts".to_owned(), functions + sessions),
        ]
    );
    assert_eq!(
        report("package", &MAPPED),
        [
            ("(application)".to_owned(), 128 + functions + sessions),
            ("@work/queue".to_owned(), functions + queue),
        ]
    );
    // Without the bundle's text nothing is known of its variables, which are then the bundle's.
    assert_eq!(
        report("file", &["--source-map", "maps"]),
        [
            ("/srv/dist/bundle.js".to_owned(), 128 + sessions + queue),
            ("/srv/node_modules/@work/queue/index.js".to_owned(), functions),
            ("/srv/src/store.ts".to_owned(), functions),
        ]
    );
    let bound = ["check", LAST, "--assert", "held(package \"@work/queue\") > 20 kB"];
    assert_eq!(run(dir.path(), &bound).code, 1);
    page(dir.path(), &[&bound[..], &MAPPED].concat());
    let grown = page(
        dir.path(),
        &[&["compare", "1.heapsnapshot", LAST, "--by", "file"], &MAPPED[..]].concat(),
    );
    assert!(grown.contains("/srv/src/store.ts"), "{grown}");
}

#[test]
fn classes_functions_and_variables_have_their_names() {
    let dir = lay_out();
    let mapped = |args: &[&str]| page(dir.path(), &[args, &MAPPED].concat());
    for args in [
        &["report", LAST][..],
        &["summary", LAST],
        &["summary", LAST, "--filter", "^session$"],
        &["summary", LAST, "--objects", "Session"],
        &["compare", "1.heapsnapshot", LAST],
        &["dominators", LAST],
        &["object", LAST, "@10001"],
        &["retainers", LAST, "@10001"],
        &["paths", LAST, "@10001"],
        &["paths", LAST, "--class", "Session"],
        &["leaks", "1.heapsnapshot", "2.heapsnapshot", LAST],
    ] {
        let page = mapped(args);
        assert!(page.contains("Session (t)"), "{args:?}\n{page}");
    }
    let object = mapped(&["object", LAST, "@10001"]);
    assert!(object.contains("/srv/src/session.ts:2:3"), "{object}");
    let path = mapped(&["paths", LAST, "@10001"]);
    assert!(path.contains("open() (f)") || path.contains("enqueue() (g)"), "{path}");
    assert!(path.contains("variable sessions (s)"), "{path}");
    let document = json(dir.path(), &[&["object", LAST, "@10001"], &MAPPED[..]].concat(), "object");
    let location = &document["object"]["location"];
    assert_eq!(
        (&location["script"], &location["line"]),
        (&"/srv/src/session.ts".into(), &2.into())
    );
    assert_eq!(document["object"]["class_name"], "t");
    assert_eq!(document["object"]["original_class_name"], "Session");
}

#[test]
fn a_leak_is_at_the_variable_that_holds_it_and_keeps_its_fingerprint() {
    let dir = lay_out();
    let all = ["leaks", "1.heapsnapshot", "2.heapsnapshot", LAST];
    let plain = json(dir.path(), &all, "leaks");
    let mapped = json(dir.path(), &[&all[..], &MAPPED].concat(), "leaks");
    let (plain, mapped) = (&plain["suspects"][0], &mapped["suspects"][0]);
    for same in ["fingerprint", "class_name", "bytes_per_interval", "instance_count"] {
        assert_eq!(plain[same], mapped[same], "{same}");
    }
    let source = &mapped["source"];
    assert_eq!(source["file"], "/srv/src/store.ts");
    assert_eq!((&source["line"], &source["column"]), (&1.into(), &7.into()));
    assert_eq!(mapped["package"], Value::Null);
    assert_eq!(mapped["owner"]["label"], "variable `sessions (s)` of src/store.ts");
}

#[test]
fn a_cache_is_known_by_the_name_that_its_variable_had() {
    let dir = lay_out();
    std::fs::write(dir.path().join("maps/bundle.js.map"), map_with("sessionCache"))
        .expect("written");
    // Names of variables are found in the bundle's text.
    std::fs::write(dir.path().join("maps/bundle.js"), BUNDLE).expect("written");
    let all = ["leaks", "1.heapsnapshot", "2.heapsnapshot", LAST];
    let plain = json(dir.path(), &all, "leaks");
    let mapped = json(dir.path(), &[&all[..], &["--source-map", "maps"]].concat(), "leaks");
    let [plain, mapped] = [plain, mapped].map(|document| document["suspects"][0].clone());
    let kinds = (&plain["kind"], &mapped["kind"]);
    assert_eq!(kinds, (&"growing_map".into(), &"cache".into()), "{}", mapped["line"]);
    assert_eq!(plain["fingerprint"], mapped["fingerprint"]);
}

#[test]
fn maps_that_are_of_no_script_are_said() {
    let dir = lay_out();
    std::fs::rename(dir.path().join("maps/bundle.js.map"), dir.path().join("maps/other.js.map"))
        .expect("renamed");
    let said = run(dir.path(), &["report", LAST, "--source-map", "maps"]);
    assert_eq!(said.code, 0);
    assert!(
        said.stderr.contains("none of the source maps is of a script in it"),
        "{}",
        said.stderr
    );
}

/// A scope that only functions of one file see has the names of that file, too.
#[test]
fn variables_of_a_function_have_their_names_in_every_answer() {
    const LOCAL: &str = "function o(l){const r='';return function i(){return l+r}}";
    let at = |text: &str| u32::try_from(LOCAL.find(text).expect("there")).expect("small");
    let mut map = oxc_sourcemap::SourceMapBuilder::default();
    let source =
        "export function open(limit) {\n  const recent = '';\n  return () => limit + recent;\n}\n";
    let source = map.add_source_and_content("../src/recent.ts", source);
    map.add_token(0, at("l)"), 0, 21, Some(source), None);
    map.add_token(0, at("r="), 1, 8, Some(source), None);
    map.add_token(0, at("function i"), 2, 9, Some(source), None);
    let map = map.into_sourcemap().to_json_string();

    let mut heap = SnapshotBuilder::new();
    let script = heap.node("code", "/srv/dist/local.js", 64);
    let scope = heap.node("object", "system / Context", 64);
    let function = heap.function("i", script);
    heap.spec(function).id = 20_001;
    heap.internal(function, "context", scope);
    heap.locate(function, 7, 0, at("(){return l"));
    heap.property(heap.global(), "i", function);
    for (name, text) in [("r", "what was opened last of all"), ("l", "how many there may be")] {
        for _ in 0..2 {
            let text = heap.string(text, 2_000);
            heap.spec(text).id = if name == "r" { 30_001 } else { 30_003 };
            heap.context(scope, name, text);
        }
    }
    let dir = tempfile::tempdir().expect("a directory");
    let write = |name: &str, bytes: &[u8]| {
        std::fs::write(dir.path().join(name), bytes).expect("written");
    };
    write("local.heapsnapshot", &heap.to_bytes());
    write("local.js", format!("{LOCAL}\n//# sourceMappingURL=local.js.map\n").as_bytes());
    write("local.js.map", map.as_bytes());
    for (args, number) in [
        (&["paths", "local.heapsnapshot", "@30001"][..], "recent (r)"),
        (&["paths", "local.heapsnapshot", "@30003"], "limit (l)"),
        (&["retainers", "local.heapsnapshot", "@30001"], "recent (r)"),
        (&["strings", "local.heapsnapshot"], "recent (r)"),
        (&["strings", "local.heapsnapshot"], "limit (l)"),
        (&["waste", "local.heapsnapshot", "--kind", "duplicate-strings"], "recent (r)"),
    ] {
        let page = page(dir.path(), &[args, &["--source-map", "local.js.map"]].concat());
        assert!(page.contains(&format!("variable {number}")), "{args:?}\n{page}");
    }
    let args = ["object", "local.heapsnapshot", "@20001", "--source-map", "local.js.map"];
    let found = page(dir.path(), &args);
    assert!(found.contains("recent (r)") && found.contains("limit (l)"), "{found}");
    let found = json(dir.path(), &args, "object");
    let variables = found["object"]["function"]["variables"].as_array().expect("variables").iter();
    let names: Vec<_> =
        variables.map(|it| (it["name"].as_str(), it["original_name"].as_str())).collect();
    assert!(names.contains(&(Some("r"), Some("recent"))), "{names:?}");
    assert!(names.contains(&(Some("l"), Some("limit"))), "{names:?}");
    // A script that is not understood costs the names alone, and the user is told.
    write("local.js", b"no script\n//# sourceMappingURL=local.js.map\n");
    let said = run(dir.path(), &args);
    assert_eq!(said.code, 0);
    assert!(said.stderr.contains("local.js: not understood as JavaScript ("), "{}", said.stderr);
    assert!(!said.stdout.contains("recent (r)"), "{}", said.stdout);
    // Nor is it read for answers without variables.
    let later = heap.object("Later", 16);
    heap.property(heap.global(), "later", later);
    write("later.heapsnapshot", &heap.to_bytes());
    for args in [
        &["summary", "local.heapsnapshot"][..],
        &["summary", "local.heapsnapshot", "--objects", "(string)"],
        &["dominators", "local.heapsnapshot"],
        &["export", "local.heapsnapshot", "--format", "csv"],
    ] {
        let said = run(dir.path(), &[args, &["--source-map", "local.js.map"]].concat());
        assert_eq!(said.code, 0, "{args:?}: {}", said.stderr);
        assert!(!said.stderr.contains("not understood"), "{args:?}: {}", said.stderr);
    }
    // What grew is told by the variable that holds it.
    for more in [&[][..], &["--by", "file"]] {
        let args = [&["compare", "local.heapsnapshot", "later.heapsnapshot"], more].concat();
        let said = run(dir.path(), &[&args[..], &["--source-map", "local.js.map"]].concat());
        assert!(said.stderr.contains("not understood"), "{args:?}: {}", said.stderr);
    }
}
