//! Credentials in the strings of a heap, and what holds them.

mod masking;
mod noted;
mod search;
mod texts;

use std::fmt;

use heapglass_format::meta::RedactionMark;
use heapglass_graph::{Edge, EdgeType, Graph, NodeId, NodeType, Ordinal};
use heapglass_secrets::{Jwt, Noted, Rule, Rules, preview};

use crate::paths::{PathEnd, paths_in_words};
use crate::{EdgeLabel, edge_label};
use masking::Masking;
use search::{Found, Place, Search};

/// How many credentials to describe.
#[derive(Debug, Clone)]
pub struct SecretOptions {
    /// At most this many; `None` for all.
    pub limit: Option<usize>,
}

impl Default for SecretOptions {
    fn default() -> Self {
        SecretOptions { limit: Some(100) }
    }
}

/// The credentials that were found.
#[derive(Debug)]
pub struct SecretReport {
    /// The first of them: by rule, the sure ones first, then by id.
    pub secrets: Vec<Secret>,
    /// How many there are, each value once.
    pub count: u64,
    /// Strings that have at least one in them.
    pub string_count: u64,
    /// How many there are by rule, in the order of the rules.
    pub by_rule: Vec<(&'static Rule, u64)>,
    /// Different texts that were looked at.
    pub text_count: u64,
    /// Joined strings that were not read because there are too many of them.
    pub unread_count: u64,
    /// For a redacted snapshot, texts with credentials that nobody noted: there were too many.
    pub missed_count: u64,
    /// What a redacted snapshot says of that. Where no text is left nothing was looked for.
    pub redaction: Option<RedactionMark>,
}

/// One credential.
#[derive(Debug)]
pub struct Secret {
    /// What it is.
    pub rule: &'static Rule,
    /// The credential itself; `None` for part of another string, whose text no snapshot has.
    pub value: Option<SecretValue>,
    /// What may be shown of it.
    pub preview: String,
    /// What it says of itself, for JSON Web Tokens.
    pub jwt: Option<Jwt>,
    /// The string that has it in it, the best known of several.
    pub string: NodeId,
    /// Strings that have it in them.
    pub copies: u64,
    /// The object that holds the string.
    pub holder: Option<SecretHolder>,
    /// The shortest way to it in words, credentials masked; `None` where only weak edges lead to it.
    pub path: Option<String>,
}

/// What holds a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SecretHolder {
    /// Its id.
    pub id: NodeId,
    /// DevTools' constructor column, credentials masked.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    pub original_class_name: Option<String>,
    /// The edge to the string, credentials masked.
    pub edge: EdgeLabel,
}

/// A credential, which does not go into messages by accident.
#[derive(Clone, PartialEq, Eq)]
pub struct SecretValue(String);

impl SecretValue {
    /// The credential itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SecretValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&preview(&self.0))
    }
}

/// Finds credentials in all strings, and values under names that say that they are some.
///
/// In a snapshot that was redacted nothing is looked for, unless its texts were left: other letters are no credentials.
///
/// Cost: one look at every different text, at every edge, and at the beginning of every joined string.
pub fn secrets(graph: &Graph, options: &SecretOptions) -> SecretReport {
    let mut search = Search::of(graph, None);
    let redaction = graph.overview().info.redaction.clone();
    if redaction.as_ref().is_none_or(RedactionMark::leaves_texts) {
        search.names();
        search.texts();
        search.joined();
    }
    SecretReport { redaction, ..report(search, options) }
}

/// The same of the clear snapshot that this one was redacted from, by what was noted of its texts. No credential is in the
/// answer; what a joined string says as a whole nobody noted.
///
/// Cost: a step for every string and every edge.
pub fn secrets_noted(graph: &Graph, noted: &Noted, options: &SecretOptions) -> SecretReport {
    let mut search = Search::of(graph, Some(noted));
    search.names();
    search.texts();
    report(search, options)
}

fn report(search: Search<'_>, options: &SecretOptions) -> SecretReport {
    let graph = search.graph;
    let mut found: Vec<Found> = search.found.into_values().collect();
    found.sort_by_key(|found| (found.rank, graph.id(found.place.node()), found.place.node()));
    let rules: Vec<&'static Rule> = Rules::all().collect();
    let mut counts = vec![0u64; rules.len()];
    for found in &found {
        if let Some(count) = counts.get_mut(found.rank) {
            *count += 1;
        }
    }
    let by_rule = rules.iter().copied().zip(counts).filter(|&(_, count)| count > 0).collect();
    let masking = Masking::of(graph, &found);
    let shown = found.get(..options.limit.unwrap_or(usize::MAX).min(found.len()));
    SecretReport {
        secrets: describe_all(graph, &rules, shown.unwrap_or_default(), &masking),
        count: found.len() as u64,
        string_count: search.string_count,
        by_rule,
        text_count: search.text_count,
        unread_count: search.unread_count,
        missed_count: search.noted.map_or(0, Noted::missed),
        redaction: None,
    }
}

fn describe_all(
    graph: &Graph,
    rules: &[&'static Rule],
    shown: &[Found],
    masking: &Masking,
) -> Vec<Secret> {
    let ends: Vec<PathEnd> = shown
        .iter()
        .map(|found| match found.place {
            Place::Node(node) => PathEnd::Node(node),
            Place::Edge(edge) => PathEnd::Edge(edge),
        })
        .collect();
    let paths = paths_in_words(graph, &ends);
    let secret = |(found, path): (&Found, Option<(Vec<Edge>, String)>)| {
        let rule = rules.get(found.rank).copied()?;
        let value = found.value(graph);
        let last = match found.place {
            Place::Edge(edge) => Some(edge),
            Place::Node(_) => path.as_ref().and_then(|(edges, _)| edges.last().copied()),
        };
        let before = path.as_ref().and_then(|(edges, _)| edges.iter().rev().nth(1).copied());
        let is_jwt = rule.id == "json-web-token";
        Some(Secret {
            rule,
            preview: match (&value, &found.noted) {
                (Some(value), _) => preview(value),
                (None, Some(noted)) => noted.preview.clone(),
                (None, None) => "part of another string".to_owned(),
            },
            jwt: match &found.noted {
                Some(noted) => noted.jwt.clone(),
                None => value.as_deref().filter(|_| is_jwt).and_then(Jwt::read),
            },
            value: value.map(SecretValue),
            string: graph.id(found.place.node()),
            copies: found.copies,
            holder: last.map(|edge| holder(graph, edge, before, masking)),
            path: path.map(|(_, text)| masking.mask(&text)),
        })
    };
    shown.iter().zip(paths).filter_map(secret).collect()
}

/// The object that holds a string by `edge`: of a collection's table it is the collection, to which `before` leads.
fn holder(graph: &Graph, edge: Edge, before: Option<Edge>, masking: &Masking) -> SecretHolder {
    let is_inner = |node: Ordinal| graph.node_type(node) == NodeType::Array;
    let node = match before {
        Some(before)
            if is_inner(edge.from)
                && before.to == edge.from
                && before.edge_type == EdgeType::Internal =>
        {
            before.from
        }
        _ => edge.from,
    };
    let label = edge_label(graph, edge);
    SecretHolder {
        id: graph.id(node),
        class_name: masking.mask(graph.class_name(node)),
        original_class_name: graph.original_class_name(node).map(|name| masking.mask(name)),
        edge: EdgeLabel {
            name: masking.mask(&label.name),
            text: masking.mask(&label.text),
            ..label
        },
    }
}
