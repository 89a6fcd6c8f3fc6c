//! From an accumulation point and what it gathers to a suspect with its evidence.

use heapglass_graph::{Graph, Ordinal};

use super::kind::{Evidence, LeakKind};
use super::members::Members;
use super::series::Figures;
use super::{LeakSuspect, package_of};
use crate::suspects::Source;
use crate::{describe, path_to};

/// What was found to grow.
pub(super) struct Found {
    /// The object that gathers it.
    pub(super) point: Ordinal,
    /// What it gathers.
    pub(super) members: Option<Members>,
    /// The first link, if what grows is a list.
    pub(super) links: Option<Ordinal>,
    /// How it grew.
    pub(super) series: Vec<Figures>,
}

impl Found {
    /// The suspect, as sure as `confidence` says. Cost: the path.
    pub(super) fn suspect(self, last: &Graph, confidence: f64) -> LeakSuspect {
        let Found { point, members, links, series } = self;
        let member = members.as_ref().and_then(|all| all.samples.first().copied());
        let steps = series.len().saturating_sub(1).max(1) as f64;
        let grown = match series.as_slice() {
            [first, .., end] => end.retained_size.saturating_sub(first.retained_size),
            _ => 0,
        };
        let path = path_to(last, point);
        let kind = Evidence { graph: last, point, path: path.as_ref(), member, links }.kind();
        // The class of what is gathered says more of where the work was done than what gathers it.
        let source = Source::of(last, None, member.unwrap_or(point));
        let source = match source.location {
            Some(_) => source,
            None => Source::of(last, path.as_ref(), point),
        };
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
            owner: source.owner,
            path,
            line,
            package: source.script.as_deref().and_then(package_of).map(str::to_owned),
            location: source.location,
            script: source.script,
            instances: samples.iter().map(|&node| describe(last, node)).collect(),
            instance_count,
            fingerprint,
        }
    }
}

/// A number made of names: digits, which are mostly ids and counts, are left out.
fn fingerprint(kind: LeakKind, class_name: &str, line: &str) -> String {
    let names = format!("{kind:?}\0{class_name}\0{line}");
    let names: String = names.chars().filter(|char| !char.is_ascii_digit()).collect();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(names.as_bytes()))
}
