//! The figures of DevTools, computed slowly from their definitions: nothing here shares code with
//! the engine, and nothing is clever.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};

use regex::Regex;
use serde_json::Value;

pub(crate) const NO_DISTANCE: i32 = -5;
pub(crate) const SYSTEM_DISTANCE: i32 = 100_000_000;

#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) id: u64,
    pub(crate) self_size: u64,
    /// 0 unknown, 1 attached, 2 detached.
    pub(crate) state: u64,
    pub(crate) edges: Vec<Edge>,
}

#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) kind: String,
    /// Of edges that are named by a string.
    pub(crate) name: Option<String>,
    /// Of the others.
    pub(crate) index: u64,
    pub(crate) to: usize,
}

impl Edge {
    fn is_strong(&self) -> bool {
        self.kind != "weak"
    }
}

/// A snapshot, and what is said of it.
#[derive(Debug)]
pub(crate) struct Twin {
    pub(crate) nodes: Vec<Node>,
    root: usize,
    locations: HashMap<usize, [u64; 3]>,
    extra_native_bytes: u64,
    has_states: bool,
    pub(crate) distances: Vec<i32>,
    pub(crate) shallow: Vec<u64>,
    pub(crate) dominators: Vec<usize>,
    pub(crate) retained: Vec<u64>,
    pub(crate) class_names: Vec<String>,
}

/// A row of the Summary view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row {
    pub(crate) class_name: String,
    pub(crate) count: u64,
    pub(crate) distance: i32,
    pub(crate) shallow: u64,
    pub(crate) retained: u64,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Pie {
    pub(crate) total: i128,
    pub(crate) code: i128,
    pub(crate) strings: i128,
    pub(crate) js_arrays: i128,
    pub(crate) typed_arrays: i128,
    pub(crate) system: i128,
    pub(crate) other_js: i128,
    pub(crate) other_native: i128,
}

impl Twin {
    pub(crate) fn new(snapshot: &[u8]) -> Twin {
        let mut twin = Twin::read(snapshot);
        twin.spread_states();
        twin.distances = twin.find_distances();
        twin.shallow = twin.move_sizes();
        twin.dominators = twin.find_dominators();
        twin.retained = (0..twin.nodes.len()).map(|node| twin.retained_by(node)).collect();
        twin.class_names = twin.name_classes();
        twin
    }

    fn read(snapshot: &[u8]) -> Twin {
        let json: Value = serde_json::from_slice(snapshot).unwrap();
        let meta = &json["snapshot"]["meta"];
        let numbers = |section: &str| -> Vec<u64> {
            let list = json[section].as_array().unwrap();
            list.iter().map(|value| value.as_u64().unwrap()).collect()
        };
        let place = |list: &str, field: &str| -> Option<usize> {
            meta[list].as_array().unwrap().iter().position(|f| f == field)
        };
        let width = |list: &str| meta[list].as_array().unwrap().len();
        let strings = json["strings"].as_array().unwrap();
        let string = |index: u64| strings[index as usize].as_str().unwrap().to_owned();
        let kind = |list: &str, raw: u64| {
            meta[list][0][raw as usize].as_str().unwrap_or("unknown").to_owned()
        };
        let node_width = width("node_fields");
        let node_field = |name: &str| place("node_fields", name);
        let edge_field = |name: &str| place("edge_fields", name).unwrap();
        let edge_rows = numbers("edges");
        let mut edges = edge_rows.chunks(width("edge_fields")).map(|row| {
            let kind = kind("edge_types", row[edge_field("type")]);
            let index = row[edge_field("name_or_index")];
            let named = kind != "element" && kind != "hidden";
            let to = row[edge_field("to_node")] as usize / node_width;
            Edge { kind, name: named.then(|| string(index)), index, to }
        });
        let node_rows = numbers("nodes");
        let nodes = node_rows.chunks(node_width).map(|row| {
            let field = |name: &str| node_field(name).map(|at| row[at]);
            Node {
                kind: kind("node_types", field("type").unwrap()),
                name: string(field("name").unwrap()),
                id: field("id").unwrap(),
                self_size: field("self_size").unwrap(),
                state: field("detachedness").unwrap_or(0),
                edges: edges.by_ref().take(field("edge_count").unwrap() as usize).collect(),
            }
        });
        let nodes: Vec<Node> = nodes.collect();
        let locations = numbers("locations");
        let locations = locations
            .chunks(4)
            .map(|row| (row[0] as usize / node_width, [row[1], row[2], row[3]]))
            .collect();
        Twin {
            root: json["snapshot"]["root_index"].as_u64().unwrap_or(0) as usize / node_width,
            extra_native_bytes: json["snapshot"]["extra_native_bytes"].as_u64().unwrap_or(0),
            has_states: node_field("detachedness").is_some(),
            nodes,
            locations,
            distances: Vec::new(),
            shallow: Vec::new(),
            dominators: Vec::new(),
            retained: Vec::new(),
            class_names: Vec::new(),
        }
    }

