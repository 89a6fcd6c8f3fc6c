//! Leaks: what goes on growing from snapshot to snapshot of one process, and who holds it.
//!
//! The way, from the data to the answer, is in docs/design/leaks.md.

mod alike;
mod before;
mod below;
mod browser;
mod cohorts;
mod controlled;
mod dominated;
mod field_owner;
mod followed;
mod found;
mod goes_on;
mod groups;
mod growth;
mod held;
mod index;
mod kind;
mod library;
mod loading;
mod members;
mod native;
mod outside;
mod parts;
mod points;
mod series;
mod settled;
mod together;

use std::cmp::Reverse;

use heapglass_graph::{Graph, IdIndex, Location, Ordinal, Original};

use crate::align::is_one_program;
use crate::compare::relation;
use crate::roles::is_nobody;
use crate::source::Scripts;
use crate::{ObjectSummary, RootPath, TellingField};
use before::Before;
use cohorts::Cohorts;
use field_owner::owner_by_field;
use followed::Followed;
use growth::Growth;

pub use controlled::controlled_leaks;
pub use followed::FollowedBy;
pub use kind::{Knowledge, LeakKind};
pub use library::LibraryPattern;
pub use outside::outside_growth;
pub use series::Figures;

/// What is looked for.
#[derive(Debug, Clone)]
pub struct LeakOptions {
    /// Growth that goes on by less than this, in bytes for each interval, is not looked at.
    pub least_bytes: u64,
    /// Groups of fewer objects for each interval are not looked at, unless they are large.
    pub least_objects: u64,
    /// At most this many suspects.
    pub limit: usize,
}

impl Default for LeakOptions {
    fn default() -> Self {
        LeakOptions { least_bytes: 1024, least_objects: 3, limit: 10 }
    }
}

/// Whether there is a leak.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeakVerdict {
    /// Something grew in every interval, in the last one as before.
    Leak,
    /// Something grew, and may go on: unevenly, or more slowly in the end; or, of two snapshots, it kept what it had before
    /// and is most of what the heap gained.
    Probable,
    /// Nothing goes on growing.
    NoLeak,
    /// There is growth, and too few snapshots to tell it from warming up; or the snapshots are not
    /// of one process.
    NotEnoughData,
}

/// What the comparison over time says.
#[derive(Debug, Clone)]
pub struct LeakReport {
    /// The verdict.
    pub verdict: LeakVerdict,
    /// For each snapshot, in the order of time, its position among those that were given.
    pub order: Vec<usize>,
    /// Whether they all are of one process.
    pub is_one_process: bool,
    /// How objects were followed; `None` if they could not be.
    pub followed_by: Option<FollowedBy>,
    /// For each snapshot, in the order of time, its total in bytes.
    pub totals: Vec<u64>,
    /// The same for what V8 knows of as allocated outside and no object of the snapshot has; a part of `totals`.
    pub extra_native: Vec<u64>,
    /// What grows, the most certain and largest first. Objects are those of the last snapshot.
    pub suspects: Vec<LeakSuspect>,
}

/// One thing that grows.
#[derive(Debug, Clone)]
pub struct LeakSuspect {
    /// What kind of leak it is.
    pub kind: LeakKind,
    /// What kind it is by its structure alone, whatever keeps it.
    pub(crate) plain_kind: LeakKind,
    /// What is known of leaks like this.
    pub knowledge: Option<&'static Knowledge>,
    /// Class of what grows in number; of what grows in size where nothing grows in number.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    pub original_class_name: Option<String>,
    /// How sure it is that the growth goes on, 0 to 1.
    pub confidence: f64,
    /// Whether it grew clearly less in the last interval than in the one before, as what fills up does.
    pub slows_down: bool,
    /// Whether it is known by what few large objects hold, one or two in an interval, of three snapshots.
    pub few_objects: bool,
    /// Whether the series is that of the class, since no one object holds all of them.
    pub figures_of_class: bool,
    /// Whether a window that is not full yet would look the same; few objects or not.
    pub(crate) may_be_a_window: bool,
    /// New objects of the class that stay, for each interval.
    pub count_per_interval: f64,
    /// Growth in bytes for each interval.
    pub bytes_per_interval: f64,
    /// The figures of what holds them, in each snapshot; zeros where it was not there yet.
    pub series: Vec<Figures>,
    /// The object that gathers them.
    pub accumulation_point: ObjectSummary,
    /// The object that retains them: the same, or one above if others below that hold them too.
    pub(crate) retainer: Ordinal,
    /// The nearest object on the way up that the program made; for a variable at the top of a module the scope it is in,
    /// with the variable in its label.
    pub owner: Option<ObjectSummary>,
    /// The way from a root to the accumulation point.
    pub path: Option<RootPath>,
    /// The same as one line, with what is gathered at its end.
    pub line: String,
    /// Where what holds the leak is written, or of listeners, timers and promises what was forgotten; 0-based.
    pub location: Option<Location>,
    /// Name of the script of `location`; without one the file of the module that it hangs on.
    pub script: Option<String>,
    /// Where that was written before a bundler moved it, if a source map says so.
    pub original: Option<Original>,
    /// The npm package of the script, if it is of one.
    pub package: Option<String>,
    /// Whose code holds the package's on the way: other packages, `(application)`; nearest first, each once.
    pub used_by: Vec<String>,
    /// Some of what is gathered, the youngest first.
    pub instances: Vec<ObjectSummary>,
    /// The fields of the youngest of them that tell most of it.
    pub telling_fields: Vec<TellingField>,
    /// Number of all young objects of the class that are gathered there.
    pub instance_count: u64,
    /// Number of places of the same kind that it is gathered in, below the accumulation point if there are more than one.
    pub places: u64,
    /// What such a place is called if there are more than one, as `User.events : Array`.
    pub place_name: Option<String>,
    /// Classes of objects that come with these and hold them, are held by them or are referred to weakly, and that nothing
    /// else of the program gathers. Their bytes are not counted here where figures are those of a class. Largest first.
    pub comes_with: Vec<Companion>,
    /// What is known of this place in its package.
    pub library: Option<&'static LibraryPattern>,
    /// The same for the same leak in another run: made of names, not of ids.
    pub fingerprint: String,
}

