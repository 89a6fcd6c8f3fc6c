//! What `check` found, in sentences.

use heapglass_analysis::{Assertion, AttributeBy, Judged, RuleMatches, Subject};

use super::SizeStyle;
use super::numbers::{count, counted, size_in_words};
use crate::wire::{CheckDocument, CheckStatusEntry};

/// Assertions about nothing that the outcome names.
const SHOWN_NAMES: usize = 3;

/// What it means that ids were of no use.
pub(crate) const BY_PLACES: &str = "objects have other ids in each of these snapshots, which may be of several processes, and \
     were followed by their places in the heap";

/// How it all ended.
pub(crate) fn outcome(document: &CheckDocument) -> String {
    let all = counted(document.checks.len() as u64, "check", "checks");
    let failed = document.count(CheckStatusEntry::Failed);
    let open = document.count(CheckStatusEntry::NotJudged);
    let unread = document.errors.len() as u64;
    let mut sentence = match (failed, open) {
        (0, 0) if document.checks.len() == 1 => "The check passed.".to_owned(),
        (0, 0) => format!("All {all} passed."),
        (0, open) => format!("{} of {all} could not be judged.", count(open as u64)),
        (failed, 0) => format!("{} of {all} failed.", count(failed as u64)),
        (failed, open) => format!(
            "{} of {all} failed, {} could not be judged.",
            count(failed as u64),
            count(open as u64)
        ),
    };
    if unread > 0 {
        let could = counted(unread, "input could not be read", "inputs could not be read");
        sentence.push_str(&format!(" {could}."));
    }
    if document.passed {
        sentence.push_str(&reservations(document));
    }
    sentence
}

/// What is to be said of checks that passed: that there is nothing that an assertion speaks of, which may be a slip of the pen,
/// or that the snapshots may be of several processes. Where a check fails, the page has each of them with its outcome anyway.
fn reservations(document: &CheckDocument) -> String {
    let mut found: Vec<(&str, &str)> = document
        .checks
        .iter()
        .filter_map(|check| Some((check.name.as_str(), check.reservation?)))
        .collect();
    // An assertion's checks, one for each snapshot, stand side by side.
    found.dedup();
    let mut text = String::new();
    for (name, why) in found.iter().take(SHOWN_NAMES) {
        text.push_str(&format!(" {name}: {why}."));
    }
    let more = found.len().saturating_sub(SHOWN_NAMES);
    if more > 0 {
        text.push_str(&format!(" So it is of {} more (see --verbose).", count(more as u64)));
    }
    text
}

/// That nothing has the name which the assertion speaks of.
pub(crate) fn nothing_named(assertion: &Assertion) -> &'static str {
    match assertion.subject {
        Subject::Code(by, _) => match by {
            AttributeBy::File => "no file has such a name",
            AttributeBy::Plugin => "no plugin has such a name",
            _ => "no package has such a name",
        },
        Subject::Class(_) | Subject::Heap => "no class has such a name",
    }
}

/// What was measured, and what was allowed.
pub(crate) fn assertion(
    assertion: &Assertion,
    judged: Judged,
    is_named: bool,
    sizes: SizeStyle,
) -> String {
    let figure = |number: i128| figure(number, assertion.figure.is_size(), sizes);
    let (measured, allowed) = (figure(judged.measured), figure(judged.allowed));
    let words = assertion.comparison.words();
    let mut text = match (assertion.growth, judged.measured < 0) {
        (true, true) => format!("shrank by {}, {words} {allowed} is allowed", &measured[1..]),
        (true, false) => format!("grew by {measured}, {words} {allowed} is allowed"),
        (false, _) => format!("is {measured}, {words} {allowed} is allowed"),
    };
    if assertion.bound.is_share() {
        text.push_str(&format!(" ({})", assertion.bound));
    }
    if !is_named {
        text.push_str(&format!("; {}", nothing_named(assertion)));
    }
    text
}

/// How many objects met a rule.
pub(crate) fn rule(at_most: u64, matches: &RuleMatches, sizes: SizeStyle) -> String {
    let objects = counted(matches.count, "object", "objects");
    let bytes = size_in_words(matches.retained_size, sizes);
    let allowed = match at_most {
        0 => "none is allowed".to_owned(),
        most => format!("at most {} allowed", counted(most, "is", "are")),
    };
    match matches.count {
        0 => format!("no object, {allowed}"),
        _ => format!("{objects} ({bytes} retained), {allowed}"),
    }
}

fn figure(number: i128, is_size: bool, sizes: SizeStyle) -> String {
    let sign = if number < 0 { "-" } else { "" };
    let amount = u64::try_from(number.unsigned_abs()).unwrap_or(u64::MAX);
    let text = if is_size { size_in_words(amount, sizes) } else { count(amount) };
    format!("{sign}{text}")
}
