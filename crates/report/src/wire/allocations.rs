//! Where objects were allocated: recordings of allocations.

use heapglass_graph::{FunctionAllocations, Graph, StackFrame};
use schemars::JsonSchema;
use serde::Serialize;

use super::Place;
use super::objects::entries;

/// What a recording of allocations knows beyond a plain snapshot.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct AllocationsEntry {
    /// Samples of the timeline.
    pub sample_count: u64,
    /// Functions that allocated something; 0 if the recording has no stacks.
    pub function_count: u64,
    /// Those that allocated most bytes, with what they allocated themselves.
    pub functions: Vec<FunctionAllocationsEntry>,
}

/// What a function allocated itself while the recording ran.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct FunctionAllocationsEntry {
    /// The function.
    #[serde(flatten)]
    pub frame: StackFrameEntry,
    /// Objects of these that are in the snapshot.
    pub live_count: u64,
    /// Their shallow sizes.
    pub live_size: u64,
    /// Objects that it allocated.
    pub total_count: u64,
    /// Their sizes at allocation.
    pub total_size: u64,
}

/// A function on an allocation stack.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema)]
pub struct StackFrameEntry {
    /// Its name; empty for anonymous functions.
    pub function: String,
    /// What it was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_function: Option<String>,
    /// Name of its script; `null` for built-in functions.
    pub script: Option<String>,
    /// V8's number of the script.
    pub script_id: u32,
    /// Line, from 1, where V8 knows it.
    pub line: Option<u32>,
    /// Column, from 1, where V8 knows it.
    pub column: Option<u32>,
    /// Where it is in the script that ran, if a source map says where that was written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub generated: Option<Place>,
}

impl AllocationsEntry {
    /// The allocations of a recording, with the `limit` functions that allocated most; `None` for
    /// a plain snapshot.
    pub fn new(graph: &Graph, limit: usize) -> Option<AllocationsEntry> {
        let info = &graph.overview().info;
        if info.sample_count == 0 && info.trace_function_count == 0 {
            return None;
        }
        let functions = graph.function_allocations();
        Some(AllocationsEntry {
            sample_count: u64::from(info.sample_count),
            function_count: functions.len() as u64,
            functions: entries(functions.iter().take(limit)),
        })
    }
}

/// The calls of a stack, innermost first, without the root of all stacks.
pub(super) fn stack(frames: &[StackFrame]) -> Vec<StackFrameEntry> {
    let is_root = |frame: &StackFrame| frame.function == "(root)" && frame.script.is_empty();
    entries(frames.iter().filter(|frame| !is_root(frame)))
}

impl From<&StackFrame> for StackFrameEntry {
    fn from(frame: &StackFrame) -> StackFrameEntry {
        let known = |number: u32| (number > 0).then_some(number);
        let entry = StackFrameEntry {
            function: frame.function.clone(),
            original_function: None,
            script: Some(frame.script.clone()).filter(|script| !script.is_empty()),
            script_id: frame.script_id,
            line: known(frame.line),
            column: known(frame.column),
            generated: None,
        };
        let Some(original) = &frame.original else { return entry };
        let written = original.name.as_deref().filter(|name| *name != frame.function);
        StackFrameEntry {
            original_function: written.map(str::to_owned),
            script: Some(original.file.to_string()),
            line: original.line.checked_add(1),
            column: original.column.checked_add(1),
            generated: Some(Place {
                file: frame.script.clone(),
                line: u64::from(frame.line),
                column: u64::from(frame.column),
            }),
            ..entry
        }
    }
}

impl From<&FunctionAllocations> for FunctionAllocationsEntry {
    fn from(function: &FunctionAllocations) -> FunctionAllocationsEntry {
        FunctionAllocationsEntry {
            frame: (&function.frame).into(),
            live_count: function.live_count,
            live_size: function.live_size,
            total_count: function.total_count,
            total_size: function.total_size,
        }
    }
}
