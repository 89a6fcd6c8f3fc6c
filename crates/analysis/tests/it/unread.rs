//! Variables that no function reads, in heaps written by hand as V8 writes them.

use heapglass_analysis::{
    SourceFile, SourceFiles, Unknown, WasteKind, WasteOptions, Wasted, waste,
};
use heapglass_testkit::{NodeRef, SnapshotBuilder};

use crate::{id, open, open_bytes};

/// A heap with one script.
struct Program {
    heap: SnapshotBuilder,
    script: NodeRef,
    text: &'static str,
}

impl Program {
    /// With the text whole in the snapshot.
    fn of(text: &'static str) -> Program {
        Program::cut(text, text)
    }

    /// With the beginning of it in the snapshot.
    fn cut(text: &'static str, beginning: &str) -> Program {
        let mut heap = SnapshotBuilder::new();
        let script = heap.node("code", "/app/main.js", 100);
        let source = heap.string(beginning, text.len() as u64 + 16);
        heap.internal(script, "source", source);
        Program { heap, script, text }
    }

    /// A context with variables, within another.
    fn context(&mut self, outer: Option<NodeRef>, variables: &[(&str, NodeRef)]) -> NodeRef {
        let context = self.heap.object("system / Context", 40);
        for &(name, value) in variables {
            self.heap.context(context, name, value);
        }
        if let Some(outer) = outer {
            self.heap.internal(context, "previous", outer);
        }
        context
    }

    /// The function that begins at this piece of the text, made in a context.
    fn function(&mut self, name: &str, beginning: &str, context: NodeRef) -> NodeRef {
        let heap = &mut self.heap;
        let (closure, shared) = (heap.closure(name, 64), heap.node("code", name, 60));
        heap.internal(closure, "shared", shared);
        heap.internal(closure, "context", context);
        heap.internal(shared, "script", self.script);
        let column = self.text.find(beginning).expect("it is in the text");
        heap.locate(closure, 7, 0, column as u32);
        closure
    }

    /// An object of 1,000 bytes.
    fn big(&mut self) -> NodeRef {
        self.heap.object("Big", 1000)
    }

    fn keep(&mut self, name: &str, node: NodeRef) {
        let global = self.heap.global();
        self.heap.property(global, name, node);
    }

    fn wasted(&self, files: &dyn SourceFiles) -> Wasted {
        let options = WasteOptions { kinds: vec![WasteKind::UnreadVariables], limit: None };
        let found = waste(&open(&self.heap), &options, files);
        found.into_iter().next().expect("one kind was asked for")
    }

    /// Objects and bytes, where everything could be judged.
    fn figures(&self) -> (u64, u64) {
        let wasted = self.wasted(&());
        assert_eq!(wasted.unjudged, []);
        (wasted.object_count, wasted.saved_size)
    }
}

const CLASSIC: &str =
    "function f() { let big, small; function once() { big; } return function kept() { small; }; }";

/// The heap after `kept = f()`, with what `kept` reads.
fn classic(text: &'static str, beginning: &str) -> (Program, NodeRef, NodeRef) {
    let mut program = Program::cut(text, beginning);
    let (big, small) = (program.big(), program.heap.object("Small", 16));
    let context = program.context(None, &[("big", big), ("small", small)]);
    let kept = program.function("kept", "() { small", context);
    program.keep("kept", kept);
    (program, context, big)
}

#[test]
fn a_variable_of_a_function_that_is_gone_is_waste() {
    let (program, context, big) = classic(CLASSIC, CLASSIC);
    let wasted = program.wasted(&());
    assert_eq!((wasted.object_count, wasted.saved_size), (1, 1000));
    assert_eq!(wasted.unjudged, []);
    let row = wasted.rows.first().expect("a row");
    assert_eq!(row.example.id, id(&program.heap, big));
    assert_eq!(row.script.as_deref(), Some("/app/main.js"));
    let holder = row.holder.as_ref().expect("a holder");
    assert_eq!((holder.id, holder.edge.as_str()), (id(&program.heap, context), "variable big"));
}

