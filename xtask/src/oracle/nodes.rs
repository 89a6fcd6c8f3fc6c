//! Two streams of node rows, compared column by column.

use std::io::{Read, Write};

use anyhow::{Result, bail};
use csv::{ByteRecord, Reader, ReaderBuilder, WriterBuilder};
use sha2::{Digest, Sha256};

use super::known::Sizes;

/// What differs, counted by column.
pub(super) struct Differences {
    columns: Vec<Column>,
    sizes: Sizes,
    show: usize,
}

struct Column {
    name: String,
    count: u64,
    first: Vec<String>,
}

impl Differences {
    /// Keeps the first `show` differences of each column.
    pub(super) fn new(sizes: Sizes, show: usize) -> Differences {
        Differences { columns: Vec::new(), sizes, show }
    }

    /// A line for each column that differs, and its first examples; empty if nothing does.
    pub(super) fn into_lines(self) -> Vec<String> {
        let mut lines = Vec::new();
        for column in self.columns.into_iter().filter(|c| c.count > 0) {
            lines.push(format!("{}: {} nodes differ", column.name, column.count));
            lines.extend(column.first);
        }
        lines
    }
}

/// Compares all rows and returns their number.
pub(super) fn compare(
    theirs: impl Read,
    ours: impl Read,
    differences: &mut Differences,
) -> Result<u64> {
    let mut theirs = reader(theirs);
    let mut ours = reader(ours);
    let header = theirs.byte_headers()?.clone();
    if *ours.byte_headers()? != header {
        bail!("columns differ: {:?} and {:?}", header, ours.byte_headers()?);
    }
    differences.columns = header
        .iter()
        .map(|name| Column {
            name: String::from_utf8_lossy(name).into_owned(),
            count: 0,
            first: Vec::new(),
        })
        .collect();
    let (mut their_row, mut our_row) = (ByteRecord::new(), ByteRecord::new());
    let mut rows = 0;
    loop {
        match (theirs.read_byte_record(&mut their_row)?, ours.read_byte_record(&mut our_row)?) {
            (false, false) => return Ok(rows),
            (true, true) => {}
            (more, _) => {
                let who = if more { "heapglass" } else { "DevTools" };
                bail!("{who} ends after {rows} nodes, the other does not");
            }
        }
        if their_row != our_row {
            compare_row(rows, &their_row, &our_row, differences);
        }
        rows += 1;
    }
}

fn compare_row(
    ordinal: u64,
    theirs: &ByteRecord,
    ours: &ByteRecord,
    differences: &mut Differences,
) {
    let id = String::from_utf8_lossy(theirs.get(0).unwrap_or_default());
    let Differences { columns, sizes, show } = differences;
    for (column, (theirs, ours)) in columns.iter_mut().zip(theirs.iter().zip(ours)) {
        if theirs == ours {
            continue;
        }
        if column.name.ends_with("_size")
            && let (Some(theirs), Some(ours)) = (number(theirs), number(ours))
            && sizes.same(theirs, ours)
        {
            continue;
        }
        column.count += 1;
        if column.first.len() < *show {
            let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
            column.first.push(format!(
                "  node {ordinal} @{id}: DevTools {:?}, heapglass {:?}",
                text(theirs),
                text(ours)
            ));
        }
    }
}

fn number(field: &[u8]) -> Option<i64> {
    std::str::from_utf8(field).ok()?.parse().ok()
}

/// The number of rows, and the SHA-256 of the table as the oracle writes it: quotes only where they
/// are needed, lines that end in a line feed.
pub(super) fn checksum(ours: impl Read) -> Result<(u64, String)> {
    let mut ours = reader(ours);
    let mut writer = WriterBuilder::new().from_writer(Summed(Sha256::new()));
    writer.write_byte_record(ours.byte_headers()?)?;
    let mut row = ByteRecord::new();
    let mut rows = 0;
    while ours.read_byte_record(&mut row)? {
        writer.write_byte_record(&row)?;
        rows += 1;
    }
    let sum = writer.into_inner().map_err(|e| e.into_error())?.0.finalize();
    Ok((rows, sum.iter().map(|byte| format!("{byte:02x}")).collect()))
}

/// Where bytes go to be summed up.
struct Summed(Sha256);

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn reader<R: Read>(from: R) -> Reader<R> {
    ReaderBuilder::new().buffer_capacity(1 << 20).from_reader(from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(theirs: &str, ours: &str, sizes: Sizes) -> Result<Vec<String>> {
        let mut differences = Differences::new(sizes, 1);
        compare(theirs.as_bytes(), ours.as_bytes(), &mut differences)?;
        Ok(differences.into_lines())
    }

    #[test]
    fn equal_rows_say_nothing() {
        let text = "id,name,size\n1,\"a,\"\"b\"\"\nc\",5\n";
        assert!(check(text, text, Sizes::Exact).unwrap().is_empty());
    }

    #[test]
    fn each_column_counts_by_itself() {
        let lines = check("id,size\n1,5\n3,6\n", "id,size\n1,7\n3,8\n", Sizes::Exact).unwrap();
        assert_eq!(lines, ["size: 2 nodes differ", "  node 0 @1: DevTools \"5\", heapglass \"7\""]);
    }

    #[test]
    fn wrapped_sizes_are_sizes_only() {
        let check = |column: &str| {
            let table = |value| format!("id,{column}\n1,{value}\n");
            check(&table("7"), &table("4294967303"), Sizes::Wrapped).unwrap()
        };
        assert!(check("shallow_size").is_empty());
        assert!(!check("distance").is_empty());
    }

    #[test]
    fn the_checksum_is_of_the_plainest_form() {
        let (rows, plain) = checksum("id,name\n1,a\n3,\"b,\"\n".as_bytes()).unwrap();
        assert_eq!(rows, 2);
        let (_, quoted) = checksum("\"id\",name\r\n1,\"a\"\r\n3,\"b,\"\r\n".as_bytes()).unwrap();
        assert_eq!(plain, quoted);
    }

    #[test]
    fn a_missing_row_is_an_error() {
        assert!(check("id\n1\n", "id\n", Sizes::Exact).is_err());
        assert!(check("id\n", "id\n1\n", Sizes::Exact).is_err());
        assert!(check("id,x\n", "id\n", Sizes::Exact).is_err());
    }
}
