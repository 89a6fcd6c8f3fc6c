//! What is no JSON of a snapshot: told with its byte and what stands there.

use super::{after, heap, heap_with, syntax_error};

#[test]
fn a_wrong_byte_in_a_table_is_told_exactly() {
    let text = heap_with(2).to_json();
    for section in ["\"nodes\":[", "\"edges\":[", "\"locations\":["] {
        let start = after(&text, section);
        for at in start..=start + text[start..].find(']').unwrap() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] = b'x';
            let (offset, message) = syntax_error(&bytes, 1 + at % 2);
            assert_eq!((offset, &*message), (at as u64, "not a number"));
        }
    }
}

#[test]
fn the_first_of_several_wrong_bytes_in_a_large_table_is_told() {
    let mut heap = heap();
    for _ in 0..100_000 {
        heap.object("Many", 100);
    }
    let text = heap.to_json();
    let start = after(&text, "\"nodes\":[");
    let length = text[start..].find(']').unwrap();
    assert!(length > 1 << 20, "several chunks");
    for part in 1..8 {
        let at = start + length * part / 8;
        let mut bytes = text.clone().into_bytes();
        for later in (at..start + length).step_by(300_001) {
            bytes[later] = b'-';
        }
        assert_eq!(syntax_error(&bytes, 1).0, at as u64);
        assert_eq!(syntax_error(&bytes, 2).0, at as u64);
    }
}

#[test]
fn values_that_a_table_does_not_hold() {
    let text = heap().to_json();
    let start = after(&text, "\"nodes\":[");
    let cases = [
        ("-1", 0, "a negative number"),
        ("1.5", 1, "a number that is no integer"),
        ("1e5", 1, "a number that is no integer"),
        ("null", 0, "not a number"),
        ("[1]", 0, "not a number"),
        ("{\"a\":1}", 0, "not a number"),
        ("\"1\"", 0, "not a number"),
        ("1 2", 2, "two numbers without a comma"),
        (",1", 0, "a comma without a number before it"),
        ("18446744073709551616", 0, "a number of more than 64 bits"),
        ("1,,2", 2, "a comma without a number before it"),
    ];
    for (value, inside, expected) in cases {
        // In the first row, and in a later one.
        for row in [start, start + text[start..].find("\n,").unwrap() + 2] {
            let field = row + text[row..].find(',').unwrap();
            let wrong = [&text[..row], value, &text[field..]].concat();
            let (offset, message) = syntax_error(wrong.as_bytes(), 2);
            assert_eq!((offset, &*message), ((row + inside) as u64, expected), "{value}");
        }
    }
}

#[test]
fn what_stands_where_a_list_or_a_name_should() {
    let text = heap().to_json();
    // A change, and the byte that is wrong then.
    let cases = [
        ("\"nodes\":[", "\"nodes\":{[", "{[", "expected the list `nodes`, found '{'"),
        ("\"edges\":[", "\"edges\":null,[", "null,[", "expected the list `edges`, found 'n'"),
        ("\"strings\":[", "\"strings\":7,[", "7,[", "expected the list `strings`, found '7'"),
        (
            "\"samples\":[",
            "\"samples\":\"\",[",
            "\"\",[",
            "expected the list `samples`, found '\"'",
        ),
        (
            "\"locations\":[",
            "\"locations\":true,[",
            "true,[",
            "expected the list `locations`, found 't'",
        ),
        (
            "\"trace_tree\":[",
            "\"trace_tree\":{[",
            "{[",
            "expected the trace tree's list, found '{'",
        ),
        ("\"edges\":[", "\"edges\";[", ";[", "expected a colon after a key, found ';'"),
        ("\"edges\":[", "edges\":[", "edges\":[", "expected a section's name, found 'e'"),
        ("\"<dummy>\"", "null", "null", "expected a string, found 'n'"),
        ("\"<dummy>\",", "\"<dummy>\" ?,", "?,", "expected a comma or `]`, found '?'"),
    ];
    for (right, wrong, at, message) in cases {
        let changed = text.replacen(right, wrong, 1);
        let offset = (changed.find(wrong).unwrap() + wrong.find(at).unwrap()) as u64;
        assert_eq!(syntax_error(changed.as_bytes(), 1), (offset, message.to_owned()));
    }
}