    /// All edges as source and edge.
    fn edges(&self) -> impl Iterator<Item = (usize, &Edge)> {
        self.nodes.iter().enumerate().flat_map(|(from, n)| n.edges.iter().map(move |e| (from, e)))
    }

    /// Attached and detached spread over native nodes; attached wins. Nodes that say of
    /// themselves what they are stay so.
    fn spread_states(&mut self) {
        if !self.has_states {
            for node in &mut self.nodes {
                if node.kind == "native" && node.name.starts_with("Detached ") {
                    node.state = 2;
                }
            }
            return;
        }
        let given: Vec<bool> = self.nodes.iter().map(|node| node.state != 0).collect();
        for state in [1, 2] {
            loop {
                let next = self.edges().find_map(|(from, edge)| {
                    let source = &self.nodes[from];
                    let target = &self.nodes[edge.to];
                    let spreads = source.kind == "native" && source.state == state;
                    let reached = edge.kind != "weak" && edge.kind != "hidden";
                    let takes = target.kind == "native" && target.state == 0 && !given[edge.to];
                    (spreads && reached && takes).then_some(edge.to)
                });
                match next {
                    Some(node) => self.nodes[node].state = state,
                    None => break,
                }
            }
        }
        for node in self.nodes.iter_mut().filter(|n| n.kind == "native" && n.state == 2) {
            node.name = format!("Detached {}", node.name);
        }
    }

    fn is_document_trees(&self, node: usize) -> bool {
        let node = &self.nodes[node];
        node.kind == "synthetic" && node.name == "(Document DOM trees)"
    }

    fn user_roots(&self) -> Vec<usize> {
        let children = self.nodes[self.root].edges.iter().map(|edge| edge.to);
        children
            .filter(|&c| self.nodes[c].kind != "synthetic" || self.is_document_trees(c))
            .collect()
    }

    /// What a WeakMap's edge name says: the part that both edges share, and the table's id.
    fn weak_map(edge: &Edge) -> Option<(String, u64)> {
        thread_local! {
            static PATTERN: Regex = Regex::new(
                r"^[0-9]+( / part of key \(.*? @[0-9]+\) -> value \(.*? @[0-9]+\) pair in WeakMap \(table @([0-9]+)\))$",
            )
            .unwrap();
        }
        let name = edge.name.as_ref().filter(|_| edge.kind == "internal")?;
        let captures = PATTERN.with(|pattern| pattern.captures(name))?;
        Some((captures[1].to_owned(), captures[2].parse().unwrap()))
    }

    fn find_distances(&self) -> Vec<i32> {
        let mut distances = vec![NO_DISTANCE; self.nodes.len()];
        let mut pending = HashSet::new();
        let roots = self.user_roots();
        for &root in &roots {
            distances[root] = 1;
        }
        self.breadth_first(roots.iter().copied().collect(), &mut distances, &mut pending);
        distances[self.root] = if roots.is_empty() { 0 } else { SYSTEM_DISTANCE };
        self.breadth_first(VecDeque::from([self.root]), &mut distances, &mut pending);
        distances
    }

    fn breadth_first(
        &self,
        mut queue: VecDeque<usize>,
        distances: &mut [i32],
        pending: &mut HashSet<String>,
    ) {
        while let Some(from) = queue.pop_front() {
            for edge in self.nodes[from].edges.iter().filter(|edge| edge.is_strong()) {
                if distances[edge.to] == NO_DISTANCE && self.follows(from, edge, pending) {
                    distances[edge.to] = distances[from] + 1;
                    queue.push_back(edge.to);
                }
            }
        }
    }