#[test]
fn what_a_living_function_reads_is_none() {
    let (mut program, context, _) = classic(CLASSIC, CLASSIC);
    let once = program.function("once", "() { big", context);
    program.keep("once", once);
    assert_eq!(program.figures(), (0, 0));
}

#[test]
fn a_function_that_only_an_unread_variable_holds_reads_nothing() {
    let (mut program, context, _) = classic(CLASSIC, CLASSIC);
    let once = program.function("once", "() { big", context);
    program.heap.context(context, "once", once);
    // The closure is 64 bytes, what its closures share 60.
    assert_eq!(program.figures(), (2, 1000 + 64 + 60));
}

#[test]
fn what_something_else_holds_too_would_not_be_saved() {
    let (mut program, _, big) = classic(CLASSIC, CLASSIC);
    program.keep("other", big);
    assert_eq!(program.figures(), (0, 0));
    // Held by what a variable holds that is read.
    let (mut program, _, big) = classic(CLASSIC, CLASSIC);
    program.heap.property(NodeRef(big.0 + 1), "back", big);
    assert_eq!(program.figures(), (0, 0));
}

#[test]
fn the_nearest_variable_of_a_name_is_the_one_that_is_read() {
    let text = "function f(x) { return function g(x) { return function kept() { return x; }; }; }";
    let mut program = Program::of(text);
    let (outer_x, inner_x) = (program.big(), program.heap.object("Other", 500));
    let outer = program.context(None, &[("x", outer_x)]);
    // A block between them, of which V8 names no variable.
    let block = program.context(Some(outer), &[]);
    let in_block = program.heap.object("InBlock", 300);
    program.heap.hidden(block, 0, in_block);
    let inner = program.context(Some(block), &[("x", inner_x)]);
    let kept = program.function("kept", "() { return x", inner);
    program.keep("kept", kept);
    assert_eq!(program.figures(), (1, 1000));
    // Where the nearer one is in a block, the outer counts as read.
    let mut program = Program::of(text);
    let outer_x = program.big();
    let outer = program.context(None, &[("x", outer_x)]);
    let block = program.context(Some(outer), &[]);
    let kept = program.function("kept", "() { return x", block);
    program.keep("kept", kept);
    assert_eq!(program.figures(), (0, 0));
}

#[test]
fn eval_reads_everything_around_it() {
    let text = "function f(x, y) { return function kept(z) { return eval(z); }; }";
    let mut program = Program::of(text);
    let (x, y) = (program.big(), program.big());
    let outer = program.context(None, &[("x", x)]);
    let inner = program.context(Some(outer), &[("y", y)]);
    let kept = program.function("kept", "(z)", inner);
    program.keep("kept", kept);
    assert_eq!(program.figures(), (0, 0));
}

#[test]
fn a_suspended_generator_reads_what_stands_in_it() {
    let text = "function* f() { let big, dead; yield () => [big, dead]; big; yield; } f";
    for (name, expected) in [("big", 0), ("unknown", 1000)] {
        let mut program = Program::of(text);
        let value = program.big();
        let around = program.context(None, &[]);
        let context = program.context(Some(around), &[(name, value)]);
        let function = program.function("f", "() { let", around);
        let generator = program.heap.object("Generator", 48);
        let registers = program.heap.node("array", "", 40);
        program.heap.internal(generator, "function", function);
        program.heap.internal(generator, "context", context);
        program.heap.internal(generator, "parameters_and_registers", registers);
        program.heap.internal(registers, "3", context);
        program.keep("generator", generator);
        assert_eq!(program.figures().1, expected, "{name}");
    }
}