/// Objects that come with those of a suspect: the same leak, seen from them.
#[derive(Debug, Clone, PartialEq)]
pub struct Companion {
    /// Their class.
    pub class_name: String,
    /// Growth in bytes for each interval.
    pub bytes_per_interval: f64,
    /// What they would be known by as a suspect of their own.
    pub fingerprint: String,
}

impl LeakSuspect {
    /// The file that `location` was written in, as far as that is known.
    pub fn file(&self) -> Option<&str> {
        self.original.as_ref().map(|original| &*original.file).or(self.script.as_deref())
    }

    /// Whether it is the leak with this fingerprint, or that one comes with it: which of them a leak is told by may differ from
    /// run to run.
    pub fn is_known_by(&self, fingerprint: &str) -> bool {
        self.fingerprint == fingerprint
            || self.comes_with.iter().any(|other| other.fingerprint == fingerprint)
    }

    /// The same with the growth of these figures.
    fn with_series(self, series: Vec<Figures>) -> LeakSuspect {
        let bytes_per_interval = series::bytes_per_interval(&series);
        LeakSuspect { series, bytes_per_interval, ..self }
    }

    /// Adds the bytes of another suspect that is a part of this one. The larger part says how sure it is.
    fn absorb(&mut self, part: &LeakSuspect) {
        if part.bytes_per_interval > self.bytes_per_interval {
            self.confidence = self.confidence.max(part.confidence);
        }
        self.bytes_per_interval += part.bytes_per_interval;
        for (sum, figures) in self.series.iter_mut().zip(&part.series) {
            sum.retained_count = sum.retained_count.saturating_add(figures.retained_count);
            sum.retained_size = sum.retained_size.saturating_add(figures.retained_size);
        }
        self.slows_down = series::slows_down(&self.series);
        if self.slows_down {
            self.confidence = self.confidence.min(points::UNSURE);
        }
    }

    /// Names a suspect that is the same leak, seen from objects that come with these. The surer one says how sure it is.
    fn add_companion(&mut self, companion: LeakSuspect) {
        self.confidence = self.confidence.max(companion.confidence);
        self.slows_down &= companion.slows_down;
        self.few_objects &= companion.few_objects;
        // Figures of two classes may have objects in common.
        if !self.figures_of_class && !companion.figures_of_class {
            self.absorb(&companion);
        }
        self.comes_with.push(Companion {
            class_name: companion.class_name,
            bytes_per_interval: companion.bytes_per_interval,
            fingerprint: companion.fingerprint,
        });
        // It may have been told with others itself.
        self.comes_with.extend(companion.comes_with);
        self.comes_with.sort_by(|a, b| b.bytes_per_interval.total_cmp(&a.bytes_per_interval));
    }

    /// Whether the place is known that what holds the leak is written in, and not its file alone.
    fn is_placed(&self) -> bool {
        self.location.is_some() || self.original.is_some()
    }

    /// Whether the growth is sure enough to be called a leak without "probably".
    pub fn is_certain(&self) -> bool {
        self.confidence >= CERTAIN
    }
}

/// Confidence, at most, in growth of objects that were followed by their places.
const BY_PLACES: f64 = 0.7;

/// Confidence from which on a suspect is a leak.
const CERTAIN: f64 = 0.8;

