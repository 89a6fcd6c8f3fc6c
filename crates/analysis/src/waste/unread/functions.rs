//! What each closure reads of the contexts that it sees.

use std::borrow::Cow;

use heapglass_graph::{Graph, NodeType, Ordinal, StringIndex};
use heapglass_javascript::{Place, functions_at};
use rustc_hash::FxHashMap;

use super::contexts::{Contexts, NameId};
use super::texts::{Script, SourceFile, SourceFiles};
use crate::edge::internal;
use crate::object::script_of_shared;
use crate::source::is_own_code_of_runtime;

/// Why it is not known what a function reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Unknown {
    /// The snapshot has the beginning of its script's text alone, and no file was given for it.
    NoSource,
    /// The snapshot was redacted: other letters stand for the texts of scripts.
    Redacted,
    /// No file that was given for its script has a text that begins and is as long as what ran.
    OtherSource,
    /// The text of its script could not be parsed.
    Unparsed,
    /// In the text of its script no function begins where it does, or the snapshot does not say where that is.
    NoFunction,
    /// Something else than a function keeps the scope: code that is running, or the arguments of a call.
    InUse,
}

/// A script, by its place in [`Functions::scripts`].
pub(super) type ScriptId = u32;

/// A function of a closure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct FunctionOf {
    pub(super) script: ScriptId,
    /// Its place in [`Functions::reads`].
    pub(super) reads: Result<u32, Unknown>,
}

/// What a function reads, names that no context has left out; sorted.
pub(super) struct Reads {
    pub(super) everything: bool,
    pub(super) is_vague: bool,
    pub(super) free: Vec<NameId>,
    pub(super) within: Vec<NameId>,
}

/// The functions of all closures that see a context.
pub(super) struct Functions {
    pub(super) of_closure: FxHashMap<Ordinal, FunctionOf>,
    pub(super) reads: Vec<Reads>,
    /// The names of scripts.
    pub(super) scripts: Vec<String>,
    /// A script of the program whose functions see the context; none for contexts of the runtime's own code.
    pub(super) of_context: FxHashMap<Ordinal, ScriptId>,
}

/// A closure with where its function begins, and what V8 calls it.
struct Asked {
    line: u32,
    column: u32,
    name: StringIndex,
    closure: Ordinal,
}

impl Functions {
    /// Cost: a look at every closure, and the parsing of every script that has one with a context and whose text is known.
    /// One script's text is in memory at a time.
    pub(super) fn of(graph: &Graph, contexts: &Contexts, files: &dyn SourceFiles) -> Functions {
        let mut functions = Functions {
            of_closure: FxHashMap::default(),
            reads: Vec::new(),
            scripts: Vec::new(),
            of_context: FxHashMap::default(),
        };
        let mut by_script: Vec<(Script<'_>, Vec<Asked>)> = Vec::new();
        let mut scripts: FxHashMap<Ordinal, ScriptId> = FxHashMap::default();
        let mut shared: FxHashMap<Ordinal, Option<ScriptId>> = FxHashMap::default();
        for closure in graph.nodes().filter(|&node| graph.node_type(node) == NodeType::Closure) {
            let Some(context) = context_of(graph, closure) else { continue };
            if !contexts.all.contains(context) {
                continue;
            }
            let Some(of) = internal(graph, closure, "shared") else { continue };
            let script = *shared.entry(of).or_insert_with(|| {
                let script = script_of_shared(graph, of)?;
                Some(*scripts.entry(script).or_insert_with(|| {
                    by_script.push((Script::of(graph, script), Vec::new()));
                    by_script.len() as ScriptId - 1
                }))
            });
            let Some(script) = script else { continue };
            let Some((of_script, asked)) = by_script.get_mut(script as usize) else { continue };
            if !is_own_code_of_runtime(&of_script.name) {
                for context in contexts.chain(context) {
                    if functions.of_context.contains_key(&context) {
                        break;
                    }
                    functions.of_context.insert(context, script);
                }
            }
            let unknown = FunctionOf { script, reads: Err(Unknown::NoFunction) };
            functions.of_closure.insert(closure, unknown);
            if let Some(at) = graph.location(closure) {
                let (line, column) = (at.line, at.column);
                let name = graph.name_index(closure);
                asked.push(Asked { line, column, name, closure });
            }
        }
        for (script, asked) in by_script {
            functions.judge(graph, &script, asked, contexts, files);
            functions.scripts.push(script.name);
        }
        functions
    }

    /// Finds the functions of one script.
    fn judge(
        &mut self,
        graph: &Graph,
        script: &Script<'_>,
        mut asked: Vec<Asked>,
        contexts: &Contexts,
        files: &dyn SourceFiles,
    ) {
        let redaction = graph.overview().info.redaction.as_ref();
        if redaction.is_some_and(|mark| !mark.leaves_texts()) {
            return self.answer(&asked, Err(Unknown::Redacted));
        }
        let text = match script.text(files) {
            SourceFile::Text(text) => text,
            SourceFile::Other => return self.answer(&asked, Err(Unknown::OtherSource)),
            SourceFile::None => return self.answer(&asked, Err(Unknown::NoSource)),
        };
        let at = |asked: &Asked| (asked.line, asked.column, asked.name);
        asked.sort_by_key(at);
        let groups = || asked.chunk_by(|a, b| at(a) == at(b));
        let names: Vec<Cow<'_, str>> =
            groups().filter_map(|group| Some(graph.string(group.first()?.name))).collect();
        let place = |(group, name): (&[Asked], _)| {
            let &Asked { line, column, .. } = group.first()?;
            Some(Place { line, column, name: Some(name) })
        };
        let places: Vec<Place<'_>> =
            groups().zip(names.iter().map(|name| &**name)).filter_map(place).collect();
        let Ok(found) = functions_at(&text, script.language(), &places) else {
            return self.answer(&asked, Err(Unknown::Unparsed));
        };
        // Where one function does not begin in the text, the text is not what ran, and those that do may be others.
        if found.found.iter().any(Option::is_none) {
            return self.answer(&asked, Err(Unknown::NoFunction));
        }
        let ids: Vec<Option<NameId>> = found.names.iter().map(|name| contexts.id(name)).collect();
        let known = |names: &[u32]| {
            let id = |&name: &u32| ids.get(name as usize).copied().flatten();
            let mut ids: Vec<NameId> = names.iter().filter_map(id).collect();
            ids.sort_unstable();
            ids
        };
        for (group, reads) in groups().zip(found.found) {
            let reads = reads.ok_or(Unknown::NoFunction).map(|reads| {
                self.reads.push(Reads {
                    everything: reads.everything,
                    is_vague: reads.is_vague,
                    free: known(&reads.free),
                    within: known(&reads.within),
                });
                self.reads.len() as u32 - 1
            });
            self.answer(group, reads);
        }
    }

    fn answer(&mut self, asked: &[Asked], reads: Result<u32, Unknown>) {
        for asked in asked {
            if let Some(function) = self.of_closure.get_mut(&asked.closure) {
                function.reads = reads;
            }
        }
    }
}

/// The context that a closure was made in.
pub(super) fn context_of(graph: &Graph, closure: Ordinal) -> Option<Ordinal> {
    internal(graph, closure, "context")
}
