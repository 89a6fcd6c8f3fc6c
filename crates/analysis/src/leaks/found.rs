//! From an accumulation point and what it gathers to a suspect with its evidence.

use heapglass_graph::{EdgeType, Graph, Ordinal};

use super::LeakSuspect;
use super::browser;
use super::kind::{Evidence, FINALIZERS, LeakKind, listener_of};
use super::library::{LibraryPattern, known_pattern};
use super::members::Members;
use super::series::{Figures, bytes_per_interval, slows_down};
use crate::attribution::APPLICATION;
use crate::edge::is_identifier;
use crate::object::is_context;
use crate::paths::{own_part_text, way_to};
use crate::source::{Scripts, Source, sources};
use crate::telling::telling_fields;
use crate::{ObjectSummary, RootPath, describe, name_with_original, path_to};

/// What was found to grow.
pub(super) struct Found {
    /// The object that gathers it.
    pub(super) point: Ordinal,
    /// The object that retains it: the same, or one above if others below that hold it too.
    pub(super) retainer: Ordinal,
    /// If that is in many small holders of one shape below it, one of them, and how many they are.
    pub(super) spread: Option<(Ordinal, u64)>,
    /// What it gathers.
    pub(super) members: Option<Members>,
    /// The first link, if what grows is a list, or the root of a tree.
    pub(super) links: Option<Ordinal>,
    /// Whether it is a tree.
    pub(super) is_tree: bool,
    /// How it grew.
    pub(super) series: Vec<Figures>,
    /// Whether that is how its class grew, since no one object holds all of them.
    pub(super) figures_of_class: bool,
}

impl Found {
    /// Objects of a class that grew so, which are gathered at `point` if anywhere.
    pub(super) fn of_class(point: Ordinal, members: Members, series: Vec<Figures>) -> Found {
        Found {
            point,
            retainer: point,
            spread: None,
            members: Some(members),
            links: None,
            is_tree: false,
            series,
            figures_of_class: true,
        }
    }

    /// The suspect, as sure as `confidence` says. Cost: the path.
    pub(super) fn suspect(
        self,
        last: &Graph,
        scripts: &Scripts<'_>,
        confidence: f64,
    ) -> LeakSuspect {
        let Found { point, retainer, spread, members, links, is_tree, series, figures_of_class } =
            self;
        // The entries of a registry of finalizers are linked, which is its own business.
        let links = links.filter(|_| last.class_name(point) != FINALIZERS);
        // What is known of a small holder says what kind of leak it is, and who makes such holders.
        let point = browser::element_of(last, point);
        let (gatherer, places) = spread.unwrap_or((point, 1));
        let member = members.as_ref().and_then(|all| all.samples.first().copied());
        // What a browser makes for a function of the program decides the kind, and the function says whose it is.
        let members = members.map(|members| seen_as_functions(last, members));
        let steps = series.len().saturating_sub(1).max(1) as f64;
        let path = path_to(last, point);
        let below = spread.and_then(|(gatherer, _)| path_to(last, gatherer));
        let path_to_gatherer = below.as_ref().or(path.as_ref());
        let evidence = Evidence {
            graph: last,
            point: gatherer,
            path: path_to_gatherer,
            member,
            links,
            is_tree,
        };
        let plain_kind = evidence.plain_kind();
        let kind = evidence.kind(plain_kind);
        let knowledge = evidence.knowledge(kind);
        let members = match plain_kind {
            LeakKind::Listeners => members.map(|members| seen_as_listeners(last, members)),
            _ => members,
        };
        let above: Vec<Source> =
            sources(scripts, path_to_gatherer, gatherer).map(Source::without_beginning).collect();
        let member = members.as_ref().and_then(|all| all.samples.first().copied());
        let made = member.map(|member| Source::of(scripts, None, made_by(last, member)));
        let way = Way { path: path_to_gatherer, above, gatherer };
        let Attributed { source, library, owner, used_by } =
            way.attributed(made.unwrap_or_default(), plain_kind);
        let place_name = below.as_ref().and_then(place_name);
        let class_name = last.class_name(member.unwrap_or(gatherer)).to_owned();
        let original_class_name =
            last.original_class_name(member.unwrap_or(gatherer)).map(str::to_owned);
        let instance_count = members.as_ref().map_or(0, Members::count);
        // The way to a list goes on to its first link: that names the variable.
        let way = links.filter(|&link| link != point).and_then(|link| path_to(last, link));
        let way = way.as_ref().or(path.as_ref());
        let gathered = Gathered {
            class_name: &class_name,
            original_class_name: original_class_name.as_deref(),
            count: instance_count,
        };
        let Named { line, fingerprint } =
            gathered.named(last, scripts, plain_kind, way.map(|way| (links.unwrap_or(point), way)));
        let samples = members.map(|all| all.samples).unwrap_or_default();
        LeakSuspect {
            kind,
            plain_kind,
            knowledge,
            class_name,
            original_class_name,
            confidence,
            slows_down: slows_down(&series),
            few_objects: false,
            figures_of_class,
            may_be_a_window: false,
            count_per_interval: instance_count as f64 / steps,
            bytes_per_interval: bytes_per_interval(&series),
            series,
            accumulation_point: describe(last, point),
            retainer,
            path,
            line,
            package: source.package().map(str::to_owned),
            used_by,
            places,
            place_name,
            comes_with: Vec::new(),
            library,
            location: source.location,
            script: source.script,
            original: source.original,
            owner,
            telling_fields: member
                .map(|member| telling_fields(last, scripts, member))
                .unwrap_or_default(),
            instances: samples.iter().map(|&node| describe(last, node)).collect(),
            instance_count,
            fingerprint,
        }
    }
}

