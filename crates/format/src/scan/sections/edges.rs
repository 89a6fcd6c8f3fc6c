//! The `edges` section.

use super::nodes::code;
use super::{Next, Reading, empty, largest};
use crate::buffer::Buffer;
use crate::container::ContainerWriter;
use crate::finding::{Finding, FindingKind, counted};
use crate::scan::layout::EdgeLayout;
use crate::scan::table::{self, Rows};
use crate::{EdgeType, Result};

/// The edge columns that stay in memory.
pub(super) struct Edges {
    pub(super) to: Buffer<u32>,
    pub(super) largest_name: Option<u32>,
    pub(super) unknown_types: u64,
}

/// Columns of some rows.
struct Chunk {
    kinds: Vec<u8>,
    names: Vec<u32>,
    to: Vec<u32>,
    largest_name: Option<u32>,
    unknown_types: u64,
}

/// Stands for a target that is no node until [`Edges::repair`].
const NO_NODE: u32 = u32::MAX;
/// Edges are numbered by `u32`, and one more number says where the last node's edges end.
const MOST_EDGES: u64 = u32::MAX as u64 - 1;

impl Reading<'_> {
    /// Reads the section from its `[` on.
    pub(super) fn edges(&mut self) -> Result<Next> {
        if self.open_list("edges")?.is_none() {
            return Ok(Next::Ended);
        }
        let Some((header, layout)) = &self.header else {
            return Ok(Next::Section);
        };
        let (layout, node_width) = (layout.edge.clone(), layout.node.width as u32);
        let room = self.room(header.edge_count, layout.width);
        let mut edges = Edges {
            to: Buffer::with_capacity(room as usize)?,
            largest_name: None,
            unknown_types: 0,
        };
        let mut kinds = self.writer.stream::<u8>("edge_type", room);
        let mut names = self.writer.stream::<u32>("edge_name", room);
        let mut targets = self.writer.stream::<u32>("edge_to", room);
        let convert = |rows: Rows<'_>| Ok(convert(&rows, &layout, node_width));
        let consume = |chunk: Chunk| {
            edges.to.extend(&chunk.to)?;
            edges.largest_name = edges.largest_name.max(chunk.largest_name);
            edges.unknown_types += chunk.unknown_types;
            kinds.append(&chunk.kinds)?;
            targets.append(&chunk.to)?;
            names.append(&chunk.names)
        };
        let end = table::scan(
            &mut self.cursor,
            layout.width,
            self.threads,
            self.progress,
            convert,
            consume,
        )?;
        kinds.finish()?;
        targets.finish()?;
        names.finish()?;
        let next = self.end_of_table(&end, "edges", MOST_EDGES)?;
        self.edges = Some(edges);
        Ok(next)
    }
}

impl Edges {
    /// The tables of a file without the section.
    pub(super) fn none(writer: &ContainerWriter) -> Result<Edges> {
        writer.put::<u8>("edge_type", &[])?;
        writer.put::<u32>("edge_name", &[])?;
        writer.put::<u32>("edge_to", &[])?;
        Ok(Edges { to: empty()?, largest_name: None, unknown_types: 0 })
    }

    /// Turns edges that lead to no node into broken edges from their source to itself, in memory
    /// and in the sections.
    pub(super) fn repair(
        &mut self,
        first_edge: &[u32],
        nodes: usize,
        writer: &ContainerWriter,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let broken = self.to.iter().filter(|&&to| to as usize >= nodes).count();
        if broken == 0 {
            return Ok(());
        }
        let message = format!(
            "{} left out",
            counted(
                broken as u64,
                "edge leads to no node and was",
                "edges lead to no node and were"
            )
        );
        findings.push(Finding::new(FindingKind::EdgeOutOfRange, message));
        let mut kinds = Buffer::<u8>::with_capacity(self.to.len())?;
        let mut stored = writer.read_back("edge_type")?;
        while let Some(bytes) = stored.next_bytes()? {
            kinds.extend(bytes)?;
        }
        for (node, range) in first_edge.windows(2).enumerate() {
            for edge in range[0] as usize..range[1] as usize {
                if self.to[edge] as usize >= nodes {
                    self.to[edge] = node as u32;
                    kinds[edge] = EdgeType::Broken.code();
                }
            }
        }
        writer.replace("edge_type", &kinds)?;
        writer.replace("edge_to", &self.to)
    }
}

fn convert(rows: &Rows<'_>, layout: &EdgeLayout, node_width: u32) -> Chunk {
    let count = rows.count();
    let mut chunk = Chunk {
        kinds: Vec::with_capacity(count),
        names: Vec::with_capacity(count),
        to: Vec::with_capacity(count),
        largest_name: None,
        unknown_types: 0,
    };
    let unknown = EdgeType::Other(u8::MAX).code();
    for row in rows.values.low().chunks_exact(rows.width) {
        let kind = code(&layout.codes, row[layout.kind], unknown);
        chunk.unknown_types += u64::from(kind.1);
        chunk.kinds.push(kind.0);
        chunk.names.push(row[layout.name]);
    }
    // A multiplication by the reciprocal is exact for
    // multiples below 2^32 because a double has 53 bits.
    let reciprocal = 1.0 / f64::from(node_width);
    chunk.to.extend(rows.values.low().chunks_exact(rows.width).map(|row| {
        let index = row[layout.to];
        let ordinal = ((f64::from(index) + 0.5) * reciprocal) as u32;
        if ordinal * node_width == index { ordinal } else { NO_NODE }
    }));
    let named = chunk
        .kinds
        .iter()
        .zip(&chunk.names)
        .filter(|&(&kind, _)| !EdgeType::from_code(kind).is_indexed());
    chunk.largest_name = largest(None, named.map(|(_, &name)| name));
    wide_targets(rows, layout, node_width, &mut chunk);
    chunk
}

/// Raw indexes past 2^32 (614 million nodes of 7 fields) do not fit the scanner's 32 bits.
fn wide_targets(rows: &Rows<'_>, layout: &EdgeLayout, node_width: u32, chunk: &mut Chunk) {
    for &(at, value) in rows.values.wide() {
        if at % rows.width == layout.to {
            let (ordinal, rest) = (value / u64::from(node_width), value % u64::from(node_width));
            let ordinal = u32::try_from(ordinal).ok().filter(|_| rest == 0);
            chunk.to[at / rows.width] = ordinal.unwrap_or(NO_NODE);
        }
    }
}
