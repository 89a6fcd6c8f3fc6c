//! Whether bytes that arrive are a whole snapshot: fed in pieces of any size, in constant memory.
//!
//! [`crate::scan`] pulls its bytes from a file and keeps columns; this is pushed and keeps counts. What it
//! asks of a snapshot is what would make the figures of the other one wrong.

use crate::finding::{Finding, FindingKind, counted, grouped};
use crate::meta::{Header, Meta};

/// Largest `snapshot` section that is believed. V8 writes about 2 kB.
const LONGEST_HEADER: usize = 16 << 20;
/// Longest key of a section.
const LONGEST_KEY: usize = 256;
/// The sections without which a snapshot cannot be read.
const NEEDED: [&str; 4] = ["snapshot", "nodes", "edges", "strings"];

/// Looks at a snapshot's bytes as they pass.
#[derive(Debug)]
pub struct Check {
    state: State,
    /// Bytes fed so far.
    bytes: u64,
    key: Vec<u8>,
    seen: Vec<String>,
    header_text: Vec<u8>,
    /// Where the header begins.
    header_at: u64,
    header: Option<Header>,
    nodes: Table,
    edges: Table,
    strings: u64,
    /// Largest index into the strings that was met, plus one.
    strings_needed: u64,
    /// What the nodes say of the number of edges.
    edges_of_nodes: u64,
    /// Largest value of `to_node` that was met.
    furthest_target: Option<u64>,
    findings: Vec<Finding>,
}

/// What the bytes were.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// Their number.
    pub bytes: u64,
    /// Rows of the node table.
    pub nodes: u64,
    /// Rows of the edge table.
    pub edges: u64,
    /// Strings.
    pub strings: u64,
    /// What is wrong with them, in the order in which it was noticed; nothing for a whole snapshot.
    pub findings: Vec<Finding>,
}

impl Checked {
    /// Whether this is a whole snapshot.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before the brace.
    Start,
    /// Before a key; a comma may stand there, except at the very start.
    BeforeKey,
    Key,
    Colon,
    /// Before a value.
    Value,
    /// Inside a value of any kind: open brackets, in a string, after a backslash.
    Any {
        depth: u32,
        string: bool,
        escape: bool,
        header: bool,
    },
    /// Inside a table of integers.
    Integers(Which),
    /// Between strings.
    Strings,
    String {
        escape: bool,
    },
    /// After the last brace.
    Ended,
    /// The bytes made no sense; only their number is of interest.
    Lost,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Which {
    Nodes,
    Edges,
}

/// Counts of one table, and the number that is being read.
#[derive(Debug, Default)]
struct Table {
    /// What the columns mean; all of it is `None` before the header is known.
    columns: Columns,
    values: u64,
    column: usize,
    number: u64,
    in_number: bool,
    /// A comma was the last thing, so that a number has to follow.
    after_comma: bool,
    /// The type in the current row, of edges.
    kind: u64,
}

/// Positions of the columns that are looked at.
#[derive(Debug, Default, Clone)]
struct Columns {
    width: usize,
    kind: Option<usize>,
    name: Option<usize>,
    edge_count: Option<usize>,
    to: Option<usize>,
    /// Types of which the name is a number, not a string's index.
    numbered: Vec<u64>,
}

impl Default for Check {
    fn default() -> Check {
        Check::new()
    }
}

impl Check {
    /// Nothing seen yet.
    pub fn new() -> Check {
        Check {
            state: State::Start,
            bytes: 0,
            key: Vec::new(),
            seen: Vec::new(),
            header_text: Vec::new(),
            header_at: 0,
            header: None,
            nodes: Table::default(),
            edges: Table::default(),
            strings: 0,
            strings_needed: 0,
            edges_of_nodes: 0,
            furthest_target: None,
            findings: Vec::new(),
        }
    }

    /// How many bytes there were so far.
    pub fn bytes(&self) -> u64 {
        self.bytes
    }

    /// Whether the closing brace was met, so that nothing more is to come.
    pub fn has_ended(&self) -> bool {
        self.state == State::Ended
    }

