//! The `edges` section.

use super::codes::Codes;
use super::{Next, Reading, empty};
use crate::buffer::Buffer;
use crate::container::{ContainerWriter, SectionWriter};
use crate::finding::{Finding, FindingKind, counted};
use crate::scan::layout::EdgeLayout;
use crate::scan::table::{self, Rows};
use crate::{EdgeType, Result};

/// The edge columns that stay in memory.
pub(super) struct Edges {
    pub(super) to: Buffer<u32>,
    /// The largest target, [`NO_NODE`] included; 0 if there is none.
    largest_to: u32,
    pub(super) largest_name: Option<u32>,
    pub(super) unknown_types: u64,
}

/// Columns of some rows.
struct Chunk {
    kinds: Vec<u8>,
    names: Vec<u32>,
    to: Vec<u32>,
    largest_to: u32,
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
            largest_to: 0,
            largest_name: None,
            unknown_types: 0,
        };
        let mut kinds = self.writer.stream::<u8>("edge_type", room);
        let mut names = self.writer.stream::<u32>("edge_name", room);
        let mut targets = self.writer.keep_stream::<u32>("edge_to", room);
        let convert = |rows: Rows<'_>| Ok(convert(&rows, &layout, node_width));
        let consume = |chunk: Chunk| {
            edges.to.extend(&chunk.to)?;
            edges.largest_to = edges.largest_to.max(chunk.largest_to);
            edges.largest_name = edges.largest_name.max(chunk.largest_name);
            edges.unknown_types += chunk.unknown_types;
            kinds.append(&chunk.kinds)?;
            if let Some(targets) = &mut targets {
                targets.append(&chunk.to)?;
            }
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
        targets.map_or(Ok(()), SectionWriter::finish)?;
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
        writer.keep::<u32>("edge_to", &[])?;
        Ok(Edges { to: empty()?, largest_to: 0, largest_name: None, unknown_types: 0 })
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
        if (self.largest_to as usize) < nodes {
            return Ok(());
        }
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
        if writer.is_index() {
            writer.replace("edge_to", &self.to)?;
        }
        Ok(())
    }
}

fn convert(rows: &Rows<'_>, layout: &EdgeLayout, node_width: u32) -> Chunk {
    let low = rows.values.low();
    let mut chunk = match (rows.width, [layout.kind, layout.name, layout.to]) {
        // What V8 writes. With places that are known beforehand it takes half the time.
        (3, [0, 1, 2]) => columns(low.as_chunks::<3>().0.iter().copied(), layout, node_width),
        (width, [kind, name, to]) => {
            let rows = low.chunks_exact(width).map(|row| [row[kind], row[name], row[to]]);
            columns(rows, layout, node_width)
        }
    };
    wide_targets(rows, layout, node_width, &mut chunk);
    chunk
}

/// Columns of rows of type, name and target.
#[inline(always)]
fn columns(
    rows: impl ExactSizeIterator<Item = [u32; 3]>,
    layout: &EdgeLayout,
    node_width: u32,
) -> Chunk {
    let count = rows.len();
    let (mut kinds, mut names, mut to) = (vec![0; count], vec![0; count], vec![0; count]);
    let codes = Codes::new(&layout.codes, EdgeType::Other(u8::MAX).code());
    let is_named = std::array::from_fn(|code| !EdgeType::from_code(code as u8).is_indexed());
    let is_named: [bool; 256] = is_named;
    // Divides by multiplying: exact for multiples below 2^32, and rows of nodes are 5 or more wide.
    let reciprocal = u64::MAX / u64::from(node_width) + 1;
    let (mut unknown_types, mut past_largest, mut largest_to) = (0, 0, 0);
    let slots = kinds.iter_mut().zip(&mut names).zip(&mut to);
    for ([raw, name, index], ((kind, name_slot), target)) in rows.zip(slots) {
        let code = codes.get(raw);
        *kind = code;
        *name_slot = name;
        let ordinal = ((u128::from(index) * u128::from(reciprocal)) >> 64) as u32;
        *target = if ordinal.wrapping_mul(node_width) == index { ordinal } else { NO_NODE };
        largest_to = (*target).max(largest_to);
        unknown_types += u64::from(codes.is_unknown(raw));
        let past = if is_named[usize::from(code)] { u64::from(name) + 1 } else { 0 };
        past_largest = past.max(past_largest);
    }
    let largest_name = u32::try_from(past_largest.wrapping_sub(1)).ok();
    Chunk { kinds, names, to, largest_to, largest_name, unknown_types }
}

/// Raw indexes past 2^32 (614 million nodes of 7 fields) do not fit the scanner's 32 bits.
fn wide_targets(rows: &Rows<'_>, layout: &EdgeLayout, node_width: u32, chunk: &mut Chunk) {
    for &(at, value) in rows.values.wide() {
        if at % rows.width == layout.to {
            let (ordinal, rest) = (value / u64::from(node_width), value % u64::from(node_width));
            let ordinal = u32::try_from(ordinal).ok().filter(|_| rest == 0);
            let target = ordinal.unwrap_or(NO_NODE);
            chunk.to[at / rows.width] = target;
            chunk.largest_to = chunk.largest_to.max(target);
        }
    }
}
