//! Any heap, in pieces of any size, gives the same whole snapshot; anything else an error.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

use heapglass_format::check::Check;
use heapglass_redact::{Error, Key, Policy, Redactor};
use heapglass_testkit::{SnapshotBuilder, random};
use proptest::prelude::*;

fn redacted(bytes: &[u8], piece: usize, policy: Policy) -> Result<Vec<u8>, Error> {
    let mut redactor = Redactor::new(Vec::new(), policy, Key::new([9; 32]), None);
    for piece in bytes.chunks(piece.max(1)) {
        redactor.feed(piece)?;
    }
    let (made, coverage, proof) = redactor.finish()?;
    assert_eq!(coverage.bytes_read, bytes.len() as u64);
    assert_eq!(coverage.bytes_written, made.len() as u64);
    let proven = proof.read(made.as_slice()).expect("read from memory");
    assert!(proven.holds(), "{proven:?}");
    Ok(made)
}

#[test]
fn the_mark_tells_keys_apart() {
    let bytes = SnapshotBuilder::new().to_bytes();
    let id = |key: u8| {
        let mut redactor = Redactor::new(Vec::new(), Policy::Strict, Key::new([key; 32]), None);
        redactor.feed(&bytes).expect("a whole heap");
        let (made, ..) = redactor.finish().expect("a whole heap");
        let made: serde_json::Value = serde_json::from_slice(&made).expect("JSON");
        let id = &made["snapshot"]["heapglass_redacted"]["key_id"];
        id.as_str().expect("an id").to_owned()
    };
    assert_eq!(id(9), id(9));
    assert_ne!(id(9), id(8));
    assert_eq!(id(9).len(), 16);
}

fn check(bytes: &[u8]) -> (u64, u64, bool) {
    let mut check = Check::new();
    check.feed(bytes);
    let checked = check.finish();
    (checked.nodes, checked.edges, checked.is_whole())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn heaps_stay_whole_and_pieces_do_not_matter(heap in random::heap(40), piece in 1usize..5000) {
        let bytes = heap.to_bytes();
        for policy in [Policy::Strict, Policy::Structure, Policy::Secrets] {
            let made = redacted(&bytes, piece, policy).expect("a whole heap");
            prop_assert_eq!(&made, &redacted(&bytes, usize::MAX, policy).expect("a whole heap"));
            prop_assert_eq!(check(&made), check(&bytes));
        }
    }

    #[test]
    fn strange_heaps_give_a_snapshot_or_an_error(heap in random::strange_heap(40), piece in 1usize..5000) {
        let bytes = heap.to_bytes();
        let policy = if piece % 2 == 0 { Policy::Strict } else { Policy::Structure };
        let mut redactor = Redactor::new(Vec::new(), policy, Key::new([9; 32]), None);
        let fed = bytes.chunks(piece).try_for_each(|piece| redactor.feed(piece));
        if let (Ok(()), Ok((made, ..))) = (fed, redactor.finish()) {
            let (nodes, edges, _) = check(&made);
            prop_assert_eq!((nodes, edges), (check(&bytes).0, check(&bytes).1));
        }
    }

    #[test]
    fn what_is_cut_off_is_an_error(heap in random::heap(20), share in 0.0..1.0f64) {
        let bytes = heap.to_bytes();
        let end = bytes.iter().rposition(|byte| *byte == b'}').expect("a brace");
        let cut = bytes.get(..(end as f64 * share) as usize).expect("a part");
        prop_assert!(redacted(cut, 1000, Policy::Strict).is_err());
    }
}