/// The functions of the program in place of the browser's objects that call them, if all samples are such objects.
fn seen_as_functions(graph: &Graph, members: Members) -> Members {
    let functions: Option<Vec<Ordinal>> =
        members.samples.iter().map(|&node| browser::called_by(graph, node)).collect();
    match functions {
        Some(samples) => Members { samples, ..members },
        None => members,
    }
}

/// The functions in place of the scopes that they share: what is on several lists hangs on neither, and its scope on all.
fn seen_as_listeners(graph: &Graph, members: Members) -> Members {
    let function_of = |&scope: &Ordinal| {
        let is_of_scope = |&from: &Ordinal| {
            let context = graph.edge_named(from, EdgeType::Internal, "context");
            context.is_some_and(|edge| edge.to == scope)
        };
        let is_scope = is_context(graph, scope);
        let above = is_scope.then(|| graph.each_retaining_node(scope).take(FUNCTIONS));
        above.into_iter().flatten().find(is_of_scope)
    };
    let functions: Option<Vec<Ordinal>> = members.samples.iter().map(function_of).collect();
    match functions {
        Some(samples) => Members { samples, ..members },
        None => members,
    }
}

/// What the places are called of which one is at the end of a path: by the field that holds them, or by their class.
pub(super) fn place_name(path: &RootPath) -> Option<String> {
    let [.., above, holder] = path.steps.as_slice() else { return None };
    let class = &holder.object.class_name;
    let is_inner = above.object.class_name.starts_with('(');
    let edge = holder.edge.as_ref().filter(|edge| !is_inner && is_identifier(&edge.name));
    let field = edge.map(|edge| format!("{}.{} : ", above.object.class_name, edge.name));
    Some(format!("{}{class}", field.unwrap_or_default()))
}

/// The way to what gathers a leak.
struct Way<'a> {
    path: Option<&'a RootPath>,
    /// Where what is on it is written, from what gathers upwards.
    above: Vec<Source>,
    gatherer: Ordinal,
}

/// Whose a leak is.
struct Attributed {
    /// Where it is written.
    source: Source,
    library: Option<&'static LibraryPattern>,
    owner: Option<ObjectSummary>,
    used_by: Vec<String>,
}

impl Way<'_> {
    /// Whose the leak of this kind is, of which `member` says where what is held is written.
    fn attributed(self, member: Source, kind: LeakKind) -> Attributed {
        let written = Places { holder: holder(&self.above), member };
        let steps = self.path.map(|path| path.steps.as_slice()).unwrap_or_default();
        let library = known_pattern(steps, &written.packages(kind));
        let owner = owner(&self.above, &written.holder, self.gatherer);
        let source = written.chosen(kind);
        let used_by = users(&self.above, source.package());
        Attributed { source, library, owner, used_by }
    }
}

