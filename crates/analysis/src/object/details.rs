//! What a snapshot tells of an object by what kind of object it is: a buffer's memory, a promise's
//! result, a proxy's target.
//!
//! Source: V8's `V8HeapExplorer`. Small integers have no edge, and `undefined`, `null`, `true` and
//! `false` none from V8's own fields, so that much about an object's state is not in a snapshot.

use heapglass_graph::{EdgeType, Graph, NodeType, Ordinal};

use crate::edge::internal;
use crate::names::{captured_value, quoted, value_text};
use crate::proxy::{self, is_proxy};
use crate::{ObjectSummary, describe};

/// Objects of one detail that are given; the others are counted.
const SHOWN: usize = 5;
/// Reactions of a promise that are looked at.
const MAX_REACTIONS: u64 = 1000;
/// Characters of a pattern or text that a detail shows.
const TEXT_CHARS: usize = 200;

/// What a [`Detail`] says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DetailKind {
    /// The memory behind a buffer or a view, outside V8's heap.
    BackingStore,
    /// A buffer or view whose bytes are not outside V8's heap.
    NoBackingStore,
    /// The buffer that a view shows a part of.
    Buffer,
    /// The views of a buffer, or the other views of a view's buffer.
    Views,
    /// Other buffers with the same backing store.
    OtherBuffers,
    /// The first half of a concatenated string.
    FirstHalf,
    /// The second half of a concatenated string.
    SecondHalf,
    /// The string that a sliced string is a part of.
    SliceOf,
    /// What a settled promise came to; whether it is a value or an error is not known.
    PromiseResult,
    /// What waits for a pending promise.
    PromiseReactions,
    /// A promise that nothing more is known of.
    PromiseUnknown,
    /// A regular expression's source.
    Pattern,
    /// The time of a Date, in milliseconds since 1970.
    Time,
    /// A Date whose time is not known.
    TimeUnknown,
    /// The value of a `Number`, `String`, `Symbol` or `BigInt` object.
    PrimitiveValue,
    /// Such an object whose value is not known.
    PrimitiveUnknown,
    /// What a bound function calls.
    BoundFunction,
    /// Its `this`.
    BoundThis,
    /// Its first arguments.
    BoundArguments,
    /// What a proxy stands for.
    ProxyTarget,
    /// The proxy's handler.
    ProxyHandler,
    /// The function that a generator runs.
    GeneratorFunction,
    /// What a generator keeps of its parameters and variables while it is stopped.
    GeneratorValues,
    /// What a WeakRef refers to.
    WeakTarget,
    /// A symbol's description.
    Description,
}

/// Something that the snapshot tells of an object.
#[derive(Debug, Clone, PartialEq)]
pub struct Detail {
    /// What it says.
    pub kind: DetailKind,
    /// In short, where it is no object.
    pub value: Option<String>,
    /// The objects it is about, the first of them.
    pub objects: Vec<ObjectSummary>,
    /// Number of all of these objects.
    pub count: u64,
    /// Whether the object alone keeps the first of them alive.
    pub is_exclusive: bool,
}

/// The details of a node. Cost: its out-edges, and the retainers of buffers.
pub(super) fn details(graph: &Graph, node: Ordinal) -> Vec<Detail> {
    let teller = Teller { graph, node };
    let details = match graph.node_type(node) {
        NodeType::ConcatenatedString => vec![
            teller.one(DetailKind::FirstHalf, teller.internal("first")),
            teller.one(DetailKind::SecondHalf, teller.internal("second")),
        ],
        NodeType::SlicedString => vec![teller.one(DetailKind::SliceOf, teller.internal("parent"))],
        NodeType::RegExp => vec![Some(teller.pattern())],
        NodeType::Symbol => vec![teller.description()],
        NodeType::Closure => teller.bound_function(),
        _ if is_proxy(graph, node) => vec![
            teller.one(DetailKind::ProxyTarget, teller.hidden(proxy::TARGET)),
            teller.one(DetailKind::ProxyHandler, teller.hidden(proxy::HANDLER)),
        ],
        NodeType::Object => teller.object(),
        _ => Vec::new(),
    };
    details.into_iter().flatten().collect()
}

struct Teller<'a> {
    graph: &'a Graph,
    node: Ordinal,
}

