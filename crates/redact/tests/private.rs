//! Private texts in the places where names of code stand, and the shortest of all.

#![allow(clippy::expect_used, reason = "a test that panics is a test that fails")]

use heapglass_redact::{Key, Policy, Redactor};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

/// All strings of a heap that was redacted and proven.
fn strings(heap: &SnapshotBuilder, policy: Policy) -> Vec<String> {
    let mut redactor = Redactor::new(Vec::new(), policy, Key::new([9; 32]), None);
    redactor.feed(&heap.to_bytes()).expect("a heap");
    let (made, _, proof) = redactor.finish().expect("a whole heap");
    let proven = proof.read(made.as_slice()).expect("read from memory");
    assert!(proven.holds(), "{policy:?}: {proven:?}");
    let file: serde_json::Value = serde_json::from_slice(&made).expect("JSON");
    let strings = file["strings"].as_array().expect("a list").iter();
    strings.map(|text| text.as_str().expect("a text").to_owned()).collect()
}

fn has(strings: &[String], text: &str) -> bool {
    strings.iter().any(|other| other.contains(text))
}

/// A heap with an object of a class that the program has.
fn heap() -> (SnapshotBuilder, NodeRef) {
    let mut heap = SnapshotBuilder::new();
    let app = heap.object("App", 64);
    heap.property(heap.global(), "app", app);
    (heap, app)
}

/// Where a program puts a value there is none, and a credential of two letters is one.
#[test]
fn programs_with_placeholders_and_short_passwords_are_redacted() {
    let (mut heap, app) = heap();
    let kept = [
        "SELECT id FROM users WHERE token=$1",
        "password=?",
        "UPDATE users SET password=:name",
        "postgres://app:${process.env.PG}@db/app",
    ];
    let gone = ["https://u:p@h.example/x", "password=ab;", "amqp://a:b@h"];
    for (at, text) in kept.iter().chain(&gone).enumerate() {
        let string = heap.string(text, 64);
        heap.element(app, at as u32, string);
    }
    // A whole text that is no placeholder, with a credential of its own in it.
    let token = heap.string(
        r#"{"jwt":"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0NzExIn0.k3Vf9XqTz1bYw7RmPd2LsHc8JnGe","id":"u17"}"#,
        96,
    );
    heap.property(app, "sessionToken", token);
    // Without a name that tells, nothing is looked for as a whole.
    let password = heap.string("zaphod-42-tricia", 32);
    heap.property(app, "password", password);
    let made = strings(&heap, Policy::Secrets);
    for text in kept {
        assert!(has(&made, text), "{text} has gone");
    }
    for text in gone.iter().chain(&["zaphod-42-tricia", "k3Vf9XqTz1bYw7RmPd2LsHc8JnGe"]) {
        assert!(!has(&made, text), "{text} is in the result");
    }
    assert!(
        made.iter().any(|text| text.starts_with("https://u:") && text.ends_with("@h.example/x"))
    );
}

/// One letter stands for another one, so what is made of one address is another address of the original.
#[test]
fn a_short_password_that_becomes_another_one_is_no_survivor() {
    let (mut heap, app) = heap();
    for (at, letter) in ('a'..='z').chain('A'..='Z').enumerate() {
        let string = heap.string(&format!("https://u:{letter}@h.example/x"), 64);
        heap.element(app, at as u32, string);
    }
    let password = heap.string("zaphod-42-tricia", 32);
    heap.property(app, "password", password);
    assert!(!has(&strings(&heap, Policy::Secrets), "zaphod"));
}

/// By these the analysis tells which file the variables of a module are in.
#[test]
fn the_parameters_of_modules_stay_as_values() {
    let (mut heap, app) = heap();
    for (at, text) in ["exports", "__filename", "exports-of-jane"].into_iter().enumerate() {
        let string = heap.string(text, 24);
        heap.element(app, at as u32, string);
    }
    for policy in [Policy::Strict, Policy::Structure] {
        let made = strings(&heap, policy);
        assert!(made.iter().any(|text| text == "exports"), "{policy:?}");
        assert!(made.iter().any(|text| text == "__filename"), "{policy:?}");
        assert!(!has(&made, "jane"), "{policy:?}");
    }
}

