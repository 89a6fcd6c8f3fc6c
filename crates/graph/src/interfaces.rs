//! Names for plain objects, as one snapshot defines them and another may be read by.
//!
//! DevTools names plain objects after the shapes that are frequent in a snapshot. To compare two of
//! them it reads the older one by the definitions of the newer: an object that did not change has the
//! same name in both then.
//!
//! Source: DevTools' `applyInterfaceDefinitions` and `aggregatesForDiff` (HeapSnapshot.ts).

use heapglass_format::strings::{StringTable, lossy};
use heapglass_format::{EdgeType, NodeType};
use rustc_hash::FxHashMap;

use crate::classes::class_key;
use crate::{Graph, Ordinal};

/// Plain objects with more properties than this are dictionaries: each is a shape of its own, so that
/// no copy of its property list is kept.
pub(crate) const LONGEST_SHARED: usize = 64;
/// V8's name for plain objects.
const PLAIN: &str = "Object";

/// A name for plain objects, and the properties that an object needs for it. All text is WTF-8.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interface {
    /// What DevTools shows: `{id, name}`.
    pub name: Vec<u8>,
    /// Names of the properties, in the order of the objects that the name comes from.
    pub properties: Vec<Vec<u8>>,
}

/// All definitions, as the index keeps them: for each one the number of its properties, its name and
/// theirs, each text after its length; numbers are little-endian and have four bytes.
pub(crate) fn encode(definitions: &[Interface]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let number = |bytes: &mut Vec<u8>, number: usize| {
        bytes.extend_from_slice(&(number as u32).to_le_bytes());
    };
    for definition in definitions {
        number(&mut bytes, definition.properties.len());
        for text in std::iter::once(&definition.name).chain(&definition.properties) {
            number(&mut bytes, text.len());
            bytes.extend_from_slice(text);
        }
    }
    bytes
}

/// The definitions that `bytes` hold; of damaged bytes those before the damage.
pub(crate) fn decode(bytes: &[u8]) -> Vec<Interface> {
    let mut rest = bytes;
    let mut definitions = Vec::new();
    while !rest.is_empty() {
        let Some(definition) = decode_one(&mut rest) else { break };
        definitions.push(definition);
    }
    definitions
}

fn decode_one(rest: &mut &[u8]) -> Option<Interface> {
    fn number(rest: &mut &[u8]) -> Option<usize> {
        let (number, tail) = rest.split_first_chunk::<4>()?;
        *rest = tail;
        Some(u32::from_le_bytes(*number) as usize)
    }
    fn text(rest: &mut &[u8]) -> Option<Vec<u8>> {
        let (text, tail) = {
            let length = number(rest)?;
            rest.split_at_checked(length)?
        };
        *rest = tail;
        Some(text.to_vec())
    }
    let count = number(rest)?;
    let name = text(rest)?;
    // Not reserved: the count is only a claim until the texts are there.
    let mut properties = Vec::new();
    for _ in 0..count {
        properties.push(text(rest)?);
    }
    Some(Interface { name, properties })
}

/// The classes of a graph whose plain objects are named by the definitions of another one.
#[derive(Debug, Clone)]
pub struct ReadAs {
    /// For each node its class, a position in `classes`.
    pub class: Vec<u32>,
    /// Key and name of each class. Those of the graph come first, in its order; classes that only
    /// the other definitions give follow.
    pub classes: Vec<ClassLabel>,
}

/// Key and name of a class, as in [`crate::ClassRow`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassLabel {
    /// DevTools' class key.
    pub class_key: String,
    /// What DevTools shows.
    pub class_name: String,
}

impl Graph {
    /// The definitions by which the snapshot's plain objects are named, most frequent first.
    pub fn interfaces(&self) -> Vec<Interface> {
        decode(&self.columns.interfaces)
    }

    /// The classes of all nodes as if the plain objects were named by `definitions`.
    ///
    /// Cost: one pass over the class column, and over the properties of plain objects; the
    /// definitions are tried once for a shape, not for an object. Memory: 4 bytes a node.
    pub fn read_as(&self, definitions: &[Interface]) -> ReadAs {
        let rows = &self.overview.classes.rows;
        let label = |row: &crate::ClassRow| ClassLabel {
            class_key: row.class_key.clone(),
            class_name: row.class_name.clone(),
        };
        let mut named = Renaming::new(self, definitions, rows.iter().map(label).collect());
        // A class that holds a plain object is called as all of them or as an interface.
        let may_be_plain: Vec<bool> = rows
            .iter()
            .map(|row| row.class_name == PLAIN || row.class_name.starts_with('{'))
            .collect();
        let mut class = self.columns.class.to_vec();
        let object = NodeType::Object.code();
        for (node, (class, &kind)) in (0u32..).zip(class.iter_mut().zip(&*self.columns.node_type)) {
            if kind == object && may_be_plain.get(*class as usize) == Some(&true) {
                *class = named.class_of(Ordinal(node), *class);
            }
        }
        ReadAs { class, classes: named.classes }
    }
}

