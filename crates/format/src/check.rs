//! Whether bytes that arrive are a whole snapshot: fed in pieces of any size, in constant memory.
//!
//! [`crate::scan`] pulls its bytes from a file and keeps columns; this is pushed and keeps counts. It is
//! the stricter of the two: what is no JSON is refused, and so is what would make the figures of the
//! other one wrong.

mod table;
mod text;
mod value;

use crate::finding::{Finding, FindingKind, counted, grouped};
use crate::meta::Header;
use table::{Columns, Strings, Table};
use text::{Text, Utf8};
use value::{Unexpected, Value};

/// Largest `snapshot` section that is believed. V8 writes about 2 kB.
const LONGEST_HEADER: usize = 16 << 20;
/// Longest key of a section.
const LONGEST_KEY: usize = 256;
/// Most sections whose names are kept, to see whether one comes twice.
const MOST_SECTIONS: usize = 64;
/// The sections without which a snapshot cannot be read.
const NEEDED: [&str; 4] = ["snapshot", "nodes", "edges", "strings"];

/// Looks at a snapshot's bytes as they pass.
#[derive(Debug)]
pub struct Check {
    state: State,
    /// Bytes fed so far.
    bytes: u64,
    /// The key of the section, as it stands there.
    key: Vec<u8>,
    seen: Vec<String>,
    /// The value of a section that is no list of numbers or strings.
    other: Value,
    header_text: Vec<u8>,
    /// Where the header begins.
    header_at: u64,
    header: Option<Header>,
    nodes: Table,
    edges: Table,
    strings: Strings,
    utf8: Utf8,
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
    /// After the brace: a key, or the end.
    FirstKey,
    /// After a comma.
    NextKey,
    Key(Text),
    Colon,
    /// Before a value.
    BeforeValue,
    /// Inside a value of any kind.
    Other {
        header: bool,
    },
    /// Inside a table of integers.
    Integers(Which),
    Strings,
    /// After a section: a comma, or the end.
    AfterValue,
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
            other: Value::new(),
            header_text: Vec::new(),
            header_at: 0,
            header: None,
            nodes: Table::default(),
            edges: Table::default(),
            strings: Strings::default(),
            utf8: Utf8::default(),
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

    /// Whether the bytes made no sense, so that no more of them can make a whole snapshot.
    pub fn is_lost(&self) -> bool {
        self.state == State::Lost
    }

    /// How many nodes and edges the header promises, once it was read.
    pub fn promised(&self) -> Option<(u64, u64)> {
        self.header.as_ref().map(|header| (header.node_count, header.edge_count))
    }

