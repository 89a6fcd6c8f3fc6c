//! Class names and keys of all nodes, and the rows of the Summary view.
//!
//! Source: DevTools' `calculateObjectNames`, `classKeyInternal`, `buildAggregates` and
//! `calculateClassesRetainedSize` (HeapSnapshot.ts). Unlike there, two internal keys that print
//! the same are one class, so that no row hides another.

use heapglass_format::buffer::{Buffer, Scratch};
use heapglass_format::container::RowReader;
use heapglass_format::strings::{StringTable, lossy};
use heapglass_format::{NodeType, Result};
use rustc_hash::FxHashMap;

use super::bits::get;
use super::interfaces::Interfaces;
use super::sizes::Sizes;
use super::text::tag;
use super::tree::Tree;
use crate::ClassRow;
use crate::classes::class_key;

/// No class yet.
const NONE: u32 = u32::MAX;

/// What decides over a node's class.
pub(super) struct Sources<'a> {
    pub(super) node_type: &'a [u8],
    /// For each node ordinal its name, "Detached …" names in place.
    pub(super) names: RowReader<u32>,
    pub(super) type_names: &'a [String],
    pub(super) strings: &'a StringTable,
    /// `[ordinal, script id, line, column]`, ascending.
    pub(super) locations: RowReader<[u32; 4]>,
    pub(super) plain: &'a [u64],
    pub(super) interfaces: &'a Interfaces,
}

/// Classes of all nodes.
pub(super) struct Classes {
    /// For each node ordinal its class.
    pub(super) of: Buffer<u32>,
    /// The rows, of which only key and name are known yet.
    pub(super) rows: Vec<ClassRow>,
}

/// Rows of a column read at once.
const BLOCK: usize = 1 << 16;

/// Finds each node's class; classes are numbered in order of first appearance. Names and
/// locations are streamed: they are 4 bytes for each node and 16 for each located one.
pub(super) fn assign(sources: &Sources<'_>, scratch: &Scratch) -> Result<Classes> {
    let mut of = scratch.take::<u32>(sources.node_type.len())?;
    let mut table = Table::new(sources);
    let mut locations = Locations::new(&sources.locations);
    let mut plain_objects = sources.interfaces.shape_of.iter();
    let mut names = Vec::new();
    for (block, slots) in of.chunks_mut(BLOCK).enumerate() {
        sources.names.read(block * BLOCK, BLOCK, &mut names)?;
        for ((node, slot), &name) in (block as u32 * BLOCK as u32..).zip(slots).zip(&names) {
            let kind = NodeType::from_code(sources.node_type[node as usize]);
            let location = locations.of(node)?;
            *slot = match kind {
                NodeType::Object if get(sources.plain, node) => {
                    let shape = plain_objects.next().copied().unwrap_or_default();
                    let name = table.plain_name(shape, name);
                    table.class(location, name)
                }
                NodeType::Object => {
                    let name = table.name_of_string(name);
                    table.class(location, name)
                }
                NodeType::Native => {
                    let name = table.name_of_string(name);
                    table.class(None, name)
                }
                kind => table.class_of_type(kind),
            };
        }
    }
    Ok(Classes { of, rows: table.rows })
}

/// Walks through the locations beside the nodes.
struct Locations<'a> {
    rows: &'a RowReader<[u32; 4]>,
    block: Vec<[u32; 4]>,
    /// Position of the block in the table.
    start: usize,
    next: usize,
}

impl<'a> Locations<'a> {
    fn new(rows: &'a RowReader<[u32; 4]>) -> Locations<'a> {
        Locations { rows, block: Vec::new(), start: 0, next: 0 }
    }

    /// Script id, line and column of `node`; nodes are asked for in ascending order.
    #[inline(always)]
    fn of(&mut self, node: u32) -> Result<Option<[u32; 3]>> {
        if self.next == self.block.len() && self.start + self.next < self.rows.len() {
            self.start += self.next;
            self.next = 0;
            self.rows.read(self.start, BLOCK, &mut self.block)?;
        }
        Ok(match self.block.get(self.next) {
            Some(&[ordinal, script, line, column]) if ordinal == node => {
                self.next += 1;
                Some([script, line, column])
            }
            _ => None,
        })
    }
}

/// Class names are numbered by text; classes by name and location.
struct Table<'a> {
    sources: &'a Sources<'a>,
    /// For strings that are names of objects, the class name. There are far fewer than strings.
    by_string: FxHashMap<u32, u32>,
    by_interface: Vec<u32>,
    by_type: [u32; 256],
    names: FxHashMap<Vec<u8>, u32>,
    texts: Vec<String>,
    /// For each class name the class without a location.
    unlocated: Vec<u32>,
    located: FxHashMap<([u32; 3], u32), u32>,
    rows: Vec<ClassRow>,
}