#[test]
fn what_else_holds_a_context_may_read_all_of_it() {
    let (mut program, context, _) = classic(CLASSIC, CLASSIC);
    let roots = program.heap.gc_roots();
    program.heap.internal(roots, "30", context);
    let wasted = program.wasted(&());
    assert_eq!((wasted.object_count, wasted.saved_size), (0, 0));
    let unjudged: Vec<_> = wasted.unjudged.iter().map(|u| (u.why, u.held_size)).collect();
    assert_eq!(unjudged, [(Unknown::InUse, 1016)]);
}

#[test]
fn what_handles_hold_runs_although_a_variable_holds_it_too() {
    // A closure, and an object with it, that roots and native objects lead to besides an unread variable.
    for (kind, name) in [("synthetic", "(Global handles)"), ("native", "TCP")] {
        for is_direct in [true, false] {
            let (mut program, context, _) = classic(CLASSIC, CLASSIC);
            let once = program.function("once", "() { big", context);
            let mut held = once;
            if !is_direct {
                held = program.heap.object("Server", 80);
                program.heap.property(held, "listener", once);
            }
            program.heap.context(context, "server", held);
            let roots = program.heap.gc_roots();
            let holder = program.heap.node(kind, name, 0);
            program.heap.element(roots, 9, holder);
            program.heap.weak(holder, "1", held);
            assert_eq!(program.figures().0, 2, "{name}, {is_direct}");
            program.heap.internal(holder, "2", held);
            assert_eq!(program.figures(), (0, 0), "{name}, {is_direct}");
        }
    }
}

/// One text for every script.
struct OneFile(Option<String>);

impl SourceFiles for OneFile {
    fn read(&self, script: &str, _: u64, fits: &dyn Fn(&str) -> bool) -> SourceFile {
        assert_eq!(script, "/app/main.js");
        match &self.0 {
            Some(text) if fits(text) => SourceFile::Text(text.clone()),
            Some(_) => SourceFile::Other,
            None => SourceFile::None,
        }
    }
}

/// [`CLASSIC`] with so much behind it that the snapshot has not the whole.
fn long() -> &'static str {
    format!("{CLASSIC} // {}", "more ".repeat(300)).leak()
}

#[test]
fn the_rest_of_a_script_comes_from_a_file_that_is_the_same() {
    let text = long();
    let (program, ..) = classic(text, &text[..1024]);
    let judged = |file: Option<String>| {
        let wasted = program.wasted(&OneFile(file));
        let why = wasted.unjudged.iter().map(|unjudged| {
            assert_eq!((unjudged.context_count, unjudged.held_size), (1, 1016));
            assert_eq!(unjudged.scripts, ["/app/main.js"]);
            unjudged.why
        });
        (wasted.saved_size, why.collect::<Vec<_>>())
    };
    assert_eq!(judged(None), (0, vec![Unknown::NoSource]));
    assert_eq!(judged(Some(text.to_owned())), (1000, vec![]));
    assert_eq!(judged(Some(format!("\u{feff}{text}"))), (1000, vec![]));
    // Another beginning, another length.
    assert_eq!(judged(Some(format!(" {}", &text[1..]))), (0, vec![Unknown::OtherSource]));
    assert_eq!(judged(Some(format!("{text}{text}"))), (0, vec![Unknown::OtherSource]));
    assert_eq!(judged(Some(text[..1024].to_owned())), (0, vec![Unknown::OtherSource]));
    // Header and rounding take 12 bytes at least, and 23 at most; a letter beyond Latin-1 makes all take two bytes.
    let longer = |more: usize| judged(Some(format!("{text}{}", "m".repeat(more)))).1;
    assert_eq!(longer(4), [Unknown::Unparsed; 0]);
    assert_eq!(longer(5), [Unknown::OtherSource]);
    assert_eq!(judged(Some(text[..text.len() - 8].to_owned())).1, [Unknown::OtherSource]);
    let wide = text.replacen("more", "m\u{151}re", 1);
    assert_eq!(judged(Some(wide)).1, [Unknown::OtherSource]);
}