    fn follows(&self, from: usize, edge: &Edge, pending: &mut HashSet<String>) -> bool {
        let source = &self.nodes[from];
        let is_function_map = edge.name.as_deref() == Some("sloppy_function_map");
        if source.kind == "hidden" && source.name == "system / NativeContext" && is_function_map {
            return false;
        }
        if source.kind == "array" && source.name == "(map descriptors)" {
            let named = edge.name.as_ref().map(|name| {
                let digits = name.bytes().take_while(u8::is_ascii_digit).count();
                name[..digits].parse().ok()
            });
            let index: Option<u64> = named.unwrap_or(Some(edge.index));
            return index.is_none_or(|index| index < 2 || index % 3 != 1);
        }
        match Twin::weak_map(edge) {
            // The first of a pair is passed over, the second counts.
            Some((shared, _)) => pending.remove(&shared) || !pending.insert(shared),
            None => true,
        }
    }

    fn move_sizes(&self) -> Vec<u64> {
        let mut sizes: Vec<u64> = self.nodes.iter().map(|node| node.self_size).collect();
        if self.user_roots().is_empty() {
            return sizes;
        }
        let is_owned_kind = |node: &Node| {
            matches!(&*node.kind, "hidden" | "array")
                || node.kind == "native" && node.name == "system / ExternalStringData"
        };
        // Every node owns what it reaches through such nodes alone.
        let mut owners = vec![HashSet::new(); self.nodes.len()];
        for owner in (0..self.nodes.len()).filter(|&node| !is_owned_kind(&self.nodes[node])) {
            let mut waiting = vec![owner];
            while let Some(node) = waiting.pop() {
                for edge in self.nodes[node].edges.iter().filter(|edge| edge.is_strong()) {
                    if is_owned_kind(&self.nodes[edge.to]) && owners[edge.to].insert(owner) {
                        waiting.push(edge.to);
                    }
                }
            }
        }
        for (node, owners) in owners.iter().enumerate() {
            let mut owners = owners.iter();
            if let (Some(&owner), None) = (owners.next(), owners.next())
                && self.nodes[owner].kind != "synthetic"
                && owner != self.root
            {
                let size = std::mem::take(&mut sizes[node]);
                sizes[owner] = sizes[owner].saturating_add(size);
            }
        }
        sizes
    }

    /// What windows and document trees reach over edges that are not weak.
    fn page_owned(&self) -> Vec<bool> {
        let mut owned = vec![false; self.nodes.len()];
        let starts = self.nodes[self.root].edges.iter().filter(|edge| {
            edge.kind == "shortcut" || edge.kind == "element" && self.is_document_trees(edge.to)
        });
        let mut waiting: Vec<usize> = starts.map(|edge| edge.to).collect();
        while let Some(node) = waiting.pop() {
            if !std::mem::replace(&mut owned[node], true) {
                let strong = self.nodes[node].edges.iter().filter(|edge| edge.is_strong());
                waiting.extend(strong.map(|edge| edge.to));
            }
        }
        owned
    }

    /// The edges that hold something: source and target.
    fn essential(&self) -> Vec<(usize, usize)> {
        let page = self.page_owned();
        let holds = |&(from, edge): &(usize, &Edge)| {
            let from_root = from == self.root;
            let is_table =
                Twin::weak_map(edge).is_some_and(|(_, table)| table == self.nodes[from].id);
            !is_table
                && edge.is_strong()
                && from != edge.to
                && (from_root || edge.kind != "shortcut")
                && (from_root || page[from] || !page[edge.to])
        };
        self.edges().filter(holds).map(|(from, edge)| (from, edge.to)).collect()
    }

