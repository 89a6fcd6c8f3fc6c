//! Functions of a parsed script with where they begin, and the names that stand in them.

use std::cell::Cell;

use oxc_ast::ast::{
    ArrowFunctionExpression, Class, ClassElement, FormalParameters, Function, IdentifierReference,
    NewTarget, Program, Super, ThisExpression,
};
use oxc_ast_visit::{Visit, walk};
use oxc_semantic::{ScopeFlags, ScopeId, Scoping, SymbolId};
use oxc_span::{GetSpan, Span};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::{Functions, Place, Reads};

/// A function, or what V8 makes one of.
struct Written<'a> {
    /// Where it begins to V8.
    start: u32,
    /// All of it.
    span: Span,
    /// The numbers of its scopes: from its own to before that of the next one.
    scopes: (u32, u32),
    kind: Kind,
    name: Option<&'a str>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Has a `this` and `arguments` of its own.
    Function,
    /// Has those of the function around it.
    Arrow,
    /// A script, or a class in place of one of the functions that V8 makes for its fields.
    Whole,
}

/// A name in an expression.
struct Named {
    at: u32,
    name: u32,
    is_read: bool,
    /// What it means, where that is sure.
    symbol: Option<SymbolId>,
}

/// Everything about the functions of a script.
pub(crate) struct Collected<'a> {
    scoping: &'a Scoping,
    names: Vec<&'a str>,
    numbers: FxHashMap<&'a str, u32>,
    functions: Vec<Written<'a>>,
    named: Vec<Named>,
    /// For each scope its number in the order in which they begin.
    scope_numbers: Vec<u32>,
    next_scope: u32,
    /// The scopes around, and whether they are those of functions.
    scopes: Vec<(ScopeId, ScopeFlags)>,
    /// The parameters around, and whose they are.
    parameters: Vec<(ScopeId, Span)>,
    /// Functions in blocks: whether the function around sees them too depends on more than the parser looks at.
    in_blocks: FxHashSet<SymbolId>,
}

/// What no variable can be called.
const THIS: &str = "this";
/// V8's names for the function that is running and for what `new` was called with.
const THIS_FUNCTION: &str = ".this_function";
const NEW_TARGET: &str = ".new.target";
const ARGUMENTS: &str = "arguments";
const EVAL: &str = "eval";

impl<'a> Collected<'a> {
    /// Looks through a script. Cost: one pass, and sorting.
    pub(crate) fn of(program: &Program<'a>, scoping: &'a Scoping) -> Collected<'a> {
        let mut collected = Collected {
            scoping,
            names: Vec::new(),
            numbers: FxHashMap::default(),
            functions: Vec::new(),
            named: Vec::new(),
            scope_numbers: vec![u32::MAX; scoping.scopes_len()],
            next_scope: 0,
            scopes: Vec::new(),
            parameters: Vec::new(),
            in_blocks: FxHashSet::default(),
        };
        collected.visit_program(program);
        let scopes = (0, collected.next_scope);
        let span = Span::new(0, u32::MAX);
        collected.functions.push(Written { start: 0, span, scopes, kind: Kind::Whole, name: None });
        collected.functions.sort_by_key(|function| function.start);
        collected.named.sort_by_key(|named| named.at);
        collected
    }

    /// The functions at these offsets of places.
    pub(crate) fn functions(&self, places: &[Place<'_>], offsets: &[Option<u32>]) -> Functions {
        let found = places.iter().zip(offsets).map(|(place, offset)| self.reads(place, (*offset)?));
        let found = found.collect();
        Functions { names: self.names.iter().map(|&name| name.to_owned()).collect(), found }
    }

    fn reads(&self, place: &Place<'_>, offset: u32) -> Option<Reads> {
        let from = self.functions.partition_point(|function| function.start < offset);
        let to = self.functions.partition_point(|function| function.start <= offset);
        let fits = |function: &&Written<'_>| {
            place.name.is_none() || function.name.is_none() || function.name == place.name
        };
        let written: Vec<&Written<'_>> =
            self.functions.get(from..to)?.iter().filter(fits).collect();
        let (first, others) = written.split_first()?;
        let mut reads =
            Reads { is_vague: !others.is_empty() || first.kind == Kind::Whole, ..Reads::default() };
        for function in &written {
            self.add(function, &mut reads);
        }
        for names in [&mut reads.free, &mut reads.within] {
            names.sort_unstable();
            names.dedup();
        }
        Some(reads)
    }

    fn add(&self, function: &Written<'_>, reads: &mut Reads) {
        let from = self.named.partition_point(|named| named.at < function.span.start);
        let to = self.named.partition_point(|named| named.at < function.span.end);
        for named in self.named.get(from..to).unwrap_or_default() {
            let name = self.names.get(named.name as usize).copied().unwrap_or_default();
            reads.everything |= name == EVAL;
            reads.within.push(named.name);
            let is_own = match named.symbol {
                Some(symbol) => self.is_within(symbol, function),
                None => {
                    function.kind == Kind::Function
                        && matches!(name, THIS | ARGUMENTS | THIS_FUNCTION | NEW_TARGET)
                }
            };
            if function.kind == Kind::Whole || named.is_read && !is_own {
                reads.free.push(named.name);
            }
        }
    }

    /// Whether a variable is declared in a function.
    fn is_within(&self, symbol: SymbolId, function: &Written<'_>) -> bool {
        let scope = self.scoping.symbol_scope_id(symbol);
        let number = self.scope_numbers.get(scope.index()).copied().unwrap_or(u32::MAX);
        (function.scopes.0..function.scopes.1).contains(&number)
            && !self.in_blocks.contains(&symbol)
    }

    fn name(&mut self, at: u32, name: &'a str, is_read: bool, symbol: Option<SymbolId>) {
        let next = self.names.len() as u32;
        let number = *self.numbers.entry(name).or_insert(next);
        if number == next {
            self.names.push(name);
        }
        self.named.push(Named { at, name: number, is_read, symbol });
    }

    /// A function with all that `walk` finds in it.
    fn function(
        &mut self,
        starts: [u32; 2],
        span: Span,
        kind: Kind,
        name: Option<&'a str>,
        walk: impl FnOnce(&mut Self),
    ) {
        let first = self.next_scope;
        walk(self);
        let scopes = (first, self.next_scope);
        let [one, other] = starts;
        self.functions.push(Written { start: one, span, scopes, kind, name });
        if one != other {
            self.functions.push(Written { start: other, span, scopes, kind, name });
        }
    }

    /// What a name means, unless it stands in the parameters of a function and means a variable of its body: those are
    /// scopes of their own in JavaScript, and one to the parser.
    fn meaning(&self, name: &IdentifierReference<'a>) -> (Option<SymbolId>, bool) {
        let Some(reference) = name.reference_id.get() else { return (None, true) };
        let reference = self.scoping.get_reference(reference);
        let symbol = reference.symbol_id().filter(|&symbol| {
            let scope = self.scoping.symbol_scope_id(symbol);
            let declared = self.scoping.symbol_span(symbol);
            // From the inside out: a variable of a scope that is not open is one of a scope within.
            let around = self.parameters.iter().rev().find(|(of, _)| *of == scope);
            around.is_none_or(|(_, span)| span.contains_inclusive(declared))
        });
        (symbol, reference.is_read() || !reference.is_write())
    }
}

