use proptest::collection::vec;
use proptest::prelude::*;

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

#[test]
fn what_is_no_json_is_no_snapshot() {
    let with = |nodes: &str, strings: &str, other: &str| {
        let text = format!(
            "{HEADER}\"nodes\":[{nodes}],\"edges\":[2,1,5],\"x\":{other},\"strings\":[{strings}]}}"
        );
        assert!(json(text.as_bytes()) || !check(&text).is_whole(), "{text}");
        kinds(&text)
    };
    let two = "0,0,1,8,1,0,1,3,8,0";
    let strings = r#""",", \u00e4\n\ud800""#;
    assert_eq!(with(two, strings, "[]"), [], "V8 cuts characters of two units in half");
    for nodes in [
        "0 0,1,8,1,0,1,3,8,0",
        "00,0,1,8,1,0,1,3,8,0",
        "01,0,1,8,1,0,1,3,8,0",
        "0,0,1,8,1,0,1,3,8,0,",
    ] {
        assert_eq!(with(nodes, strings, "0"), [FindingKind::Malformed], "{nodes}");
    }
    for strings in [
        r#""""a""#,
        r#""" "a""#,
        r#""","a","#,
        r#","","a""#,
        r#""",,"a""#,
        r#""","\x""#,
        r#""","\u12g4""#,
        "\"\",\"\n\"",
        r#""",1"#,
        r#""",a"#,
    ] {
        assert_eq!(with(two, strings, "0"), [FindingKind::Malformed], "{strings}");
    }
    for other in [
        "",
        "[1 2]",
        "[1,]",
        "[,1]",
        "{1:2}",
        "{\"a\" 1}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[}",
        "{]",
        "tru",
        "nul l",
        "-",
        "01",
        "1.",
        ".5",
        "1e",
        "1e+",
        "+1",
        "\"\\q\"",
        "1 2",
        "\"a\" \"b\"",
        "[[1]",
    ] {
        assert!(!with(two, strings, other).is_empty(), "{other}");
    }
    for other in ["{}", "[[],{\"a\":[1,-2.5e-3,true,false,null]}]", " -0.0E+1 ", "\"\\u0041\"", "1"]
    {
        assert_eq!(with(two, strings, other), [], "{other}");
    }
    let whole = format!("{HEADER}\"nodes\":[{two}],\"edges\":[2,1,5],\"strings\":[{strings}]}}");
    for wrong in [
        whole.replacen(",\"edges", "\"edges", 1),
        whole.replacen(",\"edges", ",,\"edges", 1),
        whole.replace("]}", "],}"),
        format!("\u{feff}{whole}"),
        format!("{whole}}}"),
    ] {
        assert!(!json(wrong.as_bytes()) && !check(&wrong).is_whole(), "{wrong}");
    }
    // A number that does not fit is no index, whatever it would be without its first digits.
    let huge = whole.replacen("[0,", "[18446744073709551616,", 1);
    assert_eq!(kinds(&huge), [FindingKind::Malformed]);
}

#[test]
fn sections_may_stand_in_any_order() {
    let header = HEADER.trim_start_matches('{').trim_end_matches(',');
    let sections = [
        header,
        "\"nodes\":[0,0,1,8,1,0,1,3,8,0]",
        "\"\\u0065dges\":[2,1,5]",
        "\"strings\":[\"\",\"\"]",
    ];
    let mut orders = 0;
    for order in 0..256usize {
        let order = [order & 3, order >> 2 & 3, order >> 4 & 3, order >> 6];
        if (0..4).all(|section| order.contains(&section)) {
            let checked = check(&format!("{{{}}}", order.map(|at| sections[at]).join(", ")));
            assert_eq!(checked.findings, [], "{order:?}");
            assert_eq!((checked.nodes, checked.edges, checked.strings), (2, 1, 2));
            orders += 1;
        }
    }
    assert_eq!(orders, 24);
    // Counts are held against the header wherever that stands.
    let late = format!("{{{},{},{},{header}}}", sections[3], sections[2], "\"nodes\":[0,0,1,8,1]");
    assert!(kinds(&late).contains(&FindingKind::CountMismatch));
}

