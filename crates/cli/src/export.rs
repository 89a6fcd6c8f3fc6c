//! The rows of `export`: fast and without an allocation for each, as there are millions.

use std::io::{self, Write};

use heapglass_graph::{Graph, Ordinal};

/// The columns, in order.
const COLUMNS: [&str; 8] = [
    "id",
    "type",
    "class_name",
    "name",
    "distance",
    "shallow_size",
    "retained_size",
    "dominator_id",
];
/// Bytes gathered before they are written.
const CHUNK: usize = 1 << 20;

/// The form of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    /// Quoted as RFC 4180 says, with a header; lines end in LF, as other tools of a pipe expect.
    Csv,
    /// A JSON object a line.
    Ndjson,
}

/// Writes one row for each node, in the file's order. `stop` is asked now and then; stopping is an
/// error.
pub(crate) fn write_nodes(
    graph: &Graph,
    format: Format,
    out: &mut dyn Write,
    stop: &dyn Fn() -> bool,
) -> io::Result<()> {
    let rows = Rows::new(graph, format);
    let mut chunk = Vec::with_capacity(CHUNK + CHUNK / 4);
    rows.header(&mut chunk);
    for node in graph.nodes() {
        rows.row(node, &mut chunk);
        if chunk.len() >= CHUNK {
            out.write_all(&chunk)?;
            chunk.clear();
            if stop() {
                return Err(io::Error::new(io::ErrorKind::Interrupted, "interrupted"));
            }
        }
    }
    out.write_all(&chunk)?;
    out.flush()
}

/// Writes rows; class and type names are escaped once for all rows.
struct Rows<'a> {
    graph: &'a Graph,
    format: Format,
    /// For each class its name, ready to be copied.
    class_names: Vec<Vec<u8>>,
}

impl<'a> Rows<'a> {
    fn new(graph: &'a Graph, format: Format) -> Self {
        let classes = &graph.overview().classes.rows;
        let escaped = |name: &str| {
            let mut field = Vec::new();
            push_text(&mut field, name, format);
            field
        };
        Rows {
            graph,
            format,
            class_names: classes.iter().map(|row| escaped(&row.class_name)).collect(),
        }
    }

    fn header(&self, line: &mut Vec<u8>) {
        if self.format == Format::Csv {
            line.extend_from_slice(COLUMNS.join(",").as_bytes());
            line.push(b'\n');
        }
    }

    fn row(&self, node: Ordinal, line: &mut Vec<u8>) {
        let graph = self.graph;
        self.start(line, 0);
        push_number(line, graph.id(node).0);
        self.start(line, 1);
        push_text(line, graph.node_type_name(node), self.format);
        self.start(line, 2);
        if let Some(name) = self.class_names.get(graph.class(node).index()) {
            line.extend_from_slice(name);
        }
        self.start(line, 3);
        push_text(line, &graph.raw_name(node), self.format);
        self.start(line, 4);
        match graph.distance(node).shown() {
            Some(distance) => push_number(line, u64::from(distance)),
            None if self.format == Format::Ndjson => line.extend_from_slice(b"null"),
            None => {}
        }
        self.start(line, 5);
        push_number(line, graph.shallow_size(node));
        self.start(line, 6);
        push_number(line, graph.retained_size(node));
        self.start(line, 7);
        push_number(line, graph.id(graph.dominator(node)).0);
        if self.format == Format::Ndjson {
            line.push(b'}');
        }
        line.push(b'\n');
    }

    /// What stands before a column's value.
    fn start(&self, line: &mut Vec<u8>, column: usize) {
        match (self.format, column) {
            (Format::Csv, 0) => {}
            (Format::Csv, _) => line.push(b','),
            (Format::Ndjson, _) => {
                line.push(if column == 0 { b'{' } else { b',' });
                line.push(b'"');
                line.extend_from_slice(COLUMNS[column].as_bytes());
                line.extend_from_slice(b"\":");
            }
        }
    }
}

fn push_number(line: &mut Vec<u8>, mut number: u64) {
    let mut digits = [0; 20];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    line.extend_from_slice(&digits[at..]);
}

fn push_text(line: &mut Vec<u8>, text: &str, format: Format) {
    match format {
        Format::Csv => push_csv(line, text),
        Format::Ndjson => push_json(line, text),
    }
}

fn push_csv(line: &mut Vec<u8>, text: &str) {
    let must_quote = |byte: u8| matches!(byte, b'"' | b',' | b'\n' | b'\r');
    if !text.bytes().any(must_quote) {
        line.extend_from_slice(text.as_bytes());
        return;
    }
    line.push(b'"');
    for (at, part) in text.split('"').enumerate() {
        if at > 0 {
            line.extend_from_slice(b"\"\"");
        }
        line.extend_from_slice(part.as_bytes());
    }
    line.push(b'"');
}

fn push_json(line: &mut Vec<u8>, text: &str) {
    line.push(b'"');
    let mut done = 0;
    for (at, byte) in text.bytes().enumerate() {
        if byte >= 0x20 && byte != b'"' && byte != b'\\' {
            continue;
        }
        line.extend_from_slice(&text.as_bytes()[done..at]);
        done = at + 1;
        match byte {
            b'"' => line.extend_from_slice(b"\\\""),
            b'\\' => line.extend_from_slice(b"\\\\"),
            b'\n' => line.extend_from_slice(b"\\n"),
            b'\r' => line.extend_from_slice(b"\\r"),
            b'\t' => line.extend_from_slice(b"\\t"),
            control => {
                const HEX: &[u8; 16] = b"0123456789abcdef";
                line.extend_from_slice(b"\\u00");
                line.push(HEX[usize::from(control >> 4)]);
                line.push(HEX[usize::from(control & 15)]);
            }
        }
    }
    line.extend_from_slice(&text.as_bytes()[done..]);
    line.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(text: &str, format: Format) -> String {
        let mut line = Vec::new();
        push_text(&mut line, text, format);
        String::from_utf8(line).expect("text")
    }

    #[test]
    fn csv_quotes_only_what_it_must() {
        assert_eq!(text_of("plain ✓", Format::Csv), "plain ✓");
        assert_eq!(text_of("a,b", Format::Csv), "\"a,b\"");
        assert_eq!(text_of("say \"hi\"\n", Format::Csv), "\"say \"\"hi\"\"\n\"");
        assert_eq!(text_of("", Format::Csv), "");
    }

    #[test]
    fn json_strings_read_back() {
        for text in ["", "plain ✓", "\"quotes\" \\ and\n\r\t\u{0}\u{1f}\u{7f}", "日本\"語"] {
            let read: String = serde_json::from_str(&text_of(text, Format::Ndjson)).expect("JSON");
            assert_eq!(read, text);
        }
    }

    #[test]
    fn numbers_are_written_whole() {
        for number in [0, 9, 10, 12_345, u64::MAX] {
            let mut line = Vec::new();
            push_number(&mut line, number);
            assert_eq!(String::from_utf8(line).expect("digits"), number.to_string());
        }
    }
}
