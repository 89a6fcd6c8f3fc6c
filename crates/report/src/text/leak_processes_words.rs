//! What `leaks` found in several processes together, in sentences.

use super::numbers::{count, counted};
use crate::wire::{LeakProcessesDocument, LeakVerdictEntry, SharedLeakEntry};

/// Shared leaks that are named.
const MOST: usize = 3;

/// How many processes leak, and what grows in several of them.
pub(crate) fn answer(document: &LeakProcessesDocument) -> Vec<String> {
    let all = document.processes.len();
    let of = |verdict: LeakVerdictEntry, one: &str, many: &str| {
        let number = document.processes.iter().filter(|process| process.verdict == verdict).count();
        (number > 0).then(|| counted(number as u64, one, many))
    };
    let parts = [
        of(LeakVerdictEntry::Leak, "leaks", "leak"),
        of(LeakVerdictEntry::Probable, "probably leaks", "probably leak"),
        of(LeakVerdictEntry::NoLeak, "does not leak", "do not leak"),
        of(LeakVerdictEntry::NotEnoughData, "cannot be judged", "cannot be judged"),
    ];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let mut sentences = vec![format!("Of {} processes {}.", count(all as u64), parts.join(", "))];
    sentences.extend(document.shared.iter().take(MOST).map(|leak| shared(leak, all)));
    sentences
}

fn shared(leak: &SharedLeakEntry, all: usize) -> String {
    let where_it_is = match leak.processes.len() {
        number if number == all => format!("all {}", count(all as u64)),
        number => format!("{} of {}", count(number as u64), count(all as u64)),
    };
    format!(
        "The same grows in {where_it_is}: {}, {} (fingerprint {}).",
        leak.class_name, leak.title, leak.fingerprint
    )
}
