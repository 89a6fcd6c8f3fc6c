//! What functions read, each found by the text that it begins with.

use super::*;

/// Places in a text, by the line and column of the first such piece of it.
fn place<'a>(text: &str, beginning: &str, name: Option<&'a str>) -> Place<'a> {
    let before = &text[..text.find(beginning).expect("it is there")];
    let line = before.matches('\n').count() as u32;
    let column = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count() as u32;
    Place { line, column, name }
}

fn asked(text: &str, beginning: &str) -> (Reads, Vec<String>) {
    let functions = functions_at(text, Language::JavaScript, &[place(text, beginning, None)])
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    let reads = functions.found[0].clone().unwrap_or_else(|| panic!("none at {beginning}"));
    (reads, functions.names)
}

fn sorted(names: &[String], of: &[u32]) -> Vec<String> {
    let mut names: Vec<String> = of.iter().map(|&at| names[at as usize].clone()).collect();
    names.sort();
    names
}

/// What the function that begins there reads of others' variables.
fn free(text: &str, beginning: &str) -> Vec<String> {
    let (reads, names) = asked(text, beginning);
    assert!(!reads.everything && !reads.is_vague, "{text}");
    sorted(&names, &reads.free)
}

#[test]
fn a_function_reads_what_it_and_those_within_do_not_declare() {
    let text = "function f(a) { let b = c; const g = () => { d; b; return a; }; g(f); }";
    assert_eq!(free(text, "(a)"), ["c", "d", "f"]);
    assert_eq!(free(text, "() =>"), ["a", "b", "d"]);
}

#[test]
fn every_way_to_write_a_function_is_found_where_v8_has_it() {
    for (text, beginning) in [
        ("x = function (a) { return big; }", "(a)"),
        ("x = function* (a) { yield big; }", "(a)"),
        ("x = async function (a) { return big; }", "(a)"),
        ("x = a => big", "a =>"),
        ("x = (a, b) => big", "(a, b)"),
        ("x = async a => big", "async a"),
        ("x = async (a) => { return big; }", "async (a)"),
        ("x = { m(a) { return big; } }", "(a)"),
        ("x = { get m() { return big; } }", "() {"),
        ("x = { set m(a) { a.b = big; } }", "(a)"),
        ("x = { async *m(a) { yield big; } }", "(a)"),
        ("x = { ['a' + y](a) { return big; } }", "(a)"),
        ("x = class { m(a) { return big; } }", "(a)"),
        ("x = class { static m(a) { return big; } }", "(a)"),
        ("x = class { get #m() { return big; } }", "() {"),
        ("x = class { constructor(a) { this.a = big; } }", "(a)"),
        ("x = 'ä😀'; x = (a) => big", "(a)"),
        ("import z from 'z'; export default (a) => big", "(a)"),
        ("await 1; export function f(a) { return big; }", "(a)"),
        ("return (a) => big;", "(a)"),
        ("#!/usr/bin/env node\nx = (a) => big", "(a)"),
    ] {
        assert_eq!(free(text, beginning), ["big"], "{text}");
    }
}

#[test]
fn shadowed_names_are_others() {
    // Parameters, variables wherever they stand, blocks, loops, `catch`, destructuring, the function's own name.
    for body in [
        "(big) { return big; }",
        "(a = 1, { big }) { return big; }",
        "(...big) { return big; }",
        "() { return big; var big; }",
        "() { if (a) { let big = 1; return big; } }",
        "() { for (const big of []) big; }",
        "() { try {} catch (big) { big; } }",
        "() { const { a: [big] } = {}; return () => big; }",
        "() { class big {} return big; }",
        "() { return { big: 1 }.big; }",
        "() { big: for (;;) break big; }",
    ] {
        let text = format!("x = function {body}");
        let found = free(&text, body);
        assert!(!found.contains(&"big".to_owned()), "{text}: {found:?}");
    }
    assert_eq!(free("x = function big() { return big; }", "() {"), [""; 0]);
    // One block's variable is not the other's, and not that around.
    let text = "x = function () { { let big = 1; } return big; }";
    assert_eq!(free(text, "() {"), ["big"]);
    assert_eq!(free("x = function () { return { big }; }", "() {"), ["big"]);
    assert_eq!(free("x = function () { typeof big; }", "() {"), ["big"]);
}

#[test]
fn parameters_do_not_see_the_variables_of_the_body() {
    assert_eq!(free("x = function (a = () => big) { var big; }", "(a"), ["big"]);
    assert_eq!(free("x = (a = big) => { var big; }", "(a"), ["big"]);
    assert_eq!(free("x = function (big, a = () => big) { var big; }", "(big"), [""; 0]);
}

#[test]
fn functions_in_blocks_may_be_those_around() {
    // In sloppy code the name is the function's from when the block has run, in strict code it is not.
    let text = "x = function () { big(); { function big() {} } }";
    assert_eq!(free(text, "() { big"), ["big"]);
    let text = "x = function () { function big() {} return () => big; }";
    assert_eq!(free(text, "() { function"), [""; 0]);
}

#[test]
fn writing_alone_is_no_reading() {
    assert_eq!(free("x = (a) => { big = a; }", "(a)"), [""; 0]);
    assert_eq!(free("x = (a) => { [big, { c: big }] = a; for (big of a); }", "(a)"), [""; 0]);
    for both in ["big += a", "big++", "big ||= a", "a = big = a, big", "big.c = a", "big[0] = a"] {
        let text = format!("x = (a) => {{ {both}; }}");
        assert_eq!(free(&text, "(a)"), ["big"], "{text}");
    }
}

