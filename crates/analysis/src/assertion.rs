//! Assertions on a heap: `count(Session) <= 100`, `growth(total) <= 5%`.

mod bound;
mod measure;
mod measures;

use std::str::FromStr;

use regex::Regex;

use crate::{AttributeBy, Error, NamePattern, Result};

pub use bound::{Bound, Comparison};
pub use measures::Measures;

/// What is asserted of a snapshot, or of the last one of a series against the first.
#[derive(Debug, Clone, PartialEq)]
pub struct Assertion {
    /// As it was written.
    pub text: String,
    /// What is measured.
    pub figure: Figure,
    /// Of what.
    pub subject: Subject,
    /// Whether the difference of the last and the first snapshot is meant, not the figure itself.
    pub growth: bool,
    /// How the figure has to compare with the bound.
    pub comparison: Comparison,
    /// What it is compared with.
    pub bound: Bound,
}

/// A figure of a heap, or of some of its objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Number of objects with a shallow size above 0, as DevTools counts them.
    Count,
    /// Sum of shallow sizes.
    Shallow,
    /// Bytes that the objects, or the code of a package, a file or a plugin, retain.
    Retained,
    /// Bytes of which it is the nearest owner, see [`crate::attribution`].
    Held,
    /// Bytes that would be freed if all of it went, what several of it keep alive together included.
    Saved,
    /// DevTools' total of the heap.
    Total,
    /// Number of nodes of the snapshot.
    Nodes,
    /// Number of edges of the snapshot.
    Edges,
    /// Compiled code, by the Statistics view, as all that follow.
    Code,
    /// Strings.
    Strings,
    /// JavaScript arrays.
    JsArrays,
    /// Memory of typed arrays and buffers.
    TypedArrays,
    /// V8's own objects.
    System,
    /// Number of detached DOM nodes.
    Detached,
}

/// What a figure is taken of.
#[derive(Debug, Clone, PartialEq)]
pub enum Subject {
    /// The whole heap.
    Heap,
    /// All classes with such a name.
    Class(NamePattern),
    /// All packages, files or plugins with such a name.
    Code(AttributeBy, NamePattern),
}

/// What a figure was, and what it had to be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Judged {
    /// The figure; for growth the difference, which may be negative.
    pub measured: i128,
    /// The bound in the figure's unit: percentages are worked out.
    pub allowed: i128,
    /// Whether the assertion holds.
    pub holds: bool,
}

impl Figure {
    const ALL: [(&'static str, Figure); 14] = [
        ("count", Figure::Count),
        ("shallow", Figure::Shallow),
        ("retained", Figure::Retained),
        ("held", Figure::Held),
        ("saved", Figure::Saved),
        ("total", Figure::Total),
        ("nodes", Figure::Nodes),
        ("edges", Figure::Edges),
        ("code", Figure::Code),
        ("strings", Figure::Strings),
        ("js_arrays", Figure::JsArrays),
        ("typed_arrays", Figure::TypedArrays),
        ("system", Figure::System),
        ("detached", Figure::Detached),
    ];

    /// Its name in an assertion.
    pub fn name(self) -> &'static str {
        Figure::ALL.iter().find(|(_, figure)| *figure == self).map_or("", |(name, _)| name)
    }

    /// Whether it is of some objects, and not of the heap.
    fn is_of_objects(self) -> bool {
        self.is_of_code() || matches!(self, Figure::Count | Figure::Shallow)
    }

    /// Whether code has it, and not only objects.
    pub fn is_of_code(self) -> bool {
        matches!(self, Figure::Retained | Figure::Held | Figure::Saved)
    }

    /// Whether it is in bytes, and not a number of things.
    pub fn is_size(self) -> bool {
        !matches!(self, Figure::Count | Figure::Nodes | Figure::Edges | Figure::Detached)
    }
}

impl Assertion {
    /// An assertion that is not written as text, but as a bound in a file.
    pub fn at_most(figure: Figure, subject: Subject, growth: bool, bound: Bound) -> Assertion {
        let comparison = Comparison::AtMost;
        let mut made =
            Assertion { text: String::new(), figure, subject, growth, comparison, bound };
        made.text = made.to_string();
        made
    }

