//! What kind of leak it is, and what is known of that kind.

use std::sync::LazyLock;

use heapglass_graph::{Edge, EdgeType, Graph, NodeType, Ordinal};
use serde::Deserialize;

use super::browser;
use crate::binary::is_binary;
use crate::holder::owner_of;
use crate::object::is_context;
use crate::roles::{
    LISTS_OF_TIMERS, TIMERS, is_cpp_class, is_detached_dom_node, is_nobody, is_program_object,
};
use crate::{PathStep, RootPath};

/// Kinds of leaks. [`LeakKind::knowledge`] says what each is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeakKind {
    /// An array that only grows.
    GrowingArray,
    /// A Map that only grows.
    GrowingMap,
    /// A Set that only grows.
    GrowingSet,
    /// An object used as a dictionary.
    GrowingObject,
    /// A WeakMap whose keys are held elsewhere.
    GrowingWeakMap,
    /// A cache without bound.
    Cache,
    /// Listeners that are never removed.
    Listeners,
    /// Timers that are never cleared.
    Timers,
    /// Observers of a page that are never disconnected.
    Observers,
    /// Objects that were logged, which the console keeps.
    Console,
    /// Promises that never settle.
    Promises,
    /// Variables kept by a closure.
    ClosureContext,
    /// A linked list.
    LinkedList,
    /// A tree.
    Tree,
    /// DOM nodes out of every document.
    DetachedDom,
    /// Elements in a document that only get more.
    GrowingDom,
    /// Pieces that keep long strings alive.
    SlicedStrings,
    /// Buffers and typed arrays.
    Buffers,
    /// AsyncLocalStorage and async resources.
    AsyncContext,
    /// One text that is appended to.
    GrowingStrings,
    /// Symbols of the registry, `Symbol.for`.
    RegisteredSymbols,
    /// Memory of native objects, outside V8's heap.
    NativeMemory,
    /// Objects of one class without one owner.
    GrowingClass,
}

/// What is known of a kind of leak.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Knowledge {
    /// The kind.
    pub kind: LeakKind,
    /// What it is, to stand in a sentence.
    pub title: String,
    /// How it usually comes about.
    pub cause: String,
    /// What usually helps.
    pub fix: String,
    /// The part of the kind that it is for; without one it is for the rest.
    #[serde(default)]
    part: Option<Part>,
}

/// Parts of kinds that have entries of their own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Part {
    /// What is added to a promise that stays pending.
    Reactions,
    /// Registries of finalizers.
    Registry,
    /// Sockets of Node.js that none of the program's objects gathers.
    Sockets,
    /// Signals with listeners that Node.js keeps because they depend on others or on a time.
    Signals,
}

/// The entries: one for each kind, and for some of its cases.
static KNOWLEDGE: LazyLock<Vec<Knowledge>> =
    LazyLock::new(|| serde_json::from_str(include_str!("knowledge.json")).unwrap_or_default());

impl LeakKind {
    /// What is known of this kind.
    pub fn knowledge(self) -> Option<&'static Knowledge> {
        KNOWLEDGE.iter().find(|entry| entry.kind == self && entry.part.is_none())
    }
}

/// What decides over the kind.
pub(super) struct Evidence<'a> {
    pub(super) graph: &'a Graph,
    /// The object that gathers.
    pub(super) point: Ordinal,
    /// The way to it.
    pub(super) path: Option<&'a RootPath>,
    /// One of what is gathered.
    pub(super) member: Option<Ordinal>,
    /// The first link, if what grows is a list, or the root of a tree.
    pub(super) links: Option<Ordinal>,
    /// Whether it is a tree.
    pub(super) is_tree: bool,
}

