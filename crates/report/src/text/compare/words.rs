//! What a comparison comes to, in sentences.

use heapglass_analysis::name_with_original;

use crate::text::SizeStyle;
use crate::text::numbers::{count, counted, share, size_in_words};
use crate::wire::{ClassChangeEntry, CompareBody, ReconciliationEntry};

pub(super) const WRONG_ORDER: &str = "The first snapshot was taken after the second: its ids go further. What is called new here is \
     older than what is called deleted; name them the other way round.";
const APART: &str = "Classes are matched by their name and the place of their source, and no object \
     is known to be new or deleted.";

/// Paragraphs: that the snapshots are the wrong way round, which turns all that follows, then the totals, what grew most,
/// and what the reader has to know of the matching.
pub(super) fn verdict(body: &CompareBody, sizes: SizeStyle) -> Vec<String> {
    let mut paragraphs = Vec::new();
    if body.wrong_order {
        paragraphs.push(WRONG_ORDER.to_owned());
    }
    paragraphs.push(totals(&body.reconciliation, sizes));
    let most = most(body, sizes);
    if !most.is_empty() {
        paragraphs.push(most.join(" "));
    }
    if body.reconciliation.rest != 0 {
        paragraphs.push(format!(
            "{} of the difference {} explained by no row.",
            size_in_words(body.reconciliation.rest.unsigned_abs(), sizes),
            if body.reconciliation.rest.unsigned_abs() == 1 { "is" } else { "are" },
        ));
    }
    if !body.same_process {
        paragraphs.push(format!("{} {APART}", apart(body)));
    }
    paragraphs
}

fn apart(body: &CompareBody) -> String {
    let evidence = &body.evidence;
    if evidence.other_runtime {
        return "The snapshots were written by different versions of V8, so that they are of two \
                processes."
            .to_owned();
    }
    if evidence.differing > 0 {
        return format!(
            "The snapshots are of two processes: of {} with the same id, {} differ.",
            counted(evidence.compared, "string", "strings"),
            count(evidence.differing)
        );
    }
    "The snapshots are taken as those of two processes.".to_owned()
}

fn totals(sums: &ReconciliationEntry, sizes: SizeStyle) -> String {
    let size = |bytes: u64| size_in_words(bytes, sizes);
    let (before, now) = (size(sums.base_total_size), size(sums.total_size));
    let by = sums.total_delta.unsigned_abs();
    let share = share(by, sums.base_total_size);
    let mut text = match sums.total_delta {
        0 => format!("The heap has {now} as before"),
        delta if before == now => {
            let than = if delta > 0 { "more" } else { "less" };
            format!("The heap has {now}, {} ({share}) {than} than before", size(by))
        }
        1.. => format!("The heap grew from {before} to {now}, by {} ({share})", size(by)),
        _ => format!("The heap shrank from {before} to {now}, by {} ({share})", size(by)),
    };
    if let (Some(new), Some(new_size), Some(deleted), Some(deleted_size)) =
        (sums.new_count, sums.new_size, sums.deleted_count, sums.deleted_size)
    {
        text.push_str(&format!(
            ": {} ({}), {} deleted ({})",
            counted(new, "new object", "new objects"),
            size(new_size),
            count(deleted),
            size(deleted_size)
        ));
    }
    let changed = [
        (sums.grown_count, sums.grown_size, "grown"),
        (sums.shrunk_count, sums.shrunk_size, "shrunk"),
    ];
    for (number, bytes, word) in changed {
        if let (Some(number @ 1..), Some(bytes)) = (number, bytes) {
            text.push_str(&format!(", {} {word} by {}", count(number), size(bytes)));
        }
    }
    if sums.extra_native_delta != 0 {
        let sign = if sums.extra_native_delta < 0 { "less" } else { "more" };
        let bytes = size(sums.extra_native_delta.unsigned_abs());
        text.push_str(&format!(", {bytes} {sign} outside V8's heap"));
    }
    text.push('.');
    text
}

/// The class and the object that grew most; of a heap that shrank, first the class that shrank most.
fn most(body: &CompareBody, sizes: SizeStyle) -> Vec<String> {
    let mut sentences = Vec::new();
    let is_smaller = body.reconciliation.total_delta < 0;
    if let Some(class) = body.shrunk_most.as_ref().filter(|_| is_smaller) {
        sentences.push(class_sentence("shrank", class, sizes));
    }
    if let Some(class) = &body.grown_most {
        sentences.push(class_sentence("grew", class, sizes));
    }
    if let Some(grown) = body.grown_objects.first() {
        let held_as = grown.object.held_as.as_ref();
        sentences.push(format!(
            "Of what was there before, {}{} grew most: it retains {} more than before, {} in all.",
            grown.object.label,
            held_as.map(|held_as| format!(" ({held_as})")).unwrap_or_default(),
            size_in_words(grown.retained_size_delta.unsigned_abs(), sizes),
            size_in_words(grown.object.retained_size, sizes)
        ));
    }
    sentences
}

fn class_sentence(verb: &str, class: &ClassChangeEntry, sizes: SizeStyle) -> String {
    let mut text = format!(
        "The class that {verb} most is {}, by {}",
        name_with_original(&class.class_name, class.original_name.as_deref()),
        size_in_words(class.size.abs_diff(class.base_size), sizes)
    );
    let by = counted(class.count_delta.unsigned_abs(), "object", "objects");
    let (is_more, is_larger) = (class.count_delta > 0, class.size > class.base_size);
    text.push_str(&match class.count_delta {
        0 => ".".to_owned(),
        // Fewer objects of a class that takes more, or the other way round, do not explain it.
        _ => format!(
            "{} {by} {}, now {}.",
            if is_more == is_larger { ":" } else { ", with" },
            if is_more { "more" } else { "fewer" },
            count(class.count)
        ),
    });
    text
}
