//! Questions to a heap graph: what uses the memory, and what keeps it alive.
//!
//! Every question is a function over a [`heapglass_graph::Graph`] and answers with plain data;
//! wording and layout are the business of the faces above. Figures that Chrome DevTools shows too
//! are computed by its rules. Trees are given as their rows in preorder ([`Row`]), so that a
//! linked list of a million nodes is an ordinary answer. This crate never prints, never reads the
//! environment and never opens a socket.

mod align;
mod apart;
mod assertion;
mod attribution;
mod binary;
mod compare;
mod containment;
mod covered;
mod describe;
mod distance;
mod dominators;
mod edge;
mod error;
mod filter;
mod halves;
mod holder;
mod leaks;
mod names;
mod native_context;
mod nearest;
mod node_set;
mod object;
mod oddities;
mod originals;
mod package;
mod paths;
mod pattern;
mod proxy;
mod react;
mod retainers;
mod roles;
mod row;
mod rules;
mod secrets;
mod smallest;
mod source;
mod strings;
mod summary;
mod sums;
mod suspects;
mod tables;
mod telling;
mod texts;
mod verdict;
mod waste;
mod weak_map;

pub use align::is_one_program;
pub use assertion::{
    Assertion, Bound, Comparison as BoundComparison, Figure, Judged, Measures, Subject,
};
pub use attribution::{
    AttributeBy, Attribution, AttributionOptions, CodeGroup, CodeGrowth, CodeSeries, GroupName,
    LeakGroup, attribution, attribution_series, leak_groups,
};
pub use compare::{
    ChangeSort, ChangedObjects, ClassChange, ClassSeries, CompareOptions, Comparison,
    ControlledGrowth, Evidence, GrownObject, GrowthSort, Matching, ObjectChanges, Reconciliation,
    Selected, changed_objects, compare, controlled_growth, find_changes, is_one_process,
    is_same_snapshot, select_changes, select_growth, select_series, series,
};
pub use containment::{Child, ContainmentOptions, containment};
pub use describe::{ObjectSummary, describe};
pub use distance::distances_without;
pub use dominators::{Dominated, DominatorOptions, dominators};
pub use edge::{EdgeLabel, edge_label};
pub use error::{Error, Result};
pub use filter::{Filter, nodes_passing};
pub use leaks::{
    Companion, Figures, FollowedBy, Knowledge, LeakKind, LeakOptions, LeakReport, LeakSuspect,
    LeakVerdict, LibraryPattern, controlled_leaks, leaks, outside_growth,
};
pub use names::{closure_name, display_name, label};
pub use native_context::{NativeContext, NativeContexts, Owner, native_contexts};
pub use node_set::NodeSet;
pub use object::{
    ClosureInfo, ContextVariable, Detail, DetailKind, Elements, Field, MapEntry, ObjectOptions,
    ObjectReport, StringValue, object,
};
pub use oddities::{
    LEAST_ENTRIES, MANY_FUNCTIONS, Oddity, OddityKind, TIMES_LARGER, USUAL_LISTENERS, oddities,
};
pub use originals::{
    SourceMap, SourceMaps, name_with_original, with_original_code, with_originals,
};
pub use package::{package_of, within_packages};
pub use paths::{
    MergedPaths, PathBranch, PathStep, ProgramWay, RootPath, merged_paths, path_to, paths_to,
    program_path, program_way,
};
pub use pattern::NamePattern;
pub use retainers::{Retainer, RetainerOptions, Retainers, retainers};
pub use row::{Row, Tree};
pub use rules::{MOST_PATH_CONDITIONS, Rule, RuleMatches, matching};
pub use secrets::{
    Secret, SecretHolder, SecretOptions, SecretReport, SecretValue, secrets, secrets_noted,
};
pub use source::script_names;
pub use summary::{
    ClassSort, Instances, Summary, SummaryOptions, SummaryRow, class_pattern, filtered_classes,
    find_classes, instances, instances_by_edges, summarize,
};
pub use suspects::{
    Accumulation, HeldObject, Scatter, Suspect, SuspectKind, SuspectOptions, biggest_objects,
    held_as, suspects,
};
pub use tables::Kind as CollectionKind;
pub use telling::TellingField;
pub use texts::{MOST_HOLDERS, TextHolder, TextList, TextOptions, TextRow, TextSort, texts};
pub use verdict::{Detached, ScriptSources, Verdict, VerdictOptions, verdict};
pub use waste::{
    MOST_SCRIPTS, PackageCopy, SourceFile, SourceFiles, Unjudged, Unknown, WasteHolder, WasteKind,
    WasteOptions, WasteRow, Wasted, waste,
};
