//! Where objects were allocated: recordings of allocations with stacks.
//!
//! Source: DevTools' `AllocationProfile` (AllocationProfile.ts).

use rustc_hash::FxHashMap;

use crate::{Graph, Location, Ordinal, Original};

/// A function on an allocation stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StackFrame {
    /// Its name; empty for anonymous functions and for the root of all stacks.
    pub function: String,
    /// URL or path of its script; empty for built-in functions.
    pub script: String,
    /// V8's id of the script.
    pub script_id: u32,
    /// Line, 1-based; 0 where V8 does not know it.
    pub line: u32,
    /// Column, 1-based; 0 where V8 does not know it.
    pub column: u32,
    /// Where it was written before a bundler moved it, if a source map says so.
    pub original: Option<Original>,
}

impl StackFrame {
    /// Its place, where V8 knows it.
    pub fn place(&self) -> Option<Location> {
        let (line, column) = (self.line.checked_sub(1)?, self.column.checked_sub(1)?);
        Some(Location { script_id: self.script_id, line, column })
    }
}

/// What a function allocated itself while the recording ran.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionAllocations {
    /// The function.
    pub frame: StackFrame,
    /// Objects it allocated.
    pub total_count: u64,
    /// Their sizes at allocation, in bytes.
    pub total_size: u64,
    /// Objects of these that are in the snapshot.
    pub live_count: u64,
    /// Their shallow sizes in bytes.
    pub live_size: u64,
}

/// The function that allocated each object of a recording with stacks.
#[derive(Debug)]
pub struct AllocatingFunctions<'a> {
    graph: &'a Graph,
    /// The function of each row of the trace tree, by the row's id.
    of_trace: FxHashMap<u64, u32>,
}

impl AllocatingFunctions<'_> {
    /// The innermost function on the stack of the node's allocation; `None` where that was not recorded.
    pub fn of_node(&self, node: Ordinal) -> Option<u32> {
        self.of_trace.get(&self.graph.trace(node)?).copied()
    }

    /// What is known of a function.
    pub fn frame(&self, function: u32) -> StackFrame {
        self.graph.frame(u64::from(function))
    }
}

impl Graph {
    /// The function that allocated each object; no function unless the snapshot is a recording with stacks. Cost: one
    /// pass over the trace tree.
    pub fn allocating_functions(&self) -> AllocatingFunctions<'_> {
        let function = |&[id, function, ..]: &[u64; 5]| Some((id, u32::try_from(function).ok()?));
        let of_trace = self.columns.trace_tree.iter().filter_map(function).collect();
        AllocatingFunctions { graph: self, of_trace }
    }

    /// The functions on the stacks of a recording, in no order.
    pub fn recorded_functions(&self) -> impl Iterator<Item = StackFrame> + '_ {
        (0..self.columns.trace_functions.len() as u64).map(|function| self.frame(function))
    }

    /// The calls during which `node` was allocated, innermost first; empty where that was not
    /// recorded. Cost: one pass over the trace tree, which has a row for each distinct stack.
    pub fn allocation_stack(&self, node: Ordinal) -> Vec<StackFrame> {
        let Some(trace) = self.trace(node) else { return Vec::new() };
        let tree = &*self.columns.trace_tree;
        let mut frames = Vec::new();
        let mut next = tree.iter().rposition(|row| row[0] == trace);
        while let Some(at) = next {
            let [_, function, .., parent] = tree[at];
            frames.push(self.frame(function));
            // Parents stand before their children; the root's parent is no row.
            next = usize::try_from(parent).ok().filter(|&parent| parent < at);
        }
        frames
    }

    /// Every function that allocated something, the most bytes first. Empty unless the snapshot
    /// is a recording with stacks. Cost: one pass over the nodes, one over the trace tree.
    pub fn function_allocations(&self) -> Vec<FunctionAllocations> {
        let mut functions: Vec<FunctionAllocations> = (0..self.columns.trace_functions.len())
            .map(|function| FunctionAllocations {
                frame: self.frame(function as u64),
                total_count: 0,
                total_size: 0,
                live_count: 0,
                live_size: 0,
            })
            .collect();
        let live = self.live();
        for &[id, function, count, size, _] in &*self.columns.trace_tree {
            let at = usize::try_from(function).unwrap_or(usize::MAX);
            let Some(function) = functions.get_mut(at).filter(|_| count > 0) else { continue };
            let (live_count, live_size) = live.get(&id).copied().unwrap_or_default();
            function.total_count = function.total_count.saturating_add(count);
            function.total_size = function.total_size.saturating_add(size);
            function.live_count += live_count;
            function.live_size = function.live_size.saturating_add(live_size);
        }
        functions.retain(|function| function.total_count > 0);
        functions.sort_by_key(|function| std::cmp::Reverse(function.total_size));
        functions
    }

    /// Count and shallow size of the nodes of each row of the trace tree, by id.
    fn live(&self) -> FxHashMap<u64, (u64, u64)> {
        let mut live = FxHashMap::<u64, (u64, u64)>::default();
        if self.columns.trace_tree.is_empty() {
            return live;
        }
        for node in self.nodes() {
            if let Some(trace) = self.trace(node) {
                let (count, size) = live.entry(trace).or_default();
                *count += 1;
                *size = size.saturating_add(self.shallow_size(node));
            }
        }
        live
    }

    /// The node's row in the trace tree, by id; 0 stands for none.
    fn trace(&self, node: Ordinal) -> Option<u64> {
        let trace = self.columns.trace_node.get(node.index()).copied()?;
        (trace > 0).then_some(u64::from(trace))
    }

    fn frame(&self, function: u64) -> StackFrame {
        let functions = &*self.columns.trace_functions;
        let row = usize::try_from(function).ok().and_then(|at| functions.get(at));
        let [_, name, script, script_id, line, column] = row.copied().unwrap_or([u32::MAX; 6]);
        let known = |number: u32| if number == u32::MAX { 0 } else { number };
        let frame = StackFrame {
            function: self.strings.lossy(name).into_owned(),
            script: self.strings.lossy(script).into_owned(),
            script_id: known(script_id),
            line: known(line),
            column: known(column),
            original: None,
        };
        let original = frame.place().and_then(|place| self.original(place)).cloned();
        StackFrame { original, ..frame }
    }
}
