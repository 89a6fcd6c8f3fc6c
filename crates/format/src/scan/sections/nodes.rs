//! The `nodes` section.

use super::codes::Codes;
use super::edges::Edges;
use super::{Next, Reading, empty, largest};
use crate::buffer::Buffer;
use crate::column::WideColumn;
use crate::container::{ContainerWriter, SectionWriter};
use crate::finding::{Finding, FindingKind, counted, grouped};
use crate::scan::layout::NodeLayout;
use crate::scan::table::{self, Rows};
use crate::{NodeType, Result};

/// The node columns that stay in memory.
pub(super) struct Nodes {
    pub(super) kinds: Buffer<u8>,
    pub(super) self_size: Buffer<u32>,
    pub(super) self_size_wide: Vec<[u64; 2]>,
    pub(super) first_edge: Buffer<u32>,
    pub(super) detachedness: Buffer<u8>,
    pub(super) max_js_object_id: u64,
    pub(super) largest_name: Option<u32>,
    pub(super) unknown_types: u64,
    /// Sum of the nodes' edge counts.
    edge_sum: u64,
}

/// Columns of some rows.
struct Chunk {
    first_row: u64,
    kinds: Vec<u8>,
    names: Vec<u32>,
    ids: Vec<u32>,
    ids_wide: Vec<[u64; 2]>,
    sizes: Vec<u32>,
    sizes_wide: Vec<[u64; 2]>,
    edge_counts: Vec<u32>,
    /// Empty if they are all zeros.
    trace_nodes: Vec<u32>,
    detachedness: Vec<u8>,
    max_js_object_id: u64,
    unknown_types: u64,
}

/// Nodes are numbered by `u32`; the last value is a sentinel in many columns.
const MOST_NODES: u64 = u32::MAX as u64 - 1;

impl Reading<'_> {
    /// Reads the section from its `[` on.
    pub(super) fn nodes(&mut self) -> Result<Next> {
        if self.open_list("nodes")?.is_none() {
            return Ok(Next::Ended);
        }
        let Some((header, layout)) = &self.header else {
            return Ok(Next::Section);
        };
        let layout = layout.node.clone();
        let room = self.room(header.node_count, layout.width);
        let mut nodes = Nodes {
            kinds: Buffer::with_capacity(room as usize)?,
            self_size: Buffer::with_capacity(room as usize)?,
            self_size_wide: Vec::new(),
            first_edge: Buffer::with_capacity(room as usize + 1)?,
            detachedness: empty()?,
            max_js_object_id: 0,
            largest_name: None,
            unknown_types: 0,
            edge_sum: 0,
        };
        if layout.detachedness.is_some() {
            nodes.detachedness = Buffer::with_capacity(room as usize)?;
        }
        let mut names = self.writer.stream::<u32>("node_name", room);
        let mut ids = self.writer.stream::<u32>("node_id_low", room);
        let mut traces = Traces { writer: self.writer, room, rows: 0, section: None };
        let mut ids_wide = Vec::new();
        let convert = |rows: Rows<'_>| Ok(convert(&rows, &layout));
        let consume = |chunk: Chunk| {
            nodes.take(&chunk)?;
            ids_wide.extend_from_slice(&chunk.ids_wide);
            names.append(&chunk.names)?;
            ids.append(&chunk.ids)?;
            traces.append(chunk.kinds.len(), &chunk.trace_nodes)
        };
        let end = table::scan(
            &mut self.cursor,
            layout.width,
            self.threads,
            self.progress,
            convert,
            consume,
        )?;
        names.finish()?;
        ids.finish()?;
        traces.finish()?;
        self.writer.put("node_id_wide", &ids_wide)?;
        let next = self.end_of_table(&end, "nodes", MOST_NODES)?;
        nodes.first_edge.push(saturate(nodes.edge_sum))?;
        self.nodes = Some(nodes);
        Ok(next)
    }
}

/// Where nodes were allocated, by the trace tree. Nearly every snapshot has zeros alone there; no column is written then.
struct Traces<'a> {
    writer: &'a ContainerWriter,
    room: u64,
    /// Rows so far.
    rows: usize,
    /// From the first row on that is not zero.
    section: Option<SectionWriter<'a>>,
}

