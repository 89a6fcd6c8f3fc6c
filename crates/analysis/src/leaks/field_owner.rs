//! Who has what gathers in a field, where no code of the program is known to hold it.

use heapglass_graph::{EdgeType, Graph};

use super::{LeakKind, LeakSuspect};
use crate::ObjectSummary;
use crate::roles::is_nobody;

/// Classes of objects that say nothing of whose they are.
const PLAIN: &[&str] = &["Array", "Map", "Object", "Set"];

/// The nearest object above what gathers that has it in a field, as a Worker of Node's has its listeners, or the global object,
/// which is called by that field; `None` where a variable comes first. Cost: the steps of the path.
pub(super) fn owner_by_field(graph: &Graph, suspect: &LeakSuspect) -> Option<ObjectSummary> {
    if matches!(suspect.kind, LeakKind::GrowingClass | LeakKind::NativeMemory) {
        return None;
    }
    let steps = suspect.path.as_ref()?.steps.iter().rev();
    for (held, holder) in steps.clone().zip(steps.skip(1)) {
        let edge = held.edge.as_ref()?;
        let is_field = matches!(edge.kind, EdgeType::Property | EdgeType::Element);
        let object = &holder.object;
        let class = object.class_name.as_str();
        match object.node_type.as_str() {
            // The store of the collection above.
            "array" => {}
            "object" if is_field && is_nobody(graph, object.ordinal) => {
                let name = class.split(' ').next().unwrap_or(class);
                let label = format!("{name}{}", edge.text);
                return Some(ObjectSummary { label, ..object.clone() });
            }
            "object" if PLAIN.contains(&class) || class.starts_with('{') => {}
            "object" if is_field => return Some(object.clone()),
            _ => return None,
        }
    }
    None
}