/// A module of JSON has no script: without its path nobody can tell whose data it is.
#[test]
fn paths_of_files_of_packages_stay_without_a_script() {
    let (mut heap, app) = heap();
    let stays = ["/srv/app/node_modules/mime-db/db.json", "C:\\app\\node_modules\\x\\package.json"];
    let gone = ["/srv/app/tenants.json", "/srv/app/node_modules/x/alice@example.com"];
    for (at, path) in stays.iter().enumerate() {
        let module = heap.object("Module", 64);
        heap.property(app, path, module);
        let filename = heap.string(path, 64);
        heap.property(module, &format!("filename{at}"), filename);
    }
    for (at, path) in gone.iter().enumerate() {
        let value = heap.string(path, 64);
        heap.element(app, at as u32, value);
    }
    let at_home = heap.string("/home/greta/app/node_modules/x/greta.petrova.json", 64);
    heap.property(app, "home", at_home);
    let table = heap.node("array", "(object properties)", 64);
    heap.internal(app, "properties", table);
    for policy in [Policy::Strict, Policy::Structure] {
        let made = strings(&heap, policy);
        for path in stays {
            assert_eq!(made.iter().filter(|text| *text == path).count(), 2, "{path}");
        }
        for path in gone {
            assert!(!made.iter().any(|text| text == path), "{path} is there");
        }
        assert!(has(&made, "/home/xxxxx/app/node_modules/x/"), "{policy:?}");
    }
}

#[test]
fn keys_with_blanks_tokens_and_numbers_of_papers_go() {
    let (mut heap, app) = heap();
    let gone = [
        "get Erika Musterfrau",
        "set Secret Recovery Phrase",
        "V1StGXR8_Z5jdHi6B-myT",
        "JBSWY3DPEHPK3PXP",
        "U024BE7LH",
        "fe80::beef:d15:ffee",
        "f6:a5:ae:bc:ef:de",
        "M-AB6301",
        "C25388",
        "DE12-A1B2-C3D4-E43182",
        "张敏",
    ];
    let kept = [
        "innerHTML",
        "x-forwarded-for",
        "get byteLength",
        "sha256",
        "SHA256",
        "http2session",
        "a1",
        "<symbol kHandle>",
    ];
    for name in gone.iter().chain(&kept) {
        let value = heap.string("thing", 16);
        heap.property(app, name, value);
    }
    let made = strings(&heap, Policy::Strict);
    for name in gone {
        assert!(!has(&made, name), "{name} is in the result");
    }
    for name in kept {
        assert!(made.iter().any(|text| text == name), "{name} has gone");
    }
}

/// Short words of a longer name go with it.
#[test]
fn structure_leaves_no_short_word_of_a_name() {
    let (mut heap, app) = heap();
    for name in ["jo-ab-xy", "ab"] {
        let value = heap.object("Thing", 8);
        heap.property(app, name, value);
    }
    let made = strings(&heap, Policy::Structure);
    let name = made.iter().find(|text| text.len() == 8 && text.matches('-').count() == 2);
    let words: Vec<&str> = name.expect("the name").split('-').collect();
    assert!(words[0] != "jo" && words[1] != "ab" && words[2] != "xy", "{words:?}");
    assert!(made.iter().any(|text| text == "ab"));
}

#[test]
fn paths_of_scripts_lose_what_they_say_of_people() {
    let (mut heap, app) = heap();
    let paths = [
        "/srv/customers/Herr Dietmar Doppelhuber, geb. 1971-02-03/rule.js",
        "/srv/cards/4222222222222/rule.js",
        "/home/x/apps/home/brunhilde/x.js",
        "D:\\Benutzer\\Walburga\\x.js",
        "evalmachine.secretQWERTZ123456",
        "node:Kriemhildis/9f8e7d6c5b",
        "/srv/app/dist/main.3f2a9c81.js",
    ];
    for (at, path) in paths.iter().enumerate() {
        let code = heap.node("code", path, 8);
        heap.element(app, at as u32, code);
    }
    let made = strings(&heap, Policy::Strict);
    let gone = ["Dietmar", "4222222", "brunhilde", "Walburga", "QWERTZ", "Kriemhildis", "9f8e7d"];
    for text in gone {
        assert!(!has(&made, text), "{text} is in the result");
    }
    for text in ["/srv/customers/", "/rule.js", "D:\\Benutzer\\xxxxxxxx\\x.js", paths[6]] {
        assert!(has(&made, text), "{text} has gone");
    }
}