/// The variable of Node.js that keeps signals.
const KEPT_SIGNALS: &str = "gcPersistentSignals";
/// Node.js's sockets, which the system keeps while they are open.
const SOCKETS: &[&str] = &["Socket", "TLSSocket"];
/// The class of what calls finalizers: it holds its entries in lists.
pub(super) const FINALIZERS: &str = "FinalizationRegistry";
/// Steps from the end of a path to what holds the listeners of an emitter: the point is that object, the
/// array of one event, or a function in it. What hangs on a variable of a listener is no listener.
const LISTENERS: usize = 3;
/// What emitters call what they hold listeners in: Node's, eventemitter2's, component-emitter's, rxjs'.
const LISTENER_LISTS: &[&str] = &[EVENTS, "_listeners", "_callbacks", "observers"];
/// Where Node's emitters hold their listeners: an object with a field for each event.
pub(super) const EVENTS: &str = "_events";
/// What lists of functions are called, at the end, that are told of what happens.
const LISTS_OF_THE_TOLD: &[&str] = &["listeners", "observers", "subscribers"];
/// Steps from the end of a path to what is called a cache: a class, its field, the store in it, the entry of one part.
const CACHE: usize = 4;
/// Where a resource of Node 16 to 22 keeps the store that was current when it was made; there is a symbol of this name for each
/// AsyncLocalStorage.
const STORE: &str = "<symbol kResourceStore>";
/// What keeps it from Node 24 on: a Map from each AsyncLocalStorage to its store.
const FRAME: &str = "AsyncContextFrame";
/// Steps from the end of a path to what keeps a store: a frame, its table, the store, a field of it.
const IN_STORE: usize = 4;
/// What keeps one object is looked at up to this number.
const MOST_KEEPERS: usize = 64;
/// What objects in a chain call their neighbours.
const LINKS: &[&str] = &["next", "prev", "previous", "_next", "_prev"];

