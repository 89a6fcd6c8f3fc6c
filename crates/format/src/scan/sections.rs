//! One pass over the file: which section is next, and where its columns go.

mod codes;
mod edges;
mod nodes;
mod rest;

use super::cursor::Cursor;
use super::layout::Layout;
use super::strings::Visit;
use super::table::TableEnd;
use super::{CUT_OFF, End, Outcome, begin, json, not_a_snapshot, parse_header, truncated};
use crate::buffer::Buffer;
use crate::container::ContainerWriter;
use crate::finding::{Finding, FindingKind, counted, grouped};
use crate::meta::Header;
use crate::progress::Progress;
use crate::scan::Tables;
use crate::{Error, Result};

/// The sections that can be read once the header is known.
const TABLES: [&str; 7] =
    ["nodes", "edges", "trace_function_infos", "trace_tree", "samples", "locations", "strings"];

/// The state of one pass over the file.
pub(super) struct Reading<'a> {
    cursor: Cursor,
    writer: &'a ContainerWriter,
    threads: usize,
    progress: &'a dyn Progress,
    header: Option<(Header, Layout)>,
    given_header: Option<Header>,
    /// Whether the `snapshot` section was met in this pass.
    met_header: bool,
    nodes: Option<nodes::Nodes>,
    edges: Option<edges::Edges>,
    rest: rest::Rest,
    /// Those of [`TABLES`] that were met.
    seen: Vec<&'static str>,
    /// Keys seen that are not V8's, for telling what the file is instead.
    foreign: Vec<String>,
    findings: Vec<Finding>,
}

/// Whether reading goes on after a section.
enum Next {
    Section,
    /// The input ended inside the section.
    Ended,
}

