//! `waste`: memory that a program could do without.

use heapglass_analysis::{
    PackageCopy, Unjudged, Unknown, WasteHolder, WasteKind, WasteRow, Wasted,
};
use schemars::JsonSchema;
use serde::Serialize;

use super::ObjectEntry;
use super::strings::beginning;
use crate::text::{SizeStyle, waste_words};

/// What `waste` answers.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WasteBody {
    /// The answer in sentences.
    pub text: Vec<String>,
    /// The kinds that were looked for, those with most to save first. They may count the same bytes: their sizes do not
    /// add up.
    pub kinds: Vec<WasteEntry>,
}

/// A kind of waste.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WasteKindEntry {
    /// Strings with the same text.
    DuplicateStrings,
    /// Objects of one shape whose values are the same.
    IdenticalObjects,
    /// Large strings that only slices of them keep alive.
    SlicedStrings,
    /// Strings joined with `+` that were never made flat.
    JoinedStrings,
    /// Maps, Sets, arrays and objects with nothing in them.
    EmptyCollections,
    /// Room at the end of Maps, Sets and arrays.
    SpareRoom,
    /// Arrays of which most places hold nothing, or that V8 keeps as a table of indexes.
    SparseArrays,
    /// Objects with few properties that V8 keeps as a table.
    DictionaryObjects,
    /// Numbers that are objects of their own.
    BoxedNumbers,
    /// The same package from several folders.
    PackageCopies,
    /// Entries of Maps, Sets and arrays that are detached DOM nodes or unmounted fibers of React.
    StaleEntries,
    /// Variables that no function reads which can still be called.
    UnreadVariables,
}

/// Waste of one kind.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WasteEntry {
    /// Which.
    pub kind: WasteKindEntry,
    /// What it is, in a sentence.
    pub explanation: String,
    /// What to do about it, in a sentence.
    pub fix: String,
    /// Number of objects that it is seen at.
    pub object_count: u64,
    /// Bytes that could be saved, at most.
    pub saved_size: u64,
    /// The same as a part of the heap, from 0 to 1.
    pub share: f64,
    /// What it is seen at, the most bytes first.
    pub rows: Vec<WasteRowEntry>,
    /// Number of rows that are not in `rows`.
    pub more: u64,
    /// Of unread variables the scopes of which it is not known whether they hold any, by reason.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub unjudged: Vec<UnjudgedEntry>,
}

/// Why it is not known which variables of a scope are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum UnjudgedReason {
    /// The text of the script is not in the snapshot, and no file was given for it.
    NoSource,
    /// The snapshot was redacted: other letters stand for the texts of scripts.
    Redacted,
    /// No file that was given for the script begins as what ran and is as long.
    OtherSource,
    /// The text of the script could not be parsed.
    Unparsed,
    /// No function begins where the snapshot has one.
    NoFunction,
    /// Something else than a function keeps the scope: code that is running, or the arguments of a call.
    InUse,
}

/// Scopes with variables that may be waste.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct UnjudgedEntry {
    /// Why that is not known.
    pub reason: UnjudgedReason,
    /// The same in a sentence, and what to do about it.
    pub text: String,
    /// Number of scopes with variables that alone keep something alive.
    pub scope_count: u64,
    /// Bytes that these variables keep alive: as much as could be waste at most.
    pub held_size: u64,
    /// The scripts with most of these bytes, at most 20.
    pub scripts: Vec<String>,
    /// Number of all such scripts.
    pub script_count: u64,
}

/// Objects with one text, of one shape with the same values, or of one class and held in the same way.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WasteRowEntry {
    /// A text (at most 1,000 characters of it), a shape, a package or a class.
    pub what: String,
    /// Number of objects.
    pub object_count: u64,
    /// Bytes that could be saved.
    pub saved_size: u64,
    /// The one of them that wastes most.
    pub example: ObjectEntry,
    /// What holds that; `null` where only weak edges lead to it, and for packages.
    pub holder: Option<WasteHolderEntry>,
    /// The shortest way to it in words; `null` where only weak edges lead to it, and for packages.
    pub path: Option<String>,
    /// Of a package its copies, the largest first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub copies: Vec<PackageCopyEntry>,
    /// Of an unread variable the script that it is written in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<String>,
}

/// What holds an object.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct WasteHolderEntry {
    /// DevTools' constructor column.
    pub class_name: String,
    /// What the class was called before a minifier gave it that name, if a source map says so.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub original_class_name: Option<String>,
    /// How: `.name`, `[…]` for an element, `entry` of a Map or a Set, `[key]` of an object used as a dictionary,
    /// `variable x`; with a source map `variable cache (x)` if the variable is called that in all of them.
    pub edge: String,
    /// Its id.
    pub id: u64,
}

