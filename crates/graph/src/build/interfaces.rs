//! Names for plain objects by their properties: `{name, size}`.
//!
//! Source: DevTools' `inferInterfaceDefinitions` and `applyInterfaceDefinitions`
//! (HeapSnapshot.ts). Objects with the same properties in the same order share a *shape*, and
//! everything is done once for a shape, not for an object.

use heapglass_format::container::ContainerWriter;
use heapglass_format::strings::{StringTable, utf16_units};
use heapglass_format::{EdgeType, Result};
use rustc_hash::FxHashMap;

use super::Adjacency;
use super::bits::ones;
use super::window::EdgeWindow;
use crate::interfaces::{Interface, LONGEST_SHARED, PropertyTree};

/// An interface's name is not lengthened past this many UTF-16 units.
const LONGEST_NAME: usize = 120;
/// A name for fewer objects than this is none.
const FEWEST_OBJECTS: usize = 2;
/// A name for less than one in so many plain objects is none.
const PROPORTION: usize = 1000;

/// Which interface each plain object has.
pub(super) struct Interfaces {
    /// For each plain object, in ordinal order, its shape.
    pub(super) shape_of: Vec<u32>,
    /// For each shape the interface that fits best, a position in `names`.
    pub(super) interface_of: Vec<Option<u32>>,
    /// The interfaces, most frequent first.
    pub(super) definitions: Vec<Interface>,
}

/// The edges of plain objects.
pub(super) struct PlainObjects<'a> {
    pub(super) graph: Adjacency<'a>,
    pub(super) writer: &'a ContainerWriter,
    /// For each node ordinal: is a plain object.
    pub(super) plain: &'a [u64],
    pub(super) strings: &'a StringTable,
}

impl PlainObjects<'_> {
    /// Finds the interfaces and which shape has which.
    ///
    /// Cost: the properties of all plain objects once, those of each shape a few times.
    pub(super) fn interfaces(&self) -> Result<Interfaces> {
        let mut properties = Properties::new(self.graph, self.writer)?;
        let shapes = self.shapes(&mut properties)?;
        let definitions = self.definitions(&shapes, &mut properties)?;
        let tree = PropertyTree::new(&definitions);
        let mut numbers = FxHashMap::default();
        let mut found = Vec::new();
        let mut interface_of = Vec::with_capacity(shapes.list.len());
        for shape in &shapes.list {
            let number = |&name: &u32| {
                *numbers.entry(name).or_insert_with(|| tree.number(self.strings, name))
            };
            found.clear();
            found.extend(properties.of_shape(shape)?.iter().filter_map(number));
            found.sort_unstable();
            interface_of.push(tree.best(&found));
        }
        Ok(Interfaces { shape_of: shapes.shape_of, interface_of, definitions })
    }

    fn shapes(&self, properties: &mut Properties<'_>) -> Result<Shapes> {
        let mut shapes = Shapes::default();
        for node in ones(self.plain) {
            let shape = shapes.number(node, properties.of_node(node)?);
            shapes.shape_of.push(shape);
        }
        Ok(shapes)
    }

    /// The interfaces that enough objects have, most frequent first.
    fn definitions(
        &self,
        shapes: &Shapes,
        properties: &mut Properties<'_>,
    ) -> Result<Vec<Interface>> {
        let mut by_name: FxHashMap<Vec<u8>, usize> = FxHashMap::default();
        let mut candidates: Vec<Candidate> = Vec::new();
        for shape in &shapes.list {
            let Some((name, properties)) = self.candidate(properties.of_shape(shape)?) else {
                continue;
            };
            let at = *by_name.entry(name).or_insert_with_key(|name| {
                candidates.push(Candidate { name: name.clone(), properties, count: 0 });
                candidates.len() - 1
            });
            candidates[at].count += shape.count;
        }
        // The sort is stable: of equally frequent ones the first met stays first.
        candidates.sort_by_key(|candidate| std::cmp::Reverse(candidate.count));
        // As DevTools compares with a fraction: count < total / 1000.
        let total = shapes.shape_of.len();
        candidates.retain(|c| c.count >= FEWEST_OBJECTS && c.count * PROPORTION >= total);
        let text = |&property: &u32| self.strings.get(property).unwrap_or_default().to_vec();
        let definitions = candidates.into_iter().map(|candidate| Interface {
            properties: candidate.properties.iter().map(text).collect(),
            name: candidate.name,
        });
        Ok(definitions.collect())
    }

    /// The name that an object with these properties suggests, and the properties in it.
    fn candidate(&self, properties: &[u32]) -> Option<(Vec<u8>, Vec<u32>)> {
        let mut name = vec![b'{'];
        let mut units = 1;
        let mut used = Vec::new();
        for &property in properties {
            // A name that the file does not hold says nothing.
            let Some(text) = self.strings.get(property) else {
                continue;
            };
            if text == b"__proto__" {
                continue;
            }
            // A UTF-16 unit takes up to three bytes; a long name is not copied to be left out.
            if units > 1 && text.len() >= 3 * LONGEST_NAME {
                break;
            }
            let formatted = format_property(text);
            let length = utf16_units(&formatted);
            if units > 1 && units + length > LONGEST_NAME {
                break;
            }
            if units > 1 {
                name.extend(b", ");
                units += 2;
            }
            name.extend_from_slice(&formatted);
            units += length;
            used.push(property);
        }
        name.push(b'}');
        (!used.is_empty()).then_some((name, used))
    }
}

