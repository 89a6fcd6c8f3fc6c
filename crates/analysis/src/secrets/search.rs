//! The passes: over the edges for names, over the strings for texts, over the joined strings.

use std::borrow::Cow;
use std::ops::Range;

use heapglass_format::strings::lossy;
use heapglass_graph::{Edge, EdgeName, EdgeType, Graph, NodeType, Ordinal, StringIndex};
use heapglass_secrets::{Finding, Jwt, NameKind, Noted, Rules, TextKind};
use rustc_hash::FxHashMap;
use xxhash_rust::xxh3::xxh3_128;

use super::noted::{number, telling};
use super::texts::{has_text, joined, text_of};
use crate::NodeSet;
use crate::names::halves;
use crate::strings::StringSet;
use crate::tables::{self, Kind};

/// Parts of joined strings that are read for each node, so that chains that share their beginning cost no more than the
/// heap is large.
const PARTS_PER_NODE: u64 = 8;
/// Parts that are read of any heap.
const LEAST_PARTS: u64 = 1 << 20;

/// What identifies a credential: the hash of its text. Values themselves are not kept.
pub(super) type Key = u128;

/// A credential.
#[derive(Debug)]
pub(super) struct Found {
    /// Position of its rule among all.
    pub(super) rank: usize,
    pub(super) place: Place,
    /// Where in the text of the place's string it is; `None` for part of another string.
    range: Option<Range<usize>>,
    /// How good the place is: the least is the best.
    score: (bool, bool, u32),
    pub(super) copies: u64,
    /// What may be shown of it where its text is gone.
    pub(super) noted: Option<Shown>,
}

/// What may be shown of a credential.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) preview: String,
    pub(super) jwt: Option<Jwt>,
}

impl Found {
    /// The credential itself.
    pub(super) fn value(&self, graph: &Graph) -> Option<String> {
        let range = self.range.clone()?;
        text_of(graph, self.place.node()).get(range).map(str::to_owned)
    }
}

/// Where a credential is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Place {
    /// In this string.
    Node(Ordinal),
    /// In the string at the end of this edge, whose name says so.
    Edge(Edge),
}

impl Place {
    pub(super) fn node(self) -> Ordinal {
        match self {
            Place::Node(node) => node,
            Place::Edge(edge) => edge.to,
        }
    }
}

/// The search and what it has found.
pub(super) struct Search<'a> {
    pub(super) graph: &'a Graph,
    /// What was noted of the clear texts, for a snapshot that was redacted.
    pub(super) noted: Option<&'a Noted>,
    rules: &'static Rules,
    pub(super) ranks: FxHashMap<&'static str, usize>,
    pub(super) found: FxHashMap<Key, Found>,
    /// For the texts of flat strings that have credentials: which ones.
    pub(super) in_text: FxHashMap<StringIndex, Vec<Key>>,
    /// The same for joined strings under a telling name.
    in_joined: FxHashMap<Ordinal, Vec<Key>>,
    /// Strings that are source code.
    pub(super) sources: NodeSet,
    /// Joined strings that are part of another one.
    parts: NodeSet,
    pub(super) string_count: u64,
    pub(super) text_count: u64,
    pub(super) unread_count: u64,
    /// Parts of joined strings that may still be read.
    patience: u64,
}

