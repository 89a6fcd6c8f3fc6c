//! Types and names of edges, read from the work file a piece at a time.

use heapglass_format::Result;
use heapglass_format::container::{ContainerWriter, RowReader};

/// Edges read at once: 1.3 MB.
const EDGES: usize = 1 << 18;

/// A piece of the columns `edge_type` and `edge_name`. Mapping them instead would make all of
/// them resident: 5 bytes for each edge.
pub(super) struct EdgeWindow {
    kinds: RowReader<u8>,
    names: RowReader<u32>,
    start: usize,
    kind_rows: Vec<u8>,
    name_rows: Vec<u32>,
}

impl EdgeWindow {
    pub(super) fn new(writer: &ContainerWriter) -> Result<EdgeWindow> {
        Ok(EdgeWindow {
            kinds: writer.rows("edge_type")?,
            names: writer.rows("edge_name")?,
            start: 0,
            kind_rows: Vec::new(),
            name_rows: Vec::new(),
        })
    }

    /// Types and names from edge ordinal `edge` on: at least one row unless the table ends there.
    #[inline(always)]
    pub(super) fn from(&mut self, edge: usize) -> Result<(&[u8], &[u32])> {
        if !(self.start..self.start + self.kind_rows.len()).contains(&edge) {
            self.load(edge)?;
        }
        let at = edge - self.start;
        Ok((&self.kind_rows[at..], &self.name_rows[at..]))
    }

    #[cold]
    fn load(&mut self, edge: usize) -> Result<()> {
        self.start = edge;
        self.kinds.read(edge, EDGES, &mut self.kind_rows)?;
        self.names.read(edge, EDGES, &mut self.name_rows)
    }
}