impl Evidence<'_> {
    /// The kind, if `plain` is what it is without a look at who keeps it, and by the names that the script has: what a store of
    /// AsyncLocalStorage keeps is alive for as long as what was made while the store was current. Timers, listeners and
    /// promises are such things themselves.
    pub(super) fn kind(&self, plain: LeakKind) -> LeakKind {
        let says_more = matches!(
            plain,
            LeakKind::DetachedDom
                | LeakKind::Timers
                | LeakKind::Observers
                | LeakKind::Console
                | LeakKind::Listeners
                | LeakKind::Promises
                | LeakKind::RegisteredSymbols
        );
        let is_store = || self.member.is_some_and(|member| is_only_a_store(self.graph, member));
        let is_kept_by_store = !says_more && (self.is_in_store() || is_store());
        match plain {
            _ if is_kept_by_store => LeakKind::AsyncContext,
            LeakKind::GrowingMap | LeakKind::GrowingObject | LeakKind::LinkedList
                if self.was_named_cache() =>
            {
                LeakKind::Cache
            }
            _ => plain,
        }
    }

    /// The kind by what gathers and what is gathered, which says more. Fingerprints are made of it.
    pub(super) fn plain_kind(&self) -> LeakKind {
        let member = |of: fn(&Graph, Ordinal) -> bool| {
            self.member.is_some_and(|member| of(self.graph, member))
        };
        let is_map = matches!(self.class(), "Map" | "SafeMap");
        let of_browser = self.member.and_then(|member| browser::kind_of(self.graph, member));
        // Elements that a program keeps are in its list or table first, and in the page besides.
        let is_native = self.graph.node_type(self.point) == NodeType::Native;
        let of_browser = of_browser.filter(|&kind| kind != LeakKind::GrowingDom || is_native);
        if let Some(kind) = of_browser {
            kind
        } else if self.is_gathered_by_nobody() && member(browser::is_kept_by_console) {
            LeakKind::Console
        } else if member(is_detached_dom_node) {
            LeakKind::DetachedDom
        } else if self.is_about(TIMERS) || self.is_about(LISTS_OF_TIMERS) {
            LeakKind::Timers
        } else if self.gathers_listeners() {
            LeakKind::Listeners
        } else if self.is_about(&["AsyncLocalStorage", "AsyncResource", FRAME]) {
            LeakKind::AsyncContext
        } else if member(is_buffer) {
            LeakKind::Buffers
        } else if member(is_native_memory) {
            LeakKind::NativeMemory
        } else if member(is_symbol) && !is_program_object(self.graph, self.point) {
            LeakKind::RegisteredSymbols
        } else if self.is_member_a(NodeType::SlicedString) {
            LeakKind::SlicedStrings
        } else if self.gathers_reactions() || self.is_about(&["Promise"]) && !member(may_be_settled)
        {
            LeakKind::Promises
        } else if self.class() == FINALIZERS {
            LeakKind::GrowingWeakMap
        } else if let Some(link) = self.links {
            self.kind_of_list(link)
        } else if (is_map || self.is_dictionary()) && self.is_named_cache() {
            LeakKind::Cache
        } else if is_map {
            LeakKind::GrowingMap
        } else {
            self.kind_of_point()
        }
    }

    /// What is known of it. Cost: an edge of the point.
    pub(super) fn knowledge(&self, kind: LeakKind) -> Option<&'static Knowledge> {
        let part = match kind {
            LeakKind::Promises if self.gathers_reactions() => Part::Reactions,
            LeakKind::GrowingWeakMap if self.class() == FINALIZERS => Part::Registry,
            LeakKind::GrowingClass if self.gathers_sockets() => Part::Sockets,
            LeakKind::GrowingSet if self.is_kept_for_signals() => Part::Signals,
            _ => return kind.knowledge(),
        };
        KNOWLEDGE.iter().find(|entry| entry.kind == kind && entry.part == Some(part))
    }

    /// Whether what grows is the list of those who wait for one promise. Its newest reaction is the first link.
    fn gathers_reactions(&self) -> bool {
        let is_promise = || self.graph.class_name(self.point) == "Promise";
        is_promise() && has_many_reactions(self.graph, self.point)
    }

    /// Whether it is the Set in which Node.js keeps signals that have listeners and nothing else to hold them.
    fn is_kept_for_signals(&self) -> bool {
        let last = self.path.and_then(|path| path.steps.last()?.edge.as_ref());
        last.is_some_and(|edge| edge.name == KEPT_SIGNALS)
    }

    fn gathers_sockets(&self) -> bool {
        self.member.is_some_and(|member| SOCKETS.contains(&self.graph.class_name(member)))
    }

    fn kind_of_list(&self, link: Ordinal) -> LeakKind {
        match self.graph.node_type(link) {
            NodeType::ConcatenatedString => LeakKind::GrowingStrings,
            NodeType::Closure => LeakKind::ClosureContext,
            _ if is_context(self.graph, link) => LeakKind::ClosureContext,
            // The list of an LRU cache, say, which is not full yet or has no bound.
            _ if self.is_named_cache() => LeakKind::Cache,
            _ if self.is_tree => LeakKind::Tree,
            _ => LeakKind::LinkedList,
        }
    }

    fn kind_of_point(&self) -> LeakKind {
        match self.class() {
            "Array" => LeakKind::GrowingArray,
            "Set" | "SafeSet" => LeakKind::GrowingSet,
            "WeakMap" | "WeakSet" => LeakKind::GrowingWeakMap,
            _ if is_context(self.graph, self.point) => LeakKind::ClosureContext,
            _ if is_native_memory(self.graph, self.point) => LeakKind::NativeMemory,
            _ => match self.graph.node_type(self.point) {
                NodeType::Closure if self.hang_as_fields() => LeakKind::GrowingObject,
                NodeType::Closure => LeakKind::ClosureContext,
                NodeType::String | NodeType::ConcatenatedString => LeakKind::GrowingStrings,
                NodeType::Object if self.is_one_of_them() => LeakKind::GrowingClass,
                NodeType::Object if self.is_chain() => LeakKind::LinkedList,
                NodeType::Object => LeakKind::GrowingObject,
                _ => LeakKind::GrowingClass,
            },
        }
    }

    /// Whether what is gathered hangs on the point itself, as on any object, and not on a variable if it is a function.
    fn hang_as_fields(&self) -> bool {
        let is_field =
            |edge: Edge| matches!(edge.edge_type, EdgeType::Property | EdgeType::Element);
        self.member.is_some_and(|member| self.graph.edges_between(self.point, member).any(is_field))
    }

    /// Whether what stands for the holder is one of what grows, because no one object holds them.
    fn is_one_of_them(&self) -> bool {
        let is_alike = |member: Ordinal| {
            let is_same_class = self.graph.class(member) == self.graph.class(self.point);
            member == self.point || is_same_class && !self.graph.dominates(self.point, member)
        };
        self.links.is_none() && self.member.is_some_and(is_alike)
    }

    /// Whether no object of the program gathers it: what is in its collection stays there when the console is cleared.
    fn is_gathered_by_nobody(&self) -> bool {
        is_nobody(self.graph, self.point) || self.is_one_of_them()
    }

    fn class(&self) -> &str {
        self.graph.class_name(self.point)
    }

    /// Whether the object that gathers, or what it gathers, is of one of these classes.
    fn is_about(&self, classes: &[&str]) -> bool {
        let is = |node: Ordinal| {
            let class = self.graph.class_name(node);
            classes.contains(&class)
        };
        is(self.point) || self.member.is_some_and(is)
    }

    /// The last steps of the way, the last first.
    fn last_steps(&self, count: usize) -> impl Iterator<Item = &PathStep> {
        let steps = self.path.map(|path| path.steps.as_slice()).unwrap_or_default();
        steps.iter().rev().take(count)
    }

    /// Whether the last part of the way goes through a property of one of these names.
    fn passes(&self, names: &[&str]) -> bool {
        self.last_steps(LISTENERS)
            .filter_map(|step| step.edge.as_ref())
            .any(|edge| names.contains(&edge.name.as_str()))
    }

    /// Whether what grows are listeners: an emitter holds them, or a list that is called so.
    fn gathers_listeners(&self) -> bool {
        let is_function = self.is_member_a(NodeType::Closure);
        // A history of what happened may have the name as well: it is no object with a field for each event.
        let are_events = || self.class() == "Array" && self.is_called(|name| name == EVENTS);
        let are_told = || {
            self.is_called(|name| {
                let name = name.trim_end_matches('_').to_lowercase();
                LISTS_OF_THE_TOLD.iter().any(|told| name.ends_with(told))
            })
        };
        let is_object = self.graph.node_type(self.point) == NodeType::Object;
        self.is_about(&["Listener", "ListenerNode"])
            || self.member.is_some_and(|member| listener_of(self.graph, member).is_some())
            || self.passes(LISTENER_LISTS) && (is_function || !are_events())
            || is_function && is_object && are_told()
    }

    fn is_member_a(&self, node_type: NodeType) -> bool {
        self.member.is_some_and(|member| self.graph.node_type(member) == node_type)
    }

    /// Whether the last edge on the way has such a name.
    fn is_called(&self, is: impl Fn(&str) -> bool) -> bool {
        self.last_steps(1).filter_map(|step| step.edge.as_ref()).any(|edge| is(&edge.name))
    }

    /// Whether the last part of the way goes through a store of AsyncLocalStorage.
    fn is_in_store(&self) -> bool {
        self.last_steps(IN_STORE).any(|step| {
            step.edge.as_ref().is_some_and(|edge| edge.name == STORE)
                || step.object.class_name == FRAME
        })
    }

    /// Whether somebody called it a cache, or what it is in.
    fn is_named_cache(&self) -> bool {
        self.names_cache(|step| {
            let edge = step.edge.as_ref().map(|edge| edge.name.as_str());
            [edge, Some(step.object.class_name.as_str())]
        })
    }

    /// The same by the names that a minifier replaced, which an edge has in its text.
    fn was_named_cache(&self) -> bool {
        self.names_cache(|step| {
            let edge = step.edge.as_ref().filter(|edge| edge.kind == EdgeType::Context);
            [edge.map(|edge| edge.text.as_str()), step.object.original_class_name.as_deref()]
        })
    }

    fn names_cache(&self, names: fn(&PathStep) -> [Option<&str>; 2]) -> bool {
        let is_cache = |name: &str| {
            let name = name.to_lowercase();
            name.contains("cache") || name.contains("memo") && !name.contains("memory")
        };
        // What lies above a module is the loader's own cache.
        let within = |step: &&PathStep| step.object.class_name != "Module";
        let mut steps = self.last_steps(CACHE).take_while(within);
        steps.any(|step| names(step).into_iter().flatten().any(is_cache))
    }

    /// Whether the point is an object that what it gathers hangs on as properties; what it gathers may be linked besides, as
    /// the entries of an LRU cache are.
    fn is_dictionary(&self) -> bool {
        matches!(self.kind_of_point(), LeakKind::GrowingObject | LeakKind::LinkedList)
    }

    /// Whether what is gathered hangs together: an object with one of its own kind as its next or previous one.
    fn is_chain(&self) -> bool {
        self.member.is_some_and(|member| {
            LINKS.iter().any(|name| {
                let link = self.graph.edge_named(member, EdgeType::Property, name);
                link.is_some_and(|edge| self.graph.class(edge.to) == self.graph.class(member))
            })
        })
    }
}

