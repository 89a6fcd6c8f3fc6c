//! Waste in words: what each kind is, and what to do about it.

use super::numbers::{SizeStyle, count, counted, share, size_in_words};
use crate::wire::{UnjudgedEntry, UnjudgedReason, WasteBody, WasteKindEntry};

/// A kind of waste in words.
pub(crate) struct Words {
    pub(crate) title: &'static str,
    pub(crate) explanation: &'static str,
    pub(crate) fix: &'static str,
}

/// The words for a kind.
pub(crate) fn of(kind: WasteKindEntry) -> Words {
    let (title, explanation, fix) = match kind {
        WasteKindEntry::DuplicateStrings => (
            "Duplicated strings",
            "The same text in several strings, each with memory of its own.",
            "Keep each text once, in a Map from text to text where it is read or parsed, or keep a number for it.",
        ),
        WasteKindEntry::IdenticalObjects => (
            "Identical objects",
            "Objects of one shape with the same values. Objects with small integers that the snapshot does not hold are \
             not compared.",
            "Share one object if none of them is changed, by a Map from its values.",
        ),
        WasteKindEntry::SlicedStrings => (
            "Slices of large strings",
            "A part that was cut from a string keeps the whole of it, and nothing else does. How long the parts are is in \
             no snapshot, so this is the most that could be saved.",
            "Copy the part before it is kept: Buffer.from(part).toString().",
        ),
        WasteKindEntry::JoinedStrings => (
            "Joined strings",
            "A string put together with + is a tree of its pieces until it is read for the first time.",
            "Collect the pieces in an array and join() them before the text is kept.",
        ),
        WasteKindEntry::EmptyCollections => (
            "Empty collections",
            "Maps, Sets, arrays and objects with nothing in them. Up to four small integers in a Map or a Set cannot be \
             seen.",
            "Make them when there is something to put in, or share an empty one that is frozen.",
        ),
        WasteKindEntry::SpareRoom => (
            "Spare room",
            "Room in Maps, Sets and arrays for more than is in them. Arrays grow by half, Maps and Sets double, and \
             neither gives back all at once. Small integers at the end of an array cannot be seen.",
            "Copy what is complete (array.slice(), new Map(map)), or make it at its length.",
        ),
        WasteKindEntry::SparseArrays => (
            "Arrays with gaps",
            "Arrays with nothing in most of their places, or kept as a table of indexes because they are far apart. \
             Small integers among objects look like gaps.",
            "Use a Map from number to value, or push() values without gaps.",
        ),
        WasteKindEntry::DictionaryObjects => (
            "Objects kept as tables",
            "Objects of at most 1,020 properties that V8 keeps in a hash table of their own: after delete, with keys that \
             are data, or made by Object.create(null).",
            "Give all of them the same properties in the same order, set to undefined in place of delete, and keep data in \
             a Map.",
        ),
        WasteKindEntry::BoxedNumbers => (
            "Boxed numbers",
            "Numbers that are no small integers, such as fractions and times in milliseconds, as objects of their own.",
            "Keep lists of them in arrays of numbers alone or in a Float64Array, and fields as small integers.",
        ),
        WasteKindEntry::PackageCopies => (
            "Packages loaded more than once",
            "Code of one package from several folders: other versions, or the same twice. All but the largest copy are \
             counted, with what their code holds.",
            "See `npm ls PACKAGE`; `npm dedupe` or an entry in `overrides` brings them together.",
        ),
        WasteKindEntry::StaleEntries => (
            "Collections with stale entries",
            "Maps, Sets and arrays that hold DOM nodes out of every document, or fibers of React that are unmounted. What \
             such entries retain is counted, though something else may hold them too.",
            "Delete the entry where the node is removed, in the component's cleanup, or use a WeakMap or a WeakSet.",
        ),
        WasteKindEntry::UnreadVariables => (
            "Variables that nothing reads",
            "V8 keeps the variables of a scope together, for all functions that were made in it. No function that can still \
             be called reads these.",
            "Set the variable to null when the last function that reads it is through, or make the functions that stay in a \
             scope without it.",
        ),
    };
    Words { title, explanation, fix }
}

/// Scripts that are named in a sentence.
const NAMED: usize = 3;

/// Why some scopes could not be judged, and what to do about it.
pub(crate) fn unjudged(entry: &UnjudgedEntry, sizes: SizeStyle) -> String {
    let scopes = counted(entry.scope_count, "scope", "scopes");
    let size = size_in_words(entry.held_size, sizes);
    let mut scripts: Vec<&str> = entry.scripts.iter().take(NAMED).map(String::as_str).collect();
    let more;
    let rest = entry.script_count.saturating_sub(scripts.len() as u64);
    if rest > 0 {
        more = format!("{} more", count(rest));
        scripts.push(&more);
    }
    let scripts = scripts.join(", ");
    let why = match entry.reason {
        UnjudgedReason::NoSource => {
            "the snapshot has only the beginning of the scripts, or scripts so long that they are parsed from files alone. Name the \
             folder of the program: --sources DIR"
        }
        UnjudgedReason::Redacted => {
            "the snapshot was redacted, and other letters stand for the texts of the scripts. Ask this of the snapshot as it was"
        }
        UnjudgedReason::OtherSource => {
            "the files in the folders of --sources are not what ran, or that cannot be told: they begin otherwise, have \
             another length, or the snapshot does not say which. Name the folder of the version that ran"
        }
        UnjudgedReason::Unparsed => "the scripts could not be parsed",
        UnjudgedReason::NoFunction => {
            "where the snapshot has their functions none begins in the scripts, so these are not what ran. Name the folder \
             of the version that ran with --sources"
        }
        UnjudgedReason::InUse => {
            "code that was running, or the arguments of a call, may read all of them. Take the snapshot while the program \
             waits, from outside"
        }
    };
    format!(
        "Of variables in {scopes} with {size} it is not known whether they are read: {why}. ({scripts})"
    )
}

/// The answer in a sentence or two.
pub(crate) fn answer(body: &WasteBody, total: u64, sizes: SizeStyle) -> Vec<String> {
    let Some(most) = body.kinds.first().filter(|most| most.saved_size > 0) else {
        return vec!["No waste of these kinds was found.".to_owned()];
    };
    vec![
        format!(
            "Most could be saved at this: {}, up to {}, {} of the heap.",
            of(most.kind).title.to_lowercase(),
            size_in_words(most.saved_size, sizes),
            share(most.saved_size, total).trim()
        ),
        "Kinds may count the same bytes, so they do not add up.".to_owned(),
    ]
}
