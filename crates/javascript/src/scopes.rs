//! Scopes of a script, and what is declared in them.

use oxc_ast::AstKind;
use oxc_ast::ast::{FormalParameter, FormalParameters, Program};
use oxc_semantic::{Semantic, SemanticBuilder};
use oxc_span::GetSpan;

use crate::kept::Kept;
use crate::places::positions;
use crate::{Error, Language, Position, with_program};

/// A scope: a script, a function with its parameters, a class, a block, a `catch`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scope {
    /// Where the code begins that is in the scope. A function is in the scope around, and what is behind the first letter of
    /// its parameters, or of the whole arrow function, is in its own.
    pub start: Position,
    /// Where it ends.
    pub end: Position,
    /// The scope around; `None` for the whole script's.
    pub around: Option<usize>,
    /// Whether V8 keeps the names of its variables with their values: those of scripts, functions and static blocks of
    /// classes, not those of other blocks, loops, `catch` and classes.
    pub has_names: bool,
    /// Whether V8 makes two scopes of it, one of the parameters and in it one of the body: those of functions whose
    /// parameters are more than names.
    pub is_split: bool,
    /// By name.
    pub variables: Vec<Variable>,
}

/// A variable, parameter, function or class that is declared.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variable {
    /// Its name.
    pub name: String,
    /// Where its name stands first.
    pub at: Position,
    /// Whether V8 keeps it where functions see it, so that it outlives the call: a function within uses it or may do so
    /// by `eval`; it is a parameter that is an element of `arguments`; or it is what a script declares for all scripts.
    pub is_kept: bool,
}

/// All scopes of a script in the order in which they begin, the script's own first.
///
/// Cost: parsing, which takes about 20 bytes of memory for each byte of the text while it lasts, and a step for each use
/// of a variable; a thread of its own, as parsers call themselves.
pub fn scopes(text: &str, language: Language) -> Result<Vec<Scope>, Error> {
    with_program(text, language, |program| of_program(program, text))
}

fn of_program(program: &Program<'_>, text: &str) -> Vec<Scope> {
    let semantic = SemanticBuilder::new().with_build_nodes(true).build(program).semantic;
    let scoping = semantic.scoping();
    let kept = Kept::of(program, &semantic);
    // The beginnings and ends of all scopes, then the places of their variables: turned into positions all at once.
    let mut scopes: Vec<(usize, Scope)> = Vec::new();
    let mut offsets = Vec::new();
    let mut declared = Vec::new();
    for (number, scope) in scoping.scope_descendants_from_root().enumerate() {
        let node = scoping.get_node_id(scope);
        let kind = semantic.nodes().kind(node);
        let (start, end) = extent(&semantic, node);
        offsets.extend([start, end]);
        let unplaced = Scope {
            start: Position::default(),
            end: Position::default(),
            around: scoping.scope_parent_id(scope).map(|around| around.index()),
            has_names: matches!(
                kind,
                AstKind::Program(_)
                    | AstKind::Function(_)
                    | AstKind::ArrowFunctionExpression(_)
                    | AstKind::StaticBlock(_)
            ),
            is_split: parameters(kind).is_some_and(|parameters| !are_names(parameters)),
            variables: Vec::new(),
        };
        scopes.push((scope.index(), unplaced));
        for symbol in scoping.iter_bindings_in(scope) {
            let at = scoping.symbol_span(symbol).start;
            declared.push((number, scoping.symbol_name(symbol), at, kept.is_kept(scope, symbol)));
        }
    }
    offsets.extend(declared.iter().map(|&(_, _, at, _)| at));
    let places = positions(text, &offsets);
    let position = |index: usize| places.get(index).copied().unwrap_or_default();
    let count = scopes.len();
    for (number, (_, scope)) in scopes.iter_mut().enumerate() {
        (scope.start, scope.end) = (position(2 * number), position(2 * number + 1));
    }
    for (index, &(number, name, _, is_kept)) in declared.iter().enumerate() {
        let at = position(2 * count + index);
        if let Some((_, scope)) = scopes.get_mut(number) {
            scope.variables.push(Variable { name: name.to_owned(), at, is_kept });
        }
    }
    in_order(scopes, scoping.scopes_len())
}