    fn find_dominators(&self) -> Vec<usize> {
        let count = self.nodes.len();
        let mut targets = vec![Vec::new(); count];
        let mut held = vec![false; count];
        for (from, to) in self.essential() {
            targets[from].push(to);
            held[to] = true;
        }
        // The root holds what nothing else holds.
        let mut starts: Vec<usize> = (0..count).filter(|&node| !held[node]).collect();
        starts.push(self.root);
        let reached_without = |removed: Option<usize>| {
            let mut seen = vec![false; count];
            let mut waiting = starts.clone();
            while let Some(node) = waiting.pop() {
                if Some(node) != removed && !std::mem::replace(&mut seen[node], true) {
                    waiting.extend(&targets[node]);
                }
            }
            seen
        };
        let reached = reached_without(None);
        let without: Vec<Vec<bool>> = (0..count).map(|node| reached_without(Some(node))).collect();
        let dominates = |v: usize, w: usize| v == w || v == self.root || !without[v][w];
        (0..count)
            .map(|w| {
                // Nodes that hold only each other hang on the root.
                if !reached[w] || w == self.root {
                    return self.root;
                }
                let strict: Vec<usize> =
                    (0..count).filter(|&v| v != w && reached[v] && dominates(v, w)).collect();
                let nearest = |&&v: &&usize| strict.iter().all(|&other| dominates(other, v));
                *strict.iter().find(nearest).unwrap()
            })
            .collect()
    }

    /// Whether `ancestor` is `node` or above it in the dominator tree.
    fn is_below(&self, mut node: usize, ancestor: usize) -> bool {
        while node != ancestor && node != self.root {
            node = self.dominators[node];
        }
        node == ancestor
    }

    fn retained_by(&self, node: usize) -> u64 {
        let below = (0..self.nodes.len()).filter(|&other| self.is_below(other, node));
        below.fold(0, |sum: u64, other| sum.saturating_add(self.shallow[other]))
    }

    fn is_plain(&self, node: usize) -> bool {
        self.nodes[node].kind == "object" && self.nodes[node].name == "Object"
    }

    fn properties(&self, node: usize) -> Vec<&str> {
        let edges = self.nodes[node].edges.iter().filter(|edge| edge.kind == "property");
        edges.filter_map(|edge| edge.name.as_deref()).collect()
    }