impl<'a> Visit<'a> for Collected<'a> {
    fn enter_scope(&mut self, flags: ScopeFlags, scope: &Cell<Option<ScopeId>>) {
        let number = self.next_scope;
        self.next_scope = self.next_scope.saturating_add(1);
        let Some(scope) = scope.get() else { return self.scopes.push((ScopeId::new(0), flags)) };
        if let Some(slot) = self.scope_numbers.get_mut(scope.index()) {
            *slot = number;
        }
        self.scopes.push((scope, flags));
    }

    fn leave_scope(&mut self) {
        self.scopes.pop();
    }

    fn visit_function(&mut self, it: &Function<'a>, flags: ScopeFlags) {
        let name = it.id.as_ref().map(|id| id.name.as_str());
        if let Some(id) = it.id.as_ref().filter(|_| it.is_declaration())
            && let Some(symbol) = id.symbol_id.get()
            && self.scopes.last().is_some_and(|(_, flags)| !flags.is_var())
        {
            self.in_blocks.insert(symbol);
        }
        let start = it.params.span.start;
        self.function([start, start], it.span, Kind::Function, name, |visitor| {
            walk::walk_function(visitor, it, flags);
        });
    }

    fn visit_arrow_function_expression(&mut self, it: &ArrowFunctionExpression<'a>) {
        let starts = [it.span.start, it.params.span.start];
        self.function(starts, it.span, Kind::Arrow, None, |visitor| {
            walk::walk_arrow_function_expression(visitor, it);
        });
    }

    fn visit_formal_parameters(&mut self, it: &FormalParameters<'a>) {
        let of = self.scopes.last().map(|&(scope, _)| scope);
        self.parameters.extend(of.map(|scope| (scope, it.span)));
        walk::walk_formal_parameters(self, it);
        if of.is_some() {
            self.parameters.pop();
        }
    }

    fn visit_class(&mut self, it: &Class<'a>) {
        let first = self.next_scope;
        walk::walk_class(self, it);
        let scopes = (first, self.next_scope);
        // V8 of Node 22 has the function of the fields begin with the body of the class.
        let mut starts = vec![it.span.start, it.body.span.start];
        for element in &it.body.body {
            let key = match element {
                ClassElement::PropertyDefinition(it) => it.key.span(),
                ClassElement::AccessorProperty(it) => it.key.span(),
                ClassElement::StaticBlock(it) => it.span,
                _ => continue,
            };
            starts.extend([element.span().start, key.start]);
        }
        starts.sort_unstable();
        starts.dedup();
        let span = it.span;
        let written = starts.into_iter().map(|start| Written {
            start,
            span,
            scopes,
            kind: Kind::Whole,
            name: None,
        });
        self.functions.extend(written);
    }

    fn visit_identifier_reference(&mut self, it: &IdentifierReference<'a>) {
        let (symbol, is_read) = self.meaning(it);
        self.name(it.span.start, it.name.as_str(), is_read, symbol);
    }

    fn visit_this_expression(&mut self, it: &ThisExpression) {
        self.name(it.span.start, THIS, true, None);
    }

    fn visit_super(&mut self, it: &Super) {
        // `super()` is called with the `new.target` of the constructor.
        for name in [THIS, THIS_FUNCTION, NEW_TARGET] {
            self.name(it.span.start, name, true, None);
        }
    }

    fn visit_new_target(&mut self, it: &NewTarget) {
        for name in [THIS, THIS_FUNCTION, NEW_TARGET] {
            self.name(it.span.start, name, true, None);
        }
    }
}