    /// Holds a snapshot against the assertion; [`Assertion::growth`] is not looked at. An error if the snapshot has what
    /// is meant, but not this figure of it ([`Error::NoGroup`]).
    ///
    /// Cost: of the heap and of one class a look at the overview, of several classes and what code retains a pass over
    /// the nodes. What is held by code or by a class costs the first assertion that asks for it an attribution by
    /// packages, files, plugins or classes (two passes over the nodes and the edges of functions), and later ones nothing;
    /// what would be saved costs every assertion a walk over all edges.
    pub fn judge(&self, measures: &Measures<'_>) -> Result<Judged> {
        let measured = i128::from(measure::measure(measures, self.figure, &self.subject)?);
        Ok(self.against(measured, i128::from(measures.graph.overview().info.total_size)))
    }

    /// Holds the growth from `first` to `last` against the assertion. Cost and errors: those of [`Assertion::judge`] for
    /// both.
    pub fn judge_growth(&self, first: &Measures<'_>, last: &Measures<'_>) -> Result<Judged> {
        let figure = |measures: &Measures<'_>| {
            measure::measure(measures, self.figure, &self.subject).map(i128::from)
        };
        let before = figure(first)?;
        Ok(self.against(figure(last)? - before, before))
    }

    /// Whether there is anything that the assertion speaks of: no class of this name in a snapshot
    /// may be a mistake in writing. Cost: of code that of [`Assertion::judge`], else a look at the classes.
    pub fn has_subject(&self, measures: &Measures<'_>) -> bool {
        match &self.subject {
            Subject::Heap => true,
            Subject::Class(pattern) => measure::classes(measures.graph, pattern).next().is_some(),
            Subject::Code(by, pattern) => measures.groups(*by).has(|name| pattern.matches(name)),
        }
    }

    fn against(&self, measured: i128, whole: i128) -> Judged {
        let allowed = self.bound.of(whole);
        Judged { measured, allowed, holds: self.comparison.holds(measured, allowed) }
    }
}

impl std::fmt::Display for Assertion {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let figure = match &self.subject {
            Subject::Heap => self.figure.name().to_owned(),
            Subject::Class(pattern) => format!("{}({pattern})", self.figure.name()),
            Subject::Code(by, pattern) => {
                format!("{}({} {pattern})", self.figure.name(), by.name())
            }
        };
        let figure = if self.growth { format!("growth({figure})") } else { figure };
        write!(f, "{figure} {} {}", self.comparison, self.bound)
    }
}

impl FromStr for Assertion {
    type Err = Error;

    fn from_str(text: &str) -> Result<Assertion> {
        let wrong = |what: String| Error::Assertion { text: text.trim().to_owned(), reason: what };
        // The last comparison counts: a class may have one in its name.
        #[expect(clippy::unwrap_used, reason = "a constant, which a test reads")]
        let whole = Regex::new(r"(?s)^\s*(.+?)\s*(<=|>=|==|!=|<|>|=)\s*([^<>=!]+?)\s*$").unwrap();
        let parts = whole
            .captures(text)
            .ok_or_else(|| wrong("it looks like `count(Session) <= 100`".to_owned()))?;
        let (_, [left, comparison, bound]) = parts.extract();
        let inside = |name: &str| {
            let rest = left.strip_prefix(name)?.trim_start();
            Some(rest.strip_prefix('(')?.strip_suffix(')')?.trim())
        };
        let (left, growth) = match inside("growth") {
            Some(inner) => (inner, true),
            None => (left, false),
        };
        let (name, argument) = match left.split_once('(') {
            Some((name, rest)) => {
                let argument = rest
                    .strip_suffix(')')
                    .ok_or_else(|| wrong("a closing parenthesis is missing".to_owned()))?;
                (name.trim(), Some(argument.trim()))
            }
            None => (left, None),
        };
        let (_, figure) =
            Figure::ALL.into_iter().find(|(known, _)| *known == name).ok_or_else(|| {
                let known: Vec<&str> = Figure::ALL.iter().map(|(name, _)| *name).collect();
                wrong(format!("{name:?} is no figure; there are {}", known.join(", ")))
            })?;
        let subject = match (argument, figure.is_of_objects()) {
            (Some(what), true) => subject(what, figure)?,
            (None, false) => Subject::Heap,
            (None, true) => {
                return Err(wrong(format!("{name} needs a class, as in {name}(Session)")));
            }
            (Some(_), false) => {
                return Err(wrong(format!("{name} is of the whole heap and takes no class")));
            }
        };
        let bound: Bound = bound.parse().map_err(wrong)?;
        match bound {
            Bound::Share(_) if !figure.is_size() && !growth => {
                return Err(wrong(format!("per cent of what? {name} is a number of things")));
            }
            Bound::Size(_) if !figure.is_size() => {
                return Err(wrong(format!("{name} is a number of things, and has no unit")));
            }
            _ => {}
        }
        let comparison = comparison.parse().map_err(wrong)?;
        Ok(Assertion { text: text.trim().to_owned(), figure, subject, growth, comparison, bound })
    }
}

