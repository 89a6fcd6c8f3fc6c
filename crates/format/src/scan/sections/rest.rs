//! The sections beside nodes and edges: strings, locations, samples, allocation stacks.

use super::{Next, Reading};
use crate::container::ContainerWriter;
use crate::finding::{Finding, FindingKind, counted};
use crate::scan::strings::Visit;
use crate::scan::table::{self, Rows};
use crate::scan::{json, strings};
use crate::{Error, Result};

/// Columns of the section `trace_functions`; what the file does not have is `u32::MAX`.
const TRACE_FUNCTION_FIELDS: [&str; 6] =
    ["function_id", "name", "script_name", "script_id", "line", "column"];

/// Stands for the node of a location that has none: there are never so many.
const NO_NODE: u32 = u32::MAX;

/// What is known of the small sections.
#[derive(Default)]
pub(super) struct Rest {
    /// `None` until the section was seen.
    pub(super) string_count: Option<u32>,
    pub(super) sample_count: u32,
    pub(super) trace_function_count: u64,
    locations: Vec<[u32; 4]>,
    trace_functions: bool,
    trace_tree: bool,
    samples: bool,
}

impl Rest {
    /// Writes empty sections for those that the file does not have.
    pub(super) fn fill_missing(&mut self, writer: &ContainerWriter) -> Result<()> {
        if self.string_count.is_none() {
            writer.put::<u8>("string_bytes", &[])?;
            writer.put::<u64>("string_starts", &[0])?;
        }
        if !self.samples {
            writer.put::<[u64; 2]>("samples", &[])?;
        }
        if !self.trace_functions {
            writer.put::<[u32; 6]>("trace_functions", &[])?;
        }
        if !self.trace_tree {
            writer.put::<[u64; 5]>("trace_tree", &[])?;
        }
        Ok(())
    }

    /// Sorts the locations by ordinal, the last of several for one node winning as in DevTools,
    /// and writes them. Those of no node are left out, with a finding.
    pub(super) fn finish_locations(
        &mut self,
        writer: &ContainerWriter,
        nodes: usize,
        threads: usize,
        findings: &mut Vec<Finding>,
    ) -> Result<u32> {
        let mut locations = std::mem::take(&mut self.locations);
        let given = locations.len();
        locations.retain(|row| (row[0] as usize) < nodes);
        let lost = (given - locations.len()) as u64;
        if lost > 0 {
            let rows = counted(
                lost,
                "location is of no node and was",
                "locations are of no node and were",
            );
            let message = format!("{rows} left out");
            findings.push(Finding::new(FindingKind::LocationOutOfRange, message));
        }
        if !locations.is_sorted_by_key(|row| row[0]) {
            if threads > 1 {
                let middle = locations.len() / 2;
                let (near, far) = locations.split_at_mut(middle);
                std::thread::scope(|scope| {
                    scope.spawn(|| near.sort_by_key(|row| row[0]));
                    far.sort_by_key(|row| row[0]);
                });
            }
            // Of two sorted halves this is one merge.
            locations.sort_by_key(|row| row[0]);
        }
        locations.reverse();
        locations.dedup_by_key(|row| row[0]);
        locations.reverse();
        writer.put("locations", &locations)?;
        Ok(locations.len() as u32)
    }
}

