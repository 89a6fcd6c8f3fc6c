//! What a node is to people: a root, a part of V8's, or an object of the program.

use heapglass_graph::{Detachedness, EdgeType, Graph, NodeType, Ordinal};

use crate::distance::is_user_root;
use crate::object::is_context;

/// Whether a node owns memory without being anybody's: roots, global objects, V8's inner nodes.
/// They are walked through and never blamed.
pub(crate) fn is_nobody(graph: &Graph, node: Ordinal) -> bool {
    match graph.node_type(node) {
        NodeType::Synthetic | NodeType::Code | NodeType::ObjectShape => true,
        // Node 12 writes the variables of functions as hidden.
        NodeType::Hidden => !is_context(graph, node),
        NodeType::Object => is_global(graph, node),
        NodeType::Array => !is_part_of_object(graph, node),
        NodeType::Native => is_inner(&graph.raw_name(node)) || is_list_of_natives(graph, node),
        _ => false,
    }
}

/// What Node.js keeps all of its native objects in, to free them when it ends, and what holds that. Each object is held by
/// the program too, or not at all.
const LISTS_OF_NATIVES: &[&str] = &[
    "Node / BaseObjectList",
    "Node / CleanupQueue",
    "Node / Environment",
    "Node / PrincipalRealm",
    "Node / Realm",
    "Node / ShadowRealm",
    "Node / cleanup_hooks",
    "Node / cleanup_queue",
];

/// Whether a node is one of Node's own lists of all native objects.
pub(crate) fn is_list_of_natives(graph: &Graph, node: Ordinal) -> bool {
    // What holds the lists is a root of Node's, which is synthetic.
    matches!(graph.node_type(node), NodeType::Native | NodeType::Synthetic)
        && LISTS_OF_NATIVES.contains(&&*graph.raw_name(node))
}

/// Node.js's lists of timers, one for each duration, made anew when it comes up again.
pub(crate) const LISTS_OF_TIMERS: &[&str] = &["TimersList", "ImmediateList"];
/// What is in them.
pub(crate) const TIMERS: &[&str] = &["Timeout", "Immediate"];

/// Whether a node is one of Node's lists of timers.
pub(crate) fn is_list_of_timers(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) == NodeType::Object && LISTS_OF_TIMERS.contains(&graph.class_name(node))
}

/// Whether a native node is one of V8's inner ones, which snapshots with `exposeInternals` type so,
/// and not the memory behind a buffer or string.
fn is_inner(name: &str) -> bool {
    name.starts_with("system / ") && !name.ends_with("Data")
}

/// Retainers of an array that are looked at for an owner.
const MAX_OWNERS: usize = 1000;

/// Whether an array is the store of an object or of variables, rather than a table of V8's.
fn is_part_of_object(graph: &Graph, array: Ordinal) -> bool {
    graph
        .each_retaining_node(array)
        .take(MAX_OWNERS)
        .any(|owner| is_program_object(graph, owner) || is_context(graph, owner))
}

/// Whether a node is a global object: a user root, or named so by its native context.
fn is_global(graph: &Graph, node: Ordinal) -> bool {
    let is_below_root = || graph.each_retaining_node(node).any(|from| from == graph.root());
    let is_named_by_context = || {
        graph.retainers(node).take(64).any(|edge| {
            edge.edge_type == EdgeType::Internal
                && matches!(&*graph.edge_name(edge), "global_object" | "global_proxy_object")
        })
    };
    let is_system = graph.raw_name(node).starts_with("system / NativeContext");
    is_system
        || graph.distance(node).0 <= 1 && is_below_root() && is_user_root(graph, node)
        || is_name_of_global(&graph.raw_name(node)) && is_named_by_context()
}

/// Whether global objects are named so, which other objects may be too.
pub(crate) fn is_name_of_global(name: &str) -> bool {
    ["global", "Window", "GlobalObject", "DedicatedWorkerGlobalScope"].iter().any(|known| {
        name == *known || name.strip_prefix(known).is_some_and(|rest| rest.starts_with(' '))
    })
}

/// Whether a node is something a program makes and people know, rather than a part of it.
pub(crate) fn is_program_object(graph: &Graph, node: Ordinal) -> bool {
    match graph.node_type(node) {
        NodeType::Object | NodeType::Native => {
            let name = graph.raw_name(node);
            !name.starts_with("system / ") && !is_nobody(graph, node)
        }
        NodeType::Closure
        | NodeType::String
        | NodeType::ConcatenatedString
        | NodeType::SlicedString
        | NodeType::RegExp
        | NodeType::BigInt
        | NodeType::Symbol
        | NodeType::WasmObject => true,
        _ => false,
    }
}

/// Dominators to look through for the object that a part belongs to.
const MAX_DOMINATORS: usize = 8;

/// The object of the program that a part, as a Map's table, belongs to, if that `may_own` it; else the part itself.
pub(crate) fn owner_of_part(
    graph: &Graph,
    part: Ordinal,
    may_own: impl Fn(Ordinal) -> bool,
) -> Ordinal {
    let mut at = part;
    for _ in 0..MAX_DOMINATORS {
        if is_program_object(graph, at) && may_own(at) {
            return at;
        }
        if is_nobody(graph, at) && at != part {
            break;
        }
        at = graph.dominator(at);
    }
    part
}

/// Whether a native object's name is that of a C++ class, as a browser (`blink::LayoutBlock`) and Node.js
/// (`Node / std::basic_string`) name what they are made of; the attributes of an element may have any text.
pub(crate) fn is_cpp_class(name: &str) -> bool {
    let name = name.strip_prefix("Detached ").unwrap_or(name);
    !name.starts_with('<') && name.contains("::")
}

/// Whether such a class is a browser's, which comes along with what a page makes.
pub(crate) fn is_class_of_browser(name: &str) -> bool {
    is_cpp_class(name) && (name.contains("blink::") || name.contains("cppgc::"))
}

/// Whether a node is a DOM node out of every document. Native objects of Node.js (`Node / BindingData`) and those that a
/// browser makes for such a node (`blink::FrameShapeCache`) have the same mark, and are none; an element's attributes may have
/// any text.
pub(crate) fn is_detached_dom_node(graph: &Graph, node: Ordinal) -> bool {
    let is_of_runtime = || {
        let name = graph.raw_name(node);
        let name = name.strip_prefix("Detached ").unwrap_or(&name);
        let is_inner = || name.contains(" / ") || name == "InternalNode";
        is_cpp_class(name) || !name.starts_with('<') && is_inner()
    };
    graph.detachedness(node) == Detachedness::Detached
        && graph.node_type(node) == NodeType::Native
        && !is_of_runtime()
}
