//! Variables that are kept for functions that no longer are: V8 keeps the variables of a scope that any function within
//! reads in one context, which each function from there holds, whatever it reads.

mod contexts;
mod functions;
mod texts;
mod walk;

use std::cmp::Reverse;

use heapglass_graph::Graph;
use rustc_hash::FxHashMap;

use self::contexts::Contexts;
use self::functions::{Functions, ScriptId};
use self::walk::Walk;
use super::{Found, WasteKind, Wasted, rows};
use crate::sums::saturating_sum;

pub use functions::Unknown;
pub use texts::{SourceFile, SourceFiles};

/// Contexts that may hold variables that nothing reads, and why that is not known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unjudged {
    /// Why.
    pub why: Unknown,
    /// Number of contexts with variables that alone keep something alive.
    pub context_count: u64,
    /// Bytes that these variables keep alive: as much as could be waste at most.
    pub held_size: u64,
    /// The scripts with most of these bytes, at most [`MOST_SCRIPTS`].
    pub scripts: Vec<String>,
    /// Number of all such scripts.
    pub script_count: u64,
}

/// Scripts that are named for each reason.
pub const MOST_SCRIPTS: usize = 20;

/// What variables hold that no function can read which is alive, or could be if such variables held nothing.
///
/// Cost: the parsing of all scripts whose texts are known, and, if any is, a walk over all essential edges.
pub(super) fn unread(graph: &Graph, files: &dyn SourceFiles, limit: usize) -> Wasted {
    let contexts = Contexts::of(graph);
    let functions = Functions::of(graph, &contexts, files);
    let walk = match functions.reads.is_empty() {
        true => Walk::without(graph, &contexts, &functions),
        false => Walk::over(graph, &contexts, &functions),
    };
    let lost = if functions.reads.is_empty() { Vec::new() } else { walk.lost() };
    let scripts: FxHashMap<_, Option<ScriptId>> = lost
        .iter()
        .map(|&(node, context)| (node, functions.of_context.get(&context).copied()))
        .collect();
    let found = lost.into_iter().filter_map(|(node, _)| {
        let saved_size = graph.retained_size(node);
        (saved_size > 0).then_some(Found { node, saved_size })
    });
    let script_of = |node| scripts.get(&node).copied().flatten();
    let key = |node| (graph.class(node), script_of(node));
    let found = found.collect();
    let mut wasted = rows::grouped(graph, WasteKind::UnreadVariables, found, key, None, limit);
    for row in &mut wasted.rows {
        let script = script_of(row.example.ordinal);
        row.script = script.and_then(|script| functions.scripts.get(script as usize).cloned());
    }
    wasted.unjudged = unjudged(graph, &contexts, &functions, &walk);
    wasted
}

/// What could not be judged, by reason, most bytes first.
fn unjudged(
    graph: &Graph,
    contexts: &Contexts,
    functions: &Functions,
    walk: &Walk<'_>,
) -> Vec<Unjudged> {
    let mut reasons: FxHashMap<Unknown, (u64, FxHashMap<ScriptId, u64>)> = FxHashMap::default();
    for &(context, why, script) in &walk.unjudged {
        let size = contexts.held_size(graph, context);
        if size > 0 {
            let (count, scripts) = reasons.entry(why).or_default();
            *count += 1;
            let sum = scripts.entry(script).or_default();
            *sum = sum.saturating_add(size);
        }
    }
    let mut all: Vec<Unjudged> = reasons
        .into_iter()
        .map(|(why, (context_count, scripts))| {
            let name = |script: ScriptId| functions.scripts.get(script as usize);
            let mut scripts: Vec<(&str, u64)> = scripts
                .into_iter()
                .map(|(script, size)| (name(script).map_or("", String::as_str), size))
                .collect();
            scripts.sort_by_key(|&(name, size)| (Reverse(size), name));
            let held_size = saturating_sum(scripts.iter().map(|&(_, size)| size));
            let script_count = scripts.len() as u64;
            let named = scripts.iter().filter(|(name, _)| !name.is_empty());
            let scripts = named.take(MOST_SCRIPTS).map(|&(name, _)| name.to_owned()).collect();
            Unjudged { why, context_count, held_size, scripts, script_count }
        })
        .collect();
    all.sort_by_key(|unjudged| (Reverse(unjudged.held_size), unjudged.why));
    all
}
