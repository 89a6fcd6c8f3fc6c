//! What the terminal can do, and what each kind of text looks like on it.

use std::fmt::{self, Display};

use anstyle::{AnsiColor, Style};

use super::numbers::{self, SizeStyle};

/// How text is laid out: decided by the caller, who knows the terminal.
#[derive(Debug, Clone, Copy)]
pub struct Look {
    /// Columns to fit into.
    pub width: usize,
    /// Whether to paint.
    pub colour: bool,
    /// How sizes are written.
    pub sizes: SizeStyle,
}

/// What a piece of text is; its colour follows from that. Everything stays readable without.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Ordinary text.
    Plain,
    /// The heading of a section.
    Heading,
    /// What matters most in a line.
    Strong,
    /// What only some readers need: column titles, tree lines, ids.
    Faint,
    /// Names of classes.
    Class,
    /// Names of properties, variables and other edges.
    Edge,
    /// Text of strings.
    Text,
    /// Files and positions in them.
    Source,
    /// Damage, and what cannot be relied on.
    Warning,
}

impl Role {
    fn style(self) -> Style {
        let coloured = |colour: AnsiColor| Style::new().fg_color(Some(colour.into()));
        match self {
            Role::Plain => Style::new(),
            Role::Heading | Role::Strong => Style::new().bold(),
            Role::Faint => Style::new().dimmed(),
            Role::Class => coloured(AnsiColor::Cyan),
            Role::Edge => coloured(AnsiColor::Blue),
            Role::Text => coloured(AnsiColor::Green),
            Role::Source => coloured(AnsiColor::Magenta),
            Role::Warning => coloured(AnsiColor::Yellow).bold(),
        }
    }
}

/// A piece of text with its paint, to be written with `{}`.
#[derive(Debug)]
pub struct Painted<'a> {
    style: Option<Style>,
    text: &'a str,
}

impl Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.style {
            Some(style) if !self.text.is_empty() => write!(f, "{style}{}{style:#}", self.text),
            _ => f.write_str(self.text),
        }
    }
}

impl Look {
    /// `text` painted as what it is.
    pub fn paint<'a>(&self, role: Role, text: &'a str) -> Painted<'a> {
        let style = (self.colour && role != Role::Plain).then(|| role.style());
        Painted { style, text }
    }

    /// A size in a table.
    pub fn size(&self, bytes: u64) -> String {
        numbers::size(bytes, self.sizes)
    }

    /// A size in a sentence.
    pub fn size_in_words(&self, bytes: u64) -> String {
        numbers::size_in_words(bytes, self.sizes)
    }
}
