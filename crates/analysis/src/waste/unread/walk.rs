//! What would stay alive if a context kept only what functions can read.

use std::hash::{BuildHasher, Hasher};

use heapglass_graph::{Edge, EdgeType, Flow, Graph, NodeType, Ordinal};
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use super::contexts::{Contexts, NameId};
use super::functions::{FunctionOf, Functions, ScriptId, Unknown, context_of};
use crate::NodeSet;

/// Variables of a context beyond which they are put in order of their names, so that one is found without a look at all.
const FEW_VARIABLES: usize = 8;

/// A walk from the roots in which a variable of a context is followed when a function that was reached reads it.
///
/// A function that only an unread variable keeps alive is not reached, and so reads nothing. Where it is not known what
/// reads a context, all its variables are followed.
pub(super) struct Walk<'a> {
    graph: &'a Graph,
    contexts: &'a Contexts,
    functions: &'a Functions,
    reached: NodeSet,
    open: Vec<Ordinal>,
    /// Contexts whose variables may all be read.
    all_read: NodeSet,
    /// Functions with the contexts that they were looked for in, and a hash of the names that were found further in.
    done: FxHashSet<(u32, Ordinal, u64)>,
    /// The variables of large contexts by name.
    sorted: FxHashMap<Ordinal, Vec<(NameId, Ordinal)>>,
    /// What suspended functions keep their registers in, and these functions.
    registers: FxHashMap<Ordinal, Option<FunctionOf>>,
    /// Contexts of which it is not known what reads them: why, and a script.
    pub(super) unjudged: Vec<(Ordinal, Unknown, ScriptId)>,
}