/// Where what holds a leak is written, and where what is held.
struct Places {
    holder: Source,
    member: Source,
}

impl Places {
    /// The packages that may be the cause.
    fn packages(&self, kind: LeakKind) -> Vec<&str> {
        let by_member = is_forgotten_where_made(kind) || self.holder.script.is_none();
        let member = Some(&self.member).filter(|_| by_member);
        [Some(&self.holder), member].into_iter().flatten().filter_map(Source::package).collect()
    }

    /// Where the leak is written. A listener, a timer or a promise is forgotten where it was made, and anything else
    /// by what holds it.
    fn chosen(self, kind: LeakKind) -> Source {
        // What is of a class of a general container's, as a stream of Node's own as a package, was made by somebody else.
        let is_of_container =
            self.member.package().is_some_and(|package| CONTAINERS.contains(&package));
        let is_holder_known = self.holder.script.is_some();
        let by_member = is_forgotten_where_made(kind) && !(is_of_container && is_holder_known);
        let (first, second) = match by_member {
            true => (self.member, self.holder),
            false => (self.holder, self.member),
        };
        // Of a module only the file is known: a place in the same file says more, and in the same package where the owner is
        // not known by its name.
        let is_same_package = first.package().is_some() && first.package() == second.package();
        let is_same = first.file() == second.file() || !first.is_variable() && is_same_package;
        let is_better = second.location.is_some() && (first.script.is_none() || is_same);
        let is_placed = first.location.is_some() || first.original.is_some();
        if is_placed || first.script.is_some() && !is_better { first } else { second }
    }
}

fn is_forgotten_where_made(kind: LeakKind) -> bool {
    matches!(
        kind,
        LeakKind::Listeners
            | LeakKind::Timers
            | LeakKind::Observers
            | LeakKind::Promises
            | LeakKind::AsyncContext
    )
}

/// What holds a scope is looked at up to this number.
const FUNCTIONS: usize = 64;
/// Steps from a timer to the function that a program gave it.
const CALLBACK: usize = 4;

/// Entries of a table of events that are looked at.
const EVENTS: usize = 64;

/// The first listener of an `EventTarget` of Node.js, in the list of one of its events.
fn first_listener(graph: &Graph, target: Ordinal) -> Option<Ordinal> {
    let to = |from, edge_type, name| graph.edge_named(from, edge_type, name).map(|edge| edge.to);
    let events = to(target, EdgeType::Property, "<symbol kEvents>")?;
    let table = to(events, EdgeType::Internal, "table")?;
    let mut lists = graph.edges(table).take(EVENTS).map(|edge| edge.to);
    lists.find_map(|list| to(list, EdgeType::Property, "next"))
}

/// The function of the program that a timer or a listener calls, or the first listener of a signal, without what Node.js or
/// `bind` put around it; anything else itself.
fn made_by(graph: &Graph, member: Ordinal) -> Ordinal {
    let inner = |node: Ordinal| {
        let property = |name| graph.edge_named(node, EdgeType::Property, name);
        let edge = match graph.class_name(node) {
            "AbortSignal" | "EventTarget" => return first_listener(graph, node),
            "Timeout" => property("_onTimeout"),
            "Immediate" => property("_onImmediate"),
            "Listener" => property("listener").or_else(|| property("callback")),
            // Of eventemitter3.
            "EE" => property("fn"),
            _ => match listener_of(graph, node) {
                Some(listener) => return Some(listener),
                None => graph.edge_named(node, EdgeType::Internal, "bound_function"),
            },
        };
        edge.map(|edge| edge.to)
    };
    let way = std::iter::successors(Some(member), |&node| inner(node)).take(CALLBACK);
    way.last().unwrap_or(member)
}

/// Packages of general containers: what is in them is their user's.
const CONTAINERS: &[&str] = &[
    "bintrees",
    "denque",
    "double-ended-queue",
    "fastq",
    "functional-red-black-tree",
    "heap",
    "immutable",
    "js-priority-queue",
    "linked-list",
    "lru-cache",
    "quick-lru",
    // Node's own streams as a package: what is in their buffers is of who writes.
    "readable-stream",
    "tiny-lru",
    "yallist",
];

