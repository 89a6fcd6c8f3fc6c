//! What `leaks` found, in sentences.

use heapglass_analysis::name_with_original;

use super::numbers::{count, counted, size_in_words};
use super::{SizeStyle, standing_out_words};
use crate::wire::{
    FollowedByEntry, LeakSuspectEntry, LeakVerdictEntry, LeaksDocument, OutsideGrowthEntry,
    SourceEntry,
};

/// The verdict, and what it rests on.
pub(crate) fn verdict(document: &LeaksDocument, sizes: SizeStyle) -> Vec<String> {
    if let Some(found) = &document.standing_out {
        return standing_out_words::answer(found);
    }
    let snapshots = counted(document.snapshots.len() as u64, "snapshot", "snapshots");
    let by_places = document.followed_by == Some(FollowedByEntry::Places);
    let mut sentences = vec![answer(document, &snapshots)];
    // Of several processes the first and the last are no beginning and end of anything.
    if let [first, .., last] = document.snapshots.as_slice()
        && !is_lost(document)
    {
        let change = match last.total_size.checked_sub(first.total_size) {
            Some(0) => "the same".to_owned(),
            Some(more) => format!("{} more", size_in_words(more, sizes)),
            None => format!("{} less", size_in_words(first.total_size - last.total_size, sizes)),
        };
        sentences.push(format!(
            "The heap went from {} to {} over {snapshots}: {change}.",
            size_in_words(first.total_size, sizes),
            size_in_words(last.total_size, sizes)
        ));
    }
    sentences.extend(
        document
            .outside_growth
            .as_ref()
            .map(|growth| outside(growth, document.verdict == LeakVerdictEntry::NoLeak, sizes)),
    );
    if let Some(what) = what_to_take(document) {
        sentences.push(what.to_owned());
    }
    if by_places {
        sentences.push(BY_PLACES.to_owned());
    }
    if document.reordered {
        sentences.push("The snapshots were not given in the order they were taken in; their ids say which came first.".to_owned());
    }
    sentences
}

/// Whether there is a leak, as far as `snapshots` can tell.
fn answer(document: &LeaksDocument, snapshots: &str) -> String {
    let suspects = &document.suspects;
    let things = match suspects.len() as u64 {
        1 => "one thing".to_owned(),
        many => format!("{} things", count(many)),
    };
    match document.verdict {
        LeakVerdictEntry::Leak if suspects.len() == 1 => {
            format!("There is a leak: {things} grows and does not stop.")
        }
        LeakVerdictEntry::Leak => format!("There is a leak: {things} grow and do not stop."),
        LeakVerdictEntry::Probable if document.snapshots.len() < 3 => {
            let what = match suspects.len() as u64 {
                1 => "one thing grew,".to_owned(),
                many => format!("the first of {} things that grew", count(many)),
            };
            format!(
                "There probably is a leak: {what} kept all that it had before, and is most of what the heap gained. Two \
                 snapshots cannot tell that from warming up for certain."
            )
        }
        LeakVerdictEntry::Probable if suspects.iter().all(|suspect| suspect.slows_down) => {
            format!("There may be a leak: {things} grew, and more slowly in the end.")
        }
        LeakVerdictEntry::Probable
            if suspects.iter().any(|suspect| suspect.few_objects)
                || document.followed_by == Some(FollowedByEntry::Places) =>
        {
            format!("There probably is a leak: {things} grew and may go on.")
        }
        LeakVerdictEntry::Probable => {
            format!("There probably is a leak: {things} grew, though not evenly.")
        }
        LeakVerdictEntry::NoLeak if document.outside_growth.is_some() => {
            format!("No leak in the heap: nothing in it goes on growing over the {snapshots}.")
        }
        LeakVerdictEntry::NoLeak => {
            format!("No leak: nothing goes on growing over the {snapshots}.")
        }
        LeakVerdictEntry::NotEnoughData if is_lost(document) => NOT_OF_ONE.to_owned(),
        LeakVerdictEntry::NotEnoughData => format!(
            "Not enough to tell: {things} grew, and two snapshots cannot tell growth that goes on from warming up."
        ),
    }
}

/// That nothing is known, because objects could not be followed.
const NOT_OF_ONE: &str = "Nothing can be said: the snapshots are not all of one process, and objects can be followed within \
                          one only.";

/// What to take where two snapshots were too few, or are not of one process.
fn what_to_take(document: &LeaksDocument) -> Option<&'static str> {
    match document.verdict {
        LeakVerdictEntry::NotEnoughData if is_lost(document) => {
            Some("Take three of one process, after equal amounts of work.")
        }
        LeakVerdictEntry::Probable if document.snapshots.len() >= 3 => None,
        LeakVerdictEntry::NotEnoughData | LeakVerdictEntry::Probable => {
            Some("Take one more, after as much work as lies between these two.")
        }
        LeakVerdictEntry::Leak | LeakVerdictEntry::NoLeak => None,
    }
}

