//! The file of `check --budget` and `leaks --rules`: budgets, rules and known leaks as TOML.

use std::path::Path;

use heapglass_analysis::{
    Assertion, AttributeBy, Bound, Figure, MOST_PATH_CONDITIONS, NamePattern, Rule, Subject,
};
use serde::Deserialize;

use crate::exit::Failure;
use crate::hints;

/// What a file asks for.
#[derive(Debug, Clone, Default)]
pub(crate) struct Budget {
    pub(crate) assertions: Vec<Assertion>,
    pub(crate) rules: Vec<NamedRule>,
    /// What is to be done about leaks; `None` where the file does not speak of them.
    pub(crate) leaks: Option<LeakPolicy>,
}

/// A rule, and how many objects may meet it.
#[derive(Debug, Clone)]
pub(crate) struct NamedRule {
    pub(crate) name: String,
    pub(crate) rule: Rule,
    pub(crate) at_most: u64,
}

/// What counts as a leak.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LeakPolicy {
    /// Growth below this many bytes for each interval is not looked at.
    #[serde(default)]
    pub(crate) least: Option<u64>,
    /// Whether what probably leaks passes.
    #[serde(default)]
    pub(crate) allow_probable: bool,
    /// Leaks that are known.
    #[serde(default)]
    pub(crate) known: Vec<KnownLeak>,
}

/// A leak that is known, and why it is left as it is.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct KnownLeak {
    pub(crate) fingerprint: String,
    pub(crate) reason: String,
}

impl Budget {
    /// Reads a file.
    pub(crate) fn read(path: &Path) -> Result<Budget, Failure> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| Failure::usage(hints::cannot("read", path, &error)))?;
        Budget::parse(&text).map_err(|reason| {
            let hint = "`heapglass check --help` shows such a file, docs/check.md explains it";
            Failure::usage(format!("{}: {}", path.display(), reason.trim_end())).hint(hint)
        })
    }

    /// Adds what another file asks for.
    pub(crate) fn extend(&mut self, other: Budget) {
        self.assertions.extend(other.assertions);
        self.rules.extend(other.rules);
        match (&mut self.leaks, other.leaks) {
            (Some(ours), Some(theirs)) => {
                ours.least = ours.least.max(theirs.least);
                ours.allow_probable |= theirs.allow_probable;
                ours.known.extend(theirs.known);
            }
            (none, theirs) => *none = none.take().or(theirs),
        }
    }

    fn parse(text: &str) -> Result<Budget, String> {
        let written: Written = toml::from_str(text).map_err(|error| error.to_string())?;
        let mut budget = Budget { leaks: written.leaks, ..Budget::default() };
        for text in written.assertions {
            let assertion = text.parse::<Assertion>().map_err(|error| error.to_string())?;
            budget.assertions.push(assertion);
        }
        if let Some(heap) = written.heap {
            add_bound(&mut budget, Figure::Total, &Subject::Heap, false, heap.total)?;
            add_bound(&mut budget, Figure::Nodes, &Subject::Heap, false, heap.nodes)?;
            add_bound(&mut budget, Figure::Total, &Subject::Heap, true, heap.growth)?;
        }
        for entry in written.budgets {
            let before = budget.assertions.len();
            let name = entry.add(&mut budget)?;
            if budget.assertions.len() == before {
                return Err(format!("the budget of {name} bounds nothing"));
            }
        }
        for rule in written.rules {
            budget.rules.push(rule.named()?);
        }
        Ok(budget)
    }
}

