//! Types of nodes and edges, by V8's names.

/// A node's type, by V8's names in `snapshot.meta.node_types`.
///
/// The file numbers its types itself; the scanner maps the file's numbers to these codes by name,
/// so that no pass depends on a V8 version. A type that heapglass does not know keeps its name
/// and gets a code of its own, [`NodeType::Other`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "V8's own words; each is its name in the file")]
pub enum NodeType {
    Hidden,
    Array,
    String,
    Object,
    Code,
    Closure,
    RegExp,
    Number,
    Native,
    Synthetic,
    ConcatenatedString,
    SlicedString,
    Symbol,
    BigInt,
    ObjectShape,
    WasmObject,
    /// A type heapglass has no rule for; the payload is the file's own type number.
    Other(u8),
}

/// Name of [`EdgeType::Broken`], which no file may give to its edges.
const BROKEN: &str = "\0broken";

/// Where the codes of [`NodeType::Other`] and [`EdgeType::Other`] start.
const FIRST_OTHER: u8 = 32;

impl NodeType {
    const NAMED: [(&'static str, NodeType); 16] = [
        ("hidden", NodeType::Hidden),
        ("array", NodeType::Array),
        ("string", NodeType::String),
        ("object", NodeType::Object),
        ("code", NodeType::Code),
        ("closure", NodeType::Closure),
        ("regexp", NodeType::RegExp),
        ("number", NodeType::Number),
        ("native", NodeType::Native),
        ("synthetic", NodeType::Synthetic),
        ("concatenated string", NodeType::ConcatenatedString),
        ("sliced string", NodeType::SlicedString),
        ("symbol", NodeType::Symbol),
        ("bigint", NodeType::BigInt),
        ("object shape", NodeType::ObjectShape),
        ("wasm object", NodeType::WasmObject),
    ];

    /// The type that a file calls `name` and numbers `raw`.
    pub(crate) fn from_name(name: &str, raw: u8) -> NodeType {
        Self::NAMED.iter().find(|(n, _)| *n == name).map_or(NodeType::Other(raw), |&(_, t)| t)
    }

    /// Whether it is a type of strings.
    pub const fn is_string(self) -> bool {
        matches!(self, NodeType::String | NodeType::ConcatenatedString | NodeType::SlicedString)
    }

    /// The byte this type is stored as in the node type column.
    pub const fn code(self) -> u8 {
        match self {
            NodeType::Hidden => 0,
            NodeType::Array => 1,
            NodeType::String => 2,
            NodeType::Object => 3,
            NodeType::Code => 4,
            NodeType::Closure => 5,
            NodeType::RegExp => 6,
            NodeType::Number => 7,
            NodeType::Native => 8,
            NodeType::Synthetic => 9,
            NodeType::ConcatenatedString => 10,
            NodeType::SlicedString => 11,
            NodeType::Symbol => 12,
            NodeType::BigInt => 13,
            NodeType::ObjectShape => 14,
            NodeType::WasmObject => 15,
            NodeType::Other(raw) => FIRST_OTHER.saturating_add(raw),
        }
    }

    /// The type stored as `code`.
    pub const fn from_code(code: u8) -> NodeType {
        if code < Self::NAMED.len() as u8 {
            Self::NAMED[code as usize].1
        } else {
            NodeType::Other(code.saturating_sub(FIRST_OTHER))
        }
    }
}

/// An edge's type, by V8's names in `snapshot.meta.edge_types`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[expect(missing_docs, reason = "V8's own words; each is its name in the file")]
pub enum EdgeType {
    Context,
    Element,
    Property,
    Internal,
    Hidden,
    Shortcut,
    Weak,
    Invisible,
    /// An edge whose target lies outside the node table. Stored as an edge from its source to
    /// itself so that edge ordinals stay those of the file; no pass follows it and no output
    /// shows it.
    Broken,
    /// A type heapglass has no rule for; the payload is the file's own type number.
    Other(u8),
}

impl EdgeType {
    const NAMED: [(&'static str, EdgeType); 9] = [
        ("context", EdgeType::Context),
        ("element", EdgeType::Element),
        ("property", EdgeType::Property),
        ("internal", EdgeType::Internal),
        ("hidden", EdgeType::Hidden),
        ("shortcut", EdgeType::Shortcut),
        ("weak", EdgeType::Weak),
        ("invisible", EdgeType::Invisible),
        (BROKEN, EdgeType::Broken),
    ];

    /// The type that a file calls `name` and numbers `raw`; never [`EdgeType::Broken`].
    pub(crate) fn from_name(name: &str, raw: u8) -> EdgeType {
        let named = Self::NAMED.iter().find(|(n, _)| *n == name && *n != BROKEN);
        named.map_or(EdgeType::Other(raw), |&(_, t)| t)
    }

    /// The byte this type is stored as in the edge type column.
    pub const fn code(self) -> u8 {
        match self {
            EdgeType::Context => 0,
            EdgeType::Element => 1,
            EdgeType::Property => 2,
            EdgeType::Internal => 3,
            EdgeType::Hidden => 4,
            EdgeType::Shortcut => 5,
            EdgeType::Weak => 6,
            EdgeType::Invisible => 7,
            EdgeType::Broken => 8,
            EdgeType::Other(raw) => FIRST_OTHER.saturating_add(raw),
        }
    }

    /// The type stored as `code`.
    #[inline]
    pub const fn from_code(code: u8) -> EdgeType {
        if code < Self::NAMED.len() as u8 {
            Self::NAMED[code as usize].1
        } else {
            EdgeType::Other(code.saturating_sub(FIRST_OTHER))
        }
    }

    /// V8's name of the type; `None` for types heapglass does not know.
    pub fn name(self) -> Option<&'static str> {
        Self::NAMED.iter().find(|(_, t)| *t == self).map(|&(n, _)| n)
    }

    /// Whether `name_or_index` of such an edge is a number rather than a string's index.
    #[inline]
    pub const fn is_indexed(self) -> bool {
        matches!(self, EdgeType::Element | EdgeType::Hidden)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_round_trip() {
        for code in 0..16 {
            assert_eq!(NodeType::from_code(code).code(), code);
        }
        for code in 0..9 {
            assert_eq!(EdgeType::from_code(code).code(), code);
        }
        assert_eq!(NodeType::from_code(NodeType::Other(7).code()), NodeType::Other(7));
        assert_eq!(EdgeType::from_name("future", 9), EdgeType::Other(9));
        assert_eq!(EdgeType::from_name("weak", 1), EdgeType::Weak);
        assert_eq!(EdgeType::from_name(BROKEN, 2), EdgeType::Other(2));
    }
}