#[test]
fn redacted_scripts_are_told_as_such() {
    let (program, ..) = classic(CLASSIC, CLASSIC);
    let why = |policy: &str| {
        let mark = format!("\"heapglass_redacted\":{{\"policy\":\"{policy}\"}},\"node_count\"");
        let bytes = program.heap.to_json().replacen("\"node_count\"", &mark, 1);
        let options = WasteOptions { kinds: vec![WasteKind::UnreadVariables], limit: None };
        let found = waste(&open_bytes(bytes.as_bytes()), &options, &());
        let wasted = found.into_iter().next().expect("one kind was asked for");
        let why: Vec<_> = wasted.unjudged.iter().map(|unjudged| unjudged.why).collect();
        (wasted.saved_size, why)
    };
    assert_eq!(why("strict"), (0, vec![Unknown::Redacted]));
    assert_eq!(why("structure"), (0, vec![Unknown::Redacted]));
    // Credentials alone are gone from the scripts.
    assert_eq!(why("secrets"), (1000, vec![]));
}

#[test]
fn what_cannot_be_parsed_or_is_not_there_is_not_judged() {
    let text = long().replace("// more", "( / more").leak();
    let (program, ..) = classic(text, &text[..1024]);
    let why = |program: &Program, text: &str| {
        let wasted = program.wasted(&OneFile(Some(text.to_owned())));
        assert_eq!(wasted.saved_size, 0);
        wasted.unjudged.iter().map(|unjudged| unjudged.why).collect::<Vec<_>>()
    };
    assert_eq!(why(&program, text), [Unknown::Unparsed]);
    // A function of another name begins there.
    let text = long();
    let other = text.replace("kept", "more").leak();
    let (program, ..) = classic(other, &other[..1024]);
    assert_eq!(why(&program, other), [Unknown::NoFunction]);
}

#[test]
fn a_text_whose_length_is_not_known_is_not_taken() {
    let text = long();
    let (mut program, ..) = classic(text, &text[..1024]);
    // What V8 keeps elsewhere takes the room of a pointer here.
    let source = NodeRef(program.script.0 + 1);
    program.heap.spec(source).self_size = 32;
    let why = |program: &Program| {
        let wasted = program.wasted(&OneFile(Some(text.to_owned())));
        wasted.unjudged.iter().map(|unjudged| unjudged.why).collect::<Vec<_>>()
    };
    assert_eq!(why(&program), [Unknown::OtherSource]);
    // V8 that has cut strings by its own limit says how long they are.
    let length = program.heap.number("int", &text.len().to_string());
    program.heap.internal(source, "length", length);
    assert_eq!(why(&program), [Unknown::Unparsed; 0]);
}

#[test]
fn one_function_that_is_not_there_makes_the_text_another() {
    let (mut program, context, _) = classic(CLASSIC, CLASSIC);
    let other = program.function("other", "() { big", context);
    program.keep("other", other);
    let wasted = program.wasted(&());
    let why: Vec<_> = wasted.unjudged.iter().map(|unjudged| unjudged.why).collect();
    assert_eq!((wasted.saved_size, why), (0, vec![Unknown::NoFunction]));
}

#[test]
fn a_circle_of_contexts_is_no_trouble() {
    let (mut program, context, _) = classic(CLASSIC, CLASSIC);
    let other = program.context(Some(context), &[]);
    program.heap.internal(context, "previous", other);
    assert_eq!(program.figures(), (1, 1000));
}

#[test]
fn many_contexts_within_each_other_are_no_trouble() {
    let mut program = Program::of("function f(x) { return function kept() { eval(x); }; }");
    let mut context = None;
    for _ in 0..20_000 {
        context = Some(program.context(context, &[]));
    }
    let context = context.expect("some");
    // Each variable is a context, too, as it cannot be in V8.
    let mut inner = context;
    for _ in 0..20_000 {
        inner = program.context(None, &[("x", inner)]);
    }
    let kept = program.function("kept", "() { eval", inner);
    program.keep("kept", kept);
    assert_eq!(program.figures(), (0, 0));
}