impl<'a> Search<'a> {
    pub(super) fn of(graph: &'a Graph, noted: Option<&'a Noted>) -> Search<'a> {
        let count = graph.node_count();
        Search {
            graph,
            noted,
            rules: Rules::standard(),
            ranks: Rules::all().enumerate().map(|(rank, rule)| (rule.id, rank)).collect(),
            found: FxHashMap::default(),
            in_text: FxHashMap::default(),
            in_joined: FxHashMap::default(),
            sources: NodeSet::empty(count),
            parts: NodeSet::empty(count),
            string_count: 0,
            text_count: 0,
            unread_count: 0,
            patience: LEAST_PARTS + PARTS_PER_NODE * u64::from(count),
        }
    }

    /// Looks for telling names: of properties and variables, and of keys that lie before their values.
    pub(super) fn names(&mut self) {
        let graph = self.graph;
        let telling = match self.noted {
            Some(noted) => telling(graph, noted),
            None => StringSet::matching(graph, |name| {
                name.len() <= 64 && self.rules.is_telling_name(&lossy(name))
            }),
        };
        let source = StringSet::equal(graph, "source");
        for node in graph.nodes() {
            match graph.node_type(node) {
                NodeType::Array => self.table(node, &telling),
                NodeType::ConcatenatedString => {
                    let (first, second) = halves(graph, node);
                    for half in [first, second].into_iter().flatten() {
                        self.parts.insert(half);
                    }
                }
                _ => {
                    for edge in graph.edges(node) {
                        match edge.edge_type {
                            EdgeType::Property | EdgeType::Context => {
                                if let EdgeName::String(name) = edge.name
                                    && telling.contains(name)
                                {
                                    self.judge(edge, name, true);
                                }
                            }
                            EdgeType::Internal if source.names(edge.name) => {
                                self.sources.insert(edge.to);
                            }
                            _ => {}
                        }
                    }
                }
            }
        }
    }

    /// Keys and values that lie side by side: entries of a Map, headers in a list.
    fn table(&mut self, table: Ordinal, telling: &StringSet) {
        let graph = self.graph;
        let mut key: Option<(u32, StringIndex)> = None;
        for edge in graph.edges(table).filter(|edge| edge.edge_type == EdgeType::Internal) {
            let Some(slot) = tables::slot(graph, edge) else { continue };
            if let Some((at, name)) = key.take()
                && at.checked_add(1) == Some(slot)
            {
                let is_map = is_map(graph, table);
                if is_map || is_elements(graph, table) {
                    self.judge(edge, name, is_map);
                }
            }
            let name = graph.name_index(edge.to);
            if graph.node_type(edge.to) == NodeType::String && telling.contains(name) {
                key = Some((slot, name));
            }
        }
    }

    /// Looks at a value under a telling name. Where it is not sure that the name is that of the value, only what looks
    /// random is believed.
    fn judge(&mut self, edge: Edge, name: StringIndex, is_sure: bool) {
        let Some(&rank) = self.ranks.get("named") else { return };
        let graph = self.graph;
        if graph.node_type(edge.to) == NodeType::SlicedString {
            if is_sure && self.is_password_name(name) {
                let key = xxh3_128(&edge.to.0.to_le_bytes()) ^ 1;
                self.record(key, rank, Place::Edge(edge), None);
                self.count(key);
            }
            return;
        }
        if let Some(noted) = self.noted {
            return self.judge_noted(noted, edge, name, is_sure);
        }
        if !has_text(graph, edge.to) || self.sources.contains(edge.to) {
            return;
        }
        let name = &graph.string(name);
        let text = match graph.node_type(edge.to) {
            NodeType::ConcatenatedString if self.patience == 0 => return,
            NodeType::ConcatenatedString => Cow::Owned(self.joined_text(edge.to)),
            _ => text_of(graph, edge.to),
        };
        let secret = if is_sure {
            self.rules.named(name, &text)
        } else {
            self.rules.named_beside(name, &text)
        };
        let Some(secret) = secret else { return };
        let start = secret.as_ptr() as usize - text.as_ptr() as usize;
        let own = Finding { rule: "named", range: start..start + secret.len() };
        // What the text says of itself is more than what the name says.
        let mut findings = self.rules.scan(&text, TextKind::Data);
        if findings.is_empty() {
            findings.push(own);
        }
        let keys = self.record_all(&text, findings, Place::Edge(edge));
        if graph.node_type(edge.to) == NodeType::String {
            add(self.in_text.entry(graph.name_index(edge.to)).or_default(), keys);
        } else {
            add(self.in_joined.entry(edge.to).or_default(), keys);
        }
    }

    fn is_password_name(&self, name: StringIndex) -> bool {
        match self.noted {
            Some(noted) => noted.kind_of_name(number(name)) == Some(NameKind::Password),
            None => self.rules.is_password_name(&self.graph.string(name)),
        }
    }

    /// The beginning of a joined string, and what it costs.
    fn joined_text(&mut self, node: Ordinal) -> String {
        let (text, read) = joined(self.graph, node);
        // A page of text costs as much as many parts.
        self.patience = self.patience.saturating_sub(read + text.len() as u64 / 256);
        text
    }

    /// Notes the credentials in a text.
    fn record_all(&mut self, text: &str, findings: Vec<Finding>, place: Place) -> Vec<Key> {
        let mut keys = Vec::new();
        for Finding { rule, range } in findings {
            if let (Some(&rank), Some(secret)) = (self.ranks.get(rule), text.get(range.clone())) {
                let key = xxh3_128(secret.as_bytes());
                self.record(key, rank, place, Some(range));
                keys.push(key);
            }
        }
        keys
    }

    /// Looks at the text of every flat string, at each text once.
    pub(super) fn texts(&mut self) {
        let graph = self.graph;
        let mut seen = NodeSet::empty(u32::try_from(graph.strings().len()).unwrap_or(u32::MAX));
        for node in graph.nodes().filter(|&node| graph.node_type(node) == NodeType::String) {
            let text = graph.name_index(node);
            if seen.insert(Ordinal(text.0)) {
                self.text_count += 1;
                self.text(node, text);
            }
            let Some(keys) = self.in_text.get(&text) else { continue };
            self.string_count += 1;
            for key in keys {
                if let Some(found) = self.found.get_mut(key) {
                    found.copies += 1;
                    found.move_to(graph, node, text);
                }
            }
        }
    }

    fn text(&mut self, node: Ordinal, index: StringIndex) {
        if let Some(noted) = self.noted {
            return self.text_noted(noted, node, index);
        }
        let kind = if self.sources.contains(node) { TextKind::Source } else { TextKind::Data };
        let text = self.graph.string(index);
        let findings = self.rules.scan(&text, kind);
        if !findings.is_empty() {
            let keys = self.record_all(&text, findings, Place::Node(node));
            add(self.in_text.entry(index).or_default(), keys);
        }
    }

    /// Looks at the joined strings that are no part of another one, as long as there is patience.
    pub(super) fn joined(&mut self) {
        let graph = self.graph;
        for node in
            graph.nodes().filter(|&node| graph.node_type(node) == NodeType::ConcatenatedString)
        {
            let named = self.in_joined.get(&node).cloned();
            if named.is_none() && self.parts.contains(node) {
                continue;
            }
            if self.patience == 0 {
                self.unread_count += 1;
                continue;
            }
            let text = self.joined_text(node);
            self.text_count += 1;
            let mut keys = named.unwrap_or_default();
            let findings = self.rules.scan(&text, TextKind::Data);
            add(&mut keys, self.record_all(&text, findings, Place::Node(node)));
            self.string_count += u64::from(!keys.is_empty());
            for key in keys {
                if let Some(found) = self.found.get_mut(&key) {
                    found.copies += 1;
                }
            }
        }
    }

    /// Counts a string with this credential.
    fn count(&mut self, key: Key) {
        if let Some(found) = self.found.get_mut(&key)
            && found.copies == 0
        {
            found.copies = 1;
            self.string_count += 1;
        }
    }

    /// Notes a credential, or that it is in a better place as well.
    pub(super) fn record(
        &mut self,
        key: Key,
        rank: usize,
        place: Place,
        range: Option<Range<usize>>,
    ) {
        let is_source = self.sources.contains(place.node());
        let (is_named, at) = match place {
            Place::Node(node) => (false, node),
            Place::Edge(edge) => (true, edge.from),
        };
        let score = (is_source, !is_named, far(self.graph, at));
        match self.found.entry(key) {
            std::collections::hash_map::Entry::Vacant(entry) => {
                entry.insert(Found { rank, place, range, score, copies: 0, noted: None });
            }
            std::collections::hash_map::Entry::Occupied(mut entry) => {
                let found = entry.get_mut();
                found.rank = found.rank.min(rank);
                if score < found.score {
                    (found.place, found.range, found.score) = (place, range, score);
                }
            }
        }
    }
}

