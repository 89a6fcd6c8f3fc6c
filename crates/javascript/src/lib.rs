//! What is declared in the scopes of a script, and which variables its functions read of those around them.
//!
//! V8 says of a function where in its script it begins; [`functions_at`] finds the function that is written there and the
//! names that it, or a function within it, reads without declaring them. Wherever that is in doubt the answer has more
//! names than are read, never fewer. [`scopes`] says which variables there are, and where. This crate reads no files, and it
//! knows nothing of heaps.

mod collect;
mod kept;
mod places;
mod scopes;

use oxc_allocator::Allocator;
use oxc_ast::ast::Program;
use oxc_parser::{ParseOptions, Parser};
use oxc_semantic::SemanticBuilder;
use oxc_span::SourceType;
use oxc_syntax::keyword::is_reserved_keyword;

use crate::collect::Collected;

pub use scopes::{Scope, Variable, scopes};

/// What a script is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// JavaScript: a script, a CommonJS module or a module of ECMAScript.
    JavaScript,
    /// The same with types that V8 was given blanks for, as Node does it: every place is that of the file.
    TypeScript,
}

/// A place in a text, as V8 counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Position {
    /// Line, from 0.
    pub line: u32,
    /// Column in UTF-16 units, from 0.
    pub column: u32,
}

/// A function that is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place<'a> {
    /// Line, from 0.
    pub line: u32,
    /// Column in UTF-16 units, from 0: V8's beginning of a function is that of its parameters, of a class without a
    /// constructor the word `class`, of an arrow function its first letter, of a whole script 0.
    pub column: u32,
    /// The name that V8 knows the function by. A function that is written with another name is not the one.
    pub name: Option<&'a str>,
}

/// The functions of a script that were asked for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Functions {
    /// All names, each once.
    pub names: Vec<String>,
    /// For each question the function; `None` where no function begins there.
    pub found: Vec<Option<Reads>>,
}

/// What a function reads.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Reads {
    /// It calls `eval`, or may do so: it reads whatever there is.
    pub everything: bool,
    /// Which function is meant is known but for those within it: its names may be those of other functions, so that a
    /// name must not be looked for in the nearest scope alone.
    pub is_vague: bool,
    /// Names that it reads of variables around it, as indexes into [`Functions::names`], each once. `this` is one,
    /// `arguments` another.
    pub free: Vec<u32>,
    /// Names that stand in it anywhere, its own variables included: what it may read while it is running.
    pub within: Vec<u32>,
}

/// Why a script's functions are not known.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// It is no script, no CommonJS module and no module of ECMAScript.
    #[error("not JavaScript: {0}")]
    Syntax(String),
    /// There is no memory for a text that may be nested that deeply.
    #[error("no memory to parse it")]
    Memory,
}

/// The least room for a parser that calls itself for each level of nesting, and the most.
const STACK: std::ops::RangeInclusive<usize> = 16 << 20..=1 << 30;
/// Room for each byte of a text, of which each may be a level.
const STACK_PER_BYTE: usize = 4 << 10;

/// The length of the longest text that can be parsed however deeply it is nested; for longer ones that takes trust.
pub const LONGEST_UNTRUSTED: usize = *STACK.end() / STACK_PER_BYTE;

/// The functions of a script that begin at `places`.
///
/// Cost: parsing, which takes about 20 bytes of memory for each byte of the text while it lasts, and for each place the
/// names in the function there; a thread of its own, as parsers call themselves.
pub fn functions_at(
    text: &str,
    language: Language,
    places: &[Place<'_>],
) -> Result<Functions, Error> {
    with_program(text, language, |program| {
        let semantic = SemanticBuilder::new().build(program).semantic;
        let offsets = places::offsets(text, places);
        Collected::of(program, semantic.scoping()).functions(places, &offsets)
    })
}

/// Whether a word is no name of a variable in a module or a class: one of the language's, or kept for it.
pub fn is_reserved(word: &str) -> bool {
    is_reserved_keyword(word)
}

/// What `look` makes of a text that was parsed, on a thread with room for the parser and for what calls itself like it.
fn with_program<T: Send>(
    text: &str,
    language: Language,
    look: impl Fn(&Program<'_>) -> T + Sync,
) -> Result<T, Error> {
    let stack = text.len().saturating_mul(STACK_PER_BYTE).clamp(*STACK.start(), *STACK.end());
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(stack);
        let work = thread
            .spawn_scoped(scope, || parsed(text, language, &look))
            .map_err(|_| Error::Memory)?;
        // A parser that panics has not understood the text.
        work.join().unwrap_or_else(|_| Err(Error::Syntax("the parser gave up".to_owned())))
    })
}

fn parsed<T>(text: &str, language: Language, look: impl Fn(&Program<'_>) -> T) -> Result<T, Error> {
    // What V8 ran is one of these. One that is both is a script: there is more in it that may be read.
    let kinds = [SourceType::cjs(), SourceType::mjs()];
    let mut first = None;
    for kind in kinds {
        let kind = kind.with_typescript(language == Language::TypeScript);
        let allocator = Allocator::default();
        let options = ParseOptions {
            allow_return_outside_function: true,
            allow_v8_intrinsics: true,
            ..ParseOptions::default()
        };
        let parsed = Parser::new(&allocator, text, kind).with_options(options).parse();
        if parsed.panicked || parsed.diagnostics.has_errors() {
            let message = parsed.diagnostics.errors().next().map(|error| error.message.to_string());
            first = first.or(message);
            continue;
        }
        return Ok(look(&parsed.program));
    }
    Err(Error::Syntax(first.unwrap_or_default()))
}

#[cfg(test)]
mod tests;