/// Of what a figure is: a class, or `package NAME`, `file NAME`, `plugin NAME`.
fn subject(what: &str, figure: Figure) -> Result<Subject> {
    for by in [AttributeBy::Package, AttributeBy::File, AttributeBy::Plugin] {
        let name = what.strip_prefix(by.name()).filter(|name| name.starts_with(' '));
        if let Some(name) = name.filter(|_| figure.is_of_code()) {
            return Ok(Subject::Code(by, name.trim().parse()?));
        }
    }
    Ok(Subject::Class(what.parse()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Assertion, String> {
        text.parse::<Assertion>().map_err(|error| error.to_string())
    }

    #[test]
    fn assertions_are_read_and_written() {
        for (text, canonical) in [
            ("count(Session) <= 100", "count(Session) <= 100"),
            ("count( Session )<=1_000", "count(Session) <= 1000"),
            ("count(Session) <= 12,345,678", "count(Session) <= 12345678"),
            ("total <= 1,000.5 MB", "total <= 1000.5 MB"),
            ("retained(/^Http/) < 5 %", "retained(/^Http/) < 5%"),
            ("growth(shallow(\"(string)\")) <= 1.5 MB", "growth(shallow((string))) <= 1.5 MB"),
            ("growth ( total ) <= 64KiB", "growth(total) <= 65536 B"),
            ("count({a, b}) == 0", "count({a, b}) == 0"),
            ("count(a <= b) != 3", "count(a <= b) != 3"),
            ("detached = 0", "detached == 0"),
            ("growth(count(X)) <= 10%", "growth(count(X)) <= 10%"),
            ("held(package  @x/y) <= 50 MB", "held(package @x/y) <= 50 MB"),
            ("growth(saved(plugin /^@x/)) <= 0", "growth(saved(plugin /^@x/)) <= 0"),
            ("retained(file \"/app/a.js\") < 5%", "retained(file /app/a.js) < 5%"),
            ("held(package) <= 1", "held(package) <= 1"),
            ("count(package x) <= 1", "count(package x) <= 1"),
        ] {
            let read = parse(text).map(|assertion| assertion.to_string());
            assert_eq!(read.as_deref(), Ok(canonical), "{text}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_the_reason() {
        for (text, reason) in [
            ("", "looks like"),
            ("count(Session)", "looks like"),
            ("count <= 3", "needs a class"),
            ("total(Session) <= 3", "takes no class"),
            ("count(Session) <= 5%", "per cent of what"),
            ("count(Session) <= 5 MB", "no unit"),
            ("size(Session) <= 5", "no figure"),
            ("count(Session <= 5", "closing parenthesis"),
            ("total <= five", "number"),
            ("total <= -5", "number"),
            ("total <= 1,5 MB", "no number"),
            ("total <= 1234,567", "no number"),
            ("total <= ,500", "no number"),
            ("total < 1.5,5%", "no number"),
            ("count(/(/) <= 5", "regular expression"),
        ] {
            let refused = parse(text).err().unwrap_or_default();
            assert!(refused.contains(reason), "{text}: {refused}");
        }
    }
}
