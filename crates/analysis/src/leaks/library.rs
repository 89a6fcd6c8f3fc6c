//! What is known of leaks by way of well-known npm packages.

use std::sync::LazyLock;

use serde::Deserialize;

use crate::PathStep;

/// A place in a package that grows when the package is used in a certain way.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct LibraryPattern {
    /// The npm package.
    pub package: String,
    /// Names of which one has to be on the last part of the way: a property, a variable or a class.
    names: Vec<String>,
    /// Names of which all of one list are there if the package is in a bundle without a source map, where its name is
    /// lost: a class as the package calls it, with a property of its own, or a property that nothing else has.
    #[serde(default)]
    unmistakable: Vec<Vec<String>>,
    /// What it is that grows, as a sentence without its full stop.
    pub what: String,
    /// How it usually comes about.
    pub cause: String,
    /// What usually helps.
    pub fix: String,
}

/// The entries, each tried with the real package by `cargo xtask leaks`.
static LIBRARIES: LazyLock<Vec<LibraryPattern>> =
    LazyLock::new(|| serde_json::from_str(include_str!("libraries.json")).unwrap_or_default());

/// Steps from the end of a way that are looked at.
const NEAR: usize = 6;

/// The entry for a leak whose way ends with `steps` and that is written in, or held by, one of `packages`; where no
/// package is known, one that the names on the way cannot but mean.
pub(super) fn known_pattern(
    steps: &[PathStep],
    packages: &[&str],
) -> Option<&'static LibraryPattern> {
    let near = || steps.iter().rev().take(NEAR);
    let passes = |name: &String| {
        near().any(|step| {
            step.edge.as_ref().is_some_and(|edge| edge.name == *name)
                || step.object.class_name == *name
        })
    };
    if packages.is_empty() {
        // Bundlers tell classes of one name apart by a number.
        let is_class = |name: &String| {
            let bare = |class: &str| class.trim_end_matches(|c: char| c.is_ascii_digit()) == name;
            near().any(|step| bare(&step.object.class_name))
        };
        let is_there = |name: &String| passes(name) || is_class(name);
        let is_unmistakable = |names: &Vec<String>| names.iter().all(is_there);
        return LIBRARIES.iter().find(|entry| entry.unmistakable.iter().any(is_unmistakable));
    }
    LIBRARIES
        .iter()
        .find(|entry| packages.contains(&entry.package.as_str()) && entry.names.iter().any(passes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_says_all() {
        assert!(!LIBRARIES.is_empty());
        for entry in LIBRARIES.iter() {
            assert!(!entry.names.is_empty(), "{}", entry.package);
            // One short name means many things.
            for names in &entry.unmistakable {
                let is_rare = |name: &String| name.len() >= 10 && name.contains('_');
                assert!(names.len() >= 2 || names.iter().all(is_rare), "{names:?}");
            }
            for text in [&entry.what, &entry.cause, &entry.fix] {
                assert!(text.len() > 10 && !text.ends_with('.'), "{}: {text}", entry.package);
            }
        }
    }
}