/// The function of an object that stands for a listener, as an emitter that is none of Node's keeps it with its options.
pub(super) fn listener_of(graph: &Graph, node: Ordinal) -> Option<Ordinal> {
    let is_object = graph.node_type(node) == NodeType::Object;
    let edge = is_object.then(|| graph.edge_named(node, EdgeType::Property, "listener"))??;
    (graph.node_type(edge.to) == NodeType::Closure).then_some(edge.to)
}

/// Whether nothing keeps an object but that it is a store of AsyncLocalStorage. Cost: the edges of what keeps it.
fn is_only_a_store(graph: &Graph, node: Ordinal) -> bool {
    let keeps_store = |from: Ordinal| match graph.node_type(from) {
        NodeType::Array => owner_of(graph, from)
            .is_some_and(|collection| graph.class_name(collection.node) == FRAME),
        _ => graph.edges_between(from, node).any(|edge| graph.edge_name(edge) == STORE),
    };
    // V8's own lists of an object's properties have no names for them.
    let mut keepers = graph
        .each_retaining_node(node)
        .take(MOST_KEEPERS)
        .filter(|&from| graph.node_type(from) != NodeType::Hidden)
        .peekable();
    keepers.peek().is_some() && keepers.all(keeps_store)
}

/// Whether a promise may be settled: it is known to be, or it is one of a library, of which that cannot be told. The constructor
/// of those is written somewhere.
fn may_be_settled(graph: &Graph, node: Ordinal) -> bool {
    let is_of_library = graph.class_name(node) == "Promise" && graph.location(node).is_some();
    is_of_library || is_settled(graph, node)
}