/// Of the places upwards from what holds a leak the nearest; of a general container that another package uses that
/// package.
fn holder(above: &[Source]) -> Source {
    let is_container =
        |source: &&Source| source.package().is_some_and(|package| CONTAINERS.contains(&package));
    let user = || {
        let mut known = above.iter().filter(|source| source.script.is_some());
        known.find(|source| !is_container(source)).filter(|user| user.package().is_some())
    };
    let nearest = above.first();
    let chosen = if nearest.is_some_and(|nearest| is_container(&nearest)) {
        user().or(nearest)
    } else {
        nearest
    };
    chosen.cloned().unwrap_or_default()
}

/// Who owns what gathers: the holder, or if that is what gathers itself, as a class that extends Map, the next one above.
fn owner(above: &[Source], holder: &Source, gatherer: Ordinal) -> Option<ObjectSummary> {
    let is_other = |owner: &&ObjectSummary| owner.ordinal != gatherer;
    let known = holder.owner.as_ref().filter(is_other);
    let next = || above.iter().filter_map(|source| source.owner.as_ref()).find(is_other);
    known.or_else(next).or(holder.owner.as_ref()).cloned()
}

/// Users that are named.
const MOST_USERS: usize = 4;

/// Whose code uses the package, from it upwards, each once; nobody's if it is not on the way.
fn users(above: &[Source], package: Option<&str>) -> Vec<String> {
    let Some(package) = package else { return Vec::new() };
    let Some(own) = above.iter().position(|source| source.package() == Some(package)) else {
        return Vec::new();
    };
    let mut users: Vec<String> = Vec::new();
    for source in above.iter().skip(own).filter(|source| source.script.is_some()) {
        let user = source.package().unwrap_or(APPLICATION);
        if user != package && !users.iter().any(|known| known == user) {
            users.push(user.to_owned());
        }
    }
    users.truncate(MOST_USERS);
    users
}

/// What a leak gathers.
pub(super) struct Gathered<'a> {
    /// Its class, or that of the object that gathers.
    pub(super) class_name: &'a str,
    /// What the class was called before a minifier gave it that name.
    pub(super) original_class_name: Option<&'a str>,
    /// How many objects.
    pub(super) count: u64,
}

/// A leak in words, and what it is found again by.
pub(super) struct Named {
    pub(super) line: String,
    pub(super) fingerprint: String,
}

impl Gathered<'_> {
    /// The leak that gathers this at the end of a way, which leads to a node; `kind` is the plain one.
    pub(super) fn named(
        &self,
        graph: &Graph,
        scripts: &Scripts<'_>,
        kind: LeakKind,
        way: Option<(Ordinal, &RootPath)>,
    ) -> Named {
        let plain = way.and_then(|(node, _)| plain_text(graph, scripts, node));
        let fingerprint = fingerprint(kind, self.class_name, &plain.unwrap_or_default());
        let mut line = way.map(|(_, way)| way.text.clone()).unwrap_or_default();
        if self.count > 0 {
            let class_name = name_with_original(self.class_name, self.original_class_name);
            line.push_str(&format!(" → [{} × {class_name}]", self.count));
        }
        Named { line, fingerprint }
    }
}

/// The program's part of the path to a node in words as it is without source maps, which fingerprints are made of.
fn plain_text(graph: &Graph, scripts: &Scripts<'_>, node: Ordinal) -> Option<String> {
    let edges = way_to(graph, node)?;
    let plain = graph.originals().map(|_| graph.without_originals());
    Some(own_part_text(plain.as_ref().unwrap_or(graph), scripts, &edges, node))
}

/// A number made of names: digits, which are mostly ids and counts, are left out.
fn fingerprint(kind: LeakKind, class_name: &str, line: &str) -> String {
    let names = format!("{kind:?}\0{class_name}\0{line}");
    let names: String = names.chars().filter(|char| !char.is_ascii_digit()).collect();
    format!("{:016x}", xxhash_rust::xxh3::xxh3_64(names.as_bytes()))
}