/// The file as it is written.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    #[serde(default, rename = "assert")]
    assertions: Vec<String>,
    heap: Option<HeapBudget>,
    #[serde(default, rename = "budget")]
    budgets: Vec<WrittenBudget>,
    #[serde(default, rename = "rule")]
    rules: Vec<WrittenRule>,
    leaks: Option<LeakPolicy>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeapBudget {
    total: Option<WrittenBound>,
    nodes: Option<WrittenBound>,
    growth: Option<WrittenBound>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenBudget {
    class: Option<String>,
    package: Option<String>,
    file: Option<String>,
    plugin: Option<String>,
    count: Option<WrittenBound>,
    shallow: Option<WrittenBound>,
    retained: Option<WrittenBound>,
    held: Option<WrittenBound>,
    saved: Option<WrittenBound>,
    growth: Option<Bounds>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Bounds {
    count: Option<WrittenBound>,
    shallow: Option<WrittenBound>,
    retained: Option<WrittenBound>,
    held: Option<WrittenBound>,
    saved: Option<WrittenBound>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum WrittenBound {
    Number(u64),
    Text(String),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenRule {
    name: String,
    class: Option<String>,
    #[serde(default)]
    properties: Vec<String>,
    #[serde(default)]
    path: Vec<String>,
    retains_at_least: Option<WrittenBound>,
    #[serde(default)]
    survived: bool,
    #[serde(default)]
    at_most: u64,
}

impl WrittenBudget {
    /// Adds its bounds, and says of what they are.
    fn add(self, budget: &mut Budget) -> Result<String, String> {
        let code = [
            (AttributeBy::Package, self.package),
            (AttributeBy::File, self.file),
            (AttributeBy::Plugin, self.plugin),
        ];
        let code = code.into_iter().filter_map(|(by, name)| Some((Some(by), name?)));
        let mut named = self.class.map(|name| (None, name)).into_iter().chain(code);
        let (Some((by, name)), None) = (named.next(), named.next()) else {
            return Err("a budget is of one class, package, file or plugin".to_owned());
        };
        let pattern = name.parse::<NamePattern>().map_err(|error| error.to_string())?;
        let subject = match by {
            None => Subject::Class(pattern),
            Some(_) if self.count.is_some() || self.shallow.is_some() => {
                return Err(format!(
                    "code has no count and no shallow size, as the budget of {name} has"
                ));
            }
            Some(by) => Subject::Code(by, pattern),
        };
        let bounds = Bounds {
            count: self.count,
            shallow: self.shallow,
            retained: self.retained,
            held: self.held,
            saved: self.saved,
        };
        bounds.add(budget, &subject, false)?;
        self.growth.unwrap_or_default().add(budget, &subject, true)?;
        Ok(name)
    }
}

impl Bounds {
    fn add(self, budget: &mut Budget, subject: &Subject, growth: bool) -> Result<(), String> {
        add_bound(budget, Figure::Count, subject, growth, self.count)?;
        add_bound(budget, Figure::Shallow, subject, growth, self.shallow)?;
        add_bound(budget, Figure::Retained, subject, growth, self.retained)?;
        add_bound(budget, Figure::Held, subject, growth, self.held)?;
        add_bound(budget, Figure::Saved, subject, growth, self.saved)
    }
}

fn add_bound(
    budget: &mut Budget,
    figure: Figure,
    subject: &Subject,
    growth: bool,
    bound: Option<WrittenBound>,
) -> Result<(), String> {
    let Some(bound) = bound else { return Ok(()) };
    let made = Assertion::at_most(figure, subject.clone(), growth, bound.read()?);
    // Read as if it were typed, so that both ways refuse the same.
    let read = made.text.parse::<Assertion>().map_err(|error| error.to_string())?;
    budget.assertions.push(Assertion { text: made.text, ..read });
    Ok(())
}

impl WrittenBound {
    fn read(&self) -> Result<Bound, String> {
        match self {
            WrittenBound::Number(number) => Ok(Bound::Number(*number)),
            WrittenBound::Text(text) => text.parse(),
        }
    }
}

impl WrittenRule {
    fn named(self) -> Result<NamedRule, String> {
        let pattern = |text: &String| {
            text.parse::<NamePattern>().map_err(|error| format!("rule {:?}: {error}", self.name))
        };
        let patterns = |texts: &[String]| texts.iter().map(pattern).collect::<Result<Vec<_>, _>>();
        let retains = match &self.retains_at_least {
            Some(bound) => match bound.read()? {
                Bound::Number(bytes) | Bound::Size(bytes) => bytes,
                Bound::Share(_) => {
                    return Err(format!("rule {:?}: retains_at_least is a size", self.name));
                }
            },
            None => 0,
        };
        let rule = Rule {
            class: self.class.as_ref().map(pattern).transpose()?,
            properties: patterns(&self.properties)?,
            path: patterns(&self.path)?,
            retains_at_least: retains,
            survived: self.survived,
        };
        if rule.path.len() > MOST_PATH_CONDITIONS {
            let most = MOST_PATH_CONDITIONS;
            return Err(format!("rule {:?}: a path has at most {most} conditions", self.name));
        }
        if rule.class.is_none() && rule.properties.is_empty() && rule.path.is_empty() {
            return Err(format!("rule {:?} needs a class, properties or a path", self.name));
        }
        Ok(NamedRule { name: self.name, rule, at_most: self.at_most })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(file: &str) -> Result<Vec<String>, String> {
        Budget::parse(file).map(|b| b.assertions.into_iter().map(|a| a.text).collect())
    }

    #[test]
    fn budgets_are_assertions() {
        let file = r#"
            assert = ["detached == 0"]
            [heap]
            total = "200 MB"
            growth = "5%"
            [[budget]]
            class = "/^Session/"
            count = 100
            growth = { retained = "1 MB" }
            [[budget]]
            package = "@x/y"
            held = "50 MB"
            growth = { saved = "5%" }
        "#;
        let expected = [
            "detached == 0",
            "total <= 200 MB",
            "growth(total) <= 5%",
            "count(/^Session/) <= 100",
            "growth(retained(/^Session/)) <= 1 MB",
            "held(package @x/y) <= 50 MB",
            "growth(saved(package @x/y)) <= 5%",
        ];
        assert_eq!(texts(file), Ok(expected.map(str::to_owned).to_vec()));
    }

    #[test]
    fn mistakes_are_named() {
        for (file, reason) in [
            ("asert = []", "unknown field"),
            ("[[budget]]\nclass = \"A\"", "bounds nothing"),
            ("[[budget]]\nclass = \"A\"\ncuont = 3", "cuont"),
            ("[[budget]]\nclass = \"A\"\ncount = \"5%\"", "per cent of what"),
            ("[[budget]]\nheld = 1", "is of one"),
            ("[[budget]]\nclass = \"A\"\nfile = \"b\"\nheld = 1", "is of one"),
            ("[[budget]]\npackage = \"b\"\ncount = 1", "no count"),
            ("[[budget]]\nclass = \"/(/\"\ncount = 1", "regular expression"),
            ("[[rule]]\nname = \"r\"", "needs a class"),
            ("[[rule]]\nclass = \"r\"", "missing field"),
            (
                "[[rule]]\nname = \"r\"\npath = [\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"]",
                "at most 7",
            ),
            ("[leaks]\nknown = [{ fingerprint = \"1\" }]", "reason"),
            ("[heap]\ntotal = \"many\"", "no number"),
        ] {
            let refused = texts(file).err().unwrap_or_default();
            assert!(refused.contains(reason), "{file}: {refused}");
        }
    }
}