impl Reading<'_> {
    /// Reads `strings` from its `[` on.
    pub(super) fn strings(&mut self, visit: Visit<'_>) -> Result<Next> {
        if self.open_list("strings")?.is_none() {
            return Ok(Next::Ended);
        }
        let end = strings::scan(&mut self.cursor, self.writer, self.threads, self.progress, visit)?;
        let limit = u64::from(u32::MAX) / 2;
        if end.count > limit {
            let path = self.cursor.path.clone();
            return Err(Error::TooMany { path, what: "strings", count: end.count, limit });
        }
        self.rest.string_count = Some(end.count as u32);
        if end.repaired > 0 {
            let message = format!(
                "{} repaired",
                counted(
                    end.repaired,
                    "string is not valid JSON text and was",
                    "strings are not valid JSON text and were"
                )
            );
            self.findings.push(Finding::new(FindingKind::BadString, message));
        }
        Ok(if end.truncated_at.is_some() { Next::Ended } else { Next::Section })
    }

    /// Reads `locations` from its `[` on.
    pub(super) fn locations(&mut self) -> Result<Next> {
        let Some((_, layout)) = &self.header else {
            return Ok(Next::Section);
        };
        let (fields, width, node_width) =
            (layout.location, layout.location_width, layout.node.width as u64);
        let Some(fields) = fields else {
            return self.skip();
        };
        if self.open_list("locations")?.is_none() {
            return Ok(Next::Ended);
        }
        let locations = &mut self.rest.locations;
        let convert = |rows: Rows<'_>| {
            Ok((0..rows.count())
                .map(|row| {
                    let value = |field: usize| rows.values.get(row * rows.width + field);
                    let small = |field: usize| u32::try_from(value(field)).unwrap_or(u32::MAX);
                    let (ordinal, rest) =
                        (value(fields[0]) / node_width, value(fields[0]) % node_width);
                    let ordinal = u32::try_from(ordinal).ok().filter(|_| rest == 0);
                    let ordinal = ordinal.unwrap_or(NO_NODE);
                    [ordinal, small(fields[1]), small(fields[2]), small(fields[3])]
                })
                .collect::<Vec<_>>())
        };
        let consume = |rows: Vec<[u32; 4]>| {
            locations.extend_from_slice(&rows);
            Ok(())
        };
        let end =
            table::scan(&mut self.cursor, width, self.threads, self.progress, convert, consume)?;
        self.end_of_table(&end, "locations", u64::MAX)
    }

    /// Reads `samples` from its `[` on.
    pub(super) fn samples(&mut self) -> Result<Next> {
        let Some((header, _)) = &self.header else {
            return Ok(Next::Section);
        };
        let field = |name: &str| header.meta.sample_fields.iter().position(|f| f == name);
        let (Some(time), Some(id)) = (field("timestamp_us"), field("last_assigned_id")) else {
            return self.skip();
        };
        let width = header.meta.sample_fields.len();
        if self.open_list("samples")?.is_none() {
            return Ok(Next::Ended);
        }
        self.rest.samples = true;
        let mut section = self.writer.stream::<[u64; 2]>("samples", 1 << 12);
        let convert = |rows: Rows<'_>| {
            let value = |row: usize, field: usize| rows.values.get(row * rows.width + field);
            Ok((0..rows.count()).map(|row| [value(row, time), value(row, id)]).collect::<Vec<_>>())
        };
        let consume = |rows: Vec<[u64; 2]>| section.append(&rows);
        let end = table::scan(&mut self.cursor, width, 1, self.progress, convert, consume)?;
        section.finish()?;
        self.rest.sample_count = u32::try_from(end.rows).unwrap_or(u32::MAX);
        self.end_of_table(&end, "samples", u64::MAX)
    }

    /// Reads `trace_function_infos` from its `[` on: rows of [`TRACE_FUNCTION_FIELDS`].
    pub(super) fn trace_functions(&mut self) -> Result<Next> {
        let Some((header, _)) = &self.header else {
            return Ok(Next::Section);
        };
        let fields = &header.meta.trace_function_info_fields;
        let (width, places) = (
            fields.len(),
            TRACE_FUNCTION_FIELDS.map(|name| fields.iter().position(|field| field == name)),
        );
        if width == 0 {
            return self.skip();
        }
        if self.open_list("trace_function_infos")?.is_none() {
            return Ok(Next::Ended);
        }
        self.rest.trace_functions = true;
        let mut section = self.writer.stream::<[u32; 6]>("trace_functions", 1 << 12);
        let convert = |rows: Rows<'_>| {
            let rows = rows.values.low().chunks_exact(rows.width);
            let value = |row: &[u32], place: Option<usize>| place.map_or(u32::MAX, |at| row[at]);
            Ok(rows.map(|row| places.map(|place| value(row, place))).collect::<Vec<_>>())
        };
        let consume = |rows: Vec<[u32; 6]>| section.append(&rows);
        let end = table::scan(&mut self.cursor, width, 1, self.progress, convert, consume)?;
        section.finish()?;
        self.rest.trace_function_count = end.rows;
        self.end_of_table(&end, "trace_function_infos", u64::MAX)
    }

    /// Reads `trace_tree`: `[id, function, count, size, parent row]`, parents first.
    pub(super) fn trace_tree(&mut self) -> Result<Next> {
        let Some((header, _)) = &self.header else {
            return Ok(Next::Section);
        };
        let fields = &header.meta.trace_node_fields;
        let field = |name: &str| fields.iter().position(|f| f == name);
        let places = (
            field("id"),
            field("function_info_index"),
            field("count"),
            field("size"),
            field("children"),
        );
        let (Some(id), Some(function), Some(count), Some(size), Some(children)) = places else {
            return self.skip();
        };
        if [id, function, count, size].iter().any(|&f| f > children) {
            return self.skip();
        }
        self.rest.trace_tree = true;
        let width = fields.len();
        let mut section = self.writer.stream::<[u64; 5]>("trace_tree", 1 << 12);
        let whole = json::trace_tree(&mut self.cursor, width, children, |row, parent| {
            let at = |field: usize| row.get(field).copied().unwrap_or(0);
            section.append(&[[at(id), at(function), at(count), at(size), u64::from(parent)]])
        })?;
        section.finish()?;
        Ok(if whole.is_some() { Next::Section } else { Next::Ended })
    }
}
