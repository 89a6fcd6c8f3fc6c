//! What a snapshot tells of an object by its kind, in words.

use super::Look;
use super::calendar::of_milliseconds;
use super::fit::clean;
use super::numbers::{count, counted};
use crate::wire::{DetailEntry, DetailKindEntry, ObjectEntry};

/// The title of one detail of `all`, and what stands beside it.
pub(super) fn in_words(
    detail: &DetailEntry,
    all: &[DetailEntry],
    look: &Look,
) -> (&'static str, String) {
    let value = || clean(detail.value.as_deref().unwrap_or_default()).into_owned();
    let first = || detail.objects.first().map(label).unwrap_or_default();
    match detail.kind {
        DetailKindEntry::BackingStore => ("Backing store", backing_store(detail, look)),
        DetailKindEntry::NoBackingStore => {
            ("Backing store", "none outside V8's heap: it is empty or small".to_owned())
        }
        DetailKindEntry::Buffer => ("Buffer", first()),
        DetailKindEntry::Views if all.iter().any(|other| other.kind == DetailKindEntry::Buffer) => {
            ("Other views", list(detail))
        }
        DetailKindEntry::Views => ("Views", list(detail)),
        DetailKindEntry::OtherBuffers => ("Shared with", list(detail)),
        DetailKindEntry::FirstHalf => ("First half", sized(detail, look)),
        DetailKindEntry::SecondHalf => ("Second half", sized(detail, look)),
        DetailKindEntry::SliceOf => ("Part of", slice_of(detail, look)),
        DetailKindEntry::PromiseResult => {
            ("Result", format!("{}; fulfilled or rejected is not in a snapshot", first()))
        }
        DetailKindEntry::PromiseReactions => ("Pending", reactions(detail)),
        DetailKindEntry::PromiseUnknown => (
            "Result",
            "none in the snapshot: pending without handlers, or a small integer, boolean, null or \
             undefined"
                .to_owned(),
        ),
        DetailKindEntry::Pattern => {
            ("Pattern", format!("{}; flags are not in a snapshot", value()))
        }
        DetailKindEntry::Time => ("Time", of_milliseconds(&value())),
        DetailKindEntry::TimeUnknown => ("Time", "not in the snapshot".to_owned()),
        DetailKindEntry::PrimitiveValue => ("Wraps", value()),
        DetailKindEntry::PrimitiveUnknown => (
            "Wraps",
            "a value that is not in the snapshot, as small integers and booleans are not"
                .to_owned(),
        ),
        DetailKindEntry::BoundFunction => ("Bound function", first()),
        DetailKindEntry::BoundThis => ("Bound this", first()),
        DetailKindEntry::BoundArguments => ("Bound arguments", list(detail)),
        DetailKindEntry::ProxyTarget => ("Target", first()),
        DetailKindEntry::ProxyHandler => ("Handler", first()),
        DetailKindEntry::GeneratorFunction => ("Generator of", first()),
        DetailKindEntry::GeneratorValues => ("Keeps", list(detail)),
        DetailKindEntry::WeakTarget => ("Refers to", first()),
        DetailKindEntry::Description => ("Description", value()),
    }
}

fn label(object: &ObjectEntry) -> String {
    clean(&object.label).into_owned()
}

fn sized(detail: &DetailEntry, look: &Look) -> String {
    let in_words = |object: &ObjectEntry| {
        format!("{}, {}", label(object), look.size_in_words(object.retained_size))
    };
    detail.objects.first().map(in_words).unwrap_or_default()
}

fn backing_store(detail: &DetailEntry, look: &Look) -> String {
    let Some(store) = detail.objects.first() else { return String::new() };
    let size = look.size_in_words(store.shallow_size);
    let whose = if detail.is_exclusive {
        "kept alive by this object alone"
    } else {
        "kept alive by others too"
    };
    format!("{size} @{}, {whose}", store.id)
}

fn slice_of(detail: &DetailEntry, look: &Look) -> String {
    let Some(parent) = detail.objects.first() else { return String::new() };
    let size = look.size_in_words(parent.retained_size);
    let alone = if detail.is_exclusive {
        ", all of which this part alone keeps alive"
    } else {
        ", all of which this part keeps alive too"
    };
    format!("{}, {size}{alone}; which part is not in a snapshot", label(parent))
}

fn reactions(detail: &DetailEntry) -> String {
    let waiting = counted(detail.count, "reaction waits for it", "reactions wait for it");
    let handlers: Vec<String> = detail.objects.iter().map(label).collect();
    if handlers.is_empty() { waiting } else { format!("{waiting}: {}", handlers.join(", ")) }
}

fn list(detail: &DetailEntry) -> String {
    let mut labels: Vec<String> = detail.objects.iter().map(label).collect();
    let more = detail.count.saturating_sub(labels.len() as u64);
    if more > 0 {
        labels.push(format!("{} more", count(more)));
    }
    labels.join(", ")
}
