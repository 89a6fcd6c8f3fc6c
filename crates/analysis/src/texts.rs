//! The texts of a heap: which are there, how often, how large, and what holds them.

use std::cmp::Reverse;

use heapglass_graph::{Graph, NodeId, NodeType, Ordinal};
use regex::Regex;
use rustc_hash::FxHashMap;

use crate::filter::duplicates::{Same, SameTexts};
use crate::holder::{Holder, How, holders};
use crate::paths::{PathEnd, paths_in_words};
use crate::sums::saturating_sum;
use crate::suspects::name_of_script;
use crate::{ObjectSummary, describe, display_name};

/// What a list of texts is sorted by, the most first; equal ones by the id of their first string.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TextSort {
    /// Bytes of all strings of the text.
    #[default]
    Size,
    /// Bytes beyond those of the largest of them.
    Wasted,
    /// Number of strings.
    Count,
}

/// Which texts to give, and in which order.
#[derive(Debug, Clone, Default)]
pub struct TextOptions {
    /// Only texts that match.
    pub pattern: Option<Regex>,
    /// Only texts that are surely there more than once.
    pub duplicates: bool,
    /// The order.
    pub sort: TextSort,
    /// At most this many; `None` for all.
    pub limit: Option<usize>,
}

/// The texts of a heap.
#[derive(Debug, Clone, PartialEq)]
pub struct TextList {
    /// The texts, sorted and limited.
    pub rows: Vec<TextRow>,
    /// Number of texts, those beyond the limit included.
    pub text_count: u64,
    /// Number of strings with these texts.
    pub string_count: u64,
    /// Bytes of these strings.
    pub shallow_size: u64,
    /// Bytes that would be saved if each of these texts were there once.
    pub wasted_size: u64,
    /// Number of strings that match and have the first 1,024 characters of their texts in common with others, where the
    /// snapshot has no more of them; they count as no copies.
    pub unsure_count: u64,
    /// Number of sliced strings, whose texts are parts of others and in no snapshot.
    pub slice_count: u64,
}

/// One text.
#[derive(Debug, Clone, PartialEq)]
pub struct TextRow {
    /// The text; of a concatenated string the beginning, as much of it as DevTools puts together.
    pub text: String,
    /// Number of strings.
    pub count: u64,
    /// Their bytes, as DevTools counts them: of a concatenated string without its parts.
    pub shallow_size: u64,
    /// Bytes beyond those of the largest of them.
    pub wasted_size: u64,
    /// The largest of them.
    pub example: ObjectSummary,
    /// What holds them, the most frequent first, at most [`MOST_HOLDERS`].
    pub holders: Vec<TextHolder>,
    /// The shortest way to the example in words; `None` where only weak edges lead to it.
    pub path: Option<String>,
}

/// Objects of one class that hold strings of a text in the same way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextHolder {
    /// DevTools' constructor column.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    pub original_class_name: Option<String>,
    /// How: `.name`, `[…]` for an element, `entry` of a Map or a Set, `[key]` of an object used as a dictionary,
    /// `variable x`; with a source map `variable cache (x)` if the variable is called that in all of them.
    pub edge: String,
    /// Strings that are held like this. Each string counts once, by the holder that is nearest to the roots.
    pub count: u64,
    /// One of the holders.
    pub example: NodeId,
    /// Of a single string that is the text of a script: the end of the script's path.
    pub source_of: Option<String>,
}

/// Kinds of holders that are told for each text.
pub const MOST_HOLDERS: usize = 5;

/// How V8's object of a script holds its text.
const SOURCE: &str = "{source}";

const NO_GROUP: u32 = u32::MAX;

#[derive(Debug, Clone, Copy)]
struct Group {
    example: Ordinal,
    count: u64,
    shallow_size: u64,
    /// Whether the texts are the same for sure.
    is_sure: bool,
}

impl Group {
    fn wasted(&self, graph: &Graph) -> u64 {
        if !self.is_sure {
            return 0;
        }
        self.shallow_size.saturating_sub(graph.shallow_size(self.example))
    }
}

