//! From an accumulation point and what it gathers to a suspect with its evidence.

use heapglass_graph::{EdgeType, Graph, Ordinal};

use super::kind::{Evidence, LeakKind};
use super::library::known_pattern;
use super::members::Members;
use super::series::Figures;
use super::{LeakSuspect, package_of};
use crate::source::{Scripts, Source};
use crate::{describe, path_to};

/// What was found to grow.
pub(super) struct Found {
    /// The object that gathers it.
    pub(super) point: Ordinal,
    /// What it gathers.
    pub(super) members: Option<Members>,
    /// The first link, if what grows is a list, or the root of a tree.
    pub(super) links: Option<Ordinal>,
    /// Whether it is a tree.
    pub(super) is_tree: bool,
    /// How it grew.
    pub(super) series: Vec<Figures>,
}

impl Found {
    /// The suspect, as sure as `confidence` says. Cost: the path.
    pub(super) fn suspect(
        self,
        last: &Graph,
        scripts: &Scripts<'_>,
        confidence: f64,
    ) -> LeakSuspect {
        let Found { point, members, links, is_tree, series } = self;
        let member = members.as_ref().and_then(|all| all.samples.first().copied());
        let steps = series.len().saturating_sub(1).max(1) as f64;
        let grown = match series.as_slice() {
            [first, .., end] => end.retained_size.saturating_sub(first.retained_size),
            _ => 0,
        };
        let path = path_to(last, point);
        let kind =
            Evidence { graph: last, point, path: path.as_ref(), member, links, is_tree }.kind();
        let places = Places {
            holder: Source::of(scripts, path.as_ref(), point),
            member: member
                .map(|member| Source::of(scripts, None, made_by(last, member)))
                .unwrap_or_default(),
        };
        let steps_to_point = path.as_ref().map(|path| path.steps.as_slice()).unwrap_or_default();
        let library = known_pattern(steps_to_point, &places.packages());
        let source = places.chosen(kind);
        let class_name = last.class_name(member.unwrap_or(point)).to_owned();
        let instance_count = members.as_ref().map_or(0, Members::count);
        // The way to a list goes on to its first link: that names the variable.
        let way = links.filter(|&link| link != point).and_then(|link| path_to(last, link));
        let way = way.as_ref().or(path.as_ref());
        let mut line = way.map(|path| path.text.clone()).unwrap_or_default();
        let fingerprint = fingerprint(kind, &class_name, &line);
        if instance_count > 0 {
            line.push_str(&format!(" → [{instance_count} × {class_name}]"));
        }
        let samples = members.map(|all| all.samples).unwrap_or_default();
        LeakSuspect {
            kind,
            class_name,
            confidence,
            count_per_interval: instance_count as f64 / steps,
            bytes_per_interval: grown as f64 / steps,
            series,
            accumulation_point: describe(last, point),
            path,
            line,
            package: package(&source).map(str::to_owned),
            places: 1,
            library,
            location: source.location,
            script: source.script,
            owner: source.owner,
            instances: samples.iter().map(|&node| describe(last, node)).collect(),
            instance_count,
            fingerprint,
        }
    }
}

/// Where what holds a leak is written, and where what is held.
struct Places {
    holder: Source,
    member: Source,
}

impl Places {
    fn packages(&self) -> Vec<&str> {
        [&self.holder, &self.member].into_iter().filter_map(package).collect()
    }

    /// Where the leak is written. A listener, a timer or a promise is forgotten where it was made, and anything else
    /// by what holds it.
    fn chosen(self, kind: LeakKind) -> Source {
        let is_forgotten_where_made = matches!(
            kind,
            LeakKind::Listeners | LeakKind::Timers | LeakKind::Promises | LeakKind::AsyncContext
        );
        let (first, second) = match is_forgotten_where_made {
            true => (self.member, self.holder),
            false => (self.holder, self.member),
        };
        // Of a module only the file is known: a place in the same package says more.
        let is_better = second.location.is_some()
            && (first.script.is_none() || package(&first) == package(&second));
        if first.location.is_some() || first.script.is_some() && !is_better {
            first
        } else {
            second
        }
    }
}

/// Steps from a timer to the function that a program gave it.
const CALLBACK: usize = 4;

/// The function of the program that a timer or a listener calls, without what Node.js or `bind` put around it; anything
/// else itself.
fn made_by(graph: &Graph, member: Ordinal) -> Ordinal {
    let inner = |node: Ordinal| {
        let property = |name| graph.edge_named(node, EdgeType::Property, name);
        let edge = match graph.class_name(node) {
            "Timeout" => property("_onTimeout"),
            "Immediate" => property("_onImmediate"),
            "Listener" => property("listener").or_else(|| property("callback")),
            _ => graph.edge_named(node, EdgeType::Internal, "bound_function"),
        };
        edge.map(|edge| edge.to)
    };
    let way = std::iter::successors(Some(member), |&node| inner(node)).take(CALLBACK);
    way.last().unwrap_or(member)
}

fn package(source: &Source) -> Option<&str> {
    package_of(source.script.as_deref()?)
}

/// A number made of names: digits, which are mostly ids and counts, are left out.
pub(super) fn fingerprint(kind: LeakKind, class_name: &str, line: &str) -> String {
    let names = format!("{kind:?}\0{class_name}\0{line}");
    let names: String = names.chars().filter(|char| !char.is_ascii_digit()).collect();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(names.as_bytes()))
}
