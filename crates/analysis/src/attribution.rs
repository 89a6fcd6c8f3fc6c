//! Whose the memory is: the code's that holds it, by npm package, file or Backstage plugin; the class's, the native
//! context's, or the function's that allocated it.

mod classes;
mod components;
mod contexts;
mod figure;
mod functions;
mod groups;
mod growth;
mod leaking;
mod name;
mod plugin;
mod seeds;

use std::borrow::Cow;
use std::cmp::Reverse;

use heapglass_graph::{Flow, Graph, Ordinal};

use crate::sums::saturating_sum;
use crate::{ObjectSummary, describe};
pub(crate) use figure::{GroupFigure, Grouped};
use groups::{Groups, NOBODY, Share};
pub use growth::{CodeGrowth, CodeSeries, attribution_series};
pub use leaking::{LeakGroup, leak_groups};
pub use name::GroupName;
pub(crate) use seeds::{APPLICATION, GroupOf};
use seeds::{Seeds, package};

/// What memory is grouped by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttributeBy {
    /// The npm package of a script's path; the program's own scripts and Node's are a group each.
    Package,
    /// The script.
    File,
    /// The Backstage plugin of a script's path, with the packages that it brings along.
    Plugin,
    /// The class of objects.
    Class,
    /// The native context (realm), by DevTools' rules.
    Context,
    /// The function that allocated it, of a recording with stacks.
    Function,
    /// The component of React, those that are unmounted by themselves.
    Component,
}

/// How much to tell.
#[derive(Debug, Clone)]
pub struct AttributionOptions {
    /// What to group by.
    pub by: AttributeBy,
    /// At most this many groups; `None` for all.
    pub limit: Option<usize>,
}

/// The memory of a heap by what holds it.
#[derive(Debug, Clone, PartialEq)]
pub struct Attribution {
    /// The groups that hold most, sorted by that.
    pub groups: Vec<CodeGroup>,
    /// Number of groups, those beyond the limit included.
    pub group_count: u64,
    /// Shallow sizes of what no group holds alone, in bytes.
    pub unattributed_size: u64,
    /// By code: scripts that look like bundles, of which no source map says what in them is of which file.
    pub unmapped_bundles: Vec<String>,
}

/// A package, a file, a class …
#[derive(Debug, Clone, PartialEq)]
pub struct CodeGroup {
    /// Its name.
    pub name: GroupName,
    /// Of code the functions, scopes, scripts and modules in the heap, and objects of its classes that no code holds. Of
    /// a class its objects, of a context or function all that belongs to it.
    pub seed_count: u64,
    /// Bytes of which it is the nearest owner: what these dominate, without what those of another group among that
    /// dominate. Of a context or function their own size alone. These sizes and the unattributed rest add up to the heap.
    pub held_size: u64,
    /// Bytes that these dominate, with what other groups hold below them.
    pub retained_size: u64,
    /// Bytes that would be freed if all of these went; what two of them hold together is in this and not in
    /// `retained_size`.
    pub saved_size: u64,
    /// The one of these that retains most.
    pub biggest: ObjectSummary,
}

/// Attributes the heap to code, classes, contexts or functions.
///
/// A function belongs to its script, a scope to the script of the functions in it, a module to its file; everything else
/// to the nearest of these that dominates it. What none dominates belongs to the outermost object that dominates it and is
/// of a class that code of the heap defines; below objects of the runtime's own classes to the next that is of another.
/// By class an object belongs to its class, and everything else to the nearest object that dominates it; the language's
/// containers own only what no object of another class does.
///
/// Cost: two passes over the edges of functions and scopes, one over the dominator tree, and one over all edges for
/// each group that is shown; memory as [`Flow`] says.
pub fn attribution(graph: &Graph, options: &AttributionOptions) -> Attribution {
    let mut owners = Owners::by(graph, options.by);
    let (mut sums, unattributed_size) = sums(graph, &mut owners);
    let mut names = [owners.names()];
    name::without_needless_folders(&mut names);
    let [names] = names;
    let groups = owners.groups();
    let mut order: Vec<usize> = (0..groups.names.len()).collect();
    order.retain(|&at| sums.get(at).is_some_and(|sum| sum.seed_count > 0));
    order.sort_by_key(|&at| {
        let sum = sums.get(at);
        (Reverse(sum.map(|sum| sum.held)), Reverse(sum.map(|sum| sum.retained)), at)
    });
    let group_count = order.len() as u64;
    order.truncate(options.limit.unwrap_or(usize::MAX));
    let flow = Flow::of(graph);
    let shown = order
        .into_iter()
        .filter_map(|at| {
            let sum = std::mem::take(sums.get_mut(at)?);
            Some(CodeGroup {
                name: names.get(at)?.clone(),
                seed_count: sum.seed_count,
                held_size: sum.held,
                retained_size: sum.retained,
                saved_size: saved(graph, &flow, groups, u32::try_from(at).ok()?),
                biggest: describe(graph, sum.biggest?),
            })
        })
        .collect();
    let unmapped_bundles = owners.minified_scripts(graph);
    Attribution { groups: shown, group_count, unattributed_size, unmapped_bundles }
}