/// Leaks are told apart by what can be written after a dot.
#[test]
fn what_is_no_identifier_stays_none_and_short_names_of_people_go() {
    let (mut heap, app) = heap();
    for (name, text) in [("mailto:a@b.de", "王伟"), ("blood", "O+"), ("initials", "AB")] {
        let value = heap.string(text, 16);
        heap.property(app, name, value);
    }
    for policy in [Policy::Strict, Policy::Structure] {
        let made = strings(&heap, policy);
        for text in ["王伟", "O+", "mailto:a@b.de"] {
            assert!(!has(&made, text), "{text} is in the result");
        }
        assert!(!made.iter().any(|text| text == "AB"));
        let is_key = |text: &String| match text.as_bytes() {
            [first, second, ..] => first.is_ascii_lowercase() && second.is_ascii_punctuation(),
            _ => false,
        };
        assert!(made.iter().any(|text| text.len() == 13 && is_key(text)), "{made:?}");
    }
}

/// Names of code have no address, host or reference in them; a path keeps what says nothing of its owner.
#[test]
fn names_that_say_where_somebody_is_go() {
    let (mut heap, app) = heap();
    let gone = [
        "spiffe://corp/ns/payments",
        "db.acme.example.com",
        "user:default/jane.doe",
        "AB-CD1234",
        "<symbol /home/janedoe/notes>",
        "[db.example.com]",
        "janedoe",
    ];
    // With it not all properties lead to one class, as those of a dictionary.
    let title = heap.string("a title", 24);
    heap.property(app, "title", title);
    for key in ["/home/janedoe/notes.txt"].iter().chain(&gone[..6]) {
        heap.property(app, key, app);
    }
    for class in &gone[..4] {
        let object = heap.object(class, 16);
        heap.element(app, 1, object);
    }
    let kept = ["app.kubernetes.io/name", "node:fs/promises", "SHA512", "ES2015", "A128GCM"];
    for key in kept {
        heap.property(app, key, app);
    }
    let class = "Node / std::vector<std::unique_ptr<Entry>>";
    let native = heap.node("native", class, 16);
    heap.element(app, 2, native);
    let made = strings(&heap, Policy::Strict);
    for text in gone {
        assert!(!has(&made, text), "{text} is in the result");
    }
    for text in kept.iter().chain(&["/home/xxxxxxx/notes.txt", class]) {
        assert!(has(&made, text), "{text} has gone");
    }
    assert!(!has(&strings(&heap, Policy::Structure), "notes.txt"));
}

/// Node.js has tables of its own with as many names, and what is in one of them is met elsewhere, too.
#[test]
fn public_names_of_words_stay_in_large_dictionaries() {
    let (mut heap, app) = heap();
    let dictionary = heap.object("Object", 56);
    heap.property(app, "table", dictionary);
    let (kept, gone) = (["cookie", "content-type", "objectMode"], ["mark", "kowalskix"]);
    let others: Vec<String> =
        (0..70u8).map(|at| format!("name{}{}", char::from(b'a' + at / 26), at % 10)).collect();
    for key in kept.iter().chain(&gone).copied().chain(others.iter().map(String::as_str)) {
        heap.property(dictionary, key, app);
    }
    let made = strings(&heap, Policy::Strict);
    for text in kept {
        assert!(has(&made, text), "{text} has gone");
    }
    for text in gone {
        assert!(!made.iter().any(|made| made == text), "{text} is in the result");
    }
}

/// The header's value is put together of two texts, of which none tells by itself.
#[test]
fn logins_go_without_the_word_before_them() {
    let (mut heap, app) = heap();
    let login = "YWRhOnN3b3JkZmlzaC05";
    let joined = heap.node("concatenated string", "(concatenated string)", 32);
    heap.element(app, 0, joined);
    for (name, text) in [("first", "Basic "), ("second", login)] {
        let part = heap.string(text, 24);
        heap.internal(joined, name, part);
    }
    let header = heap.string("Basic YnJpYW46c3dvcmRmaXNoLTk=", 48);
    heap.element(app, 1, header);
    let made = strings(&heap, Policy::Secrets);
    assert!(has(&made, "Basic ") && !has(&made, login), "{made:?}");
    assert!(!has(&made, "YnJpYW46c3dvcmRmaXNoLTk="), "{made:?}");
}
