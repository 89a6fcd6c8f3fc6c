//! Whether an object's properties are a dictionary's, whose names are data.

use crate::error::Result;
use crate::kinds::Kind;
use crate::owners::Owner;
use crate::roles::{Role, Roles};

/// So many properties, all of objects of one class, are a dictionary's.
const ALIKE: usize = 8;

/// The object whose edges are passing.
///
/// It is one of these: an object of a class, whose properties are judged when all its edges have passed; or
/// anything else, whose edges' names are uses like others.
#[derive(Debug, Default)]
pub(crate) struct Object {
    left: u64,
    class: Option<u32>,
    /// It has so many edges that its properties need not be looked at.
    is_many: bool,
    /// It has a table of V8's own: V8 keeps its keys as data, or it has numbered elements beside them.
    has_table: bool,
    /// The names of its properties, and what they lead to.
    properties: Vec<(u64, Kind)>,
}

impl Object {
    /// Begins the next node that has edges.
    pub(crate) fn begin(&mut self, owner: Owner, many: u64) {
        self.left = owner.edges;
        self.class = owner.class;
        self.is_many = owner.edges >= many;
        self.has_table = false;
        self.properties.clear();
    }

    pub(crate) fn edges_left(&self) -> u64 {
        self.left
    }

    /// Whether its properties are looked at.
    pub(crate) fn is_judged(&self) -> bool {
        self.class.is_some()
    }

    /// An edge of it, and what it leads to.
    pub(crate) fn edge(&mut self, role: Role, name: u64, to: Kind) {
        if role == Role::PROPERTY {
            self.properties.push((name, to));
        } else {
            self.has_table |= to == Kind::TABLE;
        }
    }

    /// One more edge has passed. Whether it was the last.
    pub(crate) fn pass(&mut self) -> bool {
        self.left = self.left.saturating_sub(1);
        // A dictionary may have millions of keys; what it is is known before they come.
        self.left == 0 || self.is_many && self.properties.len() >= 256
    }

    /// Marks its properties as those of a dictionary or of any object.
    pub(crate) fn settle(&mut self, roles: &mut Roles, offset: u64) -> Result<()> {
        let class = self.class.filter(|_| self.is_many || self.has_table || self.is_of_one_class());
        let role = if self.is_many { Role::OF_MANY } else { Role::OF_TABLE };
        for (name, _) in self.properties.drain(..) {
            match class {
                Some(class) => roles.mark_key(name, role, class, offset)?,
                None => roles.mark(name, Role::PROPERTY, offset)?,
            }
        }
        Ok(())
    }

    /// V8 writes `__proto__` after an object's own properties; what that leads to says nothing.
    fn is_of_one_class(&self) -> bool {
        let [own @ .., _] = self.properties.as_slice() else { return false };
        let Some((_, first)) = own.first() else { return false };
        own.len() >= ALIKE && first.is_class() && own.iter().all(|(_, kind)| kind == first)
    }
}

#[cfg(test)]
mod tests {
    use super::{ALIKE, Kind, Object, Owner, Role, Roles};

    /// What the properties of an object count as; the last of `kinds` is that of `__proto__`.
    fn role_of_properties(edges: u64, kinds: &[Kind], table: bool) -> Role {
        let (mut object, mut roles) = (Object::default(), Roles::default());
        object.begin(Owner { edges, class: Some(3) }, 64);
        for kind in kinds {
            object.edge(Role::PROPERTY, 7, *kind);
            object.pass();
        }
        if table {
            object.edge(Role::INTERNAL, 8, Kind::TABLE);
        }
        object.settle(&mut roles, 0).expect("a text that can be there");
        roles.of(7)
    }

    #[test]
    fn dictionaries_are_told_from_objects_of_code() {
        let (user, order) = (Kind::of_class(1), Kind::of_class(2));
        let alike = [user; ALIKE + 1];
        let mut mixed = alike;
        mixed[3] = order;
        let strings = [Kind::STRING; ALIKE + 1];
        assert_eq!(role_of_properties(20, &alike, false), Role::OF_TABLE);
        assert_eq!(role_of_properties(20, &mixed, false), Role::PROPERTY);
        assert_eq!(role_of_properties(20, &alike[1..], false), Role::PROPERTY);
        assert_eq!(role_of_properties(20, &strings, false), Role::PROPERTY);
        assert_eq!(role_of_properties(20, &mixed, true), Role::OF_TABLE);
        assert_eq!(role_of_properties(64, &mixed, false), Role::OF_MANY);
        assert_eq!(role_of_properties(20, &[], true), Role::default());
    }
}