/// Reads the properties of nodes: names of their property edges, in edge order.
struct Properties<'a> {
    graph: Adjacency<'a>,
    window: EdgeWindow,
    names: Vec<u32>,
}

impl<'a> Properties<'a> {
    fn new(graph: Adjacency<'a>, writer: &ContainerWriter) -> Result<Properties<'a>> {
        Ok(Properties { graph, window: EdgeWindow::new(writer)?, names: Vec::new() })
    }

    fn of_node(&mut self, node: u32) -> Result<&[u32]> {
        self.names.clear();
        let range = self.graph.edges(node);
        let (mut edge, end) = (range.start as usize, range.end as usize);
        while edge < end {
            let (kinds, names) = self.window.from(edge)?;
            let count = kinds.len().min(end - edge);
            if count == 0 {
                break;
            }
            let edges = kinds[..count].iter().zip(names);
            let properties = edges.filter(|(kind, _)| **kind == EdgeType::Property.code());
            self.names.extend(properties.map(|(_, &name)| name));
            edge += count;
        }
        Ok(&self.names)
    }

    fn of_shape<'b>(&'b mut self, shape: &'b Shape) -> Result<&'b [u32]> {
        match &shape.properties {
            Some(list) => Ok(list),
            None => self.of_node(shape.first),
        }
    }
}

/// An interface that may be.
struct Candidate {
    name: Vec<u8>,
    /// String indexes of its properties.
    properties: Vec<u32>,
    count: usize,
}

/// Objects with the same properties in the same order.
struct Shape {
    /// The properties; `None` for a dictionary, whose edges are read again instead.
    properties: Option<Box<[u32]>>,
    /// Ordinal of the first object.
    first: u32,
    count: usize,
}

#[derive(Default)]
struct Shapes {
    list: Vec<Shape>,
    by_properties: FxHashMap<Box<[u32]>, u32>,
    shape_of: Vec<u32>,
}

impl Shapes {
    fn number(&mut self, node: u32, properties: &[u32]) -> u32 {
        if let Some(&found) = self.by_properties.get(properties) {
            self.list[found as usize].count += 1;
            return found;
        }
        let number = self.list.len() as u32;
        let shared = properties.len() <= LONGEST_SHARED;
        if shared {
            self.by_properties.insert(properties.into(), number);
        }
        let properties = shared.then(|| properties.into());
        self.list.push(Shape { properties, first: node, count: 1 });
        number
    }
}

/// DevTools' `formatPropertyName`: names with `,'"{}` are quoted as JSON.
fn format_property(name: &[u8]) -> Vec<u8> {
    if !name.iter().any(|b| b",'\"{}".contains(b)) {
        return name.to_vec();
    }
    let mut quoted = vec![b'"'];
    let mut at = 0;
    while let Some(&byte) = name.get(at) {
        match byte {
            b'"' | b'\\' => quoted.extend([b'\\', byte]),
            0x08 => quoted.extend(b"\\b"),
            0x0c => quoted.extend(b"\\f"),
            b'\n' => quoted.extend(b"\\n"),
            b'\r' => quoted.extend(b"\\r"),
            b'\t' => quoted.extend(b"\\t"),
            0..0x20 => quoted.extend(format!("\\u{byte:04x}").into_bytes()),
            // A lone surrogate: three bytes, of which the second is A0 or more.
            0xed if name.get(at + 1).is_some_and(|&b| b >= 0xa0) => {
                let low =
                    |offset: usize| u32::from(name.get(at + offset).copied().unwrap_or(0)) & 0x3f;
                let unit = 0xd000 | low(1) << 6 | low(2);
                quoted.extend(format!("\\u{unit:04x}").into_bytes());
                at += 2;
            }
            _ => quoted.push(byte),
        }
        at += 1;
    }
    quoted.push(b'"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn property_names_are_quoted_as_json() {
        assert_eq!(format_property(b"plain name"), b"plain name");
        assert_eq!(format_property(b"a,b"), b"\"a,b\"");
        assert_eq!(format_property(b"say \"hi\"\n\x01"), b"\"say \\\"hi\\\"\\n\\u0001\"");
        assert_eq!(format_property(b"'\xed\xa0\xbd"), b"\"'\\ud83d\"");
    }
}