/// Lists the texts of flat and concatenated strings. Strings are the same by DevTools' rule for duplicated strings, but
/// those that are cut off in the snapshot are no copies of each other unless V8 wrote their length and hash beside them.
///
/// Cost: a hash of every string, 4 bytes for each node and about 80 for each different text; the pattern is held
/// against each text once; holders and paths are looked for of what is shown.
///
/// Source of what is the same text: `HeapSnapshot.createDuplicatedStringsFilter`.
pub fn texts(graph: &Graph, options: &TextOptions) -> TextList {
    let (mut groups, group_of, slice_count) = grouped(graph);
    let mut chosen: Vec<(usize, Group)> = groups
        .drain(..)
        .enumerate()
        .filter(|(_, group)| !options.duplicates || group.count > 1)
        .filter(|(_, group)| matches(graph, group.example, options.pattern.as_ref()))
        .collect();
    let unsure = chosen.iter().filter(|(_, group)| group.count > 1 && !group.is_sure);
    let unsure_count = saturating_sum(unsure.map(|(_, group)| group.count));
    if options.duplicates {
        chosen.retain(|(_, group)| group.is_sure);
    }
    let sum =
        |of: &dyn Fn(&Group) -> u64| saturating_sum(chosen.iter().map(|(_, group)| of(group)));
    let (text_count, string_count) = (chosen.len() as u64, sum(&|group| group.count));
    let (shallow_size, wasted_size) =
        (sum(&|group| group.shallow_size), sum(&|group| group.wasted(graph)));
    chosen.sort_by_key(|&(at, ref group)| {
        let figure = match options.sort {
            TextSort::Size => group.shallow_size,
            TextSort::Wasted => group.wasted(graph),
            TextSort::Count => group.count,
        };
        (Reverse(figure), Reverse(group.shallow_size), at)
    });
    chosen.truncate(options.limit.unwrap_or(usize::MAX));
    let mut holders = holders_of(graph, &chosen, &group_of);
    for ((_, group), held) in chosen.iter_mut().zip(&holders) {
        let is_as_large =
            |node: &Ordinal| graph.shallow_size(*node) == graph.shallow_size(group.example);
        if let Some(string) = held.most_held.filter(is_as_large) {
            group.example = string;
        }
    }
    let ends: Vec<PathEnd> = chosen.iter().map(|(_, group)| PathEnd::Node(group.example)).collect();
    let paths = paths_in_words(graph, &ends);
    let rows =
        chosen.iter().zip(&mut holders).zip(paths).map(|(((_, group), holders), path)| TextRow {
            text: display_name(graph, group.example),
            count: group.count,
            shallow_size: group.shallow_size,
            wasted_size: group.wasted(graph),
            example: describe(graph, group.example),
            holders: std::mem::take(&mut holders.holders),
            path: path.map(|(_, text)| text),
        });
    let rows = rows.collect();
    TextList {
        rows,
        text_count,
        string_count,
        shallow_size,
        wasted_size,
        unsure_count,
        slice_count,
    }
}

/// The groups of strings with the same text in order of their first, the group of each node, the number of slices.
fn grouped(graph: &Graph) -> (Vec<Group>, Vec<u32>, u64) {
    let mut same = SameTexts::of(graph);
    let mut known: FxHashMap<Same, u32> = FxHashMap::default();
    let mut groups: Vec<Group> = Vec::new();
    let mut group_of = vec![NO_GROUP; graph.node_count() as usize];
    let mut slice_count = 0;
    for node in graph.nodes() {
        slice_count += u64::from(graph.node_type(node) == NodeType::SlicedString);
        let Some(text) = same.text(node) else { continue };
        let next = u32::try_from(groups.len()).unwrap_or(NO_GROUP);
        let at = *known.entry(text).or_insert(next);
        if at == next {
            let is_sure = same.is_sure(node, &text);
            groups.push(Group { example: node, count: 0, shallow_size: 0, is_sure });
        }
        let (Some(group), Some(place)) =
            (groups.get_mut(at as usize), group_of.get_mut(node.index()))
        else {
            continue;
        };
        *place = at;
        group.count += 1;
        group.shallow_size = group.shallow_size.saturating_add(graph.shallow_size(node));
        if graph.shallow_size(node) > graph.shallow_size(group.example) {
            group.example = node;
        }
    }
    (groups, group_of, slice_count)
}