impl Teller<'_> {
    fn object(&self) -> Vec<Option<Detail>> {
        let name = self.graph.raw_name(self.node);
        match &*name {
            "ArrayBuffer" | "SharedArrayBuffer" => return self.buffer(),
            "Promise" => return vec![Some(self.promise())],
            "Date" => return vec![Some(self.time())],
            "Number" | "String" | "Symbol" | "Boolean" | "BigInt" => {
                return vec![self.primitive(&name)];
            }
            "WeakRef" => return vec![self.one(DetailKind::WeakTarget, self.weak("target"))],
            _ => {}
        }
        if let Some(buffer) = self.internal("buffer") {
            return self.view(buffer);
        }
        match (self.internal("function"), self.internal("parameters_and_registers")) {
            (Some(function), Some(saved)) => self.generator(function, saved),
            _ => Vec::new(),
        }
    }

    fn buffer(&self) -> Vec<Option<Detail>> {
        let store = self.store_of(self.node);
        if store.is_none() && !self.is_instance() {
            return Vec::new();
        }
        let views = self.views_of(self.node, None);
        vec![self.store(store), self.others(store), views]
    }

    fn view(&self, buffer: Ordinal) -> Vec<Option<Detail>> {
        let store = self.store_of(buffer);
        vec![
            self.one(DetailKind::Buffer, Some(buffer)),
            self.store(store),
            self.views_of(buffer, Some(self.node)),
        ]
    }

    fn store_of(&self, buffer: Ordinal) -> Option<Ordinal> {
        internal(self.graph, buffer, "backing_store")
    }

    fn store(&self, store: Option<Ordinal>) -> Option<Detail> {
        let Some(store) = store else { return Some(self.fact(DetailKind::NoBackingStore, None)) };
        self.one(DetailKind::BackingStore, Some(store))
    }

    /// The other buffers of a backing store.
    fn others(&self, store: Option<Ordinal>) -> Option<Detail> {
        let holders = self.holders(store?, "backing_store", Some(self.node));
        self.many(DetailKind::OtherBuffers, holders)
    }

    fn views_of(&self, buffer: Ordinal, without: Option<Ordinal>) -> Option<Detail> {
        self.many(DetailKind::Views, self.holders(buffer, "buffer", without))
    }

    /// Who holds a node by an internal edge of this name, ascending, and each once.
    fn holders(&self, node: Ordinal, edge: &str, without: Option<Ordinal>) -> Vec<Ordinal> {
        let mut holders: Vec<Ordinal> = self
            .graph
            .retainers(node)
            .filter(|retainer| {
                retainer.edge_type == EdgeType::Internal
                    && Some(retainer.from) != without
                    && self.graph.edge_name(*retainer) == edge
            })
            .map(|retainer| retainer.from)
            .collect();
        holders.dedup();
        holders
    }

    /// V8 keeps what waits for a promise and what it came to in one field; its state is a small
    /// integer, which no snapshot has.
    fn promise(&self) -> Detail {
        let is_reaction = |node: Ordinal| {
            self.graph.raw_name(node).ends_with("PromiseReaction")
                && self.graph.node_type(node) != NodeType::Object
        };
        let Some(first) = self.internal("reactions_or_result") else {
            return self.fact(DetailKind::PromiseUnknown, None);
        };
        if !is_reaction(first) {
            let result = self.one(DetailKind::PromiseResult, Some(first));
            return result.unwrap_or_else(|| self.fact(DetailKind::PromiseUnknown, None));
        }
        // Reactions are linked by their first field, each to the one that was added before it.
        let mut handlers = Vec::new();
        let (mut at, mut count) = (Some(first), 0);
        while let Some(reaction) = at
            && count < MAX_REACTIONS
        {
            count += 1;
            let fields = || self.hidden_fields(reaction);
            handlers.extend(fields().filter(|&to| self.graph.node_type(to) == NodeType::Closure));
            at = fields().find(|&to| is_reaction(to) && to != reaction);
        }
        handlers.dedup();
        let mut detail = self.fact(DetailKind::PromiseReactions, None);
        detail.objects =
            handlers.iter().take(SHOWN).map(|&node| describe(self.graph, node)).collect();
        detail.count = count;
        detail
    }

    fn pattern(&self) -> Detail {
        let name = self.graph.raw_name(self.node);
        let source = self
            .hidden_fields(self.node)
            .find(|&to| self.graph.node_type(to) == NodeType::String)
            .map_or(name, |source| self.graph.raw_name(source));
        self.fact(DetailKind::Pattern, Some(quoted(&source, TEXT_CHARS)))
    }

    fn time(&self) -> Detail {
        match self.number_field().and_then(|number| captured_value(self.graph, number)) {
            Some(time) => self.fact(DetailKind::Time, Some(time)),
            None => self.fact(DetailKind::TimeUnknown, None),
        }
    }

    fn primitive(&self, class: &str) -> Option<Detail> {
        if !self.is_instance() {
            return None;
        }
        let is_value = |node: &Ordinal| match self.graph.node_type(*node) {
            kind if kind.is_string() => class == "String",
            NodeType::Symbol => class == "Symbol",
            NodeType::BigInt => class == "BigInt",
            NodeType::Number => class == "Number" && captured_value(self.graph, *node).is_some(),
            _ => false,
        };
        let Some(value) = self.hidden_fields(self.node).find(is_value) else {
            return Some(self.fact(DetailKind::PrimitiveUnknown, None));
        };
        let mut detail = self.one(DetailKind::PrimitiveValue, Some(value))?;
        detail.value = Some(value_text(self.graph, value));
        Some(detail)
    }

    fn description(&self) -> Option<Detail> {
        let name = self.internal("name")?;
        let text = quoted(&self.graph.raw_name(name), TEXT_CHARS);
        Some(self.fact(DetailKind::Description, Some(text)))
    }

    fn bound_function(&self) -> Vec<Option<Detail>> {
        let Some(function) = self.internal("bound_function") else { return Vec::new() };
        let arguments = self
            .graph
            .edges(self.node)
            .filter(|edge| {
                edge.edge_type == EdgeType::Shortcut
                    && self.graph.edge_name(*edge).starts_with("bound_argument_")
            })
            .map(|edge| edge.to)
            .collect();
        vec![
            self.one(DetailKind::BoundFunction, Some(function)),
            self.one(DetailKind::BoundThis, self.internal("bound_this")),
            self.many(DetailKind::BoundArguments, arguments),
        ]
    }

    fn generator(&self, function: Ordinal, saved: Ordinal) -> Vec<Option<Detail>> {
        let values = self
            .graph
            .edges(saved)
            .filter(|edge| {
                edge.edge_type == EdgeType::Internal
                    && edge.to != self.node
                    && !matches!(self.graph.node_type(edge.to), NodeType::Hidden | NodeType::Code)
                    && self.graph.edge_name(*edge).parse::<u32>().is_ok()
            })
            .map(|edge| edge.to)
            .collect();
        vec![
            self.one(DetailKind::GeneratorFunction, Some(function)),
            self.many(DetailKind::GeneratorValues, values),
        ]
    }

    /// Whether the object is no prototype, whose name is that of its instances.
    fn is_instance(&self) -> bool {
        self.graph.edge_named(self.node, EdgeType::Property, "constructor").is_none()
    }

    fn number_field(&self) -> Option<Ordinal> {
        self.hidden_fields(self.node).find(|&to| self.graph.node_type(to) == NodeType::Number)
    }

    /// What an object's fields without a name lead to.
    fn hidden_fields(&self, object: Ordinal) -> impl Iterator<Item = Ordinal> {
        let edges = self.graph.edges(object).filter(|edge| edge.edge_type == EdgeType::Hidden);
        edges.map(|edge| edge.to)
    }

    fn internal(&self, name: &str) -> Option<Ordinal> {
        internal(self.graph, self.node, name)
    }

    fn weak(&self, name: &str) -> Option<Ordinal> {
        self.graph.edge_named(self.node, EdgeType::Weak, name).map(|edge| edge.to)
    }

    fn hidden(&self, name: &str) -> Option<Ordinal> {
        self.graph
            .edges(self.node)
            .find(|edge| edge.edge_type == EdgeType::Hidden && self.graph.edge_name(*edge) == name)
            .map(|edge| edge.to)
    }

    fn fact(&self, kind: DetailKind, value: Option<String>) -> Detail {
        Detail { kind, value, objects: Vec::new(), count: 0, is_exclusive: false }
    }

    fn one(&self, kind: DetailKind, node: Option<Ordinal>) -> Option<Detail> {
        let node = node?;
        Some(Detail {
            objects: vec![describe(self.graph, node)],
            count: 1,
            is_exclusive: node != self.node && self.graph.dominates(self.node, node),
            ..self.fact(kind, None)
        })
    }

    fn many(&self, kind: DetailKind, nodes: Vec<Ordinal>) -> Option<Detail> {
        if nodes.is_empty() {
            return None;
        }
        let objects = nodes.iter().take(SHOWN).map(|&node| describe(self.graph, node)).collect();
        Some(Detail { objects, count: nodes.len() as u64, ..self.fact(kind, None) })
    }
}