impl Traces<'_> {
    /// Takes the next `rows` rows; `traces` is empty if theirs are all zeros.
    fn append(&mut self, rows: usize, traces: &[u32]) -> Result<()> {
        let before = self.rows;
        self.rows += rows;
        if self.section.is_none() && !traces.is_empty() {
            self.section = self.writer.keep_stream::<u32>("trace_node", self.room);
            if let Some(section) = &mut self.section {
                zeros(section, before)?;
            }
        }
        match &mut self.section {
            Some(section) if traces.is_empty() => zeros(section, rows),
            Some(section) => section.append(traces),
            None => Ok(()),
        }
    }

    fn finish(self) -> Result<()> {
        match self.section {
            Some(section) => section.finish(),
            None => self.writer.keep::<u32>("trace_node", &[]),
        }
    }
}

fn zeros(section: &mut SectionWriter<'_>, count: usize) -> Result<()> {
    const ZEROS: [u32; 1 << 10] = [0; 1 << 10];
    for start in (0..count).step_by(ZEROS.len()) {
        section.append(&ZEROS[..ZEROS.len().min(count - start)])?;
    }
    Ok(())
}

impl Nodes {
    fn take(&mut self, chunk: &Chunk) -> Result<()> {
        self.kinds.extend(&chunk.kinds)?;
        self.self_size.extend(&chunk.sizes)?;
        self.self_size_wide.extend_from_slice(&chunk.sizes_wide);
        self.detachedness.extend(&chunk.detachedness)?;
        let start = self.first_edge.len();
        self.first_edge.extend(&chunk.edge_counts)?;
        for slot in &mut self.first_edge[start..] {
            let count = u64::from(std::mem::replace(slot, saturate(self.edge_sum)));
            self.edge_sum += count;
        }
        self.max_js_object_id = self.max_js_object_id.max(chunk.max_js_object_id);
        self.largest_name = largest(self.largest_name, chunk.names.iter().copied());
        self.unknown_types += chunk.unknown_types;
        Ok(())
    }

    /// Makes node table and edge table fit each other.
    pub(super) fn agree_with(
        &mut self,
        edges: &mut Edges,
        writer: &ContainerWriter,
        findings: &mut Vec<Finding>,
    ) -> Result<()> {
        let (promised, found) = (self.edge_sum, edges.to.len() as u64);
        if promised > found {
            let message = format!(
                "the nodes promise {}, the file holds {}",
                counted(promised, "edge", "edges"),
                grouped(found)
            );
            let finding = Finding::new(FindingKind::EdgeCountMismatch, message);
            findings.push(finding.promising(promised));
            let end = saturate(found);
            self.first_edge.iter_mut().for_each(|first| *first = (*first).min(end));
        } else if promised < found {
            let message = format!(
                "{} left out",
                counted(
                    found - promised,
                    "edge belongs to no node and was",
                    "edges belong to no node and were"
                )
            );
            findings.push(Finding::new(FindingKind::EdgeCountMismatch, message));
            edges.to.truncate(promised as usize);
        }
        edges.repair(&self.first_edge, self.kinds.len(), writer, findings)
    }
}

fn saturate(value: u64) -> u32 {
    u32::try_from(value).unwrap_or(u32::MAX)
}

fn convert(rows: &Rows<'_>, layout: &NodeLayout) -> Chunk {
    let low = rows.values.low();
    let places = [layout.kind, layout.name, layout.id, layout.self_size, layout.edge_count];
    let mut chunk = match (rows.width, places) {
        // What V8 of all versions writes. With places that are known beforehand it takes half the time.
        (7, [0, 1, 2, 3, 4]) => columns(low.as_chunks::<7>().0.iter().map(first_five), layout),
        (6, [0, 1, 2, 3, 4]) => columns(low.as_chunks::<6>().0.iter().map(first_five), layout),
        _ => {
            let row = |row: &[u32]| places.map(|place| row[place]);
            columns(low.chunks_exact(rows.width).map(row), layout)
        }
    };
    chunk.first_row = rows.first_row;
    if let Some(field) = layout.trace_node_id {
        let traces = || low.chunks_exact(rows.width).map(|row| row[field]);
        if traces().any(|trace| trace != 0) {
            chunk.trace_nodes.extend(traces());
        }
    }
    if let Some(field) = layout.detachedness {
        // DevTools keeps two bits.
        chunk.detachedness.extend(low.chunks_exact(rows.width).map(|row| (row[field] & 3) as u8));
    }
    wide_values(rows, layout, &mut chunk);
    chunk
}