/// What `super` and `new.target` may be looked up by.
const SUPER: [&str; 3] = [".new.target", ".this_function", "this"];

#[test]
fn this_and_arguments_are_read_through_arrow_functions() {
    assert_eq!(free("x = function () { return this || arguments; }", "() {"), [""; 0]);
    assert_eq!(free("x = () => [this, arguments]", "() =>"), ["arguments", "this"]);
    assert_eq!(free("x = { m() { return () => super.m; } }", "() =>"), SUPER);
    assert_eq!(free("x = function () { return () => new.target; }", "() =>"), SUPER);
    assert_eq!(free("x = function () { return () => new.target; }", "() {"), [""; 0]);
    let text = "x = class extends B { constructor() { (() => super())(); } }";
    assert_eq!(free(text, "() =>"), SUPER);
    let text = "x = function () { return () => () => this; }";
    assert_eq!(free(text, "() {"), [""; 0]);
    assert_eq!(free(text, "() => () =>"), ["this"]);
}

#[test]
fn eval_reads_everything_wherever_it_stands() {
    for text in [
        "x = (a) => eval(a)",
        "x = (a) => { return () => { (eval)(a); }; }",
        "x = (a) => { with (a) eval(b); }",
    ] {
        assert!(asked(text, "(a) =>").0.everything, "{text}");
    }
    assert!(!asked("x = (a) => { a.eval(b); }", "(a) =>").0.everything);
    // What `with` is of may have the name, or not.
    assert_eq!(free("x = (a) => { with (a) big; }", "(a)"), ["big"]);
}

#[test]
fn a_class_stands_for_the_functions_of_its_fields() {
    let text = "x = class C extends B { f = big; #p = 1; static s = () => other; [key] = 2; m() { last; } }";
    for beginning in
        ["class C", "{ f = big", "f = big", "#p", "static s", "s = ()", "[key]", "key]"]
    {
        let (reads, names) = asked(text, beginning);
        assert!(reads.is_vague, "{beginning}");
        assert_eq!(
            sorted(&names, &reads.free),
            ["B", "big", "key", "last", "other"],
            "{beginning}"
        );
    }
    assert_eq!(free(text, "() => other"), ["other"]);
    assert_eq!(free(text, "() { last"), ["last"]);
}

#[test]
fn a_script_is_a_function_too() {
    let (reads, names) = asked("a; function f() { b; }", "a;");
    assert!(reads.is_vague);
    assert_eq!(sorted(&names, &reads.free), ["a", "b"]);
    // An arrow function at the same place is no other.
    let (reads, names) = asked("y => z; a", "y =>");
    assert!(reads.is_vague);
    assert_eq!(sorted(&names, &reads.free), ["a", "z"]);
}

#[test]
fn what_stands_in_a_function_are_its_own_variables_too() {
    let (reads, names) =
        asked("x = function* () { const a = 1; b = 2; yield () => [a, c, this]; }", "() {");
    assert_eq!(sorted(&names, &reads.within), ["a", "b", "c", "this"]);
    assert_eq!(sorted(&names, &reads.free), ["c"]);
}

#[test]
fn another_function_at_the_place_is_not_the_one() {
    let text = "function one(a) { return big; }";
    let at = |name, column| Place { line: 0, column, name };
    let places =
        [at(Some("one"), 12), at(Some("two"), 12), at(None, 12), at(None, 13), at(None, 99)];
    let functions = functions_at(text, Language::JavaScript, &places).expect("JavaScript");
    let is_found: Vec<bool> = functions.found.iter().map(Option::is_some).collect();
    assert_eq!(is_found, [true, false, true, false, false]);
}

#[test]
fn types_are_blanks() {
    let text = "const x = <T,>(a: T, b?: Other): Big => big as Type;\nfunction f<T>(a: T) { return big!; }";
    let places = [place(text, "(a: T, b", None), place(text, "(a: T) {", None)];
    let functions = functions_at(text, Language::TypeScript, &places).expect("TypeScript");
    for reads in &functions.found {
        let reads = reads.as_ref().expect("found");
        assert!(sorted(&functions.names, &reads.free).contains(&"big".to_owned()));
    }
    assert!(functions_at(text, Language::JavaScript, &places).is_err());
}

#[test]
fn what_is_no_javascript_is_an_error() {
    for text in ["function (", "{ \"a\": 1, }", "import x from", "<a>b</a>"] {
        let error = functions_at(text, Language::JavaScript, &[]).expect_err(text);
        assert!(matches!(&error, Error::Syntax(why) if !why.is_empty()), "{text}: {error}");
    }
}

#[test]
fn deep_nesting_is_no_trouble() {
    for (open, middle, close) in [("[", "1", "]"), ("(", "1", ")"), ("{", "", "}"), ("!", "1", "")]
    {
        let text = [&open.repeat(20_000), middle, &close.repeat(20_000)].concat();
        let _ = functions_at(&text, Language::JavaScript, &[]);
    }
    for piece in ["a=>", "if(a)", "a?a:", "-", "a=", "`${"] {
        let _ = functions_at(&piece.repeat(10_000), Language::JavaScript, &[]);
    }
    let sum = vec!["'text'"; 20_000].join("+");
    assert!(functions_at(&sum, Language::JavaScript, &[]).is_ok());
}
