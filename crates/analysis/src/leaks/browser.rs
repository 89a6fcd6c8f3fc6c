//! What a browser's own objects stand for in a program: listeners, timers, observers, and what the console keeps.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};

use super::LeakSuspect;
use super::kind::LeakKind;
use crate::roles::{is_class_of_browser, is_nobody};

/// Steps from a browser's object to the function of the program that it calls: registration, observer, its delegate, the
/// callback, the function.
const STEPS: usize = 4;
/// Objects that are looked at on the way.
const PATIENCE: usize = 64;

/// What Blink calls what it makes for a call of the program, and what it means when such objects only get more.
const KINDS: &[(LeakKind, &[&str])] = &[
    (
        LeakKind::Listeners,
        &[
            "RegisteredEventListener",
            "EventListener",
            "V8EventListener",
            "JSEventListener",
            "JSBasedEventListener",
        ],
    ),
    (LeakKind::Timers, &["DOMTimer", "ScheduledAction"]),
    (
        LeakKind::Observers,
        &[
            "MutationObserver",
            "MutationObserverRegistration",
            "IntersectionObserver",
            "IntersectionObservation",
            "ResizeObserver",
            "ResizeObservation",
            "PerformanceObserver",
            "ReportingObserver",
        ],
    ),
];

/// The kind of leak that a browser's object makes; `None` for other objects.
pub(super) fn kind_of(graph: &Graph, node: Ordinal) -> Option<LeakKind> {
    if graph.node_type(node) != NodeType::Native {
        return None;
    }
    if is_element(graph, node) {
        return Some(LeakKind::GrowingDom);
    }
    let name = graph.raw_name(node);
    let name = name.strip_prefix("Detached ").unwrap_or(&name);
    let class = name.strip_prefix("blink::").unwrap_or(name);
    KINDS.iter().find(|(_, classes)| classes.contains(&class)).map(|(kind, _)| *kind)
}

/// The function of the program that a browser's object calls; `None` if it is not such an object, or none is near. Cost: 64
/// objects and their edges at most.
pub(super) fn called_by(graph: &Graph, node: Ordinal) -> Option<Ordinal> {
    kind_of(graph, node)?;
    let mut level = vec![node];
    let mut patience = PATIENCE;
    for _ in 0..STEPS {
        let mut below = Vec::new();
        for &holder in &level {
            patience = patience.checked_sub(1)?;
            let held = graph.edges(holder).take(PATIENCE).filter(|edge| {
                // What belongs to the page, and not to this object, is held weakly or through the state of its scripts.
                let is_own = matches!(edge.edge_type, EdgeType::Internal | EdgeType::Element);
                is_own && edge.to != holder && is_number(&graph.edge_name(*edge))
            });
            for to in held.map(|edge| edge.to) {
                match graph.node_type(to) {
                    NodeType::Closure => return Some(to),
                    NodeType::Native if !graph.raw_name(to).starts_with("blink::ScriptState") => {
                        below.push(to);
                    }
                    _ => {}
                }
            }
        }
        level = below;
    }
    None
}

/// Whether a node is an element that is in a document.
fn is_element(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) == NodeType::Native && graph.raw_name(node).starts_with('<')
}

/// Objects above one of the browser's that are looked at for an element.
const ABOVE: usize = 64;

/// The element of the page that one of its lists or tables belongs to; anything else, and what is of no element, itself.
pub(super) fn element_of(graph: &Graph, node: Ordinal) -> Ordinal {
    if !is_class_of_browser(graph.class_name(node)) {
        return node;
    }
    let above = std::iter::successors(Some(node), |&node| {
        let above = graph.dominator(node);
        (above != node && !is_nobody(graph, above)).then_some(above)
    });
    above.take(ABOVE).find(|&above| is_element(graph, above)).unwrap_or(node)
}

/// Suspects without the browser's insides, which come along with what the program makes: layout, styles and wrappers of
/// elements, tables of listeners. Where nothing else grows the largest of them is kept.
pub(super) fn without_insides(suspects: Vec<LeakSuspect>) -> Vec<LeakSuspect> {
    let is_inside = |suspect: &LeakSuspect| {
        let is_inner_object = is_class_of_browser(&suspect.class_name)
            || is_class_of_browser(&suspect.accumulation_point.class_name)
            || suspect.path.as_ref().is_some_and(|path| {
                path.steps
                    .iter()
                    .rev()
                    .take(2)
                    .any(|step| is_class_of_browser(&step.object.class_name))
            });
        suspect.kind == LeakKind::NativeMemory && is_inner_object
    };
    let (insides, mut others): (Vec<_>, Vec<_>) = suspects.into_iter().partition(is_inside);
    if others.is_empty() {
        others.extend(insides.into_iter().max_by_key(|suspect| suspect.bytes_per_interval as u64));
    }
    others
}

fn is_number(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether the console keeps an object: what was logged, or typed there.
pub(super) fn is_kept_by_console(graph: &Graph, node: Ordinal) -> bool {
    /// What holds an object is looked at up to this number.
    const MOST_HOLDERS: usize = 64;
    graph.retainers(node).take(MOST_HOLDERS).any(|edge| {
        graph.node_type(edge.from) == NodeType::Synthetic
            && graph.edge_name(edge).ends_with(" / DevTools console")
    })
}