    /// Looks at the next bytes.
    pub fn feed(&mut self, bytes: &[u8]) {
        if self.state != State::Lost {
            self.utf8.feed(self.bytes, bytes);
        }
        let mut rest = bytes;
        while !rest.is_empty() && self.state != State::Lost {
            match self.step(rest) {
                Ok(used) => {
                    self.bytes += used as u64;
                    rest = rest.get(used..).unwrap_or_default();
                }
                Err((at, expected)) => self.lost(self.bytes + at as u64, expected),
            }
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
                    State::Start
                    | State::FirstKey
                    | State::NextKey
                    | State::AfterValue
                    | State::Key(_) => "the bytes end between two sections".to_owned(),
                    _ => format!("the bytes end inside `{section}`"),
                };
                self.findings.push(Finding::at(FindingKind::Truncated, self.bytes, message));
            }
        }
        // Of what is no JSON anyway no more is said than where.
        if let (Some(at), false) = (self.utf8.broken_at(), self.state == State::Lost) {
            let message = format!("there is text that is no UTF-8, from byte {} on", grouped(at));
            self.findings.push(Finding::at(FindingKind::BadString, at, message));
        }
        let (width, edge_width) = self.widths();
        if self.state == State::Ended {
            self.compare();
        }
        Checked {
            bytes: self.bytes,
            nodes: self.nodes.values.checked_div(width).unwrap_or_default(),
            edges: self.edges.values.checked_div(edge_width).unwrap_or_default(),
            strings: self.strings.count,
            findings: self.findings,
        }
    }

    /// Values in a row of the nodes and of the edges; zero while the header is not known.
    fn widths(&self) -> (u64, u64) {
        self.header.as_ref().map_or((0, 0), |header| {
            (header.meta.node_fields.len() as u64, header.meta.edge_fields.len() as u64)
        })
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
        let (width, edge_width) = self.widths();
        for (what, table, width, promised) in [
            ("nodes", &self.nodes, width, header.node_count),
            ("edges", &self.edges, edge_width, header.edge_count),
        ] {
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
        // What stood before the header was only counted: its columns were not known yet.
        let edges = self.edges.values.checked_div(edge_width).unwrap_or_default();
        if self.nodes.columns.is_some() && self.nodes.edges != edges {
            let message = format!(
                "the nodes count {}, the table has {}",
                counted(self.nodes.edges, "edge", "edges"),
                grouped(edges)
            );
            odd.push(Finding::new(FindingKind::EdgeCountMismatch, message));
        }
        if self.edges.furthest.is_some_and(|target| target >= self.nodes.values) {
            let message = "an edge leads out of the node table";
            odd.push(Finding::new(FindingKind::EdgeOutOfRange, message));
        }
        let strings = self.nodes.strings.max(self.edges.strings);
        if strings > self.strings.count {
            let message = format!(
                "a name is string {}, and there are {}",
                grouped(strings - 1),
                grouped(self.strings.count)
            );
            odd.push(Finding::new(FindingKind::StringOutOfRange, message));
        }
        self.findings.extend(odd);
    }

    /// Consumes some bytes, or none if they are for another state.
    fn step(&mut self, bytes: &[u8]) -> Result<usize, Unexpected> {
        let (used, ended) = match self.state {
            State::Integers(Which::Nodes) => self.nodes.pass(bytes)?,
            State::Integers(Which::Edges) => self.edges.pass(bytes)?,
            State::Strings => self.strings.pass(bytes)?,
            State::Other { header } => return self.other(header, bytes),
            State::Key(text) => return self.key(text, bytes),
            _ => {
                if let Some(&byte) = bytes.first() {
                    self.byte(byte).map_err(|expected| (0, expected))?;
                }
                return Ok(1);
            }
        };
        if ended {
            self.state = State::AfterValue;
        }
        Ok(used)
    }

    /// The states that take one byte at a time.
    fn byte(&mut self, byte: u8) -> Result<(), &'static str> {
        self.state = match (self.state, byte) {
            (state, b' ' | b'\n' | b'\r' | b'\t') => state,
            (State::Start, b'{') => State::FirstKey,
            (State::Start, _) => return Err("`{`"),
            (State::FirstKey | State::NextKey, b'"') => {
                self.key.clear();
                State::Key(Text::default())
            }
            (State::FirstKey | State::AfterValue, b'}') => State::Ended,
            (State::FirstKey | State::NextKey, _) => return Err("a section's name"),
            (State::AfterValue, b',') => State::NextKey,
            (State::AfterValue, _) => return Err("a comma"),
            (State::Colon, b':') => State::BeforeValue,
            (State::Colon, _) => return Err("a colon"),
            (State::BeforeValue, _) => return self.value(byte),
            (State::Ended, _) => {
                let message = "bytes after the end of the snapshot";
                self.findings.push(Finding::at(FindingKind::TrailingBytes, self.bytes, message));
                State::Lost
            }
            (state, _) => state,
        };
        Ok(())
    }

    /// The text of a section's name.
    fn key(&mut self, text: Text, bytes: &[u8]) -> Result<usize, Unexpected> {
        let room = (LONGEST_KEY + 1).saturating_sub(self.key.len());
        let bytes = bytes.get(..room).unwrap_or(bytes);
        let mut text = text;
        let (used, ended) = text.pass(bytes).map_err(|bad| (bad, "a key's text"))?;
        self.key.extend_from_slice(bytes.get(..used).unwrap_or_default());
        if !ended && self.key.len() > LONGEST_KEY {
            return Err((used.saturating_sub(1), "a key's end"));
        }
        self.state = State::Key(text);
        if ended {
            self.key.pop();
            self.state = State::Colon;
        }
        Ok(used)
    }

    /// The name of the section, without its escapes.
    fn name(&self) -> String {
        let text = String::from_utf8_lossy(&self.key).into_owned();
        if !text.contains('\\') {
            return text;
        }
        serde_json::from_str(&format!("\"{text}\"")).unwrap_or(text)
    }

    /// The first byte of a section's value.
    fn value(&mut self, byte: u8) -> Result<(), &'static str> {
        let name = self.name();
        let again = self.seen.contains(&name);
        let kind = FindingKind::DuplicateSection;
        if again && self.findings.iter().all(|finding| finding.kind != kind) {
            let message = format!("section `{name}` occurs more than once");
            self.findings.push(Finding::at(kind, self.bytes, message));
        }
        let meta = self.header.as_ref().map(|header| &header.meta);
        let next = match name.as_str() {
            "nodes" => {
                self.nodes.begin(meta.map(Columns::of_nodes));
                Some(State::Integers(Which::Nodes))
            }
            "edges" => {
                self.edges.begin(meta.map(Columns::of_edges));
                Some(State::Integers(Which::Edges))
            }
            "strings" => {
                self.strings = Strings::default();
                Some(State::Strings)
            }
            _ => None,
        };
        let header = name == "snapshot" && self.header.is_none();
        if !again && (self.seen.len() < MOST_SECTIONS || NEEDED.contains(&name.as_str())) {
            self.seen.push(name);
        }
        if let Some(next) = next {
            if byte != b'[' {
                return Err("a list");
            }
            self.state = next;
            return Ok(());
        }
        self.header_text.clear();
        self.header_at = self.bytes;
        self.other = Value::new();
        self.state = State::Other { header };
        // A single byte may be all of it, but is never its end: `1` may go on.
        let (_, ended) = self.other.pass(&[byte]).map_err(|(_, expected)| expected)?;
        debug_assert!(!ended, "no value ends with its first byte");
        if header {
            self.header_text.push(byte);
        }
        Ok(())
    }

    /// Passes over a value of any kind.
    fn other(&mut self, header: bool, bytes: &[u8]) -> Result<usize, Unexpected> {
        let (used, ended) = self.other.pass(bytes)?;
        if header {
            let text = bytes.get(..used).unwrap_or_default();
            let room = LONGEST_HEADER.saturating_sub(self.header_text.len());
            if text.len() > room {
                return Err((room, "the header's end"));
            }
            self.header_text.extend_from_slice(text);
        }
        if ended {
            self.state = State::AfterValue;
            if header {
                self.header_done();
            }
        }
        Ok(used)
    }

    /// Takes what stands in `header_text` for the header.
    fn header_done(&mut self) {
        let text = std::mem::take(&mut self.header_text);
        let message = match serde_json::from_slice::<Header>(&text) {
            Ok(header) if header.meta.node_fields.is_empty() => {
                "it does not say how its tables are laid out (no snapshot.meta)".to_owned()
            }
            Ok(header) => {
                self.header = Some(header);
                return;
            }
            Err(error) => format!("the snapshot section is not as V8 writes it: {error}"),
        };
        self.findings.push(Finding::at(FindingKind::Malformed, self.header_at, message));
        self.state = State::Lost;
    }

    fn lost(&mut self, at: u64, expected: &str) {
        let message = format!("expected {expected} at byte {}", grouped(at));
        self.findings.push(Finding::at(FindingKind::Malformed, at, message));
        self.state = State::Lost;
    }
}

#[cfg(test)]
mod tests;