/// What nodes belong to.
enum Owners {
    /// Code, and by the way classes that it defines.
    Code(Seeds),
    /// The same, in folders of packages.
    Packages(Seeds),
    Others(Groups),
}

impl AttributeBy {
    /// Its name on the command line, in assertions and in budgets.
    pub fn name(self) -> &'static str {
        match self {
            AttributeBy::Package => "package",
            AttributeBy::File => "file",
            AttributeBy::Plugin => "plugin",
            AttributeBy::Class => "class",
            AttributeBy::Context => "context",
            AttributeBy::Function => "function",
            AttributeBy::Component => "component",
        }
    }
}

impl Owners {
    fn by(graph: &Graph, by: AttributeBy) -> Owners {
        match by {
            AttributeBy::Package => Owners::Packages(Seeds::of(graph, package)),
            AttributeBy::File => Owners::of_code(graph, |script| Cow::Borrowed(script)),
            AttributeBy::Plugin => Owners::of_code(graph, plugin::plugin),
            AttributeBy::Class => Owners::Others(classes::classes(graph)),
            AttributeBy::Context => Owners::Others(contexts::contexts(graph)),
            AttributeBy::Function => Owners::Others(functions::functions(graph)),
            AttributeBy::Component => Owners::Others(components::components(graph)),
        }
    }

    fn of_code(graph: &Graph, group_of: GroupOf) -> Owners {
        Owners::Code(Seeds::of(graph, group_of))
    }

    fn groups(&self) -> &Groups {
        match self {
            Owners::Code(seeds) | Owners::Packages(seeds) => &seeds.groups,
            Owners::Others(groups) => groups,
        }
    }

    fn minified_scripts(&self, graph: &Graph) -> Vec<String> {
        match self {
            Owners::Code(seeds) | Owners::Packages(seeds) => seeds.minified_scripts(graph),
            Owners::Others(_) => Vec::new(),
        }
    }

    fn into_groups(self) -> Groups {
        match self {
            Owners::Code(seeds) | Owners::Packages(seeds) => seeds.groups,
            Owners::Others(groups) => groups,
        }
    }

    /// The group of a script.
    fn of_script(&self, script: &str) -> Option<u32> {
        match self {
            Owners::Code(seeds) | Owners::Packages(seeds) => seeds.of_script(script),
            Owners::Others(_) => None,
        }
    }

    /// The group that holds a node, as [`sums`] has it, which has to be asked first. Cost: the dominators of the node.
    fn of_holder(&self, graph: &Graph, node: Ordinal) -> Option<u32> {
        let groups = self.groups();
        let (mut at, mut container) = (node, None);
        // An index made by hand may have a tree that goes round in a circle.
        for _ in 0..graph.node_count() {
            match groups.of_node(at) {
                NOBODY => {}
                group if groups.is_container(group) => container = Some(group),
                group => return Some(group),
            }
            let above = graph.dominator(at);
            if above == at || groups.share == Share::Members {
                return container;
            }
            at = above;
        }
        container
    }

    /// The group of a node that nothing of a group dominates, or only objects of the runtime's own classes.
    fn of_class(&mut self, graph: &Graph, node: Ordinal, is_below_runtime: bool) -> u32 {
        match self {
            Owners::Code(seeds) | Owners::Packages(seeds) => {
                seeds.of_class(graph, node, is_below_runtime)
            }
            Owners::Others(_) => NOBODY,
        }
    }

    /// Whether a group is code of the runtime's own.
    fn is_of_runtime(&self, group: u32) -> bool {
        match self {
            Owners::Code(seeds) | Owners::Packages(seeds) => seeds.is_of_runtime(group),
            Owners::Others(_) => false,
        }
    }

    /// The groups' names, with the folders of all packages.
    fn names(&self) -> Vec<GroupName> {
        match self {
            Owners::Packages(seeds) => (0u32..)
                .zip(&seeds.groups.names)
                .map(|(at, key)| GroupName::of_package(key.clone(), seeds.versions.get(&at)))
                .collect(),
            Owners::Code(_) | Owners::Others(_) => {
                self.groups().names.iter().cloned().map(GroupName::plain).collect()
            }
        }
    }
}

