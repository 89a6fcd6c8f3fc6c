//! Names whose strings the file lacks, as one that is cut off inside `strings` does.

use heapglass_format::buffer::Buffer;
use heapglass_format::column::Column;
use heapglass_format::container::ContainerWriter;
use heapglass_format::scan::Tables;
use heapglass_format::{EdgeType, FindingKind, Result};

/// The index of no string, neither of the file nor derived.
const NO_STRING: u32 = u32::MAX;

/// Lets names past the file's strings be those of no string. To be called before derived strings get the numbers that
/// follow the file's, which such names would read as otherwise.
///
/// Cost: nothing if the file has all strings, else a copy of the names of nodes and edges.
pub(super) fn blank_names(
    writer: &ContainerWriter,
    tables: &Tables,
    names: &mut Column<u32>,
) -> Result<()> {
    let some_are_missing = tables.string_count == 0
        || tables.findings.iter().any(|found| found.kind == FindingKind::StringOutOfRange);
    if !some_are_missing {
        return Ok(());
    }
    let is_missing = |name: u32| name >= tables.string_count;
    let mut of_nodes = Buffer::<u32>::zeroed(names.len())?;
    for (slot, &name) in of_nodes.iter_mut().zip(names.iter()) {
        *slot = if is_missing(name) { NO_STRING } else { name };
    }
    writer.replace("node_name", &of_nodes)?;
    *names = writer.column("node_name")?;
    let (kinds, old) = (writer.column::<u8>("edge_type")?, writer.column::<u32>("edge_name")?);
    let mut of_edges = Buffer::<u32>::zeroed(old.len())?;
    for ((slot, &name), &kind) in of_edges.iter_mut().zip(old.iter()).zip(kinds.iter()) {
        let is_text = !EdgeType::from_code(kind).is_indexed();
        *slot = if is_text && is_missing(name) { NO_STRING } else { name };
    }
    writer.replace("edge_name", &of_edges)
}