#[test]
fn what_v8_does_not_write_is_left_out() {
    let mut heap = SnapshotBuilder::new();
    let text = heap.string("a value", 8);
    heap.property(heap.global(), "text", text);
    let json = heap.to_json();
    let more = json.replacen('{', r#"{"extra":{"password":["hunter2"]},"#, 1);
    let made = redacted(more.as_bytes(), 7, Policy::Strict).expect("a heap");
    assert!(!String::from_utf8(made).expect("UTF-8").contains("hunter2"));
}

/// Numbers of six digits and what stands for them share the same million texts.
#[test]
fn a_replacement_that_is_another_value_by_chance_is_no_survivor() {
    let mut heap = SnapshotBuilder::new();
    for number in 0..20_000 {
        let text = heap.string(&format!("{}", 100_000 + 7 * number), 16);
        heap.element(heap.global(), number, text);
    }
    let bytes = heap.to_bytes();
    let made = redacted(&bytes, usize::MAX, Policy::Strict).expect("a heap");
    let strings = |bytes: &[u8]| {
        let file: serde_json::Value = serde_json::from_slice(bytes).expect("JSON");
        file["strings"].as_array().expect("a list").clone()
    };
    let (before, after) = (strings(&bytes), strings(&made));
    let numbers =
        before.iter().enumerate().filter(|(_, text)| text.as_str().is_some_and(|t| t.len() == 6));
    let stayed = numbers.filter(|(at, text)| after[2 * at + 1] == **text).count();
    assert_eq!(stayed, 0);
}

/// No writer that is known does so, but the format allows it.
#[test]
fn a_text_that_is_there_twice_may_stay_as_a_name() {
    let mut heap = SnapshotBuilder::new();
    let value = heap.string("attached-once", 8);
    heap.property(heap.global(), "attached", value);
    let json = heap.to_json().replace("attached-once", "attached");
    let made = redacted(json.as_bytes(), 11, Policy::Strict).expect("a heap");
    assert_eq!(String::from_utf8(made).expect("ASCII").matches("attached").count(), 1);
}

#[test]
fn errors_say_where() {
    let whole = SnapshotBuilder::new().to_json();
    let of = |text: &str| match redacted(text.as_bytes(), 3, Policy::Strict) {
        Ok(_) => "it was taken".to_owned(),
        Err(error) => error.to_string(),
    };
    assert_eq!(of("[]"), "byte 0: expected `{`, with which a snapshot begins");
    let twice = whole.trim_end().trim_end_matches('}').to_owned() + r#","nodes":[]}"#;
    assert!(of(&twice).contains("section `nodes` occurs a second time"), "{}", of(&twice));
    assert!(of(r#"{"strings":["#).contains("comes before `edges`"), "{}", of(r#"{"strings":["#));
    assert!(of(&format!("{whole} x")).contains("nothing more"), "{}", of(&format!("{whole} x")));
}

/// All strings of a redacted heap.
fn strings(heap: &SnapshotBuilder, policy: Policy) -> Vec<String> {
    let made = redacted(&heap.to_bytes(), usize::MAX, policy).expect("a heap");
    let file: serde_json::Value = serde_json::from_slice(&made).expect("JSON");
    let strings = file["strings"].as_array().expect("a list").iter();
    strings.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

#[test]
fn names_that_are_not_public_go_with_structure_and_stay_names() {
    let mut heap = SnapshotBuilder::new();
    let account = heap.object("Account", 64);
    heap.property(heap.global(), "accountOfPatient", account);
    for name in
        ["salaryBand", "#ibanOfCustomer", "x-patient-id", "headers", "<symbol kPatient>", "_a"]
    {
        let value = heap.object("Object", 24);
        heap.property(account, name, value);
    }
    let function = heap.closure("payPatient", 64);
    heap.property(account, "payPatient", function);
    heap.context(function, "patientInside", account);
    let strict = strings(&heap, Policy::Strict);
    let structure = strings(&heap, Policy::Structure);
    assert_eq!(strict.len(), structure.len());
    let changed: Vec<(&str, &str)> = strict
        .iter()
        .zip(&structure)
        .filter(|(before, after)| before != after)
        .map(|(before, after)| (before.as_str(), after.as_str()))
        .collect();
    let names: Vec<&str> = changed.iter().map(|(before, _)| *before).collect();
    for name in [
        "accountOfPatient",
        "salaryBand",
        "#ibanOfCustomer",
        "x-patient-id",
        "<symbol kPatient>",
        "patientInside",
    ] {
        assert!(names.contains(&name), "{name} is not among {names:?}");
    }
    assert_eq!(names.len(), 6, "{names:?}");
    for (before, after) in changed {
        let signs = |text: &str| text.replace(|c: char| c.is_ascii_alphanumeric(), "a");
        assert_eq!(signs(before), signs(after));
        let first = after.trim_start_matches(['#', '<']).chars().next().expect("a letter");
        assert!(first.is_ascii_alphabetic(), "{after}");
    }
}

/// A key of plain words tells a customer's name; a property of plain words is the program's.
#[test]
fn keys_of_dictionaries_go_and_names_of_code_stay() {
    let mut heap = SnapshotBuilder::new();
    let prototype = heap.object("Object", 24);
    let dictionary = |heap: &mut SnapshotBuilder, keys: &[&str], table: bool| {
        let dictionary = heap.object("Object", 56);
        heap.element(heap.global(), 7, dictionary);
        for key in keys {
            let value = heap.object("Account", 24);
            heap.property(dictionary, key, value);
        }
        heap.property(dictionary, "__proto__", prototype);
        if table {
            let table = heap.node("array", "(object properties)", 160);
            heap.internal(dictionary, "properties", table);
        }
    };
    let customers = [
        "kowalskix",
        "nowakovna",
        "wisniewski",
        "smithson",
        "jonesby",
        "gonzalesx",
        "millerton",
        "garciaxx",
    ];
    dictionary(&mut heap, &customers, false);
    dictionary(&mut heap, &["martinezx", "headers", "sharedWithCode"], true);
    dictionary(&mut heap, &["sharedWithCode", "ofCodeAlone"], false);
    let strict = strings(&heap, Policy::Strict);
    for gone in customers.iter().chain(&["martinezx"]) {
        assert!(!strict.iter().any(|text| text == gone), "{gone} is in the result");
    }
    for kept in ["headers", "sharedWithCode", "ofCodeAlone", "__proto__", "properties"] {
        assert!(strict.iter().any(|text| text == kept), "{kept} has gone");
    }
}

/// Classes and functions are named by the program as well, with any text.
#[test]
fn values_that_name_a_class_or_a_function_go() {
    let mut heap = SnapshotBuilder::new();
    let gone = [
        "4111 1111 1111 1111",
        "+49 170 123456",
        "John Smith",
        "482913",
        "<b>secret of John Smith</b>",
    ];
    for (at, text) in gone.iter().enumerate() {
        let named = [
            heap.object(text, 8),
            heap.closure(text, 8),
            heap.node("native", text, 8),
            heap.node("code", text, 8),
        ];
        named.iter().for_each(|node| heap.element(heap.global(), at as u32, *node));
    }
    let made = strings(&heap, Policy::Strict);
    for text in gone {
        assert!(!made.iter().any(|other| other == text), "{text} is in the result");
    }
}

/// A later V8 may have more types; what their names are is not known.
#[test]
fn names_of_unknown_types_go() {
    let mut heap = SnapshotBuilder::new();
    heap.layout_mut().node_types.push("diary".into());
    heap.layout_mut().edge_types.push("thread".into());
    let diary = heap.node("diary", "zaphodwords", 8);
    heap.edge(heap.global(), "thread", "trillianwords", diary);
    let made = strings(&heap, Policy::Strict).concat();
    assert!(!made.contains("zaphodwords") && !made.contains("trillianwords"), "{made}");
    let json = SnapshotBuilder::new().to_json().replacen("\"string\"", "\"text\"", 1);
    assert!(redacted(json.as_bytes(), usize::MAX, Policy::Strict).is_err());
}

#[test]
fn the_description_says_only_what_v8_says() {
    let json = SnapshotBuilder::new().to_json();
    let more = json
        .replacen("\"meta\":{", "\"meta\":{\"contact\":\"alice@example.com\",", 1)
        .replacen("{\"meta\"", "{\"zaphod_beeblebrox\":42,\"meta\"", 1);
    assert!(more.contains("alice") && more.contains("zaphod"));
    let made = redacted(more.as_bytes(), usize::MAX, Policy::Strict).expect("a heap");
    let made = String::from_utf8(made).expect("UTF-8");
    assert!(!made.contains("alice") && !made.contains("zaphod"));
    assert!(made.contains("node_count") && made.contains("name_or_index"));
    let odd = json.replacen("\"trace_node_fields\":[", "\"trace_node_fields\":[\"Alice\",", 1);
    assert!(odd.contains("Alice") && redacted(odd.as_bytes(), 99, Policy::Strict).is_err());
}

/// What stays as a name may not be there as a value: the proof tells the two apart.
#[test]
fn a_value_that_is_a_name_as_well_is_missed_by_no_proof() {
    let mut heap = SnapshotBuilder::new();
    let value = heap.string("trillian", 8);
    heap.property(heap.global(), "trillian", value);
    let bytes = heap.to_bytes();
    for policy in [Policy::Strict, Policy::Structure] {
        // The class stays with both.
        let mut heap = heap.clone();
        let object = heap.object("trillian", 8);
        heap.element(heap.global(), 1, object);
        let bytes = heap.to_bytes();
        let mut redactor = Redactor::new(Vec::new(), policy, Key::new([9; 32]), None);
        redactor.feed(&bytes).expect("a heap");
        let (made, _, proof) = redactor.finish().expect("a heap");
        assert!(proof.read(made.as_slice()).expect("read").holds());
        let made = String::from_utf8(made).expect("ASCII");
        let at = made.find("\"trillian\",\"").expect("the name") + 12;
        let value = made.get(at..at + 8).expect("the value");
        let wrong = made.replace(value, "trillian");
        let proven = proof.read(wrong.as_bytes()).expect("read");
        assert_eq!(proven.survivors.len(), 1, "{policy:?}: {proven:?}");
    }
    assert!(redacted(&bytes, 7, Policy::Strict).is_ok());
}

/// Of a text that is too long to be kept, what stands for it goes out piece by piece, and once.
#[test]
fn a_long_text_takes_little_memory_and_is_written_once() {
    struct Largest(usize, u64);
    impl std::io::Write for Largest {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0 = self.0.max(bytes.len());
            self.1 += bytes.len() as u64;
            Ok(bytes.len())
        }
        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }
    let mut heap = SnapshotBuilder::new();
    let text = heap.string(&"zaphod ".repeat(1 << 20), 8);
    heap.property(heap.global(), "text", text);
    let bytes = heap.to_bytes();
    let mut redactor = Redactor::new(Largest(0, 0), Policy::Strict, Key::new([9; 32]), None);
    bytes.chunks(1 << 16).try_for_each(|piece| redactor.feed(piece)).expect("a heap");
    let (out, coverage, _) = redactor.finish().expect("a heap");
    assert!(out.0 < 1 << 20, "{} bytes at once", out.0);
    assert_eq!(out.1, coverage.bytes_written);
    assert!(out.1 < bytes.len() as u64 + (1 << 16), "{} of {}", out.1, bytes.len());
}

/// Of a password that stands before its name, and of one whose name never came, nothing is in what was cut off.
#[test]
fn texts_that_waited_for_names_that_never_came_go_as_with_strict() {
    let mut heap = SnapshotBuilder::new();
    let account = heap.object("Account", 64);
    heap.property(heap.global(), "account", account);
    for (name, value) in [("passphrase", "zaphod-42-tricia"), ("planet", "magrathea-in-spring")] {
        let value = heap.string(value, 32);
        heap.property(account, name, value);
    }
    let bytes = heap.to_bytes();
    let whole = redacted(&bytes, 100, Policy::Secrets).expect("a heap");
    let whole = String::from_utf8(whole).expect("ASCII");
    assert!(!whole.contains("zaphod") && whole.contains("magrathea-in-spring"), "{whole}");
    let at = |text: &str| {
        bytes.windows(text.len()).position(|part| part == text.as_bytes()).expect("it is there")
    };
    let (class, strings) = (at("\"Account\""), at("\"strings\""));
    for end in strings..bytes.len() {
        let cut = bytes.get(..end).expect("a part");
        let mut redactor = Redactor::new(Vec::new(), Policy::Secrets, Key::new([9; 32]), None);
        redactor.feed(cut).expect("it is fine so far");
        redactor.cut_off().expect("written");
        let made = String::from_utf8(redactor.into_out()).expect("ASCII");
        // With its last bracket the section is whole.
        let is_whole = cut.trim_ascii_end().ends_with(b"]") || cut.trim_ascii_end().ends_with(b"}");
        assert!(!made.contains("zaphod"), "{made}");
        assert_eq!(made.contains("magrathea"), is_whole, "{made}");
        assert_eq!(made.contains("\"Account\""), end > class + 8, "{made}");
    }
}

/// What cannot be redacted further is kept as far as it is, and says nothing that was held back.
#[test]
fn texts_that_waited_for_what_is_no_snapshot_go_as_with_strict() {
    let mut heap = SnapshotBuilder::new();
    let account = heap.object("Account", 64);
    let value = heap.string("magrathea-in-spring", 32);
    heap.property(account, "planet", value);
    heap.property(heap.global(), "account", account);
    let json = heap.to_json();
    let at = json.find("magrathea").expect("the text") + 30;
    let odd = format!("{}\"x\" \"y\"", json.get(..at).expect("ASCII"));
    let mut redactor = Redactor::new(Vec::new(), Policy::Secrets, Key::new([9; 32]), None);
    let fed = odd.as_bytes().chunks(50).try_for_each(|piece| redactor.feed(piece));
    assert!(matches!(fed, Err(Error::Syntax { .. })), "{fed:?}");
    redactor.cut_off().expect("written");
    let made = String::from_utf8(redactor.into_out()).expect("ASCII");
    assert!(made.contains("\"strings\":[") && !made.contains("magrathea"), "{made}");
    // Where nobody waits, nothing of them comes.
    let mut redactor = Redactor::new(Vec::new(), Policy::Secrets, Key::new([9; 32]), None);
    redactor.feed(json.get(..at).expect("ASCII").as_bytes()).expect("it is fine so far");
    redactor.let_go();
    redactor.cut_off().expect("written");
    assert!(redactor.into_out().ends_with(b"\"strings\":["));
}

#[test]
fn what_waits_on_a_full_disk_is_an_error_and_the_result_is_still_there() {
    let mut heap = SnapshotBuilder::new();
    let text = heap.string(&"zaphod ".repeat(1 << 19), 8);
    heap.property(heap.global(), "text", text);
    let bytes = heap.to_bytes();
    let full = || -> std::io::Result<()> { Err(std::io::ErrorKind::StorageFull.into()) };
    for (policy, is_held) in [(Policy::Secrets, true), (Policy::Strict, false)] {
        let mut redactor = Redactor::new(Vec::new(), policy, Key::new([9; 32]), None).watched(full);
        let fed = bytes.chunks(1 << 16).try_for_each(|piece| redactor.feed(piece));
        match fed {
            Err(Error::Write(error)) => {
                assert!(is_held && error.kind() == std::io::ErrorKind::StorageFull, "{error}");
            }
            fed => assert!(!is_held && fed.is_ok(), "{fed:?}"),
        }
        redactor.let_go();
        redactor.cut_off().expect("written");
        assert!(redactor.into_out().starts_with(b"{"));
    }
}
