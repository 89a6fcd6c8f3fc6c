//! Scopes of a script, and what is declared in them.

use oxc_ast::AstKind;
use oxc_ast::ast::Program;
use oxc_semantic::{Scoping, Semantic, SemanticBuilder};
use oxc_span::GetSpan;

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
    /// Whether a function within uses it, so that it outlives the call.
    pub is_captured: bool,
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
    let functions = functions(scoping);
    // The beginnings and ends of all scopes, then the places of their variables: turned into positions all at once.
    let mut spans = Vec::new();
    let mut declared = Vec::new();
    for (number, scope) in scoping.scope_descendants_from_root().enumerate() {
        let around = scoping.scope_parent_id(scope).map(|around| around.index());
        spans.push((extent(&semantic, scoping.get_node_id(scope)), scope.index(), around));
        let own = functions.get(scope.index());
        for symbol in scoping.iter_bindings_in(scope) {
            let mut uses = scoping.get_resolved_reference_ids(symbol).iter();
            let is_captured = uses.any(|&reference| {
                let used_in = scoping.get_reference(reference).scope_id();
                functions.get(used_in.index()) != own
            });
            let at = scoping.symbol_span(symbol).start;
            declared.push((number, scoping.symbol_name(symbol), at, is_captured));
        }
    }
    let offsets = spans.iter().flat_map(|&((start, end), ..)| [start, end]);
    let offsets: Vec<u32> = offsets.chain(declared.iter().map(|&(_, _, at, _)| at)).collect();
    let at = positions(text, &offsets);
    let position = |index: usize| at.get(index).copied().unwrap_or_default();
    let mut scopes: Vec<(usize, Scope)> = spans
        .iter()
        .enumerate()
        .map(|(number, &(_, scope, around))| {
            let (start, end) = (position(2 * number), position(2 * number + 1));
            (scope, Scope { start, end, around, variables: Vec::new() })
        })
        .collect();
    for (index, &(number, name, _, is_captured)) in declared.iter().enumerate() {
        let at = position(2 * spans.len() + index);
        if let Some((_, scope)) = scopes.get_mut(number) {
            scope.variables.push(Variable { name: name.to_owned(), at, is_captured });
        }
    }
    in_order(scopes, scoping.scopes_len())
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

/// For each scope the function that it is in, by the scope of that.
fn functions(scoping: &Scoping) -> Vec<usize> {
    let mut functions = vec![0; scoping.scopes_len()];
    for scope in scoping.scope_descendants_from_root() {
        let flags = scoping.scope_flags(scope);
        let is_function = flags.is_function() || flags.is_class_static_block();
        let around = scoping.scope_parent_id(scope).filter(|_| !is_function);
        let function = around.and_then(|around| functions.get(around.index()).copied());
        if let Some(slot) = functions.get_mut(scope.index()) {
            *slot = function.unwrap_or(scope.index());
        }
    }
    functions
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

    /// Each scope as the text in it and the names in it; `*` after those that are captured.
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
            let name = |it: &Variable| it.name.clone() + if it.is_captured { "*" } else { "" };
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
            ("const a=1,b=[c,d],e=f(g,h);let i", "const", vec!["a", "b", "e", "i"]),
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
                vec!["a", "c", "d", "f", "h", "i", "k"],
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
    fn what_a_function_within_uses_is_captured() {
        let text =
            "function f(a,b,c){let d=0,e=0;{let g;h=()=>g+a}return function(){return d+typeof x}}";
        assert_eq!(names(text, "a,b"), ["a*", "b", "c", "d*", "e"]);
        assert_eq!(names(text, "{let g"), ["g*"]);
        assert_eq!(names("let a,b;{a}function f(){b}", "let"), ["a", "b*", "f"]);
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