/// A package in one folder.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct PackageCopyEntry {
    /// Its version, where the path tells it, or its own package.json in the heap; `null` where it is not known.
    pub version: Option<String>,
    /// The folder.
    pub folder: String,
    /// Bytes that its code holds: its functions, the scopes and modules with what these alone keep.
    pub held_size: u64,
    /// The same with what other packages hold below them.
    pub retained_size: u64,
}

impl WasteBody {
    /// The body for a heap of `total` bytes.
    pub fn new(found: &[Wasted], total: u64) -> WasteBody {
        let mut body = WasteBody {
            text: Vec::new(),
            kinds: found.iter().map(|wasted| WasteEntry::new(wasted, total)).collect(),
        };
        body.text = waste_words::answer(&body, total, SizeStyle::Human);
        body
    }
}

impl WasteEntry {
    fn new(wasted: &Wasted, total: u64) -> WasteEntry {
        let kind = WasteKindEntry::from(wasted.kind);
        let words = waste_words::of(kind);
        WasteEntry {
            kind,
            explanation: words.explanation.to_owned(),
            fix: words.fix.to_owned(),
            object_count: wasted.object_count,
            saved_size: wasted.saved_size,
            share: if total == 0 { 0.0 } else { wasted.saved_size as f64 / total as f64 },
            rows: wasted.rows.iter().map(WasteRowEntry::from).collect(),
            more: wasted.row_count.saturating_sub(wasted.rows.len() as u64),
            unjudged: wasted.unjudged.iter().map(UnjudgedEntry::from).collect(),
        }
    }
}

impl From<&WasteRow> for WasteRowEntry {
    fn from(row: &WasteRow) -> WasteRowEntry {
        WasteRowEntry {
            what: beginning(&row.what).0,
            object_count: row.object_count,
            saved_size: row.saved_size,
            example: ObjectEntry::from(&row.example),
            holder: row.holder.as_ref().map(WasteHolderEntry::from),
            path: row.path.clone(),
            copies: row.copies.iter().map(PackageCopyEntry::from).collect(),
            script: row.script.clone(),
        }
    }
}

impl From<&Unjudged> for UnjudgedEntry {
    fn from(unjudged: &Unjudged) -> UnjudgedEntry {
        let mut entry = UnjudgedEntry {
            reason: UnjudgedReason::from(unjudged.why),
            text: String::new(),
            scope_count: unjudged.context_count,
            held_size: unjudged.held_size,
            scripts: unjudged.scripts.clone(),
            script_count: unjudged.script_count,
        };
        entry.text = waste_words::unjudged(&entry, SizeStyle::Human);
        entry
    }
}

impl From<Unknown> for UnjudgedReason {
    fn from(why: Unknown) -> UnjudgedReason {
        match why {
            Unknown::NoSource => UnjudgedReason::NoSource,
            Unknown::Redacted => UnjudgedReason::Redacted,
            Unknown::OtherSource => UnjudgedReason::OtherSource,
            Unknown::Unparsed => UnjudgedReason::Unparsed,
            Unknown::NoFunction => UnjudgedReason::NoFunction,
            Unknown::InUse => UnjudgedReason::InUse,
        }
    }
}

impl From<&WasteHolder> for WasteHolderEntry {
    fn from(holder: &WasteHolder) -> WasteHolderEntry {
        WasteHolderEntry {
            class_name: holder.class_name.clone(),
            original_class_name: holder.original_class_name.clone(),
            edge: holder.edge.clone(),
            id: holder.id.0,
        }
    }
}

impl From<&PackageCopy> for PackageCopyEntry {
    fn from(copy: &PackageCopy) -> PackageCopyEntry {
        PackageCopyEntry {
            version: copy.version.clone(),
            folder: copy.folder.clone(),
            held_size: copy.held_size,
            retained_size: copy.retained_size,
        }
    }
}

impl From<WasteKind> for WasteKindEntry {
    fn from(kind: WasteKind) -> WasteKindEntry {
        match kind {
            WasteKind::DuplicateStrings => WasteKindEntry::DuplicateStrings,
            WasteKind::IdenticalObjects => WasteKindEntry::IdenticalObjects,
            WasteKind::SlicedStrings => WasteKindEntry::SlicedStrings,
            WasteKind::JoinedStrings => WasteKindEntry::JoinedStrings,
            WasteKind::EmptyCollections => WasteKindEntry::EmptyCollections,
            WasteKind::SpareRoom => WasteKindEntry::SpareRoom,
            WasteKind::SparseArrays => WasteKindEntry::SparseArrays,
            WasteKind::DictionaryObjects => WasteKindEntry::DictionaryObjects,
            WasteKind::BoxedNumbers => WasteKindEntry::BoxedNumbers,
            WasteKind::PackageCopies => WasteKindEntry::PackageCopies,
            WasteKind::StaleEntries => WasteKindEntry::StaleEntries,
            WasteKind::UnreadVariables => WasteKindEntry::UnreadVariables,
        }
    }
}
