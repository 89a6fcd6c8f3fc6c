//! Which variables V8 keeps where functions see them, so that they outlive the call.
//!
//! Source of the rules: `Scope::MustAllocateInContext` and `DeclarationScope::AllocateParameterLocals` of V8.

use oxc_ast::AstKind;
use oxc_ast::ast::{Expression, Program, Statement};
use oxc_semantic::{ScopeId, Scoping, Semantic, SymbolId};
use oxc_span::{GetSpan, Span};

use crate::scopes::{are_names, parameters};

/// What is known of a script's variables.
pub(crate) struct Kept<'a> {
    scoping: &'a Scoping,
    is_module: bool,
    /// For each node the function that it is in, by the node that this begins with.
    functions: Vec<usize>,
    /// For each scope where its parameters are, if they are the elements of an `arguments` that is used.
    arguments: Vec<Option<Span>>,
}

impl<'a> Kept<'a> {
    /// Looks through a script. Cost: one pass.
    pub(crate) fn of(program: &Program<'_>, semantic: &'a Semantic<'_>) -> Kept<'a> {
        Kept {
            scoping: semantic.scoping(),
            is_module: is_module(program),
            functions: functions(semantic),
            arguments: arguments(semantic),
        }
    }

    /// Whether a variable is kept that a scope declares. Cost: its uses.
    pub(crate) fn is_kept(&self, scope: ScopeId, symbol: SymbolId) -> bool {
        let scoping = self.scoping;
        let is_of_script = scoping.scope_parent_id(scope).is_none();
        let for_scripts =
            is_of_script && !self.is_module && scoping.symbol_flags(symbol).is_block_scoped();
        let in_arguments = self
            .arguments
            .get(scope.index())
            .copied()
            .flatten()
            .is_some_and(|all| all.contains_inclusive(scoping.symbol_span(symbol)));
        let own = self.functions.get(scoping.get_node_id(scope).index());
        let mut uses = scoping.get_resolved_reference_ids(symbol).iter();
        scoping.scope_flags(scope).contains_direct_eval()
            || for_scripts
            || in_arguments
            || uses.any(|&reference| {
                let used_at = scoping.get_reference(reference).node_id();
                self.functions.get(used_at.index()) != own
            })
    }
}

/// Whether a program is a module of ECMAScript. One that was understood as a script too may be one.
fn is_module(program: &Program<'_>) -> bool {
    program.source_type.is_module() || program.body.iter().any(Statement::is_module_declaration)
}

/// For each node the function that it is in, or what V8 makes one of: a static block of a class, the value of a field.
fn functions(semantic: &Semantic<'_>) -> Vec<usize> {
    let nodes = semantic.nodes();
    let mut functions = vec![0; nodes.len()];
    // What is around has the lower number.
    for (id, node) in nodes.iter_enumerated() {
        let (kind, around) = (node.kind(), nodes.parent_id(id));
        let is_value = |value: &Option<Expression<'_>>| {
            value.as_ref().is_some_and(|value| value.span() == kind.span())
        };
        let begins = match (kind, nodes.kind(around)) {
            (
                AstKind::Function(_)
                | AstKind::ArrowFunctionExpression(_)
                | AstKind::StaticBlock(_),
                _,
            ) => true,
            (_, AstKind::PropertyDefinition(field)) => is_value(&field.value),
            (_, AstKind::AccessorProperty(field)) => is_value(&field.value),
            _ => false,
        };
        let outer = functions.get(around.index()).copied().unwrap_or_default();
        if let Some(slot) = functions.get_mut(id.index()) {
            *slot = if begins { id.index() } else { outer };
        }
    }
    functions
}

/// For each scope where its parameters are, if a sloppy function has them in its `arguments` and uses that.
fn arguments(semantic: &Semantic<'_>) -> Vec<Option<Span>> {
    let scoping = semantic.scoping();
    let mut arguments = vec![None; scoping.scopes_len()];
    let Some(uses) = scoping.root_unresolved_references().get("arguments") else {
        return arguments;
    };
    // For each scope that of the function whose `arguments` is seen there: arrow functions have none.
    let mut owners: Vec<Option<ScopeId>> = vec![None; scoping.scopes_len()];
    for scope in scoping.scope_descendants_from_root() {
        let flags = scoping.scope_flags(scope);
        let around = scoping.scope_parent_id(scope);
        let outer = around.and_then(|around| owners.get(around.index()).copied().flatten());
        if let Some(slot) = owners.get_mut(scope.index()) {
            *slot = if flags.is_function() && !flags.is_arrow() { Some(scope) } else { outer };
        }
    }
    for &reference in uses.iter() {
        let used_in = scoping.get_reference(reference).scope_id();
        let Some(owner) = owners.get(used_in.index()).copied().flatten() else { continue };
        let taken = parameters(semantic.nodes().kind(scoping.get_node_id(owner)));
        let is_sloppy = !scoping.scope_flags(owner).is_strict_mode();
        if let Some(slot) = arguments.get_mut(owner.index()) {
            *slot = taken.filter(|taken| is_sloppy && are_names(taken)).map(|taken| taken.span);
        }
    }
    arguments
}