    /// How many nodes and edges the header promises, once it was read.
    pub fn promised(&self) -> Option<(u64, u64)> {
        self.header.as_ref().map(|header| (header.node_count, header.edge_count))
    }

    /// Looks at the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while !rest.is_empty() && self.state != State::Lost {
            let used = self.step(rest);
            self.bytes += used as u64;
            rest = &rest[used..];
        }
        self.bytes += rest.len() as u64;
    }

    /// The verdict, when no more bytes come.
    pub fn finish(mut self) -> Checked {
        match self.state {
            State::Ended | State::Lost => {}
            State::Start if self.bytes == 0 => {
                self.findings.push(Finding::at(FindingKind::Truncated, 0, "nothing arrived"));
            }
            _ => {
                let section = String::from_utf8_lossy(&self.key).into_owned();
                let message = match self.state {
                    State::BeforeKey | State::Key | State::Start => {
                        "the bytes end between two sections".to_owned()
                    }
                    _ => format!("the bytes end inside `{section}`"),
                };
                self.findings.push(Finding::at(FindingKind::Truncated, self.bytes, message));
            }
        }
        if self.state == State::Ended {
            self.compare();
        }
        let rows = |table: &Table| {
            table.values.checked_div(table.columns.width as u64).unwrap_or_default()
        };
        Checked {
            bytes: self.bytes,
            nodes: rows(&self.nodes),
            edges: rows(&self.edges),
            strings: self.strings,
            findings: self.findings,
        }
    }

    /// Holds the tables against the header and against each other.
    fn compare(&mut self) {
        for name in NEEDED {
            if !self.seen.iter().any(|seen| seen == name) {
                let message = format!("there is no section `{name}`");
                self.findings.push(Finding::new(FindingKind::MissingSection, message));
            }
        }
        let Some(header) = &self.header else { return };
        let mut odd = Vec::new();
        // Without the layout at its time a table was only counted.
        let (width, edge_width) = (self.nodes.columns.width, self.edges.columns.width);
        for (what, table, promised) in
            [("nodes", &self.nodes, header.node_count), ("edges", &self.edges, header.edge_count)]
        {
            let width = table.columns.width as u64;
            let rows = table.values.checked_div(width).unwrap_or_default();
            if rows != promised || table.values != rows * width {
                let message = format!(
                    "the header promises {} {what}, the table has {}",
                    grouped(promised),
                    grouped(rows)
                );
                odd.push(Finding::new(FindingKind::CountMismatch, message));
            }
        }
        if width > 0 && edge_width > 0 {
            let edges = self.edges.values / edge_width as u64;
            if self.edges_of_nodes != edges {
                let message = format!(
                    "the nodes count {}, the table has {}",
                    counted(self.edges_of_nodes, "edge", "edges"),
                    grouped(edges)
                );
                odd.push(Finding::new(FindingKind::EdgeCountMismatch, message));
            }
            if self.furthest_target.is_some_and(|target| target >= self.nodes.values) {
                let message = "an edge leads out of the node table";
                odd.push(Finding::new(FindingKind::EdgeOutOfRange, message));
            }
        }
        if self.strings_needed > self.strings {
            let message = format!(
                "a name is string {}, and there are {}",
                grouped(self.strings_needed - 1),
                grouped(self.strings)
            );
            odd.push(Finding::new(FindingKind::StringOutOfRange, message));
        }
        self.findings.extend(odd);
    }

    /// Consumes some bytes, or none if they are for another state.
    fn step(&mut self, bytes: &[u8]) -> usize {
        match self.state {
            State::Integers(which) => self.integers(which, bytes),
            State::String { escape } => self.string(escape, bytes),
            State::Any { depth, string, escape, header } => {
                self.any(depth, string, escape, header, bytes)
            }
            _ => {
                self.byte(bytes[0]);
                1
            }
        }
    }

    /// The states that take one byte at a time.
    fn byte(&mut self, byte: u8) {
        let space = matches!(byte, b' ' | b'\n' | b'\r' | b'\t');
        self.state = match (self.state, byte) {
            (State::Key, b'"') => State::Colon,
            (State::Key, _) if self.key.len() >= LONGEST_KEY => return self.lost("a key's end"),
            (State::Key, _) => {
                self.key.push(byte);
                State::Key
            }
            (state, _) if space => state,
            // A byte-order mark is passed over.
            (State::Start, 0xef | 0xbb | 0xbf) if self.bytes < 3 => State::Start,
            (State::Start, b'{') => State::BeforeKey,
            (State::Start, _) => return self.lost("`{`"),
            (State::BeforeKey, b'"') => {
                self.key.clear();
                State::Key
            }
            (State::BeforeKey, b',') if !self.seen.is_empty() => State::BeforeKey,
            (State::BeforeKey, b'}') => State::Ended,
            (State::BeforeKey, _) => return self.lost("a section's name"),
            (State::Colon, b':') => State::Value,
            (State::Colon, _) => return self.lost("a colon"),
            (State::Value, _) => return self.value(byte),
            (State::Strings, b'"') => {
                self.strings += 1;
                State::String { escape: false }
            }
            (State::Strings, b',') => State::Strings,
            (State::Strings, b']') => State::BeforeKey,
            (State::Strings, _) => return self.lost("a string"),
            (State::Ended, _) => {
                let message = "bytes after the end of the snapshot";
                self.findings.push(Finding::at(FindingKind::TrailingBytes, self.bytes, message));
                State::Lost
            }
            (state, _) => state,
        };
    }

    /// The first byte of a section's value.
    fn value(&mut self, byte: u8) {
        let key = String::from_utf8_lossy(&self.key).into_owned();
        if self.seen.contains(&key) {
            let message = format!("section `{key}` occurs more than once");
            self.findings.push(Finding::at(FindingKind::DuplicateSection, self.bytes, message));
        }
        let is_list = byte == b'[';
        let next = match key.as_str() {
            "nodes" if is_list => Some(State::Integers(Which::Nodes)),
            "edges" if is_list => Some(State::Integers(Which::Edges)),
            "strings" if is_list => Some(State::Strings),
            _ => None,
        };
        let header = key == "snapshot" && self.header.is_none();
        if self.seen.len() < 64 {
            self.seen.push(key);
        }
        if let Some(next) = next {
            self.state = next;
            return;
        }
        self.header_text.clear();
        if header {
            self.header_text.push(byte);
            self.header_at = self.bytes;
        }
        self.state = match byte {
            b'{' | b'[' => State::Any { depth: 1, string: false, escape: false, header },
            b'"' => State::Any { depth: 0, string: true, escape: false, header },
            _ => State::Any { depth: 0, string: false, escape: false, header },
        };
    }

    /// Passes over a value of any kind.
    fn any(&mut self, depth: u32, string: bool, escape: bool, header: bool, bytes: &[u8]) -> usize {
        let (mut depth, mut string, mut escape) = (depth, string, escape);
        for (at, &byte) in bytes.iter().enumerate() {
            let mut ended = false;
            if string {
                match byte {
                    _ if escape => escape = false,
                    b'\\' => escape = true,
                    b'"' => {
                        string = false;
                        ended = depth == 0;
                    }
                    _ => {}
                }
            } else {
                match byte {
                    b'"' => string = true,
                    b'{' | b'[' => depth += 1,
                    // What ends a bare number belongs to the object around it.
                    b'}' | b',' if depth == 0 => {
                        self.state = State::BeforeKey;
                        self.header_done(header);
                        return at;
                    }
                    b'}' | b']' => {
                        depth = depth.saturating_sub(1);
                        ended = depth == 0;
                    }
                    _ => {}
                }
            }
            if header {
                self.header_text.push(byte);
                if self.header_text.len() > LONGEST_HEADER {
                    self.lost("the header's end");
                    return at + 1;
                }
            }
            if ended {
                self.state = State::BeforeKey;
                self.header_done(header);
                return at + 1;
            }
        }
        self.state = State::Any { depth, string, escape, header };
        bytes.len()
    }

    /// Takes what stands in `header_text` for the header.
    fn header_done(&mut self, header: bool) {
        if !header || self.state == State::Lost {
            return;
        }
        let text = std::mem::take(&mut self.header_text);
        match serde_json::from_slice::<Header>(&text) {
            Ok(header) if header.meta.node_fields.is_empty() => {
                let message = "it does not say how its tables are laid out (no snapshot.meta)";
                self.findings.push(Finding::at(FindingKind::Malformed, self.header_at, message));
                self.state = State::Lost;
            }
            Ok(header) => {
                self.nodes.columns = Columns::of_nodes(&header.meta);
                self.edges.columns = Columns::of_edges(&header.meta);
                self.header = Some(header);
            }
            Err(error) => {
                let message = format!("the snapshot section is not as V8 writes it: {error}");
                self.findings.push(Finding::at(FindingKind::Malformed, self.header_at, message));
                self.state = State::Lost;
            }
        }
    }

    fn string(&mut self, escape: bool, bytes: &[u8]) -> usize {
        if escape {
            self.state = State::String { escape: false };
            return 1;
        }
        match memchr::memchr2(b'"', b'\\', bytes) {
            None => bytes.len(),
            Some(at) => {
                let escape = bytes[at] == b'\\';
                self.state = if escape { State::String { escape } } else { State::Strings };
                at + 1
            }
        }
    }

    fn integers(&mut self, which: Which, bytes: &[u8]) -> usize {
        let table = match which {
            Which::Nodes => &mut self.nodes,
            Which::Edges => &mut self.edges,
        };
        for (at, &byte) in bytes.iter().enumerate() {
            match byte {
                b'0'..=b'9' => {
                    table.number =
                        table.number.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                    table.in_number = true;
                    table.after_comma = false;
                }
                b',' | b']' => {
                    if table.in_number {
                        table.in_number = false;
                        let value = std::mem::take(&mut table.number);
                        let column = table.column;
                        let columns = &table.columns;
                        let is = |place: Option<usize>| place == Some(column);
                        if is(columns.kind) {
                            table.kind = value;
                        } else if is(columns.name) {
                            if !columns.numbered.contains(&table.kind) {
                                self.strings_needed =
                                    self.strings_needed.max(value.saturating_add(1));
                            }
                        } else if is(columns.edge_count) {
                            self.edges_of_nodes = self.edges_of_nodes.wrapping_add(value);
                        } else if is(columns.to) {
                            self.furthest_target = self.furthest_target.max(Some(value));
                        }
                        table.values += 1;
                        table.column = if column + 1 >= columns.width { 0 } else { column + 1 };
                    } else if byte == b',' || table.after_comma {
                        self.bytes += at as u64;
                        self.lost("a number");
                        self.bytes -= at as u64;
                        return at + 1;
                    }
                    table.after_comma = byte == b',';
                    if byte == b']' {
                        self.state = State::BeforeKey;
                        return at + 1;
                    }
                }
                b' ' | b'\n' | b'\r' | b'\t' => {}
                _ => {
                    self.bytes += at as u64;
                    self.lost("a number");
                    self.bytes -= at as u64;
                    return at + 1;
                }
            }
        }
        bytes.len()
    }

    fn lost(&mut self, expected: &str) {
        let message = format!("expected {expected} at byte {}", grouped(self.bytes));
        self.findings.push(Finding::at(FindingKind::Malformed, self.bytes, message));
        self.state = State::Lost;
    }
}

impl Columns {
    fn of_nodes(meta: &Meta) -> Columns {
        Columns {
            width: meta.node_fields.len(),
            name: meta.node_field("name"),
            edge_count: meta.node_field("edge_count"),
            ..Columns::default()
        }
    }

    fn of_edges(meta: &Meta) -> Columns {
        let kinds = (0u64..).zip(meta.edge_type_names());
        Columns {
            width: meta.edge_fields.len(),
            kind: meta.edge_field("type"),
            name: meta.edge_field("name_or_index"),
            to: meta.edge_field("to_node"),
            numbered: kinds
                .filter(|(_, name)| matches!(name.as_str(), "element" | "hidden"))
                .map(|(kind, _)| kind)
                .collect(),
            ..Columns::default()
        }
    }
}

#[cfg(test)]
mod tests;
