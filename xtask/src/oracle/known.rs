//! The differences that are allowed: defects of DevTools' engine, each with its section in
//! `docs/differences.md`. Everything else fails.

use serde_json::Value;

/// Why DevTools' engine did not open a file.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// A wrong number in the header, which the oracle can repair on the way in.
    Repairable,
    /// One of the engine's limits; a sentence.
    Limit(&'static str),
    /// The file is not a whole snapshot.
    NotASnapshot,
    /// This machine gave the engine too little memory or room on the disk.
    Starved,
    /// Anything else.
    Unknown,
}

struct Defect {
    /// A part of what the oracle says.
    says: &'static str,
    /// The section of `docs/differences.md`.
    section: &'static str,
    refusal: fn(&'static str) -> Refusal,
}

const DEFECTS: &[Defect] = &[
    Defect {
        says: "see --repair-trace-count",
        section: "Recordings with allocation stacks",
        refusal: |_| Refusal::Repairable,
    },
    Defect {
        says: "over the longest string V8 allows",
        section: "More than 512 MiB of strings",
        refusal: Refusal::Limit,
    },
    Defect {
        says: "more than 16,777,216 objects with a location",
        section: "More than 16.7 million objects with a source position",
        refusal: Refusal::Limit,
    },
];

/// What the oracle says when the machine is too small for it. A process that the kernel kills says
/// nothing: `devtools.mjs` ends with the words on the signal then.
const STARVED: &[&str] = &["out of memory", "ENOSPC", "ENOMEM", "ended by SIGKILL"];

/// What the oracle warns of when it met a number that the engine cannot store.
const WRAPPED: &str = "2^32 or more";

/// The section on that.
#[cfg(test)]
const WRAPPED_SECTION: &str = "Sizes of 4 GiB and more";

/// DevTools' named filters, and what `heapglass summary --only` calls them.
pub(super) const FILTERS: &[(&str, &str)] = &[
    ("duplicatedStrings", "duplicated-strings"),
    ("objectsRetainedByDetachedDomNodes", "detached-dom"),
    ("objectsRetainedByContexts", "contexts"),
    ("objectsRetainedByConsole", "console"),
    ("objectsRetainedByEventHandlers", "event-handlers"),
];

/// Classifies what the oracle said when it failed.
pub(super) fn refusal(said: &str) -> Refusal {
    if let Some(defect) = DEFECTS.iter().find(|d| said.contains(d.says)) {
        return (defect.refusal)(defect.section);
    }
    if said.contains("not a complete V8 heap snapshot") {
        return Refusal::NotASnapshot;
    }
    if STARVED.iter().any(|words| said.contains(words)) {
        return Refusal::Starved;
    }
    Refusal::Unknown
}

/// How sizes are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sizes {
    /// They have to be equal.
    Exact,
    /// DevTools has them modulo 2^32: ours may be larger by a multiple of that.
    Wrapped,
}

impl Sizes {
    /// How to compare, given the warnings in the oracle's summary.
    pub(super) fn of(warnings: &Value) -> Sizes {
        let mut warnings = warnings.as_array().into_iter().flatten().filter_map(Value::as_str);
        if warnings.any(|w| w.contains(WRAPPED)) { Sizes::Wrapped } else { Sizes::Exact }
    }

    pub(super) fn same(self, theirs: i64, ours: i64) -> bool {
        match self {
            Sizes::Exact => theirs == ours,
            Sizes::Wrapped => theirs <= ours && (ours - theirs) % (1 << 32) == 0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_defect_has_its_section_in_the_documentation() {
        let path = crate::workspace::root().join("docs/differences.md");
        let text = std::fs::read_to_string(path).unwrap();
        for section in DEFECTS.iter().map(|d| d.section).chain([WRAPPED_SECTION]) {
            assert!(text.contains(&format!("## {section}\n")), "no section “{section}”");
        }
    }

    #[test]
    fn refusals_are_told_apart() {
        assert_eq!(
            refusal("x: lower than the list; see --repair-trace-count"),
            Refusal::Repairable
        );
        assert_eq!(refusal("not a complete V8 heap snapshot"), Refusal::NotASnapshot);
        assert_eq!(refusal("Error: ENOSPC: no space left"), Refusal::Starved);
        assert_eq!(refusal("ended by SIGKILL"), Refusal::Starved);
        assert_eq!(refusal("ended by SIGSEGV"), Refusal::Unknown);
    }

    #[test]
    fn sizes_wrap_only_after_a_warning() {
        assert_eq!(Sizes::of(&Value::Null), Sizes::Exact);
        let warnings = serde_json::json!(["at least one number of 2^32 or more: …"]);
        assert_eq!(Sizes::of(&warnings), Sizes::Wrapped);
    }

    #[test]
    fn wrapped_sizes_differ_by_multiples() {
        assert!(!Sizes::Exact.same(705_032_704, 5_000_000_000));
        assert!(Sizes::Wrapped.same(705_032_704, 5_000_000_000));
        assert!(!Sizes::Wrapped.same(705_032_704, 5_000_000_001));
        assert!(!Sizes::Wrapped.same(5_000_000_000, 705_032_704));
    }
}