/// What [`Graph::read_as`] knows on its way.
struct Renaming<'a> {
    graph: &'a Graph,
    tree: PropertyTree,
    names: Vec<String>,
    /// Whether a string, by its index, is V8's name for plain objects.
    is_plain: FxHashMap<u32, bool>,
    /// Numbers of the properties that occur in definitions, by string index.
    numbers: FxHashMap<u32, Option<u32>>,
    /// For each shape the interface that fits best.
    by_shape: FxHashMap<Box<[u32]>, Option<u32>>,
    /// Classes by what decides over the key: interface (none: no name fits) and place.
    by_name: FxHashMap<(Option<u32>, Option<[u32; 3]>), u32>,
    by_key: FxHashMap<String, u32>,
    classes: Vec<ClassLabel>,
    /// Rows of the table of locations that belong to nodes before this one.
    located: usize,
    properties: Vec<u32>,
    found: Vec<u32>,
}

impl<'a> Renaming<'a> {
    fn new(graph: &'a Graph, definitions: &[Interface], classes: Vec<ClassLabel>) -> Renaming<'a> {
        let mut by_key = FxHashMap::default();
        for (class, at) in classes.iter().zip(0u32..) {
            // Of rows that print the same key the first counts.
            by_key.entry(class.class_key.clone()).or_insert(at);
        }
        Renaming {
            graph,
            tree: PropertyTree::new(definitions),
            names: definitions.iter().map(|d| lossy(&d.name).into_owned()).collect(),
            is_plain: FxHashMap::default(),
            numbers: FxHashMap::default(),
            by_shape: FxHashMap::default(),
            by_name: FxHashMap::default(),
            by_key,
            classes,
            located: 0,
            properties: Vec::new(),
            found: Vec::new(),
        }
    }

    /// The class of a node that may be a plain object; nodes are asked for in ascending order.
    fn class_of(&mut self, node: Ordinal, class: u32) -> u32 {
        let graph = self.graph;
        let name = graph.name_index(node).0;
        let is_plain = *self
            .is_plain
            .entry(name)
            .or_insert_with(|| graph.strings.get(name) == Some(PLAIN.as_bytes()));
        if !is_plain {
            return class;
        }
        let place = self.place_of(node);
        let interface = self.interface_of(node);
        if let Some(&known) = self.by_name.get(&(interface, place)) {
            return known;
        }
        let class_name = interface.and_then(|at| self.names.get(at as usize));
        let class_name = class_name.map_or(PLAIN, |name| name).to_owned();
        let class_key = class_key(place, &class_name);
        let next = self.classes.len() as u32;
        let class = *self.by_key.entry(class_key.clone()).or_insert(next);
        if class == next {
            self.classes.push(ClassLabel { class_key, class_name });
        }
        self.by_name.insert((interface, place), class);
        class
    }

    /// Script id, line and column of a node: a walk through the locations beside the nodes.
    fn place_of(&mut self, node: Ordinal) -> Option<[u32; 3]> {
        let locations = &*self.graph.columns.locations;
        let rest = locations.get(self.located..).unwrap_or_default();
        // Most plain objects have no place, so that the walk is a few rows for each.
        self.located += rest.iter().take_while(|row| row[0] < node.0).count();
        match locations.get(self.located) {
            Some(&[at, script, line, column]) if at == node.0 => Some([script, line, column]),
            _ => None,
        }
    }

    fn interface_of(&mut self, node: Ordinal) -> Option<u32> {
        let columns = &self.graph.columns;
        let edges = self.graph.edge_range(node);
        let kinds = columns.edge_type.get(edges.clone()).unwrap_or_default();
        let names = columns.edge_name.get(edges).unwrap_or_default();
        let property = EdgeType::Property.code();
        self.properties.clear();
        self.properties.extend(
            kinds.iter().zip(names).filter(|(kind, _)| **kind == property).map(|(_, &name)| name),
        );
        if let Some(&known) = self.by_shape.get(self.properties.as_slice()) {
            return known;
        }
        let (tree, strings) = (&self.tree, &self.graph.strings);
        self.found.clear();
        for &name in &self.properties {
            let number = *self.numbers.entry(name).or_insert_with(|| tree.number(strings, name));
            self.found.extend(number);
        }
        self.found.sort_unstable();
        let best = self.tree.best(&self.found);
        if self.properties.len() <= LONGEST_SHARED {
            self.by_shape.insert(self.properties.as_slice().into(), best);
        }
        best
    }
}

/// All definitions as a tree over their sorted properties, by which every definition is found
/// that an object has all properties of.
pub(crate) struct PropertyTree {
    /// Numbers of the properties that occur in definitions, by text.
    numbers: FxHashMap<Vec<u8>, u32>,
    nodes: Vec<TreeNode>,
}

#[derive(Default)]
struct TreeNode {
    next: FxHashMap<u32, u32>,
    greatest_next: Option<u32>,
    /// Number of properties and position of the first definition that ends here.
    ends: Option<(usize, u32)>,
}

impl PropertyTree {
    pub(crate) fn new(definitions: &[Interface]) -> PropertyTree {
        let mut tree =
            PropertyTree { numbers: FxHashMap::default(), nodes: vec![TreeNode::default()] };
        for (position, definition) in (0u32..).zip(definitions) {
            let texts = definition.properties.iter();
            let mut numbers: Vec<u32> = texts.map(|text| tree.intern(text)).collect();
            numbers.sort_unstable();
            let mut at = 0;
            for &number in &numbers {
                at = tree.child(at, number);
            }
            tree.nodes[at].ends.get_or_insert((numbers.len(), position));
        }
        tree
    }