impl<'a> Reading<'a> {
    pub(super) fn new(
        cursor: Cursor,
        writer: &'a ContainerWriter,
        threads: usize,
        progress: &'a dyn Progress,
        given_header: Option<Header>,
    ) -> Reading<'a> {
        Reading {
            cursor,
            writer,
            threads,
            progress,
            header: None,
            given_header,
            met_header: false,
            nodes: None,
            edges: None,
            rest: rest::Rest::default(),
            seen: Vec::new(),
            foreign: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Reads all sections.
    pub(super) fn run(&mut self, visit: Visit<'_>) -> Result<Outcome> {
        begin(&mut self.cursor)?;
        if let Some(header) = self.given_header.take() {
            self.accept(header)?;
        }
        loop {
            match self.cursor.token()? {
                Some(b'"') => {}
                Some(b'}') => {
                    self.trailing_bytes()?;
                    return Ok(Outcome::Done);
                }
                None => {
                    self.ended_between();
                    return Ok(Outcome::Done);
                }
                Some(other) => return Err(self.cursor.unexpected(other, "a section's name")),
            }
            let Some(key) = json::key(&mut self.cursor)? else {
                self.ended_between();
                return Ok(Outcome::Done);
            };
            let needs_header = TABLES.contains(&&*key) && self.header.is_none();
            if needs_header && something_else(&self.foreign).is_none() {
                return Ok(Outcome::HeaderComesLater);
            }
            if let Next::Ended = self.section(&key, visit)? {
                self.findings.push(truncated(&key, self.cursor.offset()));
                return Ok(Outcome::Done);
            }
            if self.cursor.skip_space()? == Some(b',') {
                self.cursor.advance(1);
            }
        }
    }

    fn section(&mut self, key: &str, visit: Visit<'_>) -> Result<Next> {
        let Some(&known) = TABLES.iter().find(|&&table| table == key) else {
            if key == "snapshot" {
                let is_second = std::mem::replace(&mut self.met_header, true);
                if self.header.is_none() {
                    let header = parse_header(&mut self.cursor)?;
                    self.accept(header)?;
                    return Ok(Next::Section);
                }
                if is_second {
                    self.found_twice(key);
                }
                return self.skip();
            }
            if self.foreign.len() < 16 {
                self.foreign.push(key.to_owned());
            }
            return self.skip();
        };
        if self.header.is_none() {
            return self.skip();
        }
        if self.seen.contains(&known) {
            self.found_twice(known);
            return self.skip();
        }
        self.seen.push(known);
        match known {
            "nodes" => self.nodes(),
            "edges" => self.edges(),
            "strings" => self.strings(visit),
            "locations" => self.locations(),
            "samples" => self.samples(),
            "trace_function_infos" => self.trace_functions(),
            _ => self.trace_tree(),
        }
    }

    fn found_twice(&mut self, section: &str) {
        let message = format!("`{section}` occurs again; only the first one counts");
        let offset = self.cursor.offset();
        self.findings.push(Finding::at(FindingKind::DuplicateSection, offset, message));
    }

    fn skip(&mut self) -> Result<Next> {
        Ok(if json::skip(&mut self.cursor)? { Next::Section } else { Next::Ended })
    }

    fn accept(&mut self, header: Header) -> Result<()> {
        let layout = Layout::new(&header, &self.cursor.path, self.cursor.offset())?;
        self.header = Some((header, layout));
        Ok(())
    }

    /// Consumes the `[` of a section.
    fn open_list(&mut self, section: &str) -> Result<Option<()>> {
        match self.cursor.token()? {
            Some(b'[') => Ok(Some(())),
            None => Ok(None),
            Some(other) => Err(self.cursor.unexpected(other, &format!("the list `{section}`"))),
        }
    }

    /// Checks how a table ended.
    fn end_of_table(&mut self, end: &TableEnd, what: &'static str, limit: u64) -> Result<Next> {
        if end.rows > limit {
            let path = self.cursor.path.clone();
            return Err(Error::TooMany { path, what, count: end.rows, limit });
        }
        if end.stray_values > 0 {
            let count = u64::try_from(end.stray_values).unwrap_or(u64::MAX);
            let values = counted(count, "value that is", "values that are");
            let message = format!("`{what}` ends with {values} no whole row");
            self.findings.push(Finding::new(FindingKind::Malformed, message));
        }
        Ok(if end.truncated_at.is_some() { Next::Ended } else { Next::Section })
    }

    fn trailing_bytes(&mut self) -> Result<()> {
        if self.cursor.skip_space()?.is_some() {
            let message = "there are bytes after the end of the snapshot; they were not read";
            self.findings.push(Finding::at(
                FindingKind::TrailingBytes,
                self.cursor.offset(),
                message,
            ));
        }
        Ok(())
    }

    fn ended_between(&mut self) {
        let message = "the file ends before the snapshot does; figures cover what was read";
        self.findings.push(Finding::at(FindingKind::Truncated, self.cursor.offset(), message));
    }

    /// How many rows to make room for: what the header says, unless the file is too small.
    fn room(&self, promised: u64, width: usize) -> u64 {
        // The shortest row is one digit and one comma for each field.
        let possible = match self.cursor.input.size {
            Some(size) => size / (2 * width as u64) + 1,
            None => 1 << 22,
        };
        promised.min(possible)
    }

    /// Puts the tables together and checks them against each other.
    pub(super) fn finish(mut self) -> Result<Tables> {
        let path = self.cursor.path.clone();
        let Some((header, layout)) = self.header.take() else {
            return Err(foreign(&path, &self.foreign, self.end()));
        };
        let nodes = self.nodes.take();
        let Some(mut nodes) = nodes.filter(|nodes| !nodes.kinds.is_empty()) else {
            let what = match self.end() {
                End::CutOff(byte) => format!("it is cut off at byte {byte}, before its first node"),
                End::Whole(byte) => format!("it has no nodes, though it is whole ({byte} bytes)"),
            };
            return Err(not_a_snapshot(&path, &what, CUT_OFF));
        };
        self.check_compression();
        let mut edges = match self.edges.take() {
            Some(edges) => edges,
            None => {
                self.missing("edges", "nothing is known of who holds what");
                edges::Edges::none(self.writer)?
            }
        };
        if self.rest.string_count.is_none() {
            self.missing("strings", "names are not known");
        }
        self.rest.fill_missing(self.writer)?;
        nodes.agree_with(&mut edges, self.writer, &mut self.findings)?;
        self.compare_counts(&header, &nodes, &edges);
        self.check_names(&nodes, &edges);
        let root = self.root(&header, &layout, nodes.kinds.len());
        let location_count = self.rest.finish_locations(
            self.writer,
            nodes.kinds.len(),
            self.threads,
            &mut self.findings,
        )?;
        Ok(Tables {
            node_type_names: layout.node.type_names,
            edge_type_names: layout.edge.type_names,
            node_type: nodes.kinds,
            self_size: nodes.self_size,
            self_size_wide: nodes.self_size_wide,
            first_edge: nodes.first_edge,
            detachedness: nodes.detachedness,
            edge_to: edges.to,
            root,
            string_count: self.rest.string_count.unwrap_or(0),
            location_count,
            sample_count: self.rest.sample_count,
            trace_function_count: self.rest.trace_function_count,
            max_js_object_id: nodes.max_js_object_id,
            file_bytes: self.cursor.offset(),
            findings: self.findings,
            header,
        })
    }

    /// Says what is odd about the end of a compressed file.
    fn check_compression(&mut self) {
        if self.cursor.input.cut_off
            && self.findings.iter().all(|f| f.kind != FindingKind::Truncated)
        {
            let message = "the compressed file is cut off, so its sum could not be compared";
            let offset = self.cursor.offset();
            self.findings.push(Finding::at(FindingKind::Truncated, offset, message));
        }
        if self.cursor.input.has_trailing_bytes() {
            let message =
                "there are bytes after the end of the compressed file; they were not read";
            self.findings.push(Finding::new(FindingKind::TrailingBytes, message));
        }
    }

    /// The ordinal of the root; 0 where the header names none of so many nodes.
    fn root(&mut self, header: &Header, layout: &Layout, nodes: usize) -> u32 {
        let width = layout.node.width as u64;
        let root = header.root_index.is_multiple_of(width).then_some(header.root_index / width);
        let root = root.and_then(|root| u32::try_from(root).ok()).unwrap_or(u32::MAX);
        if (root as usize) < nodes {
            return root;
        }
        let message = "the root lies outside the node table; the first node stands for it";
        self.findings.push(Finding::new(FindingKind::RootOutOfRange, message));
        0
    }

    /// How the file ended.
    fn end(&self) -> End {
        let is_cut = self.findings.iter().any(|found| found.kind == FindingKind::Truncated);
        let byte = self.cursor.offset();
        if is_cut || self.cursor.input.cut_off { End::CutOff(byte) } else { End::Whole(byte) }
    }

    fn missing(&mut self, section: &str, so: &str) {
        let message = format!("there is no `{section}` section: {so}");
        self.findings.push(Finding::new(FindingKind::MissingSection, message));
    }

    fn compare_counts(&mut self, header: &Header, nodes: &nodes::Nodes, edges: &edges::Edges) {
        let pairs = [
            ("nodes", header.node_count, nodes.kinds.len()),
            ("edges", header.edge_count, edges.to.len()),
        ];
        for (what, promised, found) in pairs {
            if promised != found as u64 {
                let message = format!(
                    "the header promises {} {what}, the file holds {}",
                    grouped(promised),
                    grouped(found as u64)
                );
                let mut finding = Finding::new(FindingKind::CountMismatch, message);
                if what == "edges" && promised > found as u64 {
                    finding = finding.promising(promised);
                }
                self.findings.push(finding);
            }
        }
    }

    fn check_names(&mut self, nodes: &nodes::Nodes, edges: &edges::Edges) {
        let count = self.rest.string_count.unwrap_or(0);
        let largest = nodes.largest_name.max(edges.largest_name);
        if self.rest.string_count.is_some() && largest.is_some_and(|name| name >= count) {
            let message = format!(
                "some names lie past the {} of the file and read as empty",
                counted(u64::from(count), "string", "strings")
            );
            self.findings.push(Finding::new(FindingKind::StringOutOfRange, message));
        }
        let unknown = nodes.unknown_types + edges.unknown_types;
        if unknown > 0 {
            let message = format!(
                "{} a type that snapshot.meta does not list",
                counted(unknown, "node or edge has", "nodes or edges have")
            );
            self.findings.push(Finding::new(FindingKind::UnknownType, message));
        }
    }
}

/// Says what a file without a snapshot section is, where it can be told by its other `keys`.
pub(super) fn foreign(path: &std::path::Path, keys: &[String], end: End) -> Error {
    if let Some((what, hint)) = something_else(keys) {
        return not_a_snapshot(path, what, hint);
    }
    match end {
        End::CutOff(byte) => {
            let what = format!("it is cut off at byte {byte}, before its snapshot section");
            not_a_snapshot(path, &what, CUT_OFF)
        }
        End::Whole(byte) => {
            let what =
                format!("it is JSON without a snapshot section, up to its end at byte {byte}");
            not_a_snapshot(path, &what, "is it a V8 heap snapshot?")
        }
    }
}

/// What a file with these keys is, if it is commonly mistaken for a snapshot, and what to do.
fn something_else(keys: &[String]) -> Option<(&'static str, &'static str)> {
    let has = |key: &str| keys.iter().any(|k| k == key);
    if has("head") {
        let hint = "open it in DevTools, or take a heap snapshot";
        Some(("it is a sampling heap profile (.heapprofile), not a snapshot", hint))
    } else if has("startTime") || has("timeDeltas") {
        Some(("it is a CPU profile (.cpuprofile), not a snapshot", "open it in DevTools"))
    } else if has("nodeClassNames") || has("version") && has("type") {
        let hint = "in Bun, generateHeapSnapshot('v8') writes V8's format";
        Some(("it is a JavaScriptCore heap snapshot, not V8's", hint))
    } else {
        None
    }
}

/// Maximum of `largest` and the elements of `names`.
fn largest(largest: Option<u32>, names: impl Iterator<Item = u32>) -> Option<u32> {
    largest.max(names.max())
}

/// An unfilled buffer.
fn empty<T: bytemuck::Pod>() -> Result<Buffer<T>> {
    Buffer::with_capacity(0)
}