impl<'a> Walk<'a> {
    /// Walks. Cost: two looks at every edge, and for each function and each context that it sees the smaller
    /// number of its names and the context's variables.
    pub(super) fn over(
        graph: &'a Graph,
        contexts: &'a Contexts,
        functions: &'a Functions,
    ) -> Walk<'a> {
        let mut walk = Walk::new(graph, contexts, functions);
        let flow = Flow::of(graph);
        let page = page_owned(graph);
        for start in flow.starts() {
            walk.reach(start);
        }
        while let Some(node) = walk.open.pop() {
            if contexts.all.contains(node) {
                walk.leave_context(node);
                continue;
            }
            if graph.node_type(node) == NodeType::Closure {
                walk.run(node);
            }
            for to in flow.targets(node) {
                walk.follow(node, to);
            }
            // Dominators leave out what the stack, handles and native objects hold of the program's: it stays all the same.
            if !page.contains(node) {
                for edge in graph.edges(node).filter(is_strong) {
                    walk.follow(node, edge.to);
                }
            }
        }
        walk
    }

    /// All closures as if they were reached, for where no function is known: nothing is to be found then, and what could
    /// not be judged is said without a walk.
    pub(super) fn without(
        graph: &'a Graph,
        contexts: &'a Contexts,
        functions: &'a Functions,
    ) -> Walk<'a> {
        let mut walk = Walk::new(graph, contexts, functions);
        let mut closures: Vec<Ordinal> = functions.of_closure.keys().copied().collect();
        closures.sort_unstable();
        closures.into_iter().for_each(|closure| walk.run(closure));
        walk
    }

    fn new(graph: &'a Graph, contexts: &'a Contexts, functions: &'a Functions) -> Walk<'a> {
        Walk {
            graph,
            contexts,
            functions,
            reached: NodeSet::empty(graph.node_count()),
            open: Vec::new(),
            all_read: NodeSet::empty(graph.node_count()),
            done: FxHashSet::default(),
            sorted: FxHashMap::default(),
            registers: FxHashMap::default(),
            unjudged: Vec::new(),
        }
    }

    /// What only unread variables of contexts that are reached hold, each once, with the context.
    pub(super) fn lost(&self) -> Vec<(Ordinal, Ordinal)> {
        let mut lost = Vec::new();
        for context in self.contexts.named.iter() {
            if !self.reached.contains(context) || self.all_read.contains(context) {
                continue;
            }
            let variables = self.contexts.variables(self.graph, context);
            let is_lost =
                |to: &Ordinal| !self.reached.contains(*to) && self.graph.dominator(*to) == context;
            lost.extend(variables.map(|(_, to)| to).filter(is_lost).map(|to| (to, context)));
        }
        lost.sort_unstable();
        lost.dedup();
        lost
    }

    fn reach(&mut self, node: Ordinal) {
        if self.reached.insert(node) {
            self.open.push(node);
        }
    }

    fn follow(&mut self, from: Ordinal, to: Ordinal) {
        if self.contexts.all.contains(to) {
            self.enter_context(from, to);
        }
        self.reach(to);
    }

    /// Follows what a context holds beside its variables.
    fn leave_context(&mut self, context: Ordinal) {
        for edge in self.graph.edges(context) {
            if edge.edge_type == EdgeType::Context || !is_strong(&edge) {
                continue;
            }
            if self.contexts.all.contains(edge.to) && self.contexts.outer(context) != Some(edge.to)
            {
                self.read_all(edge.to, None);
            }
            self.reach(edge.to);
        }
    }

    /// Looks at what leads to a context: functions, contexts within, and functions that are suspended are known; of
    /// anything else it is not known what it reads.
    fn enter_context(&mut self, from: Ordinal, context: Ordinal) {
        let is_function = self.graph.node_type(from) == NodeType::Closure;
        if is_function && self.functions.of_closure.contains_key(&from) {
            return;
        }
        if self.graph.node_type(from) == NodeType::Object {
            self.resume(from);
        }
        if let Some(&function) = self.registers.get(&from) {
            return self.run_within(function, context);
        }
        // What a classic script declares is there for every script to come.
        let is_of_scripts = self.graph.raw_name(from) == "system / ScriptContextTable";
        self.read_all(context, (!is_function && !is_of_scripts).then_some(Unknown::InUse));
    }

    /// A closure that is alive.
    fn run(&mut self, closure: Ordinal) {
        let Some(&function) = self.functions.of_closure.get(&closure) else { return };
        let Some(context) = context_of(self.graph, closure) else { return };
        match function.reads {
            Ok(reads) => self.read(reads, context, false),
            Err(unknown) => self.read_all(context, Some(unknown)),
        }
    }

    /// Notes what a generator or an async function that is suspended keeps contexts in, to go on with them.
    fn resume(&mut self, object: Ordinal) {
        if self.registers.contains_key(&object) {
            return;
        }
        let graph = self.graph;
        let mut context = None;
        let mut function = None;
        let mut registers = None;
        for edge in graph.edges(object).filter(|edge| edge.edge_type == EdgeType::Internal) {
            match &*graph.edge_name(edge) {
                "context" if self.contexts.all.contains(edge.to) => context = Some(edge.to),
                "function" => function = self.functions.of_closure.get(&edge.to).copied(),
                "parameters_and_registers" => registers = Some(edge.to),
                _ => {}
            }
        }
        if context.is_some() && function.is_some() {
            self.registers.insert(object, function);
            self.registers.extend(registers.map(|registers| (registers, function)));
        }
    }

    /// A function of which it is known that it has got into its own text.
    fn run_within(&mut self, function: Option<FunctionOf>, context: Ordinal) {
        match function.map(|function| function.reads) {
            Some(Ok(reads)) => self.read(reads, context, true),
            Some(Err(unknown)) => self.read_all(context, Some(unknown)),
            None => self.read_all(context, Some(Unknown::InUse)),
        }
    }

    /// Follows the variables that a function reads, each in the nearest context that has it.
    fn read(&mut self, reads: u32, context: Ordinal, is_within: bool) {
        let Some(known) = self.functions.reads.get(reads as usize) else { return };
        if known.everything {
            return self.read_all(context, None);
        }
        let names = if is_within { &known.within } else { &known.free };
        let is_vague = known.is_vague || is_within;
        // The same function within and from without are two.
        let key = reads << 1 | u32::from(is_within);
        let mut found: FxHashSet<NameId> = FxHashSet::default();
        let mut hash = 0u64;
        for context in self.contexts.chain(context) {
            if !self.done.insert((key, context, hash)) {
                break;
            }
            if !self.contexts.named.contains(context) {
                continue;
            }
            let mut here: Vec<(NameId, Ordinal)> = Vec::new();
            self.variables_named(context, names, &mut here);
            for &(name, to) in &here {
                if !found.contains(&name) {
                    self.reach_variable(context, to);
                }
            }
            if !is_vague {
                for (name, _) in here {
                    if found.insert(name) {
                        hash = hash.wrapping_add(hash_of(name));
                    }
                }
            }
        }
    }

    /// The variables of a context with one of these names, which are sorted.
    fn variables_named(
        &mut self,
        context: Ordinal,
        names: &[NameId],
        found: &mut Vec<(NameId, Ordinal)>,
    ) {
        let (contexts, graph) = (self.contexts, self.graph);
        if names.is_empty() {
            return;
        }
        if graph.edge_range(context).len() <= FEW_VARIABLES.max(names.len()) {
            let variables = contexts.variables(graph, context);
            found.extend(variables.filter(|(name, _)| names.binary_search(name).is_ok()));
            return;
        }
        let sorted = self.sorted.entry(context).or_insert_with(|| {
            let mut sorted: Vec<(NameId, Ordinal)> = contexts.variables(graph, context).collect();
            sorted.sort_unstable();
            sorted
        });
        for &name in names {
            let from = sorted.partition_point(|&(other, _)| other < name);
            let of_name = sorted.get(from..).unwrap_or_default().iter();
            found.extend(of_name.take_while(|&&(other, _)| other == name));
        }
    }

    /// Follows a variable, which may hold anything, a context included.
    fn reach_variable(&mut self, context: Ordinal, to: Ordinal) {
        if self.contexts.all.contains(to) && self.contexts.outer(context) != Some(to) {
            self.read_all(to, None);
        }
        self.reach(to);
    }

    /// Follows all variables of a context and of those around it.
    fn read_all(&mut self, context: Ordinal, unknown: Option<Unknown>) {
        let mut open = vec![(context, unknown)];
        while let Some((context, unknown)) = open.pop() {
            for context in self.contexts.chain(context) {
                if !self.all_read.insert(context) {
                    break;
                }
                if !self.contexts.named.contains(context) {
                    continue;
                }
                let script = self.functions.of_context.get(&context);
                if let (Some(unknown), Some(&script)) = (unknown, script) {
                    self.unjudged.push((context, unknown, script));
                }
                for (_, to) in self.contexts.variables(self.graph, context) {
                    if self.contexts.all.contains(to) && self.contexts.outer(context) != Some(to) {
                        open.push((to, None));
                    }
                    self.reach(to);
                }
            }
        }
    }
}

fn is_strong(edge: &Edge) -> bool {
    !matches!(edge.edge_type, EdgeType::Weak | EdgeType::Shortcut)
}

/// What global objects lead to. Of an edge from elsewhere to one of these nodes dominators know nothing. The pass that finds
/// them keeps no column of it, and distances, which are kept, follow fewer edges.
fn page_owned(graph: &Graph) -> NodeSet {
    let mut owned = NodeSet::empty(graph.node_count());
    let globals = graph.edges(graph.root()).filter(|edge| edge.edge_type == EdgeType::Shortcut);
    let mut open: Vec<Ordinal> = globals.map(|edge| edge.to).collect();
    open.retain(|&node| owned.insert(node));
    while let Some(node) = open.pop() {
        let strong = graph.edges(node).filter(is_strong).map(|edge| edge.to);
        open.extend(strong.filter(|&to| owned.insert(to)));
    }
    owned
}

fn hash_of(name: NameId) -> u64 {
    let mut hasher = FxBuildHasher.build_hasher();
    hasher.write_u32(name);
    hasher.finish() | 1
}