/// What a function that has a scope takes.
pub(crate) fn parameters(kind: AstKind<'_>) -> Option<&FormalParameters<'_>> {
    match kind {
        AstKind::Function(function) => Some(&function.params),
        AstKind::ArrowFunctionExpression(function) => Some(&function.params),
        _ => None,
    }
}

/// Whether parameters are names, without patterns, values and `...`.
pub(crate) fn are_names(parameters: &FormalParameters<'_>) -> bool {
    let is_name = |parameter: &FormalParameter<'_>| {
        parameter.initializer.is_none() && parameter.pattern.is_binding_identifier()
    };
    parameters.rest.is_none() && parameters.items.iter().all(is_name)
}

/// Sorts scopes, each with the parser's number, which those around have been named by so far.
fn in_order(mut scopes: Vec<(usize, Scope)>, count: usize) -> Vec<Scope> {
    // What is around has the lower number and does not begin later.
    scopes.sort_by_key(|(number, scope)| (scope.start, *number));
    let mut places = vec![0; count];
    for (place, (number, _)) in scopes.iter().enumerate() {
        if let Some(slot) = places.get_mut(*number) {
            *slot = place;
        }
    }
    let ordered = scopes.into_iter().map(|(_, mut scope)| {
        scope.around = scope.around.and_then(|around| places.get(around).copied());
        scope.variables.sort();
        scope
    });
    ordered.collect()
}