/// Finds what goes on growing. The snapshots may be in any order: ids only rise within a process,
/// and so say which is the latest. If they are not of one process by their ids, but of one program, they are taken to be in the
/// order of time, and objects are followed by their places in the heap.
///
/// Cost: a pass over the ids of all snapshots, a few over the nodes of the last one, and the paths
/// of the suspects. Memory: 4 bytes for each id of every snapshot, 17 for each node of the last. By places: the edges of all
/// snapshots, twice.
pub fn leaks(snapshots: &[Graph], options: &LeakOptions) -> LeakReport {
    let mut order: Vec<usize> = (0..snapshots.len()).collect();
    order.sort_by_key(|&at| snapshots.get(at).map(|graph| graph.overview().info.max_js_object_id));
    let in_this = |order: &[usize]| -> Vec<Graph> {
        order.iter().filter_map(|&at| snapshots.get(at)).cloned().collect()
    };
    let mut in_order = in_this(&order);
    let indexes: Vec<IdIndex> = in_order.iter().map(IdIndex::of).collect();
    let is_one_process = in_order
        .windows(2)
        .zip(&indexes)
        .all(|(pair, ids)| matches!(pair, [a, b] if relation(a, b, ids).is_one_process()));
    if !is_one_process {
        order = (0..snapshots.len()).collect();
        in_order = in_this(&order);
    }
    let followed = match is_one_process {
        _ if in_order.len() < 2 => None,
        true => Some((FollowedBy::Ids, Followed::Ids(indexes))),
        false if in_order.windows(2).all(|pair| matches!(pair, [a, b] if is_one_program(a, b))) => {
            Some((FollowedBy::Places, Followed::by_places(&in_order)))
        }
        false => None,
    };
    let totals = in_order.iter().map(|graph| graph.overview().info.total_size).collect();
    let extra_native =
        in_order.iter().map(|graph| graph.overview().info.extra_native_bytes).collect();
    let mut report = LeakReport {
        verdict: LeakVerdict::NotEnoughData,
        order,
        is_one_process,
        followed_by: followed.as_ref().map(|(by, _)| *by),
        totals,
        extra_native,
        suspects: Vec::new(),
    };
    if let Some((by, followed)) = &followed {
        report.suspects = suspects(&in_order, followed, options);
        if *by == FollowedBy::Places {
            for suspect in &mut report.suspects {
                suspect.confidence = suspect.confidence.min(BY_PLACES);
            }
        }
        report.verdict = verdict(&report.suspects, in_order.len());
        report.suspects.truncate(options.limit);
    }
    report
}

fn suspects(snapshots: &[Graph], followed: &Followed, options: &LeakOptions) -> Vec<LeakSuspect> {
    let cohorts = Cohorts::of(snapshots, followed);
    let growth = Growth::of(snapshots, followed, &cohorts);
    let Some(last) = snapshots.last() else { return Vec::new() };
    let scripts = Scripts::of(last);
    let history =
        points::History { snapshots, followed, cohorts: &cohorts, growth: &growth, scripts };
    let mut suspects = history.suspects(options);
    match snapshots.len() {
        ..3 => sort_by_before(last, &history, &mut suspects),
        _ => suspects.sort_by_cached_key(|suspect| {
            let bytes = suspect.bytes_per_interval as u64;
            Reverse((suspect.is_certain(), is_held(last, suspect), bytes))
        }),
    }
    for suspect in suspects.iter_mut().filter(|suspect| suspect.owner.is_none()) {
        suspect.owner = owner_by_field(last, suspect);
    }
    suspects
}

/// Whether an object of the program is known to gather it, and not a global one alone.
fn is_held(graph: &Graph, suspect: &LeakSuspect) -> bool {
    !is_nobody(graph, suspect.accumulation_point.ordinal)
}

/// The order of what grew between two snapshots, without what turned over: what goes on from before first.
fn sort_by_before(last: &Graph, history: &points::History<'_>, suspects: &mut Vec<LeakSuspect>) {
    let found = std::mem::take(suspects);
    let beside = |suspect: LeakSuspect| (history.before(&suspect), suspect);
    let mut dated: Vec<(Before, LeakSuspect)> = found.into_iter().map(beside).collect();
    dated.retain(|(before, _)| *before != Before::TurnedOver);
    dated.sort_by_cached_key(|(before, suspect)| {
        Reverse((is_held(last, suspect), *before, suspect.weighed_bytes() as u64))
    });
    suspects.extend(dated.into_iter().map(|(_, suspect)| suspect));
    let bytes = suspects.iter().map(|suspect| suspect.bytes_per_interval).sum();
    if let Some(first) = suspects.first_mut()
        && history.is_most_of_growth(first, bytes)
    {
        first.make_probable();
    }
}

fn verdict(suspects: &[LeakSuspect], snapshots: usize) -> LeakVerdict {
    if suspects.is_empty() {
        LeakVerdict::NoLeak
    } else if snapshots < 3 && suspects.iter().all(|suspect| suspect.confidence < points::UNSURE) {
        LeakVerdict::NotEnoughData
    } else if suspects.iter().any(LeakSuspect::is_certain) {
        LeakVerdict::Leak
    } else {
        LeakVerdict::Probable
    }
}
