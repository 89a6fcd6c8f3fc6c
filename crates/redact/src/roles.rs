//! What each text of the table of strings is used for.

use rustc_hash::FxHashMap;

use crate::error::{Error, Result};

/// A set of uses, as bits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Role(u16);

impl Role {
    /// A value: what a string node says, the source of a regular expression.
    pub(crate) const VALUE: Role = Role(1);
    /// The class of an object.
    pub(crate) const CLASS: Role = Role(1 << 1);
    /// A function's name.
    pub(crate) const FUNCTION: Role = Role(1 << 2);
    /// The name of code: a script's path, a function's, V8's words for the rest.
    pub(crate) const CODE: Role = Role(1 << 3);
    /// A variable of a context.
    pub(crate) const VARIABLE: Role = Role(1 << 4);
    /// A property of an object that is no dictionary.
    pub(crate) const PROPERTY: Role = Role(1 << 5);
    /// A property of an object that has so many that it is a dictionary.
    pub(crate) const OF_MANY: Role = Role(1 << 6);
    /// The name of an edge that V8 or its embedder made up.
    pub(crate) const INTERNAL: Role = Role(1 << 7);
    /// A symbol's description.
    pub(crate) const SYMBOL: Role = Role(1 << 8);
    /// An object outside V8's heap.
    pub(crate) const NATIVE: Role = Role(1 << 9);
    /// V8's own objects: arrays, shapes, roots, what is hidden, boxed numbers.
    pub(crate) const SYSTEM: Role = Role(1 << 10);
    /// The script of an allocation.
    pub(crate) const SCRIPT: Role = Role(1 << 11);
    /// A property of an object that is like a dictionary.
    pub(crate) const OF_TABLE: Role = Role(1 << 12);
    /// What names a place of a program's data: a property, a variable, the symbol that stands for one.
    pub(crate) const PLACES: Role = Role(
        Role::PROPERTY.0 | Role::OF_MANY.0 | Role::OF_TABLE.0 | Role::VARIABLE.0 | Role::SYMBOL.0,
    );

    pub(crate) fn has(self, other: Role) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether there is any use as a name.
    pub(crate) fn is_name(self) -> bool {
        self.0 & !Role::VALUE.0 != 0
    }

    pub(crate) fn without(self, other: Role) -> Role {
        Role(self.0 & !other.0)
    }

    pub(crate) fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl std::ops::BitOr for Role {
    type Output = Role;
    fn bitor(self, other: Role) -> Role {
        Role(self.0 | other.0)
    }
}

/// For each text its uses, and the class of the dictionaries that have it as a property.
#[derive(Debug, Default)]
pub(crate) struct Roles {
    uses: Vec<Role>,
    /// For each text the class of the objects like dictionaries that have it, by its number in `classes`, from 1 on; only
    /// up to the last one that has any.
    owners: Vec<u16>,
    /// The class names' texts of such objects, in the order in which they were met.
    classes: Vec<u32>,
    /// The number of each.
    numbers: FxHashMap<u32, u16>,
}

/// No object like a dictionary has the text.
const NO_OWNER: u16 = 0;
/// Objects of several classes have it, or it is of a class beyond the 65,534th.
const SEVERAL_OWNERS: u16 = u16::MAX;

/// Indices up to this are believed at once; larger ones only if there were as many bytes.
const BELIEVED: u64 = 1 << 22;

impl Roles {
    /// Remembers a use of text `index`, met at byte `offset`.
    pub(crate) fn mark(&mut self, index: u64, role: Role, offset: u64) -> Result<()> {
        let at = self.position(index, offset)?;
        if at >= self.uses.len() {
            self.uses.resize(at + 1, Role::default());
        }
        if let Some(uses) = self.uses.get_mut(at) {
            *uses = *uses | role;
        }
        Ok(())
    }

    /// Remembers that an object like a dictionary, whose class is text `class`, has property `index`.
    pub(crate) fn mark_key(
        &mut self,
        index: u64,
        role: Role,
        class: u32,
        offset: u64,
    ) -> Result<()> {
        self.mark(index, role, offset)?;
        let at = self.position(index, offset)?;
        if at >= self.owners.len() {
            self.owners.resize(at + 1, NO_OWNER);
        }
        let number = self.number_of(class);
        if let Some(owner) = self.owners.get_mut(at) {
            *owner = match *owner {
                NO_OWNER => number,
                same if same == number => same,
                _ => SEVERAL_OWNERS,
            };
        }
        Ok(())
    }

    fn number_of(&mut self, class: u32) -> u16 {
        if let Some(&number) = self.numbers.get(&class) {
            return number;
        }
        let next = u16::try_from(self.classes.len() + 1).unwrap_or(SEVERAL_OWNERS);
        if next < SEVERAL_OWNERS {
            self.classes.push(class);
            self.numbers.insert(class, next);
        }
        next
    }

    fn position(&self, index: u64, offset: u64) -> Result<usize> {
        if index > BELIEVED.max(offset) || index >= u64::from(u32::MAX) {
            let message = format!("a name is string {index}, which cannot be there");
            return Err(Error::Syntax { offset, message });
        }
        usize::try_from(index)
            .map_err(|_| Error::Syntax { offset, message: "a name's number is too large".into() })
    }

    /// What text `index` is used for.
    pub(crate) fn of(&self, index: usize) -> Role {
        self.uses.get(index).copied().unwrap_or_default()
    }

    /// The class name's text of the objects like dictionaries that have it, if they are of one class.
    pub(crate) fn owner_of(&self, index: usize) -> Option<u32> {
        let number = self.owners.get(index).copied().unwrap_or(NO_OWNER);
        self.classes.get(usize::from(number).checked_sub(1)?).copied()
    }

    /// How many texts are values.
    pub(crate) fn values(&self) -> usize {
        self.uses.iter().filter(|uses| uses.has(Role::VALUE)).count()
    }

    /// How many texts there have to be.
    pub(crate) fn needed(&self) -> usize {
        self.uses.len()
    }
}

#[cfg(test)]
mod tests {
    use super::{Role, Roles, SEVERAL_OWNERS};

    #[test]
    fn the_class_of_dictionaries_is_known_while_it_is_one() {
        let mut roles = Roles::default();
        for (index, class) in [(1, 70_000), (2, 5), (2, 5), (3, 5), (3, 6)] {
            roles.mark_key(index, Role::OF_TABLE, class, 0).expect("a text that can be there");
        }
        let owners: Vec<Option<u32>> = (0..5).map(|index| roles.owner_of(index)).collect();
        assert_eq!(owners, [None, Some(70_000), Some(5), None, None]);
    }

    #[test]
    fn classes_beyond_what_is_numbered_are_of_none() {
        let mut roles = Roles::default();
        for class in 0..u32::from(SEVERAL_OWNERS) + 3 {
            roles.mark_key(u64::from(class), Role::OF_TABLE, class, 0).expect("it can be there");
        }
        let last = u32::from(SEVERAL_OWNERS) - 2;
        assert_eq!(roles.owner_of(last as usize), Some(last));
        assert_eq!(roles.owner_of(last as usize + 1), None);
        assert_eq!(roles.owner_of(last as usize + 4), None);
    }
}