    fn intern(&mut self, text: &[u8]) -> u32 {
        let next = self.numbers.len() as u32;
        *self.numbers.entry(text.to_vec()).or_insert(next)
    }

    fn child(&mut self, at: usize, property: u32) -> usize {
        let fresh = self.nodes.len() as u32;
        let node = &mut self.nodes[at];
        node.greatest_next = node.greatest_next.max(Some(property));
        let child = *node.next.entry(property).or_insert(fresh);
        if child == fresh {
            self.nodes.push(TreeNode::default());
        }
        child as usize
    }

    /// The number of a property, if any definition has it.
    pub(crate) fn number(&self, strings: &StringTable, name: u32) -> Option<u32> {
        self.numbers.get(strings.get(name).unwrap_or_default()).copied()
    }

    /// The definition with the most properties, then the most frequent, among those all of whose
    /// properties are in the sorted list `properties`.
    pub(crate) fn best(&self, properties: &[u32]) -> Option<u32> {
        let mut states = vec![0usize];
        let mut best: Option<(usize, u32)> = None;
        for &property in properties {
            for at in 0..states.len() {
                if let Some(&next) = self.nodes[states[at]].next.get(&property) {
                    let next = next as usize;
                    if !states.contains(&next) {
                        states.push(next);
                    }
                    let better = |&(count, position): &(usize, u32)| {
                        best.is_none_or(|(c, p)| count > c || count == c && position < p)
                    };
                    best = self.nodes[next].ends.filter(better).or(best);
                }
            }
            // An object may have several properties of one name (symbols with the same
            // description), so a state that goes on with this very property stays.
            states.retain(|&state| self.nodes[state].greatest_next >= Some(property));
        }
        best.map(|(_, position)| position)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn interface(name: &str, properties: &[&str]) -> Interface {
        let properties = properties.iter().map(|text| text.as_bytes().to_vec()).collect();
        Interface { name: name.as_bytes().to_vec(), properties }
    }

    #[test]
    fn definitions_come_back_as_they_were() {
        let all = [interface("{a, \"b,\"}", &["a", "b,"]), interface("{}", &[""])];
        let bytes = encode(&all);
        assert_eq!(decode(&bytes), all);
        assert_eq!(decode(&[]), []);
    }

    #[test]
    fn damaged_definitions_end_the_list() {
        let all = [interface("{a}", &["a"]), interface("{b}", &["b"])];
        let bytes = encode(&all);
        for end in 0..bytes.len() {
            assert!(all.starts_with(&decode(&bytes[..end])), "cut at {end}");
        }
        assert_eq!(decode(&[0xff; 64]), []);
    }
}
