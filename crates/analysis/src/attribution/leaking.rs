//! Whose what goes on growing is.

use std::cmp::Reverse;

use heapglass_graph::Graph;
use rustc_hash::FxHashMap;

use super::growth::{Subject, series_and_groups};
use super::{AttributeBy, GroupName};
use crate::LeakReport;

/// A package, a file, a class … with what goes on growing in it.
#[derive(Debug, Clone, PartialEq)]
pub struct LeakGroup {
    /// Its name; `None` for what no group holds.
    pub name: Option<GroupName>,
    /// Positions of its suspects in the report.
    pub suspects: Vec<usize>,
    /// Bytes that these grow by for each interval, together.
    pub bytes_per_interval: f64,
    /// Bytes of which it is the nearest owner, in each snapshot in the order of time.
    pub held_sizes: Vec<u64>,
}

/// The suspects of a report by what holds them, the largest growth first. Those of code belong to the script in which they
/// are written, if that is known. Cost: that of [`attribution_series`](super::attribution_series).
pub fn leak_groups(snapshots: &[Graph], report: &LeakReport, by: AttributeBy) -> Vec<LeakGroup> {
    let in_order: Vec<&Graph> = report.order.iter().filter_map(|&at| snapshots.get(at)).collect();
    let subjects: Vec<Subject<'_>> = report
        .suspects
        .iter()
        .map(|suspect| Subject { node: suspect.accumulation_point.ordinal, script: suspect.file() })
        .collect();
    let (growth, names) = series_and_groups(&in_order, by, &subjects);
    let mut groups: FxHashMap<Option<GroupName>, LeakGroup> = FxHashMap::default();
    for (at, (suspect, name)) in report.suspects.iter().zip(names).enumerate() {
        let group = groups.entry(name.clone()).or_insert_with(|| LeakGroup {
            held_sizes: match &name {
                None => growth.unattributed_sizes.clone(),
                Some(name) => growth
                    .groups
                    .iter()
                    .find(|group| group.name == *name)
                    .map(|group| group.held_sizes.clone())
                    .unwrap_or_default(),
            },
            name,
            suspects: Vec::new(),
            bytes_per_interval: 0.0,
        });
        group.suspects.push(at);
        group.bytes_per_interval += suspect.bytes_per_interval;
    }
    let mut groups: Vec<LeakGroup> = groups.into_values().collect();
    groups.sort_by_key(|group| {
        (Reverse(group.bytes_per_interval as u64), group.suspects.first().copied())
    });
    groups
}