/// Whether a promise is known to be settled: V8 keeps what it was settled with where a pending one has its reactions.
/// One that was settled with nothing, or with a small integer, looks like one that nobody waits for.
fn is_settled(graph: &Graph, node: Ordinal) -> bool {
    let kept = graph.edge_named(node, EdgeType::Internal, REACTIONS);
    kept.is_some_and(|edge| {
        let is_undefined = graph.node_type(edge.to) == NodeType::Hidden;
        !is_undefined && !is_reaction(graph, edge.to)
    })
}

/// Where V8 keeps what a promise was settled with, and of a pending one its reactions.
const REACTIONS: &str = "reactions_or_result";

/// Reactions of one promise from which on they are what grows. Promises that wait for each other have one each.
const MANY_REACTIONS: usize = 16;

/// Whether many wait for a promise, which then is not settled. Each reaction holds the next one.
fn has_many_reactions(graph: &Graph, promise: Ordinal) -> bool {
    let next =
        |node: &Ordinal| graph.edges(*node).map(|edge| edge.to).find(|&to| is_reaction(graph, to));
    let first = graph.edge_named(promise, EdgeType::Internal, REACTIONS).map(|edge| edge.to);
    let reactions = std::iter::successors(first.filter(|&first| is_reaction(graph, first)), next);
    reactions.take(MANY_REACTIONS).count() == MANY_REACTIONS
}

fn is_reaction(graph: &Graph, node: Ordinal) -> bool {
    graph.raw_name(node).starts_with("system / PromiseReaction")
}

fn is_symbol(graph: &Graph, node: Ordinal) -> bool {
    graph.node_type(node) == NodeType::Symbol
}

/// Buffers, typed arrays, and the memory behind them.
fn is_buffer(graph: &Graph, node: Ordinal) -> bool {
    let class = graph.class_name(node);
    is_binary(class) || matches!(class, "FastBuffer" | "system / JSArrayBufferData")
}

/// Whether a native object is one of Node's, V8's or C++'s own: what browsers call their objects has a kind of its own.
pub(super) fn is_native_memory(graph: &Graph, node: Ordinal) -> bool {
    if graph.node_type(node) != NodeType::Native || is_buffer(graph, node) {
        return false;
    }
    let name = graph.raw_name(node);
    name.starts_with("Node / ") || name.starts_with("system / ") || is_cpp_class(&name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_its_entry() {
        let kinds = [
            LeakKind::GrowingArray,
            LeakKind::GrowingMap,
            LeakKind::GrowingSet,
            LeakKind::GrowingObject,
            LeakKind::GrowingWeakMap,
            LeakKind::Cache,
            LeakKind::Listeners,
            LeakKind::Timers,
            LeakKind::Observers,
            LeakKind::Console,
            LeakKind::Promises,
            LeakKind::ClosureContext,
            LeakKind::LinkedList,
            LeakKind::Tree,
            LeakKind::DetachedDom,
            LeakKind::GrowingDom,
            LeakKind::SlicedStrings,
            LeakKind::Buffers,
            LeakKind::AsyncContext,
            LeakKind::GrowingStrings,
            LeakKind::RegisteredSymbols,
            LeakKind::NativeMemory,
            LeakKind::GrowingClass,
        ];
        for kind in kinds {
            assert!(kind.knowledge().is_some(), "{kind:?}");
        }
        let plain = KNOWLEDGE.iter().filter(|entry| entry.part.is_none());
        assert_eq!(plain.count(), kinds.len());
        for part in [Part::Reactions, Part::Registry, Part::Sockets, Part::Signals] {
            assert_eq!(KNOWLEDGE.iter().filter(|entry| entry.part == Some(part)).count(), 1);
        }
    }
}