#[test]
fn text_is_utf8_wherever_the_pieces_end() {
    let whole = format!(
        "{HEADER}\"nodes\":[0,0,1,8,1,0,1,3,8,0],\"edges\":[2,1,5],\"strings\":[\"\",\"ä€𝄞\"]}}"
    );
    assert!(check(&whole).is_whole());
    for broken in [&b"\xff"[..], b"\xe2\x82", b"\xc0\x80", b"\xed\xa0\x80"] {
        let at = whole.find('ä').unwrap();
        let mut bytes = whole.clone().into_bytes();
        bytes.splice(at..at, broken.iter().copied());
        for size in [1, 2, 3, 5, 1000] {
            let checked = in_pieces(&bytes, size);
            let kinds: Vec<_> = checked.findings.iter().map(|it| (it.kind, it.offset)).collect();
            assert_eq!(kinds, [(FindingKind::BadString, Some(at as u64))], "in pieces of {size}");
        }
    }
}

fn in_pieces(bytes: &[u8], size: usize) -> Checked {
    let mut check = Check::new();
    bytes.chunks(size).for_each(|piece| check.feed(piece));
    check.finish()
}

/// What is certainly JSON. Numbers of any size and halves of surrogate pairs are.
fn json(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok()
        && serde_json::from_slice::<serde::de::IgnoredAny>(bytes).is_ok()
}

/// A snapshot as any program may write it: its own sections, in any order, with any white space.
fn snapshots() -> impl Strategy<Value = String> {
    let space = prop_oneof![4 => Just(""), 1 => Just(" "), 1 => Just("\n"), 1 => Just("\t\r ")];
    let strings = vec("[a-zä€𝄞\"\\\\\n]{0,6}", 1..5);
    let edges = vec((0u64..3, 0u64..4, any::<prop::sample::Index>()), 0..6);
    let other = prop_oneof![
        Just("[]"),
        Just("7"),
        Just("-1.5e3"),
        Just("null"),
        Just("\"],}\""),
        Just(r#"{"a":[1,{"b":"\ud800"}],"c":true}"#),
    ];
    let order = Just([0usize, 1, 2, 3, 4]).prop_shuffle();
    (1usize..6, edges, strings, other, order, space).prop_map(
        |(count, mut edges, strings, other, order, space)| {
            edges.sort_by_key(|(_, _, from)| from.index(count));
            let names = strings.len() as u64;
            let row = |node: usize| {
                let own = edges.iter().filter(|(_, _, from)| from.index(count) == node).count();
                [0, node as u64 % names, node as u64, 8, own as u64]
            };
            let target = |(kind, name, from): &(u64, u64, prop::sample::Index)| {
                let name = if *kind == 1 { name + 1000 } else { name % names };
                [*kind, name, from.index(count) as u64 * 5]
            };
            let list = |values: Vec<u64>| {
                let texts: Vec<String> = values.iter().map(u64::to_string).collect();
                texts.join(&format!("{space},{space}"))
            };
            let header = HEADER.trim_start_matches('{').trim_end_matches(',');
            let header = header.replace("\"node_count\":2", &format!("\"node_count\":{count}"));
            let sections = [
                header.replace("\"edge_count\":1", &format!("\"edge_count\":{}", edges.len())),
                format!("\"nodes\":[{}]", list((0..count).flat_map(row).collect())),
                format!("\"edges\":{space}[{}]", list(edges.iter().flat_map(target).collect())),
                format!("\"strings\":{}", serde_json::to_string(&strings).unwrap()),
                format!("\"other\"{space}:{space}{other}"),
            ];
            let sections = order.map(|at| sections[at].as_str());
            format!(
                "{space}{{{space}{}{space}}}{space}",
                sections.join(&format!("{space},{space}"))
            )
        },
    )
}

proptest! {
    #[test]
    fn legal_snapshots_are_whole(text in snapshots(), size in 1usize..40) {
        prop_assert!(json(text.as_bytes()));
        let checked = in_pieces(text.as_bytes(), size);
        prop_assert_eq!(&checked.findings, &[], "{}", text);
        prop_assert_eq!(checked, in_pieces(text.as_bytes(), usize::MAX));
    }

    #[test]
    fn what_serde_refuses_is_refused(
        text in snapshots(),
        changes in vec((any::<prop::sample::Index>(), 0u8..4, any::<prop::sample::Index>()), 1..4),
        size in 1usize..40,
    ) {
        let pieces: [&[u8]; 24] = [
            b",", b"\"", b"[", b"]", b"{", b"}", b":", b"\\", b" ", b"\n", b"0", b"1", b"-", b".", b"e", b"u",
            b"\"\"", b",,", b"\xff", b"\xc3", b"\x01", b"null", b"[]", b"\\u12",
        ];
        let mut bytes = text.into_bytes();
        for (at, what, piece) in changes {
            let at = at.index(bytes.len());
            let piece = pieces[piece.index(pieces.len())];
            let end = at + usize::from(what < 2);
            let with = if what == 0 { &b""[..] } else { piece };
            drop(bytes.splice(at..end, with.iter().copied()));
        }
        let checked = in_pieces(&bytes, size);
        let text = String::from_utf8_lossy(&bytes);
        prop_assert!(json(&bytes) || !checked.is_whole(), "{}", text);
        prop_assert_eq!(checked, in_pieces(&bytes, usize::MAX), "{}", text);
    }
}

/// Tables that are long enough to be read many numbers at once, in pieces that are and that are not.
fn long_table(rows: &[[u64; 3]], odd: &str, fields: &str) -> String {
    let rows: Vec<String> =
        rows.iter().map(|[kind, name, to]| format!("{kind},{name},{to}")).collect();
    let (count, edges) = (rows.len(), rows.join("\n,"));
    format!(
        r#"{{"snapshot":{{"meta":{{"node_fields":["type","name","id","self_size","edge_count"],"node_types":[["object"],"string","number","number","number"],"edge_fields":[{fields}],"edge_types":[["context","element","property"],"string_or_number","node"]}},"node_count":1,"edge_count":{count}}},
"nodes":[0,0,1,8,{count}],
"edges":[{edges}{odd}],
"strings":["a","b","c"]}}"#
    )
}

