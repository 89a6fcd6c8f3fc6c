//! What stands out in one snapshot, in sentences.

use heapglass_analysis::USUAL_LISTENERS;

use super::SizeStyle;
use super::numbers::{count, counted, size_in_words};
use crate::wire::{OddityEntry, StandingOutEntry};

/// What can be said of one snapshot.
pub(crate) fn answer(found: &StandingOutEntry) -> Vec<String> {
    let number = (found.by_weight.len() + found.by_structure.len()) as u64;
    let stands_out = match number {
        0 => "Nothing stands out in it by weight or by structure".to_owned(),
        1 => "One thing stands out in it".to_owned(),
        _ => format!("{} things stand out in it", count(number)),
    };
    vec![
        format!("Not enough to tell what leaks: one snapshot shows no growth. {stands_out}."),
        "Take two more of the same process, after equal amounts of work, to learn what grows."
            .to_owned(),
    ]
}

/// An oddity: the title first.
pub(crate) fn oddity(oddity: &OddityEntry, sizes: SizeStyle) -> Vec<String> {
    let retained = size_in_words(oddity.retained_size, sizes);
    let label = &oddity.object.label;
    if let Some(event) = &oddity.event {
        return vec![
            format!("{} listeners of \"{event}\" on {label} ({retained}).", count(oddity.count)),
            format!(
                "From {} on Node.js warns: most often a listener is added for each request and never removed.",
                USUAL_LISTENERS + 1
            ),
        ];
    }
    if let Some(function) = &oddity.function {
        return vec![
            format!("{label} has {} functions from one place, {function} ({retained}).", count(oddity.count)),
            "Most often one is added for each request, connection or component, as a listener or a callback, and never \
             taken out."
                .to_owned(),
        ];
    }
    let mut sentences =
        vec![format!("{label} has {} ({retained}).", counted(oddity.count, "entry", "entries"))];
    if let (Some(usual), Some(others)) = (oddity.usual_count, oddity.others) {
        sentences.push(format!(
            "The {} others that are held in the same way have {} in the middle.",
            count(others),
            count(usual)
        ));
    }
    sentences
}
