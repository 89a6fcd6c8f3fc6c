//! One pass over the file: which section is next, and where its columns go.

mod edges;
mod nodes;
mod rest;

use super::cursor::Cursor;
use super::layout::Layout;
use super::{Outcome, begin, json, not_a_snapshot, parse_header, truncated};
use crate::buffer::Buffer;
use crate::container::ContainerWriter;
use crate::finding::{Finding, FindingKind};
use crate::meta::Header;
use crate::progress::Progress;
use crate::scan::Tables;
use crate::{Error, Result};

/// The state of one pass over the file.
pub(super) struct Reading<'a> {
    cursor: Cursor,
    writer: &'a ContainerWriter,
    threads: usize,
    progress: &'a dyn Progress,
    header: Option<(Header, Layout)>,
    given_header: Option<Header>,
    nodes: Option<nodes::Nodes>,
    edges: Option<edges::Edges>,
    rest: rest::Rest,
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
            nodes: None,
            edges: None,
            rest: rest::Rest::default(),
            foreign: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Reads all sections.
    pub(super) fn run(&mut self, visit: &mut dyn FnMut(u32, &[u8])) -> Result<Outcome> {
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
                Some(other) => {
                    return Err(self.cursor.syntax(format!(
                        "expected a section's name, found {:?}",
                        char::from(other)
                    )));
                }
            }
            let Some(key) = json::key(&mut self.cursor)? else {
                self.ended_between();
                return Ok(Outcome::Done);
            };
            let is_table =
                matches!(&*key, "nodes" | "edges" | "locations" | "samples" | "trace_tree");
            if is_table && self.header.is_none() && self.foreign.is_empty() {
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

    fn section(&mut self, key: &str, visit: &mut dyn FnMut(u32, &[u8])) -> Result<Next> {
        match key {
            "snapshot" if self.header.is_none() => {
                let header = parse_header(&mut self.cursor)?;
                self.accept(header)?;
                Ok(Next::Section)
            }
            "nodes" if self.header.is_some() && self.nodes.is_none() => self.nodes(),
            "edges" if self.header.is_some() && self.edges.is_none() => self.edges(),
            "strings" if self.rest.string_count.is_none() => self.strings(visit),
            "locations" if self.header.is_some() => self.locations(),
            "samples" if self.header.is_some() => self.samples(),
            "trace_function_infos" if self.header.is_some() => self.trace_functions(),
            "trace_tree" if self.header.is_some() => self.trace_tree(),
            _ => {
                if self.foreign.len() < 16 {
                    self.foreign.push(key.to_owned());
                }
                Ok(if json::skip(&mut self.cursor)? { Next::Section } else { Next::Ended })
            }
        }
    }

    fn accept(&mut self, header: Header) -> Result<()> {
        let layout = Layout::new(&header, &self.cursor.path)?;
        self.header = Some((header, layout));
        Ok(())
    }

    /// Consumes the `[` of a section.
    fn open_list(&mut self, section: &str) -> Result<Option<()>> {
        match self.cursor.token()? {
            Some(b'[') => Ok(Some(())),
            None => Ok(None),
            Some(other) => {
                let what =
                    format!("`{section}` is not a list, it starts with {:?}", char::from(other));
                Err(self.cursor.syntax(what))
            }
        }
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
            return Err(foreign(&path, &self.foreign));
        };
        let Some(mut nodes) = self.nodes.take() else {
            let what = "it has no nodes: the file ends before them, or never had any";
            return Err(not_a_snapshot(&path, what, "take the snapshot again"));
        };
        if nodes.kinds.is_empty() {
            let what = "its node table is empty";
            return Err(not_a_snapshot(&path, what, "take the snapshot again"));
        }
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
        let width = layout.node.width as u64;
        let root = u32::try_from(header.root_index / width).unwrap_or(u32::MAX);
        let root = if (root as usize) < nodes.kinds.len() { root } else { 0 };
        let location_count = self.rest.finish_locations(self.writer, nodes.kinds.len())?;
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
                let message =
                    format!("the header promises {promised} {what}, the file holds {found}");
                self.findings.push(Finding::new(FindingKind::CountMismatch, message));
            }
        }
    }

    fn check_names(&mut self, nodes: &nodes::Nodes, edges: &edges::Edges) {
        let count = self.rest.string_count.unwrap_or(0);
        let largest = nodes.largest_name.max(edges.largest_name);
        if self.rest.string_count.is_some() && largest.is_some_and(|name| name >= count) {
            let message =
                format!("some names lie past the {count} strings of the file and read as empty");
            self.findings.push(Finding::new(FindingKind::StringOutOfRange, message));
        }
        let unknown = nodes.unknown_types + edges.unknown_types;
        if unknown > 0 {
            let message =
                format!("{unknown} nodes or edges have a type that snapshot.meta does not list");
            self.findings.push(Finding::new(FindingKind::UnknownType, message));
        }
    }
}

/// Says what a file without a snapshot section is, where it can be told.
fn foreign(path: &std::path::Path, keys: &[String]) -> Error {
    let has = |key: &str| keys.iter().any(|k| k == key);
    if has("head") {
        not_a_snapshot(
            path,
            "it is a sampling heap profile (.heapprofile), not a snapshot",
            "open it in DevTools, or take a heap snapshot",
        )
    } else if has("startTime") || has("timeDeltas") {
        not_a_snapshot(
            path,
            "it is a CPU profile (.cpuprofile), not a snapshot",
            "open it in DevTools",
        )
    } else if has("nodeClassNames") || has("version") && has("type") {
        not_a_snapshot(
            path,
            "it is a JavaScriptCore heap snapshot, not V8's",
            "in Bun, generateHeapSnapshot('v8') writes V8's format",
        )
    } else {
        not_a_snapshot(path, "it has no snapshot.meta", "is it a V8 heap snapshot?")
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