proptest! {
    #[test]
    fn many_numbers_at_once_are_those_one_by_one(
        rows in vec((0u64..3, 0u64..5, 0u64..20), 60..200),
        size in 1usize..3000,
        odd in prop_oneof![
            Just(""), Just("\n"), Just(",1"), Just(",01,0,0"), Just(", 1,0,0"), Just(",1,99999999999,0"),
            Just(",1,99999999999999999999,0"), Just(",,"), Just("\n\n"), Just(",1\n2,3"), Just("x"),
        ],
        more in any::<bool>(),
        fields in prop_oneof![
            6 => Just(r#""type","name_or_index","to_node""#),
            1 => Just(r#""name_or_index","type","to_node""#),
            1 => Just(r#""type","to_node","to_node""#),
            1 => Just(r#""type","name_or_index","name_or_index""#),
        ],
    ) {
        let rows: Vec<[u64; 3]> = rows.into_iter().map(|(kind, name, to)| [kind, name, 5 * to]).collect();
        let mut text = long_table(&rows, odd, fields);
        if more {
            // What is odd stands in the middle of what is plain.
            let plain = long_table(&rows, "", fields);
            let start = plain.find("\"edges\":[").expect("there") + 9;
            let end = plain.find("],\n\"strings\"").expect("there");
            let edges = plain.get(start..end).expect("the edges").to_owned();
            text = text.replacen(&format!("{odd}],"), &format!("{odd},{edges}],"), 1);
        }
        let at_once = check(&text);
        // A byte at a time nothing is long enough to be read at once.
        prop_assert_eq!(&in_pieces(text.as_bytes(), 1), &at_once);
        prop_assert_eq!(&in_pieces(text.as_bytes(), size), &at_once);
    }
}
