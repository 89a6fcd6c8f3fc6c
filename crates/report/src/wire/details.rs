//! What a snapshot tells of an object by what kind of object it is.

use heapglass_analysis::{Detail, DetailKind};
use schemars::JsonSchema;
use serde::Serialize;

use super::ObjectEntry;
use super::objects::entries;

/// Something that the snapshot tells of an object by its kind.
#[derive(Debug, Clone, Serialize, JsonSchema)]
pub struct DetailEntry {
    /// What it says.
    pub kind: DetailKindEntry,
    /// In short, where it is no object: a pattern, a time in milliseconds since 1970, a value.
    pub value: Option<String>,
    /// The objects it is about, the first of them.
    pub objects: Vec<ObjectEntry>,
    /// Number of all of these objects.
    pub count: u64,
    /// Whether the object alone keeps the first of them alive.
    pub is_exclusive: bool,
}

/// What a detail says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum DetailKindEntry {
    /// The memory behind a buffer or a view, outside V8's heap.
    BackingStore,
    /// A buffer or view whose bytes are not outside V8's heap.
    NoBackingStore,
    /// The buffer that a view shows a part of.
    Buffer,
    /// The views of a buffer, or the other views of a view's buffer.
    Views,
    /// Other buffers with the same backing store.
    OtherBuffers,
    /// The first half of a concatenated string.
    FirstHalf,
    /// The second half of a concatenated string.
    SecondHalf,
    /// The string that a sliced string is a part of.
    SliceOf,
    /// What a settled promise came to; whether it is a value or an error is not known.
    PromiseResult,
    /// What waits for a pending promise.
    PromiseReactions,
    /// A promise that nothing more is known of.
    PromiseUnknown,
    /// A regular expression's source.
    Pattern,
    /// The time of a Date.
    Time,
    /// A Date whose time is not known.
    TimeUnknown,
    /// The value of a `Number`, `String`, `Symbol` or `BigInt` object.
    PrimitiveValue,
    /// Such an object whose value is not known.
    PrimitiveUnknown,
    /// What a bound function calls.
    BoundFunction,
    /// Its `this`.
    BoundThis,
    /// Its first arguments.
    BoundArguments,
    /// What a proxy stands for.
    ProxyTarget,
    /// The proxy's handler.
    ProxyHandler,
    /// The function that a generator runs.
    GeneratorFunction,
    /// What a generator keeps of its parameters and variables while it is stopped.
    GeneratorValues,
    /// What a WeakRef refers to.
    WeakTarget,
    /// A symbol's description.
    Description,
}

impl From<&Detail> for DetailEntry {
    fn from(detail: &Detail) -> DetailEntry {
        DetailEntry {
            kind: detail.kind.into(),
            value: detail.value.clone(),
            objects: entries(&detail.objects),
            count: detail.count,
            is_exclusive: detail.is_exclusive,
        }
    }
}

impl From<DetailKind> for DetailKindEntry {
    fn from(kind: DetailKind) -> DetailKindEntry {
        match kind {
            DetailKind::BackingStore => DetailKindEntry::BackingStore,
            DetailKind::NoBackingStore => DetailKindEntry::NoBackingStore,
            DetailKind::Buffer => DetailKindEntry::Buffer,
            DetailKind::Views => DetailKindEntry::Views,
            DetailKind::OtherBuffers => DetailKindEntry::OtherBuffers,
            DetailKind::FirstHalf => DetailKindEntry::FirstHalf,
            DetailKind::SecondHalf => DetailKindEntry::SecondHalf,
            DetailKind::SliceOf => DetailKindEntry::SliceOf,
            DetailKind::PromiseResult => DetailKindEntry::PromiseResult,
            DetailKind::PromiseReactions => DetailKindEntry::PromiseReactions,
            DetailKind::PromiseUnknown => DetailKindEntry::PromiseUnknown,
            DetailKind::Pattern => DetailKindEntry::Pattern,
            DetailKind::Time => DetailKindEntry::Time,
            DetailKind::TimeUnknown => DetailKindEntry::TimeUnknown,
            DetailKind::PrimitiveValue => DetailKindEntry::PrimitiveValue,
            DetailKind::PrimitiveUnknown => DetailKindEntry::PrimitiveUnknown,
            DetailKind::BoundFunction => DetailKindEntry::BoundFunction,
            DetailKind::BoundThis => DetailKindEntry::BoundThis,
            DetailKind::BoundArguments => DetailKindEntry::BoundArguments,
            DetailKind::ProxyTarget => DetailKindEntry::ProxyTarget,
            DetailKind::ProxyHandler => DetailKindEntry::ProxyHandler,
            DetailKind::GeneratorFunction => DetailKindEntry::GeneratorFunction,
            DetailKind::GeneratorValues => DetailKindEntry::GeneratorValues,
            DetailKind::WeakTarget => DetailKindEntry::WeakTarget,
            DetailKind::Description => DetailKindEntry::Description,
        }
    }
}