fn matches(graph: &Graph, node: Ordinal, pattern: Option<&Regex>) -> bool {
    pattern.is_none_or(|pattern| match graph.node_type(node) {
        NodeType::String => pattern.is_match(&graph.raw_name(node)),
        _ => pattern.is_match(&display_name(graph, node)),
    })
}

/// What holds the strings of a group.
#[derive(Debug, Clone, Default)]
struct GroupHolders {
    /// The most frequent first, at most [`MOST_HOLDERS`].
    holders: Vec<TextHolder>,
    /// The largest string that the first of them holds, if that holds more than any other: the one to show, rather than
    /// V8's own copy.
    most_held: Option<Ordinal>,
}

/// Strings of one group that are held in the same way.
#[derive(Debug, Clone, Copy)]
struct SameWay {
    count: u64,
    /// The holder of the first.
    first: Ordinal,
    /// Whether the way is called the same in all holders.
    is_same: bool,
    /// The largest string; of several the nearest to the roots.
    largest: Ordinal,
}

/// What holds the strings of each chosen group.
fn holders_of(graph: &Graph, chosen: &[(usize, Group)], group_of: &[u32]) -> Vec<GroupHolders> {
    let places: FxHashMap<u32, usize> = chosen
        .iter()
        .zip(0..)
        .filter_map(|(&(at, _), place)| Some((u32::try_from(at).ok()?, place)))
        .collect();
    let (strings, at): (Vec<Ordinal>, Vec<usize>) = graph
        .nodes()
        .filter_map(|node| {
            let group = group_of.get(node.index()).copied().filter(|&group| group != NO_GROUP)?;
            Some((node, *places.get(&group)?))
        })
        .unzip();
    let order = |string: Ordinal| {
        let distance = graph.distance(string).shown().unwrap_or(u32::MAX);
        (Reverse(graph.shallow_size(string)), distance)
    };
    let mut found: FxHashMap<(usize, &str, How), SameWay> = FxHashMap::default();
    for ((&string, place), holder) in strings.iter().zip(at).zip(holders(graph, &strings)) {
        let Some(Holder { node, how }) = holder else { continue };
        let new = SameWay { count: 0, first: node, is_same: true, largest: string };
        let way = found.entry((place, graph.class_name(node), how)).or_insert(new);
        way.count += 1;
        way.is_same &= how.has_same_text(graph, way.first, node);
        if order(string) < order(way.largest) {
            way.largest = string;
        }
    }
    let mut lists: Vec<Vec<(TextHolder, String, Ordinal)>> = vec![Vec::new(); chosen.len()];
    for ((place, class_name, how), SameWay { count, first, is_same, largest }) in found {
        if let Some(list) = lists.get_mut(place) {
            let plain = how.plain_text(graph);
            let holder = TextHolder {
                class_name: class_name.to_owned(),
                original_class_name: graph.original_class_name(first).map(str::to_owned),
                edge: if is_same { how.text(graph, first) } else { plain.clone() },
                count,
                example: graph.id(first),
                source_of: (count == 1 && plain == SOURCE)
                    .then(|| name_of_script(graph, first))
                    .flatten(),
            };
            list.push((holder, plain, largest));
        }
    }
    let in_order = lists.into_iter().map(|mut list| {
        // Source maps change no order.
        list.sort_by(|(a, plain_a, _), (b, plain_b, _)| {
            (b.count, &a.class_name, plain_a).cmp(&(a.count, &b.class_name, plain_b))
        });
        let most = |count: u64| list.get(1).is_none_or(|(next, ..)| next.count < count);
        let first = list.first().filter(|(first, ..)| most(first.count));
        GroupHolders {
            most_held: first.map(|&(.., largest)| largest),
            holders: list.into_iter().map(|(holder, ..)| holder).take(MOST_HOLDERS).collect(),
        }
    });
    in_order.collect()
}
