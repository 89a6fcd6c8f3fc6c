//! Classes over more than two snapshots.

use heapglass_graph::{Graph, IdIndex};
use regex::Regex;
use rustc_hash::FxHashMap;

use super::GrowthSort;
use super::originals::{is_named, original_names};
use super::source::portable_key;
use super::{difference, relation, shown_rows};
use crate::source::Scripts;

/// A class in each of several snapshots.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ClassSeries {
    /// DevTools' class key; for snapshots of several processes with the script's name for its number.
    pub class_key: String,
    /// What DevTools shows.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    pub original_name: Option<String>,
    /// Objects in each snapshot.
    pub counts: Vec<u64>,
    /// Sum of their shallow sizes in each snapshot, in bytes.
    pub sizes: Vec<u64>,
}

impl ClassSeries {
    /// How many objects more the last snapshot has than the first.
    pub fn count_delta(&self) -> i64 {
        difference(last(&self.counts), first(&self.counts))
    }

    /// How many bytes more they take.
    pub fn growth(&self) -> i64 {
        difference(last(&self.sizes), first(&self.sizes))
    }
}

fn first(list: &[u64]) -> u64 {
    list.first().copied().unwrap_or(0)
}

fn last(list: &[u64]) -> u64 {
    list.last().copied().unwrap_or(0)
}

/// Whether each snapshot is of the same process as the one before it.
pub fn is_one_process(graphs: &[&Graph]) -> bool {
    graphs.windows(2).all(|pair| match pair {
        [base, newer] => relation(base, newer, &IdIndex::of(base)).is_one_process(),
        _ => true,
    })
}

/// One row for each class that any of the snapshots has, by class key. Plain objects are named by the
/// definitions of the last one. With `same_process` the classes are matched by DevTools' keys, else by
/// the name and place of their source. Cost: a pass over the nodes of each.
pub fn series(graphs: &[&Graph], same_process: bool) -> Vec<ClassSeries> {
    let definitions = graphs.last().map(|newest| newest.interfaces()).unwrap_or_default();
    let originals = original_names(graphs, same_process);
    let mut rows: Vec<ClassSeries> = Vec::new();
    let mut by_key: FxHashMap<String, usize> = FxHashMap::default();
    for (at, graph) in graphs.iter().enumerate() {
        let scripts = Scripts::of(graph);
        let mut add = |key: &str, name: &str, count: u64, size: u64| {
            let key = if same_process { key.to_owned() } else { portable_key(key, &scripts) };
            let row = *by_key.entry(key).or_insert_with_key(|key| {
                rows.push(ClassSeries {
                    class_key: key.clone(),
                    class_name: name.to_owned(),
                    original_name: originals.get(key).cloned(),
                    counts: vec![0; graphs.len()],
                    sizes: vec![0; graphs.len()],
                });
                rows.len() - 1
            });
            let Some(row) = rows.get_mut(row) else { return };
            if let (Some(counts), Some(sizes)) = (row.counts.get_mut(at), row.sizes.get_mut(at)) {
                *counts += count;
                *sizes = sizes.saturating_add(size);
            }
        };
        if at + 1 == graphs.len() {
            for row in shown_rows(graph) {
                add(&row.class_key, &row.class_name, row.count, row.shallow_size);
            }
            continue;
        }
        let read = graph.read_as(&definitions);
        let mut sums = vec![(0u64, 0u64); read.classes.len()];
        for (node, &class) in graph.nodes().zip(&read.class) {
            let size = graph.shallow_size(node);
            if let Some(sum) = sums.get_mut(class as usize).filter(|_| size > 0) {
                *sum = (sum.0 + 1, sum.1.saturating_add(size));
            }
        }
        for (class, (count, size)) in read.classes.iter().zip(sums).filter(|(_, sum)| sum.0 > 0) {
            add(&class.class_key, &class.class_name, count, size);
        }
    }
    rows.sort_by(|a, b| a.class_key.cmp(&b.class_key));
    rows
}

