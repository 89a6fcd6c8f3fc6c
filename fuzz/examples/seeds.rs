//! Writes the seed corpus: small snapshots of every layout, cut and bent copies of them, and the
//! index of one. `cargo xtask fuzz` runs this before the first round.

use std::fs;
use std::path::Path;

use heapglass_fuzz::{open, scratch};
use heapglass_testkit::{Layout, Newlines, Section, SnapshotBuilder};

fn main() -> std::io::Result<()> {
    let corpus = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus");
    for target in ["snapshot", "index", "integers", "redact"] {
        fs::create_dir_all(corpus.join(target))?;
    }
    let snapshots = snapshots();
    for (name, bytes) in &snapshots {
        fs::write(corpus.join("snapshot").join(name), bytes)?;
        fs::write(corpus.join("redact").join(name), bytes)?;
    }
    let plain = &snapshots[0].1;
    for at in (0..plain.len()).step_by(97) {
        fs::write(corpus.join("snapshot").join(format!("cut-at-{at}")), &plain[..at])?;
    }
    let index = scratch("seed.index");
    if open(plain, Some(index.clone()), 1).is_some() {
        fs::copy(&index, corpus.join("index/plain"))?;
    }
    for (name, run) in [
        ("as-v8", "9,1,1,0,5,0\n,3,2,3,48,1,0\n"),
        ("pretty", " 1 ,\t2,\r\n3 "),
        ("wide", "4294967294,4294967295,4294967296,18446744073709551615"),
        ("too-wide", "18446744073709551616"),
        ("long", "1,22,333,4444,55555,666666,7777777,88888888,999999999,1010101010,0,0,0,0,0,0,0"),
        ("odd", "1,,2 3,-4,5.6,"),
    ] {
        fs::write(corpus.join("integers").join(name), run)?;
    }
    println!("seeds in {}", corpus.display());
    Ok(())
}

/// Named snapshots, the plainest first.
fn snapshots() -> Vec<(String, Vec<u8>)> {
    let mut all = Vec::new();
    let mut add = |name: &str, heap: &SnapshotBuilder| all.push((name.to_owned(), heap.to_bytes()));
    add("plain", &heap());
    for (name, layout) in [
        ("node-12", Layout::node_12()),
        ("node-20", Layout::node_20()),
        ("node-24", Layout::node_24()),
    ] {
        let mut heap = heap();
        heap.layout(layout);
        add(name, &heap);
    }
    for (name, newlines) in [
        ("windows-lines", Newlines::Windows),
        ("one-line", Newlines::None),
        ("pretty", Newlines::Everywhere),
    ] {
        let mut heap = heap();
        heap.layout_mut().newlines = newlines;
        add(name, &heap);
    }
    let mut more_fields = heap();
    more_fields.layout_mut().node_fields.push("future".into());
    more_fields.layout_mut().edge_fields.insert(1, "future".into());
    more_fields
        .layout_mut()
        .sections
        .insert(1, Section::Unknown("future".into(), "[{\"a\":[1]}]".into()));
    add("more-fields", &more_fields);

    let mut reversed = heap();
    reversed.layout_mut().sections.reverse();
    add("reversed", &reversed);

    let mut lies = heap();
    lies.lie_about_counts(Some(4_000_000_000), Some(u64::MAX));
    add("lying-counts", &lies);

    let mut astray = heap();
    astray.edge_to_anywhere(astray.global(), "property", "astray", 4_000_000_000);
    add("edge-out-of-range", &astray);

    let mut strings = heap();
    for (text, json) in [("lone", r#""\ud800""#), ("pair", r#""\ud83d\ude00""#), ("bad", r#""\x""#)]
    {
        let node = strings.string(text, 16);
        strings.property(strings.global(), text, node);
        strings.literal(text, json);
    }
    add("odd-strings", &strings);

    let mut marked = b"\xef\xbb\xbf".to_vec();
    marked.extend(heap().to_bytes());
    all.push(("byte-order-mark".to_owned(), marked));
    all
}

/// A heap with something of everything that a rule of the engine looks at.
fn heap() -> SnapshotBuilder {
    let mut heap = SnapshotBuilder::new();
    let global = heap.global();
    let cache = heap.object("Cache", 40);
    heap.property(global, "cache", cache);
    heap.locate(cache, 7, 10, 4);
    let table = heap.node("array", "", 800);
    heap.internal(cache, "table", table);
    for index in 0..5 {
        let plain = heap.object("Object", 32);
        let text = heap.string(&format!("text {}", index / 2), 24);
        heap.element(table, index, plain);
        heap.property(plain, "id", text);
        heap.property(plain, "owner", cache);
    }
    let list = heap.object("Array", 16);
    let elements = heap.node("array", "(object elements)", 5_000_000_000);
    heap.internal(list, "elements", elements);
    heap.property(global, "list", list);

    let closure = heap.closure("handler", 64);
    let scope = heap.node("object", "system / Context", 48);
    heap.internal(closure, "context", scope);
    heap.context(scope, "captured", list);
    heap.locate(closure, 7, 20, 1);
    heap.property(global, "handler", closure);

    let (first, second) = (heap.string("ab", 16), heap.string("cd", 16));
    let cons = heap.cons_string(first, second, 32);
    heap.property(cache, "name", cons);
    let number = heap.number("int", "42");
    heap.property(cache, "size", number);

    let map = heap.object("WeakMap", 24);
    let weak_table = heap.node("array", "", 64);
    let value = heap.object("Value", 24);
    heap.internal(map, "table", weak_table);
    heap.weak_map_entry(weak_table, cache, value);
    heap.property(global, "weak", map);
    heap.weak(weak_table, "3", list);

    let detached = heap.node("native", "<div class=\"a\">", 128);
    heap.detachedness(detached, 2);
    heap.element(closure, 1, detached);
    let hidden = heap.node("hidden", "system / Map", 80);
    heap.hidden(closure, 3, hidden);
    heap.edge_to_anywhere(cache, "shortcut", "self", u64::from(cache.0));
    heap.extra_native_bytes(1000);
    heap
}