impl Found {
    /// Goes over to another string of the same text, if that is nearer to the roots.
    fn move_to(&mut self, graph: &Graph, node: Ordinal, text: StringIndex) {
        let (is_source, is_unnamed, distance) = self.score;
        let Place::Node(old) = self.place else { return };
        let is_same =
            graph.name_index(old) == text && graph.node_type(old) == graph.node_type(node);
        if is_unnamed && is_same && far(graph, node) < distance {
            self.place = Place::Node(node);
            self.score = (is_source, is_unnamed, far(graph, node));
        }
    }
}

/// Puts more credentials in a list, each once.
pub(super) fn add(keys: &mut Vec<Key>, more: Vec<Key>) {
    keys.extend(more);
    keys.sort_unstable();
    keys.dedup();
}

/// Distance from the roots; what none leads to is farthest.
fn far(graph: &Graph, node: Ordinal) -> u32 {
    graph.distance(node).shown().unwrap_or(u32::MAX)
}

/// Whether a table is that of a Map.
fn is_map(graph: &Graph, table: Ordinal) -> bool {
    graph.each_retaining_node(table).take(4).any(|owner| {
        tables::table_of(graph, owner)
            .is_some_and(|(its, kind)| its == table && matches!(kind, Kind::Map | Kind::WeakMap))
    })
}

/// Whether a table holds the elements of an array, and not words of V8's own that lie side by side by chance.
fn is_elements(graph: &Graph, table: Ordinal) -> bool {
    graph.each_retaining_node(table).take(4).any(|owner| {
        graph.node_type(owner) == NodeType::Object
            && graph.edges(owner).any(|edge| {
                edge.to == table
                    && edge.edge_type == EdgeType::Internal
                    && graph.edge_name(edge) == "elements"
            })
    })
}