impl<'a> Table<'a> {
    fn new(sources: &'a Sources<'a>) -> Table<'a> {
        Table {
            sources,
            by_string: FxHashMap::default(),
            by_interface: vec![NONE; sources.interfaces.definitions.len()],
            by_type: [NONE; 256],
            names: FxHashMap::default(),
            texts: Vec::new(),
            unlocated: Vec::new(),
            located: FxHashMap::default(),
            rows: Vec::new(),
        }
    }

    fn name_of_string(&mut self, string: u32) -> u32 {
        if let Some(&known) = self.by_string.get(&string) {
            return known;
        }
        let name = match self.sources.strings.get(string) {
            Some(text) => self.name(&tag(text).unwrap_or_else(|| text.to_vec())),
            None => self.name(b"(name missing in the file)"),
        };
        self.by_string.insert(string, name);
        name
    }

    fn plain_name(&mut self, shape: u32, string: u32) -> u32 {
        let Some(interface) =
            self.sources.interfaces.interface_of.get(shape as usize).copied().flatten()
        else {
            return self.name_of_string(string);
        };
        if self.by_interface[interface as usize] == NONE {
            self.by_interface[interface as usize] =
                self.name(&self.sources.interfaces.definitions[interface as usize].name);
        }
        self.by_interface[interface as usize]
    }

    fn class_of_type(&mut self, kind: NodeType) -> u32 {
        let code = usize::from(kind.code());
        if self.by_type[code] == NONE {
            let name = match kind {
                NodeType::Hidden => "(system)".to_owned(),
                NodeType::Code => "(compiled code)".to_owned(),
                NodeType::Closure => "Function".to_owned(),
                NodeType::RegExp => "RegExp".to_owned(),
                _ => format!(
                    "({})",
                    self.sources.type_names.get(code).map_or("unknown", |name| name)
                ),
            };
            let name = self.name(name.as_bytes());
            self.by_type[code] = self.class(None, name);
        }
        self.by_type[code]
    }

    fn name(&mut self, text: &[u8]) -> u32 {
        if let Some(&found) = self.names.get(text) {
            return found;
        }
        let number = self.texts.len() as u32;
        self.names.insert(text.to_vec(), number);
        self.texts.push(lossy(text).into_owned());
        self.unlocated.push(NONE);
        number
    }

    fn class(&mut self, location: Option<[u32; 3]>, name: u32) -> u32 {
        let next = self.rows.len() as u32;
        let known = match location {
            None => &mut self.unlocated[name as usize],
            Some(location) => self.located.entry((location, name)).or_insert(NONE),
        };
        if *known == NONE {
            *known = next;
            let class_name = self.texts[name as usize].clone();
            self.rows.push(ClassRow {
                class_key: class_key(location, &class_name),
                class_name,
                original_name: None,
                count: 0,
                distance: i32::MAX,
                shallow_size: 0,
                retained_size: 0,
            });
        }
        *known
    }
}

/// Fills in counts, shallow sizes and distances.
pub(super) fn add_up(
    classes: &mut Classes,
    shallow: &Sizes,
    distances: &RowReader<i32>,
) -> Result<()> {
    let (of, rows) = (&*classes.of, &mut classes.rows);
    let mut block = Vec::new();
    for (number, of) in of.chunks(BLOCK).enumerate() {
        distances.read(number * BLOCK, BLOCK, &mut block)?;
        for ((node, &class), &distance) in (number as u32 * BLOCK as u32..).zip(of).zip(&block) {
            let size = shallow.get(node);
            if size == 0 {
                continue;
            }
            let row = &mut rows[class as usize];
            row.count += 1;
            row.shallow_size = row.shallow_size.saturating_add(size);
            row.distance = row.distance.min(distance);
        }
    }
    Ok(())
}

/// Fills in retained sizes.
///
/// Cost: one walk in the dominator tree's order, where the retained set of a node is the interval
/// after it: a node counts for its class's retained size unless it lies in the interval of one
/// that did.
pub(super) fn add_up_retained(classes: &mut Classes, shallow: &Sizes, tree: &Tree) {
    let (of, rows) = (&*classes.of, &mut classes.rows);
    let mut covered_until = vec![0u32; rows.len()];
    for (position, &node) in (0u32..).zip(&*tree.order) {
        let class = of[node as usize] as usize;
        if position >= covered_until[class] && shallow.get(node) > 0 {
            covered_until[class] = position + tree.size[node as usize];
            let row = &mut rows[class];
            row.retained_size = row.retained_size.saturating_add(tree.retained.get(node));
        }
    }
}
