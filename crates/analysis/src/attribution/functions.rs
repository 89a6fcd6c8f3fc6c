//! Objects by the function that allocated them, of a recording with stacks.

use heapglass_graph::{Graph, StackFrame};
use rustc_hash::FxHashMap;

use super::groups::{Groups, Share};

/// Every node of which the stack was recorded, by the innermost function on it. Cost: one pass over the nodes.
pub(super) fn functions(graph: &Graph) -> Groups {
    let mut groups = Groups::empty(graph, Share::Members);
    let allocating = graph.allocating_functions();
    let mut of_function: FxHashMap<u32, u32> = FxHashMap::default();
    for node in graph.nodes() {
        let Some(function) = allocating.of_node(node) else { continue };
        let group = *of_function
            .entry(function)
            .or_insert_with(|| groups.add(&name(&allocating.frame(function))));
        groups.mark(node, group);
    }
    groups
}

/// The function with its place, which tells functions of the same name apart.
fn name(frame: &StackFrame) -> String {
    let name = if frame.function.is_empty() { "(anonymous)" } else { frame.function.as_str() };
    let script = match (frame.script.as_str(), frame.script_id) {
        ("", 0) => return name.to_owned(),
        ("", number) => format!("script {number}"),
        (script, _) => script.to_owned(),
    };
    match (frame.line, frame.column) {
        (0, _) => format!("{name} {script}"),
        (line, 0) => format!("{name} {script}:{line}"),
        (line, column) => format!("{name} {script}:{line}:{column}"),
    }
}