/// The rows whose name matches, in this order.
pub fn select_series(
    rows: Vec<ClassSeries>,
    pattern: Option<&Regex>,
    sort: GrowthSort,
) -> Vec<ClassSeries> {
    let matches =
        |row: &ClassSeries| is_named(pattern, &row.class_name, row.original_name.as_ref());
    let mut rows: Vec<ClassSeries> = rows.into_iter().filter(matches).collect();
    sort_rows(&mut rows, sort, |row| (row.class_name.as_str(), row.growth(), row.count_delta()));
    rows
}

/// How a class grew in the snapshots of a control and in those of a treatment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlledGrowth {
    /// Class key, see [`ClassSeries::class_key`].
    pub class_key: String,
    /// What DevTools shows.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    pub original_name: Option<String>,
    /// Objects that came in the control.
    pub control_count: i64,
    /// Bytes that came in the control.
    pub control_size: i64,
    /// Objects that came in the treatment.
    pub treatment_count: i64,
    /// Bytes that came in the treatment.
    pub treatment_size: i64,
}

impl ControlledGrowth {
    /// Objects that came in the treatment beyond those of the control.
    pub fn count_delta(&self) -> i64 {
        self.treatment_count.saturating_sub(self.control_count)
    }

    /// Bytes that came in the treatment beyond those of the control.
    pub fn growth(&self) -> i64 {
        self.treatment_size.saturating_sub(self.control_size)
    }
}

/// How each class grew in the treatment and in the control, from the first snapshot of each to its last, by class key.
/// Nothing is said of less than two of each.
pub fn controlled_growth(
    control: &[&Graph],
    treatment: &[&Graph],
    same_process: bool,
) -> Vec<ControlledGrowth> {
    let ([first_a, .., last_a], [first_b, .., last_b]) = (control, treatment) else {
        return Vec::new();
    };
    let rows = series(&[first_a, last_a, first_b, last_b], same_process).into_iter();
    let grown = |row: ClassSeries| {
        let delta = |list: &[u64], from: usize| {
            let at = |at: usize| list.get(at).copied().unwrap_or(0);
            difference(at(from + 1), at(from))
        };
        ControlledGrowth {
            control_count: delta(&row.counts, 0),
            control_size: delta(&row.sizes, 0),
            treatment_count: delta(&row.counts, 2),
            treatment_size: delta(&row.sizes, 2),
            class_key: row.class_key,
            class_name: row.class_name,
            original_name: row.original_name,
        }
    };
    rows.map(grown).collect()
}

/// The rows whose name matches and that changed at all, in this order: by what came beyond the control.
pub fn select_growth(
    rows: Vec<ControlledGrowth>,
    pattern: Option<&Regex>,
    sort: GrowthSort,
) -> Vec<ControlledGrowth> {
    let matches =
        |row: &ControlledGrowth| is_named(pattern, &row.class_name, row.original_name.as_ref());
    let mut rows: Vec<ControlledGrowth> = rows.into_iter().filter(matches).collect();
    rows.retain(|row| {
        [row.control_count, row.control_size, row.treatment_count, row.treatment_size] != [0; 4]
    });
    sort_rows(&mut rows, sort, |row| (row.class_name.as_str(), row.growth(), row.count_delta()));
    rows
}

/// Sorts rows by their name, the bytes and the number of objects that came.
fn sort_rows<T>(rows: &mut [T], sort: GrowthSort, figures: impl Fn(&T) -> (&str, i64, i64)) {
    rows.sort_by(|a, b| {
        let ((name_a, size_a, count_a), (name_b, size_b, count_b)) = (figures(a), figures(b));
        match sort {
            GrowthSort::Growth => (size_b, count_b).cmp(&(size_a, count_a)),
            GrowthSort::Name => name_a.cmp(name_b),
            GrowthSort::Delta => (count_b, size_b).cmp(&(count_a, size_a)),
        }
    });
}