/// What it means that ids were of no use.
const BY_PLACES: &str = "Objects have other ids in each of these snapshots, as V8 numbers them anew when an inspector has hung up \
                         and in each process, so they were followed by their places in the heap, in the order of the files: \
                         what has only moved may look new. Snapshots of one session (`heapglass capture --snapshots 3`), or \
                         written by a signal, are certain.";

/// Whether the objects could not be followed.
fn is_lost(document: &LeaksDocument) -> bool {
    !document.same_process && document.followed_by.is_none()
}

/// What grows outside the heap, and where to look, as no snapshot shows it.
fn outside(growth: &OutsideGrowthEntry, alone: bool, sizes: SizeStyle) -> String {
    let each: Vec<String> = growth.sizes.iter().map(|&size| size_in_words(size, sizes)).collect();
    let bytes = size_in_words(growth.bytes_per_interval.round().max(0.0) as u64, sizes);
    let what = match growth.is_of_snapshots() {
        true => "memory outside it that no object has",
        false => "resident memory",
    };
    let grows = match alone {
        true => format!("The heap does not grow, {what} does,"),
        false => format!("Beside that {what} grows, far more than the heap,"),
    };
    format!(
        "{grows} by {bytes} for each interval ({}; from {}): look for native memory that is not \
         freed, as of native modules (addons), or for an allocator that keeps free pages.",
        each.join(", then "),
        growth.source
    )
}

/// A suspect: the title first.
pub(crate) fn suspect(suspect: &LeakSuspectEntry, sizes: SizeStyle) -> Vec<String> {
    let bytes = size_in_words(suspect.bytes_per_interval.round().max(0.0) as u64, sizes);
    let class = name_with_original(&suspect.class_name, suspect.original_class_name.as_deref());
    let more = match suspect.instance_count {
        0 => format!("{class} grows by {bytes} for each interval"),
        _ => format!(
            "{} × {class} more for each interval ({bytes})",
            count(suspect.count_per_interval.round().max(0.0) as u64),
        ),
    };
    let rate = suspect.per_hour.map(|rate| {
        format!("It grows by {} an hour.", size_in_words(rate.bytes.round().max(0.0) as u64, sizes))
    });
    let holder = match suspect.places {
        _ if suspect.figures_of_class => "All of the class together",
        ..=1 => "Its holder",
        _ => "Its holders",
    };
    let sizes: Vec<String> =
        suspect.series.iter().map(|at| size_in_words(at.retained_size, sizes)).collect();
    let mut sentences = vec![
        format!("{more}: {}.", suspect.title),
        format!("{holder} retained {}.", sizes.join(", then ")),
    ];
    sentences.extend(rate);
    if suspect.places > 1 {
        let places = count(suspect.places);
        let name = suspect.place_name.as_ref().map(|name| format!(": {name}")).unwrap_or_default();
        sentences.push(format!("It has {places} holders of one kind{name}."));
    }
    if !suspect.comes_with.is_empty() {
        sentences.push(format!("With them come: {}.", suspect.comes_with.join(", ")));
    }
    sentences.extend(suspect.library.as_ref().map(|known| known.text.clone()));
    if suspect.slows_down {
        let text = "It slows down: it grew clearly less in the last interval than in the one before, as what fills up \
                    does. A further snapshot, after as much work, would tell.";
        sentences.push(text.to_owned());
    } else if suspect.few_objects {
        let text = "Few objects came, with much in each: a window that is not full yet looks the same. A further \
                    snapshot, after as much work, would tell.";
        sentences.push(text.to_owned());
    } else if suspect.confidence < 0.7 && suspect.series.len() > 2 {
        sentences.push(
            "It did not grow, or its objects did not come, evenly in every interval.".to_owned(),
        );
    }
    sentences
}

/// One of what is gathered with its telling fields: `Session {user: "x", at: 7} @123`.
pub(super) fn example(suspect: &LeakSuspectEntry) -> Option<String> {
    let object = suspect.instances.first().filter(|_| !suspect.telling_fields.is_empty())?;
    let fields: Vec<String> = suspect
        .telling_fields
        .iter()
        .map(|field| format!("{}: {}", field.name, field.value))
        .collect();
    let class = match object.class_name.starts_with('{') {
        true => String::new(),
        false => name_with_original(&suspect.class_name, suspect.original_class_name.as_deref()),
    };
    Some(format!("{class} {{{}}} @{}", fields.join(", "), object.id).trim_start().to_owned())
}

/// Where something is written, as far as that is known.
pub(super) fn place(source: &SourceEntry) -> String {
    let script = source.script_id.map(|number| format!("script {number}")).unwrap_or_default();
    let file = source.file.as_deref().unwrap_or(&script);
    match (source.line, source.column) {
        (Some(line), Some(column)) => format!("{file}:{line}:{column}"),
        _ => file.to_owned(),
    }
}
