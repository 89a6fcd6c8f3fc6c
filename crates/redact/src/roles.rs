//! What each text of the table of strings is used for.

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
    /// For each text the class name's text of the objects like dictionaries that have it; only up to the last one
    /// that has any.
    owners: Vec<u32>,
}

/// No object like a dictionary has the text.
pub(crate) const NO_OWNER: u32 = u32::MAX;
/// Objects of several classes have it.
pub(crate) const SEVERAL_OWNERS: u32 = u32::MAX - 1;

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
        if let Some(owner) = self.owners.get_mut(at) {
            *owner = match *owner {
                NO_OWNER => class,
                same if same == class => same,
                _ => SEVERAL_OWNERS,
            };
        }
        Ok(())
    }

    fn position(&self, index: u64, offset: u64) -> Result<usize> {
        if index > BELIEVED.max(offset) || index >= u64::from(SEVERAL_OWNERS) {
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

    /// The class of the objects like dictionaries that have it.
    pub(crate) fn owner_of(&self, index: usize) -> u32 {
        self.owners.get(index).copied().unwrap_or(NO_OWNER)
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
