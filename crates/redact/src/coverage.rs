//! What was kept and why, what was replaced: counts for the report.

use crate::roles::Role;

/// What a text is used for, in the order in which the report lists it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// What string nodes say, sources of regular expressions, captured numbers.
    Value,
    /// Names of V8's and the runtime's own objects and edges.
    Runtime,
    /// Class names.
    Class,
    /// Names of functions and other code.
    Function,
    /// Paths of scripts.
    Script,
    /// Names of properties.
    Property,
    /// Names of variables in contexts.
    Variable,
    /// Descriptions of symbols.
    Symbol,
}

impl Kind {
    /// All kinds, in order.
    pub const ALL: [Kind; 8] = [
        Kind::Value,
        Kind::Runtime,
        Kind::Class,
        Kind::Function,
        Kind::Script,
        Kind::Property,
        Kind::Variable,
        Kind::Symbol,
    ];

    /// As it is written in JSON.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Value => "values",
            Kind::Runtime => "runtime_names",
            Kind::Class => "class_names",
            Kind::Function => "function_names",
            Kind::Script => "script_paths",
            Kind::Property => "property_names",
            Kind::Variable => "variable_names",
            Kind::Symbol => "symbol_descriptions",
        }
    }

    /// The kind under which a text with these uses as a name is counted.
    pub(crate) fn of(role: Role, is_path: bool) -> Kind {
        if is_path {
            Kind::Script
        } else if role.has(Role::CLASS | Role::NATIVE) {
            Kind::Class
        } else if role.has(Role::SYSTEM | Role::INTERNAL) {
            Kind::Runtime
        } else if role.has(Role::FUNCTION | Role::CODE | Role::SCRIPT) {
            Kind::Function
        } else if role.has(Role::PROPERTY | Role::OF_MANY | Role::OF_TABLE) {
            Kind::Property
        } else if role.has(Role::VARIABLE) {
            Kind::Variable
        } else {
            Kind::Symbol
        }
    }
}

/// Texts of one kind; each text counts once for each kind of use that it has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// As they were.
    pub kept: u64,
    /// A part was taken out: a user's name, a credential.
    pub changed: u64,
    /// Other letters stand there.
    pub replaced: u64,
}

/// What a redaction did.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    /// By [`Kind`].
    pub(crate) tallies: [Tally; 8],
    /// Rows of the node table.
    pub nodes: u64,
    /// Rows of the edge table.
    pub edges: u64,
    /// Texts of the original.
    pub strings: u64,
    /// Bytes of the original.
    pub bytes_read: u64,
    /// Bytes of the result.
    pub bytes_written: u64,
    /// Different values that became equal, because there are no more texts as short.
    pub became_equal: u64,
    /// Sections that V8 does not write, left out.
    pub sections_left_out: Vec<String>,
}

impl Coverage {
    /// The counts of a kind.
    pub fn tally(&self, kind: Kind) -> Tally {
        self.tallies.get(kind as usize).copied().unwrap_or_default()
    }

    pub(crate) fn tally_mut(&mut self, kind: Kind) -> &mut Tally {
        // Kinds are numbered from 0 to 7, and there are eight tallies.
        &mut self.tallies[kind as usize]
    }
}