/// From which byte to which the code stands that is in a scope.
fn extent(semantic: &Semantic<'_>, node: oxc_semantic::NodeId) -> (u32, u32) {
    match semantic.nodes().kind(node) {
        AstKind::Program(_) => (0, u32::MAX),
        AstKind::Function(function) => (function.params.span.start + 1, function.span.end),
        AstKind::ArrowFunctionExpression(function) => (function.span.start + 1, function.span.end),
        other => (other.span().start, other.span().end),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each scope as the text in it and the names in it; `*` after those that are kept.
    fn of(text: &str) -> Vec<(String, Vec<String>)> {
        let all = scopes(text, Language::JavaScript).expect("JavaScript");
        for (at, scope) in all.iter().enumerate() {
            let around = scope.around.map(|around| &all[around]);
            assert_eq!(around.is_none(), at == 0, "{text}");
            assert!(
                around.is_none_or(|it| it.start <= scope.start && scope.end <= it.end),
                "{text}"
            );
        }
        let named = |scope: &Scope| {
            let name = |it: &Variable| it.name.clone() + if it.is_kept { "*" } else { "" };
            let (start, end) = (scope.start.column as usize, scope.end.column as usize);
            let end = end.min(text.len());
            (
                text.get(start..end).unwrap_or_default().to_owned(),
                scope.variables.iter().map(name).collect(),
            )
        };
        all.iter().map(named).collect()
    }

    /// The names of a scope that begins so.
    fn names(text: &str, beginning: &str) -> Vec<String> {
        let found = of(text).into_iter().find(|(it, _)| it.starts_with(beginning));
        found.unwrap_or_else(|| panic!("{text}: none begins with {beginning}")).1
    }

    #[test]
    fn variables_belong_to_their_scopes() {
        for (text, beginning, expected) in [
            ("const a=1,b=[c,d],e=f(g,h);let i", "const", vec!["a*", "b*", "e*", "i*"]),
            (
                "var a=function b(p,{q,r:[s]}=z){var c;if(c){var d;let e}}",
                "p,",
                vec!["b", "c", "d", "p", "q", "s"],
            ),
            ("var a=function b(p){if(p){var d;let e}}", "{var", vec!["e"]),
            ("for(const a of b){let c}", "for(const a", vec![]),
            ("x;for(const a of b){let c}", "for", vec!["a"]),
            (
                "const{a,b:c,d=e,...f}=g,[h,[i]]=j,k=l",
                "const",
                vec!["a*", "c*", "d*", "f*", "h*", "i*", "k*"],
            ),
            (
                "export default class A extends B{}export async function c(){}",
                "export",
                vec!["A", "c"],
            ),
            ("x={class:1,var:2,let:3};y.const.z;(class Q{});(function r(){})", "x=", vec![]),
            ("try{}catch({a,b}){let c}", "{let c", vec!["a", "b", "c"]),
            ("f(a=>b=>c)", "=>b=>c", vec!["a"]),
            ("f(async(a,b)=>{let c})", "sync(", vec!["a", "b", "c"]),
            ("class A{m(a){let b}}", "a){", vec!["a", "b"]),
        ] {
            assert_eq!(names(text, beginning), expected, "{text}");
        }
    }

    #[test]
    fn what_a_function_within_uses_is_kept() {
        let text =
            "function f(a,b,c){let d=0,e=0;{let g;h=()=>g+a}return function(){return d+typeof x}}";
        assert_eq!(names(text, "a,b"), ["a*", "b", "c", "d*", "e"]);
        assert_eq!(names(text, "{let g"), ["g*"]);
        assert_eq!(names("var a,b;{a}function f(){b}", "var"), ["a", "b*", "f"]);
        // V8 makes functions of the fields of a class and of its static blocks, not of the names of fields.
        let text = "function f(a,b,c,d,e){class g{[a]=b;static c=1+c;static{d}[e](){}}}";
        assert_eq!(names(text, "a,b"), ["a", "b*", "c*", "d*", "e", "g"]);
    }

    #[test]
    fn variables_are_kept_that_eval_arguments_or_other_scripts_may_use() {
        // `arguments` of a sloppy function has its parameters for elements, an arrow function has it of the one around.
        assert_eq!(names("function f(a,b){var c;arguments[0]=1}", "a,b"), ["a*", "b*", "c"]);
        assert_eq!(names("function f(a){return()=>arguments}", "a){"), ["a*"]);
        for text in [
            "function f(a){'use strict';arguments}",
            "function f(a,b=1){arguments}",
            "function f(a,...b){arguments}",
            "function f(a,{b}){arguments}",
            "function f(a){return function(){arguments}}",
        ] {
            let found = names(text, "a");
            assert!(found.iter().all(|name| !name.ends_with('*')), "{text} {found:?}");
        }
        let text = "function f(a){let b;{let c;eval(d)}{let e}}";
        assert_eq!(names(text, "a){"), ["a*", "b*"]);
        assert_eq!(
            (names(text, "{let c"), names(text, "{let e")),
            (vec!["c*".into()], vec!["e".into()])
        );
        assert_eq!(
            names("let a;const b=1;class c{}var d;function e(){}", "let"),
            ["a*", "b*", "c*", "d", "e"]
        );
        assert_eq!(names("let a;export{a};let b", "let"), ["a", "b"]);
    }

    #[test]
    fn v8_names_the_variables_of_functions_scripts_and_static_blocks() {
        let text = "function f(a,b){for(let c of a){let d}try{}catch(e){}class g{static{let h}}}(i=1)=>i;(j=>j)";
        let all = scopes(text, Language::JavaScript).expect("JavaScript");
        let named = |is: fn(&Scope) -> bool| -> Vec<&str> {
            let all = all.iter().filter(|scope| is(scope));
            all.flat_map(|scope| &scope.variables).map(|it| it.name.as_str()).collect()
        };
        assert_eq!(named(|scope| scope.has_names), ["f", "a", "b", "g", "h", "i", "j"]);
        assert_eq!(named(|scope| scope.is_split), ["i"]);
    }

    #[test]
    fn places_are_lines_and_utf_16_units() {
        let all = scopes("let a='ä€😀',b\n ,c", Language::JavaScript).expect("JavaScript");
        let variables = &all.first().expect("one").variables;
        let places: Vec<_> =
            variables.iter().map(|it| (it.name.as_str(), it.at.line, it.at.column)).collect();
        assert_eq!(places, [("a", 0, 4), ("b", 0, 13), ("c", 1, 2)]);
    }

    #[test]
    fn what_is_no_javascript_is_an_error() {
        for text in ["let 1", "{", "a b"] {
            assert!(matches!(scopes(text, Language::JavaScript), Err(Error::Syntax(_))), "{text}");
        }
    }
}
