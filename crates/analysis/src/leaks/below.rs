//! Growth that is in many small holders below one object: in the lists of users, whose Map itself gets no more of them.

use std::cmp::Reverse;

use heapglass_graph::{ClassIndex, EdgeName, Graph, Ordinal, StringIndex};
use rustc_hash::{FxHashMap, FxHashSet};

use super::members::Members;
use super::points::History;
use crate::names::unshaped;
use crate::object::is_context;
use crate::roles::is_program_object;

/// What grows in holders of one shape.
pub(super) struct Below {
    /// What they gather together.
    pub(super) members: Option<Members>,
    /// The one that grew most.
    pub(super) example: Ordinal,
    /// How many they are.
    pub(super) count: u64,
}

/// What holders of one kind have in common.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Shape {
    /// Whether it is the object that all others are below.
    is_point: bool,
    /// Class of the object above; `None` for plain objects, whatever their properties.
    above: Option<ClassIndex>,
    /// The field that it holds them in.
    field: Option<StringIndex>,
    /// Their own class, likewise.
    class: Option<ClassIndex>,
}

/// Edges up to which an object has fields, and does not gather others under keys.
const FIELDS: usize = 50;

/// Holders of one shape, with what grows in them and not in holders below them.
struct Holders {
    survived: u64,
    recent: u64,
    count: u64,
    /// The one that grew most, and by how much.
    example: (u64, Reverse<Ordinal>),
    young: Vec<(Ordinal, usize)>,
}

impl History<'_> {
    /// Where most of what grows below `point` is, if that is in several old objects below it and not in the point
    /// itself, the parts in `apart` left out.
    ///
    /// Cost: the nodes below the point that are of the growth, and the fields of those that hold some.
    pub(super) fn below(&self, last: &Graph, point: Ordinal, apart: &[Ordinal]) -> Option<Below> {
        let apart: FxHashSet<Ordinal> = apart.iter().copied().collect();
        let mut shapes: FxHashMap<Shape, Holders> = FxHashMap::default();
        let mut holders = vec![(point, None)];
        let mut open = Vec::new();
        let mut young = Vec::new();
        // An index made by hand may have a tree that goes round in a circle.
        let mut patience = last.node_count();
        while let Some((holder, above)) = holders.pop()
            && patience > 0
        {
            let mut survived = self.growth.survived(holder);
            let mut recent = self.growth.recent(holder);
            young.clear();
            open.push(holder);
            while let Some(node) = open.pop()
                && patience > 0
            {
                patience -= 1;
                for child in last.dominated(node) {
                    let (of_child, new) = (self.growth.survived(child), self.growth.recent(child));
                    if of_child == 0 && new == 0 {
                        continue;
                    }
                    let date = self.cohorts.first_seen(child);
                    let is_apart = apart.contains(&child);
                    // As in `Members::of`: an old scope is where a function keeps what it gathers.
                    let is_whole = is_apart
                        || is_program_object(last, child)
                        || date > 0 && is_context(last, child);
                    if !is_whole {
                        open.push(child);
                    } else if date > 0 && !is_apart {
                        young.push((child, date));
                    } else {
                        survived = survived.saturating_sub(of_child);
                        recent = recent.saturating_sub(new);
                        if !is_apart {
                            holders.push((child, Some(holder)));
                        }
                    }
                }
            }
            if survived > 0 || recent > 0 {
                let of_shape = shapes.entry(shape(last, holder, above)).or_insert(Holders {
                    survived: 0,
                    recent: 0,
                    count: 0,
                    example: (0, Reverse(holder)),
                    young: Vec::new(),
                });
                of_shape.survived = of_shape.survived.saturating_add(survived);
                of_shape.recent = of_shape.recent.saturating_add(recent);
                of_shape.count += 1;
                let grown = (survived.saturating_add(recent), Reverse(holder));
                of_shape.example = of_shape.example.max(grown);
                of_shape.young.append(&mut young);
            }
        }
        let lasting = |of: &Holders| self.growth.lasting_of(of.survived, of.recent);
        let (shape, most) =
            shapes.into_iter().max_by_key(|(_, holders)| (lasting(holders), holders.example))?;
        let is_below = !shape.is_point && most.count > 1;
        is_below.then(|| Below {
            members: Members::from_objects(last, &most.young, self.snapshots.len()),
            example: most.example.1.0,
            count: most.count,
        })
    }
}

/// The shape of a holder below `above`. Cost: the edges of an object that has few.
fn shape(last: &Graph, holder: Ordinal, above: Option<Ordinal>) -> Shape {
    let field = above.filter(|&above| last.edge_range(above).len() < FIELDS).and_then(|above| {
        last.edges_between(above, holder).find_map(|edge| match edge.name {
            EdgeName::String(name) => Some(name),
            EdgeName::Index(_) => None,
        })
    });
    let class =
        |node: Ordinal| (unshaped(last.class_name(node)) != "Object").then(|| last.class(node));
    Shape { is_point: above.is_none(), above: above.and_then(class), field, class: class(holder) }
}