/// What the scripts of one group hold, see [`CodeGroup`].
#[derive(Debug, Clone)]
pub(crate) struct Held {
    pub(crate) held_size: u64,
    pub(crate) retained_size: u64,
    /// What the package.json of the group says, if `group_of` names folders of packages and the heap has it as a module.
    pub(crate) version: Option<String>,
    pub(crate) biggest: Ordinal,
}

/// What each group of scripts holds, unsorted; `group_of` names the group of a script. Cost: that of [`attribution`]
/// without the walks over all edges.
pub(crate) fn held_by_code(graph: &Graph, group_of: GroupOf) -> Vec<(String, Held)> {
    let mut owners = Owners::of_code(graph, group_of);
    let (sums, _) = sums(graph, &mut owners);
    let version = |group: u32| match &owners {
        Owners::Code(seeds) | Owners::Packages(seeds) => seeds.versions.get(&group).cloned(),
        Owners::Others(_) => None,
    };
    let held = |group, sum: Sum| {
        Some(Held {
            held_size: sum.held,
            retained_size: sum.retained,
            version: version(group),
            biggest: sum.biggest?,
        })
    };
    let groups = (0u32..).zip(owners.groups().names.iter().zip(sums));
    groups.filter_map(|(at, (name, sum))| Some((name.clone(), held(at, sum)?))).collect()
}

#[derive(Debug, Default)]
struct Sum {
    seed_count: u64,
    held: u64,
    retained: u64,
    biggest: Option<Ordinal>,
    /// Position in the dominator tree up to which the last counted seed of the group reaches.
    covered: u64,
}

impl Sum {
    /// Counts what belongs to the group by itself, and stands in the dominator tree from `at` to `end`.
    fn add(&mut self, graph: &Graph, node: Ordinal, at: u64, end: u64) {
        self.seed_count += 1;
        if at >= self.covered {
            self.retained = self.retained.saturating_add(graph.retained_size(node));
            self.covered = end;
        }
        let is_bigger = |than| graph.retained_size(node) > graph.retained_size(than);
        if self.biggest.is_none_or(is_bigger) {
            self.biggest = Some(node);
        }
    }
}

/// A part of the dominator tree that a group holds.
#[derive(Debug)]
struct Part {
    group: u32,
    /// Position in the tree where it ends.
    end: u64,
    /// Whether an object of a class that is defined elsewhere takes what it dominates: below objects of the runtime's own
    /// classes, as a server that the program hangs its store on, which no code holds.
    passes_on: bool,
}

/// What each group holds, and what none does. The tree is walked in preorder, where what a node dominates follows it.
fn sums(graph: &Graph, owners: &mut Owners) -> (Vec<Sum>, u64) {
    let mut sums: Vec<Sum> = Vec::new();
    sums.resize_with(owners.groups().names.len(), Sum::default);
    let mut open: Vec<Part> = Vec::new();
    let mut unattributed = 0u64;
    for (&node, at) in graph.dominator_preorder().iter().zip(0u64..) {
        let node = Ordinal(node);
        while open.last().is_some_and(|part| part.end <= at) {
            open.pop();
        }
        let mut own = owners.groups().of_node(node);
        let mut passes_on = false;
        if own == NOBODY && open.last().is_none_or(|part| part.passes_on) {
            own = owners.of_class(graph, node, !open.is_empty());
            passes_on = owners.is_of_runtime(own);
        }
        let groups = owners.groups();
        if own != NOBODY {
            let end = at + u64::from(graph.retained_count(node).max(1));
            let owns = open.is_empty() || !groups.is_container(own);
            let goes_on = |part: &Part| (part.group, part.passes_on) == (own, passes_on);
            if owns && !open.last().is_some_and(goes_on) {
                open.push(Part { group: own, end, passes_on });
            }
            if let Some(sum) = sums.get_mut(own as usize) {
                sum.add(graph, node, at, end);
            }
        }
        let holder = match groups.share {
            Share::Dominated => open.last().map_or(NOBODY, |part| part.group),
            Share::Members => own,
        };
        let held = match sums.get_mut(holder as usize) {
            Some(sum) => &mut sum.held,
            None => &mut unattributed,
        };
        *held = held.saturating_add(graph.shallow_size(node));
    }
    (sums, unattributed)
}

/// Bytes of what nothing would keep alive without what belongs to the group by itself.
fn saved(graph: &Graph, flow: &Flow<'_>, groups: &Groups, group: u32) -> u64 {
    let lost = flow.lost_without(|node| groups.of_node(node) == group);
    saturating_sum(lost.map(|node| graph.shallow_size(node)))
}
