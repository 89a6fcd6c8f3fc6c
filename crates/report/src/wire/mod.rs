//! The documents, as `--json` prints them.
//!
//! Sizes are bytes. Ids are V8's, stable across the snapshots of one process. A distance is
//! `null` where DevTools shows a dash. Trees are lists of rows in preorder, each with its `depth`:
//! a row's children are the rows after it that are one deeper.

mod allocations;
mod attribution;
mod check;
mod classes;
mod compare;
mod compare_code;
mod details;
mod document;
mod files;
mod leak_groups;
mod leak_processes;
mod leaks;
mod object;
mod objects;
mod paths;
mod process;
mod redact;
mod report;
mod secrets;
mod standing_out;
mod strings;
mod trees;
mod waste;

pub use allocations::{AllocationsEntry, FunctionAllocationsEntry, StackFrameEntry};
pub use attribution::{AttributeByEntry, AttributionEntry, CodeGroupEntry};
pub use check::{CheckDocument, CheckEntry, CheckKindEntry, CheckStatusEntry};
pub(crate) use classes::script_of_key;
pub use classes::{
    ClassEntry, InstancesBody, StatisticsBody, StatisticsEntry, SummaryBody, name_scripts,
    scripts_of_namesakes,
};
pub use compare::{
    ClassChangeEntry, ClassSeriesEntry, CompareBody, CompareControlBody, CompareObjectsBody,
    CompareSeriesBody, ComparisonDocument, ControlledGrowthEntry, EvidenceEntry, GrownObjectEntry,
    ReconciliationEntry, SnapshotFindingsEntry,
};
pub use compare_code::{CodeSeriesEntry, CompareCodeBody};
pub use details::{DetailEntry, DetailKindEntry};
pub use document::{Document, Failure, FindingEntry, Output, Several, SnapshotEntry};
pub use files::{CacheClearedDocument, CacheDocument, ExportRow, IndexDocument, KeptIndexEntry};
pub use leak_groups::{LeakGroupEntry, LeakGroupsEntry};
pub use leak_processes::{LeakProcessesDocument, LeaksOutput, SharedLeakEntry};
pub use leaks::{
    AccumulationPointEntry, FiguresEntry, FollowedByEntry, LeakKindEntry, LeakSuspectEntry,
    LeakVerdictEntry, LeaksDocument, LibraryEntry, OutsideGrowthEntry, RateEntry, SourceEntry,
    TellingFieldEntry,
};
pub use object::{
    CollectionEntry, ContextVariableEntry, ElementsEntry, FieldEntry, FunctionEntry, MapEntryEntry,
    ObjectBody, ObjectDetail, StringEntry, ValueEntry,
};
pub use objects::{Detachedness, EdgeEntry, LocationEntry, ObjectEntry, Place};
pub use paths::{
    BranchEntry, MergedPathsBody, PathEntry, PathStepEntry, PathsBody, ProgramWayEntry,
};
pub use process::{ProcessEntry, ResidentMemory};
pub use redact::{RedactDocument, RedactedEntry, RedactedKindEntry, RedactedSnapshotEntry};
pub use report::{
    AccumulationEntry, DetachedEntry, IncompleteEntry, ReportBody, ScatterEntry, SuspectEntry,
    SuspectKindEntry, VerdictEntry,
};
pub use secrets::{
    ConfidenceEntry, JwtEntry, SecretEntry, SecretHolderEntry, SecretRuleEntry, SecretsBody,
};
pub use standing_out::{OddityEntry, OddityKindEntry, StandingOutEntry};
pub use strings::{StringsBody, TextEntry, TextHolderEntry};
pub use trees::{
    ContainmentBody, ContainmentRow, DominatorRow, DominatorsBody, RetainerRow, RetainersBody,
};
pub use waste::{
    PackageCopyEntry, UnjudgedEntry, UnjudgedReason, WasteBody, WasteEntry, WasteHolderEntry,
    WasteKindEntry, WasteRowEntry,
};