#[inline(always)]
fn first_five<const WIDTH: usize>(row: &[u32; WIDTH]) -> [u32; 5] {
    [row[0], row[1], row[2], row[3], row[4]]
}

/// Columns of rows of type, name, id, self size and edge count.
#[inline(always)]
fn columns(rows: impl ExactSizeIterator<Item = [u32; 5]>, layout: &NodeLayout) -> Chunk {
    let count = rows.len();
    let (mut kinds, mut names, mut ids) = (vec![0; count], vec![0; count], vec![0; count]);
    let (mut sizes, mut edge_counts) = (vec![0; count], vec![0; count]);
    let codes = Codes::new(&layout.codes, NodeType::Other(u8::MAX).code());
    let (mut unknown_types, mut max_js_object_id) = (0, 0);
    let slots =
        kinds.iter_mut().zip(&mut names).zip(&mut ids).zip(&mut sizes).zip(&mut edge_counts);
    for (row, ((((kind, name_slot), id_slot), size_slot), edges_slot)) in rows.zip(slots) {
        let [raw, name, id, size, edges] = row;
        (*kind, *name_slot, *id_slot) = (codes.get(raw), name, id);
        (*size_slot, *edges_slot) = (size, edges);
        unknown_types += u64::from(codes.is_unknown(raw));
        let is_js_object = id & 1 == 1 && id != WideColumn::ESCAPE;
        max_js_object_id = max_js_object_id.max(if is_js_object { u64::from(id) } else { 0 });
    }
    Chunk {
        first_row: 0,
        kinds,
        names,
        ids,
        ids_wide: Vec::new(),
        sizes,
        sizes_wide: Vec::new(),
        edge_counts,
        trace_nodes: Vec::new(),
        detachedness: Vec::new(),
        max_js_object_id,
        unknown_types,
    }
}

/// Carries values that do not fit 32 bits over to their column.
fn wide_values(rows: &Rows<'_>, layout: &NodeLayout, chunk: &mut Chunk) {
    for &(at, value) in rows.values.wide() {
        let (row, field) = (at / rows.width, at % rows.width);
        let entry = [chunk.first_row + row as u64, value];
        if field == layout.id {
            chunk.ids_wide.push(entry);
            if value & 1 == 1 {
                chunk.max_js_object_id = chunk.max_js_object_id.max(value);
            }
        } else if field == layout.self_size {
            chunk.sizes_wide.push(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(chunks: &[&[u32]]) -> Vec<u32> {
        let dir = tempfile::tempdir().unwrap();
        let writer = ContainerWriter::create(dir.path()).unwrap();
        let mut traces = Traces { writer: &writer, room: 4, rows: 0, section: None };
        for chunk in chunks {
            let is_zero = chunk.iter().all(|&trace| trace == 0);
            traces.append(chunk.len(), if is_zero { &[] } else { chunk }).unwrap();
        }
        traces.finish().unwrap();
        writer.column("trace_node").unwrap().to_vec()
    }

    #[test]
    fn traces_are_written_where_there_are_any() {
        let (zeros, some) = ([0; 3000], [0, 7, 0]);
        assert!(written(&[]).is_empty());
        assert!(written(&[&zeros, &zeros]).is_empty());
        assert_eq!(written(&[&some, &zeros]), [&some[..], &zeros].concat());
        assert_eq!(written(&[&zeros, &some, &zeros]), [&zeros[..], &some, &zeros].concat());
    }
}