    /// Interfaces as name and sorted properties, best first.
    fn interfaces(&self) -> Vec<(String, Vec<&str>)> {
        let plain: Vec<usize> = (0..self.nodes.len()).filter(|&node| self.is_plain(node)).collect();
        let mut candidates: Vec<(String, Vec<&str>, usize)> = Vec::new();
        for &node in &plain {
            let mut name = "{".to_owned();
            let mut used = Vec::new();
            for property in self.properties(node).into_iter().filter(|&p| p != "__proto__") {
                let odd = property.contains([',', '\'', '"', '{', '}']);
                let shown =
                    if odd { Value::from(property).to_string() } else { property.to_owned() };
                let length = |text: &str| text.encode_utf16().count();
                if length(&name) > 1 && length(&name) + length(&shown) > 120 {
                    break;
                }
                if length(&name) > 1 {
                    name += ", ";
                }
                name += &shown;
                used.push(property);
            }
            if used.is_empty() {
                continue;
            }
            name += "}";
            match candidates.iter_mut().find(|candidate| candidate.0 == name) {
                Some(candidate) => candidate.2 += 1,
                None => candidates.push((name, used, 1)),
            }
        }
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.2));
        candidates.retain(|c| c.2 >= 2 && c.2 as f64 >= plain.len() as f64 / 1000.0);
        candidates
            .into_iter()
            .map(|(name, mut used, _)| {
                used.sort_unstable();
                (name, used)
            })
            .collect()
    }

    fn name_classes(&self) -> Vec<String> {
        let interfaces = self.interfaces();
        let fitting = |node: usize| {
            let mut best: Option<&(String, Vec<&str>)> = None;
            for interface in &interfaces {
                let mut left = self.properties(node);
                let fits = interface.1.iter().all(|wanted| {
                    let found = left.iter().position(|have| have == wanted);
                    found.map(|at| left.swap_remove(at)).is_some()
                });
                if fits && best.is_none_or(|best| interface.1.len() > best.1.len()) {
                    best = Some(interface);
                }
            }
            best.map_or("Object".to_owned(), |best| best.0.clone())
        };
        (0..self.nodes.len())
            .map(|at| {
                let node = &self.nodes[at];
                match &*node.kind {
                    "hidden" => "(system)".to_owned(),
                    "code" => "(compiled code)".to_owned(),
                    "closure" => "Function".to_owned(),
                    "regexp" => "RegExp".to_owned(),
                    "object" if self.is_plain(at) => fitting(at),
                    "object" | "native" => without_attributes(&node.name),
                    other => format!("({other})"),
                }
            })
            .collect()
    }

    pub(crate) fn class_key(&self, node: usize) -> String {
        let name = &self.class_names[node];
        match self.locations.get(&node) {
            Some([script, line, column]) if self.nodes[node].kind == "object" => {
                format!("{script},{line},{column},{name}")
            }
            _ => format!(",{name}"),
        }
    }

    /// The Summary view by class key; only objects with a size count.
    pub(crate) fn summary(&self) -> BTreeMap<String, Row> {
        let mut rows: BTreeMap<String, Row> = BTreeMap::new();
        for node in (0..self.nodes.len()).filter(|&node| self.shallow[node] > 0) {
            let key = self.class_key(node);
            let mut covered = false;
            let mut above = node;
            while above != self.root {
                above = self.dominators[above];
                covered |= self.shallow[above] > 0 && self.class_key(above) == key;
            }
            let row = rows.entry(key).or_insert_with(|| Row {
                class_name: self.class_names[node].clone(),
                count: 0,
                distance: i32::MAX,
                shallow: 0,
                retained: 0,
            });
            row.count += 1;
            row.distance = row.distance.min(self.distances[node]);
            row.shallow += self.shallow[node];
            row.retained += if covered { 0 } else { self.retained[node] };
        }
        rows
    }

    pub(crate) fn pie(&self) -> Pie {
        let sum = |which: &dyn Fn(&Node) -> bool| -> i128 {
            let nodes = self.nodes.iter().zip(&self.shallow);
            nodes.filter(|(node, _)| which(node)).map(|(_, &size)| i128::from(size)).sum()
        };
        let is_string =
            |node: &Node| matches!(&*node.kind, "string" | "concatenated string" | "sliced string");
        let total = i128::from(self.retained[self.root]) + i128::from(self.extra_native_bytes);
        let native = sum(&|n| n.kind == "native") + i128::from(self.extra_native_bytes);
        let typed_arrays = sum(&|n| n.kind == "native" && n.name == "system / JSArrayBufferData");
        let code = sum(&|n| n.kind == "code");
        let strings = sum(&is_string);
        let system = sum(&|n| n.kind == "hidden");
        let is_array = |n: &Node| {
            n.name == "Array" && !is_string(n) && !matches!(&*n.kind, "hidden" | "native" | "code")
        };
        let stores: i128 = self
            .nodes
            .iter()
            .filter(|node| is_array(node))
            .filter_map(|node| {
                let is_store =
                    |e: &&Edge| e.kind == "internal" && e.name.as_deref() == Some("elements");
                node.edges.iter().find(is_store)
            })
            .filter(|store| self.edges().filter(|(_, edge)| edge.to == store.to).count() == 1)
            .map(|store| i128::from(self.shallow[store.to]))
            .sum();
        let js_arrays = sum(&is_array) + stores;
        Pie {
            total,
            code,
            strings,
            js_arrays,
            typed_arrays,
            system,
            other_js: total - native - code - strings - js_arrays - system,
            other_native: native - typed_arrays,
        }
    }

    /// Sources of the edges into a node, ascending.
    pub(crate) fn retaining_nodes(&self, node: usize) -> Vec<u32> {
        self.edges().filter(|(_, edge)| edge.to == node).map(|(from, _)| from as u32).collect()
    }
}

/// `<div id="a">` is a `<div>`.
fn without_attributes(name: &str) -> String {
    if !name.starts_with('<') && !name.starts_with("Detached <") {
        return name.to_owned();
    }
    let tag = name.strip_prefix("Detached ").unwrap_or(name);
    let cut = tag.split_once(' ').map_or(tag.to_owned(), |(start, _)| format!("{start}>"));
    if tag.len() == name.len() { cut } else { format!("Detached {cut}") }
}
